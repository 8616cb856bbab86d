#!/usr/bin/env python3
"""Each text of src/pop3/reply.c, in each column, is in some transcript.

A line "S:" of a transcript is what the server said, as play.py insists; so each
text must be one of these lines, and "{one|many}" must be there as both.  What no
transcript can provoke, because it takes PAM or another machine, is said in
another test, which is named below and must have it in full.
"""

import os
import re
import sys

import harness
import transcript

FACTS = {"host": harness.HOST, "version": "VERSION", "me": "jane"}

# What a value looks like.
VALUES = {
    "user": ".+", "word": ".+", "msgno": r"\d+", "count": r"\d+",
    "octets": r"\d+", "host": re.escape(harness.HOST), "gap": "(  )?",
    "mark": r"(\[XCLIENT\] )?",
    "stamp": r"(\{stamp\})?", "version": r"( \(version VERSION\))?",
}

# Texts that are said elsewhere: the test, from here.
ELSEWHERE = {
    "REPLY_EXPIRED": "tests/unit/test_pop3.c",
    "REPLY_TLS_BROKEN": "tests/unit/test_pop3.c",
    "REPLY_TROUBLE": "tests/unit/test_pop3.c",
    "REPLY_NO_LOGIN": "tests/unit/test_pop3.c",
    "REPLY_TLS_TWICE": "tests/unit/test_pop3.c",
}


def source(here, *path):
    with open(os.path.join(here, "..", "..", *path), encoding="utf-8") as f:
        return f.read()


def literals(text, macros=None):
    """The value of neighbouring literals, and of macros of such."""
    value = ""
    for m in re.finditer(r'"((?:[^"\\]|\\.)*)"|([A-Z_]+)', text):
        value += macros[m[2]] if m[2] else m[1].replace('\\"', '"')
    return value


def strings(text):
    """The strings of a test, without their line ends."""
    for m in re.finditer(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*',
                         text):
        yield literals(m[0]).replace("\\r\\n", "")


def table(text):
    """-> {"REPLY_X": [texts of its columns, None where there is none]}"""
    macros = {}
    for name, value in re.findall(r"^#define ([A-Z_]+) (.*\")$", text, re.M):
        macros[name] = literals(value, macros)
    rows = {}
    for name, status, rest in re.findall(
            r"^\t\[(REPLY_\w+)\] = \{ (\w+), \{(.*?)\} \},$", text,
            re.M | re.S):
        cells = re.findall(r'((?:\s*"(?:[^"\\]|\\.)*")+|\s*NULL)\s*(?:,|$)',
                           rest.rstrip())
        rows[name] = [None if "NULL" in cell and '"' not in cell
                      else macros[status] + literals(cell) for cell in cells]
    return rows


def patterns(text):
    """What the text looks like on the wire; two if it has a plural."""
    forms = [text]
    choice = re.search(r"\{([^{}|]*)\|([^{}|]*)\}", text)
    if choice:
        forms = [text.replace(choice[0], half) for half in choice.groups()]
    for form in forms:
        parts = re.split(r"\{(\w+)\}", form)
        yield "".join(VALUES[part] if i % 2 else re.escape(part)
                      for i, part in enumerate(parts))


def said(here):
    """Every line that some transcript has the server say."""
    lines = set()
    for name in sorted(os.listdir(here)):
        if not name.endswith(".pop3"):
            continue
        with open(os.path.join(here, name), encoding="latin-1") as f:
            script = transcript.Transcript(name, f.read(), FACTS)
        for item in script.items:
            if item.kind.startswith("S"):
                text = item.value.decode("utf-8", "replace")
                lines |= set(text.split("\r\n"))
    return lines


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    rows = table(source(here, "src", "pop3", "reply.c"))
    names = re.findall(r"\bREPLY_\w+", re.search(
        r"enum reply \{(.*?)REPLY_COUNT", source(
            here, "src", "pop3", "reply.h"), re.S)[1])
    if set(names) != set(rows) or len(names) < 40:
        sys.exit("cannot read reply.c: %s" % sorted(set(names) ^ set(rows)))
    heard = said(here)
    bad = texts = 0
    for name, cells in rows.items():
        for text in filter(None, cells):
            for pattern in patterns(text):
                texts += 1
                wanted = re.compile(pattern)
                where = strings(source(here, ELSEWHERE[name])) \
                    if name in ELSEWHERE else heard
                if not any(wanted.fullmatch(line) for line in where):
                    print("FAIL: %s: no transcript has %s" % (name, text))
                    bad += 1
    print("%d texts, %d of them never said" % (texts, bad))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

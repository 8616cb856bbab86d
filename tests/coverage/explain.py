#!/usr/bin/env python3
"""Which lines of src/ no test reaches, and whether somebody has said why.

usage: explain.py SOURCE coverage.json [strict]

unreached.list has a line for each of them: file, function, text of the line,
reason, with tabs between.  The text * stands for the whole function, which
then must not have been called at all.  Lines that are the same in one function
share one entry.  A reason that begins with "sometimes: " is for what depends on
who comes first, and may be reached.  Prints what is not explained, and what is explained for no
reason: a line that is reached, or is no more.  With "strict" both are failures.
"""
import json
import os
import sys

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "unreached.list")
SOMETIMES = "sometimes: "


def unreached(source, report):
    """
    {(file, function, text): [line numbers]}, the functions not called, and the
    keys of all lines that could be reached.
    """
    found, uncalled, lines = {}, set(), set()
    for file in report["files"]:
        name = file["file"]
        with open(os.path.join(source, name)) as f:
            text = [line.strip() for line in f]
        starts = sorted((f["lineno"], f["name"]) for f in file["functions"])
        reached = {}
        for line in file["lines"]:
            number = line["line_number"]
            function = [""] + [n for at, n in starts if at <= number]
            reached[function[-1]] = reached.get(function[-1]) or line["count"]
            key = name, function[-1], text[number - 1]
            lines.add(key)
            if line["count"] == 0 and not line.get("gcovr/noncode"):
                found.setdefault(key, []).append(number)
        uncalled |= {(name, f) for f, count in reached.items() if not count}
    return found, uncalled, lines


def explained():
    with open(LIST) as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 4 or not all(fields):
                sys.exit("unreached.list:%d: not four fields" % number)
            yield number, tuple(fields[:3]), fields[3].startswith(SOMETIMES)


def main(source, report, strict=None):
    with open(report) as f:
        found, uncalled, lines = unreached(source, json.load(f))
    bad = 0
    for number, (file, function, text), sometimes in explained():
        gone = [key for key in found if key[:2] == (file, function) and
                text in ("*", key[2])]
        if text == "*" and (file, function) not in uncalled:
            gone = []
        for key in gone:
            del found[key]
        if not gone and not (sometimes and (file, function, text) in lines):
            print("unreached.list:%d: reached, or no more: %s: %s: %s" % (
                number, file, function, text))
            bad += 1
    for (file, function, text), numbers in sorted(
            found.items(), key=lambda item: (item[0][0], item[1])):
        for n in numbers:
            print("%s:%d: not reached: %s: %s" % (file, n, function, text))
            bad += 1
    return 1 if strict and bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

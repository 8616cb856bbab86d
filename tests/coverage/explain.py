#!/usr/bin/env python3
"""Which lines of src/ no test reaches, and for which of them somebody has said why.

usage: explain.py SOURCE coverage.json

unreached.list has a line for each explanation: file, function, text of the line,
reason, with tabs between; blanks in the text count as one space.  The text * stands
for the whole function, which then must not have been called at all.  Lines that are
the same in one function share one entry.  Prints the lines that are not explained,
and the explanations of lines that are reached or no longer there.
"""
import json
import os
import sys

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "unreached.list")


def unreached(source, report):
    """
    {(file, function, text): [line numbers]}, and the functions not called.
    """
    found, uncalled = {}, set()
    for file in report["files"]:
        name = file["file"]
        with open(os.path.join(source, name)) as f:
            text = [" ".join(line.split()) for line in f]
        starts = sorted((f["lineno"], f["name"]) for f in file["functions"])
        reached = {}
        for line in file["lines"]:
            number = line["line_number"]
            function = [""] + [n for at, n in starts if at <= number]
            reached[function[-1]] = reached.get(function[-1]) or line["count"]
            key = name, function[-1], text[number - 1]
            if line["count"] == 0 and not line.get("gcovr/noncode"):
                found.setdefault(key, []).append(number)
        uncalled |= {(name, f) for f, count in reached.items() if not count}
    return found, uncalled


def explained():
    with open(LIST) as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 4 or not all(fields):
                sys.exit("unreached.list:%d: not four fields" % number)
            file, function, text, _ = fields
            yield number, (file, function, " ".join(text.split()))


def main(source, report):
    with open(report) as f:
        found, uncalled = unreached(source, json.load(f))
    for number, (file, function, text) in explained():
        gone = [key for key in found if key[:2] == (file, function) and
                text in ("*", key[2])]
        if text == "*" and (file, function) not in uncalled:
            gone = []
        for key in gone:
            del found[key]
        if not gone:
            print("unreached.list:%d: reached, or no more: %s: %s: %s" % (
                number, file, function, text))
    for (file, function, text), numbers in sorted(
            found.items(), key=lambda item: (item[0][0], item[1])):
        for n in numbers:
            print("%s:%d: not reached: %s: %s" % (file, n, function, text))


if __name__ == "__main__":
    main(*sys.argv[1:])

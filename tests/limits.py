#!/usr/bin/env python3
"""Every bound of bytes, lines, times and memory stands in limits.list, as it is,
with a test that meets it or the reason why none does; and in the manual, where
somebody outside can meet it.
"""
import glob
import os
import re
import sys

TOP = os.path.abspath(os.environ.get("top_srcdir", "."))
BOUND = re.compile(r"""^\#define[ \t]+([A-Z0-9_]*(?:_MAX|_WAIT|_GRACE|MEMORY|
    FILES|PATIENCE|ATTEMPTS|_MS|_AFTER|MAX_AGE|COMPARED|LOOKS|DESCRIPTORS|
    _BUFFER|_WINDOW|MBOX_HEAD|YIELD_EVERY))[ \t]+(.*)$""", re.M | re.X)
KEY = re.compile(r'^ROW\("([a-z-]+)",\s*\S+\s*KIND_(?:COUNT|OCTETS|SECONDS|'
                 r'WHOLE_SECONDS|MILLISECONDS)', re.M)


def slurp(path):
    with open(os.path.join(TOP, path), errors="replace") as f:
        return f.read()


def rows():
    for line in slurp("tests/limits.list").splitlines():
        if line and not line.startswith("#"):
            what, bound, where, shown = (s.strip() for s in line.split("|"))
            what, _, told = what.partition(" = ")
            yield what, told, bound, where, shown


def bounds():
    """{"FILE MACRO": its definition}"""
    found = {}
    for path in glob.glob(TOP + "/src/**/*.[ch]", recursive=True):
        path = os.path.relpath(path, TOP)
        for name, text in BOUND.findall(slurp(path)):
            found[path + " " + name] = re.split(r"\s*/\*", text)[0].strip()
    return found


def is_test(name, tests):
    if name.startswith("tests/"):
        return os.path.exists(os.path.join(TOP, name))
    return re.search(r"\b%s\b" % name, tests) is not None


def memory_of_units():
    """A unit's MemoryMax has room for session-memory and the other processes."""
    session = int(re.search(r"\.session_memory = (\d+)",
                            slurp("src/settings/options.c"))[1])
    for path in sorted(glob.glob(TOP + "/examples/*.service")) + \
            [TOP + "/examples/solopop.slice"]:
        path = os.path.relpath(path, TOP)
        most = re.search(r"^MemoryMax=(\d+)([MG])$", slurp(path), re.M)
        if most and int(most[1]) * (1024 if most[2] == "G" else 1) < \
                session + 128:
            yield "%s: MemoryMax is too small for session-memory" % path


def complaints():
    have = bounds()
    keys = set(KEY.findall(slurp("src/settings/options_rows.h")))
    page = slurp("doc/solopop.conf.5")
    page = page[page.index(".Sh LIMITS"):]
    tests = "".join(slurp(p) for p in
                    glob.glob(TOP + "/tests/unit/*.c") +
                    glob.glob(TOP + "/tests/integration/*.py"))
    listed = set()
    for what, told, bound, where, shown in rows():
        listed.add(what if where == "key" else where)
        if where == "key" and what not in keys:
            yield "%s is no key" % what
        if where != "key" and where not in have:
            yield "there is no %s" % where
        elif where != "key" and bound not in ("", have[where]):
            yield "%s is %s, not %s" % (where, have[where], bound)
        if told and ".It %s Ta %s\n" % (what, told) not in page:
            yield "solopop.conf.5 does not say: %s, %s" % (what, told)
        if bound and not shown.startswith("- "):
            for name in shown.split() or [""]:
                if not name or not is_test(name, tests):
                    yield "%s: no test %s" % (what, name)
    yield from memory_of_units()
    for missing in sorted((set(have) | keys) - listed):
        yield "limits.list has no %s" % missing
    if len(have) < 50 or len(keys) < 10:
        yield "found too few"


def main():
    bad = list(complaints())
    for text in bad:
        print("limits: " + text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

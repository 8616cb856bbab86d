#!/usr/bin/env python3
"""tests/needs.list has what configure asks for, and what it has is what the
README, the Debian package and tests/needs say.
"""
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.environ.get("top_srcdir", "."))
WORDS = {"clone", "session", "tests", "server", "all"}
# What only options for development ask for.
OPTIONAL = {"clang", "libclang-rt-dev"}
# Every Debian system that builds packages has these.
ESSENTIAL = {"gcc", "libc6-dev", "make"}
passed = failed = 0


def result(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAIL: " + what)


def text(name):
    with open(os.path.join(TOP, name)) as f:
        return f.read()


def read_list():
    """{package: the word that it is for}"""
    needs = {}
    for line in text("tests/needs.list").splitlines():
        if line and not line.startswith("#"):
            package, word, how = [part.strip() for part in line.split("|")]
            result(word in WORDS, "needs.list: %s is for %s?" % (package, word))
            result(package not in needs, "needs.list: %s twice" % package)
            result("have_%s()" % how.split()[0] in text("tests/needs"),
                   "needs.list: %s: tests/needs does not know how to see %s" %
                   (package, how))
            needs[package] = word
    return needs


def hints(source):
    """Packages that configure names, each with the message it stands in."""
    for match in re.finditer(r"(.*)\(Debian: (?:install )?([^)]*)\)", source):
        for package in re.split(r"[ ,]+(?:or |with )?", match[2]):
            yield package, match[1]


def names(line):
    return set(re.sub(r"\([^)]*\)|<[^>]*>|,", " ", line).split())


def of(needs, *words):
    return {package for package, word in needs.items() if word in words}


def check_configure(needs):
    for package, message in hints(text("configure.ac")):
        result(package in needs or package in OPTIONAL,
               "configure asks for %s, and needs.list does not have it" %
               package)
        if "MSG_ERROR" in message and package not in OPTIONAL:
            result(needs.get(package) != "all",
                   "configure ends without %s, which is for all" % package)


def check_texts(needs):
    line = re.search(r"^    apt-get install (.*)$", text("README.md"), re.M)
    wanted = of(needs, "clone", "session") - {"libc6-dev"} | {"libssl-dev"}
    result(names(line[1]) == wanted, "README: apt-get install %s: not %s" %
           (line[1], " ".join(sorted(wanted))))
    control = text("examples/debian/control")
    build = names(re.search(r"^Build-Depends:((?:.*\n)(?: .*\n)*)", control,
                            re.M)[1])
    wanted = of(needs, "session", "server", "tests") - ESSENTIAL
    result(wanted <= build, "debian/control: Build-Depends lack %s" %
           " ".join(sorted(wanted - build)))
    ours = {p for p in build if not re.match("debhelper|dh-", p)}
    result(ours <= set(needs), "needs.list lacks %s of debian/control" %
           " ".join(sorted(ours - set(needs))))



needs = read_list()
check_configure(needs)
check_texts(needs)
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)

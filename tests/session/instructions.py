#!/usr/bin/env python3
"""What a login, an unchanged poll and a RETR cost, in instructions, by callgrind.

Time depends on what else the machine does, and this count does not.  It is compared
with instructions.list, where compiler, C library, valgrind and flags are those of the
list, and configure was told nothing else; elsewhere this test skips itself.
"--record" writes the list anew: give the reason in the commit.
"""

import os
import re
import shlex
import subprocess
import sys

import harness
from harness import Failure

HERE = os.path.dirname(os.path.abspath(__file__))
LIST = os.path.join(HERE, "instructions.list")
MAY_GROW = 1.03
MB = 1 << 20
LINE = b"x" * 75 + b"\n"
LOGIN = b"USER jane\r\nPASS secret\r\n"
USUAL = re.compile(r"(--enable-werror|--(prefix|srcdir|[a-z]+dir)=.*|"
                   r"CC=(ccache )?gcc)$")
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def first(pattern, text):
    found = re.search(pattern, text)
    return found[1] if found else "unknown"


def slurp(path):
    with open(path, errors="replace") as f:
        return f.read()


def made_with(binary):
    """What else decides about the count."""
    with open(binary, "rb") as f:
        compilers = set(re.findall(rb"(?:GCC: \(|clang version )[^\0]+",
                                   f.read()))
    version = subprocess.run(["valgrind", "--version"], env=ENV,
                             stdout=subprocess.PIPE).stdout.decode().strip()
    return ", ".join(
        sorted(c.decode() for c in compilers) +
        [os.confstr("CS_GNU_LIBC_VERSION") or "", os.uname().machine, version,
         "avx2" if re.search(r"\bavx2\b", slurp("/proc/cpuinfo")) else "",
         first(r"(?m)^CFLAGS = (.*)$", slurp("Makefile"))])


def is_usual_build():
    told = subprocess.run(["./config.status", "--config"],
                          stdout=subprocess.PIPE).stdout.decode()
    return all(USUAL.match(word) for word in shlex.split(told))


def run(binary, box, commands, prefix=()):
    """One session; what it said."""
    done = subprocess.run(list(prefix) + [binary, "--no-auth", "--log=none", box],
                          input=LOGIN + commands + b"QUIT\r\n", env=ENV,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300)
    if done.returncode != 0 or b"-ERR" in done.stdout[:200]:
        raise Failure("%r: %r" % (done.stdout[:200], done.stderr[-500:]))
    return done


def settle(binary, box):
    """Sessions until one finds the index as it would write it."""
    index, before = os.path.join(box, "solopop.index"), None
    while True:
        run(binary, box, b"")
        now = os.stat(index)
        if before and before.st_ino == now.st_ino:
            return
        before = now


def count(binary, box, commands):
    done = run(binary, box, commands,
               ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"))
    return int(first(r"Collected : (\d+)", done.stderr.decode())), done.stdout


def make_box(place, messages):
    box = place.path("box")
    harness.make_maildir(box)
    for i, text in enumerate(messages):
        harness.write_file(os.path.join(
            box, "cur", "%d.M%dP1.host:2,S" % (10 ** 9 + i * 7, i)), text)
    return box


def costs(place):
    ten = make_box(place, [LINE] * 10)
    many = make_box(place, [LINE] * 10000)
    large = make_box(place, [LINE * (100 * MB // len(LINE))])
    for what, box, commands, least in (
            ("login, STAT, QUIT", ten, b"STAT\r\n", 50),
            ("poll of 10,000 unchanged, LIST and UIDL", many,
             b"LIST\r\nUIDL\r\n", 300000),
            ("RETR of 100 MB", large, b"RETR 1\r\n", 100 * MB)):
        settle(place.binary, box)
        n, said = count(place.binary, box, commands)
        if len(said) < least:
            raise Failure("%s: only %d octets" % (what, len(said)))
        yield what, n


def stored():
    lines = [s for s in slurp(LIST).splitlines() if s and not s.startswith("#")]
    return lines[0], {what.strip(): int(n) for what, n in
                      (s.split("|") for s in lines[1:])}


def judge(found, most):
    bad = sorted(set(most) ^ {what for what, _ in found})
    for what, n in found:
        was = most.get(what, 0)
        print("%s: %d, stored %d" % (what, n, was))
        if n > was * MAY_GROW:
            bad.append(what)
    return bad


def main():
    if not any(os.access(os.path.join(d, "valgrind"), os.X_OK)
               for d in ENV["PATH"].split(":")) or \
            not os.path.exists("config.status") or not is_usual_build():
        print("skip: no valgrind, or an unusual build")
        return harness.SKIPPED
    made = made_with(os.environ.get("SOLOPOP", "./solopop"))
    record = sys.argv[1:] == ["--record"]
    if not record and stored()[0] != made:
        print("skip: stored for %s; here is %s" % (stored()[0], made))
        return harness.SKIPPED
    out = sys.stdout
    if record:
        out = open(LIST, "w")
        out.write("# Instructions of whole sessions by hand; see instructions.py."
                  "\n# The first line is what they were counted with.\n%s\n" % made)
    most = stored()[1] if not record else None
    place = harness.Place()
    try:
        found = list(costs(place))
    finally:
        place.close()
    if record:
        for what, n in found:
            out.write("%s | %d\n" % (what, n))
        return 0
    bad = judge(found, most)
    if bad:
        print("FAIL: more than 3 % above instructions.list: " + "; ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""SIGKILL at every system call of a session, one run for each.

The session deletes one message, reads another, finds a delivery and writes an
index.  Wherever it is killed, no message but the deleted one may be missing, that
one only if QUIT was sent, and the next session must see what is there.
Needs strace; skips itself without (exit status 77).
"""

import collections
import os
import re
import resource
import shutil
import subprocess
import sys

import harness

FIRST = re.compile(rb'Maildir|/new|/cur')
SESSION = b"USER me\r\nPASS x\r\nSTAT\r\nRETR 2\r\nDELE 1\r\n"
MAIL = {
    "new/1.M1.host": b"Subject: one\n\nfirst\n",
    "new/2.M2.host": b"Subject: two\n\n.second\n",
    "cur/3.M3.host:2,F": b"Subject: three\n\nthird",
}


def make_box(place):
    box = os.path.join(place.top, "Maildir")
    shutil.rmtree(box, ignore_errors=True)
    for sub in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(box, sub))
    for name, raw in MAIL.items():
        with open(os.path.join(box, name), "wb") as f:
            f.write(raw)
    return box


def serve(place, box, commands, *strace):
    return subprocess.run(
        [*strace, place.binary, "--no-auth", "--log=none", "--lock-wait=0",
         box],
        input=commands, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        timeout=60).stdout


def bodies(box):
    found = collections.Counter()
    for sub in ("new", "cur"):
        for name in os.listdir(os.path.join(box, sub)):
            with open(os.path.join(box, sub, name), "rb") as f:
                found[f.read()] += 1
    return found


def calls(place, commands):
    """How often each system call is made, from the login on."""
    trace = os.path.join(place.top, "trace")
    serve(place, make_box(place), commands, "strace", "-o", trace)
    made = collections.Counter()
    first = {}
    with open(trace, "rb") as f:
        for line in f:
            name = line.split(b"(")[0].decode()
            if not name.isidentifier() or name.startswith("exit"):
                continue
            made[name] += 1
            if name == "execve":
                continue
            if FIRST.search(line) and not first:
                first = dict(made)
    return {name: range(first.get(name, 0) + (name != "openat"), n + 1)
            for name, n in made.items() if n > first.get(name, 0)}


def check(place, box, quit_sent, where):
    left = bodies(box)
    lost = collections.Counter(MAIL.values()) - left
    allowed = collections.Counter()
    if quit_sent:
        allowed[MAIL["new/1.M1.host"]] = 1
    assert not lost - allowed, "%s: lost %r" % (where, lost)
    assert not left - collections.Counter(MAIL.values()), where
    stat = serve(place, box, b"USER me\r\nPASS x\r\nSTAT\r\nLIST\r\nUIDL\r\n")
    assert b"\r\n+OK %d " % sum(left.values()) in stat, (where, stat)
    again = serve(place, box, b"USER me\r\nPASS x\r\nSTAT\r\nLIST\r\nUIDL\r\n")
    assert stat == again, (where, stat, again)


def run(place, commands, quit_sent):
    runs = 0
    for name, numbers in sorted(calls(place, commands).items()):
        for n in numbers:
            box = make_box(place)
            where = "%s number %d" % (name, n)
            serve(place, box, commands, "strace", "-o", "/dev/null", "-e",
                  "inject=%s:signal=KILL:when=%d" % (name, n))
            check(place, box, quit_sent, where)
            runs += 1
    return runs


def main():
    if shutil.which("strace") is None:
        print("killed: no strace here")
        return harness.SKIPPED
    # A closefrom() without help from the system closes each one there may be.
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    place = harness.Place()
    try:
        runs = (run(place, SESSION + b"QUIT\r\n", True) +
                run(place, SESSION, False))
    except AssertionError as error:
        print("killed: %s" % error)
        return 1
    finally:
        place.close()
    if runs < 50:
        print("killed: only %d runs; is strace allowed to inject?" % runs)
        return 1
    print("killed: %d times, nothing lost" % runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Resident memory: a message of 100 MB, and 100,000 messages.

Takes some seconds and some space in TMPDIR, so CI runs it and make check does
not.  Linux only, for it reads the server's peak from /proc.
"""

import os
import sys

import harness
from harness import Failure, Server

MB = 1 << 20
LINE = b"x" * 70 + b"\n.\n"


def peak(pid):
    """The most memory that the process ever had resident, in bytes."""
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise Failure("no VmHWM")


def start(place, box):
    server = Server(place, ["--no-auth", "--log=none", box], "socketpair")
    server.read_line()
    for line in (b"USER jane\r\n", b"PASS secret\r\n"):
        server.send_all(line)
        if not server.read_line().startswith(b"+OK"):
            raise Failure("no login")
    return server


def skip_answer(server, command):
    """Send it, and count its answer without keeping it."""
    server.send_all(command)
    if not server.read_line().startswith(b"+OK"):
        raise Failure("%r refused" % command)
    n, tail = 0, b"\r\n"
    deadline = harness.clock() + 10 * harness.PATIENCE
    while True:
        n += len(server.received)
        tail = (tail + bytes(server.received[-5:]))[-5:]
        server.received.clear()
        if tail.endswith(b"\r\n.\r\n"):
            return n
        if server.ended:
            raise Failure("the answer to %r has no end" % command)
        server.pump(deadline)


def finish(server):
    server.send_all(b"QUIT\r\n")
    if not server.read_line().startswith(b"+OK"):
        raise Failure("QUIT refused")
    server.close()
    if server.wait() != 0:
        raise Failure("exit status %d" % server.status)


def large_message(place, box):
    n = 100 * MB // len(LINE)
    with open(os.path.join(box, "new/1.M1.host"), "wb") as f:
        for _ in range(n // 1000):
            f.write(LINE * 1000)
    n = n // 1000 * 1000
    server = start(place, box)
    try:
        # Two line ends a line pair, one stuffed dot, and the final one.
        expected = n * (len(LINE) + 3) + 3
        for command in (b"RETR 1\r\n", b"TOP 1 999999999\r\n"):
            got = skip_answer(server, command)
            if got != expected:
                raise Failure("%d octets, not %d" % (got, expected))
        used = peak(server.pid)
        finish(server)
    finally:
        server.kill()
    return used


def message_above_2_gb(place, box):
    """A sparse file: one line of NULs that has no end, longer than 2^31."""
    size = 2 ** 31 + 4711
    path = os.path.join(box, "new/1.M1.host")
    with open(path, "wb") as f:
        f.truncate(size)
    server = start(place, box)
    try:
        server.send_all(b"LIST 1\r\n")
        listed = server.read_line().rstrip()
        if listed != b"+OK 1 %d" % (size + 2):
            raise Failure("LIST: %r" % listed)
        got = skip_answer(server, b"RETR 1\r\n")
        if got != size + 5:
            raise Failure("%d octets, not %d" % (got, size + 5))
        used = peak(server.pid)
        finish(server)
    finally:
        server.kill()
    return used


def many_messages(place, box):
    new = os.open(os.path.join(box, "new"), os.O_RDONLY)
    for i in range(100000):
        fd = os.open("%d.M%dP4711.mail.example.org" % (10 ** 9 + i, i),
                     os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=new)
        os.write(fd, b"\n")
        os.close(fd)
    os.close(new)
    used = 0
    for _ in ("without an index", "with one"):
        server = start(place, box)
        try:
            for command in (b"LIST\r\n", b"UIDL\r\n", b"RETR 99999\r\n"):
                skip_answer(server, command)
            server.send_all(b"DELE 1\r\n")
            server.read_line()
            used = max(used, peak(server.pid))
            finish(server)
        finally:
            server.kill()
    return used


CASES = (
    ("a message of 100 MB", large_message, 4 * MB),
    ("a message of 2.1 GB", message_above_2_gb, 4 * MB),
    ("100,000 messages", many_messages, 32 * MB),
)


def main():
    if not os.path.exists("/proc/self/status"):
        print("skip: no /proc")
        return harness.SKIPPED
    place = harness.Place()
    failed = 0
    try:
        for what, run, most in CASES:
            box = place.path("box")
            harness.make_maildir(box)
            try:
                used = run(place, box)
                print("%s: %d KB" % (what, used // 1024))
                if used > most:
                    raise Failure("more than %d KB" % (most // 1024))
            except Failure as e:
                failed += 1
                print("FAIL: %s: %s" % (what, e))
            harness.remove_tree(box)
    finally:
        place.close()
    print("%d passed, %d failed" % (len(CASES) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

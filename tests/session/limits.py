#!/usr/bin/env python3
"""Memory stays flat: floods before the login and after it, lines without an end,
a million commands in one piece, readers who do not read, large messages.

Each is tried small and huge; the most memory that the server ever had resident
may differ by a few pages, whatever the C library takes at the start.  What a
mailbox takes grows with its messages, so there the bound is for each message.
Linux only, for it reads the peak from /proc.
"""

import os
import sys

import harness
from harness import Failure, Server
from memory import peak

SLACK = 512 * 1024      # bytes; for what is touched once, here or there
SMALL, HUGE = 100, 1000000


class Talk(Server):
    def __init__(self, place, box, *options):
        super().__init__(place, ["--no-auth", "--log=none",
                                 "--max-bad-commands=1000", *options, box],
                         "socketpair")
        self.must()

    def must(self):
        if not self.read_line().startswith(b"+OK"):
            raise Failure("refused")

    def login(self):
        for line in (b"USER me\r\n", b"PASS x\r\n"):
            self.send_all(line)
            self.must()

    def flood(self, data, answers):
        """Write it as fast as the server takes it; count what it says."""
        self.send(data)
        lines = 0
        deadline = harness.clock() + 3 * harness.PATIENCE
        while lines < answers and not self.ended:
            self.pump(deadline)
            lines += self.received.count(b"\n")
            self.received.clear()
        if lines != answers or self.unsent:
            raise Failure("%d answers, not %d" % (lines, answers))

    def done(self):
        used = peak(self.pid)
        self.kill()
        return used


def commands_before_login(place, box, n):
    s = Talk(place, box)
    s.flood(b"USER a\r\n" * n, n)
    return s.done()


def commands_after_login(place, box, n):
    s = Talk(place, box)
    s.login()
    s.flood(b"NOOP\r\n" * n, n)
    return s.done()


def listings_in_one_piece(place, box, n):
    s = Talk(place, box)
    s.login()
    s.flood(b"LIST\r\nUIDL\r\nRETR 1\r\n" * (n // 100),
            (4 + 4 + 5) * (n // 100))
    return s.done()


def line_without_an_end(place, box, n):
    s = Talk(place, box)
    s.flood(b"x" * (n * 30) + b"\r\n", 1)
    return s.done()


def response_without_an_end(place, box, n):
    s = Talk(place, box)
    s.send_all(b"AUTH PLAIN\r\n")
    s.read_line()
    s.flood(b"A" * (n * 10) + b"\r\n", 1)
    return s.done()


def client_that_does_not_read(place, box, n):
    """The server waits, and takes no more of what comes."""
    s = Talk(place, box)
    s.login()
    data = b"LIST\r\n" * n
    sent = 0
    quiet = 0
    while sent < len(data) and quiet < 20:
        try:
            sent += os.write(s.writer, data[sent:sent + 65536])
            quiet = 0
        except BlockingIOError:
            quiet += 1
            harness.time.sleep(0.01)
    if n == HUGE and sent == len(data):
        raise Failure("all was taken, unread")
    return s.done()


def large_message(place, box, n):
    # A name of its own: a message that keeps its name keeps its size.
    path = os.path.join(box, "new/3.%d" % n)
    with open(path, "wb") as f:
        f.write(b"a: b\n\n" + b"x" * (n * 20) + b"\n.\n" * n)
    s = Talk(place, box)
    s.login()
    s.flood(b"RETR 3\r\n", n * 2 + 4)
    used = s.done()
    os.unlink(path)
    return used


def fill(box, n, name):
    new = os.open(os.path.join(box, "new"), os.O_RDONLY)
    for i in range(n):
        os.close(os.open(name % i, os.O_WRONLY | os.O_CREAT, 0o600,
                         dir_fd=new))
    os.close(new)


def many(place, box, n, name):
    fill(box, n, name)
    s = Talk(place, box)
    s.login()
    s.flood(b"UIDL\r\n", n + 4)
    return s.done()


FLAT = (commands_before_login, commands_after_login, listings_in_one_piece,
        line_without_an_end, response_without_an_end,
        client_that_does_not_read, large_message)
# A name, and how many bytes a message may cost with it.
NAMES = (("ordinary names", "1000000000.M%dP7.mail.example.org", 160),
         ("names as long as can be", "1000000000.M%07d" + "n" * 236, 420))


def make_box(place):
    box = place.path("box")
    harness.make_maildir(box)
    for i in (1, 2):
        harness.write_file(os.path.join(box, "new/%d.a" % i), b"a: b\n\n.\n")
    return box


def try_flat(place, case):
    box = make_box(place)
    small = case(place, box, SMALL)
    huge = case(place, box, HUGE)
    print("%s: %d KB, %d KB" % (case.__name__, small >> 10, huge >> 10))
    if huge - small > SLACK:
        raise Failure("memory grows with what comes")
    harness.remove_tree(box)


def try_names(place, what, name, most):
    used = []
    for n in (100, 20100):
        box = make_box(place)
        used.append(many(place, box, n, name))
        harness.remove_tree(box)
    each = (used[1] - used[0]) / 20000
    print("%s: %d bytes each" % (what, each), flush=True)
    if each > most:
        raise Failure("more than %d" % most)


def main():
    if not os.path.exists("/proc/self/status"):
        print("skip: no /proc")
        return harness.SKIPPED
    place = harness.Place()
    cases = [(try_flat, (case,)) for case in FLAT] + \
        [(try_names, row) for row in NAMES]
    failed = 0
    try:
        for run, args in cases:
            try:
                run(place, *args)
            except Failure as e:
                failed += 1
                print("FAIL: %s: %s" % (args[0], e))
    finally:
        place.close()
    print("%d passed, %d failed" % (len(cases) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

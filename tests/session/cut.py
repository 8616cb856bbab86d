#!/usr/bin/env python3
"""The client disappears after every single byte of a session.

It goes by ending its input, or by a reset of its TCP connection; at once, or
after all answers that it can have by then.  Nothing may be lost, moved or marked
unless the whole line of QUIT was sent, and then only what it asked for.
"""

import os
import sys

import harness
import transcript
from harness import Failure, Server

MAIL = {
    "new/1.M1.host": b"Subject: a\n\nhello\n",
    "new/2.M2.host": b"Subject: b\n\n.world\n",
    "cur/3.M3.host:2,F": b"Subject: c\n\nread",
}
COMMANDS = [b"USER jane", b"PASS secret", b"STAT", b"LIST", b"RETR 2",
            b"DELE 1", b"QUIT"]
SESSION = b"".join(line + b"\r\n" for line in COMMANDS)
LAST = {b"LIST": b".\r\n", b"RETR 2": b".\r\n"}         # of an answer

# What QUIT leaves.
DONE = {
    "cur/2.M2.host:2,S": MAIL["new/2.M2.host"],
    "cur/3.M3.host:2,F": MAIL["cur/3.M3.host:2,F"],
}

WAYS = [(over, wait) for over in ("pipe", "socketpair", "reset")
        for wait in (False, True)]


def lay_out(place):
    box = transcript.Box(place.path("box"))
    harness.make_maildir(box.top)
    for name, content in MAIL.items():
        harness.write_file(box.path(name), content)
        box.files[name] = content
    return box


def hear(server, command):
    """The answer to a command, to its last line."""
    last = LAST.get(command)
    line = server.read_line()
    if not line.startswith(b"+OK"):
        raise Failure("%r is answered by %r" % (command, line))
    while last is not None and line and line != last:
        line = server.read_line()


def talk(server, n):
    """Send n bytes, and hear all answers to them."""
    hear(server, b"")
    sent = 0
    for command in COMMANDS:
        whole = command + b"\r\n"
        part = whole[:n - sent]
        server.send_all(part)
        sent += len(part)
        if part != whole:
            return
        if command == b"QUIT":
            return                      # gone before the answer
        hear(server, command)


def session(place, box, n, over, wait):
    server = Server(place, ["--no-auth", "--log=none", "--lock-wait=0",
                            "--hostname=" + harness.HOST, box.top],
                    "tcp" if over == "reset" else over)
    try:
        if wait:
            talk(server, n)
        else:
            server.send_all(SESSION[:n])
        if over == "reset":
            server.vanish(reset=True)
        else:
            server.end_input()
            server.read_to_end()
        if server.wait() < 0:
            raise Failure("the server died of signal %d" % -server.status)
    finally:
        server.kill()


def check(box, n, over):
    """-> whether UPDATE took place; it must, if QUIT was sent and could be."""
    found = box.found(())
    if found == MAIL:
        if n == len(SESSION) and over != "reset":
            raise Failure("QUIT was sent, and nothing happened")
        return False
    if n < len(SESSION):
        raise Failure("QUIT was not sent, and there is %s" % sorted(found))
    if found != DONE:
        raise Failure("QUIT left %s" % sorted(found))
    return True


def main():
    place = harness.Place()
    runs = failed = 0
    try:
        for over, wait in WAYS:
            for n in range(len(SESSION) + 1):
                box = lay_out(place)
                runs += 1
                try:
                    session(place, box, n, over, wait)
                    check(box, n, over)
                except Failure as e:
                    failed += 1
                    print("FAIL: gone after %d bytes (%r; %s, %s): %s" % (
                        n, SESSION[max(0, n - 8):n], over,
                        "answers awaited" if wait else "at once", e))
                harness.remove_tree(box.top)
    finally:
        place.close()
    print("%d passed, %d failed" % (runs - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Round trips of a whole poll, counted in segments of TCP.

Each answer leaves in one write, so that it arrives as one segment.  A second small
write would wait for the client's delayed acknowledgement, which takes 40 ms.
"""

import os
import socket
import struct
import sys

import harness
from harness import Failure, Server

DATA_SEGMENTS_IN = 152          # where struct tcp_info has it, from Linux 4.6 on
MAIL = b"Subject: a\n\nhello\n.\n"
POLL = (b"CAPA", b"USER jane", b"PASS secret", b"STAT", b"LIST", b"UIDL",
        b"UIDL 2", b"TOP 1 0", b"RETR 1", b"DELE 1", b"RSET", b"NOOP", b"QUIT")
LONG = (b"CAPA", b"LIST", b"UIDL", b"TOP 1 0", b"RETR 1")


def segments(sock):
    """Of those that came with data."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(info) < DATA_SEGMENTS_IN + 4:
        return None
    return struct.unpack_from("I", info, DATA_SEGMENTS_IN)[0]


class Client:
    def __init__(self, place, box):
        self.server = Server(place, ["--no-auth", "--log=none", box], "tcp")
        self.sock = socket.socket(fileno=os.dup(self.server.reader))
        self.server.read_line()

    def answer(self, command):
        line = self.server.read_line()
        if not line.startswith(b"+OK"):
            raise Failure("%r: %r" % (command, line))
        while command in LONG and self.server.read_line() != b".\r\n":
            pass

    def close(self):
        self.sock.close()
        self.server.kill()


def one_at_a_time(place, box):
    """As many segments as answers."""
    c = Client(place, box)
    try:
        for command in POLL:
            before = segments(c.sock)
            c.server.send_all(command + b"\r\n")
            c.answer(command)
            came = segments(c.sock) - before
            if came != 1:
                raise Failure("%r was answered in %d segments" % (command, came))
    finally:
        c.close()


def pipelined(place, box):
    """All answers without another word of the client; never more segments."""
    c = Client(place, box)
    try:
        before = segments(c.sock)
        c.server.send_all(b"".join(command + b"\r\n" for command in POLL))
        for command in POLL:
            c.answer(command)
        came = segments(c.sock) - before
        if came > len(POLL):
            raise Failure("%d answers came in %d segments" % (len(POLL), came))
    finally:
        c.close()


def main():
    if not hasattr(socket, "TCP_INFO"):
        print("skip: no TCP_INFO")
        return harness.SKIPPED
    place = harness.Place()
    box = place.path("box")
    harness.make_maildir(box)
    for i in (1, 2, 3):
        harness.write_file(os.path.join(box, "new", "%d.M%d.host" % (i, i)), MAIL)
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            if segments(listener) is None:
                print("skip: this kernel counts no segments")
                return harness.SKIPPED
        for case in (one_at_a_time, pipelined):
            case(place, box)
    except Failure as e:
        print("FAIL %s: %s" % (case.__name__, e))
        return 1
    finally:
        place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

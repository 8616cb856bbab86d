#!/usr/bin/env python3
"""A Maildir, a plain model of it, and random events between and within sessions.

Deliveries, flag changes, removals, a damaged, lost or stale index, directories
whose time stamps are set back, and a clock that jumps: after each of them a
session must show just the messages that are there, with their octets and the
UIDLs they had before.  Run as:  model [SEED [SESSIONS]]
"""

import os
import random
import shutil
import subprocess
import sys

import harness


HEAD = 128                      # of solopop.index: see doc/index.md


def checksum(data):
    total = 0x9e3779b97f4a7c15
    for at in range(0, len(data), 8):
        word = int.from_bytes(data[at:at + 8], "little")
        total = (total ^ word) * 0xff51afd7ed558ccd % 2 ** 64
        total ^= total >> 29
    return total.to_bytes(8, "little")


def octets_of(raw):
    """RFC 1939: every line ends in CRLF, and the last one, too."""
    wire = b""
    last = b"\n"
    for i in range(len(raw)):
        byte = raw[i:i + 1]
        if byte == b"\n" and last != b"\r":
            wire += b"\r"
        wire += byte
        last = byte
    if last != b"\n":
        wire += b"\r\n"
    return wire


class Box:
    def __init__(self, rng, place):
        self.rng = rng
        self.binary = place.binary
        self.top = top = place.path("Maildir")
        self.mail = {}          # unique name: (dir, info, raw)
        self.uidl = {}          # unique name: as first seen
        self.serial = 0
        for sub in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(top, sub))

    def path(self, unique):
        where, info, _ = self.mail[unique]
        return os.path.join(self.top, where, unique + info)

    def body(self):
        pieces = [b"line\n", b".\n", b"..x\n", b"crlf\r\n", b"cr\r", b"\0",
                  b"\n", b"\xe9\n", b"long " * 50, b"end"]
        n = self.rng.randrange(8)
        return b"".join(self.rng.choice(pieces) for _ in range(n))

    def deliver(self):
        self.serial += 1
        size = self.rng.choice(["", ",S=%d" % self.serial,
                                ",S=1,W=%d" % self.serial])
        long = self.rng.choice([""] * 8 + ["x" * 80])
        unique = "%d.M%dP1.host%s%s" % (1700000000 + self.serial // 3,
                                        self.serial, long, size)
        where = self.rng.choice(["new", "new", "cur"])
        info = self.rng.choice(["", ":2,"]) if where == "new" else \
            self.rng.choice([":2,", ":2,S", ":2,FS", ""])
        raw = self.body()
        tmp = os.path.join(self.top, "tmp", unique)
        with open(tmp, "wb") as f:
            f.write(raw)
        self.mail[unique] = (where, info, raw)
        os.rename(tmp, self.path(unique))

    def any(self):
        return self.rng.choice(sorted(self.mail)) if self.mail else None

    def flag(self):
        unique = self.any()
        if unique is None:
            return
        old = self.path(unique)
        _, _, raw = self.mail[unique]
        info = self.rng.choice([":2,", ":2,S", ":2,RS", ":2,FRS", ":2,T"])
        self.mail[unique] = ("cur", info, raw)
        os.rename(old, self.path(unique))

    def remove(self):
        unique = self.any()
        if unique is None:
            return
        os.unlink(self.path(unique))
        del self.mail[unique]

    def damage_index(self):
        index = os.path.join(self.top, "solopop.index")
        if os.path.isdir(index):
            os.rmdir(index)
        if not os.path.exists(index):
            return
        size = os.path.getsize(index)
        what = self.rng.randrange(6)
        if what == 0:
            os.unlink(index)
        elif what == 1:
            os.truncate(index, self.rng.randrange(size + 1))
        elif what == 2:
            with open(index, "r+b") as f:
                f.seek(self.rng.randrange(max(size, 1)))
                f.write(bytes([self.rng.randrange(256)]))
        elif what == 3:
            with open(index, "ab") as f:
                f.write(b"more")
        elif what == 4:
            os.unlink(index)
            os.mkdir(index)
        else:
            saved = index + ".saved"
            if os.path.isfile(saved):
                shutil.copy(saved, index)
            else:
                shutil.copy(index, saved)

    def clock_jump(self):
        """
        The index was written when the clock was ahead, or behind, and something
        changed since: its stamps are younger or older than what they are of.
        """
        try:
            with open(os.path.join(self.top, "solopop.index"), "r+b") as f:
                head = bytearray(f.read(HEAD))
                if len(head) < HEAD or head[-8:] != checksum(head[:-8]):
                    return
                for at in (48, 64):
                    when = int.from_bytes(head[at:at + 8], "little")
                    when += self.rng.choice([-10 ** 8, -1, 1, 3600, 10 ** 8])
                    head[at:at + 8] = when.to_bytes(8, "little")
                    head[at + 12] = 1           # trusted
                head[-8:] = checksum(head[:-8])
                f.seek(0)
                f.write(head)
        except OSError:
            return
        self.rng.choice([self.deliver, self.flag, self.remove])()

    def touch(self):
        """An older stamp than any that a session can have seen."""
        where = os.path.join(self.top, self.rng.choice(["new", "cur"]))
        os.utime(where, (10 ** 9 + self.serial, 10 ** 9 + self.serial))

    def event(self):
        self.rng.choice([self.deliver] * 5 + [self.flag] * 3 +
                        [self.remove] * 2 + [self.damage_index])()

    def numbered(self):
        def key(unique):
            return int(unique.split(".")[0]), unique.encode()
        return sorted(self.mail, key=key)


class Session:
    def __init__(self, box):
        self.server = subprocess.Popen(
            [box.binary, "--no-auth", "--log=none", "--lock-wait=0", box.top],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.out = self.server.stdout
        self.buffer = b""
        self.line()
        self.ask("USER me")
        self.ask("PASS x")

    def line(self):
        while b"\r\n" not in self.buffer:
            more = self.out.read(65536)
            if not more:
                raise EOFError(self.buffer)
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def ask(self, command):
        self.server.stdin.write(command.encode() + b"\r\n")
        return self.line()

    def list(self, command):
        first = self.ask(command)
        assert first.startswith(b"+OK"), first
        lines = []
        while True:
            line = self.line()
            if line == b".":
                return lines
            lines.append(line[1:] if line.startswith(b".") else line)

    def end(self):
        self.server.stdin.close()
        self.out.close()
        return self.server.wait(timeout=20)


def compare(box, session):
    order = box.numbered()
    wires = [octets_of(box.mail[u][2]) for u in order]
    total = sum(map(len, wires))
    stat = session.ask("STAT")
    assert stat == b"+OK %d %d" % (len(order), total), \
        (stat, len(order), total)
    listed = session.list("LIST")
    assert listed == [b"%d %d" % (i + 1, len(w))
                      for i, w in enumerate(wires)], listed
    uidls = [line.split(b" ")[1] for line in session.list("UIDL")]
    assert len(set(uidls)) == len(order), "UIDLs are not unique"
    for unique, uidl in zip(order, uidls):
        assert box.uidl.setdefault(unique, uidl) == uidl, (unique, uidl)
    return order, wires


def one_session(box, rng):
    try:
        session = Session(box)
        order, wires = compare(box, session)
    except EOFError:
        # A damaged index that only its checksum tells: the session ends, the
        # index is gone, and the next one is right.
        session.end()
        session = Session(box)
        order, wires = compare(box, session)
    for _ in range(rng.randrange(4)):
        box.event()
    deleted, retrieved = set(), set()
    for _ in range(rng.randrange(5)):
        if not order:
            break
        n = rng.randrange(len(order))
        unique = order[n]
        if unique in deleted:
            continue
        if rng.random() < 0.5:
            status = session.ask("DELE %d" % (n + 1))
            assert status.startswith(b"+OK"), status
            deleted.add(unique)
        elif unique not in box.mail:
            status = session.ask("RETR %d" % (n + 1))
            assert status.startswith(b"-ERR [SYS/TEMP]"), status
        else:
            body = session.list("RETR %d" % (n + 1))
            got = b"".join(line + b"\r\n" for line in body)
            assert got == wires[n], (unique, got, wires[n])
            retrieved.add(unique)
    if rng.random() < 0.7:
        status = session.ask("QUIT")
        assert status.startswith(b"+OK"), status
        settle(box, deleted, retrieved)
    assert session.end() == 0


def settle(box, deleted, retrieved):
    """What QUIT does, done to the model."""
    for unique in deleted & set(box.mail):
        del box.mail[unique]
    for unique in (retrieved & set(box.mail)) - deleted:
        where, info, raw = box.mail[unique]
        flags = info[3:] if info.startswith(":2,") else ""
        if "S" not in flags:
            box.mail[unique] = ("cur", ":2," +
                                "".join(sorted(flags + "S")), raw)
    on_disk = {name for sub in ("new", "cur")
               for name in os.listdir(os.path.join(box.top, sub))}
    expected = {u + m[1] for u, m in box.mail.items()}
    assert on_disk == expected, (on_disk ^ expected)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    sessions = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    rng = random.Random(seed)
    place = harness.Place()
    try:
        box = Box(rng, place)
        for number in range(sessions):
            for _ in range(rng.randrange(4)):
                box.event()
            if rng.random() < 0.1:
                box.touch()
            if rng.random() < 0.2:
                box.clock_jump()
            try:
                one_session(box, rng)
            except AssertionError as error:
                print("model: seed %d, session %d: %s" %
                      (seed, number, error))
                return 1
    finally:
        place.close()
    print("model: %d sessions agree with the model" % sessions)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Everybody at once on one Maildir, and on one spool, with a checker behind.

Two POP3 clients, somebody who delivers, and a mail reader that moves, flags and
expunges, all at the same time; then they rest, and the checker looks: nothing is
lost that nobody removed, nothing is there that somebody did, every byte is as
it was delivered, a unique-id is one message's for good, the index is right.
First with the lock: a session that another took over from may not say another
word; then with lock = none.

Then an mbox spool: two who append under locks, each its own, one who appends
without any, sessions that drain it, and kill -9 of those.  What was appended
whole is in the Maildir once.

ROUNDS_SECONDS (6) is how long it takes, about; ROUNDS_SEED makes one begin the
same, although not go on the same: that is the kernel's to say.
"""

import collections
import fcntl
import multiprocessing
import multiprocessing.connection
import multiprocessing.popen_fork
import multiprocessing.sharedctypes
import multiprocessing.synchronize
import os
import random
import re
import signal
import sys
import time
import traceback

import harness
from harness import Failure, Server

SECONDS = float(os.environ.get("ROUNDS_SECONDS", "6"))
SEED = int(os.environ.get("ROUNDS_SEED", str(random.SystemRandom().randrange(
    10 ** 9))))
GROUP = 1.5             # seconds between two looks of the checker
MOST = 60               # messages in the Maildir, about
UNIQUE = re.compile(rb"^\d+\.M(\d+)P1\.rounds$")
PIECES = [b"line\n", b".\n", b"..two\n", b"crlf\r\n", b"a\rb\n", b"\0\n", b"\n",
          b"\xe9\xff\n", b"long " * 300 + b"\n", b"From me\n"]


def raw_of(serial, ended=False):
    """The bytes of a message, known from its number alone."""
    rng = random.Random(SEED * 1000003 + serial)
    text = b"X-Serial: %d\nSubject: x\n\n" % serial + b"".join(
        rng.choice(PIECES) for _ in range(rng.randrange(12)))
    return text + (b"" if ended or rng.random() < 0.8 else b"no end")


def wire_of(raw):
    """What RETR sends for it, dots taken off."""
    text = re.sub(rb"(?<!\r)\n", b"\r\n", raw)
    return text if text.endswith(b"\r\n") or not text else text + b"\r\n"


def name_of(serial):
    return "%d.M%dP1.rounds" % (1700000000 + serial // 7, serial)


def serial_of(unique):
    m = UNIQUE.match(unique if isinstance(unique, bytes) else unique.encode())
    if m is None:
        raise Failure("no unique name of ours: %r" % unique)
    return int(m.group(1))


class Ended(Exception):
    """The connection did, which may be all right."""


class Client:
    """One session, whose every answer is checked."""

    def __init__(self, place, args):
        self.server = Server(place, args, "socketpair")

    def ask(self, command):
        self.server.send_all(command + b"\r\n")
        line = self.server.read_line()
        if not line.endswith(b"\r\n"):
            raise Ended()
        if line[:3] not in (b"+OK", b"-ER"):
            raise Failure("%r: %r" % (command, line))
        return line

    def lines(self):
        found = []
        while True:
            line = self.server.read_line()
            if not line.endswith(b"\r\n"):
                raise Ended()
            if line == b".\r\n":
                return found
            found.append(line[1:] if line.startswith(b".") else line)

    def multi(self, command):
        line = self.ask(command)
        return (line, self.lines() if line.startswith(b"+OK") else None)

    def begin(self):
        if not self.server.read_line().startswith(b"+OK"):
            raise Failure("no banner")
        self.ask(b"USER me")
        return self.ask(b"PASS x")

    def end(self):
        """Closed in good order, whatever it was doing."""
        self.server.close()
        status = self.server.wait()
        self.server.kill()
        if status not in (0, -signal.SIGKILL):
            raise Failure("exit status %d" % status)

    def drop(self):
        self.server.kill()


def numbers(lines):
    return {int(n): rest.strip() for n, rest in
            (line.split(b" ", 1) for line in lines)}


# --- The actors --------------------------------------------------------------

class Actor:
    """In a process of its own until the time is up; reports what it did."""

    def __init__(self, rng, box, end, shared):
        self.rng, self.box, self.end = rng, box, end
        self.shared = shared
        self.said = collections.defaultdict(list)
        self.count = collections.Counter()

    def time_is_up(self):
        return time.monotonic() > self.end

    def rest(self, most):
        time.sleep(self.rng.random() * most)

    def run(self):
        while not self.time_is_up():
            self.act()

    def names(self):
        return [(sub, name) for sub in ("new", "cur")
                for name in os.listdir(os.path.join(self.box, sub))]

    def path(self, *parts):
        return os.path.join(self.box, *parts)


class Deliverer(Actor):
    def act(self):
        if len(self.names()) > MOST:
            self.rest(0.01)
            return
        with self.shared.serial.get_lock():
            self.shared.serial.value += 1
            serial = self.shared.serial.value
        name, tmp = name_of(serial), self.path("tmp", name_of(serial))
        with open(tmp, "wb") as f:
            f.write(raw_of(serial))
        if self.rng.random() < 0.5:
            os.rename(tmp, self.path("new", name))
        else:
            os.link(tmp, self.path("new", name))
            os.unlink(tmp)
        self.said["delivered"].append(serial)
        self.rest(0.006)


class Reader(Actor):
    """Another program's: IMAP, or mutt."""

    def act(self):
        names = self.names()
        if not names:
            self.rest(0.01)
            return
        sub, name = self.rng.choice(names)
        unique = name.split(":")[0]
        try:
            if self.rng.random() < 0.12:
                os.unlink(self.path(sub, name))
                self.said["removed"].append(serial_of(unique))
            else:
                flags = self.rng.choice(["", "S", "F", "FS", "RS", "T"])
                os.rename(self.path(sub, name),
                          self.path("cur", unique + ":2," + flags))
            self.count["reader"] += 1
        except FileNotFoundError:
            pass
        self.rest(0.004)


class Popper(Actor):
    """A client of POP3."""

    def __init__(self, *args):
        super().__init__(*args)
        self.number = 0

    def options(self):
        return ["--no-auth", "--log=none", "--lock-wait=4", "--yield-after=1",
                "--lock=fcntl" if self.shared.locked else "--lock=none",
                self.box]

    def act(self):
        c = self.client = Client(self.shared.place, self.options())
        self.deleted = {}
        try:
            self.session(c)
        except Ended:
            self.count["taken over"] += 1
            if not self.idle:
                raise Failure("a session that was not idle ended by itself")
        finally:
            c.drop()

    def session(self, c):
        self.idle = False
        line = c.begin()
        if line.startswith(b"-ERR [IN-USE]"):
            self.count["in use"] += 1
            c.ask(b"QUIT")
            c.end()
            return
        if not line.startswith(b"+OK"):
            raise Failure("login: %r" % line)
        self.count["sessions"] += 1
        self.shared.owner.value = os.getpid()
        self.look(c)
        for _ in range(self.rng.randrange(12)):
            self.one(c)
        self.finish(c)

    def mine(self):
        """Nobody logged in while we are served: that is what a lock is for."""
        if self.shared.locked and self.shared.owner.value != os.getpid():
            raise Failure("two sessions at once")

    def look(self, c):
        stat = c.ask(b"STAT").split()
        self.octets = {n: int(o) for n, o in
                       numbers(c.multi(b"LIST")[1]).items()}
        self.uidl = numbers(c.multi(b"UIDL")[1])
        if [int(stat[1]), int(stat[2])] != [len(self.octets),
                                            sum(self.octets.values())]:
            raise Failure("STAT %r, LIST %r" % (stat, self.octets))
        if list(self.uidl) != list(self.octets) or \
                len(set(self.uidl.values())) != len(self.uidl):
            raise Failure("UIDL %r" % self.uidl)
        for uidl in self.uidl.values():
            serial_of(uidl)

    def one(self, c):
        n = self.rng.choice(list(self.uidl) or [1])
        what = self.rng.random()
        if n not in self.uidl:
            if c.ask(b"RETR 1").startswith(b"+OK"):
                raise Failure("a message that is not there")
        elif what < 0.5:
            self.retr(c, n)
        elif what < 0.8:
            self.dele(c, n)
        elif what < 0.85:
            c.ask(b"RSET")
            self.deleted = {}
        elif what < 0.9 and c.ask(b"UIDL %d" % n).split()[2:3] != [
                self.uidl[n]] and n not in self.deleted:
            raise Failure("a UIDL changed within a session")
        else:
            self.rest(0.01)
        self.mine()

    def retr(self, c, n):
        if n in self.deleted:
            return
        serial = serial_of(self.uidl[n])
        line, lines = c.multi(b"RETR %d" % n)
        if lines is None:
            if not line.startswith(b"-ERR [SYS/TEMP]"):
                raise Failure("RETR: %r" % line)
            self.count["vanished"] += 1
            return
        self.count["retr"] += 1
        got = b"".join(lines)
        if got != wire_of(raw_of(serial)):
            raise Failure("message %d: other bytes: %r" % (serial, got[:300]))
        if len(got) != self.octets[n]:
            raise Failure("message %d: %d octets, LIST says %d" % (
                serial, len(got), self.octets[n]))

    def dele(self, c, n):
        if n not in self.deleted and \
                c.ask(b"DELE %d" % n).startswith(b"+OK"):
            self.deleted[n] = serial_of(self.uidl[n])

    def finish(self, c):
        way = self.rng.random()
        if way < 0.8:
            self.mine()
            self.said["maybe"] += self.deleted.values()
            if c.ask(b"QUIT").startswith(b"+OK"):
                self.said["removed"] += self.deleted.values()
                self.count["deleted"] += len(self.deleted)
            c.end()
        elif way < 0.88:        # killed while it does what QUIT asks for
            self.said["maybe"] += self.deleted.values()
            c.server.send_all(b"QUIT\r\n")
            self.rest(0.003)
            os.kill(c.server.pid, signal.SIGKILL)
            c.end()
        elif way < 0.985:       # gone without QUIT: nothing happens
            c.server.vanish()
            c.end()
        else:                   # silent: the other one may take over
            self.idle = True
            while not self.time_is_up() and not c.server.ended:
                try:
                    c.server.pump(time.monotonic() + 0.1)
                except Failure:
                    continue
            if c.server.ended:
                raise Ended()


# --- The Maildir's rounds ----------------------------------------------------

class Shared:
    """What the actors and the checker have in common."""

    def __init__(self, place, locked):
        self.place, self.locked = place, locked
        self.serial = multiprocessing.Value("i", 0)
        self.owner = multiprocessing.Value("i", 0)


def child(actor, number, out):
    signal.alarm(int(GROUP * 4 + 4 * harness.PATIENCE))
    actor.shared.place.serial = number * 10 ** 6 + \
        actor.rng.randrange(10 ** 5) * 10
    try:
        actor.run()
        out.send((dict(actor.said), actor.count, None))
    except Exception:
        out.send((dict(actor.said), actor.count, traceback.format_exc()))


def together(actors, count):
    """Run them all at once; what each has said, together."""
    said = collections.defaultdict(list)
    running, wrong = [], []
    for number, actor in enumerate(actors):
        back, out = multiprocessing.Pipe(False)
        p = multiprocessing.Process(target=child, args=(actor, number, out))
        p.start()
        out.close()
        running.append((p, back))
    for p, back in running:
        try:
            theirs, counted, error = back.recv()
        except EOFError:
            theirs, counted, error = {}, {}, "an actor ended without a word"
        p.join()
        for key, values in theirs.items():
            said[key] += values
        count.update(counted)
        if error:
            wrong.append(error)
    if wrong:
        raise Failure("\n".join(wrong))
    return said


def quiet_session(place, args):
    """What a client sees when nobody else is there: {uidl: bytes}."""
    c = Client(place, args)
    try:
        if not c.begin().startswith(b"+OK"):
            raise Failure("no login when all is quiet")
        stat = c.ask(b"STAT").split()
        octets = numbers(c.multi(b"LIST")[1])
        uidl = numbers(c.multi(b"UIDL")[1])
        seen = {}
        for n, one in uidl.items():
            lines = c.multi(b"RETR %d" % n)[1]
            if lines is None:
                raise Failure("message %r cannot be read" % one)
            seen[one] = b"".join(lines)
            if len(seen[one]) != int(octets[n]):
                raise Failure("message %r: octets" % one)
        if int(stat[1]) != len(uidl) or len(seen) != len(uidl) or \
                int(stat[2]) != sum(map(len, seen.values())):
            raise Failure("STAT, LIST and UIDL do not agree")
        c.ask(b"RSET")
        c.server.vanish()       # not QUIT: nothing is marked as read
        c.server.wait()
        quiet_session.log = c.server.stderr()
        c.end()
        return seen
    finally:
        c.drop()


def look_at(place, args, box, there, maybe):
    """The checker.  What may be gone and is, is forgotten."""
    found = collections.Counter()
    for sub in ("new", "cur"):
        for name in os.listdir(os.path.join(box, sub)):
            serial = serial_of(name.split(":")[0])
            found[serial] += 1
            with open(os.path.join(box, sub, name), "rb") as f:
                if f.read() != raw_of(serial):
                    raise Failure("the file of %d is not what it was" % serial)
    for serial, n in found.items():
        if n > 1:
            raise Failure("%d is there %d times" % (serial, n))
    lost = there - set(found) - maybe
    ghosts = set(found) - there
    if lost or ghosts:
        raise Failure("lost: %s; still or again there: %s" % (
            sorted(lost), sorted(ghosts)))
    wanted = {name_of(s).encode(): wire_of(raw_of(s)) for s in found}
    for what in ("first", "second, by the index"):
        if quiet_session(place, args) != wanted:
            raise Failure("the %s quiet session sees something else" % what)
    return set(found)


def maildir_rounds(place, rng, seconds, locked):
    box = place.path("Maildir")
    harness.make_maildir(box)
    shared = Shared(place, locked)
    args = ["--no-auth", "--log=none", box]
    there, count = set(), collections.Counter()
    end = time.monotonic() + seconds
    while True:
        until = time.monotonic() + GROUP
        said = together([kind(random.Random(rng.random()), box, until, shared)
                         for kind in (Deliverer, Reader, Popper, Popper)],
                        count)
        there |= set(said["delivered"])
        count["delivered"] += len(said["delivered"])
        there -= set(said["removed"])
        there = look_at(place, args, box, there, set(said["maybe"]))
        count["looks"] += 1
        if time.monotonic() > end:
            break
    harness.remove_tree(box)
    return count


# --- The spool's rounds ------------------------------------------------------

# Who takes which locks, and whether all at the same time write in one piece:
# one without a lock may come between two pieces of another.
APPENDERS = (
    (("dotlock and fcntl", False), ("fcntl", False)),
    (("dotlock", True), ("fcntl", True), ("nothing", True)),
)


class Appender(Actor):
    """One who delivers to an mbox, and his way of locking it."""

    def __init__(self, rng, box, end, shared, how, whole):
        super().__init__(rng, box, end, shared)
        self.how, self.whole = how, whole

    def dotlock(self):
        lock = self.shared.spool + ".lock"
        own = "%s.%d" % (lock, os.getpid())
        harness.write_file(own, b"%d\n" % os.getpid())
        try:
            while not self.time_is_up():
                try:
                    os.link(own, lock)
                    return lock
                except FileExistsError:
                    self.rest(0.01)
        finally:
            os.unlink(own)
        return None

    def act(self):
        self.rest(0.02)
        lock = None
        if "dotlock" in self.how and (lock := self.dotlock()) is None:
            return
        with self.shared.serial.get_lock():
            self.shared.serial.value += 1
            serial = self.shared.serial.value
        text = b"From jane Mon Jan  1 10:00:00 2024\n" + \
            raw_of(serial, True) + b"\n"
        fd = os.open(self.shared.spool, os.O_WRONLY | os.O_APPEND)
        try:
            if "fcntl" in self.how:
                fcntl.lockf(fd, fcntl.LOCK_EX)
            half = len(text) if self.whole else \
                self.rng.randrange(len(text))
            os.write(fd, text[:half])
            if half < len(text):
                self.rest(0.002)
                os.write(fd, text[half:])
        finally:
            os.close(fd)
            if lock is not None:
                os.unlink(lock)
        self.said["delivered"].append(serial)
        self.count["with " + self.how] += 1


class Drainer(Actor):
    """Sessions, each of which drains the spool first; some are killed."""

    def act(self):
        c = Client(self.shared.place, self.shared.options)
        try:
            if self.rng.random() < 0.3:
                self.kill(c)
                return
            if not c.begin().startswith(b"+OK"):
                raise Failure("no login")
            c.multi(b"UIDL")
            c.ask(b"QUIT")
            c.end()
            self.count["drained"] += 1
        finally:
            c.drop()

    def kill(self, c):
        c.server.read_line()
        c.server.send_all(b"USER me\r\nPASS x\r\n")
        self.rest(0.02)
        pid = c.server.pid
        os.kill(pid, signal.SIGSTOP)
        victims = children(pid)
        for victim in victims + [pid]:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        c.end()
        self.count["killed"] += len(victims) > 0
        for victim in victims:
            self.unlock(victim)

    def unlock(self, victim):
        """The lock file of a dead process is good for minutes; not here."""
        wait_gone(victim)
        lock = self.shared.spool + ".lock"
        try:
            if harness.read_file(lock) == b"%d\n" % victim:
                os.unlink(lock)
        except FileNotFoundError:
            pass


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


def wait_gone(pid):
    """It is an orphan now, and not ours to wait for."""
    end = time.monotonic() + harness.PATIENCE
    while time.monotonic() < end:
        try:
            with open("/proc/%d/stat" % pid) as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except OSError:
            return
        time.sleep(0.001)


def serial_in(raw):
    m = re.match(rb"X-Serial: (\d+)\n", raw)
    if m is None:
        raise Failure("not what was appended: %r" % raw[:200])
    return int(m.group(1))


def look_at_spool(shared, box, there, uidls):
    """All that was appended is there, once, as it was, and nothing else."""
    seen = quiet_session(shared.place, shared.options)
    top = os.path.dirname(shared.spool)
    if os.path.getsize(shared.spool) != 0:
        raise Failure("the spool is not empty; beside it: %s; log: %s" % (
            os.listdir(top), quiet_session.log))
    found = {}
    for uidl, text in seen.items():
        serial = serial_in(text.replace(b"\r\n", b"\n", 1))
        if serial in found:
            raise Failure("%d came twice" % serial)
        found[serial] = uidl
        if text != wire_of(raw_of(serial, True)):
            raise Failure("%d: other bytes: %r" % (serial, text[:300]))
        if uidls.setdefault(serial, uidl) != uidl:
            raise Failure("%d: another UIDL" % serial)
    if set(found) != there:
        raise Failure("lost: %s; not known: %s" % (
            sorted(there - set(found)), sorted(set(found) - there)))
    left = [name for name in os.listdir(box) if "drain" in name and
            name not in ("solopop.drained", "solopop.drain.lock")]
    if left:
        raise Failure("left behind: %s" % left)


def spool_rounds(place, rng, seconds):
    if not os.path.exists(place.importer):
        print("spool: no solopop-import: left out")
        return collections.Counter()
    box, spools = place.path("Maildir"), place.path("spool")
    harness.make_maildir(box)
    os.mkdir(spools)
    shared = Shared(place, True)
    shared.spool = os.path.join(spools, "me")
    shared.options = ["--no-auth", "--log=stderr", "--spool-dir=" + spools,
                      "--import-program=" + place.importer, box]
    harness.write_file(shared.spool, b"")
    there, uidls, count = set(), {}, collections.Counter()
    end = time.monotonic() + seconds
    while True:
        until = time.monotonic() + GROUP
        who = APPENDERS[count["looks"] % len(APPENDERS)]
        said = together(
            [Appender(random.Random(rng.random()), box, until, shared, *how)
             for how in who] +
            [Drainer(random.Random(rng.random()), box, until, shared)], count)
        there |= set(said["delivered"])
        count["looks"] += 1
        look_at_spool(shared, box, there, uidls)
        if time.monotonic() > end and count["looks"] >= len(APPENDERS):
            break
    count["delivered"] = len(there)
    harness.remove_tree(box)
    return count


def main():
    place = harness.Place()
    rng = random.Random(SEED)
    print("ROUNDS_SEED=%d" % SEED, flush=True)
    failed = 0
    cases = (
        ("with the lock", lambda: maildir_rounds(place, rng, SECONDS * 0.45,
                                                 True)),
        ("lock = none", lambda: maildir_rounds(place, rng, SECONDS * 0.2,
                                               False)),
        ("a spool", lambda: spool_rounds(place, rng, SECONDS * 0.35)),
    )
    try:
        for what, run in cases:
            try:
                count = run()
                print("%s: %s" % (what, ", ".join(
                    "%s %d" % item for item in sorted(count.items()))),
                    flush=True)
            except Failure as e:
                failed += 1
                print("FAIL: %s: %s" % (what, e))
    finally:
        place.close()
    print("%d passed, %d failed" % (len(cases) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

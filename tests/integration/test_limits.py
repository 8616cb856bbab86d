"""What comes from outside takes no memory in any of the roles, and who does not
come back is not waited for.
"""
import contextlib
import ctypes
import os
import signal
import socket
import struct
import subprocess
import threading
import time

from lab import *

SLACK = 1536            # KB that may be touched once, here or there


def peaks(s):
    """The most that each process ever had resident, in KB; those that end while
    we look have none."""
    found = processes()
    return {found[pid]["Name"] + str(pid == s.pid):
            int(found[pid]["VmHWM"].split()[0])
            for pid in [s.pid] + s.children()
            if "VmHWM" in found.get(pid, {})}


def flood(talk, command, n, each=1):
    """All in one piece; its answers' lines are counted and thrown away."""
    thread = threading.Thread(target=talk.send, args=(command * n,))
    thread.start()
    lines = 0
    while lines < n * each:
        data = talk.sock.recv(1 << 18)
        check(data, "ended after", lines)
        lines += data.count(b"\n")
    thread.join()
    equal(lines, n * each, "lines of answers")


def measure(n):
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        flood(s.talk, b"USER alice\r\n", n)
        flood(s.talk, b"USER " + b"x" * 9999 + b"\r\n", min(n // 100, 9))
        before = peaks(s)
        s.talk.login("alice")
        flood(s.talk, b"NOOP\r\n", n)
        after = peaks(s)
        s.talk.ok("QUIT")
    return [before, after]


@root_only
def roles__floods__take_no_memory():
    for small, huge in zip(measure(100), measure(200000)):
        equal(sorted(small), sorted(huge), "roles")
        for role, used in huge.items():
            check(used - small[role] < SLACK, role, small[role], used)


# ---- clients that take their time ------------------------------------------

LARGE = b"From: a@lab\nSubject: large\n\n" + (b"x" * 70 + b"\n.\n") * 200000
HELLO = b"From: b@lab\n\nHello.\n"


def through(talk, octets):
    """Read so many octets, which are not kept."""
    while octets > 0:
        data = talk.sock.recv(min(octets, 1 << 16))
        check(data, "ended,", octets, "octets before the end")
        octets -= len(data)


def answer_to_retr():
    """How long it is: the message, its dots, its last dot."""
    return len(wire(LARGE)) + LARGE.count(b"\n.") + 3


def at_once(talk):
    """Nothing but two messages, as any client gets them."""
    talk.ok("RETR 1")
    through(talk, answer_to_retr() - len(talk.buffer))
    talk.buffer = b""
    talk.retr(2)


def reading_slowly(talk):
    """An octet at a time, and there is hardly room for more."""
    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    talk.send("RETR 1\r\n")
    for _ in range(3000):
        check(talk.sock.recv(1), "ended")


def writing_slowly(talk):
    """The next commands come an octet at a time while a message goes."""
    talk.ok("RETR 1")
    left = answer_to_retr() - len(talk.buffer)
    talk.buffer = b""
    commands = b"NOOP\r\n" * 20
    for i in range(len(commands)):
        talk.send(commands[i:i + 1])
        through(talk, left // len(commands))
    through(talk, left % len(commands))
    for _ in range(20):
        check(talk.line().startswith("+OK"), "NOOP")


def not_reading(talk):
    """Command after command, and no answer is taken."""
    talk.sock.setblocking(False)
    commands, sent, quiet = b"RETR 1\r\n" * 100000, 0, 0
    while sent < len(commands) and quiet < 20:
        try:
            sent += talk.sock.send(commands[sent:sent + 65536])
            quiet = 0
        except BlockingIOError:
            quiet += 1
            time.sleep(0.01)        # for the server to take what it will
    talk.sock.settimeout(PATIENCE)


def ten_thousand_at_once(talk):
    flood(talk, b"STAT\r\nRETR 2\r\nUIDL 1\r\nLIST 1\r\nTOP 2 9\r\n", 2000,
          3 + 2 * (HELLO.count(b"\n") + 2))


def peak_of(client, *more, start=lambda talk: None):
    """{role: KB} of a session with such a client."""
    with Session(*more) as s:
        s.expected = None
        start(s.talk)
        s.talk.banner()
        s.talk.login("alice")
        client(s.talk)
        return peaks(s)


def flat(used, idle, what):
    equal(sorted(used), sorted(idle), "roles, " + what)
    for role in used:
        check(used[role] - idle[role] < SLACK, what, role, "has", used[role],
              "KB, and idle", idle[role])


@root_only
def roles__slow_clients_and_many_commands__take_no_memory():
    mailbox([LARGE, HELLO])
    idle = peak_of(lambda talk: talk.retr(2))
    for client in (at_once, reading_slowly, writing_slowly, not_reading,
                   ten_thousand_at_once):
        flat(peak_of(client), idle, client.__name__)


@root_only
def tls__slow_clients_and_many_commands__take_no_memory():
    from test_tls import begin, tls
    mailbox([LARGE, HELLO])
    idle = peak_of(lambda talk: talk.retr(2), *tls("--tls"), start=begin)
    for client in (at_once, writing_slowly):
        flat(peak_of(client, *tls("--tls"), start=begin), idle,
             client.__name__)


# ---- clients that vanish ---------------------------------------------------

SO_ATTACH_FILTER = 26


class Held(Session):
    """A session over a connection whose other end we have as well."""

    expected = None

    def __init__(self, *more):
        near, self.far = tcp_pair()
        self.process = subprocess.Popen(
            [self.program] + options(*more), stdin=self.far, stdout=self.far,
            stderr=self.far, cwd="/")
        self.talk = Talk(near)
        self.pid = self.process.pid
        self.most = {}

    def vanish(self):
        """
        From now on nothing arrives at the client, and nothing comes from it:
        no acknowledgement, no end, no reset.
        """
        nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
        self.talk.sock.setsockopt(
            socket.SOL_SOCKET, SO_ATTACH_FILTER,
            struct.pack("HP", 1, ctypes.addressof(nothing)))

    def hurry(self):
        """What was set up stays, with seconds for minutes."""
        def get(level, name):
            return self.far.getsockopt(level, name)
        check(get(socket.SOL_SOCKET, socket.SO_KEEPALIVE), "no keep-alive")
        equal(get(socket.SOL_TCP, socket.TCP_USER_TIMEOUT), 0,
              "a live client with a closed window would be reset")
        for name, value in ((socket.TCP_KEEPIDLE, 1),
                            (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 1),
                            (socket.TCP_USER_TIMEOUT, 1500)):
            self.far.setsockopt(socket.SOL_TCP, name, value)

    def gone(self):
        with contextlib.suppress(FileNotFoundError, KeyError):
            for role, used in peaks(self).items():
                self.most[role] = max(used, self.most.get(role, 0))
        return self.process.poll() is not None


def in_a_message(talk):
    talk.ok("DELE 2")
    talk.send("RETR 1\r\n")
    talk.sock.recv(1)


def half_open(more, start):
    """Three who vanish: before the login, idle, and in a message."""
    boxes = [mailbox([LARGE, HELLO], user)[0] for user in ("alice", "bob")]
    idle = peak_of(lambda talk: talk.retr(2), *more, start=start)
    with Held(*more) as a, Held(*more) as b, Held(*more) as c:
        for s in (a, b, c):
            start(s.talk)
            s.talk.banner()
        b.talk.login("alice")
        b.talk.ok("DELE 1")
        c.talk.login("bob")
        in_a_message(c.talk)
        for s in (a, b, c):
            s.hurry()
            s.vanish()
        for s, what in ((a, "before the login"), (b, "idle"),
                        (c, "in a message")):
            eventually("the end of who vanished " + what, s.gone)
            for role, used in s.most.items():
                # A front makes room for the session before it is measured.
                usual = idle.get(role, idle["solopop-sessionFalse"])
                check(used - usual < SLACK, what, role, used, idle)
    for box in boxes:
        equal(len(files(box)), 2, "messages that are left")


@root_only
def half_open__peers_that_vanish__are_not_waited_for():
    half_open((), lambda talk: None)


@root_only
def half_open__peers_that_vanish_in_tls__are_not_waited_for():
    from test_tls import begin, tls
    half_open(tls("--tls"), begin)


# ---- a client that reads little is alive -----------------------------------

def read_steadily(talk, seconds, each_second):
    """Read at this pace; what was read."""
    got, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        data = talk.sock.recv(each_second // 4)
        check(data, "ended after", got, "octets")
        got += len(data)
        time.sleep(max(0, began + got / each_second - time.monotonic()))
    return got


def slow_reader(more, start, user="alice"):
    """
    Far slower than the send buffer empties to where poll(2) says so.  It is
    neither timed out nor ended by a second login.
    """
    mailbox([LARGE, HELLO], user)
    log = Log()
    with Session("--timeout=5", "--yield-after=5", "--lock-wait=1",
                 *more) as s:
        s.expected = None
        start(s.talk)
        s.talk.banner()
        s.talk.login(user)
        s.talk.send("RETR 1\r\n")
        read_steadily(s.talk, 8, 100000)
        with Session("--lock-wait=1", *more) as second:
            start(second.talk)
            second.talk.banner()
            second.talk.ok("USER " + user)
            check("[IN-USE]" in second.talk.ask("PASS " + password(user)),
                  "a second login ends the download")
        read_steadily(s.talk, 3, 100000)
    check(not log.has("Timeout|gave way"), log.lines)


@root_only
def slow_reader__below_the_send_buffer__is_not_idle():
    slow_reader((), lambda talk: None)


@root_only
def slow_reader__in_tls__is_not_idle():
    from test_tls import begin, tls
    slow_reader(tls("--tls"), begin)


@root_only
def silent_reader__beyond_the_timeout__log_says_timeout():
    mailbox([LARGE])
    log = Log()
    with Session("--timeout=2") as s:
        s.expected = None
        s.talk.banner()
        s.talk.login("alice")
        s.talk.send("RETR 1\r\n")
        log.wait(r"Timeout \(2 secs\) during nw write to alice")


# ---- limits and ends from outside ------------------------------------------

def works_under(prefix, name):
    """A whole session, whose log has this of a limit, or no limit at all."""
    mailbox(SAMPLE)
    log = Log()
    with Session(prefix=prefix) as s:
        s.talk.banner()
        s.talk.login("alice")
        equal(wire(s.talk.retr(1)), wire(SAMPLE[0]))
        s.talk.ok("QUIT")
    if name:
        log.wait(name)
    else:
        check(not log.has("RLIMIT"), log.lines)


@root_only
def limits__below_ours__session_runs_and_log_names_them():
    tool("prlimit")
    for limit, name in (("--nofile=24:24", "RLIMIT_NOFILE is 24"),
                        ("--nofile=20:4096", None),
                        ("--data=500000000:500000000", "RLIMIT_DATA is 5"),
                        ("--data=12000000", "RLIMIT_DATA is 12000000")):
        works_under(("prlimit", limit), name)


@root_only
def memory_limit__soft_as_softlimit_sets_it__passwords_are_checked():
    """The hard one holds, and the log names it."""
    tool("prlimit")
    for limit, name in (("--as=5000000:", None), ("--data=1000000:", None),
                        ("--as=4000000:900000000", None),
                        ("--as=32000000", "RLIMIT_AS is 32000000, less")):
        works_under(("sh", "-c", 'prlimit --pid=$$ "$0" && exec "$@"',
                     limit), name)


@root_only
def file_size_limit__any__is_a_full_disk():
    """Neither the login nor QUIT ends by SIGXFSZ; maildirsize is not written."""
    tool("prlimit")
    for octets in (0, 1, 100, 1000):
        box = mailbox(SAMPLE)[0]
        spill(box + "/maildirsize", "10000000S\n1000 4\n")
        os.chown(box + "/maildirsize", uid("alice"), uid("alice"))
        log = Log()
        with Session(prefix=("prlimit", "--fsize=%d:%d" % (octets, octets))) as s:
            s.talk.banner()
            s.talk.login("alice")
            s.talk.ok("DELE 1")
            s.talk.ok("QUIT")
        equal(len(files(box)), len(SAMPLE) - 1)
        check(not log.has("signal"), log.lines)


@root_only
def session__killed_from_outside__is_logged():
    mailbox(SAMPLE)
    log = Log()
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        os.kill(s.child(), signal.SIGKILL)
        equal(s.talk.at_end(), b"")
    log.wait("the session ended by signal 9: out of memory")


@root_only
def processes__ended_by_us__are_not_logged():
    mailbox(SAMPLE)
    log = Log()
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        os.kill(s.pid, signal.SIGTERM)
        equal(s.talk.at_end(), b"")
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.ok("QUIT")
    check(not log.has("ended by signal"), log.lines)


@root_only
def front__that_does_not_end__is_ended_beyond_its_deadline():
    with Session("--login-timeout=1") as s:
        s.expected = None
        s.talk.banner()
        os.kill(s.child(), signal.SIGSTOP)
        equal(s.talk.at_end(), b"")

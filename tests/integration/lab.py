"""The laboratory: a machine of our own, and hands to work in it.

As root every test runs in private mount, network and process namespaces that
`run` has made: /etc, /run and /dev are copies, with users, PAM services and a
syslog socket of our own.  The network has one interface, 127.0.0.1.  As anyone
else there is no machine, and what needs one skips itself.
"""
import contextlib
import fcntl
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, "..", "..", "examples")
SOLOPOP = os.environ.get("SOLOPOP", "")
BENCH = os.environ.get("SOLOPOP_LAB", "")       # a directory of our own
PRIVATE = os.environ.get("SOLOPOP_PRIVATE") == "yes"
EMPTY = os.path.join(BENCH, "empty")
HOMES = os.path.join(BENCH, "home")
PATIENCE = 20                   # seconds for anything that should come at once


class Skip(Exception):
    """The reason why a test cannot run here."""


def root_only(test):
    """A test that needs the private machine."""
    test.needs_root = True
    return test


def anyone(test):
    """A test for every user."""
    test.needs_root = False
    return test


UNOPTIMISED = "without the optimiser copies of words stay in memory"


def not_when_counting(why):
    """For what a program built to count coverage cannot do, or need not."""
    with open(SOLOPOP, "rb") as f:
        if b"SOLOPOP_COVERAGE_DUMP" in f.read():
            raise Skip("built for coverage: " + why)


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(map(str, what)))


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s: got %s, wanted %s" % (
            what or "different", brief(got), brief(wanted)))


def brief(value):
    text = repr(value)
    return text if len(text) < 400 else text[:300] + " ... " + text[-80:]


def eventually(what, condition):
    """Wait for something that tells nobody when it happens."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("never happened: " + what)
        time.sleep(0.005)


def slurp(path, mode="r"):
    with open(path, mode) as f:
        return f.read()


def spill(path, text, mode=0o644):
    with open(path, "wb" if isinstance(text, bytes) else "w") as f:
        f.write(text)
    os.chmod(path, mode)


# ---- the users -------------------------------------------------------------

def crypted(name):
    return {
        "root": "hJ55sjhkzYgIdZHFQxrsAWfUj15WO1vX5pGSwqij6lTNIFdr5GFKdckIcKQE1v"
                "Lhp6JSfk8IUd24Vk3.rxszW/",
        "alice": "ROySDQUfpLgg17zuFzXCsRRItefMBlRPJQcviOunlSjePy6hmoS7hk7qyXB1q"
                 "sMgiHKpv1aRXGbBZgbLAQqys/",
        "bob": "Tiabt8uDUqk.J3Jg.sNeb0xi/ast0YCcvqF7UOeiR8.gjizWAhXk//lafTbuUjq"
               "yHCPjHwfs6dXPJVh5e4vMk1",
        "old": "RGjBIcKWukpfFoM3i7pzP8Gk6glpp.PnbXtXnp32XXz5GHHsQVrI53eqB9QJ7Ex"
               "pBTdDcpAk1ajq7IhcgQA5P0",
    }[name]


# name: (uid, whose password, shadow's fields behind it)
USERS = {
    "root": (0, "root", "19000:0:99999:7:::"),
    "alice": (61001, "alice", "19000:0:99999:7:::"),
    "bob": (61002, "bob", "19000:0:99999:7:::"),
    "newcomer": (61003, "alice", "19000:0:99999:7:::"),     # has no Maildir
    "gone": (61004, "old", "19000:0:99999:7::1:"),          # account expired
    "stale": (61005, "old", "0:0:99999:7:::"),              # password expired
    "locked": (61006, "old", "19000:0:99999:7:::"),
    "daemonish": (61, "old", "19000:0:99999:7:::"),         # below min-uid
    "front": (61990, None, "19000:0:99999:7:::"),
    "nobody": (65534, None, "19000:0:99999:7:::"),
}
GROUPS = {"mailers": (61100, ["alice"]), "readers": (61101, ["alice", "bob"])}
FRONT_UID = 61990


def password(user):
    return USERS[user][1] + "'s password"


def uid(user):
    return USERS[user][0]


def home(user):
    return os.path.join(HOMES, user)


def write_users(etc):
    passwd, shadow, group = [], [], []
    for name, (number, owner, rest) in USERS.items():
        passwd.append("%s:x:%d:%d::%s:/bin/sh" % (name, number, number,
                                                  home(name)))
        word = "*" if owner is None else \
            "$6$solopop%s$%s" % (owner, crypted(owner))
        if name == "locked":
            word = "!" + word
        shadow.append("%s:%s:%s" % (name, word, rest))
        group.append("%s:x:%d:" % (name, number))
    for name, (number, members) in GROUPS.items():
        group.append("%s:x:%d:%s" % (name, number, ",".join(members)))
    spill(etc + "/passwd", "\n".join(passwd) + "\n")
    spill(etc + "/shadow", "\n".join(shadow) + "\n", 0o600)
    spill(etc + "/group", "\n".join(group) + "\n")
    spill(etc + "/nsswitch.conf", "".join(
        "%s: files\n" % s for s in ("passwd", "group", "shadow", "hosts",
                                    "services", "protocols", "networks")))
    spill(etc + "/hosts", "127.0.0.1 localhost other.example.org\n")
    spill(etc + "/services", "pop3 110/tcp pop-3\npop3s 995/tcp\n")
    spill(etc + "/protocols", "tcp 6 TCP\nudp 17 UDP\n")


# ---- PAM -------------------------------------------------------------------

PLAIN_PAM = """\
auth required pam_unix.so
account required pam_unix.so
session required pam_unix.so
"""


def write_pam(pam_d):
    shutil.rmtree(pam_d)
    os.mkdir(pam_d)
    shutil.copy(EXAMPLES + "/pam.d-pop3", pam_d + "/pop3")
    spill(pam_d + "/common-auth", "auth [success=1 default=ignore] pam_unix.so "
          "nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n")
    spill(pam_d + "/common-account", "account [success=1 new_authtok_reqd=done "
          "default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"
          "account required pam_permit.so\n")
    spill(pam_d + "/common-session-noninteractive",
          "session required pam_unix.so\n")
    spill(pam_d + "/other", "".join(
        "%s required pam_deny.so\n" % s
        for s in ("auth", "account", "session", "password")))


def pam_service(name, text):
    """A service for this test; the machine is as it was for the next one."""
    spill("/etc/pam.d/" + name, text)
    return "--pam-service=" + name


# ---- the machine -----------------------------------------------------------

def mount(*args):
    subprocess.run(("mount",) + args, check=True)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(s, 0x8914, request)         # SIOCSIFFLAGS, UP and RUNNING


def private_dev():
    dev = BENCH + "/dev"
    os.mkdir(dev)
    mount("-t", "tmpfs", "-o", "mode=755", "none", dev)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        spill("%s/%s" % (dev, name), "")
        mount("--bind", "/dev/" + name, "%s/%s" % (dev, name))
    for name in ("pts", "shm"):
        os.mkdir("%s/%s" % (dev, name))
        mount("--bind", "/dev/" + name, "%s/%s" % (dev, name))
    for i, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink("/proc/self/fd/%d" % i, "%s/%s" % (dev, name))
    os.symlink("/proc/self/fd", dev + "/fd")
    os.symlink("pts/ptmx", dev + "/ptmx")
    mount("--rbind", dev, "/dev")


def make_machine():
    """Called once, inside the namespaces."""
    etc = BENCH + "/etc"
    shutil.copytree("/etc", etc, symlinks=True)
    write_users(etc)
    write_pam(etc + "/pam.d")
    for name in ("hosts.allow", "hosts.deny", "nologin", "solopop.conf"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink("%s/%s" % (etc, name))
    mount("--bind", etc, "/etc")
    mount("-t", "tmpfs", "-o", "mode=755", "none", "/run")
    private_dev()
    loopback_up()
    os.mkdir(EMPTY, 0o555)
    os.mkdir(HOMES)
    for name in USERS:
        make_home(name)


def make_home(name):
    shutil.rmtree(home(name), ignore_errors=True)
    os.mkdir(home(name), 0o700)
    os.chown(home(name), uid(name), uid(name))


def ours_to_give(path, user):
    """In a private machine, what we make belongs to the one it is for."""
    if PRIVATE:
        os.chown(path, uid(user), uid(user))


def fill(maildir, messages, user="alice"):
    """A Maildir of messages (bytes), in this order; returns their paths."""
    shutil.rmtree(maildir, ignore_errors=True)
    for part in ("", "/cur", "/new", "/tmp"):
        os.mkdir(maildir + part, 0o700)
        ours_to_give(maildir + part, user)
    paths = []
    for i, message in enumerate(messages):
        path = "%s/new/%d.M%dP7.lab" % (maildir, 1600000000 + i, i)
        spill(path, message, 0o600)
        ours_to_give(path, user)
        paths.append(path)
    return paths


def mailbox(messages, user="alice"):
    """The user's Maildir, filled; as anyone, one below the bench."""
    if PRIVATE:
        make_home(user)
        path = home(user) + "/Maildir"
    else:
        path = BENCH + "/Maildir"
    return path, fill(path, messages, user)


def files(maildir):
    """{unique name: octets} of what is in the Maildir now."""
    found = {}
    for part in ("new", "cur"):
        for name in os.listdir("%s/%s" % (maildir, part)):
            found[name.split(":")[0]] = slurp("%s/%s/%s" % (
                maildir, part, name), "rb")
    return found


def wire(raw):
    """The octets a client must get, dots taken off, for those of a file."""
    text = re.sub(rb"\r?\n", b"\r\n", raw)
    return text if text.endswith(b"\r\n") or not text else text + b"\r\n"


def plain(data):
    """For clients that end lines their own way."""
    return wire(data).replace(b"\r\n", b"\n")


SAMPLE = [
    b"From: a@lab\nTo: alice@lab\nSubject: plain\n\nHello.\n",
    b"From: b@lab\nSubject: dots\n\n.\n..\n.x\n...\n\n.end\n",
    b"From: c@lab\r\nSubject: CRLF\r\n\r\nline\r\n.dot\r\n",
    b"From: d@lab\nSubject: no last line end\n\nlast",
    b"From: e@lab\nSubject: no body\n\n",
    b"From: f@lab\nSubject: 8 bit\n\n\xe4\xf6\xfc \xff\xfe\n" + b"y" * 900 +
    b"\n",
    b"From: g@lab\nSubject: large\nContent-Transfer-Encoding: base64\n\n" +
    b"QmFzZTY0IGlzIGxvbmcgYW5kIGRvZXMgbm90IGVuZCBxdWlja2x5IGVub3VnaC4u\n" *
    32000,
]


# ---- the log ---------------------------------------------------------------

class Log:
    """Our own /dev/log, read as it fills.

    What stands behind each line for its session is in whole, not in lines.
    """

    def __init__(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/log")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.lines, self.whole = [], []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            line = self.socket.recv(65536).decode("latin-1").rstrip("\n\0")
            line = re.sub(r"^<\d+>\w+ +\d+ [\d:]+ ", "", line)
            self.whole.append(line)
            self.lines.append(re.sub(r" session=[!-~]+$", "", line))

    def wait(self, pattern):
        """The first line in which the pattern is found."""
        return eventually("log line " + pattern, lambda: next(
            (s for s in self.lines if re.search(pattern, s)), None))

    def has(self, pattern):
        return any(re.search(pattern, s) for s in self.lines)


# ---- the client ------------------------------------------------------------

class Talk:
    """A POP3 client that believes nothing."""

    def __init__(self, sock):
        self.sock = sock
        sock.settimeout(PATIENCE)
        self.buffer = b""
        self.heard = b""        # all there ever was

    @classmethod
    def to(cls, port, address="127.0.0.1", source=None):
        return cls(socket.create_connection(
            (address, port), PATIENCE, source and (source, 0)))

    def more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        self.heard += data
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            check(self.more(), "connection ended; last heard",
                  repr(self.heard[-300:]))
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def send(self, text):
        self.sock.sendall(text if isinstance(text, bytes) else text.encode())

    def ask(self, command):
        self.send(command + "\r\n")
        return self.line()

    def ok(self, command):
        answer = self.ask(command)
        check(answer.startswith("+OK"), command, "->", answer)
        return answer

    def refused(self, command):
        answer = self.ask(command)
        check(answer.startswith("-ERR"), command, "->", answer)
        return answer

    def banner(self):
        line = self.line()
        check(line.startswith("+OK"), "banner:", line)
        return line

    def body(self):
        """A multi-line answer, its status line read already, un-stuffed."""
        lines = []
        while True:
            while b"\r\n" not in self.buffer:
                check(self.more(), "connection ended inside an answer")
            *whole, self.buffer = self.buffer.split(b"\r\n")
            for i, line in enumerate(whole):
                if line == b".":
                    self.buffer = b"\r\n".join(whole[i + 1:] + [self.buffer])
                    return b"".join(s + b"\r\n" for s in lines)
                lines.append(line[1:] if line.startswith(b".") else line)

    def retr(self, msgno):
        self.ok("RETR %d" % msgno)
        return self.body()

    def listing(self, command):
        self.ok(command)
        return dict(s.split(" ", 1)
                    for s in self.body().decode("latin-1").splitlines())

    def login(self, user, word=None):
        self.ok("USER " + user)
        return self.ok("PASS " + (word or password(user)))

    def at_end(self):
        """Read what is left; the server must have closed."""
        rest = self.buffer
        self.buffer = b""
        try:
            while True:
                data = self.sock.recv(65536)
                if not data:
                    return rest
                rest += data
                self.heard += data
        except ConnectionResetError:
            return rest

    def close(self):
        self.sock.close()


# ---- the server ------------------------------------------------------------

def tcp_pair():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        near = socket.create_connection(listener.getsockname(), PATIENCE)
        far = listener.accept()[0]
    return near, far


def options(*more):
    """What each server here is told, for the role we run it in."""
    if PRIVATE:
        return ["--empty-dir=" + EMPTY, "--front-user=front",
                "--failure-delay=0"] + list(more)
    return ["--no-auth"] + list(more) + [BENCH + "/Maildir"]


class Session:
    """One session over TCP, as inetd starts it: 0, 1 and 2 are the client."""

    program = SOLOPOP

    def __init__(self, *more, stderr=None, pass_fds=(), prefix=(), setup=None):
        near, far = tcp_pair()
        with far:
            self.process = subprocess.Popen(
                list(prefix) + [self.program] + options(*more), stdin=far,
                stdout=far, stderr=far if stderr is None else stderr,
                pass_fds=pass_fds, preexec_fn=setup, cwd="/")
        self.talk = Talk(near)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.talk.close()
        if kind is not None:
            for pid in self.children() + [self.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        status = self.process.wait(PATIENCE)
        if kind is None and self.expected is not None:
            equal(status, self.expected, "exit status")

    expected = 0                # the exit status; None: whatever

    def children(self):
        return children(self.pid)

    def child(self):
        """
        The process of the one role beside the monitor.  For a moment the front
        may still be there when the session has answered.
        """
        eventually("one process beside the monitor",
                   lambda: len(self.children()) == 1)
        return self.children()[0]


def status(pid):
    return dict(line.split(":\t", 1)
                for line in slurp("/proc/%d/status" % pid).splitlines()
                if ":\t" in line)


def processes():
    """{pid: status} of all there are."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                found[int(name)] = status(int(name))
    return found


def children(pid):
    return [p for p, s in processes().items()
            if int(s["PPid"]) == pid and not s["State"].startswith("Z")]


def open_files(pid):
    """{descriptor: what it is}"""
    found = {}
    directory = "/proc/%d/fd" % pid
    for name in os.listdir(directory):
        with contextlib.suppress(OSError):
            found[int(name)] = os.readlink("%s/%s" % (directory, name))
    return found


class Door:
    """A small superserver in a thread: each connection gets a solopop."""

    def __init__(self, *more, cut=None):
        self.args = [SOLOPOP] + options(*more)
        self.cut = cut          # let so many octets through, then hang up
        self.procs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                conn = self.listener.accept()[0]
            except OSError:
                return
            if self.cut is not None:
                near, far = tcp_pair()
                Cut(conn, near, self.cut)
                conn = far
            with conn:
                self.procs.append(subprocess.Popen(
                    self.args, stdin=conn, stdout=conn, stderr=conn, cwd="/"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.listener.close()
        for p in self.procs:
            try:
                left = p.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                p.terminate()
                p.wait()
                left = "still running"
            if kind is None:
                equal(left, 0, "exit status")


class Cut:
    """Between client and server: hang up after so many octets to the client.

    With a reset, since mpop 1.4.18 reads for ever at an end inside a message.
    """

    def __init__(self, client, server, limit):
        self.client, self.server, self.left = client, server, limit
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        ends = [self.client, self.server]
        with self.client, self.server:
            while self.left > 0:
                for end in select.select(ends, [], [], PATIENCE)[0]:
                    try:
                        data = end.recv(4096)
                    except OSError:
                        return
                    if not data:
                        return
                    if end is self.server:
                        data = data[:self.left]
                        self.left -= len(data)
                        self.client.sendall(data)
                    else:
                        self.server.sendall(data)


# ---- other people's programs -----------------------------------------------

def tool(name):
    """The path of a program; those of packages that were unpacked, too."""
    path = os.environ["PATH"].split(":") + [
        "/usr/sbin", "/sbin", BENCH + "/unpacked/usr/sbin",
        BENCH + "/unpacked/usr/bin"]
    found = shutil.which(name, path=":".join(path))
    if found is None:
        raise Skip("no " + name + " here")
    return found


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


@contextlib.contextmanager
def running(args, **how):
    """A server of somebody else's; it is ended when we are done."""
    p = subprocess.Popen(args, stdin=subprocess.DEVNULL, **how)
    try:
        yield p
    finally:
        p.terminate()
        try:
            p.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


def command(args, **how):
    """Run a program to its end and return it, with what it said."""
    return subprocess.run(args, stdin=subprocess.DEVNULL, timeout=100,
                          capture_output=True, **how)


def succeed(args, **how):
    done = command(args, **how)
    check(done.returncode == 0, args[0], "ended with", done.returncode,
          done.stderr[-500:].decode("latin-1"))
    return done

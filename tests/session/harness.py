"""What every test of whole sessions needs: a Maildir to serve, the server
started on some kind of descriptor, and waiting that always ends.

Tests that are started as root go on as nobody, because the server refuses to
serve by hand as root.
"""

import errno
import fcntl
import os
import pwd
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import termios
import time
import tty

HOST = "mail.example.org"
NOBODY = 65534
PATIENCE = float(os.environ.get("PATIENCE", "20"))
SKIPPED = 77


class Failure(Exception):
    pass


def clock():
    return time.monotonic()


def beside(name):
    """Where another program of ours is, if it is built: beside the server."""
    solopop = os.path.abspath(os.environ.get("SOLOPOP", "./solopop"))
    return os.path.join(os.path.dirname(solopop), name)


class Place:
    """A directory of our own, and in it the server, reachable for us."""

    def __init__(self):
        binary = os.path.abspath(os.environ.get("SOLOPOP", "./solopop"))
        if not os.access(binary, os.X_OK):
            sys.exit("no server to test: %s (set SOLOPOP)" % binary)
        self.top = tempfile.mkdtemp(prefix="solopop-session-")
        self.binary = binary
        self.tls = beside("solopop-tls")
        self.importer = beside("solopop-import")
        if os.geteuid() == 0:
            self.binary = self._copy(self.binary)
            self._copy(beside("solopop-check"))
            self._copy(beside("solopop-session"))
            if os.path.exists(self.tls):
                self.tls = self._copy(self.tls)
            if os.path.exists(self.importer):
                self.importer = self._copy(self.importer)
            os.chown(self.top, NOBODY, NOBODY)
            become_nobody()
        os.chdir(self.top)
        self.serial = 0

    def _copy(self, program):
        copy = os.path.join(self.top, os.path.basename(program))
        shutil.copyfile(program, copy)
        os.chmod(copy, 0o755)
        return copy

    def path(self, name):
        self.serial += 1
        return os.path.join(self.top, "%s.%d" % (name, self.serial))

    def close(self):
        remove_tree(self.top)


def become_nobody():
    """From here on Python's own files may be out of reach: import before."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def own_name():
    """The login name of whom the tests run as; None if there is none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return None


def remove_tree(top):
    if os.path.isdir(top):
        os.chmod(top, 0o700)
    for path, dirs, _ in os.walk(top):
        for name in dirs:
            inner = os.path.join(path, name)
            if not os.path.islink(inner):
                os.chmod(inner, 0o700)
    shutil.rmtree(top, ignore_errors=True)


def make_maildir(path):
    os.mkdir(path, 0o700)
    for sub in ("new", "cur", "tmp"):
        os.mkdir(os.path.join(path, sub), 0o700)


def write_file(path, content, mode=0o600):
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, mode)


def read_file(path):
    with open(path, "rb") as f:
        return f.read()


# --- Descriptors between the server and its client ---------------------------
#
# Each gives the client's reading and writing end, and the server's standard
# input and output.  The server's ends are closed in our process once it runs.

def over_pipe():
    server_in, writer = os.pipe()
    reader, server_out = os.pipe()
    return reader, writer, server_in, server_out


def over_socketpair():
    ours, theirs = socket.socketpair()
    end = theirs.detach()
    fd = ours.detach()
    return fd, fd, end, end


def over_tcp():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    ours = socket.socket()
    ours.connect(listener.getsockname())
    theirs, _ = listener.accept()
    listener.close()
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end = theirs.detach()
    fd = ours.detach()
    return fd, fd, end, end


def over_pty():
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    return ours, ours, theirs, theirs


def over_terminal():
    """One that gathers lines and ends them, as a person's does."""
    ours, theirs = os.openpty()
    mode = termios.tcgetattr(theirs)
    mode[0] = mode[0] & ~termios.ICRNL | termios.IGNCR
    mode[1] |= termios.OPOST | termios.ONLCR
    mode[3] = mode[3] & ~termios.ECHO | termios.ICANON
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    return ours, ours, theirs, theirs


OVER = {
    "pipe": over_pipe,
    "socketpair": over_socketpair,
    "tcp": over_tcp,
    "pty": over_pty,
    "terminal": over_terminal,
    "fd3": over_socketpair,
}


class Server:
    """One process of the server and its client's descriptors."""

    def __init__(self, place, args, over="pipe", env=None):
        self.over = over
        self.received = bytearray()     # and not yet looked at
        self.unsent = bytearray()
        self.ended = False              # the server's side
        self.deaf = False               # it reads no more
        self.status = None
        self.log_path = place.path("stderr")
        self.reader, self.writer, s_in, s_out = OVER[over]()
        self.pid = self._start([place.binary] + args, s_in, s_out, env or {})
        for fd in {s_in, s_out}:
            os.close(fd)
        for fd in {self.reader, self.writer} - {-1}:
            os.set_blocking(fd, False)

    def _start(self, argv, s_in, s_out, env):
        env = dict({"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **env)
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        log = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND,
                      0o600)
        pid = os.fork()
        if pid != 0:
            os.close(log)
            return pid
        try:
            if self.over == "fd3":
                null = os.open("/dev/null", os.O_RDWR)
                fds = [null, null, log, s_in]
                env["LISTEN_FDS"] = "1"
                env["LISTEN_PID"] = str(os.getpid())
            else:
                fds = [s_in, s_out, log]
            high = [os.dup(fd) for fd in fds]
            base = max(high + [10]) + 1
            high = [os.dup2(fd, base + i) for i, fd in enumerate(high)]
            for i, fd in enumerate(high):
                os.dup2(fd, i)
            os.execve(argv[0], argv, env)
        finally:
            os._exit(127)

    # Waiting

    def pump(self, deadline, want_write=False):
        """Move bytes in either direction, once; wait for that if need be."""
        readers = [] if self.ended or self.reader == -1 else [self.reader]
        writers = [self.writer] if self.unsent and not self.deaf else []
        if not readers and not writers:
            return
        left = deadline - clock()
        if left <= 0:
            raise Failure("the server is silent; so far unexplained: %r" %
                          bytes(self.received[:200]))
        r, w, _ = select.select(readers, writers, [], left)
        if w:
            self._write()
        if r:
            self._read()

    def _read(self):
        try:
            some = os.read(self.reader, 1 << 18)
        except BlockingIOError:
            return
        except OSError as e:
            if e.errno not in (errno.EIO, errno.ECONNRESET):
                raise
            some = b""
        if some:
            self.received += some
        else:
            self.ended = True

    def _write(self):
        try:
            n = os.write(self.writer, self.unsent[:1 << 16])
            del self.unsent[:n]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError, OSError):
            self.deaf = True
            self.unsent.clear()

    def need(self, n, deadline=None):
        """Wait for n bytes; fewer are there only if the server ended."""
        deadline = deadline or clock() + PATIENCE
        while len(self.received) < n and not self.ended:
            self.pump(deadline)

    def peek(self, n):
        self.need(n)
        return bytes(self.received[:n])

    def read_line(self):
        deadline = clock() + PATIENCE
        at = 0
        while True:
            lf = self.received.find(b"\n", at)
            if lf != -1 or self.ended:
                break
            at = len(self.received)
            self.pump(deadline)
        line = bytes(self.received[:lf + 1] if lf != -1 else self.received)
        del self.received[:len(line)]
        return line

    def read_to_end(self):
        deadline = clock() + PATIENCE
        while not self.ended:
            self.pump(deadline)
        rest = bytes(self.received)
        self.received.clear()
        return rest

    # Sending

    def send(self, data):
        """Send now or, what does not fit now, while waiting for answers."""
        self.unsent += data
        self._write()

    def send_all(self, data):
        self.send(data)
        deadline = clock() + PATIENCE
        while self.unsent and not self.deaf:
            self.pump(deadline)

    def send_single(self, data):
        """Each byte on its own: the next when the server has read the last."""
        deadline = clock() + PATIENCE
        for i in range(len(data)):
            self.send_all(data[i:i + 1])
            while self._unread() and not self.ended and not self.deaf:
                if clock() > deadline:
                    return              # it has reasons not to read
                if select.select([self.reader], [], [], 0)[0]:
                    self._read()
                else:
                    os.sched_yield()

    def _unread(self):
        request = termios.FIONREAD if self.over == "pipe" else \
            termios.TIOCOUTQ
        try:
            buf = fcntl.ioctl(self.writer, request, b"\0\0\0\0")
        except OSError:
            return 0
        return struct.unpack("i", buf)[0]

    def end_input(self):
        """No more commands; answers are still welcome."""
        deadline = clock() + PATIENCE
        while self.unsent and not self.deaf:
            self.pump(deadline)
        if self.over == "pipe":
            if self.writer != -1:
                os.close(self.writer)
                self.writer = -1
                self.deaf = True
            return
        with socket.socket(fileno=os.dup(self.writer)) as s:
            try:
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def vanish(self, reset=False):
        """The client is gone, with or without a word."""
        if reset and self.over == "tcp":
            with socket.socket(fileno=os.dup(self.reader)) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
        self.close()
        self.ended = self.deaf = True

    def close(self):
        for fd in {self.reader, self.writer} - {-1}:
            os.close(fd)
        self.reader = self.writer = -1

    # The end

    def wait(self):
        """How it ended: an exit status, or minus a signal."""
        if self.status is not None:
            return self.status
        deadline = clock() + PATIENCE
        pidfd = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") else -1
        try:
            while True:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    break
                if clock() > deadline:
                    raise Failure("the server does not end")
                if pidfd != -1:
                    select.select([pidfd], [], [], 0.5)
                else:
                    time.sleep(0.002)
        finally:
            if pidfd != -1:
                os.close(pidfd)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def stderr(self):
        return read_file(self.log_path).decode("latin-1")

    def kill(self):
        """Whatever went wrong: leave nothing behind."""
        self.close()
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                _, status = os.waitpid(self.pid, 0)
                self.status = os.waitstatus_to_exitcode(status)
            except (ProcessLookupError, ChildProcessError):
                pass
        if os.path.exists(self.log_path):
            os.unlink(self.log_path)

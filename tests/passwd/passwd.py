#!/usr/bin/env python3
"""solopop-passwd from outside: pipes, a terminal, many at once, and killed at
every system call.
"""

import base64
import hashlib
import hmac
import os
import pty
import re
import resource
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(os.environ.get("SOLOPOP", "./solopop")))
PROGRAM = os.path.join(HERE, "solopop-passwd")
MAKE_AUTH = os.path.join(HERE, "tests/passwd/make_auth")
PATIENCE = float(os.environ.get("PATIENCE", "30"))
DONE, NO, TROUBLE = 0, 1, 2
NOBODY = 65534
TESTS = []


class Failure(Exception):
    pass

SALT_KEY = rb"#salt-key:[A-Za-z0-9+/]{43}=\n"


def test(function):
    """A test; its arguments are an empty directory and a file not in it yet."""
    TESTS.append(function)
    return function


def check(truth, *said):
    if not truth:
        raise Failure(" ".join(str(s) for s in said))


def equal(a, b, *said):
    check(a == b, repr(a), "is not", repr(b), *said)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data, mode=0o600):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    return path


def run(*args, stdin=b"", program=PROGRAM, prefix=(), **more):
    done = subprocess.run([*prefix, program, *args], input=stdin,
                          capture_output=True, timeout=PATIENCE, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def passwd(path, *args, stdin=b"", status=DONE, **more):
    got, out, err = run("--file=" + path, *args, stdin=stdin, **more)
    equal(got, status, args, out, err)
    return out + err


def left_over(top):
    return [n for n in os.listdir(top) if n.endswith(".new")]


# --- By pipe -----------------------------------------------------------------

@test
def a_life(top, path):
    equal(passwd(path, "add", "jane", stdin=b"tanstaaf\n"),
          "jane: added, for APOP and CRAM-MD5\n")
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
    equal(read(path), b"jane:tanstaaf\n")
    passwd(path, "add", "bob", stdin=b"{odd")
    equal(read(path), b"jane:tanstaaf\nbob:{PLAIN}{odd\n")
    equal(passwd(path, "list"),
          "jane: APOP and CRAM-MD5\nbob: APOP and CRAM-MD5\n")
    passwd(path, "add", "jane", stdin=b"other\nrest")
    passwd(path, "verify", "jane", stdin=b"other\n")
    passwd(path, "verify", "jane", stdin=b"tanstaaf\n", status=NO)
    passwd(path, "verify", "bob", stdin=b"{odd")
    passwd(path, "verify", "eve", stdin=b"x\n", status=NO)
    passwd(path, "delete", "jane")
    equal(read(path), b"bob:{PLAIN}{odd\n")
    passwd(path, "delete", "jane", status=NO)
    equal(left_over(top), [])


@test
def comments_and_order_stay(top, path):
    write(path, b"# ours\n\nb:1\n # c\njane:2\na:3")
    passwd(path, "add", "jane", stdin=b"x\n")
    equal(read(path), b"# ours\n\nb:1\n # c\njane:x\na:3")


@test
def scram_is_what_the_rfc_says(top, path):
    passwd(path, "add", "jane", stdin=b"pencil\n")
    out = passwd(path, "upgrade", "jane")
    check("APOP and CRAM-MD5 stop working" in out, out)
    line = re.fullmatch(SALT_KEY + rb"jane:\{SCRAM-SHA-256\}(\d+),(.*),(.*),(.*)\n",
                        read(path))
    check(line and int(line[1]) >= 4096, read(path))
    salt = base64.b64decode(line[2], validate=True)
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", salt, int(line[1]))
    key = hmac.new(salted, b"Client Key", "sha256").digest()
    equal(base64.b64decode(line[3]), hashlib.sha256(key).digest())
    equal(base64.b64decode(line[4]),
          hmac.new(salted, b"Server Key", "sha256").digest())
    check(b"pencil" not in read(path))
    passwd(path, "verify", "jane", stdin=b"pencil\n")
    passwd(path, "verify", "jane", stdin=b"Pencil\n", status=NO)
    check("already" in passwd(path, "scram", "jane"))
    passwd(path, "upgrade", "eve", status=NO)


@test
def who_has_scram_keeps_it(top, path):
    passwd(path, "--scram", "-i", "4096", "add", "jane", stdin=b"x\n")
    key, line = read(path).split(b"\n", 1)
    check(line.startswith(b"jane:{SCRAM-SHA-256}4096,"), line)
    passwd(path, "-i", "5000", "add", "jane", stdin=b"y\n")
    check(read(path).startswith(key + b"\njane:{SCRAM-SHA-256}5000,"))
    passwd(path, "--plain", "add", "jane", stdin=b"z\n")
    equal(read(path), key + b"\njane:z\n")


@test
def a_salt_key_comes_with_the_first_scram(top, path):
    write(path, b"# ours\njane:x\n#salt-key:AAAA\n")
    passwd(path, "add", "bob", stdin=b"y\n")
    check(read(path).startswith(b"# ours\n"), read(path))
    passwd(path, "-i", "4096", "upgrade", "bob")
    made = re.fullmatch(SALT_KEY + rb"# ours\njane:x\n#salt-key:AAAA\n"
                        rb"bob:\{SCRAM-SHA-256\}4096,.*\n", read(path))
    check(made, read(path))
    passwd(path, "-i", "4096", "upgrade", "jane")
    equal(len(re.findall(SALT_KEY, read(path))), 1)
    write(path, read(path).split(b"\n", 1)[1])
    other = os.path.join(top, "other")
    write(other, b"eve:z\n")
    passwd(path, "import", other)
    key = re.match(SALT_KEY, read(path))
    check(key and key.group() != made.group()[:key.end()], read(path))
    os.unlink(other)


@test
def what_no_secret_can_be_is_refused(top, path):
    write(path, b"jane:x\n")
    for secret in (b"", b"\n", b"a\tb\n", b"a\0b\n", b"a\r\n", b"\x7f\n",
                   b"x" * 513 + b"\n", b"x" * 100000):
        passwd(path, "add", "jane", stdin=secret, status=TROUBLE)
    equal(read(path), b"jane:x\n")
    passwd(path, "add", "jane", stdin=b"x" * 512 + b"\n")
    equal(read(path), b"jane:" + b"x" * 512 + b"\n")


@test
def what_no_user_can_be_is_refused(top, path):
    for user in ("", "#a", "a:b", "a\nb", "a\x1b", "x" * 91):
        passwd(path, "add", user, stdin=b"x\n", status=TROUBLE)
    check(not os.path.exists(path))
    passwd(path, "add", "x" * 90, stdin=b"x\n")


@test
def a_hostile_file_does_not_speak_to_the_terminal(top, path):
    write(path, b"a\x1b[2J:x\nb:{no\nc:{SCRAM-SHA-256}1,2,3,4\n\0:\xff\n")
    out = passwd(path, "list")
    check("\x1b" not in out and "\0" not in out, out)
    equal(out.count("unusable"), 2, out)
    passwd(path, "upgrade", "b", status=NO)
    passwd(path, "verify", "b", status=NO)


@test
def the_command_line_is_looked_at(top, path):
    for args in ((), ("add",), ("add", "jane", "secret"), ("list", "x"),
                 ("rename", "a"), ("--no", "list"), ("-i", "4095", "list"),
                 ("-i", "x", "list"), ("--plain", "--scram", "add", "a")):
        passwd(path, *args, stdin=b"x\n", status=TROUBLE)
    check(not os.path.exists(path))
    check("no secret here" in passwd(path, "add", "jane", "secret",
                                     status=TROUBLE))
    check(run("--help")[1].startswith("Usage: solopop-passwd"))
    check(run("--version")[1].startswith("solopop-passwd (solopop) "))


# --- The file ----------------------------------------------------------------

@test
def what_may_not_be_the_file_is_refused(top, path):
    other = write(os.path.join(top, "other"), b"jane:x\n")
    os.symlink(other, path)
    check("symbolic link" in passwd(path, "add", "bob", stdin=b"x\n",
                                    status=TROUBLE))
    equal(read(other), b"jane:x\n")
    os.unlink(path)
    os.mkfifo(path, 0o600)
    passwd(path, "list", status=TROUBLE)
    os.unlink(path)
    os.mkdir(path, 0o700)
    passwd(path, "list", status=TROUBLE)
    os.rmdir(path)
    write(path, b"jane:x\n", 0o640)
    check("chmod 600" in passwd(path, "list", status=TROUBLE))
    os.chmod(path, 0o600)
    os.truncate(path, 9 << 20)
    passwd(path, "list", status=TROUBLE)
    os.unlink(path)
    if os.geteuid() == 0:
        write(path, b"jane:x\n")
        os.chown(path, NOBODY, NOBODY)
        check("chown root" in passwd(path, "list", status=TROUBLE))
        os.unlink(path)
    passwd(os.path.join(top, "none", "s"), "list", status=TROUBLE)
    passwd(top + "/", "list", status=TROUBLE)
    os.symlink(other, path + ".lock")
    passwd(path, "add", "bob", stdin=b"x\n", status=TROUBLE)


@test
def a_full_disk_leaves_the_old_file(top, path):
    write(path, b"jane:x\n")
    out = passwd(path, "add", "bob", stdin=b"y\n", status=TROUBLE,
                 preexec_fn=lambda: resource.setrlimit(
                     resource.RLIMIT_FSIZE, (10, 10)))
    check("too large" in out, out)
    equal(read(path), b"jane:x\n")
    equal(left_over(top), [])


@test
def twenty_at_once_lose_nothing(top, path):
    write(path, b"# ours\n")
    users = ["user%d" % i for i in range(20)]
    running = [subprocess.Popen([PROGRAM, "-f", path, "add", user],
                                stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL) for user in users]
    for process, user in zip(running, users):
        process.stdin.write(b"%s\n" % user.encode())
    for process in running:
        process.stdin.close()
    for process in running:
        equal(process.wait(PATIENCE), 0)
    lines = read(path).decode().splitlines()
    equal(lines[0], "# ours")
    equal(sorted(lines[1:]), sorted("%s:%s" % (u, u) for u in users))
    equal(left_over(top), [])


@test
def killed_at_every_system_call_it_leaves_old_or_new(top, path):
    if shutil.which("strace") is None:
        print("killed: no strace here")
        return
    old, new = b"# ours\njane:x\n", b"# ours\njane:x\nbob:y\n"
    command = [PROGRAM, "-f", path, "add", "bob"]
    trace = os.path.join(top, "trace")
    write(path, old)
    subprocess.run(["strace", "-o", trace, *command], input=b"y\n",
                   capture_output=True, timeout=PATIENCE)
    equal(read(path), new)
    made = {}
    for line in read(trace).splitlines():
        name = line.split(b"(")[0].decode()
        if name.isidentifier() and not name.startswith("exit"):
            made[name] = made.get(name, 0) + 1
    seen, runs = {old: 0, new: 0}, 0
    for name, times in made.items():
        for n in range(1, times + 1):
            write(path, old)
            done = subprocess.run(
                ["strace", "-o", "/dev/null", "-e",
                 "inject=%s:signal=KILL:when=%d" % (name, n), *command],
                input=b"y\n", capture_output=True, timeout=PATIENCE)
            where = "%s number %d" % (name, n)
            text = read(path)
            check(text in seen, where, text)
            check(done.stdout == b"" or text == new, where, done.stdout)
            seen[text] += 1
            runs += 1
    check(runs > 30 and seen[old] > 10 and seen[new] > 0, runs, seen)
    passwd(path, "add", "bob", stdin=b"y\n")
    equal(read(path), new)
    equal(left_over(top), [])


@test
def a_signal_in_the_middle_waits(top, path):
    if shutil.which("strace") is None:
        return
    for name in ("fsync", "renameat", "renameat2"):
        write(path, b"jane:x\n")
        run("-f", path, "add", "bob", stdin=b"y\n",
            prefix=("strace", "-o", "/dev/null", "-e",
                    "inject=%s:signal=TERM:when=1" % name))
        equal(read(path), b"jane:x\nbob:y\n", name)
        equal(left_over(top), [], name)


@test
def nobody_is_told_what_to_do(top, path):
    if os.geteuid() != 0:
        return
    binary = shutil.copy(PROGRAM, os.path.join(top, "popauth"))
    os.chmod(top, 0o755)
    write(path, b"nobody:x\n")

    def drop():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    status, _, err = run("-user", "a", "--file", path, program=binary,
                         stdin=b"x\n", preexec_fn=drop)
    equal(status, TROUBLE)
    check("permission denied" in err and "ask root" in err, err)


# --- The terminal ------------------------------------------------------------

class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, *args, program=PROGRAM):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # A shell in the background, or nohup, starts commands with these ignored.
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
                           signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            try:
                os.execv(program, [program, *args])
            finally:
                os._exit(99)
        self.said = b""

    def wait_for(self, text):
        until = time.monotonic() + PATIENCE
        while text not in self.said:
            ready = select.select([self.fd], [], [],
                                  until - time.monotonic())[0]
            check(ready, "no", text, "in", self.said)
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                data = b""
            check(data, "no", text, "in", self.said)
            self.said += data
        at = self.said.index(text) + len(text)
        before, self.said = self.said[:at], self.said[at:]
        return before

    def type(self, data):
        os.write(self.fd, data)

    def echo(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def status(self, options=0):
        """What waitpid(2) says; bounded by an alarm."""
        signal.signal(signal.SIGALRM, lambda *_: os.kill(self.pid, 9))
        signal.alarm(int(PATIENCE))
        status = os.waitpid(self.pid, options)[1]
        signal.alarm(0)
        return status

    def rest(self):
        data = b""
        try:
            while True:
                more = os.read(self.fd, 4096)
                if not more:
                    break
                data += more
        except OSError:
            pass
        return self.said + data

    def close(self):
        os.close(self.fd)


@test
def a_terminal_is_asked_twice_and_shows_nothing(top, path):
    t = Terminal("-f", path, "add", "jane")
    t.wait_for(b"New secret: ")
    check(not t.echo(), "echo is on")
    t.type(b"hush\n")
    between = t.wait_for(b"The same again: ")
    check(not t.echo(), "echo is on")
    t.type(b"hush\n")
    after = t.wait_for(b"jane: added")
    check(t.echo(), "echo is still off")
    equal(t.status(), 0)
    check(b"hush" not in between + after + t.rest())
    t.close()
    equal(read(path), b"jane:hush\n")


@test
def two_that_differ_are_refused(top, path):
    t = Terminal("-f", path, "add", "jane")
    t.wait_for(b"New secret: ")
    t.type(b"one\n")
    t.wait_for(b"again: ")
    t.type(b"two\n")
    t.wait_for(b"not the same")
    equal(os.waitstatus_to_exitcode(t.status()), TROUBLE)
    t.close()
    check(not os.path.exists(path))


@test
def an_end_at_the_prompt_is_no_secret(top, path):
    t = Terminal("-f", path, "add", "jane")
    t.wait_for(b"New secret: ")
    t.type(b"\x04")
    t.wait_for(b"nothing was given")
    equal(os.waitstatus_to_exitcode(t.status()), TROUBLE)
    check(t.echo())
    t.close()


@test
def signals_at_the_prompt_bring_the_echo_back(top, path):
    for what, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT),
                         (None, signal.SIGTERM), (None, signal.SIGHUP)):
        t = Terminal("-f", path, "add", "jane")
        t.wait_for(b"New secret: ")
        check(not t.echo())
        t.type(b"half")
        if what is not None:
            t.type(what)
        else:
            os.kill(t.pid, number)
        status = t.status()
        check(os.WIFSIGNALED(status) and os.WTERMSIG(status) == number,
              number, status)
        check(not os.WCOREDUMP(status), "a core file")
        check(t.echo(), "echo is off after", number)
        check(b"half" not in t.rest())
        t.close()
    equal(os.listdir(top), [])


@test
def stopped_and_gone_on_it_asks_again(top, path):
    t = Terminal("-f", path, "verify", "jane")
    t.wait_for(b"no entry")
    t.status()
    t.close()
    write(path, b"jane:x\n")
    t = Terminal("-f", path, "verify", "jane")
    t.wait_for(b"Secret: ")
    os.kill(t.pid, signal.SIGTSTP)
    # The session has no shell, so its only process group is orphaned, and the
    # system lets it go on at once.
    t.wait_for(b"Secret: ")
    check(not t.echo())
    t.type(b"x\n")
    t.wait_for(b"that is the secret")
    equal(t.status(), 0)
    check(t.echo())
    t.close()


@test
def no_core_file_and_no_tracer(top, path):
    write(path, b"jane:x\n")
    t = Terminal("-f", path, "verify", "jane")
    t.wait_for(b"Secret: ")
    try:
        limits = read("/proc/%d/limits" % t.pid)
        check(re.search(rb"Max core file size +0 +0", limits), limits)
    except OSError:
        pass            # not readable: just so
    owner = os.stat("/proc/%d/fd" % t.pid).st_uid
    equal(owner, 0, "it can be traced")
    t.type(b"x\n")
    equal(t.status(), 0)
    t.close()


# --- import ------------------------------------------------------------------

@test
def lines_are_imported(top, path):
    write(path, b"# ours\njane:mine\n")
    lines = write(os.path.join(top, "lines"), b"# old\njane:old\nbob:b:c\n"
                  b"#x:y\n" + b"u" * 91 + b":x\nodd:{x\np:{PLAIN}{y\nlast:z")
    out = passwd(path, "import", lines)
    check(out.endswith("3 taken, 1 kept as they are, 2 left out\n"), out)
    equal(read(path), b"# ours\njane:mine\nbob:b:c\np:{PLAIN}{y\nlast:z\n")
    out = passwd(path, "--overwrite", "import", lines)
    check("jane: overwritten" in out, out)
    check(b"jane:old\n" in read(path), read(path))
    before = read(path)
    for bad in (write(os.path.join(top, "nul"), b"a:b\nc\0:d\n"), top,
                "/nonexistent", "/dev/null"):
        passwd(path, "import", bad, status=TROUBLE)
    equal(read(path), before)


def needs_gdbm():
    return os.access(MAKE_AUTH, os.X_OK)


@test
def a_pop_auth_is_imported(top, path):
    if not needs_gdbm():
        print("import: no libgdbm here")
        return
    auth = os.path.join(top, "pop.auth")
    subprocess.run([MAKE_AUTH, auth, "jane", "tanstaaf", "bob", "{x",
                    "scram", "SCRAM", "a:b", "x", "two", "a\nroot:x",
                    "raw", "RAW", "umlaut", "\xe4", "long", "x" * 513,
                    "max", "y" * 512, "empty", ""], check=True)
    write(path, b"jane:mine\n")
    out = passwd(path, "import", auth)
    check(out.endswith("4 taken, 1 kept as they are, 5 left out\n"), out)
    equal(sorted(read(path).splitlines()), sorted([
        b"jane:mine", b"bob:{PLAIN}{x", b"raw:RAW",
        b"umlaut:\xc3\xa4", b"max:" + b"y" * 512]))
    passwd(path, "--overwrite", "import", auth)
    passwd(path, "verify", "jane", stdin=b"tanstaaf\n")


@test
def a_damaged_pop_auth_takes_nothing(top, path):
    if not needs_gdbm():
        return
    auth = os.path.join(top, "pop.auth")
    subprocess.run([MAKE_AUTH, auth, "jane", "tanstaaf", "bob", "x"],
                   check=True)
    whole = read(auth)
    for size in (4, 5, 40, 4096, len(whole) - 1):
        write(auth, whole[:size])
        status, out, err = run("-f", path, "import", auth)
        check(status in (DONE, TROUBLE), size, status, out, err)
    for at in list(range(0, 200, 3)):
        write(auth, whole[:at] + b"\xff" + whole[at + 1:])
        status, out, err = run("-f", path, "import", auth)
        check(status >= 0, "byte", at, status, out, err)


# --- What goes wrong -----------------------------------------------------------

@test
def what_is_not_ascii_is_warned_of(top, path):
    out = passwd(path, "add", "jane", stdin="p\u00e4ssword\n".encode())
    check("not all ASCII" in out, out)
    out = passwd(path, "-i", "4096", "upgrade", "jane")
    equal(passwd(path, "list"), "jane: SCRAM-SHA-256, 4096 iterations\n")


@test
def a_file_that_cannot_be_is_said_by_each_command(top, path):
    lines = write(os.path.join(top, "lines"), b"a:b\n")
    for file in ("/nonexistent/secrets", os.path.join(top, "n" * 256),
                 "/" * 5000 + "secrets", top + "/"):
        for args in (("add", "a"), ("delete", "a"), ("upgrade", "a"),
                     ("verify", "a"), ("list",), ("import", lines)):
            out = passwd(file, *args, stdin=b"x\n", status=TROUBLE)
            check(out.startswith("solopop-passwd: "), out)
    link = os.path.join(top, "popauth")
    os.symlink(PROGRAM, link)
    equal(run("-init", "--file", "/nonexistent/x", program=link)[0], TROUBLE)


@test
def output_that_goes_nowhere_is_trouble(top, path):
    passwd(path, "add", "jane", stdin=b"x\n")
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "--file=" + path, "list"],
                              stdin=subprocess.DEVNULL, stdout=full,
                              stderr=subprocess.PIPE, timeout=PATIENCE)
    equal(done.returncode, TROUBLE)
    check(b"standard output: No space" in done.stderr, done.stderr)


@test
def what_grows_too_large_takes_nothing(top, path):
    text = b"# of 64 bytes".ljust(63, b".") + b"\n"
    text *= 8 * 1024 * 1024 // 64
    write(path, text[:-64] + b"a:b\n")
    lines = write(os.path.join(top, "lines"), b"c:" + b"x" * 200 + b"\n")
    out = passwd(path, "import", lines, status=TROUBLE)
    check("File too large" in out and "nothing was taken" in out, out)
    out = passwd(path, "add", "d", stdin=b"x" * 200, status=TROUBLE)
    check("File too large" in out, out)
    equal(read(path)[-4:], b"a:b\n")


@test
def who_has_no_account_has_nothing_to_change(top, path):
    if os.geteuid() != 0:
        return
    binary = shutil.copy(PROGRAM, os.path.join(top, "popauth"))
    os.chmod(top, 0o755)

    def drop(uid):
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    status, _, err = run("--file", path, program=binary, stdin=b"x\n",
                         preexec_fn=lambda: drop(54321))
    equal(status, TROUBLE)
    check("no account here" in err, err)
    write(path, b"nobody:old\n")
    os.chown(path, NOBODY, NOBODY)
    os.chown(top, NOBODY, NOBODY)
    status = run("--file", path, program=binary, stdin=b"no\nnew\n",
                 preexec_fn=lambda: drop(NOBODY))[0]
    equal(status, NO)
    status = run("--file", path, program=binary, stdin=b"old\nnew\n",
                 preexec_fn=lambda: drop(NOBODY))[0]
    equal(status, DONE)
    equal(read(path), b"nobody:new\n")


@test
def without_a_terminal_nothing_is_asked(top, path):
    """Standard input is one, but it is not ours to ask on."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([PROGRAM, "--file=" + path, "add", "jane"],
                              stdin=theirs, capture_output=True,
                              start_new_session=True, timeout=PATIENCE)
    finally:
        os.close(ours)
        os.close(theirs)
    equal(done.returncode, TROUBLE)
    check(b"no terminal to ask on" in done.stderr, done.stderr)


@test
def yes_is_asked_for_on_the_terminal(top, path):
    link = os.path.join(top, "popauth")
    os.symlink(PROGRAM, link)
    for word, status, left in ((b"n\n", NO, b"jane:x\n"), (b"y\n", DONE, b"")):
        write(path, b"jane:x\n")
        t = Terminal("-init", "--file", path, program=link)
        t.wait_for(b"Really initialize POP authorization DB? ")
        t.type(word)
        equal(os.waitstatus_to_exitcode(t.status()), status)
        t.close()
        equal(read(path), left)


# --- popauth -----------------------------------------------------------------

@test
def popauth_takes_its_options(top, path):
    for name in ("popauth", "qpopauth"):
        link = os.path.join(top, name)
        os.symlink(PROGRAM, link)

        def popauth(*args, stdin=b"", status=DONE):
            got, out, err = run(*args, "--file", path, stdin=stdin,
                                program=link)
            equal(got, status, args, out, err)
            return out + err
        popauth("-init")
        equal(read(path), b"")
        popauth("-user", "jane", stdin=b"x\n")
        popauth("-user", "bob", stdin=b"y\n")
        equal(popauth("-list").count("\n"), 2)
        equal(popauth("-list", "ALL").count("\n"), 2)
        for args in (("-list", "-user", "bob"), ("-list", "bob")):
            check(popauth(*args).startswith("bob: "), args)
        popauth("-list", "eve", status=NO)
        popauth("-init", stdin=b"n\n", status=NO)
        popauth("-delete", "bob")
        equal(read(path), b"jane:x\n")
        trace = os.path.join(top, "trace")
        out = popauth("-quiet", "-safe", "-dump", "-trace", trace, "-list")
        equal(out.count("has no effect"), 4, out)
        check(not os.path.exists(trace))
        check("Usage: " + name in popauth("-help"))
        check("solopop" in popauth("-version"))
        for args in (("-user",), ("-delete",), ("-trace",), ("jane",),
                     ("-list", "-init"), ("--help",), ("-users", "x")):
            # what follows "--file" is no user
            got = run("--file", path, *args, program=link)[0]
            equal(got, TROUBLE, args)
        popauth("-init", stdin=b"yes\n")
        equal(read(path), b"")


@test
def popauth_changes_ones_own(top, path):
    link = os.path.join(top, "popauth")
    os.symlink(PROGRAM, link)
    if os.geteuid() == 0:
        equal(run("--file", path, program=link, stdin=b"new\n")[0], DONE)
        equal(read(path), b"root:new\n")
        return
    me = subprocess.run(["id", "-un"], capture_output=True,
                        check=True).stdout.strip()
    write(path, me + b":old\n")
    equal(run("--file", path, program=link, stdin=b"no\nnew\n")[0], NO)
    equal(run("--file", path, program=link, stdin=b"old\nnew\n")[0], DONE)
    equal(read(path), me + b":new\n")


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("no program to test: " + PROGRAM)
        return 99
    tests = [t for t in TESTS if len(sys.argv) < 2 or
             any(word in t.__name__ for word in sys.argv[1:])]
    failed = 0
    for t in tests:
        top = tempfile.mkdtemp(prefix="solopop-passwd-")
        try:
            t(top, os.path.join(top, "secrets"))
        except (Failure, OSError, subprocess.SubprocessError) as e:
            failed += 1
            print("FAIL: %s: %s: %s" % (t.__name__, type(e).__name__, e))
        finally:
            shutil.rmtree(top, ignore_errors=True)
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

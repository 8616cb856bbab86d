"""solopop-serve with each listening program that is here, and with none."""

import os
import shutil
import socket
import subprocess
import sys
import time

import encodings.idna      # before the rights to read it are given up

import harness
from harness import Failure

with open(os.path.join(os.environ.get("top_srcdir", "."), "src", "serve",
                       "solopop-serve")) as f:
    SCRIPT = f.read()
HELPERS = ["systemd-socket-activate", "tcpserver", "tcpsvd", "busybox", "socat"]
NEEDED = ["sh", "sed", "grep", "dirname", "cat", "printf"]
SEARCH = os.environ["PATH"] + ":/usr/sbin:/sbin"


def is_here(helper):
    if shutil.which(helper, path=SEARCH) is None:
        return False
    return helper != "busybox" or b"tcpsvd\n" in subprocess.run(
        ["busybox", "--list"], capture_output=True).stdout


def only(place, *programs):
    """A directory in which nothing but these can be found."""
    path = place.path("bin")
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
    for name in NEEDED + list(programs):
        found = shutil.which(name, path=SEARCH)
        if found:
            os.symlink(found, os.path.join(path, name))
    return path


def prepare(place):
    """The script beside the program, as installed; /usr/sbin is out of sight."""
    top = place.path("installed in a folder")
    os.mkdir(top)
    text = SCRIPT.replace(":/usr/sbin:/usr/local/sbin", "") \
        .replace(":/usr/sbin:/sbin", "")
    path = os.path.join(top, "solopop-serve")
    harness.write_file(path, text.encode(), 0o755)
    os.symlink(place.binary, os.path.join(top, "solopop"))
    return path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def connect(port, process):
    """The listener tells nobody when it is ready."""
    end = time.monotonic() + harness.PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > end:
                raise Failure("nothing listens")
            time.sleep(0.01)


def session(port, process):
    with connect(port, process) as s, s.makefile("rb") as f:
        s.settimeout(harness.PATIENCE)
        s.sendall(b"USER me\r\nPASS x\r\nSTAT\r\nQUIT\r\n")
        heard = f.read()
    if b"\r\n+OK 1 21\r\n" not in heard:
        raise Failure("a client hears %r" % heard)


def with_helper(place, script, maildir, helper):
    port = free_port()
    env = dict(os.environ, PATH=only(place, helper))
    with open(place.path("said"), "w+b") as said:
        process = subprocess.Popen(
            ["sh", script, "%d" % port, "--no-auth", "--log=none", maildir],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env)
        try:
            session(port, process)
            session(port, process)
        finally:
            process.terminate()
            process.wait(harness.PATIENCE)
        said.seek(0)
        text = said.read().decode()
    for part in helper, "127.0.0.1:%d" % port, "examples/":
        if part not in text:
            raise Failure("%r is not in %r" % (part, text))


def refused(place, script, args, status, text):
    done = subprocess.run(["sh", script, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=harness.PATIENCE,
                          env=dict(os.environ, PATH=only(place)))
    said = (done.stdout + done.stderr).decode()
    if done.returncode != status or text not in said:
        raise Failure("%s: status %d, %r" % (args, done.returncode, said))


def main():
    place = harness.Place()
    passed = failed = skipped = 0
    try:
        # A name that a shell would take apart.
        maildir = place.path("it's a, Maildir: $HOME")
        harness.make_maildir(maildir)
        harness.write_file(os.path.join(maildir, "new", "1.M1.host"),
                           b"Subject: a\n\nhello\n", 0o600)
        script = prepare(place)
        for args, status, text in (
                (["-h"], 0, "Usage: "), ([], 64, "Usage: "),
                (["0"], 64, "from 1 to 65535"), (["65536"], 64, "65535"),
                (["127.0.0.1:"], 64, "[ADDRESS:]PORT"),
                (["pop3"], 64, "[ADDRESS:]PORT"),
                (["1110", "x"], 69, "no listening program: install")):
            refused(place, script, args, status, text)
            passed += 1
        for helper in HELPERS:
            if not is_here(helper):
                print("skip: no " + helper)
                skipped += 1
                continue
            try:
                with_helper(place, script, maildir, helper)
                passed += 1
            except (Failure, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print("FAIL: %s: %s" % (helper, e))
    finally:
        place.close()
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

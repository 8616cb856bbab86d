#!/usr/bin/env python3
"""What --check says, in one situation after the other: the line that tells what
is wrong, the arrow that tells what to do about it, and the exit status.  And
--fixture, which serves whatever directory it is shown.
"""

import os
import shutil
import socket
import subprocess
import sys

import harness
from harness import Failure

SITUATIONS = []


def situation(f):
    SITUATIONS.append(f)
    return f


class Here:
    """A Maildir of one message, and the server to ask about it."""

    def __init__(self, place):
        self.place = place
        self.maildir = place.path("Maildir")
        harness.make_maildir(self.maildir)
        self.put("new/1.M1.host", b"Subject: a\n\nhello\n")
        self.text, self.status = "", 0

    def put(self, name, content, mode=0o600):
        path = os.path.join(self.maildir, name)
        harness.write_file(path, content, mode)
        return path

    def ask(self, *options, program=None, maildir=True, stdin=None, **env):
        args = [program or self.place.binary, "--check", *options]
        if maildir:
            args.append(self.maildir)
        done = subprocess.run(
            args, stdin=stdin or subprocess.DEVNULL, capture_output=True,
            timeout=harness.PATIENCE, env=dict(os.environ, **env))
        self.text = done.stdout.decode() + done.stderr.decode()
        self.status = done.returncode
        return self

    def says(self, *parts):
        """These, in one line or in lines that follow one another."""
        at = 0
        for part in parts:
            found = self.text.find(part, at)
            if found == -1:
                raise Failure("nowhere %r in\n%s" % (part, self.text))
            at = found + len(part)
        return self

    def mends(self, n):
        """It counts its arrows, and an exit status goes with them."""
        arrows = self.text.count("-> ")
        if arrows != n or (self.status != 0) != (n > 0):
            raise Failure("%d arrows, status %d; wanted %d\n%s" % (
                arrows, self.status, n, self.text))
        self.says("%d problem%s found; each arrow shows a cure." % (
            n, "s"[n == 1:]) if n else "All is well.")


@situation
def all_is_well(here):
    here.ask("--no-auth").says(
        "settings", "client", "unknown: standard input is no network socket",
        "privileges", "one process, yours", "%s: 1 messages, 21 octets" %
        here.maildir, "none are checked (--no-auth)").mends(0)


@situation
def a_client_is_there(here):
    reader, writer, server_in, server_out = harness.over_tcp()
    here.ask("--no-auth", stdin=server_in).says(
        "client", "127.0.0.1 (from the socket)")
    for fd in {reader, writer, server_in, server_out}:
        os.close(fd)


@situation
def the_address_is_told_by_the_superserver(here):
    here.ask("--no-auth", TCPREMOTEIP="192.0.2.7").says(
        "192.0.2.7 (from TCPREMOTEIP)")


@situation
def proxies_are_configured(here):
    here.ask("--no-auth", "--proxy-from=192.0.2.0/24").says(
        "proxies", "192.0.2.0/24 begin with a PROXY header")
    here.ask("--no-auth", "--proxy-from=192.0.2.0/24",
             TCPREMOTEIP="192.0.2.7").says("this client is one")


@situation
def no_maildir(here):
    shutil.rmtree(here.maildir)
    here.ask("--no-auth").says("is not there: an empty maildrop",
                               "-> mkdir -p -m 700").mends(1)


@situation
def a_maildir_that_cannot_be_read(here):
    os.chmod(here.maildir, 0o000)
    here.ask("--no-auth").says("Maildir", "cannot be read: ", "-> it must be")
    os.chmod(here.maildir, 0o700)


@situation
def a_maildir_that_is_a_file(here):
    shutil.rmtree(here.maildir)
    harness.write_file(here.maildir, b"")
    here.ask("--no-auth").says("cannot be read: ", "-> it must be").mends(1)


@situation
def a_message_that_cannot_be_read(here):
    here.put("new/2.M2.host", b"secret\n", mode=0o000)
    here.ask("--no-auth").says("1 messages", "1 more cannot be read: ",
                               "-> chown and chmod u+r").mends(1)


@situation
def a_maildir_that_cannot_be_written(here):
    os.chmod(here.maildir, 0o500)
    here.ask("--no-auth").says("cannot be written: nothing can be deleted",
                               "-> chmod u+w %s" % here.maildir).mends(1)
    os.chmod(here.maildir, 0o700)


@situation
def a_pattern_that_makes_no_sense(here):
    here.ask("--no-auth", "--maildir=/%x", maildir=False).says(
        "pattern /%x: ", "-> a pattern may hold")


@situation
def virtual_users(here):
    me = harness.own_name()
    path = here.place.path("secrets")
    harness.write_file(path, b"jane@example.org:tanstaaf\n")
    options = ["--virtual-user=" + me, "--pam-service=none",
               "--secrets-file=" + path]
    here.ask(*options, "--maildir=%s/%%d/%%n" % here.maildir,
             maildir=False).says("virtual users", "without a domain: refused",
                                 "of each virtual user: ")
    here.ask(*options, "--maildir=mail/%d/%n", maildir=False).says(
        "pattern mail/%d/%n", "-> it must begin with a directory")
    here.ask(*options, "--maildir=/nowhere/%d/%n", maildir=False).says(
        "/nowhere", "No such file", "-> mkdir -p -m 700 /nowhere")
    here.ask(*options, "--virtual-domain=-", "--maildir=/srv/%d/%n",
             maildir=False).says("is no domain",
                                 "-> virtual-domain = example.org")
    here.ask("--virtual-user=nobody.like.this", *options[1:],
             "--maildir=/srv/%d/%n", maildir=False).says(
        "no account nobody.like.this", "-> useradd --system")
    here.ask("--virtual-user=root", *options[1:], "--maildir=/srv/%d/%n",
             maildir=False).says("cannot run sessions as uid 0",
                                 "-> run it as that account")


@situation
def secrets_of_each_kind(here):
    path = here.place.path("secrets")
    option = "--secrets-file=" + path
    here.ask(option).says("APOP", "off: no " + path)
    harness.write_file(path, b"")
    here.ask(option).says("off: no entry in", "-> solopop-passwd add USER")
    harness.write_file(path, b"jane:tanstaaf\n")
    here.ask(option).says("on, with %s, and so are CRAM-MD5" % path)
    os.chmod(path, 0o644)
    here.ask(option).says("wrong owner or mode", "-> chown $USER %s; chmod "
                          "600 %s" % (path, path))
    here.ask().says("APOP", "off: no secrets file is named")
    if os.environ.get("WITH_PAM", "1") == "1":
        here.ask("--pam-service=nobody-has-this").says(
            "no service nobody-has-this", "-> install examples/pam.d-pop3")
    else:
        here.ask("--pam-service=nobody-has-this").says(
            "no user can log in", "built without PAM", "-> remove pam-service")


@situation
def clear_text(here):
    here.ask("--no-auth", "--clear-text-password=local").says(
        "clear text", "accepted from this machine only")
    here.ask("--no-auth", "--clear-text-password=tls",
             "--plaintext-from=192.0.2.0/24").says(
        "accepted over TLS only; and from 192.0.2.0/24").mends(0)
    here.ask("--no-auth", "--clear-text-password=tls").says(
        "-> clear-text-password is tls, and there is no TLS").mends(1)
    here.ask("--clear-text-password=never").says(
        "never accepted", "-> clear-text-password is never")


@situation
def mail_from_elsewhere(here):
    spool = here.place.path("spool")
    os.mkdir(spool)
    here.ask("--no-auth", "--spool-dir=" + spool,
             "--import-program=" + here.place.importer).says(
        "other mail", "is imported by " + here.place.importer)
    here.ask("--no-auth", "--spool-dir=" + spool,
             "--import-program=/nowhere/at/all").says(
        "is not imported: /nowhere/at/all: ", "-> install solopop-import")


@situation
def directories_that_are_not_there(here):
    options = ["--no-auth", "--import-program=" + here.place.importer]
    for name in "spool-dir", "bulldir":
        here.ask(*options, "--%s=/nowhere/at/all" % name).says(
            "other mail", name + " /nowhere/at/all: No such file",
            "-> make that directory").mends(1)
        here.ask(*options, "--%s=%s" % (name, here.place.binary)).says(
            name, "is not a directory", "-> set " + name).mends(1)


@situation
def files_of_ours_that_are_not_ours(here):
    path = here.put("solopop.index", b"")
    os.unlink(path)
    os.symlink("/nowhere", path)
    here.ask("--no-auth").says("solopop.index is not a regular file",
                               "-> rm ").mends(1)


@situation
def secrets_alone_without_a_file(here):
    missing = here.place.path("no-secrets")
    here.ask("--pam-service=none", "--secrets-file=" + missing).says(
        "no user can log in: pam-service is none", missing,
        "-> solopop-passwd add USER").mends(1)


@situation
def an_error_in_a_pipe_and_on_a_socket(here):
    """Standard output and error are one pipe, and so are all three."""
    for mode in ["--check"], []:
        back, out = os.pipe()
        done = subprocess.run([here.place.binary, *mode, "--timeout=10m"],
                              stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        os.close(out)
        text = os.read(back, 4096)
        os.close(back)
        if b"timeout: expected a number" not in text or done.returncode != 64:
            raise Failure("%s prints %r, status %d" % (mode, text,
                                                       done.returncode))
    client, server = socket.socketpair()
    subprocess.run([here.place.binary, "--log=none", "--timeout=10m"],
                   stdin=server, stdout=server, stderr=server)
    server.close()
    with client, client.makefile("rb") as f:
        heard = f.read()
    if not heard.startswith(b"-ERR ") or heard.count(b"\r\n") != 1:
        raise Failure("a client hears %r" % heard)


@situation
def tls_that_cannot_be(here):
    here.ask("--no-auth").says("TLS", "none: no certificate is named")
    here.ask("--no-auth", "--tls").says("-> --tls needs --tls-cert=FILE")
    for name in "key", "sni-dir", "ticket-file":
        here.ask("--no-auth", "--tls-%s=/nowhere" % name).says(
            "TLS", "tls-%s = /nowhere has no effect without tls-cert" % name,
            "-> set tls-cert").mends(1)
    here.ask("--no-auth", "--tls-cert=/nowhere", "--tls-program=/nowhere"
             ).says("none: /nowhere: ", "-> install solopop-tls")
    here.ask("--no-auth", "--tls-cert=/nowhere", "--tls-program=/bin/false"
             ).says("/bin/false --check fails", "-> run it, and see")


@situation
def tls_that_looks_at_its_files(here):
    if not os.access(here.place.tls, os.X_OK):
        return
    tickets = here.place.path("tickets")
    options = ["--no-auth", "--tls-program=" + here.place.tls,
               "--tls-cert=/nowhere.pem"]
    here.ask(*options).says("TLS", "/nowhere.pem: No such file",
                            "-> name a file that is there")
    here.ask(*options, "--tls-sni-dir=/nowhere", "--tls-ticket-file=" +
             tickets).says("/nowhere: No such file", "-> make that directory",
                           "sessions resume, with " + tickets)
    if os.path.exists(tickets):
        raise Failure("looking has made the file of tickets")
    here.ask(*options, "--tls-ticket-file=%s/x" % (here.maildir + "/new/"
             "1.M1.host")).says("Not a directory", "-> name a file in")
    names = here.place.path("names")
    os.mkdir(names)
    harness.write_file(os.path.join(names, "a.example.org.crt"), b"no PEM\n")
    harness.write_file(os.path.join(names, "a.example.org.key"), b"nor this",
                       0o644)
    os.mkdir(os.path.join(names, "b.example.org.crt"))
    here.ask(*options, "--tls-sni-dir=" + names).says(
        names + ": ", " names", "a key that others can read", "-> chmod o= ",
        "-> name PEM files")


@situation
def a_session_that_would_not_begin(here):
    here.ask("--virtual-user=" + harness.own_name()).says(
        "session", "none would begin", "-> ")


@situation
def settings_of_qpopper(here):
    program = os.path.join(here.place.top, "popper")
    config = here.place.path("qpopper.config")
    harness.write_file(config, b"set shy = true\nset timeout = 90\n")
    if not os.path.lexists(program):
        os.symlink(here.place.binary, program)
    here.ask("-f", config, program=program, maildir=False).says(
        "The settings, as a file of ours has them:", "shy", "timeout",
        "Unlike qpopper, and on purpose:", "\n- ")


@situation
def a_directory_as_a_fixture(here):
    flat = here.place.path("flat")
    os.mkdir(flat)
    harness.write_file(os.path.join(flat, "one.eml"), b"Subject: a\n\nhello")
    harness.write_file(os.path.join(flat, "two.eml"), b"Subject: b\n\n.x\n")
    before = sorted(os.listdir(flat))
    done = subprocess.run(
        [here.place.binary, "--fixture=" + flat, "--read-only"],
        input=b"USER jane\r\nPASS any\r\nSTAT\r\nRETR 2\r\nDELE 1\r\nQUIT\r\n",
        capture_output=True, timeout=harness.PATIENCE)
    wanted = [b"+OK POP3 solopop at localhost starting.",
              b"+OK Password required for jane.",
              b"+OK jane has 2 messages (39 octets).", b"+OK 2 39",
              b"+OK 18 octets", b"Subject: b", b"", b"..x", b".",
              b"+OK Message 1 has been deleted.",
              b"+OK Pop server at localhost signing off.", b""]
    if done.stdout.split(b"\r\n") != wanted:
        raise Failure("a fixture says %r" % done.stdout)
    done = subprocess.run([here.place.binary, "--check", "--fixture=" + flat],
                          stdin=subprocess.DEVNULL, capture_output=True)
    if b"%s: 2 messages, 39 octets" % flat.encode() not in done.stdout:
        raise Failure("--check says %r" % done.stdout)
    if sorted(os.listdir(flat)) != before:
        raise Failure("a fixture has changed: %r" % os.listdir(flat))


def main():
    place = harness.Place()
    bad = 0
    try:
        if harness.own_name() is None:
            print("nobody has this uid")
            sys.exit(harness.SKIPPED)
        for tell in SITUATIONS:
            try:
                tell(Here(place))
            except (Failure, OSError, subprocess.SubprocessError) as e:
                bad += 1
                print("FAIL: %s: %s" % (tell.__name__, e))
    finally:
        place.close()
    print("%d situations" % len(SITUATIONS))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The administrator's path, with the package, from nothing and back.

For a machine that tests/package/machine has made: systemd runs, the network is
127.0.0.1, and whatever happens here is forgotten.  /lab holds the package and
lab.py.  Each step prints its line; the first that goes wrong ends it all.
"""
import glob
import os
import poplib
import re
import shutil
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import PATIENCE, Talk, check, command, equal, eventually, fill, \
    files, slurp, spill, succeed, wire  # noqa: E402

WORD = "jane's own word"
MAILDIR = "/home/jane/Maildir"
MAIL = [b"From: a@lab\nSubject: one\n\nHello.\n",
        b"From: b@lab\r\nSubject: two\r\n\r\n.dots\r\n..\r\n",
        b"From: c@lab\nSubject: three\n\n" +
        (b"many words " * 90 + b"\n") * 200]
# What this machine has changed, and what it is a copy of.
UPPER, LOWER = "/lab.upper", "/lab.lower"
# It changes whenever a package comes or goes, or is no package's.
NOT_OURS = re.compile(
    r"/(home|etc/((passwd|shadow|group|gshadow|subuid|subgid)-|"
    r"apparmor\.d/disable)|"
    r"var/(cache|log|tmp|lib/(dpkg|systemd|fail2ban)))($|/)")


def step(text):
    print("--- %s" % text, flush=True)


# ---- the machine -----------------------------------------------------------

def is_another(path):
    """Is this file, or its absence, another one than below?"""
    now = os.lstat(UPPER + path)
    if not os.path.lexists(LOWER + path):
        return True
    was = os.lstat(LOWER + path)
    if (now.st_mode, now.st_uid, now.st_gid) != (
            was.st_mode, was.st_uid, was.st_gid):
        return True
    return os.path.isfile(UPPER + path) and slurp(UPPER + path, "rb") != slurp(
        LOWER + path, "rb")


def changes():
    """All paths that are not as they were; those that are gone, too."""
    return {path for where, folders, names in os.walk(UPPER)
            for path in (os.path.join(where, name)[len(UPPER):]
                         for name in folders + names)
            if not NOT_OURS.match(path) and is_another(path)}


def accounts():
    return {name: slurp("/etc/" + name)
            for name in ("passwd", "group", "shadow", "gshadow")}


def unit_states():
    return sorted(glob.glob("/var/lib/systemd/deb-systemd-helper-*/**/solopop*",
                            recursive=True))


def add_jane():
    succeed(["useradd", "--create-home", "--shell", "/bin/bash", "jane"])
    subprocess.run(["chpasswd"], input=("jane:%s\n" % WORD).encode(),
                   check=True, timeout=PATIENCE)
    deliver()


def deliver():
    fill(MAILDIR, MAIL)
    succeed(["chown", "-R", "jane:jane", MAILDIR])


def package():
    return glob.glob("/lab/solopop_*.deb")[0]


def journal():
    return succeed(["journalctl", "--no-pager", "-q", "-o", "short",
                    "-t", "solopop"]).stdout.decode("latin-1")


def logged(pattern):
    eventually("in the journal: " + pattern,
               lambda: re.search(pattern, journal()))


# ---- the client ------------------------------------------------------------

def certificate():
    """A new one, put in place as those who renew them do."""
    os.makedirs("/etc/solopop", exist_ok=True)
    succeed(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-days", "30", "-keyout", "/etc/solopop/new.key",
             "-out", "/etc/solopop/new.crt"])
    for end in ("key", "crt"):
        os.rename("/etc/solopop/new." + end, "/etc/solopop/tls." + end)


def trusting():
    return ssl.create_default_context(cafile="/etc/solopop/tls.crt")


def shown():
    """The certificate that a session over TLS shows now."""
    return ssl.get_server_certificate(
        ("127.0.0.1", 995), ca_certs="/etc/solopop/tls.crt",
        timeout=PATIENCE)


def with_curl():
    for i, message in enumerate(MAIL):
        got = succeed(["curl", "-sS", "--disable", "--cacert",
                       "/etc/solopop/tls.crt", "-u", "jane:" + WORD,
                       "pop3s://localhost/%d" % (i + 1)]).stdout
        equal(got, wire(message), "curl, message %d" % (i + 1))


def with_mpop():
    box = "/tmp/mpop"
    for name in ("", "/cur", "/new", "/tmp"):
        os.mkdir(box + name)
    spill("/tmp/mpoprc", """account lab
host localhost
user jane
password "%s"
tls on
tls_starttls on
tls_trust_file /etc/solopop/tls.crt
keep on
uidls_file /tmp/mpop.uidls
received_header off
delivery maildir %s
""" % (WORD, box), 0o600)
    succeed(["mpop", "-C", "/tmp/mpoprc", "lab"])
    equal(sorted(wire(m) for m in files(box).values()),
          sorted(wire(m) for m in MAIL), "mpop")


def with_poplib():
    box = poplib.POP3("localhost", 110, timeout=PATIENCE)
    box.stls(trusting())
    box.user("jane")
    box.pass_(WORD)
    for i, message in enumerate(MAIL):
        got = b"".join(s + b"\r\n" for s in box.retr(i + 1)[1])
        equal(got, wire(message), "poplib, message %d" % (i + 1))
    box.dele(2)
    box.quit()
    equal(sorted(files(MAILDIR).values()), sorted([MAIL[0], MAIL[2]]),
          "left by poplib")


def login():
    talk = Talk.to(110)
    talk.banner()
    talk.ok("USER jane")
    talk.ok("PASS " + WORD)
    return talk


def goes_on(talk, msgno):
    """A session that is to outlive what has just happened."""
    equal(talk.retr(msgno), wire(MAIL[msgno - 1]), "after it")


# ---- the guesser -----------------------------------------------------------

JAIL = """[DEFAULT]
banaction = note
banaction_allports = note
[sshd]
enabled = false
"""
NOTE = """[Definition]
actionban = echo <ip> >>/tmp/banned
"""


def start_fail2ban():
    examples = "/usr/share/doc/solopop/examples/fail2ban/"
    shutil.copy(examples + "filter.conf", "/etc/fail2ban/filter.d/solopop.conf")
    shutil.copy(examples + "jail.conf", "/etc/fail2ban/jail.d/solopop.conf")
    spill("/etc/fail2ban/jail.local", JAIL)
    spill("/etc/fail2ban/action.d/note.conf", NOTE)
    succeed(["fail2ban-client", "--async", "start"])
    eventually("a jail", lambda: command(
        ["fail2ban-client", "status", "solopop"]).returncode == 0)


def guess(times):
    """Wrong words from one address, each in a session of its own."""
    talks = [Talk.to(110, source="127.0.0.66") for _ in range(times)]
    for talk in talks:
        talk.banner()
        talk.ok("USER jane")
        talk.send("PASS guess\r\n")
    for talk in talks:
        check(talk.line().startswith("-ERR [AUTH]"), "a guess")
        talk.close()


def stop_fail2ban():
    succeed(["fail2ban-client", "stop"])
    for name in ("filter.d/solopop.conf", "jail.d/solopop.conf", "jail.local",
                 "action.d/note.conf"):
        os.unlink("/etc/fail2ban/" + name)


# ---- the path --------------------------------------------------------------

def install():
    succeed(["dpkg", "-i", package()])
    equal(succeed(["dpkg-query", "-W", "-f", "${Provides}", "solopop"]).stdout,
          b"pop3-server", "Provides")
    check(re.search(r"(?m)^solopop:x:", slurp("/etc/passwd")), "no account")
    check(command(["systemctl", "is-active", "solopop.socket"]).returncode,
          "listens before it was told to")
    said = command(["solopop", "--check"])
    equal(said.returncode, 0, "--check: " + said.stdout.decode())


def open_ports():
    certificate()
    # As the comment in solopop-pop3s@.service has it, for STLS.
    os.makedirs("/etc/systemd/system/solopop@.service.d")
    spill("/etc/systemd/system/solopop@.service.d/tls.conf", "[Service]\n" +
          "".join(s + "\n" for s in slurp(
              "/lib/systemd/system/solopop-pop3s@.service").splitlines()
              if s.startswith("LoadCredential=")))
    succeed(["systemctl", "daemon-reload"])
    succeed(["systemctl", "enable", "--now", "solopop.socket",
             "solopop-pop3s.socket"])


def see_the_log():
    logged(r'solopop\[\d+\]: \(v\S+\) POP login by user "jane" at '
           r"\(127\.0\.0\.1\) 127\.0\.0\.1 session=\S+\n")
    logged(r"solopop\[\d+\]: Stats: jane 1 ")
    nothing_wrong()


def nothing_wrong():
    for word in ("violation", "seccomp", "killed", "denied", "error"):
        check(word not in journal(), "in the log: " + word)


def ban_a_guesser():
    start_fail2ban()
    guess(9)
    logged(r"(?s)(Failed attempted login to jane from host \(127\.0\.0\.66\) "
           r"127\.0\.0\.66 session=\S+\n.*){9}")
    check(not os.path.exists("/tmp/banned"), "banned after nine")
    guess(1)
    eventually("a ban", lambda: os.path.exists("/tmp/banned"))
    equal(slurp("/tmp/banned"), "127.0.0.66\n", "banned")
    stop_fail2ban()


def drain_the_spool():
    """As the MTA leaves it, in a directory that is the group's."""
    spill("/etc/solopop.conf", slurp("/etc/solopop.conf") +
          "set spool-dir = /var/mail\n")
    os.chmod("/var/mail", 0o2775)
    succeed(["chown", "root:mail", "/var/mail"])
    spill("/var/mail/jane", "From a@lab Mon Nov 23 00:00:00 2026\n"
          "Subject: spooled\n\nHello.\n", 0o660)
    succeed(["chown", "jane:mail", "/var/mail/jane"])
    deliver()
    talk = login()
    equal(talk.ok("STAT").split()[1], str(len(MAIL) + 1), "with the spool")
    talk.ok("QUIT")
    equal(slurp("/var/mail/jane"), "", "in the spool")
    equal(os.listdir("/var/mail").count("jane.lock"), 0, "locks")
    os.unlink("/var/mail/jane")


def renew():
    before = shown()
    certificate()
    check(shown() != before, "the old certificate")
    equal(shown().split(), slurp("/etc/solopop/tls.crt").split(), "shown")


def upgrade():
    deliver()
    talk = login()
    succeed(["dpkg", "-i", package()])
    goes_on(talk, 3)
    talk.ok("DELE 1")
    talk.ok("QUIT")
    equal(len(files(MAILDIR)), 2, "after QUIT")
    login().ok("QUIT")


def listening(*ports):
    sockets = slurp("/proc/net/tcp") + slurp("/proc/net/tcp6")
    return [p for p in ports or (110, 995)
            if re.search(r":%04X [0-9A-F]+:0000 0A" % p, sockets)]


def purge(before, names):
    nothing_wrong()
    deliver()
    talk = login()
    subprocess.run(["solopop-passwd", "add", "jane"], timeout=PATIENCE,
                   input=b"a secret\na secret\n", check=True)
    equal(listening(), [110, 995], "ports")
    succeed(["dpkg", "--remove", "solopop"])
    equal(listening(), [], "ports after the removal")
    check(command(["systemctl", "is-active", "solopop.socket"]).returncode,
          "systemd still listens in vain")
    goes_on(talk, 3)
    talk.ok("QUIT")
    check(os.path.exists("/etc/solopop.conf"), "the settings are gone too soon")
    succeed(["dpkg", "--purge", "solopop"])
    # The administrator's own, which no package may touch.
    shutil.rmtree("/etc/solopop")
    shutil.rmtree("/etc/systemd/system/solopop@.service.d")
    equal(sorted(changes() - before), [], "left behind, changed or gone")
    equal(accounts(), names, "accounts")
    equal(unit_states(), [], "left of the units")
    check("solopop" not in succeed(["dpkg", "--get-selections"])
          .stdout.decode(), "dpkg still knows it")


def path():
    add_jane()
    before, names = changes(), accounts()
    for text, what, *args in (
            ("install", install),
            ("open the ports", open_ports),
            ("curl, over TLS from the first byte", with_curl),
            ("mpop, by STLS", with_mpop),
            ("poplib, by STLS", with_poplib),
            ("see the log", see_the_log),
            ("ban a guesser", ban_a_guesser),
            ("drain the spool", drain_the_spool),
            ("renew the certificate", renew),
            ("upgrade under a session", upgrade),
            ("remove under a session, purge", purge, before, names)):
        began = time.monotonic()
        what(*args)
        step("%s: %.1f s" % (text, time.monotonic() - began))


if __name__ == "__main__":
    try:
        path()
    except Exception:
        subprocess.run(["journalctl", "--no-pager", "-n", "60"], timeout=60)
        raise

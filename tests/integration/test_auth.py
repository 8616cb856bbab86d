"""AUTH by the secrets file, through the three processes, by PAM's account, and
by programs of other people: CRAM-MD5 and SCRAM-SHA-256, in clear text and TLS.
"""
import os
import poplib
import subprocess
import sys

from lab import *
from test_clients import fresh, has_all, stored
from test_pam import WRONG, notes, noted_service
from test_sandbox import memory
import test_virtual
from test_tls import authority, both, stls, tls

sys.path.insert(0, os.path.join(HERE, "..", "session"))
import saslclient

PASSWD = os.path.join(os.path.dirname(SOLOPOP), "solopop-passwd")
SECRET = "tanstaaf"
OTHERS = "root:r\ngone:g\nbob:{X}of no use\n"


def secrets(kind, text=OTHERS):
    """A file with alice's secret, as solopop-passwd writes it."""
    path = BENCH + "/auth-secrets"
    spill(path, text, 0o600)
    os.chown(path, 0, 0)
    done = subprocess.run([PASSWD, "--file=" + path, "--iterations=4096",
                           "--" + kind, "add", "alice"],
                          input=SECRET.encode() + b"\n", capture_output=True,
                          timeout=PATIENCE)
    check(done.returncode == 0, done.stderr)
    return "--secrets-file=" + path


def cram(talk, user, secret):
    said = talk.ask("AUTH CRAM-MD5")
    check(said.startswith("+ "), said)
    return talk.ask(saslclient.cram(user.encode(), secret.encode(), said[2:]))


def scram(talk, user, secret, header=b"n,,"):
    """To the answer; the server's proof is looked at, if there is one."""
    client = saslclient.Scram(user.encode(), secret.encode(), header)
    said = talk.ask("AUTH SCRAM-SHA-256 " + client.first())
    check(said.startswith("+ "), said)
    said = talk.ask(client.last(said[2:]))
    if said.startswith("-ERR"):
        return said
    equal(said, "+ " + client.signature, "the server's proof")
    return talk.ask("")


BY = {"CRAM-MD5": cram, "SCRAM-SHA-256": scram}


def names(talk):
    talk.ok("AUTH")
    return talk.body().decode().split()


# The processes

@root_only
def each__right_secret__welcome__and_pam_has_the_account():
    for kind, mechanisms in (("plain", ["SCRAM-SHA-256", "CRAM-MD5"]),
                             ("scram", ["SCRAM-SHA-256"])):
        for mechanism in mechanisms:
            mailbox(SAMPLE)
            with Session(secrets(kind, ""), noted_service()) as s:
                s.talk.banner()
                equal(names(s.talk), mechanisms + ["PLAIN", "LOGIN"])
                said = BY[mechanism](s.talk, "alice", SECRET)
                check(said.startswith("+OK alice has 7 "), said)
                equal(s.talk.retr(2), wire(SAMPLE[1]))
                s.talk.ok("QUIT")
            equal([n.split()[0] for n in notes()],
                  ["account", "open_session", "close_session"])


@root_only
def each__wrong_secret_or_user__same_words():
    log = Log()
    for by in BY.values():
        with Session(secrets("plain"), "--max-failures=9") as s:
            s.talk.banner()
            for user, word in (("alice", "wrong"), ("nosuchuser", SECRET),
                               ("bob", "of no use"), ("root", "r"),
                               ("gone", "g")):
                equal(by(s.talk, user, word), WRONG % user)
            s.talk.ok("QUIT")
    # Of root and gone the secret was right.
    eventually("six guesses", lambda: len([
        x for x in log.lines if "Failed attempted login to" in x]) == 6)
    for user, reason in (("root", "uid 0 never logs in"),
                         ("gone", "PAM service pop3, account: ")):
        log.wait("login refused: user=%s rhost=.* reason=%s" % (user, reason))


@root_only
def each__too_many_failures__end_it():
    with Session(secrets("plain"), "--max-failures=3") as s:
        s.talk.banner()
        equal(cram(s.talk, "alice", "wrong"), WRONG % "alice")
        equal(scram(s.talk, "alice", "wrong"), WRONG % "alice")
        s.talk.ok("USER alice")
        s.talk.refused("PASS wrong")
        equal(s.talk.at_end(), b"")


@root_only
def scram__salts__are_the_same_in_each_session():
    mailbox(SAMPLE)
    seen = set()
    option = secrets("scram")
    for _ in range(2):
        salts = []
        for user in ("alice", "bob", "nosuchuser"):
            with Session(option) as s:
                s.talk.banner()
                client = saslclient.Scram(user.encode(), b"")
                client.last(s.talk.ask("AUTH SCRAM-SHA-256 " +
                                       client.first())[2:])
                salts.append((client.salt, client.iterations))
                s.talk.refused("*")
                s.talk.ok("QUIT")
        equal(len(set(salts)), 3, "salts")
        equal({n for _, n in salts}, {4096}, "iterations")
        seen.add(tuple(salts))
    equal(len(seen), 1, "salts of two sessions")


@root_only
def scram__client_does_not_agree__nobody_is_in():
    """The session that PAM has opened by then is closed again."""
    mailbox(SAMPLE)
    for last in ("*", "eA=="):
        with Session(secrets("scram"), noted_service()) as s:
            s.talk.banner()
            client = saslclient.Scram(b"alice", SECRET.encode())
            said = s.talk.ask("AUTH SCRAM-SHA-256 " + client.first())
            check(s.talk.ask(client.last(said[2:])).startswith("+ "))
            s.talk.refused(last)
            equal(s.talk.at_end(), b"")
        equal([n.split()[0] for n in notes()],
              ["account", "open_session", "close_session"])


@root_only
def scram__flags__y_is_taken_and_p_is_not():
    mailbox(SAMPLE)
    with Session(secrets("scram"), "--max-bad-commands=9") as s:
        s.talk.banner()
        for header in (b"p=tls-unique,,", b"p=tls-exporter,,"):
            client = saslclient.Scram(b"alice", b"x", header)
            s.talk.refused("AUTH SCRAM-SHA-256 " + client.first())
        s.talk.refused("AUTH SCRAM-SHA-256-PLUS")
        check(scram(s.talk, "alice", SECRET, b"y,a=alice,").startswith("+OK"))
        s.talk.ok("QUIT")


@root_only
def clear_text__for_who_has_a_secret__is_refused_outside_of_tls():
    mailbox(SAMPLE)
    for kind in ("plain", "scram"):
        with Session(secrets(kind), *tls("--max-failures=9")) as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            check("stronger" in s.talk.refused("PASS " + password("alice")))
            s.talk.ok("USER bob")
            s.talk.refused("PASS wrong")
            stls(s.talk)
            s.talk.login("alice")
            s.talk.ok("QUIT")


@root_only
def session__its_memory__holds_no_secret_and_no_key():
    """Neither as they stand in the file, nor what they were made into."""
    import base64
    import hashlib
    import hmac
    mailbox(SAMPLE)
    for kind, mechanism in (("plain", "CRAM-MD5"), ("plain", "SCRAM-SHA-256"),
                            ("scram", "SCRAM-SHA-256")):
        option = secrets(kind, "jane:another secret, 4711\n")
        with Session(option, "--max-failures=9") as s:
            s.talk.banner()
            BY[mechanism](s.talk, "alice", "wrong")
            client = saslclient.Scram(b"alice", SECRET.encode())
            client.last(s.talk.ask("AUTH SCRAM-SHA-256 " + client.first())[2:])
            s.talk.refused("*")
            check(BY[mechanism](s.talk, "alice", SECRET).startswith("+OK"))
            image = memory(s.child())
            s.talk.ok("QUIT")
        check(b"Maildir" in image, "the image is empty")
        salted = hashlib.pbkdf2_hmac("sha256", SECRET.encode(), base64.b64decode(
            client.salt), client.iterations)
        key = hmac.digest(salted, b"Client Key", "sha256")
        keys = [salted, key, hashlib.sha256(key).digest(),
                hmac.digest(salted, b"Server Key", "sha256")]
        for what in [SECRET.encode(), b"4711"] + keys + [
                base64.b64encode(k) for k in keys] + [flip(keys[0], 0x36),
                                                      flip(keys[0], 0x5c)]:
            check(what not in image, kind, mechanism, what)


def flip(key, with_):
    return bytes(b ^ with_ for b in key)


@root_only
def without_a_file_or_secret__not_announced_and_not_there():
    mailbox(SAMPLE)
    bad = [secrets("plain")]
    os.chmod(BENCH + "/auth-secrets", 0o640)
    for option in bad + ["--secrets-file=/nonexistent"]:
        with Session(option, "--max-bad-commands=9") as s:
            s.talk.banner()
            equal(names(s.talk), ["PLAIN", "LOGIN"])
            for name in BY:
                s.talk.refused("AUTH " + name)
            s.talk.login("alice")
            s.talk.ok("QUIT")


@root_only
def upgrade__of_a_plain_secret__lets_the_same_clients_in():
    mailbox(SAMPLE)
    option = secrets("plain")
    succeed([PASSWD, option.replace("secrets-file", "file"), "upgrade",
             "alice"])
    with Session(option) as s:
        s.talk.banner()
        check(scram(s.talk, "alice", SECRET).startswith("+OK alice has 7 "))
        s.talk.ok("QUIT")


@root_only
def virtual_user__by_each__as_root_and_as_the_account():
    for setup, opts in test_virtual.both(("jane@a.org", "jane@b.org")):
        for by, user in ((cram, "jane@a.org"), (scram, "jane@a.org"),
                         (scram, "jane@b.org"), (scram, "Jane@B.Org")):
            with Session(*opts, "--max-failures=9", setup=setup) as s:
                s.talk.banner()
                for stranger in ("jane@c.org", "jane@", "../jane@a.org"):
                    equal(by(s.talk, stranger, "pencil"), WRONG % stranger)
                equal(by(s.talk, user, "Pencil"), WRONG % user)
                check(" 1 message " in by(s.talk, user, "pencil"), user)
                check(b"Subject: " + user.lower().encode() in s.talk.retr(1))
                s.talk.ok("QUIT")


# Clients: each in clear text, by STLS, and over pop3s

def ways(kind):
    """-> a word for each, the door, and the Maildir"""
    option = secrets(kind)
    maildir, _ = mailbox(SAMPLE)
    with Door(option) as door:
        yield "plain", door, maildir
    for implicit in (False, True):
        maildir, _ = mailbox(SAMPLE)
        with Door(*tls(option, *(["--tls"] if implicit else []))) as door:
            yield "pop3s" if implicit else "stls", door, maildir


@root_only
def curl__by_each_that_it_knows():
    a = authority()
    for kind, mechanism in (("plain", "CRAM-MD5"), ("plain", "SCRAM-SHA-256"),
                            ("scram", "SCRAM-SHA-256")):
        if mechanism.startswith("SCRAM") and b" gsasl" not in command(
                [tool("curl"), "-V"]).stdout:
            continue
        for way, door, _ in ways(kind):
            args = [tool("curl"), "-sS", "--disable", "-u", "alice:" + SECRET,
                    "--login-options", "AUTH=" + mechanism, "--cacert", a.ca]
            if way == "stls":
                args.append("--ssl-reqd")
            at = "%s://localhost:%d/7" % (
                "pop3s" if way == "pop3s" else "pop3", door.port)
            equal(succeed(args + [at]).stdout, wire(SAMPLE[6]), "message 7")
            args[args.index("-u") + 1] = "alice:wrong"
            equal(command(args + [at]).returncode, 67, "curl: login denied")


@root_only
def mpop__by_each():
    a = authority()
    program = tool("mpop")
    for kind, method in (("plain", "cram-md5"), ("plain", "scram-sha-256"),
                         ("scram", "scram-sha-256")):
        for way, door, maildir in ways(kind):
            out = fresh("mpop")
            for part in ("cur", "new", "tmp"):
                os.mkdir(out + "/" + part)
            spill(BENCH + "/mpoprc", """account lab
host localhost
port %d
user alice
password "%s"
%s
timeout 20
auth %s
received_header off
keep off
uidls_file %s/mpop.uidls
delivery maildir %s
""" % (door.port, SECRET, "tls off" if way == "plain" else
       "tls on\ntls_starttls %s\ntls_trust_file %s" % (
           "on" if way == "stls" else "off", a.ca), method, BENCH, out), 0o600)
            succeed([program, "--file=%s/mpoprc" % BENCH, "--quiet", "lab"])
            equal(stored(out + "/new"), sorted(plain(m) for m in SAMPLE))
            equal(files(maildir), {}, "left")


@root_only
def fetchmail__by_cram_md5():
    a = authority()
    tool("fetchmail")
    for way, door, maildir in ways("plain"):
        out = fresh("fetched")
        spill(BENCH + "/deliver", "#!/bin/sh\nexec cat >%s/$$\n" % out, 0o755)
        spill(BENCH + "/fetchmailrc", """set invisible
set no bouncemail
set idfile %s/fetchids
poll localhost service %d protocol pop3 uidl auth cram-md5 timeout %d
user "alice" password "%s" %s
nokeep fetchall no rewrite mda "%s/deliver"
""" % (BENCH, door.port, PATIENCE, SECRET, 'sslproto ""' if way == "plain" else
       '%s sslproto "TLS1.2+" sslcertck sslcertfile %s' % (
           "ssl" if way == "pop3s" else "", a.ca), BENCH), 0o600)
        done = command(["fetchmail", "-v", "--fetchmailrc", BENCH +
                        "/fetchmailrc", "--pidfile", BENCH + "/fetchmail.pid",
                        "--nosyslog"],
                       env=dict(os.environ, FETCHMAILHOME=BENCH))
        equal(done.returncode, 0, (done.stdout + done.stderr)[-500:])
        check(b"AUTH CRAM-MD5" in done.stdout + done.stderr, "by another way",
              (done.stdout + done.stderr)[:900])
        equal(has_all(out, SAMPLE), [], "stored besides")
        equal(files(maildir), {}, "left")


class Pop(poplib.POP3):
    """Python's own, with the one command that it lacks."""

    def auth(self, first, *steps):
        self._putcmd("AUTH " + first)
        for step in steps:
            line = self._getline()[0].decode()
            if not line.startswith("+ "):
                raise poplib.error_proto(line)
            self._putcmd(step(line[2:]))
        return self._getresp()


@root_only
def poplib__by_each__in_clear_text_and_stls():
    a = authority()
    for kind in ("plain", "scram"):
        for way, door, _ in ways(kind):
            if way == "pop3s":
                continue
            for name in BY:
                if kind == "scram" and name == "CRAM-MD5":
                    continue
                box = Pop("localhost", door.port, timeout=PATIENCE)
                if way == "stls":
                    box.stls(a.client())
                check(name in box.capa()["SASL"], "CAPA")
                client = saslclient.Scram(b"alice", SECRET.encode())
                if name == "CRAM-MD5":
                    box.auth(name, lambda challenge: saslclient.cram(
                        b"alice", SECRET.encode(), challenge))
                else:
                    box.auth(name + " " + client.first(), client.last,
                             lambda proof: "" if proof == client.signature
                             else "*")
                equal(box.stat()[0], len(SAMPLE))
                box.quit()

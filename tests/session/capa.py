#!/usr/bin/env python3
"""CAPA is true: every line that is announced, in every state, is tried.

For each kind of server the list is read before the login, between USER and PASS,
after the login, and the same again over TLS.  Each line of it is then tried in
a session of its own.  A line that nobody here knows how to try is a failure, and
so is one of src/pop3/capa.c that no server announced.
"""

import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys

import harness
import saslclient
from harness import Failure, Server

MAIL = {
    "new/1.M1.host": b"Subject: one\n\nfirst\nsecond\n",
    "cur/2.M2.host:2,S": b"Subject: two\n\n.dot\n",
}
SECRET = "tanstaaf"
# Of "pencil", from RFC 7677.
SCRAM = "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==," \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=," \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
VERSION = None          # of the program, as --version has it

# Who is announced what decides the server alone; these are all its kinds.
PLAIN = ["--no-auth"]
KINDS = {
    "by hand": PLAIN,
    "shy": PLAIN + ["--shy"],
    "with UTF8 announced": PLAIN + ["--announce-utf8"],
    "with its version": PLAIN + ["--show-version"],
    "of qpopper 4": PLAIN + ["--dialect=qpopper4"],
    "in French": PLAIN + ["--lang=fr"],
    "with secrets alone": ["--clear-text-password=never"],
    "with SCRAM alone": ["--clear-text-password=never"],
    "slow": PLAIN + ["--login-delay=3600", "--login-burst=2", "--lock=none"],
    "behind a proxy": PLAIN + ["--xclient-from=127.0.0.0/8"],
    "with TLS": PLAIN,          # and a certificate
}


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(map(str, what)))


class Talk:
    """A session with a Maildir of its own, in clear text or in TLS."""

    def __init__(self, world, kind, box=None):
        self.world, self.kind = world, kind
        self.box = box or world.fill_box()
        self.tls = None
        self.server = Server(world.place, world.arguments(kind) + [self.box],
                             "tcp")
        self.banner = self.line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.tls:
            self.tls.close()
        self.server.kill()

    def send(self, text):
        data = text.encode() + b"\r\n"
        if self.tls:
            self.tls.sendall(data)
        else:
            self.server.send_all(data)

    def line(self):
        if not self.tls:
            line = self.server.read_line()
        else:
            line = b""
            while not line.endswith(b"\n"):
                some = self.tls.recv(1)
                if not some:
                    break
                line += some
        check(line.endswith(b"\r\n"), "no line but", repr(line))
        return line[:-2].decode()

    def ask(self, text):
        self.send(text)
        return self.line()

    def ok(self, text):
        said = self.ask(text)
        check(said.startswith("+OK"), text, "->", said)
        return said

    def refused(self, text):
        said = self.ask(text)
        check(said.startswith("-ERR"), text, "->", said)
        return said

    def listing(self, text):
        self.ok(text)
        lines = []
        while True:
            line = self.line()
            if line == ".":
                return lines
            lines.append(line[1:] if line.startswith(".") else line)

    def capa(self):
        return self.listing("CAPA")

    def login(self, name="jane"):
        stamp = re.search("<.*>", self.banner)
        if stamp:
            digest = hashlib.md5((stamp.group() + SECRET).encode())
            return self.ok("APOP %s %s" % (harness.own_name(),
                                           digest.hexdigest()))
        if "--no-auth" not in KINDS[self.kind]:
            return self.auth_scram("pencil")
        self.ok("USER " + name)
        return self.ok("PASS secret")

    def challenge(self, text):
        said = self.ask(text)
        check(said.startswith("+ "), text, "->", said)
        return said[2:]

    def auth_scram(self, secret):
        scram = saslclient.Scram(harness.own_name().encode(), secret.encode())
        last = scram.last(self.challenge("AUTH SCRAM-SHA-256 " +
                                         scram.first()))
        check(self.challenge(last) == scram.signature, "the server's proof")
        return self.ok("")

    def auth_cram(self):
        return self.ok(saslclient.cram(
            harness.own_name().encode(), SECRET.encode(),
            self.challenge("AUTH CRAM-MD5")))

    def start_tls(self):
        self.ok("STLS")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        raw = socket.socket(fileno=os.dup(self.server.reader))
        raw.settimeout(harness.PATIENCE)
        self.tls = context.wrap_socket(raw)


class World:
    def __init__(self, place):
        self.place = place
        self.config = place.path("config")
        harness.write_file(self.config, b"")
        self.secrets = self.make_secrets("secrets", SECRET)
        self.scram = self.make_secrets("scram", SCRAM)
        self.certificate = self.make_certificate()
        self.tried = set()      # names, and how they were tried

    def make_secrets(self, name, secret):
        path = self.place.path(name)
        harness.write_file(path, ("%s:%s\n" % (harness.own_name(),
                                               secret)).encode())
        return path

    def make_certificate(self):
        if not os.access(self.place.tls, os.X_OK) or \
                not shutil.which("openssl"):
            return None
        path = self.place.path("certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-nodes",
                        "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "365",
                        "-subj", "/CN=" + harness.HOST, "-keyout", path,
                        "-out", path + ".crt"], check=True,
                       stderr=subprocess.DEVNULL, timeout=harness.PATIENCE)
        os.chmod(path, 0o600)
        return path

    def arguments(self, kind):
        more = list(KINDS[kind])
        if "--no-auth" not in more:
            more.append("--secrets-file=" + (
                self.scram if kind == "with SCRAM alone" else self.secrets))
        if kind == "with TLS":
            more += ["--tls-cert=%s.crt" % self.certificate,
                     "--tls-key=" + self.certificate,
                     "--tls-program=" + self.place.tls]
        return ["--log=none", "--hostname=" + harness.HOST,
                "--failure-delay=0", "--lock-wait=0",
                "--config-file=" + self.config] + more

    def fill_box(self):
        box = self.place.path("box")
        harness.make_maildir(box)
        for name, content in MAIL.items():
            harness.write_file(os.path.join(box, name), content)
        return box


# --- One try for each capability --------------------------------------------
#
# Each gets the state's way in, the arguments of the line, and the world; it
# opens sessions of its own.

class State:
    """How to come into a state, once more each time."""

    def __init__(self, world, kind, name, steps):
        self.world, self.kind, self.name, self.steps = world, kind, name, steps
        self.in_tls = "tls" in steps

    def begin(self, box=None):
        """At the beginning, or at that of TLS."""
        t = Talk(self.world, self.kind, box)
        if self.in_tls:
            t.start_tls()
        return t

    def enter(self):
        t = self.begin()
        for step in self.steps:
            if step == "login":
                t.login()
            elif step != "tls":
                t.ok(step)
        return t

    def logged_in(self):
        t = self.begin()
        t.login()
        return t

    @property
    def is_transaction(self):
        return "login" in self.steps


def try_top(state, arguments):
    check(not arguments, "TOP has no arguments")
    with state.logged_in() as t:
        check(t.listing("TOP 1 1") == ["Subject: one", "", "first"], "TOP 1 1")
        check(t.listing("TOP 2 0") == ["Subject: two", ""], "TOP 2 0")


def try_user(state, arguments):
    check(not arguments, "USER has no arguments")
    with state.begin() as t:
        t.ok("USER jane")
        t.ok("PASS secret")
        t.ok("STAT")


def auth_login(t):
    check(t.challenge("AUTH LOGIN") == "VXNlcm5hbWU6", "LOGIN asks a name")
    check(t.challenge("amFuZQ==") == "UGFzc3dvcmQ6", "and a password")
    t.ok("c2VjcmV0")


MECHANISMS = {
    "SCRAM-SHA-256": lambda t: t.auth_scram(
        "pencil" if t.kind == "with SCRAM alone" else SECRET),
    "CRAM-MD5": lambda t: t.auth_cram(),
    "PLAIN": lambda t: t.ok("AUTH PLAIN AGphbmUAc2VjcmV0"),
    "LOGIN": auth_login,
}


def try_sasl(state, arguments):
    """Each of them, in this order; and those that are not there do not."""
    check(arguments == [m for m in MECHANISMS if m in arguments],
          "what is SASL", arguments)
    with state.begin() as t:
        check(t.listing("AUTH") == arguments, "AUTH lists others")
    for name, run in MECHANISMS.items():
        with state.begin() as t:
            if name in arguments:
                run(t)
                t.ok("STAT")
            else:
                t.refused("AUTH " + name)


def no_user(state):
    with state.begin() as t:
        check(t.refused("USER jane").startswith("-ERR [AUTH] "), "no [AUTH]")
        t.refused("PASS secret")


def try_uidl(state, arguments):
    check(not arguments, "UIDL has no arguments")
    with state.logged_in() as t:
        ids = t.listing("UIDL")
        check(len(ids) == 2 and len({s.split()[1] for s in ids}) == 2, ids)
        check(t.ok("UIDL 2") == "+OK " + ids[1], "UIDL 2")


def try_resp_codes(state, arguments):
    """RFC 2449, section 6.4: '[' begins a code, and nothing else does."""
    check(not arguments, "RESP-CODES has no arguments")
    with state.logged_in() as t:
        said = [t.refused("RETR 3"), t.refused("[x] 1"), t.refused("UIDL [")]
        check(not any(s.startswith("-ERR [") for s in said), said)
        with state.begin(t.box) as other:
            if "--lock=none" in KINDS[state.kind]:
                other.login()           # and there is nothing to lock
                return
            try:
                other.login()
            except Failure as e:
                check("-ERR [IN-USE] " in str(e), e)
            else:
                raise Failure("two sessions at once")


def try_auth_resp_code(state, arguments):
    """RFC 3206: [AUTH] is about who it is, [SYS/...] about something else."""
    check(not arguments, "AUTH-RESP-CODE has no arguments")
    with state.begin() as t:
        said = t.refused("USER " + 91 * "x")
        check(said.startswith("-ERR [AUTH] "), said)
    with state.logged_in() as t:
        for name in MAIL:
            os.unlink(os.path.join(t.box, name))
        said = t.refused("RETR 1")
        check(said.startswith("-ERR [SYS/TEMP] "), said)


def try_pipelining(state, arguments):
    check(not arguments, "PIPELINING has no arguments")
    with state.logged_in() as t:
        t.send("\r\n".join(["STAT", "LIST 1", "DELE 2", "RSET", "NOOP",
                            "STAT", "QUIT"]))
        answers = [t.line() for _ in range(7)]
        check(all(s.startswith("+OK") for s in answers), answers)
        check(answers[0] == answers[5], answers)


def try_stls(state, arguments):
    check(not arguments, "STLS has no arguments")
    check(not state.is_transaction, "STLS is for before the login")
    with state.begin() as t:
        t.start_tls()
        check("STLS" not in t.capa(), "STLS is announced in TLS")
        t.login()


def no_stls(state):
    with state.enter() as t:
        t.refused("STLS")


def try_login_delay(state, arguments):
    check(arguments == ["3600"], "what delay is", arguments)
    box = state.world.fill_box()
    for _ in range(2):
        with state.begin(box) as t:
            t.login()
            t.ok("QUIT")
    with state.begin(box) as t:
        try:
            t.login()
        except Failure as e:
            check("-ERR [LOGIN-DELAY] " in str(e), e)
        else:
            raise Failure("there is no delay")


def try_expire(state, arguments):
    """NEVER: what was read and left is still there the next time."""
    check(arguments == ["NEVER"], "what expires", arguments)
    with state.logged_in() as t:
        box = t.box
        t.listing("RETR 1")
        t.ok("QUIT")
        t.server.wait()
    if state.kind == "slow":
        return
    with state.begin(box) as t:
        t.login()
        check(len(t.listing("LIST")) == 2, "a message has gone")


def try_utf8(state, arguments):
    """The name is taken before UTF8, too (RFC 6856, section 2.2)."""
    check("--announce-utf8" in KINDS[state.kind], "UTF8 unasked: Evolution hangs")
    check(arguments in ([], ["USER"]), "what is UTF8", arguments)
    with state.enter() as t:
        if state.is_transaction:
            t.refused("UTF8")
        else:
            t.ok("UTF8")
    for command in (None, "UTF8"):
        with state.begin() as t:
            if command:
                t.ok(command)
            if "--no-auth" not in KINDS[state.kind]:
                t.login()               # USER is not for this one
                continue
            check("jürgen" in t.ok("USER jürgen"), "no such name in it")
            t.ok("PASS größer")
            t.ok("STAT")


def try_lang(state, arguments):
    check(not arguments, "LANG has no arguments")
    with state.enter() as t:
        tongues = [s.split(" ", 1) for s in t.listing("LANG")]
        check(len(tongues) >= 3 and all(len(x) == 2 for x in tongues), tongues)
        said = set()
        for tag, _ in tongues:
            check(t.ok("LANG " + tag).startswith("+OK %s " % tag), tag)
            said.add(t.refused("FOO"))
        check(len(said) == len(tongues), "answers alike:", said)
        t.refused("LANG x-nobody")
        t.ok("LANG *")


def try_xclient(state, arguments):
    check(not arguments, "XCLIENT has no arguments")
    check(not state.is_transaction, "XCLIENT is for before the login")
    with state.enter() as t:
        t.ok("XCLIENT ADDR=127.0.1.77 PORT=5")
        t.login()


def no_xclient(state):
    with state.enter() as t:
        t.refused("XCLIENT ADDR=127.0.1.77 PORT=5")


def try_implementation(state, arguments):
    shown = "--show-version" in KINDS[state.kind]
    check(arguments == ["solopop-" + VERSION if shown else "solopop"],
          arguments)
    check("--shy" not in KINDS[state.kind] or state.is_transaction,
          "a shy server told its name")


TRIES = {
    "TOP": try_top,
    "USER": try_user,
    "UIDL": try_uidl,
    "RESP-CODES": try_resp_codes,
    "AUTH-RESP-CODE": try_auth_resp_code,
    "PIPELINING": try_pipelining,
    "STLS": try_stls,
    "LOGIN-DELAY": try_login_delay,
    "EXPIRE": try_expire,
    "UTF8": try_utf8,
    "LANG": try_lang,
    "SASL": try_sasl,
    "XCLIENT": try_xclient,
    "IMPLEMENTATION": try_implementation,
}

# What is not announced does not work.
CONVERSE = {"USER": no_user, "STLS": no_stls, "XCLIENT": no_xclient}


def states(world, kind):
    ways = [("before the login", []), ("after the login", ["login"]),
            ("after LANG", ["LANG de"]), ("after UTF8", ["UTF8"])]
    if "--no-auth" in KINDS[kind]:
        ways.append(("after USER", ["USER jane"]))
    for name, steps in ways:
        yield State(world, kind, name, steps)
        if kind == "with TLS":
            yield State(world, kind, name + ", in TLS", ["tls"] + steps)


def try_state(world, state):
    with state.enter() as t:
        lines = t.capa()
    names = [line.split(" ")[0] for line in lines]
    check(len(set(names)) == len(names), "one of them twice:", names)
    for line in lines:
        name, *arguments = line.split(" ")
        check(name in TRIES, "no way to try", line)
        how = (line, state.kind, state.in_tls, state.is_transaction)
        if how not in world.tried:
            TRIES[name](state, arguments)
        world.tried |= {name, how}
    for name, converse in CONVERSE.items():
        if name not in names:
            converse(state)


def written(here):
    """All that can be announced, from the source."""
    source = os.path.join(here, "..", "..", "src", "pop3", "capa.c")
    with open(source) as f:
        names = set(re.findall(r'"([A-Z][A-Z0-9-]+)[ "]', f.read()))
    check("PIPELINING" in names, "cannot read capa.c")
    return names


def try_all(world):
    bad = 0
    for kind in KINDS:
        if kind == "with TLS" and world.certificate is None:
            print("skip: no solopop-tls or no openssl, so no STLS")
            world.tried.add("STLS")
            continue
        for state in states(world, kind):
            try:
                try_state(world, state)
            except (Failure, OSError) as e:
                bad += 1
                print("FAIL: a server %s, %s: %s" % (kind, state.name, e))
    return bad


def main():
    global VERSION
    names = written(os.path.dirname(os.path.abspath(__file__)))
    place = harness.Place()
    try:
        if harness.own_name() is None:
            print("nobody has this uid")
            sys.exit(harness.SKIPPED)
        VERSION = subprocess.run(
            [place.binary, "--version"], stdout=subprocess.PIPE,
            check=True).stdout.decode().split("\n")[0].split(" ", 1)[1]
        world = World(place)
        bad = try_all(world)
        for name in sorted((names | set(TRIES)) - world.tried):
            print("FAIL: no server announced %s" % name)
            bad += 1
    finally:
        place.close()
    print("%d capabilities tried" % len(world.tried & set(TRIES)))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

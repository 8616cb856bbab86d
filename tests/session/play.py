#!/usr/bin/env python3
"""Play transcripts against the server and compare every byte.

    play.py [-v] [--how=HOW] [--over=WHAT] [TRANSCRIPT...]

Each one is played in several ways: step by step, all commands at once, all at
once and then the end of input, and byte by byte; over pipes, a socketpair, TCP, a
terminal and descriptor 3; and once more when the Maildir has its index.  Without
names, all of them are played, and local.mk must list them.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import time

import harness
import saslclient
import transcript
from harness import Failure, Server

MATRIX = (
    ("steps", "pipe"), ("pipelined", "pipe"), ("whole", "pipe"),
    ("bytes", "pipe"), ("indexed", "pipe"),
    ("steps", "socketpair"), ("whole", "socketpair"), ("bytes", "socketpair"),
    ("pipelined", "tcp"), ("whole", "tcp"),
    ("steps", "pty"), ("steps", "terminal"),
    ("pipelined", "fd3"),
)

# Sending ahead stops here: what comes next needs all answers so far.
BARRIERS = ("apop", "cram", "scram", "do", "eof", "gone", "unheard", "start 2", "S2",
            "S2 pattern", "C2", "end 2")

# Those that log in with a secret of ours.
SECRETS = ("apop", "cram", "scram")

# What fails in so many ways, or so many transcripts, needs no further proof:
# where each has to run into its deadline, the rest would take hours.
WAYS_TO_FAIL = 2
FAILURES = 10

# No way to say this on a terminal.
NOT_ON_PTY = {"eof", "gone", "unheard"}

STAMP = rb"<(\d+)\.(\d+)\.[0-9a-f]{24}@" + re.escape(harness.HOST.encode()) + \
    rb">"


def suits(script, how, over):
    if over == "pty" and script.kinds() & NOT_ON_PTY:
        return False
    if how == "indexed" and (not script.has_box or script.exit != 0 or
                             any(w == "mode" for w, _ in script.setup)):
        return False
    return (script.ways is None or how in script.ways) and \
        (over != "terminal" if script.over is None else over in script.over)


class Play:
    """One transcript, played in one way."""

    def __init__(self, place, script, how, over):
        self.place, self.script, self.how, self.over = place, script, how, over
        self.servers = {}
        self.box = transcript.Box(place.path("box"))
        self.stamp = b""
        self.ahead = 0          # items up to here have been sent
        self.gone = False
        self.line = 0

    def arguments(self, log):
        s = self.script
        config = self.place.path("config")
        harness.write_file(config, "".join(
            line + "\n" for line in s.config).encode())
        args = ["--config-file=" + config, "--hostname=" + harness.HOST,
                "--failure-delay=0", "--lock-wait=0", "--log=" + log]
        if s.secrets:
            secrets = self.place.path("secrets")
            harness.write_file(secrets, "".join(
                line + "\n" for line in s.secrets).encode(), s.secrets_mode)
            args += ["--secrets-file=" + secrets]
        elif "--no-auth=false" not in s.args:
            args += ["--no-auth"]
        return args + [a.replace("{ready}", self.ready()) for a in s.args]

    def ready(self):
        """A stand-in for solopop-tls: says that it is ready, and ends."""
        path = self.place.path("ready")
        if not os.path.exists(path):
            harness.write_file(path, b"#!/bin/sh\nprintf x >&6\n", 0o700)
        return path

    def start(self, number, more=()):
        log = "none" if self.script.log is None else "stderr"
        self.servers[number] = Server(
            self.place, self.arguments(log) + list(more) + [self.box.top],
            self.over, self.script.env)

    def make_index(self):
        """One session, so that the next one finds an index."""
        self.box.wait_for_tick()
        first = Server(self.place, ["--no-auth", "--log=none", self.box.top])
        self.servers["first"] = first
        first.send(b"USER a\r\nPASS b\r\nSTAT\r\nQUIT\r\n")
        first.read_to_end()
        if first.wait() != 0:
            raise Failure("no session before this one")
        if not os.path.exists(self.box.path("solopop.index")):
            raise Failure("the session before this one left no index")

    def run(self):
        try:
            self.box.lay_out(self.script)
            if self.how == "indexed":
                self.make_index()
            self.start(1)
            for i, item in enumerate(self.script.items):
                self.line = item.line
                self.step(i, item)
            self.line = 0
            self.finish()
        except Failure as e:
            if self.line == 0:
                raise
            raise Failure("line %d: %s" % (self.line, e))
        finally:
            for server in self.servers.values():
                server.kill()
            harness.remove_tree(self.box.top)

    def step(self, i, item):
        if item.kind in BARRIERS:
            self.ahead = i + 1
            if item.kind in SECRETS:
                user, _, secret = item.value.partition(" ")
                getattr(self, item.kind)(user.encode("latin-1"),
                                         secret.encode("latin-1"), i + 1)
                return
        elif self.how != "steps" and i >= self.ahead:
            self.send_ahead(i)
        getattr(self, "on_" + item.kind.replace(" ", "_"))(item.value)

    def send_ahead(self, i):
        items = self.script.items
        data = b""
        while i < len(items) and items[i].kind not in BARRIERS:
            if items[i].kind == "C":
                data += items[i].value
            i += 1
        self.ahead = i
        self.send(data, i)

    def send(self, data, upto):
        server = self.servers[1]
        if self.how == "bytes":
            send_bytes(server, data)
        else:
            server.send(data)
        if self.how == "whole" and upto == len(self.script.items):
            server.end_input()

    # What needs to be computed; all but the last line of an exchange waits.

    def apop(self, user, secret, upto):
        digest = hashlib.md5(self.stamp + secret).hexdigest().encode()
        self.send(b"APOP %s %s\r\n" % (user, digest), upto)

    def cram(self, user, secret, upto):
        challenge = self.challenge("AUTH CRAM-MD5")
        self.say(saslclient.cram(user, secret, challenge), upto)

    def scram(self, user, secret, upto):
        """To the end, or to the answer that comes in place of it."""
        scram = saslclient.Scram(user, secret)
        last = scram.last(self.challenge("AUTH SCRAM-SHA-256 " +
                                         scram.first()))
        if last is None:
            raise Failure("a challenge that is no answer")
        self.say(last, 0)
        if self.servers[1].peek(2) != b"+ ":
            return
        if self.servers[1].read_line() != b"+ %s\r\n" % \
                scram.signature.encode():
            raise Failure("the server does not know the secret")
        self.say("", upto)

    def challenge(self, text):
        self.say(text, 0)
        line = self.servers[1].read_line().decode("latin-1")
        if not line.startswith("+ "):
            raise Failure("no challenge but %r" % line)
        return line[2:].rstrip("\r\n")

    def say(self, text, upto):
        self.send(text.encode() + b"\r\n", upto)

    # One for each kind of item

    def on_C(self, value):
        if self.how == "steps":
            self.servers[1].send(value)

    def on_S(self, value):
        expect(self.servers[1], value)

    def on_S_pattern(self, value):
        self.match(self.servers[1], value)

    def on_S2(self, value):
        expect(self.servers[2], value)

    def on_S2_pattern(self, value):
        self.match(self.servers[2], value)

    def on_C2(self, value):
        self.servers[2].send(value)

    def on_start_2(self, value):
        if 2 in self.servers:
            self.servers[2].kill()
        self.start(2, value.split())

    def on_end_2(self, _):
        self.end(2)

    def on_do(self, value):
        self.box.do(value)

    def on_eof(self, _):
        self.servers[1].end_input()

    def on_gone(self, _):
        self.servers[1].vanish()
        self.gone = True

    def on_unheard(self, value):
        self.servers[1].send(value)

    def match(self, server, value):
        got = server.read_line()
        ip = "127.0.0.1" if self.over == "tcp" else "unknown"
        pattern = re.escape(value.replace(b"{ip}", ip.encode()))
        pattern = pattern.replace(re.escape(b"{challenge}"),
                                  b"[A-Za-z0-9+/]{20,}={0,2}")
        m = re.fullmatch(pattern.replace(re.escape(b"{stamp}"),
                                         b"(?P<stamp>" + STAMP + b")"), got)
        if not m:
            raise Failure("expected %r, got %r" % (value, got))
        if b"{stamp}" in value:
            self.take_stamp(server, m)

    def take_stamp(self, server, m):
        self.stamp, pid, when = m.group("stamp"), int(m[2]), int(m[3])
        if pid != server.pid:
            raise Failure("stamp of process %d, not %d" % (pid, server.pid))
        if abs(when - time.time()) > 2 * harness.PATIENCE:
            raise Failure("stamp of another time: %d" % when)

    def finish(self):
        for number in self.servers:
            if number != "first" and self.servers[number].status is None:
                self.end(number)
        self.box.check(self.script.after)
        if not self.script.any_log:
            self.check_log()

    def end(self, number):
        server = self.servers[number]
        if not (self.gone and number == 1):
            rest = server.read_to_end()
            if rest:
                raise Failure("and then it says %r" % rest[:300])
            server.close()
        status, expected = server.wait(), \
            self.script.exit if number == 1 else 0
        if status != expected:
            raise Failure("exit status %d, not %d; %s" %
                          (status, expected, server.stderr()))

    def check_log(self):
        server = self.servers[1]
        ip = "127.0.0.1" if self.over == "tcp" else "unknown"
        expected = ["solopop[%d]: %s" % (server.pid, line.replace("{ip}", ip))
                    for line in self.script.log or []] + \
            ["solopop: " + line for line in self.script.stderr]
        got, sessions = [], set()
        for line in server.stderr().splitlines():
            if ": going on without " in line:
                continue        # a layer that this kernel lacks
            line, _, session = line.partition(" session=")
            got.append(line)
            if line.startswith("solopop["):
                sessions.add(session)
        if len(sessions) > 1 or "" in sessions:
            raise Failure("ids of one session: %s" % sorted(sessions))
        for i in range(max(len(expected), len(got))):
            want = expected[i] if i < len(expected) else "no more"
            have = got[i] if i < len(got) else "no more"
            if want != have:
                raise Failure("line %d of the log: expected\n    %s\n  got\n"
                              "    %s" % (i + 1, want, have))


def send_bytes(server, data):
    """Single bytes where it matters; the inside of a long run in pieces."""
    if len(data) <= 3000:
        server.send_single(data)
        return
    server.send_single(data[:600])
    for at in range(600, len(data) - 600, 997):
        server.send_all(data[at:min(at + 997, len(data) - 600)])
    server.send_single(data[-600:])


def expect(server, value):
    server.need(len(value))
    got = bytes(server.received[:len(value)])
    if got == value:
        del server.received[:len(value)]
        return
    same = os.path.commonprefix([got, value])
    at = max(0, len(same) - 40)
    raise Failure("expected %r%s, got %r%s" % (
        value[at:at + 200], " (from byte %d)" % at if at else "",
        bytes(server.received[at:at + 300]),
        " and the end" if server.ended else ""))


def version_of(binary):
    text = subprocess.run([binary, "--version"], stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    return text.split("\n")[0].split(" ", 1)[1]


def all_names(here):
    with open(os.path.join(here, "local.mk")) as f:
        listed = set(re.findall(r"tests/session/(\S+\.pop3)", f.read()))
    there = {n for n in os.listdir(here) if n.endswith(".pop3")}
    if listed != there:
        sys.exit("local.mk and the directory differ: %s" %
                 " ".join(sorted(listed ^ there)))
    return [os.path.join(here, n) for n in sorted(there)]


def parse_line():
    p = argparse.ArgumentParser()
    p.add_argument("-v", action="store_true", help="a line for each play")
    p.add_argument("--how")
    p.add_argument("--over")
    p.add_argument("names", nargs="*")
    return p.parse_args()


def play_one(place, script, options):
    """How many plays there were, and how many went wrong."""
    plays = bad = 0
    for how, over in MATRIX:
        if not suits(script, how, over) or (options.how or how) != how or \
                (options.over or over) != over:
            continue
        if bad == WAYS_TO_FAIL:
            break
        plays += 1
        try:
            Play(place, script, how, over).run()
            if options.v:
                print("ok: %s (%s, %s)" % (script.name, how, over))
        except (Failure, transcript.Wrong, OSError) as e:
            bad += 1
            print("FAIL: %s: %s\n  %s over %s: %s" %
                  (script.name, script.title, how, over, e))
    return plays, bad


def play_some(place, scripts, options):
    """Plays, transcripts that failed, transcripts that were left out."""
    plays = failed = skipped = 0
    for script in scripts:
        if failed == FAILURES:
            print("FAIL: so much fails that the rest is left out")
            break
        if script.needs_me and harness.own_name() is None:
            print("skip: %s: nobody has this uid" % script.name)
            skipped += 1
            continue
        n, bad = play_one(place, script, options)
        plays += n
        failed += bad > 0
    return plays, failed, skipped


def play_all(place, scripts, options):
    """The same in two processes; each waits for servers most of the time."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        place.serial += 1000000
        sums = play_some(place, scripts[1::2], options)
        sys.stdout.flush()
        os.write(writer, ("%d %d %d" % sums).encode())
        os._exit(0)
    os.close(writer)
    ours = play_some(place, scripts[0::2], options)
    theirs = os.read(reader, 100).split()
    os.waitpid(pid, 0)
    if len(theirs) != 3:
        sys.exit("half of the transcripts were not played to the end")
    return [a + int(b) for a, b in zip(ours, theirs)]


def main():
    options = parse_line()
    here = os.path.dirname(os.path.abspath(__file__))
    names = options.names or all_names(here)
    facts = {"host": harness.HOST}
    texts = [(n, open(n, encoding="latin-1").read()) for n in names]
    place = harness.Place()
    try:
        facts["version"] = version_of(place.binary)
        facts["me"] = harness.own_name() or "nobody"
        scripts = [transcript.Transcript(os.path.basename(n), text, facts)
                   for n, text in texts]
        plays, failed, skipped = play_all(place, scripts, options)
    except transcript.Wrong as e:
        sys.exit("%s" % e)
    finally:
        place.close()
    print("%d transcripts in %d plays" % (len(scripts), plays))
    print("%d passed, %d failed, %d skipped" %
          (len(scripts) - failed - skipped, failed, skipped))
    sys.exit(1 if failed or not plays else 0)


if __name__ == "__main__":
    main()

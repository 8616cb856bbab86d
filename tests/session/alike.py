#!/usr/bin/env python3
"""No answer and no delay tells a wrong name from a wrong password.

By USER and PASS (what PAM says here does not matter, if only it says the same
to everybody), by APOP, CRAM-MD5 and SCRAM-SHA-256: the text is the same but for
the name, and each failure takes the time that it is told to take.
"""

import hashlib
import os
import re
import sys

import harness
import saslclient
from harness import Failure, Server

DELAY = 1.0
SLACK = 0.3             # of a busy machine
TRIES = 3               # for one that is busier still
STRANGER = "no-such-user-here"
SALT_KEY = b"#salt-key:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
SCRAM = b"{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==," \
    b"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=," \
    b"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\n"


def start(place, secrets, delay):
    config = place.path("config")
    harness.write_file(config, b"")
    args = ["--log=none", "--hostname=" + harness.HOST,
            "--failure-delay=%d" % delay, "--config-file=" + config]
    if secrets:
        args.append("--secrets-file=" + secrets)
    return Server(place, args + [place.path("box")], "socketpair")


def timed(server, line):
    """The answer, and how long it took."""
    begun = harness.clock()
    server.send_all(line)
    return server.read_line(), harness.clock() - begun


def by_password(server, name, _):
    server.read_line()
    server.send_all(b"USER %s\r\n" % name)
    user = server.read_line()
    said, took = timed(server, b"PASS wrong\r\n")
    return user + said, took


def by_digest(server, name, secret):
    stamp = re.search(rb"<.*>", server.read_line())
    if not stamp:
        raise Failure("no stamp")
    digest = hashlib.md5(stamp.group(0) + secret).hexdigest().encode()
    return timed(server, b"APOP %s %s\r\n" % (name, digest))


def by_cram(server, name, secret):
    server.read_line()
    server.send_all(b"AUTH CRAM-MD5\r\n")
    challenge = server.read_line().decode()[2:].strip()
    return timed(server, saslclient.cram(name, secret, challenge).encode() +
                 b"\r\n")


def by_scram(server, name, secret):
    """What a stranger can see of the salt counts as text, too."""
    server.read_line()
    scram = saslclient.Scram(name, secret)
    server.send_all(b"AUTH SCRAM-SHA-256 %s\r\n" % scram.first().encode())
    last = scram.last(server.read_line().decode()[2:].strip())
    seen = b"%d %d " % (len(scram.salt), scram.iterations)
    said, took = timed(server, last.encode() + b"\r\n")
    return seen + said, took


def fail_once(place, how, secrets, delay, name, secret=b""):
    server = start(place, secrets, delay)
    try:
        said, took = how(server, name, secret)
    finally:
        server.kill()
    if b"-ERR" not in said:
        raise Failure("%s was not refused: %r" % (name, said))
    return said.replace(name, b"NAME"), took


def compare(what, answers):
    """Are they alike?  The times may be told apart by accident: -> False."""
    texts = {said for said, _ in answers}
    if len(texts) != 1:
        raise Failure("%s: the texts differ: %r" % (what, sorted(texts)))
    for _, took in answers:
        if took < DELAY - 0.01:         # clocks are cut to milliseconds
            raise Failure("%s: a failure took %.3f s only" % (what, took))
    times = [took for _, took in answers]
    return max(times) - min(times) <= SLACK


def compare_often(what, ask):
    for _ in range(TRIES):
        if compare(what, ask()):
            return
    raise Failure("%s: the times of failures differ" % what)


def passwords(place, me):
    return [fail_once(place, by_password, None, DELAY, name)
            for name in (me, STRANGER.encode())]


def secrets(how, lines=b""):
    def ask(place, me):
        path = place.path("secrets")
        harness.write_file(path, lines + me + b":tanstaaf\njane:elsewhere\n")
        return [fail_once(place, how, path, DELAY, name, secret)
                for name, secret in ((me, b"wrong"), (b"jane", b"wrong"),
                                     (STRANGER.encode(), b"tanstaaf"))]
    return ask


def salts_stay(place, me):
    """Everybody's is the same in each session, and nobody's another's."""
    path = place.path("secrets")
    harness.write_file(path, SALT_KEY + b"bob:" + SCRAM + me + b":tanstaaf\n")
    found = []
    for name in (b"bob", me, STRANGER.encode()) * 2:
        server = start(place, path, 0)
        try:
            server.read_line()
            scram = saslclient.Scram(name, b"x")
            server.send_all(b"AUTH SCRAM-SHA-256 %s\r\n" %
                            scram.first().encode())
            scram.last(server.read_line().decode()[2:].strip())
        finally:
            server.kill()
        found.append((scram.salt, scram.iterations))
    if found[:3] != found[3:] or len(set(found)) != 3 or \
            {n for _, n in found} != {4096}:
        raise Failure("salts: %r" % found)


WITH_PAM = os.environ.get("WITH_PAM", "1") == "1"
TESTS = ((("PASS", passwords),) if WITH_PAM else ()) + (
         ("APOP", secrets(by_digest)),
         ("CRAM-MD5", secrets(by_cram)),
         ("SCRAM-SHA-256", secrets(by_scram, b"bob:" + SCRAM)))


def main():
    place = harness.Place()
    failed = 0
    try:
        me = harness.own_name()
        if me is None:
            print("skip: nobody has this uid")
            return harness.SKIPPED
        tests = [lambda what=what, ask=ask: compare_often(
            what, lambda: ask(place, me.encode())) for what, ask in TESTS]
        for test in tests + [lambda: salts_stay(place, me.encode())]:
            try:
                test()
            except Failure as e:
                failed += 1
                print("FAIL: %s" % e)
    finally:
        place.close()
    print("%d passed, %d failed" % (len(tests) + 1 - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

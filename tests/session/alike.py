#!/usr/bin/env python3
"""No answer and no delay tells a wrong name from a wrong password.

By USER and PASS (what PAM says here does not matter, if only it says the same
to everybody) and by APOP: the text is the same but for the name, and each
failure takes the time that it is told to take.
"""

import hashlib
import re
import sys

import harness
from harness import Failure, Server

DELAY = 1.0
SLACK = 0.3             # of a busy machine
TRIES = 3               # for one that is busier still
STRANGER = "no-such-user-here"


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


def digests(place, me):
    secrets = place.path("secrets")
    harness.write_file(secrets, me + b":tanstaaf\njane:elsewhere\n")
    return [fail_once(place, by_digest, secrets, DELAY, name, secret)
            for name, secret in ((me, b"wrong"), (b"jane", b"wrong"),
                                 (STRANGER.encode(), b"tanstaaf"))]


def main():
    place = harness.Place()
    failed = 0
    try:
        me = harness.own_name()
        if me is None:
            print("skip: nobody has this uid")
            return harness.SKIPPED
        for what, ask in (("PASS", passwords), ("APOP", digests)):
            try:
                compare_often(what, lambda: ask(place, me.encode()))
            except Failure as e:
                failed += 1
                print("FAIL: %s" % e)
    finally:
        place.close()
    print("%d passed, %d failed" % (2 - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""nmap's and hydra's scripts for POP3 against the limits.

They have a list of words with the right one in it, and some seconds; a failed
login takes one, and three end the session.  A server that would answer at once
hands out the password, which the last test makes sure of.
"""
import math
import re
import shutil
import tempfile
import time

from lab import *
from superservers import *

ON_REQUEST = True
AT_ONCE = 4             # connections of a guesser
FAILURES = 3            # that end a session
SECONDS = 8             # they have
WORDS = 400             # of which the last is right: 100 seconds away
FILTER = "/etc/fail2ban/filter.d/filter.conf"   # in the /etc of our own
FAILED = "Failed attempted login to "


def word_list(words=WORDS):
    path = BENCH + "/words"
    spill(path, "".join("word%d\n" % i for i in range(words - 1)) +
          password("alice") + "\n")
    spill(BENCH + "/users", "alice\n")
    return path


def hydra(*more):
    return ["timeout", "-k", "1", str(SECONDS), tool("hydra"), "-I", "-f", "-t",
            str(AT_ONCE), "-l", "alice", "-P", BENCH + "/words", *more,
            "pop3://127.0.0.1:110/"]


def nmap(script, *more):
    return [tool("nmap"), "-n", "-Pn", "-sT", "-p", "110", "--script", script,
            *more, "127.0.0.1"]


def with_limits(delay, *more):
    return tcpserver(options("--log=syslog", "--failure-delay=%d" % delay,
                             "--max-failures=%d" % FAILURES, *more))


def matched_by_fail2ban(lines):
    """How many of these lines the filter of ours would count."""
    if not shutil.which("fail2ban-regex"):
        return sum("]: [AUTH] " + FAILED in s for s in lines)
    shutil.copy(EXAMPLES + "/fail2ban/filter.conf", FILTER)
    with tempfile.TemporaryDirectory() as directory:
        spill(directory + "/log", "".join(
            "Nov 23 12:00:00 mail %s\n" % s for s in lines).encode("latin-1"))
        said = succeed(["fail2ban-regex", directory + "/log", FILTER])
    found = re.search(r"Failregex: (\d+) total", said.stdout.decode("latin-1"))
    return int(found.group(1))


def get_nowhere(args):
    """They guess as often as the delay lets them, and are logged each time."""
    log = Log()
    mailbox(SAMPLE)
    with with_limits(1) as server:
        began = time.monotonic()
        done = command(args)
        took = time.monotonic() - began
        eventually("end of all sessions", lambda: not ours())
        sessions = len(re.findall(r"tcpserver: pid ", slurp(server.log)))
    said = done.stdout + done.stderr
    check(password("alice").encode() not in said, "found:", said[-400:])
    check(b"valid password found" not in said and
          b"Login correct" not in said, "found:", said[-400:])
    check(not log.has("POP login by user"), "somebody is in")
    failed = [s for s in log.lines if FAILED in s]
    check(failed, "no guess was made:", said[-600:])
    check(len(failed) <= AT_ONCE * math.ceil(took + 1), len(failed),
          "guesses in", took, "seconds")
    check(len(failed) <= FAILURES * sessions, len(failed), "guesses in",
          sessions, "sessions")
    equal(matched_by_fail2ban(log.lines), len(failed), "what fail2ban counts")


@root_only
def hydra__gets_nowhere():
    word_list()
    get_nowhere(hydra())


@root_only
def hydra__by_auth_plain__gets_nowhere():
    word_list()
    args = hydra()
    args[-1] += "PLAIN"
    get_nowhere(args)


@root_only
def nmap__pop3_brute__gets_nowhere():
    word_list()
    get_nowhere(["timeout", "-k", "1", str(2 * SECONDS)] + nmap(
        "pop3-brute", "--script-args",
        "userdb=%s/users,passdb=%s/words,unpwdb.timelimit=%ds,"
        "brute.threads=%d" % (BENCH, BENCH, SECONDS, AT_ONCE)))


@root_only
def nmap__pop3_capabilities__are_ours():
    mailbox(SAMPLE)
    with with_limits(0) as server:
        talk = Talk.to(server.port)
        talk.banner()
        talk.ok("CAPA")
        ours_ = talk.body().decode().split("\r\n")[:-1]
        talk.ok("QUIT")
        talk.close()
        said = succeed(nmap("pop3-capabilities")).stdout.decode()
        eventually("end of all sessions", lambda: not ours())
    found = re.search(r"pop3-capabilities: (.*)", said)
    check(found, said)
    shown = re.findall(r"[\w-]+(?:\([^)]*\))?", found.group(1))
    equal(sorted(shown), sorted(re.sub(r"^(\S+) (.*)$", r"\1(\2)", s)
                                for s in ours_), "capabilities")


@root_only
def hydra__without_delay__finds_it():
    """So the tests above mean something."""
    word_list(20)
    mailbox(SAMPLE)
    with with_limits(0):
        said = command(hydra()).stdout
        check(password("alice").encode() in said, said)
        eventually("end of all sessions", lambda: not ours())

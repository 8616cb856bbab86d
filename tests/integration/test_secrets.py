"""No password and no secret is left in any process of a session, whichever way
it came, nor in an environment, a command line or the log.
"""
import base64
import os

import test_auth
import test_pam
from inject import memory
from lab import *
from test_tls import begin, stls, tls

WORD = "a word of its own, 4712"
WRONG = "another one, not right, 4713"


def forms(word):
    """The word, and what is the same of it in base64 wherever it begins."""
    raw = word.encode()
    found = [raw]
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + raw + b"xx")
        found.append(text[4:4 + (len(raw) - 3) // 3 * 4])
    return found


def family(pid):
    """It and all that came of it."""
    found = [pid]
    for p in found:
        found += children(p)
    return found


def nothing_left(s, log, *words, roles=2):
    """The front ends when the session has begun, or a moment later."""
    eventually("%d processes" % roles, lambda: len(family(s.pid)) == roles)
    for pid in family(s.pid):
        name = status(pid)["Name"]
        image = memory(pid)
        check(len(image) > 10000, "the image of", name, "is empty")
        for what in ("environ", "cmdline"):
            image += slurp("/proc/%d/%s" % (pid, what), "rb")
        equal(limit(pid), ("0", "0"), "core files of " + name)
        for word in words:
            for form in forms(word):
                check(form not in image, form, "is in", name)
    for word in words:
        check(not log.has(re.escape(word)), word, "is in the log")


def limit(pid):
    return re.search(r"Max core file size +(\S+) +(\S+)",
                     slurp("/proc/%d/limits" % pid)).groups()


def user_pass(talk, word):
    talk.ok("USER alice")
    return talk.ask("PASS " + word)


def plain_text(word):
    return base64.b64encode(b"\0alice\0" + word.encode()).decode()


def plain(talk, word):
    check(talk.ask("AUTH PLAIN").startswith("+ "), "no challenge")
    return talk.ask(plain_text(word))


def plain_at_once(talk, word):
    return talk.ask("AUTH PLAIN " + plain_text(word))


def plain_in_pieces(talk, word):
    text = "AUTH PLAIN " + plain_text(word) + "\r\n"
    for i in range(0, len(text), 7):
        talk.send(text[i:i + 7])
        time.sleep(0.002)       # so that it is read in pieces, mostly
    return talk.line()


def login(talk, word):
    for said in ("AUTH LOGIN", base64.b64encode(b"alice").decode()):
        check(talk.ask(said).startswith("+ "), "no challenge")
    return talk.ask(base64.b64encode(word.encode()).decode())


BY_PASSWORD = [user_pass, plain, plain_at_once, plain_in_pieces, login]


@root_only
def passwords__whichever_way_they_came__are_nowhere():
    word, log = password("alice"), Log()
    mailbox(SAMPLE)
    for by in BY_PASSWORD:
        with Session() as s:
            s.talk.banner()
            check(by(s.talk, WRONG).startswith("-ERR"), by.__name__)
            nothing_left(s, log, WRONG)
            check(by(s.talk, word).startswith("+OK"), by.__name__)
            s.talk.ok("STAT")
            nothing_left(s, log, word, WRONG)
            s.talk.ok("QUIT")


@root_only
def secrets__by_each_mechanism__are_nowhere():
    log = Log()
    mailbox(SAMPLE)
    path = BENCH + "/secrets"
    spill(path, "alice:%s\nbob:%s\n" % (WORD, WRONG), 0o600)
    for by in ("apop", "cram", "scram"):
        with Session("--secrets-file=" + path) as s:
            banner = s.talk.banner()
            if by == "apop":
                said = s.talk.ask("APOP alice " + test_pam.digest(banner,
                                                                  WORD))
            else:
                said = getattr(test_auth, by)(s.talk, "alice", WORD)
            check(said.startswith("+OK"), by, said)
            s.talk.ok("STAT")
            nothing_left(s, log, WORD, WRONG)
            s.talk.ok("QUIT")


@root_only
def passwords__through_tls__are_nowhere_either():
    not_when_counting(UNOPTIMISED)
    word, log = password("alice"), Log()
    mailbox(SAMPLE)
    for first in (True, False):
        for by in (user_pass, plain_at_once):
            with Session(*tls(*(["--tls"] if first else []))) as s:
                if first:
                    begin(s.talk)
                s.talk.banner()
                if not first:
                    stls(s.talk)
                # So long that no answer can take its place.
                check(by(s.talk, "x" * 180 + WRONG).startswith("-ERR"),
                      by.__name__)
                nothing_left(s, log, WRONG, roles=3)
                check(by(s.talk, word).startswith("+OK"), by.__name__)
                # At once: another command would take the word's place.
                nothing_left(s, log, word, WRONG, roles=3)
                s.talk.ok("QUIT")

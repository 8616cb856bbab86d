"""What an attacker finds in the memory of a role that has been taken over: over
TCP, with an address for PAM, in each role, before and after STLS, with few and
with many accounts.  SOLOPOP_ROUNDS=100 tries each of them a hundred times.
"""
import contextlib
import fcntl
import itertools
import os
import re
import shutil

from inject import memory
from lab import *

# What PAM leaves on the heap depends on who was named, and how often.
GUESSES = [["alice"], ["bob"], ["nobodyhere"], ["bob", "other7"],
           ["alice", "bob", "alice"]]
ROUNDS = int(os.environ.get("SOLOPOP_ROUNDS", str(len(GUESSES))))
guesses = itertools.cycle(GUESSES)
ACCOUNTS = 20, 77, 300
SECRETS = "/etc/solopop.secrets"
WRONG = "a wrong one, 4711"


@contextlib.contextmanager
def accounts(n):
    """So many strangers in /etc/shadow, and others in a file of secrets."""
    shadow = slurp("/etc/shadow")
    spill("/etc/shadow", shadow + "".join(
        "other%d:$6$salt$%s:19000:0:99999:7:::\n" % (i, "Hash%04dOf" % i * 8)
        for i in range(n)), 0o600)
    spill(SECRETS, "".join("friend%d:Known%04dTo\n" % (i, i)
                           for i in range(n)), 0o600)
    try:
        yield
    finally:
        spill("/etc/shadow", shadow, 0o600)
        os.unlink(SECRETS)


STRANGERS = re.compile(rb"Hash\d{4}OfHash|Known\d{4}To")


def has_nothing(pid, *words):
    """No hash or secret of anybody, none of these words, none in its name."""
    image = memory(pid)
    name = status(pid)["Name"]
    check(len(image) > 8000, "the image of", name, "is empty")
    told = slurp("/proc/%d/cmdline" % pid, "rb") + \
        slurp("/proc/%d/environ" % pid, "rb")
    hashes = [crypted(u)[:30].encode() for u in ("bob", "old", "root")]
    found = set(STRANGERS.findall(image)) | {
        w for w in hashes + [w.encode() for w in words] if w in image}
    equal(found, set(), "in the memory of " + name)
    for word in (b"alice", b"127.0.0.1", b"Maildir"):
        check(word not in told, word, "is on the command line of", name)


def roles(s, names):
    """The processes beside the monitor, when they are these."""
    def look():
        found = [(state["Name"], pid) for pid, state in processes().items()
                 if int(state["PPid"]) == s.pid and state["State"][0] != "Z"]
        return sorted(name for name, _ in found) == sorted(names) and found
    return dict(eventually("%s beside the monitor" % names, look))


def in_all(names):
    def scan(s, *words):
        for pid in roles(s, names).values():
            has_nothing(pid, *words)
    return scan


def guess(talk):
    for name in next(guesses):
        talk.ok("USER " + name)
        talk.refused("PASS " + WRONG)


def with_tls():
    from test_tls import tls
    return tls("--secrets-file=" + SECRETS, "--clear-text-password=always",
               "--max-failures=20")


def many(story):
    for n in ACCOUNTS:
        with accounts(n):
            for _ in range(ROUNDS):
                story()


@root_only
def front__before_the_login__knows_no_secret():
    def story():
        with Session("--secrets-file=" + SECRETS) as s:
            s.talk.banner()
            in_all(["solopop"])(s)
            guess(s.talk)
            in_all(["solopop"])(s)
            s.talk.ok("QUIT")
    many(story)


@root_only
def front__after_guesses_and_stls__knows_no_secret():
    from test_tls import stls

    def story():
        with Session(*with_tls()) as s:
            s.talk.banner()
            guess(s.talk)
            stls(s.talk)
            s.talk.ok("CAPA")
            s.talk.body()
            in_all(["solopop", "solopop-tls"])(s, "4711")
            guess(s.talk)
            in_all(["solopop", "solopop-tls"])(s)
            s.talk.ok("QUIT")
    many(story)


@root_only
def front__that_has_only_been_named_a_user__is_clean_after_stls():
    """PAM's modules are there since USER, though nobody has sent a password."""
    from test_tls import stls, tls
    with accounts(300), Session(*tls()) as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        before = roles(s, ["solopop"])["solopop"]
        stls(s.talk)
        after = roles(s, ["solopop", "solopop-tls"])
        check(after["solopop"] != before, "the front lives on")
        check("libpam" not in slurp("/proc/%d/maps" % after["solopop"]),
              "PAM is mapped into a front")
        s.talk.login("alice")
        s.talk.ok("QUIT")


@root_only
def session__after_guesses__knows_no_secret():
    def story():
        with Session("--secrets-file=" + SECRETS,
                     "--clear-text-password=always") as s:
            s.talk.banner()
            guess(s.talk)
            s.talk.login("alice")
            in_all(["solopop-session"])(s, "4711", password("alice"))
            s.talk.ok("QUIT")
    mailbox(SAMPLE)
    many(story)


@root_only
def session__behind_stls__knows_no_secret():
    from test_tls import stls

    def story():
        with Session(*with_tls()) as s:
            s.talk.banner()
            guess(s.talk)
            stls(s.talk)
            guess(s.talk)
            s.talk.login("alice")
            in_all(["solopop-session", "solopop-tls"])(s, "4711")
            s.talk.ok("QUIT")
    mailbox(SAMPLE)
    many(story)


@root_only
def session__of_pop3s__knows_no_secret():
    from test_tls import begin
    mailbox(SAMPLE)
    with accounts(77), Session("--tls", *with_tls()) as s:
        begin(s.talk)
        s.talk.banner()
        guess(s.talk)
        s.talk.login("alice")
        in_all(["solopop-session", "solopop-tls"])(s, "4711")
        s.talk.ok("QUIT")


@root_only
def import__while_it_waits__knows_no_secret_and_tells_no_name():
    from test_qpopper import SPOOLS, fresh, mbox, put_spool, spools

    def story():
        spools()
        path = put_spool("alice", mbox((1, fresh(1))))
        with open(path, "r+b") as spool, \
                Session("--spool-dir=" + SPOOLS,
                        "--import-program=" + BENCH + "/solopop-import") as s:
            fcntl.lockf(spool, fcntl.LOCK_EX)           # so it has to wait
            s.talk.banner()
            guess(s.talk)
            s.talk.ok("USER alice")
            s.talk.send("PASS %s\r\n" % password("alice"))
            in_all(["solopop-import"])(s, "4711", password("alice"))
            fcntl.lockf(spool, fcntl.LOCK_UN)
            check(s.talk.line().startswith("+OK"), "PASS")
            s.talk.ok("QUIT")
    mailbox(SAMPLE)
    many(story)


@root_only
def session__that_cannot_be_found__is_told_and_logged():
    log = Log()
    program = BENCH + "/solopop-session"
    os.rename(program, program + ".away")
    try:
        with Session() as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            answer = s.talk.refused("PASS " + password("alice"))
            check("[SYS/TEMP]" in answer, answer)
            equal(s.talk.at_end(), b"", "behind it")
    finally:
        os.rename(program + ".away", program)
    log.wait("cannot start /.*solopop-session for alice: No such file")


@root_only
def session__in_a_folder_that_only_root_may_enter__begins():
    mailbox(SAMPLE)
    hidden = BENCH + "/hidden"
    os.mkdir(hidden, 0o700)
    for name in ("solopop", "solopop-session"):
        shutil.copy(BENCH + "/" + name, hidden)

    class Hidden(Session):
        program = hidden + "/solopop"
    try:
        with Hidden() as s:
            s.talk.banner()
            s.talk.login("alice")
            equal(os.readlink("/proc/%d/exe" % s.child()),
                  hidden + "/solopop-session")
            s.talk.ok("QUIT")
    finally:
        shutil.rmtree(hidden)


@root_only
def session__what_pam_has_set__is_inherited():
    """Limits, groups and umask are those of the session that PAM has opened."""
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        pid = s.child()
        equal(status(s.pid)["Groups"], status(pid)["Groups"], "groups")
        equal(slurp("/proc/%d/cgroup" % s.pid), slurp("/proc/%d/cgroup" % pid))
        equal(os.readlink("/proc/%d/ns/mnt" % s.pid),
              os.readlink("/proc/%d/ns/mnt" % pid), "name spaces")
        s.talk.ok("QUIT")

"""Real PAM, with users of our own: who gets in, and what the others hear."""
import hashlib
import os
import re
import shutil
import time

from lab import *
from lab import home

WRONG = '-ERR [AUTH] Password supplied for "%s" is incorrect.'


def answer_to(user, word, *more):
    """The answer to a login that fails, in a session of its own."""
    with Session(*more) as s:
        s.talk.banner()
        s.talk.ok("USER " + user)
        answer = s.talk.refused("PASS " + word)
        s.talk.ok("QUIT")
        equal(s.talk.at_end(), b"", "after QUIT")
    return answer


@root_only
def login__right_password__mail_is_read_and_removed():
    log = Log()
    maildir, paths = mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        answer = s.talk.login("alice")
        total = sum(len(wire(m)) for m in SAMPLE)
        equal(answer, "+OK alice has %d messages (%d octets)." % (
            len(SAMPLE), total))
        for i, message in enumerate(SAMPLE):
            equal(s.talk.retr(i + 1), wire(message), "message %d" % (i + 1))
        s.talk.ok("DELE 1")
        s.talk.ok("DELE 3")
        s.talk.ok("QUIT")
        equal(s.talk.at_end(), b"")
    equal(sorted(files(maildir).values()),
          sorted(SAMPLE[i] for i in range(len(SAMPLE)) if i not in (0, 2)))
    equal(os.listdir(maildir + "/new"), [], "retrieved mail in new")
    for directory, _, names in os.walk(home("alice")):
        for name in [directory] + [directory + "/" + n for n in names]:
            st = os.lstat(name)
            equal((st.st_uid, st.st_gid), (uid("alice"),) * 2, name)
            equal(st.st_mode & 0o077, 0, "mode of " + name)
    left = total - len(wire(SAMPLE[0])) - len(wire(SAMPLE[2]))
    log.wait(r'^solopop\[\d+\]: \(v\S+\) POP login by user "alice" at '
             r'\(127\.0\.0\.1\) 127\.0\.0\.1$')
    log.wait(r"^solopop\[\d+\]: Stats: alice 2 %d %d %d 127.0.0.1 127.0.0.1$"
             % (total - left, len(SAMPLE) - 2, left))


@root_only
def login__home_without_maildir__empty_maildrop():
    make_home("newcomer")
    with Session() as s:
        s.talk.banner()
        s.talk.login("newcomer")
        equal(s.talk.ok("STAT"), "+OK 0 0")
        s.talk.ok("QUIT")
    for name in os.listdir(home("newcomer")):
        equal(os.stat(home("newcomer") + "/" + name).st_uid, uid("newcomer"))


GUESS = r"\[AUTH\] Failed attempted login to %s from host " \
    r"\(127.0.0.1\) 127.0.0.1$"
REFUSED = "login refused: user=%s rhost=127.0.0.1 reason="
# With these the password is right.
RIGHT = {
    ("root", password("root")): REFUSED + "uid 0 never logs in$",
    ("daemonish", password("daemonish")):
        REFUSED + "uid 61 is below min-uid 100$",
    ("gone", password("gone")): REFUSED + "PAM service pop3, account: ",
}


def storage_is_away(what, *more):
    log = Log()
    with Session(*more) as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        answer = s.talk.ask("PASS " + password("alice"))
        check(answer.startswith("-ERR [SYS/TEMP]"), what, answer)
        equal(s.talk.at_end(), b"")
    log.wait("alice: the storage is not there: ")


def expect_empty(*options):
    with Session(*options) as s:
        s.talk.banner()
        equal(s.talk.login("alice"), "+OK alice has 0 messages (0 octets).")
        s.talk.ok("QUIT")


@root_only
def maildir__missing_with_what_is_above_it__temporary_trouble():
    """The home is away, or a mount point of root's; a link dangles."""
    box = make_home("alice")
    top = home("alice")
    os.rename(top, top + ".away")
    storage_is_away("no home")
    os.mkdir(top)
    storage_is_away("a mount point")
    os.rmdir(top)
    os.rename(top + ".away", top)
    storage_is_away("directory above", "--maildir=/nonexistent/%u/Maildir")
    shutil.rmtree(top + "/Maildir", ignore_errors=True)
    os.symlink("/nonexistent/Maildir", top + "/Maildir")
    storage_is_away("a link")
    os.unlink(top + "/Maildir")
    os.mkdir(top + "/Maildir")
    storage_is_away("the Maildir is a mount point")
    os.chown(top + "/Maildir", uid("alice"), uid("alice"))
    expect_empty()
    os.symlink("/nonexistent/x", top + "/mail")
    storage_is_away("a link on the way", "--maildir=~/mail/Maildir")
    storage_is_away("one further down", "--maildir=~/mail/a/b/Maildir")
    os.unlink(top + "/mail")
    os.mkdir(top + "/mail")
    storage_is_away("a mount point on the way", "--maildir=~/mail/Maildir")
    os.rmdir(top + "/mail")
    os.mkdir(top + "/mail")
    os.chown(top + "/mail", uid("alice"), uid("alice"))
    expect_empty("--maildir=%h/mail/Maildir")
    with Session("--maildir=~/made/by/mda") as s:
        s.talk.banner()
        equal(s.talk.login("alice"), "+OK alice has 0 messages (0 octets).")
        s.talk.ok("QUIT")


@root_only
def mail_marker__missing__temporary_trouble():
    mailbox(SAMPLE)
    marker = BENCH + "/marker"
    storage_is_away("no marker", "--mail-marker=" + marker)
    storage_is_away("no marker", "--mail-marker=~/.%u.mounted")
    spill(marker, "")
    with Session("--mail-marker=" + marker) as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.ok("QUIT")
    os.unlink(marker)


@root_only
def refusal__same_words_for_whatever_reason():
    log = Log()
    mailbox(SAMPLE)
    for user, word in (("alice", "wrong"), ("nosuchuser", "wrong"),
                       ("root", password("root")), ("root", "wrong"),
                       ("daemonish", password("daemonish")),
                       ("locked", password("locked")),
                       ("gone", "wrong"), ("stale", "wrong"),
                       ("gone", password("gone")),
                       ("front", "x"), ("alice", " " + password("alice"))):
        equal(answer_to(user, word), WRONG % user, user)
        log.wait(RIGHT.get((user, word), GUESS) % user)
    check(not log.has(r"POP login by user"), "somebody got in")


@root_only
def refusal__right_password_but_expired__clear_words():
    equal(answer_to("stale", password("stale")),
          '-ERR [AUTH] "stale": password expired.')


@root_only
def refusal__min_uid__as_configured():
    mailbox(SAMPLE)
    equal(answer_to("alice", password("alice"),
                    "--min-uid=%d" % (uid("alice") + 1)), WRONG % "alice")
    with Session("--min-uid=60") as s:
        s.talk.banner()
        s.talk.login("daemonish")
        s.talk.ok("QUIT")


@root_only
def refusal__service_that_does_not_exist__nobody_gets_in():
    mailbox(SAMPLE)
    answer = answer_to("alice", password("alice"), "--pam-service=nosuch")
    check("[" in answer, answer)


@root_only
def refusal__account_stage_denies__words_of_a_wrong_password():
    service = pam_service("closed", "auth required pam_unix.so\n"
                          "account required pam_deny.so\n"
                          "session required pam_permit.so\n")
    equal(answer_to("alice", password("alice"), service),
          WRONG % "alice")
    equal(answer_to("alice", "wrong", service), WRONG % "alice")


@root_only
def refusal__session_does_not_open__temporary_trouble():
    mailbox(SAMPLE)
    service = pam_service("nosession", "auth required pam_unix.so\n"
                          "account required pam_unix.so\n"
                          "session required pam_deny.so\n")
    answer = answer_to("alice", password("alice"), service)
    check(answer.startswith("-ERR [SYS/TEMP]"), answer)


@root_only
def refusal__account_not_found_after_pams_yes__temporary_trouble():
    """As when LDAP answers PAM and sssd answers nobody."""
    service = pam_service("permits", "".join(
        k + " required pam_permit.so\n" for k in ("auth", "account", "session")))
    log = Log()
    with Session(service) as s:
        s.talk.banner()
        s.talk.ok("USER ghost")
        check(s.talk.ask("PASS x").startswith("-ERR [SYS/TEMP]"))
        s.talk.ok("QUIT")
    log.wait("no such account")
    check(not log.has("Failed attempted login"), log.lines)


@root_only
def refusal__takes_equally_long_for_whatever_reason():
    took = {}
    with Session("--failure-delay=1", "--max-failures=9") as s:
        s.talk.banner()
        for user, word in (("alice", "wrong"), ("nosuchuser", "wrong"),
                           ("root", password("root")),
                           ("gone", password("gone")), ("locked", "wrong"),
                           ("alice", "wrong")):
            s.talk.ok("USER " + user)
            began = time.monotonic()
            s.talk.refused("PASS " + word)
            took[user] = time.monotonic() - began
        s.talk.ok("QUIT")
    for user, seconds in took.items():
        # The server counts milliseconds, and rounds down.
        check(0.998 <= seconds < 1.25, user, "took", seconds)
    check(max(took.values()) - min(took.values()) < 0.1, took)


@root_only
def refusal__five_of_them__session_ends():
    log = Log()
    with Session() as s:
        s.talk.banner()
        for i in range(5):
            s.talk.ok("USER alice")
            equal(s.talk.ask("PASS wrong"), WRONG % "alice")
        s.talk.send("USER alice\r\nPASS %s\r\nSTAT\r\n" % password("alice"))
        equal(s.talk.at_end(), b"", "after the fifth")
    check(not log.has("POP login"), "the sixth try was heard")


@root_only
def login__after_four_refusals__welcome():
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        for user in ("alice", "nosuchuser", "root", "gone"):
            s.talk.ok("USER " + user)
            s.talk.refused("PASS wrong")
        s.talk.login("alice")
        s.talk.ok("QUIT")


# What a module sees, and when.  pam_warn tells the function and the items to
# syslog; the script tells which processes the user has at that moment.

SCRIPT = """#!/bin/sh
n=0
for p in /proc/[0-9]*/status; do
	while read -r key real rest; do
		[ "$key $real" = "Uid: %d" ] && n=$((n + 1))
	done <"$p"
done 2>/dev/null
echo "$PAM_TYPE service=$PAM_SERVICE user=$PAM_USER rhost=$PAM_RHOST" \\
    "tty=$PAM_TTY ruser=$PAM_RUSER processes=$n" >>%s/noted
"""


def noted_service():
    spill(BENCH + "/note", SCRIPT % (uid("alice"), BENCH), 0o755)
    spill(BENCH + "/noted", "")
    note = "optional pam_exec.so quiet %s/note\n" % BENCH
    return pam_service("noted", "".join(
        "%s required pam_warn.so\n%s %s" % (kind, kind, note)
        for kind in ("auth", "account", "session")) + PLAIN_PAM)


def notes():
    return slurp(BENCH + "/noted").splitlines()


@root_only
def modules__see_the_client_and_the_lawful_order():
    log = Log()
    mailbox(SAMPLE)
    with Session(noted_service()) as s:
        s.talk.banner()
        s.talk.login("alice")
        equal(len(notes()), 3, notes())
        s.talk.ok("QUIT")
    items = "service=noted user=alice rhost=127.0.0.1 tty=127.0.0.1 ruser= "
    equal([re.sub("processes=.*", "", s) for s in notes()],
          ["auth " + items, "account " + items, "open_session " + items,
           "close_session " + items])
    equal(notes()[3].split()[-1], "processes=0",
          "the user's process when the session was closed")
    eventually("calls in the log", lambda: sum(
        "pam_warn" in s for s in log.lines) >= 6)
    calls = [re.search(r"function=\[pam_sm_(\w+)\] flags=(\w+)", s)
             for s in log.lines if "pam_warn" in s]
    equal([c.group(1) for c in calls],
          ["authenticate", "acct_mgmt", "setcred", "open_session",
           "close_session", "setcred"])
    check(int(calls[2].group(2), 0) & 2, "first setcred does not establish")
    check(int(calls[5].group(2), 0) & 4, "last setcred does not delete")
    for line in log.lines:
        if "pam_warn" in line:
            check("rhost=[127.0.0.1]" in line and
                  "terminal=[127.0.0.1]" in line, line)


@root_only
def modules__client_vanishes__session_is_closed_all_the_same():
    mailbox(SAMPLE)
    with Session(noted_service()) as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.send("RETR 7\r\n")
        s.talk.line()
    check(notes()[-1].startswith("close_session "), notes())
    equal(notes()[-1].split()[-1], "processes=0")


@root_only
def modules__refused_login__no_session():
    with Session(noted_service()) as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        s.talk.refused("PASS wrong")
        s.talk.ok("QUIT")
    equal([s.split()[0] for s in notes()], ["auth"])


@root_only
def modules__that_write_to_standard_output__are_not_heard_by_the_client():
    if shutil.which("cc") is None:
        raise Skip("no C compiler for the module")
    succeed(["cc", "-shared", "-fPIC", "-o", BENCH + "/pam_noise.so",
             HERE + "/pam_noise.c", "-lpam"])
    spill(BENCH + "/shout", "#!/bin/sh\necho NOISE\necho NOISE >&2\n", 0o755)
    mailbox(SAMPLE)
    service = pam_service("noise", "".join(
        "%s optional pam_exec.so stdout %s/shout\n%s required %s/pam_noise.so\n"
        % (kind, BENCH, kind, BENCH)
        for kind in ("auth", "account", "session")) + PLAIN_PAM)
    with Session(service) as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        s.talk.refused("PASS wrong")
        s.talk.login("alice")
        equal(s.talk.retr(1), wire(SAMPLE[0]))
        s.talk.ok("QUIT")
        s.talk.at_end()
        check(b"NOISE" not in s.talk.heard, s.talk.heard)


# APOP

SECRETS = "# for the tests\nalice:tanstaaf\nroot:r\ngone:g\n"


def secrets(mode=0o600, text=SECRETS):
    path = BENCH + "/secrets"
    spill(path, text, mode)
    os.chown(path, 0, 0)
    return "--secrets-file=" + path


def digest(banner, secret):
    stamp = re.search(r"<\S+@\S+>$", banner)
    check(stamp, "no stamp in", banner)
    return hashlib.md5((stamp.group(0) + secret).encode()).hexdigest()


@root_only
def apop__right_digest__welcome():
    log = Log()
    mailbox(SAMPLE)
    with Session(secrets(), noted_service()) as s:
        banner = s.talk.banner()
        s.talk.ok("APOP alice " + digest(banner, "tanstaaf"))
        equal(s.talk.retr(2), wire(SAMPLE[1]))
        s.talk.ok("QUIT")
    equal([s.split()[0] for s in notes()],
          ["account", "open_session", "close_session"])
    check(log.has('POP login by user "alice"'), log.lines)


@root_only
def apop__wrong_digest_or_user__same_words():
    with Session(secrets(), "--max-failures=9") as s:
        banner = s.talk.banner()
        for user, word in (("alice", "wrong"), ("nosuchuser", "tanstaaf"),
                           ("bob", "tanstaaf"), ("root", "r"),
                           ("gone", "g")):
            equal(s.talk.ask("APOP %s %s" % (user, digest(banner, word))),
                  WRONG % user)
        s.talk.ok("QUIT")


@root_only
def apop__stamps__differ():
    seen = set()
    for _ in range(3):
        with Session(secrets()) as s:
            seen.add(s.talk.banner())
            s.talk.ok("QUIT")
    equal(len(seen), 3, "different stamps")


@root_only
def apop__cannot_succeed__no_stamp():
    log = Log()
    without_stamp("--secrets-file=/nonexistent")
    for mode in (0o640, 0o604, 0o620):
        without_stamp(secrets(mode))
        log.wait("secrets file .*wrong owner or mode")
        log.lines.clear()
    option = secrets()
    os.chown(BENCH + "/secrets", uid("alice"), 0)
    without_stamp(option)
    without_stamp(secrets(text="# nobody yet\n"))


def without_stamp(option):
    mailbox(SAMPLE)
    with Session(option) as s:
        banner = s.talk.banner()
        check("<" not in banner, banner)
        s.talk.refused("APOP alice " + "0" * 32)
        s.talk.login("alice")
        s.talk.ok("QUIT")

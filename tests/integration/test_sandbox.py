"""What the kernel keeps from front and session, tried from inside each, and
what they must still be able to do."""
import errno
import os
import re
import signal

from inject import AT_FDCWD, Stopped, inject, memory
from lab import *

FORBIDDEN = [
    ("socket", 2, 1, 0), ("fork",), ("execve", "/bin/true", 0, 0),
    ("kill", 1, 0), ("ptrace", 16, 1, 0, 0), ("setuid", 0),
    ("prctl", 4, 1, 0, 0, 0), ("fchmodat", AT_FDCWD, "/", 0o755),
    ("mmap", 0, 4096, 5, 0x22, -1, 0),
]


def landlock():
    """Does this kernel have what a session wants?"""
    line = next(s for s in succeed([SOLOPOP, "--check"] + options())
                .stdout.decode().splitlines() if s.startswith("kernel"))
    return "no Landlock" not in line


@root_only
def check__names_the_layers():
    text = command([SOLOPOP, "--check"] + options()).stdout.decode()
    check("filters of system calls" in text, text)
    text = command([SOLOPOP, "--check", "--no-sandbox"] + options())
    check(b"but --no-sandbox" in text.stdout, text.stdout)


@root_only
def roles__are_filtered_without_new_privileges():
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        for step in (lambda: None, lambda: s.talk.login("alice")):
            step()
            has = status(s.child())
            equal((has["Seccomp"], has["NoNewPrivs"]), ("2", "1"))
        equal(status(s.pid)["Seccomp"], "0", "monitor, for PAM's sake")
        s.talk.ok("QUIT")


@root_only
def monitor__keeps_what_pam_needs_and_no_power_over_the_kernel():
    with Session() as s:
        s.talk.banner()
        has, mine = status(s.pid), status(os.getpid())
        for key in ("CapEff", "CapPrm"):
            caps, ours = int(has[key], 16), int(mine[key], 16)
            for name, bit, kept in (
                    ("SETUID", 7, True), ("SETGID", 6, True),
                    ("KILL", 5, True), ("SYS_CHROOT", 18, True),
                    ("DAC_READ_SEARCH", 2, True), ("AUDIT_WRITE", 29, True),
                    ("SYS_RESOURCE", 24, True), ("CHOWN", 0, True),
                    ("SYS_MODULE", 16, False), ("SYS_RAWIO", 17, False),
                    ("SYS_PTRACE", 19, False), ("SYS_BOOT", 22, False),
                    ("NET_ADMIN", 12, False), ("NET_RAW", 13, False),
                    ("MKNOD", 27, False), ("BPF", 39, False)):
                equal(caps >> bit & 1, ours >> bit & 1 if kept else 0,
                      key + " " + name)
        equal(int(has["CapBnd"], 16) >> 16 & 1, 0, "SYS_MODULE for helpers")
        s.talk.ok("QUIT")


def forbidden_from(role):
    log = Log()
    more = {"front": [("openat", AT_FDCWD, "/", 0, 0)], "session": [
        ("utimensat", AT_FDCWD, "/etc/passwd", 0, 0),
        ("statx", AT_FDCWD, "/etc/passwd", 0, 0, 0),
        ("linkat", AT_FDCWD, "/etc/passwd", AT_FDCWD, "/tmp/x", 0)]}
    for attempt in FORBIDDEN + more[role]:
        mailbox(SAMPLE)
        with Session() as s:
            s.talk.banner()
            if role == "session":
                s.talk.login("alice")
            equal(inject(s.child(), *attempt), "killed", attempt[0])
            equal(s.talk.at_end(), b"", "after " + attempt[0])
        log.wait("the %s ended by signal 31: a system call" % role)
        log.lines.clear()


@root_only
def front__forbidden_calls_from_inside__end_it():
    forbidden_from("front")


@root_only
def session__forbidden_calls_from_inside__end_it():
    forbidden_from("session")


@root_only
def intake__forbidden_calls_from_inside__end_it():
    """It waits for the lock of a spool; its first draining fails."""
    from test_qpopper import mbox, polled, put_spool, session, spools
    from test_tls import roles
    make_home("alice")
    spools()
    text = mbox((1, polled(1)))
    path = put_spool("alice", text)
    spill(path + ".lock", "1\n")
    for attempt in FORBIDDEN:
        log = Log()
        with session() as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            s.talk.send("PASS %s\r\n" % password("alice"))
            pid = eventually("intake", lambda: waits(roles(s.pid).get(
                "solopop-import")))
            if landlock():
                for beside in ("/etc/passwd", home("alice")):
                    equal(inject(pid, "openat", AT_FDCWD, beside, 0, 0),
                          -errno.EACCES, beside)
            equal(inject(pid, *attempt), "killed", attempt[0])
            check(s.talk.line().startswith("-ERR [SYS/TEMP]"))
            s.talk.at_end()
        log.wait("solopop-import ended by signal 31: a system call")
    equal(slurp(path), text)


@root_only
def intake__spools_of_others_from_inside__are_out_of_reach():
    """Though the group that makes lock files may read them all."""
    from test_qpopper import SPOOLS, mbox, polled, put_spool, session, spools
    from test_tls import roles
    if not landlock():
        raise Skip("no Landlock")
    make_home("alice")
    spools()
    own = put_spool("alice", mbox((1, polled(1))))
    other = put_spool("bob", mbox((2, polled(2))))
    spill(own + ".lock", "1\n")
    with session() as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        s.talk.send("PASS %s\r\n" % password("alice"))
        pid = eventually("intake", lambda: waits(roles(s.pid).get(
            "solopop-import")))
        with Stopped(pid) as intake:
            equal(intake.call("setresgid", -1, os.stat(other).st_gid, -1), 0)
            for path in other, SPOOLS:
                equal(intake.call("openat", AT_FDCWD, path, os.O_RDONLY, 0),
                      -errno.EACCES, path)
            check(intake.call("openat", AT_FDCWD, own, os.O_RDWR, 0) >= 0,
                  "its own spool")
            equal(intake.call("setresgid", -1, uid("alice"), -1), 0)
        os.unlink(own + ".lock")
        check(s.talk.line().startswith("+OK alice has 1 message"))
        s.talk.ok("QUIT")
        s.talk.at_end()
    equal(slurp(other), mbox((2, polled(2))))


def waits(pid):
    """The process, once it does: in the system call of a nap."""
    if pid is not None and re.match("(230|35) ",
                                    slurp("/proc/%d/syscall" % pid)):
        return pid


@root_only
def monitor__messages_that_are_not_lawful_from_inside__end_all():
    """Too long, of no kind, of another moment; by front and session."""
    log = Log()
    mailbox(SAMPLE)
    for role, step in (("front", lambda talk: None),
                       ("session", lambda talk: talk.login("alice"))):
        for message in ("\x7f", "\x01" * 4000, "\x00", "") + (
                ("\x07" + "\x00" * 32,) if role == "front" else ("\x02",)):
            with Session() as s:
                s.expected = None
                s.talk.banner()
                step(s.talk)
                said = inject(s.child(), "sendto", 5, message, len(message),
                              0x4000, 0, 0)
                check(said in ("signal 9", len(message)), said, "for",
                      repr(message[:9]))
                equal(s.talk.at_end(), b"", "after " + repr(message[:9]))
            log.wait("unlawful message")
            log.lines.clear()


@root_only
def log__of_a_role_taken_over__is_marked_and_bounded():
    """It bans nobody, and fills no disk; and the client does not notice."""
    from test_guessers import matched_by_fail2ban
    mailbox(SAMPLE)
    forged = "[AUTH] Failed attempted login to bob from host " \
        "(192.0.2.99) 192.0.2.99"
    message = "\x06" + "\0" * 7 + "\x02" + "\0" * 7 + chr(len(forged)) + forged
    for role, step in (("front", lambda talk: None),
                       ("session", lambda talk: talk.login("alice"))):
        log = Log()
        with Session() as s:
            s.talk.banner()
            step(s.talk)
            with Stopped(s.child()) as process:
                for _ in range(600):
                    equal(process.call("sendto", 5, message, len(message), 0,
                                       0, 0), len(message))
            s.talk.ok("CAPA")
            s.talk.body()
            s.talk.ok("QUIT")
        log.wait(r"^solopop\[\d+\]: %s: more lines are left out$" % role)
        found = [x for x in log.lines if "192.0.2.99" in x]
        check(10 < len(found) < 300, len(found), "lines")
        check(all("]: %s: [AUTH]" % role in x for x in found), found[0])
        equal(matched_by_fail2ban(log.lines), 0, "what fail2ban counts")


@root_only
def front__goes_on_after_a_lawful_call():
    with Session() as s:
        s.talk.banner()
        equal(inject(s.child(), "getpid") > 0, True)
        s.talk.ok("CAPA")
        s.talk.body()
        s.talk.ok("QUIT")


@root_only
def session__other_files_from_inside__are_out_of_reach():
    if not landlock():
        raise Skip("no Landlock")
    maildir, paths = mailbox(SAMPLE)
    beside = home("alice") + "/secret"
    spill(beside, "mine", 0o600)
    ours_to_give(beside, "alice")
    own = paths[0]
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        with Stopped(s.child()) as session:
            def refused(*call):
                equal(session.call(*call), -errno.EACCES, call)
            refused("openat", AT_FDCWD, beside, os.O_RDONLY, 0)
            refused("openat", AT_FDCWD, "/etc/passwd", os.O_RDONLY, 0)
            refused("openat", AT_FDCWD, home("alice"), os.O_RDONLY, 0)
            refused("openat", AT_FDCWD, home("alice") + "/x",
                    os.O_CREAT | os.O_WRONLY, 0o600)
            refused("unlinkat", AT_FDCWD, beside, 0)
            refused("mkdirat", AT_FDCWD, home("alice") + "/y", 0o700)
            check(session.call("renameat", AT_FDCWD, own, AT_FDCWD,
                               home("alice") + "/out")
                  in (-errno.EACCES, -errno.EXDEV), "rename out")
            check(session.call("openat", AT_FDCWD, own, os.O_RDONLY, 0) >= 0,
                  "its own message")
        s.talk.ok("QUIT")
    equal(slurp(beside), "mine")
    equal(len(files(maildir)), len(SAMPLE))


@root_only
def by_hand__other_files_from_inside__are_out_of_reach():
    if not landlock():
        raise Skip("no Landlock")
    maildir, paths = mailbox(SAMPLE)
    beside = home("alice") + "/secret"
    spill(beside, "mine", 0o600)
    ours_to_give(beside, "alice")

    def become():
        os.setgroups([])
        os.setresgid(uid("alice"), uid("alice"), uid("alice"))
        os.setresuid(uid("alice"), uid("alice"), uid("alice"))
    with Session("--no-auth", maildir, setup=become) as s:
        s.talk.banner()
        s.talk.login("alice")
        with Stopped(s.pid) as session:
            for call in (("openat", AT_FDCWD, beside, os.O_RDONLY, 0),
                         ("openat", AT_FDCWD, "/etc/passwd", os.O_RDONLY, 0),
                         ("unlinkat", AT_FDCWD, beside, 0)):
                equal(session.call(*call), -errno.EACCES, call)
            check(session.call("openat", AT_FDCWD, paths[0], os.O_RDONLY, 0)
                  >= 0, "its own message")
        s.talk.ok("DELE 1")
        s.talk.ok("QUIT")
    equal(slurp(beside), "mine")
    equal(len(files(maildir)), len(SAMPLE) - 1)


@root_only
def no_sandbox__says_so_each_time_and_filters_nothing():
    log = Log()
    mailbox(SAMPLE)
    with Session("--no-sandbox") as s:
        s.talk.banner()
        log.wait("--no-sandbox: ")
        equal(status(s.child())["Seccomp"], "0")
        s.talk.login("alice")
        has = status(s.child())
        equal((has["Seccomp"], has["NoNewPrivs"]), ("0", "1"))
        equal(inject(s.child(), "openat", AT_FDCWD, "/etc/passwd", 0, 0) >= 0,
              True)
        s.talk.ok("QUIT")


@root_only
def roles__are_confined_before_a_byte_is_read():
    strace = tool("strace")
    mailbox(SAMPLE)
    path = BENCH + "/calls"
    with Session(prefix=[strace, "-f", "-qq", "-o", path]) as s:
        s.talk.send("USER alice\r\nPASS %s\r\nSTAT\r\nQUIT\r\n"
                    % password("alice"))
        s.talk.at_end()
    calls = {}
    for line in slurp(path).splitlines():
        pid, call = line.split(None, 1)
        calls.setdefault(pid, []).append(call)
    roles = [c for c in calls.values()
             if any("PR_SET_SECCOMP" in x for x in c)]
    equal(len(roles), 2, "filtered processes")
    for c in roles:
        filtered = next(i for i, x in enumerate(c) if "PR_SET_SECCOMP" in x)
        check(c[filtered].endswith("= 0"), c[filtered])
        check(not any(x.startswith(("read(3", "recvfrom(3"))
                      for x in c[:filtered]), "read before the filter")
    if landlock():
        session = next(c for c in roles
                       if any("landlock_restrict_self" in x for x in c))
        confined = next(i for i, x in enumerate(session)
                        if "landlock_restrict_self" in x)
        check(not any("solopop.lock" in x for x in session[:confined]),
              "files before Landlock")


@root_only
def tls__is_filtered_and_its_forbidden_calls_end_it():
    from test_tls import begin, roles, tls
    log = Log()
    mailbox(SAMPLE)
    for attempt in FORBIDDEN[1:]:
        with Session(*tls("--tls")) as s:
            begin(s.talk)
            s.talk.banner()
            pid = roles(s.pid)["solopop-tls"]
            has = status(pid)
            equal((has["Seccomp"], has["NoNewPrivs"]), ("2", "1"))
            equal(inject(pid, "openat", AT_FDCWD, "/", 0, 0), -errno.EPERM)
            equal(inject(pid, *attempt), "killed", attempt[0])
            s.talk.close()
        log.wait("solopop-tls ended by signal 31: a system call")
        log.lines.clear()
    with Session(*tls("--tls", "--no-sandbox")) as s:
        begin(s.talk)
        s.talk.banner()
        equal(status(roles(s.pid)["solopop-tls"])["Seccomp"], "0")
        s.talk.ok("QUIT")
    log.wait("--no-sandbox")


def limit(pid, name):
    return re.search(r"%s +(\S+) +(\S+)" % name,
                     slurp("/proc/%d/limits" % pid)).groups()


@root_only
def roles__their_limits():
    mailbox(SAMPLE)
    with Session("--session-memory=77") as s:
        s.talk.banner()
        for step, files_, memory_ in ((lambda: None, 6, 16),
                                      (lambda: s.talk.login("alice"), 32, 77)):
            step()
            for name, most in (("Max data size", memory_ << 20),
                               ("Max open files", files_),
                               ("Max processes", 0),
                               ("Max core file size", 0)):
                equal(limit(s.child(), name), (str(most),) * 2, name)
        s.talk.ok("QUIT")
    with Session("--session-memory=0") as s:
        s.talk.banner()
        s.talk.login("alice")
        equal(limit(s.child(), "Max data size"), limit(os.getpid(),
                                                       "Max data size"))
        s.talk.ok("QUIT")


@root_only
def session__more_memory_than_it_may_have__is_refused_and_nothing_lost():
    maildir, _ = mailbox(SAMPLE)
    lines = "".join("%d :%d.a.b\n" % (i, i) for i in range(400000))
    spill(maildir + "/dovecot-uidlist", "3 V1 N400001\n" + lines, 0o600)
    ours_to_give(maildir + "/dovecot-uidlist", "alice")
    with Session("--session-memory=8") as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        answer = s.talk.refused("PASS " + password("alice"))
        check(answer.startswith("-ERR [SYS/TEMP]"), answer)
    equal(len(files(maildir)), len(SAMPLE))
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.ok("QUIT")


# ---- whole sessions --------------------------------------------------------

def everything(s):
    """Each command there is, so far as it changes nothing before QUIT."""
    s.talk.banner()
    s.talk.ok("CAPA")
    s.talk.body()
    s.talk.login("alice")
    for ask in ("STAT", "LAST", "NOOP", "LIST 1", "UIDL 1"):
        s.talk.ok(ask)
    for ask in ("LIST", "UIDL", "TOP 2 1", "TOP 7 3", "CAPA"):
        s.talk.ok(ask)
        s.talk.body()
    s.talk.refused("DELE 99")
    s.talk.refused("NONSENSE")
    s.talk.ok("DELE 1")
    s.talk.ok("RSET")
    for n in range(1, len(SAMPLE) + 1):
        equal(s.talk.retr(n), wire(SAMPLE[n - 1]), "message %d" % n)
    s.talk.ok("DELE 3")


def not_killed(log):
    check(not log.has("ended by signal"), log.lines)


@root_only
def session__everything__index_quota_tmp_and_lists():
    for more in ((), ("--index=false",), ("--lock=none",),
                 ("--adopt-uidls=x-uidl",), ("--adopt-uidls=none",)):
        log = Log()
        maildir, _ = mailbox(SAMPLE)
        for name, text in (("maildirsize", "100000000S\n"),
                           ("courierpop3dsizelist", "/2 1 1\n"),
                           ("tmp/old", "left over")):
            spill(maildir + "/" + name, text, 0o600)
            ours_to_give(maildir + "/" + name, "alice")
        os.utime(maildir + "/tmp/old", (1, 1))
        for last in range(2):
            with Session(*more) as s:
                if last:
                    s.talk.banner()
                    s.talk.login("alice")
                else:
                    everything(s)
                s.talk.ok("QUIT")
        equal(len(files(maildir)), len(SAMPLE) - 1, more)
        equal(len(os.listdir(maildir + "/new")), 0, "unread after QUIT")
        equal(slurp(maildir + "/maildirsize").count("\n"), 2)
        equal(os.path.exists(maildir + "/solopop.index"),
              "--index=false" not in more, more)
        not_killed(log)


@root_only
def session__update_on_abort__removes():
    log = Log()
    maildir, _ = mailbox(SAMPLE)
    with Session("--update-on-abort") as s:
        everything(s)
        s.talk.close()
    equal(len(files(maildir)), len(SAMPLE) - 1)
    not_killed(log)


@root_only
def session__idle__yields_its_lock_to_a_new_one():
    log = Log()
    mailbox(SAMPLE)
    with Session("--yield-after=1") as first:
        first.talk.banner()
        first.talk.login("alice")
        with Session() as second:
            second.talk.banner()
            second.talk.login("alice")
            equal(first.talk.at_end(), b"")
            second.talk.ok("QUIT")
    log.wait("gave way to a new session")
    not_killed(log)


@root_only
def session__odd_maildirs__missing_a_link_without_cur():
    log = Log()
    make_home("alice")
    with Session() as s:
        s.talk.banner()
        check(" 0 messages " in s.talk.login("alice"), "missing")
        s.talk.ok("QUIT")
    maildir, _ = mailbox(SAMPLE)
    os.rename(maildir, home("alice") + "/elsewhere")
    os.symlink("elsewhere", maildir)
    os.rmdir(maildir + "/cur")
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.retr(1)
        s.talk.ok("DELE 2")
        s.talk.ok("QUIT")
    equal(len(files(maildir)), len(SAMPLE) - 1)
    equal(len(os.listdir(maildir + "/cur")), 1)
    not_killed(log)


@root_only
def session__stopped_and_continued__goes_on():
    log = Log()
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        for step in (lambda: None, lambda: s.talk.login("alice")):
            step()
            role = s.child()
            os.kill(role, signal.SIGSTOP)
            eventually("stop", lambda: status(role)["State"][0] == "T")
            os.kill(role, signal.SIGCONT)
            eventually("wait", lambda: status(role)["State"][0] == "S")
        s.talk.ok("STAT")
        s.talk.ok("QUIT")
    not_killed(log)


# ---- secrets ---------------------------------------------------------------

def many_users():
    """More lines than one read(2) of /etc/shadow takes."""
    shadow = slurp("/etc/shadow")
    spill("/etc/shadow", shadow + "".join(
        "other%d:$6$salt$%s:19000:0:99999:7:::\n" % (i, "Hash%04dOf" % i * 8)
        for i in range(300)), 0o600)
    return shadow


@root_only
def session__its_memory__holds_no_password_and_no_hash_of_others():
    mailbox(SAMPLE)
    word = password("alice")
    shadow = many_users()
    try:
        with Session() as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            s.talk.refused("PASS a wrong one, 4711")
            s.talk.ok("USER bob")
            s.talk.refused("PASS another wrong one, 4711")
            s.talk.ok("USER alice")
            s.talk.send("PASS " + word[:6])
            s.talk.send(word[6:] + "\r\nSTAT\r\n")
            check(s.talk.line().startswith("+OK"), "PASS")
            s.talk.line()
            image = memory(s.child())
            s.talk.ok("QUIT")
    finally:
        spill("/etc/shadow", shadow, 0o600)
    check(b"Maildir" in image, "the image is empty")
    check(word.encode() not in image, "the password")
    check(b"4711" not in image, "the wrong password")
    # Her own hash stands in what PAM keeps until its session is closed.
    others = [crypted(name)[:30].encode() for name in ("bob", "old", "root")]
    others += [b"Hash%04dOfHash" % i for i in range(300)]
    equal([h for h in others if h in image], [], "hashes of others")


@root_only
def front__after_a_wrong_password__has_forgotten_it():
    not_when_counting(UNOPTIMISED)
    with Session() as s:
        s.talk.banner()
        front = s.child()
        s.talk.send("USER alice\r\nPASS a wrong one, 4711")
        s.talk.line()
        s.talk.send("x4712\r\n")
        s.talk.line()
        s.talk.ok("USER alice")
        s.talk.send("PASS a longer one, but as wrong, 4711\r\nUSER bob\r\n")
        s.talk.line()
        s.talk.line()
        for word in (b"4711", b"4712", b"as wrong"):
            check(word not in memory(front), "front", word)
            check(word not in memory(s.pid), "monitor", word)
        s.talk.ok("QUIT")


# ---- calls that the filter refuses ----------------------------------------

def refused_calls(path):
    """The calls that a filter has refused, and how many filters there were."""
    found, filtered = [], set()
    for line in slurp(path).splitlines():
        pid, call = line.split(None, 1)
        if call.startswith("prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER"):
            filtered.add(pid)
        elif pid in filtered and "= -1 EPERM" in call:
            found.append(call)
    return found, len(filtered)


def traced(*more, talk, program=Session):
    path = BENCH + "/calls"
    with program(*more, prefix=[tool("strace"), "-f", "-qq", "-e",
                                "signal=none", "-o", path]) as s:
        talk(s.talk)
    return path


@root_only
def roles__what_they_ask_of_the_kernel__is_not_refused():
    """Plain, by STLS and pop3s, and with an import.  A refusal is there for what
    a library tries where no log or file is; none of that happens here."""
    log = Log()
    from test_qpopper import SPOOLS, mbox, polled, put_spool, spools
    from test_logs import As
    from test_tls import begin, stls, tls

    def mail(talk):
        talk.login("alice")
        for n in 1, 7:
            talk.retr(n)
        talk.ok("DELE 2")
        talk.ok("QUIT")
        talk.at_end()

    def plain(talk):
        talk.banner()
        mail(talk)

    def by_stls(talk):
        talk.banner()
        stls(talk)
        mail(talk)

    def by_pop3s(talk):
        begin(talk)
        talk.banner()
        mail(talk)

    def drained(talk):
        talk.banner()
        talk.login("alice")
        talk.ok("QUIT")
        talk.at_end()

    for name, roles_, more, talk in (
            ("plain", 2, (), plain), ("STLS", 4, tls(), by_stls),
            ("pop3s", 3, tls("--tls"), by_pop3s)):
        mailbox(SAMPLE)
        refused, filtered = refused_calls(traced(*more, talk=talk))
        equal(refused, [], name)
        equal(filtered, roles_, name + ": filtered processes")
    make_home("alice")
    spools()
    put_spool("alice", mbox((1, polled(1)), (2, polled(2))))
    refused, filtered = refused_calls(traced(
        "--spool-dir=" + SPOOLS, talk=drained,
        program=lambda *more, **how: As("popper", *more, **how)))
    equal(refused, [], "import")
    equal(filtered, 3, "import: filtered processes")
    not_killed(log)


@root_only
def tls__mail_of_8_mb__takes_few_calls():
    """solopop-tls moves tens of kilobytes at a time, each way."""
    from test_tls import begin, tls
    line = b"x" * 76 + b"\n"
    size = 8
    mailbox([line * (size * 1048576 // len(line))])

    def talk(talk):
        begin(talk)
        talk.banner()
        talk.login("alice")
        talk.retr(1)
        talk.ok("QUIT")
        talk.at_end()

    text = slurp(traced(*tls("--tls"), talk=talk))
    pid = re.search(r"^(\d+) +execve\(.*solopop-tls", text, re.M).group(1)
    calls = re.findall(r"^%s +(\w+)\(" % pid, text, re.M)
    check(len(calls) < 200 * size + 300, "calls for %d MB:" % size,
          {name: calls.count(name) for name in set(calls)})

"""Monitor, front and session: what each may and has, as the kernel tells it."""
import contextlib
import os
import re
import signal

from lab import *

SOCKET = r"^socket:\[\d+\]$"


def ids(pid):
    s = status(pid)
    return s["Uid"].split(), s["Gid"].split(), s["Groups"].split()


def no_power(pid, who):
    s = status(pid)
    for key in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        equal(int(s[key], 16), 0, "%s of the %s" % (key, who))
    equal(s["NoNewPrivs"], "1", "NoNewPrivs of the " + who)


def socket_of(talk):
    """The server's end of this connection, as /proc/PID/fd names it."""
    mine = talk.sock.getsockname()
    here = "%08X:%04X" % (int.from_bytes(bytes([127, 0, 0, 1]), "little"),
                          mine[1])
    for line in slurp("/proc/net/tcp").splitlines()[1:]:
        field = line.split()
        if field[2] == here and field[9] != "0":
            return "socket:[%s]" % field[9]
    raise AssertionError("the server's socket is not in /proc/net/tcp")


def holds(pid, name):
    return [fd for fd, what in open_files(pid).items() if what == name]


def role_files(pid, who, client):
    """0-2 are nothing, 3 and 4 the client, 5 the monitor, and that is all."""
    f = open_files(pid)
    equal(sorted(f), [0, 1, 2, 3, 4, 5], "descriptors of the " + who)
    for fd in (0, 1, 2):
        equal(f[fd], "/dev/null", "descriptor %d of the %s" % (fd, who))
    equal((f[3], f[4]), (client, client), "client of the " + who)
    check(re.match(SOCKET, f[5]) and f[5] != client, "channel of the", who)


@root_only
def front__before_login__has_nothing():
    mailbox(SAMPLE)
    with Session(setup=lambda: os.setgroups([0, 61100])) as s:
        s.talk.banner()
        front = s.child()
        four = [str(FRONT_UID)] * 4
        equal(ids(front), (four, four, []), "front's ids")
        no_power(front, "front")
        equal(os.readlink("/proc/%d/root" % front), EMPTY, "front's root")
        equal(os.readlink("/proc/%d/cwd" % front), EMPTY, "front's directory")
        equal(os.listdir(EMPTY), [], "the empty directory")
        role_files(front, "front", socket_of(s.talk))
        limits = slurp("/proc/%d/limits" % front)
        for name, most in (("Max core file size", 0), ("Max open files", 6),
                           ("Max processes", 0)):
            check(re.search(r"%s\s+%d\s+%d\s" % (name, most, most), limits),
                  name, limits)
        s.talk.ok("QUIT")


@root_only
def front__no_account_of_its_own__nobody():
    with Session("--front-user=nosuchuser") as s:
        s.talk.banner()
        equal(ids(s.child())[0], ["65534"] * 4)
        s.talk.ok("QUIT")


@root_only
def front__directory_not_fit__no_session():
    log = Log()
    os.mkdir(BENCH + "/theirs")
    os.chown(BENCH + "/theirs", uid("alice"), 0)
    os.mkdir(BENCH + "/open")
    os.chmod(BENCH + "/open", 0o777)
    for name in ("theirs", "open", "missing/below"):
        with Session("--empty-dir=%s/%s" % (BENCH, name)) as s:
            check(s.talk.line().startswith("-ERR [SYS/PERM]"))
            equal(s.talk.at_end(), b"")
        log.wait("cannot lock up the front .*" + name)


@root_only
def front__descriptors_left_open_by_the_superserver__are_closed():
    inner, outer = os.pipe()
    with Session(pass_fds=(inner, outer)) as s:
        s.talk.banner()
        role_files(s.child(), "front", socket_of(s.talk))
        equal([fd for fd, what in open_files(s.pid).items()
               if what.startswith("pipe:")], [], "the monitor's")
        s.talk.ok("QUIT")
    os.close(inner)
    os.close(outer)


@root_only
def session__after_login__is_the_user_and_nothing_more():
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        front = s.child()
        s.talk.login("alice")
        session = s.child()
        check(session != front, "the front has become the session")
        # It is dead before the monitor has heard of it.
        eventually("the front's end",
                   lambda: not os.path.exists("/proc/%d" % front))
        four = [str(uid("alice"))] * 4
        groups = [str(g) for g in sorted(
            [uid("alice")] + [g for g, who in GROUPS.values()
                              if "alice" in who])]
        equal(ids(session), (four, four, groups), "session's ids")
        no_power(session, "session")
        client = socket_of(s.talk)
        f = open_files(session)
        equal([f.pop(fd) for fd in (0, 1, 2)], ["/dev/null"] * 3)
        equal([f.pop(fd) for fd in (3, 4)], [client] * 2)
        check(re.match(SOCKET, f.pop(5)), "no channel")
        for what in f.values():
            check(what.startswith(HOMES + "/alice/Maildir"), "session has",
                  what)
        s.talk.ok("QUIT")


@root_only
def monitor__while_the_session_runs__does_not_hold_the_client():
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        client = socket_of(s.talk)
        s.talk.login("alice")
        eventually("monitor without the client",
                   lambda: not holds(s.pid, client))
        f = open_files(s.pid)
        equal([f[fd] for fd in (0, 1, 2)], ["/dev/null"] * 3, "monitor's 0-2")
        s.talk.ok("QUIT")


@root_only
def monitor__nobody_can_trace_it():
    with Session() as s:
        s.talk.banner()
        for pid in (s.pid, s.child()):
            limits = slurp("/proc/%d/limits" % pid)
            check(re.search(r"Max core file size\s+0\s+0\s", limits), limits)
        equal(os.stat("/proc/%d/environ" % s.child()).st_uid, 0,
              "the front can be traced")
        s.talk.ok("QUIT")


@root_only
def pipelined_behind_pass__reaches_the_session():
    mailbox(SAMPLE)
    with Session() as s:
        total = sum(len(wire(m)) for m in SAMPLE)
        s.talk.send("USER alice\r\nPASS %s\r\nSTAT\r\nNOOP\r\nDELE 1\r\nQUIT"
                    "\r\n" % password("alice"))
        s.talk.banner()
        equal([s.talk.line() for _ in range(5)], [
            "+OK Password required for alice.",
            "+OK alice has %d messages (%d octets)." % (len(SAMPLE), total),
            "+OK %d %d" % (len(SAMPLE), total), "+OK ",
            "+OK Message 1 has been deleted."])
        check(s.talk.line().startswith("+OK"), "QUIT refused")
        equal(s.talk.at_end(), b"")


@root_only
def pipelined_behind_pass__half_a_line__goes_on_in_the_session():
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        s.talk.send("USER alice\r\nPASS %s\r\nST" % password("alice"))
        s.talk.line()
        s.talk.line()
        s.talk.send("AT\r\n")
        check(s.talk.line().startswith("+OK %d " % len(SAMPLE)), "STAT")
        s.talk.ok("QUIT")


@root_only
def pipelined_behind_pass__thousands__all_are_answered():
    mailbox(SAMPLE)
    n = 3000
    with Session() as s:
        s.talk.send("USER alice\r\nPASS %s\r\n%sQUIT\r\n" % (
            password("alice"), "NOOP\r\n" * n))
        s.talk.banner()
        for _ in range(n + 3):
            check(s.talk.line().startswith("+OK"), "refused")
        equal(s.talk.at_end(), b"")


@root_only
def language__of_the_front__goes_on_in_the_session():
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        equal(s.talk.ask("LANG fr"), "+OK fr Langue chang\xc3\xa9e", "LANG")
        equal(s.talk.ask("USER alice"), "+OK Mot de passe requis pour alice.",
              "USER")
        s.talk.ok("PASS " + password("alice"))
        equal(s.talk.ask("DELE 99"), "-ERR Le message 99 n'existe pas.",
              "in the session")
        equal(s.talk.ask("LANG en"), "+OK en Language changed", "LANG")
        s.talk.ok("QUIT")


def alive(pids):
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if not status(pid)["State"].startswith(("Z", "X")):
                found.append(pid)
    return found


@root_only
def monitor__killed__the_others_end():
    for login in (False, True):
        maildir, _ = mailbox(SAMPLE)
        with Session() as s:
            s.expected = -signal.SIGKILL
            s.talk.banner()
            if login:
                s.talk.login("alice")
                s.talk.ok("DELE 1")
            other = s.child()
            os.kill(s.pid, signal.SIGKILL)
            equal(s.talk.at_end(), b"", "after the monitor's death")
            eventually("end of the other", lambda: not alive([other]))
        equal(len(files(maildir)), len(SAMPLE), "messages")


@root_only
def front__killed__the_monitor_ends():
    with Session() as s:
        s.talk.banner()
        os.kill(s.child(), signal.SIGKILL)
        equal(s.talk.at_end(), b"")


@root_only
def session__killed__nothing_is_lost_and_pam_is_told():
    log = Log()
    maildir, _ = mailbox(SAMPLE)
    service = pam_service("warned", PLAIN_PAM +
                          "session optional pam_warn.so\n")
    with Session(service) as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.ok("DELE 1")
        os.kill(s.child(), signal.SIGKILL)
        equal(s.talk.at_end(), b"")
    equal(len(files(maildir)), len(SAMPLE), "messages")
    log.wait(r"function=\[pam_sm_close_session\]")


@root_only
def signal__term_hup_int__session_ends_pam_is_told_nothing_is_lost():
    service = pam_service("warned", PLAIN_PAM +
                          "session optional pam_warn.so\n")
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        log = Log()
        maildir, _ = mailbox(SAMPLE)
        with Session(service) as s:
            s.talk.banner()
            s.talk.login("alice")
            s.talk.retr(1)
            s.talk.ok("DELE 1")
            os.kill(s.pid, number)
            equal(s.talk.at_end(), b"")
        equal(len(files(maildir)), len(SAMPLE), "messages")
        log.wait(r"function=\[pam_sm_close_session\]")


@root_only
def signal__before_login__all_end():
    with Session() as s:
        s.talk.banner()
        os.kill(s.pid, signal.SIGTERM)
        equal(s.talk.at_end(), b"")


def ignore_and_block_signals():
    """As a careless superserver leaves them."""
    every = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    for number in every:
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, every)


def named_signals(mask):
    return {n for n in range(1, 32) if int(mask, 16) >> (n - 1) & 1}


def ignores_two_signals(pid, who):
    equal(named_signals(status(pid)["SigIgn"]),
          {signal.SIGPIPE, signal.SIGXFSZ}, "what the %s ignores" % who)


@root_only
def signals__ignored_and_blocked_by_the_superserver__do_no_harm():
    maildir, _ = mailbox(SAMPLE)
    for end in (lambda s: s.talk.ok("QUIT"),
                lambda s: os.kill(s.pid, signal.SIGTERM)):
        with Session(setup=ignore_and_block_signals) as s:
            s.talk.banner()
            ignores_two_signals(s.pid, "monitor")
            ignores_two_signals(s.child(), "front")
            s.talk.login("alice")
            ignores_two_signals(s.child(), "session")
            equal(named_signals(status(s.child())["SigBlk"]), set())
            end(s)
            s.talk.at_end()
    equal(len(files(maildir)), len(SAMPLE), "messages")


@root_only
def client__vanishes_at_any_moment__all_end_and_nothing_is_lost():
    maildir, _ = mailbox(SAMPLE)
    steps = ["USER alice", "PASS " + password("alice"), "STAT", "DELE 1",
             "RETR 7", "QUIT"]
    for n in range(len(steps)):
        for half in (False, True):
            with Session() as s:
                s.talk.banner()
                for step in steps[:n]:
                    s.talk.ok(step)
                if half:
                    s.talk.send(steps[n][:-1])
    equal(len(files(maildir)), len(SAMPLE), "messages")


@root_only
def client__ends_its_sending_side_only__gets_all_answers():
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.send("USER alice\r\nPASS %s\r\nSTAT\r\nQUIT\r\n"
                    % password("alice"))
        s.talk.sock.shutdown(1)
        s.talk.banner()
        for _ in range(4):
            check(s.talk.line().startswith("+OK"), "refused")
        equal(s.talk.at_end(), b"")


@root_only
def client__two_pipes__works():
    import subprocess
    mailbox(SAMPLE)
    p = subprocess.run([SOLOPOP] + options(), capture_output=True, timeout=20,
                       input=b"USER alice\r\nPASS %s\r\nSTAT\r\nQUIT\r\n" %
                       password("alice").encode())
    equal(p.returncode, 0, "status")
    lines = p.stdout.split(b"\r\n")
    check(len(lines) == 6 and all(s.startswith(b"+OK") for s in lines[:5]),
          p.stdout)
    check(b"POP login" not in p.stdout, "log on the wire")


@root_only
def login_timeout__silent_client__all_end():
    log = Log()
    with Session("--login-timeout=1") as s:
        s.talk.banner()
        equal(s.talk.at_end(), b"", "RFC 1939: no word at a timeout")
    log.wait(r"Timeout \(1 secs\)")


@root_only
def second_session__of_the_same_user__in_use():
    mailbox(SAMPLE)
    with Session() as first:
        first.talk.banner()
        first.talk.login("alice")
        with Session("--lock-wait=0") as second:
            second.talk.banner()
            second.talk.ok("USER alice")
            answer = second.talk.refused("PASS " + password("alice"))
            check(answer.startswith("-ERR [IN-USE] "), answer)
        first.talk.ok("QUIT")


@root_only
def no_auth__as_root__refused():
    with Session("--no-auth") as s:
        s.expected = None
        check(s.talk.line().startswith("-ERR [SYS/PERM]"))
        equal(s.talk.at_end(), b"")


@root_only
def config_file__not_roots_alone__refused():
    mailbox(SAMPLE)
    path = BENCH + "/solopop.conf"
    for mode, owner, good in ((0o644, 0, True), (0o666, 0, False),
                              (0o644, uid("alice"), False)):
        spill(path, "set shy = true\n", mode)
        os.chown(path, owner, 0)
        with Session("--config-file=" + path) as s:
            s.expected = None
            line = s.talk.line()
            check(line.startswith("+OK ready" if good else "-ERR [SYS/PERM]"),
                  oct(mode), owner, line)
            if good:
                s.talk.ok("QUIT")


@root_only
def login_delay__is_kept_in_the_maildir():
    maildir, _ = mailbox(SAMPLE)
    log = Log()
    with Door("--login-delay=3600", "--login-burst=2") as door:
        for i in range(3):
            talk = Talk.to(door.port)
            talk.banner()
            talk.ok("USER alice")
            answer = talk.ask("PASS " + password("alice"))
            equal(answer.split()[:2], ["+OK", "alice"] if i < 2 else
                  ["-ERR", "[LOGIN-DELAY]"], "login %d" % i)
            if i < 2:
                talk.ok("QUIT")
            equal(talk.at_end(), b"")
            talk.close()
    check(os.stat(maildir + "/solopop.pace").st_uid == uid("alice"))
    log.wait(r"alice at 127\.0\.0\.1 .*-ERR \[LOGIN-DELAY\]")


LISTED = "login refused: user=alice rhost=.* reason=/.*/listed keeps the user out"


@root_only
def access__by_file_and_shell__is_said_in_the_log_and_not_why_to_the_client():
    mailbox(SAMPLE)
    listed = os.path.join(BENCH, "listed")
    spill(listed, "bob\nalice\n")
    spill(BENCH + "/others", "bob\n")
    for option, answer, word in (
            ("--nonauth-file=" + listed, "-ERR", LISTED),
            ("--auth-file=" + BENCH + "/others", "-ERR",
             "login refused: user=alice .*/others keeps the user out"),
            ("--auth-file=/etc/passwd/x", "-ERR", ": Not a directory"),
            ("--auth-file=/nonexistent", "+OK", None),
            ("--auth-file=" + listed, "+OK", None)):
        log = Log()
        with Session(option) as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            said = s.talk.ask("PASS " + password("alice"))
            check(said.startswith(answer), option, said)
            check("passwd" not in said and "listed" not in said, said)
            s.talk.ok("QUIT")
        if word is not None:
            log.wait(word)


@root_only
def front__account_with_roots_rights__no_session():
    log = Log()
    with Session("--front-user=root") as s:
        s.expected = None
        check(s.talk.line().startswith("-ERR [SYS/PERM]"))
        equal(s.talk.at_end(), b"")
    log.wait("cannot lock up the front")


@root_only
def empty_dir__that_others_can_change__no_session():
    """By its group, by all, by its owner; a link to one that is as it should be."""
    log = Log()
    path = BENCH + "/not-so-empty"
    os.mkdir(path)
    for mode, owner in ((0o775, 0), (0o757, 0), (0o755, uid("alice")),
                        (None, 0)):
        if mode is None:
            os.rmdir(path)
            os.symlink(EMPTY, path)
        else:
            os.chmod(path, mode)
            os.chown(path, owner, 0)
        with Session("--empty-dir=" + path) as s:
            s.expected = None
            answer = s.talk.line()
            check(answer.startswith("-ERR [SYS/PERM]"), mode, owner, answer)
        log.wait("cannot lock up the front .*" + path)
        log.lines.clear()
    os.unlink(path)


@root_only
def session__makes_files_for_its_user_alone():
    """Whatever mode a library asks for."""
    mailbox(SAMPLE)
    with Session(setup=lambda: os.umask(0)) as s:
        s.talk.banner()
        s.talk.login("alice")
        equal(status(s.child())["Umask"], "0077")
        s.talk.ok("QUIT")


@root_only
def index__of_another_user__is_not_believed():
    """Somebody who can write there could make sizes and ids up."""
    maildir, _ = mailbox(SAMPLE)
    index = maildir + "/solopop.index"

    def poll():
        with Session() as s:
            s.talk.banner()
            s.talk.login("alice")
            s.talk.ok("UIDL")
            s.talk.body()
            s.talk.ok("QUIT")

    def inode():
        return os.stat(index).st_ino

    def stays():
        """Written in the tick of the last change, it is written once more."""
        before = inode()
        poll()
        return inode() == before

    poll()
    for owner, kept in ((uid("alice"), True), (uid("bob"), False)):
        eventually("an index that stays", stays)
        os.utime(index, ns=(1, 1))
        os.chmod(index, 0o644)
        os.chown(index, owner, owner)
        poll()
        st = os.stat(index)
        equal((st.st_uid, st.st_mtime_ns == 1), (uid("alice"), kept), owner)


@root_only
def log__where_standard_error_is_standard_output__is_not_the_clients():
    """As with two pipes, and 2>&1: only one of the two is the same."""
    def last_word(**how):
        done = subprocess.run(
            [SOLOPOP] + options("--no-sandbox"), capture_output=False,
            timeout=PATIENCE, cwd="/", **how)
        return done
    for same in ("stdout", "stdin"):
        ours, theirs = tcp_pair()
        out_r, out_w = os.pipe()
        err = out_w if same == "stdout" else theirs.fileno()
        with theirs:
            ours.sendall(b"NONSENSE\r\nUSER alice\r\nPASS wrong\r\nQUIT\r\n")
            ours.shutdown(socket.SHUT_WR)
            with contextlib.suppress(FileNotFoundError):
                os.unlink("/dev/log")
            last_word(stdin=theirs, stdout=out_w, stderr=err)
        os.close(out_w)
        said = b""
        while True:
            some = os.read(out_r, 65536)
            if not some:
                break
            said += some
        os.close(out_r)
        ours.settimeout(PATIENCE)
        said += Talk(ours).at_end()
        ours.close()
        check(all(line.startswith((b"+OK", b"-ERR"))
                  for line in said.splitlines()), same, said)


@root_only
def proxy_timeout__longer_than_that_of_the_login__ends_with_it():
    log = Log()
    with Session("--proxy-from=127.0.0.1", "--login-timeout=1",
                 "--proxy-timeout=3600") as s:
        s.expected = None
        equal(s.talk.at_end(), b"")
    log.wait("no PROXY header in [01] seconds")


@root_only
def tls_program__that_cannot_start__ends_the_session():
    for program in ("/nonexistent/x", "/bin/false"):
        log = Log()
        with Session("--tls-cert=/nonexistent", "--tls-program=" + program) \
                as s:
            s.expected = None
            s.talk.banner()
            answer = s.talk.ask("STLS")
            if answer.startswith("+OK"):
                equal(s.talk.at_end(), b"")

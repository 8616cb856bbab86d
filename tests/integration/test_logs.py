"""The log: lines that other programs wait for, whatever a client calls itself."""
import contextlib
import os
import re
import shutil
import socket
import tempfile

from lab import *

# Of pop-before-smtp, for qpopper: time, program, what became of a login.
FILTERS = "/etc/fail2ban/filter.d"      # in the /etc of our own
STAMP = "Nov 23 12:00:00 "
PATTERNS = (
    r"^(... .. ..:..:..) \S+ (?:in\.)?qpopper[^[]*\[\d+\]: \([^)]*\) POP login "
    r'by user "[^"]+" at \([^)]+\) (\d+\.\d+\.\d+\.\d+)',
    r"^(... .. ..:..:..) \S+ (?:in\.q|q)?popper\[\d+\]: Stats: \S+ \d+ \d+ \d+ "
    r"\d+ (?:\S+ )?(\d+\.\d+\.\d+\.\d+)",
)
HOSTILE = (
    "x] from host (192.0.2.1) 192.0.2.1",
    "alice\\ from\\ host",
    'a"b(c)d',
    "x\tPOP",
    "\xff\xfe",
    "<HOST>",
)


def called(name):
    """The server under another name, as an old inetd.conf has it."""
    path = os.path.join(BENCH, "called", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path):
        os.symlink(SOLOPOP, path)
    return path


class As(Session):
    """A session of the server under another name."""

    def __init__(self, name, *more, **how):
        self.program = called(name)
        super().__init__("--import-program=" + BENCH + "/solopop-import",
                         *more, **how)


def fail_logins(talk, names):
    talk.banner()
    for name in names:
        if talk.ask("USER " + name).startswith("+OK"):
            talk.refused("PASS wrong")
    talk.ok("QUIT")


@root_only
def login__as_qpopper__lines_are_what_pop_before_smtp_waits_for():
    for name in ("in.qpopper", "qpopper"):
        log = Log()
        mailbox(SAMPLE)
        os.makedirs(BENCH + "/none", exist_ok=True)
        with As(name, "--spool-dir=" + BENCH + "/none") as s:
            s.talk.banner()
            s.talk.login("alice")
            s.talk.ok("QUIT")
            s.talk.at_end()
        log.wait("Stats: alice")
        lines = [STAMP + "host " + line for line in log.lines]
        for pattern in PATTERNS:
            found = [m for m in (re.search(pattern, s) for s in lines) if m]
            equal(len(found), 1, pattern)
            equal(found[0].group(2), "127.0.0.1", pattern)


@root_only
def login__line_of_ones_own__is_written():
    log = Log()
    mailbox(SAMPLE)
    with Session("--log-login=in: %1 %3 %% %2 v%0 %9") as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.ok("QUIT")
        s.talk.at_end()
    log.wait(r"\]: in: alice 127\.0\.0\.1 %% 127\.0\.0\.1 v\d\S* %9$")
    with Session("--log-login=off") as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.ok("QUIT")
        s.talk.at_end()
    log.wait("Stats: alice")
    check(not log.has("POP login"), "a line although it is off")


@root_only
def failures__of_hostile_names__are_lines_of_one_form():
    log = Log()
    with Session("--failure-delay=0", "--max-failures=99",
                 "--max-bad-commands=99") as s:
        fail_logins(s.talk, HOSTILE)
        s.talk.at_end()

    def lines():
        return [s for s in log.lines if "Failed attempted login" in s]

    eventually("lines of failures", lambda: len(lines()) >= 3)
    for line in lines():
        check(re.search(r"^solopop\[\d+\]: \[AUTH\] Failed attempted login to "
                        r"[!-~]+ from host \(127\.0\.0\.1\) 127\.0\.0\.1$",
                        line), "form of", line)


@root_only
def failures__are_what_fail2ban_waits_for():
    if not shutil.which("fail2ban-regex"):
        raise Skip("no fail2ban")
    log = Log()
    mailbox(SAMPLE)
    with Session("--failure-delay=0", "--max-failures=99",
                 "--max-bad-commands=99") as s:
        fail_logins(s.talk, ("alice", "nosuchuser") + HOSTILE)
        s.talk.at_end()
    with As("popper", "--spool-dir=" + BENCH + "/none") as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.ok("QUIT")
        s.talk.at_end()
    log.wait("Stats: alice")
    failed = sum("Failed attempted login" in s for s in log.lines)
    check(failed >= 2, "failed logins in the log:", failed)
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/mail.log"
        with open(path, "w", encoding="latin-1") as f:
            for line in log.lines:
                f.write(STAMP + "mail " + line + "\n")
        shutil.copy(EXAMPLES + "/fail2ban/filter.conf", FILTERS)
        said = succeed(["fail2ban-regex", "--print-all-matched", path,
                        FILTERS + "/filter.conf"])
    check("Failregex: %d total" % failed in said.stdout.decode("latin-1"),
          "fail2ban said:", said.stdout.decode("latin-1"))

# --- journald -----------------------------------------------------------------

class Journal:
    """journald's sockets, and what a program sends there."""

    def __init__(self):
        os.makedirs("/run/systemd/journal", exist_ok=True)
        for path in ("/dev/log", "/run/systemd/journal/dev-log",
                     "/run/systemd/journal/socket"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        self.native = self.listen("/run/systemd/journal/socket")
        self.syslog = self.listen("/run/systemd/journal/dev-log")
        os.symlink("/run/systemd/journal/dev-log", "/dev/log")

    @staticmethod
    def listen(path):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(path)
        s.settimeout(PATIENCE)
        os.chmod(path, 0o666)
        return s

    def old(self):
        """What has come by syslog so far."""
        lines = []
        self.syslog.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                lines.append(self.syslog.recv(65536))
        return lines

    def entry(self):
        return dict(line.split("=", 1) for line in
                    self.native.recv(65536).decode().splitlines())


@root_only
def journald__each_line__has_session_user_and_client_as_fields():
    mailbox(SAMPLE)
    journal = Journal()
    with Session() as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        s.talk.refused("PASS wrong")
        s.talk.login("alice")
        s.talk.ok("QUIT")
    entries = [journal.entry()]
    while not entries[-1]["MESSAGE"].startswith("Stats:"):
        entries.append(journal.entry())
    sessions = {e["SOLOPOP_SESSION"] for e in entries}
    equal(len(sessions), 1, sessions)
    for e in entries:
        equal(e["SOLOPOP_RHOST"], "127.0.0.1")
        equal(e["SYSLOG_IDENTIFIER"], "solopop")
        equal(e["SYSLOG_FACILITY"], "2")
        equal(e["SOLOPOP_USER"], "alice", e["MESSAGE"])
        check(e["MESSAGE"].endswith(" session=" + e["SOLOPOP_SESSION"]), e)
    old = journal.old()     # the lines of PAM's modules
    check(not any(b" session=" in line for line in old), "twice", old)


@root_only
def journald__gone__lines_go_to_syslog():
    mailbox(SAMPLE)
    journal = Journal()
    with Session() as s:
        s.talk.banner()
        journal.native.close()
        s.talk.login("alice")
        s.talk.ok("QUIT")
    check(any(b"POP login by user" in line for line in journal.old()),
          "nothing came")


def ours(log):
    """Without those of PAM's modules."""
    return [line for line in log.whole if " pam_unix(" not in line]


@root_only
def session__has_one_id__that_of_its_unit_if_it_has_one():
    mailbox(SAMPLE)
    log = Log()
    with Session() as s:
        s.talk.banner()
        s.talk.login("alice")
        s.talk.refused("RETR 99")
        s.talk.ok("QUIT")
    log.wait("Stats: alice")
    ids = {line.rpartition(" session=")[2] for line in ours(log)}
    equal(len(ids), 1, ids)
    check(re.fullmatch("[0-9a-f]{16}", ids.pop()), ids)
    unit = "0123456789abcdef0123456789abcdef"
    for pid, has in (("$$", True), ("1", False)):
        log = Log()
        with Session(prefix=["sh", "-c", "SYSTEMD_EXEC_PID=%s INVOCATION_ID=%s "
                             'exec "$@"' % (pid, unit), "sh"]) as s:
            s.talk.banner()
            s.talk.login("alice")
            s.talk.ok("QUIT")
        log.wait("Stats: alice")
        equal({unit in line for line in ours(log)}, {has}, pid)


@anyone
def fail2ban__journal__believes_fields_of_the_kernel_alone():
    """Each user can give SYSLOG_IDENTIFIER, none but root _UID=0."""
    match = re.search(r"^journalmatch = (.*)$",
                      slurp(EXAMPLES + "/fail2ban/filter.conf"), re.M)
    groups = [group.split() for group in match.group(1).split(" + ")]
    names = {field.partition("=")[2] for group in groups for field in group
             if field.startswith("SYSLOG_IDENTIFIER=")}
    equal(names, {"solopop", "popper", "qpopper", "in.qpopper"})
    check(all("_UID=0" in group for group in groups), groups)

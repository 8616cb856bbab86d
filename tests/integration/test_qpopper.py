"""An old site of qpopper's: the binary is swapped, and no client notices."""
import collections
import fcntl
import hashlib
import os
import pty
import re
import shutil
import subprocess
import threading

from lab import *
from lab import home
from test_logs import As

SPOOLS = os.path.join(BENCH, "mail")


def from_line(n):
    return "From jane@example.org Mon Jan  1 10:%02d:00 2024\n" % n


def spools():
    """A spool as Debian has it: the directory is writable for a group."""
    os.makedirs(SPOOLS, exist_ok=True)
    for name in os.listdir(SPOOLS):
        if not os.path.isdir(os.path.join(SPOOLS, name)):
            os.unlink(os.path.join(SPOOLS, name))
    os.chown(SPOOLS, 0, GROUPS["readers"][0])
    os.chmod(SPOOLS, 0o2775)


def put_spool(user, text, name=None):
    path = os.path.join(SPOOLS, name or user)
    spill(path, text.encode() if isinstance(text, str) else text, 0o660)
    os.chown(path, uid(user), GROUPS["readers"][0])
    return path


def polled(n):
    """A message that a client of qpopper's has seen."""
    return "X-UIDL: seen-%d\nSubject: %d\nStatus: RO\n\nbody %d\n" % (n, n, n)


def fresh(n):
    return "Message-Id: <%d@x>\nSubject: %d\n\nbody %d\n" % (n, n, n)


def old_uid(n):
    return hashlib.md5((from_line(n) + "Message-Id: <%d@x>\nSubject: %d\n"
                        % (n, n)).encode()).hexdigest()


def mbox(*messages):
    return "".join(from_line(n) + text + "\n" for n, text in messages)


def uidls(talk):
    return list(talk.listing("UIDL").values())


def session(user="alice", *more, name="popper"):
    return As(name, "--spool-dir=" + SPOOLS, *more)


def read_all(user="alice", *more, delete=False):
    """{uidl: message} of a session, which leaves them or not."""
    with session(user, *more) as s:
        s.talk.banner()
        s.talk.login(user)
        got = {}
        for i, uidl in enumerate(uidls(s.talk)):
            got[uidl] = s.talk.retr(i + 1)
            if delete:
                s.talk.ok("DELE %d" % (i + 1))
        s.talk.ok("QUIT")
        equal(s.talk.at_end(), b"")
    return got


@root_only
def spool__of_a_site__comes_into_the_maildir_with_its_ids():
    log = Log()
    make_home("alice")
    spools()
    path = put_spool("alice", mbox((1, polled(1)), (2, fresh(2)),
                                   (3, polled(3))))
    inode = os.stat(path).st_ino
    got = read_all()
    equal(sorted(got), sorted(["seen-1", old_uid(2), "seen-3"]))
    equal(got["seen-1"], wire(polled(1).encode()))
    equal(got[old_uid(2)], wire(fresh(2).encode()))
    equal((os.stat(path).st_size, os.stat(path).st_ino), (0, inode))
    check(not os.path.exists(path + ".lock"), "a lock file is left")
    check(not os.path.exists(home("alice") + "/Maildir/solopop.drain"),
          "the staging directory is left")
    log.wait(r"^popper\[\d+\]: import: alice: 3 messages \(\d+ bytes\) drained from ")
    for directory, _, names in os.walk(home("alice")):
        for name in names:
            st = os.lstat(os.path.join(directory, name))
            equal((st.st_uid, st.st_gid), (uid("alice"),) * 2, name)
    # What comes later has no id of its sender's, and the old ones stay.
    put_spool("alice", mbox((4, polled(1))))
    again = read_all()
    equal(len(again), 4)
    equal({k: again[k] for k in got}, got)
    check("seen-1" in again and len(set(again)) == 4, "ids", again.keys())


@root_only
def spool__with_a_temporary_drop__brings_both():
    make_home("alice")
    spools()
    put_spool("alice", mbox((2, polled(2))))
    drop = put_spool("alice", mbox((1, polled(1))), ".alice.pop")
    equal(list(read_all()), ["seen-1", "seen-2"])
    equal(os.stat(drop).st_size, 0)


def locked(path, code):
    """A process of its own has an fcntl lock on the file meanwhile."""
    ready, told = os.pipe()
    done, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            f = os.open(path, os.O_RDWR)
            fcntl.lockf(f, fcntl.LOCK_EX)
            os.write(told, b"x")
            os.close(end)
            os.read(done, 1)
        finally:
            os._exit(0)
    os.close(done)
    try:
        equal(os.read(ready, 1), b"x")
        return code()
    finally:
        os.close(end)
        os.close(ready)
        os.close(told)
        os.waitpid(pid, 0)


@root_only
def temp_drop__whose_lock_is_held__comes_once():
    """Nothing of it with the spool, nothing of it twice, nothing lost."""
    make_home("alice")
    spools()
    put_spool("alice", mbox((3, polled(3)), (4, polled(4))))
    drop = put_spool("alice", mbox((1, polled(1)), (2, polled(2))),
                     ".alice.pop")
    locked(drop, lambda: refused("IN-USE"))
    equal(sorted(read_all()), ["seen-%d" % i for i in (1, 2, 3, 4)])
    equal(os.stat(drop).st_size, 0)
    # Later ones delay the drop alone.
    put_spool("alice", mbox((6, polled(6))))
    put_spool("alice", mbox((5, polled(5))), ".alice.pop")
    equal(len(locked(drop, read_all)), 5)
    equal(os.stat(drop).st_size > 0, True)
    equal(len(read_all()), 6)
    equal(len(read_all()), 6)
    equal(os.stat(drop).st_size, 0)


@root_only
def draining__two_at_once_without_a_lock__mail_comes_once():
    make_home("alice")
    spools()
    rounds, each = 6, 40

    def login(answers):
        with session("alice", "--lock=none") as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            answers.append(s.talk.ask("PASS " + password("alice")))
            if answers[-1].startswith("+OK"):
                s.talk.ok("QUIT")
    for r in range(rounds):
        put_spool("alice", mbox(*((i, fresh(r * each + i))
                                  for i in range(each))))
        answers = []
        crowd = [threading.Thread(target=login, args=(answers,))
                 for _ in range(4)]
        for t in crowd:
            t.start()
        for t in crowd:
            t.join(PATIENCE)
        equal(len(answers), 4, "answers")
        check(all(re.match(r"\+OK|-ERR \[(IN-USE|SYS/TEMP)\]", a)
                  for a in answers), answers)
        for a in answers:               # none is told that nothing is there
            check(" has 0 messages" not in a, answers)
    got = read_all("alice", "--lock=none")
    equal(sorted(got.values()), sorted(wire(fresh(i).encode())
                                       for i in range(rounds * each)))
    equal(os.stat(SPOOLS + "/alice").st_size, 0)
    check(not os.path.exists(home("alice") + "/Maildir/solopop.drain"),
          "the staging directory is left")


@root_only
def adopt_uidls_none__first_spool__ids_are_names():
    make_home("alice")
    spools()
    put_spool("alice", mbox((1, polled(1)), (2, polled(2))))
    put_spool("alice", mbox((3, polled(3))), ".alice.pop")
    ids = list(read_all("alice", "--adopt-uidls=none"))
    check(len(set(ids)) == 3 and not any("seen" in i for i in ids), ids)
    equal(list(read_all()), ids)            # and no later session asks again


def refused(code, *more, user="alice"):
    """The login is refused, with that code."""
    with session(user, *more) as s:
        s.talk.banner()
        s.talk.ok("USER " + user)
        answer = s.talk.ask("PASS " + password(user))
        check(answer.startswith("-ERR [%s]" % code), answer)
        equal(s.talk.at_end(), b"")


@root_only
def first_draining__spool_is_locked__in_use():
    log = Log()
    make_home("alice")
    spools()
    text = mbox((1, polled(1)))
    path = put_spool("alice", text)
    spill(path + ".lock", "1\n")
    refused("IN-USE")
    equal(slurp(path), text)
    log.wait(r"alice: spool \S+: draining")
    os.unlink(path + ".lock")
    equal(list(read_all()), ["seen-1"])


@root_only
def later_draining__spool_is_locked__session_has_what_is_there():
    log = Log()
    make_home("alice")
    spools()
    put_spool("alice", mbox((1, polled(1))))
    equal(list(read_all()), ["seen-1"])
    path = put_spool("alice", mbox((2, polled(2))))
    spill(path + ".lock", "1\n")
    equal(list(read_all()), ["seen-1"])
    log.wait(r"alice: spool \S+: draining")
    os.unlink(path + ".lock")
    equal(len(read_all()), 2)


@root_only
def first_draining__fails__temporary_trouble():
    """Junk, no plain file, and an unreadable spool or drop."""
    def junk():
        put_spool("alice", "junk\n" + mbox((1, polled(1))))

    def directory():
        os.mkdir(os.path.join(SPOOLS, "alice"))

    def unreadable():
        path = put_spool("alice", mbox((1, polled(1))))
        os.chown(path, 0, 0)
        os.chmod(path, 0o600)

    def unreadable_drop():
        path = put_spool("alice", mbox((1, polled(1))), ".alice.pop")
        os.chown(path, 0, 0)
        os.chmod(path, 0o600)

    def fifo():
        os.mkfifo(os.path.join(SPOOLS, "alice"))
        os.chown(os.path.join(SPOOLS, "alice"), uid("alice"), 0)

    for what in (junk, directory, unreadable, unreadable_drop, fifo):
        log = Log()
        make_home("alice")
        spools()
        what()
        refused("SYS/TEMP")
        log.wait("alice: spool " + SPOOLS)
        if what == directory:
            os.rmdir(os.path.join(SPOOLS, "alice"))


@root_only
def first_draining__disk_is_full__temporary_trouble():
    make_home("alice")
    spools()
    path = put_spool("alice", mbox((1, polled(1)), (2, "x" * 70 + "\n" * 90000)))
    box = home("alice") + "/Maildir"
    os.mkdir(box, 0o700)
    mount("-t", "tmpfs", "-o", "size=64k,mode=700,uid=%d,gid=%d" % (
        uid("alice"), uid("alice")), "none", box)
    try:
        refused("SYS/TEMP")
        mount("-o", "remount,size=8m", box)
        equal(len(read_all()), 2)
    finally:
        succeed(["umount", box])
    check(os.path.exists(path))


@root_only
def first_draining__spool_directory_is_away__temporary_trouble():
    log = Log()
    make_home("alice")
    refused("SYS/TEMP", "--spool-dir=/nonexistent/spool")
    log.wait("alice: /nonexistent/spool: No such file or directory")
    make_home("alice")
    spools()
    refused("SYS/TEMP", "--temp-dir=/nonexistent/drops")
    put_spool("alice", mbox((1, polled(1))))
    equal(list(read_all()), ["seen-1"])
    equal(list(read_all("alice", "--spool-dir=/nonexistent/spool")),
          ["seen-1"])


@root_only
def spool__of_somebody_else__is_not_touched():
    make_home("alice")
    spools()
    text = mbox((1, polled(1)))
    other = put_spool("bob", text)
    os.symlink(other, os.path.join(SPOOLS, "alice"))
    refused("SYS/TEMP")
    equal(slurp(other), text)
    os.unlink(os.path.join(SPOOLS, "alice"))
    path = put_spool("alice", text)
    os.chown(path, uid("bob"), -1)
    refused("SYS/TEMP")
    equal(slurp(path), text)


@root_only
def spools__spread_by_hash__are_found():
    make_home("alice")
    spools()
    for n, where in ((1, "%c" % (97 + sum(map(ord, "alice")) % 26)),
                     (2, "a/l")):
        directory = os.path.join(SPOOLS, where)
        os.makedirs(directory, exist_ok=True)
        os.chmod(directory, 0o1777)
        path = put_spool("alice", mbox((n, polled(n))), where + "/alice")
        check("body %d" % n in str(read_all("alice", "--hash-spool=%d" % n)),
              "hash", n)
        equal(os.stat(path).st_size, 0)
        os.unlink(path)


@root_only
def bulletins__come_once_and_to_the_group():
    make_home("alice")
    make_home("bob")
    spools()
    directory = os.path.join(BENCH, "bulletins")
    os.makedirs(directory, exist_ok=True)
    for name in os.listdir(directory):
        os.unlink(os.path.join(directory, name))
    spill(directory + "/1.ALL.hello",
          "From pop Mon Jan  1 10:00:00 2024\nSubject: all\n\nall\n")
    spill(directory + "/2.mailers.hello", "Subject: mailers\n\nmailers\n")
    more = ("--bulldir=" + directory, "--group-bulletins",
            "--max-bulletins=9")
    for _ in (1, 2):
        equal(sorted(read_all("alice", *more).values()),
              sorted([wire(b"Subject: all\n\nall\n"),
                      wire(b"Subject: mailers\n\nmailers\n")]))
        equal(list(read_all("bob", *more).values()),
              [wire(b"Subject: all\n\nall\n")])
    spill(directory + "/3.x", "Subject: three\n\n")
    equal(len(read_all("bob", "--bulldir=" + directory)), 2)


@root_only
def command_line__of_inetd_conf__is_taken():
    log = Log()
    make_home("alice")
    spools()
    put_spool("alice", mbox((1, polled(1))))
    old = os.path.join(BENCH, "old.conf")
    spill(old, "set statistics = true\nset server-mode\nset fast-update = true\n"
               "set spool-dir = %s\nset log-login = \"in %%1\"\n"
               "set tracefile = /tmp/trace\n" % SPOOLS)
    with As("in.qpopper", "-s", "-S", "-R", "-T", "77", "-u", "-f", old) as s:
        s.talk.banner()
        equal(s.talk.login("alice"), "+OK alice has 1 message (%d octets)." %
              len(wire(polled(1).encode())))
        s.talk.ok("QUIT")
        s.talk.at_end()
    log.wait(r"^in\.qpopper\[\d+\]: in alice$")
    log.wait(r"^in\.qpopper\[\d+\]: Stats: alice 0 0 1 ")
    log.wait("options without effect: server-mode fast-update")
    log.wait("option tracefile is not done")
    log.wait("option user-options is not done")
    check(not os.path.exists("/tmp/trace"), "a trace was written")


# ---- ahead of time -----------------------------------------------------------

IMPORT = BENCH + "/solopop-import"


def run_import(*more, **how):
    if not os.access(IMPORT, os.X_OK):
        raise Skip("solopop-import is not built")
    return command([IMPORT, "--spool-dir=" + SPOOLS] + list(more), cwd="/",
                   **how)


@root_only
def import__of_all_users__verifies_what_it_did():
    make_home("alice")
    make_home("bob")
    spools()
    text = mbox((1, polled(1)), (2, fresh(2)))
    put_spool("alice", text)
    put_spool("bob", mbox((3, polled(3)), (4, polled(3))))
    said = run_import("--all", "--dry-run")
    equal(said.returncode, 0, said.stderr)
    check(b"alice: 2 messages" in said.stdout, said.stdout)
    equal(slurp(os.path.join(SPOOLS, "alice")), text)
    equal(os.listdir(home("alice")), [], "a dry run wrote")
    said = run_import("--all")
    equal(said.returncode, 0, said.stderr)
    check(b"alice: 2 messages, %d octets are in the Maildir, octets and "
          b"unique-ids verified" % (len(wire(polled(1).encode())) +
                                    len(wire(fresh(2).encode())))
          in said.stdout, said.stdout)
    check(b"2 users, 0 failed" in said.stdout, said.stdout)
    equal(sorted(read_all("alice")), sorted(["seen-1", old_uid(2)]))
    got = list(read_all("bob"))
    check(got[0] == "seen-3" and got[1] != "seen-3", got)
    said = run_import("--all")
    check(b"0 users, 0 failed" in said.stdout, said.stdout)
    for directory, _, names in os.walk(home("alice")):
        for name in names:
            equal(os.lstat(os.path.join(directory, name)).st_uid,
                  uid("alice"), name)


@root_only
def import__of_what_cannot_be__says_so():
    make_home("alice")
    spools()
    put_spool("alice", "this is no mbox\n")
    said = run_import("alice", "root", "nosuchuser")
    equal(said.returncode, 1)
    for words in (b"alice: the spool cannot be read", b"root: below min-uid",
                  b"nosuchuser: no such user"):
        check(words in said.stderr, words, said.stderr)
    equal(run_import().returncode, 64)
    equal(run_import("--all", "alice").returncode, 64)
    equal(run_import("--bogus", "alice").returncode, 64)


@root_only
def drain__stopped_at_every_call__gives_the_same_maildrop():
    if not shutil.which("strace"):
        raise Skip("no strace here")
    text = mbox((1, polled(1)), (2, fresh(2)), (3, polled(3)))
    wanted = {"seen-1": polled(1), old_uid(2): fresh(2), "seen-3": polled(3)}
    trace = os.path.join(BENCH, "trace")

    def prepare():
        make_home("alice")
        spools()
        return put_spool("alice", text)

    # Where a process of its own begins, its calls are counted from one.
    prepare()
    equal(run_traced(trace).returncode, 0)
    made = collections.Counter()
    child = sorted(n for n in os.listdir(BENCH) if n.startswith("trace."))[-1]
    for line in slurp(os.path.join(BENCH, child)).splitlines():
        name = line.split("(")[0]
        if name.isidentifier() and not name.startswith("exit"):
            made[name] += 1
    runs = 0
    faults = [(name, "signal=KILL") for name in sorted(made)]
    faults += [(name, "error=" + error) for error in ("ENOSPC", "EIO", "EINTR")
               for name in ("openat", "write", "fsync", "renameat", "unlinkat",
                            "ftruncate", "linkat", "mkdirat", "pread64")]
    for name, fault in faults:
        for n in range(1, made[name] + 1):
            prepare()
            run_traced("/dev/null", "-e", "inject=%s:%s:when=%d"
                       % (name, fault, n))
            lock = os.path.join(SPOOLS, "alice.lock")
            if os.path.exists(lock):
                os.unlink(lock)         # as its age would have had it
            got = read_all()
            equal({k: got[k] for k in sorted(got)},
                  {k: wire(wanted[k].encode()) for k in sorted(wanted)},
                  "%s number %d, %s" % (name, n, fault))
            runs += 1
    check(runs > 200, "only", runs, "runs")


def run_traced(trace, *more):
    if not os.access(IMPORT, os.X_OK):
        raise Skip("solopop-import is not built")
    for name in os.listdir(BENCH):
        if name.startswith("trace."):
            os.unlink(os.path.join(BENCH, name))
    how = ["-ff"] if trace != "/dev/null" else ["-f"]
    return command(["strace", "-o", trace] + how + list(more) +
                   [IMPORT, "--no-sandbox", "--spool-dir=" + SPOOLS, "alice"],
                   cwd="/")


@root_only
def way_back__of_the_guide__keeps_ids_and_mail():
    guide = slurp(os.path.join(EXAMPLES, "..", "doc", "from-qpopper.md"))
    begin = guide.index("mbox=/var/mail/USER")
    script = guide[begin:guide.index('done >>"$mbox"') + 15]
    make_home("alice")
    spools()
    path = put_spool("alice", mbox((1, polled(1)), (2, fresh(2))))
    before = read_all()
    script = script.replace("/var/mail/USER", path)
    done = command(["setpriv", "--reuid", str(uid("alice")), "--regid",
                    str(uid("alice")), "--clear-groups", "sh", "-c", script],
                   cwd=home("alice"))
    equal((done.returncode, done.stderr), (0, b""))
    os.rename(home("alice") + "/Maildir", home("alice") + "/Maildir.before")
    equal(sorted(read_all()), sorted(before))


# ---- a whole site ------------------------------------------------------------

FOLDER_DATA = ("From MAILER-DAEMON Mon Jan  1 00:00:00 2024\n"
               "From: Mail System Internal Data <MAILER-DAEMON@host>\n"
               "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
               "X-IMAP: 1704067200 7\nStatus: RO\n\nThis is no message.\n\n")


def with_length(n, body):
    return "X-UIDL: seen-%d\nContent-Length: %d\nStatus: RO\n\n%s" % (
        n, len(body), body)


SITE = {
    # user: (spool, temporary drop)
    "alice": (FOLDER_DATA + mbox((1, polled(1)), (2, fresh(2)),
                                 (3, with_length(3, from_line(9) + "x\n"))),
              mbox((4, polled(4)))),
    "bob": (mbox((5, polled(5))).replace("\n", "\r\n"), None),
    "newcomer": ("From  Mon Jan  1 10:06 +0100 2024\n" + polled(6) + "\n" +
                 "From \"a b\"@x Mon Jan  1 10:07:00 2024 remote from y\n" +
                 polled(7) + "\nFrom z Mon, 1 Jan 2024 10:08:00 GMT\n" +
                 polled(8), None),
}


class Client:
    """Leaves mail on the server, and remembers what it has fetched."""

    def __init__(self, user, *spools):
        self.user = user
        self.seen = set(re.findall(r"(?m)^X-UIDL: (\S+)", "".join(spools)))

    def poll(self, old):
        fetched = []
        with As("in.qpopper", "-s", "-S", "-R", "-f", old) as s:
            s.talk.banner()
            s.talk.login(self.user)
            for number, uidl in s.talk.listing("UIDL").items():
                if uidl not in self.seen:
                    fetched.append(s.talk.retr(int(number)))
                    self.seen.add(uidl)
            s.talk.ok("QUIT")
            s.talk.at_end()
        return fetched


@root_only
def site__after_the_swap__clients_fetch_what_is_new_and_nothing_else():
    spools()
    old = os.path.join(BENCH, "site.conf")
    spill(old, "set spool-dir = %s\nset server-mode\nset statistics\n"
               "set UW-kludge\nset mail-lock-check = 1000\n" % SPOOLS)
    clients = []
    for user, (spool, drop) in SITE.items():
        make_home(user)
        put_spool(user, spool)
        if drop:
            put_spool(user, drop, ".%s.pop" % user)
        clients.append(Client(user, spool, drop or ""))
    equal(sum(len(c.seen) for c in clients), 7, "messages polled before")
    for c in clients:
        equal(c.poll(old), [wire(fresh(2).encode())] if c.user == "alice"
              else [], c.user)
        put_spool(c.user, mbox((20, fresh(20))))
        equal(c.poll(old), [wire(fresh(20).encode())], c.user)
        equal(c.poll(old), [], c.user)
    with session("alice") as s:
        s.talk.banner()
        s.talk.login("alice")
        check(s.talk.ok("STAT").startswith("+OK 5 "), "messages of alice")
        s.talk.ok("QUIT")


# ---- what a site may have besides --------------------------------------------

@root_only
def mail__in_the_home_with_a_drop_elsewhere__brings_both():
    make_home("alice")
    spools()
    ours_to_give(home("alice"), "alice")
    spill(home("alice") + "/mbox", mbox((2, polled(2))), 0o600)
    os.chown(home("alice") + "/mbox", uid("alice"), uid("alice"))
    drop = put_spool("alice", mbox((1, polled(1))), ".alice.pop")
    more = ("--home-dir-mail=mbox", "--temp-dir=" + SPOOLS)
    equal(list(read_all("alice", *more, "--no-sandbox")), ["seen-1", "seen-2"])
    equal(os.stat(drop).st_size, 0)
    equal(os.stat(home("alice") + "/mbox").st_size, 0)


@root_only
def import_program__missing__refused_until_a_first_draining():
    log = Log()
    make_home("alice")
    spools()
    text = mbox((1, polled(1)))
    path = put_spool("alice", text)
    refused("SYS/TEMP", "--import-program=/nonexistent/x")
    equal(slurp(path), text)
    log.wait(r"/nonexistent/x: No such file or directory: no mail is taken in "
             "for alice")
    equal(list(read_all()), ["seen-1"])
    put_spool("alice", mbox((2, polled(2))))
    equal(list(read_all("alice", "--import-program=/nonexistent/x")),
          ["seen-1"])
    equal(list(read_all("alice", "--import-program=/bin/false")), ["seen-1"])


@root_only
def by_hand__first_draining_in_doubt__temporary_trouble():
    """An import that ends in no way of its own, before and after a first one."""
    make_home("alice")
    spools()
    put_spool("alice", mbox((1, polled(1))))

    def drop():
        os.setgroups([])
        os.setgid(uid("alice"))
        os.setuid(uid("alice"))

    def login(program):
        with Session("--no-auth", "--spool-dir=" + SPOOLS,
                     "--import-program=" + program, home("alice") + "/Maildir",
                     setup=drop) as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            return s.talk.ask("PASS x")
    check(login("/bin/false").startswith("-ERR [SYS/TEMP]"))
    check(login("/nonexistent/x").startswith("-ERR [SYS/TEMP]"))
    equal(list(read_all()), ["seen-1"])
    put_spool("alice", mbox((2, polled(2))))
    check(" 1 message " in login("/bin/false"))


@root_only
def bulletins__of_an_unknown_group_or_place__do_not_come():
    log = Log()
    make_home("alice")
    spools()
    directory = os.path.join(BENCH, "few bulletins")
    os.makedirs(directory, exist_ok=True)
    spill(directory + "/1.nosuchgroup.x", "Subject: 1\n\n")
    spill(directory + "/2.ALL.x", "Subject: 2\n\n")
    more = ("--group-bulletins", "--max-bulletins=9")
    equal(list(read_all("alice", "--bulldir=" + directory, *more).values()),
          [wire(b"Subject: 2\n\n")])
    equal(len(read_all("alice", "--bulldir=/nonexistent", *more)), 1)
    log.wait("alice: bulletins /nonexistent: No such file")


@root_only
def import__says_what_it_is():
    said = run_import("--help")
    equal(said.returncode, 0)
    check(b"solopop-import" in said.stdout, said.stdout)
    said = run_import("--version")
    equal(said.returncode, 0)
    check(said.stdout.startswith(b"solopop-import (solopop "), said.stdout)
    equal(run_import(*["alice"] * 5000).returncode, 64)


@root_only
def import__with_settings_that_leave_no_place__says_so():
    make_home("alice")
    spools()
    put_spool("alice", mbox((1, polled(1))))
    conf = os.path.join(BENCH, "import.conf")
    spill(conf, "set virtual-user = bob\nset maildir = /srv/%u\n")
    said = run_import("-f", conf, "alice")
    equal(said.returncode, 1)
    check(b"alice: virtual users' spools" in said.stderr, said.stderr)
    for pattern in ("/srv/%x", "/" + "x" * 5000):
        said = run_import("--maildir=" + pattern, "alice")
        equal(said.returncode, 1)
        check(b"alice: no Maildir" in said.stderr, said.stderr)
    with open("/dev/full", "w") as full:
        done = subprocess.run([IMPORT, "--spool-dir=" + SPOOLS, "alice"],
                              stdin=subprocess.DEVNULL, stdout=full,
                              stderr=subprocess.PIPE, timeout=100)
    check(done.returncode != 0, done.stderr)
    equal(list(read_all()), ["seen-1"])


@root_only
def import__by_the_user__is_of_their_own_mail():
    make_home("alice")
    spools()
    put_spool("alice", mbox((1, polled(1))))

    def drop():
        os.setgroups([GROUPS["readers"][0]])
        os.setgid(uid("alice"))
        os.setuid(uid("alice"))
    said = run_import("--dry-run", "alice", preexec_fn=drop)
    equal(said.returncode, 0, said.stderr)
    check(b"alice: 1 message" in said.stdout, said.stdout)
    said = run_import("alice", preexec_fn=drop)
    equal(said.returncode, 0, said.stderr)
    equal(list(read_all()), ["seen-1"])


@root_only
def import__on_a_terminal__shows_how_far_it_is():
    make_home("alice")
    make_home("bob")
    spools()
    put_spool("alice", mbox((1, polled(1))))
    put_spool("bob", mbox((2, polled(2))))
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([IMPORT, "--spool-dir=" + SPOOLS, "--all"],
                              stdin=subprocess.DEVNULL, stderr=theirs,
                              stdout=subprocess.PIPE, timeout=100)
    finally:
        os.close(theirs)
    bar = b""
    with open(ours, "rb", buffering=0) as f:
        try:
            while more := f.read(4096):
                bar += more
        except OSError:
            pass                # Linux: nobody holds the other side
    equal(done.returncode, 0)
    check(b"] 2 users, 0 of 0 MB" in bar, bar)
    check(b"#####" in bar, bar)


@root_only
def import__of_a_spool_that_is_a_directory__is_refused():
    make_home("alice")
    spools()
    shutil.rmtree(SPOOLS + "/alice", ignore_errors=True)
    os.mkdir(SPOOLS + "/alice")
    os.chown(SPOOLS + "/alice", uid("alice"), uid("alice"))
    said = run_import("alice")
    os.rmdir(SPOOLS + "/alice")
    equal(said.returncode, 1)
    check(b"alice: " in said.stderr, said.stderr)


@root_only
def import__by_root_at_a_terminal__leaves_it_to_no_process_of_a_user():
    """Such a process could type a command there, and root's shell would run it;
    and what it writes could be more than text."""
    import pty
    import termios
    make_home("alice")
    spools()
    path = put_spool("alice", mbox((1, polled(1))))
    spill(path + ".lock", "1\n")
    ours, terminal = pty.openpty()
    name = os.ttyname(terminal)

    def own_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for more in ((), ("--no-sandbox",)):
        if not os.path.exists(path + ".lock"):
            put_spool("alice", mbox((2, polled(2))))
            spill(path + ".lock", "1\n")
        p = subprocess.Popen([IMPORT, "--spool-dir=" + SPOOLS, "alice", *more],
                             stdin=terminal, stdout=terminal, stderr=terminal,
                             preexec_fn=own_terminal, cwd="/")
        pid = eventually("the user's process", lambda: next(
            (c for c in children(p.pid) if status(c)["Uid"].split()[0] ==
             str(uid("alice"))), None))
        check(name not in open_files(pid).values(), open_files(pid))
        fields = slurp("/proc/%d/stat" % pid).rpartition(")")[2].split()
        equal(int(fields[3]), pid, "its session")
        equal(int(fields[4]), 0, "its terminal")
        os.unlink(path + ".lock")
        said = b""
        while b"verified" not in said:
            said += os.read(ours, 4096)
        equal(p.wait(PATIENCE), 0)
    os.close(terminal)
    os.close(ours)

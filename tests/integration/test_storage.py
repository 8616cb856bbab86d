"""Storage that is not what it seems: unions, no owners, clocks that differ, long
names, messages in another form.  The file systems are the real ones."""
import bz2
import gzip
import hashlib
import lzma
import stat

from lab import *

MAIL = b"From: a@example.org\nSubject: x\n\nbody\n"
WIRE = MAIL.replace(b"\n", b"\r\n")
SKEW = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The times of directories are stamped by a host whose clock stands still. */
static void
stop(struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		st->st_ctim.tv_sec = atol(getenv("STAMP")),
		st->st_ctim.tv_nsec = 0;
}

int
fstat(int fd, struct stat *st)
{
	int r = fstatat(fd, "", st, AT_EMPTY_PATH);

	if (r == 0)
		stop(st);
	return r;
}

int
fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, (struct stat *)st);
}
"""


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        raise Skip("no " + ", ".join(missing))


def need_fuse():
    need("fusermount")
    if not os.path.exists("/dev/fuse"):
        try:
            os.mknod("/dev/fuse", 0o666 | stat.S_IFCHR, os.makedev(10, 229))
            os.close(os.open("/dev/fuse", os.O_RDWR))
        except OSError:
            raise Skip("no FUSE here")


def place(name):
    top = BENCH + "/" + name
    shutil.rmtree(top, ignore_errors=True)
    os.makedirs(top)
    os.chmod(top, 0o755)
    return top


def box(top, files=None):
    """A Maildir of alice's with {"new/name": bytes}."""
    for d in ("", "/new", "/cur", "/tmp"):
        os.makedirs(top + d, 0o700, exist_ok=True)
    for name, data in (files or {}).items():
        spill(top + "/" + name, data, 0o600)
    for root, _, names in os.walk(top):
        for path in [root] + [os.path.join(root, n) for n in names]:
            if PRIVATE:
                os.chown(path, uid("alice"), uid("alice"),
                         follow_symlinks=False)
    return top


def as_alice():
    """What runs a command as alice, where we can be her."""
    number = str(uid("alice"))
    return ["setpriv", "--reuid", number, "--regid", number,
            "--clear-groups", "--"] if PRIVATE else []


def talk(maildir, *commands, options=(), env=None):
    """
    One session by hand, as alice where we can be: what it said after PASS, and
    its log.
    """
    p = subprocess.run(
        [*as_alice(), SOLOPOP, "--config-file=", "--log=stderr", "--no-auth",
         *options, maildir],
        input="".join(c + "\r\n" for c in
                      ("USER a", "PASS b") + commands + ("QUIT",)).encode(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE,
        env=dict(os.environ, **(env or {})))
    return p.stdout.split(b"\r\n", 2)[2], p.stderr.decode("latin-1")


def count(maildir, **more):
    said, log = talk(maildir, "STAT", **more)
    found = re.search(rb"^\+OK (\d+) \d+\r", said, re.M)
    check(found, said, log)
    return int(found[1])


def ids(maildir, **more):
    said = talk(maildir, "UIDL", **more)[0]
    return re.findall(rb"^\d+ (\S+)\r", said, re.M)


@contextlib.contextmanager
def mounted(args, mnt):
    os.makedirs(mnt, exist_ok=True)
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    try:
        eventually("a mount at " + mnt, lambda: os.path.ismount(mnt))
        yield mnt
    finally:
        subprocess.run(["fusermount", "-u", mnt], stderr=subprocess.DEVNULL)
        p.wait(PATIENCE)


def in_second_branch(args, one, two, mnt):
    with mounted(args, mnt):
        equal(count(mnt + "/m"), 1)
        equal(count(mnt + "/m"), 1)
        for n in range(2, 5):
            box(two + "/m", {"%s/160000000%d.M1P1.h" % (
                "cur" if n == 3 else "new", n): MAIL})
            eventually("a file seen through the union", lambda: n == len(
                os.listdir(mnt + "/m/new") + os.listdir(mnt + "/m/cur")))
            equal(count(mnt + "/m"), n)
        index = os.stat(mnt + "/m/solopop.index").st_ino, slurp(
            one + "/m/solopop.index", "rb") if os.path.exists(
            one + "/m/solopop.index") else None
        equal(count(mnt + "/m"), 4)
        equal((os.stat(mnt + "/m/solopop.index").st_ino, slurp(
            one + "/m/solopop.index", "rb") if index[1] else None), index,
            "an index that says nothing new")


@root_only
def new_mail__in_the_second_branch__is_seen():
    need_fuse()
    need("mergerfs")
    top = place("mergerfs")
    one, two, mnt = (top + "/" + n for n in ("one", "two", "mnt"))
    box(one + "/m", {"new/1600000001.M1P1.h": MAIL})
    box(two + "/m")
    in_second_branch(["mergerfs", "-f", "-o", "allow_other,use_ino",
                      one + ":" + two, mnt], one, two, mnt)


@root_only
def new_mail__in_the_second_branch_of_unionfs__is_seen():
    need_fuse()
    need("unionfs")
    top = place("unionfs")
    one, two, mnt = (top + "/" + n for n in ("one", "two", "mnt"))
    box(one + "/m", {"new/1600000001.M1P1.h": MAIL})
    box(two + "/m")
    in_second_branch(["unionfs", "-f", "-o", "allow_other,cow",
                      one + "=RW:" + two + "=RW", mnt], one, two, mnt)


@root_only
def maildir__without_owners__is_served():
    need_fuse()
    need("bindfs")
    top = place("bindfs")
    box(top + "/src", {"new/1.a": MAIL, "new/2.b": MAIL,
                       "dovecot-uidlist": b"3 V77 N2\n1 :1.a\n"})
    args = ["bindfs", "-f", "--force-user=bob", "--force-group=bob",
            "--perms=a+rwX", "--chown-ignore", "--chgrp-ignore",
            top + "/src", top + "/mnt"]
    with mounted(args, top + "/mnt") as mnt:
        for _ in range(3):
            equal(ids(mnt), [b"000000010000004d", b"2.b"])
        said, log = talk(mnt, "DELE 1", "RETR 2", options=(
            "--login-delay=1", "--login-burst=9"))
        check("+OK Pop server at" in said.decode(), said)
        equal(log.count("lock"), 0, log)
        equal(os.listdir(mnt + "/cur"), ["2.b:2,S"])


@anyone
def new_mail__by_a_host_whose_clock_is_behind__is_seen():
    """The index of FULL believes a stamp that comes again, unless it is young."""
    need("cc")
    top = place("skew")
    spill(top + "/skew.c", SKEW)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", top + "/skew.so",
                    top + "/skew.c"], check=True)
    box(top + "/m", {"new/1.a": MAIL})
    env = {"LD_PRELOAD": top + "/skew.so", "STAMP": str(int(time.time()) - 5)}
    equal(count(top + "/m", options=("--index=full", "--clock-skew=60"),
                env=env), 1)
    box(top + "/m", {"new/2.b": MAIL})
    equal(count(top + "/m", options=("--index=full", "--clock-skew=60"),
                env=env), 2)
    env["STAMP"] = str(int(time.time()) - 500)
    for _ in range(3):
        equal(count(top + "/m", options=("--index=full",), env=env), 2)
    spill(top + "/m/new/3.c", MAIL, 0o644)
    equal(count(top + "/m", options=("--index=full",), env=env), 2,
          "the stand-in stops the clock")
    equal(count(top + "/m", options=("--index=sizes",), env=env), 3)


@anyone
def stored__in_each_form__is_decoded_or_left_out():
    top = place("stored")
    zstd = b"\x28\xb5\x2f\xfd\x20" + bytes([len(MAIL)]) + \
        (len(MAIL) << 3 | 1).to_bytes(3, "little") + MAIL
    decoded = {"gz": gzip.compress(MAIL), "zstd": zstd}
    hidden = {"bz2": bz2.compress(MAIL), "xz": lzma.compress(MAIL),
              "lz4": b"Dovecot-LZ4\r*\x9b\xc5" + bytes(20),
              "crypt": b"CRYPTED\3\7\2" + bytes(60)}
    for sized in ("", ",S=%d,W=%d" % (len(MAIL), len(WIRE))):
        forms = dict(decoded, **hidden)
        m = box(top + "/m" + sized, {"new/%d.%s%s" % (i, k, sized): v for
                                     i, (k, v) in enumerate(forms.items(), 1)})
        for _ in range(3):
            said, log = talk(m, "STAT", "LIST", "RETR 1", "TOP 1 0", "RETR 2")
            shown = int(re.search(rb"^\+OK (\d+) ", said, re.M)[1])
            check("%d messages left out that cannot be decoded: " % (
                6 - shown) in log, log)
            check("bzip2" in log and "mail_crypt" in log, log)
            check(said.count(b"%d %d\r\n" % (1, len(WIRE))) == (shown > 0),
                  said)
            equal(said.count(WIRE + b".\r\n"), shown)
            for data in forms.values():
                check(data[:3] not in said, said)


LDA = "/usr/lib/dovecot/dovecot-lda"
LDA_CONF = """mail_location = maildir:%s
log_path = /dev/null
stats_writer_socket_path =
postmaster_address = postmaster@example.org
hostname = lab
default_login_user = root
default_internal_user = root
default_internal_group = root
ssl = no
mail_plugins = %s
plugin {
  %s
}
"""


def deliver_by_dovecot(top, form, settings):
    """What Dovecot's own delivery agent makes of MAIL; the Maildir."""
    m = box("%s/%s" % (top, form))
    plugin = "mail_crypt" if form == "crypt" else "zlib"
    spill(m + ".conf", LDA_CONF % (m, plugin, settings), 0o644)
    done = subprocess.run(
        [*as_alice(), "env", "HOME=" + m, "USER=alice", LDA, "-c", m + ".conf",
         "-f", "a@example.org"], input=MAIL, timeout=PATIENCE,
        stderr=subprocess.PIPE)
    equal(done.returncode, 0, done.stderr[-300:])
    return m


@root_only
def stored__by_dovecots_plugins__is_decoded_or_left_out():
    if not os.path.exists(LDA):
        raise Skip("no dovecot-lda")
    need("dovecot", "openssl")
    if not succeed(["dovecot", "--version"]).stdout.startswith(b"2.3"):
        raise Skip("settings of Dovecot 2.3")
    top = place("lda")
    need_gzip(top)
    succeed(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-out", top + "/key"])
    succeed(["openssl", "pkey", "-in", top + "/key", "-pubout", "-out",
             top + "/public"])
    for form, shown, word in (("gz", 1, ""), ("zstd", 1, ""),
                              ("bz2", 0, "bzip2"), ("lz4", 0, "lz4"),
                              ("crypt", 0, "mail_crypt")):
        m = deliver_by_dovecot(
            top, form, "zlib_save = " + form if form != "crypt" else
            "mail_crypt_global_public_key = <%s/public\n"
            "  mail_crypt_save_version = 2" % top)
        (name,) = os.listdir(m + "/new")
        stored = slurp(m + "/new/" + name, "rb")
        check(stored != MAIL, form, "is stored as it is")
        said, log = talk(m, "STAT", "RETR 1")
        if form == "zstd" and "zstd" in log:
            continue                    # built without it
        equal(int(re.search(rb"^\+OK (\d+) ", said, re.M)[1]), shown, form)
        equal(said.count(WIRE + b".\r\n"), shown, form)
        check(shown or word in log.lower(), form, log)
        check(stored[:8] not in said, form, said)


def need_gzip(top):
    m = box(top + "/probe", {"new/1.good": gzip.compress(MAIL)})
    if count(m) == 0:
        raise Skip("built without zlib")


@anyone
def gzip__that_is_damaged__is_left_out():
    top = place("damaged")
    need_gzip(top)
    good = gzip.compress(MAIL * 1000)
    m = box(top + "/m", {"new/1.cut": good[:-20], "new/2.good": good,
                         "new/3.larger,S=100": good})
    said, log = talk(m, "STAT", "RETR 1")
    check(b"\r\n+OK 1 %d\r\n" % (1000 * len(WIRE)) in said, said[:200])
    check(said.count(WIRE * 1000 + b".\r\n") == 1)
    check("2 messages left out that cannot be decoded" in log, log)


@anyone
def gzip__without_a_size__is_bounded():
    top = place("bomb")
    need_gzip(top)
    m = box(top + "/m", {"new/1.bomb": gzip.compress(bytes(300 << 20), 9),
                         "new/2.b": MAIL})
    said, log = talk(m, "STAT")
    check(b"\r\n+OK 1 %d\r\n" % len(WIRE) in said, said)
    check("larger than it may be" in log, log)


LONG = r"""
import stat, sys, time
from fusepy import FUSE, FuseOSError, Operations
import errno
N = ["1." + "x" * 280, "2." + "y" * 260, "3.c"]
class Names(Operations):
    def getattr(self, path, fh=None):
        if path in ("/", "/new", "/cur", "/tmp"):
            return dict(st_mode=stat.S_IFDIR | 0o777, st_nlink=2)
        if path[:5] == "/new/" and path[5:] in N:
            return dict(st_mode=stat.S_IFREG | 0o666, st_nlink=1, st_size=4)
        raise FuseOSError(errno.ENOENT)
    def readdir(self, path, fh):
        return [".", ".."] + (N if path == "/new" else
                              ["new", "cur", "tmp"] if path == "/" else [])
    def read(self, path, size, offset, fh):
        return b"S:x\n"[offset:offset + size]
FUSE(Names(), sys.argv[1], foreground=True, allow_other=True)
"""


@root_only
def name__too_long__is_counted():
    need_fuse()
    python = "/usr/bin/python3"
    if not os.path.exists("/usr/lib/python3/dist-packages/fusepy.py"):
        raise Skip("no python3-fusepy")
    mnt = place("long") + "/mnt"
    with mounted([python, "-c", LONG, mnt], mnt):
        said, log = talk(mnt, "STAT", options=("--lock=none",))
        check(b"\r\n+OK 1 5\r\n" in said, said)
        check("2 messages left out whose names have more than" in log, log)


@anyone
def id__does_not_change__whatever_is_added():
    top = place("added")
    name = "1600000000.M1P1.h"
    digest = hashlib.md5(name.encode()).hexdigest()
    m = box(top + "/m", {"new/" + name: MAIL})
    for later in ("new/" + name, "new/%s,U=1" % name,
                  "cur/%s,U=12,FMD5=%s:2,S" % (name, digest),
                  "cur/%s,FMD5=%s;2,S" % (name, digest.upper()),
                  "cur/%s,S=%d,W=%d!2,FS" % (name, len(MAIL), len(WIRE)),
                  "cur/%s;2," % name, "new/%s,S=9,U=1" % name):
        old = ["%s/%s" % (d, f) for d in ("new", "cur")
               for f in os.listdir(m + "/" + d)]
        os.rename(m + "/" + old[0], m + "/" + later)
        equal(ids(m), [name.encode()], later)
    talk(m, "RETR 1")
    equal(os.listdir(m + "/cur"), [name + ",S=9,U=1:2,S"])
    os.rename(m + "/cur/%s,S=9,U=1:2,S" % name, m + "/cur/%s;2,F" % name)
    talk(m, "RETR 1")
    equal(os.listdir(m + "/cur"), [name + ";2,FS"])


@anyone
def backup__of_hard_links__locks_nobody_out():
    top = place("links")
    m = box(top + "/m", {"new/1.a": MAIL, "new/2.b": MAIL,
                         "dovecot-uidlist": b"3 V77 N2\n1 :1.a\n"})
    equal(ids(m), [b"000000010000004d", b"2.b"])
    subprocess.run(["cp", "-al", m, top + "/backup"], check=True)
    delay = ("--login-delay=1", "--login-burst=9")
    for _ in range(2):
        equal(ids(m, options=delay), [b"000000010000004d", b"2.b"])
    talk(m, "DELE 1")
    equal(sorted(os.listdir(top + "/backup/new")), ["1.a", "2.b"])


# ---- storage that hangs -------------------------------------------------------

@contextlib.contextmanager
def stoppable(user, real=None):
    """A Maildir behind a FUSE program that can be stopped: its process id."""
    need_fuse()
    need("bindfs")
    real = real or mailbox([MAIL], user)[0]
    top = place("hangs")
    os.chmod(top, 0o755)
    args = ["bindfs", "-f", "-o", "allow_other,attr_timeout=0,entry_timeout=0,"
            "ac_attr_timeout=0", real, top + "/mnt"]
    os.mkdir(top + "/mnt")
    p = subprocess.Popen(args)
    eventually("the mount", lambda: os.path.ismount(top + "/mnt"))
    try:
        yield top + "/mnt", p.pid
    finally:
        os.kill(p.pid, signal.SIGCONT)
        succeed(["umount", "-l", top + "/mnt"])
        p.wait(PATIENCE)


@root_only
def storage__hangs_at_login__monitor_answers():
    """In time, with no process left behind; and all is well when it is back."""
    with stoppable("alice") as (path, fuse):
        log = Log()
        options = ("--maildir=" + path, "--storage-timeout=2")
        os.kill(fuse, signal.SIGSTOP)
        with Session(*options) as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            began = time.monotonic()
            answer = s.talk.ask("PASS " + password("alice"))
            check(answer.startswith("-ERR [SYS/TEMP]"), answer)
            check(1.9 < time.monotonic() - began < 6, "the time it took")
            equal(s.talk.at_end(), b"")
            eventually("the end", lambda: s.process.poll() is not None)
        log.wait("alice: the session has hung for 2 seconds")
        os.kill(fuse, signal.SIGCONT)
        with Session(*options) as s:
            s.talk.banner()
            check(" 1 message " in s.talk.login("alice"))
            s.talk.ok("QUIT")


@root_only
def spool__hangs_at_login__monitor_answers():
    """Wherever mail may wait; the Maildir itself is well."""
    spool = place("hanging-spool")
    os.chmod(spool, 0o1777)
    with stoppable("alice", spool) as (path, fuse):
        for option in ("--spool-dir=", "--temp-dir="):
            mailbox([MAIL], "alice")
            log = Log()
            options = (option + path, "--storage-timeout=2")
            if option != "--spool-dir=":
                options += ("--home-dir-mail=mbox",)
            os.kill(fuse, signal.SIGSTOP)
            with Session(*options) as s:
                s.talk.banner()
                s.talk.ok("USER alice")
                began = time.monotonic()
                answer = s.talk.ask("PASS " + password("alice"))
                check(answer.startswith("-ERR [SYS/TEMP]"), answer)
                check(1.9 < time.monotonic() - began < 6, "the time it took")
                eventually("the end", lambda: s.process.poll() is not None)
            log.wait("alice: the session has hung for 2 seconds")
            os.kill(fuse, signal.SIGCONT)
            with Session(*options) as s:
                s.talk.banner()
                check(" 1 message " in s.talk.login("alice"), option)
                s.talk.ok("QUIT")


@root_only
def storage__hangs_after_login__is_the_clients_to_wait_for():
    with stoppable("alice") as (path, fuse):
        with Session("--maildir=" + path, "--storage-timeout=1") as s:
            s.talk.banner()
            s.talk.login("alice")
            os.kill(fuse, signal.SIGSTOP)
            threading.Timer(2.5, os.kill, (fuse, signal.SIGCONT)).start()
            equal(wire(s.talk.retr(1)), WIRE)
            s.talk.ok("QUIT")


@root_only
def storage__slow_but_alive__login_waits():
    """Another session has the lock for longer than storage may hang."""
    mailbox([MAIL])
    options = ("--storage-timeout=1", "--lock-wait=3", "--yield-after=60")
    with Session(*options) as holder:
        holder.talk.banner()
        holder.talk.login("alice")
        with Session(*options) as s:
            s.talk.banner()
            s.talk.ok("USER alice")
            answer = s.talk.ask("PASS " + password("alice"))
            check(answer.startswith("-ERR [IN-USE]"), answer)
        holder.talk.ok("QUIT")


@root_only
def import__hangs_at_login__monitor_answers():
    """A program in place of solopop-import never ends."""
    program = BENCH + "/never-ends"
    spill(program, "#!/bin/sh\nexec sleep 1000\n", 0o755)
    mailbox([MAIL])
    spool = BENCH + "/spool"
    os.makedirs(spool, exist_ok=True)
    spill(spool + "/alice", "From a Thu Jan  1 00:00:00 2020\n\nbody\n")
    log = Log()
    with Session("--storage-timeout=1", "--spool-dir=" + spool,
                 "--import-program=" + program) as s:
        s.talk.banner()
        s.talk.ok("USER alice")
        answer = s.talk.ask("PASS " + password("alice"))
        check(answer.startswith("-ERR [SYS/TEMP]"), answer)
        equal(s.talk.at_end(), b"")
    log.wait("alice: solopop-import has hung for 1 seconds")

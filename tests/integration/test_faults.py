"""Fate: each system call of a session fails, or is the last one.

A session's calls are counted once.  Then it is run again for each of them, and
for each error that the call can give, and for SIGKILL in its place; in a session
of several processes the like-numbered call of each of them is hit.  Afterwards a
plain model says what may be true of the answers, the Maildir and the session
that comes next.  The index must be the one from before or a whole new one, and
maildirsize never tells of less than there is.  SOLOPOP_FAULTS=all tries every
error at every call.
"""
import collections
import contextlib
import os
import re
import shutil
import struct
import subprocess
import threading

from lab import *

ON_REQUEST = "some thousand sessions"
KILL = "signal=KILL"
# What a call may be expected to say on a bad day.  Those not named are only
# killed at, unless all is asked for.
ERRORS = {
    "openat": ("EMFILE", "ESTALE", "ENOSPC"), "read": ("EIO", "EINTR"),
    "pread64": ("EIO", "EINTR", "ESTALE"),
    "pwrite64": ("ENOSPC", "EIO", "EDQUOT", "EINTR"),
    "getdents64": ("EIO", "ESTALE"),
    "write": ("ENOSPC", "EIO", "EDQUOT", "EINTR"),
    "writev": ("EIO", "EINTR"), "sendto": ("EIO", "EINTR", "ENOBUFS"),
    "fsync": ("EIO", "ENOSPC"), "fdatasync": ("EIO",),
    "renameat": ("ENOSPC", "EIO", "EACCES", "EDQUOT"),
    "renameat2": ("ENOSPC", "EIO", "EACCES"),
    "unlinkat": ("EIO", "EACCES", "ESTALE"), "linkat": ("ENOSPC", "EDQUOT"),
    "mkdirat": ("ENOSPC", "EDQUOT", "EACCES"), "ftruncate": ("EIO",),
    "newfstatat": ("EIO", "ESTALE"), "fstat": ("EIO", "ESTALE"),
    "statx": ("EIO",), "fcntl": ("ENOLCK", "EINTR"), "poll": ("EINTR",),
    "mmap": ("ENOMEM",), "lseek": ("EIO",),
    "fork": ("EAGAIN",), "clone": ("EAGAIN", "ENOMEM"),
    "socketpair": ("EMFILE",), "recvmsg": ("EINTR",), "sendmsg": ("EINTR",),
    "recvfrom": ("EINTR",), "utimensat": ("EIO",),
}
MANY = ("EINTR", "EIO", "ENOMEM", "EACCES")
# The first thing that main does.
MAIN = 'openat(AT_FDCWD, "/dev/null", O_RDWR'
# Of the C library before main, and the end itself.
NOT_OURS = {"execve", "exit_group", "exit", "arch_prctl", "set_tid_address",
            "set_robust_list", "rseq", "prlimit64"}
# What the kernel cannot refuse: an error would be a lie of the test's.
NEVER_FAIL = {"brk", "close", "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid",
              "umask", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
              "setuid", "setgid", "setresuid", "setresgid", "setgroups",
              "wait4", "kill", "exit_group"}
ALL = os.environ.get("SOLOPOP_FAULTS") == "all"
LISTS = ("LIST", "UIDL", "RETR")


def message(n, size=200):
    head = b"Message-Id: <%d@lab>\nSubject: fate %d\n\n" % (n, n)
    line = b".line of %d\n" % n
    return head + line * (size // len(line)) + b"end"


class Site:
    """A user's Maildir as it is before each session, and what is in it."""

    NAMES = ["new/1700000001.M1P1.h", "cur/1700000002.M2P2.h:2,",
             "cur/1700000003.M3P3.h:2,RS", "new/1700000004.M4P4.h",
             "cur/1700000005.M5P5.h:2,F"]

    def __init__(self, user, uidls=None, warm=False, late=None, list_of=None):
        self.user = user
        self.list_of = list_of          # the server whose ids these are
        self.path = home(user) + "/Maildir"
        self.warm = warm
        self.late = late                # who comes when the index is there
        self.messages = {}
        for i, name in enumerate(self.NAMES):
            unique = name.split("/")[1].split(":")[0]
            self.messages[unique] = message(i + 1, 150000 if i == 1 else 200)
        self.uidls = uidls or {u: u for u in self.messages}

    def prepare(self):
        make_home(self.user)
        self.fill()

    def fill(self):
        for part in ("", "/new", "/cur", "/tmp"):
            os.makedirs(self.path + part, 0o700, exist_ok=True)
            ours_to_give(self.path + part, self.user)
        for name in self.NAMES:
            if name != self.late:
                self.put(name, self.content(name))
        size = sum(len(m) for m in self.messages.values())
        self.put("maildirsize", b"9000000S,100C\n%d 5\n" % size)
        uniques = [u.encode() for u in sorted(self.uidls)]
        if self.list_of == "courier":
            self.put("courierpop3dsizelist", b"/3 9 77\n" + b"".join(
                b"%s 1 %d:77:0\n" % (u, i + 1)
                for i, u in enumerate(uniques)))
        if self.list_of == "dovecot":
            self.put("dovecot-uidlist", b"3 V77 N9 Gabc\n" + b"".join(
                b"%d W9 :%s\n" % (i + 1, u) for i, u in enumerate(uniques)))

    def content(self, name):
        return self.messages[name.split("/")[1].split(":")[0]]

    def put(self, name, data):
        spill(self.path + "/" + name, data, 0o600)
        ours_to_give(self.path + "/" + name, self.user)

    def left(self):
        """{unique name: octets}; a message in two places is one too many."""
        found = {}
        for part in ("new", "cur"):
            for name in os.listdir(self.path + "/" + part):
                unique = name.split(":")[0]
                check(unique not in found, unique, "is there twice")
                found[unique] = slurp("%s/%s/%s" % (self.path, part, name),
                                      "rb")
        return found

    def check_index(self, records):
        """Who removes a message may come after it was written, so it is of
        all messages."""
        equal(len(records), len({unique for unique, _, _ in records}),
              "names in the index")
        equal(records, [(u, len(wire(self.messages[u])), self.uidls[u])
                        for u in sorted(self.messages)], "the index")

    def check_ids(self, ids, bodies):
        """What the next session says of all that is left, in its order."""
        left = self.left()
        equal(ids, [self.uidls[u] for u in sorted(left)])
        equal(bodies, [wire(left[u]) for u in sorted(left)])

    def check_told(self, ids):
        """Unique-ids that the session has told."""

    def check_sizes(self):
        """maildirsize may tell of what is gone, not forget what is there."""
        lines = slurp(self.path + "/maildirsize").split("\n")[1:-1]
        told = sum(int(line.split()[0]) for line in lines)
        check(told >= sum(len(m) for m in self.left().values()),
              "maildirsize:", lines)


class Twins(Site):
    """Files with one unique name, or one but for its size: they get ids of
    their own, and which of the last two comes first is up to chance.  A key
    here is the name; "~" tells apart those with the same one."""

    ID = re.compile(r"[0-9a-f]{32}")

    NAMES = Site.NAMES + ["cur/1700000004.M4P4.h,S=238:2,",
                          "new/1700000006.M6P6.h", "cur/1700000006.M6P6.h:2,S"]

    def __init__(self, user, **how):
        super().__init__(user, **how)
        self.names = list(self.NAMES)
        self.contents, self.messages = {}, {}
        for i, name in enumerate(self.names):
            unique = name.split("/")[1].split(":")[0]
            key = unique + "~" + name[:3] if "P6" in name else unique
            octets = message(i + 1, 150000 if i == 1 else 200)
            self.contents[name] = self.messages[key] = octets
        self.keys = {octets: key for key, octets in self.messages.items()}
        self.told = set()

    def content(self, name):
        return self.contents[name]

    def left(self):
        return {self.keys[octets]: octets for octets in self.named().values()}

    def named(self):
        """{name: octets}; nothing twice."""
        found = {}
        for part in ("new", "cur"):
            for name in os.listdir(self.path + "/" + part):
                octets = slurp("%s/%s/%s" % (self.path, part, name), "rb")
                check(octets in self.keys, "octets of " + name)
                key, unique = self.keys[octets], name.split(":")[0]
                equal(unique, key.split("~")[0], "name")
                found[part + "/" + name] = octets
        equal(len(set(found.values())), len(found), "a message is there twice")
        return found

    def check_index(self, records):
        equal(sorted(size for _, size, _ in records),
              sorted(len(wire(m)) for m in self.messages.values()))
        names = {name.split("/")[1].split(":")[0]: len(wire(octets))
                 for name, octets in self.named().items()}
        for unique, size, _ in records:
            equal(size, names.get(unique, size), "octets of " + unique)

    def check_ids(self, ids, bodies):
        """Each its name, or what a twin has in place of it; none is another's."""
        names = {wire(octets): name.split("/")[1].split(":")[0].split(",")[0]
                 for name, octets in self.named().items()}
        equal(sorted(bodies), sorted(names), "messages")
        equal(len(set(ids)), len(ids), "an id is there twice")
        for uidl, body in zip(ids, bodies):
            check(uidl == names[body] or self.ID.fullmatch(uidl), uidl,
                  "is the id of", names[body])
        lost = set(self.told) - set(ids)
        check(len(lost) <= len(self.messages) - len(ids),
              "told, and not true any more:", lost)

    def check_told(self, ids):
        self.told = set(ids)


# doc/index.md
INDEX, RECORD = struct.Struct("<16s4Q"), struct.Struct("<QI4BIB3x")
CUR, TWIN = 1, 2


def checksum(data):
    s = 0x9e3779b97f4a7c15
    for (w,) in struct.iter_unpack("<Q", data + bytes(-len(data) % 8)):
        s = (s ^ w) * 0xff51afd7ed558ccd % 2**64
        s ^= s >> 29
    return s


def read_index(data):
    """[(unique name, octets, id)]; it must be whole."""
    check(len(data) >= 128, "the index has", len(data), "bytes")
    magic, count, octets, names, body = INDEX.unpack_from(data)
    equal(magic, b"solopop index 1\n", "the index begins")
    equal(len(data), 128 + RECORD.size * count + names, "its length")
    equal(struct.unpack_from("<Q", data, 120)[0], checksum(data[:120]),
          "checksum of its header")
    equal(body, checksum(data[128:]), "checksum of its body")
    found = []
    for i in range(count):
        size, at, length, unique, bare, _, _, ids = RECORD.unpack_from(
            data, 128 + RECORD.size * i)
        at += 128 + RECORD.size * count
        name = data[at:at + length].decode()
        uidl = data[at + length + 1:][:ids].decode() or name[:bare]
        found.append((name[:unique], size, uidl))
    equal(octets, sum(size for _, size, _ in found), "its octets")
    return found


def calls(trace):
    return collections.Counter(re.findall(r"(?m)^(\w+)\(", trace))


def parse(heard, commands):
    """[(command, answer, whole)] as far as the answers go."""
    answers, at = [], 0
    for command in commands:
        end = heard.find(b"\r\n", at)
        stop = end + 2 if end != -1 else -1
        if stop != -1 and command.split()[0] in LISTS and \
                " " not in command.replace("RETR ", "") and \
                heard.startswith(b"+OK", at):
            end = heard.find(b"\r\n.\r\n", end)
            stop = end + 5 if end != -1 else -1
        if stop == -1:
            if at < len(heard):
                answers.append((command, heard[at:], False))
            return answers
        answers.append((command, heard[at:stop], True))
        at = stop
    equal(heard[at:], b"", "nothing follows the last answer")
    return answers


def what_waits():
    """Each process, its parent, and the system call that it is in."""
    found = []
    for pid, state in processes().items():
        with contextlib.suppress(OSError):
            found.append("%d<%s %s %s %s" % (
                pid, state["PPid"], state["Name"], state["State"][0],
                slurp("/proc/%d/syscall" % pid).strip()))
    return "; ".join(found)


class Fate:
    """A session, and what each of its calls may come to."""

    def __init__(self, site, become, command, script):
        self.site, self.become, self.command = site, become, command
        self.script = script
        self.golden = None
        self.index = None               # as it was before the session
        self.runs = collections.Counter()

    def run(self, prefix=(), script=None):
        args = self.become + list(prefix) + self.command
        said = "".join(c + "\r\n" for c in script or self.script).encode()
        with subprocess.Popen(
                args, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(said, PATIENCE)
            except subprocess.TimeoutExpired:
                where = what_waits()
                process.kill()
                raise AssertionError("no end of %s: %s" % (args, where))
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def commands(self, script=None):
        return ["banner"] + list(script or self.script)

    def learn(self):
        self.prepare()
        done = self.run()
        equal(done.returncode, 0, done.stderr)
        self.golden = [a for _, a, _ in parse(done.stdout, self.commands())]
        equal(len(self.golden), len(self.script) + 1, done.stdout[-300:])
        self.prepare()
        trace = BENCH + "/traces-" + self.site.user
        shutil.rmtree(trace, ignore_errors=True)
        os.mkdir(trace)
        ours_to_give(trace, self.site.user)
        done = self.run(["strace", "-qq", "-ff", "-o", trace + "/of"])
        equal(done.returncode, 0, done.stderr)
        made, before = collections.Counter(), collections.Counter()
        for name in os.listdir(trace):
            text = slurp(trace + "/" + name)
            made |= calls(text)         # the most that one process makes
            if MAIN in text:            # what is not ours: until main
                before = calls(text[:text.index(MAIN)])
        return {c: range(before[c] + 1, made[c] + 1) for c in made}

    def prepare(self):
        shutil.rmtree(home(self.site.user), ignore_errors=True)
        self.site.prepare()
        if self.site.warm:              # an index is there already
            equal(self.run(script=self.script[:2] + ["QUIT"]).returncode, 0)
        if self.site.late:
            self.site.put(self.site.late, self.site.content(self.site.late))
        self.index = self.read_index()

    def read_index(self):
        path = self.site.path + "/solopop.index"
        return slurp(path, "rb") if os.path.exists(path) else None

    def check_index(self):
        """The old one or the new one."""
        now = self.read_index()
        if now is not None and now != self.index:
            self.site.check_index(read_index(now))

    def hit(self, call, fault, when):
        self.prepare()
        self.runs[call] += 1
        done = self.run(["strace", "-qq", "-f", "-o", "/dev/null", "-e",
                         "inject=%s:%s:when=%d" % (call, fault, when)])
        check(done.returncode in (0, -9, 9, 137) or done.returncode > 0 and
              done.returncode < 128, "ended with", done.returncode)
        self.site.check_told([])
        self.judge(done.stdout)
        self.check_index()
        self.site.check_sizes()
        self.afterwards()

    def judge(self, heard):
        answers = parse(heard, self.commands())
        exact, deleted, quit = True, 0, False
        bodies = [wire(m) for m in self.site.messages.values()]
        for i, (command, answer, whole) in enumerate(answers):
            golden = self.golden[i]
            if not whole:
                check(not exact or golden.startswith(answer) or
                      answer.startswith(b"-ERR") or b"-ERR".startswith(answer),
                      command, "half an answer:", answer[:200])
                continue
            if answer.startswith(b"-ERR"):
                exact = False           # what follows may be about others
                continue
            if exact:
                exact = masked(answer) == masked(golden)
                check(exact or command.startswith("PASS") or
                      command == "banner", command, "->", answer[:200])
            if command.startswith("RETR"):
                body = answer.split(b"\r\n", 1)[1][:-3]
                body = re.sub(rb"(?m)^\.", b"", body)
                check(body in bodies, command, "->", answer[:200])
            if command == "UIDL":
                self.site.check_told(second(answer))
            deleted += command.startswith("DELE")
            quit = quit or command == "QUIT"
        left = self.site.left()
        for unique, octets in left.items():
            equal(octets, self.site.messages[unique], "octets of " + unique)
        gone = sorted(u.split("~")[0]
                      for u in set(self.site.messages) - set(left))
        wanted = self.gone() if exact else []
        if quit:
            check(len(gone) == deleted, gone, "gone, and", deleted, "deleted")
            check(not exact or gone == wanted, gone, "and not", wanted)
        elif exact:
            check(not collections.Counter(gone) -
                  collections.Counter(self.gone()), "gone:", gone)
        else:
            check(len(gone) <= len(self.gone()), "gone:", gone)

    def gone(self):
        if "QUIT" not in self.script:
            return []
        ordered = [u.split("~")[0] for u in sorted(self.site.messages)]
        return [ordered[int(c.split()[1]) - 1]
                for c in self.script if c.startswith("DELE")]

    def afterwards(self):
        """The next session has all that is left, and as it is."""
        left = self.site.left()
        ordered = sorted(left)
        script = self.script[:2] + ["LIST", "UIDL"] + [
            "RETR %d" % (i + 1) for i in range(len(left))] + ["QUIT"]
        done = self.run(script=script)
        equal(done.returncode, 0, done.stderr)
        answers = [a for _, a, _ in parse(done.stdout,
                                          self.commands(script))]
        equal(len(answers), len(script) + 1, done.stdout[-300:])
        check(b" has %d message" % len(left) in answers[2], answers[2])
        check_list(answers[3], ["%d %d" % (i + 1, len(wire(left[u])))
                                for i, u in enumerate(ordered)])
        self.site.check_ids(second(answers[4]), [
            re.sub(rb"(?m)^\.", b"", a.split(b"\r\n", 1)[1][:-3])
            for a in answers[5:-1]])


def masked(answer):
    """Which twin has the name for its id is up to chance."""
    return re.sub(rb"(?m) [0-9a-f]{32}\r$", b" *\r", answer)


def second(answer):
    return [line.split()[1] for line in answer.decode().split("\r\n")[1:-2]]


class Handover(Fate):
    """A login while an idle session has the lock, which has marked messages
    and yields.  One of the two is hit: from when the first falls idle, and
    until the second has the lock."""

    IDLE = ["RETR 1", "DELE 2", "DELE 3"]

    def __init__(self, site, become, command, script):
        super().__init__(site, become, command, script)
        self.holder = self.newcomer = self.heard = None
        self.locks = True               # the newcomer, or is refused

    def prepare(self):
        shutil.rmtree(self.site.path, ignore_errors=True)
        self.site.fill()
        self.index = self.read_index()

    def run(self, prefix=(), script=None):
        if script:
            return super().run(prefix, script)
        holder = subprocess.Popen(
            self.become + list(self.holder or ()) + self.command, cwd="/",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        commands = self.script[:2] + self.IDLE
        holder.stdin.write("".join(c + "\r\n" for c in commands).encode())
        heard = b""
        while len(parse(heard, ["banner"] + commands)) <= len(commands) or \
                not heard.endswith(b"\r\n"):
            got = os.read(holder.stdout.fileno(), 65536)
            check(got, "the first session ended early:", heard[-200:])
            heard += got
        try:
            done = super().run(self.newcomer or ())
            if self.locks and done.stdout.count(b"+OK") > 2:
                holder.wait(PATIENCE)   # there is one at a time
        finally:
            holder.stdin.close()        # what has not yielded ends now
            self.heard = holder.stdout.read()
            self.status = holder.wait(PATIENCE)
        return done

    def learn(self):
        trace = "%s/handover-%d" % (BENCH, threading.get_native_id())
        os.mkdir(trace)
        ours_to_give(trace, self.site.user)
        self.prepare()
        self.holder, self.newcomer = (
            ["strace", "-qq", "-o", "%s/%s" % (trace, n)] for n in "hn")
        done = self.run()
        equal(done.returncode, 0, done.stderr)
        self.golden = [a for _, a, _ in parse(done.stdout, self.commands())]
        equal(len(self.golden), len(self.script) + 1, done.stdout[-300:])
        self.wait_is_over()
        first, second_ = slurp(trace + "/h"), slurp(trace + "/n")
        idle = first.rindex("\npoll(", 0, first.rindex("F_GETLK"))
        end = second_.rindex("F_SETLK, {l_type=F_UNLCK")
        return {"h": between(first, idle, None),
                "n": between(second_, second_.index('"solopop.lock"'),
                             second_.index("\n", end))}

    def wait_is_over(self):
        equal(self.heard, b"", "the first session says no more")
        check(self.status >= 0 or self.holder, "it ended with", self.status)

    def hit(self, call, fault, when):
        who, call = call.split(" ")
        self.prepare()
        self.runs[call] += 1
        prefix = ["strace", "-qq", "-o", "/dev/null", "-e",
                  "inject=%s:%s:when=%d" % (call, fault, when)]
        self.holder = prefix if who == "h" else None
        self.newcomer = prefix if who == "n" else None
        self.locks = who == "h" or fault == KILL
        done = self.run()
        check(done.returncode in (0, -9, 9, 137) or 0 < done.returncode < 128,
              "ended with", done.returncode)
        self.wait_is_over()
        check(who == "n" or b"+OK" in done.stdout.splitlines()[2],
              "nobody hit it, and it was refused:", done.stdout[-200:])
        self.judge(done.stdout)         # what it deleted, and that alone
        self.check_index()
        self.site.check_sizes()
        self.afterwards()


def between(text, begin, end):
    """{call: numbers} of a trace from one place to another; of those made
    again and again the first few."""
    begin = text.rindex("\n", 0, begin) + 1 if end else begin + 1
    before, there = calls(text[:begin]), calls(text[begin:end])
    return {c: range(before[c] + 1, before[c] + 1 + min(n, 4))
            for c, n in there.items()}


def check_list(answer, lines):
    equal(answer.decode().split("\r\n")[1:-2], lines)


def plan(made):
    for call in sorted(made):
        if call in NOT_OURS:
            continue
        errors = ERRORS.get(call, MANY if ALL else ())
        if call in NEVER_FAIL:
            errors = ()
        for fault in [KILL] + ["error=" + e for e in errors]:
            for when in made[call]:
                yield call, fault, when


def exhaust(*fates):
    """Everything, shared among as many users as there are processors."""
    if not shutil.which("strace"):
        raise Skip("no strace here")
    made = fates[0].learn()
    for other in fates[1:]:
        other.learn()
    total = share(list(plan(made)), made, *fates)
    check(total > 100, "only", total, "runs")


def share(jobs, made, *fates):
    """How many runs there were; each fate is tried by one thread."""
    lock, wrong = threading.Lock(), []

    def work(fate):
        while not wrong:
            with lock:
                if not jobs:
                    return
                job = jobs.pop()
            try:
                fate.hit(*job)
            except Exception as e:      # and the others stop
                wrong.append("%s %s, number %d: %r" % (*job, e))

    workers = [threading.Thread(target=work, args=(f,)) for f in fates]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    check(not wrong, "; ".join(wrong))
    runs = sum((f.runs for f in fates), collections.Counter())
    total = sum(runs.values())
    print("    %d faults at %d calls of %d kinds: %s" % (
        total, sum(len(n) for c, n in made.items() if c.split()[-1] in runs),
        len(runs), " ".join(sorted(runs))))
    return total


WORK = ["STAT", "LIST", "UIDL", "RETR 1", "RETR 2", "DELE 2", "DELE 4"]


def by_hand(user, script, *more, of=Site, kind=Fate, **how):
    site = of(user, **how)
    number = str(uid(user))
    return kind(site, ["setpriv", "--reuid", number, "--regid", number,
                       "--clear-groups"],
                [SOLOPOP, "--no-auth", "--log=none", *more, site.path],
                ["USER " + user, "PASS x"] + script)


def as_root(user, script, *more, **how):
    return Fate(Site(user, **how), [],
                [SOLOPOP] + options("--log=none", "--no-sandbox", *more),
                ["USER " + user, "PASS " + password(user)] + script)


def pair(kind, script, *more, **how):
    return [kind(user, script, *more, **how) for user in ("alice", "bob")]


@root_only
def by_hand__first_session__whatever_fails():
    exhaust(*pair(by_hand, WORK + ["QUIT"]))


@root_only
def by_hand__first_session_that_is_cut__whatever_fails():
    exhaust(*pair(by_hand, WORK))


@root_only
def by_hand__session_with_an_index__whatever_fails():
    exhaust(*pair(by_hand, WORK + ["QUIT"], warm=True))


@root_only
def by_hand__one_delivery_since_the_index__whatever_fails():
    exhaust(*pair(by_hand, ["STAT", "LIST", "UIDL", "DELE 4", "QUIT"],
                  warm=True, late="new/1700000004.M4P4.h"))


@root_only
def by_hand__poll_of_what_has_not_changed__whatever_fails():
    exhaust(*pair(by_hand, ["STAT", "LIST", "UIDL", "QUIT"], warm=True))


@root_only
def by_hand__unique_ids_are_taken_over__whatever_fails():
    ids = {u.split("/")[1].split(":")[0]: "UID%d-77" % (i + 1)
           for i, u in enumerate(Site.NAMES)}
    exhaust(*pair(by_hand, WORK + ["QUIT"], uidls=ids, list_of="courier"))


@root_only
def by_hand__a_list_of_dovecots_is_taken_over__whatever_fails():
    ids = {u.split("/")[1].split(":")[0]: "%08x%08x" % (i + 1, 77)
           for i, u in enumerate(Site.NAMES)}
    exhaust(*pair(by_hand, WORK + ["QUIT"], uidls=ids, list_of="dovecot"))


@root_only
def by_hand__twins_are_given_ids__whatever_fails():
    work = ["STAT", "LIST", "UIDL", "RETR 5", "DELE 2", "DELE 5", "DELE 7"]
    exhaust(*pair(by_hand, work + ["QUIT"], of=Twins))


@root_only
def by_hand__an_idle_session_yields__whatever_fails():
    if not shutil.which("strace"):
        raise Skip("no strace here")
    make_home("alice")
    fates = []
    for n in range(12):                 # they mostly wait
        site = Site("alice")
        site.path += "-%d" % n
        fates.append(by_hand(
            "alice", ["STAT", "LIST", "UIDL", "DELE 4", "QUIT"],
            "--yield-after=1", "--lock-wait=10", of=lambda *_, **__: site,
            kind=Handover))
    parts = fates[0].learn()
    for other in fates[1:]:
        other.golden = fates[0].golden
    made = {who + " " + c: n for who, part in parts.items()
            for c, n in part.items()}
    jobs = [(who + " " + c, fault, when) for who, part in parts.items()
            for c, fault, when in plan(part)]
    check(share(jobs, made, *fates) > 40, "only", len(jobs))


@root_only
def three_processes__login_and_work__whatever_fails():
    exhaust(*pair(as_root, WORK + ["QUIT"]))

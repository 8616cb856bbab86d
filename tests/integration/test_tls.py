"""TLS: what solopop-tls may and has, and whether real clients get their mail
through it.  As root they log in as alice, by PAM.
"""
import os
import poplib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import types

from inject import AT_FDCWD, inject
from lab import *
from test_clients import fresh, has_all, stored, word

sys.path.insert(0, os.path.join(HERE, "..", "tls"))
import tlslab

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
OTHER = "other.example.org"
NOBODY = 65534


def authority():
    """Made once, for localhost."""
    tool("openssl")
    if not os.access(BENCH + "/solopop-tls", os.X_OK):
        raise Skip("solopop-tls is not built")
    top = BENCH + "/tls"
    if not os.path.exists(top):
        a = tlslab.Authority(types.SimpleNamespace(top=BENCH))
        a.issue("localhost", more=",IP:127.0.0.1")
        os.mkdir(top + "/sni")
        a.issue(OTHER, folder=top + "/sni", kind="rsa")
    a = object.__new__(tlslab.Authority)
    a.top, a.ca = top, top + "/ca.crt"
    a.cert, a.key = top + "/localhost.crt", top + "/localhost.key"
    return a


def tls(*more):
    a = authority()
    return ["--tls-program=" + BENCH + "/solopop-tls", "--tls-cert=" + a.cert,
            "--tls-key=" + a.key, "--tls-sni-dir=" + a.top + "/sni",
            "--tls-ticket-file=" + a.top + "/tickets"] + list(more)


def begin(talk, version=None, host="localhost"):
    """This end of TLS."""
    talk.sock = authority().client(version).wrap_socket(
        talk.sock, server_hostname=host)


def stls(talk, **how):
    equal(talk.ask("STLS"), "+OK Begin TLS negotiation")
    begin(talk, **how)


def roles(pid):
    """{name: pid} of the processes beside the monitor"""
    found = {}
    for p in children(pid):
        found[status(p)["Name"]] = p
    return found


def raw_socket(talk):
    from test_process import socket_of
    return socket_of(talk)


# The process

@root_only
def tls_process__before_the_handshake__has_nothing():
    for more, owner in (((), FRONT_UID), (("--tls-user=nobody",), NOBODY)):
        with Session(*tls("--tls", *more)) as s:
            # Locked up is what waits for the client's first byte.
            pid = eventually("solopop-tls", lambda: roles(s.pid).get(
                "solopop-tls"))
            eventually("locked up", lambda: os.readlink(
                "/proc/%d/root" % pid) == EMPTY and
                status(pid)["NoNewPrivs"] == "1")
            st = status(pid)
            equal(st["Uid"].split(), [str(owner)] * 4, "its user")
            equal(st["Groups"].split(), [], "its groups")
            for key in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                equal(int(st[key], 16), 0, key)
            limits = slurp("/proc/%d/limits" % pid)
            for name, most in (("Max core file size", 0),
                               ("Max open files", 16), ("Max processes", 0)):
                check(re.search(r"%s\s+%d\s+%d\s" % (name, most, most),
                                limits), name, limits)
            equal(os.stat("/proc/%d/environ" % pid).st_uid, 0,
                  "it can be traced")
            equal(slurp("/proc/%d/environ" % pid), "", "its variables")
            client = raw_socket(s.talk)
            f = open_files(pid)
            equal([f[fd] for fd in (3, 4)], [client] * 2, "its client")
            check(f[5].startswith("socket:") and f[5] != client, f)
            check(not [w for w in f.values() if w.startswith("/") and
                       w != "/dev/null"], f)
            check(len(f) <= 8, "descriptors of it:", f)
            begin(s.talk)
            s.talk.banner()
            s.talk.ok("QUIT")


@root_only
def tls_process__taken_over__cannot_read_the_key():
    """Nobody but root can; and it is not root any more."""
    a = authority()
    equal(os.stat(a.key).st_mode & 0o777, 0o600)
    for who in (FRONT_UID, NOBODY):
        done = subprocess.run(["cat", a.key], capture_output=True,
                              preexec_fn=lambda: (os.setgroups([]),
                                                  os.setresgid(who, who, who),
                                                  os.setresuid(who, who, who)))
        check(done.returncode != 0 and not done.stdout, "read by", who)
    with Session(*tls("--tls", "--no-sandbox")) as s:
        begin(s.talk)
        s.talk.banner()
        check(inject(roles(s.pid)["solopop-tls"], "openat", AT_FDCWD, a.key,
                     os.O_RDONLY, 0) < 0, "read from inside")
        s.talk.ok("QUIT")


@root_only
def roles__of_stls__a_new_front_and_no_raw_socket():
    mailbox(SAMPLE)
    with Session(*tls()) as s:
        s.talk.banner()
        client = raw_socket(s.talk)
        before = roles(s.pid)
        equal(list(before), ["solopop"], "processes before STLS")
        stls(s.talk)
        s.talk.ok("CAPA")
        s.talk.body()
        after = roles(s.pid)
        equal(sorted(after), ["solopop", "solopop-tls"], "processes")
        check(before["solopop"] != after["solopop"], "the front lives on")
        front = after["solopop"]
        equal(status(front)["Uid"].split(), [str(FRONT_UID)] * 4)
        equal(os.readlink("/proc/%d/root" % front), EMPTY, "front's root")
        f = open_files(front)
        equal(sorted(f), [0, 1, 2, 3, 4, 5], "descriptors of the front")
        for pid in (front, s.pid):
            check(client not in open_files(pid).values(), pid,
                  "holds the raw socket")
        s.talk.login("alice")
        session = roles(s.pid)["solopop-session"]
        equal(status(session)["Uid"].split(), [str(uid("alice"))] * 4)
        check(client not in open_files(session).values(), "the session, too")
        plain = open_files(session)[3]
        eventually("the monitor lets go of the plain end",
                   lambda: plain not in open_files(s.pid).values())
        equal(s.talk.retr(7), wire(SAMPLE[6]))
        s.talk.ok("QUIT")
        equal(s.talk.at_end(), b"")


@root_only
def log__tells_of_tls__from_behind_the_chroot():
    mailbox(SAMPLE)
    log = Log()
    with Session(*tls("--tls")) as s:
        begin(s.talk)
        s.talk.banner()
        s.talk.ok("QUIT")
    log.wait(r"^solopop-tls\[\d+\]: TLS: rhost=127\.0\.0\.1 protocol=TLSv1.3 "
             r"cipher=TLS_\S+ resumed=(no|yes) sni=localhost$")
    with Session(*tls("--tls")) as s:
        s.talk.send("USER alice\r\n")
        s.talk.at_end()
    log.wait(r"TLS refused: rhost=127\.0\.0\.1 reason=\"")


@root_only
def rhost_and_failures__are_those_of_the_whole_connection():
    mailbox(SAMPLE)
    log = Log()
    with Session(*tls("--max-failures=3")) as s:
        s.talk.banner()
        for i in range(2):
            s.talk.ok("USER alice")
            s.talk.refused("PASS wrong")
        stls(s.talk)
        s.talk.ok("USER alice")
        s.talk.refused("PASS wrong")
        equal(s.talk.at_end(), b"")
    eventually("three lines", lambda: len([
        s for s in log.lines if "Failed attempted login to alice from host "
        "(127.0.0.1) 127.0.0.1" in s]) == 3)


@root_only
def monitor__stopped__ends_tls_too():
    mailbox(SAMPLE)
    with Session(*tls("--tls")) as s:
        s.expected = None
        begin(s.talk)
        s.talk.banner()
        s.talk.login("alice")
        # The front may have its end before it when the session answers.
        eventually("session and TLS alone", lambda: len(children(s.pid)) == 2)
        pids = children(s.pid)
        s.talk.ok("DELE 1")
        os.kill(s.pid, signal.SIGTERM)
        s.process.wait(PATIENCE)
        for pid in pids:
            eventually("its end", lambda: not os.path.exists(
                "/proc/%d" % pid) or status(pid)["State"].startswith("Z"))
    equal(len(files(home("alice") + "/Maildir")), len(SAMPLE))


@root_only
def monitor__killed__nobody_is_left():
    mailbox(SAMPLE)
    with Session(*tls("--tls")) as s:
        s.expected = None
        begin(s.talk)
        s.talk.banner()
        pids = children(s.pid)
        os.kill(s.pid, signal.SIGKILL)
        for pid in pids:
            eventually("its end", lambda: not os.path.exists(
                "/proc/%d" % pid) or status(pid)["State"].startswith("Z"))


@root_only
def tls_process__killed__nothing_is_deleted():
    mailbox(SAMPLE)
    with Session(*tls()) as s:
        s.talk.banner()
        stls(s.talk)
        s.talk.login("alice")
        for i in range(len(SAMPLE)):
            s.talk.ok("DELE %d" % (i + 1))
        os.kill(roles(s.pid)["solopop-tls"], signal.SIGKILL)
        try:
            s.talk.at_end()
        except ssl.SSLError:
            pass
    equal(len(files(home("alice") + "/Maildir")), len(SAMPLE))


@root_only
def tls_process__cannot_lock_up__hears_nothing():
    log = Log()
    with Session(*tls("--tls-user=root")) as s:
        s.talk.banner()
        for _ in range(2):
            equal(s.talk.ask("STLS"), "-ERR [SYS/TEMP] TLS cannot begin now.")
        s.talk.login("alice")
        s.talk.ok("QUIT")
    log.wait("TLS: cannot lock up .user root")


@root_only
def stls__certificate_of_no_use__err():
    """Expired is the client's to judge; what is no certificate, ours."""
    a = authority()
    broken = a.top + "/broken.pem"
    spill(broken, slurp(a.cert)[:200])
    mailbox(SAMPLE)
    log = Log()
    with Session("--tls-program=" + BENCH + "/solopop-tls", "--tls-cert=" +
                 broken, "--tls-key=" + a.key) as s:
        s.talk.banner()
        s.talk.ok("CAPA")
        check(b"STLS" in s.talk.body(), "no STLS")
        equal(s.talk.ask("STLS"), "-ERR [SYS/TEMP] TLS cannot begin now.")
        equal(list(roles(s.pid)), ["solopop"], "processes")
        s.talk.ok("QUIT")

    log.wait("TLS: .*broken.pem and .*localhost.key: ")
    with Session("--tls", "--tls-program=" + BENCH + "/solopop-tls",
                 "--tls-cert=" + broken, "--tls-key=" + a.key) as s:
        s.expected = None
        equal(s.talk.at_end(), b"")


@root_only
def stls__begun_and_nothing_follows__all_end_with_login_timeout():
    """Between STLS and the client's first byte, and behind it."""
    for first in b"", b"\x16":
        with Session(*tls("--login-timeout=1")) as s:
            s.talk.banner()
            equal(s.talk.ask("STLS"), "+OK Begin TLS negotiation")
            s.talk.send(first)
            pids = children(s.pid)
            began = time.monotonic()
            s.process.wait(PATIENCE)
            check(time.monotonic() - began < 6, "took too long")
            for pid in pids:
                check(not os.path.exists("/proc/%d" % pid), pid, "is left")


@root_only
def client__that_never_reads__is_gone_with_login_timeout():
    """It asks for more than there is room for in all buffers on the way."""
    for more, start in ((tls("--tls"), begin), (tls(), stls_begun),
                        ((), lambda talk: talk.banner())):
        with Session("--login-timeout=1", *more) as s:
            s.expected = None
            s.talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            start(s.talk)
            began = time.monotonic()
            s.talk.sock.settimeout(0.2)
            try:
                while time.monotonic() - began < 1:
                    s.talk.sock.sendall(b"CAPA\r\n" * 1000)
            except (socket.timeout, OSError):
                pass
            pids = children(s.pid)
            s.process.wait(PATIENCE)
            check(time.monotonic() - began < 8, "it stayed for",
                  time.monotonic() - began)
            for pid in pids:
                check(not os.path.exists("/proc/%d" % pid), pid, "is left")


def stls_begun(talk):
    talk.banner()
    stls(talk)


@root_only
def plain_session__makes_no_more_system_calls():
    """But two: whether certificate and program are there."""
    tool("strace")
    log = Log()
    counts = []
    for more in ([], tls()):
        mailbox(SAMPLE)
        path = BENCH + "/calls"
        with Session(*more, prefix=[tool("strace"), "-f", "-o", path]) as s:
            s.talk.banner()
            s.talk.login("alice")
            s.talk.ok("STAT")
            s.talk.ok("QUIT")
        calls = [line.split("(")[0].split()[-1]
                 for line in slurp(path).splitlines() if "(" in line and
                 "resumed" not in line and " mmap(" not in line and
                 " munmap(" not in line and " brk(" not in line]
        counts.append(len(calls))
        os.unlink(path)
    check(abs(counts[1] - counts[0] - 2) <= 2, "system calls without and "
          "with a certificate:", counts)


# Tickets

def handshake(door, *how):
    """s_client's, and QUIT; it says which protocol, and whether it resumed."""
    p = subprocess.run(
        [tool("openssl"), "s_client", "-connect", "127.0.0.1:%d" % door.port,
         "-CAfile", authority().ca, "-verify_return_error", "-ign_eof"] +
        list(how), input=b"QUIT\r\n", capture_output=True, timeout=PATIENCE)
    check(p.returncode == 0 and b"signing off" in p.stdout, how,
          p.stdout[-600:], p.stderr[-300:])
    return p.stdout


@root_only
def session__resumes_in_another_process():
    a = authority()
    for more, start in (["--tls"], []), ([], ["-starttls", "pop3"]):
        for version in ("-tls1_2", "-tls1_3"):
            for name in ("localhost", OTHER):
                kept = BENCH + "/session"
                for how, wanted in (("-sess_out", b"New, "),
                                    ("-sess_in", b"Reused, ")):
                    with Door(*tls(*more)) as door:
                        said = handshake(door, version, "-servername", name,
                                         how, kept, *start)
                    check(wanted in said, version, how, said[-600:])
    st = os.stat(a.top + "/tickets")
    equal((st.st_uid, st.st_mode & 0o7777, st.st_size > 100),
          (0, 0o600, True), "the ticket file")


# Clients: each by STLS and on the port of pop3s, with both versions of TLS, and
# by each of two names that have certificates of their own

class Spoken:
    """What the log says that the client has spoken, where there is a log."""

    def __init__(self):
        self.log = Log() if PRIVATE else None

    def wait(self, version, name):
        if self.log:
            self.log.wait(r"TLS: .* protocol=TLSv%s .* sni=%s$" % (
                re.escape(version), re.escape(name)))


def names():
    return ["localhost", OTHER] if PRIVATE else ["localhost"]


def both():
    """-> what tells the two apart, and a door for each"""
    for implicit in (False, True):
        maildir, _ = mailbox(SAMPLE)
        with Door(*tls(*(["--tls"] if implicit else []))) as door:
            yield implicit, door, maildir


@anyone
def curl__stls_and_pop3s__versions_and_sni():
    a = authority()
    for implicit, door, maildir in both():
        for limit in ("1.2", "1.3"):
            for host, ca in (("localhost", a.ca), (OTHER, a.ca)):
                got = succeed([
                    tool("curl"), "-sS", "--disable", "-u", "alice:" + word(),
                    "--cacert", ca, "--resolve", "%s:%d:127.0.0.1" % (
                        host, door.port), "--tlsv" + limit, "--tls-max",
                    limit, "--ssl-reqd", "%s://%s:%d/7" % (
                        "pop3s" if implicit else "pop3", host,
                        door.port)]).stdout
                equal(got, wire(SAMPLE[6]), "message 7")
        done = command([tool("curl"), "-sS", "--disable", "-u", "alice:" +
                        word(), "--cacert", a.ca, "--resolve",
                        "wrong.example.org:%d:127.0.0.1" % door.port,
                        "--ssl-reqd", "%s://wrong.example.org:%d/7" % (
                            "pop3s" if implicit else "pop3", door.port)])
        equal(done.returncode, 60, "a certificate of another name")


@anyone
def poplib__stls_and_pop3s__versions_and_sni():
    for implicit, door, maildir in both():
        for version in (V12, V13):
            for name in names():
                spoken = Spoken()
                box = poplib_in_tls(name, version, implicit, door)
                spoken.wait("1.2" if version == V12 else "1.3", name)
                check("STLS" not in box.capa(), "CAPA over TLS")
                box.user("alice")
                box.pass_(word())
                for i, m in enumerate(SAMPLE):
                    equal(b"".join(s + b"\r\n" for s in box.retr(i + 1)[1]),
                          wire(m), "message %d" % (i + 1))
                box.quit()


def poplib_in_tls(name, version, implicit, door):
    context = authority().client(version)
    if implicit:
        return poplib.POP3_SSL(name, door.port, timeout=PATIENCE,
                               context=context)
    box = poplib.POP3(name, door.port, timeout=PATIENCE)
    check("STLS" in box.capa(), "CAPA")
    box.stls(context)
    return box


@anyone
def mpop__stls_and_pop3s__versions_and_sni():
    for name in names():
        for version in ("1.2", "1.3"):
            for implicit, door, maildir in both():
                mpop(name, version, implicit, door, maildir)


def mpop(name, version, implicit, door, maildir):
    a, spoken = authority(), Spoken()
    out = fresh("mpop")
    for part in ("cur", "new", "tmp"):
        os.mkdir(out + "/" + part)
    spill(BENCH + "/mpoprc", """account lab
host %s
port %d
user alice
password "%s"
tls on
tls_starttls %s
tls_trust_file %s
tls_priorities NORMAL:-VERS-ALL:+VERS-TLS%s
timeout 20
auth user
received_header off
keep off
uidls_file %s/mpop.uidls
delivery maildir %s
""" % (name, door.port, word(), "off" if implicit else "on", a.ca, version,
       BENCH, out), 0o600)
    succeed([tool("mpop"), "--file=%s/mpoprc" % BENCH, "--quiet", "lab"])
    spoken.wait(version, name)
    equal(stored(out + "/new"), sorted(plain(m) for m in SAMPLE))
    equal(files(maildir), {}, "left")


@anyone
def fetchmail__stls_and_pop3s__versions_and_sni():
    tool("fetchmail")
    for name in names():
        for version in ("1.2", "1.3"):
            for implicit, door, maildir in both():
                fetchmail(name, version, implicit, door, maildir)


def fetchmail(name, version, implicit, door, maildir):
    spoken = Spoken()
    out = fresh("fetched")
    spill(BENCH + "/deliver", "#!/bin/sh\nexec cat >%s/$$\n" % out, 0o755)
    spill(BENCH + "/fetchmailrc", """set invisible
set no bouncemail
set idfile %s/fetchids
poll %s service %d protocol pop3 uidl auth password timeout %d
user "alice" password "%s" %s sslproto "TLS%s" sslcertck sslcertfile %s
nokeep fetchall no rewrite mda "%s/deliver"
""" % (BENCH, name, door.port, PATIENCE, word(), "ssl" if implicit else "",
       version, authority().ca, BENCH), 0o600)
    done = command(["fetchmail", "--fetchmailrc", BENCH + "/fetchmailrc",
                    "--pidfile", BENCH + "/fetchmail.pid", "--nosyslog"],
                   env=dict(os.environ, FETCHMAILHOME=BENCH))
    equal(done.returncode, 0, (done.stdout + done.stderr)[-500:])
    spoken.wait(version, name)
    equal(has_all(out, SAMPLE), [], "stored besides")
    equal(files(maildir), {}, "left")


@anyone
def getmail6__pop3s__by_each_name():
    """6.18 knows no STLS; which version of TLS it is, is Python's affair."""
    tool("getmail")
    for name in names():
        maildir, _ = mailbox(SAMPLE)
        with Door(*tls("--tls")) as door:
            getmail6(name, door, maildir)


def getmail6(name, door, maildir):
    spoken = Spoken()
    out = fresh("getmail")
    box = fresh("getmail/box")
    for part in ("", "/cur", "/new", "/tmp"):
        if part:
            os.mkdir(box + part)
        ours_to_give(box + part, "alice")
    ours_to_give(out, "alice")
    spill(out + "/rc", """[retriever]
type = SimplePOP3SSLRetriever
server = %s
port = %d
username = alice
password = %s
ca_certs = %s
timeout = 20
[destination]
type = Maildir
path = %s/
[options]
delete = true
delivered_to = false
received = false
verbose = 0
""" % (name, door.port, word(), authority().ca, box), 0o600)
    ours_to_give(out + "/rc", "alice")
    how = dict(user=uid("alice"), group=uid("alice"),
               extra_groups=[]) if PRIVATE else {}
    succeed([tool("getmail"), "--getmaildir=" + out, "--rcfile=" + out + "/rc"],
            env=dict(os.environ, HOME=out), **how)
    spoken.wait("1.3", name)
    has_all(box + "/new", SAMPLE)
    equal(files(maildir), {}, "left")


@anyone
def s_client__starttls_and_pop3s__versions_and_sni():
    talk = ("USER alice\nPASS %s\nSTAT\nQUIT\n" % word()).encode()
    for implicit, door, maildir in both():
        for version in ("-tls1_2", "-tls1_3"):
            for name in ("localhost", OTHER):
                p = subprocess.run(
                    [tool("openssl"), "s_client", "-connect",
                     "127.0.0.1:%d" % door.port, "-CAfile", authority().ca,
                     "-verify_return_error", "-verify_hostname", name,
                     "-servername", name, version, "-crlf", "-ign_eof",
                     "-quiet"] + ([] if implicit else ["-starttls", "pop3"]),
                    input=talk, capture_output=True, timeout=PATIENCE)
                equal(p.returncode, 0, p.stderr[-300:])
                check(b"\r\n+OK %d " % len(SAMPLE) in p.stdout,
                      p.stdout[-300:])
                check(b"signing off" in p.stdout, p.stdout[-300:])


@anyone
def each_of_them__cut_in_the_middle__nothing_is_lost():
    a = authority()
    maildir, _ = mailbox(SAMPLE)
    with Door(*tls("--tls"), cut=100000) as door:
        done = command([tool("curl"), "-sS", "--disable", "-u", "alice:" +
                        word(), "--cacert", a.ca,
                        "pop3s://localhost:%d/7" % door.port])
        check(len(done.stdout) < 100000, "more than was sent")
    equal(sorted(files(maildir).values()), sorted(SAMPLE), "kept")

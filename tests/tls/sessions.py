#!/usr/bin/env python3
"""Whole sessions over TLS: STLS and pop3s, by hand, as nobody.

What a client says before TLS begins counts for nothing, and what comes out of
TLS is what would come out without it.
"""
import hashlib
import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import time

import tlslab
import harness
import trips
from tlslab import HOST, Failure, Peer, check, equal, test

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BANNER = b"+OK POP3 solopop at %s starting.\r\n" % HOST.encode()
BYE = b"+OK Pop server at %s signing off.\r\n" % HOST.encode()
MAIL = {"new/1.M1.host": b"Subject: a\n\nhello\n.\n",
        "new/2.M2.host": b"Subject: b\n\nworld\n"}


class Session:
    """A server by hand, over TCP, with a Maildir of its own."""

    def __init__(self, a, *options, mail=None, over="tcp", env=None,
                 cert=True):
        self.a = a
        self.box = a.place.path("box")
        harness.make_maildir(self.box)
        for name, content in (MAIL if mail is None else mail).items():
            harness.write_file(os.path.join(self.box, name), content)
        args = ["--no-auth", "--hostname=" + HOST, "--log=stderr",
                "--lock-wait=0", "--tls-program=" + a.place.tls]
        if cert:
            args += ["--tls-cert=" + a.cert, "--tls-key=" + a.key]
        self.server = harness.Server(a.place, args + list(options) +
                                     [self.box], over, env)
        if over == "tcp":
            self.sock = socket.socket(fileno=os.dup(self.server.reader))
            self.sock.settimeout(harness.PATIENCE)
        self.tls = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.tls is not None:
            self.tls.close()
        try:
            if kind is None:
                self.server.close()
                self.server.wait()
        finally:
            self.server.kill()

    def line(self):
        return self.tls.line() if self.tls else self.server.read_line()

    def send(self, data):
        self.tls.send(data) if self.tls else self.server.send_all(data)

    def ask(self, command):
        self.send(command.encode() + b"\r\n")
        return self.line()

    def ok(self, command):
        answer = self.ask(command)
        check(answer.startswith(b"+OK"), command, "->", answer)
        return answer

    def refused(self, command):
        answer = self.ask(command)
        check(answer.startswith(b"-ERR"), command, "->", answer)
        return answer

    def listing(self, command):
        self.ok(command)
        lines = []
        while not lines or lines[-1] != b".\r\n":
            lines.append(self.line())
        return [line.strip().decode() for line in lines[:-1]]

    def handshake(self, context=None, **how):
        self.tls = Peer(self.sock, context or self.a.client(), **how)

    def stls(self, *args, **how):
        equal(self.ask("STLS"), b"+OK Begin TLS negotiation\r\n")
        self.handshake(*args, **how)

    def login(self):
        self.ok("USER jane")
        return self.ok("PASS secret")

    def files(self):
        found = {}
        for part in ("new", "cur"):
            for name in os.listdir(os.path.join(self.box, part)):
                found[name.split(":")[0]] = harness.read_file(
                    os.path.join(self.box, part, name))
        return found

    def untouched(self):
        equal(self.files(), {k[4:]: v for k, v in MAIL.items()}, "Maildir")

    def child(self):
        """solopop-tls"""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as f:
                    name, rest = f.read().rsplit(")", 1)
            except OSError:
                continue
            if int(rest.split()[1]) == self.server.pid and \
                    "solopop-tls" in name:
                found.append(int(pid))
        equal(len(found), 1, "processes beside the server")
        return found[0]


@test
def stls_begins_anew_without_a_banner(a):
    for version in (V12, V13):
        with Session(a) as s:
            equal(s.line(), BANNER)
            check("STLS" in s.listing("CAPA"), "no STLS in CAPA")
            s.ok("USER jane")
            s.stls(a.client(version))
            # The next line is the answer to CAPA: no banner comes before it.
            equal(s.ask("CAPA"), b"+OK Capability list follows\r\n")
            said = b""
            while not said.endswith(b"\r\n.\r\n"):
                said += s.line()
            check(b"STLS" not in said, "STLS again in CAPA")
            s.refused("PASS secret")            # USER is forgotten
            equal(s.ask("STLS"),
                  b"-ERR Command not permitted when TLS active.\r\n")
            equal(s.login(), b"+OK jane has 2 messages (45 octets).\r\n")
            check("STLS" not in s.listing("CAPA"), "STLS after login")
            equal(s.listing("RETR 1"),
                  ["Subject: a", "", "hello", ".."])
            s.ok("DELE 2")
            equal(s.ask("QUIT"), BYE)
            equal(s.tls.at_end(), b"")
            s.tls.close()
            equal(s.server.wait(), 0, "exit status")
            equal(list(s.files()), ["1.M1.host"])


@test
def pop3s_has_its_banner_over_tls(a):
    for version in (V12, V13):
        with Session(a, "--tls") as s:
            s.handshake(a.client(version))
            equal(s.line(), BANNER)
            check("STLS" not in s.listing("CAPA"), "STLS in CAPA")
            equal(s.ask("STLS"),
                  b"-ERR Command not permitted when TLS active.\r\n")
            s.login()
            s.ok("DELE 1")
            equal(s.ask("QUIT"), BYE)
            equal(s.tls.at_end(), b"")
            s.tls.close()
            equal(s.server.wait(), 0, "exit status")
            equal(list(s.files()), ["2.M2.host"])


def count_segments(s, raw):
    """Tickets come before the answer to the first command, on their own."""
    s.ok("USER jane")
    for command, ask in (("PASS secret", s.ok), ("STAT", s.ok),
                         ("LIST", s.listing), ("UIDL", s.listing),
                         ("RETR 1", s.listing), ("DELE 1", s.ok)):
        before = trips.segments(raw)
        ask(command)
        equal(trips.segments(raw) - before, 1,
              "segments of the answer to " + command)


@test
def poll_over_tls__each_answer_is_one_segment(a):
    for version in (V12, V13):
        for options in (["--tls"], []):
            with Session(a, *options) as s, s.sock.dup() as raw:
                if trips.segments(raw) is None:
                    return
                if options:
                    s.handshake(a.client(version))
                s.line()
                if not options:
                    s.stls(a.client(version))
                count_segments(s, raw)


@test
def pop3s_without_a_certificate_says_nothing(a):
    with Session(a, "--tls", cert=False) as s:
        equal(s.server.read_to_end(), b"")
        equal(s.server.wait(), 78, "exit status")
        check("no TLS without certificate" in s.server.stderr())


@test
def stls_without_a_certificate_is_unknown(a):
    for options in ((), ("--tls-cert=/nonexistent",)):
        with Session(a, *options, cert=False) as s:
            equal(s.line(), BANNER)
            check("STLS" not in s.listing("CAPA"), "STLS in CAPA")
            s.refused("STLS")
            s.login()
            s.ok("QUIT")


@test
def certificate_that_cannot_be_used_is_no_begin(a):
    no = tlslab.write(os.path.join(a.top, "no.crt"), b"nothing\n")
    with Session(a, "--tls-cert=" + no, cert=False) as s:
        equal(s.line(), BANNER)
        for _ in range(2):
            equal(s.ask("STLS"), b"-ERR [SYS/TEMP] TLS cannot begin now.\r\n")
        s.login()
        equal(s.ask("QUIT"), BYE)
        equal(s.server.wait(), 0, "exit status")
        equal(s.server.stderr().count("TLS: %s:" % no), 1, s.server.stderr())


@test
def credentials_directory_is_found(a):
    folder = os.path.join(a.top, "credentials")
    os.mkdir(folder)
    os.symlink(a.cert, os.path.join(folder, "tls-cert"))
    os.symlink(a.key, os.path.join(folder, "tls-key"))
    with Session(a, cert=False,
                 env={"CREDENTIALS_DIRECTORY": folder}) as s:
        equal(s.line(), BANNER)
        s.stls()
        s.login()
        s.ok("QUIT")


@test
def clear_text_behind_stls_is_never_obeyed(a):
    """CVE-2011-0411, in every split: it may come before or after TLS has
    taken the connection, in one segment or two."""
    text = b"USER jane\r\nSTLS\r\nPASS secret\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n"
    for cut in range(1, len(text)):
        with Session(a) as s:
            s.server.send_all(text[:cut])
            if cut % 3 == 0:
                s.line()
            s.server.send_all(text[cut:])
            said = s.server.read_to_end()
            check(b"octets" not in said, "logged in", said)
            equal(said.count(b"+OK Password"), said.count(b"jane"), said)
            check(b"Nothing may follow" in said or b"Begin TLS" in said, said)
            equal(s.server.wait(), 0, "exit status")
            s.untouched()


@test
def clear_text_between_stls_and_tls_is_never_obeyed(a):
    for text in (b"USER jane\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n", b"\r\n",
                 b"STLS\r\n", b"\x16\x03\x01\xff\xff", b"\0" * 5000,
                 b"\x80\x2e\x01\x00\x02"):
        with Session(a) as s:
            equal(s.line(), BANNER)
            s.ok("STLS")
            s.server.send_all(text)
            s.server.end_input()
            said = s.server.read_to_end()
            check(b"+OK" not in said and b"-ERR" not in said, said)
            equal(s.server.wait(), 0, "exit status")
            s.untouched()


@test
def commands_behind_the_handshake_may_be_pipelined(a):
    with Session(a, "--tls") as s:
        s.handshake()
        s.send(b"USER jane\r\nPASS secret\r\nSTAT\r\nRETR 2\r\nQUIT\r\n")
        said = s.tls.at_end()
        equal(said, BANNER + b"+OK Password required for jane.\r\n"
              b"+OK jane has 2 messages (45 octets).\r\n+OK 2 45\r\n"
              b"+OK 21 octets\r\nSubject: b\r\n\r\nworld\r\n.\r\n" + BYE)


@test
def half_closed_by_the_client_all_is_answered(a):
    with Session(a, "--tls") as s:
        # Through buffers, since a goodbye over a socket also reads.
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = a.client().wrap_bio(incoming, outgoing, server_hostname=HOST)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                s.sock.sendall(outgoing.read())
                incoming.write(s.sock.recv(65536))
        tls.write(b"USER jane\r\nPASS secret\r\n" + b"RETR 1\r\n" * 500 +
                  b"QUIT\r\n")
        try:
            tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        s.sock.sendall(outgoing.read())
        said = b""
        while True:
            data = s.sock.recv(65536)
            if not data:
                break
            incoming.write(data)
        while True:
            try:
                some = tls.read(65536)
            except ssl.SSLZeroReturnError:
                break
            if not some:
                break
            said += some
        equal(said.count(b"hello\r\n..\r\n.\r\n"), 500)
        check(said.endswith(BYE), said[-100:])


@test
def client_that_vanishes_removes_nothing(a):
    """In the middle of a message, with a deletion pending, by reset."""
    big = {"new/1.M1.host": b"x" * 70 + b"\n", "new/2.M2.host":
           (b"y" * 70 + b"\n") * 200000}
    for reset in (False, True):
        with Session(a, mail=big) as s:
            equal(s.line(), BANNER)
            s.stls()
            s.login()
            s.ok("DELE 1")
            s.ok("RETR 2")
            s.tls.read(100000)
            if reset:
                s.tls.raw.close()
                s.tls.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
            s.sock.close()
            s.tls.close()
            s.server.vanish(reset)
            s.server.wait()
            equal(sorted(s.files()), ["1.M1.host", "2.M2.host"])


@test
def crash_of_tls_removes_nothing(a):
    for how in ("--tls", None):
        with Session(a, *([how] if how else [])) as s:
            if how is None:
                equal(s.line(), BANNER)
                s.stls()
            else:
                s.handshake()
                equal(s.line(), BANNER)
            s.login()
            s.ok("DELE 1")
            s.ok("DELE 2")
            os.kill(s.child(), 9)
            equal(s.server.wait(), 0, "exit status")
            s.untouched()


@test
def a_hundred_megabytes_come_through_unchanged(a):
    line = b"0123456789abcdef" * 4 + b"0123456\r\n"
    block = line * 14400                # about a megabyte
    with Session(a, "--tls", mail={}) as s:
        path = os.path.join(s.box, "new", "3.M3.host")
        digest = hashlib.sha256()
        with open(path, "wb") as f:
            for i in range(100):
                part = b"%d\r\n" % i + block
                f.write(part)
                digest.update(part)
        size = os.path.getsize(path)
        s.handshake()
        equal(s.line(), BANNER)
        s.login()
        equal(s.ok("RETR 1"), b"+OK %d octets\r\n" % size)
        got, n = hashlib.sha256(), 0
        buffer = bytearray(1 << 18)
        while n < size:
            k = s.tls.tls.recv_into(buffer, min(len(buffer), size - n))
            check(k > 0, "ended after", n)
            got.update(memoryview(buffer)[:k])
            n += k
        equal(got.hexdigest(), digest.hexdigest())
        equal(s.line(), b".\r\n")
        s.ok("DELE 1")
        s.ok("QUIT")
        equal(s.tls.at_end(), b"")


@test
def plain_session_has_nothing_of_tls(a):
    """Where TLS is set up, too, before and after the login."""
    with Session(a) as s:
        equal(s.line(), BANNER)
        for _ in range(2):
            with open("/proc/%d/maps" % s.server.pid) as f:
                maps = f.read()
            for word in ("ssl", "crypto", "sasl", "tls"):
                check("lib" + word not in maps, word, "is mapped")
            if _ == 0:
                s.login()
        s.ok("QUIT")


@test
def login_deadline_goes_on(a):
    began = time.monotonic()
    with Session(a, "--login-timeout=2") as s:
        equal(s.line(), BANNER)
        time.sleep(1.2)
        s.stls()
        equal(s.tls.at_end(), b"")
        check(time.monotonic() - began < 3, "the deadline began anew")
    with Session(a, "--login-timeout=1") as s:
        equal(s.line(), BANNER)
        s.ok("STLS")
        equal(s.server.read_to_end(), b"")
        check("took too long" in s.server.stderr(), s.server.stderr())


@test
def two_pipes_will_do(a):
    """No socket at all: openssl speaks over two pipes of a shell."""
    box = a.place.path("box")
    harness.make_maildir(box)
    server_in, ours_out = os.pipe()
    ours_in, server_out = os.pipe()
    with open(os.devnull) as null:
        p = subprocess.Popen(
            [a.place.binary, "--no-auth", "--log=none", "--tls",
             "--hostname=" + HOST, "--tls-program=" + a.place.tls,
             "--tls-cert=" + a.cert, "--tls-key=" + a.key, box],
            stdin=server_in, stdout=server_out, stderr=null)
    os.close(server_in)
    os.close(server_out)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = a.client().wrap_bio(incoming, outgoing, server_hostname=HOST)

    def do(call, *args):
        while True:
            try:
                return call(*args)
            except ssl.SSLWantReadError:
                os.write(ours_out, outgoing.read())
                r = select.select([ours_in], [], [], harness.PATIENCE)[0]
                check(r, "silence")
                data = os.read(ours_in, 65536)
                check(data, "ended")
                incoming.write(data)

    do(tls.do_handshake)
    equal(do(tls.read, 1000), BANNER)
    tls.write(b"QUIT\r\n")
    equal(do(tls.read, 1000), BYE)
    os.close(ours_in)
    os.close(ours_out)
    equal(p.wait(harness.PATIENCE), 0, "exit status")


class Ucspi:
    """A superserver that speaks UCSPI-TLS, of which we are the TLS, too."""

    def __init__(self, a, *options, wrong=None):
        self.control, control = socket.socketpair()
        read, self.to = os.pipe()
        self.back, write = os.pipe()
        near, far = socket.socketpair()
        self.plain = near
        for s in (self.control, self.plain):
            s.settimeout(harness.PATIENCE)
        box = a.place.path("box")
        harness.make_maildir(box)
        env = {"SSLCTLFD": control.fileno(), "SSLREADFD": read,
               "SSLWRITEFD": write}
        env.update(wrong or {})
        self.process = subprocess.Popen(
            [a.place.binary, "--no-auth", "--log=none", "--hostname=" + HOST]
            + list(options) + [box], stdin=far, stdout=far,
            stderr=subprocess.DEVNULL,
            pass_fds=(control.fileno(), read, write),
            env={k: str(v) for k, v in env.items()})
        for s in (control, far):
            s.close()
        os.close(read)
        os.close(write)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for s in (self.control, self.plain):
            s.close()
        os.close(self.to)
        os.close(self.back)
        try:
            self.process.wait(harness.PATIENCE)
        finally:
            self.process.kill()

    def hear(self, fd, wanted):
        data = b""
        while len(data) < len(wanted):
            check(select.select([fd], [], [], harness.PATIENCE)[0],
                  "silence after", data)
            some = os.read(fd, 65536)
            check(some, "ended after", data)
            data += some
        equal(data, wanted)


@test
def ucspi_tls_takes_over(a):
    with Ucspi(a) as u:
        u.hear(u.plain.fileno(), BANNER)
        u.plain.sendall(b"USER jane\r\nSTLS\r\n")
        u.hear(u.plain.fileno(), b"+OK Password required for jane.\r\n"
               b"+OK Begin TLS negotiation\r\n")
        equal(u.control.recv(10), b"y")
        os.write(u.to, b"PASS secret\r\nSTLS\r\nUSER jane\r\nPASS x\r\n"
                 b"STAT\r\nQUIT\r\n")
        u.hear(u.back, b'-ERR Unknown command: "pass".\r\n'
               b"-ERR Command not permitted when TLS active.\r\n"
               b"+OK Password required for jane.\r\n"
               b"+OK jane has 0 messages (0 octets).\r\n+OK 0 0\r\n" + BYE)


@test
def ucspi_tls_from_the_first_byte(a):
    with Ucspi(a, "--tls") as u:
        equal(u.control.recv(10), b"y")
        u.hear(u.back, BANNER)
        os.write(u.to, b"QUIT\r\n")
        u.hear(u.back, BYE)


@test
def ucspi_tls_clear_text_behind_stls_is_refused(a):
    with Ucspi(a) as u:
        u.hear(u.plain.fileno(), BANNER)
        u.plain.sendall(b"STLS\r\nUSER jane\r\n")
        u.hear(u.plain.fileno(),
               b"-ERR Nothing may follow STLS before TLS begins.\r\n")
        u.plain.close()
        equal(u.control.recv(10), b"")


@test
def ucspi_tls_needs_all_three(a):
    for wrong in ({"SSLCTLFD": ""}, {"SSLREADFD": "1"}, {"SSLREADFD": "99"},
                  {"SSLWRITEFD": "-5"}, {"SSLWRITEFD": "7x"}):
        with Ucspi(a, wrong=wrong) as u:
            u.hear(u.plain.fileno(), BANNER)
            u.plain.sendall(b"STLS\r\nQUIT\r\n")
            u.hear(u.plain.fileno(), b'-ERR Unknown command: "stls".\r\n' +
                   BYE)


@test
def check_looks_at_the_files(a):
    def look(*options):
        done = subprocess.run(
            [a.place.binary, "--check", "--no-auth", "--tls-program=" +
             a.place.tls] + list(options) + [a.top], timeout=20,
            stdin=subprocess.DEVNULL, capture_output=True)
        return done.stdout.decode()

    said = look("--tls-cert=" + a.cert, "--tls-key=" + a.key)
    check("TLS           %s: certificate of /CN=%s" % (a.cert, HOST) in said,
          said)
    said = look("--tls-cert=" + a.cert, "--tls-key=" + a.ca_key)
    check("key values mismatch" in said and "-> name PEM files" in said, said)
    check("none: no certificate" in look(), "what is there without")
    check("-> --tls needs" in look("--tls"), "--tls without a certificate")
    check("-> install solopop-tls" in
          look("--tls-cert=" + a.cert, "--tls-program=/nonexistent"),
          "no program")


if __name__ == "__main__":
    sys.exit(tlslab.run())

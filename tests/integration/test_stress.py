"""Two hundred sessions at a time through each superserver.

All are open together, at three gates: before the login, after it, and before
QUIT.  Every client has a user, an address and messages of its own, compares
each octet of them, and every other one deletes what it has read.  Then nothing
may be left: no process, no zombie, no descriptor of the superserver.
"""
import asyncio
import hashlib
import os
import re

from lab import *
from superservers import *

ON_REQUEST = True
MANY = 200
AT_ONCE = 16            # connections that wait for the banner; the backlog's end
FIRST_UID = 62000
ENOUGH = 120            # seconds; it takes less than ten


def name(i):
    return "user%03d" % i


def source(i):
    return "127.0.1.%d" % (i + 1)


def maildir_of(i):
    return "%s/%s/Maildir" % (HOMES, name(i))


def mail(i):
    """Nobody else's, with dots and without a last line end; two are larger."""
    who = name(i).encode()
    return [b"To: %s\nSubject: dots\n\n.\n..%s\n.\n" % (who, who),
            b"To: %s\r\nSubject: CRLF\r\n\r\n%s\r\n" % (who, who),
            b"To: %s\n\n%s" % (who, b"\xe4\xf6 no end"),
            b"To: %s\n\n" % who + (b".%s's line\n" % who) * 3000,
            b"To: %s\n\n" % who + hashlib.sha512(who).digest() * 2000 + b"\n"]


def add_users():
    """They have alice's password."""
    if name(0) + ":" in slurp("/etc/passwd"):
        return
    with open("/etc/passwd", "a") as passwd, open("/etc/shadow", "a") as shadow:
        for i in range(MANY):
            passwd.write("%s:x:%d:%d::%s/%s:/bin/sh\n" % (
                name(i), FIRST_UID + i, FIRST_UID + i, HOMES, name(i)))
            shadow.write("%s:$6$solopopalice$%s:19000:0:99999:7:::\n" % (
                name(i), crypted("alice")))


def own(path, i):
    os.chown(path, FIRST_UID + i, FIRST_UID + i)


def fill_all():
    add_users()
    for i in range(MANY):
        os.makedirs(os.path.dirname(maildir_of(i)), exist_ok=True)
        own(os.path.dirname(maildir_of(i)), i)
        for path in fill(maildir_of(i), mail(i), "front"):
            own(path, i)
        for part in ("", "/cur", "/new", "/tmp"):
            own(maildir_of(i) + part, i)


class Gate:
    """Nobody goes through before all have come."""

    def __init__(self):
        self.left = MANY
        self.all_here = asyncio.Event()

    async def __call__(self):
        self.left -= 1
        if self.left == 0:
            self.all_here.set()
        await self.all_here.wait()


class Client:
    """One of them."""

    def __init__(self, i):
        self.i = i

    async def line(self):
        line = await self.reader.readuntil(b"\r\n")
        return line[:-2]

    async def ok(self, what=None):
        if what is not None:
            self.writer.write(what.encode() + b"\r\n")
        line = await self.line()
        check(line.startswith(b"+OK"), name(self.i), what, "->", line)
        return line

    async def body(self):
        lines = []
        while True:
            line = await self.line()
            if line == b".":
                return b"".join(s + b"\r\n" for s in lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    async def connect(self, server, context):
        how = dict(ssl=context, server_hostname="localhost") if context else {}
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", server.port, local_addr=(source(self.i), 0),
            limit=1 << 20, **how)
        await self.ok()

    async def use(self, gates):
        await gates[0]()
        await self.ok("USER " + name(self.i))
        await self.ok("PASS " + password("alice"))
        await gates[1]()
        messages = [wire(m) for m in mail(self.i)]
        stat = await self.ok("STAT")
        equal(stat.split()[1:3], [b"%d" % len(messages),
                                  b"%d" % sum(map(len, messages))], "STAT")
        self.writer.write(b"".join(b"RETR %d\r\n" % (n + 1)
                                   for n in range(len(messages))))
        for message in messages:
            await self.ok()
            equal(await self.body(), message, name(self.i) + "'s message")
        for n in range(len(messages)):
            if self.i % 2 == 0:
                await self.ok("DELE %d" % (n + 1))
        await gates[2]()
        await self.ok("QUIT")
        equal(await self.reader.read(), b"", "behind QUIT")
        self.writer.close()


async def all_of_them(server):
    context = None
    if server.tls:
        from test_tls import authority
        context = authority().client(None)
    clients = [Client(i) for i in range(MANY)]
    turn = asyncio.Semaphore(AT_ONCE)
    gates = [Gate(), Gate(), Gate()]

    async def one(client):
        async with turn:
            await client.connect(server, context)
        await client.use(gates)

    await asyncio.wait_for(asyncio.gather(*map(one, clients)), ENOUGH)


def at_rest(server):
    """What the superserver has while nobody is there."""
    eventually("end of all sessions", lambda: not ours())
    pid = server.process.pid
    eventually("no child and no zombie of the superserver", lambda: not [
        p for p, s in processes().items() if s["PPid"] == str(pid)])
    return len(open_files(pid))


def warm_up(server):
    """The first session may make it open what it keeps."""
    talk = Talk.to(server.port)
    if server.tls:
        from test_tls import begin
        begin(talk)
    talk.banner()
    talk.ok("QUIT")
    talk.at_end()
    talk.close()


def left_as_they_should_be():
    for i in range(MANY):
        equal(sorted(files(maildir_of(i)).values()),
              [] if i % 2 == 0 else sorted(mail(i)), "left of " + name(i))


def stress(start, **how):
    fill_all()
    log = Log()
    with start(options("--log=syslog"), **how) as server:
        warm_up(server)
        before = at_rest(server)
        asyncio.run(all_of_them(server))
        server.said(MANY + 1)
        # Fewer, if the first session's were still being closed.
        eventually("no more descriptors than before, %d" % before,
                   lambda: at_rest(server) <= before)
        warm_up(server)
        left_as_they_should_be()
    found = [re.search(r'POP login by user "(\w+)" at \((\S+)\)', s)
             for s in log.lines]
    equal(sorted(m.groups() for m in found if m),
          [(name(i), source(i)) for i in range(MANY)], "logins in the log")
    equal(sum("Stats: user" in s for s in log.lines), MANY, "ends in the log")


@root_only
def two_hundred__inetd():
    stress(inetd, rate=10000)


@root_only
def two_hundred__xinetd():
    stress(xinetd, rate=10000)


@root_only
def two_hundred__systemd_socket_activate__inetd():
    stress(activate_inetd)


@root_only
def two_hundred__systemd_socket_activate__descriptor_3():
    stress(activate_fd3)


@root_only
def two_hundred__tcpserver():
    stress(tcpserver)


@root_only
def two_hundred__s6_tcpserver():
    stress(s6_tcpserver)


@root_only
def two_hundred__tcpsvd():
    stress(tcpsvd)


@root_only
def two_hundred__busybox_tcpsvd():
    stress(busybox_tcpsvd)


@root_only
def two_hundred__socat():
    stress(socat)


@root_only
def two_hundred__stunnel():
    stress(stunnel)

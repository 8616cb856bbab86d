"""What tests of TLS need: certificates of our own, a client, and solopop-tls
with a plain end that we hold.
"""
import contextlib
import encodings.idna          # before we may be nobody: see harness
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "session"))
import harness
from harness import Failure, PATIENCE, SKIPPED

HOST = "mail.example.org"
OTHER = "pop.example.net"


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(map(str, what)))


def equal(got, wanted, what="different"):
    if got != wanted:
        raise Failure("%s: got %.300r, wanted %.300r" % (what, got, wanted))


def why_not():
    """The reason why TLS cannot be tested here, or None."""
    if not os.access(harness.beside("solopop-tls"), os.X_OK):
        return "solopop-tls is not built"
    if shutil.which("openssl") is None:
        return "no openssl here"
    return None


def openssl(*args, **how):
    done = subprocess.run(("openssl",) + args, capture_output=True,
                          timeout=PATIENCE, **how)
    if done.returncode != 0:
        raise Failure("openssl %s: %s" % (args[0], done.stderr.decode()))
    return done.stdout


def write(path, content, mode=0o600):
    harness.write_file(path, content, mode)
    return path


class Authority:
    """Certificates in a directory of our own, and a context that trusts."""

    def __init__(self, place):
        self.place = place
        self.top = top = os.path.join(place.top, "tls")
        os.mkdir(top, 0o755)
        self.ca = os.path.join(top, "ca.crt")
        self.ca_key = os.path.join(top, "ca.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                "-subj", "/CN=Test authority", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign", "-keyout",
                self.ca_key, "-out", self.ca)
        self.leaf = write(os.path.join(top, "leaf.ext"),
                          b"subjectKeyIdentifier=hash\n"
                          b"authorityKeyIdentifier=keyid\n")
        self.cert, self.key = self.issue(HOST)

    def issue(self, host, days="365", kind="ec", folder=None, more="",
              extensions=()):
        """-> paths of a certificate and its key"""
        stem = os.path.join(folder or self.top, host)
        cert, key, request = stem + ".crt", stem + ".key", stem + ".csr"
        how = ["-newkey", "rsa:2048"] if kind == "rsa" else \
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("req", *how, "-nodes", "-subj", "/CN=" + host, "-keyout",
                key, "-out", request, "-addext", "subjectAltName=DNS:" + host + more,
                *[x for e in extensions for x in ("-addext", e)])
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey",
                self.ca_key, "-days", days, "-copy_extensions", "copy",
                "-extfile", self.leaf, "-out", cert)
        os.unlink(request)
        os.chmod(key, 0o600)
        return cert, key

    def issue_expired(self, stem):
        """-> path of a certificate for our key that ended years ago.  Only
        "openssl ca" sets both dates with each version of OpenSSL 3."""
        request, cert = stem + ".csr", stem + ".crt"
        write(stem + ".db", b"")
        config = write(stem + ".cnf", ("""
            [ca]
            default_ca = expired
            [expired]
            database = %s.db
            new_certs_dir = %s
            rand_serial = yes
            default_md = sha256
            policy = any
            [any]
            commonName = supplied
            """ % (stem, self.top)).encode())
        openssl("req", "-new", "-key", self.key, "-subj", "/CN=expired",
                "-out", request)
        openssl("ca", "-batch", "-selfsign", "-config", config, "-keyfile",
                self.key, "-in", request, "-startdate", "20200101000000Z",
                "-enddate", "20200102000000Z", "-notext", "-out", cert)
        return cert

    def client(self, version=None):
        """Python 3.13 verifies strictly; so do older ones here."""
        c = ssl.create_default_context(cafile=self.ca)
        c.verify_flags |= ssl.VERIFY_X509_STRICT
        if version is not None:
            c.minimum_version = c.maximum_version = version
        return c


class Peer:
    """A client's end of TLS over a socket, which says no more than asked."""

    def __init__(self, sock, context, host=HOST, session=None):
        sock.settimeout(PATIENCE)
        self.raw = sock
        self.tls = context.wrap_socket(sock, server_hostname=host,
                                       session=session,
                                       suppress_ragged_eofs=False)

    def name(self):
        return dict(pair[0] for pair in self.tls.getpeercert()["subject"])[
            "commonName"]

    def send(self, data):
        self.tls.sendall(data)

    def read(self, n):
        data = b""
        while len(data) < n:
            some = self.tls.recv(n - len(data))
            if not some:
                raise Failure("ended after %d bytes of %d" % (len(data), n))
            data += some
        return data

    def line(self):
        line = b""
        while not line.endswith(b"\n"):
            line += self.read(1)
        return line

    def at_end(self):
        """All that is left; there must be a close_notify behind it."""
        data = b""
        while True:
            try:
                some = self.tls.recv(65536)
            except ssl.SSLZeroReturnError:
                return data
            if not some:
                return data
            data += some

    def close(self):
        self.tls.close()


def tcp_pair():
    near, far = harness.over_tcp()[0::2]
    return socket.socket(fileno=near), socket.socket(fileno=far)


def peer_message(ip):
    """What solopop tells of the client: io/peer.c, in the form of io/fields.c."""
    numbers = [3, 1, len(ip)]
    return b"\x44" + b"".join(n.to_bytes(8, "big") for n in numbers) + ip + \
        (1).to_bytes(8, "big") + (0).to_bytes(8, "big")


class Pump:
    """solopop-tls alone: we are the client, and the plain end, too."""

    def __init__(self, authority, *options, cert=None, key=None,
                 tell=True):
        self.client, far = tcp_pair()
        ours, theirs = socket.socketpair()
        self.plain = ours
        self.plain.settimeout(PATIENCE)
        self.log = authority.place.path("log")
        args = [authority.place.tls, "--cert=" + (cert or authority.cert),
                "--key=" + (key or authority.key)] + list(options)
        channel, told = socket.socketpair(socket.AF_UNIX,
                                          socket.SOCK_SEQPACKET)
        self.channel = channel      # open as long as we live
        if tell:
            self.tell()
        with open(self.log, "ab") as err:
            self.pid = os.fork()
            if self.pid == 0:
                try:
                    high = [os.dup2(fd, 20 + i) for i, fd in enumerate(
                        (far.fileno(), far.fileno(), theirs.fileno(),
                         told.fileno(), err.fileno()))]
                    for at, fd in zip((3, 4, 5, 6, 2), high):
                        os.dup2(fd, at)
                    os.closerange(7, 64)
                    os.execve(args[0], args, {})
                finally:
                    os._exit(127)
        for end in (far, theirs, told):
            end.close()
        self.status = None

    def tell(self):
        """Whose connection it is: from now on the client is heard."""
        self.channel.send(peer_message(b"192.0.2.7"))

    def peer(self, context, **how):
        return Peer(self.client, context, **how)

    def said(self):
        """What it logged, but for the layers that this processor lacks."""
        lines = harness.read_file(self.log).decode().splitlines(True)
        return "".join(x for x in lines if ": going on without a " not in x)

    def wait(self):
        if self.status is None:
            with contextlib.closing(Alarm()):
                _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.plain.close()
        if self.status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)


class Alarm:
    """Nothing here waits for ever."""

    def __init__(self):
        signal.signal(signal.SIGALRM, self.ring)
        signal.alarm(int(PATIENCE))

    def ring(self, *_):
        raise Failure("a process does not end")

    def close(self):
        signal.alarm(0)


TESTS = []


def test(function):
    """A test; its one argument is an Authority."""
    TESTS.append(function)
    return function


def run():
    """All of them, or those that the command line names."""
    reason = why_not()
    if reason:
        print("SKIP: " + reason)
        return SKIPPED
    place = harness.Place()
    tests = [t for t in TESTS if len(sys.argv) < 2 or
             any(word in t.__name__ for word in sys.argv[1:])]
    failed = 0
    try:
        authority = Authority(place)
        for test in tests:
            try:
                test(authority)
            except (Failure, OSError, EOFError) as e:
                failed += 1
                print("FAIL: %s: %s: %s" % (test.__name__,
                                            type(e).__name__, e))
    finally:
        place.close()
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return 1 if failed else 0

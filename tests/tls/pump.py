#!/usr/bin/env python3
"""solopop-tls by itself: what goes in on one side comes out on the other, and
an end on one side is the end on the other.
"""
import hashlib
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings

import tlslab
import harness
from tlslab import HOST, OTHER, Failure, Pump, check, equal, test

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@test
def bytes_go_both_ways(a):
    for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
        with Pump(a) as p:
            peer = p.peer(a.client(version))
            equal(peer.tls.version(), name)
            p.plain.sendall(b"+OK ready\r\n")
            equal(peer.line(), b"+OK ready\r\n")
            peer.send(b"QUIT\r\n")
            equal(p.plain.recv(100), b"QUIT\r\n")
            p.plain.shutdown(socket.SHUT_WR)
            equal(peer.at_end(), b"")
            peer.close()
            equal(p.plain.recv(100), b"")
            equal(p.wait(), 0, "exit status")
            check("protocol=%s cipher=" % name in p.said(), p.said())


@test
def the_client_is_not_heard_before_the_monitor_says_so(a):
    """It may have sent its part of the handshake behind STLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = a.client().wrap_bio(incoming, outgoing, server_hostname=HOST)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    with Pump(a, tell=False) as p:
        p.client.sendall(outgoing.read())
        p.channel.settimeout(harness.PATIENCE)
        check(p.channel.recv(100), "it does not say that it is ready")
        check(not select.select([p.client], [], [], 0.3)[0], "it answers")
        p.tell()
        p.client.settimeout(harness.PATIENCE)
        check(p.client.recv(100), "no answer")


@test
def old_versions_are_refused(a):
    with Pump(a) as p:
        context = a.client()
        context.set_ciphers("ALL:@SECLEVEL=0")
        warnings.simplefilter("ignore")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            p.peer(context)
        except (ssl.SSLError, ConnectionError):
            pass
        else:
            raise Failure("TLS 1.1 was taken")
        equal(p.plain.recv(100), b"")
        check(p.wait() != 0, "exit status 0")
        check("TLS refused: rhost=192.0.2.7" in p.said(), p.said())


@test
def weak_ciphers_are_refused(a):
    """Without a fresh key, without a certificate, without authentication of
    what is encrypted; each works with a server that allows all."""
    rsa = a.issue("rsa.example.org", kind="rsa")
    for pair in {}, dict(cert=rsa[0], key=rsa[1]):
        refused = 0
        for cipher in ("AES256-GCM-SHA384", "AES128-SHA", "ECDHE+AES128+SHA1",
                       "ECDHE+AES256+SHA384:!AESGCM", "ECDHE+AESCCM",
                       "AECDH", "eNULL", "DHE+AESGCM"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.maximum_version = V12
            try:
                context.set_ciphers(cipher + ":@SECLEVEL=0")
            except ssl.SSLError:
                continue                # this OpenSSL has none of them
            with Pump(a, **pair) as p:
                try:
                    peer = p.peer(context)
                except (ssl.SSLError, ConnectionError):
                    refused += 1
                else:
                    raise Failure("taken: " + peer.tls.cipher()[0])
                p.wait()
                check("no shared cipher" in p.said(), cipher, p.said())
        check(refused > 4, "only %d were tried" % refused)


@test
def a_client_that_leaves_at_once_is_no_event(a):
    with Pump(a) as p:
        p.client.close()
        equal(p.plain.recv(100), b"")
        check(p.wait() != 0, "exit status 0")
        equal(p.said(), "")


@test
def plain_text_is_refused(a):
    with Pump(a) as p:
        p.client.sendall(b"USER alice\r\nPASS secret\r\nQUIT\r\n")
        equal(p.plain.recv(100), b"", "what came through")
        check(p.wait() != 0, "exit status 0")


@test
def handshake_has_a_deadline(a):
    with Pump(a, "--handshake-time=200") as p:
        p.client.sendall(b"\x16\x03\x01\x02\x00\x01")
        equal(p.plain.recv(100), b"")
        check(p.wait() != 0, "exit status 0")
        check("took too long" in p.said(), p.said())


@test
def last_word_before_the_handshake_is_heard(a):
    with Pump(a) as p:
        p.plain.sendall(b"-ERR\r\n")
        p.plain.close()
        equal(p.peer(a.client()).at_end(), b"-ERR\r\n")


@test
def closed_half_by_the_client_answers_still_come(a):
    for version in (V12, V13):
        with Pump(a) as p:
            peer = p.peer(a.client(version))
            peer.send(b"STAT\r\nQUIT\r\n")
            goodbye(peer)
            equal(read_all(p.plain), b"STAT\r\nQUIT\r\n")
            p.plain.sendall(b"+OK 0 0\r\n" * 10000)
            p.plain.close()
            equal(len(peer.at_end()), 90000)
            equal(p.wait(), 0, "exit status")


def goodbye(peer):
    """close_notify, and nothing read."""
    peer.tls.setblocking(False)
    try:
        peer.tls.unwrap()
    except (ssl.SSLWantReadError, ssl.SSLError):
        pass
    peer.tls.settimeout(harness.PATIENCE)


def read_all(sock):
    data = b""
    while True:
        some = sock.recv(65536)
        if not some:
            return data
        data += some


@test
def end_without_goodbye_is_an_end(a):
    for version in (V12, V13):
        with Pump(a) as p:
            peer = p.peer(a.client(version))
            peer.send(b"DELE 1\r\nQU")
            p.client.close()
            fd = peer.tls.detach()
            with socket.socket(fileno=fd) as raw:
                raw.shutdown(socket.SHUT_WR)
                equal(read_all(p.plain), b"DELE 1\r\nQU")
                p.plain.close()
                p.wait()


@test
def a_record_cut_in_two_gives_nothing(a):
    """What is not vouched for whole is not passed on."""
    with Pump(a) as p:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = a.client().wrap_bio(incoming, outgoing, server_hostname=HOST)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                p.client.sendall(outgoing.read())
                incoming.write(p.client.recv(65536))
        p.client.sendall(outgoing.read())
        tls.write(b"QUIT\r\n")
        p.client.sendall(outgoing.read()[:-1])
        p.client.shutdown(socket.SHUT_WR)
        equal(read_all(p.plain), b"")


@test
def a_forged_record_ends_it(a):
    with Pump(a) as p:
        peer = p.peer(a.client())
        peer.send(b"STAT\r\n")
        equal(p.plain.recv(100), b"STAT\r\n")
        fd = peer.tls.detach()
        with socket.socket(fileno=fd) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"Q" * 32)
            equal(read_all(p.plain), b"")
            p.wait()


@test
def much_goes_through_unchanged(a):
    """Both ways at once, more than all buffers on the way hold."""
    size = 20 << 20
    block = os.urandom(1 << 20)
    for version in (V12, V13):
        with Pump(a) as p:
            peer = p.peer(a.client(version))
            sums = {}

            def plain_out():
                for _ in range(size // len(block)):
                    p.plain.sendall(block)
                p.plain.shutdown(socket.SHUT_WR)

            def plain_in():
                sums["up"] = digest_of(p.plain.recv, size // 10)

            threads = [threading.Thread(target=f, daemon=True)
                       for f in (plain_out, plain_in)]
            for t in threads:
                t.start()
            up = (block * 2)[:size // 10]
            peer.send(up)
            down = digest_of(peer.tls.recv, size)
            for t in threads:
                t.join(harness.PATIENCE)
            equal(down, hashlib.sha256(block * 20).hexdigest())
            equal(sums["up"], hashlib.sha256(up).hexdigest())


def digest_of(recv, size):
    h, n = hashlib.sha256(), 0
    while n < size:
        some = recv(65536)
        if not some:
            raise Failure("ended after %d bytes of %d" % (n, size))
        h.update(some)
        n += len(some)
    return h.hexdigest()


@test
def a_client_that_does_not_read_holds_the_sender_up(a):
    """Bounded buffers: what is not taken stays with whoever sends."""
    with Pump(a) as p:
        peer = p.peer(a.client())
        p.plain.setblocking(False)
        sent = 0
        idle = 0
        while idle < 20 and sent < 64 << 20:
            try:
                sent += p.plain.send(b"x" * 65536)
                idle = 0
            except BlockingIOError:
                idle += 1
                time.sleep(0.01)
        check(sent < 32 << 20, sent, "bytes were taken and not delivered")
        with open("/proc/%d/statm" % p.pid) as f:
            pages = int(f.read().split()[1])
        p.plain.close()
        equal(len(peer.at_end()), sent)
        check(pages * 4096 < 64 << 20, pages, "pages")


@test
def a_client_that_does_not_read_is_left_in_the_end(a):
    with Pump(a, "--patience=300") as p:
        p.peer(a.client())
        p.plain.setblocking(False)
        try:
            while True:
                p.plain.send(b"x" * 65536)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            p.plain.close()         # or it has given up already
        p.wait()


@test
def a_client_that_goes_on_sending_is_left_in_the_end(a):
    """The plain side is gone, all is sent: two seconds, whatever it says."""
    with Pump(a) as p:
        peer = p.peer(a.client())
        p.plain.sendall(b"+OK bye\r\n")
        p.plain.close()
        equal(peer.line(), b"+OK bye\r\n")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10:
                peer.send(b"NOOP\r\n" * 100)
                time.sleep(0.01)
        except OSError:
            pass
        check(1 < time.monotonic() - began < 9, "not after two seconds")
        equal(p.wait(), 0)


@test
def a_name_chooses_its_certificate(a):
    folder = os.path.join(a.top, "sni")
    os.mkdir(folder)
    a.issue(OTHER, folder=folder)
    os.mkdir(os.path.join(folder, "a.example.com"))
    cert, key = a.issue("a.example.com")
    os.rename(cert, os.path.join(folder, "a.example.com", "fullchain.pem"))
    os.rename(key, os.path.join(folder, "a.example.com", "privkey.pem"))
    cert, key = a.issue("one.example.org", kind="rsa")
    both = harness.read_file(cert) + harness.read_file(key)
    tlslab.write(os.path.join(folder, "_.example.org.pem"), both)
    tlslab.write(os.path.join(folder, "broken.example.com.crt"), b"no\n")
    for said, wanted in ((OTHER, OTHER), (OTHER.upper(), OTHER),
                         ("a.example.com", "a.example.com"),
                         ("two.example.org", "one.example.org"),
                         ("x.two.example.org", HOST), (None, HOST),
                         ("broken.example.com", HOST),
                         ("other.example.com", HOST)):
        for version in (V12, V13):
            context = a.client(version)
            context.check_hostname = False
            with Pump(a, "--sni-dir=" + folder) as p:
                peer = p.peer(context, host=said)
                equal(peer.name(), wanted, "certificate for %s" % said)
                p.plain.close()
                peer.at_end()
                equal("no certificate for broken" in p.said(),
                      said == "broken.example.com", p.said())
                equal("sni=-" in p.said(), said is None, p.said())


@test
def sni_cannot_forge_a_log_line(a):
    context = a.client()
    context.check_hostname = False
    with Pump(a) as p:
        peer = p.peer(context, host="a resumed=yes b")
        p.plain.sendall(b"+OK\r\n")
        peer.line()
        check("sni=a\\x20resumed\\x3dyes\\x20b" in p.said(), p.said())


def resumed(a, context, session, *options):
    """-> whether the session was resumed, and the one for the next time"""
    with Pump(a, *options) as p:
        peer = p.peer(context, session=session)
        p.plain.sendall(b"+OK\r\n")
        equal(peer.line(), b"+OK\r\n")
        check(("resumed=yes" in p.said().splitlines()[-1]) ==
              peer.tls.session_reused, "the log says otherwise:", p.said())
        return peer.tls.session_reused, peer.tls.session


@test
def sessions_resume_in_another_process(a):
    path = os.path.join(a.top, "tickets")
    option = "--ticket-file=" + path
    for version in (V12, V13):
        context = a.client(version)
        first, session = resumed(a, context, None, option)
        equal(first, False)
        equal(resumed(a, context, session, option)[0], True)
        equal(os.stat(path).st_mode & 0o777, 0o600)
    # Damaged: ignored, and made anew.
    for content in (b"", b"x" * 224, harness.read_file(path)[:-1],
                    harness.read_file(path)[:-1] + b"\0\0"):
        tlslab.write(path, content)
        again, session = resumed(a, context, session, option)
        equal(again, False, "after damage")
        equal(resumed(a, context, session, option)[0], True)
    # Readable by others: no secret any more.
    os.chmod(path, 0o644)
    equal(resumed(a, context, session, option)[0], False, "a public key")
    equal(os.stat(path).st_mode & 0o777, 0o600)
    # A link is not followed, but replaced.
    os.rename(path, path + ".elsewhere")
    os.symlink(path + ".elsewhere", path)
    equal(resumed(a, context, session, option)[0], False, "a link")
    check(not os.path.islink(path), "the link is still there")


@test
def each_session_that_resumes_has_a_ticket_for_the_next(a):
    """In TLS 1.3 a client shows a ticket once."""
    option = "--ticket-file=" + os.path.join(a.top, "once")
    context = a.client(V13)
    session, seen = resumed(a, context, None, option)[1], set()
    for i in range(5):
        again, new = resumed(a, context, session, option)
        equal(again, True, "handshake %d" % i)
        check(new.has_ticket and new.id not in seen, "an old ticket", i)
        seen.add(new.id)
        session = new


@test
def alpn_is_pop3_or_nothing(a):
    for version in (V12, V13):
        for offered, chosen in ((["pop3"], "pop3"), (["imap", "pop3"], "pop3"),
                                (["pop3", "http/1.1"], "pop3"), (None, None)):
            context = a.client(version)
            if offered:
                context.set_alpn_protocols(offered)
            with Pump(a) as p:
                peer = p.peer(context)
                equal(peer.tls.selected_alpn_protocol(), chosen, offered)
                p.plain.sendall(b"+OK\r\n")
                equal(peer.line(), b"+OK\r\n")
        for offered in (["imap"], ["http/1.1", "h2"], ["pop"], ["pop33"]):
            context = a.client(version)
            context.set_alpn_protocols(offered)
            with Pump(a) as p:
                try:
                    p.peer(context)
                except ssl.SSLError as e:
                    check("no application protocol" in str(e).lower(), e)
                else:
                    raise Failure("taken: %s" % offered)
                equal(p.plain.recv(100), b"")
                check("no application protocol" in p.said(), p.said())


@test
def a_key_that_every_user_can_read_is_warned_of(a):
    folder = os.path.join(a.top, "public")
    os.mkdir(folder)
    key = tlslab.write(folder + "/default.key", harness.read_file(a.key),
                       0o640)
    own = a.issue("public.example.org", folder=folder)[1]
    both = tlslab.write(folder + "/both.pem", harness.read_file(a.cert) +
                        harness.read_file(a.key), 0o604)
    context = a.client()
    context.check_hostname = False

    def said(host, *options, **pair):
        with Pump(a, "--sni-dir=" + folder, *options, **pair) as p:
            p.peer(context, host=host).close()
            return p.said()

    equal("every user" in said(HOST, key=key), False, "a group's key")
    os.chmod(key, 0o644)
    check("TLS: %s: every user can read this key: chmod o=" % key in
          said(HOST, key=key))
    check(both + ": every user" in said(HOST, cert=both, key=both))
    equal("every user" in said("public.example.org"), False)
    os.chmod(own, 0o604)
    check("TLS: public.example.org: every user can read" in
          said("public.example.org"))


@test
def without_a_ticket_file_no_session_resumes(a):
    for version in (V12, V13):
        context = a.client(version)
        _, session = resumed(a, context, None)
        if session is not None and session.has_ticket:
            raise Failure("a ticket that no process can open")


@test
def it_does_not_renegotiate(a):
    """openssl s_client asks for it with a line that is R."""
    with Pump(a) as p:
        port = forward(p)
        done = subprocess.run(
            ["openssl", "s_client", "-tls1_2", "-connect",
             "127.0.0.1:%d" % port], input=b"R\nSTAT\n",
            capture_output=True, timeout=harness.PATIENCE)
        check(b"no renegotiation" in done.stderr or
              b"no renegotiation" in done.stdout, done.stderr[-500:])


def forward(p):
    """Lets another program be the client."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def copy(a, b):
        try:
            while True:
                data = a.recv(65536)
                if not data:
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve():
        conn = listener.accept()[0]
        listener.close()
        threading.Thread(target=copy, args=(conn, p.client),
                         daemon=True).start()
        copy(p.client, conn)

    threading.Thread(target=serve, daemon=True).start()
    return port


@test
def what_is_wrong_is_said(a):
    key = a.key
    elsewhere = a.issue("elsewhere.example.org")[1]
    public = tlslab.write(os.path.join(a.top, "public.key"),
                          harness.read_file(key), 0o644)
    no = tlslab.write(os.path.join(a.top, "no.crt"), b"nothing\n")
    secret = os.path.join(a.top, "secret.key")
    tlslab.openssl("ec", "-in", key, "-out", secret, "-aes128",
                   "-passout", "pass:abc")
    for cert, key, word in (
            (a.cert, a.key, None),
            ("/nonexistent", a.key, "No such file"),
            (a.cert, "/nonexistent", "No such file"),
            (a.cert, elsewhere, "key values mismatch"),
            (a.cert, public, "others can read"),
            (no, a.key, "name PEM files"),
            (a.cert, no, "name PEM files"),
            (a.cert, secret, "without a passphrase")):
        done = subprocess.run([a.place.tls, "--check", "--cert=" + cert,
                               "--key=" + key], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=20)
        said = done.stdout.decode()
        equal(done.returncode == 0, word is None, said)
        if word is not None:
            check(word in said and "\n-> " in said, said)
        if cert != a.cert or key in (elsewhere, no, secret, "/nonexistent"):
            with Pump(a, cert=cert, key=key) as p:
                equal(p.plain.recv(100), b"")
                check(p.wait() != 0, "a session with", cert, key)


@test
def an_expired_certificate_is_told_of(a):
    cert = a.issue_expired(os.path.join(a.top, "old"))
    done = subprocess.run([a.place.tls, "--check", "--cert=" + cert,
                           "--key=" + a.key], capture_output=True,
                          timeout=20)
    check(b"expired" in done.stdout and done.returncode != 0, done.stdout)


def inspect(a, *options):
    """-> exit status and words of --check"""
    done = subprocess.run([a.place.tls, "--check", *options],
                          capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=20)
    return done.returncode, done.stdout.decode()


@test
def check_tells_of_each_name(a):
    folder = os.path.join(a.top, "checked")
    os.mkdir(folder)
    pair = ["--cert=" + a.cert, "--key=" + a.key]
    for host in (HOST, "a.example.org", "other.example.org"):
        a.issue(host, folder=folder)
    status, said = inspect(a, *pair, "--sni-dir=" + folder)
    equal(status, 0, said)
    check("3 names" in said and "certificate of /CN=a.example.org" in said,
          said)

    # A directory, a file that is too large, one that cannot be opened, and a
    # name that is there twice.
    os.mkdir(folder + "/dir.example.org.crt")
    tlslab.write(folder + "/large.example.org.crt", b"x" * 300000)
    os.symlink("/nonexistent", folder + "/gone.example.org.crt")
    os.mkdir(folder + "/key.example.org.key")
    tlslab.write(folder + "/key.example.org.crt", harness.read_file(a.cert))
    tlslab.write(folder + "/a.example.org.pem", b"")
    tlslab.write(folder + "/not a name.crt", b"")
    status, said = inspect(a, *pair, "--sni-dir=" + folder)
    check(status != 0, said)
    for line in ("dir.example.org: Invalid argument",
                 "large.example.org: File too large",
                 "gone.example.org: No such file",
                 "key.example.org: Invalid argument",
                 "-> let its certificate and key be read"):
        check(line in said, line, said)
    check("not a name" not in said, said)
    with Pump(a, "--sni-dir=" + folder) as p:
        peer = p.peer(a.client())
        equal(peer.name(), HOST)
        peer.close()
    context = a.client()
    context.check_hostname = False
    with Pump(a, "--sni-dir=" + folder) as p:
        peer = p.peer(context, host="large.example.org")
        equal(peer.name(), HOST)
        check("no certificate for large.example.org: File too large; the "
              "default one serves" in p.said(), p.said())
        peer.close()

    status, said = inspect(a, *pair, "--sni-dir=/nonexistent")
    check(status != 0 and "-> make that directory" in said, said)
    with Pump(a, "--sni-dir=/nonexistent") as p:
        peer = p.peer(a.client())
        check("TLS: /nonexistent: No such file" in p.said(), p.said())
        peer.close()


@test
def check_tells_of_files_and_dates(a):
    pair = ["--cert=" + a.cert, "--key=" + a.key]
    status, said = inspect(a)
    check(status != 0 and "no certificate is named" in said, said)
    status, said = inspect(a, *pair, "--ticket-file=" + a.top + "/keys")
    check(status == 0 and "sessions resume, with " in said, said)
    check(not os.path.exists(a.top + "/keys"), "looking has made it")
    status, said = inspect(a, *pair, "--ticket-file=" + a.cert + "/keys")
    check(status != 0 and "-> name a file in a directory" in said, said)
    with Pump(a, "--ticket-file=" + a.cert + "/keys") as p:
        peer = p.peer(a.client())
        check("TLS: no session will resume: " in p.said(), p.said())
        peer.close()
    for folder, word in ((a.top, "Invalid argument"),):
        status, said = inspect(a, "--cert=" + folder)
        check(status != 0 and word in said, said)
    soon = a.issue("soon.example.org", days="3")
    status, said = inspect(a, "--cert=" + soon[0], "--key=" + soon[1])
    check(status == 0 and "expires in " in said, said)


@test
def a_certificate_of_tomorrow_is_told_of(a):
    """As an authority makes it, whose clock is ahead."""
    folder = os.path.join(a.top, "tomorrow")
    os.mkdir(folder)
    tlslab.write(folder + "/index", b"")
    tlslab.write(folder + "/serial", b"01\n")
    tlslab.write(folder + "/conf", ("""[ca]
default_ca=d
[d]
database=%s/index
serial=%s/serial
new_certs_dir=%s
default_md=sha256
policy=p
[p]
commonName=supplied
""" % (folder, folder, folder)).encode())
    tlslab.openssl("req", "-new", "-key", a.key, "-subj", "/CN=late", "-out",
                   folder + "/csr")
    tlslab.openssl("ca", "-batch", "-config", folder + "/conf", "-cert", a.ca,
                   "-keyfile", a.ca_key, "-in", folder + "/csr", "-out",
                   folder + "/crt", "-notext", "-startdate",
                   "20500101000000Z", "-enddate", "20510101000000Z")
    status, said = inspect(a, "--cert=" + folder + "/crt", "--key=" + a.key)
    check(status != 0 and "not valid yet" in said, said)


@test
def a_wrong_command_line_is_refused(a):
    for option in ("--bogus", "--log=loud", "--patience=x", "--monitor=-1",
                   "--cert", "more"):
        done = subprocess.run([a.place.tls, option], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=20)
        equal(done.returncode, 64, option)
        check(option.encode() in done.stderr, done.stderr)


if __name__ == "__main__":
    sys.exit(tlslab.run())

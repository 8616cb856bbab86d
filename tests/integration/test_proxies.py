"""Behind haproxy, nginx and Dovecot: the client's address is what PAM and the log know,
over TLS, too, and health checks say nothing.
"""
import http.server
import threading

from lab import *

CLIENT = "127.0.0.55"           # whom the proxy has as its client


def haproxy(door, how, port):
    """A proxy in front of the door, which lasts as long as it is held."""
    path = BENCH + "/haproxy.cfg"
    spill(path, """\
global
    maxconn 20
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
listen pop3
    bind 127.0.0.1:%d
    server s 127.0.0.1:%d %s
""" % (port, door.port, how))
    return running([tool("haproxy"), "-db", "-q", "-f", path])


def through(port, source=CLIENT):
    return Talk(eventually("the proxy", lambda: connected(port, source)))


def connected(port, source):
    try:
        return socket.create_connection(("127.0.0.1", port), PATIENCE,
                                        (source, 0))
    except ConnectionRefusedError:
        return None


WARNED = PLAIN_PAM + "session optional pam_warn.so\n"


@root_only
def haproxy__both_versions__the_client_is_known():
    service = pam_service("warned", WARNED)
    for how in ("send-proxy", "send-proxy-v2",
                "send-proxy-v2 proxy-v2-options unique-id,crc32c"):
        log, port = Log(), free_port()
        mailbox(SAMPLE)
        with Door(service, "--proxy-from=127.0.0.0/8") as door, \
                haproxy(door, how, port):
            talk = through(port)
            talk.banner()
            talk.ok("USER alice")
            talk.refused("PASS wrong")
            talk.login("alice")
            equal(wire(talk.retr(1)), wire(SAMPLE[0]))
            talk.ok("QUIT")
            talk.at_end()
            talk.close()
        log.wait(r"\[AUTH\] Failed attempted login to alice from host "
                 r"\(127\.0\.0\.55\) 127\.0\.0\.55$")
        log.wait(r'POP login by user "alice" at \(127\.0\.0\.55\) '
                 r'127\.0\.0\.55$')
        log.wait(r"Stats: alice 0 0 %d \d+ 127\.0\.0\.55 127\.0\.0\.55$" %
                 len(SAMPLE))
        log.wait(r"pam_sm_open_session.*rhost=\[127\.0\.0\.55\]")


@root_only
def haproxy__health_checks__say_nothing():
    for how in ("send-proxy", "send-proxy-v2"):
        log, port = Log(), free_port()
        with Door("--proxy-from=127.0.0.1") as door, \
                haproxy(door, how + " check inter 50ms", port):
            eventually("five checks", lambda: len(
                [p for p in door.procs if p.poll() is not None]) >= 5)
            equal(log.lines, [])


@root_only
def haproxy__without_a_header__nobody_is_served():
    log, port = Log(), free_port()
    with Door("--proxy-from=127.0.0.1", "--proxy-timeout=1") as door, \
            haproxy(door, "", port):
        talk = through(port)
        talk.send("USER alice\r\n")
        equal(talk.at_end(), b"")
        talk.close()
        log.wait(r"^solopop\[\d+\]: front: proxy 127\.0\.0\.1: no PROXY header in 1 "
                 r"seconds|proxy 127\.0\.0\.1: what it sends is no PROXY")


@root_only
def probe__connects_and_leaves__says_nothing():
    """With a proxy or without, politely or with a reset."""
    for more in ((), ("--proxy-from=127.0.0.1",)):
        for reset in (False, True):
            log = Log()
            with Door(*more) as door:
                s = socket.create_connection(("127.0.0.1", door.port))
                if reset:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
                s.close()
                eventually("its end", lambda: door.procs and
                           door.procs[0].poll() is not None)
            equal(log.lines, [])


@root_only
def header__before_tls__and_not_a_byte_of_tls_is_lost():
    from test_tls import begin, tls
    for how in ("send-proxy", "send-proxy-v2"):
        log, port = Log(), free_port()
        mailbox(SAMPLE)
        with Door(*tls("--tls", "--proxy-from=127.0.0.1")) as door, \
                haproxy(door, how, port):
            talk = through(port)
            begin(talk)
            talk.banner()
            talk.login("alice")
            talk.ok("QUIT")
            talk.close()
        log.wait(r"TLS: rhost=127\.0\.0\.55 ")
        log.wait(r'POP login by user "alice" at \(127\.0\.0\.55\)')


@root_only
def header__before_stls():
    from test_tls import stls, tls
    log, port = Log(), free_port()
    mailbox(SAMPLE)
    with Door(*tls("--proxy-from=127.0.0.1")) as door, \
            haproxy(door, "send-proxy-v2", port):
        talk = through(port)
        talk.banner()
        stls(talk)
        talk.login("alice")
        talk.ok("QUIT")
        talk.close()
    log.wait(r"TLS: rhost=127\.0\.0\.55 ")
    log.wait(r'POP login by user "alice" at \(127\.0\.0\.55\)')


class Asked(http.server.BaseHTTPRequestHandler):
    """Where nginx asks which server it shall be."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Auth-Status", "OK")
        self.send_header("Auth-Server", "127.0.0.1")
        self.send_header("Auth-Port", str(self.server.door.port))
        self.end_headers()

    def log_message(self, *_):
        pass


def nginx(door, port):
    asked = http.server.HTTPServer(("127.0.0.1", 0), Asked)
    asked.door = door
    threading.Thread(target=asked.serve_forever, daemon=True).start()
    module = "/usr/lib/nginx/modules/ngx_mail_module.so"
    if not os.path.exists(module):
        raise Skip("no " + module)
    top = BENCH + "/nginx"
    os.makedirs(top, exist_ok=True)
    spill(top + "/nginx.conf", """\
load_module %s;
daemon off;
user nobody nobody;
master_process off;
pid %s/pid;
error_log %s/error.log;
events { }
mail {
    server_name lab;
    auth_http 127.0.0.1:%d/;
    proxy_pass_error_message on;
    proxy_protocol on;
    server { listen 127.0.0.1:%d; protocol pop3; }
}
""" % (module, top, top, asked.server_port, port))
    return running([tool("nginx"), "-p", top, "-c", top + "/nginx.conf"],
                   stderr=subprocess.DEVNULL)


@root_only
def nginx__mail_proxy__the_client_is_known():
    log, port = Log(), free_port()
    mailbox(SAMPLE)
    with Door("--proxy-from=127.0.0.1") as door, nginx(door, port):
        talk = through(port)
        talk.banner()
        talk.login("alice")
        equal(wire(talk.retr(2)), wire(SAMPLE[1]))
        talk.ok("QUIT")
        talk.close()
        log.wait(r'POP login by user "alice" at \(127\.0\.0\.55\)')


DOVECOT = """\
base_dir = %(top)s/run
state_dir = %(top)s/state
log_path = %(top)s/log
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nobody
login_trusted_networks =
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = %(port)d
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
passdb {
  driver = static
  args = proxy=y host=127.0.0.1 port=%(door)d nopassword=y
}
"""


def dovecot(door, port):
    top = BENCH + "/dovecot"
    os.makedirs(top, exist_ok=True)
    spill(top + "/conf", DOVECOT % {"top": top, "port": port,
                                    "door": door.port})
    return running([tool("dovecot"), "-F", "-c", top + "/conf"],
                   stderr=subprocess.DEVNULL)


@root_only
def dovecot__proxy_with_xclient__the_client_is_known():
    for trusted in ("127.0.0.1", "192.0.2.1"):
        log, port = Log(), free_port()
        service = pam_service("warned", WARNED)
        mailbox(SAMPLE)
        with Door(service, "--xclient-from=" + trusted) as door, \
                dovecot(door, port):
            talk = through(port)
            talk.banner()
            talk.login("alice")
            equal(wire(talk.retr(1)), wire(SAMPLE[0]))
            talk.ok("QUIT")
            talk.at_end()
            talk.close()
        who = CLIENT if trusted == "127.0.0.1" else "127.0.0.1"
        log.wait(r'POP login by user "alice" at \(%s\) ' % re.escape(who))
        log.wait(r"pam_sm_open_session.*rhost=\[%s\]" % re.escape(who))

"""The superservers, each as our example has it, but for the program's options.

Each of them is a context: `with tcpserver(options) as server` gives a Server.
They listen on every address of our own machine, at the port of the example.
"""
import contextlib
import os
import re
import subprocess

from lab import *

CLIENT = "127.0.0.2"
# Documentation's: where the server is for clients from elsewhere, and such one.
HERE_TOO, FAR = "192.0.2.1", "192.0.2.7"
# What a superserver's environment may hold, and a socket makes untrue.
FORGED = {name: "198.51.100.66" for name in (
    "TCPREMOTEIP", "REMOTE_ADDR", "REMOTE_HOST", "SOCAT_PEERADDR")}
FORGED["LISTEN_FDS"] = "1"
FORGED["LISTEN_PID"] = "1"


class Server:
    """A superserver that runs."""

    def __init__(self, process, port, log, ended=None, tls=False):
        self.process, self.port, self.log = process, port, log
        self.ended = ended      # what it says of a session that ended well
        self.tls = tls

    def said(self, times):
        """It has told of the end of so many sessions."""
        if self.ended is not None:
            eventually("%s %d times in its log" % (self.ended, times),
                       lambda: len(re.findall(self.ended, slurp(self.log))) >=
                       times)


def example(name, args=()):
    """An example's text, for our program with more options."""
    text = slurp(EXAMPLES + "/" + name)
    check("/usr/sbin/solopop" in text, name, "does not name the program")
    more = " ".join([""] + list(args))
    # In the lines of inetd and stunnel the program's name comes once more.
    return re.sub(r"(?m)^(?!#)(.*)/usr/sbin/solopop( --log=stderr)?"
                  r"(\s+(?:execArgs = )?solopop\b)?",
                  lambda m: m.group(1) + SOLOPOP + (m.group(3) or "") +
                  (m.group(2) or "") + more, text)


def listening(port):
    return eventually("server on port %d" % port, lambda: re.search(
        r"^ *\d+: [0-9A-F]+:%04X [0-9A-F]+:0000 0A " % port,
        slurp("/proc/net/tcp") + slurp("/proc/net/tcp6"), re.M))


def ours():
    """What of us there is; orphans that have ended are init's to bury."""
    return {pid: s["State"] for pid, s in processes().items()
            if s["Name"] == "solopop" and
            not (s["State"].startswith("Z") and s["PPid"] == "1")}


@contextlib.contextmanager
def run(args, port, ended=None, env=None, **how):
    """Start one; its words go to a file that begins empty."""
    path = "%s/%s.log" % (BENCH, os.path.basename(args[0]))
    with open(path, "w") as out:
        with running(args, stdout=out, stderr=out,
                     env=dict(os.environ, **(env or {}))) as process:
            listening(port)
            yield Server(process, port, path, ended, **how)


@contextlib.contextmanager
def script(name, args, ended, env, needs):
    """A file "run" of those who are supervised; its programs are in the PATH."""
    path = "%s/%s" % (BENCH, name)
    spill(path, example(name, args), 0o755)
    env = dict(env or {})
    env["PATH"] = os.path.dirname(tool(needs)) + ":" + os.environ["PATH"]
    with run([path], 110, ended, env) as server:
        yield server


@contextlib.contextmanager
def inetd(args, env=None, rate=None):
    program = tool("inetd")
    text = example("inetd.conf", args)
    if rate is not None:
        text = text.replace("nowait ", "nowait.%d " % rate)
    spill(BENCH + "/inetd.conf", text)
    with run([program, "-d", BENCH + "/inetd.conf"], 110,
             r"reaped, status (?:0x)?0\b", env) as server:
        yield server


@contextlib.contextmanager
def inetd_pop3s(args):
    """The line for pop3s, which the example has in a comment."""
    line = re.search(r"(?m)^#(pop3s .*)$", slurp(EXAMPLES + "/inetd.conf"))
    check(line, "no line for pop3s")
    spill(BENCH + "/inetd.conf", re.sub(
        r"/usr/sbin/solopop( +solopop).*", SOLOPOP + r"\1 " + " ".join(args),
        line.group(1)) + "\n")
    with run([tool("inetd"), "-d", BENCH + "/inetd.conf"], 995,
             r"reaped, status (?:0x)?0\b") as server:
        yield server


def xinetd_text(name, args, rate=None):
    """An example's text with server_args, and rate sessions a second."""
    text = slurp(EXAMPLES + "/" + name).replace("/usr/sbin/solopop", SOLOPOP)
    text, n = re.subn(r"(?m)^#?\tserver_args\t.*$",
                      "\tserver_args\t= " + " ".join(args), text)
    equal(n, 1, "places for arguments")
    if rate is not None:
        text, n = re.subn(r"(?m)^(\tcps\t+= )\d+ \d+$", r"\g<1>%d 1" % rate,
                          text)
        equal(n, 1, "limits of the rate")
    return text


@contextlib.contextmanager
def xinetd(args, env=None, rate=None, name="xinetd-pop3", port=110):
    program = tool("xinetd")
    path = BENCH + "/xinetd.events"
    spill(path, "")
    spill(BENCH + "/xinetd.conf", """defaults
{
	log_type = FILE %s
	log_on_success = PID HOST EXIT
}
""" % path + xinetd_text(name, args, rate))
    with run([program, "-dontfork", "-f", BENCH + "/xinetd.conf", "-pidfile",
              BENCH + "/xinetd.pid"], port, r"EXIT: pop3s? status=0 ",
             env) as server:
        server.log = path
        yield server


def xinetd_pop3s(args):
    return xinetd(args, name="xinetd-pop3s", port=995)


@contextlib.contextmanager
def socket_activate(how, args, env):
    port = free_port()
    more = ["--setenv=%s=%s" % pair for pair in (env or {}).items()
            if not pair[0].startswith("LISTEN_")]
    with run([tool("systemd-socket-activate"), "--accept", *how, *more, "-l",
              "0.0.0.0:%d" % port, SOLOPOP] + list(args), port,
             r"died with code 0\b", env) as server:
        yield server


def activate_inetd(args, env=None):
    return socket_activate(["--inetd"], args, env)


def activate_fd3(args, env=None):
    return socket_activate([], args, env)


def tcpserver(args, env=None):
    return script("tcpserver.run", args, r"end \d+ status 0\b", env,
                  "tcpserver")


def s6_tcpserver(args, env=None):
    return script("s6-tcpserver.run", args, r"end pid \d+ ip \S+ exitcode 0\b", env,
                  "s6-tcpserver")


def tcpsvd(args, env=None):
    return script("tcpsvd.run", args, r"end \d+ exit 0\b", env, "tcpsvd")


def busybox_tcpsvd(args, env=None):
    if b"tcpsvd" not in command([tool("busybox"), "--list"]).stdout:
        raise Skip("this busybox has no tcpsvd")
    return script("busybox-tcpsvd.run", args, r"end \d+ exit 0\b", env,
                  "busybox")


def socat(args, env=None):
    return script("socat.run", args, None, env, "socat")


@contextlib.contextmanager
def stunnel(args, env=None):
    from test_tls import authority
    program, a = tool("stunnel"), authority()
    path = BENCH + "/stunnel.conf"
    text = example("stunnel.conf", args)
    spill(path, "foreground = yes\npid =\n" + text.replace(
        "/etc/solopop/tls.crt", a.cert).replace("/etc/solopop/tls.key", a.key))
    with run([program, path], 995, env=env, tls=True) as server:
        yield server


# Those who hand on the connection itself, and all of them.
DIRECT = (inetd, xinetd, activate_inetd, activate_fd3, tcpserver, s6_tcpserver,
          tcpsvd, busybox_tcpsvd, socat)
ALL = DIRECT + (stunnel,)

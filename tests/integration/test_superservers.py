"""The superservers, each with our example file where there is one.

The client comes from 127.0.0.2, so that an address in the log is its own; a PAM
module writes to standard error, which many superservers connect to the client.
"""
import os
import re
import shutil
import signal
import subprocess

from lab import *

CLIENT = "127.0.0.2"


def loud_service():
    """PAM with a module that writes to 1 and 2, if we can build it."""
    if shutil.which("cc") is None:
        return pam_service("loud", PLAIN_PAM)
    succeed(["cc", "-shared", "-fPIC", "-o", BENCH + "/pam_noise.so",
             HERE + "/pam_noise.c", "-lpam"])
    return pam_service("loud", "".join(
        "%s required %s/pam_noise.so\n" % (kind, BENCH)
        for kind in ("auth", "account", "session")) + PLAIN_PAM)


def example(name):
    """An example's text, for our program with our options."""
    text = slurp(EXAMPLES + "/" + name)
    check("/usr/sbin/solopop" in text, name, "does not name the program")
    return text.replace("/usr/sbin/solopop", SOLOPOP)


def listening(port):
    return eventually("server on port %d" % port, lambda: re.search(
        r"^ *\d+: [0-9A-F]+:%04X [0-9A-F]+:0000 0A " % port,
        slurp("/proc/net/tcp") + slurp("/proc/net/tcp6"), re.M))


def ours():
    """What of us there is; orphans that have ended are init's to bury."""
    return {pid: s["State"] for pid, s in processes().items()
            if s["Name"] == "solopop" and
            not (s["State"].startswith("Z") and s["PPid"] == "1")}


def use(port, address=CLIENT, log=None):
    """A whole session, every octet of which we know; then one that breaks."""
    log = log or Log()
    maildir, _ = mailbox(SAMPLE)
    listening(port)
    talk = Talk.to(port, source=CLIENT)
    talk.banner()
    talk.ok("USER alice")
    equal(talk.refused("PASS wrong"),
          '-ERR [AUTH] Password supplied for "alice" is incorrect.')
    talk.login("alice")
    equal(talk.ok("STAT").split()[1], str(len(SAMPLE)))
    for i, message in enumerate(SAMPLE):
        equal(talk.retr(i + 1), wire(message))
    talk.ok("DELE 2")
    check(talk.ok("QUIT").endswith(" signing off."))
    equal(talk.at_end(), b"", "behind QUIT")
    equal(len(files(maildir)), len(SAMPLE) - 1, "messages after QUIT")
    shown = r"\(%s\) %s" % (address, address)
    log.wait(r"\[AUTH\] Failed attempted login to alice from host " + shown)
    log.wait(r'POP login by user "alice" at ' + shown)
    log.wait(r"Stats: alice 1 ")

    talk = Talk.to(port, source=CLIENT)
    talk.banner()
    talk.login("alice")
    talk.ok("DELE 1")
    talk.close()
    eventually("end of all sessions, no zombie", lambda: not ours())
    equal(len(files(maildir)), len(SAMPLE) - 1, "messages after a break")


def said(path, pattern, times=2):
    """What the superserver tells of the end of each session."""
    eventually("%s %d times in its log" % (pattern, times),
               lambda: len(re.findall(pattern, slurp(path))) >= times)


@root_only
def inetd__example_line():
    inetd = tool("inetd")
    conf = BENCH + "/inetd.conf"
    more = " " + " ".join(options(loud_service()))
    spill(conf, re.sub(r"(?m)^(pop3\s.*)$", lambda m: m.group(1) + more,
                       example("inetd.conf")))
    with open(BENCH + "/inetd.log", "w") as out:
        with running([inetd, "-d", conf], stdout=out, stderr=out):
            use(110)
            said(BENCH + "/inetd.log", r"reaped, status (0x)?0\b")


@root_only
def xinetd__example_file():
    xinetd = tool("xinetd")
    text = example("xinetd-pop3")
    args = "\tserver_args\t= " + " ".join(options(loud_service()))
    text, n = re.subn(r"(?m)^#\tserver_args\t.*$", args, text)
    equal(n, 1, "places for arguments")
    spill(BENCH + "/xinetd.conf", """defaults
{
	log_type = FILE %s/xinetd.log
	log_on_success = PID HOST EXIT
}
""" % BENCH + text)
    with running([xinetd, "-dontfork", "-f", BENCH + "/xinetd.conf",
                  "-pidfile", BENCH + "/xinetd.pid"],
                 stderr=subprocess.DEVNULL):
        use(110)
        said(BENCH + "/xinetd.log", r"EXIT: pop3 status=0 ")


def socket_activate(*how):
    program = tool("systemd-socket-activate")
    port = free_port()
    path = BENCH + "/activate.log"
    with open(path, "w") as out:
        with running([program, "--accept", *how, "-l", "127.0.0.1:%d" % port,
                      SOLOPOP] + options(loud_service()), stderr=out,
                     stdout=out):
            use(port)
            said(path, r"died with code 0\b")


@root_only
def systemd_socket_activate__inetd():
    socket_activate("--inetd")


@root_only
def systemd_socket_activate__descriptor_3():
    socket_activate()


@root_only
def tcpserver():
    program = tool("tcpserver")
    port = free_port()
    path = BENCH + "/tcpserver.log"
    with open(path, "w") as out:
        with running([program, "-v", "-H", "-R", "-l", "localhost", "127.0.0.1",
                      str(port), SOLOPOP] + options(loud_service()),
                     stderr=out):
            use(port)
            said(path, r"end \d+ status 0\b")


@root_only
def tcpsvd():
    program = tool("tcpsvd")
    port = free_port()
    path = BENCH + "/tcpsvd.log"
    with open(path, "w") as out:
        with running([program, "-v", "-l", "localhost", "127.0.0.1",
                      str(port), SOLOPOP] +
                     options(loud_service()), stdout=out, stderr=out):
            use(port)
            said(path, r"end \d+ exit 0\b")


def socat(*how):
    program = tool("socat")
    port = free_port()
    path = BENCH + "/socat.log"
    address = "EXEC:" + ",".join((" ".join(
        [SOLOPOP] + options(loud_service())),) + how)
    with open(path, "w") as out:
        with running([program, "-d", "-d", "TCP-LISTEN:%d,bind=127.0.0.1,"
                      "reuseaddr,fork" % port, address], stderr=out):
            use(port)
    check(not re.search(r"exited with status [1-9]|exited on signal",
                        slurp(path)), slurp(path)[-400:])


@root_only
def socat__socketpair():
    socat()


@root_only
def socat__nofork():
    socat("nofork")


@root_only
def socat__pipes():
    socat("pipes")


@root_only
def log_to_stderr__where_it_is_the_client__is_not_heard():
    mailbox(SAMPLE)
    with Session("--log=stderr", loud_service()) as s:
        s.talk.banner()
        s.talk.refused("NONSENSE")
        s.talk.login("alice")
        s.talk.ok("QUIT")
        equal(s.talk.at_end(), b"")
        check(b"POP login" not in s.talk.heard, s.talk.heard)


@root_only
def log_to_stderr__where_it_is_a_file__is_there():
    mailbox(SAMPLE)
    with open(BENCH + "/own.log", "w") as out:
        with Session("--log=stderr", stderr=out) as s:
            s.talk.banner()
            s.talk.login("alice")
            s.talk.ok("QUIT")
    said(BENCH + "/own.log", r"(?m)^solopop\[\d+\]: \(v\S+\) POP login by user "
         r'"alice" at \(127\.0\.0\.1\) 127\.0\.0\.1$', 1)
    said(BENCH + "/own.log", r"(?m)^solopop\[\d+\]: Stats: alice ", 1)


# The systemd unit.  No systemd runs here, so its promises are kept by hand.

def unit(key):
    """All values of a key in the service's file."""
    return re.findall(r"(?m)^%s=(.*)$" % key,
                      slurp(EXAMPLES + "/solopop@.service"))


@anyone
def unit__is_accepted_by_systemd():
    program = tool("systemd-analyze")
    os.makedirs(BENCH + "/units", exist_ok=True)
    units = ["solopop.socket", "solopop@.service", "solopop-pop3s.socket",
             "solopop-pop3s@.service"]
    for name in units:
        text = slurp(EXAMPLES + "/" + name)
        spill(BENCH + "/units/" + name,
              text.replace("/usr/sbin/solopop", SOLOPOP))
    done = command([program, "verify", "--man=no"] +
                   [BENCH + "/units/" + name for name in units])
    said_of_ours = [s for s in done.stderr.decode().splitlines()
                    if "solopop" in s]
    equal((done.returncode, said_of_ours), (0, []), "systemd-analyze verify")


@anyone
def unit__is_hardened():
    program = tool("systemd-analyze")
    done = command([program, "security", "--offline=true", "--threshold=32",
                    "--no-pager", EXAMPLES + "/solopop@.service"])
    if b"unrecognized option" in done.stderr:
        raise Skip("this systemd-analyze is too old")
    check(done.returncode == 0, done.stdout[-200:].decode())


@anyone
def unit__of_pop3s__differs_in_what_is_of_tls():
    """Whatever hardens the one hardens the other."""
    def lines(name):
        return [s for s in slurp(EXAMPLES + "/" + name).splitlines()
                if s and not s.startswith("#") and
                not s.startswith("Description=")]
    plain, tls = lines("solopop@.service"), lines("solopop-pop3s@.service")
    equal([s for s in plain if s not in tls],
          ["ExecStart=-/usr/sbin/solopop"], "not in that of pop3s")
    for s in tls:
        check(s in plain or s.startswith(("ExecStart=", "LoadCredential=",
                                          "StateDirectory")), s)


@root_only
def unit__its_capabilities_are_enough():
    setpriv = tool("setpriv")
    caps = [c[4:].lower() for value in unit("CapabilityBoundingSet")
            for c in value.split()]
    mailbox(SAMPLE)
    only = ",".join(["-all"] + ["+" + c for c in caps])
    for word in ("QUIT", None):
        with Session(prefix=[setpriv, "--bounding-set=" + only,
                             "--inh-caps=-all", "--no-new-privs"]) as s:
            s.talk.banner()
            equal(bin(int(status(s.pid)["CapEff"], 16)).count("1"), len(caps),
                  "capabilities of the monitor")
            s.talk.ok("USER alice")
            s.talk.refused("PASS wrong")
            s.talk.login("alice")
            equal(s.talk.retr(1), wire(SAMPLE[0]))
            if word is None:
                os.kill(s.pid, signal.SIGTERM)
                equal(s.talk.at_end(), b"")
            else:
                s.talk.ok(word)


def allowed_calls(program):
    """What the unit's filter lets through, by systemd's own lists."""
    sets, name = {}, None
    text = succeed([program, "syscall-filter", "--no-pager"]).stdout.decode()
    for line in text.splitlines():
        if line.startswith("@"):
            name = line.strip()
            sets[name] = []
        elif name and line.startswith("    ") and not line.strip().startswith(
                "#"):
            sets[name].append(line.strip())

    def expand(word):
        if not word.startswith("@"):
            return {word}
        return set().union(*[expand(w) for w in sets[word]])

    allowed = set()
    for value in unit("SystemCallFilter"):
        words = set().union(*[expand(w) for w in value.lstrip("~").split()])
        allowed = allowed - words if value.startswith("~") else allowed | words
    return allowed | expand("@default")


@root_only
def unit__its_system_call_filter_lets_us_do_our_work():
    strace = tool("strace")
    allowed = allowed_calls(tool("systemd-analyze"))
    check("read" in allowed and "reboot" not in allowed,
          "filter not understood")
    mailbox(SAMPLE)
    path = BENCH + "/calls"
    with Session(prefix=[strace, "-f", "-qq", "-o", path]) as s:
        s.expected = 0
        s.talk.banner()
        s.talk.ok("USER alice")
        s.talk.refused("PASS wrong")
        s.talk.login("alice")
        s.talk.retr(1)
        s.talk.ok("DELE 2")
        s.talk.ok("QUIT")
    text = slurp(path)
    calls = set(re.findall(r"(?m)^\d+ +(\w+)\(", text))
    check("setgid" in calls and "unlinkat" in calls, sorted(calls))
    equal(sorted(calls - allowed), [], "system calls the unit forbids")
    families = set(re.findall(r"socket(?:pair)?\((AF_\w+|PF_\w+)", text))
    equal(sorted(families - set(unit("RestrictAddressFamilies")[0].split())),
          [], "address families the unit forbids")


# The settings.

def settings():
    return re.findall(r"(?m)^#(set .*)$", slurp(EXAMPLES + "/solopop.conf"))


@anyone
def settings__file_as_it_is_and_all_of_it__are_understood():
    path = BENCH + "/example.conf"
    for text in (slurp(EXAMPLES + "/solopop.conf"),
                 "\n".join(settings()) + "\n"):
        spill(path, text)
        done = command([SOLOPOP, "--config-file=" + path, "--check"])
        check(b"from " + path.encode() in done.stdout, done.stderr.decode())
    spill(path, "set no-such-thing = 1\n")
    done = command([SOLOPOP, "--config-file=" + path, "--check"])
    check(b"from " + path.encode() not in done.stdout, "nonsense is taken, too")


@anyone
def settings__all_keys_with_their_defaults():
    help_text = succeed([SOLOPOP, "--help"]).stdout.decode()
    rows = re.findall(r"--([a-z-]+)(?:=\S+)?\s+[^\[\n]*\[([^\]\n]*)\]",
                      help_text)
    default = {name: {"on": "true", "off": "false"}.get(value, value)
               for name, value in rows}
    default["front-user"] = "solopop"
    for name in ("config-file", "hostname", "empty-dir", "secrets-file"):
        check(name in default, name)
    shown = dict(re.match(r"set (\S+) = (.*)$", s).groups()
                 for s in reversed(settings()))     # the first one holds
    options_of_help = set(re.findall(r"--([a-z-]+)", help_text))
    equal(set(shown), options_of_help - {
        "no-auth", "no-sandbox", "config-file", "check", "fixture", "help",
        "qpopper", "version"}, "keys")
    machine = ("hostname", "empty-dir", "secrets-file", "log-facility",
               "temp-dir", "tls-key", "tls-user", "tls-program",
               "import-program")
    for name, value in shown.items():
        if name not in machine and default.get(name) != "none":
            equal(value, default.get(name), "default of " + name)

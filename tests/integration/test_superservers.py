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
from superservers import *


def loud_service():
    """PAM with a module that writes to 1 and 2, if we can build it."""
    if shutil.which("cc") is None:
        return pam_service("loud", PLAIN_PAM)
    succeed(["cc", "-shared", "-fPIC", "-o", BENCH + "/pam_noise.so",
             HERE + "/pam_noise.c", "-lpam"])
    return pam_service("loud", "".join(
        "%s required %s/pam_noise.so\n" % (kind, BENCH)
        for kind in ("auth", "account", "session")) + PLAIN_PAM)


def greeted(port, tls):
    talk = Talk.to(port, source=CLIENT)
    if tls:
        from test_tls import begin
        begin(talk)
    talk.banner()
    return talk


def use(port, tls=False):
    """A whole session, every octet of which we know; then one that breaks."""
    log = Log()
    maildir, _ = mailbox(SAMPLE)
    talk = greeted(port, tls)
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
    shown = r"\(%s\) %s" % (CLIENT, CLIENT)
    log.wait(r"\[AUTH\] Failed attempted login to alice from host " + shown)
    log.wait(r'POP login by user "alice" at ' + shown)
    log.wait(r"Stats: alice 1 ")

    talk = greeted(port, tls)
    talk.login("alice")
    talk.ok("DELE 1")
    talk.close()
    eventually("end of all sessions, no zombie", lambda: not ours())
    equal(len(files(maildir)), len(SAMPLE) - 1, "messages after a break")


def said(path, pattern, times=2):
    """What the superserver tells of the end of each session."""
    eventually("%s %d times in its log" % (pattern, times),
               lambda: len(re.findall(pattern, slurp(path))) >= times)


def far_away():
    """This machine has an address that is not a loopback one."""
    succeed([tool("ip"), "address", "replace", HERE_TOO + "/24", "dev", "lo"])


def guess(server, source, target, name):
    """A login that fails; the log has the client's address, none other."""
    log = Log()
    talk = Talk.to(server.port, target, source)
    if server.tls:
        from test_tls import begin
        begin(talk)
    talk.banner()
    talk.ok("USER " + name)
    talk.refused("PASS wrong")
    talk.ok("QUIT")
    line = log.wait("Failed attempted login to " + name)
    check(line.endswith("(%s) %s" % (source, source)), line)


def serves(start):
    """As the example has it: sessions from here, then one from elsewhere."""
    with start(options("--log=syslog", loud_service())) as server:
        use(server.port, tls=server.tls)
        server.said(2)
        far_away()
        guess(server, FAR, HERE_TOO, "bob")
    eventually("end of all sessions", lambda: not ours())


def cannot_be_misled(start):
    """The socket has an address, so the variables are not asked."""
    far_away()
    with start(options("--log=syslog"), env=FORGED) as server:
        guess(server, FAR, HERE_TOO, "bob")


@root_only
def inetd__example_line():
    serves(inetd)


@root_only
def xinetd__example_file():
    serves(xinetd)


@root_only
def systemd_socket_activate__inetd():
    serves(activate_inetd)


@root_only
def systemd_socket_activate__descriptor_3():
    serves(activate_fd3)


@root_only
def tcpserver__example_file():
    serves(tcpserver)


@root_only
def s6_tcpserver__example_file():
    serves(s6_tcpserver)


@root_only
def tcpsvd__example_file():
    serves(tcpsvd)


@root_only
def busybox_tcpsvd__example_file():
    serves(busybox_tcpsvd)


@root_only
def socat__example_file():
    serves(socat)
    text = slurp(BENCH + "/socat.run.log")
    check(not re.search(r"exited with status [1-9]|exited on signal", text),
          text[-400:])


@root_only
def stunnel__example_file():
    serves(stunnel)


def socat_ways(*how):
    """Other ways of socat than the example's; pipes have no address."""
    port = free_port()
    far_away()
    address = "EXEC:" + ",".join((" ".join(
        [SOLOPOP] + options(loud_service())),) + how)
    with run([tool("socat"), "-d", "-d", "TCP-LISTEN:%d,reuseaddr,fork" % port,
              address], port) as server:
        use(port)
        guess(server, FAR, HERE_TOO, "bob")
    text = slurp(server.log)
    check(not re.search(r"exited with status [1-9]|exited on signal", text),
          text[-400:])


@root_only
def socat__socketpair():
    socat_ways()


@root_only
def socat__pipes():
    socat_ways("pipes")


@root_only
def each_of_them__forged_variables__the_socket_counts():
    tried = []
    for start in DIRECT:
        try:
            cannot_be_misled(start)
            tried.append(start)
        except Skip:
            pass
        except AssertionError as error:
            raise AssertionError("%s: %s" % (start.__name__, error))
    if len(tried) <= 3:
        raise Skip("only %d superservers here" % len(tried))


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
         r'"alice" at \(127\.0\.0\.1\) 127\.0\.0\.1 session=\w+$', 1)
    said(BENCH + "/own.log", r"(?m)^solopop\[\d+\]: Stats: alice ", 1)


# TLS from the first byte, by the examples for pop3s.

def put_in_place(kind, directory):
    """A certificate and its key, as those who renew them do it."""
    from test_tls import OTHER, authority
    a = authority()
    names = {"first": a.top + "/localhost", "second": a.top + "/sni/" + OTHER}
    os.makedirs(directory, exist_ok=True)
    for end in (".key", ".crt"):
        shutil.copy(names[kind] + end, directory + "/next")
        os.chmod(directory + "/next", 0o600)
        os.rename(directory + "/next", directory + "/tls" + end)


def over_tls(port, host):
    from test_tls import begin
    talk = Talk.to(port)
    begin(talk, host=host)          # which verifies the name
    talk.banner()
    return talk


def renewed(start):
    """A superserver that reads nothing anew shows a new certificate."""
    from test_tls import OTHER, tls
    put_in_place("first", "/etc/solopop")
    mailbox(SAMPLE)
    with start(options("--tls", tls()[0], "--tls-cert=/etc/solopop/tls.crt",
                       "--tls-key=/etc/solopop/tls.key")) as server:
        old = over_tls(server.port, "localhost")
        put_in_place("second", "/etc/solopop")
        new = over_tls(server.port, OTHER)
        new.ok("QUIT")
        old.login("alice")
        equal(old.retr(1), wire(SAMPLE[0]), "in the session before it")
        old.ok("QUIT")
        for talk in (old, new):
            talk.close()
        server.said(2)


@root_only
def inetd__pop3s__renewal_needs_no_reload():
    renewed(inetd_pop3s)


@root_only
def xinetd__pop3s__renewal_needs_no_reload():
    renewed(xinetd_pop3s)


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
             "solopop-pop3s@.service", "solopop.slice",
             "solopop-tcpsvd.service", "solopop-pop3s-tcpsvd.service"]
    for name in units:
        text = slurp(EXAMPLES + "/" + name).replace("/usr/bin/tcpsvd",
                                                    "/bin/true")
        spill(BENCH + "/units/" + name,
              text.replace("/usr/sbin/solopop", SOLOPOP))
    done = command([program, "verify", "--man=no"] +
                   [BENCH + "/units/" + name for name in units])
    said_of_ours = [s for s in done.stderr.decode().splitlines()
                    if "solopop" in s]
    equal((done.returncode, said_of_ours), (0, []), "systemd-analyze verify")


@anyone
def units__have_limits():
    for name in ("solopop.socket", "solopop-pop3s.socket"):
        for key in ("MaxConnections", "MaxConnectionsPerSource"):
            check(re.search(r"(?m)^%s=\d+$" % key,
                            slurp(EXAMPLES + "/" + name)), name, key)
        check("\nTriggerLimitIntervalSec=0\n" in slurp(EXAMPLES + "/" + name),
              name, "can be closed by a flood")
    equal(unit("Slice"), ["solopop.slice"], "slice")


@anyone
def unit__is_hardened():
    """Exposure of 3.2 or less, which for one that does PAM is not much."""
    program = tool("systemd-analyze")
    for name in ("solopop@.service", "solopop-pop3s@.service",
                 "solopop-tcpsvd.service", "solopop-pop3s-tcpsvd.service"):
        done = command([program, "security", "--offline=true",
                        "--threshold=32", "--no-pager", EXAMPLES + "/" + name])
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


@anyone
def unit__of_tcpsvd__has_the_fence_of_the_one_for_each_connection():
    def fence(name):
        text = slurp(EXAMPLES + "/" + name)
        return [s for s in text[text.index("CapabilityBoundingSet="):]
                .splitlines() if re.match(r"\w+=", s) and
                not s.startswith(("TasksMax=", "MemoryMax=", "WantedBy="))]
    for name in ("solopop-tcpsvd.service", "solopop-pop3s-tcpsvd.service"):
        equal(fence(name), fence("solopop@.service"), name)


@anyone
def unit__its_capabilities_are_what_the_monitor_keeps():
    source = slurp(os.path.join(HERE, "..", "..", "src", "confine", "caps.c"))
    kept = re.findall(r"CAP_\w+", source[source.index("kept[] = {"):
                                         source.index("worst[]")])
    equal(sorted(c for v in unit("CapabilityBoundingSet") for c in v.split()),
          sorted(set(kept) - {"CAP_SYS_ADMIN"}))


# As linux/capability.h counts them.
CAPABILITIES = """chown dac_override dac_read_search fowner fsetid kill setgid
    setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw
    ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
    sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write
    audit_control""".split()


def unit_capabilities():
    """Of those in the unit, what this machine has: a container lacks some."""
    here = int(status(os.getpid())["CapBnd"], 16)
    return [c[4:].lower() for value in unit("CapabilityBoundingSet")
            for c in value.split()
            if here >> CAPABILITIES.index(c[4:].lower()) & 1]


@root_only
def unit__its_capabilities_are_enough():
    setpriv = tool("setpriv")
    caps = unit_capabilities()
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


@root_only
def unit__with_mkhomedir__the_home_is_the_users():
    """In the unit's capabilities; without CHOWN it was root's for good."""
    setpriv = tool("setpriv")
    for module in ("mkhomedir", "lastlog", "limits", "access", "faillock"):
        if not any(os.path.exists("%s/security/pam_%s.so" % (top, module))
                   for top in ("/lib/x86_64-linux-gnu", "/lib64", "/lib",
                               "/lib/aarch64-linux-gnu", "/usr/lib64")):
            raise Skip("no pam_%s here" % module)
    os.makedirs(HOMES, exist_ok=True)
    shutil.rmtree(home("newcomer"), ignore_errors=True)
    spill("/var/log/lastlog", b"")
    skeleton = BENCH + "/skeleton"
    os.makedirs(skeleton, exist_ok=True)
    caps = unit_capabilities()
    only = ",".join(["-all"] + ["+" + c for c in caps])
    limits = "session required pam_limits.so\n" if "sys_resource" in caps else ""
    service = pam_service("unit-modules", PLAIN_PAM + limits + """\
account required pam_access.so
session required pam_mkhomedir.so skel=%s
session required pam_lastlog.so silent
""" % skeleton)
    log = Log()
    with Session(service, prefix=[setpriv, "--bounding-set=" + only,
                                  "--inh-caps=-all", "--no-new-privs"]) as s:
        s.talk.banner()
        s.talk.ok("USER newcomer")
        said = s.talk.ask("PASS " + password("newcomer"))
        check(said.startswith("+OK"), said, "\n".join(log.lines))
        equal(s.talk.ok("STAT"), "+OK 0 0")
        s.talk.ok("QUIT")
    equal(os.stat(home("newcomer")).st_uid, uid("newcomer"), "owner of the home")
    for path in ("-/home", "-/var/log/lastlog", "-/run/faillock"):
        check(path in " ".join(unit("ReadWritePaths")).split(), path)


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
    rows = re.findall(r"--([a-z0-9-]+)(?:=\S+)?\s+[^\[\n]*\[([^\]\n]*)\]",
                      help_text)
    default = {name: {"on": "true", "off": "false"}.get(value, value)
               for name, value in rows}
    default["front-user"] = "solopop"
    for name in ("config-file", "hostname", "empty-dir", "secrets-file"):
        check(name in default, name)
    shown = dict(re.match(r"set (\S+) = (.*)$", s).groups()
                 for s in reversed(settings()))     # the first one holds
    options_of_help = set(re.findall(r"--([a-z0-9-]+)", help_text))
    equal(set(shown), options_of_help - {
        "no-auth", "no-sandbox", "config-file", "check", "demo", "fixture",
        "help",
        "qpopper", "version"}, "keys")
    machine = ("hostname", "empty-dir", "secrets-file", "log-facility",
               "temp-dir", "tls-key", "tls-user", "tls-program",
               "import-program", "auth-mechanisms")
    for name, value in shown.items():
        if name not in machine and default.get(name) != "none":
            equal(value, default.get(name), "default of " + name)

"""Where the bench plays: a root directory of its own, with all servers in it.

The root holds what they need and nothing else: their packages, unpacked, the
libraries they are linked with, PAM, users.  Every server starts in there, ours
too, so that all of them find the same files at the same distance.
"""
import collections
import glob
import os
import re
import shutil
import socket
import subprocess
import threading
import time

UID = 61001
WORD = "bench-word"
CRYPTED = ("$6$rounds=1000$solopop$fI4js9XmaoVGmCrN/GIoxwYelmyi81JNDCI390PPdxn."
           "z2OIQWEz/5AQE8SsYLo8tUfANDnF5/LC0gx4Y9V0H.")
IDLERS = 16
SYSTEM = {"front": 61990, "dovecot": 61991, "dovenull": 61992,
          "popa3d": 61993, "courier": 61994, "spop3d": 61995,
          "nobody": 65534}

# Debian's packages, and what of other packages they want to be there.
PACKAGES = {
    "dovecot": ["dovecot-core", "dovecot-pop3d"],
    "courier": ["courier-pop", "courier-base", "courier-authlib",
                "courier-authdaemon", "libcourier-unicode4", "libidn12"],
    "solid": ["solid-pop3d", "liblockfile1"],
    "popa3d": ["popa3d"],
}
PROGRAMS = [
    "usr/sbin/dovecot", "usr/bin/doveconf", "usr/lib/dovecot/auth",
    "usr/lib/dovecot/pop3", "usr/lib/dovecot/pop3-login",
    "usr/lib/dovecot/anvil", "usr/lib/dovecot/config", "usr/lib/dovecot/log",
    "usr/lib/dovecot/stats",
    "usr/lib/dovecot/modules/libssl_iostream_openssl.so", "usr/sbin/popa3d",
    "usr/sbin/solid-pop3d",
    "usr/lib/courier/courier/courierpop3d",
    "usr/lib/courier/courier/courierpop3login",
    "usr/lib/courier/courier-authlib/authdaemond",
    "usr/lib/courier-authlib/libauthpam.so.0.0.0",
]
PAM_MODULES = ["pam_unix.so", "pam_deny.so", "pam_permit.so"]
SERVICES = ["pop3", "dovecot", "popa3d", "solid-pop3d"]


def spill(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def quiet(args, **how):
    return subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, **how)


# ---- packages --------------------------------------------------------------

def fetch(work, note):
    """Download and unpack what is not there yet; {peer: why it is absent}."""
    debs, unpacked, absent = work + "/debs", work + "/unpacked", {}
    os.makedirs(debs, exist_ok=True)
    os.makedirs(unpacked, exist_ok=True)
    for peer, packages in PACKAGES.items():
        mark = "%s/.%s" % (unpacked, peer)
        if os.path.exists(mark):
            continue
        note("fetching " + " ".join(packages))
        try:
            done = quiet(["apt-get", "-q", "download"] + packages, cwd=debs,
                         timeout=120)
            why = (done.stderr.strip().splitlines() or [""])[0]
        except (OSError, subprocess.TimeoutExpired) as error:
            done, why = None, str(error)
        if done is None or done.returncode != 0:
            absent[peer] = why
            continue
        for package in packages:
            for deb in glob.glob("%s/%s_*.deb" % (debs, package)):
                quiet(["dpkg", "-x", deb, unpacked], check=True)
        spill(mark, "")
    return absent


# ---- the root --------------------------------------------------------------

def libraries(path, where):
    """The files that this program is linked with, as ldd finds them."""
    out = quiet(["ldd", path], env=dict(os.environ, LD_LIBRARY_PATH=where))
    return re.findall(r"(?:=> |^\s)(/\S+) \(0x", out.stdout, re.M)


def make_root(work, solopop, floors):
    root, unpacked = work + "/root", work + "/unpacked"
    for name in ("usr", "etc", "dev", "run", "var"):
        shutil.rmtree("%s/%s" % (root, name), ignore_errors=True)
    shutil.copytree(unpacked, root, symlinks=True, dirs_exist_ok=True)
    for name in ("lib", "lib64", "bin", "sbin"):
        merge(root, name)
    install(solopop, root + "/usr/sbin/solopop")
    for floor in floors:
        install(floor, root + "/usr/lib/bench/" + os.path.basename(floor))
    programs = [root + "/" + p for p in PROGRAMS] + [
        solopop, work + "/floor-pam", "/bin/sh"]
    modules = [find_module(m) for m in PAM_MODULES]
    where = ":".join(glob.glob(root + "/usr/lib") + glob.glob(
        root + "/usr/lib/*-linux-*") + [root + "/usr/lib/dovecot"])
    for path in programs + modules:
        for lib in libraries(path, where) if os.path.exists(path) else []:
            if not lib.startswith(root):
                install(lib, root + lib)
    for path in modules + ["/bin/sh"]:
        install(path, root + path)
    configure(root)
    quiet(["ldconfig", "-r", root], check=True)
    return root


def merge(root, name):
    """/lib and its like are links into /usr, as they are in Debian."""
    path = "%s/%s" % (root, name)
    os.makedirs("%s/usr/%s" % (root, name), exist_ok=True)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.copytree(path, "%s/usr/%s" % (root, name), symlinks=True,
                        dirs_exist_ok=True)
        shutil.rmtree(path)
    if not os.path.islink(path):
        os.symlink("usr/" + name, path)


def install(path, to):
    os.makedirs(os.path.dirname(to), exist_ok=True)
    if not os.path.exists(to):
        shutil.copy(path, to)
        os.chmod(to, 0o755)


def find_module(name):
    found = [path for pattern in ("/lib/*-linux-*", "/lib", "/lib64",
                                  "/usr/lib/*-linux-*", "/usr/lib")
             for path in glob.glob("%s/security/%s" % (pattern, name))]
    if not found:
        raise SystemExit("bench: no %s here" % name)
    return found[0]


def users():
    found = {"root": (0, "/root"), "bench": (UID, "/home/bench")}
    for i in range(IDLERS):
        found["idle%d" % i] = (UID + 1 + i, "/home/idle%d" % i)
    for name, uid in SYSTEM.items():
        found[name] = (uid, "/nonexistent")
    return found


def configure(root):
    passwd = shadow = group = ""
    for name, (uid, home) in users().items():
        passwd += "%s:x:%d:%d::%s:/bin/sh\n" % (name, uid, uid, home)
        shadow += "%s:%s:19000:0:99999:7:::\n" % (
            name, CRYPTED if UID <= uid < 61900 else "*")
        group += "%s:x:%d:\n" % (name, uid)
    etc = root + "/etc/"
    spill(etc + "passwd", passwd)
    spill(etc + "shadow", shadow, 0o600)
    spill(etc + "group", group + "mail:x:8:\n")
    spill(etc + "shells", "/bin/sh\n")
    spill(etc + "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n"
          "hosts: files\nservices: files\nprotocols: files\n")
    spill(etc + "hosts", "127.0.0.1 localhost\n")
    spill(etc + "services", "pop3 110/tcp\n")
    spill(etc + "protocols", "tcp 6 TCP\n")
    configure_pam(etc + "pam.d/")
    spill(etc + "spop3d.conf", "<Global>\n\tMailDropName \"Maildir\"\n"
          "\tMailDropType maildir\n\tLogStatistics no\n</Global>\n")
    spill(etc + "courier/authdaemonrc", COURIER_AUTH)
    spill(etc + "dovecot/default.conf", DOVECOT % ("default", 10110))
    spill(etc + "dovecot/tuned.conf",
          DOVECOT % ("tuned", 10111) + DOVECOT_TUNED)
    for path, mode in (("dev", 0o755), ("proc", 0o755), ("tmp", 0o1777),
                       ("run", 0o755), ("var/mail", 0o1777),
                       ("var/empty/solopop", 0o755),
                       ("var/lib/popa3d", 0o755), ("var/lib/dovecot", 0o755),
                       ("run/courier/authdaemon", 0o755), ("root", 0o700)):
        os.makedirs("%s/%s" % (root, path), exist_ok=True)
        os.chmod("%s/%s" % (root, path), mode)
    for name, (uid, home) in users().items():
        if uid >= UID and uid < 61900:
            os.makedirs(root + home, 0o700, exist_ok=True)
            os.chown(root + home, uid, uid)


def configure_pam(pam_d):
    """All servers get the same; "other", which libpam reads too, is Debian's.
    """
    shutil.rmtree(pam_d, ignore_errors=True)
    for service in SERVICES:
        spill(pam_d + service, "".join("%s required pam_unix.so\n" % s for s in
                                       ("auth", "account", "session")))
    spill(pam_d + "other", "".join("@include common-%s\n" % s for s in
                                   ("auth", "account", "password", "session")))
    gate = ("%s [success=1 default=ignore] pam_unix.so\n"
            "%s requisite pam_deny.so\n%s required pam_permit.so\n")
    for s in ("auth", "account", "password"):
        spill(pam_d + "common-" + s, gate % (s, s, s))
    spill(pam_d + "common-session", "session [default=1] pam_permit.so\n"
          "session requisite pam_deny.so\nsession required pam_permit.so\n"
          "session required pam_unix.so\n")


COURIER_AUTH = """\
authmodulelist="authpam"
authmodulelistorig="authpam"
daemons=2
authdaemonvar=/run/courier/authdaemon
"""
DOVECOT = """\
base_dir = /run/dovecot-%s
state_dir = /var/lib/dovecot
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
first_valid_uid = 1000
passdb {
  driver = pam
}
userdb {
  driver = passwd
}
service pop3-login {
  inet_listener pop3 {
    port = %d
  }
  inet_listener pop3s {
    port = 0
  }
}
"""
DOVECOT_TUNED = """\
default_vsz_limit = 0
maildir_very_dirty_syncs = yes
service pop3-login {
  service_count = 0
  process_min_avail = 2
}
protocol pop3 {
  pop3_no_flag_updates = yes
}
"""


# ---- in the namespaces -----------------------------------------------------

def mount(*args):
    subprocess.run(("mount",) + args, check=True)


def enter(root):
    """Once, inside: what a system has besides files."""
    for name in ("null", "zero", "random", "urandom", "tty"):
        spill("%s/dev/%s" % (root, name), "")
        mount("--bind", "/dev/" + name, "%s/dev/%s" % (root, name))
    mount("-t", "proc", "proc", root + "/proc")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    drain(root + "/dev/log")


def drain(path):
    """Somebody has to read what is logged, or the servers would wait."""
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    # The path of a socket is short; that of the root may not be.
    here = os.open(os.path.dirname(path), os.O_RDONLY)
    log.bind("/proc/self/fd/%d/log" % here)
    os.close(here)
    os.chmod(path, 0o666)

    def read():
        while True:
            LOGGED.append(log.recv(8192).decode("latin-1").strip("\0\n "))

    threading.Thread(target=read, daemon=True).start()


LOGGED = collections.deque(maxlen=20)


class Group:
    """A control group, for its account of CPU time."""

    def __init__(self, base, name):
        self.path = "%s/%s" % (base, name)
        os.makedirs(self.path, exist_ok=True)
        v1 = self.path + "/cpuacct.usage"
        self.account = v1 if os.path.exists(v1) else self.path + "/cpu.stat"

    def join(self):
        with open(self.path + "/cgroup.procs", "w") as f:
            f.write("0")

    def pids(self):
        with open(self.path + "/cgroup.procs") as f:
            return sorted(set(map(int, f.read().split())))


def group_base():
    """A folder for our groups, made by whom ends us; None: not possible."""
    for base in ("/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup"):
        account = "/cpuacct.usage" if base.endswith("cpuacct") else "/cpu.stat"
        path = "%s/solopop-bench-%d" % (base, os.getpid())
        try:
            os.mkdir(path)
            os.mkdir(path + "/try")
            usable = os.path.exists(path + "/try" + account)
            os.rmdir(path + "/try")
            if usable:
                return path
            os.rmdir(path)
        except OSError:
            pass
    return None


def remove_groups(base):
    for path in glob.glob(base + "/*/") + [base]:
        for _ in range(100):            # until the last process is gone
            try:
                os.rmdir(path)
                break
            except OSError:
                time.sleep(0.02)


class Daemon:
    """A server that runs all the time."""

    def __init__(self, root, args, group, env=None):
        self.group = group

        def prepare():
            group.join()
            os.chroot(root)
            os.chdir("/")

        self.process = subprocess.Popen(
            args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=prepare, close_fds=True,
            env=dict({"PATH": "/usr/sbin:/usr/bin"}, **(env or {})))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self):
        self.stop()
        text = self.process.stdout.read().decode("latin-1").strip()
        return "; ".join(text.splitlines()[-1:] + list(LOGGED)[-3:])

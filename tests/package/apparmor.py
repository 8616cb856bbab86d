#!/usr/bin/env python3
"""Does the AppArmor profile allow all that the processes do?

For a machine that tests/package/machine has made.  Its kernel may know nothing
of AppArmor, so the parser has its say, then a session under strace is compared
with the rules.  What is no path (capabilities, signals, sockets) is not; nor are
owners, which "owner" rules want to be the user.
"""
import glob
import os
import poplib
import re
import signal
import ssl
import subprocess

import path as admin
from lab import PATIENCE, check, command, equal, eventually, slurp, spill, \
    succeed

TOP = "/etc/apparmor.d/"
PROFILE = TOP + "usr.sbin.solopop"
SETTINGS = """set spool-dir = /var/mail
set tls-cert = /etc/solopop/tls.crt
set tls-key = /etc/solopop/tls.key
set tls-ticket-file = /var/lib/solopop/tickets
"""


# ---- the rules -------------------------------------------------------------

def lines_of(file):
    """All lines, with those of what is included; a directory is its files."""
    if os.path.isdir(file):
        for name in sorted(os.listdir(file)):
            yield from lines_of(file + "/" + name)
        return
    for line in slurp(file).splitlines():
        m = re.match(r"\s*#?include\s+(if exists\s+)?<(.*)>", line)
        if m is None:
            yield line.strip()
        elif not m.group(1) or os.path.exists(TOP + m.group(2)):
            yield from lines_of(TOP + m.group(2))


def expand(text, variables):
    while "@{" in text:
        text = re.sub(r"@\{(\w+)\}", lambda m: "{%s}" % ",".join(
            variables[m.group(1)]), text)
    return text


SLASH = "(?:/|(?<=/))"


def regex(glob_):
    """As apparmor.d(5) has it; several slashes are one."""
    parts = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")",
             ",": "|", "/": SLASH, "/**": SLASH + ".+", "/*": SLASH + "[^/]+"}
    return re.compile("".join(
        s if s.startswith("[") else parts.get(s) or re.escape(s)
        for s in re.findall(r"/?\*\*|/\*|\[[^]]*\]|.", glob_)))


def read_profiles(file):
    """{profile: [(regex, permissions, denied)]}"""
    variables, profiles, rules = {}, {}, None
    for line in lines_of(file):
        m = re.match(r"@\{(\w+)\}\s*\+?=\s*(.*)", line)
        if m:
            variables.setdefault(m.group(1), []).extend(
                s.strip('"') for s in m.group(2).split("#")[0].split())
        m = re.match(r"profile (\S+)", line)
        if m:
            rules = profiles.setdefault(m.group(1), [])
        m = re.match(r'((?:owner|audit|deny)\s+)*"?([/@][^\s"]*)"?\s+'
                     r"([a-zA-Z]+)(\s*->.*)?,", line)
        if m:
            rules.append((regex(expand(m.group(2), variables)), m.group(3),
                          "deny" in line.split()))
    return profiles


def allows(rules, path, wanted):
    given, denied = "", ""
    for pattern, permissions, is_denial in rules:
        if pattern.fullmatch(path):
            if is_denial:
                denied += permissions
            else:
                given += permissions
    return all(p in given and p not in denied for p in wanted)


# ---- what is done ----------------------------------------------------------

def join(directory, name):
    return os.path.normpath(os.path.join(directory, name))


def uses(line):
    """[(path, permissions)] of a system call that went well."""
    m = re.match(r'openat\(\S+ ".*?", (\S+?)[,)].*= \d+<(/.*)>$', line)
    if m and "O_PATH" not in m.group(1):
        flags = m.group(1)
        need = "rw" if "O_RDWR" in flags else "w" if "O_WRONLY" in flags else \
            "r"
        slash = "/" if "O_DIRECTORY" in flags else ""
        return [(m.group(2).rstrip("/") + slash, need)]
    m = re.match(r"mmap\(.*PROT_EXEC.*, \d+<(/.*?)>, ", line)
    if m:
        return [(m.group(1), "m")]
    m = re.match(r"fcntl\(\d+<(/.*?)>, F_SETLK", line)
    if m:
        return [(m.group(1), "k")]
    m = re.match(r'execve\("(.*?)", .*= 0$', line)
    if m:
        return [(os.path.realpath(m.group(1)), "x")]
    m = re.match(r'connect\(.*sun_path="(/.*?)"', line)
    if m:
        return [(os.path.realpath(m.group(1)), "w")]
    if re.match(r"(mkdir|rename|unlink|link|symlink)\w*\(.*= 0$", line):
        found = re.findall(r'(?:\w+<([^>]*)>, )?"([^"]*)"', line)
        slash = "/" if re.match("mkdir|unlink.*AT_REMOVEDIR", line) else ""
        need = "l" if line.startswith("link") else "w"
        return [(join(d or "/", name) + slash, need) for d, name in
                (found[-1:] if need == "l" else found)]
    return []


def missing(profiles, file):
    """What one process did that its profile, or one of two, forbids."""
    bad, count, held = set(), 0, ["solopop"]
    begun = False
    for line in slurp(file).splitlines():
        for path, need in uses(line):
            if line.startswith("execve(") and path == "/usr/sbin/solopop":
                begun = True
                continue
            count += 1
            bad.update((name, path, need) for name in held
                       if not allows(profiles[name], path, need))
        if re.match(r'execve\(".*/solopop-tls".*= 0$', line):
            held.append("solopop-tls")
    return bad, count


# ---- the session -----------------------------------------------------------

def set_up():
    admin.add_jane()
    succeed(["dpkg", "-i", admin.package()])
    admin.certificate()
    spill("/etc/solopop.conf", slurp("/etc/solopop.conf") + SETTINGS)
    os.mkdir("/var/lib/solopop", 0o700)
    spill("/var/mail/jane", "From a@lab Mon Nov 23 00:00:00 2026\n"
          "Subject: spooled\n\nHello.\n", 0o660)
    succeed(["chown", "jane:mail", "/var/mail/jane"])


def talk():
    box = poplib.POP3("localhost", 110, timeout=PATIENCE)
    box.stls(ssl.create_default_context(cafile="/etc/solopop/tls.crt"))
    box.user("jane")
    try:
        box.pass_("wrong")
        check(False, "a wrong word is taken")
    except poplib.error_proto:
        pass
    box.user("jane")
    box.pass_(admin.WORD)
    equal(box.stat()[0], len(admin.MAIL) + 1, "messages")
    for i in range(len(admin.MAIL) + 1):
        box.retr(i + 1)
    box.dele(1)
    box.quit()


def trace():
    """A session with all of it, under strace; one file for each process."""
    server = subprocess.Popen(
        ["systemd-socket-activate", "--accept", "--inetd", "-l",
         "127.0.0.1:110", "strace", "-ff", "-y", "-s", "4096", "-qq", "-o",
         "/tmp/trace", "/usr/sbin/solopop"], stderr=subprocess.DEVNULL)
    try:
        eventually("a port", admin.listening)
        talk()
        # strace ends last, and with it the files are whole.
        eventually("end of strace", lambda: command(
            ["pgrep", "-x", "strace"]).returncode == 1)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE)
    return glob.glob("/tmp/trace.*")


def main():
    set_up()
    succeed(["apparmor_parser", "--skip-kernel-load", "--skip-cache",
             "--kernel-features", TOP + "abi/3.0", "--Werror=all", PROFILE])
    profiles = read_profiles(PROFILE)
    equal(sorted(profiles), ["solopop", "solopop-tls"], "profiles")
    bad, count = set(), 0
    for file in trace():
        more, n = missing(profiles, file)
        bad |= more
        count += n
    equal(sorted(bad), [], "not allowed")
    check(count > 150, "only %d accesses seen" % count)
    print("%d accesses, all of them allowed" % count)


if __name__ == "__main__":
    main()

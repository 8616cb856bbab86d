#!/usr/bin/env python3
"""The manual holds what it promises: its commands run as they stand there and
print what it says, its settings are understood, and its references lead
somewhere.

In a guide a fence says what a block is: "sh run", "prints" (what the one before
prints, "..." for anything) or "conf".  In a page a comment before it does,
.\\" run and so on.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.abspath(os.environ.get("top_srcdir", "."))
sys.path.insert(0, os.path.join(TOP, "tests", "session"))
import harness                                              # noqa: E402

PAGES = sorted(glob.glob(TOP + "/doc/*.[1578]"))
GUIDES = sorted(glob.glob(TOP + "/doc/*.md")) + [TOP + "/README.md"]
KINDS = ("run", "prints", "conf")
LIMIT = 5 * harness.PATIENCE
MESSAGE = b"Subject: one\n\nhello\n"

# Pages of others that ours name.
FOREIGN = set("""certbot(1) fail2ban(1) fetchmail(1) inetd(8) maildir(5) mandoc(1)
    openssl-s_client(1) openssl.cnf(5) pam(3) pledge(2) popauth(8) sd_listen_fds(3)
    socat(1) syslog(3) systemd(1) tcpserver(1) unveil(2) xinetd(8) fcntl(2)
    gethostname(2) pam_authenticate(3) pam_acct_mgmt(3) pam_setcred(3)
    pam_open_session(3) pam_close_session(3) rename(2) crypt(3) fsync(2)
    openssl(1) s6-tcpserver(1) stunnel(8) tcpsvd(8)""".split())

passed = failed = 0


def result(good, where, *what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("%s: %s" % (where, " ".join(map(str, what))))


def slurp(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def short(path):
    return os.path.relpath(path, TOP)


# --- Blocks --------------------------------------------------------------------

def of_mdoc(line):
    line = re.sub(r"\\\((..)", lambda m: {"aq": "'", "dq": '"', "ti": "~",
                                          "ha": "^", "ga": "`"}[m.group(1)],
                  line)
    return line.replace("\\&", "").replace("\\-", "-").replace("\\e", "\\")


def page_blocks(text):
    kind, inside, lines = None, False, []
    for n, line in enumerate(text.splitlines(), 1):
        mark = re.fullmatch(r'\.\\" (%s)' % "|".join(KINDS), line)
        if mark:
            kind, begin, lines = mark.group(1), n, []
        elif kind and line.startswith(".Dl "):
            yield begin, kind, of_mdoc(line[4:]) + "\n"
            kind = None
        elif kind and line.startswith(".Bd "):
            inside = True
        elif inside and line == ".Ed":
            yield begin, kind, "".join(s + "\n" for s in lines)
            kind, inside = None, False
        elif inside:
            lines.append(of_mdoc(line))


def guide_blocks(text):
    for m in re.finditer(r"^( *)```(.*)\n((?:.*\n)*?) *```$", text, re.M):
        kind = m.group(2).split()[-1:] or [""]
        if kind[0] in KINDS:
            yield (text.count("\n", 0, m.start()) + 1, kind[0],
                   re.sub("^" + m.group(1), "", m.group(3), flags=re.M))


def all_blocks():
    for path in PAGES + GUIDES:
        find = guide_blocks if path.endswith(".md") else page_blocks
        for line, kind, text in find(slurp(path)):
            yield "%s:%d" % (short(path), line), kind, text


# --- Running them --------------------------------------------------------------

class Home:
    """A home with one message, for one block."""

    def __init__(self, place):
        self.path = place.path("home")
        os.mkdir(self.path, 0o700)
        harness.make_maildir(self.path + "/Maildir")
        harness.write_file(self.path + "/Maildir/new/1600000000.M1P1.lab",
                           MESSAGE)
        # Behind Landlock the search for leaks has no /proc to read.
        self.env = {"HOME": self.path, "LC_ALL": "C",
                    "ASAN_OPTIONS": "detect_leaks=0",
                    "PATH": place.top + ":/usr/bin:/bin"}

    def run(self, args, text=None):
        done = subprocess.run(
            args, input=text, cwd=self.path, env=self.env, timeout=LIMIT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL if text is None else None)
        return done.returncode, done.stdout.decode("utf-8", "replace")


def run_block(place, where, text):
    """A line that begins with "$ " is a command, as manuals have it.

    A spool is read, too.
    """
    script = re.sub(r"^[$] ", "", text, flags=re.M)
    for there, here in (("/var/mail/USER", '"$HOME/mbox"'),
                        ("/dev/tty", "/dev/null"),
                        ("solopop-passwd add", "solopop-passwd -f secrets add")):
        script = script.replace(there, here)
    home = Home(place)
    status, said = home.run(["sh", "-euc", script])
    if os.path.exists(home.path + "/mbox"):
        said += slurp(home.path + "/mbox")
    result(status == 0, where, "ended with", status, "and said", said)
    return said


def matches(pattern, line):
    return re.fullmatch(".*".join(re.escape(part) for part in
                                  pattern.split("...")), line)


def prints_block(where, text, said):
    lines = iter(s.rstrip("\r") for s in said.splitlines())
    for wanted in text.splitlines():
        found = any(matches(wanted, line) for line in lines)
        result(found, where, repr(wanted), "is not printed, but", repr(said))
        if not found:
            return


def conf_block(place, where, text):
    home = Home(place)
    harness.write_file(home.path + "/conf", text.encode())
    # A build without PAM has no default for who checks passwords.
    more = [] if os.environ.get("WITH_PAM", "1") == "1" else [
        "--pam-service=pop3"]
    status, said = home.run(["solopop", "--config-file=conf", "--check"] +
                            more)
    result(status in (0, 1) and "none would begin" not in said, where,
           "ended with", status, "and said", said)


def example_conf(place):
    """The file with every key has every key, and each line of it is lawful."""
    example = slurp(TOP + "/examples/solopop.conf")
    keys = slurp(TOP + "/doc/solopop.conf.5").partition(".Sh SETTINGS")[0]
    for key in re.findall(r"^\.It ([a-z][\w-]*) Ta ", keys, re.M):
        result(re.search("^#set %s = " % key, example, re.M),
               "examples/solopop.conf", key, "is missing")
    home = Home(place)
    for line in re.findall("^#(set .*)$", example, re.M):
        harness.write_file(home.path + "/conf", line.encode() + b"\n")
        status, said = home.run(["solopop", "--config-file=conf", "--check"])
        result(status in (0, 1), "examples/solopop.conf", line, "ended with",
               status, said)


def run_all(place, blocks):
    counts = dict.fromkeys(KINDS, 0)
    said = ""
    for where, kind, text in blocks:
        counts[kind] += 1
        try:
            if kind == "run":
                said = run_block(place, where, text)
            elif kind == "prints":
                prints_block(where, text, said)
            else:
                conf_block(place, where, text)
        except subprocess.TimeoutExpired:
            result(False, where, "did not end")
    for kind, least in (("run", 5), ("prints", 3), ("conf", 5)):
        result(counts[kind] >= least, "manual.py", "found", counts[kind],
               "blocks", kind)


# --- References ----------------------------------------------------------------

def own_pages():
    return {re.sub(r"\.(\d)$", r"(\1)", os.path.basename(p)) for p in PAGES}


def check_page(path):
    text = slurp(path)
    titles = {of_mdoc(t).strip('"') for t in
              re.findall(r"^\.S[hs] (.*)$", text, re.M)}
    for name in re.findall(r"^\.Sx (.*?)(?: [.,;:)]+)*$", text, re.M):
        result(of_mdoc(name).strip('"') in titles, short(path),
               ".Sx", name, "leads nowhere")
    for name, number in re.findall(r"\bXr (\S+) (\d)", text):
        page = "%s(%s)" % (name, number)
        result(page in own_pages() or (not page.startswith("solopop") and
                                       page in FOREIGN),
               short(path), page, "is no page that we know")


def anchors(path):
    """What a heading is called in a link, as everybody makes it."""
    found = set()
    for title in re.findall(r"^#+ (.*)$", slurp(path), re.M):
        found.add(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-"))
    return found


def check_guide(path):
    text = slurp(path)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match("[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(path), file)) \
            if file else path
        good = os.path.exists(file) and (
            not anchor or (file.endswith(".md") and anchor in anchors(file)))
        result(good, short(path), "the link to", target, "leads nowhere")
    for page in set(re.findall(r"\b(solopop[a-z.-]*\(\d\))", text)):
        result(page in own_pages(), short(path), page, "is no page")


def check_files(path):
    """Files of the examples and of the documentation that are named."""
    for name in set(re.findall(
            r"\b((?:examples|doc)/[\w.@/-]*[\w])", slurp(path))):
        result(os.path.exists(os.path.join(TOP, name)), short(path), name,
               "is not there")


def check_examples():
    """Each example is told of somewhere."""
    text = "".join(slurp(p) for p in PAGES + GUIDES)
    for name in sorted(os.listdir(TOP + "/examples")):
        result(name in text, "examples/" + name, "is nowhere in the manual")


def check_trouble():
    """The log lines that the guide explains are lines that there are."""
    guide = slurp(TOP + "/doc/admin.md").partition("## Trouble, by log line")
    source = "".join(slurp(p) for p in glob.glob(TOP + "/src/**/*.c",
                                                 recursive=True))
    source = re.sub(r'"\s*\n\s*"', "", source)
    source = re.sub(r'" *(AUTH|PRI[a-z]\w+|PACE_FILE|LOCK_FILE) *"', "", source)
    rows = re.findall(r"^\| `(.*?)` \|", guide[2], re.M)
    result(len(rows) > 15, "doc/admin.md", "explains no log lines")
    for row in rows:
        row = row.replace("[AUTH] ", "").strip()
        result(row in source, "doc/admin.md", repr(row), "is never logged")


def check_lists(path):
    """Whoever has this from a tarball has all of it."""
    makefile = "".join(slurp(p) for p in
                       [TOP + "/Makefile.am"] + glob.glob(TOP + "/*/local.mk") +
                       glob.glob(TOP + "/*/*/local.mk"))
    result(short(path) in makefile or os.path.basename(path) == "README.md",
           short(path), "is in no list for the tarball")


def main():
    for path in PAGES:
        check_page(path)
    for path in GUIDES:
        check_guide(path)
    for path in PAGES + GUIDES:
        check_files(path)
        check_lists(path)
    check_examples()
    check_trouble()
    blocks = list(all_blocks())
    passwd = os.path.join(os.path.dirname(os.path.abspath(
        os.environ.get("SOLOPOP", "./solopop"))), "solopop-passwd")
    copies = [p for p in (passwd,) if os.path.exists(p)]
    made = harness.tempfile.mkdtemp(prefix="solopop-manual-")
    try:
        for path in copies:
            shutil.copy(path, made)
        os.chmod(made, 0o755)
        place = harness.Place()
        for name in os.listdir(made):
            shutil.copy(os.path.join(made, name), place.top)
        if not os.path.exists(place.top + "/solopop"):
            os.symlink(place.binary, place.top + "/solopop")
        run_all(place, blocks)
        example_conf(place)
        place.close()
    finally:
        shutil.rmtree(made, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

"""Each row of the table of refusals in the guide: what the client hears, what the
log says, and whether it counts as a guess.
"""

from lab import *
from test_auth import cram

GUIDE = os.path.join(HERE, "..", "..", "doc", "admin.md")
GUESS = r"\[AUTH\] Failed attempted login to %s from host "
REFUSED = "login refused: user=%s rhost=127.0.0.1 reason="
PERMIT = "".join(kind + " required pam_permit.so\n"
                 for kind in ("auth", "account", "session"))
SECRETS = BENCH + "/refusal-secrets"


def table():
    """[(case, what the client hears, what the log says, counts)]"""
    text = slurp(GUIDE).partition("## Refusals\n")[2].partition("\n## ")[0]
    rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]
    return [row[:4] for row in rows[2:]]


def pattern(text, user):
    """The words in capitals stand for anything, NAME for the user."""
    text = re.escape(text).replace("NAME", re.escape(user))
    return re.sub(r"\b(FILE|SHELL)\b", r"\\S+", text)


def by_password(user, word=None):
    def ask(talk):
        talk.ok("USER " + user)
        return talk.ask("PASS " + (word or password(user)))
    return user, ask


def with_module(kind, module):
    lines = PERMIT.splitlines()
    at = ("auth", "account", "session").index(kind)
    lines[at] = "%s required %s" % (kind, module)
    return "\n".join(lines) + "\n"


def debug(kind, result):
    if not any(os.path.exists(top + "/security/pam_debug.so") for top in (
            "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64",
            "/usr/lib64", "/lib")):
        raise Skip("no pam_debug here")
    return with_module(kind, "pam_debug.so " + result)


def write_secret(name):
    spill(SECRETS, name + ":tanstaaf\n", 0o600)
    return "--secrets-file=" + SECRETS


def lay_out_homeless():
    with open("/etc/passwd", "a") as f:
        f.write("homeless:x:61020:61020:::/bin/sh\n")
    return by_password("homeless", "x"), PERMIT, []


def lay_out_locked():
    return ("locked", lambda talk: cram(talk, "locked", "tanstaaf")), PERMIT, \
        [write_secret("locked")]


def lay_out_list():
    spill(BENCH + "/refused", "alice\n")
    return by_password("alice"), PLAIN_PAM, \
        ["--nonauth-file=" + BENCH + "/refused"]


def lay_out_shell():
    spill("/etc/shells", "/bin/none\n")
    return by_password("alice"), PLAIN_PAM, ["--check-shell"]


def lay_out_large_file():
    write_secret("alice")
    os.truncate(SECRETS, 1 << 30)
    return by_password("alice"), PLAIN_PAM, ["--secrets-file=" + SECRETS]


def lay_out_nologin():
    spill("/etc/nologin", "")
    return by_password("alice"), PLAIN_PAM + \
        "account required pam_nologin.so\n", []


# case: -> ((user, how to log in), the PAM service, options)
CASES = {
    "wrong name or password":
        lambda: (by_password("alice", "wrong"), PLAIN_PAM, []),
    "root": lambda: (by_password("root"), PLAIN_PAM, []),
    "low uid": lambda: (by_password("daemonish"), PLAIN_PAM, []),
    "no account": lambda: (by_password("ghost", "x"), PERMIT, []),
    "no home": lay_out_homeless,
    "locked account": lay_out_locked,
    "list of users": lay_out_list,
    "shell": lay_out_shell,
    "account closed or expired":
        lambda: (by_password("gone"), PLAIN_PAM, []),
    "password expired": lambda: (by_password("stale"), PLAIN_PAM, []),
    "clear text with a secret":
        lambda: (by_password("alice"), PLAIN_PAM, [write_secret("alice")]),
    "server of passwords away":
        lambda: (by_password("alice"), debug("auth", "auth=authinfo_unavail"),
                 []),
    "module missing":
        lambda: (by_password("alice"), with_module("auth", "pam_none.so"), []),
    "secrets file unreadable": lay_out_large_file,
    "/etc/nologin": lay_out_nologin,
    "session refused":
        lambda: (by_password("alice"), debug(
            "session", "open_session=session_err"), []),
}


def restore():
    write_users("/etc")
    write_pam("/etc/pam.d")
    for path in ("/etc/nologin", SECRETS):
        if os.path.exists(path):
            os.unlink(path)


def is_over(talk):
    """With max-failures=1 any refusal that counts has ended the session."""
    try:
        return not talk.ask("QUIT").startswith("+OK")
    except (AssertionError, ConnectionError):
        return True


def try_row(case, heard, logged, counts):
    shells = slurp("/etc/shells") if os.path.exists("/etc/shells") else ""
    mailbox(SAMPLE)
    try:
        (user, ask), service, more = CASES[case]()
        spill("/etc/pam.d/pop3", service)
        log = Log()
        with Session("--max-failures=1", *more) as s:
            s.talk.banner()
            said = ask(s.talk)
            ended = is_over(s.talk)
        check(re.search(pattern(heard, user), said), case, "heard", said)
        log.wait(("" if counts == "yes" else REFUSED % user) +
                 pattern(logged, user))
        equal(log.has(GUESS % re.escape(user)), counts == "yes", case)
    finally:
        spill("/etc/shells", shells)
        restore()
    return ended


@root_only
def refusal__each_row_of_the_guide__is_true():
    rows = table()
    equal(sorted(row[0] for row in rows), sorted(CASES), "rows of the table")
    counting = [row[0] for row in rows if try_row(*row)]
    trouble = [row[0] for row in rows if row[1].startswith("[SYS/TEMP]")]
    equal(sorted(counting), sorted(row[0] for row in rows
                                   if row[0] not in trouble),
          "those that count towards max-failures")

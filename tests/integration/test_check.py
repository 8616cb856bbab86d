"""Deliberate mistakes: what --check says of each, with the cure and an exit
status, what a client hears, and what the log says.  No mistake may end in "All
is well", be silent, or serve mail that it should not.
"""
import os
import shutil
import subprocess

from lab import *

BOX = home("alice") + "/Maildir"
PLACE = BENCH + "/mistakes"
LOGIN = "USER %s\r\nPASS %s\r\nSTAT\r\nQUIT\r\n"
MAIL = b"Subject: x\n\nbody\n"
CHECK = os.path.join(os.path.dirname(SOLOPOP), "solopop-check")
MISTAKES = []


def mistake(check, cure, client, log, user="alice", status=1):
    """
    A row of the table.  The function below makes the mistake and returns the
    options of the server.  check and cure are texts that --check prints; client
    begins the answer to PASS (or the only answer); log is a pattern.
    """
    def add(make):
        MISTAKES.append((make, check, cure, client, log, user, status))
        return make
    return add


SERVED = "+OK alice has 1 message"
REFUSED = "-ERR"


def secrets(text, mode=0o600, name="secrets"):
    path = "%s/%s" % (PLACE, name)
    spill(path, text, mode)
    return "--secrets-file=" + path


def config(text, mode=0o644):
    path = PLACE + "/solopop.conf"
    spill(path, text, mode)
    os.chmod(path, mode)
    return "--config-file=" + path


# --- The settings ------------------------------------------------------------

@mistake("timeout: expected a number", "", REFUSED, "expected a number",
         status=64)
def number_with_a_unit():
    return ["--timeout=10m"]


@mistake("solopop.conf:1: tiemout: no such setting", "", REFUSED, "no such setting",
         status=64)
def misspelt_key():
    return [config("set tiemout = 60\n")]


@mistake("lock: no such choice", "", REFUSED, "no such choice", status=64)
def unknown_choice():
    return ["--lock=flock"]


@mistake("nowhere.conf", "", REFUSED, "nowhere.conf", status=64)
def configuration_file_missing():
    return ["--config-file=" + PLACE + "/nowhere.conf"]


@mistake("solopop.conf", "", REFUSED, "solopop.conf", status=64)
def configuration_file_writable_by_others():
    return [config("set timeout = 60\n", 0o666)]


@mistake("none would begin", "-> --no-auth is not for root", REFUSED,
         "--no-auth is not for root")
def no_auth_as_root():
    return ["--no-auth"]


@mistake("none would begin", "-> virtual-user needs a maildir pattern", REFUSED,
         "maildir pattern")
def virtual_users_in_one_maildir():
    return ["--virtual-user=alice", "--maildir=" + PLACE + "/all"]


@mistake("none would begin", "-> pam-service none is for virtual users",
         REFUSED, "pam-service none is for")
def system_users_without_pam():
    return ["--pam-service=none", secrets("alice:x\n")]


# --- PAM ---------------------------------------------------------------------

@mistake('no service nosuch: PAM uses the service "other"',
         "-> install examples/pam.d-pop3 as /etc/pam.d/nosuch", REFUSED, "")
def service_missing():
    return ["--pam-service=nosuch"]


@mistake('mistyped line 1: module not installed: "pam_nosuch.so"',
         "-> install the package of the module", REFUSED, "")
def module_missing():
    return [pam_service("mistyped", "auth required pam_nosuch.so\n"
                        "account required pam_permit.so\n")]


@mistake("mistyped line 4: pam_systemd.so takes the session out of its unit",
         "-> leave it out", SERVED, "")
def module_for_people():
    return [pam_service("mistyped", "auth required pam_unix.so\n"
                        "account required pam_unix.so\n"
                        "session required pam_permit.so\n"
                        "-session optional pam_systemd.so\n")]


@mistake('mistyped line 2: unknown type "acount"',
         "-> write auth, account, session or password", REFUSED, "")
def type_misspelt():
    return [pam_service("mistyped", "auth required pam_unix.so\n"
                        "acount required pam_unix.so\n")]


@mistake('mistyped line 1: unknown control "requried"', "-> write required",
         REFUSED, "")
def control_misspelt():
    return [pam_service("mistyped", "auth requried pam_unix.so\n"
                        "account required pam_unix.so\n")]


@mistake("PAM cannot read common-nothing: No such file",
         "-> install the file, or remove its include", REFUSED, "")
def include_missing():
    return [pam_service("mistyped", "@include common-nothing\n"
                        "account required pam_unix.so\n")]


@mistake("included 17 files deep", "-> remove the include that leads back",
         None, "")
def include_of_itself():
    return [pam_service("mistyped", "@include mistyped\n")]


@mistake('no module after "required"', "-> add the name of a module", REFUSED,
         "")
def line_without_module():
    return [pam_service("mistyped", "auth required\n"
                        "account required pam_unix.so\n")]


@mistake("no auth line", "-> add one: auth required pam_unix.so", REFUSED, "")
def no_auth_line():
    return [pam_service("mistyped", "account required pam_unix.so\n")]


# --- Secrets -----------------------------------------------------------------

@mistake("wrong owner or mode", "-> chown root", SERVED, "wrong owner or mode")
def secrets_readable_by_others():
    return [secrets("alice:x\n", 0o644)]


@mistake("no user can log in", "-> solopop-passwd add USER", REFUSED, "")
def secrets_missing():
    return ["--virtual-user=alice", "--pam-service=none",
            "--maildir=" + PLACE + "/%d/%n", "--virtual-domain=a.org",
            "--secrets-file=" + PLACE + "/none"]


@mistake("no entry in", "-> solopop-passwd add USER", SERVED, "")
def secrets_empty():
    return [secrets("")]


@mistake("never accepted", "-> clear-text-password is never", REFUSED, "never")
def no_way_to_log_in():
    return ["--clear-text-password=never"]


# --- TLS ---------------------------------------------------------------------

@mistake("tls-key = %s/a.key has no effect without tls-cert" % PLACE,
         "-> set tls-cert", SERVED, "")
def key_without_certificate():
    return ["--tls-key=" + PLACE + "/a.key"]


@mistake("tls-sni-dir = %s has no effect" % PLACE, "-> set tls-cert", SERVED,
         "")
def names_without_certificate():
    return ["--tls-sni-dir=" + PLACE]


@mistake("tls-ticket-file = %s/t has no effect" % PLACE, "-> set tls-cert",
         SERVED, "")
def tickets_without_certificate():
    return ["--tls-ticket-file=" + PLACE + "/t"]


@mistake("none: no certificate is named", "-> --tls needs --tls-cert=FILE",
         None, "no TLS without certificate")
def tls_without_certificate():
    return ["--tls"]


@mistake("none: /nowhere/solopop-tls", "-> install solopop-tls", None, "")
def tls_program_missing():
    return ["--tls-cert=" + PLACE + "/a.crt",
            "--tls-program=/nowhere/solopop-tls"]


# --- Spools ------------------------------------------------------------------

@mistake("spool-dir /nowhere/mail: No such file", "-> make that directory",
         None, "")
def spool_directory_missing():
    return ["--spool-dir=/nowhere/mail"]


@mistake("bulldir /nowhere/bulletins: No such file", "-> make that directory",
         None, "")
def bulletin_directory_missing():
    return ["--bulldir=/nowhere/bulletins"]


@mistake("is not imported: /nowhere/solopop-import",
         "-> install solopop-import", None, "")
def import_program_missing():
    return ["--spool-dir=" + PLACE,
            "--import-program=/nowhere/solopop-import"]


# --- Users and their mail ----------------------------------------------------

@mistake("no such account", "-> check the name", REFUSED, "stranger",
         user="stranger")
def account_missing():
    return []


@mistake("uid 61 is below min-uid 100", "-> set min-uid = 61", REFUSED,
         "daemonish", user="daemonish")
def uid_too_low():
    return []


@mistake("root cannot log in", "-> use another account", REFUSED, "root",
         user="root")
def root_logs_in():
    return []


@mistake("refused by " + PLACE + "/denied", "-> change that file", REFUSED,
         "alice may not log in|login refused.*alice")
def user_is_denied():
    spill(PLACE + "/denied", "alice\n")
    return ["--nonauth-file=" + PLACE + "/denied"]


@mistake("belongs to uid 61002, the session runs as uid 61001", "-> chown -R",
         None, "")
def maildir_of_another_user():
    os.chown(BOX, uid("bob"), uid("bob"))
    os.chmod(BOX, 0o755)
    return []


@mistake("cannot be read", "-> it must be a directory of its user", REFUSED,
         "alice")
def maildir_unreadable():
    os.chmod(BOX, 0)
    return []


@mistake("cannot be read", "-> it must be a directory", REFUSED, "alice")
def maildir_is_a_file():
    shutil.rmtree(BOX)
    spill(BOX, b"")
    os.chown(BOX, uid("alice"), uid("alice"))
    return []


@mistake(home("alice") + ": Permission denied", "-> chmod a+x " + home("alice"),
         REFUSED, "alice")
def home_of_another_user():
    os.chown(home("alice"), 0, 0)
    return []


@mistake("1 more cannot be read", "-> chown and chmod u+r", None, "unreadable")
def message_of_another_user():
    path = BOX + "/new/1700000000.M1P1.lab"
    spill(path, MAIL, 0o600)
    os.chown(path, uid("bob"), uid("bob"))
    return []


@mistake("solopop.index belongs to uid 0", "-> chown 61001", None, "")
def index_of_another_user():
    spill(BOX + "/solopop.index", b"", 0o600)
    return []


@mistake("solopop.lock is not a regular file", "-> rm ", REFUSED, "lock")
def lock_is_a_link():
    os.symlink("/nowhere", BOX + "/solopop.lock")
    return []


def look(made, user):
    """--check as root, its output one pipe; (text, status)."""
    done = subprocess.run([SOLOPOP, "--check"] + options(*made) + [user],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PATIENCE)
    return done.stdout.decode("latin-1"), done.returncode


def answers(made, user):
    """The lines that a client hears that sends a whole session at once."""
    with Session(*made) as s:
        s.expected = None
        s.talk.send(LOGIN % (user, password(user) if user in USERS else "x"))
        return s.talk.at_end().decode("latin-1").split("\r\n")


def try_one(make, wanted, cure, client, log, user, status):
    shutil.rmtree(PLACE, ignore_errors=True)
    os.mkdir(PLACE, 0o755)
    mailbox([MAIL], "alice")
    made = make()
    before = sorted(os.listdir(home(user))) if os.path.isdir(home(user)) else []
    text, left = look(made, user)
    what = make.__name__
    check(wanted in text, what, "--check says", text)
    check(cure in text, what, "--check has no cure", cure, "in", text)
    check("All is well" not in text, what, text)
    equal(left, status, what + ": exit status of --check")
    after = sorted(os.listdir(home(user))) if os.path.isdir(home(user)) else []
    equal(after, before, what + ": files after --check")
    lines = Log()
    heard = answers(made, user)
    told = heard[2] if len(heard) > 3 else heard[0]
    check(client is None or told.startswith(client), what, "the client hears",
          heard)
    check(not told.startswith("+OK alice has 0"), what, heard)
    if log:
        lines.wait(log)


@root_only
def mistakes_are_told_with_their_cure():
    check(len(MISTAKES) >= 25, len(MISTAKES))
    wrong = []
    for row in MISTAKES:
        try:
            try_one(*row)
        except AssertionError as e:
            wrong.append(str(e))
    check(not wrong, "\n".join(wrong))


@root_only
def check__without_solopop_session__says_that_no_login_works():
    place = os.path.join(BENCH, "no-session")
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for name in ("solopop", "solopop-check"):
        shutil.copy(os.path.join(os.path.dirname(SOLOPOP), name), place)

    def said():
        return subprocess.run([place + "/solopop", "--check"], text=True,
                              stdin=subprocess.DEVNULL, cwd="/",
                              stdout=subprocess.PIPE).stdout
    if any(os.path.exists(p + "/solopop-session") for p in (
            "/usr/libexec", "/usr/local/libexec", "/usr/lib/solopop")):
        raise Skip("solopop is installed here")
    text = said()
    check("no login works: " in text and "solopop-session: No such file"
          in text, text)
    check("-> install solopop-session beside solopop" in text, text)
    shutil.copy(os.path.join(os.path.dirname(SOLOPOP), "solopop-session"),
                place)
    text = said()
    check("no login works" not in text, text)


@root_only
def check_of_a_healthy_user_changes_nothing():
    mailbox([MAIL], "alice")
    text, left = look([], "alice")
    check("All is well" in text and "%s: 1 messages" % BOX in text, text)
    equal(left, 0, "exit status")
    equal(sorted(os.listdir(BOX)), ["cur", "new", "tmp"], "the Maildir")
    empty = PLACE + "-empty"
    text = look(["--empty-dir=" + empty], "alice")[0]
    check(empty in text and "-> mkdir -p" in text, text)
    check(not os.path.exists(empty), "--check has made", empty)


@root_only
def program_that_holds_the_port_is_named():
    listen = "import socket, time; s = socket.create_server(('127.0.0.1', " \
        "110)); print('on', flush=True); time.sleep(60)"
    with running(["python3", "-c", listen], stdout=subprocess.PIPE) as p:
        p.stdout.readline()
        text, left = look([], "alice")
        check("110 is held by python3" in text and
              "-> stop python3" in text, text)
        equal(left, 1, "exit status")
    check("110" not in look([], "alice")[0])

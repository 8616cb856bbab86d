"""Virtual users: one uid, many Maildirs, and nobody reads another's; folders."""
import contextlib
import errno
import os
import re
import shutil

from inject import AT_FDCWD, Stopped, memory
from lab import *
from test_sandbox import landlock

UID = 61200
WRONG = '-ERR [AUTH] Password supplied for "%s" is incorrect.'
SCRAM = "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==," \
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=," \
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="      # pencil
PATTERN = BENCH + "/srv/%d/%n"


def give(path):
    os.chown(path, UID, UID)


def account():
    """vmail, made once for all tests."""
    if "vmail" not in slurp("/etc/passwd"):
        with open("/etc/passwd", "a") as f:
            f.write("vmail:x:%d:%d::%s/srv:/usr/sbin/nologin\n" % (
                UID, UID, BENCH))
        with open("/etc/group", "a") as f:
            f.write("vmail:x:%d:\n" % UID)


def site(*names):
    """The account, secrets, and a Maildir for each name; its options."""
    account()
    shutil.rmtree(BENCH + "/srv", ignore_errors=True)
    os.mkdir(BENCH + "/srv", 0o700)
    give(BENCH + "/srv")
    for name in names:
        make(name)
    secrets = BENCH + "/secrets"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(secrets)
    spill(secrets, "jane@a.org:pencil\njane@b.org:" + SCRAM + "\n", 0o600)
    return ["--virtual-user=vmail", "--maildir=" + PATTERN,
            "--pam-service=none", "--secrets-file=" + secrets]


def make(name, messages=None, folder=""):
    """The Maildir of local@domain, or a folder of it, filled; its path."""
    local, domain = name.split("@")
    for path in (BENCH + "/srv/" + domain,):
        if not os.path.isdir(path):
            os.mkdir(path, 0o700)
            give(path)
    path = "%s/%s%s" % (path, local, "/." + folder if folder else "")
    if messages is None:
        messages = [b"Subject: " + name.encode() + b"\n\nhello\n"]
    if folder:
        spill(BENCH + "/maildirfolder", "")
    for p in fill(path, messages):
        give(p)
    for part in ("", "/cur", "/new", "/tmp"):
        give(path + part)
    if folder:
        os.rename(BENCH + "/maildirfolder", path + "/maildirfolder")
        give(path + "/maildirfolder")
    return path


def as_vmail():
    os.setgroups([])
    os.setgid(UID)
    os.setuid(UID)


def both(names, *more):
    """As root, and as the account itself."""
    for setup in (None, as_vmail):
        options_ = site(*names)
        give_secrets(setup)
        yield setup, options_ + list(more)


def give_secrets(setup):
    if setup is not None:
        give(BENCH + "/secrets")


@root_only
def virtual__whole_session__by_the_secrets_alone():
    for setup, opts in both(("jane@a.org", "jane@b.org")):
        log = Log()
        for user in ("jane@a.org", "Jane@B.Org"):
            with Session(*opts, setup=setup) as s:
                s.talk.banner()
                check(" 1 message " in s.talk.login(user, "pencil"), user)
                check(b"Subject: " + user.lower().encode() in s.talk.retr(1))
                s.talk.ok("DELE 1")
                s.talk.ok("QUIT")
            local, domain = user.lower().split("@")
            path = "%s/srv/%s/%s" % (BENCH, domain, local)
            equal(files(path), {})
            for name in os.listdir(path):
                st = os.lstat(path + "/" + name)
                equal((st.st_uid, st.st_gid), (UID, UID), name)
            log.wait('POP login by user "%s"' % user.lower())
            log.wait("Stats: %s 1 " % user.lower())
        check(not log.has("going on without|cannot"), log.lines)


@root_only
def virtual__auth_plain_and_apop__too():
    import base64
    import hashlib
    for setup, opts in both(("jane@a.org",)):
        with Session(*opts, setup=setup) as s:
            s.talk.banner()
            s.talk.ok("AUTH PLAIN " + base64.b64encode(
                b"\0jane@a.org\0pencil").decode())
            s.talk.ok("QUIT")
        with Session(*opts, setup=setup) as s:
            stamp = re.search("<.*>", s.talk.banner()).group()
            s.talk.ok("APOP jane@a.org " + hashlib.md5(
                (stamp + "pencil").encode()).hexdigest())
            s.talk.ok("QUIT")


@root_only
def virtual__each_mechanism__knows_the_name_in_its_one_form():
    from test_auth import cram, scram
    for setup, opts in both(("jane@a.org", "jane@b.org"),
                            "--folder-delimiter=+", "--max-failures=9",
                            "--virtual-domain=b.org"):
        make("jane@b.org", [], "Lists")
        for way, user, shown in (
                (cram, "Jane@A.org", "jane@a.org has 1 "),
                (scram, "JANE@a.org", "jane@a.org has 1 "),
                (scram, "jane@B.ORG", "jane@b.org has 1 "),
                (scram, "jane", "jane@b.org has 1 "),
                (scram, "jane+Lists@b.org", "jane+Lists@b.org has 0 "),
                (scram, "Jane+Lists", "Jane+Lists has 0 ")):
            with Session(*opts, setup=setup) as s:
                s.talk.banner()
                for wrong in ("jane+..@a.org", "../jane@a.org", "jane@.."):
                    equal(way(s.talk, wrong, "pencil"), WRONG % wrong)
                equal(way(s.talk, user, "pencils"), WRONG % user)
                said = way(s.talk, user, "pencil")
                check(said.startswith("+OK " + shown), said)
                s.talk.ok("QUIT")


@root_only
def virtual__one_session__cannot_reach_another_users_mail():
    if not landlock():
        raise Skip("no Landlock")
    for setup, opts in both(("jane@a.org", "jane@b.org")):
        other = BENCH + "/srv/b.org/jane"
        mail = next(p for d, _, n in os.walk(other)
                    for p in [d + "/" + x for x in n])
        own = BENCH + "/srv/a.org/jane/new"
        with Session(*opts, setup=setup) as s:
            s.talk.banner()
            s.talk.login("jane@a.org", "pencil")
            pid = s.child() if setup is None else s.pid
            equal(status(pid)["Uid"].split(), [str(UID)] * 4)
            with Stopped(pid) as session:
                for call in (("openat", AT_FDCWD, mail, os.O_RDONLY, 0),
                             ("openat", AT_FDCWD, other, os.O_RDONLY, 0),
                             ("openat", AT_FDCWD, BENCH + "/srv",
                              os.O_RDONLY, 0),
                             ("openat", AT_FDCWD, other + "/new/x",
                              os.O_WRONLY | os.O_CREAT, 0o600),
                             ("openat", AT_FDCWD, own + "/../../../b.org/jane/"
                              "new", os.O_RDONLY, 0),
                             ("unlinkat", AT_FDCWD, mail, 0),
                             ("mkdirat", AT_FDCWD, other + "/.x", 0o700),
                             ("openat", AT_FDCWD, BENCH + "/secrets",
                              os.O_RDONLY, 0)):
                    equal(session.call(*call), -errno.EACCES, call)
                check(session.call("renameat", AT_FDCWD, mail, AT_FDCWD,
                                   own + "/stolen")
                      in (-errno.EACCES, -errno.EXDEV), "rename")
                check(session.call("openat", AT_FDCWD, own, os.O_RDONLY, 0)
                      >= 0, "its own")
            s.talk.ok("QUIT")
        equal(len(files(other)), 1)


@root_only
def virtual__a_sessions_memory__has_no_secret_of_others():
    for setup, opts in both(("jane@a.org",)):
        with open(BENCH + "/secrets", "a") as f:
            f.write("bob@a.org:crayon4711\n")
        with Session(*opts, setup=setup) as s:
            s.talk.banner()
            s.talk.ok("USER bob@a.org")
            s.talk.refused("PASS crayon4712")
            before = memory(s.pid)
            s.talk.login("jane@a.org", "pencil")
            image = memory(s.child() if setup is None else s.pid)
            s.talk.ok("QUIT")
        check(b"/srv/" in image, "the image is empty")
        for word in (b"crayon4711", b"crayon4712"):
            check(word not in image, word, "as", setup)
            check(word not in before, word, "before the login, as", setup)


@root_only
def virtual__hostile_names__hear_what_a_wrong_password_hears():
    for setup, opts in both(("jane@a.org", "jane@b.org"),
                            "--folder-delimiter=+", "--max-failures=100"):
        with Session(*opts, setup=setup) as s:
            s.talk.banner()
            for user in ("jane@c.org", "nobody@a.org", "root", "vmail",
                         "jane@..", "jane@../b.org", "../b.org/jane@a.org",
                         "jane@a.org/../b.org", "..@a.org", ".@a.org",
                         "a.org/jane@.", "/etc@a.org", "jane@", "@a.org",
                         "jane@a.org@b.org", "jane+../../b.org/jane@a.org",
                         "jane+..@a.org", "jane+.@a.org", "jane+@a.org",
                         "jane+/@a.org", "jane+a..b@a.org", "+a@a.org",
                         "jane+Lists", "jane%2f@a.org", "%n@a.org"):
                s.talk.ok("USER " + user)
                equal(s.talk.refused("PASS pencil"), WRONG % user, user)
            for user in ("jane@a.org", "jane@b.org"):
                for word in ("penci", "pencil2", SCRAM, " pencil"):
                    s.talk.ok("USER " + user)
                    equal(s.talk.refused("PASS " + word), WRONG % user)
            s.talk.ok("QUIT")
        equal(sorted(os.listdir(BENCH + "/srv")), ["a.org", "b.org"])


@root_only
def virtual__pam_of_the_sites_choice__and_its_uid_has_bounds():
    site("jane@a.org")
    script = BENCH + "/says"
    spill(script, "#!/bin/sh\nread -r word\n[ \"$PAM_USER:$word\" = "
          "'jane@a.org:kept in PAM' ]\n", 0o755)
    service = pam_service("virtual", "auth [success=1 default=ignore] "
                          "pam_exec.so quiet expose_authtok %s\n"
                          "auth requisite pam_deny.so\n"
                          "auth required pam_permit.so\naccount required pam_permit.so\n"
                          "session required pam_permit.so\n" % script)
    opts = ["--virtual-user=vmail", "--maildir=" + PATTERN, service]
    with Session(*opts) as s:
        s.talk.banner()
        s.talk.ok("USER Jane@a.org")
        equal(s.talk.refused("PASS pencil"), WRONG % "Jane@a.org")
        check(" 1 message " in s.talk.login("Jane@a.org", "kept in PAM"))
        equal(status(s.child())["Uid"].split(), [str(UID)] * 4)
        s.talk.ok("QUIT")
    for more in ("--virtual-user=root", "--virtual-user=0",
                 "--virtual-user=nosuch", "--virtual-user=daemonish",
                 "--min-uid=%d" % (UID + 1)):
        with Session(*opts, more) as s:
            s.talk.banner()
            s.talk.ok("USER jane@a.org")
            answer = s.talk.refused("PASS kept in PAM")
            if more == "--virtual-user=nosuch":     # PAM has said yes
                check(answer.startswith("-ERR [SYS/TEMP] "), answer)
            else:
                equal(answer, WRONG % "jane@a.org", more)
            s.talk.ok("QUIT")
        check(command([SOLOPOP, "--check"] + options(*opts, more))
              .returncode == 1, more)


@root_only
def virtual__behind_a_proxy__the_log_has_name_and_client():
    for setup, opts in both(("jane@a.org",), "--proxy-from=127.0.0.1",
                            "--clear-text-password=always"):
        log = Log()
        with Session(*opts, setup=setup) as s:
            s.talk.send("PROXY TCP4 192.0.2.99 192.0.2.1 40000 110\r\n")
            s.talk.banner()
            s.talk.ok("USER jane@b.org")
            s.talk.refused("PASS wrong")
            s.talk.login("jane@a.org", "pencil")
            s.talk.ok("QUIT")
        log.wait(r"Failed attempted login to jane@b.org from host "
                 r"\(192.0.2.99\) 192.0.2.99$")
        log.wait(r'by user "jane@a.org" at \(192.0.2.99\) 192.0.2.99$')
        log.wait(r"Stats: jane@a.org 0 0 1 \d+ 192.0.2.99 192.0.2.99$")


@root_only
def virtual__a_missing_maildir__is_empty_until_something_comes():
    opts = site("bob@a.org")
    spool = BENCH + "/spool"
    os.makedirs(spool, exist_ok=True)
    give(spool)
    with Session(*opts) as s:
        s.talk.banner()
        check(" 0 messages " in s.talk.login("jane@a.org", "pencil"))
        s.talk.ok("QUIT")
    spill(spool + "/jane@a.org", "From x Thu Jan  1 00:00:00 1970\n"
          "Subject: spooled\n\nhello\n", 0o600)
    give(spool + "/jane@a.org")
    with Session(*opts, "--spool-dir=" + spool,
                 "--import-program=" + BENCH + "/solopop-import") as s:
        s.talk.banner()
        check(" 1 message " in s.talk.login("jane@a.org", "pencil"))
        s.talk.ok("QUIT")
    equal(os.stat(BENCH + "/srv/a.org/jane").st_uid, UID)


@root_only
def check__of_virtual_users__says_what_would_happen():
    opts = site("jane@a.org")
    done = succeed([SOLOPOP, "--check"] + options(*opts)).stdout.decode()
    for words in ("virtual users uid %d; names without a domain: refused" % UID,
                  "of each virtual user: " + PATTERN,
                  "by %s/secrets alone" % BENCH):
        check(words in done, words, "not in", done)
    for more, words in (
            (["--maildir=/srv/%n"], "with %n and %d"),
            (["--maildir=/srv/x"], "with %u"),
            (["--maildir=" + BENCH + "/nosuch/%u"], "mkdir -p"),
            (["--virtual-domain=a..b"], "is no domain"),
            (["--home-dir-mail=mbox"], "no home-dir-mail")):
        done = command([SOLOPOP, "--check"] + options(*opts, *more))
        equal(done.returncode, 1, more)
        check(words in done.stdout.decode(), more, done.stdout)
    done = command([SOLOPOP, "--check"] + options("--pam-service=none"))
    check(b"PAM knows whose account" in done.stdout, done.stdout)
    with Session(*opts, "--maildir=/srv/%n") as s:
        s.expected = 64
        check(s.talk.line().startswith("-ERR [SYS/PERM]"))


# ---- folders ---------------------------------------------------------------

@root_only
def folder__of_virtual_users_and_of_others():
    in_folder = [b"Subject: in the folder\n\n1\n", b"Subject: 2\n\n2\n"]
    for setup, opts in both(("jane@a.org",), "--folder-delimiter=+"):
        path = make("jane@a.org", in_folder, "Lists.Work")
        top = os.path.dirname(path)
        spill(top + "/maildirsize", "10000S\n", 0o600)
        give(top + "/maildirsize")
        log = Log()
        with Session(*opts, setup=setup) as top_session, \
                Session(*opts, setup=setup) as s:
            top_session.talk.banner()
            top_session.talk.login("jane@a.org", "pencil")
            s.talk.banner()
            check(" 2 messages " in s.talk.login("jane+Lists.Work@a.org",
                                                 "pencil"))
            equal(s.talk.retr(1), wire(in_folder[0]))
            s.talk.ok("DELE 1")
            s.talk.ok("QUIT")
            top_session.talk.ok("QUIT")
        equal(len(files(path)), 1)
        equal(len(files(top)), 1)
        equal(slurp(top + "/maildirsize"),
              "10000S\n-%d -1\n" % len(in_folder[0]))
        for name in ("solopop.lock", "solopop.index"):
            check(os.path.exists(path + "/" + name), name)
        log.wait(r'by user "jane\+Lists.Work@a.org"')
        log.wait(r"Stats: jane\+Lists.Work@a.org 1 ")
    maildir, _ = mailbox(SAMPLE)
    for path in (maildir + "/.Lists",):
        fill(path, in_folder)
    with Session("--folder-delimiter=+") as s:
        s.talk.banner()
        check(" 2 messages " in s.talk.login("alice+Lists",
                                             password("alice")))
        s.talk.ok("QUIT")
    with Session() as s:
        s.talk.banner()
        s.talk.ok("USER alice+Lists")
        equal(s.talk.refused("PASS " + password("alice")),
              WRONG % "alice+Lists")
        s.talk.ok("QUIT")


@root_only
def folder__that_is_not_there_or_a_link__is_refused_after_the_password():
    for setup, opts in both(("jane@a.org", "jane@b.org"),
                            "--folder-delimiter=+"):
        os.symlink("../../b.org/jane", BENCH + "/srv/a.org/jane/.link")
        spill(BENCH + "/srv/a.org/jane/.file", "")
        log = Log()
        for folder in ("nosuch", "link", "file"):
            user = "jane+%s@a.org" % folder
            with Session(*opts, setup=setup) as s:
                s.talk.banner()
                s.talk.ok("USER " + user)
                equal(s.talk.refused("PASS wrong"), WRONG % user)
                s.talk.ok("USER " + user)
                answer = s.talk.refused("PASS pencil")
                equal(answer, "-ERR [SYS/PERM] Your maildrop cannot be "
                      "opened.", folder)
                equal(s.talk.at_end(), b"")
            log.wait("folder %s: " % folder)
        check(not os.path.exists(BENCH + "/srv/a.org/jane/.nosuch"))

"""What the manual shows as settings, on a machine as the manual has it made:
solopop --check finds all of it well."""
import contextlib
import importlib.util
import os
import subprocess

from lab import *
from test_virtual import account, give


def manual():
    """tests/manual.py, which finds the blocks."""
    os.environ["top_srcdir"] = os.path.join(HERE, "..", "..")
    spec = importlib.util.spec_from_file_location(
        "manual", os.path.join(HERE, "..", "manual.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def own_srv():
    """An empty /srv, taken away even if the test fails, because all tests share
    this namespace and the source may lie below the real one."""
    mount("-t", "tmpfs", "-o", "mode=755", "none", "/srv")
    try:
        yield
    finally:
        subprocess.run(["umount", "/srv"], check=True)


def machine():
    """The account, the directories and the files that the manual speaks of."""
    from test_tls import authority
    a = authority()
    account()
    os.makedirs("/srv/mail/example.org")
    os.makedirs("/etc/solopop", exist_ok=True)
    spill("/etc/solopop/tls.crt", slurp(a.cert), 0o644)
    spill("/etc/solopop/tls.key", slurp(a.key), 0o600)
    spill("/etc/solopop.secrets", "jane@example.org:sesame\n", 0o600)
    spill("/etc/solopop.users", "alice\n")


@root_only
def manual__its_settings__are_well_where_they_are_meant_to_be():
    blocks = [b for b in manual().all_blocks() if b[1] == "conf"]
    check(len(blocks) >= 5, len(blocks), "blocks of settings")
    with own_srv():
        machine()
        for where, _, text in blocks:
            spill("/etc/solopop.conf", text)
            done = command([SOLOPOP, "--check",
                            "--config-file=/etc/solopop.conf",
                            "--tls-program=" + BENCH + "/solopop-tls"] +
                           options())
            equal(done.returncode, 0, where + done.stdout.decode())
            check(b"from /etc/solopop.conf" in done.stdout, done.stdout)
        for path in ("/etc/solopop.conf", "/etc/solopop.secrets"):
            os.unlink(path)


@root_only
def manual__virtual_users_by_pam_userdb__as_the_example_has_it():
    load = tool("db_load")
    users = BENCH + "/users.txt"
    crypt_ = command(["openssl", "passwd", "-6", "sesame"]).stdout.decode()
    spill(users, "jane@example.org\n" + crypt_)
    succeed([load, "-T", "-t", "hash", "-f", users, "/etc/solopop-users.db"])
    account()
    pam_service("virtual", slurp(EXAMPLES + "/pam.d-pop3-virtual"))
    with own_srv():
        os.makedirs("/srv/mail/example.org")
        fill("/srv/mail/example.org/jane", SAMPLE[:2])
        for directory, _, names in os.walk("/srv/mail"):
            for path in [directory] + [directory + "/" + n for n in names]:
                give(path)
        with Session("--virtual-user=vmail", "--maildir=/srv/mail/%d/%n",
                     "--pam-service=virtual") as s:
            s.talk.banner()
            s.talk.ok("USER jane@example.org")
            s.talk.refused("PASS wrong")
            s.talk.ok("USER nobody@example.org")
            s.talk.refused("PASS sesame")
            check(" 2 messages " in s.talk.login("jane@example.org", "sesame"))
            s.talk.ok("QUIT")

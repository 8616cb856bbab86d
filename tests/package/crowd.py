#!/usr/bin/env python3
"""Two hundred sessions at a time under systemd itself, and a client too many.

For a machine that tests/package/machine has made.  The clients, their mail and
what they look at are those of tests/integration/test_stress.py; the units are
those of the package, but for the slice.
"""
import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import types

# Where a service of ours may write.
os.environ.update(SOLOPOP_LAB="/home/lab", SOLOPOP_PRIVATE="yes")
sys.path.insert(0, "/lab/source/tests/integration")
import path as admin
import test_stress as crowd
from lab import Talk, check, command, equal, eventually, open_files, succeed
from superservers import ours

ONE = "127.0.0.77"
PER_SOURCE = 16


def install():
    succeed(["dpkg", "-i", admin.package()])
    shutil.copy("/lab/source/examples/solopop.slice", "/etc/systemd/system")
    succeed(["systemctl", "daemon-reload"])
    succeed(["systemctl", "start", "solopop.socket"])
    os.makedirs(crowd.HOMES)
    crowd.fill_all()


def units():
    return succeed(["systemctl", "list-units", "--all", "--no-legend",
                    "--plain", "solopop@*"]).stdout.decode()


def at_rest():
    """How many descriptors process 1 has while nobody is there."""
    eventually("end of all sessions", lambda: not ours())
    eventually("end of all units", lambda: not units())
    return len(open_files(1))


def two_hundred():
    server = types.SimpleNamespace(port=110, tls=False)
    crowd.warm_up(server)
    before = at_rest()
    asyncio.run(crowd.all_of_them(server))
    eventually("as many descriptors as before, which is %d" % before,
               lambda: at_rest() == before)
    crowd.left_as_they_should_be()
    logins = r'POP login by user "(\w+)" at \((\S+)\)'
    eventually("all logins in the journal", lambda: sorted(re.findall(
        logins, admin.journal())) == [(crowd.name(i), crowd.source(i))
                                      for i in range(crowd.MANY)])
    check("solopop.slice" in succeed(["systemctl", "show", "-p", "Slice",
                                      "solopop@1.service"]).stdout.decode(),
          "another slice")


def one_too_many():
    talks = [Talk.to(110, source=ONE) for _ in range(PER_SOURCE)]
    for talk in talks:
        talk.banner()
    extra = Talk.to(110, source=ONE)
    equal(extra.at_end(), b"", "heard by one too many")
    Talk.to(110, source="127.0.0.78").banner()
    talks[0].ok("QUIT")
    talks[0].close()
    eventually("end of that session", lambda: len(units().splitlines()) <=
               PER_SOURCE)
    Talk.to(110, source=ONE).banner()


def flood():
    """As fast as one address can; then others are served as before."""
    for _ in range(600):
        socket.create_connection(("127.0.0.1", 110), 20, (ONE, 0)).close()
    at_rest()
    equal(command(["systemctl", "is-active", "solopop.socket"]).stdout,
          b"active\n", "the socket")
    crowd.warm_up(types.SimpleNamespace(port=110, tls=False))


if __name__ == "__main__":
    try:
        for what in (install, two_hundred, one_too_many, flood):
            began = time.monotonic()
            what()
            admin.step("%s: %.1f s" % (what.__name__, time.monotonic() - began))
    except Exception:
        subprocess.run(["journalctl", "--no-pager", "-n", "60"], timeout=60)
        raise

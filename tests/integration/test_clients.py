"""Real clients: what they store is what the files hold, and what they leave on
the server stays there.  As root they log in as alice, by PAM; as anyone else
the server is one of --no-auth.
"""
import os
import poplib
import shutil

from lab import *



def word():
    return password("alice")


def stored(directory):
    """All that a client has stored below a directory, by content."""
    found = []
    for where, _, names in os.walk(directory):
        found += [slurp(where + "/" + n, "rb") for n in sorted(names)]
    return sorted(found)


def fresh(name):
    path = BENCH + "/" + name
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path, 0o700)
    return path


# curl

def curl(port, path, *more):
    return succeed([tool("curl"), "-sS", "--disable", "-u", "alice:" + word(),
                    "pop3://127.0.0.1:%d/%s" % (port, path)] + list(more)
                   ).stdout


@anyone
def curl__list_retrieve_keep():
    maildir, _ = mailbox(SAMPLE)
    with Door() as door:
        for i, message in enumerate(SAMPLE):
            equal(curl(door.port, i + 1), wire(message), "message %d" % (i + 1))
        equal(curl(door.port, ""), b"".join(
            b"%d %d\r\n" % (i + 1, len(wire(m)))
            for i, m in enumerate(SAMPLE)), "LIST")
        uidl = curl(door.port, "", "-X", "UIDL").decode().split()
        equal(uidl[1::2], sorted(files(maildir)), "UIDL")
    equal(sorted(files(maildir).values()), sorted(SAMPLE), "kept")


@anyone
def curl__several_at_once_and_delete():
    maildir, _ = mailbox(SAMPLE)
    out = fresh("curl")
    with Door() as door:
        curl(door.port, "[1-%d]" % len(SAMPLE), "-o", out + "/#1")
        equal(stored(out), sorted(wire(m) for m in SAMPLE), "stored")
        curl(door.port, "2", "-X", "DELE", "--head")
    equal(sorted(files(maildir).values()),
          sorted(SAMPLE[:1] + SAMPLE[2:]), "left")


@anyone
def curl__cut_in_the_middle__nothing_is_lost():
    maildir, _ = mailbox(SAMPLE)
    with Door(cut=100000) as door:
        done = command([tool("curl"), "-sS", "--disable", "-u", "alice:" +
                        word(), "pop3://127.0.0.1:%d/7" % door.port])
        # Its exit status does not tell, so look at what it got.
        check(len(done.stdout) < 100000 and
              wire(SAMPLE[6]).startswith(done.stdout), "more than was sent")
    equal(sorted(files(maildir).values()), sorted(SAMPLE), "kept")


# poplib

def pop(port):
    box = poplib.POP3("127.0.0.1", port, timeout=PATIENCE)
    box.user("alice")
    box.pass_(word())
    return box


def message(box, n):
    return b"".join(s + b"\r\n" for s in box.retr(n)[1])


@anyone
def poplib__keep_then_delete():
    maildir, _ = mailbox(SAMPLE)
    with Door() as door:
        box = pop(door.port)
        equal(box.stat(), (len(SAMPLE), sum(len(wire(m)) for m in SAMPLE)))
        equal([int(s.split()[1]) for s in box.list()[1]],
              [len(wire(m)) for m in SAMPLE])
        for i, m in enumerate(SAMPLE):
            equal(message(box, i + 1), wire(m), "message %d" % (i + 1))
        equal(box.top(2, 1)[1],
              wire(SAMPLE[1]).replace(b"..\r\n", b"", 1).split(b"\r\n")[:4])
        box.quit()
        equal(len(files(maildir)), len(SAMPLE))
        box = pop(door.port)
        for i in (1, 3, 7):
            box.dele(i)
        box.rset()
        for i in (2, 4):
            box.dele(i)
        box.quit()
    equal(sorted(files(maildir).values()),
          sorted(m for i, m in enumerate(SAMPLE) if i not in (1, 3)))


@anyone
def poplib__leave_on_server__second_run_has_nothing_new():
    maildir, _ = mailbox(SAMPLE)
    seen, runs = set(), []
    with Door() as door:
        for _ in range(3):
            box = pop(door.port)
            new = [s.split() for s in box.uidl()[1]]
            new = [(int(n), u) for n, u in new if u not in seen]
            for n, u in new:
                message(box, n)
                seen.add(u)
            box.quit()
            runs.append(len(new))
            if len(runs) == 2:
                path = maildir + "/new/1700000000.M1P1.lab"
                spill(path, SAMPLE[0], 0o600)
                ours_to_give(path, "alice")
    equal(runs, [len(SAMPLE), 0, 1], "new in each run")


@anyone
def poplib__gone_before_quit__nothing_is_deleted():
    maildir, _ = mailbox(SAMPLE)
    with Door() as door:
        box = pop(door.port)
        for i in range(len(SAMPLE)):
            message(box, i + 1)
            box.dele(i + 1)
        box.close()
        box = pop(door.port)
        equal(box.stat()[0], len(SAMPLE))
        box.quit()
    equal(sorted(files(maildir).values()), sorted(SAMPLE))


# Net::POP3

PERL = r"""
use strict; use Net::POP3;
my ($port, $word, $dir, $mode) = @ARGV;
my $p = Net::POP3->new("127.0.0.1", Port => $port, Timeout => 20) or die "new";
defined $p->login("alice", $word) or die "login: " . $p->message;
my $list = $p->list or die "list";
my $uidl = $p->uidl or die "uidl";
for my $n (sort { $a <=> $b } keys %$list) {
	next if -e "$dir/$uidl->{$n}";
	my $lines = $p->get($n) or die "get $n";
	open my $f, ">:raw", "$dir/$uidl->{$n}" or die;
	print $f @$lines;
	close $f or die;
	print "got $n $list->{$n}\n";
	$p->delete($n) or die "delete" if $mode eq "delete";
}
$mode eq "vanish" ? close $p : ($p->quit or die "quit: " . $p->message);
"""


def perl(port, directory, mode):
    if command(["perl", "-MNet::POP3", "-e", "0"]).returncode != 0:
        raise Skip("no Net::POP3 here")
    return succeed(["perl", "-e", PERL, str(port), word(), directory,
                    mode]).stdout.decode().split("\n")[:-1]


@anyone
def net_pop3__keep_again_delete():
    tool("perl")
    maildir, _ = mailbox(SAMPLE)
    out = fresh("perl")
    with Door() as door:
        equal(perl(door.port, out, "keep"), [
            "got %d %d" % (i + 1, len(wire(m))) for i, m in enumerate(SAMPLE)])
        equal(stored(out), sorted(plain(m) for m in SAMPLE), "stored")
        equal(perl(door.port, out, "keep"), [], "second run")
        equal(len(files(maildir)), len(SAMPLE), "kept")
        perl(door.port, fresh("perl"), "vanish")
        equal(len(files(maildir)), len(SAMPLE), "kept, without QUIT")
        perl(door.port, fresh("perl"), "delete")
    equal(files(maildir), {}, "left")


# mpop

def mpop(port, out, keep, pipelining="auto", good=True):
    program = tool("mpop")
    for part in ("cur", "new", "tmp"):
        os.makedirs(out + "/" + part, exist_ok=True)
    spill(BENCH + "/mpoprc", """account lab
host 127.0.0.1
port %d
user alice
password "%s"
tls off
timeout 20
auth user
received_header off
pipelining %s
keep %s
uidls_file %s/mpop.uidls
delivery maildir %s
""" % (port, word(), pipelining, "on" if keep else "off", BENCH, out), 0o600)
    args = [program, "--file=%s/mpoprc" % BENCH, "--quiet", "lab"]
    if good:
        return succeed(args)
    done = command(args)
    check(done.returncode != 0, "mpop has not noticed the cut")
    return done


def forget_mpop():
    if os.path.exists(BENCH + "/mpop.uidls"):
        os.unlink(BENCH + "/mpop.uidls")


@anyone
def mpop__keep_again_delete():
    for pipelining in ("on", "off", "auto"):
        forget_mpop()
        maildir, _ = mailbox(SAMPLE)
        with Door() as door:
            out = fresh("mpop")
            new = out + "/new"
            mpop(door.port, out, True, pipelining)
            equal(stored(new), sorted(plain(m) for m in SAMPLE), "stored")
            mpop(door.port, out, True, pipelining)
            equal(len(stored(new)), len(SAMPLE), "after the second run")
            equal(len(files(maildir)), len(SAMPLE), "kept")
            mpop(door.port, out, False, pipelining)
        equal(len(stored(new)), len(SAMPLE), "after the third run")
        equal(files(maildir), {}, "left")


@anyone
def mpop__cut_in_the_middle__next_run_has_the_rest():
    forget_mpop()
    maildir, _ = mailbox(SAMPLE)
    out = fresh("mpop")
    with Door(cut=100000) as door:
        mpop(door.port, out, False, good=False)
    equal(sorted(files(maildir).values()), sorted(SAMPLE), "kept")
    with Door() as door:
        mpop(door.port, out, False)
    equal(sorted(set(stored(out + "/new"))), sorted(plain(m) for m in SAMPLE))
    equal(files(maildir), {}, "left")


# fetchmail

def fetchmail(port, out, *how, good=(0,)):
    program = tool("fetchmail")
    spill(BENCH + "/deliver", "#!/bin/sh\nexec cat >%s/$$\n" % out, 0o755)
    spill(BENCH + "/fetchmailrc", """set invisible
set no bouncemail
set idfile %s/fetchids
poll 127.0.0.1 service %d protocol pop3 uidl auth password timeout %d
user "alice" password "%s" sslproto "" %s no rewrite mda "%s/deliver"
""" % (BENCH, port, PATIENCE, word(), " ".join(how), BENCH), 0o600)
    done = command([program, "--fetchmailrc", BENCH + "/fetchmailrc",
                    "--pidfile", BENCH + "/fetchmail.pid", "--nosyslog"],
                   env=dict(os.environ, FETCHMAILHOME=BENCH))
    check(done.returncode in good, "fetchmail ended with", done.returncode,
          (done.stdout + done.stderr)[-300:].decode("latin-1"))
    return done.returncode


def has_all(out, messages):
    """fetchmail adds to headers: bodies are equal, no header line is lost."""
    left = stored(out)
    for m in messages:
        head, body = plain(m).split(b"\n\n", 1)
        fits = [s for s in left if s.endswith(b"\n\n" + body) and
                all(line in s for line in head.split(b"\n"))]
        check(fits, "nothing stored has the body and the header of", head)
        left.remove(fits[0])
    return left


@anyone
def fetchmail__keep_again_delete():
    tool("fetchmail")
    maildir, _ = mailbox(SAMPLE)
    out = fresh("fetched")
    if os.path.exists(BENCH + "/fetchids"):
        os.unlink(BENCH + "/fetchids")
    with Door() as door:
        equal(fetchmail(door.port, out, "keep"), 0)
        equal(has_all(out, SAMPLE), [], "stored besides")
        equal(fetchmail(door.port, out, "keep", good=(1,)), 1,
              "no new mail")
        equal(len(stored(out)), len(SAMPLE), "after the second run")
        equal(len(files(maildir)), len(SAMPLE), "kept")
        out = fresh("fetched")
        fetchmail(door.port, out, "nokeep", "fetchall")
        equal(has_all(out, SAMPLE), [], "stored besides")
        equal(files(maildir), {}, "left")
        equal(fetchmail(door.port, out, "nokeep", "fetchall", good=(1,)), 1)


@anyone
def fetchmail__cut_in_the_middle__next_run_has_the_rest():
    tool("fetchmail")
    maildir, _ = mailbox(SAMPLE)
    out = fresh("fetched")
    with Door(cut=100000) as door:
        fetchmail(door.port, out, "nokeep", "fetchall",
                  good=range(1, 30))
    equal(sorted(files(maildir).values()), sorted(SAMPLE), "kept")
    out = fresh("fetched")
    with Door() as door:
        fetchmail(door.port, out, "nokeep", "fetchall")
    has_all(out, SAMPLE)
    equal(files(maildir), {}, "left")


@root_only
def all_of_them__wrong_password__they_say_so():
    mailbox(SAMPLE)
    with Door() as door:
        done = command([tool("curl"), "-sS", "--disable", "-u", "alice:wrong",
                        "pop3://127.0.0.1:%d/" % door.port])
        equal(done.returncode, 67, "curl: login denied")
        try:
            box = poplib.POP3("127.0.0.1", door.port, timeout=PATIENCE)
            box.user("alice")
            box.pass_("wrong")
            check(False, "poplib is content")
        except poplib.error_proto as error:
            check(b"[AUTH]" in error.args[0], error)
        box.close()

"""More clients, and odd mail for all of them: each keeps, keeps again, gets the
new message alone, deletes, and goes on after a cut inside a message.

A client is a class; what it stores is what the files hold, line ends apart, and
what it adds to the header where it does that.

Thunderbird is not here: 300 MB of it wait for somebody who opens a folder, and
without a display only a remote control of its windows could do that.
"""
import contextlib
import os
import poplib
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import test_clients as old
from lab import *
from test_clients import fresh, has_all, pop, word

ON_REQUEST = True
HEAD = b"From: odd@lab\nTo: alice@lab\nDate: Mon, 5 Jan 2026 09:00:00 +0000\n"


def odd(subject, body, head=HEAD, eol=b"\n"):
    """A message whose header and id are its own."""
    text = head + b"Message-ID: <%s@lab>\nSubject: %s\n\n" % (subject, subject)
    return text.replace(b"\n", eol) + body


LARGE = odd(b"large", b"0123456789 abcdefghijklmnopqrstuvwxyz\n" * 20000)
MAIL = [
    odd(b"plain", b"Hello.\n"),
    odd(b"dots", b".\n..\n.x\n...\n\n.end\n.\n"),
    odd(b"crlf", b"line\r\n.dot\r\n\r\n", eol=b"\r\n"),
    odd(b"no-last-line-end", b"last"),
    odd(b"no-body", b""),
    odd(b"eight-bit", b"\xe4\xf6\xfc \xff\xfe\xc3\xa4\n",
        head=HEAD + b"X-Raw: \xe4\xc3\xa4\n"),
    odd(b"blank-lines", b"\n\n\nx\n\n\n"),
    odd(b"long-line", b"y" * 990 + b"\n" + b"." * 70 + b"\n"),
    odd(b"spaces", b" \n\t\n. \nend \n"),
]
FROM_ = odd(b"from", b"From here to there\n>From there\n\nFrom x\n")
LONG = odd(b"longer", b"z" * 50000 + b"\n")
NUL = odd(b"nul", b"a\0b\n\0\n")
EMPTY = b""
NEW = odd(b"new", b"It came later.\n")


class Client:
    """fetch() stores below self.out; found() is all that is there."""

    odd = [FROM_, LONG, NUL, EMPTY]     # what it survives besides MAIL
    adds = False                        # header lines of its own
    remembers = True                    # what it has fetched, by UIDL or LAST
    part = False                        # of a message that was cut is stored

    def __init__(self):
        self.forget()

    def forget(self):
        self.out = fresh("out-" + type(self).__name__)
        for part in ("cur", "new", "tmp"):
            os.mkdir(self.out + "/" + part)
        for where in ("", "/cur", "/new", "/tmp"):
            ours_to_give(self.out + where, "alice")

    def found(self):
        return old.stored(self.out + "/new") + old.stored(self.out + "/cur")

    def same(self, stored, message):
        return holds(stored, message) if self.adds else stored == message

    def compare(self, messages, twice=False):
        """All of them, each once unless that may happen, nothing else."""
        who = type(self).__name__
        found = [plain(s) for s in self.found()]
        for m in map(plain, messages):
            fits = [s for s in found if self.same(s, m)]
            check(fits, who, "has stored nothing that is", brief(m), "but",
                  [brief(s) for s in found if m[-30:] in s])
            for s in fits if twice else fits[:1]:
                found.remove(s)
        equal(found, [], who + " has stored, besides")

    def at_cut(self):
        """What it has of the message that was cut; it has said that it failed."""
        found = [s for s in self.found() if b"<large@lab>" in s]
        equal(len(found), 1 if self.part else 0, "stored of a message cut")
        for name in os.listdir(self.out + "/new"):
            if slurp(self.out + "/new/" + name, "rb") in found:
                os.unlink(self.out + "/new/" + name)

    def put(self, name, text):
        spill(self.out + "/new/" + name, text)


def holds(stored, message):
    """The body is the same, and no line of the header is lost."""
    if message == b"":
        return b"odd@lab" not in stored
    head, _, body = message.partition(b"\n\n")
    other, _, rest = stored.partition(b"\n\n")
    return rest.rstrip(b"\n") == body.rstrip(b"\n") and \
        stored.endswith(body) and \
        all(line in other.split(b"\n") for line in head.split(b"\n"))


class Curl(Client):
    """A script has to remember.  It makes a line end of an empty message."""

    odd = [FROM_, LONG, NUL]

    def fetch(self, port, keep):
        seen = self.out + "/seen"
        known = slurp(seen).split() if os.path.exists(seen) else []
        # Its exit status does not tell of a cut, so look at what it got.
        octets = dict(s.split() for s in old.curl(port, "").decode()
                      .splitlines())
        for line in old.curl(port, "", "-X", "UIDL").decode().splitlines():
            n, uidl = line.split()
            if uidl not in known:
                path = self.out + "/tmp/" + uidl
                done = command(
                    [tool("curl"), "-sS", "--disable", "-u", "alice:" + word(),
                     "-o", path, "pop3://127.0.0.1:%d/%s" % (port, n)])
                if done.returncode != 0 or \
                        os.path.getsize(path) != int(octets[n]):
                    return 1
                os.rename(path, self.out + "/new/" + uidl)
                known.append(uidl)
                spill(seen, " ".join(known))
        if not keep:
            for n in octets:
                old.curl(port, 1, "-X", "DELE", "--head")
        return 0


class Poplib(Client):
    def fetch(self, port, keep):
        poplib._MAXLINE = 1 << 20
        try:
            box = pop(port)
            for line in box.uidl()[1]:
                n, uidl = line.decode().split()
                if not os.path.exists(self.out + "/new/" + uidl):
                    self.put(uidl, old.message(box, int(n)))
                if not keep:
                    box.dele(int(n))
            box.quit()
        except (EOFError, OSError, poplib.error_proto):
            return 1
        return 0


class NetPop3(Client):
    def fetch(self, port, keep):
        tool("perl")
        try:
            old.perl(port, self.out + "/new", "keep" if keep else "delete")
        except AssertionError:
            return 1
        return 0


MAIL_POP3CLIENT = r"""
use strict; use Mail::POP3Client;
my ($port, $word, $dir, $mode) = @ARGV;
my $p = new Mail::POP3Client(USER => "alice", PASSWORD => $word,
	HOST => "127.0.0.1", PORT => $port, AUTH_MODE => "PASS",
	TIMEOUT => 20);
$p->Count >= 0 or die "login: " . $p->Message;
for my $n (1 .. $p->Count) {
	my ($nr, $uidl) = split " ", $p->Uidl($n);
	next if -e "$dir/new/$uidl";
	open my $f, ">:raw", "$dir/tmp/$uidl" or die;
	$p->RetrieveToFile($f, $n) or die "get $n";
	close $f or die;
	$p->Alive or die "cut";
	rename "$dir/tmp/$uidl", "$dir/new/$uidl" or die;
	$mode ne "delete" or $p->Delete($n) or die "delete";
}
if ($mode eq "delete") { $p->Delete($_) for 1 .. $p->Count }
$p->Close or die "quit";
"""


class MailPop3Client(Client):
    def fetch(self, port, keep):
        if command(["perl", "-MMail::POP3Client", "-e", "0"]).returncode != 0:
            raise Skip("no Mail::POP3Client here")
        return command(["perl", "-e", MAIL_POP3CLIENT, str(port), word(),
                        self.out, "keep" if keep else "delete"]).returncode


class Mpop(Client):
    def forget(self):
        super().forget()
        old.forget_mpop()

    def fetch(self, port, keep):
        try:
            old.mpop(port, self.out, keep)
        except AssertionError:
            return 1
        return 0


class Fetchmail(Client):
    """It breaks lines behind 8192 octets."""

    adds = part = True
    odd = [FROM_, NUL, EMPTY]

    def forget(self):
        super().forget()
        if os.path.exists(BENCH + "/fetchids"):
            os.unlink(BENCH + "/fetchids")

    def fetch(self, port, keep):
        return old.fetchmail(port, self.out + "/new",
                             "keep" if keep else "nokeep", good=range(30))


class Getmail(Client):
    adds = True

    def fetch(self, port, keep):
        program = tool("getmail")
        spill(self.out + "/rc", """[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = %d
username = alice
password = %s
timeout = 20
[destination]
type = Maildir
path = %s/
[options]
read_all = false
delete = %s
delivered_to = false
received = false
verbose = 0
""" % (port, word(), self.out, "false" if keep else "true"), 0o600)
        ours_to_give(self.out + "/rc", "alice")
        who = dict(user=uid("alice"), group=uid("alice"),
                   extra_groups=[]) if PRIVATE else {}
        return command([program, "--getmaildir=" + self.out, "--rcfile=" +
                        self.out + "/rc"],
                       env=dict(os.environ, HOME=self.out), **who).returncode


PHP = r"""
[$me, $port, $word, $dir, $keep] = $argv;
$box = imap_open("{127.0.0.1:$port/pop3/notls}INBOX", "alice", $word, 0, 1)
    or exit(1);
$n = imap_num_msg($box);
$lines = [];
for ($i = 1; $i <= $n; $i++) {
	$text = imap_fetchheader($box, $i, FT_PREFETCHTEXT) .
	    imap_body($box, $i, FT_PEEK);
	// It has no other way to tell of a cut.
	if (!imap_ping($box))
		exit(2);
	file_put_contents("$dir/new/$i", $text);
	if ($keep == "no")
		imap_delete($box, $i);
}
imap_close($box, $keep == "no" ? CL_EXPUNGE : 0) or exit(3);
"""


class Php(Client):
    """The extension imap, which is c-client.  That leaves NULs out."""

    odd = [FROM_, LONG, EMPTY]
    remembers = False

    def fetch(self, port, keep):
        program = tool("php")
        if b"imap" not in command([program, "-m"]).stdout.split():
            raise Skip("no extension imap for php here")
        return command([program, "-d", "display_errors=0", "-r", PHP, "--",
                        str(port), word(), self.out,
                        "yes" if keep else "no"]).returncode


def on_terminal(args, bell=b""):
    """Run a program for people; who waits for one at its bell will not."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(args[0], args, dict(os.environ, TERM="xterm"))
    end, data = time.monotonic() + 2 * PATIENCE, b"\n"
    while data and not (bell and bell in data) and time.monotonic() < end:
        if select.select([master], [], [], 1)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:     # the terminal's way to say that it is over
                data = b""
    if data:
        os.kill(pid, signal.SIGHUP)
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Mutt(Client):
    """The maildrop as a folder, and all of it copied or moved elsewhere.

    An empty message it will not copy, and NULs it leaves out.
    """

    adds = True
    odd = [FROM_, LONG]
    remembers = False

    def fetch(self, port, keep):
        program = tool("mutt")
        spill(self.out + "/muttrc", """set pop_user=alice
set pop_pass="%s"
set folder=%s
set mbox_type=Maildir
set pop_delete=yes
set ssl_starttls=no
set ssl_force_tls=no
set delete=yes
set quit=yes
set confirmappend=no
set confirmcreate=no
set pop_authenticators="user"
set wait_key=no
push "<tag-pattern>~A<enter><tag-prefix><%s>%s<enter><sync-mailbox><quit>"
""" % (word(), self.out, "copy-message" if keep else "save-message", self.out + "/box"),
              0o600)
        shutil.rmtree(self.out + "/box", ignore_errors=True)
        return on_terminal(
            [program, "-n", "-F", self.out + "/muttrc", "-f",
             "pop://alice@127.0.0.1:%d/" % port], bell=b"\a")

    def found(self):
        if not os.path.exists(self.out + "/box"):
            return []
        return old.stored(self.out + "/box")


class MuttFetch(Mutt):
    """Its command fetch-mail, which asks for LAST and leaves NULs out."""

    odd = [FROM_, LONG, EMPTY]
    adds = False
    remembers = True

    def fetch(self, port, keep):
        program = tool("mutt")
        for part in ("", "/cur", "/new", "/tmp"):
            os.makedirs(self.out + "/box" + part, exist_ok=True)
        spill(self.out + "/muttrc", """set pop_host="pop://alice@127.0.0.1:%d"
set pop_user=alice
set pop_pass="%s"
set folder=%s
set mbox_type=Maildir
set spoolfile=%s/box
set pop_delete=%s
set pop_last=%s
set ssl_starttls=no
set ssl_force_tls=no
set pop_authenticators="user"
set wait_key=no
set quit=yes
push "<fetch-mail><exit>"
""" % (port, word(), self.out, self.out, *("no yes" if keep else
                                               "yes no").split()), 0o600)
        return on_terminal([program, "-n", "-F", self.out + "/muttrc", "-f",
                            self.out + "/box"])


class SNail(Client):
    """The maildrop as a folder, copied to an mbox.

    An mbox tells neither how many blank lines ended a message nor whether a
    From_ line had been quoted, and has no place for an empty message.
    """

    odd = [LONG, NUL]
    part = True
    remembers = False

    def fetch(self, port, keep):
        program = tool("s-nail")
        box = self.out + "/box"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(box)
        commands = "%s * %s\n%s\n" % (
            "copy" if keep else "move", box, "xit" if keep else "quit")
        done = subprocess.run(
            [program, "-#", "-:/", "-Sv15-compat", "-Spop3-use-apop=no", "-f",
             "pop3://alice:%s@127.0.0.1:%d" % (
                 word().replace("'", "%27").replace(" ", "%20"), port)],
            input=commands.encode(), capture_output=True, timeout=60,
            env=dict(os.environ, HOME=self.out))
        return done.returncode

    def found(self):
        if not os.path.exists(self.out + "/box"):
            return []
        return re.split(rb"(?m)^From \S+ \w{3} .*\n",
                        slurp(self.out + "/box", "rb"))[1:]

    def same(self, stored, message):
        return stored.rstrip(b"\n") == message.rstrip(b"\n")


def scenarios(client):
    keep_again_delete(client)
    cut(client, [LARGE] + MAIL, twice=False)
    # What came before the cut comes again, unless the client remembers.
    cut(client, MAIL + [LARGE], twice=True)


def deliver(maildir, n, message):
    path = "%s/new/%d.M1P%d.lab" % (maildir, 1700000000 + n, n)
    spill(path, message, 0o600)
    ours_to_give(path, "alice")


def keep_again_delete(client):
    messages = MAIL + client.odd
    maildir, _ = mailbox(messages)
    with Door() as door:
        equal(client.fetch(door.port, True), 0, "to keep")
        client.compare(messages)
        equal(sorted(files(maildir).values()), sorted(messages), "kept")
        if client.remembers:
            client.fetch(door.port, True)
            client.compare(messages)
        deliver(maildir, 1, NEW)
        equal(client.fetch(door.port, True), 0, "the new message")
        client.compare(messages + [NEW])
        equal(len(files(maildir)), len(messages) + 1, "kept, with the new one")
        client.forget()
        equal(client.fetch(door.port, False), 0, "to delete")
        client.compare(messages + [NEW])
    equal(files(maildir), {}, "left")


def cut(client, messages, twice):
    client.forget()
    maildir, _ = mailbox(messages)
    with Door(cut=200000) as door:
        client.fetch(door.port, False)
    equal(sorted(files(maildir).values()), sorted(messages), "kept at the cut")
    client.at_cut()
    with Door() as door:
        equal(client.fetch(door.port, False), 0, "after the cut")
        client.compare(messages, twice)
    # Some leave what they had before the cut where it is.
    check(set(files(maildir).values()) <= set(MAIL if twice else []),
          "left after the cut:", brief(files(maildir)))


@anyone
def curl__odd_mail_and_a_cut():
    scenarios(Curl())


@anyone
def poplib__odd_mail_and_a_cut():
    scenarios(Poplib())


@anyone
def net_pop3__odd_mail_and_a_cut():
    scenarios(NetPop3())


@anyone
def mail_pop3client__odd_mail_and_a_cut():
    scenarios(MailPop3Client())


@anyone
def mpop__odd_mail_and_a_cut():
    scenarios(Mpop())


@anyone
def fetchmail__odd_mail_and_a_cut():
    scenarios(Fetchmail())


@anyone
def getmail6__odd_mail_and_a_cut():
    scenarios(Getmail())


@anyone
def php_imap__odd_mail_and_a_cut():
    scenarios(Php())


@anyone
def mutt__folder__odd_mail_and_a_cut():
    scenarios(Mutt())


@anyone
def mutt__fetch_mail__odd_mail_and_a_cut():
    scenarios(MuttFetch())


@anyone
def s_nail__odd_mail_and_a_cut():
    scenarios(SNail())


def real_mail(client):
    """Every hundredth of the corpus, whatever it holds."""
    from test_real_mail import corpus
    messages = corpus()[::100]
    maildir, _ = mailbox(messages)
    with Door() as door:
        equal(client.fetch(door.port, True), 0, "to keep")
        client.compare(messages)
        equal(sorted(files(maildir).values()), sorted(messages), "kept")
        client.forget()
        equal(client.fetch(door.port, False), 0, "to delete")
        client.compare(messages)
    equal(files(maildir), {}, "left")


def real_mail_through(*kinds):
    for kind in kinds:
        real_mail(kind())


@anyone
def real_mail__those_who_store_what_they_get():
    real_mail_through(NetPop3, MailPop3Client, Fetchmail, Php, MuttFetch)


@anyone
def real_mail__those_who_rewrite_headers():
    """Status and such; an mbox quotes From_ lines, too.

    getmail6 is left out: it takes MIME to pieces and writes it anew.
    """
    class OfMutt(Mutt):
        same = same_in_essence

    class OfSNail(SNail):
        same = same_in_essence

    real_mail_through(OfMutt, OfSNail)


def same_in_essence(_, stored, message):
    return essence(stored) == essence(message)


def essence(message):
    """What nobody may change: the subject and the body."""
    head, _, body = message.partition(b"\n\n")
    return re.findall(rb"(?m)^Subject:.*", head), re.sub(
        rb"(?m)^>From ", b"From ", body).rstrip(b"\n")

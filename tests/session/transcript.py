"""Transcripts: conversations with the server in files that anyone can read.
README.md beside this file is the manual."""

import os
import re

import harness

SETUP, TALK, AFTERWARDS = "setup", "talk", "afterwards"

# What may stand before a colon, and where it belongs.
WORDS = {
    "box": SETUP, "dir": SETUP, "link": SETUP, "fifo": SETUP, "mode": SETUP,
    "no box": SETUP, "option": SETUP, "config": SETUP, "env": SETUP,
    "secret": SETUP, "secrets mode": SETUP, "ways": SETUP, "over": SETUP,
    "login": TALK, "quit": TALK,
    "S": TALK, "S raw": TALK, "C": TALK, "C raw": TALK, "apop": TALK,
    "cram": TALK, "scram": TALK,
    "do": TALK, "eof": TALK, "gone": TALK, "unheard": TALK,
    "start 2": TALK, "S2": TALK, "C2": TALK, "end 2": TALK,
    "log": AFTERWARDS, "no log": AFTERWARDS, "any log": AFTERWARDS,
    "stderr": AFTERWARDS,
    "exit": AFTERWARDS, "after": AFTERWARDS,
}

LOGIN = [
    ("S", "+OK POP3 solopop at {host} starting."),
    ("C", "USER jane"),
    ("S", "+OK Password required for jane."),
    ("C", "PASS secret"),
]
QUIT = [("C", "QUIT"), ("S", "+OK Pop server at {host} signing off.")]

ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\", '"': '"'}


class Wrong(Exception):
    """A transcript that makes no sense."""


def unescape(m):
    text = m.group(1)
    if text[0] == "x":
        return chr(int(text[1:], 16))
    if text not in ESCAPES:
        raise Wrong("unknown escape \\%s" % text)
    return ESCAPES[text]


TERM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|repeat\()')
COUNT = re.compile(r"\s*,\s*(\d+)\s*\)")


def read_term(text):
    m = TERM.match(text)
    if not m:
        raise Wrong("expected \"text\" or repeat(): %s" % text)
    if m.group(1) is not None:
        value = re.sub(r"\\(x[0-9a-fA-F]{2}|.)", unescape, m.group(1))
        return value.encode("latin-1"), text[m.end():]
    value, rest = read_sum(text[m.end():])
    n = COUNT.match(rest)
    if not n:
        raise Wrong("repeat() wants a count")
    return value * int(n.group(1)), rest[n.end():]


def read_sum(text):
    value, text = read_term(text)
    while TERM.match(text):
        more, text = read_term(text)
        value += more
    return value, text


def read_bytes(text):
    """"text" and repeat("text", n) in a row; escapes as in C."""
    value, rest = read_sum(text)
    if rest.strip():
        raise Wrong("what is this: %s" % rest.strip())
    return value


def unique(path):
    return os.path.basename(path).split(":")[0]


def lines_of(text):
    """Numbered lines; one that begins with a tab belongs to the last."""
    whole = []
    for n, line in enumerate(text.split("\n"), 1):
        if line.startswith("\t") and whole:
            whole[-1] = (whole[-1][0], whole[-1][1] + " " + line[1:])
        else:
            whole.append((n, line))
    return whole


class Item:
    """One thing that happens, and where it is written."""

    def __init__(self, kind, value, line):
        self.kind, self.value, self.line = kind, value, line


class Transcript:
    def __init__(self, name, text, facts):
        self.name = name
        self.facts = facts              # placeholder: its value
        self.needs_me = "{me}" in text
        self.title = ""
        self.setup = []                 # (word, rest of line)
        self.items = []
        self.args, self.config, self.secrets = [], [], []
        self.secrets_mode = 0o600
        self.env = {}
        self.ways = self.over = None    # all
        self.has_box = True
        self.log = None                 # a list, if it matters
        self.any_log = False
        self.stderr = []
        self.exit = 0
        self.after = None               # a list of (path, content or None)
        for n, line in lines_of(text):
            try:
                self._take(line, n)
            except Wrong as e:
                raise Wrong("%s:%d: %s" % (name, n, e))
        if not self.title:
            raise Wrong("%s: has no title" % name)

    def _take(self, line, n):
        if line.startswith("#"):
            self.title = self.title or line[1:].strip()
            return
        if not line:
            return
        if line != line.rstrip():
            raise Wrong("blanks at the end of a line hide; use S raw or C raw")
        word, colon, rest = line.partition(":")
        if not colon or word not in WORDS:
            raise Wrong("what is this: %s" % line)
        if rest.startswith(" "):
            rest = rest[1:]
        if WORDS[word] == TALK:
            self._talk(word, rest, n)
        elif WORDS[word] == SETUP and self.items:
            raise Wrong("%s comes before the conversation" % word)
        else:
            self._set(word, self.fill(rest))

    def fill(self, text):
        for name, value in self.facts.items():
            text = text.replace("{%s}" % name, value)
        return text

    def _expand(self, word, rest, n):
        """The usual beginning, and the usual end."""
        lines = LOGIN + [("S", "+OK jane has " + rest)] \
            if word == "login" else QUIT
        for kind, text in lines:
            self._talk(kind, text, n)

    def _talk(self, word, rest, n):
        if word in ("login", "quit"):
            self._expand(word, rest, n)
            return
        if word in ("S", "S2"):
            value = (self.fill(rest) + "\r\n").encode("latin-1")
            if any(s in value for s in (b"{stamp}", b"{ip}", b"{challenge}")):
                word += " pattern"
        elif word == "S raw":
            word, value = "S", read_bytes(rest)
        elif word in ("C", "C2", "unheard"):
            value = (self.fill(rest) + "\r\n").encode("latin-1")
        elif word == "C raw":
            word, value = "C", read_bytes(rest)
        else:
            value = self.fill(rest)
        self.items.append(Item(word, value, n))

    def _set(self, word, rest):
        if word == "option":
            self.args += rest.split(" ", 1) if rest.startswith("-") and \
                not rest.startswith("--") else [rest]
        elif word == "config":
            self.config.append(rest)
        elif word == "secret":
            self.secrets.append(rest)
        elif word == "secrets mode":
            self.secrets_mode = int(rest, 8)
        elif word == "env":
            name, _, value = rest.partition("=")
            self.env[name] = value
        elif word in ("ways", "over"):
            setattr(self, word, rest.split())
        elif word == "no box":
            self.has_box = False
        elif word == "log":
            self.log = (self.log or []) + [rest]
        elif word == "no log":
            self.log = []
        elif word == "any log":
            self.any_log = True
        elif word == "stderr":
            self.stderr.append(rest)
        elif word == "exit":
            self.exit = int(rest)
        elif word == "after":
            self._expect_file(rest)
        else:
            self.setup.append((word, rest))

    def _expect_file(self, rest):
        self.after = self.after or []
        path, _, content = rest.partition(" ")
        if path != "nothing":
            self.after.append((path, read_bytes(content) if content else None))

    def kinds(self):
        return {item.kind for item in self.items}


class Box:
    """A Maildir on disk, and what we know to be in it."""

    def __init__(self, top):
        self.top = top
        self.files = {}         # path: bytes, or ("link", target) and so on
        self.modes = []

    def path(self, name):
        return os.path.join(self.top, name)

    def lay_out(self, transcript):
        if transcript.has_box:
            harness.make_maildir(self.top)
        for word, rest in transcript.setup:
            name, _, value = rest.partition(" ")
            getattr(self, "_" + word)(name, value)
        for name, mode in self.modes:
            os.chmod(self.path(name), mode)

    def _box(self, name, value):
        self.files[name] = read_bytes(value)
        harness.write_file(self.path(name), self.files[name])

    def _dir(self, name, _):
        self.files[name] = ("dir",)
        os.mkdir(self.path(name))

    def _link(self, name, target):
        self.files[name] = ("link", target)
        os.symlink(target, self.path(name))

    def _fifo(self, name, _):
        self.files[name] = ("fifo",)
        os.mkfifo(self.path(name))

    def _mode(self, name, mode):
        self.modes.append((name, int(mode, 8)))

    def do(self, text):
        """What another program does meanwhile."""
        verb, name, value = (text + "  ").split(" ", 2)
        value = value.strip()
        if verb == "rename":
            os.rename(self.path(name), self.path(value))
            self.files[value] = self.files.pop(name)
        elif verb == "remove":
            os.unlink(self.path(name))
            del self.files[name]
        elif verb in ("deliver", "write"):
            temporary = self.path("tmp/" + os.path.basename(name))
            harness.write_file(temporary, read_bytes(value))
            os.rename(temporary, self.path(name))
            self.files[name] = read_bytes(value)
        elif verb == "mode":
            os.chmod(self.path(name), int(value, 8))
            self.modes.append((name, 0))
        else:
            raise Wrong("do: %s" % text)

    def wait_for_tick(self):
        """Until the file system's clock has gone on since the last change."""
        changed = max(os.stat(self.path(d)).st_ctime_ns
                      for d in ("new", "cur"))
        probe = self.top + ".tick"
        deadline = harness.clock() + harness.PATIENCE
        while harness.clock() < deadline:
            harness.write_file(probe, b"")
            if os.stat(probe).st_ctime_ns > changed:
                break
        os.unlink(probe)

    # Afterwards

    def expected(self, after):
        if after is None:
            return dict(self.files)
        mail = {unique(path): content for path, content in self.files.items()}
        files = {path: content for path, content in self.files.items()
                 if path.split("/")[0] not in ("new", "cur", "tmp")}
        for path, content in after:
            if content is None and unique(path) not in mail:
                raise Wrong("after: %s was never there" % path)
            files[path] = mail[unique(path)] if content is None else content
        return files

    def found(self, beside):
        files = {}
        for name, _ in self.modes:
            if os.path.isdir(self.path(name)):
                os.chmod(self.path(name), 0o700)
        for sub in ("new", "cur", "tmp"):
            if os.path.isdir(self.path(sub)):
                for name in os.listdir(self.path(sub)):
                    path = sub + "/" + name
                    files[path] = self._content(path)
        for path in beside:
            if os.path.lexists(self.path(path)):
                files[path] = self._content(path)
        return files

    def _content(self, name):
        path = self.path(name)
        if os.path.islink(path):
            return ("link", os.readlink(path))
        if os.path.isdir(path):
            return ("dir",)
        if not os.path.isfile(path):
            return ("fifo",)
        if not os.access(path, os.R_OK):
            os.chmod(path, 0o600)
        return harness.read_file(path)

    def check(self, after):
        expected = self.expected(after)
        found = self.found(set(expected))
        for path in sorted(set(expected) | set(found)):
            if path not in found:
                raise harness.Failure("afterwards %s is missing (there: %s)" %
                                      (path, " ".join(sorted(found))))
            if path not in expected:
                raise harness.Failure("afterwards there is also %s" % path)
            if found[path] != expected[path]:
                raise harness.Failure("afterwards %s holds %.200r" %
                                      (path, found[path]))

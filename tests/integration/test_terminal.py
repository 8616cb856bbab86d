"""A person at a terminal."""
import pty
import select
import tempfile

from lab import *


class Terminal:
    """solopop at one, with what a person has typed and read."""

    def __init__(self, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(SOLOPOP, ["solopop"] + list(args))
        self.said = b""

    def wait(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.said:
            left = end - time.monotonic()
            check(left > 0, "never said:", text, "but", self.said)
            if select.select([self.fd], [], [], left)[0]:
                try:
                    self.said += os.read(self.fd, 65536)
                except OSError:
                    break
        check(text in self.said, "ended without", text, self.said)

    def type(self, text, answer):
        self.said = b""
        os.write(self.fd, text)
        self.wait(answer)

    def end(self):
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def shared_directory():
    """As /tmp is: the demo of root is nobody's."""
    path = tempfile.mkdtemp(dir=BENCH)
    os.chmod(path, 0o1777)
    os.environ["TMPDIR"] = path
    return path


@anyone
def demo__serves_sample_mail__and_removes_it():
    temporary = shared_directory()
    t = Terminal("--demo")
    t.wait(b"starting.")
    equal(len(os.listdir(temporary)), 1)
    t.type(b"USER me\n", b"required for me.")
    t.type(b"PASS x\n", b"me has 3 messages")
    t.type(b"RETR 2\n", b"\r\n.\r\n")
    check(b"\r\r\n" not in t.said, t.said)
    t.type(b"DELE 3\n", b"has been deleted.")
    t.type(b"QUIT\n", b"signing off.")
    equal(t.end(), 0)
    equal(os.listdir(temporary), [])


@anyone
def interrupt__ends_the_session_well__and_removes_nothing():
    temporary = shared_directory()
    for steps in ((), ((b"USER me\n", b"required"), (b"PASS x\n", b"3 mess"),
                       (b"DELE 1\n", b"deleted"))):
        t = Terminal("--demo")
        t.wait(b"starting.")
        for step in steps:
            t.type(*step)
        os.write(t.fd, b"\x03")
        equal(t.end(), 0, "exit status")
        equal(os.listdir(temporary), [])


@anyone
def demo__without_a_terminal__is_a_session_too():
    done = subprocess.run([SOLOPOP, "--demo"], capture_output=True,
                          input=b"USER a\r\nPASS b\r\nSTAT\r\nQUIT\r\n",
                          timeout=PATIENCE)
    equal(done.returncode, 0, done.stderr)
    check(b"+OK 3 " in done.stdout, done.stdout)

"""What comes from outside takes no memory in any of the roles."""
import threading

from lab import *

SLACK = 768             # KB that may be touched once, here or there


def peaks(s):
    """The most that each process ever had resident, in KB."""
    return {status(pid)["Name"] + str(pid == s.pid):
            int(status(pid)["VmHWM"].split()[0])
            for pid in [s.pid] + s.children()}


def flood(talk, command, n):
    """All in one piece; its answers are counted and thrown away."""
    thread = threading.Thread(target=talk.send, args=(command * n,))
    thread.start()
    lines = 0
    while lines < n:
        data = talk.sock.recv(1 << 18)
        check(data, "ended after", lines)
        lines += data.count(b"\n")
    thread.join()
    equal(lines, n, "answers")


def measure(n):
    mailbox(SAMPLE)
    with Session() as s:
        s.talk.banner()
        flood(s.talk, b"USER alice\r\n", n)
        flood(s.talk, b"USER " + b"x" * 9999 + b"\r\n", min(n // 100, 9))
        before = peaks(s)
        s.talk.login("alice")
        flood(s.talk, b"NOOP\r\n", n)
        after = peaks(s)
        s.talk.ok("QUIT")
    return [before, after]


@root_only
def roles__floods__take_no_memory():
    for small, huge in zip(measure(100), measure(200000)):
        equal(sorted(small), sorted(huge), "roles")
        for role, used in huge.items():
            check(used - small[role] < SLACK, role, small[role], used)

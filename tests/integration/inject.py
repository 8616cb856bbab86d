"""System calls made by another process: what may it do, from inside?

As a debugger does it, with root's rights: stop the process, let it make one
call of our choice, put everything back.  For x86-64.
"""
import contextlib
import ctypes
import os
import platform
import signal
import struct
import time

from lab import PATIENCE, Skip

GETREGS, SETREGS, SINGLESTEP, ATTACH, DETACH = 12, 13, 9, 16, 17
NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax "
         "rip cs eflags rsp ss fs_base gs_base ds es fs gs").split()
CALLS = dict(read=0, mmap=9, socket=41, sendto=44, fork=57, execve=59, kill=62,
             getpid=39, ptrace=101, setuid=105, setresgid=119, prctl=157,
             openat=257, mkdirat=258, unlinkat=263, renameat=264, linkat=265,
             fchmodat=268, utimensat=280, statx=332)
AT_FDCWD = -100
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def wait_asleep(pid):
    """It has done what it does at its start, and waits in a system call."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with open("/proc/%d/syscall" % pid) as f:
            if f.read().split()[0].isdigit():
                return
        time.sleep(0.001)
    raise AssertionError("%d does not come to rest" % pid)


class Stopped:
    """A process that stands still, and makes the calls we want it to make."""

    def __init__(self, pid):
        if platform.machine() != "x86_64":
            raise Skip("registers are known for x86-64 only")
        self.pid = pid
        wait_asleep(pid)
        ptrace(ATTACH, pid)
        os.waitpid(pid, 0)
        self.before = self.registers()
        self.alive = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.alive:
            with contextlib.suppress(ProcessLookupError), self.or_killed():
                self.set_registers(self.before)
                ptrace(DETACH, self.pid)

    @contextlib.contextmanager
    def or_killed(self):
        """Its parent can wait for it only when we have."""
        try:
            yield
        except ProcessLookupError:
            self.alive = False
            os.waitpid(self.pid, 0)
            raise

    def registers(self):
        block = ctypes.create_string_buffer(8 * len(NAMES))
        ptrace(GETREGS, self.pid, block)
        return dict(zip(NAMES, struct.unpack("%dQ" % len(NAMES), block.raw)))

    def set_registers(self, regs):
        ptrace(SETREGS, self.pid, ctypes.create_string_buffer(struct.pack(
            "%dQ" % len(NAMES), *[regs[n] for n in NAMES]), 8 * len(NAMES)))

    def call(self, name, *args):
        """What it returned: a number, or -errno; "killed" if that was fatal."""
        regs = dict(self.before)
        place = self.before["rsp"] - 16384      # far below what is in use
        numbers = []
        with open("/proc/%d/mem" % self.pid, "r+b", 0) as memory:
            memory.seek(self.before["rip"] - 2)
            if memory.read(2) != b"\x0f\x05":
                raise AssertionError("it does not wait in a system call")
            for arg in args:
                if isinstance(arg, str):
                    memory.seek(place)
                    memory.write(arg.encode() + b"\0")
                    arg, place = place, place + 512
                numbers.append(arg % 2**64)
        regs.update(zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"),
                        numbers + [0] * (6 - len(numbers))))
        regs.update(rax=CALLS[name], orig_rax=2**64 - 1,
                    rip=self.before["rip"] - 2)
        self.set_registers(regs)
        ptrace(SINGLESTEP, self.pid)
        status = os.waitpid(self.pid, 0)[1]
        if os.WIFSIGNALED(status):
            self.alive = False
            return "killed" if os.WTERMSIG(status) == signal.SIGSYS else \
                "signal %d" % os.WTERMSIG(status)
        try:
            with self.or_killed():
                result = self.registers()["rax"]
        except ProcessLookupError:
            return "signal %d" % signal.SIGKILL
        return result - 2**64 if result >= 2**63 else result


def inject(pid, name, *args):
    with Stopped(pid) as process:
        return process.call(name, *args)


def memory(pid):
    """All that a process has in memory and may write, as bytes."""
    found = []
    with open("/proc/%d/maps" % pid) as maps, \
            open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            area, mode = line.split()[:2]
            if not mode.startswith("rw"):
                continue
            start, end = [int(x, 16) for x in area.split("-")]
            with contextlib.suppress(OSError, OverflowError):
                mem.seek(start)
                found.append(mem.read(end - start))
    return b"\0".join(found)

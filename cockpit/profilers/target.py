"""The process that is looked at: pinned by when it began, so that none that took its PID passes.

It is looked at from outside, by psutil; nothing here does anything to it.
"""

import contextlib
import sys
from collections.abc import Iterator
from typing import Literal

import msgspec
import psutil

from cockpit import janitor
from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.profilers import launcher

#: How a process is: it runs or waits, somebody stopped it, or it is gone.
Standing = Literal["running", "stopped", "ended"]
#: Children of this one are the kernel's own threads, on Linux.
_KTHREADD = 2


class NotThere(CockpitError):  # noqa: N818 -- the sentence it says
    """There is no such process, or none that could be looked at."""


class Target(msgspec.Struct, frozen=True):
    """A process: its PID, when it began (seconds since the epoch), and its command in words.

    `mark` tells it from a later one of the same PID: when it began by a clock that nobody sets.
    `launched` is whether we started it: a command may take a while until it is a Python.
    """

    pid: int
    born: float
    command: str = ""
    mark: str = ""
    launched: bool = False

    @property
    def standing(self) -> Standing:
        """How it is now; another process of the same PID does not count."""
        try:
            process = psutil.Process(self.pid)
            if _mark(process) != self.mark:
                return "ended"
            status = process.status()
        except psutil.Error:
            return "ended"
        if status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return "ended"
        stopped = status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
        return "stopped" if stopped else "running"

    @property
    def threads(self) -> int:
        """How many threads it has, as the system counts them; 0 where that is not known."""
        try:
            return int(psutil.Process(self.pid).num_threads())
        except psutil.Error:
            return 0

    @property
    def folder(self) -> str:
        """Its current folder; empty where that may not be known."""
        try:
            return str(psutil.Process(self.pid).cwd())
        except (psutil.Error, OSError):
            return ""

    @property
    def is_launcher(self) -> bool:
        """Whether it is `launcher` still, and not yet the program that was asked for."""
        with contextlib.suppress(psutil.Error, OSError):
            return launcher.__file__ in psutil.Process(self.pid).cmdline()[3:4]
        return False

    def again(self) -> "Target":
        """Return it with the command of now: a process can begin another program."""
        return msgspec.structs.replace(self, command=_command(self.pid) or self.command)


def pin(pid: int) -> Target:
    """Return the process `pid` as it is now; raise `NotThere` where there is none to look at."""
    try:
        process = psutil.Process(pid)
        born, status = process.create_time(), process.status()
        parent = process.ppid()
    except (psutil.NoSuchProcess, ValueError, OverflowError) as error:
        raise NotThere(f"there is no process {pid}", CHOOSE) from error
    except psutil.AccessDenied as error:
        raise NotThere(f"process {pid} may not be looked at", CHOOSE) from error
    if status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
        raise NotThere(f"process {pid} has ended, and waits for its parent to notice", CHOOSE)
    if sys.platform == "linux" and _KTHREADD in (pid, parent):
        raise NotThere(f"process {pid} is a thread of the kernel, and runs no Python", CHOOSE)
    return Target(pid, born, _command(pid), _mark(process))


def launched(pid: int, command: str) -> Target:
    """Return our own child `pid`, which is to become `command`; it may have ended already."""
    born, mark = 0.0, ""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        born, mark = process.create_time(), _mark(process)
    return Target(pid, born, command, mark, launched=True)


#: What to do instead, where a process cannot be looked at.
CHOOSE = "`cockpit top` without a PID lists the Python processes there are."


def _mark(process: psutil.Process) -> str:
    """Return when a process began: in ticks since boot, or as the system's clock has it.

    That clock may be set while the process runs, and psutil goes by it.
    """
    return janitor.birth(process.pid).decode() or f"{process.create_time()}"


def _command(pid: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        return plain(" ".join(process.cmdline())) or plain(process.name())
    return ""


def descendants(pid: int) -> Iterator[psutil.Process]:
    """Yield the processes below `pid`, as far as they may be looked at."""
    with contextlib.suppress(psutil.Error):
        yield from psutil.Process(pid).children(recursive=True)

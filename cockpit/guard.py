"""Knows every process group that cockpit has alive, and ends them when cockpit ends.

It starts nothing but the janitor, which does the same when cockpit can no longer do it itself.
"""

import atexit
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from cockpit import janitor
from cockpit.errors import CockpitError


class CannotStart(CockpitError):  # noqa: N818 -- the sentence it says
    """A command is missing or the system refuses to start it."""


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Let what is started meanwhile be born with all requests to end blocked, for good."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    requests = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, requests)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Guard:
    """The process groups that are alive, in our memory and in the janitor's."""

    def __init__(self) -> None:
        """Start with none."""
        self.reset()

    def reset(self) -> None:
        """Know of no child; a forked copy of us has none of ours."""
        self.mark = secrets.token_hex(16)
        self.groups: dict[int, bytes] = {}
        self.closed = False
        self._lock = threading.Lock()
        self._janitor: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Have a janitor before there is a child; raise `CannotStart` once we are leaving."""
        if self.closed:
            raise CannotStart("cockpit is closing: nothing more is started")
        with self._lock:
            if self._janitor is not None and self._janitor.poll() is None:
                return
            try:
                self._hire()
            except OSError as error:
                raise CannotStart(f"no process can be started: {error.strerror}") from error

    def add(self, pid: int) -> None:
        """Take the new group `pid` into care."""
        self.groups[pid] = born = janitor.birth(pid)
        self._tell(b"+%d %s\n" % (pid, born))
        if self.closed:  # `kill_all` came between the start and this
            janitor.end_group(pid, signal.SIGKILL)

    def remove(self, pid: int) -> None:
        """Forget the group `pid`, which has ended."""
        if self.groups.pop(pid, None) is not None:
            self._tell(b"-%d\n" % pid)

    def _hire(self) -> None:
        """Start a janitor, in place of one that was killed, and tell it all we know."""
        self._dismiss()
        with _deaf():
            self._janitor = subprocess.Popen(  # noqa: S603 -- our own words
                (
                    *(sys.executable, "-I", "-S", str(Path(janitor.__file__).resolve())),
                    f"{janitor.MARK}={self.mark}",
                ),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=os.sep,
                start_new_session=True,
                bufsize=0,
            )
        if self._janitor.stdin is not None:  # one that is stopped must not stop us
            os.set_blocking(self._janitor.stdin.fileno(), False)
        for group in tuple(self.groups.items()):  # one by one: a short write is whole or not at all
            self._write(b"+%d %s\n" % group)

    def _tell(self, words: bytes) -> None:
        """Tell the janitor; one that somebody killed is replaced."""
        with self._lock:
            try:
                self._write(words)
            except OSError:
                with contextlib.suppress(OSError):
                    self._hire()

    def _write(self, words: bytes) -> None:
        if self._janitor is not None and self._janitor.stdin is not None:
            self._janitor.stdin.write(words)

    def _dismiss(self) -> None:
        """Close the janitor's pipe and wait for its end, which that is."""
        old, self._janitor = self._janitor, None
        if old is not None:
            if old.stdin is not None:
                old.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                old.wait(2)

    def leave(self) -> None:
        """End all children, then the janitor: the orderly end."""
        kill_all()
        with self._lock:
            with contextlib.suppress(OSError):
                self._write(janitor.BYE)
            self._dismiss()


GUARD = Guard()
atexit.register(GUARD.leave)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GUARD.reset)


def kill_all() -> None:
    """Kill every child and start none any more; takes no lock, so signal handlers may call it."""
    GUARD.closed = True
    for pid in tuple(GUARD.groups):
        janitor.end_group(pid, signal.SIGKILL)

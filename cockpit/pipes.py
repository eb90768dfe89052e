"""Talks with child processes over pipes that may stall or break; it does not start any."""

import asyncio
import contextlib
import fcntl
import os
import select
import signal
import subprocess
import time
from typing import IO

from cockpit import janitor
from cockpit.guard import GUARD

#: How much of a child's stderr is kept: its last words, in bytes.
WORDS = 64 << 10


#: Bytes that a pipe holds, where it can be had: with the usual 64 KiB, a command that prints
#: megabytes would stand still a hundred times until the event loop comes round to it.
_CHUNK = 1 << 20


class Outlet:
    """What a child says into one pipe, for the event loop."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        """Read `pipe`, which its owner closes."""
        assert pipe is not None  # noqa: S101 -- for the type checker
        os.set_blocking(pipe.fileno(), False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # a person has only so much memory for pipes
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _CHUNK)
        self._number = pipe.fileno()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        #: How many bytes were read so far.
        self.heard = 0

    async def read(self) -> bytes:
        """Return the next bytes as soon as there are some; none at the end."""
        while True:
            try:
                chunk = os.read(self._number, _CHUNK)
            except BlockingIOError:
                if self._ended:
                    return b""
                await self._more()
            else:
                self.heard += len(chunk)
                await asyncio.sleep(0)  # a child that never pauses must not keep the loop
                return chunk

    async def _more(self) -> None:
        """Wait until there is something to read, or `end` is called."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        loop.add_reader(self._number, self._wake)
        try:
            await self._waiter
        finally:
            loop.remove_reader(self._number)

    def _wake(self) -> None:
        if self._waiter:
            _settle(self._waiter)

    def end(self) -> None:
        """Wait for no more than what is there already."""
        self._ended = True
        self._wake()


async def feed(pipe: IO[bytes] | None, data: bytes) -> None:
    """Write all of `data` and close `pipe`; a child that does not care to read it is no error."""
    assert pipe is not None  # noqa: S101 -- for the type checker
    os.set_blocking(pipe.fileno(), False)
    loop = asyncio.get_running_loop()
    rest = memoryview(data)
    with contextlib.suppress(BrokenPipeError):
        while rest:
            try:
                rest = rest[os.write(pipe.fileno(), rest) :]
            except BlockingIOError:
                ready = loop.create_future()
                loop.add_writer(pipe.fileno(), _settle, ready)
                try:
                    await ready
                finally:
                    loop.remove_writer(pipe.fileno())
    pipe.close()


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


class Silence(Exception):  # noqa: N818 -- not an error of the user's, and never shown
    """A worker did not answer in time."""


class Worker:
    """A child with a pipe in, a pipe out, and its last words kept; for use by one thread."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        """Take over `child`, which has three pipes."""
        self._child = child
        self._words = b""
        self.pid = child.pid
        for pipe in self._pipes():
            os.set_blocking(pipe.fileno(), False)

    def _pipes(self) -> list[IO[bytes]]:
        return [
            pipe for pipe in (self._child.stdin, self._child.stdout, self._child.stderr) if pipe
        ]

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it lives."""
        if self._child.returncode is None and self._child.poll() is not None:
            janitor.end_group(self.pid, signal.SIGKILL)  # whom it left behind
        return self._child.returncode

    def write(self, data: bytes, until: float) -> None:
        """Write all of `data`; raise `Silence` at `time.monotonic()` `until`, OSError if dead."""
        pipe = self._child.stdin
        assert pipe is not None  # noqa: S101 -- for the type checker
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(pipe.fileno(), rest) :]
            except BlockingIOError:
                _await_pipe(pipe, select.POLLOUT, until)

    def read(self, size: int, until: float) -> bytes:
        """Read `size` bytes; raise `Silence` at `time.monotonic()` `until`, EOFError if dead."""
        pipe = self._child.stdout
        assert pipe is not None  # noqa: S101 -- for the type checker
        data = bytearray(size)
        have = 0
        while have < size:
            _await_pipe(pipe, select.POLLIN, until)
            count = os.readv(pipe.fileno(), [memoryview(data)[have:]])
            if not count:
                raise EOFError
            have += count
        return bytes(data)

    def words(self) -> bytes:
        """Return the end of what it wrote to stderr; also keeps that pipe from filling up."""
        pipe = self._child.stderr
        assert pipe is not None  # noqa: S101 -- for the type checker
        with contextlib.suppress(BlockingIOError, ValueError):
            while chunk := os.read(pipe.fileno(), WORDS):
                self._words = (self._words + chunk)[-WORDS:]
        return self._words

    def kill(self) -> None:
        """Kill its whole group; any thread may, for a group that ended is no error."""
        if self._child.returncode is None:
            janitor.end_group(self.pid, signal.SIGKILL)

    def end(self) -> int:
        """Kill and reap its whole group, close the pipes, return the exit code."""
        self.kill()
        code = self._child.wait()
        self.words()
        GUARD.remove(self.pid)
        for pipe in self._pipes():
            pipe.close()
        return code


def _await_pipe(pipe: IO[bytes], event: int, until: float) -> None:
    """Wait until `pipe` is ready for `event`; raise `Silence` at `time.monotonic()` `until`."""
    poll = select.poll()
    poll.register(pipe, event)
    left = until - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise Silence

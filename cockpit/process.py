"""Starts every child of cockpit and sees to it that none outlives it; nobody else starts one.

What is the person's own, an editor, is started by `cockpit.guests`. A child of ours gets no shell,
no terminal and a process group of its own. The group dies with the task that asked for it, with
cockpit's orderly end, and, by way of `cockpit.janitor`, with any other.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cockpit import janitor
from cockpit.errors import CockpitError
from cockpit.guard import GUARD, CannotStart, kill_all
from cockpit.pipes import WORDS, Outlet, Silence, Worker, feed
from cockpit.plain import plain

__all__ = [
    "CannotStart",
    "Completed",
    "Running",
    "Silence",
    "TimedOut",
    "TooMuchOutput",
    "Worker",
    "clean_env",
    "kill_all",
    "python",
    "run",
    "start",
    "start_worker",
]

#: How long a group may take to end after SIGTERM before SIGKILL, in seconds.
GRACE = 0.3
#: How much of a child's output is kept at most, or how long one line may be, in bytes.
LIMIT = 512 << 20
#: How long the event loop is held before others get their turn, in seconds.
SLICE = 0.004

#: How long a stranger may hold the pipes of a command that has ended, in seconds.
LINGER = 1.0
#: Variables that make a tool say something else than its command line and settings do.
_MISLEADING = frozenset(
    (
        *("PYTHONWARNINGS", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONOPTIMIZE", "PYTHONDEVMODE"),
        *("PYTHONVERBOSE", "PYTHONDEBUG", "PYTHONMALLOCSTATS", "PYTHONPROFILEIMPORTTIME"),
        *("PYTHONTRACEMALLOC", "PYTHONBREAKPOINT", "FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS"),
    )
)
#: Lists of folders in which a relative one would mean a folder of the untrusted project.
_FOLDERS = ("PATH", "PYTHONPATH")


class Completed(msgspec.Struct, frozen=True):
    """A finished command: its exit code (negative: the signal), output and errors."""

    code: int
    output: bytes
    errors: bytes


class TimedOut(CockpitError):  # noqa: N818 -- the sentence it says
    """A command took longer than the setting `timeout` allows, and was ended."""


class TooMuchOutput(CockpitError):  # noqa: N818 -- the sentence it says
    """A command printed more than can be kept, and was ended."""


def clean_env(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without what changes a tool's answer, plus `extra`.

    Dropped are ruff's variables, Python's switches and forced colours. Of PATH and PYTHONPATH
    only absolute folders stay: a child runs inside the project, whose files it must not load.
    """
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in _MISLEADING and not name.startswith("RUFF_")
    }
    for name in _FOLDERS:
        if name in env:
            kept = filter(os.path.isabs, env[name].split(os.pathsep))
            env[name] = os.pathsep.join(kept)
            if not env[name]:
                del env[name]
    return env | dict(extra or {})


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs our own Python, never importing from the current folder."""
    return (sys.executable, "-P", *arguments)


def _launch(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str] | None,
    stdin: int,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a child with pipes for what it says; raise `CannotStart`."""
    GUARD.prepare()
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    try:
        child = subprocess.Popen(  # noqa: S603 -- no shell, and the caller's own words
            argv,
            cwd=cwd,
            env={**(clean_env() if env is None else env), janitor.MARK: GUARD.mark},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            **options,
        )
    except (OSError, ValueError) as error:
        raise _cannot(argv, cwd, error) from error
    GUARD.add(child.pid)
    return child


def _cannot(argv: Sequence[str], cwd: Path, error: OSError | ValueError) -> CannotStart:
    """Return what to say of a command that did not start."""
    name = plain(argv[0])
    if not cwd.is_dir():
        return CannotStart(f"the folder {plain(str(cwd))} is gone", "open an existing project")
    if isinstance(error, FileNotFoundError):
        return CannotStart(f"{name} is not installed", f"install {name}, or put it on PATH")
    why = error.strerror if isinstance(error, OSError) else str(error)
    return CannotStart(f"{name} could not be started: {why}")


async def run(  # noqa: PLR0913 -- one call says all that a command needs
    argv: Sequence[str],
    cwd: Path,
    *,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float | None,  # noqa: ASYNC109 -- a setting of the user, told of in the error
    on_line: Callable[[bytes], None] | None = None,
    limit: int = LIMIT,
) -> Completed:
    """Run a command to its end and return what it said; cancelling ends its whole group.

    `env` is all of its environment (`clean_env()` if None). With `on_line` each line of stdout,
    without its end, is handed on and not kept: `output` is empty. `limit` bounds stdout, or one
    line of it, in bytes; of stderr the last `WORDS` bytes are kept. `timeout` is in seconds.
    Raises `CannotStart`, `TimedOut`, `TooMuchOutput`, and whatever `on_line` raises.
    """
    source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    command = _Command(_launch(argv, cwd, env, source), limit)
    try:
        async with asyncio.timeout(timeout) as clock:
            return await command.converse(stdin, on_line)
    except TimeoutError:
        if not clock.expired():
            raise
        raise TimedOut(
            f"{plain(Path(argv[0]).name)} took longer than {timeout:g} s",
            "raise `timeout` in [tool.cockpit], or exclude what takes so long",
        ) from None
    finally:
        await command.end()


class _Command:
    """A running command, from its first word to the end of its group.

    Not asyncio's own: that one, cancelled as it starts or as the loop ends, can hang or leave the
    child behind (seen with 3.11), waits for whoever holds the pipes, and needs a child watcher.
    """

    def __init__(self, child: subprocess.Popen[bytes], limit: int) -> None:
        """Take over `child`, which has just been started."""
        self._child = child
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._exited = asyncio.Event()
        self._output = Outlet(child.stdout)
        self._errors = Outlet(child.stderr) if child.stderr else None
        threading.Thread(target=self._reap, name="cockpit command", daemon=True).start()

    def _reap(self) -> None:
        """Wait, in a thread of its own, for the command's end, and end whom it left behind."""
        self._child.wait()
        janitor.end_group(self._child.pid, signal.SIGKILL)
        GUARD.remove(self._child.pid)
        with contextlib.suppress(RuntimeError):  # the loop ended first
            self._loop.call_soon_threadsafe(self._exited.set)

    async def converse(
        self, stdin: bytes | None, on_line: Callable[[bytes], None] | None
    ) -> Completed:
        """Feed and read the command until it ends."""
        errors = asyncio.create_task(self._last_words())
        helpers = [errors, asyncio.create_task(self._hang_up())]
        if stdin is not None:
            helpers.append(asyncio.create_task(feed(self._child.stdin, stdin)))
        try:
            output = b"" if on_line else await self._keep()
            if on_line:
                await self._stream(on_line)
            await self._exited.wait()
            return Completed(self._child.returncode, output, await errors)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _keep(self) -> bytes:
        """Return all of stdout."""
        chunks: list[bytes] = []
        size = 0
        while chunk := await self._output.read():
            chunks.append(chunk)
            size += len(chunk)
            self._bound(size)
        return b"".join(chunks)

    async def _stream(self, on_line: Callable[[bytes], None]) -> None:
        """Hand on stdout by line, letting others have the event loop every `SLICE`."""
        started: list[bytes] = []  # the pieces of a line whose end has not come yet
        size = 0
        since = time.perf_counter()
        while chunk := await self._output.read():
            first, *rest = chunk.split(b"\n")
            started.append(first)
            size += len(first)
            self._bound(size)
            if not rest:
                continue
            last = rest.pop()
            for line in (b"".join(started), *rest):
                on_line(line)
                if time.perf_counter() - since > SLICE:
                    await asyncio.sleep(0)
                    since = time.perf_counter()
            started, size = [last], len(last)
        if size:
            on_line(b"".join(started))

    def _bound(self, size: int) -> None:
        if size > self._limit:
            name = plain(Path(str(self._child.args[0])).name)  # type: ignore[index]
            raise TooMuchOutput(
                f"{name} printed more than {self._limit >> 20} MiB",
                "exclude what it says so much of",
            )

    async def _last_words(self) -> bytes:
        """Read all of stderr and return the end of it."""
        words = b""
        while self._errors and (chunk := await self._errors.read()):
            words = (words + chunk)[-WORDS:]
        return words

    async def _hang_up(self) -> None:
        """Once the command has ended and its pipes are silent, wait for nobody who holds them."""
        await self._exited.wait()
        heard = -1
        while heard != self._output.heard:
            heard = self._output.heard
            await asyncio.sleep(LINGER)
        self._output.end()
        if self._errors:
            self._errors.end()

    async def end(self) -> None:
        """Leave no process of the group and no open pipe; at once where it ended by itself.

        Cancelled meanwhile, it does not wait: the group is killed and the thread reaps it.
        """
        try:
            self._signal(signal.SIGTERM)
            await self._wait(GRACE)
        finally:
            self._signal(signal.SIGKILL)
            for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
                if pipe is not None:
                    pipe.close()
        await self._wait(LINGER)

    def _signal(self, number: int) -> None:
        """Send a signal to the group, unless it has ended: its number may be another's soon."""
        if self._child.returncode is None:
            janitor.end_group(self._child.pid, number)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._exited.wait(), seconds)


class Running(_Command):
    """A command that goes on until somebody ends it, and says something meanwhile."""

    def __init__(self, child: subprocess.Popen[bytes], limit: int = LIMIT) -> None:
        """Take over `child`, which has just been started."""
        super().__init__(child, limit)
        self._rest = b""
        self._said = asyncio.create_task(self._last_words())
        self._leaving = asyncio.create_task(self._hang_up())

    @property
    def pid(self) -> int:
        """Its process, and the group that is named after it."""
        return self._child.pid

    @property
    def code(self) -> int | None:
        """Its exit code (negative: the signal); None while it runs."""
        return self._child.returncode

    async def read(self) -> bytes:
        """Return what it says next on stdout; nothing at the end."""
        return await self._output.read()

    async def line(self) -> bytes | None:
        """Return the next line of stdout without its end; None where there is no more."""
        while b"\n" not in self._rest:
            chunk = await self.read()
            if not chunk:
                last, self._rest = self._rest, b""
                return last or None
            self._rest += chunk
            self._bound(len(self._rest))
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    async def errors(self) -> bytes:
        """Return the end of its stderr once that is closed."""
        return await asyncio.shield(self._said)

    async def ended(self) -> int:
        """Wait for its end; return its exit code."""
        await self._exited.wait()
        return self._child.returncode

    def hush(self) -> None:
        """Wait for no more of what it says than what is there: others may hold its pipe."""
        self._output.end()

    def deafen(self) -> None:
        """Take no more of what it says: it is told, as whoever writes to a closed pipe."""
        if self._child.stdout is not None:
            self._child.stdout.close()

    async def ask_to_end(self) -> None:
        """Ask its group to end, and wait a moment for that; whoever reads can go on."""
        self._signal(signal.SIGTERM)
        await self._wait(GRACE)

    def interrupt(self) -> None:
        """Ask it to end as ctrl-c does."""
        self._signal(signal.SIGINT)

    async def end(self) -> None:
        """Leave no process of the group, no open pipe and no task.

        Whoever reads must be gone before the pipes are closed: their numbers are another's at once.
        """
        for task in (self._said, self._leaving):
            task.cancel()
        try:
            await asyncio.gather(self._said, self._leaving, return_exceptions=True)
        finally:
            await super().end()


def start(
    argv: Sequence[str], cwd: Path, *, env: Mapping[str, str] | None = None, merged: bool = False
) -> Running:
    """Start a command and return it; whoever starts it has to `end` it.

    `env` is all of its environment (`clean_env()` if None); `merged` has what it says on stderr
    come with stdout. Raises `CannotStart`.
    """
    stderr = subprocess.STDOUT if merged else subprocess.PIPE
    return Running(_launch(argv, cwd, env, subprocess.DEVNULL, stderr))


def start_worker(argv: Sequence[str], cwd: Path) -> Worker:
    """Start a child that serves frames on its stdin and stdout; raise `CannotStart`.

    The calling thread must live as long as the worker: on Linux the worker asks the kernel to
    end with its parent, which means the thread that started it.
    """
    return Worker(_launch(argv, cwd, None, subprocess.PIPE))

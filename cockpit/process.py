"""Starts every child of cockpit and sees to it that none outlives it; nobody else starts one.

A child gets no shell, no terminal and a process group of its own. The group dies with the task
that asked for it, with cockpit's orderly end, and, by way of `cockpit.janitor`, with any other.
"""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from asyncio.subprocess import Process, SubprocessStreamProtocol
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from cockpit import janitor
from cockpit.errors import CockpitError
from cockpit.guard import GUARD, CannotStart, kill_all
from cockpit.plain import plain

__all__ = [
    "CannotStart",
    "Completed",
    "Silence",
    "TimedOut",
    "TooMuchOutput",
    "Worker",
    "clean_env",
    "kill_all",
    "python",
    "run",
    "start_worker",
]

#: How long a group may take to end after SIGTERM before SIGKILL, in seconds.
GRACE = 0.3
#: How much of a child's output is kept at most, or how long one line may be, in bytes.
LIMIT = 512 << 20
#: How much of a child's stderr is kept: its last words, in bytes.
WORDS = 64 << 10
#: How long the event loop is held before others get their turn, in seconds.
SLICE = 0.004

_CHUNK = 256 << 10
#: How long a stranger may hold the pipes of a command that has ended, in seconds.
_LINGER = 1.0
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


def _options(cwd: Path, env: Mapping[str, str] | None) -> dict[str, Any]:
    """Return what every child has in common, as `subprocess.Popen` takes it."""
    marked = {**(clean_env() if env is None else env), janitor.MARK: GUARD.mark}
    common: dict[str, Any] = {"cwd": cwd, "env": marked, "bufsize": 0}
    if sys.platform == "win32":
        return common | {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return common | {"start_new_session": True}


def _cannot(argv: Sequence[str], cwd: Path, error: OSError) -> CannotStart:
    """Return what to say of a command that did not start."""
    name = plain(argv[0])
    if not cwd.is_dir():
        return CannotStart(f"the folder {plain(str(cwd))} is gone", "open an existing project")
    if isinstance(error, FileNotFoundError):
        return CannotStart(f"{name} is not installed", f"install {name}, or put it on PATH")
    return CannotStart(f"{name} could not be started: {error.strerror or error}")


# --- One command, from the event loop ---------------------------------------------------------


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
    command = await _start(argv, cwd, env, stdin is not None)
    try:
        async with asyncio.timeout(timeout) as clock:
            return await command.converse(stdin, on_line, limit)
    except TimeoutError:
        if not clock.expired():
            raise
        raise TimedOut(
            f"{plain(Path(argv[0]).name)} took longer than {timeout:g} s",
            "raise `timeout` in [tool.cockpit], or exclude what takes so long",
        ) from None
    finally:
        await _in_any_case(command.end())


async def _start(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None, has_input: bool
) -> "_Command":
    """Start a command; cancelled meanwhile, end it again."""
    GUARD.prepare()
    loop = asyncio.get_running_loop()

    async def start() -> _Command:
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=_CHUNK, loop=loop),
            *argv,
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
            **_options(cwd, env),
        )
        GUARD.add(transport.get_pid())
        return _Command(transport, Process(transport, protocol, loop))

    starting = loop.create_task(start())
    try:
        return await asyncio.shield(starting)
    except OSError as error:
        raise _cannot(argv, cwd, error) from error
    except asyncio.CancelledError:
        await _in_any_case(_end_started(starting))
        raise


async def _end_started(starting: "asyncio.Task[_Command]") -> None:
    with contextlib.suppress(OSError):
        await (await starting).end()


async def _in_any_case(work: Coroutine[None, None, None]) -> None:
    """Finish `work` however often we are cancelled meanwhile, then be cancelled."""
    task = asyncio.get_running_loop().create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    task.result()


class _Command:
    """A running command, from its first word to the end of its group."""

    def __init__(self, transport: asyncio.SubprocessTransport, process: Process) -> None:
        self._transport = transport
        self._process = process
        self._taken = 0

    async def converse(
        self, stdin: bytes | None, on_line: Callable[[bytes], None] | None, limit: int
    ) -> Completed:
        """Feed and read the command until it ends."""
        errors = asyncio.create_task(self._last_words())
        helpers = [errors, asyncio.create_task(self._hang_up())]
        if stdin is not None:
            helpers.append(asyncio.create_task(self._feed(stdin)))
        try:
            output = await (self._stream(on_line, limit) if on_line else self._keep(limit))
            return Completed(await self._process.wait(), output, await errors)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _feed(self, stdin: bytes) -> None:
        """Write all of `stdin`; a command that does not care to read it is no error."""
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 -- for the type checker
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            pipe.write(stdin)
            await pipe.drain()
        pipe.close()

    async def _chunks(self) -> AsyncIterator[bytes]:
        """Stdout as it comes."""
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 -- for the type checker
        while chunk := await pipe.read(_CHUNK):
            self._taken += len(chunk)
            yield chunk

    async def _keep(self, limit: int) -> bytes:
        """Return all of stdout."""
        chunks: list[bytes] = []
        async for chunk in self._chunks():
            chunks.append(chunk)
            if self._taken > limit:
                raise _too_much(limit)
        return b"".join(chunks)

    async def _stream(self, on_line: Callable[[bytes], None], limit: int) -> bytes:
        """Hand on stdout by line, letting others have the event loop every `SLICE`."""
        started: list[bytes] = []  # the pieces of a line whose end has not come yet
        size = 0
        since = time.perf_counter()
        async for chunk in self._chunks():
            first, *rest = chunk.split(b"\n")
            started.append(first)
            size += len(first)
            if size > limit:
                raise _too_much(limit)
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
        return b""

    async def _last_words(self) -> bytes:
        """Read all of stderr and return the end of it."""
        pipe = self._process.stderr
        assert pipe is not None  # noqa: S101 -- for the type checker
        words = b""
        while chunk := await pipe.read(_CHUNK):
            words = (words + chunk)[-WORDS:]
        return words

    async def _hang_up(self) -> None:
        """Once the command itself has ended, wait for nobody else who holds its pipes."""
        await self._process.wait()
        self._signal(signal.SIGKILL)
        taken = -1
        while taken != self._taken:
            taken = self._taken
            await asyncio.sleep(_LINGER)
        for number in (1, 2):
            pipe = self._transport.get_pipe_transport(number)
            if pipe is not None:
                pipe.close()

    def _signal(self, number: int) -> None:
        janitor.end_group(self._transport.get_pid(), number)

    async def end(self) -> None:
        """Leave no process of the group and no open pipe; at once where it ended by itself."""
        process = self._process
        if process.returncode is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE)
        self._signal(signal.SIGKILL)
        with contextlib.suppress(TimeoutError):  # in the kernel's hands: no one can kill it now
            await asyncio.wait_for(process.wait(), _LINGER)
            GUARD.remove(process.pid)
        self._transport.close()
        await asyncio.sleep(0)  # the pipes close in the loop's next turn


def _too_much(limit: int) -> TooMuchOutput:
    return TooMuchOutput(
        f"the command printed more than {limit >> 20} MiB", "exclude what it says so much of"
    )


# --- A child that talks in frames, from a thread ----------------------------------------------


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
        return self._child.poll()

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
        janitor.end_group(self.pid, signal.SIGKILL)
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


def start_worker(argv: Sequence[str], cwd: Path) -> Worker:
    """Start a child that serves frames on its stdin and stdout; raise `CannotStart`.

    The calling thread must live as long as the worker: on Linux the worker asks the kernel to
    end with its parent, which means the thread that started it.
    """
    GUARD.prepare()
    pipe = subprocess.PIPE
    try:
        child = subprocess.Popen(  # noqa: S603 -- no shell, the caller's words
            argv, stdin=pipe, stdout=pipe, stderr=pipe, **_options(cwd, None)
        )
    except OSError as error:
        raise _cannot(argv, cwd, error) from error
    GUARD.add(child.pid)
    return Worker(child)

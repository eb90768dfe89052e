"""Starts the program that a person wants to see at work, and keeps the end of what it says.

It is a child of ours like any other: it has no terminal, and ends when cockpit does.
"""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.guests import find
from cockpit.plain import plain
from cockpit.profilers import launcher, processes, target
from cockpit.profilers.target import Target

#: Lines of what it says that are kept, and characters of each.
_LINES, _WIDTH = 200, 500
#: Bytes that are read after its end: a pipe holds no more, and whom it left behind may go on.
_AFTER = 2 << 20


async def _nowhere(_: bytes) -> None:
    """Hand what it says to nobody."""


def _all(said: bytes) -> bytes:
    """Take all that it says for its own words."""
    return said


class Launched:
    """A program at work; whoever has it has to `end` it."""

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        echo: Callable[[bytes], Awaitable[None]] = _nowhere,
        own: Callable[[bytes], bytes] = _all,
    ) -> None:
        """Start `argv` in `folder`; raise `CockpitError` where there is no such program.

        `echo` is handed all that it says, and raises `OSError` where nobody wants to hear it any
        more: then the program is told so, as a shell's pipe would. `own` is asked first what of it
        is the program's own: a profiler within it may speak, too.
        """
        program = program_of(argv)
        us = (sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()))
        environment = {**os.environ, **processes.launched()}
        self._running = process.start(
            (*us, program, *argv[1:]), folder, env=environment, merged=True
        )
        self._echo, self._own = echo, own
        #: The last lines of what it said on stdout and stderr.
        self.said: deque[str] = deque(maxlen=_LINES)
        self._reader = asyncio.create_task(self._read())
        self.target: Target = target.launched(
            self._running.pid, plain(" ".join((program, *argv[1:])))
        )

    @property
    def code(self) -> int | None:
        """Its exit code (negative: the signal); None while it runs."""
        return self._running.code

    async def _read(self) -> None:
        """Keep reading: a program whose words nobody takes stands still."""
        rest, left = b"", _AFTER
        while left > 0 and (chunk := await self._running.read()):
            if self.code is not None:
                left -= len(chunk)
            if not (chunk := self._own(chunk)):
                continue
            *lines, rest = (rest + chunk[-(_LINES * _WIDTH) :]).split(b"\n")
            self.said.extend(_shown(line) for line in lines[-_LINES:])
            rest = rest[-_WIDTH:]
            try:
                await self._echo(chunk)
            except OSError:
                self._running.deafen()
                break
        if rest:
            self.said.append(_shown(rest))

    async def ended(self) -> int:
        """Wait for its end, and for the rest of what it said; return its exit code."""
        code = await self._running.ended()
        self._running.hush()
        await asyncio.gather(self._reader, return_exceptions=True)
        return code

    def interrupt(self) -> None:
        """Ask it to end as ctrl-c does."""
        self._running.interrupt()

    async def end(self) -> None:
        """End it and all that it started: politely, then for good."""
        try:
            await self._running.ask_to_end()
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        finally:
            await self._running.end()


def how(code: int) -> str:
    """Return in words how a program ended, from its exit code (negative: the signal)."""
    if code >= 0:
        return f"with exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


def program_of(argv: Sequence[str]) -> str:
    """Return the program that a command means; raise `CockpitError` where there is none."""
    name = str(argv[0]) if argv else ""
    program = find(name)
    if program:
        return program
    shown = plain(name) or "a command without a name"
    if not os.path.lexists(name):
        raise CockpitError(f"there is no program {shown}", "Name a command to run, as in a shell.")
    if os.path.isdir(name):  # noqa: PTH112 -- a name may hold what no `Path` can
        raise CockpitError(f"{shown} is a folder, and no program", "Name a command to run.")
    if os.sep in name and os.access(name, os.X_OK):
        raise CockpitError(f"{shown} is not a program", "Name a command to run.")
    hint = (
        f"Start it with its interpreter: `python {shown}`."
        if name.endswith(".py")
        else ("Name a command to run, as in a shell.")
    )
    raise CockpitError(f"{shown} is a file, but not one that can be run", hint)


def _shown(line: bytes) -> str:
    return plain(line.decode(errors="replace").rstrip("\r"))[:_WIDTH]

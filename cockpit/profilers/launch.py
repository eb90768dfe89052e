"""Starts the program that a person wants to see at work, and keeps the end of what it says.

It is a child of ours like any other: it has no terminal, and ends when cockpit does.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.guests import find
from cockpit.plain import plain
from cockpit.profilers import launcher
from cockpit.profilers.processes import launched as marked_as_target
from cockpit.profilers.target import Target, pin

#: Lines of what it says that are kept, and characters of each.
_LINES, _WIDTH = 200, 500


class Launched:
    """A program at work; whoever has it has to `end` it."""

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        echo: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """Start `argv` in `folder`; raise `CockpitError` where there is no such program.

        `echo` is handed all that it says.
        """
        program = find(str(argv[0])) if argv else ""
        if not program:
            name = plain(argv[0]) if argv else "nothing"
            raise CockpitError(f"{name} is not there, or not a program", "Name a command to run.")
        us = (sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()))
        self._running = process.start(
            (*us, program, *argv[1:]), folder, env={**os.environ, **marked_as_target()}, merged=True
        )
        self._echo = echo
        #: The last lines of what it said on stdout and stderr.
        self.said: deque[str] = deque(maxlen=_LINES)
        self._reader = asyncio.create_task(self._read())
        self.target: Target = pin(self._running.pid)

    @property
    def code(self) -> int | None:
        """Its exit code (negative: the signal); None while it runs."""
        return self._running.code

    async def _read(self) -> None:
        """Keep reading: a program whose words nobody takes stands still."""
        rest = b""
        while chunk := await self._running.read():
            self._echo(chunk)
            *lines, rest = (rest + chunk[-(_LINES * _WIDTH) :]).split(b"\n")
            self.said.extend(_shown(line) for line in lines[-_LINES:])
            rest = rest[-_WIDTH:]
        if rest:
            self.said.append(_shown(rest))

    async def ended(self) -> int:
        """Wait for its end; return its exit code."""
        code = await self._running.ended()
        await asyncio.gather(self._reader, return_exceptions=True)
        return code

    async def end(self) -> None:
        """End it and all that it started: politely, then for good."""
        await self._running.end()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


def _shown(line: bytes) -> str:
    return plain(line.decode(errors="replace").rstrip("\r"))[:_WIDTH]

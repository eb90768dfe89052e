"""A program that runs under scalene: its figures as they come, what it says, and how it ended.

scalene writes a file over and over, and the file is watched; the program neither waits for us nor
knows of us.
"""

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.memory.command import Program
from cockpit.memory.model import Standing
from cockpit.memory.scalene.command import Options, under_scalene
from cockpit.memory.scalene.document import Report, parse
from cockpit.memory.scalene.installed import Found
from cockpit.memory.scalene.leavings import sweep
from cockpit.memory.scalene.pace import pace
from cockpit.memory.scalene.words import Filter, verdict
from cockpit.plain import plain
from cockpit.private import Damaged, Unusable, check_file
from cockpit.profilers.files import Unreadable, content_of, put, why
from cockpit.profilers.launch import Launched
from cockpit.profilers.target import Target

#: Seconds between two looks at the file.
_LOOK = 0.25
#: Seconds without figures after which that is said.
_SILENCE = 5.0
#: The share of the time that scalene may take to write, before that is said.
_TOO_MUCH = 0.5

_Stamp = tuple[int, int, int]


async def _nowhere(_: bytes) -> None:
    """Hand what it says to nobody."""


class Run:
    """A program at work under scalene; whoever has it has to `end` it."""

    def __init__(  # noqa: PLR0913 -- one call says all there is to say of a run
        self,
        what: Program,
        found: Found,
        folder: Path,
        path: Path,
        options: Options = Options(),  # noqa: B008 -- frozen
        *,
        echo: Callable[[bytes], Awaitable[None]] = _nowhere,
    ) -> None:
        """Start the program in `folder`, by the scalene that `check` found for it.

        What scalene writes goes to `path`, whose name ends in `.json`; only we may read it. `echo`
        is as `Launched` has it. Raises `CockpitError` where that cannot be.
        """
        path = path.absolute()
        if options.interval:
            interval = max(options.interval, pace(folder, options.cpu_only))
            options = msgspec.structs.replace(options, interval=interval)
        command = under_scalene(what, found, folder, path, options)
        _prepare(path)
        #: Seconds between two writings: more than was asked for where the program would suffer;
        #: 0 where scalene writes at the end alone.
        self.interval = options.interval
        self.path = path
        self._filter, self._echo = Filter(path), echo
        self._launched = Launched(command, folder, echo, self._filter.take)
        #: When figures came last, and the share of the time before in which scalene wrote them.
        self._came, self._writing = time.monotonic(), 0.0
        self._over = asyncio.create_task(self._launched.ended())
        self._settling: asyncio.Task[None] | None = None
        self._stamp: _Stamp | None = None
        #: What was in the file when it was whole the last time.
        self._content = b""
        self._asked = False
        #: What scalene knew of the program when it wrote last; None before.
        self.report: Report | None = None
        #: How it ended, in whole sentences, "" while it runs; how what it wrote stands, and notes
        #: of that.
        self.ending = ""
        self.standing: Standing = "running"
        self.notes: list[str] = []

    @property
    def target(self) -> Target:
        """Its process."""
        return self._launched.target

    @property
    def code(self) -> int | None:
        """Its exit code (negative: the signal) as scalene has it; None while it runs."""
        return self._launched.code

    @property
    def said(self) -> deque[str]:
        """The last lines of what it said on stdout and stderr."""
        return self._launched.said

    @property
    def words(self) -> str:
        """How it stands, in whole sentences; "" where there is nothing to say."""
        if self.ending:
            return " ".join((self.ending, *self.notes))
        if not self.interval:
            return "scalene writes its figures when the program ends."
        since = time.monotonic() - self._came
        if since < self.interval + _SILENCE:
            return self._slow
        return (
            f"No figures came for {since:.0f} s: scalene writes them between two steps of Python, "
            "and as long as a step takes there are none."
        )

    @property
    def _slow(self) -> str:
        """Say so where the program hardly comes to its work."""
        if self._writing < _TOO_MUCH:
            return ""
        return (
            f"scalene writes its figures for {self._writing:.0%} of the time, in which the program "
            "waits: it is better run without figures before the end."
        )

    async def run(self, on_report: Callable[[Report], None]) -> int:
        """Hand on what scalene writes until the program ends; return its exit code.

        Cancelling it ends the watching alone.
        """
        while not self._over.done():
            await asyncio.wait({self._over}, timeout=_LOOK)
            await self._look(on_report)
        await self._look(on_report)  # it ended as we looked
        code = self._over.result()
        await self._settled(code)
        return code

    async def _look(self, on_report: Callable[[Report], None]) -> None:
        """Read the file where it changed; where it is not whole, it will change again."""
        stamp = _stamp(self.path)
        if stamp == self._stamp or stamp is None:
            return
        try:
            content, report = await asyncio.to_thread(_read, self.path)
        except Unreadable:
            return
        now = time.monotonic()
        if self.report is not None:  # its clock stands still while it writes
            worked = report.elapsed - self.report.elapsed
            self._writing = max(1 - worked / max(now - self._came, _LOOK), 0.0)
        self._stamp, self._content = stamp, content
        self._came, self.report = now, report
        on_report(report)

    async def _settled(self, code: int) -> None:
        """See to it, once, that all is said and done after the end."""
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle(code))
        await asyncio.shield(self._settling)

    async def _settle(self, code: int) -> None:
        """Say how it ended; have the file be whole, and nothing of scalene's be left behind."""
        rest, self._filter.rest = self._filter.rest, b""
        with contextlib.suppress(OSError):
            await self._echo(rest)
        await asyncio.to_thread(sweep, self.target.pid)
        if self.report is not None and _stamp(self.path) != self._stamp:
            await asyncio.to_thread(self._restore)
        measured = self.report is not None
        self.standing, self.ending, notes = verdict(code, self.said, measured, self._asked)
        self.notes = [*notes, *self.notes]

    def _restore(self) -> None:
        """Put back what was whole: scalene was killed while it wrote over it."""
        try:
            put(self.path, self._content)
        except OSError as error:
            self.notes.append(f"They could not be kept: {plain(why(error))}.")

    def interrupt(self) -> None:
        """Ask it to end as ctrl-c does: scalene then writes what it has."""
        self._asked = True
        self._launched.interrupt()

    async def stop(self, patience: float = 10.0) -> None:
        """Ask it to end as ctrl-c does; end it if it does not within `patience` seconds."""
        self.interrupt()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._launched.ended()
        await self.end()

    async def end(self) -> None:
        """End it and all that it started, politely, then for good; what it wrote is kept."""
        self._asked = self._asked or self.code is None
        await self._launched.end()
        if self.code is None:  # not even SIGKILL ends what hangs in the system
            self._over.cancel()
            return
        code = await self._over
        await self._look(lambda _report: None)
        await self._settled(code)


def _read(path: Path) -> tuple[bytes, Report]:
    content, _ = content_of(path)
    return content, parse(content)


def _stamp(path: Path) -> _Stamp | None:
    """Return what changes with a file; None where nothing is in it yet."""
    try:
        state = os.stat(path)  # noqa: PTH116 -- four times a second
    except OSError:
        return None
    return (state.st_ino, state.st_mtime_ns, state.st_size) if state.st_size else None


def _prepare(path: Path) -> None:
    """Have an empty file be there that only we may read: scalene keeps whose it is."""
    try:
        check_file(path)
        os.truncate(path, 0)
    except (Unusable, Damaged, OSError) as error:
        reason = "it is no file of ours" if isinstance(error, Damaged) else str(error)
        raise CockpitError(
            f"nothing can be kept in {plain(str(path))}: {plain(reason)}",
            "Mend that, or name another folder in COCKPIT_DATA_DIR.",
        ) from error

"""Reads captures: asks a child for what the cache does not hold, and hands it on as it comes."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import psutil

from cockpit.errors import CockpitError
from cockpit.memory import failures, header, wire
from cockpit.memory.model import Part, Progress, Records, Stats, Summary
from cockpit.memory.results import Results
from cockpit.plain import plain
from cockpit.process import Completed, python, run

#: How much of the memory that is free the child may take.
_SHARE = 0.8
#: A result that is told is not longer, in bytes a line.
_LIMIT = 64 << 20
#: The share of the progress that a hash takes that is asked for before all else.
_HASHING = 0.01
#: A file that was written so few seconds ago may be written still, though no one is seen to.
_SETTLED = 60.0

OnPart = Callable[[Part, Summary | Records | Stats], None]
OnProgress = Callable[[Progress], None]


class Unreadable(CockpitError):  # noqa: N818 -- the sentence it says
    """A capture cannot be read, or not this part of it."""


async def read(
    path: Path,
    parts: Sequence[Part],
    *,
    results: Results,
    on_progress: OnProgress,
    on_part: OnPart,
) -> None:
    """Read parts of a capture, and hand each on as soon as it is there; the summary first.

    What the cache holds comes at once; the rest, in the order asked for, is read by a child, which
    ends with the task. Parts that cannot be had do not keep the others away. Raises `Unreadable`,
    at the end, for the first of them.
    """
    wanted: list[Part] = ["summary", *(part for part in dict.fromkeys(parts) if part != "summary")]
    path, state = await asyncio.to_thread(_state, path)
    reading = _Reading(path, state, results, on_progress, on_part)
    missing = await reading.recall(wanted)
    if missing:
        await reading.read(missing)
    if reading.trouble is not None:
        raise Unreadable(reading.trouble.message, reading.trouble.hint)
    on_progress(Progress(wanted[-1], 1.0))


def _state(path: Path) -> tuple[Path, os.stat_result]:
    """Return the whole path of what may be a capture, and its state. Raises `Unreadable`."""
    try:
        path = path.absolute()
        handle = header.opened(path)
        try:
            header.read(handle)
            return path, os.fstat(handle)
        finally:
            os.close(handle)
    except header.NotACapture as error:
        raise Unreadable(*failures.unreadable(path, str(error))) from error


class _Reading:
    """One reading: what was handed on, and what is to be kept."""

    def __init__(
        self,
        path: Path,
        state: os.stat_result,
        results: Results,
        on_progress: OnProgress,
        on_part: OnPart,
    ) -> None:
        self._path, self._state, self._results = path, state, results
        self._on_progress, self._on_part = on_progress, on_part
        self._digest = ""
        self._summary: Summary | None = None
        self._share, self._stretch = 0.0, (0.0, 1.0)
        self._lines: list[bytes] = []
        self._assembly = wire.Assembly()
        self._keeping: list[asyncio.Task[None]] = []
        self.trouble: wire.Trouble | None = None

    async def recall(self, parts: Sequence[Part]) -> list[Part]:
        """Hand on what the cache holds; return the rest."""
        size = self._state.st_size
        known = await asyncio.to_thread(self._results.known, self._path, self._state)
        self._digest = known
        if not known and await asyncio.to_thread(self._results.sized, size):
            await self._ask(wire.Order(str(self._path), [], hashed=True), 0.0, _HASHING)
        missing = list(parts)
        for part in parts if self._digest else ():
            value = await asyncio.to_thread(self._results.load, self._digest, size, part)
            if value is None and part == "summary":
                break
            if value is not None:
                missing.remove(part)
                self._hand(value)
            if isinstance(value, Summary) and not known:
                await asyncio.to_thread(self._note, value.standing == "complete")
        return missing

    async def read(self, parts: list[Part]) -> None:
        """Have a child read parts, and keep what it reads."""
        scratch = await asyncio.to_thread(self._results.scratch)
        order = wire.Order(str(self._path), parts, not self._digest, _share(), scratch)
        try:
            await self._ask(order, self._share, 1.0)
        finally:
            await asyncio.gather(*self._keeping)

    async def _ask(self, order: wire.Order, start: float, end: float) -> None:
        """Have a child do `order`, which takes the progress from `start` to `end`."""
        self._stretch = start, end
        argv = python("-m", "cockpit.memory.far", msgspec.json.encode(order).decode())
        try:
            done = await run(argv, Path(os.sep), timeout=None, on_line=self._hear, limit=_LIMIT)
        except wire.Senseless as error:
            raise Unreadable(*failures.damaged(self._path, str(error))) from error
        if done.code and self.trouble is None:
            raise Unreadable(*failures.died(self._path, _how(done)))

    def _hear(self, line: bytes) -> None:
        """Take in what the child says."""
        message = wire.decoded(line)
        match message:
            case wire.Step(part, share):
                start, end = self._stretch
                self._share = max(self._share, start + (end - start) * share)
                self._on_progress(Progress(part, self._share))
            case wire.Digest(digest):
                self._digest = digest
            case wire.Trouble():
                self.trouble = self.trouble or message
            case _:
                self._lines.append(line)
                value = self._assembly.take(message)
                if value is not None:
                    self._keep(value)
                    self._hand(value)

    def _hand(self, value: wire.Value) -> None:
        if isinstance(value, Summary):
            self._summary = value
        self._on_part(wire.part_of(value), value)

    def _keep(self, value: wire.Value) -> None:
        """Keep a part, in a thread; none of a capture that grows."""
        lines, self._lines = self._lines, []
        summary = value if isinstance(value, Summary) else self._summary
        if self._digest and summary is not None and summary.standing != "running":
            part = wire.part_of(value)
            work = asyncio.to_thread(self._write, part, lines, summary.standing == "complete")
            self._keeping.append(asyncio.create_task(work))

    def _write(self, part: Part, lines: list[bytes], whole: bool) -> None:
        if self._unchanged():
            self._results.store(self._digest, self._state.st_size, part, lines)
            if part == "summary":
                self._note(whole)

    def _note(self, whole: bool) -> None:
        """Have it known again without its hash; one that is not whole may be written still."""
        settled = time.time() - self._state.st_mtime > _SETTLED
        if (whole or settled) and self._unchanged():
            self._results.note(self._path, self._state, self._digest)

    def _unchanged(self) -> bool:
        """Whether the file is what it was as the reading began."""
        try:
            return _key(self._path.stat()) == _key(self._state)
        except OSError:
            return False


def _share() -> int:
    """Return how much memory a child may take, in bytes."""
    return int(psutil.virtual_memory().available * _SHARE)


def _key(state: os.stat_result) -> tuple[int, ...]:
    return (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def _how(done: Completed) -> str:
    """Return how the child ended, as a verb and what follows it."""
    words = done.errors.decode(errors="replace").strip().splitlines()
    if done.code < 0:
        try:
            return f"was ended by {signal.Signals(-done.code).name}"
        except ValueError:
            return f"was ended by signal {-done.code}"
    if words and "No module named 'memray" in words[-1]:
        return "is not installed"
    return f"ended with exit code {done.code} ({plain(words[-1])})" if words else "ended"

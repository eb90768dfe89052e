"""What memory is looked at in this session: programs that are tracked, and the captures there are.

It outlives the page that shows it, and draws nothing.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from cockpit.errors import CockpitError
from cockpit.memory.captures import Captures
from cockpit.memory.heat import MemoryHeat
from cockpit.memory.model import Capture, Live, Moment, Summary
from cockpit.memory.results import Results
from cockpit.memory.scalene.document import Report
from cockpit.memory.scalene.heat import heats
from cockpit.memory.shape import Shape, shape_now
from cockpit.profilers.places import Places
from cockpit.ui.heat import Heat
from cockpit.ui.reading import Opened, Reader

#: Moments of a program's heap that are kept; of a longer course every second one, and so on.
_MOMENTS = 1_200


class Course:
    """The heap of a running program over time; what is long ago is kept in fewer moments."""

    def __init__(self) -> None:
        """Start without a moment."""
        self.moments: deque[Moment] = deque()
        self._step, self._count = 1, 0

    def add(self, picture: Live) -> None:
        """Take a picture in."""
        if self._count % self._step == 0:
            self.moments.append(Moment(round(picture.at * 1000), picture.resident, picture.heap))
        self._count += 1
        if len(self.moments) > _MOMENTS:
            pairs = zip(*[iter(self.moments)] * 2, strict=False)
            self.moments = deque(max(pair, key=lambda one: one.heap) for pair in pairs)
            self._step *= 2


class Program(Protocol):
    """A program whose memory is tracked, or that a profiler of its own runs."""

    @property
    def pid(self) -> int:
        """Its process."""

    @property
    def command(self) -> str:
        """What was started, in words."""

    @property
    def said(self) -> Sequence[str]:
        """The end of what it said, a line each."""

    @property
    def argv(self) -> tuple[str, ...]:
        """The whole command that tracks it."""

    @property
    def running(self) -> bool:
        """Whether it is still at work."""

    @property
    def pictures(self) -> bool:
        """Whether pictures of its heap come while it runs."""

    @property
    def figures(self) -> bool:
        """Whether figures of its lines come, as scalene's."""

    @property
    def ours(self) -> bool:
        """Whether we started it, so that what it says is known."""

    @property
    def words(self) -> str:
        """How it stands, and what becomes of its capture, as sentences."""

    @property
    def trouble(self) -> bool:
        """Whether its words are of something that went wrong."""

    async def end(self) -> None:
        """End what we started, and look at what we did not no more."""


class Tracking:
    """One program at a time, one open capture, and the list of all; listeners are told of each."""

    def __init__(self, captures: Captures, results: Results) -> None:
        """Look at nothing yet."""
        self.shelf, self.results = captures, results
        self.captures: list[Capture] = []
        self.program: Program | None = None
        self.picture: Live | None = None
        #: What scalene measured, of a program that runs or of a profile, and whose it is in words.
        self.report: Report | None = None
        self.profiled = ""
        self.course = Course()
        self.reader = Reader(results, self.changed, self._learnt)
        #: Another number whenever a picture came.
        self.version = 0
        self._listeners: list[Callable[[], None]] = []
        self._work: asyncio.Task[None] | None = None
        self._now: tuple[Live, Shape] | None = None

    @property
    def opened(self) -> Opened | None:
        """The capture that is open."""
        return self.reader.opened

    @property
    def hottest(self) -> tuple[Shape | None, str]:
        """What the heat beside the source is of, and whose it is in words.

        That is the peak of the open capture; while none is open, what a running program holds now.
        """
        if self.opened is not None:
            name = self.opened.capture.name or "capture"
            return self.opened.shapes.get("peak"), name
        if self.picture is None or self.program is None:
            return None, ""
        if self._now is None or self._now[0] is not self.picture:
            self._now = self.picture, shape_now(self.picture)
        return self._now[1], f"pid {self.program.pid}"

    def heats(self, places: Places, version: int) -> list[Heat]:
        """Return all columns of heat there are of what is looked at."""
        if self.report is not None:
            return list(heats(self.report, places, self.profiled, version))
        shape, whose = self.hottest
        return [MemoryHeat(shape, places, whose, version)] if shape is not None else []

    @property
    def warmest(self) -> object:
        """What the heat is of; another whenever that is another."""
        return self.report or self.hottest[0]

    def measured(self, report: Report, whose: str) -> None:
        """Show what scalene measured, of what `whose` says."""
        self.report, self.profiled = report, whose
        self.changed()

    def open(self, capture: Capture) -> None:
        """Begin to read a capture of memray's."""
        self.report = None
        self.reader.open(capture)

    def open_report(self, report: Report, capture: Capture) -> None:
        """Show a profile of scalene's that was kept."""
        self.reader.leave()
        self.measured(report, capture.name or capture.command)

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever something is to be shown anew."""
        self._listeners.append(callback)

    def changed(self) -> None:
        """Tell whoever listens."""
        for callback in self._listeners:
            callback()

    async def look(self) -> None:
        """Read which captures there are."""
        self.captures = await asyncio.to_thread(self.shelf.list)
        self.changed()

    def _learnt(self, capture: Capture, summary: Summary) -> None:
        """Have the list say how large the peak of one of its captures was."""
        for at, one in enumerate(self.captures):
            if one.path == capture.path and one.standing != "running" and one.peak != summary.peak:
                self.captures[at] = msgspec.structs.replace(one, peak=summary.peak)
                with contextlib.suppress(CockpitError):  # the list says less, and that is all
                    self.shelf.tell(Path(one.path), peak=summary.peak)

    async def follow(self, program: Program, work: Awaitable[None]) -> None:
        """Show a program that has just been started, in place of the one before; `work` tracks it.

        What `work` raises is for whoever waits for it, after the program was ended.
        """
        await self.stop()
        self.program, self.picture, self.course, self.report = program, None, Course(), None
        self.reader.leave()
        self._work = asyncio.ensure_future(self._until_done(work))
        self.changed()
        await self.look()

    async def _until_done(self, work: Awaitable[None]) -> None:
        try:
            await work
        finally:
            self.changed()
        await self.look()

    def take(self, picture: Live) -> None:
        """Show a picture of the program's heap."""
        self.picture = picture
        self.course.add(picture)
        self.version += 1
        self.changed()

    async def stop(self) -> None:
        """End the program, or stop tracking it; what it left stays."""
        program, self.program = self.program, None
        work, self._work = self._work, None
        if program is not None:
            await program.end()
        if work is not None:
            await asyncio.gather(work, return_exceptions=True)

    async def close(self) -> None:
        """Leave nothing at work behind."""
        await self.stop()
        await self.reader.close()

"""A capture that is being read, or was: what is known of it, from moment to moment.

It draws nothing; who reads the file is `cockpit.memory.reading`.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from cockpit.errors import CockpitError
from cockpit.memory.model import (
    Capture,
    Kind,
    Moment,
    Part,
    Progress,
    Records,
    Stats,
    Summary,
)
from cockpit.memory.reading import read
from cockpit.memory.results import Results
from cockpit.memory.shape import Shape, shape_of

#: What is read as a capture is opened; temporary allocations take too much to be read unasked.
FIRST: tuple[Part, ...] = ("summary", "peak", "stats", "leaks")


class Opened:
    """A capture and what was read of it so far."""

    def __init__(self, capture: Capture) -> None:
        """Know nothing yet."""
        self.capture = capture
        self.summary: Summary | None = None
        self.stats: Stats | None = None
        self.shapes: dict[Kind, Shape] = {}
        self.problems: dict[Part, CockpitError] = {}
        self.progress: Progress | None = None
        #: What is still to come.
        self.awaited: tuple[Part, ...] = ()
        #: Another number whenever anything of it is another.
        self.version = 0

    @property
    def moments(self) -> Sequence[Moment]:
        """The heap over time; nothing while it is not known."""
        return self.summary.moments if self.summary is not None else ()


class Reader:
    """Reads one capture at a time, and tells of what it finds."""

    def __init__(
        self,
        results: Results,
        changed: Callable[[], None],
        learnt: Callable[[Capture, Summary], None] = lambda _capture, _summary: None,
    ) -> None:
        """Look into `results` first; call `changed` whenever there is something to show anew.

        `learnt` is told what a capture is, as soon as that is known.
        """
        self._results, self._changed, self._learnt = results, changed, learnt
        self.opened: Opened | None = None
        self._work: asyncio.Task[None] | None = None

    @property
    def reading(self) -> bool:
        """Whether something is being read."""
        return self._work is not None and not self._work.done()

    def open(self, capture: Capture) -> Opened:
        """Begin to read a capture, and return what is known of it from moment to moment."""
        self.cancel()
        self.opened = Opened(capture)
        self._begin(self.opened, FIRST)
        return self.opened

    def more(self, part: Part) -> None:
        """Read another part of the capture that is open."""
        if self.opened is not None and not self.reading:
            self._begin(self.opened, (part,))

    def _begin(self, opened: Opened, parts: tuple[Part, ...]) -> None:
        opened.awaited = parts
        self._work = asyncio.create_task(self._read(opened, parts))
        self._changed()

    async def _read(self, opened: Opened, parts: tuple[Part, ...]) -> None:
        shaping: list[asyncio.Task[None]] = []

        def came(part: Part, value: Summary | Records | Stats) -> None:
            if isinstance(value, Records):
                shaping.append(asyncio.create_task(self._shape(opened, part, value)))
            else:
                self._take(opened, part, value)

        def on_progress(progress: Progress) -> None:
            opened.progress = progress
            self._changed()

        try:
            await read(
                Path(opened.capture.path),
                parts,
                results=self._results,
                on_progress=on_progress,
                on_part=came,
            )
            await asyncio.gather(*shaping)
        except CockpitError as error:
            for part in opened.awaited:
                opened.problems[part] = error
        finally:
            opened.awaited, opened.progress = (), None
            opened.version += 1
            self._changed()

    async def _shape(self, opened: Opened, part: Part, records: Records) -> None:
        shape = await asyncio.to_thread(shape_of, records)
        opened.shapes[records.kind] = shape
        self._arrived(opened, part)

    def _take(self, opened: Opened, part: Part, value: Summary | Stats) -> None:
        if isinstance(value, Summary):
            opened.summary = value
            self._learnt(opened.capture, value)
        else:
            opened.stats = value
        self._arrived(opened, part)

    def _arrived(self, opened: Opened, part: Part) -> None:
        opened.awaited = tuple(one for one in opened.awaited if one != part)
        opened.problems.pop(part, None)
        opened.version += 1
        self._changed()

    def leave(self) -> None:
        """Read no more, and have nothing open."""
        self.cancel()
        self.opened = None

    def cancel(self) -> bool:
        """Read no more; return whether anything was being read. What was read stays."""
        reading, self._work = self.reading, self._work
        if self._work is not None:
            self._work.cancel()
        return reading

    async def close(self) -> None:
        """Read no more, and wait for the child's end."""
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

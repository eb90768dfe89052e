"""Finds out beside the screen which dead code was seen running, now and in sessions before.

All that reads files or the record is done in a thread, one thing at a time; the screen has what
was found last.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cockpit.model import FilesToFindings, Finding
from cockpit.ui.living import Living

if TYPE_CHECKING:  # the first paint does without profiles and SQLite
    from cockpit.profilers.evidence import Evidence, Seen
    from cockpit.profilers.heat import LineHeat
    from cockpit.profilers.scopes import Text
    from cockpit.profilers.witness import Sighting, Texts, Witness
    from cockpit.ui.state import State

#: The pane whose findings may turn out to be alive.
DEAD = "dead"
#: Seconds between two looks at one profile.
_EVERY = 3.0

_Sightings = Mapping[str, "list[Sighting]"]


class _Asked(NamedTuple):
    """What was asked about: findings, as the very objects, and which version of the record."""

    generation: int
    dead: FilesToFindings
    version: int

    def is_same(self, other: "_Asked") -> bool:
        """Whether the answer is the same; to compare findings would be to look at every one."""
        generation, dead, version = other
        return self.dead is dead and (self.generation, self.version) == (generation, version)


class _Known(NamedTuple):
    """What was found out about a file: of which findings, and of which text and record."""

    findings: tuple[Finding, ...]
    stamp: tuple[object, ...]
    seen: "tuple[tuple[Finding, Seen], ...]"


class Alive:
    """Keeps `state.living` true; every method is called in the event loop's thread.

    `note` is told what goes wrong with the record, a sentence each time.
    """

    def __init__(self, state: "State", note: Callable[[str], None]) -> None:
        """Know nothing yet."""
        self._state, self._note = state, note
        self._listeners: list[Callable[[], None]] = []
        self._mutex = threading.Lock()
        self._folder: tuple[Path, Path] | None = None
        self._evidence: Evidence | None = None
        self._texts: Texts | None = None
        self._known: dict[str, _Known] = {}
        self._resolved = _Asked(-1, {}, -1)
        self._witness: tuple[LineHeat, Witness] | None = None
        self._pending: tuple[LineHeat, float] | None = None
        self._last: tuple[LineHeat, float] | None = None
        self._due = 0.0
        self._resolving: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    def open(self, folder: Path, root: Path) -> None:
        """Read in a thread what is kept in the cache's `folder` of the project at `root`."""
        self._folder = folder, root
        self.follow()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever `state.living` is another."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    # --- What the findings of now have of it --------------------------------------------------

    def follow(self) -> None:
        """Find out anew where findings or files are others than before; it costs nothing else."""
        if self._folder is None or _is_busy(self._resolving):
            return  # whoever is at it looks again when that is done
        if not self._resolved.is_same(self._now()):
            self._resolving = asyncio.get_running_loop().create_task(self._resolve())

    def _now(self) -> "_Asked":
        state, evidence = self._state, self._evidence
        version = evidence.version if evidence is not None else -1
        return _Asked(state.snapshot.generation, state.everything(DEAD), version)

    async def _resolve(self) -> None:
        while not self._resolved.is_same(asked := self._now()):
            living, version = await asyncio.to_thread(self._living, asked.dead)
            self._resolved = asked._replace(version=version)
            self._say_note()
            if not living.says_the_same(self._state.living):
                self._state.living = living
                for listener in tuple(self._listeners):
                    listener()
        if self._last is not None:  # what is called dead by now may be in what was seen before
            self.take(*self._last)

    def _living(self, dead: FilesToFindings) -> tuple[Living, int]:
        """In a thread: return which of `dead` were seen running, and by which version of that."""
        with self._mutex:
            evidence, texts = self._opened()
            evidence.refresh()
            known: dict[str, _Known] = {}
            for path in evidence.paths & dead.keys():
                stamp, before = (texts.stamp(path), evidence.version), self._known.get(path)
                if before is None or before.findings is not dead[path] or before.stamp != stamp:
                    seen = _seen(dead[path], texts.of(path), evidence)
                    before = _Known(dead[path], stamp, tuple(seen))
                known[path] = before
            self._known = known
            return Living(pair for one in known.values() for pair in one.seen), evidence.version

    def _opened(self) -> "tuple[Evidence, Texts]":
        if self._evidence is None or self._texts is None:
            from cockpit.profilers.evidence import Evidence
            from cockpit.profilers.witness import Texts

            folder, root = self._folder or (None, Path())
            self._evidence, self._texts = Evidence(folder, root), Texts(root)
        return self._evidence, self._texts

    def _say_note(self) -> None:
        if self._evidence is not None:
            self._note(self._evidence.note)

    # --- What a profile shows -----------------------------------------------------------------

    def take(self, heat: "LineHeat", started: float = 0.0) -> None:
        """Look at a profile, as often as it grows; `started` is when its process began.

        That is in seconds since the epoch; a file that was changed after it is not what runs.
        """
        self._last = self._pending = heat, started
        if self._folder is not None and not _is_busy(self._looking):
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        while self._pending is not None:
            await asyncio.sleep(max(0.0, self._due - time.monotonic()))
            (heat, started), self._pending = self._pending, None
            found = await asyncio.to_thread(self._record, heat, started, self._sightings(heat))
            if found:
                self._say_note()
                self.follow()
            self._due = time.monotonic() + _EVERY

    def _sightings(self, heat: "LineHeat") -> _Sightings:
        """Return what was seen in files with dead code that could be of it."""
        from cockpit.profilers.witness import Sighting, may_concern

        dead, tally = self._state.everything(DEAD), heat.tally
        found: dict[str, list[Sighting]] = {}
        for path in dead.keys() & heat.paths:
            concerns = may_concern(dead[path])
            some = [
                Sighting(name, frame.line, tally.lines[frame], tally.total[frame.function])
                for frame in heat.frames(path)
                if concerns(name := frame.function.name)
            ]
            if some:
                found[path] = some
        return found

    def _record(self, heat: "LineHeat", started: float, sightings: _Sightings) -> bool:
        """In a thread: add to the record what `sightings` prove; return whether that is news."""
        from cockpit.profilers.witness import Process, Witness

        with self._mutex:
            evidence, texts = self._opened()
            if self._witness is None or self._witness[0] is not heat:
                tally = heat.tally
                process = Process(tally.pid, tally.command, started or tally.began)
                self._witness = heat, Witness(texts, process)
            found = self._witness[1].look(sightings)
            evidence.record(found)
            return bool(found)


def _is_busy(task: "asyncio.Task[None] | None") -> bool:
    return task is not None and not task.done()


def _seen(
    findings: Iterable[Finding], text: "Text", evidence: "Evidence"
) -> "Iterator[tuple[Finding, Seen]]":
    from cockpit.profilers.witness import running

    for finding in findings:
        seen = running(finding, text, evidence)
        if seen is not None:
            yield finding, seen

"""Whose frames were seen: from a profile's lines to functions of the texts that the process runs.

It reads the project's files, and is meant for a thread.
"""

import os
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.profilers.evidence import Evidence, Seen
from cockpit.profilers.names import is_bare
from cockpit.profilers.scopes import Definition, Text
from cockpit.scan import read_regular

#: What of vulture's kinds of dead code can be seen running.
_CLASS = "unused-class"
_DEAD = frozenset(("unused-function", "unused-method", "unused-property", _CLASS))
#: Texts that are remembered, each as large as its file and no larger.
_TEXTS = 64
#: A process may have begun so many seconds later than the system says, and imports take a while.
_SLACK = 2.0


class Sighting(NamedTuple):
    """A frame at a line: what the profiler calls its function, samples with it and with that."""

    name: str
    line: int
    samples: int
    of_function: int


class Process(NamedTuple):
    """The process that was looked at; `began` is seconds since the epoch."""

    pid: int
    command: str
    began: float


class Texts:
    """The texts of the project's files as they are now, read again where they changed."""

    def __init__(self, root: Path) -> None:
        """Read nothing yet."""
        self._root = root
        self._known: OrderedDict[str, tuple[tuple[int, ...], Text]] = OrderedDict()

    def stamp(self, path: str) -> tuple[int, ...]:
        """Return what a change of a file changes, the time of that first; nothing for no file."""
        try:
            state = os.stat(self._root / path)  # noqa: PTH116 -- it may be no path at all
        except (OSError, ValueError):
            return ()
        return state.st_mtime_ns, state.st_size, state.st_ino

    def of(self, path: str) -> Text:
        """Return the text of a file; an empty one where it cannot be read."""
        stamp, known = self.stamp(path), self._known.pop(path, None)
        if known is None or known[0] != stamp:
            known = stamp, Text(self._content(path) if stamp else b"")
        self._known[path] = known
        if len(self._known) > _TEXTS:
            self._known.popitem(last=False)
        return known[1]

    def _content(self, path: str) -> bytes:
        try:
            return read_regular(str(self._root / path))
        except (OSError, ValueError):
            return b""


class Witness:
    """Finds what runs in one process, and says of each function what is more than before."""

    def __init__(self, texts: Texts, process: Process) -> None:
        """Say what `process` runs of the project that has `texts`."""
        self._texts, self._process = texts, process
        self._run: dict[str, Text] = {}
        self._looked: dict[str, frozenset[Sighting]] = {}
        self._told: dict[tuple[str, str, bytes], int] = {}

    def look(self, sightings: Mapping[str, Iterable[Sighting]]) -> list[Seen]:
        """Return what is new of all `sightings` so far, by path."""
        found: list[Seen] = []
        for path, some in sightings.items():
            now = frozenset(some)
            if self._looked.get(path) != now:
                self._looked[path] = now
                found += self._found(path, now)
        return found

    def _found(self, path: str, sightings: Iterable[Sighting]) -> Iterable[Seen]:
        text, now = self._running(path), time.time()
        by_function: defaultdict[Definition, list[Sighting]] = defaultdict(list)
        for one in sightings:
            definition = text.at(one.line)
            if definition is not None and definition.is_of(one.name, one.line):
                by_function[definition].append(one)
        for definition, some in by_function.items():
            key = path, definition.name, definition.digest
            samples = _samples(some)
            before = self._told.get(key, 0)
            # Fewer than before: the profile was begun anew.
            more = samples - before if samples >= before else samples
            self._told[key] = samples
            if more:
                process = self._process
                yield Seen(*key, process.pid, plain(process.command), now, now, more)

    def _running(self, path: str) -> Text:
        """Return the text that the process runs: the newest that is not younger than itself.

        Of a file that was changed since, and never read before, nothing is known.
        """
        changed = self._texts.stamp(path)[:1]
        if changed and changed[0] / 1e9 <= self._process.began + _SLACK:
            self._run[path] = self._texts.of(path)
        return self._run.get(path, _NONE)


_NONE = Text()


def may_concern(findings: Iterable[Finding]) -> Callable[[str], bool]:
    """Return what tells of a frame's name whether it may be of any of `findings`.

    It may say so in vain, and spares taking a text apart where nothing in it is in doubt.
    """
    dead = [one for one in findings if one.name in _DEAD]
    names = {one.symbol.rpartition(".")[2] for one in dead}
    has_class = any(one.name == _CLASS for one in dead)

    def concerns(name: str) -> bool:
        if is_bare(name) and (has_class or name.startswith("<")):
            return bool(dead) and name != "<module>"
        return not names.isdisjoint(name.split("."))

    return concerns


def running(finding: Finding, text: Text, evidence: Evidence) -> Seen | None:
    """Return when and where the function ran that `finding` calls dead, as `text` has it now.

    A class is alive where any of its methods ran; imports, variables and attributes never are.
    """
    if finding.name not in _DEAD:
        return None
    found = text.called(finding.symbol, finding.line)
    if found is None or found.is_class != (finding.name == _CLASS):
        return None
    functions = text.methods(found) if found.is_class else [found]
    seen = (evidence.seen(finding.path, one.name, one.digest) for one in functions)
    return max(filter(None, seen), key=lambda one: one.last, default=None)


def _samples(sightings: Iterable[Sighting]) -> int:
    """Return in how many samples a function was, by its lines: in recursion it has several."""
    lines: defaultdict[str, int] = defaultdict(int)
    whole: dict[str, int] = {}
    for one in sightings:
        lines[one.name] += one.samples
        whole[one.name] = one.of_function
    return max(min(samples, whole[name]) for name, samples in lines.items())

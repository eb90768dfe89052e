"""What the lines and functions of the project's files cost, of one tally: a column of heat.

It is asked once a second and more, so only what came new is looked up, and only files that
somebody asks for are added up.
"""

import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from cockpit.profilers.names import named
from cockpit.profilers.places import Places
from cockpit.profilers.profile import Frame
from cockpit.profilers.tally import Tally

#: Files whose heat is remembered; those that are looked at are few.
_FILES = 200

Shares = Mapping[int, float]


class LineHeat:
    """Shares of CPU by the project's lines; it satisfies `cockpit.ui.heat.Heat`."""

    title = "CPU %"

    def __init__(self, tally: Tally, places: Places) -> None:
        """Say what is in `tally`, now and as it grows."""
        self.tally, self._places = tally, places
        self._forget()

    def _forget(self) -> None:
        self._counter: Counter[Frame] = self.tally.lines
        self._indexed = 0
        self._frames: defaultdict[str, list[Frame]] = defaultdict(list)
        #: Of files outside of the project, by their whole paths: a library is looked at, too.
        self._outside: defaultdict[str, list[Frame]] = defaultdict(list)
        self._known: dict[tuple[str, bool], tuple[int, Shares]] = {}

    @property
    def whose(self) -> str:
        """Whose CPU it is: "pid 4711"."""
        return f"pid {self.tally.pid}" if self.tally.pid else ""

    @property
    def version(self) -> int:
        """It grows with whatever there is to say."""
        return self.tally.version

    @property
    def paths(self) -> Collection[str]:
        """The files of the project in which anything was seen."""
        self._index()
        return self._frames.keys()

    def lines(self, path: str) -> Shares:
        """Return the share (0..1) of all samples with each line anywhere in the stack.

        A file outside of the project is meant by its whole path.
        """
        return self._shares(path, own=False)

    def own(self, path: str) -> Shares:
        """Return the share of all samples with each line on top of the stack."""
        return self._shares(path, own=True)

    def function(self, path: str, name: str, first: int, last: int) -> float:
        """Return the share of the function or class `name`, qualified, of lines `first` to `last`.

        Of a class it is that of its hottest method. Before Python 3.11 a profiler knows only the
        last part of a name, which counts where it was seen in these lines.
        """
        self._index()
        tally, weight = self.tally, max(self.tally.weight, 1)
        functions = {
            frame.function
            for frame in self._frames.get(path, ())
            if _belongs(frame, name, first, last)
        }
        return min(max(map(tally.total.__getitem__, functions), default=0) / weight, 1.0)

    def frames(self, path: str) -> Sequence[Frame]:
        """Return every frame that was seen in a file of the project, in the order of the first."""
        self._index()
        return self._frames.get(path, ())

    def _index(self) -> None:
        """Sort the frames that came since by file; none ever goes but by a reset."""
        if self._counter is not self.tally.lines:
            self._forget()
        if len(self._counter) > self._indexed:
            of, frames = self._places.of, self._frames
            for frame in itertools.islice(self._counter, self._indexed, None):
                path = of(frame.function.path)
                if path and frame.line > 0:
                    frames[path].append(frame)
                elif os.path.isabs(frame.function.path) and frame.line > 0:  # noqa: PTH117 - text
                    self._outside[frame.function.path].append(frame)
            self._indexed = len(self._counter)

    def _shares(self, path: str, own: bool) -> Shares:
        self._index()
        known = self._known.get((path, own))
        if known is None or known[0] != self.version:
            if len(self._known) >= _FILES:
                self._known.clear()
            known = self._known[path, own] = self.version, self._added_up(path, own)
        return known[1]

    def _added_up(self, path: str, own: bool) -> Shares:
        weight = max(self.tally.weight, 1)
        lines: defaultdict[int, list[Frame]] = defaultdict(list)
        for frame in self._frames.get(path) or self._outside.get(path) or ():
            lines[frame.line].append(frame)
        costs = {line: self._cost(frames, own) for line, frames in lines.items()}
        return {line: min(cost / weight, 1.0) for line, cost in costs.items() if cost}

    def _cost(self, frames: Sequence[Frame], own: bool) -> int:
        """Return what a line costs.

        On top of a stack is one function. Further down several of a line, as a function and its
        comprehension, are mostly in one stack, which counts once: so it is that of the larger.
        """
        on_top = sum(map(self.tally.own_lines.__getitem__, frames))
        return on_top if own else max(on_top, *map(self.tally.lines.__getitem__, frames))


def _belongs(frame: Frame, name: str, first: int, last: int) -> bool:
    """Whether a frame is of the function `name`, or of one within what has that name."""
    called = named(frame.function.name)
    if called == name or called.startswith(f"{name}."):
        return True
    bare = name.rpartition(".")[2] == frame.function.name
    return bare and first <= frame.line <= last

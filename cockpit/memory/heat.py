"""What the lines of the project's files hold of the memory, of one shape: a column of heat."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from cockpit.memory.shape import Shape
from cockpit.profilers.places import Places

Shares = Mapping[int, float]


class MemoryHeat:
    """Shares of memory by the project's lines; it satisfies `cockpit.ui.heat.Heat`."""

    title = "MEM %"

    def __init__(self, shape: Shape, places: Places, whose: str, version: int) -> None:
        """Say what is in `shape`, which is of what `whose` says."""
        self.shape, self.whose, self.version = shape, whose, version
        self._places = places
        whole = self._whole = max(shape.size, 1)
        self._lines: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._own: defaultdict[str, dict[int, float]] = defaultdict(dict)
        for one in shape.lines:
            path = self._of(one.function.path)
            if one.line > 0 and one.total:
                self._lines[path][one.line] = min(one.total / whole, 1.0)
            if one.line > 0 and one.own:
                self._own[path][one.line] = min(one.own / whole, 1.0)

    def _of(self, path: str) -> str:
        """Return a path in the project; a file outside of it is meant by its whole path."""
        return self._places.of(path) or path

    @property
    def paths(self) -> Collection[str]:
        """The files that have warm lines."""
        return self._lines.keys()

    def lines(self, path: str) -> Shares:
        """Return the share (0..1) of all bytes with each line anywhere in the stack."""
        return self._lines.get(path, {})

    def own(self, path: str) -> Shares:
        """Return the share of all bytes that each line allocated itself."""
        return self._own.get(path, {})

    def function(self, path: str, name: str, first: int, last: int) -> float:
        """Return the share of the function `name`, qualified, of lines `first` to `last`.

        memray may know the last part of a name alone, which counts where it was seen in these
        lines. Of a class it is that of its hottest method.
        """
        short = name.rpartition(".")[2]
        found = (
            size
            for function, size in self.shape.functions.items()
            if first <= self.shape.heaviest.get(function, 0) <= last
            and self._of(function.path) == path
            and (f"{name}." in f"{function.name}." or function.name.rpartition(".")[2] == short)
        )
        return min(max(found, default=0) / self._whole, 1.0)

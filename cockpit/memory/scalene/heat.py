"""What the lines of the project's files take, as scalene measured them: columns of heat."""

from collections.abc import Callable, Collection, Iterable, Mapping

from cockpit.memory.scalene.document import Line, Report
from cockpit.profilers.places import Places

Shares = Mapping[int, float]


class ScaleneHeat:
    """Shares of something by the project's lines; it satisfies `cockpit.ui.heat.Heat`.

    scalene knows no stacks of lines: what a line calls of the project is that one's, and what it
    calls of libraries is its own. So `lines` and `own` are the same.
    """

    def __init__(
        self, title: str, whose: str, version: int, shares: Mapping[str, Shares], adds: bool = True
    ) -> None:
        """Say the `shares` (0..1) of the lines of each file.

        `adds` is whether a function's is the sum of its lines', or only the highest of theirs.
        """
        self.title, self.whose, self.version = title, whose, version
        self._shares = {path: found for path, found in shares.items() if found}
        self._of_all: Callable[[Iterable[float]], float] = sum if adds else _highest

    @property
    def paths(self) -> Collection[str]:
        """The files that have warm lines."""
        return self._shares.keys()

    def lines(self, path: str) -> Shares:
        """Return the share (0..1) of each warm line; a file of no project by its whole path."""
        return self._shares.get(path, {})

    def own(self, path: str) -> Shares:
        """Return the same: what a line calls is not in it."""
        return self.lines(path)

    def function(self, path: str, name: str, first: int, last: int) -> float:  # noqa: ARG002
        """Return the share of all lines of what is called `name`, `first` to `last`.

        scalene's own figure of a function is less: it shares a loop's time out over the lines of
        the loop, and then leaves those out that it never saw at work.
        """
        warm = self.lines(path).items()
        return min(self._of_all(share for line, share in warm if first <= line <= last), 1.0)


def _highest(shares: Iterable[float]) -> float:
    return max(shares, default=0.0)


def heats(report: Report, places: Places, whose: str, version: int) -> list[ScaleneHeat]:
    """Return all columns that a report has: the CPU, the memory, and what else is not zero.

    A line's CPU is its time in Python, in native code and in the system; its memory is what it
    allocated of all that was; what it copied is of all that was copied; its GPU is how busy that
    was.
    """
    copied = sum(line.copied for file in report.files.values() for line in file.lines)

    def column(title: str, of: Callable[[Line], float], adds: bool = True) -> ScaleneHeat:
        return ScaleneHeat(title, whose, version, _shares(report, places, of), adds)

    return [
        column("CPU %", lambda line: line.cpu / 100),
        *([column("MEM %", lambda line: line.share)] if report.memory else ()),
        *([column("COPY %", lambda line: line.copied / copied)] if copied > 0 else ()),
        *([column("GPU %", lambda line: line.gpu / 100, adds=False)] if report.gpu else ()),
    ]


def _shares(report: Report, places: Places, of: Callable[[Line], float]) -> Mapping[str, Shares]:
    """Return what `of` says of each line that is not cold, by the project's paths."""
    shares: dict[str, dict[int, float]] = {}
    for path, file in report.files.items():
        # Two names of one file, by a link, are one file of the project.
        found = shares.setdefault(places.of(path) or path, {})
        for line in file.lines:
            if line.line and (share := of(line)) > 0:
                found[line.line] = min(found.get(line.line, 0.0) + share, 1.0)
    return shares

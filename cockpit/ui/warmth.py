"""What profilers know of findings: how warm each is, and a list with the hottest first.

Plain values; it draws nothing.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

import msgspec

from cockpit.model import Finding
from cockpit.ui.heat import Heat
from cockpit.ui.order import Rows

#: Seconds for which an order by heat holds, however much is learnt: a list is to be read.
_HOLDS = 1.0
#: Findings that are about a whole function or class, and not about the line they stand on.
_WHOLE = frozenset(("unused-function", "unused-method", "unused-property", "unused-class"))

Stamp = tuple[tuple[int, int], ...]


class Warm(msgspec.Struct, frozen=True):
    """What one profiler says of a finding's place: of `what`, a line or a function, how much.

    `percent` is its share of the whole `measure` and `own` what it does itself, rounded; empty
    where that rounds to nothing. `whose` is the process, in words.
    """

    measure: str
    what: str
    percent: str
    own: str = ""
    whose: str = ""

    @property
    def aside(self) -> str:
        """What is said of its own share, in parentheses."""
        return f" (own {self.own}%)" if self.own else ""


class _Sorted(NamedTuple):
    """An order by heat: of which rows, after which stamp, made when, which places came first."""

    worst: Rows
    stamp: Stamp
    when: float
    first: Sequence[int]
    rows: Rows


class Warmth:
    """The heat of findings, of whatever profilers there are: of several the warmest counts."""

    def __init__(
        self, heats: Sequence[Heat] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask `heats`, which may come and go."""
        self.heats = heats
        self._clock = clock
        self._sorted: dict[tuple[str, bool], _Sorted] = {}

    @property
    def stamp(self) -> Stamp:
        """What is another whenever any heat is."""
        return tuple((id(heat), heat.version) for heat in self.heats)

    def of(self, finding: Finding) -> float:
        """Return a finding's heat, from 0 to 1."""
        return max((_share(heat, finding) for heat in self.heats), default=0.0)

    def told(self, finding: Finding) -> tuple[Warm, ...]:
        """Return what each profiler that knows of a finding says of its place."""
        return tuple(_told(heat, finding) for heat in self.heats if _share(heat, finding) > 0)

    def rows(
        self,
        key: tuple[str, bool],
        worst: Rows,
        findings_in: Callable[[Iterable[str]], Iterator[Finding]],
    ) -> Rows:
        """Return the rows `worst`, a whole, with the warm ones first; what is as warm stays so.

        The same object while that order holds; `key` is what they are rows of. Only what is in
        warm files is looked at.
        """
        if not self.heats:
            self._sorted.clear()
            return worst
        known, stamp, now = self._sorted.get(key), self.stamp, self._clock()
        same = known is not None and known.worst is worst
        if known is not None and same and (known.stamp == stamp or now - known.when < _HOLDS):
            return known.rows
        first = self._first(worst, findings_in)
        if known is not None and same and known.first == first:
            rows = known.rows
        else:
            rows = worst.pulled(first) if first else worst
        self._sorted[key] = _Sorted(worst, stamp, now, first, rows)
        return rows

    def _first(
        self, worst: Rows, findings_in: Callable[[Iterable[str]], Iterator[Finding]]
    ) -> list[int]:
        """Return the places of the warm rows, the hottest first, as far as a person can tell."""
        paths = set().union(*(heat.paths for heat in self.heats))
        warm = {id(one): rank for one in findings_in(paths) if (rank := _rank(self.of(one)))}
        ids = list(map(id, worst.findings))
        places = list(compress(range(len(ids)), map(warm.__contains__, ids)))
        return sorted(places, key=lambda place: -warm[ids[place]])


def _rank(share: float) -> float:
    """Return what is compared: what is shown, so that no row moves for less than that."""
    return 0.0 if not share > 0 else round(share * 100) or 0.5


def _is_whole(finding: Finding) -> bool:
    return finding.name in _WHOLE or (finding.checker == "interrogate" and bool(finding.symbol))


def _share(heat: Heat, finding: Finding) -> float:
    """Return a function's share of what is about a function, else its hottest line's."""
    path, first, last = finding.path, finding.line, finding.end_line
    if _is_whole(finding):
        return heat.function(path, finding.symbol, first, last)
    lines = heat.lines(path)
    if last <= first:
        return lines.get(first, 0.0)
    if last - first < len(lines):
        return max(lines.get(line, 0.0) for line in range(first, last + 1))
    return max((share for line, share in lines.items() if first <= line <= last), default=0.0)


def _told(heat: Heat, finding: Finding) -> Warm:
    share, own, what = _share(heat, finding), 0.0, "code"
    measure = heat.title.removesuffix("%").strip()
    if _is_whole(finding):
        what = "class" if "class" in finding.name or "-class-" in finding.rule else "function"
    elif finding.end_line <= finding.line:
        what, own = "line", heat.own(finding.path).get(finding.line, 0.0)
    return Warm(measure, what, _percent(share), _percent(own) if own > 0 else "", heat.whose)


def _percent(share: float) -> str:
    return str(round(share * 100)) if share >= 0.005 else "under 1"

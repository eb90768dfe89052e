"""The rows of the memory page's lists: what stands in them, and in which order.

Pure functions of what was read; how a row is drawn is in `mem_draw`.
"""

import bisect
import itertools
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from cockpit.memory.comparing import PlaceChange
from cockpit.memory.model import Capture, LiveRow, Stats, Summary
from cockpit.memory.scalene.document import File, Line, Report
from cockpit.memory.shape import LineOf, Shape
from cockpit.memory.tables import TableRow
from cockpit.profilers.profile import Function
from cockpit.ui.cpu_rows import MOST, holding, passes
from cockpit.ui.sizes import size

Sort = Literal["own", "total"]


class StatRow(NamedTuple):
    """A line of the figures: a heading where there is no `value`, else what, how much, and a bar.

    `share` (0..1) is the length of the bar, and `number` tells rows apart.
    """

    number: int
    label: str
    value: str = ""
    share: float = 0.0


def table_rows(shape: Shape, words: str) -> list[TableRow]:
    """Return the rows of `memory table` whose function or path has `words`, the largest first."""
    if not words:
        return list(shape.rows[:MOST])
    passing = passes(words)
    found = (row for row in shape.rows if passing(Function(row.name, row.path)))
    return list(itertools.islice(found, MOST))


def line_rows(shape: Shape, sort: Sort, words: str) -> list[LineOf]:
    """Return the lines whose function or path has `words`, the largest first."""
    passing = passes(words)
    rows = [row for row in shape.lines if row.line > 0 and passing(row.function)]
    if sort == "own":
        rows.sort(key=lambda row: (-row.own, -row.total, row.function, row.line))
    else:
        rows.sort(key=lambda row: (-row.total, -row.own, row.function, row.line))
    return rows[:MOST]


def live_rows(rows: Iterable[LiveRow], sort: Sort, words: str) -> list[LiveRow]:
    """Return the places of a running program whose function or path has `words`."""
    passing = passes(words)
    found = [row for row in rows if passing(Function(row.place.name, row.place.path))]
    if sort == "own":
        found.sort(key=lambda row: (-row.own, -row.total, row.place))
    else:
        found.sort(key=lambda row: (-row.total, -row.own, row.place))
    return found[:MOST]


def capture_rows(captures: Iterable[Capture], words: str) -> list[Capture]:
    """Return the captures that have `words` in their name or command."""
    passing = holding(words)
    return [one for one in captures if passing(f"{one.name}\n{one.command}\n{one.path}")]


class ScaleneRow(NamedTuple):
    """A line as scalene measured it."""

    path: str
    line: Line
    name: str
    leak: float


def scalene_rows(report: Report, sort: Sort, words: str) -> list[ScaleneRow]:
    """Return the lines that took anything, those with most CPU or, by `total`, memory first."""
    passing = passes(words)
    rows = []
    for path, file in report.files.items():
        names = _names(file)
        for line in file.lines:
            name = names(line.line)
            took = line.cpu or line.allocated or line.copied or line.gpu
            if took and passing(Function(name, path)):
                leak = file.leaks.get(line.line)
                rows.append(ScaleneRow(path, line, name, leak.likelihood if leak else 0.0))
    if sort == "own":
        rows.sort(key=lambda row: (-row.line.cpu, -row.line.share, row.path, row.line.line))
    else:
        rows.sort(key=lambda row: (-row.line.share, -row.line.cpu, row.path, row.line.line))
    return rows[:MOST]


def _names(file: File) -> Callable[[int], str]:
    """Return what tells the function that a line is in: the last that begins before it."""
    starts = sorted((one.line, one.name) for one in file.functions)
    numbers = [line for line, _ in starts]

    def name(line: int) -> str:
        at = bisect.bisect_right(numbers, line)
        return starts[at - 1][1] if at else ""

    return name


def change_rows(changes: Iterable[PlaceChange], words: str) -> list[PlaceChange]:
    """Return the places of two captures whose function or path has `words`, the most changed first.

    What did not change is left out.
    """
    passing = passes(words)
    found = (
        one
        for one in changes
        if one.sums.change and passing(Function(one.place.name, one.place.path))
    )
    return list(itertools.islice(found, MOST))


def stat_rows(summary: Summary, stats: Stats | None, words: str) -> list[StatRow]:
    """Return what the capture is and the figures of `memray stats`, line by line.

    Of them those with `words` in them.
    """
    lines = [*_about(summary), *(_figures(stats) if stats is not None else ())]
    passing = holding(words)
    rows = (StatRow(number, *line) for number, line in enumerate(lines))
    return [row for row in rows if passing(row.label)]


_Line = tuple[str, str, float]


def _about(summary: Summary) -> list[_Line]:
    """Return what a capture is of, and what is to be said of it."""
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(summary.began / 1000))
    facts = [
        (summary.command, "command"),
        (str(summary.pid), "process"),
        (began, "began"),
        (summary.python_allocator, "allocator"),
        (f"{summary.frames:,}", "frames"),
    ]
    notes: list[_Line] = [(note, "!", 0.0) for note in summary.notes]
    about: list[_Line] = [(value, name, 0.0) for value, name in facts]
    return [("the capture", "", 0.0), *notes, *about, ("", "", 0.0)]


def _figures(stats: Stats) -> list[_Line]:
    by_size = [(f"{one.least:,} to {one.most:,} bytes", one.allocations) for one in stats.histogram]
    return [
        *_group("allocations by size", by_size),
        *_group("allocations by allocator", stats.by_allocator),
        *_group("largest places, by bytes", stats.by_size, size),
        *_group("largest places, by allocations", stats.by_count),
        *_group("largest modules, by bytes", [(m, n) for m, _, n in stats.modules_by_size], size),
        *_group("largest modules, by allocations", [(m, n) for m, n, _ in stats.modules_by_count]),
    ]


def _group(
    title: str, rows: Sequence[tuple[str, int]], shown: Callable[[int], str] = "{:,}".format
) -> list[_Line]:
    """Return a heading and, for each of `rows`, what it is, how much, and the length of its bar."""
    most = max((value for _, value in rows), default=0) or 1
    lines = [(name, shown(value), value / most) for name, value in rows]
    return [(title, "", 0.0), *lines, ("", "", 0.0)] if lines else []


def key_of(row: Any) -> Hashable:
    """Return what a row is known by from one moment to the next."""
    if isinstance(row, TableRow):
        return row.name, row.path, row.line, row.allocator, row.thread_name
    if isinstance(row, Capture):
        return row.path
    if isinstance(row, LineOf):
        return row.function, row.line
    if isinstance(row, ScaleneRow):
        return row.path, row.line.line
    key: Hashable = row[0]  # a place, a line's number
    return key


def place_in(row: Any) -> tuple[str, int]:
    """Return the path and line that a row leads to; no path where it leads nowhere."""
    if isinstance(row, TableRow):
        return row.path, row.line
    if isinstance(row, LineOf):
        return row.function.path, row.line
    if isinstance(row, ScaleneRow):
        return row.path, row.line.line
    if isinstance(row, StatRow) and row.value:
        return _place_in_words(row.label)
    if isinstance(row, LiveRow | PlaceChange):
        return row.place.path, row.place.line
    return "", 0


def _place_in_words(label: str) -> tuple[str, int]:
    """Return the path and line of `function:path:line`, as memray writes a place."""
    rest, _, line = label.rpartition(":")
    path = rest.partition(":")[2]
    return (path, int(line)) if path and line.isascii() and line.isdigit() else ("", 0)

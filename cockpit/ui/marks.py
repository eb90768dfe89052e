"""What every pane says of one file, by line: for the gutter, the minimap and the way between marks.

Plain values; it draws nothing.
"""

import bisect
from collections.abc import Callable, Mapping, Sequence

import msgspec

from cockpit.model import SEVERITIES, Finding, Severity
from cockpit.panes import PANES

#: What every pane says of a file, by the pane's id.
Said = Mapping[str, tuple[Finding, ...]]


class Mark(msgspec.Struct, frozen=True):
    """What one pane says of one line: its worst finding there, and whether any of them is new."""

    finding: Finding
    new: bool = False


class Marks(msgspec.Struct, frozen=True):
    """The marks of a file: `lines` by line, from 1, and pane; `columns` are the panes in order."""

    columns: tuple[str, ...] = ()
    lines: Mapping[int, Mapping[str, Mark]] = {}
    order: Sequence[int] = ()

    def of(self, line: int) -> Mapping[str, Mark]:
        """Return the marks of a line by pane."""
        return self.lines.get(line, {})

    def worst(self, line: int) -> Finding | None:
        """Return the worst finding of a line; of equals, that of the first pane."""
        found = [mark.finding for mark in self.of(line).values()]
        return min(found, key=_rank, default=None)

    def is_new(self, line: int) -> bool:
        """Return whether anything said of the line is new."""
        return any(mark.new for mark in self.of(line).values())

    def beside(self, line: int, direction: int) -> tuple[int, bool]:
        """Return the next marked line from `line`, or the one before, and whether that wraps.

        The line is 0 where nothing is marked.
        """
        if not self.order:
            return 0, False
        if direction > 0:
            at = bisect.bisect_right(self.order, line)
            return self.order[at % len(self.order)], at == len(self.order)
        at = bisect.bisect_left(self.order, line) - 1
        return self.order[at], at < 0

    def place(self, line: int) -> int:
        """Return how many-th of the marked lines `line` is, from 1."""
        return bisect.bisect_right(self.order, line)


def marks_of(said: Said, is_new: Callable[[Finding], bool], before: Sequence[str] = ()) -> Marks:
    """Return the marks of a file; panes in `before` keep their columns, so that nothing jumps."""
    lines: dict[int, dict[str, Mark]] = {}
    columns = tuple(pane.id for pane in PANES if said.get(pane.id) or pane.id in before)
    for pane in columns:
        for finding in said.get(pane, ()):
            marks = lines.setdefault(finding.line, {})
            known, new = marks.get(pane), is_new(finding)
            if known is None:
                marks[pane] = Mark(finding, new)
            else:
                worse = min(known.finding, finding, key=_rank)
                marks[pane] = Mark(worse, known.new or new)
    return Marks(columns, lines, sorted(lines))


def others_on_line(said: Said, finding: Finding) -> list[Finding]:
    """Return what else is said of the finding's line, worst first."""
    found = [
        one
        for findings in said.values()
        for one in findings
        if one.line == finding.line and one.key != finding.key
    ]
    return sorted(found, key=_rank)


def minimap(marks: Marks, lines: int, height: int) -> list[Severity | None]:
    """Return the worst severity in each of `height` equal parts of a file of `lines` lines."""
    cells: list[Severity | None] = [None] * max(height, 0)
    if not cells:  # a part that does not show
        return cells
    for line in marks.order:
        worst = marks.worst(line)
        at = min((line - 1) * height // max(lines, 1), height - 1)
        held = cells[at]
        if worst and (held is None or _rank(worst) < SEVERITIES.index(held)):
            cells[at] = worst.severity
    return cells


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)

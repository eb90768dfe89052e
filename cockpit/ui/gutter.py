"""The gutter of the source view: number, what is new, a column a pane that says anything, heat."""

from collections.abc import Iterator, Mapping, Sequence

from rich.segment import Segment
from rich.text import Text

from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.ui.draw import label
from cockpit.ui.heat import HEAT_WIDTH, Heat, heat_cell
from cockpit.ui.marks import Marks
from cockpit.ui.style import Look


class Gutter:
    """Draws what stands before the code of a line; its width follows what there is to say."""

    def __init__(self, look: Look) -> None:
        """Start without a file."""
        self._look = look
        self._digits = 3
        self._heats: list[tuple[str, Mapping[int, float], float]] = []
        self.width = 0

    def heat(self, heats: Sequence[Heat], path: str) -> None:
        """Take what providers know of the lines of a file; one that knows nothing has a column."""
        lines = [(one.title, one.lines(path)) for one in heats]
        self._heats = [(title, found, max(found.values(), default=0)) for title, found in lines]

    def measure(self, lines: int, marks: Marks) -> None:
        """Take the lines in all, and the columns of the marks."""
        self._digits = max(3, len(str(lines)))
        heats = len(self._heats) * (HEAT_WIDTH + 1)
        self.width = self._digits + 1 + len(marks.columns) + heats + 1

    def cells(
        self, line: int, marks: Marks, current: bool, inside: Finding | None
    ) -> Iterator[Segment]:
        """Yield the cells before a line; `inside` is a finding of several lines, this one too."""
        palette, signs = self._look.palette, self._look.signs
        style = palette.text if current else palette.low
        yield Segment(f"{line:>{self._digits}}", style)
        yield Segment(signs.new if marks.is_new(line) else " ", palette.strong)
        found = marks.of(line)
        for column in marks.columns:
            mark = found.get(column)
            if mark is None:
                yield Segment(" ", style)
            else:
                severity = mark.finding.severity
                yield Segment(signs.of(severity), palette.of(severity))
        for _, weights, hottest in self._heats:
            yield Segment(" ", style)
            yield heat_cell(weights.get(line, 0), hottest, signs, palette)
        if inside is None:
            yield Segment(" ", style)
        else:
            yield Segment(signs.edge, palette.of(inside.severity))

    def legend(self, marks: Marks, line: int) -> Text:
        """Return what the columns are; on a line with marks, what each of them says."""
        palette, signs, legend = self._look.palette, self._look.signs, Text()
        found = marks.of(line)
        for column in marks.columns:
            mark = found.get(column)
            if mark is not None:
                severity = mark.finding.severity
                legend.append(signs.of(severity), palette.of(severity))
                legend.append(f" {column} {_rule(mark.finding)}  ", palette.muted)
        if found:
            place = f"mark {marks.place(line):,} of {len(marks.order):,}"
            return legend.append(place, palette.muted)
        parts = [f"marks: {' '.join(marks.columns)}"] if marks.columns else []
        if self._heats:
            parts.append(f"heat: {', '.join(plain(title) for title, _, _ in self._heats)}")
        return legend.append("  ".join(parts), palette.muted)


def _rule(finding: Finding) -> str:
    return label(finding) if finding.confidence.endswith("%") else plain(finding.rule)

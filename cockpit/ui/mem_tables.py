"""What the lists of the memory page hold, view by view, and what is said where that is nothing."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from cockpit.memory.comparing import PlaceChange
from cockpit.memory.model import Kind, Part
from cockpit.memory.shape import Shape
from cockpit.ui import cpu_rows, mem_draw, mem_rows
from cockpit.ui.context import Context
from cockpit.ui.cpu_draw import draw_said
from cockpit.ui.detail import Docs
from cockpit.ui.reading import Opened
from cockpit.ui.rows import Draw, DrawHead
from cockpit.ui.sizes import size
from cockpit.ui.views import ViewsPage

#: The rows of a list, what draws one of them, and what draws the head of their columns.
Table = tuple[Sequence[Any], Draw, DrawHead | None]
KINDS: dict[str, Kind] = {"Peak": "peak", "Leaks": "leaks", "Temporary": "temporary"}
#: What each kind of allocations is, in words.
_OF: dict[Kind, str] = {
    "peak": "of the peak",
    "leaks": "never freed",
    "temporary": "freed at once",
}
#: The part that each view waits for.
_PARTS: dict[str, Part] = {
    "Peak": "peak",
    "Leaks": "leaks",
    "Temporary": "temporary",
    "Stats": "stats",
}


class Compared(NamedTuple):
    """Two captures beside each other: what they are called, and every place that differs."""

    title: str
    changes: Sequence[PlaceChange]


class MemoryTables(ViewsPage):
    """A page of views on a capture, on a running program, and on the list of captures."""

    VIEWS = (
        "Captures",
        "Live",
        "Scalene",
        "Peak",
        "Leaks",
        "Temporary",
        "Lines",
        "Tree",
        "Flame",
        "Stats",
        "Changes",
        "Output",
    )
    ALONE = frozenset(("Flame", "Stats", "Output"))
    UNIT: ClassVar[str] = "bytes"

    def __init__(self, context: Context, docs: Docs) -> None:
        """Start with the list of captures."""
        super().__init__(context, docs)
        self._tracking = context.tracked()
        self._sort: mem_rows.Sort = "own"
        self._kind: Kind = "peak"
        self._compared: Compared | None = None

    @property
    def _opened(self) -> Opened | None:
        return self._tracking.opened

    @property
    def shape(self) -> Shape | None:
        """The allocations that are looked at in Lines, Tree and Flame."""
        return self._opened.shapes.get(self._kind) if self._opened is not None else None

    def views(self) -> tuple[str, ...]:
        """Return the views that there are: each only where there is something to be in it."""
        program, opened = self._tracking.program, self._opened
        there = {
            "Captures": True,
            "Live": program is not None and program.pictures,
            "Scalene": self._tracking.report is not None
            or (program is not None and program.figures),
            "Changes": self._compared is not None,
            "Output": program is not None and program.ours,
        }
        return tuple(one for one in self.VIEWS if there.get(one, opened is not None))

    def table(self) -> Table:
        """Return the rows of the open view, what draws them, and what draws their head."""
        return {
            **dict.fromkeys(KINDS, self._of_kind),
            "Lines": self._lines,
            "Stats": self._stats,
            "Live": self._live,
            "Scalene": self._scalene,
            "Changes": self._changes,
            "Output": self._output,
        }.get(self._tab, self._captures)()

    def _captures(self) -> Table:
        look, opened = self.context.look, self._opened
        rows = mem_rows.capture_rows(self._tracking.captures, self._words)
        path = opened.capture.path if opened is not None else ""
        return rows, mem_draw.draw_capture(look, path), mem_draw.capture_head(look)

    def _lines(self) -> Table:
        look, shape = self.context.look, self.shape
        rows = mem_rows.line_rows(shape, self._sort, self._words) if shape is not None else ()
        draw = mem_draw.draw_line(shape.size if shape else 0, look, self.context.short)
        return rows, draw, mem_draw.line_head(self._sort, look)

    def _stats(self) -> Table:
        opened, words = self._opened, self._words
        summary = opened.summary if opened is not None else None
        rows: Sequence[mem_rows.StatRow] = ()
        if opened is not None and summary is not None:
            rows = mem_rows.stat_rows(summary, opened.stats, words)
        return rows, mem_draw.draw_stat(self.context.look), None

    def _scalene(self) -> Table:
        look, report = self.context.look, self._tracking.report
        rows = mem_rows.scalene_rows(report, self._sort, self._words) if report is not None else ()
        head = mem_draw.scalene_head(self._sort, look)
        return rows, mem_draw.draw_scalene(look, self.context.short), head

    def _changes(self) -> Table:
        look = self.context.look
        changes = self._compared.changes if self._compared is not None else ()
        rows = mem_rows.change_rows(changes, self._words)
        return rows, mem_draw.draw_change(look, self.context.short), mem_draw.change_head(look)

    def _output(self) -> Table:
        program = self._tracking.program
        said = program.said if program is not None else ()
        return cpu_rows.said_rows(said, self._words), draw_said(self.context.look), None

    def _of_kind(self) -> Table:
        kind = KINDS[self._tab]
        shape = self._opened.shapes.get(kind) if self._opened is not None else None
        look, head = self.context.look, mem_draw.table_head(self.context.look)
        draw = mem_draw.draw_table(shape.size if shape else 0, look, self.context.short)
        return mem_rows.table_rows(shape, self._words) if shape else (), draw, head

    def _live(self) -> Table:
        look, picture = self.context.look, self._tracking.picture
        found = mem_rows.live_rows(picture.rows, self._sort, self._words) if picture else ()
        draw = mem_draw.draw_live(picture.heap if picture else 0, look, self.context.short)
        return found, draw, mem_draw.line_head(self._sort, look)

    def empty(self) -> str:
        """Return why there are no rows."""
        program = self._tracking.program
        said = {
            "Captures": "No capture yet. l runs a program, a attaches to one, i takes in a file.",
            "Live": "No picture yet: a program takes a second to start under memray.",
            "Output": "It said nothing yet.",
            "Scalene": "No figures yet: scalene writes them once a second."
            if program is not None and program.running
            else "scalene measured nothing.",
            "Changes": "No place differs.",
        }
        if self._words:
            return "Nothing passes the filter; esc clears it."
        return said.get(self._tab) or self._unread(_PARTS.get(self._tab, self._kind))

    def _unread(self, part: Part) -> str:
        """Return why a part of the capture is not there to be seen."""
        opened = self._opened
        if opened is None or part in opened.awaited:
            return f"{self.context.look.signs.running} being read"
        if part in opened.problems:
            error = opened.problems[part]
            return f"{error.message}. {error.hint}".strip()
        if part in opened.shapes or (part == "stats" and opened.stats is not None):
            return "Nothing: there is no such allocation."
        if part == "temporary":
            return "Temporary allocations take long and much memory to find; r reads them."
        return "Not read: it was stopped. r reads it."

    def beside(self) -> str:
        """Return how the open view is looked at, in words."""
        parts = []
        if self._tab in ("Lines", "Tree", "Flame"):
            parts.append(_OF[self._kind])
        if self._tab in KINDS and self._opened is not None:
            shape = self._opened.shapes.get(KINDS[self._tab])
            parts += [f"{len(shape.rows):,} places, {size(shape.size)}"] if shape else []
        if self._tab in ("Lines", "Live"):
            parts.append(f"{self._sort} first")
        if self._tab == "Scalene":
            parts.append("CPU first" if self._sort == "own" else "memory first")
        if self._tab == "Changes" and self._compared is not None:
            parts.append(self._compared.title)
        if self._words:
            parts.append(f"filter: {self._words}")
        return f" {self.context.look.signs.dot} ".join(parts)

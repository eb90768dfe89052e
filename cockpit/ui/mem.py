"""The memory page: what holds the memory of a program, live or of a capture.

What is tracked and read is in `tracking` and `reading`; the lists' rows are in `mem_rows`.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from cockpit.memory.model import Capture
from cockpit.profilers.profile import Function, Node
from cockpit.ui import mem_rows
from cockpit.ui.context import Context
from cockpit.ui.detail import Docs
from cockpit.ui.heap import HeapPlot
from cockpit.ui.mem_captures import CapturesPage
from cockpit.ui.mem_head import (
    MemoryHead,
    Shown,
    facts_measured,
    facts_now,
    facts_of,
    plotted,
)
from cockpit.ui.mem_tables import KINDS
from cockpit.ui.view import MemoryView
from cockpit.ui.views import viewing

#: What is shown where no tree is known.
_NONE = Node(Function("all", ""))


class MemoryScreen(CapturesPage):
    """Everything about memory; it keeps its view, filter and cursor."""

    DEFAULT_CSS = """
    MemoryScreen HeapPlot { display: none; }
    MemoryScreen.-plotted HeapPlot { display: block; }
    MemoryScreen.-low HeapPlot { height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *viewing("mem"),
        Binding("S", "sort", "own or total first", show=False, id="mem.sort"),
    ]

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what `context` tracks."""
        super().__init__(context, docs)
        self._head, self._plot = MemoryHead(context.look), HeapPlot(context.look)

    def heads(self) -> Iterable[Widget]:
        """What is looked at, and its heap over time."""
        return (self._head, self._plot)

    def feet(self) -> Iterable[Widget]:
        """Where a file is named."""
        return (self._ask,)

    @property
    def view(self) -> MemoryView:
        """How the person looks at it."""
        return MemoryView(self._sort, self._zoomed)

    @view.setter
    def view(self, view: MemoryView) -> None:
        self._sort, self._zoomed = view.sort, view.zoomed

    def on_resize(self, event: events.Resize) -> None:
        """The plot is lower where there are few lines."""
        super().on_resize(event)
        self._show_plot()

    # --- Drawing ------------------------------------------------------------------------------

    @property
    def _at_program(self) -> bool:
        """Whether it is the running program that is looked at, and not a capture."""
        return self._tab in ("Live", "Scalene", "Output") or self._opened is None

    def show_head(self) -> None:
        """Tell of the program or the capture, and draw its heap."""
        self._head.show(self._of_program() if self._at_program else self._of_capture())
        self._show_plot()

    def _show_plot(self) -> None:
        tracking, opened = self._tracking, self._opened
        if tracking.report is not None:
            moments, peak = plotted(tracking.report)
        elif self._at_program:
            moments = list(tracking.course.moments)
            peak = tracking.picture.peak if tracking.picture is not None else 0
        else:
            summary = opened.summary if opened is not None else None
            moments = list(summary.moments) if summary is not None else []
            peak = summary.peak if summary is not None else 0
        self.set_class(len(moments) > 1 and self.size.height >= 20, "-plotted")
        self._plot.show(moments, peak)

    def _of_program(self) -> Shown:
        """Return what is said of the program that is tracked."""
        look, tracking = self.context.look, self._tracking
        palette, signs, program = look.palette, look.signs, tracking.program
        if tracking.report is not None and (program is None or not program.figures):
            facts = facts_measured(tracking.report, look)
            return Shown(signs.fresh, "scalene", palette.good, tracking.profiled, tuple(facts))
        if program is None:
            words = "l runs a program under memray, a attaches to one, enter opens a capture."
            return Shown("", "no program is tracked", palette.muted, "", notes=(words,), calm=True)
        sign, style = (
            (signs.medium, palette.good)
            if program.running
            else (
                signs.skipped,
                palette.medium,
            )
        )
        word = "tracking" if program.running else "ended"
        facts = facts_now(tracking.picture, look) if tracking.picture is not None else []
        if tracking.report is not None:
            facts = facts_measured(tracking.report, look)
        words = f"{word} {program.pid}"
        notes, calm = (program.words,), not program.trouble
        return Shown(sign, words, style, program.command, tuple(facts), notes, calm=calm)

    def _of_capture(self) -> Shown:
        """Return what is said of the capture that is open."""
        look, opened = self.context.look, self._opened
        palette, signs = look.palette, look.signs
        assert opened is not None  # noqa: S101 -- for the type checker
        capture, summary = opened.capture, opened.summary
        told = summary.command if summary is not None else ""
        name = capture.name or capture.command or told or capture.path
        problem = opened.problems.get("summary")
        if problem is not None:
            notes = (f"{problem.message}.", problem.hint)
            return Shown(signs.failed, "cannot be read:", palette.high, name, notes=notes)
        if summary is None:
            return Shown(signs.running, "reading", palette.medium, name, progress=opened.progress)
        standing = summary.standing
        sign, style = {
            "running": (signs.running, palette.medium),
            "complete": (signs.fresh, palette.good),
        }.get(standing, (signs.skipped, palette.medium))
        facts = tuple(facts_of(summary, look))
        return Shown(sign, standing, style, name, facts, tuple(summary.notes), opened.progress)

    def show_view(self, anew: bool) -> None:
        """Draw the open view."""
        opened, kind = self._opened, KINDS.get(self._tab)
        if kind is not None and opened is not None and kind in opened.shapes:
            self._kind = kind
        shape = self.shape
        if self._tab in ("Tree", "Flame"):
            tree = shape.tree if shape is not None else _NONE
            version = opened.version if opened is not None and shape is not None else -1
            widget = self._calls if self._tab == "Tree" else self._flame
            widget.show(tree, version, empty=self.empty())
            return
        found, draw, head = self.table()
        last = self._tab == "Output"
        self._list.show(
            found, mem_rows.key_of, draw, head=head, empty=self.empty(), anew=anew, last=last
        )

    def place_in(self, row: Any) -> tuple[str, int]:
        """Return the path and line that a row leads to."""
        return mem_rows.place_in(row)

    def line_of(self, function: Function) -> int:
        """Return the line of a function that has the most bytes."""
        return self.shape.heaviest.get(function, 0) if self.shape is not None else 0

    # --- Keys ---------------------------------------------------------------------------------

    def offer(self) -> None:
        """Read which captures there are, as the page opens."""
        self.list_captures()
        if self._tab == "Captures" and self._tracking.program is not None:
            self.open_view("Live" if self._tracking.program.pictures else "Captures")

    def choose(self, row: Any) -> bool:
        """Open a capture."""
        if not isinstance(row, Capture):
            return False
        self.open_capture(row)
        return True

    def step_out(self) -> bool:
        """Stop the reading, then leave the comparison, then go back to the captures."""
        if self._tracking.reader.cancel():
            self.say("the reading was stopped", "What was read stays; r reads the rest.")
        elif self._compared is not None and self._tab == "Changes":
            self._compared = None
            self.open_view("Captures")
        elif self._tab != "Captures":
            self.open_view("Captures")
        else:
            return False
        return True

    def action_sort(self) -> None:
        """Sort by what a line allocated itself, or with all that it called."""
        self._sort = "total" if self._sort == "own" else "own"
        self.show()

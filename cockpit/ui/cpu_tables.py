"""What the lists of the CPU page hold, view by view, and what is said where they hold nothing."""

from collections.abc import Sequence
from typing import Any, get_args

from cockpit.profilers.profile import TOGETHER
from cockpit.profilers.pyspy import ThreadNow
from cockpit.ui import cpu_draw as draw
from cockpit.ui import cpu_rows as rows
from cockpit.ui.context import Context
from cockpit.ui.detail import Docs
from cockpit.ui.recorded import Compared, RecordedPage
from cockpit.ui.rows import Draw, DrawHead
from cockpit.ui.view import CpuTab

#: The rows of a list, what draws one of them, and what draws the head of their columns.
Table = tuple[Sequence[Any], Draw, DrawHead | None]

#: Why no function is listed, by how the sampling stands.
_UNSEEN = {
    "sampling": "No thread was seen at work yet.",
    "stopped": "No thread was seen at work yet.",
    "ended": "It ended before a thread was seen at work.",
}


#: Threads from which on it is said that they can be looked at as one.
_MANY = 16


class TabledPage(RecordedPage):
    """A page of views, one of which is open, filtered by words and sorted by one of two times."""

    VIEWS = get_args(CpuTab)

    def __init__(self, context: Context, docs: Docs) -> None:
        """Start with the functions, the dearest by their own time first."""
        super().__init__(context, docs)
        self._sort: rows.Sort = "own"
        self._inverted = False
        self._dump: tuple[ThreadNow, ...] = ()
        self._functions_passing, self._lines_passing = rows.Sieve(), rows.Sieve()

    def views(self) -> tuple[str, ...]:
        """Return the views that there are: what a program says is known of one that we started."""
        return self.VIEWS if self._profiling.launched is not None else self.VIEWS[:-1]

    def forget(self) -> None:
        """Show what is sampled; of another process there are other stacks."""
        super().forget()
        self._dump = ()

    def table(self) -> Table:
        """Return the rows of the open view, what draws them, and what draws their head."""
        if self._tab == "Top" and self._compared is not None:
            return self._changes(self._compared)
        return {"Top": self._functions, "Lines": self._lines, "Threads": self._threads}.get(
            self._tab, self._others
        )()

    def _functions(self) -> Table:
        look, tally = self.context.look, self.tally
        found = rows.top_rows(tally, self._sort, self._words, sieve=self._functions_passing)
        return (
            found,
            draw.draw_top(tally, look, self.context.short),
            draw.top_head(self._sort, look),
        )

    def _changes(self, compared: Compared) -> Table:
        found = rows.change_rows(compared.changes, self._words)
        look = self.context.look
        return found, draw.draw_change(look, self.context.short), draw.change_head(look)

    def _lines(self) -> Table:
        look = self.context.look
        found = rows.line_rows(self.tally, self._sort, self._words, self._lines_passing)
        return found, draw.draw_line(look, self.context.short), draw.line_head(self._sort, look)

    def _threads(self) -> Table:
        profiling, look = self._profiling, self.context.look
        now = profiling.glance.threads or None  # which there are is not known at once
        if self._opened is not None:
            now = None
        elif profiling.state.kind == "ended":
            now = ()
        found = rows.thread_rows(self.whole, now, self._words)
        return found, draw.draw_thread(look, self.context.short), draw.thread_head(look)

    def _others(self) -> Table:
        look, launched = self.context.look, self._profiling.launched
        if self._tab == "Recordings":
            kept = rows.recording_rows(self._recordings, self._words)
            return kept, draw.draw_recording(look), draw.recording_head(look)
        if self._tab == "Output" and launched is not None:
            return rows.said_rows(launched.said, self._words), draw.draw_said(look), None
        found = rows.dump_rows(self._dump, self._words)
        return found, draw.draw_dump(look, self.context.short), None

    def _empty(self) -> str:
        """Return why there are no rows."""
        kind = self._profiling.state.kind
        if self._words:
            return "Nothing passes the filter; esc clears it."
        dump = "r looks at all stacks." if kind == "sampling" else "No stack can be seen."
        said = {
            "Output": "It said nothing yet.",
            "Recordings": "No recording yet; w saves what was seen.",
            "Dump": dump,
        }
        if self._profiling.target is None and self._tab != "Recordings":
            return "No process is sampled; a lists those there are."
        return said.get(self._tab) or _UNSEEN.get(kind, "")

    def beside(self) -> str:
        """Return how the open view is looked at, in words."""
        parts = []
        if self._tab == "Top" and self._compared is not None:
            parts.append("largest change")
        elif self._tab in ("Top", "Lines"):
            parts.append(f"{self._sort} time first")
        if self._tab == "Tree":
            parts.append("callers of the innermost" if self._inverted else "callees")
        if self.thread is not None:
            together = self.thread == TOGETHER
            parts.append("threads together" if together else f"only {self.thread.label}")
        elif self._tab in ("Tree", "Flame") and len(self.whole.threads) > _MANY:
            parts.append(f"T shows {len(self.whole.threads):,} threads as one")
        if self._words:
            parts.append(f"filter: {self._words}")
        return f" {self.context.look.signs.dot} ".join(parts)

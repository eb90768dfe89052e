"""The CPU page: where the time of a running process goes, renewed every second.

What is sampled, and what was seen of it, is in `profiling`; the lists' rows are in `cpu_rows`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from cockpit.profilers.profile import TOGETHER, Function, Node, Thread
from cockpit.profilers.shelf import Recording
from cockpit.profilers.tally import Tally
from cockpit.ui import cpu_rows as rows
from cockpit.ui.calls import CallsView
from cockpit.ui.context import Context
from cockpit.ui.cpu_head import Head
from cockpit.ui.cpu_tables import TabledPage
from cockpit.ui.detail import Docs
from cockpit.ui.rows import RowList
from cockpit.ui.view import CpuTab, CpuView
from cockpit.ui.views import viewing

#: What the callers show while a tree is turned round.
_NONE_YET = Node(Function("all", ""))


class CpuScreen(TabledPage):
    """Everything about one process; it keeps its view, filter and cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *viewing("cpu"),
        Binding("S", "sort", "own or total first", show=False, id="cpu.sort"),
        Binding("I", "invert", "callers or callees", show=False, id="cpu.invert"),
        Binding("t", "thread", "thread", show=False, id="cpu.thread"),
        Binding("T", "together", "threads together", show=False, id="cpu.together"),
    ]

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what `context` samples."""
        super().__init__(context, docs)
        self._head = Head(self._profiling, context.look)
        self._callers = CallsView(context.look, self._own, inverted=True)

    def heads(self) -> Iterable[Widget]:
        """What is sampled, and how well."""
        return (self._head,)

    def feet(self) -> Iterable[Widget]:
        """Where a file to write is named."""
        return (self._export,)

    def widgets(self) -> Iterator[Widget]:
        """Yield the widgets of all views."""
        yield from super().widgets()
        yield self._callers

    @property
    def view(self) -> CpuView:
        """How the person looks at it."""
        return CpuView(cast("CpuTab", self._tab), self._sort, self._inverted, self._zoomed)

    @view.setter
    def view(self, view: CpuView) -> None:
        self._tab, self._sort, self._zoomed = view.tab, view.sort, view.zoomed
        self._inverted = view.inverted

    def offer(self) -> None:
        """Open the view that was open; where nothing is sampled, offer the processes there are."""
        super().offer()
        self.open_view(self._tab)

    # --- Drawing ------------------------------------------------------------------------------

    def show_head(self) -> None:
        """Tell of what is looked at."""
        compared = self._compared
        self._head.show(compared.after if compared else self.tally, self.recorded)

    def show_view(self, anew: bool) -> None:
        """Draw the open view."""
        tally = self.tally
        if self._tab == "Tree":
            self._calls.show(self._tree_of(tally), tally.version)
            if self._inverted:
                self._show_callers(tally)
        elif self._tab == "Flame":
            grown = self._compared.grown if self._compared is not None else None
            self._flame.show(self._tree_of(tally), tally.version, changes=grown)
        else:
            self._show_rows(anew)

    def _tree_of(self, tally: Tally) -> Node:
        """Return the call tree of what is looked at; of two profiles that of the later."""
        return self._compared.tree if self._compared is not None else tally.tree.root

    def _show_callers(self, tally: Tally) -> None:
        """Show the tree turned round; each tally has one from when it is first asked for."""
        if tally.inverted is None:
            self._turn_round(tally)
            self._callers.show(_NONE_YET, -1)
        else:
            self._callers.show(tally.inverted.root, tally.version)

    @work(group="invert")
    async def _turn_round(self, tally: Tally) -> None:
        await tally.invert()
        if self.is_attached and tally is self.tally and tally.inverted is not None:
            self.show()
            self._follow()

    def _show_rows(self, anew: bool) -> None:
        """Fill the list with the rows of the open view."""
        found, draw_row, head = self.table()
        empty = self._empty()
        last = self._tab == "Output"
        self._list.show(found, rows.key_of, draw_row, head=head, empty=empty, anew=anew, last=last)

    def place_in(self, row: Any) -> tuple[str, int]:
        """Return the path and line that a row leads to."""
        return rows.place_in(row, self.tally)

    def line_of(self, function: Function) -> int:
        """Return the line of a function that was seen most."""
        return self.tally.line_of(function)

    @on(RowList.Moved)
    def _moved_on(self) -> None:
        self._doomed = None

    # --- Keys: views --------------------------------------------------------------------------

    def open_view(self, view: str) -> None:
        """Open a view; all stacks are looked at as that one is opened."""
        super().open_view(view)
        if view == "Dump" and not self._dump:
            self._look_at_all()
        elif view == "Recordings":
            self.list_recordings()

    @work(group="dump", exclusive=True)
    async def _look_at_all(self) -> None:
        self._dump = await self._profiling.dump()
        if self.is_attached:
            self.show()

    def forget(self) -> None:
        """Show what is sampled now, in the view that is open."""
        super().forget()
        if self.is_attached:
            self.open_view(self._tab)

    def choose(self, row: Any) -> bool:
        """Look at a thread alone, or open a recording."""
        if isinstance(row, rows.ThreadRow):
            self._only(row.thread)
        elif isinstance(row, Recording):
            self.open_recording(row)
        else:
            return False
        return True

    def step_out(self) -> bool:
        """Leave the recording, or the one thread."""
        if self._part is None and self.leave_recording():
            self._follow()
        elif self.thread is not None:
            self._only(None)
        else:
            return False
        return True

    @property
    def chosen(self) -> Recording | None:
        """The recording under the cursor, where recordings are listed."""
        row = self._list.row if self._tab == "Recordings" else None
        return row if isinstance(row, Recording) else None

    def opened(self) -> None:
        """Show what was opened where its functions are."""
        self.open_view("Top")

    @property
    def open_widget(self) -> Widget:
        """The widget of the open view."""
        if self._tab == "Tree" and self._inverted and self._compared is None:
            return self._callers
        return super().open_widget

    def action_sort(self) -> None:
        """Sort by a function's own time, or by that of all it calls, too."""
        self._sort = "total" if self._sort == "own" else "own"
        self.show()

    def action_invert(self) -> None:
        """Show who calls what takes the time, or what takes the time of who calls."""
        self._inverted = not self._inverted
        self.open_view("Tree")
        self._follow()

    def action_thread(self) -> None:
        """Look at all threads again, or choose one."""
        if self.thread is not None:
            self._only(None)
        else:
            self.open_view("Threads")
            self.say("enter looks at the thread under the cursor alone", "t looks at all again.")

    def action_together(self) -> None:
        """Look at all threads as if they were one, or at each again: a server may have many."""
        apart = self.thread == TOGETHER
        self._only(None if apart else TOGETHER)
        self.say("every thread is shown apart" if apart else "all threads are shown as one")

    def action_rerun(self) -> None:
        """Begin anew; what is looked at but now and then is looked at again."""
        if self._tab == "Dump":
            self._look_at_all()
        elif self._tab == "Recordings":
            self.list_recordings()
        else:
            super().action_rerun()

    @work(group="thread", exclusive=True)
    async def _only(self, thread: Thread | None) -> None:
        await self.only(thread)
        if thread not in (None, TOGETHER):
            self.open_view("Top")

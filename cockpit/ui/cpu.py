"""The CPU page: where the time of a running process goes, renewed every second.

What is sampled, and what was seen of it, is in `profiling`; the lists' rows are in `cpu_rows`.
"""

from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget
from textual.widgets import Input

from cockpit.model import Finding
from cockpit.panes import PANES, Pane
from cockpit.profilers.profile import PROCESS, THREAD, TOGETHER, Function, Node, Thread
from cockpit.profilers.shelf import Recording
from cockpit.profilers.tally import Tally
from cockpit.ui import cpu_rows as rows
from cockpit.ui.calls import CallsView
from cockpit.ui.context import Context
from cockpit.ui.cpu_head import Head, Tabs
from cockpit.ui.cpu_tables import VIEWS, TabledPage
from cockpit.ui.detail import Detail, Docs
from cockpit.ui.flame import FlameView
from cockpit.ui.page import OF_A_PANE, elsewhere
from cockpit.ui.prompt import FilterLine
from cockpit.ui.rows import RowList
from cockpit.ui.view import CpuTab, CpuView

#: What the callers show while a tree is turned round.
_NONE_YET = Node(Function("all", ""))


class CpuScreen(TabledPage):
    """Everything about one process; it keeps its view, filter and cursor."""

    AUTO_FOCUS = "RowList"
    DEFAULT_CSS = """
    CpuScreen #body { layout: vertical; }
    CpuScreen #views { height: 3fr; }
    CpuScreen #views > * { height: 1fr; display: none; }
    CpuScreen #views > .-open { display: block; }
    CpuScreen Detail { height: 2fr; }
    CpuScreen Why { display: none; }
    CpuScreen.-explained.-wide Why { display: block; }
    CpuScreen.-wide #body { layout: horizontal; }
    CpuScreen.-wide #views { width: 56%; height: 1fr; }
    CpuScreen.-wide Detail { width: 1fr; height: 1fr; }
    CpuScreen.-alone #views, CpuScreen.-alone.-wide #views { width: 1fr; height: 1fr; }
    CpuScreen.-alone Detail { display: none; }
    CpuScreen.-low Detail { display: none; }
    CpuScreen.-low.-reading Detail { display: block; height: 1fr; }
    CpuScreen.-low.-reading #views { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="cpu.back"),
        Binding("right_square_bracket", "view(1)", "views", key_display="[ ]", id="cpu.next_view"),
        Binding("left_square_bracket", "view(-1)", "view before", show=False, id="cpu.last_view"),
        Binding("slash", "filter", "filter", key_display="/", id="cpu.filter"),
        Binding("S", "sort", "own or total first", show=False, id="cpu.sort"),
        Binding("I", "invert", "callers or callees", show=False, id="cpu.invert"),
        Binding("t", "thread", "thread", show=False, id="cpu.thread"),
        Binding("T", "together", "threads together", show=False, id="cpu.together"),
        Binding("plus", "zoom", "zoom", show=False, key_display="+", id="cpu.zoom"),
        Binding("tab", "app.next_pane(0)", "first pane", show=False, id="cpu.next_pane"),
        Binding("shift+tab", "app.next_pane(-1)", "last pane", show=False, id="cpu.last_pane"),
        *elsewhere(
            "the list of a pane",
            "Open one with 1 to 4.",
            {
                **{key: OF_A_PANE[key] for key in ("s", "d", "v")},
                "b": "showing what is new alone",
                "x": "dismissing",
            },
        ),
        *elsewhere(
            "Tree and Flame",
            "] opens them.",
            {
                "n": "going to the next match",
                "N": "going to the match before",
                "space": "folding",
                "H": "folding all",
                "L": "unfolding all",
            },
        ),
    ]

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what `context` samples."""
        super().__init__(context)
        look = context.look
        self._head, self._tabs = Head(self._profiling, look), Tabs(VIEWS, look)
        own = str(context.backend.root if context.backend is not None else Path.cwd())
        self._list, self._flame = RowList(look), FlameView(look, own)
        self._calls, self._callers = CallsView(look, own), CallsView(look, own, inverted=True)
        self._detail = Detail(context, docs)
        self._filter = FilterLine(look, "a part of a function's name or path", "")
        self._zoomed = False
        self._shown_tab: CpuTab | None = None
        self._at: tuple[str, int] = "", 0

    def body(self) -> ComposeResult:
        """What is sampled, the open view, and beside it the source."""
        yield self._head
        yield self._tabs
        with Container(id="body"):
            with Vertical(id="views"):
                yield self._list
                yield self._calls
                yield self._callers
                yield self._flame
            yield self._detail
        yield self._filter
        yield self._export

    def on_resize(self, event: events.Resize) -> None:
        """Stand side by side where there is room, else one below the other."""
        super().on_resize(event)
        wide = event.size.width >= 120
        self.set_class(wide, "-wide")
        self.set_class(event.size.height < (22 if wide else 30), "-low")

    @property
    def view(self) -> CpuView:
        """How the person looks at it."""
        return CpuView(self._tab, self._sort, self._inverted, self._zoomed)

    @view.setter
    def view(self, view: CpuView) -> None:
        self._tab, self._sort, self._zoomed = view.tab, view.sort, view.zoomed
        self._inverted = view.inverted

    def offer(self) -> None:
        """Open the view that was open; where nothing is sampled, offer the processes there are."""
        super().offer()
        self.open_view(self._tab)

    # --- What the keys are about --------------------------------------------------------------

    @property
    def pane(self) -> Pane:
        """The pane of the finding that is explained, or the first."""
        return PANES[0]

    @property
    def checkers(self) -> tuple[str, ...]:
        """Every checker."""
        return tuple(self.context.state.snapshot.results)

    @property
    def finding(self) -> Finding | None:
        """The finding on the line under the cursor."""
        return self._detail.finding

    @property
    def absence(self) -> str:
        """Why there is no finding here."""
        line = self._at[0] or self._detail.source.has_focus
        return "there is no finding on this line" if line else "there is no source of this"

    @property
    def place(self) -> tuple[str, int, int] | None:
        """The line under the source's cursor, or that of the function under the list's."""
        source = self._detail.source
        if source.has_focus and source.path:
            return source.path, source.line, 1
        path, line = self._at
        return (path, max(line, 1), 1) if path else None

    # --- Drawing ------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw what is known now."""
        super().show()
        if self._tab not in self.views():  # it was of another process
            self._tab = "Top"
        compared = self._compared
        self._head.show(compared.after if compared else self.tally, self.recorded)
        self._tabs.show(self.views(), self._tab, self._beside())
        anew, self._shown_tab = self._shown_tab != self._tab, self._tab
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
        self._filter.show(self._words, "")
        if anew:
            self._lay_out()
            self._follow()
        self._detail.warm()

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

    def _within(self, path: str) -> str:
        """Return a path within the project, from its root; nothing for any other."""
        places = self.context.places
        return places.of(path) if places is not None else ""

    # --- Following the cursor -----------------------------------------------------------------

    def _follow(self) -> None:
        """Show the source of what the cursor of the open view is on, which another showed."""
        shown = self._open_widget
        if isinstance(shown, RowList):
            self._look_at(*rows.place_in(shown.row, self.tally))
        elif isinstance(shown, CallsView | FlameView):
            self._look_at_function(shown.cursor[-1] if shown.cursor else None)

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        self._doomed = None
        self._look_at(*rows.place_in(message.row, self.tally))

    @on(CallsView.Moved)
    @on(FlameView.Moved)
    def _moved_in_tree(self, message: CallsView.Moved | FlameView.Moved) -> None:
        self._look_at_function(message.function)

    def _look_at_function(self, function: Function | None) -> None:
        if function is None or function.path in (THREAD, PROCESS):
            self._look_at("", 0)
        else:
            self._look_at(function.path, self.tally.line_of(function))

    @on(CallsView.Stuck)
    @on(FlameView.Stuck)
    def _stuck(self, message: CallsView.Stuck | FlameView.Stuck) -> None:
        self.say(message.words, message.hint)

    def _look_at(self, path: str, line: int) -> None:
        """Show the source at a line; there is none of what was written in C."""
        known = self._within(path) or path
        self._at = (known, line) if line else ("", 0)
        if self._at[0]:
            self._detail.look_at_line(known, line)
        else:
            self._detail.clear()
        self.set_class(self._detail.finding is not None, "-explained")

    # --- Keys: views --------------------------------------------------------------------------

    def _lay_out(self, focus: bool = False) -> None:
        """Have the open view in sight, and the source beside it where it leaves room."""
        shown, every = self._open_widget, (self._list, self._calls, self._callers, self._flame)
        had_focus = focus or any(one.has_focus for one in every)
        for one in every:
            one.set_class(one is shown, "-open")
        self.set_class(self._zoomed or self._tab == "Flame", "-alone")
        if had_focus or self.focused is None:
            shown.focus()

    def action_view(self, by: int) -> None:
        """Open the next view, or the one before."""
        views = self.views()
        at = views.index(self._tab) if self._tab in views else 0
        self.open_view(views[(at + by) % len(views)])

    @on(Tabs.Chosen)
    def _tab_chosen(self, message: Tabs.Chosen) -> None:
        self.open_view(next(view for view in VIEWS if view == message.name))

    def open_view(self, view: CpuTab) -> None:
        """Open a view; all stacks are looked at as that one is opened."""
        self._tab = view
        self.show()
        self.remove_class("-reading")
        self._lay_out(focus=True)
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

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        """Go to the source; of a thread, look at that one alone."""
        if isinstance(message.row, rows.ThreadRow):
            self._only(message.row.thread)
        elif isinstance(message.row, Recording):
            self.open_recording(message.row)
        else:
            self._read()

    @on(CallsView.Chosen)
    def _read(self) -> None:
        """Go to the source, which takes the list's place where there is no room for both."""
        if not self._at[0]:
            self.say("there is no source of this", "It is written in C, or no file has it.")
            return
        self.add_class("-reading")
        self.remove_class("-alone")
        self._detail.source.focus()

    def action_back(self) -> None:
        """Go back: from the filter, the source, a zoom, one thread, and then to the Deck."""
        if self._filter.input.has_focus or self._words:
            self._filter.input.value = ""
            self.action_keep_filter()
        elif self._detail.source.has_focus or self._detail.why.has_focus:
            self.remove_class("-reading")
            self._open_widget.focus()
            self._lay_out()
        elif self._tab == "Flame" and self._flame.zoom_out():
            pass
        elif self._zoomed:
            self.action_zoom()
        elif self._part is None and self.leave_recording():
            self._follow()
        elif self.thread is not None:
            self._only(None)
        else:
            self.app.pop_screen()

    @property
    def chosen(self) -> Recording | None:
        """The recording under the cursor, where recordings are listed."""
        row = self._list.row if self._tab == "Recordings" else None
        return row if isinstance(row, Recording) else None

    def opened(self) -> None:
        """Show what was opened where its functions are."""
        self.open_view("Top")

    def focus_view(self) -> None:
        """Give the keys back to the open view."""
        self._open_widget.focus()

    @property
    def _open_widget(self) -> Widget:
        tree = self._callers if self._inverted and self._compared is None else self._calls
        views: dict[CpuTab, Widget] = {"Tree": tree, "Flame": self._flame}
        return views.get(self._tab, self._list)

    def action_zoom(self) -> None:
        """Let the view fill the screen, or share it with the source."""
        self._zoomed = not self._zoomed
        self._lay_out()

    def action_filter(self) -> None:
        """Type what functions or paths are to have in them."""
        self._filter.open()

    def action_keep_filter(self) -> None:
        """Go back to the view and keep the filter."""
        self._open_widget.focus()
        self.show()

    @on(Input.Changed, "Filter")
    def _typed(self, event: Input.Changed) -> None:
        self._words = event.value
        marked = "" if event.value.startswith("!") else event.value  # a tree hides nothing
        for tree in (self._calls, self._callers, self._flame):
            tree.search(marked)
        self.show()

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

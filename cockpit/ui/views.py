"""What the CPU page and the memory page share: views of which one is open, and the source beside.

A view is a list of rows, a call tree or a flame graph. What they hold, a page says.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget
from textual.widgets import Input

from cockpit.model import Finding
from cockpit.panes import PANES, Pane
from cockpit.profilers.profile import PROCESS, THREAD, Function
from cockpit.ui.calls import CallsView
from cockpit.ui.context import Context
from cockpit.ui.cpu_head import Tabs
from cockpit.ui.detail import Detail, Docs
from cockpit.ui.flame import FlameView
from cockpit.ui.page import OF_A_PANE, Page, elsewhere
from cockpit.ui.prompt import FilterLine
from cockpit.ui.rows import RowList


def viewing(name: str) -> list[BindingType]:
    """Return the bindings of a page of views; `name` is the first part of their ids."""
    return [
        Binding("escape", "back", "back", id=f"{name}.back"),
        Binding(
            "right_square_bracket", "view(1)", "views", key_display="[ ]", id=f"{name}.next_view"
        ),
        Binding(
            "left_square_bracket", "view(-1)", "view before", show=False, id=f"{name}.last_view"
        ),
        Binding("slash", "filter", "filter", key_display="/", id=f"{name}.filter"),
        Binding("plus", "zoom", "zoom", show=False, key_display="+", id=f"{name}.zoom"),
        Binding("tab", "app.next_pane(0)", "first pane", show=False, id=f"{name}.next_pane"),
        Binding("shift+tab", "app.next_pane(-1)", "last pane", show=False, id=f"{name}.last_pane"),
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


class ViewsPage(Page):
    """A page of views under a head; it keeps its view, filter and cursor."""

    AUTO_FOCUS = "RowList"
    #: The views in their order; the first is open at the start.
    VIEWS: ClassVar[tuple[str, ...]] = ()
    #: The views that leave no room for the source.
    ALONE: ClassVar[frozenset[str]] = frozenset(("Flame",))
    #: What the whole of a flame graph is counted in.
    UNIT: ClassVar[str] = "samples"
    DEFAULT_CSS = """
    ViewsPage #body { layout: vertical; }
    ViewsPage #views { height: 3fr; }
    ViewsPage #views > * { height: 1fr; display: none; }
    ViewsPage #views > .-open { display: block; }
    ViewsPage Detail { height: 2fr; }
    ViewsPage Why { display: none; }
    ViewsPage.-explained.-wide Why { display: block; }
    ViewsPage.-wide #body { layout: horizontal; }
    ViewsPage.-wide #views { width: 56%; height: 1fr; }
    ViewsPage.-wide Detail { width: 1fr; height: 1fr; }
    ViewsPage.-alone #views, ViewsPage.-alone.-wide #views { width: 1fr; height: 1fr; }
    ViewsPage.-alone Detail { display: none; }
    ViewsPage.-low Detail { display: none; }
    ViewsPage.-low.-reading Detail { display: block; height: 1fr; }
    ViewsPage.-low.-reading #views { display: none; }
    """

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what `context` knows; `docs` are explanations of rules that are known already."""
        super().__init__(context)
        look = context.look
        self._own = str(context.backend.root if context.backend is not None else Path.cwd())
        self._tabs = Tabs(self.VIEWS, look)
        self._list, self._calls = RowList(look), CallsView(look, self._own)
        self._flame = FlameView(look, self._own, unit=self.UNIT)
        self._detail = Detail(context, docs)
        self._filter = FilterLine(look, "a part of a function's name or path", "")
        self._tab, self._words = self.VIEWS[0], ""
        self._zoomed = False
        self._shown_tab = ""
        self._at: tuple[str, int] = "", 0

    # --- What a page says ---------------------------------------------------------------------

    def heads(self) -> Iterable[Widget]:
        """Return what stands above the names of the views."""
        raise NotImplementedError

    def feet(self) -> Iterable[Widget]:
        """Return what stands below everything, but for the filter."""
        return ()

    def views(self) -> Sequence[str]:
        """Return the views that there are now."""
        return self.VIEWS

    def show_head(self) -> None:
        """Draw what stands above the views."""
        raise NotImplementedError

    def show_view(self, anew: bool) -> None:
        """Draw the open view; `anew` where another was open before."""
        raise NotImplementedError

    def beside(self) -> str:
        """Return how the open view is looked at, in words."""
        raise NotImplementedError

    def place_in(self, row: Any) -> tuple[str, int]:
        """Return the path and line that a row leads to; no path where it leads nowhere."""
        raise NotImplementedError

    def line_of(self, function: Function) -> int:
        """Return the line at which a function is shown."""
        raise NotImplementedError

    def choose(self, row: Any) -> bool:
        """Open a row, and return whether that was done; else its source is gone to."""
        raise NotImplementedError

    def step_out(self) -> bool:
        """Go out of what the page itself has gone into; return whether there was any."""
        raise NotImplementedError

    @property
    def open_widget(self) -> Widget:
        """The widget of the open view."""
        widgets: dict[str, Widget] = {"Tree": self._calls, "Flame": self._flame}
        return widgets.get(self._tab, self._list)

    def widgets(self) -> Iterator[Widget]:
        """Yield the widgets of all views."""
        yield from (self._list, self._calls, self._flame)

    # --- Drawing ------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """The head, the open view, and beside it the source."""
        yield from self.heads()
        yield self._tabs
        with Container(id="body"):
            with Vertical(id="views"):
                yield from self.widgets()
            yield self._detail
        yield self._filter
        yield from self.feet()

    def on_resize(self, event: events.Resize) -> None:
        """Stand side by side where there is room, else one below the other."""
        super().on_resize(event)
        wide = event.size.width >= 120
        self.set_class(wide, "-wide")
        self.set_class(event.size.height < (22 if wide else 30), "-low")

    def show(self) -> None:
        """Draw what is known now."""
        super().show()
        if self._tab not in self.views():  # it was of something else
            self._tab = self.views()[0]
        self.show_head()
        self._tabs.show(self.views(), self._tab, self.beside())
        anew, self._shown_tab = self._shown_tab != self._tab, self._tab
        self.show_view(anew)
        self._filter.show(self._words, "")
        if anew:
            self._lay_out()
            self._follow()
        self._detail.warm()

    def _within(self, path: str) -> str:
        """Return a path within the project, from its root; nothing for any other."""
        places = self.context.places
        return places.of(path) if places is not None else ""

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

    # --- Following the cursor -----------------------------------------------------------------

    def _follow(self) -> None:
        """Show the source of what the cursor of the open view is on, which another showed."""
        shown = self.open_widget
        if isinstance(shown, RowList):
            self._look_at(*self.place_in(shown.row))
        elif isinstance(shown, CallsView | FlameView):
            self._look_at_function(shown.cursor[-1] if shown.cursor else None)

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        self._look_at(*self.place_in(message.row))

    @on(CallsView.Moved)
    @on(FlameView.Moved)
    def _moved_in_tree(self, message: CallsView.Moved | FlameView.Moved) -> None:
        self._look_at_function(message.function)

    def _look_at_function(self, function: Function | None) -> None:
        if function is None or function.path in (THREAD, PROCESS):
            self._look_at("", 0)
        else:
            self._look_at(function.path, self.line_of(function))

    @on(CallsView.Stuck)
    @on(FlameView.Stuck)
    def _stuck(self, message: CallsView.Stuck | FlameView.Stuck) -> None:
        self.say(message.words, message.hint)

    def _look_at(self, path: str, line: int) -> None:
        """Show the source at a line; there is none of what was written in C, or is frozen."""
        if path.startswith("<"):
            path, line = "", 0
        known = self._within(path) or path
        self._at = (known, line) if line else ("", 0)
        if self._at[0]:
            self._detail.look_at_line(known, line)
        else:
            self._detail.clear()
        self.set_class(self._detail.finding is not None, "-explained")

    # --- Keys ---------------------------------------------------------------------------------

    def _lay_out(self, focus: bool = False) -> None:
        """Have the open view in sight, and the source beside it where it leaves room."""
        shown, every = self.open_widget, tuple(self.widgets())
        had_focus = focus or any(one.has_focus for one in every)
        for one in every:
            one.set_class(one is shown, "-open")
        self.set_class(self._zoomed or self._tab in self.ALONE, "-alone")
        if had_focus or self.focused is None:
            shown.focus()

    def action_view(self, by: int) -> None:
        """Open the next view, or the one before."""
        views = list(self.views())
        at = views.index(self._tab) if self._tab in views else 0
        self.open_view(views[(at + by) % len(views)])

    @on(Tabs.Chosen)
    def _tab_chosen(self, message: Tabs.Chosen) -> None:
        self.open_view(message.name)

    def open_view(self, view: str) -> None:
        """Open a view."""
        self._tab = view
        self.show()
        self.remove_class("-reading")
        self._lay_out(focus=True)

    @on(RowList.Chosen)
    def _row_chosen(self, message: RowList.Chosen) -> None:
        """Go to the source, or to what the page has of the row."""
        if not self.choose(message.row):
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
        """Go back: from the filter, the source, a zoom, what was gone into; then to the Deck."""
        if self._filter.input.has_focus or self._words:
            self._filter.input.value = ""
            self.action_keep_filter()
        elif self._detail.source.has_focus or self._detail.why.has_focus:
            self.remove_class("-reading")
            self.open_widget.focus()
            self._lay_out()
        elif self._tab == "Flame" and self._flame.zoom_out():
            pass
        elif self._zoomed:
            self.action_zoom()
        elif not self.step_out():
            self.app.pop_screen()

    def focus_view(self) -> None:
        """Give the keys back to the open view."""
        self.open_widget.focus()

    def action_zoom(self) -> None:
        """Let the view fill the screen, or share it with the source."""
        self._zoomed = not self._zoomed
        self._lay_out()

    def action_filter(self) -> None:
        """Type what functions or paths are to have in them."""
        self._filter.open()

    def action_keep_filter(self) -> None:
        """Go back to the view and keep the filter."""
        self.open_widget.focus()
        self.show()

    @on(Input.Changed, "Filter")
    def _typed(self, event: Input.Changed) -> None:
        self._words = event.value
        marked = "" if event.value.startswith("!") else event.value  # a tree hides nothing
        for tree in self.widgets():
            if isinstance(tree, CallsView | FlameView):
                tree.search(marked)
        self.show()

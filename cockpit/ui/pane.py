"""The one pane for every checker: its list, the source at the finding, and why."""

import asyncio
from typing import TYPE_CHECKING, ClassVar, get_args

import msgspec
from rich.segment import Segment
from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from cockpit.model import SEVERITIES, Finding
from cockpit.panes import Pane
from cockpit.ui import captions, wording
from cockpit.ui.besides import known_besides
from cockpit.ui.context import Context
from cockpit.ui.detail import Detail, Docs
from cockpit.ui.grouping import Group as Header
from cockpit.ui.grouping import Lines
from cockpit.ui.list import FindingList
from cockpit.ui.narrow import Narrowing
from cockpit.ui.order import UNREAD, Rows
from cockpit.ui.page import elsewhere, place_of
from cockpit.ui.prompt import Filter, FilterLine, Reason, ReasonLine
from cockpit.ui.query import hint
from cockpit.ui.state import DIMMED
from cockpit.ui.style import Palette
from cockpit.ui.triage import Dismissing
from cockpit.ui.view import Group, Sort, View

if TYPE_CHECKING:  # the project's history is opened after the first paint
    from cockpit.history import History

__all__ = ["Filter", "PaneScreen"]

#: From how many rows on a filter is applied a part at a time.
_MANY = 5_000
#: Seconds after a key before work is done for the next one.
_PAUSE = 0.1


class PaneScreen(Dismissing):
    """Everything about one pane; it keeps its cursor and filter while another is on top."""

    AUTO_FOCUS = "FindingList"
    DEFAULT_CSS = """
    PaneScreen #body { layout: vertical; }
    PaneScreen #left { height: 2fr; }
    PaneScreen Detail { height: 3fr; }
    PaneScreen FindingList { height: 1fr; }
    PaneScreen #notice { height: auto; padding: 0 2; display: none; }
    PaneScreen #notice.-said { display: block; }
    PaneScreen.-wide #body { layout: horizontal; }
    PaneScreen.-wide #left { width: 46%; height: 1fr; }
    PaneScreen.-wide Detail { width: 1fr; height: 1fr; }
    PaneScreen.-low Why { display: none; }
    PaneScreen.-zoomed Detail { display: none; }
    PaneScreen.-zoomed.-wide #left, PaneScreen.-zoomed.-wide Detail { width: 1fr; }
    PaneScreen.-zoomed.-beside #left { display: none; }
    PaneScreen.-zoomed.-beside Detail { display: block; }
    PaneScreen.-zoomed.-source Why, PaneScreen.-zoomed.-why SourceView { display: none; }
    PaneScreen.-zoomed.-why Why { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="pane.back"),
        Binding("slash", "filter", "filter", key_display="/", id="pane.filter"),
        Binding("s", "severity", "severity", id="pane.severity"),
        Binding("t", "group", "group", id="pane.group"),
        Binding("S", "sort", "sort", show=False, id="pane.sort"),
        Binding("d", "dismissed", "the dismissed", show=False, id="pane.dismissed"),
        Binding("v", "seen", "hide what was seen running", show=False, id="pane.seen"),
        Binding("plus", "zoom", "zoom", show=False, key_display="+", id="pane.zoom"),
        Binding("tab", "app.next_pane(1)", "next pane", show=False, id="pane.next"),
        Binding("shift+tab", "app.next_pane(-1)", "pane before", show=False, id="pane.previous"),
        Binding("w", "why", "why", show=False, id="pane.why"),
        *elsewhere("By file", "Open it with 0.", {"W": "the Deck of one folder"}),
        *elsewhere(  # than in the source or the explanation, where these come here
            "the list",
            "esc goes back to it.",
            {
                "n": "going to the next finding",
                "N": "going to the finding before",
                "space": "folding",
                "H": "folding all",
                "L": "unfolding all",
            },
        ),
    ]

    def __init__(self, pane: Pane, context: Context, docs: Docs) -> None:
        """Show `pane`; `docs` remembers the rules' documentation for all panes."""
        super().__init__(context)
        self._pane = pane
        self._list = FindingList(context.look, context.state.is_new, self._drawn, self._besides)
        self._detail = Detail(context, docs)
        self._source, self._why = self._detail.source, self._detail.why
        self._filter = FilterLine(context.look)
        self._reason = ReasonLine(context.look)
        self._notice = Static(markup=False, id="notice")
        self._view = View()
        self._narrowing = Narrowing()
        #: The same of what is dismissed, for where nothing else passes.
        self._aside = Narrowing()
        self._said = Text()
        self._put_away: tuple[Finding, ...] = ()
        self._left_at: Finding | Header | None = None

    def body(self) -> ComposeResult:
        """List on one side, source and why on the other."""
        with Container(id="body"):
            with Vertical(id="left"):
                yield self._notice
                yield self._list
                yield self._filter
            yield self._detail
        yield self._reason

    def on_resize(self, event: events.Resize) -> None:
        """Stand side by side where there is room, else one below the other."""
        super().on_resize(event)
        self.set_class(event.size.width >= 120, "-wide")
        self.set_class(event.size.height < 22, "-low")

    @property
    def pane(self) -> Pane:
        """The pane that is shown."""
        return self._pane

    @property
    def finding(self) -> Finding | None:
        """The finding that is explained: the list's, or that of the line in the source."""
        return self._detail.finding

    @property
    def place(self) -> tuple[str, int, int] | None:
        """The line of the source where it has the focus, else the finding's place."""
        place = place_of(self._list.finding)
        if self._source.has_focus and self._source.path:
            same = place is not None and place[:2] == (self._source.path, self._source.line)
            return place if same else (self._source.path, self._source.line, 1)
        return place

    # --- Drawing ------------------------------------------------------------------------------

    def show(self, narrowed: bool = False) -> None:
        """Draw what is known now; the source is read again where files changed.

        `narrowed`: the person chose other rows.
        """
        super().show()
        standing = self.context.state.standing(self._pane.id)
        lines = self._lines()
        if lines is not self._list.lines and lines.count >= _MANY:
            self._look_ahead()
        faded = standing.kind in DIMMED
        shown = lines.count
        state, view = self.context.state, self._view
        hidden = self._narrowing.hidden
        empty = "" if shown else wording.nothing(self._pane, state, view, self._gone(), hidden)
        self._list.show(lines, faded, empty, narrowed)
        self._show_caption(shown)
        query = self._narrowing.query
        self._filter.show(self._view.words, query.problem or ("" if shown else hint(query)))
        said = Text()
        if standing.kind in ("failed", "skipped"):
            said = wording.why_not(standing, self.context.look)
        if said != self._said:  # an update lays the screen out anew: not with every key
            self._said = said
            self._notice.update(said)
            self._notice.set_class(bool(said), "-said")
        if self._detail.has_news():
            self._look_at(self._list.finding, again=True)
        self._detail.warm()

    @property
    def view(self) -> View:
        """How the person looks at the pane."""
        return msgspec.structs.replace(self._view, cursor=self._list.key)

    @view.setter
    def view(self, view: View) -> None:
        self._view = view
        with self.prevent(Input.Changed):
            self._filter.input.value = view.words
        self._list.wait_for(view.cursor)
        if self.is_attached:
            self._lay_out()
            self.show()

    def _change(self, **changes: object) -> None:
        """Look at the pane in another way."""
        self._view = msgspec.structs.replace(self._view, **changes)
        self.show(narrowed=True)

    def _drawn(self, finding: Finding) -> Finding:
        """Return how a finding is drawn: of a dismissed one, why and when comes first."""
        dismissal = self.context.state.dismissal(finding) if self._view.dismissed else None
        if dismissal is None:
            return finding
        words = f"{dismissal.reason} ({dismissal.when[:10]})  {finding.message}"
        return msgspec.structs.replace(finding, message=words)

    def _besides(self, finding: Finding, width: int, palette: Palette) -> list[Segment]:
        return known_besides(finding, self.context.state, width, palette, self.context.look.signs)

    def go_to(self, finding: Finding) -> None:
        """Put the cursor on a finding."""
        self._list.go_to(finding)

    def _rows(self) -> Rows:
        """Return all that the pane could show, in the order of this view."""
        return self.context.state.rows(self._pane.id, self._view.sort, self._view.dismissed)

    def _lines(self) -> Lines:
        """Return the lines of the list in this view; the same object until something changes."""
        tools = self.context.state.checkers(self._pane.id)
        seen = self.context.state.living.ids
        return self._narrowing.lines(self._rows(), self._view, tools, seen)

    def _gone(self) -> int:
        """Return how many of the dismissed this view would show."""
        state, view = self.context.state, msgspec.structs.replace(self._view, group="")
        rows = state.rows(self._pane.id, view.sort, dismissed=True)
        return self._aside.lines(rows, view, state.checkers(self._pane.id)).count

    @work(group="columns", exclusive=True)
    async def _look_ahead(self) -> None:
        """Make the columns that the next keys ask for, after what this one did is painted."""
        await asyncio.sleep(_PAUSE)
        view = self._view
        for _ in self.context.state.prepare(self._pane.id, view.sort, view.dismissed):
            await asyncio.sleep(_PAUSE / 10)

    def _show_caption(self, shown: int) -> None:
        context, view = self.context, self._view
        hidden = self._narrowing.hidden
        self._list.entitle(
            lambda room: wording.title(self._pane, context, view, shown, room, hidden)
        )
        self._list.border_subtitle = captions.standing(self._pane, context.state, context.look)

    # --- Following the cursor -----------------------------------------------------------------

    @on(FindingList.Moved)
    def _moved(self, message: FindingList.Moved) -> None:
        self._look_at(message.finding)

    def _look_at(self, finding: Finding | None, again: bool = False) -> None:
        """Show the source and the reason of `finding`; `again` after its file may have changed."""
        if finding is None:
            self._detail.clear()
        else:
            self._detail.look_at(finding.path, finding, again)

    # --- Keys ---------------------------------------------------------------------------------

    @on(FindingList.Chosen)
    def _chosen(self) -> None:
        self._source.focus()

    @on(FindingList.Folded)
    def _folded(self, message: FindingList.Folded) -> None:
        self._view = msgspec.structs.replace(self._view, folded=message.folded)
        self.show()

    @on(FindingList.Stuck)
    def _stuck(self, message: FindingList.Stuck) -> None:
        self.say(message.words, message.hint)

    def action_back(self) -> None:
        """Go back: from the filter, the source, a zoom, a narrowed list, and then to the Deck."""
        view = self._view
        if self._filter.input.has_focus or (self._list.has_focus and view.words):
            self._clear_filter(typing=self._filter.input.has_focus)
        elif not self._list.has_focus:
            self._list.focus()
            if self._list.finding is not None:
                self._detail.return_to(self._list.finding)
        elif view.zoomed:
            self.action_zoom()
        elif view.least != SEVERITIES[-1]:
            self._change(least=SEVERITIES[-1])
        elif view.dismissed:
            self._change(dismissed=False)
        else:
            self.app.pop_screen()

    def _clear_filter(self, typing: bool) -> None:
        """Show every row again; whoever was still typing is back where they began."""
        self.workers.cancel_group(self, "narrow")
        with self.prevent(Input.Changed):
            self._filter.input.value = ""
        self.action_keep_filter()
        self._change(words="")
        if typing:
            self._list.return_to(self._left_at)

    def action_filter(self) -> None:
        """Type a filter."""
        self._left_at = self._list.line
        self._filter.open()
        self._make_filter_ready()

    @work(group="filter", exclusive=True)
    async def _make_filter_ready(self) -> None:
        await self._prepare_filter()

    async def _prepare_filter(self) -> None:
        """Read what a filter looks in a part at a time, so that no key waits for all of it."""
        rows = self._rows()
        while self._narrowing.prepare(rows):  # noqa: ASYNC110 - it lets keys in between
            await asyncio.sleep(0)

    def action_keep_filter(self) -> None:
        """Go back to the list and keep the filter."""
        self._list.focus()

    @on(Input.Changed, "Filter")
    def _typed(self, event: Input.Changed) -> None:
        self.workers.cancel_group(self, "narrow")
        rows = self._rows()
        if len(rows) < _MANY or self._narrowing.is_ready(rows):
            self._change(words=event.value)
        else:  # the letter is painted first, and the next one need not wait
            self._narrow(event.value)

    @work(group="narrow", exclusive=True)
    async def _narrow(self, words: str) -> None:
        await self._prepare_filter()
        if self._list.is_attached:
            self._change(words=words)

    def action_severity(self) -> None:
        """Ask for the next severity: all, medium and worse, high."""
        order = SEVERITIES[::-1]
        self._change(least=order[(order.index(self._view.least) + 1) % len(order)])

    def action_group(self) -> None:
        """Group by nothing, file, rule, tool."""
        groups: tuple[Group, ...] = get_args(Group)
        after = groups[(groups.index(self._view.group) + 1) % len(groups)]
        self._change(group=after, folded=frozenset())

    def action_sort(self) -> None:
        """Sort worst first, by place, by rule, and where a profile is loaded hottest first."""
        sorts: tuple[Sort, ...] = get_args(Sort)
        if not self.context.heats:
            sorts = tuple(sort for sort in sorts if sort != "heat")
        at = sorts.index(self._view.sort) if self._view.sort in sorts else 0
        self._change(sort=sorts[(at + 1) % len(sorts)])

    def action_seen(self) -> None:
        """Hide what is called dead and was seen running, or show it again."""
        if self._pane.id != "dead":
            self.say("only what is called dead is marked as seen running", "Open Dead code.")
        elif not self._view.hide_seen and not self.context.state.living.ids:
            self.say("nothing here was seen running", "c profiles a process.")
        else:
            self._change(hide_seen=not self._view.hide_seen)

    def action_dismissed(self) -> None:
        """Show what was dismissed in place of what was not, or back."""
        if not self._view.dismissed and not self.context.state.dismissed_in(self._pane.id):
            self.say("nothing is dismissed here", "x dismisses a finding.")
        else:
            self._change(dismissed=not self._view.dismissed)

    def action_put_away(self) -> None:
        """Ask why the finding or the group under the cursor may stay; or take a dismissal back."""
        group, finding = self._list.group, self._list.finding
        chosen = group.findings if group else (finding,) if finding else ()
        found = tuple(one for one in chosen if one.rule != UNREAD)
        if not found:
            words = "a file that cannot be read" if chosen else "nothing"
            self.say(f"there is {words} here, and no finding to dismiss")
        elif self._view.dismissed:
            self.take_back(found)
        else:
            self._put_away = found
            what = f"{found[0].rule} at line {found[0].line}"
            self._reason.ask(group.key if group and len(found) > 1 else what, len(found))

    def tell(self, history: "History", words: str, note: str) -> None:
        """Do as every page does, and go to the first finding that came into the list by it."""
        view = self._view
        others = self.context.state.rows(self._pane.id, view.sort, not view.dismissed)
        super().tell(history, words, note)
        came = self._list.lines.first_of(others.findings)
        if came is not None:
            self._list.go_to(came)

    @on(Input.Submitted, "Reason")
    def _reasoned(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.say("a dismissal needs a reason", "esc leaves it.")
            return
        if not self._reason.is_meant():
            return
        self._left()
        self.put_away(self._put_away, event.value.strip())

    @on(Reason.Left)
    def _left(self) -> None:
        self._reason.remove_class("-open")
        self._list.focus()

    def action_zoom(self) -> None:
        """Let the list, the source or the explanation fill the screen, or all three share it."""
        self._view = msgspec.structs.replace(self._view, zoomed=not self._view.zoomed)
        self._lay_out()

    def on_descendant_focus(self) -> None:
        """Have what is zoomed follow the focus, and the filter be in sight while it is typed."""
        self._lay_out()

    def _lay_out(self) -> None:
        self.set_class(self._view.zoomed, "-zoomed")
        self.set_class(self._source.has_focus or self._why.has_focus, "-beside")
        self.set_class(self._source.has_focus, "-source")
        self.set_class(self._why.has_focus, "-why")
        self._filter.set_class(bool(self._view.words) or self._filter.input.has_focus, "-open")

    def action_why(self) -> None:
        """Go to the explanation, to scroll it."""
        self._why.focus()

"""The one pane for every checker: its list, the source at the finding, and why."""

import asyncio
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from cockpit.checkers.interface import RuleDoc
from cockpit.errors import CockpitError
from cockpit.model import SEVERITIES, Finding, Severity
from cockpit.panes import Pane
from cockpit.plain import plain
from cockpit.ui import captions
from cockpit.ui.context import Context
from cockpit.ui.list import FindingList
from cockpit.ui.order import UNREAD, Rows, least, matching
from cockpit.ui.page import Page, place_of
from cockpit.ui.read import read_text
from cockpit.ui.source import SourceView
from cockpit.ui.state import DIMMED, Standing
from cockpit.ui.why import Why

#: Seconds that the cursor rests on a finding before its rule is looked up.
_REST = 0.05


class Filter(Input):
    """The line that a filter is typed in."""

    DEFAULT_CSS = """
    Filter, Filter:focus {
        display: none; height: 1; border: none; padding: 0 1; background: $surface;
    }
    Filter.-open { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "clear", id="filter.clear"),
        Binding("enter", "screen.keep_filter", "keep", id="filter.keep"),
    ]


class PaneScreen(Page):
    """Everything about one pane; it keeps its cursor and filter while another is on top."""

    AUTO_FOCUS = "FindingList"
    DEFAULT_CSS = """
    PaneScreen #body { layout: vertical; }
    PaneScreen #left { height: 2fr; }
    PaneScreen #right { height: 3fr; }
    PaneScreen FindingList { height: 1fr; }
    PaneScreen SourceView { height: 2fr; }
    PaneScreen Why { height: 1fr; min-height: 6; }
    PaneScreen Static { height: auto; padding: 0 2; display: none; }
    PaneScreen Static.-said { display: block; }
    PaneScreen.-wide #body { layout: horizontal; }
    PaneScreen.-wide #left { width: 46%; height: 1fr; }
    PaneScreen.-wide #right { width: 1fr; height: 1fr; }
    PaneScreen.-low Why { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="pane.back"),
        Binding("slash", "filter", "filter", key_display="/", id="pane.filter"),
        Binding("s", "severity", "severity", id="pane.severity"),
        Binding("tab", "app.next_pane(1)", "next pane", show=False, id="pane.next"),
        Binding("shift+tab", "app.next_pane(-1)", "pane before", show=False, id="pane.previous"),
        Binding("w", "why", "why", show=False, id="pane.why"),
    ]

    def __init__(self, pane: Pane, context: Context, docs: dict[tuple[str, str], RuleDoc | str]):
        """Show `pane`; `docs` remembers the rules' documentation for all panes."""
        super().__init__(context)
        self._pane, self._docs = pane, docs
        self._list = FindingList(context.look)
        self._source = SourceView(context.look)
        self._why = Why(context.look)
        self._filter = Filter(placeholder="text in rule, message or path; ! inverts")
        self._notice = Static(markup=False)
        self._least: Severity = SEVERITIES[-1]
        self._words = ""
        self._narrowed: tuple[Rows, Severity, str, Rows] | None = None
        self._generation = -1

    def body(self) -> ComposeResult:
        """List on one side, source and why on the other."""
        with Container(id="body"):
            with Vertical(id="left"):
                yield self._notice
                yield self._list
                yield self._filter
            with Vertical(id="right"):
                yield self._source
                yield self._why

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
    def place(self) -> tuple[str, int, int] | None:
        """The line of the source where it has the focus, else the finding's place."""
        place = place_of(self._list.finding)
        if self._source.has_focus and self._source.path:
            same = place is not None and place[:2] == (self._source.path, self._source.line)
            return place if same else (self._source.path, self._source.line, 1)
        return place

    # --- Drawing ------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw what is known now; the source is read again where files changed."""
        super().show()
        standing = self.context.state.standing(self._pane.id)
        rows = self._rows()
        faded = standing.kind in DIMMED
        self._list.show(rows, faded, self._empty(rows))
        self._show_caption(rows)
        said = standing.kind in ("failed", "skipped")
        self._notice.update(self._reason(standing) if said else "")
        self._notice.set_class(said, "-said")
        generation = self.context.state.snapshot.generation
        if generation != self._generation:
            self._generation = generation
            self._look_at(self._list.finding, again=True)

    def _reason(self, standing: Standing) -> Text:
        """Return why the tool gave no answer, and what to do next."""
        look = self.context.look
        sign, style = captions.standing_sign(standing, look)
        return Text.assemble(
            (f"{sign} ", style),
            (f"{plain(standing.reason)} ", look.palette.text),
            (plain(standing.hint), look.palette.muted),
        )

    def go_to(self, finding: Finding) -> None:
        """Put the cursor on a finding."""
        self._list.go_to(finding)

    def _rows(self) -> Rows:
        """Return the pane's rows as they are narrowed; typing on narrows what is left."""
        rows = self.context.state.rows(self._pane.id)
        start = least(rows, self._least)
        if self._narrowed is not None:
            base, severity, words, result = self._narrowed
            if base is rows and severity == self._least:
                if words == self._words:
                    return result
                if words and self._words.startswith(words) and words[0] != "!":
                    start = result
        result = matching(start, self._words)
        self._narrowed = rows, self._least, self._words, result
        return result

    def _empty(self, rows: Rows) -> str:
        if rows or self.context.state.standing(self._pane.id).kind != "fresh":
            return ""
        if self.context.state.count(self._pane.id):
            way = "esc clears it" if self._words else "s shows the lesser ones"
            return f"Nothing passes the filter; {way}."
        return "Nothing found."

    def _show_caption(self, rows: Rows) -> None:
        look, state = self.context.look, self.context.state
        title = captions.title(self._pane, state, look, sparks=True)
        worst, least = SEVERITIES[0], SEVERITIES[-1]
        worse = "only high" if self._least == worst else f"{self._least} and worse"
        parts = [] if self._least == least else [worse]
        parts.append(f"filter: {plain(self._words) or 'none'}")
        if len(rows) != len(state.rows(self._pane.id)):
            parts.append(f"{len(rows):,} shown")
        title.append(f"  {f' {look.signs.dot} '.join(parts)}", look.palette.muted)
        self._list.border_title = title
        self._list.border_subtitle = captions.standing(self._pane, state, look)

    # --- Following the cursor -----------------------------------------------------------------

    @on(FindingList.Moved)
    def _moved(self, message: FindingList.Moved) -> None:
        self._look_at(message.finding)

    def _look_at(self, finding: Finding | None, again: bool = False) -> None:
        """Show the source and the reason of `finding`; `again` after its file may have changed."""
        if finding is None:
            self._source.show_words("", "")
            self._why.show(None, False, None, "")
            return
        if finding.path != self._source.path or again:
            self.run_worker(self._load(finding), group="source", exclusive=True)
        else:
            self._source.go_to(finding)
        self._explain(finding)

    async def _load(self, finding: Finding) -> None:
        backend = self.context.backend
        if backend is None:
            return
        try:
            text = await asyncio.to_thread(read_text, backend.root, finding.path)
        except CockpitError as error:
            self._source.show_words(finding.path, f"{error.message}. {error.hint}".strip())
            return
        moved = finding.path != self._source.path or self._source.finding is not finding
        self._source.show_text(text)
        self._source.show_marks(self.context.state.findings_of(finding.path))
        if moved:
            self._source.go_to(finding)

    def _explain(self, finding: Finding) -> None:
        known = self._docs.get((finding.checker, finding.rule), "")
        self._show_why(finding, known)
        if not known and finding.rule != UNREAD:
            self.run_worker(self._document(finding), group="document", exclusive=True)

    async def _document(self, finding: Finding) -> None:
        await asyncio.sleep(_REST)
        backend = self.context.backend
        if backend is None:
            return
        try:
            found: RuleDoc | str = await backend.document(finding)
        except CockpitError as error:
            found = error.message
        self._docs[finding.checker, finding.rule] = found
        if self._list.finding is finding:
            self._show_why(finding, found)

    def _show_why(self, finding: Finding, known: RuleDoc | str) -> None:
        new = self.context.state.since.is_new(finding)
        if isinstance(known, str):
            self._why.show(finding, new, None, known)
        else:
            self._why.show(finding, new, known, "")

    # --- Keys ---------------------------------------------------------------------------------

    @on(FindingList.Chosen)
    def _chosen(self) -> None:
        self._source.focus()

    def action_back(self) -> None:
        """Go back: from the filter, the source, a narrowed list, and then to the Deck."""
        if self._filter.has_focus or (self._list.has_focus and self._words):
            self._filter.value = ""
            self.action_keep_filter()
        elif not self._list.has_focus:
            self._list.focus()
        elif self._least != SEVERITIES[-1]:
            self._least = SEVERITIES[-1]
            self.show()
        else:
            self.app.pop_screen()

    def action_filter(self) -> None:
        """Type a filter."""
        self._filter.add_class("-open")
        self._filter.focus()

    def action_keep_filter(self) -> None:
        """Go back to the list and keep the filter."""
        self._filter.remove_class("-open")
        self._list.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._words = event.value
        self.show()

    def action_severity(self) -> None:
        """Ask for the next severity: all, medium and worse, high."""
        order = SEVERITIES[::-1]
        self._least = order[(order.index(self._least) + 1) % len(order)]
        self.show()

    def action_why(self) -> None:
        """Go to the explanation, to scroll it."""
        self._why.focus()

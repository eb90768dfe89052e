"""By file: the project as a tree with every pane's counts, and beside it the file at its marks."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input

from cockpit.model import SEVERITIES, Finding, Metric
from cockpit.panes import PANES, Pane, pane_of
from cockpit.plain import plain
from cockpit.tree import SORTS, Row, Sources, Tree
from cockpit.ui import captions
from cockpit.ui.columns import Inks
from cockpit.ui.context import Context
from cockpit.ui.detail import Detail, Docs
from cockpit.ui.living import Living
from cockpit.ui.order import Rows, unread
from cockpit.ui.page import OF_A_PANE, elsewhere, place_of
from cockpit.ui.prompt import FilterLine
from cockpit.ui.query import Query, files_passing, hint, parse
from cockpit.ui.state import DIMMED, State, amount
from cockpit.ui.style import ASCII
from cockpit.ui.tree import TreeHead, TreeList
from cockpit.ui.triage import Triage
from cockpit.ui.view import FilesView

_SORTED = {"name": "by name", "findings": "most findings first", "new": "most new first"}
_SORTED["coverage"] = "least documented first"


class TreeBox(Vertical):
    """The frame around the tree and its head; it is lit while the tree has the focus."""

    DEFAULT_CSS = """
    TreeBox { border: round $border-blurred; padding: 0 1; border-title-color: $foreground; }
    TreeBox:focus-within { border: round $border; }
    TreeBox.-ascii { border: ascii $border-blurred; }
    TreeBox.-ascii:focus-within { border: ascii $border; }
    """


class FilesScreen(Triage):
    """The tree; it keeps its folds, filter and cursor while another page is on top."""

    AUTO_FOCUS = "TreeList"
    DEFAULT_CSS = """
    FilesScreen #body { layout: vertical; }
    FilesScreen #left { height: 3fr; }
    FilesScreen TreeBox, FilesScreen TreeList { height: 1fr; }
    FilesScreen Detail { height: 2fr; }
    FilesScreen.-wide #body { layout: horizontal; }
    FilesScreen.-wide #left { width: 56%; height: 1fr; }
    FilesScreen.-wide Detail { width: 1fr; height: 1fr; }
    FilesScreen.-low Why { display: none; }
    FilesScreen.-low.-why Why { display: block; }
    FilesScreen.-low.-why SourceView { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="files.back"),
        Binding("slash", "filter", "filter", key_display="/", id="files.filter"),
        Binding("S", "sort", "sort", id="files.sort"),
        Binding("W", "within", "deck of this folder", id="files.within"),
        Binding("n", "mark(1)", "next mark", show=False, id="files.next"),
        Binding("N", "mark(-1)", "mark before", show=False, id="files.previous"),
        Binding("w", "why", "why", show=False, id="files.why"),
        Binding("tab", "app.next_pane(0)", "first pane", show=False, id="files.next_pane"),
        Binding("shift+tab", "app.next_pane(-1)", "last pane", show=False, id="files.last_pane"),
        *elsewhere("the list of a pane", "Open one with 1 to 4.", {**OF_A_PANE, "x": "dismissing"}),
        *elsewhere(  # than in the source or the explanation, where these come here
            "the tree",
            "esc goes back to it.",
            {"space": "folding", "H": "folding all", "L": "unfolding all"},
        ),
    ]

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show the tree of what `context` knows; `docs` are shared with the panes."""
        super().__init__(context)
        self._whole = Tree(pane.id for pane in PANES)
        self._shown: tuple[tuple[int, int, str, bool], Tree] = (0, 0, "", False), self._whole
        self._query = Query()
        self._living: Living | None = None
        self._everything = (0, 0), Rows()
        self._inks = Inks(context.look)
        self._list = TreeList(self._whole, self._inks)
        self._head = TreeHead(self._whole.totals(), self._inks)
        self._box = TreeBox(classes="-ascii" if context.look.signs is ASCII else "")
        self._detail = Detail(context, docs)
        self._filter = FilterLine(context.look, "text in the path")
        self._sort, self._words = SORTS[0], ""

    def body(self) -> ComposeResult:
        """The tree on one side, source and why on the other."""
        with Container(id="body"):
            with Vertical(id="left"):
                with self._box:
                    yield self._head
                    yield self._list
                yield self._filter
            yield self._detail

    def on_resize(self, event: events.Resize) -> None:
        """Stand side by side where there is room, else one below the other."""
        super().on_resize(event)
        wide = event.size.width >= 120
        self.set_class(wide, "-wide")
        self.set_class(event.size.height < (22 if wide else 36), "-low")

    @property
    def view(self) -> FilesView:
        """How the person looks at the tree."""
        return FilesView(self._sort, self._list.unfolded, self._words, self._list.path)

    @view.setter
    def view(self, view: FilesView) -> None:
        known = view.sort in (*SORTS, *self._whole.panes)
        self._sort, self._words = view.sort if known else SORTS[0], view.words
        self._list.unfolded, self._list.path = view.unfolded, view.cursor
        with self.prevent(Input.Changed):
            self._filter.input.value = view.words
        if self.is_attached:
            self.show()

    @property
    def pane(self) -> Pane:
        """The pane of the finding that is explained, or the first."""
        found = self._detail.finding
        return next((pane for pane in PANES if found and pane.id == pane_of(found)), PANES[0])

    @property
    def checkers(self) -> tuple[str, ...]:
        """Every checker: the tree is of them all."""
        return tuple(self.context.state.snapshot.results)

    @property
    def finding(self) -> Finding | None:
        """The finding that is explained."""
        return self._detail.finding

    @property
    def absence(self) -> str:
        """Why there is no finding here."""
        row = self._list.row
        return "this is a folder, no file" if row and row.folder else "there is no finding here"

    @property
    def place(self) -> tuple[str, int, int] | None:
        """The line of the source where it has the focus, else the finding's place, or the file."""
        source, finding = self._detail.source, self._detail.finding
        place = place_of(finding)
        if source.has_focus and source.path:
            same = place is not None and place[:2] == (source.path, source.line)
            return place if same else (source.path, source.line, 1)
        row = self._list.row
        if row is None or row.folder:
            return None
        return place if place is not None and place[0] == row.path else (row.path, 1, 1)

    # --- Drawing ------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw what is known now; the source is read again where files changed."""
        super().show()
        state = self.context.state
        metric, metrics = measured(state)
        sources = Sources(
            panes={pane.id: state.files(pane.id) for pane in PANES},
            new=state.snapshot.new,
            metrics=metrics,
            unread=unread_files(state),
        )
        self._whole.update(sources)
        self._show_tree(metric.get("goal", 0.0))
        if self._detail.has_news():
            self._look_at(self._list.row, again=True)
        self._detail.warm()

    def _show_tree(self, goal: float) -> None:
        state, look = self.context.state, self.context.look
        standings = {pane.id: state.standing(pane.id) for pane in PANES}
        faded = frozenset(pane for pane, now in standings.items() if now.kind in DIMMED)
        self._inks = Inks(look, faded, goal)
        signs = {
            pane: captions.standing_sign(now, look)[0]
            for pane, now in standings.items()
            if now.kind in ("failed", "running", "skipped")
        }
        tree = self._narrowed()
        narrowed = f"{self._words} {state.only_new}" if self._words or state.only_new else ""
        self._list.show(tree, self._sort, self._inks, narrowed, self._empty())
        words = amount(len(tree), "file") if narrowed else self._listed()
        self._head.show(tree.totals(), words, self._sort, self._inks, signs)
        query = self._query
        self._filter.show(self._words, query.problem or ("" if len(tree) else hint(query)))
        self._show_caption()

    def _narrowed(self) -> Tree:
        """Return the part of the tree that passes the filter."""
        state = self.context.state
        living = state.living if self._query.asks_of_findings else None
        wanted = self._whole.version, state.snapshot.generation, self._words, state.only_new
        if wanted != self._shown[0] or living is not self._living:
            self._query = parse(self._words, self.checkers)
            self._living = state.living if self._query.asks_of_findings else None
            tree = self._whole.only_new() if state.only_new else self._whole
            if self._query.words:
                tree = tree.only(files_passing(self._query, tree.files, self._found(wanted[:2])))
            self._shown = wanted, tree
        return self._shown[1]

    def _found(self, stamp: tuple[int, int]) -> Rows:
        """Return all that was found, in every file; made once for a `stamp` of what is known."""
        if stamp != self._everything[0]:
            state = self.context.state
            lists = (found for pane in PANES for found in state.files(pane.id).values())
            rows = [*unread_rows(state), *chain.from_iterable(lists)]
            new = frozenset(id(row) for row in rows if state.is_new(row))
            self._everything = stamp, Rows(rows, new)
        self._everything[1].seen = self.context.state.living.ids
        return self._everything[1]

    def _listed(self) -> str:
        """Return how many files are listed; of the rest only the number is known."""
        count, every = len(self._whole), self.context.state.snapshot.files
        if count >= every:
            return amount(count, "file")
        return f"{count:,} of {amount(every, 'file')} listed"

    def _empty(self) -> str:
        if self._words:
            words = "No file passes the filter; esc clears it."
            if len(self._whole) >= self.context.state.snapshot.files:
                return words
            return f"{words}\nA file in which nothing is found or measured is not listed."
        if self.context.state.only_new:
            return f"Nothing is new since {plain(self.context.state.snapshot.base.name)}."
        return "Nothing found." if self.context.state.snapshot.fresh else ""

    def _show_caption(self) -> None:
        palette, dot = self.context.look.palette, self.context.look.signs.dot
        title = Text.assemble(("0 ", palette.muted), ("By file", palette.strong))
        within = self.context.state.within
        parts = [f"Deck: only {plain(within)}"] if within else []
        parts.append(_SORTED.get(self._sort, f"most {self._sort} first"))
        if self.context.state.only_new:
            parts.append("only new")
        parts.append(f"filter: {plain(self._words) or 'none'}")
        if self._query.asks_of_findings and not self.context.state.only_new:
            parts.append("counts of whole files")
        title.append(f"  {f' {dot} '.join(parts)}", palette.muted)
        self._box.border_title = title

    # --- Following the cursor -----------------------------------------------------------------

    @on(TreeList.Moved)
    def _moved(self, message: TreeList.Moved) -> None:
        self._look_at(message.row)

    def _look_at(self, row: Row | None, again: bool = False) -> None:
        """Show the file under the cursor at its worst finding, or what is in the folder."""
        if row is None or row.folder:
            path = row.path if row else ""
            self._detail.look_into(path, tuple(sorted(self._shown[1].below(path))))
            return
        found, held = self._findings(row.path), self._detail.finding
        kept = next((one for one in found if held and one.key == held.key), None)
        worst = min(found, key=self._rank, default=None)
        self._detail.look_at(row.path, kept or worst, again)

    def _findings(self, path: str) -> list[Finding]:
        state = self.context.state
        errors = [row for row in unread_rows(state) if row.path == path]
        return errors + [one for found in state.findings_of(path).values() for one in found]

    def _rank(self, finding: Finding) -> tuple[bool, bool, int, int]:
        """Return what is to be seen first: what is new, the unread, the worst, the first line."""
        old = not self.context.state.is_new(finding)
        severity = SEVERITIES.index(finding.severity)
        return old, finding.rule != "unread", severity, finding.line

    # --- Keys ---------------------------------------------------------------------------------

    @on(TreeList.Chosen)
    def _chosen(self) -> None:
        self._detail.source.focus()

    @on(TreeHead.Sorted)
    def _sorted(self, message: TreeHead.Sorted) -> None:
        self._sort = message.sort
        self.show()

    def action_sort(self) -> None:
        """Sort by name, most findings, most new, least documented, and so on."""
        at = SORTS.index(self._sort) if self._sort in SORTS else -1
        self._sort = SORTS[(at + 1) % len(SORTS)]
        self.show()

    def action_mark(self, direction: int) -> None:
        """Go to the next mark of the file, or to the one before."""
        self._detail.source.action_mark(direction)

    def action_why(self) -> None:
        """Go to the explanation; it takes the source's place where there is no room for both."""
        if self._detail.finding is None:
            self.say("there is no finding here to explain", "Go to a file that has one.")
            return
        self.add_class("-why")
        self._detail.why.focus()

    def action_back(self) -> None:
        """Go back: from the filter, the source, a narrowed tree, and then to the Deck."""
        self.remove_class("-why")
        if self._filter.input.has_focus or (self._list.has_focus and self._words):
            self._filter.input.value = ""
            self.action_keep_filter()
        elif not self._list.has_focus:
            self._list.focus()
        else:
            self.app.pop_screen()

    def action_filter(self) -> None:
        """Type a filter."""
        self._filter.open()

    def action_keep_filter(self) -> None:
        """Go back to the tree and keep the filter."""
        self._list.focus()
        self.show()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._words = event.value
        self.show()

    def action_within(self) -> None:
        """Show the Deck of the folder under the cursor; of everything where it is of that one."""
        state, row = self.context.state, self._list.row
        folder = row.path if row and row.folder else row.path.rpartition("/")[0] if row else ""
        if not folder and not state.within:
            self.say("this file lies in no folder", "Go to the folder that the Deck is to show.")
            return
        state.within = "" if folder == state.within else folder
        self.app.pop_screen()


def measured(state: State) -> tuple[Metric, Mapping[str, Metric]]:
    """Return the coverage, whole and by file, of all files: also where the Deck shows a part."""
    for result in state.snapshot.results.values():
        if result.last is not None and "percent" in result.last.metric:
            return result.last.metric, result.last.file_metrics
    return {}, {}


def unread_rows(state: State) -> Iterator[Finding]:
    """Yield a row for each file that a tool could not read."""
    for name, result in state.snapshot.results.items():
        for error in result.last.errors if result.last is not None else ():
            yield unread(name, error)


def unread_files(state: State) -> dict[str, bool]:
    """Return the files that some tool could not read, each with whether that is new."""
    found: dict[str, bool] = {}
    for row in unread_rows(state):
        found[row.path] = found.get(row.path, False) or state.is_new(row)
    return found

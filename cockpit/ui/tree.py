"""The list of folders and files: drawn by line, folded and unfolded, its cursor on a path."""

from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tree import SORTS, Row, Totals, Tree, fitting, index_of
from cockpit.ui.columns import Columns, Inks, columns_for, headings, line, total
from cockpit.ui.cursor import CursorView, moving
from cockpit.ui.draw import strip


class TreeList(CursorView):
    """Shows a tree; folds and cursor hang on paths and stay, whatever the counts become."""

    DEFAULT_CSS = """
    TreeList { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
               scrollbar-gutter: stable; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l,right", "enter", "open", key_display="enter", id="tree.enter"),
        *moving("tree"),
        Binding("h,left", "leave", "fold, or to the folder", show=False, id="tree.leave"),
        Binding("space", "fold", "fold", key_display="space", id="tree.fold"),
        Binding("H", "fold_all", "fold all", show=False, id="tree.fold_all"),
        Binding("L", "unfold_all", "unfold all", show=False, id="tree.unfold_all"),
    ]

    class Moved(Message):
        """The cursor is on another line, or on none; only the newest of these matters."""

        def __init__(self, row: Row | None) -> None:
            """Say which."""
            super().__init__()
            self.row = row

        def can_replace(self, message: Message) -> bool:
            """Let a later move stand for an earlier one that nobody has seen."""
            return isinstance(message, TreeList.Moved)

    class Chosen(Message):
        """A person asked to see the file under the cursor."""

    def __init__(self, tree: Tree, inks: Inks) -> None:
        """Show `tree` once told to."""
        super().__init__()
        self._tree, self._inks = tree, inks
        self._sort, self._empty, self._narrowed = SORTS[0], "", ""
        self._rows: list[Row] = []
        self._columns = columns_for(0, tree.totals())
        self._unfolded: set[str] | None = None
        self._folded: set[str] = set()
        self._path = ""
        self._laid_out: tuple[Tree, int, str, str] | None = None
        self._told: Row | None = None

    @property
    def row(self) -> Row | None:
        """The line under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def unfolded(self) -> frozenset[str] | None:
        """The folders that are unfolded where nothing narrows the tree; None before any are."""
        return None if self._unfolded is None else frozenset(self._unfolded)

    @unfolded.setter
    def unfolded(self, paths: frozenset[str] | None) -> None:
        self._unfolded, self._laid_out = None if paths is None else set(paths), None

    @property
    def path(self) -> str:
        """The path that the cursor was put on; set, it goes there with the next `show`."""
        return self._path

    @path.setter
    def path(self, path: str) -> None:
        self._path, self._laid_out = path, None

    def show(self, tree: Tree, sort: str, inks: Inks, narrowed: str = "", empty: str = "") -> None:
        """Show `tree`; where it is `narrowed` (by what, in words) all is unfolded to begin with."""
        if narrowed != self._narrowed:
            self._narrowed, self._folded = narrowed, set()
        self._tree, self._sort, self._inks, self._empty = tree, sort, inks, empty
        wanted = tree, tree.version, sort, narrowed
        if wanted == self._laid_out:
            self.refresh()
            return
        self._laid_out = wanted
        self._lay_out()
        if self._unfolded is None:  # the page may still be about to take its shape
            self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Unfold as much as fits, once there is a tree and a place to show it in."""
        if self._unfolded is None and len(self._tree) and self.size.height:
            self._unfolded = set(fitting(self._tree, self.size.height))
            self._lay_out()

    def is_unfolded(self, path: str) -> bool:
        """Return whether a folder shows what is in it."""
        if self._narrowed:
            return path not in self._folded
        return self._unfolded is not None and path in self._unfolded

    def _lay_out(self) -> None:
        """Make the lines anew, the cursor's where it was on the screen."""
        before, self._rows = self._cursor, self._tree.rows(self.is_unfolded, self._sort)
        index = index_of(self._rows, self._path) if self._path else None
        self._cursor = max(0, min(before if index is None else index, len(self._rows) - 1))
        self._columns = columns_for(self.scrollable_content_region.width, self._tree.totals())
        self.virtual_size = Size(1, len(self._rows))
        if self._cursor != before and self.scroll_offset.y:
            top = max(0, self.scroll_offset.y + self._cursor - before)
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._reveal()
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        if self.row != self._told:
            self._told = self.row
            self.post_message(self.Moved(self.row))

    def _lines_in_all(self) -> int:
        return len(self._rows)

    def _cursor_moved(self, before: int) -> None:
        if self.row is not None:
            self._path = self.row.path
        self.refresh_line(before)
        self.refresh_line(self._cursor)
        self._tell()

    def on_resize(self) -> None:
        """Lay out for the new width, and keep the cursor in sight."""
        self._lay_out()
        self.call_after_refresh(self._begin)

    # --- Keys and mouse -----------------------------------------------------------------------

    def action_enter(self) -> None:
        """Unfold a folder, go into one that is unfolded, or ask to see the file."""
        row = self.row
        if row is None:
            return
        if not row.folder:
            self.post_message(self.Chosen())
        elif self.is_unfolded(row.path):
            self._move_to(self._cursor + 1)
        else:
            self._fold(row, False)

    def action_leave(self) -> None:
        """Fold an unfolded folder; from anything else go to the folder that it lies in."""
        row = self.row
        if row is None:
            return
        if row.folder and self.is_unfolded(row.path):
            self._fold(row, True)
            return
        outer = (at for at in range(self._cursor, -1, -1) if self._rows[at].depth < row.depth)
        self._move_to(next(outer, self._cursor))

    def action_fold(self) -> None:
        """Fold or unfold the folder under the cursor, or the one that the file lies in."""
        row = self.row
        if row is not None and row.folder:
            self._fold(row, self.is_unfolded(row.path))
        elif row is not None and row.depth:
            self.action_leave()
            self.action_leave()

    def action_fold_all(self) -> None:
        """Fold every folder; the cursor stays in the outermost that it was in."""
        self._unfolded, self._folded = set(), set(self._tree.folders)
        self._lay_out()
        if self.row is not None:
            self._path = self.row.path

    def action_unfold_all(self) -> None:
        """Unfold every folder."""
        self._folded = set()
        if not self._narrowed:
            self._unfolded = set(self._tree.folders)
        self._lay_out()

    def _fold(self, row: Row, folded: bool) -> None:
        self._path = row.path
        if self._narrowed:
            changed = self._folded.update if folded else self._folded.difference_update
        else:
            self._unfolded = self._unfolded or set()
            changed = self._unfolded.difference_update if folded else self._unfolded.update
        changed(row.chain)
        self._lay_out()

    def on_click(self, event: events.Click) -> None:
        """Move to the line clicked on; its sign, or a second click, folds it or opens it."""
        index = event.y + self.scroll_offset.y
        if not 0 <= index < len(self._rows):
            return
        self._move_to(index)
        row = self._rows[index]
        sign = row.depth * 2
        if row.folder and (event.chain > 1 or sign <= event.x < sign + 2):
            self._fold(row, self.is_unfolded(row.path))
        elif event.chain > 1:
            self.post_message(self.Chosen())

    # --- Drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one folder or file."""
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        palette = self._inks.look.palette
        if index >= len(self._rows):
            words = self._empty.splitlines()[y : y + 1] if not self._rows else ()
            return strip(self, [Segment(one, palette.muted) for one in words], width)
        row = self._rows[index]
        unfolded = self.is_unfolded(row.path)
        segments = line(row, self._tree.totals(row), unfolded, self._columns, self._inks)
        ground = None
        if index == self._cursor:
            ground = palette.cursor if self.has_focus else palette.blurred
        return strip(self, segments, width, ground)


class TreeHead(Widget):
    """What stands still above the list: the columns' names, a click on one sorts; and the sums."""

    DEFAULT_CSS = "TreeHead { height: 2; padding: 0 1 0 0; }"
    ALLOW_SELECT = False

    class Sorted(Message):
        """A person asked for another order."""

        def __init__(self, sort: str) -> None:
            """Say which."""
            super().__init__()
            self.sort = sort

    def __init__(self, totals: Totals, inks: Inks) -> None:
        """Show `totals`."""
        super().__init__()
        self._totals, self._inks = totals, inks
        self._words, self._sort, self._signs = "", SORTS[0], dict[str, str]()

    @property
    def columns(self) -> Columns:
        """Where the columns stand; the list's are the same, for it is as wide."""
        return columns_for(self.content_size.width, self._totals)

    def show(
        self, totals: Totals, words: str, sort: str, inks: Inks, signs: Mapping[str, str]
    ) -> None:
        """Show the sums of the tree, called `words`; `signs` say of a pane that it is not fresh."""
        self._totals, self._words, self._signs = totals, words, dict(signs)
        self._sort, self._inks = sort, inks
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the names, or under them the sums."""
        width, columns = self.content_size.width, self.columns
        if y == 0:
            segments = headings(columns, self._sort, self._signs, self._inks.look)
        else:
            segments = total(self._totals, self._words, columns, self._inks)
        return strip(self, segments, width)

    def on_click(self, event: events.Click) -> None:
        """Sort by the column clicked on; the name's a second time, by most findings."""
        sort = self.columns.at(event.x) if event.y == 0 else self._sort
        if sort == SORTS[0] == self._sort and event.y == 0:
            sort = SORTS[1]
        self.post_message(self.Sorted(sort))

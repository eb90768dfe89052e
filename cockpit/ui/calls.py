"""The call tree as a list: folded and unfolded, the heaviest first, its cursor on a path.

What its rows are is in `callrows`; a tree turned round, from a function to its callers, is shown
as well.
"""

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from cockpit.plain import plain
from cockpit.profilers.profile import Function, Node
from cockpit.ui.callline import INDENT, CallLines, Line, figures
from cockpit.ui.callrows import (
    MOST,
    Fold,
    Row,
    hottest,
    match_before,
    next_match,
    place_of,
    rows_of,
    unfold_all,
)
from cockpit.ui.cursor import CursorView, moving, stretch
from cockpit.ui.draw import strip
from cockpit.ui.seek import Found, Search
from cockpit.ui.spot import Path
from cockpit.ui.style import Inked, Look

#: Cells of a border that its title leaves free.
_CORNERS = 6


class CallsView(Inked, CursorView):
    """Shows the tree it is given; cursor and folds are paths, and hold whatever the tree becomes.

    Until a person moves or folds, the hottest path of now is unfolded. Rows change places only
    where one is clearly heavier than the other (`callrows.ranked`).
    """

    DEFAULT_CSS = """
    CallsView {
        border: round $border-blurred; padding: 0 1; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    CallsView:focus { border: round $border; }
    CallsView:focus:nocolor { border: heavy $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "source", key_display="enter", id="calls.choose"),
        *moving("calls"),
        Binding("space", "fold", "fold, unfold", key_display="space", id="calls.fold"),
        Binding("h,left", "leave", "fold, or to the caller", show=False, id="calls.leave"),
        Binding("l,right", "enter", "unfold, or go in", show=False, id="calls.enter"),
        Binding("H", "fold_all", "fold all", show=False, id="calls.fold_all"),
        Binding("L", "unfold_all", "unfold all", show=False, id="calls.unfold_all"),
        Binding("n", "next(1)", "next match", show=False, id="calls.next"),
        Binding("N", "next(-1)", "match before", show=False, id="calls.previous"),
    ]

    class Moved(Message):
        """The cursor is on another row, or on none; only the newest of these matters."""

        def __init__(self, function: Function | None, path: Path) -> None:
            """Say which function, and its path from below the root."""
            super().__init__()
            self.function, self.path = function, path

        def can_replace(self, message: Message) -> bool:
            """Let a later move stand for an earlier one that nobody has seen."""
            return isinstance(message, CallsView.Moved)

    class Chosen(Message):
        """A person asked to see the source of the function under the cursor."""

        def __init__(self, function: Function, path: Path) -> None:
            """Say which."""
            super().__init__()
            self.function, self.path = function, path

    class Stuck(Message):
        """A key could not work here."""

        def __init__(self, words: str, hint: str = "") -> None:
            """Say why."""
            super().__init__()
            self.words, self.hint = words, hint

    def __init__(self, look: Look, own: str = "", inverted: bool = False) -> None:
        """Show nothing yet; the project's own code lies in the folder `own`.

        `inverted`: below a function are its callers, so that no row has time of its own.
        """
        super().__init__()
        self._look, self._inverted = look, inverted
        self._drawing = CallLines(look, own, inverted)
        self._root, self._version = Node(Function("all", "")), -1
        self._empty_words = ""
        self._title: Callable[[int], Text] = lambda _: Text()
        self._fold = Fold()
        self._search = Search()
        self._lines: list[Row] = []
        self._wanted: Path = ()
        self._told: Path | None = None
        self._touched = False
        #: Cells that deep rows are moved to the left by.
        self._shift = 0
        self._drawn: dict[int, Line | None] = {}

    # --- What it shows ------------------------------------------------------------------------

    @property
    def cursor(self) -> Path:
        """The path of the row under the cursor, from below the root; () where there is none."""
        return self._lines[self._cursor].path if self._lines else ()

    @property
    def selected(self) -> Node | None:
        """The node under the cursor."""
        return self._lines[self._cursor].node if self._lines else None

    @property
    def matched(self) -> float:
        """The share (0..1) of samples with a row that is searched for anywhere in the stack."""
        found = self._look_through()
        return found.samples / max(found.whole, 1)

    @property
    def words(self) -> str:
        """What is searched for."""
        return self._search.words

    def show(self, root: Node, version: int, empty: str = "no samples yet") -> None:
        """Show the tree below `root` as it is at `version`, or the words `empty` where it is empty.

        Nothing is drawn where nothing changed that is in sight.
        """
        if (root, version, empty) == (self._root, self._version, self._empty_words):
            return
        if (bool(root.total), empty) != (bool(self._lines), self._empty_words):
            self.refresh()
        self._root, self._version, self._empty_words = root, version, empty
        self._lay_out()

    def entitle(self, title: Callable[[int], Text]) -> None:
        """Have `title` say what stands in the border, in so many cells; again for another width."""
        self._title = title
        self.border_title = title(self.size.width - _CORNERS)

    def renew(self) -> None:
        """Say what stands in the border in the colours of now."""
        self.entitle(self._title)

    def search(self, words: str) -> None:
        """Mark the rows whose name or path has `words` in it; none where they are blank."""
        self._search = Search(words)
        self._redraw()

    def go_to(self, path: Path) -> None:
        """Put the cursor on `path`, and unfold what it lies in."""
        self._touched = True
        self._wanted = path
        self._fold.unfold(path[:-1])
        self._lay_out()

    # --- Keeping up ---------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Make the rows anew, that of the cursor where it was on the screen."""
        if not self._touched:
            self._fold.close()
            self._fold.unfold(hottest(self._root))
        before, self._lines = self._cursor, rows_of(self._root, self._fold)
        self._cursor = place_of(self._lines, self._root, self._wanted)
        if not self.size:  # it is not on the screen yet
            return
        stretch(self, len(self._lines) + 1)
        if self._cursor != before and self.scroll_offset.y:
            top = max(0, self.scroll_offset.y + self._cursor - before)
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._reveal()
        self._redraw()
        self._tell()

    def _redraw(self) -> None:
        """Draw the rows in sight that are others than before."""
        before, self._drawn = self._drawn, {}
        for y in range(1, self.scrollable_content_region.height):
            if self._line(y) != before.get(y):
                self._refresh_screen_line(y)

    def _refresh_screen_line(self, y: int) -> None:
        self._drawn.pop(y, None)
        self.refresh(Region(0, y, max(self.size.width, 1), 1))

    def _line(self, y: int) -> Line | None:
        """Return what is drawn at `y`, where 0 is the line of headings; remembered until anew."""
        if y not in self._drawn:
            index = y + self.scroll_offset.y - 1
            there = 0 <= index < len(self._lines)
            self._drawn[y] = self._line_of(self._lines[index], index) if there else None
        return self._drawn[y]

    def _line_of(self, row: Row, index: int) -> Line:
        above = bool(self._search) and id(row.node) in self._look_through().above
        return Line(
            row.node.function,
            row.depth * INDENT - self._shift,
            bool(row.node.children),
            row.unfolded,
            figures(row.node, self._root.total, self._inverted),
            self._search.hits(row.node.function),
            above and not row.unfolded,
            index == self._cursor,
        )

    def _look_through(self) -> Found:
        return self._search.found(self._root, self._version)

    def _lines_in_all(self) -> int:
        return len(self._lines)

    def _cursor_moved(self, before: int) -> None:
        if not self._lines:
            return
        self._touched, self._wanted = True, self.cursor
        top = self.scroll_offset.y
        for index in (before, self._cursor):
            self._refresh_screen_line(index + 1 - top)
        self._tell()

    def _tell(self) -> None:
        cursor = self.cursor
        if cursor != self._told:
            self._told = cursor
            self.post_message(self.Moved(cursor[-1] if cursor else None, cursor))

    def _reveal(self) -> None:
        """Scroll as little as brings the cursor into sight, below the headings; sideways too."""
        height, top = self.scrollable_content_region.height - 1, self.scroll_offset.y
        target = min(max(top, self._cursor - height + 1), self._cursor)
        if height > 0 and target != top:
            self.scroll_to(y=target, animate=False, immediate=True, force=True)
        if not self._lines:
            return
        room, indent = self._drawing.indents(self._width), self._lines[self._cursor].depth * INDENT
        if not self._shift <= indent <= self._shift + room:
            self._shift = max(0, indent - room // 2 // INDENT * INDENT)
            self._redraw()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Forget what was drawn where."""
        super().watch_scroll_y(old_value, new_value)
        self._drawn = {}

    def on_resize(self) -> None:
        """Keep the cursor in sight, and the title as long as there is room for it."""
        self._lay_out()
        self.entitle(self._title)

    # --- Keys and mouse -----------------------------------------------------------------------

    def action_choose(self) -> None:
        """Ask to see the source."""
        if self._lines:
            self.post_message(self.Chosen(self.cursor[-1], self.cursor))

    def action_fold(self) -> None:
        """Fold or unfold the row under the cursor."""
        if self._lines:
            self._set_open(not self._lines[self._cursor].unfolded)

    def action_enter(self) -> None:
        """Unfold the row under the cursor, or go into it."""
        if not self._lines:
            return
        row = self._lines[self._cursor]
        if row.unfolded:
            self._move_to(self._cursor + 1)
        else:
            self._set_open(True)

    def action_leave(self) -> None:
        """Fold the row under the cursor, or go to the one that it lies in."""
        if not self._lines:
            return
        row = self._lines[self._cursor]
        if row.unfolded:
            self._set_open(False)
        elif row.parent is not None:
            self._move_to(place_of(self._lines, self._root, row.parent.path))

    def _set_open(self, unfolded: bool) -> None:
        node = self._lines[self._cursor].node
        if not node.children:
            what = "nothing called it" if self._inverted else "it called nothing that was seen"
            self.post_message(self.Stuck(f"there is nothing to unfold: {what}"))
            return
        self._touched, self._wanted = True, self.cursor
        self._fold.at(self.cursor).open = unfolded
        self._lay_out()

    def action_fold_all(self) -> None:
        """Fold every row; the cursor stays in the outermost that it was in."""
        if not self._lines:
            return
        self._touched, self._wanted = True, self.cursor[:1]
        self._fold.close()
        self._lay_out()

    def action_unfold_all(self) -> None:
        """Unfold every row, the heaviest first, to a number that can be looked through."""
        if not self._lines:
            return
        self._touched, self._wanted = True, self.cursor
        if not unfold_all(self._root, self._fold):
            words = f"the heaviest are unfolded, some {MOST:,} rows"
            self.post_message(self.Stuck(words, "l unfolds what is under the cursor."))
        self._lay_out()

    def action_next(self, by: int) -> None:
        """Move to the next row that was searched for, or the one before, unfolding to it."""
        if not self._search:
            self.post_message(self.Stuck("nothing is searched for", "/ searches."))
            return
        find = next_match if by > 0 else match_before
        above = self._look_through().above
        path = find(self._root, self._fold, self.cursor, self._search, above)
        if path is not None:
            self.go_to(path)
        elif above:
            self.post_message(self.Stuck(f"this is the {'last' if by > 0 else 'first'} match"))
        else:
            self.post_message(self.Stuck("no name and no path has these words in it"))

    def on_click(self, event: events.Click) -> None:
        """Move to the row clicked on; its sign folds it, and a second click asks for the source."""
        y = event.y - self.gutter.top
        line, index = self._line(y) if y > 0 else None, y + self.scroll_offset.y - 1
        if line is None:
            return
        self._move_to(index)
        sign = self._drawing.head(self._width) + max(0, line.indent)
        if line.inner and sign <= event.x - self.gutter.left < sign + 2:
            self.action_fold()
        elif event.chain > 1:
            self.action_choose()

    # --- Drawing ------------------------------------------------------------------------------

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def render_line(self, y: int) -> Strip:
        """Draw one row, or the headings above all."""
        palette = self._look.palette
        if not self._root.total:
            words = plain(self._empty_words) if y == 0 else ""
            return strip(self, [Segment(words, palette.muted)], self._width)
        if y == 0:
            return strip(self, self._drawing.headings(self._width), self._width)
        line = self._line(y)
        if line is None:
            return strip(self, [], self._width)
        ground = None
        if line.under_cursor:
            ground = palette.cursor if self.has_focus else palette.blurred
        return strip(self, self._drawing.line(line, self._width), self._width, ground)

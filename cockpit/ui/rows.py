"""A list of rows that others draw, renewed every second under a cursor that stays on its row."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from cockpit.ui.cursor import RenewedView, moving
from cockpit.ui.draw import strip
from cockpit.ui.style import Look

#: Draws a row in so many cells.
Draw = Callable[[Any, int], list[Segment]]
#: Draws the head of the columns in so many cells.
DrawHead = Callable[[int], list[Segment]]


class RowList(RenewedView):
    """Shows rows, each with a key; the first line of it stays in sight as the head of the columns.

    Only what is in sight is drawn, and nothing where nothing changed.
    """

    DEFAULT_CSS = """
    RowList {
        border: round $border-blurred; padding: 0 1; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    RowList:focus { border: round $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "open", key_display="enter", id="rows.choose"),
        *moving("rows"),
    ]

    class Moved(Message):
        """The cursor is on another row, or on none; only the newest of these matters."""

        def __init__(self, row: Any) -> None:
            """Say which."""
            super().__init__()
            self.row = row

        def can_replace(self, message: Message) -> bool:
            """Let a later move stand for an earlier one that nobody has seen."""
            return isinstance(message, RowList.Moved)

    class Chosen(Message):
        """A person opened the row under the cursor."""

        def __init__(self, row: Any) -> None:
            """Say which."""
            super().__init__()
            self.row = row

    def __init__(self, look: Look) -> None:
        """Show no rows yet."""
        super().__init__()
        self._look = look
        self._rows: Sequence[Any] = ()
        self._keys: list[Hashable] = []
        self._draw: Draw = lambda _row, _width: []
        self._head: DrawHead | None = None
        self._empty = ""
        self._told: Hashable = None
        #: Whether the person went to the row of the cursor, or it is just where it rests.
        self._meant = False
        #: Whether it rests on the last row, and not on the first.
        self._last = False

    @property
    def row(self) -> Any:
        """The row under the cursor; None where there is none."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    @property
    def rows(self) -> Sequence[Any]:
        """What is shown."""
        return self._rows

    def show(  # noqa: PLR0913 -- one call says all that is shown
        self,
        rows: Sequence[Any],
        key: Callable[[Any], Hashable],
        draw: Draw,
        *,
        head: DrawHead | None = None,
        empty: str = "",
        anew: bool = False,
        last: bool = False,
    ) -> None:
        """Show `rows`, which `draw` draws under `head`, or `empty` where there are none.

        The cursor stays on its row, and that where it is on the screen; where nobody moved it, it
        stays on the first, or the `last`. `anew`: these are rows of another kind.
        """
        keys = list(map(key, rows))
        before = self._cursor
        held = self._keys[before] if before < len(self._keys) else None
        self._rows, self._keys, self._last = rows, keys, last
        self._draw, self._head, self._empty = draw, head, empty
        if anew or not self._meant:
            self._cursor, self._meant = self._resting, False
        elif held not in keys:
            self._cursor = max(0, min(before, len(rows) - 1))
            self._meant = self._cursor != self._resting
        else:
            self._cursor = keys.index(held)
        size = Size(1, len(rows) + bool(head))
        if size != self.virtual_size:
            self.virtual_size = size
        if self._cursor != before and not anew:
            top = max(0, self.scroll_offset.y + self._cursor - before)
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._reveal()
        self._renew_lines()
        self._tell()

    def go_to(self, key: Hashable) -> bool:
        """Put the cursor on the row with `key`; return whether there is one."""
        if key not in self._keys:
            return False
        self._move_to(self._keys.index(key))
        return True

    @property
    def _resting(self) -> int:
        """The row that the cursor is on where nobody moved it."""
        return max(0, len(self._rows) - 1) if self._last else 0

    def _lines_in_all(self) -> int:
        return len(self._rows)

    def _reveal(self) -> None:
        """Scroll as little as brings the cursor into sight, below the head."""
        height = self.scrollable_content_region.height - bool(self._head)
        top = self.scroll_offset.y
        target = min(max(top, self._cursor - height + 1), self._cursor)
        if height > 0 and target != top:
            self.scroll_to(y=target, animate=False, immediate=True, force=True)

    def _cursor_moved(self, before: int) -> None:  # noqa: ARG002 - a line under the head is another
        self._meant = self._cursor != self._resting
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        key = self._keys[self._cursor] if self._rows else None
        if key != self._told:
            self._told = key
            self.post_message(self.Moved(self.row))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def on_click(self, event: events.Click) -> None:
        """Move to the row clicked on; a second click opens it."""
        index = event.y - self.gutter.top - bool(self._head) + self.scroll_offset.y
        if 0 <= index < len(self._rows):
            self._move_to(index)
            if event.chain > 1:
                self.action_choose()

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Chosen(self.row))

    def _line(self, y: int) -> Strip:
        """Return the head, or one row."""
        width = self.scrollable_content_region.width
        if self._head is not None and y == 0:
            return strip(self, self._head(width), width)
        index = y - bool(self._head) + self.scroll_offset.y
        if index >= len(self._rows):
            words = self._empty if not self._rows and index == 0 else ""
            return strip(self, [Segment(words, self._look.palette.muted)], width)
        ground = None
        if index == self._cursor:
            ground = self._look.palette.cursor if self.has_focus else self._look.palette.blurred
        return strip(self, self._draw(self._rows[index], width), width, ground)

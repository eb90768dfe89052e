"""The one list of findings: drawn by line, so that a hundred thousand rows cost what fifty do."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from cockpit.model import Finding
from cockpit.ui.cursor import CursorView, moving
from cockpit.ui.draw import row, strip
from cockpit.ui.order import Rows
from cockpit.ui.style import Look


class FindingList(CursorView):
    """Shows `Rows`; its cursor stays on its finding, by key, whatever happens to the rows."""

    DEFAULT_CSS = """
    FindingList {
        border: round $border-blurred; padding: 0 1; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    FindingList:focus { border: round $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "source", key_display="enter", id="list.choose"),
        *moving("list"),
    ]

    class Moved(Message):
        """The cursor is on another finding, or on none; only the newest of these matters."""

        def __init__(self, finding: Finding | None) -> None:
            """Say which."""
            super().__init__()
            self.finding = finding

        def can_replace(self, message: Message) -> bool:
            """Let a later move stand for an earlier one that nobody has seen."""
            return isinstance(message, FindingList.Moved)

    class Chosen(Message):
        """A person asked to see the finding under the cursor."""

    def __init__(self, look: Look) -> None:
        """Show no rows yet."""
        super().__init__()
        self._look = look
        self._rows = Rows()
        self._empty, self._faded = "", False
        self._told: Finding | None = None

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor."""
        return self._rows.findings[self._cursor] if self._rows else None

    @property
    def cursor(self) -> int:
        """The row of the cursor, from 0."""
        return self._cursor

    def show(self, rows: Rows, faded: bool = False, empty: str = "") -> None:
        """Show `rows`, dimmed if `faded`, or the words `empty` where there are none."""
        before, held = self._cursor, self._told
        kept = rows.index(held) if held is not None else None
        self._rows, self._faded, self._empty = rows, faded, empty
        self._cursor = max(0, min(before if kept is None else kept, len(rows) - 1))
        self.virtual_size = Size(1, len(rows))
        if self._cursor != before and self.scroll_offset.y:
            # The row of the cursor stays where it is on the screen; what surrounds it moves.
            # Not at the top: there what is new comes into sight.
            top = max(0, self.scroll_offset.y + self._cursor - before)
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._reveal()
        self.refresh()
        self._tell()

    def go_to(self, finding: Finding) -> None:
        """Move the cursor to `finding` if it is in the list."""
        index = self._rows.index(finding)
        if index is not None:
            self._move_to(index)

    def _lines_in_all(self) -> int:
        return len(self._rows)

    def _cursor_moved(self, before: int) -> None:
        self.refresh_line(before)
        self.refresh_line(self._cursor)
        self._tell()

    def _tell(self) -> None:
        finding = self.finding
        if finding is not self._told:
            self._told = finding
            self.post_message(self.Moved(finding))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def on_click(self, event: events.Click) -> None:
        """Move to the row clicked on; a second click opens it."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < len(self._rows):
            self._move_to(index)
            if event.chain > 1:
                self.post_message(self.Chosen())

    def action_choose(self) -> None:
        """Ask to see the finding."""
        if self._rows:
            self.post_message(self.Chosen())

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            words = self._empty if not self._rows and y == 0 else ""
            line = [Segment(words, self._look.palette.muted)]
            return strip(self, line, width)
        palette = self._look.faded if self._faded else self._look.palette
        new = index < self._rows.new
        segments = row(self._rows.findings[index], width, new, palette, self._look.signs)
        ground = None
        if index == self._cursor:
            ground = self._look.palette.cursor if self.has_focus else self._look.palette.blurred
        return strip(self, segments, width, ground)

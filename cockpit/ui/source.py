"""The one source view: a file, coloured, with what every tool says in the gutter of its lines."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text as Words
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.ui.code import Painter, cells_before
from cockpit.ui.cursor import RenewedView, moving
from cockpit.ui.draw import shorten, strip
from cockpit.ui.gutter import Gutter
from cockpit.ui.heat import Heat
from cockpit.ui.highlight import Highlighter
from cockpit.ui.marks import Marks, Said, marks_of
from cockpit.ui.minimap import Minimap
from cockpit.ui.read import Text
from cockpit.ui.style import Inked, Look

#: Cells of a finding that lies far to the right that are in sight; of what is before it, the rest.
_MARGIN = 16
_NO_LINES = Text("", ())


class SourceView(Inked, RenewedView):
    """Shows one file; its cursor line starts at a finding, in the upper third."""

    DEFAULT_CSS = """
    SourceView {
        border: round $border-blurred; padding: 0 0 0 1; border-title-color: $foreground;
        scrollbar-size: 0 0;
    }
    SourceView:focus { border: round $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *moving("source"),
        Binding("n", "mark(1)", "next mark", key_display="n N", id="source.next"),
        Binding("N", "mark(-1)", "mark before", show=False, id="source.previous"),
        Binding("h,left", "scroll_left", "left", show=False, id="source.left"),
        Binding("l,right", "scroll_right", "right", show=False, id="source.right"),
    ]

    class Marked(Message):
        """A person moved the cursor to a line that has marks; this is its worst finding."""

        def __init__(self, finding: Finding) -> None:
            """Say which."""
            super().__init__()
            self.finding = finding

        def can_replace(self, message: Message) -> bool:
            """Let a later move stand for an earlier one that nobody has seen."""
            return isinstance(message, SourceView.Marked)

    def __init__(self, look: Look) -> None:
        """Show no file yet."""
        super().__init__()
        self._look = look
        self._text = _NO_LINES
        self._words = ""
        #: The finding that the cursor was put on, and the one that is underlined.
        self._finding: Finding | None = None
        self._meant: Finding | None = None
        self._place_pending = False
        self._painter: Painter | None = None
        self._marks = Marks()
        self._gutter = Gutter(look)
        self._minimap = Minimap(look)
        self._dragging = False
        self._wrapped = ""
        #: What stands in the border, above and below.
        self._said: tuple[Words, Words] | None = None

    @property
    def path(self) -> str:
        """The path of the file that is shown, empty while there is none."""
        return self._text.path

    @property
    def finding(self) -> Finding | None:
        """The finding that the cursor was put on last."""
        return self._finding

    @property
    def line(self) -> int:
        """The line of the cursor, from 1."""
        return self._cursor + 1

    @property
    def marked(self) -> Finding | None:
        """The worst finding of the cursor's line."""
        return self._marks.worst(self.line)

    # --- What is shown ------------------------------------------------------------------------

    def show_words(self, path: str, words: str) -> None:
        """Say why there is no file to see."""
        self._words = words
        self._set_text(Text(path, ()))

    def show_text(self, text: Text) -> None:
        """Show a file, or the same file after a change, its cursor on the line where it was."""
        self._words = ""
        self._set_text(text)

    def show_marks(self, said: Said, is_new: Callable[[Finding], bool]) -> None:
        """Take what every pane says of the file, and what of it is new."""
        self._marks = marks_of(said, is_new, self._marks.columns)
        self._measure()

    def show_heats(self, heats: Sequence[Heat]) -> None:
        """Take what profilers know of the file's lines, a column each; again as they learn."""
        self._gutter.heat(heats, self._text.path)
        self._measure()

    def go_to(self, finding: Finding) -> None:
        """Put the cursor on a finding and underline what it is about."""
        self._put(finding.line, finding)

    def go_to_line(self, line: int) -> None:
        """Put the cursor on a line, from 1, of which no finding need be known."""
        self._put(line, None)

    def _put(self, line: int, finding: Finding | None) -> None:
        self._finding = self._meant = finding
        self._cursor = max(0, min(line, len(self._text.lines)) - 1)
        self._wrapped = ""
        self._place_pending = not self.size.height
        self._place()
        self._caption()
        self.refresh()

    def _set_text(self, text: Text) -> None:
        if text != self._text:
            if text.path != self._text.path:
                self._cursor = 0
                self._marks = Marks()
                self._gutter.heat((), text.path)
                self.scroll_to(0, 0, animate=False, immediate=True, force=True)
            else:
                self._follow(text)
            self._text = text
            self._painter = None
            self.refresh()
        self._measure()

    def _follow(self, text: Text) -> None:
        """Keep the cursor on its line, and that where it is on the screen, when others come."""
        by = moved(self._text.lines, text.lines, self._cursor)
        self._cursor = max(0, min(self._cursor + by, len(text.lines) - 1))
        if by and self.scroll_offset.y:
            top = max(0, self.scroll_offset.y + by)
            self.call_after_refresh(
                self.scroll_to, y=top, animate=False, immediate=True, force=True
            )

    def _measure(self) -> None:
        """Take the size of what is shown, and draw it."""
        lines = len(self._text.lines)
        self._gutter.measure(lines, self._marks)
        self.virtual_size = Size(self._text.cells + self._gutter.width + 2, lines)
        self._minimap.show(self._marks, lines, self.scrollable_content_region.height)
        self._caption()
        self._renew_lines()

    def _place(self) -> None:
        """Scroll to the cursor's finding: into the upper third, and sideways only if it must."""
        region = self.scrollable_content_region
        left = 0
        if self._finding is not None and self._text.lines:
            start = cells_before(self._text.lines[self._cursor], self._finding.column - 1)
            room = region.width - self._gutter.width - _MARGIN
            left = max(0, start - max(0, room))
        top = max(0, self._cursor - region.height // 4)
        self.scroll_to(left, top, animate=False, immediate=True, force=True)

    def on_resize(self) -> None:
        """Place the cursor once there is a size to place it in, and keep it in sight."""
        self._measure()
        if self._place_pending and self.size.height:
            self._place_pending = False
            self._place()
        self._reveal()

    # --- Moving -------------------------------------------------------------------------------

    def _lines_in_all(self) -> int:
        return len(self._text.lines)

    def _cursor_moved(self, before: int) -> None:  # noqa: ARG002 - another view's
        self._wrapped = ""
        finding = self.marked
        if finding is not None and finding is not self._meant:
            self._meant = finding
            self.post_message(self.Marked(finding))
        self._caption()
        self.refresh()

    def action_mark(self, direction: int) -> None:
        """Move to the next line that has marks, or to the one before; around the ends."""
        line, wrapped = self._marks.beside(self.line, direction)
        if line:
            self._move_to(line - 1)
        if not line:
            self._wrapped = "nothing is marked in this file"
        elif len(self._marks.order) == 1:
            self._wrapped = "the only mark in this file"
        elif wrapped:
            self._wrapped = "past the end: first mark" if direction > 0 else "past the top: last"
        self._caption()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the minimap, or move the cursor to the line that was pressed on."""
        y = event.y - self.gutter.top
        if event.x - self.gutter.left == self.scrollable_content_region.width - 1:
            self._dragging = True
            self.capture_mouse()
            self._scroll_by_minimap(y)
        elif 0 <= y + self.scroll_offset.y < len(self._text.lines):
            self._move_to(y + self.scroll_offset.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Scroll to where the minimap is pulled."""
        if self._dragging:
            self._scroll_by_minimap(event.y - self.gutter.top)

    def on_mouse_up(self) -> None:
        """Let go of the minimap."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _scroll_by_minimap(self, y: int) -> None:
        top = self._minimap.top_at(y)
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    # --- Drawing ------------------------------------------------------------------------------

    def renew(self) -> None:
        """Write the caption in other colours; the lines are painted anew by themselves."""
        self._said = None
        self._caption()

    def _caption(self) -> None:
        palette, signs = self._look.palette, self._look.signs
        path = shorten(plain(self._text.path), max(12, self.size.width - 8), signs.more)
        symbol = self._finding.symbol if self._finding and self._on_finding() else ""
        title = Words.assemble((path, palette.strong))
        if symbol and len(path) + len(symbol) + 8 < self.size.width:
            title.append(f"  {plain(symbol)}", palette.muted)
        legend = self._gutter.legend(self._marks, self.line)
        below = Words(self._wrapped, palette.medium) if self._wrapped else legend
        above = title if self._text.path else Words()
        if (above, below) != self._said:  # the whole is drawn anew with them
            self._said = above, below
            self.border_title, self.border_subtitle = above, below

    def _on_finding(self) -> bool:
        finding = self._finding
        return finding is not None and finding.path == self._text.path and finding.line == self.line

    def _line(self, y: int) -> Strip:
        """Return one line of the file."""
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        if index >= len(self._text.lines):
            words = plain(self._words) if y == 0 else ""
            return strip(self, [Segment(words, self._look.palette.muted)], width)
        room = max(0, width - self._gutter.width - 1)
        left = self.scroll_offset.x
        code = self._paint(index).crop(left, left + room).adjust_cell_length(room, Style())
        edge = self._minimap.cell(y, self.scroll_offset.y)
        return strip(self, [*self._before(index), *code, edge], width, self._ground(index))

    def _before(self, index: int) -> Iterator[Segment]:
        inside = self._meant if self._range_lines(index + 1) else None
        yield from self._gutter.cells(index + 1, self._marks, index == self._cursor, inside)

    def _ground(self, index: int) -> Style | None:
        if index != self._cursor:
            return None
        return self._look.palette.cursor if self.has_focus else self._look.palette.blurred

    def _paint(self, index: int) -> Strip:
        palette = self._look.palette
        if self._painter is None or self._painter.palette is not palette:
            text = self._text
            colours = Highlighter(text.path, text.lines, text.inside)
            self._painter = Painter(text.lines, colours, palette, self._look.signs)
        return self._painter.strip(index, *self._underlined(index))

    def _range_lines(self, line: int) -> bool:
        """Return whether the finding that is explained is about several lines, this one of them."""
        meant = self._meant
        if meant is None or meant.path != self._text.path or meant.end_line == meant.line:
            return False
        return meant.line <= line <= meant.end_line

    def _underlined(self, index: int) -> tuple[int, int]:
        """Return the stretch of a line, from 0, that the finding is about; empty for others."""
        meant = self._meant
        if meant is None or meant.path != self._text.path:
            return 0, 0
        line, text = index + 1, self._text.lines[index]
        if not meant.line <= line <= meant.end_line:
            return 0, 0
        first = meant.column - 1 if line == meant.line else len(text) - len(text.lstrip())
        last = meant.end_column - 1 if line == meant.end_line else len(text)
        first = min(max(first, 0), len(text))
        return first, max(first, min(last, len(text)))


def moved(before: Sequence[str], after: Sequence[str], index: int) -> int:
    """Return by how much a line of a file moved when its text changed from `before` to `after`."""
    if index >= len(before) or index >= len(after):
        return len(after) - len(before)
    same = next((at for at in range(index + 1) if before[at] != after[at]), None)
    return 0 if same is None else _by_the_end(before, after, index)


def _by_the_end(before: Sequence[str], after: Sequence[str], index: int) -> int:
    """Return the difference of the lengths where all from the line on is still the end."""
    rest = len(before) - index
    return len(after) - len(before) if before[index:] == after[-rest:] else 0

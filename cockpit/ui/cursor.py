"""What every view with a cursor line shares: the keys that move it, and that it stays in sight."""

from typing import Self

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


def moving(place: str) -> list[BindingType]:
    """Return the keys that move the cursor, as users' keymaps name them for `place`."""

    def hidden(keys: str, action: str, words: str, name: str) -> Binding:
        return Binding(keys, action, words, show=False, id=f"{place}.{name}")

    return [
        Binding("j,down", "move(1)", "move", key_display="j k", id=f"{place}.down"),
        hidden("k,up", "move(-1)", "up", "up"),
        hidden("ctrl+d", "half(1)", "half a page down", "half_down"),
        hidden("ctrl+u", "half(-1)", "half a page up", "half_up"),
        hidden("pagedown", "page(1)", "page down", "page_down"),
        hidden("pageup", "page(-1)", "page up", "page_up"),
        hidden("g,home", "first", "first", "first"),
        hidden("G,end", "last", "last", "last"),
    ]


def stretch(view: ScrollView, length: int) -> None:
    """Have `view` be so many lines long; the screen is laid out anew only where a scrollbar comes.

    Or goes. That takes longer than all the rest of a key.
    """
    size, height = Size(1, length), view.scrollable_content_region.height
    if (length > height) is not (view.virtual_size.height > height):
        view.virtual_size = size
        return
    view.set_reactive(ScrollView.virtual_size, size)
    if length > height:
        view.vertical_scrollbar.window_virtual_size = length
    if view.scroll_offset.y > view.max_scroll_y:
        view.scroll_to(y=view.max_scroll_y, animate=False, immediate=True, force=True)


class CursorView(ScrollView, can_focus=True):
    """A view of lines, one of which has the cursor; `moving` has the keys for it."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        """Put the cursor on the first line."""
        super().__init__()
        self._cursor = 0

    def _lines_in_all(self) -> int:
        """Return how many lines there are."""
        raise NotImplementedError

    def _cursor_moved(self, before: int) -> None:
        """Draw the cursor where it is now; it was on the line `before`."""
        raise NotImplementedError

    def _move_to(self, index: int) -> None:
        before, self._cursor = self._cursor, max(0, min(index, self._lines_in_all() - 1))
        self._reveal()
        self._cursor_moved(before)

    def _reveal(self) -> None:
        """Scroll as little as brings the cursor into sight."""
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        target = min(max(top, self._cursor - height + 1), self._cursor)
        if height and target != top:
            self.scroll_to(y=target, animate=False, immediate=True, force=True)

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self._move_to(self._cursor + by)

    def action_half(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self._move_to(self._cursor + direction * max(1, self.size.height // 2))

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self._move_to(self._cursor + direction * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Move to the first line."""
        self._move_to(0)

    def action_last(self) -> None:
        """Move to the last line."""
        self._move_to(self._lines_in_all() - 1)


class RenewedView(CursorView):
    """A view that is renewed every second: only the lines that are another then are drawn."""

    def __init__(self) -> None:
        """Have drawn nothing yet."""
        #: What was drawn last, line by line; empty where all of it will be drawn.
        self._drawn: dict[int, Strip] = {}
        super().__init__()

    def _line(self, y: int) -> Strip:
        """Return the line `y` of those in sight."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        line = self._drawn[y] = self._line(y)
        return line

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw the regions again, or all."""
        if not regions:
            self._drawn.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _renew_lines(self) -> None:
        """Draw the lines again that are not as they were drawn last."""
        if not self._drawn:  # nobody has seen it, or all of it will be drawn
            self.refresh()
            return
        height = self.scrollable_content_region.height
        changed = [y for y in range(height) if self._drawn.get(y) != self._line(y)]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

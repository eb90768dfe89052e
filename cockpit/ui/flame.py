"""The flame view: a call tree as an icicle, the root on top; a frame is as wide as its samples.

Where frames stand is in `icicle`, where a person is in `spot`, and how all is drawn in `frames`;
here are the keys and the mouse, and what is drawn again when.
"""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cockpit.plain import plain
from cockpit.profilers.profile import Function, Node
from cockpit.ui.cursor import stretch
from cockpit.ui.draw import strip
from cockpit.ui.frames import Captions, Cell, Changes, Painter, cells_of
from cockpit.ui.hues import Hues
from cockpit.ui.icicle import Box, beside, depth_of, layout
from cockpit.ui.seek import Found, Search
from cockpit.ui.spot import Path, Spot
from cockpit.ui.style import Inked, Look

#: Cells of a border that its titles leave free.
_CORNERS = 6
#: Drawn rows that are kept.
_STRIPS = 500


class FlameView(Inked, ScrollView, can_focus=True):
    """Shows the tree it is given; cursor and zoom are paths, and hold whatever the tree becomes.

    Where the tree has no such path, the longest part of it counts, until there is one again.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    FlameView {
        border: round $border-blurred; padding: 0 1; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    FlameView:focus { border: round $border; }
    FlameView:focus:nocolor { border: heavy $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "zoom", "zoom in", key_display="enter", id="flame.zoom"),
        Binding("backspace", "out", "zoom out", id="flame.out"),
        Binding("j,down", "child", "what it calls", show=False, id="flame.child"),
        Binding("k,up", "parent", "its caller", show=False, id="flame.parent"),
        Binding("h,left", "beside(-1)", "frame to the left", show=False, id="flame.left"),
        Binding("l,right", "beside(1)", "frame to the right", show=False, id="flame.right"),
        Binding("ctrl+d,pagedown", "deeper", "half a page deeper", show=False, id="flame.deeper"),
        Binding("ctrl+u,pageup", "higher", "half a page back", show=False, id="flame.higher"),
        Binding("g,home", "all", "show all again", show=False, id="flame.all"),
        Binding("G,end", "hottest", "down the hottest path", show=False, id="flame.hottest"),
        Binding("n", "next(1)", "next match", show=False, id="flame.next"),
        Binding("N", "next(-1)", "match before", show=False, id="flame.previous"),
    ]

    class Moved(Message):
        """The cursor is on another frame, or on the root; only the newest of these matters."""

        def __init__(self, function: Function | None, path: Path) -> None:
            """Say which function, and its path from below the root; None and () at the root."""
            super().__init__()
            self.function, self.path = function, path

        def can_replace(self, message: Message) -> bool:
            """Let a later move stand for an earlier one that nobody has seen."""
            return isinstance(message, FlameView.Moved)

    class Zoomed(Message):
        """A person zoomed in or out."""

        def __init__(self, path: Path) -> None:
            """Say into what; () is all."""
            super().__init__()
            self.path = path

    class Stuck(Message):
        """A key could not work here."""

        def __init__(self, words: str, hint: str = "") -> None:
            """Say why."""
            super().__init__()
            self.words, self.hint = words, hint

    def __init__(
        self, look: Look, own: str = "", title: str = "Flame", unit: str = "samples"
    ) -> None:
        """Show nothing yet; the project's own code lies in the folder `own`.

        `unit` is what weighs: samples, or bytes.
        """
        super().__init__()
        self._look, self._own = look, own
        self._captions = Captions(look, own, title, unit)
        self._spot = Spot(Node(Function("all", "")))
        self._version, self._empty_words = -1, ""
        self._search = Search()
        self._boxes: list[list[Box]] = []
        #: What is drawn of rows, by depth.
        self._drawn: dict[int, tuple[Cell, ...]] = {}
        self._told: Path = ()
        self._titles = "", ""
        self._painter: Painter | None = None
        #: Rows as they were drawn; most are the same after a key.
        self._strips: dict[tuple[Cell, ...], Strip] = {}
        self._strips_of: tuple[Painter, bool, int] | None = None
        self._zoomed_by_click = False
        self._changes: Changes | None = None

    # --- What it shows ------------------------------------------------------------------------

    @property
    def cursor(self) -> Path:
        """The path of the frame under the cursor, from below the root."""
        return self._spot.cursor

    @property
    def zoom(self) -> Path:
        """The path of what is zoomed into; () is all."""
        return self._spot.zoom

    @property
    def selected(self) -> Node | None:
        """The node under the cursor; None while nothing is shown."""
        return self._spot.node if self._spot.root.total else None

    @property
    def shares(self) -> tuple[float, float]:
        """The share (0..1) of the frame under the cursor of all, and of what is zoomed into."""
        spot = self._spot
        total, wholes = spot.node.total, (spot.root.total, spot.zoomed.total)
        return total / max(wholes[0], 1), total / max(wholes[1], 1)

    @property
    def matched(self) -> float:
        """The share (0..1) of samples with a frame that is searched for anywhere in the stack."""
        found = self._look_through()
        return found.samples / max(found.whole, 1)

    @property
    def words(self) -> str:
        """What is searched for."""
        return self._search.words

    def show(
        self,
        root: Node,
        version: int,
        empty: str = "no samples yet",
        changes: Changes | None = None,
    ) -> None:
        """Show the tree below `root` as it is at `version`, or the words `empty` where it is empty.

        With `changes` frames have the colour of how they changed. Nothing is drawn where nothing
        changed that is in sight.
        """
        if changes is not self._changes:
            self._changes, self._drawn, self._version = changes, {}, -1
        if (root, version, empty) == (self._spot.root, self._version, self._empty_words):
            return
        if empty != self._empty_words:
            self.refresh()
        self._spot.root, self._version, self._empty_words = root, version, empty
        self._lay_out()

    def search(self, words: str) -> None:
        """Mark the frames whose name or path has `words` in it; none where they are blank."""
        self._search = Search(words)
        self._lay_out()

    def go_to(self, path: Path) -> None:
        """Put the cursor on `path`, zoomed to where it is wide enough to be drawn."""
        self._spot.go_to(path)
        self._lay_out()
        self._reveal()

    def zoom_out(self) -> bool:
        """Zoom out to the nearest callers that are wider; False where all is shown."""
        path = self._spot.outside()
        if path is not None:
            self._zoom_to(path)
        return path is not None

    # --- Keeping up ---------------------------------------------------------------------------

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _lay_out(self) -> None:
        """Make the rows anew, and draw those in sight that are others than before."""
        self._spot.resolve(self._spot.root, self._width)
        if not self.size:  # it is not on the screen yet
            return
        stretch(self, depth_of(self._spot.zoomed, self._width) or 1)
        self._make_rows()
        before, self._drawn = self._drawn, {}
        top = self.scroll_offset.y
        for depth in range(top, top + self.scrollable_content_region.height):
            if self._cells(depth) != before.get(depth):
                self._refresh_row(depth)
        self._entitle()
        self._tell()

    def _make_rows(self) -> None:
        bottom = self.scroll_offset.y + self.scrollable_content_region.height
        self._boxes = layout(self._spot.zoomed, self._width, 0, max(bottom, self._spot.depth + 1))

    def _refresh_row(self, depth: int) -> None:
        self.refresh(Region(0, depth - self.scroll_offset.y, max(self.size.width, 1), 1))

    def _cells(self, depth: int) -> tuple[Cell, ...]:
        """Return what is drawn in a row; it is remembered until the rows are made anew."""
        cells = self._drawn.get(depth)
        if cells is None:
            row = self._boxes[depth] if depth < len(self._boxes) else []
            cells = self._drawn[depth] = cells_of(
                row,
                self._spot,
                self._search,
                self._look_through(),
                self._look.signs.more,
                self._changes,
            )
        return cells

    def _look_through(self) -> Found:
        return self._search.found(self._spot.root, self._version)

    def _tell(self) -> None:
        cursor = self.cursor
        if cursor != self._told:
            self._told = cursor
            self.post_message(self.Moved(cursor[-1] if cursor else None, cursor))

    def _entitle(self) -> None:
        """Say above what is zoomed into, and below what the cursor is on."""
        room, spot = max(0, self.size.width - _CORNERS), self._spot
        title = self._captions.title(spot, self.words, self._look_through(), room)
        if (left := room - title.cell_len - 4) > 0:
            legend = self._captions.legend(self._paint.hues, left, self._changes is not None)
            title.append(" " * (left + 4 - legend.cell_len) if legend else "", Style())
            title.append_text(legend)
        subtitle = self._captions.subtitle(spot, room)
        titles = title.markup, subtitle.markup
        if titles != self._titles:  # for either the whole is drawn anew
            self._titles, self.border_title, self.border_subtitle = titles, title, subtitle

    @property
    def _paint(self) -> Painter:
        """The painter in the colours of now."""
        if self._painter is None or self._painter.palette is not self._look.palette:
            self._painter = Painter(self._look, Hues(self.app), self._own)
        return self._painter

    def renew(self) -> None:
        """Say what stands in the border in the colours of now."""
        self._entitle()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out what comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._make_rows()
        self._drawn = {}

    def on_resize(self) -> None:
        """Lay out for the new width, with the cursor in sight."""
        self._lay_out()
        self._reveal()

    # --- Keys and mouse -----------------------------------------------------------------------

    def _move_to(self, path: Path) -> None:
        before = self._spot.depth
        self._spot.move_to(path)
        for depth in (before, self._spot.depth):
            self._drawn.pop(depth, None)
            self._refresh_row(depth)
        if self._spot.depth >= len(self._boxes):
            self._make_rows()
        self._reveal()
        self._entitle()
        self._tell()

    def _reveal(self) -> None:
        """Scroll as little as brings the cursor into sight, and what it calls if that can be."""
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        depth = self._spot.depth
        last = depth + (height > 2 and self._spot.heaviest(self._spot.node) is not None)
        target = min(max(top, last - height + 1), depth)
        if height and target != top:
            self.scroll_to(y=target, animate=False, immediate=True, force=True)

    def _zoom_to(self, path: Path) -> None:
        self._spot.zoom_to(path)
        self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self._lay_out()
        self._reveal()
        self.post_message(self.Zoomed(self.zoom))

    def action_child(self) -> None:
        """Move to what is called from here: where the cursor came up from, or else the heaviest."""
        path = self._spot.deeper(1)
        if path != self.cursor:
            self._move_to(path)
        elif self._spot.node.children:
            words = "what this calls is too thin to be drawn"
            self.post_message(self.Stuck(words, "enter zooms into it."))

    def action_parent(self) -> None:
        """Move to the caller."""
        if self._spot.depth:
            self._move_to(self._spot.higher(1))
        elif self.zoom:
            self.post_message(self.Stuck("this is what is zoomed into", "backspace zooms out."))

    def action_beside(self, by: int) -> None:
        """Move to the next frame of the row, or the one before, whoever calls it."""
        row = [box for box in self._row_of_cursor() if box.node is not None]
        at = next((at for at, box in enumerate(row) if box.node is self._spot.node), 0) + by
        if 0 <= at < len(row):
            self._move_to((*self.zoom, *row[at].path))

    def action_deeper(self) -> None:
        """Move down by half a page."""
        self._move_to(self._spot.deeper(max(1, self.size.height // 2)))

    def action_higher(self) -> None:
        """Move up by half a page."""
        self._move_to(self._spot.higher(max(1, self.size.height // 2)))

    def action_hottest(self) -> None:
        """Move down to the end of the hottest path."""
        self._move_to(self._spot.hottest())

    def action_zoom(self) -> None:
        """Make the frame under the cursor as wide as the view."""
        if self._spot.depth:
            self._zoom_to(self.cursor)
        else:
            self.post_message(self.Stuck("this is as wide as can be", "j goes to what it calls."))

    def action_out(self) -> None:
        """Zoom out to the caller."""
        if not self.zoom_out():
            self.post_message(self.Stuck("all is shown already", "enter zooms in."))

    def action_all(self) -> None:
        """Show all again; where all is shown, move to its root."""
        if self.zoom:
            self._zoom_to(())
        else:
            self._move_to(())

    def action_next(self, by: int) -> None:
        """Move to the next frame that was searched for, or the one before; callers come first."""
        spot, hits = self._spot, self._search.hits
        here = next((box for box in self._row_of_cursor() if box.node is spot.node), None)
        box, drawn = beside(spot.zoomed, self._width, here, by, hits)
        if box is not None:
            self._move_to((*self.zoom, *box.path))
        else:
            self.post_message(self.Stuck(*self._why_no_match(drawn, by)))

    def _why_no_match(self, drawn: bool, by: int) -> tuple[str, str]:
        if drawn:
            return f"this is the {'last' if by > 0 else 'first'} match", ""
        if not self._search:
            return "nothing is searched for", "/ searches."
        if self._look_through().samples:
            return "no match is wide enough to be drawn here", "Underlined dots have some: zoom in."
        return "no name and no path has these words in it", ""

    def _row_of_cursor(self) -> list[Box]:
        depth = self._spot.depth
        return self._boxes[depth] if depth < len(self._boxes) else []

    def on_click(self, event: events.Click) -> None:
        """Move to the frame clicked on; zoom into the one with the cursor; the right button out."""
        if event.button == 3:
            self.zoom_out()
            return
        if event.chain > 1 and self._zoomed_by_click:  # another frame is there by now
            return
        self._zoomed_by_click = False
        x, depth = event.x - self.gutter.left, event.y - self.gutter.top + self.scroll_offset.y
        row = self._boxes[depth] if 0 <= depth < len(self._boxes) else []
        box = next((box for box in row if box.x <= x < box.x + box.width), None)
        if box is not None and box.node is self._spot.node and depth:
            self._zoomed_by_click = True
            self._zoom_to(self.cursor)
        elif box is not None:
            self._move_to((*self.zoom, *box.path))

    # --- Drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one row of frames."""
        palette = self._look.palette
        if not self._spot.root.total:
            words = plain(self._empty_words) if y == 0 else ""
            return strip(self, [Segment(words, palette.muted)], self._width)
        cells, paint = self._cells(y + self.scroll_offset.y), self._paint
        state = paint, self.has_focus, self._width
        if state != self._strips_of or len(self._strips) > _STRIPS:
            self._strips_of, self._strips = state, {}
        if (line := self._strips.get(cells)) is None:
            segments = paint.row(cells, self.has_focus)
            line = self._strips[cells] = strip(self, segments, self._width)
        return line

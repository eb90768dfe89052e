"""The memory of the tracked program, or of the open capture, at a glance: a tile of the Deck."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from cockpit.memory.model import Moment
from cockpit.plain import plain
from cockpit.ui import heap, mem_draw, mem_rows
from cockpit.ui.context import Context
from cockpit.ui.draw import strip
from cockpit.ui.rows import Draw
from cockpit.ui.sizes import amount, size
from cockpit.ui.tracking import Tracking

#: Lines of the plot on a tile.
_PLOT = 2


class MemoryTile(Widget, can_focus=True):
    """The heap over time and the places that hold most of it; `enter` opens the memory page."""

    DEFAULT_CSS = """
    MemoryTile { border: round $border-blurred; padding: 0 1; border-title-color: $foreground; }
    MemoryTile:focus { border: round $border; }
    """
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "app.memory", "open", key_display="enter", id="tile.open"),
        Binding("j,down", "leave(1)", "down", show=False, id="tile.down"),
        Binding("k,up", "leave(-1)", "up", show=False, id="tile.up"),
    ]

    def __init__(self, context: Context, tracking: Tracking) -> None:
        """Show what `tracking` knows."""
        super().__init__(id="tile-memory")
        self._shared, self._tracking = context, tracking
        self._figures: list[Segment] = []
        self._area: list[str] = []
        self._rows: Sequence[Any] = ()
        self._draw: Draw = lambda _row, _width: []

    def show(self) -> None:
        """Draw what is known now."""
        look, tracking = self._shared.look, self._tracking
        palette, signs = look.palette, look.signs
        title = Text.assemble(("m ", palette.muted), ("Memory", palette.strong))
        program, opened = tracking.program, tracking.opened
        live = program is not None and (program.running or opened is None)
        if live and program is not None:
            title.append(f" pid {program.pid} {plain(program.command)}", palette.muted)
            sign, style = (signs.medium, palette.good)
            if not program.running:
                sign, style = signs.skipped, palette.medium
            self.border_subtitle = Text.assemble((f"{sign} ", style), ("memray", palette.muted))
            self._of_program()
        elif opened is not None:
            title.append(f" {plain(opened.capture.name or opened.capture.command)}", palette.muted)
            self.border_subtitle = Text("capture", palette.muted)
            self._of_capture()
        self.border_title = title
        self.refresh()

    def _of_program(self) -> None:
        look, picture = self._shared.look, self._tracking.picture
        palette = look.palette
        self._rows, self._figures = (), [Segment("no picture yet", palette.muted)]
        if picture is not None:
            self._say(f"{size(picture.heap)} now", picture.peak, picture.allocations)
            self._rows = mem_rows.live_rows(picture.rows, "own", "")
            self._draw = mem_draw.draw_live(picture.heap, look, self._shared.short)
        self._plot(list(self._tracking.course.moments), picture.peak if picture else 0)

    def _of_capture(self) -> None:
        look, opened = self._shared.look, self._tracking.opened
        self._rows, self._figures = (), [Segment("being read", look.palette.muted)]
        if opened is None or opened.summary is None:
            return
        summary, shape = opened.summary, opened.shapes.get("peak")
        self._say(summary.standing, summary.peak, summary.allocations)
        if shape is not None:
            self._rows = shape.rows
            self._draw = mem_draw.draw_table(shape.size, look, self._shared.short)
        self._plot(summary.moments, summary.peak)

    def _say(self, words: str, peak: int, allocations: int) -> None:
        palette, dot = self._shared.look.palette, self._shared.look.signs.dot
        more = f" {dot} peak {size(peak)} {dot} {amount(allocations)} allocations"
        self._figures = [Segment(words, palette.hottest), Segment(more, palette.muted)]

    def _plot(self, moments: Sequence[Moment], peak: int) -> None:
        self._area = []
        if len(moments) > 1 and self.content_size.height > _PLOT + 2:
            shown = heap.columns(moments, self.content_size.width)
            top = max(peak, *(one for one, _ in shown), 1)
            heights = [one / top for one, _ in shown]
            self._area = heap.rows(heights, _PLOT, self._shared.look.signs.spark)

    def on_resize(self) -> None:
        """There is room for more, or for less."""
        self.show()

    def on_click(self, event: events.Click) -> None:
        """Open the page."""
        event.stop()
        self.app.call_later(self.app.run_action, "memory")

    def action_leave(self, by: int) -> None:
        """Go to the next tile, or to the one before."""
        self.screen.focus_next("Tile") if by > 0 else self.screen.focus_previous("Tile")

    def render_line(self, y: int) -> Strip:
        """Draw the figures, the plot, or a place."""
        width, palette = self.content_size.width, self._shared.look.palette
        if y == 0:
            return strip(self, self._figures, width)
        if y <= len(self._area):
            return strip(self, [Segment(self._area[y - 1], palette.accent)], width)
        at = y - 1 - len(self._area)
        return strip(self, self._draw(self._rows[at], width) if at < len(self._rows) else [], width)

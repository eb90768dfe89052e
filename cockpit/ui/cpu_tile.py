"""The process that is sampled, at a glance: a tile of the Deck, there while there is one."""

from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from cockpit.plain import plain
from cockpit.ui import cpu_draw, cpu_rows
from cockpit.ui.context import Context
from cockpit.ui.cpu_head import standing
from cockpit.ui.draw import strip, wrapped
from cockpit.ui.profiling import Profiling
from cockpit.ui.rows import Draw


class CpuTile(Widget, can_focus=True):
    """The functions that take the most time; `enter` opens the CPU page."""

    DEFAULT_CSS = """
    CpuTile { border: round $border-blurred; padding: 0 1; border-title-color: $foreground; }
    CpuTile:focus { border: round $border; }
    """
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "app.cpu", "open", key_display="enter", id="tile.open"),
        Binding("j,down", "leave(1)", "down", show=False, id="tile.down"),
        Binding("k,up", "leave(-1)", "up", show=False, id="tile.up"),
    ]

    def __init__(self, context: Context, profiling: Profiling) -> None:
        """Show what `profiling` has seen."""
        super().__init__(id="tile-cpu")
        self._shared, self._profiling = context, profiling
        self._rows: list[cpu_rows.TopRow] = []
        self._draw: Draw = lambda _row, _width: []

    def show(self) -> None:
        """Draw what is known now."""
        look, profiling = self._shared.look, self._profiling
        palette, tally, target = look.palette, profiling.tally, profiling.target
        title = Text.assemble(("c ", palette.muted), ("CPU", palette.strong))
        if target is not None:
            title.append(f" pid {target.pid} {plain(target.command)}", palette.muted)
        self.border_title = title
        sign, words, style = standing(profiling, look)
        subtitle = Text.assemble((f"{sign} ", style), (words, palette.muted))
        if profiling.state.rate:
            parts = [f"{profiling.state.rate} Hz", f"{tally.unread:.1%} errors"]
            if profiling.glance.gil is not None:
                parts.append(f"GIL {profiling.glance.gil:.0%}")
            subtitle = Text.assemble((f"{sign} ", style))
            subtitle.append(f" {look.signs.dot} ".join(parts), palette.muted)
        self.border_subtitle = subtitle
        self._rows = cpu_rows.top_rows(tally, "own", most=max(self.content_size.height, 1))
        self._draw = cpu_draw.draw_top(tally, look, self._shared.short)
        self.refresh()

    def on_resize(self) -> None:
        """There is room for more, or for less."""
        self.show()

    def on_click(self, event: events.Click) -> None:
        """Open the page."""
        event.stop()
        self.app.call_later(self.app.run_action, "cpu")

    def action_leave(self, by: int) -> None:
        """Go to the next tile, or to the one before."""
        self.screen.focus_next("Tile") if by > 0 else self.screen.focus_previous("Tile")

    def render_line(self, y: int) -> Strip:
        """Draw a function, or why there is none."""
        width, look, state = self.content_size.width, self._shared.look, self._profiling.state
        if y < len(self._rows):
            return strip(self, self._draw(self._rows[y], width), width)
        lines: list[str] = []
        if not self._rows and state.words:
            room = max(1, self.content_size.height)
            sentence = f"{state.words}. {state.hint}".strip()
            lines = wrapped(sentence, width, room, look.signs.more)
        return strip(self, [Segment(lines[y] if y < len(lines) else "", look.palette.muted)], width)

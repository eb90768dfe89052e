"""One pane at a glance: a bordered tile with its count, its standing and its first findings."""

from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cockpit.model import Finding, Metric
from cockpit.panes import Pane
from cockpit.plain import plain
from cockpit.ui import captions
from cockpit.ui.besides import known_besides
from cockpit.ui.coverage import Folder, bar, folder_row, worst_folders
from cockpit.ui.draw import row, strip, wrapped
from cockpit.ui.state import DIMMED, Standing, State
from cockpit.ui.style import Look

#: Where sparks are worth their place: not on a tile that has no room for its title.
_SPARK_WIDTH = 48
#: What stands on the Deck beside this one.
_TILES = "Tile, CpuTile, MemoryTile"


class Tile(Widget, can_focus=True):
    """A pane's tile; `j` and `k` move over its findings, `enter` opens the pane at one."""

    DEFAULT_CSS = """
    Tile { border: round $border-blurred; padding: 0 1; border-title-color: $foreground; }
    Tile:focus { border: round $border; }
    """
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", key_display="enter", id="tile.open"),
        Binding("j,down", "move(1)", "down", show=False, id="tile.down"),
        Binding("k,up", "move(-1)", "up", show=False, id="tile.up"),
    ]

    class Opened(Message):
        """The pane is to be opened, at `finding` where there is one, to dismiss it or not."""

        def __init__(self, pane: Pane, finding: Finding | None, dismissing: bool = False) -> None:
            """Say which pane, and at what."""
            super().__init__()
            self.pane, self.finding, self.dismissing = pane, finding, dismissing

    def __init__(self, pane: Pane, state: State, look: Look) -> None:
        """Show `pane` as `state` knows it."""
        super().__init__(id=f"tile-{pane.id}")
        self.pane = pane
        self._state, self._look = state, look
        self._cursor = 0
        self._folders: tuple[Mapping[str, Metric], list[Folder]] = ({}, [])

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor, if the tile shows any."""
        shown = self._shown()
        return shown[min(self._cursor, len(shown) - 1)] if shown else None

    def show(self) -> None:
        """Draw what the session says now."""
        sparks = self.size.width >= _SPARK_WIDTH
        self.border_title = captions.title(self.pane, self._state, self._look, sparks)
        self.border_subtitle = captions.standing(self.pane, self._state, self._look)
        self.refresh()

    def on_resize(self) -> None:
        """A wider tile has room for more of its title."""
        self.show()

    def action_open(self) -> None:
        """Open the pane at the finding under the cursor."""
        self.post_message(self.Opened(self.pane, self.finding))

    def action_move(self, by: int) -> None:
        """Move over the findings; past the first or last one, to the next tile."""
        last = len(self._shown()) - 1
        target = min(self._cursor, last) + by
        if 0 <= target <= last:
            self._cursor = target
            self.refresh()
        else:
            self.screen.focus_next(_TILES) if by > 0 else self.screen.focus_previous(_TILES)

    def on_click(self, event: events.Click) -> None:
        """Open the pane, at the finding that was clicked on."""
        index = event.y - self.gutter.top - len(self._head())
        shown = self._shown()
        at = shown[index] if 0 <= index < len(shown) else None
        self.post_message(self.Opened(self.pane, at))

    # --- Drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one line of the tile's body."""
        width, index = self.content_size.width, y
        for lines in (self._head(), self._shown(), self._worst_folders()):
            if index < len(lines):
                break
            index -= len(lines)
        else:
            return strip(self, (), width)
        line = lines[index]
        if isinstance(line, Finding):
            here = self.has_focus and line is self.finding
            ground = self._look.palette.cursor if here else None
            return strip(self, self._row(line, width), width, ground)
        if isinstance(line, tuple):
            return strip(self, folder_row(line, width, self._look), width)
        return strip(self, line, width)

    def _row(self, finding: Finding, width: int) -> list[Segment]:
        faded = self._state.standing(self.pane.id).kind in DIMMED
        palette = self._look.faded if faded else self._look.palette
        new = self._state.is_new(finding)
        signs = self._look.signs
        besides = known_besides(finding, self._state, width, palette, signs)
        return row(finding, width, new, palette, signs, besides)

    def _shown(self) -> list[Finding]:
        """Return the findings that have room; of docstrings only what is new, folders say more."""
        rows = self._state.rows(self.pane.id)
        room = max(0, self.content_size.height - len(self._head()))
        end = min(room, rows.new) if self._metric() else room
        return list(rows.findings[:end])

    def _head(self) -> list[list[Segment]]:
        """Return the lines above the findings: why there are none, or the pane's own total."""
        standing, width = self._state.standing(self.pane.id), self.content_size.width
        palette = self._look.palette
        metric = self._metric()
        if standing.kind in ("failed", "skipped"):
            return self._reason(standing, width)
        if metric:
            lines_of_bar = bar(metric, width, self._look)
            return lines_of_bar if self.content_size.height < 6 else [*lines_of_bar, []]
        if standing.kind in ("fresh", "partly") and not self._state.rows(self.pane.id):
            return [[Segment(self._nothing(), palette.good)]]
        return []

    def _metric(self) -> Metric:
        """Return the pane's own measure, if it has one; it is of all, which is not asked for."""
        return {} if self._state.only_new else self._state.metric(self.pane.id)[0]

    def _nothing(self) -> str:
        state = self._state
        if len(state.rows(self.pane.id, dismissed=True)):
            return "Nothing left."
        if not state.only_new:
            return "Nothing found."
        if not state.snapshot.base.ready:
            return f"What is new {plain(state.since)} is not known yet."
        return f"Nothing new {plain(state.since)}."

    def _reason(self, standing: Standing, width: int) -> list[list[Segment]]:
        """Return why there is no answer, and what to do next."""
        palette, more = self._look.palette, self._look.signs.more
        sign, style = captions.standing_sign(standing, self._look)
        reason = wrapped(standing.reason, width - 2, 3, more)
        lines = [
            [Segment("  " if index else f"{sign} ", style), Segment(line, palette.text)]
            for index, line in enumerate(reason)
        ]
        hint = wrapped(standing.hint, width - 2, 2, more)
        return [*lines, *([Segment(f"  {line}", palette.muted)] for line in hint)]

    def _worst_folders(self) -> list[Folder]:
        metrics = self._state.metric(self.pane.id)[1] if self._metric() else {}
        if metrics is not self._folders[0]:
            self._folders = metrics, worst_folders(metrics)
        return self._folders[1]

"""The Deck: every pane at a glance, what is new and wrong first."""

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from cockpit.model import Finding
from cockpit.panes import PANES, Pane
from cockpit.ui.context import Context
from cockpit.ui.page import OF_A_PANE, elsewhere, place_of
from cockpit.ui.tile import Tile
from cockpit.ui.triage import Dismissing

if TYPE_CHECKING:  # the first paint does without profiles
    from cockpit.ui.cpu_tile import CpuTile
    from cockpit.ui.mem_tile import MemoryTile

#: Rows of the smallest tile, its border included.
_LOWEST = 5


class Tiles(VerticalScroll, can_focus=False):
    """The tiles in a grid without holes, as high as the screen, scrolled where it is too low."""

    DEFAULT_CSS = (
        "Tiles { layout: grid; grid-gutter: 0 1; padding: 0 1; scrollbar-size-vertical: 1; }"
    )

    def on_resize(self) -> None:
        """Arrange the tiles for the new size."""
        self.fit_in()

    def fit_in(self) -> None:
        """Give every tile its place; the last has what is left of its row."""
        count = len(self.children)
        columns = columns_for(self.app.size.width, count)
        rows = -(-count // columns)
        for tile in self.children:
            last = tile is self.children[-1]
            tile.styles.column_span = rows * columns - count + 1 if last else 1
        low, higher = divmod(max(self.size.height, rows * _LOWEST), rows)
        heights = [low + (row < higher) for row in range(rows)]
        self.styles.grid_size_columns = columns
        self.styles.grid_rows = " ".join(map(str, heights))


def columns_for(width: int, tiles: int) -> int:
    """Return how many tiles stand side by side: up to three from 120 columns, two from 90.

    No more than their rows need: four are two rows of two, six two of three.
    """
    most = 3 if width >= 120 else 2 if width >= 90 else 1
    rows = -(-tiles // most)
    return -(-tiles // rows)


class Deck(Dismissing):
    """The first screen."""

    AUTO_FOCUS = "Tile"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", id="deck.filter"),
        Binding("shift+tab,h,left", "go(-1)", "previous tile", show=False, id="deck.left"),
        Binding("tab,l,right", "go(1)", "next tile", show=False, id="deck.right"),
        Binding("escape", "back", "back", show=False, id="deck.back"),
        *elsewhere(
            "the list of a pane",
            "Open one with enter.",
            {
                **OF_A_PANE,
                "S": "sorting",
                "w": "going to the explanation",
                "n": "going to the next finding",
                "N": "going to the finding before",
                "g": "going to the first",
                "G": "going to the last",
                "ctrl+d": "going half a page down",
                "ctrl+u": "going half a page up",
                "space": "folding",
                "H": "folding all",
                "L": "unfolding all",
            },
        ),
        *elsewhere("By file", "Open it with 0.", {"W": "the Deck of one folder"}),
    ]

    def __init__(self, context: Context) -> None:
        """Make a tile for every pane."""
        super().__init__(context)
        self._tiles = [Tile(pane, context.state, context.look) for pane in PANES]
        self._cpu: CpuTile | None = None
        self._memory: MemoryTile | None = None

    def body(self) -> ComposeResult:
        """The tiles."""
        with Tiles(id="body"):
            yield from self._tiles

    def show(self) -> None:
        """Draw what is known now."""
        super().show()
        for tile in self._tiles:
            tile.show()
        self._show_cpu()
        self._show_memory()

    def _show_cpu(self) -> None:
        """Have a tile for the process that is sampled, from when there is one."""
        profiling = self.context.profiling
        if profiling is None or profiling.target is None:
            return
        if self._cpu is None:
            from cockpit.ui.cpu_tile import CpuTile

            self._cpu = CpuTile(self.context, profiling)
            self._add(self._cpu)
        elif self._cpu.is_attached:
            self._cpu.show()

    def _show_memory(self) -> None:
        """Have a tile for the memory that is looked at, from when there is any."""
        tracking = self.context.tracking
        if tracking is None or (tracking.program is None and tracking.opened is None):
            return
        if self._memory is None:
            from cockpit.ui.mem_tile import MemoryTile

            self._memory = MemoryTile(self.context, tracking)
            self._add(self._memory)
        elif self._memory.is_attached:
            self._memory.show()

    @work(group="tiles")
    async def _add(self, tile: "CpuTile | MemoryTile") -> None:
        tiles = self.query_one(Tiles)
        await tiles.mount(tile)
        tiles.fit_in()

    @property
    def tile(self) -> Tile:
        """The tile that has the focus, or the first."""
        return self.focused if isinstance(self.focused, Tile) else self._tiles[0]

    def go_to(self, pane_id: str) -> None:
        """Focus the tile of a pane: whoever comes back from it is where they came from."""
        for tile in self._tiles:
            if tile.pane.id == pane_id:
                self.set_focus(tile)

    @property
    def pane(self) -> Pane:
        """The pane of the focused tile."""
        return self.tile.pane

    @property
    def finding(self) -> Finding | None:
        """The finding under the tile's cursor."""
        return self.tile.finding

    @property
    def place(self) -> tuple[str, int, int] | None:
        """Where the finding under the tile's cursor is."""
        return place_of(self.tile.finding)

    def action_go(self, by: int) -> None:
        """Go to the next tile or the one before."""
        if by > 0:
            self.focus_next("Tile, CpuTile, MemoryTile")
        else:
            self.focus_previous("Tile, CpuTile, MemoryTile")

    async def action_filter(self) -> None:
        """Filter the list of the tile's pane."""
        await self.app.run_action(f"pane('{self.pane.id}', True)")

    async def action_put_away(self) -> None:
        """Ask in its pane why the finding under the cursor may stay."""
        if self.finding is None:
            self.say("there is no finding here to dismiss")
        else:
            self.post_message(Tile.Opened(self.pane, self.finding, dismissing=True))

    def action_back(self) -> None:
        """Look at the whole project again, or say where we are."""
        if self.context.state.within:
            self.context.state.within = ""
            self.show()
            return
        self.say("this is the Deck, there is nothing behind it", "q quits.")

"""Per-line heat beside the source: what a profiler must offer, and how a line's share is drawn.

No profiler is known here; whoever has weights of lines is a provider.
"""

import math
from collections.abc import Collection, Mapping
from typing import Protocol

from rich.segment import Segment

from cockpit.ui.style import Palette, Signs

#: The cells of one column: a bar, and up to 100 percent.
HEAT_WIDTH = 4
#: The cells of the column of a list, with the percent sign: the legend is far away.
ROW_WIDTH = 5


class Heat(Protocol):
    """Weights of lines, by whatever measures them."""

    @property
    def title(self) -> str:
        """What the column measures, as its legend says it: "CPU %"."""

    @property
    def whose(self) -> str:
        """Whose it is, "pid 4711"; empty where that need not be said."""

    @property
    def version(self) -> int:
        """Another number whenever anything it says is another."""

    @property
    def paths(self) -> Collection[str]:
        """The files of the project that have warm lines."""

    def lines(self, path: str) -> Mapping[int, float]:
        """Return each warm line of a file, from 1, with its share (0..1) of the whole."""

    def own(self, path: str) -> Mapping[int, float]:
        """Return the same of what the lines themselves do, without what they call."""

    def function(self, path: str, name: str, first: int, last: int) -> float:
        """Return the share of the function or class `name`, in lines `first` to `last`."""


def heat_cell(weight: float, hottest: float, signs: Signs, palette: Palette) -> Segment:
    """Return a line's share in `HEAT_WIDTH` cells: a bar against the hottest line, and percent.

    A cold line is blank, and a share that rounds to nothing has a bar alone.
    """
    if not weight > 0 or not hottest > 0:
        return Segment(" " * HEAT_WIDTH, palette.text)
    share = min(weight / hottest, 1.0)
    bar = signs.heat[math.ceil(share * len(signs.heat)) - 1]
    style = palette.heat if share < 0.5 else palette.hottest
    return Segment(f"{bar}{percent(weight):<{HEAT_WIDTH - 1}}", style)


def row_cell(weight: float, signs: Signs, palette: Palette) -> Segment:
    """Return a finding's share in `ROW_WIDTH` cells: a bar against the whole, and percent."""
    bar = heat_cell(weight, 1.0, signs, palette)
    figure = percent(weight)
    words = f"{bar.text[0]}{figure}%" if figure else bar.text[0]
    return Segment(f"{words:<{ROW_WIDTH}}", bar.style)


def percent(weight: float) -> str:
    """Return a share as whole percent, empty where that is none."""
    return str(round(min(weight, 1.0) * 100) or "")

"""Per-line heat beside the source: what a profiler must offer, and how a line's share is drawn.

No profiler is known here; whoever has weights of lines is a provider.
"""

import math
from collections.abc import Mapping
from typing import Protocol

from rich.segment import Segment

from cockpit.ui.style import Palette, Signs

#: The cells of one column: a bar, and up to 100 percent.
HEAT_WIDTH = 4


class Heat(Protocol):
    """Weights of lines, by whatever measures them."""

    @property
    def title(self) -> str:
        """What the column measures, as its legend says it: "CPU %"."""

    def lines(self, path: str) -> Mapping[int, float]:
        """Return each warm line of a file, from 1, with its share (0..1) of the whole."""


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


def percent(weight: float) -> str:
    """Return a share as whole percent, empty where that is none."""
    return str(round(min(weight, 1.0) * 100) or "")

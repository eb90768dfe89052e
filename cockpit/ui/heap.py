"""The heap over time as an area of cells: what a plot shows, and the widget that draws it."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from cockpit.memory.model import Moment
from cockpit.ui.cpu_draw import lasted
from cockpit.ui.draw import strip
from cockpit.ui.sizes import size
from cockpit.ui.style import Look

#: Cells of the scale at the left, its gap included.
_SCALE = 9


def columns(moments: Sequence[Moment], width: int) -> list[tuple[int, int]]:
    """Return the most heap and resident set of each of `width` equal stretches of time, in bytes.

    A stretch in which nothing was noted has what was noted before it.
    """
    if not moments or width <= 0:
        return []
    began, ended = moments[0].at, moments[-1].at
    span = max(ended - began, 1)
    found: list[tuple[int, int] | None] = [None] * width
    for moment in moments:
        at = min((moment.at - began) * width // span, width - 1)
        heap, resident = found[at] or (0, 0)
        found[at] = max(heap, moment.heap), max(resident, moment.resident)
    filled, last = [], (moments[0].heap, moments[0].resident)
    for one in found:
        last = one or last
        filled.append(last)
    return filled


def rows(heights: Sequence[float], height: int, steps: str) -> list[str]:
    """Return an area of `height` rows of cells, the topmost first; `heights` are from 0 to 1.

    What is not nothing has a step at least.
    """
    full = len(steps)
    marks = [max(round(one * height * full), 1) if one > 0 else 0 for one in heights]
    lines = []
    for row in range(height - 1, -1, -1):
        cells = (min(max(mark - row * full, 0), full) for mark in marks)
        lines.append("".join(steps[cell - 1] if cell else " " for cell in cells))
    return lines


class HeapPlot(Widget):
    """Draws the heap over time: the area is what was allocated, its scale and time beside it."""

    DEFAULT_CSS = "HeapPlot { height: 5; padding: 0 2; background: $background; }"
    ALLOW_SELECT = False

    def __init__(self, look: Look) -> None:
        """Show nothing yet."""
        super().__init__()
        self._look = look
        self._moments: Sequence[Moment] = ()
        self._peak = 0
        self._lines: tuple[tuple[int, int], list[str], str] = (0, 0), [], ""

    def show(self, moments: Sequence[Moment], peak: int) -> None:
        """Show `moments` in their order; `peak` is the most there was, in bytes."""
        if (moments, peak) != (self._moments, self._peak):
            self._moments, self._peak = tuple(moments), peak
            self._lines = (0, 0), [], ""
            self.refresh()

    def on_resize(self) -> None:
        """There is room for more, or for less."""
        self._lines = (0, 0), [], ""

    def _plot(self, width: int, height: int) -> tuple[list[str], str]:
        """Return the rows of the area, and what is below it; remembered for the size."""
        if self._lines[0] != (width, height):
            shown = columns(self._moments, width)
            top = max(self._peak, *(heap for heap, _ in shown), 1) if shown else 1
            area = rows([heap / top for heap, _ in shown], height, self._look.signs.spark)
            self._lines = (width, height), area, self._axis(shown, width)
        return self._lines[1], self._lines[2]

    def _axis(self, shown: Sequence[tuple[int, int]], width: int) -> str:
        """Return the times below the area: its begin, where it was highest, and its end."""
        if not shown:
            return ""
        seconds = (self._moments[-1].at - self._moments[0].at) / 1000
        end = lasted(seconds)
        heaps = [heap for heap, _ in shown]
        at = heaps.index(max(heaps))
        mark = f"{self._look.signs.high} peak"
        start = min(at, max(0, width - len(end) - len(mark) - 2))
        line = f"{'0 s':<{max(start, 4)}}{mark}"
        return f"{line:<{max(0, width - len(end))}}{end}"

    def render_line(self, y: int) -> Strip:
        """Draw a row of the area, or the times below it."""
        width, height = self.content_size.width - _SCALE, self.content_size.height - 1
        palette = self._look.palette
        if not self._moments or width < 8 or height < 1:
            return strip(self, [], self.content_size.width)
        area, axis = self._plot(width, height)
        if y >= height:
            return strip(
                self, [Segment(" " * _SCALE, Style()), Segment(axis, palette.muted)], width + _SCALE
            )
        scale = size(self._peak) if y == 0 else "0" if y == height - 1 else ""
        return strip(
            self,
            [Segment(f"{scale:>{_SCALE - 1}} ", palette.muted), Segment(area[y], palette.accent)],
            width + _SCALE,
        )

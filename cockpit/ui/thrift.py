"""Sends a terminal only the cells that changed: over SSH, bytes are what a person waits for.

Textual sends the whole of a part that asked to be drawn again. It knows nothing of this module,
which stands between what it would send and the terminal.
"""

import itertools
import operator
from collections.abc import Iterator, Sequence

from rich.cells import get_character_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

#: A character with its style; empty where a wide one before it stands.
_Cell = tuple[str, Style | None]
_UNKNOWN: _Cell = ("\0", None)
#: Cells that stay the same, sent all the same: fewer bytes than moving over them.
_GAP = 6


class Changes(CompositorUpdate):
    """What is to be sent: stretches of lines."""

    def __init__(self, parts: Sequence[tuple[int, int, Strip]]) -> None:
        """Send each strip at (column, row)."""
        self._parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what is to be sent as segments."""
        for x, y, strip in self._parts:
            yield Control.move_to(x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        """Return what is to be sent as text."""
        return "".join(
            Control.move_to(x, y).segment.text + strip.render(console)
            for x, y, strip in self._parts
        )


class Thrift:
    """Remembers what every cell of the terminal shows."""

    def __init__(self) -> None:
        """Know nothing of the terminal."""
        self._size = Size(0, 0)
        self._rows: list[list[_Cell]] = []

    def forget(self) -> None:
        """Know nothing any more: another program had the terminal."""
        self._size = Size(0, 0)

    def changes(self, update: ChopsUpdate | LayoutUpdate, size: Size) -> Changes:
        """Return what of `update` a terminal of `size` does not show yet."""
        if size != self._size:
            self._size = size
            self._rows = [[_UNKNOWN] * size.width for _ in range(size.height)]
        found: list[tuple[int, int, Strip]] = []
        for x, y, strip in _pieces(update):
            if 0 <= y < size.height and 0 <= x < size.width:  # it may have become smaller
                found += ((start, y, part) for start, part in self._changed(x, y, strip))
        return Changes(found)

    def _changed(self, x: int, y: int, strip: Strip) -> Iterator[tuple[int, Strip]]:
        """Yield the stretches of one line that are not as they were, and remember them."""
        row = self._rows[y]
        new = _cells(strip)[: len(row) - x]
        differing = [at for at, cell in enumerate(new) if row[x + at] != cell]
        row[x : x + len(new)] = new
        while differing:
            end = next(
                (at for at in range(1, len(differing)) if differing[at] - differing[at - 1] > _GAP),
                len(differing),
            )
            start, stop = differing[0], differing[end - 1] + 1
            while start > 0 and not new[start][0]:  # never half of a wide character
                start -= 1
            while stop < len(new) and not new[stop][0]:
                stop += 1
            yield x + start, Strip(_joined(new[start:stop]))
            differing = differing[end:]


def _pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield what Textual would send: (column, row, strip)."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            yield update.region.x, y, Strip.join(line)
        return
    for y, first, last in update.spans:
        for end, (x, part) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if part is not None and x <= last and end > first:
                yield x, y, part if end <= last else part.crop(0, last - x)


def _cells(strip: Strip) -> list[_Cell]:
    """Return a strip cell by cell; what has no width of its own belongs to the cell before."""
    cells: list[_Cell] = []
    for text, style, control in strip:
        if control:
            continue
        if text.isascii():
            cells += [(character, style) for character in text]
            continue
        for character in text:
            width = get_character_cell_size(character)
            if width:
                cells += [(character, style), *[("", style)] * (width - 1)]
            elif cells:
                at = next(at for at in range(len(cells) - 1, -1, -1) if cells[at][0])
                cells[at] = cells[at][0] + character, cells[at][1]
    return cells


def _joined(cells: Sequence[_Cell]) -> Iterator[Segment]:
    for style, group in itertools.groupby(cells, key=operator.itemgetter(1)):
        yield Segment("".join(text for text, _ in group), style)

"""Lines of source as coloured cells: tabs, wide and hidden characters, and lines without end.

It draws lines of code and nothing around them; which part is in sight, the source view says.
"""

import itertools
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from cockpit.plain import stretches
from cockpit.ui.highlight import Highlighter, Token
from cockpit.ui.style import Palette, Signs

#: Code points of a line that are drawn; nobody scrolls to what comes after them.
LONGEST = 100_000
#: Code points of one segment: to cut a segment in the middle costs its length.
_PIECE = 1_000
_TAB = 4
#: Lines that are kept as they were drawn.
_KEPT = 512
_UNDERLINE = Style(underline=True)
#: A character that is only spelled out is no text, and must not be taken for it.
_SPELLED = Style(reverse=True)


class Painter:
    """Draws the lines of one file in one palette, and remembers what it drew."""

    def __init__(self, lines: Sequence[str], colours: Highlighter, palette: Palette, signs: Signs):
        """Take the file's lines and their tokens."""
        self.palette = palette
        self._lines, self._colours, self._signs = lines, colours, signs
        self._drawn: dict[tuple[int, int, int], Strip] = {}

    def strip(self, index: int, first: int = 0, last: int = 0) -> Strip:
        """Return a whole line, from 0, its code points `first` to `last` underlined."""
        key = index, first, last
        drawn = self._drawn.get(key)
        if drawn is None:
            if len(self._drawn) >= _KEPT:
                self._drawn.clear()
            drawn = self._drawn[key] = Strip(self._segments(index, first, last))
        return drawn

    def _segments(self, index: int, first: int, last: int) -> Iterator[Segment]:
        line = self._lines[index][:LONGEST]
        cells = 0
        for start, end, style in _cut(line, self._colours.tokens(index), self.palette, first, last):
            for shown, spelled in expanded(line[start:end], cells):
                look = style + self.palette.medium + _SPELLED if spelled else style
                segment = Segment(shown, look)
                cells += segment.cell_length
                yield segment
        if len(self._lines[index]) > LONGEST:
            yield Segment(self._signs.more, self.palette.muted)


def _cut(
    line: str, tokens: Sequence[Token], palette: Palette, first: int, last: int
) -> Iterator[tuple[int, int, Style]]:
    """Cut a line where its colour changes and where the underline begins and ends."""
    at = 0
    for token in (*tokens, Token(len(line), len(line), "")):
        style = palette.tokens[token.kind] if token.kind else palette.text
        for start, end, ink in ((at, token.start, palette.text), (token.start, token.end, style)):
            marks = (mark for mark in (first, last) if start < mark < end)
            bounds = [*range(start, end, _PIECE), *marks, end]
            for left, right in itertools.pairwise(sorted(bounds)):
                if left < right:
                    yield left, right, ink + _UNDERLINE if first <= left and right <= last else ink
        at = token.end


def expanded(text: str, column: int = 0) -> Iterator[tuple[str, bool]]:
    """Yield `text` safe to show, its tabs as spaces counted from cell `column`.

    Each part comes with whether it spells out a character that cannot be shown.
    """
    for number, part in enumerate(text.split("\t")):
        if number:
            gap = _TAB - column % _TAB
            column += gap
            yield " " * gap, False
        for shown, spelled in stretches(part):
            column += cell_len(shown)
            yield shown, spelled


def cells_before(line: str, point: int) -> int:
    """Return the cell at which the code point `point` of a line, from 0, is drawn."""
    text = line[: min(point, LONGEST)]
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(cell_len(shown) for shown, _ in expanded(text))


def widest(lines: Sequence[str]) -> int:
    """Return the cells of the widest line."""
    cells = 0
    for line in lines:
        # Measured only where it could be wider: twenty thousand lines in a few milliseconds.
        if len(line) > cells or not line.isascii() or "\t" in line:
            cells = max(cells, cells_before(line, len(line)))
    return cells

"""How a row of the call tree is drawn: shares, a bar, the name as deep as it lies, and its file."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cockpit.plain import plain
from cockpit.profilers.profile import Function, Node
from cockpit.ui.draw import fit, shorten
from cockpit.ui.origin import origin_of
from cockpit.ui.style import Look

#: Cells that a row is further to the right than the one that it lies in: stacks are deep.
INDENT = 1
#: Cells of a share with the gap behind it, and of the bar.
_SHARE, _BAR = 7, 10
#: From how many cells on there is a bar, and the fewest for a name.
_WITH_BAR, _NAME = 64, 24


class Figures(NamedTuple):
    """What is said of a node: its shares in words, and how many cells of the bar they fill."""

    total: str
    own: str
    bar: int
    own_bar: int


class Line(NamedTuple):
    """What is drawn of a row; two alike are drawn alike.

    `inner` says that it has rows below it, `hides` that a match is among them, out of sight.
    """

    function: Function
    indent: int
    inner: bool
    unfolded: bool
    figures: Figures
    matched: bool
    hides: bool
    under_cursor: bool


def figures(node: Node, whole: int, inverted: bool) -> Figures:
    """Return what is said of `node`; of callers (`inverted`) nothing is own time."""
    own, whole = 0 if inverted else node.own, max(whole, 1)
    return Figures(
        _percent(node.total, whole),
        _percent(own, whole),
        _cells(node.total, whole),
        _cells(own, whole),
    )


def _percent(part: int, whole: int) -> str:
    """Return a share in at most five cells, empty where there is none; only all is 100."""
    if not part or part == whole:
        return "100" if part else ""
    return f"{min(99.9, 100 * part / whole):.1f}" if part * 1000 >= whole else "<0.1"


def _cells(part: int, whole: int) -> int:
    return min(_BAR, (2 * part * _BAR + whole) // (2 * whole))


class CallLines:
    """Draws rows; the project's own code lies in the folder `own`."""

    def __init__(self, look: Look, own: str, inverted: bool) -> None:
        """Draw with these colours and signs."""
        self._look, self._own, self._inverted = look, own, inverted

    def head(self, width: int) -> int:
        """Return the cells before a name."""
        return _SHARE * (1 if self._inverted else 2) + self._bar(width)

    def indents(self, width: int) -> int:
        """Return the cells that a name may be moved to the right by."""
        return max(INDENT, (width - self.head(width) - _NAME) // INDENT * INDENT)

    def _bar(self, width: int) -> int:
        return _BAR + 2 if width >= _WITH_BAR else 0

    def headings(self, width: int) -> list[Segment]:
        """Return the names of the columns."""
        words = "total%  " if self._inverted else "total%   own%  "
        name = "called from" if self._inverted else "function"
        words = words[: self.head(width)].ljust(self.head(width))
        return [Segment(f"{words}  {name}", self._look.palette.muted)]

    def line(self, line: Line, width: int) -> list[Segment]:
        """Return a row."""
        palette, signs, shown = self._look.palette, self._look.signs, line.figures
        segments = [Segment(f"{shown.total:>5}  ", palette.text)]
        if not self._inverted:
            segments.append(Segment(f"{shown.own:>5}  ", palette.hottest))
        if bar := self._bar(width):
            segments.append(Segment(signs.bar * shown.own_bar, palette.hottest))
            segments.append(Segment(signs.bar * (shown.bar - shown.own_bar), palette.muted))
            segments.append(Segment(" " * (bar - shown.bar)))
        fold = signs.unfolded if line.unfolded else signs.folded
        sought = palette.accent + Style(underline=True, bold=True)
        indent = min(max(0, line.indent), self.indents(width))
        segments.append(Segment(" " * indent))
        segments.append(
            Segment(fold if line.inner else " ", sought if line.hides else palette.muted)
        )
        segments.append(Segment(signs.more if line.indent != indent else " ", palette.muted))
        room = width - self.head(width) - indent - 2
        return segments + self._name(line, room, sought)

    def _name(self, line: Line, room: int, sought: Style) -> list[Segment]:
        """Return the name, and at the right what there is room for of its file."""
        palette, more = self._look.palette, self._look.signs.more
        origin = origin_of(line.function, self._own)
        name, tail = plain(line.function.name), plain(origin.tail)
        space = max(room - cell_len(name) - 2, min(room * 2 // 5, room - _NAME))
        tail = shorten(tail, space, more) if space > 8 else ""
        left = room - cell_len(tail)
        shown = name if cell_len(name) < left else fit(name, left - bool(tail), more)
        style = palette.strong if origin.kind in ("own", "group") else palette.text
        gap = " " * max(0, left - cell_len(shown))
        return [
            Segment(shown, sought if line.matched else style),
            Segment(gap + tail, palette.muted),
        ]

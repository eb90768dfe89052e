"""How the rows of an icicle are drawn, and what is said above and below them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from cockpit.plain import plain
from cockpit.profilers.profile import Function
from cockpit.ui.draw import fit, shorten
from cockpit.ui.hues import Hues, shade_of
from cockpit.ui.icicle import Box
from cockpit.ui.origin import Kind, Origin, origin_of
from cockpit.ui.seek import Found, Search
from cockpit.ui.sizes import size
from cockpit.ui.spot import Spot
from cockpit.ui.style import Look, Palette

#: What fills mean, in words.
_LEGEND: tuple[tuple[Kind, str], ...] = (
    ("own", "own"),
    ("library", "libraries"),
    ("python", "Python's"),
    ("native", "native"),
)


class Cell(NamedTuple):
    """What is drawn of a box: where, what it says, and how; two alike are drawn alike."""

    x: int
    width: int
    words: str
    function: Function | None
    matched: bool
    under_cursor: bool
    change: float | None = None


#: By how much each node's share grew since another profile, from -1 to 1, by the node's `id`.
Changes = Mapping[int, float]


def cells_of(  # noqa: PLR0913, PLR0917 -- all that a row is made of
    row: Iterable[Box],
    spot: Spot,
    search: Search,
    found: Found,
    more: str,
    changes: Changes | None = None,
) -> tuple[Cell, ...]:
    """Return what is drawn of a row of boxes; `found` is what `search` found in the whole tree."""
    cells = []
    for box in row:
        node = box.node
        if node is None:
            words = f"{box.gathered:,} more"
            words = words if len(words) + 2 <= box.width else ""
            hides = bool(search) and _hides_match(box, spot, search, found)
            cells.append(Cell(box.x, box.width, words, None, hides, False))
            continue
        name = plain(node.function.name)
        words = label(name, box.total, spot.root.total, box.width - 1, more)
        matched, under = search.hits(node.function), node is spot.node
        change = None if changes is None else changes.get(id(node), 0.0)
        points = round((change or 0.0) * 100, 1)
        if words and points and cell_len(told := f"{words} {points:+.1f}") < box.width:
            words = told
        cells.append(Cell(box.x, box.width, words, node.function, matched, under, change))
    return tuple(cells)


def _hides_match(box: Box, spot: Spot, search: Search, found: Found) -> bool:
    """Return whether a match is among the siblings that are too thin to be drawn, or below them."""
    parent = box.parent.node if box.parent is not None else None
    thin = parent.children.values() if parent is not None else ()
    return any(
        id(node) in found.above or search.hits(node.function)
        for node in thin
        if not spot.is_wide(node)
    )


def share(part: int, whole: int) -> str:
    """Return a share as a person reads it: 45%, 3.2%, <0.1%; only all is 100%."""
    percent = 100 * part / whole if whole else 0.0
    if part and percent < 0.1:
        return "<0.1%"
    if percent < 9.95:
        return f"{percent:.1f}%"
    return f"{percent:.0f}%" if part == whole or percent < 99.5 else ">99%"


def label(name: str, part: int, whole: int, room: int, more: str) -> str:
    """Return what a frame says in at most `room` cells: its name and share, or what fits of them.

    A class is left out before a name is cut; of fewer than three cells nothing could be read.
    """
    if room < 3:
        return ""
    short = name.rpartition(".")[2] or name
    for words in (f"{name} {share(part, whole)}", name, short):
        if cell_len(words) <= room:
            return words
    return fit(short, room, more)


class Painter:
    """Draws rows in the colours of now; the project's own code lies in the folder `own`."""

    def __init__(self, look: Look, hues: Hues, own: str = "") -> None:
        """Draw with these colours."""
        self.palette: Palette = look.palette
        self.hues = hues
        self._signs, self._own = look.signs, own

    def row(self, cells: Iterable[Cell], focused: bool) -> list[Segment]:
        """Return a row of frames and dots; `focused` says how the cursor is drawn."""
        segments: list[Segment] = []
        at, module, shade = 0, "", None
        for cell in cells:
            if cell.x > at:
                segments.append(Segment(" " * (cell.x - at)))
            at = cell.x + cell.width
            if cell.function is None:
                segments.append(self._dots(cell))
                continue
            origin = origin_of(cell.function, self._own)
            beside = shade if origin.module == module else None
            module, shade = origin.module, shade_of(cell.function.name, beside)
            fill = self.hues.of(origin, shade)
            if cell.change is not None:
                fill = self.hues.changed(cell.change, shade)
            segments.extend(self._frame(cell, fill, focused))
        return segments

    def _dots(self, cell: Cell) -> Segment:
        style = self.palette.muted
        if cell.matched:
            style = self.palette.accent + Style(underline=True, bold=True)
        dot = self._signs.dot
        words = f"{dot}{cell.words}" if cell.words else ""
        return Segment(words + dot * (cell.width - len(words)), style)

    def _frame(self, cell: Cell, style: Style, focused: bool) -> list[Segment]:
        hues, edge = self.hues, self._signs.frame
        if cell.matched:
            style = style + hues.match
        if cell.under_cursor:
            style = hues.cursor if focused else hues.blurred
            style = style + Style(underline=cell.matched or None)
        if hues.filled:
            return [
                Segment(edge, style + hues.edge),
                Segment(fit(cell.words, cell.width - 1, self._signs.more), style),
            ]
        if cell.width == 1:
            return [Segment(self._signs.edge, style)]
        return [Segment(f"[{fit(cell.words, cell.width - 2, self._signs.more)}]", style)]


class Captions:
    """Says above and below the rows what they show; the view is called `name`."""

    def __init__(self, look: Look, own: str, name: str, unit: str = "samples") -> None:
        """The project's own code lies in the folder `own`; `unit` is what weighs."""
        self._look, self._own, self._name, self._unit = look, own, name, unit

    def title(self, spot: Spot, words: str, found: Found, room: int) -> Text:
        """Return what is zoomed into, how to go back, and what was `found` of the `words`."""
        palette, whole = self._look.palette, spot.root.total
        sought, back = self._sought(words, found), Text()
        title = Text(f"{self._name}  ", palette.strong, no_wrap=True)
        if len(spot.outer) == 1:
            weight = size(whole) if self._unit == "bytes" else f"{whole:,} {self._unit}"
            title.append(f"all {weight}", palette.muted)
        else:
            name = plain(spot.zoomed.function.name)
            name = fit(name, min(cell_len(name), max(8, room // 3)), self._look.signs.more)
            title.append(f"{name} ", palette.key)
            title.append(f"{share(spot.zoomed.total, whole)} of all", palette.text)
            back = Text(f" {self._look.signs.dot} backspace zooms out", palette.muted)
        if title.cell_len + back.cell_len + sought.cell_len <= room:
            title.append_text(back)
        title.append_text(sought)
        title.truncate(max(room, 0))
        return title

    def _sought(self, words: str, found: Found) -> Text:
        palette, text = self._look.palette, Text()
        if words:
            shown = plain(words)
            shown = fit(shown, min(cell_len(shown), 24), self._look.signs.more)
            text.append(f" {self._look.signs.dot} ", palette.muted)
            text.append(f"{shown} ", palette.accent + Style(underline=True))
            text.append(f"in {share(found.samples, found.whole)} of all", palette.text)
        return text

    def legend(self, hues: Hues, room: int, compares: bool = False) -> Text:
        """Return what the colours mean, if there is room for it, and colours."""
        legend = Text(no_wrap=True)
        if hues.filled and compares:
            for change, words in ((1.0, "more than before"), (-1.0, "less")):
                ink = Style(color=hues.changed(change).bgcolor)
                legend.append(f"{self._look.signs.swatch} ", ink)
                legend.append(f"{words}  ", self._look.palette.muted)
        elif hues.filled:
            for kind, words in _LEGEND:
                legend.append(f"{self._look.signs.swatch} ", hues.swatch(Origin(kind, "", "")))
                legend.append(f"{words}  ", self._look.palette.muted)
        legend.rstrip()
        return legend if legend.cell_len <= room else Text()

    def subtitle(self, spot: Spot, room: int) -> Text:
        """Return the frame under the cursor, its file, and its shares."""
        node, whole, palette = spot.node, spot.root.total, self._look.palette
        if not whole or room <= 0:
            return Text()
        figures = f"{share(node.total, whole)} of all"
        if len(spot.outer) > 1:
            figures += f", {share(node.total, spot.zoomed.total)} here"
        if node.own:
            figures += f", {share(node.own, whole)} own"
        left = room - len(figures) - 2
        name, more = plain(node.function.name), self._look.signs.more
        name = fit(name, min(cell_len(name), max(left, 8)), more)
        tail = plain(origin_of(node.function, self._own).tail)
        left -= cell_len(name) + 2
        text = Text(f"{name}  ", palette.strong, no_wrap=True)
        if tail and left > 8:
            text.append(f"{shorten(tail, left, more)}  ", palette.muted)
        text.append(figures, palette.text)
        text.truncate(room)
        return text

"""A line of the tree of files: name, a count a pane, what is new, and how much is documented."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cockpit.panes import PANES
from cockpit.plain import plain
from cockpit.tree import Row, Totals
from cockpit.ui.draw import fit, shorten
from cockpit.ui.style import Look, Palette

#: Cells of a percentage with what stands before it, and of the bar with the gap before it.
_SHARE, _BAR = 7, 9
#: The fewest cells that a name is cut to before a column gives way to it.
_NAME = 28
_INDENT = 2


class Columns(msgspec.Struct, frozen=True):
    """Where the columns stand in a line: cells of the name, then of each column with its gap.

    `order` names the columns as the tree's orders are named; those that have no room are not in it.
    """

    name: int
    order: tuple[str, ...]
    cells: tuple[int, ...]
    bar: bool

    def at(self, cell: int) -> str:
        """Return the order that the column at a cell of the line stands for."""
        edge = self.name
        for column, cells in zip(self.order, self.cells, strict=True):
            if edge <= cell < edge + cells:
                return column
            edge += cells
        return "name"


def columns_for(width: int, whole: Totals) -> Columns:
    """Return the columns that have room in `width` cells; `whole` is what they are as wide as."""
    cells = {
        pane.id: max(len(pane.id), len(f"{count:,}")) + 2
        for pane, count in zip(PANES, whole.counts, strict=True)
    }
    cells["new"] = max(3, len(f"{whole.new:,}") + 1) + 2
    left = width - sum(cells.values())
    bar = False
    if whole.total and left >= _NAME + _SHARE:
        bar = left >= _NAME + _SHARE + _BAR
        cells["coverage"] = _SHARE + _BAR * bar
        left -= cells["coverage"]
    return Columns(max(0, left), tuple(cells), tuple(cells.values()), bar)


class Inks(msgspec.Struct, frozen=True):
    """The look of a line: `faded` are the panes whose counts are not of the files as they are."""

    look: Look
    faded: frozenset[str] = frozenset()
    goal: float = 0.0

    def of(self, pane: str) -> Palette:
        """Return the palette of a pane's column."""
        return self.look.faded if pane in self.faded else self.look.palette


def headings(columns: Columns, sort: str, signs: Mapping[str, str], look: Look) -> list[Segment]:
    """Return the names of the columns, that of the order marked; `signs` stand before panes'."""
    palette = look.palette
    words = {"coverage": "documented" if columns.bar else "doc %"}

    def heading(column: str, cells: int) -> str:
        text = f"{signs.get(column, '')}{words.get(column, column)}"
        if column != sort:
            return text
        return f"{text}{' ' * (len(text) + 3 <= cells)}{look.signs.unfolded}"

    name = fit(heading("name", columns.name), columns.name, look.signs.more)
    parts = [Segment(name, palette.strong if sort == "name" else palette.muted)]
    for column, cells in zip(columns.order, columns.cells, strict=True):
        style = palette.strong if column == sort else palette.muted
        parts.append(Segment(heading(column, cells).rjust(cells), style))
    return parts


def line(row: Row, totals: Totals, unfolded: bool, columns: Columns, inks: Inks) -> list[Segment]:
    """Return a folder or a file as a line."""
    return [*_name(row, totals, unfolded, columns.name, inks), *_figures(totals, columns, inks)]


def total(totals: Totals, words: str, columns: Columns, inks: Inks) -> list[Segment]:
    """Return the sum of everything as a line, called `words`."""
    strong = inks.look.palette.strong
    name = Segment(fit(words, columns.name, inks.look.signs.more), strong)
    return [name, *_figures(totals, columns, inks, strong)]


def _name(row: Row, totals: Totals, unfolded: bool, room: int, inks: Inks) -> Iterator[Segment]:
    look = inks.look
    palette, signs = look.palette, look.signs
    indent = min(row.depth * _INDENT, max(0, room // 2))
    sign = "  "
    if row.folder:
        sign = f"{signs.unfolded if unfolded else signs.folded} "
    yield Segment(" " * indent + sign, palette.muted)
    mark = f" {signs.failed}" if totals.unread else ""
    room -= indent + 2 + len(mark)
    name = plain(row.name)
    name = shorten(name, room, signs.more) if "/" in name else name
    shown = name if cell_len(name) <= room else fit(name, room, signs.more)
    yield Segment(shown, palette.rule if row.folder else palette.text)
    yield Segment(mark, palette.medium)
    yield Segment(" " * max(0, room - cell_len(shown)), palette.text)


def _figures(
    totals: Totals, columns: Columns, inks: Inks, weight: Style | None = None
) -> Iterator[Segment]:
    signs = inks.look.signs
    counts = dict(zip((pane.id for pane in PANES), totals.counts, strict=True))
    for column, cells in zip(columns.order, columns.cells, strict=True):
        if column == "new":
            words = f"{signs.new}{totals.new:,}" if totals.new else ""
            yield Segment(words.rjust(cells), inks.look.palette.high)
        elif column == "coverage":
            yield from _share(totals, columns.bar, inks)
        else:
            words = f"{counts[column]:,}" if counts[column] else ""
            style = inks.of(column).text
            yield Segment(words.rjust(cells), style + weight if weight else style)


def _share(totals: Totals, bar: bool, inks: Inks) -> Iterable[Segment]:
    """Return how much is documented; rounded down, so that 100 % is said of all alone."""
    share, palette, signs = totals.share, inks.of("docs"), inks.look.signs
    if share is None:
        return [Segment(" " * (_SHARE + _BAR * bar), palette.text)]
    style = palette.good if share >= inks.goal else palette.medium
    parts = [Segment(f"{int(share)} %".rjust(_SHARE), style)]
    if bar:
        length = _BAR - 1
        filled = signs.bar * int(length * share / 100)
        parts.append(Segment(f" {filled.ljust(length)}", style))
    return parts

"""Tables of text, as Markdown and reStructuredText draw them, taken apart into rows of cells.

Pure text; how a row is drawn, `cockpit.ui.markdown` says.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

#: A line between rows: of a grid, or under the head of a pipe table.
_RULE = re.compile(r"^\s*[+|][-=+|:\s]*$")
_EDGE = re.compile(r"^\s*[+|].*[+|]\s*$")


class Row(NamedTuple):
    """The cells of one row, the widths of the columns, and whether it is the head."""

    cells: tuple[str, ...]
    widths: tuple[int, ...]
    head: bool


def is_table(lines: Sequence[str]) -> bool:
    """Return whether lines are of a table."""
    return bool(lines) and all(map(_EDGE.match, lines))


def laid_out(lines: Iterable[str]) -> Iterator[Row]:
    """Yield the rows of a table, each column as wide as what is in it."""
    rows = [_split(line) for line in lines if not _RULE.match(line)]
    count = max(map(len, rows), default=0)
    filled = [(*row, *[""] * (count - len(row))) for row in rows]
    widths = tuple(max(cell_len(row[column]) for row in filled) for column in range(count))
    for number, row in enumerate(filled):
        yield Row(row, widths, head=number == 0)


def _split(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))

"""The one cell beside the source: the whole file's marks, and which part of it is in sight."""

from rich.segment import Segment
from rich.style import Style

from cockpit.ui.marks import Marks, minimap
from cockpit.ui.style import Look


class Minimap:
    """Draws a file's marks on a column as high as the view, and is its scrollbar."""

    def __init__(self, look: Look) -> None:
        """Start without a file."""
        self._look = look
        self._marks, self._lines, self._height = Marks(), 0, 0
        self._cells = minimap(self._marks, 0, 0)

    def show(self, marks: Marks, lines: int, height: int) -> None:
        """Take a file's marks and its lines in all, for a view of `height` lines."""
        if self._marks is not marks or (self._lines, self._height) != (lines, height):
            self._marks, self._lines, self._height = marks, lines, height
            self._cells = minimap(marks, lines, height)

    def cell(self, y: int, top: int) -> Segment:
        """Return one cell, where the line `top` is the first in sight; blank where all are."""
        palette, signs = self._look.palette, self._look.signs
        if self._lines <= self._height or y >= self._height:
            return Segment(" ", palette.text)
        first = top * self._height // self._lines
        last = max(first, ((top + self._height) * self._height - 1) // self._lines)
        in_sight, worst = first <= y <= last, self._cells[y]
        if worst is not None:
            return Segment(signs.of(worst), palette.of(worst) + Style(reverse=in_sight or None))
        return Segment(signs.thumb if in_sight else " ", palette.faint)

    def top_at(self, y: int) -> int:
        """Return the line to show first so that the middle of the view is what cell `y` means."""
        return max(0, y * self._lines // max(self._height, 1) - self._height // 2)

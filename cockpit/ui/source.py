"""The one source view: a file, coloured, with what every tool says in the gutter of its lines."""

import itertools
from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text as Words
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from cockpit.model import SEVERITIES, Finding
from cockpit.panes import PANES
from cockpit.plain import plain
from cockpit.ui.cursor import CursorView, moving
from cockpit.ui.draw import label, shorten, strip
from cockpit.ui.highlight import Highlighter
from cockpit.ui.read import Text
from cockpit.ui.style import Look

#: Code points of a line that are drawn; the rest is not worth the wait.
_LONGEST = 2_000
_TAB = 4

Marks = Mapping[str, tuple[Finding, ...]]


class SourceView(CursorView):
    """Shows one file; its cursor line starts at a finding, in the upper third."""

    DEFAULT_CSS = """
    SourceView {
        border: round $border-blurred; padding: 0 1; border-title-color: $foreground;
        scrollbar-size: 0 1; scrollbar-gutter: stable;
    }
    SourceView:focus { border: round $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *moving("source"),
        Binding("h,left", "scroll_left", "left", show=False, id="source.left"),
        Binding("l,right", "scroll_right", "right", show=False, id="source.right"),
    ]

    def __init__(self, look: Look) -> None:
        """Show no file yet."""
        super().__init__()
        self._look = look
        self._text = Text("", ())
        self._words = ""
        self._finding: Finding | None = None
        self._place_pending = False
        self._colours = Highlighter("", (), frozenset())
        self._columns: tuple[str, ...] = ()
        self._marks: dict[int, dict[str, Finding]] = {}
        self._said: dict[int, list[str]] = {}

    @property
    def path(self) -> str:
        """The path of the file that is shown, empty while there is none."""
        return self._text.path

    @property
    def finding(self) -> Finding | None:
        """The finding that the cursor was put on last."""
        return self._finding

    @property
    def line(self) -> int:
        """The line of the cursor, from 1."""
        return self._cursor + 1

    def show_words(self, path: str, words: str) -> None:
        """Say why there is no file to see."""
        self._words = words
        self._set_text(Text(path, ()))

    def show_text(self, text: Text) -> None:
        """Show a file, or the same file after a change, its cursor where it was."""
        self._words = ""
        self._set_text(text)

    def _set_text(self, text: Text) -> None:
        if text == self._text:
            self.refresh()
            return
        if text.path != self._text.path:
            self._cursor = 0
            self.scroll_to(0, 0, animate=False, immediate=True, force=True)
        self._text = text
        self._colours = Highlighter(text.path, text.lines, text.inside)
        longest = min(max(map(len, text.lines), default=0), _LONGEST)
        self.virtual_size = Size(longest + self._gutter_width() + 1, len(text.lines))
        self._cursor = min(self._cursor, max(0, len(text.lines) - 1))
        self._caption()
        self.refresh()

    def show_marks(self, marks: Marks) -> None:
        """Take what every pane says of the file, by pane."""
        self._marks, self._said = {}, {}
        self._columns = tuple(pane.id for pane in PANES if pane.id in marks)
        for pane, findings in marks.items():
            for finding in findings:
                line = self._marks.setdefault(finding.line, {})
                if pane not in line or _worse(finding, line[pane]):
                    line[pane] = finding
                self._said.setdefault(finding.line, []).append(label_of(finding))
        self._caption()
        self.refresh()

    def go_to(self, finding: Finding) -> None:
        """Put the cursor on a finding and underline what it is about."""
        self._finding = finding
        self._cursor = max(0, min(finding.line, len(self._text.lines)) - 1)
        self._place_pending = not self.size.height
        self._place()
        self._caption()
        self.refresh()

    def _place(self) -> None:
        top = max(0, self._cursor - self.scrollable_content_region.height // 4)
        self.scroll_to(0, top, animate=False, immediate=True, force=True)

    def on_resize(self) -> None:
        """Place the cursor once there is a size to place it in, and keep it in sight."""
        if self._place_pending and self.size.height:
            self._place_pending = False
            self._place()
        self._caption()
        self._reveal()

    def _lines_in_all(self) -> int:
        return len(self._text.lines)

    def _cursor_moved(self, before: int) -> None:  # noqa: ARG002 - another view's
        self._caption()
        self.refresh()

    # --- Drawing ------------------------------------------------------------------------------

    def _caption(self) -> None:
        palette, signs = self._look.palette, self._look.signs
        path = shorten(plain(self._text.path), max(12, self.size.width - 8), signs.more)
        symbol = self._finding.symbol if self._finding and self._on_finding() else ""
        title = Words.assemble((path, palette.strong))
        if symbol and len(path) + len(symbol) + 8 < self.size.width:
            title.append(f"  {plain(symbol)}", palette.muted)
        self.border_title = title if self._text.path else ""
        said = self._said.get(self.line)
        legend = " ".join(dict.fromkeys(said)) if said else " ".join(self._columns)
        self.border_subtitle = Words(legend, palette.muted) if legend else ""

    def _on_finding(self) -> bool:
        finding = self._finding
        return finding is not None and finding.path == self._text.path and finding.line == self.line

    def _gutter_width(self) -> int:
        return max(3, len(str(len(self._text.lines)))) + 1 + len(PANES) + 1

    def render_line(self, y: int) -> Strip:
        """Draw one line of the file."""
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        if index >= len(self._text.lines):
            words = plain(self._words) if y == 0 else ""
            return strip(self, [Segment(words, self._look.palette.muted)], width)
        gutter = self._gutter(index)
        room = max(0, width - self._gutter_width())
        left = self.scroll_offset.x
        code = Strip(self._code(index)).crop(left, left + room)
        ground = None
        if index == self._cursor:
            palette = self._look.palette
            ground = palette.cursor if self.has_focus else palette.blurred
        return strip(self, [*gutter, *code], width, ground)

    def _gutter(self, index: int) -> list[Segment]:
        palette, signs = self._look.palette, self._look.signs
        digits = self._gutter_width() - len(PANES) - 2
        style = palette.text if index == self._cursor else palette.low
        parts = [Segment(f"{index + 1:>{digits}} ", style)]
        marks = self._marks.get(index + 1, {})
        for column in self._columns:
            finding = marks.get(column)
            if finding is None:
                parts.append(Segment(" ", style))
            else:
                sign = signs.of(finding.severity)
                parts.append(Segment(sign, palette.of(finding.severity)))
        parts.append(Segment(" " * (len(PANES) - len(self._columns) + 1), style))
        return parts

    def _code(self, index: int) -> list[Segment]:
        line = self._text.lines[index][:_LONGEST]
        first, last = self._underlined(index, len(line))
        parts: list[Segment] = []
        cells = 0
        for start, end, style in self._stretches(index, len(line), first, last):
            shown = _expanded(line[start:end], cells)
            segment = Segment(shown, style)
            cells += segment.cell_length
            parts.append(segment)
        if len(self._text.lines[index]) > _LONGEST:
            parts.append(Segment(self._look.signs.more, self._look.palette.muted))
        return parts

    def _stretches(
        self, index: int, length: int, first: int, last: int
    ) -> list[tuple[int, int, Style]]:
        """Cut a line where its colour changes and where the underline begins and ends."""
        palette = self._look.palette
        cuts: list[tuple[int, int, Style]] = []
        at = 0
        for token in self._colours.tokens(index):
            if token.start > at:
                cuts.append((at, token.start, palette.text))
            cuts.append((token.start, token.end, palette.tokens[token.kind]))
            at = token.end
        if at < length:
            cuts.append((at, length, palette.text))
        pieces = []
        for start, end, style in cuts:
            bounds = [start, *(mark for mark in (first, last) if start < mark < end), end]
            for left, right in itertools.pairwise(bounds):
                under = first <= left and right <= last
                pieces.append((left, right, style + Style(underline=True) if under else style))
        return pieces

    def _underlined(self, index: int, length: int) -> tuple[int, int]:
        """Return the stretch of the line, from 0, that the finding is about; empty for others."""
        finding = self._finding
        if finding is None or finding.path != self._text.path or finding.line != index + 1:
            return 0, 0
        last = finding.end_column - 1 if finding.end_line == finding.line else length
        first = min(max(finding.column - 1, 0), length)
        return first, max(first, min(last, length))


def label_of(finding: Finding) -> str:
    """Return the name of a finding's rule, for the border."""
    return label(finding) if finding.confidence.endswith("%") else plain(finding.rule)


def _worse(one: Finding, other: Finding) -> bool:
    return SEVERITIES.index(one.severity) < SEVERITIES.index(other.severity)


def _expanded(text: str, column: int) -> str:
    """Return `text` safe to show, its tabs as spaces counted from cell `column`."""
    if "\t" not in text:
        return plain(text)
    parts: list[str] = []
    for part in text.split("\t"):
        if parts:
            gap = _TAB - column % _TAB
            parts.append(" " * gap)
            column += gap
        shown = plain(part)
        column += Segment(shown).cell_length
        parts.append(shown)
    return "".join(parts)

"""The one list of findings: drawn by line, so that a hundred thousand rows cost what fifty do."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from cockpit.model import Finding
from cockpit.ui.cursor import CursorView, moving, stretch
from cockpit.ui.draw import header, row, strip
from cockpit.ui.grouping import Group, Lines
from cockpit.ui.style import Look, Palette

Key = tuple[str, str, str]
Besides = Callable[[Finding, int, Palette], Sequence[Segment]]
#: Cells of a border that its title leaves free.
_CORNERS = 6


class FindingList(CursorView):
    """Shows `Lines`; its cursor stays on its finding or header, by key, whatever happens to them.

    `is_new` says what is drawn bold, `drawn` how a finding is drawn that is not drawn as it is,
    `besides` what stands before its message, for a row of so many cells.
    """

    DEFAULT_CSS = """
    FindingList {
        border: round $border-blurred; padding: 0 1; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    FindingList:focus { border: round $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "source", key_display="enter", id="list.choose"),
        *moving("list"),
        Binding("n", "next(1)", "next finding", show=False, id="list.next"),
        Binding("N", "next(-1)", "finding before", show=False, id="list.previous"),
        Binding("space", "fold", "fold, unfold", show=False, id="list.fold"),
        Binding("h,left", "fold(True)", "fold", show=False, id="list.fold_in"),
        Binding("l,right", "fold(False)", "unfold", show=False, id="list.fold_out"),
        Binding("H", "fold_all(True)", "fold all", show=False, id="list.fold_all"),
        Binding("L", "fold_all(False)", "unfold all", show=False, id="list.unfold_all"),
    ]

    class Moved(Message):
        """The cursor is on another finding, or on none; only the newest of these matters."""

        def __init__(self, finding: Finding | None) -> None:
            """Say which; on a header, the first of its group."""
            super().__init__()
            self.finding = finding

        def can_replace(self, message: Message) -> bool:
            """Let a later move stand for an earlier one that nobody has seen."""
            return isinstance(message, FindingList.Moved)

    class Chosen(Message):
        """A person asked to see the finding under the cursor."""

    class Folded(Message):
        """A person folded groups or unfolded them."""

        def __init__(self, folded: frozenset[str]) -> None:
            """Say which are folded now, by key."""
            super().__init__()
            self.folded = folded

    class Stuck(Message):
        """A key could not work here."""

        def __init__(self, words: str, hint: str = "") -> None:
            """Say why."""
            super().__init__()
            self.words, self.hint = words, hint

    def __init__(
        self,
        look: Look,
        is_new: Callable[[Finding], bool] = lambda _: False,
        drawn: Callable[[Finding], Finding] = lambda finding: finding,
        besides: Besides = lambda *_: (),
    ) -> None:
        """Show no rows yet."""
        super().__init__()
        self._look, self._is_new, self._drawn = look, is_new, drawn
        self._besides = besides
        self._title: Callable[[int], Text] = lambda _: Text()
        self._lines = Lines()
        self._empty, self._faded = "", False
        self._told: Finding | None = None
        self._held: Finding | Group | None = None
        self._wanted: Key | None = None

    @property
    def line(self) -> Finding | Group | None:
        """What the cursor is on: a finding, a group's header, or nothing."""
        return self._lines.at(self._cursor) if len(self._lines) else None

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor; on a header, the first of its group."""
        line = self.line
        return line.findings[0] if isinstance(line, Group) else line

    @property
    def group(self) -> Group | None:
        """The group whose header the cursor is on."""
        line = self.line
        return line if isinstance(line, Group) else None

    @property
    def key(self) -> Key | None:
        """The key of the finding under the cursor, or of the one that it waits for."""
        if self._wanted is not None:
            return self._wanted
        return self.finding.key if self.finding is not None else None

    @property
    def lines(self) -> Lines:
        """What is shown."""
        return self._lines

    @property
    def cursor(self) -> int:
        """The line of the cursor, from 0."""
        return self._cursor

    def show(
        self, lines: Lines, faded: bool = False, empty: str = "", narrowed: bool = False
    ) -> None:
        """Show `lines`, dimmed if `faded`, or the words `empty` where there are none.

        `narrowed`: the person chose others, so that where nothing is left of what the cursor was
        on it goes to the first; else it stays at its row.
        """
        if lines is self._lines and self._wanted is None:
            self._faded, self._empty = faded, empty
            self.refresh()
            return
        before, kept = self._cursor, self._kept(lines)
        lost = 0 if narrowed else before
        self._lines, self._faded, self._empty = lines, faded, empty
        self._cursor = max(0, min(lost if kept is None else kept, len(lines) - 1))
        stretch(self, len(lines))
        if self._cursor != before and before:
            # The row of the cursor stays where it is on the screen; what surrounds it moves.
            # Not on the first row: there nobody reads, and what is new comes into sight.
            top = max(0, self.scroll_offset.y + self._cursor - before)
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._reveal()
        self.refresh()
        self._tell()

    def _kept(self, lines: Lines) -> int | None:
        """Return the line in `lines` of what the cursor is on, or is to be on."""
        if self._wanted is not None and (line := lines.line_of_key(self._wanted)) is not None:
            self._wanted = None
            return line
        if isinstance(self._held, Group):
            at = lines.header_of(self._held.key) if lines.by == self._lines.by else None
            return lines.line_of(self._held.findings[0]) if at is None else at
        return None if self._held is None else lines.line_of(self._held)

    def go_to(self, finding: Finding) -> None:
        """Move the cursor to `finding` if it is in the list."""
        line = self._lines.line_of(finding)
        if line is not None:
            self._move_to(line)

    def return_to(self, line: Finding | Group | None) -> None:
        """Move the cursor to what it was on once, a finding or a header, if that is in the list."""
        if isinstance(line, Group):
            at = self._lines.header_of(line.key)
        else:
            at = None if line is None else self._lines.line_of(line)
        if at is not None:
            self._move_to(at)

    def wait_for(self, key: Key | None) -> None:
        """Put the cursor on the finding with `key` as soon as it is among what is shown."""
        self._wanted = key

    def _lines_in_all(self) -> int:
        return len(self._lines)

    def _cursor_moved(self, before: int) -> None:
        self._wanted = None
        self.refresh_line(before)
        self.refresh_line(self._cursor)
        self._tell()

    def _tell(self) -> None:
        self._held, finding = self.line, self.finding
        if finding is not self._told:
            self._told = finding
            self.post_message(self.Moved(finding))

    def entitle(self, title: Callable[[int], Text]) -> None:
        """Have `title` say what stands in the border, in so many cells; again for another width."""
        self._title = title
        self.border_title = title(self.size.width - _CORNERS)

    def on_resize(self) -> None:
        """Keep the cursor in sight, and the title as long as there is room for it."""
        self._reveal()
        self.entitle(self._title)

    def on_click(self, event: events.Click) -> None:
        """Move to the row clicked on, and fold a group at its header; a second click opens."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < len(self._lines):
            self._move_to(index)
            if self.group is not None:
                self.action_fold()
            elif event.chain > 1:
                self.post_message(self.Chosen())

    # --- Keys ---------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Ask to see the finding; fold or unfold at a header."""
        if self.group is not None:
            self.action_fold()
        elif len(self._lines):
            self.post_message(self.Chosen())

    def action_next(self, by: int) -> None:
        """Move to the next finding, past headers and folded groups."""
        at = self._cursor + by
        while 0 <= at < len(self._lines) and isinstance(self._lines.at(at), Group):
            at += by
        if 0 <= at < len(self._lines):
            self._move_to(at)
        else:
            self.post_message(self.Stuck(f"this is the {'last' if by > 0 else 'first'} finding"))

    def action_fold(self, fold: bool | None = None) -> None:
        """Fold the group under the cursor or unfold it; without `fold`, the other of the two."""
        group = self._lines.group_at(self._cursor)
        if group is None:
            self.post_message(self.Stuck("there are no groups to fold", "t groups the list."))
            return
        folded = self._lines.folded
        wanted = group.key not in folded if fold is None else fold
        header = self._lines.header_of(group.key)
        if wanted and header is not None and self._cursor != header:
            self._move_to(header)
        if wanted != (group.key in folded):
            self.post_message(self.Folded(folded ^ {group.key}))

    def action_fold_all(self, fold: bool) -> None:
        """Fold every group, or none."""
        if not self._lines.by:
            self.action_fold()
            return
        group = self._lines.group_at(self._cursor)
        header = self._lines.header_of(group.key) if group is not None else None
        if fold and header is not None:
            self._move_to(header)
        keys = frozenset(group.key for group in self._lines.groups) if fold else frozenset[str]()
        self.post_message(self.Folded(keys))

    # --- Drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._lines):
            words = self._empty if not len(self._lines) and y == 0 else ""
            line = [Segment(words, self._look.palette.muted)]
            return strip(self, line, width)
        segments = self._segments(self._lines.at(index), width)
        ground = None
        if index == self._cursor:
            ground = self._look.palette.cursor if self.has_focus else self._look.palette.blurred
        return strip(self, segments, width, ground)

    def _segments(self, line: Finding | Group, width: int) -> list[Segment]:
        palette = self._look.faded if self._faded else self._look.palette
        signs = self._look.signs
        if isinstance(line, Group):
            folded = line.key in self._lines.folded
            return header(line, folded, width, palette, signs)
        indent = [Segment("  ")] if self._lines.by else []
        room = width - 2 * len(indent)
        shown = self._drawn(line)
        if self._lines.by == "file":  # its header names the file
            shown = msgspec.structs.replace(shown, path="")
        besides = self._besides(line, room, palette)
        return [*indent, *row(shown, room, self._is_new(line), palette, signs, besides)]

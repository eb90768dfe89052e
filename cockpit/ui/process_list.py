"""The list of processes to choose from, drawn by line."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cockpit.plain import plain
from cockpit.profilers.processes import Process
from cockpit.ui.cursor import CursorView, moving
from cockpit.ui.draw import fitted, strip
from cockpit.ui.process_rows import HEADINGS, Columns, age, aligned, brief, ended, is_below, memory
from cockpit.ui.style import Look


class Headings(Widget):
    """What the columns are called."""

    DEFAULT_CSS = "Headings { height: 1; }"
    ALLOW_SELECT = False

    def __init__(self, look: Look, rows: "ProcessList") -> None:
        """Stand over `rows`."""
        super().__init__()
        self._look, self._rows = look, rows

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one
        """Draw the line."""
        shown = aligned(self._rows.columns, HEADINGS, self._look.signs.more)
        line = [Segment("   " + "".join(shown.values()), self._look.palette.muted)]
        return strip(self, line, self.size.width)


class ProcessList(CursorView):
    """Shows processes; its cursor stays on its process, by PID and birth, wherever that goes.

    A process that ends under the cursor stays until the cursor leaves it, and says that it ended.
    """

    DEFAULT_CSS = """
    ProcessList {
        height: 1fr; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "profile", key_display="enter", id="picker.choose"),
        *moving("picker"),
    ]

    class Moved(Message):
        """The cursor is on another process, or the same is otherwise now."""

        def __init__(self, by_person: bool) -> None:
            """Say whether a person moved it there."""
            super().__init__()
            self.by_person = by_person

        def can_replace(self, message: Message) -> bool:
            """Let a later one stand for one that nobody has seen."""
            return isinstance(message, ProcessList.Moved) and message.by_person >= self.by_person

    class Chosen(Message):
        """A person chose the process under the cursor."""

    def __init__(self, look: Look, root: str) -> None:
        """Show no rows yet; `root` is the project's folder."""
        super().__init__()
        self._look, self._root = look, root
        self._rows: list[Process] = []
        self._words: tuple[str, ...] = ()

    @property
    def rows(self) -> Sequence[Process]:
        """What is shown."""
        return self._rows

    @property
    def process(self) -> Process | None:
        """The process under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def columns(self) -> Columns:
        """The cells of each column now."""
        names = (cell_len(plain(row.virtualenv)) for row in self._rows)
        heading = cell_len(HEADINGS["environment"])
        longest = max(names, default=0)
        width = self.scrollable_content_region.width
        return Columns.within(width, max(longest, heading) if longest else 0)

    def show(self, rows: list[Process], words: Sequence[str] = (), narrowed: bool = False) -> None:
        """Show `rows`, and under them `words`.

        `narrowed`: the person chose others, so that where the process under the cursor is not
        among them, the cursor goes to the first.
        """
        held, before = self.process, self._cursor
        self._words = tuple(words)
        place = next((at for at, row in enumerate(rows) if held and row.key == held.key), None)
        if place is None and held is not None and not narrowed:
            place = min(before, len(rows))
            rows = [*rows[:place], ended(held), *rows[place:]]
        self._rows = rows
        self._cursor = max(0, min(place or 0, len(rows) - 1))
        self.virtual_size = Size(1, len(rows) + len(self._words))
        if before and self._cursor != before:  # its row stays where it is on the screen
            top = max(0, self.scroll_offset.y + self._cursor - before)
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._reveal()
        self.refresh()
        self.post_message(self.Moved(by_person=False))

    def _lines_in_all(self) -> int:
        return len(self._rows)

    def _cursor_moved(self, before: int) -> None:
        if before != self._cursor and before < len(self._rows):
            left = self._rows[before]
            if left.status == "ended":
                del self._rows[before]
                self._cursor -= before < self._cursor
                self.virtual_size = Size(1, len(self._rows) + len(self._words))
                self.refresh()
        self.refresh_line(before)
        self.refresh_line(self._cursor)
        self.post_message(self.Moved(by_person=True))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def on_focus(self) -> None:
        """Draw the cursor as one that keys move."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as one that keys do not move."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Move to the row clicked on; a second click chooses it."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < len(self._rows):
            self._move_to(index)
            if event.chain > 1:
                self.action_choose()

    def action_choose(self) -> None:
        """Choose the process under the cursor."""
        if self._rows:
            self.post_message(self.Chosen())

    # --- Drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        if index >= len(self._rows):
            at = index - len(self._rows)
            words = self._words[at] if at < len(self._words) else ""
            return strip(self, [Segment(words, self._look.palette.muted)], width)
        ground = None
        if index == self._cursor:
            ground = self._look.palette.cursor if self.has_focus else self._look.palette.blurred
        return strip(self, self._segments(self._rows[index], width), width, ground)

    def _segments(self, row: Process, width: int) -> list[Segment]:
        look, signs = self._look, self._look.signs
        palette = look.faded if row.problem else look.palette
        shown = aligned(self.columns, self._texts(row), signs.more)
        ours = row.mine and not row.this and is_below(row, self._root)
        busy = palette.strong if round(row.cpu or 0) else palette.muted
        command = palette.strong if ours and not row.problem else palette.text
        styles: dict[str, Style] = {
            "pid": palette.muted,
            "cpu": busy,
            "memory": palette.text,
            "age": palette.muted,
            "environment": palette.rule,
            "command": command,
        }
        marks = [
            Segment(signs.medium if ours else " ", palette.good),
            Segment(f"{signs.failed} " if row.problem else "  ", look.palette.high),
        ]
        cells = (Segment(text, styles[name]) for name, text in shown.items())
        return fitted([*marks, *cells], width)

    def _texts(self, row: Process) -> dict[str, str]:
        command = brief(row, self._root)
        if row.this:
            command = f"this cockpit {self._look.signs.dot} {command}"
        elif not row.mine:
            command = f"{plain(row.user)} {self._look.signs.dot} {command}"
        return {
            "pid": str(row.pid),
            "cpu": self._look.signs.skipped if row.cpu is None else f"{row.cpu:.1f}",
            "memory": memory(row.rss),
            "age": age(row.age),
            "environment": plain(row.virtualenv),
            "command": command,
        }

"""The windows over a screen: every key and what it does; the exact commands."""

import shlex
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from cockpit.plain import plain
from cockpit.ui.style import Look


class _Window(ModalScreen[None]):
    """A box in the middle that `esc` closes."""

    DEFAULT_CSS = """
    _Window { align: center middle; background: $background 60%; }
    _Window VerticalScroll {
        width: 80%; max-width: 100; height: auto; max-height: 90%; padding: 1 2;
        border: round $border; background: $surface; scrollbar-size-vertical: 1;
    }
    _Window Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close", id="window.close"),
        Binding("j,down", "scroll(1)", "down", show=False, id="window.down"),
        Binding("k,up", "scroll(-1)", "up", show=False, id="window.up"),
        Binding("g,home", "scroll_to_end(False)", "first", show=False, id="window.first"),
        Binding("G,end", "scroll_to_end(True)", "last", show=False, id="window.last"),
    ]

    def __init__(self, title: str, body: Text) -> None:
        """Show `body` under `title`."""
        super().__init__()
        self._heading, self._body = title, body

    def compose(self) -> ComposeResult:
        """One scrolled text."""
        with VerticalScroll() as box:
            yield Static(self._body)
        box.border_title = Text(self._heading)
        box.border_subtitle = Text("esc closes")

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_scroll_to_end(self, last: bool) -> None:
        """Scroll to the last line, or to the first."""
        box = self.query_one(VerticalScroll)
        (box.scroll_end if last else box.scroll_home)(animate=False)


class HelpScreen(_Window):
    """Every key that works on the screen below, by what it belongs to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "dismiss", "close", show=False, id="help.close"),
    ]

    def __init__(self, groups: Iterable[tuple[str, Iterable[tuple[str, str]]]], look: Look) -> None:
        """List (group, (key, what it does))."""
        palette, body = look.palette, Text()
        for group, keys in groups:
            body.append(f"{group}\n", palette.key)
            for key, words in keys:
                body.append(f"  {key:<18}", palette.strong).append(f"{words}\n", palette.text)
            body.append("\n")
        signs = look.signs
        legend = (
            (signs.high, palette.high, "high severity"),
            (signs.medium, palette.medium, "medium"),
            (signs.low, palette.low, "low"),
            (f"{signs.new}2", palette.high, "two are new since this session began, in bold"),
            (signs.failed, palette.high, "a tool failed, or could not read the file"),
            (signs.spark[::3], palette.muted, "how many there were, change by change"),
            (f"12 {signs.high}{signs.low}", palette.text, "a line of source, a column a pane"),
        )
        body.append("Signs\n", palette.key)
        for sign, style, words in legend:
            body.append(f"  {sign:<18}", style).append(f"{words}\n", palette.text)
        body.rstrip()
        super().__init__("Keys", body)


class CommandScreen(_Window):
    """The tools' own commands that give what the pane shows, to copy."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy", id="command.copy"),
        Binding("at", "dismiss", "close", show=False, id="command.close"),
    ]

    def __init__(self, commands: Iterable[tuple[str, tuple[str, ...] | str]], look: Look) -> None:
        """List (checker, its command, or the words why there is none)."""
        palette, body = look.palette, Text()
        self._copied: list[str] = []
        for checker, command in commands:
            body.append(f"{checker}\n", palette.key)
            if isinstance(command, str):
                body.append(f"{plain(command)}\n\n", palette.muted)
            else:
                line = shlex.join(command)
                self._copied.append(line)
                body.append(f"{plain(abridged(line))}\n\n", palette.text)
        body.append("Run in the project's root it gives the same findings. ", palette.muted)
        body.append("ruff's S rules are in Security, all its others in Lint. ", palette.muted)
        body.append("y", palette.strong).append(" copies it whole.", palette.muted)
        super().__init__("Exact command", body)

    def action_copy(self) -> None:
        """Copy all commands, one a line, uncut."""
        self.app.copy_to_clipboard("\n".join(self._copied))
        self.notify("copied")


def abridged(line: str, limit: int = 4_000) -> str:
    """Return a command line short enough to lay out: thousands of paths are counted, not shown."""
    if len(line) <= limit:
        return line
    kept = line[:limit].rpartition(" ")[0]
    left = line.count(" ", len(kept))
    return f"{kept} ... and {left:,} more arguments"

"""The windows over a screen: keys and signs, the exact commands, the notes, the base to choose."""

import shlex
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from cockpit.base import AUTO, BASELINE, SESSION
from cockpit.model import Base
from cockpit.plain import plain
from cockpit.ui.keymap import Key
from cockpit.ui.state import amount
from cockpit.ui.style import Look

#: Columns of a screen from which the keys stand in two columns.
_TWO_COLUMNS = 76


class _Window(ModalScreen[None]):
    """A box in the middle that `esc` closes."""

    DEFAULT_CSS = """
    _Window { align: center middle; background: $background 60%; }
    _Window VerticalScroll {
        width: 96%; max-width: 100; height: auto; max-height: 96%; padding: 0 1;
        border: round $border; background: $surface; scrollbar-size-vertical: 1;
    }
    _Window Static { height: auto; }
    _Window Horizontal { height: auto; }
    _Window Horizontal Static { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close", id="window.close"),
        Binding("j,down", "scroll(1)", "down", show=False, id="window.down"),
        Binding("k,up", "scroll(-1)", "up", show=False, id="window.up"),
        Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="window.page_down"),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="window.page_up"),
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
            yield from self.content()
        box.border_title = Text(self._heading)
        box.border_subtitle = Text("esc closes")

    def content(self) -> ComposeResult:
        """Yield what is scrolled."""
        yield Static(self._body)

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by a page."""
        box = self.query_one(VerticalScroll)
        self.action_scroll(direction * max(1, box.size.height - 1))

    def action_scroll_to_end(self, last: bool) -> None:
        """Scroll to the last line, or to the first."""
        box = self.query_one(VerticalScroll)
        (box.scroll_end if last else box.scroll_home)(animate=False)


class HelpScreen(_Window):
    """Every key that works on the screen below, those of its place first, and the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "dismiss", "close", show=False, id="help.close"),
    ]

    def __init__(self, keys: Sequence[Key], base: Base, look: Look) -> None:
        """List `keys`; `base` is what findings are compared with."""
        super().__init__("Keys", Text())
        self._look, self._base = look, base
        self._groups = list(self._blocks(keys))

    def _blocks(self, keys: Sequence[Key]) -> Iterable[list[Text]]:
        palette = self._look.palette
        for place in dict.fromkeys(key.place for key in keys):
            lines = [Text(place, palette.key)]
            for key in keys:
                if key.place == place:
                    shown = " ".join(key.keys)
                    lines.append(
                        Text.assemble(
                            (f"  {shown:<11} ", palette.strong), (key.words, palette.text)
                        )
                    )
            yield [*lines, Text()]

    def content(self) -> ComposeResult:
        """Yield the keys, in two columns where there is room, and under them the signs."""
        if self.app.size.width < _TWO_COLUMNS:
            yield _stacked(self._groups)
        else:
            left, right = _halves(self._groups)
            with Horizontal():
                yield _stacked(left)
                yield _stacked(right)
        yield Static(self._legend())

    def _legend(self) -> Text:
        palette, signs = self._look.palette, self._look.signs
        lines = (
            (signs.high, palette.high, "high severity"),
            (signs.medium, palette.medium, "medium"),
            (signs.low, palette.low, "low"),
            (f"{signs.new}2", palette.high, f"two are new since {plain(self._base.name)}, in bold"),
            (signs.running, palette.medium, "a newer answer is on its way; the old one is dimmed"),
            (signs.failed, palette.high, "a tool failed, or could not read a file"),
            (signs.spark[::3], palette.muted, "how many there were, change by change"),
            (f"12 {signs.high}{signs.low}", palette.text, "a line of source, a column a pane"),
        )
        body = Text.assemble(("Signs\n", palette.key))
        for sign, style, words in lines:
            body.append(f"  {sign:<11} ", style).append(f"{words}\n", palette.text)
        body.rstrip()
        return body


def _stacked(groups: Iterable[list[Text]]) -> Static:
    return Static(Text("\n").join(line for group in groups for line in group))


def _halves(groups: list[list[Text]]) -> tuple[list[list[Text]], list[list[Text]]]:
    """Cut between two groups, where the longer half is shortest."""

    def longer(cut: int) -> int:
        return max(sum(map(len, groups[:cut])), sum(map(len, groups[cut:])))

    cut = min(range(1, len(groups) + 1), key=longer, default=0)
    return groups[:cut], groups[cut:]


class ConfirmScreen(ModalScreen[bool]):
    """Asks for a yes to what the person may not mean."""

    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; background: $background 60%; }
    ConfirmScreen > Static {
        width: 96%; max-width: 76; height: auto; padding: 1 2;
        border: round $border; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "yes", id="confirm.yes"),
        Binding("n,escape,q", "dismiss(False)", "no", id="confirm.no"),
    ]

    def __init__(self, question: str, words: str) -> None:
        """Ask `question`; `words` say what a yes means."""
        super().__init__()
        self._question, self._words = question, words

    def compose(self) -> ComposeResult:
        """The question, what it means, and the two answers."""
        text = Text.assemble((f"{plain(self._question)}\n\n", "bold"), f"{plain(self._words)}\n\n")
        yield Static(text.append("y yes   n no", "bold"))


class NotesScreen(_Window):
    """All that limits what is shown, or is wrong in the person's own settings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("exclamation_mark", "dismiss", "close", show=False, id="notes.close"),
    ]

    def __init__(self, notes: Sequence[str], look: Look) -> None:
        """List `notes`."""
        palette, body = look.palette, Text()
        for note in notes:
            body.append(f"{look.signs.dot} ", palette.medium)
            body.append(f"{plain(note)}\n", palette.text)
        body.rstrip()
        super().__init__("Notes", body or Text("There is nothing to note.", palette.muted))


class CommandScreen(_Window):
    """The tools' own commands that give what the pane shows, to copy."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy", id="command.copy"),
        Binding("at", "dismiss", "close", show=False, id="command.close"),
    ]

    def __init__(
        self,
        commands: Iterable[tuple[str, tuple[str, ...] | str]],
        look: Look,
        within: str = "",
        about: str = "",
    ) -> None:
        """List (checker, its command, or the words why there is none).

        `within` is the folder that the screen is narrowed to; the tools know nothing of that.
        `about` is what is said of commands that are no checker's.
        """
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
        if about:
            body.append(f"{about} ", palette.muted)
        else:
            body.append("Run in the project's root it gives the same findings. ", palette.muted)
            if within:
                words = f"The screen shows only those in {plain(within)}. "
                body.append(words, palette.medium)
            body.append("ruff's S rules are in Security, all its others in Lint. ", palette.muted)
        body.append("y", palette.strong).append(" copies it whole.", palette.muted)
        super().__init__("Exact command", body)

    def action_copy(self) -> None:
        """Copy all commands, one a line, uncut."""
        from cockpit.ui.clipboard import copy

        def tell(more: str) -> None:
            words = f"copied {amount(len(self._copied), 'command')}"
            self.notify(f"{words}. {more}" if more else words, markup=False)

        copy(self.app, "\n".join(self._copied), tell)


def abridged(line: str, limit: int = 4_000) -> str:
    """Return a command line short enough to lay out: thousands of paths are counted, not shown."""
    if len(line) <= limit:
        return line
    kept = line[:limit].rpartition(" ")[0]
    left = line.count(" ", len(kept))
    return f"{kept} ... and {left:,} more arguments"


class _Bases(OptionList):
    """The bases that have a name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "cursor_down", "down", show=False, id="base.down"),
        Binding("k,up", "cursor_up", "up", show=False, id="base.up"),
    ]


class BaseScreen(ModalScreen[str | None]):
    """Asks what findings are to be compared with; answers with the word for it, or None."""

    DEFAULT_CSS = """
    BaseScreen { align: center middle; background: $background 60%; }
    BaseScreen #box {
        width: 96%; max-width: 76; height: auto; max-height: 96%; padding: 0 1;
        border: round $border; background: $surface;
    }
    BaseScreen OptionList, BaseScreen OptionList:focus {
        height: auto; border: none; padding: 0; background: $surface;
    }
    BaseScreen OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    BaseScreen Input, BaseScreen Input:focus {
        height: 1; border: none; padding: 0 1; background: $surface; margin-top: 1;
    }
    BaseScreen Static { height: auto; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close", id="base.close"),
        Binding("tab,shift+tab,slash", "other", "type a revision", id="base.type"),
    ]

    def __init__(self, base: Base, chosen: str, branch: str, look: Look) -> None:
        """Offer what there is, `chosen` marked; say what is wrong with `base`.

        `branch` is the default branch, empty where that is not known.
        """
        super().__init__()
        self._base, self._look = base, look
        #: Each with the word that `Backend.compare` takes.
        self._choices = [
            (AUTO, "automatic", "baseline, else default branch, else last commit"),
            ("HEAD", "the last commit", "what is not committed yet"),
            (SESSION, "session start", "what came since cockpit was started"),
            (BASELINE, "the baseline", "what `cockpit baseline write` did not keep"),
        ]
        if branch:
            self._choices.insert(1, (branch, branch, "what this branch adds"))
        if chosen not in [word for word, _, _ in self._choices]:
            self._choices.append((chosen, chosen, "the revision that was typed"))
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """The named bases, a line for any other, and what became of the last choice."""
        palette, signs = self._look.palette, self._look.signs
        with VerticalScroll(id="box", can_focus=False) as box:
            yield _Bases(*(Option(self._line(*choice)) for choice in self._choices))
            yield Input(placeholder="or a revision: v1.2, HEAD~3, a branch", compact=True)
            if self._base.note:
                yield Static(Text(f"{signs.failed} {plain(self._base.note)}", palette.medium))
        box.border_title = Text(f"Now against {plain(self._base.name)}: new since")
        box.border_subtitle = Text(
            f"enter chooses {signs.dot} tab: type one {signs.dot} esc closes"
        )

    def on_mount(self) -> None:
        """Put the cursor on what is chosen."""
        words = [word for word, _, _ in self._choices]
        self.query_one(_Bases).highlighted = words.index(self._chosen)
        self.query_one(_Bases).focus()

    def _line(self, word: str, name: str, words: str) -> Text:
        palette, signs = self._look.palette, self._look.signs
        mark = signs.fresh if word == self._chosen else " "
        return Text.assemble(
            (f"{mark} ", palette.good),
            (f"{plain(name):<16} ", palette.strong),
            (words, palette.muted),
        )

    def action_other(self) -> None:
        """Go to the line to type in, or back."""
        self.query_one(Input if self.query_one(_Bases).has_focus else _Bases).focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index][0])

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

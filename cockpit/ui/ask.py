"""A line under a page that asks for a few words, and says what is wrong with those it got."""

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from cockpit.plain import plain
from cockpit.ui.style import Inked, Look


class Answer(Input):
    """The line that the words are typed in."""

    DEFAULT_CSS = """
    Answer, Answer:focus {
        height: 1; width: 1fr; border: none; padding: 0 1; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="ask.leave"),
        Binding("enter", "submit", "go", id="ask.go"),
    ]

    class Left(Message):
        """The person wants nothing of it."""

    def action_leave(self) -> None:
        """Answer nothing."""
        self.post_message(self.Left())


class AskLine(Inked, Horizontal):
    """Asks a question in one line; out of sight until it is asked."""

    DEFAULT_CSS = """
    AskLine { display: none; height: 1; background: $surface; }
    AskLine.-open { display: block; }
    AskLine > Static { width: auto; max-width: 60%; padding: 0 1; display: block; }
    """

    def __init__(self, look: Look, question: str, placeholder: str = "") -> None:
        """Be ready to ask `question`."""
        super().__init__()
        self._look, self._question, self._problem = look, question, ""
        self.input = Answer(placeholder=placeholder)
        self._label, self._beside = Static(markup=False), Static(markup=False)

    def compose(self) -> ComposeResult:
        """What is asked, the answer, and what is wrong with it."""
        yield self._label
        yield self.input
        yield self._beside

    def on_mount(self) -> None:
        """Write the labels."""
        self.renew()

    def renew(self) -> None:
        """Write the labels in the colours of now."""
        self._label.update(Text(self._question, self._look.palette.strong))
        self._beside.update(Text(self._problem, self._look.palette.medium))

    def open(self, answer: str = "") -> None:
        """Ask; `answer` is there to begin with."""
        self.input.value = answer
        self.input.cursor_position = len(answer)
        self.say("")
        self.add_class("-open")
        self.input.focus()

    def ask(self, question: str, placeholder: str) -> None:
        """Ask another question."""
        self._question, self.input.placeholder = question, placeholder
        self.renew()
        self.open()

    def close(self) -> None:
        """Ask no more."""
        self.remove_class("-open")

    def say(self, problem: str) -> None:
        """Say what is wrong; "" for nothing."""
        if problem != self._problem:
            self._problem = plain(problem)
            self._beside.update(Text(self._problem, self._look.palette.medium))

    @on(Input.Changed)
    def _typed(self) -> None:
        self.say("")

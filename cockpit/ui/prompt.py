"""The lines under a list that a person types in: the filter, and why a finding may stay."""

from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input, Static

from cockpit.plain import plain
from cockpit.ui.draw import shorten
from cockpit.ui.style import Inked, Look

#: From more findings than this on, a dismissal is asked for twice.
_MANY = 20
#: The share of the screen's width that a question may take.
_LABEL = 0.6
#: Of a filter for findings.
_QUALIFIERS = ", rule:F4 path:models sev:high is:new"
_BECAUSE = ": dismiss all because"


class Filter(Input):
    """The line that a filter is typed in."""

    DEFAULT_CSS = """
    Filter, Filter:focus {
        display: none; height: 1; border: none; padding: 0 1; background: $surface;
    }
    Filter.-open { display: block; }
    """
    #: The text grows with every letter, the line does not: the screen need not be laid out anew.
    virtual_size = Reactive(Size(0, 0))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "clear", id="filter.clear"),
        Binding("enter", "screen.keep_filter", "keep", id="filter.keep"),
    ]


class FilterLine(Inked, Horizontal):
    """The filter, in sight while it is typed or set, and beside it what it does not understand."""

    DEFAULT_CSS = """
    FilterLine { display: none; height: auto; background: $surface; }
    FilterLine.-open { display: block; }
    FilterLine Filter { width: 1fr; }
    FilterLine > Static { width: auto; max-width: 75%; padding: 0 1; display: block; }
    """

    def __init__(self, look: Look, words: str = "words", qualifiers: str = _QUALIFIERS) -> None:
        """Start with no filter; `words` say what is found without one of the `qualifiers`."""
        super().__init__()
        self._look = look
        self.input = Filter(placeholder=f"{words}{qualifiers}; ! inverts", classes="-open")
        self._label = Static(Text("filter", look.palette.muted))
        self._beside, self._problem = Static(markup=False), ""

    def compose(self) -> ComposeResult:
        """What it is, what is typed, and what is to be said of it."""
        yield self._label
        yield self.input
        yield self._beside

    def show(self, words: str, problem: str) -> None:
        """Say what is wrong with the filter `words`; be out of sight where there are none."""
        self.set_class(bool(words) or self.input.has_focus, "-open")
        if problem != self._problem:  # an update lays the screen out anew: not with every key
            self._problem = problem
            self._beside.update(Text(plain(problem), self._look.palette.medium))

    def renew(self) -> None:
        """Write the labels in other colours."""
        self._label.update(Text("filter", self._look.palette.muted))
        self._beside.update(Text(plain(self._problem), self._look.palette.medium))

    def open(self) -> None:
        """Begin to type."""
        self.add_class("-open")
        self.input.focus()


class Reason(Input):
    """The line that a reason is typed in."""

    DEFAULT_CSS = """
    Reason, Reason:focus {
        height: 1; width: 1fr; border: none; padding: 0 1; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="reason.leave"),
    ]

    class Left(Message):
        """The person wants nothing dismissed."""

    def action_leave(self) -> None:
        """Dismiss nothing."""
        self.post_message(self.Left())


class ReasonLine(Inked, Horizontal):
    """Asks why what is dismissed may stay, and of many findings whether all of them are meant."""

    DEFAULT_CSS = """
    ReasonLine { display: none; height: 1; background: $surface; }
    ReasonLine.-open { display: block; }
    ReasonLine > Static { width: auto; max-width: 60%; padding: 0 1; display: block; }
    """

    def __init__(self, look: Look) -> None:
        """Ask nothing yet."""
        super().__init__()
        self._look = look
        self.input = Reason(placeholder="the reason; enter keeps it, esc leaves")
        self._label = Static(markup=False)
        self._count, self._key, self._warned = 1, "", False

    def renew(self) -> None:
        """Write the question, in the colours of now."""
        palette, number = self._look.palette, f"{self._count:,} findings"
        if not self._warned and self._count == 1:
            self._label.update(Text(f"dismiss {self._key} because", palette.strong))
            return
        before, after = (": enter again dismisses all", "") if self._warned else (" of ", _BECAUSE)
        room = int(self.app.size.width * _LABEL) - 2 - cell_len(f"{number}{before}{after}")
        key = "" if self._warned else shorten(self._key, max(0, room), self._look.signs.more)
        loud = palette.high + Style(bold=True, reverse=True)
        self._label.update(Text.assemble((number, loud), (before + key + after, palette.strong)))

    def compose(self) -> ComposeResult:
        """What is asked, and the answer."""
        yield self._label
        yield self.input

    def ask(self, what: str, count: int = 1) -> None:
        """Ask why a finding may stay, or `count` findings; `what` says which, or of what."""
        self._count, self._key, self._warned = count, plain(what), False
        self.renew()
        self.input.value = ""
        self.add_class("-open")
        self.input.focus()

    def is_meant(self) -> bool:
        """Return whether the person knows how many are dismissed; where not, say it once more."""
        if self._count <= _MANY or self._warned:
            return True
        self._warned = True
        self.renew()
        return False

    @on(Input.Changed)
    def _typed(self) -> None:
        if self._warned:
            self._warned = False
            self.renew()

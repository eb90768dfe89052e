"""Asks how a program's memory is to be looked at: by which tool, with what, and what that costs."""

from typing import ClassVar, Literal, NamedTuple

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from cockpit.memory.model import Options
from cockpit.plain import plain
from cockpit.ui.cpu_draw import lasted
from cockpit.ui.draw import middle
from cockpit.ui.style import Look

Tool = Literal["memray", "scalene"]


class How(msgspec.Struct, frozen=True):
    """How a program is run: by memray with `options`, or by scalene, perhaps of the CPU alone."""

    tool: Tool = "memray"
    options: Options = Options()
    live: bool = True
    cpu_only: bool = False
    #: How long a process that is attached to is tracked.
    seconds: int = 60


class _Switch(NamedTuple):
    """A switch: its key, the field it turns, what it is called, and what it costs or gives up."""

    key: str
    field: str
    words: str
    cost: str


#: Measured as CPU time against the program alone; docs/memory.md says how.
_MEMRAY = (
    _Switch("l", "live", "live view", "a picture a second; else the file alone"),
    _Switch("n", "native", "functions in C", "3.6 times the CPU time"),
    _Switch("p", "python_allocators", "Python's own allocators", "many more allocations, slower"),
    _Switch("g", "aggregate", "aggregate", "a small file, not live; 3.1 times"),
    _Switch("f", "follow_fork", "follow forks", "a file for each child process"),
)
_SCALENE = (_Switch("u", "cpu_only", "CPU alone", "1.3 times the CPU time, not 2.8"),)
#: Seconds that a process can be tracked for.
DURATIONS = (10, 60, 300, 1_800)
#: What a live view cannot be had with.
_NOT_LIVE = ("aggregate",)


class HowScreen(ModalScreen[How | None]):
    """Shows the switches of a program that is about to be run; `enter` runs it."""

    DEFAULT_CSS = """
    HowScreen { align: center middle; background: $background 60%; }
    HowScreen > Static {
        width: 96%; max-width: 84; height: auto; padding: 1 2;
        border: round $border; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "go", "run", key_display="enter", id="how.go"),
        Binding("escape,q", "dismiss(None)", "leave", id="how.leave"),
        Binding("t", "tool", "memray or scalene", id="how.tool"),
        Binding("d", "duration", "for how long", id="how.duration"),
        *(
            Binding(one.key, f"turn('{one.field}')", one.words, id=f"how.{one.field}")
            for one in (*_MEMRAY, *_SCALENE)
        ),
    ]

    def __init__(self, command: str, look: Look, how: How, attaches: bool = False) -> None:
        """Ask how `command` is to be run, `how` to begin with; or, where it runs, attached to."""
        super().__init__()
        self._command, self._look, self._how, self._attaches = command, look, how, attaches

    def compose(self) -> ComposeResult:
        """The command, the switches, and the keys."""
        yield Static(self._text())

    def _text(self) -> Text:
        palette, look = self._look.palette, self._look
        verb = "Attach to" if self._attaches else "Run"
        text = Text.assemble(
            (f"{verb} {middle(plain(self._command), 64, look.signs.more)}", palette.strong), "\n\n"
        )
        if not self._attaches:
            text.append_text(self._line("t", True, self._how.tool, self._about()))
        else:
            words = f"for {lasted(self._how.seconds)}"
            text.append_text(self._line("d", True, words, "tracking ends by itself, and only so"))
        for switch in self._switches():
            on = self._is_on(switch.field)
            text.append_text(self._line(switch.key, on, switch.words, switch.cost))
        return text.append("\nenter goes on   esc leaves", palette.strong)

    def _about(self) -> str:
        if self._how.tool == "scalene":
            return "CPU and memory by line; no stacks"
        return "every allocation; 2.1 times the CPU time"

    def _switches(self) -> tuple[_Switch, ...]:
        if self._how.tool == "scalene":
            return _SCALENE
        return tuple(one for one in _MEMRAY if not (self._attaches and one.field == "live"))

    def _line(self, key: str, on: bool, words: str, cost: str) -> Text:
        palette, signs = self._look.palette, self._look.signs
        sign = signs.fresh if on else signs.skipped
        return Text.assemble(
            (f"  {key} ", palette.key),
            (f"{sign} ", palette.good if on else palette.muted),
            (f"{words:<24} ", palette.text if on else palette.muted),
            (f"{cost}\n", palette.muted),
        )

    def _is_on(self, field: str) -> bool:
        how = self._how
        if field == "live":
            return how.live and not any(getattr(how.options, one) for one in _NOT_LIVE)
        return bool(getattr(how if field == "cpu_only" else how.options, field))

    def action_tool(self) -> None:
        """Run it by the other tool."""
        if not self._attaches:
            tool: Tool = "scalene" if self._how.tool == "memray" else "memray"
            self._how = msgspec.structs.replace(self._how, tool=tool)
            self.query_one(Static).update(self._text())

    def action_duration(self) -> None:
        """Track for longer, and at the end for the shortest time again."""
        if self._attaches:
            at = DURATIONS.index(self._how.seconds) if self._how.seconds in DURATIONS else 0
            seconds = DURATIONS[(at + 1) % len(DURATIONS)]
            self._how = msgspec.structs.replace(self._how, seconds=seconds)
            self.query_one(Static).update(self._text())

    def action_turn(self, field: str) -> None:
        """Turn a switch; what cannot be had together goes off."""
        if field not in [one.field for one in self._switches()]:
            return
        how, on = self._how, not self._is_on(field)
        if field in ("live", "cpu_only"):
            how = msgspec.structs.replace(how, **{field: on})
        if field != "cpu_only":
            changes = {field: on} if field != "live" else {}
            if field == "live" and on:
                changes = dict.fromkeys(_NOT_LIVE, False)
            options = msgspec.structs.replace(how.options, **changes)
            how = msgspec.structs.replace(how, options=options)
        self._how = how
        self.query_one(Static).update(self._text())

    def action_go(self) -> None:
        """Run it so."""
        how = self._how
        self.dismiss(msgspec.structs.replace(how, live=self._is_on("live")))

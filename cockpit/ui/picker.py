"""Asks which process to profile: one of those that run, or a command to launch.

It only asks. What it is answered with is neither sampled nor started here.
"""

import asyncio
import os
import shlex
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from cockpit.plain import plain
from cockpit.profilers.processes import Process
from cockpit.ui.ask import Answer, AskLine
from cockpit.ui.bars import KeyBar
from cockpit.ui.context import Context
from cockpit.ui.process_detail import ProcessDetail
from cockpit.ui.process_list import Headings, ProcessList
from cockpit.ui.process_rows import Key, ordered, passes
from cockpit.ui.prompt import FilterLine

#: A process to attach to, the words of a command to launch, or nothing.
Choice: TypeAlias = Process | tuple[str, ...] | None

#: Seconds between two looks; the second comes sooner, for only it tells what each process takes.
EVERY, _SOON = 2.0, 0.7
#: Looks after which the list is sorted anew, and seconds that no key must have come before.
_SORTED, _QUIET = 3, 3.0
_LAUNCH = "l launches one: type its command, as `python app.py --port 8000`."


def split(line: str) -> tuple[tuple[str, ...], str]:
    """Return the words of a command as a shell would take them, or why they cannot be told."""
    try:
        return tuple(shlex.split(line)), ""
    except ValueError as error:
        escape = "escape" in str(error)
        return (), "a backslash at the end escapes nothing" if escape else "a quote is not closed"


class PickerScreen(ModalScreen[Choice]):
    """Lists the Python processes there are, and answers with the one that was chosen.

    `processes` looks at them and is called in a thread; `root` is the project's folder.
    """

    AUTO_FOCUS = "ProcessList"
    DEFAULT_CSS = """
    PickerScreen { align: center middle; background: $background 60%; }
    PickerScreen > #box {
        width: 100%; max-width: 140; height: 100%; max-height: 40; padding: 0 1;
        border: round $border; background: $surface;
    }
    PickerScreen KeyBar { padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "launch", "launch", id="picker.launch"),
        Binding("slash", "filter", "filter", key_display="/", id="picker.filter"),
        Binding("y", "copy", "copy command", id="picker.copy"),
        Binding("r", "look", "refresh", id="picker.refresh"),
        Binding("question_mark", "help", "help", key_display="?", id="picker.help"),
        Binding("escape", "back", "leave", id="picker.back"),
        Binding("q", "leave", "leave", show=False, id="picker.leave"),
        Binding("ctrl+c", "app.quit", "quit", show=False, id="picker.interrupt"),
    ]

    def __init__(
        self,
        context: Context,
        processes: Callable[[], Sequence[Process]],
        root: str = "",
        command: str | None = None,
    ) -> None:
        """List what `processes` finds, those of the project at `root` first.

        A `command` is one that was typed before, to be typed on; "" has one be typed.
        """
        super().__init__()
        self._command = command
        self._shared, self._look, self._processes = context, context.look, processes
        self._root = os.path.realpath(root) if root else ""
        self._list, self._detail = (
            ProcessList(self._look, self._root),
            ProcessDetail(self._look, self._root),
        )
        self._filter = FilterLine(self._look, "command, PID, user or virtualenv", "")
        self._run = AskLine(self._look, "run:", "python app.py --port 8000")
        self._found: list[Process] | None = None
        self._order: list[Key] = []
        self._looks, self._pressed, self._looking = 0, float("-inf"), False

    def compose(self) -> ComposeResult:
        """The list under its headings, the lines to type in, the detail, and the keys."""
        with Vertical(id="box") as box:
            yield Headings(self._look, self._list)
            yield self._list
            yield self._filter
            yield self._run
            yield self._detail
            yield KeyBar(self._shared)
        box.border_title = Text("Which process?")

    def on_mount(self) -> None:
        """Look at once, soon again, and from then on regularly."""
        self._show()
        if self._command is not None:
            self._run.open(self._command)
        self.action_look()
        self.set_timer(_SOON, self.action_look)
        self.set_interval(EVERY, self.action_look)

    # --- Looking ------------------------------------------------------------------------------

    @work(group="picker")
    async def action_look(self) -> None:
        """Look at the processes; not while another look goes on."""
        if self._looking:
            return
        self._looking = True
        try:
            found = await asyncio.to_thread(self._processes)
        finally:
            self._looking = False
        self._take(list(found))

    def _take(self, found: list[Process]) -> None:
        """Show what was found; in the old order while a person moves about in it."""
        self._looks += 1
        due = self._looks <= 2 or self._looks % _SORTED == 0
        quiet = time.monotonic() - self._pressed > _QUIET
        self._found = ordered(found, self._root, None if due and quiet else self._order)
        self._order = [one.key for one in self._found]
        self._show()

    def _show(self, narrowed: bool = False) -> None:
        found, words = self._found or [], self._filter.input.value
        shown = [one for one in found if passes(one, words)]
        self._list.show(shown, self._words(found, shown), narrowed)
        self._filter.show(words, "")
        self.query_one(Headings).refresh()
        self.query_one("#box").border_subtitle = Text(self._count(found, shown))

    def _count(self, found: Sequence[Process], shown: Sequence[Process]) -> str:
        if self._found is None:
            return ""
        number = f"{len(shown):,} of " if len(shown) != len(found) else ""
        noun = "Python process" if len(found) == 1 else "Python processes"
        refused = sum(bool(one.problem) for one in shown)
        more = f", {refused:,} cannot be sampled" if refused else ""
        return f"{number}{len(found):,} {noun}{more}"

    def _words(self, found: Sequence[Process], shown: Sequence[Process]) -> tuple[str, ...]:
        """Return what is said where there is nothing to choose from."""
        if self._found is None:
            return (f"{self._look.signs.running} looking for Python processes",)
        if found and not shown:
            return ("No process passes the filter; esc clears it.",)
        if not any(one.mine and not one.this for one in found):
            other = "other " if any(one.this for one in found) else ""
            return (
                *([""] if shown else []),
                f"No {other}Python process of yours is running.",
                _LAUNCH,
            )
        return ()

    # --- Choosing -----------------------------------------------------------------------------

    @on(ProcessList.Moved)
    def _moved(self, message: ProcessList.Moved) -> None:
        if message.by_person:
            self._pressed = time.monotonic()
        self._detail.show(self._list.process)

    @on(ProcessList.Chosen)
    def _chosen(self) -> None:
        process = self._list.process
        if process is not None and process.problem:
            self._say(f"{process.pid} cannot be sampled: {process.problem}", process.hint)
        elif process is not None:
            self.dismiss(process)

    def _say(self, words: str, hint: str = "") -> None:
        self.notify(plain(f"{words}. {hint}" if hint else words), markup=False)

    def action_copy(self) -> None:
        """Copy the command that helps where the process cannot be sampled."""
        from cockpit.ui.clipboard import copy

        process = self._list.process
        commands = [one.command for one in process.remedies if one.command] if process else []
        if commands:
            copy(self.app, commands[0], lambda more: self._say(f"copied {commands[0]}", more))
        elif process is not None and process.problem:
            self._say(f"no command helps here: {process.problem}", process.hint)
        else:
            self._say("there is nothing to copy: this process can be sampled", "enter does.")

    def action_help(self) -> None:
        """List every key that works here."""
        from cockpit.ui.keymap import keys_here
        from cockpit.ui.modals import HelpScreen

        base = self._shared.state.snapshot.base
        self.app.push_screen(HelpScreen(keys_here(self), base, self._look))

    # --- Typing -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Begin to type a filter."""
        self._filter.open()

    def action_keep_filter(self) -> None:
        """Go back to the list, as it is filtered."""
        self._list.focus()
        self._filter.show(self._filter.input.value, "")

    @on(Input.Changed, "Filter")
    def _narrowed(self) -> None:
        self._show(narrowed=True)

    def action_launch(self) -> None:
        """Ask for a command to launch."""
        self._run.open()

    @on(Input.Submitted, "Answer")
    def _launched(self, event: Input.Submitted) -> None:
        argv, problem = split(event.value)
        if problem:
            self._run.say(problem)
        elif argv:
            self.dismiss(argv)
        else:
            self.action_back()

    @on(Answer.Left)
    def _left(self) -> None:
        self.action_back()

    def action_back(self) -> None:
        """Leave the line that is typed in; clear the filter; leave."""
        if self._run.has_class("-open"):
            self._run.close()
            self._list.focus()
        elif self._filter.has_class("-open"):
            self._filter.input.value = ""
            self.action_keep_filter()
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Leave, whatever is typed."""
        self.dismiss(None)

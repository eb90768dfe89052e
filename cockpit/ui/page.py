"""What the Deck and every pane share: status line, key line, and the keys that work on both."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from cockpit.errors import CockpitError
from cockpit.model import Finding
from cockpit.panes import PANES, Pane
from cockpit.plain import plain
from cockpit.ui import captions
from cockpit.ui.bars import KeyBar, StatusBar
from cockpit.ui.context import Context
from cockpit.ui.draw import strip

#: The smallest screen that pages are laid out for, in columns and rows.
LEAST = (60, 15)


class Page(Screen[None]):
    """A whole screen of cockpit."""

    DEFAULT_CSS = """
    Page { layout: vertical; background: $background; color: $foreground; }
    Page > #body { height: 1fr; }
    Page > Summary { display: none; height: 1fr; }
    Page.-small > Summary { display: block; }
    Page.-small > #body { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(pane.key, f"app.pane('{pane.id}')", pane.title, show=False, id=f"go.{pane.id}")
            for pane in PANES
        ),
        Binding("e", "edit", "edit", id="page.edit"),
        Binding("y", "copy", "copy", id="page.copy"),
        Binding("at", "command", "command", key_display="@", id="page.command"),
        Binding("r", "rerun", "re-run", id="page.rerun"),
        Binding("R", "rerun_all", "re-run all", show=False, id="page.rerun_all"),
        Binding("p", "pause", "pause", id="page.pause"),
        Binding("question_mark", "help", "help", key_display="?", id="page.help"),
        Binding("q", "app.quit", "quit", id="page.quit"),
    ]

    def __init__(self, context: Context) -> None:
        """Show what `context` knows."""
        super().__init__()
        self.context = context
        self._status = StatusBar(context)

    def body(self) -> ComposeResult:
        """Yield the page's own widgets, the outermost called `body`."""
        yield from ()

    def compose(self) -> ComposeResult:
        """Put the page's body between the two lines."""
        yield self._status
        yield from self.body()
        yield Summary(self.context)
        yield KeyBar(self.context)

    def show(self) -> None:
        """Draw what the context says now."""
        self._status.refresh()
        self.query_one(Summary).refresh()
        self.query_one(KeyBar).refresh()

    def on_screen_resume(self) -> None:
        """Catch up with what came while another screen was on top."""
        self.show()

    def on_resize(self, event: events.Resize) -> None:
        """Say so where there is no room for the page."""
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        self.set_class(small, "-small")

    # --- What the keys are about: each page says ----------------------------------------------

    @property
    def pane(self) -> Pane:
        """The pane that `r` and `@` are about."""
        raise NotImplementedError

    @property
    def place(self) -> tuple[str, int, int] | None:
        """The path, line and column that `e` and `y` are about."""
        raise NotImplementedError

    # --- Actions ------------------------------------------------------------------------------

    def say(self, words: str, hint: str = "") -> None:
        """Show a sentence for a moment; it may come from outside."""
        self.notify(plain(f"{words}. {hint}" if hint else words), markup=False)

    def action_rerun(self) -> None:
        """Check again with the pane's checkers."""
        for checker in self.context.state.checkers(self.pane.id):
            if self.context.backend is not None:
                self.context.backend.rerun(checker)

    def action_rerun_all(self) -> None:
        """Check again with every checker."""
        if self.context.backend is not None:
            self.context.backend.rerun()

    def action_pause(self) -> None:
        """Stop or go on following changes."""
        if self.context.backend is not None:
            self.context.backend.pause(not self.context.state.snapshot.paused)

    def action_copy(self) -> None:
        """Copy `path:line` to the terminal's clipboard."""
        if self.place is None:
            self.say("there is no finding here to copy the place of")
            return
        path, line, _ = self.place
        self.app.copy_to_clipboard(f"{path}:{line}")
        self.say(f"copied {path}:{line}")

    def action_command(self) -> None:
        """Show the tools' own commands that give what the pane shows."""
        from cockpit.ui.modals import CommandScreen

        self.app.push_screen(CommandScreen(self._commands(), self.context.look))

    def _commands(self) -> Iterator[tuple[str, tuple[str, ...] | str]]:
        backend, results = self.context.backend, self.context.state.snapshot.results
        for checker in self.context.state.checkers(self.pane.id):
            if backend is None or checker not in results:
                yield checker, "not started yet"
                continue
            heading = plain(f"{checker} {results[checker].version}")
            try:
                yield heading, backend.explain(checker)
            except CockpitError as error:
                yield heading, f"{error.message}. {error.hint}".strip()

    def action_edit(self) -> None:
        """Open the person's editor at the place, and come back to this screen."""
        from cockpit.process import open_for_person
        from cockpit.ui.editor import editor_command, is_windowed

        if self.place is None or self.context.backend is None:
            self.say("there is no finding here to edit at")
            return
        path, line, column = self.place
        root = self.context.backend.root
        try:
            chosen = self.context.backend.editor
            environment = {**os.environ, "VISUAL": chosen} if chosen else os.environ
            argv = editor_command(environment, root / path, line, column)
            if is_windowed(argv):
                open_for_person(argv, root, wait=False)
            else:
                self._lend_terminal(argv, root)
        except CockpitError as error:
            self.say(error.message, error.hint)
        except SuspendNotSupported:
            self.say("this terminal cannot be lent to an editor")

    def _lend_terminal(self, argv: tuple[str, ...], root: Path) -> None:
        """Let a program have the terminal until it ends; say why where it cannot start."""
        from cockpit.process import open_for_person

        problem: CockpitError | None = None
        with self.app.suspend():  # an error that leaves this block leaves the screen dead
            try:
                open_for_person(argv, root, wait=True)
            except CockpitError as error:
                problem = error
        if problem is not None:
            raise problem

    def action_help(self) -> None:
        """List every key that works on this page."""
        from cockpit.ui.modals import HelpScreen

        self.app.push_screen(HelpScreen(self._help(), self.context.look))

    def _help(self) -> Iterable[tuple[str, list[tuple[str, str]]]]:
        groups: dict[str, dict[str, list[str]]] = {}
        for active in self.active_bindings.values():
            binding = active.binding
            if binding.id is None or not active.enabled:  # Textual's own, or of no use here
                continue
            name = "Everywhere" if active.node in (self, self.app) else type(active.node).__name__
            keys = groups.setdefault(_GROUPS.get(name, name), {})
            keys.setdefault(binding.description, []).append(self.app.get_key_display(binding))
        for group, keys in groups.items():
            yield group, [(" ".join(dict.fromkeys(shown)), words) for words, shown in keys.items()]


_GROUPS = {"FindingList": "List", "SourceView": "Source", "Why": "Why", "Tile": "Tile"}


class Summary(Widget):
    """A line a pane, where there is no room for more."""

    ALLOW_SELECT = False

    def __init__(self, context: Context) -> None:
        """Summarise what `context` knows."""
        super().__init__()
        self._shared = context

    def render_line(self, y: int) -> Strip:
        """Draw one pane's line, and under them what is needed for the whole."""
        width, look = self.size.width, self._shared.look
        line = Text()
        if y < len(PANES):
            line = captions.title(PANES[y], self._shared.state, look)
            line.append("  ").append_text(captions.standing(PANES[y], self._shared.state, look))
        elif y == len(PANES):
            needed = f" needs at least {LEAST[0]}x{LEAST[1]}, here {self.app.size.width}x"
            line = Text(f"{needed}{self.app.size.height}", look.palette.medium)
        segments: list[Segment] = list(line.render(self.app.console, end=""))
        return strip(self, segments, width)


def place_of(finding: Finding | None) -> tuple[str, int, int] | None:
    """Return where a finding is: path, line, column."""
    return (finding.path, finding.line, finding.column) if finding else None

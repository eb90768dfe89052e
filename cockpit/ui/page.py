"""What the Deck and every pane share: status line, key line, and the keys that work on both."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from cockpit.errors import CockpitError
from cockpit.model import Finding
from cockpit.panes import PANES, Pane
from cockpit.plain import plain
from cockpit.ui import captions
from cockpit.ui.backend import Backend
from cockpit.ui.bars import KeyBar, StatusBar
from cockpit.ui.context import Context
from cockpit.ui.draw import strip
from cockpit.ui.order import is_placed

#: The smallest screen that pages are laid out for, in columns and rows.
LEAST = (60, 15)
#: The keys of a pane that no other page has a meaning for, and what they do there in words.
OF_A_PANE: Mapping[str, str] = {
    "s": "the least severity",
    "t": "grouping",
    "d": "the list of the dismissed",
    "v": "hiding what was seen running",
    "plus": "zooming",
}


def elsewhere(where: str, hint: str, keys: Mapping[str, str]) -> list[BindingType]:
    """Return bindings of a page for `keys` that work elsewhere only: each says `where`.

    They have no id: nobody need bind them anew, no list of what keys do here has them, and a key
    that a person bound to anything is none of them.
    """
    return [
        Binding(key, f"not_here({key!r}, {words!r}, {where!r}, {hint!r})", words, show=False)
        for key, words in keys.items()
    ]


class Page(Screen[None]):
    """A whole screen of cockpit; `WORDS` say what its actions are called where not as elsewhere."""

    WORDS: ClassVar[Mapping[str, str]] = {}
    #: What is said of the commands that `@` shows, where they are no checker's.
    ABOUT: ClassVar[str] = ""

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
        Binding("0", "app.files", "by file", show=False, id="go.files"),
        Binding("c", "app.cpu", "CPU", show=False, id="go.cpu"),
        Binding("m", "app.memory", "memory", show=False, id="go.memory"),
        Binding("e", "edit", "edit", id="page.edit"),
        Binding("o", "browse", "rule's page", show=False, id="page.browse"),
        Binding("y", "copy", "copy place", id="page.copy"),
        Binding("Y", "copy_finding", "copy finding", show=False, id="page.copy_finding"),
        Binding("at", "command", "command", key_display="@", id="page.command"),
        Binding("r", "rerun", "re-run", id="page.rerun"),
        Binding("R", "rerun_all", "re-run all", show=False, id="page.rerun_all"),
        Binding("p", "pause", "pause", id="page.pause"),
        Binding("question_mark", "help", "help", key_display="?", id="page.help"),
        Binding("q", "app.quit", "quit", id="page.quit"),
        # Textual's own would hide the app's: it copies what is selected, of which there is nothing.
        Binding("ctrl+c", "app.quit", "quit", show=False, id="page.interrupt"),
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
        self.context.alive.follow()
        self._status.refresh()
        self.query_one(Summary).refresh()
        self.query_one(KeyBar).refresh()

    def on_mount(self) -> None:
        """Hear of what was seen running."""
        self.context.alive.subscribe(self._seen)

    def on_unmount(self) -> None:
        """Hear of it no more."""
        self.context.alive.unsubscribe(self._seen)

    def _seen(self) -> None:
        if self.is_attached and self.is_current:
            self.show()

    def on_screen_resume(self) -> None:
        """Catch up with what came while another screen was on top."""
        self.show()

    def on_resize(self, event: events.Resize) -> None:
        """Say so where there is no room for the page."""
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        was_small = self.has_class("-small")
        self.set_class(small, "-small")
        if was_small and not small:  # what is hidden loses the focus
            self.call_after_refresh(self._focus_again)

    def _focus_again(self) -> None:
        """Give the keys back to the part that they are meant for."""
        if self.focused is None and isinstance(self.AUTO_FOCUS, str):
            self.query(self.AUTO_FOCUS).first().focus()

    # --- What the keys are about: each page says ----------------------------------------------

    @property
    def pane(self) -> Pane:
        """The pane that `r` and `@` are about."""
        raise NotImplementedError

    @property
    def checkers(self) -> tuple[str, ...]:
        """The checkers that `r` and `@` are about."""
        return self.context.state.checkers(self.pane.id)

    @property
    def place(self) -> tuple[str, int, int] | None:
        """The path, line and column that `e` and `y` are about."""
        raise NotImplementedError

    @property
    def finding(self) -> Finding | None:
        """The finding that `o` and `Y` are about."""
        raise NotImplementedError

    @property
    def absence(self) -> str:
        """Why there is no finding here, in words; a page whose cursor can rest elsewhere says."""
        return "there is no finding here"

    @property
    def backend(self) -> Backend | None:
        """The backend; where there is none yet, that is said."""
        if self.context.backend is None:
            self.say("the project is still being opened", "Try again in a moment.")
        return self.context.backend

    # --- Actions: the whole project -----------------------------------------------------------

    def say(self, words: str, hint: str = "") -> None:
        """Show a sentence for a moment; it may come from outside."""
        self.notify(plain(f"{words}. {hint}" if hint else words), markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Have a key that a person bound anew not say what it was."""
        return action != "not_here" or parameters[0] not in self.context.own_keys

    def action_not_here(self, _key: str, words: str, where: str, hint: str) -> None:
        """Say where a key works."""
        self.say(f"{words} works in {where}", hint)

    def action_rerun(self) -> None:
        """Check again with the pane's checkers."""
        if (backend := self.backend) is not None:
            for checker in self.checkers:
                backend.rerun(checker)

    def action_rerun_all(self) -> None:
        """Check again with every checker."""
        if (backend := self.backend) is not None:
            backend.rerun()

    def action_pause(self) -> None:
        """Stop or go on following changes."""
        if (backend := self.backend) is not None:
            backend.pause(not self.context.state.snapshot.paused)

    def action_command(self) -> None:
        """Show the tools' own commands that give what the pane shows."""
        from cockpit.ui.modals import CommandScreen

        within = self.context.state.within
        look = self.context.look
        self.app.push_screen(CommandScreen(self._commands(), look, within, self.ABOUT))

    def _commands(self) -> Iterator[tuple[str, tuple[str, ...] | str]]:
        backend, results = self.context.backend, self.context.state.snapshot.results
        for checker in self.checkers:
            if backend is None or checker not in results:
                yield checker, "not started yet"
                continue
            for root in backend.roots:
                place = f" in {root}" if len(backend.roots) > 1 else ""
                heading = plain(f"{checker} {results[checker].version}{place}")
                try:
                    yield heading, backend.explain(checker, root)
                except CockpitError as error:
                    yield heading, f"{error.message}. {error.hint}".strip()

    def action_help(self) -> None:
        """List every key that works on this page."""
        from cockpit.ui.keymap import keys_here
        from cockpit.ui.modals import HelpScreen

        base = self.context.state.snapshot.base
        self.app.push_screen(HelpScreen(keys_here(self), base, self.context.look))

    # --- Actions: what is under the cursor ----------------------------------------------------

    def action_edit(self) -> None:
        """Open the person's editor at the place, and come back to this screen."""
        from cockpit.ui import opening

        if self.place is None:
            self.say(f"{self.absence} to edit at")
        elif (backend := self.backend) is not None:
            self.run_worker(opening.edit(self, backend, self.place), group="editor")

    def action_browse(self) -> None:
        """Open the page of the finding's rule in the browser."""
        from cockpit.ui import opening

        if self.finding is None:
            self.say(f"{self.absence} whose rule could have a page")
        elif (backend := self.backend) is not None:
            self.run_worker(opening.browse(self, backend, self.finding), group="browser")

    def action_copy(self) -> None:
        """Copy `path:line`."""
        if self.place is None:
            self.say(f"{self.absence} to copy the place of")
        else:
            self._copy(f"{self.place[0]}:{self.place[1]}")

    def action_copy_finding(self) -> None:
        """Copy the whole finding, as the tools print it."""
        if self.finding is None:
            self.say(f"{self.absence} to copy")
        else:
            self._copy(one_line(self.finding))

    def _copy(self, text: str) -> None:
        from cockpit.ui.clipboard import copy

        copy(self.app, text, lambda more: self.say(f"copied {text}", more))


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


def one_line(finding: Finding) -> str:
    """Return a finding as one line, as the tools print it: path:line:column: rule message."""
    place = finding.path
    if is_placed(finding):
        place += f":{finding.line}:{finding.column}"
    return plain(f"{place}: {finding.rule} {finding.message}")

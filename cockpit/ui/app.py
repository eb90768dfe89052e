"""The application: opens the backend after the first paint, and hands its snapshots to the pages.

What a page looks like, and what its keys do, is in the pages.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme

from cockpit.errors import CockpitError
from cockpit.model import Snapshot
from cockpit.panes import PANES
from cockpit.plain import plain
from cockpit.ui.backend import Backend
from cockpit.ui.context import Context, titled
from cockpit.ui.deck import Deck
from cockpit.ui.page import Page
from cockpit.ui.state import PATIENCE
from cockpit.ui.style import ASCII, DARK, LIGHT, Look
from cockpit.ui.tile import Tile

if TYPE_CHECKING:
    from cockpit.checkers.interface import RuleDoc
    from cockpit.session import Request
    from cockpit.ui.pane import PaneScreen

OpenBackend = Callable[[], AbstractAsyncContextManager[Backend]]


class Arrived(Message):
    """A snapshot came; only the newest matters."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Carry it."""
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Let a later snapshot stand for an earlier one that nobody has seen."""
        return isinstance(message, Arrived)


class CockpitApp(App[int]):
    """The screen of one project."""

    TITLE = "cockpit"
    CSS = """
    App.-ascii Tile, App.-ascii FindingList, App.-ascii SourceView, App.-ascii Why,
    App.-ascii VerticalScroll { border: ascii $border-blurred; scrollbar-size: 0 0; }
    App.-ascii Tiles { border: none; }
    App.-ascii Tile:focus, App.-ascii FindingList:focus, App.-ascii SourceView:focus,
    App.-ascii Why:focus { border: ascii $border; }
    """
    theme: Reactive[str] = Reactive(DARK.name)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "quit", show=False, id="app.interrupt"),
        Binding(
            "ctrl+p", "command_palette", "palette", show=False, priority=True, id="app.palette"
        ),
    ]

    def __init__(self, open_backend: OpenBackend, title: str = "") -> None:
        """Draw at once; call `open_backend` once the first screen is painted."""
        super().__init__()
        self.context = Context(Look(self), title)
        #: Why the backend could not be opened, for whoever ran the app to say.
        self.failure: CockpitError | None = None
        self._open_backend = open_backend
        self._serving: asyncio.Task[None] | None = None
        self._panes: dict[str, PaneScreen] = {}
        self._docs: dict[tuple[str, str], RuleDoc | str] = {}

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Ours before Textual's; known from the start, so that nothing is painted twice."""
        return {DARK.name: DARK, LIGHT.name: LIGHT, **super().available_themes}

    def get_default_screen(self) -> Screen[None]:
        """Start with the Deck."""
        return Deck(self.context)

    def on_ready(self) -> None:
        """Follow the theme and the signals, and start to check: the first screen is painted."""
        self.set_class(self.context.look.signs is ASCII, "-ascii")
        self.theme_changed_signal.subscribe(self, lambda _: self._theme_changed())
        self._serving = asyncio.create_task(self._serve())
        self._end_on_signals()
        self.set_timer(PATIENCE, self._prepare)

    async def on_unmount(self) -> None:
        """End the backend and every child before the terminal is given back."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait({self._serving})

    async def _serve(self) -> None:
        try:
            async with self._open_backend() as backend:
                self.context.backend = backend
                self.context.title = titled(backend.root)
                unsubscribe = backend.subscribe(self._received)
                self._received(backend.snapshot)
                try:
                    await backend.run()
                finally:
                    unsubscribe()
        except CockpitError as error:
            self.failure = error
            self.exit(2)

    def _received(self, snapshot: Snapshot) -> None:
        self.post_message(Arrived(snapshot))

    def on_arrived(self, message: Arrived) -> None:
        """Show a snapshot; again in a moment if something runs, for it may run on."""
        before = self.context.state.snapshot.notes
        self.context.state.update(message.snapshot)
        for note in message.snapshot.notes:
            if note not in before:
                self.notify(plain(note), title="note", markup=False, timeout=15)
        self._show()
        if any(result.running for result in message.snapshot.results.values()):
            self.set_timer(PATIENCE, self._show)

    def _show(self) -> None:
        with self.batch_update():
            for screen in self.screen_stack:
                if isinstance(screen, Page) and screen.is_attached:
                    screen.show()

    def _theme_changed(self) -> None:
        self.context.look.refresh(self)
        self._show()
        self.screen.refresh(layout=True)

    def _end_on_signals(self) -> None:
        if os.name != "posix" or self.is_headless:
            return
        # Not SIGHUP: a terminal that is gone can block the loop, which would never hear of it.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.exit, 128 + number)

    def _prepare(self) -> None:
        """Import what the first pane needs, so that it opens at once."""
        from cockpit.ui import pane  # noqa: F401 - for its effect

    # --- Going from page to page --------------------------------------------------------------

    def _pane(self, pane_id: str) -> "PaneScreen":
        # Imported a moment after the first paint, which does not need it: see _prepare.
        from cockpit.ui.pane import PaneScreen

        if pane_id not in self._panes:
            pane = next(pane for pane in PANES if pane.id == pane_id)
            screen = self._panes[pane_id] = PaneScreen(pane, self.context, self._docs)
            self.install_screen(screen, pane_id)
        return self._panes[pane_id]

    async def action_pane(self, pane_id: str, filtering: bool = False) -> None:
        """Open a pane by its id, on top of the Deck."""
        screen = self._pane(pane_id)
        if self.screen is screen:
            return
        if self.screen in self._panes.values():
            await self.switch_screen(screen)
        else:
            await self.push_screen(screen)
        if filtering:
            screen.action_filter()

    async def action_next_pane(self, by: int) -> None:
        """Open the pane after the one that is open, or before it."""
        order = [pane.id for pane in PANES]
        at = self.screen.pane.id if isinstance(self.screen, Page) else order[0]
        await self.action_pane(order[(order.index(at) + by) % len(order)])

    async def on_tile_opened(self, message: Tile.Opened) -> None:
        """Open a tile's pane at the finding that was chosen."""
        await self.action_pane(message.pane.id)
        if message.finding is not None:
            self._pane(message.pane.id).go_to(message.finding)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """List everything that can be done here in the palette."""
        for pane in PANES:
            action = f"pane('{pane.id}')"
            yield SystemCommand(pane.title, f"Open pane {pane.key}", self._runner(action))
        if isinstance(screen, Page):
            yield SystemCommand("Check again", "Every checker", screen.action_rerun_all)
            yield SystemCommand("Pause or go on", "Following changes", screen.action_pause)
            yield SystemCommand("Exact command", "What gives these findings", screen.action_command)
            yield SystemCommand("Keys", "Every key that works here", screen.action_help)
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)
        yield SystemCommand("Quit", "Leave cockpit", self.action_quit)

    def _runner(self, action: str) -> Callable[[], object]:
        return lambda: self.call_later(self.run_action, action)


def run(open_backend: OpenBackend, title: str = "") -> int:
    """Show a project until the person leaves; return the exit code.

    Raises `CockpitError` where the backend could not be opened.
    """
    app = CockpitApp(open_backend, title)
    code = app.run()
    if app.failure is not None:
        raise app.failure
    return code or app.return_code or 0


def main(request: "Request") -> int:
    """Show what a command line asks for; raise `CockpitError` where that cannot be."""
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        raise CockpitError(
            "cockpit draws on standard error, and that is not a terminal here",
            "Leave out the `2>` that leads it away.",
        )
    return run(lambda: engine(request), titled(Path.cwd()))


@asynccontextmanager
async def engine(request: "Request") -> AsyncIterator[Backend]:
    """Open the real backend for what a command line asks for."""
    # The engine is imported when the first screen stands: it would double the wait for it.
    from cockpit.session import open_engine, set_up

    async with open_engine(set_up(request, Path.cwd())) as engine:
        yield engine

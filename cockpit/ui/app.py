"""The application: opens the backend after the first paint, and hands its snapshots to the pages.

What a page looks like, and what its keys do, is in the pages.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import textual.constants
from rich.console import RenderableType
from textual import events, on, work
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme

from cockpit.errors import CockpitError
from cockpit.model import Snapshot
from cockpit.places import data_folder
from cockpit.plain import plain
from cockpit.ui.against import Against
from cockpit.ui.ahead import KeyQueue
from cockpit.ui.backend import Backend
from cockpit.ui.bars import is_vital, notes
from cockpit.ui.context import Context, titled
from cockpit.ui.deck import Deck
from cockpit.ui.encoding import EncodingFilter
from cockpit.ui.keys import key_name
from cockpit.ui.memory import read_theme
from cockpit.ui.page import Page
from cockpit.ui.pages import CPU, FILES, MEMORY, Pages
from cockpit.ui.recall import Recall
from cockpit.ui.state import PATIENCE
from cockpit.ui.style import ASCII, Inked, Look
from cockpit.ui.themes import DARK, terminal_colours, themes
from cockpit.ui.thrift import Thrift
from cockpit.ui.tile import Tile

if TYPE_CHECKING:  # the project's history is opened after the first paint
    from cockpit.history import History

OpenBackend = Callable[[], AbstractAsyncContextManager[Backend]]

#: Seconds that an answer to a key may cover what lies under it; the next key ends it before.
_NOTICE = 3.0
#: Seconds between two looks at what there is to remember, and at what another cockpit did.
_LOOKING = 1.0
# The wait after an escape, for what may follow it, is of Textual's own 0.1 s a person's to feel.
# The rest of a sequence comes with its escape, over SSH too. ESCDELAY is how to say otherwise.
if "ESCDELAY" not in os.environ:
    setattr(textual.constants, "ESCAPE_DELAY", 0.02)  # noqa: B010 - it is declared final


def _palette() -> type[Provider]:
    # Imported when it is asked for: the first paint does not need it.
    from cockpit.ui.palette import KeysProvider

    return KeysProvider


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
    App:nocolor Tile:focus, App:nocolor FindingList:focus, App:nocolor SourceView:focus,
    App:nocolor Why:focus { border: heavy $border; }
    Toast { width: auto; max-width: 100%; padding: 0 1; margin-top: 0; background: $panel; }
    ToastRack { margin-bottom: 0; scrollbar-size-vertical: 0; }
    CommandPalette > #--container {
        width: 64; max-width: 100%; height: auto; margin-top: 2; visibility: visible;
        border: round $border; background: $surface;
    }
    CommandPalette #--input, CommandPalette #--input.--list-visible { border: none; padding: 0 1; }
    CommandInput, CommandInput:focus { border: none; height: 1; margin-bottom: 1; }
    CommandPalette #--results { overlay: none; }
    CommandPalette SearchIcon, CommandPalette LoadingIndicator { display: none; }
    CommandList, CommandList:focus { border: none; max-height: 60vh; scrollbar-size-vertical: 1; }
    CommandList > .option-list--option { padding: 0 1; text-style: none; }
    """
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    theme: Reactive[str] = Reactive(DARK.name)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "quit", show=False, id="app.interrupt"),
        Binding(
            "ctrl+p", "command_palette", "palette", show=False, priority=True, id="app.palette"
        ),
        Binding("B", "base", "choose the base", show=False, id="app.base"),
        Binding("exclamation_mark", "notes", "notes", show=False, id="app.notes"),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, id="app.suspend"),
        Binding("ctrl+t", "change_theme", "theme", show=False, id="app.theme"),
    ]

    def __init__(
        self, open_backend: OpenBackend, title: str = "", memory: Path | None = None
    ) -> None:
        """Draw at once; call `open_backend` once the first screen is painted.

        What a person will want to find again is kept in the folder `memory`, if there is one.
        """
        self._colours = terminal_colours()
        # Without colours Textual would still draw shades of grey, on a ground of its own.
        super().__init__(ansi_color=True if self._colours == "none" else None)
        self.animation_level = "none"  # each step of one is bytes on a slow line
        theme = read_theme(memory) if memory is not None else ""
        if theme in self.available_themes:
            self.theme = theme
        self.context = Context(Look(self), title)
        if self.context.look.signs is ASCII:
            self._filters.append(EncodingFilter(self.context.look.encoding))
        #: Why the backend could not be opened, for whoever ran the app to say.
        self.failure: CockpitError | None = None
        #: What is to be shown in place of where the person left off.
        self.begin: Callable[[], Awaitable[None]] | None = None
        self._open_backend = open_backend
        self._serving: asyncio.Task[None] | None = None
        self._noticed = False
        self._thrift = Thrift()
        self._keys = KeyQueue(self, super().on_event)
        self.against = Against()
        self._recall = Recall(self, memory)
        self.pages = Pages(self, self._recall.look)
        self._touched = False

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Ours before Textual's; known from the start, so that nothing is painted twice."""
        return {**themes(self._colours), **super().available_themes}

    def get_default_screen(self) -> Screen[None]:
        """Start with the Deck."""
        return Deck(self.context)

    def on_ready(self) -> None:
        """Follow the theme and the signals, and start to check: the first screen is painted."""
        self._bind_keys()
        self.theme_changed_signal.subscribe(self, lambda _: self._theme_changed())
        self._serving = asyncio.create_task(self._serve())
        self.app_resume_signal.subscribe(self, lambda _: self._thrift.forget(), immediate=True)
        self._end_on_signals()
        if self.begin is not None:
            self._touched = True
            self.call_later(self.begin)
        self.set_timer(PATIENCE, self._prepare)

    async def on_unmount(self) -> None:
        """End the backend and every child before the terminal is given back."""
        if self.context.profiling is not None:
            await self.context.profiling.stop()
        if self.context.tracking is not None:
            await self.context.tracking.close()
        if self.context.server is not None:
            await self.context.server.close()
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait({self._serving})

    async def _serve(self) -> None:
        try:
            async with self._open_backend() as backend:
                self.context.backend = backend
                self.context.title = titled(backend.root)
                self.context.open_history(data_folder(), backend.root)
                self._recollect(backend)
                unsubscribe = backend.subscribe(self._received)
                self._received(backend.snapshot)
                try:
                    await backend.run()
                finally:
                    unsubscribe()
        except CockpitError as error:
            self.failure = error
            self.exit(2)

    def _recollect(self, backend: Backend) -> None:
        """Go on where the person left off; not to another page than one opened meanwhile."""
        memory = self._recall.open(backend.root)
        self.against.recall(memory.base, memory.branch, backend)
        if not self._touched:
            self.call_later(self._recall.go)
        self.set_interval(_LOOKING, self._look_around)

    def _look_around(self) -> None:
        """Note where the person is, and take in what another cockpit did about findings."""
        self._recall.keep()
        history = self.context.history
        if history is not None and history.is_behind and not self.context.busy.locked():
            self._catch_up(history)

    @work(group="history")
    async def _catch_up(self, history: "History") -> None:
        async with self.context.busy:
            before = history.note
            if await asyncio.to_thread(history.refresh):
                self.context.state.dismiss(history.dismissed, history.covered)
                self._show()
            if history.note and history.note != before:
                self.notify(plain(history.note), markup=False)

    def exit(self, *args: Any, **options: Any) -> None:
        """Leave, and note where."""
        self._recall.keep()
        super().exit(*args, **options)

    def _received(self, snapshot: Snapshot) -> None:
        self.post_message(Arrived(snapshot))

    def on_arrived(self, message: Arrived) -> None:
        """Show a snapshot; again in a moment if something runs, for it may run on."""
        before = self.context.state.snapshot.base
        self.context.state.update(message.snapshot)
        self._show()
        if words := self.against.arrived(before, message.snapshot.base):
            self.notify(plain(words), markup=False)
        snapshot = message.snapshot
        if snapshot.comparing or any(result.running for result in snapshot.results.values()):
            self.set_timer(PATIENCE, self._show)

    def _show(self) -> None:
        with self.batch_update():
            for screen in self.screen_stack:
                if isinstance(screen, Page) and screen.is_attached:
                    screen.show()

    def _theme_changed(self) -> None:
        self.context.look.refresh(self)
        self._recall.keep_theme(self.theme)
        self._show()
        for page in {*self.screen_stack, *self.pages.made.values()}:
            for part in page.walk_children():
                if isinstance(part, Inked):
                    part.renew()
                part.refresh()
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

    async def action_pane(self, pane_id: str, filtering: bool = False) -> None:
        """Open a pane by its id, on top of the Deck."""
        if await self.pages.open(pane_id) and filtering:
            self.pages.pane(pane_id).action_filter()

    async def action_files(self) -> None:
        """Open the tree of files, on top of the Deck."""
        await self.pages.open(FILES)

    async def action_cpu(self) -> None:
        """Open the CPU page, on top of the Deck."""
        await self.pages.open(CPU)

    async def action_memory(self) -> None:
        """Open the memory page, on top of the Deck."""
        await self.pages.open(MEMORY)

    async def action_next_pane(self, by: int) -> None:
        """Open the pane after the one that is open, or before it."""
        await self.pages.open_next(by)

    async def on_tile_opened(self, message: Tile.Opened) -> None:
        """Open a tile's pane at the finding that was chosen."""
        await self.pages.open(message.pane.id)
        pane = self.pages.pane(message.pane.id)
        if message.finding is not None:
            pane.go_to(message.finding)
        if message.dismissing:
            pane.action_put_away()

    # --- What is sent to the terminal ---------------------------------------------------------

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Have Textual send what changed, and no more."""
        ready = self._running and not self._closed and not self._batch_count
        if ready and isinstance(renderable, ChopsUpdate | LayoutUpdate):
            renderable = self._thrift.changes(renderable, self.size)
        super()._display(screen, renderable)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Lend the terminal to another program; nothing is known of it afterwards."""
        with super().suspend():
            try:
                yield
            finally:
                self._thrift.forget()

    # --- Keys and what answers them ----------------------------------------------------------

    def _bind_keys(self) -> None:
        """Take the person's own keys; what is wrong with them is noted."""
        from cockpit.config import own_keys
        from cockpit.places import user_settings_file

        table = own_keys(user_settings_file())
        if table != {}:
            from cockpit.ui.keymap import understood

            keymap, self.context.notes = understood(table)
            self.context.own_keys = frozenset(",".join(keymap.values()).split(","))
            self.set_keymap(keymap)

    def get_key_display(self, binding: Binding) -> str:
        """Return a key as a person writes it."""
        return binding.key_display or key_name(binding.key, self.context.look.signs is not ASCII)

    async def on_event(self, event: events.Event) -> None:
        """Have a key end the notice of the one before, and act only on what a person can see."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._touched = True
            if self._noticed:
                self._noticed = False
                self.clear_notifications()
            if not self._is_blind(event.key):
                await self._keys.put(event)
            return
        await super().on_event(event)

    def _is_blind(self, key: str) -> bool:
        """Whether the screen is too small to show what `key` would do."""
        if not isinstance(self.screen, Page) or not self.screen.has_class("-small"):
            return False
        active = self.screen.active_bindings.get(key)
        return active is None or not is_vital(active.binding)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Answer a key in words: for a moment, until the next key."""
        self._noticed = True
        seconds = min(timeout or _NOTICE, _NOTICE)
        super().notify(message, title=title, severity=severity, timeout=seconds, markup=markup)

    @on(events.DescendantFocus)
    def _keep_cursor_still(self, event: events.DescendantFocus) -> None:
        """Have no cursor blink: every blink is bytes on a slow line."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def action_notes(self) -> None:
        """Show all notes."""
        from cockpit.ui.modals import NotesScreen

        self.push_screen(NotesScreen(notes(self.context), self.context.look))

    def action_base(self) -> None:
        """Let the person choose what findings are compared with."""
        from cockpit.ui.modals import BaseScreen

        base, against = self.context.state.snapshot.base, self.against
        self.push_screen(
            BaseScreen(base, against.word, against.branch, self.context.look), self._compare
        )

    def _compare(self, base: str | None) -> None:
        if base is not None and self.context.backend is not None:
            self.against.choose(base, self.context.backend)

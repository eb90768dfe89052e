"""Puts the screen where a person left it, and keeps noting where that is.

What is kept, and in which file, is in `memory`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cockpit.plain import plain
from cockpit.ui.deck import Deck
from cockpit.ui.memory import Memory, Notebook, write_theme
from cockpit.ui.pages import CPU

if TYPE_CHECKING:
    from cockpit.ui.app import CockpitApp


class Viewed(Protocol):
    """A page that knows how a person looks at it, as a frozen struct."""

    view: Any


class Recall:
    """The memory of one session; without a folder it remembers nothing."""

    def __init__(self, app: "CockpitApp", folder: Path | None) -> None:
        """Use the state folder `folder`, once the project is known."""
        self._app, self._folder = app, folder
        self._notebook: Notebook | None = None
        self._past = Memory()

    def open(self, root: Path) -> Memory:
        """Read what is remembered of the project at `root`."""
        if self._folder is not None:
            self._notebook = Notebook(self._folder, root)
            self._past = self._notebook.read()
            self._app.context.state.only_new = self._past.only_new
        return self._past

    def look(self, page_id: str, page: Viewed) -> None:
        """Have a page that was just made be looked at as it was."""
        view = self._past.view(page_id, type(page.view))
        if view is not None:
            page.view = view

    async def go(self) -> None:
        """Open the page that was open, and focus the tile that had the focus."""
        app = self._app
        deck = app.screen_stack[0]
        if not isinstance(app.screen, Deck) or not isinstance(deck, Deck):
            return
        deck.go_to(self._past.tile)
        if self._past.page and self._past.page != CPU:  # its process may be gone, or another
            await app.pages.open(self._past.page)

    def keep(self) -> None:
        """Note where the person is, if that is news; a failure is a note, once."""
        if self._notebook is not None:
            self._say(self._notebook.write(self._now()))

    def keep_theme(self, name: str) -> None:
        """Note the theme that was chosen, for all projects."""
        if self._folder is not None:
            self._say(write_theme(self._folder, name))

    def _say(self, problem: str) -> None:
        context = self._app.context
        if problem and plain(problem) not in context.notes:
            context.notes = (*context.notes, plain(problem))

    def _now(self) -> Memory:
        app = self._app
        views = dict(self._past.views)
        for page_id, page in app.pages.made.items():
            views[page_id] = msgspec.Raw(msgspec.json.encode(page.view))
        deck = app.screen_stack[0]
        return Memory(
            page=app.pages.shown,
            tile=deck.tile.pane.id if isinstance(deck, Deck) else "",
            only_new=app.context.state.only_new,
            base=app.against.word,
            branch=app.against.branch,
            views=views,
        )

"""The pages on top of the Deck: each is made when it is first asked for, and kept."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cockpit.panes import PANES
from cockpit.ui.deck import Deck
from cockpit.ui.page import Page

if TYPE_CHECKING:
    from cockpit.checkers.interface import RuleDoc
    from cockpit.ui.app import CockpitApp
    from cockpit.ui.cpu import CpuScreen
    from cockpit.ui.files import FilesScreen
    from cockpit.ui.mem import MemoryScreen
    from cockpit.ui.pane import PaneScreen

    Made = PaneScreen | FilesScreen | CpuScreen | MemoryScreen

#: The ids of the tree of files, the CPU page and the memory page; that of a pane is the pane's.
FILES, CPU, MEMORY = "files", "cpu", "memory"


class Pages:
    """Makes the pages of one app, and goes from one to another.

    Their modules are imported a moment after the first paint, which does not need them.
    """

    def __init__(self, app: "CockpitApp", look: "Callable[[str, Made], None]") -> None:
        """Go from page to page in `app`; `look` has a page that was just made look as it did."""
        self._app, self._look = app, look
        self._docs: dict[tuple[str, str], RuleDoc | str] = {}
        self._panes: dict[str, PaneScreen] = {}
        self._files: FilesScreen | None = None
        self._cpu: CpuScreen | None = None
        self._memory: MemoryScreen | None = None

    @property
    def made(self) -> "dict[str, Made]":
        """Those that were opened so far, by their ids."""
        others = {FILES: self._files, CPU: self._cpu, MEMORY: self._memory}
        return {**self._panes, **{name: page for name, page in others.items() if page is not None}}

    @property
    def shown(self) -> str:
        """The id of the one that lies on the Deck, or nothing."""
        stack = self._app.screen_stack
        return next((page_id for page_id, page in self.made.items() if page in stack), "")

    def pane(self, pane_id: str) -> "PaneScreen":
        """Return the page of a pane."""
        from cockpit.ui.pane import PaneScreen

        if pane_id not in self._panes:
            pane = next(pane for pane in PANES if pane.id == pane_id)
            screen = self._panes[pane_id] = PaneScreen(pane, self._app.context, self._docs)
            self._install(screen, pane_id)
        return self._panes[pane_id]

    def files(self) -> "FilesScreen":
        """Return the page of the tree of files."""
        from cockpit.ui.files import FilesScreen

        if self._files is None:
            self._files = FilesScreen(self._app.context, self._docs)
            self._install(self._files, FILES)
        return self._files

    def cpu(self) -> "CpuScreen":
        """Return the page of the process that is sampled."""
        from cockpit.ui.cpu import CpuScreen

        if self._cpu is None:
            self._app.context.sampled().listen(self._sampled)
            self._cpu = CpuScreen(self._app.context, self._docs)
            self._install(self._cpu, CPU)
        return self._cpu

    def memory(self) -> "MemoryScreen":
        """Return the page of memory."""
        from cockpit.ui.mem import MemoryScreen

        if self._memory is None:
            self._app.context.tracked().listen(self._tracked)
            self._memory = MemoryScreen(self._app.context, self._docs)
            self._install(self._memory, MEMORY)
        return self._memory

    def _sampled(self) -> None:
        """Show what was learnt of lines and findings; the CPU page shows itself."""
        self._show_but(self._cpu)

    def _tracked(self) -> None:
        self._show_but(self._memory)

    def _show_but(self, itself: "Made | None") -> None:
        page = self._app.screen
        if isinstance(page, Page) and page is not itself and page.is_attached:
            page.show()

    def _install(self, screen: "Made", page_id: str) -> None:
        self._app.install_screen(screen, page_id)
        self._look(page_id, screen)

    async def open(self, page_id: str) -> bool:
        """Open a page by its id; return whether that is news. There may be no such page."""
        makers: dict[str, Callable[[], Page]] = {
            FILES: self.files,
            CPU: self.cpu,
            MEMORY: self.memory,
        }
        is_pane = any(pane.id == page_id for pane in PANES)
        if not is_pane and page_id not in makers:
            return False
        screen: Page = self.pane(page_id) if is_pane else makers[page_id]()
        app, deck = self._app, self._app.screen_stack[0]
        if app.screen is screen:
            return False
        if isinstance(deck, Deck) and is_pane:
            deck.go_to(page_id)
        if isinstance(app.screen, Deck):
            await app.push_screen(screen)
        else:  # one page lies on the Deck, not a pile of them
            await app.switch_screen(screen)
        if screen is self._cpu:
            self._cpu.offer()
        elif screen is self._memory:
            self._memory.offer()
        return True

    async def open_next(self, by: int) -> None:
        """Open the pane `by` places after the one that is open."""
        order = [pane.id for pane in PANES]
        screen = self._app.screen
        at = screen.pane.id if isinstance(screen, Page) else order[0]
        await self.open(order[(order.index(at) + by) % len(order)])

"""When to look at the base anew: asked for at any time, done once everything is at rest."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import NamedTuple

from cockpit.base import AUTO, SESSION
from cockpit.comparison import Comparison
from cockpit.config import Config
from cockpit.errors import CockpitError
from cockpit.model import Result
from cockpit.rest import Rest


class Standing(NamedTuple):
    """What a look at the base stands on: the results of now, the settings, the files."""

    results: Mapping[str, Result]
    config: Config
    known: Collection[str]


class Rebasing:
    """Brings a comparison to the base that is wished for, one look at a time; the newest wins."""

    def __init__(
        self,
        comparison: Comparison,
        rest: Rest,
        standing: Callable[[], Standing],
        tell: Callable[[], None],
    ) -> None:
        """Ask `standing` when all is at rest, and call `tell` when the base is another."""
        self._comparison = comparison
        self._rest = rest
        self._standing = standing
        self._tell = tell
        self._due = False
        #: What the person wishes for, what is tried in its place, and what could be met last.
        self._asked: str | None = None
        self._wish: str | None = None
        self._met: str | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def wish(self) -> str | None:
        """What to compare with (see `cockpit.base`); None for nothing."""
        return self._wish

    @wish.setter
    def wish(self, base: str | None) -> None:
        self._asked = self._wish = base

    def soon(self, start: Callable[[Coroutine[None, None, None]], asyncio.Task[None]]) -> None:
        """Look anew as soon as that can be, in a task that `start` starts."""
        self._due = True
        if self.wish is not None and (self._task is None or self._task.done()):
            self._task = start(self._while_due())

    async def _while_due(self) -> None:
        while self._due:
            self._due = False
            wish = self._wish
            try:
                await self.now()
            except CockpitError as error:
                if self._wish == wish:  # else the person wishes for another by now
                    self._comparison.refuse(f"{error.message}. {error.hint}".strip())
                    self._fall_back()
                    self._tell()

    def _fall_back(self) -> None:
        """Wish for what could be compared with before; for what always can be, if nothing could."""
        if self._met is None:
            self._due, self._wish = True, SESSION if self._wish == AUTO else AUTO
        else:
            self._wish = self._met

    async def now(self) -> None:
        """Look once, again where a change spoiled it; raise `CockpitError` for no such base."""
        while (wish := self._wish) is not None:
            suspects = await self._rest.found()
            if wish == self._asked:
                self._comparison.refusal = ""
            if await self._comparison.rebase(wish, *self._standing(), suspects):
                self._met = wish
                break
        self._tell()

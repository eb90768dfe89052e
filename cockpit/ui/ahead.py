"""Keys that are typed faster than they are answered wait, each for the one before.

Textual hands a key to the part that has the focus, and works on. A key that opens a filter would
be answered after the letters meant for it: on a slow line, or typed ahead, they would be commands.
"""

import asyncio
import gc
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

#: Seconds that a part may take for a key before the next is handed on all the same.
_PATIENCE = 0.5


class KeyQueue:
    """Hands keys on one at a time.

    Python's search for garbage waits until what a key asked for is painted: among the rows that a
    key made of 100,000 findings it takes longer than the rest of the answer.
    """

    def __init__(self, app: App[Any], hand_on: Callable[[events.Event], Awaitable[None]]) -> None:
        """Hand the keys of `app` to `hand_on`."""
        self._app, self._hand_on = app, hand_on
        self._waiting: deque[events.Key] = deque()
        self._answering: asyncio.Task[None] | None = None

    async def put(self, key: events.Key) -> None:
        """Hand on a key, at once if nothing is being answered."""
        if self._answering is not None:
            self._waiting.append(key)
            return
        gc.disable()
        chain = self._chain()
        await self._hand_on(key)
        self._answering = asyncio.create_task(self._answer(chain))

    async def _answer(self, chain: list[MessagePump]) -> None:
        """Wait until a key was answered, then hand on the next."""
        try:
            await _passed(chain)
            while self._waiting:
                chain = self._chain()
                await self._hand_on(self._waiting.popleft())
                await _passed(chain)
        finally:
            self._answering = None
            if not self._app.call_after_refresh(self._tidy):
                gc.enable()

    def _tidy(self) -> None:
        """Let Python search for garbage again, if no other key is being answered."""
        if self._answering is None:
            gc.enable()

    def _chain(self) -> list[MessagePump]:
        """Return what a key goes through: the part with the focus, what it is in, the app."""
        screen = self._app.screen
        inner = list((screen.focused or screen).ancestors_with_self)
        return [*inner, self._app, self._app]  # twice: what it asked for is done after it


async def _passed(chain: list[MessagePump]) -> None:
    for part in chain:
        done = asyncio.Event()
        if part.call_later(done.set):
            try:
                await asyncio.wait_for(done.wait(), _PATIENCE)
            except TimeoutError:
                return

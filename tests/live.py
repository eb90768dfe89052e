"""An engine that runs, and all that it told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from cockpit.engine import Engine
from cockpit.model import Snapshot


class Seen:
    """All snapshots of an engine that runs; `until` waits for one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.all: list[Snapshot] = []
        self._news = asyncio.Event()
        engine.subscribe(self._take)

    def _take(self, snapshot: Snapshot) -> None:
        self.all.append(snapshot)
        self._news.set()

    async def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        async with asyncio.timeout(60):
            while not (self.engine.snapshot.results and condition(self.engine.snapshot)):
                self._news.clear()
                await self._news.wait()
        return self.engine.snapshot

    async def settled(self, after: int) -> Snapshot:
        return await self.until(lambda now: now.fresh and now.generation > after)


@contextlib.asynccontextmanager
async def following(engine: Engine) -> AsyncIterator[Seen]:
    """Run `engine` with its real watcher; it has settled when the block begins."""
    seen, before = Seen(engine), engine.snapshot.generation
    task = asyncio.create_task(engine.run())
    try:
        await seen.settled(before)
        yield seen
    finally:
        await engine.stop()
        await task

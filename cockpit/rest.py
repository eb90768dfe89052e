"""Knows when everything is at rest, and which files changed since somebody began to look."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator


class Rest:
    """Counts what is under work; for one event loop."""

    def __init__(self) -> None:
        """Start at rest."""
        self._works = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._suspects: set[str] = set()

    @contextlib.contextmanager
    def broken(self, paths: Iterable[str] = ()) -> Iterator[None]:
        """Be at work on `paths` while the block runs."""
        self._works += 1
        self._idle.clear()
        self._suspects.update(paths)
        try:
            yield
        finally:
            self._works -= 1
            if not self._works:
                self._idle.set()

    async def found(self) -> set[str]:
        """Wait until all is at rest; return a set that grows by what changes from then on."""
        await self._idle.wait()
        self._suspects = set()
        return self._suspects

"""Lets changes of files through: no file is under work twice at a time, and none is forgotten."""

from collections.abc import Awaitable, Callable


class Traffic:
    """The files that are under work, and those of them that changed again meanwhile."""

    def __init__(self) -> None:
        """Start with none."""
        self._busy: set[str] = set()
        self._again: set[str] = set()

    async def through(
        self, paths: frozenset[str], work: Callable[[frozenset[str]], Awaitable[None]]
    ) -> None:
        """Have `work` done on `paths`, without those that another call is at work on.

        That other call does `work` on these once more before it returns.
        """
        self._again |= paths & self._busy
        mine = paths - self._busy
        while mine:
            self._busy |= mine
            try:
                await work(mine)
            finally:
                self._busy -= mine
            mine &= self._again
            self._again -= mine

"""Fetches the next piece of work while the present one is looked at."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

Part = TypeVar("Part")
Fetched = TypeVar("Fetched")


async def ahead(
    fetch: Callable[[Part], Coroutine[Any, Any, Fetched]], parts: Sequence[Part]
) -> AsyncIterator[Fetched]:
    """Yield what `fetch` returns for each of `parts`, in order, with one fetch under way.

    Files are read and looked up in threads: on a second core that costs no time this way.
    """
    fetching = [asyncio.create_task(fetch(part)) for part in parts[:1]]
    try:
        for following in [*parts[1:], None]:
            if not fetching:
                return
            fetched = await fetching.pop()
            if following is not None:
                fetching.append(asyncio.create_task(fetch(following)))
            yield fetched
    finally:
        for task in fetching:
            task.cancel()

"""Waiting until an app has nothing to do: what the loop has in hand, not what the clock says.

Textual's own wait sleeps for 20 ms at a time until the process used less than a twentieth of that,
twice for each key: most of what a test of the screen takes, and on a busy machine no proof.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from textual import _wait
from textual.constants import MAX_FPS

#: Seconds within which what has an appointment is waited for: a frame that is to be painted.
SOON = 1.25 / MAX_FPS
#: Seconds for which appointments are kept; something that paints all the time has always another.
PATIENCE = _wait.SLEEP_GRANULARITY

_by_the_clock = _wait.wait_for_idle
_start_thread = asyncio.BaseEventLoop.run_in_executor
_at_work: WeakKeyDictionary[asyncio.BaseEventLoop, set[asyncio.Future[Any]]] = WeakKeyDictionary()


def _start_known_thread(
    loop: asyncio.BaseEventLoop, executor: Executor | None, func: Callable[..., Any], *args: Any
) -> asyncio.Future[Any]:
    """Begin what runs in a thread; it is known to be at work until its loop heard that it ended."""
    future = _start_thread(loop, executor, func, *args)
    known = _at_work.setdefault(loop, set())
    known.add(future)
    future.add_done_callback(known.discard)
    return future


def _next_appointment(loop: Any) -> float:
    """Return the seconds until the loop has the next thing to do by the clock."""
    times = [one.when() for one in loop._scheduled if not one.cancelled()]
    return min(times, default=float("inf")) - loop.time()


async def _nothing_in_hand(loop: Any, end: float) -> None:
    """Return once the loop would wait: nothing is to be called, nothing came in."""
    still = 0
    while still < 2 and time.monotonic() < end:
        await asyncio.sleep(0)
        still = 0 if loop._ready else still + 1


async def wait_for_idle(min_sleep: float = 0, max_sleep: float = 1) -> None:
    """Wait until nothing is in hand, nothing is about to be painted and no thread is at work."""
    loop = asyncio.get_running_loop()
    end, patience = time.monotonic() + max_sleep, PATIENCE
    while True:
        await _nothing_in_hand(loop, end)
        if _at_work.get(loop):
            await _by_the_clock(min_sleep, max_sleep)
            await _nothing_in_hand(loop, end)
            return
        seconds = max(0.0, _next_appointment(loop))
        patience -= seconds
        if seconds > SOON or patience < 0 or time.monotonic() > end:
            return
        await asyncio.sleep(seconds)


def install(patch: pytest.MonkeyPatch) -> None:
    """Have Textual's `Pilot` wait so."""
    patch.setattr(asyncio.BaseEventLoop, "run_in_executor", _start_known_thread)
    patch.setattr("textual.pilot.wait_for_idle", wait_for_idle)
    patch.setattr("textual.app.wait_for_idle", wait_for_idle)

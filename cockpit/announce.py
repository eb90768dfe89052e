"""Tells subscribers of every new snapshot: at once what settles something, else not too often."""

import asyncio
import time
from collections.abc import Callable, Iterable

import msgspec

from cockpit.model import EMPTY, Snapshot

#: Seconds between two snapshots that differ only in progress.
_EVERY = 0.1

Subscriber = Callable[[Snapshot], None]


class Announcer:
    """Holds the newest snapshot and who wants to know of it; for one event loop."""

    def __init__(self, describe: Callable[[], Snapshot]) -> None:
        """Ask `describe` for what is known, but for `generation`, `changed` and `seconds`."""
        self.snapshot: Snapshot = EMPTY
        self._describe = describe
        self._subscribers: list[Subscriber] = []
        self._told = 0.0
        self._soon: asyncio.TimerHandle | None = None
        #: Files that changed since everything was fresh.
        self._changed: set[str] = set()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with every new snapshot; return how to end it."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def progress(self, at_once: bool) -> None:
        """Tell, at once or as soon as the last snapshot is old enough."""
        wait = self._told + _EVERY - time.perf_counter()
        if at_once or wait <= 0:
            self.tell()
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(wait, self.tell)

    def tell(self) -> None:
        """Tell how things stand."""
        self._send(
            msgspec.structs.replace(
                self._describe(),
                generation=self.snapshot.generation,
                seconds=self.snapshot.seconds,
            )
        )

    def settle(self, changed: Iterable[str], since: float) -> None:
        """Tell that a change of these files, first seen at `since`, has been dealt with."""
        self._changed.update(changed)
        self._send(
            msgspec.structs.replace(
                self._describe(),
                generation=self.snapshot.generation + 1,
                changed=tuple(sorted(self._changed)),
                seconds=time.perf_counter() - since,
            )
        )
        if self.snapshot.fresh:
            self._changed.clear()

    def _send(self, snapshot: Snapshot) -> None:
        self.snapshot, self._told = snapshot, time.perf_counter()
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        for subscriber in tuple(self._subscribers):
            subscriber(snapshot)

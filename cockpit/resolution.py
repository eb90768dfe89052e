"""Asks the tools for their settings, and remembers the answer until a file it came from changes."""

import asyncio
import concurrent.futures
import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from cockpit import jobs
from cockpit.checkers.interface import Settings
from cockpit.errors import CheckerError
from cockpit.lanes import store_key
from cockpit.scan import read_regular
from cockpit.store import Store
from cockpit.workers import JobFailed, WorkerDied

#: Files that a tool may read its settings from by finding them, wherever they lie.
FOUND_BY_NAME = (".bandit",)
#: Files whose change means to ask the tools again.
SETTINGS_NAMES = ("pyproject.toml", "setup.cfg", *FOUND_BY_NAME)


class _Remembered(msgspec.Struct, frozen=True):
    settings: Settings
    digests: dict[str, bytes]
    found: list[bytes]
    there: dict[str, bool] = {}


_decode = msgspec.msgpack.Decoder(_Remembered).decode


class Resolver:
    """Resolves settings in a worker, through the store."""

    def __init__(self, root: Path, store: Store, executor: concurrent.futures.Executor) -> None:
        """Resolve for the project in `root`."""
        self._root = root
        self._store = store
        self._executor = executor

    async def resolve(self, name: str, version: str, listing: Sequence[str]) -> Settings:
        """Return the settings of checker `name`; raise `CheckerError` where they cannot be read."""
        key = store_key(b"settings", name.encode(), version.encode(), os.fsencode(self._root))
        found = [os.fsencode(path) for path in listing if _name(path) in FOUND_BY_NAME]
        blob = (await asyncio.to_thread(self._store.get, [key])).get(key)
        if blob is not None:
            remembered = self._still_true(blob, found)
            if remembered is not None:
                return remembered
        settings = await self._ask(name, listing)
        there = {place: self.is_there(place) for place in settings.places}
        record = _Remembered(settings, self._digests(settings.sources), found, there)
        await asyncio.to_thread(self._store.put, [(key, msgspec.msgpack.encode(record))])
        return settings

    def _still_true(self, blob: bytes, found: list[bytes]) -> Settings | None:
        try:
            remembered = _decode(blob)
        except msgspec.MsgspecError:
            return None
        same = remembered.found == found and self._digests(remembered.digests) == remembered.digests
        stands = all(self.is_there(place) is was for place, was in remembered.there.items())
        return remembered.settings if same and stands else None

    def is_there(self, place: str) -> bool:
        """Whether the file or folder `place`, relative to the root, is there."""
        return (self._root / place).exists()

    def _digests(self, sources: Iterable[str]) -> dict[str, bytes]:
        digests = {}
        for source in sources:
            try:
                content = read_regular(str(self._root / source))
            except OSError:
                digests[source] = b""
            else:
                digests[source] = hashlib.blake2b(content, digest_size=16).digest()
        return digests

    async def _ask(self, name: str, listing: Sequence[str]) -> Settings:
        encoded = [os.fsencode(path) for path in listing]
        job = jobs.ResolveJob(name, os.fsencode(self._root), encoded)
        future = self._executor.submit(jobs.resolve, jobs.encode(job))
        try:
            reply: bytes = await asyncio.wrap_future(future)
        except (WorkerDied, JobFailed) as error:
            raise CheckerError(
                f"{name} cannot be started: {error}", "Reinstall cockpit, then run again."
            ) from error
        return jobs.resolved(reply)


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]

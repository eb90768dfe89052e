"""Tells when files change: a lone save at once, a burst as one change, nothing twice."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from cockpit.project import Excludes

#: Milliseconds: how often the operating system's queue is read, and how long one batch may grow.
#: Measured: a save is seen after 3-8 ms, against 101 ms with watchfiles' defaults.
_STEP, _DEBOUNCE = 4, 20
#: Seconds: a burst ends after this much quiet, or after this long altogether.
_QUIET, _LONGEST = 0.030, 0.200
#: A change of up to this many files is a save, acted on at once; more is a burst, collected first.
LONE = 3

#: Stands for the root itself, which went or came back.
ROOT = "."
#: Seconds between two looks for a root that is gone.
_GONE = 0.5
#: The files of git's own that matter: one changes when another branch is checked out, the other
#: with every commit too.
HEAD, LOG = ".git/HEAD", ".git/logs/HEAD"
GIT = frozenset((HEAD, LOG))
_never = Excludes(
    (".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")
)


class Change(msgspec.Struct, frozen=True):
    """Files that something happened to, and when (`time.perf_counter`) that was first seen."""

    paths: frozenset[str]
    seen: float

    def joined(self, other: "Change") -> "Change":
        """Return one change that stands for both."""
        return Change(self.paths | other.paths, min(self.seen, other.seen))


class Watcher:
    """Iterates over the changes below a root; polling takes over where the system refuses."""

    def __init__(
        self,
        root: Path,
        heeds: Callable[[str], bool] = lambda _path: True,
        git_folder: Path | None = None,
    ) -> None:
        """Watch those files below `root` that `heeds` says yes to, asked at every change anew.

        `git_folder` is where git keeps what is checked out, if that is elsewhere. Nothing starts
        before the iteration.
        """
        self._git_folder = git_folder
        self._root = root
        self._prefix = str(root) + os.sep
        self._heeds = heeds
        self._stop = asyncio.Event()
        self._queue: asyncio.Queue[Change] = asyncio.Queue()
        self.note = ""

    def stop(self) -> None:
        """End the iteration soon."""
        self._stop.set()

    async def changes(self) -> AsyncIterator[Change]:
        """Yield what changed since the last yield; never an empty change."""
        pump = asyncio.create_task(self._pump())
        beside = asyncio.create_task(self._pump_git())
        try:
            while not self._stop.is_set():
                change = await self._next(pump)
                if change is None:
                    return
                if len(change.paths) > LONE:
                    change = await self._collect(change)
                yield change
        finally:
            self._stop.set()
            await asyncio.gather(pump, beside, return_exceptions=True)

    async def _next(self, pump: asyncio.Task[None]) -> Change | None:
        """Return all that waits, or wait for the first; None once the watch has ended."""
        getter = asyncio.ensure_future(self._queue.get())
        await asyncio.wait({getter, pump}, return_when=asyncio.FIRST_COMPLETED)
        if not getter.done():
            getter.cancel()
            pump.result()
            return None
        return self._drain(getter.result())

    def _drain(self, change: Change) -> Change:
        while not self._queue.empty():
            change = change.joined(self._queue.get_nowait())
        return change

    async def _collect(self, change: Change) -> Change:
        end = time.perf_counter() + _LONGEST
        while (left := end - time.perf_counter()) > 0:
            try:
                more = await asyncio.wait_for(self._queue.get(), min(_QUIET, left))
            except TimeoutError:
                break
            change = self._drain(change.joined(more))
        return change

    async def _pump(self) -> None:
        try:
            await self._listen(polling=False)
        except (OSError, RuntimeError) as error:
            if self._stop.is_set():
                return
            self.note = f"the system cannot watch every folder ({error}); cockpit looks itself"
            await self._listen(polling=True)

    async def _pump_git(self) -> None:
        """Pass on what git does, where its folder does not lie in the root."""
        if self._git_folder is None:
            return
        import watchfiles  # as below

        with contextlib.suppress(OSError, RuntimeError):  # then it is as in a project without git
            logs = self._git_folder / "logs"
            folders = [folder for folder in (self._git_folder, logs) if folder.is_dir()]
            async for batch in watchfiles.awatch(
                *folders,
                watch_filter=lambda _, path: path.rsplit(os.sep, 1)[-1] == "HEAD",
                step=_STEP,
                debounce=_DEBOUNCE,
                stop_event=self._stop,
                rust_timeout=1000,
                recursive=False,
            ):
                if batch:
                    self._queue.put_nowait(Change(frozenset((HEAD,)), time.perf_counter()))

    async def _listen(self, *, polling: bool) -> None:
        """Pass on what happens; anew where the root was gone, for then the system says nothing."""
        while not self._stop.is_set():
            await self._listen_while_there(polling=polling)
            while not self._stop.is_set() and not self._root.is_dir():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), _GONE)
            self._queue.put_nowait(Change(frozenset((ROOT,)), time.perf_counter()))

    async def _listen_while_there(self, *, polling: bool) -> None:
        import watchfiles  # 10 ms: not for a single check

        events = watchfiles.awatch(
            self._root,
            watch_filter=self._relevant,
            step=_STEP,
            debounce=_DEBOUNCE,
            stop_event=self._stop,
            rust_timeout=1000,
            force_polling=polling or None,
            ignore_permission_denied=True,
            yield_on_timeout=True,
        )
        async for batch in events:
            seen = time.perf_counter()
            paths = frozenset(self._relative(path) for _, path in batch)
            if paths:
                self._queue.put_nowait(Change(paths, seen))
            if not self._root.is_dir():
                self._queue.put_nowait(Change(frozenset((ROOT,)), seen))
                return

    def _relevant(self, _change: object, path: str) -> bool:
        relative = self._relative(path)
        if relative in GIT:
            return True
        return path.startswith(self._prefix) and not _never(relative) and self._heeds(relative)

    def _relative(self, path: str) -> str:
        return path.removeprefix(self._prefix).replace(os.sep, "/")

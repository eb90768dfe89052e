"""A lone save is a change at once; a burst is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import watchfiles

from cockpit.watch import Change, Watcher

pytestmark = pytest.mark.integration


class Seen:
    """Collects changes; `until` waits for them."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._news = asyncio.Event()

    async def collect(self, watcher: Watcher) -> None:
        async for change in watcher.changes():
            self.changes.append(change)
            self._news.set()

    @property
    def paths(self) -> set[str]:
        return set().union(*(change.paths for change in self.changes))

    async def until(self, *paths: str) -> None:
        async with asyncio.timeout(20):
            while not set(paths) <= self.paths:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def watching(root: Path) -> AsyncIterator[Seen]:
    watcher, seen = Watcher(root, lambda path: not path.startswith("vendor/")), Seen()
    task = asyncio.create_task(seen.collect(watcher))
    # The watch is on once it tells of a probe; until then the probe is written again and again.
    probe = 0
    while "probe" not in seen.paths:
        (root / "probe").write_text(str(probe), encoding="utf-8")
        probe += 1
        await asyncio.wait({task}, timeout=0.02)
    (root / "settled").touch()
    await seen.until("settled")
    seen.changes.clear()
    try:
        yield seen
    finally:
        watcher.stop()
        await task


async def test_a_lone_save_is_told_of(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        (tmp_path / "a.py").write_text("x", encoding="utf-8")
        await seen.until("a.py")
    assert seen.changes[0].paths == {"a.py"}


async def test_a_thousand_files_are_at_most_two_changes(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        for number in range(1000):
            (tmp_path / f"f{number}.py").touch()
        await seen.until(*(f"f{number}.py" for number in range(1000)))
    assert len(seen.changes) <= 2


async def test_what_is_left_out_is_not_told_of(tmp_path: Path) -> None:
    for name in (".git", "__pycache__", "vendor", "src"):
        (tmp_path / name).mkdir()
    async with watching(tmp_path) as seen:
        for name in (".git", "__pycache__", "vendor", "src"):
            (tmp_path / name / "x.py").touch()
        await seen.until("src/x.py")
    assert {path for path in seen.paths if path.endswith(".py")} == {"src/x.py"}


async def test_a_new_folder_and_what_is_in_it_is_told_of(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        (tmp_path / "new").mkdir()
        await seen.until("new")
        (tmp_path / "new" / "a.py").touch()
        await seen.until("new/a.py")


async def test_polling_takes_over_where_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watchfiles.awatch

    def awatch(*arguments: object, **options: object) -> object:
        if not options["force_polling"]:
            raise OSError(28, "OS file watch limit reached")
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watchfiles, "awatch", awatch)
    watcher, seen = Watcher(tmp_path), Seen()
    task = asyncio.create_task(seen.collect(watcher))
    number = 0
    while "a.py" not in seen.paths:
        (tmp_path / "a.py").write_text(str(number), encoding="utf-8")
        number += 1
        await asyncio.wait({task}, timeout=0.05)
    watcher.stop()
    await task
    assert "watch limit reached" in watcher.note

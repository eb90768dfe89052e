"""The source view at 20,000 lines: a key is painted, and a file is shown, before a person waits."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from cockpit.model import Finding
from cockpit.ui.read import read_text
from cockpit.ui.source import SourceView
from tests.ui.fakes import FakeBackend, finding, report, running, snapshot, until_shown

pytestmark = pytest.mark.performance

LINES = 20_000
#: Seconds: a key to its paint, and a file to its first paint.
KEY, OPEN = 0.030, 0.150


def _write(root: Path) -> None:
    body = '    """Say\n    more."""\n    return {"a": [number, f"{number!r}"]}  # why\n\n'
    functions = (f"def function_{number}(number: int) -> dict:\n{body}" for number in range(LINES))
    text = "\n".join("".join(itertools.islice(functions, LINES // 5)).split("\n")[:LINES])
    (root / "a.py").write_text(text, encoding="utf-8")


def _findings() -> list[Finding]:
    return [finding("E1", "a.py", line) for line in range(1, LINES, 40)]


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


async def _paints(root: Path, act: Callable[[SourceView], object], times: int = 100) -> list[float]:
    """Return how long each of `times` keys took to be drawn."""

    _write(root)
    spent = []
    async with running(FakeBackend(root), first=snapshot(ruff=report(*_findings()))) as (
        app,
        pilot,
    ):
        await pilot.press("1")
        await until_shown(app, pilot, "function_0")
        source = app.screen.query_one(SourceView)
        for _ in range(times):
            start = time.perf_counter()
            act(source)
            app.screen._compositor.render_strips()
            spent.append(time.perf_counter() - start)
            await pilot.pause()
    return spent


def _measured(
    benchmark: Any, work: Callable[[], Coroutine[Any, Any, list[float]]], limit: float
) -> None:
    """Run a whole session once, and judge the times that were taken within it."""
    seconds = benchmark.pedantic(lambda: asyncio.run(work()), rounds=1)
    benchmark.extra_info |= {
        "median_ms": round(statistics.median(seconds) * 1000, 1),
        "p95_ms": round(_p95(seconds) * 1000, 1),
    }
    assert _p95(seconds) <= limit, f"p95 {_p95(seconds) * 1000:.1f} ms"


def test_a_page_down_is_painted_at_once(benchmark: Any, tmp_path: Path) -> None:
    _measured(benchmark, lambda: _paints(tmp_path, lambda source: source.action_page(1)), KEY)


def test_a_jump_to_the_end_and_back_is_painted_at_once(benchmark: Any, tmp_path: Path) -> None:
    ways = itertools.cycle((SourceView.action_last, SourceView.action_first))

    def end_or_start(source: SourceView) -> None:
        next(ways)(source)

    _measured(benchmark, lambda: _paints(tmp_path, end_or_start), KEY)


def test_a_file_of_twenty_thousand_lines_is_shown_at_once(benchmark: Any, tmp_path: Path) -> None:
    async def first_shows() -> list[float]:

        _write(tmp_path)
        spent = []
        found = snapshot(ruff=report(*_findings()))
        async with running(FakeBackend(tmp_path), first=found) as (app, pilot):
            await pilot.press("1")
            await until_shown(app, pilot, "function_0")
            source = app.screen.query_one(SourceView)
            for _ in range(20):
                source.show_words("", "")
                start = time.perf_counter()
                text = await asyncio.to_thread(read_text, tmp_path, "a.py")
                source.show_text(text)
                source.show_marks({"lint": tuple(_findings())}, lambda _: False)
                app.screen._compositor.render_strips()
                spent.append(time.perf_counter() - start)
        return spent

    _measured(benchmark, first_shows, OPEN)

"""A hundred thousand findings: drawn by line, so that they cost what fifty do."""

import statistics
import time

import pytest

from cockpit.model import SEVERITIES, Finding, Report
from cockpit.ui.list import FindingList
from tests.ui.fakes import (
    FakeBackend,
    finding,
    running,
    screen_text,
    show,
    snapshot,
    until,
    until_shown,
)

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FILES, EACH = 2_000, 50


def many() -> dict[str, tuple[Finding, ...]]:
    """Return a hundred thousand findings, by path."""
    return {
        path: tuple(
            finding(f"E{line % 90}", path, line, f"message {line} of {path}", SEVERITIES[line % 3])
            for line in range(1, EACH + 1)
        )
        for path in (f"pkg{number % 50}/module{number}.py" for number in range(FILES))
    }


async def test_a_hundred_thousand_rows_open_scroll_and_filter(backend: FakeBackend) -> None:
    files = many()
    async with running(backend, first=snapshot(ruff=Report(files))) as (app, pilot):
        await pilot.press("1")
        text = await until_shown(app, pilot, "1 Lint 100,000")
        rows = app.screen.query_one(FindingList)
        assert text.count("▲ E") >= 30
        assert len(app.screen.query("*")) < 30, "there is no widget for a row"
        await pilot.press("G")
        assert rows.cursor == 99_999
        await pilot.press("ctrl+u", "k")
        assert 99_900 < rows.cursor < 99_999
        await pilot.press("slash", *"module1999")
        await until_shown(app, pilot, "50 shown")


async def test_the_cursor_keeps_its_finding_and_its_place_on_the_screen(
    backend: FakeBackend,
) -> None:
    files = many()
    async with running(backend, first=snapshot(ruff=Report(files))) as (app, pilot):
        await pilot.press("1", *["ctrl+d"] * 5)
        rows = app.screen.query_one(FindingList)
        held, offset = rows.finding, rows.cursor - rows.scroll_offset.y
        path = next(iter(files))
        files = {**files, path: (finding("F821", path, 1, severity="high"), *files[path])}
        await show(app, pilot, backend, snapshot(2, ruff=Report(files)))
        await until(pilot, lambda: "1 Lint 100,001 +1" in screen_text(app))
        assert rows.finding == held
        assert rows.cursor - rows.scroll_offset.y == offset


async def test_moving_costs_the_same_in_a_long_list_as_in_a_short_one(
    backend: FakeBackend,
) -> None:
    async def cost(files: dict[str, tuple[Finding, ...]]) -> float:
        async with running(backend, first=snapshot(ruff=Report(files))) as (app, pilot):
            await pilot.press("1")
            await until_shown(app, pilot, "filter: none")
            rows = app.screen.query_one(FindingList)
            times = []
            for _ in range(30):
                begin = time.perf_counter()
                rows.action_move(1)
                app.screen._compositor.render_strips()
                times.append(time.perf_counter() - begin)
            return statistics.median(times)

    files = many()
    short = await cost(dict(list(files.items())[:5]))
    assert await cost(files) < 5 * short + 0.005

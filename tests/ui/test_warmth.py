"""Findings by heat: hottest first, in rows, and explained."""

import time
from itertools import pairwise

import msgspec
import pytest

from cockpit.model import Finding
from cockpit.ui.list import FindingList
from cockpit.ui.order import Order
from cockpit.ui.view import View
from cockpit.ui.warmth import Warmth
from tests.ui.fakes import (
    FakeBackend,
    Warm,
    finding,
    line_with,
    report,
    running,
    screen_text,
    show,
    snapshot,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration

F401 = finding("F401", line=1, message="`os` imported but unused")
E501 = finding("E501", line=7, message="Line too long", severity="low")
F841 = finding("F841", line=150, message="never used", severity="medium")
E711 = finding("E711", path="pkg/b.py", line=1, message="Comparison to None", severity="low")
D103 = msgspec.structs.replace(
    finding("missing-function-docstring", line=4, checker="interrogate", severity="low"),
    symbol="area",
    message="function `area` has no docstring",
)
FIRST = snapshot(ruff=report(F401, E501, F841, E711), interrogate=report(D103))


def order(*findings: Finding) -> Order:
    made = Order()
    made.update(report(*findings).files, lambda _: ())
    return made


def hottest(warmth: Warmth, one: Order) -> list[str]:
    rows = warmth.rows(("lint", False), one.rows, one.findings_in)
    return [found.rule for found in rows.findings]


# --- The order --------------------------------------------------------------------------------


def test_warm_findings_come_first_hottest_first_and_the_rest_stay_in_order() -> None:
    one = order(F401, E501, F841, E711)
    assert hottest(Warmth([Warm({7: 0.5, 150: 0.9})]), one) == ["F841", "E501", "F401", "E711"]
    assert hottest(Warmth([Warm({7: 0.001})]), one)[0] == "E501"
    assert hottest(Warmth([Warm({})]), one) == [row.rule for row in one.rows.findings]
    assert hottest(Warmth(), one) == [row.rule for row in one.rows.findings]


def test_what_is_as_warm_as_far_as_can_be_seen_stays_in_order() -> None:
    one = order(F401, E501)
    assert hottest(Warmth([Warm({1: 0.119, 7: 0.121})]), one) == ["F401", "E501"]
    assert hottest(Warmth([Warm({1: 0.11, 7: 0.12})]), one) == ["E501", "F401"]


def test_the_hottest_line_of_a_finding_counts_and_of_several_profilers_the_warmer() -> None:
    wide = msgspec.structs.replace(F401, line=2, end_line=6)
    assert Warmth([Warm({1: 0.9, 4: 0.3, 6: 0.2, 7: 0.8})]).of(wide) == 0.3
    huge = msgspec.structs.replace(F401, line=2, end_line=60_000)
    assert Warmth([Warm({1: 0.9, 4: 0.3})]).of(huge) == 0.3
    assert Warmth([Warm({1: 0.2}), Warm({1: 0.4})]).of(F401) == 0.4
    assert Warmth([Warm({1: 0.9})]).of(E711) == 0.0


def test_what_is_about_a_function_has_the_functions_heat() -> None:
    heat = Warm({4: 0.01, 7: 0.9}, functions={"area": 0.6})
    dead = msgspec.structs.replace(F401, name="unused-function", symbol="area", end_line=7)
    assert Warmth([heat]).of(D103) == Warmth([heat]).of(dead) == 0.6
    module = msgspec.structs.replace(D103, symbol="", line=7, end_line=7)
    assert Warmth([heat]).of(module) == 0.9
    said = Warmth([heat]).told(dead)[0]
    assert (said.what, said.percent, said.aside) == ("function", "60", "")


def test_an_order_holds_for_a_second_and_as_long_as_it_is_the_same() -> None:
    now, heat, one = [0.0], Warm({1: 0.3, 7: 0.2}), order(F401, E501, F841)
    warmth = Warmth([heat], lambda: now[0])

    def rows() -> object:
        return warmth.rows(("lint", False), one.rows, one.findings_in)

    first = rows()
    heat.weights, heat.version = {7: 0.9}, 2
    assert rows() is first
    now[0] = 1.5
    second = rows()
    assert second is not first and hottest(warmth, one)[0] == "E501"
    heat.weights, heat.version, now[0] = {7: 0.8}, 3, 3.0
    assert rows() is second
    one.update(report(F401, E501).files, lambda _: ())
    assert hottest(warmth, one) == ["E501", "F401"]


def test_columns_of_the_order_are_those_of_its_findings() -> None:
    one = order(F401, E501, F841, E711)
    for _ in one.rows.prepare():
        pass
    rows = Warmth([Warm({7: 0.5})]).rows(("lint", False), one.rows, one.findings_in)
    assert list(rows.column("rule")) == [found.rule for found in rows.findings]
    assert list(rows.column("path")) == [found.path for found in rows.findings]
    assert [rows.row_of(found) for found in rows.findings] == [0, 1, 2, 3]


@pytest.mark.performance
def test_a_hundred_thousand_findings_are_ordered_within_a_key() -> None:
    many = [
        finding("F1", f"m{at // 50}.py", at % 50 + 1, identity=f"{at}") for at in range(100_000)
    ]
    one = order(*many)
    for _ in one.prepare():
        pass
    heat, now = Warm({line: line / 100 for line in range(1, 51)}), [0.0]
    heat.paths = tuple(f"m{at}.py" for at in range(20))
    warmth, worst = Warmth([heat], lambda: now[0]), 0.0
    for turn in range(5):
        heat.weights = {line: ((line * (turn + 3)) % 50) / 100 for line in range(1, 51)}
        heat.version, now[0] = turn + 2, turn * 2.0
        began = time.perf_counter()
        rows = warmth.rows(("lint", False), one.rows, one.findings_in)
        worst = max(worst, time.perf_counter() - began)
        assert len(rows) == 100_000
        shares = [warmth.of(found) for found in rows.findings[:1_000]]
        assert all(a >= b for a, b in pairwise(shares))
    assert worst < 0.05


# --- On screen --------------------------------------------------------------------------------


async def test_without_a_profile_there_is_no_order_by_heat(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        seen = set()
        for _ in range(3):
            await pilot.press("S")
            seen.add(app.screen.view.sort)
        assert seen == {"place", "rule", "worst"}
        app.screen.view = View(sort="heat")  # as an earlier session left it
        text = await until_shown(app, pilot, "1 Lint")
        assert "hottest" not in text and "F401" in line_with(app, "os` imported")
        await pilot.press("S")
        assert app.screen.view.sort == "place"


async def test_hottest_first_and_the_cursor_stays_on_its_finding(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        heat = Warm({150: 0.38, 7: 0.12})
        app.context.heats.append(heat)
        found = app.screen.query_one(FindingList)
        assert found.finding.rule == "F401"
        await pilot.press("S", "S", "S")
        await until_shown(app, pilot, "hottest first")
        assert [found.lines.at(line).rule for line in range(4)] == ["F841", "E501", "F401", "E711"]
        assert found.finding.rule == "F401" and found.cursor == 2
        assert "38%" in line_with(app, "never used")
        assert "12%" in line_with(app, "Line too long")
        assert "%" not in line_with(app, "Comparison to None")
        heat.weights, heat.version = {1: 0.9}, 2
        await until(pilot, lambda: (app.screen.show() or found.lines.at(0).rule) == "F401")
        assert found.finding.rule == "F401" and found.cursor == 0
        app.context.heats.clear()
        app.screen.show()
        assert "hottest first" not in await until_shown(app, pilot, "1 Lint")


async def test_the_deck_shows_heat_while_a_profile_is_loaded(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        assert "38%" not in screen_text(app)
        app.context.heats.append(Warm({1: 0.38}))
        app.screen.show()
        await until_shown(app, pilot, "38%")
        assert "38%" in line_with(app, "imported but unused")


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (60, 24)])
async def test_a_column_of_heat_is_as_wide_in_every_row(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        app.context.heats.append(Warm({1: 1.0, 7: 0.12, 150: 0.001}))
        await pilot.press("1")
        await until_shown(app, pilot, "100%")
        starts = {
            line_with(app, words).index(words)
            for words in ("`os` imp", "never", "Line too", "Comparison")
        }
        assert len(starts) == 1


async def test_the_explanation_says_whose_cpu_and_what_is_the_lines_own(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        heat = Warm({1: 0.38}, own={1: 0.03})
        app.context.heats.append(heat)
        await pilot.press("1")
        await until_shown(app, pilot, "this line takes 38% of the CPU of pid 4711 (own 3%)")
        heat.weights, heat.version = {1: 0.45}, 2
        app.screen.show()
        await until_shown(app, pilot, "this line takes 45% of the CPU of pid 4711 (own 3%)", "█45")
        app.context.heats.clear()
        app.screen.show()
        await until(pilot, lambda: "this line takes" not in screen_text(app))


async def test_a_finding_that_is_new_stays_in_its_place_by_heat(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        app.context.heats.append(Warm({150: 0.38}))
        await pilot.press("1", "S", "S", "S")
        await until_shown(app, pilot, "hottest first")
        more = report(F401, E501, F841, E711, finding("F999", line=9, message="brand new"))
        await show(app, pilot, backend, snapshot(2, ruff=more))
        await until_shown(app, pilot, "brand new")
        found = app.screen.query_one(FindingList)
        assert [found.lines.at(line).rule for line in range(2)] == ["F841", "F999"]
        await pilot.press("b")
        await until(pilot, lambda: len(found.lines) == 1)
        assert found.finding.rule == "F999"

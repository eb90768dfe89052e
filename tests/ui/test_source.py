"""The source view: gutter, marks, heat, and text that no terminal should have to draw."""

from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len
from textual.geometry import Offset

from cockpit.model import Finding
from cockpit.ui import style
from cockpit.ui.code import cells_before, widest
from cockpit.ui.heat import HEAT_WIDTH, heat_cell
from cockpit.ui.highlight import Highlighter, strings_over_lines
from cockpit.ui.marks import marks_of, minimap, others_on_line
from cockpit.ui.read import read_text
from cockpit.ui.source import SourceView, moved
from cockpit.ui.style import ASCII, UNICODE
from cockpit.ui.why import Why
from tests.ui.fakes import (
    FakeBackend,
    Warm,
    finding,
    line_with,
    report,
    running,
    screen_lines,
    show,
    snapshot,
    styles_of,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration

F401 = finding("F401", line=1, message="`os` imported but unused")
E501 = finding("E501", line=7, message="Line too long", severity="low")
F841 = finding("F841", line=150, message="never used", severity="medium")
B404 = finding("B404", line=1, message="os is dangerous", checker="bandit", severity="low")
FIRST = snapshot(ruff=report(F401, E501, F841), bandit=report(B404))


def one(backend: FakeBackend, project: Path, code: str, **places: int) -> Finding:
    """Write `code` into the project's file and return a finding in it."""
    (project / "pkg/a.py").write_bytes(code.encode("utf-8"))
    return msgspec.structs.replace(F401, **places)


# --- Marks ------------------------------------------------------------------------------------


def test_the_worst_finding_of_a_line_is_its_mark_and_anything_new_makes_it_new() -> None:
    low, high = finding("W1", line=3, severity="low"), finding("F1", line=3)
    marks = marks_of({"lint": (low, high), "security": (B404,)}, lambda one: one is low)
    assert marks.columns == ("lint", "security")
    assert marks.of(3)["lint"].finding is high
    assert marks.is_new(3)
    assert not marks.is_new(1)
    assert others_on_line({"lint": (low, high)}, high) == [low]


def test_a_column_stays_while_its_file_is_shown() -> None:
    marks = marks_of({"lint": (F401,)}, lambda _: False, before=("lint", "docs"))
    assert marks.columns == ("lint", "docs")


@pytest.mark.parametrize(
    ("line", "direction", "found"),
    [(1, 1, (7, False)), (150, 1, (1, True)), (7, -1, (1, False)), (1, -1, (150, True))],
)
def test_marks_are_gone_through_and_around(
    line: int, direction: int, found: tuple[int, bool]
) -> None:
    marks = marks_of({"lint": (F401, E501, F841)}, lambda _: False)
    assert marks.beside(line, direction) == found
    assert marks_of({}, lambda _: False).beside(line, direction) == (0, False)


def test_the_minimap_holds_the_worst_of_each_part() -> None:
    marks = marks_of({"lint": (F401, E501, F841)}, lambda _: False)
    assert minimap(marks, 200, 4) == ["high", None, "medium", None]


async def test_a_column_for_every_pane_that_says_anything_and_what_is_new_has_a_sign(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        assert "1 ▲· import os" in line_with(app, "import os")
        fresh = finding("F821", line=2, message="Undefined name")
        later = snapshot(2, ruff=report(F401, fresh, E501, F841), bandit=report(B404))
        await show(app, pilot, backend, later)
        await until_shown(app, pilot, "2+▲")


async def test_n_goes_from_mark_to_mark_says_when_it_wraps_and_why_follows(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        source, why = app.screen.query_one(SourceView), app.screen.query_one(Why)
        await pilot.press("enter", "n")
        assert source.line == 7
        await until(pilot, lambda: why.finding == E501)
        await until_shown(app, pilot, "lint E501", "2 of 3")
        await pilot.press("n", "n")
        assert source.line == 1
        await until_shown(app, pilot, "past the end: first mark")
        await pilot.press("N")
        assert source.line == 150
        await until_shown(app, pilot, "past the top")
        await pilot.press("escape")
        await until(pilot, lambda: why.finding == F401)


async def test_a_file_without_marks_says_so(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        source = app.screen.query_one(SourceView)
        source.show_marks({}, lambda _: False)
        source.action_mark(1)
        await until_shown(app, pilot, "nothing is marked in this file")


async def test_reading_on_is_not_disturbed_by_a_save(backend: FakeBackend, project: Path) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        await pilot.press("enter", "G")
        source = app.screen.query_one(SourceView)
        assert source.line == 199
        file = project / "pkg/a.py"
        file.write_text("import re\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
        moved_on = msgspec.structs.replace(F401, line=2, end_line=2)
        await show(app, pilot, backend, snapshot(2, ruff=report(moved_on)))
        await until(pilot, lambda: source.line == 200)
        await until_shown(app, pilot, "value_199")


def test_a_line_is_followed_past_what_was_put_in_above_it() -> None:
    before = ("a", "b", "c")
    assert moved(before, ("x", "y", *before), 1) == 2
    assert moved(before, (*before, "x"), 1) == 0
    assert moved(before, ("b", "c"), 2) == -1
    assert moved(before, ("x", "b", "z"), 1) == 0


async def test_the_mouse_moves_the_cursor_and_pulls_the_minimap(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        source = app.screen.query_one(SourceView)
        await pilot.click(SourceView, offset=(20, 4))
        assert source.line == 4
        region = source.scrollable_content_region
        end = Offset(region.width + source.gutter.left - 1, region.height)
        await pilot.click(SourceView, offset=end)
        assert source.scroll_offset.y > 100
        assert source.line == 4


# --- The range of a finding -------------------------------------------------------------------


async def test_a_range_over_several_lines_is_underlined_on_each(
    backend: FakeBackend, project: Path
) -> None:
    code = "call(\n    first,\n    second,\n)\nrest = 1\n"
    found = one(backend, project, code, line=1, column=1, end_line=4, end_column=2)
    async with running(backend, first=snapshot(ruff=report(found))) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "second", "rest = 1")
        for words in ("call", "first", "second"):
            assert all(style.underline for style in styles_of(app, words) if style), words
        assert not any(style.underline for style in styles_of(app, "rest"))


# --- Heat -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "shown"),
    [(0.38, "█38 "), (0.19, "▌19 "), (0.02, "▏2  "), (0.001, "▏   "), (0.0, "    ")],
)
async def test_heat_is_a_bar_against_the_hottest_line_and_percent(
    backend: FakeBackend, weight: float, shown: str
) -> None:
    async with running(backend, first=FIRST) as (app, _):
        palette = app.context.look.palette
        assert heat_cell(weight, 0.38, UNICODE, palette).text == shown
        plain = heat_cell(weight, 0.38, ASCII, palette).text
        assert plain.isascii()
        assert plain[1:] == shown[1:]
        assert len(heat_cell(1.0, 1.0, UNICODE, palette).text) == HEAT_WIDTH


async def test_a_provider_has_a_column_and_none_has_none(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "1 ▲· import os")
        app.context.heats.append(Warm({1: 0.38, 4: 0.09}))
        await show(app, pilot, backend, msgspec.structs.replace(FIRST, generation=2))
        await until_shown(app, pilot, "1 ▲· █38  import os", "this line takes 38% of the CPU")
        await pilot.press("enter", "j")
        await until_shown(app, pilot, "heat: CPU %")
        assert "▎9" in line_with(app, "def area")


# --- Hostile and odd text ---------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize(
    "hidden",
    ["\u202e", "\u2066", "\u200b", "\u200d", "\u3164", "\u115f", "\U000e0101", "\ufe0f", "\x0c"],
)
async def test_what_hides_or_reorders_is_spelled_out_and_shifts_no_gutter(
    backend: FakeBackend, project: Path, hidden: str
) -> None:
    found = one(backend, project, f"ab{hidden}cd = 1\nsecond = 2\n")
    async with running(backend, first=snapshot(ruff=report(found))) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "second = 2")
        line = line_with(app, "cd = 1")
        assert hidden not in line
        assert ascii(hidden).strip("'") in line
        assert line.index(" ab") == line_with(app, "second").index(" second")
        assert len(line) == 160
        spelled = styles_of(app, ascii(hidden).strip("'"))
        assert all(style.reverse for style in spelled), "it must not pass for text"


async def test_columns_are_right_after_tabs_wide_and_combining_characters(
    backend: FakeBackend, project: Path
) -> None:
    found = one(backend, project, "\tx = '漢e\u0301😀' + bad\n", column=15, end_column=18)
    async with running(backend, first=snapshot(ruff=report(found))) as (app, pilot):
        await pilot.press("1")
        line = (await until_shown(app, pilot, "bad")).split("\n")[1]
        assert cell_len(line) == 160
        under = [
            segment.text
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.underline
        ]
        assert under == ["bad"]


@pytest.mark.parametrize(
    ("line", "point", "cells"),
    [("abc", 2, 2), ("\tx", 1, 4), ("ab\tx", 3, 4), ("漢字x", 2, 4), ("\u202ex", 1, 6)],
)
def test_cells_before_a_code_point(line: str, point: int, cells: int) -> None:
    assert cells_before(line, point) == cells
    assert widest(["", line]) == cells_before(line, len(line))


async def test_a_finding_far_to_the_right_is_scrolled_to(
    backend: FakeBackend, project: Path
) -> None:
    code = f"x = '{'a' * 50_000}' + bad + '{'b' * 50_000}'\n"
    found = one(backend, project, code, column=50_010, end_column=50_013)
    near = finding("E1", line=1, message="near")
    async with running(backend, first=snapshot(ruff=report(found, near))) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "x = 'aaa")
        app.screen.query_one(SourceView).go_to(found)
        await until_shown(app, pilot, "aaa' + bad + 'bbb")
        assert {cell_len(line) for line in screen_lines(app)} == {160}
        app.screen.query_one(SourceView).go_to(near)
        await until_shown(app, pilot, "x = 'aaa")


async def test_as_much_of_a_line_as_can_be_is_in_sight_before_its_finding(
    backend: FakeBackend, project: Path
) -> None:
    code = f"{' ' * 24}obj = template_localtime(obj, context) or {'c' * 90}\n"
    found = one(backend, project, code, column=67, end_column=157)
    async with running(backend, first=snapshot(ruff=report(found))) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "obj = template_localtime(obj, context) or ccc")
        source = app.screen.query_one(SourceView)
        assert 0 < source.scroll_offset.x <= 24


def test_a_line_without_end_leaves_the_colours_of_the_others() -> None:
    lines = ["import os", f"x = '{'a' * 5_000}'", "def code(): pass"]
    colours = Highlighter("a.py", lines, strings_over_lines("\n".join(lines)))
    assert not colours.tokens(1)
    assert {"keyword"} <= {token.kind for token in colours.tokens(2)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\xef\xbb\xbfx = 1\r\n",
        b"x = 1\r\ny = 2\r",
        b"\x00\xff\xfe\x01" * 40,
        b"\x0c\nx",
    ],
)
async def test_any_bytes_are_drawn_in_whole_lines(
    backend: FakeBackend, project: Path, content: bytes
) -> None:
    (project / "pkg/a.py").write_bytes(content)
    async with running(backend, first=snapshot(ruff=report(F401))) as (app, pilot):
        await pilot.press("1")
        lines = len(read_text(project, "pkg/a.py").lines)
        source = app.screen.query_one(SourceView)
        await until(pilot, lambda: source.virtual_size.height == lines)
        await pilot.press("enter", "G", "l", "n", "k")
        assert {cell_len(line) for line in screen_lines(app)} == {160}


async def test_a_file_without_permission_is_said_in_words(
    backend: FakeBackend, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    async with running(backend, first=snapshot(ruff=report(F401))) as (app, pilot):
        monkeypatch.setattr("cockpit.ui.read.os.open", refused)
        await pilot.press("1")
        await until_shown(app, pilot, "pkg/a.py: permission denied")


async def test_without_unicode_the_gutter_and_the_minimap_are_ascii(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "signs_for", lambda _: ASCII)
    async with running(backend, first=FIRST) as (app, pilot):
        app.context.heats.append(Warm({1: 0.5}))
        await pilot.press("1")
        await until_shown(app, pilot, "1 ^. @50  import os")
        view = app.screen.query_one(SourceView)
        drawn = "".join(view.render_line(y).text for y in range(view.size.height))
        assert drawn.isascii()
        assert drawn.count("^") == 2, "in the gutter and in the minimap"
        assert "#" in drawn

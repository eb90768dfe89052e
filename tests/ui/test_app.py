"""What the whole program does, whatever page is open: palette, help, notices, the base."""

import gc
import io

import msgspec
import pytest
import textual.constants
from rich.console import Console
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip
from textual.widgets import Input

from cockpit.model import Base
from cockpit.ui.app import CockpitApp
from cockpit.ui.list import FindingList
from cockpit.ui.thrift import Changes
from tests.ui.fakes import (
    FakeBackend,
    finding,
    report,
    running,
    screen_lines,
    screen_text,
    show,
    snapshot,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration
MAIN = Base("branch", "main", "c0ffee", ready=True)
FIRST = msgspec.structs.replace(
    snapshot(ruff=report(finding("F401", message="`os` imported but unused"))), base=MAIN
)


# --- Palette ----------------------------------------------------------------------------------


async def test_the_palette_has_every_pane_and_every_action_with_its_key(
    backend: FakeBackend,
) -> None:
    async with running(backend, (100, 160), FIRST) as (app, pilot):
        await pilot.press("1", "ctrl+p")
        text = await until_shown(app, pilot, "Open Lint", "Open Security")
        for words in ("Filter", "Edit", "Copy", "Re-run all", "Pause", "Choose the base", "Notes"):
            assert words in text, words
        for words in ("Theme", "Help", "Quit", "Command", "Back", "Why"):
            assert words in text, words
        assert "half a page" not in text.lower(), "moves are not looked for in a list"


async def test_what_is_chosen_in_the_palette_is_done_on_the_page_below(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("ctrl+p", *"re-run all")
        await until_shown(app, pilot, "Re-run all", "Everywhere")
        await pilot.press("enter")
        await until(pilot, lambda: backend.asked == [("rerun", None)])


async def test_a_command_is_found_by_its_key(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("ctrl+p", "B")
        await until(pilot, lambda: "Open Lint" not in screen_text(app))
        await pilot.press("enter")
        await until_shown(app, pilot, "session start", "the last commit")


# --- Help -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (60, 15)])
async def test_help_shows_the_keys_of_the_place_first_and_the_signs_last(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        await pilot.press("1", "question_mark")
        text = await until_shown(app, pilot, "The list")
        assert "Everywhere" not in text or text.index("The list") < text.index("Everywhere")
        await pilot.press("G")
        text = await until_shown(app, pilot, "two are new since main", "a tool failed")
        assert "how many there were, change by change" in text
        await pilot.press("question_mark")
        await until(pilot, lambda: len(app.screen_stack) == 2)


@pytest.mark.regression
async def test_help_names_both_keys_that_quit(backend: FakeBackend) -> None:
    async with running(backend, (160, 45), FIRST) as (app, pilot):
        await pilot.press("1", "question_mark")
        await until_shown(app, pilot, "q ctrl+c    quit")


async def test_help_has_two_columns_at_80(backend: FakeBackend) -> None:
    async with running(backend, (80, 24), FIRST) as (app, pilot):
        await pilot.press("1", "question_mark")
        await until_shown(app, pilot, "The list")
        assert any("The list" in line and "Everywhere" in line for line in screen_lines(app))


# --- Notices ----------------------------------------------------------------------------------


async def test_an_answer_to_a_key_goes_at_the_next_key(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("y")
        await until_shown(app, pilot, "copied pkg/a.py:1")
        await pilot.press("j")
        await until(pilot, lambda: "copied" not in screen_text(app))


@pytest.mark.regression
async def test_an_answer_to_a_key_covers_nothing_but_the_keys(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "y")
        await until_shown(app, pilot, "copied pkg/a.py:1")
        assert "copied" in screen_lines(app)[-1]
        assert screen_lines(app)[-2].endswith("╯")


async def test_notes_do_not_pop_up_but_are_a_key_away(backend: FakeBackend) -> None:
    notes = ("git refuses [red]", "another")
    async with running(backend, first=msgspec.structs.replace(FIRST, notes=notes)) as (app, pilot):
        assert "another" not in screen_text(app)
        assert "2 notes" in screen_lines(app)[0]
        await pilot.press("exclamation_mark")
        await until_shown(app, pilot, "git refuses [red]", "another")
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "another" not in screen_text(app))


# --- The base ---------------------------------------------------------------------------------


async def test_the_base_can_be_chosen_by_name_or_typed(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("B")
        await until_shown(app, pilot, "Now against main", "session start", "the baseline")
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: backend.asked == [("compare", "HEAD")])
        await pilot.press("B", "tab", *"v1.2", "enter")
        await until(pilot, lambda: backend.asked[-1] == ("compare", "v1.2"))
        await pilot.press("B", "escape")
        assert len(backend.asked) == 2


async def test_a_base_that_is_not_there_is_told_and_stays_in_sight(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("B", "tab", *"v9", "enter")
        await until(pilot, lambda: bool(backend.asked))
        refused = msgspec.structs.replace(MAIN, note="there is no revision v9 [red]")
        await show(app, pilot, backend, msgspec.structs.replace(FIRST, base=refused))
        await until_shown(app, pilot, "there is no revision v9 [red]")
        await pilot.press("B")
        await until_shown(app, pilot, "✗ there is no revision v9 [red]")


# --- A slow line ------------------------------------------------------------------------------


async def test_keys_typed_ahead_are_all_obeyed_in_order(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        for key in ("2", "escape", "1", "slash", "a", "b", "c", "j"):
            app.simulate_key(key)
        await until_shown(app, pilot, "filter: abcj")


async def test_the_search_for_garbage_waits_until_a_key_is_painted(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    searching: list[bool] = []
    render_line = FindingList.render_line

    def watched(rows: FindingList, y: int) -> Strip:
        searching.append(gc.isenabled())
        return render_line(rows, y)

    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "imported but unused")
        await until(pilot, gc.isenabled)
        monkeypatch.setattr(FindingList, "render_line", watched)
        app.simulate_key("t")
        await until(pilot, lambda: bool(searching))
        assert not any(searching)
        await until(pilot, gc.isenabled)


class Line:
    """Counts the bytes that an app would send to a terminal of all colours."""

    def __init__(self, app: CockpitApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent = 0
        console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
        changes = app._thrift.changes

        def counted(update: ChopsUpdate | LayoutUpdate, size: Size) -> Changes:
            found = changes(update, size)
            self.sent += len(found.render_segments(console).encode())
            return found

        monkeypatch.setattr(app._thrift, "changes", counted)


async def test_a_key_and_a_save_are_few_bytes(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [finding("F401", line=line, message="same words") for line in range(1, 101)]
    async with running(backend, first=snapshot(ruff=report(*found))) as (app, pilot):
        await pilot.press("1", "j", "j")
        await until_shown(app, pilot, "value_10 = 10")
        line = Line(app, monkeypatch)
        await pilot.press("y")
        await until_shown(app, pilot, "copied")
        assert 0 < line.sent < 2_000
        await pilot.press("k")
        await until(pilot, lambda: "copied" not in screen_text(app))
        line.sent = 0
        await pilot.press("j")
        await until(pilot, lambda: line.sent > 0)
        assert line.sent < 2_000
        line.sent = 0
        await show(app, pilot, backend, snapshot(2, ruff=report(*found[:50], *found[51:])))
        assert line.sent < 8_000


async def test_nothing_moves_by_itself(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        assert app.animation_level == "none"
        await pilot.press("1", "slash")
        assert isinstance(app.focused, Input)
        await until(pilot, lambda: not app.focused.cursor_blink)  # type: ignore[union-attr]


@pytest.mark.unit
def test_an_escape_is_answered_at_once() -> None:
    assert textual.constants.ESCAPE_DELAY <= 0.03

"""The Deck: what a person sees of a project at a glance."""

from pathlib import Path

import msgspec
import pytest

from cockpit.model import Base, Failure, FileError, Report, Result, Skipped, Snapshot
from cockpit.ui.deck import columns_for
from cockpit.ui.style import UNICODE
from tests.ui.fakes import (
    FakeBackend,
    finding,
    line_with,
    report,
    result,
    running,
    screen_lines,
    screen_text,
    show,
    snapshot,
    styles_of,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration

SIZES = [(160, 45), (100, 30), (80, 24)]
F401 = finding("F401", line=1, message="`os` imported but unused", severity="medium")
E711 = finding("E711", line=4, message="Comparison to None", severity="low")
UNUSED = finding("unused-import", line=1, message="unused import 'os'", checker="vulture")
B608 = finding("B608", path="pkg/b.py", line=1, message="SQL by hand", checker="bandit")
FIRST = snapshot(ruff=report(F401, E711), vulture=report(UNUSED), bandit=report(B608))


def with_result(base: Snapshot, new: Result) -> Snapshot:
    results = {**base.results, new.checker: new}
    return msgspec.structs.replace(base, results=results, generation=base.generation + 1)


@pytest.mark.parametrize("size", SIZES)
async def test_every_pane_is_seen_at_once_with_count_state_and_first_findings(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, _):
        text = screen_text(app)
        for words in ("1 Lint 2", "2 Dead code 1", "3 Docstrings 0", "4 Security 1"):
            assert words in text
        for words in ("✓ ruff 9 ms", "✓ vulture 9 ms", "✓ bandit + ruff 9 ms"):
            assert words in text
        for words in ("● F401", "· E711", "▲ B608", "SQL by hand", "pkg/b.py:1"):
            assert words in text
        assert "all fresh" in screen_lines(app)[0]
        assert "against session start" in screen_lines(app)[0]
        assert ("⎇ fix-query" in screen_lines(app)[0]) == (size[0] > 80)
        assert "enter open" in screen_lines(app)[-1]


async def test_a_tool_that_was_not_asked_is_skipped_and_has_no_command(
    backend: FakeBackend,
) -> None:
    skipped = Result("bandit", Skipped("not asked: --skip bandit"))
    async with running(backend, first=with_result(FIRST, skipped)) as (app, pilot):
        await until_shown(app, pilot, "ruff 9 ms, bandit skipped")
        await pilot.press("4", "at")
        await until_shown(app, pilot, "Exact command", "bandit is not installed")


async def test_a_tool_that_is_not_of_this_run_is_no_crash(backend: FakeBackend) -> None:
    results = {name: one for name, one in FIRST.results.items() if name != "vulture"}
    less = msgspec.structs.replace(FIRST, results=results)
    async with running(backend, first=less) as (app, pilot):
        await pilot.press("2", "at")
        await until_shown(app, pilot, "Exact command", "not started yet")


@pytest.mark.parametrize("size", SIZES)
async def test_a_part_of_a_project_does_not_pass_for_the_whole(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    backend.scope = ("src/[red]", "tests")
    async with running(backend, size, FIRST) as (app, _):
        head = screen_lines(app)[0]
        assert "src/[red], tests alone" in head and "all fresh" in head


@pytest.mark.parametrize("size", SIZES)
async def test_a_new_finding_comes_first_bold_and_counted(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        assert " new" not in screen_lines(app)[0]
        low = finding("W291", line=30, message="Trailing white space", severity="low")
        await show(app, pilot, backend, snapshot(2, ruff=report(F401, E711, low)))
        text = screen_text(app)
        assert "1 Lint 3 +1" in text
        assert "+1 new" in screen_lines(app)[0]
        assert text.index("W291") < text.index("F401")
        assert all(style.bold for style in styles_of(app, "Trailing white"))
        assert not any(style.bold for style in styles_of(app, "imported but"))


async def test_a_failed_checker_says_why_and_what_to_do_and_keeps_its_last_results(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        before = styles_of(app, "SQL by hand")
        failure = Failure("bandit crashed on plugin x", "Reinstall bandit, then press r.")
        last = report(B608)
        broken = Result("bandit", failure, last)
        await show(app, pilot, backend, with_result(FIRST, broken))
        text = screen_text(app)
        assert "✗ bandit failed" in screen_lines(app)[0]
        assert "✗ bandit crashed on plugin x" in text
        assert "Reinstall bandit, then press r." in text
        assert "SQL by hand" in text
        assert styles_of(app, "SQL by hand") != before, "old results must be dimmed"
        assert "all fresh" not in text


async def test_while_a_checker_runs_long_its_results_stay_dimmed_under_its_progress(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        before = styles_of(app, "unused import")
        last = report(UNUSED)
        busy = Result("vulture", last, last, running=True, done=812, todo=2814)
        await show(app, pilot, backend, with_result(FIRST, busy))
        assert "all fresh" in screen_text(app), "a short run must not flash"
        text = await until_shown(app, pilot, "◌ vulture 812 of 2,814", "◌ checking 812 of 2,814")
        assert "unused import" in text
        assert styles_of(app, "unused import") != before


async def test_before_the_first_results_it_says_that_it_is_checking(backend: FakeBackend) -> None:
    async with running(backend) as (app, pilot):
        assert "◌ checking" in screen_lines(app)[0]
        assert "not checked yet" in screen_text(app)
        busy = {"ruff": Result("ruff", running=True)}
        await show(app, pilot, backend, Snapshot(0, busy))
        text = await until_shown(app, pilot, "◌ ruff checking")
        assert "Lint 0" not in text, "0 is said only by a tool that looked"


async def test_a_skipped_checker_says_why(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        off = Result("vulture", Skipped("it is not in the setting `tools`", "Add it there."))
        await show(app, pilot, backend, with_result(FIRST, off))
        text = screen_text(app)
        assert f"{UNICODE.skipped} vulture skipped" in text
        assert "it is not in the setting `tools`" in text


async def test_a_clean_pane_says_that_nothing_was_found(backend: FakeBackend) -> None:
    async with running(backend, first=snapshot()) as (app, _):
        assert screen_text(app).count("Nothing found.") == 4


async def test_docstrings_show_the_share_the_goal_and_the_worst_folders(
    backend: FakeBackend,
) -> None:
    files = {
        "pkg/deep/a.py": {"total": 10.0, "covered": 2.0, "missing": 8.0},
        "pkg/b.py": {"total": 10.0, "covered": 9.0, "missing": 1.0},
        "ok/c.py": {"total": 5.0, "covered": 5.0, "missing": 0.0},
    }
    metric = {"total": 25.0, "covered": 16.0, "missing": 9.0, "percent": 64.0, "goal": 80.0}
    docs = Report(metric=metric, file_metrics=files)
    async with running(backend, first=snapshot(interrogate=docs)) as (app, _):
        text = screen_text(app)
        assert "64.0 %  16 of 25 · goal 80 %" in text
        assert "┃" in text, "the goal is marked on the bar"
        assert "8 missing" in line_with(app, "pkg/deep")
        assert text.index("pkg/deep") < text.index("1 missing")
        assert "ok " not in text


@pytest.mark.regression
async def test_only_new_shows_no_folders_of_all_docstrings(backend: FakeBackend) -> None:
    measured = Report(
        metric={"percent": 50.0, "covered": 1.0, "total": 2.0, "missing": 1.0},
        file_metrics={"pkg/a.py": {"covered": 1.0, "total": 2.0}},
    )
    async with running(backend, first=snapshot(interrogate=measured)) as (app, pilot):
        await until_shown(app, pilot, "50.0 %", "1 missing")
        await pilot.press("b")
        await until(pilot, lambda: "missing" not in screen_text(app))
        assert "50.0 %" not in screen_text(app)
        await pilot.press("b")
        await until_shown(app, pilot, "50.0 %", "1 missing")


async def test_bandits_own_totals_are_no_coverage(backend: FakeBackend) -> None:
    totals = Report(report(B608).files, metric={"SEVERITY.HIGH": 1.0})
    async with running(backend, first=snapshot(bandit=totals)) as (app, _):
        assert "0.0 %" not in screen_text(app)
        assert "SQL by hand" in screen_text(app)


async def test_a_file_that_a_tool_cannot_read_is_told_and_first_when_it_just_broke(
    backend: FakeBackend,
) -> None:
    error = FileError("pkg/a.py", 3, "invalid syntax")
    async with running(backend, first=FIRST) as (app, pilot):
        broken = Report(report(UNUSED).files, errors=(error,))
        await show(app, pilot, backend, with_result(FIRST, result("vulture", broken)))
        text = screen_text(app)
        assert "1 file unread" in text
        assert "✗ 1 file unread" in screen_lines(app)[0]
        assert "✗ vulture" in text
        assert text.index("invalid syntax") < text.index("unused import")
        assert "all fresh" not in screen_lines(app)[0]


@pytest.mark.regression
async def test_what_is_new_adds_up_where_a_file_became_unread(backend: FakeBackend) -> None:
    """The tiles counted the unread file as new, each of them; the header counted it once."""
    base = Base("branch", "main", ready=True)
    broken = (FileError("pkg/a.py", 3, "invalid syntax"),)
    now = msgspec.structs.replace(
        FIRST,
        results={
            **FIRST.results,
            "ruff": result("ruff", Report(report(F401, E711).files, errors=broken)),
            "vulture": result("vulture", Report(report(UNUSED).files, errors=broken)),
        },
        base=base,
        new={"ruff": {"pkg/a.py": frozenset({F401.identity})}},
        new_errors=frozenset({("ruff", "pkg/a.py"), ("vulture", "pkg/a.py")}),
    )
    async with running(backend, first=now) as (app, _):
        text = screen_text(app)
        assert "1 Lint 2 +1 " in text and "2 Dead code 1 ─" in text
        assert "+1 new  ✗ 1 file unread" in screen_lines(app)[0]


async def test_keys_move_over_findings_and_tiles_and_open_the_pane_there(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("j", "y")
        assert app.clipboard == "pkg/a.py:4"
        await pilot.press("tab", "y")
        assert app.clipboard == "pkg/a.py:1"
        await pilot.press("shift+tab", "enter")
        text = await until_shown(app, pilot, "filter: none")
        assert "1 Lint 2" in text
        await until_shown(app, pilot, "# noqa: E711 at the end of line 4")
        await pilot.press("escape")
        await until_shown(app, pilot, "4 Security")


async def test_a_click_on_a_finding_opens_its_pane_there(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        row = next(y for y, line in enumerate(screen_lines(app)) if "E711" in line)
        await pilot.click(offset=(20, row))
        await until_shown(app, pilot, "filter: none", "# noqa: E711 at the end of line 4")


async def test_a_click_on_a_key_presses_it(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        x = screen_lines(app)[-1].index("r re-run")
        await pilot.click(offset=(x, 44))
        await until(pilot, lambda: ("rerun", "ruff") in backend.asked)


async def test_a_key_that_cannot_work_here_says_why(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("s")
        await until_shown(app, pilot, "works in the list of a pane")
        await pilot.press("escape")
        await until_shown(app, pilot, "this is the Deck")


@pytest.mark.regression
@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("w", "going to the explanation works in the list of a pane. Open one with enter."),
        ("plus", "zooming works in the list of a pane"),
        ("n", "going to the next finding works in the list of a pane"),
        ("N", "going to the finding before works in the list of a pane"),
        ("G", "going to the last works in the list of a pane"),
        ("space", "folding works in the list of a pane"),
        ("H", "folding all works in the list of a pane"),
        ("L", "unfolding all works in the list of a pane"),
        ("W", "the Deck of one folder works in By file. Open it with 0."),
    ],
)
async def test_a_key_of_another_page_says_which(backend: FakeBackend, key: str, words: str) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press(key)
        await until_shown(app, pilot, words)


async def test_rerun_and_pause_ask_the_backend(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("4", "r", "R", "p")
        assert [what for what in backend.asked if what[0] != "document"] == [
            ("rerun", "bandit"),
            ("rerun", "ruff"),
            ("rerun", None),
            ("pause", True),
        ]
        paused = msgspec.structs.replace(FIRST, paused=True)
        await show(app, pilot, backend, paused)
        assert "paused" in screen_lines(app)[0] and "changed" not in screen_lines(app)[0]
        assert "p go on" in screen_lines(app)[-1]
        missed = msgspec.structs.replace(paused, missed=2)
        await show(app, pilot, backend, missed)
        assert "paused, 2 files changed" in screen_lines(app)[0]
        assert "◌ bandit + ruff before the pause" in screen_text(app)
        assert "all fresh" not in screen_text(app)
        assert "watching" not in screen_lines(app)[0]
        await pilot.press("p")
        assert backend.asked[-1] == ("pause", False)


async def test_leaving_ends_the_backend(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("q")
    assert backend.stopped
    assert app.return_code == 0


@pytest.mark.parametrize(
    ("width", "tiles", "columns"),
    [(160, 4, 2), (160, 6, 3), (119, 6, 2), (90, 4, 2), (89, 4, 1), (200, 1, 1)],
)
def test_tiles_stand_in_a_grid_without_holes(width: int, tiles: int, columns: int) -> None:
    assert columns_for(width, tiles) == columns


async def test_what_limits_the_answers_is_told_and_stays_in_sight(tmp_path: Path) -> None:
    first = msgspec.structs.replace(snapshot(), notes=("git [red]refuses[/] this repository",))
    # Wide, for the header has the whole path too, and how long that is, is not ours to say.
    async with running(FakeBackend(tmp_path), (260, 45), first) as (app, pilot):
        await until_shown(app, pilot, "1 note  git [red]refuses[/] this repository")
        assert screen_text(app).count("git [red]refuses[/]") == 1, "nobody waits for it: no notice"


@pytest.mark.regression
async def test_while_it_is_not_known_what_is_new_not_all_is_fresh(backend: FakeBackend) -> None:
    """For the second after a big change it said so, with nothing new."""
    base = Base("branch", "main", "c0ffee", ready=True)
    doubtful = msgspec.structs.replace(FIRST, base=base, comparing=True)
    async with running(backend, first=doubtful) as (app, pilot):
        await until_shown(app, pilot, "◌ comparing with main")
        assert "all fresh" not in screen_text(app)
        await show(app, pilot, backend, msgspec.structs.replace(doubtful, comparing=False))
        await until_shown(app, pilot, "✓ all fresh")


@pytest.mark.regression
async def test_however_narrow_the_way_to_help_and_the_way_out_are_in_sight(tmp_path: Path) -> None:
    async with running(FakeBackend(tmp_path), size=(80, 24), first=snapshot()) as (app, pilot):
        for pane in ("", "1"):
            if pane:
                await pilot.press(pane)
            await until(pilot, lambda: "q quit" in screen_lines(app)[-1])
            assert "? help" in screen_lines(app)[-1]


async def test_slash_filters_the_pane_of_the_focused_tile(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("tab", "slash", *"os")
        await until_shown(app, pilot, "2 Dead code 1", "filter: os")


async def test_what_two_tools_say_of_one_place_is_added_up_in_words(backend: FakeBackend) -> None:
    ours = finding("B608", path="pkg/b.py", line=1, checker="bandit")
    theirs = finding("S608", path="pkg/b.py", line=1)
    alone = finding("S101", path="pkg/b.py", line=9)
    both = snapshot(ruff=report(F401, theirs, alone), bandit=report(ours))
    async with running(backend, first=both) as (app, _):
        text = screen_text(app)
        assert "bandit 1 + ruff 2, 1 the same, 9 ms" in text
        assert "4 Security 2" in text
        assert "ruff 9 ms, 2 more in Security" in text


async def test_a_part_of_the_project_narrows_every_tile_until_esc(backend: FakeBackend) -> None:
    files = {
        "pkg/a.py": {"total": 10.0, "covered": 2.0, "missing": 8.0},
        "pkg/b.py": {"total": 10.0, "covered": 9.0, "missing": 1.0},
    }
    metric = {"total": 20.0, "covered": 11.0, "missing": 9.0, "percent": 55.0, "goal": 80.0}
    docs = Report(metric=metric, file_metrics=files)
    first = snapshot(ruff=report(F401, E711), bandit=report(B608), interrogate=docs)
    async with running(backend, first=first) as (app, pilot):
        app.context.state.within = "pkg/b.py"
        await show(app, pilot, backend, first)
        await until_shown(app, pilot, "1 Lint 0", "4 Security 1", "90.0 %  9 of 10")
        await pilot.press("escape")
        await until_shown(app, pilot, "1 Lint 2", "55.0 %")

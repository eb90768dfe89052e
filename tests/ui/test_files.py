"""By file: the project as a tree, folded and unfolded, with the file under the cursor beside it."""

import msgspec
import pytest
from textual.pilot import Pilot

from cockpit.model import Base, FileError, Report
from cockpit.ui.app import CockpitApp
from cockpit.ui.deck import Deck
from cockpit.ui.files import FilesScreen
from cockpit.ui.source import SourceView
from cockpit.ui.tree import TreeHead, TreeList
from cockpit.ui.view import FilesView
from tests.ui.fakes import (
    FakeBackend,
    finding,
    line_with,
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

F401 = finding("F401", line=1, message="`os` imported but unused", severity="medium")
F821 = finding("F821", line=150, message="Undefined name", severity="high")
E711 = finding("E711", path="pkg/b.py", message="Comparison to None", severity="low")
DEEP = finding("E711", path="src/app/core/deep.py")
V101 = finding("V101", path="pkg/a.py", line=3, checker="vulture", severity="low")
FOUND = (F401, F821, E711, DEEP)
COVERED = {
    "pkg/a.py": {"covered": 1.0, "total": 4.0},
    "pkg/b.py": {"covered": 4.0, "total": 4.0},
    "src/app/core/clean.py": {"covered": 1.0, "total": 1.0},
}
TOTAL = {"percent": 66.7, "covered": 6.0, "total": 9.0, "missing": 3.0, "goal": 80.0}
MEASURED = Report(metric=TOTAL, file_metrics=COVERED)
FIRST = snapshot(ruff=report(*FOUND), vulture=report(V101), interrogate=MEASURED)
SIZES = [(160, 45), (100, 30), (80, 24)]
KEYS = {" ": "space", ":": "colon", "!": "exclamation_mark", ".": "full_stop"}


def tree(app: CockpitApp) -> TreeList:
    return app.screen.query_one(TreeList)


def cursor(app: CockpitApp) -> str:
    row = tree(app).row
    return row.path if row else ""


def figures(app: CockpitApp, name: str) -> list[str]:
    """Return what the line of a folder or file says after its name."""
    lines = [line.partition("││")[0] for line in screen_lines(app) if line.startswith("│")]
    line = next(line for line in lines if f" {name} " in line)
    return [word for word in line.partition(f" {name} ")[2].split() if word.strip("━│")]


async def opened(pilot: Pilot[int], app: CockpitApp) -> str:
    await pilot.press("0")
    return await until_shown(app, pilot, "By file", "deep.py")


@pytest.mark.parametrize("size", SIZES)
async def test_folders_and_files_have_a_count_a_pane_and_what_is_documented(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        text = await opened(pilot, app)
        for words in ("lint", "dead", "docs", "security", "new", "▾ pkg", "▾ src/app/core"):
            assert words in text
        assert figures(app, "4 of 2,814 files listed") == ["4", "1", "66", "%"]
        assert figures(app, "pkg") == ["3", "1", "62", "%"], "weighted: 5 of 8"
        assert figures(app, "a.py") == ["2", "1", "25", "%"]
        assert figures(app, "clean.py") == ["100", "%"], "nothing found is blank, not 0"
        assert "esc back" in screen_lines(app)[-1]


async def test_enter_unfolds_and_goes_in_and_left_folds_and_goes_out(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        assert cursor(app) == "pkg"
        await pilot.press("h")
        assert "▸ pkg" in screen_text(app)
        assert "b.py" not in screen_text(app)
        await pilot.press("enter", "enter", "j")
        assert cursor(app) == "pkg/b.py"
        await pilot.press("left")
        assert cursor(app) == "pkg"
        await pilot.press("space")
        assert "▸ pkg" in screen_text(app)
        await pilot.press("space", "j", "space")
        assert (cursor(app), "▸ pkg" in screen_text(app)) == ("pkg", True)


async def test_all_are_folded_and_unfolded_at_once(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("G", "H")
        assert cursor(app) == "src/app/core", "the folder that the cursor was in"
        assert "▾" not in "".join(screen_lines(app)[3:])
        await pilot.press("L")
        await until_shown(app, pilot, "b.py", "deep.py")
        assert cursor(app) == "src/app/core"


async def test_as_much_is_unfolded_to_begin_with_as_fits(backend: FakeBackend) -> None:
    many = [finding("E711", path=f"big/{number}.py") for number in range(100)]
    first = snapshot(ruff=report(*FOUND, *many))
    async with running(backend, first=first) as (app, pilot):
        await opened(pilot, app)
        assert "▸ big" in screen_text(app)
        assert "▾ pkg" in screen_text(app)


async def test_a_file_is_shown_at_its_worst_finding_and_why(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("j")
        await until_shown(app, pilot, "pkg/a.py", "value_150", "Undefined name")
        assert app.screen.query_one(SourceView).line == 150
        await pilot.press("n")
        await until_shown(app, pilot, "`os` imported but unused")
        assert app.screen.query_one(SourceView).line == 1
        assert tree(app).has_focus
        await pilot.press("n", "N", "N")
        await until_shown(app, pilot, "Undefined name")


async def test_what_is_new_in_a_file_is_shown_before_what_is_worse(backend: FakeBackend) -> None:
    new = finding("D100", line=7, message="One more", severity="low")
    async with running(backend, first=FIRST) as (app, pilot):
        await show(app, pilot, backend, snapshot(2, ruff=report(*FOUND, new)))
        await opened(pilot, app)
        await pilot.press("j")
        await until_shown(app, pilot, "One more")
        await until(pilot, lambda: app.screen.query_one(SourceView).line == 7)
        assert "+1" in line_with(app, " a.py ")
        assert "+1" in line_with(app, " pkg ")


async def test_a_folder_shows_what_is_new_and_which_rules_are_broken_most(
    backend: FakeBackend,
) -> None:
    new = finding("D100", path="pkg/b.py", line=1, message="Docstring is missing")
    async with running(backend, first=FIRST) as (app, pilot):
        await show(app, pilot, backend, snapshot(2, ruff=report(*FOUND, E711, new)))
        await opened(pilot, app)
        text = await until_shown(app, pilot, "pkg  5 findings", "+1 new", "found most often")
        assert "Docstring is missing" in text
        assert "2 · E711" in text.replace("\u2002", " ")
        assert "D100 at line" not in text


async def test_enter_on_a_file_goes_to_its_source_and_esc_comes_back_out(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("j", "enter")
        assert app.screen.query_one(SourceView).has_focus
        await pilot.press("escape")
        assert tree(app).has_focus
        assert cursor(app) == "pkg/a.py"
        await pilot.press("escape")
        assert isinstance(app.screen, Deck)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_explanation_is_one_key_away_on_every_screen(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("j")
        await until_shown(app, pilot, "value_150")
        await pilot.press("w")
        await until_shown(app, pilot, "Why", "Undefined name")
        await pilot.press("escape")
        await until_shown(app, pilot, "value_150")
        assert tree(app).has_focus


async def test_the_order_goes_from_name_to_findings_to_new_to_documented(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)

        def first() -> str:
            return next(line for line in screen_lines(app) if ".py" in line)

        await pilot.press("j")
        await until_shown(app, pilot, "by name")
        await pilot.press("S")
        await until_shown(app, pilot, "most findings first")
        await pilot.press("S")
        await until_shown(app, pilot, "most new first")
        await pilot.press("S")
        await until_shown(app, pilot, "least documented first")
        assert "a.py" in first()
        assert cursor(app) == "pkg/a.py", "the cursor stays on its path"
        await pilot.press("S")
        await until_shown(app, pilot, "by name")


@pytest.mark.regression
@pytest.mark.parametrize("size", SIZES)
async def test_every_order_marks_its_own_column_and_no_name_changes(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        await opened(pilot, app)
        screen = app.screen
        assert isinstance(screen, FilesScreen)
        for sort in ("name", "lint", "dead", "docs", "security", "new", "coverage"):
            screen.view = msgspec.structs.replace(screen.view, sort=sort)
            name = {"coverage": "documented" if size[0] > 80 else "doc %"}.get(sort, sort)
            await until_shown(app, pilot, "By file")
            head = screen_lines(app)[2]
            assert head.count("▾") == 1
            assert head.partition("▾")[0].rstrip().endswith(f" {name}")
        await pilot.press("S", "S")
        await until_shown(app, pilot, "most findings first", "name  ")
        assert "▾" not in screen_lines(app)[2], "it has no column"


async def test_a_click_on_a_column_sorts_by_it(backend: FakeBackend) -> None:
    two = [finding("V101", path="src/app/core/deep.py", line=n, checker="vulture") for n in (1, 2)]
    async with running(backend, first=snapshot(ruff=report(*FOUND), vulture=report(*two))) as (
        app,
        pilot,
    ):
        await opened(pilot, app)
        head = screen_lines(app)[2]
        await pilot.click(TreeHead, offset=(head.index("dead") - 2, 0))
        text = await until_shown(app, pilot, "most dead first")
        assert text.index("src/app/core") < text.index("▾ pkg")


async def test_the_filter_is_always_seen_and_counts_what_passes(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await until_shown(app, pilot, "filter: none")
        await pilot.press("H", "slash", *"CORE", "enter")
        text = await until_shown(app, pilot, "filter: CORE", "2 files", "deep.py")
        assert "pkg" not in "".join(line.partition("││")[0] for line in text.splitlines()[1:])
        await pilot.press("escape")
        await until_shown(app, pilot, "filter: none", "▸ pkg", "▸ src/app/core")


async def test_a_filter_that_nothing_passes_says_how_to_be_rid_of_it(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("slash", *"nowhere")
        await until_shown(app, pilot, "No file passes the filter; esc clears it.", "0 files")


@pytest.mark.regression
@pytest.mark.parametrize("size", [*SIZES, (120, 30)])
async def test_that_not_every_file_is_listed_is_said(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    first = msgspec.structs.replace(FIRST, files=5)
    async with running(backend, size, first) as (app, pilot):
        await opened(pilot, app)
        assert "4 of 5 files listed " in screen_lines(app)[3]
        await pilot.press("slash", *"quiet")
        await until_shown(app, pilot, "0 files", "No file passes the filter; esc clears it.")
        assert "A file in which nothing is found or measured is not listed." in screen_text(app)
        await pilot.press("escape")
        await show(app, pilot, backend, msgspec.structs.replace(first, generation=2, files=4))
        assert "4 files " in screen_lines(app)[3]
        await pilot.press("slash", *"quiet")
        await until_shown(app, pilot, "No file passes the filter; esc clears it.")
        assert "not listed" not in screen_text(app)


async def test_the_filter_asks_what_was_found_in_a_file(backend: FakeBackend) -> None:
    new = finding("D100", path="pkg/b.py", line=9, message="One more", severity="low")
    base = Base("branch", "main", ready=True)
    first = msgspec.structs.replace(FIRST, base=base)
    async with running(backend, first=first) as (app, pilot):
        await opened(pilot, app)
        assert "counts of whole files" not in screen_text(app)
        later = snapshot(2, ruff=report(*FOUND, new), vulture=FIRST.results["vulture"].last)
        await show(app, pilot, backend, msgspec.structs.replace(later, base=base))
        await pilot.press("slash", *(KEYS.get(key, key) for key in "is:new"))
        await until_shown(app, pilot, "filter: is:new · counts of whole files", "1 file ", "b.py")
        await pilot.press(*(KEYS.get(key, key) for key in " sev:high"))
        await until_shown(app, pilot, "No file passes the filter", "0 files")
        for words, files in (
            ("rule:D1", "1 file "),
            ("! rule:D1", "2 files"),
            ("rule:D1 b.p", "1 file "),
            ("rule:D1 deep", "0 files"),
            ("tool:vult", "1 file "),
        ):
            await pilot.press("escape", "slash", *(KEYS.get(key, key) for key in words))
            await until_shown(app, pilot, f"filter: {words}", files)
        await pilot.press("escape", "slash", *(KEYS.get(key, key) for key in "rul:D1"))
        await until_shown(app, pilot, "did you mean rule: ?")


@pytest.mark.regression
async def test_the_filter_looks_beyond_the_folder_that_the_deck_is_of(
    backend: FakeBackend,
) -> None:
    broken = Report(report(V101).files, errors=(FileError("pkg/b.py", 1, "invalid syntax"),))
    first = snapshot(ruff=report(*FOUND), vulture=broken, interrogate=MEASURED)
    async with running(backend, first=first) as (app, pilot):
        app.context.state.within = "src"
        await opened(pilot, app)
        await pilot.press("slash", *(KEYS.get(key, key) for key in "rule:F821"))
        await until_shown(app, pilot, "Deck: only src", "filter: rule:F821", "1 file ", "a.py")
        await pilot.press("escape", "slash", *(KEYS.get(key, key) for key in "sev:high b.py"))
        await until_shown(app, pilot, "filter: sev:high b.py", "1 file ", "b.py")


async def test_only_new_counts_only_that_and_is_the_sessions_switch(backend: FakeBackend) -> None:
    new = finding("D100", path="pkg/b.py", line=9, message="One more")
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("b")
        await until_shown(app, pilot, "Nothing is new since session start.", "only new")
        assert app.context.state.only_new
        await show(app, pilot, backend, snapshot(2, ruff=report(*FOUND, new)))
        await until_shown(app, pilot, "b.py", "1 file ")
        assert figures(app, "b.py") == ["1", "+1"]
        await until_shown(app, pilot, "pkg  1 new finding ", "+1 new")
        assert "E711" not in screen_text(app), "the folder, too, shows nothing else than new"
        await pilot.press("b")
        await until_shown(app, pilot, "a.py", "3 of 2,814 files listed", "pkg  4 findings")


async def test_cursor_and_folds_stay_when_counts_change_and_files_come(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("h", "G")
        assert cursor(app) == "src/app/core/deep.py"
        before = [finding("E711", path=f"early/{number}.py") for number in range(20)]
        await show(app, pilot, backend, snapshot(2, ruff=report(*FOUND, *before)))
        assert cursor(app) == "src/app/core/deep.py"
        assert "▸ pkg" in screen_text(app)
        assert "▸ early" in screen_text(app)


async def test_a_cursor_whose_file_is_gone_stays_at_its_line(backend: FakeBackend) -> None:
    async with running(backend, first=snapshot(ruff=report(*FOUND))) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("j")
        assert cursor(app) == "pkg/a.py"
        await show(app, pilot, backend, snapshot(2, ruff=report(E711, DEEP)))
        assert cursor(app) in ("pkg", "pkg/b.py")
        await show(app, pilot, backend, snapshot(3))
        await until_shown(app, pilot, "Nothing found.")
        assert cursor(app) == ""


async def test_the_deck_of_a_folder_of_another_and_of_everything_again(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, Deck))
        await until_shown(app, pilot, "Lint 3", "Dead code 1")
        await pilot.press("0")
        text = await until_shown(app, pilot, "Deck: only pkg")
        assert "deep.py" in text, "the tree stays whole: it is where another folder is chosen"
        assert figures(app, "4 of 2,814 files listed") == ["4", "1", "66", "%"]
        await pilot.press("G", "W")
        await until_shown(app, pilot, "Lint 1")
        await pilot.press("0", "W")
        await until_shown(app, pilot, "Lint 4")


async def test_a_file_outside_of_folders_has_no_deck_and_says_so(backend: FakeBackend) -> None:
    alone = finding("E711", path="setup.py")
    async with running(backend, first=snapshot(ruff=report(alone))) as (app, pilot):
        await pilot.press("0", "W")
        await until_shown(app, pilot, "this file lies in no folder")


async def test_a_file_that_could_not_be_read_is_marked_and_its_reason_shown(
    backend: FakeBackend,
) -> None:
    broken = Report(errors=(FileError("pkg/b.py", 1, "invalid syntax"),))
    async with running(backend, first=snapshot(ruff=report(F401), vulture=broken)) as (app, pilot):
        await pilot.press("0")
        await until_shown(app, pilot, "b.py ✗", "pkg ✗")
        await pilot.press("G")
        await until_shown(app, pilot, "invalid syntax", "import sys")


async def test_a_click_moves_and_one_on_the_sign_folds(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.click(TreeList, offset=(12, 2))
        assert cursor(app) == "pkg/b.py"
        await pilot.click(TreeList, offset=(0, 0))
        await until_shown(app, pilot, "▸ pkg")


async def test_a_pane_and_the_tree_take_each_others_place_on_the_deck(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("j", "tab")
        await until_shown(app, pilot, "1 Lint 4")
        await pilot.press("0")
        await until_shown(app, pilot, "By file")
        assert cursor(app) == "pkg/a.py"
        await pilot.press("escape")
        assert isinstance(app.screen, Deck)


async def test_how_it_was_looked_at_can_be_taken_and_given_back(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        await pilot.press("h", "G", "S")
        screen = app.screen
        assert isinstance(screen, FilesScreen)
        view = screen.view
        assert view.unfolded is not None
        assert "pkg" not in view.unfolded
        assert (view.sort, view.cursor) == ("findings", cursor(app))
        screen.view = FilesView(words="pkg", unfolded=frozenset(), cursor="pkg/b.py")
        await until_shown(app, pilot, "filter: pkg", "by name")
        assert cursor(app) == "pkg/b.py"
        screen.view = view
        await until_shown(app, pilot, "filter: none", "▸ pkg", "▾ src/app/core")
        assert screen.view == view


async def test_an_order_that_is_no_longer_there_is_by_name(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        screen = app.screen
        assert isinstance(screen, FilesScreen)
        screen.view = FilesView(sort="a pane of another version")
        await until_shown(app, pilot, "by name")


async def test_names_from_outside_are_text(backend: FakeBackend) -> None:
    odd = finding("E711", path="pkg/[red]\x1b[31m.py")
    async with running(backend, first=snapshot(ruff=report(odd))) as (app, pilot):
        await pilot.press("0")
        await until_shown(app, pilot, r"[red]\x1b[31m.py")


async def test_what_is_not_fresh_says_so_in_its_columns_title(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        results = dict(FIRST.results)
        results["vulture"] = msgspec.structs.replace(results["vulture"], running=True, last=None)
        await show(app, pilot, backend, msgspec.structs.replace(FIRST, results=results))
        await pilot.press("0")
        await until_shown(app, pilot, "◌dead")


# --- Keys of other places -----------------------------------------------------------------------


@pytest.mark.regression
async def test_what_was_dismissed_is_undone_and_done_again_here_too(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "x", *"so", "enter")
        await until_shown(app, pilot, "1 Lint 3 · 1 dismissed")
        await opened(pilot, app)
        assert figures(app, "pkg")[0] == "2"
        await pilot.press("z")
        await until_shown(app, pilot, "undone: dismissal of F821")
        assert figures(app, "pkg")[0] == "3"
        await pilot.press("Z")
        await until_shown(app, pilot, "done again: dismissal of F821")
        assert figures(app, "pkg")[0] == "2"


@pytest.mark.regression
async def test_a_key_of_a_pane_says_where_it_works_and_is_no_key_of_here(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await opened(pilot, app)
        for key, words in (
            ("x", "dismissing"),
            ("d", "the list of the dismissed"),
            ("t", "grouping"),
            ("s", "the least severity"),
            ("plus", "zooming"),
        ):
            await pilot.press(key)
            await until_shown(
                app, pilot, f"{words} works in the list of a pane. Open one with 1 to 4."
            )
        await pilot.press("j", "enter", "H")
        await until_shown(app, pilot, "folding all works in the tree. esc goes back to it.")
        await pilot.press("escape", "question_mark")
        assert "dismissing" not in await until_shown(app, pilot, "Keys", "undo", "redo")

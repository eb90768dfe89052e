"""A pane: its list, the source at the finding, and why."""

import gc
import warnings
from pathlib import Path

import msgspec
import pytest

from cockpit.errors import CockpitError
from cockpit.history import History
from cockpit.model import Base, Failure, Result
from cockpit.places import data_folder
from cockpit.ui.app import CockpitApp
from cockpit.ui.detail import Detail
from cockpit.ui.list import FindingList
from cockpit.ui.pane import Filter, PaneScreen
from cockpit.ui.source import SourceView
from cockpit.ui.view import View
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
    styles_of,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration

F401 = finding("F401", line=1, message="`os` imported but unused")
F841 = finding("F841", line=150, message="Local variable is never used", severity="medium")
E711 = finding("E711", path="pkg/b.py", line=1, message="Comparison to None", severity="low")
B404 = finding("B404", line=1, message="os is dangerous", checker="bandit", severity="low")
FIRST = snapshot(ruff=report(F401, F841, E711), bandit=report(B404))
SIZES = [(160, 45), (100, 30), (80, 24)]


def cursor(app: object) -> str:
    """Return the rule under the list's cursor."""
    found = app.screen.query_one(FindingList).finding  # type: ignore[attr-defined]
    return found.rule if found else ""


@pytest.mark.parametrize("size", SIZES)
async def test_list_source_and_why_are_seen_together(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        await pilot.press("1")
        text = await until_shown(app, pilot, "import os", "F401 a-rule")
        for words in ("1 Lint 3", "filter: none", "▲ F401", "● F841", "· E711", "pkg/a.py:1"):
            assert words in text
        assert "a-rule" in await until_shown(app, pilot, "a-rule")
        assert "esc back" in screen_lines(app)[-1]


async def test_side_by_side_from_120_columns_and_below_each_other_under_that(
    backend: FakeBackend,
) -> None:
    async with running(backend, (120, 40), FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        assert "1 Lint" in screen_lines(app)[1]
        assert "pkg/a.py" in screen_lines(app)[1]
        await pilot.resize_terminal(119, 40)
        await until(pilot, lambda: "pkg/a.py" not in screen_lines(app)[1])
        assert "1 Lint" in screen_lines(app)[1]


async def test_the_source_opens_with_the_finding_in_its_upper_third_underlined(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "j")
        await until_shown(app, pilot, "value_150")
        source = app.screen.query_one(SourceView)
        assert 0 < 149 - source.scroll_offset.y <= source.size.height / 3
        assert source.line == 150
        assert any(style.underline for style in styles_of(app, "val"))


async def test_the_gutter_marks_what_every_tool_says_of_a_line(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os", "lint F401")
        assert "1 ▲·" in line_with(app, "import os")


async def test_why_shows_message_facts_documentation_and_address(backend: FakeBackend) -> None:
    full = msgspec.structs.replace(
        B404, confidence="HIGH", url="https://example.org/b404", symbol="area", also=("S404",)
    )
    async with running(backend, (160, 50), snapshot(bandit=report(full))) as (app, pilot):
        await pilot.press("4")
        text = await until_shown(app, pilot, "Checks for", "https://example.org/b404")
        assert "B404 a-rule  bandit · low severity · high confidence" in text
        assert "S404 says the same" in text
        assert "# nosec B404" in text
        assert "Checks for [red] things." in text
        assert "import os" in text


async def test_documentation_is_asked_for_once_a_rule(backend: FakeBackend) -> None:
    twice = snapshot(ruff=report(F401, finding("F401", line=7)))
    async with running(backend, first=twice) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "Checks for")
        await pilot.press("j")
        await until_shown(app, pilot, "line 7", "Checks for")
        assert backend.asked.count(("document", "F401")) == 1


async def test_without_documentation_it_says_why(backend: FakeBackend) -> None:
    backend.doc = CockpitError("ruff knows no rule F401")
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "ruff knows no rule F401")


@pytest.mark.regression
async def test_documentation_that_comes_on_the_way_out_is_dropped(backend: FakeBackend) -> None:
    """Quitting in the blink in which a rule's documentation came ended in a traceback."""
    backend.may_document.clear()
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until(pilot, lambda: ("document", "F401") in backend.asked)
        detail = app.screen.query_one(Detail)
        await detail.why.remove()  # as the end does: from the inside
        backend.may_document.set()
        await detail.workers.wait_for_complete()


@pytest.mark.regression
async def test_a_file_that_is_passed_at_once_is_not_read(backend: FakeBackend) -> None:
    """Python warned, over the screen's last lines, of work that was never begun."""
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os", "lint F401")
        detail = app.screen.query_one(Detail)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for path in ("pkg/no.py", "pkg/nor_this.py", "pkg/a.py"):
                detail.look_at(path, None)
            await until(pilot, lambda: all(one.is_finished for one in detail.workers))
            gc.collect()
        assert not [one.message for one in caught]


async def test_the_cursor_stays_on_its_finding_when_the_list_changes(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "j")
        assert cursor(app) == "F841"
        above = finding("F821", line=3, message="Undefined name")
        moved = msgspec.structs.replace(F841, line=151, end_line=151)
        await show(app, pilot, backend, snapshot(2, ruff=report(above, F401, moved, E711)))
        assert cursor(app) == "F841"
        await until(pilot, lambda: app.screen.query_one(SourceView).line == 151)


async def test_a_cursor_whose_finding_vanished_stays_at_its_row(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "j")
        await show(app, pilot, backend, snapshot(2, ruff=report(F401, E711)))
        assert cursor(app) == "E711"
        await show(app, pilot, backend, snapshot(3, ruff=report(F401)))
        assert cursor(app) == "F401"
        await show(app, pilot, backend, snapshot(4))
        assert cursor(app) == ""
        await until_shown(app, pilot, "Nothing found.")


async def test_a_file_that_changed_is_read_again(backend: FakeBackend, project: Path) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        (project / "pkg/a.py").write_text("import re  # changed\n", encoding="utf-8")
        await show(app, pilot, backend, msgspec.structs.replace(FIRST, generation=2))
        await until_shown(app, pilot, "import re  # changed")


async def test_a_filter_narrows_shows_itself_and_esc_clears_it_first(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "slash", *"none")
        text = await until_shown(app, pilot, "filter: none · 1 shown")
        assert "F401  " not in text.split("│")[1]
        await pilot.press("enter")
        assert cursor(app) == "E711"
        await pilot.press("escape")
        await until(pilot, lambda: "shown" not in screen_text(app))
        assert "1 Lint 3" in screen_text(app), "the pane is still open"
        await pilot.press("escape")
        await until_shown(app, pilot, "4 Security")


async def test_esc_out_of_the_filter_brings_the_cursor_back(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "j", "slash", *"none")
        await until_shown(app, pilot, "filter: none · 1 shown")
        assert cursor(app) == "E711"
        await pilot.press("escape")
        await until(pilot, lambda: "shown" not in screen_text(app))
        assert cursor(app) == "F841"
        await pilot.press("slash", *"none", *["backspace"] * 4)
        await until(pilot, lambda: "shown" not in screen_text(app))
        await pilot.press("escape")
        assert cursor(app) == "F841", "also where the words were taken back one by one"


async def test_esc_after_the_filter_was_kept_leaves_the_cursor_on_what_it_found(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "slash", *"none", "enter", "escape")
        await until(pilot, lambda: "shown" not in screen_text(app))
        assert cursor(app) == "E711"


async def test_thousands_are_dismissed_aside_and_taken_back(backend: FakeBackend) -> None:
    many = snapshot(ruff=report(*(finding("F401", line=line) for line in range(1, 1_001))))
    async with running(backend, first=many) as (app, pilot):
        await pilot.press("1", "t", "h", "x", *"later", "enter", "enter")
        await until_shown(app, pilot, "dismissed 1,000 findings")
        assert app.context.state.count("lint") == 0
        await pilot.press("z")
        await until_shown(app, pilot, "undone:", "1 Lint 1,000")


async def test_a_filter_turned_round_leaves_the_others(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "slash", "exclamation_mark", *"b.py")
        await until_shown(app, pilot, "filter: !b.py · 2 shown")
        await pilot.press(*"zzz", "enter")
        await pilot.press("slash", *(["backspace"] * 8), *"nowhere")
        await until_shown(app, pilot, "Nothing passes the filter")


async def test_keys_in_the_filter_are_text(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "slash", *"q1sj")
        await until_shown(app, pilot, "filter: q1sj")


async def test_least_severity_goes_round(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "s")
        await until_shown(app, pilot, "medium and worse", "2 shown")
        await pilot.press("s")
        await until_shown(app, pilot, "only high", "1 shown")
        await pilot.press("s")
        await until(pilot, lambda: "worse" not in screen_text(app))


async def test_enter_goes_to_the_source_and_its_keys_act_there(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        await pilot.press("enter", "j", "j", "j", "y")
        assert app.clipboard == "pkg/a.py:4"
        await pilot.press("G", "y")
        assert app.clipboard == "pkg/a.py:199"
        await until_shown(app, pilot, "value_199")
        await pilot.press("escape", "y")
        assert app.clipboard == "pkg/a.py:1"


async def test_tab_and_numbers_go_from_pane_to_pane_and_each_keeps_its_place(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "j", "tab")
        await until_shown(app, pilot, "2 Dead code")
        await pilot.press("4")
        await until_shown(app, pilot, "os is dangerous")
        await pilot.press("tab")
        await until_shown(app, pilot, "1 Lint 3")
        assert cursor(app) == "F841"
        await pilot.press("escape")
        await until_shown(app, pilot, "enter open")


async def test_a_failed_tool_says_why_above_its_dimmed_results(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        before = styles_of(app, "Comparison")
        last = report(F401, F841, E711)
        broken = Result("ruff", Failure("ruff crashed", "Press r to try again."), last)
        later = msgspec.structs.replace(FIRST, results={**FIRST.results, "ruff": broken})
        await show(app, pilot, backend, later)
        text = await until_shown(app, pilot, "✗ ruff crashed", "Press r to try again.")
        assert "Comparison to None" in text
        assert styles_of(app, "Comparison") != before


async def test_a_file_that_is_gone_is_said_in_words(backend: FakeBackend, project: Path) -> None:
    (project / "pkg/a.py").unlink()
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "pkg/a.py: no such file or directory")


async def test_the_exact_command_can_be_seen_and_copied(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("4", "at")
        text = await until_shown(app, pilot, "Exact command")
        assert "bandit is not installed. Install it." in text
        assert "ruff check 'a file [red].py'" in text
        await pilot.press("y")
        await until_shown(app, pilot, "copied 1 command")
        assert app.clipboard == "ruff check 'a file [red].py'"
        await pilot.press("escape")
        await until_shown(app, pilot, "4 Security")


async def test_help_lists_the_keys_that_work_here(backend: FakeBackend) -> None:
    async with running(backend, (100, 50), FIRST) as (app, pilot):
        await pilot.press("1", "question_mark")
        text = await until_shown(app, pilot, "Keys", "Everywhere")
        for words in ("half a page down", "re-run all", "Lint", "palette"):
            assert words in text
        await pilot.press("escape")
        await until_shown(app, pilot, "1 Lint 3")


async def test_help_that_is_longer_than_the_screen_has_an_end(backend: FakeBackend) -> None:
    async with running(backend, (80, 24), FIRST) as (app, pilot):
        await pilot.press("question_mark")
        assert "a column a pane" not in await until_shown(app, pilot, "Everywhere")
        await pilot.press("G")
        await until_shown(app, pilot, "a column a pane")
        await pilot.press("g")
        await until_shown(app, pilot, "Everywhere")


async def test_every_binding_has_an_id_of_its_own(backend: FakeBackend) -> None:
    from cockpit.ui import app, bars, deck, list, modals, page, pane, source, tile, why

    found: dict[str, object] = {}
    for module in (app, bars, deck, list, modals, page, pane, source, tile, why):
        for owner in vars(module).values():
            if isinstance(owner, type) and owner.__module__ == module.__name__:
                for binding in vars(owner).get("BINDINGS", ()):
                    if binding.action.startswith("not_here("):  # it does nothing to bind anew
                        continue
                    assert binding.id, f"{owner.__name__}: {binding.key}"
                    assert binding.id not in found, binding.id
                    found[binding.id] = owner
    assert len(found) > 40


# --- How a person looks at a list ---------------------------------------------------------------


def rows_of(app: CockpitApp) -> list[str]:
    """Return the lines that the list shows, without what surrounds them."""
    shown = app.screen.query_one(FindingList).region
    lines = screen_lines(app)[shown.y + 1 : shown.bottom - 1]
    return [text for line in lines if (text := line[shown.x + 1 : shown.right - 1].strip())]


async def test_groups_have_headers_with_counts_and_fold(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "t")
        await until_shown(app, pilot, "by file")
        heads = [line for line in rows_of(app) if line.startswith("▾")]
        assert heads == ["▾ pkg/a.py  2  ▲1  ●1", "▾ pkg/b.py  1  ·1"]
        assert rows_of(app)[1].endswith(":1") and "a.py" not in rows_of(app)[1]
        assert cursor(app) == "F401", "the cursor stays on its finding"
        await pilot.press("h")
        await until(pilot, lambda: rows_of(app)[0] == "▸ pkg/a.py  2  ▲1  ●1")
        assert len(rows_of(app)) == 3
        await pilot.press("l")
        await until(pilot, lambda: len(rows_of(app)) == 5)
        await pilot.press("H")
        await until(pilot, lambda: len(rows_of(app)) == 2)
        await pilot.press("L", "space")
        await until(pilot, lambda: len(rows_of(app)) == 3)
        await pilot.press("t")
        await until_shown(app, pilot, "by rule", "▾ F401  1")
        await pilot.press("t")
        await until_shown(app, pilot, "by tool", "▾ ruff  3  ▲1  ●1  ·1")
        await pilot.press("t", "space")
        await until_shown(app, pilot, "there are no groups to fold")


async def test_folds_survive_updates_and_a_click_on_a_header_folds(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "t", "h")
        await until(pilot, lambda: rows_of(app)[0].startswith("▸ pkg/a.py"))
        more = finding("F821", line=30, message="Undefined name")
        await show(app, pilot, backend, snapshot(2, ruff=report(F401, F841, E711, more)))
        await until(pilot, lambda: rows_of(app)[0] == "▸ pkg/a.py  3 +1  ▲2  ●1")
        y = next(y for y, line in enumerate(screen_lines(app)) if "▾ pkg/b.py" in line)
        await pilot.click(offset=(6, y))
        await until(pilot, lambda: len(rows_of(app)) == 2)


async def test_lists_are_sorted_worst_first_by_place_and_by_rule(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "S")
        await until_shown(app, pilot, "sorted by place")
        await pilot.press("S")
        await until_shown(app, pilot, "sorted by rule")
        assert [line.split()[1] for line in rows_of(app)] == ["E711", "F401", "F841"]
        await pilot.press("S")
        await until(pilot, lambda: "sorted by" not in screen_text(app))


async def test_n_goes_from_finding_to_finding_past_headers(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "t", "n", "n")
        assert cursor(app) == "E711"
        await pilot.press("n")
        await until_shown(app, pilot, "this is the last finding")
        await pilot.press("N")
        assert cursor(app) == "F841"


async def test_only_new_is_one_switch_for_all_pages_and_says_since_when(
    backend: FakeBackend,
) -> None:
    base = Base("branch", "main", ready=True)
    first = msgspec.structs.replace(FIRST, base=base)
    async with running(backend, first=first) as (app, pilot):
        await pilot.press("b")
        await until_shown(app, pilot, "nothing is new since main", "only new since main")
        assert "unused" not in screen_text(app)
        new = finding("F821", line=3, message="Undefined name")
        later = snapshot(2, ruff=report(F401, F841, E711, new), bandit=report(B404))
        await show(app, pilot, backend, msgspec.structs.replace(later, base=base))
        await pilot.press("1")
        await until_shown(app, pilot, "1 Lint 4 +1", "only new since main", "1 shown")
        assert [line.split()[1] for line in rows_of(app)] == ["F821"]
        await pilot.press("b")
        await until(pilot, lambda: len(rows_of(app)) == 4)


@pytest.mark.regression
async def test_a_base_that_is_known_late_marks_the_source_that_is_open(
    backend: FakeBackend,
) -> None:
    """The list said what is new; gutter and explanation did only after the cursor moved."""
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os", "F401 a-rule")
        assert "1 ▲·" in line_with(app, "import os")
        base, new = Base("branch", "main", ready=True), {"ruff": {"pkg/a.py": {"F401-1"}}}
        await show(app, pilot, backend, msgspec.structs.replace(FIRST, base=base, new=new))
        await until_shown(app, pilot, "1+▲·", "new since main")


async def test_who_comes_back_from_a_pane_is_on_its_tile(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("4", "escape", "enter")
        await until_shown(app, pilot, "4 Security 1  filter")
        await pilot.press("tab", "escape", "y")
        assert app.clipboard == "pkg/a.py:1"


async def test_the_exact_command_says_that_it_knows_nothing_of_a_folder(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        app.context.state.within = "pkg"
        await pilot.press("1", "at")
        await until_shown(app, pilot, "The screen shows only those in pkg.")


async def test_before_the_base_is_known_only_new_says_so(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "b")
        await until_shown(app, pilot, "is not known yet")


async def test_a_misspelt_qualifier_is_explained_beside_the_filter(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "slash", *"rul:F4")
        await until_shown(app, pilot, "did you mean rule: ?")
        assert len(rows_of(app)) == 3
        await pilot.press("home", "right", "right", "right", "e")
        await until_shown(app, pilot, "filter: rule:F4 · 1 shown")
        await pilot.press("enter")
        assert "rule:F4" in screen_lines(app)[-2], "the filter stays in sight while it is set"


@pytest.mark.regression
@pytest.mark.parametrize("size", SIZES)
async def test_what_is_said_of_a_filter_is_not_cut(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        await pilot.press("1", "slash", *"foo:bar")
        await until_shown(app, pilot, "no foo: here", "quotes")
        assert len(rows_of(app)) == 3, "it takes nothing away"
        await pilot.press("escape", "slash", *"std::x")
        text = await until_shown(
            app, pilot, "Nothing passes the filter", "looked for as text", "is:"
        )
        assert "severity:" in text


@pytest.mark.regression
async def test_what_passes_and_is_dismissed_is_told_from_what_does_not_pass(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "slash", *"rule:F4", "enter", "x", *"so", "enter")
        await until_shown(
            app, pilot, "Nothing that passes the filter is left, 1 dismissed; d shows"
        )
        await pilot.press("d")
        await until_shown(app, pilot, "the dismissed", "so (")
        await pilot.press("d", "slash", *"9", "enter")
        await until_shown(app, pilot, "Nothing passes the filter; esc clears it.")


async def test_the_view_can_be_taken_and_given_back(backend: FakeBackend) -> None:
    view = View("is:fix", "medium", "rule", "file", frozenset(["pkg/b.py"]), cursor=F841.key)
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        screen = app.screen
        assert isinstance(screen, PaneScreen)
        screen.view = view
        await until_shown(app, pilot, " filter  is:fix", "0 shown · medium and worse · by file")
        assert screen.view == view, "a finding that is not there yet is waited for"
        screen.view = msgspec.structs.replace(view, words="")
        await until(pilot, lambda: cursor(app) == "F841")


async def test_zoom_lets_one_part_fill_the_screen_and_follows_the_focus(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        await pilot.press("plus")
        await until(pilot, lambda: app.screen.query_one(FindingList).size.width > 150)
        assert "import os" not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one(SourceView).size.width > 150)
        await pilot.press("escape", "escape")
        await until_shown(app, pilot, "import os", "imported but unused")


# --- Dismissing ---------------------------------------------------------------------------------


async def test_a_finding_is_dismissed_with_a_reason_seen_undone_and_done_again(
    backend: FakeBackend,
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "x")
        await until_shown(app, pilot, "dismiss F401 at line 1 because")
        await pilot.press("enter")
        await until_shown(app, pilot, "a dismissal needs a reason")
        await pilot.press(*"for py2", "enter")
        await until_shown(app, pilot, "1 Lint 2 · 1 dismissed", "dismissed F401 at pkg/a.py:1")
        assert cursor(app) == "F841", "the cursor stays at its row"
        await pilot.press("d")
        await until_shown(app, pilot, "the dismissed", "for py2 (")
        await pilot.press("d", "z")
        await until_shown(app, pilot, "undone: ", "1 Lint 3")
        await pilot.press("Z")
        await until_shown(app, pilot, "1 Lint 2 · 1 dismissed", "done again: ")
        await pilot.press("d", "x")
        await until_shown(app, pilot, "took back the dismissal", "1 Lint 3")


@pytest.mark.regression
async def test_undo_puts_the_cursor_on_the_finding_that_came_back(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "x", *"so", "enter")
        await until_shown(app, pilot, "1 Lint 2 · 1 dismissed")
        await pilot.press("G")
        assert cursor(app) != "F401"
        await pilot.press("z")
        await until_shown(app, pilot, "undone: ", "1 Lint 3")
        assert cursor(app) == "F401"
        await pilot.press("G", "Z", "d", "x")
        await until_shown(app, pilot, "took back the dismissal")
        await pilot.press("z")
        await until_shown(app, pilot, "undone: return of F401", "the dismissed")
        assert cursor(app) == "F401", "also among the dismissed"


@pytest.mark.regression
async def test_undo_of_several_puts_the_cursor_on_the_uppermost(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "t", "h", "x", *"old", "enter")
        await until_shown(app, pilot, "1 Lint 1 · 2 dismissed")
        await pilot.press("t", "t", "t", "z")
        await until_shown(app, pilot, "undone: ", "1 Lint 3")
        assert cursor(app) == "F401"


@pytest.mark.regression
async def test_undo_of_what_is_not_in_the_list_leaves_the_cursor(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "x", *"so", "enter")
        await until_shown(app, pilot, "1 Lint 2 · 1 dismissed")
        await pilot.press("slash", *"!F401", "enter", "G")
        before = cursor(app)
        await pilot.press("z")
        await until_shown(app, pilot, "undone: ", "1 Lint 3")
        assert cursor(app) == before


@pytest.mark.regression
async def test_a_key_of_another_part_says_which(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "W")
        await until_shown(app, pilot, "the Deck of one folder works in By file. Open it with 0.")
        await pilot.press("enter", "space")
        await until_shown(app, pilot, "folding works in the list. esc goes back to it.")
        await pilot.press("w", "n")
        await until_shown(app, pilot, "going to the next finding works in the list")


async def test_a_whole_group_is_dismissed_after_saying_how_many(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "t", "h", "x")
        await until_shown(app, pilot, "2 findings of pkg/a.py: dismiss all because")
        await pilot.press("escape", "x", *"old", "enter")
        await until_shown(app, pilot, "1 Lint 1 · 2 dismissed")


@pytest.mark.regression
async def test_what_another_cockpit_dismisses_and_undoes_is_seen_while_both_are_open(
    backend: FakeBackend,
) -> None:
    other = History(data_folder(), backend.root)
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "j")
        await until_shown(app, pilot, "1 Lint 3")
        other.dismiss([F401], "over there")
        await until_shown(app, pilot, "1 Lint 2 · 1 dismissed")
        assert cursor(app) == "F841", "the cursor stays at its finding"
        await until(pilot, lambda: "1 ▲" not in line_with(app, "import os"))
        other.undo()
        await until_shown(app, pilot, "1 Lint 3")
        assert cursor(app) == "F841"


@pytest.mark.regression
@pytest.mark.parametrize("size", SIZES)
async def test_what_the_prompt_offers_is_not_cut(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        await pilot.press("1", "t", "h", "x")
        text = await until_shown(app, pilot, "2 findings of pkg/a.py: dismiss all because")
        assert "enter keeps it" in text
        assert "esc leave" in text


@pytest.mark.regression
async def test_many_findings_are_dismissed_after_their_number_was_said_twice(
    backend: FakeBackend,
) -> None:
    many = snapshot(ruff=report(*(finding("D103", line=line) for line in range(1, 31))))
    async with running(backend, first=many) as (app, pilot):
        await pilot.press("1", "t", "h", "x", *"old", "enter")
        await until_shown(app, pilot, "30 findings: enter again dismisses all", "1 Lint 30")
        await pilot.press("s")
        await until_shown(app, pilot, "30 findings of pkg/a.py: dismiss all because")
        await pilot.press("enter", "enter")
        await until_shown(app, pilot, "1 Lint 0 · 30 dismissed")


@pytest.mark.regression
@pytest.mark.parametrize("size", SIZES)
async def test_a_title_without_room_keeps_the_number_that_is_shown(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    words = "rule:F4 path:a !tests !a-word-that-is-nowhere !another-word-that-is-nowhere !b"
    async with running(backend, size, FIRST) as (app, pilot):
        for count in (1, 2, 3):
            found = [finding("F401", line=line) for line in range(1, count + 1)]
            await show(app, pilot, backend, snapshot(count + 1, ruff=report(*found, F841)))
        await pilot.press("1", "slash")
        app.screen.query_one(Filter).value = words
        await pilot.press("enter")
        await until_shown(app, pilot, " · 3 shown ─")
        await pilot.press("escape", "slash", *"rule:F4", "enter")
        assert "filter: rule:F4 · 3 shown ─" in await until_shown(app, pilot, "3 shown ─")


async def test_x_on_the_deck_asks_in_the_pane_of_the_finding(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("4")
        await pilot.press("escape", "x")
        await until_shown(app, pilot, "4 Security", "dismiss B404 at line 1 because")


@pytest.mark.regression
async def test_a_part_that_is_zoomed_away_may_change(backend: FakeBackend) -> None:
    """A source of no height once had no cell for its marks."""
    many = [finding(line=line) for line in range(1, 9)]
    async with running(backend, first=snapshot(ruff=report(*many))) as (app, pilot):
        await pilot.press("1", "plus", "j", "j", "plus", "j")
        await until_shown(app, pilot, "F401 at line 4", "def area")


@pytest.mark.regression
async def test_keys_work_again_after_the_screen_was_too_small(backend: FakeBackend) -> None:
    many = [finding(line=line) for line in range(1, 9)]
    async with running(backend, first=snapshot(ruff=report(*many))) as (app, pilot):
        await pilot.press("1")
        await pilot.resize_terminal(30, 8)
        await until_shown(app, pilot, "needs at least")
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: app.screen.focused is not None)
        await pilot.press("j")
        await until_shown(app, pilot, "F401 at line 2")

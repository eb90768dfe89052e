"""A pane: its list, the source at the finding, and why."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from cockpit.errors import CockpitError
from cockpit.model import Failure, Result
from cockpit.ui.list import FindingList
from cockpit.ui.source import SourceView
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
        text = await until_shown(app, pilot, "import os", "silence it with # noqa: F401")
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
        await until_shown(app, pilot, "import os", "F401 B404")
        assert "1 ▲·" in line_with(app, "import os")


async def test_why_shows_message_facts_documentation_and_address(backend: FakeBackend) -> None:
    full = msgspec.structs.replace(
        B404, confidence="HIGH", url="https://example.org/b404", symbol="area", also=("S404",)
    )
    async with running(backend, (160, 50), snapshot(bandit=report(full))) as (app, pilot):
        await pilot.press("4")
        text = await until_shown(app, pilot, "What it does", "https://example.org/b404")
        assert "B404 a-rule  bandit · low severity · high confidence" in text
        assert "S404 says the same" in text
        assert "# nosec B404" in text
        assert "Checks for [red] things." in text
        assert "import os" in text


async def test_documentation_is_asked_for_once_a_rule(backend: FakeBackend) -> None:
    twice = snapshot(ruff=report(F401, finding("F401", line=7)))
    async with running(backend, first=twice) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "What it does")
        await pilot.press("j")
        await until_shown(app, pilot, "on line 7", "What it does")
        assert backend.asked.count(("document", "F401")) == 1


async def test_without_documentation_it_says_why(backend: FakeBackend) -> None:
    backend.doc = CockpitError("ruff knows no rule F401")
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "ruff knows no rule F401")


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


async def test_without_an_editor_it_says_what_to_set(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "e")
        await until_shown(app, pilot, "no editor is set")


async def test_every_binding_has_an_id_of_its_own(backend: FakeBackend) -> None:
    from cockpit.ui import app, bars, deck, list, modals, page, pane, source, tile, why

    found: dict[str, object] = {}
    for module in (app, bars, deck, list, modals, page, pane, source, tile, why):
        for owner in vars(module).values():
            if isinstance(owner, type) and owner.__module__ == module.__name__:
                for binding in vars(owner).get("BINDINGS", ()):
                    assert binding.id, f"{owner.__name__}: {binding.key}"
                    assert binding.id not in found, binding.id
                    found[binding.id] = owner
    assert len(found) > 40


async def test_an_editor_that_is_not_there_leaves_the_screen_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor-anywhere")
    backend = FakeBackend(tmp_path)
    async with running(backend, first=snapshot(ruff=report(finding()))) as (app, pilot):
        lent: list[str] = []

        @contextmanager
        def suspend() -> Iterator[None]:
            lent.append("taken")
            yield
            lent.append("given back")

        monkeypatch.setattr(app, "suspend", suspend)
        await pilot.press("1", "e")
        await until_shown(app, pilot, "the editor no-such-editor-anywhere cannot be started")
        assert lent == ["taken", "given back"]

"""The CPU page as a person uses it: what is sampled, its views, and every state it can be in."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.geometry import Size

from cockpit.places import data_folder
from cockpit.profilers.profile import Frame, Function, Stack, Thread
from cockpit.profilers.pyspy import Options
from cockpit.profilers.sampler import Glance, State
from cockpit.profilers.shelf import Shelf
from cockpit.profilers.target import Target
from cockpit.ui.app import CockpitApp
from cockpit.ui.calls import CallsView
from cockpit.ui.cpu import CpuScreen
from cockpit.ui.cpu_head import Tabs
from cockpit.ui.deck import Deck
from cockpit.ui.flame import FlameView
from cockpit.ui.modals import ConfirmScreen
from cockpit.ui.source import SourceView
from cockpit.ui.start import Top, _open_top
from cockpit.ui.view import CpuView
from tests.ui import samples
from tests.ui.fakes import (
    FakeBackend,
    finding,
    line_with,
    opened,
    report,
    running,
    screen_lines,
    screen_text,
    snapshot,
    styles_of,
    until,
    until_shown,
)
from tests.ui.samples import (
    LIBRARY,
    MAIN,
    NATIVE,
    OTHER,
    PID,
    POOL,
    SAMPLING,
    FakeLaunched,
    FakeSampler,
    Sampled,
    cpu,
    frame,
    now,
    sampled,
    usual,
    window,
)

__all__ = ["sampled"]
pytestmark = pytest.mark.integration
SIZES = [(160, 45), (100, 30), (80, 24)]


def names(here: Sampled) -> list[str]:
    """Return the functions of the list, from its first row on."""
    return [row.function.name for row in here.list.rows]


def many(root: Path, heaviest: int = 0) -> dict[Stack, int]:
    """Return a hundred functions, the first the heaviest, but for one that is heavier still."""
    weights = {number: 200 - number for number in range(100)}
    weights[heaviest] += 1000 if heaviest else 0
    return {
        Stack(MAIN, (frame(f"f{number:02}", root / "pkg/a.py", number + 8),)): weight
        for number, weight in weights.items()
    }


# --- Opening it ---------------------------------------------------------------------------------


async def test_c_asks_which_process_and_esc_leads_back_to_the_deck(backend: FakeBackend) -> None:
    async with running(backend, (100, 30), snapshot()) as (app, pilot):
        await pilot.press("c")
        await until_shown(app, pilot, "Which process?", "serve.py --port 8000", "other.py")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        for _ in range(3):
            await pilot.pause()
        assert isinstance(app.screen, Deck), "the picker did not come back"
        assert not FakeSampler.made


async def test_a_process_that_is_chosen_is_sampled_and_a_chooses_another(
    backend: FakeBackend, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {PID: str(project), OTHER: "/srv"}
    monkeypatch.setattr(Target, "folder", property(lambda one: folders[one.pid]))
    async with running(backend, (100, 30), snapshot()) as (app, pilot):
        await pilot.press("c")
        await until_shown(app, pilot, "Which process?")
        await pilot.press("j", "enter")
        await until_shown(app, pilot, f"attaching to {PID}", "python serve.py")
        here = Sampled(app, pilot)
        assert isinstance(app.screen, CpuScreen)
        await here.stand(SAMPLING)
        await here.see(usual(project))
        await until_shown(app, pilot, f"sampling {PID}", "100 samples", "area")
        assert app.context.short("pkg/a.py") == ("pkg/a.py", True), "of where it runs"
        FakeSampler.now = (now(MAIN, frame("wait", LIBRARY, 3)),)
        here.page.open_view("Dump")
        await until_shown(app, pilot, "wait")
        await pilot.press("a")
        await until_shown(app, pilot, "Which process?")
        await pilot.press("escape")
        await until_shown(app, pilot, f"sampling {PID}")
        await pilot.press("a")
        await until_shown(app, pilot, "Which process?")
        FakeSampler.now = ()
        await pilot.press("g", "enter")
        text = await until_shown(app, pilot, f"attaching to {OTHER}", "python other.py")
        assert "wait" not in text, "the stacks are not those of the process before"
        assert FakeSampler.made[0].ended
        here.page.open_view("Top")
        await pilot.pause()
        assert "area" not in screen_text(app)
        assert app.context.heats[0].whose == f"pid {OTHER}", "nor is the heat"
        assert app.context.short("pkg/a.py") == ("pkg/a.py", False), "nor where it runs"


async def test_a_process_that_is_gone_by_then_is_said_to_be(backend: FakeBackend) -> None:
    async with running(backend, (100, 30), snapshot()) as (app, pilot):
        await pilot.press("c")
        await until_shown(app, pilot, "Which process?")
        page = app.pages.cpu()
        app.pop_screen()
        await page.sample(99)
        await until_shown(app, pilot, "there is no process 99. Choose another.")
        await until_shown(app, pilot, "No process is sampled; a lists those there are.")
        await pilot.press("question_mark")
        await until_shown(app, pilot, "begin anew", "flamegraph", "child processes")
        await pilot.press("escape")
        await until_shown(app, pilot, "no process is sampled")
        await pilot.pause()
        assert isinstance(app.screen, CpuScreen), "a window that closes does not ask again"
        await pilot.press("w", "E")
        await until_shown(app, pilot, "export to", "profile.svg")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, Deck))


@pytest.mark.parametrize(
    ("top", "shown"),
    [
        (Top(PID, (), Options(rate=50, idle=True)), (f"attaching to {PID}", "idle threads too")),
        (Top(None, ("python", "app.py"), Options()), (f"attaching to {OTHER}", "python app.py")),
        (Top(None, (), Options()), ("Which process?",)),
        (Top(99, (), Options()), ("there is no process 99",)),
        (Top(None, ("nowhere",), Options()), ("there is no program nowhere",)),
    ],
)
async def test_cockpit_top_begins_with_it(
    backend: FakeBackend, top: Top, shown: tuple[str, ...]
) -> None:
    app = CockpitApp(lambda: opened(backend))
    app.begin = lambda: _open_top(app, top)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(app, pilot, *shown)
        if FakeSampler.made:
            assert FakeSampler.made[0].options == top.options
            assert isinstance(app.screen, CpuScreen)
    assert all(one.ended for one in FakeSampler.made)
    assert all(one.ended for one in FakeLaunched.made)


# --- Top ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_row_says_what_a_function_costs_and_where_it_is(
    backend: FakeBackend, project: Path, size: tuple[int, int]
) -> None:
    async with cpu(backend, size, None, usual(project), usual(project, 0, 0)) as here:
        row, head = line_with(here.app, "area"), line_with(here.app, "own  total")
        assert "54.5%  54.5%" in row
        assert "pkg/a.py:7" in row
        assert ("0.6     0.6" in row, "own s" in head) == ((size[0] != 80,) * 2)
        assert "█" in row.partition("pkg/a.py")[0]
        assert "last 30 s" in head
        library = line_with(here.app, "Query.run")
        assert "27.3%  45.5%" in library
        assert "django/db/query.py:88" in library
        assert "site-packages" not in library
        assert " 100.0% " in line_with(here.app, "<module>")
        assert "0.0%" not in line_with(here.app, "<module>").replace("100.0%", "")
        assert {len(line) for line in screen_lines(here.app)} == {size[0]}


async def test_s_puts_the_total_time_first_and_slash_filters(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        assert names(here) == ["area", "Query.run", "deflate", "<module>"]
        await pilot.press("S")
        await until_shown(app, pilot, "total time first")
        assert names(here) == ["<module>", "area", "Query.run", "deflate"]
        await pilot.press("slash", *"A.PY")
        await until(pilot, lambda: names(here) == ["<module>", "area"])
        await pilot.press("enter")
        await here.see(usual(project))
        await until_shown(app, pilot, "filter: A.PY", "200 samples")
        assert names(here) == ["<module>", "area"]
        await pilot.press("slash", "home", "exclamation_mark", "enter")
        await until(pilot, lambda: names(here) == ["Query.run", "deflate"])
        await pilot.press("slash", *"nonsense")
        await pilot.press("home", "delete", "enter")
        await until_shown(app, pilot, "Nothing passes the filter; esc clears it.")
        await pilot.press("escape")
        await until(pilot, lambda: len(names(here)) == 4)
        assert "filter:" not in screen_text(app)


async def test_the_cursor_stays_on_its_function_and_where_that_is_on_the_screen(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (100, 30), None, window(many(project))) as here:
        await here.see(window(many(project, heaviest=90)))
        assert here.under == "f90", "nobody moved it: it is on the first"
        await here.pilot.press(*"jjjjj")
        assert here.under == "f04"
        await here.see(window(many(project, heaviest=70)), window(many(project, heaviest=70)))
        assert here.under == "f04"
        assert names(here)[:2] == ["f70", "f90"]
        await here.pilot.press("G")
        assert here.under == "f99"
        at = [line for line in screen_lines(here.app) if " f99 " in line]
        assert at, "the last row is in sight"
        place = next(y for y, line in enumerate(screen_lines(here.app)) if " f99 " in line)
        await here.see(window(dict.fromkeys(list(many(project))[95:], 3000)))
        assert here.under == "f99"
        assert " f99 " in screen_text(here.app)
        await here.pilot.press("g", "pagedown")
        top = here.list.scroll_offset.y
        await here.pilot.press("pageup")
        assert here.under == names(here)[0]
        assert top > 0
        assert place > 4


async def test_the_head_never_hides_a_row(backend: FakeBackend, project: Path) -> None:
    async with cpu(backend, (80, 24), None, window(many(project))) as here:
        seen = set[str]()
        for key in ("g", *["pagedown"] * 10):
            await here.pilot.press(key)
            shown = screen_text(here.app)
            assert "own  total" in shown
            assert f" {here.under} " in shown
            seen |= {name for name in names(here) if f" {name} " in shown}
        assert seen == set(names(here)), "each page begins where the last one ended"
        for key in ["k"] * 30:
            await here.pilot.press(key)
        assert f" {here.under} " in screen_text(here.app)


async def test_nothing_is_sent_where_nothing_changed(
    backend: FakeBackend, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        sent: list[str] = []
        changes = here.app._thrift.changes

        def told(update: Any, size: Size) -> Any:
            changed = changes(update, size)
            sent.append(changed.render_segments(here.app.console))
            return changed

        monkeypatch.setattr(here.app._thrift, "changes", told)
        for view in ("Top", "Tree", "Flame", "Threads"):
            here.page.open_view(view)
            await here.settle()
            await here.pilot.pause()
            assert any(sent) or view == "Top"
            sent.clear()
            here.page.show()
            here.sampler.glance(Glance())
            await here.pilot.pause()
            assert not any(sent), view
            await here.see(usual(project))
            assert 0 < len("".join(sent)) < 600, "the figures, and what they change"
            sent.clear()


# --- The source beside --------------------------------------------------------------------------


async def test_the_source_follows_the_cursor_to_the_hottest_line_with_its_heat_and_findings(
    backend: FakeBackend, project: Path
) -> None:
    found = finding("F821", line=7, message="Undefined name")
    async with cpu(backend, (160, 45), snapshot(ruff=report(found)), usual(project)) as here:
        app, pilot = here.app, here.pilot
        source = here.page.query_one(SourceView)
        await until_shown(app, pilot, "return 3 * radius", "Undefined name")
        assert source.line == 7
        assert "60" in line_with(app, "return 3 * radius")
        await here.see(usual(project, area=140))
        await until(pilot, lambda: "71" in line_with(app, "return 3 * radius"))
        await pilot.press("j", "j")
        assert here.under == "deflate"
        await until(pilot, lambda: "return 3" not in screen_text(app))
        await pilot.press("enter")
        await until_shown(app, pilot, "there is no source of this. It is written in C")
        assert here.list.has_focus
        await pilot.press("j", "enter")
        await until(pilot, lambda: source.line == 150)
        assert source.has_focus
        assert "Undefined name" not in screen_text(app)
        await pilot.press("k", "y")
        await until_shown(app, pilot, "copied pkg/a.py:149")
        await pilot.press("escape", "y")
        assert here.list.has_focus
        await until_shown(app, pilot, "copied pkg/a.py:150")


async def test_a_small_screen_shows_the_source_in_place_of_the_list(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (80, 24), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        assert "return 3 * radius" not in screen_text(app)
        await pilot.press("enter")
        text = await until_shown(app, pilot, "return 3 * radius")
        assert "Query.run" not in text
        await pilot.press("right_square_bracket", "left_square_bracket")
        await until_shown(app, pilot, "Query.run")
        assert here.list.has_focus, "another view is not read in"
        await pilot.press("enter", "escape")
        await until_shown(app, pilot, "Query.run")


@pytest.mark.regression
async def test_the_source_is_that_of_the_open_view(backend: FakeBackend, project: Path) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await until_shown(app, pilot, "return 3 * radius")
        await pilot.press("right_square_bracket")
        assert here.page.query_one(CallsView).has_focus
        await pilot.press("g", "j", "j", "j")
        await until(pilot, lambda: "return 3 * radius" not in screen_text(app))
        await pilot.press("left_square_bracket")
        assert here.under == "area"
        await until_shown(app, pilot, "return 3 * radius")


# --- The other views ----------------------------------------------------------------------------


async def test_every_view_has_a_tab_a_key_and_a_click(backend: FakeBackend, project: Path) -> None:
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        views = []
        for _ in range(7):
            views.append(here.page.view.tab)
            await pilot.press("right_square_bracket")
        assert views == ["Top", "Tree", "Flame", "Lines", "Threads", "Dump", "Recordings"]
        assert here.page.view.tab == "Top"
        await pilot.press("left_square_bracket")
        assert here.page.view.tab == "Recordings"
        tabs = screen_lines(app)[3]
        assert "Output" not in tabs
        for name in ("Threads", "Top", "Flame", "Lines"):
            for x in (tabs.index(name), tabs.index(name) + len(name) - 1):
                here.page.open_view("Recordings")
                await pilot.click(Tabs, offset=(x, 0))
                await pilot.pause()
                assert here.page.view.tab == name
        await pilot.click(Tabs, offset=(tabs.index("Lines") - 2, 0))
        assert here.page.view.tab == "Lines", "between two there is none"


async def test_tree_and_callers(backend: FakeBackend, project: Path) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("right_square_bracket")
        text = await until_shown(app, pilot, "callees", "MainThread", "<module>", "area")
        assert text.index("MainThread") < text.index("<module>") < text.index(" area")
        await pilot.press("I")
        text = await until_shown(app, pilot, "callers of the innermost")
        await until(pilot, lambda: "MainThread" not in screen_text(app))
        assert here.page._callers.has_focus
        assert here.page._callers.cursor[0].name == "area"
        await pilot.press("r")
        await until_shown(app, pilot, "begun anew", "no samples yet")
        assert "area" not in screen_text(app).replace("area(radius)", ""), "it is of now"
        await here.see(usual(project, 1, 70))
        await until_shown(app, pilot, "Query.run")
        await pilot.press("I")
        await until_shown(app, pilot, "callees", "MainThread")
        await pilot.press("L", "j", "j", "enter")
        assert here.page.query_one(SourceView).has_focus
        await pilot.press("escape")
        assert here.page._calls.has_focus


async def test_flame_fills_the_screen_and_esc_zooms_out_before_it_leaves(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("right_square_bracket", "right_square_bracket")
        flame = here.page.query_one(FlameView)
        text = await until_shown(app, pilot, "<module>", "Query.run")
        assert "import os" not in text
        assert flame.size.width > 150
        await pilot.press("j", "j", "j", "enter")
        assert flame.zoom
        await pilot.press("slash", *"query", "enter")
        await until_shown(app, pilot, "filter: query")
        for gone in ("the filter", "the zoom"):
            assert isinstance(app.screen, CpuScreen), gone
            await pilot.press("escape")
        assert not flame.zoom
        await pilot.press("escape")
        assert isinstance(app.screen, Deck)
        await pilot.press("c")
        assert here.page.view.tab == "Flame", "it keeps its view"
        assert flame.has_focus


async def test_lines_are_lines_and_plus_zooms(backend: FakeBackend, project: Path) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        here.page.open_view("Lines")
        await until_shown(app, pilot, "function, and its line")
        assert "60.0%  60.0%" in line_with(app, "pkg/a.py:7 ")
        assert "deflate" not in screen_text(app), "what is written in C has no lines"
        await until_shown(app, pilot, "return 3 * radius")
        await pilot.press("plus")
        await until(pilot, lambda: "return 3 * radius" not in screen_text(app))
        assert here.list.size.width > 150
        await pilot.press("escape")
        await until_shown(app, pilot, "return 3 * radius")
        assert isinstance(app.screen, CpuScreen)


async def test_threads_say_what_they_do_and_enter_looks_at_one_alone(
    backend: FakeBackend, project: Path
) -> None:
    pool = window({Stack(POOL, (frame("crunch", project / "pkg/b.py", 1),)): 50})
    async with cpu(backend, (160, 45), None, usual(project), pool) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("t")
        await until_shown(app, pilot, "enter looks at the thread", "t looks at all again.")
        assert "ended" not in screen_text(app), "nobody looked at them yet"
        idle = now(Thread(PID, "4711010", "idler"), frame("wait", LIBRARY, 3), active=False)
        here.sampler.glance(Glance((now(MAIN, NATIVE, gil=True), idle), gil=0.42))
        await until_shown(app, pilot, "GIL 42%", "2 threads")
        assert "66.7% GIL    MainThread" in line_with(app, "MainThread")
        assert "33.3% ended  pool-1" in line_with(app, "pool-1")
        row = line_with(app, "idler")
        assert "idle   idler" in row and "wait" in row
        await pilot.press("j")
        await pilot.press("enter")
        await until_shown(app, pilot, "only pool-1 (4711009)", "crunch", "50 samples")
        assert names(here) == ["crunch"]
        await here.see(usual(project), pool, usual(project, thread=Thread(PID, POOL.id)))
        await until_shown(app, pilot, "200 samples")
        await pilot.press("t")
        await until_shown(app, pilot, "area", "400 samples")
        assert "only" not in screen_text(app)
        await pilot.press("t", "enter")
        await until_shown(app, pilot, "only MainThread")
        await pilot.press("escape")
        await until(pilot, lambda: "only" not in screen_text(app))
        assert isinstance(app.screen, CpuScreen)


async def test_all_threads_can_be_looked_at_as_one(backend: FakeBackend, project: Path) -> None:
    requests = {
        Stack(Thread(PID, str(n), f"request-{n}"), (frame("serve", project / "pkg/a.py", 7),)): 10
        for n in range(9)
    }
    async with cpu(backend, (160, 45), None, usual(project), window(requests)) as here:
        app, pilot = here.app, here.pilot
        here.page.open_view("Flame")
        await until_shown(app, pilot, "serve")
        assert "serve 47.4%" not in screen_text(app)
        await pilot.press("T")
        await until_shown(
            app, pilot, "all threads are shown as one", "threads together", "serve 47"
        )
        assert screen_text(app).count("serve 47") == 1
        await here.see(window(requests))
        await until_shown(app, pilot, "serve 64")
        here.page.open_view("Threads")
        await until_shown(app, pilot, "request-1", "request-8")
        await pilot.press("w")
        await until_shown(app, pilot, "saved 280 samples")
        (kept,) = Shelf(data_folder(), project).list()
        saved = Shelf(data_folder(), project).load(kept)
        assert len({stack.thread for stack in saved.stacks}) == 10, "in it each is itself"
        await pilot.press("T")
        await until_shown(app, pilot, "every thread is shown apart")
        assert "threads together" not in screen_lines(app)[3]


async def test_a_key_of_another_page_says_where_it_works(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        for key, words in (
            ("b", "showing what is new alone works in the list of a pane"),
            ("x", "dismissing works in the list of a pane. Open one with 1 to 4."),
            ("v", "hiding what was seen running works in"),
            ("n", "going to the next match works in Tree and Flame. ] opens them."),
            ("R", "every check runs again"),
        ):
            await here.pilot.press(key)
            await until_shown(here.app, here.pilot, words)


async def test_all_stacks_are_looked_at_when_that_is_opened_and_again_with_r(
    backend: FakeBackend, project: Path
) -> None:
    area = frame("area", project / "pkg/a.py", 7)
    FakeSampler.now = (now(MAIN, frame("<module>", project / "pkg/a.py", 9), area, gil=True),)
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        assert here.sampler.looks == 0
        here.page.open_view("Dump")
        text = await until_shown(app, pilot, "MainThread", "pkg/a.py:9")
        assert text.index("pkg/a.py:7") < text.index("pkg/a.py:9"), "the innermost first"
        await pilot.press("j")
        await until_shown(app, pilot, "return 3 * radius")
        FakeSampler.now = (now(POOL, active=False),)
        await pilot.press("r")
        await until_shown(app, pilot, "idle   pool-1")
        assert here.sampler.looks == 2
        assert "100 samples" in screen_text(app), "nothing was begun anew"


async def test_what_a_launched_program_says_is_followed(backend: FakeBackend) -> None:
    async with running(backend, (100, 30), snapshot()) as (app, pilot):
        page = app.pages.cpu()
        await page.launch(("python", "app.py"))
        await pilot.press("c")
        here = Sampled(app, pilot)
        program = FakeLaunched.made[-1]
        assert "Output" in screen_lines(app)[3]
        page.open_view("Output")
        await until_shown(app, pilot, "It said nothing yet.")
        program.said.extend(f"line {number}" for number in range(100))
        await here.stand(SAMPLING)
        await until_shown(app, pilot, "line 99")
        program.said.append("line 100 \x1b[2J[red]")
        await here.see()
        await here.stand(State("sampling", "a word", rate=100))
        text = await until_shown(app, pilot, "line 100 \\x1b[2J[red]", "a word")
        assert "line 10 " not in text
        await pilot.press("k", "k", "k")
        program.said.append("line 101")
        await here.stand(SAMPLING)
        await pilot.pause()
        assert here.list.row[1] == "line 97", "whoever reads is not moved on"
        await pilot.press("slash", *"line 5", "enter")
        await until(pilot, lambda: len(here.list.rows) == 11)
        await pilot.press("escape")
        await page.sample(PID)
        await pilot.pause()
        assert program.ended
        assert page.view.tab == "Top", "of this one nobody knows what it says"
        assert "Output" not in screen_lines(app)[3]


async def test_how_it_was_looked_at_comes_back(backend: FakeBackend, project: Path) -> None:
    async with running(backend, (160, 45), snapshot()) as (app, pilot):
        page = app.pages.cpu()
        page.view = CpuView("Tree", "total", True, False)
        await page.sample(PID)
        await pilot.press("c")
        await Sampled(app, pilot).see(usual(project))
        await until_shown(app, pilot, "callers of the innermost", "area")
        page.view = CpuView("Output")
        page.show()
        assert page.view.tab == "Top"
    assert page.view == CpuView("Top", "own", False, False)


async def test_another_session_begins_without_it(
    backend: FakeBackend, project: Path, tmp_path: Path
) -> None:
    one = CockpitApp(lambda: opened(backend), memory=tmp_path / "state")
    async with one.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: one.context.backend is backend)
        await one.pages.cpu().sample(PID)
        await pilot.press("c", "right_square_bracket", "S")
        await until(pilot, lambda: isinstance(one.screen, CpuScreen))
        await pilot.press("q")
    other = CockpitApp(lambda: opened(backend), memory=tmp_path / "state")
    async with other.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: other.context.backend is backend)
        for _ in range(4):
            await pilot.pause()
        assert isinstance(other.screen, Deck), "its process may be gone, or another"


# --- How the sampling stands --------------------------------------------------------------------


async def test_every_state_is_said_and_what_was_seen_stays(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        for state, shown in (
            (State("starting"), ("attaching to",)),
            (State("sampling", "50 samples a second", rate=50), ("50 samples a second", "50 Hz")),
            (State("stopped", f"process {PID} is stopped"), ("stopped", "is stopped")),
            (State("failed", "it is another's [red]", "Use sudo."), ("cannot sample", "Use sudo.")),
            (State("ended", f"process {PID} has ended"), ("ended", "has ended", "100 samples")),
        ):
            await here.stand(state)
            text = await until_shown(app, pilot, *shown)
            assert "60.0%  60.0%" in text
        await pilot.press("j", "S", "t")
        await until_shown(app, pilot, "ended  MainThread")
        await pilot.press("escape")


async def test_a_failure_says_why_and_what_to_do(backend: FakeBackend) -> None:
    async with cpu(backend, (100, 30)) as here:
        state = State("failed", "it belongs to root", "Run `sudo cockpit top 1`.")
        await here.stand(state)
        await until_shown(here.app, here.pilot, "it belongs to root. Run `sudo cockpit top 1`.")
        await here.stand(SAMPLING)
        await until_shown(here.app, here.pilot, "No thread was seen at work yet.")


async def test_p_holds_the_picture_and_shows_all_that_came_meanwhile(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("p")
        await here.see(*[usual(project)] * 40)
        await until_shown(app, pilot, "paused, 40 s behind", "100 samples")
        await pilot.press("p")
        await until_shown(app, pilot, f"sampling {PID}", "4,100 samples", "41 s")
        await pilot.press("p")
        await here.see(usual(project))
        await pilot.press("r")
        await until_shown(app, pilot, "paused, 0 s behind", "begun anew")
        assert not names(here)
        await pilot.press("z")
        await until_shown(app, pilot, "4,200 samples")  # what was held, too
        await pilot.press("z")
        await until_shown(app, pilot, "there is nothing to undo")


async def test_switches_say_what_they_cost_and_set_aside_what_was(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        for key, option, said, shown in (
            ("i", "idle", "threads that wait are counted, too", "idle threads too"),
            ("u", "children", "child processes are sampled, too", "child processes too"),
            ("C", "native", "is stopped for every sample", "native: it is stopped for every"),
        ):
            await pilot.press(key)
            text = await until_shown(app, pilot, said, "z brings it back", shown, "0 samples")
            assert "area" not in text.replace("area(radius)", "")
            assert getattr(here.sampler.options, option)
        assert not FakeSampler.made[0].ended, "it is the next window that is another"
        await pilot.press("z")
        text = await until_shown(app, pilot, "what was seen before is back", "100 samples", "area")
        assert here.sampler.options == Options(), "it is not mixed with what is seen otherwise"
        assert "idle threads too" not in text
        await pilot.press("P")
        words = ("and much with many threads", "precise: it is stopped for every sample")
        await until_shown(app, pilot, *words)
        await pilot.press("P")
        await until_shown(app, pilot, "the process is not stopped")
        await pilot.press("less_than_sign", "less_than_sign")
        await until_shown(app, pilot, "renewed every 0.5 s", "every 0.5 s")
        await pilot.press(*["greater_than_sign"] * 6)
        await until_shown(app, pilot, "renewed every 10 s")
        assert here.sampler.options.seconds == 10.0
        await pilot.press("at")
        await until_shown(app, pilot, "py-spy", "--pid", "4711001")


async def test_the_figures_are_honest_and_the_least_of_them_gives_way(
    backend: FakeBackend, project: Path
) -> None:
    bad = usual(project)
    bad = msgspec.structs.replace(bad, counts=window({}, errors=5, torn=12, late=3).counts)
    async with cpu(backend, (160, 45), None, bad) as here:
        line = screen_lines(here.app)[2]
        for words in ("100 samples", "100 Hz", "1 s", "5.0% errors", "12.0% torn", "3 late"):
            assert words in line
        loud = {str(style) for style in styles_of(here.app, "12.0% torn")}
        assert loud == {str(style) for style in styles_of(here.app, "5.0% errors")}
        threads = tuple(now(Thread(PID, str(n))) for n in range(40))
        here.sampler.glance(Glance(threads, 0.5))
        await here.stand(State("sampling", "32 samples a second, for it has 40 threads", rate=32))
        await until_shown(here.app, here.pilot, "GIL 50%", "active 105%", "40 threads")
        await here.pilot.resize_terminal(80, 24)
        await until_shown(here.app, here.pilot, "100 samples", "32 samples a second")
        line = screen_lines(here.app)[2]
        assert "late" not in line
        await here.pilot.resize_terminal(60, 24)
        await until(here.pilot, lambda: "40 threads" not in screen_lines(here.app)[1])
        first = screen_lines(here.app)[1]
        assert f"sampling {PID}" in first and "GIL 50%" in first


# --- Launching ----------------------------------------------------------------------------------


async def test_a_program_runs_in_a_project_only_after_a_yes_that_is_remembered(
    backend: FakeBackend,
) -> None:
    async with running(backend, (100, 30), snapshot()) as (app, pilot):

        async def launch(words: str) -> None:
            await until_shown(app, pilot, "Which process?")
            await pilot.press("l")
            await pilot.pause()
            app.focused.value = words  # type: ignore[union-attr]
            await pilot.press("enter")

        await pilot.press("c")
        await launch("python '[red]\x1b.py' 1")
        await until_shown(app, pilot, "Run python [red]", "with your rights", "y yes   n no")
        assert isinstance(app.screen, ConfirmScreen)
        assert "\x1b" not in screen_text(app)
        await pilot.press("n")
        await until_shown(app, pilot, "run:  python '[red]")
        assert not FakeLaunched.made
        assert app.focused.value == "python '[red]\x1b.py' 1", "it can be typed on"  # type: ignore[union-attr]
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, Deck))
        await pilot.press("c")
        await launch("python app.py")
        await pilot.press("y")
        await until_shown(app, pilot, f"attaching to {OTHER}", "python app.py")
        assert FakeLaunched.made[0].argv == ("python", "app.py")
        await pilot.press("a")
        await launch("nowhere")
        await until_shown(app, pilot, "there is no program nowhere. Name a command to run.")
        assert not isinstance(app.screen, ConfirmScreen), "the yes is remembered"
        assert not FakeLaunched.made[0].gone, "what is looked at stays"
        await until_shown(app, pilot, "Which process?", "run:  nowhere")
        await pilot.press("escape")
        await launch("python other.py")
        await until(pilot, lambda: len(FakeLaunched.made) == 2)
        await until(pilot, lambda: FakeLaunched.made[0].gone)
    assert all(one.ended for one in (*FakeLaunched.made, *FakeSampler.made))


# --- Other pages --------------------------------------------------------------------------------


async def test_the_other_pages_say_what_is_sampled_and_what_is_hot(
    backend: FakeBackend, project: Path
) -> None:
    dead = finding("unused-function", line=4, message="unused function 'area'", checker="vulture")
    dead = msgspec.structs.replace(dead, end_line=7, symbol="area", name="unused-function")
    first = snapshot(ruff=report(finding("F821", line=7)), vulture=report(dead))
    async with cpu(backend, (160, 45), first, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("1")
        await until_shown(app, pilot, f"CPU of {PID}", "60%")
        await here.see(usual(project, area=140))
        await until_shown(app, pilot, "71%")
        await pilot.press("2")
        await until_shown(app, pilot, "seen running")
        await pilot.press("c")
        await until_shown(app, pilot, f"sampling {PID}")
        await pilot.press("escape")
        assert isinstance(app.screen, Deck)


async def test_leaving_ends_the_sampler(backend: FakeBackend, project: Path) -> None:
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        await here.pilot.press("q")
        assert here.app.return_code == 0
    assert here.sampler.ended


# --- Hostile text -------------------------------------------------------------------------------

EVIL = "[red]x[/]\x1b[2J\x07\u202e\n漢字\x9b" + "y" * 10_000


@pytest.mark.security
@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_names_from_outside_break_nothing(
    backend: FakeBackend, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(samples.COMMANDS, PID, EVIL)
    thread = Thread(PID, "1" + EVIL, EVIL)
    evil = Frame(Function(EVIL, f"/srv/{EVIL}.py"), 7)
    FakeSampler.now = (now(thread, evil, evil),)
    seen = window({Stack(thread, (evil, Frame(Function("漢" * 80, "<string>"), 3))): 10})
    async with cpu(backend, size, None, seen) as here:
        here.sampler.glance(Glance(FakeSampler.now))
        for _ in range(7):
            for key in ("j", "g"):
                await here.pilot.press(key)
                text = screen_text(here.app)
                assert not any(sign in text for sign in "\x1b\x07\u202e\x9b")
                assert len(screen_lines(here.app)) == size[1]
            await here.pilot.press("enter", "escape")
            await here.pilot.press("right_square_bracket")
            await here.settle()
            assert "[red]x[/]\\x1b[2J" in screen_text(here.app)
        await here.stand(State("failed", EVIL, EVIL))
        assert not any(sign in screen_text(here.app) for sign in "\x1b\x07\u202e\x9b")

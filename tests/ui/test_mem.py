"""The memory page as a person uses it: captures, their views, and a program that runs."""

from pathlib import Path

import pytest

from cockpit.errors import CockpitError
from cockpit.memory.model import Progress
from cockpit.ui.deck import Deck
from cockpit.ui.how import HowScreen
from cockpit.ui.mem import MemoryScreen
from cockpit.ui.mem_tile import MemoryTile
from cockpit.ui.modals import ConfirmScreen
from tests.ui.captured import MB, PID, Memory, captured, measured, memory, picture, records
from tests.ui.fakes import (
    FakeBackend,
    line_with,
    screen_lines,
    screen_text,
    until,
    until_shown,
)

__all__ = ["captured"]
pytestmark = pytest.mark.integration
SIZES = [(160, 45), (100, 30), (80, 24)]


async def opened(here: Memory, root: Path) -> None:
    """Open the first capture, and have it be read."""
    await here.pilot.press("enter")
    await here.read(root)


# --- The list of captures -----------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_m_lists_the_captures_the_newest_first_and_esc_leads_back(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with memory(backend, size, "second run", "first run") as here:
        text = await until_shown(here.app, here.pilot, "no program is tracked", "second run")
        assert text.index("second run") < text.index("first run")
        assert "complete" in line_with(here.app, "first run")
        assert "2.00 MB" in line_with(here.app, "first run")
        assert {len(line) for line in screen_lines(here.app)} == {size[0]}
        await here.pilot.press("escape")
        await until(here.pilot, lambda: isinstance(here.app.screen, Deck))


async def test_where_there_is_none_the_page_says_how_to_come_by_one(backend: FakeBackend) -> None:
    async with memory(backend, (100, 30)) as here:
        await until_shown(
            here.app, here.pilot, "No capture yet. l runs a program, a attaches to one"
        )


async def test_a_capture_is_deleted_with_a_second_press_alone(backend: FakeBackend) -> None:
    async with memory(backend, (160, 45), "doomed", "kept") as here:
        await here.pilot.press("delete")
        await until_shown(here.app, here.pilot, "doomed: press again to delete it for good")
        await here.pilot.press("j", "k", "delete")
        await until_shown(here.app, here.pilot, "press again")
        assert len(here.list.rows) == 2, "moving away is a no"
        await here.pilot.press("delete")
        await until(here.pilot, lambda: [one.name for one in here.list.rows] == ["kept"])


# --- Reading one --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_capture_shows_its_peak_over_time_and_what_made_it_up(
    backend: FakeBackend, project: Path, size: tuple[int, int]
) -> None:
    async with memory(backend, size, "one") as here:
        await opened(here, project)
        text = await until_shown(here.app, here.pilot, "peak 100 MB", "1.23 M allocations", "area")
        assert "✓ complete  one" in text
        assert "▲ peak" in text and "42 s" in text, "the plot"
        assert "60.0 MB  60.0%" in line_with(here.app, " area ")
        names = [row.name for row in here.list.rows]
        assert names == ["area", "Query.run", "<module>"], "the largest first"
        assert {len(line) for line in screen_lines(here.app)} == {size[0]}


async def test_every_view_shows_the_same_bytes(backend: FakeBackend, project: Path) -> None:
    async with memory(backend, (160, 45), "one") as here:
        await opened(here, project)
        for view, words in (
            ("Leaks", "60.0 MB"),
            ("Lines", "100 MB 100.0%"),
            ("Tree", "area"),
            ("Flame", "all 100 MB"),
            ("Stats", "1,000,000"),
        ):
            here.page.open_view(view)
            await until_shown(here.app, here.pilot, words)
        assert "0 to 63 bytes" in screen_text(here.app)


async def test_the_heat_of_memory_stands_beside_the_source(
    backend: FakeBackend, project: Path
) -> None:
    async with memory(backend, (160, 45), "one") as here:
        await opened(here, project)
        await until_shown(here.app, here.pilot, "heat: MEM %", "a.py", "return 3 * radius")
        assert "60 " in line_with(here.app, "return 3 * radius")


async def test_progress_is_shown_and_esc_stops_the_reading(
    backend: FakeBackend, project: Path
) -> None:
    async with memory(backend, (100, 30), "large") as here:
        await here.pilot.press("enter")
        await until(here.pilot, lambda: bool(here.app.context.tracked().reader.reading))
        await here.settle()
        here.reading.progress(Progress("peak", 0.42))
        await until_shown(here.app, here.pilot, "42%  reading what made up the peak; esc stops")
        await here.pilot.press("escape")
        await until(here.pilot, lambda: here.reading.cancelled)
        await until_shown(here.app, here.pilot, "Not read: it was stopped. r reads it.")
        await here.pilot.press("r")
        await here.read(project)
        await until_shown(here.app, here.pilot, "area")


async def test_what_cannot_be_read_says_why_and_never_passes_for_empty(
    backend: FakeBackend,
) -> None:
    async with memory(backend, (100, 30), "bad") as here:
        await here.pilot.press("enter")
        await until(here.pilot, lambda: bool(here.app.context.tracked().reader.reading))
        await here.settle()
        here.reading.end(CockpitError("it is of another version", "Install memray 1.9."))
        await until_shown(
            here.app, here.pilot, "cannot be read:", "it is of another version", "memray 1.9"
        )
        assert "Nothing: there is no" not in screen_text(here.app)


async def test_what_was_freed_at_once_is_read_only_when_it_is_asked_for(
    backend: FakeBackend, project: Path
) -> None:
    async with memory(backend, (160, 45), "one") as here:
        await here.pilot.press("enter")
        await here.read(project, allocations=900_000_000)
        assert "temporary" not in here.reading.parts
        here.page.open_view("Temporary")
        await until_shown(here.app, here.pilot, "r reads them")
        await here.pilot.press("r")
        await until(here.pilot, lambda: isinstance(here.app.screen, ConfirmScreen))
        await until_shown(here.app, here.pilot, "GB of memory")
        await here.pilot.press("n")
        assert here.reading.parts != ("temporary",)
        await here.pilot.press("r")
        await until(here.pilot, lambda: isinstance(here.app.screen, ConfirmScreen))
        await here.pilot.press("y")
        await until(here.pilot, lambda: here.reading.parts == ("temporary",))
        here.reading.part("temporary", records(project, "temporary"))
        await until_shown(here.app, here.pilot, "area")


async def test_two_captures_compare_the_older_before(backend: FakeBackend, project: Path) -> None:
    async with memory(backend, (160, 45), "after", "before") as here:
        await opened(here, project)
        here.page.open_view("Captures")
        await here.pilot.press("j", "equals_sign")
        for name, area in (("before", 20 * MB), ("after", 60 * MB)):
            await until(here.pilot, lambda: not here.reading.over.done())
            assert name, "the older is read first"
            here.reading.part("peak", records(project, "peak", area))
            here.reading.end()
            await here.settle()
        await until_shown(here.app, here.pilot, "from before to after", "+40.0 MB")
        assert [row.place.name for row in here.list.rows] == ["area"], "what did not change is out"


# --- A program that runs ------------------------------------------------------------------------


async def launched(here: Memory, command: str = "python pkg/a.py") -> None:
    """Run a program from the page, as a person does."""
    await here.pilot.press("l")
    await until_shown(here.app, here.pilot, "run:")
    await here.pilot.press(*command, "enter")
    await until(here.pilot, lambda: isinstance(here.app.screen, HowScreen))
    await here.pilot.press("enter")
    await until(here.pilot, lambda: isinstance(here.app.screen, ConfirmScreen))
    await here.pilot.press("y")
    await until(here.pilot, lambda: isinstance(here.app.screen, MemoryScreen))


@pytest.mark.parametrize("size", SIZES)
async def test_a_program_is_run_after_a_yes_and_its_heap_is_seen_live(
    backend: FakeBackend, project: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    async with memory(backend, size) as here:
        await launched(here)
        await until_shown(here.app, here.pilot, f"tracking {PID}", "No picture yet")
        live = here.tracked.live
        assert live is not None
        await here.settle()
        for heap in (40 * MB, 100 * MB):
            live.picture(picture(project, heap))
        text = await until_shown(here.app, here.pilot, "100 MB now", "peak 100 MB", "area")
        assert "60.0 MB" in line_with(here.app, " area ")
        if size[0] == 160:
            assert "reader 1.2% of a core" in text
            assert "the program and its capture go on" in text
        await here.pilot.press("escape", "escape")
        await until(here.pilot, lambda: isinstance(here.app.screen, Deck))
        assert not here.tracked.stopped, "the view ends, and nothing else"
        await until(here.pilot, lambda: bool(here.app.screen.query(MemoryTile)))
        here.app.screen.query_one(MemoryTile).scroll_visible(immediate=True, animate=False)
        await until_shown(here.app, here.pilot, f"m Memory pid {PID}", "100 MB now", "area")
        here.tracked.finish("The program ended with exit code 0.")
        await here.pilot.press("m")
        await until_shown(here.app, here.pilot, "ended")


async def test_k_ends_the_program_after_a_yes(
    backend: FakeBackend, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    async with memory(backend, (160, 45)) as here:
        await here.pilot.press("K")
        await until_shown(here.app, here.pilot, "no program is tracked")
        await launched(here)
        await here.pilot.press("K")
        await until_shown(here.app, here.pilot, f"End {PID}", "as ctrl-c does")
        await here.pilot.press("n")
        assert not here.tracked.stopped
        await here.pilot.press("K")
        await until(here.pilot, lambda: isinstance(here.app.screen, ConfirmScreen))
        await here.pilot.press("y")
        await until(here.pilot, lambda: here.tracked.stopped)
        await until_shown(here.app, here.pilot, "It was ended.")


async def test_what_the_program_said_is_in_output(
    backend: FakeBackend, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    async with memory(backend, (100, 30)) as here:
        await launched(here)
        here.tracked.said.append("[red]\\x1b[2J")
        here.page.open_view("Output")
        await until_shown(here.app, here.pilot, "hello", "world", "[red]")


async def test_what_is_no_python_program_is_said_before_anything_is_asked(
    backend: FakeBackend,
) -> None:
    async with memory(backend, (160, 45)) as here:
        await here.pilot.press("l")
        await until_shown(here.app, here.pilot, "run:")
        await here.pilot.press(*"nowhere at all", "enter")
        await until_shown(here.app, here.pilot, "there is no program nowhere")


async def test_a_second_yes_is_not_asked_for(
    backend: FakeBackend, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    async with memory(backend, (160, 45)) as here:
        await launched(here)
        await here.pilot.press("l")
        await until_shown(here.app, here.pilot, "run:")
        await here.pilot.press(*"python pkg/b.py", "enter")
        await until(here.pilot, lambda: isinstance(here.app.screen, HowScreen))
        await here.pilot.press("g", "enter")
        await until(here.pilot, lambda: here.tracked.argv == ("python", "pkg/b.py"))
        assert here.tracked.options.aggregate
        assert here.tracked.live is None


# --- scalene ------------------------------------------------------------------------------------


async def test_scalene_shows_what_lines_take_and_its_heat(
    backend: FakeBackend, project: Path
) -> None:
    async with memory(backend, (160, 45)) as here:
        tracking = here.app.context.tracked()
        tracking.measured(measured(project), "pid 7")
        here.page.open_view("Scalene")
        text = await until_shown(here.app, here.pilot, "area", "peak 100 MB", "12 MB/s")
        assert "75.0%  50.0%  20.0%   5.0%  60.0%" in line_with(here.app, " area ")
        assert "may leak 97%" in text
        await until_shown(here.app, here.pilot, "heat: CPU %, MEM %, COPY %")
        await here.pilot.press("S")
        await until_shown(here.app, here.pilot, "memory first")


async def test_a_capture_of_memray_takes_the_place_of_what_scalene_measured(
    backend: FakeBackend, project: Path
) -> None:
    async with memory(backend, (160, 45), "one") as here:
        here.app.context.tracked().measured(measured(project), "pid 7")
        await until_shown(here.app, here.pilot, "Scalene")
        await opened(here, project)
        await until_shown(here.app, here.pilot, "heat: MEM %")
        assert "Scalene" not in here.page.views()

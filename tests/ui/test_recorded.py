"""Recordings on the CPU page: kept, opened, compared, exported, deleted, and shown in a browser."""

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cockpit.places import data_folder
from cockpit.profilers.profile import Profile, Stack
from cockpit.profilers.shelf import Shelf
from cockpit.ui.browser import Way
from cockpit.ui.flame import FlameView
from tests.ui.fakes import (
    FakeBackend,
    line_with,
    screen_lines,
    screen_text,
    until,
    until_shown,
)
from tests.ui.samples import (
    MAIN,
    OTHER,
    POOL,
    Sampled,
    cpu,
    frame,
    sampled,
    usual,
    window,
)

__all__ = ["sampled"]
pytestmark = pytest.mark.integration


def kept(root: Path, command: str = "python old.py", area: int = 10) -> Path:
    """Keep a recording of an earlier day, in which other functions were hot."""
    old = frame("area", root / "pkg/a.py", 7), frame("legacy", root / "pkg/b.py", 1)
    stacks = {Stack(MAIN, old[:1]): area, Stack(POOL, old[1:]): 90}
    counts = window(stacks).counts
    profile = Profile(stacks, counts, 100, 42, command, 1_700_000_000.0, 1_700_000_100.0)
    return Shelf(data_folder(), root).save(profile).path


async def listing(here: Sampled, *shown: str) -> None:
    """Open the view of recordings."""
    here.page.open_view("Recordings")
    await until_shown(here.app, here.pilot, "samples", *shown)
    await here.settle()


async def test_w_keeps_what_was_seen_and_enter_opens_it(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (160, 45), None) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("w")
        await until_shown(app, pilot, "nothing was seen yet, so there is nothing to save")
        here.page.open_view("Recordings")
        await until_shown(app, pilot, "No recording yet; w saves what was seen.")
        await pilot.press("enter", "delete", "equals_sign")
        await until_shown(app, pilot, "= compares a recording with what is shown")
        await here.see(usual(project))
        await pilot.press("w")
        await until_shown(app, pilot, "saved 100 samples", "= compares")
        row = await until_shown(app, pilot, "python serve.py --port 8000", " kB ")
        assert " 100 " in row and " 1 s " in row
        (file,) = Shelf(data_folder(), project).folder.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        await here.see(*[usual(project)] * 3)
        await pilot.press("enter")
        text = await until_shown(app, pilot, "recording python serve.py", "100 samples", "area")
        assert f"sampling {MAIN.process}" not in text
        assert here.page.view.tab == "Top"
        await here.see(usual(project))
        await until_shown(app, pilot, "100 samples")
        await pilot.press("escape")
        await until_shown(app, pilot, f"sampling {MAIN.process}", "500 samples")
        await pilot.press("escape", "c")
        await until_shown(app, pilot, f"sampling {MAIN.process}")


async def test_every_view_is_of_the_recording_and_one_of_its_threads_can_be_looked_at(
    backend: FakeBackend, project: Path
) -> None:
    kept(project)
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("I")
        await until_shown(app, pilot, "callers of the innermost", "Query.run")
        await listing(here, "python old.py", "2023-11-1")
        await pilot.press("slash", *"nothing", "enter")
        await until_shown(app, pilot, "Nothing passes the filter")
        await pilot.press("escape", "enter")
        await until_shown(app, pilot, "recording python old.py of 2023-11-1", "legacy")
        here.page.open_view("Tree")
        text = await until_shown(app, pilot, "legacy", "callers")
        assert "Query.run" not in text, "it was turned round as well"
        for view in ("Flame", "Lines", "Top"):
            here.page.open_view(view)
            text = await until_shown(app, pilot, "legacy")
            assert "Query.run" not in text
        here.page.open_view("Threads")
        text = await until_shown(app, pilot, "MainThread", "pool-1")
        assert "ended" not in text, "of a recording nobody knows that"
        await pilot.press("j", "enter")
        await until_shown(app, pilot, "only MainThread", "10 samples")
        assert [row.function.name for row in here.list.rows] == ["area"]
        await pilot.press("escape")
        await until_shown(app, pilot, "legacy", "100 samples", "recording")
        assert "only" not in screen_lines(app)[3]
        await pilot.press("escape")
        await until_shown(app, pilot, "Query.run", "sampling")
        assert "only" not in screen_lines(app)[3]


@pytest.mark.regression
async def test_another_process_is_shown_and_not_the_recording(
    backend: FakeBackend, project: Path
) -> None:
    kept(project)
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        await listing(here, "python old.py")
        await here.pilot.press("enter")
        await until_shown(here.app, here.pilot, "recording python old.py")
        await here.pilot.press("a")
        await until_shown(here.app, here.pilot, "Which process?")
        await here.pilot.press("enter")
        text = await until_shown(here.app, here.pilot, f"attaching to {OTHER}")
        assert "recording python old.py" not in text


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_two_are_compared_in_top_and_flame(
    backend: FakeBackend, project: Path, size: tuple[int, int]
) -> None:
    kept(project)
    async with cpu(backend, size, None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await listing(here, "python old.py")
        await pilot.press("equals_sign")
        await until_shown(app, pilot, "comparing python old.py of 2023-11-1", "before", "change")
        assert "largest change" in screen_lines(app)[3]
        assert [row.function.name for row in here.list.rows][:2] == ["legacy", "area"]
        gone, grown = line_with(app, "legacy"), line_with(app, " area ")
        assert "90.0%         -90.0% ↓ " in gone
        assert "10.0%  60.0%  +50.0% ↑ " in grown
        await pilot.press("slash", *"area", "enter")
        await until(pilot, lambda: len(here.list.rows) == 1)
        await pilot.press("escape")
        here.page.open_view("Flame")
        await until_shown(app, pilot, "area")
        assert here.page.query_one(FlameView)._changes
        here.page.open_view("Tree")
        await until_shown(app, pilot, "area", "comparing")
        await pilot.press("escape")
        await until_shown(app, pilot, f"sampling {MAIN.process}")
        await listing(here, "python old.py")
        await pilot.press("enter")
        await until_shown(app, pilot, "recording python old.py")
        await listing(here, "python old.py")
        await pilot.press("equals_sign")
        await until_shown(app, pilot, "that is the recording that is shown")


async def test_what_is_shown_is_exported_as_its_name_says(
    backend: FakeBackend, project: Path, tmp_path: Path
) -> None:
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        app, pilot = here.app, here.pilot

        async def export(name: str, *shown: str) -> None:
            if not here.page._export.has_class("-open"):
                await pilot.press("E")
            here.page._export.input.value = name
            await pilot.press("enter")
            await until_shown(app, pilot, *shown)

        await pilot.press("E", *"area")
        assert len(here.list.rows) == 4, "what is typed there filters nothing"
        assert "filter" not in screen_lines(app)[3]
        await export("profile.png", "name it .svg, .speedscope.json, .raw or .json")
        await export("~nobody-of-that-name/x.raw", "there is no folder ~nobody-of-that-name")
        await export(f"{tmp_path}/no/x.raw", "cannot be written: its folder is not there")
        await export(f"{tmp_path}/x.raw", f"wrote {tmp_path}/x.raw"[:60])
        assert here.list.has_focus
        assert "Query.run" in (tmp_path / "x.raw").read_text()
        await export(f"{tmp_path}/x.speedscope.json", "wrote")
        await until(pilot, (tmp_path / "x.speedscope.json").exists)
        assert "$schema" in json.loads((tmp_path / "x.speedscope.json").read_text())
        await export(f"{tmp_path}/x.json", "wrote")
        (tmp_path / "mine.json").write_text("mine")
        await export(f"{tmp_path}/mine.json", "it exists: enter again writes over it")
        assert (tmp_path / "mine.json").read_text() == "mine"
        await pilot.press("escape")
        await export(f"{tmp_path}/mine.json", "it exists: enter again writes over it")
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "mine.json").read_text() != "mine")
        assert len((tmp_path / "x.json").read_bytes()) > 100
        await pilot.press("E", "escape")
        assert here.list.has_focus
        assert "export to" not in screen_text(app)
        await pilot.press("E", "enter")
        assert here.list.has_focus, "no name is no file"


async def test_only_the_second_of_two_presses_deletes(backend: FakeBackend, project: Path) -> None:
    kept(project), kept(project, "python older.py")
    folder = Shelf(data_folder(), project).folder
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("delete")
        await until_shown(app, pilot, "there is no recording here to delete")
        await listing(here, "old.py", "older.py")
        await pilot.press("delete")
        await until_shown(app, pilot, "press again to delete it for good")
        await pilot.press("j", "k", "delete")
        await until_shown(app, pilot, "press again to delete it for good")
        assert len([*folder.iterdir()]) == 2, "it is twice in a row that is meant"
        title = here.page.chosen.title  # type: ignore[union-attr]
        await pilot.press("delete")
        await until_shown(app, pilot, f"deleted {title}")
        await until(pilot, lambda: len(here.list.rows) == 1)
        assert len([*folder.iterdir()]) == 1


async def test_without_a_browser_o_serves_the_page_until_the_end_and_copies_its_address(
    backend: FakeBackend, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "cockpit.ui.browser.way_to_show", lambda *_: Way(reason="There is no browser here.")
    )
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        await here.pilot.press("o")
        await until_shown(here.app, here.pilot, "There is no browser here: served until cockpit")
        url = urlsplit(here.app.clipboard)
        request = f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        assert b"Content-Type: image/svg+xml" in answer
        assert b"Query.run" in answer
        pages = list(data_folder().rglob("page.svg"))
        assert [page.stat().st_mode & 0o777 for page in pages] == [0o600]
        await listing(here)
        assert not here.list.rows, "the page is no recording"
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(url.hostname, url.port)


@pytest.mark.security
async def test_a_damaged_recording_says_why_and_names_are_text(
    backend: FakeBackend, project: Path
) -> None:
    evil = "[red]\x1b[2J\u202e漢字" + "y" * 5_000
    kept(project, evil)
    damaged = kept(project)
    damaged.write_bytes(damaged.read_bytes()[:-30])
    async with cpu(backend, (100, 30), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await listing(here, "[red]\\x1b[2J")
        assert "cut off" in line_with(app, damaged.name[:20])
        while here.page.chosen.path != damaged:  # type: ignore[union-attr]
            await pilot.press("j")
        for key in ("enter", "equals_sign"):
            await pilot.press(key)
            await until_shown(app, pilot, "cannot be read")
            assert "recording" not in screen_lines(app)[1]
        await pilot.press("E")
        here.page._export.input.value = "x.raw"
        await pilot.press("enter")
        await until_shown(app, pilot, "cannot be read", "export to")
        await pilot.press("escape")
        while here.page.chosen.path == damaged:  # type: ignore[union-attr]
            await pilot.press("k" if here.list._cursor else "j")
        await pilot.press("enter")
        text = await until_shown(app, pilot, "recording [red]\\x1b[2J")
        assert not any(sign in text for sign in "\x1b\u202e")

"""cockpit reopens where it was left; nothing that is remembered can break a start."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from cockpit.model import Base
from cockpit.ui.app import CockpitApp
from cockpit.ui.deck import Deck
from cockpit.ui.memory import Memory, Notebook, read_theme, write_theme
from cockpit.ui.view import View
from tests.ui.fakes import (
    FakeBackend,
    finding,
    opened,
    report,
    screen_text,
    show,
    snapshot,
    until,
    until_shown,
)

FIRST = snapshot(
    ruff=report(
        finding("F401", message="`os` imported but unused"),
        finding("E711", line=4, message="Comparison to None"),
    )
)
VIEW = View(words="None", least="medium", folded=frozenset(("a", "b")), cursor=("a", "b", "c"))


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def damage(folder: Path, content: bytes) -> None:
    next(folder.glob("screens/*.json")).write_bytes(content)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "cockpit"


@asynccontextmanager
async def session(
    backend: FakeBackend, folder: Path
) -> AsyncIterator[tuple[CockpitApp, Pilot[int]]]:
    """Run the app with a memory."""
    app = CockpitApp(lambda: opened(backend), memory=folder)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(pilot, lambda: app.context.backend is backend)
        await show(app, pilot, backend, FIRST)
        yield app, pilot


# --- On the screen ----------------------------------------------------------------------------


@pytest.mark.integration
async def test_it_reopens_where_it_was_left(project: Path, folder: Path) -> None:
    async with session(FakeBackend(project), folder) as (app, pilot):
        await pilot.press("tab", "1", "slash", *"None", "enter")
        await until(pilot, lambda: "`os` imported" not in screen_text(app))
        await pilot.press("q")
    async with session(FakeBackend(project), folder) as (app, pilot):
        text = await until_shown(app, pilot, "filter: None", "Comparison to None")
        assert "`os` imported" not in text
        deck = app.screen_stack[0]
        assert isinstance(deck, Deck)
        assert deck.tile.pane.id == "lint"  # from which the pane was opened


@pytest.mark.integration
async def test_a_key_that_was_typed_before_is_worth_more_than_what_is_remembered(
    project: Path, folder: Path
) -> None:
    Notebook(folder, project).write(Memory(page="security"))
    waiting = asyncio.Event()
    backend = FakeBackend(project)

    @asynccontextmanager
    async def late() -> AsyncIterator[FakeBackend]:
        await waiting.wait()
        yield backend

    app = CockpitApp(late, memory=folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("2")
        waiting.set()
        await until(pilot, lambda: app.context.backend is backend)
        await show(app, pilot, backend, FIRST)
        assert app.screen is app.pages.made["dead"]


@pytest.mark.integration
async def test_the_base_that_was_chosen_is_asked_for_again(project: Path, folder: Path) -> None:
    backend = FakeBackend(project)
    async with session(backend, folder) as (_, pilot):
        await pilot.press("B", "tab", *"v1.2", "enter")
        await until(pilot, lambda: ("compare", "v1.2") in backend.asked)
        await pilot.press("q")
    backend = FakeBackend(project)
    async with session(backend, folder):
        assert backend.asked == [("compare", "v1.2")]


@pytest.mark.regression
async def test_the_default_branch_can_be_chosen_though_the_session_compares_with_another_base(
    project: Path, folder: Path
) -> None:
    on_main = msgspec.structs.replace(FIRST, base=Base("branch", "main", "c0ffee", ready=True))
    backend = FakeBackend(project)
    async with session(backend, folder) as (app, pilot):
        await show(app, pilot, backend, on_main)
        await pilot.press("B", "down", "down", "down", "enter")
        await until(pilot, lambda: ("compare", "session") in backend.asked)
        await pilot.press("q")
    async with session(FakeBackend(project), folder) as (app, pilot):
        await pilot.press("B")
        await until_shown(app, pilot, "what this branch adds", "session start")


@pytest.mark.integration
async def test_the_theme_is_that_of_last_time_in_every_project(
    project: Path, folder: Path, tmp_path: Path
) -> None:
    async with session(FakeBackend(project), folder) as (app, pilot):
        app.theme = "cockpit-light"
        await until(pilot, lambda: read_theme(folder) == "cockpit-light")
    other = CockpitApp(lambda: opened(FakeBackend(tmp_path)), memory=folder)
    assert other.theme == "cockpit-light"


@pytest.mark.integration
@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"[]", b'{"page": 3}', b'{"page": "gone", "views": {"lint": 7}}']
)
async def test_what_is_damaged_or_of_another_version_is_a_fresh_start(
    project: Path, folder: Path, content: bytes
) -> None:
    Notebook(folder, project).write(Memory(page="lint"))
    damage(folder, content)
    async with session(FakeBackend(project), folder) as (app, pilot):
        await until_shown(app, pilot, "4 Security")
        assert "note" not in screen_text(app)
        await pilot.press("1")
        await until_shown(app, pilot, "filter: none")


# --- The files --------------------------------------------------------------------------------


@pytest.mark.unit
def test_what_is_written_is_read(folder: Path, tmp_path: Path) -> None:
    memory = Memory("lint", "docs", True, "main", {"lint": raw(VIEW)})
    assert Notebook(folder, tmp_path).write(memory) == ""
    found = Notebook(folder, tmp_path).read()
    assert found == memory
    assert found.view("lint", View) == VIEW
    assert found.view("docs", View) is None


@pytest.mark.unit
def test_projects_do_not_know_of_each_other(folder: Path, tmp_path: Path) -> None:
    Notebook(folder, tmp_path / "a").write(Memory("lint"))
    assert Notebook(folder, tmp_path / "b").read() == Memory()


@pytest.mark.security
def test_only_the_person_can_read_it(folder: Path, tmp_path: Path) -> None:
    Notebook(folder, tmp_path).write(Memory("lint"))
    write_theme(folder, "nord")
    for file in (folder / "theme", *folder.glob("screens/*")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.security
def test_a_memory_that_others_may_write_is_not_read(folder: Path, tmp_path: Path) -> None:
    Notebook(folder, tmp_path).write(Memory("lint"))
    (folder / "screens").chmod(0o777)
    assert Notebook(folder, tmp_path).read() == Memory()


@pytest.mark.unit
def test_the_same_is_not_written_twice(folder: Path, tmp_path: Path) -> None:
    notebook = Notebook(folder, tmp_path)
    notebook.write(Memory("lint"))
    next(folder.glob("screens/*.json")).unlink()
    notebook.write(Memory("lint"))
    assert not list(folder.glob("screens/*.json"))


@pytest.mark.unit
def test_where_nothing_can_be_kept_that_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    notebook = Notebook(tmp_path / "file", tmp_path)
    assert "is not remembered" in notebook.write(Memory("lint"))
    assert notebook.write(Memory("lint")) == ""

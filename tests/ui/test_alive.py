"""Dead code seen running: marked, explained, hidden, filtered, and forgotten when edited."""

import os
import threading
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cockpit.model import Finding
from cockpit.places import cache_folder
from cockpit.profilers.evidence import Evidence
from cockpit.profilers.heat import LineHeat
from cockpit.profilers.places import Places
from cockpit.profilers.profile import Counts, Frame, Function, Stack, Thread, Window
from cockpit.profilers.scopes import Text
from cockpit.profilers.tally import Tally
from cockpit.ui.app import CockpitApp
from cockpit.ui.list import FindingList
from tests.ui.fakes import (
    FakeBackend,
    finding,
    line_with,
    report,
    running,
    screen_text,
    show,
    snapshot,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration

CODE = """\
def area(radius):
    return 3 * radius


def never(x):
    return x


class Shape:
    def draw(self):
        return 1
"""


def dead(kind: str, symbol: str, line: int, rule: str) -> Finding:
    name = symbol.rpartition(".")[2]
    return Finding(
        "vulture", rule, "low", "pkg/b.py", line, 1, line + 1, 1, f"unused {kind} '{name}'",
        confidence="60%", symbol=symbol, identity=f"{rule}-{symbol}", name=f"unused-{kind}",
    )  # fmt: skip


AREA, NEVER = dead("function", "area", 1, "V103"), dead("function", "never", 5, "V103")
SHAPE = dead("class", "Shape", 9, "V102")
FIRST = snapshot(vulture=report(AREA, NEVER, SHAPE), ruff=report(finding()))


@pytest.fixture
def tally() -> Tally:
    return Tally(4711, "python app.py")


@pytest.fixture
def heat(project: Path, tally: Tally) -> LineHeat:
    file = project / "pkg/b.py"
    file.write_text(CODE, encoding="utf-8")
    os.utime(file, (time.time() - 60,) * 2)
    return LineHeat(tally, Places(project))


def sample(tally: Tally, project: Path, name: str, line: int, count: int = 1_234) -> None:
    frames = (Frame(Function(name, f"{project}/pkg/b.py"), line),)
    tally.add(Window({Stack(Thread(4711, "1"), frames): count}, Counts(count, seconds=1)))


async def until_seen(app: CockpitApp, pilot: Pilot[int], *findings: Finding) -> None:
    """Wait until these findings and no others are seen running."""

    def seen() -> list[Finding]:
        return [one for one in (AREA, NEVER, SHAPE) if app.context.state.living.of(one)]

    await until(pilot, lambda: seen() == list(findings))


async def test_a_function_that_runs_is_marked_and_explained(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("2")
        assert "seen running" not in await until_shown(app, pilot, "unused function 'area'")
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        await until_shown(app, pilot, "seen running: pid 4711 python app.py,", "1,234 samples")
        assert "► seen running  unused function 'area'" in line_with(app, "'area'")
        assert "seen running" not in line_with(app, "'never'")
        assert "seen running" not in line_with(app, "'Shape'")


async def test_a_class_runs_with_its_methods_and_a_stranger_of_the_same_name_does_not(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        sample(tally, project, "Shape", 9)  # its module is imported
        sample(tally, project, "never", 2)  # an older text of the file
        sample(tally, project.parent, "never", 6)  # another project
        sample(tally, project, "Shape.draw", 11)
        app.context.alive.take(heat)
        await until_seen(app, pilot, SHAPE)


async def test_v_hides_it_says_so_and_is_remembered(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("2", "v")
        await until_shown(app, pilot, "nothing here was seen running")
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        await until_seen(app, pilot, AREA)
        await pilot.press("v")
        text = await until_shown(app, pilot, "1 seen running hidden")
        assert "'area'" not in text.split("Why")[0] and "2 shown" in text
        assert app.screen.view.hide_seen
        sample(tally, project, "never", 6)
        sample(tally, project, "Shape.draw", 11)
        app.context.alive._due = 0.0
        app.context.alive.take(heat)
        await until_shown(app, pilot, "Nothing left, 3 seen running; v shows them.")
        await pilot.press("v")
        text = await until_shown(app, pilot, "unused function 'area'", "unused class 'Shape'")
        assert "hidden" not in text


async def test_v_elsewhere_says_where_it_works(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("v")
        await until_shown(app, pilot, "hiding what was seen running works in the list of a pane")
        await pilot.press("1", "v")
        await until_shown(app, pilot, "only what is called dead is marked as seen running")


async def test_a_filter_asks_for_it(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("2", "slash", *"is:seen", "enter")
        found = app.screen.query_one(FindingList)
        await until(pilot, lambda: len(found.lines) == 0)
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        await until(pilot, lambda: [found.lines.at(n) for n in range(len(found.lines))] == [AREA])
        await pilot.press("slash", "home", "!", "enter")
        await until(pilot, lambda: len(found.lines) == 2)


async def test_the_next_session_knows_it_until_the_text_changes(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        sample(tally, project, "area", 2)
        sample(tally, project, "Shape.draw", 11)
        app.context.alive.take(heat)
        await until_seen(app, pilot, AREA, SHAPE)
    file = project / "pkg/b.py"
    async with running(FakeBackend(project), first=FIRST) as (app, pilot):
        await until_seen(app, pilot, AREA, SHAPE)
        file.write_text("# moved\n\n" + CODE.replace("    return 3 *", "    return (3 *").replace(
            "* radius", "*\n      radius)  # reformatted"), encoding="utf-8")  # fmt: skip
        other = project_at(app)
        moved = [dead("function", "area", 3, "V103"), dead("class", "Shape", 12, "V102")]
        await show(app, pilot, other, snapshot(2, vulture=report(*moved), ruff=report(finding())))
        await until(pilot, lambda: len(app.context.state.living.ids) == 2)
        assert app.context.state.living.of(moved[0]) is not None
        file.write_text(file.read_text().replace("return 1", "return 2"), encoding="utf-8")
        await show(app, pilot, other, snapshot(3, vulture=report(*moved), ruff=report(finding())))
        await until(pilot, lambda: app.context.state.living.of(moved[1]) is None)
        assert app.context.state.living.of(moved[0]) is not None


def project_at(app: CockpitApp) -> FakeBackend:
    assert isinstance(app.context.backend, FakeBackend)
    return app.context.backend


async def test_a_process_older_than_the_file_proves_nothing(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        sample(tally, project, "area", 2)
        app.context.alive.take(heat, started=time.time() - 3_600)
        await until(pilot, lambda: app.context.alive._due > 0)
        assert not app.context.state.living.ids
        assert not Evidence(cache_folder(), project).all


async def test_what_becomes_dead_later_is_marked_by_what_was_seen_before(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=snapshot(vulture=report(NEVER))) as (app, pilot):
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        await until(pilot, lambda: app.context.alive._due > 0)
        app.context.alive._due = 0.0
        await show(app, pilot, backend, snapshot(2, vulture=report(AREA, NEVER)))
        await until_seen(app, pilot, AREA)


async def test_a_record_that_cannot_be_kept_is_a_note_and_lasts_for_the_session(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    (cache_folder() / "evidence").write_text("in the way")
    async with running(backend, first=FIRST) as (app, pilot):
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        await until_seen(app, pilot, AREA)
        assert any("seen running in" in note for note in app.context.notes)


@pytest.mark.security
async def test_a_command_from_outside_is_drawn_as_text(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    tally.command = "python \x1b[31m[red]x[/red]"
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("2")
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        text = await until_shown(app, pilot, "\\x1b[31m[red]x[/red]")
        assert "\x1b" not in text


async def test_no_file_is_taken_apart_in_the_loop(
    backend: FakeBackend,
    project: Path,
    tally: Tally,
    heat: LineHeat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where: list[bool] = []

    class Noting(Text):
        def __init__(self, content: bytes = b"") -> None:
            where.append(threading.current_thread() is threading.main_thread())
            super().__init__(content)

    monkeypatch.setattr("cockpit.profilers.witness.Text", Noting)
    async with running(backend, first=FIRST) as (app, pilot):
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        await until(pilot, lambda: bool(app.context.state.living.ids))
    assert where, "it was taken apart"
    assert not any(where)


async def test_files_can_be_asked_for_it_too(
    backend: FakeBackend, project: Path, tally: Tally, heat: LineHeat
) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("0", "slash", *"is:seen", "enter")
        await until_shown(app, pilot, "No file passes the filter")
        sample(tally, project, "area", 2)
        app.context.alive.take(heat)
        await until(pilot, lambda: "No file passes the filter" not in screen_text(app))
        assert "b.py" in line_with(app, "b.py")

"""Every screen looks as it did when somebody last looked: at three sizes, in both themes."""

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot as _Pilot

from cockpit.places import data_folder
from cockpit.profilers.profile import Frame, Function, Profile, Stack, Window
from cockpit.profilers.sampler import Glance, State
from cockpit.profilers.shelf import Shelf
from cockpit.ui.app import CockpitApp
from cockpit.ui.themes import LIGHT
from cockpit.ui.tree import TreeList
from tests.ui import depot
from tests.ui.fakes import FakeBackend, show, until, until_shown
from tests.ui.pictures import (
    FOLDER,
    Scene,
    always_the_same,
    compare,
    picture,
    shot,
    sitting,
    taken,
)
from tests.ui.samples import MAIN, PID, POOL, SAMPLING, FakeSampler, frame, now, window

pytestmark = pytest.mark.unit

SIZES = ((160, 45), (100, 30), (80, 24))
Pilot = _Pilot[int]


async def paste(app: CockpitApp, pilot: Pilot, words: str) -> None:
    """Have many words written at once: each key would be waited for."""
    assert app.focused is not None
    app.focused.post_message(events.Paste(words))
    await pilot.pause()


def under_cursor(app: CockpitApp) -> str:
    """Return the path of what the tree's cursor is on."""
    return app.screen.query_one(TreeList).path


async def deck(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """What is there at once."""


async def deck_running(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """A newer answer is on its way: of two tools the old one stays, dimmed; bandit has none yet."""
    running = {"running": True, "todo": 2814}
    now = depot.after_with(
        ruff={**running, "done": 812},
        vulture={"running": True},
        bandit={**running, "done": 40, "outcome": None, "last": None},
    )
    await show(app, pilot, backend, now)


async def deck_failed(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """One tool failed, one was not asked, and one could not read a file."""
    report = depot.after().results["ruff"].last
    assert report is not None
    unread = type(report)(report.files, errors=depot.UNREAD)
    now = depot.after_with(
        ruff={"outcome": unread, "last": unread},
        vulture={"outcome": depot.FAILED},
        bandit={"outcome": depot.SKIPPED, "last": None},
    )
    await show(app, pilot, backend, now)


async def deck_stale(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """Paused, and files changed since."""
    await show(app, pilot, backend, depot.after(paused=True, missed=3))


async def deck_of_nothing(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """Only what is new, in a folder that has nothing new."""
    app.context.state.within = "src/depot/catalogue"
    await pilot.press("b", "b", "b")


async def lint(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await pilot.press("1")
    await until_shown(app, pilot, "unused_total")


async def dead_failed(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await deck_failed(app, pilot, backend)
    await pilot.press("2")


async def grouped(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """By file; the first group is folded."""
    await lint(app, pilot, backend)
    await pilot.press("t", "g", "space")


async def filtered(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await lint(app, pilot, backend)
    await pilot.press("slash")
    await paste(app, pilot, "rule:F path:pay")
    await pilot.press("enter")


async def sorted_new(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """Only what is new, by place."""
    await lint(app, pilot, backend)
    await pilot.press("S", "b", "g")


async def dismissing(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """Why may it stay?"""
    await lint(app, pilot, backend)
    await pilot.press("x")
    await paste(app, pilot, "shared on purpose")


async def dismissed(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await lint(app, pilot, backend)
    for reason in ("the next release uses it", "one list for all handlers, on purpose"):
        await pilot.press("x")
        await paste(app, pilot, reason)
        await pilot.press("enter")
    await pilot.press("d")
    await until(pilot, lambda: not app._notifications)


async def source(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """The cursor is in the source, at the mark after that of the list."""
    await lint(app, pilot, backend)
    await pilot.press("enter", "n")


async def why(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """The explanation fills the screen."""
    await lint(app, pilot, backend)
    await pilot.press("j", "w", "plus")


async def security(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await pilot.press("4")
    await until_shown(app, pilot, "shell=True")


async def by_file(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await pilot.press("0", "L", "g")
    while not under_cursor(app).endswith("webhook_handlers.py"):
        await pilot.press("j")


async def by_folder(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """The cursor is on a folder; most new first."""
    await pilot.press("0", "S", "S", "g", "j")


async def noted(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """There is something to note."""
    said = (
        "ruff 0.15.0 is not the project's own, which is 0.14.2: `cockpit trust` has it run",
        "src/depot/legacy/dump.py has 2.4 MB and is left out",
    )
    await show(app, pilot, backend, depot.after(notes=said))


def seen(root: Path, hot: int = 52) -> Window:
    """Return a second of the depot's webhooks: its own code, a library's, and C."""
    handler, orders = root / depot.WEBHOOKS, root / depot.ORDERS
    serve = frame("serve", "/venv/lib/python3.12/site-packages/wsgi/server.py", 214)
    accept = frame("Handler.accept", handler, 24)
    store = frame("Handler.store", handler, 35)
    run = frame("Cursor.execute", "/venv/lib/python3.12/site-packages/psycopg/cursor.py", 97)
    confirm = frame("Order.confirm", orders, 10)
    sha = Frame(Function("_hashlib_md5", "/usr/lib/libcrypto.so.3"))
    work = frame("Pool._work", "/usr/lib/python3.12/concurrent/futures/thread.py", 58)
    return window(
        {
            Stack(MAIN, (serve, accept)): hot,
            Stack(MAIN, (serve, accept, sha)): 9,
            Stack(MAIN, (serve, accept, store, run)): 21,
            Stack(MAIN, (serve, accept, store)): 6,
            Stack(POOL, (work, confirm)): 12,
            Stack(POOL, (work, confirm, run)): 4,
            Stack(POOL, (work,)): 1,
        },
        errors=1,
        torn=2,
    )


async def cpu(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """A process is sampled: half a minute, in the middle of which a function grew hot."""
    page = app.pages.cpu()
    await page.sample(PID)
    sampler = FakeSampler.made[-1]
    sampler.state(SAMPLING)
    run = frame("Cursor.execute", "/venv/lib/python3.12/site-packages/psycopg/cursor.py", 97)
    sampler.glance(Glance((now(MAIN, run, gil=True), now(POOL, run, active=False)), 0.61))
    for second in range(24):
        sampler.window(seen(backend.root, 20 if second < 12 else 52))
    await pilot.press("c")
    await until_shown(app, pilot, "Handler.accept")


async def cpu_tree(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await cpu(app, pilot, backend)
    await pilot.press("right_square_bracket", "j")


async def cpu_flame(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await cpu(app, pilot, backend)
    await pilot.press("right_square_bracket", "right_square_bracket", "j", "j", "j")


async def cpu_threads(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    await cpu(app, pilot, backend)
    await pilot.press("t", "j")


async def cpu_compared(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """What is seen now beside a recording of before."""
    before = seen(backend.root, 8)
    profile = Profile(before.stacks, before.counts, 100, PID, "python serve.py", 1.0, 2.0)
    Shelf(data_folder(), backend.root).save(profile)
    await cpu(app, pilot, backend)
    await pilot.press("left_square_bracket")
    await until_shown(app, pilot, "2026-01-31 12:00")
    await pilot.press("equals_sign")
    await until_shown(app, pilot, "before", "Handler.accept")


async def cpu_failed(app: CockpitApp, pilot: Pilot, backend: FakeBackend) -> None:
    """The process may not be looked at; the Deck has a tile that says so."""
    await app.pages.cpu().sample(PID)
    hint = 'Run cockpit as root: `sudo env "PATH=$PATH" cockpit top 4711001`.'
    FakeSampler.made[-1].state(State("failed", "it belongs to root", hint))
    await until(pilot, lambda: bool(app.screen.query("#tile-cpu")))


SCENES = {
    "deck": Scene(deck),
    "deck-running": Scene(deck_running),
    "deck-failed": Scene(deck_failed),
    "deck-stale": Scene(deck_stale),
    "deck-nothing": Scene(deck_of_nothing),
    "lint": Scene(lint),
    "dead-failed": Scene(dead_failed),
    "grouped": Scene(grouped),
    "filtered": Scene(filtered),
    "sorted-new": Scene(sorted_new),
    "dismissing": Scene(dismissing),
    "dismissed": Scene(dismissed),
    "source": Scene(source),
    "why": Scene(why),
    "security": Scene(security),
    "by-file": Scene(by_file),
    "by-folder": Scene(by_folder),
    "help": Scene(lint, ("question_mark",)),
    "command": Scene(security, ("at",)),
    "base": Scene(deck, ("B",)),
    "notes": Scene(noted, ("exclamation_mark",)),
    "cpu-top": Scene(cpu),
    "cpu-tree": Scene(cpu_tree),
    "cpu-flame": Scene(cpu_flame),
    "cpu-threads": Scene(cpu_threads),
    "cpu-compared": Scene(cpu_compared),
    "cpu-deck": Scene(cpu_failed),
    "palette": Scene(deck, ("ctrl+p", *"copy")),
}
PICTURES = [
    *(
        (f"{name}-{width}x{height}", name, (width, height))
        for name in SCENES
        for width, height in SIZES
    ),
    ("small-60x12", "deck", (60, 12)),
]


@pytest.mark.parametrize(("file", "name", "size"), PICTURES, ids=[file for file, _, _ in PICTURES])
async def test_it_looks_as_it_did(
    file: str, name: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_the_same(monkeypatch)
    compare(file, await picture(tmp_path, SCENES[name], size))


@pytest.mark.regression
@pytest.mark.parametrize("name", ["lint", "why", "by-file"])
async def test_a_theme_that_is_chosen_now_reaches_everything(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_the_same(monkeypatch)
    scene, size = SCENES[name], SIZES[1]
    fresh = await shot(tmp_path / "fresh", scene, size, LIGHT.name)
    async with sitting(tmp_path / "changed", size) as (app, pilot, backend):
        await scene.steps(app, pilot, backend)
        before = app.context.look.palette
        app.theme = LIGHT.name
        await until(pilot, lambda: app.context.look.palette is not before)
        assert await taken(app, pilot) == fresh


def test_every_picture_is_of_a_screen_that_there_is() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == {file for file, _, _ in PICTURES}

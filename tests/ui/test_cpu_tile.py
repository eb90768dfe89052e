"""The Deck's tile of what is sampled: there while there is something, and never in the way."""

from pathlib import Path

import msgspec
import pytest

from cockpit.profilers.sampler import Glance, State
from cockpit.ui.cpu import CpuScreen
from cockpit.ui.cpu_tile import CpuTile
from cockpit.ui.deck import Deck
from cockpit.ui.tile import Tile
from tests.ui.fakes import (
    FakeBackend,
    line_with,
    running,
    screen_lines,
    screen_text,
    snapshot,
    until,
    until_shown,
)
from tests.ui.samples import PID, SAMPLING, Sampled, cpu, sampled, usual, window

__all__ = ["sampled"]
pytestmark = pytest.mark.integration


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24)])
async def test_it_appears_with_a_process_and_fills_its_row(
    backend: FakeBackend, project: Path, size: tuple[int, int]
) -> None:
    async with running(backend, size, snapshot()) as (app, pilot):
        assert not app.screen.query(CpuTile)
        await app.pages.cpu().sample(PID)
        await until(pilot, lambda: bool(app.screen.query(CpuTile)))
        here, tile = Sampled(app, pilot), app.screen.query_one(CpuTile)
        await here.stand(SAMPLING)
        await here.see(usual(project))
        await pilot.pause()
        tile.scroll_visible(immediate=True, animate=False)
        text = await until_shown(app, pilot, f"c CPU pid {PID} python serve.py", "100 Hz", "area")
        assert "60.0%  60.0%" in line_with(app, " area ")
        assert "0.0% errors" in text
        right = max(one.region.right for one in app.screen.query(Tile))
        assert tile.region.right == right, "no hole beside it"
        assert {len(line) for line in screen_lines(app)} == {size[0]}
        assert tile.size.height >= 3


async def test_enter_a_click_and_c_open_the_page_and_tab_comes_by_it(
    backend: FakeBackend, project: Path
) -> None:
    async with cpu(backend, (160, 45), None, usual(project)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("escape")
        await until_shown(app, pilot, "c CPU", "area")
        deck = app.screen
        assert isinstance(deck, Deck)
        visited = []
        for _ in range(5):
            visited.append(deck.focused)
            await pilot.press("tab")
        assert len({id(one) for one in visited}) == 5
        (tile,) = [one for one in visited if isinstance(one, CpuTile)]
        assert visited[-1] is tile, "it is the last"
        assert deck.focused is visited[0]
        await pilot.press("shift+tab")
        assert deck.focused is tile
        assert "enter open" in screen_lines(app)[-1]
        for key in ("j", "k", "h", "l"):
            tile.focus()
            await pilot.press(key)
            assert isinstance(deck.focused, Tile), key
        for how in ("enter", "c", "click"):
            tile.focus()
            await (pilot.click(CpuTile) if how == "click" else pilot.press(how))
            await until(pilot, lambda: isinstance(app.screen, CpuScreen))
            await pilot.press("escape")
            assert app.screen is deck, how


async def test_it_says_how_the_sampling_stands(backend: FakeBackend, project: Path) -> None:
    async with cpu(backend, (160, 45)) as here:
        app, pilot = here.app, here.pilot
        await pilot.press("escape")
        for state, shown in (
            (State("starting"), "attaching to"),
            (State("failed", "it belongs to root [red]\x1b", "Use sudo."), "cannot sample"),
            (State("stopped", "process 1 is stopped"), "process 1 is stopped"),
            (SAMPLING, "100 Hz"),
        ):
            await here.stand(state)
            text = await until_shown(app, pilot, shown)
            if state.kind == "failed":
                assert "it belongs to root [red]\\x1b. Use sudo." in text
        bad = msgspec.structs.replace(usual(project), counts=window({}, errors=25).counts)
        await here.see(bad)
        here.sampler.glance(Glance(gil=0.42))
        await until_shown(app, pilot, "25.0% errors", "GIL 42%")
        await here.stand(State("ended", f"process {PID} has ended"))
        await until_shown(app, pilot, "ended", "area")
        assert "CPU of" not in screen_text(app), "it is sampled no more"

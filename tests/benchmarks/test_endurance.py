"""A working day at the screen, saves as fast as they can be answered: the memory stays flat.

Eight hours with a save every three seconds are some 10,000 saves; `COCKPIT_SAVES` says how many.
"""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import psutil
import pytest
from textual.pilot import Pilot

from cockpit.session import Request
from cockpit.ui.app import CockpitApp
from cockpit.ui.start import engine

pytestmark = pytest.mark.performance

_SAVES = int(os.environ.get("COCKPIT_SAVES", "10000"))
#: MB that the screen's process, or all workers together, may grow by from a tenth of the saves on.
_GROWTH = 12.0
_SNIPPETS = (
    "import os\n",
    "def unused_{n}(argument):\n    return argument\n",
    "def asks_{n}():\n    assert {n}\n    return eval('{n}')\n",
    'class Widget{n}:\n    """A widget."""\n\n    def draw(self, pen): pass\n',
    "VALUE_{n} = {n}\nprint(VALUE_{n})\n",
)


def _text(chance: random.Random, turn: int) -> str:
    parts = chance.choices(_SNIPPETS, k=chance.randint(1, 12))
    return f"# {turn}\n" + "\n\n".join(
        part.replace("{n}", str(chance.randint(0, 99))) for part in parts
    )


def _megabytes() -> tuple[float, float]:
    """Return what the screen's process and its children hold, in MB."""
    me = psutil.Process()
    children = [child.memory_info().rss for child in me.children(recursive=True)]
    return me.memory_info().rss / 1e6, sum(children) / 1e6


@pytest.mark.slow
def test_ten_thousand_saves(
    benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of a pane is open, its cursor moves, and the memory is what it was at the start."""
    for name in ("CACHE", "STATE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"COCKPIT_{name}_DIR", str(tmp_path / name))
    root = tmp_path / "project"
    root.mkdir()
    chance = random.Random(1)
    files = [root / f"module_{number}.py" for number in range(60)]
    for file in files:
        file.write_text(_text(chance, 0), encoding="utf-8")
    (root / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["ALL"]\n', encoding="utf-8")
    monkeypatch.chdir(root)
    held: list[tuple[float, float]] = []

    async def day() -> None:
        app = CockpitApp(lambda: engine(Request()))
        async with app.run_test(size=(80, 24)) as pilot:
            await _settled(app, pilot, 0)
            await pilot.press("1")
            for turn in range(1, _SAVES + 1):
                before = app.context.state.snapshot.generation
                chance.choice(files).write_text(_text(chance, turn), encoding="utf-8")
                app.simulate_key("j" if turn % 50 < 25 else "k")
                await _settled(app, pilot, before)
                if turn % (_SAVES // 20) == 0:
                    held.append(_megabytes())

    benchmark.pedantic(lambda: asyncio.run(day()), rounds=1)
    mine, theirs = zip(*held, strict=True)
    benchmark.extra_info |= {
        "saves": _SAVES,
        "screen_mb": [round(one, 1) for one in mine],
        "workers_mb": [round(one, 1) for one in theirs],
        "screen_growth_mb": round(mine[-1] - mine[1], 1),
        "workers_growth_mb": round(theirs[-1] - theirs[1], 1),
    }
    assert mine[-1] - mine[1] <= _GROWTH
    assert theirs[-1] - theirs[1] <= _GROWTH


async def _settled(app: CockpitApp, pilot: Pilot[int], after: int) -> None:
    state = app.context.state
    async with asyncio.timeout(60):
        while not (state.snapshot.fresh and state.snapshot.generation > after):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    await pilot.pause()

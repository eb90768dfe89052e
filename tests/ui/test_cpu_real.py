"""The CPU page on real processes: py-spy looks at them, and they end with the person's leaving."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.fakes import (
    FakeBackend,
    line_with,
    running,
    screen_text,
    snapshot,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration
BUSY = """
def leaf(total):
    for number in range(10_000):
        total += number * number

print("ready to work", flush=True)
while True:
    leaf(0)
"""


async def test_a_real_process_is_sampled_until_it_ends(backend: FakeBackend, project: Path) -> None:
    program = project / "pkg/busy.py"
    program.write_text(BUSY, encoding="utf-8")
    child = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        async with running(backend, (160, 45), snapshot()) as (app, pilot):
            page = app.pages.cpu()
            await page.sample(child.pid)
            await pilot.press("c")
            await until(pilot, lambda: "pkg/busy.py:4" in screen_text(app), seconds=60)
            assert "leaf" in line_with(app, "pkg/busy.py:4")
            await until_shown(app, pilot, f"sampling {child.pid}", "total += number", "100 Hz")
            child.kill()
            await until(pilot, lambda: "has ended" in screen_text(app), seconds=60)
            assert "leaf" in line_with(app, "pkg/busy.py:4"), "what was seen stays"
            await pilot.press("w")
            await until_shown(app, pilot, "saved ")


async def test_a_program_is_launched_and_gone_when_the_person_leaves(
    backend: FakeBackend, project: Path
) -> None:
    program = project / "pkg/busy.py"
    program.write_text(BUSY, encoding="utf-8")
    async with running(backend, (160, 45), snapshot()) as (app, pilot):
        page = app.pages.cpu()
        await page.launch((sys.executable, str(program)))
        await pilot.press("c")
        page.open_view("Output")
        await until(pilot, lambda: "ready to work" in screen_text(app), seconds=60)
        page.open_view("Threads")
        await until(pilot, lambda: "GIL    main thread (" in screen_text(app), seconds=60)
        target = app.context.sampled().target
        assert target is not None
        assert target.standing == "running"
    assert target.standing == "ended"

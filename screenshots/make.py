"""Draws the pictures of the documentation: the real program on a real project.

    python screenshots/make.py PROJECT

The project is copied first, checked, and then changed as a person would change it, so that the
pictures show what is new. Nothing in the pictures is written by hand.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from cockpit.session import Request
from cockpit.ui.app import CockpitApp
from cockpit.ui.start import engine

HERE = Path(__file__).parent
#: What a person just wrote: an undefined name, and a query built by hand.
EDIT = '''

def refresh(connection, table):
    """Read the table again."""
    cursor = connection.cursor()
    cursor.execute(f"SELECT * FROM {table}")
    return cursr.fetchall()
'''
#: Seconds that the first check of a large project may take.
PATIENCE = 600


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(0.05)


async def draw(project: Path, edited: str) -> None:
    """Draw every picture of `project`, after appending an edit to its file `edited`."""
    os.chdir(project)
    app = CockpitApp(lambda: engine(Request()))
    state = app.context.state
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: state.snapshot.fresh and state.snapshot.generation > 0)
        with (project / edited).open("a", encoding="utf-8") as file:
            file.write(EDIT)
        await until(pilot, lambda: state.snapshot.fresh and state.snapshot.generation > 1)
        await until(pilot, lambda: state.snapshot.base.ready and state.new > 0)
        await save(app, pilot, "deck")
        await app.action_pane("lint")
        await save(app, pilot, "pane")
        await pilot.press("t", "t")
        await save(app, pilot, "grouped")
        await pilot.press("t", "t", "x")
        await save(app, pilot, "dismiss")
        await pilot.press("escape", "question_mark")
        await save(app, pilot, "keys")
        await pilot.press("escape", "B")
        await save(app, pilot, "base")
        await pilot.press("escape", "ctrl+p")
        await save(app, pilot, "palette")
        await pilot.press("escape")
        await app.action_pane("security")
        await save(app, pilot, "security")
        await pilot.press("enter", "plus")
        await save(app, pilot, "source")
        await pilot.press("plus")
        await app.action_files()
        await save(app, pilot, "files")
        await pilot.press("escape")
        app.theme = "cockpit-light"
        await save(app, pilot, "deck-light")
        app.theme = "cockpit"
        await pilot.resize_terminal(80, 24)
        await save(app, pilot, "deck-80x24")
        await app.action_pane("lint")
        await pilot.resize_terminal(100, 30)
        await save(app, pilot, "pane-100x30")


async def save(app: CockpitApp, pilot: Pilot[int], name: str) -> None:
    """Write what the screen shows, once it has come to rest."""
    before = ""
    while (picture := app.export_screenshot(title="cockpit")) != before:
        before = picture
        await pilot.pause(0.3)
    # Without this some programs that draw SVG drop the spaces that source text begins with.
    preserved = picture.replace("<svg ", '<svg xml:space="preserve" ', 1)
    (HERE / f"{name}.svg").write_text(preserved, encoding="utf-8")


def main() -> None:
    """Copy the project to a home of its own, and draw it there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("project", type=Path, help="folder of a Python project; it is not changed")
    parser.add_argument("--edit", default="", help="the file to change (default: the largest)")
    options = parser.parse_args()
    source = options.project.resolve()
    if not source.is_dir():
        sys.exit(f"{source} is not a folder")
    with tempfile.TemporaryDirectory() as home:
        project = Path(home, "src", source.name)
        shutil.copytree(source, project, symlinks=True)
        if (project / ".git").is_dir():
            branch = ("git", "checkout", "-q", "-b", "fix-query")
            subprocess.run(branch, cwd=project, check=True)  # noqa: S603 - git, in our copy
        edited = options.edit or str(largest(project))
        os.environ["HOME"] = home  # the title reads ~/src/name, wherever the pictures are drawn
        asyncio.run(draw(project, edited))


def largest(project: Path) -> Path:
    """Return the largest Python file that is no test, relative to the project."""
    files = [path.relative_to(project) for path in project.rglob("*.py")]
    kept = [path for path in files if "test" not in str(path)] or files
    return max(kept, key=lambda path: (project / path).stat().st_size)


if __name__ == "__main__":
    main()

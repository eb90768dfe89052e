"""Draws the pictures of the documentation: the real program on a real project.

    python screenshots/make.py PROJECT [--only deck,cpu]

The project is copied first, checked, and then changed as a person would change it, so that the
pictures show what is new. Nothing in the pictures is written by hand.

Those of the CPU and memory pages are of programs that use Django for as long as they are looked
at. So they are drawn where the project is Django, and where this Python has what Django needs
(`pip install --group docs`).
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from textual.pilot import Pilot

from cockpit.session import Request
from cockpit.ui.app import CockpitApp
from cockpit.ui.how import How
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
#: What the CPU page looks at: it renders pages of what a database holds.
SHOP = '''
import sys, time
import django
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    USE_TZ=True,
)
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.template import engines

PAGE = """{% for user in users %}<li>{{ user.username|title }} {{ user.email|urlize }}
{{ user.date_joined|date:"r" }} {{ about|truncatechars:30 }}{% endfor %}"""
ABOUT = "Sells books, maps and atlases; since 1986, in Lawrence, Kansas."

def render(page):
    users = User.objects.filter(username__contains="1").exclude(email="").order_by("email")
    return page.render({"users": users[:20], "about": ABOUT})

def serve(wait):
    call_command("migrate", verbosity=0)
    for number in range(50):
        User.objects.create(username=f"user{number}", email=f"user{number}@example.com")
    page = engines["django"].from_string(PAGE)
    print("serving", flush=True)
    while True:
        render(page)
        if wait:
            time.sleep(wait)

serve(float(sys.argv[1]))
'''
#: Whose memory is looked at: it keeps what it read of a database, and drops the half of it once.
IMPORT = (
    SHOP[: SHOP.index("from django.template import engines")]
    + """
import json

BOOK = json.dumps({"title": "An atlas", "about": "x" * 300, "tags": list(range(20))})

class Catalogue:
    def __init__(self):
        self.books, self.readers = [], []

    def add_books(self, count):
        self.books += [json.loads(BOOK) for _ in range(count)]

    def add_readers(self):
        self.readers.append(list(User.objects.order_by("email")))

def load(seconds):
    call_command("migrate", verbosity=0)
    User.objects.bulk_create(User(username=f"u{n}", email=f"u{n}@x.org") for n in range(300))
    catalogue, began = Catalogue(), time.monotonic()
    for step in range(seconds * 8):
        catalogue.add_books(400)
        catalogue.add_readers()
        if step == seconds * 5:
            del catalogue.books[::2]
        time.sleep(max(0, began + step / 8 - time.monotonic()))

load(int(sys.argv[1]))
"""
)
#: Pictures of its heap that the memory page has when it is drawn.
PICTURES = 24
#: What the program is called with: the first is looked at, the others are in the picker beside it.
CALLED = ("shop 0", "shop.mail 0.05", "shop.report 0.5")
#: Stacks that the CPU page has seen when it is drawn.
ENOUGH = 4_000
#: Seconds that the first check of a large project may take.
PATIENCE = 600


#: Draws what the screen shows, under a name.
Save = Callable[[str], Awaitable[None]]


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(0.05)


class Artist:
    """Draws the pictures whose names it was told, or all."""

    def __init__(self, app: CockpitApp, pilot: Pilot[int], only: frozenset[str]) -> None:
        """Draw what `app` shows."""
        self._app, self._pilot, self._only = app, pilot, only

    async def save(self, name: str) -> None:
        """Write what the screen shows, once it has come to rest."""
        if self._only and name not in self._only:
            return
        before = ""
        while (picture := self._app.export_screenshot(title="cockpit")) != before:
            before = picture
            await self._pilot.pause(0.3)
        # Without this some programs that draw SVG drop the spaces that source text begins with.
        preserved = picture.replace("<svg ", '<svg xml:space="preserve" ', 1)
        (HERE / f"{name}.svg").write_text(preserved, encoding="utf-8")


async def draw(project: Path, edited: str, only: frozenset[str]) -> None:
    """Draw every picture of `project`, after appending an edit to its file `edited`."""
    os.chdir(project)
    app = CockpitApp(lambda: engine(Request()))
    state = app.context.state
    async with app.run_test(size=(160, 45)) as pilot:
        save = Artist(app, pilot, only).save
        await until(pilot, lambda: state.snapshot.fresh and state.snapshot.generation > 0)
        with (project / edited).open("a", encoding="utf-8") as file:
            file.write(EDIT)
        await until(pilot, lambda: state.snapshot.fresh and state.snapshot.generation > 1)
        await until(pilot, lambda: state.snapshot.base.ready and state.new > 0)
        await draw_panes(app, pilot, save)
        if is_django(project):
            with shops(project) as pids:
                await draw_cpu(app, pilot, save, pids)
                await draw_memory(app, pilot, save, project)
                await draw_decks(app, pilot, save)
        else:
            await draw_decks(app, pilot, save)


async def draw_panes(app: CockpitApp, pilot: Pilot[int], save: Save) -> None:
    """Draw what the checks show, a pane at a time; come back to the Deck."""
    await app.action_pane("lint")
    await save("pane")
    await pilot.press("t", "t")
    await save("grouped")
    await pilot.press("t", "t", "x")
    await save("dismiss")
    await pilot.press("escape", "question_mark")
    await save("keys")
    await pilot.press("escape", "B")
    await save("base")
    await pilot.press("escape", "ctrl+p")
    await save("palette")
    await pilot.press("escape")
    await app.action_pane("security")
    await save("security")
    await pilot.press("enter", "plus")
    await save("source")
    await pilot.press("plus")
    await app.action_files()
    await save("files")
    await app.action_pane("lint")
    await pilot.resize_terminal(100, 30)
    await save("pane-100x30")
    await pilot.resize_terminal(160, 45)
    await pilot.press("escape", "escape")


async def draw_decks(app: CockpitApp, pilot: Pilot[int], save: Save) -> None:
    """Draw the Deck."""
    await save("deck")
    app.theme = "cockpit-light"
    await save("deck-light")
    app.theme = "cockpit"
    await pilot.resize_terminal(80, 24)
    await save("deck-80x24")


# --- The CPU page ---


async def draw_cpu(app: CockpitApp, pilot: Pilot[int], save: Save, pids: list[int]) -> None:
    """Draw what the process shows that is the first of `pids`; come back to the Deck, paused."""
    page, profiling = app.pages.cpu(), app.context.sampled()
    await page.sample(pids[0])
    await app.action_cpu()
    page.action_attach(frozenset(pids))
    await pilot.pause(3)  # the picker looks again then, and knows what each takes
    await pilot.press("G")
    await save("picker")
    # Templates go up and down their stacks too fast to be read otherwise: see docs/profiling.md.
    await pilot.press("escape", "P")
    await until(pilot, lambda: profiling.tally.weight > ENOUGH and profiling.glance.gil is not None)
    await until(pilot, lambda: bool(app.context.state.living.ids))
    profiling.pause()  # it would never come to rest
    while page.place is None or not page.place[0].endswith("utils/html.py"):
        await pilot.press("j")
    await save("cpu")
    await pilot.resize_terminal(80, 24)
    await save("cpu-80x24")
    await pilot.resize_terminal(160, 45)
    page.open_view("Tree")
    await pilot.press(*"j" * 16)
    await save("cpu-tree")
    page.open_view("Flame")
    await pilot.press("G")
    await save("flame")
    page.open_view("Top")
    await app.action_pane("dead")
    await pilot.press("S", "S", "S", "g")
    await save("seen-running")
    await pilot.press("S")
    await app.action_pane("lint")
    await pilot.press("escape")


async def draw_memory(app: CockpitApp, pilot: Pilot[int], save: Save, project: Path) -> None:
    """Draw a program's heap as it runs, and its capture; come back to the Deck."""
    page, tracking = app.pages.memory(), app.context.tracked()
    (Path.home() / "import_books.py").write_text(IMPORT, encoding="utf-8")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(project), *filter(None, sys.path)])
    os.chdir(Path.home())  # it is said as a person would type it
    await app.action_memory()
    await page.launch(("python", "import_books.py", str(PICTURES)), How())
    await until(pilot, lambda: len(tracking.course.moments) >= PICTURES)
    while page.place is None or not page.place[0].endswith("models/base.py"):
        await pilot.press("j")
    await save("memory-live")
    await until(pilot, lambda: tracking.program is not None and not tracking.program.running)
    await until(
        pilot, lambda: bool(tracking.captures) and tracking.captures[0].standing != "running"
    )
    page.open_capture(tracking.captures[0])
    await until(pilot, lambda: not tracking.reader.reading)
    await save("memory")
    page.open_view("Flame")
    await pilot.press("G")
    await save("memory-flame")
    page.open_view("Captures")
    os.chdir(project)
    await app.action_pane("lint")
    await pilot.press("escape")


def is_django(project: Path) -> bool:
    """Return whether the project is the Django that `SHOP` needs."""
    return (project / "django" / "template").is_dir()


@contextlib.contextmanager
def shops(project: Path) -> Iterator[list[int]]:
    """Run `SHOP` some times, as a person would of a project in an environment of its own."""
    home = Path.home()
    environment = home / ".virtualenvs" / "shop"
    venv.create(environment, symlinks=True)
    paths = [str(home / "shop"), str(project), *filter(None, sys.path)]
    said = [home / f"said-{number}" for number in range(len(CALLED))]
    (home / "shop" / "shop").mkdir(parents=True)
    for name in ("__init__", "__main__", "mail", "report"):
        text = "" if name == "__init__" else SHOP
        (home / "shop" / "shop" / f"{name}.py").write_text(text, encoding="utf-8")
    variables = {
        **os.environ,
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join(paths),
        "VIRTUAL_ENV": str(environment),
    }
    # By way of a shell, as another terminal's: of our own children cockpit shows none.
    begun = [
        subprocess.run(  # noqa: S603 - our own program
            ["/bin/sh", "-c", f"python -m {words} >{name} 2>&1 & echo $!"],
            cwd=project,
            env=variables,
            stdout=subprocess.PIPE,
            check=True,
        )
        for words, name in zip(CALLED, said, strict=True)
    ]
    pids = [int(one.stdout) for one in begun]
    try:
        while not all("serving" in (words := name.read_text("utf-8")) for name in said):
            if "Error" in words:
                sys.exit(f"the program that is to be looked at does not run:\n{words}")
            time.sleep(0.05)
        os.kill(pids[-1], signal.SIGSTOP)  # one that cannot be sampled
        yield pids
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Copy the project to a home of its own, and draw it there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("project", type=Path, help="folder of a Python project; it is not changed")
    parser.add_argument("--edit", default="", help="the file to change (default: the largest)")
    parser.add_argument("--only", default="", help="names of pictures, with commas (default: all)")
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
        asyncio.run(draw(project, edited, frozenset(filter(None, options.only.split(",")))))


def largest(project: Path) -> Path:
    """Return the largest Python file that is no test, relative to the project."""
    files = [path.relative_to(project) for path in project.rglob("*.py")]
    kept = [path for path in files if "test" not in str(path)] or files
    return max(kept, key=lambda path: (project / path).stat().st_size)


if __name__ == "__main__":
    main()

"""A sampler that says what a test tells it to, processes that there are not, and what was seen."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.pilot import Pilot

from cockpit.errors import CockpitError
from cockpit.model import Snapshot
from cockpit.profilers.permission import Facts
from cockpit.profilers.processes import Process
from cockpit.profilers.profile import Counts, Frame, Function, Stack, Thread, Window
from cockpit.profilers.pyspy import Options, ThreadNow
from cockpit.profilers.sampler import Glance, State
from cockpit.profilers.target import NotThere, Target
from cockpit.ui.app import CockpitApp
from cockpit.ui.cpu import CpuScreen
from cockpit.ui.rows import RowList
from tests.ui.fakes import FakeBackend, running, snapshot, until

PID, OTHER = 4_711_001, 4_711_002
COMMANDS = {PID: "python serve.py --port 8000", OTHER: "python other.py"}
MAIN = Thread(PID, str(PID), "MainThread")
POOL = Thread(PID, "4711009", "pool-1")
LIBRARY = "/venv/lib/python3.12/site-packages/django/db/query.py"
#: What py-spy names of C has a library in place of a file.
NATIVE = Frame(Function("deflate", "/usr/lib/libz.so.1"))
SAMPLING = State("sampling", rate=100)


class FakeSampler:
    """Stands for the real one: it samples nothing, and calls back when a test has it."""

    made: ClassVar[list["FakeSampler"]] = []
    #: What every thread does, for whoever looks.
    now: ClassVar[tuple[ThreadNow, ...]] = ()

    def __init__(
        self,
        target: Target,
        options: Options,
        on_window: Callable[[Window], None],
        on_state: Callable[[State], None] = lambda _: None,
        on_glance: Callable[[Glance], None] = lambda _: None,
    ) -> None:
        self.target, self.options = target, options
        self.window, self.state, self.glance = on_window, on_state, on_glance
        self.ended, self.looks = False, 0
        FakeSampler.made.append(self)

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True

    async def dump(self) -> tuple[ThreadNow, ...]:
        self.looks += 1
        return FakeSampler.now


class FakeLaunched:
    """A program that was never started."""

    made: ClassVar[list["FakeLaunched"]] = []

    def __init__(self, argv: Sequence[str], folder: Path) -> None:
        if argv[0] == "nowhere":
            raise CockpitError("there is no program nowhere", "Name a command to run.")
        self.argv, self.folder = tuple(argv), folder
        self.said: deque[str] = deque(maxlen=200)
        self.target = Target(OTHER, 2.0, " ".join(argv), "2", launched=True)
        self.code: int | None = None
        self.gone = False
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        FakeLaunched.made.append(self)

    async def ended(self) -> int:
        return await self.exited

    async def end(self) -> None:
        self.gone = True


def pinned(pid: int) -> Target:
    """Return a process of those that there are."""
    if pid not in COMMANDS:
        raise NotThere(f"there is no process {pid}", "Choose another.")
    return Target(pid, time.time(), COMMANDS[pid], str(pid))


def listed() -> list[Process]:
    """Return the processes to choose from."""
    return [
        Process(pid, 1e9 + pid, command=words, argv=tuple(words.split()), user="ada", age=60.0)
        for pid, words in COMMANDS.items()
    ]


class Listing:
    """Finds them at every look."""

    def __init__(
        self, targets: Callable[[], Collection[int]] = tuple, _facts: Callable[[], Facts] = Facts
    ) -> None:
        self.targets = targets

    def look(self, only: Collection[int] | None = None) -> list[Process]:
        return [one for one in listed() if only is None or one.pid in only]


@pytest.fixture(autouse=True)
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing be sampled or started in earnest."""
    nothing_in_earnest(monkeypatch)


def nothing_in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put what is not there in the place of samplers, programs and processes."""
    FakeSampler.made, FakeSampler.now, FakeLaunched.made = [], (), []
    monkeypatch.setattr("cockpit.ui.profiling.Sampler", FakeSampler)
    monkeypatch.setattr("cockpit.ui.profiling.Launched", FakeLaunched)
    monkeypatch.setattr("cockpit.ui.profiling.pin", pinned)
    monkeypatch.setattr("cockpit.ui.sampled.Lister", Listing)


# --- What was seen ------------------------------------------------------------------------------


def frame(name: str, path: object, line: int) -> Frame:
    """Return a frame."""
    return Frame(Function(name, str(path)), line)


def window(stacks: Mapping[Stack, int], seconds: float = 1.0, **counts: Any) -> Window:
    """Return what was seen in so many seconds."""
    counts.setdefault("samples", round(seconds * 100))
    return Window(stacks, Counts(seconds=seconds, **counts))


def usual(root: Path, area: int = 60, query: int = 30, thread: Thread = MAIN) -> Window:
    """Return a second of a program of the project: its own function, a library's, one in C."""
    module = frame("<module>", root / "pkg/a.py", 150)
    called = frame("area", root / "pkg/a.py", 7)
    asked = frame("Query.run", LIBRARY, 88)
    return window(
        {
            Stack(thread, (module, called)): area,
            Stack(thread, (module, asked)): query,
            Stack(thread, (module, asked, NATIVE)): 10,
        }
    )


def now(thread: Thread, *frames: Frame, active: bool = True, gil: bool = False) -> ThreadNow:
    """Return what a thread does now."""
    return ThreadNow(thread.process, thread.id, thread.name, active, gil, frames)


# --- The page -----------------------------------------------------------------------------------


class Sampled:
    """The app on its CPU page, and what is sampled there."""

    def __init__(self, app: CockpitApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def page(self) -> CpuScreen:
        return self.app.pages.cpu()

    @property
    def sampler(self) -> FakeSampler:
        return FakeSampler.made[-1]

    @property
    def list(self) -> RowList:
        return self.page.query_one(RowList)

    @property
    def under(self) -> str:
        """The name of the function under the cursor of the list."""
        row = self.list.row
        return row.function.name if row is not None else ""

    async def see(self, *windows: Window) -> None:
        """Have the sampler hand on windows, and wait until they are shown."""
        for one in windows:
            self.sampler.window(one)
        await self.pilot.pause()

    async def stand(self, state: State) -> None:
        """Have the sampler say how it stands."""
        self.sampler.state(state)
        await self.pilot.pause()

    async def settle(self) -> None:
        """Wait for all that goes on beside the keys."""
        await until(self.pilot, lambda: all(one.is_finished for one in self.app.workers))
        await self.pilot.pause()


@asynccontextmanager
async def cpu(
    backend: FakeBackend,
    size: tuple[int, int] = (160, 45),
    first: Snapshot | None = None,
    *windows: Window,
    steps: Callable[[Sampled], Awaitable[None]] | None = None,
) -> AsyncIterator[Sampled]:
    """Run the app on its CPU page, where a process is sampled and `windows` were seen."""
    async with running(backend, size, first or snapshot()) as (app, pilot):
        await app.pages.cpu().sample(PID)
        here = Sampled(app, pilot)
        here.sampler.state(SAMPLING)
        if steps is not None:
            await steps(here)
        for one in windows:
            here.sampler.window(one)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CpuScreen))
        await here.settle()
        yield here

"""Captures of which nothing is real: what a reading gives, and a program that was never started."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.pilot import Pilot

from cockpit.errors import CockpitError
from cockpit.memory.captures import Captures
from cockpit.memory.model import (
    Bucket,
    Capture,
    Kind,
    Live,
    LiveRow,
    Moment,
    Node,
    Options,
    Part,
    Place,
    Progress,
    Records,
    Row,
    Stats,
    Summary,
)
from cockpit.memory.scalene.document import File, Function, Leak, Line, Report, Sample
from cockpit.places import data_folder
from cockpit.profilers.target import Target
from cockpit.ui.app import CockpitApp
from cockpit.ui.mem import MemoryScreen
from cockpit.ui.rows import RowList
from tests.ui.fakes import FakeBackend, running, snapshot, until

PID = 4_711_003
LIBRARY = "/venv/lib/python3.12/site-packages/django/db/query.py"
MB = 1 << 20


def places(root: Path) -> list[Place]:
    """Return the lines of a program: two of the project, one of a library."""
    return [
        Place("<module>", str(root / "pkg/a.py"), 150),
        Place("area", str(root / "pkg/a.py"), 7),
        Place("Query.run", LIBRARY, 88),
    ]


def records(root: Path, kind: Kind = "peak", area: int = 60 * MB, query: int = 30 * MB) -> Records:
    """Return allocations of `area` and of a library, both called by the module."""
    nodes = [Node(-1, 0), Node(0, 1), Node(0, 2)]
    rows = [
        Row("MALLOC", 600, area, -1, "merged thread", 1),
        Row("MMAP", 3, query, -1, "merged thread", 2),
        Row("CALLOC", 7, 10 * MB, -1, "merged thread", 0),
    ]
    return Records(kind, places(root), nodes, rows)


def summary(**changes: Any) -> Summary:
    """Return what is known of a capture that is in order."""
    known: dict[str, Any] = {
        "began": 1_700_000_000_000,
        "ended": 1_700_000_042_000,
        "allocations": 1_234_567,
        "frames": 89,
        "peak": 100 * MB,
        "command": "memray run app.py",
        "pid": PID,
        "main_thread": 1,
        "python_allocator": "pymalloc",
        "native": False,
        "python_allocators": False,
        "aggregated": False,
        "moments": [
            Moment(1_700_000_000_000 + at * 1000, 120 * MB, min(at * 4, 100) * MB)
            for at in range(43)
        ],
        "standing": "complete",
    }
    return Summary(**{**known, **changes})


STATS = Stats(
    allocations=1_234_567,
    allocated=900 * MB,
    peak=100 * MB,
    histogram=[Bucket(0, 63, 1_000_000), Bucket(64, 511, 234_567)],
    by_allocator=[("MALLOC", 1_234_560), ("MMAP", 7)],
    by_size=[("area:/x/pkg/a.py:7", 60 * MB)],
    by_count=[("area:/x/pkg/a.py:7", 600)],
    modules_by_size=[("pkg", 600, 60 * MB)],
    modules_by_count=[("pkg", 600, 60 * MB)],
)


def measured(root: Path) -> Report:
    """Return what scalene measured of one line of the project."""
    costs = {
        "python": 50.0,
        "native": 20.0,
        "system": 5.0,
        "cores": 0.5,
        "peak": 60.0,
        "average": 40.0,
        "allocated": 60.0,
        "allocations": 600,
        "share": 0.6,
        "python_share": 0.5,
        "copied": 12.0,
        "gpu": 0.0,
        "gpu_peak": 0.0,
        "gpu_average": 0.0,
    }
    file = File(
        75.0,
        [Line(line=7, **costs)],
        [Function(name="area", line=4, **costs)],
        {7: Leak(0.97, 1.0)},
    )
    samples = [Sample(0.0, 10.0), Sample(1e9, 100.0)]
    path = str(root / "pkg/a.py")
    return Report(
        "app.py", 2.0, 1.7e9, True, False, {path: file}, 3.0, 100.0, 0.5, path, 7, samples
    )


class FakeReading:
    """Stands for `reading.read`: parts come when a test has them come."""

    made: ClassVar[list["FakeReading"]] = []

    def __init__(self, path: Path, parts: Sequence[Part], **callbacks: Any) -> None:
        self.path, self.parts = path, tuple(parts)
        self.part: Callable[[Part, Any], None] = callbacks["on_part"]
        self.progress: Callable[[Progress], None] = callbacks["on_progress"]
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.cancelled = False
        FakeReading.made.append(self)

    def end(self, error: CockpitError | None = None) -> None:
        if error is not None:
            self.over.set_exception(error)
        else:
            self.over.set_result(None)


async def fake_read(path: Path, parts: Sequence[Part], **callbacks: Any) -> None:
    """Read as `FakeReading` has it."""
    reading = FakeReading(path, parts, **callbacks)
    try:
        await reading.over
    except asyncio.CancelledError:
        reading.cancelled = True
        raise


class FakeLive:
    """A live view whose pictures a test makes."""

    words = "Ending the view changes nothing: the program and its capture go on."

    def __init__(self) -> None:
        self.picture: Callable[[Live], None] = lambda _: None
        self.over = asyncio.Event()

    async def run(self, on_picture: Callable[[Live], None]) -> None:
        self.picture = on_picture
        await self.over.wait()


class FakeTracked:
    """A program that was never started."""

    made: ClassVar[list["FakeTracked"]] = []

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        captures: Captures,
        *,
        options: Options,
        live: bool,
    ) -> None:
        if argv[-1] == "nowhere.py":
            raise CockpitError("there is no file nowhere.py", "Name a program.")
        self.argv, self.folder, self.options = tuple(argv), folder, options
        self.capture = captures.get(captures.new(" ".join(argv), options=options))
        self.target = Target(PID, 2.0, " ".join(argv), "3", launched=True)
        self.live = FakeLive() if live and not options.aggregate else None
        self.live_words = "" if self.live else "There is no live view."
        self.said: deque[str] = deque(["hello", "world"], maxlen=200)
        self.ending = self.trouble = ""
        self.code: int | None = None
        self.gone = asyncio.Event()
        self.stopped = False
        FakeTracked.made.append(self)

    async def ended(self) -> int:
        await self.gone.wait()
        return 0

    def finish(self, words: str) -> None:
        self.ending = words
        if self.live is not None:
            self.live.over.set()
        self.gone.set()

    async def stop(self, _patience: float) -> None:
        self.stopped = True
        self.finish("It was ended.")


def picture(root: Path, heap: int = 100 * MB) -> Live:
    """Return a picture of a program's heap."""
    module, area, query = places(root)
    rows = [
        LiveRow(area, 60 * MB, 600, 60 * MB, 600),
        LiveRow(query, 30 * MB, 3, 30 * MB, 3),
        LiveRow(module, 10 * MB, 7, 100 * MB, 610),
    ]
    return Live(1_700_000_000.0 + heap / MB, heap, max(heap, 100 * MB), 150 * MB, 610, rows, 0.012)


async def _has_memray(interpreter: str, folder: Path) -> str:
    if interpreter.endswith("bare/python"):
        raise CockpitError(
            f"memray is not installed for {interpreter}",
            f"Install it there: `{interpreter} -m pip install memray`",
        )
    return "1.20.0"


@pytest.fixture(autouse=True)
def captured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing be read or started in earnest."""
    FakeReading.made, FakeTracked.made = [], []
    monkeypatch.setattr("cockpit.ui.reading.read", fake_read)
    monkeypatch.setattr("cockpit.ui.mem_captures.read", fake_read)
    monkeypatch.setattr("cockpit.ui.mem_programs.Tracked", FakeTracked)
    monkeypatch.setattr("cockpit.ui.mem_programs.check", _has_memray)


def kept(root: Path, name: str, began: float = 1_700_000_000.0, size: int = 2 * MB) -> Capture:
    """Keep a capture of the project, which holds nothing."""
    shelf = Captures(data_folder(), root)
    path = shelf.new("python app.py", name)
    path.write_bytes(b"\0" * size)
    return shelf.tell(path, began=began, ended=began + 42, standing="complete", peak=100 * MB)


class Memory:
    """The app on its memory page."""

    def __init__(self, app: CockpitApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def page(self) -> MemoryScreen:
        return self.app.pages.memory()

    @property
    def list(self) -> RowList:
        return self.page.query_one(RowList)

    @property
    def reading(self) -> FakeReading:
        return FakeReading.made[-1]

    @property
    def tracked(self) -> FakeTracked:
        return FakeTracked.made[-1]

    async def settle(self) -> None:
        """Let what was begun be done."""
        await self.pilot.pause()

    async def read(self, root: Path, *kinds: Kind, **changes: Any) -> None:
        """Have the open capture be read: summary, figures, and allocations of `kinds`."""
        await until(self.pilot, lambda: bool(FakeReading.made) and not self.reading.over.done())
        self.reading.part("summary", summary(**changes))
        self.reading.part("stats", STATS)
        for kind in kinds or ("peak", "leaks"):
            self.reading.part(kind, records(root, kind))
        opened = self.app.context.tracked().opened
        assert opened is not None
        await until(self.pilot, lambda: set(kinds or ("peak", "leaks")) <= opened.shapes.keys())
        self.reading.end()
        await until(self.pilot, lambda: not self.app.context.tracked().reader.reading)


@asynccontextmanager
async def memory(backend: FakeBackend, size: tuple[int, int], *names: str) -> AsyncIterator[Memory]:
    """Show the memory page of a project that has captures of these names, the newest first."""
    for at, name in enumerate(names):
        kept(backend.root, name, 1_700_000_000.0 - at * 60)
    async with running(backend, size, snapshot()) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MemoryScreen))
        here = Memory(app, pilot)
        await until(pilot, lambda: len(app.context.tracked().captures) == len(names))
        yield here

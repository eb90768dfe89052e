"""A backend that says what a test tells it to, and what the screen shows of it as text."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from textual.pilot import Pilot

from cockpit.checkers.interface import RuleDoc
from cockpit.errors import CockpitError
from cockpit.matching import Verdict
from cockpit.model import EMPTY, Finding, Report, Result, Severity, Snapshot
from cockpit.since import Since
from cockpit.ui.app import CockpitApp

CHECKERS = ("ruff", "vulture", "interrogate", "bandit")
DOC = """# a-rule (X)

## What it does
Checks for [red] things.

```python
import os
```
"""


def finding(
    rule: str = "F401",
    path: str = "pkg/a.py",
    line: int = 1,
    message: str = "",
    severity: Severity = "high",
    checker: str = "ruff",
    identity: str = "",
) -> Finding:
    """Return a finding whose identity is its rule and line, unless told otherwise."""
    words = message or f"{rule} at line {line}"
    name = identity or f"{rule}-{line}"
    return Finding(checker, rule, severity, path, line, 1, line, 4, words, identity=name)


def report(*findings: Finding) -> Report:
    """Return a report of `findings`."""
    files: dict[str, tuple[Finding, ...]] = {}
    for one in findings:
        files[one.path] = (*files.get(one.path, ()), one)
    return Report(files)


def result(checker: str, found: Report) -> Result:
    """Return a fresh result."""
    return Result(checker, found, found, seconds=0.009)


def snapshot(generation: int = 1, **reports: Report) -> Snapshot:
    """Return a snapshot in which every checker is fresh, those not named with nothing found."""
    results = {name: result(name, reports.get(name, Report())) for name in CHECKERS}
    return Snapshot(generation, results, files=2814, seconds=0.084)


class Warm:
    """A profiler that has measured one file."""

    title = "CPU %"
    whose = "pid 4711"

    def __init__(
        self,
        weights: Mapping[int, float],
        path: str = "pkg/a.py",
        own: Mapping[int, float] | None = None,
        functions: Mapping[str, float] | None = None,
    ) -> None:
        self.weights, self.paths = weights, (path,)
        self.weights_alone, self.functions = own or {}, functions or {}
        self.version = 1

    def lines(self, path: str) -> Mapping[int, float]:
        return self.weights if path in self.paths else {}

    def own(self, path: str) -> Mapping[int, float]:
        return self.weights_alone if path in self.paths else {}

    def function(self, path: str, name: str, first: int, last: int) -> float:  # noqa: ARG002
        return self.functions.get(name, 0.0) if path in self.paths else 0.0


class FakeBackend:
    """Posts the snapshots that a test gives it, and remembers what it was asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.editor = ""
        self.roots: tuple[str, ...] = (".",)
        self.scope: tuple[str, ...] = ()
        self.branch = "fix-query"
        self.snapshot = EMPTY
        self.asked: list[tuple[str, object]] = []
        self.stopped = False
        self.doc: RuleDoc | CockpitError = RuleDoc("X", "a-rule", DOC)
        self.may_document = asyncio.Event()
        self.may_document.set()
        self._subscribers: list[Callable[[Snapshot], None]] = []
        self._since = Since()

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def post(self, snapshot: Snapshot) -> Snapshot:
        """Tell of `snapshot`; where it does not say what is new, that is what came since."""
        self._since.update(snapshot.results)
        if self._since.pending:
            self._since.answer(self._since.question(())[0], Verdict())
        told = {"new": self._since.new, "new_errors": self._since.new_errors}
        self.snapshot = snapshot if snapshot.new else msgspec.structs.replace(snapshot, **told)
        for callback in self._subscribers:
            callback(self.snapshot)
        return self.snapshot

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped = True

    async def stop(self) -> None:
        self.stopped = True

    def rerun(self, checker: str | None = None) -> None:
        self.asked.append(("rerun", checker))

    def pause(self, paused: bool) -> None:
        self.asked.append(("pause", paused))

    def compare(self, base: str) -> None:
        self.asked.append(("compare", base))

    def explain(self, checker: str, root: str = "") -> tuple[str, ...]:  # noqa: ARG002
        if checker == "bandit":
            raise CockpitError("bandit is not installed", "Install it.")
        return (checker, "check", "a file [red].py")

    async def document(self, finding: Finding) -> RuleDoc:
        self.asked.append(("document", finding.rule))
        await self.may_document.wait()
        if isinstance(self.doc, CockpitError):
            raise self.doc
        return self.doc


@asynccontextmanager
async def opened(backend: FakeBackend) -> AsyncIterator[FakeBackend]:
    """Give `backend` to an app as an engine would be."""
    yield backend


@asynccontextmanager
async def running(
    backend: FakeBackend, size: tuple[int, int] = (160, 45), first: Snapshot | None = None
) -> AsyncIterator[tuple[CockpitApp, Pilot[int]]]:
    """Run the app on `backend`, showing `first`."""
    app = CockpitApp(lambda: opened(backend))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.context.backend is backend)
        if first is not None:
            await show(app, pilot, backend, first)
        yield app, pilot


async def show(app: CockpitApp, pilot: Pilot[int], backend: FakeBackend, new: Snapshot) -> None:
    """Post a snapshot and wait until the screen has taken it in."""
    posted = backend.post(new)
    await until(pilot, lambda: app.context.state.snapshot is posted)
    await pilot.pause()


async def until(pilot: Pilot[int], condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until `condition` holds; fail where it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the screen never came to show it"
        await pilot.pause()
        if not condition():
            await asyncio.sleep(0.005)  # it takes a thread or a process: leave them the processor


async def until_shown(app: CockpitApp, pilot: Pilot[int], *words: str) -> str:
    """Wait until the screen shows all `words`, and return its text."""
    try:
        await until(pilot, lambda: all(word in screen_text(app) for word in words))
    except AssertionError:
        raise AssertionError(f"{words} not in\n{screen_text(app)}") from None
    return screen_text(app)


def screen_text(app: CockpitApp) -> str:
    """Return what the screen shows, line by line."""
    return "\n".join(screen_lines(app))


def screen_lines(app: CockpitApp) -> list[str]:
    """Return the lines that the screen shows."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def line_with(app: CockpitApp, words: str) -> str:
    """Return the first line that shows `words`."""
    for line in screen_lines(app):
        if words in line:
            return line
    raise AssertionError(f"{words!r} not in\n{screen_text(app)}")


def styles_of(app: CockpitApp, words: str) -> Iterable[object]:
    """Return the styles of the segments that hold `words`."""
    return [
        segment.style
        for strip in app.screen._compositor.render_strips()
        for segment in strip
        if words in segment.text
    ]

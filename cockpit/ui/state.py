"""What the screen knows of the session: rows, counts, trends and standing of every pane.

Derived from snapshots alone; it draws nothing, so that a test can read it without a terminal.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from cockpit.model import (
    EMPTY,
    Failure,
    FileError,
    Finding,
    Metric,
    Report,
    Result,
    Skipped,
    Snapshot,
)
from cockpit.panes import PANES, Panes
from cockpit.since import Since
from cockpit.ui.order import Order, Rows, unread

#: Seconds that a check may take before the screen says so: a save is answered in less, and
#: signs and colours that change twice within a blink are noise.
PATIENCE = 0.3
#: How many counts a sparkline remembers.
TREND = 24

Kind = Literal["waiting", "running", "failed", "skipped", "stale", "partly", "fresh"]
#: What is shown with these is not, or not any more, true of the files as they are now.
DIMMED: frozenset[Kind] = frozenset(("failed", "running", "stale"))


class Standing(msgspec.Struct, frozen=True):
    """Where a pane stands: in one word, in a few, and where it failed why and what to do.

    "stale" is of before a pause, "partly" is fresh but for files that could not be read.
    """

    kind: Kind
    words: str
    reason: str = ""
    hint: str = ""


class State:
    """Keeps up with the snapshots of one backend."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start before the first snapshot."""
        self.snapshot = EMPTY
        self.since = Since()
        self._panes = Panes()
        self._clock = clock
        self._orders = {pane.id: Order() for pane in PANES}
        self._trends: dict[str, deque[int]] = {pane.id: deque(maxlen=TREND) for pane in PANES}
        self._began: dict[str, float] = {}
        self._unread: dict[str, tuple[tuple[FileError, ...], tuple[tuple[Finding, bool], ...]]] = {}

    def update(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; the cost follows what changed in it."""
        self.snapshot = snapshot
        self.since.update(snapshot)
        self._panes.update(snapshot)
        for checker, result in snapshot.results.items():
            if result.running:
                self._began.setdefault(checker, self._clock())
            else:
                self._began.pop(checker, None)
        for pane, order in self._orders.items():
            changed = order.update(self._panes.files(pane), self.since, self._errors(pane))
            trend = self._trends[pane]
            if self.standing(pane).kind == "fresh" and (changed or not trend):
                trend.append(order.count)

    def rows(self, pane: str) -> Rows:
        """Return the pane's findings in reading order."""
        return self._orders[pane].rows

    def count(self, pane: str) -> int:
        """Return how many findings the pane has."""
        return self._orders[pane].count

    def trend(self, pane: str) -> tuple[int, ...]:
        """Return the pane's counts of this session, oldest first."""
        return tuple(self._trends[pane])

    def checkers(self, pane: str) -> tuple[str, ...]:
        """Return the names of the checkers that feed the pane."""
        return self._panes.checkers(pane)

    def findings_of(self, path: str) -> dict[str, tuple[Finding, ...]]:
        """Return what every pane says of one file, panes with nothing left out."""
        found = {pane.id: self._panes.files(pane.id).get(path, ()) for pane in PANES}
        return {pane: findings for pane, findings in found.items() if findings}

    @property
    def new(self) -> int:
        """How many findings are new in all panes."""
        return sum(order.rows.new for order in self._orders.values())

    def metric(self, pane: str) -> tuple[Metric, Mapping[str, Metric]]:
        """Return the coverage, whole and by file, of the pane's checker that measures one."""
        for checker in self.checkers(pane):
            report = self.snapshot.report(checker)
            if report is not None and "percent" in report.metric:
                return report.metric, report.file_metrics
        return {}, {}

    def running(self, checker: str) -> bool:
        """Return whether `checker` runs for so long that a person should know."""
        result = self.snapshot.results.get(checker)
        if result is None or not result.running:
            return False
        return result.last is None or self._clock() - self._began[checker] >= PATIENCE

    def standing(self, pane: str) -> Standing:
        """Return where the pane stands; the worst of its checkers decides."""
        results = [
            self.snapshot.results[checker]
            for checker in self.checkers(pane)
            if checker in self.snapshot.results
        ]
        for result in results:
            if isinstance(result.outcome, Failure) and not self.running(result.checker):
                failure = result.outcome
                words = f"{result.checker} failed"
                return Standing("failed", words, failure.reason, failure.hint)
        running = [result for result in results if self.running(result.checker)]
        if running:
            return Standing("running", ", ".join(map(_progress, running)))
        skipped = [result for result in results if isinstance(result.outcome, Skipped)]
        if results and len(skipped) == len(results):
            return _skipped(skipped)
        done = [result for result in results if isinstance(result.outcome, Report)]
        if not done:
            return Standing("waiting", "not checked yet")
        names = " + ".join(map(_named, done))
        if self.snapshot.missed:
            return Standing("stale", f"{names} before the pause")
        parts = [f"{names} {duration(max(result.seconds for result in done))}"]
        parts += [f"{result.checker} skipped" for result in skipped]
        errors = _unread(done)
        if errors:
            parts.append(f"{amount(len(errors), 'file')} unread")
        return Standing("partly" if errors else "fresh", ", ".join(parts))

    @property
    def unread(self) -> int:
        """How many files some tool could not read."""
        return len(_unread(self.snapshot.results.values()))

    def _errors(self, pane: str) -> tuple[tuple[Finding, bool], ...]:
        """Return the pane's unread files as rows, each with whether that is new."""
        found: list[tuple[Finding, bool]] = []
        for checker in self.checkers(pane):
            report = self.snapshot.report(checker)
            if report is None or not report.errors:
                continue
            known = self._unread.get(checker)
            if known is None or known[0] is not report.errors:
                rows = tuple(
                    (unread(checker, error), self.since.is_new_error(checker, error))
                    for error in report.errors
                )
                known = self._unread[checker] = report.errors, rows
            found.extend(known[1])
        return tuple(found)


def _unread(results: Iterable[Result]) -> set[str]:
    return {error.path for one in results if one.last for error in one.last.errors}


def _named(result: Result) -> str:
    """Return the checker's name, and its version where it is the project's own."""
    return f"{result.checker} {result.version} of the project" if result.origin else result.checker


def _progress(result: Result) -> str:
    if result.todo > 1:
        return f"{result.checker} {result.done:,} of {result.todo:,}"
    return f"{result.checker} checking"


def _skipped(results: list[Result]) -> Standing:
    outcome = results[0].outcome
    names = " + ".join(result.checker for result in results)
    if isinstance(outcome, Skipped):
        return Standing("skipped", f"{names} skipped", outcome.reason, outcome.hint)
    raise AssertionError("only skipped results come here")


def duration(seconds: float) -> str:
    """Return a time as a person reads it: 84 ms, 1.2 s, 2 min 5 s."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def amount(count: int, noun: str) -> str:
    """Return a count with its noun: 1 file, 2,814 files."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

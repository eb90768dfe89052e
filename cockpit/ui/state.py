"""What the screen knows of the session: rows, counts, trends and standing of every pane.

Derived from snapshots alone; it draws nothing, so that a test can read it without a terminal.
"""

import operator
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from cockpit.model import (
    EMPTY,
    Failure,
    FileError,
    FilesToFindings,
    Finding,
    Metric,
    Report,
    Result,
    Skipped,
    Snapshot,
)
from cockpit.panes import PANES, Panes, tools_of
from cockpit.ui.coverage import coverage_of
from cockpit.ui.dismissed import Cover, Dismissals, Dismissed
from cockpit.ui.living import NOTHING, Living
from cockpit.ui.order import UNREAD, Errors, News, Order, Rows, unread
from cockpit.ui.view import Sort
from cockpit.ui.warmth import Warmth

if TYPE_CHECKING:
    from cockpit.actions import Dismissal

#: Seconds that a check may take before the screen says so: a save is answered in less, and
#: signs and colours that change twice within a blink are noise.
PATIENCE = 0.3
#: How many counts a sparkline remembers.
TREND = 10

Kind = Literal["waiting", "running", "failed", "skipped", "stale", "partly", "fresh"]
#: What is shown with these is not, or not any more, true of the files as they are now.
DIMMED: frozenset[Kind] = frozenset(("failed", "running", "stale"))
_KIND = operator.attrgetter("checker", "also", "rule")


class Standing(msgspec.Struct, frozen=True):
    """Where a pane stands: in one word, in a few, and where it failed why and what to do.

    "stale" is of before a pause, "partly" is fresh but for files that could not be read.
    """

    kind: Kind
    words: str
    reason: str = ""
    hint: str = ""


class State:
    """Keeps up with the snapshots of one backend, and with what a person wants to see of them.

    All that it tells is of the part of the project `within` which it is looked at, and without
    what was dismissed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start before the first snapshot."""
        self.snapshot = EMPTY
        #: Whether lists show only what is new since the base; one switch for the whole session.
        self.only_new = False
        #: What profilers know of findings' places, and which findings were seen running.
        self.warmth = Warmth()
        self.living: Living = NOTHING
        self._within = ""
        self._panes = Panes()
        self._clock = clock
        self._dismissed = Dismissed()
        self._files: dict[str, FilesToFindings] = {pane.id: {} for pane in PANES}
        self._orders = {pane.id: Order() for pane in PANES}
        self._dismissed_orders = {pane.id: Order() for pane in PANES}
        self._new_rows: dict[tuple[str, Sort, bool], tuple[Rows, Rows]] = {}
        self._trends: dict[str, deque[int]] = {pane.id: deque(maxlen=TREND) for pane in PANES}
        self._began: dict[str, float] = {}
        self._compares_since: float | None = None
        self._unread: dict[str, tuple[tuple[FileError, ...], tuple[Finding, ...]]] = {}
        self._metric: tuple[object, str, tuple[Metric, Mapping[str, Metric]]] = None, "", ({}, {})
        self._tools: dict[str, tuple[Rows, Counter[str]]] = {}

    def update(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; the cost follows what changed in it."""
        self.snapshot = snapshot
        self._panes.update(snapshot)
        for checker, result in snapshot.results.items():
            if result.running:
                self._began.setdefault(checker, self._clock())
            else:
                self._began.pop(checker, None)
        if not snapshot.comparing:
            self._compares_since = None
        elif self._compares_since is None:
            self._compares_since = self._clock()
        self._sort_out()

    @property
    def within(self) -> str:
        """The folder or file that everything is narrowed to, as a path; empty for all."""
        return self._within

    @within.setter
    def within(self, path: str) -> None:
        self._within = path.rstrip("/")
        for trend in self._trends.values():  # counts of another part are no trend
            trend.clear()
        self._sort_out()

    def dismiss(self, dismissals: Dismissals, cover: Cover) -> None:
        """Take what is dismissed now: `History.dismissed` and `History.covered`."""
        self._dismissed.take(dismissals, cover)
        self._sort_out()

    def _sort_out(self) -> None:
        """Put the findings of every pane in order again."""
        files = {pane.id: self._panes.files(pane.id) for pane in PANES}
        self._dismissed.follow(files)
        for pane, order in self._orders.items():
            kept, gone = self._dismissed.split(pane, files[pane])
            self._files[pane] = kept
            self._dismissed_orders[pane].update(self._inside(gone), self._news)
            changed = order.update(self._inside(kept), self._news, self._errors(pane))
            trend, count = self._trends[pane], order.count + self._dismissed_orders[pane].count
            moved = (changed or not trend) and [*trend][-1:] != [count]
            if moved and self.standing(pane).kind == "fresh":
                trend.append(count)

    def _inside(self, files: FilesToFindings) -> FilesToFindings:
        if not self._within:
            return files
        return {path: found for path, found in files.items() if self._is_inside(path)}

    def _is_inside(self, path: str) -> bool:
        return not self._within or path == self._within or path.startswith(f"{self._within}/")

    def rows(self, pane: str, sort: Sort = "worst", dismissed: bool = False) -> Rows:
        """Return the pane's findings in an order, only the new ones where that is asked for.

        `dismissed` are those that a person put away. The same object until something changes.
        """
        orders = self._dismissed_orders if dismissed else self._orders
        order = orders[pane]
        if sort == "heat":
            rows = self.warmth.rows((pane, dismissed), order.rows, order.findings_in)
        else:
            rows = order.sorted(sort)
        if not self.only_new:
            return rows
        known = self._new_rows.get((pane, sort, dismissed))
        if known is None or known[0] is not rows:
            known = self._new_rows[pane, sort, dismissed] = rows, rows.only_new()
        return known[1]

    def prepare(self, pane: str, sort: Sort, dismissed: bool) -> Iterator[None]:
        """Do what the next key in the pane may wait for, a part with each step."""
        yield from self.rows(pane, sort, dismissed).prepare()
        yield from self._orders[pane].prepare()

    def rows_in(self, pane: str) -> int:
        """Return how many rows the pane has: its findings, and the files that were not read."""
        return len(self._orders[pane].rows)

    def count(self, pane: str) -> int:
        """Return how many findings the pane has."""
        return self._orders[pane].count

    def new_in(self, pane: str) -> int:
        """Return how many findings of the pane are new since the base."""
        return self._orders[pane].new

    def is_new(self, finding: Finding) -> bool:
        """Whether a row is new: a finding, or a file that could be read at the base."""
        snapshot = self.snapshot
        return snapshot.is_new(finding) or (
            finding.rule == UNREAD and (finding.checker, finding.path) in snapshot.new_errors
        )

    def dismissed_in(self, pane: str) -> int:
        """Return how many of the pane's findings are dismissed."""
        return self._dismissed_orders[pane].count

    def dismissal(self, finding: Finding) -> "Dismissal | None":
        """Return why and when a finding was dismissed."""
        return self._dismissed.of(finding)

    @property
    def since(self) -> str:
        """What findings are compared with, in words: `since main`."""
        return f"since {self.snapshot.base.name}"

    def trend(self, pane: str) -> tuple[int, ...]:
        """Return the pane's counts of this session, oldest first."""
        return tuple(self._trends[pane])

    def checkers(self, pane: str) -> tuple[str, ...]:
        """Return the names of the checkers that feed the pane."""
        return self._panes.checkers(pane)

    def files(self, pane: str) -> FilesToFindings:
        """Return the pane's findings by path."""
        return self._files[pane]

    def everything(self, pane: str) -> FilesToFindings:
        """Return the pane's findings by path, those that are dismissed or not looked at too."""
        return self._panes.files(pane)

    def findings_of(self, path: str) -> dict[str, tuple[Finding, ...]]:
        """Return what every pane says of one file, panes with nothing left out."""
        found = {pane.id: self._files[pane.id].get(path, ()) for pane in PANES}
        return {pane: findings for pane, findings in found.items() if findings}

    @property
    def new(self) -> int:
        """How many findings are new in all panes."""
        return sum(map(self.new_in, self._orders))

    @property
    def any_new(self) -> bool:
        """Whether any row is new: a finding, or a file that became unread."""
        return any(order.rows.new for order in self._orders.values())

    def metric(self, pane: str) -> tuple[Metric, Mapping[str, Metric]]:
        """Return the coverage, whole and by file, of the pane's checker that measures one."""
        for checker in self.checkers(pane):
            report = self.snapshot.report(checker)
            if report is None or "percent" not in report.metric:
                continue
            if not self._within:
                return report.metric, report.file_metrics
            if self._metric[0] is not report or self._metric[1] != self._within:
                files = {
                    path: part
                    for path, part in report.file_metrics.items()
                    if self._is_inside(path)
                }
                self._metric = report, self._within, (coverage_of(report.metric, files), files)
            return self._metric[2]
        return {}, {}

    def running(self, checker: str) -> bool:
        """Return whether `checker` runs for so long that a person should know."""
        result = self.snapshot.results.get(checker)
        if result is None or not result.running:
            return False
        return result.last is None or self._clock() - self._began[checker] >= PATIENCE

    @property
    def comparing(self) -> bool:
        """Whether it takes so long to find out what is new that a person should know."""
        since = self._compares_since
        return since is not None and self._clock() - since >= PATIENCE

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
        if self.snapshot.missed:
            return Standing("stale", f"{' + '.join(map(_named, done))} before the pause")
        parts = [self._sources(pane, done)]
        parts += [f"{result.checker} skipped" for result in skipped]
        errors = self._unread_by(done)
        if errors:
            parts.append(f"{amount(len(errors), 'file')} unread")
        return Standing("partly" if errors else "fresh", ", ".join(parts))

    @property
    def unread(self) -> int:
        """How many files some tool could not read."""
        return len(self._unread_by(self.snapshot.results.values()))

    def _unread_by(self, results: Iterable[Result]) -> set[str]:
        paths = {error.path for one in results if one.last for error in one.last.errors}
        return set(filter(self._is_inside, paths))

    def _sources(self, pane: str, done: list[Result]) -> str:
        """Return who says what the pane shows, and how fast; the sums where two say the same."""
        took = duration(max(result.seconds for result in done))
        said = self._said_in(pane) if len(done) > 1 else Counter[str]()
        same = sum(said.values()) - self.count(pane)
        if len(said) < 2 or not same:
            return f"{' + '.join(map(_named, done))} {took}{self._elsewhere(pane, done[0])}"
        parts = [f"{_named(one)} {said[one.checker]:,}" for one in done]
        return f"{' + '.join(parts)}, {same:,} the same, {took}"

    def _elsewhere(self, pane: str, own: Result) -> str:
        """Return how many findings of the pane's own tool are in other panes."""
        words = ""
        if own.checker != self.checkers(pane)[0]:
            return words
        for other in PANES:
            if other.id != pane and own.checker in self.checkers(other.id):
                count = self._said_in(other.id)[own.checker]
                words += f", {count:,} more in {other.title}" if count else ""
        return words

    def _said_in(self, pane: str) -> Counter[str]:
        """Return how many of the pane's findings each tool says; a pair counts for both."""
        rows, known = self._orders[pane].rows, self._tools.get(pane)
        if known is None or known[0] is not rows:
            kinds = Counter(map(_KIND, rows.findings))
            said = Counter[str]()
            for (checker, also, rule), count in kinds.items():
                if rule != UNREAD:
                    said.update(dict.fromkeys(tools_of(checker, also), count))
            known = self._tools[pane] = rows, said
        return known[1]

    def _news(self, path: str) -> News:
        """Return what is new in one file, by checker."""
        return tuple(
            (checker, files[path]) for checker, files in self.snapshot.new.items() if path in files
        )

    def _errors(self, pane: str) -> Errors:
        """Return the pane's unread files as rows, each with whether that is new."""
        found: list[tuple[Finding, bool]] = []
        for checker in self.checkers(pane):
            report = self.snapshot.report(checker)
            if report is None or not report.errors:
                continue
            known = self._unread.get(checker)
            if known is None or known[0] is not report.errors:
                rows = tuple(unread(checker, error) for error in report.errors)
                known = self._unread[checker] = report.errors, rows
            new = self.snapshot.new_errors
            inside = (row for row in known[1] if self._is_inside(row.path))
            found.extend((row, (checker, row.path) in new) for row in inside)
        return tuple(found)


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

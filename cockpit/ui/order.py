"""The order a person reads findings in: new first, then unread files, then worst, by path, line.

Plain values; it draws nothing.
"""

import functools
import operator
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple, overload

from cockpit.model import SEVERITIES, FileError, FilesToFindings, Finding
from cockpit.ui.view import Sort

#: The rule of a row that stands for a file its tool could not read.
UNREAD = "unread"

#: What keys look at in every finding of a list.
_COLUMNS = ("path", "severity", "rule", "checker", "also")
#: Findings that are looked at in one go: some milliseconds.
_PART = 20_000

_Parts = tuple[Sequence[Finding], ...]
#: By checker the identities that are new in one file; checkers with nothing new are not there.
News = tuple[tuple[str, frozenset[str]], ...]
#: Rows for unread files, each with whether that is new.
Errors = tuple[tuple[Finding, bool], ...]
_RANK: Mapping[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class Picked(Sequence[Finding]):
    """Some of a list's findings, by their places in it; none is touched before it is looked at."""

    __slots__ = ("_at", "_findings")

    def __init__(self, findings: Sequence[Finding], at: Sequence[int]) -> None:
        """Take those of `findings` that stand at the places `at`."""
        self._findings, self._at = findings, at

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._at)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> "Picked": ...
    def __getitem__(self, index: int | slice) -> "Finding | Picked":
        """Return one, or some."""
        if isinstance(index, slice):
            return Picked(self._findings, self._at[index])
        return self._findings[self._at[index]]

    def __iter__(self) -> Iterator[Finding]:
        """Yield all in order."""
        return map(self._findings.__getitem__, self._at)


class Rows:
    """Findings in some order, or a part of them in the same order.

    A key press waits for what is done with all hundred thousand, and what takes the time is to
    fetch every finding from memory. So a part is the places `at` of its rows in the `whole`, and
    what narrows and groups rows looks at columns, which the whole makes once.
    """

    def __init__(
        self, findings: Sequence[Finding] = (), fresh: frozenset[int] = frozenset()
    ) -> None:
        """Hold `findings`; `fresh` are the `id` of those that are new, maybe of others too."""
        self.findings, self.fresh = findings, fresh
        #: The `id` of those of the whole that were seen running, maybe of others too.
        self.seen: frozenset[int] = frozenset()
        self.whole: Rows = self
        self.at: Sequence[int] = range(len(findings))
        self._columns: dict[str, list[Any]] = {}
        #: How a column is made that is there already in another order.
        self._made: Callable[[str], list[Any]] | None = None

    def part(self, at: Sequence[int]) -> "Rows":
        """Return the rows at the places `at` of the whole, which ascend."""
        part = Rows((), self.fresh)
        part.findings, part.whole, part.at = Picked(self.whole.findings, at), self.whole, at
        return part

    def pulled(self, first: Sequence[int]) -> "Rows":
        """Return the whole with the rows at the places `first` first, the others as they were."""
        places = sorted(first)
        rows = Rows(_pulled(self.findings, first, places), self.fresh)
        rows._made = lambda name: _pulled(self._whole_column(name), first, places)
        return rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.at)

    @functools.cached_property
    def new(self) -> int:
        """How many are new."""
        return sum(self.is_new()) if self.fresh else 0

    def is_new(self) -> Iterable[bool]:
        """Return of each row whether it is new."""
        return map(self.fresh.__contains__, map(id, self.findings))

    def column(self, name: str) -> Iterable[Any]:
        """Return the attribute `name` of each row."""
        columns, made = self.whole._columns, self.whole._made
        if name not in columns and made is not None:
            columns[name] = made(name)
        elif name not in columns:
            columns[name] = list(map(operator.attrgetter(name), self.whole.findings))
        known = columns[name]
        return known if self.whole is self else map(known.__getitem__, self.at)

    def _whole_column(self, name: str) -> list[Any]:
        self.whole.column(name)
        return self.whole._columns[name]

    def parted(self, name: str) -> dict[Any, list[int]]:
        """Return the places of the rows by their attribute `name`, in the order of the first."""
        parts: dict[Any, list[int]] = defaultdict(list)
        for value, place in zip(self.column(name), self.at, strict=True):
            parts[value].append(place)
        return parts

    def is_seen(self) -> Iterable[bool]:
        """Return of each row whether it was seen running."""
        return map(self.whole.seen.__contains__, map(id, self.findings))

    def unseen(self) -> "Rows":
        """Return those that were not seen running, in the same order."""
        return self.part(list(compress(self.at, map(operator.not_, self.is_seen()))))

    def only_new(self) -> "Rows":
        """Return those that are new, in the same order."""
        return self.part(list(compress(self.at, self.is_new())))

    def prepare(self) -> Iterator[None]:
        """Make the columns that keys ask for, a part with each step, before one of them waits."""
        columns, findings = self.whole._columns, self.whole.findings
        for name in _COLUMNS if self.whole._made is None else ():
            made: list[Any] = []
            for start in range(0, 0 if name in columns else len(findings), _PART):
                made += map(operator.attrgetter(name), findings[start : start + _PART])
                yield
            columns.setdefault(name, made)

    def row_of(self, finding: Finding) -> int | None:
        """Return the row of `finding`, from 0, or of the one that now has its key, or None."""
        ids = map(id, self.whole.findings)  # not the findings: they would have to be fetched
        try:
            return self._row(operator.indexOf(ids, id(finding)))
        except ValueError:
            return self.find(finding.key)

    def find(self, key: tuple[str, str, str]) -> int | None:
        """Return the row of the finding with `key`, from 0, or None."""
        path, checker, identity = key
        same = map(path.__eq__, self.whole.column("path"))
        for place in compress(self.whole.at, same):
            finding = self.whole.findings[place]
            if finding.identity == identity and finding.checker == checker:
                return self._row(place)
        return None

    def _row(self, place: int) -> int | None:
        row = bisect_left(self.at, place)
        return row if row < len(self) and self.at[row] == place else None


def _pulled(every: Sequence[Any], first: Sequence[int], places: Sequence[int]) -> list[Any]:
    """Return `every` with what is at `first` before the rest; `places` are the same, ascending."""
    made, start = [every[place] for place in first], 0
    for place in places:
        made += every[start:place]
        start = place + 1
    made += every[start:]
    return made


def unread(checker: str, error: FileError) -> Finding:
    """Return a row for a file that `checker` could not read; see `is_placed`."""
    line, end = max(error.line, 1), error.line
    return Finding(
        checker, UNREAD, "high", error.path, line, 1, end, 1, error.message, identity=UNREAD
    )


def is_placed(finding: Finding) -> bool:
    """Whether the tool named a line; an unread file without one is opened at its first."""
    return finding.rule != UNREAD or finding.end_line > 0


class _Entry(NamedTuple):
    """What is remembered of one path: its findings by new or old and by severity."""

    findings: tuple[Finding, ...]
    news: News
    parts: _Parts


class Order:
    """One pane's findings kept in order; an update costs what changed, and one pass of copying."""

    def __init__(self) -> None:
        """Start empty."""
        #: The findings, and those of them that are new; unread files are counted in neither.
        self.count = self.new = 0
        self._entries: dict[str, _Entry] = {}
        self._errors: Errors = ()
        self._sorted: dict[Sort, Rows] = {"worst": Rows()}

    def update(
        self, files: FilesToFindings, news: Callable[[str], News], errors: Errors = ()
    ) -> bool:
        """Take in a pane's findings and its unread files; `news` says of a path what is new in it.

        Returns whether the rows are others than before.
        """
        known, entries = self._entries, {}
        for path, findings in files.items():
            entry = known.get(path)
            now = news(path)
            if entry is None or entry.findings is not findings or entry.news != now:
                entry = _entry(findings, now)
            entries[path] = entry
        if errors == self._errors and _same(entries, self._entries):
            return False
        self._entries, self._errors = entries, errors
        self._sorted = {"worst": self._worst()}
        self.count = len(self.rows) - len(errors)
        self.new = self.rows.new - sum(is_new for _, is_new in errors)
        return True

    @property
    def rows(self) -> Rows:
        """The findings in reading order: what is new comes first."""
        return self._sorted["worst"]

    def findings_in(self, paths: Iterable[str]) -> Iterator[Finding]:
        """Yield the findings in some files."""
        for entry in filter(None, map(self._entries.get, paths)):
            yield from entry.findings

    def sorted(self, sort: Sort) -> Rows:
        """Return the findings in an order of their own; the same object until they change."""
        if sort == "place" and sort not in self._sorted:
            self._sorted[sort] = Rows(self._by_place(), self.rows.fresh)
        elif sort not in self._sorted:
            for _ in self.prepare():
                pass
        return self._sorted[sort]

    def prepare(self) -> Iterator[None]:
        """Sort by rule, which takes longest, a part with each step, before a key waits for it."""
        if "rule" in self._sorted:
            return
        worst = self.rows
        yield from worst.prepare()
        rules, ordered, done = worst.parted("rule"), list[Finding](), 0
        for rule in sorted(rules):
            ordered += map(worst.findings.__getitem__, rules[rule])
            if len(ordered) - done > _PART:
                done = len(ordered)
                yield
        if worst is self.rows:
            self._sorted.setdefault("rule", Rows(ordered, worst.fresh))

    def _worst(self) -> Rows:
        ordered = [self._entries[path].parts for path in sorted(self._entries)]
        rows: list[Finding] = [row for row, is_new in self._errors if is_new]
        new = 0
        for part in range(2 * len(SEVERITIES)):
            if part == len(SEVERITIES):
                new = len(rows)
                rows.extend(row for row, is_new in self._errors if not is_new)
            for found in filter(None, map(operator.itemgetter(part), ordered)):
                rows.extend(found)
        return Rows(rows, frozenset(map(id, rows[:new])))

    def _by_place(self) -> list[Finding]:
        broken: dict[str, list[Finding]] = defaultdict(list)
        for row, _ in self._errors:
            broken[row.path].append(row)
        rows: list[Finding] = []
        for path in sorted(self._entries.keys() | broken.keys()):
            rows.extend(broken.get(path, ()))
            if path in self._entries:
                rows.extend(self._entries[path].findings)
        return rows


def _same(entries: dict[str, _Entry], others: dict[str, _Entry]) -> bool:
    return len(entries) == len(others) and all(
        others.get(path) is entry for path, entry in entries.items()
    )


def _entry(findings: tuple[Finding, ...], news: News) -> _Entry:
    """Split a path's findings: new ones worst first, then old ones worst first."""
    parts: list[Sequence[Finding]] = [()] * (2 * len(SEVERITIES))
    if not news and len({finding.severity for finding in findings}) == 1:
        parts[len(SEVERITIES) + _RANK[findings[0].severity]] = findings
        return _Entry(findings, news, tuple(parts))
    new, lists = dict(news), [list[Finding]() for _ in parts]
    for finding in findings:
        old = 0 if finding.identity in new.get(finding.checker, ()) else len(SEVERITIES)
        lists[old + _RANK[finding.severity]].append(finding)
    return _Entry(findings, news, tuple(found or () for found in lists))

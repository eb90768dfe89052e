"""Views by category: which finding belongs to which pane, and bandit and ruff's S rules as one.

Pure functions over snapshots; no tool, no screen and no file is known here.
"""

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from cockpit.model import EMPTY, FilesToFindings, Finding, Snapshot


class Pane(msgspec.Struct, frozen=True):
    """A category of findings: its name, its title, and the key that opens it."""

    id: str
    title: str
    key: str


PANES: tuple[Pane, ...] = (
    Pane("lint", "Lint", "1"),
    Pane("dead", "Dead code", "2"),
    Pane("docs", "Docstrings", "3"),
    Pane("security", "Security", "4"),
)

#: The panes that each checker feeds, its own first; a stranger's findings are lint.
_FEEDS: Mapping[str, tuple[str, ...]] = {
    "ruff": ("lint", "security"),
    "vulture": ("dead",),
    "interrogate": ("docs",),
    "bandit": ("security",),
}
_SECURITY_RULE = re.compile(r"S\d+")
#: bandit names the line of an argument, ruff that of its call: at most so many lines above.
_CALL_LINES = 20


def pane_of(finding: Finding) -> str:
    """Return the id of the pane that shows `finding`."""
    return _pane_of(finding.checker, finding.rule)


@functools.lru_cache(4096)  # tens of thousands of findings have some hundred rules
def _pane_of(checker: str, rule: str) -> str:
    if checker == "ruff" and _SECURITY_RULE.fullmatch(rule):
        return "security"
    return _feeds(checker)[0]


def tools_of(checker: str, also: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tools that say what a finding says: bandit's pairs are ruff's as well."""
    return (checker, "ruff") if also else (checker,)


def _feeds(checker: str) -> tuple[str, ...]:
    return _FEEDS.get(checker, ("lint",))


def _order(finding: Finding) -> tuple[int, int, str, str, str]:
    return finding.line, finding.column, finding.checker, finding.rule, finding.identity


class Panes:
    """The findings of every pane by path, kept current: an update costs what changed."""

    def __init__(self) -> None:
        """Start with an empty snapshot."""
        self._sources: dict[str, FilesToFindings] = {}
        self._panes: dict[str, FilesToFindings] = {pane.id: {} for pane in PANES}
        self._counts = dict.fromkeys(self._panes, 0)

    def update(self, snapshot: Snapshot = EMPTY) -> None:
        """Take in the newest report of every checker; a path that is the same is not looked at."""
        reports = {name: result.last for name, result in snapshot.results.items()}
        sources = {name: report.files for name, report in reports.items() if report is not None}
        changed = set(_changed(self._sources, sources))
        self._sources = sources
        if changed:
            self._join(changed)

    def files(self, pane_id: str) -> FilesToFindings:
        """Return the findings of a pane by path, each path's in order of place; never mutated."""
        return self._panes[pane_id]

    def count(self, pane_id: str) -> int:
        """Return how many findings a pane has."""
        return self._counts[pane_id]

    def checkers(self, pane_id: str) -> tuple[str, ...]:
        """Return the checkers that feed a pane, its own before those that add to it."""
        known = dict.fromkeys((*_FEEDS, *self._sources))
        feeding = [name for name in known if pane_id in _feeds(name)]
        return tuple(sorted(feeding, key=lambda name: _feeds(name)[0] != pane_id))

    def _join(self, paths: Iterable[str]) -> None:
        panes = {pane_id: dict(files) for pane_id, files in self._panes.items()}
        for path in paths:
            found = [files.get(path, ()) for files in self._sources.values()]
            for pane_id, part in _split(found).items():
                findings = tuple(sorted(part, key=_order))
                before = panes[pane_id].pop(path, ())
                self._counts[pane_id] += len(findings) - len(before)
                if findings:
                    panes[pane_id][path] = before if before == findings else findings
        for pane_id, files in panes.items():
            if not _same(files, self._panes[pane_id]):
                self._panes[pane_id] = files


def joined(snapshot: Snapshot) -> list[Finding]:
    """Return the findings of all panes, sorted by path, line, column, checker and rule."""
    reports = (snapshot.report(name) for name in snapshot.results)
    sources = [report.files for report in reports if report is not None]
    in_order: list[Finding] = []
    for path in sorted(set().union(*sources)):
        parts = _split(files.get(path, ()) for files in sources)
        in_order += sorted(itertools.chain.from_iterable(parts.values()), key=_order)
    return in_order


def _changed(
    before: Mapping[str, FilesToFindings], after: Mapping[str, FilesToFindings]
) -> Iterator[str]:
    """Yield the paths whose findings are not the very objects that they were."""
    for name in before.keys() | after.keys():
        old, new = before.get(name, {}), after.get(name, {})
        if old is not new:
            yield from (path for path, findings in new.items() if old.get(path) is not findings)
            yield from (path for path in old if path not in new)


def _same(files: FilesToFindings, others: FilesToFindings) -> bool:
    return len(files) == len(others) and all(
        others.get(path) is findings for path, findings in files.items()
    )


def _split(found: Iterable[Sequence[Finding]]) -> dict[str, list[Finding]]:
    """Return the findings of one file by pane, those of Security merged."""
    parts: dict[str, list[Finding]] = {pane.id: [] for pane in PANES}
    for findings in found:
        for finding in findings:
            parts[pane_of(finding)].append(finding)
    parts["security"] = list(merged(parts["security"]))
    return parts


def merged(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings of one file with each pair that bandit and ruff both report as one.

    A pair has the same rule number (B608 and S608) at the same place, and no finding is in two.
    It keeps bandit's words and severity, for ruff's S rules have none of their own; ruff's code
    is in `also`. What was merged before stays as it is.
    """
    if len({finding.checker for finding in findings}) < 2:
        yield from findings
        return
    ours: dict[str, list[Finding]] = defaultdict(list)
    theirs: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_order):
        number = finding.rule[1:]
        if finding.checker == "bandit" and not finding.also:
            ours[number].append(finding)
        elif finding.checker == "ruff" and pane_of(finding) == "security":
            theirs[number].append(finding)
        else:
            yield finding
    for number in ours.keys() | theirs.keys():
        yield from _paired(ours[number], theirs[number])


def _paired(ours: list[Finding], theirs: list[Finding]) -> Iterator[Finding]:
    """Pair findings of one rule number, the surest pairs first; yield pairs and the rest."""
    for same_place in _PLACES:
        for finding in tuple(theirs):
            near = [one for one in ours if same_place(one, finding)]
            if near:
                nearest = min(near, key=lambda one: (_distance(one, finding), _order(one)))
                ours.remove(nearest)
                theirs.remove(finding)
                yield _pair(nearest, finding)
    yield from ours
    yield from theirs


def _distance(ours: Finding, theirs: Finding) -> tuple[int, int]:
    return abs(ours.line - theirs.line), abs(ours.column - theirs.column)


def _pair(ours: Finding, theirs: Finding) -> Finding:
    fixable = ours.fixable or theirs.fixable
    return msgspec.structs.replace(ours, also=(*ours.also, theirs.rule), fixable=fixable)


def _same_spot(ours: Finding, theirs: Finding) -> bool:
    return (ours.line, ours.column) == (theirs.line, theirs.column)


def _same_line(ours: Finding, theirs: Finding) -> bool:
    return ours.line == theirs.line


def _inside(ours: Finding, theirs: Finding) -> bool:
    """Whether ruff points into what bandit reports: B107 is the function, S107 its argument."""
    return ours.line <= theirs.line <= ours.end_line


def _argument(ours: Finding, theirs: Finding) -> bool:
    """Whether bandit names an argument's line, with the column of the call that ruff reports."""
    above = ours.line - theirs.line
    return 0 < above <= _CALL_LINES and (ours.column, ours.symbol) == (theirs.column, theirs.symbol)


#: When two findings of one rule number are of the same place; the surest first.
_PLACES: tuple[Callable[[Finding, Finding], bool], ...] = (
    _same_spot,
    _same_line,
    _inside,
    _argument,
)

"""The order a person reads findings in: new first, then unread files, then worst, by path, line.

Plain values; it draws nothing.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from cockpit.model import SEVERITIES, FileError, FilesToFindings, Finding, Severity
from cockpit.since import Since

#: The rule of a row that stands for a file its tool could not read.
UNREAD = "unread"

_Parts = tuple[Sequence[Finding], ...]
_RANK: Mapping[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class Rows(msgspec.Struct, frozen=True):
    """Findings in reading order; the first `new` of them are new since the session started."""

    findings: Sequence[Finding] = ()
    new: int = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.findings)

    def index(self, wanted: Finding) -> int | None:
        """Return where the finding with the key of `wanted` stands, or None."""
        identity, path, checker = wanted.identity, wanted.path, wanted.checker
        for index, finding in enumerate(self.findings):
            if finding is wanted or (
                finding.identity == identity and finding.path == path and finding.checker == checker
            ):
                return index
        return None

    def only(self, keep: Callable[[Finding], bool]) -> "Rows":
        """Return the rows that `keep` says yes to, in the same order."""
        new = list(filter(keep, self.findings[: self.new]))
        return Rows([*new, *filter(keep, self.findings[self.new :])], len(new))


def unread(checker: str, error: FileError) -> Finding:
    """Return a row for a file that `checker` could not read."""
    line = max(error.line, 1)
    return Finding(
        checker, UNREAD, "high", error.path, line, 1, line, 1, error.message, identity=UNREAD
    )


def least(rows: Rows, severity: Severity) -> Rows:
    """Return the rows that are at least as bad as `severity`."""
    if severity == SEVERITIES[-1]:
        return rows
    wanted = frozenset(SEVERITIES[: _RANK[severity] + 1])
    return rows.only(lambda finding: finding.severity in wanted)


def matching(rows: Rows, words: str) -> Rows:
    """Return the rows whose rule, message or path contains `words`; `!words` those without it."""
    needle = words.removeprefix("!").casefold()
    if not needle:
        return rows
    wanted = not words.startswith("!")
    hits = _Hits(needle)

    def pick(findings: Sequence[Finding]) -> list[Finding]:
        # Written out, without a call for each row: a key press waits for all hundred thousand.
        return [
            finding
            for finding in findings
            if (
                needle in finding.message.casefold()
                or hits[finding.path]
                or hits[finding.rule]
                or (finding.also and any(map(hits.__getitem__, finding.also)))
                or False
            )
            is wanted
        ]

    new = pick(rows.findings[: rows.new])
    return Rows([*new, *pick(rows.findings[rows.new :])], len(new))


class _Hits(dict[str, bool]):
    """Whether a text contains the needle; many findings share few paths and rules."""

    def __init__(self, needle: str) -> None:
        super().__init__()
        self.needle = needle

    def __missing__(self, text: str) -> bool:
        hit = self[text] = self.needle in text.casefold()
        return hit


class _Entry(NamedTuple):
    """What is remembered of one path: its findings by new or old and by severity."""

    findings: tuple[Finding, ...]
    stamp: int
    parts: _Parts


class Order:
    """One pane's findings kept in order; an update costs what changed, and one pass of copying."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows = Rows()
        self.count = 0
        self._entries: dict[str, _Entry] = {}
        self._errors: tuple[Finding, ...] = ()

    def update(
        self, files: FilesToFindings, since: Since, errors: tuple[tuple[Finding, bool], ...] = ()
    ) -> bool:
        """Take in a pane's findings, and its unread files each with whether that is new.

        Returns whether the rows are others than before.
        """
        known, entries = self._entries, {}
        for path, findings in files.items():
            entry = known.get(path)
            if entry is None or entry.findings is not findings or entry.stamp != since.stamp(path):
                entry = _entry(path, findings, since)
            entries[path] = entry
        unread_rows = tuple(row for row, _ in errors)
        if unread_rows == self._errors and _same(entries, self._entries):
            return False
        self._entries, self._errors = entries, unread_rows
        self._flatten(errors)
        return True

    def _flatten(self, errors: tuple[tuple[Finding, bool], ...]) -> None:
        ordered = [self._entries[path].parts for path in sorted(self._entries)]
        rows: list[Finding] = [row for row, is_new in errors if is_new]
        new = 0
        for part in range(2 * len(SEVERITIES)):
            if part == len(SEVERITIES):
                new = len(rows)
                rows.extend(row for row, is_new in errors if not is_new)
            for found in filter(None, map(operator.itemgetter(part), ordered)):
                rows.extend(found)
        self.rows = Rows(rows, new)
        self.count = len(rows) - len(errors)


def _same(entries: dict[str, _Entry], others: dict[str, _Entry]) -> bool:
    return len(entries) == len(others) and all(
        others.get(path) is entry for path, entry in entries.items()
    )


def _entry(path: str, findings: tuple[Finding, ...], since: Since) -> _Entry:
    """Split a path's findings: new ones worst first, then old ones worst first."""
    touched = since.touched(path)
    parts: list[Sequence[Finding]] = [()] * (2 * len(SEVERITIES))
    if not touched and len({finding.severity for finding in findings}) == 1:
        parts[len(SEVERITIES) + _RANK[findings[0].severity]] = findings
        return _Entry(findings, since.stamp(path), tuple(parts))
    lists: list[list[Finding]] = [[] for _ in parts]
    for finding in findings:
        old = 0 if touched and since.is_new(finding) else len(SEVERITIES)
        lists[old + _RANK[finding.severity]].append(finding)
    return _Entry(findings, since.stamp(path), tuple(found or () for found in lists))

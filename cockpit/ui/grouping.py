"""Findings in groups that fold: which lines a list has, computed without making them.

Plain values; it draws nothing.
"""

import functools
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

import msgspec

from cockpit.model import SEVERITIES, Finding, Severity
from cockpit.ui.order import Rows
from cockpit.ui.view import Group as By

_FIELDS: Mapping[By, str] = {"file": "path", "rule": "rule", "tool": "checker"}


class Group(msgspec.Struct, frozen=True, dict=True):
    """Rows that share a file, a rule or a tool."""

    by: By
    key: str
    rows: Rows

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings in it."""
        return self.rows.findings

    @property
    def new(self) -> int:
        """How many of them are new since the base; counted when it is drawn."""
        return self.rows.new

    @functools.cached_property
    def severities(self) -> list[tuple[Severity, int]]:
        """How many there are of each severity, worst first; counted when it is drawn."""
        counts = Counter(self.rows.column("severity"))
        return [(severity, counts[severity]) for severity in SEVERITIES if counts[severity]]


def grouped(rows: Rows, by: By) -> tuple[Group, ...]:
    """Return `rows` in groups, in the order of their first rows; one without a key for none."""
    if by == "":
        return (Group("", "", rows),)
    parts = rows.parted(_FIELDS[by])
    return tuple(Group(by, name, rows.part(places)) for name, places in parts.items())


class Lines:
    """The lines of a list: a header for each group, and its findings unless it is folded."""

    def __init__(
        self, groups: tuple[Group, ...] = (), by: By = "", folded: frozenset[str] = frozenset()
    ) -> None:
        """Lay out `groups`, those whose keys are in `folded` as their headers alone."""
        self.groups, self.by = groups, by
        self.folded = folded
        self._starts: list[int] = []
        self._length = 0
        for group in groups:
            self._starts.append(self._length)
            self._length += self._header + (0 if self._is_folded(group) else len(group.rows))

    @property
    def _header(self) -> int:
        return 1 if self.by else 0

    def _is_folded(self, group: Group) -> bool:
        return bool(self.by) and group.key in self.folded

    def __len__(self) -> int:
        """Return the number of lines."""
        return self._length

    @property
    def count(self) -> int:
        """The number of findings, also of those in folded groups."""
        return sum(len(group.rows) for group in self.groups)

    def at(self, line: int) -> Finding | Group:
        """Return what stands on a line, from 0."""
        number = bisect_right(self._starts, line) - 1
        group, offset = self.groups[number], line - self._starts[number] - self._header
        return group if offset < 0 else group.findings[offset]

    def group_at(self, line: int) -> Group | None:
        """Return the group that a line belongs to; None where there are no groups."""
        if not self.by or not 0 <= line < len(self):
            return None
        return self.groups[bisect_right(self._starts, line) - 1]

    def line_of(self, finding: Finding) -> int | None:
        """Return the line of the finding with the key of `finding`, or of the header it is under.

        None where it is not there.
        """
        name = getattr(finding, _FIELDS[self.by]) if self.by else ""
        for group, start in zip(self.groups, self._starts, strict=True):
            if group.key == name and (row := group.rows.row_of(finding)) is not None:
                return start if self._is_folded(group) else start + self._header + row
        return None

    def first_of(self, findings: Iterable[Finding]) -> Finding | None:
        """Return the uppermost of `findings`, the very objects, that is there, folded or not."""
        wanted = frozenset(map(id, findings))
        for group in self.groups if wanted else ():
            chosen = map(wanted.__contains__, map(id, group.findings))
            for finding in compress(group.findings, chosen):
                return finding
        return None

    def line_of_key(self, key: tuple[str, str, str]) -> int | None:
        """Return the same for a key."""
        whole = self.groups[0].rows.whole if self.groups else Rows()
        row = whole.find(key)
        return None if row is None else self.line_of(whole.findings[row])

    def header_of(self, name: str) -> int | None:
        """Return the line of a group's header."""
        for group, start in zip(self.groups, self._starts, strict=True):
            if group.key == name and self.by:
                return start
        return None

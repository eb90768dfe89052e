"""What is left of a pane's rows in a person's view of it, step by step, each remembered.

Plain values; it draws nothing. What a filter's words mean is in `query`.
"""

from collections.abc import Sequence
from itertools import compress

from cockpit.model import SEVERITIES, Severity
from cockpit.ui.grouping import Group, Lines, grouped
from cockpit.ui.order import Rows
from cockpit.ui.query import Query, Texts, narrows, parse, passing
from cockpit.ui.view import View


def least(rows: Rows, severity: Severity) -> Rows:
    """Return the rows that are at least as bad as `severity`."""
    if severity == SEVERITIES[-1]:
        return rows
    wanted = frozenset(SEVERITIES[: SEVERITIES.index(severity) + 1]).__contains__
    return rows.part(list(compress(rows.at, map(wanted, rows.column("severity")))))


def matching(rows: Rows, query: Query, texts: Texts) -> Rows:
    """Return the rows that pass a filter."""
    if not query.words:
        return rows
    return rows.part(passing(query, rows, texts.of(rows.whole.findings)))


class Narrowing:
    """Narrows one pane's rows; a step is done again only where what it starts from is another."""

    def __init__(self) -> None:
        """Start with nothing narrowed."""
        self.query = Query()
        self.rows = Rows()
        #: How many rows are left out because they were seen running.
        self.hidden = 0
        self._seen: frozenset[int] = frozenset()
        self._unseen = Rows(), Rows()
        self._texts = Texts()
        self._asked: tuple[str, Sequence[str]] = "", ()
        self._from = Rows()
        self._typed: list[tuple[Query, Rows]] = []
        self._worst: tuple[Rows, dict[Severity, Rows]] = Rows(), {}
        self._groups: tuple[Rows, dict[str, tuple[Group, ...]]] = Rows(), {}
        self._lines = Lines()

    def lines(
        self,
        rows: Rows,
        view: View,
        tools: Sequence[str] = (),
        seen: frozenset[int] = frozenset(),
    ) -> Lines:
        """Return the lines of `rows` in `view`; the same object while both stay as they are.

        `tools` are those that a filter may ask for, `seen` the `id` of findings seen running.
        """
        rows = self._left(rows, view, seen)
        if (view.words, tools) != self._asked:
            self._asked, self.query = (view.words, tools), parse(view.words, tools)
        if not view.words:
            self._texts.forget(but=rows.whole.findings)
        self.rows = self._least(self._matched(rows), view.least)
        groups = self._grouped(self.rows, view)
        if groups is not self._lines.groups or view.folded != self._lines.folded:
            self._lines = Lines(groups, view.group, view.folded)
        return self._lines

    def prepare(self, rows: Rows) -> bool:
        """Make a filter ready for its first key, a part at a time; return whether more is left."""
        return self._texts.prepare(rows.whole.findings)

    def is_ready(self, rows: Rows) -> bool:
        """Return whether a filter has all that it looks in."""
        return self._texts.is_ready(rows.whole.findings)

    def _left(self, rows: Rows, view: View, seen: frozenset[int]) -> Rows:
        """Return the rows without those seen running, where they are not to be shown."""
        rows.whole.seen = seen
        if seen != self._seen:
            self._seen, self._unseen = seen, (Rows(), Rows())
            self._from = Rows()  # a filter may have asked for it
        if not (view.hide_seen and seen):
            self.hidden = 0
            return rows
        if self._unseen[0] is not rows:
            self._unseen = rows, rows.unseen()
        self.hidden = len(rows) - len(self._unseen[1])
        return self._unseen[1]

    def _matched(self, rows: Rows) -> Rows:
        """Return what passes the filter; what shorter words left is remembered while one types."""
        first = self._start(rows, self.query)
        if not self.query.words:
            return rows
        if first is None:
            self._typed = [(self.query, matching(rows, self.query, self._texts))]
        elif not self._is_typed(self.query):
            texts, left = self._texts.of(rows.whole.findings), self._typed[-1][1].at
            places = passing(self.query, rows, texts, left, first)
            self._typed.append((self.query, rows.part(places)))
        return self._typed[-1][1]

    def _start(self, rows: Rows, query: Query) -> int | None:
        """Leave as last what `query` narrows; return from which word on, None from the first."""
        if rows is not self._from:
            self._from, self._typed = rows, []
        first = None
        while self._typed and (first := narrows(query, self._typed[-1][0])) is None:
            self._typed.pop()
        return first

    def _is_typed(self, query: Query) -> bool:
        return bool(self._typed) and self._typed[-1][0] == query

    def _least(self, rows: Rows, severity: Severity) -> Rows:
        if self._worst[0] is not rows:
            self._worst = rows, {}
        known = self._worst[1]
        if severity not in known:
            known[severity] = least(rows, severity)
        return known[severity]

    def _grouped(self, rows: Rows, view: View) -> tuple[Group, ...]:
        if self._groups[0] is not rows:
            self._groups = rows, {}
        known = self._groups[1]
        if view.group not in known:
            known[view.group] = grouped(rows, view.group)
        return known[view.group]

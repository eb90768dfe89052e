"""Whatever is typed, deleted, sorted and grouped, a list shows what a plain reading would."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model import SEVERITIES, Finding
from cockpit.ui.grouping import Group
from cockpit.ui.narrow import Narrowing
from cockpit.ui.order import Order, Rows
from cockpit.ui.query import Query, Word, parse
from cockpit.ui.view import View
from tests.ui.fakes import finding, report

pytestmark = pytest.mark.unit

FINDINGS = [
    finding(f"{rule}{line % 3}", path, line, f"Name_{line} is {rule}", SEVERITIES[line % 3], tool)
    for path in ("pkg/a.py", "pkg/B.py", "c.py")
    for line, (rule, tool) in enumerate([("F4", "ruff"), ("B6", "bandit"), ("E7", "ruff")] * 2, 1)
]
NEW = {"pkg/a.py": (("ruff", frozenset(one.identity for one in FINDINGS[:3])),)}
KEYS = st.sampled_from(
    ["<", "<", "a", "n", "name_", "1", " ", "!", "pkg", "path:", "rule:F", "sev:h", "is:n", "! "]
)
VIEWS = st.tuples(
    st.sampled_from(["worst", "place", "rule"]),
    st.sampled_from(["", "file", "rule", "tool"]),
    st.sampled_from(SEVERITIES),
)


def order() -> Order:
    made = Order()
    made.update(report(*FINDINGS).files, lambda path: NEW.get(path, ()))
    return made


def is_new(one: Finding) -> bool:
    return one.path == "pkg/a.py" and one in FINDINGS[:3] and one.checker == "ruff"


def hits(word: Word, one: Finding) -> bool:
    found = {
        "text": word.value in f"{one.rule}\n{one.message}\n{one.path}\n{one.symbol}".casefold(),
        "path": word.value in one.path.casefold(),
        "rule": one.rule.casefold().startswith(word.value),
        "severity": one.severity.startswith(word.value),
        "is": is_new(one) if "new".startswith(word.value) else one.fixable,
        "tool": one.checker.startswith(word.value),
    }[word.subject]
    return found is not word.inverted


def passes(query: Query, one: Finding) -> bool:
    return not query.words or all(hits(word, one) for word in query.words) is not query.inverted


@settings(deadline=None)
@given(st.lists(st.tuples(KEYS, VIEWS), max_size=12))
def test_what_is_remembered_while_typing_changes_no_result(
    typed: list[tuple[str, tuple[str, str, str]]],
) -> None:
    narrowing, known, words = Narrowing(), order(), ""
    for key, (sort, group, severity) in typed:
        words = words[:-1] if key == "<" else words + key
        rows = known.sorted(sort)  # type: ignore[arg-type]
        view = View(words=words, least=severity, sort=sort, group=group)  # type: ignore[arg-type]
        lines = narrowing.lines(rows, view)
        shown = [line for line in map(lines.at, range(len(lines))) if not isinstance(line, Group)]
        worst = SEVERITIES.index(severity)
        wanted = [
            one
            for one in rows.findings
            if passes(parse(words), one) and SEVERITIES.index(one.severity) <= worst
        ]
        if group:
            field = {"file": "path", "rule": "rule", "tool": "checker"}[group]
            first = list(dict.fromkeys(getattr(one, field) for one in wanted))
            wanted.sort(key=lambda one: first.index(getattr(one, field)))
        assert shown == wanted
        for at, line in enumerate(map(lines.at, range(len(lines)))):
            if isinstance(line, Group):
                assert line.new == sum(map(is_new, line.findings))
            else:
                assert lines.line_of(line) == at
        gone = [one for one in FINDINGS if one not in wanted]
        assert all(lines.line_of(one) is None for one in gone)


@given(st.sets(st.integers(0, len(FINDINGS) - 1)))
def test_a_row_is_found_by_its_key_as_by_looking_at_each(places: set[int]) -> None:
    part = Rows(FINDINGS).part(sorted(places))
    for one in FINDINGS:
        at = [row for row, other in enumerate(part.findings) if other.key == one.key]
        assert part.find(one.key) == (at[0] if at else None)

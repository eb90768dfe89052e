"""What a filter means, and how findings are put in groups that fold."""

import msgspec
import pytest

from cockpit.ui.grouping import Group, Lines, grouped
from cockpit.ui.narrow import Narrowing, matching
from cockpit.ui.order import Rows
from cockpit.ui.query import Texts, hint, parse
from cockpit.ui.view import View
from tests.ui.fakes import finding

pytestmark = pytest.mark.unit

F401 = finding("F401", "pkg/models.py", 1, "`os` imported but unused")
E711 = msgspec.structs.replace(
    finding("E711", "pkg/b.py", 4, "Comparison to None", "low"), symbol="Query.run", fixable=True
)
B608 = msgspec.structs.replace(
    finding("B608", "pkg/b.py", 9, "SQL by hand", "medium", "bandit"), also=("S608",)
)
DOC = finding("missing-method-docstring", "z.py", 3, "method Area.of", "low", "interrogate")
ALL = [F401, E711, B608, DOC]
TOOLS = ("ruff", "bandit", "interrogate")


def left(words: str, fresh: tuple[object, ...] = (F401,)) -> list[str]:
    rows = Rows(ALL, frozenset(id(one) for one in ALL if one in fresh))
    return [one.rule for one in matching(rows, parse(words, TOOLS), Texts()).findings]


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ("", ["F401", "E711", "B608", "missing-method-docstring"]),
        ("NONE", ["E711"]),
        ("f4", ["F401"]),
        ("models", ["F401"]),
        ("query.RUN", ["E711"]),
        ("s608", ["B608"]),
        ("pkg/b.py sql", ["B608"]),
        ("pkg !sql", ["F401", "E711"]),
        ("!pkg", ["missing-method-docstring"]),
        ("! pkg sql", ["F401", "E711", "missing-method-docstring"]),
        ("!", ["F401", "E711", "B608", "missing-method-docstring"]),
        ('"by hand"', ["B608"]),
        ('!"by hand" "pkg', ["F401", "E711"]),
        ("rule:F4", ["F401"]),
        ("rule:S6", ["B608"]),
        ("rule:01", []),
        ("rule:method", ["missing-method-docstring"]),
        ("path:b.py", ["E711", "B608"]),
        ("!path:pkg", ["missing-method-docstring"]),
        ("tool:ruff", ["F401", "E711", "B608"]),
        ("tool:band", ["B608"]),
        ("severity:low", ["E711", "missing-method-docstring"]),
        ("sev:high", ["F401"]),
        ("is:new", ["F401"]),
        ("!is:new is:fixable", ["E711"]),
        ("nowhere", []),
    ],
)
def test_words_must_all_be_there_and_qualifiers_say_where(words: str, rules: list[str]) -> None:
    assert left(words) == rules


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("rul:F4", "no rul: here; did you mean rule: ?"),
        ("sev:hgih", "sev: takes high, medium or low"),
        ("is:old", "is: takes new, fixable or seen"),
        ("tool:pylint", "tool: takes ruff, bandit or interrogate"),
        ("foo:bar", "no foo: here, only rule: path: tool: severity: is:; in quotes it is text"),
        ("rule:F4 path:", ""),
        ("models.py:12", ""),
    ],
)
def test_a_misspelt_qualifier_is_explained_and_takes_nothing_away(words: str, problem: str) -> None:
    assert parse(words, TOOLS).problem == problem
    assert not problem or len(left(words)) == len(ALL)


@pytest.mark.regression
@pytest.mark.parametrize("words", ["std::x", "dict:", "a.py:12", "http://x", '"foo:bar"'])
def test_other_text_with_a_colon_is_looked_for_and_that_is_said_where_nothing_passes(
    words: str,
) -> None:
    query = parse(words, TOOLS)
    assert not query.problem and not left(words)
    assert hint(query).startswith("looked for as text")


def test_texts_of_a_list_that_follows_another_are_its_own() -> None:
    texts = Texts()
    texts.of(ALL)
    after = [DOC, finding("W1", "new.py", 1, "Something New"), F401]
    assert texts.of(after) == Texts().of(after)


def test_texts_can_be_made_a_part_at_a_time() -> None:
    texts = Texts()
    steps = [texts.prepare(ALL, rows=3), texts.prepare(ALL, rows=3)]
    assert steps == [True, False]
    assert texts.of(ALL) == Texts().of(ALL)


def test_groups_stand_in_the_order_of_their_first_rows_with_their_counts() -> None:
    groups = grouped(Rows(ALL, frozenset([id(F401)])), "file")
    assert [(group.key, len(group.findings), group.new) for group in groups] == [
        ("pkg/models.py", 1, 1),
        ("pkg/b.py", 2, 0),
        ("z.py", 1, 0),
    ]
    assert groups[1].severities == [("medium", 1), ("low", 1)]
    assert [group.key for group in grouped(Rows(ALL), "tool")] == ["ruff", "bandit", "interrogate"]


def test_the_lines_of_a_list_are_headers_and_what_is_not_folded_under_them() -> None:
    lines = Lines(grouped(Rows(ALL), "file"), "file", frozenset(["pkg/b.py"]))
    shown = [line.key if isinstance(line, Group) else line.rule for line in map(lines.at, range(5))]
    assert shown == ["pkg/models.py", "F401", "pkg/b.py", "z.py", "missing-method-docstring"]
    assert len(lines) == 5
    assert lines.count == 4
    assert lines.line_of(DOC) == 4
    assert lines.line_of(B608) == 2, "what is folded is under its header"
    assert lines.line_of_key(B608.key) == 2
    assert lines.line_of(finding("X")) is None


def test_nothing_is_done_again_while_nothing_changes() -> None:
    narrowing, rows = Narrowing(), Rows(ALL)
    view = View(words="pkg", group="rule")
    first = narrowing.lines(rows, view)
    assert narrowing.lines(rows, view) is first
    folded = msgspec.structs.replace(view, folded=frozenset(["E711"]))
    assert narrowing.lines(rows, folded).groups is first.groups

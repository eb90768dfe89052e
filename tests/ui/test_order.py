"""The order of rows, and what narrows it."""

import pytest

from cockpit.model import FileError, Result, Snapshot
from cockpit.since import Since
from cockpit.ui.order import UNREAD, Order, Rows, least, matching, unread
from tests.ui.fakes import finding, report

pytestmark = pytest.mark.unit

LOW = finding("W1", "a.py", 1, severity="low")
HIGH = finding("F1", "b.py", 9, severity="high")
MEDIUM = finding("E1", "a.py", 5, "Comparison to None", severity="medium")
NEW = finding("E2", "z.py", 1, severity="low")


def ordered(since: Since, *findings: object) -> Order:
    order = Order()
    order.update(report(*findings).files, since)  # type: ignore[arg-type]
    return order


def known(*findings: object) -> Since:
    since = Since()
    base = report(*findings)  # type: ignore[arg-type]
    since.update(Snapshot(results={"ruff": Result("ruff", base, base)}))
    return since


def test_new_comes_first_then_worst_then_path_and_line() -> None:
    since, later = known(LOW, HIGH, MEDIUM), report(LOW, HIGH, MEDIUM, NEW)
    since.update(Snapshot(results={"ruff": Result("ruff", later, later)}))
    rows = ordered(since, LOW, HIGH, MEDIUM, NEW).rows
    assert list(rows.findings) == [NEW, HIGH, MEDIUM, LOW]
    assert rows.new == 1


def test_an_update_that_changes_nothing_keeps_the_very_rows() -> None:
    since, files = known(LOW, HIGH), report(LOW, HIGH).files
    order = Order()
    assert order.update(files, since)
    rows = order.rows
    assert not order.update(dict(files), since)
    assert order.rows is rows


def test_an_update_equals_a_fresh_order() -> None:
    since, order = known(LOW, HIGH, MEDIUM), Order()
    order.update(report(LOW, HIGH).files, since)
    order.update(report(MEDIUM, LOW).files, since)
    assert list(order.rows.findings) == list(ordered(since, MEDIUM, LOW).rows.findings)


def test_a_file_that_could_not_be_read_is_a_row_and_not_counted() -> None:
    broken = unread("vulture", FileError("x.py", 0, "invalid syntax"))
    order = Order()
    order.update(report(HIGH).files, known(HIGH), ((broken, True),))
    assert list(order.rows.findings) == [broken, HIGH]
    assert (broken.rule, broken.line, order.count) == (UNREAD, 1, 1)
    order.update(report(HIGH).files, known(HIGH), ((broken, False),))
    assert (list(order.rows.findings), order.rows.new) == ([broken, HIGH], 0)


def test_least_severity_keeps_what_is_as_bad_or_worse() -> None:
    rows = ordered(known(LOW, HIGH, MEDIUM), LOW, HIGH, MEDIUM).rows
    assert [len(least(rows, severity)) for severity in ("low", "medium", "high")] == [3, 2, 1]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("", [HIGH, MEDIUM, LOW]),
        ("none", [MEDIUM]),
        ("F1", [HIGH]),
        ("f1", [HIGH]),
        ("a.py", [MEDIUM, LOW]),
        ("!a.py", [HIGH]),
        ("!", [HIGH, MEDIUM, LOW]),
        ("nowhere", []),
    ],
)
def test_a_filter_looks_in_rule_message_and_path(words: str, left: list[object]) -> None:
    rows = ordered(known(LOW, HIGH, MEDIUM), LOW, HIGH, MEDIUM).rows
    assert list(matching(rows, words).findings) == left


def test_a_row_is_found_by_its_key_when_its_line_moved() -> None:
    moved = finding("F1", "b.py", 12, identity=HIGH.identity)
    assert Rows([LOW, moved]).index(HIGH) == 1
    assert Rows([LOW]).index(HIGH) is None

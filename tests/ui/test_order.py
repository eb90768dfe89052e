"""The order of rows, and what narrows it."""

import pytest

from cockpit.model import FileError
from cockpit.ui.draw import place
from cockpit.ui.narrow import least
from cockpit.ui.order import UNREAD, News, Order, Rows, unread
from cockpit.ui.page import one_line
from tests.ui.fakes import finding, report

pytestmark = pytest.mark.unit

LOW = finding("W1", "a.py", 1, severity="low")
HIGH = finding("F1", "b.py", 9, severity="high")
MEDIUM = finding("E1", "a.py", 5, "Comparison to None", severity="medium")
NEW = finding("E2", "z.py", 1, severity="low")


def nothing_new(_path: str) -> News:
    return ()


def ordered(*findings: object) -> Order:
    order = Order()
    order.update(report(*findings).files, nothing_new)  # type: ignore[arg-type]
    return order


def test_new_comes_first_then_worst_then_path_and_line() -> None:
    order = Order()
    news = {NEW.path: (("ruff", frozenset([NEW.identity])),)}
    order.update(report(LOW, HIGH, MEDIUM, NEW).files, lambda path: news.get(path, ()))
    assert list(order.rows.findings) == [NEW, HIGH, MEDIUM, LOW]
    assert order.rows.new == 1


def test_what_another_tool_calls_new_is_not_new_of_this_one() -> None:
    order = Order()
    order.update(report(NEW).files, lambda _: (("bandit", frozenset([NEW.identity])),))
    assert order.rows.new == 0


def test_an_update_that_changes_nothing_keeps_the_very_rows() -> None:
    files, order = report(LOW, HIGH).files, Order()
    assert order.update(files, nothing_new)
    rows = order.rows
    assert not order.update(dict(files), nothing_new)
    assert order.rows is rows


def test_an_update_equals_a_fresh_order() -> None:
    order = Order()
    order.update(report(LOW, HIGH).files, nothing_new)
    order.update(report(MEDIUM, LOW).files, nothing_new)
    assert list(order.rows.findings) == list(ordered(MEDIUM, LOW).rows.findings)


def test_a_file_that_could_not_be_read_is_a_row_and_not_counted() -> None:
    broken = unread("vulture", FileError("x.py", 0, "invalid syntax"))
    order = Order()
    order.update(report(HIGH).files, nothing_new, ((broken, True),))
    assert list(order.rows.findings) == [broken, HIGH]
    assert (broken.rule, broken.line, order.count) == (UNREAD, 1, 1)
    order.update(report(HIGH).files, nothing_new, ((broken, False),))
    assert (list(order.rows.findings), order.rows.new) == ([broken, HIGH], 0)


@pytest.mark.regression
@pytest.mark.parametrize(("line", "shown"), [(0, "x.py"), (42, "x.py:42")])
def test_an_unread_file_has_a_line_only_where_its_tool_names_one(line: int, shown: str) -> None:
    """Line 1 was invented for it."""
    broken = unread("bandit", FileError("x.py", line, "took too long"))
    assert place(broken, 40) == shown
    assert one_line(broken).startswith(f"{shown}:")


def test_least_severity_keeps_what_is_as_bad_or_worse() -> None:
    rows = ordered(LOW, HIGH, MEDIUM).rows
    assert [len(least(rows, severity)) for severity in ("low", "medium", "high")] == [3, 2, 1]


def test_a_row_is_found_by_its_key_when_its_line_moved() -> None:
    moved = finding("F1", "b.py", 12, identity=HIGH.identity)
    assert Rows([LOW, moved]).find(HIGH.key) == 1
    assert Rows([LOW]).find(HIGH.key) is None
    assert Rows([finding("F1", "c.py", identity=HIGH.identity)]).find(HIGH.key) is None


def test_by_place_and_by_rule_are_other_orders_of_the_same_rows() -> None:
    broken = unread("vulture", FileError("b.py", 0, "invalid syntax"))
    order = Order()
    news = {HIGH.path: (("ruff", frozenset([HIGH.identity])),)}
    order.update(
        report(LOW, HIGH, MEDIUM).files, lambda path: news.get(path, ()), ((broken, False),)
    )
    assert list(order.sorted("place").findings) == [LOW, MEDIUM, broken, HIGH]
    assert list(order.sorted("rule").findings) == [MEDIUM, HIGH, LOW, broken]
    for sort in ("worst", "place", "rule"):
        assert list(order.sorted(sort).only_new().findings) == [HIGH]  # type: ignore[arg-type]

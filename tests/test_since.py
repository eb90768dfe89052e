"""What is new since the session started."""

import pytest

from cockpit.matching import Pair, Verdict, key
from cockpit.model import Failure, FileError, Finding, Report, Result
from cockpit.since import Since
from tests.ui.fakes import finding, report

pytestmark = pytest.mark.unit

OLD, NEW, OTHER = finding(line=1), finding(line=2), finding(line=3, path="pkg/b.py")


def since(*results: Result) -> Since:
    """Return what is new after these results of one checker, in order."""
    new = Since()
    for one in results:
        new.update({one.checker: one})
    return new


def is_new(since: Since, finding: Finding) -> bool:
    return finding.identity in since.new.get(finding.checker, {}).get(finding.path, ())


def fresh(found: Report) -> Result:
    return Result("ruff", found, found)


def test_nothing_of_the_first_fresh_report_is_new() -> None:
    new = since(fresh(report(OLD, OTHER)))
    assert not is_new(new, OLD)


def test_what_comes_later_is_new_until_it_goes_away() -> None:
    base, more = report(OLD), report(OLD, NEW, OTHER)
    new = since(fresh(base), fresh(more))
    assert [is_new(new, one) for one in (OLD, NEW, OTHER)] == [False, True, True]
    assert new.new["ruff"].keys() == {"pkg/a.py", "pkg/b.py"}
    new.update({"ruff": fresh(base)})
    assert not is_new(new, NEW)
    assert new.new == {"ruff": {}}


def test_a_finding_that_was_fixed_and_returns_is_not_new() -> None:
    new = since(fresh(report(OLD)), fresh(report()), fresh(report(OLD)))
    assert not is_new(new, OLD)


def test_a_partial_report_of_a_running_checker_is_no_base() -> None:
    partial = Result("ruff", None, report(OLD), running=True)
    new = since(partial, fresh(report(OLD, OTHER)))
    assert not is_new(new, OTHER)


def test_a_failure_before_the_first_report_sets_no_base() -> None:
    failed = Result("ruff", Failure("it crashed"))
    new = since(failed, fresh(report(OLD)), fresh(report(OLD, NEW)))
    assert (is_new(new, OLD), is_new(new, NEW)) == (False, True)


def test_the_same_offence_of_two_checkers_is_told_apart() -> None:
    other_tool = finding(line=1, checker="bandit")
    assert OLD.identity == other_tool.identity
    new = Since()
    both = {"ruff": fresh(report(OLD)), "bandit": Result("bandit", Report(), Report())}
    new.update(both)
    later = report(other_tool)
    new.update({**both, "bandit": Result("bandit", later, later)})
    assert (is_new(new, OLD), is_new(new, other_tool)) == (False, True)


def test_a_path_keeps_its_very_set_while_nothing_new_came_or_went() -> None:
    new = since(fresh(report(OLD)), fresh(report(OLD, OTHER)))
    before = new.new["ruff"]["pkg/b.py"]
    new.update({"ruff": fresh(report(OLD, NEW, OTHER))})
    assert new.new["ruff"]["pkg/b.py"] is before


def test_what_is_left_of_the_base_is_known_by_what_it_was() -> None:
    new = since(fresh(report(OLD, OTHER)), fresh(report(OLD, NEW)))
    number, _ = new.question(["pkg/a.py"])
    new.answer(number, Verdict({key(NEW): Pair(OTHER, "moved")}))
    assert new.survivors() == {OLD.key: OLD, OTHER.key: NEW}
    new.answer(number, Verdict({key(NEW): Pair(OLD, "moved")}, frozenset([key(OLD)])))
    assert new.survivors() == {OLD.key: NEW}


def test_a_file_that_breaks_during_the_session_is_new() -> None:
    broken, always = FileError("a.py", 3, "bad"), FileError("b.py", 1, "bad")
    new = since(fresh(Report(errors=(always,))), fresh(Report(errors=(broken, always))))
    assert new.new_errors == {("ruff", "a.py")}

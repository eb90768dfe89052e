"""The exit code: a failure is never hidden by findings, nor the other way round."""

import pytest

from cockpit.model import Failure, FileError, Finding, Outcome, Report, Result, Skipped, Snapshot
from cockpit.verdict import CLEAN, FAILED, FINDINGS, broken, counted, exit_code

pytestmark = pytest.mark.unit

LOW, HIGH = (
    Finding("bandit", "B101", severity, "a.py", 1, 1, 1, 2, "words") for severity in ("low", "high")
)
MISSING = Finding("interrogate", "missing", "low", "a.py", 1, 1, 1, 2, "words")


def snapshot(**outcomes: Outcome | None) -> Snapshot:
    return Snapshot(results={name: Result(name, outcome) for name, outcome in outcomes.items()})


def test_nothing_found_is_clean() -> None:
    assert exit_code([], snapshot(bandit=Report()), "low") == CLEAN == 0


def test_a_finding_is_one() -> None:
    assert exit_code([LOW], snapshot(bandit=Report()), "low") == FINDINGS == 1


@pytest.mark.parametrize(
    "outcome",
    [
        Failure("it crashed"),
        Report(errors=(FileError("a.py", 1, "no UTF-8"),)),
        None,
    ],
)
def test_a_failure_is_two_with_findings_and_without(outcome: Outcome | None) -> None:
    standing = snapshot(ruff=Report(), bandit=outcome)
    assert broken(standing)
    assert exit_code([HIGH], standing, "low") == FAILED == 2
    assert exit_code([], standing, "never") == FAILED


def test_a_skipped_tool_is_no_failure() -> None:
    assert exit_code([], snapshot(bandit=Skipped("not asked for")), "low") == CLEAN


@pytest.mark.parametrize(
    ("fail_on", "counting"),
    [("low", [LOW, HIGH]), ("medium", [HIGH]), ("high", [HIGH]), ("never", [])],
)
def test_only_what_is_bad_enough_counts(fail_on: str, counting: list[Finding]) -> None:
    assert list(counted([LOW, HIGH], snapshot(bandit=Report()), fail_on)) == counting


def test_coverage_above_its_goal_does_not_count() -> None:
    passing, missed = (snapshot(interrogate=Report(failing=failing)) for failing in (False, True))
    assert exit_code([MISSING], passing, "low") == CLEAN
    assert exit_code([MISSING], missed, "low") == FINDINGS

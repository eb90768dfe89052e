"""Panes: every finding is in one of them, and what bandit and ruff both say is one row."""

import itertools
import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model import EMPTY, Failure, Finding, Report, Result, Snapshot
from cockpit.panes import PANES, Panes, joined, merged, pane_of

pytestmark = pytest.mark.unit


def finding(rule: str, line: int = 1, column: int = 1, **values: object) -> Finding:
    checker = {"B": "bandit", "V": "vulture", "D": "interrogate"}.get(rule[0], "ruff")
    filled = {
        "checker": checker,
        "severity": "medium",
        "path": "a.py",
        "end_line": line,
        "end_column": column,
        "message": f"{rule} is wrong",
        "identity": f"{rule}:{line}:{column}",
        **values,
    }
    return Finding(rule=rule, line=line, column=column, **filled)  # type: ignore[arg-type]


def snapshot(*findings: Finding, before: Snapshot = EMPTY) -> Snapshot:
    """Return a snapshot with these findings; a path that did not change keeps its very tuple."""
    results = {}
    for checker in ("ruff", "vulture", "interrogate", "bandit"):
        mine = sorted((one for one in findings if one.checker == checker), key=lambda f: f.path)
        old = before.report(checker)
        files = {}
        for path, group in itertools.groupby(mine, key=lambda one: one.path):
            found = tuple(group)
            kept = old.files.get(path) if old else None
            files[path] = kept if kept == found else found
        report = Report(files=files)  # type: ignore[arg-type]
        results[checker] = Result(checker, outcome=report, last=report)
    return Snapshot(generation=before.generation + 1, results=results)


def raw(found: Sequence[Finding]) -> Counter[tuple[str, str]]:
    """Count what the tools said by path and rule: a merged row stands for two."""
    return Counter((one.path, rule) for one in found for rule in (one.rule, *one.also))


def rows(found: Sequence[Finding]) -> list[str]:
    return [" ".join((one.rule, *one.also)) for one in found]


class TestPane:
    @pytest.mark.parametrize(
        ("rule", "pane"),
        [
            ("B608", "security"),
            ("S608", "security"),
            ("F401", "lint"),
            ("SIM102", "lint"),
            ("SLF001", "lint"),
            ("invalid-syntax", "lint"),
            ("V101", "dead"),
            ("D100", "docs"),
        ],
    )
    def test_of_a_finding_follows_checker_and_rule(self, rule: str, pane: str) -> None:
        assert pane_of(finding(rule)) == pane

    def test_of_a_rule_named_b_in_ruff_is_lint(self) -> None:
        assert pane_of(finding("B006", checker="ruff")) == "lint"

    def test_of_a_strangers_checker_is_lint(self) -> None:
        assert pane_of(finding("X1", checker="pylint")) == "lint"

    def test_has_a_key_of_its_own(self) -> None:
        assert [pane.id for pane in PANES] == ["lint", "dead", "docs", "security"]
        assert [pane.key for pane in PANES] == ["1", "2", "3", "4"]

    def test_is_fed_by_its_own_checker_first(self) -> None:
        panes = Panes()
        assert {pane.id: panes.checkers(pane.id) for pane in PANES} == {
            "lint": ("ruff",),
            "dead": ("vulture",),
            "docs": ("interrogate",),
            "security": ("bandit", "ruff"),
        }


class TestMerging:
    def test_the_same_number_at_the_same_place_is_one_row(self) -> None:
        ours = finding("B608", 3, 5, severity="low", message="bandit's words")
        (row,) = merged([ours, finding("S608", 3, 5, fixable=True)])
        assert (row.rule, row.also, row.severity, row.message) == (
            *("B608", ("S608",)),
            *("low", "bandit's words"),
        )
        assert row.key == ours.key
        assert row.fixable

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (finding("B107", 3, 5), finding("S107", 3, 30)),
            (finding("B107", 3, 5, end_line=9), finding("S107", 7, 30)),
            (finding("B602", 6, 15, symbol="f"), finding("S602", 3, 15, symbol="f")),
        ],
        ids=["on one line", "inside its lines", "at an argument of the call above"],
    )
    def test_a_place_may_be_named_differently(self, ours: Finding, theirs: Finding) -> None:
        assert rows(list(merged([theirs, ours]))) == [f"{ours.rule} {theirs.rule}"]

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (finding("B608", 3), finding("S105", 3)),
            (finding("B608", 3), finding("S608", 4)),
            (finding("B608", 3, 5), finding("S608", 2, 9)),
            (finding("B602", 30, 5), finding("S602", 3, 5)),
            (finding("B602", 6, 5, symbol="f"), finding("S602", 3, 5, symbol="g")),
            (finding("B006", 3, checker="ruff"), finding("S006", 3)),
        ],
        ids=["number", "below", "column", "too far", "scope", "no bandit"],
    )
    def test_another_place_or_number_stays_apart(self, ours: Finding, theirs: Finding) -> None:
        assert {*merged([ours, theirs])} == {ours, theirs}

    def test_pairs_are_one_to_one(self) -> None:
        both = [finding("B107", 3, end_line=5), finding("S107", 3, 9), finding("S107", 4, 9)]
        assert sorted(rows(list(merged(both)))) == ["B107 S107", "S107"]

    def test_the_surest_pair_comes_first(self) -> None:
        outer, inner = finding("B110", 1, end_line=9), finding("B110", 5, 5, end_line=8)
        found = [*merged([outer, inner, finding("S110", 5, 5), finding("S110", 1)])]
        assert sorted((one.line, one.also) for one in found) == [(1, ("S110",)), (5, ("S110",))]

    def test_the_nearest_is_taken(self) -> None:
        far, near = finding("B110", 1, end_line=9), finding("B110", 4, 5, end_line=8)
        found = [*merged([far, near, finding("S110", 5, 9)])]
        assert {one.line: one.also for one in found} == {1: (), 4: ("S110",)}


places = st.builds(
    finding,
    st.sampled_from(["B608", "S608", "B105", "S105", "S603", "F401", "V101", "D100"]),
    st.integers(1, 6),
    st.integers(1, 3),
    path=st.sampled_from(["a.py", "b.py"]),
    end_line=st.integers(1, 8),
    symbol=st.sampled_from(["", "f"]),
)
many = st.lists(places, max_size=14, unique_by=lambda one: one.key)


class TestProperties:
    @given(many)
    def test_nothing_is_lost_and_nothing_is_twice(self, found: list[Finding]) -> None:
        assert raw(joined(snapshot(*found))) == raw(found)

    @given(many)
    def test_merging_again_changes_nothing(self, found: list[Finding]) -> None:
        once = [*merged([one for one in found if pane_of(one) == "security"])]
        assert {*merged(once)} == {*once}

    @given(many, st.randoms(use_true_random=False))
    def test_the_order_of_findings_does_not_matter(
        self, found: list[Finding], chance: random.Random
    ) -> None:
        mixed = chance.sample(found, len(found))
        assert joined(snapshot(*mixed)) == joined(snapshot(*found))

    @settings(max_examples=60)
    @given(st.lists(many, min_size=1, max_size=5))
    def test_kept_current_is_the_same_as_made_anew(self, steps: list[list[Finding]]) -> None:
        panes, current = Panes(), EMPTY
        for found in steps:
            current = snapshot(*found, before=current)
            panes.update(current)
            cold = Panes()
            cold.update(current)
            for pane in PANES:
                assert panes.files(pane.id) == cold.files(pane.id)
                assert panes.count(pane.id) == sum(map(len, cold.files(pane.id).values()))

    @given(many)
    def test_joined_is_sorted(self, found: list[Finding]) -> None:
        keys = [
            (one.path, one.line, one.column, one.checker, one.rule)
            for one in joined(snapshot(*found))
        ]
        assert keys == sorted(keys)


class TestUpdates:
    def test_leave_alone_what_did_not_change(self) -> None:
        a, b = finding("B608"), finding("B608", path="b.py")
        panes, first = Panes(), snapshot(a, b, finding("F401"))
        panes.update(first)
        before: Mapping[str, tuple[Finding, ...]] = panes.files("security")
        lint = panes.files("lint")
        panes.update(snapshot(a, finding("F401"), before=first))
        assert panes.files("security")["a.py"] is before["a.py"]
        assert before.keys() == {"a.py", "b.py"}
        assert panes.files("security").keys() == {"a.py"}
        assert panes.files("lint") is lint

    def test_join_a_path_again_when_either_tool_speaks_of_it(self) -> None:
        panes, first = Panes(), snapshot(finding("B608"))
        panes.update(first)
        panes.update(snapshot(finding("B608"), finding("S608"), before=first))
        assert rows(panes.files("security")["a.py"]) == ["B608 S608"]
        assert panes.count("security") == 1

    def test_keep_showing_the_last_report_behind_a_failure(self) -> None:
        report = Report(files={"a.py": (finding("B608"),)})
        failed = Result("bandit", outcome=Failure("it broke"), last=report)
        panes = Panes()
        panes.update(Snapshot(results={"bandit": failed}))
        assert panes.count("security") == 1
        panes.update(EMPTY)
        assert panes.count("security") == 0

"""Several projects below one folder: each by its own settings, told of as one, nothing hidden."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from cockpit import session
from cockpit.cli import main
from cockpit.engine import Engine
from cockpit.errors import CockpitError, UsageError
from cockpit.fleet import Fleet
from cockpit.model import (
    EMPTY,
    Base,
    Failure,
    FileError,
    Finding,
    Outcome,
    Report,
    Result,
    Skipped,
    Snapshot,
)
from cockpit.project import Share, apportion
from cockpit.session import Opened, open_backend, request_of, set_up
from cockpit.union import TOP, Union, below, home
from cockpit.workers import Pool

pytestmark = pytest.mark.integration

SOURCE = '"""A module."""\n\nimport os\n\n\ndef run(text):\n    return eval(text)\n'
CLEAN = '"""A module."""\n\nVALUE = 1\nprint(VALUE)\n'
SETTINGS = {
    "a": '[tool.ruff.lint]\nselect = ["F"]\n[tool.interrogate]\nfail-under = 50\n',
    "b": '[tool.ruff.lint]\nselect = ["F", "D103"]\n[tool.interrogate]\nfail-under = 90\n',
}
A, B = "packages/a", "packages/b"


@pytest.fixture
def mono(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two packages, each with settings of its own; the current folder."""
    root = tmp_path / "mono"
    (root / ".git").mkdir(parents=True)  # enough of one to be its root
    for name, settings in SETTINGS.items():
        write(root, f"packages/{name}/pyproject.toml", settings)
        write(root, f"packages/{name}/m.py", SOURCE)
        write(root, f"packages/{name}/quiet.py", SOURCE)
    monkeypatch.chdir(root)
    return root


def write(root: Path, path: str, text: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    main(["check", "--format", "json", *arguments])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["check", *arguments])
    return code, capsys.readouterr().out


# --- Which path is whose -------------------------------------------------------------------------


def test_a_path_is_of_the_nearest_project(mono: Path) -> None:
    top, shares = apportion([A, f"{B}/m.py"], mono)
    assert top == mono
    assert shares == (Share(mono / A), Share(mono / B, ("m.py",)))


def test_paths_of_one_project_stay_one(mono: Path) -> None:
    write(mono, f"{A}/sub/x.py", CLEAN)
    assert apportion([f"{A}/m.py", f"{A}/sub"], mono) == (
        mono / A,
        (Share(mono / A, ("m.py", "sub")),),
    )
    assert apportion([], mono / A / "sub") == (mono / A, (Share(mono / A),))


def test_a_path_without_a_project_is_of_the_common_folder(tmp_path: Path) -> None:
    write(tmp_path, "one/pyproject.toml", "")
    write(tmp_path, "scripts/x.py", CLEAN)
    top, shares = apportion(["one", "scripts/x.py"], tmp_path)
    assert top == tmp_path
    assert shares == (Share(tmp_path, ("scripts/x.py",)), Share(tmp_path / "one"))


def test_what_takes_one_project_says_so(mono: Path) -> None:
    with pytest.raises(UsageError, match=f"several projects: .*{A}, .*{B}"):
        set_up(request_of([A, B]), mono)


@pytest.mark.unit
def test_the_innermost_root_is_a_paths_home() -> None:
    assert home([TOP, "a", "a/b"], "a/b/c.py") == "a/b"
    assert home([TOP, "a", "a/b"], "a/bc.py") == "a"
    assert home([TOP, "a", "a/b"], "x.py") == TOP
    assert below(TOP, "x.py") == "x.py" and below("a", "x.py") == "a/x.py"


# --- One check -----------------------------------------------------------------------------------


def test_the_findings_are_those_of_each_project_alone(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    joined = document(capsys, A, B)
    alone = {name: document(capsys, name) for name in (A, B)}
    assert joined["root"] == str(mono)
    assert joined["findings"] == [
        finding | {"path": f"{name}/{finding['path']}"}
        for name, document in alone.items()
        for finding in document["findings"]
    ]
    rules = {(finding["path"], finding["rule"]) for finding in joined["findings"]}
    assert (f"{B}/m.py", "D103") in rules and (f"{A}/m.py", "D103") not in rules
    for part in joined["roots"]:
        for tool, outcome in part["outcomes"].items():
            expected = alone[part["root"]]["outcomes"][tool]
            assert outcome | {"seconds": 0} == expected | {"seconds": 0}


def test_totals_are_sums_and_a_goal_is_everybodys(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metric = document(capsys, A, B)["outcomes"]["interrogate"]["metric"]
    assert metric == {"total": 8, "covered": 4, "missing": 4, "percent": 50.0}
    write(mono, f"{B}/pyproject.toml", SETTINGS["a"])
    assert document(capsys, A, B)["outcomes"]["interrogate"]["metric"]["goal"] == 50


def test_each_project_passes_or_fails_by_its_own_settings(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(mono, f"{B}/m.py", CLEAN)
    write(mono, f"{B}/quiet.py", CLEAN)
    assert printed(capsys, A, B)[0] == 1
    write(mono, f"{A}/pyproject.toml", SETTINGS["a"] + '[tool.cockpit]\nfail-on = "never"\n')
    code, text = printed(capsys, A, B)
    assert code == 0 and f"{A}/m.py" in text
    write(mono, f"{B}/m.py", SOURCE)
    assert printed(capsys, A, B)[0] == 1, "what one forgives, the other need not"
    assert printed(capsys, A, B, "--fail-on", "never")[0] == 0


@pytest.mark.regression
def test_only_of_a_project_that_was_named_in_part_it_says_what_was_looked_at(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "looked at" not in printed(capsys, A, B)[1]
    text = printed(capsys, A, f"{B}/m.py")[1]
    assert text.count("looked at") == 1
    assert f"{B}: only m.py was looked at: what other files use counts as unused" in text


def test_the_text_has_a_line_a_project_and_lists_no_passing_goal(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = printed(capsys, A, B, "--skip", "bandit")
    of_a, _, of_b = text.partition(f"\n{B}/m.py")
    assert "missing-function-docstring" not in of_a and "missing-function-docstring" in of_b
    assert f"{A}  ruff 4  vulture 4  interrogate 50.0 %, goal 50 %\n" in text
    assert f"{B}  ruff 6  vulture 4  interrogate 50.0 %, goal 90 %\n" in text
    assert "50.0 % of 8 documented, 4 docstrings missing" in text


def test_tools_of_one_project_only(mono: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(mono, f"{B}/pyproject.toml", SETTINGS["b"] + '[tool.cockpit]\ntools = ["ruff"]\n')
    joined = document(capsys, A, B)
    assert {f["path"] for f in joined["findings"] if f["checker"] == "vulture"} == {
        f"{A}/m.py",
        f"{A}/quiet.py",
    }
    states = {part["root"]: part["outcomes"]["vulture"]["state"] for part in joined["roots"]}
    assert states == {A: "report", B: "skipped"}


# --- One that fails ------------------------------------------------------------------------------


def test_a_tool_that_fails_in_one_project_hides_nothing_of_the_others(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(mono, f"{B}/pyproject.toml", '[tool.vulture]\nmin_confidence = "x"\n')
    joined = document(capsys, A, B)
    vulture = joined["outcomes"]["vulture"]
    assert [error["path"] for error in vulture["errors"]] == [B]
    assert "vulture failed in this project" in vulture["errors"][0]["message"]
    assert {f["path"] for f in joined["findings"] if f["checker"] == "vulture"} == {
        f"{A}/m.py",
        f"{A}/quiet.py",
    }
    states = {part["root"]: part["outcomes"]["vulture"]["state"] for part in joined["roots"]}
    assert states == {A: "report", B: "failure"}
    code, text = printed(capsys, A, B)
    assert code == 2 and f"{B}: vulture failed" in text and "V103" in text


def test_an_unread_file_is_told_by_its_path_below_the_folder(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(mono, f"{B}/bad.py", "def f(:\n")
    joined = document(capsys, A, B)
    assert {error["path"] for error in joined["outcomes"]["bandit"]["errors"]} == {f"{B}/bad.py"}


def test_settings_that_make_no_sense_fail_their_project_alone(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(mono, f"{B}/pyproject.toml", "[tool.cockpit]\nexclud = 1\n")
    code, text = printed(capsys, A, B)
    assert code == 2
    assert f"{B}: ruff failed in this project" in text and "Did you mean exclude?" in text
    assert "V103" in text, "what the other project holds is told all the same"
    assert printed(capsys, A, B, "--verify")[0] == 2


def test_where_no_settings_make_sense_nothing_is_checked(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(mono, f"{A}/pyproject.toml", "[tool.cockpit]\nexclud = 1\n")
    write(mono, f"{B}/pyproject.toml", "[tool.cockpit]\ntimeout = 'x'\n")
    assert main(["check", A, B]) == 2
    assert f"cockpit: {A}: pyproject.toml [tool.cockpit]" in capsys.readouterr().err
    assert main(["check", A, B, "--only", "nosuch"]) == 2


def test_a_wrong_request_is_said_once(mono: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", A, B, "--only", "nosuch"]) == 2
    assert "cockpit: there is no tool called nosuch" in capsys.readouterr().err


# --- Commands ------------------------------------------------------------------------------------


def test_explain_prints_one_command_a_project(
    mono: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = printed(capsys, A, B, "--explain", "vulture")
    assert code == 0
    assert text == f"(cd {A} && vulture .)\n(cd {B} && vulture .)\n"
    monkeypatch.chdir(mono / "packages")
    assert printed(capsys, "a", "b", "--explain", "vulture")[1].startswith("(cd a && vulture")


def test_verify_compares_each_project(mono: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = printed(capsys, A, B, "--verify")
    assert code == 0, text
    assert text.count("no difference") == 8
    assert f"{A}: ruff: no difference in 4 findings" in text
    assert f"{B}: ruff: no difference in 6 findings" in text


# --- One in another ------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", ["packages/a", "tool"])
def test_a_project_in_another_is_not_looked_at_twice(
    mono: Path, capsys: pytest.CaptureFixture[str], inner: str
) -> None:
    write(mono, "pyproject.toml", "")
    write(mono, "tool/pyproject.toml", SETTINGS["a"])
    write(mono, "tool/m.py", SOURCE)
    write(mono, "deeper/tool/m.py", SOURCE)
    joined = document(capsys, ".", inner)
    places = [(f["path"], f["line"], f["checker"], f["rule"]) for f in joined["findings"]]
    assert len(places) == len(set(places))
    alone = document(capsys, inner)["findings"]
    theirs = [f for f in joined["findings"] if f["path"].startswith(f"{inner}/")]
    assert [f["rule"] for f in theirs] == [f["rule"] for f in alone]
    assert any(path == "deeper/tool/m.py" for path, *_ in places), "a name is not left out"
    assert printed(capsys, ".", inner, "--verify")[0] == 0


def test_the_folder_of_several_projects_says_how_to_look_at_them(
    mono: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hint = f"`cockpit {A} {B}` looks at each by its own"
    assert hint in printed(capsys)[1]
    assert hint not in printed(capsys, A, B)[1]
    write(mono, "pyproject.toml", "")
    assert hint not in printed(capsys)[1], "it has settings of its own"


# --- A session -----------------------------------------------------------------------------------


class Seen:
    """All snapshots of a fleet that runs; `until` waits for one."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.all: list[Snapshot] = []
        self._news = asyncio.Event()
        fleet.subscribe(self._take)

    def _take(self, snapshot: Snapshot) -> None:
        self.all.append(snapshot)
        self._news.set()

    async def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        async with asyncio.timeout(60):
            while not condition(self.fleet.snapshot):
                self._news.clear()
                await self._news.wait()
        return self.fleet.snapshot

    async def settled(self, after: Snapshot) -> Snapshot:
        return await self.until(lambda now: now.fresh and now.generation > after.generation)


@contextlib.asynccontextmanager
async def following(*paths: str, base: str | None = None) -> AsyncIterator[tuple[Opened, Seen]]:
    """Run a fleet with its real watchers; it has settled when the block begins."""
    async with open_backend(request_of(paths), Path.cwd(), base) as opened:
        assert isinstance(opened.backend, Fleet)
        seen = Seen(opened.backend)
        task = asyncio.create_task(opened.backend.run())
        try:
            await seen.until(lambda now: now.fresh)
            yield opened, seen
        finally:
            await opened.backend.stop()
            await task


def files(snapshot: Snapshot, checker: str) -> dict[str, tuple[Finding, ...]]:
    report = snapshot.results[checker].outcome
    assert isinstance(report, Report), report
    return dict(report.files)


async def test_a_save_in_each_project_is_told_and_the_rest_stays_the_very_same(mono: Path) -> None:
    async with following(A, B) as (_, seen):
        for name, other in ((A, B), (B, A)):
            before = seen.fleet.snapshot
            write(mono, f"{name}/m.py", SOURCE.replace("import os", "import sys, json"))
            now = await seen.until(
                lambda now, name=name: now.fresh and f"{name}/m.py" in now.changed  # type: ignore[misc]
            )
            assert now.changed == (f"{name}/m.py",)
            for checker in ("ruff", "vulture", "bandit"):
                was, is_ = files(before, checker), files(now, checker)
                assert is_[f"{name}/quiet.py"] is was[f"{name}/quiet.py"]
                assert is_[f"{other}/m.py"] is was[f"{other}/m.py"]
            assert files(now, "vulture")[f"{name}/m.py"] != files(before, "vulture")[f"{name}/m.py"]
            assert {f.path for f in files(now, "ruff")[f"{name}/m.py"]} == {f"{name}/m.py"}
            fresh = {f for f in files(now, "vulture")[f"{name}/m.py"] if now.is_new(f)}
            assert {f.rule for f in fresh} <= {"V104"}


async def test_what_is_new_is_told_by_its_path_below_the_folder(mono: Path) -> None:
    async with following(A, B, base="session") as (_, seen):
        await seen.until(lambda now: now.base.ready)
        write(mono, f"{B}/m.py", SOURCE + "\n\ndef more():\n    pass\n")
        now = await seen.until(lambda now: bool(now.new.get("vulture")))
        assert list(now.new["vulture"]) == [f"{B}/m.py"]
        assert [f.line for f in files(now, "vulture")[f"{B}/m.py"] if now.is_new(f)] == [10]


async def test_one_store_and_one_pool_serve_all(
    mono: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[Pool] = []

    def counted(*arguments: Any, **options: Any) -> Pool:
        pools.append(Pool(*arguments, **options))
        return pools[-1]

    monkeypatch.setattr(session, "Pool", counted)
    write(mono, f"{A}/pyproject.toml", SETTINGS["a"] + "[tool.cockpit]\nworkers = 1\n")
    write(mono, f"{B}/pyproject.toml", SETTINGS["b"] + "[tool.cockpit]\nworkers = 2\n")
    async with open_backend(request_of([A, B]), mono) as opened:
        await opened.backend.run_once()
        assert len(pools) == 1 and len(pools[0].pids()) == 2


async def test_a_project_recovers_when_its_settings_make_sense(mono: Path) -> None:
    write(mono, f"{B}/pyproject.toml", "[tool.cockpit]\nexclud = 1\n")
    async with following(A, B) as (_, seen):
        report = seen.fleet.snapshot.results["ruff"].outcome
        assert isinstance(report, Report) and [error.path for error in report.errors] == [B]
        write(mono, f"{B}/pyproject.toml", SETTINGS["b"])
        now = await seen.until(lambda now: now.fresh and f"{B}/m.py" in files(now, "ruff"))
        assert not any(result.last.errors for result in now.results.values() if result.last)


async def test_pause_and_rerun_reach_every_project(mono: Path) -> None:
    async with following(A, B) as (_, seen):
        seen.fleet.pause(True)
        before = seen.fleet.snapshot
        assert before.paused
        write(mono, f"{A}/m.py", CLEAN)
        write(mono, f"{B}/m.py", CLEAN)
        await seen.until(lambda now: now.missed == 2)
        assert files(before, "ruff").keys() >= {f"{A}/m.py", f"{B}/m.py"}
        seen.fleet.pause(False)
        both = {f"{A}/m.py", f"{B}/m.py"}
        now = await seen.until(lambda now: now.fresh and not files(now, "ruff").keys() & both)
        assert not now.paused and not now.missed
        seen.fleet.rerun("bandit")
        await seen.until(lambda then: then.fresh and then.generation >= now.generation + 2)


async def test_a_question_goes_to_the_project_it_is_about(mono: Path) -> None:
    async with open_backend(request_of([A, f"{B}/m.py"]), mono) as opened:
        fleet = opened.backend
        snapshot = await fleet.run_once()
        assert fleet.roots == (A, B) and fleet.scope == (A, f"{B}/m.py")
        assert snapshot.files == 3
        finding = next(f for f in files(snapshot, "ruff")[f"{B}/m.py"] if f.rule == "D103")
        assert "docstring" in (await fleet.document(finding)).text
        assert fleet.explain("vulture", B) == ("vulture", "m.py")
        assert fleet.explain("vulture") == fleet.explain("vulture", A) == ("vulture", ".")


async def test_one_project_is_an_engine_and_nothing_else(mono: Path) -> None:
    async with open_backend(request_of([A]), mono) as opened:
        assert isinstance(opened.backend, Engine)
        assert [member.engine for member in opened.members] == [opened.backend]


async def test_too_many_to_watch_is_said(mono: Path) -> None:
    for number in range(40):
        write(mono, f"many/p{number}/pyproject.toml", "")
    paths = [f"many/p{number}" for number in range(40)]
    async with open_backend(request_of(paths), mono) as opened:
        with pytest.raises(CockpitError, match="more than can be watched"):
            await opened.backend.run()


# --- How answers become one ----------------------------------------------------------------------


def part(outcome: Outcome | None, **more: Any) -> Snapshot:
    last = outcome if isinstance(outcome, Report) else None
    result = Result("ruff", outcome, last, running=outcome is None, version=more.pop("version", ""))
    return Snapshot(1, {"ruff": result}, **more)


def union(**parts: Snapshot) -> Snapshot:
    one = Union(tuple(parts))
    one.parts.update(parts)
    return one.joined(("ruff",))


FOUND = Report({"m.py": (Finding("ruff", "F401", "high", "m.py", 1, 1, 1, 2, "x", identity="i"),)})


@pytest.mark.unit
def test_nothing_is_fresh_before_all_are() -> None:
    for waiting in (EMPTY, part(None)):
        joined = union(a=part(FOUND), b=waiting)
        result = joined.results["ruff"]
        assert not joined.fresh and result.outcome is None
        assert result.last is not None and list(result.last.files) == ["a/m.py"]


@pytest.mark.unit
def test_a_tool_has_failed_where_it_failed_everywhere() -> None:
    failed = union(a=part(Failure("no", "do")), b=part(Failure("no", "do"))).results["ruff"].outcome
    assert failed == Failure("no", "do")
    failed = union(a=part(Failure("no")), b=part(Failure("nay", "do"))).results["ruff"].outcome
    assert failed == Failure("a: no; b: nay", "do")
    mixed = union(a=part(Failure("no", "do.")), b=part(Skipped("not asked"))).results["ruff"]
    assert isinstance(mixed.outcome, Failure)


@pytest.mark.unit
def test_a_failure_beside_a_report_is_an_error_that_names_its_project() -> None:
    result = union(a=part(FOUND), b=part(Failure("no", "Do it."))).results["ruff"]
    assert result.outcome is result.last and isinstance(result.last, Report)
    assert result.last.errors == (FileError("b", 0, "ruff failed in this project: no. Do it."),)
    assert result.last.count == 1


@pytest.mark.unit
def test_what_differs_is_told_with_its_project_and_what_does_not_once() -> None:
    joined = union(
        a=part(FOUND, version="1", notes=("slow", "here")),
        b=part(FOUND, version="2", notes=("slow",)),
    )
    assert joined.notes == ("slow", "a: here")
    assert joined.results["ruff"].version == "1 in a, 2 in b"
    assert (
        union(a=part(FOUND, version="1"), b=part(FOUND, version="1")).results["ruff"].version == "1"
    )


@pytest.mark.unit
def test_the_base_is_ready_once_all_are_and_named_for_each() -> None:
    main_, head = Base("branch", "main", "1" * 40, ready=True), Base("commit", "HEAD", ready=True)
    assert union(a=part(FOUND, base=main_), b=part(FOUND, base=main_)).base == main_
    mixed = union(a=part(FOUND, base=main_), b=part(FOUND, base=head)).base
    assert mixed.ready and mixed.name == "a: main; b: HEAD" and not mixed.commit
    assert not union(a=part(FOUND, base=main_), b=part(FOUND)).base.ready


@pytest.mark.unit
def test_reports_that_did_not_change_are_the_very_same_objects() -> None:
    one = Union(("a", "b"))
    one.parts.update(a=part(FOUND), b=part(FOUND))
    before = one.joined(("ruff",)).results["ruff"].last
    assert one.joined(("ruff",)).results["ruff"].last is before
    one.parts["b"] = part(Report({**FOUND.files, "n.py": FOUND.files["m.py"]}))
    after = one.joined(("ruff",)).results["ruff"].last
    assert before is not None and after is not None and after.count == 3
    assert all(after.files[path] is findings for path, findings in before.files.items())


@pytest.mark.unit
def test_a_run_under_way_changes_nothing_twice() -> None:
    """While a tool runs its old outcome and what it has by now are both asked for, in turns."""
    one = Union(("a",))
    one.parts["a"] = part(FOUND)
    settled = one.joined(("ruff",)).results["ruff"].outcome
    other = Report({**FOUND.files, "n.py": (*FOUND.files["m.py"],)})
    partial = Report(dict(other.files))
    for last in (other, partial, other):
        one.parts["a"] = Snapshot(1, {"ruff": Result("ruff", FOUND, last, running=True)})
        result = one.joined(("ruff",)).results["ruff"]
        assert result.outcome is settled
        assert isinstance(settled, Report) and result.last is not None
        assert result.last.files["a/m.py"] is settled.files["a/m.py"]

"""While it runs, the base follows commits, branches, settings and the person's choice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cockpit import baseline, comparison
from cockpit.engine import Engine
from cockpit.errors import CockpitError
from cockpit.matching import Verdict, judge
from cockpit.model import Failure, Snapshot
from cockpit.session import Request, open_engine, set_up
from tests.live import following
from tests.newness.project import commit, compared, git, make, new_in, words

pytestmark = pytest.mark.integration

OFFENCE = "\n\ndef fresh():\n    assert 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path / "project")


def append(root: Path, text: str) -> None:
    with (root / "pkg/b.py").open("a", encoding="utf-8") as file:
        file.write(text)


def new_rules(snapshot: Snapshot) -> set[str]:
    return {
        finding.rule
        for name in snapshot.results
        for finding in snapshot.report(name) or ()
        if snapshot.is_new(finding)
    }


def words_of(snapshot: Snapshot) -> list[str]:
    found = (one for name in snapshot.results for one in snapshot.report(name) or ())
    return sorted(f"{one.path} {one.rule}" for one in found if snapshot.is_new(one))


def failed(snapshot: Snapshot) -> set[str]:
    results = snapshot.results.values()
    return {one.checker for one in results if isinstance(one.outcome, Failure)}


def opened(root: Path, base: str = "") -> "Engine":
    return open_engine(set_up(Request(), root, base))  # type: ignore[return-value]


async def test_what_is_saved_is_new_until_it_is_committed(project: Path) -> None:
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready)
        early = [one.new for one in seen.all if not one.base.ready]
        assert len(early) > 1, "what is told while it looks"
        assert all(one is early[0] for one in early), "a screen redraws when it is another object"
        assert (engine.snapshot.base.kind, engine.snapshot.base.name) == ("commit", "HEAD")
        append(project, OFFENCE)
        await seen.until(lambda now: new_rules(now) >= {"B101", "S101"})
        first = engine.snapshot.base.commit
        commit(project)
        await seen.until(lambda now: now.base.commit != first and not new_rules(now))


async def test_on_a_branch_it_is_new_since_the_branch_left_main(project: Path) -> None:
    git(project, "checkout", "-q", "-b", "feature")
    append(project, OFFENCE)
    commit(project)
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: new_rules(now) >= {"B101", "S101"})
        assert (engine.snapshot.base.kind, engine.snapshot.base.name) == ("branch", "main")
        git(project, "checkout", "-q", "main")
        await seen.until(lambda now: now.base.name == "HEAD" and not new_rules(now))


async def test_a_commit_is_heard_of_in_a_part_of_a_repository(project: Path) -> None:
    part = project / "pkg"
    (part / "pyproject.toml").write_text("", encoding="utf-8")
    commit(project)
    async with opened(part) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready)
        (part / "more.py").write_text("import os\n", encoding="utf-8")
        await seen.until(lambda now: "F401" in new_rules(now))
        commit(project)
        await seen.until(lambda now: not new_rules(now))


async def test_a_checkout_is_heard_of_in_a_second_work_tree(project: Path) -> None:
    git(project, "worktree", "add", "-q", "-b", "beside", "../beside")
    async with opened(project.parent / "beside") as engine, following(engine) as seen:  # type: ignore[attr-defined]
        assert engine.branch == "beside"
        git(engine.root, "checkout", "-q", "-b", "third")
        await seen.until(lambda _: engine.branch == "third")


async def test_the_base_is_a_persons_choice(project: Path) -> None:
    append(project, OFFENCE)
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready and "B101" in new_rules(now))
        engine.compare("session")
        await seen.until(lambda now: now.base.kind == "session" and not new_rules(now))
        engine.compare("no-such-thing")
        await seen.until(lambda now: "no-such-thing" in now.base.note)
        assert engine.snapshot.base.kind == "session"
        engine.compare("HEAD")
        await seen.until(lambda now: now.base.name == "HEAD" and "B101" in new_rules(now))
        assert not engine.snapshot.base.note


@pytest.mark.regression
async def test_a_base_that_is_not_there_leaves_the_automatic_one(project: Path) -> None:
    """A mistyped revision that was remembered left a session without any base."""
    append(project, OFFENCE)
    async with opened(project) as engine:  # type: ignore[attr-defined]
        engine.compare("no-such-thing")
        async with following(engine) as seen:
            await seen.until(lambda now: now.base.ready and "B101" in new_rules(now))
            await seen.until(lambda now: "no-such-thing" in now.base.note)
            assert engine.snapshot.base.name == "HEAD"
            commit(project)
            await seen.until(lambda now: not new_rules(now))
            assert "no-such-thing" in engine.snapshot.base.note
            engine.compare("HEAD")
            await seen.until(lambda now: not now.base.note and now.base.ready)


@pytest.mark.regression
async def test_broken_settings_change_nothing_of_what_is_new(project: Path) -> None:
    """What a tool said of the base was forgotten while it could not read its settings."""
    append(project, OFFENCE)
    (project / "pkg/a.py").rename(project / "pkg/moved.py")
    settings = project / "pyproject.toml"
    good = settings.read_text(encoding="utf-8")
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready and "B101" in new_rules(now))
        before = words_of(engine.snapshot)
        for broken in ("[[[", f"{good}\n[tool.ruff.lint.pydocstyle]\nconvention = 'none'\n"):
            settings.write_text(broken, encoding="utf-8")
            await seen.until(lambda now: "ruff" in failed(now))
            old = engine.snapshot.base.commit
            git(project, "commit", "-q", "--allow-empty", "-m", "nothing")
            await seen.until(lambda now: now.base.commit != old)  # noqa: B023
            assert words_of(engine.snapshot) == before
        settings.write_text(good, encoding="utf-8")
        await seen.until(lambda now: not failed(now) and words_of(now) == before)
        append(project, "\n\nassert 2\n")
        await seen.until(lambda now: len(words_of(now)) > len(before))


async def test_a_tool_that_answers_again_is_asked_about_the_base(project: Path) -> None:
    settings = project / "pyproject.toml"
    good = settings.read_text(encoding="utf-8")
    settings.write_text(f"{good}\n[tool.ruff.lint.pydocstyle]\nconvention = 'none'\n", "utf-8")
    append(project, OFFENCE)
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready and "B101" in new_rules(now))
        assert "S101" not in new_rules(engine.snapshot)
        settings.write_text(good, encoding="utf-8")
        await seen.until(lambda now: "S101" in new_rules(now) and now.fresh)
        assert "F401" not in new_rules(engine.snapshot)


async def test_settings_make_nothing_new(project: Path) -> None:
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready)
        settings = project / "pyproject.toml"
        before = len(list(engine.snapshot.report("ruff") or ()))
        text = settings.read_text(encoding="utf-8").replace('"E", ', '"E", "D", "ANN", ')
        settings.write_text(text, encoding="utf-8")
        await seen.until(lambda now: now.fresh and len(list(now.report("ruff") or ())) > before)
        await seen.until(lambda now: not new_rules(now))


@pytest.mark.regression
@pytest.mark.parametrize("checker", [None, "ruff", "bandit"])
async def test_asking_again_changes_nothing_on_the_screen(
    project: Path, checker: str | None
) -> None:
    """What had moved hid what was new, for good; and old answers fell to what was done so far."""
    git(project, "mv", "pkg/b.py", "pkg/moved.py")
    append(project, OFFENCE)  # a new file in the old one's place
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        before = words_of(await seen.until(lambda now: now.base.ready and now.fresh))
        assert "pkg/b.py B101" in before
        assert "pkg/b.py S101" in before
        counts = {name: len(list(engine.snapshot.report(name) or ())) for name in engine.checkers}
        start, generation = len(seen.all), engine.snapshot.generation
        engine.rerun(checker)
        await seen.settled(generation)
        for now in seen.all[start:]:
            assert words_of(now) == before
            assert {one: len(list(now.report(one) or ())) for one in counts} == counts


@pytest.mark.regression
async def test_another_base_is_told_of_when_it_is_known_what_it_makes_new(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project, "mv", "pkg/b.py", "pkg/moved.py")
    append(project, OFFENCE)
    loop = asyncio.get_running_loop()
    async with opened(project, "session") as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready)

        def told_meanwhile(*question: Any) -> Verdict:
            loop.call_soon_threadsafe(engine._announcer.tell)
            return judge(*question)

        monkeypatch.setattr(comparison, "judge", told_meanwhile)
        start = len(seen.all)
        engine.compare("HEAD")
        after = words_of(await seen.until(lambda now: bool(now.base.commit)))
        assert "pkg/b.py B101" in after
        assert [words_of(now) for now in seen.all[start:]] == [[], after]


async def test_outside_git_it_is_new_since_the_session_began(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('"""A."""\n', encoding="utf-8")
    async with opened(tmp_path) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready)
        assert engine.snapshot.base.kind == "session"
        (tmp_path / "a.py").write_text('"""A."""\nimport os\n', encoding="utf-8")
        await seen.until(lambda now: "F401" in new_rules(now))


async def test_a_baseline_goes_before_git_and_lets_old_offences_move(project: Path) -> None:
    snapshot = await compared(project, "HEAD")
    findings = [one for name in snapshot.results for one in snapshot.report(name) or ()]
    baseline.write(project, map(baseline.entry_of, findings))
    (project / "pkg/a.py").rename(project / "pkg/moved.py")
    text = (project / "pkg/b.py").read_text(encoding="utf-8")
    (project / "pkg/b.py").write_text(
        text.replace("def dump", "def write").replace("import json", "# x\n\nimport json")
        + OFFENCE,
        encoding="utf-8",
    )
    assert words(await new_in(project)) == [
        # A baseline has no texts: that a dead function is the one of another name, nobody can say.
        "pkg/b.py:9 V103",
        "pkg/b.py:15 missing-function-docstring",
        "pkg/b.py:15 V103",
        "pkg/b.py:16 B101",
    ]


@pytest.mark.regression
async def test_a_baseline_knows_a_function_whose_body_was_edited(project: Path) -> None:
    """What bandit says of a default argument hung on the whole function's text."""
    append(project, '\n\ndef login(password="hunter2"):\n    a = 1\n    return a\n')
    snapshot = await compared(project, "HEAD")
    findings = [one for name in snapshot.results for one in snapshot.report(name) or ()]
    assert "B107" in {one.rule for one in findings}
    baseline.write(project, map(baseline.entry_of, findings))
    text = (project / "pkg/b.py").read_text(encoding="utf-8")
    (project / "pkg/b.py").write_text(text.replace("    a = 1\n", "    a = 2\n"), encoding="utf-8")
    assert words(await new_in(project)) == []


@pytest.mark.security
async def test_a_revision_that_looks_like_an_option_is_a_revision(project: Path) -> None:
    with pytest.raises(CockpitError, match="no commit --output=x"):
        await compared(project, "--output=x")
    assert not (project / "x").exists()


@pytest.mark.security
async def test_no_filter_of_the_repository_is_run(project: Path) -> None:
    git(project, "config", "filter.evil.clean", "touch ran; cat")
    git(project, "config", "filter.evil.smudge", "touch ran; cat")
    git(project, "config", "diff.evil.command", "touch ran")
    (project / ".gitattributes").write_text("*.py filter=evil diff=evil\n", encoding="utf-8")
    append(project, OFFENCE)
    assert "pkg/b.py:14 B101" in words(await new_in(project))
    assert not (project / "ran").exists()


async def test_what_is_no_longer_readable_is_new(project: Path) -> None:
    append(project, "def broken(:\n")
    snapshot = await compared(project, "")
    assert ("bandit", "pkg/b.py") in snapshot.new_errors


async def test_a_part_of_the_project_is_compared_with_that_part(project: Path) -> None:
    (project / "pkg/sub").mkdir()
    (project / "pkg/sub/c.py").write_text("import os\n", encoding="utf-8")
    append(project, OFFENCE)
    setup = set_up(Request(paths=(str(project / "pkg/sub"),)), project, "")
    async with open_engine(setup) as engine:
        snapshot = await engine.run_once()
    assert {one.path for name in snapshot.results for one in snapshot.report(name) or ()} == {
        "pkg/sub/c.py"
    }
    assert "F401" in new_rules(snapshot)

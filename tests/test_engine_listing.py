"""Files may come under the engine's eyes, or leave them, by changes that do not name them."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cockpit.engine import Engine
from cockpit.model import Snapshot
from cockpit.session import open_engine, request_of, set_up
from tests.corpus.proof import compare, differing, engine_on, follow

pytestmark = [pytest.mark.integration, pytest.mark.regression]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for path in ("pkg/__init__.py", "pkg/a.py", "plain/b.py", "pkg/generated/c.py"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("import os\nassert 1\n", encoding="utf-8")
    return folder


async def test_a_folder_that_moves_names_only_itself(root: Path) -> None:
    async with engine_on(root) as engine:
        (root / "plain").rename(root / "elsewhere")
        await follow(engine, [frozenset({"plain", "elsewhere"})])
        assert not differing(await compare(engine, "", "", ""))
        report = engine.snapshot.report("bandit")
        assert report is not None
        assert "elsewhere/b.py" in report.files


async def test_settings_that_move_with_a_folder_are_taken_up(root: Path) -> None:
    spare = root.parent / "spare"
    spare.mkdir()
    (spare / ".bandit").write_text("[bandit]\nskips = B101\n", encoding="utf-8")
    (spare / "d.py").write_text("assert 1\n", encoding="utf-8")
    async with engine_on(root, ["bandit"]) as engine:
        spare.rename(root / "moved_in")
        await follow(engine, [frozenset({"moved_in"})])
        assert not differing(await compare(engine, "", "", ""))
        report = engine.snapshot.report("bandit")
        assert report is not None
        assert report.count == 0


async def test_what_gitignore_names_is_no_longer_looked_at(root: Path) -> None:
    await asyncio.to_thread(subprocess.run, ["git", "init", "--quiet", "."], cwd=root, check=True)
    (root / ".gitignore").write_text("", encoding="utf-8")
    async with engine_on(root) as engine:
        for ignored in ("generated\n", ""):
            (root / ".gitignore").write_text(ignored, encoding="utf-8")
            await follow(engine, [frozenset({".gitignore"})])
            assert not differing(await compare(engine, "", "", ""))
            report = engine.snapshot.report("bandit")
            assert report is not None
            assert ("pkg/generated/c.py" in report.files) is (ignored == "")


async def git(root: Path, *words: str) -> None:
    name = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    await asyncio.to_thread(
        subprocess.run, ["git", *name, *words], cwd=root, check=True, capture_output=True
    )


async def test_a_deleted_file_that_git_still_lists_is_gone(root: Path) -> None:
    for words in (["init", "--quiet"], ["add", "--all"]):
        await git(root, *words)
    async with engine_on(root) as engine:
        (root / "plain/b.py").unlink()
        await follow(engine, [frozenset({"plain/b.py"})])
        assert "plain/b.py" not in engine.listing.paths
        for name in engine.checkers:
            report = engine.snapshot.report(name)
            assert report is not None
            assert "plain/b.py" not in report.files and not report.errors
            assert "plain/b.py" not in " ".join(engine.explain(name))
        assert not differing(await compare(engine, "", "", ""))


async def test_the_branch_is_followed(root: Path) -> None:
    for words in (["init", "--quiet", "-b", "one"], ["add", "--all"], ["commit", "-q", "-m", "x"]):
        await git(root, *words)
    async with open_engine(set_up(request_of([str(root)], ["vulture"]), root)) as engine:
        news = asyncio.Event()
        engine.subscribe(lambda _: news.set())
        task = asyncio.create_task(engine.run())
        async with asyncio.timeout(60):
            while not engine.snapshot.fresh:
                await news.wait()
                news.clear()
            assert engine.branch == "one"
            await git(root, "checkout", "-q", "-b", "two")
            while engine.branch != "two":
                await news.wait()
                news.clear()
        await engine.stop()
        await task


# --- What only ruff looks at, for its list of files is its own ---


async def found_by_ruff(engine: Engine) -> set[str]:
    report = engine.snapshot.report("ruff")
    assert report is not None
    assert not differing(await compare(engine, "", "", ""))
    return set(report.files)


async def test_what_only_ruff_looks_at_comes_changes_and_goes(root: Path) -> None:
    (root / "pyproject.toml").write_text('[tool.cockpit]\nexclude = ["pkg"]\n', encoding="utf-8")
    async with engine_on(root, ["ruff"]) as engine:
        assert "pkg/a.py" not in engine.listing.paths
        (root / "pkg/a.py").write_text("x = 1\n", encoding="utf-8")
        await follow(engine, [frozenset({"pkg/a.py"})])
        assert await found_by_ruff(engine) == {
            "pkg/__init__.py",
            "plain/b.py",
            "pkg/generated/c.py",
        }
        (root / "pkg/new.py").write_text("import os\n", encoding="utf-8")
        await follow(engine, [frozenset({"pkg/new.py"})])
        assert "pkg/new.py" in await found_by_ruff(engine)
        (root / "pkg/new.py").unlink()
        await follow(engine, [frozenset({"pkg/new.py"})])
        assert "pkg/new.py" not in await found_by_ruff(engine)


async def test_what_ruff_passes_over_is_asked_about_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "pyproject.toml").write_text('[tool.ruff]\nexclude = ["plain"]\n', encoding="utf-8")
    async with engine_on(root, ["ruff"]) as engine:
        lane = engine._command_lanes[0]
        asked: list[bool] = []
        whole = lane._whole

        async def counted(*arguments: Any) -> None:
            asked.append(True)
            await whole(*arguments)

        monkeypatch.setattr(lane, "_whole", counted)
        for number in range(3):
            (root / "plain/b.py").write_text(f"x = {number}\n", encoding="utf-8")
            await follow(engine, [frozenset({"plain/b.py"})])
        assert len(asked) == 1
        assert "plain/b.py" not in await found_by_ruff(engine)


@pytest.mark.parametrize("folder", ["pkg", "site-packages"])
async def test_a_save_of_what_a_tool_looks_at_is_heard_of_wherever_it_lies(
    root: Path, folder: str
) -> None:
    """The usual excludes are for a walk: git may well track a file in such a folder."""
    (root / folder).mkdir(exist_ok=True)
    (root / folder / "mine.py").write_text("x = 1\n", encoding="utf-8")
    for words in (["init", "--quiet"], ["add", "--all"]):
        await asyncio.to_thread(subprocess.run, ["git", *words], cwd=root, check=True)
    async with open_engine(set_up(request_of([str(root)], ["bandit"]), root)) as engine:
        settled: asyncio.Queue[Snapshot] = asyncio.Queue()
        engine.subscribe(lambda now: settled.put_nowait(now) if now.fresh else None)
        task = asyncio.create_task(engine.run())
        async with asyncio.timeout(60):
            await settled.get()
            (root / folder / "mine.py").write_text("assert 1\n", encoding="utf-8")
            report = engine.snapshot.report("bandit")
            while report is None or f"{folder}/mine.py" not in report.files:
                report = (await settled.get()).report("bandit")
        await engine.stop()
        await task


@pytest.mark.parametrize("before", ['extend-exclude = ["pkg"]', ""])
async def test_what_is_left_out_follows_the_settings_while_it_runs(root: Path, before: str) -> None:
    settings = root / "pyproject.toml"
    settings.write_text(f"[tool.cockpit]\n{before}\n", encoding="utf-8")
    async with engine_on(root) as engine:
        assert engine._relevance.heeds("pkg/unborn.py") is (before == "")
        after = "" if before else 'extend-exclude = ["pkg"]'
        settings.write_text(f"[tool.cockpit]\n{after}\n", encoding="utf-8")
        await follow(engine, [frozenset({"pyproject.toml"})])
        assert engine._relevance.heeds("pkg/unborn.py") is (before != "")
        assert not differing(await compare(engine, "", "", ""))

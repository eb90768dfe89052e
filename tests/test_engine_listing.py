"""Files may come under the engine's eyes, or leave them, by changes that do not name them."""

import asyncio
import subprocess
from pathlib import Path

import pytest

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

"""A small project with offences of all four tools, in git, and what is new in it after an edit."""

import subprocess
from pathlib import Path

from cockpit.model import Finding, Snapshot
from cockpit.panes import joined
from cockpit.session import Request, open_engine, set_up

SETTINGS = """
[tool.ruff.lint]
select = ["E", "F", "B", "C90", "PLR0913", "SIM", "S"]
mccabe.max-complexity = 2
pylint.max-args = 2
[tool.interrogate]
fail-under = 100
"""
MODULE = '''\
"""A module."""

import os
import pickle


def load(name, data=[]):
    """Load."""
    assert name
    try:
        return pickle.loads(data)
    except Exception:
        pass


def undocumented(path):
    assert path
    if path:
        if os.path.exists(path):
            for part in path:
                print(part)
    value = 1
    return eval(path)


class Shelf:
    """A shelf."""

    def put(self, item, place, owner):
        assert item
        password = "hunter2"
        return place == None

    def take(self, item):
        """Take."""
        assert item
        return os.system("rm " + item)
'''
OTHER = '''\
"""Another module."""

import json
import sys


def dump(thing):
    """Dump."""
    assert thing
    return json.dumps(thing) == None
'''


def git(root: Path, *words: str) -> None:
    """Run git in `root`, as nobody in particular."""
    who = ("-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *who, *words), cwd=root, check=True, capture_output=True)


def make(root: Path) -> Path:
    """Write the project and commit it on main."""
    (root / "pkg").mkdir(parents=True)
    (root / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "pkg/__init__.py").write_text('"""A package."""\n', encoding="utf-8")
    (root / "pkg/a.py").write_text(MODULE, encoding="utf-8")
    (root / "pkg/b.py").write_text(OTHER, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def commit(root: Path) -> None:
    """Commit all that is there."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "as it was")


async def compared(root: Path, base: str) -> Snapshot:
    """Check `root` once, compared with `base`."""
    async with open_engine(set_up(Request(), root, base)) as engine:
        return await engine.run_once()


async def new_in(root: Path, base: str = "") -> list[Finding]:
    """Return what is new in `root` since `base`, by path and place."""
    snapshot = await compared(root, base)
    assert snapshot.base.ready
    assert all(snapshot.report(name) for name in snapshot.results), snapshot.results
    return [finding for finding in joined(snapshot) if snapshot.is_new(finding)]


def words(findings: list[Finding]) -> list[str]:
    """Return findings as a test writes them down: `path:line rule`."""
    return [f"{one.path}:{one.line} {one.rule}" for one in findings]

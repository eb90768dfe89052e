"""Which files a project has, and where it begins."""

import asyncio
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from cockpit.config import USUAL_EXCLUDES
from cockpit.errors import UsageError
from cockpit.project import Excludes, Listing, branch_of, find_root, in_scope, list_files, locate
from cockpit.scan import Scanner, module_name

pytestmark = pytest.mark.integration


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n", encoding="utf-8")


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(("git", *identity, *words), cwd=root, check=False, capture_output=True)


async def listing(root: Path, *more: str) -> Listing:
    return await list_files(root, USUAL_EXCLUDES, more)


async def test_git_knows_the_files(tmp_path: Path) -> None:
    git(tmp_path, "init", "-b", "trunk")
    make(tmp_path, "a.py", "build/b.py", "ignored.py", "gone.py", "new é.py")
    (tmp_path / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    git(tmp_path, "add", "a.py", "gone.py")
    found = await listing(tmp_path)
    assert found.from_git
    assert found.paths == (".gitignore", "a.py", "build/b.py", "gone.py", "new é.py")
    assert await branch_of(tmp_path) == "trunk"


async def test_a_walk_passes_over_environments_and_output(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "venv/module.py", "env/x.py", ".venv/y.py", "build/z.py")
    make(tmp_path, "node_modules/q.py", "pkg/build/__init__.py", "pkg/build/w.py")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    found = await listing(tmp_path)
    assert not found.from_git
    assert found.paths == ("a.py", "pkg/build/__init__.py", "pkg/build/w.py", "venv/module.py")


async def test_what_is_no_file_is_not_listed(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dangling.py").symlink_to("nowhere")
    # A socket's name may only be short, so it is bound from inside the folder.
    here = Path.cwd()
    os.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind("socket.py")
            found = await listing(tmp_path)
        finally:
            os.chdir(here)
    assert found.paths == ("a.py", "dangling.py", "loop")


@pytest.mark.security
async def test_a_repository_cannot_make_git_run_its_program(tmp_path: Path) -> None:
    git(tmp_path, "init")
    make(tmp_path, "a.py")
    hook = tmp_path / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(hook))
    assert "a.py" in (await listing(tmp_path)).paths
    await branch_of(tmp_path)
    assert not (tmp_path / "ran").exists()
    await asyncio.to_thread(git, tmp_path, "status")
    assert (tmp_path / "ran").exists(), "the trap must be one that git itself falls into"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
async def test_somebody_elses_repository_is_walked_and_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init")
    make(tmp_path, "a.py")
    shutil.chown(tmp_path, 12345)
    shutil.chown(tmp_path / ".git", 12345)
    found = await listing(tmp_path)
    assert found.paths == ("a.py",)
    assert "somebody else owns it" in found.notes[0]
    assert "safe.directory" in found.notes[0]


async def test_a_broken_repository_is_walked_and_says_so(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    make(tmp_path, "a.py")
    found = await listing(tmp_path)
    assert found.paths == ("a.py",)
    assert "git cannot list" in found.notes[0]


def test_the_root_is_the_nearest_project(tmp_path: Path) -> None:
    make(tmp_path, "mono/pyproject.toml", "mono/part/pyproject.toml", "mono/part/src/a.py")
    assert find_root(tmp_path / "mono/part/src") == tmp_path / "mono/part"
    assert locate(["part/src/a.py"], tmp_path / "mono") == (tmp_path / "mono/part", ("src/a.py",))
    assert locate(["part"], tmp_path / "mono") == (tmp_path / "mono/part", ())
    assert locate([], tmp_path / "mono") == (tmp_path / "mono", ())


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder nope"):
        locate(["nope"], tmp_path)


@pytest.mark.unit
def test_scopes_hold_whole_names() -> None:
    assert in_scope("src/a.py", ()) and in_scope("src/a.py", ("src",))
    assert in_scope("src/a.py", ("src/a.py",)) and not in_scope("src2/a.py", ("src",))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("path", "pattern", "is_excluded"),
    [
        ("a/vendor/b.py", "vendor", True),
        ("a/vendored/b.py", "vendor", False),
        ("a/vendor/b.py", "a/vendor", True),
        ("b/a/vendor/b.py", "a/vendor", False),
        ("a/b.py", "*.py", True),
        ("a/b_pb2.py", "*_pb2.py", True),
        ("docs/x.py", "./docs/", True),
    ],
)
def test_patterns(path: str, pattern: str, is_excluded: bool) -> None:
    assert Excludes([pattern])(path) is is_excluded


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    make(tmp_path, "ok.py", "secret.py")
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "dangling.py").symlink_to("nowhere")
    (tmp_path / "link.py").symlink_to("ok.py")
    (tmp_path / "dir.py").mkdir()
    names = ["ok.py", "link.py", "gone.py", "fifo.py", "dangling.py", "dir.py"]
    ok, link, gone, fifo, dangling, folder = Scanner(tmp_path).read(names)
    assert ok.content == b"x = 1\n" and ok.resolved == str(tmp_path / "ok.py")
    assert link.digest == ok.digest and link.resolved == ok.resolved
    assert not gone.digest and not gone.problem
    assert fifo.problem == "it is not a regular file"
    assert dangling.problem == "the link leads nowhere"
    assert folder.problem and not folder.digest


@pytest.mark.unit
def test_packages_name_a_module() -> None:
    known = dict.fromkeys(["a/__init__.py", "a/b/__init__.py", "a/b/c.py", "x/y.py"])
    assert module_name("a/b/c.py", known) == "a.b.c"
    assert module_name("x/y.py", known) == "y"


async def test_listing_does_not_block_the_loop(tmp_path: Path) -> None:
    git(tmp_path, "init")
    make(tmp_path, "a.py")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    task = asyncio.create_task(tick())
    await listing(tmp_path)
    task.cancel()
    assert ticks > 5

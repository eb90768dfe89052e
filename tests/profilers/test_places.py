"""Which file of the project a profiler's path is."""

import os
from pathlib import Path

import pytest

from cockpit.profilers import places
from cockpit.profilers.places import Places

pytestmark = pytest.mark.unit


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project/pkg").mkdir(parents=True)
    (tmp_path / "project/pkg/a.py").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/lib.py").touch()
    return tmp_path / "project"


def test_an_absolute_path_is_told_relative_to_the_root(root: Path) -> None:
    assert Places(root).of(f"{root}/pkg/a.py") == "pkg/a.py"
    assert Places(root).of(f"{root}/pkg/../pkg/./a.py") == "pkg/a.py"
    assert Places(root).of(f"{root}/pkg/gone.py") == "pkg/gone.py"


def test_what_is_outside_is_nothing(root: Path) -> None:
    (root.parent / "project2").mkdir()
    for path in (
        "",
        "/usr/lib/python3/os.py",
        f"{root}",
        f"{root}2/a.py",
        f"{root}/../elsewhere/lib.py",
        "<string>",
        "<thread>",
        "libc.so.6",
        "pkg/a.py",
        f"{root}/a\0.py",
        "a" * 10_000,
        f"{root}/{'a' * 10_000}/b.py/../../../x",
    ):
        assert Places(root).of(path) == "", path


def test_a_relative_path_is_of_the_process_own_folder(root: Path) -> None:
    assert Places(root, str(root / "pkg")).of("a.py") == "pkg/a.py"
    assert Places(root, str(root)).of("./pkg/a.py") == "pkg/a.py"
    assert Places(root, str(root.parent / "elsewhere")).of("lib.py") == ""


def test_links_lead_to_the_file_of_the_project(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    (tmp_path / "one.py").symlink_to(root / "pkg/a.py")
    assert Places(root).of(f"{tmp_path}/link/pkg/a.py") == "pkg/a.py"
    assert Places(root).of(f"{tmp_path}/one.py") == "pkg/a.py"
    assert Places(tmp_path / "link").of(f"{root}/pkg/a.py") == "pkg/a.py"


def test_a_link_out_of_the_project_is_the_place_that_it_has_in_it(root: Path) -> None:
    (root / "vendor").symlink_to(root.parent / "elsewhere")
    assert Places(root).of(f"{root}/vendor/lib.py") == "vendor/lib.py"
    assert Places(root).of(f"{root.parent}/elsewhere/lib.py") == ""


def test_links_in_a_circle_and_folders_that_may_not_be_read_raise_nothing(root: Path) -> None:
    (root / "loop").symlink_to(root / "loop")
    assert Places(root).of(f"{root}/loop/x.py") in ("", "loop/x.py")
    assert Places(root).of(os.fsdecode(os.fsencode(root) + b"/\xff.py")) != ""


def test_only_so_many_paths_are_remembered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_MOST", 10)
    known = Places(root)
    for number in range(35):
        assert known.of(f"{root}/{number}/x.py") == f"{number}/x.py"
    assert len(known._known) <= 10 and len(known._folders) <= 10

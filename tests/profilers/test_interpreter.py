"""What Python a process is, told from names, mapped libraries and `pyvenv.cfg`."""

import os
from pathlib import Path

import pytest

from cockpit.profilers.interpreter import Begun, called, described, is_python, library_in

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "program",
    [
        *("python", "python3", "python3.11", "python3.13t", "python3.11-dbg", "python3.12d"),
        *("/usr/bin/python3.11", "/x/python3.12 (deleted)", "pypy3.10", "pypy3.10-c"),
        "/Library/Frameworks/Python.framework/Versions/3.12/Resources/Python.app/Contents/MacOS/Python",
    ],
)
def test_pythons_are_known_by_their_names(program: str) -> None:
    assert is_python(program)


@pytest.mark.parametrize(
    "program", ["", "bash", "python3-config", "ipython", "bpython", "pythonista", "/python3/bin/sh"]
)
def test_others_are_not(program: str) -> None:
    assert not is_python(program)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (b"7f00-7f01 r-xp 0 fd:01 42 /usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0\n", "3.11"),
        (b"7f00-7f01 r-xp 0 fd:01 42 /opt/libpython3.13t.so.1.0\n", "3.13t"),
        (b"7f00-7f01 r-xp 0 fd:01 42 /usr/lib/libpythonic.so\n", ""),
        (b"", ""),
    ],
)
def test_an_embedded_python_is_known_by_its_library(line: bytes, version: str) -> None:
    assert library_in(line) == version


@pytest.mark.parametrize(
    ("program", "library", "version"),
    [
        ("/usr/bin/python3.11", "", "3.11"),
        ("/root/.pyenv/versions/3.11.7/bin/python3.11", "", "3.11.7"),
        ("/u/uv/python/cpython-3.12.4-linux-x86_64-gnu/bin/python3.12", "", "3.12.4"),
        ("/opt/homebrew/Cellar/python@3.12/3.12.4_1/bin/python3.12", "", "3.12.4"),
        ("/srv/app-1.2.3/bin/python3.11", "", "3.11"),  # the program's version, not the app's
        ("/usr/bin/python", "", ""),
        ("/usr/bin/uwsgi", "3.9", "3.9"),
        ("/usr/bin/python3", "3.10", "3.10"),
    ],
)
def test_the_version_is_told_as_far_as_it_is_certain(
    program: str, library: str, version: str
) -> None:
    assert described(program, library, Begun(("python",))).version == version


@pytest.mark.parametrize(
    ("program", "library", "free"),
    [
        ("/usr/bin/python3.13t", "", True),
        ("/usr/bin/uwsgi", "3.14t", True),
        ("/usr/bin/python3.13", "", False),
    ],
)
def test_a_free_threaded_build_ends_with_t(program: str, library: str, free: bool) -> None:
    assert described(program, library, Begun(())).free_threaded is free


def test_pypy_is_no_cpython() -> None:
    assert described("/usr/bin/pypy3.10", "", Begun(())).pypy
    assert not described("/usr/bin/python3.10", "", Begun(())).pypy


# --- Virtual environments ---------------------------------------------------------------------


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    place = tmp_path / "shop" / ".venv"
    (place / "bin").mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.11.9\n", encoding="utf-8")
    return place


def test_the_path_that_it_was_started_by_names_its_environment(venv: Path) -> None:
    found = described("/usr/bin/python3.11", "", Begun((str(venv / "bin/python"),)))
    assert (found.virtualenv, found.version) == ("shop/.venv", "3.11.9")


def test_a_relative_path_counts_from_its_folder(venv: Path) -> None:
    begun = Begun((".venv/bin/python",), folder=str(venv.parent))
    assert described("/usr/bin/python3.11", "", begun).virtualenv == "shop/.venv"


def test_a_bare_name_or_a_title_says_nothing_so_the_shell_does(venv: Path) -> None:
    for title in ("python", "gunicorn: master [shop]"):
        begun = Begun((title,), {"VIRTUAL_ENV": str(venv)})
        assert described("/usr/bin/python3.11", "", begun).virtualenv == "shop/.venv"


def test_a_system_python_in_an_activated_shell_is_in_no_environment(venv: Path) -> None:
    begun = Begun(("/usr/bin/python3",), {"VIRTUAL_ENV": str(venv)})
    assert described("/usr/bin/python3.11", "", begun).virtualenv == ""


def test_an_environment_of_another_version_says_nothing_of_this_one(venv: Path) -> None:
    found = described("/usr/bin/python3.8", "", Begun(("python",), {"VIRTUAL_ENV": str(venv)}))
    assert found.version == "3.8"


def test_a_process_in_a_container_has_its_paths_below_its_own_root(venv: Path) -> None:
    begun = Begun(("/.venv/bin/python",), root=str(venv.parent))
    assert described("/usr/bin/python3.11", "", begun).virtualenv == ".venv"


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("/home/ada/src/shop/.venv", "shop/.venv"),
        ("/home/ada/.cache/pypoetry/virtualenvs/shop-x1-py3.11", "shop-x1-py3.11"),
        ("/home/ada/miniconda3/envs/science", "science"),
        ("/venv", "venv"),
        ("", ""),
    ],
)
def test_an_environment_is_called_what_a_person_calls_it(prefix: str, name: str) -> None:
    assert called(prefix) == name


@pytest.mark.security
def test_a_pipe_in_place_of_the_configuration_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyvenv.cfg")
    found = described("/usr/bin/python3.11", "", Begun((f"{tmp_path}/bin/python",)))
    assert found.version == "3.11"


@pytest.mark.security
def test_a_huge_configuration_is_not_read(venv: Path) -> None:
    with (venv / "pyvenv.cfg").open("a") as file:
        file.truncate(1 << 20)
    found = described("/usr/bin/python3.11", "", Begun((str(venv / "bin/python"),)))
    assert found.version == "3.11"

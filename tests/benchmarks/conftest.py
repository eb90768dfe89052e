"""The corpus of the benchmarks: Django 5.2, `django/` and `tests/`, as its own authors ship it."""

import compileall
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

import cockpit

_SDIST = "Django==5.2"
_PARTS = ("django", "tests", "pyproject.toml")


def _download(folder: Path) -> Path:
    command = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:")
    subprocess.run((*command, "-d", str(folder), _SDIST), check=True)
    with tarfile.open(next(folder.glob("[Dd]jango-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.glob("[Dd]jango-*") if path.is_dir())


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Have cockpit compiled, as pip leaves it, also where Python is told to write no bytecode."""
    compileall.compile_dir(Path(cockpit.__file__).parent, quiet=1)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy that tests may edit; `COCKPIT_CORPUS` names an unpacked sdist to copy from."""
    given = os.environ.get("COCKPIT_CORPUS")
    source = Path(given) if given else _download(tmp_path_factory.mktemp("download"))
    root = tmp_path_factory.mktemp("corpus")
    for part in _PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, root / part)
        else:
            shutil.copy(source / part, root / part)
    return root


@pytest.fixture(scope="session")
def commands_seconds(corpus: Path) -> float:
    """Return how long the tools' own commands take on the corpus, one after the other."""
    scripts = Path(sys.executable).parent
    # interrogate stops at a file that does not parse, so it is given that file as excluded.
    broken = "tests/test_runner_apps/tagged/tests_syntax_error.py"
    commands = (
        ("ruff", "check", "--no-cache", "-q", "--extend-select", "S", "--output-format", "json"),
        ("vulture", "."),
        ("interrogate", "-vv", "-e", broken, "."),
        ("bandit", "-q", "-r", ".", "-f", "json"),
    )
    start = time.perf_counter()
    for name, *words in commands:
        subprocess.run((str(scripts / name), *words), cwd=corpus, check=False, capture_output=True)
    return time.perf_counter() - start

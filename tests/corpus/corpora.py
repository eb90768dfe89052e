"""The projects that sameness is proven on: where they come from, and what of them is copied."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

#: What of a project says how the tools shall work on it.
SETTINGS_FILES = (".bandit", "pyproject.toml", "ruff.toml", ".ruff.toml", "setup.cfg", "tox.ini")


class Corpus(NamedTuple):
    """One project: `requirement` names its package and version, empty for the standard library.

    `parts` are the folders to copy (empty: all). `big` ones get fewer settings. `wheel` is for a
    source distribution that pip cannot even read the metadata of.
    """

    name: str
    requirement: str
    parts: tuple[str, ...] = ()
    big: bool = False
    wheel: bool = False


CORPORA = (
    Corpus("django", "Django==5.2", parts=("django", "tests"), big=True),
    Corpus("stdlib", "", big=True),
    Corpus("textual", "textual==8.2.8"),
    Corpus("flask", "flask==3.1.3"),
    Corpus("black", "black==26.10.1"),
    # Its source distribution compiles C++ before it tells its own name.
    Corpus("scalene", "scalene==2.4.0", wheel=True),
    Corpus("vulture", "vulture==2.16"),
    Corpus("bandit", "bandit==1.9.4"),
    Corpus("interrogate", "interrogate==1.7.0"),
)


def fetch(corpus: Corpus, cache: Path) -> Path:
    """Return the folder that holds `corpus`, downloaded and unpacked into `cache` if need be."""
    if not corpus.requirement:
        return Path(sysconfig.get_path("stdlib"))
    folder = cache / corpus.requirement.replace("==", "-")
    if not folder.is_dir():
        _unpack(_download(corpus, cache), folder, wheel=corpus.wheel)
    return folder


def _download(corpus: Corpus, cache: Path) -> Path:
    target = cache / f"{corpus.name}.download"
    form = "--only-binary" if corpus.wheel else "--no-binary"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", form, ":all:"),
            *("--dest", str(target), corpus.requirement),
        ],
        check=True,
    )
    (archive,) = target.iterdir()
    return archive


def _unpack(archive: Path, folder: Path, *, wheel: bool) -> None:
    unpacked = folder.with_name(f"{folder.name}.unpacked")
    if wheel:
        with zipfile.ZipFile(archive) as whole:
            whole.extractall(unpacked)
        unpacked.rename(folder)
        return
    with tarfile.open(archive) as whole:
        whole.extractall(unpacked, filter="data")
    (inner,) = unpacked.iterdir()
    inner.rename(folder)
    unpacked.rmdir()


def copy(corpus: Corpus, origin: Path, root: Path) -> None:
    """Copy `corpus` from `origin` to `root`, which is made: no git, no bytecode."""
    leave = ["__pycache__", "*.pyc", "*.so"]
    if not corpus.requirement:
        _copy_python(origin, root)
        return
    if not corpus.parts:
        shutil.copytree(origin, root, ignore=shutil.ignore_patterns(*leave))
        return
    root.mkdir(parents=True)
    for part in corpus.parts:
        shutil.copytree(origin / part, root / part, ignore=shutil.ignore_patterns(*leave))
    for name in SETTINGS_FILES:
        if (origin / name).is_file():
            shutil.copy(origin / name, root / name)


def _copy_python(origin: Path, root: Path) -> None:
    for path in sorted(origin.rglob("*.py")):
        inside = path.relative_to(origin)
        if "site-packages" in inside.parts or not path.is_file():
            continue
        target = root / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)

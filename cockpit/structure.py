"""What files a commit had, where a tool's answer about one file depends on what others there are.

An import sorter takes a module for the project's own where it finds it among the project's files.
So a file that nobody touched is sorted otherwise once a module that it imports came or went, and a
folder's files once an `__init__.py` did. A stand-in of the commit's folders answers for then.
"""

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.scan import read_regular

_MODULES = (".py", ".pyi")
#: In a notebook a line of code is a string.
_IMPORT = re.compile(rb'^[ \t"]*(?:from[ \t]+([\w.]+)|import[ \t]+([^#\n]+))', re.MULTILINE)
_NAME = re.compile(rb"[ \t]*([\w.]+)")


class Difference(NamedTuple):
    """What came or went: names that a module may be imported by, and folders of packages."""

    modules: frozenset[str]
    packages: frozenset[str]

    def concerns(self, path: str, content: bytes) -> bool:
        """Return whether a tool may say something else of a file because of this."""
        if any(path.startswith(f"{folder}/" if folder else "") for folder in self.packages):
            return True
        return any(not self.modules.isdisjoint(_prefixes(name)) for name in _imported(content))


def difference(then: Iterable[str], now: Iterable[str]) -> Difference:
    """Return what `now` has that `then` had not, or the other way round; both are paths."""
    before, after = set(filter(_is_module, then)), set(filter(_is_module, now))
    moved = before ^ after
    folders = set(_folders(before)) ^ set(_folders(after))
    places = [*map(_module_path, moved), *folders]
    modules = {name for place in places for name in _names(place)}
    packages = {
        path.rpartition("/")[0] for path in moved if path.rpartition("/")[2] == "__init__.py"
    }
    return Difference(frozenset(modules), frozenset(packages))


@contextmanager
def stand_in(root: Path, paths: Collection[str], settings: Collection[str]) -> Iterator[Path]:
    """Lend a folder with the files `paths`, all of them empty but today's settings of `root`.

    Those are all its TOML and, in any folder, files with the names `settings`. Raises
    `CockpitError` where it cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix="cockpit-") as name:
        place = Path(name).resolve()
        try:
            _fill(place, root, [path for path in paths if _is_inside(path)], settings)
        except OSError as error:
            raise CockpitError(
                f"the folders of the base cannot be laid out: {plain(str(error))}",
                "See that the folder for temporary files has room.",
            ) from error
        yield place


def _fill(place: Path, root: Path, paths: Collection[str], names: Collection[str]) -> None:
    settings = {path for path in paths if path.endswith(".toml")}
    for folder in ("", *_folders(paths)):
        (place / folder).mkdir(exist_ok=True)
        settings |= {f"{folder}/{name}".lstrip("/") for name in names}
    for path in filter(_is_module, paths):
        (place / path).touch()
    for path in settings:
        try:
            content = read_regular(str(root / path))
        except (OSError, ValueError):
            continue
        (place / path).write_bytes(content)


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts


def _is_module(path: str) -> bool:
    return path.endswith(_MODULES)


def _module_path(path: str) -> str:
    return path.rpartition(".")[0].removesuffix("/__init__")


def _folders(paths: Iterable[str]) -> list[str]:
    """Return every folder that something lies in, outer ones first."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return sorted(found)


def _names(place: str) -> Iterator[str]:
    """Yield the names that a module may have, whichever folder imports begin at."""
    parts = place.split("/")
    yield from (".".join(parts[start:]) for start in range(len(parts)))


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _imported(content: bytes) -> set[str]:
    """Return the names of the modules that a text imports, relative ones left out."""
    found: set[bytes] = set()
    for one, several in _IMPORT.findall(content):
        starts = map(_NAME.match, several.split(b","))
        found |= {one} if one else {start[1] for start in starts if start}
    return {name.decode("utf-8", "replace") for name in found if not name.startswith(b".")}

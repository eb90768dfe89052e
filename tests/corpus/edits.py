"""Random changes to a project's files, as people and programs make them."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

_APPENDED = (
    b"\n\ndef added_function(a, b=1):\n    x = a\n    assert b\n",
    b"\nimport os, subprocess\nsubprocess.call('ls', shell=True)\n",
    b"\nclass Added:\n    def method(self):\n        try:\n            eval('1')\n"
    b"        except Exception:\n            pass\n",
    b"\npassword = 'secret'  # nosec\nunused = 1  # noqa\n",
    b"\nif False:\n    never = 1\n",
    b"\ndef (:\n",
    b"\nname_\xc3\xa9 = '\xf0\x9d\x84\x9e'; import json\n",
    b"",
)
_WHOLE = (
    *(b"", b"# only a comment\n", b"\xef\xbb\xbfimport os\n", b"x = '\xff\xfe'\n", b"x = 1\n\0\n"),
    b"# -*- coding: latin-1 -*-\nd\xe9f = 1\n",
    b"import os\r\nassert 1\r\ndef f(self):\r\n    return 1\r\n    y = 2\r\n",
    b"x = " + b"(" * 150 + b")" * 150 + b"\n",
)


class Editor:
    """Changes files below `root`, and can take everything back."""

    def __init__(self, root: Path, seed: int) -> None:
        """Choose by `seed`: the same changes every time."""
        self.root = root
        self._chance = random.Random(seed)
        self._before: dict[str, bytes | None] = {}
        #: ruff tells of scripts that cannot be run: what comes back has its mode again.
        self._modes: dict[str, int] = {}
        self._number = 0

    def changes(self, count: int) -> Iterator[frozenset[str]]:
        """Yield `count` times the paths that were just changed, as a watcher would name them."""
        ways: tuple[tuple[Callable[[], set[str]], int], ...] = (
            *((self._append, 6), (self._cut, 4), (self._overwrite, 2), (self._mix, 2)),
            *((self._delete, 2), (self._rename, 2), (self._package, 1), (self._unpackage, 1)),
            *((self._move_folder, 1), (self._burst, 1), (self._stub, 1)),
        )
        for _ in range(count):
            way = self._chance.choices([w for w, _ in ways], [n for _, n in ways])[0]
            yield frozenset(way())

    def undo(self) -> frozenset[str]:
        """Give every file its first content back; return what was touched."""
        for path, content in self._before.items():
            target = self.root / path
            if content is None:
                target.unlink(missing_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                target.chmod(self._modes[path])
        touched = frozenset(self._before)
        self._before.clear()
        return touched

    def _files(self) -> list[str]:
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name != ".git")
            inside = Path(folder).relative_to(self.root)
            found += [(inside / name).as_posix() for name in names if name.endswith(".py")]
        return sorted(found)

    def _one(self) -> str:
        return self._chance.choice(self._files())

    def _put(self, path: str, content: bytes | None) -> str:
        target = self.root / path
        self._keep(path)
        if content is None:
            target.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return path

    def _keep(self, path: str) -> None:
        """Remember what `path` was, the first time it is touched."""
        target = self.root / path
        old = target.read_bytes() if target.is_file() else None
        self._before.setdefault(path, old)
        if old is not None:
            self._modes.setdefault(path, target.stat().st_mode)

    def _append(self) -> set[str]:
        path = self._one()
        content = (self.root / path).read_bytes()
        return {self._put(path, content + self._chance.choice(_APPENDED))}

    def _cut(self) -> set[str]:
        path = self._one()
        lines = (self.root / path).read_bytes().split(b"\n")
        start = self._chance.randrange(len(lines))
        del lines[start : start + self._chance.randint(1, 8)]
        return {self._put(path, b"\n".join(lines))}

    def _overwrite(self) -> set[str]:
        return {self._put(self._one(), self._chance.choice(_WHOLE))}

    def _mix(self) -> set[str]:
        return {self._put(self._one(), (self.root / self._one()).read_bytes())}

    def _delete(self) -> set[str]:
        return {self._put(self._one(), None)}

    def _rename(self) -> set[str]:
        path = self._one()
        content = (self.root / path).read_bytes()
        folder = self._one().rpartition("/")[0]
        self._number += 1
        name = self._chance.choice((f"renamed{self._number}.py", f"test_r{self._number}.py"))
        new = f"{folder}/{name}" if folder else name
        return {self._put(path, None), self._put(new, content)}

    def _package(self) -> set[str]:
        self._number += 1
        folder = f"new package {self._number}"
        content = (self.root / self._one()).read_bytes()
        paths = {self._put(f"{folder}/__init__.py", b"from .a import *\n")}
        paths.add(self._put(f"{folder}/a.py", content))
        return paths | {folder}

    def _unpackage(self) -> set[str]:
        """Take a package's `__init__.py` away: what is in it now has another module's name."""
        found = [path for path in self._files() if path.endswith("__init__.py")]
        return {self._put(self._chance.choice(found), None)} if found else self._append()

    def _stub(self) -> set[str]:
        self._number += 1
        return {self._put(f"stub{self._number}.pyi", b"class S:\n    def m(self) -> int: ...\n")}

    def _burst(self) -> set[str]:
        files = self._files()
        chosen = self._chance.sample(files, min(40, len(files)))
        return {self._put(path, (self.root / path).read_bytes() + b"\nb = 1\n") for path in chosen}

    def _move_folder(self) -> set[str]:
        """Move a small folder whole: a watcher then names the folder, not the files in it."""
        files = self._files()
        folders = {path.rpartition("/")[0] for path in files if "/" in path}
        small = sorted(f for f in folders if 0 < len(list((self.root / f).rglob("*"))) < 30)
        # Settings that extend others by a relative path would break ruff, and a folder that is
        # named in settings breaks vulture: then there is no answer to compare.
        settings = self.root / "pyproject.toml"
        named = settings.read_text(encoding="utf-8") if settings.is_file() else ""
        small = [f for f in small if f'"{f}"' not in named]
        small = [f for f in small if not list((self.root / f).rglob("ruff.toml"))]
        if not small:
            return self._append()
        folder = self._chance.choice(small)
        self._number += 1
        new = f"moved{self._number}"
        for path in sorted((self.root / folder).rglob("*")):
            if path.is_file():
                inside = path.relative_to(self.root / folder).as_posix()
                self._keep(f"{folder}/{inside}")
                self._before.setdefault(f"{new}/{inside}", None)
        shutil.move(self.root / folder, self.root / new)
        return {folder, new}

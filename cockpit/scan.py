"""Reads the project's files: once each, never a pipe or a device, and says what went wrong."""

import hashlib
import itertools
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

_SIZE_LIMIT = 1 << 30


class Scanned(msgspec.Struct, frozen=True):
    """One file as it was read.

    `digest` is empty for a file that could not be read; then `problem` says why, or is empty too
    where the file is simply gone. `resolved` is the absolute path with links followed, `runnable`
    whether anybody may run it. Of two readings the one with the higher `turn` began later.
    """

    path: str
    resolved: str = ""
    content: bytes = b""
    digest: bytes = b""
    problem: str = ""
    turn: int = 0
    runnable: bool = False

    @property
    def stamp(self) -> bytes:
        """What a change of the file changes: what is in it, and whether it is a program."""
        return self.digest + b"x" * self.runnable


class Scanner:
    """Reads files below one root; safe to use in a thread."""

    def __init__(self, root: Path) -> None:
        """Remember the root, and as they come the folders' real places."""
        self._root = root
        self._folders: dict[str, str] = {}
        self._stamps: dict[str, bytes] = {}
        self._latest: dict[str, bytes] = {}
        self._turns = itertools.count(1)

    def forget_folders(self) -> None:
        """Look folders' links up anew: call when files came or went."""
        self._folders.clear()

    def read(self, paths: Iterable[str]) -> list[Scanned]:
        """Read each of `paths`; the answers stand in the same order."""
        turn = next(self._turns)
        found = [self._one(path, turn) for path in paths]
        for one in found:
            self._stamps.setdefault(one.path, one.stamp)
            self._latest[one.path] = one.stamp
        return found

    def changed(self, paths: Iterable[str]) -> list[str]:
        """Return those of `paths` that are other than at the last call about them: see `stamp`.

        The first call compares with what `read` first saw. What `read` sees later does not make a
        file unchanged: it may be ahead of what a tool's own command has read.
        """
        found = []
        for path in paths:
            stamp = self._one(path).stamp
            known = self._stamps.get(path), self._latest.get(path, stamp)
            if known != (stamp, stamp):
                self._stamps[path] = stamp
                found.append(path)
        return found

    def _one(self, path: str, turn: int = 0) -> Scanned:
        place = os.path.join(self._root, path)  # noqa: PTH118 - a hot path
        try:
            content = read_regular(place)
            runnable = bool(os.stat(place).st_mode & 0o111)  # noqa: PTH116 - a hot path
        except FileNotFoundError:
            dangling = os.path.islink(place)  # noqa: PTH114 - a hot path
            problem = "the link leads nowhere" if dangling else ""
            return Scanned(path, problem=problem, turn=turn)
        except NotADirectoryError:
            return Scanned(path, turn=turn)
        except OSError as error:
            return Scanned(path, problem=error.strerror or str(error), turn=turn)
        return Scanned(path, self._resolve(place), content, _digest(content), "", turn, runnable)

    def given(self, path: str, content: bytes) -> Scanned:
        """Return what `read` would, were this the content of `path`."""
        place = os.path.join(self._root, path)  # noqa: PTH118 - as in `_one`
        return Scanned(
            path, self._resolve(place), content, _digest(content), turn=next(self._turns)
        )

    def _resolve(self, place: str) -> str:
        folder, name = os.path.split(place)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        whole = os.path.join(real, name)  # noqa: PTH118 - a hot path
        return os.path.realpath(whole) if os.path.islink(whole) else whole  # noqa: PTH114


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def read_regular(place: str) -> bytes:
    """Return the bytes of a regular file, never waiting for a pipe or a device.

    Raises `OSError`; what is no regular file raises it with words that say so.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(place, flags | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "it is not a regular file")
        if status.st_size > _SIZE_LIMIT:
            raise OSError(0, "it is larger than 1 GiB")
        return file.read()


def module_name(path: str, known: Mapping[str, object]) -> str:
    """Return the dotted name that the packages around `path` give it (`known`: all files)."""
    folder, _, name = path.rpartition("/")
    parts = [name.rsplit(".", 1)[0]]
    while folder and f"{folder}/__init__.py" in known:
        folder, _, package = folder.rpartition("/")
        parts.append(package)
    return ".".join(reversed(parts)).encode("utf-8", "backslashreplace").decode()

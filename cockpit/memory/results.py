"""What was read of captures, kept in the user's cache folder so that it need not be read again.

A result is named by the hash of its capture's content, so it is never another's; a capture that
did not change is known again by its path and its state. Nothing that is found is trusted.
"""

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cockpit.memory.header import memray_version
from cockpit.memory.model import Part
from cockpit.memory.wire import FORMAT, Assembly, Senseless, Value, decoded, part_of
from cockpit.places import cache_folder
from cockpit.private import Damaged, Unusable, check_folder

#: What is kept at most, in bytes.
LIMIT = 1 << 30
#: Files of the index, of some 60 bytes each.
_INDEX = 10_000
#: A name that is not the hash of a capture is none of ours, in hexadecimal digits.
_DIGEST = 40
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class Results:
    """The results of readings; its methods wait for the disk, and are made for threads.

    It is a help and no more: where it cannot be used, nothing is found in it, and nothing kept.
    """

    def __init__(self, folder: Path | None = None, limit: int = LIMIT) -> None:
        """Keep results in `folder`, by default one of the user's cache, up to `limit` bytes."""
        self._folder = folder or cache_folder() / "memory"
        self._limit = limit

    def known(self, path: Path, state: os.stat_result) -> str:
        """Return the hash of a capture that is as it was when it was noted; "" for another."""
        with _suppressed(), _opened(self._index(path, state)) as file:
            digest = file.read(_DIGEST + 1).decode("ascii", "replace")
            if _is_digest(digest):
                return digest
        return ""

    def note(self, path: Path, state: os.stat_result, digest: str) -> None:
        """Remember the hash of a capture as it is now."""
        with _suppressed():
            check_folder(self._folder / "index")
            _put(self._index(path, state), (digest.encode(),))

    def scratch(self) -> str:
        """Return a folder for what is only needed for a while; "" where there is none."""
        with _suppressed():
            check_folder(self._folder)
            return str(self._folder.absolute())
        return ""

    def sized(self, size: int) -> bool:
        """Whether there is a result of any capture of so many bytes: whether to hash one first."""
        with _suppressed():
            return any(self._home().glob(f"{size}-*"))
        return False

    def load(self, digest: str, size: int, part: Part) -> Value | None:
        """Return a part of the capture of this hash and size; None where it is to be read."""
        path = self._path(digest, size, part)
        with _suppressed(), _opened(path) as file:
            value = _read(file, part)
            os.utime(path)  # it was of use: others go before it
            return value
        return None

    def store(self, digest: str, size: int, part: Part, lines: Iterable[bytes]) -> None:
        """Keep the lines that make up a part, and let go of what was of no use for longest."""
        with _suppressed():
            if not _is_digest(digest):
                return
            check_folder(self._home())
            _put(self._path(digest, size, part), _sealed(lines))
            self.trim()

    def trim(self) -> None:
        """Keep to the limit."""
        with _suppressed():
            _trim(self._folder.glob("[0-9]*/*"), self._limit, 1 << 20)
            _trim(self._folder.glob("index/*"), self._limit, _INDEX)

    def _home(self) -> Path:
        """Return the folder of what this memray says, in our present words."""
        return self._folder / f"{FORMAT}-{memray_version()}"

    def _path(self, digest: str, size: int, part: Part) -> Path:
        return self._home() / f"{size}-{digest}.{part}"

    def _index(self, path: Path, state: os.stat_result) -> Path:
        key = (
            os.fsencode(path),
            state.st_dev,
            state.st_ino,
            state.st_size,
            state.st_mtime_ns,
            state.st_ctime_ns,
        )
        return (
            self._folder / "index" / hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()
        )


def _suppressed() -> contextlib.suppress:
    """Have what cannot be used be as if it were not there."""
    return contextlib.suppress(OSError, Unusable, Damaged, Senseless, ValueError)


def _is_digest(words: str) -> bool:
    return len(words) == _DIGEST and not words.strip("0123456789abcdef")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file that nobody but us can have written. Raises `OSError` and `Damaged`."""
    handle = os.open(path, _READ)
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
            raise Damaged
        yield file


def _put(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file for this user alone, whole or not at all."""
    fresh = path.with_name(f".{secrets.token_hex(8)}.new")
    try:
        with os.fdopen(os.open(fresh, _NEW, 0o600), "wb") as file:
            file.writelines(chunks)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _sealed(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines, and after them one that says what they were."""
    seal = hashlib.blake2b(digest_size=20)
    for line in lines:
        seal.update(line + b"\n")
        yield line + b"\n"
    yield seal.hexdigest().encode()


def _read(file: BinaryIO, part: Part) -> Value:
    """Return the part that a file holds. Raises `Damaged` and `Senseless`."""
    seal = hashlib.blake2b(digest_size=20)
    assembly, found = Assembly(), None
    for line in file:
        if not line.endswith(b"\n"):
            break
        seal.update(line)
        found = assembly.take(decoded(line[:-1]))
    else:
        line = b""
    if line.decode("ascii", "replace") != seal.hexdigest() or found is None:
        raise Damaged
    if part_of(found) != part:
        raise Damaged
    return found


def _trim(paths: Iterable[Path], limit: int, count: int) -> None:
    """Delete the files that were of use longest ago, until all are `limit` bytes and `count`."""
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            state = path.lstat()
            found.append((state.st_mtime_ns, state.st_size, path))
    whole = sum(size for _, size, _ in found)
    for number, (_, size, path) in enumerate(sorted(found)):
        if whole <= limit and len(found) - number <= count:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        whole -= size

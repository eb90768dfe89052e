"""A file that only grows, a line at a time, and survives being killed at any byte of one.

Several programs may write to it at once. What its lines say is not known here.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cockpit.private import Damaged, Lock, check_file, check_folder
from cockpit.scan import read_regular

#: Seconds to wait for another program that is writing, which takes it milliseconds.
_BUSY_SECONDS = 1.0


class Journal:
    """The lines of one file; it is made, for this user alone, by the first of them.

    Every method raises `OSError`, or `Unusable` or `Damaged`, where the file cannot serve.
    """

    def __init__(self, path: Path) -> None:
        """Keep lines in `path`; beside it lie its lock and what was set aside."""
        self.path = path
        self._seen: tuple[int, ...] | None = None
        self._read: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        """The bytes in the file."""
        return self.path.stat().st_size

    def changed(self) -> bool:
        """Whether the file is other than when it was last `seen` or written by us."""
        return self._state() != self._seen

    def is_news(self) -> bool:
        """Whether another program wrote since the file was last read or written by us.

        Unlike `changed` it is not asked twice to read what could not be understood.
        """
        return self._state() not in (self._seen, self._read)

    def read(self) -> list[bytes]:
        """Return the whole lines; one that was never finished is none."""
        self._read = self._state()
        if not self._read:
            return []
        check_folder(self.path.parent)
        if self.path.is_symlink():
            raise Damaged
        return read_regular(str(self.path)).split(b"\n")[:-1]

    def seen(self) -> None:
        """Say that what was read was understood."""
        self._seen = self._read

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Keep every other writer out for as long as the block runs."""
        check_folder(self.path.parent)
        lock = Lock(self.path.with_suffix(".lock"), _BUSY_SECONDS)
        try:
            lock.take()
            yield
        finally:
            lock.close()

    def append(self, lines: Iterable[bytes]) -> None:
        """Add all of `lines` or none; call it within `writing`.

        It does not wait for the disk: a kill costs nothing, a power cut may cost the last lines,
        and a key is answered at once.
        """
        check_file(self.path)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
        try:
            whole = _whole(handle)
            os.ftruncate(handle, whole)
            try:
                _write(handle, b"".join(line + b"\n" for line in lines))
            except OSError:
                os.ftruncate(handle, whole)
                raise
            self._seen = _stamp(os.fstat(handle))
        finally:
            os.close(handle)

    def replace(self, lines: Iterable[bytes]) -> None:
        """Have the file hold `lines` and nothing else, at one blow; call it within `writing`."""
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write(handle, b"".join(line + b"\n" for line in lines))
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.replace(self.path)
        self._seen = self._state()

    def set_aside(self) -> Path:
        """Give a damaged file another name, which is returned; call it within `writing`."""
        aside = self.path.with_suffix(".damaged")
        self.path.replace(aside)
        self._seen = ()
        return aside

    def _state(self) -> tuple[int, ...]:
        try:
            return _stamp(self.path.lstat())
        except FileNotFoundError:
            return ()


def _stamp(state: os.stat_result) -> tuple[int, ...]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _whole(handle: int) -> int:
    """Return the size of the file without a last line that was never finished."""
    end = os.lseek(handle, 0, os.SEEK_END)
    while end:
        start = max(0, end - 65_536)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]

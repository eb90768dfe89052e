"""Reads a capture that memray is writing, as far as it is written; it knows nothing of its records.

memray maps the file and makes it longer ahead of what it writes: behind that are zeros. No record
holds as many zeros in a row as `_VOID`; its own numbers are of 8 bytes, its header has some 30.
"""

import os
import time
from collections import deque
from pathlib import Path

_VOID = bytes(64)
#: Bytes that are looked at together, and handed on at once at most.
_LOOK, _MOST = 64 << 10, 4 << 20
#: What is so far before the end, in bytes, is written: `memcpy` may write a long name from its end.
_MARGIN = 512
#: What was written so long ago, in seconds, is too, but for zeros that belong to it.
_AGE = 0.25


class Growing:
    """A capture that grows; whoever has it closes it."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises `OSError`."""
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._end = self._handed = 0
        self._ends: deque[tuple[float, int]] = deque()

    @property
    def replaced(self) -> bool:
        """Whether nobody writes any more: memray put a compressed file in its place."""
        return os.fstat(self._handle).st_nlink == 0

    @property
    def behind(self) -> int:
        """How many bytes are there and were not handed on."""
        return self._end - self._handed

    def more(self, whole: bool = False) -> bytes:
        """Return what is written for certain and was not handed on; nothing where there is none.

        `whole` says that nobody writes any more: then it is all that is there.
        """
        self._look()
        certain = self._end if whole else self._certain(time.monotonic())
        size = min(certain - self._handed, _MOST)
        if size <= 0:
            return b""
        chunk = os.pread(self._handle, size, self._handed)
        self._handed += len(chunk)
        return chunk

    def _look(self) -> None:
        """Find the end of what is written, or what is enough for now."""
        while self.behind < 2 * _MOST:
            chunk = os.pread(self._handle, _LOOK, self._end)
            void = chunk.find(_VOID)
            self._end += len(chunk) if void < 0 else void
            if void >= 0 or len(chunk) < _LOOK:
                return

    def _certain(self, now: float) -> int:
        """Return up to where the file will not change any more."""
        if not self._ends or self._ends[-1][1] != self._end:
            self._ends.append((now, self._end))
        while len(self._ends) > 1 and self._ends[1][0] <= now - _AGE:
            self._ends.popleft()
        seen, old = self._ends[0]
        settled = old - len(_VOID) if seen <= now - _AGE else 0
        return max(self._end - _MARGIN, settled)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._handle)

"""A copy of a capture without the zeros at its end, for memray to read in its place.

memray makes room ahead in a capture, up to a tenth of it, and as it opens one it steps back over
that byte by byte, in each pass: ten seconds for 33 MB, with no word on how far it is. A copy is
made in half a second, and is the same to it to the byte. What is written meanwhile is not in it,
so that all parts tell of the same moment.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from cockpit.memory import header
from cockpit.memory.header import Header

#: Zeros below this cost less than the copy, in bytes.
_FEW = 1 << 20
_CHUNK = 16 << 20


def trimmed(handle: int, head: Header, folder: str) -> int | None:
    """Return a descriptor of a copy; None where none is needed, or can be made.

    It has no name in `folder`, and is gone with the process.
    """
    if head.compressed or not folder or sys.platform != "linux":  # elsewhere it needs a name
        return None
    size, _ = header.last_byte(handle, head.size)
    if not size or (head.closed and head.size - size < _FEW):
        return None
    copy = -1
    try:
        if shutil.disk_usage(folder).free < 2 * size:
            return None
        copy = _nameless(Path(folder))
        _copy(handle, copy, size)
        return copy
    except OSError:
        with contextlib.suppress(OSError):
            os.close(copy)
        return None


def _nameless(folder: Path) -> int:
    """Return a new file that only this process can reach."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.dup(file.fileno())


def _copy(source: int, target: int, size: int) -> None:
    """Copy the first `size` bytes; the system does it, and on some disks without any copying."""
    at = 0
    while at < size:
        wanted = min(_CHUNK, size - at)
        try:
            copied = os.copy_file_range(source, target, wanted, at, at)
        except OSError:  # another disk, or an old system
            copied = os.pwrite(target, os.pread(source, wanted, at), at)
        if not copied:  # it became shorter
            raise OSError("the capture was cut off meanwhile")
        at += copied

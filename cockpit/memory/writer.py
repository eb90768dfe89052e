"""Whether a process writes a capture still; it looks from outside and does nothing to any."""

import contextlib
import os
from pathlib import Path

import psutil

#: How much later than its process a capture may seem to have begun, in seconds: clocks differ.
_SLACK = 2.0


def writing(pid: int, began: int, state: os.stat_result) -> bool:
    """Whether the process `pid` has the file of `state` open; `began` is the capture's, in ms.

    Where its files may not be looked at, it is believed of one that was there as the capture began.
    """
    if pid <= 0:
        return False
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return False
        if process.create_time() > began / 1000 + _SLACK:
            return False  # another one, that got its number
        return any(_same(name, state) for name in _open(process))
    except psutil.AccessDenied:
        return True
    except (psutil.Error, OSError, OverflowError):
        return False


def _open(process: psutil.Process) -> list[str]:
    """Return paths by which the files can be looked at that a process has open."""
    folder = Path("/proc") / str(process.pid) / "fd"
    try:
        return [str(folder / name) for name in os.listdir(folder)]  # noqa: PTH208
    except PermissionError as error:
        raise psutil.AccessDenied(process.pid) from error
    except OSError:
        return [file.path for file in process.open_files()]


def _same(name: str, state: os.stat_result) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.stat(name), state)  # noqa: PTH116
    return False

"""What scalene leaves behind in folders for temporary files, and nobody else takes away."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

#: Where it shares memory with its library; gone by itself, but not where it is killed.
_SHARED = Path("/tmp")  # nosec B108  # noqa: S108 -- its own choice
#: Of how a Python of its own begins, what is read to find whose it is, in bytes.
_HEAD = 16 << 10


def sweep(pid: int) -> None:
    """Delete what the scalene that was the process `pid` left behind; it must have ended.

    Each run leaves a folder of scripts that stand in for `python` (2.4 means to delete it, and
    calls for that what a `Path` has not), and a killed one its shared memory.
    """
    for kind in ("malloc", "memcpy"):
        for part in ("init", "signal", "lock"):
            _delete(_SHARED / f"scalene-{kind}-{part}{pid}")
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob("scalene*"):
            if _is_of(folder, pid):
                shutil.rmtree(folder, ignore_errors=True)


def _is_of(folder: Path, pid: int) -> bool:
    """Whether a folder is ours, and its scripts say that they are of the scalene `pid`."""
    with contextlib.suppress(OSError):
        state = folder.lstat()
        if state.st_uid != os.getuid() or state.st_mode & 0o077:
            return False
        with (folder / "python").open("rb") as script:
            return f"--pid={pid} ---".encode() in script.read(_HEAD)
    return False


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.lstat().st_uid == os.getuid():
            path.unlink()

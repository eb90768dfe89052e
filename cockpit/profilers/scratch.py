"""Folders for what py-spy writes: only we may read them, and they do not outlive us for long."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "cockpit-cpu-"


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only we may read, and delete it with all that is in it.

    Those of cockpits that were killed are deleted, too.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Delete the folders whose cockpit is gone, and that are ours."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            mine = not folder.is_symlink() and folder.lstat().st_uid == os.getuid()
            if mine and owner.isdigit() and not _lives(int(owner)):
                shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another's
        return True
    return True

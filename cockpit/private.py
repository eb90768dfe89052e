"""Folders and files that nobody but this user can have written, and who uses them now."""

import os
import stat
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows refuses to rename an open file, which serves the same end
    fcntl = None  # type: ignore[assignment]


class Unusable(Exception):  # noqa: N818 -- the end of a sentence, which its catcher begins
    """Why something cannot be used."""


class Damaged(Exception):  # noqa: N818 -- see above
    """A file is not what we wrote."""


def check_folder(folder: Path) -> None:
    """Make `folder`, or see that nobody else could have put something into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        states = [folder.lstat(), folder.stat()]
    except OSError as error:
        raise Unusable(error.strerror or str(error)) from error
    if hasattr(os, "getuid"):
        if any(state.st_uid != os.getuid() for state in states):
            raise Unusable("it belongs to another user")
        if states[1].st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise Unusable("other users may write there")


def check_file(path: Path) -> None:
    """Make an empty file that only we may read, or see that it is a plain file of ours."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except PermissionError as error:
        raise Unusable("it may not be written") from error
    except OSError as error:
        if path.is_symlink() or path.exists():
            raise Damaged from error
        raise Unusable(error.strerror or str(error)) from error
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise Damaged
        if hasattr(os, "fchmod") and state.st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


class Lock:
    """Says that a file beside it is in use: only who is alone with that may set it aside.

    SQLite's own locks do not serve: a file renamed under another's open connection has that
    connection delete, as it closes, the journal of the new file.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        """Open the lock file `path`; wait `seconds` at most for others."""
        self._seconds = seconds
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from error

    def alone(self) -> bool:
        """Whether nobody else uses the file, nor will until `share`."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def share(self) -> None:
        """Use the file beside others; wait for one that is setting it up."""
        if fcntl is not None:
            self._wait(fcntl.LOCK_SH)

    def take(self) -> None:
        """Be alone with the file; wait for those who use it."""
        if fcntl is not None:
            self._wait(fcntl.LOCK_EX)

    def _wait(self, operation: int) -> None:
        until = time.monotonic() + self._seconds
        while True:
            try:
                fcntl.flock(self._descriptor, operation | fcntl.LOCK_NB)
            except OSError as error:
                if time.monotonic() > until:
                    raise Unusable("another program is using it") from error
                time.sleep(0.01)
            else:
                return

    def close(self) -> None:
        """Let go; the file stays, for a lock on a deleted file binds nobody."""
        os.close(self._descriptor)

"""Files of profiles: read whole but never without end, and written at one blow.

What is in them is not known here.
"""

import contextlib
import os
import secrets
import stat
from pathlib import Path

#: No file of a profile is larger, in bytes.
LIMIT = 256 << 20
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


class Unreadable(Exception):  # noqa: N818 -- the end of a sentence, which its catcher begins
    """Why a file is not one of a profile."""


def opened(path: Path, follow: bool = True, limit: float = LIMIT) -> int:
    """Return a descriptor of a regular file of `limit` bytes at most; never wait for a pipe.

    Raises `OSError` and `Unreadable`. Without `follow` a link is no file.
    """
    handle = os.open(path, _READ if follow else _READ | getattr(os, "O_NOFOLLOW", 0))
    try:
        state = os.fstat(handle)
        if stat.S_ISDIR(state.st_mode):
            raise Unreadable("it is a folder")
        if not stat.S_ISREG(state.st_mode):
            raise Unreadable("it is not a regular file")
        if state.st_size > limit:
            raise Unreadable(f"it is larger than {int(limit) >> 20} MiB")
        return handle
    except BaseException:
        os.close(handle)
        raise


def content_of(path: Path) -> tuple[bytes, float]:
    """Return what is in a file, and when it was written in seconds since the epoch.

    Raises `Unreadable` where that cannot be, or nothing is in it.
    """
    try:
        with os.fdopen(opened(path), "rb") as file:
            content = file.read(LIMIT + 1)
            written = os.fstat(file.fileno()).st_mtime
    except (OSError, ValueError) as error:  # a path may hold what no path can
        raise Unreadable(why(error)) from error
    if len(content) > LIMIT:  # it grows
        raise Unreadable(f"it is larger than {LIMIT >> 20} MiB")
    if not content.strip():
        raise Unreadable("it is empty")
    return content, written


def obstacle(path: Path) -> str:
    """Return why `path` cannot become a file, as the end of a sentence; "" where it may."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return "" if path.resolve().parent.is_dir() else "its folder is not there"
    except (OSError, ValueError, RuntimeError) as error:
        return why(error)
    if stat.S_ISDIR(state.st_mode):
        return "it is a folder"
    return "" if stat.S_ISREG(state.st_mode) else "it is not a regular file"


def put(path: Path, content: bytes) -> None:
    """Have the file `path` hold `content`, or leave everything as it was.

    A new file is for this user alone; one that is there keeps its mode. A link is followed.
    Raises `OSError`.
    """
    target = Path(os.path.realpath(path))
    # Its name is short: that of the target may be as long as names can be.
    fresh = target.with_name(f".{secrets.token_hex(6)}.new")
    handle = os.open(fresh, _NEW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(handle, target.stat().st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(handle)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def why(error: Exception) -> str:
    """Return an error of the system as the end of a sentence."""
    words = getattr(error, "strerror", None) or str(error)
    return f"{words[:1].lower()}{words[1:]}"

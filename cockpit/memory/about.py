"""What is noted beside each capture, and how a capture looks in the list."""

import contextlib
import os
import stat
import time
from pathlib import Path

import msgspec

from cockpit.janitor import birth
from cockpit.memory.model import Capture, Options, Standing, Tool
from cockpit.plain import plain
from cockpit.profilers.files import Unreadable, opened, put, why
from cockpit.profilers.target import Target

#: What the file is called that says what a capture is of, after that one's whole name.
ABOUT = ".about"
#: No such file is longer, in bytes: it holds a command line.
_LONGEST = 8 << 20
#: How a capture of memray begins that it closed itself: compressed by LZ4.
COMPRESSED = b"\x04\x22\x4d\x18"
#: Seconds after which a program that was to start, and was not noted as started, never was.
_STARTING = 60.0


class About(msgspec.Struct, frozen=True):
    """What is known of a capture but for its file; times are seconds since the epoch.

    `mark` tells its process from a later one of the same PID, see `Target`. `code` is the exit code
    of its program (negative: the signal), None where that is not known.
    """

    tool: Tool = "memray"
    name: str = ""
    command: str = ""
    pid: int = 0
    mark: str = ""
    began: float = 0.0
    ended: float = 0.0
    code: int | None = None
    peak: int = 0
    standing: Standing = "complete"
    options: Options = Options()
    notes: list[str] = []
    version: int = 1


def is_whole(path: Path) -> bool:
    """Whether memray closed a capture itself: then it is compressed, and put in its place."""
    try:
        with path.open("rb") as file:
            return file.read(len(COMPRESSED)) == COMPRESSED
    except OSError:
        return False


def beside(path: Path) -> Path:
    """Return the file that says what the capture `path` is of."""
    return path.with_name(path.name + ABOUT)


def parent(path: Path) -> Path | None:
    """Return the capture of the process that forked the one of `path`, if that is how it is."""
    number = path.suffix[1:]
    return path.with_suffix("") if number.isdigit() and path.stem.endswith(".bin") else None


def _read(path: Path) -> About:
    handle = opened(beside(path), follow=False, limit=_LONGEST)
    with os.fdopen(handle, "rb") as file:
        return msgspec.json.decode(file.read(), type=About)


def write(path: Path, about: About) -> None:
    """Note something of a capture, at one blow. Raises `OSError`."""
    words = {"name": plain(about.name), "command": plain(about.command)}
    put(beside(path), msgspec.json.encode(msgspec.structs.replace(about, **words)))


def listed(path: Path) -> Capture:
    """Return a capture as it is now; what is wrong with it is its `problem`. Never raises.

    One that was running, and whose process is gone without a word, was killed or has closed it.
    """
    about, notes = known(path)
    size, written, problem = _state(path)
    standing: Standing = about.standing
    if standing == "running" and not _goes_on(about):
        standing = "complete" if is_whole(path) else "killed"
    if not problem and size == 0 and standing != "running":
        problem = "it is empty: memray wrote nothing before its process ended"
    return Capture(
        path=str(path),
        name=about.name,
        command=about.command,
        pid=about.pid,
        began=about.began or written,
        size=size,
        peak=about.peak,
        standing="unreadable" if problem else standing,
        options=about.options,
        problem=problem,
        tool=about.tool,
        notes=[*about.notes, *notes],
    )


def known(path: Path) -> tuple[About, list[str]]:
    """Return what was noted of a capture, and sentences where that is not all."""
    try:
        return _read(path), []
    except FileNotFoundError:
        return _told_by_parent(path)
    except msgspec.MsgspecError:
        reason = "it is damaged"
    except (OSError, Unreadable) as error:
        reason = why(error)
    return About(), [
        f"What it is of is not known: what was noted beside it cannot be read: {reason}."
    ]


def _told_by_parent(path: Path) -> tuple[About, list[str]]:
    """Return what there is to say of a capture that nothing was noted of."""
    above = parent(path)
    if above is None:
        tool: Tool = "scalene" if path.suffix == ".json" else "memray"
        return About(tool), ["What it is of is not known: what was noted beside it is gone."]
    about, pid = About(), int(path.suffix[1:])
    with contextlib.suppress(OSError, Unreadable, msgspec.MsgspecError):
        about = _read(above)
    # Its mark is of now: while its parent is there, its PID is nobody else's.
    mark = birth(pid).decode() if about.standing == "running" and _goes_on(about) else ""
    about = About(
        about.tool, "", about.command, pid, mark, standing="running", options=about.options
    )
    return about, [f"It is of the process {pid}, which the program forked."]


def _goes_on(about: About) -> bool:
    """Whether the process is there; one that was not started yet is, for as long as we are."""
    if not about.pid:
        return time.time() - about.began < _STARTING
    try:
        return Target(about.pid, 0.0, mark=about.mark).standing != "ended"
    except (ValueError, OverflowError):  # no process has such a number
        return False


def _state(path: Path) -> tuple[int, float, str]:
    """Return a file's size, when it was written, and why it can be no capture."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        return 0, 0.0, "its file is gone"
    except OSError as error:
        return 0, 0.0, why(error)
    if not stat.S_ISREG(state.st_mode):
        return 0, state.st_mtime, "it is not a regular file"
    return state.st_size, state.st_mtime, ""

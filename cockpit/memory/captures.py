"""The captures of a project, kept in the user's own folder: nothing goes by itself.

Beside each is a small file that says what it is of; what is in a capture is not known here.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from cockpit.errors import CockpitError
from cockpit.memory.model import Capture, Options, Standing, Tool
from cockpit.plain import plain
from cockpit.private import Unusable, check_folder
from cockpit.profilers.files import Unreadable, opened, put, why
from cockpit.profilers.target import Target

#: What each tool's captures are called.
_SUFFIXES: dict[Tool, str] = {"memray": ".bin", "scalene": ".json"}
#: A capture, or that of a process which a tracked one forked: memray adds its PID.
_CAPTURE = re.compile(r".+\.(?:bin(?:\.\d+)?|json)")
#: What the file is called that says what a capture is of, after that one's whole name.
_ABOUT = ".about"
#: No such file is longer, in bytes: it holds a command line.
_LONGEST = 8 << 20
#: How captures of memray begin, plain and compressed (LZ4), and what is copied at once.
_PLAIN, _COMPRESSED = b"memray\0", b"\x04\x22\x4d\x18"
_CHUNK = 4 << 20


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


class Captures:
    """The captures of one project; its methods wait for the disk, and are made for threads."""

    def __init__(self, folder: Path, root: Path) -> None:
        """Keep the captures of the project at `root` in `folder`, the user's data folder."""
        digest = hashlib.blake2b(os.fsencode(str(root.resolve())), digest_size=16).hexdigest()
        self.folder = folder / "captures" / digest

    def make(self) -> None:
        """Make the folder, which only we may read. Raises `CockpitError`."""
        try:
            check_folder(self.folder)
        except Unusable as error:
            raise _no_room(self.folder, str(error)) from error

    def new(
        self,
        command: str,
        name: str = "",
        options: Options = Options(),  # noqa: B008 -- frozen
        tool: Tool = "memray",
    ) -> Path:
        """Make an empty file for a capture of `command` that is to run; return its path.

        memray writes over it, with `--force`, and only we may read it. Raises `CockpitError`.
        """
        self.make()
        about = About(tool, name, command, began=time.time(), standing="running", options=options)
        path = self._fresh(about.began, tool)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            _write(path, about)
        except OSError as error:
            _forget(path)
            raise _no_room(self.folder, why(error)) from error
        return path

    def _fresh(self, began: float, tool: Tool) -> Path:
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(began))
        return self.folder / f"{stamp}-{secrets.token_hex(4)}{_SUFFIXES[tool]}"

    def about(self, path: Path) -> About:
        """Return what is known of the capture `path`; it is of our own making. Never raises."""
        with contextlib.suppress(OSError, Unreadable, msgspec.MsgspecError):
            return _read(path)
        return About()

    def tell(self, path: Path, **changes: Any) -> Capture:
        """Have what is known of a capture say something else; return it. Raises `CockpitError`."""
        self._check(path)
        try:
            _write(path, msgspec.structs.replace(self.about(path), **changes))
        except OSError as error:
            raise _no_room(self.folder, why(error)) from error
        return _listed(path)

    def get(self, path: Path) -> Capture:
        """Return the capture `path` as it is now; never raises."""
        return _listed(path)

    def close(self, path: Path) -> None:
        """See to it that only we may read a capture, and those of the processes that it forked."""
        for one in self._family(path):
            with contextlib.suppress(OSError):
                one.chmod(0o600)

    def _family(self, path: Path) -> Iterator[Path]:
        yield path
        with contextlib.suppress(OSError):
            yield from (one for one in self.folder.iterdir() if _parent(one) == path)

    def list(self) -> list[Capture]:
        """Return what is kept, the newest first; what is damaged is there with its `problem`."""
        try:
            names = {path.name.removesuffix(_ABOUT) for path in self.folder.iterdir()}
        except FileNotFoundError:
            return []
        except OSError as error:
            return [Capture(str(self.folder), standing="unreadable", problem=why(error))]
        found = (_listed(self.folder / name) for name in names if _CAPTURE.fullmatch(name))
        return sorted(found, key=lambda one: (one.began, one.path), reverse=True)

    def import_(
        self, path: Path, progress: Callable[[int, int], None] = lambda _done, _whole: None
    ) -> Capture:
        """Copy a capture of memray, or a profile of scalene, from anywhere; return it.

        `progress` is told the bytes done and all there are; what it raises ends the copying, and
        leaves nothing. Raises `CockpitError`.
        """
        self.make()
        try:
            with os.fdopen(opened(path, limit=float("inf")), "rb") as file:
                state = os.fstat(file.fileno())
                tool = _tool(file.peek(len(_PLAIN)))
                copy = self._fresh(time.time(), tool)
                about = About(tool, path.name, began=state.st_mtime, ended=state.st_mtime)
                try:
                    _copy(file, copy, state.st_size, progress)
                    _write(copy, about)
                except BaseException:
                    _forget(copy)
                    raise
        except Unreadable as error:
            raise CockpitError(f"{plain(str(path))} is no capture: {error}") from error
        except (OSError, ValueError) as error:  # a path may hold what no path can
            raise CockpitError(
                f"{plain(str(path))} cannot be copied: {plain(why(error))}",
                "Nothing was kept of it.",
            ) from error
        return _listed(copy)

    def rename(self, capture: Capture, name: str) -> Capture:
        """Have a capture be called `name`, "" for no name; return it. Raises `CockpitError`."""
        return self.tell(Path(capture.path), name=name)

    def delete(self, capture: Capture) -> None:
        """Delete a capture, which may be gone already. Raises `CockpitError`."""
        path = Path(capture.path)
        self._check(path)
        if _listed(path).standing == "running":
            raise CockpitError(
                f"{plain(path.name)} is being written", "End its program, or wait for its end."
            )
        try:
            path.unlink(missing_ok=True)
            _beside(path).unlink(missing_ok=True)
        except OSError as error:
            raise CockpitError(
                f"{plain(str(path))} cannot be deleted: {plain(why(error))}"
            ) from error

    def discard(self, path: Path) -> None:
        """Forget a capture that came to nothing: memray wrote none."""
        self._check(path)
        _forget(path)

    def _check(self, path: Path) -> None:
        if path.parent != self.folder or not _CAPTURE.fullmatch(path.name):
            raise CockpitError(f"{plain(str(path))} is not a capture of this project")


def is_whole(path: Path) -> bool:
    """Whether memray closed a capture itself: then it is compressed, and put in its place."""
    try:
        with path.open("rb") as file:
            return file.read(len(_COMPRESSED)) == _COMPRESSED
    except OSError:
        return False


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _ABOUT)


def _parent(path: Path) -> Path | None:
    """Return the capture of the process that forked the one of `path`, if that is how it is."""
    number = path.suffix[1:]
    return path.with_suffix("") if number.isdigit() and path.stem.endswith(".bin") else None


def _read(path: Path) -> About:
    handle = opened(_beside(path), follow=False, limit=_LONGEST)
    with os.fdopen(handle, "rb") as file:
        return msgspec.json.decode(file.read(), type=About)


def _write(path: Path, about: About) -> None:
    put(_beside(path), msgspec.json.encode(about))


def _forget(path: Path) -> None:
    for one in (path, _beside(path)):
        with contextlib.suppress(OSError):
            one.unlink(missing_ok=True)


def _no_room(folder: Path, reason: str) -> CockpitError:
    return CockpitError(
        f"captures cannot be kept in {plain(str(folder))}: {plain(reason)}",
        "Mend that, or name another folder in COCKPIT_DATA_DIR.",
    )


def _tool(head: bytes) -> Tool:
    """Return whose file begins so; raise `Unreadable` where it is nobody's."""
    if head.startswith((_PLAIN, _COMPRESSED)):
        return "memray"
    if head.lstrip().startswith(b"{"):
        return "scalene"
    raise Unreadable("it is empty" if not head else "it does not begin as memray's files do")


def _copy(file: Any, to: Path, size: int, progress: Callable[[int, int], None]) -> None:
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    done = 0
    with os.fdopen(handle, "wb") as copy:
        progress(0, size)
        while chunk := file.read(_CHUNK):
            copy.write(chunk)
            done += len(chunk)
            progress(done, max(size, done))


# --- What is in the list ---


def _listed(path: Path) -> Capture:
    about = About()
    notes: list[str] = []
    try:
        about = _read(path)
    except FileNotFoundError:
        about, notes = _told_by_parent(path)
    except (OSError, Unreadable, msgspec.MsgspecError) as error:
        reason = "it is damaged" if isinstance(error, msgspec.MsgspecError) else why(error)
        notes = [f"What it is of is not known: what was noted beside it cannot be read: {reason}."]
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


def _told_by_parent(path: Path) -> tuple[About, list[str]]:
    """Return what there is to say of a capture that nothing was noted of."""
    parent = _parent(path)
    if parent is None:
        tool: Tool = "scalene" if path.suffix == ".json" else "memray"
        return About(tool), ["What it is of is not known: what was noted beside it is gone."]
    about, pid = About(), int(path.suffix[1:])
    with contextlib.suppress(OSError, Unreadable, msgspec.MsgspecError):
        about = _read(parent)
    changes: dict[str, Any] = {"pid": pid, "peak": 0, "code": None, "notes": [], "mark": ""}
    if not is_whole(path):
        parent_goes_on = about.standing == "running" and _goes_on(about)
        changes["standing"] = "running" if parent_goes_on else "killed"
    else:
        changes["standing"] = "complete"
    if changes["standing"] == "running":  # as long as its parent does: more is not known of it
        changes |= {"pid": about.pid, "mark": about.mark}
    about = msgspec.structs.replace(about, **changes)
    return about, [f"It is of the process {pid}, which the program forked."]


def _goes_on(about: About) -> bool:
    """Whether the process is there; one that was not started yet is, for as long as we are."""
    if not about.pid:
        return time.time() - about.began < _STARTING
    return Target(about.pid, 0.0, mark=about.mark).standing != "ended"


#: Seconds after which a program that was to start, and was not noted as started, never was.
_STARTING = 60.0


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

"""The captures of a project, kept in the user's own folder: nothing goes by itself.

Beside each is a small file that says what it is of; what is in a capture is not known here.
"""

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from cockpit.errors import CockpitError
from cockpit.memory.about import ABOUT, COMPRESSED, About, beside, known, listed, parent, write
from cockpit.memory.model import Capture, Options, Tool
from cockpit.plain import plain
from cockpit.private import Unusable, check_folder
from cockpit.profilers.files import Unreadable, opened, why

#: What each tool's captures are called.
_SUFFIXES: dict[Tool, str] = {"memray": ".bin", "scalene": ".json"}
#: A capture, or that of a process which a tracked one forked: memray adds its PID.
_CAPTURE = re.compile(r".+\.(?:bin(?:\.\d+)?|json)")
#: How a capture of memray begins that is not compressed; and bytes that are copied at once.
_PLAIN, _CHUNK = b"memray\0", 4 << 20


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
            write(path, about)
        except OSError as error:
            _forget(path)
            raise _no_room(self.folder, why(error)) from error
        return path

    def _fresh(self, began: float, tool: Tool) -> Path:
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(began))
        return self.folder / f"{stamp}-{secrets.token_hex(4)}{_SUFFIXES[tool]}"

    def about(self, path: Path) -> About:
        """Return what is known of the capture `path`; it is of our own making. Never raises."""
        return known(path)[0]

    def tell(self, path: Path, **changes: Any) -> Capture:
        """Have what is known of a capture say something else; return it. Raises `CockpitError`."""
        self._check(path)
        try:
            write(path, msgspec.structs.replace(self.about(path), **changes))
        except OSError as error:
            raise _no_room(self.folder, why(error)) from error
        return listed(path)

    def get(self, path: Path) -> Capture:
        """Return the capture `path` as it is now; never raises."""
        return listed(path)

    def close(self, path: Path) -> None:
        """See to it that only we may read a capture, and those of the processes that it forked."""
        for one in self._family(path):
            with contextlib.suppress(OSError):
                one.chmod(0o600)

    def _family(self, path: Path) -> Iterator[Path]:
        yield path
        with contextlib.suppress(OSError):
            yield from (one for one in self.folder.iterdir() if parent(one) == path)

    def list(self) -> list[Capture]:
        """Return what is kept, the newest first; what is damaged is there with its `problem`."""
        try:
            names = {path.name.removesuffix(ABOUT) for path in self.folder.iterdir()}
        except FileNotFoundError:
            return []
        except OSError as error:
            return [Capture(str(self.folder), standing="unreadable", problem=why(error))]
        found = (listed(self.folder / name) for name in names if _CAPTURE.fullmatch(name))
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
                    write(copy, about)
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
        return listed(copy)

    def rename(self, capture: Capture, name: str) -> Capture:
        """Have a capture be called `name`, "" for no name; return it. Raises `CockpitError`."""
        return self.tell(Path(capture.path), name=name)

    def delete(self, capture: Capture) -> None:
        """Delete a capture, which may be gone already. Raises `CockpitError`."""
        path = Path(capture.path)
        self._check(path)
        if listed(path).standing == "running":
            raise CockpitError(
                f"{plain(path.name)} is being written", "End its program, or wait for its end."
            )
        try:
            for one in _files(path):
                one.unlink(missing_ok=True)
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


def _files(path: Path) -> tuple[Path, ...]:
    """Return all files of a capture; the last is there while, or because, memray compresses it."""
    return path, beside(path), path.with_name(f"{path.name}.lz4.tmp")


def _forget(path: Path) -> None:
    for one in _files(path):
        with contextlib.suppress(OSError):
            one.unlink(missing_ok=True)


def _no_room(folder: Path, reason: str) -> CockpitError:
    return CockpitError(
        f"captures cannot be kept in {plain(str(folder))}: {plain(reason)}",
        "Mend that, or name another folder in COCKPIT_DATA_DIR.",
    )


def _tool(head: bytes) -> Tool:
    """Return whose file begins so; raise `Unreadable` where it is nobody's."""
    if head.startswith((_PLAIN, COMPRESSED)):
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

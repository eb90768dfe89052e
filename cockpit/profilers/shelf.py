"""The recordings of a project, kept in the user's own folder: nothing goes by itself.

Each is a file of our own format. To list them only their first lines are read.
"""

import contextlib
import hashlib
import os
import secrets
import time
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.private import Unusable, check_folder
from cockpit.profilers import document
from cockpit.profilers.files import Unreadable, opened, why
from cockpit.profilers.profile import Profile
from cockpit.profilers.recording import load, store

#: The first line of a recording is not longer, in bytes: it holds a command line.
_HEAD = 8 << 20


class Recording(msgspec.Struct, frozen=True):
    """What is known of a recording without its stacks; `size` is in bytes.

    `problem` says in the end of a sentence why it cannot be read; then the rest is empty, and
    `ended` is when the file was written.
    """

    path: Path
    name: str = ""
    command: str = ""
    pid: int = 0
    ended: float = 0.0
    seconds: float = 0.0
    samples: int = 0
    weight: int = 0
    rate: int = 0
    size: int = 0
    problem: str = ""

    @property
    def title(self) -> str:
        """What a person knows it by: its name, or the command."""
        return self.name or self.command or self.path.name

    @property
    def when(self) -> str:
        """When it ended, in the local time, to the minute."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.ended))


class Shelf:
    """The recordings of one project; its methods wait for the disk, and are made for threads."""

    def __init__(self, folder: Path, root: Path) -> None:
        """Keep the recordings of the project at `root` in `folder`, the user's data folder."""
        digest = hashlib.blake2b(os.fsencode(str(root.resolve())), digest_size=16).hexdigest()
        self.folder = folder / "recordings" / digest

    def make(self) -> None:
        """Make the folder, which only we may read. Raises `CockpitError`."""
        try:
            check_folder(self.folder)
        except Unusable as error:
            raise CockpitError(
                f"recordings cannot be kept in {plain(str(self.folder))}: {plain(str(error))}",
                "Mend that, or name another folder in COCKPIT_DATA_DIR.",
            ) from error

    def save(self, profile: Profile, name: str = "") -> Recording:
        """Keep a profile; `name` is what the person calls it. Raises `CockpitError`."""
        self.make()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(profile.ended))
        path = self.folder / f"{stamp}-{secrets.token_hex(4)}{_SUFFIX}"
        store(path, document.encoded(profile, name))
        return _listed(path)

    def list(self) -> list[Recording]:
        """Return what is kept, the newest first; what is damaged is there with its `problem`."""
        try:
            paths = [path for path in self.folder.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return []
        except OSError as error:
            return [Recording(self.folder, problem=why(error))]
        found = (_listed(path) for path in paths)
        return sorted(found, key=lambda one: (one.ended, one.path.name), reverse=True)

    def load(self, recording: Recording) -> Profile:
        """Return the profile of a recording. Raises `CockpitError`."""
        return load(recording.path)

    def delete(self, recording: Recording) -> None:
        """Delete a recording, which may be gone already. Raises `CockpitError`."""
        if recording.path.parent != self.folder or recording.path.suffix != _SUFFIX:
            raise CockpitError(f"{plain(str(recording.path))} is not a recording of this project")
        try:
            recording.path.unlink(missing_ok=True)
        except OSError as error:
            raise CockpitError(
                f"{plain(str(recording.path))} cannot be deleted: {plain(why(error))}"
            ) from error


_SUFFIX = ".json"


def _listed(path: Path) -> Recording:
    size, written = 0, 0.0
    try:
        with contextlib.suppress(OSError):
            state = path.lstat()
            size, written = state.st_size, state.st_mtime
        head = _head(path)
    except OSError as error:
        return Recording(path, ended=written, size=size, problem=why(error))
    except Unreadable as error:
        return Recording(path, ended=written, size=size, problem=str(error))
    return Recording(
        path=path,
        name=head.name,
        command=head.command,
        pid=head.pid,
        ended=head.ended,
        seconds=head.counts.seconds,
        samples=head.counts.samples,
        weight=head.weight,
        rate=head.rate,
        size=size,
    )


def _head(path: Path) -> document.Head:
    with os.fdopen(opened(path, follow=False), "rb") as file:
        line = file.readline(_HEAD)
        if not line:
            raise Unreadable("it is empty")
        head = document.head_of(line)
        file.seek(-len(document.END), os.SEEK_END)
        if file.read() != document.END:
            raise Unreadable("it was cut off")
    return head

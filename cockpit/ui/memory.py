"""Where a person was in a project when the screen was left; nothing of it is worth an error.

One small file a project in the user's state folder, and one with the theme for all of them. What
is damaged, from another version or somebody else's is as if it were not there.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from cockpit.private import Damaged, Unusable, check_file, check_folder

T = TypeVar("T")
#: Bytes of a file that could be ours; folded groups and words are all that can make one long.
_LIMIT = 1 << 20
_THEME_LIMIT = 100


class Memory(msgspec.Struct, frozen=True):
    """The page that was open (the id of a pane or of another page, empty for the Deck) and how.

    `tile` is the id of the Deck's focused one; `views` how each page was looked at, by its id, as
    JSON that only the page understands; `only_new` and `base` what it was compared with and how;
    `branch` the default branch, which only a comparison with it tells.
    """

    page: str = ""
    tile: str = ""
    only_new: bool = False
    base: str = ""
    views: Mapping[str, msgspec.Raw] = {}
    branch: str = ""

    def view(self, page: str, kind: type[T]) -> T | None:
        """Return how a page was looked at; None where that is not known or not understood."""
        try:
            return msgspec.json.decode(self.views[page], type=kind)
        except (KeyError, msgspec.MsgspecError):
            return None


class Notebook:
    """The file that a project's memory is kept in."""

    def __init__(self, folder: Path, root: Path) -> None:
        """Use the state folder `folder` for the project at `root`."""
        import hashlib  # the project is known after the first paint

        name = hashlib.blake2b(os.fsencode(root.resolve()), digest_size=16).hexdigest()
        self._file = folder / "screens" / f"{name}.json"
        self._kept: Memory | None = None

    def read(self) -> Memory:
        """Return what is remembered; an empty memory where nothing can be read."""
        try:
            content = _read(self._file, _LIMIT)
            self._kept = msgspec.json.decode(content, type=Memory)
        except (OSError, Unusable, Damaged, msgspec.MsgspecError):
            return Memory()
        return self._kept

    def write(self, memory: Memory) -> str:
        """Keep `memory` where it is another than before; return why it could not be kept."""
        if memory == self._kept:
            return ""
        self._kept = memory  # also where it fails: once is enough to say so
        return _write(self._file, msgspec.json.encode(memory))


def read_theme(folder: Path) -> str:
    """Return the name of the theme that was chosen last, in any project; empty for none."""
    try:
        return _read(folder / "theme", _THEME_LIMIT).decode().strip()
    except (OSError, Unusable, Damaged, ValueError):
        return ""


def write_theme(folder: Path, name: str) -> str:
    """Keep the name of a theme; return why it could not be kept."""
    return _write(folder / "theme", name.encode())


def _read(file: Path, limit: int) -> bytes:
    if not file.exists():
        raise Damaged
    check_folder(file.parent)
    check_file(file)
    if file.stat().st_size > limit:
        raise Damaged
    from cockpit.scan import read_regular  # 2 ms, of which most first paints need nothing

    return read_regular(str(file))


def _write(file: Path, content: bytes) -> str:
    """Replace a file by one that only we may read, whole or not at all."""
    import tempfile  # 4 ms, which the first paint need not wait for

    try:
        check_folder(file.parent)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as new:
                new.write(content)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, Unusable) as error:
        why = getattr(error, "strerror", None) or str(error)
        return f"where you are is not remembered: {file.parent}: {why}"
    return ""

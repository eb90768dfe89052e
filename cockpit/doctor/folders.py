"""The folders that cockpit keeps things in; one that is not there is not made for that."""

import asyncio
import os
import stat
from pathlib import Path

from cockpit import places
from cockpit.doctor.entry import Entry, looked
from cockpit.plain import plain
from cockpit.private import Unusable, check_folder

#: What each is for, and the variable that names another.
_KEPT = {
    "cache": ("what checkers said; it can be deleted", "COCKPIT_CACHE_DIR"),
    "data": ("captures, recordings, what you dismissed", "COCKPIT_DATA_DIR"),
    "state": ("whom you trust, where you left each project", "COCKPIT_STATE_DIR"),
    "config": ("config.toml", "COCKPIT_CONFIG_DIR"),
}
#: Files that are counted: a variable that names the root of a disk must not have us walk it.
_MOST = 20_000


async def folders() -> list[Entry]:
    """Return the folders, with their sizes, permissions, and whether cockpit can use them."""
    where = {
        "cache": places.cache_folder(),
        "data": places.data_folder(),
        "state": places.state_folder(),
        "config": places.user_settings_file().parent,
    }
    looks = {name: asyncio.to_thread(_looked_at, name, where[name]) for name in where}
    return await looked("folders", looks)


def _looked_at(name: str, folder: Path) -> Entry:
    what, variable = _KEPT[name]
    shown = plain(str(folder))
    # The person's own settings are only read, and kept as the person likes.
    problem = _problem(folder) if name != "config" else ""
    if problem:
        hint = f"Mend that, or name another folder in {variable}."
        return Entry("folders", name, "missing", f"{shown}: {problem}", hint)
    if not folder.exists():
        return Entry("folders", name, "ok", f"{shown} is not there yet; for {what}")
    mode = stat.S_IMODE(folder.stat().st_mode)
    return Entry("folders", name, "ok", f"{_size(folder)} in {shown} ({mode:04o}): {what}")


def _problem(folder: Path) -> str:
    """Return why cockpit cannot use a folder, "" where it can."""
    try:
        if folder.exists():
            check_folder(folder)
            return "" if os.access(folder, os.W_OK | os.X_OK) else "it may not be written to"
        above = next((one for one in folder.parents if one.exists()), folder)
        usable = above.is_dir() and os.access(above, os.W_OK | os.X_OK)
        return "" if usable else f"it cannot be made in {plain(str(above))}"
    except (OSError, Unusable) as error:
        return plain(getattr(error, "strerror", None) or str(error))


def _size(folder: Path) -> str:
    """Return how much is in a folder; where there is very much, at least how much."""
    total = number = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118
            except OSError:
                continue
        number += len(names) + 1
        if number > _MOST:
            return f"more than {_rounded(total)}"
    return _rounded(total)


def _rounded(size: int) -> str:
    return f"{size / 1024:,.0f} kB" if size < 1024**2 else f"{size / 1024**2:,.1f} MB"

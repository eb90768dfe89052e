"""Which projects may have tools of their own run: a yes of the user's, remembered outside them.

One small file a project in the user's state folder, named after the project's path and holding it.
"""

import hashlib
import os
from pathlib import Path

from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.private import Damaged, Unusable, check_file, check_folder
from cockpit.scan import read_regular


def is_trusted(folder: Path, root: Path) -> bool:
    """Whether the user has said yes to the project at `root`; `folder` is the state folder.

    What cannot be read, or could have been written by somebody else, is no yes.
    """
    place = _place(folder, root)
    try:
        if not place.exists():
            return False
        check_folder(place.parent)
        check_file(place)
        return read_regular(str(place)) == _name(root)
    except (OSError, Unusable, Damaged):
        return False


def trust(folder: Path, root: Path) -> None:
    """Remember a yes; raise `CockpitError` where that cannot be kept."""
    place = _place(folder, root)
    try:
        check_folder(place.parent)
        place.unlink(missing_ok=True)
        check_file(place)
        place.write_bytes(_name(root))
    except (OSError, Unusable, Damaged) as error:
        raise _refused(place, error) from error


def distrust(folder: Path, root: Path) -> bool:
    """Forget a yes; return whether there was one. Raises `CockpitError` where it stays."""
    place = _place(folder, root)
    try:
        place.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refused(place, error) from error
    return True


def _refused(place: Path, error: Exception) -> CockpitError:
    why = getattr(error, "strerror", None) or str(error) or "it is not a file of ours"
    return CockpitError(
        f"{plain(str(place))} cannot be changed: {plain(why)}",
        "Name another folder in COCKPIT_STATE_DIR, or mend that one.",
    )


def _place(folder: Path, root: Path) -> Path:
    digest = hashlib.blake2b(_name(root), digest_size=16).hexdigest()
    return folder / "trusted" / digest


def _name(root: Path) -> bytes:
    return os.fsencode(root.resolve())

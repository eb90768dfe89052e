"""What a project's own virtual environment holds; it is looked at here, and never run."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_FOLDERS = (".venv", "venv", "env")


def own_program(root: Path, name: str) -> str:
    """Return the program `name` of the project's own environment, relative to `root`, or ""."""
    for folder in _FOLDERS:
        program = root / folder / "bin" / name
        if (root / folder / "pyvenv.cfg").is_file() and os.access(program, os.X_OK):
            return f"{folder}/bin/{name}" if program.is_file() else ""
    return ""


def own_version(root: Path, distribution: str) -> str:
    """Return the version of `distribution` in the project's own environment, or ""."""
    name = re.compile(rf"{re.escape(distribution)}-([^-]+)\.dist-info", re.IGNORECASE)
    for folder in _FOLDERS:
        if (root / folder / "pyvenv.cfg").is_file():
            found = (root / folder).glob("lib/python3*/site-packages/*.dist-info")
            matches = filter(None, (name.fullmatch(path.name) for path in sorted(found)))
            return next((match[1] for match in matches), "")
    return ""


def differing(root: Path, versions: Mapping[str, str], trustable: Iterable[str]) -> str:
    """Return a sentence about tools of the project's own that are other `versions` than ours.

    `versions` maps the tools that cockpit runs from its own environment, `trustable` those whose
    own would be run in a trusted project. The sentence is empty where there is no difference.
    """
    theirs = {name: own_version(root, name) for name in versions}
    others = [name for name, version in theirs.items() if version not in ("", versions[name])]
    if not others:
        return ""
    has = ", ".join(f"{name} {theirs[name]}" for name in others)
    ours = ", ".join(versions[name] for name in others)
    could = [name for name in trustable if name in others]
    trust = f" (`cockpit trust` lets it run the project's {could[0]})" if could else ""
    return f"the project has {has} of its own; cockpit runs {ours}{trust}"

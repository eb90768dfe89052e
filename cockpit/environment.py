"""What a project's own virtual environment holds; it is looked at here, and never run."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_FOLDERS = (".venv", "venv", "env")


def own_environment(root: Path) -> str:
    """Return the folder of the project's own environment, relative to `root`, or ""."""
    return next((name for name in _FOLDERS if (root / name / "pyvenv.cfg").is_file()), "")


def own_program(root: Path, name: str) -> str:
    """Return the program `name` of the project's own environment, relative to `root`, or ""."""
    for folder in _FOLDERS:
        program = root / folder / "bin" / name
        if (root / folder / "pyvenv.cfg").is_file() and os.access(program, os.X_OK):
            return f"{folder}/bin/{name}" if program.is_file() else ""
    return ""


def own_versions(root: Path) -> dict[str, str]:
    """Return the versions of all that the project's own environment holds, by name."""
    folder = own_environment(root)
    if not folder:
        return {}
    found = (root / folder).glob("lib/python3*/site-packages/*-*.dist-info")
    parts = (path.name.removesuffix(".dist-info").split("-") for path in found)
    return {name.lower(): version for name, version, *_ in parts}


def differing(root: Path, versions: Mapping[str, str], trustable: Iterable[str]) -> str:
    """Return a sentence about tools of the project's own that are other `versions` than ours.

    `versions` maps the tools that cockpit runs from its own environment, `trustable` those whose
    own would be run in a trusted project. The sentence is empty where there is no difference.
    """
    theirs = own_versions(root)
    others = [name for name, ours in versions.items() if ours and theirs.get(name, ours) != ours]
    if not others:
        return ""
    has = ", ".join(f"{name} {theirs[name]}" for name in others)
    ours = ", ".join(versions[name] for name in others)
    could = [name for name in trustable if name in others]
    trust = f" (`cockpit trust` lets it run the project's {could[0]})" if could else ""
    return f"the project has {has} of its own; cockpit runs {ours}{trust}"

"""The tools: the checkers, and the profilers with where each of these has to be."""

import asyncio
import importlib.metadata
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cockpit import process
from cockpit.doctor.checkers import checkers
from cockpit.doctor.entry import Entry, looked
from cockpit.environment import own_environment, own_versions
from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.profilers import pyspy

#: Seconds that py-spy may take to say its version.
_PATIENCE = 10.0
_AGAIN = "Reinstall cockpit: its own environment is damaged."
_WHY = {"memray": "to read captures", "scalene": "for `cockpit scalene`"}


async def tools(root: Path) -> list[Entry]:
    """Return the checkers and the profilers, each with its version and where that comes from."""
    theirs = await asyncio.to_thread(own_versions, root)
    return await looked(
        "tools",
        {
            "checkers": checkers(root),
            "py-spy": _pyspy(),
            "memray": asyncio.to_thread(_profiler, "memray", root, theirs),
            "scalene": asyncio.to_thread(_profiler, "scalene", root, theirs),
        },
    )


async def _pyspy() -> Entry:
    try:
        program = pyspy.program()
        done = await process.run((program, "--version"), Path(os.sep), timeout=_PATIENCE)
    except CockpitError as error:
        return Entry("tools", "py-spy", "warning", error.message, error.hint)
    version = plain(done.output.decode(errors="replace").strip().removeprefix("py-spy "))
    if done.code or not version:
        words = f"{plain(program)} does not say its version"
        return Entry("tools", "py-spy", "warning", words, _AGAIN)
    whose = "cockpit's own" if program.startswith(sys.prefix + os.sep) else plain(program)
    return Entry("tools", "py-spy", "ok", f"{version}, {whose}")


def _profiler(name: str, root: Path, theirs: Mapping[str, str]) -> Entry:
    """Return memray or scalene: what counts is the environment of the program that is run."""
    try:
        ours = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        ours = ""
    folder = own_environment(root)
    words = f"{ours}, cockpit's own" if ours else "not in cockpit's environment"
    if name in theirs:
        return Entry("tools", name, "ok", f"{words}; the project has {plain(theirs[name])}")
    if folder:
        words += f"; the project's {folder} has none"
    here = not folder or (name == "memray" and not ours)  # which is what reads all captures
    pip = plain(sys.executable) if here else f"{folder}/bin/python"
    hint = f"`{pip} -m pip install {name}` puts it there."
    if not ours:
        return Entry("tools", name, "warning", f"{words}: it is needed {_WHY[name]}", hint)
    return Entry("tools", name, "ok", words, hint if folder else "")

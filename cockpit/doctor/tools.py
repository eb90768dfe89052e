"""The project and its tools: which there are, in which version, and where they come from."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from cockpit import __version__, process, trust
from cockpit.checkers import registry
from cockpit.config import load_config
from cockpit.doctor.entry import Entry
from cockpit.environment import own_program, own_versions
from cockpit.errors import CockpitError
from cockpit.guests import find
from cockpit.places import state_folder, user_settings_file
from cockpit.plain import plain
from cockpit.profilers import pyspy
from cockpit.project import branch_of, git_folder, is_within_project

#: Seconds that a program may take to say its version.
_PATIENCE = 10.0


async def project(root: Path) -> list[Entry]:
    """Return what the project is, its settings, and whether its own tools may run."""
    python = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return [
        Entry("project", "cockpit", "ok", f"{__version__} on {plain(python)}"),
        Entry("project", "system", "ok", plain(system)),
        _root(root),
        await _git(root),
        _settings(root),
        _trusted(root),
    ]


def _root(root: Path) -> Entry:
    shown = plain(str(root))
    if is_within_project(root):
        return Entry("project", "root", "ok", shown)
    hint = "A pyproject.toml or a git repository makes a folder a project."
    return Entry("project", "root", "warning", f"{shown} is in no project", hint)


async def _git(root: Path) -> Entry:
    if not find("git"):
        hint = "Install git: without it nothing is known of what is new."
        return Entry("project", "git", "warning", "git is not installed", hint)
    done = await process.run(("git", "--version"), root, timeout=_PATIENCE)
    version = plain(done.output.decode(errors="replace").strip().removeprefix("git version "))
    if await git_folder(root) is None:
        words = f"{version}; this folder is in no repository"
        return Entry("project", "git", "warning", words, "What is new is told from git.")
    branch = plain(await branch_of(root)) or "no branch"
    return Entry("project", "git", "ok", f"{version}, on {branch}")


def _settings(root: Path) -> Entry:
    try:
        load_config(root, user_file=user_settings_file())
    except CockpitError as error:
        return Entry("project", "settings", "missing", error.message, error.hint)
    return Entry("project", "settings", "ok", "[tool.cockpit] can be read, or is not there")


def _trusted(root: Path) -> Entry:
    if trust.is_trusted(state_folder(), root):
        return Entry("project", "trust", "ok", "trusted: its own ruff and programs may run")
    words = "not trusted: nothing of the project is run"
    return Entry("project", "trust", "ok", words, "`cockpit trust` lets its own tools run.")


async def tools(root: Path) -> list[Entry]:
    """Return the checkers and the profilers, each with its version and where that comes from."""
    entries = [await _checker(name, root) for name in registry.names()]
    return [*entries, await _pyspy(), *_profilers(root)]


async def _checker(name: str, root: Path) -> Entry:
    try:
        checker = registry.load(name)
        version = checker.version()
    except CockpitError as error:
        return Entry("tools", name, "missing", error.message, error.hint)
    own = own_program(root, name) if name == "ruff" else ""
    if own and trust.is_trusted(state_folder(), root):
        return await _own(name, root, own)
    words = f"{version}, cockpit's own"
    theirs = own_versions(root).get(name, version)
    hint = f"The project has {plain(theirs)}." if theirs != version else ""
    return Entry("tools", name, "ok", words, hint)


async def _own(name: str, root: Path, program: str) -> Entry:
    """Return the version of a tool of the project's own, which the person trusts."""
    try:
        done = await process.run((str(root / program), "--version"), root, timeout=_PATIENCE)
    except CockpitError as error:
        return Entry("tools", name, "missing", error.message, error.hint)
    said = plain(done.output.decode(errors="replace").strip().removeprefix(f"{name} "))
    if done.code or not said:
        hint = "`cockpit trust --revoke` has cockpit run its own."
        return Entry("tools", name, "missing", f"{plain(program)} does not say its version", hint)
    return Entry("tools", name, "ok", f"{said}, the project's own {plain(program)}")


async def _pyspy() -> Entry:
    try:
        program = pyspy.program()
        done = await process.run((program, "--version"), Path(os.sep), timeout=_PATIENCE)
    except CockpitError as error:
        return Entry("tools", "py-spy", "warning", error.message, error.hint)
    version = plain(done.output.decode(errors="replace").strip().removeprefix("py-spy "))
    return Entry("tools", "py-spy", "ok", f"{version}, {plain(program)}")


def _profilers(root: Path) -> Iterator[Entry]:
    """Yield memray and scalene, which count in the environment of the program that is run."""
    theirs = own_versions(root)
    for name, needed in (("memray", "to read captures"), ("scalene", "to run it")):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        own = f"; the project has {plain(theirs[name])}" if name in theirs else ""
        if version:
            yield Entry("tools", name, "ok", f"{version}, cockpit's own{own}")
        elif own:
            yield Entry("tools", name, "ok", f"in the project's environment: {plain(theirs[name])}")
        else:
            hint = f"`{plain(sys.executable)} -m pip install {name}`, and for your programs too."
            words = f"not installed, which is needed {needed}"
            yield Entry("tools", name, "warning", words, hint)

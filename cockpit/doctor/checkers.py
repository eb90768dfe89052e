"""The checkers: whether each can be used, in which version, and whose it is."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from cockpit import process, trust
from cockpit.checkers import registry
from cockpit.config import load_config
from cockpit.doctor.entry import Entry
from cockpit.environment import own_program, own_versions
from cockpit.errors import CockpitError
from cockpit.places import state_folder, user_settings_file
from cockpit.plain import plain

#: Seconds that a tool may take to say its version, or to be imported.
_PATIENCE = 10.0
#: The checkers that worker processes import.
_IMPORTED = ("vulture", "interrogate", "bandit")
#: Imports them as a worker does, and says of those where that fails why, by name.
_IMPORT = """
import importlib, json, sys
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(f"cockpit.checkers.{name}_far")
    except BaseException as error:
        failed[name] = f"{type(error).__name__}: {error}"
print()
print(json.dumps(failed))
"""
_AGAIN = "Reinstall cockpit: its own environment is damaged."


class _Whole(msgspec.Struct, frozen=True):
    """What is known of all: what the settings ask for, what the project has, why tools fail."""

    root: Path
    asked: Iterable[str]
    theirs: Mapping[str, str]
    failing: Mapping[str, str]


async def checkers(root: Path) -> list[Entry]:
    """Return every checker; one that the settings leave out may be missing."""
    asked, theirs, failing = await asyncio.gather(
        asyncio.to_thread(_asked_for, root), asyncio.to_thread(own_versions, root), _failing()
    )
    whole = _Whole(root, asked, theirs, failing)
    return await asyncio.gather(*(_checker(name, whole) for name in registry.names()))


def _asked_for(root: Path) -> tuple[str, ...]:
    """Return what the settings ask for; where they are wrong, which is told elsewhere, all."""
    try:
        return load_config(root, user_file=user_settings_file()).tools or registry.names()
    except CockpitError:
        return registry.names()


async def _checker(name: str, whole: _Whole) -> Entry:
    try:
        entry = await _used(name, whole)
    except CockpitError as error:
        entry = Entry("tools", name, "missing", plain(error.message), plain(error.hint))
    if name in whole.asked:
        return entry
    words = f"{entry.words}; the settings leave it out"
    return Entry("tools", name, "ok", words)


async def _used(name: str, whole: _Whole) -> Entry:
    """Return the tool that cockpit runs; raise `CockpitError` where it cannot."""
    root, theirs = whole.root, whole.theirs
    own = own_program(root, name) if name == "ruff" else ""
    if own and trust.is_trusted(state_folder(), root):
        return await _own(name, root, own)
    version = registry.load(name).version()
    failed = await _ruff() if name == "ruff" else whole.failing.get(name, "")
    if failed:
        raise CockpitError(f"{version} is installed and does not work: {failed}", _AGAIN)
    words = f"{plain(version)}, cockpit's own"
    if theirs.get(name, version) == version:
        return Entry("tools", name, "ok", words)
    hint = "`cockpit trust` has the project's own run." if own else ""
    return Entry("tools", name, "ok", f"{words}; the project has {plain(theirs[name])}", hint)


async def _own(name: str, root: Path, program: str) -> Entry:
    """Return the version of a tool of the project's own, which the person trusts."""
    done = await process.run((str(root / program), "--version"), root, timeout=_PATIENCE)
    said = plain(done.output.decode(errors="replace").strip().removeprefix(f"{name} "))
    if done.code or not said:
        hint = "Reinstall it, or `cockpit trust --revoke`, which has cockpit run its own."
        raise CockpitError(f"the project's own {program} does not say its version", hint)
    return Entry("tools", name, "ok", f"{said}, the project's own {plain(program)}")


async def _ruff() -> str:
    """Return why our own ruff does not run, "" where it does."""
    from cockpit.checkers.ruff import binary

    done = await process.run((binary(), "--version"), Path(os.sep), timeout=_PATIENCE)
    return _last(done) if done.code else ""


async def _failing() -> Mapping[str, str]:
    """Return why checkers cannot be imported, by name; one child tells of all."""
    argv = process.python("-c", _IMPORT, *_IMPORTED)
    try:
        done = await process.run(argv, Path(os.sep), timeout=_PATIENCE)
    except CockpitError as error:
        return dict.fromkeys(_IMPORTED, error.message)
    try:
        answer = done.output.strip().rpartition(b"\n")[2]
        return msgspec.json.decode(answer, type=dict[str, str])
    except msgspec.MsgspecError:
        return dict.fromkeys(_IMPORTED, _last(done))


def _last(done: process.Completed) -> str:
    lines = done.errors.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else f"it ends with {done.code}"

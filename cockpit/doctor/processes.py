"""What may be done to running processes: sampling, and attaching memray."""

import asyncio
import sys
from pathlib import Path

from cockpit.doctor.entry import Entry
from cockpit.errors import CockpitError
from cockpit.memory import installed
from cockpit.memory.debuggers import Debugger, debuggers
from cockpit.memory.rehearsal import Rehearsal, rehearse, remembered
from cockpit.places import state_folder
from cockpit.profilers import permission
from cockpit.profilers.permission import Subject
from cockpit.profilers.pyspy import rights


async def processes(attach: bool) -> list[Entry]:
    """Return what may be done; with `attach` each debugger is tried on a child of ours."""
    return [*_sampling(), *await _attaching(attach)]


def _sampling() -> list[Entry]:
    facts, pid = rights(), 4711
    own = permission.judged(facts, Subject(pid))
    others = permission.judged(facts, Subject(pid, owner="another user", same=False))
    launched = permission.judged(facts, Subject(pid, opened=True))
    entries = []
    for name, found, what in (
        ("started here", launched, "programs that cockpit starts"),
        ("your processes", own, "processes of yours"),
    ):
        if found.problem:
            entries.append(Entry("processes", name, "warning", found.problem, _general(found.hint)))
        else:
            entries.append(Entry("processes", name, "ok", f"{what} can be sampled"))
    words = others.problem or "those of other users can be sampled, too"
    entries.append(Entry("processes", "of others", "ok", words))
    return entries


def _general(hint: str) -> str:
    return hint.replace("4711", "PID")


async def _attaching(attach: bool) -> list[Entry]:
    """Return whether memray can be attached, by each way that there is."""
    ways = await debuggers(sys.version_info[:2])
    if not ways:
        words = "there is no debugger: memray cannot attach to what runs"
        return [Entry("processes", "attach", "warning", words, "Install lldb.")]
    try:
        memray = await installed.check(sys.executable, Path("/"))
    except CockpitError as error:
        return [Entry("processes", "attach", "warning", error.message, error.hint)]
    return [await _way(way, memray, attach) for way in ways]


async def _way(way: Debugger, memray: str, attach: bool) -> Entry:
    folder = state_folder()
    found: Rehearsal | None
    if attach:
        found = await rehearse(sys.executable, memray, way, folder, again=True)
    else:
        found = await asyncio.to_thread(remembered, sys.executable, memray, way, folder)
    name, version = f"attach, {way.method}", way.version or way.path
    if found is None:
        hint = "`cockpit doctor --attach` tries it on a child of its own; it takes some 5 s."
        return Entry("processes", name, "unknown", f"{version}; not rehearsed yet", hint)
    if found.ok:
        return Entry("processes", name, "ok", f"{version}; its rehearsal went well")
    hint = "cockpit never uses it on a process; lldb is the other way."
    return Entry("processes", name, "warning", f"{version}; {found.reason}", hint)

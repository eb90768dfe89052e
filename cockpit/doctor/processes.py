"""What may be done to running processes: sampling them, and attaching memray."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from cockpit.doctor.entry import Entry, looked
from cockpit.errors import CockpitError
from cockpit.memory import installed
from cockpit.memory.debuggers import Debugger, debuggers
from cockpit.memory.rehearsal import Rehearsal, rehearse, remembered
from cockpit.places import state_folder
from cockpit.plain import plain
from cockpit.profilers import permission
from cockpit.profilers.permission import Facts, Refusal, Subject
from cockpit.profilers.pyspy import rights

#: Stands for any process in what `permission` says; no system has a process of this number.
_ANY = 2**31 - 1
_TRY = "`cockpit doctor --attach` tries it on a child of its own; it takes some 5 s."


async def processes(attach: bool) -> list[Entry]:
    """Return what may be done; with `attach` each debugger is tried on a child of ours."""
    looks = {"sampling": asyncio.to_thread(_sampling), "attach": _attaching(attach)}
    return await looked("processes", looks)


def _sampling() -> list[Entry]:
    facts = rights()
    started = permission.judged(facts, Subject(_ANY, opened=True))
    yours = permission.judged(facts, Subject(_ANY))
    others = permission.judged(facts, Subject(_ANY, owner="another user", same=False))
    return [
        Entry("processes", "rights", "ok", rights_in_words(facts)),
        _sampled("started here", started, "programs that cockpit starts can be sampled"),
        _sampled("your processes", yours, "those of yours that run can be sampled"),
        _others(others),
    ]


def rights_in_words(facts: Facts) -> str:
    """Return what the system's answers follow from."""
    who = "root" if facts.euid == 0 else "no root"
    if facts.system != "linux":
        return who
    right = "with SYS_PTRACE" if facts.capable else "without SYS_PTRACE"
    scope = f"ptrace_scope {facts.scope}" if facts.scope else "ptrace_scope 0, or there is none"
    return f"{who}, {right}; {scope}"


def _sampled(name: str, refusal: Refusal, words: str) -> Entry:
    if refusal.problem:
        return Entry("processes", name, "warning", refusal.problem, _of_any(refusal.hint))
    return Entry("processes", name, "ok", words)


def _others(refusal: Refusal) -> Entry:
    """Return what holds for others' processes: that they are closed to us is as it should be."""
    if not refusal.problem:
        return Entry("processes", "of other users", "ok", "they can be sampled, too")
    words = "they cannot be sampled, as is usual"
    return Entry("processes", "of other users", "ok", words, _of_any(refusal.hint))


def _of_any(hint: str) -> str:
    return hint.replace(str(_ANY), "PID")


async def _attaching(attach: bool) -> list[Entry]:
    """Return whether memray can be attached, by each way that there is."""
    python = sys.version_info[:2]
    ways = await debuggers(python)
    try:
        memray = await installed.check(sys.executable, Path("/"))
    except CockpitError as error:
        return [Entry("processes", "attach", "warning", error.message, error.hint)]
    # One after the other: each is timed, and two debuggers would be in each other's way.
    entries = [await _way(way, memray, attach, ways) for way in ways]
    if not entries:
        words = "there is no debugger: memray cannot attach to what runs"
        entries = [Entry("processes", "attach", "warning", words, "Install lldb.")]
    if python < (3, 14):
        words = (
            f"programs on Python 3.14 or later need no debugger; this is {python[0]}.{python[1]}"
        )
        entries.append(Entry("processes", "sys.remote_exec", "ok", words))
    return entries


async def _way(way: Debugger, memray: str, attach: bool, ways: Sequence[Debugger]) -> Entry:
    folder = state_folder()
    found: Rehearsal | None
    if attach:
        found = await rehearse(sys.executable, memray, way, folder, again=True)
    else:
        found = await asyncio.to_thread(remembered, sys.executable, memray, way, folder)
    name = way.method if way.method == "sys.remote_exec" else f"attach by {way.method}"
    said = plain(way.version) or "it does not say its version"
    version = f"{said}, {plain(way.path)}" if way.path else f"Python {said}"
    if found is None:
        return Entry("processes", name, "unknown", f"{version}; not rehearsed yet", _TRY)
    if found.ok:
        return Entry("processes", name, "ok", f"{version}; its rehearsal went well")
    others = [other.method for other in ways if other.method != way.method]
    instead = f"; {' or '.join(others)} may do" if others else "; lldb may do: install it"
    hint = f"cockpit uses it on no process{instead}."
    return Entry("processes", name, "warning", f"{version}; {plain(found.reason)}", hint)

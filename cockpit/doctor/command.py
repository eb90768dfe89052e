"""Looks at everything, one thing beside the other, and prints it as text or JSON."""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from cockpit.doctor import processes, surroundings, tools
from cockpit.doctor.entry import Entry, Section, State, verdict
from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.project import find_root
from cockpit.signs import Signs, shown_encoding, signs_for

#: What each section is called, and the style of each state, as numbers of SGR.
_TITLES: dict[Section, str] = {
    "project": "Project",
    "tools": "Tools",
    "processes": "Processes",
    "screen": "Screen",
    "folders": "Folders",
}
_STYLES: dict[State, str] = {"ok": "32", "warning": "33", "missing": "31;1", "unknown": "2"}
_NAME = 18


class Diagnosis(msgspec.Struct, frozen=True):
    """All that was found; `ok` is whether the main job can be done."""

    ok: bool
    verdict: str
    root: str
    entries: list[Entry]
    version: int = 1


async def diagnose(folder: Path, attach: bool = False) -> Diagnosis:
    """Return what works for the project around `folder`, and what does not.

    No code of the project is run unless it is trusted; with `attach` debuggers are tried on
    children of our own.
    """
    root = find_root(folder)
    parts = await asyncio.gather(
        _safely("project", tools.project(root)),
        _safely("tools", tools.tools(root)),
        _safely("processes", processes.processes(attach)),
        _safely("screen", _in_thread(lambda: surroundings.screen(root))),
        _safely("folders", _in_thread(surroundings.folders)),
    )
    entries = [entry for part in parts for entry in part]
    ok, words = verdict(entries)
    return Diagnosis(ok, words, plain(str(root)), entries)


async def _in_thread(look: Callable[[], Iterable[Entry]]) -> list[Entry]:
    return await asyncio.to_thread(lambda: list(look()))


async def _safely(section: Section, look: Awaitable[list[Entry]]) -> list[Entry]:
    """Return what a section found; what could not be found out is said, and stops nothing."""
    try:
        return await look
    except (CockpitError, OSError) as error:
        words = f"this could not be found out: {plain(str(error))}"
        return [Entry(section, section, "unknown", words)]


async def doctor(folder: Path, format_: str, attach: bool) -> int:
    """Print the diagnosis; return 0 where the main job can be done, else 1."""
    found = await diagnose(folder, attach)
    if format_ == "json":
        text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
    else:
        encoding = shown_encoding(sys.stdout.encoding)
        colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        text = as_text(found, signs_for(encoding), shutil.get_terminal_size().columns, colours)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(text.encode("utf-8", "backslashreplace").decode())
        sys.stdout.flush()
    return 0 if found.ok else 1


def as_text(found: Diagnosis, signs: Signs, width: int, colours: bool = False) -> str:
    """Return a diagnosis as lines of at most `width` cells where words can be broken so."""
    lines = [f"cockpit doctor: {found.root}", ""]
    for section in get_args(Section):
        entries = [one for one in found.entries if one.section == section]
        lines.append(_TITLES[section])
        for one in entries:
            lines += _lines(one, signs, width, colours)
        lines.append("")
    sign = signs.fresh if found.ok else signs.failed
    return "\n".join([*lines, f"{sign} {found.verdict}", ""])


def _lines(one: Entry, signs: Signs, width: int, colours: bool) -> list[str]:
    sign = {
        "ok": signs.fresh,
        "warning": signs.high,
        "missing": signs.failed,
        "unknown": signs.skipped,
    }[one.state]
    shown = f"\x1b[{_STYLES[one.state]}m{sign}\x1b[0m" if colours else sign
    before = f"  {one.name:<{_NAME}}  "
    room = max(24, width - len(before) - 2)
    words = _wrapped(one.words, room)
    lines = [f"  {shown} {one.name:<{_NAME}} {words[0]}"]
    lines += [" " * (_NAME + 5) + more for more in words[1:]]
    if one.hint and one.state != "ok":
        lines += [" " * (_NAME + 5) + more for more in _wrapped(one.hint, room)]
    return lines


def _wrapped(words: str, room: int) -> Sequence[str]:
    import textwrap

    return textwrap.wrap(plain(words), room, break_long_words=False) or [""]

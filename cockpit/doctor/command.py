"""Looks at everything, one thing beside the other, and prints it as text or JSON."""

import asyncio
import json
import sys
import textwrap
from pathlib import Path
from typing import get_args

import msgspec

from cockpit.doctor import folders, processes, project, screen, tools
from cockpit.doctor.entry import Entry, Section, State, verdict
from cockpit.plain import plain
from cockpit.project import find_root
from cockpit.render.stream import style_for
from cockpit.render.text import Sign, Style

_TITLES: dict[Section, str] = {
    "project": "Project",
    "tools": "Tools",
    "processes": "Processes",
    "screen": "Screen",
    "folders": "Folders",
}
_SIGNS: dict[State, Sign] = {
    "ok": "fresh",
    "warning": "high",
    "missing": "failed",
    "unknown": "skipped",
}
#: The names of what is wrong, as numbers of SGR: the eye goes there first.
_WRONG: dict[State, str] = {"warning": "33;1", "missing": "31;1"}
_TITLE, _BESIDES = "1", "2"
#: Cells of a name, and of the narrowest column of words beside it.
_NAME, _WORDS = 15, 24


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
        project.project(root),
        tools.tools(root),
        processes.processes(attach),
        screen.screen(root),
        folders.folders(),
    )
    entries = [entry for part in parts for entry in part]
    ok, words = verdict(entries)
    return Diagnosis(ok, words, plain(str(root)), entries)


async def doctor(folder: Path, format_: str, attach: bool) -> int:
    """Print the diagnosis; return 0 where the main job can be done, else 1."""
    found = await diagnose(folder, attach)
    if format_ == "json":
        text = as_json(found)
    else:
        text = as_text(found, style_for(sys.stdout), screen.columns())
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0 if found.ok else 1


def as_json(found: Diagnosis) -> str:
    """Return a diagnosis as an object; in ASCII, which is the same whatever the locale is."""
    return json.dumps(msgspec.to_builtins(found), indent=2) + "\n"


def as_text(found: Diagnosis, style: Style, width: int) -> str:
    """Return a diagnosis as lines of at most `width` cells where words can be broken so."""
    lines = [f"cockpit doctor: {found.root}", ""]
    for section in get_args(Section):
        lines.append(style.paint(_TITLES[section], _TITLE))
        told = ""
        for one in found.entries:
            if one.section == section:
                lines += _lines(one, style, width, told)
                told = one.hint
        lines.append("")
    last = style.sign("fresh" if found.ok else "failed")
    lines.append(f"{last} {found.verdict}")
    return "".join(f"{style.encodable(line)}\n" for line in lines)


def _lines(one: Entry, style: Style, width: int, told: str) -> list[str]:
    """Return an entry's lines; a hint that was `told` of the one above is not told again."""
    margin = " " * (_NAME + 5)
    room = max(_WORDS, width - len(margin))
    first, *more = _wrapped(one.words, room)
    wrong = one.state in _WRONG
    name = f"{one.name:<{_NAME}}"
    if wrong:
        name = style.paint(name, _WRONG[one.state])
    hints = _wrapped(one.hint, room) if one.hint not in ("", told) else []
    return [
        f"  {style.sign(_SIGNS[one.state])} {name} {first}",
        *(margin + line for line in more),
        *(margin + (line if wrong else style.paint(line, _BESIDES)) for line in hints),
    ]


def _wrapped(words: str, room: int) -> list[str]:
    return textwrap.wrap(plain(words), room, break_long_words=False, break_on_hyphens=False) or [""]

"""What a process looks like as a row, which of them pass a filter, and what comes first.

Plain values; it draws nothing.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

import msgspec

from cockpit.plain import plain
from cockpit.profilers.interpreter import is_python
from cockpit.profilers.processes import Process
from cockpit.ui.draw import fit, shorten

Key = tuple[int, float]
#: Words of a command among which its script is, and letters of a command in a row.
_FIRST, _LETTERS = 4, 500
#: The most cells for the name of an environment, and from how many cells on a row has one.
_ENVIRONMENT, _ROOMY = 24, 64
#: From how many cells on a row says how old the process is, and what it takes.
_FULL = 50
_NO_PLACE = ("", "/")


# --- What comes first ---------------------------------------------------------------------------


def is_below(process: Process, root: str) -> bool:
    """Whether a process is of the project at `root`: it runs there, or its script or Python is."""
    if root in _NO_PLACE:
        return False
    places = (process.cwd, *process.argv[:_FIRST])
    return any(place == root or place.startswith(f"{root}/") for place in places)


def _rank(process: Process, root: str) -> int:
    """Return where it belongs: the project's, ours, this cockpit, others'."""
    if not process.mine:
        return 3
    if process.this:
        return 2
    return 0 if is_below(process, root) else 1


def ordered(
    processes: Iterable[Process], root: str, before: Sequence[Key] | None = None
) -> list[Process]:
    """Return them as they are listed: within each group the busiest first, then the youngest.

    Those in `before` keep the order that they have there, and the rest comes after them: a row
    must not be gone from under a finger.
    """
    kept = {key: place for place, key in enumerate(before or ())}

    def order(one: Process) -> tuple[int, int, int, float]:
        place = kept.get(one.key, len(kept))
        return _rank(one, root), place, -round(one.cpu or 0), -one.born

    return sorted(processes, key=order)


def passes(process: Process, words: str) -> bool:
    """Whether a filter lets a process pass: each word is in it, and none that has `!` before it."""
    whole = words.strip().casefold()
    inverted = whole.startswith("! ")
    text = f"{process.pid} {process.command} {plain(process.virtualenv)} {plain(process.user)}"
    wanted = [word for word in whole.removeprefix("! ").split() if word != "!"]
    found = all(
        (word.lstrip("!") in text.casefold()) is not word.startswith("!") for word in wanted
    )
    return found is not (inverted and bool(wanted))


# --- How it is put ------------------------------------------------------------------------------


def brief(process: Process, root: str) -> str:
    """Return a command as a person would type it in the project: without the paths of all."""
    if not process.argv:
        return process.command
    # An environment's own programs, and Python, are known by their names.
    named = [PurePath(word).name if _is_tool(word) else word for word in process.argv[:2]]
    words = (*named, *process.argv[2:])
    return plain(" ".join(_near(word, root) for word in words)[:_LETTERS])


def _is_tool(word: str) -> bool:
    return word[:1] == "/" and (PurePath(word).parent.name == "bin" or is_python(word))


def _near(path: str, root: str) -> str:
    """Return a path as seen from the project, or from home."""
    if root not in _NO_PLACE and path.startswith(f"{root}/"):
        return path[len(root) + 1 :]
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home raises where there is none
    return f"~{path[len(home) :]}" if path.startswith(f"{home}/") and home != "/" else path


def memory(size: int) -> str:
    """Return a size in at most five cells: 980 K, 118 M, 1.3 G; "" for what is not known."""
    if size <= 0:
        return ""
    for unit in ("K", "M", "G"):
        number = size / 1024 ** ("KMG".index(unit) + 1)
        if number < 999.5 or unit == "G":
            return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"
    raise AssertionError(size)


def age(seconds: float) -> str:
    """Return an age in at most six cells: 12 s, 4 min, 3 h, 12 d."""
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"


class Columns(NamedTuple):
    """The cells of each column; 0 for one that there is no room for."""

    pid: int
    cpu: int
    memory: int
    age: int
    environment: int
    command: int

    @classmethod
    def within(cls, width: int, environment: int) -> "Columns":
        """Share `width` cells; the longest name of an environment has `environment`."""
        full = width >= _FULL
        fixed = (8, 6, 7 if full else 0, 7 if full else 0)
        most = min(_ENVIRONMENT, width // 5) if width >= _ROOMY else 0
        named = min(environment, most) + 1 if environment and most else 0
        return cls(*fixed, named, max(0, width - 3 - sum(fixed) - named))


def aligned(columns: Columns, texts: Mapping[str, str], more: str) -> dict[str, str]:
    """Return the texts in their cells, those of figures at the right."""
    cells = columns._asdict()
    right = {
        name: f"{texts[name]:>{cells[name] - 1}} " if cells[name] else ""
        for name in ("pid", "cpu", "memory", "age")
    }
    width = cells["environment"]
    named = fit(shorten(texts["environment"], width - 1, more), width - 1, more) if width else ""
    command = fit(texts["command"], cells["command"], more)
    return {**right, "environment": f"{named} " if width else "", "command": command}


HEADINGS = {
    "pid": "PID",
    "cpu": "CPU %",
    "memory": "memory",
    "age": "age",
    "environment": "virtualenv",
    "command": "command",
}


def ended(process: Process) -> Process:
    """Return a process as it is once it is no more."""
    return msgspec.structs.replace(
        process, status="ended", cpu=None, problem="it has ended", remedies=()
    )


def folder_shown(path: str) -> str:
    """Return a folder as a person writes it."""
    return plain(_near(f"{path}/", "").rstrip("/") or path)

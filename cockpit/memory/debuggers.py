"""What can have a running process track its memory: a debugger, or Python itself from 3.14 on."""

import asyncio
import os
import re
from pathlib import Path
from typing import Literal

import msgspec

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.guests import find
from cockpit.plain import plain

#: In the order in which they are tried: gdb comes last, for some of them kill their target.
Method = Literal["sys.remote_exec", "lldb", "gdb"]
DEBUGGERS: tuple[Method, ...] = ("lldb", "gdb")
#: From which Python on a process lets others run something in it (PEP 768).
_REMOTE = (3, 14)
#: Seconds that a debugger may take to say its version: lldb reads a Python of its own.
_PATIENCE = 20.0


class Debugger(msgspec.Struct, frozen=True):
    """A way into a process: the program (none for Python's own way), and its version in words."""

    method: Method
    path: str = ""
    version: str = ""


async def debuggers(python: tuple[int, ...] = ()) -> list[Debugger]:
    """Return the ways there are into a process that runs Python `python`, the best first."""
    ways = [Debugger("sys.remote_exec", version=".".join(map(str, python)))]
    there = [(method, path) for method in DEBUGGERS if (path := find(method))]
    found = await asyncio.gather(*(_described(method, path) for method, path in there))
    return [*(ways if python >= _REMOTE else []), *found]


async def _described(method: Method, path: str) -> Debugger:
    try:
        done = await process.run((path, "--version"), Path(os.sep), timeout=_PATIENCE)
    except CockpitError:
        return Debugger(method, path)
    lines = done.output.decode(errors="replace").splitlines()
    return Debugger(method, path, plain(lines[0].strip()) if lines else "")


def version_in(words: str) -> tuple[int, ...]:
    """Return a Python's version as numbers; () where `words` say none."""
    found = re.match(r"(\d+)\.(\d+)", words)
    return (int(found[1]), int(found[2])) if found else ()

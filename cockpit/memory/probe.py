"""A light look at a capture, for the list of them: no child, no memray, some milliseconds."""

import asyncio
import os
from pathlib import Path

from cockpit.memory import header
from cockpit.memory.header import Header, NotACapture
from cockpit.memory.model import Capture, Options, Standing
from cockpit.memory.writer import writing
from cockpit.plain import plain


async def probe(path: Path) -> Capture:
    """Return what a capture says of itself; what cannot be read is there with its `problem`.

    Its peak is not known without reading it. That a large one was cut off may be seen only then.
    """
    return await asyncio.to_thread(look, path)


def look(path: Path) -> Capture:
    """Return the same, for who is in a thread already."""
    size = 0
    try:
        handle = header.opened(path)
        try:
            state = os.fstat(handle)
            size = state.st_size
            return _told(path, handle, header.read(handle), state)
        finally:
            os.close(handle)
    except NotACapture as error:
        return Capture(
            str(path), name=path.name, size=size, standing="unreadable", problem=plain(str(error))
        )


def _told(path: Path, handle: int, head: Header, state: os.stat_result) -> Capture:
    """Return what the header says, with how the capture stands."""
    problem = header.foreign(head.format)
    if not head.known:
        problem = problem or f"it was written by another version of memray (format {head.format})"
    return Capture(
        path=str(path),
        name=path.name,
        command=head.command,
        pid=head.pid,
        began=head.began / 1000,
        size=head.size,
        standing="unreadable" if problem else _standing(handle, head, state),
        options=Options(
            native=head.native,
            aggregate=head.aggregated,
            python_allocators=head.python_allocators,
        ),
        problem=problem,
    )


def _standing(handle: int, head: Header, state: os.stat_result) -> Standing:
    if head.closed:
        return "partial" if header.cut_off(handle, head) else "complete"
    return "running" if writing(head.pid, head.began, state) else "killed"

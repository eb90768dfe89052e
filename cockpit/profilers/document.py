"""Our own format of a profile: a JSON document that holds all of it.

Its first line is the head, everything but the stacks, so that a list of recordings need not read
them. Then come tables, each on a line of its own: threads, functions as [name, path], frames as
[function, line], and stacks as [samples, thread, [frames]], the outermost frame first. Threads,
functions and frames are named by their place in these tables, from 0.
"""

import json
from collections import Counter

import msgspec

from cockpit.profilers.files import Unreadable
from cockpit.profilers.parsing import (
    Count,
    Index,
    Line,
    Pid,
    Rate,
    Seconds,
    Seen,
    check_size,
    converted,
    document,
)
from cockpit.profilers.profile import Frame, Function, Profile, Stack, Thread, heaviest
from cockpit.profilers.table import Table

KIND, VERSION = "cockpit-cpu-profile", 1
#: How such a file ends; one that was cut off does not.
END = b"}\n"


class _Known(msgspec.Struct, frozen=True):
    kind: str = ""
    version: int = 0


class Head(msgspec.Struct, frozen=True):
    """What the first line says: all that is known of a profile but its stacks.

    `name` is what the person called it; `weight` how many stacks were seen.
    """

    pid: Pid
    command: str
    began: Seconds
    ended: Seconds
    rate: Rate
    folded: Count
    counts: Seen
    name: str = ""
    weight: Count = 0


class _Thread(msgspec.Struct, frozen=True):
    process: Pid
    id: str
    name: str = ""
    processes: list[tuple[Pid, str]] = []


class _Document(Head, frozen=True, kw_only=True):
    threads: list[_Thread]
    functions: list[tuple[str, str]]
    frames: list[tuple[Index, Line]]
    stacks: list[tuple[Count, Index, list[Index]]]


class Newer(Unreadable):
    """The document was written by a later cockpit."""

    def __init__(self, version: int) -> None:
        """Say which `version` it is of."""
        super().__init__(f"it is of version {version}, and this cockpit reads version {VERSION}")


# --- Writing ---


def encoded(profile: Profile, name: str = "") -> bytes:
    """Return the document of a profile; `name` is what the person calls it."""
    threads, functions = Table[tuple[Thread, tuple[tuple[int, str], ...]]](), Table[Function]()
    frames = Table[Frame]()
    stacks = [
        [
            count,
            threads.place((stack.thread, stack.processes)),
            [frames.place(frame) for frame in stack.frames],
        ]
        for stack, count in heaviest(profile.stacks)
    ]
    lines = [[functions.place(frame.function), frame.line] for frame in frames]
    tables = {
        "threads": [_thread(thread, processes) for thread, processes in threads],
        "functions": list(functions),
        "frames": lines,
        "stacks": stacks,
    }
    head = json.dumps(_head(profile, name))[:-1]
    rest = ",\n".join(f"{json.dumps(key)}: {json.dumps(table)}" for key, table in tables.items())
    return f"{head},\n{rest}}}\n".encode("ascii")


def _head(profile: Profile, name: str) -> dict[str, object]:
    return {
        "version": VERSION,
        "kind": KIND,
        "name": name,
        "pid": profile.pid,
        "command": profile.command,
        "began": profile.began,
        "ended": profile.ended,
        "rate": profile.rate,
        "counts": msgspec.structs.asdict(profile.counts),
        "folded": profile.folded,
        "weight": profile.weight,
    }


def _thread(thread: Thread, processes: tuple[tuple[int, str], ...]) -> dict[str, object]:
    return {
        "process": thread.process,
        "id": thread.id,
        "name": thread.name,
        "processes": processes,
    }


# --- Reading ---


def head_of(line: bytes) -> Head:
    """Return what the first line of a document says; raise `Unreadable`."""
    value = document(line.rstrip().removesuffix(b",") + b"}")
    check_kind(value)
    return converted(value, Head)


def check_kind(value: object) -> None:
    """Raise `Unreadable` where a document is not ours, `Newer` where it is of a later cockpit."""
    known = converted(value, _Known)
    if known.kind != KIND:
        raise Unreadable("it is not a recording of cockpit")
    if known.version > VERSION:
        raise Newer(known.version)
    if known.version < 1:
        raise Unreadable("it has no version")


def decoded(value: object) -> Profile:
    """Return the profile of a document; raise `Unreadable`."""
    check_kind(value)
    found = converted(value, _Document)
    check_size(len(found.stacks), sum(len(row[2]) for row in found.stacks))
    try:
        stacks = _stacks(found)
    except IndexError:
        raise Unreadable("it names something that is not there") from None
    return Profile(
        stacks=stacks,
        counts=found.counts.meant,
        rate=found.rate,
        pid=found.pid,
        command=found.command,
        began=found.began,
        ended=found.ended,
        folded=found.folded,
    )


def _stacks(found: _Document) -> dict[Stack, int]:
    functions = [Function(name, path) for name, path in found.functions]
    frames = [Frame(functions[function], line) for function, line in found.frames]
    threads = [
        (Thread(one.process, one.id, one.name), tuple(one.processes)) for one in found.threads
    ]
    stacks = Counter[Stack]()
    for count, at, places in found.stacks:
        if not places:
            raise Unreadable("a stack in it has no frame")
        thread, processes = threads[at]
        stacks[Stack(thread, tuple(frames[place] for place in places), processes)] += count
    return dict(stacks)

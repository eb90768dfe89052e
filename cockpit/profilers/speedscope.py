"""Profiles in speedscope's format, which https://www.speedscope.app shows: ours and py-spy's own.

One sampled profile a thread, in seconds. Only sums are kept of what was seen, so a stack comes once
with all its time, the heaviest first, and the names say so: the order is not that of time. As in
py-spy's, processes and threads are the outermost frames. What speedscope has no place for stands
in a key of its own, `cockpit`, which speedscope passes over.
"""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

import cockpit
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
)
from cockpit.profilers.profile import (
    Frame,
    Function,
    Profile,
    Stack,
    Thread,
    heaviest,
    least_counts,
)
from cockpit.profilers.table import Table

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
#: What is said of the order, which speedscope would take for that of time.
ORDER = "added up, heaviest first"
#: Samples a second where a file does not say it: py-spy's own rate.
RATE = 100
_UNITS = {"nanoseconds": 1e-9, "microseconds": 1e-6, "milliseconds": 1e-3, "seconds": 1.0}
_PROCESS = re.compile(r'process (\d{1,15}):"(.*)"', re.DOTALL)
_THREAD = re.compile(r"thread \(([^)]*)\)(?:: (.*))?", re.DOTALL)
_NAME = re.compile(r'(?:Process (\d{1,15}) )?Thread (\S+)(?: "(.*)")?', re.DOTALL)

Processes = tuple[tuple[int, str], ...]
_Labelled = tuple[str, Frame | None]


# --- Writing ---


def encoded(profile: Profile) -> bytes:
    """Return a profile in speedscope's format."""
    frames = Table[_Labelled]()
    threads: dict[tuple[Thread, Processes], list[tuple[Stack, int]]] = defaultdict(list)
    for stack, count in heaviest(profile.stacks):
        if count:
            threads[stack.thread, stack.processes].append((stack, count))
    whole = {
        "$schema": SCHEMA,
        "name": f"{profile.whose}, {profile.when}, {ORDER}",
        "exporter": f"cockpit@{cockpit.__version__}",
        "activeProfileIndex": 0,
        "profiles": [
            _sampled(thread, processes, stacks, profile, frames)
            for (thread, processes), stacks in threads.items()
        ],
        "shared": {"frames": [_frame(*labelled) for labelled in frames]},
        "cockpit": {
            "pid": profile.pid,
            "command": profile.command,
            "began": profile.began,
            "ended": profile.ended,
            "rate": profile.rate,
            "counts": msgspec.structs.asdict(profile.counts),
            "folded": profile.folded,
        },
    }
    return f"{json.dumps(whole)}\n".encode("ascii")


def _sampled(
    thread: Thread,
    processes: Processes,
    stacks: Iterable[tuple[Stack, int]],
    profile: Profile,
    frames: Table[_Labelled],
) -> dict[str, object]:
    named = f": {thread.name}" if thread.name else ""
    labels = [f'process {pid}:"{command}"' for pid, command in processes]
    roots = [frames.place((label, None)) for label in (*labels, f"thread ({thread.id}){named}")]
    samples, weights, total = [], [], 0
    for stack, count in stacks:
        samples.append([*roots, *(frames.place(("", frame)) for frame in stack.frames)])
        weights.append(count / profile.rate)
        total += count
    is_other = bool(processes) or thread.process != profile.pid
    process = f"Process {thread.process} " if is_other else ""
    title = f'{process}Thread {thread.id} "{thread.name}"'
    return {
        "type": "sampled",
        "name": f"{title} ({ORDER})",
        "unit": "seconds",
        "startValue": 0,
        "endValue": total / profile.rate,
        "samples": samples,
        "weights": weights,
    }


def _frame(label: str, frame: Frame | None) -> dict[str, object]:
    if frame is None:
        return {"name": label, "file": "", "line": 0}
    (name, path), line = frame
    return {"name": name, "file": path, "line": line}


# --- Reading ---


class _Ours(msgspec.Struct, frozen=True):
    pid: Pid
    command: str
    began: Seconds
    ended: Seconds
    rate: Rate
    counts: Seen
    folded: Count


class _Frame(msgspec.Struct, frozen=True):
    name: str
    file: str | None = None
    line: Line | None = None

    @property
    def is_label(self) -> bool:
        """Whether it may be a process or a thread instead of a function."""
        return not self.file and not self.line

    @property
    def meant(self) -> Frame:
        """The frame in our words."""
        return Frame(Function(self.name, self.file or ""), self.line or 0)


class _Sampled(msgspec.Struct, frozen=True):
    type: str
    name: str = ""
    unit: str = "none"
    samples: list[list[Index]] = []
    weights: list[float] = []


class _Shared(msgspec.Struct, frozen=True):
    frames: list[_Frame]


class _File(msgspec.Struct, frozen=True):
    shared: _Shared
    profiles: list[_Sampled]
    name: str | None = None
    cockpit: _Ours | None = None


class _Scale(NamedTuple):
    """How weights become numbers of samples."""

    unit: float
    rate: int

    def count(self, weight: float) -> int:
        """Return how many samples a weight is."""
        count = weight * self.unit * self.rate
        if not 0 <= count <= 10**15:  # neither is what is no number
            raise Unreadable("a weight in it is negative, or out of all bounds")
        return round(count)


def is_speedscope(value: object) -> bool:
    """Whether a JSON document says that it is one of speedscope's."""
    return isinstance(value, dict) and value.get("$schema") == SCHEMA


def decoded(value: object, written: float = 0.0) -> Profile:
    """Return the profile of a document; raise `Unreadable`.

    `written` is when its file was, for what another program than cockpit wrote.
    """
    found = converted(value, _File)
    samples = [row for one in found.profiles for row in one.samples]
    check_size(len(samples), sum(map(len, samples)))
    rate = found.cockpit.rate if found.cockpit else _rate(found.profiles)
    try:
        stacks = _stacks(found, rate)
    except IndexError:
        raise Unreadable("it names a frame that is not there") from None
    ours = found.cockpit
    if ours is None:
        counts = least_counts(stacks, rate)
        return Profile(
            stacks=stacks,
            counts=counts,
            rate=rate,
            command=found.name or "",
            began=max(written - counts.seconds, 0.0),
            ended=written,
        )
    known = (ours.pid, ours.command, ours.began, ours.ended, ours.folded)
    return Profile(stacks, ours.counts.meant, rate, *known)


def _rate(profiles: Sequence[_Sampled]) -> int:
    """Return samples a second: the least weight is one of a single sample."""
    weights = [
        weight * _UNITS[one.unit]
        for one in profiles
        if one.unit in _UNITS
        for weight in one.weights
        if weight > 0 and math.isfinite(weight)
    ]
    return min(max(round(1 / max(min(weights), 1e-6)), 1), 10**6) if weights else RATE


def _stacks(found: _File, rate: int) -> dict[Stack, int]:
    frames = found.shared.frames
    meant = [frame.meant for frame in frames]
    pid = found.cockpit.pid if found.cockpit else 0
    stacks = Counter[Stack]()
    for one in found.profiles:
        scale = _scale(one, rate)
        counts = Counter[tuple[int, ...]]()
        for places, weight in zip(one.samples, one.weights, strict=True):
            counts[tuple(places)] += scale.count(weight)
        for row, count in counts.items():
            stack = _stack(one.name, [frames[place] for place in row], row, meant, pid)
            if stack.frames and count:  # a thread that did nothing has none
                stacks[stack] += count
    return dict(stacks)


def _scale(one: _Sampled, rate: int) -> _Scale:
    if one.type != "sampled":
        raise Unreadable("it holds events, and only samples can be read")
    if len(one.samples) != len(one.weights):
        raise Unreadable("it has not as many weights as samples")
    if one.unit == "none":  # what is counted are samples
        return _Scale(1 / rate, rate)
    if one.unit not in _UNITS:
        raise Unreadable(f"it counts {one.unit}, and not time")
    return _Scale(_UNITS[one.unit], rate)


def _stack(
    name: str, frames: Sequence[_Frame], places: Sequence[int], meant: Sequence[Frame], pid: int
) -> Stack:
    """Return a stack without the processes and the thread at its root, which say whose it is."""
    processes: list[tuple[int, str]] = []
    at = 0
    while at < len(frames) and (label := _label(_PROCESS, frames[at])):
        processes.append((int(label[1]), label[2]))
        at += 1
    known = _NAME.fullmatch(name.removesuffix(f" ({ORDER})"))
    owner = processes[-1][0] if processes else int(known[1]) if known and known[1] else pid
    if at < len(frames) and (label := _label(_THREAD, frames[at])):
        thread = Thread(owner, label[1], label[2] or "")
        at += 1
    elif known:
        thread = Thread(owner, known[2], known[3] or "")
    else:
        thread = Thread(owner, "?", name)
    return Stack(thread, tuple(meant[place] for place in places[at:]), tuple(processes))


def _label(pattern: re.Pattern[str], frame: _Frame) -> re.Match[str] | None:
    return pattern.fullmatch(frame.name) if frame.is_label else None

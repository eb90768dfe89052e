"""What a program says of its own time, what samplers saw of it, and how far apart these are."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyte

from cockpit.profilers.profile import Stack, Window
from cockpit.profilers.pyspy import environment, program

SHARES = Path(__file__).parent / "programs" / "shares.py"
#: Frames that measure are a part of what they measure.
_MEASURING = frozenset(("Spent.__init__", "Spent.seconds", "Spent.own", "Spent.total", "waited"))
_ROW = re.compile(r"\s*[\d.]+%\s+[\d.]+%\s+([\d.]+)s\s+([\d.]+)s\s+(\S+) \(")


class Truth(NamedTuple):
    """Shares, 0 to 1, of the time in which a thread wanted a core: by function, and by thread.

    `calm` is the share of that time in which it had one.
    """

    own: Mapping[str, float]
    total: Mapping[str, float]
    threads: Mapping[str, float]
    cpu: Mapping[str, float]
    calm: float


class Program:
    """`shares.py` at work."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child

    @property
    def pid(self) -> int:
        """Its PID."""
        return self.child.pid

    def ask(self) -> list[dict[str, Any]]:
        """Return what it and its child spent so far."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())


@contextlib.contextmanager
def sharing(*words: str) -> Iterator[Program]:
    """Run `shares.py`."""
    pipe = subprocess.PIPE
    argv = (sys.executable, str(SHARES), *words)
    child = subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield Program(child)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, 9)
        child.communicate()


def between(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Truth:
    """Return what was spent from one answer to another."""

    def spent(of: str) -> dict[str, float]:
        found = Counter[str]()
        for was, now in zip(before, after, strict=True):
            found.update({name: now[of][name] - was[of].get(name, 0.0) for name in now[of]})
        return {name: seconds for name, seconds in found.items() if seconds > 0}

    whole, cpu = (
        sum(now["whole"][at] - was["whole"][at] for was, now in zip(before, after, strict=True))
        for at in (0, 1)
    )
    wanted = (
        {name: one / whole for name, one in spent(of).items()} for of in ("own", "total", "threads")
    )
    return Truth(*wanted, {name: one / cpu for name, one in spent("cpu").items()}, cpu / whole)


def unmeasured(window: Window) -> Window:
    """Return a window in which the measuring of a function is the function's own time."""
    stacks = Counter[Stack]()
    for stack, count in window.stacks.items():
        kept = tuple(one for one in stack.frames if one.function.name not in _MEASURING)
        stacks[stack._replace(frames=kept or stack.frames)] += count
    return Window(dict(stacks), window.counts)


def named(counts: Mapping[Any, int]) -> Counter[str]:
    """Return samples by a function's bare name."""
    found = Counter[str]()
    for function, count in counts.items():
        found[function.name.rpartition(".")[2]] += count
    return found


class Seen(NamedTuple):
    """What a sampler saw: samples by a function's name, and all of them."""

    own: Mapping[str, int]
    total: Mapping[str, int]
    weight: int


def top(pid: int, seconds: float, *words: str) -> Seen:
    """Run `py-spy top` on a wide and high terminal for so long, and return its last picture."""
    screen = pyte.Screen(300, 120)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (120, 300))
    argv = (program(), "top", "--pid", str(pid), *words)
    env = {**environment(), "TERM": "xterm-256color"}
    child = subprocess.Popen(
        argv, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
    )
    os.close(slave)
    try:
        last = _shown(master, stream, screen, seconds)
    finally:
        child.terminate()
        child.wait()
        os.close(master)
    return last


def _shown(master: int, stream: pyte.ByteStream, screen: pyte.Screen, seconds: float) -> Seen:
    end = time.monotonic() + seconds
    seen = Seen({}, {}, 0)
    while (left := end - time.monotonic()) > 0:
        if select.select([master], [], [], left)[0]:
            stream.feed(os.read(master, 1 << 16))
            if not select.select([master], [], [], 0.1)[0]:  # the picture is whole
                seen = _read(screen.display) or seen
    return seen


def _read(lines: list[str]) -> Seen | None:
    own, total = Counter[str](), Counter[str]()
    for line in lines:
        match = _ROW.match(line)
        if match:
            name = match[3].rpartition(".")[2]
            own[name] += round(float(match[1]) * 100)
            total[name] += round(float(match[2]) * 100)
    return Seen(own, total, own.total()) if own else None


def tell(line: str) -> None:
    """Write a line of the figures that `pytest -s` shows, and pytest where a test fails."""
    sys.stdout.write(f"{line}\n")


def distance(one: Seen, other: Seen) -> float:
    """Return how far two samplers are apart: the share of own time that would have to move."""
    names = {*one.own, *other.own}
    shares = (
        one.own.get(name, 0) / one.weight - other.own.get(name, 0) / other.weight for name in names
    )
    return sum(map(abs, shares)) / 2


def untruth(seen: Seen, truth: Truth) -> float:
    """Return how far a sampler is from the truth, among the functions that measure themselves."""
    samples = sum(seen.own.get(name, 0) for name in truth.own)
    whole = sum(truth.own.values())
    shares = (seen.own.get(name, 0) / samples - one / whole for name, one in truth.own.items())
    return sum(map(abs, shares)) / 2

"""How much a process is slowed by being sampled: no more than by py-spy alone."""

import math
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from cockpit.profilers import pyspy
from cockpit.profilers.pyspy import Options
from cockpit.profilers.target import pin
from tests.benchmarks.crowds import SECONDS, crowd

pytestmark = pytest.mark.performance

#: Seconds of a turn of each, how many there are, and what is less than the machine's own noise.
TURN, TURNS = 1.0, max(6, int(SECONDS / 2))
NOISE = 0.01


class Pace:
    """How fast `crowd.py` gets its work done, while something is the case."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self.rates: dict[str, list[tuple[float, float]]] = {}

    def ask(self) -> tuple[int, float, float]:
        """Return the pieces done, the processor time that they took, and the time."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        done, used = self._child.stdout.readline().split()
        return int(done), float(used), time.perf_counter()

    def note(self, name: str, before: tuple[int, float, float]) -> None:
        """Note the pieces a second since `before`, and those a second of processor time."""
        after = self.ask()
        done, used, spent = (now - was for now, was in zip(after, before, strict=True))
        self.rates.setdefault(name, []).append((done / spent, done / used))

    def against(self, name: str, other: str, at: int) -> tuple[float, float, float]:
        """Return the ratio of two paces, in pairs: its median, and 95 % of its bootstrap."""
        pairs = zip(self.rates[name], self.rates[other], strict=True)
        ratios = [math.log(one[at] / two[at]) for one, two in pairs]
        chance = random.Random(1)
        medians = sorted(
            statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(2_000)
        )
        found = (statistics.median(ratios), medians[50], medians[-51])
        return tuple(math.exp(one) for one in found)  # type: ignore[return-value]


def alone(pid: int, pace: Pace, on: tuple[str, ...]) -> None:
    before = pace.ask()
    time.sleep(TURN)
    pace.note("alone", before)


def under_py_spy(pid: int, pace: Pace, on: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "stacks.raw")
        rate = Options().rate_for(pin(pid).threads)
        command = pyspy.record_command(pid, Options(), rate, file)
        child = subprocess.Popen((*on, *command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert child.stdout is not None
        while pyspy.SAMPLING not in child.stdout.readline():
            pass
        before = pace.ask()
        time.sleep(TURN)
        pace.note("py-spy", before)
        child.send_signal(signal.SIGINT)
        child.communicate()


def under_cockpit(pid: int, pace: Pace, on: tuple[str, ...]) -> None:
    """Sample in a process of its own, which can be given a core of its own."""
    code = (
        "import asyncio, sys\n"
        "from cockpit.profilers.pyspy import Options\n"
        "from cockpit.profilers.sampler import Sampler\n"
        "from cockpit.profilers.target import pin\n"
        "from cockpit.profilers.tally import Tally\n"
        "async def main():\n"
        "    tell = lambda state: print(state.kind, flush=True)\n"
        "    work = asyncio.create_task(\n"
        "        Sampler(pin(int(sys.argv[1])), Options(), Tally().add, tell).run())\n"
        "    await asyncio.to_thread(sys.stdin.read)\n"
        "    work.cancel()\n"
        "    await asyncio.gather(work, return_exceptions=True)\n"
        "asyncio.run(main())\n"
    )
    pipe = subprocess.PIPE
    child = subprocess.Popen((*on, sys.executable, "-c", code, str(pid)), stdin=pipe, stdout=pipe)
    assert child.stdout is not None
    assert child.stdout.readline() == b"sampling\n"
    before = pace.ask()
    time.sleep(TURN)
    pace.note("cockpit", before)
    child.communicate()


@pytest.mark.parametrize("threads", [2, 100])
@pytest.mark.parametrize("pinned", [False, True], ids=["anywhere", "pinned"])
def test_the_process_is_slowed_no_more_than_by_py_spy(
    benchmark: Any, threads: int, pinned: bool
) -> None:
    """In turns: alone, under `py-spy record --nonblocking`, under cockpit; ratios are of pairs.

    Pinned, the process has one core, and those that sample another.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if pinned and (shutil.which("taskset") is None or len(cores) < 2):
        pytest.skip("it takes taskset, and two cores")
    here, there = [("taskset", "-c", str(core)) for core in cores[:2]] if pinned else [(), ()]

    def turns() -> Pace:
        with crowd(threads, "asked", before=here) as child:
            pace = Pace(child)
            for _ in range(TURNS):
                for turn in (alone, under_py_spy, under_cockpit):
                    turn(child.pid, pace, there)
            return pace

    pace = benchmark.pedantic(turns, rounds=1)
    pairs = {"cockpit/py-spy": ("cockpit", "py-spy"), "py-spy/alone": ("py-spy", "alone")}
    pairs["cockpit/alone"] = ("cockpit", "alone")
    for name, (one, other) in pairs.items():
        for at, of in enumerate(("a second", "a second of its own")):
            ratio = pace.against(one, other, at)
            benchmark.extra_info[f"{name} {of}"] = [round(figure, 3) for figure in ratio]
    # Of its own: in a second of the clock others have their part, which is never the same twice.
    assert pace.against("cockpit", "py-spy", 1)[2] >= 1 - NOISE

"""What a live profile costs, how much it sees, and what the process and the keys have of it.

`COCKPIT_PROFILING` is the seconds that each process is watched for. The number of samples is left
to chance by py-spy, whose clock is exponential: n are promised, n ± sqrt(n) come.
"""

import asyncio
import contextlib
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from cockpit.profilers.profile import Counts, Window
from cockpit.profilers.pyspy import Options
from cockpit.profilers.sampler import Sampler
from cockpit.profilers.tally import Tally
from cockpit.profilers.target import pin
from tests.profilers.targets import until

pytestmark = pytest.mark.performance

CROWD = Path(__file__).parents[1] / "profilers" / "programs" / "crowd.py"
SECONDS = float(os.environ.get("COCKPIT_PROFILING", "15"))
#: Percent of a core that cockpit may take beside py-spy; ms within which a key is answered.
OWN, KEY = 3.0, 50.0
#: The share of the promised samples that must come, and how many standard errors may be missing.
PROMISED, SIGMAS = 0.98, 3
#: MB that the memory may grow by.
GROWTH = 3.0


@contextlib.contextmanager
def crowd(*words: object, before: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    """Run `crowd.py`."""
    argv = (*before, sys.executable, str(CROWD), *map(str, words))
    pipe = subprocess.PIPE
    child = subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def megabytes() -> float:
    return psutil.Process().memory_info().rss / 1e6


def children_seconds() -> float:
    """Return the processor time of the children that have ended: of every py-spy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Watching:
    """A sampler that adds up, as on screen, and what it costs."""

    def __init__(self, pid: int) -> None:
        self.windows: list[Counts] = []
        self.tally = Tally(pid)
        self.sampler = Sampler(pin(pid), Options(), self._take)

    def _take(self, window: Window) -> None:
        self.windows.append(window.counts)
        self.tally.add(window)

    async def run(self, seconds: float) -> Mapping[str, float]:
        """Sample for so long; return what that cost and how much was seen."""
        task = asyncio.create_task(self.sampler.run())
        await until(lambda: len(self.windows) >= 2, self.sampler.state.words)
        self.windows.clear()
        own, theirs, began = time.process_time(), children_seconds(), time.perf_counter()
        held = megabytes()
        await asyncio.sleep(seconds)
        spent = time.perf_counter() - began
        own, theirs = time.process_time() - own, children_seconds() - theirs
        grown = megabytes() - held
        count = len(self.windows)
        counts = sum(self.windows, Counts())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        # The last window has begun, and is not counted: a window is a second and a little.
        promised = counts.seconds * self.sampler.state.rate
        return {
            "rate": self.sampler.state.rate,
            "windows": count,
            "covered": counts.seconds / spent,
            "stacks": counts.samples,
            "promised": promised,
            "of_promised": (counts.samples + counts.errors) / promised,
            "errors": counts.errors,
            "torn": counts.torn,
            "late": counts.late,
            "own_percent": own / spent * 100,
            "py_spy_percent": theirs / spent * 100,
            "held_mb": held,
            "grown_mb": grown,
        }


def kept(benchmark: Any, figures: Mapping[str, float]) -> None:
    benchmark.extra_info |= {name: round(figure, 3) for name, figure in figures.items()}


@pytest.mark.parametrize("threads", [1, 32, 100])
def test_what_a_live_profile_costs_and_sees(benchmark: Any, threads: int) -> None:
    """At least 98 % of the promised samples, less than 3 % of a core, and no more memory."""
    with crowd(threads, "waiting") as child:
        watching = Watching(child.pid)
        found = benchmark.pedantic(lambda: asyncio.run(watching.run(SECONDS)), rounds=1)
    kept(benchmark, found)
    chance = SIGMAS / math.sqrt(found["promised"])
    assert found["of_promised"] >= PROMISED - chance
    assert found["own_percent"] < OWN
    assert found["grown_mb"] < GROWTH


def test_a_hundred_threads_at_work(benchmark: Any) -> None:
    """As above, where every window brings stacks that no window had."""
    with crowd(100, "working") as child:
        watching = Watching(child.pid)
        found = benchmark.pedantic(lambda: asyncio.run(watching.run(SECONDS)), rounds=1)
    kept(benchmark, {**found, "stacks_apart": len(watching.tally.stacks)})
    assert found["own_percent"] < OWN

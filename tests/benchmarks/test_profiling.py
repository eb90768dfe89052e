"""What a live profile costs, how much it sees, and what memory it takes.

`COCKPIT_PROFILING` is the seconds that each process is watched for. The number of samples is left
to chance by py-spy, whose clock is exponential: n are promised, n ± sqrt(n) come.
"""

import asyncio
import math
import os
import resource
import time
from collections.abc import Iterator, Mapping
from typing import Any

import psutil
import pytest

from cockpit.profilers.profile import Counts, Frame, Function, Stack, Thread, Window
from cockpit.profilers.pyspy import Options
from cockpit.profilers.sampler import Sampler
from cockpit.profilers.tally import Tally
from cockpit.profilers.target import pin
from tests.benchmarks.crowds import KEY, OWN, SECONDS, crowd, kept, percentile
from tests.profilers.targets import until

pytestmark = pytest.mark.performance

#: The share of the promised samples that must come, and how many standard errors may be missing.
PROMISED, SIGMAS = 0.98, 3
#: MB that the memory may grow by; and those that a tally of everything new may take.
GROWTH, BOUND = 3.0, 100.0
#: Windows of a second that are added up.
HOURS = int(os.environ.get("COCKPIT_HOURS", "1")) * 3_600


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
        self.took = 0.0
        self.tally = Tally(pid)
        self.sampler = Sampler(pin(pid), Options(), self._take)

    def _take(self, window: Window) -> None:
        self.windows.append(window.counts)
        self.took = time.perf_counter()
        self.tally.add(window)

    async def run(self, seconds: float) -> Mapping[str, float]:
        """Sample for so long; return what that cost and how much was seen."""
        task = asyncio.create_task(self.sampler.run())
        await until(lambda: len(self.windows) >= 2, self.sampler.state.words)
        self.windows.clear()
        own, theirs, began = time.process_time(), children_seconds(), self.took
        held = megabytes()
        await asyncio.sleep(seconds)
        spent = time.perf_counter() - began
        covered = self.took - began
        own, theirs = time.process_time() - own, children_seconds() - theirs
        grown = megabytes() - held
        count = len(self.windows)
        counts = sum(self.windows, Counts())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        promised = counts.seconds * self.sampler.state.rate
        return {
            "rate": self.sampler.state.rate,
            "windows": count,
            "covered": counts.seconds / covered,
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


# --- Memory -----------------------------------------------------------------------------------


def never_again(count: int) -> Iterator[Window]:
    """Yield windows of deep stacks that come but once, of ever new functions and threads."""
    new = 0
    for _ in range(count):
        stacks = {}
        for _ in range(4):
            new += 1
            frames = tuple(
                Frame(Function(f"function_{new}_{level}", f"/srv/module_{new % 97}.py"), level)
                for level in range(40)
            )
            stacks[Stack(Thread(1, str(new // 10)), frames)] = 1
        yield Window(stacks, Counts(4, seconds=1))


def test_hours_of_stacks_that_never_come_again(benchmark: Any) -> None:
    """The memory is bounded, and no window takes so long that a key would wait."""
    held, taken = [], []
    tally = Tally(1)
    before = megabytes()

    def hours() -> None:
        for number, window in enumerate(never_again(HOURS)):
            start = time.thread_time()
            tally.add(window)
            taken.append((time.thread_time() - start) * 1000)
            if number % (HOURS // 8) == 0:
                held.append(round(megabytes() - before))

    benchmark.pedantic(hours, rounds=1)
    benchmark.extra_info |= {"windows": HOURS, "held_mb": held}
    benchmark.extra_info |= {"p99_ms": percentile(taken, 0.99), "max_ms": max(taken)}
    assert max(held) <= BOUND
    assert held[-1] - held[4] <= BOUND / 10
    assert percentile(taken, 0.99) <= KEY

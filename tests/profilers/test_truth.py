"""What a sampler sees is what a program says of its own time, and what `py-spy top` sees.

The program is `programs/shares.py`: loops, calls, recursion, generators, C with the interpreter's
lock and without, tasks, threads that wait, a child. A share p of n samples may be off by four of
its standard errors, sqrt(p (1 - p) / n), and by `BIAS`. How far it is over longer runs is measured
by `COCKPIT_TRUTH=60 pytest -s tests/profilers/test_truth.py`, and told in docs/performance.md.
"""

import asyncio
import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pytest

from cockpit.profilers.tally import Tally
from tests.profilers.targets import until, watched
from tests.profilers.truth import (
    Program,
    Seen,
    Truth,
    between,
    distance,
    named,
    sharing,
    tell,
    top,
    unmeasured,
    untruth,
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who waited for a core"),
]

#: Seconds of a run, and what a share may be off beside what chance does.
SECONDS = float(os.environ.get("COCKPIT_TRUTH", "6"))
BIAS = 0.01
SIGMAS = 4
#: A thread that waits is at work for so little that this share is none.
NOTHING = 0.02
WAITING = ("sleeping", "locked", "queued", "receiving")


class Run(NamedTuple):
    """One stretch of time: what the program says, what cockpit saw, and others beside it."""

    truth: Truth
    tally: Tally
    raw: Tally
    others: Sequence[Seen] = ()

    @property
    def seen(self) -> Seen:
        """What cockpit saw, as `py-spy top` would show it."""
        return Seen(named(self.raw.own), named(self.raw.total), self.raw.weight)


async def sample(program: Program, others: int = 0, **options: object) -> Run:
    """Sample for `SECONDS`, and have so many `py-spy top` beside it."""
    async with watched(program.pid, seconds=1.0, **options) as seen:
        await until(lambda: seen.state.kind == "sampling")
        before = program.ask()
        words = (program.pid, SECONDS, "--nonblocking")
        tops = [asyncio.to_thread(top, *words) for _ in range(others)]
        found = await asyncio.gather(asyncio.sleep(SECONDS), *tops)
        seen.task.cancel()
        await asyncio.gather(seen.task, return_exceptions=True)
        truth = between(before, program.ask())
    tally, raw = Tally(program.pid), Tally(program.pid)
    for window in seen.windows:
        tally.add(unmeasured(window))
        raw.add(window)
    return Run(truth, tally, raw, found[1:])


@pytest.fixture(scope="module")
def threaded() -> Run:
    """A process of eight threads, seen by cockpit and by two `py-spy top` at the same time."""
    with sharing() as program:
        return asyncio.run(sample(program, others=2))


@pytest.fixture(scope="module")
def family() -> Run:
    """A process and its child."""
    with sharing("--with-child") as program:
        return asyncio.run(sample(program, children=True))


class Alone(NamedTuple):
    """A single thread, seen by `py-spy top`, by cockpit, and by `py-spy top` again."""

    run: Run
    truths: Sequence[Truth]


@pytest.fixture(scope="module")
def alone() -> Alone:
    with sharing("--alone") as program:
        asked = program.ask()
        first = top(program.pid, SECONDS)
        truths = [between(asked, program.ask())]
        run = asyncio.run(sample(program))
        asked = program.ask()
        second = top(program.pid, SECONDS)
        truths.append(between(asked, program.ask()))
    return Alone(run._replace(others=(first, second)), truths)


def error(share: float, samples: float) -> float:
    """Return the standard error of a share of so many samples."""
    return math.sqrt(max(share * (1 - share), 0) / samples)


def wrong(
    kind: str, true: Mapping[str, float], seen: Mapping[str, int], weight: int
) -> Iterable[str]:
    """Yield which shares are further off than chance and `BIAS` have it."""
    for name, share in sorted(true.items(), key=lambda item: -item[1]):
        off = seen.get(name, 0) / weight - share
        chance = error(share, weight)
        tell(f"{kind:8}{name:12}{share:8.2%} true{share + off:8.2%} seen{off / chance:+6.1f} sigma")
        if abs(off) > SIGMAS * chance + BIAS:
            yield f"{kind} {name}: {share:.1%} in truth, {share + off:.1%} seen"


def untrue(run: Run) -> list[str]:
    """Return which shares of own and of total time are not what the program says."""
    tell(f"\n{run.tally.weight} samples, {run.tally.counts}, had a core {run.truth.calm:.0%}")
    own, total = named(run.tally.own), named(run.tally.total)
    weight = run.tally.weight
    assert weight > 20 * SECONDS
    return [
        *wrong("own", run.truth.own, own, weight),
        *wrong("total", run.truth.total, total, weight),
    ]


def test_shares_are_true_of_loops_recursion_generators_c_tasks_and_threads(threaded: Run) -> None:
    assert {"descend", "yielding", "hashing", "packing", "awaited"} <= threaded.truth.own.keys()
    assert not untrue(threaded)


def test_each_thread_has_its_share_and_those_that_wait_have_none(threaded: Run) -> None:
    seen = Counter[str]()
    for thread, count in threaded.tally.threads.items():
        seen[thread.name] += count
    truth = {name: threaded.truth.threads[name] for name in ("busy", "beside", "tasks")}
    assert not list(wrong("thread", truth, seen, threaded.tally.weight))
    assert all(seen[name] <= NOTHING * threaded.tally.weight for name in WAITING)


def test_a_function_that_recurs_counts_once_a_stack(threaded: Run) -> None:
    own, total = named(threaded.tally.own), named(threaded.tally.total)
    # Now and then a frame is missing from the middle of a stack that changed while it was read.
    assert total["descend"] == pytest.approx(total["descent"], rel=0.02, abs=2)
    assert own["descend"] + own["bottom"] == pytest.approx(total["descend"], rel=0.02, abs=2)


def test_shares_are_true_of_a_process_and_its_child(family: Run) -> None:
    assert family.truth.own["apprentice"] > 0
    assert not untrue(family)


def test_shares_are_true_of_a_single_thread(alone: Alone) -> None:
    assert not untrue(alone.run)


def further(run: Run, truth: Truth) -> list[str]:
    """Return which shares are further from two runs of `py-spy top` than those are apart."""
    found = []
    for kind, seen, others in (
        ("own", run.seen.own, [one.own for one in run.others]),
        ("total", run.seen.total, [one.total for one in run.others]),
    ):
        for name in truth.own if kind == "own" else truth.total:
            ours = seen.get(name, 0) / run.seen.weight
            theirs = [
                shares.get(name, 0) / one.weight
                for shares, one in zip(others, run.others, strict=True)
            ]
            least = min(one.weight for one in run.others)
            chance = math.hypot(error(ours, run.seen.weight), error(max(theirs), least))
            apart = abs(theirs[0] - theirs[1])
            off = abs(ours - sum(theirs) / 2)
            if off > max(apart, SIGMAS * chance) + BIAS:
                found.append(f"{kind} {name}: {ours:.1%}, py-spy top {theirs}")
    first, second = run.others
    tell(
        f"\ncockpit and py-spy top {distance(run.seen, first):.2%} {distance(run.seen, second):.2%}"
        f", py-spy top and py-spy top {distance(first, second):.2%} apart"
    )
    return found


def test_it_is_no_further_from_py_spy_top_than_that_is_from_itself(alone: Alone) -> None:
    for one, truth in zip(alone.run.others, alone.truths, strict=True):
        tell(f"\npy-spy top and the truth {untruth(one, truth):.2%} apart")
    tell(f"cockpit and the truth {untruth(alone.run.seen, alone.run.truth):.2%} apart")
    assert not further(alone.run, alone.run.truth)


def test_with_threads_it_is_no_further_from_a_py_spy_top_that_does_not_stop_them(
    threaded: Run,
) -> None:
    assert not further(threaded, threaded.truth)

"""What was seen is added up for hours: exact where it is counted, and in memory that is bounded."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from cockpit.profilers import tally as module
from cockpit.profilers.profile import (
    RARE,
    Counts,
    Frame,
    Function,
    Profile,
    Stack,
    Thread,
    Window,
    call_tree,
)
from cockpit.profilers.tally import Tally, tally_of

pytestmark = pytest.mark.unit

BASE = tuple(Frame(Function(f"base_{level}", "base.py"), level + 1) for level in range(5))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be too much soon, and few stacks be put together with others in each window."""
    limits = {"STACKS": 40, "FRAMES": 400, "NODES": 120, "_FUNCTIONS": 60, "_THREADS": 5}
    for name, limit in {**limits, "_FOLDING": 0.0}.items():
        monkeypatch.setattr(module, name, limit)


def stack(name: str, thread: str = "1", line: int = 9) -> Stack:
    return Stack(Thread(1, thread), (*BASE, Frame(Function(name, "app.py"), line)))


def windows(count: int, *, threads: bool = False) -> Iterator[Window]:
    """Yield windows with a hot function, and one that never comes again."""
    for number in range(count):
        rare = stack(f"rare_{number}", str(number) if threads else "1")
        yield Window({stack("hot"): 5, rare: 1}, Counts(6, seconds=1))


def is_whole(tally: Tally, weight: int) -> bool:
    """Whether no sample is lost, and stacks and trees are of the same samples."""
    return (
        tally.weight == weight
        and tally.stacks.total() == weight
        and tally.tree.root.total == weight
        and (tally.inverted is None or tally.inverted.root.total == weight)
    )


def test_no_sample_is_lost_while_the_rarest_stacks_are_put_together() -> None:
    tally, folding = Tally(1), 0
    for number, window in enumerate(windows(500), 1):
        tally.add(window)
        folding += tally._folding is not None
        assert is_whole(tally, 6 * number)
    assert 0 < folding < 500, "it takes many windows, and comes to an end"
    assert tally.folded > 100
    assert tally.stacks[stack("hot")] == 2_500
    assert tally.cost(Function("hot", "app.py")) == (2_500, 2_500)
    assert tally.cost(BASE[0].function).total == 3_000, "what a function costs stays exact"


def test_the_call_tree_is_that_of_the_stacks_that_are_kept() -> None:
    tally = Tally(1)
    for window in windows(500):
        tally.add(window)
    while tally._folding is not None:
        tally.add(Window({stack("hot"): 1}))
    made = call_tree(tally.stacks)
    assert tally.tree.size == made.size
    assert tally.tree.root.total == made.root.total
    assert any(one.frames[-1].function.name == RARE for one in tally.stacks)


@pytest.mark.parametrize("threads", [False, True])
async def test_it_stays_small_whatever_comes(threads: bool) -> None:
    tally = Tally(1)
    await tally.invert()
    most = Counter[str]()
    for window in windows(3_000, threads=threads):
        tally.add(window)
        assert tally.inverted is not None
        for name, size in {
            "stacks": len(tally.stacks),
            "nodes": tally.tree.size + tally.inverted.size,
            "functions": len(tally.total),
            "own": len(tally.own),
            "lines": len(tally.lines),
            "hottest": len(tally._hottest),
            "threads": len(tally.threads),
        }.items():
            most[name] = max(most[name], size)
    # What comes while it is folded is on top.
    assert most["stacks"] <= 1.5 * module.STACKS
    assert most["nodes"] <= 1.5 * module.NODES
    assert all(most[name] <= 60 for name in ("functions", "own", "lines", "hottest", "threads"))
    assert is_whole(tally, 18_000)


async def test_callers_that_are_asked_for_meanwhile_are_whole() -> None:
    tally = Tally(1)
    for window in windows(500):
        tally.add(window)
        if tally._folding is not None and tally.inverted is None:
            await tally.invert()
    assert tally.inverted is not None
    assert is_whole(tally, 3_000)


def test_to_begin_anew_ends_what_was_going_on() -> None:
    tally = Tally(1)
    for window in windows(500):
        tally.add(window)
        if tally._folding is not None:
            break
    tally.reset()
    tally.add(Window({stack("hot"): 1}))
    assert is_whole(tally, 1)
    assert list(tally.stacks) == [stack("hot")]


def test_a_profile_is_added_up_to_the_end() -> None:
    stacks = {stack(f"function_{number}"): number + 1 for number in range(500)}
    tally = asyncio.run(asyncio.to_thread(tally_of, Profile(stacks, Counts(1), 100)))
    assert tally._folding is None
    assert len(tally.stacks) <= module.STACKS
    assert tally.stacks.total() == sum(stacks.values())

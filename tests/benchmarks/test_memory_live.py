"""What the live view of memory costs: nothing to the program, and little to the machine."""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cockpit.memory.captures import Captures
from cockpit.memory.far_live import Heap
from cockpit.memory.model import Live
from cockpit.memory.tracked import Tracked

pytestmark = pytest.mark.performance

#: Runs of each, and rounds of the program: 1,000 take some 0.15 s without memray.
TURNS = int(os.environ.get("COCKPIT_MEMORY_TURNS", "5"))
ROUNDS = int(os.environ.get("COCKPIT_MEMORY_ROUNDS", "6000"))
#: What is less than the machine's own noise, as a share; the core that a program which only
#: allocates may have the view take, and one that hardly does.
NOISE, BUSY, CALM = 0.1, 0.9, 0.08

#: Allocates as fast as Python can: small things that go at once, larger ones that stay a while.
HEAVY = """
import json, random, sys, time
random.seed(1)
def parse(n): return [json.loads('{"a":[1,2,3],"b":{"c":"%d"}}' % i) for i in range(n)]
def blobs(n): return [bytes(600 + (i % 700)) for i in range(n)]
def chain(k, n): return blobs(n) if k == 0 else chain(k - 1, n)
kept, leaked, begun = [], [], time.process_time()
for _ in range(int(sys.argv[1])):
    kept.append(chain(8, 200))
    if len(kept) > 150: del kept[random.randrange(len(kept))]
    parse(50); chain(4, 300); leaked.append(bytearray(2048))
print(time.process_time() - begun, flush=True)
"""
#: Hardly allocates, for a while.
IDLE = "import time\nk = [bytes(9000) for _ in range(500)]\ntime.sleep(6)\n"


def alone(folder: Path, *memray: str) -> float:
    """Return the processor time that the program took, as its own figure."""
    command = (sys.executable, *memray, "heavy.py", str(ROUNDS))
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return float(done.stdout.split()[-1])


async def seen(folder: Path, *words: str) -> tuple[Tracked, list[Live]]:
    """Run a program with its live view open; return what was seen."""
    pictures: list[Live] = []
    program = Tracked((sys.executable, *words), folder, Captures(folder / "data", folder))
    assert program.live is not None
    view = asyncio.create_task(program.live.run(pictures.append))
    try:
        assert await program.ended() == 0
        await view
    finally:
        view.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await view
        await program.end()
    return program, pictures


def test_a_program_is_slowed_no_more_than_by_memray_alone(benchmark: Any, tmp_path: Path) -> None:
    """In turns: without memray, under `memray run -o`, and in cockpit with the view open."""
    (tmp_path / "heavy.py").write_text(HEAVY)
    memray = ("-m", "memray", "run", "-q", "-f", "-o", "alone.bin")

    def turns() -> list[tuple[float, float, float]]:
        found = []
        for _ in range(TURNS):
            without, under = alone(tmp_path), alone(tmp_path, *memray)
            program, _pictures = asyncio.run(seen(tmp_path, "heavy.py", str(ROUNDS)))
            found.append((without, under, float(program.said[-1])))
        return found

    found = benchmark.pedantic(turns, rounds=1)
    view = statistics.median(live / under for _, under, live in found)
    benchmark.extra_info["view/memray"] = round(view, 3)
    ratio = statistics.median(under / without for without, under, _ in found)
    benchmark.extra_info["memray/alone"] = round(ratio, 3)
    assert view < 1 + NOISE


def test_the_view_takes_little_of_a_core(benchmark: Any, tmp_path: Path) -> None:
    """Of a program that does nothing but allocate, and of one that hardly does."""
    (tmp_path / "heavy.py").write_text(HEAVY)
    (tmp_path / "idle.py").write_text(IDLE)

    def both() -> tuple[list[Live], list[Live]]:
        _, busy = asyncio.run(seen(tmp_path, "heavy.py", str(4 * ROUNDS)))
        _, calm = asyncio.run(seen(tmp_path, "idle.py"))
        return busy, calm

    busy, calm = benchmark.pedantic(both, rounds=1)
    costs = [statistics.median(one.cost for one in seen[1:-1]) for seen in (busy, calm)]
    benchmark.extra_info |= {"busy": round(costs[0], 3), "calm": round(costs[1], 3)}
    benchmark.extra_info["pictures"] = len(busy)
    assert costs[0] < BUSY
    assert costs[1] < CALM


@pytest.mark.parametrize("stacks", [100, 10_000, 100_000])
def test_a_picture_is_soon_made(benchmark: Any, stacks: int) -> None:
    """Of so many stacks of 40 functions, all but the first time."""

    class Record:
        native_stack_id = native_segment_generation = 0

        def __init__(self, number: int) -> None:
            self.size, self.n_allocations, self.stack_id = 1000 + number, 1, number

        def stack_trace(self) -> list[tuple[str, str, int]]:
            at = self.stack_id
            return [(f"f{depth * at % 3000}", "/a/file.py", depth) for depth in range(40)]

        hybrid_stack_trace = stack_trace

    records, heap = [Record(number) for number in range(stacks)], Heap(native=False)
    begun = time.process_time()
    heap.picture(records, 0, 0)
    benchmark.extra_info["first, s"] = round(time.process_time() - begun, 4)
    live = benchmark.pedantic(heap.picture, args=(records, 0, 0.0), rounds=3)
    benchmark.extra_info["bytes"] = len(json.dumps([list(row) for row in live.rows]))
    assert benchmark.stats.stats.median < 0.1 + stacks * 20e-6

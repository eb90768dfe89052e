"""What it takes to open a capture of 300 MB, against memray's own commands on the same file.

`COCKPIT_CAPTURE` names another capture; what it takes is then kept and not judged. memray itself
needs more than 200 MB for a program with very many stacks.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.crowds import kept

pytestmark = pytest.mark.performance

#: MB of the capture, and that the reader and its child may take, each.
SIZE, BOUND = 300, 200
#: Seconds of processor time against `memray stats` and `memray table` together; seconds of the
#: second opening; milliseconds that the event loop may stand still.
RATIO, AGAIN, LAG = 1.0, 0.2, 50.0
#: Allocates in a few dozen stacks, as `SIZE` wants.
PROGRAM = """
import json, sys
def parse(count): return [json.loads('{"a":[1,2,3],"b":{"c":"%d"}}' % one) for one in range(count)]
def blobs(count): return [bytes(600 + one % 700) for one in range(count)]
def chain(depth, count): return blobs(count) if not depth else chain(depth - 1, count)
kept = []
for turn in range(int(sys.argv[1])):
    kept.append(chain(8, 200)); parse(50); chain(4, 300)
    if len(kept) > 150: del kept[turn * 7 % 150]
"""
#: A parent of its own, so that its memory is that of a reading and nothing else.
PARENT = """
import asyncio, json, resource, sys, time
from pathlib import Path
from cockpit.memory.reading import read
from cockpit.memory.results import Results
lags, steps = [], []
async def tick():
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.002)
        lags.append(time.perf_counter() - begun - 0.002)
async def main():
    ticking = asyncio.create_task(tick())
    begun = time.perf_counter()
    await read(Path(sys.argv[1]), sys.argv[3:], results=Results(Path(sys.argv[2])),
               on_progress=lambda step: steps.append((time.perf_counter(), step.share)),
               on_part=lambda part, value: None)
    took = time.perf_counter() - begun
    ticking.cancel()
    own, theirs = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    times = [begun, *(at for at, _ in steps)]
    print(json.dumps({
        "seconds": took, "cpu": own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime,
        "parent_mb": own.ru_maxrss / 1024, "child_mb": theirs.ru_maxrss / 1024,
        "lag_ms": max(lags, default=0) * 1e3, "steps": len(steps),
        "silent_s": max(b - a for a, b in zip(times, times[1:])),
        "grows": [share for _, share in steps] == sorted(share for _, share in steps),
    }))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a capture that was not compressed, as one of a killed program is not."""
    if given := os.environ.get("COCKPIT_CAPTURE"):
        return Path(given).absolute()
    folder = tmp_path_factory.mktemp("captures")
    script, path = folder / "heavy.py", folder / "heavy.bin"
    script.write_text(PROGRAM, encoding="utf-8")
    memray = (sys.executable, "-m", "memray", "run", "-q", "--no-compress", "-o", str(path))
    subprocess.run((*memray, str(script), "55000"), check=True)
    assert path.stat().st_size > SIZE * 1e6
    return path


def opened(path: Path, folder: Path) -> dict[str, Any]:
    command = (sys.executable, "-c", PARENT, str(path), str(folder), "peak", "stats", "leaks")
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def by_memray(path: Path, folder: Path) -> float:
    """Return the processor time of `memray stats` and `memray table`: three passes, to our four."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for command in (("stats", "--json"), ("table",)):
        words = (*command, "-f", "-o", str(folder / "report"), str(path))
        subprocess.run((sys.executable, "-m", "memray", *words), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_large_capture_opens(benchmark: Any, capture: Path, tmp_path: Path) -> None:
    kept_in = tmp_path / "kept"
    first = benchmark.pedantic(opened, args=(capture, kept_in), rounds=1)
    again = opened(capture, kept_in)
    own = by_memray(capture, tmp_path)
    figures = {
        "capture_mb": capture.stat().st_size / 1e6,
        "memray_cpu": own,
        "ratio": first["cpu"] / own,
        "again_ms": again["seconds"] * 1e3,
        **{name: float(first[name]) for name in first if name != "grows"},
    }
    kept(benchmark, figures)
    assert first["grows"]
    assert again["child_mb"] == 0  # nobody was asked
    if not os.environ.get("COCKPIT_CAPTURE"):
        assert first["child_mb"] < BOUND
        assert first["parent_mb"] < BOUND
        assert first["silent_s"] < 5
        assert first["cpu"] < own * RATIO
        assert again["seconds"] < AGAIN
        assert first["lag_ms"] < LAG

"""Programs that run under memray, and what memray itself says of a capture."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cockpit.memory.captures import Captures
from cockpit.memory.tracked import Tracked

#: Allocates the same in each run: 30 blocks that stay for good, and many that go at once.
STEADY = """
def block(n): return bytearray(n)
def chain(depth, n): return block(n) if depth == 0 else chain(depth - 1, n)
kept = [chain(5, 70_000 + i) for i in range(30)]
for i in range(2_000): chain(3, 20_000)
"""
#: What those blocks take; a bytearray has a byte more than it says.
KEPT = sum(70_000 + i + 1 for i in range(30))
#: Then goes on until somebody writes into its folder.
HELD = """
import os, time
print("ready", flush=True)
while not os.path.exists("go"): time.sleep(0.01)
"""
#: Allocates until somebody ends it.
BUSY = """
kept = []
print("ready", flush=True)
while True:
    kept.append(bytearray(5_000)); kept[:-50] = []
"""


@asynccontextmanager
async def tracking(
    captures: Captures, *argv: str, folder: Path, **more: Any
) -> AsyncIterator[Tracked]:
    """Run a program under memray; it ends with the block."""
    one = Tracked(argv or (sys.executable, "app.py"), folder, captures, **more)
    try:
        yield one
    finally:
        await one.end()


def stats(capture: Path, folder: Path) -> dict[str, Any]:
    """Return what `memray stats --json` says of a capture."""
    answer = folder / "stats.json"
    command = (sys.executable, "-m", "memray", "stats", "--json", "-f", "-o", str(answer))
    subprocess.run((*command, str(capture)), check=True, capture_output=True)
    found: dict[str, Any] = json.loads(answer.read_text())
    return found

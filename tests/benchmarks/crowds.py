"""A process of so many threads for the benchmarks of profiling, and how long they look at it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

CROWD = Path(__file__).parents[1] / "profilers" / "programs" / "crowd.py"
SECONDS = float(os.environ.get("COCKPIT_PROFILING", "12"))
#: Percent of a core that cockpit may take beside py-spy; ms within which a key is answered.
OWN, KEY = 3.0, 50.0


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


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def kept(benchmark: Any, figures: Mapping[str, float]) -> None:
    benchmark.extra_info |= {name: round(figure, 3) for name, figure in figures.items()}

"""How often scalene may write what it has so far; files are counted, and none is read.

It writes every line of each file in which it measured something, on the thread of the program,
which waits meanwhile: 0.1 s for a thousand lines of which the CPU is measured, 0.3 s where memory
is, too. When that takes longer than its interval it begins anew at once, and the program stands
still: one of 6,500 lines, written every second, took more than 7 minutes for what is 1.2 s of work.
"""

import heapq
import os
from collections.abc import Iterator
from pathlib import Path

#: Seconds between two writings for each byte of source: about five times as long as one takes.
_FULL, _CPU_ONLY = 1.5 / 30_000, 0.5 / 30_000
#: So many files are hot at once; the largest are meant, for which they are is not known before.
_HOT = 10
#: Nobody waits longer than this to see something, in seconds.
_LONGEST = 60.0
#: Names that are looked at; in a larger folder the rest is taken to be no larger.
_MOST = 20_000
_NOT_OURS = frozenset(("__pycache__", "node_modules", "site-packages"))


def pace(folder: Path, cpu_only: bool) -> float:
    """Return how many seconds are to be between two writings for a program of `folder`, at least.

    Files in hidden folders and in environments do not count: scalene measures none of those.
    """
    size = sum(heapq.nlargest(_HOT, _sizes(folder)))
    return min(size * (_CPU_ONLY if cpu_only else _FULL), _LONGEST)


def _sizes(folder: Path) -> Iterator[int]:
    left = _MOST
    for place, folders, names in os.walk(folder):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = [one for one in folders if one[0] != "." and one not in _NOT_OURS]
        for name in names[:left]:
            if name.endswith(".py"):
                try:
                    yield os.stat(os.path.join(place, name)).st_size  # noqa: PTH116, PTH118 -- many
                except OSError:
                    continue
        left -= len(names) + 1
        if left <= 0:
            return

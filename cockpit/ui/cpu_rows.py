"""The rows of the CPU page's lists: what stands in them, and in which order.

Pure functions of a tally; how a row is drawn is in `cpu_draw`.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from cockpit.profilers.profile import Change, Frame, Function, Thread
from cockpit.profilers.pyspy import ThreadNow
from cockpit.profilers.shelf import Recording
from cockpit.profilers.tally import Tally

Sort = Literal["own", "total"]
#: Rows of a list at most: nobody scrolls further, a filter looks at all, and each takes its time
#: at every refresh.
MOST = 2_000
T = TypeVar("T")


class TopRow(NamedTuple):
    """A function and what it costs: shares (0..1) and seconds."""

    function: Function
    own: float
    total: float
    own_seconds: float
    total_seconds: float


class LineRow(NamedTuple):
    """A line of a function and its shares (0..1): on top of the stack, and anywhere in it."""

    frame: Frame
    own: float
    total: float


class ThreadRow(NamedTuple):
    """A thread, its share (0..1) of all samples, and what it does now.

    Where that is None it has ended, or, unless it was `looked` at, nobody knows.
    """

    thread: Thread
    share: float
    now: ThreadNow | None
    looked: bool = True


class DumpRow(NamedTuple):
    """A line of all stacks: a thread's heading where `frame` is None, else a frame of it."""

    thread: ThreadNow
    depth: int
    frame: Frame | None


# --- What stands in them ----------------------------------------------------------------------


def top_rows(
    tally: Tally, sort: Sort, words: str = "", most: int = MOST, sieve: "Sieve | None" = None
) -> list[TopRow]:
    """Return the functions whose name or path has `words`, the dearest first, `most` of them.

    A `sieve` of the caller's remembers which functions these are.
    """
    own, total = tally.own, tally.total
    passing = (sieve or Sieve()).passing(total, words, lambda one: one) if words else None
    costs = _dearest(own, total, sort, most, passing)
    # What could not be read is taken to have been as the rest: else the seconds would be too few.
    whole, second = max(tally.weight, 1), max(tally.rate * (1 - tally.unread), 1)
    return [
        TopRow(function, mine / whole, every / whole, mine / second, every / second)
        for mine, every, function in costs
    ]


def line_rows(
    tally: Tally, sort: Sort, words: str = "", sieve: "Sieve | None" = None
) -> list[LineRow]:
    """Return the lines whose function or path has `words`, the dearest first."""
    own, lines = tally.own_lines, tally.lines
    passing = (sieve or Sieve()).passing(lines, words, lambda one: one.function) if words else None
    costs = _dearest(own, lines, sort, 2 * MOST, passing)  # some are of C, and have no line
    whole = max(tally.weight, 1)
    found = (LineRow(one, mine / whole, every / whole) for mine, every, one in costs if one.line)
    return list(itertools.islice(found, MOST))


def _dearest(
    own: Counter[T], total: Counter[T], sort: Sort, most: int, passing: Sequence[T] | None
) -> list[tuple[int, int, T]]:
    """Return the `most` that cost most with their own and their total samples, the dearest first.

    Of those `passing`, where that is given.
    """
    order = own if sort == "own" else total
    if passing is not None:
        found = _heaviest(passing, [order.get(one, 0) for one in passing], most)
    else:
        found = _heaviest(order, order.values(), most)
    if passing is None and len(found) < most:  # what has no time of its own is in `total` only
        known = set(found)
        more = _heaviest(total, total.values(), most + len(known))
        found += [one for one in more if one not in known]
    costs = [(own.get(one, 0), total.get(one, 0), one) for one in found]
    costs.sort(key=_by_own if sort == "own" else _by_total)
    return costs[:most]


def _by_own(cost: tuple[int, int, T]) -> tuple[int, int, T]:
    return -cost[0], -cost[1], cost[2]


def _by_total(cost: tuple[int, int, T]) -> tuple[int, int, T]:
    return -cost[1], -cost[0], cost[2]


def _heaviest(keys: Collection[T], counts: Collection[int], most: int) -> list[T]:
    """Return the `most` keys with the largest counts, in no order; of equals those that came first.

    Where there are many more it takes a tenth of what sorting them does.
    """
    if len(keys) <= most:
        return list(keys)
    least = sorted(counts, reverse=True)[most - 1]
    above = [one for one, count in zip(keys, counts, strict=True) if count > least]
    equal = (one for one, count in zip(keys, counts, strict=True) if count == least)
    return [*above, *itertools.islice(equal, most - len(above))]


class Sieve:
    """Which functions pass a filter; only those that came since the last look are looked at."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._of: tuple[object, str] = None, ""
        self._seen = 0
        self._found: list[Any] = []

    def passing(
        self, counter: Counter[T], words: str, function: Callable[[T], Function]
    ) -> Sequence[T]:
        """Return the keys of `counter` whose `function` passes; none ever goes from a counter."""
        if self._of[0] is not counter or self._of[1] != words:
            self._of, self._seen, self._found = (counter, words), 0, []
        passing = passes(words)
        fresh = itertools.islice(counter, self._seen, None)
        self._found += [one for one in fresh if passing(function(one))]
        self._seen = len(counter)
        return self._found


def thread_rows(tally: Tally, now: Iterable[ThreadNow] | None, words: str = "") -> list[ThreadRow]:
    """Return the threads that were seen at work or are there now, the busiest first.

    A thread is one whatever it is called: it gets its name after it began. `now` is None where
    nobody knows which threads there are.
    """
    current = {(one.pid, one.id): one for one in now or ()}
    threads: dict[tuple[int, str], Thread] = {}
    seen: Counter[tuple[int, str]] = Counter()
    for thread, count in tally.threads.items():
        key = thread.process, thread.id
        seen[key] += count
        if thread.name or key not in threads:
            threads[key] = thread
    for key, one in current.items():
        threads.setdefault(key, Thread(one.pid, one.id, one.name))
    whole, passing = max(tally.weight, 1), holding(words)
    rows = [
        ThreadRow(thread, seen[key] / whole, current.get(key), now is not None)
        for key, thread in threads.items()
        if passing(thread.label)
    ]
    return sorted(rows, key=lambda row: (-row.share, row.thread))[:MOST]


def dump_rows(now: Iterable[ThreadNow], words: str = "") -> list[DumpRow]:
    """Return every thread with its frames, the innermost first; whole threads pass or not."""
    rows = []
    passing = holding(words)
    for thread in now:
        named = (f"{one.function.name}\n{one.function.path}" for one in thread.frames)
        if passing("\n".join((thread.name, thread.id, *named))):
            rows.append(DumpRow(thread, -1, None))
            frames = enumerate(reversed(thread.frames))
            rows += [DumpRow(thread, index, frame) for index, frame in frames]
    return rows[:MOST]


def recording_rows(recordings: Iterable[Recording], words: str = "") -> list[Recording]:
    """Return the recordings that have `words` in what they are called, or in when they are of."""
    passing = holding(words)
    return [one for one in recordings if passing(f"{one.when}\n{one.title}")]


def said_rows(said: Iterable[str], words: str = "") -> list[tuple[int, str]]:
    """Return the lines that a program said that have `words`, each with its number."""
    passing = holding(words)
    return [(number, line) for number, line in enumerate(said) if passing(line)]


def change_rows(changes: Sequence[Change], words: str = "") -> list[Change]:
    """Return the functions of two profiles that have `words`, the most changed first."""
    passing = passes(words)
    return [change for change in changes if passing(change.function)][:MOST]


def key_of(row: Any) -> Hashable:
    """Return what a row is known by from one second to the next."""
    if isinstance(row, DumpRow):
        return row.thread.pid, row.thread.id, row.depth
    if isinstance(row, Recording):
        return row.path
    if isinstance(row, ThreadRow):  # it stays the same when it gets its name
        return row.thread.process, row.thread.id
    key: Hashable = row[0]  # a function, a line's frame
    return key


def place_in(row: Any, tally: Tally) -> tuple[str, int]:
    """Return the path and line that a row leads to; no path where it leads nowhere."""
    if isinstance(row, TopRow | Change):
        return row.function.path, tally.line_of(row.function)
    frame = row.frame if isinstance(row, LineRow | DumpRow) else None
    if isinstance(row, ThreadRow) and row.now is not None and row.now.frames:
        frame = row.now.frames[-1]
    return (frame.function.path, frame.line) if frame is not None else ("", 0)


def passes(words: str) -> Callable[[Function], bool]:
    """Return what tells the functions whose name or path has `words`, in any case; `!` inverts."""
    passing = holding(words)
    return lambda function: passing(f"{function.name}\n{function.path}")


def holding(words: str) -> Callable[[str], bool]:
    """Return what tells the texts that have `words`, in any case; `!` inverts."""
    wanted = words.removeprefix("!").casefold()
    inverts = words.startswith("!") and bool(wanted)
    return lambda text: (wanted in text.casefold()) is not inverts

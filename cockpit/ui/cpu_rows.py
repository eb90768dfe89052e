"""The rows of the CPU page's lists: what stands in them, and in which order.

Pure functions of a tally; how a row is drawn is in `cpu_draw`.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from cockpit.profilers.profile import Change, Frame, Function, Thread
from cockpit.profilers.pyspy import ThreadNow
from cockpit.profilers.shelf import Recording
from cockpit.profilers.tally import Tally

Sort = Literal["own", "total"]
#: Rows of a list at most: nobody scrolls further, and each costs its place.
MOST = 5_000


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
    """A thread, its share (0..1) of all samples, and what it does now as far as that is known."""

    thread: Thread
    share: float
    now: ThreadNow | None


class DumpRow(NamedTuple):
    """A line of all stacks: a thread's heading where `frame` is None, else a frame of it."""

    thread: ThreadNow
    depth: int
    frame: Frame | None


# --- What stands in them ----------------------------------------------------------------------


def top_rows(tally: Tally, sort: Sort, words: str = "", most: int = MOST) -> list[TopRow]:
    """Return the functions whose name or path has `words`, the dearest first, `most` of them."""
    order = tally.own if sort == "own" else tally.total
    other = tally.total if sort == "own" else tally.own
    passing = passes(words)
    found = [function for function in tally.total if passing(function)]
    found.sort(key=lambda one: (-order[one], -other[one], one))
    whole, second = max(tally.weight, 1), max(tally.rate, 1)
    return [
        TopRow(
            function,
            tally.own[function] / whole,
            tally.total[function] / whole,
            tally.own[function] / second,
            tally.total[function] / second,
        )
        for function in found[:most]
    ]


def line_rows(tally: Tally, sort: Sort, words: str = "") -> list[LineRow]:
    """Return the lines whose function or path has `words`, the dearest first."""
    order, passing = tally.own_lines if sort == "own" else tally.lines, passes(words)
    found = [frame for frame in tally.lines if frame.line and passing(frame.function)]
    found.sort(key=lambda one: (-order[one], -tally.lines[one], one))
    whole = max(tally.weight, 1)
    return [
        LineRow(one, tally.own_lines[one] / whole, tally.lines[one] / whole) for one in found[:MOST]
    ]


def thread_rows(tally: Tally, now: Iterable[ThreadNow], words: str = "") -> list[ThreadRow]:
    """Return the threads that were seen at work or are there now, the busiest first."""
    current = {(one.pid, one.id): one for one in now}
    threads = {(one.process, one.id): one for one in tally.threads}
    for key, one in current.items():
        threads.setdefault(key, Thread(one.pid, one.id, one.name))
    whole = max(tally.weight, 1)
    rows = [
        ThreadRow(thread, tally.threads[thread] / whole, current.get(key))
        for key, thread in threads.items()
        if words.casefold() in thread.label.casefold()
    ]
    return sorted(rows, key=lambda row: (-row.share, row.thread))[:MOST]


def dump_rows(now: Iterable[ThreadNow], words: str = "") -> list[DumpRow]:
    """Return every thread with its frames, the innermost first; whole threads pass or not."""
    rows = []
    passing = passes(words)
    for thread in now:
        named = words.casefold() in f"{thread.name} {thread.id}".casefold()
        if named or any(passing(frame.function) for frame in thread.frames):
            rows.append(DumpRow(thread, -1, None))
            frames = enumerate(reversed(thread.frames))
            rows += [DumpRow(thread, index, frame) for index, frame in frames]
    return rows[:MOST]


def change_rows(changes: Sequence[Change], words: str = "") -> list[Change]:
    """Return the functions of two profiles that have `words`, the most changed first."""
    passing = passes(words)
    return [change for change in changes if passing(change.function)][:MOST]


def key_of(row: Any) -> Hashable:
    """Return what a row is known by from one second to the next."""
    if isinstance(row, DumpRow):
        return row.thread.id, row.depth
    if isinstance(row, Recording):
        return row.path
    key: Hashable = row[0]  # a function, a line's frame, a thread
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
    wanted = words.removeprefix("!").casefold()
    inverts = words.startswith("!") and bool(wanted)

    def passing(function: Function) -> bool:
        found = wanted in function.name.casefold() or wanted in function.path.casefold()
        return found is not inverts

    return passing

"""Adds windows up, for hours, in memory that does not grow: what a live profile is made of."""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, TypeVar

import msgspec

from cockpit.profilers.profile import (
    RARE,
    TOGETHER,
    CallTree,
    Cost,
    Counts,
    Frame,
    Function,
    Profile,
    Stack,
    Stacks,
    Thread,
    Window,
    from_inside,
    heaviest,
)

T = TypeVar("T")
#: Stacks, frames of stacks and nodes of the call trees that are kept apart: some 70 MB at most.
STACKS, FRAMES, NODES = 20_000, 500_000, 60_000
#: Functions, lines and threads that are counted; the rest is in the sums only.
_FUNCTIONS = 50_000
#: Threads whose rare stacks are kept apart; some programs have a new thread for every request.
_THREADS = 1_000
_RARE = (Frame(Function(RARE, "")),)
#: Seconds of work after which others have the event loop.
_SLICE = 0.004
#: Seconds of each window in which the rarest stacks are put together, when there are too many.
_FOLDING = 0.010
#: How many stacks are put together for each that comes, at the least.
_FASTER = 4
#: Seconds that a trend looks back.
TREND = 30.0


class Lately(NamedTuple):
    """A window of the last half minute: its seconds, all its stacks, and each function's own."""

    seconds: float
    weight: int
    own: Mapping[Function, int]


class Tally:
    """Everything seen so far of one process, kept added up; a window costs what is in it.

    Where stacks are too many to be kept apart, the rarest are counted together as `RARE`; what a
    function or a line costs stays exact. The trend is of the last `TREND` seconds.
    """

    def __init__(self, pid: int = 0, command: str = "", rate: int = 100) -> None:
        """Start with nothing seen of the process `pid`."""
        self.pid, self.command, self.rate = pid, command, rate
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.began, self.ended = time.time(), 0.0
        self.counts = Counts()
        #: Samples that all windows of a known rate promised, and their seconds.
        self._promised = self._timed = 0.0
        self.stacks: Counter[Stack] = Counter()
        self.own: Counter[Function] = Counter()
        self.total: Counter[Function] = Counter()
        #: Samples with a line of a function anywhere in the stack, and on top of it.
        self.lines: Counter[Frame] = Counter()
        self.own_lines: Counter[Frame] = Counter()
        self._hottest: dict[Function, Frame] = {}
        self.threads: Counter[Thread] = Counter()
        self.tree = CallTree()
        #: From the innermost function to its callers; only from when somebody asked for it.
        self.inverted: CallTree | None = None
        self._missed: list[tuple[Stack, int]] | None = None
        #: How many stacks were seen, and how many of these are counted together.
        self.weight = self.folded = 0
        #: It grows whenever something is added or forgotten.
        self.version = getattr(self, "version", 0) + 1
        self._size = self._rare = 0
        self._lately: deque[Lately] = deque()
        #: How many windows came before these.
        self._gone = 0
        self._folding: Iterator[None] | None = None
        #: What will be in its place when it is folded.
        self._small: Tally | None = None

    def add(self, window: Window) -> None:
        """Take in a window."""
        self.note(window)
        self.put(window.stacks.items())

    def note(self, window: Window) -> None:
        """Take in how much was seen in a window, and when; its stacks are still to be `put`."""
        self._meet(window)
        self.ended = time.time()
        recent: Counter[Function] = Counter()
        for stack, count in window.stacks.items():
            recent[stack.frames[-1].function] += count
        self._lately.append(Lately(window.counts.seconds, recent.total(), recent))
        while sum(one.seconds for one in self._lately) - self._lately[0].seconds > TREND:
            self._lately.popleft()
            self._gone += 1

    def put(self, stacks: Collection[tuple[Stack, int]]) -> None:
        """Take in stacks of a window that was noted: some 0.1 ms each."""
        self.version += 1
        for stack, count in stacks:
            self._add(stack, count)
        self._keep_small(_FOLDING, _FASTER * len(stacks))

    def _meet(self, window: Window) -> None:
        """Count a window's time; `rate` is that of all, for many threads are looked at less often.

        A sample is worth `1 / rate` seconds.
        """
        self.counts += window.counts
        if window.rate and window.counts.seconds:
            self._promised += window.rate * window.counts.seconds
            self._timed += window.counts.seconds
            self.rate = max(1, round(self._promised / self._timed))

    def _add(self, stack: Stack, count: int) -> None:
        if stack not in self.stacks:
            self._size += len(stack.frames)
        self.stacks[stack] += count
        self.weight += count
        _count(self.threads, stack.thread, count)
        top = stack.frames[-1]
        _count(self.own, top.function, count)
        _count(self.own_lines, top, count)
        for frame in set(stack.frames):
            _count(self.lines, frame, count)
            hottest = self._hottest.get(frame.function)
            if self.lines[frame] > (self.lines[hottest] if hottest is not None else 0):
                self._hottest[frame.function] = frame
        for function in {frame.function for frame in stack.frames}:
            _count(self.total, function, count)
        self.tree.add(stack.functions, count)
        if self.inverted is not None:
            self.inverted.add(from_inside(stack), count)
        elif self._missed is not None:
            self._missed.append((stack, count))
        if self._small is not None:
            self._small._keep(stack, count, apart=True)

    async def invert(self) -> None:
        """Make `inverted`, a part at a time so that no key waits for it; it is kept from now on."""
        if self.inverted is not None or self._missed is not None:
            return
        tree = CallTree()
        missed: list[tuple[Stack, int]] = []
        self._missed = missed
        since = time.perf_counter()
        try:
            for stack, count in list(self.stacks.items()):
                tree.add(from_inside(stack), count)
                if time.perf_counter() - since > _SLICE:
                    await asyncio.sleep(0)
                    since = time.perf_counter()
        finally:  # whoever asks again after this was cancelled is to get it
            self._missed = None
        for stack, count in missed:
            tree.add(from_inside(stack), count)
        self.inverted = tree

    @property
    def unread(self) -> float:
        """The share (0..1) of moments at which the process could not be read."""
        promised = self.counts.seconds * self.rate
        return min(self.counts.errors / promised, 1.0) if promised else 0.0

    @property
    def moments(self) -> float:
        """How many moments there were at which it could be read."""
        return self.counts.seconds * self.rate * (1 - self.unread)

    def cost(self, function: Function) -> Cost:
        """Return what a function costs."""
        return Cost(self.own[function], self.total[function])

    def line_of(self, function: Function) -> int:
        """Return the line of a function that is on most stacks; 0 where none is known."""
        frame = self._hottest.get(function)
        return frame.line if frame is not None else 0

    def trend(self, function: Function) -> list[float]:
        """Return a function's own share (0..1) in each window of the last `TREND` seconds."""
        return [one.own.get(function, 0) / max(one.weight, 1) for one in self._lately]

    @property
    def trend_began(self) -> int:
        """How many windows there were before those of the trend."""
        return self._gone

    def profile(self) -> Profile:
        """Return everything seen so far as a value."""
        return Profile(
            stacks=dict(self.stacks),
            counts=self.counts,
            rate=self.rate,
            pid=self.pid,
            command=self.command,
            began=self.began,
            ended=self.ended or time.time(),
            folded=self.folded,
        )

    @property
    def _nodes(self) -> int:
        return self.tree.size + (self.inverted.size if self.inverted is not None else 0)

    def _keep_small(self, seconds: float, least: int = 0) -> None:
        """Put the rarest stacks together where there are too many, some in each window.

        All at once would take a second, and no key would be answered. `least` stacks are done
        in any case: more than come, or there would be no end to it.
        """
        if self._folding is None:
            if len(self.stacks) <= STACKS and self._size <= FRAMES and self._nodes <= NODES:
                return
            self._folding = self._fold()
        since = time.perf_counter()
        for done, _ in enumerate(self._folding, 1):
            if done > least and time.perf_counter() - since > seconds:
                return
        self._folding = None

    def _fold(self) -> Iterator[None]:
        """Keep the heavier half of the stacks apart, and count the others together."""
        self._small = small = Tally(self.pid)
        small.inverted = CallTree() if self.inverted is not None else None
        for stack, count in heaviest(self.stacks):
            room = len(small.stacks) < STACKS // 2 and small._size < FRAMES // 2
            room = room and small._nodes < NODES // 2
            small._keep(stack, count, apart=room or stack in small.stacks)
            yield
        self.stacks, self.tree = small.stacks, small.tree
        self._size, self._rare = small._size, small._rare
        self.folded += small.folded
        if small.inverted is not None:  # else somebody asked for it meanwhile, and it is whole
            self.inverted = small.inverted
        self._small = None

    def _keep(self, stack: Stack, count: int, *, apart: bool) -> None:
        """Take in a stack, or count it with the others that are too rare to be kept apart."""
        shown = stack
        if not apart:
            shown = Stack(stack.thread, _RARE, stack.processes)
            if shown not in self.stacks and self._rare >= _THREADS:
                shown = Stack(Thread(self.pid, "?", "other threads"), _RARE)
            self._rare += shown not in self.stacks
            self.folded += 0 if stack.frames == _RARE else count
        self._size += 0 if shown in self.stacks else len(shown.frames)
        self.stacks[shown] += count
        self.tree.add(shown.functions, count)
        if self.inverted is not None:
            self.inverted.add(from_inside(shown), count)


def bounded(window: Window, most: int) -> Window:
    """Return a window of at most so many stacks, and one more a thread for the rare ones."""
    if len(window.stacks) <= most:
        return window
    kept: Counter[Stack] = Counter()
    for number, (stack, count) in enumerate(heaviest(window.stacks)):
        rare = Stack(stack.thread, _RARE, stack.processes)
        kept[stack if number < most else rare] += count
    return msgspec.structs.replace(window, stacks=dict(kept))


def _count(counter: Counter[T], key: T, count: int) -> None:
    if key in counter or len(counter) < _FUNCTIONS:
        counter[key] += count


def of_thread(stacks: Stacks, thread: Thread) -> Stacks:
    """Return the stacks of one thread, whatever it was called: it gets its name once it runs.

    Of `TOGETHER` they are those of all threads, as if these were one.
    """
    if thread == TOGETHER:
        merged: Counter[Stack] = Counter()
        for stack, count in stacks.items():
            merged[stack._replace(thread=TOGETHER)] += count
        return merged
    key = thread.process, thread.id
    found = (pair for pair in stacks.items() if (pair[0].thread.process, pair[0].thread.id) == key)
    return dict(found)


def tally_of(profile: Profile) -> Tally:
    """Return a profile added up; meant for a thread, for it can take half a second."""
    tally = Tally(profile.pid, profile.command, profile.rate)
    tally.add(Window(profile.stacks, profile.counts, profile.rate))
    tally._keep_small(math.inf)
    tally._lately.clear()  # nobody knows what of it was lately
    tally.began, tally.ended = profile.began, profile.ended
    tally.folded += profile.folded
    return tally

"""The words of profiles: frames, stacks, windows and what is honestly known of their counts.

Plain values; whoever samples, adds up, draws or saves them is elsewhere.
"""

import operator
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

#: In place of a path: this function is a thread, or a process, at the root of a stack.
THREAD, PROCESS = "<thread>", "<process>"
#: What stacks that are too rare to be kept apart are called.
RARE = "(rare stacks)"


class Function(NamedTuple):
    """A function by its name, qualified from Python 3.11 on, and the path of its file.

    Of a function in a library without source the path is the library's; `THREAD` or `PROCESS`
    in its place says that the name is that of a thread or a process.
    """

    name: str
    path: str


class Frame(NamedTuple):
    """A function at a line, from 1; 0 where the line is not known, as in native code."""

    function: Function
    line: int = 0


class Thread(NamedTuple):
    """A thread: its process, its id as the system or Python has it, and its name."""

    process: int
    id: str
    name: str = ""

    @property
    def label(self) -> str:
        """The thread as a person knows it."""
        if not self.id:
            return self.name
        unnamed = "main thread" if self.id == str(self.process) else "thread"
        return f"{self.name or unnamed} ({self.id})"


#: All threads, looked at as if they were one.
TOGETHER = Thread(0, "", "all threads")


class Stack(NamedTuple):
    """What a thread was doing: its frames, the outermost first.

    `processes` are those that it belongs to, the outermost first, as (PID, command); there are
    none where a single process is looked at.
    """

    thread: Thread
    frames: tuple[Frame, ...]
    processes: tuple[tuple[int, str], ...] = ()

    @property
    def functions(self) -> Iterator[Function]:
        """Its functions, the outermost first, below the processes and the thread."""
        for pid, command in self.processes:
            yield Function(f"{command} ({pid})", PROCESS)
        yield Function(self.thread.label, THREAD)
        for frame in self.frames:
            yield frame.function


Stacks = Mapping[Stack, int]


class Counts(msgspec.Struct, frozen=True):
    """How much was seen, and how well: all that limits what a profile can say.

    `samples` are stacks of threads at work, as py-spy counts them: of one moment there may be many,
    or none. `errors` are moments at which no thread could be read; `torn` are stacks that changed
    while they were read and were dropped; `late` are samples that came after their time. `seconds`
    is how long was sampled.
    """

    samples: int = 0
    errors: int = 0
    torn: int = 0
    late: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(
            self.samples + other.samples,
            self.errors + other.errors,
            self.torn + other.torn,
            self.late + other.late,
            self.seconds + other.seconds,
        )


class Window(msgspec.Struct, frozen=True):
    """What was seen in one stretch of time: stacks with the number of samples each was seen in.

    `rate` is samples a second, 0 where it is not known.
    """

    stacks: Stacks = {}
    counts: Counts = Counts()
    rate: int = 0


class Profile(msgspec.Struct, frozen=True):
    """Everything that was seen of a process; weights are numbers of samples at `rate` a second.

    `began` and `ended` are seconds since the epoch. `folded` samples are of stacks that were too
    rare to be kept apart: they are in `stacks` as `RARE`.
    """

    stacks: Stacks
    counts: Counts
    rate: int
    pid: int = 0
    command: str = ""
    began: float = 0.0
    ended: float = 0.0
    folded: int = 0

    @property
    def weight(self) -> int:
        """How many stacks were seen: the whole that a share is of."""
        return sum(self.stacks.values())

    @property
    def when(self) -> str:
        """When it ended, in the local time, to the minute."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.ended))

    @property
    def whose(self) -> str:
        """The process that it is of, by command and PID, as far as these are known."""
        known = self.command or "a process"
        return f"{known} ({self.pid})" if self.pid else known


def least_counts(stacks: Stacks, rate: int) -> Counts:
    """Return how much was seen, at the least, where only the stacks are known.

    One thread is in one stack a sample, so the busiest thread says how many there were.
    """
    seen = Counter[Thread]()
    for stack, count in stacks.items():
        seen[stack.thread] += count
    samples = max(seen.values(), default=0)
    return Counts(samples=samples, seconds=samples / rate)


class Cost(NamedTuple):
    """Samples with a function, or a line, on top of the stack, and anywhere in it.

    It counts once a stack, however often it recurs there.
    """

    own: int
    total: int


def costs(stacks: Stacks) -> dict[Function, Cost]:
    """Return what every function of `stacks` costs."""
    own, total = Counter[Function](), Counter[Function]()
    for stack, count in stacks.items():
        if stack.frames:
            own[stack.frames[-1].function] += count
        for function in {frame.function for frame in stack.frames}:
            total[function] += count
    return {function: Cost(own[function], count) for function, count in total.items()}


class Change(NamedTuple):
    """A function in two profiles: its shares, from 0 to 1, of own and of total time in each."""

    function: Function
    own_before: float
    own_after: float
    total_before: float
    total_after: float

    @property
    def own(self) -> float:
        """By how much the own share changed."""
        return self.own_after - self.own_before

    @property
    def total(self) -> float:
        """By how much the total share changed."""
        return self.total_after - self.total_before


def difference(before: Profile, after: Profile) -> list[Change]:
    """Return every function of two profiles, the largest change of its own share first."""
    old, new = costs(before.stacks), costs(after.stacks)
    wholes = max(before.weight, 1), max(after.weight, 1)
    none = Cost(0, 0)
    changes = []
    for function in {**old, **new}:
        was, now = old.get(function, none), new.get(function, none)
        changes.append(
            Change(
                function,
                was.own / wholes[0],
                now.own / wholes[1],
                was.total / wholes[0],
                now.total / wholes[1],
            )
        )
    return sorted(changes, key=lambda change: (-abs(change.own), -abs(change.total), change))


class Node:
    """A place in a call tree: what was called there, its own samples, and those with all below."""

    __slots__ = ("children", "function", "own", "total")

    def __init__(self, function: Function) -> None:
        """Start with no sample."""
        self.function = function
        self.own = self.total = 0
        self.children: dict[Function, Node] = {}

    def ordered(self) -> list["Node"]:
        """Return its children, the heaviest first."""
        return sorted(self.children.values(), key=lambda node: (-node.total, node.function))


class CallTree:
    """Stacks merged from their roots: every path of functions once, with its samples."""

    def __init__(self) -> None:
        """Start empty."""
        self.root = Node(Function("all", ""))
        #: How many nodes there are.
        self.size = 1

    def add(self, functions: Iterable[Function], count: int) -> None:
        """Add `count` samples of a path of functions, the outermost first."""
        node = self.root
        node.total += count
        for function in functions:
            child = node.children.get(function)
            if child is None:
                child = node.children[function] = Node(function)
                self.size += 1
            node = child
            node.total += count
        node.own += count


def from_inside(stack: Stack) -> Iterator[Function]:
    """Yield the functions of a stack from the innermost to the one that its thread began with."""
    return (frame.function for frame in reversed(stack.frames))


def call_tree(stacks: Stacks) -> CallTree:
    """Return the call tree of `stacks`."""
    tree = CallTree()
    for stack, count in stacks.items():
        tree.add(stack.functions, count)
    return tree


def heaviest(stacks: Stacks) -> list[tuple[Stack, int]]:
    """Return the stacks with their samples, the heaviest first."""
    return sorted(stacks.items(), key=operator.itemgetter(1), reverse=True)

"""The words of memory profiles: captures, what a reading of one gives, and what a live one shows.

Plain values. All sizes are bytes, all counts numbers of allocations.
"""

from typing import Literal, NamedTuple

import msgspec

#: Which allocations: those that made up the peak, those never freed, those freed at once.
Kind = Literal["peak", "leaks", "temporary"]
#: A part of what can be read of a capture, in the order of what a person wants first.
Part = Literal["summary", "peak", "stats", "leaks", "temporary"]
#: How a capture stands: its process still writes it; its end was written; its process was killed
#: before that; it was cut off; nothing can be read of it.
Standing = Literal["running", "complete", "killed", "partial", "unreadable"]
#: Who made a capture.
Tool = Literal["memray", "scalene"]


class Place(NamedTuple):
    """A line of a function: its name, the path of its file, and the line (0 where unknown)."""

    name: str
    path: str
    line: int


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Allocations by one stack with one allocator: how many, and their size.

    `thread` is its id, -1 where threads are merged; `thread_name` is as memray prints it. `node` is
    the innermost node of its stack in `Records.nodes`, -1 where there is no stack. There may be a
    hundred thousand rows, which garbage collection would stand still for.
    """

    allocator: str
    allocations: int
    size: int
    thread: int
    thread_name: str
    node: int


class Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place in a stack: the node that called it (-1 at the root), and its place's index."""

    parent: int
    place: int


class Records(msgspec.Struct, frozen=True):
    """The allocations of one kind, entry for entry as memray's own reports have them.

    A node's parent stands before it.
    """

    kind: Kind
    places: list[Place]
    nodes: list[Node]
    rows: list[Row]


class Moment(NamedTuple):
    """A moment: milliseconds since the epoch, the process's resident set, and its heap."""

    at: int
    resident: int
    heap: int


class Summary(msgspec.Struct, frozen=True):
    """What is known of a capture as a whole: memray's metadata, and its course over time.

    `began` and `ended` are milliseconds since the epoch. Where its end was never written, `ended`
    is when the capture began, too; see `standing`.
    """

    began: int
    ended: int
    allocations: int
    frames: int
    peak: int
    command: str
    pid: int
    main_thread: int
    python_allocator: str
    native: bool
    python_allocators: bool
    aggregated: bool
    moments: list[Moment]
    standing: Standing
    #: What is to be said of it, as whole sentences: "it was cut off: …".
    notes: list[str] = []


class Bucket(NamedTuple):
    """Allocations of sizes from `least` to `most`."""

    least: int
    most: int
    allocations: int


class Stats(msgspec.Struct, frozen=True):
    """What `memray stats --json` says; locations are as it prints them, `function:file:line`."""

    allocations: int
    allocated: int
    peak: int
    histogram: list[Bucket]
    by_allocator: list[tuple[str, int]]
    by_size: list[tuple[str, int]]
    by_count: list[tuple[str, int]]
    #: Of each module: its name, how many allocations, and their size.
    modules_by_size: list[tuple[str, int, int]]
    modules_by_count: list[tuple[str, int, int]]


class Progress(NamedTuple):
    """How far a reading is: what is read now, and the share (0..1) of the whole that is done."""

    part: Part
    share: float


class Options(msgspec.Struct, frozen=True):
    """How memray tracks a program; each costs what docs/memory.md says."""

    native: bool = False
    follow_fork: bool = False
    aggregate: bool = False
    python_allocators: bool = False


class Capture(msgspec.Struct, frozen=True):
    """A capture in the list: `path` is the file; what is not known is empty or 0.

    `began` is seconds since the epoch, `size` the file's. `problem` says in the end of a sentence
    why it cannot be used, `notes` in whole ones what is to be said of it.
    """

    path: str
    name: str = ""
    command: str = ""
    pid: int = 0
    began: float = 0.0
    size: int = 0
    peak: int = 0
    standing: Standing = "complete"
    options: Options = Options()
    problem: str = ""
    tool: Tool = "memray"
    notes: list[str] = []


class Live(msgspec.Struct, frozen=True):
    """A picture of a running program's heap, taken once a second.

    `at` is seconds since the epoch, `heap` all that is allocated now, `peak` the most that was,
    `resident` the process's resident set (0 where unknown), `allocations` how many are alive.
    `rows` are the largest by place: innermost function first, own size and count; `total` is with
    all it calls. `cost` is the share (0..1) of a core that the reader took since the last picture.
    """

    at: float
    heap: int
    peak: int
    resident: int
    allocations: int
    rows: list["LiveRow"]
    cost: float


class LiveRow(NamedTuple):
    """A function's allocations that are alive: by itself, and with all that it called."""

    place: Place
    own: int
    own_allocations: int
    total: int
    total_allocations: int

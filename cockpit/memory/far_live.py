"""The child that sees a program's heap while memray captures it: it prints a picture a second.

Its arguments are the capture, the process's PID and its mark (see `Target`). Each line of its
output is a `Live` as JSON; its last words on stderr and its exit code say why it ends. It does
nothing to the process: it reads the file that memray writes.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
import psutil

from cockpit.memory.feeding import Notes, feed, listen
from cockpit.memory.growing import Growing
from cockpit.memory.model import Live, LiveRow, Place
from cockpit.profilers.target import Target

if TYPE_CHECKING:
    from memray import SocketReader

#: Exit codes: the capture has come to its end; it has no beginning; memray cannot read it; who
#: reads the file was killed.
ENDED, NOTHING, UNREADABLE, CUT = 0, 3, 4, 5
#: Rows of a picture: so many of the largest by their own size, and so many with what they called.
_ROWS = 200
#: Seconds between pictures, and the share of a core that making them may take.
_EVERY, _SHARE = 1.0, 0.1
#: Seconds until the first: there is something to read by then.
_FIRST = 0.2
_PAUSE = 0.02


class Record(Protocol):
    """What is used of memray's `AllocationRecord`: allocations of a stack that are alive."""

    @property
    def size(self) -> int:
        """The bytes of all of them."""

    @property
    def n_allocations(self) -> int:
        """How many they are."""

    @property
    def stack_id(self) -> int:
        """The number of the stack; it is the same in each snapshot."""

    @property
    def native_stack_id(self) -> int:
        """The number of the native stack, which holds with the next number."""

    @property
    def native_segment_generation(self) -> int:
        """How often libraries were loaded."""

    def stack_trace(self) -> list[tuple[str, str, int]]:
        """Return the stack, innermost first."""

    def hybrid_stack_trace(self) -> list[tuple[str, str, int]]:
        """Return the stack with its native frames, innermost first."""


class Heap:
    """Sums up snapshots; it remembers stacks, which cost most."""

    def __init__(self, native: bool) -> None:
        """Remember nothing yet."""
        self._native = native
        self._places: list[Place] = []
        self._numbers: dict[tuple[str, str, int], int] = {}
        self._stacks: dict[tuple[int, int, int], tuple[int, ...]] = {}
        #: The most that was allocated in any picture.
        self.peak = 0

    def picture(self, records: Iterable[Record], resident: int, cost: float) -> Live:
        """Return what is alive now, the largest first."""
        own, total = Counter[int](), Counter[int]()
        own_count, total_count = Counter[int](), Counter[int]()
        heap = alive = 0
        for record in records:
            size, count, stack = record.size, record.n_allocations, self._stack(record)
            heap, alive = heap + size, alive + count
            own[stack[0]] += size
            own_count[stack[0]] += count
            for place in stack[1:]:
                total[place] += size
                total_count[place] += count
        self.peak = max(self.peak, heap)
        chosen = {place for place, _ in (*own.most_common(_ROWS), *total.most_common(_ROWS))}
        rows = [
            LiveRow(
                self._places[place], own[place], own_count[place], total[place], total_count[place]
            )
            for place in chosen
        ]
        rows.sort(key=lambda row: (-row.own, -row.total, row.place))
        return Live(time.time(), heap, self.peak, resident, alive, rows, cost)

    def _stack(self, record: Record) -> tuple[int, ...]:
        """Return the numbers of the innermost place, and of all places, each once."""
        key = (record.stack_id, record.native_stack_id, record.native_segment_generation)
        known = self._stacks.get(key)
        if known is None:
            trace = record.hybrid_stack_trace() if self._native else record.stack_trace()
            numbers = [self._number(frame) for frame in trace or [("", "", 0)]]
            known = self._stacks[key] = (numbers[0], *dict.fromkeys(numbers))
        return known

    def _number(self, frame: tuple[str, str, int]) -> int:
        number = self._numbers.setdefault(frame, len(self._places))
        if number == len(self._places):
            self._places.append(Place(*frame))
        return number


def main(words: Sequence[str]) -> int:
    """See the heap of a process until its end; return the exit code."""
    path, target = Path(words[0]), Target(int(words[1]), 0.0, mark=words[2])
    capture = Growing(path)
    ports, notes = listen(), Notes()
    if not (feeder := os.fork()):  # before any thread: memray's reader has some
        sys.stdout = sys.stderr
        feed(ports, capture, target, notes)
        os._exit(0)
    number = ports[0].getsockname()[1]
    for port in ports:
        port.close()
    capture.close()
    return _see(number, target, notes, feeder)


def _see(port: int, target: Target, notes: Notes, feeder: int) -> int:
    from memray import SocketReader  # after the fork

    try:
        with SocketReader(port) as reader:
            _draw(reader, target, notes)
    except OSError as error:
        nothing = not notes.get()[1]
        sys.stderr.write(f"{'memray wrote nothing' if nothing else error}\n")
        return NOTHING if nothing else UNREADABLE
    _, status = os.waitpid(feeder, 0)
    return CUT if status else ENDED


def _draw(reader: "SocketReader", target: Target, notes: Notes) -> None:
    heap = Heap(reader.has_native_traces)
    since, before = time.monotonic(), _used(notes)
    active = True
    _wait(reader, _FIRST)
    while active:
        active = reader.is_active  # before the look: the last one is of the end
        start = time.process_time()
        now, used = time.monotonic(), _used(notes)
        cost = (used - before) / max(now - since, _PAUSE)
        since, before = now, used
        live = heap.picture(
            reader.get_current_snapshot(merge_threads=True), _resident(target), cost
        )
        sys.stdout.buffer.write(msgspec.json.encode(live) + b"\n")
        sys.stdout.buffer.flush()
        _wait(reader, max(_EVERY, (time.process_time() - start) / _SHARE))


def _wait(reader: "SocketReader", seconds: float) -> None:
    """Wait for the time of the next picture, or for the end."""
    until = time.monotonic() + seconds
    while reader.is_active and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.1))


def _used(notes: Notes) -> float:
    return time.process_time() + notes.get()[0]


def _resident(target: Target) -> int:
    if target.standing == "ended":
        return 0
    try:
        return int(psutil.Process(target.pid).memory_info().rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

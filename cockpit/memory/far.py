"""The program of the child that reads a capture with memray; nobody else imports memray.

A capture that is damaged, or huge, can hurt nothing but this child. What it says are lines of
`cockpit.memory.wire`. `FileReader` and `compute_statistics` are what memray's own commands use.
"""

import contextlib
import faulthandler
import hashlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from memray import AllocatorType, FileReader, SocketReader
from memray._memray import compute_statistics
from memray.reporters.common import format_thread_name
from memray.reporters.stats import StatsReporter

from cockpit.memory import failures, header, wire
from cockpit.memory.model import Kind, Part
from cockpit.memory.summing import stats, summary
from cockpit.memory.telling import HASHING, PASS, TICK, Teller, Trie
from cockpit.memory.trimmed import trimmed

__all__ = [
    "AllocatorType",
    "FileReader",
    "SocketReader",
    "compute_statistics",
    "format_thread_name",
    "main",
]

#: How many locations and modules `memray stats` names by default.
_LARGEST = 5
_CHUNK = 1 << 20


class Reading:
    """Reads the parts of one capture, one after the other."""

    def __init__(self, order: wire.Order, handle: int, teller: Teller, words: BinaryIO) -> None:
        """Read the open capture; memray's complaints are in `words`."""
        self._handle, self._teller, self._words = handle, teller, words
        self._header = header.read(handle)
        self._reader: Any = None
        copy = trimmed(handle, self._header, order.scratch)
        if copy is not None:
            teller.watch(copy)
        # What is at the path may be replaced meanwhile: memray does so where it compresses.
        linux = sys.platform == "linux"
        self._name = f"/proc/self/fd/{copy or handle}" if linux else order.path

    def open(self) -> None:
        """Make memray's first pass, which finds the peak."""
        with self._teller.watched():
            self._reader = FileReader(self._name)

    def summary(self) -> None:
        """Tell the summary."""
        complaints = os.fstat(self._words.fileno()).st_size > 0
        told = summary(self._reader, self._handle, self._header, complaints)
        self._teller.say(wire.Whole(told))

    def stats(self) -> None:
        """Tell what `memray stats --json` does."""
        with self._teller.watched():
            found = compute_statistics(self._name, num_largest=_LARGEST)
        self._teller.say(wire.Numbers(stats(_rendered(found))))

    def records(self, kind: Kind) -> None:
        """Tell the records of a kind, as memray's reports have them by default."""
        native = self._reader.metadata.has_native_traces
        trie = Trie(self._teller.say)
        records = iter(self._records(kind))
        with self._teller.watched():  # the first of them comes after the pass
            record = next(records, None)
        while record is not None:
            stack = record.hybrid_stack_trace() if native else record.stack_trace()
            words = AllocatorType(record.allocator).name, format_thread_name(record)
            trie.add(record, stack, words)
            record = next(records, None)
        trie.end(kind)

    def _records(self, kind: Kind) -> Iterable[Any]:
        found: Iterable[Any]
        if kind == "peak":
            found = self._reader.get_high_watermark_allocation_records(merge_threads=True)
        elif kind == "leaks":
            found = self._reader.get_leaked_allocation_records(merge_threads=True)
        else:
            found = self._reader.get_temporary_allocation_records(merge_threads=True, threshold=1)
        return found


def _rendered(found: Any) -> dict[str, Any]:
    """Return what memray's own reporter writes with `--json`."""
    # Where nothing larger than a byte was allocated, memray's own command divides by nothing.
    flat = not set(found.allocation_count_by_size) - {0, 1}
    if flat:
        found.allocation_count_by_size = {2: 0}
    with tempfile.NamedTemporaryFile() as file:
        StatsReporter(found, _LARGEST).render(json_output_file=Path(file.name))
        told: dict[str, Any] = json.load(file)
    return told | {"allocation_size_histogram": []} if flat else told


def _hash(handle: int, teller: Teller) -> None:
    """Tell the hash of the whole file."""
    size = max(os.fstat(handle).st_size, 1)
    digest = hashlib.blake2b(digest_size=20)
    at, told = 0, time.monotonic()
    while chunk := os.pread(handle, _CHUNK, at):
        digest.update(chunk)
        at += len(chunk)
        if time.monotonic() - told > TICK:
            teller.far(at / size, HASHING)
            told = time.monotonic()
    teller.done(HASHING)
    teller.say(wire.Digest(digest.hexdigest()))


def _read(order: wire.Order, handle: int, teller: Teller, words: BinaryIO) -> None:
    """Tell every part; one that cannot be had does not keep the others away."""
    if order.hashed:
        _hash(handle, teller)
    if not order.parts:
        return
    reading = Reading(order, handle, teller, words)
    opened = False
    for part in order.parts:
        teller.part = part
        try:
            if part != "stats" and not opened:
                reading.open()
                opened = True
            if part == "summary":
                reading.summary()
            elif part == "stats":
                reading.stats()
            else:
                reading.records(part)
        except _EXPECTED as error:
            teller.say(_trouble(part, error, order))
            if not opened and part != "stats":
                return


#: What memray raises where a capture cannot be read, or not so; the others come of damaged ones.
_EXPECTED = (
    *(OSError, NotImplementedError, MemoryError, header.NotACapture),
    *(ValueError, LookupError, RuntimeError, AssertionError, OverflowError),
)


def _trouble(part: Part, error: BaseException, order: wire.Order) -> wire.Trouble:
    """Return what to say of a part that cannot be had."""
    if isinstance(error, NotImplementedError):
        return wire.Trouble(part, *failures.aggregated(part))
    if isinstance(error, MemoryError):
        return wire.Trouble(part, *failures.too_large(part, order.memory))
    if "incompatible" in str(error):
        return wire.Trouble(part, *failures.foreign(Path(order.path)))
    return wire.Trouble(
        part, *failures.damaged(Path(order.path), str(error).partition(": iostream")[0])
    )


def _passes(order: wire.Order) -> float:
    """Return what all that is asked for costs."""
    parts = set(order.parts)
    first = bool(parts - {"stats"})
    return HASHING * order.hashed + PASS * (first + len(parts - {"summary"}))


def _settle(memory: int) -> None:
    """Be a good guest: low priority, the first to go where memory is short, no core file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(10)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    limits = [(resource.RLIMIT_CORE, 0)]
    if sys.platform == "linux" and memory:  # macOS takes the limit and does not keep it
        limits.append((resource.RLIMIT_AS, memory))
    for kind, value in limits:
        hard = resource.getrlimit(kind)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, hard))


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdout for our lines; what memray says on stderr is kept apart, to be asked for.

    Last words of a crash go to the real stderr.
    """
    out, err = os.dup(1), os.dup(2)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.close(null)
    words: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 -- stays open for good
    os.dup2(words.fileno(), 2)
    sys.stderr = open(err, "w", closefd=False)  # noqa: SIM115 -- see above
    faulthandler.enable(file=err)
    return open(out, "wb"), words  # noqa: PTH123


def main() -> None:
    """Do the order in the first argument."""
    order = msgspec.json.decode(sys.argv[1], type=wire.Order)
    _settle(order.memory)
    pipe, words = _streams()
    try:
        handle = header.opened(Path(order.path))
    except header.NotACapture as error:
        told = wire.Trouble("summary", *failures.unreadable(Path(order.path), str(error)))
        pipe.write(wire.encoded(told))
        pipe.flush()
        return
    teller = Teller(pipe, handle, _passes(order))
    try:
        _read(order, handle, teller, words)
    except header.NotACapture as error:
        teller.say(_trouble("summary", error, order))


if __name__ == "__main__":
    main()

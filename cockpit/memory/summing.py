"""Puts into our words what memray says of a capture as a whole, and how that stands."""

import os
from datetime import datetime
from typing import Any

from cockpit.memory import header
from cockpit.memory.header import Header
from cockpit.memory.model import Bucket, Moment, Standing, Stats, Summary
from cockpit.memory.writer import writing

#: What is to be said of a capture that is not whole.
RUNNING = "Its program still runs: this is what it had written when the reading began."
KILLED = (
    "Its end was never written: the program was killed, or the file is a copy made while it ran. "
    "What was allocated until then is here; what it freed in its last moment may be missing."
)
PARTIAL = "It is cut off or damaged: only what stands before that was read{}."


def summary(reader: Any, handle: int, head: Header, complaints: bool) -> Summary:
    """Return what a `FileReader` knows after its first pass; `complaints` are memray's."""
    told = reader.metadata
    began, ended = _milliseconds(told.start_time), _milliseconds(told.end_time)
    standing = _standing(handle, head, complaints, told)
    return Summary(
        began=began,
        ended=ended,
        allocations=told.total_allocations,
        frames=told.total_frames,
        peak=told.peak_memory,
        command=told.command_line,
        pid=told.pid,
        main_thread=told.main_thread_id,
        python_allocator=told.python_allocator,
        native=told.has_native_traces,
        python_allocators=told.trace_python_allocators,
        aggregated=told.file_format.name == "AGGREGATED_ALLOCATIONS",
        moments=[Moment(*one) for one in reader.get_memory_snapshots()],
        standing=standing,
        notes=_notes(standing, head, told.total_allocations),
    )


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _standing(handle: int, head: Header, complaints: bool, told: Any) -> Standing:
    cut = head.known and header.cut_off(handle, head, thorough=True)
    closed = head.closed or (not told.total_allocations and not cut)
    if head.known and not closed:
        state, began = os.fstat(handle), _milliseconds(told.start_time)
        return "running" if writing(told.pid, began, state) else "killed"
    if complaints:
        return "partial"
    if head.allocations not in (0, told.total_allocations):
        return "partial"
    return "partial" if cut else "complete"


def _notes(standing: Standing, head: Header, counted: int) -> list[str]:
    if standing == "running":
        return [RUNNING]
    if standing == "killed":
        return [KILLED]
    if standing == "partial":
        whole = head.allocations
        return [PARTIAL.format(f", {counted:,} of {whole:,} allocations" if whole else "")]
    return []


def stats(told: dict[str, Any]) -> Stats:
    """Return what `memray stats --json` wrote."""
    return Stats(
        allocations=told["total_num_allocations"],
        allocated=told["total_bytes_allocated"],
        peak=told["metadata"]["peak_memory"],
        histogram=[
            Bucket(one["min_bytes"], one["max_bytes"], one["count"])
            for one in told["allocation_size_histogram"]
        ],
        by_allocator=list(told["allocator_type_distribution"].items()),
        by_size=[(one["location"], one["size"]) for one in told["top_allocations_by_size"]],
        by_count=[(one["location"], one["count"]) for one in told["top_allocations_by_count"]],
        modules_by_size=_modules(told["top_modules_by_allocation_size"]),
        modules_by_count=_modules(told["top_modules_by_allocation_count"]),
    )


def _modules(told: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return [(one["module"], one["num_allocations"], one["total_bytes"]) for one in told]

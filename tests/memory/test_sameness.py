"""What cockpit reads of a capture is what memray's own commands print, entry for entry."""

import html
import os
from pathlib import Path
from typing import Any

import pytest

from cockpit.memory import header
from cockpit.memory.model import Part, Records, Stats
from cockpit.memory.tables import csv_rows, table
from cockpit.memory.trimmed import trimmed
from tests.memory.captures import (
    csv_text,
    heard,
    killed,
    recorded,
    stats_json,
    table_data,
)

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: Zeros that are worth a copy; memray takes a third of a second for them in each pass.
ROOM = 1_100_000
CAPTURES = [
    ("small",),
    ("small", "--no-compress"),
    ("small", "--trace-python-allocators"),
    ("small", "--native"),
    ("small", "--native", "--aggregate"),
    ("small", "--aggregate"),
    ("threads",),
    ("threads", "--native", "--trace-python-allocators"),
    ("threads", "--aggregate"),
    ("names",),
    ("busy",),
]
OPTIONS: dict[Part, tuple[str, ...]] = {
    "peak": (),
    "leaks": ("--leaks",),
    "temporary": ("--temporary-allocations",),
}


def kinds(options: tuple[str, ...]) -> list[Part]:
    return ["peak", "leaks"] if "--aggregate" in options else ["peak", "leaks", "temporary"]


def as_memray(records: Records) -> list[dict[str, Any]]:
    """Return a table as memray's page holds it."""
    return [
        {
            "tid": row.thread_name,
            "size": row.size,
            "allocator": row.allocator,
            "n_allocations": row.allocations,
            "stack_trace": html.escape(row.location),
        }
        for row in table(records)
    ]


def as_json(stats: Stats) -> dict[str, Any]:
    """Return statistics as memray writes them, without the metadata."""
    modules = "module", "num_allocations", "total_bytes"
    return {
        "total_num_allocations": stats.allocations,
        "total_bytes_allocated": stats.allocated,
        "allocation_size_histogram": [
            {"min_bytes": one.least, "max_bytes": one.most, "count": one.allocations}
            for one in stats.histogram
        ],
        "allocator_type_distribution": dict(stats.by_allocator),
        "top_allocations_by_size": [
            {"location": name, "size": size} for name, size in stats.by_size
        ],
        "top_allocations_by_count": [
            {"location": name, "count": count} for name, count in stats.by_count
        ],
        "top_modules_by_allocation_size": [
            dict(zip(modules, one, strict=True)) for one in stats.modules_by_size
        ],
        "top_modules_by_allocation_count": [
            dict(zip(modules, one, strict=True)) for one in stats.modules_by_count
        ],
    }


async def assert_same(path: Path, parts: list[Part]) -> None:
    """Compare each of `parts` with what memray's commands make of the capture."""
    found = await heard(path, parts)
    for part in parts:
        if part == "stats":
            told = stats_json(path)
            assert told.pop("metadata")["peak_memory"] == found.stats.peak == found.summary.peak
            assert as_json(found.stats) == told
            assert found.stats.by_allocator == list(told["allocator_type_distribution"].items())
            continue
        records, options = found.records(part), OPTIONS[part]
        assert records.rows
        assert as_memray(records) == table_data(path, *options)
        assert "".join(csv_rows(records)) == csv_text(path, *options)


@pytest.mark.parametrize("capture", CAPTURES, ids=" ".join)
async def test_tables_and_csv_are_those_of_memray_in_their_order(capture: tuple[str, ...]) -> None:
    await assert_same(recorded(*capture), kinds(capture))


@pytest.mark.parametrize(
    "capture", [one for one in CAPTURES if "--aggregate" not in one], ids=" ".join
)
async def test_statistics_are_those_of_memray_field_for_field(capture: tuple[str, ...]) -> None:
    await assert_same(recorded(*capture), ["stats"])


async def test_room_at_the_end_of_a_capture_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "roomy.bin"
    path.write_bytes(recorded("busy", "--no-compress").read_bytes() + bytes(ROOM))
    handle = header.opened(path)
    copy = trimmed(handle, header.read(handle), str(tmp_path))
    assert copy is not None
    assert os.fstat(copy).st_size < path.stat().st_size - ROOM + 4096
    for one in (handle, copy):
        os.close(one)
    assert list(tmp_path.iterdir()) == [path]  # the copy has no name
    await assert_same(path, ["stats", "leaks"])


async def test_what_was_killed_or_cut_off_reads_as_memray_reads_it(tmp_path: Path) -> None:
    await assert_same(killed(tmp_path), ["stats", "peak", "leaks", "temporary"])
    path = tmp_path / "cut.bin"
    whole = recorded("threads", "--no-compress").read_bytes().rstrip(b"\0")
    path.write_bytes(whole[: len(whole) * 2 // 3])
    await assert_same(path, ["stats", "peak", "leaks"])


async def test_metadata_is_that_of_memray() -> None:
    path = recorded("threads", "--trace-python-allocators")
    summary, told = (await heard(path)).summary, stats_json(path)["metadata"]
    assert summary.command == told["command_line"]
    assert (summary.pid, summary.main_thread) == (told["pid"], told["main_thread_id"])
    assert (summary.allocations, summary.frames) == (
        told["total_allocations"],
        told["total_frames"],
    )
    assert (summary.peak, summary.python_allocator) == (
        told["peak_memory"],
        told["python_allocator"],
    )
    assert (summary.native, summary.python_allocators) == (False, True)
    assert summary.began < summary.ended
    assert summary.moments
    assert all(summary.began <= moment.at <= summary.ended for moment in summary.moments)


async def test_an_aggregated_capture_has_its_course_over_time_too() -> None:
    path = recorded("busy", "--aggregate")
    summary = (await heard(path)).summary
    assert summary.aggregated
    assert summary.standing == "complete"
    assert summary.moments
    assert summary.peak > 0


async def test_a_stack_may_hold_what_memray_does_not_escape() -> None:
    records = (await heard(recorded("names"), ["leaks"])).records("leaks")
    paths = {place.path for place in records.places}
    assert 'a;b|c,"d" <e>&\x1b[31m' in paths
    assert "größe" in {place.name for place in records.places}

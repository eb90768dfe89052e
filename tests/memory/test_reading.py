"""Readings: parts come as they are there, progress is told, cancelling ends the child at once."""

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from cockpit.errors import CockpitError
from cockpit.memory.failures import refusal, warning
from cockpit.memory.model import Part, Summary
from cockpit.memory.results import Results
from tests.memory.captures import (
    Heard,
    Program,
    children,
    heard,
    killed,
    recorded,
    until,
)

pytestmark = [pytest.mark.integration, pytest.mark.slow]

EVERY: tuple[Part, ...] = ("peak", "stats", "leaks", "temporary")


async def test_parts_come_in_the_order_asked_for_after_the_summary() -> None:
    assert (await heard(recorded("small"), EVERY)).order == ["summary", *EVERY]
    backwards = EVERY[::-1]
    assert (await heard(recorded("small"), backwards)).order == ["summary", *backwards]
    twice = await heard(recorded("small"), ("peak", "summary", "peak"))
    assert twice.order == ["summary", "peak"]


async def test_progress_grows_to_one() -> None:
    shares = [step.share for step in (await heard(recorded("busy"), EVERY)).progress]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == 1.0


async def test_the_child_is_of_low_priority_and_the_first_to_go() -> None:
    found = Heard()
    task = asyncio.create_task(heard(recorded("big", "--no-compress"), EVERY, into=found))
    try:
        await until(lambda: found.progress)
        (child,) = children(psutil.Process().pid)
        assert psutil.Process(child).nice() >= 10
        assert Path(f"/proc/{child}/oom_score_adj").read_text().strip() == "1000"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_cancelling_ends_the_child_at_once_in_the_middle_of_a_pass() -> None:
    found = Heard()
    task = asyncio.create_task(heard(recorded("big", "--no-compress"), EVERY, into=found))
    await until(lambda: any(0.05 < step.share < 0.9 for step in found.progress))
    (child,) = children(psutil.Process().pid)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 2
    assert not psutil.pid_exists(child)


async def test_progress_is_told_within_passes_by_bytes_that_were_read() -> None:
    found = await heard(recorded("big", "--no-compress"), ("peak",))
    within = {step.share for step in found.progress if step.part == "summary"}
    assert len(within) >= 4
    assert max(within) <= 0.55  # of two passes, the hash aside


async def test_a_capture_without_allocations_has_empty_statistics(tmp_path: Path) -> None:
    path = killed_early(tmp_path)
    found = await heard(path, ("stats", "peak"))
    assert found.stats.allocations == 0
    assert found.stats.histogram == []
    assert found.records("peak").rows == []


def killed_early(folder: Path) -> Path:
    """Return a capture that ends after its header, with the first word of its course."""
    from cockpit.memory import header

    whole = killed(folder).read_bytes()
    path = folder / "early.bin"
    path.write_bytes(whole)
    handle = header.opened(path)
    command = header.read(handle).command.encode()
    start = whole.index(command) + len(command) + 1
    path.write_bytes(whole[: whole.index(b"_run_module_as_main", start) - 3])
    return path


async def test_a_killed_program_is_said_to_be_and_read_as_far_as_it_came(tmp_path: Path) -> None:
    found = await heard(killed(tmp_path), ("leaks", "stats"))
    assert found.summary.standing == "killed"
    assert "killed" in found.summary.notes[0]
    assert found.summary.ended - found.summary.began < 100
    assert sum(row.size for row in found.records("leaks").rows) > 20_000_000


async def test_a_running_program_is_told_from_a_killed_one(tmp_path: Path) -> None:
    with Program(tmp_path / "running.bin") as program:
        summary = (await heard(program.path)).summary
        assert summary.standing == "running"
        assert "still runs" in summary.notes[0]
        assert summary.pid == program.pid
    assert (await heard(program.path)).summary.standing == "killed"


async def test_a_copy_made_while_the_program_runs_is_not_running(tmp_path: Path) -> None:
    with Program(tmp_path / "running.bin") as program:
        copy = tmp_path / "copy.bin"
        copy.write_bytes(program.path.read_bytes())
        summary = (await heard(copy)).summary
    assert summary.standing == "killed"
    assert "a copy made while it ran" in summary.notes[0]


async def test_a_capture_may_grow_while_it_is_read(tmp_path: Path) -> None:
    with Program(tmp_path / "grows.bin") as program:
        first = await heard(program.path, ("leaks",))
        found = Heard()
        task = asyncio.create_task(heard(program.path, EVERY, into=found))
        while not task.done():
            program.go_on()
            await asyncio.sleep(0)
        await task
        assert found.order == ["summary", *EVERY]
        assert found.stats.peak == found.summary.peak  # all parts are of the same moment
        later = await heard(program.path, ("leaks",))
    sizes = [sum(row.size for row in one.records("leaks").rows) for one in (first, found, later)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


async def test_a_running_capture_is_not_kept(tmp_path: Path) -> None:
    results = Results(tmp_path / "kept")
    with Program(tmp_path / "running.bin") as program:
        await heard(program.path, ("peak",), results)
    assert not list((tmp_path / "kept").rglob("*.*"))


async def test_an_aggregated_capture_gives_what_it_has_and_says_what_it_has_not() -> None:
    found = Heard()
    with pytest.raises(CockpitError) as raised:
        await heard(recorded("small", "--aggregate"), EVERY, into=found)
    assert found.order == ["summary", "peak", "leaks"]
    assert "this capture is aggregated: it holds no single allocations" in raised.value.message
    assert "--aggregate" in raised.value.hint
    assert "temporary allocations" in refusal(found.summary, "temporary")
    assert refusal(found.summary, "peak") == ""


def test_only_temporary_allocations_of_a_large_capture_are_warned_of() -> None:
    def of(allocations: int, aggregated: bool = False) -> Summary:
        empty = (0, 0, "", 0, 0, "", False, False)
        return Summary(0, 1, allocations, *empty, aggregated, [], "complete")

    assert "up to 9.8 GB of memory" in warning(of(245_000_000), "temporary")
    assert warning(of(245_000_000), "peak") == ""
    assert warning(of(245_000_000, aggregated=True), "temporary") == ""
    assert warning(of(1_000_000), "temporary") == ""


async def test_memray_says_nothing_on_our_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    await heard(recorded("small"), EVERY)
    assert capfd.readouterr() == ("", "")

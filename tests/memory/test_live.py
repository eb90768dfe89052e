"""What is seen of a running program is what memray has, and seeing it does nothing to it."""

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import memray
import psutil
import pytest

from cockpit.memory import far_live, feeding
from cockpit.memory.captures import Captures
from cockpit.memory.far_live import Heap
from cockpit.memory.model import Live, LiveRow, Options, Place
from cockpit.memory.tracked import Tracked
from tests.memory.programs import BUSY, HELD, KEPT, STEADY, tracking
from tests.profilers.targets import PATIENCE, script, until

posix = pytest.mark.skipif(sys.platform == "win32", reason="memray is for POSIX")
pytestmark = [posix]


@pytest.fixture
def captures(tmp_path: Path) -> Captures:
    return Captures(tmp_path / "data", tmp_path)


class View:
    """A live view of a program, and all that it showed."""

    def __init__(self, program: Tracked) -> None:
        assert program.live is not None
        self.reader = program.live
        self.seen: list[Live] = []
        self.task = asyncio.create_task(self.reader.run(self.seen.append))

    def heap_of(self, name: str) -> int:
        """Return what a function holds by itself, by the last picture."""
        rows = self.seen[-1].rows if self.seen else []
        return sum(row.own for row in rows if row.place.name == name)

    async def over(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.task

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def children() -> list[psutil.Process]:
    """Return the processes that read captures."""
    found = psutil.Process().children(recursive=True)
    return [one for one in found if far_live.__name__ in one.cmdline()]


# --- A picture ---


class Fake(NamedTuple):
    """A record as memray's snapshots have them."""

    size: int
    n_allocations: int
    stack_id: int
    stack: tuple[str, ...]
    native_stack_id: int = 0
    native_segment_generation: int = 0

    def stack_trace(self) -> list[tuple[str, str, int]]:
        return [(name, "a.py", 1) for name in self.stack]

    def hybrid_stack_trace(self) -> list[tuple[str, str, int]]:
        return [("malloc", "m.c", 2), *self.stack_trace()]


@pytest.mark.unit
class TestAPicture:
    def test_sums_up_each_place_by_itself_and_with_what_it_calls(self) -> None:
        records = [Fake(10, 1, 1, ("leaf", "main")), Fake(7, 2, 2, ("main",))]
        live = Heap(native=False).picture(records, 99, 0.5)
        assert (live.heap, live.allocations, live.resident, live.cost) == (17, 3, 99, 0.5)
        assert live.rows == [
            LiveRow(Place("leaf", "a.py", 1), 10, 1, 10, 1),
            LiveRow(Place("main", "a.py", 1), 7, 2, 17, 3),
        ]

    def test_counts_a_place_once_in_a_stack(self) -> None:
        live = Heap(native=False).picture([Fake(10, 1, 1, ("f", "f", "g", "f"))], 0, 0)
        assert {row.place.name: row.total for row in live.rows} == {"f": 10, "g": 10}

    def test_begins_where_there_is_native_code_with_that(self) -> None:
        live = Heap(native=True).picture([Fake(10, 1, 1, ("f",))], 0, 0)
        assert [row.place for row in live.rows if row.own] == [Place("malloc", "m.c", 2)]

    def test_has_what_has_no_stack(self) -> None:
        live = Heap(native=False).picture([Fake(10, 1, 0, ())], 0, 0)
        assert live.rows == [LiveRow(Place("", "", 0), 10, 1, 10, 1)]

    def test_has_the_largest_of_many(self) -> None:
        records = [Fake(i, 1, i, (f"f{i}", f"g{i}", "main")) for i in range(1, 1_001)]
        live = Heap(native=False).picture(records, 0, 0)
        names = {row.place.name for row in live.rows}
        assert {"f1000", "f801", "main", "g1000"} <= names
        assert not {"f800", "g700"} & names
        assert len(live.rows) <= 400
        assert live.heap == 500_500

    def test_remembers_the_peak(self) -> None:
        heap = Heap(native=False)
        sizes = (10, 30, 20)
        peaks = [heap.picture([Fake(size, 1, 1, ("f",))], 0, 0).peak for size in sizes]
        assert peaks == [10, 30, 30]

    def test_of_nothing_is_empty(self) -> None:
        live = Heap(native=False).picture([], 0, 0)
        assert (live.heap, live.allocations, live.rows) == (0, 0, [])


# --- A real program ---


@pytest.mark.integration
@pytest.mark.slow
class TestTheView:
    async def test_shows_what_is_alive(self, tmp_path: Path, captures: Captures) -> None:
        script(tmp_path, "app.py", STEADY + HELD)
        async with tracking(captures, folder=tmp_path) as program:
            view = View(program)
            await until(lambda: view.heap_of("block") == KEPT, "what is kept")
            last = view.seen[-1]
            (row,) = (row for row in last.rows if row.place.name == "block")
            assert (row.own_allocations, row.place.path) == (30, "app.py")
            (total,) = (r.total for r in last.rows if r.place.name == "<module>" and r.own == 0)
            assert total >= KEPT
            assert last.peak >= last.heap >= KEPT
            assert last.resident > 1 << 20
            assert 0 <= last.cost < 2
            assert "changes nothing" in view.reader.words
            (tmp_path / "go").touch()
            assert await program.ended() == 0
            await view.over()

    @pytest.mark.parametrize("options", [Options(), Options(native=True, python_allocators=True)])
    async def test_ends_with_what_memray_says_was_never_freed(
        self, tmp_path: Path, captures: Captures, options: Options
    ) -> None:
        script(tmp_path, "app.py", STEADY + "import json, decimal")
        async with tracking(captures, folder=tmp_path, options=options) as program:
            view = View(program)
            await program.ended()
            await view.over()
        assert (view.reader.over, view.reader.words.partition(";")[0]) == (
            True,
            "The program has ended",
        )
        reader = memray.FileReader(program.capture.path)
        leaked = list(reader.get_leaked_allocation_records(merge_threads=True))
        last = view.seen[-1]
        assert last.heap == sum(one.size for one in leaked)
        assert last.allocations == sum(one.n_allocations for one in leaked)
        own: Counter[tuple[str, str, int]] = Counter()
        for one in leaked:
            stack = one.hybrid_stack_trace() if options.native else one.stack_trace()
            own[(stack or [("", "", 0)])[0]] += one.size
        seen = {tuple(row.place): row.own for row in last.rows if row.own}
        assert seen == dict(own)

    async def test_comes_about_once_a_second(self, tmp_path: Path, captures: Captures) -> None:
        script(tmp_path, "app.py", BUSY)
        async with tracking(captures, folder=tmp_path) as program:
            view = View(program)
            await until(lambda: len(view.seen) >= 3)
            await view.close()
        gaps = [two.at - one.at for one, two in zip(view.seen, view.seen[1:], strict=False)]
        assert all(gap >= 0.95 for gap in gaps)

    async def test_can_be_closed_and_opened_again(self, tmp_path: Path, captures: Captures) -> None:
        script(tmp_path, "app.py", STEADY + HELD)
        async with tracking(captures, folder=tmp_path) as program:
            view = View(program)
            await until(lambda: view.heap_of("block"))
            await view.close()
            assert children() == []
            assert program.code is None
            again = View(program)
            await until(lambda: again.heap_of("block") == KEPT)
            assert again.seen[0].peak >= view.seen[-1].peak
            (tmp_path / "go").touch()
            assert await program.ended() == 0
            await again.over()
        assert program.capture.standing == "complete"

    async def test_of_a_program_that_ends_at_once_is_of_its_end(
        self, tmp_path: Path, captures: Captures
    ) -> None:
        script(tmp_path, "app.py", "")
        async with tracking(captures, folder=tmp_path) as program:
            view = View(program)
            await program.ended()
            await view.over()
        assert view.reader.over
        assert view.seen[-1].resident == 0

    async def test_opened_after_the_end_has_nothing_to_follow(
        self, tmp_path: Path, captures: Captures
    ) -> None:
        script(tmp_path, "app.py", STEADY)
        async with tracking(captures, folder=tmp_path) as program:
            await program.ended()
            view = View(program)
            await view.over()
        assert view.reader.over

    async def test_of_a_program_that_never_began_says_so(
        self, tmp_path: Path, captures: Captures
    ) -> None:
        async with tracking(captures, sys.executable, "none.py", folder=tmp_path) as program:
            view = View(program)
            await view.over()
        assert (view.seen, view.reader.over) == ([], True)
        assert "memray captured nothing" in view.reader.words

    async def test_ends_with_a_program_that_is_killed(
        self, tmp_path: Path, captures: Captures
    ) -> None:
        script(tmp_path, "app.py", STEADY + HELD)
        async with tracking(captures, folder=tmp_path) as program:
            view = View(program)
            await until(lambda: view.heap_of("block"))
            os.kill(program.target.pid, signal.SIGKILL)
            await view.over()
            await program.ended()
        assert view.reader.over
        assert program.capture.standing == "killed"

    @pytest.mark.parametrize("which", ["reader", "feeder"])
    async def test_that_is_killed_hurts_neither_the_program_nor_its_capture(
        self, tmp_path: Path, captures: Captures, which: str
    ) -> None:
        script(tmp_path, "app.py", STEADY + HELD)
        async with tracking(captures, folder=tmp_path) as program:
            view = View(program)
            await until(lambda: view.heap_of("block"))
            reader, feeder = sorted(children(), key=lambda one: one.create_time())
            (reader if which == "reader" else feeder).kill()
            await view.over()
            assert program.code is None
            assert not view.reader.over
            assert "The program and its capture go on. Open the view again" in view.reader.words
            await until(lambda: children() == [])
            again = View(program)
            await until(lambda: again.heap_of("block"))
            (tmp_path / "go").touch()
            assert await program.ended() == 0
            await again.over()
        assert program.capture.standing == "complete"

    async def test_does_not_hold_up_a_program_even_when_it_stands_still(
        self, tmp_path: Path, captures: Captures
    ) -> None:
        script(tmp_path, "app.py", BUSY.replace("while True", "for _ in range(300_000)"))
        async with tracking(captures, folder=tmp_path) as program:
            view = View(program)
            await until(lambda: view.seen)
            for one in children():
                one.suspend()
            async with asyncio.timeout(PATIENCE):
                assert await program.ended() == 0
            for one in children():
                one.resume()
            await view.over()
        assert program.capture.standing == "complete"
        assert view.reader.over

    async def test_of_another_version_of_memray_is_told_from_one_of_ours(
        self, tmp_path: Path, captures: Captures
    ) -> None:
        script(tmp_path, "app.py", HELD)
        async with tracking(captures, folder=tmp_path) as program:
            assert program.live is not None
            other = tmp_path / "other.bin"
            other.write_bytes(b"memray\0" + b"\x63\1\1\1" * 400)
            program.live.path = other
            view = View(program)
            await view.over()
            assert view.seen == []
            assert "cannot read what the program's memray writes" in view.reader.words
            assert "incompatible with this version" in view.reader.words


# --- Who may take it ---


@pytest.mark.integration
@pytest.mark.security
class TestThePort:
    def test_is_for_our_parent_alone(self) -> None:
        ports = feeding.listen()
        number = ports[0].getsockname()[1]
        with socket.create_connection(("127.0.0.1", number)) as mine:
            theirs = mine.getsockname()[1]
            assert feeding._is_of(os.getpid(), theirs, number)
            assert not feeding._is_of(os.getppid(), theirs, number)
            assert not feeding._is_of(os.getpid(), theirs + 1, number)
        for port in ports:
            port.close()

    def test_turns_strangers_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(feeding, "_STRANGERS", 2)
        ports = feeding.listen()
        number = ports[0].getsockname()[1]
        ours = [socket.create_connection(("127.0.0.1", number)) for _ in range(2)]
        assert feeding._taker(ports, os.getppid()) is None
        for one in ours:
            assert one.recv(1) == b""
            one.close()
        for port in ports:
            port.close()

    def test_is_taken_for_both_versions_of_ip(self) -> None:
        ports = feeding.listen()
        number = ports[0].getsockname()[1]
        with pytest.raises(OSError, match=r"in use|assign"):
            socket.create_server(("::1", number), family=socket.AF_INET6)
        assert all(port.getsockname()[0] in ("127.0.0.1", "::1") for port in ports)
        for port in ports:
            port.close()

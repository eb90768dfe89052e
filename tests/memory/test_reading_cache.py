"""The second opening asks neither memray nor a child; nothing that is found there is trusted."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from cockpit.memory import header, wire
from cockpit.memory import reading as reading_module
from cockpit.memory.model import Part
from cockpit.memory.results import Results
from tests.memory.captures import Heard, heard, killed, recorded, until

pytestmark = [pytest.mark.integration]

PARTS: tuple[Part, ...] = ("peak", "stats", "leaks")


class Children:
    """Counts the children that are asked, and what for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.orders: list[list[str]] = []
        true = reading_module.run

        async def run(argv: Any, *others: Any, **named: Any) -> Any:
            self.orders.append(list(wire.msgspec.json.decode(argv[-1], type=wire.Order).parts))
            return await true(argv, *others, **named)

        monkeypatch.setattr(reading_module, "run", run)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    return Children(monkeypatch)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return Path(shutil.copy(recorded("threads"), tmp_path / "one.bin"))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "kept")


def entries(results: Results) -> list[Path]:
    return sorted(results._home().glob("*"))


async def test_the_second_opening_gives_the_same_without_a_child(
    capture: Path, results: Results, children: Children
) -> None:
    first = await heard(capture, PARTS, results)
    second = await heard(capture, PARTS, results)
    assert len(children.orders) == 1
    assert second.parts == first.parts
    assert second.order == first.order
    assert [step.share for step in second.progress] == [1.0]


async def test_only_what_is_missing_is_read(
    capture: Path, results: Results, children: Children
) -> None:
    await heard(capture, ("peak",), results)
    found = await heard(capture, ("leaks", "peak", "temporary"), results)
    assert children.orders == [["summary", "peak"], ["leaks", "temporary"]]
    assert found.order == ["summary", "peak", "leaks", "temporary"]


async def test_a_copy_is_known_by_its_content(
    capture: Path, results: Results, children: Children, tmp_path: Path
) -> None:
    first = await heard(capture, PARTS, results)
    copy = Path(shutil.copy(capture, tmp_path / "another name.bin"))
    assert (await heard(copy, PARTS, results)).parts == first.parts
    assert children.orders[1:] == [[]]  # hashed, and nothing else
    await heard(copy, PARTS, results)
    assert len(children.orders) == 2


async def test_a_capture_that_changed_is_read_anew(
    capture: Path, results: Results, children: Children
) -> None:
    first = await heard(capture, PARTS, results)
    state = capture.stat()
    capture.write_bytes(recorded("small").read_bytes())
    os.utime(capture, ns=(state.st_atime_ns, state.st_mtime_ns))
    second = await heard(capture, PARTS, results)
    assert second.parts != first.parts
    assert children.orders[-1] == ["summary", *PARTS]


async def test_a_change_of_the_same_size_and_time_is_seen(capture: Path, results: Results) -> None:
    """What else is the same, the state of the file's node is not."""
    path = capture.with_name("plain.bin")
    shutil.copy(recorded("threads", "--no-compress"), path)
    first = await heard(path, (), results)
    state, content = path.stat(), bytearray(path.read_bytes())
    at = content.index(b"threads.py")
    content[at] = ord("T")
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "Threads.py" in (await heard(path, (), results)).summary.command
    assert "threads.py" in first.summary.command


async def test_another_version_of_memray_has_results_of_its_own(
    capture: Path, results: Results, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    await heard(capture, (), results)
    monkeypatch.setattr("cockpit.memory.results.memray_version", lambda: "1.99.0")
    await heard(capture, (), results)
    assert children.orders == [["summary"], ["summary"]]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-7]) and None,
    "empty": lambda path: path.write_bytes(b"") and None,
    "a bit": flip,
    "other words": lambda path: path.write_bytes(b'{"type":"last"}\n' + b"0" * 40) and None,
    "a folder": lambda path: (path.unlink(), path.mkdir())[1],
    "a link": lambda path: (path.rename(path.with_suffix(".to")), path.symlink_to(f"{path}.to"))[1],
    "for others": lambda path: path.chmod(0o666),
    "of another part": lambda path: (
        path.write_bytes(
            path.with_suffix(".summary" if path.suffix != ".summary" else ".peak").read_bytes()
        )
        and None
    ),
}


@pytest.mark.security
@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_is_damaged_or_not_ours_is_read_anew(
    capture: Path, results: Results, children: Children, damage: str
) -> None:
    first = await heard(capture, PARTS, results)
    (peak,) = results._home().glob("*.peak")
    DAMAGES[damage](peak)
    assert (await heard(capture, PARTS, results)).parts == first.parts
    assert children.orders[1:] == [["peak"]]


@pytest.mark.security
def test_records_that_lead_nowhere_are_not_taken(tmp_path: Path) -> None:
    pieces = (
        '{"type":"piece","places":[],"nodes":[[-1,0]],"rows":[]}',
        '{"type":"piece","places":[["f","p",1]],"nodes":[[0,0]],"rows":[]}',
        '{"type":"piece","places":[],"nodes":[],"rows":[["MALLOC",1,1,1,"",0]]}',
        '{"type":"last","kind":"peak","rows":2}',
        '{"type":"stats"}',
        "nonsense",
        "[" * 100_000,
    )
    for piece in pieces:
        with pytest.raises(wire.Senseless):
            wire.Assembly().take(wire.decoded(piece.encode()))


@pytest.mark.security
async def test_results_are_for_this_user_alone(capture: Path, results: Results) -> None:
    await heard(capture, PARTS, results)
    for path in results._folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.security
async def test_a_folder_that_others_may_write_to_is_not_used(
    capture: Path, results: Results, children: Children
) -> None:
    results._home().mkdir(parents=True)
    results._home().chmod(0o777)
    await heard(capture, PARTS, results)
    assert entries(results) == []
    results._home().chmod(0o700)


async def test_without_a_place_for_results_all_is_read_and_nothing_kept(
    capture: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    results = Results(tmp_path / "file" / "below")
    assert (await heard(capture, PARTS, results)).order == ["summary", *PARTS]


async def test_the_results_of_longest_ago_go_first(tmp_path: Path, results: Results) -> None:
    first, second = recorded("small"), recorded("threads")
    await heard(first, PARTS, results)
    kept = {path: path.stat().st_size for path in entries(results)}
    for path in kept:
        os.utime(path, (1, 1))
    small = Results(results._folder, limit=sum(kept.values()) + 1_000)
    await heard(second, PARTS, small)
    assert sum(path.stat().st_size for path in entries(results)) <= sum(kept.values()) + 1_000
    assert any(path not in kept for path in entries(results))
    assert not set(kept) <= set(entries(results))


async def test_a_reading_that_is_cancelled_keeps_the_parts_that_came(
    tmp_path: Path, results: Results
) -> None:
    found = Heard()
    path = recorded("big", "--no-compress")
    task = asyncio.create_task(heard(path, ("peak", "leaks", "stats"), results, found))
    await until(lambda: "peak" in found.parts)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "peak" in {entry.suffix[1:] for entry in entries(results)}
    assert not psutil.Process().children() or all(
        "cockpit.memory.far" not in one.cmdline() for one in psutil.Process().children()
    )


async def test_a_killed_capture_is_kept_by_its_content_until_it_has_rested(
    tmp_path: Path, results: Results, children: Children
) -> None:
    path = killed(tmp_path)
    await heard(path, (), results)
    await heard(path, (), results)
    assert children.orders == [["summary"], []]  # the second is hashed only
    old = time.time() - 3_600
    os.utime(path, (old, old))
    await heard(path, (), results)
    await heard(path, (), results)
    assert children.orders[2:] == [[]]


async def test_a_capture_that_changes_while_it_is_read_is_not_kept(
    results: Results, tmp_path: Path
) -> None:
    path = Path(shutil.copy(recorded("big", "--no-compress"), tmp_path / "changes.bin"))
    found = Heard()
    task = asyncio.create_task(heard(path, ("peak",), results, found))
    await until(lambda: found.progress)
    os.utime(path, (1, 1))
    await task
    assert entries(results) == []


def test_the_version_of_memray_is_known_without_it() -> None:
    assert header.memray_version()[:2] == "1."

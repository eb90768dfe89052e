"""A light look at a capture: what its header says, in some milliseconds."""

import shutil
import time
from pathlib import Path

import pytest

from cockpit.memory import header
from cockpit.memory.probe import look, probe
from tests.memory.captures import Program, heard, killed, recorded, script

pytestmark = [pytest.mark.integration]

OPTIONS = [
    (),
    ("--no-compress",),
    ("--native",),
    ("--aggregate",),
    ("--aggregate", "--no-compress"),
    ("--trace-python-allocators",),
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
async def test_it_says_what_memray_does(options: tuple[str, ...]) -> None:
    path = recorded("small", *options)
    found, summary = await probe(path), (await heard(path)).summary
    assert (found.command, found.pid) == (summary.command, summary.pid)
    assert found.began == summary.began / 1000
    assert found.options.native == summary.native == ("--native" in options)
    assert found.options.aggregate == summary.aggregated == ("--aggregate" in options)
    assert found.options.python_allocators == summary.python_allocators
    assert (found.standing, found.problem) == (summary.standing, "") == ("complete", "")
    assert (found.size, found.name) == (path.stat().st_size, path.name)


def test_a_long_command_in_a_compressed_capture_is_unpacked_whole(tmp_path: Path) -> None:
    import subprocess
    import sys

    words = [f"word{number % 7}-{'x' * (number % 300)}" for number in range(400)]
    path = tmp_path / "long.bin"
    command = (sys.executable, "-m", "memray", "run", "-q", "-f", "-o", str(path))
    subprocess.run((*command, str(script("nothing")), *words), check=True)
    assert path.read_bytes()[:4] == b"\x04\x22\x4d\x18"
    assert look(path).command.endswith(" ".join(words))


def test_a_compressed_capture_that_ends_in_its_first_block_cannot_be_read(tmp_path: Path) -> None:
    path = Path(shutil.copy(recorded("small"), tmp_path / "cut.bin"))
    path.write_bytes(path.read_bytes()[:2_000])
    found = look(path)
    assert found.standing == "unreadable"
    assert found.problem == "it ends within its first block, and cannot be unpacked"


@pytest.mark.parametrize("options", [(), *OPTIONS[1:3], *OPTIONS[4:]], ids=" ".join)
def test_a_capture_that_was_cut_off_is_partial(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = Path(shutil.copy(recorded("busy", *options), tmp_path / "cut.bin"))
    assert look(path).standing == "complete"
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole[: len(whole) * 9 // 10])
    assert look(path).standing == "partial"


def test_running_is_told_from_killed(tmp_path: Path) -> None:
    with Program(tmp_path / "one.bin") as program:
        found = look(program.path)
        assert (found.standing, found.pid) == ("running", program.pid)
    assert look(program.path).standing == "killed"


def test_what_is_no_capture_has_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"other")
    found = look(path)
    assert (found.standing, found.size) == ("unreadable", 5)
    assert found.problem == "it was not written by memray"
    assert look(tmp_path).problem == "it is a folder"
    assert look(tmp_path / "none").problem == "no such file or directory"
    assert look(killed(tmp_path, "--aggregate")).problem.startswith("it is empty")


def test_of_another_format_only_that_and_the_size_are_told(tmp_path: Path) -> None:
    content = bytearray(recorded("small", "--no-compress").read_bytes())
    content[7] = 42
    path = tmp_path / "new.bin"
    path.write_bytes(content)
    found = look(path)
    assert (found.standing, found.size, found.command) == ("unreadable", len(content), "")
    assert "written by another version of memray (format 42)" in found.problem


@pytest.mark.security
def test_no_header_is_too_odd(tmp_path: Path) -> None:
    import random

    chance = random.Random(11)
    path = tmp_path / "odd.bin"
    for options in ((), ("--no-compress",)):
        original = recorded("small", *options).read_bytes()
        for _ in range(300):
            content = bytearray(original[: chance.choice((30, 200, 600, len(original)))])
            for _ in range(chance.choice((1, 4, 40))):
                content[chance.randrange(min(len(content), 600))] = chance.randrange(256)
            path.write_bytes(content)
            found = look(path)
            assert found.command.isprintable()
            assert found.problem.isprintable()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A block may claim to be gigabytes of the same byte."""
    path = tmp_path / "bomb.bin"
    block = b"\x1fm\x01\x00" + b"\xff" * 3_000_000 + b"\x00"
    path.write_bytes(b"\x04\x22\x4d\x18\x40\x40\xc0" + len(block).to_bytes(4, "little") + block)
    began = time.process_time()
    assert look(path).standing == "unreadable"
    assert time.process_time() - began < 5


@pytest.mark.parametrize("options", [(), ("--no-compress",)])
def test_a_look_takes_less_than_ten_milliseconds(options: tuple[str, ...]) -> None:
    path = recorded("busy", *options)
    took = []
    for _ in range(20):
        began = time.process_time()
        look(path)
        took.append(time.process_time() - began)
    assert sorted(took)[10] < 0.010


def test_a_foreign_format_is_known_by_the_memray_that_is_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(header, "memray_version", lambda: "1.19.3")
    assert header.foreign(12) == ""
    assert "(format 13), this cockpit reads 12" in header.foreign(13)
    monkeypatch.setattr(header, "memray_version", lambda: "1.30")
    assert header.foreign(17) == ""  # only memray itself can say

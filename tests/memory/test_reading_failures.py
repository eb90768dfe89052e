"""Whatever is wrong with a capture is said plainly; each fault is made for real."""

import os
import random
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from cockpit.errors import CockpitError
from cockpit.memory import failures, header
from cockpit.memory import reading as reading_module
from cockpit.memory.model import Part
from tests.memory.captures import Heard, children, heard, killed, recorded, until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

EVERY: tuple[Part, ...] = ("peak", "stats", "leaks", "temporary")


async def refused(path: Path, parts: tuple[Part, ...] = EVERY) -> CockpitError:
    with pytest.raises(CockpitError) as raised:
        await heard(path, parts)
    assert "\n" not in raised.value.message
    return raised.value


async def test_a_file_that_is_missing(tmp_path: Path) -> None:
    error = await refused(tmp_path / "none.bin")
    assert error.message == f"{tmp_path}/none.bin cannot be read: no such file or directory"
    assert error.hint


async def test_a_folder(tmp_path: Path) -> None:
    assert (await refused(tmp_path)).message.endswith("it is a folder")


async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert (await refused(tmp_path / "pipe")).message.endswith("it is not a regular file")


async def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = copied(recorded("small"), tmp_path)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("whoever runs this may read everything")
    assert (await refused(path)).message.endswith("permission denied")


@pytest.mark.parametrize("content", [b"hello world", b"x" * 5_000, b"memra", b"\x04\x22\x4d\x18"])
async def test_a_file_that_is_no_capture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    assert " cannot be read: it " in (await refused(path)).message


async def test_what_a_name_holds_is_shown_and_not_sent(tmp_path: Path) -> None:
    error = await refused(tmp_path / "evil\x1b[31m.bin")
    assert "\x1b" not in error.message
    assert "\\x1b" in error.message


async def test_a_killed_aggregating_program_leaves_an_empty_file(tmp_path: Path) -> None:
    path = killed(tmp_path, "--aggregate")
    assert path.stat().st_size == 0
    assert "it is empty: its program has not begun, or was killed" in (await refused(path)).message


@pytest.mark.parametrize("options", [("--no-compress",), ("--aggregate", "--no-compress")])
async def test_a_capture_of_another_version_of_memray(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = copied(recorded("small", *options), tmp_path)
    content = bytearray(path.read_bytes())
    ours = content[7]
    content[7] = 99
    path.write_bytes(content)
    message = (await refused(path)).message
    assert "it was written by another version of memray (format 99)" in message
    assert f"this cockpit reads {ours}" in message


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize(
    "options", [(), ("--no-compress",), ("--aggregate", "--no-compress")], ids=" ".join
)
async def test_a_capture_that_was_cut_off_is_partial(
    tmp_path: Path, options: tuple[str, ...], share: float
) -> None:
    path = copied(recorded("busy", *options), tmp_path)
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole[: int(len(whole) * share)])
    found = await heard(path, ("peak", "leaks"))
    assert found.summary.standing == "partial"
    assert found.summary.notes[0].startswith("It is cut off or damaged")
    if "--aggregate" not in options:
        counted = found.summary.allocations
        assert f"{counted:,} of " in found.summary.notes[0]
        assert 0 < counted < (await heard(recorded("busy", *options))).summary.allocations


async def test_only_the_end_mark_is_missing(tmp_path: Path) -> None:
    path = copied(recorded("busy"), tmp_path)
    path.write_bytes(path.read_bytes()[:-4])
    assert (await heard(path)).summary.standing == "partial"


async def test_a_whole_capture_is_complete_and_nothing_is_to_be_said() -> None:
    for options in ((), ("--no-compress",), ("--aggregate",), ("--native",)):
        summary = (await heard(recorded("small", *options))).summary
        assert (summary.standing, summary.notes) == ("complete", [])


async def test_a_child_that_is_killed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    found = Heard()
    task = asyncio.create_task(heard(recorded("big", "--no-compress"), EVERY, into=found))
    await until(lambda: len(found.progress) > 2)
    os.kill(children(psutil.Process().pid)[0], signal.SIGKILL)
    with pytest.raises(CockpitError, match="memray was ended by SIGKILL while it read"):
        await task


async def test_a_child_may_not_take_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "_share", lambda: 160 << 20)
    found = Heard()
    with pytest.raises(CockpitError) as raised:
        await heard(recorded("big", "--no-compress"), ("temporary", "peak"), into=found)
    assert found.order == ["summary", "peak"]  # the rest is not lost
    assert "more memory than the 0.2 GB that it may have" in raised.value.message
    assert "temporary allocations" in raised.value.message


async def test_memray_that_is_missing_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memray.py").write_text("raise ModuleNotFoundError(\"No module named 'memray'\")")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(header.__file__).parents[2]}")
    assert "memray is not installed" in (await refused(recorded("small"))).message


@pytest.mark.security
@pytest.mark.parametrize("options", [(), ("--no-compress",), ("--aggregate", "--no-compress")])
async def test_garbage_in_the_middle_ends_in_a_result_or_in_words(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    import asyncio

    original = recorded("threads", *options).read_bytes()
    chance = random.Random(f"5{options}")
    parts: tuple[Part, ...] = ("peak", "leaks") if "--aggregate" in options else EVERY
    said: list[str] = []
    for number in range(20):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(mutated(original, chance))
        async with asyncio.timeout(30):
            try:
                summary = (await heard(path, parts)).summary
            except CockpitError as error:
                said.append(error.message)
            else:
                said += summary.notes
    assert len(said) > 3  # not all of them pass unseen
    assert all(words.isprintable() for words in said)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return a capture with a few bits or a stretch of it changed."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 3, 30))):
        at = chance.randrange(len(changed))
        changed[at] ^= 1 << chance.randrange(8)
    if chance.random() < 0.4:
        at = chance.randrange(len(changed))
        stretch = chance.randbytes(chance.choice((4, 64, 700)))
        changed[at : at + len(stretch)] = stretch
    return bytes(changed)


def copied(path: Path, folder: Path) -> Path:
    return Path(shutil.copy(path, folder / "copy.bin"))


def test_memrays_own_words_are_shown_and_not_sent() -> None:
    message, hint = failures.damaged(Path("/x"), "bad \x1b[31m thing")
    assert "\\x1b" in message
    assert hint

"""A program under memray runs as it would without, and its capture is kept however it ends."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import memray
import psutil
import pytest

from cockpit.errors import CockpitError
from cockpit.memory.captures import Captures
from cockpit.memory.ending import Heard
from cockpit.memory.model import Options
from cockpit.memory.tracked import NO_LIVE, ONE_ONLY
from tests.memory.programs import BUSY, HELD, KEPT, STEADY, stats, tracking
from tests.profilers.targets import PATIENCE, script, until

posix = pytest.mark.skipif(sys.platform == "win32", reason="memray is for POSIX")
pytestmark = [pytest.mark.integration, pytest.mark.slow, posix]

ME = sys.executable


@pytest.fixture
def captures(tmp_path: Path) -> Captures:
    return Captures(tmp_path / "data", tmp_path)


@pytest.fixture
def little(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk that is soon full."""
    folder = tmp_path / "little"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=600k,mode=700", "tmpfs", str(folder))
    if os.getuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(("umount", "-l", str(folder)), check=True)


# --- It runs as itself, and is captured as memray alone would ---


async def test_its_capture_says_the_same_as_that_of_memray_alone(
    tmp_path: Path, captures: Captures
) -> None:
    script(tmp_path, "app.py", STEADY)
    command = (ME, "-m", "memray", "run", "-q", "-f", "-o", "alone.bin", "app.py")
    await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, check=True)
    async with tracking(captures, folder=tmp_path) as program:
        assert program.live is not None
        seeing = asyncio.create_task(program.live.run(lambda _: None))
        assert await program.ended() == 0
        await seeing
    mine, alone = (
        stats(path, tmp_path) for path in (Path(program.capture.path), tmp_path / "alone.bin")
    )
    for name in ("top_allocations_by_size", "top_allocations_by_count"):
        assert [one for one in mine[name] if "app.py" in str(one)] == [
            one for one in alone[name] if "app.py" in str(one)
        ]
    # The command line that memray keeps, and the path of its file, are longer.
    for name in ("total_num_allocations", "total_bytes_allocated"):
        assert mine[name] == pytest.approx(alone[name], rel=1e-3)
    peaks = (mine["metadata"]["peak_memory"], alone["metadata"]["peak_memory"])
    assert peaks[0] == pytest.approx(peaks[1], rel=1e-3)
    assert mine["metadata"]["end_time"] > mine["metadata"]["start_time"]


async def test_it_has_its_arguments_its_folder_and_its_words(
    tmp_path: Path, captures: Captures
) -> None:
    script(tmp_path, "app.py", "import os, sys; print(sys.argv, os.getcwd()); sys.exit('bad')")
    heard = bytearray()

    async def hear(said: bytes) -> None:
        heard.extend(said)

    words = (ME, "app.py", "-o", "a b", "--native")
    async with tracking(captures, *words, folder=tmp_path, name="n", echo=hear) as program:
        assert await program.ended() == 1
        assert list(program.said) == [f"{list(words[1:])} {tmp_path}", "bad"]
        assert heard == f"{list(words[1:])} {tmp_path}\nbad\n".encode()
        assert program.ending == "The program ended with exit code 1."
    (found,) = captures.list()
    assert found == program.capture
    assert (found.standing, found.name, found.notes) == ("complete", "n", [])
    assert found.command == f"{ME} app.py -o 'a b' --native"
    assert found.pid == program.target.pid
    about = captures.about(Path(found.path))
    assert about.code == 1
    assert about.began <= about.ended


@pytest.mark.parametrize("run", [("-m", "app"), ("-c", "import app")])
async def test_a_module_and_a_text_are_run_too(
    tmp_path: Path, captures: Captures, run: tuple[str, ...]
) -> None:
    script(tmp_path, "app.py", "print('here')")
    async with tracking(captures, ME, *run, folder=tmp_path) as program:
        assert await program.ended() == 0
        assert list(program.said) == ["here"]


@pytest.mark.security
async def test_its_capture_is_for_this_user_alone(tmp_path: Path, captures: Captures) -> None:
    script(tmp_path, "app.py", "import os\nif os.fork(): os.wait()\n" + STEADY)
    options = Options(follow_fork=True)
    async with tracking(captures, folder=tmp_path, options=options) as program:
        assert program.live_words == ONE_ONLY
        await program.ended()
    whole, fork = sorted(captures.list(), key=lambda one: len(one.path))
    assert (whole.standing, fork.standing) == ("complete", "complete")
    assert fork.path == f"{whole.path}.{fork.pid}" != whole.path
    assert {stat.S_IMODE(Path(one.path).stat().st_mode) for one in (whole, fork)} == {0o600}


async def test_one_that_allocates_nothing_is_captured(tmp_path: Path, captures: Captures) -> None:
    script(tmp_path, "app.py", "")
    async with tracking(captures, folder=tmp_path) as program:
        assert await program.ended() == 0
    assert program.capture.standing == "complete"
    assert memray.FileReader(program.capture.path).metadata.pid == program.target.pid


async def test_it_is_seen_in_the_list_while_it_runs(tmp_path: Path, captures: Captures) -> None:
    script(tmp_path, "app.py", STEADY + HELD)
    async with tracking(captures, folder=tmp_path) as program:
        await until(lambda: "ready" in program.said)
        assert captures.list()[0].standing == "running"
        assert program.look().size > 0
        assert program.ending == ""
        (tmp_path / "go").touch()
        await program.ended()


# --- It ends otherwise than well ---


async def test_one_that_is_killed_leaves_all_up_to_there(
    tmp_path: Path, captures: Captures
) -> None:
    script(tmp_path, "app.py", STEADY + HELD)
    async with tracking(captures, folder=tmp_path) as program:
        await until(lambda: "ready" in program.said)
        os.kill(program.target.pid, signal.SIGKILL)
        assert await program.ended() == -signal.SIGKILL
    assert program.ending.startswith("The program ended by SIGKILL. Its capture has all up to")
    assert captures.list()[0].standing == program.capture.standing == "killed"
    reader = memray.FileReader(program.capture.path)
    leaked = {
        one.stack_trace()[0][0]: one.size
        for one in reader.get_leaked_allocation_records(merge_threads=True)
        if one.stack_trace()[0][1].endswith("app.py")
    }
    assert leaked["block"] == KEPT


async def test_one_that_leaves_without_a_word_is_not_called_complete(
    tmp_path: Path, captures: Captures
) -> None:
    script(tmp_path, "app.py", STEADY + "import os; os._exit(0)")
    async with tracking(captures, folder=tmp_path) as program:
        assert await program.ended() == 0
    assert program.capture.standing == "killed"
    assert "as by os._exit() or exec" in program.ending


async def test_one_that_is_not_there_leaves_no_capture(tmp_path: Path, captures: Captures) -> None:
    async with tracking(captures, ME, "none.py", folder=tmp_path) as program:
        assert await program.ended() == 1
    assert program.ending == (
        "The program ended with exit code 1. memray captured nothing: the program was not run. "
        "It said: [Errno 2] No such file or directory: 'none.py'"
    )
    assert captures.list() == []


async def test_one_that_no_shell_would_find_is_never_started(
    tmp_path: Path, captures: Captures
) -> None:
    for words in (("there-is-none",), ("sh", "-c", "true"), (ME,)):
        with pytest.raises(CockpitError):
            async with tracking(captures, *words, folder=tmp_path):
                pass
    with pytest.raises(CockpitError):
        async with tracking(captures, ME, "app.py", folder=tmp_path / "none"):
            pass
    assert captures.list() == []


async def test_an_environment_without_memray_says_so(tmp_path: Path, captures: Captures) -> None:
    make = (ME, "-m", "venv", "--without-pip", str(tmp_path / "venv"))
    await asyncio.to_thread(subprocess.run, make, check=True)
    script(tmp_path, "app.py", STEADY)
    python = str(tmp_path / "venv" / "bin" / "python")
    async with tracking(captures, python, "app.py", folder=tmp_path) as program:
        assert await program.ended() == 1
    assert program.ending.endswith("No module named memray")
    assert program.capture.problem == "memray captured nothing"
    assert captures.list() == []


async def test_a_full_disk_ends_the_capture_and_not_the_program(
    tmp_path: Path, little: Path
) -> None:
    captures = Captures(little, tmp_path)
    script(tmp_path, "app.py", STEADY * 20 + HELD + "print('done')")
    async with tracking(captures, folder=tmp_path) as program:
        await until(lambda: "ready" in program.said)
        assert program.trouble == (
            "memray has stopped tracking, and the program goes on: No space left on device."
        )
        (tmp_path / "go").touch()
        assert await program.ended() == 0
        assert "done" in program.said
    assert program.capture.standing == "partial"
    assert program.capture.notes == [
        "memray stopped tracking before the end, and the program went on: No space left on device."
    ]
    assert memray.FileReader(program.capture.path).metadata.total_allocations > 1_000


async def test_a_disk_that_was_full_before_says_that_nothing_was_run(
    tmp_path: Path, little: Path
) -> None:
    captures = Captures(little, tmp_path)
    captures.make()
    for size in (600 << 10, 4 << 10):
        with (little / f"other{size}").open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(4096 if size > 4096 else 512))
                except OSError:
                    break
    with pytest.raises(CockpitError, match=r"captures cannot be kept in .*: no space left"):
        async with tracking(captures, ME, "app.py", folder=tmp_path):
            pass
    assert captures.list() == []


async def test_a_disk_that_fills_before_the_first_byte_says_that_nothing_was_run(
    tmp_path: Path, little: Path
) -> None:
    captures = Captures(little, tmp_path)
    script(tmp_path, "app.py", "print('run')")
    full = (
        "import sys\n"
        "def fill():\n"
        f"    with open({str(little / 'other')!r}, 'wb', buffering=0) as file:\n"
        "        while True:\n"
        "            try: file.write(bytes(4096))\n"
        "            except OSError: return\n"
        "fill()\n"
    )
    script(tmp_path, "sitecustomize.py", full)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        async with tracking(captures, folder=tmp_path) as program:
            assert await program.ended() == 1
    assert "run" not in program.said
    assert "could not be begun, and the program was not run: No space left on" in program.ending


async def test_an_aggregated_one_that_is_killed_leaves_an_empty_file(
    tmp_path: Path, captures: Captures
) -> None:
    script(tmp_path, "app.py", STEADY + HELD)
    options = Options(aggregate=True)
    async with tracking(captures, folder=tmp_path, options=options) as program:
        assert (program.live, program.live_words) == (None, NO_LIVE)
        await until(lambda: "ready" in program.said)
        os.kill(program.target.pid, signal.SIGKILL)
        await program.ended()
    (found,) = captures.list()
    assert (found.standing, found.problem.partition(":")[0]) == ("unreadable", "it is empty")
    assert "an aggregated one is written at the end, which the program did not" in found.notes[0]


# --- It is ended by us ---


async def test_one_that_is_stopped_closes_its_capture(tmp_path: Path, captures: Captures) -> None:
    script(tmp_path, "app.py", BUSY)
    async with tracking(captures, folder=tmp_path) as program:
        await until(lambda: "ready" in program.said)
        await program.stop()
        assert program.code is not None
    assert program.capture.standing == "complete"
    assert program.ending.startswith("It was ended, ")


async def test_one_that_hears_nothing_is_ended_for_good(tmp_path: Path, captures: Captures) -> None:
    deaf = "import signal\nfor one in (2, 15): signal.signal(one, signal.SIG_IGN)\n"
    script(tmp_path, "app.py", deaf + BUSY)
    async with tracking(captures, folder=tmp_path) as program:
        await until(lambda: "ready" in program.said)
        await program.stop(patience=0.2)
        assert program.code == -signal.SIGKILL
    assert program.capture.standing == "killed"
    assert not psutil.pid_exists(program.target.pid)


async def test_it_ends_with_what_it_started(tmp_path: Path, captures: Captures) -> None:
    child = f"import subprocess, sys; subprocess.Popen(({ME!r}, '-c', 'input()'))\n"
    script(tmp_path, "app.py", child + HELD)
    async with tracking(captures, folder=tmp_path) as program:
        await until(lambda: "ready" in program.said)
        below = psutil.Process(program.target.pid).children(recursive=True)
        assert len(below) == 1
    await until(lambda: not any(one.is_running() for one in below))


async def test_its_end_can_be_awaited_by_many(tmp_path: Path, captures: Captures) -> None:
    script(tmp_path, "app.py", STEADY)
    async with tracking(captures, folder=tmp_path) as program, asyncio.timeout(PATIENCE):
        assert await asyncio.gather(*(program.ended() for _ in range(3))) == [0, 0, 0]
    assert len(captures.list()) == 1


# --- What memray says ---


@pytest.mark.unit
def test_words_of_memray_are_heard_in_pieces() -> None:
    said = (
        b"x\nMemray ERROR: Failed to grow output file /a: b by 9 bytes: No space left on device\n"
    )
    for cut in range(len(said)):
        heard = Heard()
        heard.take(said[:cut])
        heard.take(said[cut:])
        assert (heard.full, heard.reason) == (True, "No space left on device")


@pytest.mark.unit
@pytest.mark.security
def test_words_that_look_like_those_of_memray_are_shown_as_text() -> None:
    heard = Heard()
    heard.take(b"Failed to grow output file: \x1b[31m" + b"y" * 100_000 + b"\n")
    assert "\x1b" not in heard.reason
    assert len(heard.reason) <= 200

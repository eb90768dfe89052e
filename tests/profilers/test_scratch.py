"""What py-spy writes is private, goes with us, and is never taken from a cockpit that lives."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cockpit.profilers import scratch
from cockpit.profilers.pyspy import Options
from cockpit.profilers.sampler import Sampler, State
from cockpit.profilers.scratch import private_folder
from cockpit.profilers.target import pin
from tests.shell import REPOSITORY

pytestmark = [pytest.mark.unit, pytest.mark.security]

HOLD = """
import sys
from cockpit.profilers.scratch import private_folder
with private_folder() as folder:
    (folder / "stacks").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have temporary folders made in a place of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def other_cockpit(place: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start one that has a folder, and return it with that."""
    child = subprocess.Popen(
        (sys.executable, "-c", HOLD),
        env={**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    return child, Path(child.stdout.readline().decode().strip())


def test_only_we_may_read_it_and_it_goes_with_all_that_is_in_it(place: Path) -> None:
    with private_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "0.raw").touch()
    assert list(place.iterdir()) == []


def test_that_of_a_cockpit_that_lives_stays(place: Path) -> None:
    child, folder = other_cockpit(place)
    with private_folder(), private_folder():
        assert len(list(place.iterdir())) == 3
        assert (folder / "stacks").exists()
    child.communicate()
    assert list(place.iterdir()) == []


def test_that_of_a_cockpit_that_was_killed_goes_with_the_next(place: Path) -> None:
    child, folder = other_cockpit(place)
    child.kill()
    child.communicate()
    assert folder.exists()
    with private_folder() as ours:
        assert list(place.iterdir()) == [ours]


def test_a_number_that_is_another_process_by_now_keeps_none(place: Path) -> None:
    left = place / f"cockpit-cpu-{os.getpid()}-abc"
    left.mkdir()
    with private_folder():
        assert not left.exists()


def test_what_is_none_of_ours_stays(place: Path) -> None:
    (place / "precious").mkdir()
    (place / "precious" / "file").touch()
    (place / "cockpit-cpu-1-link").symlink_to(place / "precious")
    (place / "cockpit-cpu-1-file").touch()
    with private_folder():
        pass
    assert (place / "precious" / "file").exists()
    assert (place / "cockpit-cpu-1-file").exists()


def test_one_that_is_swept_before_it_is_held_is_made_anew(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = tempfile.mkdtemp, []

    def swept_at_first(prefix: str) -> str:
        made.append(make(prefix=prefix))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr(scratch.tempfile, "mkdtemp", swept_at_first)
    with private_folder() as folder:
        assert str(folder) == made[1]
        assert folder.exists()


async def test_where_there_is_no_room_for_it_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent/folder")
    states: list[State] = []
    await Sampler(pin(os.getpid()), Options(), lambda _: None, states.append).run()
    assert states[-1].kind == "failed"
    assert "no folder for what py-spy writes: No such file" in states[-1].words
    assert "TMPDIR" in states[-1].hint

"""What was seen running comes back in the next session, and no trouble with the file matters."""

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.profilers import evidence
from cockpit.profilers.evidence import Evidence, Seen
from tests.descendants import wait_until

pytestmark = pytest.mark.integration

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
ROOT = Path("/project")
F = Seen("pkg/a.py", "Foo.f", b"1", 4711, "python app.py", 100.0, 200.0, 1_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def file_of(folder: Path) -> Path:
    return next((folder / "evidence").glob("*.sqlite"))


def kept(folder: Path, *seen: Seen) -> Evidence:
    one = Evidence(folder, ROOT)
    one.record(seen)
    return one


def test_what_was_seen_is_there_at_the_next_start(folder: Path) -> None:
    kept(folder, F)
    again = Evidence(folder, ROOT)
    assert again.seen("pkg/a.py", "Foo.f", b"1") == F
    assert again.paths == {"pkg/a.py"}
    assert again.note == ""


def test_another_text_name_path_or_project_has_none(folder: Path) -> None:
    known = kept(folder, F)
    assert known.seen("pkg/a.py", "Foo.f", b"2") is None
    assert known.seen("pkg/a.py", "Foo.g", b"1") is None
    assert known.seen("pkg/b.py", "Foo.f", b"1") is None
    assert not Evidence(folder, Path("/other")).all


def test_samples_add_up_and_the_newest_process_is_named(folder: Path) -> None:
    known = kept(folder, F)
    version = known.version
    known.record([Seen(*F.key, 5, "python b.py", 300.0, 400.0, 234)])
    assert known.version > version
    both = Seen(*F.key, 5, "python b.py", 100.0, 400.0, 1_234)
    assert known.seen(*F.key) == both == Evidence(folder, ROOT).seen(*F.key)
    known.record([Seen(*F.key, 9, "older", 50.0, 60.0, 1)])
    assert known.seen(*F.key) == Seen(*F.key, 5, "python b.py", 50.0, 400.0, 1_235)


def test_it_is_said_as_a_person_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence.time, "localtime", lambda _: evidence.time.gmtime(1_795_701_780))
    seen = Seen(*F.key, 4711, "python app.py", 1.0, 1_795_701_780.0, 1_234)
    assert seen.words == "pid 4711 python app.py, 2026-11-26 14:03, 1,234 samples"
    assert Seen(*F.key, 4711, "", 1.0, 1.0, 1).words.startswith("pid 4711, ")
    assert Seen(*F.key, 4711, "", 1.0, 1.0, 1).words.endswith(", 1 sample")


def test_nothing_is_written_before_there_is_anything_to_keep(folder: Path) -> None:
    known = Evidence(folder, ROOT)
    known.record([])
    known.refresh()
    assert not folder.exists()


def test_without_a_folder_it_lasts_for_the_session() -> None:
    known = Evidence(None, ROOT)
    known.record([F])
    known.record([F])
    assert known.seen(*F.key) == Seen(*F.key, F.pid, F.command, F.first, F.last, 2_000)
    assert known.note == ""


def test_another_cockpits_sightings_are_taken_in(folder: Path) -> None:
    mine, other = Evidence(folder, ROOT), Evidence(folder, ROOT)
    other.record([F])
    version = mine.version
    mine.refresh()
    assert mine.seen(*F.key) == F and mine.version == version + 1
    mine.refresh()
    assert mine.version == version + 1
    other.record([Seen(*F.key, 1, "", 100.0, 300.0, 1)])
    mine.record([Seen("x.py", "g", b"2", 1, "", 1.0, 1.0, 1)])
    assert mine.seen(*F.key) == other.seen(*F.key)


def test_a_path_that_is_no_text_is_kept_too(folder: Path) -> None:
    path = os.fsdecode(b"pkg/\xff.py")
    kept(folder, Seen(path, "f", b"1"))
    assert Evidence(folder, ROOT).seen(path, "f", b"1") is not None


def test_only_so_many_are_kept_and_the_oldest_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST", 10)
    kept(folder, *(Seen("a.py", f"f{at}", b"1", last=float(at)) for at in range(35)))
    assert {name for _, name, _ in Evidence(folder, ROOT).all} == {f"f{n}" for n in range(25, 35)}


@posix
@pytest.mark.security
def test_folders_and_files_are_for_this_user_only(folder: Path) -> None:
    before = os.umask(0o002)
    try:
        kept(folder, F)
    finally:
        os.umask(before)
    for place in (folder, folder / "evidence"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (folder / "evidence").iterdir()}
    assert modes == {0o600}


@posix
@pytest.mark.security
def test_a_folder_that_others_may_write_in_is_refused_and_the_session_goes_on(
    folder: Path,
) -> None:
    (folder / "evidence").mkdir(parents=True, mode=0o700)
    (folder / "evidence").chmod(0o777)
    known = kept(folder, F)
    assert known.seen(*F.key) == F
    assert "seen running in" in known.note and "other users may write there" in known.note
    assert list((folder / "evidence").iterdir()) == []


@pytest.mark.security
@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_is_set_aside_or_answers_truly(folder: Path, seed: int) -> None:
    every = [Seen("a.py", f"f{at}", b"1", 1, "x" * 90, 1.0, float(at), 7) for at in range(300)]
    kept(folder, *every)
    file, chance = file_of(folder), random.Random(seed)
    content = bytearray(file.read_bytes())
    for _ in range(chance.choice((3, 30, 300))):
        content[chance.randrange(100 if seed % 4 == 0 else len(content))] ^= 1 << chance.randrange(
            8
        )
    file.write_bytes(content)
    known = kept(folder, F)
    assert known.seen(*F.key) == F
    assert set(known.all.values()) <= {F, *every}
    again = Evidence(folder, ROOT)
    assert again.seen(*F.key) == F or again.note or known.note


def test_a_file_of_something_else_is_set_aside_with_a_note(folder: Path) -> None:
    kept(folder, F)
    file_of(folder).write_bytes(b"garbage" * 1_000)
    known = kept(folder, F)
    assert known.seen(*F.key) == F
    assert "The record of what was seen running was damaged: it was set aside as" in known.note
    assert Evidence(folder, ROOT).seen(*F.key) == F


def test_a_value_under_another_key_is_not_believed(folder: Path) -> None:
    kept(folder, F, Seen("b.py", "g", b"2", samples=5))
    db = sqlite3.connect(file_of(folder), isolation_level=None)
    db.execute("UPDATE evidence SET value = (SELECT value FROM evidence LIMIT 1)")
    db.close()
    assert len(Evidence(folder, ROOT).all) == 1


_WRITER = """
import sys
from pathlib import Path
from cockpit.profilers.evidence import Evidence, Seen
one = Evidence(Path(sys.argv[1]), Path("/project"))
print("open", flush=True)
for _ in range(int(sys.argv[2])):
    one.record([Seen("a.py", "f", b"1", 1, "x", 1.0, 2.0, 1)])
assert not one.note, one.note
"""


def writer(folder: Path, times: int) -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-c", _WRITER, str(folder), str(times))
    return subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_two_cockpits_lose_nothing_of_each_others(folder: Path) -> None:
    both = [writer(folder, 60), writer(folder, 60)]
    assert [one.communicate()[1] for one in both] == [b"", b""]
    seen = Evidence(folder, ROOT).seen("a.py", "f", b"1")
    assert seen is not None and seen.samples == 120


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_sudden_end_at_any_moment_leaves_a_record_that_opens(folder: Path, seed: int) -> None:
    one = writer(folder, 10_000)
    assert one.stdout is not None
    one.stdout.readline()
    least = random.Random(seed).randrange(40)
    wait_until(lambda: _samples(folder) > least, "some sightings")
    one.send_signal(signal.SIGKILL)
    one.communicate()
    before = _samples(folder)
    known = kept(folder, Seen("a.py", "f", b"1", 1, "x", 1.0, 2.0, 1))
    assert known.note == "" and _samples(folder) == before + 1


def _samples(folder: Path) -> int:
    seen = Evidence(folder, ROOT).seen("a.py", "f", b"1")
    return seen.samples if seen is not None else 0

"""Recordings of a project stay until a person deletes them, and are listed without being read."""

import os
import stat
from pathlib import Path

import msgspec
import pytest

from cockpit.errors import CockpitError
from cockpit.profilers import document, files
from cockpit.profilers.profile import Counts, Frame, Function, Profile, Stack
from cockpit.profilers.shelf import Shelf
from tests.profilers.profiles import MAIN, small

pytestmark = pytest.mark.unit


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data", tmp_path / "project")


def at(ended: float, command: str = "python main.py") -> Profile:
    return msgspec.structs.replace(small(command), ended=ended)


class TestARecording:
    def test_says_what_it_is_of(self, shelf: Shelf) -> None:
        shelf.save(small(), "before the change")
        (found,) = shelf.list()
        assert (found.name, found.command, found.pid) == (
            "before the change",
            "python main.py",
            42,
        )
        assert (found.samples, found.weight, found.seconds, found.rate) == (90, 100, 0.9, 100)
        assert found.ended == small().ended and found.when == small().when
        assert found.size == found.path.stat().st_size
        assert not found.problem

    def test_is_known_by_its_name_or_its_command(self, shelf: Shelf) -> None:
        assert shelf.save(small(), "mine").title == "mine"
        assert shelf.save(small()).title == "python main.py"

    def test_holds_the_whole_profile(self, shelf: Shelf) -> None:
        assert shelf.load(shelf.save(small("é \udc80 ;"))) == small("é \udc80 ;")

    def test_is_what_saving_it_returns(self, shelf: Shelf) -> None:
        assert [shelf.save(small(), "a")] == shelf.list()

    def test_is_for_this_user_alone(self, shelf: Shelf) -> None:
        saved = shelf.save(small())
        assert stat.S_IMODE(saved.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700
        assert [path.name for path in shelf.folder.iterdir()] == [saved.path.name]

    def test_may_be_of_an_endless_command(self, shelf: Shelf) -> None:
        shelf.save(small("x" * (1 << 20)))
        assert len(shelf.list()[0].command) == 1 << 20


class TestTheList:
    def test_has_the_newest_first(self, shelf: Shelf) -> None:
        for ended in (2_000.0, 3_000.0, 1_000.0):
            shelf.save(at(ended))
        assert [one.ended for one in shelf.list()] == [3_000.0, 2_000.0, 1_000.0]

    def test_is_of_one_project(self, shelf: Shelf, tmp_path: Path) -> None:
        shelf.save(small())
        assert not Shelf(tmp_path / "data", tmp_path / "other").list()
        assert len(Shelf(tmp_path / "data", tmp_path / "x" / ".." / "project").list()) == 1

    def test_of_a_project_without_recordings_is_empty(self, shelf: Shelf) -> None:
        assert shelf.list() == []
        assert not shelf.folder.exists()

    def test_has_what_is_damaged_with_the_reason(self, shelf: Shelf) -> None:
        good = shelf.save(small())
        content = good.path.read_bytes()
        damaged = {
            "empty": (b"", "it is empty"),
            "cut": (content[:-3], "it was cut off"),
            "head": (content[:50], "it is not JSON, or was cut off"),
            "none": (b"\0\1", "it is not JSON"),
            "other": (b'{"version": 1}\n', "it is not JSON"),
            "later": (content.replace(b'"version": 1', b'"version": 9'), "it is of version 9"),
            "wrong": (content.replace(b'"pid": 42', b'"pid": -2'), "not as it should be"),
        }
        for name, (text, _) in damaged.items():
            (shelf.folder / f"{name}.json").write_bytes(text)
        found = {one.path.stem: one.problem for one in shelf.list()}
        for name, (_, words) in damaged.items():
            assert words in found[name]
        assert found[good.path.stem] == ""

    def test_follows_no_link_and_waits_for_no_pipe(self, shelf: Shelf) -> None:
        shelf.save(small())
        (shelf.folder / "link.json").symlink_to(shelf.save(small()).path)
        os.mkfifo(shelf.folder / "pipe.json")
        (shelf.folder / "folder.json").mkdir()
        found = {one.path.stem: one.problem for one in shelf.list()}
        assert found["link"] and found["pipe"] and "it is a folder" in found["folder"]

    def test_passes_over_what_was_never_finished(self, shelf: Shelf) -> None:
        shelf.save(small())
        (shelf.folder / ".1234.new").write_text("{")
        assert len(shelf.list()) == 1

    def test_that_cannot_be_made_says_so(self, shelf: Shelf) -> None:
        shelf.folder.parent.mkdir(parents=True)
        shelf.folder.touch()
        (found,) = shelf.list()
        assert found.problem == "not a directory"

    def test_does_not_read_the_stacks(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        stacks = {
            Stack(MAIN, (Frame(Function(f"f{number}", "/srv/app/job.py"), number),)): 1
            for number in range(20_000)
        }
        for _ in range(3):
            shelf.save(Profile(stacks, Counts(samples=20_000), 100))
        read: list[int] = []
        parse = document.document
        monkeypatch.setattr(
            document, "document", lambda text: [read.append(len(text)), parse(text)][1]
        )
        found = shelf.list()
        assert all(one.size > 500_000 and one.weight == 20_000 for one in found)
        assert len(read) == 3 and max(read) < 500


class TestDeleting:
    def test_takes_one_away(self, shelf: Shelf) -> None:
        kept, gone = shelf.save(small(), "kept"), shelf.save(small(), "gone")
        shelf.delete(gone)
        assert shelf.list() == [kept]
        shelf.delete(gone)

    def test_touches_nothing_else(self, shelf: Shelf, tmp_path: Path) -> None:
        saved = shelf.save(small())
        other = tmp_path / "mine.json"
        other.write_text("mine")
        for path in (other, shelf.folder / ".." / "x.json", shelf.folder):
            with pytest.raises(CockpitError, match="is not a recording of this project"):
                shelf.delete(msgspec.structs.replace(saved, path=path))
        assert other.exists()

    def test_says_where_it_cannot(self, shelf: Shelf) -> None:
        saved = shelf.save(small())
        (shelf.folder / "folder.json").mkdir()
        with pytest.raises(CockpitError, match="cannot be deleted"):
            shelf.delete(msgspec.structs.replace(saved, path=shelf.folder / "folder.json"))


class TestSaving:
    @pytest.mark.security
    def test_trusts_no_folder_that_others_may_write_to(self, shelf: Shelf) -> None:
        shelf.folder.mkdir(parents=True)
        shelf.folder.chmod(0o777)
        with pytest.raises(CockpitError, match="other users may write there") as caught:
            shelf.save(small())
        assert "COCKPIT_DATA_DIR" in caught.value.hint

    def test_leaves_nothing_behind_where_it_fails(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(files.os, "fsync", full)
        with pytest.raises(CockpitError, match="no space left on device"):
            shelf.save(small())
        assert not list(shelf.folder.iterdir())

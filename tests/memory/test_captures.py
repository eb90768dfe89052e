"""Captures of a project stay until a person deletes them, and the list tells how each stands."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cockpit.errors import CockpitError
from cockpit.memory import about as notes
from cockpit.memory.captures import Captures
from cockpit.memory.model import Capture, Options
from cockpit.profilers.target import Target, pin

pytestmark = pytest.mark.unit

PLAIN, WHOLE = b"memray\0rest", b"\x04\x22\x4d\x18rest"


@pytest.fixture
def captures(tmp_path: Path) -> Captures:
    return Captures(tmp_path / "data", tmp_path / "project")


@pytest.fixture
def process() -> Iterator[tuple[subprocess.Popen[bytes], Target]]:
    """Return a process that goes on until the test ends it."""
    child = subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE)
    with child:
        yield child, pin(child.pid)
        child.kill()


def made(captures: Captures, content: bytes = WHOLE, **told: object) -> Path:
    """Make a capture whose program has ended."""
    path = captures.new("python app.py")
    path.write_bytes(content)
    captures.tell(path, **{"standing": "complete", "pid": 1, "mark": "0", **told})
    return path


class TestANewOne:
    def test_is_empty_and_for_this_user_alone(self, captures: Captures) -> None:
        path = captures.new("python app.py")
        assert path.stat().st_size == 0
        modes = {stat.S_IMODE(one.stat().st_mode) for one in captures.folder.iterdir()}
        assert modes == {0o600}
        assert stat.S_IMODE(captures.folder.stat().st_mode) == 0o700

    def test_says_what_it_is_of(self, captures: Captures) -> None:
        options = Options(native=True)
        path = captures.new("python app.py", "before", options)
        (found,) = captures.list()
        assert (found.path, found.name, found.command) == (str(path), "before", "python app.py")
        assert (found.options, found.tool, found.standing) == (options, "memray", "running")

    def test_can_be_of_scalene(self, captures: Captures) -> None:
        path = captures.new("python app.py", tool="scalene")
        path.write_text("{}")
        captures.tell(path, standing="complete")
        (found,) = captures.list()
        assert (path.suffix, found.tool, found.problem) == (".json", "scalene", "")

    def test_needs_a_folder_of_ours(self, captures: Captures) -> None:
        captures.folder.mkdir(parents=True)
        captures.folder.chmod(0o777)
        with pytest.raises(CockpitError, match=r"captures cannot be kept in .*may write there"):
            captures.new("python app.py")


class TestTheList:
    def test_has_the_newest_first(self, captures: Captures) -> None:
        for began in (2_000.0, 3_000.0, 1_000.0):
            made(captures, began=began)
        assert [one.began for one in captures.list()] == [3_000.0, 2_000.0, 1_000.0]

    def test_is_of_one_project(self, captures: Captures, tmp_path: Path) -> None:
        made(captures)
        assert not Captures(tmp_path / "data", tmp_path / "other").list()
        assert len(Captures(tmp_path / "data", tmp_path / "x" / ".." / "project").list()) == 1

    def test_is_empty_where_there_is_none(self, captures: Captures) -> None:
        assert captures.list() == []
        assert not captures.folder.exists()

    def test_has_one_whose_file_is_gone(self, captures: Captures) -> None:
        made(captures, name="mine").unlink()
        (found,) = captures.list()
        assert (found.name, found.problem) == ("mine", "its file is gone")
        assert found.standing == "unreadable"

    def test_has_one_of_which_nothing_is_noted(self, captures: Captures) -> None:
        path = made(captures)
        notes.beside(path).unlink()
        (found,) = captures.list()
        assert (found.path, found.size, found.problem) == (str(path), len(WHOLE), "")
        assert found.began == path.stat().st_mtime
        assert found.notes == ["What it is of is not known: what was noted beside it is gone."]

    @pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff"])
    def test_has_one_whose_notes_are_damaged(self, captures: Captures, text: bytes) -> None:
        path = made(captures)
        notes.beside(path).write_bytes(text)
        (found,) = captures.list()
        assert "it is damaged" in found.notes[0]
        assert not found.problem

    def test_has_one_that_is_empty(self, captures: Captures) -> None:
        made(captures, b"")
        (found,) = captures.list()
        assert (found.standing, found.problem.partition(":")[0]) == ("unreadable", "it is empty")

    @pytest.mark.security
    def test_has_what_is_no_file_with_the_reason(self, captures: Captures) -> None:
        path = made(captures)
        path.unlink()
        path.symlink_to("/etc/passwd")
        (found,) = captures.list()
        assert found.problem == "it is not a regular file"
        notes.beside(path).unlink()
        os.mkfifo(notes.beside(path))
        assert "not a regular file" in captures.list()[0].notes[0]

    def test_has_nothing_else_of_the_folder(self, captures: Captures) -> None:
        path = made(captures)
        (captures.folder / "x.bin.lz4.tmp").touch()
        (captures.folder / ".1234.new").touch()
        assert [one.path for one in captures.list()] == [str(path)]

    def test_never_waits_for_a_number_that_no_process_has(self, captures: Captures) -> None:
        path = made(captures, PLAIN, standing="running", pid=1 << 70)
        path.with_name(path.name + ".99999999").write_bytes(PLAIN)
        assert {one.standing for one in captures.list()} == {"killed"}


class TestARunningOne:
    @pytest.fixture
    def path(self, captures: Captures, process: tuple[subprocess.Popen[bytes], Target]) -> Path:
        target = process[1]
        path = captures.new("python app.py")
        path.write_bytes(PLAIN)
        captures.tell(path, pid=target.pid, mark=target.mark)
        return path

    def test_runs_while_its_process_does(self, captures: Captures, path: Path) -> None:
        assert captures.get(path).standing == "running"

    @pytest.mark.parametrize(("content", "standing"), [(PLAIN, "killed"), (WHOLE, "complete")])
    def test_was_killed_where_its_end_was_never_told(
        self,
        captures: Captures,
        path: Path,
        process: tuple[subprocess.Popen[bytes], Target],
        content: bytes,
        standing: str,
    ) -> None:
        process[0].send_signal(signal.SIGKILL)
        process[0].wait()
        path.write_bytes(content)
        assert captures.get(path).standing == standing

    def test_is_not_that_of_a_later_process(self, captures: Captures, path: Path) -> None:
        assert captures.tell(path, mark="1").standing == "killed"

    def test_is_not_deleted(self, captures: Captures, path: Path) -> None:
        with pytest.raises(CockpitError, match="is being written"):
            captures.delete(captures.get(path))
        assert path.exists()

    def test_has_those_of_the_processes_that_it_forks(self, captures: Captures, path: Path) -> None:
        fork = path.with_name(f"{path.name}.{os.getpid()}")
        fork.write_bytes(PLAIN)
        found = captures.get(fork)
        assert (found.pid, found.command) == (os.getpid(), "python app.py")
        assert found.standing == "running"
        assert f"the process {os.getpid()}, which the program forked" in found.notes[0]
        captures.tell(path, standing="complete", mark="1")
        assert captures.get(fork).standing == "killed"
        fork.write_bytes(WHOLE)
        assert captures.get(fork).standing == "complete"
        assert captures.rename(captures.get(fork), "the fork").command == "python app.py"


class TestImporting:
    @pytest.mark.parametrize(
        ("content", "tool"), [(PLAIN, "memray"), (WHOLE, "memray"), (b" {}", "scalene")]
    )
    def test_copies_what_a_tool_wrote(
        self, captures: Captures, tmp_path: Path, content: bytes, tool: str
    ) -> None:
        file = tmp_path / "theirs.bin"
        file.write_bytes(content)
        os.utime(file, (1_000, 1_000))
        found = captures.import_(file)
        assert (found.name, found.tool, found.began) == ("theirs.bin", tool, 1_000.0)
        assert Path(found.path).read_bytes() == content == file.read_bytes()
        assert stat.S_IMODE(Path(found.path).stat().st_mode) == 0o600
        assert captures.list() == [found]

    def test_tells_how_far_it_is(
        self, captures: Captures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cockpit.memory.captures._CHUNK", 4)
        (tmp_path / "a.bin").write_bytes(PLAIN[:10])
        told: list[tuple[int, int]] = []
        captures.import_(tmp_path / "a.bin", lambda *how: told.append(how))
        assert told == [(0, 10), (4, 10), (8, 10), (10, 10)]

    def test_can_be_called_off(self, captures: Captures, tmp_path: Path) -> None:
        class Off(Exception):  # noqa: N818 -- it is the test's own
            pass

        def call_off(done: int, _: int) -> None:
            if done:
                raise Off

        (tmp_path / "a.bin").write_bytes(PLAIN)
        with pytest.raises(Off):
            captures.import_(tmp_path / "a.bin", call_off)
        assert list(captures.folder.iterdir()) == []

    def test_refuses_what_no_tool_wrote(self, captures: Captures, tmp_path: Path) -> None:
        for name, content, why in (("a", b"", "it is empty"), ("b", b"text", "does not begin")):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(CockpitError, match=f"is no capture: .*{why}"):
                captures.import_(tmp_path / name)
        assert captures.list() == []

    @pytest.mark.security
    def test_refuses_what_is_no_file(self, captures: Captures, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path, why in (
            ("/dev/zero", "regular"),
            (tmp_path / "pipe", "regular"),
            ("/", "folder"),
        ):
            with pytest.raises(CockpitError, match=why):
                captures.import_(Path(path))
        with pytest.raises(CockpitError, match="no such file"):
            captures.import_(tmp_path / "none")
        assert captures.list() == []


class TestDeleting:
    def test_takes_all_that_is_of_it(self, captures: Captures) -> None:
        path = made(captures)
        path.with_name(f"{path.name}.lz4.tmp").touch()
        captures.delete(captures.get(path))
        captures.delete(captures.get(path))
        assert list(captures.folder.iterdir()) == []

    @pytest.mark.security
    @pytest.mark.parametrize("name", ["{out}/x.bin", "{in}/../x.bin", "{in}/x.about", "{in}/x"])
    def test_takes_nothing_else(self, captures: Captures, tmp_path: Path, name: str) -> None:
        captures.make()
        path = Path(name.format(**{"out": tmp_path, "in": captures.folder}))
        path.touch()
        for action in (captures.delete, lambda one: captures.rename(one, "x")):
            with pytest.raises(CockpitError, match="is not a capture of this project"):
                action(Capture(str(path)))
        assert path.exists()


def test_a_name_is_kept(captures: Captures) -> None:
    path = made(captures)
    assert captures.rename(captures.get(path), "é \udc80").name == r"é \x80"
    assert captures.list()[0].name == r"é \x80"


def test_what_is_noted_is_told_whole_or_not_at_all(
    captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(captures, name="mine")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(CockpitError, match="no space left"):
        captures.tell(path, name="other")
    assert captures.get(path).name == "mine"
    assert len(list(captures.folder.iterdir())) == 2


def test_what_a_later_cockpit_notes_is_no_damage(captures: Captures) -> None:
    path = made(captures, name="mine")
    content = msgspec.json.decode(notes.beside(path).read_bytes()) | {"colour": "blue"}
    notes.beside(path).write_bytes(msgspec.json.encode(content))
    assert captures.get(path).name == "mine"

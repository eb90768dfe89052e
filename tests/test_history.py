"""What a person judged is kept, undone and redone over sessions, whatever happens to its file."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cockpit import actions, history
from cockpit.history import History
from cockpit.model import Finding
from cockpit.places import data_folder
from tests.shell import REPOSITORY

pytestmark = pytest.mark.unit

REASON = "the caller checks it"


def finding(path: str = "app/a.py", identity: str = "1" * 20, symbol: str = "") -> Finding:
    words = "`os` imported"
    return Finding("ruff", "F401", "low", path, 3, 1, 3, 9, words, identity=identity, symbol=symbol)


ONE, TWO, THREE = (finding(identity=digit * 20) for digit in "123")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with the file that the findings are in."""
    place = tmp_path / "project" / "app" / "a.py"
    place.parent.mkdir(parents=True)
    place.write_text("import os\n")
    return tmp_path / "project"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def journal(folder: Path) -> Path:
    (path,) = (folder / "history").glob("*.jsonl")
    return path


def reasons(one: History) -> dict[str, str]:
    return {identity[0]: dismissal.reason for (_, _, identity), dismissal in one.dismissed.items()}


# --- Dismissing ---


class TestADismissal:
    def test_holds_what_was_found_why_and_when(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], f"  {REASON}\n")
        (dismissal,) = here.dismissed.values()
        assert (dismissal.path, dismissal.checker, dismissal.rule) == ("app/a.py", "ruff", "F401")
        assert dismissal.message == "`os` imported" and dismissal.reason == REASON
        assert len(dismissal.when) == 20 and dismissal.when.endswith("Z")
        assert here.dismissed.keys() == {ONE.key}

    def test_is_there_in_the_next_session(self, folder: Path, root: Path) -> None:
        History(folder, root).dismiss([ONE, TWO], REASON)
        assert reasons(History(folder, root)) == {"1": REASON, "2": REASON}

    def test_is_of_one_project(self, folder: Path, root: Path, tmp_path: Path) -> None:
        History(folder, root).dismiss([ONE], REASON)
        assert not History(folder, tmp_path / "another").dismissed

    def test_is_taken_back(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE, TWO], REASON)
        here.restore([ONE, THREE])
        assert reasons(here) == reasons(History(folder, root)) == {"2": REASON}

    def test_can_get_another_reason(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        here.dismiss([ONE], "another")
        assert reasons(here) == {"1": "another"}
        here.undo()
        assert reasons(here) == {"1": REASON}

    def test_of_the_same_for_the_same_reason_is_no_action(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        here.dismiss([ONE], REASON)
        here.restore([TWO])
        here.undo()
        assert not here.dismissed and not here.undo()

    def test_of_a_path_that_is_not_utf_8_is_kept(self, folder: Path, root: Path) -> None:
        strange = finding(path=os.fsdecode(b"app/caf\xe9\n.py"))
        History(folder, root).dismiss([strange], "caf\u00e9 \U0001f600")
        (dismissal,) = History(folder, root).dismissed.values()
        assert (dismissal.path, dismissal.reason) == (strange.path, "caf\u00e9 \U0001f600")

    def test_lies_in_the_data_folder_for_nobody_else_to_read(self, root: Path) -> None:
        here = History(data_folder(), root)
        assert not (data_folder() / "history").exists(), "made before there was anything to keep"
        here.dismiss([ONE], REASON)
        assert journal(data_folder()).parent.stat().st_mode & 0o777 == 0o700
        for path in journal(data_folder()).parent.iterdir():
            assert path.stat().st_mode & 0o777 == 0o600
        head = json.loads(journal(data_folder()).read_bytes().splitlines()[0])
        assert head == {"type": "journal", "root": str(root), "version": 1}


# --- Undo and redo ---


class TestUndo:
    def test_says_what_it_undid(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        here.dismiss([TWO, THREE], REASON)
        here.restore([ONE])
        assert here.undo() == "return of F401 in app/a.py"
        assert here.undo() == "dismissal of 2 findings of F401"
        assert here.undo() == "dismissal of F401 in app/a.py"
        assert here.undo() == "" and here.note == ""
        assert here.redo() == "dismissal of F401 in app/a.py"
        assert reasons(here) == {"1": REASON}

    def test_goes_on_in_another_session(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        here.dismiss([TWO], REASON)
        assert History(folder, root).undo() and reasons(History(folder, root)) == {"1": REASON}
        assert History(folder, root).redo()
        assert reasons(History(folder, root)) == {"1": REASON, "2": REASON}

    def test_leaves_nothing_to_redo_once_something_else_is_done(
        self, folder: Path, root: Path
    ) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        here.undo()
        here.dismiss([TWO], REASON)
        assert here.redo() == "" and reasons(here) == {"2": REASON}

    def test_words_are_safe_to_show(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([finding(path="a\x1b]0;owned.py")], REASON)
        assert here.undo() == "dismissal of F401 in a\\x1b]0;owned.py"


State = dict[tuple[str, str, str], str]


class Sessions(RuleBasedStateMachine):
    """Two cockpits on one project against a list of states: an undo goes back in it."""

    @initialize(kept=st.sampled_from([3, 200]), size=st.sampled_from([0, 900, 1 << 20]))
    def begin(self, kept: int, size: int) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.place = Path(self.temporary.name)
        self.patch = pytest.MonkeyPatch()
        self.kept = kept if size < 1 << 20 else 10**9
        self.patch.setattr(history, "SIZE", size)
        self.patch.setattr(actions, "KEPT", 10**9 if self.kept == 10**9 else kept)
        self.both = [self.opened(), self.opened()]
        self.states: list[State] = [{}]
        self.now = 0

    def opened(self) -> History:
        return History(self.place / "data", self.place)

    def model(self) -> State:
        return self.states[self.now]

    def done(self, state: State) -> None:
        if state != self.model():
            self.states = [*self.states[: self.now + 1], state]
            self.now += 1

    @rule(who=st.integers(0, 1), which=st.sets(st.sampled_from("123")), why=st.sampled_from("ab"))
    def dismiss(self, who: int, which: set[str], why: str) -> None:
        findings = [finding(identity=digit * 20) for digit in which]
        self.both[who].dismiss(findings, why)
        self.done(self.model() | {one.key: why for one in findings})

    @rule(who=st.integers(0, 1), which=st.sets(st.sampled_from("123")))
    def restore(self, who: int, which: set[str]) -> None:
        findings = [finding(identity=digit * 20) for digit in which]
        self.both[who].restore(findings)
        gone = {one.key for one in findings}
        self.done({key: why for key, why in self.model().items() if key not in gone})

    @rule(who=st.integers(0, 1))
    def undo(self, who: int) -> None:
        if self.both[who].undo():
            self.now -= 1
        else:
            # Nothing was left, or a shortened journal has forgotten what is so long ago.
            assert self.now == 0 or len(self.states) - 1 >= self.kept

    @rule(who=st.integers(0, 1))
    def redo(self, who: int) -> None:
        assert bool(self.both[who].redo()) == (self.now < len(self.states) - 1)
        self.now = min(self.now + 1, len(self.states) - 1)

    @rule(who=st.integers(0, 1))
    def begin_another_session(self, who: int) -> None:
        self.both[who] = self.opened()

    @precondition(lambda self: self.states[1:])
    @rule(torn=st.binary(min_size=1, max_size=9).filter(lambda text: b"\n" not in text))
    def be_killed_while_writing(self, torn: bytes) -> None:
        with journal(self.place / "data").open("ab") as file:
            file.write(torn)

    @invariant()
    def both_come_to_the_same(self) -> None:
        for one in self.both:
            one.refresh()
            found = {key: dismissal.reason for key, dismissal in one.dismissed.items()}
            assert found == self.model()
            assert one.note == ""

    def teardown(self) -> None:
        self.patch.undo()
        self.temporary.cleanup()


class TestSessions(Sessions.TestCase):  # type: ignore[misc,name-defined]
    settings = settings(
        max_examples=40,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


# --- Moved files ---


class TestAMovedFile:
    def test_takes_its_dismissals_along(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        there = finding(path="lib/a.py")
        assert here.covered([there]) == {}, "the old file is still there: this is a copy"
        (root / "app/a.py").unlink()
        assert here.covered([there])[there.key].reason == REASON
        here.restore([there])
        assert not here.dismissed

    def test_is_told_from_others_by_the_end_of_its_path(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        before = [finding(path=f"src/{name}/__init__.py") for name in "abc"]
        after = [finding(path=f"lib/{name}/__init__.py") for name in "abc"]
        for one in before:
            here.dismiss([one], f"of {one.path[4]}")
        found = here.covered(after, lambda _path: False)
        assert {key[0]: one.reason for key, one in found.items()} == {
            f"lib/{name}/__init__.py": f"of {name}" for name in "abc"
        }

    @pytest.mark.parametrize(
        ("now", "symbol", "follows"),
        [
            ("lib/b.py", "Query.run", True),
            ("lib/a.py", "", True),
            ("lib/b.py", "", False),  # another file may lack the same docstring
            ("lib/__init__.py", "", False),
        ],
    )
    def test_may_change_its_name_for_what_is_in_a_function(
        self, folder: Path, root: Path, now: str, symbol: str, follows: bool
    ) -> None:
        here = History(folder, root)
        before = finding(path="app/__init__.py" if "__" in now else "app/a.py", symbol=symbol)
        here.dismiss([before], REASON)
        after = finding(path=now, symbol=symbol)
        assert bool(here.covered([after], lambda _path: False)) == follows

    def test_hides_no_finding_that_may_be_another(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        strangers = [finding(path="b/a.py"), finding(path="c/a.py")]
        assert here.covered(strangers, lambda _path: False) == {}

    def test_that_is_only_on_another_branch_keeps_its_dismissals(
        self, folder: Path, root: Path
    ) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        (root / "app/a.py").unlink()
        here.dismiss([finding(path="lib/a.py")], "another")
        assert {one.path for one in here.dismissed.values()} == {"app/a.py", "lib/a.py"}

    def test_costs_look_ups_only(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE, TWO], REASON)
        asked: list[str] = []

        def exists(path: str) -> bool:
            asked.append(path)
            return True

        many = [finding(path=f"{number}.py") for number in range(5_000)]
        assert here.covered([*many, TWO], exists).keys() == {TWO.key}
        assert asked == ["app/a.py"]


# --- Harm ---


class TestAKill:
    def test_at_any_byte_leaves_what_was_whole(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        before = journal(folder).stat().st_size
        here.dismiss([TWO], REASON)
        whole = journal(folder).read_bytes()
        for size in range(len(whole) + 1):
            journal(folder).write_bytes(whole[:size])
            expected = {} if size < before else {"1": REASON}
            expected |= {"2": REASON} if size == len(whole) else {}
            after = History(folder, root)
            assert reasons(after) == expected and after.note == ""
            after.dismiss([THREE], REASON)
            assert reasons(History(folder, root)) == expected | {"3": REASON}

    def test_while_the_journal_is_made_shorter_costs_nothing(
        self, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "SIZE", 0)
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        journal(folder).with_suffix(".new").write_bytes(b'{"type": "jour')
        here.dismiss([TWO], REASON)
        assert here.note == "" and reasons(History(folder, root)) == {"1": REASON, "2": REASON}

    @pytest.mark.integration
    @pytest.mark.slow
    def test_of_the_real_thing_loses_no_action_that_was_said_to_be_kept(
        self, folder: Path, root: Path
    ) -> None:
        for _ in range(5):
            child = subprocess.Popen(
                (sys.executable, "-c", WRITER, str(folder), str(root), "k", "100000"),
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
                text=True,
            )
            assert child.stdout is not None
            said = [child.stdout.readline() for _ in range(20)]
            child.send_signal(signal.SIGKILL)
            said += child.stdout.readlines()
            child.stdout.close()
            child.wait()
            kept = {identity for _, _, identity in History(folder, root).dismissed}
            assert {one.strip() for one in said if one.endswith("\n")} <= kept


WRITER = """
import sys
from pathlib import Path
from cockpit.history import History
from cockpit.model import Finding
folder, root, name, count = sys.argv[1:]
here = History(Path(folder), Path(root))
for number in range(int(count)):
    identity = f"{name}{number}"
    here.dismiss([Finding("ruff", "F", "low", "a.py", 1, 1, 1, 1, "", identity=identity)], "why")
    assert not here.note, here.note
    print(identity, flush=True)
"""


@pytest.mark.integration
class TestTwoCockpits:
    def test_see_each_other_s_actions(self, folder: Path, root: Path) -> None:
        one, other = History(folder, root), History(folder, root)
        one.dismiss([ONE], REASON)
        assert other.refresh() and reasons(other) == {"1": REASON}
        assert not other.refresh() and not one.refresh()
        other.dismiss([TWO], REASON)
        assert one.undo() == "dismissal of F401 in app/a.py"
        assert reasons(one) == {"1": REASON}

    @pytest.mark.regression
    def test_know_when_there_is_something_to_take_in(self, folder: Path, root: Path) -> None:
        one, other = History(folder, root), History(folder, root)
        one.dismiss([ONE], REASON)
        assert other.is_behind and not one.is_behind
        other.refresh()
        assert not other.is_behind
        other.undo()
        assert one.is_behind and not other.is_behind

    @pytest.mark.regression
    def test_are_not_asked_again_and_again_to_read_what_cannot_be_read(
        self, folder: Path, root: Path
    ) -> None:
        one, other = History(folder, root), History(folder, root)
        one.dismiss([ONE], REASON)
        (folder / "history").chmod(0o777)
        other.refresh()
        assert other.note and not other.is_behind

    def test_in_two_processes_lose_nothing(self, folder: Path, root: Path) -> None:
        words = (sys.executable, "-c", "from cockpit import history; history.SIZE = 9000" + WRITER)
        children = [
            subprocess.Popen(
                (*words, str(folder), str(root), name, "80"), stdout=subprocess.DEVNULL
            )
            for name in ("one", "two")
        ]
        assert [child.wait(60) for child in children] == [0, 0]
        after = History(folder, root)
        assert len(after.dismissed) == 160 and after.note == ""

    def test_wait_for_one_that_is_stopped_but_not_for_ever(
        self, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cockpit.journal._BUSY_SECONDS", 0.01)
        one, other = History(folder, root), History(folder, root)
        with one._journal.writing():
            other.dismiss([ONE], REASON)
        assert not other.dismissed and "another program is using it" in other.note


class TestTheJournal:
    def test_is_made_shorter_and_comes_to_the_same(
        self, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "SIZE", 20_000)
        monkeypatch.setattr(actions, "KEPT", 5)
        here = History(folder, root)
        for number in range(300):
            here.dismiss([ONE, TWO], f"{REASON} {number}")
        assert journal(folder).stat().st_size < 25_000
        after = History(folder, root)
        assert after.dismissed == here.dismissed
        assert sum(1 for _ in iter(after.undo, "")) >= 5
        assert reasons(after)["1"] < f"{REASON} 295"

    def test_is_left_long_where_only_a_later_cockpit_knows_what_it_says(
        self, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        fix = b'{"type":"fix","number":2,"edits":["x"]}\n'
        with journal(folder).open("ab") as file:
            file.write(fix)
        monkeypatch.setattr(history, "SIZE", 0)
        here.dismiss([TWO], REASON)
        assert here.note == "" and reasons(here) == {"1": REASON, "2": REASON}
        assert fix in journal(folder).read_bytes()
        assert here.undo() and here.undo() and not here.undo(), "it undoes what it knows"
        assert b'"undo","of":3' in journal(folder).read_bytes()

    def test_of_a_later_format_is_left_alone(self, folder: Path, root: Path) -> None:
        History(folder, root).dismiss([ONE], REASON)
        head, *rest = journal(folder).read_bytes().split(b"\n")
        later = b"\n".join([head.replace(b'"version":1', b'"version":2'), *rest])
        journal(folder).write_bytes(later)
        here = History(folder, root)
        assert "later version" in here.note and not here.dismissed
        here.dismiss([TWO], REASON)
        assert not here.dismissed and journal(folder).read_bytes() == later

    @pytest.mark.parametrize(
        "bad",
        [
            b"\xff\x00",
            b"[]",
            b'{"type":"triage","number":"x"}',
            b'{"type":"undo"}',
            b"{}",
            b"[" * 100_000,
        ],
    )
    def test_that_is_damaged_is_set_aside_and_goes_on_from_before(
        self, folder: Path, root: Path, bad: bytes
    ) -> None:
        History(folder, root).dismiss([ONE], REASON)
        with journal(folder).open("ab") as file:
            file.write(bad + b"\n")
        whole = journal(folder).read_bytes()
        here = History(folder, root)
        aside = journal(folder).with_suffix(".damaged")
        assert "was damaged" in here.note and str(aside) in here.note
        assert reasons(here) == {"1": REASON} and aside.read_bytes() == whole
        here.dismiss([TWO], REASON)
        assert here.note == "" and reasons(History(folder, root)) == {"1": REASON, "2": REASON}

    def test_whose_damage_is_seen_while_writing_is_told_too(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        with journal(folder).open("ab") as file:
            file.write(b"no line of ours\n")
        here.dismiss([TWO], REASON)
        assert "was damaged" in here.note
        assert reasons(here) == reasons(History(folder, root)) == {"1": REASON, "2": REASON}

    @pytest.mark.security
    def test_of_another_project_says_nothing_of_this(
        self, folder: Path, root: Path, tmp_path: Path
    ) -> None:
        History(folder, root).dismiss([ONE], REASON)
        journal(folder).rename(tmp_path / "copy")
        other = tmp_path / "other"
        History(folder, other).dismiss([TWO], REASON)
        journal(folder).write_bytes((tmp_path / "copy").read_bytes())
        assert not History(folder, other).dismissed

    @pytest.mark.security
    def test_that_others_could_have_written_says_nothing(self, folder: Path, root: Path) -> None:
        History(folder, root).dismiss([ONE], REASON)
        journal(folder).parent.chmod(0o777)
        here = History(folder, root)
        assert not here.dismissed and "other users may write there" in here.note

    @pytest.mark.security
    def test_is_never_written_through_a_link(
        self, folder: Path, root: Path, tmp_path: Path
    ) -> None:
        History(folder, root).dismiss([ONE], REASON)
        elsewhere = tmp_path / "elsewhere"
        path = journal(folder)
        path.unlink()
        path.symlink_to(elsewhere)
        elsewhere.write_text("precious\n")
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        assert elsewhere.read_text() == "precious\n"
        assert reasons(History(folder, root)) == {"1": REASON}


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


class TestWhatCannotBeKept:
    def test_has_not_happened_and_is_told(self, folder: Path, root: Path) -> None:
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        before = journal(folder).read_bytes()
        with full_disk(len(before) + 100):
            here.dismiss([TWO], REASON)
            assert reasons(here) == {"1": REASON}
            assert here.note.startswith("What is dismissed cannot be kept in ")
            assert "COCKPIT_DATA_DIR" in here.note and "\n" not in here.note
            assert here.undo() == "dismissal of F401 in app/a.py", "a short line has room"
        assert journal(folder).read_bytes().startswith(before)
        here.dismiss([THREE], REASON)
        assert here.note == "" and reasons(History(folder, root)) == reasons(here)

    def test_because_of_a_file_in_the_way_is_told(self, folder: Path, root: Path) -> None:
        folder.write_text("not a folder")
        here = History(folder, root)
        here.dismiss([ONE], REASON)
        assert not here.dismissed and "cannot be kept" in here.note
        assert here.undo() == "" and here.redo() == ""

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_in_a_folder_that_may_not_be_written_is_told_and_the_rest_is_read(
        self, folder: Path, root: Path
    ) -> None:
        History(folder, root).dismiss([ONE], REASON)
        journal(folder).chmod(0o400)
        journal(folder).parent.chmod(0o500)
        here = History(folder, root)
        assert reasons(here) == {"1": REASON} and here.note == ""
        here.dismiss([TWO], REASON)
        assert reasons(here) == {"1": REASON} and "cannot be kept" in here.note
        journal(folder).parent.chmod(0o700)


# --- Anything at all ---


@given(content=st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_no_file_whatever_it_holds_stops_cockpit(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, root = Path(place) / "data", Path(place)
        History(folder, root).dismiss([ONE], REASON)
        journal(folder).write_bytes(content)
        here = History(folder, root)
        here.dismiss([TWO], REASON)
        assert reasons(History(folder, root)) == {"2": REASON} and here.note == ""


def test_dismissed_is_another_object_only_when_it_changed(folder: Path, root: Path) -> None:
    here = History(folder, root)
    here.dismiss([ONE], REASON)
    before: Mapping[object, object] = here.dismissed
    here.refresh()
    here.dismiss([ONE], REASON)
    assert here.dismissed is before
    here.dismiss([TWO], REASON)
    assert here.dismissed is not before

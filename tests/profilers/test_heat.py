"""What a project's lines and functions cost, of a tally that grows."""

from pathlib import Path

import pytest

from cockpit.profilers.heat import LineHeat
from cockpit.profilers.places import Places
from cockpit.profilers.profile import Counts, Frame, Function, Stack, Thread, Window
from cockpit.profilers.tally import Tally

pytestmark = pytest.mark.unit

MAIN = Thread(1, "0x1", "MainThread")


def frame(name: str, line: int, path: str = "/p/a.py") -> Frame:
    return Frame(Function(name, path), line)


def add(tally: Tally, count: int, *frames: Frame) -> None:
    tally.add(Window({Stack(MAIN, frames): count}, Counts(count, seconds=1)))


@pytest.fixture
def tally() -> Tally:
    return Tally(4711, "python app.py")


@pytest.fixture
def heat(tally: Tally) -> LineHeat:
    return LineHeat(tally, Places(Path("/p")))


MODULE, CALL = frame("<module>", 90), frame("f", 3)


def test_a_line_costs_what_it_does_and_what_it_calls(tally: Tally, heat: LineHeat) -> None:
    add(tally, 60, MODULE, CALL, frame("g", 7))
    add(tally, 30, MODULE, CALL)
    add(tally, 10, MODULE, frame("lib", 5, "/usr/lib/x.py"))
    assert heat.lines("a.py") == {90: 1.0, 3: 0.9, 7: 0.6}
    assert heat.own("a.py") == {3: 0.3, 7: 0.6}
    assert set(heat.paths) == {"a.py"}
    assert heat.lines("b.py") == {}
    assert heat.whose == "pid 4711"


def test_recursion_counts_once(tally: Tally, heat: LineHeat) -> None:
    add(tally, 10, CALL, CALL, CALL)
    add(tally, 10, MODULE)
    assert heat.lines("a.py")[3] == 0.5
    assert heat.function("a.py", "f", 1, 9) == 0.5


def test_a_function_and_its_comprehension_on_one_line_count_once(
    tally: Tally, heat: LineHeat
) -> None:
    add(tally, 40, CALL, frame("f.<locals>.<listcomp>", 3))
    add(tally, 60, CALL)
    assert heat.lines("a.py") == {3: 1.0}
    assert heat.own("a.py") == {3: 1.0}


def test_what_was_seen_since_is_there_and_a_reset_forgets(tally: Tally, heat: LineHeat) -> None:
    add(tally, 10, CALL)
    before = heat.version
    assert heat.lines("a.py") == {3: 1.0}
    add(tally, 10, frame("h", 8), frame("k", 1, "/p/b.py"))
    assert heat.version != before
    assert heat.lines("a.py") == {3: 0.5, 8: 0.5}
    assert heat.lines("b.py") == {1: 0.5}
    tally.reset()
    assert heat.lines("a.py") == {} and not heat.paths
    add(tally, 1, frame("h", 8))
    assert heat.lines("a.py") == {8: 1.0}


def test_two_names_of_one_file_are_one_file(tmp_path: Path, tally: Tally) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "p")
    heat = LineHeat(tally, Places(tmp_path / "p"))
    add(tally, 3, frame("f", 3, f"{tmp_path}/link/a.py"))
    add(tally, 1, frame("f", 9, f"{tmp_path}/p/a.py"))
    assert heat.lines("a.py") == {3: 0.75, 9: 0.25}


def test_a_function_is_known_by_its_name_and_before_311_by_its_lines(
    tally: Tally, heat: LineHeat
) -> None:
    add(tally, 30, frame("Foo.run", 5), frame("Foo.run.<locals>.<lambda>", 6))
    add(tally, 20, frame("Bar.run", 15))
    add(tally, 50, frame("old", 25))
    assert heat.function("a.py", "Foo.run", 4, 9) == 0.3
    assert heat.function("a.py", "Bar.run", 14, 19) == 0.2
    assert heat.function("a.py", "Foo", 1, 10) == 0.3
    assert heat.function("a.py", "Old.old", 24, 29) == 0.5
    assert heat.function("a.py", "Other.old", 44, 49) == 0.0
    assert heat.function("a.py", "ru", 1, 99) == 0.0


def test_a_refresh_looks_up_only_what_came_new(
    tally: Tally, heat: LineHeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = {
        Stack(MAIN, (frame(f"f{number}", number % 400 + 1, f"/p/m{number // 400}.py"),)): 1
        for number in range(5_000)
    }
    tally.add(Window(stacks, Counts(5_000, seconds=1)))
    heat.lines("m1.py")
    asked: list[str] = []
    monkeypatch.setattr(Places, "of", lambda _self, path: asked.append(path) or path[3:])
    add(tally, 1, frame("f1", 2, "/p/m0.py"))
    assert len(heat.lines("m0.py")) == 400
    assert len(heat.paths) == 13
    assert asked == [], "that line was known"
    add(tally, 1, frame("new", 7, "/p/m99.py"))
    assert heat.lines("m99.py").keys() == {7}
    assert asked == ["/p/m99.py"]

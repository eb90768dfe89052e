"""What a kind of allocations looks like by place, by line and by call; its heat on lines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.memory.heat import MemoryHeat
from cockpit.memory.model import Live, LiveRow, Node, Place, Records, Row
from cockpit.memory.shape import shape_now, shape_of
from cockpit.profilers.places import Places
from cockpit.profilers.profile import Function

pytestmark = pytest.mark.unit
MAIN, WORK = Place("main", "/src/app.py", 20), Place("Shop.work", "/src/app.py", 7)
OTHER = Place("loads", "/lib/json.py", 3)


def records(rows: list[Row], nodes: list[Node], places: list[Place]) -> Records:
    return Records("peak", places, nodes, rows)


def usual() -> Records:
    """Return what `main` holds itself, by `work`, and by `loads` that `work` calls."""
    nodes = [Node(-1, 0), Node(0, 1), Node(1, 2)]
    rows = [
        Row("MALLOC", 1, 10, -1, "", 0),
        Row("MALLOC", 2, 30, -1, "", 1),
        Row("MMAP", 3, 60, -1, "", 2),
    ]
    return records(rows, nodes, [MAIN, WORK, OTHER])


def test_every_side_of_it_adds_up_to_the_same() -> None:
    shape = shape_of(usual())
    assert (shape.size, shape.allocations) == (100, 6)
    assert sum(row.size for row in shape.rows) == 100
    assert shape.tree.total == 100
    assert sum(line.own for line in shape.lines) == 100
    assert [(row.name, row.size) for row in shape.rows] == [
        ("loads", 60),
        ("Shop.work", 30),
        ("main", 10),
    ]
    totals = {line.function.name: (line.own, line.total, line.allocations) for line in shape.lines}
    assert totals == {"main": (10, 100, 1), "Shop.work": (30, 90, 2), "loads": (60, 60, 3)}


def test_a_function_that_calls_itself_counts_once_per_stack() -> None:
    nodes = [Node(-1, 0), Node(0, 0), Node(1, 0)]
    shape = shape_of(records([Row("MALLOC", 1, 8, -1, "", 2)], nodes, [MAIN]))
    assert shape.functions[Function("main", "/src/app.py")] == 8
    assert [line.total for line in shape.lines] == [8]


def test_what_has_no_stack_is_in_no_line_but_in_the_whole() -> None:
    shape = shape_of(records([Row("MALLOC", 1, 8, -1, "", -1)], [], []))
    assert shape.size == 8
    assert shape.lines == []
    assert len(shape.rows) == 1


@given(
    st.lists(
        st.tuples(st.integers(-1, 7), st.integers(1, 1 << 30), st.integers(1, 99)), max_size=30
    ),
    st.lists(st.integers(0, 2), min_size=8, max_size=8),
)
def test_whatever_was_allocated_no_byte_is_lost(
    pairs: list[tuple[int, int, int]], places: list[int]
) -> None:
    nodes = [Node(at - 1 if at % 3 else -1, place) for at, place in enumerate(places)]
    rows = [Row("MALLOC", count, size, -1, "", node) for node, size, count in pairs]
    shape = shape_of(records(rows, nodes, [MAIN, WORK, OTHER]))
    whole = sum(size for _, size, _ in pairs)
    loose = sum(size for node, size, _ in pairs if node < 0)
    assert shape.size == shape.tree.total == whole
    assert sum(row.size for row in shape.rows) == whole
    assert sum(line.own for line in shape.lines) == whole - loose
    assert all(line.own <= line.total <= whole for line in shape.lines)
    assert all(size <= whole for size in shape.functions.values())


# --- Heat ---------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def heat(root: Path) -> MemoryHeat:
    found = usual()
    places = [
        Place(one.name, one.path.replace("/src", str(root)), one.line) for one in found.places
    ]
    shape = shape_of(Records(found.kind, places, found.nodes, found.rows))
    return MemoryHeat(shape, Places(root, str(root)), "app", 3)


def test_lines_of_the_project_have_their_share_of_all_bytes(root: Path) -> None:
    found = heat(root)
    assert (found.title, found.whose, found.version) == ("MEM %", "app", 3)
    assert found.lines("app.py") == {20: 1.0, 7: 0.9}
    assert found.own("app.py") == {20: 0.1, 7: 0.3}
    assert found.lines("/lib/json.py") == {3: 0.6}, "a library by its whole path"
    assert found.lines("gone.py") == {}


def test_a_function_is_known_by_its_last_name_and_its_lines(root: Path) -> None:
    found = heat(root)
    assert found.function("app.py", "Shop.work", 5, 9) == 0.9
    assert found.function("app.py", "Other.work", 30, 40) == 0.0
    assert found.function("app.py", "Shop", 1, 9) == 0.9, "a class, by its hottest method"


def test_a_running_program_has_heat_of_its_largest_places(root: Path) -> None:
    path = str(root / "app.py")
    rows = [
        LiveRow(Place("main", path, 20), 10, 1, 100, 6),
        LiveRow(Place("w", path, 7), 30, 2, 90, 5),
    ]
    shape = shape_now(Live(1.0, 100, 120, 0, 6, rows, 0.01))
    found = MemoryHeat(shape, Places(root, str(root)), "pid 1", 1)
    assert found.lines("app.py") == {20: 1.0, 7: 0.9}
    assert shape.heaviest[Function("w", path)] == 7

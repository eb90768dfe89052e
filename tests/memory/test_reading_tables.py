"""Tables, trees, lines and differences of records; pure."""

from collections.abc import Sequence

import pytest

from cockpit.memory.comparing import Sums, compared
from cockpit.memory.model import Node, Place, Records, Row
from cockpit.memory.tables import by_line, call_tree, csv_rows, stack, table
from cockpit.profilers.profile import Cost, Function

pytestmark = pytest.mark.unit

MAIN, CALLS, LEAF = Place("main", "m.py", 1), Place("calls", "m.py", 2), Place("leaf", "l.py", 3)
OTHER = Place("leaf", "l.py", 4)


def records(*rows: tuple[str, int, int, Sequence[Place]]) -> Records:
    """Return records of (allocator, allocations, size, stack with the outermost first)."""
    places: list[Place] = []
    nodes: list[Node] = []
    found = []
    for allocator, allocations, size, frames in rows:
        at = -1
        for place in frames:
            if place not in places:
                places.append(place)
            node = Node(at, places.index(place))
            if node not in nodes:
                nodes.append(node)
            at = nodes.index(node)
        found.append(Row(allocator, allocations, size, -1, "merged thread", at))
    return Records("peak", places, nodes, found)


def test_a_stack_is_told_from_the_innermost_place_on() -> None:
    one = records(("MALLOC", 1, 10, (MAIN, CALLS, LEAF)))
    assert list(stack(one, one.rows[0].node)) == [LEAF, CALLS, MAIN]
    assert list(stack(one, -1)) == []


def test_a_table_adds_up_by_place_and_allocator_in_the_order_of_the_records() -> None:
    found = table(
        records(
            ("MALLOC", 1, 10, (MAIN, LEAF)),
            ("CALLOC", 1, 5, (MAIN, LEAF)),
            ("MALLOC", 2, 30, (MAIN, CALLS, LEAF)),
            ("MMAP", 1, 7, ()),
        )
    )
    assert [(row.allocator, row.size, row.allocations, row.location) for row in found] == [
        ("malloc", 40, 3, "leaf at l.py:3"),
        ("calloc", 5, 1, "leaf at l.py:3"),
        ("mmap", 7, 1, "???"),
    ]


def test_csv_quotes_what_would_break_a_line_and_escapes_nothing_else() -> None:
    odd = Place('f";|', "a,b\n.py", 0)
    rows = list(csv_rows(records(("MALLOC", 1, 10, (MAIN, odd)))))
    assert rows[0] == "allocator,num_allocations,size,tid,thread_name,stack_trace\r\n"
    assert rows[1] == 'MALLOC,1,10,-1,merged thread,"f"";|;a,b\n.py;0|main;m.py;1"\r\n'


def test_a_call_tree_is_of_functions_and_weighs_bytes() -> None:
    tree = call_tree(
        records(
            ("MALLOC", 1, 10, (MAIN, LEAF)),
            ("MALLOC", 1, 5, (MAIN, OTHER)),  # the same function at another line
            ("MALLOC", 1, 3, (MAIN,)),
            ("MMAP", 1, 7, ()),
        )
    )
    main = tree.root.children[Function("main", "m.py")]
    leaf = main.children[Function("leaf", "l.py")]
    assert (tree.root.total, tree.root.own) == (25, 0)
    assert (main.total, main.own) == (18, 3)
    assert (leaf.total, leaf.own) == (15, 15)
    assert tree.root.children[Function("???", "")].own == 7
    assert tree.size == 4


def test_a_call_tree_may_be_deeper_than_python_calls() -> None:
    deep = [Place("f", "f.py", line % 7) for line in range(20_000)]
    places = list(dict.fromkeys(deep))
    nodes = [Node(at - 1, places.index(place)) for at, place in enumerate(deep)]
    one = Records("peak", places, nodes, [Row("MALLOC", 1, 9, -1, "", len(nodes) - 1)])
    assert call_tree(one).root.total == 9
    assert by_line(one)["f.py", 1] == Cost(0, 9)


def test_a_line_counts_once_a_stack() -> None:
    found = by_line(
        records(
            ("MALLOC", 1, 10, (MAIN, CALLS, MAIN, CALLS)),
            ("MALLOC", 1, 5, (MAIN, CALLS)),
            ("MALLOC", 1, 2, (CALLS, MAIN)),
            ("MMAP", 1, 7, ()),
        )
    )
    assert found == {("m.py", 1): Cost(2, 17), ("m.py", 2): Cost(15, 17)}


def test_lines_are_counted_as_by_walking_every_stack() -> None:
    import random

    chance = random.Random(3)
    pool = [Place(f"f{line}", "p.py", line) for line in range(4)]
    rows = [
        ("MALLOC", 1, chance.randrange(100), chance.choices(pool, k=chance.randrange(1, 9)))
        for _ in range(300)
    ]
    expected: dict[tuple[str, int], Cost] = {}
    for _, _, size, frames in rows:
        for line in {(place.path, place.line) for place in frames}:
            own = size if line == (frames[-1].path, frames[-1].line) else 0
            cost = expected.get(line, Cost(0, 0))
            expected[line] = Cost(cost.own + own, cost.total + size)
    assert by_line(records(*rows)) == expected


def test_a_comparison_joins_by_stack_and_allocator() -> None:
    before = records(("MALLOC", 1, 10, (MAIN, LEAF)), ("MALLOC", 2, 50, (MAIN, CALLS)))
    after = records(
        ("MALLOC", 3, 48, (MAIN, CALLS)),  # in another order, by other numbers
        ("CALLOC", 1, 10, (MAIN, LEAF)),
        ("MALLOC", 1, 100, (OTHER,)),
        ("MMAP", 1, 1, ()),
    )
    found = compared(before, after)
    told = [(one.allocator, list(found.stack(one.node)), one.sums) for one in found.by_stack]
    assert told == [
        ("MALLOC", [OTHER], Sums(0, 100, 0, 1)),
        ("CALLOC", [LEAF, MAIN], Sums(0, 10, 0, 1)),
        ("MALLOC", [LEAF, MAIN], Sums(10, 0, 1, 0)),
        ("MALLOC", [CALLS, MAIN], Sums(50, 48, 2, 3)),
        ("MMAP", [], Sums(0, 1, 0, 1)),
    ]
    assert [one.sums.change for one in found.by_stack] == [100, 10, -10, -2, 1]
    assert found.by_stack[3].sums.allocations == 1
    assert [(one.place, one.sums) for one in found.by_place] == [
        (OTHER, Sums(0, 100, 0, 1)),
        (CALLS, Sums(50, 48, 2, 3)),
        (LEAF, Sums(10, 10, 1, 1)),
    ]
    assert found.unknown == Sums(0, 1, 0, 1)
    assert found.whole == Sums(60, 159, 3, 6)


def test_a_capture_compared_with_itself_has_no_change() -> None:
    one = records(("MALLOC", 1, 10, (MAIN, LEAF)), ("MALLOC", 2, 50, (MAIN, CALLS)))
    found = compared(one, one)
    assert {change.sums.change for change in found.by_stack} == {0}
    assert found.whole.before == found.whole.after == 60


def test_what_two_threads_allocated_by_the_same_stack_is_together() -> None:
    one = records(("MALLOC", 1, 10, (MAIN,)), ("MALLOC", 1, 5, (MAIN,)))
    (change,) = compared(one, one).by_stack
    assert change.sums == Sums(15, 15, 2, 2)

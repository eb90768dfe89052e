"""What a kind of allocations looks like from each side: by place, by line, as a call tree.

Made once, in a thread, from records that may be many; pure.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from cockpit.memory.model import Kind, Live, Records
from cockpit.memory.tables import Line, TableRow, by_line, call_tree, table
from cockpit.profilers.profile import Cost, Function, Node


class LineOf(msgspec.Struct, frozen=True):
    """A line with its function and its bytes; `allocations` are those that it made itself."""

    function: Function
    line: int
    own: int
    total: int
    allocations: int


class Shape(msgspec.Struct, frozen=True):
    """Allocations of one kind: rows as `memray table` has them, and the same by line and by call.

    All weights are bytes. `functions` are with all that they called, `heaviest` is the line of each
    that has most.
    """

    kind: Kind
    size: int
    allocations: int
    rows: Sequence[TableRow]
    tree: Node
    lines: Sequence[LineOf]
    functions: Mapping[Function, int]
    heaviest: Mapping[Function, int]


def shape_of(records: Records) -> Shape:
    """Return the shape of `records`."""
    tree = call_tree(records).root
    counts = Counter[Line]()
    for row in records.rows:
        if row.node >= 0:
            place = records.places[records.nodes[row.node].place]
            counts[place.path, place.line] += row.allocations
    names = {(place.path, place.line): place.name for place in records.places}
    lines = [
        LineOf(Function(names[line], line[0]), line[1], cost.own, cost.total, counts[line])
        for line, cost in by_line(records).items()
    ]
    return Shape(
        kind=records.kind,
        size=tree.total,
        allocations=sum(row.allocations for row in records.rows),
        rows=sorted(table(records), key=lambda row: (-row.size, row.location, row.allocator)),
        tree=tree,
        lines=lines,
        functions=_by_function(tree),
        heaviest=_heaviest(lines),
    )


def _by_function(root: Node) -> Counter[Function]:
    """Return the bytes of each function with all that it called, once per stack."""
    found = Counter[Function]()
    open_: set[Function] = set()
    todo = [(node, True) for node in root.children.values()]
    while todo:
        node, entering = todo.pop()
        if not entering:
            open_.discard(node.function)
            continue
        if node.function not in open_:
            open_.add(node.function)
            found[node.function] += node.total
            todo.append((node, False))
        todo.extend((child, True) for child in node.children.values())
    return found


def _heaviest(lines: Sequence[LineOf]) -> dict[Function, int]:
    known: defaultdict[Function, list[tuple[int, int]]] = defaultdict(list)
    for one in lines:
        known[one.function].append((one.total, one.line))
    return {function: max(found)[1] for function, found in known.items()}


def shape_now(picture: Live) -> Shape:
    """Return what is known of lines of a running program: of its largest places, and no stacks."""
    costs: defaultdict[Line, Cost] = defaultdict(lambda: Cost(0, 0))
    counts, names = Counter[Line](), dict[Line, str]()
    for row in picture.rows:
        line = row.place.path, row.place.line
        before = costs[line]
        costs[line] = Cost(before.own + row.own, before.total + row.total)
        counts[line] += row.own_allocations
        names[line] = row.place.name
    lines = [
        LineOf(Function(names[line], line[0]), line[1], cost.own, cost.total, counts[line])
        for line, cost in costs.items()
    ]
    functions = Counter[Function]()
    for one in lines:  # of its lines the heaviest is at least what it holds
        functions[one.function] = max(functions[one.function], one.total)
    return Shape(
        kind="peak",
        size=picture.heap,
        allocations=picture.allocations,
        rows=(),
        tree=Node(Function("all", "")),
        lines=lines,
        functions=functions,
        heaviest=_heaviest(lines),
    )

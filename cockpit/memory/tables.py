"""Records as memray's own reports have them, and as ours need them; pure."""

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from cockpit.memory.model import Place, Records, Row
from cockpit.profilers.profile import CallTree, Cost, Function
from cockpit.profilers.profile import Node as Call

#: What memray calls a place that it does not know.
UNKNOWN = "???"
_COLUMNS = ("allocator", "num_allocations", "size", "tid", "thread_name", "stack_trace")


class TableRow(NamedTuple):
    """A row of `memray table`: what one line allocated by itself, with one allocator.

    The allocator is in small letters, as there. `name` is `UNKNOWN` where there is no stack.
    """

    size: int
    allocations: int
    allocator: str
    thread_name: str
    name: str
    path: str
    line: int

    @property
    def location(self) -> str:
        """The line as memray writes it."""
        return self.name if self.name == UNKNOWN else _location(self)


def _location(place: Place | TableRow) -> str:
    return f"{place.name} at {place.path}:{place.line}"


def stack(records: Records, node: int) -> Iterator[Place]:
    """Yield the places of a stack from the innermost on."""
    while node >= 0:
        at = records.nodes[node]
        yield records.places[at.place]
        node = at.parent


def table(records: Records) -> list[TableRow]:
    """Return the rows of `memray table`, in its order."""
    found: dict[tuple[str, str], TableRow] = {}
    for row in records.rows:
        place = Place(UNKNOWN, "", 0)
        if row.node >= 0:
            place = records.places[records.nodes[row.node].place]
        new = TableRow(row.size, row.allocations, row.allocator.lower(), row.thread_name, *place)
        key = new.allocator, new.location
        old = found.get(key)
        if old is not None:
            new = old._replace(
                size=old.size + new.size, allocations=old.allocations + new.allocations
            )
        found[key] = new
    return list(found.values())


def csv_rows(records: Records) -> Iterator[str]:
    """Yield the lines of `memray transform csv`, each with its end.

    It escapes neither `;` nor `|` in a name: whoever splits there sees a part more.
    """
    yield _csv(_COLUMNS)
    for row in records.rows:
        places = (f"{name};{path};{line}" for name, path, line in stack(records, row.node))
        yield _csv((*_facts(row), "|".join(places)))


def _facts(row: Row) -> tuple[str | int, ...]:
    return (row.allocator, row.allocations, row.size, row.thread, row.thread_name)


def _csv(values: tuple[str | int, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def call_tree(records: Records) -> CallTree:
    """Return the call tree of records, weighted by bytes."""
    tree = CallTree()
    calls: list[Call] = []
    for node in records.nodes:  # a parent stands before it
        name, path, _ = records.places[node.place]
        caller = calls[node.parent] if node.parent >= 0 else tree.root
        calls.append(_child(tree, caller, name, path))
    for row in records.rows:
        if row.node >= 0:
            calls[row.node].own += row.size
        else:
            _child(tree, tree.root, UNKNOWN, "").own += row.size
    _add_up(tree.root)
    return tree


def _child(tree: CallTree, parent: Call, name: str, path: str) -> Call:
    function = Function(name, path)
    child = parent.children.get(function)
    if child is None:
        child = parent.children[function] = Call(function)
        tree.size += 1
    return child


def _add_up(root: Call) -> None:
    """Give every node the total of what is its own and below it; stacks may be very deep."""
    order = [root]
    for node in order:
        order.extend(node.children.values())
    for node in reversed(order):
        node.total = node.own + sum(child.total for child in node.children.values())


Line = tuple[str, int]


def by_line(records: Records) -> dict[Line, Cost]:
    """Return what every line allocated by itself, and with all that it called, in bytes.

    A line is a path and a number; it counts once a stack, however often it recurs there.
    """
    own = [0] * len(records.nodes)
    for row in records.rows:
        if row.node >= 0:
            own[row.node] += row.size
    total = own.copy()
    for node in range(len(own) - 1, -1, -1):
        parent = records.nodes[node].parent
        if parent >= 0:
            total[parent] += total[node]
    found: dict[Line, Cost] = {}
    for node, outermost in _visited(records):
        line = _line(records, node)
        before = found.get(line, Cost(0, 0))
        whole = before.total + total[node] * outermost
        found[line] = Cost(before.own + own[node], whole)
    return found


def _line(records: Records, node: int) -> Line:
    place = records.places[records.nodes[node].place]
    return place.path, place.line


def _visited(records: Records) -> Iterator[tuple[int, bool]]:
    """Yield every node, and whether none that called it is at the same line."""
    below: list[list[int]] = [[] for _ in range(len(records.nodes) + 1)]
    for number, one in enumerate(records.nodes):
        below[one.parent].append(number)  # those of the root are the last
    open_lines: set[Line] = set()
    todo = [(node, True) for node in below[-1]]
    while todo:
        node, entering = todo.pop()
        line = _line(records, node)
        if not entering:
            open_lines.discard(line)
            continue
        outermost = line not in open_lines
        yield node, outermost
        if outermost:
            open_lines.add(line)
            todo.append((node, False))
        todo.extend((child, True) for child in below[node])

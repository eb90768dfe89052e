"""What differs between two captures: by stack, which memray itself cannot join, and by place."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

from cockpit.memory.model import Node, Place, Records


class Sums(msgspec.Struct, frozen=True, gc=False):
    """Bytes and allocations, in the capture before and in the one after."""

    before: int = 0
    after: int = 0
    allocations_before: int = 0
    allocations_after: int = 0

    @property
    def change(self) -> int:
        """By how many bytes it grew."""
        return self.after - self.before

    @property
    def allocations(self) -> int:
        """By how many allocations it grew."""
        return self.allocations_after - self.allocations_before


class StackChange(msgspec.Struct, frozen=True, gc=False):
    """A stack, by its innermost node in `Comparison.nodes` (-1 for none), with one allocator."""

    allocator: str
    node: int
    sums: Sums


class PlaceChange(NamedTuple):
    """A line of a function, with all that it allocated by itself."""

    place: Place
    sums: Sums


class Comparison(msgspec.Struct, frozen=True):
    """Two captures: every stack and every place of either, the largest change first.

    `unknown` is what was allocated with no stack; it is in no place. `whole` is all together.
    """

    places: list[Place]
    nodes: list[Node]
    by_stack: list[StackChange]
    by_place: list[PlaceChange]
    unknown: Sums
    whole: Sums

    def stack(self, node: int) -> Iterator[Place]:
        """Yield the places of a stack from the innermost on."""
        while node >= 0:
            at = self.nodes[node]
            yield self.places[at.place]
            node = at.parent


def compared(before: Records, after: Records) -> Comparison:
    """Return what differs between records of two captures.

    Two stacks are the same where names, paths and lines are, and the allocator is.
    """
    joint = _Joint()
    stacks: dict[tuple[str, int], Sums] = {}
    for records, is_after in ((before, False), (after, True)):
        nodes = joint.take(records)
        for row in records.rows:
            key = row.allocator, nodes[row.node] if row.node >= 0 else -1
            _add(stacks, key, _sums(row.size, row.allocations, is_after))
    places: dict[Place, Sums] = {}
    unknown = whole = Sums()
    for (_, node), sums in stacks.items():
        whole = _both(whole, sums)
        if node < 0:
            unknown = _both(unknown, sums)
        else:
            _add(places, joint.places[joint.nodes[node].place], sums)
    by_stack = [StackChange(allocator, node, sums) for (allocator, node), sums in stacks.items()]
    by_place = [PlaceChange(place, sums) for place, sums in places.items()]
    return Comparison(
        joint.places,
        joint.nodes,
        sorted(by_stack, key=lambda one: (*_weight(one.sums), one.allocator, one.node)),
        sorted(by_place, key=lambda one: (*_weight(one.sums), one.place)),
        unknown,
        whole,
    )


class _Joint:
    """The places and nodes of several captures, each once."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.nodes: list[Node] = []
        self._known_places: dict[Place, int] = {}
        self._known_nodes: dict[Node, int] = {}

    def take(self, records: Records) -> list[int]:
        """Return what the nodes of `records` are here."""
        places = [_numbered(self._known_places, self.places, place) for place in records.places]
        nodes: list[int] = []
        for one in records.nodes:  # a parent stands before it
            node = Node(nodes[one.parent] if one.parent >= 0 else -1, places[one.place])
            nodes.append(_numbered(self._known_nodes, self.nodes, node))
        return nodes


T = TypeVar("T", Place, Node)
K = TypeVar("K", Place, tuple[str, int])


def _numbered(known: dict[T, int], values: list[T], value: T) -> int:
    number = known.setdefault(value, len(values))
    if number == len(values):
        values.append(value)
    return number


def _sums(size: int, allocations: int, is_after: bool) -> Sums:
    return Sums(0, size, 0, allocations) if is_after else Sums(size, 0, allocations, 0)


def _add(found: dict[K, Sums], key: K, sums: Sums) -> None:
    found[key] = _both(found[key], sums) if key in found else sums


def _both(one: Sums, other: Sums) -> Sums:
    return Sums(
        one.before + other.before,
        one.after + other.after,
        one.allocations_before + other.allocations_before,
        one.allocations_after + other.allocations_after,
    )


def _weight(sums: Sums) -> tuple[int, int, int]:
    """Return what orders changes: of bytes, then of allocations, then the size itself."""
    return -abs(sums.change), -abs(sums.allocations), -max(sums.before, sums.after)

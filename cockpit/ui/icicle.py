"""The icicle: which frame of a call tree stands in which cells; plain figures, nothing is drawn.

Widths are true down to a cell. Every edge is rounded once, from how many samples lie to its left:
so siblings neither overlap nor leave gaps, and a child never leaves its parent, however deep.
"""

import operator
from collections.abc import Callable, Iterator

import msgspec

from cockpit.profilers.profile import Function, Node
from cockpit.ui.spot import Path


class Box(msgspec.Struct, frozen=True, eq=False):
    """Cells of a row: a frame, or, without a `node`, siblings that are thinner than a cell each.

    `start` is how many samples lie to its left, `total` how many are its own, and `gathered` how
    many siblings stand together.
    """

    x: int
    width: int
    start: int
    total: int
    node: Node | None
    parent: "Box | None"
    gathered: int = 0

    @property
    def depth(self) -> int:
        """How many boxes it stands below."""
        depth, box = 0, self.parent
        while box is not None:
            depth, box = depth + 1, box.parent
        return depth

    @property
    def path(self) -> Path:
        """The functions from below the root to it; those of its parent where it is gathered."""
        found: list[Function] = []
        box: Box | None = self
        while box is not None and box.parent is not None:
            if box.node is not None:
                found.append(box.node.function)
            box = box.parent
        return tuple(reversed(found))


_by_function = operator.attrgetter("function")


def layout(
    root: Node, width: int, depth_from: int = 0, depth_to: int | None = None
) -> list[list[Box]]:
    """Return rows of the icicle below `root` in `width` cells, from a depth to before another.

    Siblings are ordered by name and path, so that they stay where they are while they grow; those
    that are thinner than a cell are gathered to the right of the others. The last cells of a
    parent, below which nothing stands, are its own.
    """
    rows: list[list[Box]] = []
    if root.total <= 0 or width <= 0:
        return rows
    row = [Box(0, width, 0, root.total, root, None)]
    depth = 0
    while row and (depth_to is None or depth < depth_to):
        if depth >= depth_from:
            rows.append(row)
        depth += 1
        row = [child for box in row for child in _below(box, width, root.total)]
    return rows


def _below(box: Box, width: int, whole: int) -> Iterator[Box]:
    node = box.node
    if node is None or not node.children:
        return
    least = -(-whole // width)  # samples that fill a cell
    wide = [child for child in node.children.values() if child.total >= least]
    wide.sort(key=_by_function)
    at, x, end = box.start, box.x, box.start + box.total
    for child in wide:
        to = min(at + child.total, end)
        edge = (2 * to * width + whole) // (2 * whole)
        if edge > x:
            yield Box(x, edge - x, at, to - at, child, box)
        at, x = to, edge
    thin = len(node.children) - len(wide)
    if thin:
        to = max(at, end - node.own)
        edge = (2 * to * width + whole) // (2 * whole)
        if edge > x:
            yield Box(x, edge - x, at, to - at, None, box, thin)


def depth_of(root: Node, width: int) -> int:
    """Return how many rows the icicle has, as cheaply as that can be said; one more at most."""
    if root.total <= 0 or width <= 0:
        return 0
    least = -(-root.total // width)
    depth, row = 0, [root]
    last = row
    while row:
        depth, last = depth + 1, row
        row = [child for node in row for child in node.children.values() if child.total >= least]
    return depth + any(node.children for node in last)


def beside(
    root: Node, width: int, here: Box | None, by: int, wanted: Callable[[Function], bool]
) -> tuple[Box | None, bool]:
    """Return the next drawn frame from `here` that is `wanted`, or the one before; are there any?

    Callers come before what they call, and that from left to right.
    """
    found = [
        (box.start, depth, box)
        for depth, row in enumerate(layout(root, width))
        for box in row
        if box.node is not None and wanted(box.node.function)
    ]
    place = (here.start, here.depth) if here is not None else (0, -1)
    ahead = [one for one in found if (one[:2] > place if by > 0 else one[:2] < place)]
    nearest = min if by > 0 else max
    return nearest(ahead, key=operator.itemgetter(0, 1))[2] if ahead else None, bool(found)

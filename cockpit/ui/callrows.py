"""The rows of a call tree as a list: what is unfolded, in which order, and how much at once.

Pure. What is unfolded hangs on paths, so that it holds whatever the tree becomes.
"""

import heapq
import itertools

import msgspec

from cockpit.profilers.profile import PROCESS, THREAD, Function, Node
from cockpit.ui.seek import Search
from cockpit.ui.spot import Path, found_along

#: Rows that unfolding everything leaves it at.
MOST = 2_000
#: A child with that share of its parent is on the hottest path.
_HOT = 0.5


class Fold:
    """What was unfolded below a path; a fold that is not `open` remembers it for when it is."""

    __slots__ = ("inner", "open", "order")

    def __init__(self) -> None:
        """Start folded."""
        self.open = False
        self.inner: dict[Function, Fold] = {}
        #: The children as they were shown last.
        self.order: list[Function] = []

    def at(self, path: Path) -> "Fold":
        """Return the fold of a path below; there is one from now on."""
        fold = self
        for function in path:
            fold = fold.inner.setdefault(function, Fold())
        return fold

    def unfold(self, path: Path) -> None:
        """Unfold a path, and all that it lies in."""
        fold = self
        for function in path:
            fold = fold.inner.setdefault(function, Fold())
            fold.open = True

    def close(self) -> None:
        """Fold everything; the order is kept."""
        todo = [self]
        while todo:
            fold = todo.pop()
            fold.open = False
            todo.extend(fold.inner.values())


class Row(msgspec.Struct, frozen=True, eq=False):
    """A row: a node, how deep it lies, whether it is unfolded, and the row that it lies in."""

    node: Node
    depth: int
    unfolded: bool
    parent: "Row | None"

    @property
    def path(self) -> Path:
        """The functions from below the root to it."""
        found: list[Function] = []
        row: Row | None = self
        while row is not None:
            found.append(row.node.function)
            row = row.parent
        return tuple(reversed(found))


def ranked(node: Node, fold: Fold) -> list[Node]:
    """Return the children of `node`, the heaviest first, but in the order that they had.

    Two change places only where the lower is heavier by more than two standard errors of the
    difference: samples are a draw, and rows of about the same weight would hop with every one.
    """
    children = node.children
    if not fold.order:
        nodes = node.ordered()
    else:
        nodes = [children[function] for function in fold.order if function in children]
        if len(nodes) < len(children):
            known = set(fold.order)
            new = [child for function, child in children.items() if function not in known]
            nodes += sorted(new, key=lambda child: (-child.total, child.function))
        _settle(nodes)
    fold.order = [child.function for child in nodes]
    return nodes


def _settle(nodes: list[Node]) -> None:
    for at in range(1, len(nodes)):
        lower, place = nodes[at], at
        while place and _is_clear(lower.total, nodes[place - 1].total):
            nodes[place] = nodes[place - 1]
            place -= 1
        nodes[place] = lower


def _is_clear(more: int, less: int) -> bool:
    return more > less and (more - less) ** 2 > 4 * (more + less)


def rows_of(root: Node, fold: Fold) -> list[Row]:
    """Return the rows below `root`: its children, and those of what is unfolded among them."""
    rows: list[Row] = []
    todo: list[tuple[Node, Row | None, Fold]] = []
    todo.extend((child, None, fold) for child in reversed(ranked(root, fold)))
    while todo:
        node, parent, outer = todo.pop()
        inner = outer.inner.get(node.function)
        depth = 0 if parent is None else parent.depth + 1
        if inner is None or not inner.open or not node.children:
            rows.append(Row(node, depth, False, parent))
            continue
        row = Row(node, depth, True, parent)
        rows.append(row)
        todo.extend((child, row, inner) for child in reversed(ranked(node, inner)))
    return rows


def place_of(rows: list[Row], root: Node, path: Path) -> int:
    """Return which row shows `path`, or as much of it as is shown; the first where none does."""
    depths = {id(node): depth for depth, node in enumerate(found_along(root, path))}
    best = deepest = 0
    for at, row in enumerate(rows):
        depth = depths.get(id(row.node), 0)
        if depth > deepest:
            best, deepest = at, depth
            if depth == len(path):
                break
    return best


def hottest(root: Node) -> Path:
    """Return the path from below `root` along the heaviest child, while it is half of its parent.

    Of many processes and threads the heaviest may be less: it is worth a look all the same.
    """
    path: list[Function] = []
    node = root
    while node.children:
        child = max(node.children.values(), key=lambda child: child.total)
        is_function = child.function.path not in (THREAD, PROCESS)
        if path and is_function and child.total < node.total * _HOT:
            break
        path.append(child.function)
        node = child
    return tuple(path)


def unfold_all(root: Node, fold: Fold, most: int = MOST) -> bool:
    """Unfold the heaviest nodes while there are at most `most` rows; return whether that is all."""
    fold.close()
    shown, count = 0, itertools.count()
    todo = [(-root.total, next(count), root, fold)]
    while todo:
        _, _, node, here = heapq.heappop(todo)
        shown += len(node.children)
        if shown > most and here is not fold:
            return False
        here.open = True
        for function, child in node.children.items():
            if child.children:
                inner = here.inner.setdefault(function, Fold())
                heapq.heappush(todo, (-child.total, next(count), child, inner))
    return True


# --- From match to match, folded or not -------------------------------------------------------


def next_match(
    root: Node, fold: Fold, path: Path, search: Search, above: frozenset[int]
) -> Path | None:
    """Return the path of the next match after `path`, in the order of the rows.

    Only nodes that have a match below them, `above` by their ids, are looked into.
    """
    todo: list[tuple[Row, Fold | None]] = []
    for parent, here, at in _along(root, fold, path):
        below = _children(root if parent is None else parent.node, here)
        if at is not None:
            below = below[[child.function for child in below].index(at) + 1 :]
        todo.extend((_row(child, parent), _inner(here, child)) for child in reversed(below))
    while todo:
        row, here = todo.pop()
        if search.hits(row.node.function):
            return row.path
        if id(row.node) in above:
            below = _children(row.node, here)
            todo.extend((_row(child, row), _inner(here, child)) for child in reversed(below))
    return None


def match_before(
    root: Node, fold: Fold, path: Path, search: Search, above: frozenset[int]
) -> Path | None:
    """Return the path of the match before `path`."""
    for parent, here, at in reversed(_along(root, fold, path)):
        if at is None:
            continue
        below = _children(root if parent is None else parent.node, here)
        before = below[: [child.function for child in below].index(at)]
        if (row := _last(before, parent, here, search, above)) is not None:
            return row.path
        if parent is not None and search.hits(parent.node.function):
            return parent.path
    return None


def _along(
    root: Node, fold: Fold, path: Path
) -> list[tuple[Row | None, Fold | None, Function | None]]:
    """Return, along `path`, each row with its fold and with what follows; None is the root."""
    nodes = found_along(root, path)[1:]
    steps: list[tuple[Row | None, Fold | None, Function | None]] = []
    row: Row | None = None
    here: Fold | None = fold
    for node in nodes:
        steps.append((row, here, node.function))
        row, here = _row(node, row), _inner(here, node)
    return [*steps, (row, here, None)]


def _last(
    nodes: list[Node],
    parent: Row | None,
    here: Fold | None,
    search: Search,
    above: frozenset[int],
) -> Row | None:
    """Return the last match among `nodes` and below them."""
    found: Row | None = None
    while True:
        wanted = (
            node for node in reversed(nodes) if id(node) in above or search.hits(node.function)
        )
        node = next(wanted, None)
        if node is None:
            return found
        found = parent = _row(node, parent)
        here = _inner(here, node)
        if id(node) not in above:
            return found
        nodes = _children(node, here)


def _row(node: Node, parent: Row | None) -> Row:
    return Row(node, 0, False, parent)


def _inner(fold: Fold | None, node: Node) -> Fold | None:
    return None if fold is None else fold.inner.get(node.function)


def _children(node: Node, fold: Fold | None) -> list[Node]:
    return node.ordered() if fold is None or not fold.order else ranked(node, fold)

"""Where a person is in an icicle: what is zoomed into and what has the cursor, both as paths.

Pure. The tree may grow, or become another: what was chosen is kept, and as much of it counts as
there is and can be drawn.
"""

from collections.abc import Iterable

from cockpit.profilers.profile import Function, Node

Path = tuple[Function, ...]


def found_along(root: Node, path: Iterable[Function]) -> list[Node]:
    """Return the nodes along `path`, from `root` on, as far as there are any."""
    nodes = [root]
    for function in path:
        child = nodes[-1].children.get(function)
        if child is None:
            break
        nodes.append(child)
    return nodes


class Spot:
    """A zoom and a cursor within it, in an icicle that is `width` cells wide."""

    def __init__(self, root: Node) -> None:
        """Begin at the root, zoomed into nothing."""
        self.root, self.width = root, 1
        #: The nodes from the root to what is zoomed into, and to what has the cursor.
        self.outer, self.chain = [root], [root]
        self._wanted_zoom: Path = ()
        self._wanted: Path = ()
        # Where the cursor came up from, for the way down again.
        self._trail: Path = ()

    @property
    def zoomed(self) -> Node:
        """What fills the width."""
        return self.outer[-1]

    @property
    def node(self) -> Node:
        """What has the cursor."""
        return self.chain[-1]

    @property
    def depth(self) -> int:
        """The row of the cursor."""
        return len(self.chain) - len(self.outer)

    @property
    def zoom(self) -> Path:
        """The path of what is zoomed into, from below the root."""
        return tuple(node.function for node in self.outer[1:])

    @property
    def cursor(self) -> Path:
        """The path of what has the cursor, from below the root."""
        return tuple(node.function for node in self.chain[1:])

    def resolve(self, root: Node, width: int) -> None:
        """Find in the tree below `root` what was chosen, the cursor on a frame that is drawn."""
        self.root, self.width = root, max(width, 1)
        self.outer = found_along(root, self._wanted_zoom)
        chain, outer = found_along(root, self._wanted), len(self.outer)
        if len(chain) < outer or chain[outer - 1] is not self.zoomed:
            chain = list(self.outer)
        while len(chain) > outer and not self.is_wide(chain[-1]):
            chain.pop()
        self.chain = chain

    def is_wide(self, node: Node) -> bool:
        """Return whether a node fills a cell."""
        return node.total * self.width >= self.zoomed.total

    def move_to(self, path: Path) -> None:
        """Put the cursor on `path`, as far as that is drawn."""
        before = self.cursor
        if len(path) < len(before) and self._trail[: len(before)] != before:
            self._trail = before
        self._wanted = path
        self.resolve(self.root, self.width)

    def zoom_to(self, path: Path) -> None:
        """Zoom into `path`; the cursor stays where it lies below that."""
        self._wanted_zoom = path
        cursor = self.cursor
        self._wanted = cursor if cursor[: len(path)] == path else path
        self.resolve(self.root, self.width)

    def outside(self) -> Path | None:
        """Return what zooming out leads to: the nearest callers that are wider, the outermost."""
        if len(self.outer) == 1:
            return None
        wider = [node for node in self.outer if node.total > self.zoomed.total]
        total = wider[-1].total if wider else self.zoomed.total
        at = next(at for at, node in enumerate(self.outer) if node.total == total)
        return tuple(node.function for node in self.outer[1 : at + 1])

    def go_to(self, path: Path) -> None:
        """Put the cursor on `path`, and zoom in as far as it takes to draw it, or out."""
        self.move_to(path)
        if self.cursor != path:
            nodes = found_along(self.root, path)
            part = nodes[-1].total
            depth = next(at for at, node in enumerate(nodes) if part * self.width >= node.total)
            self._wanted_zoom = path[:depth]
            self.resolve(self.root, self.width)

    def below(self, path: Path, node: Node) -> Node | None:
        """Return what is below `node`: where the cursor came up from, or else the heaviest."""
        at = len(path)
        if len(self._trail) > at and self._trail[:at] == path:
            child = node.children.get(self._trail[at])
            if child is not None and self.is_wide(child):
                return child
        return self.heaviest(node)

    def heaviest(self, node: Node) -> Node | None:
        """Return the heaviest child of `node`, if it is drawn."""
        child = min(node.children.values(), key=_weight, default=None)
        return child if child is not None and self.is_wide(child) else None

    def deeper(self, steps: int) -> Path:
        """Return the path that many steps below the cursor, or as far down as there is one."""
        path, node = self.cursor, self.node
        for _ in range(steps):
            child = self.below(path, node)
            if child is None:
                break
            path, node = (*path, child.function), child
        return path

    def higher(self, steps: int) -> Path:
        """Return the path that many steps above the cursor, at most up to what is zoomed into."""
        return self.cursor[: max(len(self.outer) - 1, len(self.chain) - 1 - steps)]

    def hottest(self) -> Path:
        """Return the path from the cursor down to where no child is drawn, by the heaviest."""
        path, node = list(self.cursor), self.node
        while (child := self.heaviest(node)) is not None:
            path.append(child.function)
            node = child
        return tuple(path)


def _weight(node: Node) -> tuple[int, Function]:
    return -node.total, node.function

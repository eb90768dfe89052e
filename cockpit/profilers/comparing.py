"""Two profiles as one tree, whose every place knows its share before and after.

Neither the ids of threads nor those of processes are the same in two runs: threads are matched by
their names, processes by their commands.
"""

from collections.abc import Iterable, Iterator

from cockpit.profilers.profile import PROCESS, THREAD, Function, Node, Profile, Stack


class DiffNode:
    """A place in two call trees: its samples, own and with all below, before and after.

    `change` and the shares are of each profile's whole, from 0 to 1: the two may be of different
    length. The own samples of a place are what its children do not fill.
    """

    __slots__ = ("children", "function", "own", "total", "wholes")

    def __init__(self, function: Function, wholes: tuple[int, int]) -> None:
        """Start with no sample of profiles with `wholes` samples."""
        self.function = function
        self.wholes = wholes
        self.own = [0, 0]
        self.total = [0, 0]
        self.children: dict[Function, DiffNode] = {}

    @property
    def before(self) -> float:
        """Its share before, with all below it."""
        return self.total[0] / self.wholes[0]

    @property
    def after(self) -> float:
        """Its share after, with all below it."""
        return self.total[1] / self.wholes[1]

    @property
    def own_before(self) -> float:
        """Its own share before."""
        return self.own[0] / self.wholes[0]

    @property
    def own_after(self) -> float:
        """Its own share after."""
        return self.own[1] / self.wholes[1]

    @property
    def change(self) -> float:
        """By how much its share grew, from -1 to 1."""
        return self.after - self.before

    @property
    def own_change(self) -> float:
        """By how much its own share grew, from -1 to 1."""
        return self.own_after - self.own_before

    def ordered(self) -> list["DiffNode"]:
        """Return its children, those with the largest share in either profile first."""
        return sorted(
            self.children.values(), key=lambda node: (-max(node.before, node.after), node.function)
        )


def compared(before: Profile, after: Profile) -> DiffNode:
    """Return the root of both profiles' call trees merged; see `profile.call_tree`."""
    wholes = max(before.weight, 1), max(after.weight, 1)
    root = DiffNode(Function("all", ""), wholes)
    for side, profile in enumerate((before, after)):
        for stack, count in profile.stacks.items():
            _add(root, _path(stack), side, count)
    return root


def afterwards(root: DiffNode) -> tuple[Node, dict[int, float]]:
    """Return the call tree after, and by how much each node's share grew (-1 to 1), by its `id`.

    What is gone has no node, as in anybody's differential flame graph.
    """
    tree = Node(root.function)
    changes: dict[int, float] = {}
    todo = [(root, tree)]
    while todo:
        diff, node = todo.pop()
        node.own, node.total = diff.own[1], diff.total[1]
        changes[id(node)] = diff.change
        for function, child in diff.children.items():
            if child.total[1]:
                node.children[function] = below = Node(function)
                todo.append((child, below))
    return tree, changes


def _add(root: DiffNode, functions: Iterable[Function], side: int, count: int) -> None:
    node = root
    node.total[side] += count
    for function in functions:
        child = node.children.get(function)
        if child is None:
            child = node.children[function] = DiffNode(function, root.wholes)
        node = child
        node.total[side] += count
    node.own[side] += count


def _path(stack: Stack) -> Iterator[Function]:
    for _, command in stack.processes:
        yield Function(command, PROCESS)
    yield Function(stack.thread.name or "thread", THREAD)
    for frame in stack.frames:
        yield frame.function

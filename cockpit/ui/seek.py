"""What a search finds in a call tree: which functions, how many samples, and below which nodes."""

import time
from typing import Any

import msgspec

from cockpit.profilers.profile import PROCESS, THREAD, Function, Node

#: Looking that takes longer than `_QUICK` seconds is done so seldom that it takes this share.
_QUICK, _SHARE = 0.002, 0.01


class Found(msgspec.Struct, frozen=True):
    """What was found in one state of a tree.

    `samples` of the `whole` have a match anywhere in their stack, each counted once; `above` are
    the ids of the nodes that have a match somewhere below them.
    """

    samples: int = 0
    whole: int = 0
    above: frozenset[int] = frozenset()


class Search:
    """Words that are looked for in names and paths; capitals do not matter."""

    def __init__(self, words: str = "") -> None:
        """Look for `words`; for nothing where they are blank."""
        self.words = words.strip()
        self._wanted = self.words.casefold()
        self._hits: dict[Function, bool] = {}
        self._found = Found()
        self._state: tuple[Node, int] | None = None
        self._due = 0.0

    def __bool__(self) -> bool:
        """Return whether anything is looked for."""
        return bool(self._wanted)

    def hits(self, function: Function) -> bool:
        """Return whether a function is one of those."""
        hit = self._hits.get(function)
        if hit is None:
            hit = self._hits[function] = self._hit(function)
        return hit

    def _hit(self, function: Function) -> bool:
        if not self._wanted:
            return False
        path = "" if function.path in (THREAD, PROCESS) else function.path
        return self._wanted in f"{function.name}\n{path}".casefold()

    def found(self, root: Node, version: int) -> Found:
        """Return what there is in the tree below `root`, which is another at another `version`.

        Of a tree that only grew it may be what there was a moment ago, where looking takes long.
        """
        state, begin = (root, version), time.monotonic()
        same = self._state is not None and self._state[0] is root
        if state != self._state and not (same and begin < self._due):
            self._state, self._found = state, self._looked(root)
            spent = time.monotonic() - begin
            self._due = begin + spent / _SHARE if spent > _QUICK else 0.0
        return self._found

    def _looked(self, root: Node) -> Found:
        """Look through the whole tree: a quarter of a microsecond a node."""
        if not self._wanted:
            return Found(0, root.total)
        samples, above, hits = 0, set[int](), self._hits
        # A node, the entry that it was reached by, and whether a match is among those above it.
        todo: list[tuple[Node, Any, bool]] = [(root, None, False)]
        while todo:  # the deepest first: nodes near each other in the tree are so in memory
            entry = todo.pop()
            node, _, under = entry
            for function, child in node.children.items():
                hit = hits.get(function)
                if hit is None:
                    hit = self.hits(function)
                if hit:
                    samples += 0 if under else child.total
                    up = entry
                    while up is not None and id(up[0]) not in above:
                        above.add(id(up[0]))
                        up = up[1]
                if child.children:
                    todo.append((child, entry, under or hit))
        return Found(samples, root.total, frozenset(above))

"""Tells whole stacks from torn ones: a stack that changed while it was read has lost its root."""

from collections import Counter

from cockpit.profilers.profile import Function, Stack, Stacks, Thread

#: Where a thread of Python begins, and a program. Before 3.11 names are not qualified.
_BEGINNINGS = frozenset(
    ("<module>", "_bootstrap", "Thread._bootstrap", "_run_code", "_run_module_as_main", "_shutdown")
)
#: From this share of a thread's stacks on, and this many, a root of another name is one too: a
#: greenlet's, or that of a thread which a library in C began.
_SHARE, _FEW = 0.05, 3
#: What can be counted at most, for threads come and go.
_MOST = 10_000


class Roots:
    """Knows the functions that stacks begin with, by thread; for one process."""

    def __init__(self) -> None:
        """Start with what every Python has."""
        self._seen: Counter[tuple[Thread, Function]] = Counter()
        self._all: Counter[Thread] = Counter()

    def whole(self, stacks: Stacks) -> tuple[dict[Stack, int], int]:
        """Return the stacks that are whole, and how many samples were of others."""
        if len(self._seen) > _MOST:
            self._seen.clear()
            self._all.clear()
        for stack, count in stacks.items():
            self._all[stack.thread] += count
            self._seen[stack.thread, stack.frames[0].function] += count
        kept = {stack: count for stack, count in stacks.items() if self._is_root(stack)}
        return kept, sum(stacks.values()) - sum(kept.values())

    def _is_root(self, stack: Stack) -> bool:
        root = stack.frames[0]
        if root.function.name in _BEGINNINGS or not root.line:  # native code is below Python's
            return True
        seen = self._seen[stack.thread, root.function]
        return seen >= _FEW and seen >= self._all[stack.thread] * _SHARE

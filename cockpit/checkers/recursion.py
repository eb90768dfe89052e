"""How deep a syntax tree may be: the same for a tool's classes here as under its own command.

The tools' visitors recurse, and give up where Python's stack ends. How much of it is left
depends on what stands below the call, so near the limit the answer depends on the caller. Nothing
here knows a tool.
"""

import re
import sys
from types import TracebackType

#: The limit that a command starts with (`sys.getrecursionlimit()` of a fresh interpreter).
COMMAND_LIMIT = 1000

_DEPTH = re.compile(r"recursion depth (\d+)")
# Up to 3.11 a call of a C function counts, so that of `setrecursionlimit` itself does.
_OWN = 1 if sys.version_info < (3, 12) else 0


def depth() -> int:
    """Return how deep the caller's frame stands, as Python counts: 1 is a script's own level."""
    # Python 3.11 counts some calls of C functions too, which no frame shows; it names its own
    # count only when it refuses a limit that is below it.
    try:
        sys.setrecursionlimit(1)
    except RecursionError as error:
        if told := _DEPTH.search(str(error)):
            return int(told[1]) - _OWN - 1
    return _visible_frames() - 1


def _visible_frames() -> int:
    count, frame = 0, sys._getframe(1)
    while frame.f_back:
        count, frame = count + 1, frame.f_back
    return count + 1


class same_depth:  # noqa: N801 - used as `with same_depth(3):`, like contextlib's own
    """While it holds, a call made in the caller's frame has the stack it has under a command.

    `command_depth` is the depth (see `depth`) of the frame that makes the same call there.
    For one thread at a time: Python's limit belongs to the whole interpreter.
    """

    def __init__(self, command_depth: int) -> None:
        """Remember how deep the command stands."""
        self._command_depth = command_depth
        self._before = COMMAND_LIMIT

    def __enter__(self) -> None:
        """Raise or lower the limit by the difference of the two depths."""
        self._before = sys.getrecursionlimit()
        here = depth() - 1
        sys.setrecursionlimit(COMMAND_LIMIT + here - self._command_depth)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Set the limit back to what it was."""
        sys.setrecursionlimit(self._before)

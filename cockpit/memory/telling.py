"""How the child that reads a capture tells what it reads, and how far it is.

It knows memray's records by what they look like, and does not import it.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from cockpit.memory import wire
from cockpit.memory.model import Kind, Node, Part, Place, Row

#: Seconds between two words on how far we are.
TICK = 0.1
#: What hashing a capture costs beside one of memray's passes, as measured.
HASHING, PASS = 0.03, 1.0


class Teller:
    """Says how far we are, and all else, in lines; a line is never torn by another."""

    def __init__(self, pipe: BinaryIO, handle: int, passes: float) -> None:
        """Speak into `pipe` of the capture that is open as `handle`."""
        self._pipe = pipe
        self._whole, self._done = max(passes, HASHING), 0.0
        self.watch(handle)
        self._saying = False
        self.part: Part = "summary"

    def watch(self, handle: int) -> None:
        """Go by how far the open file `handle` is read."""
        self._state = os.fstat(handle)

    def say(self, message: wire.Message) -> None:
        """Say something."""
        self._saying = True
        try:
            self._pipe.write(wire.encoded(message))
            self._pipe.flush()
        except OSError:  # nobody is left to hear it
            os._exit(1)
        finally:
            self._saying = False

    def far(self, share: float, weight: float = PASS) -> None:
        """Say that so much of the pass is done that is going on."""
        whole = (self._done + weight * min(share, 1.0)) / self._whole
        self.say(wire.Step(self.part, min(whole, 1.0)))

    def done(self, weight: float = PASS) -> None:
        """Say that a pass is done."""
        self.far(1.0, weight)
        self._done += weight

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Say meanwhile, by the clock, how far memray has read.

        It looks for signals at each record, and holds the interpreter's lock: no thread of ours
        would come to it.
        """
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
        self.done()

    def _tick(self, *_: object) -> None:
        if not self._saying:  # where nobody listens, words take longer than the clock's next tick
            self.far(self._read())

    def _read(self) -> float:
        """Return the share of the file that memray has read in its present pass."""
        furthest = 0
        folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
        for name in os.listdir(folder):  # noqa: PTH208 -- numbers, no paths
            with contextlib.suppress(OSError, ValueError):
                if os.path.samestat(os.fstat(int(name)), self._state):
                    furthest = max(furthest, os.lseek(int(name), 0, os.SEEK_CUR))
        return furthest / max(self._state.st_size, 1)


class Trie:
    """Stacks with what they share kept once, told piece by piece."""

    def __init__(self, say: Callable[[wire.Message], None]) -> None:
        """Tell the pieces by `say`."""
        self._say = say
        self._places: dict[Any, int] = {}
        #: By their parent and their place in one number: there may be a million of them.
        self._nodes: dict[int, int] = {}
        self._rows = 0
        self._clear()

    def _clear(self) -> None:
        self._new = wire.Piece([], [], [])

    def add(self, record: Any, stack: Iterable[Any], words: tuple[str, str]) -> None:
        """Add a record of memray's with its stack, the innermost first; `words` as in `Row`."""
        node = -1
        for frame in reversed(list(stack)):
            place = self._places.get(frame)
            if place is None:
                place = self._places[frame] = len(self._places)
                self._new.places.append(Place(*frame))
            key = (node + 1 << 32) | place
            known = self._nodes.get(key)
            if known is None:
                known = self._nodes[key] = len(self._nodes)
                self._new.nodes.append(Node(node, place))
            node = known
        allocator, thread = words
        row = Row(allocator, record.n_allocations, record.size, record.tid, thread, node)
        self._new.rows.append(row)
        if len(self._new.rows) >= wire.ROWS or len(self._new.nodes) >= wire.NODES:
            self._tell()

    def _tell(self) -> None:
        self._rows += len(self._new.rows)
        self._say(self._new)
        self._clear()

    def end(self, kind: Kind) -> None:
        """Tell the rest, and that it is the end."""
        self._tell()
        self._say(wire.Last(kind, self._rows))

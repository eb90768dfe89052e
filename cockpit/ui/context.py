"""What every page and widget works with; one object, handed to all of them."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.places import cache_folder, data_folder
from cockpit.ui.alive import Alive
from cockpit.ui.backend import Backend
from cockpit.ui.heat import Heat
from cockpit.ui.state import State
from cockpit.ui.style import Look
from cockpit.ui.warmth import Warmth

if TYPE_CHECKING:
    from cockpit.history import History
    from cockpit.profilers.places import Places
    from cockpit.serving import Server
    from cockpit.ui.profiling import Profiling
    from cockpit.ui.tracking import Tracking


class Context:
    """The session's state, the look of things, and, after the first paint, the backend."""

    def __init__(self, look: Look, title: str) -> None:
        """Start without a backend."""
        self.state = State()
        self.look = look
        self.title = title
        self.backend: Backend | None = None
        #: What the person did about findings; None until the project is open.
        self.history: History | None = None
        #: Held while something is done about findings in a thread.
        self.busy = asyncio.Lock()
        #: The keys that the person bound, whatever to.
        self.own_keys: frozenset[str] = frozenset()
        #: What is wrong with the person's own settings of the screen, a sentence each.
        self.notes: tuple[str, ...] = ()
        #: What profilers know of lines, each a column beside the source.
        self.heats: list[Heat] = []
        self._warm: dict[str, tuple[Heat, ...]] = {}
        #: Which of a process's paths are the project's; None until a process is sampled.
        self.places: Places | None = None
        #: What is sampled, and whose memory is tracked; None until somebody asks for it.
        self.profiling: Profiling | None = None
        self.tracking: Tracking | None = None
        #: What serves pages to a browser at the other end of SSH; None until it is needed.
        self.server: Server | None = None
        self.state.warmth = Warmth(self.heats)
        #: What was seen running of the project, in this session and before.
        self.alive = Alive(self.state, self._note)

    def sampled(self) -> "Profiling":
        """Return what is sampled; nothing, where nobody asked for it before."""
        # They are imported when the CPU page is: the first paint does not need them.
        from cockpit.ui.joining import Joining
        from cockpit.ui.profiling import Profiling

        if self.profiling is None:
            self.profiling = Profiling()
            Joining(self, self.profiling)
        return self.profiling

    def tracked(self) -> "Tracking":
        """Return what memory is looked at; nothing, where nobody asked for it before."""
        from cockpit.memory.captures import Captures
        from cockpit.memory.results import Results
        from cockpit.ui.mem_joining import MemoryJoining
        from cockpit.ui.tracking import Tracking

        if self.tracking is None:
            root = self.backend.root if self.backend is not None else Path.cwd()
            captures = Captures(data_folder(), root)
            self.tracking = Tracking(captures, Results(cache_folder()))
            MemoryJoining(self, self.tracking)
        return self.tracking

    def warm(self, by: str, heats: "Iterable[Heat]") -> None:
        """Have `heats` be all that the profiler `by` knows of lines; others' columns stay."""
        self._warm[by] = tuple(heats)
        self.heats[:] = [heat for found in self._warm.values() for heat in found]

    def short(self, path: str) -> tuple[str, bool]:
        """Return a profiler's path as short as a person knows it, and whether it is of the project.

        To be asked once a process is sampled.
        """
        from cockpit.profilers.places import tail

        known = self.places.of(path) if self.places is not None else ""
        return (known, True) if known else (tail(path), False)

    def open_history(self, folder: Path, root: Path) -> None:
        """Read what the person did about the findings of the project at `root`."""
        # It would be read before the first paint, which does not need it.
        from cockpit.history import History

        self.history = History(folder, root)
        self.state.dismiss(self.history.dismissed, self.history.covered)
        self.alive.open(cache_folder(), root)

    def _note(self, words: str) -> None:
        if words and words not in self.notes:
            self.notes = (*self.notes, words)


def titled(root: Path) -> str:
    """Return the project's folder as a person writes it: ~/src/django."""
    home = Path.home()
    return (
        f"~/{root.relative_to(home)}" if root != home and root.is_relative_to(home) else str(root)
    )

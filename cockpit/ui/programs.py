"""The programs that the memory page shows, each as `tracking.Program` has it."""

import contextlib
import time
from collections.abc import Callable, Sequence

from cockpit.errors import CockpitError
from cockpit.memory.attach import Attached
from cockpit.memory.captures import Captures
from cockpit.memory.model import Live
from cockpit.memory.scalene.document import Report
from cockpit.memory.scalene.run import Run
from cockpit.memory.tracked import Tracked
from cockpit.ui.cpu_draw import lasted

#: Seconds that a program may take to close its capture as cockpit ends.
_CLOSING = 5.0


class Ours:
    """A program that we started under memray."""

    ours, figures = True, False

    def __init__(self, tracked: Tracked, argv: Sequence[str], command: str) -> None:
        """Stand for `tracked`, which `argv` runs."""
        self._tracked = tracked
        self.argv, self.command = tuple(argv), command
        self.pid = tracked.target.pid
        self.pictures = tracked.live is not None

    @property
    def said(self) -> Sequence[str]:
        """The last lines of what it said."""
        return self._tracked.said

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return not self._tracked.ending

    @property
    def words(self) -> str:
        """How it stands, and what becomes of its capture."""
        tracked = self._tracked
        live = tracked.live.words if tracked.live is not None else tracked.live_words
        return tracked.ending or tracked.trouble or live

    @property
    def trouble(self) -> bool:
        """Whether it failed, or memray did."""
        return bool(self._tracked.code or self._tracked.trouble)

    async def work(self, take: Callable[[Live], None]) -> None:
        """See its heap until it ends, and wait for that."""
        tracked = self._tracked
        if tracked.live is not None:
            await tracked.live.run(take)
        await tracked.ended()

    async def end(self) -> None:
        """Ask it to end as ctrl-c does: its capture is closed by that."""
        await self._tracked.stop(_CLOSING)


class Theirs:
    """A process that is not ours, and tracks its memory for a while."""

    ours, figures = False, False
    said: Sequence[str] = ()

    def __init__(self, attached: Attached) -> None:
        """Stand for `attached`, which was attached to."""
        self._attached = attached
        self.argv, self.command = attached.argv, attached.target.command
        self.pid = attached.target.pid
        self.pictures = attached.live is not None

    @property
    def running(self) -> bool:
        """Whether it is still tracked."""
        return not self._attached.ending

    @property
    def words(self) -> str:
        """How it stands, and what becomes of its capture."""
        attached = self._attached
        if attached.ending:
            return attached.ending
        left = f"Tracking ends by itself in {lasted(attached.left)}, also without cockpit;"
        return f"{left} the process goes on, and its capture is kept."

    @property
    def trouble(self) -> bool:
        """Whether something went wrong: nothing that we would know of."""
        return False

    async def work(self, take: Callable[[Live], None]) -> None:
        """See its heap until its tracking ends."""
        await self._attached.follow(take)

    async def end(self) -> None:
        """Look at it no more: its tracking ends by itself, and it goes on."""


class Profiled:
    """A program that we started under scalene; its figures come as reports."""

    ours, pictures, figures = True, False, True

    def __init__(self, run: Run, argv: Sequence[str], command: str, captures: Captures) -> None:
        """Stand for `run`, which `argv` runs; what it wrote is kept in `captures`."""
        self._run, self._captures = run, captures
        self.argv, self.command = tuple(argv), command
        self.pid = run.target.pid

    @property
    def said(self) -> Sequence[str]:
        """The last lines of what it said."""
        return self._run.said

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return not self._run.ending

    @property
    def words(self) -> str:
        """How it stands, and what becomes of its figures."""
        return self._run.words

    @property
    def trouble(self) -> bool:
        """Whether it failed, or nothing was measured."""
        return bool(self._run.code or (self._run.ending and self._run.report is None))

    async def work(self, take: Callable[[Report, str], None]) -> None:
        """Hand on what scalene measured until the program ends, then note how that was."""
        run = self._run
        with contextlib.suppress(CockpitError):
            self._captures.tell(run.path, pid=self.pid, mark=run.target.mark)
        code = await run.run(lambda report: take(report, f"pid {self.pid}"))
        if run.report is None:
            self._captures.discard(run.path)
            return
        facts = {"code": code, "ended": time.time(), "standing": run.standing, "notes": run.notes}
        peak = round(run.report.peak * (1 << 20))
        with contextlib.suppress(CockpitError):
            self._captures.tell(run.path, peak=peak, **facts)

    async def end(self) -> None:
        """Ask it to end as ctrl-c does: scalene writes what it has."""
        await self._run.stop(_CLOSING)

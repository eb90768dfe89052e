"""A program that runs under memray: what it says, how it stands, and what becomes of its capture.

memray writes the capture itself, so that nothing of ours can hold up the program or lose what it
wrote; the live view reads that file.
"""

import asyncio
import contextlib
import shlex
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.memory.about import is_whole
from cockpit.memory.captures import Captures
from cockpit.memory.command import program, tracked
from cockpit.memory.ending import Heard, verdict
from cockpit.memory.live import LiveReader
from cockpit.memory.model import Capture, Options
from cockpit.plain import plain
from cockpit.profilers.launch import Launched, how
from cockpit.profilers.target import Target

#: Why an aggregated capture has no live view, and of whom that of a forking program is.
NO_LIVE = "There is no live view: an aggregated capture is written when its program ends."
ONE_ONLY = "Only the program itself is seen live; what it forks is captured, in a file for each."


async def _nowhere(_: bytes) -> None:
    """Hand what it says to nobody."""


class Tracked:
    """A program at work under memray; whoever has it has to `end` it."""

    def __init__(  # noqa: PLR0913 -- one call says all there is to say of a run
        self,
        argv: Sequence[str],
        folder: Path,
        captures: Captures,
        *,
        options: Options = Options(),  # noqa: B008 -- frozen
        name: str = "",
        live: bool = True,
        echo: Callable[[bytes], Awaitable[None]] = _nowhere,
    ) -> None:
        """Start the Python program `argv` in `folder`, with a new capture of it that is `name`d.

        `echo` is as `Launched` has it. Raises `CockpitError` where that cannot be; then there is no
        capture.
        """
        what = program(argv)
        self._captures, self._options, self._echo = captures, options, echo
        self._heard = Heard()
        self._path = captures.new(plain(shlex.join(argv)), name, options)
        try:
            command = tracked(what, options, self._path)
            self._launched = Launched(command, folder, self._listen)
        except BaseException:
            captures.discard(self._path)
            raise
        target = self._launched.target
        self._settled: asyncio.Task[Capture] | None = None
        self._asked = False
        with contextlib.suppress(CockpitError):  # a full disk: memray will say so, too
            captures.tell(self._path, pid=target.pid, mark=target.mark)
        #: What sees its heap; None where nobody wanted to, or nothing can.
        self.live: LiveReader | None = None
        #: Why there is no live view, or what it does not show; "" where there is nothing to say.
        self.live_words = NO_LIVE if options.aggregate else ""
        if live and not options.aggregate:
            self.live_words = ONE_ONLY if options.follow_fork else ""
            self.live = LiveReader(self._path, target, self.live_words)
        #: Its capture as it is known; ask `look` for how it is now.
        self.capture: Capture = captures.get(self._path)
        #: How it ended and what became of its capture, in whole sentences; "" while it runs.
        self.ending = ""

    @property
    def target(self) -> Target:
        """Its process."""
        return self._launched.target

    @property
    def code(self) -> int | None:
        """Its exit code (negative: the signal); None while it runs."""
        return self._launched.code

    @property
    def said(self) -> deque[str]:
        """The last lines of what it said on stdout and stderr."""
        return self._launched.said

    @property
    def trouble(self) -> str:
        """What memray complains of while the program runs, as a sentence; "" for nothing."""
        if not self._heard.full:
            return ""
        return f"memray has stopped tracking, and the program goes on: {self._heard.reason}."

    def look(self) -> Capture:
        """Return its capture as it is now: it grows."""
        self.capture = self._captures.get(self._path)
        return self.capture

    async def _listen(self, chunk: bytes) -> None:
        self._heard.take(chunk)
        await self._echo(chunk)

    async def ended(self) -> int:
        """Wait for its end, and for its capture to be in order; return its exit code."""
        code = await self._launched.ended()
        if self._settled is None:
            self._settled = asyncio.create_task(asyncio.to_thread(self._settle, code))
        self.capture = await asyncio.shield(self._settled)
        return code

    async def stop(self, patience: float = 10.0) -> None:
        """Ask it to end as ctrl-c does, so that memray closes its capture; end it if it does not.

        `patience` is in seconds: a large capture takes some to be compressed.
        """
        self._asked = True
        self._launched.interrupt()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._launched.ended()
        await self.end()

    async def end(self) -> None:
        """End it and all that it started, politely, then for good; its capture is kept."""
        self._asked = self._asked or self.code is None
        await self._launched.end()
        if self.code is not None:
            await self.ended()

    def _settle(self, code: int) -> Capture:
        """Say of the capture how it ended; in a thread, for it waits for the disk."""
        self._captures.close(self._path)
        found = self._captures.get(self._path)
        whole, aggregate = is_whole(self._path), self._options.aggregate
        standing, notes = verdict(code, self._heard, found.size, whole, aggregate)
        if not found.size and code:
            said = [line for line in self.said if line.strip()]
            notes += [f"It said: {line.strip()}" for line in said[-1:]]
        began = f"{'It was ended, ' if self._asked else 'The program ended '}{how(code)}."
        self.ending = " ".join((began, *notes))
        if not found.size and not aggregate:
            self._captures.discard(self._path)
            return msgspec.structs.replace(
                found, standing="unreadable", notes=notes, problem="memray captured nothing"
            )
        facts = {"code": code, "ended": time.time(), "standing": standing, "notes": notes}
        try:
            return self._captures.tell(self._path, **facts)
        except CockpitError as error:
            return msgspec.structs.replace(
                found, standing=standing, notes=[*notes, f"That could not be noted: {error}."]
            )

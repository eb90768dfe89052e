"""One py-spy at work: it begins, says that it samples, is interrupted, and leaves its stacks."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from cockpit import process
from cockpit.profilers import pyspy
from cockpit.profilers.profile import Counts, Stack, Window
from cockpit.profilers.pyspy import Options
from cockpit.profilers.raw import Parser, whole
from cockpit.profilers.target import Target

#: Seconds that py-spy may take to begin, and to write what it saw. It reads a large program's
#: symbols first, and on a busy machine that takes its time.
_TO_BEGIN, _TO_END = 20.0, 10.0
#: Seconds of work after which others have the event loop.
_SLICE = 0.004
#: Bytes of a window's file that are read.
_LIMIT = 16 << 20


class Refused(Exception):  # noqa: N818 -- not an error of the user's; its words are `problem`'s
    """py-spy did not begin to sample; `words` are what it said."""

    def __init__(self, words: str) -> None:
        """Keep what it said."""
        super().__init__(words)
        self.words = words


class Sampling:
    """A py-spy that samples into `file` until it is told to end, or ends with its process."""

    def __init__(self, target: Target, options: Options, rate: int, file: Path) -> None:
        """Be ready to `begin`."""
        self.target, self.options, self.rate, self.file = target, options, rate, file
        self._running: process.Running | None = None
        self._began = self._ended = 0.0

    async def begin(self) -> None:
        """Return once it samples; raise `Refused` where it does not come to that."""
        command = pyspy.record_command(self.target.pid, self.options, self.rate, str(self.file))
        try:
            running = process.start(command, self.file.parent, env=pyspy.environment())
        except process.CannotStart as error:  # the machine has no room for it: maybe it has, soon
            raise Refused(error.message) from error
        self._running = running
        try:
            async with asyncio.timeout(_TO_BEGIN):
                while (line := await running.line()) is not None:
                    if pyspy.SAMPLING in line:
                        self._began = time.monotonic()
                        return
                words = (await running.errors()).decode(errors="replace")
        except TimeoutError:
            words = f"it did not begin within {_TO_BEGIN:g} s"
        except BaseException:
            await self.abandon()
            raise
        await self.abandon()
        raise Refused(words)

    async def wait(self, seconds: float) -> bool:
        """Wait so long at most; return whether it ended by itself before."""
        assert self._running is not None  # noqa: S101 -- for the type checker
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._running.ended()
                self._ended = time.monotonic()
                return True
        return False

    async def finish(self, parser: Parser, names: Mapping[str, str]) -> Window:
        """Interrupt it and return what it saw."""
        running = self._running
        assert running is not None  # noqa: S101 -- for the type checker
        try:
            if not self._ended:
                running.interrupt()
                self._ended = time.monotonic()
            output = b""
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TO_END):
                    while (line := await running.line()) is not None:
                        output += line + b"\n"
                    await running.ended()
            seconds = self._ended - self._began
            return await self._read(pyspy.counts(output, seconds, self.rate), parser, names)
        finally:
            await self.abandon()

    async def _read(self, counts: Counts, parser: Parser, names: Mapping[str, str]) -> Window:
        """Read the file a slice at a time: no key may wait for it."""
        try:
            with self.file.open("rb") as file:
                lines = file.read(_LIMIT).decode(errors="surrogateescape").split("\n")
        except OSError:  # it ended before it had seen anything
            lines = []
        stacks: dict[Stack, int] = {}
        since = time.perf_counter()
        for line in whole(lines):
            found = parser.parse(line, names)
            if found is not None:
                stacks[found[0]] = stacks.get(found[0], 0) + found[1]
            if time.perf_counter() - since > _SLICE:
                await asyncio.sleep(0)
                since = time.perf_counter()
        if not counts.samples:  # it was killed as it wrote its last words, not what it saw
            counts = msgspec.structs.replace(counts, samples=sum(stacks.values()))
        return Window(stacks, counts, self.rate)

    async def abandon(self) -> None:
        """End it without a look at what it saw."""
        running, self._running = self._running, None
        if running is not None:
            await running.end()
        with contextlib.suppress(OSError):
            self.file.unlink(missing_ok=True)

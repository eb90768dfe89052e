"""Samples one process for as long as it lives, a window after the other, without a gap between.

py-spy writes what it saw only at its end. So the next one begins while the last one still samples,
and only when it says that it does is the last one interrupted and read.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.profilers import pyspy
from cockpit.profilers.profile import Window
from cockpit.profilers.pyspy import Options, Problem, ThreadNow, unsupported
from cockpit.profilers.raw import Parser
from cockpit.profilers.roots import Roots
from cockpit.profilers.scratch import private_folder
from cockpit.profilers.target import Target, descendants
from cockpit.profilers.window import Refused, Sampling

Kind = Literal["starting", "sampling", "stopped", "ended", "failed"]

#: Seconds between two looks at all threads, and between two windows of who holds the GIL.
DUMPS, GILS = 5.0, 10.0
#: Seconds between two looks at a process that is stopped, and before the first new try after a
#: failure; the pause doubles with every other, up to `_LOOK`.
_LOOK, _AGAIN = 0.5, 0.1
#: Seconds between two looks at whether what we started has become itself.
_SOON = 0.01
#: How often in a row py-spy may fail at a process that lives before that is all there is to say.
_TRIES = 6
#: The share of errors in a window from which on the process has begun another program.
_ANOTHER = 0.2
#: Child processes that are looked at for what their threads do.
_BELOW = 16
#: Seconds that a dump may take.
_DUMP = 10.0


class State(msgspec.Struct, frozen=True):
    """How the sampling stands; `rate` is the samples a second of now, 0 while there are none.

    `words` say why it does not sample, and `hint` what to do; while it samples `words` say what is
    to be known of it: that the rate is lower, that the process is another program now.
    """

    kind: Kind
    words: str = ""
    hint: str = ""
    rate: int = 0
    cause: str = ""


class Glance(msgspec.Struct, frozen=True):
    """What is known of the threads beside the samples.

    `gil` is the share (0..1) of samples in which a thread held the GIL, None until that is known.
    """

    threads: tuple[ThreadNow, ...] = ()
    gil: float | None = None


class Sampler:
    """Samples `target`; tells of windows, of its state, and of the threads, as they come."""

    def __init__(
        self,
        target: Target,
        options: Options,
        on_window: Callable[[Window], None],
        on_state: Callable[[State], None] = lambda _: None,
        on_glance: Callable[[Glance], None] = lambda _: None,
    ) -> None:
        """Be ready to `run`."""
        self.target, self.options = target, options
        self._on_window, self._on_state, self._on_glance = on_window, on_state, on_glance
        self.state = State("starting")
        #: Why it does not sample yet, where that may be but a moment of the process's beginning.
        self.problem: Problem | None = None
        self.glance = Glance()
        self._parser, self._roots = Parser(target.pid), Roots()
        self._names: dict[str, str] = {}
        self._numbers = itertools.count()
        #: What is to be known of the sampling: of the process, and of the rate.
        self._note = self._slow = ""
        self._was_none = False
        self._folder = Path()

    async def run(self) -> None:
        """Sample until the process ends, cannot be sampled, or this is cancelled; never raises.

        No py-spy of ours is left, and no file.
        """
        try:
            with private_folder() as self._folder:
                glances = asyncio.create_task(self._glances())
                try:
                    await self._follow()
                finally:
                    glances.cancel()
                    await asyncio.gather(glances, return_exceptions=True)
        except CockpitError as error:
            self._tell(State("failed", error.message, error.hint))
        except OSError as error:
            words = f"there is no folder for what py-spy writes: {error.strerror}"
            self._tell(State("failed", words, "Set TMPDIR to a folder with room in it."))

    # --- Windows ------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Sample through stops, failures and changes of program, until the process has ended."""
        failures = 0
        await self._become()
        if self._tell_unsupported():
            return
        while (standing := self.target.standing) != "ended":
            if standing == "stopped":
                self._tell(State("stopped", f"process {self.target.pid} is stopped"))
                await asyncio.sleep(_LOOK)
                continue
            try:
                await self._rotate()
                failures = 0
            except Refused as refused:
                problem = self.problem = pyspy.problem(refused.words, self.target)
                failures += 1
                if self.target.standing == "running" and not await self._hopeful(problem, failures):
                    return
                await asyncio.sleep(min(_AGAIN * 2**failures, _LOOK))
        words = f"process {self.target.pid} has ended"
        if self._was_none:
            words += ", and was no Python that py-spy knows"
        self._tell(State("ended", words))

    async def _become(self) -> None:
        """Wait while what we started is our launcher still, which is a Python itself."""
        while True:
            if not self.target.is_launcher:
                return
            await asyncio.sleep(_SOON)

    def _tell_unsupported(self) -> bool:
        """Return whether py-spy cannot read this Python, whatever the rights, and say so."""
        found = unsupported(self.target.pid)
        if found is not None:
            self._tell(State("failed", found.words, found.hint, cause=found.kind))
        return found is not None

    async def _hopeful(self, problem: Problem, failures: int) -> bool:
        """Whether to try once more: a program that begins is no Python yet, or half of one.

        If not, it is said why. What we started may take its time, as a shell that waits for
        something before it becomes a Python; one with Python children becomes none, though.
        """
        if problem.kind == "traced" and failures > 1:  # one that just ended may have held it
            self.options = msgspec.structs.replace(self.options, precise=False, native=False)
            self._note = problem.words
            return True
        # Once may be a moment of its beginning, or of its end.
        self._was_none = problem.kind == "not-python" and failures > 1
        if problem.kind != "permission" and failures < _TRIES:
            return True
        hint, children = problem.hint, ""
        if self._was_none:
            children = await asyncio.to_thread(pyspy.children_of, self.target.pid)
            hint = children or hint
        if self._tell_unsupported():
            return False
        patient = self.target.launched and problem.kind != "permission" and not children
        kind: Kind = "starting" if patient else "failed"
        self._tell(State(kind, problem.words, hint, cause=problem.kind))
        return patient

    async def _rotate(self) -> None:
        """Sample a window after the other while the process runs; raise `Refused` where not."""
        current: Sampling | None = await self._begin(self.options)
        try:
            while current is not None:
                ended = await current.wait(self.options.seconds)
                following, refused = None, None
                if not ended and self.target.standing == "running":
                    try:
                        following = await self._begin(self.options)
                    except Refused as error:
                        refused = error
                finished, current = current, following
                await self._take_all(finished)
                if refused is not None:
                    raise refused
            await asyncio.sleep(_AGAIN)  # it ended py-spy, and may do so again
        except asyncio.CancelledError:  # what was seen so far is worth having
            if current is not None:
                await self._take_all(current)
            raise
        finally:
            if current is not None:
                await current.abandon()

    async def _take_all(self, sampling: Sampling) -> None:
        """End a window and hand it on, also where we are cancelled while it is read."""
        reading = asyncio.create_task(sampling.finish(self._parser, self._names))
        try:
            window = await asyncio.shield(reading)
        except asyncio.CancelledError:
            self._take(await reading, sampling.options)
            raise
        self._take(window, sampling.options)

    async def _begin(self, options: Options) -> Sampling:
        threads = self.target.threads
        if options.children:  # these were counted when all were looked at last
            threads = max(threads, len(self.glance.threads))
        rate = options.rate_for(threads)
        file = self._folder / f"{next(self._numbers)}.raw"
        sampling = Sampling(self.target, options, rate, file)
        await sampling.begin()
        if self.target.standing == "ended":  # what was begun may be another's
            await sampling.abandon()
            raise Refused("the process has ended")
        if not options.gil:
            if self.target.launched and self.state.kind == "starting":
                self.target = self.target.again()  # it may have come to this by way of a shell
            self._was_none, self.problem = False, None
            self._sampling_at(rate)
        return sampling

    def _sampling_at(self, rate: int) -> None:
        words = [self._note] if self._note else []
        if rate < self.options.rate and self.state.rate != rate:
            self._slow = f"{rate} samples a second, for it has {self.target.threads} threads"
        if rate < self.options.rate:
            words.append(self._slow)
        self._tell(State("sampling", "; ".join(words), rate=rate))

    def _take(self, window: Window, options: Options) -> None:
        """Hand on a window without what is torn in it; not one of a way that is left by now."""
        if not options.is_like(self.options):
            return
        counts = window.counts
        whole, torn = self._roots.whole(window.stacks)
        if counts.errors > window.rate * counts.seconds * _ANOTHER:
            self._begin_anew()
        self._on_window(Window(whole, msgspec.structs.replace(counts, torn=torn), window.rate))

    def _begin_anew(self) -> None:
        """Take in that the process may have begun another program: the next window reads that."""
        now = self.target.again()
        if now.command != self.target.command:
            self.target = now
            self._roots = Roots()
            self._note = "it began another program"

    def _tell(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._on_state(state)

    # --- Beside the windows -------------------------------------------------------------------

    async def _glances(self) -> None:
        """Look at all threads every few seconds, and at who holds the GIL now and then."""
        looked_at_gil = 0.0
        while True:
            if self.state.kind == "sampling":
                threads = await self.dump()
                if threads:
                    self._names = {one.id: one.name for one in threads if one.name}
                    self._see(msgspec.structs.replace(self.glance, threads=threads))
                if time.monotonic() - looked_at_gil > GILS:
                    await self._look_at_gil()
                    looked_at_gil = time.monotonic()
            await asyncio.sleep(DUMPS if self.glance.threads else _LOOK)

    async def dump(self) -> tuple[ThreadNow, ...]:
        """Return what every thread is doing now; nothing where that cannot be told.

        py-spy's own switch for child processes does nothing where it prints JSON: each is asked.
        """
        pids = [self.target.pid]
        if self.options.children:
            below = await asyncio.to_thread(lambda: [p.pid for p in descendants(pids[0])])
            pids += below[:_BELOW]
        found = [await self._dump_of(pid) for pid in pids]
        return tuple(thread for threads in found for thread in threads)

    async def _dump_of(self, pid: int) -> tuple[ThreadNow, ...]:
        try:
            done = await process.run(
                pyspy.dump_command(pid),
                self._folder,
                env=pyspy.environment(),
                timeout=_DUMP,
            )
        except CockpitError:
            return ()
        return pyspy.threads_now(done.output) if not done.code else ()

    async def _look_at_gil(self) -> None:
        options = msgspec.structs.replace(self.options, gil=True, idle=False)
        try:
            sampling = await self._begin(options)
        except (Refused, CockpitError):
            return
        try:
            await sampling.wait(1.0)
            window = await sampling.finish(self._parser, self._names)
        finally:
            await sampling.abandon()
        moments = window.counts.seconds * sampling.rate
        if moments:
            share = min(sum(window.stacks.values()) / moments, 1.0)
            self._see(msgspec.structs.replace(self.glance, gil=share))

    def _see(self, glance: Glance) -> None:
        self.glance = glance
        self._on_glance(glance)

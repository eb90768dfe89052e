"""What is sampled in this session, and all that was seen of it; it draws nothing.

It outlives the page that shows it: the profile goes on while the person reads findings.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from cockpit.profilers.launch import Launched, how
from cockpit.profilers.profile import RARE, Counts, Profile, Stack, Stacks, Thread, Window
from cockpit.profilers.pyspy import Options, ThreadNow
from cockpit.profilers.sampler import Glance, Sampler, State
from cockpit.profilers.tally import Tally, bounded, of_thread, tally_of
from cockpit.profilers.target import Target, descendants, pin

#: Seconds between two pictures that can be chosen.
INTERVALS = (0.5, 1.0, 2.0, 5.0, 10.0)
#: Windows that are kept apart while the picture is paused; then they are added up.
_APART = 30

#: Stacks that are kept apart meanwhile.
_HELD = 5_000
#: Stacks that are added up while a key waits, and how many in one part where there are more.
_AT_ONCE, _PART = 100, 25

NOTHING = State("starting")


class Profiling:
    """One process at a time: sampled, paused, begun anew; whoever listens is told of all of it."""

    def __init__(self) -> None:
        """Sample nothing yet."""
        self.target: Target | None = None
        self.launched: Launched | None = None
        self.tally = Tally()
        self.state, self.glance, self.options = NOTHING, Glance(), Options()
        #: How the program that was started ended, in words.
        self.ending = ""
        #: What was seen before the person began anew, and how, for when that was a mistake.
        self._before: tuple[Tally, Options] | None = None
        self.paused = False
        #: The one thread that is looked at, and what was seen of it.
        self.thread: Thread | None = None
        self._narrowed: Tally | None = None
        #: What came while it was added up what there was of that thread.
        self._since: list[Window] | None = None
        self._held: list[Window] = []
        self._large: deque[tuple[Tally, Window]] = deque()
        self._adding: asyncio.Task[None] | None = None
        self._sampler: Sampler | None = None
        self._work: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever something is to be shown anew."""
        self._listeners.append(callback)

    def _changed(self) -> None:
        for callback in self._listeners:
            callback()

    # --- Which process ------------------------------------------------------------------------

    async def attach(self, pid: int) -> None:
        """Sample the process `pid`; raise `CockpitError` where there is none to look at."""
        target = pin(pid)
        launched = self.launched
        if launched is not None and pid in [one.pid for one in descendants(launched.target.pid)]:
            self.launched = None  # it is a part of the program that we started, which goes on
            await self.stop()
            self.launched = launched
        else:
            await self.stop()
        self._begin(target)

    async def launch(self, argv: Sequence[str], folder: Path) -> None:
        """Start a program and sample it; raise `CockpitError` where it does not start."""
        launched = Launched(argv, folder)
        try:
            await self.stop()
        except BaseException:  # another was chosen meanwhile: nobody would end this one
            await launched.end()
            raise
        self.launched = launched
        self._begin(launched.target)
        self._waiting = asyncio.create_task(self._wait_for(launched))

    async def _wait_for(self, launched: Launched) -> None:
        """Note how a program that we started ended."""
        self.ending = how(code := await launched.ended())
        if code and launched.said:
            self.ending += ": what it said is in Output"
        self._changed()

    def _begin(self, target: Target) -> None:
        self.target, self.state, self.glance = target, NOTHING, Glance()
        self.paused, self._held, self._before = False, [], None
        self.thread, self._narrowed, self.ending = None, None, ""
        self.tally = Tally(target.pid, target.command, self.options.rate)
        self._sampler = Sampler(target, self.options, self._seen, self._stands, self._looked)
        self._work = asyncio.create_task(self._sampler.run())
        self._changed()

    async def stop(self) -> None:
        """Look at no process any more, and end the one that was started; what was seen stays."""
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        if self._adding is not None:  # what was seen last is still being added up
            await asyncio.gather(self._adding, return_exceptions=True)
        launched, self.launched = self.launched, None
        if self._waiting is not None:
            self._waiting.cancel()
        if launched is not None:
            await launched.end()
        self._sampler = None

    # --- What comes from the sampler ----------------------------------------------------------

    def _seen(self, window: Window) -> None:
        if self.paused:
            self._held.append(window)
            if len(self._held) > _APART:
                self._held = [bounded(joined(self._held), _HELD)]
        else:
            self._add(window)
        self._changed()

    def _add(self, window: Window) -> None:
        """Add a window up: one with many stacks a part at a time, so that no key waits for it."""
        if not self._large and len(window.stacks) <= _AT_ONCE:
            self._add_now(self.tally, window, window.stacks)
        else:
            self._large.append((self.tally, window))
            if len(self._large) == 1:
                self._adding = asyncio.create_task(self._add_in_parts())

    async def _add_in_parts(self) -> None:
        while self._large:
            tally, window = self._large[0]
            stacks = list(window.stacks.items())
            for start in range(0, len(stacks), _PART):
                part = dict(stacks[start : start + _PART])
                self._add_now(tally, window if not start else None, part)
                await asyncio.sleep(0)
            self._large.popleft()
        self._changed()

    def _add_now(self, tally: Tally, window: Window | None, stacks: Stacks) -> None:
        """Add some stacks of a window; the window itself where these are the first."""
        if window is not None:
            tally.note(window)
        tally.put(stacks.items())
        if tally is not self.tally:
            return
        whole = Window(stacks, *((window.counts, window.rate) if window else ()))
        if self._since is not None:
            self._since.append(whole)
        if self._narrowed is not None and self.thread is not None:
            self._narrowed.add(Window(of_thread(stacks, self.thread), whole.counts, whole.rate))

    def _stands(self, state: State) -> None:
        self.state = state
        if self._sampler is not None and not self._sampler.options.is_like(self.options):
            way, options = self.options, self._sampler.options  # a debugger lets nobody stop it
            self.options = msgspec.structs.replace(options, seconds=way.seconds)
            self._set_aside(way)
        if self._sampler is not None and self._sampler.target is not self.target:
            self.target = self._sampler.target
            self.tally.command = self.target.command
        self._changed()

    def _looked(self, glance: Glance) -> None:
        self.glance = glance
        self._changed()

    # --- What a person does -------------------------------------------------------------------

    @property
    def behind(self) -> float:
        """The seconds of sampling that the picture does not show while it is paused."""
        return sum(window.counts.seconds for window in self._held)

    def pause(self) -> None:
        """Hold the picture, or show all that came meanwhile; the sampling goes on."""
        self.paused = not self.paused
        if not self.paused:
            for window in self._held:
                self._add(window)
            self._held = []
        self._changed()

    def reset(self) -> None:
        """Begin anew; what was seen can be had back."""
        self._set_aside(self.options)

    def _set_aside(self, way: Options) -> None:
        """Begin anew; what was seen was seen in that `way`."""
        if self.target is None:
            return
        for window in self._held:
            self.tally.add(window)
        self._held = []
        if self.tally.weight:  # of nothing there is nothing to be had back
            self._before = self.tally, way
        self.tally = Tally(self.target.pid, self.target.command, self.options.rate)
        if self.thread is not None:
            self._narrowed = Tally(self.tally.pid, self.tally.command, self.tally.rate)
        self._changed()

    def restore(self) -> bool:
        """Take back that it was begun anew; return whether there was anything to take back.

        It is sampled as it was then: what is seen in another way is not to be added.
        """
        if self._before is None:
            return False
        for window in self._held:
            self._add(window)
        since = (self.tally, self.options) if self.tally.weight else None
        (self.tally, way), self._before, self._held = self._before, since, []
        self.thread = self._narrowed = None
        self._sample_as(msgspec.structs.replace(way, seconds=self.options.seconds))
        self._changed()
        return True

    def _sample_as(self, options: Options) -> None:
        self.options = options
        if self._sampler is not None:
            self._sampler.options = options

    def change(self, **changes: object) -> None:
        """Sample in another way from the next window on.

        What is seen in another way is not added to what was seen before.
        """
        before = self.options
        self._sample_as(msgspec.structs.replace(before, **changes))
        if not before.is_like(self.options):
            self._set_aside(before)
        self._changed()

    async def dump(self) -> tuple[ThreadNow, ...]:
        """Return what every thread does at this moment; nothing where that cannot be told."""
        return await self._sampler.dump() if self._sampler is not None else ()

    @property
    def shown(self) -> Tally:
        """What was seen of the thread that is looked at, or of all."""
        return self.tally if self._narrowed is None else self._narrowed

    async def only(self, thread: Thread | None) -> None:
        """Look at one thread alone, or at all."""
        self.thread = self._narrowed = None
        if thread is not None:
            whole, since = self.tally, list[Window]()
            self._since = since
            try:
                narrowed = await asyncio.to_thread(tally_of, alone(whole.profile(), thread))
            finally:
                self._since = None
            if self.tally is whole:  # and not begun anew meanwhile
                self.thread, self._narrowed = thread, narrowed
                for window in since:
                    stacks = of_thread(window.stacks, thread)
                    narrowed.add(Window(stacks, window.counts, window.rate))
        self._changed()


def alone(profile: Profile, thread: Thread) -> Profile:
    """Return what a profile has of one thread."""
    stacks = of_thread(profile.stacks, thread)
    rare = sum(count for stack, count in stacks.items() if stack.frames[0].function.name == RARE)
    return msgspec.structs.replace(profile, stacks=stacks, folded=rare)


def joined(windows: Sequence[Window]) -> Window:
    """Return windows as one."""
    stacks = Counter[Stack]()
    counts, promised = Counts(), 0.0
    for window in windows:
        stacks.update(window.stacks)
        counts += window.counts
        promised += window.rate * window.counts.seconds
    rate = round(promised / counts.seconds) if counts.seconds else 0
    return Window(dict(stacks), counts, rate)

"""What a page of a sampled process does about the sampling: attach, launch, switch, begin anew."""

import asyncio
import functools
import shlex
from collections.abc import Awaitable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from cockpit.errors import CockpitError
from cockpit.profilers.processes import Lister, Process, python_children
from cockpit.profilers.pyspy import record_command, rights
from cockpit.profilers.sampler import State
from cockpit.ui.context import Context
from cockpit.ui.detail import Docs
from cockpit.ui.picker import PickerScreen
from cockpit.ui.profiling import INTERVALS, Profiling
from cockpit.ui.trusting import if_trusted
from cockpit.ui.views import ViewsPage

#: What is said as a switch is turned on, and off.
_SWITCHED = {
    "idle": ("threads that wait are counted, too", "only threads at work are counted"),
    "children": ("child processes are sampled, too", "only the process itself is sampled"),
    "native": (
        "functions in C are shown: the process is stopped for every sample",
        "functions in C are not shown",
    ),
    "precise": (
        "the process is stopped for every sample: slower, and much with many threads",
        "the process is not stopped: some stacks are torn, and dropped",
    ),
}


class SampledPage(ViewsPage):
    """A page about the process that is sampled; it follows what comes of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "attach", "attach", id="cpu.attach"),
        Binding("i", "switch('idle')", "idle threads", show=False, id="cpu.idle"),
        Binding("u", "switch('children')", "child processes", show=False, id="cpu.children"),
        Binding("C", "switch('native')", "functions in C", show=False, id="cpu.native"),
        Binding("P", "switch('precise')", "precise", show=False, id="cpu.precise"),
        Binding("less_than_sign", "interval(-1)", "faster", show=False, id="cpu.faster"),
        Binding("greater_than_sign", "interval(1)", "slower", show=False, id="cpu.slower"),
        Binding("z", "undo", "undo beginning anew", show=False, id="cpu.undo"),
    ]
    ABOUT = "Interrupted with ctrl-c, it writes what it saw; cockpit runs one after the other."
    WORDS: ClassVar[Mapping[str, str]] = {"rerun": "begin anew", "browse": "flamegraph"}

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what `context` samples."""
        super().__init__(context, docs)
        self._profiling: Profiling = context.sampled()
        self._lister = Lister(self._launched, rights)
        #: The state that was answered with an offer, where there was one to make.
        self._answered: State | None = None

    def _launched(self) -> tuple[int, ...]:
        """Return the program that we started: of our own children only that one is offered."""
        launched = self._profiling.launched
        return (launched.target.pid,) if launched is not None else ()

    def on_mount(self) -> None:
        """Follow what comes."""
        self._profiling.listen(self._came)

    def _came(self) -> None:
        """Draw what came, if the person looks at it."""
        if self.is_attached and self.app.screen is self:
            self.show()
            if self._profiling.state != self._answered:
                self._answered = self._profiling.state
                if self._answered.cause == "not-python" and self._answered.kind == "failed":
                    self._offer_children()

    @work(group="children", exclusive=True)
    async def _offer_children(self) -> None:
        """Let the person choose a Python that a wrapper has started, as a shell or `uv run`."""
        target = self._profiling.target
        if target is not None:
            children = await asyncio.to_thread(python_children, target.pid)
            if children and self.app.screen is self:
                self.action_attach(frozenset(child.pid for child in children))

    def offer(self) -> None:
        """Offer the processes there are where none is sampled; to be called as the page opens."""
        if self._profiling.target is None:
            self.action_attach()

    def action_attach(self, only: frozenset[int] | None = None, command: str | None = None) -> None:
        """Let the person choose a process, `only` one of these, or a `command` to start."""
        backend = self.context.backend
        root = str(backend.root) if backend is not None else ""
        look = functools.partial(self._lister.look, only)
        picker = PickerScreen(self.context, look, root, command)
        self.app.push_screen(picker, self._picked)

    def _picked(self, choice: "Process | tuple[str, ...] | None") -> None:
        if isinstance(choice, tuple):
            self._launch(choice)
        elif choice is not None:
            self._do(self.sample(choice.pid))
        elif self._profiling.target is None:
            self.app.pop_screen()

    def _launch(self, argv: tuple[str, ...]) -> None:
        """Start a program: of a project that the person does not trust only after a yes."""
        if_trusted(
            self,
            argv,
            lambda: self._do(self._try(argv)),
            lambda: self.action_attach(command=shlex.join(argv)),
        )

    @work(group="attach", exclusive=True)
    async def _do(self, attaching: Awaitable[None]) -> None:
        await attaching

    async def sample(self, pid: int) -> None:
        """Sample the process `pid`; say why where that cannot be."""
        try:
            await self._profiling.attach(pid)
        except CockpitError as error:
            self.say(error.message, error.hint)
        else:
            self.forget()

    async def launch(self, argv: tuple[str, ...]) -> bool:
        """Start a program and sample it, and return whether that is done; say why where not."""
        try:
            await self._profiling.launch(argv, Path.cwd())
        except CockpitError as error:
            self.say(error.message, error.hint)
            return False
        self.forget()
        return True

    async def _try(self, argv: tuple[str, ...]) -> None:
        """Start what was typed; where that cannot be, it can be typed on."""
        if not await self.launch(argv):
            self.action_attach(command=shlex.join(argv))

    def forget(self) -> None:
        """Show nothing any more that is of another process than the one that is sampled now."""
        raise NotImplementedError

    def action_switch(self, name: str) -> None:
        """Sample in another way, and say what that costs."""
        on = not getattr(self._profiling.options, name)
        self._profiling.change(**{name: on})
        self.say(
            _SWITCHED[name][0 if on else 1], "What was seen before is set aside; z brings it back."
        )

    def action_interval(self, by: int) -> None:
        """Renew the picture more often, or less."""
        seconds = self._profiling.options.seconds
        at = INTERVALS.index(seconds) if seconds in INTERVALS else 1
        chosen = INTERVALS[max(0, min(at + by, len(INTERVALS) - 1))]
        self._profiling.change(seconds=chosen)
        self.say(f"the picture is renewed every {chosen:g} s")

    def action_pause(self) -> None:
        """Hold the picture; the sampling goes on."""
        self._profiling.pause()

    def action_rerun(self) -> None:
        """Begin anew."""
        self._profiling.reset()
        self.say("begun anew", "z brings back what was seen before.")

    def action_rerun_all(self) -> None:
        """Check again with every checker; nothing of it is to be seen here."""
        super().action_rerun_all()
        self.say("every check runs again")

    def action_undo(self) -> None:
        """Bring back what was seen before it was begun anew."""
        done = self._profiling.restore()
        self.say("what was seen before is back" if done else "there is nothing to undo")

    def _commands(self) -> Iterator[tuple[str, tuple[str, ...] | str]]:
        """Yield the command of py-spy that samples this."""
        target, options = self._profiling.target, self._profiling.options
        if target is None:
            yield "py-spy", "no process is sampled"
            return
        rate = self._profiling.state.rate or options.rate
        try:
            yield "py-spy", record_command(target.pid, options, rate, "stacks.raw")
        except CockpitError as error:
            yield "py-spy", f"{error.message}. {error.hint}"

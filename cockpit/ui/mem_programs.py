"""What the memory page does about programs: run one under memray or scalene, attach, end."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from cockpit.errors import CockpitError
from cockpit.memory import attach
from cockpit.memory.command import program as program_of
from cockpit.memory.command import tracked as tracking_command
from cockpit.memory.debuggers import Debugger
from cockpit.memory.installed import check
from cockpit.memory.model import Live
from cockpit.memory.rehearsal import Rehearsal
from cockpit.memory.scalene import command as scalene
from cockpit.memory.scalene.installed import check as scalene_check
from cockpit.memory.scalene.run import Run
from cockpit.memory.tracked import Tracked
from cockpit.places import state_folder
from cockpit.profilers.processes import Lister, Process
from cockpit.profilers.pyspy import rights
from cockpit.profilers.target import pin
from cockpit.ui.context import Context
from cockpit.ui.detail import Docs
from cockpit.ui.how import How, HowScreen
from cockpit.ui.mem_tables import MemoryTables
from cockpit.ui.modals import ConfirmScreen
from cockpit.ui.picker import PickerScreen
from cockpit.ui.programs import Ours, Profiled, Theirs
from cockpit.ui.tracking import Program
from cockpit.ui.trusting import if_trusted


class ProgramsPage(MemoryTables):
    """A page that runs programs, attaches to them and ends that."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "launch", "run a program", id="mem.launch"),
        Binding("a", "attach", "attach", id="mem.attach"),
        Binding("K", "end", "end the program", show=False, id="mem.end"),
    ]

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what `context` tracks."""
        super().__init__(context, docs)
        self._lister = Lister(tuple, rights)

    def on_mount(self) -> None:
        """Follow what comes."""
        self._tracking.listen(self._came)

    def _came(self) -> None:
        """Draw what came, if the person looks at it."""
        if self.is_attached and self.app.screen is self:
            self.show()

    # --- Running ------------------------------------------------------------------------------

    def action_launch(self, command: str = "") -> None:
        """Ask for a command to run."""
        backend = self.context.backend
        root = str(backend.root) if backend is not None else ""
        picker = PickerScreen(self.context, self._lister.look, root, command)
        self.app.push_screen(picker, self._picked)

    def action_attach(self) -> None:
        """Let the person choose a process to attach to, or a command to run."""
        backend = self.context.backend
        root = str(backend.root) if backend is not None else ""
        self.app.push_screen(PickerScreen(self.context, self._lister.look, root), self._picked)

    def _picked(self, choice: "Process | tuple[str, ...] | None") -> None:
        if isinstance(choice, tuple):
            self._how(choice)
        elif choice is not None:
            self.attach_to(choice.pid)

    def _how(self, argv: tuple[str, ...]) -> None:
        """Ask how a program is to be run; it is not begun where it is none."""
        try:
            program_of(argv)
        except CockpitError as error:
            self.say(error.message, error.hint)
            return

        def answered(how: How | None) -> None:
            if how is not None:
                if_trusted(self, argv, lambda: self.begin(argv, how), lambda: None)

        self.app.push_screen(HowScreen(shlex.join(argv), self.context.look, How()), answered)

    def begin(self, argv: tuple[str, ...], how: How) -> None:
        """Run a program that may be run."""
        self._do(self.launch(argv, how))

    @work(group="programs", exclusive=True)
    async def _do(self, work: Awaitable[object]) -> None:
        await work

    async def launch(self, argv: tuple[str, ...], how: How) -> bool:
        """Run a program, and return whether that is done; say why where it is not."""
        if how.tool == "scalene":
            return await self._profile(argv, how)
        folder = Path.cwd()
        try:
            what = program_of(argv)
            await check(what.interpreter, folder)
            tracked = Tracked(
                argv, folder, self._tracking.shelf, options=how.options, live=how.live
            )
        except CockpitError as error:
            self.say(error.message, error.hint)
            return False
        command = tracking_command(what, how.options, Path(tracked.capture.path))
        await self.follow(ours := Ours(tracked, command, shlex.join(argv)), ours.work)
        return True

    async def _profile(self, argv: tuple[str, ...], how: How) -> bool:
        """Run a program under scalene, as `launch` does under memray."""
        folder, shelf = Path.cwd(), self._tracking.shelf
        options = scalene.Options(cpu_only=how.cpu_only, interval=1)
        path = None
        try:
            what = scalene.program(argv)
            found = await scalene_check(what.interpreter, folder, what.options)
            path = shelf.new(shlex.join(argv), tool="scalene")
            run = Run(what, found, folder, path, options)
        except CockpitError as error:
            if path is not None:
                shelf.discard(path)
            self.say(error.message, error.hint)
            return False
        command = scalene.under_scalene(what, found, folder, path, options)
        program = Profiled(run, command, shlex.join(argv), shelf)
        await self._tracking.follow(program, program.work(self._tracking.measured))
        if self.is_attached:
            self.open_view("Scalene")
        return True

    async def follow(
        self,
        program: Program,
        work: Callable[[Callable[[Live], None]], Coroutine[Any, Any, None]],
    ) -> None:
        """Show a program that runs."""
        await self._tracking.follow(program, work(self._tracking.take))
        if self.is_attached:
            self.open_view("Live" if program.pictures else "Captures")

    # --- Attaching ----------------------------------------------------------------------------

    def attach_to(self, pid: int, how: How = How()) -> None:  # noqa: B008 -- frozen
        """Attach memray to a running process, after all that could go wrong was looked at."""
        self._do(self._ask_about(pid, how))

    async def _ask_about(self, pid: int, how: How) -> None:
        """Look at a process without touching it, and ask how it is to be tracked."""
        self.say(f"looking at process {pid}")
        try:
            judgement = await attach.judge(pin(pid))
        except CockpitError as error:
            self.say(error.message, error.hint)
            return

        def answered(how: How | None) -> None:
            if how is not None:
                self._do(self._rehearse(judgement, how))

        command = f"{pid} {judgement.target.command}"
        self.app.push_screen(HowScreen(command, self.context.look, how, attaches=True), answered)

    async def _rehearse(self, judgement: attach.Judgement, how: How) -> None:
        """Try on a child of ours what is to be done; where that went well, ask for the last yes."""

        def tell(way: Debugger) -> None:
            self.say(f"rehearsing with {way.method} on a child of cockpit's", "It takes some 4 s.")

        try:
            rehearsal = await attach.rehearsed(judgement, state_folder(), tell)
        except CockpitError as error:
            self.say(error.message, error.hint)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(self._go_in(judgement, rehearsal, how))

        target = judgement.target
        words = attach.what_will_happen(judgement, rehearsal, how.seconds)
        question = f"Attach memray to {target.pid} {target.command}?"
        self.app.push_screen(ConfirmScreen(question, words), answered)

    async def _go_in(self, judgement: attach.Judgement, rehearsal: Rehearsal, how: How) -> None:
        self.say(f"attaching to {judgement.target.pid}")
        try:
            attached = attach.Attached(
                judgement, rehearsal, self._tracking.shelf, how.seconds, how.options
            )
            await attached.attach()
        except CockpitError as error:
            self.say(error.message, error.hint)
            return
        theirs = Theirs(attached)
        await self.follow(theirs, theirs.work)

    # --- Ending -------------------------------------------------------------------------------

    def action_end(self) -> None:
        """End the program that we started, after a yes."""
        program = self._tracking.program
        if program is None or not program.running:
            self.say("no program is tracked")
            return
        if not program.ours:
            self.say(program.words, "memray cannot be taken out before without killing it.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(self._end(program))

        words = "It is asked to end as ctrl-c does, and its capture is kept."
        question = f"End {program.pid} {program.command}?"
        self.app.push_screen(ConfirmScreen(question, words), answered)

    async def _end(self, program: Program) -> None:
        try:
            await program.end()
        except CockpitError as error:
            self.say(error.message, error.hint)
        await asyncio.sleep(0)
        self._tracking.changed()

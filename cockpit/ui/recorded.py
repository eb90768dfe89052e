"""What a page of a sampled process does with recordings: keep, open, compare, export, delete."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from cockpit.errors import CockpitError
from cockpit.places import data_folder
from cockpit.plain import plain
from cockpit.profilers import recording
from cockpit.profilers.comparing import afterwards, compared
from cockpit.profilers.formats import Format, suggested
from cockpit.profilers.profile import TOGETHER, Change, Node, Profile, Thread, difference
from cockpit.profilers.shelf import Recording, Shelf
from cockpit.profilers.tally import Tally, tally_of
from cockpit.ui.ask import Answer, AskLine
from cockpit.ui.context import Context
from cockpit.ui.detail import Docs
from cockpit.ui.profiling import alone
from cockpit.ui.sampled import SampledPage
from cockpit.ui.showing import show_file

#: The name of the page that is shown in the browser, in the folder of the recordings.
_PAGE = "page{}"


class Compared(NamedTuple):
    """Two profiles beside each other: what they are called, every function, and the later tree.

    `grown` is by how much the share of each of its nodes grew, by the node's `id`; `after` is what
    the later one held when they were compared.
    """

    title: str
    changes: list[Change]
    tree: Node
    grown: Mapping[int, float]
    after: Tally


class RecordedPage(SampledPage):
    """A page that shows what is sampled now, or a recording, or how two of these differ."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "save", "save", id="cpu.save"),
        Binding("E", "export", "export to a file", show=False, id="cpu.export"),
        Binding("equals_sign", "compare", "compare", show=False, key_display="=", id="cpu.compare"),
        Binding("delete", "delete", "delete the recording", show=False, id="cpu.delete"),
    ]

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what is sampled now."""
        super().__init__(context, docs)
        self._export = AskLine(context.look, "export to", "profile.svg, .speedscope.json, .raw, …")
        self._shelf: Shelf | None = None
        self._recordings: list[Recording] = []
        self._opened: tuple[Recording, Tally] | None = None
        self._compared: Compared | None = None
        #: The one thread of the recording that is looked at, and what it has of that.
        self._part: tuple[Thread, Tally] | None = None
        self._doomed: Recording | None = None
        #: The file that is to be written over, if the person says so again.
        self._taken: Path | None = None

    # --- What is shown ------------------------------------------------------------------------

    @property
    def tally(self) -> Tally:
        """What is looked at: a recording that was opened, else what is sampled."""
        if self._part is not None:
            return self._part[1]
        return self._opened[1] if self._opened is not None else self._profiling.shown

    @property
    def whole(self) -> Tally:
        """The same of all threads."""
        return self._opened[1] if self._opened is not None else self._profiling.tally

    @property
    def _kept(self) -> Tally:
        """What is saved, exported and compared: each thread by itself, also where all are one."""
        return self.whole if self.thread == TOGETHER else self.tally

    @property
    def thread(self) -> Thread | None:
        """The one thread that is looked at."""
        if self._opened is None:
            return self._profiling.thread
        return self._part[0] if self._part is not None else None

    async def only(self, thread: Thread | None) -> None:
        """Look at one thread alone, or at all."""
        if self._opened is None:
            await self._profiling.only(thread)
            return
        self._part = None
        if thread is not None:
            opened, profile = self._opened, alone(self._opened[1].profile(), thread)
            part = thread, await asyncio.to_thread(tally_of, profile)
            if self._opened is opened:
                self._part = part
        self.show()

    @property
    def recorded(self) -> str:
        """What is shown in place of what is sampled, in words; empty where nothing is."""
        if self._compared is not None:
            return self._compared.title
        return f"recording {titled(self._opened[0])}" if self._opened is not None else ""

    @property
    def chosen(self) -> Recording | None:
        """The recording under the cursor, where recordings are listed."""
        raise NotImplementedError

    def leave_recording(self) -> bool:
        """Show what is sampled again; return whether that is news."""
        if self._compared is not None:
            self._compared = None
        elif self._opened is not None:
            self._opened = self._part = None
        else:
            return False
        self.show()
        return True

    def forget(self) -> None:
        """Show what is sampled."""
        self._opened = self._part = self._compared = None

    def _shelf_of(self) -> Shelf:
        if self._shelf is None:
            backend = self.context.backend
            root = backend.root if backend is not None else Path.cwd()
            self._shelf = Shelf(data_folder(), root)
        return self._shelf

    @work(group="list", exclusive=True)
    async def list_recordings(self) -> None:
        """Read what there is."""
        self._recordings = await asyncio.to_thread(self._shelf_of().list)
        if self.is_attached:
            self.show()

    async def _profile(self) -> Profile | None:
        """Return the recording under the cursor, or what is shown; say so where that is nothing."""
        if self.chosen is not None:
            return await asyncio.to_thread(self._shelf_of().load, self.chosen)
        if not self.tally.weight:
            self.say("nothing was seen yet", "A process has to be at work for that.")
            return None
        return self._kept.profile()

    # --- Keys ---------------------------------------------------------------------------------

    @work(group="recordings")
    async def action_save(self) -> None:
        """Keep everything that was seen so far as a recording."""
        if not self.tally.weight:
            self.say("nothing was seen yet, so there is nothing to save")
            return
        profile = self._kept.profile()
        try:
            kept = await asyncio.to_thread(self._shelf_of().save, profile)
        except CockpitError as error:
            self.say(error.message, error.hint)
            return
        self.say(f"saved {kept.weight:,} samples", "The view Recordings lists it; = compares.")
        self.list_recordings()

    @work(group="recordings", exclusive=True)
    async def open_recording(self, chosen: Recording) -> None:
        """Show a recording in all views."""
        try:
            profile = await asyncio.to_thread(self._shelf_of().load, chosen)
        except CockpitError as error:
            self.say(error.message, error.hint)
            return
        self._compared = self._part = None
        self._opened = chosen, await asyncio.to_thread(tally_of, profile)
        self.opened()

    def opened(self) -> None:
        """Show what was opened, or compared."""
        raise NotImplementedError

    @work(group="recordings", exclusive=True)
    async def action_compare(self) -> None:
        """Compare the recording under the cursor with what is shown: it was before that."""
        chosen = self.chosen
        if chosen is None:
            self.say("= compares a recording with what is shown", "Choose one in Recordings.")
            return
        if self._opened is not None and self._opened[0] == chosen:
            self.say("that is the recording that is shown", "Choose another to compare it with.")
            return
        if not self.tally.weight:
            self.say("nothing was seen yet to compare it with", "Sample, or open a recording.")
            return
        after, grows = self._kept.profile(), self._opened is None
        name = titled(self._opened[0]) if self._opened is not None else "now"
        try:
            before = await asyncio.to_thread(self._shelf_of().load, chosen)
            shown = await asyncio.to_thread(tally_of, after) if grows else self._kept
            changes = await asyncio.to_thread(difference, before, after)
            tree, grown = await asyncio.to_thread(lambda: afterwards(compared(before, after)))
        except CockpitError as error:
            self.say(error.message, error.hint)
            return
        self._compared = Compared(
            f"comparing {titled(chosen)} with {name}", changes, tree, grown, shown
        )
        self.opened()

    def action_delete(self) -> None:
        """Delete the recording under the cursor; only the second press does."""
        chosen = self.chosen
        if chosen is None:
            self.say("there is no recording here to delete")
        elif self._doomed != chosen:
            self._doomed = chosen
            self.say(f"{titled(chosen)}: press again to delete it for good")
        else:
            self._delete(chosen)

    @work(group="recordings", exclusive=True)
    async def _delete(self, chosen: Recording) -> None:
        self._doomed = None
        try:
            await asyncio.to_thread(self._shelf_of().delete, chosen)
        except CockpitError as error:
            self.say(error.message, error.hint)
        else:
            self.say(f"deleted {titled(chosen)}")
        self.list_recordings()

    def action_export(self) -> None:
        """Ask for a file to write the recording under the cursor to, or what is shown."""
        self._taken = None
        self._export.open()

    @on(Answer.Left)
    def _leave_export(self) -> None:
        self._export.close()
        self.focus_view()

    @on(Input.Submitted, "Answer")
    def _export_to(self, event: Input.Submitted) -> None:
        words = event.value.strip()
        try:
            path = Path(words).expanduser()
        except RuntimeError:  # ~ of a user that there is not
            self._export.say(f"there is no folder {words.partition('/')[0]}")
            return
        format_ = suggested(path)
        if not words:
            self._leave_export()
        elif format_ is None:
            self._export.say("name it .svg, .speedscope.json, .raw or .json")
        elif path != self._taken and path.is_file():
            self._taken = path
            self._export.say("it exists: enter again writes over it")
        else:
            self._write(path, format_)

    @work(group="recordings", exclusive=True)
    async def _write(self, path: Path, format_: Format) -> None:
        try:
            profile = await self._profile()
            if profile is not None:
                await recording.write(profile, path, format_)
        except CockpitError as error:
            self._export.say(_shortly(error.message, path, self.chosen))
            return
        self._leave_export()
        if profile is not None:
            self.say(f"wrote {path}")

    def action_browse(self) -> None:
        """Show py-spy's flamegraph of the recording under the cursor, or of what is shown."""
        self._browse()

    @work(group="recordings", exclusive=True)
    async def _browse(self) -> None:
        shelf = self._shelf_of()
        path = shelf.folder / _PAGE.format(Format.FLAMEGRAPH.suffix)
        try:
            profile = await self._profile()
            if profile is None:
                return
            self.say("drawing the flamegraph")
            await asyncio.to_thread(shelf.make)
            await recording.write(profile, path, Format.FLAMEGRAPH)
            await show_file(self, path)
        except CockpitError as error:
            self.say(error.message, error.hint)


def _shortly(message: str, path: Path, chosen: Recording | None) -> str:
    """Return what went wrong without the path that it begins with: the reason is at its end."""
    for one in (path, *([chosen.path] if chosen is not None else ())):
        message = message.removeprefix(f"{plain(str(one))} ")
    return message


def titled(one: Recording) -> str:
    """Return a recording as a person knows it."""
    return f"{one.title} of {one.when}"

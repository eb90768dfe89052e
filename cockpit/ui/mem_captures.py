"""What the memory page does with captures: open, take in, compare, show in the browser, delete."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from cockpit.errors import CockpitError
from cockpit.memory import pages
from cockpit.memory.comparing import compared
from cockpit.memory.failures import warning
from cockpit.memory.model import Capture, Records
from cockpit.memory.pages import PageKind
from cockpit.memory.reading import read
from cockpit.memory.scalene import document
from cockpit.memory.scalene import page as scalene_page
from cockpit.plain import plain
from cockpit.process import python
from cockpit.profilers.files import Unreadable
from cockpit.ui.ask import Answer, AskLine
from cockpit.ui.context import Context
from cockpit.ui.detail import Docs
from cockpit.ui.mem_programs import ProgramsPage
from cockpit.ui.mem_tables import Compared
from cockpit.ui.modals import ConfirmScreen
from cockpit.ui.rows import RowList
from cockpit.ui.showing import show_file

#: The page that `o` opens of each view.
_PAGES: Mapping[str, PageKind] = {
    "Leaks": PageKind.LEAKS,
    "Temporary": PageKind.TEMPORARY,
}


class CapturesPage(ProgramsPage):
    """A page that opens captures, and does with them what a person asks for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "take_in", "take in a file", id="mem.import"),
        Binding("equals_sign", "compare", "compare", show=False, key_display="=", id="mem.compare"),
        Binding("E", "export", "export to a file", show=False, id="mem.export"),
        Binding("O", "temporal", "flamegraph over time", show=False, id="mem.temporal"),
        Binding("delete", "delete", "delete the capture", show=False, id="mem.delete"),
    ]
    WORDS: ClassVar[Mapping[str, str]] = {"rerun": "read", "browse": "flamegraph"}
    ABOUT = "memray's own commands on this capture give the same numbers."

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show what `context` tracks."""
        super().__init__(context, docs)
        self._ask = AskLine(context.look, "take in", "path of a capture (.bin)")
        #: What the line at the foot asks for.
        self._asked = ""
        self._doomed: Capture | None = None

    @property
    def chosen(self) -> Capture | None:
        """The capture under the cursor, where captures are listed."""
        row = self._list.row if self._tab == "Captures" else None
        return row if isinstance(row, Capture) else None

    @property
    def meant(self) -> Capture | None:
        """The capture under the cursor, or the one that is open."""
        return self.chosen or (self._opened.capture if self._opened is not None else None)

    @on(RowList.Moved)
    def _moved_on(self) -> None:
        self._doomed = None

    # --- Opening ------------------------------------------------------------------------------

    @work(group="list", exclusive=True)
    async def list_captures(self) -> None:
        """Read which captures there are."""
        await self._tracking.look()

    def open_capture(self, capture: Capture) -> None:
        """Begin to read a capture, and show what made up its peak."""
        if capture.problem:
            self.say(f"{capture.name or capture.path} cannot be read: {capture.problem}")
            return
        self._compared = None
        if capture.tool == "scalene":
            self._open_profile(capture)
            return
        self._tracking.open(capture)
        self.open_view("Peak")

    @work(group="profile", exclusive=True)
    async def _open_profile(self, capture: Capture) -> None:
        """Show what scalene measured and was kept."""
        try:
            report = await asyncio.to_thread(document.read, Path(capture.path))
        except Unreadable as error:
            self.say(f"{capture.name or capture.path} cannot be read: {error}")
            return
        self._tracking.open_report(report, capture)
        self.open_view("Scalene")

    def open_view(self, view: str) -> None:
        """Open a view; what was freed at once is read as it is opened, if that takes little."""
        super().open_view(view)
        opened = self._opened
        if view != "Temporary" or opened is None or opened.summary is None:
            return
        is_new = "temporary" not in opened.shapes and "temporary" not in opened.problems
        if (
            is_new
            and not self._tracking.reader.reading
            and not warning(opened.summary, "temporary")
        ):
            self._tracking.reader.more("temporary")

    def open_path(self, path: str) -> None:
        """Open a capture wherever it lies; it is not copied."""
        self.open_capture(Capture(os.path.abspath(path), name=os.path.basename(path)))  # noqa: PTH100, PTH119

    def action_rerun(self) -> None:
        """Read the list anew, or the part of a capture that was not read."""
        opened = self._opened
        if self._tab == "Captures" or opened is None:
            self.list_captures()
        elif self._tab == "Temporary" and "temporary" not in opened.shapes:
            self._read_temporary()
        elif self._tracking.reader.reading:
            self.say("it is being read", "esc stops that.")
        else:
            self._tracking.open(opened.capture)

    def _read_temporary(self) -> None:
        """Read what was freed at once, after a yes to what that takes."""
        opened = self._opened
        if opened is None or opened.summary is None or self._tracking.reader.reading:
            self.say("the capture is being read", "esc stops that.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._tracking.reader.more("temporary")

        words = warning(opened.summary, "temporary")
        if words:
            self.app.push_screen(ConfirmScreen("Find temporary allocations?", words), answered)
        else:
            answered(True)

    # --- Taking in, comparing, deleting -------------------------------------------------------

    def action_take_in(self) -> None:
        """Ask for a file to take into the list."""
        self._asked = "import"
        self._ask.ask("take in", "path of a capture (.bin)")

    def action_export(self) -> None:
        """Ask for a file to write the capture's allocations to."""
        if self.meant is None:
            self.say("there is no capture here to export")
            return
        self._asked = "export"
        self._ask.ask("export to", "peak.csv, .speedscope.json, .gprof2dot.json, .html")

    @on(Answer.Left)
    def _leave_asking(self) -> None:
        self._ask.close()
        self.focus_view()

    @on(Input.Submitted, "Answer")
    def _answered(self, event: Input.Submitted) -> None:
        words = event.value.strip()
        if not words:
            self._leave_asking()
        elif self._asked == "import":
            self._import(Path(words).expanduser())
        else:
            self._write(Path(words).expanduser())

    @work(group="captures", exclusive=True)
    async def _import(self, path: Path) -> None:
        try:
            capture = await asyncio.to_thread(self._tracking.shelf.import_, path)
        except CockpitError as error:
            self._ask.say(error.message)
            return
        self._leave_asking()
        await self._tracking.look()
        self._list.go_to(capture.path)
        self.say(f"took in {plain(path.name)}", "enter opens it.")

    @work(group="captures", exclusive=True)
    async def _write(self, path: Path) -> None:
        capture = self.meant
        if capture is None:
            return
        try:
            self.say("being written")
            await pages.export(Path(capture.path), path)
        except CockpitError as error:
            self._ask.say(f"{error.message}. {error.hint}".strip())
            return
        self._leave_asking()
        self.say(f"wrote {path}")

    @work(group="compare", exclusive=True)
    async def action_compare(self) -> None:
        """Compare the capture under the cursor with the open one: the older was before."""
        chosen, opened = self.chosen, self._opened
        if chosen is None or opened is None or "peak" not in opened.shapes:
            self.say("= compares the capture under the cursor with the open one", "Open one first.")
            return
        if chosen.path == opened.capture.path:
            self.say("that is the capture that is open", "Choose another to compare it with.")
            return
        self.say("the other capture is being read")
        try:
            pair = [await self._records(one) for one in sorted((chosen, opened.capture), key=_age)]
        except CockpitError as error:
            self.say(error.message, error.hint)
            return
        changes = (await asyncio.to_thread(compared, *pair)).by_place
        before, after = (
            one.name or one.command or Path(one.path).name
            for one in sorted((chosen, opened.capture), key=_age)
        )
        self._compared = Compared(f"from {before} to {after}", changes)
        self.open_view("Changes")

    async def _records(self, capture: Capture) -> Records:
        """Return what made up the peak of a capture."""
        found: list[Records] = []

        def came(_part: object, value: object) -> None:
            if isinstance(value, Records):
                found.append(value)

        await read(
            Path(capture.path),
            ("peak",),
            results=self._tracking.results,
            on_progress=lambda _: None,
            on_part=came,
        )
        return found[0]

    def action_delete(self) -> None:
        """Delete the capture under the cursor; only the second press does."""
        chosen = self.chosen
        if chosen is None:
            self.say("there is no capture here to delete")
        elif self._doomed != chosen:
            self._doomed = chosen
            self.say(f"{chosen.name or chosen.command}: press again to delete it for good")
        else:
            self._delete(chosen)

    @work(group="captures", exclusive=True)
    async def _delete(self, chosen: Capture) -> None:
        try:
            await asyncio.to_thread(self._tracking.shelf.delete, chosen)
        except CockpitError as error:
            self.say(error.message, error.hint)
        else:
            self.say(f"deleted {chosen.name or chosen.command}")
        await self._tracking.look()

    # --- Outside ------------------------------------------------------------------------------

    def action_browse(self) -> None:
        """Show memray's flamegraph of what is looked at in the browser."""
        self._show_page(_PAGES.get(self._tab, PageKind.FLAMEGRAPH))

    def action_temporal(self) -> None:
        """Show memray's flamegraph over time in the browser."""
        self._show_page(PageKind.TEMPORAL)

    @work(group="page", exclusive=True)
    async def _show_page(self, kind: PageKind) -> None:
        capture = self.meant
        if capture is None:
            self.say("there is no capture here", "enter opens one.")
            return
        self.say(f"{capture.tool} draws the page")
        try:
            if capture.tool == "scalene":
                made = await scalene_page.make(Path(capture.path), self._tracking.shelf.folder)
            else:
                made = await pages.make(Path(capture.path), kind, self._tracking.shelf.folder)
        except CockpitError as error:
            self.say(error.message, error.hint)
            return
        await show_file(self, made)

    def _commands(self) -> Iterator[tuple[str, tuple[str, ...] | str]]:
        """Yield memray's own commands that give these numbers."""
        capture = self.meant
        program = self._tracking.program
        if program is not None and program.argv:
            yield "memray, of the program", program.argv
        if capture is None:
            yield "memray", "no capture is open"
            return
        flag = {"Leaks": ("--leaks",), "Temporary": ("--temporary-allocations",)}
        for what in (("stats", "--json"), ("table", *flag.get(self._tab, ())), ("tree",)):
            yield f"memray {what[0]}", (*python("-m", "memray", *what), capture.path)


def _age(capture: Capture) -> float:
    return capture.began or Path(capture.path).stat().st_mtime

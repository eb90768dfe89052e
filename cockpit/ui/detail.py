"""What stands beside a list or the tree: the source at a finding and why, or a folder."""

import asyncio
from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical

from cockpit.checkers.interface import RuleDoc
from cockpit.errors import CockpitError
from cockpit.model import SEVERITIES, Finding
from cockpit.panes import PANES
from cockpit.ui.context import Context
from cockpit.ui.folder import FolderView, summary
from cockpit.ui.order import UNREAD
from cockpit.ui.read import read_text
from cockpit.ui.source import SourceView
from cockpit.ui.why import Why, explained

#: Seconds that the cursor rests on something before a file is read or a rule looked up.
_REST = 0.05

Docs = dict[tuple[str, str], RuleDoc | str]


class Detail(Vertical):
    """Shows a file at one of its findings and that finding explained, or a folder summed up."""

    DEFAULT_CSS = """
    Detail SourceView { height: 2fr; }
    Detail Why { height: 1fr; min-height: 6; }
    Detail FolderView { height: 1fr; display: none; }
    Detail.-folder FolderView { display: block; }
    Detail.-folder SourceView, Detail.-folder Why { display: none; }
    """

    def __init__(self, context: Context, docs: Docs) -> None:
        """Show nothing yet; `docs` remembers the rules' documentation for all pages."""
        super().__init__()
        self._shared, self._docs = context, docs
        self.source = SourceView(context.look)
        self.why = Why(context.look)
        self.folder = FolderView(context.look)
        self._finding: Finding | None = None
        #: The line that was asked for, where it was no finding's; else 0.
        self._line = 0
        self._folder: str | None = None
        self._warmed: tuple[object, int] = self._shared.state.warmth.stamp, 0
        self._seen: tuple[tuple[int, bool], object, object] = (-1, False), None, None

    def compose(self) -> ComposeResult:
        """The source above, why below; or in their place a folder."""
        yield self.folder
        yield self.source
        yield self.why

    @property
    def _stands(self) -> bool:
        """Whether all is in place; on the way out it is taken down from the inside."""
        return all(part.is_attached for part in (self.folder, self.source, self.why))

    @property
    def finding(self) -> Finding | None:
        """The finding that is explained."""
        return self._finding

    def has_news(self) -> bool:
        """Whether what is shown may be another since this was asked last."""
        state, history, before = self._shared.state, self._shared.history, self._seen
        stamp = state.snapshot.generation, state.only_new
        now = self._seen = stamp, state.snapshot.new, history.dismissed if history else None
        return now[0] != before[0] or now[1] is not before[1] or now[2] is not before[2]

    def warm(self) -> None:
        """Show what profilers have learnt since this was asked last, if anything."""
        state = self._shared.state
        now = state.warmth.stamp, id(state.living)
        if now == self._warmed:
            return
        self._warmed = now
        self.source.show_heats(self._shared.heats)
        finding = self._finding
        if finding is not None:
            known = self._docs.get((finding.checker, finding.rule), "")
            shown = explained(self._shared, finding, known)
            if shown != self.why.shown:  # to wrap it takes longer than all the rest
                self.why.show(shown)

    def clear(self) -> None:
        """Show nothing: there is no finding."""
        self.source.show_words("", "")
        self._explain(None)

    def return_to(self, finding: Finding) -> None:
        """Show `finding` again in its file, after the source's cursor went elsewhere."""
        if finding.path == self.source.path:
            self.source.go_to(finding)
            self._explain(finding)

    def look_at(self, path: str, finding: Finding | None, again: bool = False) -> None:
        """Show a file at `finding`, or at its top; `again` after the file may have changed.

        Whoever reads in the source stays where they are.
        """
        self._folder, self._line = None, 0
        self.remove_class("-folder")
        if path != self.source.path or again:
            self._load(path)
        elif finding is not None and not self._reading(path):
            self.source.go_to(finding)
        if not self._reading(path):
            self._explain(finding)

    def look_at_line(self, path: str, line: int) -> None:
        """Show a file, of the project or not, at a line, and explain what is found there."""
        found = [one for some in self._shared.state.findings_of(path).values() for one in some]
        here = [one for one in found if one.line == line]
        finding = min(here, key=lambda one: SEVERITIES.index(one.severity), default=None)
        self.look_at(path, finding)
        self._line = line
        if path == self.source.path and not self._reading(path):
            self.source.go_to_line(line)

    def _reading(self, path: str) -> bool:
        """Return whether a person is in the file, with a cursor of their own."""
        return self.source.has_focus and path == self.source.path

    def look_into(self, path: str, files: Sequence[str]) -> None:
        """Show what is in a folder, which holds `files`."""
        self._folder = path
        self._explain(None)
        self._sum_up(path, files)

    @work(group="source", exclusive=True)
    async def _sum_up(self, path: str, files: Sequence[str]) -> None:
        if path != self.folder.path:
            await asyncio.sleep(_REST)
        state = self._shared.state
        found = [(pane.id, state.files(pane.id)) for pane in PANES]
        touched = {file for by in state.snapshot.new.values() for file in by}
        fresh = [
            (pane, tuple(filter(state.is_new, said)))
            for file in touched.intersection(files)
            for pane, said in state.findings_of(file).items()
        ]
        new = [one for _, some in fresh for one in some]
        parts = ((pane, by[file]) for file in files for pane, by in found if file in by)
        summed_up = await asyncio.to_thread(
            summary, path, fresh if state.only_new else parts, new, state.only_new
        )
        if self._folder == path and self._stands:  # the cursor may be on a file by now
            self.folder.show(summed_up)
            self.add_class("-folder")

    @work(group="source", exclusive=True)
    async def _load(self, path: str) -> None:
        if path != self.source.path:  # a cursor on its way past many files reads none of them
            await asyncio.sleep(_REST)
        backend = self._shared.backend
        if backend is None:
            return
        try:
            text = await asyncio.to_thread(read_text, backend.root, path)
        except CockpitError as error:
            if self._stands:
                self.source.show_words(path, f"{error.message}. {error.hint}".strip())
            return
        if not self._stands:
            return
        finding = self._finding  # the cursor may have moved on while the file was read
        reading = self._reading(path)  # of this file: who went to it before it was here has no line
        moved = not reading and self.source.finding is not finding
        self.source.show_text(text)
        state = self._shared.state
        self.source.show_marks(state.findings_of(path), state.is_new)
        self.source.show_heats(self._shared.heats)
        if moved and finding is not None and finding.path == path:
            self.source.go_to(finding)
        elif self._line and not reading:
            self.source.go_to_line(self._line)

    def _explain(self, finding: Finding | None) -> None:
        self._finding = finding
        if finding is None:
            self.why.show(None)
            return
        known = self._docs.get((finding.checker, finding.rule), "")
        self._show_why(finding, known)
        if not known and finding.rule != UNREAD:
            self._document(finding)

    @work(group="document", exclusive=True)
    async def _document(self, finding: Finding) -> None:
        await asyncio.sleep(_REST)
        backend = self._shared.backend
        if backend is None:
            return
        try:
            found: RuleDoc | str = await backend.document(finding)
        except CockpitError as error:
            found = error.message
        self._docs[finding.checker, finding.rule] = found
        if self._finding is finding and self._stands:
            self._show_why(finding, found)

    def _show_why(self, finding: Finding, known: RuleDoc | str) -> None:
        self.why.show(explained(self._shared, finding, known))

    @on(SourceView.Marked)
    def _marked(self, message: SourceView.Marked) -> None:
        """Explain what the source's own cursor is on."""
        message.stop()
        self._explain(message.finding)

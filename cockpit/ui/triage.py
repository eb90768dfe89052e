"""What pages of findings can do about them: show only the new ones, dismiss, undo, redo."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.ui.page import Page
from cockpit.ui.state import amount

if TYPE_CHECKING:  # the project's history is opened after the first paint
    from cockpit.history import History


#: How many findings are dismissed while a key waits; more would hold it.
_AT_ONCE = 200


class Triage(Page):
    """A page of findings: only the new ones are shown by one switch for all, dismissals undone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "only_new", "only new", id="page.only_new"),
        Binding("z", "undo", "undo", show=False, id="page.undo"),
        Binding("Z", "redo", "redo", show=False, id="page.redo"),
    ]

    def action_only_new(self) -> None:
        """Show only what is new since the base, or everything; on every page at once."""
        state = self.context.state
        state.only_new = not state.only_new
        self.show()
        base = state.snapshot.base
        if not state.only_new:
            return
        if not base.ready:
            self.say(f"what is new {state.since} is not known yet", base.note)
        elif not state.any_new:
            self.say(f"nothing is new {state.since}", "b shows all.")

    def action_undo(self) -> None:
        """Undo what was done last, and say what that was."""

        def undo(history: "History") -> str:
            words = history.undo()
            return f"undone: {words}" if words else "there is nothing to undo"

        self._do(undo)

    def action_redo(self) -> None:
        """Do again what was undone last, and say what that was."""

        def redo(history: "History") -> str:
            words = history.redo()
            return f"done again: {words}" if words else "there is nothing to redo"

        self._do(redo)

    def _do(self, work: Callable[["History"], str], findings: int | None = None) -> None:
        """Do something about so many findings, and say in its words what was done.

        In a thread where they are many or nobody knows how many; one after the other.
        """
        history, busy = self.context.history, self.context.busy
        if history is None:
            self.say("the project is still being opened", "Try again in a moment.")
        elif findings is not None and findings <= _AT_ONCE and not busy.locked():
            before = history.note
            self.tell(history, work(history), before)
        else:
            self._do_aside(history, work)

    @work(group="history")
    async def _do_aside(self, history: "History", work: Callable[["History"], str]) -> None:
        async with self.context.busy:
            before = history.note
            self.tell(history, await asyncio.to_thread(work, history), before)

    def tell(self, history: "History", words: str, note: str) -> None:
        """Show what is dismissed after something was done, and say what that was in its words.

        Or what went wrong with it: the history's note, unless it is still the `note` of before.
        """
        self.context.state.dismiss(history.dismissed, history.covered)
        if not self.is_attached:
            return
        page = self.app.screen  # another one may have been opened meanwhile
        if isinstance(page, Page):
            page.show()
        self.say(history.note if history.note and history.note != note else words)


class Dismissing(Triage):
    """A page on which findings are dismissed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "put_away", "dismiss", id="page.dismiss"),
    ]

    def put_away(self, findings: Sequence[Finding], reason: str) -> None:
        """Put findings away, and say so."""

        def dismiss(history: "History") -> str:
            history.dismiss(findings, reason)
            return f"dismissed {_counted(findings)}"

        self._do(dismiss, len(findings))

    def take_back(self, findings: Sequence[Finding]) -> None:
        """Take dismissals back, and say so."""

        def restore(history: "History") -> str:
            history.restore(findings)
            return f"took back the dismissal of {_counted(findings)}"

        self._do(restore, len(findings))


def _counted(findings: Sequence[Finding]) -> str:
    if len(findings) == 1:
        return plain(f"{findings[0].rule} at {findings[0].path}:{findings[0].line}")
    return amount(len(findings), "finding")

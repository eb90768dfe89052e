"""What is known of the process under the cursor, and what to type where it cannot be sampled."""

from collections.abc import Iterator

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from cockpit.plain import plain
from cockpit.profilers.permission import Remedy
from cockpit.profilers.processes import Process
from cockpit.ui.draw import fit, shorten, strip, wrapped
from cockpit.ui.process_rows import folder_shown, is_below
from cockpit.ui.state import amount
from cockpit.ui.style import Look

#: The most lines for its command.
_COMMAND = 2


class ProcessDetail(Widget):
    """All that is known of the process under the cursor; why it cannot be sampled, what to type."""

    DEFAULT_CSS = "ProcessDetail { height: 7; border-top: solid $border-blurred; }"
    ALLOW_SELECT = False

    def __init__(self, look: Look, root: str) -> None:
        """Show nothing yet."""
        super().__init__()
        self._look, self._root = look, root
        self._process: Process | None = None

    def show(self, process: Process | None) -> None:
        """Show `process`."""
        self._process = process
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        lines = list(self._lines(self.size.width))
        return strip(self, lines[y] if y < len(lines) else [], self.size.width)

    def _lines(self, width: int) -> Iterator[list[Segment]]:
        process, look = self._process, self._look
        if process is None:
            return
        most = 1 if process.remedies else _COMMAND
        for line in wrapped(process.command, width, most, look.signs.more):
            yield [Segment(line, look.palette.strong)]
        facts = f" {look.signs.dot} ".join(filter(None, self._facts(process, width)))
        yield [Segment(fit(facts, width, look.signs.more), look.palette.muted)]
        if process.problem:
            yield self._problem(process)
        for place, remedy in enumerate(process.remedies):
            yield from self._remedy(remedy, width, " y copies it" if not place else "")

    def _problem(self, process: Process) -> list[Segment]:
        palette, signs = self._look.palette, self._look.signs
        return [
            Segment(f"{signs.failed} ", palette.high),
            Segment(process.problem, palette.medium),
        ]

    def _remedy(self, remedy: Remedy, width: int, more: str) -> Iterator[list[Segment]]:
        """Yield what helps; its command on a line of its own where it would be cut."""
        palette = self._look.palette
        end = ": " if remedy.command else "."
        words = Segment(f"  {remedy.words[:1].upper()}{remedy.words[1:]}{end}", palette.text)
        command = Segment(remedy.command, palette.key)
        copied = Segment(more if remedy.command else "", palette.muted)
        if words.cell_length + command.cell_length > width:
            yield [words]
            indent = "  " if command.cell_length + 2 <= width else ""
            yield [Segment(indent), command, copied]
        else:
            yield [words, command, copied]

    def _facts(self, process: Process, width: int) -> Iterator[str]:
        if is_below(process, self._root) and not process.this:
            yield f"{self._look.signs.medium} of this project"
        yield f"Python {process.python}".strip()
        yield plain(process.virtualenv)
        yield amount(process.threads, "thread") if process.threads else ""
        yield process.status
        yield plain(process.user)
        folder = folder_shown(process.cwd)
        yield f"in {shorten(folder, max(20, width // 3), self._look.signs.more)}" if folder else ""

"""The first and the last line of every screen: how the project stands, and the keys that work."""

import operator
from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget

from cockpit.model import Failure, Result
from cockpit.plain import plain
from cockpit.ui.context import Context
from cockpit.ui.draw import fit, shorten, strip
from cockpit.ui.state import amount, duration

_GAP = Segment("  ", Style())
_Group = tuple[int, list[Segment]]


class _Bar(Widget):
    """One line of segments, drawn as it is."""

    DEFAULT_CSS = "_Bar { height: 1; padding: 0 1; background: $surface; }"
    ALLOW_SELECT = False

    def segments(self, width: int) -> list[Segment]:
        """Return what the line says, in at most `width` cells."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one
        """Draw the line."""
        width = self.content_size.width
        return strip(self, self.segments(width), width)


class StatusBar(_Bar):
    """Project, branch, what is new, and how fresh everything is."""

    def __init__(self, context: Context) -> None:
        """Show what `context` knows of the project."""
        super().__init__()
        self._shared = context
        self._state, self._look = context.state, context.look

    def segments(self, width: int) -> list[Segment]:
        """Leave out what would be missed least until the rest fits."""
        groups = [(rank, part) for rank, part in self._groups(width) if part]
        while len(groups) > 1 and _width(groups) > width:
            groups.remove(max(groups, key=operator.itemgetter(0)))
        return [segment for _, part in groups for segment in (*part, _GAP)]

    def _groups(self, width: int) -> list[_Group]:
        """Return the parts of the line in order, each ranked: 0 would be missed most."""
        palette, signs, new = self._look.palette, self._look.signs, self._state.new
        backend = self._shared.backend
        branch = plain(backend.branch) if backend is not None else ""
        branch = fit(branch, min(len(branch), width // 4), signs.more)
        project = shorten(plain(self._shared.title), max(12, width // 3), signs.more)
        part = ", ".join(map(plain, backend.scope)) if backend is not None else ""
        part = fit(part, min(len(part), width // 4), signs.more)
        return [
            (5, [Segment("cockpit", palette.key)]),
            (2, [Segment(project, palette.text)]),
            # A part of a project must not pass for the whole of it.
            (0, [Segment(f"only {part}", palette.medium)] if part else []),
            (3, [Segment(f"{signs.branch} {branch}", palette.good)] if branch else []),
            (6, [Segment("against session start", palette.muted)]),
            (1, [Segment(f"{signs.new}{new:,} new", palette.high)] if new else []),
            (0, self._freshness()),
            (1, self._unread()),
            (4, [Segment(self._details(), palette.muted)]),
            (3, [Segment(self._note(width // 3), palette.medium)]),
        ]

    def _note(self, width: int) -> str:
        """Return the first thing that limits what is shown; the whole of it was a notice."""
        notes = self._state.snapshot.notes
        note = f"note: {plain(notes[0])}" if notes else ""
        return fit(note, min(len(note), width), self._look.signs.more)

    def _freshness(self) -> list[Segment]:
        """Return what failed and what runs; only where neither, that all is fresh."""
        palette, signs, snapshot = self._look.palette, self._look.signs, self._state.snapshot
        results = snapshot.results.values()
        running = [result for result in results if self._state.running(result.checker)]
        failed = [
            result.checker
            for result in results
            if isinstance(result.outcome, Failure) and result not in running
        ]
        parts: list[Segment] = []
        if failed:
            words = f" {plain(', '.join(failed))} failed "
            parts += [Segment(signs.failed, palette.high), Segment(words, palette.strong)]
        if running or not snapshot.results:
            words = f" {_progress(running)}"
            return [*parts, Segment(signs.running, palette.medium), Segment(words, palette.text)]
        if snapshot.paused:  # what came since is not in: nothing may pass for fresh
            missed = f", {amount(snapshot.missed, 'file')} changed" if snapshot.missed else ""
            return [*parts, Segment(f"paused{missed}", palette.medium)]
        return parts or [
            Segment(signs.fresh, palette.good),
            Segment(" all fresh", palette.text),
            Segment(f" {duration(snapshot.seconds)}", palette.muted),
        ]

    def _unread(self) -> list[Segment]:
        count, palette = self._state.unread, self._look.palette
        words = f"{self._look.signs.failed} {amount(count, 'file')} unread"
        return [Segment(words, palette.medium)] if count else []

    def _details(self) -> str:
        snapshot, dot = self._state.snapshot, self._look.signs.dot
        files = f"{dot} {amount(snapshot.files, 'file')}"
        return files if snapshot.paused else f"{files} {dot} watching"


def _progress(running: Sequence[Result]) -> str:
    todo = max((result.todo for result in running), default=0)
    done = min((result.done for result in running if result.todo == todo), default=0)
    return f"checking {done:,} of {todo:,}" if todo > 1 else "checking"


def _width(groups: list[_Group]) -> int:
    cells = sum(segment.cell_length for _, part in groups for segment in part)
    return cells + 2 * (len(groups) - 1)


class KeyBar(_Bar):
    """The keys that work here and now, each of them a button for the mouse."""

    def __init__(self, context: Context) -> None:
        """Show the bindings of the screen that the bar is on."""
        super().__init__()
        self._shared, self._look = context, context.look
        self._spots: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the focus: it decides which keys work."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def segments(self, width: int) -> list[Segment]:
        """Show as many keys as fit, those of the focused widget first."""
        palette, parts, at = self._look.palette, list[Segment](), 0
        self._spots = []
        shown = self._bindings_shown()
        # However narrow the screen, the way to help and the way out are on it.
        last = [one for one in shown if one.action.removeprefix("app.") in ("help", "quit")]
        left = width - sum(self._cells(binding) + 2 for binding in last)
        for binding in [*(one for one in shown if one not in last), *last]:
            key, words = self.app.get_key_display(binding), self._words(binding)
            end = at + self._cells(binding)
            if end > (width if binding in last else left):
                continue
            parts += [Segment(key, palette.strong), Segment(f" {words}", palette.muted), _GAP]
            self._spots.append((at, end, binding.key))
            at = end + 2
        return parts

    def _cells(self, binding: Binding) -> int:
        return len(self.app.get_key_display(binding)) + 1 + len(self._words(binding))

    def _words(self, binding: Binding) -> str:
        paused = self._shared.state.snapshot.paused and binding.action == "pause"
        return "go on" if paused else binding.description

    def _bindings_shown(self) -> list[Binding]:
        """Return the bindings to show; those of every page last, where a narrow screen cuts."""
        seen: dict[str, Binding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show and active.enabled:
                seen.setdefault(active.binding.description, active.binding)
        return sorted(seen.values(), key=lambda binding: (binding.id or "").startswith("page."))

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked on."""
        for start, end, key in self._spots:
            if start <= event.x - self.gutter.left < end:
                self.app.simulate_key(key)

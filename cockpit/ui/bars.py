"""The first and the last line of every screen: how the project stands, and the keys that work."""

import operator
from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from cockpit.model import Failure
from cockpit.plain import plain
from cockpit.ui.draw import fitted
from cockpit.ui.context import Context
from cockpit.ui.state import amount, duration
from cockpit.ui.style import Look

_GAP = Segment("  ", Style())
_Group = tuple[int, list[Segment]]


class _Bar(Widget):
    """One line of segments, drawn as it is."""

    DEFAULT_CSS = "_Bar { height: 1; padding: 0 1; background: $surface; }"
    ALLOW_SELECT = False

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def segments(self, width: int) -> list[Segment]:
        """Return what the line says, in at most `width` cells."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.content_size.width
        return Strip(fitted(self.segments(width), width), width)


class StatusBar(_Bar):
    """Project, branch, what is new, and how fresh everything is."""

    def __init__(self, context: Context) -> None:
        """Show what `context` knows of the project."""
        super().__init__()
        self._shared = context
        self._state, self._look = context.state, context.look

    def segments(self, width: int) -> list[Segment]:
        """Leave out what would be missed least until the rest fits."""
        groups = [(rank, part) for rank, part in self._groups() if part]
        while len(groups) > 1 and _width(groups) > width:
            groups.remove(max(groups, key=operator.itemgetter(0)))
        return [segment for _, part in groups for segment in (*part, _GAP)]

    def _groups(self) -> list[_Group]:
        """Return the parts of the line in order, each ranked: 0 would be missed most."""
        palette, signs, new = self._look.palette, self._look.signs, self._state.new
        backend = self._shared.backend
        branch = plain(backend.branch) if backend is not None else ""
        return [
            (5, [Segment("cockpit", palette.key)]),
            (2, [Segment(plain(self._shared.title), palette.text)]),
            (3, [Segment(f"{signs.branch} {branch}", palette.good)] if branch else []),
            (4, [Segment("against session start", palette.muted)]),
            (1, [Segment(f"{signs.high} {new:,} new", palette.high)] if new else []),
            (0, self._freshness()),
            (6, [Segment(self._details(), palette.muted)]),
        ]

    def _freshness(self) -> list[Segment]:
        palette, signs, snapshot = self._look.palette, self._look.signs, self._state.snapshot
        results = snapshot.results.values()
        failed = [result.checker for result in results if isinstance(result.outcome, Failure)]
        running = [result for result in results if self._state.running(result.checker)]
        if running or not snapshot.results:
            todo = max((result.todo for result in running), default=0)
            done = min((result.done for result in running if result.todo == todo), default=0)
            words = f" checking {done:,} of {todo:,}" if todo > 1 else " checking"
            return [Segment(signs.running, palette.medium), Segment(words, palette.text)]
        if failed:
            words = f" {plain(', '.join(failed))} failed"
            return [Segment(signs.failed, palette.high), Segment(words, palette.strong)]
        return [
            Segment(signs.fresh, palette.good),
            Segment(" all fresh", palette.text),
            Segment(f" {duration(snapshot.seconds)}", palette.muted),
        ]

    def _details(self) -> str:
        snapshot, dot = self._state.snapshot, self._look.signs.dot
        watching = "paused" if snapshot.paused else "watching"
        return f"{dot} {amount(snapshot.files, 'file')} {dot} {watching}"


def _width(groups: list[_Group]) -> int:
    cells = sum(segment.cell_length for _, part in groups for segment in part)
    return cells + 2 * (len(groups) - 1)


class KeyBar(_Bar):
    """The keys that work here and now, each of them a button for the mouse."""

    def __init__(self, look: Look) -> None:
        """Show the bindings of the screen that the bar is on."""
        super().__init__()
        self._look = look
        self._spots: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the focus: it decides which keys work."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def segments(self, width: int) -> list[Segment]:
        """Show as many keys as fit, those of the focused widget first."""
        palette, parts, at = self._look.palette, list[Segment](), 0
        self._spots = []
        for key, words, action in self._keys():
            end = at + len(key) + 1 + len(words)
            if end > width:
                break
            parts += [Segment(key, palette.strong), Segment(f" {words}", palette.muted), _GAP]
            self._spots.append((at, end, action))
            at = end + 2
        return parts

    def _keys(self) -> Iterable[tuple[str, str, str]]:
        seen: dict[str, tuple[str, str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.description not in seen:
                key = self.app.get_key_display(binding)
                seen[binding.description] = key, binding.description, binding.key
        return seen.values()

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked on."""
        for start, end, key in self._spots:
            if start <= event.x - self.gutter.left < end:
                self.app.simulate_key(key)

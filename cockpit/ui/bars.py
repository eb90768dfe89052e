"""The first and the last line of every screen: how the project stands, and the keys that work."""

import operator
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from cockpit.model import Failure, Result, Skipped
from cockpit.plain import plain
from cockpit.ui.context import Context
from cockpit.ui.draw import fit, shorten, strip
from cockpit.ui.state import amount, duration

_GAP = Segment("  ", Style())
#: What is pressed least often: a narrow screen does without it first.
_RARE = frozenset(("copy", "command", "rerun", "pause"))
#: Cells from which the beginning of a note says something.
_UNDERSTOOD = 24


class _Group(NamedTuple):
    """A part of the line; `rank` 0 would be missed most."""

    rank: int
    parts: list[Segment]


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
        groups = [group for group in self._groups(width) if group.parts]
        while len(groups) > 1 and _width(groups) > width:
            groups.remove(max(groups, key=operator.attrgetter("rank")))
        line = [segment for group in groups for segment in (*group.parts, _GAP)]
        return [*line, *self._first_note(width - _width(groups) - 2)]

    def _groups(self, width: int) -> list[_Group]:
        """Return the parts of the line in order."""
        palette, signs, new = self._look.palette, self._look.signs, self._state.new
        backend = self._shared.backend
        branch = self._cut(backend.branch if backend is not None else "", width)
        project = shorten(plain(self._shared.title), max(12, width // 3), signs.more)
        return [
            _Group(7, [Segment("cockpit", palette.key)]),
            _Group(2, [Segment(project, palette.text)]),
            # A part of a project must not pass for the whole of it.
            _Group(0, self._limits(width)),
            _Group(4, [Segment(f"{signs.branch} {branch}", palette.good)] if branch else []),
            _Group(3, self._against(width)),  # it says what "new" means
            _Group(1, [Segment(f"{signs.new}{new:,} new", palette.high)] if new else []),
            _Group(1, self._unread()),
            _Group(5, self._sampled()),
            _Group(0, self._freshness()),
            _Group(6, [Segment(words, palette.muted)] if (words := self._details()) else []),
            _Group(2, self._notes()),
        ]

    def _cut(self, text: str, width: int) -> str:
        """Return a name from outside in at most a quarter of the line."""
        shown = plain(text)
        return fit(shown, min(cell_len(shown), width // 4), self._look.signs.more)

    def _limits(self, width: int) -> list[Segment]:
        """Return in words what is not all shown."""
        backend, within = self._shared.backend, self._state.within
        parts = backend.scope if backend is not None else ()
        scope = self._cut(", ".join(parts), width)
        said = [f"{scope} alone"] if scope else []  # the tools see no more
        said += [f"only {self._cut(within, width)}"] if within and within not in parts else []
        said += ["only new"] if self._state.only_new else []
        return [Segment(", ".join(said), self._look.palette.medium)] if said else []

    def _against(self, width: int) -> list[Segment]:
        """Return what the findings are compared with; a sign where that is not known yet."""
        base, palette = self._state.snapshot.base, self._look.palette
        if not base.name or (not base.ready and not self._state.snapshot.fresh):
            return []
        words = Segment(f"against {self._cut(base.name, width)}", palette.muted)
        if base.ready:
            return [words]
        return [Segment(f"{self._look.signs.running} ", palette.medium), words]

    def _notes(self) -> list[Segment]:
        """Return how many notes there are, and the key that shows them."""
        count, palette = len(notes(self._shared)), self._look.palette
        words = Segment(amount(count, "note"), palette.medium)
        return [Segment(f"{self._key('app.notes')} ", palette.strong), words] if count else []

    def _first_note(self, room: int) -> list[Segment]:
        """Return the first note where there is room to understand it."""
        first = next(map(plain, notes(self._shared)), "")
        shown = fit(first, min(cell_len(first), room), self._look.signs.more)
        return [Segment(shown, self._look.palette.muted)] if room >= _UNDERSTOOD else []

    def _key(self, binding_id: str) -> str:
        """Return the key that a binding has now."""
        bindings = (active.binding for active in self.screen.active_bindings.values())
        found = next((one for one in bindings if one.id == binding_id), None)
        return self.app.get_key_display(found) if found else ""

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
        if self._state.comparing:  # all findings are fresh, but not yet what of them is new
            words = f" comparing with {self._cut(snapshot.base.name, self.size.width)}"
            return [*parts, Segment(signs.running, palette.medium), Segment(words, palette.text)]
        if snapshot.paused:  # what came since is not in: nothing may pass for fresh
            missed = f", {amount(snapshot.missed, 'file')} changed" if snapshot.missed else ""
            return [*parts, Segment(f"paused{missed}", palette.medium)]
        if all(isinstance(result.outcome, Skipped) for result in results):
            return [Segment("nothing is checked", palette.medium)]
        took = Segment(f" {duration(snapshot.seconds)}", palette.muted)
        if self._state.unread:  # no tick beside a file that nobody could read
            return parts or [Segment("fresh", palette.text), took]
        return parts or [
            Segment(signs.fresh, palette.good),
            Segment(" all fresh", palette.text),
            took,
        ]

    def _sampled(self) -> list[Segment]:
        """Return which process is sampled or tracked, for the pages that do not show it."""
        profiling, palette = self._shared.profiling, self._look.palette
        tracking, sign = self._shared.tracking, self._look.signs.medium
        parts: list[Segment] = []
        target = profiling.target if profiling is not None else None
        if profiling is not None and target is not None and profiling.state.kind == "sampling":
            words = f" CPU of {target.pid}"
            parts += [Segment(sign, palette.heat), Segment(words, palette.text)]
        if tracking is not None and tracking.program is not None and tracking.program.running:
            gap = "  " if parts else ""
            parts += [
                Segment(f"{gap}{sign}", palette.accent),
                Segment(f" memory of {tracking.program.pid}", palette.text),
            ]
        return parts

    def _unread(self) -> list[Segment]:
        count, palette = self._state.unread, self._look.palette
        words = f"{self._look.signs.failed} {amount(count, 'file')} unread"
        return [Segment(words, palette.medium)] if count else []

    def _details(self) -> str:
        snapshot, dot = self._state.snapshot, self._look.signs.dot
        files = f"{dot} {amount(snapshot.files, 'file')}"
        if notes(self._shared):
            return ""  # they say more
        if self._state.within:  # how many there are in it, nobody has counted
            return "" if snapshot.paused else f"{dot} watching"
        return files if snapshot.paused else f"{files} {dot} watching"


def notes(context: Context) -> tuple[str, ...]:
    """Return all that limits what is shown, or is wrong in the person's own settings."""
    snapshot = context.state.snapshot
    return tuple(filter(None, (snapshot.base.note, *context.notes, *snapshot.notes)))


def _progress(running: Sequence[Result]) -> str:
    todo = max((result.todo for result in running), default=0)
    done = min((result.done for result in running if result.todo == todo), default=0)
    return f"checking {done:,} of {todo:,}" if todo > 1 else "checking"


def _width(groups: list[_Group]) -> int:
    cells = sum(segment.cell_length for group in groups for segment in group.parts)
    return cells + 2 * (len(groups) - 1)


def _leads_away(binding: Binding) -> bool:
    return binding.action == "back" or is_vital(binding)


def is_vital(binding: Binding) -> bool:
    """Return whether a key is of use however small the screen: help, and the way out."""
    return binding.action.removeprefix("app.") in ("help", "quit", "interrupt")


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
        # However narrow the screen, the way back, to help and out are on it.
        last = sorted(filter(_leads_away, shown), key=is_vital)
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
        words = getattr(self.screen, "WORDS", {}).get(binding.action)
        paused = self._shared.state.snapshot.paused and binding.action == "pause"
        return words or ("go on" if paused else binding.description)

    def _bindings_shown(self) -> list[Binding]:
        """Return the bindings to show; the rarest last, where a narrow screen cuts."""
        seen: dict[str, Binding] = {}
        small, focused = self.screen.has_class("-small"), self.screen.focused
        typing = focused if isinstance(focused, Input) else None
        for active in self.screen.active_bindings.values():
            if typing is not None and active.node is not typing:
                continue  # there these keys are letters
            if active.binding.show and active.enabled and (not small or is_vital(active.binding)):
                seen.setdefault(active.binding.description, active.binding)
        return sorted(seen.values(), key=lambda binding: binding.action in _RARE)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked on."""
        for start, end, key in self._spots:
            if start <= event.x - self.gutter.left < end:
                self.app.simulate_key(key)

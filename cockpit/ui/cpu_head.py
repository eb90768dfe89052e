"""What stands above the CPU page's lists: what is sampled, how well, and which view is open."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cockpit.plain import plain
from cockpit.profilers.tally import Tally
from cockpit.ui.cpu_draw import lasted
from cockpit.ui.draw import fit, strip
from cockpit.ui.profiling import Profiling
from cockpit.ui.state import amount
from cockpit.ui.style import Look

#: The share of errors from which on functions may have quite other shares than are seen: they do
#: not fall on all of them alike, see docs/profiling.md.
_UNTRUE = 0.10


class Fact(NamedTuple):
    """A word of the head; `rank` 0 would be missed most."""

    rank: int
    words: str
    style: Style


class Head(Widget):
    """Two lines: the process and how the sampling stands, and how far it can be believed."""

    DEFAULT_CSS = "Head { height: 2; padding: 0 2; background: $background; }"
    ALLOW_SELECT = False

    def __init__(self, profiling: Profiling, look: Look) -> None:
        """Tell of what `profiling` does."""
        super().__init__()
        self._profiling, self._look = profiling, look
        self._tally, self._recorded = profiling.tally, ""

    def show(self, tally: Tally, recorded: str) -> None:
        """Tell of `tally`: what is sampled, or, in words, what was `recorded`."""
        self._tally, self._recorded = tally, recorded
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one of the two lines."""
        width = self.content_size.width
        segments = (self._process if y == 0 else self._honesty)(width)
        return strip(self, segments, width)

    def _process(self, width: int) -> list[Segment]:
        """Return how it stands with which process."""
        palette, profiling = self._look.palette, self._profiling
        if self._recorded:
            what, _, which = plain(self._recorded).partition(" ")
            which = fit(which, max(0, width - len(what) - 1), self._look.signs.more)
            return [Segment(f"{what} ", palette.medium), Segment(which, palette.strong)]
        if profiling.target is None:
            return [Segment("no process is sampled", palette.muted)]
        sign, word, style = standing(profiling, self._look)
        target = profiling.target
        before = f"{sign} {word} {target.pid}  "
        name = plain(target.command)
        facts = self._figures()
        taken = sum(cell_len(fact.words) + 2 for fact in facts)
        room = max(12, width - cell_len(before) - taken - 1)
        segments = [
            Segment(before, style),
            Segment(fit(name, room - 2, self._look.signs.more), palette.strong),
            Segment("  ", Style()),
        ]
        left = width - cell_len(before) - room
        return [*segments, *fitting(facts, left)]

    def _figures(self) -> list[Fact]:
        palette, profiling = self._look.palette, self._profiling
        tally, glance = self._tally, profiling.glance
        moments = tally.moments
        facts = []
        if glance.gil is not None:
            facts.append(Fact(1, f"GIL {glance.gil:.0%}", palette.text))
        if moments and profiling.state.rate and not profiling.options.idle:
            facts.append(Fact(2, f"active {tally.weight / moments:.0%}", palette.text))
        if glance.threads:
            facts.append(Fact(3, amount(len(glance.threads), "thread"), palette.text))
            processes = len({one.pid for one in glance.threads})
            if profiling.options.children:
                facts.append(
                    Fact(4, f"{processes} process{'es'[: 2 * (processes != 1)]}", palette.text)
                )
        return facts

    def _honesty(self, width: int) -> list[Segment]:
        """Return how much was seen and how well, or why nothing is."""
        palette, state, more = self._look.palette, self._profiling.state, self._look.signs.more
        if state.kind == "failed" and not self._recorded:
            words = plain(f"{state.words}. {state.hint}".strip())
            return [Segment(fit(words, width, more), palette.text)]
        return fitting(self._quality(), width)

    def _quality(self) -> list[Fact]:
        palette, profiling = self._look.palette, self._profiling
        tally, state, options = self._tally, profiling.state, profiling.options
        live = not self._recorded
        facts = [
            Fact(0, f"{tally.weight:,} samples", palette.text),
            Fact(1, f"{(live and state.rate) or tally.rate} Hz", palette.text),
            Fact(3, lasted(tally.counts.seconds), palette.text),
            *doubts(tally, palette.muted, palette.medium),
        ]
        if not live:
            return facts
        modes = [
            word
            for word, on in {
                "precise: it is stopped for every sample": options.precise and not options.native,
                "native: it is stopped for every sample": options.native,
                "idle threads too": options.idle,
                "child processes too": options.children,
            }.items()
            if on
        ]
        facts += [Fact(1, word, palette.medium) for word in modes]
        if state.words:
            words = ", ".join(filter(None, (state.words, profiling.ending)))
            facts.append(Fact(0, plain(words), palette.medium))
        if options.seconds != 1:
            facts.append(Fact(5, f"every {options.seconds:g} s", palette.muted))
        return facts


def standing(profiling: Profiling, look: Look) -> tuple[str, str, Style]:
    """Return how the sampling stands: a sign, in a word or two, and the style of both."""
    palette, signs = look.palette, look.signs
    if profiling.paused:
        return signs.skipped, f"paused, {profiling.behind:.0f} s behind", palette.medium
    return {
        "starting": (signs.running, "attaching to", palette.medium),
        "sampling": (signs.medium, "sampling", palette.good),
        "stopped": (signs.skipped, "stopped", palette.medium),
        "ended": (signs.skipped, "ended", palette.medium),
        "failed": (signs.failed, "cannot sample", palette.high),
    }[profiling.state.kind]


def doubts(tally: Tally, quiet: Style, loud: Style) -> list[Fact]:
    """Return all that limits what the samples say; nothing is hidden, not even a nought."""
    counts, folded = tally.counts, tally.folded
    taken = max(counts.samples, 1)
    torn, unread = counts.torn / taken, tally.unread
    facts = [
        Fact(2, f"{unread:.1%} errors", loud if unread > 0.02 else quiet),
        Fact(2, f"{torn:.1%} torn", loud if torn > 0.05 else quiet),
        Fact(4, f"{counts.late:,} late", loud if counts.late else quiet),
    ]
    if unread > _UNTRUE:
        facts.append(Fact(0, "shares may be wrong: look again with P", loud))
    if folded:
        facts.append(Fact(3, f"{folded / taken:.1%} rare stacks together", quiet))
    return facts


def fitting(facts: Sequence[Fact], width: int) -> list[Segment]:
    """Return the facts in order, without those that would be missed least until the rest fits."""
    kept = list(facts)
    while len(kept) > 1 and sum(cell_len(one.words) + 2 for one in kept) > width:
        kept.remove(max(reversed(kept), key=lambda one: one.rank))
    return [
        segment
        for one in kept
        for segment in (Segment(one.words, one.style), Segment("  ", Style()))
    ]


class Tabs(Widget):
    """The views of the page on one line; the open one stands out, and a click opens another."""

    DEFAULT_CSS = "Tabs { height: 1; padding: 0 2; background: $background; }"
    ALLOW_SELECT = False

    class Chosen(Message):
        """A person clicked on a view."""

        def __init__(self, name: str) -> None:
            """Say which."""
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], look: Look) -> None:
        """Offer the views `names`, the first of them open."""
        super().__init__()
        self._names, self._look = tuple(names), look
        self._open, self._beside = self._names[0], ""

    def show(self, names: Sequence[str], name: str, beside: str) -> None:
        """Offer `names`, have `name` stand out, and say at the right how it is looked at."""
        now = tuple(names), name, beside
        if now != (self._names, self._open, self._beside):
            self._names, self._open, self._beside = now
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one
        """Draw the line."""
        width, palette = self.content_size.width, self._look.palette
        parts = []
        for name in self._names:
            open_ = name == self._open
            style = palette.key + Style(underline=True) if open_ else palette.muted
            parts += [Segment(name, style), Segment("   ", Style())]
        room = width - sum(one.cell_length for one in parts)
        beside = plain(self._beside)
        if room > 12:
            shown = fit(beside, min(cell_len(beside), room), self._look.signs.more)
            parts.append(Segment(shown.rjust(room), palette.muted))
        return strip(self, parts, width)

    def on_click(self, event: events.Click) -> None:
        """Open the view that was clicked on."""
        at = event.x - self.gutter.left
        for name in self._names:
            if 0 <= at < cell_len(name):
                self.post_message(self.Chosen(name))
            at -= cell_len(name) + 3

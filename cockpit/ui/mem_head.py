"""What stands above the memory page's lists: what is looked at, its figures, and what to know."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from cockpit.memory.model import Live, Moment, Progress, Summary
from cockpit.memory.scalene.document import Report
from cockpit.plain import plain
from cockpit.ui.cpu_draw import lasted
from cockpit.ui.cpu_head import Fact, fitting
from cockpit.ui.draw import fit, strip
from cockpit.ui.sizes import amount, size
from cockpit.ui.style import Look

#: Cells of the bar that says how far a reading is.
_BAR = 20
#: What is being read, in words.
_PARTS = {
    "summary": "the heap over time",
    "peak": "what made up the peak",
    "stats": "the figures",
    "leaks": "what was never freed",
    "temporary": "what was freed at once",
}


class Shown(NamedTuple):
    """What the head tells of: its first words with a sign and a style, its name, and its figures.

    `notes` are sentences on it, the most important first, which may be `calm`; `progress` is that
    of a reading.
    """

    sign: str
    words: str
    style: Style
    name: str
    facts: Sequence[Fact] = ()
    notes: Sequence[str] = ()
    progress: Progress | None = None
    calm: bool = False


class MemoryHead(Widget):
    """Two lines: what it is with its figures, and what is to be known of it."""

    DEFAULT_CSS = "MemoryHead { height: 2; padding: 0 2; background: $background; }"
    ALLOW_SELECT = False

    def __init__(self, look: Look) -> None:
        """Tell of nothing yet."""
        super().__init__()
        self._look = look
        self._shown = Shown("", "", Style(), "")

    def show(self, shown: Shown) -> None:
        """Tell of `shown`."""
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one of the two lines."""
        width = self.content_size.width
        return strip(self, (self._first if y == 0 else self._second)(width), width)

    def _first(self, width: int) -> list[Segment]:
        shown, more = self._shown, self._look.signs.more
        before = f"{shown.sign} {shown.words}  ".lstrip()
        name = plain(shown.name)
        least = min(len(name), 12)
        facts = fitting(shown.facts, max(0, width - len(before) - least - 2))
        taken = sum(one.cell_length for one in facts)
        room = max(0, width - len(before) - taken - 2)
        return [
            Segment(before, shown.style),
            Segment(fit(name, room, more), self._look.palette.strong),
            Segment("  ", Style()),
            *facts,
        ]

    def _second(self, width: int) -> list[Segment]:
        palette, signs, shown = self._look.palette, self._look.signs, self._shown
        if shown.progress is not None:
            share = min(max(shown.progress.share, 0.0), 1.0)
            full = round(share * _BAR)
            words = f" {share:4.0%}  reading {_PARTS[shown.progress.part]}; esc stops"
            return [
                Segment(signs.bar * full, palette.accent),
                Segment(signs.rest * (_BAR - full), palette.faint),
                Segment(fit(words, max(0, width - _BAR), signs.more), palette.text),
            ]
        words = plain(" ".join(shown.notes))
        style = palette.muted if shown.calm else palette.medium
        return [Segment(fit(words, width, signs.more), style)]


def facts_of(summary: Summary, look: Look) -> list[Fact]:
    """Return the figures of a capture, what would be missed most first."""
    palette = look.palette
    facts = [
        Fact(0, f"peak {size(summary.peak)}", palette.hottest),
        Fact(2, f"{amount(summary.allocations)} allocations", palette.text),
    ]
    if summary.ended > summary.began:
        facts.append(Fact(3, lasted((summary.ended - summary.began) / 1000), palette.muted))
    modes = {
        "native": summary.native,
        "aggregated": summary.aggregated,
        "Python's allocators": summary.python_allocators,
    }
    return facts + [Fact(4, word, palette.muted) for word, on in modes.items() if on]


def facts_now(picture: Live, look: Look) -> list[Fact]:
    """Return the figures of a running program, and what the look at it costs."""
    palette = look.palette
    facts = [
        Fact(0, f"{size(picture.heap)} now", palette.hottest),
        Fact(1, f"peak {size(picture.peak)}", palette.text),
        Fact(3, f"{amount(picture.allocations)} alive", palette.text),
    ]
    if picture.resident:
        facts.append(Fact(2, f"resident {size(picture.resident)}", palette.text))
    return [*facts, Fact(4, f"reader {picture.cost:.1%} of a core", palette.muted)]


def facts_measured(report: Report, look: Look) -> list[Fact]:
    """Return the figures of what scalene measured."""
    palette = look.palette
    facts = [Fact(1, lasted(report.elapsed), palette.text)]
    if report.memory:
        facts.insert(0, Fact(0, f"peak {size(_bytes(report.peak))}", palette.hottest))
        facts.append(Fact(2, f"grows by {report.growth_rate:.1f} %", palette.muted))
    if report.gpu_device:
        facts.append(Fact(3, plain(report.gpu_device), palette.muted))
    return facts


def plotted(report: Report) -> tuple[list[Moment], int]:
    """Return the memory that scalene saw over time, and the most of it."""
    moments = [Moment(round(one.at / 1e6), 0, _bytes(one.size)) for one in report.samples]
    return moments, _bytes(report.peak)


def _bytes(megabytes: float) -> int:
    return round(megabytes * (1 << 20))

"""The rows of the CPU page's lists: what stands in them, in which order, and how they are drawn.

Pure functions of a tally; which list is shown, and what keys do, is the page's business.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from rich.segment import Segment
from rich.style import Style

from cockpit.plain import plain
from cockpit.profilers.profile import Change, Frame, Function, Thread
from cockpit.profilers.pyspy import ThreadNow
from cockpit.profilers.tally import Tally
from cockpit.ui.draw import fit, shorten
from cockpit.ui.rows import Draw, DrawHead
from cockpit.ui.style import Look

Sort = Literal["own", "total"]
#: Returns a path as short as a person knows it, and whether it is the project's own.
Short = Callable[[str], tuple[str, bool]]

#: Cells of a trend, of a percentage and of a number of seconds.
_TREND, _PERCENT, _SECONDS = 10, 6, 8
#: From how many cells on a row has seconds, and a trend.
_WITH_SECONDS, _WITH_TREND = 84, 66
#: Shares from which on a row is hot, and warm.
_HOT, _WARM = 0.10, 0.01
#: Rows of a list at most: nobody scrolls further, and each costs its place.
MOST = 5_000


class TopRow(NamedTuple):
    """A function and what it costs: shares (0..1) and seconds."""

    function: Function
    own: float
    total: float
    own_seconds: float
    total_seconds: float


class LineRow(NamedTuple):
    """A line of a function and its shares (0..1): on top of the stack, and anywhere in it."""

    frame: Frame
    own: float
    total: float


class ThreadRow(NamedTuple):
    """A thread, its share (0..1) of all samples, and what it does now as far as that is known."""

    thread: Thread
    share: float
    now: ThreadNow | None


class DumpRow(NamedTuple):
    """A line of all stacks: a thread's heading where `frame` is None, else a frame of it."""

    thread: ThreadNow
    depth: int
    frame: Frame | None


# --- What stands in them ----------------------------------------------------------------------


def top_rows(tally: Tally, sort: Sort, words: str = "") -> list[TopRow]:
    """Return the functions whose name or path has `words`, the dearest first."""
    order = tally.own if sort == "own" else tally.total
    other = tally.total if sort == "own" else tally.own
    passing = passes(words)
    found = [function for function in tally.total if passing(function)]
    found.sort(key=lambda one: (-order[one], -other[one], one))
    whole, second = max(tally.weight, 1), max(tally.rate, 1)
    return [
        TopRow(
            function,
            tally.own[function] / whole,
            tally.total[function] / whole,
            tally.own[function] / second,
            tally.total[function] / second,
        )
        for function in found[:MOST]
    ]


def line_rows(tally: Tally, sort: Sort, words: str = "") -> list[LineRow]:
    """Return the lines whose function or path has `words`, the dearest first."""
    order, passing = tally.own_lines if sort == "own" else tally.lines, passes(words)
    found = [frame for frame in tally.lines if frame.line and passing(frame.function)]
    found.sort(key=lambda one: (-order[one], -tally.lines[one], one))
    whole = max(tally.weight, 1)
    return [
        LineRow(one, tally.own_lines[one] / whole, tally.lines[one] / whole) for one in found[:MOST]
    ]


def thread_rows(tally: Tally, now: Iterable[ThreadNow], words: str = "") -> list[ThreadRow]:
    """Return the threads that were seen at work or are there now, the busiest first."""
    current = {(one.pid, one.id): one for one in now}
    threads = {(one.process, one.id): one for one in tally.threads}
    for key, one in current.items():
        threads.setdefault(key, Thread(one.pid, one.id, one.name))
    whole = max(tally.weight, 1)
    rows = [
        ThreadRow(thread, tally.threads[thread] / whole, current.get(key))
        for key, thread in threads.items()
        if words.casefold() in thread.label.casefold()
    ]
    return sorted(rows, key=lambda row: (-row.share, row.thread))[:MOST]


def dump_rows(now: Iterable[ThreadNow], words: str = "") -> list[DumpRow]:
    """Return every thread with its frames, the innermost first; whole threads pass or not."""
    rows = []
    passing = passes(words)
    for thread in now:
        named = words.casefold() in f"{thread.name} {thread.id}".casefold()
        if named or any(passing(frame.function) for frame in thread.frames):
            rows.append(DumpRow(thread, -1, None))
            frames = enumerate(reversed(thread.frames))
            rows += [DumpRow(thread, index, frame) for index, frame in frames]
    return rows[:MOST]


def key_of(row: Any) -> Hashable:
    """Return what a row is known by from one second to the next."""
    if isinstance(row, DumpRow):
        return row.thread.id, row.depth
    key: Hashable = row[0]  # a function, a line's frame, a thread
    return key


def place_in(row: Any, tally: Tally) -> tuple[str, int]:
    """Return the path and line that a row leads to; no path where it leads nowhere."""
    if isinstance(row, TopRow | Change):
        return row.function.path, tally.line_of(row.function)
    frame = row.frame if isinstance(row, LineRow | DumpRow) else None
    if isinstance(row, ThreadRow) and row.now is not None and row.now.frames:
        frame = row.now.frames[-1]
    return (frame.function.path, frame.line) if frame is not None else ("", 0)


def passes(words: str) -> Callable[[Function], bool]:
    """Return what tells the functions whose name or path has `words`, in any case; `!` inverts."""
    wanted = words.removeprefix("!").casefold()
    inverts = words.startswith("!") and bool(wanted)

    def passing(function: Function) -> bool:
        found = wanted in function.name.casefold() or wanted in function.path.casefold()
        return found is not inverts

    return passing


# --- How they are drawn -----------------------------------------------------------------------


def percent(share: float, look: Look) -> Segment:
    """Return a share in its cells; hot ones stand out, and nothing at all is blank."""
    palette = look.palette
    words = f"{share * 100:5.1f}%" if share else ""
    style = palette.hottest if share >= _HOT else palette.heat if share >= _WARM else palette.muted
    return Segment(f"{words:>{_PERCENT}} ", style)


def top_head(sort: Sort, look: Look) -> DrawHead:
    """Return what draws the head of the functions; the column that they are sorted by is strong."""

    def head(width: int) -> list[Segment]:
        names = [("own", _PERCENT), ("total", _PERCENT)]
        if width >= _WITH_SECONDS:
            names += [("own s", _SECONDS), ("total s", _SECONDS)]
        palette = look.palette
        parts = [
            Segment(f"{name:>{cells}} ", palette.strong if name == sort else palette.muted)
            for name, cells in names
        ]
        if width >= _WITH_TREND:
            parts.append(Segment(f"{'last 30 s':<{_TREND}} ", palette.muted))
        return [*parts, Segment(" function", palette.muted)]

    return head


def draw_top(tally: Tally, look: Look, short: Short) -> Draw:
    """Return what draws a function; its trend is looked up only for rows in sight."""
    hottest = tally.own.most_common(1)
    scale = max(tally.trend(hottest[0][0]), default=0.0) if hottest else 0.0

    def draw(row: TopRow, width: int) -> list[Segment]:
        palette = look.palette
        parts = [percent(row.own, look), percent(row.total, look)]
        if width >= _WITH_SECONDS:
            seconds = (row.own_seconds, row.total_seconds)
            parts += [Segment(f"{_seconds(one):>{_SECONDS}} ", palette.muted) for one in seconds]
        if width >= _WITH_TREND:
            shown = trend(tally.trend(row.function), scale, look)
            parts.append(Segment(f"{shown} ", palette.accent))
        line = tally.line_of(row.function)
        return [*parts, *named(row.function, line, parts, width, look, short)]

    return draw


def named(  # noqa: PLR0913, PLR0917 -- what a name stands in
    function: Function, line: int, before: Sequence[Segment], width: int, look: Look, short: Short
) -> list[Segment]:
    """Return a function's name and, at the right, its place, in what `before` leaves of a row."""
    palette, more = look.palette, look.signs.more
    room = max(0, width - sum(one.cell_length for one in before) - 1)
    path, own = short(function.path)
    path = plain(path)
    place = f"{path}:{line}" if line else path
    name = plain(function.name)
    where = shorten(place, max(0, min(room * 3 // 5, room - min(len(name), room // 2) - 2)), more)
    style = palette.strong if own else palette.text
    return [
        Segment(" ", Style()),
        Segment(fit(name, room - len(where) - 1, more), style),
        Segment(f" {where}" if where else "", palette.muted),
    ]


def line_head(sort: Sort, look: Look) -> DrawHead:
    """Return what draws the head of the lines."""
    palette = look.palette

    def head(_width: int) -> list[Segment]:
        parts = [
            Segment(f"{name:>{_PERCENT}} ", palette.strong if name == sort else palette.muted)
            for name in ("own", "total")
        ]
        return [*parts, Segment(" function, and its line", palette.muted)]

    return head


def thread_head(look: Look) -> DrawHead:
    """Return what draws the head of the threads."""
    words = f"{'share':>{_PERCENT}} now    thread, and where it is"
    return lambda _width: [Segment(words, look.palette.muted)]


def draw_line(look: Look, short: Short) -> Draw:
    """Return what draws a line of a function."""

    def draw(row: LineRow, width: int) -> list[Segment]:
        parts = [percent(row.own, look), percent(row.total, look)]
        return [*parts, *named(row.frame.function, row.frame.line, parts, width, look, short)]

    return draw


def draw_thread(look: Look, short: Short) -> Draw:
    """Return what draws a thread: its share, whether it runs and holds the GIL, and where it is."""

    def draw(row: ThreadRow, width: int) -> list[Segment]:
        palette, now = look.palette, row.now
        parts = [percent(row.share, look), _standing(now, look)]
        label = plain(row.thread.label)
        cells = min(max(16, width // 4), 40)
        parts.append(Segment(fit(label, cells, look.signs.more), palette.strong))
        if now is not None and now.frames:
            top = now.frames[-1]
            parts += named(top.function, top.line, parts, width, look, short)
        return parts

    return draw


def _standing(now: ThreadNow | None, look: Look) -> Segment:
    palette = look.palette
    if now is None:
        return Segment("ended  ", palette.muted)
    if now.owns_gil:
        return Segment("GIL    ", palette.hottest)
    return Segment("active ", palette.good) if now.active else Segment("idle   ", palette.muted)


def draw_dump(look: Look, short: Short) -> Draw:
    """Return what draws a line of all stacks."""

    def draw(row: DumpRow, width: int) -> list[Segment]:
        if row.frame is None:
            thread = Thread(row.thread.pid, row.thread.id, row.thread.name)
            label = Segment(plain(thread.label), look.palette.strong)
            return [_standing(row.thread, look), label]
        parts = [Segment("    ", Style())]
        return [*parts, *named(row.frame.function, row.frame.line, parts, width, look, short)]

    return draw


def change_head(look: Look) -> DrawHead:
    """Return what draws the head of two profiles compared."""
    words = f"{'before':>{_PERCENT}} {'after':>{_PERCENT}} {'change':>{_PERCENT + 1}}   function"
    return lambda _width: [Segment(words, look.palette.muted)]


def draw_change(look: Look, short: Short) -> Draw:
    """Return what draws a function in two profiles: its own shares, and by how much they differ."""

    def draw(row: Change, width: int) -> list[Segment]:
        palette = look.palette
        words = f"{row.own * 100:+{_PERCENT}.1f}%"
        signs, style, sign = look.signs, palette.muted, " "
        if abs(row.own) >= _WARM / 2:
            style = palette.high if row.own > 0 else palette.good
            sign = signs.rise if row.own > 0 else signs.fall
        parts = [percent(row.own_before, look), percent(row.own_after, look)]
        parts += [Segment(f"{words} {sign} ", style)]
        return [*parts, *named(row.function, 0, parts, width, look, short)]

    return draw


def trend(shares: Sequence[float], scale: float, look: Look) -> str:
    """Return shares of the last half minute in `_TREND` cells, as high as they are of `scale`."""
    steps = look.signs.spark
    size = -(-len(shares) // _TREND) or 1
    parts = [shares[at : at + size] for at in range(0, len(shares), size)]
    cells = []
    for part in parts:
        value = sum(part) / len(part)
        height = min(value / scale, 1.0) * (len(steps) - 1) if scale else 0
        cells.append(steps[round(height)] if value else " ")
    return "".join(cells).rjust(_TREND)


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f}" if seconds < 10_000 else f"{seconds:,.0f}"

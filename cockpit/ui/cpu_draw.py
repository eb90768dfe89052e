"""How the rows of the CPU page's lists are drawn, and the heads of their columns.

Pure functions; what stands in the rows is in `cpu_rows`.
"""

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style

from cockpit.plain import plain
from cockpit.profilers.profile import Change, Function, Thread
from cockpit.profilers.pyspy import ThreadNow
from cockpit.profilers.shelf import Recording
from cockpit.profilers.tally import Tally
from cockpit.ui.cpu_rows import DumpRow, LineRow, Sort, ThreadRow, TopRow
from cockpit.ui.draw import fit, shorten
from cockpit.ui.rows import Draw, DrawHead
from cockpit.ui.style import Look

#: Returns a path as short as a person knows it, and whether it is the project's own.
Short = Callable[[str], tuple[str, bool]]

#: Cells of a trend, of a percentage and of a number of seconds.
_TREND, _PERCENT, _SECONDS = 10, 6, 7
#: From how many cells on a row has seconds, and a trend.
_WITH_SECONDS, _WITH_TREND = 80, 66
#: Shares from which on a row is hot, and warm.
_HOT, _WARM = 0.10, 0.01


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
            shown = trend(tally.trend(row.function), tally.trend_began, scale, look)
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
        parts = [percent(row.share, look), _standing(now, look, row.looked)]
        label = plain(row.thread.label)
        cells = min(max(16, width // 4), 40)
        parts.append(Segment(fit(label, cells, look.signs.more), palette.strong))
        if now is not None and now.frames:
            top = now.frames[-1]
            parts += named(top.function, top.line, parts, width, look, short)
        return parts

    return draw


def _standing(now: ThreadNow | None, look: Look, looked: bool = True) -> Segment:
    palette = look.palette
    if now is None:
        return Segment(f"{'ended' if looked else '':<7}", palette.muted)
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
        words = f"{f'{row.own * 100:+.1f}%' if row.own else '':>{_PERCENT + 1}}"
        signs, style, sign = look.signs, palette.muted, " "
        if abs(row.own) >= _WARM / 2:
            style = palette.high if row.own > 0 else palette.good
            sign = signs.rise if row.own > 0 else signs.fall
        parts = [percent(row.own_before, look), percent(row.own_after, look)]
        parts += [Segment(f"{words} {sign} ", style)]
        return [*parts, *named(row.function, 0, parts, width, look, short)]

    return draw


def recording_head(look: Look) -> DrawHead:
    """Return what draws the head of the recordings."""
    words = f"{'when':<17} {'samples':>10} {'lasted':>12} {'size':>8}  what"
    return lambda _width: [Segment(words, look.palette.muted)]


def draw_recording(look: Look) -> Draw:
    """Return what draws a recording: when, how much, how long, how large, and of what."""

    def draw(row: Recording, width: int) -> list[Segment]:
        palette = look.palette
        size = f"{row.size / 1024:,.0f} kB"
        before = [Segment(f"{row.when:<17} ", palette.text)]
        if row.problem:
            words = f"{look.signs.failed} {row.path.name}: {row.problem}"
            return [*before, Segment(fit(plain(words), width - 18, look.signs.more), palette.high)]
        before.append(Segment(f"{row.weight:>10,} {lasted(row.seconds):>12} ", palette.text))
        before.append(Segment(f"{size:>8}  ", palette.muted))
        room = max(0, width - sum(one.cell_length for one in before))
        title = fit(plain(row.title), room, look.signs.more)
        return [*before, Segment(title, palette.strong)]

    return draw


def draw_said(look: Look) -> Draw:
    """Return what draws a line that the program said."""
    more, style = look.signs.more, look.palette.text
    return lambda row, width: [Segment(fit(plain(row[1]), width, more), style)]


def lasted(seconds: float) -> str:
    """Return a time as a person says it: 42 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def trend(shares: Sequence[float], began: int, scale: float, look: Look) -> str:
    """Return shares of the last half minute in `_TREND` cells, as high as they are of `scale`.

    `began` came before them: what is in one cell stays together until it leaves at the left.
    """
    steps = look.signs.spark
    size = -(-len(shares) // _TREND) or 1
    parts = [shares[max(at, 0) : at + size] for at in range(-(began % size), len(shares), size)]
    cells = []
    for part in parts[-_TREND:]:
        value = sum(part) / len(part)
        height = min(value / scale, 1.0) * (len(steps) - 1) if scale else 0
        cells.append(steps[round(height)] if value else " ")
    return "".join(cells).rjust(_TREND)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds < 10_000 else f"{seconds:.0f}"

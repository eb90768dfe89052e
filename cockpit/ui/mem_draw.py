"""How the rows of the memory page's lists are drawn, and the heads of their columns.

Pure functions; what stands in the rows is in `mem_rows`.
"""

import time

from rich.cells import cell_len
from rich.segment import Segment

from cockpit.memory.comparing import PlaceChange
from cockpit.memory.model import Capture, LiveRow, Standing
from cockpit.memory.shape import LineOf
from cockpit.memory.tables import TableRow
from cockpit.plain import plain
from cockpit.profilers.profile import Function
from cockpit.ui.cpu_draw import Short, named, percent
from cockpit.ui.draw import fit
from cockpit.ui.mem_rows import ScaleneRow, Sort, StatRow
from cockpit.ui.rows import Draw, DrawHead
from cockpit.ui.sizes import amount, signed, size
from cockpit.ui.style import Look

#: Cells of a size, of a count, of an allocator's name, and of a bar.
_SIZE, _COUNT, _ALLOCATOR, _BAR = 8, 9, 14, 24
#: From how many cells on a row has counts, and the allocator.
_WITH_COUNT, _WITH_ALLOCATOR = 56, 84
#: How a capture stands, in a word.
_STANDING: dict[Standing, str] = {
    "running": "running",
    "complete": "complete",
    "killed": "killed",
    "partial": "partial",
    "unreadable": "unreadable",
}


def _figures(own: int, whole: int, look: Look) -> list[Segment]:
    share = own / max(whole, 1)
    return [
        Segment(f"{size(own) if own else '':>{_SIZE}} ", look.palette.text),
        percent(share, look),
    ]


def table_head(look: Look) -> DrawHead:
    """Return what draws the head of a table of places."""

    def head(width: int) -> list[Segment]:
        words = f"{'size':>{_SIZE}} {'share':>6} "
        if width >= _WITH_COUNT:
            words += f"{'number':>{_COUNT}} "
        if width >= _WITH_ALLOCATOR:
            words += f"{'allocator':<{_ALLOCATOR}} "
        return [Segment(f"{words} function", look.palette.muted)]

    return head


def draw_table(whole: int, look: Look, short: Short) -> Draw:
    """Return what draws a row of `memray table`, of `whole` bytes in all."""

    def draw(row: TableRow, width: int) -> list[Segment]:
        palette = look.palette
        parts = _figures(row.size, whole, look)
        if width >= _WITH_COUNT:
            parts.append(Segment(f"{amount(row.allocations):>{_COUNT}} ", palette.muted))
        if width >= _WITH_ALLOCATOR:
            name = fit(plain(row.allocator), _ALLOCATOR, look.signs.more)
            parts.append(Segment(f"{name} ", palette.muted))
        function = Function(row.name, row.path)
        return [*parts, *named(function, row.line, parts, width, look, short)]

    return draw


def line_head(sort: Sort, look: Look) -> DrawHead:
    """Return what draws the head of lines; the column that they are sorted by is strong."""
    palette = look.palette

    def head(width: int) -> list[Segment]:
        parts = [
            Segment(f"{name:>{_SIZE}} {'':>6} ", palette.strong if name == sort else palette.muted)
            for name in ("own", "total")
        ]
        if width >= _WITH_COUNT:
            parts.append(Segment(f"{'number':>{_COUNT}} ", palette.muted))
        return [*parts, Segment(" function, and its line", palette.muted)]

    return head


def draw_line(whole: int, look: Look, short: Short) -> Draw:
    """Return what draws a line of a function, of `whole` bytes in all."""

    def draw(row: LineOf, width: int) -> list[Segment]:
        parts = [*_figures(row.own, whole, look), *_figures(row.total, whole, look)]
        if width >= _WITH_COUNT:
            parts.append(Segment(f"{amount(row.allocations):>{_COUNT}} ", look.palette.muted))
        return [*parts, *named(row.function, row.line, parts, width, look, short)]

    return draw


def draw_live(whole: int, look: Look, short: Short) -> Draw:
    """Return what draws a place of a running program, of `whole` bytes in all."""
    draw_one = draw_line(whole, look, short)

    def draw(row: LiveRow, width: int) -> list[Segment]:
        function = Function(row.place.name, row.place.path)
        line = LineOf(function, row.place.line, row.own, row.total, row.own_allocations)
        return draw_one(line, width)

    return draw


#: The columns of scalene's figures: how much of the time, in what, of the memory, and copied.
_FIGURES = (("CPU", 6), ("python", 6), ("native", 6), ("system", 6), ("MEM", 6), ("peak", 8))


def scalene_head(sort: Sort, look: Look) -> DrawHead:
    """Return what draws the head of scalene's lines; the column they are sorted by is strong."""
    palette, first = look.palette, "CPU" if sort == "own" else "MEM"

    def head(width: int) -> list[Segment]:
        names = [one for one in _FIGURES if width >= _WITH_ALLOCATOR or one[0] in ("CPU", "MEM")]
        parts = [
            Segment(f"{name:>{cells}} ", palette.strong if name == first else palette.muted)
            for name, cells in names
        ]
        return [*parts, Segment("   copied  function, and its line", palette.muted)]

    return head


def draw_scalene(look: Look, short: Short) -> Draw:
    """Return what draws a line as scalene measured it."""

    def draw(row: ScaleneRow, width: int) -> list[Segment]:
        line, palette = row.line, look.palette
        parts = [percent(line.cpu / 100, look)]
        if width >= _WITH_ALLOCATOR:
            parts += [percent(one / 100, look) for one in (line.python, line.native, line.system)]
        parts.append(percent(line.share, look))
        if width >= _WITH_ALLOCATOR:
            peak = size(round(line.peak * (1 << 20))) if line.peak else ""
            parts.append(Segment(f"{peak:>{_SIZE}} ", palette.text))
        copied = f"{line.copied:,.0f} MB/s" if line.copied >= 0.5 else ""
        parts.append(Segment(f"{copied:>9} ", palette.muted))
        if row.leak:
            parts.append(Segment(f"{look.signs.high} may leak {row.leak:.0%} ", palette.high))
        return [*parts, *named(Function(row.name, row.path), line.line, parts, width, look, short)]

    return draw


def change_head(look: Look) -> DrawHead:
    """Return what draws the head of two captures compared."""

    def head(width: int) -> list[Segment]:
        words = f"{'before':>{_SIZE}} {'after':>{_SIZE}} {'change':>{_SIZE + 1}}   "
        if width >= _WITH_COUNT:
            words += f"{'number':>{_COUNT}} "
        return [Segment(f"{words} function, and its line", look.palette.muted)]

    return head


def draw_change(look: Look, short: Short) -> Draw:
    """Return what draws a place in two captures: its own bytes, and by how much they differ."""

    def draw(row: PlaceChange, width: int) -> list[Segment]:
        palette, signs, sums = look.palette, look.signs, row.sums
        style = palette.high if sums.change > 0 else palette.good
        sign = signs.rise if sums.change > 0 else signs.fall
        parts = [
            Segment(f"{size(sums.before) if sums.before else '':>{_SIZE}} ", palette.text),
            Segment(f"{size(sums.after) if sums.after else '':>{_SIZE}} ", palette.text),
            Segment(f"{signed(sums.change):>{_SIZE + 1}} {sign} ", style),
        ]
        if width >= _WITH_COUNT:
            number = sums.allocations_after - sums.allocations_before
            parts.append(Segment(f"{number:>+{_COUNT},} ", palette.muted))
        function = Function(row.place.name, row.place.path)
        return [*parts, *named(function, row.place.line, parts, width, look, short)]

    return draw


def capture_head(look: Look) -> DrawHead:
    """Return what draws the head of the captures."""
    words = f"{'when':<17} {'state':<10} {'peak':>8} {'file':>8}  what"
    return lambda _width: [Segment(words, look.palette.muted)]


def draw_capture(look: Look, opened: str) -> Draw:
    """Return what draws a capture; the one whose path is `opened` is marked."""

    def draw(row: Capture, width: int) -> list[Segment]:
        palette, signs = look.palette, look.signs
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.began)) if row.began else ""
        before = [Segment(f"{when:<17} ", palette.text), _standing(row, look)]
        peak = size(row.peak) if row.peak else ""
        before.append(Segment(f"{peak:>8} {size(row.size):>8}  ", palette.text))
        title = plain(row.name or row.command or row.path.rpartition("/")[2])
        if row.problem:
            title = f"{title}: {plain(row.problem)}"
        mark = f"{signs.alive} " if row.path == opened else ""
        room = max(0, width - sum(one.cell_length for one in before) - len(mark))
        style = palette.high if row.problem else palette.strong
        return [*before, Segment(mark, palette.good), Segment(fit(title, room, signs.more), style)]

    return draw


def _standing(row: Capture, look: Look) -> Segment:
    palette, signs = look.palette, look.signs
    sign, style = {
        "running": (signs.running, palette.medium),
        "complete": (signs.fresh, palette.good),
        "killed": (signs.skipped, palette.medium),
        "partial": (signs.failed, palette.medium),
        "unreadable": (signs.failed, palette.high),
    }[row.standing]
    return Segment(f"{f'{sign} {_STANDING[row.standing]}':<12}", style)


def draw_stat(look: Look) -> Draw:
    """Return what draws a line of the figures."""

    def draw(row: StatRow, width: int) -> list[Segment]:
        palette, signs = look.palette, look.signs
        if not row.value:
            return [Segment(fit(row.label, width, signs.more), palette.key)]
        bar = _BAR if width >= _WITH_ALLOCATOR else 0
        cells = round(row.share * bar) or (1 if row.share > 0 and bar else 0)
        label = plain(row.label)
        room = max(8, width - 12 - bar)
        if not row.share:  # a fact in words, and no place
            said = fit(label, max(8, width - 12), signs.more)
            return [Segment(f"{row.value:>10}  ", palette.muted), Segment(said, palette.text)]
        shown = label if cell_len(label) <= room else signs.more + label[-(room - 1) :]
        return [
            Segment(f"{row.value:>10}  ", palette.text),
            Segment(f"{signs.bar * cells:<{bar}}  " if bar else "", palette.accent),
            Segment(shown, palette.text),
        ]

    return draw

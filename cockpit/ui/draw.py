"""Lines of text cut to a width: a finding as a row, a path shortened from the left.

Everything from outside goes through `plain` here, and nothing is read as markup.
"""

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.ui.order import UNREAD, is_placed
from cockpit.ui.style import Palette, Signs

if TYPE_CHECKING:
    from cockpit.ui.grouping import Group

#: The cells of the column that holds a rule's code.
RULE_WIDTH = 7
#: From how many cells on a row has rule, message and place, and the fewest for the message.
_ALL_THREE, _MESSAGE = 44, 12
#: Characters that are looked at for each cell: a name of a thousand takes no longer than a short.
_AT_MOST = 4
_NULL = Style()


def fit(text: str, width: int, more: str = "…") -> str:
    """Return `text` in exactly `width` cells: padded, or cut with `more` at its end."""
    if width <= 0:
        return ""
    cells = len(text) if text.isascii() else cell_len(text)
    if cells <= width:
        return text + " " * (width - cells)
    return set_cell_size(text[: _AT_MOST * width], width - 1) + more


def middle(text: str, width: int, more: str = "…") -> str:
    """Return `text` in at most `width` cells, cut in its middle: both ends say something."""
    if cell_len(text) <= width:
        return text
    most = _AT_MOST * width
    end = set_cell_size(text[::-1][:most], (width - 1) // 2)[::-1]
    return set_cell_size(text[:most], width - 1 - cell_len(end)) + more + end


def shorten(path: str, width: int, more: str = "…") -> str:
    """Return the end of `path` in at most `width` cells, cut at a folder where that can be."""
    if cell_len(path) <= width:
        return path
    rest = path[-_AT_MOST * max(width, 1) :]
    while "/" in rest and cell_len(rest) + 2 > width:
        rest = rest.partition("/")[2]
    if cell_len(rest) + 2 <= width:
        return f"{more}/{rest}"
    if cell_len(rest) <= width:  # the name is whole at least
        return rest
    # Not even the file's name fits: its end says most, for the line follows it.
    while rest and cell_len(rest) + 1 > width:
        rest = rest[1:]
    return more + rest if width > 0 else ""


def label(finding: Finding) -> str:
    """Return what stands in the column of rules: the rule's code, or how sure the tool is."""
    if finding.rule == UNREAD:
        return plain(finding.checker)
    if finding.confidence.endswith("%"):
        return finding.confidence
    # ruff's "invalid-syntax" has no code, nor has interrogate's "missing-method-docstring".
    rule = plain(finding.rule).removeprefix("invalid-")
    rule = rule.removeprefix("missing-").removesuffix("-docstring")
    return rule if len(rule) <= RULE_WIDTH + 1 else fit(rule, RULE_WIDTH)


def place(finding: Finding, width: int, more: str = "…") -> str:
    """Return `path:line` in at most `width` cells; no line where the tool named none."""
    line = f":{finding.line}" if is_placed(finding) else ""
    return shorten(plain(finding.path), width - len(line), more) + line


def sign(finding: Finding, signs: Signs) -> str:
    """Return the sign of a finding: its severity, or that its file could not be read."""
    return signs.failed if finding.rule == UNREAD else signs.of(finding.severity)


def row(  # noqa: PLR0913, PLR0917 -- all that a row is drawn from
    finding: Finding,
    width: int,
    new: bool,
    palette: Palette,
    signs: Signs,
    besides: Sequence[Segment] = (),
) -> list[Segment]:
    """Return a finding in exactly `width` cells: sign, rule, message and at the right its place.

    `besides` is what is known of it apart from its tool's words, which it stands before.
    """
    code = fit(label(finding), max(RULE_WIDTH, cell_len(label(finding))), signs.more)
    if width < _ALL_THREE:  # the place is worth most; the same in every row of a list
        code = ""
    head = 2 + cell_len(code) + bool(code) + sum(part.cell_length for part in besides)
    message = _with_sources(finding)
    wanted = _place_width(finding, width, head + cell_len(message))
    where = place(finding, min(wanted, width - head - _MESSAGE), signs.more)
    room = width - head - 1 - cell_len(where)
    weight = Style(bold=True) if new else _NULL
    segments = [
        Segment(sign(finding, signs) + " ", palette.of(finding.severity)),
        Segment(code + " " if code else "", palette.rule + weight),
        *besides,
        Segment(fit(message, room, signs.more), palette.text + weight),
        Segment(" " + where, palette.muted),
    ]
    return fitted(segments, width)


def _place_width(finding: Finding, width: int, taken: int) -> int:
    """Return the cells for a place: its share of the row, what the message leaves, and its name.

    A path is cut at its folders before its name is.
    """
    name = finding.path.rpartition("/")[2]
    least = cell_len(plain(name)) + len(str(finding.line)) + 3
    share = max(12, min(48, width * 2 // 5), min(least, width * 3 // 5))
    return max(share, width - taken - 2)


def header(
    group: "Group", folded: bool, width: int, palette: Palette, signs: Signs
) -> list[Segment]:
    """Return a group's header in exactly `width` cells: its name, how many, how bad, how many new.

    A rule's name stands beside its code.
    """
    counts = [Segment(f"  {len(group.findings):,}", palette.text)]
    if group.new:
        counts.append(Segment(f" {signs.new}{group.new:,}", palette.high))
    if group.by != "rule" or len(group.severities) > 1:
        for severity, count in group.severities:
            counts.append(Segment(f"  {signs.of(severity)}", palette.of(severity)))
            counts.append(Segment(f"{count:,}", palette.muted))
    else:
        severity = group.severities[0][0]
        counts.append(Segment(f"  {signs.of(severity)}", palette.of(severity)))
    room = width - 2 - sum(segment.cell_length for segment in counts)
    name = plain(group.key)
    name = (
        shorten(name, room, signs.more) if group.by == "file" else fit(name, min(len(name), room))
    )
    known = group.findings[0].name if group.by == "rule" else ""
    spare = room - cell_len(name) - 1
    extra = f" {fit(plain(known), min(len(known), spare))}" if known and spare > 8 else ""
    fold = signs.folded if folded else signs.unfolded
    segments = [
        Segment(f"{fold} ", palette.muted),
        Segment(name, palette.strong),
        Segment(extra, palette.muted),
        *counts,
    ]
    return fitted(segments, width)


def beside_label(finding: Finding) -> str:
    """Return what a finding says where its `label` stands before it: nothing is said twice."""
    message = plain(finding.message)
    if finding.rule.startswith("missing-"):  # the label is the kind that the message begins with
        message = message.removeprefix(f"{label(finding)} ")
    return message


def _with_sources(finding: Finding) -> str:
    message = beside_label(finding)
    return f"{message}  {' '.join(map(plain, finding.also))}" if finding.also else message


def fitted(segments: Iterable[Segment], width: int) -> list[Segment]:
    """Return `segments` cut and padded to exactly `width` cells."""
    return list(Strip([part for part in segments if part.text]).adjust_cell_length(width, _NULL))


def strip(
    widget: Widget, segments: Iterable[Segment], width: int, ground: Style | None = None
) -> Strip:
    """Return a line of `widget`: cut to `width`, on the widget's background or on `ground`."""
    line = Segment.apply_style(fitted(segments, width), widget.visual_style.rich_style, ground)
    return Strip(line, width)


def spark(counts: Iterable[int], signs: Signs) -> str:
    """Return a sparkline of `counts`, empty where they are too few or all the same."""
    values = list(counts)
    low, high = min(values, default=0), max(values, default=0)
    if low == high or len(values) < 3:
        return ""
    steps = len(signs.spark) - 1
    return "".join(signs.spark[round((value - low) * steps / (high - low))] for value in values)


def wrapped(text: str, width: int, lines: int, more: str = "…") -> list[str]:
    """Return `text` from outside broken into at most `lines` lines of `width` cells."""
    return textwrap.wrap(plain(text), max(width, 1), max_lines=lines, placeholder=f" {more}")

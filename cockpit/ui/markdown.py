"""The little of Markdown that rules are documented in, as styled lines; it cannot run anything.

Textual's own Markdown widget costs 60 ms to import and a widget for every paragraph.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from cockpit.plain import plain_lines
from cockpit.ui.highlight import Highlighter, strings_over_lines
from cockpit.ui.style import Palette
from cockpit.ui.table import Row, is_table, laid_out

_FENCE = re.compile(r"^\s*(?:```|~~~)\s*(?P<language>\w*)")
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*)")
_BULLET = re.compile(r"^(?P<indent>\s*)(?P<sign>[-*+]|\d+[.)])\s+(?P<words>.*)")
_QUOTE = re.compile(r"^\s{0,3}>\s?")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>[^*]+)\*\*"
    r"|(?<![\w*\\])\*(?P<soft>[^*\s](?:[^*]*[^*\s\\])?)\*(?!\w)"
    r"|\[(?P<link>[^\]]+)\](?:\((?P<url>[^)]*)\)|\[[^\]]*\])"
    r"|\[`(?P<reference>[^`]+)`\]"
    r"|(?P<bare>https?://[^\s<>)\]]+)"
)
_REFERENCE = re.compile(r"^\s*\[(?P<name>[^\]]+)\]:\s*\S+")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!>])")
#: Cells that the last column of a table needs at most; what is longer is wrapped within it.
_LAST = 24
_PYTHON = frozenset(("python", "py", "pyi", "pycon", ""))


class Line(NamedTuple):
    """A paragraph to be wrapped: what stands before its first line, and before the others.

    Where there are fewer cells than it `needs`, other lines are shown in its `stead`.
    """

    text: Text
    first: str | Text = ""
    rest: str = ""
    needs: int = 0
    stead: tuple["Line", ...] = ()


def render(text: str, palette: Palette) -> Iterator[Line]:
    """Yield `text` as paragraphs; an empty one between blocks."""
    lines = plain_lines(text).split("\n")
    names = {match["name"].strip("`") for line in lines if (match := _REFERENCE.match(line))}
    paragraph: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        end, block = _block(lines, at, palette)
        if block is not None and not (paragraph and _is_indented([line])):
            yield from _closed(paragraph, palette, names)
            yield from block
            at = end
            continue
        if not line.strip() or _BULLET.match(line) or _QUOTE.match(line):
            quoted = bool(paragraph and _QUOTE.match(paragraph[0]) and _QUOTE.match(line))
            if not quoted:
                yield from _closed(paragraph, palette, names)
        if not line.strip():
            yield Line(Text())
        elif not _REFERENCE.match(line):
            paragraph.append(line)
        at += 1
    yield from _closed(paragraph, palette, names)


def _block(lines: list[str], at: int, palette: Palette) -> tuple[int, Iterable[Line] | None]:
    """Return a heading, a fence or a table that starts at a line, and the line after it."""
    if heading := _HEADING.match(lines[at]):
        return at + 1, [Line(styled(heading[2].strip(), palette.strong))]
    if fence := _FENCE.match(lines[at]):
        closing = (end for end in range(at + 1, len(lines)) if _FENCE.match(lines[end]))
        end = next(closing, len(lines))
        inside = lines[at + 1 : end]
        if is_table(inside):
            return end + 1, _table(inside, palette)
        return end + 1, _code(inside, fence["language"], palette)
    for belongs, show in ((is_table, _table), (_is_indented, _indented)):
        end = at
        while end < len(lines) and belongs(lines[end : end + 1]):
            end += 1
        if end > at:
            return end, show(lines[at:end], palette)
    return at, None


def _is_indented(lines: Sequence[str]) -> bool:
    return lines[0].startswith("    ") and not _BULLET.match(lines[0])


def _indented(lines: list[str], palette: Palette) -> Iterator[Line]:
    return _code(lines, "text", palette)


def _code(lines: list[str], language: str, palette: Palette) -> Iterator[Line]:
    path = "example.py" if language in _PYTHON else ""
    colours = Highlighter(path, lines, strings_over_lines("\n".join(lines)))
    for number, line in enumerate(lines):
        text = Text(line, palette.text if path else palette.rule)
        for token in colours.tokens(number):
            text.stylize(palette.tokens[token.kind], token.start, token.end)
        indent = " " * (len(line) - len(line.lstrip()))
        yield Line(text[len(indent) :], f"  {indent}", f"  {indent}    ")


def _table(lines: list[str], palette: Palette) -> Iterator[Line]:
    """Yield a table's rows: its columns in line, or where they are too wide a line a cell."""
    head: Row | None = None
    for row in laid_out(lines):
        head = head or row
        first = Text("  ")
        for cell, width in zip(row.cells[:-1], row.widths, strict=False):
            shown = _cell(cell, row, palette)
            first.append_text(shown).append(" " * (width + 2 - shown.cell_len))
        indent = 2 + sum(width + 2 for width in row.widths[:-1])
        needs = indent + min(row.widths[-1], _LAST)
        stead = () if row.head else tuple(_apart(head, row, palette))
        yield Line(_cell(row.cells[-1], row, palette), first, " " * indent, needs, stead)


def _cell(cell: str, row: Row, palette: Palette) -> Text:
    shown = _inline(cell, palette)
    if row.head:
        shown.stylize(palette.strong)
    return shown


def _apart(head: Row, row: Row, palette: Palette) -> Iterator[Line]:
    """Yield the cells of a row, each under the first and with the title of its column."""
    yield Line(_inline(row.cells[0], palette), "  ", "  ")
    for title, cell in zip(head.cells[1:], row.cells[1:], strict=True):
        yield Line(_inline(f"{title}: {cell}", palette), "    ", "      ")


def _closed(paragraph: list[str], palette: Palette, names: Iterable[str]) -> Iterator[Line]:
    """Yield the paragraph gathered so far as one text, and empty it."""
    if not paragraph:
        return
    lines, quote = [_QUOTE.sub("", line) for line in paragraph], _QUOTE.match(paragraph[0])
    paragraph.clear()
    bullet = _BULLET.match(lines[0])
    if bullet:
        words = " ".join([bullet["words"], *(line.strip() for line in lines[1:])])
        sign = bullet["sign"] if bullet["sign"][0].isdigit() else "-"
        indent = bullet["indent"]
        yield Line(
            _inline(words, palette, names),
            f"{indent}{sign} ",
            indent + " " * (len(sign) + 1),
        )
        return
    text = _inline(" ".join(line.strip() for line in lines), palette, names)
    yield Line(text, "  ", "  ") if quote else Line(text)


def _inline(text: str, palette: Palette, names: Iterable[str] = ()) -> Text:
    """Return a paragraph with its code, emphasis and links; `names` are links defined elsewhere."""
    shown, at = Text(), 0
    for match in _INLINE.finditer(text):
        shown.append(_ESCAPE.sub(r"\1", text[at : match.start()]), palette.text)
        at = match.end()
        if code := match["code"]:
            shown.append(code, palette.rule)
        elif bold := match["bold"]:
            shown.append(bold, palette.strong)
        elif soft := match["soft"]:
            shown.append(soft, palette.text + Style(italic=True))
        elif bare := match["bare"]:
            shown.append(bare, palette.accent)
        else:
            link = (match["link"] or match["reference"]).replace("`", "")
            shown.append(link, palette.accent)
            if (match["url"] or "").startswith("http"):
                shown.append(f" {match['url']}", palette.muted)
    shown.append(_ESCAPE.sub(r"\1", text[at:]), palette.text)
    for name in names:
        _link(shown, name, palette)
    return shown


def _link(shown: Text, name: str, palette: Palette) -> None:
    """Show a name in brackets that is defined as a link without them."""
    while (start := shown.plain.find(f"[{name}]")) >= 0:
        end = start + len(name) + 2
        link = styled(name, palette.accent)
        rest = shown[end:]
        shown.right_crop(len(shown) - start)
        shown.append_text(link).append_text(rest)


def wrapped(lines: Iterable[Line], console: Console, width: int) -> Iterator[Text]:
    """Yield `lines` broken to a width, each with what stands before it."""
    for line in lines:
        if line.needs > width:
            yield from wrapped(line.stead, console, width)
            continue
        before = line.first if isinstance(line.first, Text) else Text(line.first)
        room = max(width - max(before.cell_len, cell_len(line.rest)), 8)
        for part in line.text.wrap(console, room) if line.text else [Text()]:
            yield before.copy().append_text(part) if before else part
            before = Text(line.rest)


def styled(text: str, style: Style) -> Text:
    """Return `text` in a style that survives wrapping and rendering without a console."""
    return Text().append(text, style)

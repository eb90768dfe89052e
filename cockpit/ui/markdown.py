"""The little of Markdown that rules are documented in, as styled lines; it cannot run anything.

Textual's own Markdown widget costs 60 ms to import and a widget for every paragraph.
"""

import re
from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from cockpit.plain import plain_lines
from cockpit.ui.style import Palette

_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*)")
_BULLET = re.compile(r"^(\s*)(?:[-*+]|\d+[.)])\s+(.*)")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>[^*]+)\*\*"
    r"|\[(?P<link>[^\]]+)\](?:\([^)]*\)|\[[^\]]*\])"
    r"|\[`(?P<reference>[^`]+)`\]"
)
_REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s*\S+")


def render(text: str, palette: Palette) -> Iterator[Text]:
    """Yield `text` as paragraphs, each a line to be wrapped; an empty one between blocks."""
    fenced = False
    paragraph: list[str] = []
    for line in plain_lines(text).split("\n"):
        if _FENCE.match(line):
            yield from _closed(paragraph, palette)
            fenced = not fenced
        elif fenced:
            yield styled(f"  {line}", palette.rule, no_wrap=True)
        elif heading := _HEADING.match(line):
            yield from _closed(paragraph, palette)
            yield styled(heading.group(2).strip(), palette.strong)
        elif not line.strip():
            yield from _closed(paragraph, palette)
            yield Text()
        elif _BULLET.match(line):
            yield from _closed(paragraph, palette)
            paragraph.append(line)
        elif not _REFERENCE.match(line):
            paragraph.append(line)
    yield from _closed(paragraph, palette)


def _closed(paragraph: list[str], palette: Palette) -> Iterator[Text]:
    """Yield the paragraph gathered so far as one text, and empty it."""
    if not paragraph:
        return
    joined = " ".join(line.strip() for line in paragraph)
    bullet = _BULLET.match(paragraph[0])
    paragraph.clear()
    if bullet:
        yield _inline("- " + joined.split(maxsplit=1)[1], palette)
    else:
        yield _inline(joined, palette)


def _inline(text: str, palette: Palette) -> Text:
    shown, at = Text(), 0
    for match in _INLINE.finditer(text):
        shown.append(text[at : match.start()], palette.text)
        at = match.end()
        if code := match["code"]:
            shown.append(code, palette.rule)
        elif bold := match["bold"]:
            shown.append(bold, palette.strong)
        else:
            shown.append((match["link"] or match["reference"]).strip("`"), palette.accent)
    return shown.append(text[at:], palette.text)


def styled(text: str, style: Style, no_wrap: bool = False) -> Text:
    """Return `text` in a style that survives wrapping and rendering without a console."""
    return Text(no_wrap=no_wrap).append(text, style)

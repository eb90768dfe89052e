"""What a terminal's encoding cannot show is replaced, cell for cell, in whatever is drawn.

Borders, scrollbars and other people's widgets included: nothing has to know of it.
"""
# ruff: noqa: RUF001 -- characters that look alike are what this is about

import functools

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LINES = {
    **dict.fromkeys("─━═╌┄┈▔▁▂▃▄⎯", "-"),
    **dict.fromkeys("│┃║╎┆┊▎▏▕▍▌▐❘", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛╔╗╚╝", "+"),
    **dict.fromkeys("█▇▆▅▉▊▋▓", "#"),
    **dict.fromkeys("▒░", ":"),
    **dict.fromkeys("·•●○◌◆", "."),
    **dict.fromkeys("▸▶▹→⏵›", ">"),
    **dict.fromkeys("◂◀←⏴‹", "<"),
    **dict.fromkeys("▾▼↓⏷", "v"),
    **dict.fromkeys("▴▲↑⏶", "^"),
    **dict.fromkeys("✓✔", "v"),
    **dict.fromkeys("✗✘×", "x"),
    **dict.fromkeys("–—‐", "-"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    "…": "~",
    "\u00a0": " ",
}


class EncodingFilter(LineFilter):
    """Replaces, in every line that is drawn, the characters that the terminal has not."""

    def __init__(self, encoding: str) -> None:
        """Show what `encoding` has."""
        super().__init__()
        self._encoding = encoding

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return the segments, each as wide as before."""
        return [
            Segment(_shown(text, self._encoding), style, control)
            for text, style, control in segments
        ]


def _shown(text: str, encoding: str) -> str:
    return text if text.isascii() else _replaced(text, encoding)


@functools.lru_cache(4096)
def _replaced(text: str, encoding: str) -> str:
    return "".join(_replacement(character, encoding) for character in text)


@functools.lru_cache(4096)
def _replacement(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _LINES.get(character, "?" * cell_len(character))
    return character

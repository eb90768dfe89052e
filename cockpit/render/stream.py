"""What a stream of text can show; how lines are written is in `text`."""

import os
from typing import IO

from cockpit.render.text import Style
from cockpit.signs import shown_encoding, signs_for


def style_for(stream: IO[str]) -> Style:
    """Return what `stream` can show: colours on a terminal that wants them, signs in Unicode."""
    colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = getattr(stream, "encoding", "") or "ascii"
    return Style(colour=colour, signs=signs_for(shown_encoding(encoding)))

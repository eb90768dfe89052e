"""The characters that carry meaning, in Unicode and in ASCII, and which a terminal can show."""

import os

import msgspec

from cockpit.model import Severity


class Signs(msgspec.Struct, frozen=True):
    """The characters that carry meaning; one cell each, but for the sparkline's range."""

    new: str = "+"
    high: str = "▲"
    medium: str = "●"
    low: str = "·"
    fresh: str = "✓"
    running: str = "◌"
    failed: str = "✗"
    skipped: str = "–"  # noqa: RUF001 - the sign is meant
    branch: str = "⎇"
    more: str = "…"
    dot: str = "·"
    bar: str = "━"
    goal: str = "┃"
    spark: str = "▁▂▃▄▅▆▇█"
    heat: str = "▏▎▍▌▋▊▉█"
    thumb: str = "▐"
    edge: str = "│"
    folded: str = "▸"
    unfolded: str = "▾"
    rest: str = "┄"
    rise: str = "↑"
    fall: str = "↓"
    alive: str = "►"
    frame: str = "▏"
    swatch: str = "■"

    def of(self, severity: Severity) -> str:
        """Return the sign of a severity."""
        return {"high": self.high, "medium": self.medium, "low": self.low}[severity]


UNICODE = Signs()
ASCII = Signs(
    *("+", "^", "o", ".", "*", "~", "x", "-", "@", "~", "-", "=", "|", "_.-=+*#@"),
    heat=".:-=+*#@",
    thumb="#",
    edge="|",
    folded=">",
    unfolded="v",
    rest=".",
    rise="^",
    fall="v",
    alive=">",
    frame="|",
    swatch="#",
)


#: The locales that have no letters but ASCII's.
_PLAIN = ("C", "POSIX")


def signs_for(encoding: str | None) -> Signs:
    """Return the signs that a terminal of this encoding can show."""
    unicode = (encoding or "utf-8").lower().replace("-", "").startswith("utf")
    return UNICODE if unicode else ASCII


def shown_encoding(encoding: str | None) -> str | None:
    """Return what can be shown on a stream of this `encoding`: only ASCII where the locale is C.

    Python takes UTF-8 in its place (PEP 538, PEP 540), and tells its children so in `LC_CTYPE`;
    whoever sets `LANG=C` wants no Unicode. Where nothing is set, as in a container, it shows.
    """
    everything, kind, usual = map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))
    coerced = kind in (None, "", "C.UTF-8", "C.utf8", "UTF-8") and usual in _PLAIN
    if everything in _PLAIN or (not everything and (kind in _PLAIN or coerced)):
        return "ascii"
    return encoding

"""The signs and colours of the screen, in one place; a colour never carries meaning alone."""

import sys
from collections.abc import Mapping
from typing import Any

import msgspec
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.theme import Theme

from cockpit.model import Severity

#: Near black, so that what is new and wrong is the brightest thing on the screen.
DARK = Theme(
    name="cockpit",
    primary="#58a6ff",
    secondary="#9ecbff",
    accent="#d2a8ff",
    success="#7ee787",
    warning="#f4b860",
    error="#ff6b6b",
    foreground="#e6edf3",
    background="#0d1117",
    surface="#161b22",
    panel="#1c2530",
    dark=True,
    variables={
        "border": "#58a6ff",
        "border-blurred": "#30363d",
        "scrollbar": "#30363d",
        "scrollbar-background": "#0d1117",
        "scrollbar-background-hover": "#0d1117",
        "scrollbar-background-active": "#0d1117",
    },
)
LIGHT = Theme(
    name="cockpit-light",
    primary="#0969da",
    secondary="#0550ae",
    accent="#8250df",
    success="#1a7f37",
    warning="#9a6700",
    error="#cf222e",
    foreground="#1f2328",
    background="#ffffff",
    surface="#eff2f5",
    panel="#ddf4ff",
    dark=False,
    variables={
        "border": "#0969da",
        "border-blurred": "#d1d9e0",
        "scrollbar": "#d1d9e0",
        "scrollbar-background": "#ffffff",
        "scrollbar-background-hover": "#ffffff",
        "scrollbar-background-active": "#ffffff",
    },
)


class Signs(msgspec.Struct, frozen=True):
    """The characters that carry meaning; one cell each, but for the sparkline's range."""

    new: str = "+"
    high: str = "▲"
    medium: str = "●"
    low: str = "·"
    fresh: str = "●"
    running: str = "◌"
    failed: str = "✗"
    skipped: str = "–"  # noqa: RUF001 - the sign is meant
    branch: str = "⎇"
    more: str = "…"
    dot: str = "·"
    bar: str = "━"
    goal: str = "┃"
    spark: str = "▁▂▃▄▅▆▇█"

    def of(self, severity: Severity) -> str:
        """Return the sign of a severity."""
        return {"high": self.high, "medium": self.medium, "low": self.low}[severity]


UNICODE = Signs()
ASCII = Signs("+", "^", "o", ".", "*", "~", "x", "-", "@", "~", "-", "=", "|", "_.-=+*#@")


def signs_for(encoding: str | None) -> Signs:
    """Return the signs that a terminal of this encoding can show."""
    unicode = (encoding or "utf-8").lower().replace("-", "").startswith("utf")
    return UNICODE if unicode else ASCII


def terminal_encoding() -> str | None:
    """Return the encoding of the stream that Textual draws on."""
    return getattr(sys.__stderr__, "encoding", None)


class Palette(msgspec.Struct, frozen=True, dict=True):
    """The styles that lines are drawn with, made from whatever theme is chosen."""

    text: Style
    muted: Style
    faint: Style
    strong: Style
    rule: Style
    high: Style
    medium: Style
    low: Style
    good: Style
    key: Style
    accent: Style
    cursor: Style
    blurred: Style
    tokens: Mapping[str, Style]

    def of(self, severity: Severity) -> Style:
        """Return the style of a severity's sign."""
        return {"high": self.high, "medium": self.medium, "low": self.low}[severity]


def palette_of(app: App[Any], faded: bool = False) -> Palette:
    """Return the palette of the app's theme; `faded` is for results that are not fresh."""
    variables = app.theme_variables
    background = Color.parse(variables["background"])
    foreground = Color.parse(variables["foreground"])

    def ink(color: Color, strength: float = 1.0, bold: bool = False) -> Style:
        weight = strength * (0.55 if faded else 1.0)
        shown = background.blend(color, weight, alpha=1) if weight < 1 else color
        return Style(color=shown.rich_color, bold=bold or None)

    def named(name: str, bold: bool = False) -> Style:
        return ink(Color.parse(variables[name]), bold=bold)

    def ground(strength: float) -> Style:
        if app.no_color or app.console.color_system is None:
            return Style(reverse=True)
        tint = background.blend(Color.parse(variables["primary"]), strength, alpha=1)
        return Style(bgcolor=tint.rich_color)

    return Palette(
        text=ink(foreground),
        muted=ink(foreground, 0.6),
        faint=ink(foreground, 0.3),
        strong=ink(foreground, bold=True),
        rule=named("secondary"),
        high=named("error", bold=True),
        medium=named("warning"),
        low=ink(foreground, 0.5),
        good=named("success"),
        key=named("primary", bold=True),
        accent=named("accent"),
        cursor=ground(0.22),
        blurred=Style() if app.no_color else ground(0.10),
        tokens={
            "comment": ink(foreground, 0.5) + Style(italic=True),
            "keyword": named("error"),
            "string": named("secondary"),
            "number": named("primary"),
            "name": named("accent"),
            "constant": named("primary"),
        },
    )


class Look:
    """The signs and palettes in use; widgets share one, so that a new theme reaches them all."""

    def __init__(self, app: App[Any]) -> None:
        """Take the signs from the terminal and the colours from the app's theme."""
        self.signs = signs_for(terminal_encoding())
        self.refresh(app)

    def refresh(self, app: App[Any]) -> None:
        """Take the colours again after the theme changed."""
        self.palette = palette_of(app)
        self.faded = palette_of(app, faded=True)

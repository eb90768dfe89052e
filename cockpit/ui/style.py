"""The signs and styles of the screen, in one place; a colour never carries meaning alone."""

import sys
from collections.abc import Mapping
from typing import Any

import msgspec
from rich.style import Style
from textual.app import App
from textual.color import Color

from cockpit.model import Severity
from cockpit.signs import ASCII, UNICODE, Signs, shown_encoding, signs_for
from cockpit.ui.themes import DARK, LIGHT

__all__ = [
    "ASCII",
    "DARK",
    "LIGHT",
    "UNICODE",
    "Look",
    "Palette",
    "Signs",
    "signs_for",
    "terminal_encoding",
]
#: The least contrast of text with every ground it stands on, and of what is only besides: WCAG 2.2,
#: success criteria 1.4.3 and 1.4.11.
READABLE, VISIBLE = 4.5, 3.0


def terminal_encoding() -> str | None:
    """Return the encoding of what Textual draws on, as far as it can be shown there."""
    return shown_encoding(getattr(sys.__stderr__, "encoding", None))


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
    heat: Style
    hottest: Style
    tokens: Mapping[str, Style]

    def of(self, severity: Severity) -> Style:
        """Return the style of a severity's sign."""
        return {"high": self.high, "medium": self.medium, "low": self.low}[severity]


def palette_of(app: App[Any], faded: bool = False) -> Palette:
    """Return the palette of the app's theme; `faded` is for results that are not fresh."""
    inks = _Inks(app, faded)
    foreground = inks.foreground
    return Palette(
        text=inks.of(foreground),
        muted=inks.of(inks.named("muted", 0.6), VISIBLE),
        faint=inks.of(inks.named("faint", 0.3), 0),
        strong=inks.of(foreground, bold=True),
        rule=inks.theme("secondary"),
        high=inks.theme("error", bold=True),
        medium=inks.theme("warning"),
        low=inks.of(inks.named("muted", 0.5), VISIBLE),
        good=inks.theme("success"),
        key=inks.theme("primary", bold=True),
        accent=inks.theme("accent"),
        cursor=inks.ground(0.22) or Style(reverse=True),
        blurred=inks.ground(0.10) or Style(bold=True),
        heat=inks.of(inks.heat),
        hottest=inks.of(inks.heat, bold=True),
        tokens={
            "comment": inks.of(inks.named("muted", 0.5), VISIBLE) + Style(italic=inks.many or None),
            "keyword": inks.theme("error"),
            "string": inks.theme("secondary"),
            "number": inks.theme("primary"),
            "name": inks.theme("accent"),
            "constant": inks.theme("primary"),
        },
    )


class _Inks:
    """Makes colours of a theme that can be read on every ground of that theme."""

    def __init__(self, app: App[Any], faded: bool) -> None:
        variables = self._variables = app.theme_variables
        self.many = not (app.no_color or app.current_theme.ansi)
        self._faded = faded
        self.background = Color.parse(variables["background"])
        self.foreground = Color.parse(variables["foreground"])
        surface, primary = Color.parse(variables["surface"]), Color.parse(variables["primary"])
        tints = [self.background.blend(primary, strength, alpha=1) for strength in (0.22, 0.10)]
        self._grounds = (self.background, surface, *tints)
        error, warning = Color.parse(variables["error"]), Color.parse(variables["warning"])
        self.heat = warning.blend(error, 0.45, alpha=1) if self.many else warning

    def named(self, name: str, strength: float) -> Color:
        """Return a colour that the theme may name, else the text's own, that much of it."""
        if name in self._variables:
            return Color.parse(self._variables[name])
        return self.background.blend(self.foreground, strength, alpha=1)

    def theme(self, name: str, bold: bool = False) -> Style:
        """Return a colour of the theme as a style of text."""
        return self.of(Color.parse(self._variables[name]), bold=bold)

    def of(self, color: Color, least: float = READABLE, bold: bool = False) -> Style:
        """Return a style of a colour, nearer to the text's own where it could not be read."""
        if not self.many:  # sixteen colours cannot be mixed: the themes name what can be read
            return Style(color=color.rich_color, bold=bold or None)
        if self._faded:
            color = self.background.blend(color, 0.55, alpha=1)
        steps = (color.blend(self.foreground, step / 8, alpha=1) for step in range(8))
        shown = next((one for one in steps if self._least_contrast(one) >= least), self.foreground)
        return Style(color=shown.rich_color, bold=bold or None)

    def _least_contrast(self, color: Color) -> float:
        return min(contrast(color, ground) for ground in self._grounds)

    def ground(self, strength: float) -> Style | None:
        """Return a tinted background; None where there are no colours to mix one of."""
        if not self.many:
            return None
        tint = self.background.blend(Color.parse(self._variables["primary"]), strength, alpha=1)
        return Style(bgcolor=tint.rich_color)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Inked:
    """A part that keeps styled text, and has to make it anew for another theme."""

    def renew(self) -> None:
        """Make what is kept anew, in the colours of now."""
        raise NotImplementedError


class Look:
    """The signs and palettes in use; widgets share one, so that a new theme reaches them all."""

    def __init__(self, app: App[Any]) -> None:
        """Take the signs from the terminal and the colours from the app's theme."""
        self.encoding = terminal_encoding() or "utf-8"
        self.signs = signs_for(self.encoding)
        self.refresh(app)

    def refresh(self, app: App[Any]) -> None:
        """Take the colours again after the theme changed."""
        app.get_css_variables()  # what `theme_variables` holds may be of the theme before
        self.palette = palette_of(app)
        self.faded = palette_of(app, faded=True)

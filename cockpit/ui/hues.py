"""The fills of frames: warm for one's own code, calm for libraries, cool for Python, grey for C.

A package has one hue wherever it stands; a fill is only ever besides words, edges and paths.
"""

import zlib
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color

from cockpit.ui.origin import Kind, Origin
from cockpit.ui.style import READABLE, contrast

#: Shades of one hue, for frames of one package side by side.
SHADES = 3
#: Hues in degrees from and to, in how many steps; then saturation and lightness, dark and light.
_HUES: dict[Kind, tuple[int, int, int, tuple[float, float], tuple[float, float]]] = {
    "own": (8, 48, 9, (0.78, 0.59), (0.90, 0.66)),
    "library": (158, 222, 13, (0.34, 0.29), (0.42, 0.80)),
    "python": (236, 304, 9, (0.20, 0.30), (0.34, 0.85)),
    "native": (0, 0, 1, (0.0, 0.30), (0.0, 0.80)),
}
#: A share that grew by so much is as red as it gets; one that changed by less of that is grey.
_WHOLE_CHANGE, _SMALL_CHANGE = 0.10, 0.05
#: By how much the lightness of one shade differs from the next.
_STEP = 0.045
#: The theme's colours that stand for kinds where there are but sixteen.
_FEW: dict[Kind, str] = {"own": "warning", "library": "primary", "python": "success"}


class Hues:
    """The styles of frames in one theme; made anew for another."""

    def __init__(self, app: App[Any]) -> None:
        """Take the colours of the app's theme."""
        self._variables = app.theme_variables
        self._few = app.current_theme.ansi
        #: Whether fills can be told apart; where not, frames need edges on both sides.
        self.filled = not app.no_color
        self._background = Color.parse(self._variables["background"])
        self._foreground = Color.parse(self._variables["foreground"])
        self._dark = app.current_theme.dark
        self._known: dict[tuple[Kind, str, int], Style] = {}

    def of(self, origin: Origin, shade: int = 0) -> Style:
        """Return the fill of a frame and the ink on it, which can be read there."""
        key = origin.kind, origin.module, shade
        if (style := self._known.get(key)) is None:
            style = self._known[key] = self._made(*key)
        return style

    def changed(self, change: float, shade: int = 0) -> Style:
        """Return the fill of a frame whose share grew by `change`, from -1 to 1, or shrank."""
        strength = min(abs(change) / _WHOLE_CHANGE, 1.0)
        if not self.filled or strength < _SMALL_CHANGE:
            return self._known_group(shade)
        name = "error" if change > 0 else "primary"
        if self._few:
            fill = Color.parse(self._variables[name])
            return Style(color=self._background.rich_color, bgcolor=fill.rich_color)
        tint = Color.parse(self._variables[name])
        return self._inked(self._background.blend(tint, 0.25 + 0.6 * strength, alpha=1))

    def _known_group(self, shade: int) -> Style:
        return self.of(Origin("group", "", ""), shade)

    def swatch(self, origin: Origin) -> Style:
        """Return the fill as an ink: what a mark beside a name is drawn with."""
        fill = self.of(origin)
        return Style(color=fill.bgcolor) if self.filled else Style()

    @property
    def cursor(self) -> Style:
        """Return the style of the frame under the cursor."""
        return self._reversed(self._foreground)

    @property
    def blurred(self) -> Style:
        """Return the style of the frame under the cursor of a view that has not the keys."""
        if self._few or not self.filled:
            return self._reversed(self._foreground) + Style(bold=False)
        return self._reversed(self._background.blend(self._foreground, 0.66, alpha=1))

    @property
    def match(self) -> Style:
        """Return the style of a frame that was searched for; it is underlined too."""
        weight = Style(bold=True, underline=True)
        if not self.filled:
            return weight
        return self._reversed(Color.parse(self._variables["accent"])) + weight

    @property
    def edge(self) -> Style:
        """Return the ink of a frame's left edge: the ground's own, as if there were a gap."""
        return Style(color=self._background.rich_color) if self.filled else Style()

    def _reversed(self, color: Color) -> Style:
        if not self.filled:
            return Style(reverse=True, bold=True)
        if self._few:
            return Style(color=self._background.rich_color, bgcolor=color.rich_color, bold=True)
        return Style(bold=True) + self._inked(color)

    def _made(self, kind: Kind, module: str, shade: int) -> Style:
        if not self.filled:
            return Style(bold=kind in ("own", "group") or None)
        if self._few:
            return self._of_few(kind)
        if kind == "group":
            strength = (0.15, 0.20, 0.12)[shade % SHADES]
            return self._inked(self._background.blend(self._foreground, strength, alpha=1))
        low, high, steps, dark, light = _HUES[kind]
        hue = low + (high - low) * (_number(module) % steps) / steps
        saturation, lightness = dark if self._dark else light
        lightness += (0.0, _STEP, -_STEP)[shade % SHADES]
        return self._inked(Color.from_hsl(hue / 360, saturation, lightness))

    def _of_few(self, kind: Kind) -> Style:
        if kind == "group":
            return Style(color=self._foreground.rich_color, bold=True)
        if kind == "native":
            return Style(color="black", bgcolor="white")
        fill = Color.parse(self._variables[_FEW[kind]])
        return Style(color=self._background.rich_color, bgcolor=fill.rich_color)

    def _inked(self, fill: Color) -> Style:
        """Return `fill` with the ink that is read best on it, made lighter or darker until one is.

        Of the theme's two inks one is nearly always enough; the middle greys take black or white.
        """
        inks = (self._foreground, self._background, Color(0, 0, 0), Color(255, 255, 255))
        readable = [ink for ink in inks if contrast(ink, fill) >= READABLE]
        ink = readable[0] if readable else max(inks, key=lambda ink: contrast(ink, fill))
        return Style(color=ink.rich_color, bgcolor=fill.rich_color)


def _number(name: str) -> int:
    """Return a number that is the same for a name in every run, as `hash` is not."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass"))


def shade_of(name: str, beside: int | None) -> int:
    """Return a function's shade: its own wherever it stands, another where that stands `beside`."""
    shade = _number(name) % SHADES
    return (shade + 1) % SHADES if shade == beside else shade

"""The colours of the screen: what each theme means by them, and how many a terminal has.

Which sign goes with them, and what a line is drawn with, is in `style`.
"""

import os
import sys
from typing import Literal

from rich.console import Console
from textual import constants
from textual.theme import Theme

#: "few" are the sixteen that every terminal has; "none" is what a person asks for with NO_COLOR.
Colours = Literal["none", "few", "many"]


def terminal_colours() -> Colours:
    """Return how many colours the terminal shows that Textual draws on."""
    if "NO_COLOR" in os.environ:
        return "none"
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        return "many"  # no terminal to ask: a picture is drawn, or a test
    system = Console(color_system=constants.COLOR_SYSTEM, force_terminal=True).color_system  # type: ignore[arg-type]
    return "many" if system in ("256", "truecolor") else "few"


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
        "scrollbar": "#484f58",
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
        "scrollbar": "#afb8c1",
        "scrollbar-background": "#ffffff",
        "scrollbar-background-hover": "#ffffff",
        "scrollbar-background-active": "#ffffff",
    },
)
# The same two in sixteen colours. They are named, for a mixed one would be rounded to whatever is
# near; and of those named, only such as can be read on their ground in xterm's own palette.
DARK_FEW = Theme(
    name=DARK.name,
    ansi=True,
    primary="ansi_bright_cyan",
    secondary="ansi_bright_white",
    accent="ansi_bright_magenta",
    success="ansi_bright_green",
    warning="ansi_bright_yellow",
    error="ansi_bright_red",
    foreground="ansi_bright_white",
    background="ansi_black",
    surface="ansi_black",
    panel="ansi_black",
    boost="ansi_black",
    dark=True,
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_bright_white",
        "muted": "ansi_white",
        "faint": "ansi_bright_black",
        "border": "ansi_bright_cyan",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_bright_white",
        "block-cursor-text-style": "none",
        "input-cursor-background": "ansi_bright_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_white",
        "input-selection-foreground": "ansi_black",
        "scrollbar": "ansi_white",
        "scrollbar-background": "ansi_black",
        "scrollbar-background-hover": "ansi_black",
        "scrollbar-background-active": "ansi_black",
    },
)
LIGHT_FEW = Theme(
    name=LIGHT.name,
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_blue",
    accent="ansi_black",
    success="ansi_blue",
    warning="ansi_magenta",
    error="ansi_red",
    foreground="ansi_black",
    background="ansi_bright_white",
    surface="ansi_bright_white",
    panel="ansi_bright_white",
    boost="ansi_bright_white",
    dark=False,
    variables={
        "ansi-background": "ansi_bright_white",
        "ansi-foreground": "ansi_black",
        "muted": "ansi_bright_black",
        "faint": "ansi_bright_black",
        "border": "ansi_blue",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_bright_white",
        "block-cursor-background": "ansi_black",
        "block-cursor-text-style": "none",
        "input-cursor-background": "ansi_black",
        "input-cursor-foreground": "ansi_bright_white",
        "input-selection-background": "ansi_bright_black",
        "input-selection-foreground": "ansi_bright_white",
        "scrollbar": "ansi_bright_black",
        "scrollbar-background": "ansi_bright_white",
        "scrollbar-background-hover": "ansi_bright_white",
        "scrollbar-background-active": "ansi_bright_white",
    },
)


def themes(colours: Colours) -> dict[str, Theme]:
    """Return our themes by name as a terminal of so many colours can show them."""
    ours = (DARK_FEW, LIGHT_FEW) if colours == "few" else (DARK, LIGHT)
    return {theme.name: theme for theme in ours}

"""What the terminal can show, and what opens beside it: nothing is drawn, or opened."""

import asyncio
import os
import shutil
import sys
from pathlib import Path, PurePath
from typing import IO

from cockpit import guests, places
from cockpit.config import load_config
from cockpit.doctor.entry import Entry, looked
from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.signs import UNICODE, shown_encoding, signs_for
from cockpit.ui.browser import way_here
from cockpit.ui.editor import chosen, opening
from cockpit.ui.editors import FAMOUS, Place

#: Terminals that take what a program copies (OSC 52) unless they are told not to, by TERM_PROGRAM.
_COPIES = frozenset(("WezTerm", "ghostty", "kitty", "vscode", "rio"))
#: The same by TERM, whose names begin so.
_COPIES_TERM = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot")
#: The smallest screen that the pages are laid out for (`cockpit.ui.page.LEAST`).
LEAST = (60, 15)
_NO_TERMINAL = "`cockpit check` and `cockpit watch` need none."
_MORE_COLOURS = "Where the terminal has more: COLORTERM=truecolor."


async def screen(root: Path) -> list[Entry]:
    """Return what the terminal can show, and what opens beside it."""
    return await looked(
        "screen",
        {
            "terminal": asyncio.to_thread(_terminal),
            "colours": asyncio.to_thread(_colours),
            "letters": asyncio.to_thread(_letters),
            "copying": asyncio.to_thread(_copying),
            "display": asyncio.to_thread(_display),
            "browser": asyncio.to_thread(_browser),
            "editor": asyncio.to_thread(_editor, root),
        },
    )


def _terminal() -> Entry:
    """Return whether there is one; that our output is led elsewhere (`| less`) says nothing."""
    handle = next((stream.fileno() for stream in _terminals()), None)
    if handle is None:
        return Entry("screen", "terminal", "ok", "there is none here", _NO_TERMINAL)
    term = os.environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        hint = f"Set TERM to what your terminal is, as xterm-256color. {_NO_TERMINAL}"
        words = f"TERM is {term}" if term else "TERM is not set"
        return Entry("screen", "terminal", "warning", f"{words}: the screen needs more", hint)
    width, height = os.get_terminal_size(handle)
    words = f"{plain(term)}{_within()}, {width}x{height}"
    if width < LEAST[0] or height < LEAST[1]:
        hint = f"The pages need {LEAST[0]}x{LEAST[1]}."
        return Entry("screen", "terminal", "warning", words, hint)
    return Entry("screen", "terminal", "ok", words)


def _terminals() -> list[IO[str]]:
    """Return what of our streams is a terminal, that which the screen is drawn on first."""
    streams = (sys.__stderr__, sys.__stdout__, sys.__stdin__)
    return [one for one in streams if one is not None and not one.closed and one.isatty()]


def _within() -> str:
    if os.environ.get("TMUX"):
        return " within tmux"
    return " within screen" if os.environ.get("STY") else ""


def _colours() -> Entry:
    if os.environ.get("NO_COLOR"):
        return Entry("screen", "colours", "ok", "none, as NO_COLOR asks for")
    if not _terminals():
        return Entry("screen", "colours", "unknown", "there is no terminal here")
    from rich.console import Console

    # The very question that the screen asks before it chooses its colours.
    found = Console(color_system="auto", force_terminal=True).color_system
    words = {"truecolor": "16 million", "256": "256", "standard": "16"}.get(found or "", "none")
    if words in ("16 million", "none"):
        return Entry("screen", "colours", "ok", words)
    return Entry("screen", "colours", "ok", words, _MORE_COLOURS)


def _letters() -> Entry:
    encoding = shown_encoding(getattr(sys.__stderr__, "encoding", None)) or "utf-8"
    if signs_for(encoding) is UNICODE:
        return Entry("screen", "letters", "ok", plain(encoding).upper())
    hint = "LANG=C.UTF-8, or another of UTF-8, shows every sign as it is."
    words = f"{plain(encoding).upper()}: signs are ASCII"
    return Entry("screen", "letters", "warning", words, hint)


def _copying() -> Entry:
    """Return whether `y` reaches the clipboard (OSC 52); no terminal answers when it is asked."""
    program, term = os.environ.get("TERM_PROGRAM", ""), os.environ.get("TERM", "")
    if os.environ.get("TMUX"):
        words = "by tmux's buffer, and on to the clipboard where the terminal allows it"
        return Entry("screen", "copying", "unknown", words, "In tmux: set -g set-clipboard on.")
    if program == "Apple_Terminal" and not os.environ.get("SSH_TTY"):
        return Entry("screen", "copying", "ok", "by pbcopy")
    if program == "Apple_Terminal" or os.environ.get("VTE_VERSION"):
        words = "this terminal takes no copies from programs (OSC 52)"
        hint = "Another terminal does, or tmux in it; over SSH from macOS, too."
        return Entry("screen", "copying", "warning", words, hint)
    if program in _COPIES or term.startswith(_COPIES_TERM) or os.environ.get("WT_SESSION"):
        return Entry("screen", "copying", "ok", f"{plain(program or term)} takes it (OSC 52)")
    hint = "If `y` copies nothing, allow OSC 52 in the settings of your terminal."
    return Entry("screen", "copying", "unknown", "it depends on the terminal (OSC 52)", hint)


def _display() -> Entry:
    environ = os.environ
    over = "over SSH; " if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") else ""
    names = ("WAYLAND_DISPLAY", "DISPLAY")
    there = [f"{name} {plain(environ[name])}" for name in names if environ.get(name)]
    if sys.platform == "darwin":
        there = ["macOS's"]
    return Entry("screen", "display", "ok", f"{over}{', '.join(there) or 'none'}")


def _browser() -> Entry:
    way = way_here("file:///page.html")
    if way.argv:
        path = guests.find(way.argv[0])
        if path:
            return Entry("screen", "browser", "ok", plain(path))
        words = f"{plain(way.argv[0])} is not on PATH"
        return Entry("screen", "browser", "warning", words, "Name one in $BROWSER.")
    hint = "Its pages are served on this machine alone, and their address is shown."
    return Entry("screen", "browser", "ok", f"none: {plain(way.reason)}", hint)


def _editor(root: Path) -> Entry:
    """Return what `e` opens; it is asked for a place, and not started."""
    try:
        setting = load_config(root, user_file=places.user_settings_file()).editor
    except CockpitError:
        setting = ""
    here = list(filter(guests.find, FAMOUS))
    try:
        choice = chosen(setting, os.environ, here)
        what = opening(choice, Place(root / "module.py", 1, 1), os.environ, _real_name)
    except CockpitError as error:
        return Entry("screen", "editor", "warning", plain(error.message), plain(error.hint))
    words = f"{plain(choice.words)}, by {choice.where}"
    if not guests.find(what.argv[0]):
        hint = f"Here are {', '.join(here)}." if here else "Install it, or name another."
        return Entry("screen", "editor", "warning", f"{words}, is not on PATH", hint)
    where = "in a window of its own" if what.windowed else "in this terminal"
    return Entry("screen", "editor", "ok", f"{words}, {where}", plain(what.note))


def _real_name(program: str) -> str:
    return PurePath(os.path.realpath(guests.find(program))).name


def columns() -> int:
    """Return the width of the lines that we print."""
    return shutil.get_terminal_size().columns

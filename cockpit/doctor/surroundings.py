"""What is around: the terminal, the editor, the browser, and the folders that cockpit keeps."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from cockpit import places
from cockpit.config import load_config
from cockpit.doctor.entry import Entry
from cockpit.errors import CockpitError
from cockpit.guests import find
from cockpit.plain import plain
from cockpit.private import Unusable, check_folder
from cockpit.signs import shown_encoding, signs_for
from cockpit.ui.browser import way_here
from cockpit.ui.editor import chosen
from cockpit.ui.editors import FAMOUS

#: Terminals that are known to take what is copied (OSC 52), by TERM_PROGRAM.
_COPIES = frozenset(("iTerm.app", "WezTerm", "ghostty", "kitty", "vscode", "foot", "rio", "tmux"))
#: The smallest screen that the pages are laid out for.
_LEAST = (60, 15)


def screen(root: Path) -> Iterator[Entry]:
    """Yield what the terminal can show, and what opens beside it."""
    yield _terminal()
    yield _colours()
    yield _letters()
    yield _copying()
    yield _editor(root)
    yield _browser()


def _terminal() -> Entry:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        words = "standard output is no terminal; `cockpit check` and `cockpit watch` need none"
        return Entry("screen", "terminal", "ok", words)
    if term in ("", "dumb"):
        hint = "Set TERM to what your terminal is, as xterm-256color."
        return Entry("screen", "terminal", "warning", f"TERM is {term or 'not set'}", hint)
    width, height = shutil.get_terminal_size()
    within = " in tmux" if os.environ.get("TMUX") else " in screen" if "STY" in os.environ else ""
    words = f"{plain(term)}{within}, {width}x{height}"
    if width < _LEAST[0] or height < _LEAST[1]:
        hint = f"The pages need {_LEAST[0]}x{_LEAST[1]}."
        return Entry("screen", "terminal", "warning", words, hint)
    return Entry("screen", "terminal", "ok", words)


def _colours() -> Entry:
    environ = os.environ
    if "NO_COLOR" in environ:
        return Entry("screen", "colours", "ok", "none: NO_COLOR is set")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Entry("screen", "colours", "ok", "16 million")
    if "256" in environ.get("TERM", ""):
        return Entry("screen", "colours", "ok", "256", "COLORTERM=truecolor says that it has more.")
    return Entry("screen", "colours", "ok", "16", "COLORTERM=truecolor says that it has more.")


def _letters() -> Entry:
    encoding = shown_encoding(sys.stdout.encoding) or "utf-8"
    if signs_for(encoding).new and signs_for(encoding).high == "^":
        hint = "LANG=C.UTF-8 has every sign shown as it is."
        return Entry("screen", "letters", "warning", f"{plain(encoding)}: signs are ASCII", hint)
    return Entry("screen", "letters", "ok", plain(encoding).upper())


def _copying() -> Entry:
    program = os.environ.get("TERM_PROGRAM", "")
    if program in _COPIES or "kitty" in os.environ.get("TERM", ""):
        return Entry("screen", "copying", "ok", f"{plain(program) or 'kitty'} takes it (OSC 52)")
    hint = "If `y` copies nothing, allow OSC 52 in your terminal; in tmux: set -g set-clipboard on."
    return Entry("screen", "copying", "unknown", "it depends on the terminal (OSC 52)", hint)


def _editor(root: Path) -> Entry:
    try:
        setting = load_config(root, user_file=places.user_settings_file()).editor
    except CockpitError:
        setting = ""
    try:
        choice = chosen(setting, os.environ, filter(find, FAMOUS))
    except CockpitError as error:
        return Entry("screen", "editor", "warning", error.message, error.hint)
    program = choice.words.split()[0]
    words = f"{plain(choice.words)}, by {choice.where}"
    if not find(program):
        return Entry("screen", "editor", "warning", words, f"{plain(program)} is not on PATH.")
    return Entry("screen", "editor", "ok", words)


def _browser() -> Entry:
    way = way_here("file:///page.html")
    if way.argv:
        return Entry("screen", "browser", "ok", plain(way.argv[0]))
    hint = "Pages are served on this machine alone, and their address is copied."
    return Entry("screen", "browser", "ok", way.reason, hint)


def folders() -> Iterator[Entry]:
    """Yield the folders that cockpit keeps things in, with their sizes."""
    kept = {
        "cache": (places.cache_folder(), "it can be deleted"),
        "data": (places.data_folder(), "captures, recordings, what you dismissed"),
        "state": (places.state_folder(), "whom you trust, where you left each project"),
        "settings": (places.user_settings_file().parent, "config.toml"),
    }
    for name, (folder, what) in kept.items():
        shown = plain(str(folder))
        problem = _problem(folder) if name != "settings" else ""
        if problem:
            hint = f"Mend that, or name another folder in COCKPIT_{name.upper()}_DIR."
            yield Entry("folders", name, "missing", f"{shown}: {problem}", hint)
        else:
            yield Entry("folders", name, "ok", f"{_size(folder)} in {shown}; {what}")


def _problem(folder: Path) -> str:
    """Return why a folder cannot be used; one that is not there is not made for that."""
    try:
        if folder.exists():
            check_folder(folder)
            return "" if os.access(folder, os.W_OK | os.X_OK) else "it may not be written to"
        above = next((one for one in folder.parents if one.exists()), folder)
        return "" if os.access(above, os.W_OK | os.X_OK) else "it cannot be made"
    except (OSError, Unusable) as error:
        return plain(getattr(error, "strerror", None) or str(error))


def _size(folder: Path) -> str:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118
            except OSError:
                continue
    return f"{total / 1024**2:,.1f} MB"

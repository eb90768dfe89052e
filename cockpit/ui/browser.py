"""Which command shows a page in the person's browser; it starts nothing itself.

Not `webbrowser` of the standard library: it may run a browser for text in our own terminal.
"""

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import PurePath
from urllib.parse import urlsplit

import msgspec

from cockpit import guests
from cockpit.plain import plain

#: Browsers that would want the terminal for themselves.
_FOR_TEXT = frozenset(
    ("browsh", "carbonyl", "chawan", "elinks", "links", "links2", "lynx", "w3m", "www-browser")
)


class Way(msgspec.Struct, frozen=True):
    """The command that shows a page, or, if there is none, why."""

    argv: tuple[str, ...] = ()
    reason: str = ""


def is_page(url: str) -> bool:
    """Whether `url` is a page of the web and nothing else: a rule's address is a tool's word."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    clean = plain(url) == url and " " not in url
    return clean and parts.scheme in ("http", "https") and bool(parts.hostname)


def way_to_show(
    url: str, environment: Mapping[str, str], platform: str, find: Callable[[str], str]
) -> Way:
    """Return how to show `url`; `find` returns a program's path, or "".

    $BROWSER counts first, also over SSH: editors that work remotely point it at this very case.
    """
    for command in environment.get("BROWSER", "").split(":"):
        if argv := _of_browser(command, url, find):
            return Way(argv)
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return Way(reason="a browser would open on the machine at the other end of SSH")
    return _of_desktop(url, environment, platform, find)


def way_here(url: str) -> Way:
    """Return how to show `url` on this machine, as it is now."""
    return way_to_show(url, os.environ, sys.platform, guests.find)


def _of_desktop(
    url: str, environment: Mapping[str, str], platform: str, find: Callable[[str], str]
) -> Way:
    """Return how the desktop itself shows a page."""
    if platform == "darwin":
        return Way(("open", url))
    if environment.get("WSL_DISTRO_NAME") and find("wslview"):
        return Way(("wslview", url))
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return Way(reason="there is no display here for a browser")
    if not find("xdg-open"):
        return Way(reason="neither $BROWSER nor xdg-open is here to open a browser")
    return Way(("xdg-open", url))


def _of_browser(command: str, url: str, find: Callable[[str], str]) -> tuple[str, ...]:
    """Return one of $BROWSER's commands with the page in it, empty where it is of no use here."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ()
    if not words or PurePath(words[0]).name in _FOR_TEXT or not find(words[0]):
        return ()
    if "%s" not in command:
        return (*words, url)
    return tuple(word.replace("%s", url) for word in words)

"""Copies text to the person's clipboard, through whatever lies between us and it.

Textual asks the terminal (OSC 52), and no terminal answers. tmux passes that on only where its
`set-clipboard` is `on`, which it is not by default, so there tmux itself is asked. macOS's Terminal
knows no OSC 52, but has `pbcopy`. GNU screen passes on what is wrapped for it.
"""

import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from cockpit.errors import CockpitError

#: Seconds that tmux or pbcopy may take.
_PATIENCE = 3.0
_BY_TMUX = "It is in tmux's buffer, and in the clipboard if the terminal allows it."


def copy(app: App[Any], text: str, tell: Callable[[str], None]) -> None:
    """Copy `text`; `tell` hears what is to be said of it beyond that, "" for nothing."""
    app.copy_to_clipboard(text)
    if app.is_headless:
        tell("")
    else:
        app.run_worker(_pass_on(app, text, tell), group="clipboard")


async def _pass_on(app: App[Any], text: str, tell: Callable[[str], None]) -> None:
    """Bring `text` to where the terminal's own sequence does not reach."""
    if os.environ.get("TMUX"):
        tell(await _by_tmux(text))
    elif os.environ.get("STY"):
        # Textual has no public way to send what is not drawn; its own sequence screen drops.
        if app._driver is not None:
            app._driver.write(wrapped_for_screen(text))
        tell("GNU screen passes it on to the terminal.")
    elif os.environ.get("TERM_PROGRAM") == "Apple_Terminal" and not os.environ.get("SSH_TTY"):
        tell(await _fed(("pbcopy",), text))
    else:
        tell(doubt(os.environ))


def wrapped_for_screen(text: str) -> str:
    """Return the sequence that sets the clipboard, in GNU screen's wrapping (DCS)."""
    code = base64.b64encode(text.encode(errors="replace")).decode()
    return f"\x1bP\x1b]52;c;{code}\x07\x1b\\"


def doubt(environment: Mapping[str, str]) -> str:
    """Return a warning where the terminal is known to take no copies from programs."""
    if environment.get("VTE_VERSION"):
        return "If it does not arrive: GNOME's terminals take no copies from programs."
    if environment.get("TERM_PROGRAM") == "Apple_Terminal":
        return "If it does not arrive: macOS's Terminal takes no copies from programs."
    return ""


async def _by_tmux(text: str) -> str:
    from cockpit.process import run

    try:
        asked = ("tmux", "show-options", "-sv", "set-clipboard")
        done = await run(asked, Path.home(), timeout=_PATIENCE)
    except CockpitError as error:
        return f"tmux did not take it: {error.message}"
    if done.output.strip() == b"on":  # then it has heard Textual
        return _BY_TMUX
    said = await _fed(("tmux", "load-buffer", "-w", "-"), text)
    return said or _BY_TMUX


async def _fed(argv: tuple[str, ...], text: str) -> str:
    """Give `text` to a command; return why it did not take it, "" where it did."""
    from cockpit.process import run

    try:
        content = text.encode(errors="replace")
        done = await run(argv, Path.home(), stdin=content, timeout=_PATIENCE)
    except CockpitError as error:
        return f"{argv[0]} did not take it: {error.message}"
    return f"{argv[0]} did not take it" if done.code else ""

"""Opens a place in the person's editor, and a page in their browser.

What is started how is in `cockpit.guests`; here is what the screen does meanwhile and says of it.
"""

import asyncio
import io
import os
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from textual.app import App, SuspendNotSupported

from cockpit import guests
from cockpit.errors import CockpitError
from cockpit.model import Finding
from cockpit.scan import read_regular
from cockpit.ui import browser, clipboard
from cockpit.ui.backend import Backend
from cockpit.ui.editor import Opening, chosen, opening
from cockpit.ui.editors import FAMOUS, Place

if TYPE_CHECKING:
    from cockpit.ui.page import Page

#: What undoes the modes that an editor leaves behind when it is killed: margins, keys, cursor,
#: modifyOtherKeys, the other screen. (DECSTR, XTMODKEYS, DECSCUSR.)
_AFTERMATH = "\x1b[!p\x1b[>4m\x1b[0 q\x1b[?1049l"
#: Held while an editor is being opened, so that a key that is pressed twice opens it once.
_OPENING = asyncio.Lock()


async def edit(page: "Page", backend: Backend, at: tuple[str, int, int]) -> None:
    """Open path, line and column of `at` in the person's editor; come back to the same screen."""
    if _OPENING.locked():
        return
    try:
        async with _OPENING:
            what = await asyncio.to_thread(_prepare, backend, *at)
            if not what.windowed:
                code = await _lend(page.app, what, backend.root)
                _say_after(page, what, guests.ending(what.argv, code))
                return
        await guests.start_apart(what.argv, backend.root)
        _say_after(page, what, f"opened {at[0]}:{at[1]} in {PurePath(what.argv[0]).name}")
    except CockpitError as error:
        page.say(error.message, error.hint)
    except SuspendNotSupported:
        page.say("this terminal cannot be lent to an editor", "Set one with a window of its own.")


def _say_after(page: "Page", what: Opening, words: str) -> None:
    """Say what is worth saying when an editor was opened, or has come back."""
    hint = 'Say how in your own config.toml: editor = "NAME --at {line} {file}".'
    if words or what.note:
        page.say(". ".join(filter(None, (words, what.note))), hint if what.note else "")


def _prepare(backend: Backend, path: str, line: int, column: int) -> Opening:
    """Return what opens the place; meant for a thread: it reads the file and looks along PATH."""
    file = backend.root / path
    if not file.is_file():
        raise CockpitError(f"{path} is not there any more", "r checks again.")
    choice = chosen(backend.editor, os.environ, _found())
    place = Place(file, line, column, _line_of(file, line))
    what = opening(choice, place, os.environ, _real_name)
    if not guests.find(what.argv[0]):
        here = ", ".join(_found())
        hint = f"Here are {here}." if here else "Install it, or name another."
        raise CockpitError(f"{choice.where} names {what.argv[0]}, which is not on PATH", hint)
    return what


def _found() -> Iterator[str]:
    return filter(guests.find, FAMOUS)


def _real_name(program: str) -> str:
    return PurePath(os.path.realpath(guests.find(program))).name


def _line_of(file: Path, line: int) -> str:
    """Return one line as Python and the editors count them; "" where it cannot be read."""
    try:
        content = read_regular(str(file))
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        lines = io.StringIO(content.decode(encoding), newline=None).readlines()
    except (OSError, SyntaxError, UnicodeDecodeError, LookupError):
        return ""
    return lines[line - 1].rstrip("\n") if line <= len(lines) else ""


async def _lend(app: App[Any], what: Opening, root: Path) -> int:
    """Let an editor have the terminal; the engine goes on, and nothing is painted meanwhile."""
    problem: CockpitError | None = None
    # Without the batch a snapshot that comes would be painted over the editor.
    with app.batch_update(), app.suspend():
        try:
            code = await guests.lend_terminal(what.argv, root)
        except CockpitError as error:  # one that leaves this block leaves the screen dead
            problem = error
        else:
            if code < 0 and sys.__stderr__ is not None:
                sys.__stderr__.write(_AFTERMATH)
                sys.__stderr__.flush()
    if problem is not None:
        raise problem
    return code


async def browse(page: "Page", backend: Backend, finding: Finding) -> None:
    """Show the page of a finding's rule in the person's browser, or copy its address."""
    try:
        url = finding.url or (await backend.document(finding)).url
    except CockpitError as error:
        page.say(f"{finding.rule} has no page to open: {error.message}", error.hint)
        return
    if not url:
        page.say(f"{finding.checker} names no page for {finding.rule}", "w shows what is known.")
        return
    if not browser.is_page(url):
        page.say(f"{url} is no page of the web, and is not opened")
        return
    way = browser.way_here(url)
    if way.argv:
        try:
            await guests.start_apart(way.argv, Path.home())
        except CockpitError as error:
            way = browser.Way(reason=" ".join(filter(None, (error.message, error.hint))))
        else:
            page.say(f"opened {url}")
            return
    words = f"{way.reason.rstrip('.')}: copied {url}"
    clipboard.copy(page.app, url, lambda more: page.say(words, more))

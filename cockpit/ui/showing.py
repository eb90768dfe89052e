"""Shows a page of ours to the person: in a browser here, or to one at the other end of SSH."""

from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import guests
from cockpit.serving import Server
from cockpit.ui import browser, clipboard

if TYPE_CHECKING:
    from cockpit.ui.page import Page


async def show_file(page: "Page", path: Path) -> None:
    """Open the file `path` in the browser; where none is here, serve it and copy its address.

    It is served on loopback alone, until cockpit ends. Raises `CockpitError`.
    """
    way = browser.way_here(path.as_uri())
    if way.argv:
        await guests.start_apart(way.argv, Path.home())
        page.say("opened the page in your browser")
        return
    server = page.context.server = page.context.server or Server()
    await server.open()
    url = server.serve(path)
    words = f"{way.reason.rstrip('.')}: served until cockpit ends, and copied: {url}"
    clipboard.copy(page.app, url, lambda more: page.say(words, more))

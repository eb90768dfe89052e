"""`cockpit mem flamegraph`: makes one of memray's pages, and shows it in a browser or serves it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from cockpit import guests
from cockpit.errors import CockpitError, UsageError
from cockpit.memory import pages
from cockpit.memory.pages import PageKind
from cockpit.places import cache_folder
from cockpit.plain import plain
from cockpit.serving import Server


class FlamegraphOptions(msgspec.Struct, frozen=True):
    """Of which capture which page is wanted, and where: in a file, or in the browser."""

    capture: str
    kind: str = PageKind.FLAMEGRAPH
    output: str = ""
    open: bool = True


class Way(Protocol):
    """How a page is shown: a command, or why there is none."""

    @property
    def argv(self) -> tuple[str, ...]:
        """The command; empty where there is none."""

    @property
    def reason(self) -> str:
        """Why there is none."""


class Finder(Protocol):
    """Finds the way to show an address."""

    def __call__(self, url: str) -> Way:
        """Return it."""


async def flamegraph(options: FlamegraphOptions, way_to_show: Finder) -> int:
    """Make the page; open it, or serve it until ctrl-c where no browser is here; return 0.

    Raises `CockpitError`.
    """
    capture = Path(options.capture)
    try:
        kind = PageKind(options.kind)
    except ValueError as error:
        raise UsageError(f"there is no page {plain(options.kind)}", ", ".join(PageKind)) from error
    if options.output:
        await pages.write(capture, kind, Path(options.output))
        _say(f"wrote {plain(options.output)}")
        return 0
    page = await pages.make(capture, kind, cache_folder() / "pages")
    if not options.open:
        _say(str(page))
        return 0
    way = way_to_show(page.as_uri())
    if way.argv:
        await guests.start_apart(way.argv, Path.home())
        _say(f"opened {plain(str(page))}")
    else:
        await _serve(page, way.reason)
    return 0


async def _serve(page: Path, reason: str) -> None:
    """Serve a page until we are told to end."""
    async with Server() as server:
        _say(f"{reason}; served until ctrl-c:\n{server.serve(page)}")
        if os.environ.get("SSH_CONNECTION"):
            port = server.port
            _say(f"From where you sit: ssh -L {port}:127.0.0.1:{port} {_host()}")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


def _host() -> str:
    """Return the machine as the person may know it: the address they came to."""
    words: Sequence[str] = os.environ.get("SSH_CONNECTION", "").split()
    return plain(words[2]) if len(words) == 4 else "this-machine"


def _say(words: str) -> None:
    try:
        sys.stdout.write(f"{words}\n".encode("utf-8", "backslashreplace").decode())
        sys.stdout.flush()
    except (OSError, AttributeError) as error:
        raise CockpitError("nobody takes what is said on standard output") from error

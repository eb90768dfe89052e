"""Starts the screen on the real engine, for a command line."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.base import AUTO
from cockpit.errors import CockpitError
from cockpit.places import state_folder
from cockpit.ui.app import CockpitApp, OpenBackend
from cockpit.ui.backend import Backend
from cockpit.ui.context import titled

if TYPE_CHECKING:
    from cockpit.session import Request


def run(open_backend: OpenBackend, title: str = "", memory: Path | None = None) -> int:
    """Show a project until the person leaves; return the exit code.

    Raises `CockpitError` where the backend could not be opened.
    """
    app = CockpitApp(open_backend, title, memory)
    code = app.run()
    if app.failure is not None:
        raise app.failure
    return code or app.return_code or 0


def main(request: "Request") -> int:
    """Show what a command line asks for; raise `CockpitError` where that cannot be."""
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        raise CockpitError(
            "cockpit draws on standard error, and that is not a terminal here",
            "Leave out the `2>` that leads it away.",
        )
    return run(lambda: engine(request), titled(Path.cwd()), state_folder())


@asynccontextmanager
async def engine(request: "Request") -> AsyncIterator[Backend]:
    """Open the real backend for what a command line asks for."""
    # The engine is imported when the first screen stands: it would double the wait for it.
    from cockpit.session import open_backend

    async with open_backend(request, Path.cwd(), AUTO) as opened:
        yield opened.backend

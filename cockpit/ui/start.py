"""Starts the screen on the real engine, for a command line."""

import functools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.base import AUTO
from cockpit.errors import CockpitError
from cockpit.places import state_folder
from cockpit.ui.app import CockpitApp, OpenBackend
from cockpit.ui.backend import Backend
from cockpit.ui.context import titled
from cockpit.ui.pages import CPU, MEMORY

if TYPE_CHECKING:
    from cockpit.profilers.pyspy import Options
    from cockpit.session import Request
    from cockpit.ui.how import How


class Top(msgspec.Struct, frozen=True):
    """What `cockpit top` is to show: a process, or a command to start, or a choice of processes."""

    pid: int | None
    command: tuple[str, ...]
    options: "Options"


class Mem(msgspec.Struct, frozen=True):
    """What `cockpit mem` is to show: a command to run, a process to attach to, or a capture."""

    command: tuple[str, ...] = ()
    pid: int | None = None
    file: str = ""
    how: "How | None" = None


def with_options(mem: Mem, options: Any) -> Mem:
    """Return what `cockpit mem` is to show with what its command line says of how."""
    from cockpit.memory.model import Options
    from cockpit.ui.how import How

    tracking = Options(
        native=options.native,
        follow_fork=options.follow_fork,
        aggregate=options.aggregate,
        python_allocators=options.trace_python_allocators,
    )
    live = not getattr(options, "no_live", False)
    seconds = getattr(options, "seconds", 60)
    return msgspec.structs.replace(mem, how=How(options=tracking, live=live, seconds=seconds))


def by_scalene(cpu_only: bool) -> "How":
    """Return that a program is to be run by scalene, perhaps of the CPU alone."""
    from cockpit.ui.how import How

    return How(tool="scalene", cpu_only=cpu_only)


def run(
    open_backend: OpenBackend,
    title: str = "",
    memory: Path | None = None,
    first: Top | Mem | None = None,
) -> int:
    """Show a project until the person leaves; return the exit code.

    With `first` the page of a profiler is open from the start. Raises `CockpitError` where the
    backend could not be opened.
    """
    app = CockpitApp(open_backend, title, memory)
    if isinstance(first, Top):
        app.begin = functools.partial(_open_top, app, first)
    elif first is not None:
        app.begin = functools.partial(_open_memory, app, first)
    code = app.run()
    if app.failure is not None:
        raise app.failure
    return code or app.return_code or 0


async def _open_top(app: CockpitApp, top: Top) -> None:
    page = app.pages.cpu()
    app.context.sampled().options = top.options
    if top.command:
        await page.launch(top.command)
    elif top.pid is not None:
        await page.sample(top.pid)
    await app.pages.open(CPU)


async def _open_memory(app: CockpitApp, mem: Mem) -> None:
    page = app.pages.memory()
    await app.pages.open(MEMORY)
    if mem.file:
        page.open_path(mem.file)
    elif mem.command and mem.how is not None:
        await page.launch(mem.command, mem.how)
    elif mem.pid is not None:
        page.attach_to(mem.pid, *([mem.how] if mem.how is not None else []))


def main(request: "Request", first: Top | Mem | None = None) -> int:
    """Show what a command line asks for; raise `CockpitError` where that cannot be."""
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        raise CockpitError(
            "cockpit draws on standard error, and that is not a terminal here",
            "Leave out the `2>` that leads it away.",
        )
    folder = Path.cwd()
    open_one: OpenBackend = functools.partial(engine, request)
    if first is not None and not _is_project(folder):
        open_one = functools.partial(unchecked, folder)
    return run(open_one, titled(folder), state_folder(), first)


@asynccontextmanager
async def unchecked(folder: Path) -> AsyncIterator[Backend]:
    """Open a backend that checks nothing: a process is looked at from anywhere, also from ~."""
    from cockpit.ui.unchecked import Unchecked

    yield Unchecked(folder)


@asynccontextmanager
async def engine(request: "Request") -> AsyncIterator[Backend]:
    """Open the real backend for what a command line asks for."""
    # The engine is imported when the first screen stands: it would double the wait for it.
    from cockpit.session import open_backend

    async with open_backend(request, Path.cwd(), AUTO) as opened:
        yield opened.backend


def _is_project(folder: Path) -> bool:
    """Return whether `folder` is in a project."""
    from cockpit.project import is_within_project

    return is_within_project(folder)

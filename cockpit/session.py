"""Puts an engine together for the command line and the screen, and takes it apart again."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from cockpit.checkers.interface import Checker
from cockpit.checkers.registry import load, names
from cockpit.config import Config, load_config
from cockpit.engine import Engine, Setup
from cockpit.errors import UsageError
from cockpit.places import cache_folder, state_folder, user_settings_file
from cockpit.plain import plain
from cockpit.project import locate
from cockpit.store import Store
from cockpit.trust import is_trusted
from cockpit.workers import Pool


class Request(msgspec.Struct, frozen=True):
    """What the command line asks for; empty `only` means the settings' tools, or all."""

    paths: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


def set_up(request: Request, cwd: Path) -> Setup:
    """Read settings and find the project; raise `CockpitError` for what cannot be understood."""
    root, scope = locate(request.paths, cwd)
    config = load_config(root, user_settings_file())
    trusted = is_trusted(state_folder(), root)
    checkers = _choose(request, config)
    asked = {checker.name for checker in checkers}
    unasked = {name: _why_not(name, request) for name in names() if name not in asked}
    return Setup(root, scope, checkers, config, trusted, unasked)


def _why_not(name: str, request: Request) -> str:
    if name in request.skip:
        return f"--skip {name}"
    if request.only:
        return f"--only {','.join(request.only)}"
    return "`tools` in the settings leaves it out"


def _choose(request: Request, config: Config) -> tuple[Checker, ...]:
    installed = names()
    for name in (*request.only, *request.skip, *config.tools):
        if name not in installed:
            raise UsageError(
                f"there is no tool called {plain(name)}", f"There are: {', '.join(installed)}."
            )
    wanted = request.only or config.tools or installed
    chosen = [name for name in installed if name in wanted and name not in request.skip]
    if not chosen:
        raise UsageError("no tool is left to run", "Leave out --skip, or name another --only.")
    return tuple(load(name) for name in chosen)


@contextlib.asynccontextmanager
async def open_engine(setup: Setup) -> AsyncIterator[Engine]:
    """Yield an engine for `setup`; its workers and its store end with the block."""
    store = Store(cache_folder())
    pool = Pool(setup.config.worker_count, timeout=setup.config.timeout)
    try:
        yield Engine(setup, store, pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        store.close()


def request_of(paths: Sequence[str], only: Sequence[str] = (), skip: Sequence[str] = ()) -> Request:
    """Return the request for a command line's lists: see `split`."""
    return Request(tuple(paths), split(only), split(skip))


def split(items: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a command line's list; each item may itself be a comma list."""
    return tuple(name.strip() for item in items for name in item.split(",") if name.strip())

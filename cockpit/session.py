"""Puts an engine together for the command line and the screen, and takes it apart again."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit.base import AUTO
from cockpit.checkers.interface import Checker
from cockpit.checkers.registry import load, names
from cockpit.config import Config, load_config
from cockpit.engine import Engine, Setup
from cockpit.errors import CockpitError, SettingsError, UsageError
from cockpit.fleet import Fleet, Root
from cockpit.places import cache_folder, state_folder, user_settings_file
from cockpit.plain import plain
from cockpit.project import Share, apportion, locate, taken_by_others
from cockpit.store import Store
from cockpit.stranded import Stranded
from cockpit.trust import is_trusted
from cockpit.workers import Pool


class Request(msgspec.Struct, frozen=True):
    """What the command line asks for; empty `only` means the settings' tools, or all."""

    paths: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


class Member(msgspec.Struct, frozen=True):
    """One project of those that were opened: its path below their folder, and what fails it.

    `base` is what it was asked to be compared with, None for nothing.
    """

    name: str
    engine: Root
    fail_on: str
    base: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """What a command line asked for: the one backend, and each project behind it."""

    backend: Engine | Fleet
    members: tuple[Member, ...]


def set_up(request: Request, cwd: Path, base: str | None = None) -> Setup:
    """Read settings and find the one project; raise `CockpitError` for what makes no sense.

    `base` is what to compare with, None for nothing; where it leaves the choice the settings have
    it.
    """
    return _set_up(Share(*locate(request.paths, cwd)), request, base)


def _set_up(
    share: Share, request: Request, base: str | None, leave_out: tuple[str, ...] = ()
) -> Setup:
    config = load_config(share.root, user_settings_file())
    checkers = _choose(request, config)
    asked = {checker.name for checker in checkers}
    return Setup(
        share.root,
        share.scope,
        checkers,
        config,
        trusted=is_trusted(state_folder(), share.root),
        unasked={name: _why_not(name, request) for name in names() if name not in asked},
        base=config.base if base == AUTO else base,
        leave_out=leave_out,
    )


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
    with _means([setup.config]) as (store, pool):
        yield Engine(setup, store, pool)


@contextlib.contextmanager
def _means(configs: Sequence[Config]) -> Iterator[tuple[Store, Pool]]:
    """Yield what engines of these `configs` share: a store, and as many workers as one wants."""
    store = Store(cache_folder())
    workers = max(config.worker_count for config in configs)
    pool = Pool(workers, timeout=max(config.timeout for config in configs))
    try:
        yield store, pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        store.close()


@contextlib.asynccontextmanager
async def open_backend(
    request: Request, cwd: Path, base: str | None = None
) -> AsyncIterator[Opened]:
    """Yield a backend for all that `request` names: an engine, or a fleet of one a project.

    `base` is as for `set_up`. Raises `CockpitError` where no project's settings make sense.
    """
    folder, shares = apportion(request.paths, cwd)
    by_name = {share.root.relative_to(folder).as_posix(): share for share in shares}

    def set_up_one(share: Share) -> Setup:
        """Set up one of several."""
        return _set_up(share, request, base, taken_by_others(share, shares))

    setups = {name: _attempt(set_up_one, share) for name, share in by_name.items()}
    sound = [setup for setup in setups.values() if isinstance(setup, Setup)]
    if not sound:
        raise _all_wrong({n: e for n, e in setups.items() if isinstance(e, CockpitError)})
    with _means([setup.config for setup in sound]) as (store, pool):

        def open_one(share: Share) -> Engine:
            """Open one of several."""
            return Engine(set_up_one(share), store, pool)

        members = []
        for name, setup in setups.items():
            share = by_name[name]
            if isinstance(setup, Setup):
                engine = Engine(setup, store, pool)
                member = Member(name, engine, setup.config.fail_on, setup.base)
            else:
                reopen = functools.partial(open_one, share)
                stranded = Stranded(share, _wanted(request), setup, reopen)
                member = Member(name, stranded, Config().fail_on)
            members.append(member)
        yield Opened(_joined(folder, members), tuple(members))


def _attempt(set_up_one: Callable[[Share], Setup], share: Share) -> Setup | CockpitError:
    try:
        return set_up_one(share)
    except CockpitError as error:
        return error


def _all_wrong(errors: Mapping[str, CockpitError]) -> CockpitError:
    """Return the error of the first project, by its name unless it is everybody's."""
    name, first = next(iter(errors.items()))
    if len({error.message for error in errors.values()}) == 1:
        return first
    return SettingsError(f"{plain(name)}: {first.message}", first.hint)


def _wanted(request: Request) -> dict[str, Checker]:
    """Return the checkers that are asked of a project whose own choice is not known."""
    wanted = [name for name in request.only or names() if name not in request.skip]
    return {name: load(name) for name in wanted}


def _joined(folder: Path, members: Sequence[Member]) -> Engine | Fleet:
    first = members[0].engine
    if len(members) == 1 and isinstance(first, Engine):
        return first
    return Fleet(folder, {member.name: member.engine for member in members}, names())


def request_of(paths: Sequence[str], only: Sequence[str] = (), skip: Sequence[str] = ()) -> Request:
    """Return the request for a command line's lists: see `split`."""
    return Request(tuple(paths), split(only), split(skip))


def split(items: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a command line's list; each item may itself be a comma list."""
    return tuple(name.strip() for item in items for name in item.split(",") if name.strip())

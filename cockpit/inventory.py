"""Which files a project has, which of them each tool looks at, and under which settings."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit.config import Config
from cockpit.errors import CockpitError
from cockpit.lanes import FileLane
from cockpit.project import Listing, in_scope, list_files, projects_below
from cockpit.resolution import SETTINGS_NAMES, Resolver
from cockpit.scan import Scanner


class Inventory:
    """Keeps the list of files, and what the lanes make of it; each method says when to call it."""

    def __init__(
        self,
        root: Path,
        scope: Sequence[str],
        lanes: Sequence[FileLane],
        resolver: Resolver,
        scanner: Scanner,
    ) -> None:
        """Know of no file yet; `scanner` forgets what it knew of folders when files move."""
        self.listing = Listing(())
        #: The files that any of the lanes looks at.
        self.selected: frozenset[str] = frozenset()
        self._known: Mapping[str, None] = {}
        self._there: dict[str, dict[str, bool]] = {lane.name: {} for lane in lanes}
        self._root = root
        self._scope = scope
        self._lanes = lanes
        self._resolver = resolver
        self._scanner = scanner

    def known(self) -> Mapping[str, None]:
        """Return every file there is, in order."""
        return self._known

    async def relist(self, config: Config) -> None:
        """List the files anew, as they may have come or gone."""
        before = self.listing.paths
        self.listing = await list_files(self._root, config.exclude, config.extend_exclude)
        note = "" if self._scope else projects_below(self._root, self.listing.paths)
        if note:
            notes = (*self.listing.notes, note)
            self.listing = msgspec.structs.replace(self.listing, notes=notes)
        if self.listing.paths != before:
            self._known = dict.fromkeys(self.listing.paths)
            self._scanner.forget_folders()

    async def take_stock(
        self, changed: Iterable[str], config: Config
    ) -> tuple[frozenset[str], bool]:
        """Bring list, settings and choices up to date with `changed` files.

        Returns the files that came or went, and whether all others are to be seen anew too.
        """
        before = self._known.keys()
        settings_changed = self._touches_settings(changed)
        if settings_changed or any(map(self._may_list, changed)):
            await self.relist(config)
        moved = frozenset(before ^ self._known.keys())
        if settings_changed or self._touches_settings(moved):
            await self.resolve()
            return moved, True
        if await self._resolve_moved(any_file=bool(moved)):
            return moved, True
        if moved:
            await self.choose()
        return moved, any(path.endswith("__init__.py") for path in moved)

    async def resolve(self, lanes: Iterable[FileLane] | None = None) -> None:
        """Read the settings of `lanes` (all) anew, and choose files by them."""
        resolving = self._lanes if lanes is None else lanes
        await asyncio.gather(*(self._resolve_lane(lane) for lane in resolving))
        await self.choose()

    async def _resolve_moved(self, *, any_file: bool) -> bool:
        """Read settings anew where something that they name is gone or back; return if any were.

        Where they could not be read it may be for want of `any_file` that came or went.
        """
        moved = [lane for lane in self._lanes if self._places_of(lane) != self._there[lane.name]]
        unread = [lane for lane in self._lanes if any_file and lane.settings is None]
        if moved or unread:
            await self.resolve([*moved, *unread])
        return bool(moved) or any(lane.settings is not None for lane in unread)

    def _places_of(self, lane: FileLane) -> dict[str, bool]:
        """Return the files and folders that a lane's settings name, and whether each is there."""
        places = lane.settings.places if lane.settings is not None else ()
        return {place: self._resolver.is_there(place) for place in places}

    async def choose(self) -> None:
        """Let each lane choose its files, after files came or went."""
        scoped = [path for path in self.listing.paths if in_scope(path, self._scope)]
        for lane in self._lanes:
            lane.choose(await asyncio.to_thread(lane.chosen, scoped))
        self.selected = frozenset[str]().union(*(lane.selected for lane in self._lanes))

    async def _resolve_lane(self, lane: FileLane) -> None:
        try:
            lane.version = lane.checker.version()
            lane.configure(
                await self._resolver.resolve(lane.name, lane.version, self.listing.paths)
            )
            self._there[lane.name] = self._places_of(lane)
        except CockpitError as error:
            lane.refuse(error)
            self._there[lane.name] = {}

    def _touches_settings(self, paths: Iterable[str]) -> bool:
        """Whether one of `paths` holds settings of a file lane's tool."""
        sources = {
            source
            for lane in self._lanes
            if lane.settings is not None
            for source in lane.settings.sources
        }
        return any(path in sources or path.rsplit("/", 1)[-1] in SETTINGS_NAMES for path in paths)

    def _may_list(self, path: str) -> bool:
        """Whether a change of `path` may be one of which files there are."""
        is_known = path in self._known and not self.gone(path)
        return not is_known or path.rsplit("/", 1)[-1] == ".gitignore"

    def gone(self, path: str) -> bool:
        """Whether there is no file `path`, or no more."""
        return not (self._root / path).is_file()

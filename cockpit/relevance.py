"""Which changes of files matter, and what for."""

import asyncio
from collections.abc import Sequence

from cockpit import baseline
from cockpit.command_lane import CommandLane
from cockpit.inventory import Inventory
from cockpit.live_config import LiveConfig
from cockpit.resolution import SETTINGS_NAMES
from cockpit.scan import Scanner
from cockpit.watch import Change


class Relevance:
    """Judges paths by what the tools look at and what the settings say now."""

    def __init__(
        self,
        files: Inventory,
        scanner: Scanner,
        config: LiveConfig,
        command_lanes: Sequence[CommandLane],
    ) -> None:
        """Ask these at every question anew."""
        self._files = files
        self._scanner = scanner
        self._config = config
        self._command_lanes = command_lanes

    async def without_touches(self, change: Change, settled_at: float | None) -> Change:
        """Return `change` without the files whose content is what it was.

        While a run over everything goes on, and for what came during it, nobody can say what each
        tool has read: then all of it counts. `settled_at` is when the last such run ended.
        """
        paths = change.paths
        changed = frozenset(await asyncio.to_thread(self._scanner.changed, paths))
        news = {path for path in paths if not self.is_looked_at(path) or self._files.gone(path)}
        during = settled_at is None or change.seen <= settled_at
        return change if during else Change(changed | news, change.seen)

    def is_looked_at(self, path: str) -> bool:
        """Whether a tool looks at `path`, as far as is known."""
        return path in self._files.known() or any(lane.lists(path) for lane in self._command_lanes)

    def heeds(self, path: str) -> bool:
        """Whether a change of `path` matters: what a tool looks at does, wherever it lies."""
        return self.is_looked_at(path) or not self._config.leaves_out(path)

    def says_something(self, path: str) -> bool:
        """Whether `path` may hold a tool's settings."""
        return path.rsplit("/", 1)[-1] in SETTINGS_NAMES or any(
            lane.checker.settles(path) for lane in self._command_lanes
        )

    def decides_what_is_new(self, path: str) -> bool:
        """Whether a change of `path` may change what the tools say of the base."""
        return path == baseline.NAME or any(
            lane.checker.settles(path) for lane in self._command_lanes
        )

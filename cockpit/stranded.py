"""Stands for a root among several whose settings cannot be understood, until they can be."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cockpit.announce import Announcer, Subscriber
from cockpit.checkers.interface import Checker, RuleDoc, Settings
from cockpit.engine import Engine
from cockpit.errors import CockpitError
from cockpit.model import Base, Failure, Finding, Result, Snapshot
from cockpit.project import Share
from cockpit.watch import Watcher

_SETTINGS = "pyproject.toml"


class Stranded:
    """Answers like an engine that every one of its checkers failed, and why.

    Without the project's settings nobody knows what it wants to hear; but one project's mistake is
    no reason to tell nothing of the others.
    """

    def __init__(
        self,
        share: Share,
        checkers: Mapping[str, Checker],
        error: CockpitError,
        reopen: Callable[[], Engine],
    ) -> None:
        """Be stranded by `error`; `reopen` raises another as long as the settings are wrong."""
        self.root: Path = share.root
        self.scope = share.scope
        self.checkers = checkers
        self.editor = self.branch = ""
        self._error = error
        self._reopen = reopen
        self._announcer = Announcer(self._describe)
        self._watcher = Watcher(share.root, lambda path: path == _SETTINGS)

    def _describe(self) -> Snapshot:
        failure = Failure(self._error.message, self._error.hint)
        results = {name: Result(name, failure) for name in self.checkers}
        # A base without a name: there is nothing that others could be compared with.
        return Snapshot(results=results, base=Base(name="", ready=True))

    @property
    def snapshot(self) -> Snapshot:
        """All that is known."""
        return self._announcer.snapshot

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with every new snapshot; return how to end it."""
        return self._announcer.subscribe(subscriber)

    async def run_once(self) -> Snapshot:
        """Tell of the failure."""
        self._announcer.settle((), time.perf_counter())
        return self.snapshot

    async def recovered(self) -> Engine | None:
        """Tell of the failure, wait for better settings and return an engine; None if stopped."""
        await self.run_once()
        async for _ in self._watcher.changes():
            try:
                return self._reopen()
            except CockpitError as error:
                self._error = error
                await self.run_once()
        return None

    async def run(self) -> None:
        """Wait for better settings."""
        await self.recovered()

    async def stop(self) -> None:
        """End `recovered`."""
        self._watcher.stop()

    def pause(self, paused: bool) -> None:
        """Do nothing: what is waited for has nothing to do with sources."""

    def rerun(self, checker: str | None = None) -> None:
        """Do nothing: there is nobody to ask."""

    def compare(self, base: str) -> None:
        """Do nothing: there is nothing to compare."""

    def explain(self, checker: str) -> tuple[str, ...]:  # noqa: ARG002
        """Raise what is wrong with the settings."""
        raise self._error

    def files_of(self, checker: str) -> tuple[list[str], Settings]:  # noqa: ARG002
        """Raise what is wrong with the settings."""
        raise self._error

    async def document(self, finding: Finding) -> RuleDoc:  # noqa: ARG002
        """Raise what is wrong with the settings."""
        raise self._error

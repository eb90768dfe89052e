"""A backend that checks nothing: for a process that is looked at from where no project is."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cockpit.checkers.registry import names
from cockpit.errors import CockpitError
from cockpit.model import EMPTY, Base, Finding, Result, Skipped, Snapshot

if TYPE_CHECKING:
    from cockpit.checkers.interface import RuleDoc

_WHY = "this folder is in no project, so nothing is checked"
_HINT = "Open cockpit in a project."


class Unchecked:
    """Stands for the engine, and has nothing to tell."""

    editor = ""
    scope: tuple[str, ...] = ()
    branch = ""
    roots: tuple[str, ...] = (".",)

    def __init__(self, root: Path) -> None:
        """Show files from `root`."""
        self.root = root
        results = {name: Result(name, Skipped(_WHY, _HINT)) for name in names()}
        self.snapshot = msgspec.structs.replace(EMPTY, results=results, base=Base(name=""))

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:  # noqa: ARG002
        """Tell nobody anything."""
        return lambda: None

    async def run(self) -> None:
        """Wait until stopped."""
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """End nothing: nothing was begun."""

    def rerun(self, checker: str | None = None) -> None:
        """Check nothing."""

    def pause(self, paused: bool) -> None:
        """Go on doing nothing."""

    def compare(self, base: str) -> None:
        """Compare nothing."""

    def explain(self, checker: str, root: str = "") -> tuple[str, ...]:  # noqa: ARG002
        """Say that there is nothing to explain."""
        raise CockpitError(_WHY, _HINT)

    async def document(self, finding: Finding) -> "RuleDoc":  # noqa: ARG002
        """Say that there is no rule."""
        raise CockpitError(_WHY, _HINT)

"""What the screen needs of an engine, and nothing else of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cockpit.checkers.interface import RuleDoc
from cockpit.model import Finding, Snapshot


class Backend(Protocol):
    """Checks a project and tells whoever asks; a test puts a fake in its place.

    `title` is the project as a person writes it ("~/src/django"), `branch` is empty outside git.
    Every method is called in the event loop's thread.
    """

    root: Path
    title: str
    branch: str

    @property
    def snapshot(self) -> Snapshot:
        """The newest state; `model.EMPTY` before the first."""

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` in the event loop with every snapshot; return how to stop that."""

    async def run(self) -> None:
        """Check everything once, then watch, until stopped."""

    async def stop(self) -> None:
        """End `run` and every child process."""

    def rerun(self, checker: str | None = None) -> None:
        """Check again with one checker, or with all."""

    def pause(self, paused: bool) -> None:
        """Stop or go on answering changes of files."""

    def explain(self, checker: str) -> tuple[str, ...]:
        """Return the tool's own command that gives the findings on screen."""

    async def document(self, finding: Finding) -> RuleDoc:
        """Return the rule in its tool's own words; raise `CockpitError` where it has none."""

"""What the screen needs of an engine, and nothing else of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cockpit.model import Finding, Snapshot

if TYPE_CHECKING:  # it would import what starts children, before the first paint
    from cockpit.checkers.interface import RuleDoc


class Backend(Protocol):
    """Checks a project and tells whoever asks; a test puts a fake in its place.

    `branch` is empty outside git, and until it is known. Every method is called in the event
    loop's thread.
    """

    @property
    def editor(self) -> str:
        """The editor that the person's own settings name; empty if they name none."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The files and folders of it that are checked; empty for all."""

    @property
    def branch(self) -> str:
        """The branch that is checked out."""

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

    def compare(self, base: str) -> None:
        """Compare with another base: a git revision, or one of the words of `cockpit.base`.

        What came of it is in a later snapshot's `base`.
        """

    @property
    def roots(self) -> tuple[str, ...]:
        """The projects below `root` by their paths, each with settings of its own; often `.`."""

    def explain(self, checker: str, root: str = "") -> tuple[str, ...]:
        """Return the tool's own command that gives the findings on screen, run in one of `roots`.

        Raises `CockpitError` where there is none.
        """

    async def document(self, finding: Finding) -> "RuleDoc":
        """Return the rule in its tool's own words; raise `CockpitError` where it has none."""

"""Several roots below one folder, each with an engine and settings of its own, as one backend.

A path of one root is told under the folder; what the roots have in common (store, workers, editor)
there is once. How their answers become one is in `cockpit.union`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit.announce import Announcer, Subscriber
from cockpit.checkers.interface import Checker, RuleDoc
from cockpit.engine import Engine
from cockpit.errors import UsageError
from cockpit.model import EMPTY, Finding, Snapshot
from cockpit.stranded import Stranded
from cockpit.union import TOP, Union, below, home

#: Roots that are checked for the first time side by side; each starts commands of its own.
_AT_ONCE = 4
#: Roots that can be watched: each takes one of the 40 threads that the watching library has.
_WATCHED = 32

Root = Engine | Stranded


class Fleet:
    """Keeps every checker's answer about several roots current."""

    def __init__(self, folder: Path, roots: Mapping[str, Root], order: Sequence[str]) -> None:
        """Join `roots`, by their paths below `folder`; `order` is that of the checkers."""
        self.root = folder
        self._roots = dict(roots)
        self._union = Union(tuple(roots))
        self._order = order
        self._announcer = Announcer(lambda: self._union.joined(tuple(self.checkers)))
        self._settled = {name: asyncio.Event() for name in roots}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        #: When the first change was seen that is not told of yet as fresh; None where all is.
        self._since: float | None = None
        #: The roots that are followed by now.
        self._following: set[str] = set()
        self._stopping = False
        for name in roots:
            self._listen(name)

    # -- what others ask

    @property
    def roots(self) -> tuple[str, ...]:
        """The paths of the roots below the common folder, `.` for that itself."""
        return tuple(self._roots)

    @property
    def parts(self) -> Mapping[str, Snapshot]:
        """Each root's own newest snapshot, its paths relative to that root."""
        return self._union.parts

    @property
    def editor(self) -> str:
        """The editor that the person's own settings name, if they do."""
        return next((root.editor for root in self._roots.values() if root.editor), "")

    @property
    def scope(self) -> tuple[str, ...]:
        """What is checked below the common folder; empty where all of it is."""
        parts = [
            below(name, part) if part else name
            for name, root in self._roots.items()
            for part in root.scope or ("",)
        ]
        return () if TOP in parts else tuple(parts)

    @property
    def branch(self) -> str:
        """The branch that is checked out; each, where the roots are of several repositories."""
        return ", ".join(filter(None, dict.fromkeys(one.branch for one in self._roots.values())))

    @property
    def checkers(self) -> Mapping[str, Checker]:
        """The checkers that run in any of the roots, by name, in order."""
        found = {name: one for root in self._roots.values() for name, one in root.checkers.items()}
        return {name: found[name] for name in self._order if name in found}

    @property
    def snapshot(self) -> Snapshot:
        """All that is known at the moment; `model.EMPTY` before the first run."""
        return self._announcer.snapshot

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with every new snapshot, in the event loop; return how to end it."""
        return self._announcer.subscribe(subscriber)

    def explain(self, checker: str, root: str = "") -> tuple[str, ...]:
        """Return the tool's own command for one of `roots`, to be run in it; raise for none.

        Without a name it is the first root that the tool is asked about.
        """
        if root:
            return self._roots[root].explain(checker)
        asked = [one for one in self._roots.values() if checker in one.checkers]
        return (asked or list(self._roots.values()))[0].explain(checker)

    async def document(self, finding: Finding) -> RuleDoc:
        """Return the tool's own words about the rule of `finding`; raise `CockpitError`."""
        name = home(self._roots, finding.path)
        path = finding.path if name == TOP else finding.path.removeprefix(f"{name}/")
        return await self._roots[name].document(msgspec.structs.replace(finding, path=path))

    # -- what others want done

    async def run_once(self) -> Snapshot:
        """Check every root once and return the fresh snapshot; raise `CockpitError`."""
        done = await asyncio.gather(*map(self._once, self._roots.values()), return_exceptions=True)
        for problem in done:
            if isinstance(problem, BaseException):
                raise problem
        self._announcer.tell()
        return self.snapshot

    async def _once(self, root: Root) -> None:
        async with self._turns:
            await root.run_once()

    async def run(self) -> None:
        """Check everything, then follow every change, until `stop` is called."""
        if len(self._roots) > _WATCHED:
            raise UsageError(
                f"{len(self._roots)} projects are more than can be watched at once",
                f"Name at most {_WATCHED}; `cockpit check` takes any number.",
            )
        async with asyncio.TaskGroup() as group:
            for name in self._roots:
                group.create_task(self._run(name))

    async def _run(self, name: str) -> None:
        """Follow one root; let the next begin once this has been seen as a whole."""
        async with asyncio.TaskGroup() as group, self._turns:
            if self._stopping:
                return
            following = group.create_task(self._follow(name))
            following.add_done_callback(lambda _: self._settled[name].set())
            await self._settled[name].wait()

    async def _follow(self, name: str) -> None:
        root = self._roots[name]
        self._following.add(name)
        if isinstance(root, Stranded):
            recovered = await root.recovered()
            if recovered is None:
                return
            root = self._roots[name] = recovered
            self._union.parts[name] = EMPTY
            self._listen(name)
        await root.run()

    async def stop(self) -> None:
        """End `run`."""
        self._stopping = True
        for root in self._roots.values():
            await root.stop()

    def pause(self, paused: bool) -> None:
        """Stop following changes, or catch up with all that came meanwhile."""
        for root in self._roots.values():
            root.pause(paused)

    def rerun(self, checker: str | None = None) -> None:
        """Ask one checker, or all, for everything again, without the store."""
        for name in self._following:  # of the others everything is yet to come
            root = self._roots[name]
            if checker is None or checker in root.checkers:
                root.rerun(checker)

    def compare(self, base: str) -> None:
        """Compare with another base: a git revision, or one of the words of `cockpit.base`."""
        for root in self._roots.values():
            root.compare(base)

    # -- snapshots

    def _listen(self, name: str) -> None:
        self._roots[name].subscribe(lambda snapshot: self._heard(name, snapshot))

    def _heard(self, name: str, snapshot: Snapshot) -> None:
        before, self._union.parts[name] = self._union.parts[name], snapshot
        if snapshot.generation == before.generation:
            self._announcer.progress(_is_news(before, snapshot))
            return
        self._settled[name].set()
        seen = time.perf_counter() - snapshot.seconds
        self._since = seen if self._since is None else min(seen, self._since)
        self._announcer.settle((below(name, path) for path in snapshot.changed), self._since)
        if self.snapshot.fresh:
            self._since = None


def _is_news(before: Snapshot, now: Snapshot) -> bool:
    """Whether more than the progress of a run is other than before."""
    fields = ("notes", "paused", "missed", "base", "new_errors")
    return (
        any(getattr(before, field) != getattr(now, field) for field in fields)
        or before.new is not now.new
        or any(
            name not in before.results or result.outcome is not before.results[name].outcome
            for name, result in now.results.items()
        )
    )

"""The engine: turns changes of files into snapshots, and knows no screen.

Everything but reading files and the tools' own work happens in one event loop. Changes are worked
on side by side; only taking stock of files and settings is for one at a time.
"""

import asyncio
import concurrent.futures
import gc
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit.analysis import Analysis
from cockpit.announce import Announcer, Subscriber
from cockpit.checkers.interface import Checker, CommandChecker, FileChecker, RuleDoc, Settings
from cockpit.command_lane import CommandLane
from cockpit.comparison import Comparison
from cockpit.config import Config
from cockpit.environment import differing
from cockpit.errors import CheckerError
from cockpit.inventory import Inventory
from cockpit.lanes import FileLane, Lane
from cockpit.live_config import LiveConfig
from cockpit.model import Finding, Result, Skipped, Snapshot
from cockpit.project import Listing, branch_of, git_folder
from cockpit.questions import Questions
from cockpit.rebasing import Rebasing, Standing
from cockpit.relevance import Relevance
from cockpit.resolution import Resolver
from cockpit.rest import Rest
from cockpit.scan import Scanner
from cockpit.store import Store
from cockpit.traffic import Traffic
from cockpit.watch import GIT, LONE, Change, Watcher


class Setup(msgspec.Struct, frozen=True):
    """What to check: `scope` (relative paths, empty for all) below `root`, by `checkers`.

    Of a `trusted` project its own tools may be run, where they are run as commands at all.
    `unasked` says of each other installed checker why it was not asked for. `base` is what to
    compare with (see `cockpit.base`), None for nothing. The patterns of `leave_out` name what is
    another's to look at.
    """

    root: Path
    scope: tuple[str, ...]
    checkers: tuple[Checker, ...]
    config: Config
    trusted: bool = False
    unasked: Mapping[str, str] = {}
    base: str | None = None
    leave_out: tuple[str, ...] = ()


class Engine:
    """Keeps every checker's answer about one project current."""

    #: The roots of this backend below its `root`: but one.
    roots: tuple[str, ...] = (".",)

    def __init__(self, setup: Setup, store: Store, executor: concurrent.futures.Executor) -> None:
        """Check `setup` by way of `executor`; the caller closes it and the `store`."""
        root, checkers, config = setup.root, setup.checkers, setup.config
        self.root = root
        self.scope = setup.scope
        #: The editor that the person's own settings name, if they do.
        self.editor = config.editor
        self.branch = ""
        self._announcer = Announcer(self._describe)
        #: How many settled changes led to a run of anything, for tests and benchmarks.
        self.runs = 0
        self._config = LiveConfig(root, config, setup.leave_out)
        self._store = store
        #: What is to be said of other versions of the tools in the project's own environment.
        self._strangers = ""
        self._scanner = Scanner(root)
        self.analysis = Analysis(
            self._scanner, store, executor, self._announcer.progress, config.worker_count
        )
        self._file_lanes = [
            FileLane(checker, root) for checker in checkers if isinstance(checker, FileChecker)
        ]
        resolver = Resolver(root, store, executor)
        self._files = Inventory(root, self.scope, self._file_lanes, resolver, self._scanner)
        self._command_lanes = [
            CommandLane(checker, root, self.scope, self._config.now, trusted=setup.trusted)
            for checker in checkers
            if isinstance(checker, CommandChecker)
        ]
        self._lanes: dict[str, Lane] = {
            lane.name: lane for lane in (*self._file_lanes, *self._command_lanes)
        }
        self._relevance = Relevance(self._files, self._scanner, self._config, self._command_lanes)
        self._unasked = setup.unasked
        self._checkers = {checker.name: checker for checker in checkers}
        self._questions = Questions(root, self.scope, self._lanes, self._checkers, executor)
        self._started = time.perf_counter()
        #: When the last run over everything ended; None while there was none.
        self._settled_at: float | None = None
        self._watcher: Watcher | None = None
        self._paused = False
        #: What changed while the engine was paused.
        self._missed: Change | None = None
        #: When it last went on: what was seen before waited for the person, and not for us.
        self._resumed = 0.0
        self._traffic = Traffic()
        self._rest = Rest()
        self._comparison = Comparison(
            root, self.scope, (self._file_lanes, self._command_lanes), store, executor
        )
        self._rebasing = Rebasing(
            self._comparison, self._rest, self._standing, self._announcer.tell
        )
        self._rebasing.wish = setup.base
        self._stocktaking = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._bulk: asyncio.Task[None] | None = None

    # -- what others call

    @property
    def checkers(self) -> Mapping[str, Checker]:
        """The checkers that run, by name, in order."""
        return self._checkers

    @property
    def listing(self) -> Listing:
        """The project's files."""
        return self._files.listing

    @property
    def snapshot(self) -> Snapshot:
        """All that is known at the moment; `model.EMPTY` before the first run."""
        return self._announcer.snapshot

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with every new snapshot, in the event loop; return how to end it."""
        return self._announcer.subscribe(subscriber)

    async def run_once(self) -> Snapshot:
        """Check the whole project once and return the fresh snapshot.

        Raises `CockpitError` where what to compare with is not there.
        """
        await self._everything()
        await self._rebasing.now()
        return self.snapshot

    async def run(self) -> None:
        """Check everything, then follow every change, until `stop` is called."""
        self._watcher = Watcher(self.root, self._relevance.heeds, await git_folder(self.root))
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._bulk = self._start(self._everything())
            async for change in self._watcher.changes():
                if self._paused:
                    self._missed = self._missed.joined(change) if self._missed else change
                    self._announcer.tell()
                else:
                    # Not awaited: what takes long for one file is no reason for others to wait.
                    self._start(self._follow(change))
            for task in self._tasks:
                task.cancel()

    async def stop(self) -> None:
        """End `run`."""
        if self._watcher is not None:
            self._watcher.stop()

    def pause(self, paused: bool) -> None:
        """Stop following changes, or catch up with all that came meanwhile."""
        self._paused = paused
        missed, self._missed = (self._missed, None) if not paused else (None, self._missed)
        if missed is not None:
            self._resumed = time.perf_counter()
            self._start(self._follow(missed))
        self._announcer.tell()

    def rerun(self, checker: str | None = None) -> None:
        """Ask one checker, or all, for everything again, without the store."""
        self._start(self._again(checker))

    def compare(self, base: str) -> None:
        """Compare with another base: a git revision, or one of the words of `cockpit.base`."""
        self._rebasing.wish = base
        if self._group is not None:  # else the first run asks for it
            self._rebasing.soon(self._start)

    def survivors(self) -> Mapping[tuple[str, str, str], Finding]:
        """Return what each finding of the base that is still there is now, by its `key` then."""
        return self._comparison.survivors()

    def explain(self, checker: str, root: str = "") -> tuple[str, ...]:  # noqa: ARG002
        """Return the tool's own command that gives what we show, to be run in the one root."""
        if checker in self._unasked:
            raise CheckerError(f"{checker} was not asked", self._unasked[checker])
        return self._questions.explain(checker, self.snapshot.report(checker))

    def files_of(self, checker: str) -> tuple[list[str], Settings]:
        """Return the files that `checker` looks at, sorted, and its settings."""
        return self._questions.files_of(checker)

    async def document(self, finding: Finding) -> RuleDoc:
        """Return the tool's own words about the rule of `finding`; raise `CockpitError`."""
        return await self._questions.document(finding, self._config.now.timeout)

    # -- runs

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run `work` beside the watch, and end it with it."""
        if self._group is None:
            raise RuntimeError("the engine does not run")
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _everything(self) -> None:
        with self._rest.broken():
            await self._check_everything()
        if self._group is not None:
            self._rebasing.soon(self._start)

    async def _check_everything(self) -> None:
        self._started = time.perf_counter()
        self.runs += 1
        for lane in self._command_lanes:
            lane.mark_everything()
        self._announcer.tell()
        self.branch = await branch_of(self.root)
        async with asyncio.TaskGroup() as group:
            for lane in self._command_lanes:
                group.create_task(self._run_command(lane))
            group.create_task(self._all_files())
        ours = {name: lane.version for name, lane in self._lanes.items() if not lane.origin}
        commands = [lane.name for lane in self._command_lanes]
        self._strangers = await asyncio.to_thread(differing, self.root, ours, commands)
        self._settled_at = time.perf_counter()
        self._announcer.settle((), self._started)
        # What is known by now stays: Python's search for garbage in it would hold a key for 0.1 s.
        gc.freeze()

    async def _all_files(self) -> None:
        await self._files.relist(self._config.now)
        await asyncio.to_thread(
            self._scanner.read, filter(self._relevance.says_something, self._files.known())
        )
        await self._files.resolve()
        await self.analysis.refresh(
            self._file_lanes, sorted(self._files.selected), self._files.known, urgent=False
        )

    async def _follow(self, change: Change) -> None:
        """Bring everything up to date with `change`; a lone save overtakes a bulk run.

        A file that is under analysis for an earlier change is seen once more when that has ended.
        """
        if self._bulk is not None and not self._bulk.done() and len(change.paths) > LONE:
            await asyncio.wait({self._bulk})
        with self._rest.broken(change.paths):
            await self._traffic.through(
                change.paths, lambda paths: self._apply(Change(paths, change.seen))
            )

    async def _apply(self, change: Change) -> None:
        said, shown = self._config.notes, self.snapshot.results
        async with self._stocktaking:
            change, moved, paths = await self._take_stock(change)
        if not change.paths:
            return
        async with asyncio.TaskGroup() as group:
            for lane in self._command_lanes:
                group.create_task(self._run_command(lane))
            urgent = len(paths) <= LONE
            group.create_task(
                self.analysis.refresh(
                    self._file_lanes, sorted(paths), self._files.known, urgent=urgent
                )
            )
        await self._comparison.settle_doubts(self._files.known(), change.paths | moved)
        if moved or self._config.notes != said or self._has_news(shown):
            self._settle(change.paths)

    async def _take_stock(self, change: Change) -> tuple[Change, frozenset[str], Sequence[str]]:
        """Bring list and settings up to date, and tell the command lanes.

        Returns what of `change` matters, the files that came or went, and the files to read.
        """
        if change.paths & GIT:
            self.branch = await branch_of(self.root)
            self._announcer.tell()
            self._rebasing.soon(self._start)
        change = await self._relevance.without_touches(
            Change(change.paths - GIT, change.seen), self._settled_at
        )
        if not change.paths:
            return change, frozenset(), ()
        self._started = max(change.seen, self._resumed)
        if "pyproject.toml" in change.paths:
            self._config.reload()
            for lane in self._command_lanes:
                lane.configure(self._config.now)
        moved, anew = await self._files.take_stock(change.paths, self._config.now)
        if anew or any(map(self._relevance.decides_what_is_new, change.paths)):
            self._rebasing.soon(self._start)
        if moved:
            await asyncio.to_thread(self._scanner.changed, moved - change.paths)
        # Of a folder that was moved the system tells by its own name, not by its files'.
        known = self._files.known()
        paths = [path for path in change.paths | moved if path in known]
        if anew:
            paths = list(self._files.selected)
        for lane in self._command_lanes:
            lane.mark(change.paths, moved)
        return change, moved, paths

    def _has_news(self, shown: Mapping[str, Result]) -> bool:
        """Whether a lane has come to an outcome since these results were `shown`."""
        return any(
            lane.due or self.snapshot.results[name].outcome is not shown[name].outcome
            for name, lane in self._lanes.items()
        )

    async def _again(self, checker: str | None) -> None:
        with self._rest.broken():
            await self._check_again(checker)

    async def _check_again(self, checker: str | None) -> None:
        self._started = time.perf_counter()
        lanes = [lane for lane in self._file_lanes if checker in (None, lane.name)]
        async with self._stocktaking:
            if checker is None:  # one checker alone must not take from the others what came
                await self._files.relist(self._config.now)
            await self._files.resolve(lanes)
        for lane in lanes:
            lane.restart()
        paths, known = sorted(self._files.selected), self._files.known
        async with asyncio.TaskGroup() as group:
            for command_lane in self._command_lanes:
                if checker in (None, command_lane.name):
                    command_lane.mark_everything()
                    group.create_task(self._run_command(command_lane))
            group.create_task(
                self.analysis.refresh(lanes, paths, known, urgent=False, use_store=False)
            )
        await self._comparison.settle_doubts(known())
        self._settle(())

    def _settle(self, paths: Collection[str]) -> None:
        """Tell of a run that came to rest; a checker that answers again is asked about the base."""
        self.runs += 1
        self._announcer.settle(paths, self._started)
        if self._comparison.lacks(self.snapshot.results):
            self._rebasing.soon(self._start)

    async def _run_command(self, lane: CommandLane) -> None:
        await lane.run(self._scanner, self.analysis.outlines)
        self._announcer.progress(lane.due)

    # -- snapshots

    def _standing(self) -> Standing:
        return Standing(self.snapshot.results, self._config.now, self._files.known())

    def _describe(self) -> Snapshot:
        results = {name: lane.result(self._started) for name, lane in self._lanes.items()}
        self._comparison.update(results)
        skipped = {name: _skipped(name, why) for name, why in self._unasked.items()}
        watching = self._watcher.note if self._watcher else ""
        others = (watching, self._store.note, *self._config.notes, self._strangers)
        return Snapshot(
            results={name: results[name] for name in self._checkers} | skipped,
            files=len(self._files.selected),
            notes=tuple(filter(None, (*self.listing.notes, *others))),
            paused=self._paused,
            missed=len(self._missed.paths - GIT) if self._missed else 0,
            base=self._comparison.base,
            new=self._comparison.new,
            new_errors=self._comparison.new_errors,
            comparing=self._comparison.pending,
        )


def _skipped(checker: str, why: str) -> Result:
    return Result(checker, Skipped(f"not asked: {why}"))

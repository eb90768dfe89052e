"""Has the checkers look at a commit: its files come from git's objects, not from a checkout.

Today's settings are applied to the files of then, so that a change of settings makes nothing new.
What did not change since is not looked at again: of it the checkers say what they say now.
"""

import asyncio
import concurrent.futures
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from cockpit import revisions, structure
from cockpit.analysis import Analysis
from cockpit.checkers.interface import split_lines
from cockpit.command_lane import CommandLane
from cockpit.errors import CockpitError
from cockpit.lanes import FileLane
from cockpit.model import FilesToFindings, Finding, Report, Result
from cockpit.plain import plain
from cockpit.project import Excludes, in_scope
from cockpit.scan import Scanned, Scanner
from cockpit.since import Past
from cockpit.store import Store

#: Commands on single files that run at a time.
_SIDE_BY_SIDE = 2
_NOTHING = Report()
#: Files of which a command may have something to say.
_SOURCES = (".py", ".pyi", ".pyw", ".ipynb")


class _Blobs(Scanner):
    """Reads the files that changed since from git's objects, and the others where they lie."""

    def __init__(self, root: Path, contents: Mapping[str, bytes]) -> None:
        super().__init__(root)
        self._contents = contents

    def read(self, paths: Iterable[str]) -> list[Scanned]:
        """Read each of `paths` as it was; the answers stand in the same order."""
        paths = list(paths)
        there = iter(super().read([path for path in paths if path not in self._contents]))
        return [
            self.given(path, self._contents[path]) if path in self._contents else next(there)
            for path in paths
        ]


class LookBack:
    """One look at one commit, beside the lanes that look at the work tree."""

    def __init__(
        self,
        root: Path,
        scope: Sequence[str],
        lanes: tuple[Sequence[FileLane], Sequence[CommandLane]],
        store: Store,
        executor: concurrent.futures.Executor,
    ) -> None:
        """Look by way of the settings that `lanes` have now; nothing of theirs is changed."""
        self._root = root
        self._scope = scope
        self._file_lanes, self._command_lanes = lanes
        self._store = store
        self._executor = executor
        self.contents: dict[str, bytes] = {}
        #: Every file of the commit, and those of it that a tool may look at.
        self._all: Mapping[str, revisions.Blob] = {}
        self.tree: dict[str, revisions.Blob] = {}

    async def at(
        self,
        commit: str,
        results: Mapping[str, Result],
        leave_out: Excludes,
        known: Collection[str],
        suspects: Collection[str],
    ) -> Past | None:
        """Return what the checkers say of `commit`; `results` are those of the work tree.

        `known` are the files that there are now. `suspects` grows by those that change meanwhile:
        of them the `results` may say something else than what is compared, and the answer is None
        where that matters. Raises `CockpitError` where git gives no answer.
        """
        self._all = await revisions.tree(self._root, commit)
        self.tree = {
            path: blob
            for path, blob in self._all.items()
            if in_scope(path, self._scope) and not leave_out(path) and self._is_source(path)
        }
        changed = await asyncio.to_thread(self._differing) | self.tree.keys() & suspects
        self.contents = await self._fetch(changed)
        reports = {name: result.last for name, result in results.items() if result.last}
        findings: dict[str, FilesToFindings] = {}
        errors: dict[str, frozenset[str]] = {}
        scanner = _Blobs(self._root, self.contents)
        analysis = Analysis(scanner, self._store, self._executor, lambda _at_once: None)
        asked = [lane for lane in self._file_lanes if lane.name in reports and lane.settings]
        for lane, report in await self._analyse(asked, analysis, changed):
            name = lane.name
            findings[name], errors[name] = self._joined(lane, report, reports[name], changed)
        concerned = await asyncio.to_thread(self._concerned, known, scanner)
        for command in self._command_lanes:
            if command.name in reports:
                # Under settings of a folder above, which a stand-in has not, nobody can ask.
                apart = concerned if command.checker.has_own_settings(self._root) else frozenset()
                asked_again = changed | apart
                then = await self._ask(command, scanner, analysis, asked_again, apart)
                now = reports[command.name]
                kept = _unchanged(now, self.tree.keys() - asked_again)
                findings[command.name] = {**kept[0], **then.files}
                errors[command.name] = kept[1] | {error.path for error in then.errors}
        past = Past(findings, errors, frozenset(self.tree))
        return past if self.tree.keys() & suspects <= changed else None

    async def fetch(self, paths: Iterable[str]) -> None:
        """Have the content of these files of the commit in `contents`."""
        missing = [path for path in paths if path in self.tree and path not in self.contents]
        self.contents |= await self._fetch(missing)

    def _is_source(self, path: str) -> bool:
        """Whether a tool looks at `path`, or may have looked at it when it was there."""
        lanes = self._file_lanes
        asked = any(lane.lists(path) for lane in self._command_lanes)
        return path.endswith(_SOURCES) or asked or any(path in lane.selected for lane in lanes)

    async def _fetch(self, paths: Iterable[str]) -> dict[str, bytes]:
        wanted = {path: self.tree[path].hash for path in paths}
        got = await revisions.blobs(self._root, wanted.values())
        for path, name in wanted.items():
            if name not in got:
                raise CockpitError(
                    f"git does not have {plain(path)} as it was",
                    "A partial clone has not every file: `git fetch --refetch` brings them.",
                )
        return {path: got[name] for path, name in wanted.items()}

    def _differing(self) -> frozenset[str]:
        """Return the files of the commit that are another in the work tree, or gone."""
        scanner, changed, paths = Scanner(self._root), set[str](), list(self.tree)
        for start in range(0, len(paths), 100):
            part = paths[start : start + 100]
            there = {one.path: one.content for one in scanner.read(part) if one.digest}
            changed |= revisions.differing(there, {path: self.tree[path] for path in part})
        return frozenset(changed)

    def _concerned(self, known: Collection[str], scanner: Scanner) -> frozenset[str]:
        """Return the files of which a command may say something else for other files' sake."""
        gone = {path for path in self._all if not os.path.lexists(self._root / path)}
        moved = structure.difference(self._all, (self._all.keys() - gone) | set(known))
        if not any(moved):
            return frozenset()
        paths = list(self.tree)
        parts = (scanner.read(paths[start : start + 100]) for start in range(0, len(paths), 100))
        return frozenset(
            one.path for part in parts for one in part if moved.concerns(one.path, one.content)
        )

    async def _analyse(
        self, lanes: Sequence[FileLane], analysis: Analysis, changed: Collection[str]
    ) -> list[tuple[FileLane, Report]]:
        """Return what each checker says: of the changed files, or of all where they hang together.

        A checker whose findings hang together across files is not asked where nothing changed.
        """
        listing = sorted(self.tree)
        known = dict.fromkeys(listing)
        beside = [FileLane(lane.checker, self._root) for lane in lanes]
        wanted: set[str] = set()
        for shadow, lane in zip(beside, lanes, strict=True):
            shadow.version = lane.version
            if lane.settings is not None:
                shadow.configure(lane.settings)
            chosen = await asyncio.to_thread(shadow.chosen, listing)
            whole = not lane.checker.local and (changed or chosen != lane.selected)
            shadow.choose(chosen if whole else chosen & set(changed))
            wanted |= shadow.selected
        await analysis.refresh(beside, sorted(wanted), lambda: known, urgent=False)
        outcomes = [shadow.outcome() if shadow.selected else _NOTHING for shadow in beside]
        return [
            (lane, outcome)
            for lane, outcome in zip(lanes, outcomes, strict=True)
            if isinstance(outcome, Report)
        ]

    def _joined(
        self, lane: FileLane, then: Report, now: Report, changed: Collection[str]
    ) -> tuple[FilesToFindings, frozenset[str]]:
        """Return what a checker says of the commit, in the very objects of now where equal."""
        errors = frozenset(error.path for error in then.errors)
        if lane.checker.local or then is _NOTHING:
            kept = _unchanged(now, self.tree.keys() - changed)
            return {**kept[0], **then.files}, kept[1] | errors
        return {
            path: _same(found, now.files.get(path)) for path, found in then.files.items()
        }, errors

    async def _ask(
        self,
        lane: CommandLane,
        scanner: Scanner,
        analysis: Analysis,
        paths: Collection[str],
        concerned: Collection[str],
    ) -> Report:
        """Return what a command says of the files `paths`, each handed to it as text.

        Of those that other files concern it is asked where those are as they were.
        """
        conclusion = lane.checker.conclusion(lane.settings, self._root)
        turns = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def one(scanned: Scanned, place: Path) -> None:
            try:
                async with turns:
                    found = await lane.ask_about(scanned.path, scanned.content, place)
            except CockpitError as error:
                conclusion.fail(scanned.path, error.message)
                return
            scopes = await analysis.outlines([scanned]) if found else {}
            lines = split_lines(scanned.content)
            conclusion.put(scanned.path, found, lines, scopes.get(scanned.path, []))

        names = lane.checker.settings_names
        elsewhere = structure.stand_in(self._root, self._all, names) if concerned else nullcontext()
        with elsewhere as then:
            async with asyncio.TaskGroup() as group:
                for scanned in scanner.read(sorted(path for path in paths if path in self.tree)):
                    place = then if scanned.path in concerned else None
                    group.create_task(one(scanned, place or self._root))
        concluded = conclusion.report()
        return Report(files=concluded.files, errors=concluded.errors)


def _unchanged(report: Report, paths: Collection[str]) -> tuple[FilesToFindings, frozenset[str]]:
    """Return what a report says of these files, and which of them could not be read."""
    errors = frozenset(error.path for error in report.errors if error.path in paths)
    return {path: found for path, found in report.files.items() if path in paths}, errors


def _same(found: tuple[Finding, ...], other: tuple[Finding, ...] | None) -> tuple[Finding, ...]:
    return other if other == found else found

"""Keeps the answer to "what is new" current: chooses the base, looks back at it, settles doubts.

For one event loop; texts are read and compared in threads.
"""

import asyncio
import concurrent.futures
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit import baseline, revisions
from cockpit.base import AUTO, BASELINE, SESSION
from cockpit.checkers.interface import split_lines
from cockpit.command_lane import CommandLane
from cockpit.config import Config
from cockpit.lanes import FileLane
from cockpit.lookback import LookBack
from cockpit.matching import judge
from cockpit.model import Base, Failure, FilesToFindings, Finding, News, Result
from cockpit.project import Excludes
from cockpit.scan import read_regular
from cockpit.since import Past, Since
from cockpit.store import Store
from cockpit.syntax import Side

_NOTHING: News = {}


class Comparison:
    """What the findings of one project are compared with, and what that makes new."""

    def __init__(
        self,
        root: Path,
        scope: Sequence[str],
        lanes: tuple[Sequence[FileLane], Sequence[CommandLane]],
        store: Store,
        executor: concurrent.futures.Executor,
    ) -> None:
        """Compare with the start of the session until `choose` says otherwise."""
        self.base = Base()
        self._root = root
        self._look = functools.partial(LookBack, root, scope, lanes, store, executor)
        self._past: LookBack | None = None
        #: What came since the start is always known: there is no looking back at it later.
        self._session = self._since = Since()
        #: What is going to take the place of `_since`, while its doubts are settled.
        self._coming: Since | None = None
        self._sides: dict[str, tuple[bytes, Side]] = {}
        #: Files that changed since the base was looked at, beside those that it has the texts of.
        self._changed: set[str] = set()
        #: The checkers that had failed when the base was looked at, so that they were not asked.
        self._unasked: frozenset[str] = frozenset()
        #: Why the base is not the one that was asked for.
        self.refusal = ""

    @property
    def new(self) -> News:
        """What is new, by checker and path; nothing, the same object, while there is no base."""
        return self._since.new if self.base.ready else _NOTHING

    @property
    def pending(self) -> bool:
        """Whether it is still being found out what is new."""
        return self._coming is not None or self._since.pending

    @property
    def new_errors(self) -> frozenset[tuple[str, str]]:
        """The files that no checker could not read at the base, each with the checker."""
        return self._since.new_errors if self.base.ready else frozenset()

    def survivors(self) -> Mapping[tuple[str, str, str], Finding]:
        """Return what each finding of the base that is still there is now, by its `key` then."""
        return self._since.survivors()

    def update(self, results: Mapping[str, Result]) -> None:
        """Take in the newest report of every checker that has come to rest."""
        fresh = {name: result for name, result in results.items() if not result.running}
        for since in {self._session, self._since, self._coming or self._since}:
            since.update(fresh)

    # --- Which base -----------------------------------------------------------------------------

    async def rebase(
        self,
        wish: str,
        results: Mapping[str, Result],
        config: Config,
        known: Collection[str],
        suspects: Collection[str],
    ) -> bool:
        """Compare with the base that `wish` means from now on; `known` are the files there are.

        Returns whether that is done: not where one of the `suspects`, which changed meanwhile,
        spoiled it. Raises `CockpitError` where there is no such base; then the old one stays.
        """
        before = frozenset(self._changed)
        base = await self._chosen(wish)
        since, looking = self._session, None
        if base.kind == "baseline":
            entries = await asyncio.to_thread(baseline.read, self._root)
            since = Since(_as_past(entries, results))
        elif base.kind != "session":
            looking = self._look()
            leave_out = Excludes(config.extend_exclude)
            sound = {name: result for name, result in results.items() if not _failed(result)}
            past = await looking.at(base.commit, sound, leave_out, known, suspects)
            if past is None:
                return False
            self._unasked = frozenset(results.keys() - sound.keys())
            if (base.kind, base.name) == (self.base.kind, self.base.name):
                past = past.completed(self._since.past, self._unasked)
            since = Since(past)
        since.update(results)
        self._coming = since  # the old answer stands until the doubts of the new one are settled
        try:
            await self._settle(since, looking, known)
        finally:
            self._coming = None
        self._since, self._past = since, looking
        self._changed -= before  # of these it has the texts, where they are others than at the base
        self.base = msgspec.structs.replace(base, ready=True, note=self.refusal)
        return True

    def lacks(self, results: Mapping[str, Result]) -> bool:
        """Whether a checker answers again that could not be asked about the base."""
        return any(name in self._unasked and not _failed(one) for name, one in results.items())

    def refuse(self, why: str) -> None:
        """Say why the base is not the one that was asked for, until `refusal` is taken back."""
        self.refusal = why
        self.base = msgspec.structs.replace(self.base, note=why)

    async def _chosen(self, wish: str) -> Base:
        if wish == SESSION:
            return Base()
        if wish == BASELINE or (wish == AUTO and (self._root / baseline.NAME).is_file()):
            return Base("baseline", "the baseline")
        if wish == AUTO:
            return await revisions.default_base(self._root) or Base()
        return await revisions.named_base(self._root, wish)

    # --- What identities cannot tell ------------------------------------------------------------

    async def settle_doubts(self, known: Collection[str], changed: Iterable[str] = ()) -> None:
        """Judge what may be an old offence that moved; `changed` are files of a new change."""
        self._changed.update(changed)
        await self._settle(self._since, self._past, known)

    async def _settle(self, since: Since, past: LookBack | None, known: Collection[str]) -> None:
        while since.pending:
            edited = self._changed | past.contents.keys() if past is not None else set()
            number, question = since.question(known, edited)
            if past is not None:
                found = {one.path for one in (*question.gone, *question.fresh)}
                await past.fetch(found | edited)
            then = functools.partial(self._then, past)
            since.answer(number, await asyncio.to_thread(judge, question, then, self._now))

    def _then(self, past: LookBack | None, path: str) -> Side | None:
        content = past.contents.get(path) if past is not None else None
        return self._side(f"then {path}", content)

    def _now(self, path: str) -> Side | None:
        try:
            content = read_regular(str(self._root / path))
        except (OSError, ValueError):
            return None
        return self._side(f"now {path}", content)

    def _side(self, name: str, content: bytes | None) -> Side | None:
        """Return a text with what was found out of it before, if it is the same."""
        if content is None:
            return None
        known = self._sides.get(name)
        if known is None or known[0] != content:
            known = self._sides[name] = content, Side(split_lines(content))
        return known[1]


def _failed(result: Result) -> bool:
    return isinstance(result.outcome, Failure)


def _as_past(entries: Sequence[baseline.Entry], results: Mapping[str, Result]) -> Past:
    """Return a baseline's entries as if checkers had just found them; where, it does not say."""
    found: dict[str, dict[str, list[Finding]]] = {name: {} for name in results}
    for entry in entries:
        finding = Finding(
            entry.checker,
            entry.rule,
            "low",
            entry.path,
            *(1, 1, 1, 1),
            entry.message,
            symbol=entry.symbol,
            identity=entry.identity,
        )
        found.setdefault(entry.checker, {}).setdefault(entry.path, []).append(finding)
    files: dict[str, FilesToFindings] = {
        checker: {path: tuple(findings) for path, findings in paths.items()}
        for checker, paths in found.items()
    }
    return Past(files)

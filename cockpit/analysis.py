"""Gets facts for files: from the store where it has them, else from the workers.

This is the path that every save takes; all state it changes lives in the lanes.
"""

import asyncio
import concurrent.futures
import gc
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from cockpit import jobs
from cockpit.ahead import ahead
from cockpit.checkers.interface import Source
from cockpit.lanes import FileLane, store_key
from cockpit.outline import Scope
from cockpit.scan import Scanned, Scanner, module_name
from cockpit.store import Store
from cockpit.workers import CannotWork, JobFailed, Pool, WorkerDied, WorkerTimeout

#: Files read and looked up together; small enough that the screen never waits for one slice.
_SLICE = 40
#: Files concluded in one go before the screen gets its turn.
_SETTLED = 200
#: Bytes of source in one job of a bulk run: some 50 ms of work, so that a save soon gets a turn.
_JOB_BYTES = 40_000
#: A lone file above this many bytes is split over two workers, one tool's work beside the others'.
_SPLIT_BYTES = 6_000
#: Bytes of the largest file whose scopes are looked up for ruff: nobody's answer is to wait for it.
_OUTLINED = 1 << 20
#: A file is given up after it brought down this many workers.
_TRIES = 3


class Need(msgspec.Struct, frozen=True):
    """One file, and the lanes that want facts of it, each under a key."""

    scanned: Scanned
    module: str
    keys: tuple[tuple[FileLane, bytes], ...]
    #: By lane the options that its key was made with: settings may change before the job is sent.
    options: Mapping[str, bytes] = {}

    def source(self) -> Source:
        """Return the file as a worker is to see it."""
        scanned = self.scanned
        path = scanned.path.encode("utf-8", "surrogateescape")
        resolved = scanned.resolved.encode("utf-8", "surrogateescape")
        return Source(path, resolved, self.module, scanned.content)

    def alone(self) -> list["Need"]:
        """Return one need a lane."""
        return [Need(self.scanned, self.module, (key,), self.options) for key in self.keys]


class Analysis:
    """Brings lanes up to date with files."""

    def __init__(
        self,
        scanner: Scanner,
        store: Store,
        executor: concurrent.futures.Executor,
        on_progress: Callable[[bool], None],
        width: int = 2,
    ) -> None:
        """Use `executor` for at most a few jobs more than its `width` at a time."""
        self._scanner = scanner
        self._store = store
        self._executor = executor
        self._on_progress = on_progress
        self._slots = asyncio.Semaphore(2 * width + 1)
        self._outlines: dict[str, tuple[bytes, list[Scope]]] = {}
        #: How many files workers were asked to analyse, for tests and benchmarks.
        self.analysed = 0

    async def refresh(
        self,
        lanes: Sequence[FileLane],
        paths: Sequence[str],
        known: Callable[[], Mapping[str, object]],
        *,
        urgent: bool,
        use_store: bool = True,
    ) -> None:
        """Bring `lanes` up to date with `paths`; `known` gives every file of the project by now.

        Returns when all of them are settled, or superseded by a later change.
        """
        for lane in lanes:
            lane.enqueue(paths)
        parts = [paths[start : start + _SLICE] for start in range(0, len(paths), _SLICE)]
        async with asyncio.TaskGroup() as group:
            async for scanned in ahead(self._read, parts):
                needs = await self._look_up(lanes, scanned, known, use_store=use_store)
                for job in _jobs(needs, urgent=urgent):
                    if not urgent:
                        await self._slots.acquire()
                    group.create_task(self._run(job, urgent=urgent))
                await self._tell(lanes)
                if not urgent:  # facts stay: a search for garbage among them holds the screen
                    gc.freeze()

    async def _read(self, paths: Sequence[str]) -> list[Scanned]:
        return await asyncio.to_thread(self._scanner.read, paths)

    async def _tell(self, lanes: Iterable[FileLane]) -> None:
        """Say that there is progress; at once where one of `lanes` has come to rest."""
        for lane in lanes:
            while lane.settle(_SETTLED):  # noqa: ASYNC110 - others get a turn, that is all
                await asyncio.sleep(0)
            lane.finish()
        self._on_progress(any(lane.due for lane in lanes))

    async def _look_up(
        self,
        lanes: Sequence[FileLane],
        scanned: Sequence[Scanned],
        known: Callable[[], Mapping[str, object]],
        *,
        use_store: bool,
    ) -> list[Need]:
        """Take what the store has for what was `scanned`, and return what it has not."""
        needs = [_need(lanes, one, known()) for one in scanned]
        needs = [need for need in needs if need.keys]
        if not needs:
            return []
        found: dict[bytes, bytes] = {}
        if use_store:
            wanted = [key for need in needs for _, key in need.keys]
            found = await asyncio.to_thread(self._store.get, wanted)
        left = []
        for need in needs:
            missing = []
            for lane, key in need.keys:
                facts = found.get(key)
                if facts is None:
                    missing.append((lane, key))
                else:
                    lane.put(need.scanned.path, key, facts)
            if missing:
                left.append(Need(need.scanned, need.module, tuple(missing), need.options))
        return left

    async def _run(self, needs: list[Need], *, urgent: bool) -> None:
        try:
            await self._attempt(needs, urgent=urgent, tries=1)
        finally:
            if not urgent:
                self._slots.release()

    async def _attempt(self, needs: list[Need], *, urgent: bool, tries: int) -> None:
        """Send one job; where it brings its worker down, find the file and tool that did."""
        self.analysed += len(needs)
        try:
            reply = await self._submit(jobs.analyse, _payload(needs), urgent=urgent)
        except CannotWork as error:
            for need in needs:
                for lane, _ in need.keys:
                    lane.refuse(error)
        except (WorkerDied, JobFailed) as error:
            parts = needs if len(needs) > 1 else needs[0].alone()
            if len(parts) > 1:
                await asyncio.gather(
                    *(self._attempt([part], urgent=urgent, tries=1) for part in parts)
                )
            elif tries < _TRIES and not isinstance(error, WorkerTimeout | JobFailed):
                await self._attempt(needs, urgent=urgent, tries=tries + 1)
            else:
                lane, key = needs[0].keys[0]
                lane.fail(needs[0].scanned.path, key, str(error))
        else:
            await self._accept(needs, jobs.decode_facts(reply))
        await self._tell({lane for need in needs for lane, _ in need.keys})

    async def _submit(
        self, function: Callable[[bytes], bytes], payload: bytes, *, urgent: bool
    ) -> bytes:
        if isinstance(self._executor, Pool):
            future = self._executor.submit(function, payload, urgent=urgent)
        else:
            future = self._executor.submit(function, payload)
        return await asyncio.wrap_future(future)

    async def _accept(self, needs: list[Need], answers: list[jobs.FileFacts]) -> None:
        keep: list[tuple[bytes, bytes]] = []
        for need, answer in zip(needs, answers, strict=True):
            path, digest = need.scanned.path, need.scanned.digest
            for lane, key in need.keys:
                facts = answer.facts.get(lane.name)
                if facts is None:
                    lane.fail(path, key, answer.failed.get(lane.name, "the worker said nothing"))
                else:
                    keep.append((key, facts))
                    lane.put(path, key, facts)
            keep.append((_outline_key(digest), answer.outline))
        await asyncio.to_thread(self._store.put, keep)

    async def outlines(self, scanned: Iterable[Scanned]) -> dict[str, list[Scope]]:
        """Return the outline of each readable file of `scanned`, by path; none of a huge one."""
        found: dict[str, list[Scope]] = {}
        missing: list[Scanned] = []
        for one in scanned:
            digest, scopes = self._outlines.get(one.path, (b"", []))
            if one.digest and digest == one.digest:
                found[one.path] = scopes
            elif one.digest and len(one.content) <= _OUTLINED:
                missing.append(one)
        stored = await asyncio.to_thread(
            self._store.get, [_outline_key(one.digest) for one in missing]
        )
        needs = []
        for one in missing:
            blob = stored.get(_outline_key(one.digest))
            if blob is None:
                needs.append(Need(one, "", ()))
            else:
                found[one.path] = self._remember(one, blob)
        for outlines in await asyncio.gather(
            *(self._outline_job(job) for job in _jobs(needs, urgent=False))
        ):
            found.update(outlines)
        return found

    async def _outline_job(self, needs: list[Need]) -> dict[str, list[Scope]]:
        try:
            reply = await self._submit(jobs.analyse, _payload(needs), urgent=True)
        except (CannotWork, WorkerDied, JobFailed):
            return {}  # a finding without a symbol is still a finding
        answers = jobs.decode_facts(reply)
        keep = [
            (_outline_key(need.scanned.digest), answer.outline)
            for need, answer in zip(needs, answers, strict=True)
        ]
        await asyncio.to_thread(self._store.put, keep)
        return {
            need.scanned.path: self._remember(need.scanned, answer.outline)
            for need, answer in zip(needs, answers, strict=True)
        }

    def _remember(self, scanned: Scanned, blob: bytes) -> list[Scope]:
        scopes = jobs.decode_outline(blob)
        self._outlines[scanned.path] = scanned.digest, scopes
        return scopes


def _outline_key(digest: bytes) -> bytes:
    return store_key(digest, b"outline")


def _need(lanes: Sequence[FileLane], scanned: Scanned, known: Mapping[str, object]) -> Need:
    module = module_name(scanned.path, known)
    keys = ((lane, lane.wants(scanned, module)) for lane in lanes)
    options = {lane.name: lane.settings.facts for lane in lanes if lane.settings is not None}
    owed = tuple((lane, key) for lane, key in keys if key is not None)
    return Need(scanned, module, owed, options)


def _payload(needs: Sequence[Need]) -> bytes:
    lanes = list({lane.name: lane for need in needs for lane, _ in need.keys}.values())
    index = {lane.name: position for position, lane in enumerate(lanes)}
    options = {name: value for need in needs for name, value in need.options.items()}
    tasks = [jobs.Task(lane.name, options[lane.name]) for lane in lanes]
    wanted = [[index[lane.name] for lane, _ in need.keys] for need in needs]
    return jobs.encode(jobs.AnalyseJob(tasks, [need.source() for need in needs], wanted))


def _jobs(needs: Sequence[Need], *, urgent: bool) -> Iterable[list[Need]]:
    """Group `needs` into jobs of about `_JOB_BYTES`; a lone urgent file is split by tool."""
    if urgent and len(needs) == 1 and len(needs[0].scanned.content) > _SPLIT_BYTES:
        yield from _split(needs[0])
        return
    job: list[Need] = []
    size = 0
    for need in needs:
        job.append(need)
        size += len(need.scanned.content) + 500
        if size >= _JOB_BYTES:
            yield job
            job, size = [], 0
    if job:
        yield job


def _split(need: Need) -> Iterable[list[Need]]:
    """Yield the dearest tool's work and the rest: bandit takes about as long as the others."""
    dear = [key for key in need.keys if key[0].checker.dear]
    rest = [key for key in need.keys if not key[0].checker.dear]
    for keys in (dear, rest):
        if keys:
            yield [Need(need.scanned, need.module, tuple(keys), need.options)]

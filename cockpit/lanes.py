"""One lane a checker: what it has, what it still waits for, and what it says of the project.

A lane only keeps account. It starts no process and reads no file; the engine does both for it.
"""

import hashlib
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from cockpit.checkers.interface import Concluded, Conclusion, FileChecker, Settings
from cockpit.errors import CockpitError
from cockpit.model import Failure, Outcome, Report, Result
from cockpit.scan import Scanned

#: Goes into every key of the store: raise it when the meaning of stored facts changes.
_SCHEMA = b"6"
_PYTHON = f"{sys.implementation.cache_tag} {sys.version}".encode()


class Keys:
    """Makes the keys of the store: 16 bytes for what some parts determine.

    The parts that all keys have in common come first, and are hashed once.
    """

    def __init__(self, *common: bytes) -> None:
        """Take the parts that are the same in every key."""
        self._hash = hashlib.blake2b(_framed((_SCHEMA, _PYTHON, *common)), digest_size=16)

    def __call__(self, *parts: bytes) -> bytes:
        """Return the key for these further `parts`."""
        digest = self._hash.copy()
        digest.update(_framed(parts))
        return digest.digest()


def _framed(parts: Iterable[bytes]) -> bytes:
    """Return `parts` in a row, each after its length, so that no two rows are the same bytes."""
    return b"".join(part for one in parts for part in (len(one).to_bytes(8, "little"), one))


#: Makes a key that has nothing in common with others.
store_key = Keys()


def as_report(concluded: Concluded, checked: int) -> Report:
    """Return what a checker concluded over `checked` files as the outcome to show."""
    return Report(
        files=concluded.files,
        errors=concluded.errors,
        metric=concluded.metric,
        file_metrics=concluded.file_metrics,
        failing=concluded.failing,
        checked=checked,
    )


def as_failure(error: CockpitError) -> Failure:
    """Return `error` as the outcome to show."""
    return Failure(error.message, error.hint, getattr(error, "words", ""))


class Lane:
    """What every lane has: a name, a version, the newest result, and whether it is running."""

    def __init__(self, name: str) -> None:
        """Start with nothing known."""
        self.name = name
        self.version = ""
        #: The project's own tool that is run, relative to its root; empty for cockpit's.
        self.origin = ""
        self.failure: CockpitError | None = None
        #: Whether anything was asked for since the last outcome, even if it ended at once.
        self.touched = False
        self.finished = 0.0
        self._result = Result(name)

    @property
    def running(self) -> bool:
        """Whether a newer outcome is on its way."""
        raise NotImplementedError

    def outcome(self) -> Outcome:
        """Return what the checker says now; asked only while nothing is running."""
        raise NotImplementedError

    def progress(self) -> tuple[int, int]:
        """Return how many files are done, of how many."""
        return 0, 0

    def partial(self) -> Report | None:
        """Return a report that is true of the files analysed so far, where there can be one."""
        return None

    def touch(self) -> None:
        """Note that the outcome is no longer what was last shown."""
        self.touched = True
        self.finished = 0.0

    def finish(self) -> None:
        """Note when the lane came to rest, if it has."""
        if self.touched and not self.running:
            self.finished = time.perf_counter()

    @property
    def due(self) -> bool:
        """Whether there is an outcome that nobody has been shown."""
        return self.touched and not self.running

    def result(self, started: float) -> Result:
        """Return where this lane stands in the change that was first seen at `started`."""
        before = self._result
        if self.running:
            done, todo = self.progress()
            self._result = msgspec.structs.replace(
                before, running=True, done=done, todo=todo, last=self.partial() or before.last
            )
        elif self.touched or before.outcome is None:
            outcome = self.outcome()
            self._result = msgspec.structs.replace(
                before,
                running=False,
                outcome=outcome,
                last=outcome if isinstance(outcome, Report) else before.last,
                seconds=max(0.0, (self.finished or time.perf_counter()) - started),
                version=self.version,
                origin=self.origin,
            )
            self.touched = False
        elif before.running:  # it looked, and nothing was new
            self._result = msgspec.structs.replace(before, running=False)
        return self._result


class FileLane(Lane):
    """The lane of a `FileChecker`: facts by file, each under the key of what it was made from."""

    def __init__(self, checker: FileChecker, root: Path) -> None:
        """Start without settings; `configure` comes first."""
        super().__init__(checker.name)
        self.checker = checker
        self.settings: Settings | None = None
        self.selected: frozenset[str] = frozenset()
        self._root = root
        self._conclusion: Conclusion | None = None
        self._key = store_key
        self._keys: dict[str, bytes] = {}
        self._pending: dict[str, bytes] = {}
        self._queued: set[str] = set()
        self._turns: dict[str, int] = {}
        self._total = 0
        self._begun = False
        self._complete = False
        self._answered = False

    @property
    def running(self) -> bool:
        """Whether a file waits to be read or to be analysed, or nobody has said which do."""
        return bool(self._queued or self._pending) or not self._begun

    def configure(self, settings: Settings) -> None:
        """Take new settings; what depended on the old ones is forgotten."""
        self.failure = None
        self._key = Keys(self.name.encode(), self.version.encode(), settings.facts)
        if settings == self.settings and self._conclusion is not None:
            return
        self.settings = settings
        self._reset()

    def refuse(self, error: CockpitError) -> None:
        """Note that the checker cannot run at all, and why."""
        self.failure = error
        self.settings = None
        self._reset()
        self._begun = True
        self.touch()

    def restart(self) -> None:
        """Forget all facts, so that every file is analysed anew."""
        if self.settings is not None:
            self._reset()

    def _reset(self) -> None:
        self._keys.clear()
        self._pending.clear()
        self._queued.clear()
        self._turns.clear()
        self._begun = self._complete = False
        settings = self.settings
        self._conclusion = self.checker.conclusion(settings, self._root) if settings else None

    def chosen(self, listing: Sequence[str]) -> frozenset[str]:
        """Return the files of `listing` to look at; may run in a thread."""
        if self.settings is None:
            return frozenset()
        return frozenset(self.checker.select(self._root, listing, self.settings))

    def choose(self, chosen: frozenset[str]) -> None:
        """Look at the files of `chosen` from now on; forget those that are not among them."""
        for path in self.selected - chosen:
            self.drop(path)
        self.selected = chosen

    def enqueue(self, paths: Sequence[str]) -> None:
        """Note that `paths` are going to be read."""
        if not self._begun:
            self.touch()
        self._begun = True
        before = self._total if self._queued or self._pending else 0
        self._queued.update(self.selected.intersection(paths))
        self._total = max(before, len(self._queued) + len(self._pending))

    def wants(self, scanned: Scanned, module: str) -> bytes | None:
        """Return the key of the facts that `scanned` needs, or None where nothing changed.

        A key that is returned is owed: `put` or `fail` must follow.
        """
        path = scanned.path
        if scanned.turn < self._turns.get(path, 0):
            return None  # read before what is known by now, and come after it
        self._turns[path] = scanned.turn
        self._queued.discard(path)
        if self.settings is None or path not in self.selected:
            return None
        if not scanned.digest:
            self._unreadable(scanned)
            return None
        place = self.checker.path_key(path, scanned.resolved, module)
        key = self._key(scanned.digest, place.encode("utf-8", "surrogateescape"))
        current = self._pending.get(path) or self._keys.get(path)
        if key == current:
            return None
        self._pending[path] = key
        self.touch()
        return key

    def _unreadable(self, scanned: Scanned) -> None:
        self._keys.pop(scanned.path, None)
        self._pending.pop(scanned.path, None)
        self.touch()
        if self._conclusion is not None and scanned.problem:
            self._conclusion.fail(scanned.path, scanned.problem)
        elif self._conclusion is not None:
            self._conclusion.drop(scanned.path)

    def put(self, path: str, key: bytes, facts: bytes) -> None:
        """Take facts, unless the file has changed again since they were asked for."""
        if self._settle(path, key) and self._conclusion is not None:
            self._keys[path] = key
            self._conclusion.put(path, facts)

    def fail(self, path: str, key: bytes, message: str) -> None:
        """Note that a file could not be analysed, unless it has changed again since."""
        if self._settle(path, key) and self._conclusion is not None:
            self._keys[path] = key
            self._conclusion.fail(path, message)

    def _settle(self, path: str, key: bytes) -> bool:
        if self._pending.get(path) != key:
            return False
        del self._pending[path]
        return True

    def drop(self, path: str) -> None:
        """Forget a file."""
        self._keys.pop(path, None)
        self._pending.pop(path, None)
        self._queued.discard(path)
        self.touch()
        if self._conclusion is not None:
            self._conclusion.drop(path)

    def progress(self) -> tuple[int, int]:
        """Return how many files of the present run are done, of how many."""
        left = len(self._queued) + len(self._pending)
        return max(0, self._total - left), self._total

    def settle(self, most: int) -> bool:
        """Prepare the outcome, for at most so many files; return whether more is left to do."""
        if self.running or self._conclusion is None:
            return False
        return self._conclusion.settle(most)

    def partial(self) -> Report | None:
        """Return the findings so far, where those of one file do not hang on the others.

        Once there was a whole answer, that stays until there is another.
        """
        first = self.checker.local and not self._answered
        if self._conclusion is None or not (self._complete or first):
            return None
        return as_report(self._conclusion.report(), len(self._keys))

    def outcome(self) -> Outcome:
        """Return the report, or the failure that stands in its place."""
        self._total = 0
        if self.failure is not None or self._conclusion is None:
            return as_failure(self.failure or CockpitError(f"{self.name} has not run yet"))
        if not self.selected:
            return Failure(
                f"{self.name} has no file to read",
                "Its settings or cockpit's exclude every Python file here, or there is none.",
            )
        self._complete = self._answered = True
        return as_report(self._conclusion.report(), len(self.selected))

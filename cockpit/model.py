"""The words of cockpit: values that every other module speaks in, all frozen.

Nothing here reads a file, starts a process or knows that a screen exists.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

Severity = Literal["high", "medium", "low"]

#: Worst first.
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing that one tool says of one place.

    `line` and `column` are 1-based, columns in code points; `path` is POSIX and relative to
    the project's root. `confidence` is the tool's own word ("60%", "HIGH"), empty if it has none.
    `identity` names the same offence across edits (see `cockpit.identity`); it is unique within
    a file. `also` names the other sources that say the same ("S608").
    """

    checker: str
    rule: str
    severity: Severity
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    confidence: str = ""
    symbol: str = ""
    identity: str = ""
    name: str = ""
    url: str = ""
    fixable: bool = False
    also: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What is unique to this finding in a snapshot: path, checker and identity."""
        return self.path, self.checker, self.identity


class FileError(msgspec.Struct, frozen=True, gc=False):
    """A file that a tool could not read, and why; `line` is 0 where the tool names none."""

    path: str
    line: int
    message: str


Metric = Mapping[str, float]
FilesToFindings = Mapping[str, tuple[Finding, ...]]


class Report(msgspec.Struct, frozen=True, tag="report"):
    """What a tool found.

    `files` maps each path that has findings to them, in order of line; a path's tuple is the
    same object in the next report when nothing changed in it, so differences cost nothing.
    `metric` holds the tool's own totals (interrogate: total, covered, missing, percent, goal;
    bandit: its `_totals`), `file_metrics` the same per file. `failing` is whether the tool's own
    command would call the project failed for its metric (interrogate below its goal).
    """

    files: FilesToFindings = {}
    errors: tuple[FileError, ...] = ()
    metric: Metric = {}
    file_metrics: Mapping[str, Metric] = {}
    failing: bool = True
    checked: int = 0

    @property
    def count(self) -> int:
        """The number of findings."""
        return sum(map(len, self.files.values()))

    def __iter__(self) -> Iterator[Finding]:
        """All findings, by path and then in the file's own order."""
        for path in sorted(self.files):
            yield from self.files[path]


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """The tool gave no answer: why, what to do next, and its own words."""

    reason: str
    hint: str = ""
    words: str = ""


class Skipped(msgspec.Struct, frozen=True, tag="skipped"):
    """The tool was not asked, and why."""

    reason: str
    hint: str = ""


Outcome = Report | Failure | Skipped


class Result(msgspec.Struct, frozen=True):
    """Where one checker stands: its newest outcome, and whether a newer one is on its way.

    `outcome` is None until the first one. `last` is the newest `Report`, kept beside a later
    `Failure` so that a screen can go on showing it, dimmed. `seconds` is the time from the first
    event of the change to the outcome. `done` of `todo` files are analysed while running. `version`
    is the tool's, and `origin` the program of the project's own that was run, empty for ours.
    """

    checker: str
    outcome: Outcome | None = None
    last: Report | None = None
    running: bool = False
    seconds: float = 0.0
    done: int = 0
    todo: int = 0
    version: str = ""
    origin: str = ""

    @property
    def fresh(self) -> bool:
        """Whether the outcome is of the files as they are now."""
        return not self.running and self.outcome is not None


BaseKind = Literal["branch", "commit", "baseline", "session"]


class Base(msgspec.Struct, frozen=True):
    """What findings are compared with to say which are new.

    `name` is what a person calls it ("main", "HEAD~3", "the baseline", "session start"), `commit`
    its full hash where it has one. While `ready` is false nothing passes for new. `note` says why
    it is not what was asked for.
    """

    kind: BaseKind = "session"
    name: str = "session start"
    commit: str = ""
    ready: bool = False
    note: str = ""


#: By checker and path the identities that are new; a path with nothing new is not there.
News = Mapping[str, Mapping[str, frozenset[str]]]
_NOTHING: frozenset[str] = frozenset()


class Snapshot(msgspec.Struct, frozen=True):
    """Everything known at one moment; `generation` grows by one with every settled change.

    `changed` are the files of that change, or of all changes since everything was fresh. While
    `paused`, `missed` counts the files that changed since and are not looked at yet. `new` says
    what was not there at the `base`; a path's set is the same object while nothing changed in it.
    `new_errors` are (checker, path) of files that could be read then. While it is `comparing`, more
    may turn out to be new.
    """

    generation: int = 0
    results: Mapping[str, Result] = {}
    files: int = 0
    changed: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    paused: bool = False
    missed: int = 0
    base: Base = Base()
    new: News = {}
    new_errors: frozenset[tuple[str, str]] = frozenset()
    comparing: bool = False

    def is_new(self, finding: Finding) -> bool:
        """Whether `finding` was not there at the base."""
        return finding.identity in self.new_in(finding.checker, finding.path)

    def new_in(self, checker: str, path: str) -> frozenset[str]:
        """Return the identities that are new in one file."""
        return self.new.get(checker, {}).get(path, _NOTHING)

    @property
    def fresh(self) -> bool:
        """Whether every checker is fresh."""
        return bool(self.results) and all(result.fresh for result in self.results.values())

    def report(self, checker: str) -> Report | None:
        """The newest report of `checker`, also where a failure came after it."""
        result = self.results.get(checker)
        return result.last if result else None


EMPTY = Snapshot()

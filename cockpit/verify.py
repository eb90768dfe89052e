"""Runs the tools' own commands and compares their findings with ours, one by one."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from cockpit.checkers.interface import Checker, Comparable, Concluded
from cockpit.errors import CheckerError, CockpitError
from cockpit.fleet import Root
from cockpit.model import Failure, Report
from cockpit.plain import plain
from cockpit.process import run

#: Seconds that a tool's own command may take on a whole project.
_TIMEOUT = 3600.0
_SHOWN = 20
#: Lines of a tool's own words that are repeated: its reason is at the end.
_QUOTED = 6

Row = tuple[str | int | float, ...]


class Verdict(msgspec.Struct, frozen=True):
    """The comparison for one tool.

    `findings`, `metrics` and `unread` (files that it cannot read) are how many the command printed.
    `missing` are rows that only the command printed, `extra` those that only we have, of all three
    kinds. `without` names the files on which the command itself breaks: it was run without them.
    `failure` says why there was nothing to compare, and `words` what the tool said.
    """

    checker: str
    findings: int = 0
    metrics: int = 0
    unread: int = 0
    missing: tuple[Row, ...] = ()
    extra: tuple[Row, ...] = ()
    without: tuple[str, ...] = ()
    failure: str = ""
    words: str = ""

    @property
    def rows(self) -> int:
        """How many rows the command printed."""
        return self.findings + self.metrics + self.unread

    @property
    def same(self) -> bool:
        """Whether both say the same, of everything."""
        return not (self.missing or self.extra or self.failure)


async def verify(engine: Root, name: str) -> Verdict:
    """Compare what `engine` says of checker `name` with that tool's own command, run now."""
    outcome = engine.snapshot.results[name].outcome
    if not isinstance(outcome, Report):
        reason = outcome.reason if isinstance(outcome, Failure) else "it did not run"
        return Verdict(name, failure=reason)
    checker = engine.checkers[name]
    broken = tuple(sorted({error.path for error in outcome.errors}))
    try:
        theirs, without = await _command(engine, checker, broken)
    except CockpitError as error:
        return Verdict(name, failure=error.message, words=getattr(error, "words", ""))
    ours = checker.comparable(
        Concluded(
            files=outcome.files,
            errors=tuple(error for error in outcome.errors if error.path not in without),
            metric=outcome.metric,
            file_metrics=outcome.file_metrics,
            failing=outcome.failing,
        )
    )
    return _compare(name, ours, theirs, without)


async def _command(
    engine: Root, checker: Checker, broken: tuple[str, ...]
) -> tuple[Comparable, tuple[str, ...]]:
    """Run the command; where it breaks on files that we name as broken, run it without them."""
    try:
        return await _run(engine, checker, ()), ()
    except CheckerError:
        if not broken:
            raise
        return await _run(engine, checker, broken), broken


async def _run(engine: Root, checker: Checker, without: tuple[str, ...]) -> Comparable:
    files, settings = engine.files_of(checker.name)
    kept = [path for path in files if path not in without]
    argv = checker.verifying(engine.root, kept, settings)
    done = await run(argv, engine.root, timeout=_TIMEOUT)
    return checker.parse(engine.root, done)


def _compare(name: str, ours: Comparable, theirs: Comparable, without: tuple[str, ...]) -> Verdict:
    mine = Counter([*ours.rows, *ours.metrics, *ours.unread])
    tools = Counter([*theirs.rows, *theirs.metrics, *theirs.unread])
    return Verdict(
        name,
        findings=len(theirs.rows),
        metrics=len(theirs.metrics),
        unread=len(theirs.unread),
        missing=tuple(sorted((tools - mine).elements(), key=repr)),
        extra=tuple(sorted((mine - tools).elements(), key=repr)),
        without=without,
    )


def lines(verdict: Verdict) -> Iterator[str]:
    """Yield the verdict for people."""
    if verdict.failure:
        yield f"{verdict.checker}: nothing to compare: {plain(verdict.failure)}"
        yield from (f"  | {plain(line)}" for line in verdict.words.splitlines()[-_QUOTED:])
        return
    count = len(verdict.missing) + len(verdict.extra)
    words = _counted(count, "difference") if count else "no difference"
    yield f"{verdict.checker}: {words} in {_compared(verdict)}"
    if verdict.without:
        names = ", ".join(plain(path) for path in verdict.without[:5])
        more = f" and {len(verdict.without) - 5} more" if len(verdict.without) > 5 else ""
        yield f"  its own command breaks on {names}{more}, and was run without"
    for sign, rows in (("-", verdict.missing), ("+", verdict.extra)):
        for row in rows[:_SHOWN]:
            yield f"  {sign} {plain(repr(row))}"
        if len(rows) > _SHOWN:
            yield f"  {sign} … and {len(rows) - _SHOWN} more"


def _compared(verdict: Verdict) -> str:
    """Return how much the command printed, by kind: what a row is differs from tool to tool."""
    parts = [_counted(verdict.findings, "finding")]
    if verdict.metrics:
        parts.append(_counted(verdict.metrics, "metric"))
    if verdict.unread:
        parts.append(f"{_counted(verdict.unread, 'file')} that it cannot read")
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"

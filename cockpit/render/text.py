"""A snapshot as text for people: findings by file, then one line a tool.

Everything from outside passes through `plain`; colour is an argument, never a guess.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal

from cockpit.model import (
    Base,
    Failure,
    Finding,
    Metric,
    Report,
    Result,
    Severity,
    Skipped,
    Snapshot,
)
from cockpit.plain import plain
from cockpit.signs import UNICODE, Signs
from cockpit.verdict import passing

#: What a line begins with: a severity, or how a tool fared. Each names a field of `Signs`.
Sign = Severity | Literal["fresh", "failed", "skipped"]
_COLOURS: Mapping[Sign, str] = {
    "high": "31",
    "medium": "33",
    "low": "2",
    "failed": "31;1",
    "fresh": "32",
    "skipped": "0",
}
#: Characters of a tool's words about one file.
_LONGEST = 400
#: The column of rules: as wide as the longest of a file, which no name may make too wide.
_NARROWEST, _WIDEST = 8, len("missing-function-docstring")
#: Paths that are named before the others are only counted.
_NAMED = 3
_NOTHING: Mapping[str, Sequence[str]] = {}


class Style:
    """How to write: with colours or without, with signs or in plain ASCII."""

    def __init__(self, *, colour: bool = False, signs: Signs = UNICODE) -> None:
        """Say what the terminal can show."""
        self._colour = colour
        self._signs = signs

    def paint(self, text: str, code: str) -> str:
        """Return `text` in the colour of this SGR `code`, where there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text

    def sign(self, sign: Sign) -> str:
        """Return `sign` as this terminal can show it."""
        return self.paint(getattr(self._signs, sign), _COLOURS[sign])

    def encodable(self, text: str) -> str:
        """Return `text` with what the terminal cannot show escaped; an ellipsis has a sign."""
        if self._signs is UNICODE:
            return text
        text = text.replace(UNICODE.more, self._signs.more)
        return text.encode("ascii", "backslashreplace").decode()


def finding_line(finding: Finding, style: Style, width: int) -> str:
    """Return one line for a finding, without its path; its rule takes at least `width`."""
    place = f"{finding.line}:{finding.column}"
    rule = _rule(style, finding.severity, finding.rule, width)
    source = _source(style, finding.checker, finding.also, finding.confidence)
    return f"  {place:>8}  {rule} {_message(style, finding.message)}{source}"


# Tens of thousands of findings have some hundred rules and sources, and many the same words.
@functools.lru_cache(1024)
def _message(style: Style, message: str) -> str:
    return style.encodable(plain(message))


@functools.lru_cache(1024)
def _rule(style: Style, severity: Severity, rule: str, width: int) -> str:
    return f"{style.sign(severity)} " + style.paint(f"{plain(rule):<{width}}", "36")


@functools.lru_cache(1024)
def _source(style: Style, checker: str, also: tuple[str, ...], confidence: str) -> str:
    sure = f"{confidence} confidence" if confidence else ""
    words = " ".join(filter(None, (checker, *also, sure)))
    return style.paint(f"  {plain(words)}", "2")


def finding_lines(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """Yield the findings, already sorted by path, under a heading for each file, in columns."""
    for path, group in groupby(findings, key=lambda finding: finding.path):
        yield style.paint(style.encodable(plain(path)), "1")
        rows = list(group)
        longest = max(len(finding.rule) for finding in rows)
        width = max(_NARROWEST, min(longest, _WIDEST))
        for finding in rows:
            yield finding_line(finding, style, width)
        yield ""


def summary_lines(
    snapshot: Snapshot, style: Style, asides: Mapping[str, Sequence[str]] = _NOTHING
) -> Iterator[str]:
    """Yield one line a tool; below it its asides, its errors and its reasons."""
    width = max((len(name) for name in snapshot.results), default=0)
    for name, result in snapshot.results.items():
        sign, words = _state(result, _news(snapshot, name))
        name_shown = style.paint(f"{plain(name):<{width}}", "1")
        yield f"{style.sign(sign)} {name_shown}  {style.encodable(words)}"
        for line in (*map(plain, asides.get(name, ())), *_below(result)):
            yield f"  {' ' * width}  {style.encodable(line)}"
    if snapshot.base.ready:
        yield style.encodable(_compared(snapshot.base))
    for note in snapshot.notes:
        yield style.encodable(f"note: {plain(note)}")


def _news(snapshot: Snapshot, checker: str) -> int | None:
    """Return how many findings of `checker` are new, or None where nothing is compared."""
    if not snapshot.base.ready:
        return None
    return sum(map(len, snapshot.new.get(checker, {}).values()))


def _state(result: Result, new: int | None) -> tuple[Sign, str]:
    outcome = result.outcome
    if isinstance(outcome, Failure):
        return "failed", f"failed: {plain(outcome.reason)}"
    if isinstance(outcome, Skipped) or outcome is None:
        reason = outcome.reason if outcome else "it has not run"
        return "skipped", f"skipped: {plain(reason)}"
    found = _findings(outcome)
    if new is not None:
        found = f"{new:,} new{',' if 'percent' in outcome.metric else ' of'} {found}"
    words = f"{found} in {duration(result.seconds)}"
    if result.origin:
        words += f", by {plain(result.origin)} {plain(result.version)}"
    if outcome.errors:
        return "failed", f"{words}, {_count(len(outcome.errors), 'file')} it could not read"
    counted = outcome.count if new is None else new
    return ("fresh" if not (counted and outcome.failing) else "medium"), words


def _findings(report: Report) -> str:
    if "percent" not in report.metric:
        return _count(report.count, "finding")
    metric = report.metric
    return (
        f"{metric['percent']:.1f} % of {metric['total']:,.0f} documented{_goal(metric)}, "
        f"{_count(report.count, 'docstring')} missing"
    )


def _goal(metric: Metric) -> str:
    """Return the goal in words; several projects have one only where it is everybody's."""
    return f", goal {metric['goal']:g} %" if "goal" in metric else ""


def _compared(base: Base) -> str:
    commit = f" ({base.commit[:10]})" if base.commit else ""
    return f"new since {plain(base.name)}{commit}"


def _below(result: Result) -> Iterator[str]:
    outcome = result.outcome
    if isinstance(outcome, (Failure, Skipped)) and outcome.hint:
        yield plain(outcome.hint)
    if isinstance(outcome, Failure) and outcome.words:
        for line in outcome.words.strip().splitlines()[-6:]:
            yield f"| {plain(line)}"
    if isinstance(outcome, Report):
        for error in outcome.errors:
            place = f"{plain(error.path)}:{error.line}" if error.line else plain(error.path)
            yield f"{place}: {shortened(plain(error.message))}"


def shortened(words: str) -> str:
    """Return `words` without their middle where a tool quotes a line of megabytes in them."""
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 60]} … {words[-50:]}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def duration(seconds: float) -> str:
    """Return `seconds` as a person would say it: 84 ms, 1.2 s."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def only_these(paths: Sequence[str]) -> str:
    """Return what to know of findings about a whole project where `paths` were all of it."""
    names = [plain(path) for path in paths[:_NAMED]]
    if len(paths) > _NAMED:
        names.append(f"{len(paths) - _NAMED:,} more")
    *first, last = names
    shown = f"{', '.join(first)} and {last}" if first else last
    verb = "was" if len(paths) == 1 else "were"
    return f"only {shown} {verb} looked at: what other files use counts as unused"


def check(
    snapshot: Snapshot,
    findings: Iterable[Finding],
    style: Style,
    *,
    list_passing: bool,
    asides: Mapping[str, Sequence[str]] = _NOTHING,
) -> str:
    """Return what `cockpit check` prints; `asides` are what else to know of a tool's answer.

    Without `list_passing` the findings of a tool whose goal is met are only counted: a project
    with 90 % of its docstrings has passed interrogate, and does not want the other 10 % listed.
    """
    good = passing(snapshot)
    shown = (f for f in findings if list_passing or f.checker not in good)
    lines = [*finding_lines(shown, style), *summary_lines(snapshot, style, asides)]
    return "\n".join(lines) + "\n"


def projects(parts: Mapping[str, Snapshot], style: Style) -> str:
    """Return a line for each of several projects: what every tool says of it alone."""
    width = max(map(len, parts), default=0)
    results = [result for part in parts.values() for result in part.results.values()]
    asked = {one.checker for one in results if not isinstance(one.outcome, Skipped)}
    lines = []
    for name, part in parts.items():
        words = "  ".join(
            f"{tool} {_standing(result)}" for tool, result in part.results.items() if tool in asked
        )
        shown = style.paint(f"{style.encodable(plain(name)):<{width}}", "1")
        lines.append(f"{shown}  {style.encodable(plain(words))}")
    return "\n".join(("", *lines, ""))


def _standing(result: Result) -> str:
    """Return a tool's answer in a word or two."""
    outcome = result.outcome
    if not isinstance(outcome, Report):
        return "failed" if isinstance(outcome, Failure) else "skipped"
    unread = f" ({_count(len(outcome.errors), 'file')} unread)" if outcome.errors else ""
    if "percent" in outcome.metric:
        return f"{outcome.metric['percent']:.1f} %{_goal(outcome.metric)}{unread}"
    return f"{outcome.count:,}{unread}"

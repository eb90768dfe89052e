"""What bandit's facts are, where its places lie, and what follows from the facts of all files.

Nothing here runs bandit.
"""

import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cockpit.checkers.interface import Concluded, code_point_column, split_lines
from cockpit.model import FileError, Finding, Metric, Severity

#: bandit's `constants.RANKING`, least first.
RANKING = ("UNDEFINED", "LOW", "MEDIUM", "HIGH")
_COUNTS = ("loc", "nosec", "skipped_tests")
_TOTALS = (*_COUNTS, *(f"{what}.{rank}" for rank in RANKING for what in ("SEVERITY", "CONFIDENCE")))
#: bandit's words for severity, and ours; what it leaves undefined is low.
SEVERITIES: Mapping[str, Severity] = {"HIGH": "high", "MEDIUM": "medium", "LOW": "low"}

#: What `baseline` compares: text, severity, CWE, confidence, file, test, test's id.
BaselineKey = tuple[str, str, int, str, str, str, str]

# B202 and B103 print the addresses of syntax nodes: another at every run.
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+(?=>)")
#: The test of whole files counts columns as we do; the others give an offset in UTF-8.
_BIDIRECTIONAL = "B613"


class Options(msgspec.Struct, frozen=True):
    """The settings that change what bandit says of one file: part of the cache's key.

    `config` holds the plugins' own sections; `blacklist` replaces bandit's where an old-style
    profile brings its own.
    """

    config: dict[str, Any] = {}
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    blacklist: dict[str, Any] = {}
    ignore_nosec: bool = False
    debug: bool = False


class Choices(msgspec.Struct, frozen=True):
    """The settings for everything else: which files, which findings, which command.

    `excluded` are the paths of `--exclude` (a folder stands for all beneath it), `exclude_dirs`
    those of the config file (as they are). `notes` are bandit's warnings by settings file.
    """

    include: tuple[str, ...] = ("*.py", "*.pyw")
    excluded: tuple[str, ...] = ()
    exclude_dirs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    level: int = 1
    confidence: int = 1
    config_file: str = ""
    ini_file: str = ""
    baseline: tuple[BaselineKey, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


class Issue(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One of bandit's issues, its place as we count and its identity given."""

    rule: str
    name: str
    severity: str
    confidence: str
    cwe: int
    text: str
    line: int
    column: int
    end_line: int
    end_column: int
    symbol: str
    identity: str


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What bandit says of one file; `skipped` is why it read none of it, or empty.

    `at` is the line where Python stops reading such a file, or 0: bandit itself names none.
    `broken` says where and how each of its tests that broke on this file did so first.
    """

    issues: tuple[Issue, ...]
    metrics: dict[str, int]
    skipped: str
    broken: tuple[tuple[int, str], ...]
    urls: dict[str, str]
    at: int = 0


decode_options = msgspec.msgpack.Decoder(Options).decode
decode_choices = msgspec.msgpack.Decoder(Choices).decode
_decode_facts = msgspec.msgpack.Decoder(Facts).decode


def text_lines(content: bytes) -> list[str]:
    """Return the lines of `content` in the encoding that its cookie names."""
    try:
        content.decode()
    except UnicodeDecodeError:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            return split_lines(content.decode(encoding, "replace").encode())
        except (SyntaxError, LookupError):
            pass
    return split_lines(content)


def place(
    rule: str, line: int, span: Sequence[int], offsets: tuple[int, int], lines: Sequence[str]
) -> tuple[int, int, int, int]:
    """Return line, column, end line and end column for the place that bandit prints.

    `span` is its line_range, `offsets` its col_offset and end_col_offset. bandit gives a string
    the lines of the whole expression around it, so the end may be another's.
    """
    end_line = span[-1] if span else line
    left, right = offsets
    if rule == _BIDIRECTIONAL:
        return line, left, end_line, left + 1
    return line, _column(lines, line, left), end_line, _column(lines, end_line, right)


def _column(lines: Sequence[str], line: int, offset: int) -> int:
    """Return the 1-based column; an offset beyond the line's end stays as far beyond it."""
    text = lines[line - 1] if 1 <= line <= len(lines) else ""
    beyond = offset - len(text.encode("utf-8", "replace"))
    return code_point_column(text, max(0, offset)) + max(0, beyond)


def plain_text(text: str) -> str:
    """Return an issue's text without addresses, lone surrogates spelled out."""
    return _ADDRESS.sub("", text).encode("utf-8", "backslashreplace").decode()


class BanditConclusion:
    """Findings and counts by file, and the counts of all."""

    def __init__(self, choices: Choices) -> None:
        """Start without files."""
        self._choices = choices
        self._baseline = frozenset(choices.baseline)
        self._files: dict[str, tuple[Finding, ...]] = {}
        self._metrics: dict[str, Metric] = {}
        self._errors: dict[str, tuple[FileError, ...]] = {}
        self._totals: dict[str, float] = dict.fromkeys(_TOTALS, 0)

    def put(self, path: str, facts: bytes) -> None:
        """Take the facts of a new or changed file."""
        read = _decode_facts(facts)
        before = self._files.get(path)
        self.drop(path)
        findings = tuple(
            _finding(path, issue, read.urls[issue.rule])
            for issue in read.issues
            if self._shown(path, issue)
        )
        if findings:
            self._files[path] = before if before == findings else findings
        if read.metrics:
            self._metrics[path] = read.metrics
            self._count(read.metrics, 1)
        broken = [FileError(path, line, words) for line, words in read.broken]
        if read.skipped:
            broken.append(FileError(path, read.at, read.skipped))
        if broken:
            self._errors[path] = tuple(broken)

    def drop(self, path: str) -> None:
        """Forget a file."""
        self._files.pop(path, None)
        self._errors.pop(path, None)
        self._count(self._metrics.pop(path, {}), -1)

    def fail(self, path: str, message: str) -> None:
        """Note that a file could not be analysed."""
        self.drop(path)
        self._errors[path] = (FileError(path, 0, message),)

    def settle(self, most: int) -> bool:  # noqa: ARG002 - the interface's
        """Return False: every file was concluded as it was put."""
        return False

    def report(self) -> Concluded:
        """Return the findings as they stand."""
        notes = tuple(FileError(path, 0, words) for path, words in self._choices.notes)
        errors = (error for path in sorted(self._errors) for error in self._errors[path])
        return Concluded(
            files=dict(self._files),
            errors=(*notes, *errors),
            metric=dict(self._totals),
            file_metrics=dict(self._metrics),
        )

    def _count(self, metrics: Metric, sign: int) -> None:
        for name, count in metrics.items():
            self._totals[name] = self._totals.get(name, 0) + sign * count

    def _shown(self, path: str, issue: Issue) -> bool:
        """Whether bandit prints `issue` (`Issue.filter`, `manager.filter_results`)."""
        if RANKING.index(issue.severity) < self._choices.level - 1:
            return False
        if RANKING.index(issue.confidence) < self._choices.confidence - 1:
            return False
        ranks = (issue.severity, issue.cwe, issue.confidence)
        key = (issue.text, *ranks, f"./{path}", issue.name, issue.rule)
        return key not in self._baseline


def _finding(path: str, issue: Issue, url: str) -> Finding:
    return Finding(
        checker="bandit",
        rule=issue.rule,
        severity=SEVERITIES.get(issue.severity, "low"),
        path=path,
        line=issue.line,
        column=issue.column,
        end_line=issue.end_line,
        end_column=issue.end_column,
        message=issue.text,
        confidence=issue.confidence,
        symbol=issue.symbol,
        identity=issue.identity,
        name=issue.name,
        url=url,
    )

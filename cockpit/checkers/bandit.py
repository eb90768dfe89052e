"""bandit, near half: which files, what all facts say together, which command says the same.

Nothing here imports bandit (0.2 s): its own classes run in `bandit_far`, its settings are read in
`bandit_settings`, its words in `bandit_rules`, all of them only in a worker.
"""

import fnmatch
import importlib
import io
import json
import os
import re
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cockpit.checkers.cover import cover
from cockpit.checkers.interface import (
    Comparable,
    Completed,
    Concluded,
    Conclusion,
    RuleDoc,
    Settings,
    Source,
    code_point_column,
    split_lines,
)
from cockpit.checkers.tool import console_command, installed_version
from cockpit.errors import CheckerError
from cockpit.model import FileError, Finding, Metric, Severity

#: bandit's `constants.RANKING`, least first.
RANKING = ("UNDEFINED", "LOW", "MEDIUM", "HIGH")
_COUNTS = ("loc", "nosec", "skipped_tests")
_TOTALS = (*_COUNTS, *(f"{what}.{rank}" for rank in RANKING for what in ("SEVERITY", "CONFIDENCE")))
_SEVERITIES: Mapping[str, Severity] = {"HIGH": "high", "MEDIUM": "medium", "LOW": "low"}

#: What `baseline` compares: text, severity, CWE, confidence, file, test, test's id.
BaselineKey = tuple[str, str, int, str, str, str, str]

# B202 and B103 print the addresses of syntax nodes: another at every run.
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+(?=>)")
#: Why bandit's manager skips a file that it could open.
_REASONS = frozenset(("syntax error while parsing AST from file", "exception while scanning file"))
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

    `broken` says where and how each of its tests that broke on this file did so first.
    """

    issues: tuple[Issue, ...]
    metrics: dict[str, int]
    skipped: str
    broken: tuple[tuple[int, str], ...]
    urls: dict[str, str]


decode_options = msgspec.msgpack.Decoder(Options).decode
_decode_choices = msgspec.msgpack.Decoder(Choices).decode
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


class Bandit:
    """The checker; see `interface.FileChecker`."""

    name = "bandit"
    pane = "security"
    local = True
    dear = True

    def version(self) -> str:
        """Return the installed version of bandit; raise `CheckerError` where it is missing."""
        return installed_version("bandit")

    def resolve(self, root: Path, listing: Sequence[str]) -> Settings:
        """Far: read `.bandit` and `[tool.bandit]` as bandit's own command does."""
        settings: Settings = _far("settings").resolve(root, listing)
        return settings

    def analyse(self, source: Source, options: bytes) -> bytes:
        """Far: bandit's own answer about one file."""
        facts: bytes = _far("far").analyse(source, options)
        return facts

    def document(self, rule: str) -> RuleDoc:
        """Far: bandit's own words about one of its tests."""
        page: RuleDoc = _far("rules").document(rule)
        return page

    def select(self, root: Path, listing: Sequence[str], settings: Settings) -> list[str]:
        """Near: the files that `bandit -r` would read, were there no others."""
        return _Filter(root, _decode_choices(settings.conclude)).select(listing)

    def path_key(self, path: str, resolved: str, module: str) -> str:  # noqa: ARG002
        """Near: B101 and plugins of others may look at the file's name and its module's."""
        return f"{path}\0{module}"

    def conclusion(self, settings: Settings, root: Path) -> Conclusion:  # noqa: ARG002
        """Near: an empty conclusion for these settings."""
        return _Conclusion(_decode_choices(settings.conclude))

    def explain(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return bandit's command; its settings files are named, for it overlooks some itself."""
        return ("bandit", *_arguments(root, files, settings))

    def verifying(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return `explain`'s command, run by our own Python, with JSON on stdout."""
        bandit = console_command("bandit.cli.main")
        return (*bandit, *_arguments(root, files, settings), "-q", "-f", "json")

    def parse(self, root: Path, completed: Completed) -> Comparable:
        """Read the JSON of `verifying`."""
        words = completed.errors.decode("utf-8", "replace").strip()
        try:
            # Not msgspec: a file name that is not UTF-8 is a lone surrogate here.
            answer = json.loads(completed.output) if completed.code in (0, 1) else None
        except ValueError:
            answer = None
        if not answer:
            reason = words.splitlines()[-1].split("\t")[-1] if words else "it said nothing"
            raise CheckerError(
                f"bandit stopped with exit code {completed.code}: {reason}",
                "Run its command by hand to see more.",
                words,
            )
        return _theirs(root, answer)

    def comparable(self, concluded: Concluded) -> Comparable:
        """Return our findings and metrics as `parse` gives bandit's."""
        rows = [_row(finding) for path in concluded.files for finding in concluded.files[path]]
        rows += [_skip(x.path, x.message) for x in concluded.errors if x.message in _REASONS]
        metrics = _metric_rows({**concluded.file_metrics, "_totals": concluded.metric})
        return Comparable(tuple(sorted(rows)), metrics)


def _far(name: str) -> Any:
    """Import a module of the far half; what bandit's own imports warn of is bandit's to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(f"cockpit.checkers.bandit_{name}")


class _Filter:
    """bandit's own choice of files (`manager._is_file_included`) for paths below `root`."""

    def __init__(self, root: Path, choices: Choices) -> None:
        self._excluded = (*choices.exclude_dirs, *(_beneath(root, x) for x in choices.excluded))
        self._targets = choices.targets
        self._included = _matcher(choices.include)
        self._left_out = _matcher(self._excluded)

    def select(self, listing: Iterable[str]) -> list[str]:
        """Return those of `listing` that bandit reads, each called "./" and its path."""
        return [
            path
            for path in listing
            if self._targeted(path) and self.accepts(f"./{path}", named=path in self._targets)
        ]

    def accepts(self, name: str, *, named: bool = False) -> bool:
        """Whether bandit reads a file that it calls `name`; one `named` may be called anything."""
        normal = os.path.normcase(name)
        if not (named or self._included(normal)) or self._left_out(normal):
            return False
        return not any(part in name for part in self._excluded)

    def _targeted(self, path: str) -> bool:
        return not self._targets or any(
            target in (".", path) or path.startswith(f"{target}/") for target in self._targets
        )


def _beneath(root: Path, excluded: str) -> str:
    """Return the glob that bandit makes of one path of its `--exclude`."""
    is_folder = bool(excluded) and (root / excluded).is_dir()
    return os.path.join(excluded, "*") if is_folder else excluded  # noqa: PTH118 - as bandit does


def _matcher(globs: Iterable[str]) -> Callable[[str], object]:
    """Return a predicate: whether one of `globs` matches, as `fnmatch.fnmatch` has it."""
    patterns = [fnmatch.translate(os.path.normcase(glob)) for glob in globs]
    return re.compile("|".join(patterns)).match if patterns else lambda _name: None


def _arguments(root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
    choices = _decode_choices(settings.conclude)
    chooser = _Filter(root, choices)
    strays: list[str] = []

    def found(folder: str) -> list[str]:
        paths = list(_beneath_folder(root, folder))
        strays.extend(path for path in paths if path.rsplit("/", 1)[-1] == ".bandit")
        return [path for path in paths if chooser.accepts(f"./{path}")]

    targets = [_spelled(root, target, chooser) for target in cover(files, found)]
    # bandit takes up any `.bandit` below its targets, also one that belongs to no project.
    ini_file = choices.ini_file or (os.devnull if strays else "")
    return (
        *("-r", *targets),
        *(("-c", choices.config_file) if choices.config_file else ()),
        *(("--ini", ini_file) if ini_file else ()),
        *(("-" + "l" * (choices.level - 1),) if choices.level > 1 else ()),
        *(("-" + "i" * (choices.confidence - 1),) if choices.confidence > 1 else ()),
    )


def _beneath_folder(root: Path, folder: str) -> Iterator[str]:
    """Yield what bandit's walk meets, relative to the root; links to folders are not followed."""
    for where, _, names in os.walk(root / folder):
        relative = os.path.relpath(where, root).replace(os.sep, "/")
        yield from names if relative == "." else (f"{relative}/{name}" for name in names)


def _spelled(root: Path, target: str, chooser: _Filter) -> str:
    """Return `target` so that bandit calls the files "./path", as it does below "."."""
    if target == "." or target.startswith("./"):
        return target
    # bandit puts "./" before a file's name itself, but only after it looked at its excludes.
    is_folder = (root / target).is_dir()
    return f"./{target}" if is_folder or not chooser.accepts(target, named=True) else target


class _Conclusion:
    """Findings and counts by file, and the counts of all."""

    def __init__(self, choices: Choices) -> None:
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
            broken.append(FileError(path, 0, read.skipped))
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
        severity=_SEVERITIES.get(issue.severity, "low"),
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


def _row(finding: Finding) -> tuple[str | int | float, ...]:
    place_ = (finding.line, finding.column, finding.end_line, finding.end_column)
    words = (finding.rule, finding.message, finding.severity, finding.confidence)
    return (finding.path, *place_, *words, finding.name, finding.url)


def _skip(path: str, reason: str) -> tuple[str | int | float, ...]:
    return (path, 0, 0, 0, 0, "", reason)


def _theirs(root: Path, answer: dict[str, Any]) -> Comparable:
    """Return bandit's JSON as rows; what it skipped is a row too."""
    lines: dict[str, list[str]] = {}
    rows: list[tuple[str | int | float, ...]] = []
    for found in answer["results"]:
        path = _bare(found["filename"])
        if path not in lines:
            lines[path] = text_lines((root / path).read_bytes())
        offsets = (found["col_offset"], found["end_col_offset"])
        rule, span = found["test_id"], found["line_range"]
        where = place(rule, found["line_number"], span, offsets, lines[path])
        severity = _SEVERITIES.get(found["issue_severity"], "low")
        words = (rule, plain_text(found["issue_text"]), severity, found["issue_confidence"])
        rows.append((path, *where, *words, found["test_name"], found["more_info"]))
    errors = [(_bare(error["filename"]), error["reason"]) for error in answer["errors"]]
    rows += [_skip(path, reason) for path, reason in errors if reason in _REASONS]
    metrics = {_bare(name): counts for name, counts in answer["metrics"].items()}
    return Comparable(tuple(sorted(rows)), _metric_rows(metrics))


def _bare(name: str) -> str:
    return re.sub(r"^(\./)+", "", name)


def _metric_rows(metrics: Mapping[str, Metric]) -> tuple[tuple[str | int | float, ...], ...]:
    return tuple(sorted((where, *one) for where, m in metrics.items() for one in m.items()))


CHECKER = Bandit()

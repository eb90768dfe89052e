"""bandit, near half: which files, what all facts say together, which command says the same.

Nothing here imports bandit (0.2 s): its own classes run in `bandit_far`, its settings are read in
`bandit_settings`, its words in `bandit_rules`, all of them only in a worker.
"""

import fnmatch
import importlib
import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cockpit.checkers.bandit_facts import (
    SEVERITIES,
    BanditConclusion,
    Choices,
    decode_choices,
    place,
    plain_text,
    text_lines,
)
from cockpit.checkers.cover import cover
from cockpit.checkers.interface import (
    Comparable,
    Completed,
    Concluded,
    Conclusion,
    RuleDoc,
    Settings,
    Source,
)
from cockpit.checkers.tool import console_command, installed_version
from cockpit.errors import CheckerError
from cockpit.model import Finding, Metric

#: Why bandit's manager skips a file that it could open.
_REASONS = frozenset(("syntax error while parsing AST from file", "exception while scanning file"))


class Bandit:
    """The checker; see `interface.FileChecker`."""

    name = "bandit"
    pane = "security"
    local = True
    fragile = False
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
        return _Filter(root, decode_choices(settings.conclude)).select(listing)

    def path_key(self, path: str, resolved: str, module: str) -> str:  # noqa: ARG002
        """Near: B101 and plugins of others may look at the file's name and its module's."""
        return f"{path}\0{module}"

    def conclusion(self, settings: Settings, root: Path) -> Conclusion:  # noqa: ARG002
        """Near: an empty conclusion for these settings."""
        return BanditConclusion(decode_choices(settings.conclude))

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
        metrics = _metric_rows({**concluded.file_metrics, "_totals": concluded.metric})
        errors = ((error.path, error.message) for error in concluded.errors)
        return Comparable(tuple(sorted(rows)), metrics, _skipped(errors))


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
    choices = decode_choices(settings.conclude)
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


def _row(finding: Finding) -> tuple[str | int | float, ...]:
    place_ = (finding.line, finding.column, finding.end_line, finding.end_column)
    words = (finding.rule, finding.message, finding.severity, finding.confidence)
    return (finding.path, *place_, *words, finding.name, finding.url)


def _skipped(errors: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return those of `errors` (path and reason) that are a file which bandit read nothing of."""
    return tuple(sorted(error for error in errors if error[1] in _REASONS))


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
        severity = SEVERITIES.get(found["issue_severity"], "low")
        words = (rule, plain_text(found["issue_text"]), severity, found["issue_confidence"])
        rows.append((path, *where, *words, found["test_name"], found["more_info"]))
    errors = ((_bare(error["filename"]), error["reason"]) for error in answer["errors"])
    metrics = {_bare(name): counts for name, counts in answer["metrics"].items()}
    return Comparable(tuple(sorted(rows)), _metric_rows(metrics), _skipped(errors))


def _bare(name: str) -> str:
    return re.sub(r"^(\./)+", "", name)


def _metric_rows(metrics: Mapping[str, Metric]) -> tuple[tuple[str | int | float, ...], ...]:
    return tuple(sorted((where, *one) for where, m in metrics.items() for one in m.items()))


CHECKER = Bandit()

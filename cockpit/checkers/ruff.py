"""ruff: its own command, on the saved files or the whole tree, read line by line; never a fix.

Nothing here starts a process: it says what to run and reads what came of it.
"""

import functools
import importlib
import itertools
import os
import re
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

import msgspec

from cockpit.checkers.interface import (
    CommandConclusion,
    Comparable,
    Completed,
    Concluded,
    RuleDoc,
    Settings,
)
from cockpit.checkers.ruff_facts import Diagnostic, RuffConclusion, decode_line
from cockpit.errors import CheckerError
from cockpit.model import Finding
from cockpit.scan import read_regular

#: A project's settings may ask for fixes, or for nothing but fixes: cockpit only ever looks.
_READ_ONLY = ("--no-fix", "--no-fix-only")
_CAUSE = "Cause: "
#: How many of the causes are told of: what is wrong, and with which file.
_CAUSES = 2
_MARGIN = re.compile(r"\s*\d*\s*\|")
_IGNORE_FILES = frozenset((".gitignore", ".ignore"))


class _Options(msgspec.Struct, frozen=True):
    security: bool
    exclude: tuple[str, ...] = ()
    program: str = ""


class _Rule(msgspec.Struct, frozen=True):
    name: str
    code: str | None = None
    explanation: str = ""
    fix: str = ""


_decode_rule = msgspec.json.Decoder(_Rule).decode
_decode_options = msgspec.msgpack.Decoder(_Options).decode


class Ruff:
    """The checker; see `interface.CommandChecker`."""

    name = "ruff"
    pane = "lint"
    settings_names = ("pyproject.toml", "ruff.toml", ".ruff.toml")

    def version(self) -> str:
        """Return the installed version of ruff; raise `CheckerError` where it is missing."""
        binary()
        try:
            return version("ruff")
        except PackageNotFoundError:
            return "of unknown version"  # a ruff of the system's, which has no metadata

    def settings(
        self, *, security: bool = True, exclude: Sequence[str] = (), program: str = ""
    ) -> Settings:
        """Return the settings of a run: whose ruff, with S rules or not, what it passes over."""
        options = _Options(security, tuple(exclude), program)
        return Settings(conclude=msgspec.msgpack.encode(options))

    def version_command(self, root: Path, settings: Settings) -> tuple[str, ...]:
        """Return the command that prints the version of a project's own ruff; else nothing."""
        own = _decode_options(settings.conclude).program
        return (_program(root, settings), "--version") if own else ()

    def read_version(self, completed: Completed) -> str:
        """Return the version in "ruff 0.15.0"."""
        words = completed.output.decode("utf-8", "replace").split()
        if completed.code or len(words) < 2 or words[0] != "ruff":
            raise CheckerError(
                "the project's own ruff does not say its version",
                "Reinstall it, or `cockpit trust --revoke` this project.",
                completed.errors.decode("utf-8", "replace").strip(),
            )
        return words[1]

    def run(
        self,
        root: Path,
        paths: Sequence[str] | None,
        settings: Settings,
    ) -> tuple[str, ...]:
        """Return the command that prints a diagnostic a line."""
        return (
            *_checking(root, settings),
            *_targets(paths and [*paths, *_outer_packages(root, paths)]),
        )

    def run_on_text(self, root: Path, path: str, settings: Settings) -> tuple[str, ...]:
        """Return the command that checks its standard input as if it were the file `path`.

        That is an absolute path: of a relative one ruff does not see that it lies in its `src`.
        """
        return (*_checking(root, settings), "--stdin-filename", path, "-")

    def read(self, root: Path, line: bytes) -> tuple[str, Diagnostic] | None:
        """Return the path and the diagnostic of one line of output."""
        if not line.strip():
            return None
        try:
            diagnostic = decode_line(line)
        except msgspec.DecodeError as error:
            raise CheckerError(
                f"ruff printed what is not a diagnostic ({error})",
                "Install the ruff that cockpit asks for.",
                line[:2000].decode("utf-8", "replace"),
            ) from error
        return _relative(root, diagnostic.filename), diagnostic

    def finish(self, completed: Completed, *, whole: bool) -> None:
        """Raise `CheckerError` where ruff broke, or read no file of the whole tree."""
        words = completed.errors.decode("utf-8", "replace").strip()
        if completed.code not in (0, 1):
            raise CheckerError(
                f"ruff stopped: {_reason(words) or f'exit code {completed.code}, without a word'}",
                "Mend ruff's settings if it names them; else run its command by hand.",
                words,
            )
        if whole and "No Python files found" in words:
            raise CheckerError(
                "ruff read no file: there is no Python file among what it was asked about",
                "See `include`, `exclude`, .gitignore; `ruff check --show-files` lists the files.",
                words,
            )

    def has_own_settings(self, root: Path) -> bool:
        """Whether the settings of `root` are its own, or nobody's in the folders above either."""
        if any(_has_settings(root / name) for name in self.settings_names):
            return True
        return not any(
            _has_settings(above / name) for above in root.parents for name in self.settings_names
        )

    def settles(self, path: str) -> bool:
        """Whether `path` holds settings: any TOML may be named by `extend`."""
        name = path.rsplit("/", 1)[-1]
        return name.endswith(".toml") or name in _IGNORE_FILES

    def listing(
        self,
        root: Path,
        paths: Sequence[str] | None,
        settings: Settings,
    ) -> tuple[str, ...]:
        """Return the command that names the files that ruff reads, one a line."""
        return (
            *(_program(root, settings), "check", *_selection(settings), *_READ_ONLY),
            *("--no-cache", "--force-exclude", "--show-files", *_targets(paths)),
        )

    def listed(self, root: Path, completed: Completed) -> frozenset[str]:
        """Return the files that ruff reads."""
        self.finish(completed, whole=False)
        lines = completed.output.decode("utf-8", "replace").splitlines()
        return frozenset(_relative(root, line) for line in lines)

    def document_command(self, root: Path, rule: str, settings: Settings) -> tuple[str, ...]:
        """Return the command that prints a rule's page as JSON."""
        return (_program(root, settings), "rule", "--output-format", "json", "--", rule)

    def read_document(self, completed: Completed) -> RuleDoc:
        """Return a rule's page."""
        try:
            rule = _decode_rule(completed.output)
        except msgspec.DecodeError as error:
            words = completed.errors.decode("utf-8", "replace").strip()
            raise CheckerError("ruff has no page about this rule", words=words) from error
        text = f"{rule.explanation.rstrip()}\n\n{rule.fix}".strip()
        url = f"https://docs.astral.sh/ruff/rules/{rule.name}"
        return RuleDoc(rule.code or rule.name, rule.name, text, url)

    def explain(
        self,
        root: Path,  # noqa: ARG002 - the interface's
        files: Sequence[str],
        settings: Settings,
    ) -> tuple[str, ...]:
        """Return ruff's command; `files` are those the user named, none for the whole tree."""
        paths = _targets(files) if files else ()
        program = _decode_options(settings.conclude).program or "ruff"
        return (program, "check", *_selection(settings), *_READ_ONLY, *paths)

    def verifying(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return `explain`'s command without ruff's cache, which may be stale."""
        return self.run(root, files or None, settings)

    def parse(self, root: Path, completed: Completed) -> Comparable:
        """Read the output of `verifying`."""
        self.finish(completed, whole=False)
        read = (self.read(root, line) for line in completed.output.split(b"\n"))
        return Comparable(tuple(sorted(_row(*pair) for pair in read if pair)))

    def comparable(self, concluded: Concluded) -> Comparable:
        """Return our findings as ruff prints them."""
        found = (finding for findings in concluded.files.values() for finding in findings)
        # What ruff itself cannot read is a finding, E902; the others only we could not read.
        unread = ((x.path, x.message) for x in concluded.errors if x.path not in concluded.files)
        return Comparable(tuple(sorted(map(_row_of, found))), unread=tuple(sorted(unread)))

    def conclusion(
        self,
        settings: Settings,  # noqa: ARG002 - the interface's
        root: Path,  # noqa: ARG002
    ) -> CommandConclusion:
        """Return an empty conclusion; ruff's own command has already chosen the rules."""
        return RuffConclusion()


Row = tuple[str, int, int, int, int, str, str, str, str, bool]


def _has_settings(file: Path) -> bool:
    try:
        content = read_regular(str(file))
    except (OSError, ValueError):
        return False
    return file.name != "pyproject.toml" or b"[tool.ruff" in content


def _row(path: str, item: Diagnostic) -> Row:
    start, end = item.location, item.end_location
    place = (path, start.row, start.column, end.row, end.column)
    return (*place, item.rule, item.name, item.words, item.url or "", item.fixable)


def _row_of(finding: Finding) -> Row:
    place = (finding.path, finding.line, finding.column, finding.end_line, finding.end_column)
    return (*place, finding.rule, finding.name, finding.message, finding.url, finding.fixable)


def _program(root: Path, settings: Settings) -> str:
    """Return the ruff to run: the trusted project's own, or cockpit's."""
    own = _decode_options(settings.conclude).program
    return str(root / own) if own else binary()


def _checking(root: Path, settings: Settings) -> tuple[str, ...]:
    """Return the command that prints a diagnostic a line, but for what it is to check."""
    return (
        *(_program(root, settings), "check", *_selection(settings)),
        *(*_READ_ONLY, "--no-show-fixes"),
        *("--no-cache", "--force-exclude", "--output-format", "json-lines"),
    )


def _selection(settings: Settings) -> tuple[str, ...]:
    """Return the options that say which rules and which files, on top of the project's own."""
    options = _decode_options(settings.conclude)
    patterns = (pattern.rstrip("/").removeprefix("./") for pattern in options.exclude)
    # Braces and commas mean something to ruff that they do not mean to cockpit.
    excluded = (re.sub(r"([{}])|,", lambda m: f"[{m[1]}]" if m[1] else "?", p) for p in patterns)
    security = ("--extend-select", "S") if options.security else ()
    return (*security, *(word for one in excluded for word in ("--extend-exclude", one)))


def _targets(paths: Sequence[str] | None) -> tuple[str, ...]:
    # "./": ruff reads the arguments in a file for "@file", and standard input for "-".
    return ("--", ".") if paths is None else ("--", *(f"./{path}" for path in paths))


def _outer_packages(root: Path, paths: Sequence[str]) -> list[str]:
    """Return the packages to name beside `paths`, for INP001 tells of one nested in another.

    It does so only where a folder between the two is no package: hardly ever.
    """
    outer: set[str] = set()
    for path in paths:
        folders = list(PurePosixPath(path).parents)[1:-1] if path.endswith("/__init__.py") else []
        packages = [(root / folder / "__init__.py").is_file() for folder in folders]
        if False in packages:
            above = zip(folders, packages, strict=True)
            outer.update(f"{folder}/__init__.py" for folder, is_package in above if is_package)
    return sorted(outer.difference(paths))


def _reason(words: str) -> str:
    """Return in ruff's own words what was wrong, the innermost cause first.

    ruff prints a chain of causes, a line each. Its last may be a place in TOML: a line that says
    where, an excerpt with a margin, and only then what is wrong.
    """
    lines = [line.strip() for line in words.splitlines() if not _MARGIN.match(line)]
    starts = [n for n, line in enumerate(lines) if line.startswith(_CAUSE)]
    if not starts:
        return next(filter(None, lines), "")
    said: list[str] = []
    for start, end in reversed([*itertools.pairwise([*starts, len(lines)])][-_CAUSES:]):
        place, *rest = filter(None, lines[start:end])
        said += [*rest, place.removeprefix(_CAUSE)]
    return "; ".join(said)


@functools.lru_cache(maxsize=8)
def _prefixes(root: Path) -> tuple[str, ...]:
    # ruff prints absolute paths below the folder it runs in, the links on the way followed.
    return tuple(folder.rstrip(os.sep) + os.sep for folder in (os.path.realpath(root), str(root)))


def _relative(root: Path, filename: str) -> str:
    for prefix in _prefixes(root):
        if filename.startswith(prefix):
            relative = filename[len(prefix) :].replace(os.sep, "/")
            return _as_named(root, relative) if "\ufffd" in relative else relative
    return filename


def _as_named(root: Path, lossy: str) -> str:
    """Return the path that ruff means by `lossy`, where it spells what is not UTF-8 as U+FFFD."""
    folder, named = root, []
    for part in lossy.split("/"):
        if "\ufffd" in part and folder.is_dir():
            names = sorted(entry.name for entry in folder.iterdir())
            named.append(next((name for name in names if _lossy(name) == part), part))
        else:
            named.append(part)
        folder = folder / named[-1]
    return "/".join(named)


def _lossy(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


@functools.cache
def binary() -> str:
    """Return ruff's program: the one installed beside cockpit, else the first on PATH.

    Raises `CheckerError` naming the places where it is not.
    """
    words = ""
    try:
        return str(importlib.import_module("ruff").find_ruff_bin())
    except ImportError:
        words = "There is no Python package ruff beside cockpit."
    except FileNotFoundError as error:
        words = str(error)
    beside = shutil.which("ruff", path=os.path.dirname(sys.executable))  # noqa: PTH120
    found = beside or shutil.which("ruff")
    if found and os.path.isabs(found):  # noqa: PTH117 - one in the project's folder is not ours
        return found
    raise CheckerError("ruff is not installed", "`pip install ruff` where cockpit is.", words)


CHECKER = Ruff()

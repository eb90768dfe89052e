"""Dead code, by vulture: the near half, which knows vulture's files and commands.

vulture's own code runs in `vulture_far`; what all files say together is in `vulture_facts`.
"""

import fnmatch
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from cockpit.checkers.cover import cover
from cockpit.checkers.interface import (
    Comparable,
    Completed,
    Concluded,
    RuleDoc,
    Settings,
    Source,
)
from cockpit.checkers.tool import console_command, demand_answer, installed_version, printed
from cockpit.checkers.vulture_facts import UNREAD, FactOptions, Options, VultureConclusion
from cockpit.errors import CheckerError

_ROW = re.compile(
    r"(?P<path>.+?):(?P<line>\d+): "
    r"(?P<message>(?:unused|unreachable|unsatisfiable|redundant) [^\n]*?)"
    r" \((?P<confidence>\d+)% confidence, (?P<size>\d+) lines?\)\n",
    re.DOTALL,
)
_UNREAD = re.compile(
    r"^Error: Could not read file (.+?) - [^\n]*\nTry to change the encoding to UTF-8\.\n",
    re.DOTALL | re.MULTILINE,
)

_options = msgspec.msgpack.Decoder(Options).decode
_fact_options = msgspec.msgpack.Decoder(FactOptions).decode


class Place:
    """Where a file lies, as vulture asks for it; it has links followed for every test class."""

    def __init__(self, name: str, resolved: str) -> None:
        """Take the file's own name, and its path with links followed."""
        self.name = name
        #: What Python reads a faulty line from; by default no file, for the path is nobody's
        #: business and the name may be another file's in the worker's folder.
        self.shown = ""
        self._resolved = resolved

    def resolve(self) -> str:
        """Return the path with links followed."""
        return self._resolved

    def __str__(self) -> str:
        """Return the file that Python may open."""
        return self.shown


def excluded(path: str, patterns: Iterable[str]) -> bool:
    """Whether vulture leaves out the absolute `path` for one of its exclude `patterns`."""
    return any(
        fnmatch.fnmatch(path, pattern if any(c in pattern for c in "*?[") else f"*{pattern}*")
        for pattern in patterns
    )


class Vulture:
    """vulture as a `FileChecker`."""

    name = "vulture"
    pane = "dead"
    local = False
    fragile = False
    dear = False

    def version(self) -> str:
        """Return the installed version of vulture."""
        return installed_version("vulture")

    def resolve(self, root: Path, listing: Sequence[str]) -> Settings:  # noqa: ARG002
        """Far: read `[tool.vulture]` of `root`."""
        from cockpit.checkers import vulture_far

        options, rest = vulture_far.resolve(root)
        encode = msgspec.msgpack.encode
        return Settings(encode(options), encode(rest), ("pyproject.toml",), rest.paths)

    def analyse(self, source: Source, options: bytes) -> bytes:
        """Far: what one file defines and uses."""
        from cockpit.checkers import vulture_far

        return msgspec.msgpack.encode(vulture_far.scan(source, _fact_options(options)))

    def document(self, rule: str) -> RuleDoc:
        """Far: what vulture's own documentation says of a kind of dead code."""
        from cockpit.checkers import vulture_far

        return vulture_far.document(rule)

    def select(self, root: Path, listing: Sequence[str], settings: Settings) -> list[str]:
        """Return the Python files below vulture's `paths`, plus the files that these name."""
        options = _options(settings.conclude)
        base = str(root.resolve())
        chosen = [path for path in listing if path.endswith(".py")]
        if options.paths:
            named, folders = _given(base, options.paths)
            beneath = [path for path in chosen if path.startswith(folders)]
            chosen = list(dict.fromkeys([*beneath, *named]))
        return [path for path in chosen if not excluded(_absolute(base, path), options.exclude)]

    def path_key(self, path: str, resolved: str, module: str) -> str:  # noqa: ARG002
        """Return whether vulture takes the file for a package's own, and for a test."""
        # 25 ms once: not before somebody opens a project.
        from vulture.core import _is_test_file

        name = path.rsplit("/", 1)[-1]
        test = _is_test_file(Place(name, resolved))
        return f"{'package' if name == '__init__.py' else ''}{'+test' if test else ''}"

    def conclusion(self, settings: Settings, root: Path) -> VultureConclusion:  # noqa: ARG002
        """Return an empty conclusion."""
        return VultureConclusion(_options(settings.conclude))

    def explain(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return the command whose findings are ours."""
        return ("vulture", *_targets(root, files, _options(settings.conclude)))

    def verifying(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return the command that prints every finding, its size as well, for `parse`."""
        options = _options(settings.conclude)
        command = (*console_command("vulture.core"), "--sort-by-size")
        if options.make_whitelist or options.verbose:
            # No flag takes these two back, so everything is said in flags, without the file.
            flags = _flags(options, _fact_options(settings.facts))
            return (*command, *flags, *_cover(root, files, options))
        return (*command, *_targets(root, files, options))

    def parse(self, root: Path, completed: Completed) -> Comparable:
        """Read vulture's lines: path, line, message, confidence, size; and those of its errors."""
        demand_answer("vulture", completed, (0, 1, 3))
        base = str(root.resolve())
        rows = [
            (
                _relative(base, match["path"]),
                int(match["line"]),
                match["message"],
                int(match["confidence"]),
                int(match["size"]),
            )
            for match in _ROW.finditer(printed(completed.output))
        ]
        errors = _errors(base, printed(completed.errors))
        return Comparable(tuple(sorted(rows)), unread=tuple(errors))

    def comparable(self, concluded: Concluded) -> Comparable:
        """Return our findings as `parse` returns vulture's."""
        rows = sorted(
            (
                finding.path,
                finding.line,
                finding.message,
                int(finding.confidence.rstrip("%")),
                finding.end_line - finding.line + 1,
            )
            for findings in concluded.files.values()
            for finding in findings
        )
        errors = sorted(
            ("error", error.path, 0, UNREAD)
            if error.message.startswith(UNREAD)
            else ("error", error.path, error.line, error.message)
            for error in concluded.errors
        )
        return Comparable(tuple(rows), unread=tuple(errors))


def _given(base: str, paths: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the files that `paths` name, and the beginnings of whatever lies in its folders."""
    places = [Path(base, path).resolve() for path in paths]
    named = [_relative(base, str(place)) for place in places if place.is_file()]
    folders = [place for place in places if place.is_dir()]
    if any(Path(base).is_relative_to(folder) for folder in folders):
        return named, ("",)
    return named, tuple(f"{_relative(base, str(folder))}/" for folder in folders)


def _absolute(base: str, path: str) -> str:
    return os.path.normpath(f"{base}/{path}") if path.startswith("../") else f"{base}/{path}"


def _relative(base: str, path: str) -> str:
    """Return `path` as our findings name it; vulture prints absolute ones outside the root."""
    if not path.startswith("/"):
        return path
    beneath = f"{base}/"
    return path.removeprefix(beneath) if path.startswith(beneath) else os.path.relpath(path, base)


def _targets(root: Path, files: Sequence[str], options: Options) -> list[str]:
    """Return what to name on vulture's command line: nothing where its `paths` say it all."""
    if options.paths and _found(root, options.paths, options) == sorted(files):
        return []
    return _cover(root, files, options)


def _cover(root: Path, files: Sequence[str], options: Options) -> list[str]:
    return cover(files, lambda folder: _found(root, [folder], options))


def _found(root: Path, paths: Iterable[str], options: Options) -> list[str]:
    """Return what vulture itself would look at, given `paths`; sorted, repetitions kept."""
    from vulture.utils import get_modules

    base = root.resolve()
    try:
        modules = [str(module) for module in get_modules([base / path for path in paths])]
    except SystemExit:  # its way to say that a path is gone
        return []
    kept = (module for module in modules if not excluded(module, options.exclude))
    return sorted(_relative(str(base), module) for module in kept)


def _flags(options: Options, facts: FactOptions) -> list[str]:
    """Say on the command line what the settings file says, but for what changes the format."""
    flags = [f"--config={os.devnull}", f"--min-confidence={options.min_confidence}"]
    for name, patterns in (
        ("exclude", options.exclude),
        ("ignore-names", facts.ignore_names),
        ("ignore-decorators", facts.ignore_decorators),
    ):
        if any("," in pattern for pattern in patterns):
            raise CheckerError(
                f"vulture's command cannot be given a pattern with a comma, as {name} has",
                "Take make_whitelist and verbose out of [tool.vulture], and verify again.",
            )
        if patterns:
            flags.append(f"--{name}={','.join(patterns)}")
    return flags


def _errors(base: str, text: str) -> list[tuple[str, str, int, str]]:
    """Read vulture's stderr: which files it could not read, and why."""
    found = [("error", _relative(base, path), 0, UNREAD) for path in _UNREAD.findall(text)]
    for paragraph in _paragraphs(base, _UNREAD.sub("", text)):
        path = _leading_path(base, paragraph)
        number, _, message = paragraph[len(path) + 1 :].partition(": ")
        if number.isdigit():
            found.append(("error", _relative(base, path), int(number), message))
        else:  # "None" where Python knows no line, nothing where vulture asks for none
            words = message if number == "None" else paragraph[len(path) + 2 :]
            found.append(("error", _relative(base, path), 0, words))
    return sorted(found)


def _paragraphs(base: str, text: str) -> list[str]:
    """Split `text` where a line begins with a file; a quoted line of code may have several."""
    found: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        if _leading_path(base, line):
            found.append(line)
        elif found:
            found[-1] += f"\n{line}"
    return found


def _leading_path(base: str, line: str) -> str:
    """Return the longest beginning of `line`, up to a colon, that is a file."""
    ends = [match.start() for match in re.finditer(":", line)]
    return next((line[:end] for end in reversed(ends) if Path(base, line[:end]).is_file()), "")


CHECKER = Vulture()

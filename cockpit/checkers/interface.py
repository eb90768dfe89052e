"""What a checker is: content in, facts out; all facts in, findings out.

A `FileChecker` has two halves. The *far* half (`resolve`, `analyse`, `document`) uses the tool's
own classes and runs in a worker process, which may stand on another machine: it gets bytes and
gives bytes. The *near* half (`select`, `path_key`, `conclusion`, `command`) runs in the engine's
process and never imports a tool that is slow to import.
"""

import ast
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec

from cockpit.layout import head
from cockpit.model import FileError, FilesToFindings, Finding, Metric
from cockpit.outline import Scope, outline
from cockpit.process import Completed


class Source(msgspec.Struct, frozen=True, dict=True):
    """One file as the far half sees it.

    `path` (relative to the root, POSIX) and `resolved` (absolute, links followed) are bytes, for
    a file name need not be UTF-8. `module` is the dotted name that the packages around the file
    give it.
    """

    path: bytes
    resolved: bytes
    module: str
    content: bytes

    @functools.cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, or None where there is none; cockpit's own, for the outline."""
        try:
            return ast.parse(self.content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @functools.cached_property
    def scopes(self) -> list[Scope]:
        """The outline of the file; empty where it does not parse."""
        return outline(self.tree) if self.tree else []

    @functools.cached_property
    def lines(self) -> list[str]:
        """The source text by line, bytes that are not UTF-8 replaced; index 0 is line 1."""
        return split_lines(self.content)


def split_lines(content: bytes) -> list[str]:
    """Return the lines of `content` as Python counts them (LF, CRLF and CR end one)."""
    text = content.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def code_point_column(line: str, offset: int) -> int:
    """Return the 1-based column in code points for a 0-based `offset` in UTF-8 bytes."""
    return len(line.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore")) + 1


def excerpt(lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return the source between two places (line, column; 1-based, the end excluded).

    This is the text that goes into an identity: of a statement with a body without it, for it may
    change without the statement. It is empty where the places are not in `lines`.
    """
    (first, left), (last, right) = start, end
    if not 1 <= first <= len(lines):
        return ""
    part = list(lines[first - 1 : last])
    part[-1] = part[-1][: right - 1]
    part[0] = part[0][left - 1 :]
    return head("\n".join(part))


class Settings(msgspec.Struct, frozen=True):
    """A tool's own settings, read by the tool's own code.

    `facts` holds the options that change what `analyse` says (they are part of the cache's key),
    `conclude` the options for everything else; each is msgpack, and only its checker reads it.
    `sources` names the files they came from, relative to the root where below it: a change in
    one of them means to resolve again. `places` are files and folders that the settings name, as
    they name them: one that goes, or comes back, means to resolve again too.
    """

    facts: bytes = b""
    conclude: bytes = b""
    sources: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


class Concluded(msgspec.Struct, frozen=True):
    """What a conclusion says of the whole project; the fields are those of `model.Report`."""

    files: FilesToFindings
    errors: tuple[FileError, ...] = ()
    metric: Metric = {}
    file_metrics: Mapping[str, Metric] = {}
    failing: bool = True


class Conclusion(Protocol):
    """All facts of one checker, kept current: every `put` or `drop` costs what it changes."""

    def put(self, path: str, facts: bytes) -> None:
        """Take the facts of a new or changed file."""

    def drop(self, path: str) -> None:
        """Forget a file; one never put is no error."""

    def fail(self, path: str, message: str) -> None:
        """Note that `path` could not be analysed; a later `put` or `drop` takes it back."""

    def settle(self, most: int) -> bool:
        """Do what the next `report` has to do for at most so many files; return if more is left.

        The first report of a large project would hold the event loop too long in one piece.
        """

    def report(self) -> Concluded:
        """Return the findings of the whole project as it stands."""


class Comparable(msgspec.Struct, frozen=True):
    """What `--verify` compares, as the tool itself prints it: a row a finding, a metric, a file.

    `unread` are the files that the tool could not read, where its output tells of them.
    """

    rows: tuple[tuple[str | int | float, ...], ...]
    metrics: tuple[tuple[str | int | float, ...], ...] = ()
    unread: tuple[tuple[str | int | float, ...], ...] = ()


class RuleDoc(msgspec.Struct, frozen=True):
    """A rule in its tool's own words; `text` is Markdown."""

    rule: str
    name: str
    text: str
    url: str = ""


class Checker(Protocol):
    """What every checker has."""

    name: str
    #: The pane that shows a finding of this checker: "lint", "dead", "docs" or "security".
    pane: str

    def version(self) -> str:
        """Return the installed version of the tool; raise `CheckerError` where it is missing."""

    def explain(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return the tool's own command, run in `root`, that gives these very findings."""

    def verifying(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return `explain`'s command in the form whose output `parse` reads; it writes nothing."""

    def parse(self, root: Path, completed: Completed) -> Comparable:
        """Read the output of `verifying`; raise `CheckerError` where the tool broke."""

    def comparable(self, concluded: Concluded) -> Comparable:
        """Return our own findings in the form that `parse` gives the tool's."""


@runtime_checkable
class FileChecker(Checker, Protocol):
    """A tool whose answer is made of facts about single files.

    `local` says whether the findings of a file depend on that file alone, `dear` whether it takes
    about as long as all the others together (it then gets a worker of its own for a lone file),
    `fragile` whether its command gives no answer at all where it cannot read one file.
    """

    local: bool
    dear: bool
    fragile: bool

    def resolve(self, root: Path, listing: Sequence[str]) -> Settings:
        """Far: read the tool's settings as the tool itself does in `root`.

        `listing` names every file of the project. Raises `CheckerError` with the tool's words.
        """

    def analyse(self, source: Source, options: bytes) -> bytes:
        """Far: the facts of one file. Whatever the tool raises is raised here."""

    def document(self, rule: str) -> RuleDoc:
        """Far: the tool's own words about one of its rules."""

    def select(self, root: Path, listing: Sequence[str], settings: Settings) -> list[str]:
        """Near: the files of `listing` that the tool looks at."""

    def path_key(self, path: str, resolved: str, module: str) -> str:
        """Near: all that `analyse` reads from a file's place, for the cache's key."""

    def conclusion(self, settings: Settings, root: Path) -> Conclusion:
        """Near: an empty conclusion for these settings."""


class CommandConclusion(Protocol):
    """All diagnostics of one command checker by file, kept current."""

    def put(
        self, path: str, diagnostics: Sequence[Any], lines: Sequence[str], scopes: list[Scope]
    ) -> None:
        """Take all that the command says of one file; no diagnostics forget it.

        `lines` is its text as `split_lines` gives it and `scopes` its outline; both may be empty
        where the file cannot be read.
        """

    def fail(self, path: str, message: str) -> None:
        """Note that the command cannot read `path`; a later `put` or `drop` takes it back."""

    def drop(self, path: str) -> None:
        """Forget a file; one never put is no error."""

    def paths(self) -> frozenset[str]:
        """Return the paths that have diagnostics, or that failed."""

    def report(self) -> Concluded:
        """Return the findings as they stand."""


@runtime_checkable
class CommandChecker(Checker, Protocol):
    """A tool that is run as its own command, on some files or on the whole tree.

    What `read` gives, only the same checker's conclusion reads. Its child's environment is
    `process.clean_env()`: variables may change what the tool says, or where it writes.
    """

    def settings(
        self, *, security: bool = True, exclude: Sequence[str] = (), program: str = ""
    ) -> Settings:
        """Return the settings of a run; the project's own are left to the tool to find.

        `exclude` holds patterns in cockpit's own form (`project.Excludes`). `program` is the tool
        of a trusted project's own, relative to its root; else cockpit's is run.
        """

    def version_command(self, root: Path, settings: Settings) -> tuple[str, ...]:
        """Return the command that prints the version of a project's own tool; else nothing."""

    def read_version(self, completed: Completed) -> str:
        """Read the output of `version_command`; raise `CheckerError` where it has none."""

    def run(self, root: Path, paths: Sequence[str] | None, settings: Settings) -> tuple[str, ...]:
        """Return the command that checks `paths`, or the whole tree where None; it only reads."""

    def run_on_text(self, root: Path, path: str, settings: Settings) -> tuple[str, ...]:
        """Return the command that checks its standard input as if it were the file `path`.

        That is an absolute path.
        """

    def read(self, root: Path, line: bytes) -> tuple[str, Any] | None:
        """Return the path and the diagnostic in one `line` of the output of `run`, if it has one.

        Raises `CheckerError` for a line that the tool cannot have meant.
        """

    def finish(self, completed: Completed, *, whole: bool) -> None:
        """Judge a finished `run`; raise `CheckerError` with the tool's words where it broke.

        A run of the `whole` tree that read no file at all gave no answer either.
        """

    #: What files of settings are called that hold for the folder they lie in.
    settings_names: tuple[str, ...]

    def has_own_settings(self, root: Path) -> bool:
        """Whether no settings above `root` hold for it: a copy of its own says all."""

    def settles(self, path: str) -> bool:
        """Whether a change of `path` can change what the tool says of other files."""

    def listing(
        self, root: Path, paths: Sequence[str] | None, settings: Settings
    ) -> tuple[str, ...]:
        """Return the command that names the files that `run` would read.

        A path given by name is read whatever it is; so single files are to be run only where
        this list holds them.
        """

    def listed(self, root: Path, completed: Completed) -> frozenset[str]:
        """Read the output of `listing`; raise `CheckerError` where the tool broke."""

    def document_command(self, root: Path, rule: str, settings: Settings) -> tuple[str, ...]:
        """Return the command that prints the tool's own words about `rule`."""

    def read_document(self, completed: Completed) -> RuleDoc:
        """Read the output of `document_command`; raise `CheckerError` where it has none."""

    def conclusion(self, settings: Settings, root: Path) -> CommandConclusion:
        """Return an empty conclusion for these settings."""


__all__ = [
    "Checker",
    "CommandChecker",
    "CommandConclusion",
    "Comparable",
    "Completed",
    "Concluded",
    "Conclusion",
    "FileChecker",
    "Finding",
    "RuleDoc",
    "Settings",
    "Source",
    "code_point_column",
    "excerpt",
    "split_lines",
]

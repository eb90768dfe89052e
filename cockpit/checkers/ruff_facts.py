"""What ruff prints of one place, and the findings that follow from it.

Nothing here runs ruff.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from cockpit.checkers.interface import Concluded, excerpt
from cockpit.identity import Ordinals, base
from cockpit.model import FileError, Finding, Severity
from cockpit.outline import Scope, symbol_at

#: What a rule's code begins with, and how much it matters; the longest match decides, the rest
#: is medium. High is what breaks at run time, low what only a reader notices.
_SEVERITIES: Mapping[Severity, str] = {
    "high": "invalid-syntax panic F E9 PLE",
    "medium": "E711 E712 E713 E714 E721 E722 E741",
    "low": "ANN C4 C90 COM CPY D DOC E EM ERA FBT FIX FURB I ICN INP ISC N PIE PLC PLR PT PTH Q "
    "RET SIM SLF T20 TC TD TRY UP W",
}
_SEVERITY_OF = {code: word for word, codes in _SEVERITIES.items() for code in codes.split()}

_IO_ERROR = "E902"
_SYNTAX_ERROR = "invalid-syntax"


class _Place(msgspec.Struct, frozen=True, gc=False):
    row: int
    column: int


class _Fix(msgspec.Struct, frozen=True, gc=False):
    applicability: str


class Diagnostic(msgspec.Struct, frozen=True, gc=False):
    """One line of `--output-format json-lines`; rows and columns are 1-based code points.

    A notebook's rows count within `cell`. The edits of a fix are passed over unread.
    """

    filename: str
    code: str | None
    message: str
    location: _Place
    end_location: _Place
    name: str = ""
    url: str | None = None
    fix: _Fix | None = None
    cell: int | None = None

    @property
    def rule(self) -> str:
        """The rule's code, or its name: ruff's newest rules have no code, nor had syntax errors."""
        return self.code or self.name or _SYNTAX_ERROR

    @property
    def words(self) -> str:
        """The message, with the notebook's cell before it."""
        return self.message if self.cell is None else f"cell {self.cell}: {self.message}"

    @property
    def fixable(self) -> bool:
        """Whether ruff could apply a fix, be it one that may change what the code means."""
        return self.fix is not None and self.fix.applicability in ("safe", "unsafe")


decode_line = msgspec.json.Decoder(Diagnostic).decode


@functools.lru_cache(4096)
def severity_of(rule: str) -> Severity:
    """Return how much `rule` matters."""
    letters = len(rule.rstrip("0123456789"))
    heads = (rule[:end] for end in range(len(rule), letters - 1, -1))
    return next((_SEVERITY_OF[head] for head in heads if head in _SEVERITY_OF), "medium")


class RuffConclusion:
    """Findings by file, each file's from its own diagnostics."""

    def __init__(self) -> None:
        """Start without files."""
        self._files: dict[str, tuple[Finding, ...]] = {}
        self._errors: dict[str, tuple[FileError, ...]] = {}

    def put(
        self,
        path: str,
        diagnostics: Sequence[Diagnostic],
        lines: Sequence[str],
        scopes: list[Scope],
    ) -> None:
        """Take all that ruff says of one file."""
        if not diagnostics:
            self.drop(path)
            return
        findings = tuple(_findings(path, diagnostics, lines, scopes))
        if findings != self._files.get(path):
            self._files[path] = findings
        broken = [item for item in diagnostics if item.rule == _IO_ERROR]
        self._errors.pop(path, None)
        if broken:
            self._errors[path] = tuple(FileError(path, 0, item.words) for item in broken)

    def fail(self, path: str, message: str) -> None:
        """Note that ruff crashes on a file, or would read it for ever."""
        self._files.pop(path, None)
        self._errors[path] = (FileError(path, 0, message),)

    def drop(self, path: str) -> None:
        """Forget a file."""
        self._files.pop(path, None)
        self._errors.pop(path, None)

    def paths(self) -> frozenset[str]:
        """Return the paths that have findings, or that ruff cannot read."""
        return frozenset(self._files.keys() | self._errors.keys())

    def report(self) -> Concluded:
        """Return the findings as they stand."""
        errors = (error for path in sorted(self._errors) for error in self._errors[path])
        return Concluded(files=dict(self._files), errors=tuple(errors))


def _findings(
    path: str, diagnostics: Sequence[Diagnostic], lines: Sequence[str], scopes: list[Scope]
) -> Iterator[Finding]:
    ordinals = Ordinals()
    for item in sorted(diagnostics, key=_position):
        start = (item.location.row, item.location.column)
        end = (item.end_location.row, item.end_location.column)
        if item.cell is None:
            symbol, text = symbol_at(scopes, start[0]), excerpt(lines, start, end)
        else:
            symbol, text = f"cell {item.cell}", ""  # the rows of a cell are not the file's lines
        yield Finding(
            checker="ruff",
            rule=item.rule,
            severity=severity_of(item.rule),
            path=path,
            line=start[0],
            column=start[1],
            end_line=end[0],
            end_column=end[1],
            message=item.words,
            symbol=symbol,
            identity=ordinals.identity(base(item.rule, symbol, text)),
            name=item.name,
            url=item.url or "",
            fixable=item.fixable,
        )


def _position(item: Diagnostic) -> tuple[int, int, int, str, str]:
    place = item.location
    return item.cell or 0, place.row, place.column, item.rule, item.message

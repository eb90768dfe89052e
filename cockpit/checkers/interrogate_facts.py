"""What interrogate's facts are, and what follows from those of all files: sums and a verdict.

Nothing here runs interrogate.
"""

import decimal
from collections.abc import Sequence

import msgspec

from cockpit.checkers.interface import Concluded, Finding
from cockpit.identity import Ordinals
from cockpit.model import FileError, Metric

#: What can lack a docstring; the rule for each is `missing-KIND-docstring`.
KINDS = ("module", "class", "function", "method")
_RULES = {kind: f"missing-{kind}-docstring" for kind in KINDS}

_URL = "https://interrogate.readthedocs.io/"


class Missing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something without a docstring: its kind, where its name stands, its qualified name."""

    kind: str
    line: int
    column: int
    end_column: int
    symbol: str
    base: str


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What interrogate says of one file.

    `counted` is False where its options leave nothing of the file to speak of. `error` is what it
    says of a file that it cannot read, of line `line` (0: unknown).
    """

    missing: tuple[Missing, ...] = ()
    total: int = 0
    covered: int = 0
    counted: bool = False
    error: str = ""
    line: int = 0


class FactOptions(msgspec.Struct, frozen=True):
    """The options that decide what must have a docstring; names as in interrogate's config."""

    docstring_style: str = "sphinx"
    ignore_regex: tuple[str, ...] = ()
    include_regex: tuple[str, ...] = ()
    ignore_magic: bool = False
    ignore_module: bool = False
    ignore_private: bool = False
    ignore_semiprivate: bool = False
    ignore_init_method: bool = False
    ignore_nested_classes: bool = False
    ignore_nested_functions: bool = False
    ignore_overloaded_functions: bool = False
    ignore_property_setters: bool = False
    ignore_property_decorators: bool = False


class Options(msgspec.Struct, frozen=True):
    """All other options.

    `exclude` holds absolute paths, and `config` that of the settings file, empty for none; as
    bytes, for they need not be UTF-8. `mute` is whether the settings hide or write something that
    no flag can take back (`quiet`, `generate-badge`, `omit-covered-files`).
    """

    fail_under: float = 80.0
    exclude: tuple[bytes, ...] = ()
    extensions: tuple[str, ...] = ()
    ignore_init_module: bool = False
    config: bytes = b""
    mute: bool = False


_decode = msgspec.msgpack.Decoder(Facts).decode


class InterrogateConclusion:
    """Every file's missing docstrings and the sums over all files."""

    def __init__(self, options: Options) -> None:
        """Start without files."""
        self._goal = options.fail_under
        self._found: dict[str, tuple[Finding, ...]] = {}
        self._metrics: dict[str, Metric] = {}
        self._errors: dict[str, FileError] = {}
        self._total = 0
        self._covered = 0

    def put(self, path: str, facts: bytes) -> None:
        """Take the facts of a new or changed file."""
        new = _decode(facts)
        self._uncount(path)
        if new.error:
            self._errors[path] = FileError(path, new.line, new.error)
        if new.counted:
            self._metrics[path] = _metric(new.total, new.covered)
            self._total += new.total
            self._covered += new.covered
        found = _findings(path, new.missing)
        if not found:
            self._found.pop(path, None)
        elif self._found.get(path) != found:
            self._found[path] = found

    def drop(self, path: str) -> None:
        """Forget a file."""
        self._uncount(path)
        self._found.pop(path, None)

    def fail(self, path: str, message: str) -> None:
        """Note that `path` could not be analysed."""
        self.drop(path)
        self._errors[path] = FileError(path, 0, message)

    def settle(self, most: int) -> bool:  # noqa: ARG002 - the interface's
        """Return False: every file was concluded as it was put."""
        return False

    def report(self) -> Concluded:
        """Return what is missing as things stand."""
        metric = {**_metric(self._total, self._covered), "goal": self._goal}
        return Concluded(
            files=dict(self._found),
            errors=tuple(self._errors[path] for path in sorted(self._errors)),
            metric=metric,
            file_metrics=dict(self._metrics),
            failing=below(metric["percent"], self._goal),
        )

    def _uncount(self, path: str) -> None:
        self._errors.pop(path, None)
        before = self._metrics.pop(path, None)
        if before:
            self._total -= int(before["total"])
            self._covered -= int(before["covered"])


def _metric(total: int, covered: int) -> dict[str, float]:
    """Return interrogate's figures; a file with nothing to document is covered."""
    percent = float(covered) / float(total) * 100 if total else 100.0
    return {"total": total, "covered": covered, "missing": total - covered, "percent": percent}


def below(percent: float, goal: float) -> bool:
    """Whether interrogate fails a project: it rounds to as many places as the goal is given in."""
    places = decimal.Decimal(str(goal)).as_tuple().exponent
    return goal > round(percent, -int(places))


def _findings(path: str, missing: Sequence[Missing]) -> tuple[Finding, ...]:
    ordinals = Ordinals()
    return tuple(_finding(path, item, ordinals.identity(item.base)) for item in missing)


def _finding(path: str, item: Missing, identity: str) -> Finding:
    rule = _RULES[item.kind]
    private = "._" in f".{item.symbol}"
    what = f"{item.kind} `{item.symbol}`" if item.symbol else item.kind
    return Finding(
        checker="interrogate",
        rule=rule,
        severity="low" if private else "medium",
        path=path,
        line=item.line,
        column=item.column,
        end_line=item.line,
        end_column=item.end_column,
        message=f"{what} has no docstring",
        symbol=item.symbol,
        identity=identity,
        name=rule,
        url=_URL,
    )

"""What vulture's facts are, and what follows from those of all files: the unused rest.

What crosses files in vulture is little: how many files use a name, and the imported names that
switch on the whitelists it brings along. Nothing here runs vulture.
"""

from collections import Counter
from collections.abc import Mapping

import msgspec

from cockpit.checkers.interface import Concluded, Finding
from cockpit.identity import Ordinals
from cockpit.model import FileError, Severity

#: vulture's kinds of dead code with its codes for them (`vulture.core.ERROR_CODES`), in its order.
CODES = {
    "attribute": "V101",
    "class": "V102",
    "function": "V103",
    "import": "V104",
    "method": "V105",
    "property": "V106",
    "variable": "V107",
    "unreachable_code": "V201",
}
UNREACHABLE = "unreachable_code"
#: How the message of a file begins that vulture could not decode.
UNREAD = "could not read file"

_URL = "https://github.com/jendrikseipp/vulture#types-of-unused-code"


class Definition(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that a file defines, or code in it that cannot be reached.

    `message` is empty where it is the usual one; `symbol` and `base` are for the finding that
    this becomes when nothing uses the name.
    """

    name: str
    kind: str
    line: int
    end_line: int
    column: int
    end_column: int
    confidence: int
    message: str
    symbol: str
    base: str


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one file defines, in order of line, and the names it uses, separated by blanks.

    `error` is what vulture says of a file that it cannot read, of line `line` (0: unknown).
    """

    defined: tuple[Definition, ...] = ()
    used: str = ""
    error: str = ""
    line: int = 0


class FactOptions(msgspec.Struct, frozen=True):
    """The options that decide what a file defines."""

    ignore_names: tuple[str, ...] = ()
    ignore_decorators: tuple[str, ...] = ()


class Options(msgspec.Struct, frozen=True):
    """All other options; `whitelists` maps an imported name to the names its whitelist uses."""

    exclude: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    min_confidence: int = 0
    make_whitelist: bool = False
    verbose: bool = False
    whitelists: Mapping[str, str] = {}


_decode = msgspec.msgpack.Decoder(Facts).decode
_NOTHING = Facts()


class VultureConclusion:
    """Which of all definitions no file uses, kept current by counting the files that use a name."""

    def __init__(self, options: Options) -> None:
        """Start without files."""
        self._least = options.min_confidence
        self._whitelists = options.whitelists
        self._facts: dict[str, bytes] = {}
        self._errors: dict[str, FileError] = {}
        self._uses: Counter[str] = Counter()
        self._importers: Counter[str] = Counter()
        self._definers: dict[str, set[str]] = {}
        self._stale: set[str] = set()
        self._found: dict[str, tuple[Finding, ...]] = {}

    def put(self, path: str, facts: bytes) -> None:
        """Take the facts of a new or changed file."""
        self._errors.pop(path, None)
        new = _decode(facts)
        if new.error:
            self._errors[path] = FileError(path, new.line, new.error)
        self._replace(path, new)
        self._facts[path] = facts

    def drop(self, path: str) -> None:
        """Forget a file."""
        self._errors.pop(path, None)
        self._replace(path, _NOTHING)
        self._facts.pop(path, None)

    def fail(self, path: str, message: str) -> None:
        """Note that `path` could not be analysed."""
        self.drop(path)
        self._errors[path] = FileError(path, 0, message)

    def settle(self, most: int) -> bool:
        """Look at up to `most` of the files whose findings may have changed; return if more are."""
        for _ in range(min(most, len(self._stale))):
            self._conclude(self._stale.pop())
        return bool(self._stale)

    def report(self) -> Concluded:
        """Return what is unused as things stand."""
        self.settle(len(self._stale))
        errors = tuple(self._errors[path] for path in sorted(self._errors))
        return Concluded(dict(self._found), errors, failing=bool(self._found))

    def _replace(self, path: str, new: Facts) -> None:
        """Count `new` instead of what `path` was known to hold."""
        old = _decode(self._facts[path]) if path in self._facts else _NOTHING
        before = {item.name for item in old.defined}
        after = {item.name for item in new.defined}
        for name in before - after:
            self._definers[name].discard(path)
            if not self._definers[name]:
                del self._definers[name]
        for name in after - before:
            self._definers.setdefault(name, set()).add(path)
        self._count(set(old.used.split()), set(new.used.split()))
        self._count_imports(_imports(old), _imports(new))
        self._stale.add(path)

    def _count(self, before: set[str], after: set[str]) -> None:
        """Take back one use of each name in `before`, and add one of each in `after`."""
        uses = self._uses
        for name in before - after:
            uses[name] -= 1
            if not uses[name]:
                del uses[name]
                self._stale |= self._definers.get(name, set())
        for name in after - before:
            if name not in uses:
                self._stale |= self._definers.get(name, set())
            uses[name] += 1

    def _count_imports(self, before: set[str], after: set[str]) -> None:
        """Use the names of a whitelist as long as any file imports what it is for."""
        for name in (before ^ after) & self._whitelists.keys():
            had = self._importers[name] > 0
            self._importers[name] += 1 if name in after else -1
            has = self._importers[name] > 0
            if had != has:
                used = set(self._whitelists[name].split())
                self._count(set() if has else used, used if has else set())

    def _conclude(self, path: str) -> None:
        facts = _decode(self._facts[path]) if path in self._facts else _NOTHING
        ordinals = Ordinals()
        found = tuple(
            _finding(path, item, ordinals)
            for item in facts.defined
            if item.confidence >= self._least
            and (item.kind == UNREACHABLE or item.name not in self._uses)
        )
        if not found:
            self._found.pop(path, None)
        elif self._found.get(path) != found:
            self._found[path] = found


def _imports(facts: Facts) -> set[str]:
    return {item.name for item in facts.defined if item.kind == "import"}


def _finding(path: str, item: Definition, ordinals: Ordinals) -> Finding:
    return Finding(
        checker="vulture",
        rule=CODES[item.kind],
        severity=_severity(item.confidence),
        path=path,
        line=item.line,
        column=item.column,
        end_line=item.end_line,
        end_column=item.end_column,
        message=item.message or f"unused {item.kind} '{item.name}'",
        confidence=f"{item.confidence}%",
        symbol=item.symbol,
        identity=ordinals.identity(item.base),
        name="unreachable-code" if item.kind == UNREACHABLE else f"unused-{item.kind}",
        url=_URL,
    )


def _severity(confidence: int) -> Severity:
    if confidence >= 100:
        return "high"
    return "medium" if confidence >= 90 else "low"

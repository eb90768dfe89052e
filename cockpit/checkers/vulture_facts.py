"""What vulture's facts are, and what follows from those of all files: the unused rest.

What crosses files in vulture is little: how many files use a name, and the imported names that
switch on the whitelists it brings along. Nothing here runs vulture.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

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
    """What one file defines and uses; each of `names`, `imports`, `used` is separated by blanks.

    `packed` are the definitions, in order of line: see `definitions`. `certain` is whether one of
    them is dead whatever other files use. `error` is what vulture says of a file that it cannot
    read, of line `line` (0: unknown).
    """

    names: str = ""
    imports: str = ""
    used: str = ""
    certain: bool = False
    error: str = ""
    line: int = 0
    packed: msgspec.Raw = msgspec.Raw(b"\x90")

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """What the file defines; most often nobody asks, for all of it is used."""
        return _definitions(self.packed)


def facts_of(
    defined: Sequence[Definition], used: Iterable[str], error: str = "", line: int = 0
) -> Facts:
    """Return the facts of a file with these definitions and these used names."""
    return Facts(
        names=" ".join(sorted({item.name for item in defined if _can_be_used(item)})),
        imports=" ".join(sorted({item.name for item in defined if item.kind == "import"})),
        used=" ".join(sorted(filter(str.isidentifier, used))),
        certain=not all(map(_can_be_used, defined)),
        error=error,
        line=line,
        packed=msgspec.Raw(msgspec.msgpack.encode(defined)),
    )


def _can_be_used(item: Definition) -> bool:
    return item.kind != UNREACHABLE and item.name.isidentifier()


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
_definitions = msgspec.msgpack.Decoder(tuple[Definition, ...]).decode
_NOTHING = Facts()


class VultureConclusion:
    """Which of all definitions no file uses, kept current by counting the files that use a name."""

    def __init__(self, options: Options) -> None:
        """Start without files."""
        self._least = options.min_confidence
        self._whitelists = options.whitelists
        self._facts: dict[str, Facts] = {}
        self._errors: dict[str, FileError] = {}
        self._uses: Counter[str] = Counter()
        self._importers: Counter[str] = Counter()
        self._definers: defaultdict[str, list[str]] = defaultdict(list)
        self._stale: set[str] = set()
        self._concluded = False
        self._found: dict[str, tuple[Finding, ...]] = {}

    def put(self, path: str, facts: bytes) -> None:
        """Take the facts of a new or changed file."""
        self._errors.pop(path, None)
        new = _decode(facts)
        if new.error:
            self._errors[path] = FileError(path, new.line, new.error)
        old, self._facts[path] = self._facts.get(path, _NOTHING), new
        self._replace(path, old, new)

    def drop(self, path: str) -> None:
        """Forget a file."""
        self._errors.pop(path, None)
        self._replace(path, self._facts.pop(path, _NOTHING), _NOTHING)

    def fail(self, path: str, message: str) -> None:
        """Note that `path` could not be analysed."""
        self.drop(path)
        self._errors[path] = FileError(path, 0, message)

    def settle(self, most: int) -> bool:
        """Look at up to `most` of the files whose findings may have changed; return if more are."""
        self._concluded = True
        for _ in range(min(most, len(self._stale))):
            self._conclude(self._stale.pop())
        return bool(self._stale)

    def report(self) -> Concluded:
        """Return what is unused as things stand."""
        self.settle(len(self._stale))
        errors = tuple(self._errors[path] for path in sorted(self._errors))
        return Concluded(dict(self._found), errors, failing=bool(self._found))

    def _replace(self, path: str, old: Facts, new: Facts) -> None:
        """Count `new` instead of what `path` was known to hold."""
        before, after = set(old.names.split()), set(new.names.split())
        for name in before - after:
            self._definers[name].remove(path)
            if not self._definers[name]:
                del self._definers[name]
        for name in after - before:
            self._definers[name].append(path)
        self._stale.add(path)
        self._count(set(old.used.split()), set(new.used.split()))
        self._count_imports(set(old.imports.split()), set(new.imports.split()))

    def _count(self, before: set[str], after: set[str]) -> None:
        """Take back one use of each name in `before`, and add one of each in `after`."""
        uses = self._uses
        gone = []
        for name in before - after:
            uses[name] -= 1
            if not uses[name]:
                del uses[name]
                gone.append(name)
        more = after - before
        come = [name for name in more if name not in uses]
        uses.update(more)
        if self._concluded:  # else every file waits for its first look
            for name in (*gone, *come):
                self._stale.update(self._definers.get(name, ()))

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
        facts, uses = self._facts.get(path, _NOTHING), self._uses
        found: tuple[Finding, ...] = ()
        if facts.certain or any(name not in uses for name in facts.names.split()):
            ordinals = Ordinals()
            found = tuple(
                _finding(path, item, ordinals)
                for item in facts.definitions
                if item.confidence >= self._least
                and (item.kind == UNREACHABLE or item.name not in uses)
            )
        if not found:
            self._found.pop(path, None)
        elif self._found.get(path) != found:
            self._found[path] = found


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

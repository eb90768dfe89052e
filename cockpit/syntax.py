"""What can be told of a source text without a tool: its scopes, its names, how alike two are."""

import ast
import functools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from cockpit.layout import Statements, spaced
from cockpit.outline import outline

_TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|\S")
_NAME = re.compile(r"[^\W\d]\w*")
_PLAIN, _ATTRIBUTE = re.compile(r"(?<![.\w])[^\W\d]\w*"), re.compile(r"\.\s*([^\W\d]\w*)")
#: Where a name gets its meaning within the file; imports are left out, for what they bring is
#: another's: `os.system` and `sh.system` are two offences, however alike the lines are.
_BOUND = re.compile(
    r"\b(?:def|class|for|as|global|nonlocal|lambda)\s+([^\W\d]\w*)"
    r"|(?<![.\w])([^\W\d]\w*)\s*(?::[^=\n]+)?=(?!=)"
    r"|[(,]\s*\*{0,2}([^\W\d]\w*)\s*(?=[,)=:])"
)
_BOUND_ATTRIBUTE = re.compile(
    r"\b(?:self|cls)\.([^\W\d]\w*)\s*(?::[^=\n]+)?=(?!=)|^\s+(?:async\s+)?def\s+(\w+)", re.MULTILINE
)
#: What a formatter adds, takes away or changes.
_LAYOUT = frozenset("(),\"'")
#: How many tokens in a row count as one piece when bodies are compared.
_SHINGLE = 3
#: From what share of common pieces on two bodies are one function that was edited.
_ALIKE = 0.4
#: So they are where the one has that much of the other, which grew, and it is no mere phrase.
_KEPT, _NO_PHRASE = 0.65, 40
_SAYS_LITTLE = 8
_QUOTED = re.compile(r"[`'\"]([^`'\"]*)[`'\"]")
_FROM = re.compile(r"\s*from\s+([.\w]+)\s+import\b(.*)")

Shingles = frozenset[tuple[str, ...]]


class Names(msgspec.Struct, frozen=True):
    """Names as such and as attributes: those that occur, and those that get their meaning here."""

    plain: frozenset[str]
    bound: frozenset[str]
    attributes: frozenset[str]
    bound_attributes: frozenset[str]


class Side(msgspec.Struct, frozen=True, dict=True):
    """The text of one file on one side of a comparison; `lines` as Python counts them."""

    lines: Sequence[str]

    @functools.cached_property
    def scopes(self) -> Mapping[str, tuple[int, int]]:
        """First and last line, from 1, of each class and function by its qualified name."""
        try:
            found = outline(ast.parse("\n".join(self.lines)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {}
        return {scope.name: (scope.first, scope.last) for scope in found}

    @functools.cached_property
    def names(self) -> "Names":
        """The names in the text: in comments and strings too."""
        text = "\n".join(self.lines)
        return Names(
            frozenset(_PLAIN.findall(text)),
            _all(_BOUND, text),
            frozenset(_ATTRIBUTE.findall(text)),
            _all(_BOUND_ATTRIBUTE, text),
        )

    def within(self, symbol: str) -> "Side":
        """Return the text of a scope alone, its first line included; the whole for no scope."""
        if symbol not in self.scopes:
            return self
        if symbol not in self._parts:
            first, last = self.scopes[symbol]
            self._parts[symbol] = Side(self.lines[first - 1 : last])
        return self._parts[symbol]

    @functools.cached_property
    def _parts(self) -> dict[str, "Side"]:
        return {}

    @functools.cached_property
    def _shingles(self) -> dict[str, Shingles]:
        return {}

    def line(self, number: int) -> str:
        """Return a line by its number, from 1; empty where there is none."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""

    @functools.cached_property
    def statements(self) -> Statements:
        """The statements of the text."""
        return Statements(self.lines)

    def statement(self, line: int, column: int) -> str:
        """Return the statement at a place, however many lines it takes; empty for none."""
        found = self.statements.at(line, column)
        return found.text if found else ""

    def indent(self, number: int) -> int:
        """Return how many characters a line is indented by."""
        line = self.line(number)
        return len(line) - len(line.lstrip())

    def body(self, symbol: str) -> Sequence[str]:
        """Return the lines of a scope without its first, which names it; all for no scope."""
        if symbol not in self.scopes:
            return self.lines
        first, last = self.scopes[symbol]
        return self.lines[first:last] or self.lines[first - 1 : last]

    def shingles_of(self, symbol: str) -> Shingles:
        """Return the pieces that the body of a scope is made of."""
        if symbol not in self._shingles:
            self._shingles[symbol] = shingles(self.body(symbol))
        return self._shingles[symbol]

    def likeness(self, other: "Side") -> float:
        """Return the share of pieces that two texts have in common, from 0 to 1."""
        return _share(shingles(self.lines), shingles(other.lines))


def shingles(lines: Iterable[str]) -> Shingles:
    """Return what stands in `lines` as overlapping runs of tokens; layout does not count."""
    words = [word for word in _TOKEN.findall("\n".join(lines)) if word not in _LAYOUT]
    if len(words) < _SHINGLE:
        return frozenset([tuple(words)])
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def similar(one: Shingles, other: Shingles) -> bool:
    """Whether two bodies are one, edited at most."""
    if _share(one, other) >= _ALIKE:
        return True
    smaller = min(len(one), len(other))
    return smaller >= _NO_PHRASE and len(one & other) >= _KEPT * smaller


def is_phrase(one: Shingles, other: Shingles) -> bool:
    """Whether one of two bodies says too little to be known again by it."""
    return min(len(one), len(other)) < _SAYS_LITTLE


def about_definition(line: str, column: int, symbol: str, message: str) -> str | None:
    """Return what is said of the definition of `symbol`, without its name and any figures.

    None where what begins at `column` of `line` is something else.
    """
    name = symbol.rpartition(".")[2]
    rest = line[column - 1 :]
    if not name or not re.match(rf"(?:(?:async\s+)?def\s+|class\s+)?{re.escape(name)}\b", rest):
        return None
    if not re.search(rf"\b(?:def|class)\s+{re.escape(name)}\b", line):
        return None
    words = message.replace(symbol, name)
    return re.sub(r"\d+", "", re.sub(rf"\b{re.escape(name)}\b", "", words))


def same_import(before: str, after: str, message: str) -> bool:
    """Whether two statements import from one module what `message` names, or both the same."""
    old, new = _FROM.match(spaced(before)), _FROM.match(spaced(after))
    if not old or not new or old[1] != new[1]:
        return False
    here, there = set(_NAME.findall(old[2])), set(_NAME.findall(new[2]))
    named = {quoted.rpartition(".")[2] for quoted in _QUOTED.findall(message)} & (here | there)
    return bool(here) and (here == there or (bool(named) and named <= here & there))


def _share(one: Shingles, other: Shingles) -> float:
    return len(one & other) / max(len(one | other), 1)


class Place(msgspec.Struct, frozen=True):
    """A line or statement on one side: its text, the scope around it and the file around that."""

    text: str
    scope: Side
    file: Side


def is_renaming(before: Place, after: Place, known: Collection[tuple[str, str]]) -> bool:
    """Whether `after` is `before` but for names that were changed all over.

    `known` are (old, new) names of functions and classes that were renamed in any file. Others
    must be at home on their side, and not be there on the other: a local name in the scope, an
    attribute in the file.
    """
    old, new = _TOKEN.findall(spaced(before.text)), _TOKEN.findall(spaced(after.text))
    if len(old) != len(new) or old == new:
        return False
    renamed: dict[str, str] = {}
    for position, (one, other) in enumerate(zip(old, new, strict=True)):
        if renamed.setdefault(one, other) != other:
            return False
        if one == other or (one, other) in known:
            continue
        if not (_NAME.fullmatch(one) and _NAME.fullmatch(other)) or old[0] in ("import", "from"):
            return False
        is_attribute = position > 0 and old[position - 1] == "."
        if not _was_renamed(one, other, before, after, is_attribute=is_attribute):
            return False
    return len(set(renamed.values())) == len(renamed)


def _was_renamed(old: str, new: str, before: Place, after: Place, *, is_attribute: bool) -> bool:
    if is_attribute:
        here, there = before.file.names, after.file.names
        at_home = old in here.bound_attributes and new in there.bound_attributes
        return at_home and old not in there.attributes and new not in here.attributes
    here, there = before.scope.names, after.scope.names
    at_home = old in here.bound and new in there.bound
    return at_home and old not in there.plain and new not in here.plain


def _all(pattern: re.Pattern[str], text: str) -> frozenset[str]:
    return frozenset(name for names in pattern.findall(text) for name in names if name)

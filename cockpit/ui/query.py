"""The language of the filter: words that must all be there, qualifiers, `!` to turn round.

Text to values, and values to which findings pass; it draws nothing.
"""

import difflib
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any, Literal

import msgspec

from cockpit.model import SEVERITIES, Finding
from cockpit.panes import tools_of
from cockpit.ui.order import Rows

Subject = Literal["text", "rule", "path", "tool", "severity", "is"]

#: What may stand before a colon, and the short forms of it.
_QUALIFIERS: dict[str, Subject] = {
    "rule": "rule", "path": "path", "tool": "tool", "severity": "severity", "sev": "severity",
    "is": "is",
}  # fmt: skip
#: What a path alone can answer, where files are filtered.
_OF_PATH: tuple[Subject, ...] = ("text", "path")
_STATES = ("new", "fixable", "seen")
_HELP = "rule: path: tool: severity: is:"
#: `!`, a qualifier, and a value, which may stand in quotes; an open quote ends with the line.
_WORD = re.compile(r'(!?)(?:([^\s":!]+):)?(?:"([^"]*)"?|(\S*))')


class Word(msgspec.Struct, frozen=True):
    """One condition: of what, its value without regard to case, and whether it is turned round."""

    subject: Subject
    value: str
    inverted: bool = False


class Query(msgspec.Struct, frozen=True):
    """A filter as it was understood; `problem` says in a sentence what was not.

    `inverted` turns the whole round.
    """

    words: tuple[Word, ...] = ()
    inverted: bool = False
    problem: str = ""

    @property
    def asks_of_findings(self) -> bool:
        """Whether a path alone does not tell what passes."""
        return any(word.subject not in _OF_PATH for word in self.words)


def parse(text: str, tools: Sequence[str] = ()) -> Query:
    """Understand a filter; `tools` are those that may be asked for. Never raises."""
    whole = text.strip()
    inverted = whole.startswith("! ")
    words: list[Word] = []
    problems: list[str] = []
    for turned, name, quoted, bare in _WORD.findall(whole.removeprefix("! ")):
        word = _word(name.lower(), quoted or bare, bool(turned))
        problem = _problem(word, name, tools)
        if problem:  # what is not understood takes nothing away
            problems.append(problem)
        elif word.value:
            words.append(word)
    return Query(tuple(words), inverted and bool(words), problems[0] if problems else "")


def _word(name: str, value: str, inverted: bool) -> Word:
    if name in _QUALIFIERS:
        return Word(_QUALIFIERS[name], value.casefold(), inverted)
    text = f"{name}:{value}" if name else value  # what merely holds a colon is text
    return Word("text", text.casefold(), inverted)


def _problem(word: Word, name: str, tools: Sequence[str]) -> str:
    """Return why a word cannot be what was meant, and what could be."""
    if name and word.subject == "text":
        near = difflib.get_close_matches(name.lower(), _QUALIFIERS, 1, 0.6)
        if near:
            return f"no {name}: here; did you mean {near[0]}: ?"
        if _looks_like_qualifier(name, word.value[len(name) + 1 :]):
            return f"no {name}: here, only {_HELP}; in quotes it is text"
        return ""
    choices: Sequence[str] = {"severity": SEVERITIES, "is": _STATES, "tool": tools}.get(
        word.subject, ()
    )
    if not choices or not word.value or any(one.startswith(word.value) for one in choices):
        return ""
    return f"{name}: takes {', '.join(choices[:-1])}{' or ' * (len(choices) > 1)}{choices[-1]}"


def _looks_like_qualifier(name: str, value: str) -> bool:
    """Whether `name:value` is no text with a colon as there is: `std::x`, `a.py:12`, `dict:`."""
    return name.isalpha() and value[:1].isalnum()


def hint(query: Query) -> str:
    """Return what to try where nothing passes and nothing is misspelt."""
    odd = [word.value for word in query.words if word.subject == "text" and ":" in word.value]
    return f"looked for as text; the qualifiers are {_HELP}" if odd else ""


class Texts:
    """What a filter looks in, without regard to case: rule, message, path and symbol, by row.

    Made once for a list and kept while a filter is in use; a list that follows another takes over
    what it shares with it.
    """

    def __init__(self) -> None:
        """Start with no list."""
        self._findings: Sequence[Finding] = ()
        self._texts: list[str] = []

    def of(self, findings: Sequence[Finding]) -> list[str]:
        """Return the text of each of `findings`."""
        self._take(findings)
        while self.prepare(findings):
            pass
        return self._texts

    def prepare(self, findings: Sequence[Finding], rows: int = 10_000) -> bool:
        """Make the texts of so many rows more; return whether there are any left."""
        self._take(findings)
        start = len(self._texts)
        if start == len(findings):
            return False
        self._texts += _texts(findings[start : start + rows])
        return len(self._texts) < len(findings)

    def is_ready(self, findings: Sequence[Finding]) -> bool:
        """Return whether the text of each of `findings` is made."""
        return findings is self._findings and len(self._texts) == len(findings)

    def forget(self, but: Sequence[Finding]) -> None:
        """Give the memory back, unless it is of the list `but`."""
        if self._findings is not but:
            self._findings, self._texts = (), []

    def _take(self, findings: Sequence[Finding]) -> None:
        if findings is self._findings:
            return
        if self._texts:
            # By object: equal ones need not be, and the old list keeps its own alive till here.
            known = dict(zip(map(id, self._findings), self._texts, strict=False))
            found = list(map(known.get, map(id, findings)))
            for index in [index for index, text in enumerate(found) if text is None]:
                found[index] = _texts(findings[index : index + 1])[0]
            self._texts = [text for text in found if text is not None]
        self._findings = findings


_FIELDS = operator.attrgetter("rule", "message", "path", "symbol")
_ALSO = operator.attrgetter("also")


def _texts(findings: Sequence[Finding]) -> list[str]:
    texts = list(map(str.casefold, map("\n".join, map(_FIELDS, findings))))
    for index in compress(range(len(findings)), map(_ALSO, findings)):
        texts[index] += "\n" + "\n".join(findings[index].also).casefold()
    return texts


def narrows(query: Query, before: Query) -> int | None:
    """Return from which word on `query` only takes away from what passed `before`.

    None where it lets anything pass that `before` did not.
    """
    if query.inverted or before.inverted or len(before.words) > len(query.words):
        return None
    pairs = list(zip(query.words, before.words, strict=False))
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), len(pairs))
    if same == len(pairs):
        return same
    one, other = pairs[same]
    longer = one.subject == other.subject in ("text", "path") and other.value in one.value
    return (
        same if longer and same == len(pairs) - 1 and not (one.inverted or other.inverted) else None
    )


def passing(
    query: Query,
    rows: Rows,
    texts: Sequence[str],
    left: Sequence[int] | None = None,
    first: int = 0,
) -> Sequence[int]:
    """Return the places of the rows that pass; `texts` are those of the whole.

    `left` are the places of those that are still to be looked at, for the words from `first` on.
    Written without a call for each row: a key press waits for all hundred thousand.
    """
    left = rows.at if left is None else left
    for word in query.words[first:]:
        hits = _hits(word, rows.part(left) if left is not rows.whole.at else rows.whole, texts)
        left = list(compress(left, map(operator.not_, hits) if word.inverted else hits))
    if not query.inverted:
        return left
    out = frozenset(left)
    return [place for place in rows.at if place not in out]


def files_passing(query: Query, paths: Iterable[str], found: Rows) -> frozenset[str]:
    """Return those of `paths` that pass; `found` is what was found in them.

    Text is looked for in the path; what else is asked for, one finding of the file must have all.
    """
    of_path = [word for word in query.words if word.subject in _OF_PATH]
    of_finding = tuple(word for word in query.words if word not in of_path)
    every = frozenset(paths)
    passed = {
        path
        for path in every
        if all((word.value in path.casefold()) is not word.inverted for word in of_path)
    }
    if of_finding:
        places = passing(Query(of_finding), found, ())
        passed &= {found.findings[place].path for place in places}
    return every - passed if query.inverted else frozenset(passed)


def _hits(word: Word, rows: Rows, texts: Sequence[str]) -> Iterable[object]:
    value = word.value
    if word.subject == "text":
        if len(rows) == len(texts):
            return [value in text for text in texts]
        return [value in texts[place] for place in rows.at]
    if word.subject == "is":
        if "new".startswith(value):
            return rows.is_new()
        return rows.is_seen() if "seen".startswith(value) else rows.column("fixable")
    fields, test = _TESTS[word.subject]
    # A few rules, tools and paths are shared by many findings: each is looked at once.
    known_hits = _Once(lambda key: test(key, value))
    keys = (
        rows.column(fields[0]) if len(fields) == 1 else zip(*map(rows.column, fields), strict=True)
    )
    return map(known_hits.__getitem__, keys)


class _Once(dict[Any, bool]):
    """Remembers what a test said of each key."""

    def __init__(self, test: Callable[[Any], bool]) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, key: Any) -> bool:
        answer = self[key] = self._test(key)
        return answer


def _is_rule(key: tuple[str, tuple[str, ...]], value: str) -> bool:
    """Whether a code begins like this, or a word of a name: `F4`, or `method` of interrogate's."""
    names = (name.casefold() for name in (key[0], *key[1]))
    return any(name.startswith(value) or f"-{value}" in name for name in names)


def _is_tool(key: tuple[str, tuple[str, ...]], value: str) -> bool:
    return any(tool.startswith(value) for tool in tools_of(*key))


_TESTS: dict[Subject, tuple[tuple[str, ...], Callable[[Any, str], bool]]] = {
    "rule": (("rule", "also"), _is_rule),
    "path": (("path",), lambda path, value: value in path.casefold()),
    "tool": (("checker", "also"), _is_tool),
    "severity": (("severity",), lambda severity, value: severity.startswith(value)),
}

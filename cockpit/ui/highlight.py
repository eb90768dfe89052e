"""Colours source text by blocks of lines, when they come into sight and not before.

A file of 20,000 lines takes pygments a second; a block takes two milliseconds. What a block needs
to know of the lines before it is only whether it starts within a string.
"""

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

#: Lines that are coloured at once.
BLOCK = 64
#: How far before a block the start of a string is looked for, in lines.
_REACH = 400
#: Code points of a line beyond which it stays without colours.
_LONG = 2_000

_STRINGS = re.compile(
    r"""\#[^\n]*
    |(\"\"\"|''')(?:\\.|(?!\1).)*?(?:\1|\Z)
    |"(?:\\.|[^"\\\n])*["\n]
    |'(?:\\.|[^'\\\n])*['\n]""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A stretch of one line, in code points from 0, and what it is: a key of `Palette.tokens`."""

    start: int
    end: int
    kind: str


def strings_over_lines(text: str) -> frozenset[int]:
    """Return the lines, from 0, that begin within a string that an earlier line opened."""
    inside: set[int] = set()
    line = position = 0
    for match in _STRINGS.finditer(text):
        if match.group(1) is None:
            continue
        line += text.count("\n", position, match.start())
        position = match.start()
        inside.update(range(line + 1, line + 1 + match.group().count("\n")))
    return frozenset(inside)


class Highlighter:
    """The tokens of a file's lines; none for files that are not Python."""

    def __init__(self, path: str, lines: Sequence[str], inside: frozenset[int]) -> None:
        """Colour `lines`; `inside` is what `strings_over_lines` says of them."""
        self._python = path.endswith((".py", ".pyi"))
        self._lines, self._inside = lines, inside
        self._blocks: dict[int, list[list[Token]]] = {}

    def tokens(self, line: int) -> Sequence[Token]:
        """Return the tokens of a line, counted from 0, in order."""
        if not self._python:
            return ()
        block, offset = divmod(line, BLOCK)
        if block not in self._blocks:
            self._blocks[block] = self._colour(block * BLOCK)
        return self._blocks[block][offset]

    def _colour(self, first: int) -> list[list[Token]]:
        start, end = first, min(first + BLOCK, len(self._lines))
        while start in self._inside and first - start < _REACH:
            start -= 1
        found: list[list[Token]] = [[] for _ in range(end - start)]
        _fill(found, "\n".join(map(self._bearable, range(start, end))))
        for number in range(start, end):
            if len(self._lines[number]) > _LONG:
                found[number - start] = []
        return found[first - start :]

    def _bearable(self, number: int) -> str:
        """Return a line as it is coloured: of one without end, only the quotes that matter."""
        line = self._lines[number]
        if len(line) <= _LONG:
            return line
        return '"""' if (number in self._inside) != (number + 1 in self._inside) else ""


def _fill(found: list[list[Token]], text: str) -> None:
    line = column = 0
    for _, token_type, value in _lexer().get_tokens_unprocessed(text):
        kind = _kind(token_type)
        parts = value.split("\n")
        for index, part in enumerate(parts):
            if index:
                line, column = line + 1, 0
            if kind and part and line < len(found):
                found[line].append(Token(column, column + len(part), kind))
            column += len(part)


@functools.cache
def _lexer():  # type: ignore[no-untyped-def]  # pygments has no types
    # Imported at the first file shown: 10-25 ms that the first paint does not wait for.
    from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]

    return PythonLexer()


@functools.cache
def _kind(token_type: object) -> str:
    """Return what a pygments token is to us, by the most special name that we know."""
    name = str(token_type).removeprefix("Token.")
    while name:
        if name in _KINDS:
            return _KINDS[name]
        name = name.rpartition(".")[0]
    return ""


_KINDS = {
    "Comment": "comment",
    "Keyword": "keyword",
    "Keyword.Constant": "constant",
    "Operator.Word": "keyword",
    "Literal.String": "string",
    "Literal.String.Interpol": "constant",
    "Literal.Number": "number",
    "Name.Function": "name",
    "Name.Class": "name",
    "Name.Decorator": "name",
    "Name.Builtin": "constant",
    "Name.Builtin.Pseudo": "constant",
    "Name.Exception": "constant",
}

"""What a formatter may change in a source text, and what is left without it.

Works on tokens, so that a piece of a text and a text that does not parse are read as well. Lines,
columns and findings are not known here beyond where a statement stands.
"""

import bisect
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<string>(?i:[bfrtu]{0,2})(?:
        \"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:\""")?
      | '''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:''')?
      | "[^"\\\n]*(?:\\.[^"\\\n]*)*"?
      | '[^'\\\n]*(?:\\.[^'\\\n]*)*'?))
  | (?P<word>[^\W\d]\w*)
  | (?P<number>\.?\d(?:[eE]\+(?=\d)|[\w.])*)
  | (?P<comment>\#[^\n]*)
  | (?P<break>\n)
  | (?P<space>[^\S\n]+|\\\n)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<sign>:=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
#: Where a text may hold what only its tokens tell, beside comments and two statements on a line:
#: strings side by side, letters of a string's prefix, and escapes and numbers that can be written
#: otherwise. Each is looked for only in texts with a quote, backslash or digit: there are few.
_STRINGS = re.compile(
    r"""["'](?:(?=[\s\\]*[A-Za-z]{0,2}["'])|(?<=\W[A-Zu]["'])|(?<=\W[A-Za-z]{2}["']))"""
)
_PREFIXED = re.compile(r"""[A-Za-z]{1,2}["']""")
_ESCAPES = re.compile(r"\\[xuU][0-9a-f]*[A-F]")
_DIGIT = re.compile(r"\d")
_NUMBERS = re.compile(r"\d[eE]\+|\b\d\w*[A-Z]|(?<![\w\])])\.\d|(?<!\w)\d[\d_]*\.(?!\d)")
_ESCAPE = re.compile(r"\\(?:[xuU][0-9A-Fa-f]+|.)", re.DOTALL)
_SPACES = re.compile(r"[\s\\()]+|,(?=[\s()]*(?:[)\]}=]|\Z))")
#: What statements with a body begin with. `match` and `case` may be names as well.
_WITH_A_BODY = re.compile(
    r"@|(?:async|def|class|if|elif|else|for|while|with|try|except|finally)\b"
    r"|(?:match|case)[ \t]+(?![=:.,)\]])"
)
#: Kinds of tokens that say nothing, and what ends a statement.
_BETWEEN, _ENDS = ("break", "space"), ("\n", ";")


class Statement(NamedTuple):
    """A statement, or the head of one with a body, or a comment on lines of its own.

    `first` and `last` are its lines, from 1, `column` is where it begins, in code points from 1.
    """

    first: int
    column: int
    last: int
    text: str


def normalise(text: str) -> str:
    """Strip from source `text` what a formatter changes.

    That is white space, quotes, trailing commas, comments, which go where the code goes, and
    parentheses, which come and go with breaks; strings side by side are one. Of a comment by
    itself its words stay.
    """
    return unspaced(settled(text))


def unspaced(text: str) -> str:
    """Return what `normalise` does of a text that is `settled` already."""
    return _SPACES.sub("", text.replace("'", '"'))


def spaced(text: str) -> str:
    """Return what `normalise` does, with a blank wherever it stripped something: for tokens."""
    return _SPACES.sub(" ", settled(text).replace("'", '"'))


def settled(text: str) -> str:
    """Return `text` without comments, strings side by side joined, letters in one case."""
    if text.startswith("#") or _is_settled(text):
        return text
    parts: list[str] = []
    string = -1  # where the string stands that only white space and comments came after
    for match in _TOKEN.finditer(text):
        kind, word = match.lastgroup, match[0]
        if kind == "string":
            if string < 0:
                string = len(parts)
                parts.append(_joined("", word))
            else:
                parts[string] = _joined(parts[string], word)
        elif kind in _BETWEEN:
            parts.append(word)
        elif kind != "comment":
            string = -1
            parts.append("\n" if word == ";" else _number(word) if kind == "number" else word)
    return "".join(parts)


def _is_settled(text: str) -> bool:
    """Whether nothing in a text can be written otherwise; the answer no may be wrong."""
    return not (
        "#" in text
        or ";" in text
        or (('"' in text or "'" in text) and (_STRINGS.search(text) or _PREFIXED.match(text)))
        or ("\\" in text and _ESCAPES.search(text))
        or (_DIGIT.search(text) and _NUMBERS.search(text))
    )


def _number(word: str) -> str:
    """Return a number as a formatter spells it, but in small letters."""
    whole = re.sub(r"\.(?!\d)", ".0", f"0{word}" if word[0] == "." else word).lower()
    return whole if whole.startswith("0x") else whole.replace("e+", "e")


def _joined(one: str, other: str) -> str:
    """Return two string literals as one, whose prefix says what either's says."""
    prefix, quotes, body = _pieces(other)
    if not one:
        return f"{prefix}{quotes}{body}{quotes}"
    before, quotes, first = _pieces(one)
    if before != prefix:
        prefix = "".join(sorted({*before, *prefix}))
    return f"{prefix}{quotes}{first}{body}{quotes}"


def _pieces(literal: str) -> tuple[str, str, str]:
    letters = literal[: len(literal) - len(literal.lstrip("bfrtuBFRTU"))]
    prefix, rest = "".join(sorted(letters.lower().replace("u", ""))), literal[len(letters) :]
    quotes = rest[:3] if rest[:3] in ('"""', "'''") else rest[:1]
    body = rest[len(quotes) :].removesuffix(quotes)
    if "r" not in prefix and "\\" in body:
        body = _ESCAPE.sub(_small, body)
    return prefix, quotes, body


def _small(escape: re.Match[str]) -> str:
    return escape[0].lower() if len(escape[0]) > 2 else escape[0]


def head(text: str) -> str:
    """Return of a statement with a body what comes before it; of any other text all of it."""
    if _WITH_A_BODY.match(text):
        for match, ends in _steps(text):
            if ends and match[0] == ":":
                return text[: match.end()]
    return text


def statements(text: str) -> Iterator[Statement]:
    """Yield the statements of `text` in their order, decorators as such."""
    begins = [0, *(match.end() for match in re.finditer("\n", text))]
    for start, end in _spans(text):
        first, last = bisect.bisect(begins, start), bisect.bisect(begins, max(start, end - 1))
        yield Statement(first, start - begins[first - 1] + 1, last, text[start:end])


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the statements of `text` begin and end."""
    begin, has_body = -1, False
    for match, ends in _steps(text):
        kind, word = match.lastgroup, match[0]
        if begin < 0:
            if kind in _BETWEEN or word == ";":
                continue
            begin = match.start()
            has_body = kind == "word" and bool(_WITH_A_BODY.match(text, begin))
        if kind == "comment" and begin == match.start():
            yield begin, match.end()
            begin = -1
        elif ends and (word != ":" or has_body):
            yield begin, match.end() if word == ":" else match.start()
            begin = -1
    if begin >= 0:
        yield begin, len(text)


def _steps(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Yield each token, and whether a statement or its head may end there.

    That is, outside of brackets, a break, a semicolon, or a colon that is no lambda's.
    """
    depth = lambdas = 0
    for match in _TOKEN.finditer(text):
        kind, word, ends = match.lastgroup, match[0], False
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif depth == 0 and word == "lambda":
            lambdas += 1
        elif depth == 0 and word == ":":
            ends, lambdas = lambdas == 0, max(lambdas - 1, 0)
        elif depth == 0 and word in _ENDS:
            ends, lambdas = True, 0
        yield match, ends


class Statements:
    """The statements of one text, found by place."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Read `lines`."""
        self.all = tuple(statements("\n".join(lines)))
        self._begins = [(one.first, one.column) for one in self.all]

    def at(self, line: int, column: int) -> Statement | None:
        """Return what stands at a place, or begins in its line after it."""
        at = bisect.bisect_right(self._begins, (line, column))
        if at and self.all[at - 1].last >= line:
            return self.all[at - 1]
        return self.all[at] if at < len(self.all) and self.all[at].first == line else None

    def operand(self, line: int, column: int) -> str:
        """Return the text from a place to the end of what it begins: an operand with all after it.

        It ends with the comma, colon or bracket of what is around it, or with the statement.
        """
        statement = self.at(line, column)
        if statement is None:
            return ""
        rows = statement.text.split("\n")[: line - statement.first]
        offset = sum(map(len, rows)) + len(rows) + column - 1
        offset -= 0 if rows else statement.column - 1
        begin, outer, depth = -1, 0, 0
        for match in _TOKEN.finditer(statement.text):
            if begin < 0 and match.end() > offset:
                begin, outer = match.start(), depth
            if match.lastgroup == "open":
                depth += 1
            elif match.lastgroup == "close":
                depth -= 1
            if begin >= 0 and (depth < outer or (depth == outer and match[0] in (",", ":"))):
                return statement.text[begin : match.start()]
        return statement.text[max(begin, 0) :]

"""The functions of one source text: where each is, and a digest of what it does.

The digest is of the syntax tree, so that layout, comments and the place in the file do not count,
and everything else does. Nothing here reads a file or knows of a process.
"""

import ast
import bisect
import hashlib
import inspect
import io
import operator
import tokenize
from collections.abc import Sequence

from cockpit.layout import normalise
from cockpit.outline import definitions
from cockpit.profilers.names import is_bare, named

#: Bytes of the largest text that is taken apart: some 100 ms of work, once.
LIMIT = 2 << 20

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Definition:
    """A function or class: its qualified name, and its lines from 1, decorators included.

    `body` is the line of the first statement in it.
    """

    __slots__ = ("_digest", "_lines", "body", "first", "is_class", "last", "name")

    def __init__(self, name: str, first: int, last: int, node: ast.stmt) -> None:
        """Take what is known of it without its text."""
        self.name, self.first, self.last = name, first, last
        self.is_class = isinstance(node, ast.ClassDef)
        inner = node.body[0] if isinstance(node, (ast.ClassDef, *_FUNCTIONS)) else node
        self.body = inner.lineno if inner.lineno > node.lineno else last + 1
        self._lines: Sequence[str] = ()
        self._digest = b""

    def written(self, lines: Sequence[str]) -> "Definition":
        """Take the lines of the whole text."""
        self._lines = lines
        return self

    @property
    def digest(self) -> bytes:
        """What a change of its text changes, wherever it is and however it is laid out."""
        if not self._digest:
            self._digest = _digest("\n".join(self._lines[self.first - 1 : self.last]))
        return self._digest

    def is_of(self, name: str, line: int) -> bool:
        """Whether a frame called `name` at `line`, which is in this, is of this very function.

        Of a class it never is: its own code runs when it is made, and says nothing of its use.
        Before Python 3.11 only the last part of a name is known; then what has none counts where
        the function itself must have been called for it, in its body.
        """
        if self.is_class:
            return False
        if not is_bare(name):
            return named(name) == self.name
        if name.startswith("<"):
            return name != "<module>" and line >= self.body
        return name == self.name.rpartition(".")[2]


class Text:
    """The functions and classes of a source text; none where it does not parse."""

    def __init__(self, content: bytes = b"") -> None:
        """Take `content` apart, as Python itself reads it."""
        self._all: list[Definition] = []
        if len(content) > LIMIT:
            return
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
            found = list(definitions(ast.parse(text)))
        except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
            return
        lines = tuple(text.split("\n"))
        for scope, node in found:
            self._all.append(Definition(scope.name, scope.first, scope.last, node).written(lines))
        self._all.sort(key=lambda one: (one.first, -one.last))

    def at(self, line: int) -> Definition | None:
        """Return the innermost function or class that a line is in."""
        begun = bisect.bisect_right(self._all, line, key=operator.attrgetter("first"))
        around = (one for one in reversed(self._all[:begun]) if one.last >= line)
        return next(around, None)

    def called(self, name: str, line: int) -> Definition | None:
        """Return what is called `name`, qualified, and begins at `line` or at least holds it."""
        same = [one for one in self._all if one.name == name]
        exact = (one for one in same if one.first == line)
        around = (one for one in same if one.first <= line <= one.last)
        return next(exact, next(around, None))

    def methods(self, of: Definition) -> list[Definition]:
        """Return the functions in a class, and those within them, but none of a class in it."""
        prefix = f"{of.name}."
        inside = [
            one
            for one in self._all
            if of.first <= one.first <= of.last and one.name.startswith(prefix)
        ]
        classes = tuple(f"{one.name}." for one in inside if one.is_class)
        return [one for one in inside if not one.is_class and not one.name.startswith(classes)]


def _digest(text: str) -> bytes:
    """Return the digest of a definition that is cut out of a text with its indentation."""
    try:
        # What is indented must be below something, which is no part of it.
        tree = ast.parse(f"if 1:\n{text}" if text[:1].isspace() else text)
        whole = tree.body[0]
        if isinstance(whole, ast.If):
            whole = whole.body[0]
        for node in ast.walk(whole):
            _straighten(node)
        told = ast.unparse(whole)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        told = normalise(text)  # it is too deep to be taken apart
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _straighten(node: ast.AST) -> None:
    """Have a docstring say the same however far it is indented."""
    if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        constant = first.value
        if isinstance(constant.value, str):
            constant.value = inspect.cleandoc(constant.value)

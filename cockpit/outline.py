"""Where the scopes of a source file begin and end, and what they are called."""

import ast
import bisect
import operator
from collections.abc import Iterator

import msgspec

_SCOPES = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Scope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A class or function: first line (decorators included), last line, qualified name."""

    first: int
    last: int
    name: str


def outline(tree: ast.Module) -> list[Scope]:
    """Return the scopes of `tree` in order of their first line, outer before inner."""
    found = [scope for scope, _ in definitions(tree)]
    found.sort(key=lambda scope: (scope.first, -scope.last))
    return found


def definitions(tree: ast.Module) -> Iterator[tuple[Scope, ast.stmt]]:
    """Yield the scopes of `tree` with what defines each, in no order."""
    # An explicit stack: a tree may be deeper than Python's own.
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, prefix = stack.pop()
        if isinstance(node, _SCOPES):
            prefix = f"{prefix}.{node.name}" if prefix else node.name
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            yield Scope(first, node.end_lineno or node.lineno, prefix), node
        stack.extend(
            (child, prefix)
            for child in ast.iter_child_nodes(node)
            if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case))
        )


def symbol_at(scopes: list[Scope], line: int) -> str:
    """Return the qualified name of the innermost scope that holds `line`, or an empty string."""
    begun = bisect.bisect_right(scopes, line, key=operator.attrgetter("first"))
    around = (scope.name for scope in reversed(scopes[:begun]) if scope.last >= line)
    return next(around, "")

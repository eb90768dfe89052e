"""An offence keeps its identity while the file around it moves."""

import ast

import pytest

from cockpit.checkers.interface import excerpt
from cockpit.identity import Ordinals, base, essence
from cockpit.layout import normalise
from cockpit.outline import outline, symbol_at

pytestmark = pytest.mark.unit

CODE = '''\
import os

@decorator
class Outer:
    """Doc."""

    def method(self):
        def inner():
            return 1
        return inner

    async def other(self): ...

if os:
    def conditional(): ...
'''


def test_layout_does_not_count() -> None:
    assert base("B1", "f", "call('a',\n   b,\n)") == base("B1", "f", 'call("a", b)')
    assert normalise("x = [1,\\\n 2,\n]") == "x=[1,2]"


def test_parentheses_that_a_line_break_brings_do_not_count() -> None:
    assert base("B1", "f", "a and b") == base("B1", "f", "(\n    a\n    and b\n)")
    assert normalise("f(a, (b,))") == normalise("f(\n    a,\n    (b,),\n)")


def test_the_essence_leaves_the_scope_out() -> None:
    here, there = base("B1", "f", "x"), base("B1", "Other.g", "x")
    assert essence(f"{here}.2") == essence(there) != essence(base("B1", "f", "y"))


@pytest.mark.parametrize(
    "other", [("B2", "f", "x"), ("B1", "g", "x"), ("B1", "f", "y")], ids=["rule", "scope", "text"]
)
def test_rule_scope_and_text_count(other: tuple[str, str, str]) -> None:
    assert base("B1", "f", "x") != base(*other)


def test_the_second_of_the_same_is_another() -> None:
    ordinals = Ordinals()
    assert [ordinals.identity(name) for name in "abaa"] == ["a", "b", "a.2", "a.3"]


@pytest.mark.parametrize(
    ("line", "symbol"),
    [
        (1, ""),
        (3, "Outer"),
        (4, "Outer"),
        (7, "Outer.method"),
        (9, "Outer.method.inner"),
        (10, "Outer.method"),
        (12, "Outer.other"),
        (15, "conditional"),
        (99, ""),
    ],
)
def test_the_innermost_scope_names_a_line(line: int, symbol: str) -> None:
    assert symbol_at(outline(ast.parse(CODE)), line) == symbol


def test_a_tree_deeper_than_the_stack_has_an_outline() -> None:
    depth = 90
    code = "".join(f"{' ' * level}if x:\n" for level in range(depth))
    code += " " * depth + "def deep(): ...\n"
    assert [scope.name for scope in outline(ast.parse(code))] == ["deep"]


def test_a_statement_with_a_body_is_named_by_its_head() -> None:
    lines = ["def f(", "    password='x',", "):  # why: so", "    a = 1", "    return a", ""]
    head = excerpt(lines, (1, 1), (6, 1))
    assert head == "def f(\n    password='x',\n):"
    assert excerpt(["try:", "    pass"], (1, 1), (2, 9)) == "try:"
    assert excerpt(["call(", "    a,", ")"], (1, 1), (3, 2)) == "call(\n    a,\n)"

"""Functions of a text: which a line is in, which a frame is of, and what is a change of one."""

import ast
import textwrap

import pytest

from cockpit.profilers.names import named
from cockpit.profilers.scopes import LIMIT, Definition, Text

pytestmark = pytest.mark.unit

SOURCE = '''\
import functools

class Foo:
    size = 1

    @property
    @functools.cache
    def bar(self):
        def inner():
            return [x for x in ()]
        return inner() * (1 + 2)

    def run(self, key=lambda x: x):
        """Run.

        Fast.
        """
        return sorted((), key=lambda one: one)

    class Inner:
        def run(self):
            return 2
'''


def text(source: str = SOURCE) -> Text:
    return Text(source.encode())


def found(name: str, source: str = SOURCE) -> Definition:
    one = text(source).called(name, 0) or next(
        (each for each in text(source)._all if each.name == name), None
    )
    assert one is not None
    return one


def digest(source: str, name: str = "Foo.bar") -> bytes:
    return found(name, source).digest


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Foo.bar.<locals>.baz", "Foo.bar.baz"),
        ("Foo.bar.<locals>.<lambda>", "Foo.bar"),
        ("f.<locals>.<listcomp>.<lambda>", "f"),
        ("f.<locals>.g.<locals>.<genexpr>", "f.g"),
        ("<module>", ""),
        ("<lambda>", ""),
        ("f", "f"),
        ("", ""),
    ],
)
def test_a_profilers_name_is_the_qualified_one_of_the_text(name: str, plain: str) -> None:
    assert named(name) == plain


def test_a_line_is_in_the_innermost_function() -> None:
    lines = {
        4: "Foo", 6: "Foo.bar", 8: "Foo.bar", 10: "Foo.bar.inner", 11: "Foo.bar", 13: "Foo.run",
        22: "Foo.Inner.run",
    }  # fmt: skip
    for line, name in lines.items():
        at = text().at(line)
        assert at is not None and at.name == name, line
    assert text().at(1) is None
    assert text().at(99) is None


@pytest.mark.parametrize(
    ("name", "line", "is_of"),
    [
        ("Foo.bar", 11, True),
        ("Foo.bar", 6, True),  # it begins at its decorators
        ("bar", 11, True),  # before 3.11
        ("Foo.bar.<locals>.inner", 10, True),
        ("Foo.bar.<locals>.inner.<locals>.<listcomp>", 10, True),
        ("Foo.bar", 10, False),  # that line is inner's by now
        ("Foo.run.<locals>.<lambda>", 18, True),
        ("<lambda>", 18, True),
        ("Foo.<lambda>", 13, False),  # a default's: it runs whenever, of the class
        ("<lambda>", 13, False),
        ("Foo", 4, False),  # a class is made when its module is imported
        ("Foo", 13, False),
        ("<module>", 11, False),
        ("Foo.other", 11, False),
        ("Bar.bar", 11, False),
        ("Foo.run", 22, False),
    ],
)
def test_a_frame_is_of_a_function_where_name_and_line_agree(
    name: str, line: int, is_of: bool
) -> None:
    at = text().at(line)
    assert at is not None and at.is_of(name, line) is is_of


def test_layout_and_place_are_no_change() -> None:
    moved = f"# a comment\n\n\n{SOURCE}"
    other = SOURCE.replace("    ", "  ").replace("[x for x in ()]", "[ # note\n  x for x in ()\n ]")
    inside = "if True:\n" + textwrap.indent(SOURCE, "\t")
    for same in (moved, other, inside, SOURCE.replace("\n", "\r\n"), "\ufeff" + SOURCE):
        assert digest(same) == digest(SOURCE)
        assert digest(same, "Foo.run") == digest(SOURCE, "Foo.run")
        assert digest(same, "Foo") == digest(SOURCE, "Foo")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("(1 + 2)", "1 + 2"),  # parentheses that mean something
        ("return inner()", "return inner"),
        ("    @functools.cache\n", ""),
        ("[x for x in ()]", "[x for x in []]"),
        ("def bar(self)", "def bar(self, x=1)"),
        ("        return inner()", "        if 1: return inner()"),
    ],
)
def test_whatever_else_is_another_text_is_a_change(before: str, after: str) -> None:
    assert before in SOURCE
    assert digest(SOURCE.replace(before, after)) != digest(SOURCE)
    assert digest(SOURCE.replace(before, after), "Foo.run") == digest(SOURCE, "Foo.run")


def test_of_two_of_one_name_the_line_tells() -> None:
    source = (
        "class A:\n    @property\n    def x(self): return 1\n"
        "    @x.setter\n    def x(self, v): pass\n"
    )
    getter, setter = text(source).called("A.x", 2), text(source).called("A.x", 5)
    assert getter is not None and setter is not None
    assert (getter.first, setter.first) == (2, 4)
    assert getter.digest != setter.digest


def test_methods_are_those_of_the_class_and_what_is_in_them() -> None:
    names = [one.name for one in text().methods(found("Foo"))]
    assert names == ["Foo.bar", "Foo.bar.inner", "Foo.run"]


@pytest.mark.security
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"def f(:",
        b"\0",
        b"\xff\xfe",
        b"# coding: nonsense\n",
        b"(" * 10_000,
        b"x = " + b"-" * 100_000 + b"1\n",
        b"# \n" * (LIMIT // 3 + 1),
    ],
)
def test_what_cannot_be_taken_apart_has_no_functions(content: bytes) -> None:
    assert Text(content).at(1) is None


def test_a_function_too_deep_to_be_written_out_is_known_by_its_text() -> None:
    deep = "def f():\n    return 1" + " + 1" * 700 + "\n"
    with pytest.raises(RecursionError):
        ast.unparse(ast.parse(deep))
    same, other = deep.replace(" + ", "  +  "), deep.replace("return 1", "return 2")
    assert digest(deep, "f") == digest(same, "f") != digest(other, "f")

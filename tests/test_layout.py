"""What a formatter changes does not count, and everything else does."""

import subprocess
import sysconfig
from pathlib import Path

import pytest

from cockpit.checkers.ruff import binary
from cockpit.layout import Statements, head, normalise, statements

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a,\\\n b)", "f(\n    a,\n    b,\n)"),
        ("f(a, # why\n b # so\n)", "f(\n    a,  # why\n    b,  # so\n)"),
        ("'a' \"b\"", '"ab"'),
        ("('a'\n  f'{b}' # why\n  'c')", 'f"a{b}c"'),
        ("U'a'", '"a"'),
        ("RB'a'", "Rb'a'"),
        (r"'\xAB\N{BULLET}'", r'"\xab\N{BULLET}"'),
        ("0XaB + 1.E+5 + .5J", "0xAB + 1.0e5 + 0.5j"),
        ("x = a,", "x = (a,)"),
        ("a, = b", "(a,) = b"),
        ("import a; import b", "import a\nimport b"),
    ],
)
def test_one_text_laid_out_twice_is_the_same(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("'a', 'b'", "'ab'"),
        ("'a' + 'b'", "'ab'"),
        ("f('')", "f()"),
        ("a[1, 2]", "a[12]"),
        ("a[1, :2]", "a[1:2]"),
        ("'# a'", "'# b'"),
        ("'a; b'", "'a b'"),
        ("'0xA'", "'0xa'"),
        ("b'a'", "'a'"),
        ("0xE+1", "0xE1"),
        ("# one", "# two"),
    ],
)
def test_another_text_is_another(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(
    ("text", "before_its_body"),
    [
        (
            "def f(\n    a={1: 2},\n) -> int:  # why: so\n    return a",
            "def f(\n    a={1: 2},\n) -> int:",
        ),
        ("if a: b()", "if a:"),
        ("while (lambda: x)() or f(lambda: y): z", "while (lambda: x)() or f(lambda: y):"),
        ("if x := lambda: y: z", "if x := lambda: y:"),
        ("@a[1:2]\n# why: so\nclass B: ...", "@a[1:2]\n# why: so\nclass B:"),
        ("match a:\n    case b: c", "match a:"),
        ("match = {a: b}", "match = {a: b}"),
        ("iffy: int = 1", "iffy: int = 1"),
    ],
)
def test_a_statement_with_a_body_ends_before_it(text: str, before_its_body: str) -> None:
    assert head(text) == before_its_body


def test_statements_have_their_places() -> None:
    text = "# why\nif a: b(\n    1\n); c = ';'  # so\n\nd = '''\ne\n'''"
    assert [(one.first, one.column, one.last, one.text) for one in statements(text)] == [
        (1, 1, 1, "# why"),
        (2, 1, 2, "if a:"),
        (2, 7, 4, "b(\n    1\n)"),
        (4, 4, 4, "c = ';'  # so"),
        (6, 1, 8, "d = '''\ne\n'''"),
    ]


def test_a_statement_is_found_by_any_place_in_it() -> None:
    read = Statements(["if a: b(", "    1", ")", "", "    c = 2"])
    at = [read.at(*place) for place in [(1, 1), (1, 8), (2, 5), (3, 2), (5, 1), (4, 1), (9, 1)]]
    assert [one and one.text for one in at] == [
        *("if a:", "b(\n    1\n)", "b(\n    1\n)", "b(\n    1\n)"),
        *("c = 2", None, None),
    ]


@pytest.mark.parametrize(
    ("lines", "place", "operand"),
    [
        (["f(a, 'b' % c, d)"], (1, 6), "'b' % c"),
        (["a = {'b': 1, 'c': 2}"], (1, 6), "'b'"),
        (["a = ('b'", "     'c' % d)", "e = 1"], (1, 6), "'b'\n     'c' % d"),
        (["if a == 'b': c = 1"], (1, 9), "'b'"),
        (["a = 'b'.format(", "    c, d", ")"], (1, 5), "'b'.format(\n    c, d\n)"),
        (["a['b'] = 'c'"], (1, 3), "'b'"),
        (["  a = f(", "    b, 'c',", ")"], (2, 8), "'c'"),
        (["a"], (7, 1), ""),
    ],
)
def test_an_operand_ends_with_what_is_around_it(
    lines: list[str], place: tuple[int, int], operand: str
) -> None:
    assert Statements(lines).operand(*place) == operand


@pytest.mark.integration
@pytest.mark.parametrize("length", [40, 88, 200])
@pytest.mark.parametrize("module", ["argparse", "imaplib", "pickletools", "statistics", "string"])
def test_every_statement_of_a_real_module_is_the_same_after_ruff_format(
    module: str, length: int
) -> None:
    text = (Path(sysconfig.get_paths()["stdlib"]) / f"{module}.py").read_text(encoding="utf-8")
    command = (binary(), "format", "--isolated", "--line-length", str(length), "-")
    formatted = subprocess.run(
        command, input=text, check=True, capture_output=True, encoding="utf-8"
    ).stdout
    assert formatted != text
    assert _without_layout(formatted) == _without_layout(text)


def _without_layout(text: str) -> list[str]:
    # A comment may go to another line: before its statement, or after it.
    return [normalise(one.text) for one in statements(text) if not one.text.startswith("#")]

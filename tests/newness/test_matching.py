"""What is matched with what, on modules made up for it: no tool, no file, no git."""

import random
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.alignment import line_map, survivors
from cockpit.identity import Ordinals, base
from cockpit.matching import judge
from cockpit.model import Finding, Report, Result
from cockpit.outline import symbol_at
from cockpit.since import Past, Since
from cockpit.syntax import Side, about_definition, same_import
from tests.newness.synthetic import Module, Modules, written

pytestmark = pytest.mark.unit

OFFENCES = ("assert here", "assert there", "eval(here)")


def check(texts: Mapping[str, str]) -> dict[str, tuple[Finding, ...]]:
    """Find what offends, and functions without a docstring, as a tool would tell of them."""
    return {path: tuple(_findings(path, text)) for path, text in texts.items()}


def _findings(path: str, text: str) -> Iterator[Finding]:
    lines, ordinals = text.split("\n"), Ordinals()
    scopes = Module.outline(text)
    for number, line in enumerate(lines, 1):
        words, symbol = line.strip(), symbol_at(scopes, number)
        if words in OFFENCES:
            rule = "X001" if words.startswith("assert") else "X002"
            name = ordinals.identity(base(rule, symbol, words))
            message = "do not"
        elif words.startswith("def "):
            rule, name = "X003", ordinals.identity(base("X003", symbol, symbol))
            message = f"function `{symbol}` has no docstring"
        else:
            continue
        column = len(line) - len(line.lstrip()) + 1
        place = (number, column, number, len(line) + 1)
        yield Finding("x", rule, "low", path, *place, message, symbol=symbol, identity=name)


def news(before: Mapping[str, str], after: Mapping[str, str]) -> list[Finding]:
    """Return what is new in `after`."""
    since = Since(Past({"x": check(before)}, {}, frozenset(before)))
    found = check(after)
    since.update({"x": Result("x", Report(files=found), last=Report(files=found))})
    number, question = since.question(after)

    def side(texts: Mapping[str, str], path: str) -> Side | None:
        return Side(texts[path].split("\n")) if path in texts else None

    verdict = judge(question, lambda path: side(before, path), lambda path: side(after, path))
    since.answer(number, verdict)
    new = since.new["x"]
    return [
        one for path, all_ in found.items() for one in all_ if one.identity in new.get(path, ())
    ]


modules = st.builds(
    Modules.of, st.randoms(use_true_random=False), st.integers(2, 5), st.just(OFFENCES)
)


@settings(max_examples=25, deadline=None)
@given(modules, st.randoms(use_true_random=False), st.integers(1, 4))
def test_no_edit_around_an_offence_makes_anything_new(
    before: Modules, chance: random.Random, count: int
) -> None:
    assert news(written(before), written(before.edited(chance, count))) == []


@settings(max_examples=25, deadline=None)
@given(modules, st.randoms(use_true_random=False), st.integers(0, 3), st.sampled_from(OFFENCES))
def test_an_offence_that_is_added_is_new_once(
    before: Modules, chance: random.Random, count: int, offence: str
) -> None:
    edited = before.edited(chance, count)
    after, path, function = edited.offended(chance, offence)
    new = news(written(before), written(after))
    assert [(one.path, one.symbol) for one in new] == [(path, function)]
    assert written(after)[path].split("\n")[new[0].line - 1].strip() == offence


def test_of_equal_offences_that_one_is_new_which_was_put_in_between() -> None:
    body = ["one = 1", "assert here", "two = 2", "three = 3", "assert here", "four = 4"]
    more = [*body[:3], "five = 5", "assert here", "six = 6", *body[3:]]
    texts = [{"a.py": "\n".join(["def f(here):", *(f"    {x}" for x in b)])} for b in (body, more)]
    assert [(one.rule, one.line) for one in news(*texts)] == [("X001", 6)]


def test_a_stub_before_a_function_is_new_and_the_function_is_not() -> None:
    body = "\n    one = 1\n    two = one + 2\n    return two, one"
    before = {"a.py": "def f(here):" + body}
    after = {"a.py": "@overload\ndef f(here: int) -> None: ...\n\ndef f(here: object):" + body}
    assert [(one.rule, one.line) for one in news(before, after)] == [("X003", 2)]


def test_what_says_as_little_as_pass_is_not_known_again_elsewhere() -> None:
    before = {
        "a.py": "def outer():\n    pass\n",
        "b.py": "def old():\n    def f():\n        pass\n",
    }
    after = {
        "a.py": "def outer():\n    pass\n",
        "b.py": "",
        "c.py": "def new():\n    x = [1, 2]\n    def f():\n        pass\n",
    }
    assert [(one.path, one.symbol) for one in news(before, after)] == [
        ("c.py", "new"),
        ("c.py", "new.f"),
    ]


def test_a_method_that_every_class_has_is_not_known_again_in_another_file() -> None:
    method = (
        "    def __exit__(self, kind, value, trace):\n"
        "        self.stream.close(kind, value)\n"
        "        self.owner.tell(trace)\n"
    )
    texts = {"a.py": f"class Old:\n    a = {list(range(30))}\n{method}", "b.py": ""}
    moved = {"a.py": "", "b.py": f"class New:\n    b = {list(range(30, 60))}\n{method}"}
    stayed = {"a.py": f"class New:\n    b = {list(range(30, 60))}\n{method}", "b.py": ""}
    assert [one.symbol for one in news(texts, moved)] == ["New.__exit__"]
    assert news(texts, stayed) == []


def test_so_little_is_known_again_where_its_surroundings_went_along() -> None:
    rest = "    def f():\n        pass\n    return [one.two(three) for one in four if five(one)]\n"
    before, after = {"a.py": "def old():\n" + rest}, {"b.py": "x = 1\n\ndef new():\n" + rest}
    assert news(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "message", "same"),
    [
        ("from a import B, C", "from a import C, B, D", "`a.B` is old", True),
        ("from a import B, C", "from a import C, D", "`a.B` is old", False),
        ("from a import B, C", "from a import D, B", "not at the top", False),
        ("from a import B, C", "from a import C, B", "not at the top", True),
        ("from a import B", "from b import B", "`B` is old", False),
        ("import a", "import a", "not at the top", False),
    ],
)
def test_an_import_is_the_same_beside_other_names(
    before: str, after: str, message: str, same: bool
) -> None:
    assert same_import(before, after, message) is same


@pytest.mark.parametrize(
    ("line", "column", "symbol", "message", "said"),
    [
        ("    def put(self):", 5, "A.put", "method `A.put` has none", "method `` has none"),
        ("    def put(self):", 9, "A.put", "`put` has 6 > 5", "`` has  > "),
        ("async def put():", 1, "put", "put is long", " is long"),
        ("def put(items: List):", 16, "put", "no List", None),
        ("    put(1)", 5, "A.put", "do not", None),
        ("import os", 1, "", "not used", None),
    ],
)
def test_what_is_said_of_a_definition_leaves_out_its_name(
    line: str, column: int, symbol: str, message: str, said: str | None
) -> None:
    assert about_definition(line, column, symbol, message) == said


def test_lines_keep_their_partners_through_shifts_and_indents() -> None:
    before = ["a", "b", "c", "d"]
    assert line_map(before, ["x", "a", "  b", "d"]) == {1: 2, 2: 3, 4: 4}


def test_survivors_keep_their_order_and_rather_their_own_lines() -> None:
    assert survivors([2, 4], [2, 4, 6], {2: 2, 4: 6}) == [0, 2]
    assert survivors([2], [5, 9], {3: 10, 4: 11}) == [1]
    assert survivors([2], [5, 9], {}) == [0]

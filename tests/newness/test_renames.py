"""A name that was changed all over makes nothing new, and no other name passes for it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cockpit.renames import renamed
from cockpit.syntax import Side
from tests.live import following
from tests.newness.project import SETTINGS, commit, git, new_in, words
from tests.newness.test_live import opened, words_of

SHOP = '''\
"""A shop."""


class Shop:
    """A shop."""

    def __init__(self, stock):
        """Open it."""
        self._stock = stock

    def price_of(self, item):
        """Say what it costs."""
        return self._stock[item]


def opened(stock):
    """Open a shop with what is there."""
    for item in list(stock):
        stock[item] += 1
    return Shop(stock)


def closed(stock):
    """Close it."""
    stock.clear()
    return stock
'''
CHECKS = '''\
"""Checks."""

import lib.shop
from lib.shop import closed, opened


def test_price():
    """Check."""
    shop = opened({"a": 1})
    assert shop.price_of("a") == 2
    assert shop._stock == {"a": 2}
    assert opened({})
    assert not closed({})
    assert lib.shop.opened({})


test_price()
'''


class Edit(NamedTuple):
    """An edit of the project, and what is new after it."""

    do: Callable[[Path], object]
    new: tuple[str, ...] = ()


def all_over(old: str, new: str) -> Callable[[Path], object]:
    """Return an edit that changes a name wherever it stands."""

    def do(root: Path) -> None:
        for path in root.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(rf"\b{old}\b", new, text), encoding="utf-8")

    return do


def replaced(path: str, *pairs: tuple[str, str]) -> Callable[[Path], object]:
    def do(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        (root / path).write_text(text, encoding="utf-8")

    return do


def another_in_its_place(root: Path) -> None:
    """A function goes, and one that does something else comes, and is called in its place."""
    start, end = SHOP.index("def opened"), SHOP.index("\n\n\ndef closed")
    other = 'def sealed(stock):\n    """Seal."""\n    return sorted(map(str, stock.items()))'
    replaced("lib/shop.py", (SHOP[start:end], other))(root)
    all_over("opened", "sealed")(root)


def package_renamed(root: Path) -> None:
    git(root, "mv", "lib", "store")
    all_over("lib", "store")(root)


EDITS = {
    "a function": Edit(all_over("opened", "open_shop")),
    "an attribute": Edit(all_over("_stock", "_wares")),
    "a method": Edit(all_over("price_of", "cost_of")),
    "a class": Edit(all_over("Shop", "Store")),
    "a package": Edit(package_renamed),
    "two at once": Edit(
        lambda root: [all_over("opened", "open_shop")(root), all_over("_stock", "_wares")(root)]
    ),
    "another one called": Edit(
        replaced("check_shop.py", ("assert opened({})", "assert closed({})")),
        ("check_shop.py:12 B101",),
    ),
    "another in its place": Edit(
        another_in_its_place,
        ("check_shop.py:12 B101", "check_shop.py:14 B101", "lib/shop.py:4 V102"),
    ),
    "only where it is used": Edit(
        replaced("check_shop.py", ("opened", "closed")),
        (
            *("check_shop.py:4 F811", "check_shop.py:12 B101", "check_shop.py:14 B101"),
            "lib/shop.py:16 V103",
        ),
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "lib").mkdir(parents=True)
    (root / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "lib/__init__.py").write_text('"""A package."""\n', encoding="utf-8")
    (root / "lib/shop.py").write_text(SHOP, encoding="utf-8")
    (root / "check_shop.py").write_text(CHECKS, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.regression
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
async def test_what_a_renaming_makes_new(project: Path, edit: Edit) -> None:
    """Every assertion that named a function of another file was new when that was renamed."""
    edit.do(project)
    assert words(await new_in(project)) == list(edit.new)


@pytest.mark.integration
@pytest.mark.regression
async def test_a_renaming_that_is_saved_file_by_file_makes_nothing_new(project: Path) -> None:
    """The definition is in a file where nothing was found, so that nobody asked for its text."""
    async with opened(project) as engine, following(engine) as seen:  # type: ignore[attr-defined]
        await seen.until(lambda now: now.base.ready)
        replaced("lib/shop.py", ("opened", "open_shop"))(project)
        replaced("check_shop.py", ("opened", "open_shop"))(project)
        generation = engine.snapshot.generation
        await seen.settled(generation)
        await seen.until(lambda now: now.fresh and not now.comparing and not words_of(now))
        assert any(now.comparing for now in seen.all), "the screen is told that it is not known yet"


def side(text: str) -> Side:
    return Side(text.splitlines())


@pytest.mark.unit
def test_a_name_that_is_still_there_was_not_renamed() -> None:
    was, now = side("ONE = 1\n"), side("TWO = 1\n")
    assert renamed([(was, now)], {}) == {("ONE", "TWO")}
    assert renamed([(was, now), (side("x"), side("print(ONE)"))], {}) == frozenset()
    assert renamed([(was, now), (side("print(TWO)"), side("x"))], {}) == frozenset()


@pytest.mark.unit
def test_of_two_that_look_the_same_nobody_knows_which_is_which() -> None:
    was, now = side("A = 1\nB = 1\n"), side("C = 1\nD = 1\n")
    assert renamed([(was, now)], {}) == frozenset()

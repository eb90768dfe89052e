"""The call tree: the heaviest first, rows that stay where they are, and folds that hold."""

import itertools
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from cockpit.profilers.profile import THREAD, CallTree, Function, Node
from cockpit.ui import style
from cockpit.ui.callline import Figures, figures
from cockpit.ui.callrows import (
    Fold,
    hottest,
    match_before,
    next_match,
    place_of,
    ranked,
    rows_of,
    unfold_all,
)
from cockpit.ui.calls import CallsView
from cockpit.ui.seek import Search
from cockpit.ui.spot import Path
from cockpit.ui.style import Look
from tests.ui.fakes import line_with, screen_lines, screen_text, until
from tests.ui.trees import MAIN, Stage, own, path, segments, staged, tree

pytestmark = pytest.mark.integration

SHOP = [
    ("main;load;parse", 40),
    ("main;load;read", 19),
    ("main;load", 1),
    ("main;serve;render;cell", 20),
    ("main;serve;answer", 18),
    ("main;serve;rare", 2),
]
ROOT = "/home/me/shop"
WORDS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), max_size=5), st.integers(1, 50)),
    min_size=1,
    max_size=25,
)


def calls(look: Look) -> CallsView:
    return CallsView(look, ROOT)


def made(found: list[tuple[list[str], int]]) -> CallTree:
    return tree((";".join(names), count) for names, count in found)


def shown_names(app: Stage) -> list[str]:
    """Return the names in the rows on the screen, from the top."""
    names = []
    for line in screen_lines(app)[2:-1]:
        words = line.strip("│ ").replace("▾", " ").replace("▸", " ").replace("━", " ").split()
        names += [word for word in words if word[0].isalpha() and "/" not in word][:1]
    return names


# --- The rows ---------------------------------------------------------------------------------


def named(nodes: list[Node]) -> list[str]:
    return [node.function.name for node in nodes]


@pytest.mark.unit
def test_the_heaviest_is_first() -> None:
    root = tree([("b", 5), ("a", 5), ("c", 9)]).root.children[MAIN]
    assert named(ranked(root, Fold())) == ["c", "a", "b"], "by name where they are as heavy"


@pytest.mark.unit
def test_rows_change_places_only_where_one_is_clearly_heavier() -> None:
    grows, fold = tree([("a", 100), ("b", 95), ("c", 5)]), Fold()
    root = grows.root.children[MAIN]
    assert named(ranked(root, fold)) == ["a", "b", "c"]
    grows.add(path("b"), 20)
    assert named(ranked(root, fold)) == ["a", "b", "c"], "115 of 215 may well be chance"
    grows.add(path("b"), 40)
    assert named(ranked(root, fold)) == ["b", "a", "c"], "155 of 255 is not"
    grows.add(path("new"), 50)
    assert named(ranked(root, fold)) == ["b", "a", "new", "c"]
    assert named(ranked(root, Fold())) == ["b", "a", "new", "c"]


@pytest.mark.unit
@given(WORDS, WORDS)
def test_the_order_holds_every_child_once_and_is_near_the_true_one(
    before: list[tuple[list[str], int]], after: list[tuple[list[str], int]]
) -> None:
    grows, fold = made(before), Fold()
    root = grows.root.children[MAIN]
    ranked(root, fold)
    for names, count in after:
        grows.add(path(";".join(names)), count)
    nodes = ranked(root, fold)
    assert sorted(named(nodes)) == sorted(function.name for function in root.children)
    for upper, lower in itertools.pairwise(nodes):
        more = lower.total - upper.total
        assert more <= 0 or more**2 <= 4 * (lower.total + upper.total)


@pytest.mark.unit
def test_only_what_is_unfolded_is_a_row() -> None:
    root, fold = tree(SHOP).root, Fold()
    assert named([row.node for row in rows_of(root, fold)]) == [MAIN.name]
    fold.unfold(path("main"))
    rows = rows_of(root, fold)
    assert [(row.node.function.name, row.depth) for row in rows] == [
        (MAIN.name, 0),
        ("main", 1),
        ("load", 2),
        ("serve", 2),
    ]
    assert [row.path for row in rows] == [
        (MAIN,),
        path("main"),
        path("main;load"),
        path("main;serve"),
    ]
    assert [row.unfolded for row in rows] == [True, True, False, False]


@pytest.mark.unit
def test_what_was_unfolded_within_is_so_again() -> None:
    root, fold = tree(SHOP).root, Fold()
    fold.unfold(path("main;load"))
    fold.at(path("main")).open = False
    assert len(rows_of(root, fold)) == 2
    fold.at(path("main")).open = True
    assert len(rows_of(root, fold)) == 6


@pytest.mark.unit
def test_the_hottest_path_ends_where_no_child_is_half_of_its_caller() -> None:
    assert hottest(tree(SHOP).root) == path("main;load;parse")
    assert hottest(tree([("main;a", 49), ("main;b", 48), ("main;c", 3)]).root) == path("main")
    threads = CallTree()
    for number in range(5):
        threads.add([Function(f"T{number}", THREAD), own("run")], 20 + number)
    assert hottest(threads.root) == (Function("T4", THREAD), own("run")), "of many threads, one"
    assert hottest(CallTree().root) == ()


@pytest.mark.unit
def test_unfolding_all_stops_at_what_a_person_can_look_through() -> None:
    root, fold = tree(SHOP).root, Fold()
    assert unfold_all(root, fold)
    assert len(rows_of(root, fold)) == 10
    big = tree((f"main;f{number};g;h", 1 + number) for number in range(3000))
    assert not unfold_all(big.root, fold, 500)
    assert len(rows_of(big.root, fold)) <= 500
    many = tree((f"main;f{number % 20};g{number}", 1 + number % 20) for number in range(1000))
    fold = Fold()
    assert not unfold_all(many.root, fold, 500)
    assert 400 < len(rows_of(many.root, fold)) <= 500
    assert fold.at(path("main;f19")).open, "the heaviest are"
    assert not fold.at(path("main;f0")).open


@pytest.mark.unit
def test_a_very_deep_tree_has_its_rows() -> None:
    deep = CallTree()
    deep.add([own("again")] * 3000, 3)
    fold = Fold()
    fold.unfold(hottest(deep.root))
    rows = rows_of(deep.root, fold)
    assert (len(rows), rows[-1].depth, len(rows[-1].path)) == (3000, 2999, 3000)
    fold.close()
    assert len(rows_of(deep.root, fold)) == 1


@pytest.mark.unit
def test_a_path_is_at_its_row_or_at_that_of_what_it_lies_in() -> None:
    root, fold = tree(SHOP).root, Fold()
    fold.unfold(path("main"))
    rows = rows_of(root, fold)
    assert place_of(rows, root, path("main;serve")) == 3
    assert place_of(rows, root, path("main;serve;render;cell")) == 3
    assert place_of(rows, root, path("main;gone;away")) == 1
    assert place_of(rows, root, ()) == place_of([], root, path("main")) == 0


@pytest.mark.unit
@pytest.mark.parametrize(
    ("own_samples", "total", "said"),
    [
        (0, 1000, Figures("100", "", 10, 0)),
        (500, 999, Figures("99.9", "50.0", 10, 5)),
        (0, 455, Figures("45.5", "", 5, 0)),
        (9, 9, Figures("0.9", "0.9", 0, 0)),
    ],
)
def test_only_all_is_100_and_nothing_is_blank(own_samples: int, total: int, said: Figures) -> None:
    node = Node(own("f"))
    node.own, node.total = own_samples, total
    assert figures(node, 1000, False) == said
    assert figures(node, 1000, True).own == "", "of callers nothing is own time"
    assert figures(node, 10_000_000, False).total == "<0.1"


# --- From match to match ----------------------------------------------------------------------


def plainly(root: Node, fold: Fold, search: Search) -> tuple[list[Path], list[Path]]:
    """Return all paths in the order of the rows with everything unfolded, and the matches."""
    every: list[Path] = []
    matches: list[Path] = []

    def visit(node: Node, at: Path) -> None:
        for child in node.ordered():
            every.append((*at, child.function))
            if search.hits(child.function):
                matches.append(every[-1])
            visit(child, every[-1])

    visit(root, ())
    return every, matches


@pytest.mark.unit
@settings(deadline=None)
@given(WORDS, st.sampled_from("abcd"), st.integers(0, 1000))
def test_the_next_match_is_that_of_all_rows_folded_or_not(
    found: list[tuple[list[str], int]], word: str, number: int
) -> None:
    root, fold, search = CallTree(), Fold(), Search(word)
    for names, count in found:
        root.add([Function("T", THREAD), *(Function(name, "") for name in names)], count)
    above = search.found(root.root, 1).above
    every, matches = plainly(root.root, fold, search)
    here = every[number % len(every)]
    place = every.index(here)
    after = [one for one in matches if every.index(one) > place]
    before = [one for one in matches if every.index(one) < place]
    assert next_match(root.root, fold, here, search, above) == (after[0] if after else None)
    assert match_before(root.root, fold, here, search, above) == (before[-1] if before else None)
    assert next_match(root.root, fold, (), search, above) == (matches[0] if matches else None)


# --- On the screen ----------------------------------------------------------------------------


async def shown(app: Stage, stacks: list[tuple[str, int]] = SHOP) -> CallsView:
    view: CallsView = app.view
    view.show(tree(stacks).root, 1)
    return view


async def test_the_hottest_path_is_unfolded_with_shares_and_files() -> None:
    async with staged(calls) as (app, pilot):
        await shown(app)
        await pilot.pause()
        assert shown_names(app) == ["Main", "main", "load", "parse", "read", "serve"]
        assert line_with(app, "parse").split() == [
            "│",
            "40.0",
            "40.0",
            "━━━━",
            "parse",
            "shop/cart.py",
            "│",
        ]
        assert line_with(app, " load").split()[:4] == ["│", "60.0", "1.0", "━━━━━━"]
        assert "total%   own%" in screen_lines(app)[1]
        assert "▸ serve" in screen_text(app)
        assert "▾ load" in screen_text(app)


async def test_rows_fold_and_unfold_by_keys() -> None:
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j", "space")
        assert view.cursor == path("main;load")
        await pilot.pause()
        assert shown_names(app) == ["Main", "main", "load", "serve"]
        await pilot.press("l", "l")
        assert view.cursor == path("main;load;parse"), "unfolded, then in"
        await pilot.press("h")
        assert view.cursor == path("main;load"), "out to its caller"
        await pilot.press("h", "h")
        await pilot.pause()
        assert view.cursor == path("main")
        await pilot.press("H")
        await pilot.pause()
        assert shown_names(app) == ["Main"]
        assert view.cursor == (MAIN,)
        await pilot.press("L")
        await pilot.pause()
        assert len(shown_names(app)) == 10
        await pilot.press("G")
        assert view.cursor == path("main;serve;rare")


async def test_enter_asks_for_the_source() -> None:
    async with staged(calls) as (app, pilot):
        await shown(app)
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        chosen = app.heard(CallsView.Chosen)
        assert [(one.function, one.path) for one in chosen] == [(own("load"), path("main;load"))]
        moved = app.heard(CallsView.Moved)[-1]
        assert (moved.function, moved.path) == (own("load"), path("main;load"))
        assert moved.can_replace(CallsView.Moved(None, ()))


async def test_the_mouse_moves_folds_and_asks_for_the_source() -> None:
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        await pilot.pause()
        at = next(y for y, line in enumerate(screen_lines(app)) if "▸ serve" in line)
        x = screen_lines(app)[at].index("▸ serve")
        await pilot.click(CallsView, offset=(x + 4, at))
        assert view.cursor == path("main;serve")
        await pilot.click(CallsView, offset=(x, at))
        await pilot.pause()
        assert "▾ serve" in screen_text(app)
        await pilot.click(CallsView, offset=(x, 1))
        assert view.cursor == path("main;serve"), "the headings are no row"
        await pilot.double_click(CallsView, offset=(x + 4, at))
        await pilot.pause()
        assert [one.path for one in app.heard(CallsView.Chosen)] == [path("main;serve")]


async def test_a_key_that_cannot_work_says_why() -> None:
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        await pilot.press("n", "j", "j", "j", "space", "l")
        view.search("xyzzy")
        await pilot.press("n")
        view.search("parse")
        await pilot.press("n", "N")
        await pilot.pause()
        assert [one.words for one in app.heard(CallsView.Stuck)] == [
            "nothing is searched for",
            "there is nothing to unfold: it called nothing that was seen",
            "there is nothing to unfold: it called nothing that was seen",
            "no name and no path has these words in it",
            "this is the last match",
            "this is the first match",
        ]


# --- While the tree grows ---------------------------------------------------------------------


async def test_nothing_is_drawn_where_nothing_changed() -> None:
    async with staged(calls) as (app, pilot):
        view: CallsView = app.view
        shop = tree(SHOP)
        view.show(shop.root, 1)
        await pilot.press("j", "j")
        await pilot.pause()
        app.drawn = 0
        view.show(shop.root, 1)
        view.show(tree(SHOP).root, 2)  # other objects that look the same
        await pilot.pause()
        assert app.drawn == 0
        view.show(tree([*SHOP, ("main;load;parse", 1)]).root, 3)
        await pilot.pause()
        assert 0 < app.drawn < 8, "the rows in sight, and not the blank ones"


async def test_cursor_and_folds_are_kept_whatever_becomes_of_the_tree() -> None:
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        await pilot.press("G", "l", "j", "l")
        assert view.cursor == path("main;serve;render")
        view.show(tree([("main;other", 50), *SHOP]).root, 2)
        await pilot.pause()
        assert view.cursor == path("main;serve;render")
        assert "cell" in shown_names(app)
        view.show(tree([("main;load", 3)]).root, 3)
        assert view.cursor == path("main")
        view.show(tree(SHOP).root, 4)
        await pilot.pause()
        assert view.cursor == path("main;serve;render")
        assert "cell" in shown_names(app)


async def test_the_hottest_path_is_followed_until_a_person_moves() -> None:
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        view.show(tree([*SHOP, ("main;serve;render;cell", 500)]).root, 2)
        await pilot.pause()
        assert shown_names(app) == [
            "Main",
            "main",
            "serve",
            "render",
            "cell",
            "answer",
            "rare",
            "load",
        ]
        await pilot.press("j")
        view.show(tree(SHOP).root, 3)
        await pilot.pause()
        assert "cell" in shown_names(app)
        assert "parse" not in shown_names(app)


async def test_the_cursor_keeps_its_place_on_the_screen() -> None:
    many = [(f"main;f{number:03}", 1000 - number) for number in range(100)]
    async with staged(calls) as (app, pilot):
        view = await shown(app, many)
        await pilot.press("ctrl+d", "ctrl+d", "ctrl+d", "ctrl+d", "k", "k", "k", "k")
        held = view.cursor
        await pilot.pause()
        line = next(y for y, text in enumerate(screen_lines(app)) if held[-1].name in text)
        view.show(tree([("main;new", 9000), *many]).root, 2)
        await pilot.pause()
        assert view.cursor == held
        assert held[-1].name in screen_lines(app)[line]


async def test_no_samples_are_said_to_be_none_until_there_are_some() -> None:
    async with staged(calls) as (app, pilot):
        view: CallsView = app.view
        grows = CallTree()
        view.show(grows.root, 1, "no \x1b[31msamples yet")
        await pilot.press("j", "k", "h", "l", "enter", "space", "H", "L", "G", "n")
        await pilot.pause()
        assert r"no \x1b[31msamples yet" in screen_text(app)
        assert (view.selected, view.cursor, view.matched) == (None, (), 0)
        grows.add(path("main"), 5)
        view.show(grows.root, 2)
        await pilot.pause()
        assert shown_names(app) == ["Main", "main"]
        assert "samples yet" not in screen_text(app)
        view.show(CallTree().root, 3)
        await pilot.pause()
        assert "no samples yet" in screen_text(app)
        app.drawn = 0
        view.show(CallTree().root, 4)
        await pilot.pause()
        assert app.drawn == 0


async def test_it_may_be_told_before_it_is_on_the_screen() -> None:
    def early(look: Look) -> CallsView:
        view = CallsView(look, ROOT)
        view.show(tree(SHOP).root, 1)
        view.search("parse")
        return view

    async with staged(early) as (app, _):
        assert "parse" in shown_names(app)


async def test_a_deep_row_has_its_name_in_sight() -> None:
    deep = ";".join(f"f{number}" for number in range(200))
    async with staged(calls, (60, 45)) as (app, pilot):
        view = await shown(app, [(deep, 10)])
        for keys in (["G"], ["ctrl+u"] * 12, ["g"], ["ctrl+d"] * 7, ["k"] * 20):
            await pilot.press(*keys)
            await pilot.pause()
            named = line_with(app, f" {view.cursor[-1].name} ")
            assert "…" not in named.partition("f")[0], "it is as far to the right as it is deep"
            for line in screen_lines(app)[2:-1]:
                assert re.search(r"f\d+ |[Mm]ain ", line), "no row is out of sight"


# --- Searching --------------------------------------------------------------------------------


async def test_matches_are_marked_counted_and_unfolded_to() -> None:
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        view.search("re")
        await pilot.pause()
        assert view.matched == pytest.approx(0.41)
        marked = [one.text for one in segments(app) if one.style and one.style.underline]
        assert marked == ["read", "▸"], "serve hides some"
        visited = []
        for _ in range(4):
            await pilot.press("n")
            visited.append(view.cursor[-1].name)
        assert visited == ["read", "render", "rare", "rare"]
        await pilot.press("N", "N")
        assert view.cursor == path("main;load;read")


# --- Callers, and whatever the terminal -------------------------------------------------------


async def test_callers_have_no_own_time() -> None:
    inverted = CallTree()
    inverted.add([own("parse"), own("load"), own("main")], 40)
    inverted.add([own("read"), own("load"), own("main")], 60)
    async with staged(lambda look: CallsView(look, ROOT, inverted=True)) as (app, pilot):
        app.view.show(inverted.root, 1)
        await pilot.press("G", "space")
        await pilot.pause()
        assert shown_names(app) == ["read", "load", "main", "parse", "load"]
        assert "own%" not in screen_text(app)
        assert "called from" in screen_text(app)
        assert line_with(app, "main").split() == [
            "│",
            "60.0",
            "━━━━━━",
            "main",
            "shop/cart.py",
            "│",
        ]


async def test_without_unicode_everything_is_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "terminal_encoding", lambda: "ascii")
    deep = ";".join(f"f{number}" for number in range(90))
    async with staged(calls, (64, 15)) as (app, pilot):
        view = await shown(app, [*SHOP, (deep, 300)])
        view.search("f8")
        await pilot.press("n", "n")
        await pilot.pause()
        assert "".join(line[1:-3] for line in screen_lines(app)[1:-1]).isascii()
        assert "v f80" in screen_text(app)


async def test_without_colours_the_cursor_and_matches_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        view.search("parse")
        await pilot.press("j")
        await pilot.pause()
        found = [one for one in segments(app) if one.style]
        assert any(one.style and one.style.reverse and "main" in one.text for one in found)
        assert any(one.style and one.style.underline and one.text == "parse" for one in found)


@pytest.mark.security
async def test_names_from_outside_are_shown_and_not_obeyed() -> None:
    evil = Function("a\x1b[31m[red]\n\u202e日本", "/p/\x1b]0;x\x07.py")
    hostile = CallTree()
    hostile.add([Function("T [bold]\x9b(1)", THREAD), evil], 10)
    async with staged(calls) as (app, pilot):
        app.view.show(hostile.root, 1)
        await pilot.press("j")
        await pilot.pause()
        text = screen_text(app)
        assert r"a\x1b[31m[red]\n\u202e日本" in text
        assert r"/p/\x1b]0;x\x07.py" in text
        assert r"T [bold]\x9b(1)" in text
        assert not any(sign in text for sign in "\x1b\x9b\x07\u202e")


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24), (60, 15), (24, 6), (9, 4)])
@pytest.mark.parametrize("inverted", [False, True])
async def test_every_row_is_as_wide_as_the_screen(size: tuple[int, int], inverted: bool) -> None:
    chance = random.Random(4)
    found = [
        (";".join(f"数{chance.randrange(5)}" for _ in range(chance.randrange(1, 20))), 3)
        for _ in range(300)
    ]
    async with staged(lambda look: CallsView(look, ROOT, inverted), size) as (app, pilot):
        view = await shown(app, found)
        view.search("数1")
        await pilot.press("L", "j", "j", "G", "n")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            assert strip.cell_length == size[0]


async def test_the_title_is_cut_anew_for_another_width() -> None:
    async with staged(calls) as (app, pilot):
        view = await shown(app)
        widths: list[int] = []
        view.entitle(lambda width: widths.append(width) or Text(f"Callers in {width}"))
        await until(pilot, lambda: f"Callers in {widths[0]}" in screen_text(app))
        await pilot.resize_terminal(70, 15)
        await until(pilot, lambda: f"Callers in {widths[0] - 30}" in screen_text(app))


@pytest.mark.slow
async def test_a_tree_of_a_hundred_thousand_has_rows_for_what_is_unfolded_alone() -> None:
    big = CallTree()
    for number in range(100_000):
        big.add([MAIN, own(f"f{number % 10}"), own(f"g{number % 1000}"), own(f"h{number}")], 1)
    async with staged(calls, (160, 45)) as (app, pilot):
        view: CallsView = app.view
        view.show(big.root, 1)
        assert len(view._lines) < 50
        await pilot.press("L")
        await pilot.pause()
        assert 1000 < len(view._lines) <= 2000
        assert app.heard(CallsView.Stuck)[-1].words == "the heaviest are unfolded, some 2,000 rows"
        assert len(app.screen.query("*")) < 10, "there is no widget for a row"

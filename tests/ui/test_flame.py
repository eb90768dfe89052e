"""The flame view: widths are true, frames stay where they are, and every way through it works."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.color import Color

from cockpit.profilers.profile import (
    PROCESS,
    RARE,
    THREAD,
    CallTree,
    Function,
    Node,
    call_tree,
)
from cockpit.profilers.raw import Parser
from cockpit.ui import style
from cockpit.ui.flame import FlameView
from cockpit.ui.frames import label, share
from cockpit.ui.hues import Hues, shade_of
from cockpit.ui.icicle import Box, depth_of, layout
from cockpit.ui.origin import Kind, Origin, origin_of
from cockpit.ui.seek import Search
from cockpit.ui.style import READABLE, Look, contrast
from tests.ui.fakes import line_with, screen_lines, screen_text, until
from tests.ui.trees import MAIN, SITE, Stage, library, own, path, segments, staged, tree

pytestmark = pytest.mark.integration

SHOP = [
    ("main;load;parse", 40),
    ("main;load;read", 19),
    ("main;load", 1),
    ("main;serve;render", 20),
    ("main;serve;answer", 18),
    ("main;serve;rare", 2),
]
ROOT = "/home/me/shop"


def names(row: list[Box]) -> list[str]:
    return [box.node.function.name if box.node else "·" for box in row]


def flame(look: Look) -> FlameView:
    return FlameView(look, ROOT)


# --- Where frames stand -----------------------------------------------------------------------

stacks = st.lists(
    st.tuples(st.lists(st.sampled_from("abcdef"), max_size=6), st.integers(1, 1000)),
    min_size=1,
    max_size=30,
)


def made(found: list[tuple[list[str], int]]) -> CallTree:
    return tree((";".join(names), count) for names, count in found)


@pytest.mark.unit
def test_a_frame_is_as_wide_as_its_share() -> None:
    rows = layout(tree(SHOP).root, 100)
    assert [(box.x, box.width) for box in rows[0]] == [(0, 100)]
    assert [
        (name, box.x, box.width) for name, box in zip(names(rows[3]), rows[3], strict=True)
    ] == [
        ("load", 0, 60),
        ("serve", 60, 40),
    ]
    assert [(box.x, box.width) for box in rows[4]] == [
        (0, 40),
        (40, 19),
        (60, 18),
        (78, 2),
        (80, 20),
    ], "below the last cell of load nothing stands: it is its own"
    assert names(rows[4]) == ["parse", "read", "answer", "rare", "render"], "by name, not by weight"


@pytest.mark.unit
def test_what_is_thinner_than_a_cell_is_gathered_to_the_right() -> None:
    many = [(f"main;a{number:03}", 1) for number in range(300)] + [("main;z", 700)]
    row = layout(tree(many).root, 100)[3]
    assert names(row) == ["z", "·"]
    assert [(box.x, box.width, box.gathered) for box in row] == [(0, 70, 0), (70, 30, 300)]
    assert row[1].path == path("main"), "it stands for what its caller calls"


@pytest.mark.unit
def test_frames_do_not_jump_when_another_grows_heavier() -> None:
    shop = tree(SHOP)
    before = names(layout(shop.root, 100)[3])
    shop.add(path("main;serve;render"), 500)
    assert names(layout(shop.root, 100)[3]) == before


@pytest.mark.unit
def test_a_part_of_the_rows_is_the_same_as_all_of_them() -> None:
    root = tree(SHOP).root
    every = [[(box.x, box.width, box.path) for box in row] for row in layout(root, 77)]
    part = [[(box.x, box.width, box.path) for box in row] for row in layout(root, 77, 2, 4)]
    assert part == every[2:4]
    assert layout(root, 0) == layout(Node(Function("all", "")), 80) == []


@pytest.mark.unit
@settings(deadline=None)
@given(stacks, st.integers(1, 200))
def test_no_frame_leaves_its_caller_or_lies_on_another(
    found: list[tuple[list[str], int]], width: int
) -> None:
    root = made(found).root
    rows = layout(root, width)
    for row in rows:
        assert all(box.width >= 1 for box in row)
        for one, other in itertools.pairwise(row):
            assert one.x + one.width <= other.x
    for box in itertools.chain.from_iterable(rows[1:]):
        assert box.parent is not None
        assert box.parent.x <= box.x
        assert box.x + box.width <= box.parent.x + box.parent.width


@pytest.mark.unit
@settings(deadline=None)
@given(stacks, st.integers(1, 200))
def test_no_width_is_a_cell_or_more_from_the_truth_and_siblings_leave_no_gap(
    found: list[tuple[list[str], int]], width: int
) -> None:
    root = made(found).root
    rows = layout(root, width)
    for box in itertools.chain.from_iterable(rows):
        assert abs(box.width - box.total * width / root.total) <= 1
        node = box.node
        if node is None:
            continue
        assert box.total == node.total
        below = [one for row in rows for one in row if one.parent is box]
        assert sum(one.total for one in below) <= node.total - node.own
        for one, other in itertools.pairwise(below):
            assert one.x + one.width == other.x
        drawn = {one.node.function for one in below if one.node}
        wide = {
            child.function for child in node.children.values() if child.total * width >= root.total
        }
        assert drawn == wide, "a frame that fills a cell is drawn, and no other"


@pytest.mark.unit
@settings(deadline=None)
@given(stacks, st.integers(1, 200))
def test_the_height_is_known_without_laying_all_out(
    found: list[tuple[list[str], int]], width: int
) -> None:
    root = made(found).root
    assert 0 <= depth_of(root, width) - len(layout(root, width)) <= 1


@pytest.mark.unit
def test_a_very_deep_tree_is_laid_out() -> None:
    deep = CallTree()
    deep.add([own("again")] * 5000, 3)
    assert len(layout(deep.root, 80)) == 5001 == depth_of(deep.root, 80)
    assert len(layout(deep.root, 80)[-1][0].path) == 5000


# --- What a frame says, and its colour --------------------------------------------------------


@pytest.mark.unit
@pytest.mark.parametrize(
    ("room", "words"),
    [
        (17, "Cart.total 45%"),
        (14, "Cart.total 45%"),
        (13, "Cart.total"),
        (9, "total"),
        (4, "tot…"),
        (2, ""),
    ],
)
def test_a_label_says_as_much_as_there_is_room_for(room: int, words: str) -> None:
    assert label("Cart.total", 45, 100, room, "…") == words


@pytest.mark.unit
@pytest.mark.parametrize(
    ("part", "words"),
    [(1000, "100%"), (999, ">99%"), (455, "46%"), (99, "9.9%"), (5, "0.5%"), (0, "0.0%")],
)
def test_only_all_is_said_to_be_all(part: int, words: str) -> None:
    assert share(part, 1000) == words
    assert share(1, 5000) == "<0.1%"
    assert share(0, 0) == "0.0%"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("function_path", "kind", "module", "tail"),
    [
        (f"{ROOT}/shop/cart/views.py", "own", "shop.cart", "shop/cart/views.py"),
        (f"{ROOT}/src/shop/cart.py", "own", "shop", "src/shop/cart.py"),
        (f"{ROOT}/manage.py", "own", "manage", "manage.py"),
        ("/srv/other/tool.py", "own", "other", "/srv/other/tool.py"),
        (
            f"{ROOT}/.venv/lib/python3.12/site-packages/rich/text.py",
            "library",
            "rich",
            "rich/text.py",
        ),
        (f"{SITE}/six.py", "library", "six", "six.py"),
        ("/usr/lib/python3/dist-packages/apt/cache.py", "library", "apt", "apt/cache.py"),
        (r"C:\v\Lib\site-packages\rich\text.py", "library", "rich", r"rich\text.py"),
        ("/usr/lib/python3.11/json/decoder.py", "python", "json", "json/decoder.py"),
        ("/opt/lib/python3.13t/ast.py", "python", "ast", "ast.py"),
        (r"C:\Python311\Lib\ast.py", "python", "ast", "ast.py"),
        ("<frozen importlib._bootstrap>", "python", "importlib", "<frozen importlib._bootstrap>"),
        (
            "<attrs generated init x>",
            "library",
            "attrs generated init x",
            "<attrs generated init x>",
        ),
        ("<string>", "own", "string", "<string>"),
        (f"{SITE}/numpy/core/_m.cpython-311.so", "native", "numpy", "numpy/core/_m.cpython-311.so"),
        ("/usr/lib/libc.so.6", "native", "libc", "libc.so.6"),
        ("/usr/lib/python3.11/lib-dynload/_json.so", "native", "_json", "_json.so"),
        ("", "native", "", ""),
        (THREAD, "group", "", ""),
        (PROCESS, "group", "", ""),
    ],
)
def test_where_code_is_from_is_told_by_its_path(
    function_path: str, kind: Kind, module: str, tail: str
) -> None:
    assert origin_of(Function("f", function_path), ROOT) == Origin(kind, module, tail)


@pytest.mark.unit
def test_what_is_no_function_is_a_group() -> None:
    assert origin_of(Function(RARE, "")).kind == origin_of(Function("all", "")).kind == "group"


@pytest.mark.unit
def test_a_shade_is_a_functions_own_and_another_beside_the_same() -> None:
    assert shade_of("visit", None) == shade_of("visit", None)
    assert shade_of("visit", shade_of("visit", None)) != shade_of("visit", None)


KINDS: tuple[Kind, ...] = ("own", "library", "python", "native", "group")


@pytest.mark.parametrize("theme", ["cockpit", "cockpit-light", "nord", "textual-light"])
async def test_names_can_be_read_on_every_fill(theme: str) -> None:
    async with staged(flame, theme=theme) as (app, _):
        hues = Hues(app)
        fills = {}
        for kind, module, shade in itertools.product(KINDS, map(str, range(40)), range(3)):
            fill = fills[kind, module, shade] = hues.of(Origin(kind, module, ""), shade)
            assert fill.color is not None and fill.bgcolor is not None
            ink, ground = (Color(*one.get_truecolor()) for one in (fill.color, fill.bgcolor))
            assert contrast(ink, ground) >= READABLE, (kind, module, shade)
        for one in (hues.cursor, hues.blurred, hues.match):
            assert one.color is not None and one.bgcolor is not None
            ink, ground = (Color(*part.get_truecolor()) for part in (one.color, one.bgcolor))
            assert contrast(ink, ground) >= READABLE
        for one, other in itertools.combinations(KINDS, 2):
            grounds = [
                {str(fill.bgcolor) for (kind, *_), fill in fills.items() if kind == which}
                for which in (one, other)
            ]
            assert not grounds[0] & grounds[1], "kinds have no fill in common"
        assert len({str(fills["own", "1", shade].bgcolor) for shade in range(3)}) == 3


async def test_a_package_has_the_same_fill_in_every_run() -> None:
    async with staged(flame) as (app, _):
        packages = ("django", "rich", "numpy", "attrs", "yaml", "six")
        fills = [Hues(app).of(Origin("library", name, "")).bgcolor for name in packages]
        assert [fill.name for fill in fills if fill is not None] == [
            "#315063",
            "#316361",
            "#31635d",
            "#315963",
            "#315d63",
            "#316355",
        ]


# --- On the screen ----------------------------------------------------------------------------


async def shown(app: Stage, stacks: list[tuple[str, int]] = SHOP) -> FlameView:
    view: FlameView = app.view
    view.show(tree(stacks).root, 1)
    return view


async def test_frames_say_their_names_and_shares_and_the_cursor_all_of_itself() -> None:
    async with staged(flame) as (app, pilot):
        await shown(app)
        await pilot.press("j", "j", "j", "j")
        await pilot.pause()
        text = screen_text(app)
        assert "Flame  all 100 samples" in text
        assert "load 60%" in text
        assert "parse 40%" in text
        assert "parse  shop/cart.py  40% of all, 40% own" in screen_lines(app)[-1]
        assert "■ own  ■ libraries  ■ Python's  ■ native" in screen_lines(app)[0]
        assert app.view.cursor == path("main;load;parse")
        assert app.view.selected.total == 40
        assert app.view.shares == (0.4, 0.4)


async def test_keys_go_to_callers_and_calls_and_along_the_row() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        for keys, at in [
            ("jjj", "main;load"),
            ("l", "main;serve"),
            ("l", "main;serve"),
            ("j", "main;serve;render"),
            ("h", "main;serve;rare"),
            ("h", "main;serve;answer"),
            ("h", "main;load;read"),
            ("k", "main;load"),
            ("j", "main;load;read"),
            ("k", "main;load"),
            ("l", "main;serve"),
            ("j", "main;serve;render"),
        ]:
            await pilot.press(*keys)
            assert view.cursor == path(at), keys
        await pilot.press("up", "left", "down", "right")
        assert view.cursor == path("main;load;read"), "arrows go the same ways"


async def test_the_way_back_down_is_the_way_up() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j", "j", "l", "j", "h", "k", "k", "k", "k", "k")
        assert view.cursor == ()
        await pilot.press("j", "j", "j", "j")
        assert view.cursor == path("main;serve;rare")
        await pilot.press("ctrl+u", "G")
        assert view.cursor == path("main;load;parse"), "G follows the heaviest"
        await pilot.press("g")
        assert view.cursor == ()


async def test_zooming_in_and_out_by_keys() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j", "j", "l", "enter")
        await pilot.pause()
        assert view.zoom == view.cursor == path("main;serve")
        assert "serve 40% of all" in screen_lines(app)[0]
        assert "backspace zooms out" in screen_lines(app)[0]
        assert "40% of all, 100% here" in screen_lines(app)[-1]
        assert view.shares == (0.4, 1.0)
        assert "render 20%" in line_with(app, "answer 18%")
        await pilot.press("k")
        assert view.zoom == view.cursor, "it stays inside"
        await pilot.press("j", "backspace")
        assert view.zoom == (), "main and its thread are no wider than all"
        assert view.cursor == path("main;serve;render")
        assert not view.zoom_out()
        assert [one.path for one in app.heard(FlameView.Zoomed)] == [path("main;serve"), ()]


async def test_all_is_shown_again_from_any_depth() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.press("G", "enter")
        assert view.zoom == path("main;load;parse")
        await pilot.press("g")
        assert view.zoom == ()
        assert view.cursor == path("main;load;parse")


async def test_zooming_out_goes_to_the_nearest_caller_that_is_wider() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app, [("main;a;b;c;d", 50), ("main;x", 50)])
        await pilot.press("G", "enter")
        assert view.zoom == path("main;a;b;c;d")
        assert view.zoom_out()
        assert view.zoom == (), "a, b and c are as wide as d"


async def test_a_key_that_cannot_work_says_why() -> None:
    async with staged(flame) as (app, pilot):
        await shown(app, [*[(f"main;thin{number}", 1) for number in range(500)]])
        await pilot.press("enter", "backspace", "j", "j", "j", "n")
        await pilot.pause()
        assert [one.words for one in app.heard(FlameView.Stuck)] == [
            "this is as wide as can be",
            "all is shown already",
            "what this calls is too thin to be drawn",
            "nothing is searched for",
        ]


async def test_the_mouse_selects_zooms_and_zooms_out() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.pause()
        await pilot.click(FlameView, offset=(70, 4))
        assert view.cursor == path("main;serve")
        await pilot.click(FlameView, offset=(70, 4))
        assert view.zoom == path("main;serve")
        await pilot.click(FlameView, offset=(10, 2), button=3)
        assert view.zoom == ()
        await pilot.click(FlameView, offset=(10, 15))
        assert view.cursor == path("main;serve"), "there is no frame"


async def test_a_double_click_zooms_once() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.pause()
        await pilot.double_click(FlameView, offset=(10, 4))
        assert view.zoom == path("main;load")


async def test_a_double_click_on_the_cursor_does_not_hit_what_zooming_put_there() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j")
        await pilot.pause()
        await pilot.double_click(FlameView, offset=(10, 3))
        assert view.zoom == view.cursor == path("main")


async def test_where_there_is_little_room_the_title_says_what_was_found() -> None:
    async with staged(flame, (60, 15)) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j", "j", "enter")
        await pilot.pause()
        assert "load 60% of all · backspace zooms out" in screen_lines(app)[0]
        view.search("render")
        await pilot.pause()
        assert "load 60% of all · render in 20% of all" in screen_lines(app)[0]


async def test_moving_is_told_with_function_and_path() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j")
        await pilot.pause()
        last = app.heard(FlameView.Moved)[-1]
        assert (last.function, last.path) == (own("main"), path("main"))
        assert last.can_replace(FlameView.Moved(None, ()))
        told = len(app.heard(FlameView.Moved))
        view.show(tree(SHOP).root, 2)
        await pilot.pause()
        assert len(app.heard(FlameView.Moved)) == told, "it is where it was"


# --- While the tree grows ---------------------------------------------------------------------


async def test_nothing_is_drawn_where_nothing_changed() -> None:
    async with staged(flame) as (app, pilot):
        view: FlameView = app.view
        shop = tree(SHOP)
        view.show(shop.root, 1)
        await pilot.press("j", "j")
        await pilot.pause()
        app.drawn = 0
        view.show(shop.root, 1)
        await pilot.pause()
        assert app.drawn == 0
        view.show(tree(SHOP).root, 2)  # other objects that look the same
        await pilot.pause()
        assert app.drawn == 0
        view.show(tree([*SHOP, ("main;serve;render", 100)]).root, 3)
        await pilot.pause()
        assert app.drawn > 0
        assert "render 60%" in screen_text(app)


async def test_cursor_and_zoom_are_kept_whatever_becomes_of_the_tree() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j", "j", "l", "enter", "j")
        assert view.cursor == path("main;serve;render")
        view.show(tree([*SHOP, ("main;other", 50)]).root, 2)
        assert (view.zoom, view.cursor) == (path("main;serve"), path("main;serve;render"))
        view.show(tree([("main;load", 3)]).root, 3)
        assert (view.zoom, view.cursor) == (path("main"), path("main")), "as far as there is one"
        view.show(tree(SHOP).root, 4)
        assert (view.zoom, view.cursor) == (path("main;serve"), path("main;serve;render"))


async def test_the_cursor_is_never_on_what_is_not_drawn() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        await pilot.press("j", "j", "j", "l", "j", "h")
        assert view.cursor == path("main;serve;rare")
        view.show(tree([*SHOP, ("main;load", 1000)]).root, 2)
        assert view.cursor == path("main;serve")


async def test_no_samples_are_said_to_be_none_until_there_are_some() -> None:
    async with staged(flame) as (app, pilot):
        view: FlameView = app.view
        grows = CallTree()
        view.show(grows.root, 1, "no \x1b[31msamples yet")
        await pilot.press("j", "k", "h", "l", "enter", "G", "g", "n", "ctrl+d", "ctrl+u")
        await pilot.pause()
        assert r"no \x1b[31msamples yet" in screen_text(app)
        assert (view.selected, view.cursor, view.matched) == (None, (), 0)
        grows.add(path("main"), 5)
        view.show(grows.root, 2)
        await pilot.pause()
        assert "main 100%" in screen_text(app)
        view.show(CallTree().root, 3)
        await pilot.pause()
        assert "no samples yet" in screen_text(app)
        assert "main" not in screen_text(app)


async def test_it_may_be_told_before_it_is_on_the_screen() -> None:
    def early(look: Look) -> FlameView:
        view = FlameView(look, ROOT)
        view.show(tree(SHOP).root, 1)
        view.search("render")
        return view

    async with staged(early) as (app, _):
        assert "load 60%" in screen_text(app)


async def test_a_deep_tree_scrolls_with_the_cursor() -> None:
    deep = ";".join(f"f{number}" for number in range(100))
    async with staged(flame) as (app, pilot):
        view = await shown(app, [(deep, 10)])
        await pilot.press("G")
        await pilot.pause()
        assert view.cursor[-1].name == "f99"
        assert "f99 100%" in screen_text(app)
        assert "f40 " not in screen_text(app)
        await pilot.press(*["ctrl+u"] * 3)
        await pilot.pause()
        assert view.cursor[-1].name in screen_text(app)
        view.scroll_to(y=20, animate=False)
        await pilot.pause()
        assert "f20 100%" in screen_text(app)
        await pilot.press("g", "j")
        await pilot.pause()
        assert "Main (7) 100%" in screen_text(app)


async def test_another_size_is_another_layout_with_the_cursor_in_sight() -> None:
    deep = ";".join(f"f{number}" for number in range(30))
    async with staged(flame, (100, 40)) as (app, pilot):
        view = await shown(app, [(deep, 10)])
        await pilot.press("G")
        await pilot.resize_terminal(60, 15)
        await until(pilot, lambda: "f29 100%" in screen_text(app))
        assert view.cursor[-1].name == "f29"


# --- Searching --------------------------------------------------------------------------------


@pytest.mark.unit
def test_a_stack_counts_once_however_many_of_its_frames_match() -> None:
    root = tree([("main;visit;visit;visit", 30), ("main;other", 70)]).root
    search = Search(" VISIT ")
    found = search.found(root, 1)
    assert (found.samples, found.whole) == (30, 100)
    assert search.hits(own("visit")) and not search.hits(own("main"))
    assert id(root) in found.above
    assert not Search("thread").hits(Function("MainThread"[:4], THREAD)), "that is no path"
    assert Search("cart.py").found(root, 1).samples == 100


@pytest.mark.unit
@settings(deadline=None)
@given(stacks, st.sampled_from("abcdef"))
def test_matched_is_what_a_plain_count_gives(found: list[tuple[list[str], int]], word: str) -> None:
    want = sum(count for names, count in found if word in names)
    root = CallTree()
    for parts, count in found:
        root.add([Function(name, "") for name in parts], count)
    assert Search(word).found(root.root, 1).samples == want


async def test_matches_are_marked_counted_and_gone_to() -> None:
    async with staged(flame) as (app, pilot):
        view = await shown(app)
        view.search("re")
        await pilot.pause()
        assert view.matched == pytest.approx(0.41), "read, render and rare"
        assert "re in 41% of all" in screen_lines(app)[0]
        marked = [one for one in segments(app) if one.style and one.style.underline]
        assert {"read 19%", "render 20%"} <= {one.text.strip() for one in marked}
        assert not any("parse" in one.text for one in marked)
        visited = []
        for _ in range(4):
            await pilot.press("n")
            visited.append(view.cursor[-1].name)
        assert visited == ["read", "rare", "render", "render"]
        await pilot.press("N", "N", "N")
        assert view.cursor[-1].name == "read"
        await pilot.pause()
        assert [one.words for one in app.heard(FlameView.Stuck)] == [
            "this is the last match",
            "this is the first match",
        ]
        view.search("")
        await pilot.pause()
        assert not [one for one in segments(app) if one.style and one.style.underline]


async def test_matches_too_thin_to_be_drawn_are_told_by_their_dots() -> None:
    many = [(f"main;a{number:03};inner", 1) for number in range(300)] + [("main;z", 700)]
    async with staged(flame) as (app, pilot):
        view = await shown(app, many)
        await pilot.pause()
        assert "·300 more·" in screen_text(app)
        view.search("inner")
        await pilot.press("n")
        await pilot.pause()
        assert view.matched == 0.3
        dots = [one for one in segments(app) if "300 more" in one.text]
        assert dots[0].style is not None and dots[0].style.underline
        assert app.heard(FlameView.Stuck)[-1].words == "no match is wide enough to be drawn here"


async def test_a_path_is_gone_to_zoomed_to_where_it_can_be_seen() -> None:
    many = [(f"main;a{number:03};inner", 1) for number in range(300)] + [("main;z", 700)]
    async with staged(flame) as (app, pilot):
        view = await shown(app, many)
        view.go_to(path("main;z"))
        assert (view.cursor, view.zoom) == (path("main;z"), ())
        view.go_to(path("main;a007;inner"))
        assert view.cursor == path("main;a007;inner")
        assert view.zoom == path("main;a007")
        await pilot.pause()
        assert "inner <0.1%" in screen_text(app) or "inner 0.1%" in screen_text(app)


# --- Whatever the terminal, and whatever the names --------------------------------------------


async def test_without_colours_every_frame_has_its_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(flame) as (app, pilot):
        await shown(app)
        await pilot.press("j")
        await pilot.pause()
        assert "[load 60%" in screen_text(app)
        assert "][serve 40%" in screen_text(app)
        assert "■" not in screen_text(app)
        for one in segments(app):
            assert one.style is None or one.style.color is None or one.style.color.is_default
        assert [one for one in segments(app) if one.style and one.style.reverse]


async def test_sixteen_colours_are_never_mixed() -> None:
    async with staged(flame, theme="cockpit-few") as (app, pilot):
        view: FlameView = app.view
        mixed = CallTree()
        mixed.add([MAIN, own("main"), library("save"), Function("sleep", "libc.so")], 60)
        mixed.add([MAIN, own("main"), Function("dumps", "/usr/lib/python3.11/json/x.py")], 40)
        view.show(mixed.root, 1)
        view.search("save")
        await pilot.press("j", "j")
        await pilot.pause()
        for one in segments(app):
            for colour in (one.style.color, one.style.bgcolor) if one.style else ():
                assert colour is None or colour.triplet is None, one.text


async def test_siblings_of_one_package_are_told_apart() -> None:
    async with staged(flame) as (app, pilot):
        view: FlameView = app.view
        view.show(tree([(f"main;same{number}", 10) for number in range(9)]).root, 1)
        await pilot.pause()
        row = [one for one in segments(app) if one.text.strip().startswith("same")]
        assert len(row) == 9
        for one, other in itertools.pairwise(row):
            assert one.style and other.style and one.style.bgcolor != other.style.bgcolor


async def test_without_unicode_everything_is_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "terminal_encoding", lambda: "ascii")
    many = [(f"main;a{number:03}", 1) for number in range(300)] + [("main;a_long_name", 700)]
    async with staged(flame, (60, 15)) as (app, pilot):
        view = await shown(app, many)
        view.search("a0")
        await pilot.press("j", "j", "j", "enter")
        await pilot.pause()
        inside = "".join(line[1:-1] for line in screen_lines(app)[1:-1])
        assert inside.isascii()
        assert "|a_long_name" in inside


@pytest.mark.security
async def test_names_from_outside_are_shown_and_not_obeyed() -> None:
    evil = Function("a\x1b[31m[red]\n\u202e日本", "/p/\x1b]0;x\x07.py")
    hostile = CallTree()
    hostile.add([Function("T [bold]\x9b(1)", THREAD), evil], 10)
    async with staged(flame) as (app, pilot):
        app.view.show(hostile.root, 1)
        app.view.search("\x1b[")
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        text = screen_text(app)
        assert r"a\x1b[31m[red]\n\u202e日本" in text
        assert r"\x1b]0;x\x07.py" in text
        assert not any(sign in text for sign in "\x1b\x9b\x07\u202e")


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24), (60, 15), (24, 6), (9, 4)])
async def test_every_row_is_as_wide_as_the_screen(size: tuple[int, int]) -> None:
    chance = random.Random(4)
    found = [
        (";".join(f"数{chance.randrange(5)}" for _ in range(chance.randrange(1, 20))), 3)
        for _ in range(300)
    ]
    async with staged(flame, size) as (app, pilot):
        view = await shown(app, found)
        view.search("数1")
        await pilot.press("j", "j", "j", "enter", "G")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            assert strip.cell_length == size[0]


async def test_what_py_spy_saw_is_what_is_drawn() -> None:
    lines = [
        f"thread (7): MainThread;<module> ({ROOT}/run.py:3);work ({ROOT}/run.py:9) 30",
        f"thread (7): MainThread;<module> ({ROOT}/run.py:4);dumps ({SITE}/orjson/_c.so) 10",
    ]
    parser, seen = Parser(7), {}
    for line in lines:
        parsed = parser.parse(line)
        assert parsed is not None
        seen[parsed[0]] = parsed[1]
    async with staged(flame) as (app, pilot):
        app.view.show(call_tree(seen).root, 1)
        await pilot.pause()
        assert "work 75%" in screen_text(app)
        assert "dumps 25%" in screen_text(app)


# --- Its price --------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_tree_of_a_hundred_thousand_costs_what_is_in_sight() -> None:
    big = CallTree()
    for number in range(100_000):
        big.add([MAIN, own(f"f{number % 10}"), own(f"g{number % 1000}"), own(f"h{number}")], 1)
    assert big.size > 100_000
    async with staged(flame, (160, 45)) as (app, pilot):
        view: FlameView = app.view
        view.show(big.root, 1)
        await pilot.press("j", "j", "l", "j")
        await pilot.pause()
        boxes = sum(map(len, view._boxes))
        assert boxes < 500, "what is thinner than a cell is never laid out"
        assert len(app.screen.query("*")) < 10, "there is no widget for a frame"

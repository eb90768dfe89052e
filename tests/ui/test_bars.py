"""The header, however narrow, says what matters most; the key line says what works."""

from pathlib import Path

import msgspec
import pytest

from cockpit.model import Base
from tests.ui.fakes import FakeBackend, finding, report, running, screen_lines, show, snapshot

pytestmark = pytest.mark.integration
MAIN = Base("branch", "main", "c0ffee", ready=True)
FIRST = snapshot(ruff=report(finding("F401")))
NEXT = snapshot(2, ruff=report(finding("F401"), finding("E711", line=4)))


@pytest.fixture
def shop(tmp_path: Path) -> FakeBackend:
    root = tmp_path / "shop"
    root.mkdir()
    return FakeBackend(root)


async def test_at_80_columns_it_says_project_branch_base_news_freshness_and_that_there_are_notes(
    shop: FakeBackend,
) -> None:
    notes = ("a note of many words that nobody could ever read in so narrow a line", "another")
    first = msgspec.structs.replace(FIRST, base=MAIN, notes=notes)
    async with running(shop, (80, 24), first) as (app, pilot):
        app.context.title = "~/src/shop"
        await show(app, pilot, shop, msgspec.structs.replace(NEXT, base=MAIN, notes=notes))
        head = screen_lines(app)[0]
        for words in (
            "~/src/shop",
            "⎇ fix-query",
            "against main",
            "+1 new",
            "all fresh",
            "! 2 notes",
        ):
            assert words in head, words


@pytest.mark.parametrize("width", [60, 70, 80, 100, 160])
async def test_what_is_new_and_how_fresh_it_is_are_never_left_out(
    shop: FakeBackend, width: int
) -> None:
    shop.branch, shop.scope = "a-branch-with-a-very-long-name", ("src/app/with/many/folders",)
    async with running(shop, (width, 24), FIRST) as (app, pilot):
        await show(app, pilot, shop, NEXT)
        head = screen_lines(app)[0]
        assert "src/app" in head and " alone " in head and "+1 new" in head and "all fresh" in head
        assert len(head) == width


async def test_while_the_base_is_looked_at_it_says_so(shop: FakeBackend) -> None:
    looking = msgspec.structs.replace(FIRST, base=msgspec.structs.replace(MAIN, ready=False))
    async with running(shop, first=looking) as (app, pilot):
        assert "◌ against main" in screen_lines(app)[0]
        await show(app, pilot, shop, msgspec.structs.replace(FIRST, base=MAIN))
        assert "◌ against" not in screen_lines(app)[0]


async def test_what_is_narrowed_is_said_in_words(shop: FakeBackend) -> None:
    async with running(shop, first=FIRST) as (app, pilot):
        state = app.context.state
        state.only_new, state.within = True, "src/[red]"
        await show(app, pilot, shop, NEXT)
        assert "only src/[red], only new" in screen_lines(app)[0]


async def test_a_note_has_no_more_room_than_is_left(shop: FakeBackend) -> None:
    notes = ("git refuses this repository: it belongs to somebody else",)
    async with running(shop, (160, 45), msgspec.structs.replace(FIRST, notes=notes)) as (app, _):
        assert "! 1 note  git refuses" in screen_lines(app)[0]


async def test_where_the_screen_is_too_small_the_key_line_has_only_the_vital_keys(
    shop: FakeBackend,
) -> None:
    async with running(shop, (60, 12), FIRST) as (app, _):
        assert screen_lines(app)[-1].split() == ["?", "help", "q", "quit"]

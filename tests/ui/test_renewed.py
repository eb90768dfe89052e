"""What is renewed every second draws what changed, and looks as if all had been drawn anew."""

import random
from collections.abc import Sequence

import pytest
from rich.segment import Segment
from textual.pilot import Pilot

from cockpit.ui.rows import RowList
from tests.ui.fakes import screen_lines, screen_text
from tests.ui.trees import Stage, segments, staged

pytestmark = pytest.mark.integration

Row = tuple[int, str]


def show(app: Stage, rows: Sequence[Row], title: str = "what") -> None:
    app.view.show(
        rows,
        lambda row: row[0],
        lambda row, _width: [Segment(f"{row[0]:>3} {row[1]}")],
        head=lambda _width: [Segment(title)],
        empty="nothing yet",
    )


async def drawn_by(app: Stage, pilot: Pilot[None], rows: Sequence[Row], title: str = "what") -> int:
    """Show `rows`; return how many lines were drawn."""
    app.drawn = 0
    show(app, rows, title)
    await pilot.pause()
    return app.drawn


async def test_only_the_lines_that_changed_are_drawn() -> None:
    rows = [(number, "same") for number in range(50)]
    async with staged(RowList) as (app, pilot):
        assert await drawn_by(app, pilot, rows) == 18
        assert await drawn_by(app, pilot, rows) == 0
        rows[3] = (3, "other")
        assert await drawn_by(app, pilot, rows) == 1
        assert "  3 other" in screen_text(app)
        rows[40] = (40, "out of sight")
        assert await drawn_by(app, pilot, rows) == 0
        assert await drawn_by(app, pilot, rows, "another head") == 1
        assert "another head" in screen_text(app)


async def test_what_will_be_drawn_as_a_whole_is_not_compared() -> None:
    drawn: list[int] = []
    rows = list(range(50))

    def draw(row: int, _width: int) -> list[Segment]:
        drawn.append(row)
        return [Segment(str(row))]

    async with staged(RowList) as (app, pilot):
        app.view.show(rows, lambda row: row, draw)
        await pilot.pause()
        drawn.clear()
        app.view.refresh()
        for _ in range(3):
            app.view.show(rows, lambda row: row, draw)
        await pilot.pause()
        assert drawn == rows[:18]


@pytest.mark.parametrize("seed", range(8))
async def test_it_looks_as_if_all_had_been_drawn(seed: int) -> None:
    chance = random.Random(seed)
    rows = [(number, "row") for number in range(40)]
    async with staged(RowList, size=(40, 12)) as (app, pilot):
        show(app, rows)
        for _ in range(12):
            match chance.randrange(5):
                case 0:
                    chance.shuffle(rows)
                case 1:
                    rows = rows[: chance.randrange(len(rows) + 1)]
                case 2:
                    rows = [(row, chance.choice(["row", "other"])) for row in range(40)]
                case 3:
                    await pilot.press(chance.choice(["j", "k", "g", "G", "pagedown"]))
                case 4:
                    await pilot.resize_terminal(40, chance.randrange(3, 20))
            show(app, rows)
            await pilot.pause()
            seen, looks = screen_lines(app), segments(app)
            app.view.refresh()
            await pilot.pause()
            assert screen_lines(app) == seen
            assert segments(app) == looks

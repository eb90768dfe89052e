"""The plot of the heap over time, and sizes as a person reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.memory.model import Moment
from cockpit.ui.heap import HeapPlot, columns, rows
from cockpit.ui.sizes import amount, signed, size
from tests.ui.fakes import screen_lines
from tests.ui.trees import staged

pytestmark = pytest.mark.unit
STEPS = "▁▂▃▄▅▆▇█"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 kB"),
        (1536, "1.50 kB"),
        (10 * 1024, "10.0 kB"),
        (212 << 20, "212 MB"),
        (3 << 30, "3.00 GB"),
        (-1536, "-1.50 kB"),
    ],
)
def test_a_size_is_said_in_three_digits(number: int, words: str) -> None:
    assert size(number) == words


@given(st.integers(0, 1 << 49))
def test_no_size_takes_more_than_eight_cells(number: int) -> None:
    assert len(size(number)) <= 8
    value, unit = size(number).split()
    steps = {"B": 0, "kB": 1, "MB": 2, "GB": 3, "TB": 4}[unit]
    assert float(value) * 1024**steps == pytest.approx(number, rel=0.006)


def test_changes_have_a_sign_and_counts_stay_short() -> None:
    assert (signed(2048), signed(-2048), signed(0)) == ("+2.00 kB", "-2.00 kB", "")
    assert (amount(950), amount(12_345), amount(1_204_000), amount(245_000_000)) == (
        "950",
        "12,345",
        "1.20 M",
        "245 M",
    )


# --- The area -----------------------------------------------------------------------------------


def test_each_column_has_the_most_of_its_stretch_and_a_gap_what_was_before() -> None:
    moments = [Moment(0, 10, 5), Moment(10, 30, 7), Moment(900, 20, 2), Moment(1000, 20, 9)]
    assert columns(moments, 4) == [(7, 30), (7, 30), (7, 30), (9, 20)]
    assert columns([], 4) == []
    assert columns([Moment(5, 1, 3)], 3) == [(3, 1)] * 3


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 1 << 40)), min_size=1),
    st.integers(1, 200),
)
def test_the_highest_column_is_the_highest_moment(pairs: list[tuple[int, int]], width: int) -> None:
    moments = [Moment(at, 0, heap) for at, heap in sorted(pairs)]
    shown = columns(moments, width)
    assert len(shown) == width
    assert max(heap for heap, _ in shown) == max(moment.heap for moment in moments)


def test_an_area_is_as_high_as_its_values_and_nothing_is_blank() -> None:
    assert rows([0, 0.001, 0.5, 1], 2, STEPS) == ["   █", " ▁██"]
    assert rows([0.75], 2, STEPS) == ["▄", "█"]


async def test_the_plot_says_its_peak_when_it_was_and_how_long_it_took() -> None:
    moments = [Moment(second * 1000, 0, heap << 20) for second, heap in enumerate((1, 8, 64, 32))]
    async with staged(HeapPlot, (60, 5)) as (stage, pilot):
        stage.view.show(moments, 64 << 20)
        await pilot.pause()
        lines = screen_lines(stage)
        assert lines[0].strip().startswith("64.0 MB")
        assert lines[4].split() == ["0", "s", "▲", "peak", "3", "s"]
        assert lines[0].index("█") == lines[4].index("▲"), "the mark stands below the peak"

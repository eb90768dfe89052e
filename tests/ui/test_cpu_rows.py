"""The rows of the CPU page's lists, and how they are put: pure functions of what was seen."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.profilers.profile import Counts, Frame, Function, Stack, Thread, Window
from cockpit.profilers.pyspy import ThreadNow
from cockpit.profilers.shelf import Recording
from cockpit.profilers.tally import Tally, of_thread
from cockpit.ui import cpu_rows
from cockpit.ui.cpu_draw import lasted, trend
from cockpit.ui.cpu_rows import (
    Sieve,
    change_rows,
    dump_rows,
    key_of,
    line_rows,
    passes,
    said_rows,
    thread_rows,
    top_rows,
)
from cockpit.ui.profiling import Profiling, joined
from cockpit.ui.style import UNICODE

pytestmark = pytest.mark.unit
MAIN = Thread(1, "1", "MainThread")


def function(number: int) -> Function:
    return Function(f"Job.step_{number}", f"/srv/app/pkg{number % 500}/jobs.py")


def tally_of_chain(*weights: tuple[int, int]) -> Tally:
    """Return a tally of functions by their own and further samples, by their place."""
    tally = Tally(1, "x", 100)
    top = Frame(Function("top", "/t.py"), 1)
    stacks: dict[Stack, int] = {}
    for number, (own, more) in enumerate(weights):
        frame = Frame(function(number), number + 1)
        stacks |= {Stack(MAIN, (frame,)): own} if own else {}
        stacks |= {Stack(MAIN, (frame, top)): more} if more else {}
    tally.add(Window(stacks, Counts(100, seconds=1.0)))
    return tally


samples = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30)


@given(samples, st.sampled_from(["own", "total"]), st.integers(1, 12), st.sampled_from(["", "1"]))
def test_the_dearest_come_first_and_none_that_is_dearer_is_left_out(
    weights: list[tuple[int, int]], sort: cpu_rows.Sort, most: int, words: str
) -> None:
    tally = tally_of_chain(*weights)
    rows = top_rows(tally, sort, words, most)
    passing = [one for one in tally.total if words in one.name + one.path]
    order = tally.own if sort == "own" else tally.total
    assert len(rows) == min(most, len(passing))
    counts = [order[row.function] for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert counts == sorted((order[one] for one in passing), reverse=True)[: len(rows)]
    whole = max(tally.weight, 1)
    assert all(row.own == tally.own[row.function] / whole for row in rows)
    assert all(row.total_seconds == tally.total[row.function] / 100 for row in rows)


@given(samples)
def test_what_is_equal_stands_in_the_order_of_its_name(weights: list[tuple[int, int]]) -> None:
    rows = top_rows(tally_of_chain(*weights), "own")
    assert rows == sorted(rows, key=lambda row: (-row.own, -row.total, row.function))


def test_a_line_without_a_number_is_no_row() -> None:
    tally = Tally()
    native = Frame(Function("deflate", "/usr/lib/libz.so"))
    line = Frame(function(1), 8)
    tally.add(Window({Stack(MAIN, (line, native)): 3}))
    assert [(row.frame, row.own, row.total) for row in line_rows(tally, "own")] == [(line, 0, 1)]


@pytest.mark.performance
def test_fifty_thousand_functions_are_no_wait() -> None:
    stacks = {
        Stack(MAIN, (Frame(function(number), number % 900 + 1),)): number % 3 + 1
        for number in range(50_000)
    }
    tally, sieve = Tally(), Sieve()
    tally.add(Window(stacks))
    assert len(tally.total) == 50_000
    top_rows(tally, "own", "step_49", sieve=sieve)
    for rows in (
        lambda: top_rows(tally, "own"),
        lambda: top_rows(tally, "total"),
        lambda: line_rows(tally, "own"),
        lambda: top_rows(tally, "own", "step_49", sieve=sieve),
    ):
        took = []
        for _ in range(5):
            began = time.thread_time()
            assert len(rows()) > 1000
            took.append(time.thread_time() - began)
        assert min(took) < 0.02, "10 ms where nothing else runs; 190 before they were chosen first"


def test_a_filter_that_is_remembered_sees_what_came_since_and_another_tally() -> None:
    sieve, tally = Sieve(), tally_of_chain((1, 0), (2, 0))
    assert len(top_rows(tally, "own", "step", sieve=sieve)) == 2
    tally.add(Window({Stack(MAIN, (Frame(function(7), 1),)): 9}))
    assert top_rows(tally, "own", "step", sieve=sieve)[0].function == function(7)
    assert len(top_rows(tally, "own", "step_7", sieve=sieve)) == 1
    assert len(top_rows(tally, "own", "!step_7", sieve=sieve)) == 2
    other = tally_of_chain((5, 0))
    assert [row.function for row in top_rows(other, "own", "!step_7", sieve=sieve)] == [function(0)]


@pytest.mark.parametrize(
    ("words", "passing"),
    [("", True), ("STEP", True), ("PKG1/", True), ("nowhere", False), ("!step", False),
     ("!nowhere", True), ("!", True), ("step_1\n", True)],
)  # fmt: skip
def test_a_filter_asks_for_a_part_of_name_or_path_in_any_case(words: str, passing: bool) -> None:
    assert passes(words)(function(1)) is passing


# --- Threads and stacks -------------------------------------------------------------------------


def test_a_thread_is_one_also_before_it_had_its_name() -> None:
    tally, frame = Tally(), Frame(function(1), 1)
    unnamed = Thread(1, "7")
    tally.add(Window({Stack(unnamed, (frame,)): 30, Stack(MAIN, (frame,)): 40}))
    before = thread_rows(tally, None)
    tally.add(Window({Stack(Thread(1, "7", "pool"), (frame,)): 30}))
    rows = thread_rows(tally, None)
    assert [(row.thread.name, row.share) for row in rows] == [("pool", 0.6), ("MainThread", 0.4)]
    assert {key_of(row) for row in rows} == {key_of(row) for row in before}
    assert sum(of_thread(tally.stacks, unnamed).values()) == 60


def test_every_row_has_a_key_of_its_own() -> None:
    frames = (Frame(function(1), 1), Frame(function(1), 1), Frame(function(2), 1))
    threads = [ThreadNow(pid, "7", "w", True, False, frames) for pid in (1, 2)]
    dumped = dump_rows(threads)
    assert len({key_of(row) for row in dumped}) == len(dumped) == 8
    rows = thread_rows(Tally(), threads)
    assert len({key_of(row) for row in rows}) == 2
    kept = [Recording(Path("a.json"), name="x"), Recording(Path("b.json"), name="x")]
    assert len({key_of(row) for row in kept}) == 2
    tally = tally_of_chain((1, 2), (3, 0), (0, 4))
    for every in (top_rows(tally, "own"), line_rows(tally, "total"), said_rows(["a", "a"])):
        assert len({key_of(row) for row in every}) == len(every)
    assert change_rows([]) == []


def test_whole_threads_of_a_dump_pass_a_filter() -> None:
    frames = (Frame(function(1), 1), Frame(function(2), 1))
    threads = [
        ThreadNow(1, "7", "pool", True, False, frames),
        ThreadNow(1, "8", "x", True, False, ()),
    ]
    assert len(dump_rows(threads, "step_2")) == 3
    assert len(dump_rows(threads, "POOL")) == 3
    assert [row.thread.id for row in dump_rows(threads, "!pool")] == ["8"]
    assert [row.thread.name for row in thread_rows(Tally(), threads, "!pool")] == ["x"]


# --- How it is put ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_a_time_is_said_as_a_person_says_it(seconds: float, shown: str) -> None:
    assert lasted(seconds) == shown


class _Look:
    signs = UNICODE


@pytest.mark.parametrize(
    ("shares", "shown"),
    [
        ([], " " * 10),
        ([1.0], " " * 9 + "█"),
        ([0.5, 1.0], " " * 8 + "▅█"),
        ([0.0, 1.0, 0.0], " " * 7 + " █ "),
        ([1.0] * 30, "█" * 10),
        ([0.0] * 29 + [1.0], " " * 9 + "▃"),
    ],
)
def test_a_trend_is_as_high_as_the_shares_are_of_the_largest(
    shares: list[float], shown: str
) -> None:
    assert trend(shares, 0, 1.0, _Look()) == shown  # type: ignore[arg-type]


def test_a_trend_moves_a_cell_at_a_time() -> None:
    """Were it cut anew with every window, all of it would flicker."""
    shares = [float(number // 3 % 2) for number in range(90)]
    shown = [trend(shares[at : at + 30], at, 1.0, _Look()) for at in range(60)]  # type: ignore[arg-type]
    assert {one.strip() and len(one) for one in shown} == {10}
    assert all(one.startswith((" █ █ █", "█ █ █ ")) for one in shown)


# --- What is seen -------------------------------------------------------------------------------


def test_windows_that_were_held_add_up_to_the_same() -> None:
    stack = Stack(MAIN, (Frame(function(1), 1),))
    windows = [Window({stack: number}, Counts(number, seconds=1.0)) for number in (1, 2, 3)]
    assert joined(windows) == Window({stack: 6}, Counts(6, seconds=3.0))
    assert joined([]) == Window()


def test_nothing_is_undone_where_nothing_was_seen() -> None:
    profiling = Profiling()
    profiling.reset()
    profiling.change(idle=True)
    assert not profiling.restore()
    assert profiling.options.idle

"""What a sample is worth in seconds, where windows were taken at more than one rate."""

import pytest

from cockpit.profilers.profile import Counts, Frame, Function, Stack, Thread, Window
from cockpit.profilers.tally import Tally

pytestmark = pytest.mark.unit

STACK = Stack(Thread(1, "1"), (Frame(Function("f", "/f.py"), 1),))


def window(rate: int, seconds: float) -> Window:
    """Return what is seen of a thread that is always at work."""
    samples = round(rate * seconds)
    return Window({STACK: samples}, Counts(samples, 0, seconds=seconds), rate)


def test_a_thread_that_was_always_at_work_worked_all_the_time() -> None:
    tally = Tally(1, rate=100)
    for _ in range(1000):
        tally.add(window(100, 1.0))
    for _ in range(1000):  # it has many threads by now
        tally.add(window(50, 1.0))
    assert tally.rate == 75
    assert tally.weight / tally.rate == pytest.approx(2000)


def test_windows_that_say_no_rate_leave_it_as_it_is() -> None:
    tally = Tally(1, rate=250)
    tally.add(window(0, 1.0))
    assert tally.rate == 250
    assert tally.profile().rate == 250


def test_it_begins_anew_with_the_rest() -> None:
    tally = Tally(1, rate=100)
    tally.add(window(100, 60.0))
    tally.reset()
    tally.add(window(50, 1.0))
    assert tally.rate == 50

"""The stack that a tool's classes find: as deep here as under the tool's own command."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.checkers.recursion import COMMAND_LIMIT, depth, same_depth

ROOT = Path(__file__).parents[2]


def room() -> int:
    """Return how many calls fit on the stack above the caller's frame."""

    def deeper(count: int) -> int:
        try:
            return deeper(count + 1)
        except RecursionError:
            return count

    return deeper(0)


def nested(times: int, function: Callable[[], int]) -> int:
    return nested(times - 1, function) if times else function()


@pytest.mark.unit
class TestDepth:
    def test_grows_by_one_a_call(self) -> None:
        here = depth()

        def below() -> int:
            return depth()

        assert below() == here + 1

    def test_leaves_the_limit_alone(self) -> None:
        before = sys.getrecursionlimit()
        depth()
        assert sys.getrecursionlimit() == before

    def test_is_one_in_a_script(self) -> None:
        script = "from cockpit.checkers.recursion import depth; print(depth())"
        done = subprocess.run(
            (sys.executable, "-c", script), cwd=ROOT, capture_output=True, check=True
        )
        assert done.stdout.split() == [b"1"]


@pytest.mark.unit
class TestSameDepth:
    @pytest.mark.parametrize("caller", [0, 1, 50, 400])
    def test_there_is_the_same_room_whoever_calls(self, caller: int) -> None:
        def measured() -> int:
            with same_depth(3):
                return room()

        assert nested(caller, measured) == measured()

    def test_there_is_as_much_room_as_in_the_command(self) -> None:
        script = (
            "import sys; sys.path.insert(0, '.')\n"
            "from tests.checkers.test_recursion import room\n"
            "def main(): print(room())\n"
            "main()\n"
        )
        done = subprocess.run(
            (sys.executable, "-c", script), cwd=ROOT, capture_output=True, check=True
        )
        with same_depth(2):
            here = room()
        assert here == int(done.stdout)

    def test_a_deeper_command_has_less(self) -> None:
        with same_depth(3):
            three = room()
        with same_depth(10):
            ten = room()
        assert three - ten == 7

    def test_the_limit_comes_back_whatever_happens(self) -> None:
        def broken() -> None:
            with same_depth(500):
                assert sys.getrecursionlimit() != before
                raise ValueError("oops")

        before = sys.getrecursionlimit()
        with pytest.raises(ValueError, match="oops"):
            broken()
        assert sys.getrecursionlimit() == before

    def test_a_command_starts_with_the_limit_that_we_suppose(self) -> None:
        script = "import sys; print(sys.getrecursionlimit())"
        done = subprocess.run((sys.executable, "-c", script), capture_output=True, check=True)
        assert int(done.stdout) == COMMAND_LIMIT

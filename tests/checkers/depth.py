"""Code nested so deep that Python's recursion ends, and with it a tool's own command."""

from collections.abc import Callable

import pytest

from tests.checkers.desk import Desk, console_script, run

Shape = Callable[[int], str]

#: Parametrises a test over the shapes that code can be deep in.
deep_shapes = pytest.mark.parametrize(
    "shape",
    [
        lambda depth: "x = a" + ".b" * depth,
        lambda depth: "x = " + "-" * depth + "1",
        lambda depth: "if a: pass\n" + "elif a: pass\n" * depth,
    ],
    ids=["attributes", "signs", "elif"],
)


def gives_up_where_the_command_does(
    desk: Desk, tool: str, shape: Shape, facts: Callable[[str], object]
) -> None:
    """Find the least depth at which `facts` gives up; the command of `tool` does so at the same."""

    def broken(depth: int) -> bool:
        try:
            facts(shape(depth))
        except RecursionError:
            return True
        return False

    low, high = 100, 2000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if broken(middle) else (middle, high)
    for depth in (low - 1, low, high, high + 1):
        desk.write({"deep.py": shape(depth)})
        done = run((console_script(tool), "deep.py"), desk.root)
        assert (b"RecursionError" in done.errors) == broken(depth), depth

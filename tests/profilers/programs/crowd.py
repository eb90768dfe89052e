"""Works in so many threads, and counts the pieces that it gets done: `crowd.py THREADS WORDS`.

The first thread always works; the others wait, or with `working` do a piece of work fifty times a
second at most, deep in calls of ever other functions. With `asked` one of them answers each line
on stdin with the pieces that were done so far, and the seconds of processor time they took.
"""

import itertools
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

DONE = [0]
DEPTH = 30


def piece() -> None:
    for number in range(2_000):
        number * number
    DONE[0] += 1


def working() -> None:
    while True:
        piece()


def waiting() -> None:
    threading.Event().wait()


def deep(levels: int, then: Callable[[], None]) -> None:
    if levels:
        deep(levels - 1, then)
    else:
        then()


def nap_and_work(functions: list[Callable[[int], None]]) -> None:
    for number in itertools.cycle(range(len(functions))):
        functions[number](DEPTH)
        time.sleep(0.02)


def various(count: int) -> list[Callable[[int], None]]:
    """Make functions, each with a name of its own, which do a piece of work deep down."""
    code = "".join(f"def job_{number}(depth):\n    deep(depth, piece)\n" for number in range(count))
    space = {"deep": deep, "piece": piece}
    exec(compile(code, __file__, "exec"), space)
    return [space[f"job_{number}"] for number in range(count)]  # type: ignore[misc]


def answering() -> None:
    for _ in sys.stdin:
        sys.stdout.write(f"{DONE[0]} {time.process_time()}\n")
        sys.stdout.flush()


def main() -> None:
    jobs = various(200)
    targets: list[Callable[[], None]] = [answering] if "asked" in sys.argv else []
    for number in range(int(sys.argv[1]) - 1 - len(targets)):
        mine = jobs[number % 7 :: 7]
        targets.append(partial(nap_and_work, mine) if "working" in sys.argv else waiting)
    for target in targets:
        threading.Thread(target=target, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    working()


if __name__ == "__main__":
    main()

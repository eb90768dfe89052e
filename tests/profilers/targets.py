"""Real processes to look at, ended with the test; and a sampler of which a test awaits things."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from cockpit.profilers.profile import Window
from cockpit.profilers.pyspy import Options
from cockpit.profilers.sampler import Glance, Sampler, State
from cockpit.profilers.tally import Tally
from cockpit.profilers.target import Target, pin

#: Seconds after which a condition is taken never to come true.
PATIENCE = 30.0
BUSY = """
import sys

def leaf(n):
    total = 0
    for number in range(n):
        total += number * number
    return total

def work():
    while True:
        leaf(2000)

print("ready", flush=True)
work()
"""


@contextlib.contextmanager
def running(code: str, *arguments: str, python: str = sys.executable) -> Iterator[subprocess.Popen]:
    """Run `code` in a process of its own, once it has said something; end it at the end."""
    argv = (python, "-c", code, *arguments)
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def script(folder: Path, name: str, code: str) -> Path:
    """Write a program."""
    file = folder / name
    file.write_text(code, encoding="utf-8")
    return file


class Watched:
    """A sampler at work, and all that it told."""

    def __init__(self, target: Target, options: Options) -> None:
        self.tally = Tally(target.pid, target.command, options.rate)
        self.windows: list[Window] = []
        self.states: list[State] = []
        self.glances: list[Glance] = []
        self.sampler = Sampler(
            target, options, self._window, self.states.append, self.glances.append
        )
        self.task = asyncio.create_task(self.sampler.run())

    def _window(self, window: Window) -> None:
        self.windows.append(window)
        self.tally.add(window)

    @property
    def state(self) -> State:
        """How it stands."""
        return self.sampler.state

    def functions(self) -> set[str]:
        """The names of the functions that were seen."""
        return {function.name for function in self.tally.total}


@contextlib.asynccontextmanager
async def watched(target: int | Target, **options: object) -> AsyncIterator[Watched]:
    """Sample a process until the block ends; windows are short, unless told otherwise."""
    chosen = Options(**{"seconds": 0.5, **options})  # type: ignore[arg-type]
    one = Watched(pin(target) if isinstance(target, int) else target, chosen)
    try:
        yield one
    finally:
        one.task.cancel()
        await asyncio.gather(one.task, return_exceptions=True)


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never came true: {what or condition}"
        await asyncio.sleep(0.02)

"""Finds the processes that a test started, however far they have gone from it."""

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

_NAME = "COCKPIT_TEST_FAMILY"


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Return as soon as `condition` holds; fail with `what` where it never does."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"never came about: {what}"
        time.sleep(0.005)


class Family:
    """A program and all that descend from it: they carry its mark in their environment."""

    def __init__(self, script: str, cwd: Path) -> None:
        self.mark = uuid.uuid4().hex
        self.program = subprocess.Popen(
            (sys.executable, "-c", script),
            cwd=cwd,
            env={**os.environ, _NAME: self.mark, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def members(self) -> list[psutil.Process]:
        """Everyone who is alive, the program included; zombies count as alive."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(_NAME) == self.mark:
                    found.append(process)
        return found

    def names(self) -> list[str]:
        """The command line of everyone who is alive."""
        words = []
        for member in self.members():
            with contextlib.suppress(psutil.Error):
                words.append(" ".join(member.cmdline()))
        return words

    def wait_gone(self) -> None:
        """Return as soon as nobody is left; fail with who never goes."""
        until = time.monotonic() + 20
        while names := self.names():
            assert time.monotonic() < until, f"still there: {names}"
            time.sleep(0.005)


@contextlib.contextmanager
def family(script: str, cwd: Path) -> Iterator[Family]:
    """Run `script` as a program of its own; clear up whatever it left."""
    one = Family(script, cwd)
    try:
        yield one
    finally:
        for member in one.members():
            with contextlib.suppress(psutil.Error):
                member.kill()
        one.program.communicate()

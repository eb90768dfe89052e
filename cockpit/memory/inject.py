"""Runs `memray attach`, and sees what it does to the process that it means.

It asks nobody; who calls it has seen to it that it may be done.
"""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Protocol

import msgspec

from cockpit import process
from cockpit.memory.command import flags
from cockpit.memory.debuggers import Method
from cockpit.memory.model import Options
from cockpit.plain import plain

#: Seconds that memray may take, and that it has after ctrl-c.
PATIENCE, _GRACE = 15.0, 3.0
#: Seconds that the process is watched afterwards, and how often.
_WATCH, _STEP = 2.0, 0.05


class Standing(Protocol):
    """A process whose standing can be asked for, as `Target` has it."""

    @property
    def pid(self) -> int:
        """Its PID."""

    @property
    def standing(self) -> str:
        """How it is now: running, stopped or ended."""


class Injected(msgspec.Struct, frozen=True):
    """What came of it: whether memray said that it was done, and how the process is since.

    `words` are memray's own, or ours where it said nothing; `standing` is the process's.
    """

    done: bool
    standing: str
    words: str = ""


def attach_command(  # noqa: PLR0913, PLR0917 -- what memray is told
    interpreter: str,
    method: Method,
    pid: int,
    output: Path,
    options: Options,
    seconds: int,
) -> tuple[str, ...]:
    """Return the command that has process `pid` track its memory into the file `output`.

    It is run by the process's own interpreter: its memray is the one that will track.
    """
    where = ("--method", method, "--force", "--output", str(output), *flags(options))
    return (
        *(interpreter, "-m", "memray", "attach", *where),
        *("--duration", str(seconds), str(pid)),
    )


async def inject(argv: tuple[str, ...], target: Standing, patience: float = PATIENCE) -> Injected:
    """Run such a command, then watch the process for a moment.

    A command that takes too long is ended as ctrl-c does, then for good. A process that was not
    stopped is not left stopped.
    """
    was_stopped = target.standing == "stopped"
    running = process.start(argv, Path(os.sep), merged=True)
    said = bytearray()
    code: int | None = None
    try:
        reading = asyncio.create_task(_read(running, said))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                code = await running.ended()
        if code is None:
            running.interrupt()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await running.ended()
        running.hush()
        await asyncio.gather(reading, return_exceptions=True)
    finally:
        await running.end()
        _wake(target, was_stopped)
    words = f"it took longer than {patience:.0f} s" if code is None else _last(bytes(said))
    standing = await _watched(target, was_stopped)
    return Injected(code == 0, standing, words)


async def _read(running: process.Running, said: bytearray) -> None:
    while chunk := await running.read():
        said.extend(chunk)
        del said[: -(1 << 16)]


def _wake(target: Standing, was_stopped: bool) -> None:
    """Let a process go on that a debugger left stopped, as memray itself does after lldb."""
    if not was_stopped and target.standing == "stopped":
        with contextlib.suppress(OSError):
            os.kill(target.pid, signal.SIGCONT)


async def _watched(target: Standing, was_stopped: bool) -> str:
    """Return how the process is after a while in which it might end or be stopped."""
    until = time.monotonic() + _WATCH
    while time.monotonic() < until and target.standing != "ended":
        await asyncio.sleep(_STEP)
        _wake(target, was_stopped)
    return target.standing


def _last(said: bytes) -> str:
    """Return what memray said last, in one line."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    return plain(" ".join(lines[-2:]))[:400]

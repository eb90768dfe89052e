"""Programs run under the real scalene, each once for all tests of it."""

import asyncio
import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cockpit.memory.model import Standing
from cockpit.memory.scalene.command import Options, program
from cockpit.memory.scalene.document import Report
from cockpit.memory.scalene.installed import check
from cockpit.memory.scalene.run import Run

PROGRAMS = Path(__file__).parent / "programs"

needs_scalene = pytest.mark.skipif(
    importlib.util.find_spec("scalene") is None,
    reason=f"scalene is not installed: `{sys.executable} -m pip install scalene`",
)


class Outcome(NamedTuple):
    """What became of a run: what was seen meanwhile, and what is said of it."""

    folder: Path
    path: Path
    code: int
    reports: list[Report]
    echoed: bytes
    said: list[str]
    standing: Standing
    ending: str
    notes: list[str]

    @property
    def report(self) -> Report:
        """The last one."""
        return self.reports[-1]


def copied(to: Path) -> Path:
    """Return a project with the programs in it."""
    folder = to / "project"
    shutil.copytree(PROGRAMS, folder)
    return folder


async def started(
    argv: list[str], folder: Path, path: Path, options: Options, echoed: list[bytes]
) -> Run:
    """Start a command in `folder`."""

    async def echo(chunk: bytes) -> None:
        echoed.append(chunk)

    what = program(argv)
    found = await check(what.interpreter, folder, what.options)
    return Run(what, found, folder, path, options, echo=echo)


async def outcome_of(
    argv: list[str],
    folder: Path,
    options: Options = Options(),  # noqa: B008 -- frozen
    meanwhile: Callable[[Run, Report], None] = lambda _run, _report: None,
) -> Outcome:
    """Run a command to its end."""
    path = folder.parent / "kept.json"
    echoed: list[bytes] = []
    reports: list[Report] = []
    run = await started(argv, folder, path, options, echoed)
    try:

        def on_report(report: Report) -> None:
            reports.append(report)
            meanwhile(run, report)

        code = await run.run(on_report)
    finally:
        await run.end()
    said = list(run.said)
    return Outcome(
        folder, path, code, reports, b"".join(echoed), said, run.standing, run.ending, run.notes
    )


def run_now(argv: list[str], folder: Path, options: Options = Options()) -> Outcome:  # noqa: B008
    """Run a command to its end, outside of any event loop."""
    return asyncio.run(outcome_of(argv, folder, options))

"""How a Python program becomes one that scalene runs; text in, text out, nothing is started."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.memory.command import Program
from cockpit.memory.command import program as parsed
from cockpit.memory.scalene.installed import Found
from cockpit.plain import plain

#: Sets variables and becomes the program: what is preloaded is not preloaded into us.
_ENV = "/usr/bin/env"
#: scalene runs the first of all words that is like this, whatever stands before it.
_ITS_PROGRAM = re.compile(r".*\.py$")


class Options(msgspec.Struct, frozen=True):
    """What scalene measures; each costs what docs/memory.md says.

    `interval` is how often it writes what it has so far, in seconds; 0 for at the end alone.
    `stacks` are for its page alone, and what is written grows with them without end.
    """

    cpu_only: bool = False
    interval: float = 1.0
    stacks: bool = False


def program(argv: Sequence[str]) -> Program:
    """Return the Python program that a command means, as a person types it in a shell.

    Raises `CockpitError` where it is none, or none that scalene can run.
    """
    what = parsed(argv, "scalene")
    first, *rest = what.run
    if first == "-c":
        raise CockpitError(
            "scalene measures nothing of a text that is given by -c",
            "Put it into a file, and run that.",
        )
    if first != "-m" and not _ITS_PROGRAM.match(first):
        for word in rest:
            if _ITS_PROGRAM.match(word):
                raise CockpitError(
                    f"scalene would run {plain(word)} and not {plain(first)}: it takes the first "
                    "word that ends in .py for the program",
                    f"Run it as a module: `python -m {plain(Path(first).name)} …`.",
                )
    return what


def under_scalene(
    what: Program, found: Found, folder: Path, destination: Path, options: Options
) -> tuple[str, ...]:
    """Return the command that runs a program in `folder` under scalene, as `check` found it.

    It writes over `destination`, whose name has to end in `.json`. Raises `CockpitError`.
    """
    environment = found.cpu_only if options.cpu_only else found.full
    if what.options and not environment:  # then scalene starts Python anew, without them
        raise CockpitError(
            f"here scalene does not hand {plain(' '.join(what.options))} on to Python",
            "Leave that out.",
        )
    switches = [
        *(("--cpu-only",) if options.cpu_only else ()),
        *(("--profile-interval", f"{options.interval:g}") if options.interval else ()),
        *(() if options.stacks else ("--no-stacks",)),
        *_watched(what, folder),
    ]
    scalene = ("-m", "scalene", "run", "-o", str(destination), *switches, "---", *_run(what))
    before = (_ENV, *(f"{name}={value}" for name, value in environment.items()))
    return (*(before if environment else ()), what.interpreter, *what.options, *scalene)


def _watched(what: Program, folder: Path) -> tuple[str, ...]:
    """Have all files of `folder` measured; of a script elsewhere, those beside it.

    scalene's own choice is the folder of the file that runs: of a module or a console script that
    is a library's.
    """
    first = what.run[0]
    if first != "-m" and _ITS_PROGRAM.match(first):
        script = os.path.realpath(os.path.join(folder, first))  # noqa: PTH118 -- a person's text
        if not Path(script).is_relative_to(os.path.realpath(folder)):
            return ()
    return "--program-path", str(folder)


def _run(what: Program) -> tuple[str, ...]:
    """Return what is to run, with nothing that scalene would take for an option of Python's."""
    first, *rest = what.run
    return (f".{os.sep}{first}" if first != "-m" and first.startswith("-") else first, *rest)

"""How a command, as a person types it in a shell, becomes one that memray tracks.

It looks at the program's first lines and starts nothing.
"""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.memory.model import Options
from cockpit.plain import plain
from cockpit.profilers.files import Unreadable, opened
from cockpit.profilers.interpreter import is_python
from cockpit.profilers.launch import program_of

#: Options of Python that take a word, attached to them or the next one (`python --help`).
_WITH_WORD = frozenset("WX")
#: Those that name the program, and after which all is the program's.
_PROGRAM = frozenset("cm")
#: Those that have Python tell something, and run nothing.
_TELLING = frozenset("hV?")
#: The only long option that a program can follow.
_LONG = "--check-hash-based-pycs"
#: What is read of a file that may be a script, in bytes.
_HEAD = 4096
#: pip, and uv, where a path is too long or too odd for a kernel's `#!`.
_POLYGLOT = re.compile(
    r"""'''exec'\ (?:"(?P<double>/[^"$`\\]+)"|'(?P<single>/[^']+)'|(?P<bare>/[^\s"'$`\\]+)
    |"\$\(dirname\ --\ "\$\(realpath\ --\ "\$0"\)"\)"/'(?P<beside>[^'/]+)')\ "\$0"\ "\$@"
    """,
    re.VERBOSE,
)
#: A byte of a name that is no UTF-8, as Python has it.
_SURROGATE = re.compile("[\ud800-\udfff]")
_HINT = (
    "Type it with its Python: `python app.py`, `python -m package`, or a script of an environment, "
    "as `.venv/bin/pytest`."
)


class Program(msgspec.Struct, frozen=True):
    """A Python program: its interpreter, that one's own options, and what it is to run.

    `interpreter` is an absolute path. `run` begins with `-m` and a module, `-c` and a text, or a
    script's path; then come its arguments.
    """

    interpreter: str
    options: tuple[str, ...]
    run: tuple[str, ...]


def under_memray(argv: Sequence[str], options: Options, destination: Path) -> tuple[str, ...]:
    """Return the command that runs `argv` under memray, which writes into `destination`.

    That file may be there: it is written over. Raises `CockpitError` where `argv` is no Python
    program, or not one that memray can run.
    """
    return tracked(program(argv), options, destination)


def flags(options: Options) -> tuple[str, ...]:
    """Return what memray is told of how to track; `run` and `attach` call it the same."""
    switches = {
        "--native": options.native,
        "--follow-fork": options.follow_fork,
        "--aggregate": options.aggregate,
        "--trace-python-allocators": options.python_allocators,
    }
    return tuple(switch for switch, wanted in switches.items() if wanted)


def tracked(what: Program, options: Options, destination: Path) -> tuple[str, ...]:
    """Return the command that runs a program under memray, or raise `CockpitError`."""
    chosen, run = flags(options), what.run
    if run[0] == "-c" and run[1].startswith("-"):  # memray would take it for an option
        run = ("-c", f"\n{run[1]}", *run[2:])
    elif run[0] not in ("-c", "-m") and run[0].startswith("-"):
        run = (f".{os.sep}{run[0]}", *run[1:])
    memray = ("-m", "memray", "run", "-q", "-f", *chosen, "-o", str(destination))
    whole = (what.interpreter, *what.options, *memray, *run)
    for word in whole:
        if _SURROGATE.search(word):
            raise CockpitError(
                f"{plain(word)} is not UTF-8, and memray can run nothing that is not",
                "Give it another name.",
            )
    return whole


def program(argv: Sequence[str], tool: str = "memray") -> Program:
    """Return the Python program that a command means, for `tool` to run.

    Raises `CockpitError` where it is none.
    """
    path = program_of(argv)
    if is_python(path):
        return _parsed(path, argv[1:], tool)
    interpreter, *words = _shebang(path, tool)
    return _parsed(interpreter, (*words, path, *argv[1:]), tool)


def _parsed(interpreter: str, words: Sequence[str], tool: str) -> Program:
    """Part the options of Python from what it is to run."""
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--" and at + 1 < len(words):
            return Program(interpreter, tuple(words[:at]), tuple(words[at + 1 :]))
        if word == _LONG:
            at += 2
            continue
        if word.startswith(f"{_LONG}="):
            at += 1
            continue
        if not word.startswith("-"):
            return Program(interpreter, tuple(words[:at]), tuple(words[at:]))
        if word.startswith("--") or word == "-":
            break
        letter, before, after = _special(word)
        if letter in _PROGRAM:
            return _named(interpreter, (*words[:at], *before), letter, (*after, *words[at + 1 :]))
        if letter in _TELLING:
            break
        at += 2 if letter in _WITH_WORD and not after else 1
    raise CockpitError(
        f"{plain(shlex.join((interpreter, *words)))} names no program that {tool} could run", _HINT
    )


def _special(word: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the first letter of `-abc` that is more than a switch, what is before, and after."""
    for at, letter in enumerate(word[1:], 1):
        if letter in _WITH_WORD | _PROGRAM | _TELLING:
            before = (word[:at],) if at > 1 else ()
            return letter, before, (word[at + 1 :],) if word[at + 1 :] else ()
    return "", (), ()


def _named(
    interpreter: str, options: tuple[str, ...], letter: str, rest: tuple[str, ...]
) -> Program:
    if not rest:
        what = "a module" if letter == "m" else "a text"
        raise CockpitError(f"after -{letter} there must be {what} to run", _HINT)
    return Program(interpreter, options, (f"-{letter}", *rest))


def _shebang(path: str, tool: str) -> list[str]:
    """Return the Python that a script names in its first lines, and its options."""
    first, _, second = _head(path).partition("\n")
    if first.startswith("#!"):
        if found := _POLYGLOT.match(second):
            beside = found["beside"] and str(Path(path).resolve().parent / found["beside"])
            words = [beside or found["double"] or found["single"] or found["bare"]]
        else:
            words = first[2:].strip().split(maxsplit=1)
        words = _through_env(words)
        if words and is_python(words[0]):
            return [program_of(words), *words[1:]]
    raise CockpitError(f"{plain(path)} is no Python program, and {tool} runs nothing else", _HINT)


def _head(path: str) -> str:
    try:
        with os.fdopen(opened(Path(path), limit=float("inf")), "rb") as file:
            return file.read(_HEAD).decode(errors="surrogateescape")
    except (OSError, Unreadable):
        return ""


def _through_env(words: list[str]) -> list[str]:
    """Return what `#!/usr/bin/env python3` means; a kernel hands on all after it as one word."""
    if words and Path(words[0]).name == "env":
        rest = " ".join(words[1:])
        split = rest.removeprefix("-S").removeprefix("--split-string=")
        return split.split() if split != rest else [rest]
    return words

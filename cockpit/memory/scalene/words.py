"""What scalene says among the words of the program, and what is said of a run when it is over."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from cockpit.memory.model import Standing
from cockpit.plain import plain
from cockpit.profilers.launch import how

#: How scalene says that it measured nothing; more lines follow, of switches of its own.
TOO_SHORT = "Scalene: The specified code did not run for long enough to profile."
_ABOUT_SWITCHES = (
    "By default, Scalene only profiles code in the file executed and its subdirectories.",
    "To track the time spent in all files, use the `--profile-all` option.",
)
#: How it says that ctrl-c came, after which its exit code is 0.
_INTERRUPTED = "Scalene execution interrupted."
#: How it says that it could not begin, after which its exit code may be 0; and that of a file.
_NO_START = "Scalene failed to initialize."
_NO_FILE = "Scalene: could not find input file "
#: How it begins to tell of what the program did not catch.
_FAILED = "Error in program being profiled:"
_OF_ITSELF = (TOO_SHORT, *_ABOUT_SWITCHES, _INTERRUPTED, _NO_START)

Verdict = tuple[Standing, str, list[str]]


class Filter:
    """Takes out what scalene says each time it writes: once a second, four lines."""

    def __init__(self, path: Path) -> None:
        """Expect those that scalene says of `path`."""
        whole = os.fsencode(path)
        self._words = (
            b"\nScalene: profile saved to " + whole + b"\n"
            b"  To view in browser:  scalene view " + whole + b"\n"
            b"  To view in terminal: scalene view --cli " + whole + b"\n"
        )
        #: What may be the beginning of its words, and is not handed on yet.
        self.rest = b""

    def take(self, chunk: bytes) -> bytes:
        """Return what is to be handed on, now that `chunk` came."""
        text = (self.rest + chunk).replace(self._words, b"")
        kept = 0
        for size in range(min(len(self._words) - 1, len(text)), 0, -1):
            if self._words.startswith(text[len(text) - size :]):
                kept = size
                break
        self.rest = text[len(text) - kept :]
        return text[: len(text) - kept]


def verdict(code: int, said: Iterable[str], measured: bool, asked: bool) -> Verdict:
    """Return how what was captured stands, how the program ended, and what is to be said of it.

    `code` is its exit code (negative: the signal), `said` the last lines of what it said,
    `measured` whether there is a report. `asked` is whether we had it end. All are whole sentences.
    """
    lines = [line.strip() for line in said if line.strip()]
    words = _last(lines)
    if _NO_START in lines:
        return "unreadable", f"scalene could not start the program{_colon(words)}.", []
    for line in lines:
        if line.startswith(_NO_FILE):
            name = line.removeprefix(_NO_FILE)
            return "unreadable", f"There is no program {name}, or none that can be read.", []
    ending = _ending(code, lines, words, asked)
    if not measured:
        return "unreadable", ending, [_nothing(code, lines)]
    if code < 0:
        return "killed", ending, ["Its figures are those that scalene wrote last before."]
    return "complete", ending, []


def _ending(code: int, lines: Sequence[str], words: str, asked: bool) -> str:
    if asked:
        return f"It was ended, {how(code)}." if code else "It was ended."
    if _INTERRUPTED in lines:
        return "The program was interrupted."
    if code < 0:
        return f"The program was ended {how(code)}."
    if _FAILED in lines or _traceback(lines):
        return f"The program failed {how(code)}{_colon(words)}."
    last = f"; it last said: {words.rstrip('.')}" if code and words else ""
    if code == 1:
        # Tried with 2.4: sys.exit(), and sys.exit("words"), which are said nowhere, are 1, too.
        last = f", or by a sys.exit() without a number, of which scalene makes 1{last}"
    return f"The program ended {how(code)}{last}."


def _nothing(code: int, lines: Sequence[str]) -> str:
    if TOO_SHORT in lines:
        return (
            "scalene measured nothing: the program did not run for long enough (a second, or 10 MB "
            "of memory), or its time went to code outside of the project."
        )
    if code < 0:
        return "scalene had written nothing before."
    return "scalene wrote nothing."


def _traceback(lines: Sequence[str]) -> bool:
    return any(line.startswith("Traceback (most recent call last)") for line in lines)


def _last(lines: Sequence[str]) -> str:
    """Return the last of the program's own words."""
    own = (line for line in reversed(lines) if line not in _OF_ITSELF)
    return plain(next(own, ""))


def _colon(words: str) -> str:
    return f": {words.rstrip('.')}" if words else ""

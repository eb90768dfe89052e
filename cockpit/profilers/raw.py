"""Reads and writes py-spy's raw format: a line a stack, its parts joined by `;`, then its samples.

Neither names of threads nor commands nor paths are escaped there, so each may hold `;`, blanks and
parentheses. What a part is, is told from what it looks like, and from the names that are known.
No line takes more than a moment to read, whatever somebody wrote into it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from cockpit.plain import plain
from cockpit.profilers.profile import Frame, Function, Stack, Thread

#: Frames that are remembered, so that a profile holds each once.
_FRAMES = 100_000
#: A longer frame is not remembered, in characters.
_LONG = 1_000
#: Parts of a frame with `;` in it are joined up to this length, in characters.
_JOINED = 20_000
#: More digits are no number of samples.
_DIGITS = 15
_PROCESS = re.compile(
    r'process (\d{1,18}):"(.*?)";(?=process \d+:"|thread \(|\S{1,1000} \()', re.DOTALL
)
#: What follows the last command of a line.
_AFTER = '";thread ('
#: A thread, or a process, that was in no function: py-spy writes some as a thread begins or ends.
_IDLE = re.compile(
    r'(?:process \d{1,18}:"[^\n]*")?(?:;?thread \([^()]*\)(?:: [^()\n]*)?)? \d{1,15}'
)
_THREAD = re.compile(r"thread \((0x[0-9A-Fa-f]+|\d+)\)(: )?")


class Parser:
    """Reads lines; frames and threads that come again are the same objects."""

    def __init__(self, pid: int) -> None:
        """Read stacks of the process `pid`, and of those below it."""
        self._pid = pid
        self._frames: dict[str, Frame | None] = {}

    def parse(self, line: str, names: Mapping[str, str] | None = None) -> tuple[Stack, int] | None:
        """Return the stack of a line and its samples; None for a line that is none.

        `names` are names of threads by their ids, for those with a `;` in them.
        """
        text, _, number = line.rstrip("\n").rpartition(" ")
        if not text or not _is_number(number, _DIGITS):
            return None
        processes, at = self._processes(text)
        thread, at = self._thread(text, at, processes[-1][0] if processes else self._pid, names)
        frames = tuple(self._parts(text[at:]))
        return (Stack(thread, frames, processes), int(number)) if frames else None

    def _processes(self, text: str) -> tuple[tuple[tuple[int, str], ...], int]:
        found, at = [], 0
        while match := _PROCESS.match(text, at):
            found.append((int(match[1]), match[2]))
            at = match.end()
        return tuple(found), at

    def _thread(
        self, text: str, at: int, pid: int, names: Mapping[str, str] | None
    ) -> tuple[Thread, int]:
        match = _THREAD.match(text, at)
        if match is None:
            return Thread(pid, "?"), at
        at = match.end()
        if not match[2]:  # it has no name
            return Thread(pid, match[1]), at + 1
        known = (names or {}).get(match[1])
        if known and text.startswith(f"{known};", at):
            return Thread(pid, match[1], known), at + len(known) + 1
        name: list[str] = []
        for part in text[at:].split(";"):
            if name and self._frame(part) is not None:
                break
            name.append(part)
        else:  # none is a frame by itself: the first of them has a `;`
            del name[1:]
        whole = ";".join(name)
        return Thread(pid, match[1], whole), at + len(whole) + 1

    def _parts(self, text: str) -> Iterator[Frame]:
        """Yield the frames; a part that is none by itself is the beginning of one with a `;`."""
        kept = ""
        for part in text.split(";"):
            frame = self._frame(kept + part)
            if frame is None:
                kept += f"{part};"
                if len(kept) > _JOINED:
                    return
            else:
                kept = ""
                yield frame

    def _frame(self, text: str) -> Frame | None:
        if len(text) > _LONG:
            return _frame_of(text)
        if text in self._frames:
            return self._frames[text]
        if len(self._frames) >= _FRAMES:
            self._frames.clear()
        frame = self._frames[text] = _frame_of(text)
        return frame


def is_idle(line: str) -> bool:
    """Whether a line says only that a thread was in no function, which is no stack."""
    return _IDLE.fullmatch(line.rstrip("\n")) is not None


def _frame_of(text: str) -> Frame | None:
    """Return the frame that `name (path:line)` says; a regular expression takes its time here."""
    at = text.find(" (", 1)
    if at < 0 or not text.endswith(")"):
        return None
    place = text[at + 2 : -1]
    path, colon, line = place.rpartition(":")
    if colon and _is_number(line, 9):
        return Frame(Function(text[:at], path), int(line))
    return Frame(Function(text[:at], place))


def _is_number(text: str, digits: int) -> bool:
    return len(text) <= digits and text.isascii() and text.isdigit()


def whole(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, those of a process whose command has line breaks in it joined to one again.

    `python -c` with a program of several lines is such a command, and py-spy escapes nothing.
    """
    kept = ""
    for line in lines:
        kept = f"{kept}\n{line}" if kept else line
        begun = kept.startswith("process ") and _AFTER not in kept and not is_idle(kept)
        if begun and len(kept) < _JOINED:
            continue
        yield kept
        kept = ""
    if kept:
        yield kept


def parts(stack: Stack) -> list[str]:
    """Return the parts of a stack as py-spy writes them with `-t`, and `-s` where there are more.

    Each is one line: control characters, and bytes that are not UTF-8, are spelled as `plain` does.
    """
    found = [f'process {pid}:"{command}"' for pid, command in stack.processes]
    if stack.thread.id != "?":
        name = f": {stack.thread.name}" if stack.thread.name else ""
        found.append(f"thread ({stack.thread.id}){name}")
    for (name, path), line in stack.frames:
        place = f"{path}:{line}" if line else path
        found.append(f"{name or '?'} ({place})")
    return [plain(part) for part in found]


def written(stacks: Iterable[tuple[Stack, int]]) -> Iterator[str]:
    """Yield a line for each stack that was seen; see `parts`.

    A `;` in a name stays, as in py-spy's own: whoever splits at it sees a part more, and no sample
    is lost.
    """
    for stack, count in stacks:
        if count:
            yield f"{';'.join(parts(stack))} {count}\n"

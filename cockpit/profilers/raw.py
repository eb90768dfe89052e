"""Reads and writes py-spy's raw format: a line a stack, its parts joined by `;`, then its samples.

Neither names of threads nor commands nor paths are escaped there, so each may hold `;`, blanks and
parentheses. What a part is, is told from what it looks like, and from the names that are known.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from cockpit.profilers.profile import Frame, Function, Stack, Thread

#: Frames that are remembered, so that a profile holds each once.
_FRAMES = 100_000
_FRAME = re.compile(r"(?P<name>.+?) \((?P<path>.*?)(?::(?P<line>\d+))?\)", re.DOTALL)
_PROCESS = re.compile(r'process (\d+):"(.*?)";(?=process \d+:"|thread \(|\S+ \()', re.DOTALL)
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
        if not text or not number.isascii() or not number.isdigit():
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
        whole = ";".join(name)
        return Thread(pid, match[1], whole), at + len(whole) + 1

    def _parts(self, text: str) -> Iterator[Frame]:
        """Yield the frames; a part that is none by itself is the beginning of one with a `;`."""
        kept = ""
        for part in text.split(";"):
            frame = self._frame(kept + part)
            if frame is None:
                kept += f"{part};"
            else:
                kept = ""
                yield frame

    def _frame(self, text: str) -> Frame | None:
        if text in self._frames:
            return self._frames[text]
        match = _FRAME.fullmatch(text)
        frame = None
        if match is not None:
            frame = Frame(Function(match["name"], match["path"]), int(match["line"] or 0))
        if len(self._frames) >= _FRAMES:
            self._frames.clear()
        self._frames[text] = frame
        return frame


def written(stacks: Iterable[tuple[Stack, int]]) -> Iterator[str]:
    """Yield a line for each stack, as py-spy writes it with `-t`, and `-s` where there are more."""
    for stack, count in stacks:
        parts = [f'process {pid}:"{command}"' for pid, command in stack.processes]
        if stack.thread.id != "?":
            name = f": {stack.thread.name}" if stack.thread.name else ""
            parts.append(f"thread ({stack.thread.id}){name}")
        for (name, path), line in stack.frames:
            parts.append(f"{name} ({path}:{line})" if line else f"{name} ({path})")
        yield f"{';'.join(parts)} {count}\n"

"""Reads one source file for the screen, in whatever encoding, and never anything but a file."""

import io
import os
import stat
import tokenize
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.ui.code import widest
from cockpit.ui.highlight import strings_over_lines

#: Bytes of the largest file that is shown.
LIMIT = 20 << 20


class Text(msgspec.Struct, frozen=True):
    """A file's lines as Python counts them.

    `inside` holds the lines that start in a string, `cells` the width of the longest line.
    """

    path: str
    lines: tuple[str, ...]
    inside: frozenset[int] = frozenset()
    cells: int = 0


def read_text(root: Path, path: str) -> Text:
    """Read `path` below `root`; raise `CockpitError` where it cannot be shown.

    Meant for a thread: it reads, decodes, looks for strings over several lines, and measures.
    """
    try:
        content = _content(root / path)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise CockpitError(f"{plain(path)}: {reason}") from error
    except ValueError as error:  # a NUL byte in the name
        raise CockpitError(f"{plain(path)}: no such file") from error
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    inside = strings_over_lines(text) if path.endswith((".py", ".pyi")) else frozenset()
    lines = tuple(text.split("\n"))
    return Text(path, lines, inside, widest(lines))


def _content(path: Path) -> bytes:
    # Not blocking: to open a FIFO would wait for somebody to write into it.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - it is a descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise CockpitError(f"{plain(path.name)} is not a regular file")
        if status.st_size > LIMIT:
            raise CockpitError(
                f"{plain(path.name)} has {status.st_size >> 20:,} MB, too much to show",
                "Press e to open it in your editor.",
            )
        return file.read(LIMIT + 1)


def _decoded(content: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return content.decode("latin-1").removeprefix("ï»¿")

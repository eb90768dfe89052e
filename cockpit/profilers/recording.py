"""A profile to a file and back: what a person saves, opens and gives to others."""

import asyncio
import io
import re
from collections import Counter
from pathlib import Path

from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.profilers import document, flamegraph, speedscope
from cockpit.profilers.files import Unreadable, content_of, obstacle, put, why
from cockpit.profilers.formats import Format, encoded
from cockpit.profilers.parsing import check_size
from cockpit.profilers.parsing import document as parsed
from cockpit.profilers.profile import Profile, Stack, least_counts
from cockpit.profilers.raw import Parser, is_idle, whole

_READS = "Cockpit reads its own recordings, and what py-spy writes as raw or speedscope."
_PAGES = (b"<?xml", b"<svg", b"<!doctype", b"<html")
#: A function may begin with a brace too, as Rust's `{closure}` does.
_JSON = re.compile(rb'\{\s*("|\}|$)')


# --- Writing ---


async def write(profile: Profile, path: Path, format_: Format) -> None:
    """Have the file `path` hold `profile`, at one blow; a file that is there is written over.

    A new one is for this user alone. A flame graph takes 1-2 s, see `flamegraph.blank_page`.
    Raises `CockpitError` where it cannot be; then nothing is changed.
    """
    await asyncio.to_thread(check, path)
    page = ""
    if format_ is Format.FLAMEGRAPH and profile.weight:
        page = await flamegraph.blank_page()
    await asyncio.to_thread(lambda: store(path, encoded(profile, format_, page)))


def store(path: Path, content: bytes) -> None:
    """Have the file `path` hold `content`, or raise `CockpitError`."""
    check(path)
    try:
        put(path, content)
    except OSError as error:
        raise _unwritten(path, why(error)) from error


def check(path: Path) -> None:
    """Raise `CockpitError` where no file could be written at `path`."""
    if reason := obstacle(path):
        raise _unwritten(path, reason)


def _unwritten(path: Path, reason: str) -> CockpitError:
    return CockpitError(
        f"{plain(str(path))} cannot be written: {plain(reason)}",
        "Nothing was changed; name another file, or make room there.",
    )


# --- Reading ---


def load(path: Path) -> Profile:
    """Return the profile in a file of ours, or of py-spy's raw or speedscope format.

    For threads: a large file takes seconds. Raises `CockpitError` that says what is wrong with it.
    """
    try:
        return _read(path)
    except document.Newer as error:
        raise _unread(path, error, "Install a later cockpit.") from error
    except Unreadable as error:
        raise _unread(path, error, _READS) from error
    except MemoryError as error:
        raise _unread(path, "there is not enough memory for it", _READS) from error


def _unread(path: Path, reason: object, hint: str) -> CockpitError:
    return CockpitError(f"{plain(str(path))} cannot be read: {plain(str(reason))}", hint)


def _read(path: Path) -> Profile:
    content, written = content_of(path)
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"\0" in content:
        raise Unreadable("it is not text")
    if start.startswith(_PAGES):
        raise Unreadable("it is a page to look at, and holds no samples")
    if not _JSON.match(start):
        return _raw(content, written)
    value = parsed(content)
    del content
    if speedscope.is_speedscope(value):
        return speedscope.decoded(value, written)
    return document.decoded(value)


def _raw(content: bytes, written: float) -> Profile:
    """Return the profile of a raw file, which says neither whose it is nor how fast it was taken.

    The rate is taken to be py-spy's own, and how long it took follows from it.
    """
    if not content.endswith(b"\n"):
        raise Unreadable("its last line has no end: it was cut off, or is no profile")
    parser, stacks, frames = Parser(0), Counter[Stack](), 0
    lines = (line.decode("utf-8", "surrogateescape") for line in io.BytesIO(content))
    for number, text in enumerate(whole(line.rstrip("\r\n") for line in lines), 1):
        found = parser.parse(text)
        if found is None:
            if not text or is_idle(text):
                continue
            raise Unreadable(f"line {number} is not a stack as py-spy writes it")
        stack, count = found
        if stack not in stacks:
            frames += len(stack.frames)
            check_size(len(stacks), frames)
        stacks[stack] += count
    if not stacks:
        raise Unreadable("there is no stack in it")
    counts = least_counts(stacks, speedscope.RATE)
    return Profile(
        stacks=dict(stacks),
        counts=counts,
        rate=speedscope.RATE,
        began=max(written - counts.seconds, 0.0),
        ended=written,
    )

"""Reads the head of a capture and looks at its end, without memray: cheap enough for a list.

The layouts are those of memray 1.17 to 1.20; of a capture in another one only its format is told.
"""

import functools
import importlib.metadata
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cockpit.plain import plain
from cockpit.profilers.files import why

#: What a capture begins with, and what one that was compressed does.
_MAGIC, _LZ4 = b"memray\0", b"\x04\x22\x4d\x18"
_FORMAT = struct.Struct("<i")
#: Where what follows the format begins: from 12 on the version of Python stands between them.
_LAYOUTS = {11: 11, 12: 15, 13: 15}
#: Native, aggregated; allocations, frames, beginning and end. The command follows, up to a NUL.
_FIXED = struct.Struct("<??qqqq")
#: The process, its main thread, how many of its frames are left out, Python's allocator, and
#: whether that was traced.
_REST = struct.Struct("<iQQB?")
#: A header is not longer, in bytes: it holds a command line.
_LONGEST = 1 << 20
#: The last byte of a capture that is whole: of one with single allocations, and aggregated.
_ENDS = {(11, False): 0x10, (12, False): 0x01, (13, False): 0x01} | {
    (number, True): 0x0F for number in _LAYOUTS
}
#: Which format which memray reads.
_READS = {"1.17": 11, "1.18": 11, "1.19": 12, "1.20": 13}
#: Bytes that are looked at together from the end on, and at most where it is to be quick.
_CHUNK, _QUICK = 1 << 20, 4 << 20
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class NotACapture(Exception):  # noqa: N818 -- the end of a sentence, which its catcher begins
    """Why a file is no capture."""


class Header(msgspec.Struct, frozen=True):
    """What a capture says of itself; `began` and `ended` are milliseconds since the epoch.

    `known` is whether the layout of its `format` is; otherwise the rest is empty. `allocations` is
    how many its end says there are; it is 0 until that is written, and in an aggregated one.
    """

    format: int
    size: int
    compressed: bool
    known: bool = False
    native: bool = False
    aggregated: bool = False
    allocations: int = 0
    began: int = 0
    ended: int = 0
    command: str = ""
    pid: int = 0
    python_allocators: bool = False

    @property
    def closed(self) -> bool:
        """Whether its end was written.

        memray compresses only what is whole, and writes an aggregated one at its end. `ended` says
        nothing: as a capture begins it is set to that moment, a millisecond later at times.
        """
        return self.compressed or self.aggregated or self.allocations > 0


@functools.cache
def memray_version() -> str:
    """Return the version of the memray that is installed; "" where there is none."""
    try:
        return importlib.metadata.version("memray")
    except importlib.metadata.PackageNotFoundError:
        return ""


def foreign(number: int) -> str:
    """Return why a capture of this format cannot be read, as the end of a sentence; "" if it can.

    What a later memray than those we know reads, it alone can say.
    """
    ours = _READS.get(".".join(memray_version().split(".")[:2]))
    if ours is None or number == ours:
        return ""
    return (
        f"it was written by another version of memray (format {number}), this cockpit reads {ours}"
    )


def opened(path: Path) -> int:
    """Return a descriptor of a file that may be a capture; never wait for a pipe.

    Raises `NotACapture`.
    """
    try:
        handle = os.open(path, _READ)
    except (OSError, ValueError) as error:  # a path may hold what no path can
        raise NotACapture(why(error)) from error
    try:
        state = os.fstat(handle)
        if path.is_dir():
            raise NotACapture("it is a folder")
        if not path.is_file():
            raise NotACapture("it is not a regular file")
        if not state.st_size:
            raise NotACapture(
                "it is empty: its program has not begun, or was killed and kept only sums"
            )
    except BaseException:
        os.close(handle)
        raise
    return handle


def read(handle: int) -> Header:
    """Return the header of an open capture. Raises `NotACapture`."""
    try:
        size = os.fstat(handle).st_size
        start = os.pread(handle, len(_MAGIC), 0)
        compressed = start[: len(_LZ4)] == _LZ4
        if not compressed and not _MAGIC.startswith(start):
            raise NotACapture("it was not written by memray")
        source = _unpacked(handle) if compressed else _plain(handle)
        return _parsed(source, size, compressed)
    except OSError as error:
        raise NotACapture(why(error)) from error


def _plain(handle: int) -> Iterator[bytes]:
    for at in range(0, _LONGEST, 4096):
        chunk = os.pread(handle, 4096, at)
        if not chunk:
            return
        yield chunk


def _parsed(source: Iterator[bytes], size: int, compressed: bool) -> Header:
    words = _Words(source)
    if words.take(len(_MAGIC)) != _MAGIC:
        raise NotACapture("it was not written by memray")
    (number,) = _FORMAT.unpack(words.take(_FORMAT.size))
    if number not in _LAYOUTS:
        return Header(number, size, compressed)
    words.take(_LAYOUTS[number] - len(_MAGIC) - _FORMAT.size)
    native, aggregated, allocations, _, began, ended = _FIXED.unpack(words.take(_FIXED.size))
    command = words.line()
    pid, _, _, _, python = _REST.unpack(words.take(_REST.size))
    return Header(
        format=number,
        size=size,
        compressed=compressed,
        known=True,
        native=native,
        aggregated=aggregated,
        allocations=allocations,
        began=began,
        ended=ended,
        command=plain(command.decode("utf-8", "replace")),
        pid=pid,
        python_allocators=python,
    )


class _Words:
    """What a header says, one thing after the other."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source, self._kept, self._at = source, b"", 0

    def take(self, size: int) -> bytes:
        while len(self._kept) < self._at + size:
            self._more()
        self._at += size
        return self._kept[self._at - size : self._at]

    def line(self) -> bytes:
        while (end := self._kept.find(b"\0", self._at)) < 0:
            self._more()
        return self.take(end + 1 - self._at)[:-1]

    def _more(self) -> None:
        chunk = next(self._source, b"")
        if not chunk or len(self._kept) > _LONGEST:
            raise NotACapture("it ends within its header" if self._kept else "it holds nothing")
        self._kept += chunk


def _blocks(handle: int) -> Iterator[tuple[int, int, bool]]:
    """Yield where each block of an LZ4 frame begins, its size, and whether it is packed.

    Ends with the frame's end mark; raises `NotACapture` where there is none.
    """
    flags = os.pread(handle, 1, 4)
    if not flags or flags[0] >> 6 != 1:
        raise NotACapture("it is compressed in a way that memray does not use")
    # Magic, flags, block size, the size of all where it is told, a dictionary's, and a checksum.
    at = 7 + 8 * bool(flags[0] & 8) + 4 * bool(flags[0] & 1)
    while len(word := os.pread(handle, 4, at)) == 4:
        number = int.from_bytes(word, "little")
        if not number:
            return
        size = number & 0x7FFFFFFF
        yield at + 4, size, not number >> 31
        at += 4 + size + 4 * bool(flags[0] & 16)
    raise NotACapture("it ends before its end mark")


def _unpacked(handle: int) -> Iterator[bytes]:
    """Yield what the first block of a compressed capture holds, as much as is asked for."""
    for at, size, packed in _blocks(handle):
        data = os.pread(handle, min(size, 4 << 20), at)
        if len(data) < min(size, 4 << 20):
            raise NotACapture("it ends within its first block, and cannot be unpacked")
        yield from _sequences(data) if packed else (data,)
        return


def _sequences(data: bytes) -> Iterator[bytes]:
    """Yield what the sequences of an LZ4 block stand for (see its "Block Format Description")."""
    done, at = bytearray(), 0
    try:
        while at < len(data) and len(done) <= _LONGEST:
            token, at, start = data[at], at + 1, len(done)
            literals, at = _length(data, at, token >> 4)
            done += data[at : at + literals]
            at += literals
            if at < len(data):
                offset = int.from_bytes(data[at : at + 2], "little")
                copied, at = _length(data, at + 2, token & 15)
                if not 0 < offset <= len(done) or copied > _LONGEST:
                    raise NotACapture("it is damaged")
                for _ in range(copied + 4):
                    done.append(done[-offset])
            yield bytes(done[start:])
    except IndexError:
        raise NotACapture("it is damaged") from None


def _length(data: bytes, at: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            length += data[at]
            at += 1
            if data[at - 1] != 255:
                break
    return length, at


def cut_off(handle: int, header: Header, *, thorough: bool = False) -> bool:
    """Whether the end of a capture is missing, as far as its last bytes tell.

    `thorough` looks behind many zeros, and walks through the blocks of a compressed one, which
    takes a while if it is large; otherwise one that cannot be told quickly passes.
    """
    if not header.compressed:
        least = 0 if thorough else max(header.size - _QUICK, 0)
        found, last = last_byte(handle, header.size, least)
        return found > least and last != _ENDS[header.format, header.aggregated]
    if os.pread(handle, 4, max(header.size - 4, 0)) != bytes(4):
        return True
    if thorough:
        try:
            end = max((at + size for at, size, _ in _blocks(handle)), default=0)
        except NotACapture:
            return True
        return end > header.size
    return False


def last_byte(handle: int, size: int, least: int = 0) -> tuple[int, int]:
    """Return how much of a file stands before the zeros at its end, and the last byte of that.

    Nothing before `least` is looked at. memray makes room ahead, up to a tenth of the file, and
    leaves it there.
    """
    at = size
    while at > least:
        start = max(at - _CHUNK, least)
        chunk = os.pread(handle, at - start, start).rstrip(b"\0")
        if chunk:
            return start + len(chunk), chunk[-1]
        at = start
    return least, 0

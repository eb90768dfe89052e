"""What became of a capture, told from how its program ended and from what memray said of it."""

from cockpit.memory.model import Standing
from cockpit.plain import plain

#: What memray says on stderr where it cannot write: while it tracks, at once, and at the end.
_FULL = (b"Failed to grow output file", b"Failed to mmap", b"deactivating tracking")
_NO_START = b"Failed to write output header"
_PACKING = (b"Failed to compress input file", b"Error moving compressed file")
_WORDS = (*_FULL, _NO_START, *_PACKING)
#: A line of memray's is not longer, in bytes, but for the path in it.
_LINE = 8192


class Heard:
    """What memray said of its troubles, among all that the program says."""

    def __init__(self) -> None:
        """Have heard nothing yet."""
        #: Whether it stopped tracking; never began to; could not compress what it has.
        self.full = self.no_start = self.packing = False
        #: Why, as the end of a sentence: "No space left on device".
        self.reason = "it could not write"
        self._rest = b""

    def take(self, chunk: bytes) -> None:
        """Listen to more of what is said; words may come in two pieces."""
        text = self._rest + chunk
        self._rest = text[-_LINE:].rpartition(b"\n")[2]
        if any(words in text for words in _WORDS):
            for line in text.split(b"\n"):
                self._read(line)

    def _read(self, line: bytes) -> None:
        self.full |= any(words in line for words in _FULL)
        self.no_start |= _NO_START in line
        self.packing |= any(words in line for words in _PACKING)
        if _FULL[0] in line or _NO_START in line:
            found = line.decode(errors="replace").partition(". The destination")[0]
            self.reason = plain(found.rpartition(": ")[2].strip().rstrip("."))[:200]


def verdict(
    code: int, heard: Heard, size: int, whole: bool, aggregate: bool
) -> tuple[Standing, list[str]]:
    """Return how a capture of `size` bytes stands, and what is to be said of it.

    `code` is its program's exit code (negative: the signal); `whole` is whether memray closed it.
    """
    if not size or heard.no_start:
        return "unreadable", [f"memray captured nothing: {_why_nothing(heard, aggregate)}."]
    if heard.full:
        return "partial", [
            f"memray stopped tracking before the end, and the program went on: {heard.reason}."
        ]
    if whole:
        return "complete", []
    if heard.packing:
        return "complete", ["memray could not compress it: it is larger than it need be."]
    if code < 0:
        return "killed", ["Its capture has all up to there, but not its end."]
    return "killed", [
        "It left without a word to memray, as by os._exit() or exec: its capture has all up to "
        "there, but not its end."
    ]


def _why_nothing(heard: Heard, aggregate: bool) -> str:
    if heard.no_start:
        return f"the file could not be begun, and the program was not run: {heard.reason}"
    if aggregate:
        return "an aggregated one is written at the end, which the program did not reach"
    return "the program was not run"

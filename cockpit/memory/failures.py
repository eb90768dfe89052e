"""What is said where a capture, or a part of it, cannot be read: a sentence and a hint for each."""

import os
from pathlib import Path

from cockpit.memory import header
from cockpit.memory.model import Part, Summary
from cockpit.plain import plain

Words = tuple[str, str]

_AGAIN = "Record the program again."
#: Parts that take single allocations, and what they are called.
_SINGLE = {"temporary": "temporary allocations", "stats": "statistics"}
#: Bytes that memray keeps for each allocation while it looks for temporary ones, at most.
_TEMPORARY = 40
#: Below this nobody needs to be warned, in bytes.
_MUCH = 500 << 20


def unreadable(path: Path, why: str) -> Words:
    """Return what to say of a file that is no capture; `why` is the end of a sentence."""
    return f"{plain(str(path))} cannot be read: {plain(why)}", _AGAIN


def foreign(path: Path) -> Words:
    """Return what to say of a capture in a format that the installed memray does not read."""
    words = "it was written by another version of memray"
    try:
        handle = header.opened(path)
    except header.NotACapture:
        return unreadable(path, words)
    try:
        words = header.foreign(header.read(handle).format) or words
    except header.NotACapture:
        pass
    finally:
        os.close(handle)
    return (
        f"{plain(str(path))} cannot be read: {words}",
        "Record it with cockpit, or read it with the memray that wrote it.",
    )


def damaged(path: Path, why: str) -> Words:
    """Return what to say of a capture at which memray fails, in memray's words."""
    said = f": {plain(why)}" if why else ""
    return f"{plain(str(path))} is damaged, and memray cannot read it{said}", _AGAIN


def died(path: Path, how: str) -> Words:
    """Return what to say where memray itself died of a capture."""
    return (
        f"memray {how} while it read {plain(str(path))}",
        "The capture is damaged, or needs more memory than there is.",
    )


def aggregated(part: Part) -> Words:
    """Return what to say where single allocations are asked for that were never kept."""
    return (
        "this capture is aggregated: it holds no single allocations, and so no "
        f"{_SINGLE.get(part, part)}",
        "Record without --aggregate to see them.",
    )


def too_large(part: Part, memory: int) -> Words:
    """Return what to say where the child may not have the memory that memray needs."""
    limit = f" than the {memory / 1e9:.1f} GB that it may have" if memory else " than there is"
    what = _SINGLE.get(part, part)
    return (
        f"memray needs more memory{limit} to find the {what} of this capture",
        "Record less of the program, or with --aggregate.",
    )


def refusal(summary: Summary, part: Part) -> str:
    """Return why a part cannot be had of a capture, as a sentence; "" where it can."""
    return aggregated(part)[0] if summary.aggregated and part in _SINGLE else ""


def warning(summary: Summary, part: Part) -> str:
    """Return what a person should know before a part is read, as a sentence; "" for nothing.

    memray keeps every temporary allocation that it finds until the end: 9.2 GB were seen, of 245
    million allocations and frees.
    """
    most = summary.allocations * _TEMPORARY
    if part != "temporary" or most < _MUCH or refusal(summary, part):
        return ""
    return (
        f"finding temporary allocations may take up to {most / 1e9:.1f} GB of memory: memray keeps "
        f"each that it finds among {summary.allocations:,} allocations"
    )

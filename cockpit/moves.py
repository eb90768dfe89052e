"""Which files of the base went where, by likeness of their texts or of what is found in them.

git's own renames would say less: it knows nothing of a file that it was not told of yet.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from cockpit.model import Finding
from cockpit.syntax import Side

#: What a file's text was or is; None where nobody can say.
Texts = Callable[[str], Side | None]
#: From what share in common on two files are one that was edited.
_ALIKE = 0.5


class Remains(Protocol):
    """What is left on both sides; see `matching.Question`."""

    @property
    def gone(self) -> Sequence[Finding]:
        """Findings of the base that are gone."""

    @property
    def fresh(self) -> Sequence[Finding]:
        """Findings that came."""

    @property
    def paths(self) -> Collection[str]:
        """All files of the base."""

    @property
    def known(self) -> Collection[str]:
        """The files that there are."""


def moved_files(remains: Remains, base: Texts, head: Texts) -> dict[str, str]:
    """Return where files of the base went that are gone, each to one that was not there."""
    left = {one.path for one in remains.gone if one.path not in remains.known}
    came = {one.path for one in remains.fresh if one.path not in remains.paths}
    likeness = []
    for path in left:
        for other in came:
            score = _likeness(remains, path, other, base(path), head(other))
            if score >= _ALIKE:
                likeness.append((score, shared_tail(path, other), path, other))
    moved: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, path, other in sorted(likeness, reverse=True):
        if path not in moved and other not in taken:
            moved[path] = other
            taken.add(other)
    return moved


def _likeness(remains: Remains, path: str, other: str, was: Side | None, now: Side | None) -> float:
    if was is not None and now is not None:
        return was.likeness(now)
    before = {one.identity for one in remains.gone if one.path == path}
    after = {one.identity for one in remains.fresh if one.path == other}
    shared = len(before & after) / max(len(before), 1)
    alike = shared_tail(path, other) > 0 or len(before) > 2
    return shared if alike else 0.0


def shared_tail(path: str, other: str) -> int:
    """Return how many parts the two paths share at their ends."""
    pairs = zip(reversed(path.split("/")), reversed(other.split("/")), strict=False)
    count = 0
    for one, two in pairs:
        if one != two:
            break
        count += 1
    return count

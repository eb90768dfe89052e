"""Which of the findings of now a remembered one is: at its place, or in the file that was moved.

Pure functions over what was remembered; what remembers it, and where, is not known here.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from cockpit.model import Finding

Key = tuple[str, str, str]


class Remembered(Protocol):
    """A finding of another day: in which file and scope, of which tool, what names the offence."""

    @property
    def path(self) -> str:
        """Where it was."""

    @property
    def checker(self) -> str:
        """The tool."""

    @property
    def identity(self) -> str:
        """What names it within its file."""

    @property
    def symbol(self) -> str:
        """The function or class around it, empty at the top of the file."""


R = TypeVar("R", bound=Remembered)


def key_of(one: Remembered) -> Key:
    """Return what `Finding.key` is of a finding."""
    return one.path, one.checker, one.identity


def follow(
    remembered: Mapping[Key, R], findings: Iterable[Finding], exists: Callable[[str], bool]
) -> dict[Key, R]:
    """Return what is remembered of each of `findings`, by the finding's key.

    A finding whose file was moved is the one of the same tool and identity at a path that no
    longer `exists`. Where several could be it, the paths that end alike belong together; what is
    ambiguous even so is not followed: nothing is said of a finding that may be another one. For
    the same reason `findings` are best all that there are, and see `_least`.
    """
    identities = {key[2] for key in remembered}
    found: dict[Key, R] = {}
    strangers: list[Finding] = []
    for finding in findings:
        if finding.identity in identities:
            key = finding.key
            one = remembered.get(key)
            if one is None:
                strangers.append(finding)
            else:
                found[key] = one
    if strangers and len(found) < len(remembered):
        missing = [one for key, one in remembered.items() if key not in found]
        found.update(_moved(missing, strangers, exists))
    return found


def _moved(
    missing: Sequence[R], strangers: Sequence[Finding], exists: Callable[[str], bool]
) -> Iterator[tuple[Key, R]]:
    wanted = {(finding.checker, finding.identity) for finding in strangers}
    lost = [one for one in missing if (one.checker, one.identity) in wanted]
    gone = {path for path in {one.path for one in lost} if not exists(path)}
    lost = [one for one in lost if one.path in gone]
    deepest = max((one.path.count("/") + 1 for one in lost), default=0)
    for depth in range(deepest, -1, -1):
        pairs = list(_alike(lost, strangers, depth))
        yield from ((finding.key, one) for one, finding in pairs)
        taken = {key_of(one) for one, _ in pairs}
        placed = {finding.key for _, finding in pairs}
        lost = [one for one in lost if key_of(one) not in taken]
        strangers = [finding for finding in strangers if finding.key not in placed]
        if not lost:
            return


def _alike(
    lost: Sequence[R], strangers: Sequence[Finding], depth: int
) -> Iterator[tuple[R, Finding]]:
    """Yield the pairs of one identity whose paths end in the same `depth` parts and in no other."""
    before = _grouped((one for one in lost if _least(one) <= depth), depth)
    after = _grouped(strangers, depth)
    for name, ones in before.items():
        if len(ones) == 1 and len(after.get(name, ())) == 1:
            yield ones[0], after[name][0]


def _least(one: Remembered) -> int:
    """Return how many parts of its path must have stayed, from its end.

    At the top of two files the same may stand without either coming from the other: an unused
    import, no docstring. There the file must have kept its name; of a package that is the folder's.
    """
    if one.symbol:
        return 0
    return 2 if one.path.rpartition("/")[2].startswith("__") else 1


S = TypeVar("S", bound=Remembered)


def _grouped(ones: Iterable[S], depth: int) -> dict[Hashable, list[S]]:
    groups: dict[Hashable, list[S]] = defaultdict(list)
    for one in ones:
        parts = one.path.rsplit("/", depth)[-depth:] if depth else []
        groups[one.checker, one.identity, *parts].append(one)
    return groups

"""Which findings of a pane a person has dismissed, kept apart from the rest; it draws nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from cockpit.model import FilesToFindings, Finding

if TYPE_CHECKING:  # the first paint does without what a person did: the history comes after it
    from cockpit.actions import Dismissal
    from cockpit.follow import Key

Dismissals: TypeAlias = "Mapping[Key, Dismissal]"
#: Which of some findings are dismissed, also where their file was moved: `History.covered`.
Cover: TypeAlias = "Callable[[Iterable[Finding]], Dismissals]"
_Marks: TypeAlias = "Mapping[tuple[str, str], Dismissal]"
_Split: TypeAlias = "tuple[tuple[Finding, ...], _Marks, tuple[Finding, ...], tuple[Finding, ...]]"


class Dismissed:
    """Splits a pane's findings; a path that is the same as before is split once."""

    def __init__(self) -> None:
        """Start with nothing dismissed."""
        self._all: Dismissals = {}
        self._cover: Cover = lambda _: {}
        self._marks: dict[str, _Marks] = {}
        self._paths: frozenset[str] = frozenset()
        self._known: dict[str, dict[str, _Split]] = defaultdict(dict)

    def take(self, dismissals: Dismissals, cover: Cover) -> None:
        """Take what is dismissed now; `cover` finds those whose files were moved."""
        self._all, self._cover = dismissals, cover
        self._paths = frozenset()
        self._mark(dismissals)

    def follow(self, files: Mapping[str, FilesToFindings]) -> None:
        """Look for moved files where the paths that have findings are others than before."""
        paths = frozenset().union(*files.values()) if self._all else frozenset()
        if paths != self._paths:
            self._paths = paths
            everything = (one for pane in files.values() for part in pane.values() for one in part)
            self._mark({**self._all, **self._cover(everything)})

    def _mark(self, dismissals: Dismissals) -> None:
        marks: dict[str, dict[tuple[str, str], Dismissal]] = defaultdict(dict)
        for (path, checker, identity), dismissal in dismissals.items():
            marks[path][checker, identity] = dismissal
        self._marks = dict(marks)

    def of(self, finding: Finding) -> "Dismissal | None":
        """Return the dismissal of a finding."""
        return self._marks.get(finding.path, {}).get((finding.checker, finding.identity))

    def split(self, pane: str, files: FilesToFindings) -> tuple[FilesToFindings, FilesToFindings]:
        """Return the findings of a pane that stand, and those that are dismissed."""
        touched = [path for path in self._marks if path in files]
        if not touched:
            return files, {}
        kept, gone = dict(files), dict[str, tuple[Finding, ...]]()
        for path in touched:
            _, _, stay, go = self._split(pane, path, files[path])
            if go:
                gone[path] = go
                kept[path] = stay
                if not stay:
                    del kept[path]
        return kept, gone

    def _split(self, pane: str, path: str, findings: tuple[Finding, ...]) -> _Split:
        known, marks = self._known[pane].get(path), self._marks[path]
        if known is None or known[0] is not findings or known[1] != marks:
            stay = tuple(_picked(findings, marks, False))
            go = tuple(_picked(findings, marks, True))
            known = self._known[pane][path] = findings, marks, stay, go
        return known


def _picked(findings: Iterable[Finding], marks: _Marks, dismissed: bool) -> Iterator[Finding]:
    for finding in findings:
        if ((finding.checker, finding.identity) in marks) is dismissed:
            yield finding

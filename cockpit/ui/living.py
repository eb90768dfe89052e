"""Which findings of dead code were seen running; plain values, found out elsewhere."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cockpit.model import Finding

if TYPE_CHECKING:  # the first paint does without SQLite
    from cockpit.profilers.evidence import Seen


class Living:
    """Findings with when and where they ran; never changed, replaced where anything is another."""

    def __init__(self, found: "Iterable[tuple[Finding, Seen]]" = ()) -> None:
        """Take what was found out."""
        self._found = tuple(found)
        self._by_key: Mapping[tuple[str, str, str], Seen] = {
            finding.key: seen for finding, seen in self._found
        }
        #: The `id` of each: nobody else's, for the findings are held here.
        self.ids = frozenset(id(finding) for finding, _ in self._found)

    def of(self, finding: Finding) -> "Seen | None":
        """Return when and where a finding's code ran; None where that was never seen."""
        return self._by_key.get(finding.key)

    def says_the_same(self, other: "Living") -> bool:
        """Whether `other` knows the same of the very same findings."""
        return self.ids == other.ids and self._by_key == other._by_key


NOTHING = Living()

"""What a person chose to compare with, and what became of the choice."""

from cockpit.base import AUTO
from cockpit.model import Base
from cockpit.ui.backend import Backend


class Against:
    """Passes choices on to the backend; where one cannot be, the one before it holds again."""

    def __init__(self) -> None:
        """Leave the choice to the backend."""
        #: The word for what was chosen (see `cockpit.base`).
        self.word = AUTO
        #: The name of the default branch, empty where that is not known.
        self.branch = ""
        self._before = AUTO
        self._asked = False

    def recall(self, word: str, branch: str, backend: Backend) -> None:
        """Go on with what an earlier session compared with, and knew of the default branch."""
        self.branch = self.branch or branch
        if word != AUTO:
            self.word = word
            backend.compare(word)

    def choose(self, word: str, backend: Backend) -> None:
        """Compare with what the person asked for just now."""
        self._before, self.word, self._asked = self.word, word, True
        backend.compare(word)

    def arrived(self, before: Base, base: Base) -> str:
        """Take the base that followed `before`; return what the person waits to hear, if so."""
        if base.kind == "branch":
            self.branch = base.name
        if base.note and base.note != before.note:
            self.word = self._before
        elif base.ready and base != before:
            self._before = self.word
        if not self._asked or base == before:
            return ""
        self._asked = False
        return base.note or f"against {base.name}"

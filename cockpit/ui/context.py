"""What every page and widget works with; one object, handed to all of them."""

from pathlib import Path

from cockpit.ui.backend import Backend
from cockpit.ui.state import State
from cockpit.ui.style import Look


class Context:
    """The session's state, the look of things, and, after the first paint, the backend."""

    def __init__(self, look: Look, title: str) -> None:
        """Start without a backend."""
        self.state = State()
        self.look = look
        self.title = title
        self.backend: Backend | None = None


def titled(root: Path) -> str:
    """Return the project's folder as a person writes it: ~/src/django."""
    home = Path.home()
    return (
        f"~/{root.relative_to(home)}" if root != home and root.is_relative_to(home) else str(root)
    )

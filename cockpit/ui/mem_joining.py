"""Joins what is known of memory with what the checks say: heat on lines and findings."""

from typing import TYPE_CHECKING

from cockpit.profilers.places import Places
from cockpit.ui.tracking import Tracking

if TYPE_CHECKING:
    from cockpit.ui.context import Context


class MemoryJoining:
    """Keeps the context's heat to what `tracking` knows of memory: of the open capture, or live."""

    def __init__(self, context: "Context", tracking: Tracking) -> None:
        """Follow `tracking`."""
        self._context, self._tracking = context, tracking
        self._of: object = None
        self._version = 0
        tracking.listen(self._came)

    def _came(self) -> None:
        context, tracking = self._context, self._tracking
        if context.backend is None:
            return
        if context.places is None:  # a program is started in the project's folder
            context.places = Places(context.backend.root, str(context.backend.root))
        warmest = tracking.warmest
        if warmest is self._of:
            return
        self._of, self._version = warmest, self._version + 1
        context.warm("memory", tracking.heats(context.places, self._version))

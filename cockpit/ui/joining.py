"""Joins what is sampled with what the checks say: heat on lines and findings, dead code alive.

It holds nothing of its own but the columns of heat that the whole screen shares.
"""

from typing import TYPE_CHECKING

from cockpit.profilers.heat import LineHeat
from cockpit.profilers.places import Places
from cockpit.ui.profiling import Profiling

if TYPE_CHECKING:
    from cockpit.profilers.target import Target
    from cockpit.ui.context import Context


class Joining:
    """Keeps the context's heat, places and evidence to what `profiling` has seen."""

    def __init__(self, context: "Context", profiling: Profiling) -> None:
        """Follow `profiling`."""
        self._context, self._profiling = context, profiling
        self._heat: LineHeat | None = None
        self._of: Target | None = None
        profiling.listen(self._came)

    def _came(self) -> None:
        context, profiling = self._context, self._profiling
        target, backend = profiling.target, context.backend
        if target is None or backend is None:
            return
        if context.places is None or target != self._of:
            context.places, self._of, self._heat = Places(backend.root, target.folder), target, None
        if self._heat is None or self._heat.tally is not profiling.tally:
            self._heat = LineHeat(profiling.tally, context.places)
            context.warm("cpu", [self._heat])
        context.alive.take(self._heat, target.born)

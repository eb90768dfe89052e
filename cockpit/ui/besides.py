"""What stands beside a finding in a list, from others than its tool: its heat, that it ran."""

from rich.segment import Segment

from cockpit.model import Finding
from cockpit.ui.heat import row_cell
from cockpit.ui.state import State
from cockpit.ui.style import Palette, Signs

#: From how many cells on a row has room for both words.
_ROOMY = 44


def known_besides(
    finding: Finding, state: State, width: int, palette: Palette, signs: Signs
) -> list[Segment]:
    """Return a column of heat while a profile is loaded, and whether dead code was seen running."""
    parts: list[Segment] = []
    if state.warmth.heats:
        parts += [row_cell(state.warmth.of(finding), signs, palette), Segment(" ", palette.text)]
    if state.living.of(finding) is not None:
        words = "seen running" if width >= _ROOMY else "seen"
        parts.append(Segment(f"{signs.alive} {words}  ", palette.good))
    return parts

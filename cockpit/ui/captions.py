"""What stands in the border of a tile or a list: the pane's title with its counts, its standing."""

from rich.style import Style
from rich.text import Text

from cockpit.panes import Pane
from cockpit.plain import plain
from cockpit.ui.draw import spark
from cockpit.ui.state import Standing, State
from cockpit.ui.style import Look


def title(pane: Pane, state: State, look: Look, sparks: bool = False) -> Text:
    """Return number, name, count and what is new: `1 Lint 12 +2`."""
    palette, signs = look.palette, look.signs
    count, new = state.count(pane.id), state.new_in(pane.id)
    text = Text.assemble((f"{pane.key} ", palette.muted), (pane.title, palette.strong))
    if _counted(pane, state):
        text.append(f" {count:,}", palette.text if count else palette.muted)
    if new:
        text.append(f" {signs.new}{new:,}", palette.high)
    gone = state.dismissed_in(pane.id)
    text.append(f" {signs.dot} {gone:,} dismissed" if gone else "", palette.muted)
    if state.only_new:
        return text.append(f"  only new {plain(state.since)}", palette.medium)
    line = spark(state.trend(pane.id), signs) if sparks else ""
    return text.append(f"  {line}" if line else "", palette.muted)


def standing(pane: Pane, state: State, look: Look) -> Text:
    """Return the pane's standing: `● ruff 84 ms`."""
    now = state.standing(pane.id)
    sign, style = standing_sign(now, look)
    words = (plain(now.words), look.palette.muted)
    return Text.assemble((f"{sign} ", style), words)


def standing_sign(standing: Standing, look: Look) -> tuple[str, Style]:
    """Return the sign of a standing and its colour."""
    palette, signs = look.palette, look.signs
    return {
        "fresh": (signs.fresh, palette.good),
        "running": (signs.running, palette.medium),
        "stale": (signs.running, palette.muted),
        "partly": (signs.failed, palette.medium),
        "waiting": (signs.running, palette.muted),
        "failed": (signs.failed, palette.high),
        "skipped": (signs.skipped, palette.muted),
    }[standing.kind]


def _counted(pane: Pane, state: State) -> bool:
    """Return whether there is a count to show: 0 is said only by a tool that looked."""
    if state.rows_in(pane.id):
        return True
    return any(state.snapshot.report(checker) for checker in state.checkers(pane.id))

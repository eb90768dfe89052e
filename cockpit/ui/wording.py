"""What a pane says of its own list: what is shown and how, and why nothing is; it draws nothing."""

from collections.abc import Iterator

from rich.text import Text

from cockpit.model import SEVERITIES
from cockpit.panes import Pane
from cockpit.plain import plain
from cockpit.ui import captions
from cockpit.ui.state import Standing, State
from cockpit.ui.style import Look
from cockpit.ui.view import View


def shown(pane: Pane, state: State, view: View, count: int) -> Iterator[str]:
    """Yield what the list shows, `count` findings of all there are, and how, in words."""
    if view.dismissed:
        yield "the dismissed"
    if view.words:
        yield f"filter: {plain(view.words)}"
    every = state.dismissed_in if view.dismissed else state.rows_in
    if count != every(pane.id):
        yield f"{count:,} shown"
    if view.least != SEVERITIES[-1]:
        yield "only high" if view.least == SEVERITIES[0] else f"{view.least} and worse"
    if view.group:
        yield f"by {view.group}"
    if view.sort != "worst":
        yield f"sorted by {view.sort}"
    if state.within:
        yield f"in {plain(state.within)}"
    if not view.words:  # it has no news, and is the first to go where there is no room
        yield "filter: none"


def nothing(pane: Pane, state: State, view: View, gone: int) -> str:
    """Return why the list is empty and what shows more; nothing while its tools have no answer.

    `gone` are the dismissed that the view would show.
    """
    if state.standing(pane.id).kind not in ("fresh", "partly"):
        return ""
    if gone and not view.dismissed:
        return f"{_wanted(state, view)} left, {gone:,} dismissed; d shows them."
    if state.only_new and not view.dismissed and not state.new_in(pane.id):
        if not state.snapshot.base.ready:
            return f"What is new {plain(state.since)} is not known yet; b shows all."
        return f"Nothing is new {plain(state.since)}; b shows all."
    if view.words or view.least != SEVERITIES[-1]:
        way = "esc clears it" if view.words else "s shows the lesser ones"
        return f"Nothing passes the filter; {way}."
    return "Nothing is dismissed here; d shows the rest." if view.dismissed else "Nothing found."


def _wanted(state: State, view: View) -> str:
    """Return what the list is without, as the beginning of a sentence."""
    if view.words or view.least != SEVERITIES[-1]:
        return "Nothing that passes the filter is"
    return f"Nothing new {plain(state.since)} is" if state.only_new else "Nothing"


def why_not(standing: Standing, look: Look) -> Text:
    """Return why a tool gave no answer, and what to do next."""
    sign, style = captions.standing_sign(standing, look)
    return Text.assemble(
        (f"{sign} ", style),
        (f"{plain(standing.reason).rstrip('.')}. ", look.palette.text),
        (plain(standing.hint), look.palette.muted),
    )

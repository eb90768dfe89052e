"""What a pane says of its own list: what is shown and how, and why nothing is; it draws nothing."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from cockpit.model import SEVERITIES
from cockpit.panes import Pane
from cockpit.plain import plain
from cockpit.ui import captions
from cockpit.ui.context import Context
from cockpit.ui.draw import middle
from cockpit.ui.state import Standing, State
from cockpit.ui.style import Look
from cockpit.ui.view import View

#: The fewest cells in which a filter's words say something.
_WORDS = 12


def title(  # noqa: PLR0913, PLR0917 -- all that a title is made of
    pane: Pane, context: Context, view: View, count: int, room: int, hidden: int = 0
) -> Text:
    """Return the pane's title and what its list of `count` findings shows, in `room` cells.

    `hidden` were seen running, and are left out for that.

    The sparkline gives way first, then the filter's words, which stand under the list as well.
    """
    state, look = context.state, context.look
    words, dot = plain(view.words), f" {look.signs.dot} "

    def told(words: str | None) -> str:
        left_out = [f"{hidden:,} seen running hidden"] if hidden else []
        return dot.join([*left_out, *_shown(pane, state, view, count, words)])

    head, said = captions.title(pane, state, look, sparks=True), told(words)
    if head.cell_len + 2 + cell_len(said) > room:
        head = captions.title(pane, state, look)
    over = head.cell_len + 2 + cell_len(said) - room
    if over > 0:
        left = cell_len(words) - over
        said = told(middle(words, left, look.signs.more) if left >= _WORDS else None)
    return head.append(f"  {said}" if said else "", look.palette.muted)


def _shown(pane: Pane, state: State, view: View, count: int, words: str | None) -> Iterator[str]:
    """Yield what the list shows and how; `words` are the filter's, None where they have no room."""
    if view.dismissed:
        yield "the dismissed"
    if words:
        yield f"filter: {words}"
    every = state.dismissed_in if view.dismissed else state.rows_in
    if count != every(pane.id):
        yield f"{count:,} shown"
    if view.least != SEVERITIES[-1]:
        yield "only high" if view.least == SEVERITIES[0] else f"{view.least} and worse"
    if view.group:
        yield f"by {view.group}"
    if view.sort == "heat":
        yield from ["hottest first"] if state.warmth.heats else []
    elif view.sort != "worst":
        yield f"sorted by {view.sort}"
    if state.within:
        yield f"in {plain(state.within)}"
    if words == "":
        yield "filter: none"


def nothing(pane: Pane, state: State, view: View, gone: int, hidden: int = 0) -> str:
    """Return why the list is empty and what shows more; nothing while its tools have no answer.

    `gone` are the dismissed that the view would show, `hidden` those seen running.
    """
    if state.standing(pane.id).kind not in ("fresh", "partly"):
        return ""
    if words := _left_out(state, view, gone, hidden):
        return words
    if state.only_new and not view.dismissed and not state.new_in(pane.id):
        if not state.snapshot.base.ready:
            return f"What is new {plain(state.since)} is not known yet; b shows all."
        return f"Nothing is new {plain(state.since)}; b shows all."
    if view.words or view.least != SEVERITIES[-1]:
        way = "esc clears it" if view.words else "s shows the lesser ones"
        return f"Nothing passes the filter; {way}."
    return "Nothing is dismissed here; d shows the rest." if view.dismissed else "Nothing found."


def _left_out(state: State, view: View, gone: int, hidden: int) -> str:
    """Return which key shows what only a person's own choice leaves out."""
    if hidden and not view.words:
        return f"Nothing left, {hidden:,} seen running; v shows them."
    if gone and not view.dismissed:
        return f"{_wanted(state, view)} left, {gone:,} dismissed; d shows them."
    return ""


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

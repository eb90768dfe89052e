"""The palette: everything that can be done here, found by typing a few letters of it.

It is made from the keys that work here, so that it and the help cannot disagree.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from cockpit.ui.keymap import EVERYWHERE, keys_here

#: The ends of ids that only move a cursor, or are of no use in a list.
_MOVES = frozenset(
    [
        "down",
        "up",
        "left",
        "right",
        "first",
        "last",
        "half_down",
        "half_up",
        "page_down",
        "page_up",
        "palette",
    ]
)

#: More than any likeness of words, which Textual's own matcher counts in small numbers.
_SURE = 100.0


#: Cells for what is done, and for its keys.
_WIDTHS = (32, 14)


class _Command(NamedTuple):
    title: str
    keys: tuple[str, ...]
    place: str
    run: Callable[[], object]


class KeysProvider(Provider):
    """Offers what the keys of the screen below do."""

    def _commands(self) -> Iterator[_Command]:
        for key in keys_here(self.screen):
            place, _, name = key.id.partition(".")
            if name in _MOVES:
                continue
            words = f"open {key.words}" if place == "go" else key.words
            yield _Command(f"{words[:1].upper()}{words[1:]}", key.keys, key.place, key.run)

    def _line(self, command: _Command, title: Content) -> Content:
        """Return a line of the list: what is done, its keys, and where they work."""
        keys = " ".join(command.keys)
        return Content.assemble(
            title.pad_right(max(0, _WIDTHS[0] - title.cell_length)),
            (f"{keys:<{_WIDTHS[1]}}", "bold"),
            (command.place, "$text-muted"),
        )

    async def discover(self) -> Hits:
        """Yield everything: first what can be done anywhere, then what belongs to this place."""
        for command in sorted(self._commands(), key=lambda one: one.place != EVERYWHERE):
            line = self._line(command, Content(command.title))
            yield DiscoveryHit(line, command.run, text=command.title)

    async def search(self, query: str) -> Hits:
        """Yield what `query` may mean, also where it is the key."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = _SURE if query in command.keys else matcher.match(command.title)
            if score > 0:
                line = self._line(command, matcher.highlight(command.title))
                yield Hit(score, line, command.run, text=command.title)

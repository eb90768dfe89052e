"""What makes two findings the same offence, however the file around them moves.

An identity is rule + normalised text of the offending source, then the enclosing scope, then how
many-th of these in the file. It survives shifted lines, reformatting, reordering and a move of the
file; that its first part leaves the scope out lets `cockpit.matching` follow a function that moved.
What of a text is layout, `cockpit.layout` says.
"""

import functools
import hashlib

from cockpit.layout import settled, statements, unspaced

#: A longer text, in characters without layout, is named by the beginning of its first statement:
#: the rest is another's business.
_WHOLE, _BEGINNING = 400, 60
#: What is read of a text: far more than `_WHOLE`, whatever the layout.
_MOST = 20_000
#: Hexadecimal digits of the two parts of a base.
_ESSENCE, _SCOPE = 12, 8


def base(rule: str, symbol: str, text: str) -> str:
    """Return the 20 hexadecimal digits that name the offence but for its ordinal."""
    return _digest(f"{rule}\0{_called(text)}", _ESSENCE) + _digest(symbol, _SCOPE)


@functools.lru_cache(maxsize=1024)  # several rules say something of one text, one after the other
def _called(text: str) -> str:
    """Return what names a text: all of it without layout, or how it begins."""
    text = settled(text[:_MOST])
    whole = unspaced(text)
    if len(whole) <= _WHOLE:
        return whole
    first = next(statements(text), None)
    return unspaced(first.text)[:_BEGINNING] if first else whole[:_BEGINNING]


def essence(identity: str) -> str:
    """Return the part of `identity` that names rule and text, wherever they stand."""
    return identity[:_ESSENCE]


def _digest(words: str, digits: int) -> str:
    encoded = words.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(encoded, digest_size=digits // 2).hexdigest()


class Ordinals:
    """Hands out identities within one file: the first of a base is bare, later ones numbered."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen: dict[str, int] = {}

    def identity(self, base: str) -> str:
        """Return `base`, or `base.2`, `base.3` … for the later offences that share it."""
        count = self._seen[base] = self._seen.get(base, 0) + 1
        return base if count == 1 else f"{base}.{count}"

"""What makes two findings the same offence, however the file around them moves.

An identity is rule + enclosing scope + normalised text of the offending source + how many-th of
these in the file. It survives shifted lines, reformatting, reordering and a move of the file.
"""

import hashlib
import re

_LAYOUT = re.compile(r"[\s\\]+|,(?=\s*[)\]}])")


def normalise(text: str) -> str:
    """Strip from source `text` what a formatter changes: white space, quotes, trailing commas."""
    return _LAYOUT.sub("", text.replace("'", '"'))


def base(rule: str, symbol: str, text: str) -> str:
    """Return the 16 hexadecimal digits that name the offence but for its ordinal."""
    words = "\0".join((rule, symbol, normalise(text)))
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Ordinals:
    """Hands out identities within one file: the first of a base is bare, later ones numbered."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen: dict[str, int] = {}

    def identity(self, base: str) -> str:
        """Return `base`, or `base.2`, `base.3` … for the later offences that share it."""
        count = self._seen[base] = self._seen.get(base, 0) + 1
        return base if count == 1 else f"{base}.{count}"

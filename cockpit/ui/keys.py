"""What keys are called where a person reads it; the first paint needs this, and no more of keys."""

import unicodedata

from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS

_SHOWN = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
_SHORT = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "delete": "del"}


def key_name(key: str, arrows: bool = False) -> str:
    """Return a key as a person writes it: ctrl+f, ?, esc; `arrows` as signs."""
    *modifiers, last = key.split("+")
    return "+".join((*modifiers, _base_name(last, arrows)))


def _base_name(key: str, arrows: bool) -> str:
    if arrows and key in _SHOWN:
        return _SHOWN[key]
    if key in _SHORT or len(key) == 1 or key in ("space", "up", "down", "left", "right"):
        return _SHORT.get(key, key)
    name = REPLACED_KEYS.get(key, key)
    try:
        sign = unicodedata.lookup(KEY_TO_UNICODE_NAME.get(name, name.replace("_", " ").upper()))
    except KeyError:
        return key
    return sign if sign.isprintable() else key

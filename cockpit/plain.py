"""Text from outside made safe to show: what is not printable is spelled out, never sent."""

import re
from collections.abc import Iterator

# C0 and C1 controls, DEL, lone surrogates (bytes that are not UTF-8), line separators, and the
# characters that reorder text or hide in it (Trojan Source: bidirectional controls, zero width,
# fillers that pass for letters, variation selectors, tags).
_UNSAFE = re.compile(
    # A symbol's selector only chooses between its two pictures, which terminals measure apart.
    "(?P<picture>(?<=[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
    "|\ufe0f(?=\u20e3))|"
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _spell(match: re.Match[str]) -> str:
    character = match.group()
    if match["picture"]:
        return ""
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that `os.fsdecode` could not read
        return f"\\x{code - 0xDC00:02x}"
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def plain(text: str) -> str:
    """Return `text` on one line, with every control character spelled as its escape."""
    if text.isascii() and text.isprintable():  # nearly always, and ten times as fast
        return text
    return _UNSAFE.sub(_spell, text)


def stretches(text: str) -> Iterator[tuple[str, bool]]:
    """Yield `text` in parts as `plain` shows them, each with whether it spells a character."""
    if text.isascii() and text.isprintable():
        yield text, False
        return
    at = 0
    for match in _UNSAFE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], False
        at = match.end()
        if spelled := _spell(match):
            yield spelled, True
    if at < len(text):
        yield text[at:], False


def plain_lines(text: str) -> str:
    """Return `text` with its line breaks and tabs kept and every other control spelled out."""
    lines = (plain(line.expandtabs(4)) for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(lines)

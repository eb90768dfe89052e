"""Text from outside made safe to show: what is not printable is spelled out, never sent."""

import re

# C0 and C1 controls, DEL, lone surrogates (bytes that are not UTF-8), line separators, and the
# characters that reorder text or hide in it (Trojan Source: bidirectional controls, zero width).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _spell(match: re.Match[str]) -> str:
    character = match.group()
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that `os.fsdecode` could not read
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def plain(text: str) -> str:
    """Return `text` on one line, with every control character spelled as its escape."""
    if text.isascii() and text.isprintable():  # nearly always, and ten times as fast
        return text
    return _UNSAFE.sub(_spell, text)


def plain_lines(text: str) -> str:
    """Return `text` with its line breaks and tabs kept and every other control spelled out."""
    lines = (plain(line.expandtabs(4)) for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(lines)

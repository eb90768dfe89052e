"""The project's baseline file: the findings that are known, one a line, for people and git alike.

A line holds nothing that differs between machines or runs, so two branches' files merge as the
union of their lines: repeated and unsorted ones are read as well. Which findings are written, and
what is made of them, is not decided here.
"""

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.follow import key_of
from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.scan import read_regular

#: The file's name, in the project's root.
NAME = "cockpit-baseline.txt"
_VERSION = 1
_HEADER = f"""\
# cockpit baseline, version {_VERSION}: the findings that were there when it was written.
# One a line: path, tool, rule, identity, where and what. In .gitattributes: {NAME} merge=union
"""
_FIRST = re.compile(r"# cockpit baseline, version (\d+)\b")
_ESCAPE = re.compile(r"\\(x[89a-f][0-9a-f]|u[0-9a-f]{4}|U000[0-9a-f]{5}|.?)", re.DOTALL)
_NAMED = {"\\": "\\", " ": "s", "\n": "n", "\t": "t", "\r": "r", "": "e"}
_MEANT = {letter: character for character, letter in _NAMED.items()}
#: What a tool's words say of the moment: another line, the address of an object.
_PASSING = re.compile(r"\b(lines? )\d+|\b(0x)[0-9a-f]{6,}")
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One known finding: its place and identity, and what a person needs to recognise it."""

    path: str
    checker: str
    rule: str
    identity: str
    symbol: str = ""
    message: str = ""


def entry_of(finding: Finding) -> Entry:
    """Return the entry for `finding`; its words without what they say of the moment."""
    return Entry(
        path=finding.path,
        checker=finding.checker,
        rule=finding.rule,
        identity=finding.identity,
        symbol=finding.symbol,
        message=_PASSING.sub(r"\1\2…", finding.message),
    )


# --- Lines ---


def render(entries: Iterable[Entry]) -> str:
    """Return the file's text for `entries`: sorted, each finding once."""
    return _HEADER + "".join(f"{_line(entry)}\n" for entry in _sorted(entries))


def parse(text: str) -> tuple[Entry, ...]:
    """Return the entries of the file's `text`, sorted, each finding once.

    Raises `CockpitError` that names the line for anything that `render` would not write.
    """
    first, *lines = text.split("\n")
    _check_first(first)
    entries = []
    for number, line in enumerate(lines, 2):
        content = line.rstrip("\r ")
        if content and not content.startswith("#"):
            entries.append(_entry(content, number))
    return _sorted(entries)


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sort `entries`; of those of one finding, whose words may differ, one stays."""
    ordered = sorted(entries, key=msgspec.structs.astuple, reverse=True)
    return tuple({key_of(entry): entry for entry in ordered}.values())[::-1]


def _check_first(line: str) -> None:
    header = _FIRST.match(line)
    if not header:
        raise _wrong(1, f"it does not begin with `{_HEADER.splitlines()[0][:29]}`")
    if int(header[1]) > _VERSION:
        raise CockpitError(
            f"{NAME} is of version {header[1]}, and this cockpit reads version {_VERSION}",
            "Install a later cockpit.",
        )


def _line(entry: Entry) -> str:
    fields = (entry.path, entry.checker, entry.rule, entry.identity)
    message = _escaped(entry.message.strip(" ")) if entry.message.strip(" ") else "\\e"
    if entry.symbol:
        message = f"in {_field(entry.symbol)}: {message}"
    elif message.startswith("in "):
        message = f"\\u0069{message[1:]}"
    return "  ".join((*map(_field, fields), message))


def _entry(line: str, number: int) -> Entry:
    if line.startswith(_CONFLICT):
        raise CockpitError(
            f"{NAME}, line {number}: a merge left a conflict here",
            "Delete the conflict's marks and keep the lines of both sides.",
        )
    fields = line.split("  ", 4)
    if len(fields) < 5 or "" in fields:
        raise _wrong(number, "five fields belong there, with two blanks between them")
    *places, words = fields
    path, checker, rule, identity = (_meant(field, number) for field in places)
    if path.startswith("/") or ".." in path.split("/"):
        raise _wrong(number, f"{plain(path)} lies outside the project")
    symbol = ""
    if words.startswith("in "):
        symbol, separator, words = words[3:].partition(": ")
        if not separator or not words:
            raise _wrong(number, "`in` takes a name, a colon, and what was said")
    return Entry(path, checker, rule, identity, _meant(symbol, number), _meant(words, number))


def _wrong(number: int, what: str) -> CockpitError:
    return CockpitError(
        f"{NAME}, line {number}: {what}",
        "Mend or delete that line; or delete the file, and `cockpit baseline write` makes it anew.",
    )


def _field(text: str) -> str:
    """Return `text` as one field: without blanks, and not to be taken for a comment or a mark."""
    if not text:
        return "\\e"
    escaped = _escaped(text).replace(" ", "\\s")
    first = escaped[0]
    return f"\\u{ord(first):04x}{escaped[1:]}" if first in "#<=>|" else escaped


def _escaped(text: str) -> str:
    """Return `text` with every character spelled that would not survive, or hides in a text."""
    if text.isascii() and text.isprintable() and "\\" not in text:  # nearly always
        return text
    return "".join(map(_spelled, text))


def _spelled(character: str) -> str:
    if character in "\\\n\t\r":
        return f"\\{_NAMED[character]}"
    if character == " " or (not character.isspace() and plain(character) == character):
        return character
    code = ord(character)
    # 0xDC80 and so on stand for bytes that are not UTF-8: see `os.fsdecode`.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _meant(field: str, number: int) -> str:
    """Undo `_escaped`."""

    def character(match: re.Match[str]) -> str:
        name = match[1]
        if name in _MEANT:
            return _MEANT[name]
        if len(name) < 3:
            raise _wrong(number, f"{plain(match[0])} means nothing")
        return chr(int(name[1:], 16) + (0xDC00 if name[0] == "x" else 0))

    return _ESCAPE.sub(character, field) if "\\" in field else field


# --- The file ---


def place(root: Path) -> Path:
    """Return where the baseline of the project at `root` lies, whether there is one or not."""
    return root / NAME


def read(root: Path) -> tuple[Entry, ...]:
    """Return the baseline of the project at `root`; see `parse`.

    Raises `CockpitError` where there is none, or it cannot be read.
    """
    shown = plain(str(place(root)))
    try:
        content = read_regular(str(place(root)))
    except FileNotFoundError as error:
        raise CockpitError(
            f"there is no {shown}", "`cockpit baseline write` makes one of what is found now."
        ) from error
    except OSError as error:
        raise CockpitError(
            f"{shown} cannot be read: {error.strerror}", "Mend it, or delete it."
        ) from error
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _wrong(content.count(b"\n", 0, error.start) + 1, "it is not UTF-8") from error


def write(root: Path, entries: Iterable[Entry]) -> None:
    """Have the baseline of the project at `root` hold `entries`, at one blow.

    Raises `CockpitError` where that cannot be, and for a link that leaves the project.
    """
    target = place(root).resolve()
    if not target.is_relative_to(root.resolve()):
        raise CockpitError(
            f"{NAME} is a link that leaves the project",
            "Delete the link, then write the baseline again.",
        )
    try:
        _replace(target, render(entries).encode())
    except OSError as error:
        raise CockpitError(
            f"{plain(str(target))} cannot be written: {error.strerror}",
            "Nothing was changed; make room, or see that you may write there.",
        ) from error


def _replace(target: Path, content: bytes) -> None:
    """Have `target` hold `content`, whatever happens on the way, and keep its mode."""
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            if target.exists():
                os.fchmod(handle, target.stat().st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(handle)
        fresh.replace(target)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise

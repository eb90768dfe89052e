"""What a reading is told in: lines of JSON, from the child that reads, and in the cache.

Records come in pieces, so that no line is long; `Assembly` puts them together and trusts nothing.
"""

import sys
from typing import Final

import msgspec

from cockpit.memory.model import Kind, Node, Part, Place, Records, Row, Stats, Summary

#: Rows and nodes that stand together in a line at most: about two milliseconds to read.
ROWS, NODES = 1_000, 4_000
#: What the lines and the cache are made of; another number is another language.
FORMAT = 1

Value = Summary | Stats | Records


class Order(msgspec.Struct, frozen=True):
    """What the child is asked for: parts of a capture, and whether the hash of the file.

    `memory` is how much it may take, in bytes; 0 for no limit. `scratch` is a folder for a copy;
    "" for none.
    """

    path: str
    parts: list[Part]
    hashed: bool = False
    memory: int = 0
    scratch: str = ""


class Step(msgspec.Struct, frozen=True, tag="step"):
    """How far the child is: the share (0..1) of all that it was asked for."""

    part: Part
    share: float


class Digest(msgspec.Struct, frozen=True, tag="digest"):
    """The hash of the capture's content, in hexadecimal."""

    digest: str


class Whole(msgspec.Struct, frozen=True, tag="summary"):
    """The summary."""

    summary: Summary


class Numbers(msgspec.Struct, frozen=True, tag="stats"):
    """The part "stats"."""

    stats: Stats


class Piece(msgspec.Struct, frozen=True, tag="piece"):
    """More of the records of one kind; its places and nodes are known to no line before."""

    places: list[Place]
    nodes: list[Node]
    rows: list[Row]


class Last(msgspec.Struct, frozen=True, tag="last"):
    """The end of the records of one kind: how many rows there were."""

    kind: Kind
    rows: int


class Trouble(msgspec.Struct, frozen=True, tag="trouble"):
    """Why a part cannot be had; or all, where it is the summary."""

    part: Part
    message: str
    hint: str = ""


Message = Step | Digest | Whole | Numbers | Piece | Last | Trouble

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Message)


class Senseless(Exception):  # noqa: N818 -- the end of a sentence
    """A line is none of ours."""


def encoded(message: Message) -> bytes:
    """Return a line, with its end."""
    return _ENCODER.encode(message) + b"\n"


def decoded(line: bytes) -> Message:
    """Return what a line says. Raises `Senseless`."""
    try:
        message: Message = _DECODER.decode(line)
        return message
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Senseless("it is none of our lines") from error


def part_of(value: Value) -> Part:
    """Return which part a value is."""
    if isinstance(value, Records):
        return value.kind
    return "stats" if isinstance(value, Stats) else "summary"


class Assembly:
    """Puts parts together."""

    def __init__(self) -> None:
        """Have nothing yet."""
        self._reset()

    def _reset(self) -> None:
        self._places: list[Place] = []
        self._nodes: list[Node] = []
        self._rows: list[Row] = []

    def take(self, message: Message) -> Value | None:
        """Return the part that `message` completes, if it does. Raises `Senseless`."""
        if isinstance(message, Whole):
            return message.summary
        if isinstance(message, Numbers):
            return message.stats
        if isinstance(message, Piece):
            self._add(message)
        if isinstance(message, Last):
            if message.rows != len(self._rows):
                raise Senseless("rows are missing")
            records = Records(message.kind, self._places, self._nodes, self._rows)
            self._reset()
            return records
        return None

    def _add(self, piece: Piece) -> None:
        """Take in a piece in which everything that is named by its place is there."""
        self._places.extend(piece.places)
        places = len(self._places)
        for at, node in enumerate(piece.nodes, len(self._nodes)):
            if not (-1 <= node.parent < at and 0 <= node.place < places):
                raise Senseless("a stack leads nowhere")
        self._nodes.extend(piece.nodes)
        nodes = len(self._nodes)
        for row in piece.rows:
            if not -1 <= row.node < nodes:
                raise Senseless("a row has no stack")
            # Of names there are few, and of rows many.
            names = sys.intern(row.allocator), sys.intern(row.thread_name)
            known = Row(names[0], row.allocations, row.size, row.thread, names[1], row.node)
            self._rows.append(known)

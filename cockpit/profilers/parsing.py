"""JSON of strangers taken for what it says: bounded in depth, in number and in every figure."""

import json
from typing import Annotated, NoReturn, TypeVar

import msgspec

from cockpit.profilers.files import Unreadable
from cockpit.profilers.profile import Counts

T = TypeVar("T")
#: Lists and objects, and values, that are taken in: some 1.5 GB at the very most. py-spy writes
#: every sample for itself: ten threads at 100 Hz come to so much in an hour.
_LISTS, _VALUES = 8_000_000, 32_000_000
#: Stacks, and frames of stacks, that one profile may have.
STACKS, FRAMES = 1_000_000, 32_000_000

#: A number of samples: a hundred thousand years of them are none.
Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
#: A place in a table.
Index = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
#: The number of a process.
Pid = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
#: Samples a second.
Rate = Annotated[int, msgspec.Meta(ge=1, le=10**6)]
#: Seconds, or seconds since the epoch: to the year 9999.
Seconds = Annotated[float, msgspec.Meta(ge=0, le=253_402_300_799)]
#: The number of a line.
Line = Annotated[int, msgspec.Meta(ge=0, le=2**32)]


class Seen(msgspec.Struct, frozen=True):
    """`Counts` as a file has them: all of them, and within bounds."""

    samples: Count
    errors: Count
    torn: Count
    late: Count
    seconds: Seconds

    @property
    def meant(self) -> Counts:
        """The same in our words."""
        return Counts(*msgspec.structs.astuple(self))


def document(content: bytes) -> object:
    """Return what a JSON text says; raise `Unreadable` for one that is none, or is too much."""
    if content.count(b"[") + content.count(b"{") > _LISTS or content.count(b",") > _VALUES:
        raise Unreadable("it holds more than a profile can")
    try:
        # Not msgspec's: names may hold lone surrogates, which stand for bytes that are not UTF-8.
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"it is not JSON, or was cut off: {where}") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except MemoryError as error:
        raise Unreadable("there is not enough memory for it") from error
    except ValueError as error:  # a number of thousands of digits
        raise Unreadable("a number in it is none") from error


def converted(value: object, kind: type[T]) -> T:
    """Return a JSON value as a `kind`; raise `Unreadable` that says what does not fit."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, UnicodeError, OverflowError, RecursionError) as error:
        raise Unreadable(f"something in it is not as it should be: {error}") from error


def check_size(stacks: int, frames: int) -> None:
    """Raise `Unreadable` where a profile has more than can be taken in."""
    if stacks > STACKS or frames > FRAMES:
        raise Unreadable(f"it holds more than {STACKS:,} stacks, or {FRAMES:,} frames of them")


def _no_number(name: str) -> NoReturn:
    raise Unreadable(f"{name} in it is not a number")

"""A table that a file names things by: each once, by its place."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Table(Generic[T]):
    """Values by their place, each once, in the order in which they came."""

    def __init__(self) -> None:
        """Start empty."""
        self._places: dict[T, int] = {}

    def place(self, value: T) -> int:
        """Return the place of a value, which takes one if it has none yet."""
        return self._places.setdefault(value, len(self._places))

    def __iter__(self) -> Iterator[T]:
        """Yield the values in the order of their places."""
        return iter(self._places)

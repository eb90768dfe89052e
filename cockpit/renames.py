"""Which names were changed all over: a definition that stayed but for its name, or a file that did.

Texts come in, names go out; which findings that concerns is `cockpit.matching`'s business.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from cockpit.syntax import Side, is_phrase, similar

#: A line that gives a name its meaning: a function, a class, an attribute, a constant or the like.
_DEFINITION = re.compile(
    r"\s*(?:(?:async\s+)?def|class)\s+(?P<scope>[^\W\d]\w*)"
    r"|\s*(?:(?:self|cls)\.)?(?P<value>[^\W\d]\w*)\s*(?::[^=]+)?=(?!=)"
)

#: A name that was and the one that it has now.
Renaming = tuple[str, str]
#: What a file was and what it is.
Sides = tuple[Side, Side]


class _Definition(NamedTuple):
    """What a line defines: its name, and whether that is a function or class."""

    name: str
    line: int
    is_scope: bool


def renamed(edited: Iterable[Sides], moves: Mapping[str, str]) -> frozenset[Renaming]:
    """Return the names that were changed in `edited` files and by `moves` of files, by path.

    The old one is in none of the files any more, the new one was in none.
    """
    sides = list(edited)
    found = set(_of_paths(moves))
    for was, now in sides:
        found.update(_of_definitions(was, now))
    return frozenset(
        (old, new)
        for old, new in _unambiguous(found)
        if not any(_mentions(now, old) or _mentions(was, new) for was, now in sides)
    )


def _of_paths(moves: Mapping[str, str]) -> Iterator[Renaming]:
    """Yield the modules and packages that got another name where they are."""
    for old, new in moves.items():
        parts = [PurePosixPath(path).with_suffix("").parts for path in (old, new)]
        if len(parts[0]) == len(parts[1]):
            yield from (pair for pair in zip(*parts, strict=True) if pair[0] != pair[1])


def folders_moved(gone: Iterable[str], came: Iterable[str]) -> dict[str, str]:
    """Return where files went that are gone, if all that is other now is the name of one folder."""
    shapes: dict[Sequence[str], list[str]] = defaultdict(list)
    for path in came:
        for shape in _shapes(path):
            shapes[shape].append(path)
    candidates = {path: [new for shape in _shapes(path) for new in shapes[shape]] for path in gone}
    return {path: new[0] for path, new in candidates.items() if len(new) == 1}


def _shapes(path: str) -> Iterator[Sequence[str]]:
    """Yield the parts of a path, each time without the name of another folder."""
    parts = path.split("/")
    yield from ((*parts[:at], "", *parts[at + 1 :]) for at in range(len(parts) - 1))


def _of_definitions(was: Side, now: Side) -> Iterator[Renaming]:
    """Yield the definitions of one file that are the same but for the name."""
    gone, came = set(was.lines), set(now.lines)
    here, there = _definitions(was, gone - came), _definitions(now, came - gone)
    for shape in here.keys() & there.keys():
        if len(here[shape]) == len(there[shape]) == 1:
            old, new = here[shape][0], there[shape][0]
            if not old.is_scope or _same_body(was, old, now, new):
                yield old.name, new.name


def _definitions(side: Side, lines: set[str]) -> dict[str, list[_Definition]]:
    """Return what is defined in `lines`, by the line without the name."""
    found: dict[str, list[_Definition]] = defaultdict(list)
    for number, line in enumerate(side.lines, 1):
        match = _DEFINITION.match(line) if line in lines else None
        if match:
            name = match["scope"] or match["value"]
            shape = re.sub(rf"\b{name}\b", "\0", line)
            found[shape].append(_Definition(name, number, bool(match["scope"])))
    return found


def _same_body(was: Side, old: _Definition, now: Side, new: _Definition) -> bool:
    here, there = was.shingles_of(_symbol(was, old)), now.shingles_of(_symbol(now, new))
    return here == there or (similar(here, there) and not is_phrase(here, there))


def _symbol(side: Side, definition: _Definition) -> str:
    """Return the qualified name of a function or class that is defined in a line."""
    around = (
        (first, symbol)
        for symbol, (first, last) in side.scopes.items()
        if first <= definition.line <= last and symbol.rpartition(".")[2] == definition.name
    )
    return max(around, default=(0, ""))[1]


def _unambiguous(found: Iterable[Renaming]) -> Iterator[Renaming]:
    """Yield those of which neither name is in another."""
    pairs: Sequence[Renaming] = list(found)
    olds, news = [old for old, _ in pairs], [new for _, new in pairs]
    yield from ((old, new) for old, new in pairs if olds.count(old) == news.count(new) == 1)


def _mentions(side: Side, name: str) -> bool:
    if not any(name in line for line in side.lines):  # far cheaper than all the names of a text
        return False
    return name in side.names.plain or name in side.names.attributes

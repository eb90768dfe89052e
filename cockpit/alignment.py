"""Which line of a text became which, and which of several equal offences stand where they stood.

Pure: lines and line numbers come in, all counted from 1, and nothing is known of findings.
"""

import difflib
import functools
from collections.abc import Mapping, Sequence

from cockpit.layout import Statement, normalise

#: From where to where the lines around an offence tell which of several equal ones it is.
_ABOVE, _BELOW = 3, 12
#: How far lines may have come apart that are still around the same offence.
_SLACK = 7
#: What the offence's own line counts: more than all the lines around it.
_OWN_LINE = 6.0


def line_map(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Return which line became which, from 1, where the two are the same but for their indent."""
    old = [line.strip() for line in before]
    new = [line.strip() for line in after]
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    found = {line: line for line in range(1, head + 1)}
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if all(middle):
        matcher = difflib.SequenceMatcher(None, *middle, autojunk=len(middle[0]) > 2_000)
        for start, other, size in matcher.get_matching_blocks():
            found.update((head + start + n + 1, head + other + n + 1) for n in range(size))
    found.update((len(old) - n, len(new) - n) for n in range(tail))
    return found


def place_map(before: Sequence[Statement], after: Sequence[Statement]) -> dict[int, int]:
    """Return which line became which where a whole statement stayed, be it laid out otherwise."""
    stayed = line_map(
        [normalise(one.text) for one in before], [normalise(one.text) for one in after]
    )
    found: dict[int, int] = {}
    for old, new in stayed.items():
        one, other = before[old - 1], after[new - 1]
        both = zip(range(one.first, one.last + 1), range(other.first, other.last + 1), strict=False)
        for line, now in both:
            found.setdefault(line, now)
    return found


def survivors(before: Sequence[int], after: Sequence[int], lines: Mapping[int, int]) -> list[int]:
    """Return for each line of `before` which of `after` it is, by position, in their order.

    Both are sorted, and `after` is not the shorter; `lines` says which line became which. Of
    places that have nothing of what was around it, an offence keeps the first.
    """
    scores = [[_kinship(old, new, lines) for new in after] for old in before]

    @functools.cache
    def best(old: int, new: int) -> tuple[float, tuple[int, ...]]:
        if old == len(before):
            return 0.0, ()
        score, rest = best(old + 1, new + 1)
        taken = score + scores[old][new], (new, *rest)
        if len(after) - new == len(before) - old:
            return taken
        return max(taken, best(old, new + 1), key=lambda choice: choice[0])

    return list(best(0, 0)[1])


def _kinship(old: int, new: int, lines: Mapping[int, int]) -> float:
    """Return how much of what stood around the line `old` stands around `new`, the near first."""
    score = _OWN_LINE if lines.get(old) == new else 0.0
    for distance in range(-_ABOVE, _BELOW + 1):
        now = lines.get(old + distance)
        apart = abs(now - new - distance) if now is not None else _SLACK
        if distance and apart < _SLACK:
            weight = 1.0 if distance > 0 else 0.5  # a body tells more than what happens to precede
            score += weight / (abs(distance) + apart)
    return score

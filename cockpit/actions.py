"""What a person can do about findings, as values and as the lines that keep them.

Pure: from lines to what they come to, and back. Where the lines lie is not known here.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cockpit.follow import Key, key_of
from cockpit.private import Damaged, Unusable

#: So many of the newest actions can be undone once a journal was made shorter ...
KEPT = 200
#: ... unless they hold more findings than this together; the newest one always can.
_KEPT_FINDINGS = 20_000
_VERSION = 1


class Dismissal(msgspec.Struct, frozen=True, gc=False):
    """A finding that a person has judged: the finding as it was then, why, and when (UTC, ISO)."""

    path: str
    checker: str
    rule: str
    identity: str
    symbol: str
    message: str
    reason: str
    when: str


class Head(msgspec.Struct, frozen=True, tag_field="type", tag="journal"):
    """The first line: the format's version, and the project whose journal it is."""

    root: str
    version: int = _VERSION


class State(msgspec.Struct, frozen=True, tag_field="type", tag="state"):
    """What was dismissed before the first action that is kept."""

    dismissed: tuple[Dismissal, ...]


class Triage(msgspec.Struct, frozen=True, tag_field="type", tag="triage"):
    """An action: `removed` went and `added` came; undone it goes the other way.

    Every kind of action has a `number`, also those that a later cockpit brings: one that does not
    know a kind passes over it, and undoes the last action that it does know.
    """

    number: int
    when: str
    added: tuple[Dismissal, ...] = ()
    removed: tuple[Dismissal, ...] = ()

    @property
    def words(self) -> str:
        """What was done: "dismissal of F401 in app/x.py"."""
        if self.added:
            return f"dismissal of {_named(self.added)}"
        return f"return of {_named(self.removed)}"


class Undo(msgspec.Struct, frozen=True, tag_field="type", tag="undo"):
    """Action number `of` no longer holds."""

    of: int
    when: str


class Redo(msgspec.Struct, frozen=True, tag_field="type", tag="redo"):
    """Action number `of`, once undone, holds again."""

    of: int
    when: str


Line = Head | State | Triage | Undo | Redo
_TAGS = ("journal", "state", "triage", "undo", "redo")


def encoded(line: Line) -> bytes:
    """Return `line` as JSON; in ASCII, for a path need not be UTF-8."""
    return json.dumps(msgspec.to_builtins(line), separators=(",", ":")).encode("ascii")


def decoded(line: bytes) -> Line | Mapping[str, Any]:
    """Return what `line` holds, a mapping where only a later cockpit knows its kind.

    Raises `Damaged` for what no cockpit wrote.
    """
    try:
        content = json.loads(line)
        if isinstance(content, dict) and str(content.get("type", _TAGS[0])) not in _TAGS:
            return content
        known: Line = msgspec.convert(content, Line)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise Damaged from error
    return known


class Replay:
    """What the lines of a journal come to: the dismissals, and what can be undone and redone.

    `dismissed` is replaced and never changed. `begun` is whether there was a line at all, `foreign`
    whether there are lines of a kind that only a later cockpit knows.
    """

    def __init__(self) -> None:
        """Start before the first line."""
        self.dismissed: Mapping[Key, Dismissal] = {}
        self.done: list[Triage] = []
        self.undone: list[Triage] = []
        self.begun = False
        self.foreign = False
        self.number = 0

    def take(self, line: Line | Mapping[str, Any]) -> None:
        """Take in one more line."""
        self.begun = True
        if isinstance(line, State):
            self.dismissed = {key_of(one): one for one in line.dismissed}
        elif isinstance(line, Triage):
            self._begin(line.number)
            self._do(line)
        elif isinstance(line, Undo):
            self._undo(line.of)
        elif isinstance(line, Redo):
            action = _taken(self.undone, line.of)
            if action is not None:
                self._do(action)
        elif isinstance(line, Mapping):
            self.foreign = True
            if isinstance(line.get("number"), int):
                self._begin(line["number"])

    def _begin(self, number: int) -> None:
        """Something new is done: what was undone before cannot come back any more."""
        self.undone.clear()
        self.number = max(self.number, number)

    def _do(self, action: Triage) -> None:
        self.dismissed = _swapped(self.dismissed, action.removed, action.added)
        self.done.append(action)

    def _undo(self, number: int) -> None:
        action = _taken(self.done, number)
        if action is not None:
            self.dismissed = _swapped(self.dismissed, action.added, action.removed)
            self.undone.append(action)

    def shorten(self) -> list[Line]:
        """Forget actions long past; return the fewest lines that come to what is left."""
        self.undone = self.undone[-KEPT:]
        self.done = _newest(self.done, KEPT - len(self.undone))
        before = self.dismissed
        for action in reversed(self.done):
            before = _swapped(before, action.added, action.removed)
        again = self.undone[::-1]
        undos = [Undo(action.number, action.when) for action in self.undone]
        return [State(tuple(before.values())), *self.done, *again, *undos]


def replayed(lines: Sequence[bytes], root: str) -> tuple[Replay, int]:
    """Return what the journal of `root` comes to, and how many lines are good before a bad one.

    Raises `Unusable` where the whole is in a later format.
    """
    replay = Replay()
    good = 0
    try:
        for good, line in enumerate(lines):
            content = decoded(line)
            if good == 0:
                _check_head(content, root)
            replay.take(content)
    except Damaged:
        return replay, good
    return replay, len(lines)


def _check_head(line: object, root: str) -> None:
    if not isinstance(line, Head) or line.root != root:
        raise Damaged
    if line.version > _VERSION:
        raise Unusable("a later version of cockpit wrote it")


def _taken(actions: list[Triage], number: int) -> Triage | None:
    """Take the action of this `number`, most likely the last one, out of `actions`."""
    for index in range(len(actions) - 1, -1, -1):
        if actions[index].number == number:
            return actions.pop(index)
    return None


def _swapped(
    dismissed: Mapping[Key, Dismissal], out: Iterable[Dismissal], into: Iterable[Dismissal]
) -> Mapping[Key, Dismissal]:
    swapped = dict(dismissed)
    for one in out:
        swapped.pop(key_of(one), None)
    swapped.update((key_of(one), one) for one in into)
    return swapped


def _newest(actions: list[Triage], count: int) -> list[Triage]:
    """Return the last `count` of `actions` that are not too large together, one at least."""
    kept: list[Triage] = []
    findings = 0
    for action in reversed(actions[-max(count, 1) :]):
        findings += len(action.added) + len(action.removed)
        if kept and findings > _KEPT_FINDINGS:
            break
        kept.append(action)
    return kept[::-1]


def _named(dismissals: Sequence[Dismissal]) -> str:
    first = dismissals[0]
    if len(dismissals) == 1:
        return f"{first.rule} in {first.path}"
    rules = {one.rule for one in dismissals}
    of = f" of {first.rule}" if len(rules) == 1 else ""
    return f"{len(dismissals):,} findings{of}"

"""Which findings that look new are old offences that moved: renamed, moved, edited around.

Identities have matched what they could; this looks at what is left on both sides, with the texts.
A pair is one offence only where its place says so: the same unchanged line, a function that went
from here and appeared there with its body, a name that was changed everywhere. What was mended
here and committed anew there stays new. Pure: texts come in, keys go out.
"""

import functools
import itertools
import keyword
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from cockpit.alignment import line_map, place_map, survivors
from cockpit.identity import essence
from cockpit.layout import normalise
from cockpit.model import Finding
from cockpit.moves import Texts, moved_files
from cockpit.renames import folders_moved, renamed
from cockpit.syntax import (
    Place,
    about_definition,
    is_phrase,
    is_renaming,
    same_import,
    similar,
)

#: (checker, path, identity) of a finding.
Key = tuple[str, str, str]
#: How many equal offences of one scope are told apart by what stands around them.
_MOST_EQUAL = 60


class Question(msgspec.Struct, frozen=True):
    """What identities could not tell: findings of the base that are gone, findings that are fresh.

    `old` are the findings whose identity was there before, in the files of `fresh`: of several
    equal ones in a scope, an old one may bear the number that the new one deserves. `paths` are
    all files of the base, `known` those that there are, `edited` those that may not be the same.
    """

    gone: Sequence[Finding]
    fresh: Sequence[Finding]
    old: Sequence[Finding] = ()
    before: Sequence[Finding] = ()
    paths: Collection[str] = ()
    known: Collection[str] = ()
    edited: Collection[str] = ()


class Pair(msgspec.Struct, frozen=True, gc=False):
    """The offence of the base that a finding is, and the reason to say so, in a word or two."""

    old: Finding
    reason: str


class Verdict(msgspec.Struct, frozen=True):
    """Findings that are not new after all, and findings that are although their number is old.

    Among the `excused` are those that bear the number of another which was there before.
    """

    excused: Mapping[Key, Pair] = {}
    accused: frozenset[Key] = frozenset()


def key(finding: Finding) -> Key:
    """Return what names a finding here."""
    return finding.checker, finding.path, finding.identity


def judge(question: Question, base: Texts, head: Texts) -> Verdict:
    """Return which of the `fresh` are old offences, each for one of the `gone`."""
    court = _Court(question, functools.cache(base), functools.cache(head))
    excused = court.pair()
    return court.swap(excused)


def _always(_gone: Finding, _fresh: Finding) -> bool:
    return True


class _Reason(NamedTuple):
    """Why two findings of one rule are one offence: they share something, and `holds` says yes.

    `then` and `now` return what must be shared, of a finding of the base and of now; None where
    there is nothing to share. That way few pairs are looked at of all there could be.
    """

    words: str
    then: Callable[[Finding], Hashable]
    now: Callable[[Finding], Hashable]
    holds: Callable[[Finding, Finding], bool] = _always


class _Court:
    """One question under judgement."""

    def __init__(self, question: Question, base: Texts, head: Texts) -> None:
        self._question = question
        self._base, self._head = base, head
        self._moves = moved_files(question, self._base, self._head)
        self._origins = {new: old for old, new in self._moves.items()}
        self._exchanged: dict[tuple[str, str], bool] = {}
        self._scopes: dict[tuple[tuple[str, str], tuple[str, str]], bool] = {}
        self._lines: dict[str, dict[int, int]] = {}
        self._renamed: frozenset[tuple[str, str]] = frozenset()

    def pair(self) -> dict[Key, Pair]:
        """Pair what is gone with what is fresh, the surest reason first; return it by the fresh."""
        excused: dict[Key, Pair] = {}
        gone, fresh = list(self._question.gone), list(self._question.fresh)
        self._renamed = frozenset(self._renamings(gone, fresh)) | self._renamed_all_over()
        reasons = (
            _Reason("file moved", self._name_then, self._name_now),
            _Reason("line stayed", self._line_then, self._line_now, self._in_place),
            _Reason("text stayed", _text, _text, self._same_text),
            _Reason("definition stayed", self._said_then, self._said_now, self._same_scope),
            _Reason("import stayed", self._import_then, self._import_now, self._same_import),
            _Reason("name changed", self._file_then, self._file_now, self._edited_name),
            _Reason("functions moved", _outer_text, _outer_text, self._moved_along),
        )
        for reason in reasons:
            gone, fresh = self._without_pairs(gone, fresh, reason, excused)
        return excused

    def swap(self, excused: dict[Key, Pair]) -> Verdict:
        """Among equal offences of one scope, call those new that stand where none stood."""
        accused: set[Key] = set()
        before = _grouped(self._question.before)
        old = _grouped(self._question.old)
        fresh = _grouped(one for one in self._question.fresh if key(one) not in excused)
        for kin, came in fresh.items():
            then = sorted(before.get(kin, ()), key=_line)
            now = sorted([*old.get(kin, ()), *came], key=_line)
            if not then or len(then) > len(now) or len(now) > _MOST_EQUAL:
                continue
            lines = self._mapping(came[0].path)
            kept = survivors([one.line for one in then], [one.line for one in now], lines)
            stayed = {key(now[at]): one for one, at in zip(then, kept, strict=True)}
            known = {key(one) for one in old.get(kin, ())}
            accused |= known - stayed.keys()
            swapped = {one: old for one, old in stayed.items() if key(old) != one}
            excused.update((one, Pair(old, "surroundings stayed")) for one, old in swapped.items())
        return Verdict(excused, frozenset(accused))

    def _without_pairs(
        self, gone: list[Finding], fresh: list[Finding], reason: _Reason, excused: dict[Key, Pair]
    ) -> tuple[list[Finding], list[Finding]]:
        """Pair by `reason`, each finding once, and rather within a file; return what is left."""
        candidates: dict[Hashable, list[Finding]] = {}
        for one in gone:
            share = reason.then(one)
            if share is not None:
                candidates.setdefault((one.checker, one.rule, share), []).append(one)
        left, paired = [], set[Key]()
        for finding in fresh:
            rivals = candidates.get((finding.checker, finding.rule, reason.now(finding)), [])
            near = (one for one in rivals if self._counterpart(one.path) == finding.path)
            far = (one for one in rivals if self._counterpart(one.path) != finding.path)
            every = itertools.chain(near, far)
            match = next((one for one in every if reason.holds(one, finding)), None)
            if match is None:
                left.append(finding)
            else:
                rivals.remove(match)
                paired.add(key(match))
                excused[key(finding)] = Pair(match, reason.words)
        return [one for one in gone if key(one) not in paired], left

    # --- What two findings must share to be looked at, then and now -----------------------------

    def _name_then(self, gone: Finding) -> Hashable:
        """The identity, in a file that was moved."""
        return self._counterpart(gone.path), gone.identity

    def _name_now(self, fresh: Finding) -> Hashable:
        return fresh.path, fresh.identity

    def _line_then(self, gone: Finding) -> Hashable:
        """The line that is still there, and how far in."""
        path = self._counterpart(gone.path)
        line = self._mapping(path).get(gone.line)
        return (path, line, self._inset(gone, self._base)) if line else None

    def _line_now(self, fresh: Finding) -> Hashable:
        return fresh.path, fresh.line, self._inset(fresh, self._head)

    def _said_then(self, gone: Finding) -> Hashable:
        """What is said of a function or class as such."""
        side = self._base(gone.path)
        line = side.line(gone.line) if side else ""
        return about_definition(line, gone.column, gone.symbol, gone.message)

    def _said_now(self, fresh: Finding) -> Hashable:
        side = self._head(fresh.path)
        line = side.line(fresh.line) if side else ""
        return about_definition(line, fresh.column, fresh.symbol, fresh.message)

    def _import_then(self, gone: Finding) -> Hashable:
        return self._counterpart(gone.path), gone.symbol, gone.message

    def _import_now(self, fresh: Finding) -> Hashable:
        return fresh.path, fresh.symbol, fresh.message

    def _file_then(self, gone: Finding) -> Hashable:
        return self._counterpart(gone.path)

    def _file_now(self, fresh: Finding) -> Hashable:
        return fresh.path

    # --- Reasons why two findings that share it are one offence ---------------------------------

    def _in_place(self, gone: Finding, fresh: Finding) -> bool:
        """The same place of the same line, within the same scope or what it became."""
        return self._same_scope(gone, fresh)

    def _same_text(self, gone: Finding, fresh: Finding) -> bool:
        """The same text, in the same scope under another number or in what the scope became."""
        if not self._same_scope(gone, fresh):
            return False
        here, there = self._base(gone.path), self._head(fresh.path)
        if here is None or there is None or not _is_keyword(there.line(fresh.line), fresh):
            return True
        # `assert` alone is no text: what is asserted must be the same.
        before = here.statement(gone.line, gone.column)
        return normalise(before) == normalise(there.statement(fresh.line, fresh.column))

    def _edited_name(self, gone: Finding, fresh: Finding) -> bool:
        """The same but for names that were changed all over, in the scope that it was in."""
        if not self._same_scope(gone, fresh):
            return False
        here, there = self._base(gone.path), self._head(fresh.path)
        if here is None or there is None:
            return False
        scopes = here.within(gone.symbol), there.within(fresh.symbol)
        texts = (
            (here.line(gone.line), there.line(fresh.line)),
            # However the lines are broken now.
            (
                here.statement(gone.line, gone.column),
                there.statement(fresh.line, fresh.column),
            ),
        )
        return any(
            is_renaming(
                Place(before, scopes[0], here), Place(after, scopes[1], there), self._renamed
            )
            for before, after in texts
        )

    def _same_import(self, gone: Finding, fresh: Finding) -> bool:
        """Said of the same names, imported from the same module beside others or in other order."""
        here, there = self._base(gone.path), self._head(fresh.path)
        if here is None or there is None:
            return False
        before = here.statement(gone.line, gone.column)
        return same_import(before, there.statement(fresh.line, fresh.column), gone.message)

    def _moved_along(self, gone: Finding, fresh: Finding) -> bool:
        """The same line outside of functions, where a function moved between the same files."""
        return self._functions_moved(gone.path, fresh.path)

    def _functions_moved(self, path: str, other: str) -> bool:
        """Whether a function or class of `path` went and appeared in `other`."""
        if (path, other) not in self._exchanged:
            was, now = self._base(path), self._head(other)
            pairs = itertools.product(was.scopes if was else (), now.scopes if now else ())
            self._exchanged[path, other] = any(
                self._became((path, one), (other, two))
                for one, two in pairs
                if one.rpartition(".")[2] == two.rpartition(".")[2]
            )
        return self._exchanged[path, other]

    def _same_scope(self, gone: Finding, fresh: Finding) -> bool:
        """Whether the scope of `gone` is that of `fresh`, or was renamed or moved to it."""
        if gone.symbol == fresh.symbol and self._counterpart(gone.path) == fresh.path:
            return True
        if not gone.symbol or not fresh.symbol:
            return False
        return self._became((gone.path, gone.symbol), (fresh.path, fresh.symbol))

    def _became(self, before: tuple[str, str], after: tuple[str, str]) -> bool:
        """Say of two scopes, each with its path, what `_is_become` says; every pair once."""
        known = self._scopes.get((before, after))
        if known is None:
            known = self._scopes[before, after] = self._is_become(before, after)
        return known

    def _is_become(self, before: tuple[str, str], after: tuple[str, str]) -> bool:
        """Whether a scope went from where it was, and this one appeared with its body."""
        (path, symbol), (new_path, new_symbol) = before, after
        was, now = self._base(path), self._head(new_path)
        left = self._head(self._counterpart(path))
        came = self._base(self._origin(new_path))
        if left is not None and symbol in left.scopes:
            return False  # it is still there
        if came is not None and new_symbol in came.scopes:
            return False  # that one was always there
        if was is None or now is None:  # nobody has the text: the file or the name must do
            same_name = symbol.rpartition(".")[2] == new_symbol.rpartition(".")[2]
            return same_name or self._counterpart(path) == new_path
        one, other = was.shingles_of(symbol), now.shingles_of(new_symbol)
        elsewhere = self._counterpart(path) != new_path
        common = is_phrase(one, other) or (elsewhere and new_symbol.endswith("__"))
        if common and not self._carried_along(before, after):
            return False
        return similar(one, other)

    def _carried_along(self, before: tuple[str, str], after: tuple[str, str]) -> bool:
        """Whether what is around a scope became what is around the other, or both keep their name.

        What says as little as `pass`, or is what every class has, is not known again by itself.
        """
        (path, symbol), (new_path, new_symbol) = before, after
        (outer, _, name), (new_outer, _, new_name) = (
            symbol.rpartition("."),
            new_symbol.rpartition("."),
        )
        if outer == new_outer and self._counterpart(path) == new_path:
            return True
        if not outer and not new_outer:
            return name == new_name
        return bool(outer and new_outer) and self._became((path, outer), (new_path, new_outer))

    def _renamings(self, gone: list[Finding], fresh: list[Finding]) -> Iterator[tuple[str, str]]:
        """Yield (old, new) names of functions and classes that were renamed."""
        here: dict[str, set[str]] = {}
        for one in gone:
            here.setdefault(self._counterpart(one.path), set()).add(one.symbol)
        there: dict[str, set[str]] = {}
        for one in fresh:
            there.setdefault(one.path, set()).add(one.symbol)
        for path in here.keys() & there.keys():
            for old, new in itertools.product(here[path] - {""}, there[path] - {""}):
                if old != new and self._became((self._origin(path), old), (path, new)):
                    names = zip(old.split("."), new.split("."), strict=False)
                    yield from (pair for pair in names if pair[0] != pair[1])

    def _renamed_all_over(self) -> frozenset[tuple[str, str]]:
        """Return (old, new) names whose definition was changed in any file, and nothing else."""
        question = self._question
        gone = (path for path in question.edited if path not in question.known)
        came = (path for path in question.known if path not in question.paths)
        moves = {**folders_moved(gone, came), **self._moves}
        edited = ((path, moves.get(path, path)) for path in question.edited)
        sides = ((self._base(old), self._head(new)) for old, new in edited)
        return renamed(((was, now) for was, now in sides if was and now), moves)

    # --- Texts ----------------------------------------------------------------------------------

    def _counterpart(self, path: str) -> str:
        """Return where the file of the base is now."""
        return self._moves.get(path, path)

    def _origin(self, path: str) -> str:
        """Return where the file was."""
        return self._origins.get(path, path)

    def _inset(self, finding: Finding, texts: Texts) -> int:
        """Return how far from the line's first character the finding begins."""
        side = texts(finding.path)
        return finding.column - (side.indent(finding.line) if side else 0)

    def _mapping(self, path: str) -> dict[int, int]:
        """Return for each line of the base, from 1, where it stands in `path` now, if it does."""
        if path not in self._lines:
            was, now = self._base(self._origin(path)), self._head(path)
            if was is None or now is None:
                self._lines[path] = {}
            else:
                self._lines[path] = {
                    **line_map(was.lines, now.lines),
                    **place_map(was.statements.all, now.statements.all),
                }
        return self._lines[path]


def _is_keyword(line: str, finding: Finding) -> bool:
    """Whether all that a finding points at is a word of the language."""
    on_one_line = finding.line == finding.end_line
    return on_one_line and keyword.iskeyword(line[finding.column - 1 : finding.end_column - 1])


def _text(finding: Finding) -> Hashable:
    """The text of the offence, wherever it stands."""
    return essence(finding.identity)


def _outer_text(finding: Finding) -> Hashable:
    """The same, outside of functions and classes."""
    return None if finding.symbol else essence(finding.identity)


def _grouped(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_kin(finding), []).append(finding)
    return groups


def _line(finding: Finding) -> tuple[int, int]:
    return finding.line, finding.column


def _kin(finding: Finding) -> tuple[str, str]:
    """Return what equal offences of one scope in one file share."""
    return f"{finding.checker} {finding.path}", finding.identity.partition(".")[0]

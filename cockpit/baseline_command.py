"""`cockpit baseline write|show|prune`: the engine once, then the baseline file against it.

Which entries are still there the engine says, with the baseline as the base: so `check --new` goes
by the same. The tools look at the whole project, for what is dead code hangs on all of it; which
entries are meant is all that named paths say. What was not asked (a tool that was skipped or
failed, a file that it could not read, a part that is not meant) is neither there nor gone: its
entries stay as they are.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from cockpit.base import BASELINE
from cockpit.baseline import NAME, Entry, entry_of, place, read, write
from cockpit.engine import Setup
from cockpit.errors import CockpitError
from cockpit.follow import Key, key_of
from cockpit.headless import Progress
from cockpit.model import Failure, Finding, Report, Snapshot
from cockpit.plain import plain
from cockpit.project import in_scope
from cockpit.render.stream import style_for
from cockpit.render.text import Style
from cockpit.session import Request, open_engine, set_up
from cockpit.verdict import CLEAN, FAILED, broken

_VERSION = 1
_THERE, _MOVED, _GONE, _UNKNOWN = "there", "moved", "gone", "unknown"


class Now(msgspec.Struct, frozen=True):
    """What the tools say now of the whole project at `root`; `scope` is the part that is meant.

    `there` is what each entry of the baseline that is still there is now, by the entry's key.
    """

    root: Path
    scope: tuple[str, ...]
    snapshot: Snapshot
    there: Mapping[Key, Finding]

    @property
    def findings(self) -> list[Finding]:
        """Every tool's own findings; the panes merge some."""
        outcomes = (result.outcome for result in self.snapshot.results.values())
        return [one for outcome in outcomes if isinstance(outcome, Report) for one in outcome]

    def answer_to(self) -> Callable[[Entry], bool]:
        """Return whether an entry is meant and was asked: whether its absence means it has gone."""
        outcomes = {name: result.outcome for name, result in self.snapshot.results.items()}
        unread = {
            name: {error.path for error in outcome.errors}
            for name, outcome in outcomes.items()
            if isinstance(outcome, Report)
        }

        def asked(entry: Entry) -> bool:
            return (
                entry.checker in unread
                and entry.path not in unread[entry.checker]
                and in_scope(entry.path, self.scope)
            )

        return asked


class Standing(msgspec.Struct, frozen=True):
    """How an entry stands now; `path` is where its finding is, empty where it is nowhere."""

    entry: Entry
    state: str
    path: str = ""


async def write_baseline(request: Request, *, force: bool) -> int:
    """Write what is found now into the baseline; of what was not asked the old entries stay."""
    setup = set_up(request, Path.cwd())
    old = _known(setup.root)
    now = await _look(setup)
    troubles = list(_troubles(now.snapshot))
    if troubles and not force:
        raise CockpitError(
            f"the baseline is not written, for it would not be whole: {'; '.join(troubles)}",
            "Mend that, or write it with --force: what is known of them stays as it is.",
        )
    _print(_renew(old, now))
    _print_troubles(troubles, "stays as it was")
    return CLEAN


async def show_baseline(request: Request, form: str) -> int:
    """Print every entry of the part that is asked about, and whether it is still there."""
    setup = set_up(request, Path.cwd(), BASELINE)
    entries = read(setup.root)
    now = await _look(setup)
    standings = [one for one in _standings(entries, now) if _wanted(one.entry, request, now)]
    if form == "json":
        sys.stdout.write(_document(standings, now.root))
    else:
        style = style_for(sys.stdout)
        for line in _shown(standings, style):
            _print(line)
    _print_troubles(_troubles(now.snapshot), "is not known")
    return FAILED if broken(now.snapshot) else CLEAN


async def prune_baseline(request: Request) -> int:
    """Drop from the baseline what is no longer found; nothing is added."""
    setup = set_up(request, Path.cwd(), BASELINE)
    entries = read(setup.root)
    now = await _look(setup)
    standings = _standings(entries, now)
    gone = [one for one in standings if one.state == _GONE]
    kept = [one.entry for one in standings if one.state != _GONE]
    if gone:
        write(now.root, kept)
        style = style_for(sys.stdout)
        for line in _listed(gone, style):
            _print(line)
    _print(f"{NAME} holds {_counted(len(kept), 'finding')} (-{len(gone):,}).")
    _print_troubles(_troubles(now.snapshot), "stays as it was")
    return FAILED if broken(now.snapshot) else CLEAN


# --- Looking ---


def _known(root: Path) -> tuple[Entry, ...] | None:
    return read(root) if place(root).exists() else None


async def _look(setup: Setup) -> Now:
    whole = msgspec.structs.replace(setup, scope=())
    async with open_engine(whole) as engine:
        progress = Progress(sys.stderr)
        engine.subscribe(progress.show)
        try:
            snapshot = await engine.run_once()
        finally:
            progress.clear()
    return Now(setup.root, setup.scope, snapshot, engine.survivors())


def _wanted(entry: Entry, request: Request, now: Now) -> bool:
    named = not request.only or entry.checker in request.only
    return named and entry.checker not in request.skip and in_scope(entry.path, now.scope)


def _troubles(snapshot: Snapshot) -> Iterator[str]:
    """Yield a few words for every tool that failed or could not read everything."""
    for name, result in snapshot.results.items():
        outcome = result.outcome
        if isinstance(outcome, Failure):
            yield f"{name} failed ({plain(outcome.reason)})"
        elif isinstance(outcome, Report) and outcome.errors:
            first = plain(outcome.errors[0].path)
            more = f" and {len(outcome.errors) - 1:,} more" if len(outcome.errors) > 1 else ""
            yield f"{name} could not read {first}{more}"


def _renew(old: Sequence[Entry] | None, now: Now) -> str:
    """Write what is found now in place of what was asked; return what that changed."""
    asked = now.answer_to()
    found = (entry_of(finding) for finding in now.findings)
    entries = {entry for entry in old or () if not asked(entry)} | set(filter(asked, found))
    write(now.root, entries)
    holds = f"{NAME} holds {_counted(len(entries), 'finding')}"
    if old is None:
        return f"{holds}."
    these, others = set(map(key_of, entries)), set(map(key_of, old))
    return f"{holds} (+{len(these - others):,} -{len(others - these):,})."


def _standings(entries: Iterable[Entry], now: Now) -> list[Standing]:
    """Return how each of `entries` stands, in their order."""
    asked = now.answer_to()
    standings = []
    for entry in entries:
        finding = now.there.get(key_of(entry))
        if finding is None:
            standings.append(Standing(entry, _GONE if asked(entry) else _UNKNOWN))
        else:
            state = _THERE if finding.path == entry.path else _MOVED
            standings.append(Standing(entry, state, finding.path))
    return standings


# --- Printing ---


def _document(standings: Sequence[Standing], root: Path) -> str:
    entries: list[dict[str, Any]] = [
        {**msgspec.to_builtins(one.entry), "state": one.state, "now": one.path or None}
        for one in standings
    ]
    document = {"version": _VERSION, "root": str(root), "entries": entries}
    return json.dumps(document, indent=2) + "\n"


def _shown(standings: Sequence[Standing], style: Style) -> Iterator[str]:
    yield from _listed(standings, style)
    states = Counter(one.state for one in standings)
    parts = [f"{states[state]:,} {state}" for state in (_THERE, _MOVED, _GONE, _UNKNOWN)]
    words = ", ".join(part for part in parts if not part.startswith("0 "))
    hint = "; `cockpit baseline prune` drops what is gone" if states[_GONE] else ""
    yield f"{_counted(len(standings), 'finding')}{': ' if words else ''}{words}{hint}."


def _listed(standings: Sequence[Standing], style: Style) -> Iterator[str]:
    """Yield the entries under their files' names, and a blank line after each file."""
    width = max((len(plain(one.entry.rule)) for one in standings), default=0)
    for path, ones in groupby(standings, key=lambda one: one.entry.path):
        yield style.paint(style.encodable(plain(path)), "1")
        for one in ones:
            yield _described(one, width, style)
        yield ""


def _described(one: Standing, width: int, style: Style) -> str:
    entry = one.entry
    state = style.paint(f"{one.state:<9}", "2" if one.state == _THERE else "33")
    rule = style.paint(f"{plain(entry.rule):<{width}}", "36")
    now = f", now {plain(one.path)}" if one.state == _MOVED else ""
    where = f"  in {plain(entry.symbol)}" if entry.symbol else ""
    source = style.paint(style.encodable(f"  {plain(entry.checker)}{where}{now}"), "2")
    return f"  {state}  {rule}  {style.encodable(plain(entry.message))}{source}"


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _print_troubles(troubles: Iterable[str], what: str) -> None:
    sys.stdout.flush()
    for trouble in troubles:
        words = f"cockpit: {trouble}: what the baseline holds of that {what}.\n"
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(words.encode(encoding, "backslashreplace").decode(encoding))


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"

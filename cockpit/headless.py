"""`cockpit check` and `cockpit watch`: the engine without a screen."""

import itertools
import os
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from cockpit.base import AUTO, SESSION
from cockpit.checkers.interface import FileChecker
from cockpit.engine import Engine
from cockpit.errors import CockpitError, UsageError
from cockpit.fleet import Fleet
from cockpit.model import EMPTY, FileError, Finding, Snapshot
from cockpit.panes import PANES, Panes, joined
from cockpit.plain import plain
from cockpit.render import json as as_json
from cockpit.render import text as as_text
from cockpit.render.change import News, change_lines
from cockpit.render.stream import style_for
from cockpit.render.text import Style
from cockpit.session import Member, Opened, Request, open_backend
from cockpit.union import home
from cockpit.verdict import CLEAN, FAILED, FINDINGS, broken, exit_code, passing
from cockpit.verify import lines, verify

Backend = Engine | Fleet

#: Seconds between two pictures of the progress line.
_PROGRESS_EVERY = 0.1


class CheckOptions(msgspec.Struct, frozen=True):
    """How `check` and `watch` answer; `verify` holds tool names, `explain` one or nothing.

    `new` leaves out what was there at the `base`, which is None where nothing is compared.
    """

    format: str = "text"
    output: str = ""
    fail_on: str = ""
    explain: str = ""
    verify: tuple[str, ...] | None = None
    new: bool = False
    base: str | None = None


async def check(request: Request, options: CheckOptions) -> int:
    """Check once, print, and return the exit code."""
    if options.format != "text" and (options.explain or options.verify is not None):
        raise UsageError("--explain and --verify speak text only", "Leave out --format.")
    if options.new and (options.explain or options.verify is not None):
        raise UsageError("--explain and --verify are about all findings", "Leave out --new.")
    base = options.base if options.base is not None else AUTO if options.new else None
    async with open_backend(request, Path.cwd(), base) as opened:
        _refuse_session(opened, options)
        backend = opened.backend
        progress = Progress(sys.stderr)
        backend.subscribe(progress.show)
        try:
            await backend.run_once()
        finally:
            progress.clear()
        if options.explain:
            return _explain(backend, _known(backend, options.explain))
        if options.verify is not None:
            names = [_known(backend, name) for name in options.verify] or list(backend.checkers)
            return await _verify(opened, names)
        return _answer(opened, options)


def _refuse_session(opened: Opened, options: CheckOptions) -> None:
    """Raise where findings are to be compared with a session, by the command line or settings."""
    if any(member.base == SESSION for member in opened.members):
        whose = "" if options.base == SESSION else ", which `base` in the settings asks for"
        raise UsageError(
            f"a single check has no session to compare with{whose}",
            "Name a git revision or `baseline` with --base; the screen has a session.",
        )


def _explain(backend: Backend, name: str) -> int:
    """Print the command; of several projects one each, in words that a shell runs as they are."""
    if len(backend.roots) == 1:
        _print(shlex.join(backend.explain(name)))
        return CLEAN
    code = CLEAN
    for root in backend.roots:
        place = shlex.quote(os.path.relpath(backend.root / root))
        try:
            _print(f"(cd {place} && {shlex.join(backend.explain(name, root))})")
        except CockpitError as error:
            _print(f"# {plain(root)}: {plain(error.message)}")
            code = FAILED
    return code


def _print(line: str) -> None:
    sys.stdout.write(f"{line.encode('utf-8', 'backslashreplace').decode()}\n")


async def _verify(opened: Opened, names: Sequence[str]) -> int:
    verdicts = []
    for member in opened.members:
        where = f"{plain(member.name)}: " if len(opened.members) > 1 else ""
        for name in [name for name in names if name in member.engine.checkers]:
            verdict = await verify(member.engine, name)
            verdicts.append(verdict)
            style = style_for(sys.stdout)
            head, *rest = lines(verdict)
            for line in (where + head, *rest):
                sys.stdout.write(style.encodable(line) + "\n")
            sys.stdout.flush()
    if any(verdict.failure for verdict in verdicts):
        return FAILED
    return CLEAN if all(verdict.same for verdict in verdicts) else FINDINGS


def _known(backend: Backend, name: str) -> str:
    if name not in backend.checkers:
        raise UsageError(
            f"{plain(name)} is no tool of this run", f"There are: {', '.join(backend.checkers)}."
        )
    return name


def commands_of(backend: Backend, root: str = "") -> dict[str, tuple[str, ...]]:
    """Return the equal command of every tool that has one at the moment in (the first) `root`."""
    commands = {}
    for name in backend.checkers:
        try:
            commands[name] = backend.explain(name, root)
        except CockpitError:
            commands[name] = ()
    return commands


def _parts(backend: Backend) -> list[as_json.Part]:
    """Return where each of several projects stands by itself."""
    if isinstance(backend, Engine):
        return []
    return [(name, part, commands_of(backend, name)) for name, part in backend.parts.items()]


def _answer(opened: Opened, options: CheckOptions) -> int:
    backend, snapshot = opened.backend, opened.backend.snapshot
    findings = everything = joined(snapshot)
    if options.new:
        findings = _only_new(everything, snapshot)
    if options.format == "json":
        root, parts = str(backend.root), _parts(backend)
        document = as_json.check(snapshot, findings, root, commands_of(backend), parts)
        _write(document, options.output)
    else:
        style = Style() if options.output else style_for(sys.stdout)
        single = len(backend.checkers) == 1
        shown = findings if single else _of_failing(opened, findings)
        asides = _asides(opened)
        if options.new:
            for name, words in _in_rows_of_others(snapshot, everything, findings):
                asides.setdefault(name, []).insert(0, words)
        document = as_text.check(snapshot, shown, style, list_passing=single, asides=asides)
        document += as_text.projects(backend.parts, style) if isinstance(backend, Fleet) else ""
        _write(document, options.output)
    return max(
        exit_code(theirs, member.engine.snapshot, options.fail_on or member.fail_on)
        for member, theirs in _by_member(opened, findings)
    )


def _asides(opened: Opened) -> dict[str, list[str]]:
    """Return what is to be said of tools that saw a part, and whose answer hangs on the whole."""
    said: dict[str, list[str]] = {}
    for member in opened.members:
        engine = member.engine
        where = f"{member.name}: " if len(opened.members) > 1 else ""
        for name, checker in engine.checkers.items() if engine.scope else ():
            report = engine.snapshot.report(name)
            if isinstance(checker, FileChecker) and not checker.local and report and report.count:
                said.setdefault(name, []).append(where + as_text.only_these(engine.scope))
    return said


def _in_rows_of_others(
    snapshot: Snapshot, everything: Iterable[Finding], new: Iterable[Finding]
) -> Iterator[tuple[str, str]]:
    """Yield tools of whose new findings some have no row of their own, and words for that.

    A pair that two tools report counts for each, and is one row: without a word the counts would
    not add up to the list.
    """
    own = Counter(finding.checker for finding in new)
    hosts = sorted({finding.checker for finding in everything if finding.also})
    for name, files in snapshot.new.items():
        others = sum(map(len, files.values())) - own[name]
        if others:
            yield name, f"{others:,} of them also said by {' or '.join(hosts)}, in the same row"


def _by_member(
    opened: Opened, findings: Sequence[Finding]
) -> Iterator[tuple[Member, list[Finding]]]:
    """Yield each project with its own of the findings, which are sorted by path."""
    theirs: dict[str, list[Finding]] = {member.name: [] for member in opened.members}
    for path, group in itertools.groupby(findings, lambda finding: finding.path):
        theirs[home(theirs, path)].extend(group)
    for member in opened.members:
        yield member, theirs[member.name]


def _of_failing(opened: Opened, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without those of tools whose goal is met in that project."""
    shown: list[Finding] = []
    for member, theirs in _by_member(opened, findings):
        good = passing(member.engine.snapshot)
        shown += [finding for finding in theirs if finding.checker not in good]
    return shown


def _only_new(findings: Iterable[Finding], snapshot: Snapshot) -> list[Finding]:
    """Return what is new; raise where there is nothing to compare with, which must not pass."""
    if snapshot.base.kind == "session":
        raise UsageError(
            "there is nothing to compare with: no commit of git, and no baseline",
            "`cockpit baseline write` makes a baseline; --base names a revision.",
        )
    return [finding for finding in findings if snapshot.is_new(finding)]


def _write(document: str, output: str) -> None:
    if not output or output == "-":
        sys.stdout.write(document)
        sys.stdout.flush()
        return
    try:
        Path(output).write_text(document, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(
            f"{plain(output)} cannot be written: {error.strerror}", "Name another --output."
        ) from error


class Progress:
    """One line on a terminal that says how far each tool is; nothing in a pipe."""

    def __init__(self, stream: IO[str]) -> None:
        """Write to `stream` if it is a terminal."""
        self._stream = stream if stream.isatty() and os.environ.get("TERM") != "dumb" else None
        self._shown = 0.0

    def show(self, snapshot: Snapshot) -> None:
        """Show `snapshot`, unless the last picture is too young."""
        if self._stream is None or time.perf_counter() - self._shown < _PROGRESS_EVERY:
            return
        self._shown = time.perf_counter()
        parts = []
        for name, result in snapshot.results.items():
            if result.running:
                parts.append(f"{name} {result.done}/{result.todo}" if result.todo else f"{name} …")
            else:
                parts.append(f"{name} done")
        width = os.get_terminal_size(self._stream.fileno()).columns - 1
        self._stream.write("\r\x1b[K" + style_for(self._stream).encodable("  ".join(parts))[:width])
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._stream is not None and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


async def watch(request: Request, options: CheckOptions) -> int:
    """Print `ready` once everything is fresh, then one line for every settled change."""
    async with open_backend(request, Path.cwd()) as opened:
        backend = opened.backend
        journal = Journal(backend, options.format, sys.stdout.write)
        backend.subscribe(journal.show)
        await backend.run()
    return FAILED if broken(backend.snapshot) else 0


class Journal:
    """Turns snapshots into the lines of `cockpit watch`."""

    def __init__(self, backend: Backend, form: str, write: Callable[[str], object]) -> None:
        """Write lines in `form` ("text" or "json") for the snapshots of `backend`."""
        self._backend = backend
        self._form = form
        self._write = write
        self._panes = Panes()
        self._before: dict[str, Mapping[str, tuple[Finding, ...]]] = {}
        self._unread: frozenset[tuple[str, FileError]] = frozenset()
        self._generation = EMPTY.generation

    def show(self, snapshot: Snapshot) -> None:
        """Write a line if `snapshot` settles a change that was not written yet."""
        if not snapshot.fresh or snapshot.generation == self._generation:
            return
        kind = "ready" if self._generation == EMPTY.generation else "change"
        self._generation = snapshot.generation
        self._panes.update(snapshot)
        added, removed = self._difference()
        if self._form == "json":
            commands, parts = commands_of(self._backend), _parts(self._backend)
            self._write(as_json.event(kind, snapshot, commands, (added, removed), parts))
        else:
            news = News(kind, added, removed, self._newly_unread(snapshot))
            self._write(change_lines(news, snapshot, style_for(sys.stdout)))
        sys.stdout.flush()

    def _newly_unread(self, snapshot: Snapshot) -> list[tuple[str, FileError]]:
        """Return each tool with the files that it could not read only now."""
        reports = ((name, snapshot.report(name)) for name in snapshot.results)
        now = frozenset(
            (name, error) for name, report in reports if report for error in report.errors
        )
        before, self._unread = self._unread, now
        return sorted(now - before, key=lambda one: (one[1].path, one[0]))

    def _difference(self) -> tuple[list[Finding], list[Finding]]:
        added: list[Finding] = []
        removed: list[Finding] = []
        for pane in PANES:
            now = dict(self._panes.files(pane.id))
            before = self._before.get(pane.id, {})
            for path in sorted(now.keys() | before.keys()):
                new, old = now.get(path, ()), before.get(path, ())
                if new is not old:
                    added.extend(_minus(new, old))
                    removed.extend(_minus(old, new))
            self._before[pane.id] = now
        return added, removed


def _minus(these: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    known = {finding.key for finding in others}
    return [finding for finding in these if finding.key not in known]

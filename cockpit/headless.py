"""`cockpit check` and `cockpit watch`: the engine without a screen."""

import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from cockpit.engine import Engine, Setup
from cockpit.errors import CockpitError, UsageError
from cockpit.model import EMPTY, FileError, Finding, Snapshot
from cockpit.panes import PANES, Panes, joined
from cockpit.plain import plain
from cockpit.render import json as as_json
from cockpit.render import text as as_text
from cockpit.render.change import News, change_lines
from cockpit.render.text import Style
from cockpit.session import Request, open_engine, set_up
from cockpit.verdict import CLEAN, FAILED, FINDINGS, broken, exit_code
from cockpit.verify import lines, verify

#: Seconds between two pictures of the progress line.
_PROGRESS_EVERY = 0.1


class CheckOptions(msgspec.Struct, frozen=True):
    """How `check` and `watch` answer; `verify` holds tool names, `explain` one or nothing."""

    format: str = "text"
    output: str = ""
    fail_on: str = ""
    explain: str = ""
    verify: tuple[str, ...] | None = None


def style_for(stream: IO[str]) -> Style:
    """Return what `stream` can show: colours on a terminal that wants them, signs in Unicode."""
    colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = (getattr(stream, "encoding", "") or "").lower().replace("-", "")
    return Style(colour=colour, unicode=encoding.startswith("utf"))


async def check(request: Request, options: CheckOptions) -> int:
    """Check once, print, and return the exit code."""
    if options.format != "text" and (options.explain or options.verify is not None):
        raise UsageError("--explain and --verify speak text only", "Leave out --format.")
    setup = set_up(request, Path.cwd())
    async with open_engine(setup) as engine:
        progress = Progress(sys.stderr)
        engine.subscribe(progress.show)
        try:
            snapshot = await engine.run_once()
        finally:
            progress.clear()
        if options.explain:
            return _explain(engine, options.explain)
        if options.verify is not None:
            return await _verify(engine, options.verify)
        return _answer(engine, setup, snapshot, options, single=len(setup.checkers) == 1)


def _explain(engine: Engine, name: str) -> int:
    command = engine.explain(_known(engine, name))
    sys.stdout.write(f"{shlex.join(command).encode('utf-8', 'backslashreplace').decode()}\n")
    return 0


async def _verify(engine: Engine, names: Sequence[str]) -> int:
    verdicts = []
    for name in [_known(engine, name) for name in names] or list(engine.checkers):
        verdict = await verify(engine, name)
        verdicts.append(verdict)
        style = style_for(sys.stdout)
        for line in lines(verdict):
            sys.stdout.write(style.encodable(line) + "\n")
        sys.stdout.flush()
    if any(verdict.failure for verdict in verdicts):
        return FAILED
    return CLEAN if all(verdict.same for verdict in verdicts) else FINDINGS


def _known(engine: Engine, name: str) -> str:
    if name not in engine.checkers:
        raise UsageError(
            f"{plain(name)} is no tool of this run", f"There are: {', '.join(engine.checkers)}."
        )
    return name


def commands_of(engine: Engine) -> dict[str, tuple[str, ...]]:
    """Return the equal command of every tool that has one at the moment."""
    commands = {}
    for name in engine.checkers:
        try:
            commands[name] = engine.explain(name)
        except CockpitError:
            commands[name] = ()
    return commands


def _answer(
    engine: Engine, setup: Setup, snapshot: Snapshot, options: CheckOptions, *, single: bool
) -> int:
    findings = joined(snapshot)
    if options.format == "json":
        root = str(setup.root)
        document = as_json.check(snapshot, findings, root, commands_of(engine))
        _write(document, options.output)
    else:
        style = Style() if options.output else style_for(sys.stdout)
        _write(as_text.check(snapshot, findings, style, list_passing=single), options.output)
    return exit_code(findings, snapshot, options.fail_on or setup.config.fail_on)


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
    setup = set_up(request, Path.cwd())
    async with open_engine(setup) as engine:
        journal = Journal(engine, options.format, sys.stdout.write)
        engine.subscribe(journal.show)
        await engine.run()
    return FAILED if broken(engine.snapshot) else 0


class Journal:
    """Turns snapshots into the lines of `cockpit watch`."""

    def __init__(self, engine: Engine, form: str, write: Callable[[str], object]) -> None:
        """Write lines in `form` ("text" or "json") for the snapshots of `engine`."""
        self._engine = engine
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
            commands = commands_of(self._engine)
            self._write(as_json.event(kind, snapshot, commands, added, removed))
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

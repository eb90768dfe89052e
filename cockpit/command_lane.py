"""The lane of a tool that is run as its own command, on saved files or on the whole tree.

At most one run is under way; the newest wins. What comes meanwhile is one further run.
"""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cockpit.ahead import ahead
from cockpit.checkers.interface import CommandChecker, split_lines
from cockpit.config import Config
from cockpit.environment import own_program
from cockpit.errors import CheckerError, CockpitError
from cockpit.lanes import Lane, as_failure, as_report
from cockpit.model import Outcome
from cockpit.outline import Scope
from cockpit.process import run
from cockpit.scan import Scanned, Scanner

#: Files whose findings are placed in one go, so that the event loop gets its turn between.
_SLICE = 100
#: Files that one command names, where it cannot be asked about the whole tree; Linux takes 2 MiB.
_PIECE = 1000

Outlines = Callable[[Iterable[Scanned]], Awaitable[dict[str, list[Scope]]]]
Diagnostics = dict[str, list[Any]]


class _Crashed(CheckerError):  # noqa: N818 -- never leaves this module
    """A signal ended the command."""


class CommandLane(Lane):
    """Keeps one command's findings current; `mark` says what for, `run` does it."""

    def __init__(
        self,
        checker: CommandChecker,
        root: Path,
        scope: Sequence[str],
        config: Config,
        *,
        trusted: bool = False,
    ) -> None:
        """Check `scope` below `root`, all of it where empty; if `trusted`, by its own tool."""
        super().__init__(checker.name)
        self.checker = checker
        self._root = root
        self._trusted = trusted
        self._program: tuple[str, int] = ("", 0)
        self._scope = list(scope) or None
        self.configure(config)
        self._conclusion = checker.conclusion(self.settings, root)
        self._listed: frozenset[str] = frozenset()
        #: Python files that were seen to be there and are not on that list.
        self._passed_over: set[str] = set()
        # Due from the start: before its first run there is nothing that could pass for clean.
        self._everything = True
        self._dirty: set[str] = set()
        #: What the last run failed to do: everything, or these files.
        self._owing, self._owed = False, set[str]()
        self._task: asyncio.Task[None] | None = None

    def configure(self, config: Config) -> None:
        """Take cockpit's settings; they hold from the next run on."""
        self._config = config
        self._timeout = config.timeout
        self.settings = self.checker.settings(
            security=config.ruff_security, exclude=config.extend_exclude, program=self.origin
        )

    @property
    def running(self) -> bool:
        """Whether a run is under way or due."""
        return self.wanting or self._task is not None

    @property
    def wanting(self) -> bool:
        """Whether a run is due."""
        return self._everything or bool(self._dirty)

    def mark_everything(self) -> None:
        """Ask for a run over the whole tree; one under way is out of date."""
        self._everything = True
        self.touch()
        self._dirty.clear()
        self._passed_over.clear()
        if self._task is not None:
            self._task.cancel()

    def mark(self, changed: Iterable[str], came_or_went: Iterable[str]) -> None:
        """Ask for what a change needs: nothing, the saved files, or the whole tree."""
        changed = list(changed)
        unforeseen = {path for path in changed if self._relevant(path) and self._unforeseen(path)}
        moved = any(self._relevant(path) for path in came_or_went)
        owed = self._owing and any(self._relevant(path) for path in changed)
        if moved or owed or unforeseen or any(self.checker.settles(path) for path in changed):
            self.mark_everything()
            self._passed_over |= unforeseen
        elif not self._everything:
            self._dirty.update(self._listed.intersection(changed))
            if self._dirty:
                self.touch()

    def lists(self, path: str) -> bool:
        """Whether the command reads `path`, as far as is known."""
        return path in self._listed

    def _unforeseen(self, path: str) -> bool:
        """Whether `path` came or went where only the command looks: its list is its own."""
        if path in self._listed:
            return not os.path.lexists(self._root / path)
        return path not in self._passed_over and os.path.lexists(self._root / path)

    def _relevant(self, path: str) -> bool:
        return path.endswith((".py", ".pyi", ".pyw", ".ipynb")) or self.checker.settles(path)

    async def run(self, scanner: Scanner, outlines: Outlines) -> None:
        """Run until nothing is wanted; while another call does so, there is nothing to do."""
        if self._task is not None:
            return
        while self.wanting:
            self._task = asyncio.create_task(self._once(scanner, outlines))
            try:
                await self._task
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if not self._everything or (current is not None and current.cancelling()):
                    raise  # no newer run's doing: the engine ends
            finally:
                self._task = None
        self.finish()

    async def _once(self, scanner: Scanner, outlines: Outlines) -> None:
        self._look_for_program()
        whole, dirty = self._everything, sorted(self._dirty | self._owed)
        self._everything = False
        self._dirty.clear()
        try:
            if whole:
                self.version = await self._ask_version()
                await self._whole(scanner, outlines)
            else:
                found, broken = await self._piecewise(dirty)
                await self._place(found, broken, dirty, scanner, outlines)
            self.failure = None
            self._owing, self._owed = False, set()
        except CockpitError as error:
            self.failure = error
            # The next run makes up for this one: else its success would hide what is missing.
            self._owing, self._owed = whole, set(dirty)
        except asyncio.CancelledError:
            if not whole:
                self._dirty.update(dirty)
            raise

    def _look_for_program(self) -> None:
        """Run the project's own tool if there is one; another one than before sees everything."""
        if not self._trusted:
            return
        before, self._program = self._program, _stamp(self._root, self.name)
        self.origin = self._program[0]
        if before != self._program:
            self.configure(self._config)
            self._everything = True

    async def _ask_version(self) -> str:
        argv = self.checker.version_command(self._root, self.settings)
        if not argv:
            return self.checker.version()
        return self.checker.read_version(await run(argv, self._root, timeout=self._timeout))

    async def _whole(self, scanner: Scanner, outlines: Outlines) -> None:
        asking = asyncio.create_task(self._ask(None))
        try:
            listed = await self._list()
            broken = await asyncio.to_thread(_endless, self._root, listed)
            self._listed = listed - broken.keys()
            found = {} if broken else await asking
        except _Crashed:
            found = None
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        if broken or found is None:
            found, crashed = await self._piecewise(sorted(self._listed))
            broken |= crashed
        known = self._conclusion.paths() | found.keys()
        await self._place(found, broken, known, scanner, outlines)

    async def _piecewise(self, paths: Sequence[str]) -> tuple[Diagnostics, dict[str, str]]:
        """Ask about `paths`; where the command crashes, find the files that make it do so."""
        found: Diagnostics = {}
        broken: dict[str, str] = {}
        parts = [paths[start : start + _PIECE] for start in range(0, len(paths), _PIECE)]
        while parts:
            part = parts.pop()
            try:
                found.update(await self._ask(part))
            except _Crashed as error:
                if len(part) == 1:
                    broken[part[0]] = error.message
                else:
                    middle = len(part) // 2
                    parts += [part[:middle], part[middle:]]
        return found, broken

    async def _list(self) -> frozenset[str]:
        argv = self.checker.listing(self._root, self._scope, self.settings)
        return self.checker.listed(self._root, await run(argv, self._root, timeout=self._timeout))

    async def ask_about(self, path: str, content: bytes, place: Path) -> list[Any]:
        """Return what the command says of `path`, were this its content; raise `CockpitError`.

        `place` is the project's root, or a folder that stands in for it.
        """
        argv = self.checker.run_on_text(self._root, str(place / path), self.settings)
        done = await run(argv, place, stdin=content, timeout=self._timeout)
        self.checker.finish(done, whole=False)
        read = (self.checker.read(place, line) for line in done.output.split(b"\n"))
        return [diagnostic for _, diagnostic in filter(None, read)]

    async def _ask(self, paths: Sequence[str] | None) -> Diagnostics:
        found: Diagnostics = {}

        def take(line: bytes) -> None:
            diagnostic = self.checker.read(self._root, line)
            if diagnostic is not None:
                found.setdefault(diagnostic[0], []).append(diagnostic[1])

        argv = self.checker.run(self._root, paths or self._scope, self.settings)
        done = await run(argv, self._root, timeout=self._timeout, on_line=take)
        try:
            self.checker.finish(done, whole=paths is None)
        except CheckerError as error:
            if done.code < 0:  # killed: it may be the fault of a single file
                raise _Crashed(error.message, error.hint, error.words) from error
            raise
        return found

    async def _place(
        self,
        found: Diagnostics,
        broken: Mapping[str, str],
        paths: Iterable[str],
        scanner: Scanner,
        outlines: Outlines,
    ) -> None:
        """Put what was `found` into the conclusion; `paths` without a diagnostic are clean.

        `broken` are files that the command cannot read, and why.
        """
        for path in set(paths) - found.keys():
            self._conclusion.drop(path)
        for path, why in broken.items():
            self._conclusion.fail(path, why)
        hit = sorted(found)
        parts = [hit[start : start + _SLICE] for start in range(0, len(hit), _SLICE)]

        async def fetch(part: Sequence[str]) -> tuple[list[Scanned], dict[str, list[Scope]]]:
            scanned = await asyncio.to_thread(scanner.read, part)
            return scanned, await outlines(scanned)

        async for scanned, scopes in ahead(fetch, parts):
            for one in scanned:
                lines = split_lines(one.content) if one.digest else []
                self._conclusion.put(one.path, found[one.path], lines, scopes.get(one.path, []))

    def outcome(self) -> Outcome:
        """Return the report, or why there is none."""
        if self.failure is not None:
            return as_failure(self.failure)
        return as_report(self._conclusion.report(), len(self._listed))


def _stamp(root: Path, name: str) -> tuple[str, int]:
    """Return the project's own program of this name, and when it was last replaced."""
    program = own_program(root, name)
    try:
        return program, os.stat(root / program).st_mtime_ns if program else 0  # noqa: PTH116
    except OSError:
        return "", 0


def _endless(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return those of `paths` that a command would read for ever, and why: pipes and devices."""
    found = {}
    for path in paths:
        try:
            mode = os.stat(os.path.join(root, path)).st_mode  # noqa: PTH116, PTH118 - a hot path
        except OSError:
            continue  # the command says so itself
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            found[path] = "it is not a regular file"
    return found

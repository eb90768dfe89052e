"""Runs an engine over one project and compares it with the tools, cold and after changes."""

import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import msgspec

from cockpit.checkers.interface import Comparable, Concluded
from cockpit.checkers.registry import load, names
from cockpit.config import load_config
from cockpit.engine import Engine, Setup
from cockpit.model import Failure, Report
from cockpit.project import list_files
from cockpit.session import open_engine
from cockpit.verify import Verdict, verify
from cockpit.watch import Change


class Round(msgspec.Struct, frozen=True):
    """One comparison: what of, in which state, and how it ended; `broken` counts files left out."""

    corpus: str
    settings: str
    phase: str
    tool: str
    rows: int
    differences: int
    broken: int
    seconds: float
    words: str


@contextlib.asynccontextmanager
async def engine_on(root: Path, tools: Sequence[str] = ()) -> AsyncIterator[Engine]:
    """Yield an engine that has checked `root` once with `tools`, all of them where empty."""
    checkers = tuple(load(name) for name in tools or names())
    async with open_engine(Setup(root, (), checkers, load_config(root))) as engine:
        await engine.run_once()
        yield engine


async def follow(engine: Engine, changes: Iterable[frozenset[str]]) -> None:
    """Tell `engine` of each change as its watcher would."""
    for paths in changes:
        await engine._follow(Change(paths, time.perf_counter()))


async def compare(engine: Engine, corpus: str, settings: str, phase: str) -> list[Round]:
    """Compare every tool of `engine` with its command, and note the figures."""
    rounds = []
    for tool in engine.checkers:
        began = time.perf_counter()
        verdict = await verify(engine, tool)
        if verdict.failure and await _fails_anyway(engine, tool):
            verdict = Verdict(tool, words=verdict.failure)
        rounds.append(
            Round(
                *(corpus, settings, phase, tool, verdict.rows),
                differences=len(verdict.missing) + len(verdict.extra) + bool(verdict.failure),
                broken=len(verdict.without),
                seconds=round(time.perf_counter() - began, 1),
                words=_words(verdict),
            )
        )
    _note(rounds)
    return rounds


async def _fails_anyway(engine: Engine, tool: str) -> bool:
    """Whether `tool` refuses the project as it is now, and says so in the same words.

    Random changes may take away what its settings name; then its command has no answer either.
    """
    ours = engine.snapshot.results[tool].outcome
    async with engine_on(engine.root, [tool]) as cold:
        return isinstance(ours, Failure) and cold.snapshot.results[tool].outcome == ours


def _note(rounds: Iterable[Round]) -> None:
    """Add `rounds` to the file that `COCKPIT_SAMENESS_LOG` names, if it does."""
    log = os.environ.get("COCKPIT_SAMENESS_LOG")
    if log:
        with Path(log).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(msgspec.to_builtins(one)) + "\n" for one in rounds)


def _words(verdict: Verdict) -> str:
    shown = [f"- {row!r}" for row in verdict.missing[:8]]
    shown += [f"+ {row!r}" for row in verdict.extra[:8]]
    return "\n".join([*filter(None, [verdict.failure, verdict.words]), *shown])


async def listed_anew(engine: Engine) -> tuple[str, ...]:
    """Return the files that there are: a stale list of files is none that `verify` would notice."""
    config = load_config(engine.root)
    return (await list_files(engine.root, config.exclude, config.extend_exclude)).paths


def differing(rounds: Iterable[Round]) -> list[str]:
    """Return a text for each comparison that shows a difference."""
    return [
        f"{one.corpus}, {one.settings}, {one.phase}: {one.tool}: {one.words}"
        for one in rounds
        if one.differences
    ]


def state(engine: Engine) -> dict[str, Comparable]:
    """Return everything that `engine` says now, in the form that is compared."""
    said = {}
    for name, checker in engine.checkers.items():
        report = engine.snapshot.results[name].outcome
        assert isinstance(report, Report), report
        fields = {field: getattr(report, field) for field in Concluded.__struct_fields__}
        said[name] = checker.comparable(Concluded(**fields))
    return said

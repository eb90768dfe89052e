"""The engine follows a project: nothing is lost, nothing is done twice, no failure looks clean."""

import asyncio
import concurrent.futures
import contextlib
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit.checkers import ruff as ruff_module
from cockpit.checkers.registry import load
from cockpit.config import Config
from cockpit.engine import Engine, Setup
from cockpit.errors import CheckerError
from cockpit.model import Failure, Report, Snapshot
from cockpit.scan import Scanner
from cockpit.store import Store
from cockpit.watch import Change
from cockpit.workers import Pool
from tests.live import Seen, following
from tests.project_edits import NoStore, answers, engine_for

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="workers talk over POSIX pipes"),
]

CLEAN = '"""A module."""\n\nVALUE = 1\nprint(VALUE)\n'
DIRTY = CLEAN + "import os\neval(input())\n"
ALL = ("ruff", "vulture", "interrogate", "bandit")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Workers for all tests that do not harm them."""
    one = Pool(2)
    yield one
    one.shutdown(cancel_futures=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder, "pyproject.toml", "")
    write(folder, "a.py", CLEAN)
    write(folder, "b.py", CLEAN)
    return folder


def write(root: Path, path: str, text: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def change(*paths: str) -> Change:
    return Change(frozenset(paths), time.perf_counter())


def rules(snapshot: Snapshot, checker: str) -> set[str]:
    report = snapshot.results[checker].outcome
    assert isinstance(report, Report), report
    return {finding.rule for finding in report}


def failure(engine: Engine, checker: str) -> Failure:
    outcome = engine.snapshot.results[checker].outcome
    assert isinstance(outcome, Failure), outcome
    return outcome


@pytest.mark.regression
async def test_settings_that_hold_at_the_next_start_are_told_of(root: Path, pool: Pool) -> None:
    engine = engine_for(root, pool, None, "bandit")
    await engine.run_once()
    for content, told in (('tools = ["ruff"]', True), ("workers = 1", True), ("", False)):
        write(root, "pyproject.toml", f"[tool.cockpit]\n{content}\n")
        await engine._follow(change("pyproject.toml"))
        assert any("started again" in note for note in engine.snapshot.notes) is told


@pytest.mark.regression
async def test_while_the_settings_are_wrong_the_note_says_which_hold(
    root: Path, pool: Pool
) -> None:
    engine = engine_for(root, pool, None, "bandit")
    await engine.run_once()
    for content, told in (
        (
            "extend-exclud = ['a']",
            " mended, the settings of before hold: the defaults.",
        ),
        ("fail-on = 'high'", ""),
        ("fail-no = 'low'", ' mended, the settings of before hold: fail-on = "high".'),
        ("", ""),
    ):
        write(root, "pyproject.toml", f"[tool.cockpit]\n{content}\n")
        await engine._follow(change("pyproject.toml"))
        (note,) = engine.snapshot.notes or ("",)
        assert note.endswith(told) and bool(note) is bool(told)


class Holding(concurrent.futures.Executor):
    """Does what an inner executor does, but holds jobs about `slow.py` until it is told to."""

    def __init__(self, inner: Pool) -> None:
        self._inner = inner
        self._free = threading.Event()
        self.held = 0

    def release(self) -> None:
        self._free.set()

    def submit(self, function: Any, /, *arguments: Any, **options: Any) -> Any:
        if b"slow.py" not in arguments[0] or self._free.is_set():
            return self._inner.submit(function, *arguments, **options)
        self.held += 1
        later: concurrent.futures.Future[bytes] = concurrent.futures.Future()

        def when_free() -> None:
            self._free.wait(60)
            later.set_result(self._inner.submit(function, *arguments, **options).result())

        threading.Thread(target=when_free, daemon=True).start()
        return later


@pytest.mark.regression
async def test_a_file_that_takes_long_holds_up_no_other_save(root: Path, pool: Pool) -> None:
    executor = Holding(pool)
    checkers = tuple(load(name) for name in ("ruff", "bandit"))
    engine = Engine(Setup(root, (), checkers, Config()), NoStore(), executor)
    async with following(engine):
        news = asyncio.Event()
        engine.subscribe(lambda _: news.set())
        async with asyncio.timeout(60):
            write(root, "slow.py", DIRTY)
            while not executor.held:
                await news.wait()
                news.clear()
            write(root, "a.py", DIRTY)
            while "a.py" not in getattr(engine.snapshot.report("bandit"), "files", {}):
                await news.wait()
                news.clear()
            assert engine.snapshot.results["bandit"].running
            assert "slow.py" not in getattr(engine.snapshot.report("bandit"), "files", {})
            before = engine.analysis.analysed
            for number in range(3):
                write(root, "slow.py", f"{DIRTY}# {number}\n")
                write(root, "b.py", f"x = {number}\n")
                while engine.analysis.analysed == before + number:  # so that each is a change
                    await news.wait()
                    news.clear()
            executor.release()
            while not engine.snapshot.fresh:
                await news.wait()
                news.clear()
        assert executor.held <= 2  # bandit's facts, and the scopes for ruff
        assert engine.analysis.analysed <= before + 3 + 2
        assert rules(engine.snapshot, "bandit") == {"B307"}


@pytest.mark.regression
async def test_a_project_whose_folder_goes_is_not_fresh_and_may_come_back(
    root: Path, pool: Pool
) -> None:
    async with following(engine_for(root, pool)) as seen:
        await asyncio.to_thread(root.rename, root.parent / "elsewhere")
        now = await seen.until(lambda now: now.fresh and now.files == 0)
        assert all(isinstance(one.outcome, Failure) for one in now.results.values())
        (root.parent / "elsewhere").rename(root)
        await seen.until(lambda now: now.fresh and now.files == 2)
        write(root, "a.py", DIRTY)
        now = await seen.until(lambda now: now.fresh and "B307" in rules(now, "bandit"))
        assert rules(now, "ruff") >= {"F401", "S307"}


# --- Settings that hang on what is there ---


@pytest.mark.regression
async def test_a_folder_that_settings_name_may_go_and_come_back(root: Path, pool: Pool) -> None:
    write(root, "pyproject.toml", '[tool.vulture]\npaths = ["pkg"]\n')
    write(root, "pkg/m.py", "import os\n")
    engine = engine_for(root, pool)
    await engine.run_once()
    assert rules(engine.snapshot, "vulture") == {"V104"}
    (root / "pkg").rename(root / "away")
    await engine._follow(change("pkg", "away"))
    assert "pkg could not be found" in failure(engine, "vulture").reason
    assert answers(engine.snapshot) == answers(await engine_for(root, pool).run_once())
    (root / "away").rename(root / "pkg")
    await engine._follow(change("pkg", "away"))
    assert rules(engine.snapshot, "vulture") == {"V104"}


# --- Saves ---


async def test_a_save_is_shown_by_every_tool(root: Path, pool: Pool) -> None:
    async with following(engine_for(root, pool)) as seen:
        write(root, "a.py", DIRTY)
        now = await seen.settled(1)
    assert now.changed == ("a.py",)
    assert rules(now, "ruff") >= {"F401", "S307"}
    assert rules(now, "vulture") == {"V104"}
    assert rules(now, "bandit") == {"B307"}


async def test_a_touch_runs_nothing(root: Path, pool: Pool) -> None:
    engine = engine_for(root, pool)
    await engine.run_once()
    before = engine.runs, engine.analysis.analysed, engine.snapshot
    os.utime(root / "a.py")
    await engine._follow(change("a.py", "b.py"))
    assert (engine.runs, engine.analysis.analysed, engine.snapshot) == before


@pytest.mark.regression
async def test_a_file_made_a_program_is_no_touch_to_ruff(root: Path, pool: Pool) -> None:
    write(root, "pyproject.toml", '[tool.ruff.lint]\nselect = ["EXE"]\n')
    async with following(engine_for(root, pool)) as seen:
        (root / "a.py").chmod(0o755)
        now = await seen.settled(1)
    assert rules(now, "ruff") == {"EXE002"}


@pytest.mark.regression
async def test_asking_one_tool_again_takes_no_file_from_the_others(root: Path, pool: Pool) -> None:
    engine = engine_for(root, pool, None, "bandit", "interrogate")
    await engine.run_once()
    write(root, "new/m.py", DIRTY)
    await engine._again("bandit")
    await engine._follow(change("new"))
    assert answers(engine.snapshot) == answers(
        await engine_for(root, pool, None, "bandit", "interrogate").run_once()
    )


async def test_asking_for_everything_again_looks_for_files_too(root: Path, pool: Pool) -> None:
    engine = engine_for(root, pool)
    await engine.run_once()
    write(root, "unheard_of.py", DIRTY)
    await engine._again(None)
    assert "unheard_of.py" in engine.listing.paths
    assert "unheard_of.py" in getattr(engine.snapshot.report("bandit"), "files", {})


async def test_a_lone_save_overtakes_a_run_over_everything(root: Path) -> None:
    for number in range(300):
        write(root, f"many/m{number}.py", f"def f{number}(a):\n    return a\n" * 60)
    pool = Pool(1)
    engine = engine_for(root, pool, None, "vulture", "bandit")
    seen = Seen(engine)
    task = asyncio.create_task(engine.run())
    await seen.until(lambda now: now.results["bandit"].done > 20)
    write(root, "a.py", DIRTY)
    now = await seen.until(lambda now: "a.py" in getattr(now.report("bandit"), "files", {}))
    assert now.results["bandit"].running and now.results["bandit"].done < 301
    await seen.until(lambda now: now.fresh)
    await engine.stop()
    await task
    pool.shutdown(cancel_futures=True)


@pytest.mark.slow
async def test_a_thousand_files_at_once_are_at_most_two_runs(root: Path, pool: Pool) -> None:
    for number in range(1000):
        write(root, f"many/m{number}.py", f"VALUE_{number} = 1\n")
    engine = engine_for(root, pool)
    async with following(engine) as seen:
        before = engine.runs
        for number in range(1000):
            write(root, f"many/m{number}.py", f"OTHER_{number} = eval('1')\n")
        await seen.until(lambda now: now.fresh and len(now.report("bandit").files) == 1000)  # type: ignore[union-attr]
        assert engine.runs - before <= 2
    cold = await engine_for(root, pool).run_once()
    assert answers(engine.snapshot) == answers(cold)


async def test_a_change_in_the_midst_of_a_run_is_not_lost(root: Path, pool: Pool) -> None:
    for number in range(60):
        write(root, f"many/m{number}.py", f"def f{number}(a):\n    return a\n" * 40)
    engine = engine_for(root, pool)
    seen = Seen(engine)
    task = asyncio.create_task(engine.run())
    await seen.until(lambda now: now.results["bandit"].done > 0 or now.fresh)
    write(root, "many/m59.py", DIRTY)
    await seen.until(lambda now: now.fresh and "B307" in rules(now, "bandit"))
    await seen.until(lambda now: now.fresh and "F401" in rules(now, "ruff"))
    assert engine.runs <= 2
    await engine.stop()
    await task


@pytest.mark.regression
async def test_a_folder_that_was_moved_is_followed(root: Path, pool: Pool) -> None:
    """The system tells of the folder, not of the files in it."""
    write(root, "old/m.py", DIRTY)
    engine = engine_for(root, pool)
    await engine.run_once()
    (root / "old").rename(root / "new")
    await engine._follow(change("old", "new"))
    for name in ALL:
        assert set(engine.snapshot.report(name).files) <= {"new/m.py"}, name  # type: ignore[union-attr]
    assert "B307" in rules(engine.snapshot, "bandit")
    (root / "new").rename(root / "old")
    await engine._follow(change("old", "new"))
    write(root, "old/m.py", CLEAN)
    await engine._follow(change("old/m.py"))
    assert not rules(engine.snapshot, "bandit")


@pytest.mark.regression
async def test_a_revert_is_a_change_although_nothing_is_analysed(
    root: Path, pool: Pool, tmp_path: Path
) -> None:
    store = Store(tmp_path / "store")
    engine = engine_for(root, pool, store, "vulture")
    await engine.run_once()
    for text in (DIRTY, CLEAN):
        write(root, "a.py", text)
        generation, analysed = engine.snapshot.generation, engine.analysis.analysed
        await engine._follow(change("a.py"))
        assert engine.snapshot.generation == generation + 1
    assert engine.analysis.analysed == analysed
    store.close()


@pytest.mark.regression
async def test_content_that_came_and_went_during_a_run_is_no_touch(tmp_path: Path) -> None:
    """The event tells of the old content again, but what was read was the new."""
    write(tmp_path, "a.py", CLEAN)
    scanner = Scanner(tmp_path)
    scanner.read(["a.py"])
    write(tmp_path, "a.py", DIRTY)
    scanner.read(["a.py"])
    write(tmp_path, "a.py", CLEAN)
    assert scanner.changed(["a.py"]) == ["a.py"]


@pytest.mark.regression
async def test_what_was_read_earlier_does_not_replace_what_was_read_later(
    root: Path, pool: Pool
) -> None:
    engine = engine_for(root, pool, None, "bandit")
    await engine.run_once()
    lane = engine._file_lanes[0]
    earlier = engine._scanner.read(["a.py"])[0]
    write(root, "a.py", DIRTY)
    await engine._follow(change("a.py"))
    assert lane.wants(earlier, "a") is None
    assert "B307" in rules(engine.snapshot, "bandit")


async def test_facts_of_an_older_content_are_dropped(root: Path, pool: Pool) -> None:
    engine = engine_for(root, pool, None, "bandit")
    await engine.run_once()
    lane = engine._file_lanes[0]
    keys = []
    for text in (DIRTY, CLEAN + "# end\n"):
        write(root, "a.py", text)
        keys.append(lane.wants(engine._scanner.read(["a.py"])[0], "a"))
    older, newer = keys
    assert older is not None and newer is not None
    lane.put("a.py", older, b"not even facts")
    assert lane.running
    lane.fail("a.py", newer, "a later answer")
    assert not lane.running


@pytest.mark.regression
async def test_a_job_is_sent_with_the_options_of_its_key(
    root: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts made with newer options must not be kept under the key of the older ones."""
    engine = engine_for(root, pool, None, "bandit")
    write(root, "a.py", DIRTY)
    await engine.run_once()
    lane = engine._file_lanes[0]
    lane.restart()
    lane.enqueue(["a.py"])
    scanned = engine._scanner.read(["a.py"])
    need = (await engine.analysis._look_up([lane], scanned, dict, use_store=False))[0]
    assert lane.settings is not None
    facts = lane.settings.facts
    write(root, "pyproject.toml", '[tool.bandit]\nskips = ["B307"]\n')
    await engine._files.resolve()
    assert lane.settings.facts != facts
    assert need.options["bandit"] == facts


# --- Settings ---


async def test_settings_take_effect_on_save(root: Path, pool: Pool) -> None:
    write(root, "a.py", DIRTY)
    async with following(engine_for(root, pool)) as seen:
        write(
            root, "pyproject.toml", '[tool.bandit]\nskips = ["B307"]\n[tool.ruff]\nignore=["F"]\n'
        )
        now = await seen.settled(1)
    assert rules(now, "bandit") == set()
    assert "F401" not in rules(now, "ruff")


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("vulture", "[tool.vulture]\nno_such_key = 1\n"),
        ("bandit", '[tool.bandit]\ntests = ["B101"]\nskips = ["B101"]\n'),
        ("ruff", "[tool.ruff]\nno-such-key = 1\n"),
    ],
)
async def test_settings_that_a_tool_refuses_fail_it_alone_and_mending_heals(
    root: Path, pool: Pool, tool: str, text: str
) -> None:
    engine = engine_for(root, pool)
    await engine.run_once()
    write(root, "pyproject.toml", text)
    await engine._follow(change("pyproject.toml"))
    refused = failure(engine, tool)
    assert refused.reason and refused.hint and refused.words
    assert isinstance(engine.snapshot.results[tool].last, Report), "the old report stays"
    for other in set(ALL) - {tool}:
        assert isinstance(engine.snapshot.results[other].outcome, Report), other
    write(root, "pyproject.toml", "")
    await engine._follow(change("pyproject.toml"))
    assert isinstance(engine.snapshot.results[tool].outcome, Report)


@pytest.mark.regression
async def test_tools_that_new_settings_do_not_concern_come_to_rest(root: Path, pool: Pool) -> None:
    for number in range(60):
        write(root, f"many/m{number}.py", f"VALUE_{number} = 1\n")
    engine = engine_for(root, pool)
    await engine.run_once()
    engine.subscribe(lambda _: None)
    engine._announcer._told = 0.0
    write(root, "pyproject.toml", "[tool.vulture]\nno_such_key = 1\n")
    await engine._follow(change("pyproject.toml"))
    assert engine.snapshot.fresh


# --- Failures ---


def fake_ruff(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "ruff"
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ruff_module, "binary", lambda: str(program))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo boom >&2; exit 2", "boom"),
        ("echo this is no JSON; exit 1", "not a diagnostic"),
        ("sleep 600", "took longer than 0.5 s"),
    ],
)
async def test_a_broken_command_is_a_failure_and_heals(
    root: Path,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    words: str,
) -> None:
    write(root, "a.py", DIRTY)
    engine = engine_for(root, pool, None, "ruff", config=Config(timeout=0.5))
    engine._command_lanes[0]._timeout = 60.0
    await engine.run_once()
    engine._command_lanes[0]._timeout = 0.5
    with monkeypatch.context() as patch:
        fake_ruff(root.parent, body, patch)
        write(root, "a.py", DIRTY + "# more\n")
        await engine._follow(change("a.py"))
    broken = failure(engine, "ruff")
    assert words in broken.reason
    assert broken.hint or broken.words
    assert "F401" in {one.rule for one in engine.snapshot.report("ruff") or ()}
    engine._command_lanes[0]._timeout = 60.0
    write(root, "a.py", DIRTY)
    await engine._follow(change("a.py"))
    assert "F401" in rules(engine.snapshot, "ruff")


@pytest.mark.regression
async def test_a_file_that_a_failed_run_was_about_is_made_up_for_by_the_next(
    root: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "b.py", "x = 1\n")
    engine = engine_for(root, pool, None, "ruff")
    await engine.run_once()
    with monkeypatch.context() as patch:
        fake_ruff(root.parent, "exit 2", patch)
        write(root, "a.py", DIRTY)
        await engine._follow(change("a.py"))
    failure(engine, "ruff")
    write(root, "b.py", "x = 2\n")
    await engine._follow(change("b.py"))
    assert "F401" in rules(engine.snapshot, "ruff")


@pytest.mark.regression
@pytest.mark.parametrize("listing", [f'exec {ruff_module.binary()} "$@"', "exit 2"])
async def test_a_tree_that_a_failed_run_was_about_is_made_up_for_by_the_next(
    root: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch, listing: str
) -> None:
    write(root, "a.py", DIRTY)
    write(root, "b.py", "x = 1\n")
    engine = engine_for(root, pool, None, "ruff")
    with monkeypatch.context() as patch:
        fake_ruff(root.parent, f'case "$*" in *--show-files*) {listing};; esac; exit 2', patch)
        await engine.run_once()
    failure(engine, "ruff")
    write(root, "b.py", "x = 2\n")
    await engine._follow(change("b.py"))
    assert "F401" in rules(engine.snapshot, "ruff")


async def test_a_command_that_a_signal_ends_names_the_file(
    root: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_for(root, pool, None, "ruff")
    await engine.run_once()
    fake_ruff(root.parent, "kill -9 $$", monkeypatch)
    write(root, "a.py", DIRTY)
    await engine._follow(change("a.py"))
    report = engine.snapshot.report("ruff")
    assert report is not None
    assert [error.path for error in report.errors] == ["a.py"]


@pytest.mark.parametrize("tool", ALL)
async def test_a_tool_that_is_not_installed_is_a_failure_until_it_is(
    root: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    def missing(_self: object) -> str:
        raise CheckerError(f"{tool} is not installed", "Install it.")

    engine = engine_for(root, pool)
    with monkeypatch.context() as patch:
        patch.setattr(type(load(tool)), "version", missing)
        async with following(engine) as seen:
            assert failure(engine, tool) == Failure(f"{tool} is not installed", "Install it.")
            for other in set(ALL) - {tool}:
                assert isinstance(engine.snapshot.results[other].outcome, Report), other
            patch.undo()
            engine.rerun(tool)
            await seen.until(lambda now: isinstance(now.results[tool].outcome, Report))


async def test_a_project_without_a_file_is_no_clean_one(tmp_path: Path, pool: Pool) -> None:
    engine = engine_for(tmp_path, pool)
    await engine.run_once()
    for name in ALL:
        assert "file" in failure(engine, name).reason


async def test_a_file_that_kills_its_worker_is_named_and_no_other_is_lost(
    root: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    from tests import deadly_jobs

    monkeypatch.setattr("cockpit.jobs.analyse", deadly_jobs.analyse)
    for number in range(5):
        write(root, f"m{number}.py", DIRTY)
    write(root, "deadly.py", "DEADLY = 1\n")
    own = Pool(2)
    engine = engine_for(root, own, None, "vulture", "bandit")
    await engine.run_once()
    own.shutdown(cancel_futures=True)
    for name in ("vulture", "bandit"):
        report = engine.snapshot.report(name)
        assert report is not None
        assert {error.path for error in report.errors} == {"deadly.py"}
        assert "killed" in report.errors[0].message
        assert {f"m{number}.py" for number in range(5)} <= report.files.keys()


async def test_workers_killed_from_outside_again_and_again_lose_nothing(
    root: Path, pool: Pool
) -> None:
    for number in range(40):
        write(root, f"many/m{number}.py", f"def f{number}(a):\n    return eval(a)\n" * 30)
    cold = await engine_for(root, pool, None, "vulture", "bandit").run_once()
    own = Pool(2)
    engine = engine_for(root, own, None, "vulture", "bandit")
    task = asyncio.create_task(engine.run_once())
    killed: set[int] = set()
    while len(killed) < 10 and not task.done():
        for pid in set(own.pids()) - killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        await asyncio.wait({task}, timeout=0.05)
    warm = await task
    own.shutdown(cancel_futures=True)
    assert len(killed) >= 10
    assert answers(warm) == answers(cold)


# --- What others ask for ---


async def test_rerun_asks_again_without_the_store(root: Path, pool: Pool, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    engine = engine_for(root, pool, store)
    async with following(engine) as seen:
        before, analysed = engine.snapshot.generation, engine.analysis.analysed
        engine.rerun("bandit")
        now = await seen.settled(before)
        assert engine.analysis.analysed == analysed + 2
        assert isinstance(now.results["bandit"].outcome, Report)
    store.close()


async def test_paused_it_does_nothing_and_then_catches_up(root: Path, pool: Pool) -> None:
    engine = engine_for(root, pool)
    async with following(engine) as seen:
        engine.pause(True)
        assert engine.snapshot.paused
        runs = engine.runs
        write(root, "a.py", DIRTY)
        write(root, "c.py", DIRTY)
        await seen.until(lambda now: now.missed == 2)
        assert engine.runs == runs
        resumed, before = time.perf_counter(), engine.snapshot.generation
        engine.pause(False)
        await seen.until(
            lambda now: now.fresh and {"a.py", "c.py"} <= now.report("bandit").files.keys()  # type: ignore[union-attr]
        )
        assert not engine.snapshot.paused and not engine.snapshot.missed
        await seen.settled(before)
        assert engine.snapshot.seconds <= time.perf_counter() - resumed, "the pause does not count"


# --- The store ---


async def test_a_second_start_analyses_nothing(root: Path, pool: Pool, tmp_path: Path) -> None:
    write(root, "a.py", DIRTY)
    found = []
    for expected in (2, 0):
        store = Store(tmp_path / "store")
        engine = engine_for(root, pool, store)
        found.append(answers(await engine.run_once()))
        assert engine.analysis.analysed == expected
        store.close()
    assert found[0] == found[1]


async def test_a_damaged_store_changes_no_answer(root: Path, pool: Pool, tmp_path: Path) -> None:
    write(root, "a.py", DIRTY)
    cold = await engine_for(root, pool).run_once()
    folder = tmp_path / "store"
    store = Store(folder)
    await engine_for(root, pool, store).run_once()
    store.close()
    for file in folder.glob("*.sqlite*"):
        content = bytearray(file.read_bytes())
        for offset in range(100, len(content), 50):
            content[offset] ^= 0xFF
        file.write_bytes(content)
    store = Store(folder)
    warm = await engine_for(root, pool, store).run_once()
    store.close()
    assert answers(warm) == answers(cold)


async def test_two_engines_share_one_store(root: Path, pool: Pool, tmp_path: Path) -> None:
    for number in range(50):
        write(root, f"m{number}.py", DIRTY)
    stores = [Store(tmp_path / "store") for _ in range(2)]
    both = await asyncio.gather(*(engine_for(root, pool, store).run_once() for store in stores))
    for store in stores:
        store.close()
    cold = await engine_for(root, pool).run_once()
    assert [answers(one) for one in both] == [answers(cold)] * 2

"""Commands run, and none of them outlives cockpit."""

import asyncio
import contextlib
import gc
import io
import os
import random
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from cockpit import janitor, process
from cockpit.guard import GUARD
from cockpit.pipes import Outlet
from cockpit.process import CannotStart, TimedOut, TooMuchOutput, clean_env, python, run
from tests.descendants import Family, family, wait_until

pytestmark = pytest.mark.integration

posix = pytest.mark.skipif(sys.platform == "win32", reason="process groups are a POSIX thing")


def left(folder: Path) -> list[psutil.Process]:
    """Everyone who runs in `folder`, whose child ever it is by now."""
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.cwd() == str(folder.resolve()) and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found


def zombies() -> list[psutil.Process]:
    return [
        child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE
    ]


# --- What a command says ---


async def test_a_command_gives_its_code_output_and_errors(tmp_path: Path) -> None:
    script = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    done = await run(python("-c", script), tmp_path, timeout=30)
    assert (done.code, done.output.split(), done.errors.split()) == (3, [b"out"], [b"err"])


async def test_the_code_of_a_killed_command_is_the_negative_signal(tmp_path: Path) -> None:
    script = "import os; os.kill(os.getpid(), 9)"
    done = await run(python("-c", script), tmp_path, timeout=30)
    assert done.code == -signal.SIGKILL


async def test_input_larger_than_a_pipe_arrives_whole(tmp_path: Path) -> None:
    script = "import sys; print(len(sys.stdin.buffer.read()))"
    done = await run(python("-c", script), tmp_path, timeout=30, stdin=b"x" * 3_000_000)
    assert done.output.strip() == b"3000000"


async def test_a_command_that_ignores_its_input_is_no_error(tmp_path: Path) -> None:
    done = await run(python("-c", ""), tmp_path, timeout=30, stdin=b"x" * 3_000_000)
    assert done.code == 0


async def test_a_command_without_input_reads_nothing_and_has_no_terminal(tmp_path: Path) -> None:
    script = "import sys; print(repr(sys.stdin.read()), sys.stdin.isatty())"
    done = await run(python("-c", script), tmp_path, timeout=30)
    assert done.output.split() == [b"''", b"False"]


async def test_lines_are_streamed_whole_and_not_kept(tmp_path: Path) -> None:
    script = "import sys; sys.stdout.write('a\\n\\n' + 'b' * 3_000_000 + '\\nc\\r\\nlast')"
    lines: list[bytes] = []
    done = await run(python("-c", script), tmp_path, timeout=30, on_line=lines.append)
    assert lines == [b"a", b"", b"b" * 3_000_000, b"c\r", b"last"]
    assert done.output == b""


async def test_only_the_last_words_of_stderr_are_kept(tmp_path: Path) -> None:
    script = "import sys; sys.stderr.write('x' * 1_000_000 + 'the end')"
    done = await run(python("-c", script), tmp_path, timeout=30)
    assert done.errors.endswith(b"the end")
    assert len(done.errors) == process.WORDS


async def test_endless_output_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(TooMuchOutput, match="more than 1 MiB"):
        await run(("yes",), tmp_path, timeout=30, limit=1 << 20)
    wait_until(lambda: not left(tmp_path), "the end of all")


async def test_an_endless_line_is_cut_off(tmp_path: Path) -> None:
    script = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with pytest.raises(TooMuchOutput):
        await run(python("-c", script), tmp_path, timeout=30, limit=1 << 20, on_line=len)


async def test_what_the_reader_of_lines_raises_ends_the_command(tmp_path: Path) -> None:
    def refuse(line: bytes) -> None:
        raise LookupError(line)

    with pytest.raises(LookupError, match="y"):
        await run(("yes",), tmp_path, timeout=30, on_line=refuse)
    wait_until(lambda: not left(tmp_path), "the end of all")


async def test_a_flood_of_lines_leaves_the_event_loop_to_others(tmp_path: Path) -> None:
    script = "import sys\nfor _ in range(300_000): sys.stdout.write('x' * 99 + '\\n')"
    turns = count = 0

    def take(line: bytes) -> None:
        nonlocal count
        count += 1

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    await run(python("-c", script), tmp_path, timeout=60, on_line=take)
    other.cancel()
    assert count == 300_000
    assert turns > 50  # about one a slice of 64 KiB; a single one if it came in one piece


async def test_a_pipe_that_never_runs_dry_leaves_the_event_loop_to_others() -> None:
    endless = Path("/dev/zero").open("rb", buffering=0)  # noqa: ASYNC230, SIM115
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    with endless as pipe:
        outlet = Outlet(pipe)
        for _ in range(100):
            assert await outlet.read()
    other.cancel()
    assert turns >= 100


# --- How a command ends ---


@posix
async def test_a_time_limit_ends_the_whole_group_and_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(TimedOut, match=r"sh took longer than 0.2 s") as caught:
        await run(("sh", "-c", "sleep 4711 & sleep 4711"), tmp_path, timeout=0.2)
    assert "`timeout`" in caught.value.hint
    wait_until(lambda: not left(tmp_path), "the group's end")


@posix
async def test_a_cancelled_command_is_killed_though_it_ignores_sigterm(tmp_path: Path) -> None:
    script = "trap '' TERM; touch ready; while :; do sleep 4712; done"
    task = asyncio.create_task(run(("sh", "-c", script), tmp_path, timeout=None))
    await asyncio.to_thread(wait_until, (tmp_path / "ready").exists, "the trap")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    wait_until(lambda: not left(tmp_path), "the end of all")
    assert not zombies()


@posix
@pytest.mark.parametrize("patience", [0.0, 0.0005, 0.002, 0.01])
async def test_a_command_cancelled_at_any_moment_leaves_nothing(
    tmp_path: Path, patience: float
) -> None:
    tasks = [asyncio.create_task(run(("sleep", "4713"), tmp_path, timeout=None)) for _ in range(10)]
    await asyncio.sleep(patience)
    for task in tasks:
        task.cancel()
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()  # a second time, while they clear up
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    wait_until(lambda: not left(tmp_path), "the commands' end")
    assert not zombies()
    assert not GUARD.groups


@posix
async def test_whom_a_command_leaves_behind_in_its_group_is_killed(tmp_path: Path) -> None:
    began = time.monotonic()
    done = await run(("sh", "-c", "sleep 4714 & echo done"), tmp_path, timeout=30)
    assert done.output == b"done\n"
    assert time.monotonic() - began < 10
    wait_until(lambda: not left(tmp_path), "its end")


@pytest.mark.skipif(sys.platform != "linux", reason="needs setsid(1)")
async def test_who_leaves_the_group_and_keeps_the_pipe_holds_nobody_up(tmp_path: Path) -> None:
    script = (
        "setsid sh -c 'echo $$ > pid; exec sleep 4715' & while [ ! -s pid ]; do :; done; echo ok"
    )
    done = await run(("sh", "-c", script), tmp_path, timeout=30)
    assert done.output == b"ok\n"
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    await run(python("-c", ""), tmp_path, timeout=30)  # the janitor's pipe stays
    before = psutil.Process().num_fds()
    for _ in range(5):
        await run(python("-c", "print()"), tmp_path, timeout=30, stdin=b"x")
        with pytest.raises(TimedOut):
            await run(("sleep", "9"), tmp_path, timeout=0.01)
    gc.collect()
    assert psutil.Process().num_fds() == before


def test_any_child_watcher_and_any_thread_will_do(tmp_path: Path) -> None:
    async def twice() -> list[int]:
        done = [await run(python("-c", ""), tmp_path, timeout=30) for _ in range(2)]
        return [one.code for one in done]

    async def in_thread() -> list[int]:
        return await asyncio.to_thread(lambda: asyncio.run(twice()))

    assert asyncio.run(twice()) == [0, 0]
    assert asyncio.run(in_thread()) == [0, 0]


# --- What cannot start ---


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="no-such-tool is not installed"):
        await run(("no-such-tool",), tmp_path, timeout=30)


async def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("not a program")
    with pytest.raises(CannotStart, match="could not be started: Permission denied"):
        await run((str(tmp_path / "tool"),), tmp_path, timeout=30)


async def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"the folder .*gone is gone"):
        await run(("true",), tmp_path / "gone", timeout=30)


async def test_too_long_a_command_line_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="could not be started"):
        await run(("true", *("x" * 100_000 for _ in range(100))), tmp_path, timeout=30)


# --- The environment ---


def test_what_changes_answers_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUFF_SELECT", "RUFF_CONFIG", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "FORCE_COLOR"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("COCKPIT_TEST", "kept")
    env = clean_env({"MORE": "yes"})
    assert not {"RUFF_SELECT", "RUFF_CONFIG", "PYTHONWARNINGS", "FORCE_COLOR"} & set(env)
    assert (env["COCKPIT_TEST"], env["MORE"]) == ("kept", "yes")


@pytest.mark.security
def test_relative_folders_are_not_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", "bin", str(tmp_path))))
    monkeypatch.setenv("PYTHONPATH", ".")
    env = clean_env()
    assert env["PATH"] == str(tmp_path)
    assert "PYTHONPATH" not in env


@pytest.mark.security
async def test_a_program_in_the_project_is_not_taken_for_a_tool(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trap = tmp_path / "no-such-tool"
    trap.write_text("#!/bin/sh\ntouch sprung\n")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(CannotStart):
        await run(("no-such-tool",), tmp_path, timeout=30)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.security
@pytest.mark.parametrize("variable", ["", ".", os.pathsep])
async def test_a_project_cannot_pass_its_modules_off_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("vulture", "ast", "cockpit", "sitecustomize", "usercustomize", "runpy"):
        (tmp_path / f"{name}.py").write_text("open('sprung', 'w')\n")
    monkeypatch.setenv("PYTHONPATH", variable)
    done = await run(python("-m", "vulture", "--version"), tmp_path, timeout=30)
    assert (done.code, done.output.split()[:1]) == (0, [b"vulture"])
    assert not (tmp_path / "sprung").exists()


# --- However cockpit ends ---

_PROGRAM = """
import asyncio, sys, threading
from pathlib import Path
from cockpit import process, workers
from tests import worker_jobs

async def main():
    pool = workers.Pool(2, preload=())
    jobs = [pool.submit(worker_jobs.compute, b"") for _ in range(2)]
    here = Path()
    commands = [
        ("sleep", "4720"),
        ("sh", "-c", "trap '' TERM INT HUP; sleep 4721; sleep 4721"),
        ("sh", "-c", "setsid sleep 4722 & sleep 4722"),
    ]
    tasks = [asyncio.create_task(process.run(one, here, timeout=None)) for one in commands]
    await asyncio.sleep(0.001)
    print("ready", flush=True)
    await {ending}

asyncio.run(main())
"""
_ENDINGS = {
    "returns": "asyncio.sleep(0.1)",
    "fails": "asyncio.wait_for(asyncio.sleep(9), 0.1)",
    "exits": "asyncio.to_thread(lambda: sys.exit(3))",
}


def running(one: Family) -> bool:
    """Whether all that `_PROGRAM` starts is there."""
    names = one.names()
    commands = {"sleep 4720", "sleep 4721", "sleep 4722"} <= set(names)
    ours = all(any(word in name for name in names) for word in ("janitor.py", "-m cockpit.worker"))
    return commands and ours


@posix
@pytest.mark.parametrize("ending", list(_ENDINGS))
def test_nothing_outlives_a_program_that(ending: str, tmp_path: Path) -> None:
    with family(_PROGRAM.replace("{ending}", _ENDINGS[ending]), tmp_path) as one:
        one.program.wait(30)
        one.wait_gone()


@posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGABRT"])
def test_nothing_outlives_a_program_that_gets(name: str, tmp_path: Path) -> None:
    with family(_PROGRAM.replace("{ending}", "asyncio.sleep(1000)"), tmp_path) as one:
        wait_until(lambda: running(one), "all children")
        one.program.send_signal(getattr(signal, name))
        one.program.wait(30)
        one.wait_gone()


@posix
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_nothing_outlives_a_program_killed_at_any_moment(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    with family(_PROGRAM.replace("{ending}", "asyncio.sleep(1000)"), tmp_path) as one:
        assert one.program.stdout is not None
        if seed % 2:  # while it starts its children, or soon after
            one.program.stdout.readline()
        time.sleep(chance.uniform(0, 0.2))
        one.program.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM)))
        one.program.wait(30)
        one.wait_gone()


@posix
def test_nothing_outlives_a_program_though_its_janitor_was_killed_once(tmp_path: Path) -> None:
    with family(_PROGRAM.replace("{ending}", _LATER), tmp_path) as one:
        wait_until(lambda: running(one), "all children")
        first = [member for member in one.members() if "janitor.py" in str(member.cmdline())]
        first[0].kill()
        (tmp_path / "go").touch()
        wait_until(lambda: "sleep 4723" in one.names(), "another command")
        one.program.kill()
        one.program.wait(30)
        one.wait_gone()


_LATER = """asyncio.to_thread(lambda: [None for _ in iter(Path("go").exists, True)])
    await process.run(("sleep", "4723"), here, timeout=None)"""


@posix
def test_a_janitor_is_deaf_to_all_but_the_end_of_its_pipe(tmp_path: Path) -> None:
    with family(_PROGRAM.replace("{ending}", "asyncio.sleep(1000)"), tmp_path) as one:
        wait_until(lambda: running(one), "all children")
        mops = [member for member in one.members() if "janitor.py" in str(member.cmdline())]
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
            mops[0].send_signal(number)
        one.program.kill()
        one.program.wait(30)
        one.wait_gone()


@posix
def test_kill_all_ends_everything_and_starts_nothing_more(tmp_path: Path) -> None:
    script = """
import asyncio
from pathlib import Path
from cockpit import process

async def main():
    task = asyncio.create_task(process.run(("sleep", "4724"), Path(), timeout=None))
    await asyncio.sleep(0.05)
    process.kill_all()
    print((await task).code)
    try:
        await process.run(("sleep", "4724"), Path(), timeout=None)
    except process.CannotStart as error:
        print(error)

asyncio.run(main())
"""
    with family(script, tmp_path) as one:
        assert one.program.stdout is not None
        said = one.program.stdout.read().split(b"\n")
        assert said == [b"-9", b"cockpit is closing: nothing more is started", b""]


@posix
def test_a_fork_of_cockpit_does_not_end_its_children(tmp_path: Path) -> None:
    script = """
import asyncio, atexit, os
from pathlib import Path
from cockpit import process

async def main():
    command = ("sh", "-c", "sleep 0.2; echo alive")
    task = asyncio.create_task(process.run(command, Path(), timeout=None))
    while not process.GUARD.groups:
        await asyncio.sleep(0)
    if not (pid := os.fork()):
        atexit._run_exitfuncs()
        os._exit(0)
    os.waitpid(pid, 0)
    print((await task).output)

asyncio.run(main())
"""
    with family(script, tmp_path) as one:
        assert one.program.stdout is not None
        assert b"alive" in one.program.stdout.read()


# --- The janitor ---


class Killed:
    """Whom the janitor would have killed; in a test of it nobody is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[int] = []
        self.processes: list[int] = []
        monkeypatch.setattr(janitor.os, "killpg", lambda pid, _: self.groups.append(pid))
        monkeypatch.setattr(janitor.os, "kill", lambda pid, _: self.processes.append(pid))


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Killed:
    return Killed(monkeypatch)


def serve(words: bytes, mark: str = f"{janitor.MARK}={'0' * 32}") -> None:
    """Have the janitor hear `words` and then the end of cockpit."""
    janitor.serve(io.BufferedReader(io.BytesIO(words)), mark)  # type: ignore[arg-type]


@pytest.mark.unit
def test_a_group_whose_number_is_another_s_by_now_is_spared(
    killed: Killed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(janitor, "birth", {11: b"10", 12: b"999", 13: b""}.get)
    serve(b"+11 10\n+12 20\n+13 30\n+14 40\n-14\nbye\n")
    assert killed.groups == [11, 13]  # 13 has no leader any more: what is left of it is ours
    assert killed.processes == []


@pytest.mark.unit
@pytest.mark.regression
def test_half_a_word_harms_nobody(killed: Killed) -> None:
    serve(b"bye\n+12")  # of "+12345 678": cockpit was killed as it wrote
    assert (killed.groups, killed.processes) == ([], [])


@pytest.mark.unit
@pytest.mark.regression
@pytest.mark.parametrize("mark", ["", "COCKPIT_CHILD", "COCKPIT_CHILD=", "COCKPIT_CHILD=12"])
def test_a_mark_that_others_may_carry_is_refused(killed: Killed, mark: str) -> None:
    # An empty one is in every environment: taken for a mark, it once killed every process.
    with pytest.raises(ValueError, match="anyone's"):
        serve(b"bye\n", mark)
    assert (killed.groups, killed.processes) == ([], [])


@pytest.mark.unit
@pytest.mark.parametrize("pid", [1, 0, -1])
def test_no_group_is_ever_everyone(killed: Killed, pid: int) -> None:
    with pytest.raises(ValueError, match="no group of ours"):
        janitor.end_group(pid, signal.SIGKILL)
    assert (killed.groups, killed.processes) == ([], [])


@pytest.mark.unit
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_births_differ_between_processes_and_stay() -> None:
    assert janitor.birth(os.getpid()) == janitor.birth(os.getpid()) != janitor.birth(1)
    assert janitor.birth(2**30) == b""

"""Attaching memray to what runs: with the real debuggers, and never to what it would hurt.

Whatever goes wrong, the process that is meant goes on: that is what most of these tests are about.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.memory import attach, inject, installed, rehearsal
from cockpit.memory.attach import Attached, Judgement, judge, rehearsed, what_will_happen
from cockpit.memory.captures import Captures
from cockpit.memory.debuggers import Debugger, debuggers, version_in
from cockpit.memory.model import Live
from cockpit.memory.rehearsal import Rehearsal, rehearse, remembered
from cockpit.places import state_folder
from cockpit.profilers.target import pin
from tests.profilers.targets import running

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="what is proven here is Linux's ptrace"),
]
#: Holds what can be found again, and says at the end that nothing happened to it.
HOLDS = """
import sys, time

def hold(n):
    return [bytearray(n) for _ in range(20)]

kept = []
print("ready", flush=True)
for line in iter(lambda: time.sleep(0.02), 0):
    kept = hold(3000)
"""
SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")


def _may_trace() -> bool:
    scope = int(SCOPE.read_text()) if SCOPE.exists() else 0
    return scope == 0 or os.geteuid() == 0


def needs(debugger: str) -> pytest.MarkDecorator:
    """Skip where a real debugger cannot be had, and say so."""
    if not shutil.which(debugger):
        return pytest.mark.skip(reason=f"{debugger} is not installed")
    return pytest.mark.skipif(not _may_trace(), reason="ptrace is not allowed here")


@pytest.fixture
def target() -> Iterator[subprocess.Popen]:
    with running(HOLDS) as child:
        yield child


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Note every command that is started."""
    commands: list[tuple[str, ...]] = []
    start = process.start

    def noted(argv: Any, *args: Any, **options: Any) -> Any:
        commands.append(tuple(argv))
        return start(argv, *args, **options)

    monkeypatch.setattr(process, "start", noted)
    return commands


@pytest.fixture
def state() -> Path:
    return state_folder()


async def way(method: str) -> Debugger:
    return next(one for one in await debuggers() if one.method == method)


@contextlib.asynccontextmanager
async def judged(child: subprocess.Popen) -> AsyncIterator[Judgement]:
    yield await judge(pin(child.pid))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 -- another process is waited for
            await asyncio.sleep(0.01)


# --- With real debuggers ------------------------------------------------------------------------


@needs("lldb")
async def test_with_lldb_a_process_is_tracked_for_a_while_and_goes_on(
    target: subprocess.Popen, state: Path, tmp_path: Path
) -> None:
    judgement = await judge(pin(target.pid))
    assert judgement.memray
    judgement = Judgement(
        judgement.target,
        judgement.interpreter,
        judgement.version,
        judgement.memray,
        [await way("lldb")],
    )
    found = await rehearsed(judgement, state)
    assert (found.method, found.ok, found.reason) == ("lldb", True, "")
    assert "for 5 s" in what_will_happen(judgement, found, 5)
    captures = Captures(tmp_path, tmp_path)
    attached = Attached(judgement, found, captures, 5)
    await attached.attach()
    assert target.poll() is None
    with pytest.raises(CockpitError, match=r"tracks process .* already"):
        await judge(pin(target.pid))
    pictures: list[Live] = []
    await asyncio.wait_for(attached.follow(pictures.append), 60)
    names = {row.place.name for one in pictures for row in one.rows}
    assert names & {"hold", "<listcomp>"}, "what the process did is seen live"
    assert attached.ending == "Tracking has ended; the process goes on."
    capture = captures.list()[0]
    assert (capture.standing, capture.pid) == ("complete", target.pid)
    assert stat.S_IMODE(Path(capture.path).stat().st_mode) == 0o600
    assert pin(target.pid).standing == "running"
    again = await rehearse(judgement.interpreter, judgement.memray, await way("lldb"), state)
    assert again.known, "what was found is remembered"


@needs("gdb")
async def test_a_gdb_that_kills_is_found_out_and_the_process_is_never_touched(
    target: subprocess.Popen, state: Path, started: list[tuple[str, ...]]
) -> None:
    judgement = await judge(pin(target.pid))
    only = Judgement(
        judgement.target,
        judgement.interpreter,
        judgement.version,
        judgement.memray,
        [await way("gdb")],
    )
    found, words = None, "no debugger here can attach safely Install lldb"
    try:
        found = await rehearsed(only, state)
    except CockpitError as error:
        words = f"{error.message} {error.hint}"
    assert "no debugger here can attach safely" in words
    assert "Install lldb" in words
    assert started, "something was rehearsed"
    assert not [argv for argv in started if str(target.pid) in argv]
    assert target.poll() is None
    assert pin(target.pid).standing == "running"
    kept = remembered(only.interpreter, only.memray, only.ways[0], state)
    assert kept is not None
    assert kept.ok is (found is not None)


# --- What speaks against it, before anything is done --------------------------------------------


async def refused(child: subprocess.Popen, words: str) -> CockpitError:
    """Return why a process is not attached to; it says `words`."""
    before = pin(child.pid).standing
    with pytest.raises(CockpitError, match=words) as caught:
        await judge(pin(child.pid))
    assert pin(child.pid).standing == before
    return caught.value


async def test_a_stopped_process_is_refused_with_what_lets_it_go_on(
    target: subprocess.Popen,
) -> None:
    target.send_signal(signal.SIGSTOP)
    await until(lambda: pin(target.pid).standing == "stopped")
    error = await refused(target, "is stopped")
    assert f"kill -CONT {target.pid}" in error.hint
    target.send_signal(signal.SIGCONT)


async def test_what_has_ended_and_a_pid_that_is_anothers_are_refused(
    target: subprocess.Popen,
) -> None:
    known = pin(target.pid)
    other = type(known)(known.pid, known.born, known.command, mark="another")
    with pytest.raises(CockpitError, match="has ended"):
        await judge(other)
    target.kill()
    target.wait()
    with pytest.raises(CockpitError, match="has ended"):
        await judge(known)


async def test_a_process_that_is_looked_into_already_is_refused(
    target: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attach, "_read", lambda _: "TracerPid:\t42\n")
    await refused(target, "is looked into by process 42 already")


async def test_a_process_of_a_container_is_refused(
    target: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attach, "_link", lambda path: path)
    await refused(target, "another PID namespace")


async def test_what_is_no_python_is_refused() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        await refused(child, "is no Python")
    finally:
        child.kill()
        child.wait()


async def test_what_runs_under_memray_is_refused(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text(HOLDS, encoding="utf-8")
    output = str(tmp_path / "app.bin")
    argv = [sys.executable, "-m", "memray", "run", "-q", "-o", output, str(app)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            child.stdout.readline()
            await refused(child, "memray tracks process .* already")
        finally:
            child.kill()


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment that has nothing."""
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


async def test_an_interpreter_without_memray_is_said_to_lack_it(venv: Path) -> None:
    with running(HOLDS, python=str(venv / "bin/python")) as child:
        error = await refused(child, "memray is not installed for")
        assert f"{venv}/bin/python" in error.hint
        assert "-m pip install memray" in error.hint


async def test_without_a_debugger_it_says_what_to_install(
    target: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def has_memray(*_: object) -> str:
        return "1.20.0"

    monkeypatch.setattr(installed, "check", has_memray)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(attach, "_version", lambda _: "3.11")
    error = await refused(target, "there is no debugger here")
    assert "Install lldb" in error.hint


# --- Debuggers that misbehave -------------------------------------------------------------------

#: What memray asks a debugger before it uses it.
_FAKE = """#!/bin/sh
case "$1" in
  --help) echo "--batch"; exit 0;;
  --version) echo "fake 1.0"; exit 0;;
esac
pid=""
while [ $# -gt 0 ]; do [ "$1" = -p ] && pid="$2"; shift; done
"""


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Put a debugger on PATH that does something else than it should."""
    program = folder / "lldb"
    program.write_text(_FAKE + does, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


async def tried(state: Path) -> Rehearsal:
    return await rehearse(sys.executable, "1.20.0", await way("lldb"), state)


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("kill -9 $pid\n", "it killed its target"),
        ("echo '\"SUCCESS\"'\n", "it failed"),
    ],
)
async def test_a_debugger_that_fails_does_not_pass_its_rehearsal(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch, does: str, reason: str
) -> None:
    fake(tmp_path, monkeypatch, does)
    found = await tried(state)
    assert not found.ok
    assert found.reason.startswith(reason)
    assert (await tried(state)).known


async def test_a_debugger_that_hangs_is_interrupted_and_leaves_nothing(
    tmp_path: Path, target: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = tmp_path / "began"
    fake(tmp_path, monkeypatch, f"echo began > {began}\nsleep 100\n")
    asked: list[int] = []
    interrupt = process.Running.interrupt

    def noted(running: process.Running) -> None:
        asked.append(running.pid)
        interrupt(running)

    monkeypatch.setattr(process.Running, "interrupt", noted)
    command = inject.attach_command(
        sys.executable, "lldb", target.pid, tmp_path / "x.bin", attach.Options(), 1
    )
    for patience in (4.0, 8.0, inject.PATIENCE):  # a busy machine starts memray late
        done = await inject.inject(command, pin(target.pid), patience)
        if began.exists():
            break
    assert not done.done
    assert f"took longer than {patience:.0f} s" in done.words
    assert done.standing == "running"
    assert asked, "it is asked as ctrl-c asks before it is killed"
    assert not [one for one in psutil.process_iter() if _is_of(one, str(tmp_path))]


def _is_of(one: psutil.Process, folder: str) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(folder in word for word in one.cmdline())
    return False


async def test_a_process_that_is_left_stopped_is_let_go_on(
    tmp_path: Path, target: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, monkeypatch, "(sleep 0.5; kill -STOP $pid) & exit 1\n")
    command = inject.attach_command(
        sys.executable, "lldb", target.pid, tmp_path / "x.bin", attach.Options(), 1
    )
    done = await inject.inject(command, pin(target.pid))
    assert not done.done
    assert done.standing == "running"
    assert pin(target.pid).standing == "running"


@needs("lldb")
async def test_a_process_that_ends_meanwhile_leaves_no_capture(
    target: subprocess.Popen, tmp_path: Path, state: Path
) -> None:
    judgement = await judge(pin(target.pid))
    captures = Captures(tmp_path, tmp_path)
    attached = Attached(judgement, Rehearsal("lldb", ok=True), captures, 2)
    target.kill()
    target.wait()
    with pytest.raises(CockpitError, match="has ended"):
        await attached.attach()
    assert captures.list() == []


# --- What is remembered -------------------------------------------------------------------------


@pytest.mark.unit
def test_what_is_remembered_holds_for_these_very_programs(tmp_path: Path, state: Path) -> None:
    program = tmp_path / "lldb"
    program.write_text("1")
    debugger = Debugger("lldb", str(program), "lldb 14")
    found = Rehearsal("lldb", ok=True, when=1.0)
    place = rehearsal._place(sys.executable, "1.20.0", debugger, state)
    rehearsal._keep(place, found)
    known = remembered(sys.executable, "1.20.0", debugger, state)
    assert known is not None and known.ok and known.known
    assert place.stat().st_mode & 0o777 == 0o600
    assert remembered(sys.executable, "1.21.0", debugger, state) is None
    program.write_text("another")
    assert remembered(sys.executable, "1.20.0", debugger, state) is None


@pytest.mark.security
def test_what_somebody_else_wrote_there_is_not_believed(tmp_path: Path, state: Path) -> None:
    debugger = Debugger("lldb", "/usr/bin/lldb", "lldb 14")
    place = rehearsal._place(sys.executable, "1.20.0", debugger, state)
    rehearsal._keep(place, Rehearsal("lldb", ok=True))
    place.write_bytes(b'{"method": "lldb", "ok": 3}')
    assert remembered(sys.executable, "1.20.0", debugger, state) is None
    rehearsal._keep(place, Rehearsal("lldb", ok=True))
    place.parent.chmod(0o777)
    assert remembered(sys.executable, "1.20.0", debugger, state) is None


@pytest.mark.unit
def test_the_way_of_python_itself_comes_first_where_there_is_one() -> None:
    assert version_in("3.14") == (3, 14)
    assert version_in("") == ()
    ways = asyncio.run(debuggers((3, 14)))
    assert ways[0].method == "sys.remote_exec"
    assert all(one.method != "sys.remote_exec" for one in asyncio.run(debuggers((3, 11))))

"""Every process that a sampler can meet: it is sampled, or it is said why not; none is harmed.

The cases are those of the table in docs/profiling.md, each with a real process.
"""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from cockpit.errors import CockpitError
from cockpit.profilers.profile import Window
from cockpit.profilers.target import pin
from cockpit.profilers.window import Sampling
from tests.profilers.targets import BUSY, running, script, until, watched

pytestmark = [pytest.mark.integration, pytest.mark.slow]

linux = pytest.mark.skipif(sys.platform != "linux", reason="it needs /proc or prctl of Linux")
IDLE = "import time; print('ready', flush=True); time.sleep(600)"
THREADS = """
import threading, time
def wait():
    time.sleep(600)
for _ in range(60):
    threading.Thread(target=wait, daemon=True).start()
print("ready", flush=True)
while True:
    sum(range(1000))
"""


def state_of(pid: int) -> set[str]:
    """Return how every thread of a process is, by psutil's word for the whole."""
    return {psutil.Process(pid).status()}


async def test_a_busy_process_is_sampled_at_the_rate_that_is_promised() -> None:
    with running(BUSY) as child:
        async with watched(child.pid) as seen:
            await until(lambda: len(seen.windows) >= 4)
            counts = seen.tally.counts
        # With nothing else to do it is 99 %, see the benchmarks; here others work, too.
        assert counts.samples >= 0.5 * counts.seconds * 100
        assert counts.errors <= 0.2 * counts.samples
        assert {"leaf", "work"} <= seen.functions()
        assert child.poll() is None


async def test_nothing_is_left_of_a_sampler_that_was_cancelled() -> None:
    with running(BUSY) as child:
        async with watched(child.pid) as seen:
            await until(lambda: seen.windows)
        assert not [one for one in psutil.Process().children() if "py-spy" in one.name()]
        folders = Path(tempfile.gettempdir()).glob(f"cockpit-cpu-{os.getpid()}-*")
        assert not list(folders)


async def test_a_window_that_is_being_read_as_the_sampler_is_cancelled_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finish, begun = Sampling.finish, asyncio.Event()

    async def told(self: Sampling, *words: Any) -> Window:
        if not self.options.gil:  # that is a look beside the windows
            begun.set()
        return await finish(self, *words)

    monkeypatch.setattr(Sampling, "finish", told)
    with running(BUSY) as child:
        async with watched(child.pid, seconds=2.0) as seen:
            await begun.wait()
        assert seen.windows[0].counts.seconds >= 2
        assert "leaf" in seen.functions()
        assert not [one for one in psutil.Process().children() if "py-spy" in one.name()]


def test_a_process_that_is_gone_is_no_target() -> None:
    with running(BUSY) as child:
        pid = child.pid
    with pytest.raises(CockpitError, match=f"there is no process {pid}"):
        pin(pid)


def test_a_zombie_is_no_target() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    with pytest.raises(CockpitError, match="has ended, and waits for its parent"):
        pin(child.pid)
    child.wait()
    child.stdout.close()


@linux
def test_a_thread_of_the_kernel_is_no_target() -> None:
    try:
        is_kernel = psutil.Process(2).name() == "kthreadd"
    except psutil.Error:
        is_kernel = False
    if not is_kernel:
        pytest.skip("no thread of the kernel is to be seen in here")
    with pytest.raises(CockpitError, match="thread of the kernel"):
        pin(2)


async def test_another_process_of_the_same_number_is_never_sampled() -> None:
    with running(BUSY) as child:
        other = msgspec.structs.replace(pin(child.pid), mark="1", command="python another.py")
        async with watched(other) as seen:
            await until(lambda: seen.state.kind == "ended")
        assert not seen.windows


async def test_what_is_no_python_is_said_to_be_none() -> None:
    child = subprocess.Popen(["sleep", "600"])
    try:
        async with watched(child.pid) as seen:
            await until(lambda: seen.state.kind == "failed")
        assert seen.state.cause == "not-python"
        assert "is not a Python that py-spy knows" in seen.state.words
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


async def test_a_process_that_exits_leaves_its_data_and_the_word_that_it_ended() -> None:
    with running(BUSY) as child:
        async with watched(child.pid) as seen:
            await until(lambda: seen.windows)
            before = seen.tally.weight
            child.terminate()
            await until(lambda: seen.state.kind == "ended")
        assert seen.tally.weight >= before > 0
        assert f"process {child.pid} has ended" in seen.state.words


async def test_a_process_that_is_killed_within_a_window_leaves_what_was_seen_of_it() -> None:
    with running(BUSY) as child:
        async with watched(child.pid, seconds=600) as seen:
            await until(lambda: seen.state.kind == "sampling" and seen.glances)
            child.kill()
            await until(lambda: seen.state.kind == "ended")
        assert "leaf" in seen.functions(), "the window was cut short, and still is read"


async def test_a_process_that_begins_another_program_is_sampled_on(tmp_path: Path) -> None:
    second = BUSY.replace("leaf", "second")
    script(tmp_path, "second.py", second)
    first = BUSY.replace(
        "        leaf(2000)",
        "        leaf(2000)\n        if os.path.exists(sys.argv[1]):\n"
        "            os.execv(sys.executable, [sys.executable, sys.argv[2]])",
    ).replace("import sys", "import os, sys")
    flag = tmp_path / "go"
    with running(first, str(flag), str(tmp_path / "second.py")) as child:
        async with watched(child.pid) as seen:
            await until(lambda: "leaf" in seen.functions())
            flag.touch()
            await until(lambda: "second" in seen.functions())
            await until(lambda: "second.py" in seen.sampler.target.command)
        assert seen.state.kind == "sampling"
        assert "another program" in seen.state.words


async def test_a_stopped_process_is_waited_for() -> None:
    with running(BUSY) as child:
        os.kill(child.pid, signal.SIGSTOP)
        async with watched(child.pid) as seen:
            await until(lambda: seen.state.kind == "stopped")
            assert f"process {child.pid} is stopped" in seen.state.words
            assert state_of(child.pid) == {psutil.STATUS_STOPPED}, "nobody woke it"
            os.kill(child.pid, signal.SIGCONT)
            await until(lambda: "leaf" in seen.functions())
            os.kill(child.pid, signal.SIGSTOP)
            await until(lambda: seen.state.kind == "stopped")
            os.kill(child.pid, signal.SIGCONT)
            await until(lambda: seen.state.kind == "sampling")


async def test_a_process_under_a_debugger_is_sampled_without_being_stopped() -> None:
    seize, detach = 0x4206, 17
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "ptrace"):
        pytest.skip("there is no ptrace here")
    with running(BUSY) as child:
        if libc.ptrace(seize, child.pid, None, None):
            pytest.skip(f"no process may be traced here: {os.strerror(ctypes.get_errno())}")
        async with watched(child.pid, precise=True) as seen:
            await until(lambda: "leaf" in seen.functions())
        assert not seen.sampler.options.precise
        assert "a debugger holds it" in seen.state.words
        libc.ptrace(detach, child.pid, None, None)


@linux
async def test_a_free_threaded_python_is_said_to_be_one(tmp_path: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    program = tmp_path / f"python{version}t"
    shutil.copy(Path(sys.executable).resolve(), program)
    environment = {**os.environ, "PYTHONHOME": sys.base_prefix}
    child = subprocess.Popen(
        [program, "-c", BUSY], env=environment, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert child.stdout is not None
        if not child.stdout.readline():
            pytest.skip("a copy of this Python does not run elsewhere")
        async with watched(child.pid) as seen:
            await until(lambda: seen.state.kind == "failed")
        assert "free-threaded" in seen.state.words
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


async def test_many_threads_lower_the_rate_and_that_is_said() -> None:
    with running(THREADS) as child:
        async with watched(child.pid) as seen:
            await until(lambda: seen.windows)
        assert 40 <= seen.state.rate <= 60
        assert "for it has 61 threads" in seen.state.words
        assert seen.tally.rate == seen.state.rate, "a sample is worth more seconds then"


async def test_what_waits_is_counted_only_where_that_is_asked_for() -> None:
    with running(IDLE) as child:
        async with watched(child.pid) as seen:
            await until(lambda: len(seen.windows) >= 2)
            assert not seen.tally.weight
        async with watched(child.pid, idle=True) as seen:
            await until(lambda: "<module>" in seen.functions())


async def test_a_process_that_is_stopped_for_every_sample_lives_on() -> None:
    with running(BUSY) as child:
        async with watched(child.pid, precise=True) as seen:
            await until(lambda: len(seen.windows) >= 2)
        assert "leaf" in seen.functions()
        assert state_of(child.pid) == {psutil.STATUS_RUNNING}


async def test_children_are_sampled_where_that_is_asked_for() -> None:
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    with running(parent, BUSY) as child:
        async with watched(child.pid, children=True, idle=True) as seen:
            await until(lambda: "leaf" in seen.functions())
            stack = next(one for one in seen.tally.stacks if one.frames[-1].function.name == "leaf")
            pids = [pid for pid, _ in stack.processes]
            assert pids[0] == child.pid
            assert len(pids) == 2
        for one in psutil.Process(child.pid).children():
            one.kill()


async def test_threads_are_looked_at_with_who_holds_the_interpreter() -> None:
    with running(f"import threading\n{BUSY}") as child:
        async with watched(child.pid) as seen:
            await until(lambda: seen.glances and seen.glances[-1].gil is not None)
        glance = seen.glances[-1]
        assert glance.gil is not None
        assert glance.gil > 0.5
        assert [one.name for one in glance.threads] == ["MainThread"]


@linux
async def test_a_process_of_another_user_says_what_to_type(tmp_path: Path) -> None:
    python, setpriv = shutil.which("python3", path="/usr/bin"), shutil.which("setpriv")
    if os.geteuid() or python is None or setpriv is None:
        pytest.skip("it takes root, setpriv, and a Python that everybody may run")
    drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    target = subprocess.Popen([*drop, python, "-c", IDLE], stdout=subprocess.PIPE, cwd="/")
    asker = (
        "import asyncio, sys\n"
        "from tests.profilers.targets import until, watched\n"
        "async def ask():\n"
        "    async with watched(int(sys.argv[1])) as seen:\n"
        "        await until(lambda: seen.state.kind == 'failed')\n"
        "    print(seen.state.cause, seen.state.words, seen.state.hint, sep='|')\n"
        "asyncio.run(ask())\n"
    )
    try:
        assert target.stdout is not None
        target.stdout.readline()
        # Root without the right to read any process: as a container has it by default.
        without = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace")
        told = await asyncio.create_subprocess_exec(
            *(*without, sys.executable, "-c", asker, str(target.pid)),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await told.communicate()
    finally:
        target.kill()
        target.wait()
        target.stdout.close()
    cause, words, hint = output.decode().strip().split("|")
    assert cause == "permission"
    assert f"may not look into process {target.pid}" in words
    assert "--cap-add SYS_PTRACE" in hint

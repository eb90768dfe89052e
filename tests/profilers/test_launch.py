"""A program that is started to be looked at: sampled as itself, heard, and gone with cockpit."""

import asyncio
import contextlib
import ctypes
import json
import os
import runpy
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from cockpit.errors import CockpitError
from cockpit.profilers import launcher
from cockpit.profilers.launch import Launched, how
from tests.descendants import wait_until
from tests.profilers.targets import BUSY, PATIENCE, script, until, watched
from tests.shell import COCKPIT, Project
from tests.test_ending import Run, piped

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and shells of POSIX")
pytestmark = [pytest.mark.slow, posix]

FAMILY = f"""
import os, subprocess, sys, time
child = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen(child)
subprocess.Popen(child, start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
{BUSY}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a folder with programs in it."""
    project = Project(tmp_path, repository=False)
    project.write("app.py", BUSY)
    return project


@asynccontextmanager
async def launched(
    *argv: str, folder: Path, echo: "Callable[[bytes], object] | None" = None
) -> AsyncIterator[Launched]:
    """Start a program, and end it with the block."""

    async def hand_on(said: bytes) -> None:
        if echo is not None:
            echo(said)

    one = Launched(argv, folder, hand_on)
    try:
        yield one
    finally:
        await one.end()


# --- It is let be looked at ---


@pytest.mark.unit
@pytest.mark.security
def test_the_launcher_lets_us_look_before_it_becomes_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Yama's exception holds for the process, so over exec(2) too, and for all below the one named.
    done: list[tuple[object, ...]] = []

    class Libc:
        def __init__(self, name: None) -> None:
            assert name is None

        def prctl(self, *words: int) -> int:
            done.append(("prctl", *words))
            return -1  # a kernel without Yama

    monkeypatch.setattr(ctypes, "CDLL", Libc)
    monkeypatch.setattr(os, "execvp", lambda *words: done.append(("exec", *words)))
    monkeypatch.setattr(sys, "argv", [launcher.__file__, "4711", "/bin/app", "a b", "--"])
    runpy.run_path(launcher.__file__, run_name="__main__")
    assert done == [
        ("prctl", 0x59616D61, 4711, 0, 0, 0),
        ("exec", "/bin/app", ["/bin/app", "a b", "--"]),
    ]


@pytest.mark.integration
async def test_the_process_that_it_names_is_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = script(tmp_path, "told.py", "import sys; print(sys.argv[1:], flush=True)")
    monkeypatch.setattr(launcher, "__file__", str(told))
    async with launched(sys.executable, "x", folder=tmp_path) as program:
        await program.ended()
        assert program.said[0] == str([str(os.getpid()), sys.executable, "x"])


# --- It is heard, and its end is known ---


@pytest.mark.integration
async def test_what_it_says_is_kept_and_handed_on(tmp_path: Path) -> None:
    heard = bytearray()
    code = "import sys; print('out', flush=True); sys.exit('err \\x1b[31m')"
    async with launched(sys.executable, "-c", code, folder=tmp_path, echo=heard.extend) as program:
        assert await program.ended() == 1
        assert list(program.said) == ["out", "err \\x1b[31m"]
    assert bytes(heard) == b"out\nerr \x1b[31m\n"


@pytest.mark.integration
async def test_it_does_not_stand_still_for_all_that_it_says(tmp_path: Path) -> None:
    heard = 0

    def count(said: bytes) -> None:
        nonlocal heard
        heard += len(said)

    code = "for _ in range(100): print('x' * ((1 << 20) - 1))"
    async with launched(sys.executable, "-c", code, folder=tmp_path, echo=count) as program:
        assert await program.ended() == 0
        assert heard == 100 << 20
        assert sum(map(len, program.said)) <= 200 * 500, "only the end of it is kept"


@pytest.mark.integration
async def test_it_is_told_when_nobody_listens_any_more(tmp_path: Path) -> None:
    def refuse(_: bytes) -> None:
        raise BrokenPipeError

    code = "while True: print('x' * 4096)"
    async with launched(sys.executable, "-c", code, folder=tmp_path, echo=refuse) as program:
        async with asyncio.timeout(PATIENCE):
            assert await program.ended() == 1


@pytest.mark.integration
@pytest.mark.parametrize("talk", ["echo still", "echo still; sleep 0.05"])
async def test_whom_it_leaves_behind_cannot_keep_us(tmp_path: Path, talk: str) -> None:
    code = (
        "import subprocess\n"
        f"subprocess.Popen(['sh', '-c', 'while :; do {talk}; done'], start_new_session=True)"
    )
    async with launched(sys.executable, "-c", code, folder=tmp_path) as program:
        await until(lambda: program.code is not None)
        await until(lambda: "still" in program.said, "it goes on")
        async with asyncio.timeout(PATIENCE):
            assert await program.ended() == 0


@pytest.mark.unit
def test_an_end_is_put_in_words() -> None:
    assert how(0) == "with exit code 0"
    assert how(-signal.SIGKILL) == "by SIGKILL"
    assert how(-250) == "by signal 250"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("there-is-none", "there is no program there-is-none"),
        ("./none", "there is no program ./none"),
        ("folder", "folder is a folder"),
        ("./folder", "./folder is a folder"),
        ("app.py", "app.py is a file, but not one that can be run"),
        ("", "there is no program a command without a name"),
    ],
)
async def test_what_cannot_be_started_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    script(tmp_path, "app.py", BUSY)
    with pytest.raises(CockpitError, match=why):
        Launched((name,), tmp_path)


# --- It is sampled as itself ---


@pytest.mark.integration
async def test_it_is_not_sampled_before_it_is_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = BUSY.replace("while True:", "for _ in range(9000):").replace("leaf", "launching")
    become = "\nimport os; os.execvp(sys.argv[2], sys.argv[2:])"
    monkeypatch.setattr(launcher, "__file__", str(script(tmp_path, "slow.py", slow + become)))
    file = script(tmp_path, "app.py", BUSY)
    async with launched(sys.executable, str(file), folder=tmp_path) as program:
        async with watched(program.target) as seen:
            await until(lambda: seen.windows)
        assert seen.sampler.target.command == f"{sys.executable} {file}"
        assert "leaf" in seen.functions()
        assert "launching" not in seen.functions()


@pytest.mark.integration
async def test_it_may_take_its_time_to_become_a_python(tmp_path: Path) -> None:
    script(tmp_path, "app.py", BUSY)
    wait = f"while ! test -e go; do sleep 0.05; done; exec {sys.executable} app.py"
    async with (
        launched("sh", "-c", wait, folder=tmp_path) as program,
        watched(program.target) as seen,
    ):
        await until(lambda: "is not a Python" in seen.state.words)
        assert seen.state.kind == "starting"
        (tmp_path / "go").touch()
        await until(lambda: "leaf" in seen.functions())
        assert seen.state.kind == "sampling"
        assert seen.sampler.target.command == f"{sys.executable} app.py"


@pytest.mark.integration
async def test_one_that_never_was_a_python_is_said_to_be_none(tmp_path: Path) -> None:
    wait = "while ! test -e go; do sleep 0.05; done"
    async with (
        launched("sh", "-c", wait, folder=tmp_path) as program,
        watched(program.target) as seen,
    ):
        await until(lambda: "is not a Python" in seen.state.words)
        (tmp_path / "go").touch()
        await until(lambda: seen.state.kind == "ended")
        assert "has ended, and was no Python that py-spy knows" in seen.state.words


@pytest.mark.integration
async def test_one_that_only_starts_a_python_names_it(tmp_path: Path) -> None:
    script(tmp_path, "app.py", BUSY)
    words = ("sh", "-c", f"{sys.executable} app.py; true")
    async with (
        launched(*words, folder=tmp_path) as program,
        watched(program.target) as seen,
    ):
        await until(lambda: seen.state.kind == "failed")
        (child,) = psutil.Process(program.target.pid).children()
    assert seen.state.cause == "not-python"
    assert f"Its Python children: {child.pid} {sys.executable} app.py;" in seen.state.hint
    assert "all with --subprocesses" in seen.state.hint


@pytest.mark.integration
async def test_one_that_only_starts_a_python_is_sampled_with_its_children(tmp_path: Path) -> None:
    script(tmp_path, "app.py", BUSY)
    words = ("sh", "-c", f"sleep 1; {sys.executable} app.py; true")
    async with (
        launched(*words, folder=tmp_path) as program,
        watched(program.target, children=True) as seen,
    ):
        await until(lambda: "leaf" in seen.functions())


# --- The whole program ---


@pytest.mark.e2e
def test_words_reach_it_as_they_were_written(project: Project) -> None:
    project.write("words.py", f"#!{sys.executable}\nimport sys; print(sys.argv[1:])\n")
    (project.root / "words.py").chmod(0o755)
    words = ["a b", "'", '"', "--", "-o", "$HOME", "*", "", "ünï\nx"]
    answer = project.run("record", "-o", "f.raw", "--", "./words.py", *words)
    assert answer.out.decode() == f"{words}\n"
    assert (answer.code, "with exit code 0" in answer.text) == (2, True)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("code", "ending"),
    [("exit(3)", "with exit code 3"), ("import os; os.kill(os.getpid(), 9)", "by SIGKILL")],
)
def test_how_it_ended_is_said(project: Project, code: str, ending: str) -> None:
    work = "import time\nwhile time.process_time() < 1.0: pass\n"
    answer = project.run("record", "-o", "f.json", "--", sys.executable, "-c", work + code)
    assert answer.code == 0
    assert answer.err.decode().endswith(f"has ended, {ending}\n")
    found = json.loads((project.root / "f.json").read_text())
    assert found["command"].startswith(f"{sys.executable} -c import time")


@pytest.mark.e2e
def test_a_hundred_megabytes_go_through_and_are_not_kept(project: Project) -> None:
    code = "for _ in range(100): print('x' * ((1 << 20) - 1))"
    words = ("record", "-o", "f.raw", "--idle", "--", sys.executable, "-c", code)
    recorder = subprocess.Popen(
        (*COCKPIT, *words), cwd=project.root, env=project.env(), stdout=subprocess.PIPE
    )
    assert recorder.stdout is not None
    size = largest = 0
    process = psutil.Process(recorder.pid)
    with recorder.stdout as stdout:
        while chunk := stdout.read(1 << 20):
            size += len(chunk)
            with contextlib.suppress(psutil.Error):  # it has ended
                largest = max(largest, process.memory_info().rss)
    recorder.wait()
    assert size == 100 << 20
    assert 0 < largest < 150 << 20


@pytest.mark.e2e
def test_whoever_reads_it_may_be_slower_than_it(project: Project) -> None:
    code = "print('x' * ((1 << 20) - 1))"
    words = ("record", "-o", "f.raw", "--", sys.executable, "-c", code)
    recorder = subprocess.Popen(
        (*COCKPIT, *words), cwd=project.root, env=project.env(), stdout=subprocess.PIPE
    )
    assert recorder.stdout is not None
    size = 0
    with recorder, recorder.stdout as stdout:
        while chunk := stdout.read(1 << 15):
            size += len(chunk)
            time.sleep(0.1)  # it ended long since, and that was noticed
    assert size == 1 << 20


@pytest.mark.e2e
def test_whoever_reads_it_may_stop_and_start_again(project: Project) -> None:
    code = "while True: print('x' * 4096)"
    words = ("record", "-o", "f.raw", "--duration", "1.5", "--idle", "--", sys.executable, "-c")
    recorder = subprocess.Popen(
        (*COCKPIT, *words, code), cwd=project.root, env=project.env(), stdout=subprocess.PIPE
    )
    assert recorder.wait(30) == 0, "its end does not wait for a reader"
    assert recorder.stdout is not None
    recorder.stdout.close()
    assert (project.root / "f.raw").stat().st_size


@pytest.mark.e2e
@pytest.mark.security
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"])
def test_it_and_all_that_it_started_end_with_cockpit(
    project: Project, tmp_path: Path, number: str
) -> None:
    project.write("family.py", FAMILY)
    words = ("record", "-o", "f.raw", "--", sys.executable, "family.py")
    with piped(project, tmp_path / "cache", *words) as run:
        wait_until(lambda: b"samples a second" in run.output, "it is sampled", 60)
        wait_until(lambda: _count(run, "time.sleep(600)") >= 2, "its children are there")
        wait_until(lambda: _count(run, "family.py") == 3, "cockpit, the program, and its daemon")
        run.remember()
        run.program.send_signal(getattr(signal, number))
        run.assert_gone()


def _count(run: Run, words: str) -> int:
    return sum(words in name for name in run.names())


@pytest.mark.e2e
def test_a_file_that_is_run_without_an_interpreter_is_told_of(project: Project) -> None:
    project.write("odd", b"\x7fnothing that a system could run")
    file = project.root / "odd"
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    answer = project.run("record", "-o", "f.raw", "--", "./odd")
    assert answer.code == 2
    assert "Exec format error" in answer.text
    assert "with exit code 127" in answer.text

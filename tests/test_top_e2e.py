"""`cockpit top` in a real terminal: it shows a process at work, and leaves everything as it was."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.descendants import wait_until
from tests.profilers.targets import BUSY, running
from tests.shell import Project
from tests.test_ending import Run, Terminal, clear_up, modes, reading

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX"),
]

_ESCAPE = re.compile(
    rb"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|[PX^_\]].*?(\x1b\\|\x07)|[@-Z\\-_])", re.DOTALL
)
#: Seconds until the screen must show what is waited for.
PATIENCE = 60


@pytest.fixture
def nowhere(tmp_path: Path) -> Project:
    """Return a folder that is in no project."""
    project = Project(tmp_path, repository=False)
    (project.root / "good.py").unlink()
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with something to find."""
    project = Project(tmp_path)
    project.write("pyproject.toml", '[project]\nname = "it"\nversion = "1"\n')
    return project


def top(project: Project, *words: str) -> contextlib.AbstractContextManager[tuple[Run, Terminal]]:
    """Run `cockpit top` in a terminal."""
    return shown(project, "top", *words)


@contextlib.contextmanager
def shown(project: Project, *words: str) -> Iterator[tuple[Run, Terminal]]:
    """Run `cockpit` with these words in a terminal."""
    terminal = Terminal()
    run = Run(
        project,
        project.cache,
        *words,
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        preexec_fn=terminal.take,
    )
    try:
        with reading(run, terminal.master) as terminal.stop_reading:
            yield run, terminal
    finally:
        clear_up(run)
        terminal.close()


def await_words(run: Run, *words: str, since: int = 0) -> None:
    """Wait until all of these were drawn."""

    def drawn() -> bool:
        assert run.program.poll() is None, f"it ended by itself: {bytes(run.output)!r}"
        text = _ESCAPE.sub(b" ", bytes(run.output[since:])).decode(errors="replace")
        return all(word in text for word in words)

    wait_until(drawn, f"{words} on the screen", PATIENCE)


def press(terminal: Terminal, keys: bytes) -> None:
    """Type."""
    os.write(terminal.master, keys)


def leave(run: Run, terminal: Terminal) -> None:
    """Press `q`, and see that the terminal is as it was, and nobody remains."""
    run.remember()
    press(terminal, b"q")
    assert run.assert_gone() == 0
    wait_until(lambda: modes(run.output) == {}, "every mode is as it was", 2)
    assert termios.tcgetattr(terminal.slave) == terminal.before
    assert b"Traceback" not in run.output


ENDINGS: dict[str, Callable[[Run, Terminal], object]] = {
    "SIGTERM": lambda run, _: run.program.send_signal(signal.SIGTERM),
    "SIGHUP": lambda run, _: run.program.send_signal(signal.SIGHUP),
    "SIGKILL": lambda run, _: run.program.kill(),
    "closed": lambda _, terminal: terminal.close(),
}


def test_a_process_is_shown_at_work_and_left_alone(project: Project) -> None:
    with running(BUSY) as child, top(project, str(child.pid)) as (run, terminal):
        await_words(run, "leaf", "work", "<module>", f"sampling {child.pid}")
        leave(run, terminal)
        assert child.poll() is None
        assert psutil.Process(child.pid).status() != psutil.STATUS_STOPPED


@pytest.mark.parametrize("how", ["--precise", "--native", "--idle", "--subprocesses"])
def test_it_is_sampled_as_the_command_line_says(nowhere: Project, how: str) -> None:
    with (
        running(BUSY) as child,
        top(nowhere, str(child.pid), how, "--interval", "0.5") as (
            run,
            terminal,
        ),
    ):
        await_words(run, "leaf", f"sampling {child.pid}")
        leave(run, terminal)
        assert child.poll() is None


def test_outside_of_a_project_nothing_is_checked(nowhere: Project) -> None:
    with running(BUSY) as child, top(nowhere, str(child.pid)) as (run, terminal):
        await_words(run, "leaf", f"sampling {child.pid}")
        assert not [name for name in run.names() if "cockpit.worker" in name or "ruff" in name]
        leave(run, terminal)
    assert list(nowhere.root.iterdir()) == []


def test_the_end_of_the_process_is_said_and_what_was_seen_stays(nowhere: Project) -> None:
    with running(BUSY) as child, top(nowhere, str(child.pid)) as (run, terminal):
        await_words(run, "leaf", f"sampling {child.pid}")
        child.terminate()
        child.wait()
        await_words(run, f"ended {child.pid}")
        before = len(run.output)
        press(terminal, b"1")
        press(terminal, b"c")
        await_words(run, f"ended {child.pid}", "leaf", since=before)
        leave(run, terminal)


def test_a_process_that_is_not_there_is_told_of_without_a_screen(nowhere: Project) -> None:
    with running(BUSY) as child:
        pid = child.pid
    with top(nowhere, str(pid)) as (run, terminal):
        assert run.assert_gone() == 2
        wait_until(lambda: b"list" in run.output, "the hint is there", 2)
        text = bytes(run.output).decode()
        assert f"cockpit: there is no process {pid}" in text
        assert "\x1b" not in text
        assert termios.tcgetattr(terminal.slave) == terminal.before


@pytest.mark.parametrize(
    "words",
    [
        ("0",),
        ("-1",),
        (str(1 << 40),),
        ("app.py",),
        ("1", "--", "x"),
        ("--",),
        ("--", "there-is-none"),
        ("--", "."),
    ],
)
def test_what_cannot_be_meant_is_told_of_without_a_screen(
    nowhere: Project, words: tuple[str, ...]
) -> None:
    with top(nowhere, *words) as (run, _):
        assert run.assert_gone() == 2
        assert b"\x1b" not in run.output


def test_a_program_is_started_shown_and_ended(nowhere: Project) -> None:
    nowhere.write("app.py", BUSY)
    with top(nowhere, "--", sys.executable, "app.py") as (run, terminal):
        await_words(run, "leaf", "sampling ", "app.py")
        leave(run, terminal)


def test_a_program_that_speaks_does_not_draw_on_the_screen(nowhere: Project) -> None:
    talk = BUSY.replace("print(", "print('\\x1b[31mSPOKEN', file=sys.stderr); print('SPOKEN', ")
    nowhere.write("app.py", talk)
    with top(nowhere, "--", sys.executable, "app.py") as (run, terminal):
        await_words(run, "leaf", "sampling ")
        assert b"SPOKEN" not in run.output
        leave(run, terminal)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_that_was_started_ends_with_the_screen(nowhere: Project, ending: str) -> None:
    nowhere.write("app.py", BUSY)
    with top(nowhere, "--", sys.executable, "app.py") as (run, terminal):
        await_words(run, "leaf", "sampling ")
        run.remember()
        ENDINGS[ending](run, terminal)
        run.assert_gone()


def test_without_a_terminal_it_names_the_command_that_needs_none(nowhere: Project) -> None:
    answer = nowhere.run("top", str(os.getpid()))
    assert answer.code == 2
    assert "cockpit draws on a terminal" in answer.text
    assert "Use `cockpit record` to sample without a screen." in answer.text


def test_a_terminal_that_only_errors_reach_is_none(nowhere: Project) -> None:
    with (
        running(BUSY) as child,
        subprocess.Popen(
            (sys.executable, "-P", "-m", "cockpit", "top", str(child.pid)),
            cwd=nowhere.root,
            env=nowhere.env(TERM="dumb"),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as run,
    ):
        _, said = run.communicate(timeout=30)
    assert run.returncode == 2
    assert b"cockpit record" in said

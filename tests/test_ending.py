"""However cockpit is ended, and whenever: no process remains, and the terminal is as it was."""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.descendants import _NAME, Family, wait_until
from tests.shell import COCKPIT, Project

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.security,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX"),
]

ENDINGS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL]
ROWS, COLUMNS = 40, 140
#: Modes of a terminal that are on before a program changes them: wrapping and the cursor.
ON = {"7": True, "25": True}
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that takes the workers a few seconds."""
    project = Project(tmp_path_factory.mktemp("ending"))
    body = "".join(f'def f{n}(a, b=[]):\n    """Doc."""\n    eval(a)\n\n\n' for n in range(40))
    for number in range(60):
        project.write(f"package/m{number}.py", f"X = {number}\n{body}")
    return project


class Run(Family):
    """One `cockpit`, with all that descend from it; `output` grows as it comes."""

    def __init__(self, project: Project, cache: Path, *words: str, **options: Any) -> None:
        self.mark = uuid.uuid4().hex
        env = project.env(COCKPIT_CACHE_DIR=str(cache), TERM="xterm-256color", **{_NAME: self.mark})
        env.pop("NO_COLOR", None)
        self.program = subprocess.Popen(
            (*COCKPIT, *words), cwd=project.root, env=env, start_new_session=True, **options
        )
        self.output = bytearray()
        self._descendants: dict[int, psutil.Process] = {}

    def has_child(self, name: str = "") -> bool:
        """Whether a descendant's command line holds `name`."""
        assert self.program.poll() is None, f"it ended by itself: {bytes(self.output)!r}"
        others = (one for one in self.members() if one.pid != self.program.pid)
        found = False
        for one in others:
            with contextlib.suppress(psutil.Error):
                found = found or name in " ".join(one.cmdline())
        return found

    def remember(self) -> None:
        """Note who is there now: a zombie keeps its number, but no mark."""
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(self.program.pid).children(recursive=True):
                self._descendants[one.pid] = one

    def assert_gone(self) -> int:
        """See that the program ends and nobody is left, zombies included; return its code."""
        code = self.program.wait(20)
        self.wait_gone()
        everyone = self._descendants.values()
        wait_until(lambda: not any(one.is_running() for one in everyone), "no zombie remains")
        return code


@contextlib.contextmanager
def reading(run: Run, descriptor: int) -> Iterator[Callable[[], None]]:
    """Collect what comes from `descriptor`, so that the program never waits for us.

    Yields what stops it: a descriptor that is closed may be another's at once.
    """
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with contextlib.suppress(OSError, ValueError):
                if select.select([descriptor], [], [], 0.02)[0]:
                    run.output += os.read(descriptor, 65536)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()

    def stop() -> None:
        done.set()
        thread.join()

    try:
        yield stop
    finally:
        stop()


def clear_up(run: Run) -> None:
    for member in run.members():
        with contextlib.suppress(psutil.Error):
            member.kill()
    run.program.wait()


@contextlib.contextmanager
def piped(project: Project, cache: Path, *words: str) -> Iterator[Run]:
    """Run cockpit with its output in a pipe."""
    run = Run(project, cache, *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.program.stdout is not None
    try:
        with run.program.stdout, reading(run, run.program.stdout.fileno()):
            yield run
    finally:
        clear_up(run)


# --- Without a screen ---

MOMENTS: dict[str, Callable[[Run], bool]] = {
    "at its first child": lambda run: run.has_child(),
    "at its first worker": lambda run: run.has_child("cockpit.worker"),
    "at rest": lambda run: b"61 files" in run.output,
}


@pytest.mark.parametrize("number", ENDINGS, ids=lambda one: one.name)
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("command", ["check", "watch"])
def test_no_process_remains_without_a_screen(
    project: Project, tmp_path: Path, command: str, moment: str, number: signal.Signals
) -> None:
    if (command, moment) == ("check", "at rest"):
        pytest.skip("`check` ends when it comes to rest")
    with piped(project, tmp_path / "cache", command) as run:
        wait_until(lambda: MOMENTS[moment](run), moment, 60)
        run.remember()
        run.program.send_signal(number)
        code = run.assert_gone()
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert b"Traceback" not in run.output


@pytest.mark.parametrize("number", ENDINGS, ids=lambda one: one.name)
def test_no_process_remains_where_it_had_hardly_begun(
    project: Project, tmp_path: Path, number: signal.Signals
) -> None:
    with piped(project, tmp_path / "cache", "check") as run:
        wait_until(lambda: bool(run.names()), "the program is there")
        run.program.send_signal(number)
        assert run.assert_gone() != 0


def test_no_process_remains_where_nobody_reads_the_answer(project: Project, tmp_path: Path) -> None:
    run = Run(project, tmp_path / "cache", "check", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert run.program.stdout is not None
        run.program.stdout.close()
        assert run.assert_gone() == 128 + signal.SIGPIPE
        assert run.program.stderr is not None
        with run.program.stderr as errors:
            assert errors.read() == b""
    finally:
        clear_up(run)


# --- The screen ---


class Terminal:
    """A terminal that a program controls; we hold the other end of it."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        self._open = [self.master, self.slave]
        self.stop_reading: Callable[[], None] = lambda: None
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(self.slave)

    def take(self) -> None:
        """Make this the controlling terminal; runs in the child before the program."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def close(self) -> None:
        """Hang up."""
        self.stop_reading()
        while self._open:
            os.close(self._open.pop())


@contextlib.contextmanager
def on_screen(project: Project, cache: Path) -> Iterator[tuple[Run, Terminal]]:
    """Run cockpit's screen in a terminal."""
    terminal = Terminal()
    run = Run(
        project,
        cache,
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


def modes(output: bytes) -> dict[str, bool]:
    """The private modes that differ, after `output`, from those of a fresh terminal."""
    state: dict[str, bool] = {}
    for numbers, letter in _MODE.findall(bytes(output)):
        for number in numbers.decode().split(";"):
            state[number] = letter == b"h"
    return {mode: on for mode, on in state.items() if on != ON.get(mode, False)}


SCREEN_MOMENTS: dict[str, Callable[[Run], bool]] = {
    "painted": lambda run: b"\x1b[?1049h" in run.output,
    "at its first worker": lambda run: run.has_child("cockpit.worker"),
    "showing findings": lambda run: b"B006" in run.output or b"S307" in run.output,
}


def press(key: bytes) -> Callable[[Run, Terminal], None]:
    return lambda _, terminal: (os.write(terminal.master, key), None)[1]


def send(number: signal.Signals) -> Callable[[Run, Terminal], None]:
    return lambda run, _: run.program.send_signal(number)


SANE: dict[str, Callable[[Run, Terminal], None]] = {
    "SIGTERM": send(signal.SIGTERM),
    "SIGHUP": send(signal.SIGHUP),
    "SIGINT": send(signal.SIGINT),
    "ctrl-c": press(b"\x03"),
    "q": press(b"q"),
}


@pytest.mark.parametrize("ending", SANE)
@pytest.mark.parametrize("moment", SCREEN_MOMENTS)
def test_the_screen_leaves_a_sane_terminal_and_no_process(
    project: Project, tmp_path: Path, moment: str, ending: str
) -> None:
    with on_screen(project, tmp_path / "cache") as (run, terminal):
        wait_until(lambda: SCREEN_MOMENTS[moment](run), moment, 60)
        assert modes(run.output)["1049"], "it draws on the other screen"
        run.remember()
        SANE[ending](run, terminal)
        code = run.assert_gone()
        wait_until(lambda: modes(run.output) == {}, "every mode is as it was", 2)
        assert termios.tcgetattr(terminal.slave) == terminal.before
    if ending in ("SIGTERM", "SIGHUP"):
        assert code == 128 + getattr(signal, ending)
    else:
        assert code in (0, 128 + signal.SIGINT)
    assert b"Traceback" not in run.output


@pytest.mark.parametrize("moment", SCREEN_MOMENTS)
def test_no_process_remains_of_a_screen_that_was_killed(
    project: Project, tmp_path: Path, moment: str
) -> None:
    with on_screen(project, tmp_path / "cache") as (run, _):
        wait_until(lambda: SCREEN_MOMENTS[moment](run), moment, 60)
        run.remember()
        run.program.kill()
        assert run.assert_gone() == -signal.SIGKILL


@pytest.mark.parametrize("moment", SCREEN_MOMENTS)
def test_no_process_remains_of_a_screen_whose_terminal_was_closed(
    project: Project, tmp_path: Path, moment: str
) -> None:
    with on_screen(project, tmp_path / "cache") as (run, terminal):
        wait_until(lambda: SCREEN_MOMENTS[moment](run), moment, 60)
        run.remember()
        terminal.close()
        assert run.assert_gone() != 0

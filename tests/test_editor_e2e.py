"""Real editors in a real terminal: the column is right, and cockpit's screen comes back whole.

The terminal is pyte's, which keeps no second screen: what an editor has painted over is only seen
again where cockpit paints it again.
"""

import contextlib
import difflib
import fcntl
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pyte
import pytest

from cockpit.ui.editor import Choice, opening
from cockpit.ui.editors import Place
from tests.shell import COCKPIT, Project

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX"),
]

#: A tab, and characters of two, three and four bytes, of one cell and of two.
LINE = "\té = '漢字🙂' + foo(bar)"
COLUMN = LINE.index("foo") + 1
FIND = "B006"
#: What each editor starts with, so that nobody's settings count, and the keys that write XX.
EDITORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "vim": ("vim -N -u NONE", ("iXX", "\x1b", ":wq\r")),
    "vim.tiny": ("vim.tiny -N -u NONE", ("iXX", "\x1b", ":wq\r")),
    "nvim": ("nvim -u NONE", ("iXX", "\x1b", ":wq\r")),
    "emacs": ("emacs -nw -Q", ("XX", "\x18\x13", "\x18\x03")),
    "nano": ("nano -I", ("XX", "\x0f", "\r", "\x18")),
    "micro": ("micro", ("XX", "\x13", "\x11")),
    "kak": ("kak -n", ("iXX", "\x1b", ":wq\r")),
}


class Screen(pyte.Screen):
    """pyte takes xterm's private modes of keys (`CSI > 4 ; 2 m`) for colours, and fails."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def report_device_status(self, mode: int, private: bool = False) -> None:
        if not private:
            super().report_device_status(mode)


class Desk:
    """A program in a terminal: what it shows, and a keyboard."""

    def __init__(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.screen = Screen(120, 36)
        self._stream = pyte.ByteStream(self.screen)
        self.master, slave = os.openpty()
        self._size(36, 120)
        self.program = subprocess.Popen(
            argv,
            cwd=cwd,
            env={**env, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 -- nothing else runs yet
        )
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while not self._done.is_set():
            with contextlib.suppress(OSError):
                if select.select([self.master], [], [], 0.02)[0]:
                    heard = os.read(self.master, 65536)
                    with self._lock:
                        self._stream.feed(heard)

    def resize(self, rows: int, columns: int) -> None:
        with self._lock:
            self.screen.resize(rows, columns)
        self._size(rows, columns)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    @property
    def lines(self) -> list[str]:
        with self._lock:
            return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait(self, *words: str, gone: str = "") -> str:
        """Wait until the screen shows all `words`, and not what is to be `gone`."""

        def shown() -> bool:
            text = self.text
            return all(word in text for word in words) and not (gone and gone in text)

        wait_until(shown, lambda: f"{words} without {gone!r} in\n{self.text}")
        return self.text

    def at_rest(self) -> list[str]:
        """Wait until nothing has been painted for a while, and return the lines."""
        kept, since = self.lines, time.monotonic()
        end = since + 20
        while time.monotonic() - since < 0.5:
            assert time.monotonic() < end, "it never comes to rest"
            if self.lines != kept:
                kept, since = self.lines, time.monotonic()
        return kept

    def child(self, name: str) -> psutil.Process:
        """Wait for a descendant of that name."""

        def found() -> Iterator[psutil.Process]:
            for one in psutil.Process(self.program.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):  # a child of another kind ended
                    if one.name().startswith(name):
                        yield one

        wait_until(lambda: any(found()), lambda: f"no {name}:\n{self.text}")
        return next(found())

    def close(self) -> None:
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(self.program.pid).children(recursive=True):
                one.kill()
        self.program.kill()
        self.program.wait()
        self._done.set()
        self._thread.join()
        os.close(self.master)
        os.close(self.slave)


def wait_until(
    condition: Callable[[], bool], words: Callable[[], str], seconds: float = 60
) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, words()
        time.sleep(0.01)


@contextlib.contextmanager
def at_desk(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Iterator[Desk]:
    desk = Desk(argv, cwd, env)
    try:
        yield desk
    finally:
        desk.close()


def needs(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed here")


# --- Each editor by itself ------------------------------------------------------------------------


@pytest.mark.parametrize("name", EDITORS)
def test_the_cursor_is_at_the_very_character(name: str, tmp_path: Path) -> None:
    needs(name)
    words, keys = EDITORS[name]
    file = tmp_path / "we [i]rd $HOME `id`.py"
    file.write_text(f"x = 1\n{LINE}\n", encoding="utf-8")
    argv = opening(Choice(words, "$EDITOR"), Place(file, 2, COLUMN, LINE), os.environ).argv
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    with at_desk(argv, tmp_path, env) as desk:
        desk.wait("foo(bar)")
        for press in keys:
            desk.type(press)
            if "XX" in press:
                desk.wait("XXfoo")
            elif press == "\x1b":
                desk.wait(gone="insert")
                desk.wait(gone="INSERT")
            elif press == "\x0f":
                desk.wait("to Write")
        wait_until(lambda: "XX" in file.read_text(encoding="utf-8"), lambda: desk.text)
    assert file.read_text(encoding="utf-8").splitlines()[1] == LINE.replace("foo", "XXfoo")


# --- From cockpit, and back -----------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Project:
    needs("vim")
    project = Project(tmp_path)
    project.write("good.py", 'def f(a=[]):\n    """Doc."""\n    return a\n')
    return project


@contextlib.contextmanager
def cockpit(project: Project, *before: str, editor: str = "vim -N -u NONE") -> Iterator[Desk]:
    """Run the real program, its cursor on the only finding of Lint."""
    env = project.env(EDITOR=editor)
    for name in ("VISUAL", "NO_COLOR", "TMUX", "STY", "COLUMNS", "LINES"):
        env.pop(name, None)
    with at_desk((*before, *COCKPIT), project.root, env) as desk:
        desk.wait("all fresh")
        desk.type("1")
        desk.wait(FIND, "def f(a=[])", "what it says", "filter")
        yield desk


def in_vim(desk: Desk) -> None:
    """Wait until vim is open and has painted the last of its lines."""
    desk.wait("3L, ", gone="filter")
    wait_until(lambda: desk.lines.count("~") == 32, lambda: desk.text)


def test_what_is_mended_in_vim_is_gone_when_the_screen_comes_back(project: Project) -> None:
    with cockpit(project) as desk:
        desk.type("e")
        in_vim(desk)
        desk.type(":%s/\\[\\]/()/\r:wq\r")
        desk.wait("filter", "Nothing found", gone=FIND)
        desk.wait("filter", "Nothing found", gone="~")
        assert (project.root / "good.py").read_text(encoding="utf-8").startswith("def f(a=(")


@pytest.mark.parametrize("leave", [":q\r", ":cq\r"])
def test_the_screen_is_exactly_as_before(project: Project, leave: str) -> None:
    with cockpit(project) as desk:
        before = desk.at_rest()
        desk.type("e")
        in_vim(desk)
        desk.type(leave)
        desk.wait("filter", FIND, gone="~")
        if leave == ":cq\r":
            desk.wait("vim ended with exit code 1")
            desk.wait("filter", gone="exit code")
        wait_until(
            lambda: desk.lines[1:] == before[1:],
            lambda: "\n".join(difflib.unified_diff(before, desk.lines)),
        )


def test_the_engine_goes_on_while_the_editor_is_open(project: Project) -> None:
    with cockpit(project) as desk:
        desk.type("e")
        in_vim(desk)
        before = desk.lines
        project.write("good.py", '"""Doc."""\n\nimport os\nimport re\n')
        project.write("more.py", "import sys\n")
        cpu = psutil.Process(desk.program.pid)
        spent = sum(cpu.cpu_times()[:2])
        wait_until(lambda: sum(cpu.cpu_times()[:2]) > spent, lambda: "it never looked")
        assert desk.lines == before, "nothing is painted over the editor"
        desk.type(":q!\r")
        desk.wait("filter", "`sys` imported but unused", gone=FIND)


def test_a_terminal_that_was_resized_meanwhile_is_filled(project: Project) -> None:
    with cockpit(project) as desk:
        desk.type("e")
        in_vim(desk)
        desk.resize(30, 100)
        desk.wait("~")
        desk.type(":q\r")
        desk.wait("filter", FIND, gone="~")
        wait_until(lambda: "quit" in desk.lines[29], lambda: desk.text)
        assert len(desk.lines[1]) == 100


def test_an_editor_that_was_killed_leaves_a_working_terminal(project: Project) -> None:
    with cockpit(project) as desk:
        desk.type("e")
        in_vim(desk)
        desk.child("vim").send_signal(signal.SIGKILL)
        desk.wait("vim was ended by SIGKILL", FIND, "filter")
        desk.type("q")
        desk.program.wait(10)
        assert termios.tcgetattr(desk.slave) == desk.before


def test_ctrl_c_in_an_editor_is_the_editors(project: Project, tmp_path: Path) -> None:
    editor = tmp_path / "lined"
    wait = 'while :; do read a; [ "$a" = q ] && exit; done'
    editor.write_text(f"#!/bin/sh\ntrap 'echo interrupted' INT\n{wait}\n")
    editor.chmod(0o755)
    with cockpit(project, editor=str(editor)) as desk:
        desk.type("e")
        desk.child("lined")
        desk.type("\x03")
        desk.wait("interrupted")
        desk.type("q\r")
        desk.wait("filter", "does not know how to tell lined the line")


def test_cockpit_that_is_ended_takes_the_editor_along(project: Project) -> None:
    with cockpit(project) as desk:
        desk.type("e")
        in_vim(desk)
        vim = desk.child("vim")
        desk.program.send_signal(signal.SIGTERM)
        assert desk.program.wait(10) == 128 + signal.SIGTERM
        wait_until(lambda: not vim.is_running(), lambda: "vim runs on")
        assert termios.tcgetattr(desk.slave) == desk.before


def test_ctrl_z_stops_both_and_fg_brings_the_editor_back(project: Project) -> None:
    needs("bash")
    env = project.env(EDITOR="vim -N -u NONE", PS1="$ ", COCKPIT_RUN=" ".join(COCKPIT))
    with at_desk(("bash", "--norc", "-i"), project.root, env) as desk:
        desk.type("$COCKPIT_RUN\r")
        desk.wait("all fresh")
        desk.type("1")
        desk.wait(FIND, "filter")
        desk.type("e")
        in_vim(desk)
        desk.type("\x1a")
        desk.wait("Stopped")
        desk.type("fg\r")
        desk.wait("~", "return a")
        desk.type(":q\r")
        desk.wait("filter", FIND, gone="~")


def test_ctrl_z_where_no_shell_could_go_on_changes_nothing(project: Project) -> None:
    needs("micro")  # it stops itself, and only itself
    with cockpit(project, editor="micro") as desk:
        desk.type("e")
        desk.wait("return a", gone="filter")
        desk.child("micro").send_signal(signal.SIGSTOP)
        wait_until(
            lambda: desk.child("micro").status() != psutil.STATUS_STOPPED,
            lambda: "it stays stopped",
        )
        desk.type("\x11")
        desk.wait("filter", FIND)

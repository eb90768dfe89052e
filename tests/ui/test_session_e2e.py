"""A whole session with the real program: in a terminal of ours, and in a real tmux.

It waits for words on the screen, never for a time.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from tests.descendants import _NAME, Family
from tests.shell import COCKPIT, Project
from tests.test_editor_e2e import Desk, at_desk, needs, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX"),
]

SHELL = ("bash", "--norc", "--noprofile", "-i")
ESC, ENTER = "\x1b", "\r"
STORE = '''"""Where things are kept."""

import os


def keep(thing, shelves=[]):
    """Keep a thing."""
    shelves.append(thing)
    return shelves


def lose(thing):
    assert thing
'''
GRIND = '"""Grinds."""\n\nimport json\n\n\ndef grind(beans):\n    return eval(beans)\n'
BREW = '"""Brews."""\n\nimport shutil\n\n\ndef brew():\n    """Brew."""\n    return boiling_water\n'


class Terminal(Protocol):
    """A shell in a terminal, with a keyboard."""

    @property
    def text(self) -> str:
        """What the terminal shows."""

    def type(self, keys: str) -> None:
        """Press keys."""


class Pyte:
    """The terminal that the editors' tests use."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.type = desk.type

    @property
    def text(self) -> str:
        return self._desk.text


class Tmux:
    """A server of tmux that nobody else knows, with one window."""

    def __init__(self, socket: Path, cwd: Path, env: Mapping[str, str]) -> None:
        self._socket, self._cwd, self._env = socket, cwd, env
        size = ("-x", "120", "-y", "36")
        self._run("-f", os.devnull, "new-session", "-d", *size, *SHELL)
        self._run("set-option", "-s", "escape-time", "0")

    def _run(self, *words: str) -> str:
        return subprocess.run(
            ("tmux", "-S", str(self._socket), *words),
            cwd=self._cwd,
            env=self._env,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout

    @property
    def text(self) -> str:
        return self._run("capture-pane", "-p")

    def type(self, keys: str) -> None:
        self._run("send-keys", "-l", keys)

    def buffer(self) -> str:
        return self._run("show-buffer")

    def close(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # it went with its shell
            self._run("kill-server")


@contextlib.contextmanager
def in_pyte(cwd: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    with at_desk(SHELL, cwd, env) as desk:
        yield Pyte(desk)


@contextlib.contextmanager
def in_tmux(cwd: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    needs("tmux")
    # A socket's path must be short, and a temporary folder of pytest's need not be.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="tmux-") as folder:
        tmux = Tmux(Path(folder) / "tmux", cwd, {**env, "LC_ALL": "C.UTF-8"})
        try:
            yield tmux
        finally:
            tmux.close()


class Person:
    """Types, and goes on when the screen shows what it should."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def types(self, keys: str, *shown: str, gone: str = "") -> str:
        """Press keys, and wait until all words are `shown` and others are `gone`."""
        self.terminal.type(keys)
        text = ""

        def is_there() -> bool:
            nonlocal text
            text = self.terminal.text
            return all(words in text for words in shown) and not (gone and gone in text)

        wait_until(is_there, lambda: f"after {keys!r}: {shown} without {gone!r} in\n{text}")
        return text

    def sees(self, *shown: str, gone: str = "") -> str:
        return self.types("", *shown, gone=gone)


class Household(Family):
    """All that descend from the shell; nobody is to come to stay."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self._own: set[int] = set()

    def settle(self) -> None:
        """Take who is there now for its own."""
        self._own = {member.pid for member in self.members()}

    def names(self) -> list[str]:
        """Return the command lines of the others."""
        words = []
        for member in self.members():
            with contextlib.suppress(psutil.Error):
                if member.pid not in self._own:
                    words.append(" ".join(member.cmdline()))
        return words


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with a branch that has nothing of its own yet."""
    needs("git")
    needs("bash")
    project = Project(tmp_path)
    (project.root / "good.py").unlink()
    project.write("shop/store.py", STORE)
    project.write("mill/grind.py", GRIND)
    for words in (
        ("symbolic-ref", "HEAD", "refs/heads/main"),
        ("add", "."),
        ("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "First"),
        ("checkout", "-qb", "brewing"),
    ):
        subprocess.run(("git", *words), cwd=project.root, check=True)
    return project


def environment(project: Project, household: Household) -> dict[str, str]:
    env = project.env(
        PS1="ready> ",
        COCKPIT_RUN=" ".join(COCKPIT),
        TERM="xterm-256color",
        GIT_CONFIG_GLOBAL=os.devnull,
        **{_NAME: household.mark},
    )
    for name in ("NO_COLOR", "TMUX", "TMUX_PANE", "STY", "PROMPT_COMMAND", "ESCDELAY"):
        env.pop(name, None)
    return env


@pytest.mark.parametrize("terminal", [in_pyte, in_tmux])
def test_a_whole_session_and_where_it_was_left(
    project: Project, terminal: Callable[..., contextlib.AbstractContextManager[Terminal]]
) -> None:
    household = Household()
    with terminal(project.root, environment(project, household)) as screen:
        person = Person(screen)
        person.sees("ready>")
        household.settle()
        person.types(f"$COCKPIT_RUN{ENTER}", "all fresh", "against main", "brewing", "watching")
        reads_the_list(person)
        reads_the_source(person)
        dismisses(person)
        sees_what_is_new(person, project)
        looks_at_a_folder(person)
        steps_aside(person)
        assert household.names()
        leaves(person, household)
        person.types(f"clear; $COCKPIT_RUN{ENTER}", "all fresh", "filter  shutil", "only new")
        person.types(ESC, "F821", gone="filter  shutil")
        leaves(person, household)


def test_the_exact_command_reaches_the_buffer_of_tmux(project: Project) -> None:
    household = Household()
    with in_tmux(project.root, environment(project, household)) as screen:
        person = Person(screen)
        person.sees("ready>")
        person.types(f"$COCKPIT_RUN{ENTER}", "all fresh", "against main")
        person.types("1@", "Exact command")
        person.types("y", "copied 1 command")
        assert isinstance(screen, Tmux)
        assert screen.buffer().startswith("ruff check ")
        person.types(ESC, "esc back", gone="Exact command")
        person.types("q", "ready>")


def reads_the_list(person: Person) -> None:
    """Open Lint, filter, group, fold, unfold."""
    person.sees("1 Lint 3", "2 Dead code", "3 Docstrings", "4 Security")
    person.types("1", "`json` imported", "B006", "`os` imported", "filter: none")
    person.types("/json", "filter: json", "1 shown", gone="B006")
    person.types(ENTER + ESC, "filter: none", "B006")
    person.types("t", "by file", "mill/grind.py", "shop/store.py")
    person.types("gH", gone="`os` imported but")
    person.types("L", "`os` imported but", "`json` imported but")
    person.types("ttt", gone="by ")


def reads_the_source(person: Person) -> None:
    """Go in, to the next mark, and out."""
    person.types("gn", "assert thing", "lint F401")
    person.types(f"{ENTER}n", "lint B006")
    person.types(ESC, "lint F401")


def dismisses(person: Person) -> None:
    """With a reason; undone, done again, listed."""
    person.types("x", "dismiss F401 at line 3 because")
    person.types(f"kept for later{ENTER}", "dismissed F401 at shop/store.py:3", gone="because")
    person.types("z", "undone: dismissal of F401")
    person.types("Z", "done again: dismissal of F401")
    person.types("d", "the dismissed", "kept for later")
    person.types("d", "filter: none", gone="the dismissed")


def sees_what_is_new(person: Person, project: Project) -> None:
    """Somebody else writes a file; only that is new."""
    project.write("shop/brew.py", BREW)
    person.sees("+4 new", "F821")
    person.types("b", "only new", "`shutil` imported", gone="B006")


def looks_at_a_folder(person: Person) -> None:
    """The tree, the Deck of a folder and of everything, help."""
    person.types("0", "By file", "brew.py", gone="mill")
    person.types("bg", "mill  5 findings")
    person.types("W", "only mill", "Lint 1")
    person.types(ESC, "Lint 4", gone="only mill")
    person.types("?", "Signs", "esc closes")
    person.types(ESC, "Docstrings", gone="esc closes")
    person.types("1b/shutil", "filter  shutil", gone="F821")
    person.types(ENTER, "enter source", "filter  shutil")


def steps_aside(person: Person) -> None:
    """Suspend, use the shell, come back to the same screen."""
    person.types("\x1a", "Stopped", "ready>", gone="enter source")
    person.types(f"clear; echo in the shell{ENTER}", "in the shell", gone="Stopped")
    person.types(f"fg{ENTER}", "enter source", "filter  shutil", "watching")


def leaves(person: Person, household: Household) -> None:
    """Quit; the shell goes on in a terminal as it was."""
    person.types("q", "ready>")
    household.wait_gone()
    words = f"code=$?; clear; stty -a; echo left with $code{ENTER}"
    person.types(words, " icanon", " echo ", "left with 0")

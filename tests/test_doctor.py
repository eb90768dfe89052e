"""`cockpit doctor`: what it says of a machine and a project, and that it never falls over."""

import contextlib
import errno
import importlib.metadata
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest

from cockpit.doctor import folders, processes, screen, tools
from cockpit.doctor.command import Diagnosis, as_json, as_text, diagnose
from cockpit.doctor.entry import Entry, looked, verdict
from cockpit.errors import CockpitError
from cockpit.memory.debuggers import Debugger
from cockpit.memory.rehearsal import Rehearsal
from cockpit.profilers.permission import Facts
from cockpit.render.text import Style
from cockpit.signs import ASCII, UNICODE
from cockpit.trust import trust
from cockpit.ui import page

pytestmark = pytest.mark.integration

_GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "it"\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no word of the terminal, the editor and the browser of whoever runs the tests."""
    for name in (
        *("NO_COLOR", "COLORTERM", "TERM_PROGRAM", "TMUX", "STY", "VTE_VERSION", "WT_SESSION"),
        *("VISUAL", "EDITOR", "BROWSER", "SSH_CONNECTION", "SSH_TTY", "DISPLAY"),
        *("WAYLAND_DISPLAY", "WSL_DISTRO_NAME"),
    ):
        monkeypatch.delenv(name, raising=False)


def named(found: Diagnosis, name: str) -> Entry:
    return next(one for one in found.entries if one.name == name)


def git(root: Path, *words: str) -> None:
    subprocess.run((*_GIT, *words), cwd=root, check=True, capture_output=True)


def installed(root: Path, *names: str) -> None:
    """Have a virtual environment in a project that says to hold these, as NAME-VERSION."""
    packages = root / ".venv/lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (root / ".venv/pyvenv.cfg").write_text("", encoding="utf-8")
    for name in names:
        (packages / f"{name}.dist-info").mkdir()


def command(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "cockpit", "doctor", *words)


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(
        command(*words), cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def on_terminal(cwd: Path, size: tuple[int, int] = (100, 40), **environment: str) -> str:
    """Return what it writes to a terminal of this size."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    env = {**os.environ, **environment}
    with subprocess.Popen(
        command(), cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as child:
        os.close(theirs)
        written = b""
        with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
            while part := os.read(ours, 1 << 16):
                written += part
        os.close(ours)
    assert child.returncode in (0, 1)
    return written.decode().replace("\r\n", "\n")


# --- The command --------------------------------------------------------------------------------


def test_it_tells_every_tool_with_its_version_and_ends_with_a_verdict(project: Path) -> None:
    done = run(cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("ruff", "vulture", "interrogate", "bandit", "py-spy", "memray", "scalene"):
        assert f" {name} " in done.stdout
    assert "cockpit's own" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("✓ The project can be checked")
    assert "\x1b" not in done.stdout, "no colours where there is no terminal"


def test_its_json_is_a_contract(project: Path) -> None:
    done = run("--format", "json", cwd=project)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["version"] == 1
    assert found["ok"] is True
    assert found["root"] == str(project)
    assert {"section", "name", "state", "words", "hint"} == set(found["entries"][0])
    states = {entry["state"] for entry in found["entries"]}
    assert states <= {"ok", "warning", "missing", "unknown"}
    sections = list(dict.fromkeys(entry["section"] for entry in found["entries"]))
    assert sections == ["project", "tools", "processes", "screen", "folders"]


def test_what_the_main_job_needs_and_is_not_there_is_exit_code_1(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.cockpit]\nexclud = []\n", encoding="utf-8")
    done = run(cwd=project)
    assert done.returncode == 1
    assert "exclude" in done.stdout, "the nearest right key"
    last = done.stdout.rstrip().splitlines()[-1]
    assert last == "✗ The project cannot be checked as it should. To mend: settings."


def test_a_folder_that_is_not_there_is_a_wrong_command_line(project: Path) -> None:
    done = run("nowhere", cwd=project)
    assert done.returncode == 2
    assert "there is no folder nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_makes_nothing(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    above = tmp_path_factory.mktemp("above")
    names = ("CACHE", "CONFIG", "STATE", "DATA")
    own = {f"COCKPIT_{name}_DIR": str(above / name.lower()) for name in names}
    before = sorted(project.rglob("*"))
    done = run(cwd=project, **own)
    assert done.returncode == 0
    assert " ".join(done.stdout.split()).count("is not there yet") == len(names)
    assert not list(above.iterdir())
    assert sorted(project.rglob("*")) == before


# --- Where it is written to ---------------------------------------------------------------------


def test_in_a_locale_without_unicode_it_is_ascii(project: Path) -> None:
    folder = project / "é"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("", encoding="utf-8")
    plain = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = run(cwd=folder, **plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert r"\xe9" in done.stdout
    assert "signs are ASCII" in done.stdout
    found = json.loads(run("--format", "json", cwd=folder, **plain).stdout)
    assert found["root"] == str(folder)


def test_who_reads_only_the_beginning_gets_no_traceback(project: Path) -> None:
    with subprocess.Popen(
        command(), cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout and child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [
        (">&-", 0, ""),
        (
            ">/dev/full",
            2,
            f"cockpit: the output could not be written: {os.strerror(errno.ENOSPC)}\n",
        ),
    ],
)
def test_an_output_that_takes_nothing_is_no_traceback(
    project: Path, redirected: str, code: int, said: str
) -> None:
    line = f"{sys.executable} -m cockpit doctor {redirected}"
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=project, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.usefixtures("nothing_set")
def test_on_a_terminal_what_is_wrong_is_coloured(project: Path) -> None:
    shown = on_terminal(project, TERM="xterm-256color", EDITOR="no-such-editor")
    assert "\x1b[33;1meditor" in shown
    assert "xterm-256color, 100x40" in shown
    assert "256" in next(line for line in shown.splitlines() if "colours" in line)


@pytest.mark.usefixtures("nothing_set")
def test_no_colours_where_the_person_wants_none(project: Path) -> None:
    shown = on_terminal(project, TERM="xterm-256color", NO_COLOR="1")
    assert "\x1b" not in shown
    assert "none, as NO_COLOR asks for" in shown


@pytest.mark.usefixtures("nothing_set")
def test_a_terminal_that_can_nothing_is_said_to(project: Path) -> None:
    shown = on_terminal(project, TERM="dumb")
    assert "▲ terminal        TERM is dumb" in shown
    assert "\x1b" not in shown
    assert shown.rstrip().splitlines()[-1].startswith("✓ "), "`cockpit check` needs none"


@pytest.mark.usefixtures("nothing_set")
def test_a_terminal_that_is_too_small_is_said_to(project: Path) -> None:
    shown = on_terminal(project, size=(60, 12), TERM="xterm")
    assert "xterm, 60x12" in shown
    assert "The pages need 60x15." in shown
    assert page.LEAST == screen.LEAST


# --- The project --------------------------------------------------------------------------------


@pytest.mark.regression
async def test_a_repository_is_one(project: Path) -> None:
    git(project, "init", "-q", "-b", "main")
    assert "on main" in named(await diagnose(project), "git").words
    assert "there is no commit" in named(await diagnose(project), "base").words
    git(project, "commit", "-q", "--allow-empty", "-m", "first")
    found = await diagnose(project)
    assert named(found, "git").state == "ok"
    assert "from HEAD (" in named(found, "base").words
    git(project, "switch", "-q", "-c", "mine")
    git(project, "commit", "-q", "--allow-empty", "-m", "second")
    assert "where the branch left main (" in named(await diagnose(project), "base").words


async def test_a_folder_that_is_no_project_can_be_checked(tmp_path: Path) -> None:
    found = await diagnose(tmp_path)
    assert named(found, "root").state == "warning"
    assert "is in no repository" in named(found, "git").words
    assert found.ok


async def test_why_git_refuses_a_repository_is_told(project: Path) -> None:
    (project / ".git").write_text("nonsense\n", encoding="utf-8")
    git_ = named(await diagnose(project), "git")
    assert git_.state == "warning"
    assert "refuses this repository: fatal: invalid gitfile" in git_.words


async def test_without_git_nothing_of_what_was_can_be_known(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(project))
    found = await diagnose(project)
    assert named(found, "git").words == "git is not installed"
    assert "start of each session" in named(found, "base").words
    assert named(found, "attach").hint == "Install lldb."
    assert found.ok


@pytest.mark.parametrize(
    ("base", "state", "words"),
    [
        ("session", "ok", "start of each session"),
        ("baseline", "warning", "cockpit-baseline.txt"),
        ("no-such", "warning", "no commit no-such"),
    ],
)
async def test_the_base_of_the_settings_is_told(
    project: Path, base: str, state: str, words: str
) -> None:
    git(project, "init", "-q")
    git(project, "commit", "-q", "--allow-empty", "-m", "first")
    settings = f'[tool.cockpit]\nbase = "{base}"\n'
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    entry = named(await diagnose(project), "base")
    assert entry.state == state
    assert words in entry.words


# --- The tools ----------------------------------------------------------------------------------


def test_a_checker_that_does_not_start_is_missing(project: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken/vulture"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('half of it is gone')", encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(broken.parent), os.environ.get("PYTHONPATH"))))
    done = run(cwd=project, PYTHONPATH=path)
    assert done.returncode == 1
    assert "half of it is gone" in " ".join(done.stdout.split())
    assert done.stdout.rstrip().endswith("To mend: vulture.")
    (project / "pyproject.toml").write_text('[tool.cockpit]\ntools = ["ruff"]\n', encoding="utf-8")
    assert run(cwd=project, PYTHONPATH=path).returncode == 0, "the settings leave it out"


async def test_another_version_in_the_project_is_told(project: Path) -> None:
    installed(project, "vulture-0.1", "memray-9.9")
    text = as_text(await diagnose(project), Style(), 160)
    assert "cockpit's own; the project has 0.1" in text
    assert "cockpit's own; the project has 9.9" in text
    assert "the project's .venv has none" in text
    assert "`.venv/bin/python -m pip install scalene`" in text


@pytest.mark.parametrize("name", ["memray", "scalene"])
async def test_a_profiler_that_is_missing_limits(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    version = importlib.metadata.version

    def gone(wanted: str) -> str:
        if wanted == name:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(wanted)

    monkeypatch.setattr(tools.importlib.metadata, "version", gone)
    found = await diagnose(project)
    assert named(found, name).state == "warning"
    assert f"-m pip install {name}" in named(found, name).hint
    assert found.ok, "the main job needs no profiler"


@pytest.mark.security
async def test_a_projects_own_ruff_is_run_only_where_it_is_trusted(project: Path) -> None:
    installed(project)
    for name in ("ruff", "python", "git", "py-spy", "memray"):
        program = project / ".venv/bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ntouch ran-{name}\necho ruff 9.9.9\n", encoding="utf-8")
        program.chmod(0o755)
    assert "cockpit's own" in named(await diagnose(project), "ruff").words
    assert not list(project.glob("ran-*"))
    trust(Path(os.environ["COCKPIT_STATE_DIR"]), project)
    assert "9.9.9, the project's own .venv/bin/ruff" in named(await diagnose(project), "ruff").words
    assert [path.name for path in project.glob("ran-*")] == ["ran-ruff"]


async def test_a_trusted_ruff_that_says_nothing_is_missing(project: Path) -> None:
    installed(project)
    program = project / ".venv/bin/ruff"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    trust(Path(os.environ["COCKPIT_STATE_DIR"]), project)
    found = await diagnose(project)
    assert named(found, "ruff").state == "missing"
    assert "`cockpit trust --revoke`" in named(found, "ruff").hint
    assert not found.ok


# --- Processes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        (Facts(euid=0, capable=True), ("ok", "ok")),
        (Facts(scope=1), ("ok", "warning")),
        (Facts(scope=3), ("warning", "warning")),
    ],
)
async def test_what_may_be_sampled_follows_from_ones_rights(
    project: Path, monkeypatch: pytest.MonkeyPatch, facts: Facts, states: tuple[str, str]
) -> None:
    monkeypatch.setattr(processes, "rights", lambda: facts)
    found = await diagnose(project)
    assert f"ptrace_scope {facts.scope}" in named(found, "rights").words
    assert (named(found, "started here").state, named(found, "your processes").state) == states
    assert named(found, "of other users").state == "ok", "that is so on every machine"
    said = as_text(found, Style(), 160)
    assert ("cockpit top PID" in said) == (facts.scope == 1)
    assert found.ok


async def test_debuggers_are_tried_only_when_that_is_asked_for(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    async def there(_: object = ()) -> list[Debugger]:
        return [Debugger("lldb", "/usr/bin/lldb", "lldb 14"), Debugger("gdb", "/usr/bin/gdb", "13")]

    async def rehearse(_i: str, _m: str, way: Debugger, _f: Path, again: bool) -> Rehearsal:
        tried.append(way.method)
        return Rehearsal(way.method, way.method == "lldb", "it killed its target")

    monkeypatch.setattr(processes, "debuggers", there)
    monkeypatch.setattr(processes, "rehearse", rehearse)
    found = await diagnose(project)
    assert named(found, "attach by gdb").state == "unknown"
    assert as_text(found, Style(), 160).count("cockpit doctor --attach") == 1, "said once"
    assert not tried
    found = await diagnose(project, attach=True)
    assert tried == ["lldb", "gdb"]
    assert named(found, "attach by lldb").state == "ok"
    assert "it killed its target" in named(found, "attach by gdb").words
    assert "lldb may do" in named(found, "attach by gdb").hint
    assert found.ok, "the main job needs no debugger"


# --- The screen ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize(
    ("environment", "name", "state", "words"),
    [
        ({"NO_COLOR": "1"}, "colours", "ok", "NO_COLOR"),
        ({"EDITOR": "no-such-editor -x"}, "editor", "warning", "no-such-editor -x, by $EDITOR"),
        ({"EDITOR": "'"}, "editor", "warning", "$EDITOR cannot be understood"),
        ({"EDITOR": "/bin/true"}, "editor", "ok", "/bin/true, by $EDITOR, in this terminal"),
        ({"SSH_CONNECTION": "1 2 3 4"}, "browser", "ok", "SSH"),
        ({"SSH_CONNECTION": "1 2 3 4"}, "display", "ok", "over SSH; none"),
        ({}, "browser", "ok", "none: there is no display"),
        ({"BROWSER": "/bin/true"}, "browser", "ok", "/bin/true"),
        ({"DISPLAY": ":0"}, "display", "ok", "DISPLAY :0"),
        ({"TERM_PROGRAM": "WezTerm"}, "copying", "ok", "WezTerm takes it"),
        ({"TERM": "xterm-kitty"}, "copying", "ok", "xterm-kitty takes it"),
        ({"TERM_PROGRAM": "WezTerm", "TMUX": "1"}, "copying", "unknown", "tmux's buffer"),
        ({"VTE_VERSION": "7000"}, "copying", "warning", "takes no copies"),
        ({}, "copying", "unknown", "depends on the terminal"),
    ],
)
async def test_what_is_around_is_told(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    name: str,
    state: str,
    words: str,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    entry = next(one for one in await screen.screen(project) if one.name == name)
    assert (entry.state, words in entry.words) == (state, True), entry


# --- The folders --------------------------------------------------------------------------------


async def test_a_folder_that_cannot_be_written_to_is_missing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(file / "cache"))
    found = await diagnose(project)
    assert named(found, "cache").state == "missing"
    assert "COCKPIT_CACHE_DIR" in named(found, "cache").hint
    assert not found.ok


@pytest.mark.security
async def test_a_folder_that_others_may_write_to_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("COCKPIT_STATE_DIR", str(folder))
    state = next(one for one in await folders.folders() if one.name == "state")
    assert (state.state, "other users may write there" in state.words) == ("missing", True)


async def test_a_folder_is_told_with_its_size_and_permissions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    (folder / "it").write_bytes(bytes(3 << 20))
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(folder))
    assert f"3.0 MB in {folder} (0700)" in (await folders.folders())[0].words
    monkeypatch.setattr(folders, "_MOST", 1)
    assert "more than 3.0 MB" in (await folders.folders())[0].words, "a whole disk is not walked"


# --- It never falls over ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        OSError("the disk is on fire"),
        CockpitError("the disk is on fire"),
        ValueError("the disk is on fire"),
    ],
)
async def test_a_look_that_fails_says_so_and_the_others_are_there(
    project: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken() -> Entry:
        raise error

    monkeypatch.setattr(screen, "_letters", broken)
    found = await diagnose(project)
    letters = named(found, "letters")
    assert letters.state == "unknown"
    assert letters.words == "this could not be found out: the disk is on fire"
    assert named(found, "editor") and named(found, "ruff").state == "ok"
    assert found.ok


@pytest.mark.unit
async def test_the_looks_of_a_section_stand_in_its_order() -> None:
    async def look(*names: str) -> list[Entry]:
        return [Entry("tools", name, "ok", "") for name in names]

    found = await looked("tools", {"b": look("b", "c"), "a": look("a")})
    assert [one.name for one in found] == ["b", "c", "a"]


@pytest.mark.security
async def test_names_with_escape_sequences_are_text(tmp_path: Path) -> None:
    evil = tmp_path / "\x1b[2Jevil\udc80"
    try:
        evil.mkdir()
    except OSError:
        pytest.skip("this file system takes no such names")
    installed(evil, "vulture-\x1b[31m1")
    found = await diagnose(evil)
    for text in (as_text(found, Style(), 80), as_text(found, Style(signs=ASCII), 80)):
        assert "\x1b" not in text and "\udc80" not in text
    assert json.loads(as_json(found))["root"] == found.root


# --- How it looks -------------------------------------------------------------------------------

_ENTRIES = [
    Entry("tools", "ruff", "ok", "0.15, cockpit's own"),
    Entry("screen", "editor", "warning", "no editor is set " * 8, "Set $EDITOR."),
    Entry("folders", "cache", "missing", "it may not be written to", "Mend that."),
]


@pytest.mark.unit
@pytest.mark.parametrize("width", [50, 80, 160])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    found = Diagnosis(False, "It cannot.", "/src", _ENTRIES)
    text = as_text(found, Style(signs=UNICODE), width)
    assert max(map(len, text.splitlines())) <= width
    assert "▲ editor" in text and "✗ cache" in text and "Set $EDITOR." in text
    assert as_text(found, Style(signs=ASCII), width).isascii()


@pytest.mark.unit
def test_the_verdict_names_what_is_limited_and_what_is_missing() -> None:
    assert verdict(_ENTRIES[:1]) == (True, "The project can be checked, and nothing is limited.")
    assert verdict(_ENTRIES[:2]) == (True, "The project can be checked. Limited: editor.")
    sentence = "The project cannot be checked as it should. To mend: cache."
    assert verdict(_ENTRIES) == (False, sentence)

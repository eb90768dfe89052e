"""`cockpit doctor`: what it says of a machine and a project, and that it never falls over."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cockpit.doctor import processes, surroundings, tools
from cockpit.doctor.command import Diagnosis, as_text, diagnose
from cockpit.doctor.entry import Entry, verdict
from cockpit.errors import CockpitError
from cockpit.memory.debuggers import Debugger
from cockpit.memory.rehearsal import Rehearsal
from cockpit.signs import ASCII, UNICODE
from cockpit.trust import trust

pytestmark = pytest.mark.integration


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "it"\n', encoding="utf-8")
    return tmp_path


def named(found: Diagnosis, name: str) -> Entry:
    return next(one for one in found.entries if one.name == name)


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "cockpit", "doctor", *words]
    env = {**os.environ, **environment}
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)


# --- The command --------------------------------------------------------------------------------


def test_it_tells_every_tool_with_its_version_and_ends_with_a_verdict(project: Path) -> None:
    done = run(cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("ruff", "vulture", "interrogate", "bandit", "py-spy", "memray", "scalene"):
        assert f" {name} " in done.stdout
    assert "cockpit's own" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("✓ ")
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


def test_what_the_main_job_needs_and_is_not_there_is_exit_code_1(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.cockpit]\nexclud = []\n", encoding="utf-8")
    done = run(cwd=project)
    assert done.returncode == 1
    assert "exclude" in done.stdout, "the nearest right key"
    assert done.stdout.rstrip().splitlines()[-1].startswith("✗ The project cannot be checked")


def test_a_folder_that_is_not_there_is_a_wrong_command_line(project: Path) -> None:
    done = run("nowhere", cwd=project)
    assert done.returncode == 2
    assert "there is no folder nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_in_a_locale_without_unicode_it_is_ascii(project: Path) -> None:
    done = run(cwd=project, LANG="C", LC_ALL="C")
    assert done.stdout.isascii()
    assert "signs are ASCII" in done.stdout


def test_who_reads_only_the_beginning_gets_no_traceback(project: Path) -> None:
    command_line = f"{sys.executable} -m cockpit doctor | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", command_line], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("cockpit doctor")
    assert "Traceback" not in done.stderr


# --- What can be wrong --------------------------------------------------------------------------


async def test_without_git_nothing_of_what_is_new_can_be_known(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "find", lambda _: "")
    found = await diagnose(project)
    assert named(found, "git").state == "warning"
    assert found.ok


async def test_a_tool_that_is_not_there_is_missing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> None:
        raise CockpitError("vulture is not installed", "Install cockpit again.")

    monkeypatch.setattr(tools.registry.load("vulture"), "version", gone.__get__(1), raising=True)
    found = await diagnose(project)
    assert named(found, "vulture").state == "missing"
    assert not found.ok
    assert "vulture" in found.verdict


@pytest.mark.security
async def test_a_projects_own_ruff_is_run_only_where_it_is_trusted(
    project: Path, own_folders: Path
) -> None:
    program = project / ".venv/bin/ruff"
    program.parent.mkdir(parents=True)
    (project / ".venv/pyvenv.cfg").write_text("")
    program.write_text("#!/bin/sh\ntouch ran\necho ruff 9.9.9\n")
    program.chmod(0o755)
    assert "cockpit's own" in named(await diagnose(project), "ruff").words
    assert not (project / "ran").exists()
    trust(Path(os.environ["COCKPIT_STATE_DIR"]), project)
    assert "9.9.9, the project's own .venv/bin/ruff" in named(await diagnose(project), "ruff").words


async def test_a_folder_that_cannot_be_written_to_is_missing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(file / "cache"))
    found = await diagnose(project)
    assert named(found, "cache").state == "missing"
    assert "COCKPIT_CACHE_DIR" in named(found, "cache").hint
    assert not found.ok


@pytest.mark.parametrize(
    ("environment", "name", "state", "words"),
    [
        ({"NO_COLOR": "1"}, "colours", "ok", "NO_COLOR"),
        ({"COLORTERM": "truecolor"}, "colours", "ok", "16 million"),
        ({"EDITOR": "no-such-editor -x"}, "editor", "warning", "no-such-editor -x, by $EDITOR"),
        ({"SSH_CONNECTION": "1 2 3 4"}, "browser", "ok", "SSH"),
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
    for variable in ("NO_COLOR", "COLORTERM", "VISUAL", "EDITOR", "BROWSER"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    entry = named(await diagnose(project), name)
    assert entry.state == state
    assert words in entry.words


async def test_a_section_that_cannot_look_says_so_and_the_rest_is_there(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> list[Entry]:
        raise OSError("the disk is on fire")

    monkeypatch.setattr(surroundings, "screen", broken)
    found = await diagnose(project)
    assert "the disk is on fire" in named(found, "screen").words
    assert named(found, "ruff").state == "ok"


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
    assert named(found, "attach, gdb").state == "unknown"
    assert not tried
    found = await diagnose(project, attach=True)
    assert sorted(tried) == ["gdb", "lldb"]
    assert named(found, "attach, lldb").state == "ok"
    assert "it killed its target" in named(found, "attach, gdb").words
    assert found.ok, "the main job needs no debugger"


# --- How it looks -------------------------------------------------------------------------------

_ENTRIES = [
    Entry("tools", "ruff", "ok", "0.15, cockpit's own"),
    Entry("screen", "editor", "warning", "no editor is set " * 8, "Set $EDITOR."),
    Entry("folders", "cache", "missing", "it may not be written to", "Mend that."),
]


@pytest.mark.unit
@pytest.mark.parametrize("width", [80, 160])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    text = as_text(Diagnosis(False, "It cannot.", "/src", _ENTRIES), UNICODE, width)
    assert max(map(len, text.splitlines())) <= width
    assert "▲ editor" in text and "✗ cache" in text and "Set $EDITOR." in text
    assert as_text(Diagnosis(False, "It cannot.", "/src", _ENTRIES), ASCII, width).isascii()


@pytest.mark.unit
def test_the_verdict_counts_what_is_limited_and_names_what_is_missing() -> None:
    assert verdict(_ENTRIES[:1]) == (True, "Everything works.")
    assert verdict(_ENTRIES[:2]) == (True, "The project can be checked; 1 thing is limited.")
    assert verdict(_ENTRIES) == (False, "The project cannot be checked as it should: cache.")


@pytest.mark.security
async def test_a_root_with_an_escape_sequence_is_text(tmp_path: Path) -> None:
    evil = tmp_path / "\x1b[2Jevil"
    evil.mkdir()
    found = await diagnose(evil)
    assert "\x1b" not in as_text(found, UNICODE, 80)

"""A command, as typed in a shell, becomes the same program under memray, or is refused."""

import subprocess
import sys
from pathlib import Path

import memray
import pytest

from cockpit.errors import CockpitError
from cockpit.memory import installed
from cockpit.memory.command import program, under_memray
from cockpit.memory.model import Options
from tests.profilers.targets import script

PYTHON = sys.executable
RUN = ("-m", "memray", "run", "-q", "-f")
OUT = Path("/data/x.bin")


def executable(folder: Path, name: str, text: str) -> str:
    file = script(folder, name, text)
    file.chmod(0o755)
    return str(file)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("typed", "own", "run"),
    [
        ("app.py", "", "app.py"),
        ("app.py -m --native -o x", "", "app.py -m --native -o x"),
        ("-m pkg.tool -v", "", "-m pkg.tool -v"),
        ("-mpkg -v", "", "-m pkg -v"),
        ("-c pass x", "", "-c pass x"),
        ("-cpass x", "", "-c pass x"),
        ("-X dev -W error app.py", "-X dev -W error", "app.py"),
        ("-Xdev -Werror app.py", "-Xdev -Werror", "app.py"),
        ("-Bu -OO app.py", "-Bu -OO", "app.py"),
        ("-BuW error app.py", "-BuW error", "app.py"),
        ("-Bm pkg x", "-B", "-m pkg x"),
        ("-Bcpass x", "-B", "-c pass x"),
        ("-I -m pkg", "-I", "-m pkg"),
        ("--check-hash-based-pycs never app.py", "--check-hash-based-pycs never", "app.py"),
        ("--check-hash-based-pycs=never app.py", "--check-hash-based-pycs=never", "app.py"),
        ("-u -- app.py x", "-u", "app.py x"),
        ("-- -odd.py", "", "./-odd.py"),
    ],
)
def test_what_python_is_told_is_parted_from_what_it_runs(typed: str, own: str, run: str) -> None:
    found = under_memray((PYTHON, *typed.split()), Options(), OUT)
    assert found == (PYTHON, *own.split(), *RUN, "-o", str(OUT), *run.split())


@pytest.mark.unit
def test_a_text_that_memray_would_take_for_an_option_is_none() -> None:
    assert under_memray((PYTHON, "-c", "-1"), Options(), OUT)[-2:] == ("-c", "\n-1")


@pytest.mark.unit
def test_what_memray_cannot_run_is_refused() -> None:
    for words in (("caf\udce9.py",), ("app.py", "caf\udce9")):
        with pytest.raises(CockpitError, match=r"caf\\xe9.* is not UTF-8, and memray can run"):
            under_memray((PYTHON, *words), Options(), OUT)


@pytest.mark.unit
def test_each_option_of_memray_has_its_switch() -> None:
    every = Options(native=True, follow_fork=True, aggregate=True, python_allocators=True)
    found = under_memray((PYTHON, "a.py"), every, OUT)
    switches = ("--native", "--follow-fork", "--aggregate", "--trace-python-allocators")
    assert found == (PYTHON, *RUN, *switches, "-o", str(OUT), "a.py")


@pytest.mark.unit
@pytest.mark.parametrize("line", ["{python}", "/usr/bin/env {python}", "/usr/bin/env -S {python}"])
def test_a_script_is_run_by_the_python_that_it_names(tmp_path: Path, line: str) -> None:
    file = executable(tmp_path, "tool", f"#!{line.format(python=PYTHON)}\nimport x\n")
    assert program((file, "-c", "x")).run == (file, "-c", "x")
    assert program((file,)).interpreter == PYTHON


@pytest.mark.unit
def test_a_script_can_give_its_python_options(tmp_path: Path) -> None:
    file = executable(tmp_path, "tool", f"#!/usr/bin/env -S {PYTHON} -Xdev -E\n")
    assert program((file,)).options == ("-Xdev", "-E")
    file = executable(tmp_path, "other", f"#!{PYTHON} -E\n")
    assert program((file,)).options == ("-E",)


@pytest.mark.unit
@pytest.mark.parametrize(
    "second", ['\'\'\'exec\' "{python}" "$0" "$@"', "'''exec' '{python}' \"$0\" \"$@\""]
)
def test_a_script_of_pip_may_have_a_path_too_long_for_a_kernel(tmp_path: Path, second: str) -> None:
    text = f"#!/bin/sh\n{second.format(python=PYTHON)}\n' '''\nimport x\n"
    assert program((executable(tmp_path, "tool", text),)).interpreter == PYTHON


@pytest.mark.unit
def test_a_script_of_uv_may_name_its_python_beside_it(tmp_path: Path) -> None:
    beside = tmp_path / "python"
    beside.symlink_to(PYTHON)
    line = '\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/\'python\' "$0" "$@"'
    file = executable(tmp_path, "tool", f"#!/bin/sh\n{line}\n' '''\n")
    assert program((file,)).interpreter == str(beside)


@pytest.mark.unit
def test_a_console_script_is_found_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = executable(tmp_path, "flask-like", f"#!{PYTHON}\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program(("flask-like", "run")).run == (file, "run")


@pytest.mark.unit
@pytest.mark.parametrize("typed", ["", "-", "-u", "-V", "--version", "-h", "--help-all", "-X dev"])
def test_a_python_that_runs_nothing_is_refused(typed: str) -> None:
    with pytest.raises(CockpitError, match="names no program that memray could run") as caught:
        program((PYTHON, *typed.split()))
    assert "python app.py" in caught.value.hint


@pytest.mark.unit
@pytest.mark.parametrize(("typed", "what"), [("-m", "a module"), ("-uc", "a text")])
def test_a_program_that_is_not_named_is_missed(typed: str, what: str) -> None:
    with pytest.raises(CockpitError, match=f"after -[mc] there must be {what} to run"):
        program((PYTHON, typed))


@pytest.mark.unit
@pytest.mark.parametrize(
    "text",
    ["#!/bin/sh\necho\n", "\x7fELF\x00", "", "#!\n", "#!/usr/bin/env\n", "#!/bin/sh\n'''exec' $X"],
)
def test_what_is_no_python_program_is_refused(tmp_path: Path, text: str) -> None:
    file = executable(tmp_path, "tool", text)
    with pytest.raises(CockpitError, match="tool is no Python program") as caught:
        program((file, "app.py"))
    assert "`python app.py`" in caught.value.hint


@pytest.mark.unit
@pytest.mark.security
def test_what_a_script_says_is_shown_as_text(tmp_path: Path) -> None:
    file = executable(tmp_path, "to\x1b[31mol", "#!/bin/sh\n")
    with pytest.raises(CockpitError) as caught:
        program((file,))
    assert "\x1b" not in caught.value.message


# --- Whether memray is there ---


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of an environment in which nothing is installed."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run((PYTHON, "-m", "venv", "--without-pip", str(folder)), check=True)
    return str(folder / "bin" / "python")


@pytest.mark.integration
async def test_the_version_of_memray_is_told(tmp_path: Path) -> None:
    assert await installed.check(PYTHON, tmp_path) == memray.__version__


@pytest.mark.integration
@pytest.mark.security
async def test_a_memray_of_the_project_is_none(tmp_path: Path, bare: str) -> None:
    mark = tmp_path / "ran"
    script(tmp_path, "memray.py", f"open({str(mark)!r}, 'w'); __version__ = '1'")
    with pytest.raises(CockpitError) as caught:
        await installed.check(bare, tmp_path)
    assert caught.value.message == f"memray is not installed for {bare}"
    assert caught.value.hint == f"Install it there: `{bare} -m pip install memray`"
    assert not mark.exists()


@pytest.mark.integration
async def test_a_memray_that_does_not_work_says_why(tmp_path: Path, bare: str) -> None:
    place = next(Path(bare).parent.parent.glob("lib/python*/site-packages")) / "memray"
    place.mkdir()
    script(place, "__init__.py", "import there_is_none_such")
    with pytest.raises(CockpitError, match="does not work: ModuleNotFoundError: No module named"):
        await installed.check(bare, tmp_path)


@pytest.mark.integration
async def test_an_interpreter_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(CockpitError, match=r"not installed|could not be started"):
        await installed.check(str(tmp_path / "python"), tmp_path)


@pytest.mark.integration
async def test_an_interpreter_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "_PATIENCE", 0.2)
    slow = executable(tmp_path, "python", "#!/bin/sh\nsleep 60\n")
    with pytest.raises(CockpitError, match="did not answer within 0 s"):
        await installed.check(slow, tmp_path)

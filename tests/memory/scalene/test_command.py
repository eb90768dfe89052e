"""How a command becomes one that scalene runs."""

import sys
from pathlib import Path

import pytest

from cockpit.errors import CockpitError
from cockpit.memory.scalene.command import Options, program, under_scalene
from cockpit.memory.scalene.installed import Found

pytestmark = pytest.mark.unit

PYTHON = sys.executable
NOTHING = Found("2.4.0")
LINUX = Found("2.4.0", {"LD_PRELOAD": "libscalene.so"}, {"WINDOW": "1"})
KEPT = Path("/kept/p.json")


def command(argv: list[str], folder: Path, options: Options = Options()) -> tuple[str, ...]:  # noqa: B008
    return under_scalene(program(argv), NOTHING, folder, KEPT, options)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a console script of our own Python."""
    path = tmp_path / "bin" / "tool"
    path.parent.mkdir()
    path.write_text(f"#!{PYTHON}\nprint()\n")
    path.chmod(0o755)
    return path


def test_a_script_runs_under_the_scalene_of_its_python(tmp_path: Path) -> None:
    assert command([PYTHON, "app.py", "--fast", "x y"], tmp_path) == (
        *(PYTHON, "-m", "scalene", "run", "-o", "/kept/p.json"),
        *("--profile-interval", "1", "--no-stacks", "--program-path", str(tmp_path)),
        *("---", "app.py", "--fast", "x y"),
    )


def test_a_module_keeps_its_name_and_words(tmp_path: Path) -> None:
    words = command([PYTHON, "-m", "package.part", "-v", "a.py"], tmp_path)
    assert words[words.index("---") + 1 :] == ("-m", "package.part", "-v", "a.py")


def test_a_console_script_has_the_project_measured_and_not_its_own_folder(
    script: Path, tmp_path: Path
) -> None:
    words = command([str(script), "check"], tmp_path / "project")
    assert words[0] == PYTHON
    assert words[words.index("--program-path") + 1] == str(tmp_path / "project")
    assert words[words.index("---") + 1 :] == (str(script), "check")


def test_of_a_script_elsewhere_scalene_measures_what_is_beside_it(tmp_path: Path) -> None:
    assert "--program-path" not in command([PYTHON, "/elsewhere/app.py"], tmp_path)
    assert "--program-path" in command([PYTHON, str(tmp_path / "app.py")], tmp_path)


def test_options_become_switches(tmp_path: Path) -> None:
    words = command([PYTHON, "app.py"], tmp_path, Options(cpu_only=True, interval=0, stacks=True))
    assert "--cpu-only" in words
    assert not {"--profile-interval", "--no-stacks"} & set(words)


@pytest.mark.parametrize(("cpu_only", "variable"), [(False, "LD_PRELOAD"), (True, "WINDOW")])
def test_where_scalene_is_known_to_want_an_environment_it_starts_in_that(
    cpu_only: bool, variable: str, tmp_path: Path
) -> None:
    what = program([PYTHON, "-X", "dev", "-O", "app.py"])
    words = under_scalene(what, LINUX, tmp_path, KEPT, Options(cpu_only=cpu_only))
    assert words[0] == "/usr/bin/env"
    assert words[1].startswith(f"{variable}=")
    assert words[2:7] == (PYTHON, "-X", "dev", "-O", "-m")


def test_where_scalene_starts_python_anew_options_of_python_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CockpitError, match="does not hand -O on to Python"):
        command([PYTHON, "-O", "app.py"], tmp_path)


def test_a_script_whose_name_begins_with_a_hyphen_is_no_option(tmp_path: Path) -> None:
    assert command([PYTHON, "--", "-u"], tmp_path)[-1] == "./-u"


def test_a_text_is_refused() -> None:
    with pytest.raises(CockpitError, match="nothing of a text that is given by -c") as caught:
        program([PYTHON, "-c", "print()"])
    assert caught.value.hint == "Put it into a file, and run that."


@pytest.mark.regression
def test_a_script_is_refused_whose_argument_scalene_would_run(script: Path) -> None:
    with pytest.raises(CockpitError, match=r"would run tests/test_a\.py and not .*tool") as caught:
        program([str(script), "-q", "tests/test_a.py"])
    assert caught.value.hint == "Run it as a module: `python -m tool …`."
    program([PYTHON, "app.py", "other.py"])  # the first is the program


def test_what_is_no_python_is_said_in_the_name_of_scalene() -> None:
    with pytest.raises(CockpitError, match="is no Python program, and scalene runs nothing else"):
        program(["/bin/sh", "-c", "true"])
    with pytest.raises(CockpitError, match="there is no program no-such-program"):
        program(["no-such-program"])
    with pytest.raises(CockpitError, match="names no program that scalene could run"):
        program([PYTHON, "-V"])

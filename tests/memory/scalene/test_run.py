"""Programs under the real scalene: what is seen meanwhile, what is kept, how each end is told."""

import asyncio
import os
import signal
import stat
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cockpit.errors import CockpitError
from cockpit.memory.command import Program
from cockpit.memory.scalene import run as run_module
from cockpit.memory.scalene.command import Options
from cockpit.memory.scalene.document import Report, read
from cockpit.memory.scalene.installed import Found, check
from cockpit.memory.scalene.run import Run
from tests.memory.captures import until
from tests.memory.scalene.runs import Outcome, needs_scalene, outcome_of, started

pytestmark = [pytest.mark.integration, pytest.mark.slow, needs_scalene]

PYTHON = sys.executable
AT_ONCE = Options(cpu_only=True, interval=0)
#: It works until it is ended, and says that it began.
ENDLESS = """
import os
print("began", flush=True)
while True:
    sum(range(1000))
"""


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See that scalene leaves nothing behind in the folder for temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield
    assert list(temporary.iterdir()) == []


async def of_text(text: str, project: Path, options: Options = AT_ONCE) -> Outcome:
    (project / "app.py").write_text(text)
    return await outcome_of([PYTHON, "app.py"], project, options)


def _seen(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_figures_come_while_it_runs(worked: Outcome) -> None:
    assert len(worked.reports) >= 2
    elapsed = [one.elapsed for one in worked.reports]
    assert elapsed == sorted(elapsed)
    assert worked.report == read(worked.path)


def test_what_it_says_is_its_own_and_harmless(worked: Outcome) -> None:
    assert worked.said == ["\\x1b]0;a title\\x07\\x1b[31mred", "the end"]
    assert worked.echoed == b"\x1b]0;a title\x07\x1b[31mred\nthe end\n"


def test_its_exit_code_is_kept(worked: Outcome, worked_cpu_only: Outcome) -> None:
    assert (worked.code, worked.standing, worked.notes) == (3, "complete", [])
    assert worked.ending == "The program ended with exit code 3; it last said: the end."
    assert worked_cpu_only.code == 0
    assert worked_cpu_only.ending == "The program ended with exit code 0."
    assert len(worked_cpu_only.reports) == 1


def test_all_files_of_the_project_are_measured_of_a_module_too(worked_cpu_only: Outcome) -> None:
    names = {Path(path).name for path in worked_cpu_only.report.files}
    assert names == {"work.py", "numbers.py"}


def test_nothing_of_scalenes_appears_in_the_project(
    worked: Outcome, worked_cpu_only: Outcome
) -> None:
    for outcome in (worked, worked_cpu_only):
        assert _seen(outcome.folder) == {
            *("fail.py", "parts", "parts/__init__.py", "parts/numbers.py", "work.py")
        }
        assert {path.name for path in outcome.folder.parent.iterdir()} == {"project", "kept.json"}


@pytest.mark.security
def test_only_we_may_read_what_is_kept(worked: Outcome) -> None:
    state = worked.path.stat()
    assert stat.S_IMODE(state.st_mode) == 0o600


async def test_a_program_that_is_too_short_is_told(project: Path) -> None:
    outcome = await of_text("print('short')", project)
    assert (outcome.code, outcome.reports, outcome.standing) == (0, [], "unreadable")
    assert outcome.ending == "The program ended with exit code 0."
    assert outcome.notes == [
        "scalene measured nothing: the program did not run for long enough (a second, or 10 MB of "
        "memory), or its time went to code outside of the project."
    ]
    assert outcome.path.read_bytes() == b"{}\n"


async def test_a_program_that_fails_is_told_in_its_own_words(project: Path) -> None:
    outcome = await outcome_of([PYTHON, "fail.py"], project, AT_ONCE)
    assert (outcome.code, outcome.standing) == (1, "complete")
    assert outcome.ending == "The program failed with exit code 1: ValueError: it \\x1b[31mbroke."
    assert outcome.report.files


@pytest.mark.regression
async def test_an_exit_without_a_number_is_told_apart(project: Path) -> None:
    outcome = await of_text("import sys\nsys.exit()", project)
    assert outcome.code == 1
    assert outcome.ending == (
        "The program ended with exit code 1, or by a sys.exit() without a number, of which scalene "
        "makes 1."
    )


async def test_a_program_that_is_no_python_is_told(project: Path) -> None:
    outcome = await of_text("def f(:", project)
    assert outcome.ending == "The program failed with exit code 1: SyntaxError: invalid syntax."
    assert outcome.notes == ["scalene wrote nothing."]


async def test_a_program_that_is_not_there_is_told(project: Path) -> None:
    outcome = await outcome_of([PYTHON, "gone.py"], project, AT_ONCE)
    assert outcome.standing == "unreadable"
    assert outcome.ending == (
        f"There is no program {project.resolve()}/gone.py, or none that can be read."
    )


@pytest.mark.regression
async def test_a_module_that_is_not_there_is_told_though_scalene_ends_with_0(project: Path) -> None:
    outcome = await outcome_of([PYTHON, "-m", "gone"], project, AT_ONCE)
    assert outcome.code == 0
    assert outcome.standing == "unreadable"
    assert outcome.ending == (
        "scalene could not start the program: ImportError: No module named gone."
    )


@pytest.mark.parametrize("cpu_only", [True, False])
async def test_ctrl_c_leaves_what_was_measured(project: Path, cpu_only: bool) -> None:
    outcome = await _ended_by(project, Options(cpu_only=cpu_only, interval=0), signal.SIGINT)
    assert (outcome.code, outcome.standing) == (0, "complete")
    assert outcome.ending == "The program was interrupted."
    assert outcome.report.files


async def test_a_program_that_is_killed_leaves_what_was_written_before(project: Path) -> None:
    def kill(run: Run, _report: Report) -> None:
        os.kill(run.target.pid, signal.SIGKILL)

    (project / "app.py").write_text(ENDLESS)
    options = Options(cpu_only=True, interval=0.5)
    outcome = await outcome_of([PYTHON, "app.py"], project, options, kill)
    assert (outcome.code, outcome.standing) == (-9, "killed")
    assert outcome.ending == "The program was ended by SIGKILL."
    assert outcome.notes == ["Its figures are those that scalene wrote last before."]
    assert read(outcome.path) == outcome.report


async def test_a_program_that_is_killed_before_anything_was_written_is_told(project: Path) -> None:
    outcome = await _ended_by(project, Options(interval=0), signal.SIGKILL)
    assert (outcome.code, outcome.reports, outcome.standing) == (-9, [], "unreadable")
    assert outcome.notes == ["scalene had written nothing before."]


async def _ended_by(project: Path, options: Options, number: signal.Signals) -> Outcome:
    """Return what becomes of a program that gets a signal when it has worked for a while."""
    (project / "app.py").write_text(ENDLESS)
    echoed: list[bytes] = []
    run = await started([PYTHON, "app.py"], project, project.parent / "kept.json", options, echoed)
    reports: list[Report] = []
    running = asyncio.create_task(run.run(reports.append))
    try:
        await until(lambda: echoed)
        process = psutil.Process(run.target.pid)
        assert not process.children()  # scalene has not started Python anew
        began = process.cpu_times().user
        await until(lambda: process.cpu_times().user > began + 0.5)
        process.send_signal(number)
        code = await running
    finally:
        await run.end()
    assert list(Path("/tmp").glob(f"scalene-*{process.pid}")) == []
    said, kept = list(run.said), run.path
    return Outcome(
        project, kept, code, reports, b"".join(echoed), said, run.standing, run.ending, run.notes
    )


async def test_stopping_it_has_scalene_write_what_it_has(project: Path) -> None:
    (project / "app.py").write_text(ENDLESS)
    path = project.parent / "kept.json"
    echoed: list[bytes] = []
    run = await started([PYTHON, "app.py"], project, path, AT_ONCE, echoed)
    process = psutil.Process(run.target.pid)
    await until(lambda: echoed and process.cpu_times().user > 1)
    assert run.words == "scalene writes its figures when the program ends."
    await run.stop()
    assert (run.ending, run.standing, run.words) == ("It was ended.", "complete", "It was ended.")
    assert run.report == read(path)
    assert not psutil.pid_exists(process.pid)


async def test_as_long_as_nothing_comes_that_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_SILENCE", 0.3)
    text = "from itertools import repeat\nprint('began', flush=True)\nsum(repeat(1, 10**10))"
    (project / "app.py").write_text(text)
    echoed: list[bytes] = []
    options = Options(cpu_only=True, interval=0.1)
    run = await started([PYTHON, "app.py"], project, project.parent / "k.json", options, echoed)
    try:
        watching = asyncio.create_task(run.run(lambda _report: None))
        await until(lambda: echoed and run.words)
        assert run.words.startswith("No figures came for ")
        assert "scalene writes them between two steps of Python" in run.words
    finally:
        await run.end()
        await watching
    assert run.report is None
    assert run.notes == ["scalene had written nothing before."]


@pytest.mark.regression
async def test_a_program_that_hardly_comes_to_its_work_is_told_and_ends_all_the_same(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "pace", lambda _folder, _cpu_only: 0.0)
    (project / "app.py").write_text(ENDLESS + "    pass\n" * 6000)
    path = project.parent / "kept.json"
    options = Options(cpu_only=True, interval=0.05)
    run = await started([PYTHON, "app.py"], project, path, options, [])
    try:
        watching = asyncio.create_task(run.run(lambda _report: None))
        await until(lambda: "of the time, in which the program waits" in run.words)
    finally:
        await run.end()  # scalene, asked to end while it writes, never does: seen with 2.4
        await watching
    assert run.report == read(path)  # whole, though it was killed as it wrote


#: Stands in for a Python whose scalene is killed while it writes over its file.
HALF = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
cat "$WHOLE" > "$2"
echo written
read -r _ < "$GATE"
head -c 1000 "$WHOLE" > "$2"
kill -9 $$
"""


@pytest.mark.regression
async def test_a_file_that_was_cut_off_is_what_it_was_before(
    worked: Outcome, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python, gate = project / "python3", project / "gate"
    python.write_text(HALF)
    python.chmod(0o755)
    os.mkfifo(gate)
    monkeypatch.setenv("WHOLE", str(worked.path))
    monkeypatch.setenv("GATE", str(gate))
    what = Program(str(python), (), ("app.py",))
    run = Run(what, Found("2.4.0"), project, project.parent / "kept.json")
    reports: list[Report] = []

    def on_report(report: Report) -> None:
        reports.append(report)
        gate.write_text("go\n")

    try:
        assert await run.run(on_report) == -9
    finally:
        await run.end()
    assert reports == [worked.report]
    assert run.path.read_bytes() == worked.path.read_bytes()
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o600
    assert run.standing == "killed"


async def test_a_place_where_nothing_can_be_kept_is_told(project: Path) -> None:
    link = project / "link.json"
    link.symlink_to(project / "elsewhere.json")
    with pytest.raises(
        CockpitError, match=r"nothing can be kept in .*link\.json: it is no file of"
    ):
        await started([PYTHON, "work.py"], project, link, AT_ONCE, [])
    assert not (project / "elsewhere.json").exists()


async def test_scalene_that_is_missing_is_told_with_the_line_that_installs_it(
    tmp_path: Path,
) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    (tmp_path / "scalene.py").write_text("raise SystemExit('the project was imported')")
    with pytest.raises(CockpitError) as caught:
        await check(python, tmp_path)
    assert caught.value.message == f"scalene is not installed for {python}"
    assert caught.value.hint == f"Install it there: `{python} -m pip install scalene`"


@pytest.mark.parametrize(
    ("module", "message", "hint"),
    [
        ("raise ImportError('no numpy')", "does not work: ImportError: no numpy", "--force-rein"),
        ("", "is 1.5.55, and 2.4 or later is needed", "--upgrade scalene`"),
    ],
)
async def test_scalene_that_is_broken_or_old_is_told(
    module: str, message: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "library" / "scalene"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(module)
    (package / "scalene_config.py").write_text("scalene_version = '1.5.55'")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    with pytest.raises(CockpitError, match=message) as caught:
        await check(PYTHON, tmp_path)
    assert hint in caught.value.hint


async def test_what_scalene_wants_in_the_environment_is_asked_of_it(tmp_path: Path) -> None:
    found = await check(PYTHON, tmp_path)
    assert found.version[0].isdecimal()
    if sys.platform == "linux":
        assert "libscalene.so" in found.full["LD_PRELOAD"]
        assert found.cpu_only and "LD_PRELOAD" not in found.cpu_only
    else:
        assert not found.full

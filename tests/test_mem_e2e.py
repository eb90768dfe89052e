"""`cockpit mem` and `cockpit scalene` in a real terminal, with real programs, and nothing left."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.profilers.targets import running
from tests.shell import Project
from tests.test_top_e2e import await_words, leave, nowhere, press, project, shown

__all__ = ["nowhere", "project"]
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX"),
]
#: Holds 8 MB in one function, says so, and goes on until it is ended.
HOLDS = """
import time

def hold():
    return [bytearray(100_000) for _ in range(80)]

kept = hold()
print("ready", flush=True)
while True:
    extra = [bytearray(50_000) for _ in range(10)]
    time.sleep(0.02)
"""
#: Ends by itself, after it held as much.
ENDS = HOLDS.replace("while True:", "for _ in range(20):")


def script(project: Project, code: str = HOLDS) -> Path:
    path = project.root / "app.py"
    path.write_text(code, encoding="utf-8")
    return path


def captures(project: Project) -> list[Path]:
    folder = project.settings / "data"
    return sorted(folder.rglob("*.bin"))


def capture(folder: Path, code: str = ENDS) -> Path:
    """Return a capture of a program, made by memray's own command."""
    (folder / "held.py").write_text(code, encoding="utf-8")
    output = folder / "held.bin"
    argv = [sys.executable, "-m", "memray", "run", "-q", "-f", "-o", str(output), "held.py"]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return output


def test_a_program_is_seen_live_and_ends_with_cockpit_its_capture_kept(project: Project) -> None:
    script(project)
    with shown(project, "mem", "run", "--", sys.executable, "app.py") as (run, terminal):
        await_words(run, "now", "hold", "app.py", "reader")
        tracked = [one for one in run.names() if "memray run" in one]
        assert len(tracked) == 1, "it runs under memray"
        leave(run, terminal)
    found = captures(project)
    assert len(found) == 1
    assert found[0].stat().st_mode & 0o777 == 0o600
    done = subprocess.run(
        [sys.executable, "-m", "memray", "table", "-f", "-o", os.devnull, str(found[0])],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, "memray itself reads it"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_cockpit_ends_nothing_of_it_is_left(project: Project, number: int) -> None:
    script(project)
    with shown(project, "mem", "run", "--", sys.executable, "app.py") as (run, _terminal):
        await_words(run, "hold", "now")
        run.remember()
        run.program.send_signal(number)
        run.assert_gone()
        assert b"Traceback" not in run.output
    assert len(captures(project)) == 1, "what was captured is there"


def test_a_capture_is_opened_from_anywhere_and_read_again_at_once(nowhere: Project) -> None:
    path = capture(nowhere.root)
    for _ in range(2):
        with shown(nowhere, "mem", "open", str(path)) as (run, terminal):
            await_words(run, "complete", "peak", "allocations", "held.py")
            leave(run, terminal)


def test_what_is_no_capture_is_said_on_the_page(nowhere: Project) -> None:
    path = nowhere.root / "junk.bin"
    path.write_bytes(b"\x1b[2Jjunk" * 200)
    with shown(nowhere, "mem", "open", str(path)) as (run, terminal):
        await_words(run, "cannot be read", "junk.bin")
        leave(run, terminal)


@pytest.mark.skipif(not shutil.which("lldb"), reason="lldb is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="ptrace may not be allowed here")
def test_a_process_is_attached_to_after_a_rehearsal_and_outlives_cockpit(
    nowhere: Project,
) -> None:
    with running(HOLDS) as child:
        words = ("mem", "attach", str(child.pid), "--seconds", "20")
        with shown(nowhere, *words) as (run, terminal):
            await_words(run, "Attach to", "for 20 s")
            press(terminal, b"\r")
            await_words(run, "rehearsing with lldb")
            await_words(run, "Attach memray to", "A rehearsal on a child")
            press(terminal, b"y")
            await_words(run, "Tracking ends by itself", f"tracking {child.pid}")
            leave(run, terminal)
        assert child.poll() is None
        assert psutil.Process(child.pid).status() != psutil.STATUS_STOPPED
    assert len(captures(nowhere)) == 1


@pytest.mark.skipif(not importlib.util.find_spec("scalene"), reason="scalene is not installed")
def test_scalene_shows_what_lines_take_and_leaves_nothing_in_the_project(
    project: Project,
) -> None:
    script(project)
    before = {one.name for one in project.root.iterdir()}
    with shown(project, "scalene", "--", sys.executable, "app.py") as (run, terminal):
        await_words(run, "Scalene", "python", "app.py:")
        leave(run, terminal)
    assert {one.name for one in project.root.iterdir()} - before <= {"__pycache__"}


@pytest.mark.security
def test_a_page_is_served_to_who_has_its_address_until_ctrl_c(nowhere: Project) -> None:
    path = capture(nowhere.root)
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "BROWSER")}
    argv = [sys.executable, "-m", "cockpit", "mem", "flamegraph", str(path)]
    child = subprocess.Popen(
        argv, stdout=subprocess.PIPE, text=True, env={**env, "SSH_CONNECTION": "1 2 10.0.0.7 22"}
    )
    try:
        assert child.stdout is not None
        assert "SSH" in child.stdout.readline()
        url = child.stdout.readline().strip()
        assert "ssh -L" in child.stdout.readline()
        with urllib.request.urlopen(url) as page:
            assert b"memray" in page.read()
        for wrong in (url.replace(url.split("/")[3], "A" * 43), url[: url.index("/", 8)] + "/"):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(wrong)
        child.send_signal(signal.SIGINT)
        assert child.wait(20) in (0, 130)
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(url)
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mem", "run", "--", "nowhere"], "there is no program nowhere"),
        (["mem", "run", "--", "ls"], "ls"),
        (["mem", "run"], "name a command after --"),
        (["mem", "open", "nowhere.bin"], "no terminal|there is no file nowhere.bin|draws on"),
        (["mem", "flamegraph", "nowhere.bin"], "there is no capture nowhere.bin"),
        (["mem", "attach", "0"], "PID"),
        (["scalene"], "name a command after --"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(
    nowhere: Project, words: list[str], said: str
) -> None:
    argv = [sys.executable, "-m", "cockpit", *words]
    done = subprocess.run(argv, cwd=nowhere.root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert any(part in done.stderr for part in said.split("|")) or "terminal" in done.stderr
    assert "Traceback" not in done.stderr

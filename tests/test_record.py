"""`cockpit record` as a person runs it: the file is written, or one sentence says why not."""

import collections
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cockpit.profilers.pyspy import program
from tests.descendants import wait_until
from tests.profilers.targets import BUSY, running
from tests.shell import COCKPIT, Answer, Project

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
IDLE = "import time; print('ready', flush=True); time.sleep(600)"
SHARES = """
import time
def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
def most():
    spin(0.07)
def some():
    spin(0.03)
print("ready", flush=True)
while True:
    most()
    some()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a folder to record in, with a program that never ends by itself."""
    project = Project(tmp_path, repository=False)
    project.write("app.py", BUSY)
    return project


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that is always at work."""
    with running(BUSY) as child:
        yield child


def one_sentence(answer: Answer) -> str:
    """Return what was said of a failure, after a look at how."""
    assert answer.code == 2
    assert answer.out == b""
    return answer.err.decode()


# --- What is written ---

IS: dict[str, Callable[[str], bool]] = {
    "flamegraph": lambda text: "<svg" in text and "leaf" in text,
    "speedscope": lambda text: "speedscope.app" in json.loads(text)["$schema"],
    "raw": lambda text: all(line.rpartition(" ")[2].isdigit() for line in text.splitlines()),
    "json": lambda text: json.loads(text)["kind"] == "cockpit-cpu-profile",
}


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("f.svg", "flamegraph"),
        ("f.speedscope.json", "speedscope"),
        ("f.raw", "raw"),
        ("f.txt", "raw"),
        ("f.json", "json"),
        ("f", "flamegraph"),
        ("f.out", "speedscope"),
        ("f.svg", "raw"),
        ("spaces and ünïcode", "json"),
    ],
)
def test_a_file_has_the_format_that_is_named_or_that_its_name_ends_like(
    project: Project, busy: subprocess.Popen[bytes], name: str, format_: str
) -> None:
    named = () if name.endswith((".json", ".txt")) or name == f"f.{format_}" else (format_,)
    chosen = [word for one in named for word in ("--format", one)]
    answer = project.run("record", str(busy.pid), "-o", name, "--duration", "1", *chosen)
    assert answer.code == 0
    text = (project.root / name).read_text(encoding="utf-8")
    assert IS[format_](text)
    assert "leaf" in text
    assert f"wrote {name}: " in answer.text
    assert (project.root / name).stat().st_mode & 0o077 == 0, "it is for this user alone"
    assert busy.poll() is None


def test_functions_and_shares_are_those_of_py_spy(project: Project) -> None:
    how = ("--rate", "200", "--precise")
    with running(SHARES) as child:
        project.run("record", str(child.pid), "-o", "ours.raw", "--duration", "3", *how)
        theirs = project.root / "theirs.raw"
        subprocess.run(
            (
                *(program(), "record", "-f", "raw", "--full-filenames"),
                *("-r", "200", "-d", "3", "-o", str(theirs), "--pid", str(child.pid)),
            ),
            check=True,
            capture_output=True,
        )
    ours, others = shares(project.root / "ours.raw"), shares(theirs)
    assert set(ours) == set(others) == {"<module>", "most", "some", "spin"}
    for name, share in others.items():
        assert ours[name] == pytest.approx(share, abs=0.08), name
    assert ours["most"] == pytest.approx(0.7, abs=0.08)


def shares(raw: Path) -> dict[str, float]:
    """Return each function's share of the samples in a raw file; once a stack."""
    counts: collections.Counter[str] = collections.Counter()
    everything = 0
    for line in raw.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        names = {frame.partition(" (")[0] for frame in stack.split(";")}
        everything += int(count)
        for name in names:
            if not name.startswith(("thread", "process")):
                counts[name] += int(count)
    return {name: count / everything for name, count in counts.items() if count > everything / 50}


# --- How it ends ---


def sampling(project: Project, *words: str) -> "subprocess.Popen[bytes]":
    """Start a recording."""
    return subprocess.Popen(
        (*COCKPIT, "record", *words), cwd=project.root, env=project.env(), stderr=subprocess.PIPE
    )


def await_samples(recorder: "subprocess.Popen[bytes]", target: int) -> None:
    """Wait until a process was at work for a while since its sampling began."""
    assert recorder.stderr is not None
    assert b"samples a second" in recorder.stderr.readline()
    spent = psutil.Process(target).cpu_times().user
    wait_until(lambda: psutil.Process(target).cpu_times().user > spent + 0.3, "it works", 30)


@posix
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_recording_that_is_asked_to_end_writes_its_file(
    project: Project, busy: subprocess.Popen[bytes], number: str
) -> None:
    with sampling(project, str(busy.pid), "-o", "f.raw") as recorder:
        await_samples(recorder, busy.pid)
        recorder.send_signal(getattr(signal, number))
        _, said = recorder.communicate(timeout=20)
    assert recorder.returncode == 0
    assert b"wrote f.raw" in said
    assert "leaf" in (project.root / "f.raw").read_text()
    assert busy.poll() is None


def test_a_process_that_exits_is_written_as_far_as_it_was_seen(
    project: Project, busy: subprocess.Popen[bytes]
) -> None:
    with sampling(project, str(busy.pid), "-o", "f.raw") as recorder:
        await_samples(recorder, busy.pid)
        busy.terminate()
        busy.wait()
        _, said = recorder.communicate(timeout=20)
    assert recorder.returncode == 0
    assert f"process {busy.pid} has ended".encode() in said
    assert "leaf" in (project.root / "f.raw").read_text()


def test_a_process_that_waits_leaves_nothing_to_write(project: Project) -> None:
    with running(IDLE) as child:
        said = one_sentence(
            project.run("record", str(child.pid), "-o", "f.svg", "--duration", "0.5")
        )
        assert "no thread was seen at work, so there is nothing to write" in said
        assert "--idle counts threads that wait, too." in said
        assert not (project.root / "f.svg").exists()
        assert (
            project.run(
                *("record", str(child.pid), "-o", "f.raw", "--duration", "1", "--idle")
            ).code
            == 0
        )


@posix
def test_a_process_that_is_stopped_is_said_to_be(
    project: Project, busy: subprocess.Popen[bytes]
) -> None:
    busy.send_signal(signal.SIGSTOP)
    said = one_sentence(project.run("record", str(busy.pid), "-o", "f.svg", "--duration", "0.5"))
    assert f"process {busy.pid} is stopped" in said
    assert f"`kill -CONT {busy.pid}` lets it go on" in said
    assert psutil.Process(busy.pid).status() == psutil.STATUS_STOPPED, "nobody woke it"


@posix
def test_nobody_has_to_listen(project: Project, busy: subprocess.Popen[bytes]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = ("record", str(busy.pid), "-o", "f.raw", "--duration", "0.5")
    done = subprocess.run(
        (*COCKPIT, *words),
        cwd=project.root,
        env=project.env(),
        stdout=writer,
        stderr=writer,
        check=False,
        timeout=30,
    )
    os.close(writer)
    assert done.returncode == 0
    assert "leaf" in (project.root / "f.raw").read_text()


@posix
def test_there_need_be_no_stream_at_all(project: Project) -> None:
    """Both are closed, as a shell's `>&- 2>&-` does."""
    words = ("record", "-o", "f.raw", "--duration", "1", "--", sys.executable, "app.py")
    closing = ("sh", "-c", 'exec "$@" >&- 2>&-', "sh")
    assert project.run(*words, before=closing).code == 0
    assert "leaf" in (project.root / "f.raw").read_text()


# --- What cannot be ---


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("missing/f.svg", "cannot be written"),
        (".", "say in which format|cannot be written"),
        ("folder.svg", "cannot be written"),
        ("f.pdf", "does not say in which format"),
        ("f", "does not say in which format"),
        ("", "say in which format|cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_started(
    project: Project, output: str, why: str
) -> None:
    (project.root / "folder.svg").mkdir()
    said = one_sentence(project.run("record", "-o", output, "--", "touch", "started"))
    assert any(one in said for one in why.split("|"))
    assert not (project.root / "started").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--rate", "0"),
        ("--rate", "-1"),
        ("--rate", "100000"),
        ("--rate", "many"),
        ("--rate", "1.5"),
        ("--duration", "0"),
        ("--duration", "-1"),
        ("--duration", "nan"),
        ("--duration", "inf"),
        ("--duration", "soon"),
        ("--format", "pdf"),
    ],
)
def test_nonsense_is_refused(project: Project, words: tuple[str, str]) -> None:
    said = one_sentence(project.run("record", str(os.getpid()), "-o", "f.svg", *words))
    assert words[0] in said or words[1] in said


@pytest.mark.parametrize("pid", ["0", "-1", str(1 << 40), str(1 << 31), "app.py", "", "1.5"])
def test_what_is_no_pid_is_refused(project: Project, pid: str) -> None:
    one_sentence(project.run("record", "-o", "f.svg", pid))


def test_a_pid_of_nobody_is_said_to_be_that(project: Project) -> None:
    with running(BUSY) as child:
        pid = child.pid
    said = one_sentence(project.run("record", "-o", "f.svg", str(pid)))
    assert f"there is no process {pid}" in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("1", "-o", "f.svg", "--", "true"), "both a PID and a command were named"),
        (("-o", "f.svg", "--"), "there is no command after --"),
        (("-o", "f.svg"), "name a PID, or a command after --"),
        (("1",), "-o"),
        (("-o", "f.svg", "1", "2"), "2"),
    ],
)
def test_it_takes_a_pid_or_a_command(project: Project, words: tuple[str, ...], why: str) -> None:
    assert why in one_sentence(project.run("record", *words))


def test_what_is_no_python_is_said_to_be_none(project: Project) -> None:
    with subprocess.Popen(("sleep", "600")) as child:
        said = one_sentence(project.run("record", "-o", "f.svg", str(child.pid)))
        child.kill()
    assert f"process {child.pid} (sleep) is not a Python that py-spy knows" in said


def test_what_is_no_python_is_said_to_be_none_also_of_a_moment(project: Project) -> None:
    with subprocess.Popen(("sleep", "600")) as child:
        words = ("record", "-o", "f.svg", str(child.pid), "--duration", "1")
        said = one_sentence(project.run(*words))
        child.kill()
    assert f"process {child.pid} (sleep) is not a Python that py-spy knows" in said


def test_a_wrapper_that_ended_is_said_to_need_another_switch(project: Project) -> None:
    words = ("record", "-o", "f.svg", "--", "sh", "-c", "sleep 0.5; exit 3")
    said = one_sentence(project.run(*words))
    assert "has ended" in said and "with exit code 3" in said
    assert "--subprocesses samples what it starts, too." in said


def test_the_python_children_of_what_is_no_python_are_named(project: Project) -> None:
    words = ("sh", "-c", f"{sys.executable} app.py; true")
    with subprocess.Popen(words, cwd=project.root, stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        (child,) = psutil.Process(shell.pid).children()
        said = one_sentence(project.run("record", "-o", "f.svg", str(shell.pid)))
        named = f"Its Python children: {child.pid} {sys.executable} app.py; sample one of them,"
        assert named in said
        assert "--subprocesses" in said
        everything = ("record", "-o", "f.raw", str(shell.pid), "--subprocesses", "--duration", "1")
        assert project.run(*everything).code == 0
        assert "leaf" in (project.root / "f.raw").read_text()
        child.kill()


@posix
def test_a_process_that_may_not_be_looked_at_says_what_to_type(project: Project) -> None:
    python, setpriv = shutil.which("python3", path="/usr/bin"), shutil.which("setpriv")
    if os.geteuid() or python is None or setpriv is None:
        pytest.skip("it takes root, setpriv, and a Python that everybody may run")
    drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    without = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace")
    target = subprocess.Popen([*drop, python, "-c", IDLE], stdout=subprocess.PIPE, cwd="/")
    try:
        assert target.stdout is not None
        target.stdout.readline()
        said = one_sentence(project.run("record", "-o", "f.svg", str(target.pid), before=without))
    finally:
        target.kill()
        target.communicate()
    assert f"may not look into process {target.pid}" in said
    assert "--cap-add SYS_PTRACE" in said

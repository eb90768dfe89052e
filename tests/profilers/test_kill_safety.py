"""cockpit is killed as it samples, again and again: what it looks at lives, and nothing is left.

py-spy seizes the threads that it stops (PTRACE_SEIZE, PTRACE_INTERRUPT) and sends no SIGSTOP, so
the kernel lets them go on when py-spy dies, at whatever moment. This holds us to that.
"""

import contextlib
import os
import random
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.descendants import _NAME, wait_until
from tests.profilers.targets import running
from tests.shell import COCKPIT, REPOSITORY

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.security,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="it needs /proc"),
]

#: A few hundred by hand; fewer each time, for it is always the same that is held.
KILLS = int(os.environ.get("COCKPIT_KILLS", "80"))
#: Runs at a time. Each has a target of its own: a thread can be stopped by one py-spy only.
LANES = 4
#: What cockpit says as it begins to sample, and how long it may take to say so.
BEGUN, TO_BEGIN = b"sampl", 20.0
SIGNALS = (*(signal.SIGKILL,) * 7, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TARGET = """
import threading, time
def wait():
    while True:
        time.sleep(0.02)
        sum(range(500))
for _ in range(20):
    threading.Thread(target=wait, daemon=True).start()
print("ready", flush=True)
while True:
    sum(range(1000))
    time.sleep(0.0005)
"""


def states(pid: int) -> set[str]:
    """Return how the threads of a process are, by the kernel's letters (proc_pid_stat(5))."""
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it ended meanwhile
            found.add((task / "stat").read_text().rpartition(")")[2].split()[0])
    return found


def of_run(mark: str) -> list[str]:
    """Return the command lines of all that carry the mark of one run."""
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.environ().get(_NAME) == mark:
                found.append(f"{one.pid} {' '.join(one.cmdline())}")
    return found


def spies(pid: int) -> list[str]:
    """Return the commands that look at a process, by what they say: no mark can be lost there."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        words = one.info["cmdline"] or ()
        if "--pid" in words and str(pid) in words:
            found.append(f"{one.pid} {' '.join(words)}")
    return found


def dead_spies() -> int:
    """Return how many py-spys nobody has waited for."""
    found = psutil.process_iter(["name", "status"])
    return sum(
        one.info["name"] == "py-spy" and one.info["status"] == psutil.STATUS_ZOMBIE for one in found
    )


class Run:
    """One cockpit that samples a target, on a terminal or without, and is killed."""

    def __init__(self, chance: random.Random, pid: int, folder: Path) -> None:
        self.number = chance.choice(SIGNALS)
        #: Whether it is killed some time after it began to sample, or after it was started: then
        #: the first py-spys are just being started.
        self.sampling = chance.random() < 0.75
        self.on_screen = chance.random() < 0.25
        self.after = chance.uniform(0, 0.6)
        if chance.random() < 0.1 and not self.on_screen:  # a py-spy takes over from another
            self.after = chance.uniform(1.95, 2.15)
        how = ("--precise",) if chance.random() < 0.5 else ()
        self.words: tuple[str, ...] = ("record", str(pid), *how, "-o", "f.raw")
        if self.on_screen:
            self.words = ("top", str(pid), *how, "--interval", "0.5")
        self.folder = folder
        self.mark = secrets.token_hex(8)

    def __str__(self) -> str:
        since = "of sampling" if self.sampling else "of its life"
        return f"{' '.join(self.words)}: {self.number.name} after {self.after:.3f} s {since}"

    def do(self) -> None:
        """Start it, kill it, and see that it ends."""
        env = {
            **os.environ,
            _NAME: self.mark,
            "PYTHONPATH": str(REPOSITORY),
            "TERM": "xterm-256color",
            "TMPDIR": str(self.folder),
        }
        with _heard(self.on_screen) as (stream, said):
            child = subprocess.Popen(
                (*COCKPIT, *self.words),
                env=env,
                cwd=self.folder,
                stdin=stream if self.on_screen else subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            if self.sampling:
                wait_until(lambda: BEGUN in said, f"it samples, not {bytes(said)!r}", TO_BEGIN)
            time.sleep(self.after)  # the moment itself is what is random
            child.send_signal(self.number)
            child.wait(20)

    def assert_gone(self) -> None:
        """See that nobody remains of it."""
        wait_until(lambda: not of_run(self.mark), f"nobody is left, not {of_run(self.mark)}")


@contextlib.contextmanager
def _heard(on_screen: bool) -> Iterator[tuple[int, bytearray]]:
    """Yield what cockpit speaks to, a terminal or a pipe, and what it said, which grows."""
    ours, theirs = os.openpty() if on_screen else os.pipe()
    done, said = threading.Event(), bytearray()

    def read() -> None:
        while not done.is_set():
            if select.select([ours], [], [], 0.05)[0]:
                said.extend(os.read(ours, 65536))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield theirs, said
    finally:
        done.set()
        reader.join()
        os.close(theirs)
        os.close(ours)


def lane(seed: int, kills: int, folder: Path) -> None:
    """Kill so many cockpits that sample one target."""
    chance = random.Random(seed)
    with running(TARGET) as target:
        last: Run | None = None
        for number in range(kills):
            run = Run(chance, target.pid, folder)
            told = f"seed {seed}, kill {number}: {run}"
            try:
                run.do()
                assert target.poll() is None, "the target is dead"
                # A thread that a py-spy held as it was killed is let go within the kernel.
                wait_until(lambda: not states(target.pid) & set("Tt"), "no thread is stopped", 2)
                if last is not None:  # it takes the janitor half a second
                    last.assert_gone()
            except (AssertionError, subprocess.TimeoutExpired) as error:
                raise AssertionError(f"{told}, after {last}: {error}") from error
            last = run
        if last is not None:
            last.assert_gone()
        assert len(list(Path(f"/proc/{target.pid}/task").iterdir())) == 21
        assert not spies(target.pid)


def test_whatever_is_sampled_lives_on_when_cockpit_is_killed(tmp_path: Path) -> None:
    seeds = [random.SystemRandom().randrange(1 << 32) for _ in range(LANES)]
    before = dead_spies()
    with ThreadPoolExecutor(LANES) as lanes:
        list(lanes.map(lane, seeds, [KILLS // LANES] * LANES, [tmp_path] * LANES))
    wait_until(lambda: dead_spies() <= before, "no py-spy waits to be buried")
    _assert_folders_go(tmp_path)


def _assert_folders_go(folder: Path) -> None:
    """See that the next start clears up what those that were killed could not."""
    with running(TARGET) as target:
        words = ("record", str(target.pid), "--idle", "--duration", "0.5", "-o", "last.raw")
        env = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(REPOSITORY)}
        subprocess.run((*COCKPIT, *words), cwd=folder, env=env, check=True, timeout=30)
    assert not list(folder.glob("cockpit-cpu-*"))

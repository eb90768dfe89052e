"""Real captures of small programs, each recorded once a test session, and memray's own reports."""

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cockpit.memory.model import Part, Progress, Records, Stats, Summary
from cockpit.memory.reading import read
from cockpit.memory.results import Results

PROGRAMS = {
    "small": """
        def make(count): return [bytearray(1000 + number) for number in range(count)]
        def outer(count): return make(count)
        def recursive(depth): return bytearray(5000) if not depth else [recursive(depth - 1), 1]
        def temporary():
            for number in range(100): bytearray(5000 + number)
        KEPT = outer(50) + recursive(30)
        temporary()
        del KEPT[:20]
    """,
    "threads": """
        import threading
        KEPT = []
        def work(count):
            for number in range(count):
                KEPT.append(bytearray(2000 + number))
                bytearray(700)
        for name in ("a;b|c", "with, a comma", 'a "quote"', "é"):
            one = threading.Thread(target=work, args=(30,), name=name)
            one.start(); one.join()
        work(10)
    """,
    "names": """
        code = 'def f;|é<&>,"\\'(): return bytearray(9999)'
        space = {}
        exec(compile("def odd(): return bytearray(9999)", 'a;b|c,"d" <e>&\\x1b[31m', "exec"), space)
        KEPT = [space["odd"]() for _ in range(3)]
        def größe(): return bytearray(7777)
        KEPT.append(größe())
    """,
    "nothing": "pass",
    "busy": """
        KEPT = []
        for number in range(20_000):
            KEPT.append(bytearray(600 + number % 700))
            bytearray(900)
            if len(KEPT) > 1_000: del KEPT[::2]
    """,
    # It takes memray about a second a pass.
    "big": "for number in range(4_000_000): bytearray(600 + number % 90)",
    "waits": """
        import sys, time
        KEPT = [bytearray(1000 + number) for number in range(2_000)]
        print("ready", flush=True)
        while sys.stdin.readline():
            KEPT += [bytearray(1000) for _ in range(20_000)]
            print("more", flush=True)
        time.sleep(600)
    """,
}


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cockpit-captures-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def script(name: str) -> Path:
    """Return the file of a program."""
    lines = PROGRAMS[name].strip("\n").splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    path = _folder() / f"{name}.py"
    path.write_text("\n".join(line[indent:] for line in lines), encoding="utf-8")
    return path


@functools.cache
def recorded(name: str, *options: str) -> Path:
    """Return a capture of a program; whoever changes it takes a copy."""
    words = "".join(option.strip("-")[:4] for option in options)
    path = _folder() / f"{name}{words}.bin"
    memray("run", "-q", "-f", *options, "-o", str(path), str(script(name)))
    return path


def memray(*arguments: str) -> str:
    """Run memray's own command; return what it prints."""
    command = (sys.executable, "-m", "memray", *arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Program:
    """The program that waits, while memray records it into `path`."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        command = (sys.executable, "-m", "memray", "run", "-q", "-f", *options)
        self._process = subprocess.Popen(
            (*command, "-o", str(path), str(script("waits"))),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._expect("ready")

    @property
    def pid(self) -> int:
        return self._process.pid

    def _expect(self, word: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == word

    def go_on(self) -> None:
        """Have it allocate more."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._expect("more")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def killed(folder: Path, *options: str) -> Path:
    """Return a capture whose program was killed."""
    with Program(folder / "killed.bin", *options) as program:
        program.go_on()
    return program.path


class Heard:
    """What a reading hands on."""

    def __init__(self) -> None:
        self.parts: dict[Part, Summary | Records | Stats] = {}
        self.order: list[Part] = []
        self.progress: list[Progress] = []

    def on_part(self, part: Part, value: Summary | Records | Stats) -> None:
        self.order.append(part)
        self.parts[part] = value

    @property
    def summary(self) -> Summary:
        value = self.parts["summary"]
        assert isinstance(value, Summary)
        return value

    @property
    def stats(self) -> Stats:
        value = self.parts["stats"]
        assert isinstance(value, Stats)
        return value

    def records(self, part: Part) -> Records:
        value = self.parts[part]
        assert isinstance(value, Records)
        return value


async def heard(
    path: Path,
    parts: Sequence[Part] = (),
    results: Results | None = None,
    into: Heard | None = None,
) -> Heard:
    """Read parts of a capture; without `results` nothing is kept or known."""
    found = into or Heard()
    kept = results or Results(path.parent / "not" / "kept", limit=0)
    await read(path, parts, results=kept, on_progress=found.progress.append, on_part=found.on_part)
    return found


def stats_json(path: Path) -> dict[str, Any]:
    """Return what `memray stats --json` writes."""
    return _report(path, "stats", "--json", read=json.loads)


def table_data(path: Path, *options: str) -> list[dict[str, Any]]:
    """Return the rows in the page of `memray table`."""

    def data(page: str) -> Any:
        start = page.index("const packed_data = ") + len("const packed_data = ")
        return json.JSONDecoder().raw_decode(page, start)[0]

    return _report(path, "table", *options, read=data)


def csv_text(path: Path, *options: str) -> str:
    """Return what `memray transform csv` writes, to the byte."""
    return _report(path, "transform", "csv", *options, read=str)


def _report(path: Path, *command: str, read: Callable[[str], Any]) -> Any:
    handle, name = tempfile.mkstemp(dir=_folder())
    os.close(handle)
    memray(*command, "-f", "-o", name, str(path))
    return read(Path(name).read_bytes().decode())


def children(pid: int) -> list[int]:
    """Return the children of a process that read captures."""
    import psutil

    found = psutil.Process(pid).children()
    return [one.pid for one in found if "cockpit.memory.far" in one.cmdline()]


async def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait for a condition; return what it is."""
    import asyncio

    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.005)
    return found

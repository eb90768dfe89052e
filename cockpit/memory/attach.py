"""Has a process that runs track its memory, and sees to it beforehand that this cannot hurt it.

Everything that can be known without touching the process is looked at first; then a debugger is
tried on a throwaway child (`rehearsal`); only then, and after a yes, the process itself is touched,
once. Tracking ends by itself after a time that is set beforehand: `memray detach` goes in a second
time, and with lldb 14 it killed every process that was being tracked (5 of 5, by SIGSEGV).
"""

import asyncio
import contextlib
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from cockpit.errors import CockpitError
from cockpit.memory import installed
from cockpit.memory.about import is_whole
from cockpit.memory.captures import Captures
from cockpit.memory.debuggers import Debugger, debuggers, version_in
from cockpit.memory.inject import attach_command, inject
from cockpit.memory.live import LiveReader
from cockpit.memory.model import Capture, Live, Options
from cockpit.memory.rehearsal import Rehearsal, rehearse
from cockpit.plain import plain
from cockpit.profilers import permission
from cockpit.profilers.interpreter import Begun, environment_of, is_python, library_in
from cockpit.profilers.processes import subject_of
from cockpit.profilers.target import Target

#: How often we look whether tracking goes on, in seconds.
_EVERY = 0.5
#: Seconds that memray may take after its time to compress the capture.
_PACKING = 20.0
#: How a capture begins that is being written, and how many open files are looked at for one.
_WRITTEN, _FILES = b"memray\0", 500


class Judgement(msgspec.Struct, frozen=True):
    """What is known of a process before it is touched, where nothing speaks against it.

    `interpreter` is its Python, `memray` the version of the memray that this has.
    """

    target: Target
    interpreter: str
    version: str
    memray: str
    ways: list[Debugger]


async def judge(target: Target) -> Judgement:
    """Return what is known of `target`, or raise `CockpitError` with what speaks against it.

    Its interpreter is started to ask for its memray; the process itself is not touched.
    """
    await asyncio.to_thread(_check, target)
    interpreter = await asyncio.to_thread(_interpreter, target.pid)
    memray = await installed.check(interpreter, Path(os.sep))
    version = await asyncio.to_thread(_version, target.pid)
    ways = await debuggers(version_in(version))
    if not ways:
        raise CockpitError(
            "there is no debugger here that could attach memray",
            "Install lldb, or start the program with `cockpit mem run`.",
        )
    return Judgement(target, interpreter, version, memray, ways)


def _check(target: Target) -> None:
    """Raise `CockpitError` where the process may not, or must not, be attached to."""
    pid = target.pid
    standing = target.standing
    if standing == "ended":
        raise CockpitError(f"process {pid} has ended", "Choose another.")
    if standing == "stopped":
        raise CockpitError(
            f"process {pid} is stopped, and could not answer", f"`kill -CONT {pid}` lets it go on."
        )
    refusal = permission.judged(permission.facts(), subject_of(pid))
    if refusal.problem:
        raise CockpitError(f"process {pid} cannot be attached to: {refusal.problem}", refusal.hint)
    if sys.platform == "linux":
        _check_linux(pid)
    if _is_tracked(pid):
        raise CockpitError(
            f"memray tracks process {pid} already", "To go into it a second time would kill it."
        )


def _check_linux(pid: int) -> None:
    tracer = re.search(r"^TracerPid:\s*(\d+)", _read(f"/proc/{pid}/status"), re.MULTILINE)
    if tracer is not None and tracer[1] != "0":
        raise CockpitError(
            f"process {pid} is looked into by process {tracer[1]} already",
            "End that debugger first.",
        )
    ours, its = (_link(f"/proc/{one}/ns/pid") for one in ("self", pid))
    if ours != its:
        raise CockpitError(
            f"process {pid} is in another PID namespace, as those in containers are",
            "Run cockpit inside of its container.",
        )


def _is_tracked(pid: int) -> bool:
    """Return whether a process runs under memray, or writes a capture now."""
    try:
        process = psutil.Process(pid)
        argv = process.cmdline()
        if "memray" in argv[1:5] and "run" in argv[1:6]:
            return True
        if "_memray." not in _read(f"/proc/{pid}/maps") and sys.platform == "linux":
            return False
        files = [file.path for file in process.open_files()[:_FILES]]
    except (psutil.Error, OSError):
        return False
    return any(_head(path) == _WRITTEN for path in files)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- it may hold what no `Path` can
            return file.read(len(_WRITTEN))
    except (OSError, ValueError):
        return b""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 -- it names no file
    except OSError:
        return ""


def _interpreter(pid: int) -> str:
    """Return the Python that a process runs, by the path that its environment is found by."""
    try:
        process = psutil.Process(pid)
        program, argv = process.exe(), process.cmdline()
        begun = Begun(argv, process.environ(), process.cwd())
    except (psutil.Error, OSError) as error:
        raise CockpitError(f"which Python process {pid} runs cannot be told") from error
    if not is_python(program):
        raise CockpitError(
            f"process {pid} is no Python, but {Path(program).name}",
            "Choose one of the Python processes that it started.",
        )
    prefix = environment_of(begun)
    for name in (Path(program).name, "python3", "python"):
        candidate = Path(prefix, "bin", name)
        with contextlib.suppress(OSError):
            if prefix and candidate.samefile(program):
                return str(candidate)
    return program


def _version(pid: int) -> str:
    """Return the short version of the Python that a process runs; "" where it is not told."""
    with contextlib.suppress(psutil.Error, OSError):
        name = Path(psutil.Process(pid).exe()).name
        found = re.search(r"(\d+\.\d+)", name)
        if found:
            return found[1]
        with open(f"/proc/{pid}/maps", "rb") as maps:  # noqa: PTH123 -- of /proc
            return library_in(maps.read())
    return ""


# --- The rehearsal ------------------------------------------------------------------------------


async def rehearsed(
    judgement: Judgement, folder: Path, on_try: Callable[[Debugger], None] = lambda _: None
) -> Rehearsal:
    """Return a rehearsal that went well, by the best way there is; raise `CockpitError` else.

    `folder` is the user's state folder; `on_try` is told of each way before it is tried.
    """
    reasons = []
    for way in judgement.ways:
        on_try(way)
        found = await rehearse(judgement.interpreter, judgement.memray, way, folder)
        if found.ok:
            return found
        reasons.append(f"{way.method}: {found.reason}")
    raise CockpitError(
        f"no debugger here can attach safely; on a child of ours, {'; '.join(reasons)}",
        "Install lldb, or a gdb from 15 on; or start the program with `cockpit mem run`.",
    )


def what_will_happen(judgement: Judgement, rehearsal: Rehearsal, seconds: int) -> str:
    """Return what a yes means, in sentences."""
    took = "before" if rehearsal.known else f"in {rehearsal.seconds:.0f} s"
    return (
        f"{rehearsal.method} stops it for about a second, and has its own memray"
        f" {judgement.memray} track every allocation for {seconds} s: it runs half as fast"
        " meanwhile. Tracking ends by itself, also when cockpit has ended; memray says so in a"
        " line on the process's stderr. It cannot be ended before: going in a second time kills."
        f" A rehearsal on a child of {plain(judgement.interpreter)} went well {took}."
    )


# --- The process itself -------------------------------------------------------------------------


class Attached:
    """A process that is not ours and tracks its memory, because we had it do so."""

    def __init__(
        self,
        judgement: Judgement,
        rehearsal: Rehearsal,
        captures: Captures,
        seconds: int,
        options: Options = Options(),  # noqa: B008 -- frozen
    ) -> None:
        """Be ready to have it tracked for so many seconds; nothing is done yet.

        Raises `CockpitError` where there is no room for a capture.
        """
        self.seconds = seconds
        self.target = judgement.target
        method = rehearsal.method
        self._captures, self._options = captures, options
        self.path = captures.new(self.target.command, options=options)
        self.argv = attach_command(
            judgement.interpreter, method, self.target.pid, self.path, options, seconds
        )
        self.live: LiveReader | None = None
        #: When tracking began, by the monotonic clock; 0 before.
        self._began = 0.0
        #: How it ended, and what became of the capture; "" while it is tracked.
        self.ending = ""

    @property
    def left(self) -> float:
        """The seconds that it is still tracked for."""
        return max(0.0, self._began + self.seconds - time.monotonic()) if self._began else 0.0

    async def attach(self) -> None:
        """Attach; raise `CockpitError` where that failed: the process is as it was, or as is said.

        The process is looked at once more right before: what held a moment ago may not.
        """
        try:
            await asyncio.to_thread(_check, self.target)
            done = await inject(self.argv, self.target)
        except BaseException:
            self._captures.discard(self.path)
            raise
        if not done.done or done.standing == "ended":
            self._captures.discard(self.path)
            raise CockpitError(
                f"memray could not attach to {self.target.pid}: {done.words}", _SINCE[done.standing]
            )
        self._began = time.monotonic()
        with contextlib.suppress(CockpitError):
            self._captures.tell(self.path, pid=self.target.pid, mark=self.target.mark)
        if not self._options.aggregate:
            self.live = LiveReader(self.path, self.target)

    async def follow(self, take: Callable[[Live], None]) -> None:
        """See its heap until it ends, or tracking does."""
        if self.live is not None:
            await self.live.run(take)
        until = self._began + self.seconds + _PACKING
        while not self._is_over(until):  # noqa: ASYNC110 -- it is only seen from outside
            await asyncio.sleep(_EVERY)
        await asyncio.to_thread(self._settle)

    def _is_over(self, until: float) -> bool:
        gone = self.target.standing == "ended" or time.monotonic() >= until
        return gone or is_whole(self.path)

    def _settle(self) -> Capture:
        """Say of the capture how it stands now."""
        self._captures.close(self.path)
        gone, whole = self.target.standing == "ended", is_whole(self.path)
        words = "The process has ended." if gone else "Tracking has ended; the process goes on."
        notes = [] if whole else ["The end of the capture was not written."]
        self.ending = " ".join((words, *notes))
        standing = "complete" if whole else "killed"
        try:
            return self._captures.tell(self.path, ended=time.time(), standing=standing, notes=notes)
        except CockpitError:
            return self._captures.get(self.path)


#: How the process is after it failed.
_SINCE = {
    "running": "The process goes on as before.",
    "stopped": "The process is stopped.",
    "ended": "The process has ended.",
}

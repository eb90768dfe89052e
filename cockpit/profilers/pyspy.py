"""Speaks py-spy's language: its commands, its words, and what each of them means for a person.

Nothing here starts it. The facts were measured with py-spy 0.4.3, and are in docs/profiling.md.
"""

import re
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.guests import find
from cockpit.plain import plain
from cockpit.process import clean_env
from cockpit.profilers import permission
from cockpit.profilers.permission import Facts, judged, refusal
from cockpit.profilers.processes import python_children, subject_of
from cockpit.profilers.profile import Counts, Frame, Function
from cockpit.profilers.target import CHOOSE, Target

#: Samples a second, unless there are too many threads.
RATE = 100
#: Threads that are looked at a hundred times a second: py-spy reads each of them every time, and
#: a hundred threads take a quarter of a core.
THREADS = 32
#: The lowest rate that is gone down to for many threads.
LOWEST = 10
#: Python children of a process that is none itself that are named, and characters of each.
_NAMED, _COMMAND = 4, 60
#: What py-spy prints as it begins.
SAMPLING = b"Sampling process"
_DENIALS = ("Permission Denied", "Permission denied", "Operation not permitted", "EPERM")
_TALLY = re.compile(rb"Samples: (\d+) Errors: (\d+)")
_LATE = re.compile(rb"([\d.]+)(ms|s) behind in sampling")


class Options(msgspec.Struct, frozen=True):
    """How a process is looked at.

    `seconds` is the length of a window; `rate` is samples a second. `precise` stops the process
    for every sample, `native` also shows functions in C (and has to stop it, too), `idle` counts
    threads that wait, `gil` only those that hold the interpreter's lock, `children` the processes
    below it as well.
    """

    seconds: float = 1.0
    rate: int = RATE
    precise: bool = False
    native: bool = False
    idle: bool = False
    gil: bool = False
    children: bool = False

    @property
    def stops(self) -> bool:
        """Whether the process is stopped for every sample: py-spy can read C no other way."""
        return self.precise or self.native

    def is_like(self, other: "Options") -> bool:
        """Whether what is seen in the other way can be added to what is seen in this."""
        return msgspec.structs.replace(self, seconds=other.seconds) == other

    def rate_for(self, threads: int) -> int:
        """Return the samples a second for a process with so many threads."""
        return (
            self.rate
            if threads <= THREADS
            else min(self.rate, max(LOWEST, self.rate * THREADS // threads))
        )


class ThreadNow(msgspec.Struct, frozen=True):
    """What a thread was doing at one moment, its frames the outermost first, and of what process.

    `active` is whether it ran, `owns_gil` whether it held the interpreter's lock.
    """

    pid: int
    id: str
    name: str
    active: bool
    owns_gil: bool
    frames: tuple[Frame, ...]


class Problem(msgspec.Struct, frozen=True):
    """Why a process cannot be looked at: what kind of why, in a sentence, and what to do."""

    kind: str
    words: str
    hint: str = ""


def program() -> str:
    """Return the py-spy that came with us, or that is on PATH; raise `CockpitError` for none."""
    folders = (Path(sys.executable).parent, Path(sysconfig.get_path("scripts")))
    beside = (str(folder / "py-spy") for folder in folders)
    found = next(filter(None, map(find, (*beside, "py-spy"))), "")
    if not found:
        raise CockpitError("py-spy is not installed", "Install cockpit again, or py-spy itself.")
    return found


def rights() -> Facts:
    """Return what py-spy may do on this system: what we may, and what its file was given."""
    try:
        return permission.facts(program())
    except CockpitError:
        return permission.facts()


def environment() -> Mapping[str, str]:
    """Return py-spy's environment: without it, a trace of its own follows each of its errors."""
    return clean_env({"RUST_BACKTRACE": "0"})


def record_command(pid: int, options: Options, rate: int, file: str) -> tuple[str, ...]:
    """Return the command that samples until it is interrupted and then writes raw stacks.

    It gets no duration: py-spy's clock is off by up to a fifth there, and takes whole seconds.
    """
    switches = {
        "--nonblocking": not options.stops,
        "--native": options.native,
        "--idle": options.idle,
        "--gil": options.gil,
        "--subprocesses": options.children,
    }
    chosen = (name for name, on in switches.items() if on)
    return (
        *(program(), "record", "--format", "raw", "--threads", "--full-filenames"),
        *("--rate", str(rate), *chosen, "--output", file, "--pid", str(pid)),
    )


def dump_command(pid: int) -> tuple[str, ...]:
    """Return the command that prints every stack of a process as JSON, without stopping it."""
    switches = ("--json", "--full-filenames", "--nonblocking")
    return (program(), "dump", *switches, "--pid", str(pid))


class _Frame(msgspec.Struct):
    name: str
    filename: str
    line: int = 0


class _Thread(msgspec.Struct):
    pid: int
    thread_id: int
    frames: list[_Frame]
    thread_name: str | None = None
    os_thread_id: int | None = None
    active: bool = False
    owns_gil: bool = False


def threads_now(output: bytes) -> tuple[ThreadNow, ...]:
    """Return what `dump_command` printed; nothing where that is not understood."""
    try:
        found = msgspec.json.decode(output, type=list[_Thread])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ()
    return tuple(
        ThreadNow(
            one.pid,
            str(one.os_thread_id) if one.os_thread_id else f"{one.thread_id:#X}".replace("X", "x"),
            one.thread_name or "",
            one.active,
            one.owns_gil,
            tuple(
                Frame(Function(frame.name, frame.filename), max(frame.line, 0))
                for frame in reversed(one.frames)
            ),
        )
        for one in found
    )


def counts(output: bytes, seconds: float, rate: int) -> Counts:
    """Return what a window says of itself at its end, after so many `seconds` of sampling."""
    match = _TALLY.search(output)
    samples, errors = (int(match[1]), int(match[2])) if match else (0, 0)
    behind = sum(float(n) / (1000 if unit == b"ms" else 1) for n, unit in _LATE.findall(output))
    return Counts(samples, errors, late=round(behind * rate), seconds=seconds)


def problem(words: str, target: Target) -> Problem:
    """Return what py-spy's `words` mean where it did not begin to sample `target`."""
    pid = target.pid
    if "suspend process" in words and "waitpid" not in words:
        return Problem("traced", "a debugger holds it: it is sampled without being stopped")
    if any(sign in words for sign in _DENIALS):
        why, hint = refusal(pid)
        return Problem("permission", why, hint)
    if "Failed to find python version" in words:
        return Problem(
            "not-python",
            f"process {pid} ({shown(target)}) is not a Python that py-spy knows",
            CHOOSE,
        )
    if "unexpected waitpid result" in words:
        return Problem("stopped", f"process {pid} is stopped", "It is sampled once it goes on.")
    if "executable name" in words or "No such process" in words or "os error 3" in words:
        return Problem("ended", f"process {pid} has ended")
    said = last_words(words)
    hint = f"py-spy says: {said}" if said else "py-spy said nothing."
    return Problem("failed", f"py-spy could not look into process {pid}", hint)


def children_of(pid: int) -> str:
    """Return what to do where a process is no Python, but has children that are; else nothing."""
    found = python_children(pid)
    named = [f"{one.pid} {_short(one.command)}" for one in found[:_NAMED]]
    if len(found) > _NAMED:
        named.append(f"{len(found) - _NAMED} more")
    if not named:
        return ""
    return (
        f"Its Python children: {', '.join(named)}; sample one of them, or all with --subprocesses."
    )


def _short(command: str) -> str:
    """Return a command, short enough to stand in a list of them."""
    return command if len(command) <= _COMMAND else command[: _COMMAND - 3] + "..."


def unsupported(pid: int) -> Problem | None:
    """Return why py-spy could read process `pid` with no right in the world; None where it can."""
    subject = subject_of(pid)
    if not (subject.free_threaded or subject.other_python):
        return None
    found = judged(Facts(capable=True), subject)
    return Problem("unsupported", f"process {pid} cannot be sampled: {found.problem}", found.hint)


def shown(target: Target) -> str:
    """Return a process's command, short enough for a sentence."""
    words: Sequence[str] = target.command.split()
    return Path(words[0]).name if words else "no command"


def last_words(words: str) -> str:
    """Return what py-spy said, on one line: its error and, where there is one, the cause."""
    lines = [line.strip() for line in words.splitlines()]
    told = [line.removeprefix("Error: ") for line in lines if line and "Caused by" not in line]
    return plain("; ".join(told[:3]))[:300]

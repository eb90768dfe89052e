"""`cockpit record`: samples a process without a screen, and writes what it saw to a file."""

import asyncio
import contextlib
import sys
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError, UsageError
from cockpit.onward import Onward
from cockpit.plain import plain
from cockpit.profilers import recording
from cockpit.profilers.formats import Format, suggested
from cockpit.profilers.launch import Launched, how
from cockpit.profilers.pyspy import Options
from cockpit.profilers.sampler import Sampler, State
from cockpit.profilers.tally import Tally
from cockpit.profilers.target import Target, pin

#: Seconds of a window: nobody watches, and each new py-spy reads the program anew.
WINDOW = 2.0


class RecordOptions(msgspec.Struct, frozen=True):
    """What to record: a PID or a command, where to, how, and for how many seconds (None: no end).

    An empty `format` is that which the file's name ends like.
    """

    output: str
    pid: int | None = None
    command: tuple[str, ...] = ()
    format: str = ""
    duration: float | None = None
    sampling: Options = Options()


async def record(options: RecordOptions) -> int:
    """Sample until the time is up, the process ends or ctrl-c comes; write the file; return 0.

    Raises `CockpitError` where the process cannot be sampled, where nothing was seen of it, and
    where the file cannot be written. A program that was started for it is ended.
    """
    path = Path(options.output)
    format_ = _format(path, options.format)
    recording.check(path)
    if options.command:
        tally, state = await _program(options)
    else:
        tally, state = await _sample(pin(options.pid or 0), options)
    if not tally.weight:
        raise _nothing(state, tally, options.sampling)
    await recording.write(tally.profile(), path, format_)
    _say(_summary(tally, path, state))
    return 0


def _format(path: Path, name: str) -> Format:
    known = Format(name) if name else suggested(path)
    if known is None:
        raise UsageError(
            f"{plain(path.name)} does not say in which format to write it",
            f"Add --format: {', '.join(Format)}.",
        )
    return known


async def _program(options: RecordOptions) -> tuple[Tally, State]:
    """Start the program, sample it and hand on what it says; leave nothing of it."""
    launched = Launched(options.command, Path.cwd(), Onward(sys.stdout))
    try:
        tally, state = await _sample(launched.target, options)
        if state.kind == "ended":
            with contextlib.suppress(asyncio.CancelledError):  # nobody takes what it said
                ending = how(await launched.ended())
                state = msgspec.structs.replace(state, words=f"{state.words}, {ending}")
        return tally, state
    finally:
        await launched.end()


async def _sample(target: Target, options: RecordOptions) -> tuple[Tally, State]:
    """Sample for as long as is asked for; return what was seen, and how it stood at the end."""
    tally = Tally(target.pid, target.command, options.sampling.rate)
    sampler = Sampler(
        target, options.sampling, tally.add, lambda state: _tell(state, sampler.target)
    )
    work = asyncio.create_task(sampler.run())
    with contextlib.suppress(asyncio.CancelledError):  # ctrl-c: what was seen is written
        await asyncio.wait({work}, timeout=options.duration)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    tally.command = sampler.target.command
    state, problem = sampler.state, sampler.problem
    if state.kind == "starting" and problem is not None and not state.words:
        state = msgspec.structs.replace(state, words=problem.words, hint=problem.hint)
    return tally, state


def _tell(state: State, target: Target) -> None:
    """Say on stderr how it stands, but for what is said at the end anyway."""
    words = {"sampling": f"{state.rate} samples a second; ctrl-c ends it and writes the file"}
    said = ", ".join(filter(None, (words.get(state.kind, state.kind), state.words)))
    if state.kind not in ("ended", "failed"):
        _say(f"cockpit: {target.pid} {plain(target.command)}: {plain(said)}\n")


def _say(words: str) -> None:
    """Say something on stderr; whoever reads that may have gone, which is no reason to stop."""
    with contextlib.suppress(OSError, AttributeError):  # there is none where it was closed
        sys.stderr.write(words.encode("utf-8", "backslashreplace").decode())


def _nothing(state: State, tally: Tally, sampling: Options) -> CockpitError:
    """Return why there is nothing to write."""
    if state.kind in ("failed", "starting") and state.words:
        return CockpitError(state.words, state.hint)
    why = f": {state.words}" if state.words else ""
    if state.kind == "stopped":
        hint = f"`kill -CONT {tally.pid}` lets it go on."
    elif not tally.counts.seconds:
        hint = "--subprocesses samples what it starts, too." if state.kind == "ended" else ""
        why = why or ": the time was up before the first sample"
    else:
        hint = "" if sampling.idle else "--idle counts threads that wait, too."
    return CockpitError(f"no thread was seen at work, so there is nothing to write{why}", hint)


def _summary(tally: Tally, path: Path, state: State) -> str:
    counts = tally.counts
    parts = [f"{tally.weight:,} samples in {counts.seconds:.1f} s", f"{counts.errors} errors"]
    parts.append(f"{counts.torn / max(counts.samples, 1):.1%} torn")
    if state.kind == "ended":
        parts.append(plain(state.words))
    return f"cockpit: wrote {plain(str(path))}: {', '.join(parts)}\n"

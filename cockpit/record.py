"""`cockpit record`: samples a process without a screen, and writes what it saw to a file."""

import asyncio
import contextlib
import sys
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError, UsageError
from cockpit.plain import plain
from cockpit.profilers import recording
from cockpit.profilers.formats import Format, suggested
from cockpit.profilers.launch import Launched
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
    launched = Launched(options.command, Path.cwd(), echo=_echo) if options.command else None
    target = launched.target if launched else pin(options.pid or 0)
    tally = Tally(target.pid, target.command, options.sampling.rate)
    try:
        state = await _sample(target, options, tally)
    finally:
        if launched is not None:
            await launched.end()
    if not tally.weight:
        raise _nothing(state, options.sampling)
    await recording.write(tally.profile(), path, format_)
    sys.stderr.write(_summary(tally, path, state))
    return 0


def _format(path: Path, name: str) -> Format:
    known = Format(name) if name else suggested(path)
    if known is None:
        raise UsageError(
            f"{plain(path.name)} does not say in which format to write it",
            f"Add --format: {', '.join(Format)}.",
        )
    return known


def _echo(said: bytes) -> None:
    """Hand on what the program that was started says: it has no terminal of its own."""
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()


async def _sample(target: Target, options: RecordOptions, tally: Tally) -> State:
    """Sample for as long as is asked for; return how the sampling stood at the end."""
    sampler = Sampler(target, options.sampling, tally.add, lambda state: _tell(state, target))
    work = asyncio.create_task(sampler.run())
    with contextlib.suppress(asyncio.CancelledError):  # ctrl-c: what was seen is written
        await asyncio.wait({work}, timeout=options.duration)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return sampler.state


def _tell(state: State, target: Target) -> None:
    """Say on stderr how it stands."""
    words = {"sampling": f"{state.rate} samples a second; ctrl-c ends it and writes the file"}
    said = ", ".join(filter(None, (words.get(state.kind, state.kind), state.words)))
    sys.stderr.write(f"cockpit: {target.pid} {plain(target.command)}: {plain(said)}\n")


def _nothing(state: State, sampling: Options) -> CockpitError:
    """Return why there is nothing to write."""
    if state.kind == "failed":
        return CockpitError(state.words, state.hint)
    hint = "" if sampling.idle else "--idle counts threads that wait, too."
    why = f": {state.words}" if state.words else ""
    return CockpitError(f"no thread was seen at work, so there is nothing to write{why}", hint)


def _summary(tally: Tally, path: Path, state: State) -> str:
    counts = tally.counts
    parts = [f"{tally.weight:,} samples in {counts.seconds:.1f} s", f"{counts.errors} errors"]
    parts.append(f"{counts.torn / max(counts.samples, 1):.1%} torn")
    if state.kind == "ended":
        parts.append(state.words)
    return f"cockpit: wrote {plain(str(path))}: {', '.join(parts)}\n"

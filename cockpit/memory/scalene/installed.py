"""Whether an interpreter has scalene, told by running it: whoever asks has to be trusted first."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.plain import plain

#: Seconds that an interpreter may take: scalene imports much, from a disk that may sleep.
_PATIENCE = 60.0
#: The exit code by which `_ASK` says that there is no scalene at all.
_MISSING = 3
#: The oldest version whose command line is known to be as ours speaks to it.
_OLDEST = (2, 4)
#: Asks for its version, and for what scalene wants in the environment. Where that is not there it
#: starts Python anew and waits for it: then the options of Python are lost, and of ctrl-c it dies
#: before the program has written. Elsewhere than on Linux `env` may not set what it wants.
_ASK = f"""
import json, sys
if sys.path[:1] == [""]:
    del sys.path[0]
try:
    import scalene
except ModuleNotFoundError as error:
    if error.name == "scalene":
        sys.exit({_MISSING})
    raise
from scalene.scalene_config import scalene_version
wanted = [{{}}, {{}}]
if sys.platform == "linux":
    try:
        from types import SimpleNamespace as Arguments
        from scalene.scalene_arguments import ScaleneArguments
        from scalene.scalene_preload import ScalenePreload
        window = ScaleneArguments().allocation_sampling_window
        wanted = [
            ScalenePreload.get_preload_environ(
                Arguments(memory=memory, allocation_sampling_window=window, disable_jit=False)
            )
            for memory in (True, False)
        ]
    except (ImportError, AttributeError, TypeError):
        pass
print()
print(json.dumps([scalene_version, *wanted]))
"""


class Found(msgspec.Struct, frozen=True):
    """The scalene of an interpreter: its version, and the environment that it wants to start in.

    `full` is for memory, too; both are empty where scalene sees to its environment itself.
    """

    version: str
    full: Mapping[str, str] = {}
    cpu_only: Mapping[str, str] = {}


async def check(interpreter: str, folder: Path, options: Sequence[str] = ()) -> Found:
    """Return the scalene that `interpreter` has, with its own `options`.

    It is run in `folder`, from which it imports nothing: which Python a version manager's `python`
    is may depend on it. Raises `CockpitError` where there is none, or one that does not work.
    """
    name, pip = plain(interpreter), f"{plain(shlex.quote(interpreter))} -m pip install"
    try:
        done = await process.run((interpreter, *options, "-c", _ASK), folder, timeout=_PATIENCE)
    except process.TimedOut as error:
        raise CockpitError(
            f"{name} did not answer within {_PATIENCE:.0f} s whether it has scalene",
            f'Try `{plain(shlex.quote(interpreter))} -c "import scalene"`.',
        ) from error
    if done.code == _MISSING:
        raise CockpitError(
            f"scalene is not installed for {name}", f"Install it there: `{pip} scalene`"
        )
    if done.code:
        lines = done.errors.decode(errors="replace").strip().splitlines()
        said = plain(lines[-1].strip()) if lines else f"it ended with {done.code}"
        raise CockpitError(
            f"the scalene of {name} does not work: {said}",
            f"Install it anew: `{pip} --force-reinstall scalene`",
        )
    found = _read(done.output)
    if found is None or _numbers(found.version) < _OLDEST:
        version = plain(found.version) if found else "of another kind"
        oldest = ".".join(map(str, _OLDEST))
        raise CockpitError(
            f"the scalene of {name} is {version}, and {oldest} or later is needed",
            f"Install that: `{pip} --upgrade scalene`",
        )
    return found


def _read(output: bytes) -> Found | None:
    try:
        answer = output.strip().rpartition(b"\n")[2]
        return Found(*msgspec.json.decode(answer, type=tuple[str, dict[str, str], dict[str, str]]))
    except msgspec.MsgspecError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split(".")[:2])

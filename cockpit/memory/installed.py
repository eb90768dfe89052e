"""Whether an interpreter has memray, told by running it: whoever asks has to be trusted first."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.plain import plain

#: Seconds that an interpreter may take: memray imports much, from a disk that may sleep.
_PATIENCE = 60.0
#: The exit code by which `_ASK` says that there is no memray at all.
_MISSING = 3
#: Asks what `python -m memray run` needs. A project's own `memray.py` is none; `-P` does the same,
#: but only since Python 3.11.
_ASK = f"""
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
try:
    import memray
except ModuleNotFoundError as error:
    if error.name == "memray":
        sys.exit({_MISSING})
    raise
import memray.commands.run
print()
print(memray.__version__)
"""


async def check(interpreter: str, folder: Path, options: Sequence[str] = ()) -> str:
    """Return the version of the memray that `interpreter` has, with its own `options`.

    It is run in `folder`, from which it imports nothing: which Python a version manager's `python`
    is may depend on it. Raises `CockpitError` where there is none, or one that does not work.
    """
    command = (interpreter, *options, "-c", _ASK)
    name = plain(interpreter)
    try:
        done = await process.run(command, folder, timeout=_PATIENCE)
    except process.TimedOut as error:
        raise CockpitError(
            f"{name} did not answer within {_PATIENCE:.0f} s whether it has memray",
            f'Try `{_shown(interpreter)} -c "import memray"`.',
        ) from error
    if done.code == _MISSING:
        raise CockpitError(
            f"memray is not installed for {name}",
            f"Install it there: `{_shown(interpreter)} -m pip install memray`",
        )
    if done.code:
        lines = done.errors.decode(errors="replace").strip().splitlines()
        said = plain(lines[-1].strip()) if lines else f"it ended with {done.code}"
        raise CockpitError(
            f"the memray of {name} does not work: {said}",
            f"Install it anew: `{_shown(interpreter)} -m pip install --force-reinstall memray`",
        )
    return plain(done.output.decode(errors="replace").strip().rpartition("\n")[2].strip())


def _shown(interpreter: str) -> str:
    return plain(shlex.quote(interpreter))

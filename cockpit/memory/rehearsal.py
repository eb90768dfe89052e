"""Tries on a throwaway child whether a debugger can attach memray without hurting its target.

The child is a Python of the very interpreter that the real process runs. What was found is kept in
the user's state folder, for as long as interpreter, memray, debugger and kernel are the same.
"""

import contextlib
import hashlib
import os
import platform
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.memory.debuggers import Debugger, Method
from cockpit.memory.inject import Injected, attach_command, inject
from cockpit.memory.model import Options
from cockpit.private import Damaged, Unusable, check_file, check_folder
from cockpit.profilers.files import put
from cockpit.profilers.target import Target, launched
from cockpit.scan import read_regular

#: What the child does: it allocates, and has a second thread, as servers have.
_CHILD = """
import threading, time
def beside():
    while True:
        time.sleep(0.05)
threading.Thread(target=beside, daemon=True).start()
print("ready", flush=True)
until = time.monotonic() + 60
while time.monotonic() < until:
    kept = [bytearray(3000) for _ in range(20)]
    time.sleep(0.02)
"""
#: A capture that holds nothing but its header is not larger, in bytes.
_HEADER = 512
#: Seconds that the child may take to begin.
_STARTING = 20.0
_FORMAT = 1


class Rehearsal(msgspec.Struct, frozen=True):
    """What came of a rehearsal: whether the real process may be attached to, and if not, why.

    `when` is seconds since the epoch, `seconds` how long it took; `known` says that it was done
    before, and not again.
    """

    method: Method
    ok: bool
    reason: str = ""
    seconds: float = 0.0
    when: float = 0.0
    debugger: str = ""
    known: bool = False


def remembered(interpreter: str, memray: str, debugger: Debugger, folder: Path) -> Rehearsal | None:
    """Return what a rehearsal of these found before; None where there was none. Never raises."""
    place = _place(interpreter, memray, debugger, folder)
    try:
        if not place.exists():
            return None
        check_folder(place.parent)
        check_file(place)
        found = msgspec.json.decode(read_regular(str(place)), type=Rehearsal)
    except (OSError, Unusable, Damaged, msgspec.MsgspecError):
        return None
    return msgspec.structs.replace(found, known=True)


async def rehearse(
    interpreter: str, memray: str, debugger: Debugger, folder: Path, again: bool = False
) -> Rehearsal:
    """Return whether `debugger` attaches memray to a child of `interpreter` without hurting it.

    `memray` is the version that the interpreter has, `folder` the user's state folder. With `again`
    it is tried even if it is known. It takes 4 to 5 s, and touches no process but its own child.
    """
    known = None if again else remembered(interpreter, memray, debugger, folder)
    if known is not None:
        return known
    began = time.monotonic()
    reason = await _tried(interpreter, debugger.method)
    found = Rehearsal(
        debugger.method,
        not reason,
        reason,
        time.monotonic() - began,
        time.time(),
        debugger.version,
    )
    _keep(_place(interpreter, memray, debugger, folder), found)
    return found


async def _tried(interpreter: str, method: Method) -> str:
    """Return why it failed, as the end of a sentence; "" where it went well."""
    with tempfile.TemporaryDirectory(prefix="cockpit-") as folder:
        output = Path(folder, "rehearsal.bin")
        child = None
        try:
            child = process.start(
                (interpreter, "-I", "-c", _CHILD), Path(os.sep), env=process.clean_env(_ENVIRONMENT)
            )
            if await child.line() != b"ready":
                return "the interpreter could not run a program of its own"
            target = launched(child.pid, interpreter)
            argv = attach_command(interpreter, method, child.pid, output, Options(), 1)
            return _judged(await inject(argv, target), target, output)
        except CockpitError as error:
            return error.message
        finally:
            if child is not None:
                await child.end()


#: The child is to behave as programs do.
_ENVIRONMENT: Mapping[str, str] = {"PYTHONDONTWRITEBYTECODE": "1"}


def _judged(injected: Injected, target: Target, output: Path) -> str:
    if injected.standing == "ended":
        return f"it killed its target ({injected.words})"
    if injected.standing == "stopped":
        return "it left its target stopped"
    if not injected.done:
        return f"it failed ({injected.words})"
    size = 0
    with contextlib.suppress(OSError):
        size = output.stat().st_size
    if size <= _HEADER:
        return "nothing was captured"
    return "" if target.standing == "running" else "its target did not go on"


def _place(interpreter: str, memray: str, debugger: Debugger, folder: Path) -> Path:
    facts = [
        str(_FORMAT),
        memray,
        debugger.method,
        debugger.version,
        platform.release(),
        *map(_stamp, (os.path.realpath(interpreter), os.path.realpath(debugger.path))),
    ]
    digest = hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogateescape"), digest_size=16)
    return folder / "rehearsals" / digest.hexdigest()


def _stamp(path: str) -> str:
    """Return a file by its path, and what changes with it."""
    with contextlib.suppress(OSError):
        state = os.stat(path)  # noqa: PTH116 -- it may hold what no `Path` can
        return f"{path} {state.st_size} {state.st_mtime_ns}"
    return path


def _keep(place: Path, found: Rehearsal) -> None:
    """Remember what was found; where that cannot be, it is found anew each time."""
    with contextlib.suppress(OSError, Unusable):
        check_folder(place.parent)
        put(place, msgspec.json.encode(found))

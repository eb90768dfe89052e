"""Starts the programs that are the person's and not ours: an editor, a browser.

Unlike the children of `cockpit.process` they get the whole environment and no time limit, and they
outlive cockpit. None gets a shell.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import termios
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import IO, Any

from cockpit.errors import CockpitError
from cockpit.plain import plain

#: How long a program with a window of its own is watched for a failure, in seconds.
PATIENCE = 4.0
#: How long an editor that was asked to end may take before we leave without it, in seconds.
GRACE = 1.0
#: What a key sends to everybody who has the terminal, and is meant for the guest alone.
_OF_KEYS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)


def find(name: str) -> str:
    """Return the program that `name` means, or "" if there is none.

    A relative folder in PATH does not count: it would be one of the untrusted project.
    """
    if os.sep in name:
        path = Path(name).expanduser().absolute()
        return str(path) if path.is_file() and os.access(path, os.X_OK) else ""
    folders = filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))
    return shutil.which(name, path=os.pathsep.join(folders)) or ""


async def lend_terminal(argv: Sequence[str], cwd: Path) -> int:
    """Let a program have our terminal until it ends; return its code (negative: the signal).

    The event loop goes on meanwhile. The program shares our process group, so that ctrl-z and `fg`
    mean both of us. Cancelling asks it to end, which editors take for "keep what is not saved".
    Raises `CockpitError` where it cannot be started.
    """
    # Ours may lead to a file: cockpit draws on standard error.
    screen = None if os.isatty(1) else 2
    with _modes_kept():
        child = _start(argv, cwd, stdout=screen)
        ended = _ending(child, follow=True)
        # Only now: what is ignored before a program starts is ignored in it too.
        with _ignoring(_OF_KEYS):
            try:
                return await asyncio.shield(ended)
            except asyncio.CancelledError:
                if not ended.done():
                    os.kill(child.pid, signal.SIGTERM)
                    await asyncio.wait({ended}, timeout=GRACE)
                raise


async def start_apart(argv: Sequence[str], cwd: Path, patience: float = PATIENCE) -> None:
    """Start a program with a window of its own, in a session of its own, without a terminal.

    Raises `CockpitError` where it cannot be started, or fails within `patience` seconds.
    """
    with tempfile.TemporaryFile() as words:  # a pipe would break with us, and the program with it
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": words}
        child = _start(argv, cwd, start_new_session=True, **quiet)
        ended = _ending(child, follow=False)
        await asyncio.wait({ended}, timeout=patience)
        if ended.done() and ended.result():
            raise CockpitError(f"{_name(argv)} {_how(ended.result())}", _last_line(words))


def ending(argv: Sequence[str], code: int) -> str:
    """Return in words how a program ended; "" where it ended well."""
    return f"{_name(argv)} {_how(code)}" if code else ""


def _how(code: int) -> str:
    if code > 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal has no name
        return f"was ended by signal {-code}"


def _name(argv: Sequence[str]) -> str:
    return plain(PurePath(argv[0]).name)


def _last_line(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read(1 << 16).decode(errors="replace").strip().splitlines()
    return f"It says: {plain(lines[-1].strip())}" if lines else ""


def _start(argv: Sequence[str], cwd: Path, **options: Any) -> subprocess.Popen[bytes]:
    program = find(argv[0])
    if not program:
        raise CockpitError(f"{plain(argv[0])} is not there, or not a program")
    try:
        return subprocess.Popen(  # noqa: S603 -- the person's own choice, no shell
            argv, executable=program, cwd=cwd, **options
        )
    except OSError as error:
        raise CockpitError(f"{_name(argv)} could not be started: {error.strerror}") from error


def _ending(child: subprocess.Popen[bytes], *, follow: bool) -> asyncio.Future[int]:
    """Return what will hold the child's exit code; to `follow` it is to stop where it stops."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def tell(call: Callable[[int], None], number: int) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(call, number)

    def settle(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def wait() -> None:
        options = os.WUNTRACED if follow else 0
        _, status = os.waitpid(child.pid, options)
        while os.WIFSTOPPED(status):
            tell(_stop_with, child.pid)
            _, status = os.waitpid(child.pid, options)
        child.returncode = os.waitstatus_to_exitcode(status)
        tell(settle, child.returncode)

    # A daemon: what has a window of its own may go on for days after us.
    threading.Thread(target=wait, name=f"guest-{child.pid}", daemon=True).start()
    return ended


def _stop_with(pid: int) -> None:
    """Stop as the guest `pid` did, until the shell goes on with all of us.

    SIGTSTP does nothing by default where no shell looks after our process group (POSIX calls it
    orphaned). There nobody could wake us, so we go on at once, and the guest with us.
    """
    os.killpg(os.getpgrp(), signal.SIGTSTP)  # whoever started us is in the group; we ignore it
    before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    signal.raise_signal(signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, before)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def _ignoring(numbers: Sequence[signal.Signals]) -> Iterator[None]:
    """Ignore signals for a while; whoever handled them before does so again after it.

    asyncio's own handlers come back too: its table of them is not touched.
    """
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _modes_kept() -> Iterator[None]:
    """Give the terminal its modes back: a guest that was killed leaves it raw and mute."""
    try:
        modes = termios.tcgetattr(0)
    except termios.error:  # no terminal, as in a test
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, modes)

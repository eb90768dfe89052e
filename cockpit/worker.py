"""The main program of a worker process: it takes jobs from stdin and answers on stdout.

A frame is its length (8 bytes, big-endian) and so many bytes. A request is the length of the
job's name (2 bytes), the name "module:qualname", and the payload. A reply is one byte that says
what it is, and its body. Nothing is pickled: a worker could as well stand on another machine.
"""

import contextlib
import faulthandler
import functools
import gc
import importlib
import os
import queue
import signal
import struct
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO, cast

Job = Callable[[bytes], bytes]

LENGTH = struct.Struct("!Q")
NAME_LENGTH = struct.Struct("!H")
READY, RESULT, ERROR = b"r", b"k", b"e"

#: Collect garbage once so many more containers were made than freed; bandit's syntax trees are
#: cycles, some 150,000 objects for 100 files.
GARBAGE = 150_000

_NICE = 5
_PR_SET_PDEATHSIG = 1


def pack(name: str, payload: bytes) -> bytes:
    """Return the frame that asks for the job `name`."""
    words = name.encode()
    size = NAME_LENGTH.size + len(words) + len(payload)
    return b"".join((LENGTH.pack(size), NAME_LENGTH.pack(len(words)), words, payload))


def tidy() -> None:
    """Collect garbage if there is much of it; for long jobs to call in between."""
    if gc.get_count()[0] > GARBAGE:
        gc.collect()


@functools.cache
def find(name: str) -> Job:
    """Return the function that "module:qualname" names."""
    module, _, qualname = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return cast("Job", found)


def _answer(request: bytes) -> tuple[bytes, bytes]:
    """Do a job; whatever it raises is the answer."""
    start = NAME_LENGTH.size
    end = start + NAME_LENGTH.unpack(request[:start])[0]
    try:
        return RESULT, find(request[start:end].decode())(request[end:])
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- the checker boundary: a tool's code
        words = "".join(traceback.format_exception(error, limit=-8))
        parts = (type(error).__name__, str(error), words)
        return ERROR, "\0".join(part.replace("\0", "") for part in parts).encode(
            "utf-8", "backslashreplace"
        )


def _requests(pipe: BinaryIO) -> "queue.SimpleQueue[bytes]":
    """Read requests in a thread, and end at once when there can be no more: busy or not."""
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        try:
            while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
                arrived.put(pipe.read(LENGTH.unpack(head)[0]))
        finally:
            os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return arrived


def _reply(pipe: BinaryIO, kind: bytes, body: bytes) -> None:
    try:
        pipe.write(LENGTH.pack(1 + len(body)) + kind)
        pipe.write(body)
        pipe.flush()
    except OSError:  # nobody is left to hear it
        os._exit(0)


def _settle(parent: int) -> None:
    """Be a good guest: low priority, deaf to ctrl-c, and gone when `parent` is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    if sys.platform == "linux":
        import ctypes  # 5 ms; the screen's process imports this module too

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(0)


def _confine(memory: int) -> None:
    """Let a file that wants too much be a MemoryError, and a crash leave no core file behind."""
    if sys.platform == "win32":
        return
    import resource

    limits = [(resource.RLIMIT_CORE, 0)]
    if sys.platform == "linux" and memory:  # macOS takes the limit and does not keep it
        limits.append((resource.RLIMIT_AS, memory))
    for kind, value in limits:
        hard = resource.getrlimit(kind)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, hard))


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for the frames; what a tool reads or prints goes nowhere.

    The descriptor of stderr stays as it is: a crash says its last words there.
    """
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    sys.stdin = open(null, closefd=False)  # noqa: SIM115 -- stays open for good
    sys.stdout = sys.stderr = open(null, "w", closefd=False)  # noqa: SIM115
    return open(requests, "rb"), open(replies, "wb")  # noqa: PTH123


def _warm(names: list[str]) -> None:
    """Call what `names` name, which imports what jobs need, and take all of it as permanent."""
    for name in names:
        cast("Callable[[], None]", find(name))()
    gc.collect()
    gc.freeze()
    gc.disable()


def main() -> None:
    """Serve until stdin ends; arguments: parent's pid, memory limit, functions that warm up."""
    parent, memory, *names = sys.argv[1:]
    _settle(int(parent))
    _confine(int(memory))
    faulthandler.enable(file=2)
    warnings.simplefilter("ignore")
    _warm(names)
    incoming, outgoing = _streams()
    arrived = _requests(incoming)
    _reply(outgoing, READY, b"")
    while True:
        _reply(outgoing, *_answer(arrived.get()))
        tidy()


if __name__ == "__main__":
    main()

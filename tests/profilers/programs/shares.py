"""Knows where its time goes: every function measures itself, and a line on stdin asks for all.

Each answer is a line of JSON, a process an object. Times are seconds in which a thread wanted a
core: those that it used, and those that it waited for one, which look the same from outside. They
are in `own` and `total` by function, in `threads` by thread; `cpu` has the used ones alone, by
function, and `whole` both of the whole process. `--alone` is a single thread that never waits.
"""

import asyncio
import ctypes
import hashlib
import json
import os
import queue
import random
import select
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

OWN: Counter[str] = Counter()
TOTAL: Counter[str] = Counter()
CPU: Counter[str] = Counter()
TASKS = Path("/proc/self/task")
_LOCAL = threading.local()
_PREAD = ctypes.PyDLL(None).pread
_PREAD.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_ssize_t)
_NOISE = random.Random(1).randbytes(60_000)
_NUMBERS = [random.Random(2).random() for _ in range(9_000)]


def waited() -> float:
    """The seconds that this thread was ready to run and had no core, where the system tells.

    The interpreter's lock is not let go of for it, as `os.pread` would: that would have others run.
    """
    if not hasattr(_LOCAL, "file"):
        try:
            _LOCAL.file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        except OSError:
            _LOCAL.file = None
        _LOCAL.buffer = ctypes.create_string_buffer(100)
    if _LOCAL.file is None:
        return 0.0
    _PREAD(_LOCAL.file, _LOCAL.buffer, 99, 0)
    return int(_LOCAL.buffer.value.split()[1]) / 1e9


class Spent:
    """Measures one piece of work of one function."""

    def __init__(self) -> None:
        """Begin."""
        self.cpu, self.waited = time.thread_time(), waited()

    def seconds(self) -> tuple[float, float]:
        """What was spent since: on a core, and on it or waiting for it."""
        cpu = time.thread_time() - self.cpu
        return cpu, cpu + waited() - self.waited

    def own(self, name: str) -> None:
        """It was a function's own time, and so a part of its total."""
        cpu, both = self.seconds()
        CPU[name] += cpu
        OWN[name] += both
        TOTAL[name] += both

    def total(self, name: str) -> None:
        """It was spent in a function and in what that one calls."""
        TOTAL[name] += self.seconds()[1]


# --- Python's own loops, calls, recursion, generators -----------------------------------------


def brief() -> None:
    spent = Spent()
    for number in range(12_000):
        number * number
    spent.own("brief")


def lengthy() -> None:
    spent = Spent()
    for number in range(60_000):
        number * number
    spent.own("lengthy")


def caller() -> None:
    spent = Spent()
    brief()
    lengthy()
    spent.total("caller")


def descend(depth: int) -> None:
    """Recur, with work of its own on every level: each stack has it up to eight times."""
    spent = Spent()
    for number in range(3_000):
        number * number
    spent.own("descend")
    if depth:
        descend(depth - 1)
    else:
        bottom()


def bottom() -> None:
    spent = Spent()
    for number in range(20_000):
        number * number
    spent.own("bottom")


def descent() -> None:
    spent = Spent()
    descend(7)
    spent.total("descent")
    TOTAL["descend"] = OWN["descend"] + OWN["bottom"]


def fibonacci(number: int) -> int:
    """Call and return as fast as Python can: the stack changes while it is read."""
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


def flurry() -> None:
    spent = Spent()
    fibonacci(19)
    spent.total("flurry")


def yielding() -> Iterator[int]:
    for number in range(4):
        spent = Spent()
        for _ in range(7_000):
            number * number
        spent.own("yielding")
        yield number


def consuming() -> None:
    whole = Spent()
    for number in yielding():
        spent = Spent()
        for _ in range(3_000):
            number * number
        spent.own("consuming")
        TOTAL["consuming"] -= spent.seconds()[1]  # it is in the whole
    whole.total("consuming")


# --- C, with the interpreter's lock and without -----------------------------------------------


def hashing() -> None:
    spent = Spent()
    hashlib.sha256(_NOISE * 10)
    spent.own("hashing")


def ordering() -> None:
    spent = Spent()
    sorted(_NUMBERS)
    sorted(_NUMBERS)
    spent.own("ordering")


def packing() -> None:
    spent = Spent()
    zlib.compress(_NOISE, 6)
    spent.own("packing")


def round_trip() -> None:
    caller()
    descent()
    flurry()
    consuming()
    hashing()
    ordering()


def work() -> None:
    while True:
        round_trip()


def work_alone() -> None:
    """Work and answer in one thread."""
    while True:
        round_trip()
        if select.select([sys.stdin], [], [], 0)[0]:
            sys.stdin.readline()
            say(json.dumps([answer()]))


def beside() -> None:
    """Work half of the time, in a thread of its own."""
    while True:
        packing()
        grinding()
        time.sleep(0.004)


def grinding() -> None:
    spent = Spent()
    for number in range(15_000):
        number * number
    spent.own("grinding")


# --- Tasks ------------------------------------------------------------------------------------


async def awaited() -> None:
    spent = Spent()
    for number in range(9_000):
        number * number
    spent.own("awaited")
    await asyncio.sleep(0.003)


async def awaiting() -> None:
    while True:
        spent = Spent()
        for number in range(4_000):
            number * number
        spent.own("awaiting")
        await awaited()


async def alone() -> None:
    while True:
        spent = Spent()
        for number in range(12_000):
            number * number
        spent.own("alone")
        await asyncio.sleep(0.002)


async def tasks() -> None:
    await asyncio.gather(awaiting(), alone())


def run_tasks() -> None:
    asyncio.run(tasks())


# --- Those that only wait ---------------------------------------------------------------------


def sleeping() -> None:
    while True:
        time.sleep(0.5)


def locked(lock: threading.Lock) -> None:
    lock.acquire()
    lock.acquire()


def queued() -> None:
    queue.Queue[int]().get()


def receiving() -> None:
    ends = socket.socketpair()
    ends[0].recv(1)


# --- The child, and the answers ---------------------------------------------------------------


def apprentice() -> None:
    spent = Spent()
    for number in range(300_000):
        number * number
    spent.own("apprentice")


def novice() -> None:
    spent = Spent()
    for number in range(100_000):
        number * number
    spent.own("novice")


def childhood() -> None:
    while True:  # bursts of a millisecond are seen late by a sampler that stops nothing
        apprentice()
        novice()
        time.sleep(0.02)


def answer() -> dict[str, object]:
    """What every function spent so far."""
    TOTAL["fibonacci"] = TOTAL["flurry"]
    TOTAL["awaiting"] = OWN["awaiting"] + OWN["awaited"]
    threads = {one.name: wanted(one.native_id or 0) for one in threading.enumerate()}
    cpu = time.process_time()
    whole = sum(threads.values()) or cpu
    return {"own": OWN, "total": TOTAL, "cpu": CPU, "threads": threads, "whole": [whole, cpu]}


def wanted(thread: int) -> float:
    """The seconds in which a thread wanted a core; 0 where the system does not tell."""
    try:
        words = (TASKS / str(thread) / "schedstat").read_text().split()
    except OSError:
        return 0.0
    return (int(words[0]) + int(words[1])) / 1e9


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def answering(child: subprocess.Popen[str] | None) -> None:
    for _ in sys.stdin:
        found = [answer()]
        if child is not None and child.stdin is not None and child.stdout is not None:
            child.stdin.write("\n")
            child.stdin.flush()
            found += json.loads(child.stdout.readline())
        say(json.dumps(found))


def main() -> None:
    if "--alone" in sys.argv:
        say("ready")
        work_alone()
    child = None
    if "--with-child" in sys.argv:
        pipe = subprocess.PIPE
        argv = (sys.executable, __file__, "--child")
        child = subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True)
        assert child.stdout is not None
        child.stdout.readline()
    lock = threading.Lock()
    waiting = (sleeping, queued, receiving)
    threads = [threading.Thread(target=one, daemon=True, name=one.__name__) for one in waiting]
    threads.append(threading.Thread(target=locked, args=(lock,), daemon=True, name="locked"))
    if "--child" not in sys.argv:
        threads.append(threading.Thread(target=beside, daemon=True, name="beside"))
        threads.append(threading.Thread(target=run_tasks, daemon=True, name="tasks"))
    busy = childhood if "--child" in sys.argv else work
    threads.append(threading.Thread(target=busy, daemon=True, name="busy"))
    for thread in threads:
        thread.start()
    say("ready")
    answering(child)


if __name__ == "__main__":
    main()

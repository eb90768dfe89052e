"""Jobs for workers to do in tests: good ones and every kind of bad one."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path


def echo(payload: bytes) -> bytes:
    return payload


def size(payload: bytes) -> bytes:
    return b"%d" % len(payload)


def pid(payload: bytes) -> bytes:
    return b"%d" % os.getpid()


def signal_self(payload: bytes) -> bytes:
    os.kill(os.getpid(), int(payload))
    time.sleep(60)
    return b"survived"


def exit_at_once(payload: bytes) -> bytes:
    os.write(2, b"these are my last words\n")
    os._exit(int(payload))


def fail(payload: bytes) -> bytes:
    raise LookupError(payload.decode("utf-8", "surrogateescape"))


def exhaust(payload: bytes) -> bytes:
    return bytes(1 << 40)


def hang(payload: bytes) -> bytes:
    time.sleep(1000)
    return b""


def begin(flag: bytes) -> None:
    """Make the file `flag`, if one is named, to say that the job is under way."""
    if flag:
        Path(os.fsdecode(flag)).touch()


def compute(payload: bytes) -> bytes:
    begin(payload)
    while True:
        pass


def hog(payload: bytes) -> bytes:
    """Compute without ever letting another thread of the interpreter run."""
    begin(payload)
    re.match(r"(a+)+$", "a" * 60 + "b")
    return b""


def wait_for(payload: bytes) -> bytes:
    """Return once the file named by the payload exists."""
    while not Path(os.fsdecode(payload)).exists():
        time.sleep(0.002)
    return payload


def chatter(payload: bytes) -> bytes:
    """Print and read wherever a tool might."""
    print("out")  # noqa: T201 -- what a tool might do
    print("err" * 100_000, file=sys.stderr)  # noqa: T201
    os.write(1, b"raw" * 100_000)
    subprocess.run(("echo", "child"), check=True)
    return b"read %d" % len(sys.stdin.read())


def surroundings(payload: bytes) -> bytes:
    return f"{os.getcwd()} {os.nice(0)} {sys.path[0]}".encode()  # noqa: PTH109


def refuse() -> None:
    raise ImportError("the tool is not what it was")


def die() -> None:
    os.kill(os.getpid(), 9)


def leave(payload: bytes) -> bytes:
    sys.exit(3)

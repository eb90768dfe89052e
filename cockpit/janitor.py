"""Ends what cockpit started when cockpit ends without a word; it imports nothing of cockpit.

It runs in a process and session of its own, by file path, and holds one end of a pipe whose other
end only cockpit has: however cockpit ends, SIGKILL included, the pipe ends with it. The other
signals that ask to end were blocked for it before it was born. Its argument is the mark that every
child carries in its environment; the pipe says `+PID BIRTH` (a process group began), `-PID` (it
ended) or `bye` (cockpit leaves in order and has ended its groups), a line each.
"""

# ruff: noqa: PTH112, PTH123, PTH208
# Neither pathlib nor typing: they would double the 8 ms that this process takes to start.

import contextlib
import io
import os
import signal
import sys
import time

MARK = "COCKPIT_CHILD"
BYE = b"bye\n"
_PREFIX = f"{MARK}=".encode()
_DIGITS = 16
_PASSES = 25
_PAUSE = 0.02


def birth(pid: int) -> bytes:
    """Return when `pid` began, in clock ticks since boot; empty where the system does not say.

    Two processes of the same number differ in it (proc_pid_stat(5), field 22).
    """
    stat = _read(f"/proc/{pid}/stat")
    return stat.rpartition(b")")[2].split()[19] if stat else b""


def _read(path: str) -> bytes:
    """Return what a file of /proc says; nothing where there is none or it may not be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def end_group(pid: int, number: int) -> None:
    """Send signal `number` to the process group `pid`; one that is gone already is no error."""
    if pid <= 1:  # for kill(2) these mean our own group, and every process there is
        raise ValueError(f"{pid} is no group of ours")
    # macOS answers EPERM for a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(pid, number)
        else:
            os.kill(pid, signal.SIGTERM)


def _marked(mark: str) -> list[int]:
    """Return the processes that carry `mark`; none where the system has no /proc."""
    words = mark.encode()
    if not words.startswith(_PREFIX) or len(words) < len(_PREFIX) + _DIGITS:
        raise ValueError(f"{mark!r} could be in anyone's environment")
    pids = filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ())
    return [int(pid) for pid in pids if words in _read(f"/proc/{pid}/environ").split(b"\0")]


def _sweep(groups: dict[int, bytes], mark: str, passes: int) -> None:
    """Kill the groups, then whoever else carries the mark, in so many `passes`.

    A group whose leader is younger than the one we were told of is a stranger's. One without a
    leader is ours: the system gives no number away while it names a group.
    """
    for pid, born in groups.items():
        if pid > 1 and birth(pid) in (born, b""):
            end_group(pid, signal.SIGKILL)
    # A child that left its group, or that cockpit had no time to tell of, is found by its mark;
    # one that was just being started shows its own environment only a moment later.
    for _ in range(passes):
        for pid in _marked(mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if passes > 1:
            time.sleep(_PAUSE)


def serve(pipe: io.BufferedReader, mark: str) -> None:
    """Follow what cockpit says in `pipe` until its end, and clear up after it."""
    groups: dict[int, bytes] = {}
    passes = _PASSES
    for line in pipe:
        sign, words = line[:1], line[1:].split()
        if not line.endswith(b"\n"):  # cockpit ended in the middle of a word: half a number
            continue
        if sign == b"+":
            groups[int(words[0])] = words[1] if len(words) > 1 else b""
        elif sign == b"-":
            groups.pop(int(words[0]), None)
        elif line == BYE:
            passes = 1
    _sweep(groups, mark, passes)


if __name__ == "__main__":
    with open(0, "rb") as stdin:
        serve(stdin, sys.argv[1])

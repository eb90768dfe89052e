"""Hands a growing capture to memray's `SocketReader`, which takes it only from a local port.

It runs in a process of its own: while memray reads a capture's beginning, it holds the GIL. Nobody
else gets anything: the port is taken for both of the local addresses, and the one who connects has
to be our parent.
"""

import contextlib
import mmap
import os
import socket
import struct
import time

import psutil

from cockpit.memory.growing import Growing
from cockpit.profilers.target import Target

#: How often is looked for more, and how often whether the target is still there, in seconds.
_PAUSE, _ALIVE = 0.02, 0.2
#: Strangers that are turned away before we give up, and ports that are tried.
_STRANGERS, _PORTS = 16, 16
_NOTES = struct.Struct("dqq")


class Notes:
    """What the feeding process tells of itself, in memory that both of us have."""

    def __init__(self) -> None:
        """Share the memory with whom we fork."""
        self._memory = mmap.mmap(-1, _NOTES.size)

    def put(self, used: float, handed: int, behind: int) -> None:
        """Tell the processor time that it took (s), and of the capture the bytes done and left."""
        self._memory[:] = _NOTES.pack(used, handed, behind)

    def get(self) -> tuple[float, int, int]:
        """Return what was told last."""
        used, handed, behind = _NOTES.unpack(self._memory[:])
        return float(used), int(handed), int(behind)


def listen() -> list[socket.socket]:
    """Listen on one local port, for both versions of IP where there are two; raises `OSError`."""
    for _ in range(_PORTS):
        first = socket.create_server(("127.0.0.1", 0))
        port = first.getsockname()[1]
        try:
            return [first, socket.create_server(("::1", port), family=socket.AF_INET6)]
        except OSError:
            if not _has_ipv6():
                return [first]
            first.close()
    raise OSError("no local port is free for both versions of IP")


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def feed(ports: list[socket.socket], capture: Growing, target: Target, notes: Notes) -> None:
    """Hand the capture to our parent until its end, or that of who takes it."""
    parent = os.getppid()
    taker = _taker(ports, parent)
    for port in ports:
        port.close()
    if taker is None:
        return
    with taker, contextlib.suppress(OSError):
        _pour(taker, capture, target, notes, parent)


def _taker(ports: list[socket.socket], parent: int) -> socket.socket | None:
    """Return the connection of our parent; whoever else connects is turned away."""
    for port in ports:
        port.setblocking(False)
    strangers = 0
    while strangers < _STRANGERS and os.getppid() == parent:
        for port in ports:
            with contextlib.suppress(BlockingIOError):
                taker, peer = port.accept()
                if _is_of(parent, peer[1], port.getsockname()[1]):
                    taker.setblocking(True)
                    return taker
                taker.close()
                strangers += 1
        time.sleep(_PAUSE)
    return None


def _is_of(pid: int, theirs: int, ours: int) -> bool:
    """Whether the process `pid` has the connection from the port `theirs` to `ours`."""
    try:
        known = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(
        one.laddr and one.raddr and (one.laddr.port, one.raddr.port) == (theirs, ours)
        for one in known
    )


def _pour(
    taker: socket.socket, capture: Growing, target: Target, notes: Notes, parent: int
) -> None:
    handed, asked, whole = 0, 0.0, False
    while True:
        chunk = capture.more(whole)
        handed += len(chunk)
        notes.put(time.process_time(), handed, capture.behind)
        taker.sendall(chunk)
        if chunk:
            continue
        if whole or os.getppid() != parent:
            return
        time.sleep(_PAUSE)
        if time.monotonic() - asked > _ALIVE:
            asked = time.monotonic()
            whole = capture.replaced or target.standing == "ended"

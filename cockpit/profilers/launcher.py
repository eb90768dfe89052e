"""Becomes the program that a person wants to see at work; it imports nothing of cockpit.

Where Yama guards processes (`ptrace_scope` 1, the default of Ubuntu), only a process's ancestors
may read it, and our py-spys are none of its. So before it becomes the program it names the process
in its first argument, cockpit, as one whose children may (prctl(2), PR_SET_PTRACER).
"""

import contextlib
import os
import sys

_PR_SET_PTRACER = 0x59616D61


def allow(pid: int) -> None:
    """Let the process `pid` and its children read us, where anybody asks."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, pid, 0, 0, 0)


if __name__ == "__main__":
    allow(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])  # nosec B606  # noqa: S606 -- the person's own words
    except OSError as error:
        sys.stderr.write(f"{sys.argv[2]}: {error.strerror}\n")
        sys.exit(127)

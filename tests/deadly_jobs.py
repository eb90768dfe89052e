"""The engine's own job, but for a file that kills whoever reads it."""

import os
import signal

from cockpit import jobs


def analyse(payload: bytes) -> bytes:
    """Do what `cockpit.jobs.analyse` does, unless a source says DEADLY."""
    if b"DEADLY" in payload:
        os.kill(os.getpid(), signal.SIGKILL)
    return jobs.analyse(payload)

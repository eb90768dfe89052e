"""The janitor ends what cockpit started, and never anybody else."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from cockpit import janitor

pytestmark = [pytest.mark.integration, pytest.mark.security, pytest.mark.regression]


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process of somebody else's, in a group of its own."""
    process = subprocess.Popen(
        (sys.executable, "-c", "input()"), stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def serve(words: bytes, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return whom the janitor would kill after cockpit said `words` and died."""
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _number: killed.append(pid))
    monkeypatch.setattr(os, "killpg", lambda pid, _number: killed.append(pid))
    monkeypatch.setattr(janitor, "_PAUSE", 0)
    janitor.serve(io.BufferedReader(io.BytesIO(words)))  # type: ignore[arg-type]
    return killed


@pytest.mark.parametrize(
    "words",
    [b"", b"\n", b"COCKPIT", b"COCKPIT_CHILD=12", b"COCKPIT_CHILD=12-ab\n", b"\n+1 1\n", b"x\nbye\n"],
)
def test_a_cockpit_that_died_in_mid_sentence_costs_nobody_a_life(
    words: bytes, monkeypatch: pytest.MonkeyPatch, bystander: subprocess.Popen[bytes]
) -> None:
    assert serve(words, monkeypatch) == []
    assert psutil.pid_exists(bystander.pid)


def test_a_number_that_was_cut_off_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, bystander: subprocess.Popen[bytes]
) -> None:
    whole = b"+%d %s\n" % (bystander.pid, janitor.birth(bystander.pid))
    head = b"COCKPIT_CHILD=12-ab\n"
    assert serve(head + whole[:-1], monkeypatch) == []
    assert serve(head + whole, monkeypatch) == [bystander.pid]

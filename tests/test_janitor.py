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
        (sys.executable, "-c", "import sys; sys.stdin.read()"),
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


MARK = "COCKPIT_CHILD=" + "0" * 40


def serve(words: bytes, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return whom the janitor would kill after cockpit said `words` and died."""
    killed: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", lambda pid, _number: killed.append(pid))
        patch.setattr(os, "killpg", lambda pid, _number: killed.append(pid))
        patch.setattr(janitor, "_PAUSE", 0)
        janitor.serve(io.BufferedReader(io.BytesIO(words)), MARK)  # type: ignore[arg-type]
    return killed


@pytest.mark.parametrize("words", [b"", b"\n", b"+", b"+12", b"bye\n", b"-1\n"])
def test_a_cockpit_that_died_in_mid_sentence_costs_nobody_a_life(
    words: bytes, monkeypatch: pytest.MonkeyPatch, bystander: subprocess.Popen[bytes]
) -> None:
    assert serve(words, monkeypatch) == []
    assert psutil.pid_exists(bystander.pid)


@pytest.mark.parametrize("mark", ["", "COCKPIT_CHILD=", "COCKPIT_CHILD=12-ab", "PATH=/bin"])
def test_a_mark_that_anyone_could_carry_is_refused(mark: str) -> None:
    # An empty one is found in every environment: it once ended every process of a machine.
    with pytest.raises(ValueError, match="anyone"):
        janitor._marked(mark)


def test_a_number_that_was_cut_off_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, bystander: subprocess.Popen[bytes]
) -> None:
    whole = b"+%d %s\n" % (bystander.pid, janitor.birth(bystander.pid))
    assert serve(whole[:-1], monkeypatch) == []
    assert serve(whole, monkeypatch) == [bystander.pid]

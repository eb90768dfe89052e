"""A capture is read while memray writes it: all of it in order, and nothing that is not written."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.memory import growing
from cockpit.memory.growing import Growing

pytestmark = pytest.mark.unit


class Written:
    """A file that is written as memray does: made longer first, with zeros."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w+b", buffering=0)
        self.end = 0

    def grow(self, size: int) -> None:
        os.posix_fallocate(self.file.fileno(), 0, size)

    def put(self, content: bytes) -> None:
        os.pwrite(self.file.fileno(), content, self.end)
        self.end += len(content)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    one = Written(tmp_path / "x.bin")
    with one.file:
        yield one


@pytest.fixture
def capture(written: Written, tmp_path: Path) -> Iterator[Growing]:
    one = Growing(tmp_path / "x.bin")
    yield one
    one.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, which stands still until the test sets it."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def records(number: int) -> bytes:
    """Return what no two records share, with zeros in it."""
    return b"".join(b"\1" + i.to_bytes(8, "big") for i in range(number))


def test_nothing_is_there_at_first(written: Written, capture: Growing) -> None:
    assert capture.more() == capture.more(whole=True) == b""
    written.grow(1 << 20)
    assert capture.more() == capture.more(whole=True) == b""


def test_what_memray_is_writing_now_is_held_back(
    written: Written, capture: Growing, clock: list[float]
) -> None:
    written.grow(1 << 16)
    content = records(1_000)
    written.put(content)
    assert capture.more() == content[: -growing._MARGIN]
    assert capture.more() == b""
    assert capture.behind == growing._MARGIN


def test_what_was_written_a_while_ago_is_not(
    written: Written, capture: Growing, clock: list[float]
) -> None:
    written.grow(1 << 16)
    content = records(1_000)
    written.put(content)
    read = capture.more()
    clock[0] += 0.2
    assert capture.more() == b""
    clock[0] += 0.1
    read += capture.more()
    assert read == content[: -len(growing._VOID)]


def test_a_while_counts_for_each_end(
    written: Written, capture: Growing, clock: list[float]
) -> None:
    written.grow(1 << 16)
    first, second = b"\1" * 600, b"\2" * 100
    written.put(first)
    capture.more()
    clock[0] += 0.3
    written.put(second)
    read = 600 - growing._MARGIN + len(capture.more())
    assert read == 600 - len(growing._VOID)


def test_all_of_it_comes_in_the_end(written: Written, capture: Growing) -> None:
    content = records(1_000)[:-2] + b"\1"
    written.put(content)
    written.grow(1 << 20)
    assert capture.more() + capture.more(whole=True) == content
    assert capture.more(whole=True) == b""


def test_it_comes_in_order_however_it_grows(written: Written, capture: Growing) -> None:
    content = records(200_000)
    read = b""
    for at in range(0, len(content), 7_919):
        written.grow(int((at + 7_919) * 1.1))
        written.put(content[at : at + 7_919])
        read += capture.more()
        assert len(read) >= written.end - growing._MARGIN - 8, "zeros at the end are none yet"
    assert read + capture.more(whole=True) == content


def test_a_large_one_comes_in_pieces(written: Written, capture: Growing) -> None:
    content = records(1_200_000)
    written.put(content)
    read = b""
    while chunk := capture.more(whole=True):
        assert len(chunk) <= growing._MOST
        read += chunk
    assert read == content


def test_one_that_was_put_in_its_place_is_not_read(
    written: Written, capture: Growing, tmp_path: Path
) -> None:
    written.put(b"\1" * 10)
    assert not capture.replaced
    (tmp_path / "compressed").write_bytes(b"else")
    (tmp_path / "compressed").replace(tmp_path / "x.bin")
    assert capture.replaced
    assert capture.more(whole=True) == b"\1" * 10

"""memray's pages: they need no network, are drawn, and zoom; what cannot be made is said."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cockpit.errors import CockpitError
from cockpit.memory import pages
from cockpit.memory.pages import PageKind
from cockpit.serving import Server
from tests.memory.chromium import Browser, browser, needs_chromium

pytestmark = [pytest.mark.integration, pytest.mark.slow]
PROGRAM = """
def leaf(size):
    return [bytearray(1000) for _ in range(size)]


def left():
    return leaf(300)


def right():
    return leaf(600)


kept = [left(), right()]
for _ in range(20):
    leaf(50)
"""


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a capture, an aggregated one, and files that are none."""
    folder = tmp_path_factory.mktemp("captures")
    (folder / "app.py").write_text(PROGRAM, encoding="utf-8")
    for name, more in (("app", []), ("aggregated", ["--aggregate"])):
        argv = [
            sys.executable,
            "-m",
            "memray",
            "run",
            "-q",
            *more,
            "-o",
            str(folder / f"{name}.bin"),
        ]
        argv.append(str(folder / "app.py"))  # a whole path: its source is found from anywhere
        subprocess.run(argv, check=True, capture_output=True)
    (folder / "junk.bin").write_bytes(b"junk" * 100)
    (folder / "empty.bin").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as one:
        yield one


def stays(one: Browser, origin: str) -> bool:
    """Whether every request was for the page itself, or for what lies within it."""
    outside = [url for url in one.asked if not url.startswith(("data:", "blob:", origin))]
    assert not outside
    return bool(one.asked)


#: How many frames are drawn, the frame of a function, and how much of the chart it takes (0..1).
FRAMES = "document.querySelectorAll('#chart svg g.frame').length"
LEFT = "document.querySelector('#chart svg g.frame[name*=\"leaf(300)\"] rect')"
SHARE = (
    f"{LEFT}.getBoundingClientRect().width"
    " / document.querySelector('#chart svg').getBoundingClientRect().width"
)


@needs_chromium
@pytest.mark.parametrize("kind", [PageKind.FLAMEGRAPH, PageKind.LEAKS, PageKind.TEMPORAL])
@pytest.mark.parametrize("served", [False, True], ids=["file", "served"])
async def test_a_flamegraph_is_drawn_zooms_and_asks_nobody_for_anything(
    captures: Path, tmp_path: Path, chrome: Browser, kind: PageKind, served: bool
) -> None:
    tmp_path.chmod(0o700)
    page = await pages.make(captures / "app.bin", kind, tmp_path)
    chrome.asked.clear()
    chrome.problems.clear()
    async with Server() as server:
        url = server.serve(page) if served else page.as_uri()

        def look() -> None:
            chrome.go(url)
            chrome.until(f"{FRAMES} > 5 && {SHARE} > 0.2 && {SHARE} < 0.5")  # a third
            chrome.click(LEFT)
            chrome.until(f"{SHARE} > 0.95")

        await asyncio.to_thread(look)
    parts = urlsplit(url)
    assert stays(chrome, f"{parts.scheme}://{parts.netloc}{'' if served else parts.path}")
    assert not [one for one in chrome.problems if "favicon" not in one]


@needs_chromium
async def test_a_table_is_drawn_and_asks_nobody_for_anything(
    captures: Path, tmp_path: Path, chrome: Browser
) -> None:
    tmp_path.chmod(0o700)
    page = await pages.make(captures / "app.bin", PageKind.TABLE, tmp_path)
    chrome.asked.clear()
    chrome.go(page.as_uri())
    chrome.until("document.querySelectorAll('table tbody tr').length > 1")
    assert "app.py:3" in chrome.value("document.querySelector('table tbody').innerText")
    assert stays(chrome, page.as_uri())


# --- What is written ----------------------------------------------------------------------------


async def test_a_page_is_for_this_user_alone_and_is_written_at_one_blow(
    captures: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    page = await pages.make(captures / "app.bin", PageKind.FLAMEGRAPH, tmp_path)
    assert page.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [page.name]
    before = page.read_bytes()
    (captures / "app-copy.bin").write_bytes(b"junk")
    with pytest.raises(CockpitError):
        await pages.write(captures / "app-copy.bin", PageKind.FLAMEGRAPH, page)
    assert page.read_bytes() == before, "what fails changes nothing"
    assert [one.name for one in tmp_path.iterdir()] == [page.name]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.csv", b"allocator,num_allocations,size,tid,thread_name,stack_trace"),
        ("a.speedscope.json", b'{"$schema": "https://www.speedscope.app'),
        ("a.gprof2dot.json", b'{"version": 0, "costs"'),
        ("a.html", b"\n"),
    ],
)
async def test_an_export_has_the_format_that_its_name_says(
    captures: Path, tmp_path: Path, name: str, start: bytes
) -> None:
    await pages.export(captures / "app.bin", tmp_path / name)
    assert (tmp_path / name).read_bytes().lstrip(b"\n").startswith(start.lstrip(b"\n"))


@pytest.mark.parametrize(
    ("capture", "kind", "words"),
    [
        ("junk.bin", PageKind.FLAMEGRAPH, "junk.bin is no capture of memray"),
        ("empty.bin", PageKind.TABLE, "empty.bin is no capture of memray"),
        ("gone.bin", PageKind.FLAMEGRAPH, "there is no capture"),
        ("aggregated.bin", PageKind.TEMPORAL, "it holds no history of single allocations"),
        ("aggregated.bin", PageKind.TEMPORARY, "it holds no history of single allocations"),
    ],
)
async def test_what_cannot_be_made_is_said_in_a_sentence(
    captures: Path, tmp_path: Path, capture: str, kind: PageKind, words: str
) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(CockpitError, match=words):
        await pages.make(captures / capture, kind, tmp_path)
    assert not list(tmp_path.iterdir())


async def test_an_export_without_a_known_ending_names_those_there_are(
    captures: Path, tmp_path: Path
) -> None:
    with pytest.raises(CockpitError) as caught:
        await pages.export(captures / "app.bin", tmp_path / "a.xyz")
    assert ".speedscope.json" in caught.value.hint

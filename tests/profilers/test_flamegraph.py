"""A flame graph is py-spy's own page, to the byte, with our stacks on it."""

import asyncio
import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from cockpit.errors import CockpitError
from cockpit.profilers import flamegraph, recording
from cockpit.profilers.formats import Format
from cockpit.profilers.profile import Counts, Frame, Function, Profile, Stack, Thread
from tests.profilers.profiles import MAIN, MODULE, WORK, profiles, small

#: As py-spy's, without its style and script.
PAGE = (
    '<svg version="1.1" width="1200" height="106" onload="init(evt)" viewBox="0 0 1200 106"'
    ' xmlns="http://www.w3.org/2000/svg" xmlns:fg="http://github.com/jonhoo/inferno">'
    "<script><![CDATA[var truncate_text_right = false;]]></script>"
    '<rect x="0" y="0" width="100%" height="106" fill="url(#background)"/>'
    '<text id="title" x="50.0000%" y="24.00">py-spy record</text>'
    '<text id="matched" x="1190" y="95.00"> </text>'
    '<svg id="frames" x="10" width="1180" total_samples="9">'
    '<g><rect x="0.0000%" y="52" fg:x="0"/></g><g><rect x="0.0000%" y="68" fg:x="0"/></g>'
    "</svg></svg>"
)
SVG, FG = "{http://www.w3.org/2000/svg}", "{http://github.com/jonhoo/inferno}"


def titles(page: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(page).iter(f"{SVG}title")]


def of(*stacks: tuple[str, int]) -> Profile:
    """Of (functions, samples) in the main thread."""
    found = {
        Stack(MAIN, tuple(Frame(Function(name, "/a.py"), 1) for name in path)): count
        for path, count in stacks
    }
    return Profile(found, Counts(), 100, 42, "x")


# --- Our part, without py-spy ---


@pytest.mark.unit
class TestThePage:
    def test_has_a_frame_for_every_place_in_the_tree(self) -> None:
        assert titles(flamegraph.filled(PAGE, of(("ab", 6), ("a", 2), ("c", 2)))) == [
            "a (/a.py:1) (8 samples, 80.00%)",
            "b (/a.py:1) (6 samples, 60.00%)",
            "all (10 samples, 100%)",
            "thread (42): MainThread (10 samples, 100.00%)",
            "c (/a.py:1) (2 samples, 20.00%)",
        ]

    def test_grows_with_the_depth_of_the_stacks(self) -> None:
        page = flamegraph.filled(PAGE, of(("abcab", 1)))
        root = ET.fromstring(page)
        height = 106 + (6 - 1) * 16
        assert root.get("height") == str(height)
        assert root.get("viewBox") == f"0 0 1200 {height}"
        assert root.find(f"{SVG}rect").get("height") == str(height)
        assert f'<text id="matched" x="1190" y="{height - 11}.00">' in page
        rows = [int(one.get("y")) for one in root.iter(f"{SVG}rect") if one.get(f"{FG}x")]
        assert sorted(rows) == [52 + 16 * depth for depth in range(7)]

    def test_leaves_out_what_is_too_narrow_to_see(self) -> None:
        found = titles(flamegraph.filled(PAGE, of(("a", 9_990), ("bc", 9), ("c", 1))))
        assert found[0] == "a (/a.py:1) (9,990 samples, 99.90%)"
        assert len(found) == 3
        found = titles(flamegraph.filled(PAGE, of(("a", 9_990), ("b", 10))))
        assert len(found) == 4

    def test_says_whose_it_is(self) -> None:
        page = flamegraph.filled(PAGE, small("python '<a>' & \x1b\ufffe"))
        title = ET.fromstring(page).find(f"{SVG}text").text
        assert title.startswith("python '<a>' & \\x1b\\ufffe (42), 2023-11-1")
        assert title.endswith("100 stacks at 100 Hz")

    def test_keeps_the_beginning_of_a_name_that_does_not_fit(self) -> None:
        assert "var truncate_text_right = true;" in flamegraph.filled(PAGE, small())

    def test_keeps_a_name_with_a_semicolon_whole(self) -> None:
        thread = Thread(1, "1", "a;b")
        page = flamegraph.filled(PAGE, Profile({Stack(thread, (WORK,)): 1}, Counts(), 100))
        assert "thread (1): a;b (1 samples, 100.00%)" in titles(page)

    @pytest.mark.security
    def test_takes_every_name_for_text(self) -> None:
        name = "</title></g></svg><script>alert(1)</script>]]>&amp;\"' onload='x"
        stack = Stack(MAIN, (MODULE, Frame(Function(name, "<a&b>"), 1)))
        page = flamegraph.filled(PAGE, Profile({stack: 1}, Counts(), 100, 1, name))
        root = ET.fromstring(page)
        assert len(list(root.iter(f"{SVG}script"))) == 1
        assert f"{name} (<a&b>:1) (1 samples, 100.00%)" in titles(page)

    @given(profiles)
    def test_is_xml_that_adds_up_whatever_the_names(self, profile: Profile) -> None:
        root = ET.fromstring(flamegraph.filled(PAGE, profile))
        frames = root.find(f"{SVG}svg")
        assert frames.get("total_samples") == str(profile.weight)
        rows: dict[str, list[tuple[int, int]]] = {}
        for one in frames.iter(f"{SVG}rect"):
            first, wide = int(one.get(f"{FG}x")), int(one.get(f"{FG}w"))
            rows.setdefault(one.get("y"), []).append((first, first + wide))
            assert float(one.get("x")[:-1]) == pytest.approx(100 * first / profile.weight, abs=1e-4)
        for row in rows.values():  # none lies on another, none reaches out
            row.sort()
            assert all(one[1] <= other[0] for one, other in itertools.pairwise(row))
            assert row[-1][1] <= profile.weight

    def test_with_a_very_deep_stack_is_drawn(self) -> None:
        stack = Stack(MAIN, (WORK,) * 20_000)
        assert len(titles(flamegraph.filled(PAGE, Profile({stack: 1}, Counts(), 100)))) == 20_002

    @pytest.mark.parametrize("part", ["<svg id=", "viewBox", 'id="matched"', 'id="title"', "fg:x"])
    def test_that_is_not_as_it_is_known_is_refused(self, part: str) -> None:
        page = PAGE.replace('y="52"', "").replace('y="68"', "") if part == "fg:x" else PAGE
        with pytest.raises(CockpitError, match="another page") as caught:
            flamegraph.filled(page.replace(part, "other"), small())
        assert "speedscope" in caught.value.hint


@pytest.mark.unit
class TestWithoutPySpy:
    def run(self, tmp_path: Path) -> CockpitError:
        with pytest.raises(CockpitError) as caught:
            asyncio.run(recording.write(small(), tmp_path / "it.svg", Format.FLAMEGRAPH))
        assert not (tmp_path / "it.svg").exists()
        return caught.value

    def stand_in(self, monkeypatch: pytest.MonkeyPatch, path: Path, script: str) -> None:
        program = path / "program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(flamegraph, "program", lambda: str(program))

    def test_there_is_no_page(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cockpit.profilers.pyspy.find", lambda _: "")
        error = self.run(tmp_path)
        assert error.message == "py-spy is not installed"

    def test_where_it_may_not_look_the_other_formats_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = "Permission Denied: Try running again with elevated permissions"
        self.stand_in(monkeypatch, tmp_path, f"echo '{words}' >&2; exit 1")
        error = self.run(tmp_path)
        assert error.message == f"py-spy could not draw a flame graph: {words}"
        assert "speedscope" in error.hint

    def test_a_silent_one_is_told_of_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.stand_in(monkeypatch, tmp_path, "exit 0")
        assert "no such file" in self.run(tmp_path).message

    def test_one_that_never_ends_is_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.stand_in(monkeypatch, tmp_path, "exec sleep 1000")
        monkeypatch.setattr(flamegraph, "PATIENCE", 0.2)
        assert "took longer than 0.2 s" in self.run(tmp_path).message


# --- Beside the real one ---

BUSY = """
import random, threading, time

def leaf(n):
    return sum(i * i for i in range(n))

def turn(n, way):
    return leaf(200) if not n else left(n - 1) if way < 0.5 else right(n - 1)

def left(n):
    return turn(n, random.random())

def right(n):
    return turn(n, random.random())

def work():
    end = time.monotonic() + 60
    while time.monotonic() < end:
        left(random.randrange(5))

for name in ('T "a" & <b>', "pool é"):
    threading.Thread(target=work, name=name, daemon=True).start()
work()
"""


@pytest.fixture(scope="module")
def blank() -> str:
    try:
        return asyncio.run(flamegraph.blank_page())
    except CockpitError as error:
        if "ermi" not in error.message and "root" not in error.message:
            raise
        pytest.skip(error.message)  # not here, not as this user


@pytest.fixture(scope="module")
def drawn(blank: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What py-spy draws of a busy program in less than a thousand samples: none is left out.

    A thread whose name py-spy did not know from the first is drawn twice by it, once by us.
    """
    folder = tmp_path_factory.mktemp("busy")
    (folder / "a & b.py").write_text(BUSY)
    options = ("-d", "2", "-r", "40", "-t", "--full-filenames", "-f", "flamegraph", "-o", "it.svg")
    command = (flamegraph.program(), "record", *options, "--", sys.executable, "a & b.py")
    page = ""
    for _ in range(8):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        page = (folder / "it.svg").read_text("utf-8")
        if not re.search(r"<title>thread \(\w+\) \(", page):
            break
    return page


def frames_of(page: str) -> str:
    return page[page.index('<svg id="frames"') :]


def profile_of(page: str) -> Profile:
    """Return the stacks that a page shows; some of py-spy's threads are in no function."""
    pattern = r'<title>(.*?)</title>.*? y="(\d+)".*? fg:x="(\d+)" fg:w="(\d+)"'
    found = [
        (int(first), int(row), int(wide), unescape(title).rpartition(" (")[0])
        for title, row, first, wide in re.findall(pattern, frames_of(page))
    ]
    own = {(first, row): wide for first, row, wide, _ in found}
    parents: list[tuple[int, int, int, str]] = []
    names: dict[tuple[int, int], list[str]] = {}
    for first, row, wide, name in sorted(found):
        while parents and parents[-1][0] + parents[-1][2] <= first:
            parents.pop()
        if parents:
            own[parents[-1][:2]] -= wide
        parents.append((first, row, wide, name))
        names[first, row] = [one[3] for one in parents[1:]]
    stacks = {stack_of(names[place]): samples for place, samples in own.items() if samples}
    return Profile(stacks, Counts(), 40)


def stack_of(names: list[str]) -> Stack:
    number, _, name = names[0].removeprefix("thread (").partition(")")
    frames = (re.fullmatch(r"(\S+) \((.*?)(?::(\d+))?\)", one) for one in names[1:])
    functions = (Frame(Function(one[1], one[2]), int(one[3] or 0)) for one in frames if one)
    return Stack(Thread(0, number, name.removeprefix(": ")), tuple(functions))


@pytest.mark.integration
@pytest.mark.slow
class TestBesideThePageThatPySpyDraws:
    def test_the_frames_are_equal_to_the_byte(self, blank: str, drawn: str) -> None:
        profile = profile_of(drawn)
        assert len(profile.stacks) > 20
        ours = flamegraph.filled(blank, profile)
        assert frames_of(ours) == frames_of(drawn)

    def test_so_is_everything_else_but_the_title_and_where_names_are_cut(
        self, blank: str, drawn: str
    ) -> None:
        ours = flamegraph.filled(blank, profile_of(drawn))
        title = re.compile(r'(<text id="title"[^>]*>)[^<]*')
        cut = drawn.replace("truncate_text_right = false", "truncate_text_right = true", 1)
        assert title.sub(r"\1", ours) == title.sub(r"\1", cut)

    @pytest.mark.usefixtures("blank")
    def test_saved_it_is_xml_with_its_script(self, tmp_path: Path) -> None:
        path = tmp_path / "it.svg"
        profile = msgspec.structs.replace(small(), command="python <x> & y")
        asyncio.run(recording.write(profile, path, Format.FLAMEGRAPH))
        root = ET.fromstring(path.read_text("utf-8"))
        script = "".join(one.text or "" for one in root.iter(f"{SVG}script"))
        assert "function zoom(" in script and "function search(" in script
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(CockpitError, match="a page to look at"):
            recording.load(path)

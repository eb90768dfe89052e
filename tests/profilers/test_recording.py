"""A profile goes to a file and comes back; what is no profile is refused in one sentence."""

import asyncio
import contextlib
import json
import os
import re
import resource
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.errors import CockpitError
from cockpit.profilers import document, files, flamegraph, formats, parsing, recording
from cockpit.profilers.formats import Format
from cockpit.profilers.profile import Counts, Frame, Function, Profile, Stack, Thread
from tests.profilers.profiles import MAIN, MODULE, POOL, WORK, profiles, small

pytestmark = pytest.mark.unit


def save(profile: Profile, path: Path, format_: Format) -> None:
    asyncio.run(recording.write(profile, path, format_))


def there_and_back(profile: Profile, format_: Format) -> Profile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it"
        path.write_bytes(formats.encoded(profile, format_))
        return recording.load(path)


def refused(path: Path) -> str:
    with pytest.raises(CockpitError) as caught:
        recording.load(path)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value.message


# --- Our own format ---


class TestOurFormat:
    @given(profiles)
    def test_holds_everything(self, profile: Profile) -> None:
        assert there_and_back(profile, Format.JSON) == profile

    def test_holds_a_profile_in_which_nothing_was_seen(self) -> None:
        profile = Profile({}, Counts(errors=9), 100, 42, "x", 1.0, 2.0)
        assert there_and_back(profile, Format.JSON) == profile

    def test_is_a_document_that_names_things_by_their_place(self) -> None:
        found = json.loads(formats.encoded(small(), Format.JSON))
        assert (found["version"], found["kind"]) == (1, "cockpit-cpu-profile")
        assert found["counts"] == {
            "samples": 90,
            "errors": 1,
            "torn": 2,
            "late": 3,
            "seconds": 0.9,
        }
        assert found["functions"][0] == ["<module>", "/srv/app/main.py"]
        assert found["frames"][:2] == [[0, 9], [1, 12]]
        assert found["stacks"] == [[60, 0, [0, 1]], [30, 0, [0, 1, 2]], [10, 1, [1]]]
        assert found["threads"][1]["name"] == "pool; (x)"

    def test_is_smaller_than_the_raw_format(self) -> None:
        deep = (MODULE,) + (WORK,) * 50
        stacks = {
            Stack(MAIN, (*deep, Frame(Function("f", "/x.py"), line))): line for line in range(1, 99)
        }
        profile = Profile(stacks, Counts(), 100)
        ours, raw = (len(formats.encoded(profile, one)) for one in (Format.JSON, Format.RAW))
        assert ours < raw / 5


# --- Raw ---


class TestRaw:
    def test_is_a_line_a_stack_as_py_spy_writes_it(self) -> None:
        main = "thread (42): MainThread;<module> (/srv/app/main.py:9);Job.work (/srv/app/job.py:12)"
        assert formats.encoded(small(), Format.RAW).decode().splitlines() == [
            f"{main} 60",
            f"{main};deflate (/usr/lib/libz.so.1) 30",
            "thread (43): pool; (x);Job.work (/srv/app/job.py:12) 10",
        ]

    @given(profiles)
    def test_any_reader_finds_every_sample_on_one_line_a_stack(self, profile: Profile) -> None:
        text = formats.encoded(profile, Format.RAW).decode("utf-8")
        lines = text.splitlines()
        assert len(lines) == len(profile.stacks)
        assert text.endswith("\n")
        found = [re.fullmatch(r"(.+) (\d+)", line) for line in lines]
        assert sum(int(match[2]) for match in found if match) == profile.weight

    @given(profiles)
    def test_no_sample_is_lost_whatever_the_names(self, profile: Profile) -> None:
        assert there_and_back(profile, Format.RAW).weight == profile.weight

    @given(st.data())
    def test_comes_back_where_names_are_as_names_are(self, data: st.DataObject) -> None:
        usual = st.text("abcZ_<>.-é'\"&", min_size=1, max_size=8)
        pid = data.draw(st.integers(1, 9))
        frame = st.builds(Frame, st.builds(Function, usual, usual), st.integers(0, 99))
        thread = Thread(0, str(pid), data.draw(usual))
        stack = Stack(thread, tuple(data.draw(st.lists(frame, min_size=1, max_size=5))))
        profile = Profile({stack: 3}, Counts(), 100)
        assert there_and_back(profile, Format.RAW).stacks == profile.stacks

    def test_without_threads_is_read_too(self, tmp_path: Path) -> None:
        path = tmp_path / "plain.raw"
        path.write_text("<module> (a.py:1);f (a.py:2) 3\n\n<module> (a.py:1) 1\n")
        profile = recording.load(path)
        assert profile.weight == 4
        assert {stack.thread.id for stack in profile.stacks} == {"?"}
        assert profile.ended == pytest.approx(path.stat().st_mtime)

    def test_may_say_of_a_thread_that_it_was_in_no_function(self, tmp_path: Path) -> None:
        path = tmp_path / "idle.raw"
        path.write_text(
            'f (a.py:1) 3\nthread (32599) 1\nthread (0x7F): a b 1\nprocess 7:"a (b)" 2\n'
            'process 7:"x";thread (8): y 2\n 1\n'
        )
        assert recording.load(path).weight == 3

    def test_may_begin_with_a_brace(self, tmp_path: Path) -> None:
        path = tmp_path / "rust.raw"
        path.write_text("{closure} (lib.rs:1) 3\n")
        assert recording.load(path).weight == 3

    def test_says_what_was_seen_at_the_least(self, tmp_path: Path) -> None:
        path = tmp_path / "two.raw"
        path.write_text("thread (1): a;f (a.py:2) 30\nthread (2): b;f (a.py:2) 50\n")
        profile = recording.load(path)
        assert (profile.rate, profile.counts) == (100, Counts(samples=50, seconds=0.5))

    def test_the_same_stack_twice_is_added_up(self, tmp_path: Path) -> None:
        path = tmp_path / "twice.raw"
        path.write_text("f (a.py:2) 3\nf (a.py:2) 4\n")
        assert list(recording.load(path).stacks.values()) == [7]


# --- Speedscope ---


def speedscope(**changes: Any) -> dict[str, Any]:
    """A file as py-spy 0.4 writes it with `-t`."""
    whole = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "profiles": [
            {
                "type": "sampled",
                "name": 'Thread 12 "MainThread"',
                "unit": "seconds",
                "startValue": 0.0,
                "endValue": 0.03,
                "samples": [[2, 1, 0], [2, 1, 0], [2, 1]],
                "weights": [0.01, 0.01, 0.01],
            }
        ],
        "shared": {
            "frames": [
                {"name": "leaf", "file": "/a.py", "line": 4, "col": None},
                {"name": "<module>", "file": "/a.py", "line": 9, "col": None},
                {"name": "thread (12): Main;Thread", "file": "", "line": 0, "col": None},
            ]
        },
        "activeProfileIndex": None,
        "exporter": "py-spy@0.4.3",
        "name": "py-spy profile",
    }
    whole["profiles"][0].update(changes)  # type: ignore[index]
    return whole


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


class TestSpeedscope:
    @given(profiles)
    def test_holds_everything(self, profile: Profile) -> None:
        assert there_and_back(profile, Format.SPEEDSCOPE) == profile

    def test_is_one_sampled_profile_a_thread_in_seconds(self) -> None:
        found = json.loads(formats.encoded(small(), Format.SPEEDSCOPE))
        main, pool = found["profiles"]
        assert found["$schema"] == "https://www.speedscope.app/file-format-schema.json"
        assert (main["type"], main["unit"], main["startValue"]) == ("sampled", "seconds", 0)
        assert main["weights"] == [0.6, 0.3] and main["endValue"] == 0.9
        assert len(main["samples"]) == 2
        assert pool["name"].startswith('Thread 43 "pool; (x)"')
        frames = found["shared"]["frames"]
        assert [frames[place]["name"] for place in main["samples"][1]] == [
            "thread (42): MainThread",
            "<module>",
            "Job.work",
            "deflate",
        ]

    def test_says_that_its_order_is_not_that_of_time(self) -> None:
        found = json.loads(formats.encoded(small(), Format.SPEEDSCOPE))
        for name in (found["name"], *(one["name"] for one in found["profiles"])):
            assert "added up, heaviest first" in name

    def test_of_py_spy_is_added_up(self, tmp_path: Path) -> None:
        profile = recording.load(written(tmp_path / "it.json", speedscope()))
        leaf, module = Frame(Function("leaf", "/a.py"), 4), Frame(Function("<module>", "/a.py"), 9)
        main = Thread(0, "12", "Main;Thread")
        assert profile.stacks == {Stack(main, (module, leaf)): 2, Stack(main, (module,)): 1}
        assert (profile.rate, profile.counts) == (100, Counts(samples=3, seconds=0.03))

    def test_of_py_spy_without_threads_names_them_in_its_profiles(self, tmp_path: Path) -> None:
        name = 'Process 7 Thread 0x1F "a "b" c"'
        value = speedscope(name=name, samples=[[1]], weights=[0.005])
        profile = recording.load(written(tmp_path / "it.json", value))
        assert [stack.thread for stack in profile.stacks] == [Thread(7, "0x1F", 'a "b" c')]
        assert profile.rate == 200

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"type": "evented"}, "it holds events"),
            ({"unit": "bytes"}, "it counts bytes"),
            ({"weights": [1]}, "as many weights as samples"),
            ({"samples": [[9]], "weights": [1]}, "names a frame that is not there"),
            ({"samples": [[-1]], "weights": [1]}, "not as it should be"),
            ({"weights": [-1, 1, 1]}, "negative, or out of all bounds"),
            ({"weights": [1e300, 1, 1]}, "negative, or out of all bounds"),
            ({"weights": ["1", 1, 1]}, "not as it should be"),
            ({"weights": [float("nan"), 1, 1]}, "NaN in it is not a number"),
            ({"samples": 1}, "not as it should be"),
        ],
    )
    def test_that_is_none_is_refused(
        self, changes: dict[str, Any], words: str, tmp_path: Path
    ) -> None:
        assert words in refused(written(tmp_path / "it.json", speedscope(**changes)))


# --- What is no profile ---


def ours(**changes: Any) -> dict[str, Any]:
    return json.loads(document.encoded(small())) | changes


class TestBadInput:
    pytestmark = pytest.mark.security

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "it is empty"),
            (b"\n \n", "it is empty"),
            (b"\x7fELF\0\0\1", "it is not text"),
            (b"<?xml version='1.0'?><svg/>\n", "a page to look at"),
            (b"hello world\n", "line 1 is not a stack"),
            (b"f (a.py:1) 3\nf (a.py:2)\n", "line 2 is not a stack"),
            (b"f (a.py:1) 3\nf (a.py:2) 1", "its last line has no end"),
            (b"f (a.py:1) -3\n", "line 1 is not a stack"),
            (b"f (a.py:1) " + b"9" * 6000 + b"\n", "line 1 is not a stack"),
            (b"a;b;c 3\n", "line 1 is not a stack"),
            (b"thread (1): x;f (a.py:1;g 3\n", "line 1 is not a stack"),
            (b"thread (1) 3\n", "there is no stack in it"),
            (b"{", "it is not JSON, or was cut off"),
            (b'{"a": ' + b"[" * 200_000, "nested too deeply"),
            (b'{"a": ' * 200_000, "nested too deeply"),
            (b"[" * 200_000, "no end"),
            (b'{"a": ' + b"9" * 6000 + b"}", "a number in it is none"),
            (b'{"a": "\xff"}', "it is not UTF-8"),
            (b"[]\n", "line 1 is not a stack"),
            (b"{}", "it is not a recording"),
            (b'{"kind": "cockpit-cpu-profile"}', "it has no version"),
            (b'{"kind": "cockpit-cpu-profile", "version": 1}', "missing required field"),
            (b'{"kind": "other", "version": 1}', "it is not a recording"),
            (b'{"\\udc80": 1}', "not as it should be"),
        ],
    )
    def test_is_refused(self, content: bytes, words: str, tmp_path: Path) -> None:
        path = tmp_path / "it"
        path.write_bytes(content)
        assert words in refused(path)

    @pytest.mark.parametrize(
        "changes",
        [
            {"stacks": [[-1, 0, [0]]]},
            {"stacks": [[10**16, 0, [0]]]},
            {"stacks": [[1.5, 0, [0]]]},
            {"stacks": [[True, 0, [0]]]},
            {"stacks": [[1, 9, [0]]]},
            {"stacks": [[1, 0, [99]]]},
            {"stacks": [[1, 0, [-1]]]},
            {"stacks": [[1, 0, []]]},
            {"stacks": [[1, 0]]},
            {"stacks": {}},
            {"frames": [[99, 1]]},
            {"frames": [[0, -1]]},
            {"functions": [["a"]]},
            {"threads": [{"process": -1, "id": "1"}]},
            {"rate": 0},
            {"rate": "100"},
            {"pid": 1 << 60},
            {"ended": 1e15},
            {"began": -1},
            {"command": None},
            {"folded": -1},
            {"counts": {"samples": 1}},
        ],
    )
    def test_of_our_format_is_refused(self, changes: dict[str, Any], tmp_path: Path) -> None:
        refused(written(tmp_path / "it.json", ours(**changes)))

    def test_of_a_later_cockpit_is_refused_before_it_is_understood(self, tmp_path: Path) -> None:
        path = written(tmp_path / "it.json", ours(version=2, stacks="elsewhere"))
        with pytest.raises(CockpitError, match="is of version 2") as caught:
            recording.load(path)
        assert caught.value.hint == "Install a later cockpit."

    def test_anywhere_cut_off_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "it"
        for format_ in (Format.JSON, Format.SPEEDSCOPE, Format.RAW):
            whole = formats.encoded(small(), format_).rstrip(b"\n")
            for end in range(0, len(whole), 7):
                path.write_bytes(whole[:end])
                if not path.read_bytes().endswith(b"\n") or format_ is not Format.RAW:
                    refused(path)  # whole lines are a raw file

    def test_that_is_too_large_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "huge"
        with path.open("wb") as file:
            file.truncate(files.LIMIT + 1)
        assert "larger than 256 MiB" in refused(path)

    def test_of_too_many_values_is_not_taken_apart(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parsing, "_LISTS", 100)
        path = tmp_path / "it"
        path.write_bytes(b'{"x": [' + b"[]," * 100 + b"0]}")
        assert "more than a profile can" in refused(path)

    def test_of_too_many_stacks_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parsing, "STACKS", 3)
        path = tmp_path / "it"
        path.write_text("".join(f"f (a.py:{line}) 1\n" for line in range(1, 9)))
        assert "more than 3 stacks" in refused(path)

    def test_for_which_memory_is_lacking_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lacking(_: Path) -> Profile:
            raise MemoryError

        monkeypatch.setattr(recording, "_read", lacking)
        assert "not enough memory" in refused(tmp_path)

    def test_that_is_no_file_is_refused(self, tmp_path: Path) -> None:
        assert "no such file" in refused(tmp_path / "gone")
        assert "it is a folder" in refused(tmp_path)
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        assert "it is not a regular file" in refused(pipe)
        assert "null byte" in refused(Path("a\0b"))

    @pytest.mark.parametrize(
        "line",
        [
            "a (" * 100_000 + " 1\n",
            ";" * 300_000 + " 1\n",
            'process 1:"' + '";' * 150_000 + " 1\n",
            "thread (1): " + ";x" * 150_000 + " 1\n",
            "x (y:1);" * 40_000 + "z (" + " 1\n",
        ],
        ids=["parentheses", "semicolons", "commands", "names", "frames"],
    )
    def test_of_one_endless_line_takes_no_time(self, line: str, tmp_path: Path) -> None:
        path = tmp_path / "it"
        path.write_text(line)
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_utime
        with contextlib.suppress(CockpitError):
            recording.load(path)
        assert resource.getrusage(resource.RUSAGE_THREAD).ru_utime - before < 1.5

    @given(st.binary(max_size=200), st.sampled_from((b"", b"{", b'{"kind": ', b"f (a:1) ")))
    def test_of_any_kind_raises_nothing_else(self, content: bytes, start: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(CockpitError):
            path = Path(folder) / "it"
            path.write_bytes(start + content)
            assert recording.load(path).weight >= 0

    @given(st.data())
    def test_of_any_json_in_place_of_ours_raises_nothing_else(self, data: st.DataObject) -> None:
        value = ours()
        anything = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        )
        for key in data.draw(st.sets(st.sampled_from(sorted(value)), min_size=1)):
            value[key] = data.draw(anything)
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(CockpitError):
            recording.load(written(Path(folder) / "it.json", value))


# --- Writing to where a person says ---


class TestWriting:
    def test_makes_a_file_for_this_user_alone(self, tmp_path: Path) -> None:
        for format_ in (Format.RAW, Format.JSON, Format.SPEEDSCOPE):
            path = tmp_path / f"it{format_.suffix}"
            save(small(), path, format_)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert recording.load(path).weight == 100
        assert len(list(tmp_path.iterdir())) == 3

    def test_writes_over_a_file_and_keeps_its_mode(self, tmp_path: Path) -> None:
        path = tmp_path / "it.json"
        path.write_text("before")
        path.chmod(0o644)
        save(small(), path, Format.JSON)
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert recording.load(path) == small()

    def test_follows_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("real.json")
        save(small(), tmp_path / "link", Format.JSON)
        assert (tmp_path / "link").is_symlink()
        assert recording.load(tmp_path / "real.json") == small()

    def test_takes_the_longest_name_that_there_is(self, tmp_path: Path) -> None:
        path = tmp_path / ("x" * 250 + ".json")
        save(small(), path, Format.JSON)
        assert path.exists()

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            (".", "it is a folder"),
            ("gone/it.json", "its folder is not there"),
            ("pipe", "it is not a regular file"),
            ("file/it.json", "not a directory"),
            ("x" * 300, "file name too long"),
            ("a\0b", "null byte"),
            ("loop", "symbolic links"),
        ],
    )
    def test_says_where_it_cannot(self, name: str, words: str, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "file").touch()
        (tmp_path / "loop").symlink_to("loop")
        before = sorted(tmp_path.iterdir())
        with pytest.raises(CockpitError) as caught:
            save(small(), tmp_path / name, Format.JSON)
        assert words in caught.value.message and "\n" not in caught.value.message
        assert caught.value.hint
        assert sorted(tmp_path.iterdir()) == before

    def test_says_so_before_anything_is_drawn(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(flamegraph, "blank_page", lambda: pytest.fail("it was drawn"))
        with pytest.raises(CockpitError, match="it is a folder"):
            save(small(), tmp_path, Format.FLAMEGRAPH)

    @pytest.mark.parametrize("device", ["/dev/full", "/dev/null"])
    def test_writes_to_no_device(self, device: str) -> None:
        with pytest.raises(CockpitError, match="it is not a regular file"):
            save(small(), Path(device), Format.JSON)

    def test_says_where_it_may_not(self) -> None:
        with pytest.raises(CockpitError, match=r"/proc/it\.json cannot be written"):
            save(small(), Path("/proc/it.json"), Format.JSON)

    def test_a_full_disk_leaves_what_was_there(self, tmp_path: Path) -> None:
        path = tmp_path / "it.json"
        path.write_text("before")
        with no_room(100), pytest.raises(CockpitError, match="cannot be written: file too large"):
            save(small(), path, Format.JSON)
        assert path.read_text() == "before"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("format_", [Format.RAW, Format.SPEEDSCOPE, Format.FLAMEGRAPH])
    def test_says_where_nothing_was_seen(self, format_: Format, tmp_path: Path) -> None:
        nothing = Profile({}, Counts(), 100)
        with pytest.raises(CockpitError, match="no stack was seen"):
            save(nothing, tmp_path / "it", format_)
        assert not list(tmp_path.iterdir())


@contextmanager
def no_room(size: int) -> Iterator[None]:
    """No file may become larger than `size` bytes meanwhile: as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestTheName:
    @pytest.mark.parametrize(
        ("name", "format_"),
        [
            ("a.speedscope.json", Format.SPEEDSCOPE),
            ("A.SVG", Format.FLAMEGRAPH),
            ("a.raw", Format.RAW),
            ("a.txt", Format.RAW),
            ("a.json", Format.JSON),
            ("a", None),
            ("a.html", None),
        ],
    )
    def test_suggests_the_format(self, name: str, format_: Format | None) -> None:
        assert formats.suggested(Path(name)) is format_

    def test_of_each_format_suggests_it(self) -> None:
        for format_ in Format:
            assert formats.suggested(Path(f"it{format_.suffix}")) is format_


def test_a_profile_of_a_thread_of_another_process_comes_back() -> None:
    stack = Stack(POOL._replace(process=99), (WORK,))
    profile = msgspec.structs.replace(small(), stacks={stack: 1})
    assert there_and_back(profile, Format.SPEEDSCOPE) == profile

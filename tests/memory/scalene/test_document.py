"""scalene's JSON, number for number, and what is damaged."""

import json
from pathlib import Path
from typing import Any

import pytest

from cockpit.memory.scalene.document import Line, parse, read
from cockpit.profilers.files import Unreadable
from tests.memory.scalene.runs import Outcome, needs_scalene

#: What each of our numbers is called by scalene.
ITS_NAMES = {
    "python": "n_cpu_percent_python",
    "native": "n_cpu_percent_c",
    "system": "n_sys_percent",
    "cores": "n_core_utilization",
    "waiting": "n_async_await_percent",
    "peak": "n_peak_mb",
    "average": "n_avg_mb",
    "allocated": "n_malloc_mb",
    "allocations": "n_mallocs",
    "share": "n_usage_fraction",
    "python_share": "n_python_fraction",
    "copied": "n_copy_mb_s",
    "gpu": "n_gpu_percent",
    "gpu_peak": "n_gpu_peak_memory_mb",
    "gpu_average": "n_gpu_avg_memory_mb",
    "line": "lineno",
}


def written(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_bytes())
    assert isinstance(found, dict)
    return found


@pytest.mark.integration
@pytest.mark.slow
@needs_scalene
class TestReal:
    @pytest.fixture(params=["worked", "worked_cpu_only"])
    def outcome(self, request: pytest.FixtureRequest) -> Outcome:
        found: Outcome = request.getfixturevalue(request.param)
        return found

    def test_every_number_of_every_line_and_function_is_scalenes(self, outcome: Outcome) -> None:
        theirs, ours = written(outcome.path), read(outcome.path)
        assert list(ours.files) == list(theirs["files"])
        assert set(ITS_NAMES) == set(Line.__struct_fields__)
        lines = 0
        for path, file in ours.files.items():
            its = theirs["files"][path]
            assert file.cpu == its["percent_cpu_time"]
            for kind in ("lines", "functions"):
                for our, one in zip(getattr(file, kind), its[kind], strict=True):
                    for name, its_name in ITS_NAMES.items():
                        assert getattr(our, name) == one[its_name], (path, one["lineno"], name)
                    lines += 1
            assert [one.name for one in file.functions] == [one["line"] for one in its["functions"]]
            assert {
                str(line): (leak.likelihood, leak.speed) for line, leak in file.leaks.items()
            } == {
                line: (leak["likelihood"], leak["velocity_mb_s"])
                for line, leak in its["leaks"].items()
            }
        assert lines > 30

    def test_what_is_said_of_the_whole_is_scalenes(self, outcome: Outcome) -> None:
        theirs, ours = written(outcome.path), read(outcome.path)
        names = {
            "elapsed": "elapsed_time_sec",
            "began": "start_time_absolute",
            "arguments": "args",
            "peak": "max_footprint_mb",
            "peak_python_share": "max_footprint_python_fraction",
            "peak_path": "max_footprint_fname",
            "peak_line": "max_footprint_lineno",
            "native": "native_allocations_mb",
            **{one: one for one in ("program", "memory", "gpu", "gpu_device", "growth_rate")},
        }
        for name, its_name in names.items():
            assert getattr(ours, name) == theirs[its_name], name
        assert [[one.at, one.size] for one in ours.samples] == theirs["samples"]

    def test_it_measured_something_of_everything(self, worked: Outcome) -> None:
        report = worked.report
        lines = [line for file in report.files.values() for line in file.lines]
        assert report.memory and report.peak > 50 and len(report.samples) > 10
        for name in ("python", "native", "peak", "allocated", "allocations", "share", "copied"):
            assert any(getattr(line, name) > 0 for line in lines), name
        assert {one.name for file in report.files.values() for one in file.functions} >= {"copy"}

    def test_of_the_cpu_alone_there_is_no_memory(self, worked_cpu_only: Outcome) -> None:
        report = worked_cpu_only.report
        assert not report.memory
        assert not report.samples
        assert all(line.share == 0 for file in report.files.values() for line in file.lines)

    def test_what_is_cut_off_anywhere_is_refused(self, worked: Outcome) -> None:
        content = worked.path.read_bytes().rstrip()
        for size in range(1, len(content), len(content) // 500):
            with pytest.raises(Unreadable, match=r"it is (cut off|no JSON: .*invalid number)"):
                parse(content[:size])


LINE: dict[str, Any] = dict.fromkeys(ITS_NAMES.values(), 0) | {"lineno": 1}
WHOLE: dict[str, Any] = {
    "program": "/p/app.py",
    "elapsed_time_sec": 1.5,
    "start_time_absolute": 1e9,
    "memory": True,
    "gpu": False,
    "growth_rate": 0.0,
    "max_footprint_mb": 1.0,
    "max_footprint_python_fraction": 1.0,
    "max_footprint_fname": None,
    "max_footprint_lineno": None,
    "samples": [[1, 2.0]],
    "files": {
        "/p/app.py": {"percent_cpu_time": 1.0, "lines": [LINE], "functions": [], "leaks": {}}
    },
}


@pytest.mark.unit
def test_everything_has_a_name_of_its_own() -> None:
    numbers = {name: at for at, name in enumerate(ITS_NAMES.values(), 1)}
    whole = WHOLE | {
        "growth_rate": 2.0,
        "max_footprint_python_fraction": 0.5,
        "max_footprint_fname": "/p/a.py",
        "max_footprint_lineno": 4,
        "gpu_device": "GPU",
        "files": {"/p/app.py": WHOLE["files"]["/p/app.py"] | {"lines": [numbers]}},
    }
    report = parse(json.dumps(whole).encode())
    assert (report.growth_rate, report.peak_python_share, report.gpu_device) == (2.0, 0.5, "GPU")
    assert (report.peak_path, report.peak_line) == ("/p/a.py", 4)
    (line,) = report.files["/p/app.py"].lines
    assert (line.cpu, line.waiting, line.peak, line.average) == (1 + 2 + 3, 5, 6, 7)
    assert (line.python_share, line.gpu, line.gpu_peak, line.gpu_average) == (11, 13, 14, 15)


@pytest.mark.unit
class TestDamaged:
    def test_what_a_later_scalene_adds_does_no_harm(self) -> None:
        assert parse(json.dumps(WHOLE | {"new": [1]}).encode()).samples[0].size == 2.0

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"files": []}, "Expected `object`, got `array` - at `\\$.files`"),
            ({"samples": [[1, 2, 3]]}, "Expected `array` of (at most )?length 2"),
            ({"max_footprint_mb": "1"}, "Expected `float`, got `str` - at `\\$.max_footprint_mb`"),
            ({"max_footprint_lineno": -1}, "Expected `int` >= 0"),
            ({"program": None}, "Expected `str`, got `null`"),
        ],
    )
    def test_what_scalene_does_not_write_is_refused(self, change: dict[str, Any], why: str) -> None:
        with pytest.raises(Unreadable, match=f"it is not as scalene writes it: {why}"):
            parse(json.dumps(WHOLE | change).encode())

    def test_what_is_missing_is_named(self) -> None:
        for name in ("files", "program", "samples", "elapsed_time_sec"):
            less = {key: value for key, value in WHOLE.items() if key != name}
            with pytest.raises(Unreadable, match=f"missing required field `{name}`"):
                parse(json.dumps(less).encode())

    @pytest.mark.security
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "it is cut off"),
            (b"[]", "it is not as scalene writes it"),
            (b"\x00\xff", "it is no JSON"),
            (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "it is nested too deeply"),
            (json.dumps(WHOLE).replace("1.5", "NaN").encode(), "it is no JSON"),
            (json.dumps(WHOLE).replace("1.5", "1e999").encode(), "it is"),
            (json.dumps(WHOLE).replace("/p/app.py", "\\udc80").encode(), "it is no JSON"),
        ],
    )
    def test_what_is_hostile_is_refused(self, content: bytes, why: str) -> None:
        with pytest.raises(Unreadable, match=why):
            parse(content)

    def test_where_nothing_was_measured_that_is_said(self) -> None:
        with pytest.raises(Unreadable, match="scalene measured nothing in it"):
            parse(b"{}\n")

    def test_a_file_that_is_none_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Unreadable, match="it is a folder"):
            read(tmp_path)
        (tmp_path / "empty.json").touch()
        with pytest.raises(Unreadable, match="it is empty"):
            read(tmp_path / "empty.json")

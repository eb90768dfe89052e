"""The heat of lines is scalene's JSON."""

import json
from pathlib import Path

import msgspec
import pytest

from cockpit.memory.scalene.document import parse, read
from cockpit.memory.scalene.heat import heats
from cockpit.profilers.places import Places
from cockpit.ui.heat import Heat
from tests.memory.scalene.runs import Outcome, needs_scalene
from tests.memory.scalene.test_document import LINE, WHOLE

COPY = "def copy(what, times):"


@pytest.mark.integration
@pytest.mark.slow
@needs_scalene
def test_the_heat_of_every_line_equals_the_json(worked: Outcome) -> None:
    theirs = json.loads(worked.path.read_bytes())
    columns = heats(read(worked.path), Places(worked.folder), "scalene work.py", 7)
    assert [one.title for one in columns] == ["CPU %", "MEM %", "COPY %"]
    cpu, memory, copied = columns
    whole = sum(line["n_copy_mb_s"] for file in theirs["files"].values() for line in file["lines"])
    warm = 0
    for path, file in theirs["files"].items():
        name = Path(path).relative_to(worked.folder).as_posix()
        for line in file["lines"]:
            at = line["lineno"]
            took = line["n_cpu_percent_python"] + line["n_cpu_percent_c"] + line["n_sys_percent"]
            assert cpu.lines(name).get(at, 0) == pytest.approx(min(took / 100, 1))
            assert memory.lines(name).get(at, 0) == pytest.approx(min(line["n_usage_fraction"], 1))
            assert copied.lines(name).get(at, 0) == pytest.approx(line["n_copy_mb_s"] / whole)
            warm += took > 0
    assert warm > 3
    assert cpu.lines("work.py") == cpu.own("work.py")
    assert {(one.whose, one.version) for one in columns} == {("scalene work.py", 7)}


@pytest.mark.integration
@pytest.mark.slow
@needs_scalene
def test_a_functions_heat_is_that_of_its_lines(worked: Outcome) -> None:
    """scalene's own figure of a function leaves lines of loops out, and is never more."""
    (path,) = (path for path in worked.report.files if path.endswith("work.py"))
    file = worked.report.files[path]
    cpu, memory, _ = heats(worked.report, Places(worked.folder), "", 1)
    first = (worked.folder / "work.py").read_text().splitlines().index(COPY) + 1
    inside = [line for line in file.lines if first <= line.line <= first + 3]
    (its,) = (one for one in file.functions if one.name == "copy")
    assert its.line == first
    share = cpu.function("work.py", "copy", first, first + 3)
    assert share == pytest.approx(sum(line.cpu for line in inside) / 100)
    assert share >= its.cpu / 100 - 1e-9 > 0
    assert memory.function("work.py", "copy", first, first + 3) == pytest.approx(its.share)


@pytest.mark.integration
@pytest.mark.slow
@needs_scalene
def test_of_the_cpu_alone_there_is_one_column(worked_cpu_only: Outcome) -> None:
    report = worked_cpu_only.report
    assert [one.title for one in heats(report, Places(worked_cpu_only.folder), "", 1)] == ["CPU %"]


@pytest.mark.unit
class TestMade:
    def test_a_gpu_has_a_column_and_a_function_has_its_hottest_line(self, tmp_path: Path) -> None:
        lines = [LINE | {"lineno": at, "n_gpu_percent": 80} for at in (1, 2)]
        report = _report(str(tmp_path / "app.py"), lines, gpu=True)
        gpu = heats(report, Places(tmp_path), "", 1)[-1]
        assert gpu.title == "GPU %"
        assert gpu.lines("app.py") == {1: 0.8, 2: 0.8}
        assert gpu.function("app.py", "f", 1, 9) == 0.8
        assert gpu.function("app.py", "f", 5, 9) == 0

    def test_shares_are_never_more_than_all(self, tmp_path: Path) -> None:
        lines = [LINE | {"lineno": at, "n_cpu_percent_python": 99.9} for at in (1, 2)]
        lines.append(LINE | {"lineno": 3, "n_cpu_percent_python": 100.2})
        cpu = heats(_report(str(tmp_path / "app.py"), lines), Places(tmp_path), "", 1)[0]
        assert cpu.lines("app.py")[3] == 1.0
        assert cpu.function("app.py", "f", 1, 2) == 1.0

    def test_a_file_outside_of_the_project_is_meant_by_its_whole_path(self, tmp_path: Path) -> None:
        lines = [LINE | {"n_cpu_percent_c": 5}]
        cpu = heats(_report("/lib/x.py", lines), Places(tmp_path), "", 1)[0]
        assert list(cpu.paths) == ["/lib/x.py"]
        assert cpu.lines("app.py") == {}

    def test_it_is_heat(self, tmp_path: Path) -> None:
        column: Heat = heats(_report("/p/app.py", [LINE]), Places(tmp_path), "", 1)[0]
        assert list(column.paths) == []  # cold


def _report(path: str, lines: list[dict[str, float]], gpu: bool = False):  # type: ignore[no-untyped-def]
    file = WHOLE["files"]["/p/app.py"] | {"lines": lines}
    return parse(msgspec.json.encode(WHOLE | {"gpu": gpu, "files": {path: file}}))

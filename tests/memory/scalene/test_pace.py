"""scalene writes as often as does no harm: the more lines there are, the more seldom."""

from pathlib import Path

import pytest

from cockpit.memory.scalene.pace import pace

pytestmark = pytest.mark.unit


def of(folder: Path, **sizes: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in sizes.items():
        (folder / f"{name}.py").write_bytes(b"#" * size)


def test_a_small_project_need_not_wait(tmp_path: Path) -> None:
    of(tmp_path, app=3_000)
    assert pace(tmp_path, cpu_only=False) < 1


def test_the_more_there_is_to_write_the_longer_it_waits(tmp_path: Path) -> None:
    of(tmp_path / "package", big=195_000)  # 6,500 lines, that were written every second
    full, cpu_only = pace(tmp_path, cpu_only=False), pace(tmp_path, cpu_only=True)
    assert full > 5 * 0.3 * 6.5 * 0.99
    assert cpu_only == pytest.approx(full / 3)


def test_only_the_largest_files_count_and_nobody_waits_for_ever(tmp_path: Path) -> None:
    of(tmp_path, **{f"a{number}": 30_000 for number in range(10)})
    before = pace(tmp_path, cpu_only=False)
    of(tmp_path, **{f"b{number}": 20_000 for number in range(50)})
    assert pace(tmp_path, cpu_only=False) == before == pytest.approx(15)
    of(tmp_path, **{f"c{number}": 3_000_000 for number in range(3)})
    assert pace(tmp_path, cpu_only=False) == 60


def test_what_scalene_does_not_measure_does_not_count(tmp_path: Path) -> None:
    of(tmp_path, app=300)
    before = pace(tmp_path, cpu_only=False)
    of(tmp_path / ".hidden", a=900_000)
    of(tmp_path / "env" / "lib", a=900_000)
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "notes.txt").write_bytes(b"#" * 900_000)
    assert pace(tmp_path, cpu_only=False) == before


def test_a_folder_that_is_gone_is_small(tmp_path: Path) -> None:
    assert pace(tmp_path / "gone", cpu_only=False) == 0

"""What the tools' packages and commands have in common."""

import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.checkers.interface import Completed
from cockpit.checkers.tool import console_command, demand_answer, printed, readme, section
from cockpit.errors import CheckerError

TEXT = "# Top\nintro\n## One\na\n### Deeper\nb\n#no heading\n## Two\nc\n"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("One", "a\n### Deeper\nb\n#no heading"),
        ("Deeper", "b\n#no heading"),
        ("Two", "c"),
        ("Three", ""),
    ],
)
def test_a_section_ends_at_the_next_heading_of_its_level(heading: str, words: str) -> None:
    assert section(TEXT, heading) == words


@pytest.mark.unit
def test_a_package_that_is_not_there_has_no_readme() -> None:
    assert readme("no-such-distribution") == ""


@pytest.mark.unit
def test_output_is_read_as_paths_are() -> None:
    assert printed(b"\xff\r\n") == "\udcff\n"


@pytest.mark.unit
def test_the_tools_own_words_can_be_shown() -> None:
    with pytest.raises(CheckerError) as caught:
        demand_answer("tool", Completed(7, b"", b"first\nlast \xff\n"), (0, 1))
    assert caught.value.message == r"tool ended with exit code 7: last \udcff"


@pytest.mark.security
def test_the_command_imports_nothing_from_where_it_runs(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('trapped')")
    command = console_command("json", "dumps")
    assert command[0] == sys.executable
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert b"trapped" not in done.stderr
    assert b"missing 1 required positional argument" in done.stderr

"""The parts that the screen is drawn from."""

import ast
import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len

from cockpit.profilers.places import tail
from cockpit.ui.coverage import worst_folders
from cockpit.ui.draw import fit, middle, row, shorten, spark
from cockpit.ui.highlight import BLOCK, Highlighter, strings_over_lines
from cockpit.ui.state import duration
from cockpit.ui.style import ASCII, UNICODE, Signs, signs_for, terminal_encoding
from tests.ui.fakes import FakeBackend, finding, running, snapshot

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("path", "width", "shown"),
    [
        ("a/b/c.py", 8, "a/b/c.py"),
        ("pkg/deep/c.py", 8, "…/c.py"),
        ("pkg/deep/c.py", 11, "…/deep/c.py"),
        ("a_long_name.py", 8, "…name.py"),
        ("漢字/漢字.py", 9, "…/漢字.py"),
    ],
)
def test_a_path_is_shortened_from_the_left_at_a_folder(path: str, width: int, shown: str) -> None:
    assert shorten(path, width) == shown
    assert cell_len(shown) <= width


@pytest.mark.parametrize("text", ["", "short", "much too long for it", "漢字漢字漢字漢字"])
@pytest.mark.parametrize("width", [1, 2, 7, 20])
def test_text_fits_its_cells_exactly(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


@pytest.mark.parametrize("width", [1, 5, 12, 30, 78, 200])
@pytest.mark.parametrize("path", ["a.py", "very/" * 30 + "deep.py", "漢字/" * 10 + "x.py"])
async def test_a_row_is_exactly_as_wide_as_asked(
    backend: FakeBackend, width: int, path: str
) -> None:
    async with running(backend, first=snapshot()) as (app, _):
        segments = row(finding("F401", path), width, True, app.context.look.palette, UNICODE)
        assert sum(segment.cell_length for segment in segments) == width


def test_a_sparkline_needs_three_counts_that_differ() -> None:
    assert spark([1, 2], UNICODE) == ""
    assert spark([5, 5, 5], UNICODE) == ""
    assert spark([0, 7, 14], UNICODE) == "▁▅█"
    assert spark([0, 7, 14], ASCII).isascii()


def test_signs_follow_the_encoding_of_the_terminal() -> None:
    assert signs_for("UTF-8") is UNICODE
    assert signs_for("utf8") is UNICODE
    assert signs_for(None) is UNICODE
    assert signs_for("ISO-8859-1") is ASCII
    assert signs_for("ascii") is ASCII


@pytest.mark.parametrize(
    ("locale", "signs"),
    [
        ({}, UNICODE),
        ({"LANG": "de_DE.UTF-8"}, UNICODE),
        ({"LANG": "C"}, ASCII),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, ASCII),  # as Python has it for LANG=C
        ({"LC_CTYPE": "C.UTF-8"}, UNICODE),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, UNICODE),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "POSIX"}, ASCII),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, ASCII),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, UNICODE),
    ],
)
def test_a_plain_locale_has_no_unicode(
    locale: dict[str, str], signs: Signs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.__stderr__", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert signs_for(terminal_encoding()) is signs


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0841, "84 ms"), (0.9999, "1.0 s"), (12.34, "12.3 s"), (125, "2 min 5 s")],
)
def test_times_are_written_as_a_person_reads_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_folders_that_miss_most_come_first() -> None:
    metrics = {
        "a/x.py": {"covered": 1.0, "total": 3.0},
        "a/y.py": {"covered": 1.0, "total": 2.0},
        "b/x.py": {"covered": 0.0, "total": 9.0},
        "top.py": {"covered": 2.0, "total": 2.0},
    }
    assert worst_folders(metrics) == [("b", 0.0, 9.0), ("a", 2.0, 5.0)]


# --- Colours ----------------------------------------------------------------------------------


def inside_by_the_parser(source: str) -> set[int]:
    """Return the lines that begin within a string, as Python's own parser sees it."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and (
            isinstance(node, ast.JoinedStr) or isinstance(node.value, (str, bytes))
        ):
            found.update(range(node.lineno, node.end_lineno or node.lineno))
    return found


@pytest.mark.parametrize(
    "source",
    [
        'x = """a\n# b\n"""\ny = 1\n',
        "x = '''a\n\"\"\"\n'''\n",
        '# """ not a string\nx = 1\n',
        'x = \'"""\'\ny = 2\n',
        'x = r"""\\\n"""\ny = 1\n',
        'f"""{x}\n{y}"""\n',
    ],
)
def test_lines_within_strings_are_those_that_python_sees(source: str) -> None:
    assert strings_over_lines(source) == inside_by_the_parser(source)


def test_lines_within_strings_of_a_real_library() -> None:
    for name in ("argparse.py", "textwrap.py", "typing.py"):
        source = (Path(ast.__file__).parent / name).read_text(encoding="utf-8")
        # Strings that follow each other in parentheses are one constant to the parser.
        assert strings_over_lines(source) <= inside_by_the_parser(source)


def test_a_block_that_starts_within_a_string_is_coloured_as_one() -> None:
    lines = ["x = 1", '"""', *["def not_code(): pass"] * (2 * BLOCK), '"""', "def code(): pass"]
    inside = strings_over_lines("\n".join(lines))
    colours = Highlighter("a.py", lines, inside)
    assert {token.kind for token in colours.tokens(BLOCK + 3)} == {"string"}
    assert "keyword" in {token.kind for token in colours.tokens(len(lines) - 1)}


def test_what_is_not_python_has_no_colours() -> None:
    assert Highlighter("a.toml", ["x = 1"], frozenset()).tokens(0) == ()


# --- Start-up ---------------------------------------------------------------------------------


def test_the_first_screen_imports_nothing_that_it_does_not_draw_with() -> None:
    code = "import sys, cockpit.ui.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    for heavy in ("pygments.lexers", "markdown_it", "cockpit.engine", "cockpit.process", "sqlite3"):
        assert heavy not in loaded
    assert "cockpit.ui.pane" not in loaded


@pytest.mark.performance
@pytest.mark.regression
def test_a_name_of_a_hundred_thousand_letters_is_cut_at_once() -> None:
    began = time.thread_time()
    for text in ("y" * 100_000, "/y" * 50_000, "漢" * 100_000):
        assert cell_len(shorten(text, 30)) <= 30
        assert cell_len(fit(text, 30)) == 30
        assert cell_len(middle(text, 30)) <= 30
        assert tail(text) == text
    assert time.thread_time() - began < 0.2

"""A formatter makes nothing new, and hides nothing that is."""

import json
import re
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit import baseline
from cockpit.checkers.ruff import binary
from tests.newness.project import commit, compared, git, new_in, words

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: Modules of the standard library: long calls, tables, old classes, strings of all kinds.
MODULES = ("argparse", "ftplib", "imaplib", "optparse", "pickle", "shutil", "smtplib", "tarfile")
#: Rules that are about layout itself: what they say changes with it, rightly. UP032 says nothing of
#: strings side by side that make up more than one line.
LAYOUT = ["COM", "D2", "E1", "E2", "E3", "E501", "E7", "ISC", "Q", "UP032", "W"]
#: What a comment that silences a rule uncovers when the formatter moves it is new.
SILENCE = re.compile(r"#\s*(?:noqa|nosec|type:).*")
LENGTHS = (40, 88, 200)


def format_(root: Path, length: int, *paths: str) -> None:
    command = (binary(), "format", "-q", "--isolated", "--line-length", str(length))
    subprocess.run((*command, *(paths or (".",))), cwd=root, check=True)


def project(root: Path, files: dict[str, str], select: str = "ALL") -> Path:
    root.mkdir(exist_ok=True)
    ruff = f'lint.select = ["{select}"]\nlint.ignore = {json.dumps(LAYOUT)}\n'
    settings = f"[tool.ruff]\n{ruff}[tool.interrogate]\nfail-under = 100\n"
    for name, text in {"pyproject.toml": settings, **files}.items():
        (root / name).write_text(text, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


async def write_baseline(root: Path) -> None:
    snapshot = await compared(root, "HEAD")
    found = [one for name in snapshot.results for one in snapshot.report(name) or ()]
    baseline.write(root, map(baseline.entry_of, found))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = Path(sysconfig.get_paths()["stdlib"])
    texts = {f"{name}.py": (library / f"{name}.py").read_text("utf-8") for name in MODULES}
    files = {name: SILENCE.sub("", text) for name, text in texts.items()}
    return project(tmp_path_factory.mktemp("real"), files)


@pytest.fixture
def library(real: Path) -> Path:
    git(real, "checkout", "-q", ".")
    return real


@pytest.mark.parametrize("length", LENGTHS)
async def test_real_modules_have_nothing_new_after_ruff_format(library: Path, length: int) -> None:
    format_(library, length)
    assert words(await new_in(library, "HEAD")) == []


@pytest.mark.parametrize("length", LENGTHS)
async def test_nor_have_they_where_the_base_has_no_texts(library: Path, length: int) -> None:
    """By identity alone, then: a baseline has nothing else."""
    await write_baseline(library)
    format_(library, length)
    try:
        assert words(await new_in(library, "baseline")) == []
    finally:
        baseline.place(library).unlink()


@pytest.mark.parametrize("length", LENGTHS)
async def test_a_new_offence_is_found_among_lines_that_were_all_broken_anew(
    library: Path, length: int
) -> None:
    place = library / "ftplib.py"
    text = place.read_text(encoding="utf-8")
    line = "        self.welcome = self.getresp()\n"
    assert text.count(line) == 1
    offence = "        exec('import ' + self.host, {'password': 'hunter2'})\n"
    place.write_text(text.replace(line, line + offence), encoding="utf-8")
    format_(library, length)
    new = await new_in(library, "HEAD")
    assert {one.rule for one in new} >= {"B102", "B105"}
    assert {(one.path, one.symbol) for one in new} == {("ftplib.py", "FTP.connect")}


NAMES = ", ".join(f"name_{number}" for number in range(12))
TEXTS = {
    "an import over more than ten lines": f"from typing import {NAMES}, List, Tuple, Callable\n",
    "a dict over several lines": "def f():\n    return {\n        'password': None,\n"
    "        'secret': None\n    }\n",
    "a call over more than ten lines": "import subprocess\n\nsubprocess.call(\n"
    + "".join(f"    {number},\n" for number in range(12))
    + "    shell=True)\n",
    "a body on the line of its head": "try: print(eval('1'))\nexcept Exception: pass\n",
    "strings side by side": "import os\n\nos.system('ls '\n          '%s' % __name__)\n"
    "assert __name__ == ('a'\n                    'b'), 'c'\n",
}


@pytest.mark.regression
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_what_was_named_by_its_lines_is_the_same_on_others(
    text: str, length: int, tmp_path: Path
) -> None:
    """An identity was made of the first of many lines, or of all that came after it on one."""
    root = project(tmp_path, {"a.py": text})
    await write_baseline(root)
    format_(root, length, "a.py")
    assert words(await new_in(root, "HEAD")) == words(await new_in(root, "baseline")) == []


def _renamed(text: str) -> str:
    return text.replace("load_preserving_order", "load")


def _with_another_value(text: str) -> str:
    return _renamed(text).replace("== 4", "== 5")


CALLS = """\
def load_preserving_order(text, much=None):
    return [text, much]


def test():
    assert load_preserving_order('some text that makes the line long', much='very long') == 4
    assert load_preserving_order('x') == [
        'y',
        'z']
"""


@pytest.mark.regression
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    ("edit", "new"),
    [(_renamed, []), (_with_another_value, ["B101"])],
    ids=["renamed", "and another value"],
)
async def test_a_name_changed_and_lines_broken_anew_are_no_two_changes(
    edit: Callable[[str], str], new: list[str], length: int, tmp_path: Path
) -> None:
    """The line was compared that an offence stands in, and not the statement."""
    root = project(tmp_path, {"a.py": CALLS}, "S")
    (root / "a.py").write_text(edit(CALLS), encoding="utf-8")
    format_(root, length, "a.py")
    assert [one.rule for one in await new_in(root) if one.rule == "B101"] == new

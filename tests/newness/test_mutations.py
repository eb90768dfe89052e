"""What an edit makes new: nothing that is the same offence, and everything that is not.

Each edit stands with the whole of what it must make new, for all four tools at once.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cockpit.checkers.ruff import binary
from tests.newness.project import MODULE, commit, git, make, new_in, words

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Edit(NamedTuple):
    """An edit of the project, and what is new after it."""

    do: Callable[[Path], object]
    new: tuple[str, ...] = ()


def a(root: Path) -> Path:
    return root / "pkg/a.py"


def b(root: Path) -> Path:
    return root / "pkg/b.py"


def replaced(*pairs: tuple[str, str], path: str = "pkg/a.py") -> Callable[[Path], object]:
    """Return an edit that replaces each old text by its new one, all over the file."""

    def do(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        (root / path).write_text(text, encoding="utf-8")

    return do


def both(*edits: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: [edit(root) for edit in edits]


def function(name: str) -> str:
    """Return the text of a function of the module, to its end."""
    start = MODULE.index(f"def {name}(")
    return MODULE[start : MODULE.index("\n\n\n", start) + 1]


def moved_function(root: Path) -> None:
    """Move a function to the other file, and the import that it needs with it."""
    text = function("load")
    a(root).write_text(MODULE.replace(text, "").replace("import pickle\n", ""), encoding="utf-8")
    other = b(root).read_text(encoding="utf-8")
    other = other.replace("import json\n", "import json\nimport pickle\n")
    b(root).write_text(f"{other}\n\n{text}", encoding="utf-8")


def reordered(root: Path) -> None:
    first, second = function("load"), function("undocumented")
    text = MODULE.replace(first, "@").replace(second, first).replace("@", second)
    a(root).write_text(text, encoding="utf-8")


def reformatted(root: Path) -> None:
    short = ("--config", "line-length = 30", "--isolated")
    subprocess.run([binary(), "format", "-q", *short, "pkg"], cwd=root, check=True)
    assert a(root).read_text(encoding="utf-8") != MODULE


METHOD = '''\
    def take(self, item):
        """Take."""
        assert item
        return os.system("rm " + item)
'''
EDITS = {
    "nothing": Edit(lambda _root: None),
    "a touch": Edit(lambda root: a(root).touch()),
    "lines shift": Edit(replaced(("import os\n", "# one\n# two\n\nimport os\n"))),
    "rename a function": Edit(replaced(("undocumented", "without_words"))),
    "rename a class": Edit(replaced(("Shelf", "Rack"))),
    "rename a method": Edit(replaced(("def put", "def place_at"))),
    "rename an argument": Edit(replaced(("path", "target"), ("os.target", "os.path"))),
    "rename a variable": Edit(replaced(("value = 1", "number = 1"))),
    "move a file, told to git": Edit(lambda root: git(root, "mv", "pkg/a.py", "pkg/moved.py")),
    "move a file, not told to git": Edit(lambda root: a(root).rename(root / "pkg/moved.py")),
    "move a file and edit it": Edit(
        both(replaced(("import os\n", "# a word\nimport os\n")), lambda r: a(r).rename(r / "c.py"))
    ),
    "move a folder": Edit(lambda root: (root / "pkg").rename(root / "lib")),
    "move a function to another file": Edit(moved_function),
    "move a method to another class": Edit(
        both(
            replaced((METHOD, "")),
            lambda root: a(root).write_text(
                a(root).read_text(encoding="utf-8")
                + f'\n\nclass Board:\n    """A board."""\n\n{METHOD}',
                encoding="utf-8",
            ),
        ),
        # The class that nothing uses is new, what came into it is not.
        ("pkg/a.py:36 V102",),
    ),
    "reorder functions": Edit(reordered),
    "ruff format, other lines": Edit(reformatted),
    "wrap in a condition": Edit(
        replaced(("    assert path\n", "    if path is not None:\n        assert path\n"))
    ),
    "numbers in a message change": Edit(
        replaced(
            ("    return eval(path)", "    while path:\n        path = 0\n    return eval(path)"),
            ("item, place, owner", "item, place, owner, time"),
        ),
        ("pkg/a.py:31 V107",),
    ),
    "edit a body around its offences": Edit(
        replaced(("                print(part)\n", "                print(part, part)\n"))
    ),
    "rename a method and type its arguments": Edit(
        replaced(("def put(self, item, place", "def store(self, item: str, place: str"))
    ),
    # --- What is new -------------------------------------------------------------------------
    "a second offence below the first": Edit(
        replaced(("    return eval(path)", "    assert path\n    return eval(path)")),
        ("pkg/a.py:23 B101",),
    ),
    "a second offence above the first": Edit(
        replaced(
            (
                "undocumented(path):\n",
                "undocumented(path):\n    print()\n    assert path\n    print()\n",
            )
        ),
        ("pkg/a.py:18 B101",),
    ),
    "the same offence in another function": Edit(
        replaced(('    """Take."""\n', '    """Take."""\n        assert item, 1\n')),
        ("pkg/a.py:36 B101",),
    ),
    "mended here and made there": Edit(
        both(
            replaced(("    assert path\n", "    print()\n")),
            replaced(('    """Load."""\n', '    """Load."""\n    assert path\n')),
        ),
        ("pkg/a.py:9 B101", "pkg/a.py:9 F821"),
    ),
    "mended in one file and made in another": Edit(
        both(
            replaced(("    assert item\n        password", "    print()\n        password")),
            replaced(
                ('    """Dump."""\n', '    """Dump."""\n    item = 1\n    assert item\n'),
                path="pkg/b.py",
            ),
        ),
        ("pkg/b.py:10 B101",),
    ),
    "a stub of a function": Edit(
        replaced(
            ("import os\n", "import os\nfrom typing import overload\n"),
            (
                "def undocumented(path):\n",
                "@overload\ndef undocumented(path: int) -> None: ...\n\n\n"
                "def undocumented(path):\n",
            ),
        ),
        # The stub is, the function behind it is not.
        ("pkg/a.py:17 V103", "pkg/a.py:18 missing-function-docstring"),
    ),
    "another assertion where a function was renamed": Edit(
        replaced(("undocumented", "without_words"), ("    assert path\n", "    assert not path\n")),
        ("pkg/a.py:17 B101",),
    ),
    "one import for another": Edit(
        replaced(("import sys\n", "import re\n"), path="pkg/b.py"),
        ("pkg/b.py:4 F401", "pkg/b.py:4 V104"),
    ),
    "one call for another": Edit(
        replaced(('os.system("rm " + item)', 'os.popen("rm " + item)')), ("pkg/a.py:37 B605",)
    ),
    "another argument": Edit(
        replaced(("eval(path)", "eval(value)")),
        # Another value is evaluated; and what is used now was not before.
        ("pkg/a.py:23 B307",),
    ),
    "a function goes, another comes with the same offence": Edit(
        replaced(
            (
                function("undocumented"),
                'def fresh(path):\n    """Say."""\n    assert path\n'
                "    return [1, 2, 3].index(path)\n",
            )
        ),
        ("pkg/a.py:16 V103", "pkg/a.py:18 B101"),
    ),
    "a file is copied": Edit(
        lambda root: shutil.copy(b(root), root / "pkg/copy.py"),
        (
            "pkg/copy.py:4 F401",
            "pkg/copy.py:7 V103",
            "pkg/copy.py:9 B101",
            "pkg/copy.py:10 E711",
        ),
    ),
    "a file comes": Edit(
        lambda root: (root / "pkg/new.py").write_text("import os\n", encoding="utf-8"),
        ("pkg/new.py:1 missing-module-docstring", "pkg/new.py:1 F401"),
    ),
    "a rule is switched on": Edit(
        lambda root: (root / "pyproject.toml").write_text(
            (root / "pyproject.toml").read_text(encoding="utf-8").replace('"E", ', '"E", "D", '),
            encoding="utf-8",
        ),
    ),
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("original") / "project")


@pytest.fixture
def project(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "project"))


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
async def test_an_edit_makes_new_what_it_should(edit: Edit, project: Path) -> None:
    edit.do(project)
    assert words(await new_in(project)) == list(edit.new)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
async def test_so_it_does_on_a_branch(edit: Edit, project: Path) -> None:
    git(project, "checkout", "-q", "-b", "feature")
    edit.do(project)
    git(project, "add", "-A")
    if edit is not EDITS["nothing"] and edit is not EDITS["a touch"]:
        commit(project)
    assert words(await new_in(project)) == list(edit.new)

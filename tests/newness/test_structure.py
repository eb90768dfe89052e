"""What came or went beside a file can change what is said of it, and makes it new or not."""

from pathlib import Path

import pytest

from cockpit import structure
from cockpit.checkers.ruff import Ruff
from cockpit.structure import Difference, difference
from tests.newness.project import commit, git, new_in, words

pytestmark = pytest.mark.integration

SETTINGS = '[tool.ruff]\nsrc = ["src"]\nlint.select = ["I", "INP"]\n'
#: In order while `acme.helpers` is the project's own, and while it is somebody else's.
OWN = '"""Uses it."""\n\nimport yaml\n\nfrom acme.helpers import aid\n\nprint(yaml, aid)\n'
FOREIGN = '"""Uses it."""\n\nimport yaml\nfrom acme.helpers import aid\n\nprint(yaml, aid)\n'


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def made(root: Path, files: dict[str, str]) -> Path:
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, {"pyproject.toml": SETTINGS, **files})
    git(root, "add", "-A")
    commit(root)
    return root


async def rules(root: Path) -> list[str]:
    found = words(await new_in(root))
    return [one for one in found if one.rpartition(" ")[2] in ("I001", "INP001")]


async def test_a_file_nobody_touched_is_out_of_order_once_its_module_went(tmp_path: Path) -> None:
    helpers = "src/acme/helpers.py"
    root = made(tmp_path / "project", {helpers: "def aid(): ...\n", "src/use.py": OWN})
    assert await rules(root) == []
    (root / helpers).unlink()
    assert await rules(root) == ["src/use.py:3 I001"]


async def test_what_was_out_of_order_before_is_not_new(tmp_path: Path) -> None:
    root = made(tmp_path / "project", {"src/use.py": OWN, "src/other.py": "import sys, os\n"})
    write(root, {"src/acme/helpers.py": "def aid(): ...\n"})
    assert await rules(root) == ["src/acme/helpers.py:1 INP001"]
    write(root, {"src/use.py": OWN + "print()\n", "src/other.py": "import sys, os\nprint()\n"})
    assert await rules(root) == ["src/acme/helpers.py:1 INP001"]


async def test_a_module_that_came_puts_an_untouched_file_out_of_order(tmp_path: Path) -> None:
    root = made(tmp_path / "project", {"src/use.py": FOREIGN})
    write(root, {"src/acme/__init__.py": "", "src/acme/helpers.py": "def aid(): ...\n"})
    assert await rules(root) == ["src/use.py:3 I001"]


async def test_a_package_that_lost_its_init_is_new_in_each_of_its_files(tmp_path: Path) -> None:
    files = {"src/acme/__init__.py": "", "src/acme/a.py": "", "src/acme/b.py": "print()\n"}
    root = made(tmp_path / "project", files)
    assert await rules(root) == []
    (root / "src/acme/__init__.py").unlink()
    assert await rules(root) == ["src/acme/a.py:1 INP001", "src/acme/b.py:1 INP001"]


@pytest.mark.regression
async def test_what_is_said_of_a_files_place_is_said_of_it_at_the_base(tmp_path: Path) -> None:
    """Of a text with a relative name ruff did not say that it shadows a module of Python's."""
    settings = '[tool.ruff]\nlint.select = ["A005"]\n'
    root = made(tmp_path / "project", {"pyproject.toml": settings, "pickle.py": "a = 1\n"})
    write(root, {"pickle.py": "a = 2\n"})
    assert "A005" not in str(words(await new_in(root)))
    write(root, {"types.py": "a = 1\n"})
    assert "types.py:1 A005" in words(await new_in(root))


@pytest.mark.unit
def test_a_module_has_a_name_from_every_folder_that_imports_may_begin_at() -> None:
    same = ["src/acme/__init__.py", "README.md"]
    moved = difference([*same, "src/acme/io.py"], [*same, "docs/x/__init__.py", "notes.txt"])
    assert moved.packages == {"docs/x"}
    io = {"src.acme.io", "acme.io", "io"}
    assert moved.modules == io | {"docs.x", "x", "docs"}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "concerned"),
    [
        ("import acme.io\n", True),
        ("import os, acme.io as io\n", True),
        ("    from acme.io.deep import x  # words\n", True),
        ('   "from acme.io import x\\n",\n', True),
        ('   "import acme.io\\n",\n', True),
        ("import acme\nimport acme.iota\n", False),
        ("from .acme.io import x\nfrom . import io\n", False),
        ("# import acme.io\nprint('acme.io')\n", False),
    ],
)
def test_a_file_is_concerned_by_what_it_imports(text: str, concerned: bool) -> None:
    moved = Difference(frozenset({"acme.io"}), frozenset())
    assert moved.concerns("src/use.py", text.encode()) is concerned


@pytest.mark.unit
def test_a_stand_in_has_empty_files_and_todays_settings(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.ruff]\n", "pkg/ruff.toml": "x", "pkg/a.py": "words"})
    paths = ["pkg/a.py", "gone/b.pyi", "pkg/picture.png", "../out.py", "/out.py", "gone/none.toml"]
    with structure.stand_in(tmp_path, paths, Ruff.settings_names) as place:
        found = {str(file.relative_to(place)): file for file in place.rglob("*") if file.is_file()}
        assert {name: file.read_text("utf-8") for name, file in found.items()} == {
            "pkg/a.py": "",
            "gone/b.pyi": "",
            "pyproject.toml": "[tool.ruff]\n",
            "pkg/ruff.toml": "x",
        }
    assert not place.exists()


@pytest.mark.unit
def test_settings_above_the_project_hold_in_no_stand_in(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.ruff]\n", "project/pyproject.toml": "[project]\n"})
    assert not Ruff().has_own_settings(tmp_path / "project")
    write(tmp_path, {"project/.ruff.toml": ""})
    assert Ruff().has_own_settings(tmp_path / "project")

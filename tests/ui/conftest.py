"""A project to look at, and a backend for it."""

from pathlib import Path

import pytest

from tests.ui.fakes import FakeBackend

SOURCE = "\n".join(
    [
        "import os",
        "",
        "",
        "def area(radius):",
        '    """Return',
        '    def not_code(): # in a string"""',
        "    return 3 * radius",
        *(f"value_{number} = {number}" for number in range(8, 200)),
    ]
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "a.py").write_text(SOURCE, encoding="utf-8")
    (package / "b.py").write_text("import sys\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def backend(project: Path) -> FakeBackend:
    return FakeBackend(project)

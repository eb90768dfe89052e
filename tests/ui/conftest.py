"""A project to look at, and a backend for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui import quiet
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


@pytest.fixture(autouse=True, scope="session")
def no_idle_waits() -> Iterator[None]:
    """Have keys be waited for until all is done that came of them, and no longer."""
    with pytest.MonkeyPatch.context() as patch:
        quiet.install(patch)
        yield

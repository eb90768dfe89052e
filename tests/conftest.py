"""Every test keeps cockpit's own files to itself, and finds no settings of whoever runs it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import cockpit.ui  # noqa: F401 - before Textual, as in the program: it says how often to paint

# Hundreds of children are started: each would compile all of cockpit anew, and none may leave what
# it compiled in the repository or in a project.
_BYTECODE, _US = tempfile.mkdtemp(prefix="cockpit-bytecode-"), os.getpid()


def _clear_up() -> None:
    if os.getpid() == _US:  # and not a fork of ours
        shutil.rmtree(_BYTECODE, ignore_errors=True)


atexit.register(_clear_up)


os.environ["PYTHONPYCACHEPREFIX"] = _BYTECODE
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give cockpit a cache and a settings folder that nobody else uses; return the former."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(cache))
    monkeypatch.setenv("COCKPIT_CONFIG_DIR", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("COCKPIT_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("COCKPIT_DATA_DIR", str(tmp_path_factory.mktemp("data")))
    for name in ("LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")  # in a C locale the screen is drawn without Unicode
    return cache

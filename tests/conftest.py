"""Every test keeps cockpit's own files to itself, and finds no settings of whoever runs it."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give cockpit a cache and a settings folder that nobody else uses; return the former."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(cache))
    monkeypatch.setenv("COCKPIT_CONFIG_DIR", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("COCKPIT_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    return cache

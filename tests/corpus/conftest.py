"""Where the projects and the store of a proof are kept."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus.corpora import Corpus, copy, fetch


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the downloaded projects: `COCKPIT_CORPORA`, else one for this run."""
    named = os.environ.get("COCKPIT_CORPORA")
    folder = Path(named) if named else tmp_path_factory.mktemp("corpora")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def project(downloads: Path, tmp_path: Path) -> Callable[[Corpus], Path]:
    """Return a fresh copy of a corpus, outside any repository."""

    def make(corpus: Corpus) -> Path:
        root = tmp_path / corpus.name
        copy(corpus, fetch(corpus, downloads), root)
        return root

    return make


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty store for every proof: a cold run is cold."""
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(tmp_path / "store"))

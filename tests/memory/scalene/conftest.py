"""Runs that are shared: each takes seconds."""

import sys
from pathlib import Path

import pytest

from cockpit.memory.scalene.command import Options
from tests.memory.scalene.runs import Outcome, copied, run_now


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return what became of a program that scalene measured fully, and live."""
    folder = copied(tmp_path_factory.mktemp("worked"))
    return run_now([sys.executable, "work.py", "3"], folder, Options(interval=0.5))


@pytest.fixture(scope="session")
def worked_cpu_only(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return what became of the same program, of whose CPU alone scalene measured, at the end."""
    folder = copied(tmp_path_factory.mktemp("worked-cpu"))
    argv = [sys.executable, "-O", "-m", "work", "0"]
    return run_now(argv, folder, Options(cpu_only=True, interval=0))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of a test's own."""
    return copied(tmp_path)

"""A project's own tools run after the user has said yes, and never before."""

import os
from pathlib import Path

import pytest

from cockpit import trust
from cockpit.checkers.ruff import binary
from cockpit.cli import main
from cockpit.config import load_config
from cockpit.engine import Engine
from cockpit.environment import differing, own_program, own_versions
from cockpit.errors import CockpitError
from cockpit.places import state_folder
from cockpit.session import open_engine, request_of, set_up
from cockpit.verify import verify
from cockpit.watch import Change

OLD = "0.0.1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose own ruff notes that it was run, and does what the real one does."""
    folder = tmp_path / "project"
    packages = folder / ".venv/lib/python3.11/site-packages"
    (packages / f"ruff-{OLD}.dist-info").mkdir(parents=True)
    (folder / ".venv/bin").mkdir()
    (folder / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    own_ruff(folder, OLD)
    (folder / "pyproject.toml").write_text("")
    (folder / "a.py").write_text("import os\n")
    return folder


def own_ruff(root: Path, version: str) -> None:
    program = root / ".venv/bin/ruff"
    program.write_text(
        f"#!/bin/sh\necho {version} >> {root.parent}/ran\n"
        f'[ "$1" = --version ] && echo "ruff {version}" && exit 0\nexec {binary()} "$@"\n'
    )
    program.chmod(0o755)


def ran(root: Path) -> list[str]:
    log = root.parent / "ran"
    return log.read_text().split() if log.exists() else []


async def checked(root: Path) -> Engine:
    async with open_engine(set_up(request_of([str(root)], ["ruff"]), root)) as engine:
        await engine.run_once()
        return engine


# --- The yes ---


@pytest.mark.unit
class TestTheYes:
    def test_is_of_one_project_and_can_be_taken_back(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one", tmp_path / "other"
        assert not trust.is_trusted(tmp_path, one)
        trust.trust(tmp_path, one)
        assert trust.is_trusted(tmp_path, one) and not trust.is_trusted(tmp_path, other)
        assert trust.distrust(tmp_path, one)
        assert not trust.is_trusted(tmp_path, one)
        assert not trust.distrust(tmp_path, one)

    @pytest.mark.security
    def test_of_another_project_is_none_for_this(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one", tmp_path / "other"
        for project in (one, other):
            trust.trust(tmp_path, project)
        first, second = sorted((tmp_path / "trusted").iterdir())
        second.write_bytes(first.read_bytes())
        assert sorted(trust.is_trusted(tmp_path, project) for project in (one, other)) == [
            False,
            True,
        ]

    @pytest.mark.security
    def test_that_others_could_have_written_is_none(self, tmp_path: Path) -> None:
        trust.trust(tmp_path, tmp_path / "one")
        (tmp_path / "trusted").chmod(0o777)
        assert not trust.is_trusted(tmp_path, tmp_path / "one")

    @pytest.mark.security
    def test_behind_a_link_is_none(self, tmp_path: Path) -> None:
        trust.trust(tmp_path, tmp_path / "one")
        (answer,) = (tmp_path / "trusted").iterdir()
        answer.rename(tmp_path / "elsewhere")
        answer.symlink_to(tmp_path / "elsewhere")
        assert not trust.is_trusted(tmp_path, tmp_path / "one")

    def test_that_cannot_be_kept_is_one_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "trusted").write_text("a file in the way")
        with pytest.raises(CockpitError, match="cannot be changed"):
            trust.trust(tmp_path, tmp_path / "one")

    def test_is_not_asked_of_the_project(self, root: Path) -> None:
        (root / "pyproject.toml").write_text("[tool.cockpit]\ntrusted = true\n")
        with pytest.raises(CockpitError, match="trusted"):
            load_config(root)


# --- What the environment holds ---


@pytest.mark.unit
class TestTheEnvironment:
    def test_is_read_without_being_run(self, root: Path) -> None:
        assert own_program(root, "ruff") == ".venv/bin/ruff"
        assert own_versions(root) == {"ruff": OLD}
        assert ran(root) == []

    def test_without_its_mark_is_a_folder_like_any_other(self, root: Path) -> None:
        (root / ".venv/pyvenv.cfg").unlink()
        assert own_program(root, "ruff") == ""
        assert own_versions(root) == {}

    def test_of_other_versions_is_told_of(self, root: Path) -> None:
        words = differing(root, {"ruff": "9.9", "bandit": "1.9"}, ["ruff"])
        assert words.startswith(f"the project has ruff {OLD} of its own; cockpit runs 9.9 (")
        assert differing(root, {"ruff": OLD}, ["ruff"]) == ""


# --- What runs ---


@pytest.mark.integration
class TestTheTool:
    @pytest.mark.security
    async def test_of_a_project_that_nobody_trusts_never_runs(self, root: Path) -> None:
        engine = await checked(root)
        assert ran(root) == []
        result = engine.snapshot.results["ruff"]
        assert result.origin == "" and result.version != OLD
        assert engine.snapshot.notes[0].startswith(f"the project has ruff {OLD} of its own")

    async def test_of_a_trusted_project_is_the_one_that_runs(self, root: Path) -> None:
        trust.trust(state_folder(), root)
        engine = await checked(root)
        result = engine.snapshot.results["ruff"]
        assert (result.origin, result.version) == (".venv/bin/ruff", OLD)
        assert [one.rule for one in engine.snapshot.report("ruff") or ()] == ["F401"]
        assert engine.snapshot.notes == ()
        assert engine.explain("ruff")[0] == ".venv/bin/ruff"
        before = len(ran(root))
        assert (await verify(engine, "ruff")).same
        assert len(ran(root)) == before + 1

    async def test_that_was_replaced_looks_at_everything_again(self, root: Path) -> None:
        trust.trust(state_folder(), root)
        (root / "b.py").write_text("x = 1\n")
        async with open_engine(set_up(request_of([str(root)], ["ruff"]), root)) as engine:
            await engine.run_once()
            own_ruff(root, "0.0.2")
            os.utime(root / ".venv/bin/ruff", (1, 1))
            (root / "b.py").write_text("x = 2\n")
            await engine._follow(Change(frozenset(["b.py"]), 0.0))
            assert engine.snapshot.results["ruff"].version == "0.0.2"
            assert [one.path for one in engine.snapshot.report("ruff") or ()] == ["a.py"]

    async def test_that_says_no_version_is_a_failure(self, root: Path) -> None:
        trust.trust(state_folder(), root)
        (root / ".venv/bin/ruff").write_text("#!/bin/sh\nexit 3\n")
        engine = await checked(root)
        assert "does not say its version" in str(engine.snapshot.results["ruff"].outcome)


# --- The command ---


@pytest.mark.integration
def test_the_command_says_what_it_did(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust", str(root)]) == 0
    assert ".venv/bin/ruff is run from now on" in capsys.readouterr().out
    assert main(["check", "--only", "ruff", str(root)]) == 1
    assert f"by .venv/bin/ruff {OLD}" in capsys.readouterr().out
    assert main(["trust", "--revoke", str(root)]) == 0
    assert "no longer trusted" in capsys.readouterr().out
    assert main(["trust", "--revoke", str(root)]) == 0
    assert "was not trusted" in capsys.readouterr().out
    assert main(["trust", str(root / "nothing")]) == 2
    assert "no file or folder" in capsys.readouterr().err

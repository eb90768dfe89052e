"""What `--verify` would not notice, it would not have to say: here it has to notice."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit.checkers.registry import load
from cockpit.config import load_config
from cockpit.engine import Engine, Setup
from cockpit.model import FileError, Finding, Report
from cockpit.process import run
from cockpit.session import open_engine
from cockpit.verify import Verdict, lines, verify
from tests.checkers.desk import console_script

pytestmark = pytest.mark.integration

CODE = {
    "pkg/__init__.py": "",
    "pkg/a.py": '"""Doc."""\nimport os, pickle\n\n\ndef used(a):\n    assert a\n    eval("1")\n\n\n'
    "class C:\n    def m(self):\n"
    "        unused = pickle.loads(b'')\n        return 1\n        x = 2\n",
    "pkg/b.py": "import tarfile\n\n\ndef f(tar):\n    tar.extractall(members=[1])\n",
    # Enough for every tool that each field of a finding can be another finding's.
    "pkg/c.py": "".join(f"def f{n}(a):\n    assert a; eval(a)\n" for n in range(12)),
}
PLACE = {"path": "pkg/z.py", "line": 99, "column": 99, "end_line": 99, "end_column": 99}
WORDS = {"rule": "X1", "name": "x", "message": "x", "url": "x"}
#: What is compared of a finding, and another value for it; None: the opposite of what it is.
COMPARED: dict[str, dict[str, Any]] = {
    "ruff": {
        **PLACE,
        **WORDS,
        "fixable": None,
    },
    "vulture": {"path": "pkg/z.py", "line": 99, "message": "x", "confidence": "1%", "end_line": 99},
    "interrogate": {"path": "pkg/z.py", "line": 99, "symbol": "Another.one"},
    "bandit": {
        **PLACE,
        **WORDS,
        "severity": None,
        "confidence": "UNDEFINED",
    },
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(tmp_path / "store"))
    folder = tmp_path / "project"
    for path, content in CODE.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
async def engine(root: Path, tool: str) -> AsyncIterator[Engine]:
    """An engine with `tool` alone, after its first run."""
    checkers = (load(tool),)
    async with open_engine(Setup(root, (), checkers, load_config(root))) as made:
        await made.run_once()
        yield made


def report_of(engine: Engine, tool: str) -> Report:
    report = engine.snapshot.results[tool].outcome
    assert isinstance(report, Report)
    return report


def tamper(engine: Engine, tool: str, change: Callable[[Report], Report]) -> None:
    """Put another report of `tool` in the place of the engine's."""
    results = dict(engine.snapshot.results)
    outcome = change(report_of(engine, tool))
    results[tool] = msgspec.structs.replace(results[tool], outcome=outcome)
    engine._announcer.snapshot = msgspec.structs.replace(engine.snapshot, results=results)


def with_findings(change: Callable[[list[Finding]], list[Finding]]) -> Callable[[Report], Report]:
    """Return how to change a report's findings; their paths in the report follow."""

    def replaced(report: Report) -> Report:
        files: dict[str, tuple[Finding, ...]] = {}
        for finding in change(list(report)):
            files[finding.path] = (*files.get(finding.path, ()), finding)
        return msgspec.structs.replace(report, files=files)

    return replaced


def another(finding: Finding, field: str, value: Any) -> Finding:
    """Return `finding` with another `field`; None stands for the opposite."""
    if value is None and field == "severity":
        value = "low" if finding.severity == "high" else "high"
    elif value is None:
        value = not getattr(finding, field)
    return msgspec.structs.replace(finding, **{field: value})


@pytest.mark.parametrize("tool", COMPARED)
async def test_what_is_equal_is_no_difference(engine: Engine, tool: str) -> None:
    verdict = await verify(engine, tool)
    assert verdict.same, list(lines(verdict))
    assert report_of(engine, tool).count > 0


@pytest.mark.parametrize("tool", COMPARED)
async def test_another_value_of_any_field_is_told(engine: Engine, tool: str) -> None:
    fields = COMPARED[tool]

    def change(findings: list[Finding]) -> list[Finding]:
        assert len(findings) >= len(fields)
        changed = map(another, findings, fields.keys(), fields.values())
        return [*changed, *findings[len(fields) :]]

    tamper(engine, tool, with_findings(change))
    verdict = await verify(engine, tool)
    assert (len(verdict.missing), len(verdict.extra)) == (len(fields), len(fields))


@pytest.mark.parametrize("tool", COMPARED)
async def test_a_finding_too_few_is_told(engine: Engine, tool: str) -> None:
    tamper(engine, tool, with_findings(lambda findings: findings[1:]))
    verdict = await verify(engine, tool)
    assert (len(verdict.missing), len(verdict.extra)) == (1, 0)
    assert any(line.startswith("  - ") for line in lines(verdict))


@pytest.mark.parametrize("tool", COMPARED)
async def test_a_finding_twice_is_told(engine: Engine, tool: str) -> None:
    tamper(engine, tool, with_findings(lambda findings: [*findings, findings[0]]))
    verdict = await verify(engine, tool)
    assert (len(verdict.missing), len(verdict.extra)) == (0, 1)


@pytest.mark.parametrize("tool", ["interrogate", "bandit"])
async def test_another_figure_of_any_kind_is_told(engine: Engine, tool: str) -> None:
    def change(report: Report) -> Report:
        files = {
            path: {name: value + 1 for name, value in metric.items()}
            for path, metric in report.file_metrics.items()
        }
        metric = {name: value + 1 for name, value in report.metric.items()}
        return msgspec.structs.replace(report, metric=metric, file_metrics=files)

    same = await verify(engine, tool)
    figures = same.rows - report_of(engine, tool).count
    tamper(engine, tool, change)
    verdict = await verify(engine, tool)
    assert (len(verdict.missing), len(verdict.extra)) == (figures, figures)
    assert figures > len(CODE)


@pytest.mark.parametrize("tool", ["interrogate"])
async def test_interrogates_verdict_is_compared(engine: Engine) -> None:
    def change(report: Report) -> Report:
        return msgspec.structs.replace(report, failing=not report.failing)

    tamper(engine, "interrogate", change)
    assert not (await verify(engine, "interrogate")).same


@pytest.mark.regression
@pytest.mark.parametrize("tool", COMPARED)
@pytest.mark.parametrize("path", ["pkg/__init__.py", "pkg/c.py"])
async def test_a_file_that_only_the_command_can_read_is_a_difference(
    engine: Engine, tool: str, path: str
) -> None:
    """Also where it finds nothing in that file."""

    def change(report: Report) -> Report:
        return msgspec.structs.replace(
            report,
            files={name: found for name, found in report.files.items() if name != path},
            file_metrics={name: m for name, m in report.file_metrics.items() if name != path},
            errors=(FileError(path, 0, "took longer than 60 s"),),
        )

    tamper(engine, tool, change)
    assert not (await verify(engine, tool)).same


@pytest.mark.regression
@pytest.mark.parametrize("tool", ["bandit"])
async def test_the_verdict_says_what_it_counted(engine: Engine, root: Path) -> None:
    found, metrics = report_of(engine, "bandit").count, 11 * (len(CODE) + 1)
    (told,) = lines(await verify(engine, "bandit"))
    assert told == f"bandit: no difference in {found} findings and {metrics} metrics"


def test_a_verdict_of_one_of_each_is_said_in_the_singular() -> None:
    (told,) = lines(Verdict("bandit", findings=1, metrics=1, unread=1))
    assert told == "bandit: no difference in 1 finding, 1 metric and 1 file that it cannot read"


def test_nothing_to_compare_is_not_the_same() -> None:
    assert not Verdict("ruff", failure="it did not run").same


async def said(root: Path, *command: str) -> tuple[str, str]:
    """Return what `command` prints in `root` on stdout and on stderr."""
    done = await run(command, root, timeout=120)
    return done.output.decode(), done.errors.decode()


class TestTheNumberOfRows:
    """The rows compared are as many as the command prints, counted here in another way."""

    @pytest.mark.parametrize("tool", ["ruff"])
    async def test_of_ruff(self, engine: Engine, root: Path) -> None:
        words = ("check", "--no-cache", "--extend-select", "S", "--output-format", "concise", "-q")
        printed, _ = await said(root, console_script("ruff"), *words)
        assert (await verify(engine, "ruff")).rows == len(printed.splitlines()) > 5

    @pytest.mark.parametrize("tool", ["vulture"])
    async def test_of_vulture(self, engine: Engine, root: Path) -> None:
        printed, _ = await said(root, console_script("vulture"), ".")
        assert (await verify(engine, "vulture")).rows == len(printed.splitlines()) > 5

    @pytest.mark.parametrize("tool", ["interrogate"])
    async def test_of_interrogate(self, engine: Engine, root: Path) -> None:
        """A row a missing docstring, one a file, one for the total, one for the verdict."""
        printed, _ = await said(root, console_script("interrogate"), "-vv", "--no-color", ".")
        missed = sum("MISSED" in line for line in printed.splitlines())
        assert (await verify(engine, "interrogate")).rows == missed + len(CODE) + 2
        assert missed > 5

    @pytest.mark.parametrize("tool", ["bandit"])
    async def test_of_bandit(self, engine: Engine, root: Path) -> None:
        """A row a result, and one for each figure of each file and of all."""
        printed, _ = await said(root, console_script("bandit"), "-r", ".", "-f", "json")
        answer = json.loads(printed)
        figures = sum(map(len, answer["metrics"].values()))
        assert (await verify(engine, "bandit")).rows == len(answer["results"]) + figures
        assert len(answer["results"]) > 3


@pytest.mark.regression
class TestExceptions:
    """The list in docs/sameness.md: where a tool breaks, and what is compared instead."""

    @pytest.mark.parametrize("content", [b"def (:\n", b"\xef\xbb\xbfx = 1\n", b"'\xff'\n", b"\0\n"])
    async def test_interrogate_stops_at_one_file_and_is_run_without_it(
        self, root: Path, content: bytes
    ) -> None:
        (root / "pkg/broken.py").write_bytes(content)
        _, errors = await said(root, console_script("interrogate"), "-vv", ".")
        assert "Traceback" in errors, "interrogate has learnt: take this off the list"
        async with open_engine(
            Setup(root, (), (load("interrogate"),), load_config(root))
        ) as engine:
            await engine.run_once()
            verdict = await verify(engine, "interrogate")
            assert verdict.same
            assert verdict.without == ("pkg/broken.py",)
            assert [error.path for error in report_of(engine, "interrogate").errors] == [
                "pkg/broken.py"
            ]

    @pytest.mark.parametrize("tool", ["bandit"])
    async def test_bandit_prints_addresses_and_they_are_not_compared(
        self, engine: Engine, root: Path
    ) -> None:
        printed, _ = await said(
            root, console_script("bandit"), "-r", ".", "-f", "json", "-q", "-t", "B202"
        )
        assert " at 0x" in printed, "bandit has learnt: take this off the list"
        found = [one for one in report_of(engine, "bandit") if one.rule == "B202"]
        assert len(found) == 1
        assert " at 0x" not in found[0].message
        assert (await verify(engine, "bandit")).same

    async def test_bandit_cannot_print_half_a_surrogate_pair_as_json(self, root: Path) -> None:
        (root / "half.py").write_text("password = '\\udc80'\n", encoding="utf-8")
        _, words = await said(root, console_script("bandit"), "half.py", "-f", "json", "-q")
        assert "surrogates not allowed" in words, "bandit has learnt: take this off the list"
        async with open_engine(Setup(root, (), (load("bandit"),), load_config(root))) as engine:
            await engine.run_once()
            found = [one for one in report_of(engine, "bandit") if one.path == "half.py"]
            assert [one.message for one in found] == ["Possible hardcoded password: '\\udc80'"]
            told = list(lines(await verify(engine, "bandit")))
        assert told[0].startswith("bandit: nothing to compare: bandit stopped with exit code 1")
        assert len(told) < 10

    async def test_what_the_command_was_run_without_is_not_compared(self, root: Path) -> None:
        (root / "hex.py").write_text("# coding: hex\n", encoding="utf-8")
        (root / "bad.py").write_text("def (:\n", encoding="utf-8")
        async with open_engine(Setup(root, (), (load("vulture"),), load_config(root))) as engine:
            await engine.run_once()
            verdict = await verify(engine, "vulture")
        assert verdict.without == ("bad.py", "hex.py")
        assert verdict.same, list(lines(verdict))

    async def test_bandit_overlooks_pyproject_unless_told(self, root: Path) -> None:
        settings = '[tool.bandit]\nskips = ["B101"]\n'
        (root / "pyproject.toml").write_text(settings, encoding="utf-8")
        printed, _ = await said(root, console_script("bandit"), "-r", ".", "-f", "json", "-q")
        assert "B101" in printed, "bandit has learnt: take this off the list"
        async with open_engine(Setup(root, (), (load("bandit"),), load_config(root))) as engine:
            await engine.run_once()
            assert " -c pyproject.toml" in " ".join(engine.explain("bandit"))
            assert "B101" not in {one.rule for one in report_of(engine, "bandit")}
            assert (await verify(engine, "bandit")).same

    def test_vultures_order_follows_the_hash_seed(self, tmp_path: Path) -> None:
        """So rows are compared without their order."""
        (tmp_path / "a.py").write_text("a, A, b, B = 1, 2, 3, 4\n", encoding="utf-8")
        said = set()
        for seed in range(12):
            done = subprocess.run(
                (sys.executable, console_script("vulture"), "a.py"),
                cwd=tmp_path,
                env={**os.environ, "PYTHONHASHSEED": str(seed)},
                capture_output=True,
                text=True,
                check=False,
            )
            said.add(done.stdout)
        assert len(said) > 1, "vulture has learnt: take this off the list"
        assert len({tuple(sorted(one.splitlines())) for one in said}) == 1

    @pytest.mark.parametrize("tool", ["ruff"])
    def test_ruffs_cache_is_left_out(self, engine: Engine) -> None:
        """It was seen to answer "All checks passed" for a file that had changed."""
        ruff = engine.checkers["ruff"]
        assert "--no-cache" in ruff.verifying(engine.root, (), engine.files_of("ruff")[1])

"""`cockpit check --new` as a shell, CI and a program see it."""

import json
import re
from pathlib import Path

import pytest

from cockpit.arguments import check_parser
from cockpit.cli import main
from tests.newness.project import commit, git, make

pytestmark = pytest.mark.integration

OFFENCE = "\n\ndef fresh():\n    assert 1\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make(tmp_path / "project")
    monkeypatch.chdir(root)
    return root


def append(root: Path, text: str) -> None:
    with (root / "pkg/b.py").open("a", encoding="utf-8") as file:
        file.write(text)


def test_nothing_new_exits_zero_however_much_there_is(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 1
    assert main(["check", "--new"]) == 0
    assert "new since HEAD" in capsys.readouterr().out


def test_what_is_new_is_listed_alone_and_exits_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(project, OFFENCE)
    assert main(["check", "--new"]) == 1
    printed = capsys.readouterr().out
    assert "pkg/b.py" in printed and "pkg/a.py" not in printed
    assert "B101" in printed and "1 new of" in printed


@pytest.mark.regression
def test_the_counts_of_what_is_new_add_up_to_the_list(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pair is one row, and counted for both tools without a word."""
    settings = project / "pyproject.toml"
    settings.write_text('[tool.ruff.lint]\nselect = ["F", "S"]\n', encoding="utf-8")
    commit(project)
    append(project, "\n\nexec(input())\nimport os\n")
    assert main(["check", "--new", "--skip", "interrogate,vulture"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("pkg/b.py") == 1
    rows = [line for line in printed.splitlines() if re.match(r"  +\d+:\d+ ", line)]
    counts = [int(number) for number in re.findall(r"(\d+) new of", printed)]
    assert [line.split()[2] for line in rows] == ["B102", "F401"]
    assert counts == [2, 1]
    assert "1 of them also said by bandit, in the same row\n" in printed
    assert main(["check", "--new", "--only", "ruff"]) == 1
    assert "of them also" not in capsys.readouterr().out


def test_a_branch_is_compared_with_where_it_left_the_default_branch(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(project, "checkout", "-q", "-b", "feature")
    append(project, OFFENCE)
    commit(project)
    assert main(["check", "--new"]) == 1
    assert "new since main" in capsys.readouterr().out
    assert main(["check", "--base", "HEAD"]) == 0
    assert main(["check", "--base", "HEAD~1"]) == 1


def test_the_default_branch_is_what_origin_says(
    project: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    git(project, "branch", "-m", "main", "release")
    git(tmp_path, "clone", "-q", str(project), "clone")
    clone = tmp_path / "clone"
    monkeypatch.chdir(clone)
    git(clone, "checkout", "-q", "-b", "feature")
    append(clone, OFFENCE)
    commit(clone)
    assert main(["check", "--new"]) == 1
    assert "new since release" in capsys.readouterr().out


def test_programs_are_told_the_base_and_what_is_new(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(project, OFFENCE)
    main(["check", "--new", "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["base"]["kind"], answer["base"]["name"]) == ("commit", "HEAD")
    assert len(answer["base"]["commit"]) == 40
    assert {one["rule"] for one in answer["findings"]} >= {"B101", "V103"}
    assert all(one["new"] is True for one in answer["findings"])
    main(["check", "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["base"] is None
    assert {one["new"] for one in answer["findings"]} == {None}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base", "no-such"), "git knows no commit no-such here"),
        (("--base", "--help-me"), "expected one argument"),
        (("--base=-x",), "git knows no commit -x here"),
        (("--base", "session"), "a single check has no session to compare with\n"),
        (("--base", "baseline"), "baseline"),
        (("--new", "--explain", "ruff"), "about all findings"),
        (("--new", "--verify"), "about all findings"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence_and_exits_two(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    try:
        code = main(["check", *words])
    except SystemExit as error:  # argparse's own way
        code = int(str(error.code))
    assert code == 2
    assert said in capsys.readouterr().err


@pytest.mark.regression
def test_a_single_check_has_no_session(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It said that there was no commit, and its help offered `session` all the same."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.cockpit]\nbase = "session"\n')
    assert main(["check", "--base", "session"]) == 2
    said = capsys.readouterr().err
    assert "a single check has no session to compare with\n" in said
    assert "Name a git revision or `baseline` with --base" in said
    assert main(["check", "--new"]) == 2
    assert "no session to compare with, which `base` in the settings" in capsys.readouterr().err
    assert main(["check", "--base", "HEAD"]) == 0
    assert "session" not in check_parser().format_help()


def test_without_git_and_baseline_nothing_passes_for_nothing_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("import os\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--new"]) == 2
    assert "nothing to compare with" in capsys.readouterr().err


def test_a_commit_that_is_not_wholly_here_is_told_of(
    project: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append(project, OFFENCE)
    commit(project)
    git(project, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{project}", "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert main(["check", "--base", "HEAD~1"]) == 2
    assert "partial clone" in capsys.readouterr().err


def test_a_failed_tool_is_never_nothing_new(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(project, "def broken(:\n")
    assert main(["check", "--new"]) == 2
    assert "could not read" in capsys.readouterr().out


def test_the_setting_names_the_base(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(project, OFFENCE)
    commit(project)
    assert main(["check", "--new"]) == 0
    settings = project / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + '[tool.cockpit]\nbase = "HEAD~1"\n', encoding="utf-8")
    assert main(["check", "--new"]) == 1
    assert "new since HEAD~1" in capsys.readouterr().out

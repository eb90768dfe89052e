"""`cockpit baseline write|show|prune`, the real program on a real project."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from cockpit.baseline import NAME
from tests.shell import Answer, Project

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

IMPORTS = "import os\nimport re\n"
BAD = "def f(:\n"


class Known(Project):
    """A project, and the few words that these tests say to it; only vulture is asked."""

    def baseline(self, action: str, *words: str) -> Answer:
        return self.run("baseline", action, "--only", "vulture", *words)

    def entries(self, *words: str) -> dict[str, Any]:
        """The state of each entry, by its file and what is imported there."""
        answer = self.baseline("show", "--format", "json", *words).document
        assert answer["version"] == 1 and answer["root"] == str(self.root)
        entries = answer["entries"]
        return {" ".join((one["path"], one["message"].split("'")[1])): one for one in entries}

    def states(self, *words: str) -> dict[str, str]:
        return {name: one["state"] for name, one in self.entries(*words).items()}

    @property
    def lines(self) -> list[str]:
        text = (self.root / NAME).read_text(encoding="utf-8")
        return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.fixture
def project(tmp_path: Path) -> Known:
    """A project with two findings in each of two folders."""
    project = Known(tmp_path)
    (project.root / "good.py").unlink()
    project.write("app/one.py", IMPORTS)
    project.write("lib/two.py", IMPORTS)
    return project


def last(answer: Answer) -> str:
    return answer.out.decode().splitlines()[-1]


# --- write ---


def test_write_keeps_what_every_tool_finds_now(tmp_path: Path) -> None:
    project = Known(tmp_path)
    answer = project.run("baseline", "write")
    found = project.check().document["findings"]
    assert answer.code == 0
    assert {line.split("  ")[1] for line in project.lines} == {
        *("ruff", "vulture", "interrogate", "bandit")
    }
    assert len(project.lines) >= len(found), "the panes show some of two tools as one"
    assert answer.text == f"{NAME} holds {len(project.lines)} findings.\n"
    assert str(project.root) not in (project.root / NAME).read_text()


def test_write_says_what_changed(project: Known) -> None:
    assert last(project.baseline("write")) == f"{NAME} holds 4 findings."
    before = (project.root / NAME).read_bytes()
    assert last(project.baseline("write")) == f"{NAME} holds 4 findings (+0 -0)."
    project.write("app/one.py", "# a word\n\nimport re\nimport os\n")
    assert last(project.baseline("write")) == f"{NAME} holds 4 findings (+0 -0)."
    assert (project.root / NAME).read_bytes() == before, "lines that moved change nothing"
    project.write("app/one.py", "import json\n")
    assert last(project.baseline("write")) == f"{NAME} holds 3 findings (+1 -2)."


def test_write_of_a_part_leaves_the_rest_as_it_is(project: Known) -> None:
    project.baseline("write")
    project.write("app/one.py", "")
    project.write("lib/two.py", "")
    assert last(project.baseline("write", "lib")) == f"{NAME} holds 2 findings (+0 -2)."
    assert [line.split("  ")[0] for line in project.lines] == ["app/one.py", "app/one.py"]
    answer = project.run("baseline", "write", "--skip", "vulture")
    assert answer.code == 0
    assert [line for line in project.lines if line.split("  ")[1] == "vulture"], "not asked"


@pytest.mark.regression
def test_of_a_part_the_tools_are_asked_with_all_that_uses_it(project: Known) -> None:
    """What only other files use was written as dead code, and hid it once it was."""
    project.write("lib/tools.py", "def used():\n    pass\n\n\ndef unused():\n    pass\n")
    project.write("app/one.py", "from lib.tools import used\n\nused()\n")
    project.baseline("write")
    before = project.lines
    assert last(project.baseline("write", "lib")) == f"{NAME} holds 3 findings (+0 -0)."
    assert project.lines == before
    project.write("app/one.py", "from lib.tools import unused\n\nunused()\n")
    assert project.states("lib/tools.py") == {"lib/tools.py unused": "gone"}
    assert last(project.baseline("prune", "lib")) == f"{NAME} holds 2 findings (-1)."
    answer = project.check("--new", "--only", "vulture")
    assert [one["message"] for one in answer.document["findings"]] == ["unused function 'used'"]


@pytest.mark.regression
def test_of_a_part_what_moved_out_of_it_is_not_gone(project: Known) -> None:
    project.write("lib/three.py", "def run():\n    import json\n\n\nrun()\n")
    project.baseline("write")
    before = project.lines
    (project.root / "lib/three.py").rename(project.root / "app/four.py")
    assert project.states("lib")["lib/three.py json"] == "moved"
    project.baseline("prune", "lib")
    assert project.lines == before


def test_write_refuses_what_would_not_be_whole(project: Known) -> None:
    project.baseline("write")
    before = project.lines
    project.write("app/one.py", BAD)
    project.write("lib/two.py", "")
    answer = project.baseline("write")
    assert answer.code == 2 and project.lines == before
    assert "vulture could not read app/one.py" in answer.text and "--force" in answer.text
    answer = project.baseline("write", "--force")
    assert answer.code == 0
    assert [line.split("  ")[0] for line in project.lines] == ["app/one.py", "app/one.py"]
    assert "holds 2 findings (+0 -2)" in answer.text and "stays as it was" in answer.text


# --- show ---


def test_show_says_of_each_whether_it_is_still_there(project: Known) -> None:
    project.write("lib/three.py", "def run():\n    import json\n\n\nrun()\n")
    project.baseline("write")
    project.write("app/one.py", "import re\n")
    (project.root / "lib/three.py").rename(project.root / "app/four.py")
    entries = project.entries()
    assert {name: one["state"] for name, one in entries.items()} == {
        "app/one.py os": "gone",
        "app/one.py re": "there",
        "lib/three.py json": "moved",
        "lib/two.py os": "there",
        "lib/two.py re": "there",
    }
    assert entries["lib/three.py json"]["now"] == "app/four.py"
    assert entries["app/one.py os"]["now"] is None
    shown = project.baseline("show").text
    assert "gone       V104  unused import 'os'  vulture\n" in shown
    assert "in run, now app/four.py" in shown
    assert "5 findings: 3 there, 1 moved, 1 gone; `cockpit baseline prune` drops" in shown


def test_show_knows_nothing_of_what_was_not_read(project: Known) -> None:
    project.baseline("write")
    project.write("app/one.py", BAD)
    answer = project.baseline("show")
    assert answer.code == 2
    assert "cockpit: vulture could not read app/one.py" in answer.err.decode()
    assert project.states() == {
        "app/one.py os": "unknown",
        "app/one.py re": "unknown",
        "lib/two.py os": "there",
        "lib/two.py re": "there",
    }
    assert set(project.states("lib")) == {"lib/two.py os", "lib/two.py re"}


# --- prune ---


def test_prune_drops_what_is_gone_and_adds_nothing(project: Known) -> None:
    project.baseline("write")
    project.write("app/one.py", "import json\nimport re\n")
    answer = project.baseline("prune")
    assert answer.code == 0
    assert "gone       V104  unused import 'os'" in answer.text
    assert last(answer) == f"{NAME} holds 3 findings (-1)."
    assert len(project.lines) == 3 and not [line for line in project.lines if "json" in line]
    before = (project.root / NAME).stat()
    assert last(project.baseline("prune")) == f"{NAME} holds 3 findings (-0)."
    assert (project.root / NAME).stat().st_ino == before.st_ino, "it is not touched for nothing"


def test_prune_keeps_what_was_moved_or_not_asked_about(project: Known) -> None:
    project.write("lib/three.py", IMPORTS)
    project.baseline("write")
    before = project.lines
    (project.root / "lib").rename(project.root / "src")
    project.write("app/one.py", BAD)
    answer = project.baseline("prune")
    assert answer.code == 2 and project.lines == before
    project.write("app/one.py", "")
    assert project.baseline("prune", "src").code == 0
    assert project.lines == before


@pytest.mark.regression
def test_what_check_does_not_call_new_is_neither_gone_nor_pruned(tmp_path: Path) -> None:
    """Of a module that was renamed, what stands at its top was gone for `show` and `prune`."""
    project = Known(tmp_path)
    project.write("pyproject.toml", '[tool.ruff.lint]\nselect = ["F", "I", "UP"]\n')
    project.write("old.py", "from typing import Dict, Any\nimport re\n\n\ndef f(a: Dict): ...\n")
    project.run("baseline", "write")
    before = project.lines
    (project.root / "old.py").rename(project.root / "fresh.py")
    new = ("check", "--new", "--base", "baseline", "--format", "json")
    assert project.run(*new).document["findings"] == []
    entries = project.run("baseline", "show", "--format", "json").document["entries"]
    assert {one["state"] for one in entries if one["path"] == "old.py"} == {"moved"}
    assert last(project.run("baseline", "prune")) == f"{NAME} holds {len(before)} findings (-0)."
    project.write("fresh.py", "import re\n\n\ndef f(a: dict): ...\n")
    project.run("baseline", "prune")
    assert 0 < len(project.lines) < len(before)
    assert project.run(*new).document["findings"] == []


# --- Mistakes ---


@pytest.mark.parametrize("action", ["show", "prune"])
def test_without_a_baseline_there_is_a_way_to_one(project: Known, action: str) -> None:
    answer = project.baseline(action)
    assert answer.code == 2
    assert "there is no" in answer.text and "`cockpit baseline write` makes one" in answer.text


def test_a_conflict_is_told_before_anything_runs(project: Known) -> None:
    project.baseline("write")
    with (project.root / NAME).open("a") as file:
        file.write("<<<<<<< HEAD\n")
    for action in ("write", "show", "prune"):
        answer = project.baseline(action)
        assert answer.code == 2
        assert f"{NAME}, line 7: a merge left a conflict here" in answer.text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "write|show|prune"),
        (("clean",), "invalid choice: 'clean'"),
        (("write", "--format", "json"), "--format"),
        (("show", "--force"), "--force"),
        (("write", "nowhere"), "there is no file or folder nowhere"),
        (("write", "--only", "roff"), "there is no tool called roff"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(
    project: Known, words: tuple[str, ...], said: str
) -> None:
    answer = project.run("baseline", *words)
    assert answer.code == 2 and said in answer.text


def test_a_misspelt_command_is_guessed(project: Known) -> None:
    assert "Did you mean baseline?" in project.run("basline").text


# --- Nothing of the project is run, and its words are not believed ---


@pytest.mark.security
def test_names_of_files_are_shown_and_never_sent(project: Known) -> None:
    project.write(b"app/a \x1b]0;owned\x07\xe9.py", IMPORTS)
    project.baseline("write")
    answer = project.baseline("show")
    assert "app/a \\x1b]0;owned\\x07\\xe9.py" in answer.text
    assert project.lines[0].startswith("app/a\\s\\u001b]0;owned\\u0007\\xe9.py  vulture  ")


@pytest.mark.security
def test_a_baseline_that_is_a_link_out_of_the_project_is_not_written(project: Known) -> None:
    elsewhere = project.root.parent / "precious"
    (project.root / NAME).symlink_to(elsewhere)
    answer = project.baseline("write")
    assert answer.code == 2 and not elsewhere.exists()
    assert "a link that leaves the project" in answer.text


def test_the_checkout_is_as_it_was_but_for_the_file(project: Known) -> None:
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run((*git, "add", "."), cwd=project.root, check=True)
    subprocess.run((*git, "commit", "-qm", "all"), cwd=project.root, check=True)
    project.baseline("write")
    status = subprocess.run(
        (*git, "status", "--porcelain"), cwd=project.root, check=True, capture_output=True
    )
    assert status.stdout.decode() == f"?? {NAME}\n"

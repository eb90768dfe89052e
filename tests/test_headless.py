"""`cockpit check` and `cockpit watch` as a shell, a program and a person without a terminal see."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cockpit import headless
from cockpit.cli import main
from cockpit.errors import CockpitError
from cockpit.model import Skipped
from cockpit.places import user_settings_file
from cockpit.session import open_engine, request_of, set_up
from cockpit.verify import Verdict

pytestmark = pytest.mark.integration

COCKPIT = (sys.executable, "-m", "cockpit")
CLEAN = '"""A module."""\n\nVALUE = 1\nprint(VALUE)\n'
DIRTY = '"""A module."""\n\nimport os\n\n\ndef run(text):\n    return eval(text)\n'
FINDING_FIELDS = {
    *("checker", "also", "rule", "severity", "confidence", "path", "line", "column", "end_line"),
    *("end_column", "message", "symbol", "fixable", "url", "identity", "new"),
}
OUTCOME_FIELDS = {
    *(
        "state",
        "reason",
        "hint",
        "command",
        "tool_version",
        "tool_origin",
        "seconds",
        "metric",
        "errors",
    ),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "p"\n', encoding="utf-8")
    (root / "a.py").write_text(CLEAN, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*COCKPIT, *arguments),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    main(["check", "--format", "json", *arguments])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


# --- Exit codes ---


def test_a_clean_project_exits_zero(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "0 findings" in capsys.readouterr().out


@pytest.mark.regression
@pytest.mark.parametrize(("locale", "high", "failed"), [("C", "^", "x"), ("C.UTF-8", "▲", "✗")])
def test_in_a_plain_locale_the_text_is_ascii_with_the_signs_of_the_screen(
    project: Path, monkeypatch: pytest.MonkeyPatch, locale: str, high: str, failed: str
) -> None:
    """Python writes UTF-8 in that locale all the same."""
    (project / "a.py").write_text(DIRTY + "x = 'é'\ndef (\n", encoding="utf-8")
    monkeypatch.setenv("LC_ALL", locale)
    printed = run("check", "--skip", "interrogate", cwd=project).stdout
    assert f" {high} invalid-syntax" in printed
    assert f"\n{failed} bandit " in printed
    assert printed.isascii() is (locale == "C")


def test_findings_exit_one_and_are_printed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.py").write_text(DIRTY, encoding="utf-8")
    assert main(["check"]) == 1
    printed = capsys.readouterr().out
    assert all(rule in printed for rule in ("F401", "B307", "V104", "docstring", "a.py"))


def test_a_file_that_cannot_be_read_exits_two(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.py").write_text("def f(:\n", encoding="utf-8")
    assert main(["check"]) == 2
    printed = capsys.readouterr().out
    assert "bad.py" in printed and "could not read" in printed


def test_a_failed_tool_exits_two_and_hides_no_finding(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.py").write_text(DIRTY, encoding="utf-8")
    (project / "pyproject.toml").write_text('[tool.vulture]\nmin_confidence = "x"\n')
    assert main(["check"]) == 2
    printed = capsys.readouterr().out
    assert "failed" in printed and "B307" in printed


def test_a_project_without_a_file_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 2
    assert "no file" in capsys.readouterr().out


@pytest.mark.parametrize(("least", "code"), [("low", 1), ("high", 0), ("never", 0)])
def test_fail_on_says_what_counts(project: Path, least: str, code: int) -> None:
    (project / "a.py").write_text("assert print\n", encoding="utf-8")
    assert main(["check", "--only", "bandit", "--fail-on", least]) == code


def test_fail_on_of_the_settings_holds_where_none_is_given(project: Path) -> None:
    (project / "a.py").write_text("assert print\n", encoding="utf-8")
    (project / "pyproject.toml").write_text('[tool.cockpit]\nfail-on = "high"\n')
    assert main(["check", "--only", "bandit"]) == 0
    assert main(["check", "--only", "bandit", "--fail-on", "low"]) == 1


@pytest.mark.regression
def test_a_mistake_in_ones_own_settings_is_a_note_that_names_the_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = user_settings_file()
    own.write_text("editr = 'vim'\n", encoding="utf-8")
    assert main(["check", "--only", "bandit"]) == 0
    assert f"note: {own}: unknown key editr; the rest holds. Did" in capsys.readouterr().out


@pytest.mark.regression
def test_the_help_names_all_four_folders_and_the_variables_that_move_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Dismissals were looked for in the folder of the state, and are in that of the data."""
    for what in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"COCKPIT_{what}_DIR", f"/of/{what.lower()}")
    with pytest.raises(SystemExit):
        main(["--help"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    told = {row[0]: row[1] for row in rows if len(row) > 1 and row[0].startswith("COCKPIT_")}
    assert told == {
        f"COCKPIT_{what.upper()}_DIR": f"/of/{what}"
        for what in ("config", "data", "state", "cache")
    }


# --- Choosing ---


def test_only_and_skip_choose_tools(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def asked(*words: str) -> list[str]:
        outcomes = document(capsys, *words)["outcomes"]
        return [name for name, outcome in outcomes.items() if outcome["state"] != "skipped"]

    assert asked("--only", "bandit,vulture") == ["vulture", "bandit"]
    assert asked("--skip", "bandit", "--skip", "ruff") == ["vulture", "interrogate"]


def test_a_path_is_all_that_is_checked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "two"):
        (project / folder).mkdir()
        (project / folder / "b.py").write_text(DIRTY, encoding="utf-8")
    assert {one["path"] for one in document(capsys, "one")["findings"]} == {"one/b.py"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "nowhere.py"), "there is no file or folder nowhere.py"),
        (("check", "--only", "pylint"), "there is no tool called pylint"),
        (("check", "--explain", "pylint"), "pylint is no tool of this run"),
        (("check", "--skip", "ruff,vulture,interrogate,bandit"), "no tool is left"),
        (("check", "--output", "no/such/folder/x.json"), "cannot be written"),
        (("chekc",), "Did you mean check?"),
    ],
)
def test_a_wrong_word_is_one_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert main(list(arguments)) == 2
    said = capsys.readouterr().err
    assert words in said and "Traceback" not in said


def test_an_unknown_option_is_told_of(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", "--no-such-option"])
    assert stopped.value.code == 2
    assert "--no-such-option" in capsys.readouterr().err


def test_where_it_cannot_run_yet_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cockpit.cli.sys.platform", "win32")
    assert main(["check"]) == 2
    assert "not run on Windows yet" in capsys.readouterr().err


def test_without_a_terminal_the_screen_names_check(project: Path) -> None:
    done = run(cwd=project)
    assert done.returncode == 2
    assert "cockpit check" in done.stderr and done.stdout == ""


# --- The contract ---


def test_the_json_has_every_field_of_the_contract(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.py").write_text(DIRTY, encoding="utf-8")
    answer = document(capsys)
    assert answer["version"] == 1
    assert answer["root"] == str(project.resolve())
    assert {"base", "generation", "outcomes", "findings"} <= answer.keys()
    assert list(answer["outcomes"]) == ["ruff", "vulture", "interrogate", "bandit"]
    for outcome in answer["outcomes"].values():
        assert outcome.keys() >= OUTCOME_FIELDS
        assert outcome["state"] == "report" and outcome["command"] and outcome["tool_version"]
    assert answer["findings"]
    assert all(finding.keys() >= FINDING_FIELDS for finding in answer["findings"])
    assert answer["outcomes"]["interrogate"]["metric"]["total"] == 2


def test_the_json_is_sorted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.py", "a.py", "B.py"):
        (project / name).write_text(DIRTY * 2, encoding="utf-8")
    rows = [
        (one["path"], one["line"], one["column"], one["checker"], one["rule"])
        for one in document(capsys)["findings"]
    ]
    assert rows == sorted(rows) and len({row[0] for row in rows}) == 3


def test_what_bandit_and_ruff_both_say_is_one_row(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.py").write_text(DIRTY, encoding="utf-8")
    rows = [one for one in document(capsys)["findings"] if one["rule"] in ("B307", "S307")]
    assert [(one["checker"], one["also"]) for one in rows] == [("bandit", ["S307"])]


def test_a_failure_and_an_unread_file_are_told_in_json(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.py").write_text("def f(:\n", encoding="utf-8")
    (project / "pyproject.toml").write_text("[tool.vulture]\nno_such_key = 1\n")
    outcomes = document(capsys)["outcomes"]
    assert outcomes["vulture"]["state"] == "failure" and outcomes["vulture"]["reason"]
    assert [error["path"] for error in outcomes["bandit"]["errors"]] == ["bad.py"]


def test_output_is_written_to_a_file_and_not_to_stdout(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.json"
    assert main(["check", "--format", "json", "--output", str(target)]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(target.read_text(encoding="utf-8"))["version"] == 1


def test_a_pipe_gets_neither_colour_nor_progress(project: Path) -> None:
    done = run("check", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout and "\r" not in done.stdout


# --- Sameness ---


@pytest.mark.regression
@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["a.py"], "only a.py was looked at: what other files use counts as unused"),
        (["a.py", "b.py"], "only a.py and b.py were looked at"),
        (["a.py", "b.py", "c.py", "d.py", "e.py"], "only a.py, b.py, c.py and 2 more were"),
        ([], ""),
        (["."], ""),
        (["clean.py"], ""),
    ],
)
def test_dead_code_of_a_part_says_that_only_that_part_was_looked_at(
    project: Path, capsys: pytest.CaptureFixture[str], paths: list[str], words: str
) -> None:
    for name in "abcde":
        (project / f"{name}.py").write_text(f"def {name}_run():\n    return 1\n", encoding="utf-8")
    (project / "clean.py").write_text(CLEAN, encoding="utf-8")
    main(["check", *paths])
    printed = capsys.readouterr().out.splitlines()
    below = printed[1 + next(n for n, line in enumerate(printed) if " vulture  " in line[:20])]
    assert below.strip().startswith(words) if words else "looked at" not in "".join(printed)


@pytest.mark.regression
def test_the_messages_of_a_file_stand_in_one_column(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """interrogate's rules are longer than the eight characters that `F401` was given."""
    (project / "a.py").write_text(DIRTY, encoding="utf-8")
    findings = document(capsys)["findings"]
    main(["check"])
    rows = [
        line for line in capsys.readouterr().out.splitlines() if line[:10].strip()[:1].isdigit()
    ]
    assert {"F401", "missing-function-docstring"} <= {finding["rule"] for finding in findings}
    assert len(rows) == len(findings)
    starts = {row.index(one["message"]) for row, one in zip(rows, findings, strict=True)}
    assert len(starts) == 1


@pytest.mark.parametrize("tool", ["ruff", "vulture", "interrogate", "bandit"])
def test_explain_prints_the_tools_own_command(
    project: Path, capsys: pytest.CaptureFixture[str], tool: str
) -> None:
    assert main(["check", "--explain", tool]) == 0
    assert capsys.readouterr().out.startswith(f"{tool} ")


def test_verify_finds_no_difference(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "a.py").write_text(DIRTY, encoding="utf-8")
    assert main(["check", "--verify"]) == 0
    assert capsys.readouterr().out.count("no difference") == 4


@pytest.mark.regression
def test_verify_passes_where_neither_side_can_read_a_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status of a comparison is about the comparison, and the help says so."""
    (project / "bad.py").write_text("def (\n", encoding="utf-8")
    assert main(["check", "--verify"]) == 0
    told = capsys.readouterr().out
    assert told.count("no difference") == 4
    assert told.count("1 file that it cannot read") == 2
    assert "its own command breaks on bad.py" in told
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert "0   no difference: what a tool cannot read, cockpit" in capsys.readouterr().out


def test_verify_takes_a_folder_for_a_folder(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "src").mkdir()
    (project / "src" / "clean.py").write_text('"""Clean."""\n')
    assert main(["check", "--verify", "src", "--only", "bandit"]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["check", "--verify", "nothing-here"]) == 2
    assert "nothing-here is no tool" in capsys.readouterr().err


def test_verify_of_nothing_is_no_difference_but_a_failure(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.py").unlink()
    assert main(["check", "--verify", "vulture"]) == 2
    assert "nothing to compare: vulture has no file to read" in capsys.readouterr().out
    assert main(["check", "--explain", "vulture"]) == 2
    assert "vulture has no file to read" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--explain", "--verify"])
def test_explain_and_verify_refuse_a_format_that_they_do_not_have(
    project: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["check", option, "ruff", "--format", "json"]) == 2
    assert "speak text only" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [(["--only", "ruff,vulture"], "--only ruff,vulture"), (["--skip", "bandit"], "--skip bandit")],
)
def test_a_tool_that_was_not_asked_is_skipped_and_says_why(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert main(["check", *words]) == 0
    assert f"bandit       skipped: not asked: {why}" in capsys.readouterr().out
    assert main(["check", *words, "--format", "json"]) == 0
    outcome = json.loads(capsys.readouterr().out)["outcomes"]["bandit"]
    assert (outcome["state"], outcome["reason"]) == ("skipped", f"not asked: {why}")
    assert main(["check", *words, "--explain", "bandit"]) == 2
    assert "bandit" in capsys.readouterr().err


async def test_the_screen_may_ask_for_the_command_of_a_tool_that_was_not_asked(
    project: Path,
) -> None:
    async with open_engine(set_up(request_of([], ["ruff"]), project)) as engine:
        await engine.run_once()
        with pytest.raises(CockpitError, match="bandit was not asked"):
            engine.explain("bandit")
        assert isinstance(engine.snapshot.results["bandit"].outcome, Skipped)
        assert engine.snapshot.fresh


def test_verify_exits_one_on_a_difference(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = headless.verify

    async def verify(engine: Any, name: str) -> Verdict:
        (project / "a.py").write_text(DIRTY, encoding="utf-8")  # behind the engine's back
        return await real(engine, name)

    monkeypatch.setattr(headless, "verify", verify)
    assert main(["check", "--verify", "bandit"]) == 1
    assert "B307" in capsys.readouterr().out


# --- Watching ---


class Watch:
    """A `cockpit watch` that runs, and what it has printed."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            (*COCKPIT, "watch", *arguments),
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        return line

    def event(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.line())
        return answer


@contextmanager
def watching(root: Path, *arguments: str) -> Iterator[Watch]:
    one = Watch(root, *arguments)
    try:
        yield one
    finally:
        one.process.send_signal(signal.SIGTERM)
        one.process.communicate(timeout=20)
    assert one.process.returncode == 128 + signal.SIGTERM


def test_watch_tells_programs_what_came_and_what_went(project: Path) -> None:
    with watching(project, "--format", "json") as watch:
        ready = watch.event()
        assert (ready["event"], ready["added"], ready["removed"]) == ("ready", [], [])
        (project / "a.py").write_text(DIRTY, encoding="utf-8")
        came = watch.event()
        assert (came["event"], came["changed"]) == ("change", ["a.py"])
        assert came["generation"] > ready["generation"]
        assert {"B307", "F401"} <= {one["rule"] for one in came["added"]}
        assert all(one.keys() >= FINDING_FIELDS for one in came["added"])
        assert came["outcomes"].keys() == ready["outcomes"].keys()
        (project / "a.py").write_text(CLEAN, encoding="utf-8")
        went = watch.event()
        assert {"B307", "F401"} <= {one["rule"] for one in went["removed"]} and not went["added"]


def test_watch_tells_people_what_came_and_what_went(project: Path) -> None:
    with watching(project) as watch:
        assert watch.line().startswith("1 file ")
        (project / "a.py").write_text(CLEAN + "eval(input())\n", encoding="utf-8")
        assert watch.line().startswith("a.py")
        sign, place, rule, *_ = watch.line().split()
        assert (sign, place, rule) == ("+", "a.py:5:1", "B307")


def test_watch_names_a_file_that_cannot_be_read_any_more(project: Path) -> None:
    (project / "b.py").write_text(CLEAN, encoding="utf-8")
    with watching(project) as watch:
        assert watch.line().startswith("2 files ")
        (project / "b.py").write_text("def (:\n", encoding="utf-8")
        assert watch.line().startswith("b.py")
        told = watch.line()
        while "vulture" not in told:
            told = watch.line()
        assert "b.py:1 vulture cannot read it: invalid syntax" in told


# --- At the edges ---


def test_whoever_stops_reading_gets_no_traceback(project: Path) -> None:
    (project / "a.py").write_text(DIRTY, encoding="utf-8")
    with subprocess.Popen(
        (*COCKPIT, "check"), cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_an_interrupt_ends_it_and_leaves_no_traceback(project: Path) -> None:
    process = subprocess.Popen(
        (*COCKPIT, "watch"), cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (128 + signal.SIGINT, b"")


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_short_answer_imports_nothing_heavy(option: str) -> None:
    script = (
        "import sys\nfrom cockpit.cli import main\ntry:\n    main([sys.argv[1]])\n"
        "except SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", script, option), capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert not loaded & {"textual", "rich", "msgspec", "vulture", "interrogate", "bandit", "ruff"}
    assert "cockpit" in done.stdout

"""Lint: what ruff is asked, what its lines mean, and that its own command agrees."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from cockpit.checkers import ruff
from cockpit.checkers.interface import Comparable, Completed, Concluded, Settings, split_lines
from cockpit.checkers.ruff import CHECKER
from cockpit.checkers.ruff_facts import Diagnostic, severity_of
from cockpit.errors import CheckerError
from cockpit.model import Finding
from cockpit.outline import Scope
from cockpit.process import clean_env
from tests.checkers.desk import run
from tests.checkers.nasty import NASTY

DEFAULT = CHECKER.settings()
Found = dict[str, list[Diagnostic]]


def line(path: str = "/p/a.py", **values: object) -> bytes:
    """Return one line as ruff prints it."""
    values = {
        "filename": path,
        "code": "F401",
        "message": "`os` imported but unused",
        "name": "unused-import",
        "location": {"row": 1, "column": 8},
        "end_location": {"row": 1, "column": 10},
        "url": "https://docs.astral.sh/ruff/rules/unused-import",
        "fix": None,
        "cell": None,
        "noqa_row": 1,
        **values,
    }
    return json.dumps(values).encode()


def diagnostic(**values: object) -> Diagnostic:
    read = CHECKER.read(Path("/p"), line(**values))
    assert read
    return read[1]


def conclude(
    diagnostics: Sequence[Diagnostic], text: str = "import os\n", scopes: Sequence[Scope] = ()
) -> Concluded:
    conclusion = CHECKER.conclusion(DEFAULT, Path("/p"))
    conclusion.put("a.py", diagnostics, split_lines(text.encode()), list(scopes))
    return conclusion.report()


def only(concluded: Concluded) -> Finding:
    (finding,) = concluded.files["a.py"]
    return finding


class Bench:
    """A folder with files, and ruff run in it as the engine runs it."""

    def __init__(self, root: Path, settings: Settings = DEFAULT) -> None:
        self.root = root
        self.settings = settings
        self.conclusion = CHECKER.conclusion(settings, root)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for path, content in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def ask(self, paths: Sequence[str] | None = None) -> Found:
        done = run(CHECKER.run(self.root, paths, self.settings), self.root)
        CHECKER.finish(done, whole=paths is None)
        found: Found = defaultdict(list)
        for one in done.output.split(b"\n"):
            if read := CHECKER.read(self.root, one):
                found[read[0]].append(read[1])
        return found

    def listed(self) -> frozenset[str]:
        done = run(CHECKER.listing(self.root, None, self.settings), self.root)
        return CHECKER.listed(self.root, done)

    def check(self, paths: Sequence[str] | None = None) -> Concluded:
        found = self.ask(paths)
        for path in (self.conclusion.paths() if paths is None else {*paths}) - found.keys():
            self.conclusion.drop(path)
        for path, diagnostics in found.items():
            content = (self.root / path).read_bytes()
            self.conclusion.put(path, diagnostics, split_lines(content), [])
        return self.conclusion.report()

    def ours(self) -> Comparable:
        return CHECKER.comparable(self.conclusion.report())

    def theirs(self) -> Comparable:
        done = run(CHECKER.verifying(self.root, (), self.settings), self.root)
        return CHECKER.parse(self.root, done)

    def contents(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.unit
class TestSeverity:
    @pytest.mark.parametrize(
        ("rules", "severity"),
        [
            ("F401 F821 E902 E999 PLE0101 invalid-syntax", "high"),
            ("B006 S608 PLW0602 RUF100 ASYNC100 E711 E722 E741 A001 ARG001 FAST001", "medium"),
            ("D100 I001 UP006 SIM102 C401 C901 W291 E501 E701 N801 T201 PTH100 PLC0414", "low"),
            ("PLR2004 FBT001 FIX001 TRY003 ICN001 ISC001 INP001 ERA001 DOC201 Q000", "low"),
        ],
    )
    def test_is_that_of_the_longest_beginning(self, rules: str, severity: str) -> None:
        assert {rule: severity_of(rule) for rule in rules.split()} == dict.fromkeys(
            rules.split(), severity
        )

    def test_is_known_for_every_rule_of_ruff(self) -> None:
        done = run((ruff.binary(), "rule", "--all", "--output-format", "json"), Path())
        count = {"high": 0, "medium": 0, "low": 0}
        for rule in json.loads(done.output):
            count[severity_of(rule["code"] or rule["name"])] += 1
        assert min(count.values()) > 50


@pytest.mark.unit
class TestReading:
    def test_a_line_is_a_path_and_a_diagnostic(self) -> None:
        read = CHECKER.read(Path("/p"), line("/p/pkg/a.py"))
        assert read is not None
        path, one = read
        assert path == "pkg/a.py"
        assert (one.rule, one.name, one.location.row, one.location.column) == (
            *("F401", "unused-import"),
            *(1, 8),
        )

    def test_an_empty_line_is_nothing(self) -> None:
        assert CHECKER.read(Path("/p"), b"") is None

    def test_garbage_is_an_error_with_the_tools_words(self) -> None:
        with pytest.raises(CheckerError, match="not a diagnostic") as caught:
            CHECKER.read(Path("/p"), b"panicked!")
        assert caught.value.words == "panicked!"

    @pytest.mark.parametrize(
        ("fix", "fixable"),
        [
            (None, False),
            ({"applicability": "safe", "edits": [], "message": "x"}, True),
            ({"applicability": "unsafe", "edits": []}, True),
            ({"applicability": "display", "edits": []}, False),
        ],
    )
    def test_a_fix_counts_where_ruff_could_apply_it(self, fix: object, fixable: bool) -> None:
        assert diagnostic(fix=fix).fixable is fixable

    def test_a_link_to_the_root_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        link = tmp_path / "link"
        link.symlink_to("real")
        read = CHECKER.read(link, line(str(tmp_path.resolve() / "real" / "a.py")))
        assert read is not None
        assert read[0] == "a.py"


@pytest.mark.unit
class TestFinding:
    def test_says_what_ruff_says(self) -> None:
        one = only(conclude([diagnostic()], scopes=[Scope(1, 3, "f")]))
        assert (one.rule, one.severity, one.path, one.symbol) == ("F401", "high", "a.py", "f")
        assert (one.line, one.column, one.end_line, one.end_column) == (1, 8, 1, 10)
        assert one.message == "`os` imported but unused"
        assert one.url == "https://docs.astral.sh/ruff/rules/unused-import"

    def test_survives_shifted_lines(self) -> None:
        place = {"location": {"row": 3, "column": 8}, "end_location": {"row": 3, "column": 10}}
        before = only(conclude([diagnostic()]))
        after = only(conclude([diagnostic(**place)], "x\n\nimport os\n"))
        assert before.identity == after.identity

    def test_a_second_offence_in_the_same_scope_is_another(self) -> None:
        place = {"location": {"row": 2, "column": 8}, "end_location": {"row": 2, "column": 10}}
        found = conclude([diagnostic(**place), diagnostic()], "import os\nimport os\n")
        assert [one.line for one in found.files["a.py"]] == [1, 2]
        assert len({one.identity for one in found.files["a.py"]}) == 2

    def test_in_a_notebook_names_the_cell(self) -> None:
        one = only(conclude([diagnostic(cell=3)], "{}"))
        assert (one.message, one.symbol) == ("cell 3: `os` imported but unused", "cell 3")

    def test_a_file_that_cannot_be_read_is_an_error_too(self) -> None:
        words = "stream did not contain valid UTF-8"
        concluded = conclude([diagnostic(code="E902", message=words)])
        assert only(concluded).severity == "high"
        assert [(one.path, one.message) for one in concluded.errors] == [("a.py", words)]

    def test_a_syntax_error_needs_no_code(self) -> None:
        assert only(conclude([diagnostic(code=None, name="")])).rule == "invalid-syntax"

    def test_of_a_rule_without_a_code_has_its_name(self) -> None:
        one = only(conclude([diagnostic(code=None, name="shared-clock-mock")]))
        assert (one.rule, one.severity) == ("shared-clock-mock", "medium")


@pytest.mark.unit
class TestConclusion:
    def test_keeps_the_very_findings_of_what_did_not_change(self) -> None:
        conclusion = CHECKER.conclusion(DEFAULT, Path("/p"))
        conclusion.put("a.py", [diagnostic()], ["import os"], [])
        before = conclusion.report().files
        conclusion.put("a.py", [diagnostic()], ["import os"], [])
        conclusion.put("b.py", [diagnostic()], ["import os"], [])
        assert conclusion.report().files["a.py"] is before["a.py"]
        assert before.keys() == {"a.py"}

    def test_forgets_what_is_gone_or_clean(self) -> None:
        conclusion = CHECKER.conclusion(DEFAULT, Path("/p"))
        for path in ("a.py", "b.py"):
            conclusion.put(path, [diagnostic(code="E902")], [], [])
        assert conclusion.paths() == {"a.py", "b.py"}
        conclusion.put("a.py", [], [], [])
        conclusion.drop("b.py")
        conclusion.drop("never.py")
        assert conclusion.report() == Concluded(files={})


@pytest.mark.unit
class TestFinishing:
    def test_findings_are_an_answer(self) -> None:
        CHECKER.finish(Completed(1, b"", b""), whole=True)

    @pytest.mark.parametrize("code", [2, -9, 101])
    def test_another_exit_code_is_none(self, code: int) -> None:
        words = b"ruff failed\n  Cause: Failed to load x\n  Cause: Required version `>=99`\n  | x\n"
        with pytest.raises(CheckerError, match="stopped: Required version `>=99`; Fail") as caught:
            CHECKER.finish(Completed(code, b"", words), whole=False)
        assert caught.value.words == words.decode().strip()

    def test_silence_is_told_with_the_exit_code(self) -> None:
        with pytest.raises(CheckerError, match="ruff stopped: exit code 101, without a word"):
            CHECKER.finish(Completed(101, b"", b""), whole=False)

    @pytest.mark.regression
    @pytest.mark.parametrize(
        ("settings", "reason"),
        [
            ("line-lenght = 20", "unknown field `line-lenght`; TOML parse error at line 1"),
            ("line-length = 'x'", 'invalid type: string "x", expected i64; TOML parse error at'),
            ("extend = 'no.toml'", "No such file or directory (os error 2); Failed to read "),
            ("lint.select = ['NO1']", "Unknown rule selector `NO1` in `select` from "),
        ],
    )
    def test_a_mistake_in_the_settings_is_what_the_reason_begins_with(
        self, tmp_path: Path, settings: str, reason: str
    ) -> None:
        """A tile has room for a line: "TOML parse error at line 1, column 1" helps nobody."""
        (tmp_path / "pyproject.toml").write_text(f"[tool.ruff]\n{settings}\n")
        (tmp_path / "a.py").touch()
        command = CHECKER.run(tmp_path, None, CHECKER.settings())
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        with pytest.raises(CheckerError) as caught:
            CHECKER.finish(Completed(done.returncode, done.stdout, done.stderr), whole=True)
        assert caught.value.message.startswith(f"ruff stopped: {reason}")
        assert "pyproject.toml" in caught.value.message or "no.toml" in caught.value.message

    def test_a_whole_tree_without_a_file_is_none(self) -> None:
        none = Completed(0, b"", b"warning: No Python files found under the given path(s)\n")
        CHECKER.finish(none, whole=False)
        with pytest.raises(CheckerError, match="ruff read no file"):
            CHECKER.finish(none, whole=True)


@pytest.mark.unit
class TestCommand:
    def test_only_looks(self) -> None:
        command = CHECKER.run(Path(), ["a.py"], DEFAULT)
        assert {"--no-fix", "--no-fix-only", "--no-cache", "--force-exclude"} <= {*command}
        assert command[-2:] == ("--", "./a.py")

    def test_to_print_is_the_plain_one(self) -> None:
        assert CHECKER.explain(Path(), (), DEFAULT) == (
            *("ruff", "check", "--extend-select", "S", "--no-fix", "--no-fix-only"),
        )
        assert CHECKER.explain(Path(), ["src"], DEFAULT)[-2:] == ("--", "./src")

    def test_leaves_the_security_rules_out_where_asked(self) -> None:
        assert "S" not in CHECKER.run(Path(), None, CHECKER.settings(security=False))

    def test_names_the_package_around_a_nested_one(self, bench: Bench) -> None:
        paths = ("a/__init__.py", "a/gap/b/__init__.py", "a/gap/b/c/__init__.py")
        bench.write(dict.fromkeys(paths, ""))
        assert CHECKER.run(bench.root, [paths[1]], DEFAULT)[-2:] == (
            *("./a/gap/b/__init__.py", "./a/__init__.py"),
        )
        (bench.root / "a/gap/__init__.py").touch()
        assert CHECKER.run(bench.root, [paths[1]], DEFAULT)[-2:] == ("--", f"./{paths[1]}")

    @pytest.mark.parametrize(
        ("path", "settles"),
        [
            ("pyproject.toml", True),
            ("sub/ruff.toml", True),
            (".ruff.toml", True),
            ("base.toml", True),
            ("sub/.gitignore", True),
            (".ignore", True),
            ("a.py", False),
            ("README.md", False),
        ],
    )
    def test_is_for_the_whole_tree_where_settings_change(self, path: str, settles: bool) -> None:
        assert CHECKER.settles(path) is settles


@pytest.mark.unit
class TestBinary:
    @pytest.fixture(autouse=True)
    def forget(self) -> None:
        ruff.binary.cache_clear()

    def test_is_found_beside_us(self) -> None:
        assert Path(ruff.binary()).is_file()
        assert CHECKER.version()[0].isdigit()

    def test_missing_is_an_error_that_says_where_it_is_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "ruff", None)
        monkeypatch.setattr("shutil.which", lambda *_args, **_more: None)
        with pytest.raises(CheckerError, match="ruff is not installed") as caught:
            ruff.binary()
        assert "beside cockpit" in caught.value.words

    @pytest.mark.security
    def test_is_never_the_projects(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        bench.write({"ruff": "#!/bin/sh\nexit 0\n"})
        (bench.root / "ruff").chmod(0o755)
        monkeypatch.chdir(bench.root)
        monkeypatch.setenv("PATH", ".")
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        monkeypatch.setitem(sys.modules, "ruff", None)
        with pytest.raises(CheckerError):
            ruff.binary()


@pytest.mark.integration
class TestDocumentation:
    def test_is_ruffs_own_page(self) -> None:
        page = CHECKER.read_document(run(CHECKER.document_command(Path(), "S608", DEFAULT), Path()))
        assert (page.rule, page.name) == ("S608", "hardcoded-sql-expression")
        assert page.text.startswith("## What it does")
        assert page.url == "https://docs.astral.sh/ruff/rules/hardcoded-sql-expression"

    def test_of_no_rule_is_an_error(self) -> None:
        with pytest.raises(CheckerError, match="no page"):
            CHECKER.read_document(
                run(CHECKER.document_command(Path(), "invalid-syntax", DEFAULT), Path())
            )


BAD = "import os\nassert 1\nx = eval('1')\n"
#: Projects by what is special in their settings; each holds the files of `TREE` too.
PROJECTS: dict[str, dict[str, str]] = {
    "default": {},
    "all rules": {"ruff.toml": 'preview = true\n[lint]\nselect = ["ALL"]\n'},
    "nested": {
        "pyproject.toml": '[tool.ruff.lint]\nselect = ["E", "D"]\n',
        "pkg/ruff.toml": 'extend = "../base.toml"\n[lint]\nignore = ["F401"]\n',
        "base.toml": '[lint]\nselect = ["F", "I"]\n',
        "tests/.ruff.toml": "line-length = 5\n",
    },
    "by file": {
        "ruff.toml": '[lint.per-file-ignores]\n"tests/*" = ["S101", "F"]\n"a.py" = ["S"]\n'
    },
    "excludes": {"ruff.toml": 'extend-exclude = ["tests", "pkg/b.py"]\n'},
    "includes": {"ruff.toml": 'include = ["pkg/**", "*.txt"]\n'},
    "no gitignore": {"ruff.toml": "respect-gitignore = false\n"},
    "output": {"ruff.toml": 'output-format = "grouped"\nshow-fixes = true\nunsafe-fixes = true\n'},
    "fixes": {"ruff.toml": "fix = true\nshow-fixes = true\n"},
    "only fixes": {"ruff.toml": "fix-only = true\nunsafe-fixes = true\n"},
}
TREE: dict[str, str] = {
    "a.py": BAD,
    "pkg/__init__.py": "",
    "pkg/b.py": BAD,
    "pkg/gap/c/__init__.py": "import os\n",
    "tests/test_a.py": BAD,
    "ignored.py": BAD,
    ".gitignore": "ignored.py\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    "notes.txt": BAD,
    "wide.py": "x = '漢字😀'; eval('é')\nif x:\n\teval('y')\n",
    "bom.py": "\ufeffimport os\n",
    "book.ipynb": json.dumps(
        {
            "cells": [
                {"cell_type": "code", "metadata": {}, "outputs": [], "source": [source]}
                for source in ("import os\n", BAD)
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    ),
}


@pytest.mark.integration
class TestSameness:
    @pytest.mark.parametrize("name", PROJECTS)
    def test_with_the_command_and_file_by_file(self, bench: Bench, name: str) -> None:
        bench.write({**TREE, **PROJECTS[name]})
        bench.check()
        assert bench.ours().rows
        assert bench.ours() == bench.theirs()
        alone = Bench(bench.root)
        for path in sorted(bench.listed()):
            alone.check([path])
        assert alone.ours() == bench.theirs()

    @pytest.mark.security
    @pytest.mark.parametrize("name", PROJECTS)
    def test_nothing_is_written(self, bench: Bench, name: str) -> None:
        bench.write({**TREE, **PROJECTS[name]})
        before = bench.contents()
        bench.check()
        bench.check(["a.py"])
        bench.listed()
        bench.theirs()
        _, *arguments = CHECKER.explain(bench.root, (), DEFAULT)
        run((ruff.binary(), *arguments, "--no-cache"), bench.root)
        assert bench.contents() == before

    def test_settings_change_what_is_found(self, tmp_path: Path) -> None:
        found = {}
        for name, files in PROJECTS.items():
            one = Bench(tmp_path / name)
            one.write({**TREE, **files})
            one.check()
            found[name] = one.ours()
        same = {name for name, rows in found.items() if rows == found["default"]}
        assert same == {"default", "output", "fixes", "only fixes"}

    @pytest.mark.parametrize("rules", ["default", "all rules"])
    def test_on_nasty_files(self, bench: Bench, rules: str) -> None:
        odd = {os.fsdecode(b"not\xffutf8.py"): BAD, "@at.py": BAD, "-": BAD, "new\nline.py": BAD}
        bench.write({**NASTY, **PROJECTS[rules], **odd})
        report = bench.check()
        assert os.fsdecode(b"not\xffutf8.py") in report.files
        assert bench.ours() == bench.theirs()
        named = [path for path in [*NASTY, *odd] if path != "-"]
        alone = Bench(bench.root)
        alone.check(named)
        assert alone.ours() == bench.theirs()

    def test_after_edits(self, bench: Bench) -> None:
        bench.write(TREE)
        bench.check()
        bench.write({"a.py": "x = 1\n", "pkg/b.py": "import re\n", "tests/test_a.py": "x = (\n"})
        bench.check(["a.py", "pkg/b.py", "tests/test_a.py"])
        assert bench.ours() == bench.theirs()
        (bench.root / "pkg/b.py").unlink()
        bench.write({"new.py": BAD})
        bench.check()
        assert bench.ours() == bench.theirs()

    @pytest.mark.parametrize(
        ("pattern", "gone"),
        [
            ("tests", {"tests/test_a.py"}),
            ("pkg/b.py", {"pkg/b.py"}),
            ("./pkg/", {"pkg/b.py", "pkg/gap/c/__init__.py"}),
            ("test_?.py", {"tests/test_a.py"}),
            ("{a,wide}.py", set()),
        ],
    )
    def test_without_what_cockpit_leaves_out(
        self, bench: Bench, pattern: str, gone: set[str]
    ) -> None:
        bench.write(TREE)
        everything = bench.check().files.keys()
        less = Bench(bench.root, CHECKER.settings(exclude=[pattern]))
        assert everything - less.check().files.keys() == gone
        assert less.ours() == less.theirs()

    def test_columns_count_code_points(self, bench: Bench) -> None:
        bench.write({"wide.py": TREE["wide.py"], "bom.py": TREE["bom.py"]})
        report = bench.check()
        assert [one.column for one in report.files["bom.py"] if one.rule == "F401"] == [8]
        columns = [one.column for one in report.files["wide.py"] if one.rule == "S307"]
        assert columns == [text.index("eval") + 1 for text in TREE["wide.py"].splitlines()[::2]]

    @pytest.mark.parametrize(
        ("files", "words"),
        [
            ({"pyproject.toml": "[tool.ruff\n"}, "pyproject.toml"),
            ({"ruff.toml": "bogus = 1\n"}, "unknown field `bogus`"),
            ({"pkg/ruff.toml": "bogus = 1\n"}, "unknown field `bogus`"),
            ({"ruff.toml": 'required-version = ">=99"\n'}, "Required version"),
        ],
    )
    def test_settings_that_stop_ruff_are_said_in_its_words(
        self, bench: Bench, files: dict[str, str], words: str
    ) -> None:
        bench.write({**TREE, **files})
        with pytest.raises(CheckerError) as caught:
            bench.check()
        assert words in caught.value.words

    def test_a_project_without_python_is_no_clean_one(self, bench: Bench) -> None:
        bench.write({"a.txt": BAD})
        with pytest.raises(CheckerError, match="ruff read no file"):
            bench.check()

    @pytest.mark.security
    def test_the_environment_cannot_send_it_elsewhere(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RUFF_OUTPUT_FILE", str(bench.root / "stolen"))
        monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "full")
        assert not [name for name in clean_env() if name.startswith("RUFF_")]

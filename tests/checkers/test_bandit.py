"""Security: one file's facts, settings as bandit reads them, and that bandit's command agrees."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.checkers.bandit import CHECKER, _far
from cockpit.checkers.bandit_facts import Choices, Facts, Options, place, text_lines
from cockpit.checkers.interface import Completed, Concluded, Settings
from cockpit.errors import CheckerError
from cockpit.model import Finding
from tests.checkers.desk import Desk, console_script, run, source
from tests.checkers.nasty import NASTY

Files = Mapping[str, str | bytes]

bandit_far = _far("far")

SHELL = "import subprocess\nsubprocess.call('ls', shell=True)\n"
#: Around these depths bandit's recursion ends.
DEPTHS = range(880, 1000, 13)
#: What bandit in particular may stumble over.
ODD: dict[str, bytes] = {
    "nosec.py": b"import subprocess\nsubprocess.call('ls', shell=True)  # nosec\n"
    b"subprocess.call('ls', shell=True)  # nosec B602\nassert x  # nosec assert_used\n"
    b"assert y  # nosec: B102, B101\nassert z  # nosec foo_bar\nx = '''a\nb # nosec\n'''\n"
    b"d = {'password': 'x',\n  'token': 'abc',  # nosec\n}\n",
    "formfeed.py": b"if 1:\n\x0c    assert x\n\x0c\n    assert y\n",
    "formfeed2.py": b"if 1:\n  \x0c  assert x\n    assert y\n",
    "backslash.py": b"if 1:\n  \\\n    assert x\n  y = 2\n",
    "backslash2.py": b"x = 1\n\\\nassert x\n",
    "bom.py": b"\xef\xbb\xbfassert 1; password = 'x'\n",
    "bom_cookie.py": b"\xef\xbb\xbf# coding: latin-1\nassert 1\n",
    "cp1252.py": b"# coding: cp1252\nx = '\x80'; assert x\n",
    "utf16.py": "assert 1 # nosec\n".encode("utf-16"),
    "utf7.py": b"# coding: utf-7\nx = '+AGEAYg-'; assert x  +ACM nosec\n",
    "comment.py": b"assert 1 # \xff\n",
    "return.py": b"assert 1\rassert 2 # nosec\rassert 3\r",
    "crlf.py": b"assert 1\r\nassert 2  # nosec B101\r\nassert 3\r\n",
    "separator.py": "x = 'a\u2028b'; assert x\nassert 2\n".encode(),
    "trojan.py": "y = 1\nx = 'é\u202e'\nassert 1\n".encode(),
    "wide.py": "x = '漢字😀'; assert x; eval('é'); password = '😀'\n".encode(),
    "tabs.py": b"if 1:\n\tassert 1; eval('x')\n",
    "tar.py": b"import tarfile\nt = tarfile.open('x')\nt.extractall(members=t.x)\n"
    b"t.extractall(members=f(t))\nt.extractall(members=t.f())\nt.extractall()\n",
    "chmod.py": b"import os\nos.chmod({'a': b, **c}, 0o777)\nos.chmod([x.y, f()], 0o777)\n",
    "lines.py": "import subprocess\nsubprocess.Popen(\n    cmd,\n    shell=True,\n)\nx = {\n"
    " 'password': 'é',\n  'b': 'select %s from' % y,\n}\n".encode(),
    "script.pyw": b"assert 1\n",
    "comma,semi;.py": b"assert 1\n",
    "@at.py": b"assert 1\n",
    "folder.py/x.py": b"assert 1\n",
    "new\nline.py": b"assert 1\n",
    "x.egg/x.py": b"assert 1\n",
    **{f"deep/plus{n}.py": b"x = " + b"+".join([b"1"] * n) + b"\nassert x\n" for n in DEPTHS},
    **{f"deep/attr{n}.py": b"x = a" + b".b" * n + b"('x')\nassert x\n" for n in DEPTHS},
}

#: Text out of which hypothesis makes files that the two tokenizers may read differently.
PIECES = (
    *(
        "assert x",
        "if 1:",
        "x = 1",
        ";",
        "  ",
        "    ",
        "\t",
        "\n",
        "\n",
        "\\\n",
        "\x0c",
        "\r",
        "\r\n",
    ),
    *("# é", "'''", "'a'", "(", ")", "\0", "$", "# coding: utf-8\n"),
)


def options(**values: object) -> bytes:
    return msgspec.msgpack.encode(msgspec.convert(values, Options))


def facts(content: str | bytes, path: str = "a.py", chosen: bytes = b"\x80") -> Facts:
    encoded = CHECKER.analyse(source(content, path), chosen)
    return msgspec.msgpack.decode(encoded, type=Facts)


def conclude(files: Files, choices: Choices | None = None) -> Concluded:
    chosen = Settings(conclude=msgspec.msgpack.encode(choices or Choices()))
    conclusion = CHECKER.conclusion(chosen, Path())
    for path, content in files.items():
        conclusion.put(path, CHECKER.analyse(source(content, path), b"\x80"))
    return conclusion.report()


def findings(content: str | bytes, path: str = "a.py") -> tuple[Finding, ...]:
    return conclude({path: content}).files.get(path, ())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(CHECKER, tmp_path)


@pytest.mark.unit
class TestFinding:
    def test_says_what_bandit_says(self) -> None:
        one = findings("def f():\n    assert x\n")[0]
        assert (one.rule, one.name, one.severity, one.confidence) == (
            "B101",
            "assert_used",
            "low",
            "HIGH",
        )
        assert one.message.startswith("Use of assert detected.")
        assert one.symbol == "f"
        assert one.url.endswith("/plugins/b101_assert_used.html")

    @pytest.mark.parametrize(
        ("code", "severity"),
        [(SHELL, "low"), ("exec('x')\n", "medium"), ("import hashlib; hashlib.md5()\n", "high")],
    )
    def test_has_bandits_severity(self, code: str, severity: str) -> None:
        assert severity in {one.severity for one in findings(code)}

    @pytest.mark.parametrize(
        ("code", "place"),
        [
            ("assert x\n", (1, 1, 1, 9)),
            ("if 1:\n\tassert x\n", (2, 2, 2, 10)),
            ("x = '漢😀'; assert x\n", (1, 11, 1, 19)),
            (b"\xef\xbb\xbfassert x\n", (1, 1, 1, 9)),
            (b"# coding: latin-1\nx = '\xe9'; assert x\n", (2, 10, 2, 18)),
            ("assert (\n  x\n)\n", (1, 1, 3, 2)),
        ],
    )
    def test_columns_count_code_points(self, code: str, place: tuple[int, ...]) -> None:
        one = findings(code)[0]
        assert (one.line, one.column, one.end_line, one.end_column) == place

    def test_of_a_whole_file_is_at_the_hidden_character(self) -> None:
        one = findings("x = 1\ny = 'é\u202e'\n")[0]
        assert (one.rule, one.line, one.column) == ("B613", 2, 7)

    def test_an_offset_beyond_its_line_stays_apart_from_another(self) -> None:
        near = place("B105", 1, [1], (5, 50), ["é"])
        far = place("B105", 1, [1], (5, 51), ["é"])
        assert near != far

    def test_findings_are_in_order_of_place(self) -> None:
        found = findings("y = '\u202e'\n@f(eval(''))\ndef f():\n    assert x; assert y\n")
        assert [(one.line, one.rule) for one in found] == [
            (1, "B613"),
            (2, "B307"),
            (4, "B101"),
            (4, "B101"),
        ]

    def test_survives_shifted_lines_and_reformatting(self) -> None:
        before = findings("def f():\n    subprocess.call('ls', shell=True)\n    assert x\n")
        after = findings(
            '\n\ndef f():\n    assert x\n    subprocess.call(\n        "ls",\n'
            "        shell=True,\n    )\n"
        )
        assert {one.identity for one in before} == {one.identity for one in after}

    def test_a_second_offence_in_the_same_scope_is_another(self) -> None:
        one, two = findings("assert x\nassert x\n")
        assert one.identity != two.identity

    def test_another_entry_of_a_literal_does_not_make_a_password_new(self) -> None:
        before = findings("d = {\n  'password': 'x',\n  'b': 1,\n}\n")
        after = findings("d = {\n  'password': 'x',\n  'b': 2,\n  'c': 3,\n}\n")
        assert [one.identity for one in before] == [one.identity for one in after]


@pytest.mark.unit
class TestFacts:
    def test_say_the_same_at_every_run(self) -> None:
        code = ODD["tar.py"].decode()
        texts = [issue.text for issue in facts(code).issues]
        assert any("<ast.Attribute object>" in text for text in texts)
        assert facts(code) == facts(code)

    def test_hold_text_that_is_no_text(self) -> None:
        (issue,) = facts("password = '\\udc80'\n").issues
        assert issue.text == "Possible hardcoded password: '\\udc80'"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"x = (\n", "syntax error while parsing AST from file"),
            (b"if 1:\n        x = 1\n    y = 2\n", "syntax error while parsing AST from file"),
            (b"# coding: nosuch\n", "syntax error while parsing AST from file"),
        ],
    )
    def test_name_the_reason_for_a_file_that_was_skipped(self, content: bytes, reason: str) -> None:
        concluded = conclude({"a.py": content, "b.py": b"assert x\n"})
        assert [(one.path, one.message) for one in concluded.errors] == [("a.py", reason)]
        assert list(concluded.files) == ["b.py"]

    @pytest.mark.regression
    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"x = 1\n\ndef (\n", 3),
            (b"if 1:\n        x = 1\n    y = 2\n", 3),
            (b"# coding: nosuch\n", 0),
            (b"x = 1\n\0\n", 0),
        ],
    )
    def test_name_the_line_where_python_stops_reading_if_it_says_one(
        self, content: bytes, line: int
    ) -> None:
        """bandit names none; the others do, and stand beside it."""
        assert [one.line for one in conclude({"a.py": content}).errors] == [line]

    def test_name_a_test_that_broke_once_and_its_line(self) -> None:
        code = "import tarfile\nt.extractall(members=t.f())\nt.extractall(members=t.f())\n"
        ((line, words),) = facts(code).broken
        assert line == 2
        assert words == (
            "bandit's test tarfile_unsafe_members broke here: "
            "'Attribute' object has no attribute 'id'"
        )

    def test_open_no_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        facts("assert x\n")  # imports are done

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("a file was opened")

        monkeypatch.setattr("builtins.open", refuse)
        monkeypatch.setattr("os.path.isfile", refuse)
        assert len(facts("def f():\n    assert x\n", "no/such/file.py").issues) == 1

    def test_print_nothing(self, capfd: pytest.CaptureFixture[str]) -> None:
        facts(b"x = '\\d'\nassert (1, 'x')  # nosec foo\n")
        facts(ODD["tar.py"])
        facts(b"x = (\n")
        assert capfd.readouterr() == ("", "")

    def test_of_options_that_take_turns_are_those_of_the_options(self) -> None:
        strict = options(config={"hardcoded_tmp_directory": {"tmp_dirs": ["/srv"]}})
        code = "a = '/srv/x'\nb = '/tmp/x'\n"
        for _ in range(2):
            assert [issue.line for issue in facts(code, chosen=strict).issues] == [1]
            assert [issue.line for issue in facts(code, chosen=options()).issues] == [2]

    def test_depend_on_the_path_where_a_setting_asks_for_it(self) -> None:
        chosen = options(config={"assert_used": {"skips": ["*/test_*.py"]}})
        assert not facts("assert x\n", "tests/test_a.py", chosen).issues
        assert facts("assert x\n", "tests/a.py", chosen).issues
        keys = {CHECKER.path_key(path, "", "m") for path in ("tests/test_a.py", "tests/a.py")}
        assert len(keys) == 2

    @pytest.mark.parametrize("path", sorted(ODD))
    def test_are_the_same_without_the_search_for_nosec(
        self, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quick = facts(ODD[path], path)
        monkeypatch.setattr(bandit_far, "_without_nosec", lambda _content: False)
        assert facts(ODD[path], path) == quick

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.sampled_from(PIECES),
            max_size=14,
        )
    )
    def test_of_any_text_are_the_same_without_the_search(self, pieces: list[str]) -> None:
        content = "".join(pieces).encode()
        quick = facts(content)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bandit_far, "_without_nosec", lambda _content: False)
            assert facts(content) == quick

    def test_of_most_files_need_no_search(self) -> None:
        assert bandit_far._without_nosec(b"# coding: utf-8\nx = 1\n")
        assert not bandit_far._without_nosec(b"assert x  # nosec\n")

    def test_lines_are_read_in_the_files_own_encoding(self) -> None:
        assert text_lines(b"# coding: latin-1\n\xe9") == ["# coding: latin-1", "é"]
        assert text_lines(b"# coding: nosuch\n\xe9") == ["# coding: nosuch", "\ufffd"]


@pytest.mark.unit
class TestConclusion:
    def test_keeps_the_very_findings_of_what_did_not_change(self) -> None:
        conclusion = CHECKER.conclusion(Settings(conclude=b"\x80"), Path())
        for path in ("a.py", "b.py"):
            conclusion.put(path, CHECKER.analyse(source("assert x\n", path), b"\x80"))
        before = conclusion.report()
        conclusion.put("a.py", CHECKER.analyse(source("assert x\n", "a.py"), b"\x80"))
        conclusion.put("b.py", CHECKER.analyse(source("assert y\n", "b.py"), b"\x80"))
        after = conclusion.report()
        assert after.files["a.py"] is before.files["a.py"]
        assert after.files["b.py"] != before.files["b.py"]
        assert after.files is not before.files

    def test_adds_the_metrics_up_and_takes_them_back(self) -> None:
        conclusion = CHECKER.conclusion(Settings(conclude=b"\x80"), Path())
        empty = conclusion.report().metric
        conclusion.put("a.py", CHECKER.analyse(source("assert x\n"), b"\x80"))
        one = conclusion.report()
        assert one.metric == {**dict.fromkeys(empty, 0), "loc": 1, **_ONE_ASSERT}
        assert one.file_metrics == {"a.py": {**dict.fromkeys(empty, 0), "loc": 1, **_ONE_ASSERT}}
        conclusion.fail("a.py", "the worker died")
        failed = conclusion.report()
        assert failed.metric == empty
        assert [(error.path, error.message) for error in failed.errors] == [
            ("a.py", "the worker died")
        ]
        conclusion.drop("a.py")
        conclusion.drop("never.py")
        assert conclusion.report() == Concluded(files={}, metric=empty)

    @pytest.mark.parametrize(
        ("choices", "rules"),
        [
            (Choices(), {"B404", "B607", "B602", "B324"}),
            (Choices(level=3), {"B324"}),
            (Choices(level=4), {"B324"}),
            (Choices(confidence=4), {"B404", "B607", "B602", "B324"}),
        ],
    )
    def test_shows_what_is_severe_and_sure_enough(self, choices: Choices, rules: set[str]) -> None:
        code = SHELL + "import hashlib\nhashlib.md5()\n"
        assert {one.rule for one in conclude({"a.py": code}, choices).files["a.py"]} == rules

    def test_names_what_bandit_warned_of_in_the_settings(self) -> None:
        note = (".bandit", "Unknown test found in profile: B999")
        (error,) = conclude({}, Choices(notes=(note,))).errors
        assert (error.path, error.message) == note


_ONE_ASSERT = {"SEVERITY.LOW": 1, "CONFIDENCE.HIGH": 1}


@pytest.mark.unit
class TestDocumentation:
    def test_every_test_has_a_page_of_bandits_own_words(self) -> None:
        from bandit.core.extension_loader import MANAGER

        for rule in (*MANAGER.plugins_by_id, *MANAGER.blacklist_by_id):
            page = CHECKER.document(rule)
            assert page.rule == rule
            assert page.url.startswith("https://bandit.readthedocs.io/")
            assert len(page.text) > 100, rule
            assert ":: " not in page.text.replace("::1", ""), rule
            assert page.text.count("```") % 2 == 0, rule

    def test_is_markdown(self) -> None:
        text = CHECKER.document("B101").text
        assert text.startswith("## B101: Test for use of assert\n")
        assert "```yaml\nassert_used:\n  skips: " in text
        assert "**Example**" in text
        assert "*Added in 0.11.0*" in text
        assert "``AssertionError``" not in text

    def test_of_a_listed_call_is_its_part_of_the_list(self) -> None:
        text = CHECKER.document("B305").text
        assert text.startswith("## B304 - B305: ciphers and modes")
        assert "B306" not in text

    def test_of_no_test_is_an_error(self) -> None:
        with pytest.raises(CheckerError, match="bandit knows no test B999"):
            CHECKER.document("B999")


#: Projects by what is special in their settings; each holds the files of `TREE` too.
PROJECTS: dict[str, Files] = {
    "default": {},
    "toml, empty": {"pyproject.toml": "[tool.bandit]\n"},
    "toml of others": {"pyproject.toml": "[tool.other]\n"},
    "skips": {"pyproject.toml": '[tool.bandit]\nskips = ["B101", "B404"]\n'},
    "tests": {"pyproject.toml": '[tool.bandit]\ntests = ["B608", "B105", "B101"]\n'},
    "unknown test": {"pyproject.toml": '[tool.bandit]\nskips = ["B999", "assert_used"]\n'},
    "all listed calls": {"pyproject.toml": '[tool.bandit]\ntests = ["B001"]\n'},
    "no listed call": {"pyproject.toml": '[tool.bandit]\nskips = ["B001"]\n'},
    "exclude_dirs": {"pyproject.toml": '[tool.bandit]\nexclude_dirs = ["tests", "*/l?b/*"]\n'},
    "exclude_dirs from the root": {
        "pyproject.toml": '[tool.bandit]\nexclude_dirs = ["./tests", "pkg/*", "/li"]\n'
    },
    "include": {"pyproject.toml": '[tool.bandit]\ninclude = ["*.py", "*.txt"]\n'},
    "include, by letters": {"pyproject.toml": '[tool.bandit]\ninclude = "*.py"\n'},
    "plugin": {
        "pyproject.toml": '[tool.bandit.hardcoded_tmp_directory]\ntmp_dirs = ["/srv", "/opt"]\n'
    },
    "plugin by path": {
        "pyproject.toml": '[tool.bandit.assert_used]\nskips = ["*/test_*.py", "./pkg/*"]\n'
    },
    "plugin, half": {"pyproject.toml": '[tool.bandit.shell_injection]\nshell = ["os.system"]\n'},
    "typed exceptions": {
        "pyproject.toml": "[tool.bandit.try_except_pass]\ncheck_typed_exception = true\n"
    },
    "log format": {"pyproject.toml": '[tool.bandit]\nlog_format = "%(message)s"\n'},
    "ini, skips": {".bandit": "[bandit]\nskips: B101,B404\n"},
    "ini, tests": {".bandit": "[bandit]\ntests = B101,B102\n"},
    "ini, exclude": {".bandit": "[bandit]\nexclude = ./tests,kg\n"},
    "ini, exclude folder": {".bandit": "[bandit]\nexclude = tests/,/pkg\n"},
    "ini, targets": {".bandit": "[bandit]\ntargets = tests, pkg/a.py,notes.txt\n"},
    "ini, level": {".bandit": "[bandit]\nlevel = 3\nconfidence = 3\n"},
    "ini, nosec": {".bandit": "[bandit]\nignore-nosec = false\n"},
    "ini, output": {".bandit": "[bandit]\nformat = csv\nverbose = 1\naggregate = vuln\n"},
    "ini, debug": {".bandit": "[bandit]\ndebug = 1\n"},
    "ini without a section": {".bandit": "[other]\n"},
    "ini, broken": {".bandit": "skips\n"},
    "ini and toml": {
        ".bandit": "[bandit]\nskips = B101\n",
        "pyproject.toml": '[tool.bandit]\nskips = ["B102"]\n',
    },
    "ini in a folder": {"sub/.bandit": "[bandit]\nskips = B101\n"},
    "yaml": {
        ".bandit": "[bandit]\nconfigfile = b.yaml\n",
        "b.yaml": "skips: [B101]\nexclude_dirs: ['tests']\n",
        "pyproject.toml": '[tool.bandit]\nskips = ["B102"]\n',
    },
    "profile": {
        ".bandit": "[bandit]\nconfigfile = b.yaml\nprofile = mine\n",
        "b.yaml": "profiles:\n  mine:\n    include: [exec_used, B105, blacklist_calls]\n"
        "blacklist_calls:\n  bad_name_sets:\n"
        "    - x: {qualnames: [open, os.chmod], message: 'm {func}'}\n",
    },
}
TREE: Files = {
    "pkg/__init__.py": "",
    "pkg/a.py": "import subprocess, os, hashlib\nassert x\nexec('x')\npassword = 'x'\n"
    "hashlib.md5()\nos.chmod('/srv/x', 0o777)\nopen('/opt/a')\n",
    "pkg/nosec.py": ODD["nosec.py"],
    "tests/test_a.py": "assert 1\nx = 'select * from %s' % y\ntry:\n  f()\nexcept E:\n  pass\n",
    "tests/tar.py": ODD["tar.py"],
    "lib/b.py": "assert 1\n",
    "notes.txt": "assert 1\n",
}
#: Settings on which bandit's own command ends without an answer, and our sentence.
REFUSED: dict[str, tuple[Files, str]] = {
    "test both asked for and skipped": (
        {"pyproject.toml": '[tool.bandit]\ntests = ["B101"]\nskips = ["B101"]\n'},
        "Non-exclusive include/exclude test sets",
    ),
    "only unknown tests": (
        {"pyproject.toml": '[tool.bandit]\ntests = ["B999"]\n'},
        "bandit has no test to run",
    ),
    "number for a list": ({"pyproject.toml": "[tool.bandit]\ntests = 3\n"}, "not iterable"),
    "text for a list": (
        {"pyproject.toml": '[tool.bandit]\nexclude_dirs = "tests"\n'},
        "bandit needs a list for `exclude_dirs`",
    ),
    "numbers in a list": (
        {"pyproject.toml": "[tool.bandit]\nexclude_dirs = [1]\n"},
        "bandit needs text in `exclude_dirs`",
    ),
    "no table": ({"pyproject.toml": "[tool]\nbandit = 3\n"}, "bandit cannot use its settings"),
    "no TOML": (
        {"pyproject.toml": "[tool.bandit\n"},
        "bandit cannot read pyproject.toml: Expected ",
    ),
    "level": ({".bandit": "[bandit]\nlevel = 1\n"}, "bandit breaks on `level = 1`"),
    "level in words": ({".bandit": "[bandit]\nlevel = high\n"}, "bandit breaks on `level = high`"),
    "number in words": ({".bandit": "[bandit]\nnumber = many\n"}, "invalid literal for int"),
    "output": ({".bandit": "[bandit]\noutput = o.json\n"}, "bandit breaks on `output`"),
    "no such config": ({".bandit": "[bandit]\nconfigfile = no.yaml\n"}, "Could not read config"),
    "no YAML": (
        {".bandit": "[bandit]\nconfigfile = b.yaml\n", "b.yaml": "a: [\n"},
        "b.yaml : Error parsing file.",
    ),
    "no such profile": (
        {".bandit": "[bandit]\nprofile = other\n"},
        "Unable to find profile (other)",
    ),
    "no such baseline": ({".bandit": "[bandit]\nbaseline = no.json\n"}, "cannot read its baseline"),
    "two of them": (
        {".bandit": "[bandit]\n", "sub/.bandit": "[bandit]\n"},
        "bandit takes one .bandit file and the project has 2",
    ),
}


@pytest.mark.integration
class TestSettings:
    @pytest.mark.parametrize("name", PROJECTS)
    def test_mean_the_same_as_to_the_command(self, desk: Desk, name: str) -> None:
        desk.write({**TREE, **PROJECTS[name]})
        desk.start()
        assert desk.files
        assert desk.ours() == desk.theirs()

    def test_change_what_is_found(self, tmp_path: Path) -> None:
        seen: dict[str, object] = {}
        for name, files in PROJECTS.items():
            desk = Desk(CHECKER, tmp_path / name)
            desk.write({**TREE, **files})
            desk.start()
            seen[name] = desk.ours()
        same = {name for name, found in seen.items() if found == seen["default"]}
        assert same == {
            *("default", "toml, empty", "toml of others", "unknown test", "log format"),
            *("ini, output", "ini without a section", "ini, broken"),
        }

    @pytest.mark.parametrize("name", REFUSED)
    def test_that_stop_the_command_are_refused(self, desk: Desk, name: str) -> None:
        files, sentence = REFUSED[name]
        desk.write({**TREE, **files})
        with pytest.raises(CheckerError) as caught:
            desk.start()
        assert sentence in caught.value.message
        assert str(desk.root) not in caught.value.message + caught.value.words
        extra = ("-c", "pyproject.toml") if "pyproject.toml" in files else ()
        done = run((console_script("bandit"), "-r", ".", "-q", *extra), desk.root)
        assert done.code == 2 or b"Traceback" in done.errors

    def test_are_not_read_from_a_pipe(self, desk: Desk) -> None:
        desk.write({**TREE, ".bandit": "[bandit]\nconfigfile = pipe\n"})
        os.mkfifo(desk.root / "pipe")
        caught: list[BaseException] = []

        def start() -> None:
            try:
                desk.start()
            except CheckerError as error:
                caught.append(error)

        thread = threading.Thread(target=start, daemon=True)
        thread.start()
        thread.join(20)
        assert [str(error) for error in caught] == ["bandit cannot read pipe: it is not a file"]

    def test_warnings_of_bandit_name_their_file(self, desk: Desk) -> None:
        desk.write({**TREE, **PROJECTS["unknown test"]})
        errors = desk.start().errors
        assert {(one.path, one.message) for one in errors if one.path == "pyproject.toml"} == {
            ("pyproject.toml", "Unknown test found in profile: B999"),
            ("pyproject.toml", "Unknown test found in profile: assert_used"),
        }

    def test_name_the_files_that_they_came_from(self, desk: Desk) -> None:
        desk.write({**TREE, **PROJECTS["profile"]})
        desk.start()
        assert desk.settings.sources == (".bandit", "b.yaml", "pyproject.toml")

    def test_are_the_same_bytes_in_every_process(self, desk: Desk) -> None:
        desk.write({**TREE, **PROJECTS["profile"]})
        program = (
            "import sys; from pathlib import Path; from cockpit.checkers.bandit import CHECKER; "
            "print(CHECKER.resolve(Path(sys.argv[1]), ['pkg/a.py', '.bandit']))"
        )
        answers = {
            subprocess.run(
                (sys.executable, "-c", program, str(desk.root)),
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
            for seed in ("1", "2", "3")
        }
        assert len(answers) == 1

    def test_a_baseline_hides_what_it_holds(self, desk: Desk) -> None:
        desk.write(TREE)
        desk.start()
        done = run((console_script("bandit"), "-r", ".", "-q", "-f", "json"), desk.root)
        known = json.loads(done.output)
        known["results"] = known["results"][::2]
        desk.write({"base.json": json.dumps(known), ".bandit": "[bandit]\nbaseline = base.json\n"})
        before = desk.report()
        after = desk.start()
        assert 0 < sum(map(len, after.files.values())) < sum(map(len, before.files.values()))
        assert desk.ours() == desk.theirs()

    def test_a_baseline_that_is_none_is_noted(self, desk: Desk) -> None:
        desk.write({**TREE, "base.json": "{", ".bandit": "[bandit]\nbaseline = base.json\n"})
        errors = desk.start().errors
        assert "Failed to load baseline data" in errors[0].message
        assert desk.ours() == desk.theirs()


@pytest.mark.integration
class TestCommand:
    def test_is_short_for_a_whole_project(self, desk: Desk) -> None:
        desk.write(TREE)
        desk.start()
        command = CHECKER.explain(desk.root, desk.files, desk.settings)
        assert command == ("bandit", "-r", ".")

    def test_names_the_settings_it_would_overlook(self, desk: Desk) -> None:
        desk.write({**TREE, **PROJECTS["ini and toml"]})
        desk.start()
        command = CHECKER.explain(desk.root, desk.files, desk.settings)
        assert command == (*("bandit", "-r", "."), *("-c", "pyproject.toml", "--ini", ".bandit"))

    def test_asks_for_the_level_that_the_settings_cannot(self, desk: Desk) -> None:
        desk.write({**TREE, **PROJECTS["ini, level"]})
        desk.start()
        command = CHECKER.explain(desk.root, desk.files, desk.settings)
        assert command == ("bandit", "-r", ".", "--ini", ".bandit", "-ll", "-ii")

    def test_goes_around_what_is_not_of_the_project(self, desk: Desk) -> None:
        desk.write({**TREE, ".venv/x.py": "assert 1\n", ".venv/.bandit": "[bandit]\nskips=B101\n"})
        os.mkfifo(desk.root / "pipe.py")
        (desk.root / "dangling.py").symlink_to("nowhere")
        listing = [path for path in desk.listing() if not path.startswith(".venv")]
        desk.listing = lambda: [path for path in listing if path != "pipe.py"]  # type: ignore[method-assign]
        desk.start()
        command = CHECKER.explain(desk.root, desk.files, desk.settings)
        assert command == ("bandit", "-r", "./lib", "./pkg", "./tests", "--ini", os.devnull)
        assert desk.ours() == desk.theirs()

    def test_gives_what_we_give_under_its_own_name(self, desk: Desk) -> None:
        desk.write({**TREE, **PROJECTS["ini and toml"]})
        desk.start()
        _, *arguments = CHECKER.explain(desk.root, desk.files, desk.settings)
        done = run((console_script("bandit"), *arguments, "-q", "-f", "json"), desk.root)
        assert CHECKER.parse(desk.root, done) == desk.ours()

    def test_names_one_file_so_that_its_excludes_do_not_hit_it(self, desk: Desk) -> None:
        toml = '[tool.bandit]\nexclude_dirs = ["tests/*"]\n'
        desk.write({"tests/a.py": "assert 1\n", "tests/b.py": "assert 1\n", "pyproject.toml": toml})
        desk.start()
        desk.remove("tests/b.py")
        desk.write({"tests/b.py": "assert 1\n"})
        command = CHECKER.explain(desk.root, desk.files, desk.settings)
        assert command[2] == "./tests/a.py"
        assert desk.ours() == desk.theirs()

    @pytest.mark.security
    def test_runs_no_code_of_the_project(self, desk: Desk) -> None:
        trap = "raise SystemExit('the project was run')\n"
        desk.write({**TREE, "yaml.py": trap, "bandit/__init__.py": trap, "rich.py": trap})
        desk.start()
        assert desk.ours() == desk.theirs()

    @pytest.mark.parametrize(
        "completed",
        [
            Completed(2, b"", b"[main]\tERROR\tNo tests would be run\n"),
            Completed(1, b"", b"Traceback (most recent call last):\nRuntimeError: x\n"),
            Completed(0, b"not JSON", b""),
            Completed(-9, b"", b""),
        ],
    )
    def test_that_broke_is_an_error(self, completed: Completed) -> None:
        with pytest.raises(CheckerError, match="bandit stopped with exit code"):
            CHECKER.parse(Path(), completed)


@pytest.mark.integration
class TestSameness:
    def test_on_nasty_files(self, desk: Desk) -> None:
        desk.write({**NASTY, **ODD, os.fsdecode(b"not\xffutf8.py"): b"assert 1\n"})
        (desk.root / "link").symlink_to(".")
        desk.start()
        assert desk.ours() == desk.theirs()

    @pytest.mark.slow
    def test_on_the_standard_library_cold_and_after_edits(self, desk: Desk) -> None:
        desk.copy_stdlib("json", "xmlrpc", "wsgiref", "venv")
        desk.start()
        assert desk.ours() == desk.theirs()
        desk.save("json/decoder.py", "assert x\n")
        desk.save("json/tool.py", "def f(:\n")
        desk.save("wsgiref/new.py", SHELL)
        desk.save("json/__init__.py", (desk.root / "venv/__init__.py").read_bytes())
        desk.remove("xmlrpc/client.py")
        assert desk.ours() == desk.theirs()
        desk.save("json/tool.py", "assert 1  # nosec\n")
        assert desk.ours() == desk.theirs()

    def test_fails_where_a_finding_differs(self, desk: Desk) -> None:
        desk.write(TREE)
        desk.start()
        desk.save("pkg/a.py", "assert 1\n")
        desk.write({"pkg/a.py": "assert 1; assert 2\n"})
        assert desk.ours() != desk.theirs()


@pytest.mark.unit
def test_the_near_half_imports_no_bandit() -> None:
    program = (
        "import sys; import cockpit.checkers.bandit as b; b.CHECKER.version(); "
        "sys.exit(any(name.split('.')[0] in ('bandit', 'stevedore') for name in sys.modules))"
    )
    assert subprocess.run((sys.executable, "-c", program), check=False).returncode == 0

"""Dead code: one file's facts, what follows from all, and that vulture's command agrees."""

import importlib.metadata
import random
import sys
from pathlib import Path

import msgspec
import pytest

from cockpit.checkers.interface import Completed, Concluded
from cockpit.checkers.vulture import CHECKER
from cockpit.checkers.vulture_facts import CODES, FactOptions, Facts, Options, VultureConclusion
from cockpit.errors import CheckerError
from cockpit.model import Finding
from tests.checkers.depth import Shape, deep_shapes, gives_up_where_the_command_does
from tests.checkers.desk import Desk, source, write_unreadable_name
from tests.checkers.nasty import NASTY

DEFAULTS = msgspec.msgpack.encode(FactOptions())


def facts(content: str | bytes, path: str = "a.py") -> bytes:
    return CHECKER.analyse(source(content, path), DEFAULTS)


def conclude(files: dict[str, str], options: Options | None = None) -> Concluded:
    conclusion = VultureConclusion(options or Options())
    for path, content in files.items():
        conclusion.put(path, facts(content, path))
    return conclusion.report()


def only(concluded: Concluded) -> Finding:
    (finding,) = [one for findings in concluded.files.values() for one in findings]
    return finding


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(CHECKER, tmp_path)


@pytest.mark.unit
class TestFinding:
    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("import os\n", "V104 unused-import 90% medium: unused import 'os'"),
            ("x = 1\n", "V107 unused-variable 60% low: unused variable 'x'"),
            ("def f(): pass\n", "V103 unused-function 60% low: unused function 'f'"),
            ("class C: pass\n", "V102 unused-class 60% low: unused class 'C'"),
            ("a.b = 1\n", "V101 unused-attribute 60% low: unused attribute 'b'"),
            ("lambda q: 1\n", "V107 unused-variable 100% high: unused variable 'q'"),
            ("while 0: f\n", "V201 unreachable-code 100% high: unsatisfiable 'while' condition"),
        ],
    )
    def test_says_what_vulture_says(self, code: str, said: str) -> None:
        one = only(conclude({"a.py": code}))
        assert f"{one.rule} {one.name} {one.confidence} {one.severity}: {one.message}" == said

    def test_of_methods_and_properties(self) -> None:
        code = "class C:\n    def m(self): C\n    @property\n    def p(self): C\n"
        findings = conclude({"a.py": code}).files["a.py"]
        assert [(one.rule, one.name) for one in findings] == [
            ("V105", "unused-method"),
            ("V106", "unused-property"),
        ]

    @pytest.mark.parametrize(
        ("code", "column"),
        [
            ("x = 1\n", 1),
            ("import   os\n", 10),
            ("xx = x = xx\n", 6),  # not inside another word
            ("'é𝄞'; x = 1\n", 7),  # code points, not bytes or UTF-16
            ("if a:\n    @a\n    def f(): pass\n", 5),  # vulture's line is the decorator's
            ("while 0: f\n", 1),
        ],
    )
    def test_stands_where_the_name_stands(self, code: str, column: int) -> None:
        assert only(conclude({"a.py": code})).column == column

    def test_spans_the_whole_definition(self) -> None:
        finding = only(conclude({"a.py": "@a\ndef f():\n    pass  # end\n"}))
        assert (finding.line, finding.end_line, finding.end_column) == (1, 3, 16)

    def test_names_its_scope(self) -> None:
        code = "class C:\n    def m(self):\n        x = 1\nC().m\n"
        assert only(conclude({"a.py": code})).symbol == "C.m"

    def test_keeps_its_identity_when_lines_shift(self) -> None:
        before = only(conclude({"a.py": "x = 1\n"}))
        after = only(conclude({"b.py": "# moved\n\nx  =  1\n"}))
        assert before.identity == after.identity

    def test_is_told_apart_from_its_equal(self) -> None:
        first, second = conclude({"a.py": "x = 1\nx = 2\n"}).files["a.py"]
        assert second.identity == f"{first.identity}.2"

    def test_of_two_on_one_line_is_the_first(self) -> None:
        """An argument that is assigned to at once is surely unused: 100 %, not 60."""
        assert only(conclude({"a.py": "lambda: f\ndef f(q): q = 1\n"})).confidence == "100%"

    def test_codes_are_those_of_the_installed_vulture(self) -> None:
        from vulture.core import ERROR_CODES

        assert CODES == ERROR_CODES


@pytest.mark.unit
class TestFacts:
    def test_hold_no_used_name_that_nothing_can_be_called(self) -> None:
        decoded = msgspec.msgpack.decode(
            facts("getattr(o, 'a b'); getattr(o, '\\ud800'); getattr(o, 'ok')"), type=Facts
        )
        assert decoded.used.split() == ["getattr", "o", "ok"]

    def test_do_not_change_the_recursion_limit(self) -> None:
        before = sys.getrecursionlimit()
        facts("x = 1\n")
        with pytest.raises(RecursionError):
            facts("x = a" + ".b" * 3000)
        assert sys.getrecursionlimit() == before

    def test_are_read_from_the_bytes_alone(self) -> None:
        """The file need not exist where the worker runs."""
        decoded = msgspec.msgpack.decode(facts("x = 1\n", "no/such/file.py"), type=Facts)
        assert [item.name for item in decoded.definitions] == ["x"]

    @pytest.mark.parametrize(
        ("content", "line", "message"),
        [
            (b"y = 1\ndef f(:\n", 2, 'invalid syntax at "def f(:"'),
            (b"# coding: nosuchcodec\n", 0, "could not read file: unknown encoding: nosuchcodec"),
            (b"1\n2\n'\xff'\n", 3, "could not read file: 'utf-8' codec can't decode byte 0xff"),
        ],
    )
    def test_say_why_a_file_cannot_be_read(self, content: bytes, line: int, message: str) -> None:
        decoded = msgspec.msgpack.decode(facts(content), type=Facts)
        assert decoded.line == line
        assert decoded.error.startswith(message)

    def test_leave_their_tree_to_whoever_comes_next(self) -> None:
        """Parsing is half of the time; the outline of the file is the same from either tree."""
        code = "# coding: latin-1\n@d\nclass C:\n  def f(self): # type: () -> int\n    '\xe9'\n"
        one = source(code.encode("latin-1"))
        CHECKER.analyse(one, DEFAULTS)
        assert "tree" in vars(one)
        assert one.scopes == source(code.encode("latin-1")).scopes

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_know_every_line_end(self, end: str) -> None:
        findings = conclude({"a.py": f"x = 1{end}y = 2{end}"}).files["a.py"]
        assert [(one.line, one.column) for one in findings] == [(1, 1), (2, 1)]

    def test_need_not_search_a_line_of_megabytes(self) -> None:
        code = "x = 1;" * 20_000 + "y = 2\n"
        findings = conclude({"a.py": code}).files["a.py"]
        assert {(one.message, one.column) for one in findings} == {
            ("unused variable 'x'", 1),
            ("unused variable 'y'", 1),
        }


@pytest.mark.unit
class TestPathKey:
    def test_is_what_vulture_reads_from_a_path(self) -> None:
        paths = ("a.py", "b.py", "__init__.py", "tests/a.py", "test_a.py", "tests/__init__.py")
        keys = {path: CHECKER.path_key(path, f"/project/{path}", "") for path in paths}
        assert keys["a.py"] == keys["b.py"]
        assert keys["tests/a.py"] == keys["test_a.py"]
        assert len(set(keys.values())) == 4

    def test_follows_links(self) -> None:
        assert CHECKER.path_key("a.py", "/project/tests/a.py", "") == CHECKER.path_key(
            "tests/a.py", "/project/tests/a.py", ""
        )

    @pytest.mark.parametrize(
        ("path", "resolved", "unused"),
        [
            ("a.py", "/p/a.py", {"os", "TestX", "test_f"}),
            ("__init__.py", "/p/__init__.py", {"TestX", "test_f"}),
            ("t/a.py", "/p/tests/a.py", {"os"}),
            ("link.py", "/p/__init__.py", {"os", "TestX", "test_f"}),
        ],
    )
    def test_decides_what_counts(self, path: str, resolved: str, unused: set[str]) -> None:
        code = "import os\nclass TestX: pass\ndef test_f(): pass\n"
        decoded = msgspec.msgpack.decode(
            CHECKER.analyse(source(code, path, resolved), DEFAULTS), type=Facts
        )
        assert {item.name for item in decoded.definitions} == unused


@pytest.mark.unit
class TestConclusion:
    def test_a_use_anywhere_is_a_use(self) -> None:
        conclusion = VultureConclusion(Options())
        conclusion.put("a.py", facts("def f(): pass\n"))
        assert set(conclusion.report().files) == {"a.py"}
        conclusion.put("b.py", facts("f()\n"))
        assert conclusion.report().files == {}
        conclusion.put("c.py", facts("f()\n"))
        conclusion.drop("b.py")
        assert conclusion.report().files == {}
        conclusion.put("c.py", facts("g()\n"))
        assert set(conclusion.report().files) == {"a.py"}

    def test_an_import_switches_on_the_whitelist_for_it(self) -> None:
        conclusion = VultureConclusion(Options(whitelists={"unittest": "setUp tearDown"}))
        conclusion.put("a.py", facts("class C:\n    def setUp(self): C\n"))
        assert only(conclusion.report()).message == "unused method 'setUp'"
        conclusion.put("b.py", facts("import unittest\nunittest\n"))
        assert conclusion.report().files == {}
        conclusion.put("c.py", facts("import unittest\nunittest\n"))
        conclusion.drop("b.py")
        assert conclusion.report().files == {}
        conclusion.drop("c.py")
        assert only(conclusion.report()).message == "unused method 'setUp'"

    def test_what_did_not_change_is_the_same_object(self) -> None:
        conclusion = VultureConclusion(Options())
        conclusion.put("a.py", facts("x = 1\n"))
        conclusion.put("b.py", facts("y = 1\n"))
        before = conclusion.report()
        conclusion.put("b.py", facts("y = 1; z = 1\n"))
        conclusion.put("a.py", facts("x = 1\n# the same findings\n"))
        after = conclusion.report()
        assert after.files is not before.files
        assert after.files["a.py"] is before.files["a.py"]
        assert len(before.files["b.py"]) == 1
        assert len(after.files["b.py"]) == 2

    def test_least_confidence(self) -> None:
        concluded = conclude({"a.py": "import os\nx = 1\n"}, Options(min_confidence=90))
        assert only(concluded).message == "unused import 'os'"

    def test_fails_the_project_for_any_finding(self) -> None:
        assert conclude({"a.py": "x = 1\n"}).failing
        assert not conclude({"a.py": "print()\n"}).failing

    def test_a_failure_replaces_the_findings_until_the_next_facts(self) -> None:
        conclusion = VultureConclusion(Options())
        conclusion.put("a.py", facts("x = 1\n"))
        conclusion.fail("a.py", "too deep")
        failed = conclusion.report()
        assert failed.files == {}
        assert [(error.path, error.line, error.message) for error in failed.errors] == [
            ("a.py", 0, "too deep")
        ]
        conclusion.put("a.py", facts("x = 1\n"))
        assert conclusion.report().errors == ()
        assert set(conclusion.report().files) == {"a.py"}

    def test_forgetting_a_file_never_seen_is_no_error(self) -> None:
        conclusion = VultureConclusion(Options())
        conclusion.drop("never.py")
        assert conclusion.report() == Concluded({}, failing=False)

    def test_files_are_in_order_of_line(self) -> None:
        findings = conclude({"a.py": "y = 1\ndef b(): pass\nimport a\nx = 1; w = 2\n"}).files[
            "a.py"
        ]
        places = [(one.line, one.column) for one in findings]
        assert places == sorted(places)


@pytest.mark.unit
class TestSettings:
    def resolve(self, root: Path, text: str) -> tuple[FactOptions, Options]:
        (root / "pyproject.toml").write_text(text)
        settings = CHECKER.resolve(root, [])
        assert settings.sources == ("pyproject.toml",)
        return (
            msgspec.msgpack.decode(settings.facts, type=FactOptions),
            msgspec.msgpack.decode(settings.conclude, type=Options),
        )

    def test_defaults_without_a_file(self, tmp_path: Path) -> None:
        options = msgspec.msgpack.decode(CHECKER.resolve(tmp_path, []).conclude, type=Options)
        assert (options.min_confidence, options.paths, options.exclude) == (0, (), ())
        assert "setUp" in options.whitelists["unittest"].split()

    def test_only_what_changes_the_facts_is_part_of_their_key(self, tmp_path: Path) -> None:
        (tmp_path / "src").mkdir()
        facts_options, options = self.resolve(
            tmp_path,
            '[tool.vulture]\nignore_names = ["a*"]\nignore_decorators = ["@b"]\npaths = ["src"]\n'
            'exclude = ["c"]\nmin_confidence = 80\nsort_by_size = true\n',
        )
        assert facts_options == FactOptions(("a*",), ("@b",))
        assert (options.paths, options.exclude, options.min_confidence) == (("src",), ("c",), 80)

    def test_an_excluded_whitelist_is_left_out(self, tmp_path: Path) -> None:
        _, options = self.resolve(tmp_path, '[tool.vulture]\nexclude = ["enum_whitelist"]\n')
        assert "enum" not in options.whitelists
        assert "unittest" in options.whitelists

    @pytest.mark.parametrize(
        ("text", "words", "hint"),
        [
            ("[tool.vulture]\nexcludes = []", "Unknown configuration key: excludes", "exclude?"),
            ("[tool.vulture]\nmin-confidence = 1", "min-confidence", "min_confidence?"),
            ("[tool.vulture]\nzzz = 1", "Unknown configuration key: zzz", "It knows: exclude"),
            ("[tool.vulture]\nmin_confidence = '1'", "min_confidence must be 'int'", "Correct"),
            ("[tool.vulture]\nmin_confidence = 101", "between 0 and 100", "Correct"),
            ("[tool.vulture]\nexclude = [1]", "exclude must be a list of strings", "Correct"),
            ("[tool.vulture]\npaths = ['gone']", "gone could not be found", "Correct"),
            ("[tool]\nvulture = 1", "not a table", "Correct"),
            ("[tool.vulture\n", "cannot read pyproject.toml", "not valid TOML"),
        ],
    )
    def test_bad_ones_are_refused_in_the_tools_words(
        self, tmp_path: Path, text: str, words: str, hint: str
    ) -> None:
        with pytest.raises(CheckerError) as caught:
            self.resolve(tmp_path, text)
        assert words in caught.value.message
        assert hint in caught.value.hint

    def test_reading_them_prints_nothing(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.resolve(tmp_path, "[tool.vulture]\nverbose = true\n")
        assert capfd.readouterr() == ("", "")

    def test_whitelists_define_nothing_themselves(self) -> None:
        """Else vulture's own files would be findings, and only their uses are kept."""
        import vulture

        folder = Path(vulture.__file__).parent / "whitelists"
        for file in folder.glob("*_whitelist.py"):
            assert conclude({"a.py": file.read_text()}).files == {}, file


@pytest.mark.unit
class TestFiles:
    def selected(self, desk: Desk, settings: str = "") -> list[str]:
        desk.write({"pyproject.toml": f"[tool.vulture]\n{settings}\n"})
        listing = desk.listing()
        return CHECKER.select(desk.root, listing, CHECKER.resolve(desk.root, listing))

    @pytest.fixture
    def project(self, desk: Desk) -> Desk:
        names = ("a.py", "src/b.py", "src/c.pyi", "src/deep/d.py", "srcs/e.py", "notes.txt")
        desk.write(dict.fromkeys(names, ""))
        return desk

    def test_all_python_files(self, project: Desk) -> None:
        assert self.selected(project) == ["a.py", "src/b.py", "src/deep/d.py", "srcs/e.py"]

    def test_minus_excluded_ones(self, project: Desk) -> None:
        assert self.selected(project, 'exclude = ["deep", "*/a.py"]') == ["src/b.py", "srcs/e.py"]

    def test_exclude_is_of_the_absolute_path(self, project: Desk) -> None:
        assert self.selected(project, f"exclude = ['{project.root.name}/src/']") == [
            "a.py",
            "srcs/e.py",
        ]

    def test_below_the_paths_only(self, project: Desk) -> None:
        assert self.selected(project, 'paths = ["src"]') == ["src/b.py", "src/deep/d.py"]

    def test_a_path_may_be_any_file(self, project: Desk) -> None:
        found = self.selected(project, 'paths = ["src/deep", "notes.txt", "a.py", "src/deep/d.py"]')
        assert found == ["src/deep/d.py", "notes.txt", "a.py"]

    def test_a_named_file_need_not_be_discovered(self, project: Desk) -> None:
        project.write({"pyproject.toml": '[tool.vulture]\npaths = ["src", "notes.txt"]\n'})
        settings = CHECKER.resolve(project.root, [])
        assert CHECKER.select(project.root, ["src/b.py"], settings) == ["src/b.py", "notes.txt"]

    def test_a_path_above_the_root_holds_everything(self, project: Desk) -> None:
        assert len(self.selected(project, 'paths = [".."]')) == 4


@pytest.mark.integration
class TestCommand:
    def test_is_short_where_vulture_finds_the_same(self, desk: Desk) -> None:
        desk.write({"a.py": "", "src/b.py": ""})
        desk.start()
        assert CHECKER.explain(desk.root, desk.files, desk.settings) == ("vulture", ".")

    def test_goes_around_what_was_not_discovered(self, desk: Desk) -> None:
        desk.write({"-a.py": "", "src/b.py": "", "src/c.py": "", "build/d.py": ""})
        desk.start()
        files = ["-a.py", "src/b.py", "src/c.py"]
        assert CHECKER.explain(desk.root, files, desk.settings) == ("vulture", "./-a.py", "src")

    def test_goes_around_a_folder_called_like_a_file(self, desk: Desk) -> None:
        desk.write({"a.py": "x = 1\n", "pkg/b.py": "y = 2\n"})
        (desk.root / "odd.py").mkdir()
        desk.start()
        assert CHECKER.explain(desk.root, desk.files, desk.settings) == ("vulture", "a.py", "pkg")
        assert desk.ours() == desk.theirs()

    def test_says_nothing_where_the_settings_say_it(self, desk: Desk) -> None:
        desk.write({"pyproject.toml": '[tool.vulture]\npaths = ["src"]\n', "src/b.py": "x = 1\n"})
        desk.start()
        assert CHECKER.explain(desk.root, desk.files, desk.settings) == ("vulture",)
        assert desk.ours() == desk.theirs()

    def test_names_files_where_the_settings_say_more(self, desk: Desk) -> None:
        desk.write({"pyproject.toml": '[tool.vulture]\npaths = ["src"]\n'})
        desk.write({"src/a.py": "x = 1\n", "src/ignored.py": "y = 1\n"})
        desk.start()
        command = CHECKER.explain(desk.root, ["src/a.py"], desk.settings)
        assert command == ("vulture", "src/a.py")

    @pytest.mark.security
    def test_runs_our_vulture_and_not_the_projects(self, desk: Desk) -> None:
        trap = "open('trapped', 'w')\n"
        desk.write(dict.fromkeys(("vulture.py", "ast.py", "sitecustomize.py"), trap))
        desk.start()
        assert desk.ours() == desk.theirs()
        assert not (desk.root / "trapped").exists()

    def test_cannot_say_a_comma(self, desk: Desk) -> None:
        desk.write({"pyproject.toml": '[tool.vulture]\nverbose = true\nexclude = ["a,b"]\n'})
        desk.start()
        with pytest.raises(CheckerError, match="comma"):
            CHECKER.verifying(desk.root, ["a.py"], desk.settings)

    @pytest.mark.parametrize(
        ("code", "errors", "words"),
        [
            (1, b"Traceback (most recent call last):\n  x\nRecursionError: too deep\n", "too deep"),
            (2, b"Please pass at least one file or directory\n", "Please pass"),
            (-9, b"", "signal 9"),
        ],
    )
    def test_that_broke_is_no_answer(
        self, tmp_path: Path, code: int, errors: bytes, words: str
    ) -> None:
        with pytest.raises(CheckerError, match=words):
            CHECKER.parse(tmp_path, Completed(code, b"", errors))

    def test_output_may_hold_any_path(self, tmp_path: Path) -> None:
        output = (
            b"a:1: b.py:2: unused import 'os' (90% confidence, 1 line)\n"
            b"new\nline \xff.py:3: unused function 'f' (60% confidence, 12 lines)\n"
        )
        assert CHECKER.parse(tmp_path, Completed(3, output, b"")).rows == (
            ("a:1: b.py", 2, "unused import 'os'", 90, 1),
            ("new\nline \udcff.py", 3, "unused function 'f'", 60, 12),
        )


@pytest.mark.unit
class TestWords:
    @pytest.mark.parametrize("rule", list(CODES.values()))
    def test_every_rule_is_documented_in_vultures_words(self, rule: str) -> None:
        doc = CHECKER.document(rule)
        assert doc.rule == rule
        assert f"# noqa: {rule}" in doc.text
        assert "100% signals that it is certain" in doc.text

    def test_an_unknown_rule_is_refused(self) -> None:
        with pytest.raises(CheckerError, match="no rule X1"):
            CHECKER.document("X1")

    def test_a_missing_vulture_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> str:
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "version", missing)
        with pytest.raises(CheckerError, match="vulture is not installed"):
            CHECKER.version()


UNUSUAL = [
    "",
    "min_confidence = 80",
    "sort_by_size = true",
    'exclude = ["tests", "*/pkg/*n*", "other/", "whitelists"]',
    'exclude = ["enum_whitelist"]',
    'paths = ["pkg", "other/Foo.py", "listed.txt"]',
    'paths = ["."]\nmake_whitelist = true',
    'verbose = true\nignore_names = ["x*", "f"]',
    'ignore_names = ["[A-Z]*", "test_*"]\nignore_decorators = ["@property", "@q.*"]',
    "min_confidence = 61\nsort_by_size = true\nverbose = true\nmake_whitelist = true\n"
    'exclude = ["other"]\nignore_names = ["b*"]\nignore_decorators = ["@*"]\npaths = ["pkg"]',
]


@pytest.mark.integration
class TestSameness:
    @pytest.mark.parametrize("settings", UNUSUAL)
    def test_on_nasty_files_under_any_settings(self, desk: Desk, settings: str) -> None:
        desk.write({**NASTY, "listed.txt": "unused_in_text = 1\n"})
        desk.write({"pyproject.toml": f"[tool.vulture]\n{settings}\n"})
        before = desk.listing()
        desk.start()
        assert desk.ours().rows
        assert desk.ours() == desk.theirs()
        assert desk.listing() == before

    def test_on_a_name_that_is_not_text(self, desk: Desk) -> None:
        write_unreadable_name(desk)
        assert sorted(desk.start().files) == ["a.py", "caf\udce9.py"]
        assert desk.ours() == desk.theirs()

    @pytest.mark.slow
    def test_on_the_standard_library_cold_and_after_edits(self, desk: Desk) -> None:
        desk.copy_stdlib("json", "email", "unittest", "importlib")
        desk.start()
        assert desk.ours() == desk.theirs()
        rng = random.Random(2)
        for _ in range(3):
            for path in rng.sample(desk.files, 12):
                lines = (desk.root / path).read_text().splitlines(keepends=True)
                del lines[rng.randrange(len(lines) or 1) :][:5]
                desk.save(
                    path, "".join(lines) + f"added_{rng.randrange(9)} = {rng.choice('fgh')}\n"
                )
            desk.remove(rng.choice(desk.files))
            desk.save(f"new_{rng.randrange(99)}.py", "import enum, unittest\nf = added_3\n")
            desk.report()
        assert desk.ours() == desk.theirs()
        incremental = desk.report().files
        assert desk.start().files == incremental

    @pytest.mark.slow
    @deep_shapes
    def test_gives_up_at_the_very_depth_where_the_command_does(
        self, desk: Desk, shape: Shape
    ) -> None:
        gives_up_where_the_command_does(desk, "vulture", shape, facts)

    @pytest.mark.regression
    @pytest.mark.parametrize("broken", ["x = '''a\nb''' y\n", "'''A.\n\nb\n'''Get it.\n"])
    def test_on_a_syntax_error_behind_a_string_of_many_lines(self, desk: Desk, broken: str) -> None:
        """Python quotes the one line from the file, if there is one; else all of the string."""
        desk.write({"pkg/a.py": broken, "a.py": "# another\n" * 9, "ok.py": "x = 1\n"})
        desk.start()
        assert len(desk.ours().unread) == 1
        assert desk.ours() == desk.theirs()

    def test_a_codec_that_is_not_for_text_breaks_vulture_and_is_one_failure(
        self, desk: Desk
    ) -> None:
        desk.write({"hex.py": "# coding: hex\n", "a.py": "x = 1\n"})
        concluded = desk.start()
        assert [error.path for error in concluded.errors] == ["hex.py"]
        with pytest.raises(CheckerError, match="not a text encoding"):
            desk.theirs()
        assert desk.ours().rows == desk.theirs(frozenset({"hex.py"})).rows

"""Missing docstrings: one file's facts, the sums of all, and that interrogate's command agrees."""

import importlib.metadata
import random
import sys
from pathlib import Path

import msgspec
import pytest

from cockpit.checkers.interface import Completed, Concluded
from cockpit.checkers.interrogate import CHECKER, COMMON_EXCLUDE
from cockpit.checkers.interrogate_facts import (
    KINDS,
    FactOptions,
    Facts,
    InterrogateConclusion,
    Options,
    below,
)
from cockpit.errors import CheckerError
from cockpit.model import Finding
from tests.checkers.depth import Shape, deep_shapes, gives_up_where_the_command_does
from tests.checkers.desk import Desk, source, write_unreadable_name
from tests.checkers.nasty import NASTY


def facts(content: str | bytes, options: FactOptions | None = None, path: str = "a.py") -> bytes:
    encoded = msgspec.msgpack.encode(options or FactOptions())
    return CHECKER.analyse(source(content, path), encoded)


def decoded(content: str | bytes, options: FactOptions | None = None) -> Facts:
    return msgspec.msgpack.decode(facts(content, options), type=Facts)


def missing(content: str, options: FactOptions | None = None) -> list[Finding]:
    conclusion = InterrogateConclusion(Options())
    conclusion.put("a.py", facts(content, options))
    return list(conclusion.report().files.get("a.py", ()))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / ".git").mkdir()  # interrogate looks no further up for its settings
    return Desk(CHECKER, tmp_path)


CODE = """'''doc'''
class Public:
    def method(self):
        def inner(): pass
    async def _private(self): pass
    class Nested: pass
def function(): pass
"""


@pytest.mark.unit
class TestFinding:
    def test_names_what_lacks_a_docstring(self) -> None:
        assert [(one.rule, one.message, one.severity) for one in missing(CODE)] == [
            ("missing-class-docstring", "class `Public` has no docstring", "medium"),
            ("missing-method-docstring", "method `Public.method` has no docstring", "medium"),
            (
                "missing-function-docstring",
                "function `Public.method.inner` has no docstring",
                "medium",
            ),
            ("missing-method-docstring", "method `Public._private` has no docstring", "low"),
            ("missing-class-docstring", "class `Public.Nested` has no docstring", "medium"),
            ("missing-function-docstring", "function `function` has no docstring", "medium"),
        ]

    def test_of_a_module_is_its_first_line(self) -> None:
        (finding,) = missing("x = 1\n")
        assert finding.message == "module has no docstring"
        assert (finding.rule, finding.line, finding.column) == ("missing-module-docstring", 1, 1)

    def test_an_empty_module_counts(self) -> None:
        assert [one.rule for one in missing("")] == ["missing-module-docstring"]

    @pytest.mark.parametrize(
        ("code", "place"),
        [
            ("'''d'''\n@deco\nasync def f(): pass\n", (3, 11, 3, 12)),
            ("'''é𝄞'''; \nclass   Long: pass\n", (2, 9, 2, 13)),
            ("'''d'''\nif x: 'é𝄞'\nelse:\n    def def_(): pass\n", (4, 9, 4, 13)),
            ("'''d'''\ndef \\\n    f(): pass\n", (2, 1, 2, 6)),  # the name is on another line
        ],
    )
    def test_stands_where_the_name_stands(self, code: str, place: tuple[int, ...]) -> None:
        (finding,) = missing(code)
        assert (finding.line, finding.column, finding.end_line, finding.end_column) == place

    def test_names_its_symbol(self) -> None:
        assert [one.symbol for one in missing("class A:\n    def m(self): pass\n")] == [
            "",
            "A",
            "A.m",
        ]

    def test_keeps_its_identity_when_lines_shift(self) -> None:
        before = {one.symbol: one.identity for one in missing(CODE)}
        after = {one.symbol: one.identity for one in missing("'''doc'''\n\n\n" + CODE)}
        assert before == after
        assert len(set(before.values())) == len(before)

    def test_is_told_apart_from_its_equal(self) -> None:
        _, first, second = missing("def f(): pass\ndef f(): pass\n")
        assert second.identity == f"{first.identity}.2"

    def test_is_in_order_of_line(self) -> None:
        lines = [one.line for one in missing(CODE)]
        assert lines == sorted(lines)


@pytest.mark.unit
class TestFacts:
    @pytest.mark.parametrize(
        ("option", "code", "left"),
        [
            ({"ignore_module": True}, "def f(): pass", {"f"}),
            ({"ignore_magic": True}, "class A:\n def __len__(self): pass", {"", "A"}),
            ({"ignore_init_method": True}, "class A:\n def __init__(self): pass", {"", "A"}),
            ({"ignore_private": True}, "def __f(): pass\ndef _f(): pass", {"", "_f"}),
            ({"ignore_semiprivate": True}, "def __f(): pass\ndef _f(): pass", {"", "__f"}),
            ({"ignore_nested_functions": True}, "def f():\n def g(): pass", {"", "f"}),
            ({"ignore_nested_classes": True}, "class A:\n class B: pass", {"", "A"}),
            ({"ignore_overloaded_functions": True}, "@overload\ndef f(): pass", {""}),
            ({"ignore_property_decorators": True}, "@property\ndef f(): pass", {""}),
            ({"ignore_property_setters": True}, "@f.setter\ndef f(): pass", {""}),
            (
                {"ignore_regex": ("^g", "h")},
                "def f(): pass\ndef g(): pass\ndef h(): pass",
                {"", "f"},
            ),
            (
                {"include_regex": ("f",), "ignore_module": True},
                "def f(): pass\ndef g(): pass",
                {"f"},
            ),
            (
                {"docstring_style": "google"},
                "class A:\n '''d'''\n def __init__(self): pass",
                {""},
            ),
        ],
    )
    def test_leave_out_what_the_options_say(
        self, option: dict[str, object], code: str, left: set[str]
    ) -> None:
        options = msgspec.convert(option, FactOptions)
        assert {one.symbol for one in missing(code, options)} == left
        assert {one.symbol for one in missing(code)} > left or option == {"ignore_module": True}

    @pytest.mark.parametrize(
        ("content", "line", "words"),
        [
            (b"x = 1\ndef f(:\n", 2, "SyntaxError: invalid syntax"),
            (b"\xef\xbb\xbfx = 1\n", 1, "U+FEFF"),
            (b"1\n2\n'\xe9'\n", 3, "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9"),
            (b"# coding: latin-1\n'\xe9'\n", 2, "UnicodeDecodeError"),
            (b"x = 1\0\n", None, "null bytes"),
        ],
    )
    def test_say_why_a_file_cannot_be_read(
        self, content: bytes, line: int | None, words: str
    ) -> None:
        result = decoded(content)
        assert words in result.error
        assert result.error.startswith("interrogate stops at this file: ")
        assert line is None or result.line == line
        assert not result.counted

    def test_a_file_with_nothing_to_document_is_not_counted(self) -> None:
        assert not decoded("x = 1\n", FactOptions(ignore_module=True)).counted

    def test_leave_interrogate_and_python_as_they_were(self) -> None:
        import interrogate.coverage

        before = sys.getrecursionlimit()
        with pytest.raises(RecursionError):
            facts("x = a" + ".b" * 3000)
        assert sys.getrecursionlimit() == before
        assert "open" not in vars(interrogate.coverage)

    def test_do_not_depend_on_the_place(self) -> None:
        assert facts(CODE, path="tests/__init__.py") == facts(CODE, path="a.py")
        assert CHECKER.path_key("tests/__init__.py", "/x", "") == CHECKER.path_key("a.py", "/y", "")


@pytest.mark.unit
class TestConclusion:
    def put(self, goal: float = 80.0, **files: str) -> InterrogateConclusion:
        conclusion = InterrogateConclusion(Options(fail_under=goal))
        for name, content in files.items():
            conclusion.put(f"{name}.py", facts(content))
        return conclusion

    def test_adds_up(self) -> None:
        concluded = self.put(a="'''d'''\ndef f(): pass\n", b="'''d'''\n").report()
        assert concluded.file_metrics == {
            "a.py": {"total": 2, "covered": 1, "missing": 1, "percent": 50.0},
            "b.py": {"total": 1, "covered": 1, "missing": 0, "percent": 100.0},
        }
        assert concluded.metric == {
            "total": 3,
            "covered": 2,
            "missing": 1,
            "percent": pytest.approx(66.667, abs=0.001),
            "goal": 80.0,
        }
        assert concluded.failing

    def test_takes_back_what_changed_or_went(self) -> None:
        conclusion = self.put(a="def f(): pass\n", b="'''d'''\n")
        conclusion.put("a.py", facts("'''d'''\n"))
        assert conclusion.report().metric["missing"] == 0
        conclusion.put("a.py", facts("def f(:\n"))
        assert conclusion.report().metric["total"] == 1
        conclusion.drop("b.py")
        conclusion.drop("never.py")
        concluded = conclusion.report()
        assert concluded.metric["percent"] == 100.0
        assert [error.path for error in concluded.errors] == ["a.py"]

    def test_a_failure_replaces_the_findings_until_the_next_facts(self) -> None:
        conclusion = self.put(a="x = 1\n")
        conclusion.fail("a.py", "too deep")
        failed = conclusion.report()
        assert (failed.files, failed.metric["total"]) == ({}, 0)
        assert [(one.path, one.message) for one in failed.errors] == [("a.py", "too deep")]
        conclusion.put("a.py", facts("x = 1\n"))
        assert conclusion.report().errors == ()
        assert conclusion.report().metric["total"] == 1

    def test_what_did_not_change_is_the_same_object(self) -> None:
        conclusion = self.put(a="x = 1\n", b="y = 1\n")
        before = conclusion.report()
        conclusion.put("a.py", facts("x = 2\n"))
        conclusion.put("b.py", facts("y = 2\ndef f(): pass\n"))
        after = conclusion.report()
        assert after.files is not before.files
        assert after.files["a.py"] is before.files["a.py"]
        assert (len(before.files["b.py"]), len(after.files["b.py"])) == (1, 2)
        assert before.file_metrics["b.py"]["total"] == 1

    @pytest.mark.parametrize(
        ("percent", "goal", "failing"),
        [
            (79.94, 80.0, True),
            (79.96, 80.0, False),  # 80.0 after rounding to one place, as the goal has one
            (66.666, 66.67, False),
            (66.664, 66.67, True),
            (100.0, 100.0, False),
            (0.0, 0.0, False),
        ],
    )
    def test_rounds_as_the_goal_is_given(self, percent: float, goal: float, failing: bool) -> None:
        assert below(percent, goal) is failing


@pytest.mark.unit
class TestSettings:
    def resolve(self, root: Path, text: str) -> tuple[FactOptions, Options, tuple[str, ...]]:
        (root / "pyproject.toml").write_text(text)
        return self.read(root)

    def read(self, root: Path) -> tuple[FactOptions, Options, tuple[str, ...]]:
        settings = CHECKER.resolve(root, [])
        return (
            msgspec.msgpack.decode(settings.facts, type=FactOptions),
            msgspec.msgpack.decode(settings.conclude, type=Options),
            settings.sources,
        )

    def test_defaults_without_a_file(self, desk: Desk) -> None:
        facts_options, options, sources = self.read(desk.root)
        assert facts_options == FactOptions()
        assert options == Options()
        assert sources == ("pyproject.toml", "setup.cfg")

    def test_of_pyproject(self, desk: Desk) -> None:
        facts_options, options, _ = self.resolve(
            desk.root,
            "[tool.interrogate]\nignore-magic = true\nignore-setters = true\nfail-under = 95\n"
            'ignore-regex = ["^get$", "a,b"]\nwhitelist-regex = ["x"]\nexclude = ["a"]\n'
            'ext = ["pyi"]\nignore-init-module = true\nunknown = 1\n',
        )
        assert facts_options == FactOptions(
            ignore_regex=("^get$", "a,b"),
            include_regex=("x",),
            ignore_magic=True,
            ignore_module=True,  # a whitelist of names means no modules
            ignore_property_setters=True,
        )
        assert options == Options(
            fail_under=95.0,
            exclude=(bytes(desk.root.resolve() / "a"),),
            extensions=("pyi",),
            ignore_init_module=True,
            config=bytes(desk.root.resolve() / "pyproject.toml"),
        )

    def test_of_setup_cfg(self, desk: Desk) -> None:
        desk.write({"setup.cfg": "[tool:interrogate]\nignore-private = true\nexclude = a, b\n"})
        facts_options, options, _ = self.read(desk.root)
        assert facts_options == FactOptions(ignore_private=True)
        assert len(options.exclude) == 2

    def test_of_a_folder_above_as_interrogate_finds_it(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.interrogate]\nfail-under = 7\n")
        inner = tmp_path / "inner"
        inner.mkdir()
        _, options, sources = self.read(inner)
        assert options.fail_under == 7.0
        assert str(tmp_path.resolve() / "pyproject.toml") in sources
        assert "pyproject.toml" in sources

    @pytest.mark.parametrize(
        "line", ["quiet = true", "omit-covered-files = true", 'generate-badge = "b.svg"']
    )
    def test_that_hide_or_write_are_noted(self, desk: Desk, line: str) -> None:
        _, options, _ = self.resolve(desk.root, f"[tool.interrogate]\n{line}\n")
        assert options.mute

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('style = "numpy"', "'numpy' is not one of"),
            ('fail-under = "much"', "'much' is not a valid float"),
            ("fail-under = nan", "fail-under cannot be nan"),
            ('ignore-regex = ["("]', "'(' is not a regular expression"),
            ('style = "google"\nignore-init-method = true', "mutually exclusive"),
            ('badge-style = "flat"', "must be used along with"),
        ],
    )
    def test_bad_ones_are_refused_in_the_tools_words(
        self, desk: Desk, text: str, words: str
    ) -> None:
        with pytest.raises(CheckerError) as caught:
            self.resolve(desk.root, f"[tool.interrogate]\n{text}\n")
        assert words in caught.value.message
        assert "[tool.interrogate]" in caught.value.hint

    @pytest.mark.regression
    def test_that_are_no_toml_are_told_with_their_line_first(self, desk: Desk) -> None:
        """As by the other tools: the words began with the folder's long name."""
        with pytest.raises(CheckerError) as caught:
            self.resolve(desk.root, "[tool.interrogate]\na = ]\n")
        assert caught.value.message.startswith("interrogate cannot read pyproject.toml: Invalid")
        assert "at line 2, column 5" in caught.value.message

    def test_that_are_no_table_are_refused(self, desk: Desk) -> None:
        with pytest.raises(CheckerError, match="refuses its settings"):
            self.resolve(desk.root, "[tool]\ninterrogate = 3\n")

    def test_reading_them_prints_nothing_and_stays_where_it_was(
        self, desk: Desk, capfd: pytest.CaptureFixture[str]
    ) -> None:
        before = Path.cwd()
        with pytest.raises(CheckerError):
            self.resolve(desk.root, "[tool.interrogate]\nstyle = 1\n")
        assert capfd.readouterr() == ("", "")
        assert Path.cwd() == before


@pytest.mark.unit
class TestFiles:
    def selected(self, desk: Desk, settings: str = "") -> list[str]:
        desk.write({"pyproject.toml": f"[tool.interrogate]\n{settings}\n"})
        listing = [*desk.listing(), ".github/x.py", "venv/lib/x.py", "pkg/venv/y.py"]
        return CHECKER.select(desk.root, listing, CHECKER.resolve(desk.root, listing))

    @pytest.fixture
    def project(self, desk: Desk) -> Desk:
        names = ("a.py", "pkg/__init__.py", "pkg/b.py", "pkg/c.pyi", "pkgs/d.py", "notes.txt")
        desk.write(dict.fromkeys(names, ""))
        return desk

    def test_all_python_files_but_what_it_always_leaves_out_at_the_top(self, project: Desk) -> None:
        assert self.selected(project) == [
            "a.py",
            "pkg/__init__.py",
            "pkg/b.py",
            "pkgs/d.py",
            "pkg/venv/y.py",
        ]

    def test_exclude_is_the_beginning_of_a_path(self, project: Desk) -> None:
        assert self.selected(project, 'exclude = ["pkg"]') == ["a.py"]

    def test_extensions_and_init_modules(self, project: Desk) -> None:
        settings = 'ext = ["pyi"]\nignore-init-module = true\nexclude = ["pkgs", "a.py"]'
        assert self.selected(project, settings) == ["pkg/b.py", "pkg/c.pyi", "pkg/venv/y.py"]

    def test_what_it_always_leaves_out_is_the_installed_ones(self) -> None:
        from interrogate.coverage import InterrogateCoverage

        assert list(COMMON_EXCLUDE) == InterrogateCoverage.COMMON_EXCLUDE


@pytest.mark.integration
class TestCommand:
    def test_is_short_where_interrogate_finds_the_same(self, desk: Desk) -> None:
        desk.write({"a.py": "", "pyproject.toml": "", "venv/lib/b.py": ""})
        desk.start()
        assert desk.files == ["a.py"]
        assert CHECKER.explain(desk.root, desk.files, desk.settings) == (
            "interrogate",
            "-vv",
            "-c",
            "pyproject.toml",
            ".",
        )

    def test_names_no_settings_where_there_are_none(self, desk: Desk) -> None:
        desk.write({"a.py": ""})
        desk.start()
        command = CHECKER.explain(desk.root, desk.files, desk.settings)
        assert command[2:] == ("-c", "/dev/null", ".")

    def test_goes_around_what_was_not_discovered(self, desk: Desk) -> None:
        desk.write({"pkg/a.py": "", "pkg/b.py": "", "build/c.py": "", "-d.py": ""})
        desk.start()
        files = ["-d.py", "pkg/a.py", "pkg/b.py"]
        command = CHECKER.explain(desk.root, files, desk.settings)
        assert command[4:] == ("./-d.py", "pkg")

    def test_names_files_that_a_folder_as_target_would_leave_out(self, desk: Desk) -> None:
        """`interrogate pkg` passes over `pkg/venv*`, as `interrogate .` does over `venv*`."""
        desk.write({"pkg/a.py": "", "pkg/venv_tools.py": "", "pkg/b.py": "", "build/c.py": ""})
        desk.start()
        desk.files.remove("build/c.py")
        desk.conclusion.drop("build/c.py")
        command = CHECKER.explain(desk.root, desk.files, desk.settings)
        assert command[4:] == ("pkg", "pkg/venv_tools.py")
        assert desk.ours() == desk.theirs()

    def test_writes_no_file_whatever_the_settings_say(self, desk: Desk) -> None:
        settings = (
            'quiet = true\ngenerate-badge = "badges"\noutput = "out.txt"\nbadge-style = "flat"\n'
            'exclude = ["other"]\nignore-regex = ["-x", "a,b", "f"]\nfail-under = 33.333\n'
        )
        desk.write({**NASTY, "pyproject.toml": f"[tool.interrogate]\n{settings}"})
        before = desk.listing()
        desk.start()
        broken = frozenset(error.path for error in desk.report().errors)
        assert desk.ours() == desk.theirs(broken)
        assert desk.listing() == before

    @pytest.mark.security
    def test_runs_our_interrogate_and_not_the_projects(self, desk: Desk) -> None:
        trap = "open('trapped', 'w')\n"
        desk.write(dict.fromkeys(("interrogate.py", "click.py", "sitecustomize.py"), trap))
        desk.start()
        assert desk.ours() == desk.theirs()
        assert not (desk.root / "trapped").exists()

    @pytest.mark.parametrize(
        ("code", "errors", "words"),
        [
            (1, b"Traceback (most recent call last):\n  x\nSyntaxError: bad\n", "crashed.*bad"),
            (1, b"E: No Python or Python-like files found\n", "No Python"),
            (2, b"Error: No such option\n", "No such option"),
            (-9, b"", "signal 9"),
        ],
    )
    def test_that_broke_is_no_answer(
        self, tmp_path: Path, code: int, errors: bytes, words: str
    ) -> None:
        with pytest.raises(CheckerError, match=words):
            CHECKER.parse(tmp_path, Completed(code, b"", errors))

    @pytest.mark.parametrize(
        "names",
        [
            ("one.py",),
            ("a/b.py", "a_b.py"),  # both are printed as "b.py"
            ("a/b.py", "ab.py", "ac/d.py"),
            ("with | bar.py", "x (module).py", "f (L3).py", "pkg/a:b.py"),
            ("new\nline.py", "a.py"),
        ],
        ids=["one", "two of a name", "cut", "signs", "newline"],
    )
    def test_prints_names_that_can_be_told(self, desk: Desk, names: tuple[str, ...]) -> None:
        desk.write({name: f"def f{index}(): pass\n" for index, name in enumerate(names)})
        desk.start()
        assert desk.ours() == desk.theirs()


@pytest.mark.unit
class TestWords:
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_rule_says_how_to_leave_things_out(self, kind: str) -> None:
        doc = CHECKER.document(f"missing-{kind}-docstring")
        assert doc.name == f"missing-{kind}-docstring"
        assert "`exclude`: Exclude PATHs of files and/or directories." in doc.text

    def test_an_unknown_rule_is_refused(self) -> None:
        with pytest.raises(CheckerError, match="no rule missing"):
            CHECKER.document("missing-lambda-docstring")

    def test_a_missing_interrogate_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(name: str) -> str:
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "version", gone)
        with pytest.raises(CheckerError, match="interrogate is not installed"):
            CHECKER.version()


UNUSUAL = [
    "",
    "ignore-init-method = true\nignore-magic = true\nignore-module = true\n"
    "ignore-nested-functions = true\nignore-nested-classes = true",
    "ignore-overloaded-functions = true\nignore-private = true\nignore-semiprivate = true\n"
    "ignore-property-decorators = true\nignore-setters = true",
    'ignore-init-module = true\nexclude = ["pkg/t", "other/doc"]',
    'ignore-regex = ["get_.*", "^set", "f"]\nfail-under = 15.5',
    'whitelist-regex = ["m", "^t", "^test", "f.*"]\nfail-under = 46',
    'style = "google"\nverbose = 2\ncolor = true',
    "omit-covered-files = true\nfail-under = 11.45",
    'ext = ["pyi"]\nfail-under = 0',
]


@pytest.mark.integration
class TestSameness:
    def agree(self, desk: Desk) -> Concluded:
        concluded = desk.start()
        broken = frozenset(error.path for error in concluded.errors)
        assert len(broken) == 9
        assert desk.ours() == desk.theirs(broken)
        return concluded

    @pytest.mark.parametrize("settings", UNUSUAL)
    def test_on_nasty_files_under_any_settings(self, desk: Desk, settings: str) -> None:
        desk.write({**NASTY, "pyproject.toml": f"[tool.interrogate]\n{settings}\n"})
        assert self.agree(desk).files

    def test_under_setup_cfg(self, desk: Desk) -> None:
        text = 'fail-under = 20\nignore-regex = ["m", "f"]\nexclude = stubs,docs\n'
        desk.write({**NASTY, "setup.cfg": f"[tool:interrogate]\n{text}ignore-magic = true\n"})
        assert self.agree(desk).metric["goal"] == 20

    def test_on_a_name_that_is_not_text(self, desk: Desk) -> None:
        write_unreadable_name(desk)
        assert sorted(desk.start().files) == ["a.py", "caf\udce9.py"]
        assert desk.ours() == desk.theirs()

    def test_one_broken_file_stops_the_command_and_is_one_failure(self, desk: Desk) -> None:
        desk.write({"a.py": "def f(): pass\n", "b.py": "def f(:\n"})
        concluded = desk.start()
        assert [error.path for error in concluded.errors] == ["b.py"]
        assert set(concluded.files) == {"a.py"}
        with pytest.raises(CheckerError, match="crashed: SyntaxError"):
            desk.theirs()

    @pytest.mark.slow
    def test_on_the_standard_library_cold_and_after_edits(self, desk: Desk) -> None:
        desk.copy_stdlib("json", "email", "unittest", "importlib")
        desk.start()
        assert desk.ours() == desk.theirs()
        rng = random.Random(3)
        for _ in range(3):
            for path in rng.sample(desk.files, 12):
                lines = (desk.root / path).read_text().splitlines(keepends=True)
                kept = [line for line in lines if '"""' not in line or rng.random() < 0.5]
                desk.save(path, "".join(kept) + "def added(): pass\n")
            desk.remove(rng.choice(desk.files))
            desk.save(f"new_{rng.randrange(99)}.py", "class New: pass\n")
            desk.report()
        broken = frozenset(error.path for error in desk.report().errors)
        assert desk.ours() == desk.theirs(broken)
        incremental = desk.report()
        assert desk.start() == incremental

    @pytest.mark.slow
    @deep_shapes
    def test_gives_up_at_the_very_depth_where_the_command_does(
        self, desk: Desk, shape: Shape
    ) -> None:
        gives_up_where_the_command_does(desk, "interrogate", shape, facts)

"""The tools' settings under which sameness is proven, written into a project's root."""

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.corpus.corpora import SETTINGS_FILES

Writer = Callable[[Path], None]

_VULTURE_CONFIDENCE = """
[tool.vulture]
min_confidence = 80
sort_by_size = true
"""
_VULTURE_NAMES = """
[tool.vulture]
exclude = ["*/migrations/*", "docs", "_pytest*", "[a-c]*_test.py"]
ignore_names = ["visit_*", "do_*", "setUp*", "_*", "test[A-Z]*"]
ignore_decorators = ["@*.route", "@pytest.fixture", "@property", "@staticmethod", "@*.setter"]
"""
_VULTURE_VERBOSE = """
[tool.vulture]
verbose = true
make_whitelist = true
min_confidence = 61
ignore_names = ["x", "y?"]
"""
_INTERROGATE_IGNORES = """
[tool.interrogate]
fail-under = 95
ignore-init-method = true
ignore-init-module = true
ignore-magic = true
ignore-module = true
ignore-nested-classes = true
ignore-nested-functions = true
ignore-overloaded-functions = true
ignore-private = true
ignore-property-decorators = true
ignore-semiprivate = true
ignore-setters = true
"""
_INTERROGATE_REGEX = """
[tool.interrogate]
fail-under = 33.3
style = "google"
ignore-regex = ["^_", ".*_test$", "^visit"]
whitelist-regex = ["^get", "^[A-Z]", "^test_", "^_"]
"""
_INTERROGATE_EXCLUDE = """
[tool.interrogate]
fail-under = 0
exclude = ["docs", "setup.py", "tests/data"]
ext = ["pyi"]
omit-covered-files = true
quiet = true
ignore-init-module = true
"""
_INTERROGATE_SETUP_CFG = """
[tool:interrogate]
fail-under = 71
ignore-private = true
ignore-nested-functions = true
ignore-regex = ^get$,^mock_.*,.*BaseClass.*
exclude = docs,examples
verbose = 1
"""
_BANDIT_TESTS = """
[tool.bandit]
tests = ["B101", "B102", "B105", "B108", "B110", "B307", "B403", "B602", "B603", "B608"]
exclude_dirs = ["docs", "tests/data"]

[tool.bandit.assert_used]
skips = ["*_test.py", "*/test_*.py", "*/tests.py"]

[tool.bandit.hardcoded_tmp_directory]
tmp_dirs = ["/tmp", "/opt", "/etc"]
"""
_BANDIT_SKIPS = """
[tool.bandit]
skips = ["B101", "B404"]

[tool.bandit.try_except_pass]
check_typed_exception = true

[tool.bandit.try_except_continue]
check_typed_exception = true

[tool.bandit.any_other_function_with_shell_equals_true]
no_shell = ["os.execl", "os.execv"]
shell = ["os.system", "os.popen"]
subprocess = ["subprocess.Popen", "subprocess.run", "subprocess.check_call"]

[tool.bandit.weak_cryptographic_key]
weak_key_size_rsa_high = 4096
weak_key_size_rsa_medium = 8192
"""
_DOT_BANDIT = """
[bandit]
exclude = ./docs,*/test_a*.py
skips = B101,B311
level = 3
confidence = 3
"""
_DOT_BANDIT_PROFILE = """
[bandit]
configfile = bandit-profiles.yaml
profile = narrow
ignore-nosec = true
"""
_BANDIT_PROFILES = """
profiles:
  narrow:
    include: [any_other_function_with_shell_equals_true, assert_used, exec_used, B105, B106, B107,
      B110, B301, B310, B311, blacklist_calls]
    exclude: [B404]
exclude_dirs: ["docs"]
blacklist_calls:
  bad_name_sets:
    - joining:
        qualnames: [os.path.join, os.path.exists, open]
        message: "{func} is looked for by an old profile."
        level: LOW
"""
_RUFF_SELECT = """
[tool.ruff.lint]
select = ["E", "F", "W", "I", "UP", "B", "D", "INP"]
[tool.ruff.lint.per-file-ignores]
"__init__.py" = ["F401", "I"]
"tests/**" = ["S", "E501", "D"]
"**/*[ab].py" = ["F"]
"""
_RUFF_ALL = """
[tool.ruff]
preview = true
[tool.ruff.lint]
select = ["ALL"]
"""
_RUFF_PREVIEW = """
[tool.ruff]
preview = true
line-length = 70
[tool.ruff.lint]
extend-select = ["E", "W", "PLR", "FURB"]
"""
_RUFF_EXCLUDES = """
[tool.ruff]
extend-exclude = ["docs", "*_test.py"]
respect-gitignore = false
force-exclude = true
[tool.ruff.lint]
extend-select = ["I"]
"""
_RUFF_TOML = """
target-version = "py39"
exclude = ["docs", "conftest.py"]
[lint]
select = ["F", "E4", "E7", "E9", "ARG"]
ignore = ["F841"]
"""
_NESTED_RUFF = 'extend = "{up}pyproject.toml"\n[lint]\nselect = ["F", "N"]\nignore = ["F401"]\n'


def python_files(root: Path) -> list[Path]:
    """Return the Python files below `root`, sorted."""
    return sorted(path for path in root.rglob("*.py") if path.is_file())


def _clear(root: Path) -> None:
    for path in sorted(root.rglob("*")):
        if path.name in SETTINGS_FILES and path.is_file():
            path.unlink()


def as_shipped(root: Path) -> None:
    """Leave the settings that the project itself has."""


def defaults(root: Path) -> None:
    """Take all settings away."""
    _clear(root)


def ignores(root: Path) -> None:
    """Every ignore of interrogate, a confidence, bandit's tests and plugin settings, ruff: all."""
    _clear(root)
    _write(root, _VULTURE_CONFIDENCE, _INTERROGATE_IGNORES, _BANDIT_TESTS, _RUFF_ALL)


def patterns(root: Path) -> None:
    """Patterns of names, decorators and files; bandit's skips; ruff's nested configurations."""
    _clear(root)
    _write(root, _VULTURE_NAMES, _INTERROGATE_REGEX, _BANDIT_SKIPS, _RUFF_SELECT)
    _nest(root)


def patterns_of_big(root: Path) -> None:
    """As `patterns`, with ruff's preview rules in place of the nested configurations."""
    _clear(root)
    _write(root, _VULTURE_NAMES, _INTERROGATE_REGEX, _BANDIT_SKIPS, _RUFF_PREVIEW)


def paths(root: Path) -> None:
    """vulture's paths with a whitelist among them; interrogate's exclude, ext, omit; `.bandit`."""
    _clear(root)
    chosen = _folders_with_code(root)
    whitelist = _whitelist(root)
    (root / "whitelist.py").write_text(whitelist, encoding="utf-8")
    named = ", ".join(f'"{name}"' for name in (*chosen, "whitelist.py"))
    vulture = f"\n[tool.vulture]\npaths = [{named}]\n"
    _write(root, vulture, _INTERROGATE_EXCLUDE, _RUFF_EXCLUDES)
    (root / ".bandit").write_text(_DOT_BANDIT, encoding="utf-8")


def old_files(root: Path) -> None:
    """No pyproject.toml: setup.cfg, `.bandit` that names a profile, ruff.toml; many `noqa`."""
    _clear(root)
    (root / "setup.cfg").write_text(_INTERROGATE_SETUP_CFG, encoding="utf-8")
    (root / ".bandit").write_text(_DOT_BANDIT_PROFILE, encoding="utf-8")
    (root / "bandit-profiles.yaml").write_text(_BANDIT_PROFILES, encoding="utf-8")
    (root / "ruff.toml").write_text(_RUFF_TOML, encoding="utf-8")
    _comment(root)


def in_git(root: Path) -> None:
    """A repository with ignored files, `noqa` and `nosec`; vulture's verbose and make_whitelist."""
    _clear(root)
    both = '\n[tool.bandit]\nskips = ["B105"]\n'
    _write(root, _VULTURE_VERBOSE, "\n[tool.interrogate]\next = ['pyi']\n", both, _RUFF_SELECT)
    (root / ".bandit").write_text("[bandit]\nskips = B110\nlevel = 2\n", encoding="utf-8")
    (root / ".gitignore").write_text("*_utils.py\n/docs/\n[b-d]*.py\n", encoding="utf-8")
    _comment(root)
    subprocess.run(["git", "init", "--quiet", "."], cwd=root, check=True)


def _write(root: Path, *sections: str) -> None:
    (root / "pyproject.toml").write_text("".join(sections), encoding="utf-8")


def _folders_with_code(root: Path) -> list[str]:
    found = {path.relative_to(root).parts[0] for path in python_files(root) if path.parent != root}
    return sorted(found)[:3]


def _whitelist(root: Path) -> str:
    """Return code that uses some names that `root` defines, as vulture's whitelists do."""
    names = {
        word
        for path in python_files(root)[::7]
        for line in path.read_bytes().decode("utf-8", "replace").splitlines()
        if line.lstrip().startswith(("def ", "class "))
        for word in [line.split()[1].partition("(")[0].rstrip(":")]
        if word.isidentifier()
    }
    return "".join(f"_.{name}\n" for name in sorted(names)[::3])


def _nest(root: Path) -> None:
    folders = sorted({path.parent for path in python_files(root)} - {root})
    for folder in folders[:: max(1, len(folders) // 4)]:
        up = "../" * len(folder.relative_to(root).parts)
        (folder / "ruff.toml").write_text(_NESTED_RUFF.format(up=up), encoding="utf-8")


_COMMENTS = (
    *("# noqa", "# noqa: V104", "# noqa: F401,V107", "# NOQA:V101, E501", "# noqa : V103"),
    *("# nosec", "# nosec B101", "# nosec: B105, B602", "#nosec assert_used", "# nosec B999"),
)


def _comment(root: Path) -> None:
    """Put a comment that suppresses behind many a line of `root`."""
    chance = random.Random(7)
    for path in python_files(root):
        lines = path.read_bytes().split(b"\n")
        for at in range(0, len(lines), chance.randint(5, 40)):
            if lines[at].strip() and not lines[at].endswith((b"\\", b"\r")):
                lines[at] += f"  {chance.choice(_COMMENTS)}".encode()
        path.write_bytes(b"\n".join(lines))


SMALL: tuple[Writer, ...] = (*(as_shipped, defaults, ignores, patterns, paths, old_files, in_git),)
BIG: tuple[Writer, ...] = (as_shipped, patterns_of_big)

"""Whatever a project holds: a clear sentence, the right exit code, nothing of the rest lost."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shell import COCKPIT, Answer, Project

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.security,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="pipes, modes and signals of POSIX"),
]

TOOLS = ["bandit", "interrogate", "ruff", "vulture"]
PYTHON_TOOLS = ["bandit", "interrogate", "vulture"]
#: Root without its power to read and write everything.
POWERLESS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a run over the good file alone finds in it."""
    answer = Project(tmp_path_factory.mktemp("good")).check()
    assert (answer.code, answer.errors()) == (1, {})
    found = answer.findings("good.py")
    assert {finding["checker"] for finding in found} == set(TOOLS)
    return found


def powerless() -> tuple[str, ...]:
    """What to put before a command so that modes of files mean something to it."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root reads and writes everything, and there is no setpriv")
    return POWERLESS


# --- Files that a tool cannot read ---

UNREADABLE: dict[str, tuple[bytes, list[str]]] = {
    "a syntax error": (b"def f(:\n", PYTHON_TOOLS),
    "an unknown encoding": (b"# coding: klingon\nx = 1\n", ["bandit", "vulture"]),
    "latin-1 without a cookie": (b's = "\xe9t\xe9"\n', TOOLS),
    "latin-1 with a cookie": (b'# coding: latin-1\ns = "\xe9"\n', ["interrogate", "ruff"]),
    "UTF-16": ("print(1)\n".encode("utf-16"), TOOLS),
    "a byte order mark": (b'\xef\xbb\xbf"""Doc."""\nprint(1)\n', ["interrogate"]),
    "a NUL byte": (b"print(1)\n\0\n", PYTHON_TOOLS),
    "5,000 brackets": (b"print(" + b"[" * 5000 + b"]" * 5000 + b")\n", PYTHON_TOOLS),
    "3,000 attributes": (b"print(print" + b".a" * 3000 + b")\n", PYTHON_TOOLS),
    "5,000 additions": (b"print(" + b"1+" * 5000 + b"1)\n", PYTHON_TOOLS),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_a_tool_cannot_read_is_named_and_costs_no_other(
    project: Project, good: list[dict[str, Any]], name: str
) -> None:
    content, tools = UNREADABLE[name]
    project.write("bad.py", content)
    answer = project.check()
    assert answer.code == 2
    assert answer.errors() == {tool: ["bad.py"] for tool in tools}
    assert answer.findings("good.py") == good
    seen = project.run("check")
    assert seen.code == 2
    assert seen.text.count("  bad.py") == len(tools), "one sentence a tool"
    assert max(map(len, seen.text.splitlines())) < 600, "no line of megabytes is quoted"


def test_a_syntax_error_in_a_line_of_megabytes_is_told_in_a_short_sentence(
    project: Project, good: list[dict[str, Any]]
) -> None:
    project.write("bad.py", b"x = '" + b"0123456789" * 400_000 + b"' def\n")
    seen = project.run("check")
    assert seen.code == 2
    assert max(map(len, seen.text.splitlines())) < 600
    assert project.check().findings("good.py") == good


def test_ruff_crashing_on_one_file_costs_no_other(
    project: Project, good: list[dict[str, Any]]
) -> None:
    project.write("bad.py", b"print(print" + b".a" * 300_000 + b")\n")
    for number in range(5):
        project.write(f"more{number}.py", "import sys\n")
    answer = project.check("--only", "ruff")
    assert answer.code == 2
    assert answer.errors() == {"ruff": ["bad.py"]}
    rules = {one["rule"] for one in good if one["checker"] == "ruff"}
    assert {one["rule"] for one in answer.findings("good.py")} == rules | {"S307"}
    assert all(answer.findings(f"more{number}.py") for number in range(5))


# --- Files that are odd, and that every tool can read ---


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'"""Doc."""\nprint(["' + b"0123456789" * 400_000 + b'"])\n',
        "# \u202e\u2066 backwards \u2069\nprint(1)\n".encode(),
    ],
    ids=["empty", "one line of 4 MB", "right to left"],
)
def test_an_odd_file_is_no_failure(
    project: Project, good: list[dict[str, Any]], content: bytes
) -> None:
    project.write("bad.py", content)
    answer = project.check()
    assert (answer.code, answer.errors()) == (1, {})
    assert answer.findings("good.py") == good


def test_50_megabytes_are_read(project: Project, good: list[dict[str, Any]]) -> None:
    line = b"# " + b"a long comment in a long file " * 3000 + b"\n"
    project.write("bad.py", line * (50_000_000 // len(line) + 1))
    answer = project.check()
    assert (answer.code, answer.errors()) == (1, {})
    assert answer.findings("good.py") == good
    assert [one["checker"] for one in answer.findings("bad.py")] == ["interrogate"]


def test_what_takes_too_long_is_given_up_and_costs_no_other(
    project: Project, good: list[dict[str, Any]]
) -> None:
    project.write("pyproject.toml", "[tool.cockpit]\ntimeout = 3\n")
    project.write("bad.py", b'print("some code", 12345)\n' * 400_000)
    answer = project.check("--only", "vulture")
    assert answer.code == 2
    (error,) = answer.document["outcomes"]["vulture"]["errors"]
    assert error["path"] == "bad.py"
    assert error["message"] == "the analysis took longer than 3 s"
    assert answer.findings("good.py") == [one for one in good if one["checker"] == "vulture"]


# --- Names ---

NAMES = [
    b"a b.py",
    b"a\nb.py",
    b"a\tb\r.py",
    b"[red]x[/red].py",
    b"a\x1b[31m\x07\x1b]0;t\x07.py",
    b"-rf.py",
    b"--help/--version.py",
    b"@args.py",
    b"\xff\xfe.py",
    "\u202egnp.py".encode(),
    b"{a,b}*?.py",
    b"back\\slash.py",
]


@pytest.mark.parametrize("repository", [True, False], ids=["git", "no git"])
def test_names_are_data(tmp_path: Path, good: list[dict[str, Any]], *, repository: bool) -> None:
    project = Project(tmp_path, repository=repository)
    for name in NAMES:
        project.write(name, '"""Doc."""\nimport sys\n')
    answer = project.check()
    assert (answer.code, answer.errors()) == (1, {})
    found = {one["path"] for one in answer.document["findings"] if one["rule"] == "F401"}
    assert {os.fsencode(path) for path in found} == {b"good.py", *NAMES}
    assert answer.findings("good.py") == good
    seen = project.run("check").text
    for shown in ("a b.py", r"a\nb.py", "[red]x[/red].py", r"a\x1b[31m\x07", r"\xff\xfe.py"):
        assert f"\n{shown}" in f"\n{seen}"
    assert "\u202e" not in seen


def test_a_name_that_is_not_utf_8_is_told_of_in_an_error_too(project: Project) -> None:
    project.write(b"\xff.py", "import (\n")
    answer = project.check()
    assert answer.code == 2
    paths = {path for paths in answer.errors().values() for path in paths}
    assert {os.fsencode(path) for path in paths} == {b"\xff.py"}
    assert r"\xff.py:1: " in project.run("check").text


def test_control_characters_in_code_are_shown_and_not_sent(project: Project) -> None:
    project.write("bad.py", b'password = "\x1b]0;t\x07\x9b31m"\nclass C:\n  def \x1b[31m(:\n')
    project.write("evil.py", 'password = "\u202e\u2066 x \u2069"\nprint(password)\n')
    seen = project.run("check")  # which looks for control characters itself
    assert seen.code == 2
    assert not set("\u202e\u2066\u2069\x9b").intersection(seen.text)
    assert project.check().document["findings"]


# --- What is no file ---


def bind(folder: Path) -> None:
    """Leave a socket called x.py; its name may only be short, so it is bound from inside."""
    script = "import socket; socket.socket(socket.AF_UNIX).bind('x.py')"
    subprocess.run((sys.executable, "-c", script), cwd=folder, check=True)


NO_FILES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "a FIFO": (lambda root: os.mkfifo(root / "x.py"), ["ruff"]),
    "a socket": (bind, ["ruff"]),
    "a link to a FIFO": (
        lambda root: (os.mkfifo(root / "p"), (root / "x.py").symlink_to("p")),
        TOOLS,
    ),
    "an endless device": (lambda root: (root / "x.py").symlink_to("/dev/zero"), TOOLS),
    "a link to itself": (lambda root: (root / "x.py").symlink_to("x.py"), TOOLS),
    "a link to nowhere": (lambda root: (root / "x.py").symlink_to("nowhere"), TOOLS),
    "a folder in itself": (lambda root: (root / "x").symlink_to("."), []),
    "a folder": (lambda root: (root / "x.py").mkdir(), []),
}


@pytest.mark.parametrize("repository", [True, False], ids=["git", "no git"])
@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_file_is_never_waited_for(
    tmp_path: Path, good: list[dict[str, Any]], name: str, *, repository: bool
) -> None:
    project = Project(tmp_path, repository=repository)
    make, tools = NO_FILES[name]
    make(project.root)
    answer = project.check(seconds=30)
    assert answer.errors() == {tool: ["x.py"] for tool in tools}
    assert answer.code == (2 if tools else 1)
    assert answer.findings("good.py") == good


def test_a_file_that_is_listed_and_gone_is_no_failure(
    project: Project, good: list[dict[str, Any]]
) -> None:
    project.write("bad.py", "import sys\n")
    subprocess.run(("git", "add", "bad.py"), cwd=project.root, check=True)
    (project.root / "bad.py").unlink()
    answer = project.check()
    assert (answer.code, answer.errors()) == (1, {})
    assert answer.document["findings"] == good


def test_an_unreadable_file_is_named(project: Project, good: list[dict[str, Any]]) -> None:
    before = powerless()
    project.write("bad.py", "import sys\n")
    (project.root / "bad.py").chmod(0)
    answer = project.check(before=before)
    assert answer.code == 2
    assert answer.errors() == {tool: ["bad.py"] for tool in TOOLS}
    assert "bad.py: Permission denied" in project.run("check", before=before).text
    assert answer.findings("good.py") == good


@pytest.mark.parametrize("repository", [True, False], ids=["git", "no git"])
def test_an_unreadable_folder_costs_no_other(
    tmp_path: Path, good: list[dict[str, Any]], *, repository: bool
) -> None:
    before = powerless()
    project = Project(tmp_path, repository=repository)
    project.write("closed/bad.py", "import sys\n")
    (project.root / "closed").chmod(0)
    try:
        answer = project.check(before=before)
        assert answer.code in (1, 2)
        assert answer.findings("good.py") == good
    finally:
        (project.root / "closed").chmod(0o700)


# --- Settings ---

REFUSED = {
    "[tool.ruff\n": "pyproject.toml is not valid TOML: ",
    'x = "\xff"\n': "pyproject.toml is not valid TOML: ",
    "x = " + "[" * 5000 + "\n": "pyproject.toml is not valid TOML: ",
    '[tool.cockpit]\ntimeout = "soon"\n': '[tool.cockpit]: timeout is "soon"',
    "[tool.cockpit]\ntools = 3\n": "[tool.cockpit]: tools is 3",
    "[tool]\ncockpit = 3\n": "tool.cockpit is not a table",
    "[tool.cockpit]\ntimeuot = 3\n": "unknown key timeuot\n         Did you mean timeout?",
    '[tool.cockpit]\n"\\u001b[31m" = 3\n': r"unknown key \x1b[31m",
    '[tool.cockpit]\neditor = "rm -rf"\n': "names a program to run, which a project may not choose",
    '[tool.cockpit]\ntools = ["rufff"]\n': "there is no tool called rufff",
}


@pytest.mark.parametrize("content", REFUSED, ids=range(len(REFUSED)))
def test_settings_that_cannot_be_understood_are_refused(project: Project, content: str) -> None:
    project.write("pyproject.toml", content.encode("latin-1"))
    answer = project.run("check")
    assert (answer.code, answer.out) == (2, b"")
    assert answer.text.startswith("cockpit: ")
    assert REFUSED[content] in answer.text
    assert len(answer.text.splitlines()) == 2, "what is wrong, and what to do"


@pytest.mark.parametrize("kind", ["FIFO", "folder"])
def test_settings_that_are_no_file_are_refused(project: Project, kind: str) -> None:
    place = project.root / "pyproject.toml"
    os.mkfifo(place) if kind == "FIFO" else place.mkdir()
    answer = project.run("check", seconds=20)
    assert answer.code == 2
    assert "pyproject.toml cannot be read: " in answer.text


FAILING = {
    "an unknown rule of ruff": (
        "pyproject.toml",
        '[tool.ruff.lint]\nselect = ["ZZZ"]\n',
        "ruff",
        "ZZZ",
    ),
    "an unknown key of ruff": (
        "pyproject.toml",
        "[tool.ruff]\nline-lenght = 3\n",
        "ruff",
        "line-lenght",
    ),
    "an unknown key of vulture": (
        *("pyproject.toml", "[tool.vulture]\nmin_confidance = 3\n", "vulture"),
        "Did you mean min_confidence?",
    ),
    "a wrong type for vulture": (
        *("pyproject.toml", '[tool.vulture]\nmin_confidence = "x"\n', "vulture"),
        "Data type for min_confidence must be 'int'",
    ),
    "a wrong type for interrogate": (
        *("pyproject.toml", '[tool.interrogate]\nfail-under = "x"\n', "interrogate"),
        "'x' is not a valid float",
    ),
    "a wrong type for bandit": (
        *("pyproject.toml", "[tool.bandit]\ntests = 3\n", "bandit"),
        "the section [tool.bandit] of pyproject.toml",
    ),
    "an unknown test of bandit": (
        *("pyproject.toml", '[tool.bandit]\ntests = ["B999"]\n', "bandit"),
        "bandit has no test to run",
    ),
    "an unknown test in .bandit": (
        ".bandit",
        "[bandit]\ntests = B999\n",
        "bandit",
        "no test to run",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_tool_that_refuses_its_settings_says_so_and_the_others_answer(
    project: Project, good: list[dict[str, Any]], name: str
) -> None:
    file, content, tool, words = FAILING[name]
    project.write(file, content)
    answer = project.check()
    assert answer.code == 2
    states = {name: outcome["state"] for name, outcome in answer.document["outcomes"].items()}
    assert states == dict.fromkeys(TOOLS, "report") | {tool: "failure"}
    others = {one["rule"] for one in good if one["checker"] != tool}
    assert others <= {one["rule"] for one in answer.findings("good.py")}
    assert words in project.run("check").text


def test_a_bandit_file_that_cannot_be_read_is_named(project: Project) -> None:
    project.write(".bandit", "no section\n")
    answer = project.check()
    assert (answer.code, answer.errors()) == (2, {"bandit": [".bandit"]})


# --- Where a project lies ---


@pytest.mark.parametrize("repository", [True, False], ids=["git", "no git"])
def test_a_project_without_a_python_file_is_not_clean(tmp_path: Path, *, repository: bool) -> None:
    project = Project(tmp_path, repository=repository)
    (project.root / "good.py").unlink()
    answer = project.check()
    assert answer.code == 2
    outcomes = answer.document["outcomes"]
    assert {name: outcome["state"] for name, outcome in outcomes.items()} == dict.fromkeys(
        TOOLS, "failure"
    )
    assert all(outcome["hint"] for outcome in outcomes.values())


def test_without_git_the_same_is_found(tmp_path: Path, good: list[dict[str, Any]]) -> None:
    project = Project(tmp_path, repository=False)
    assert project.check().document["findings"] == good


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_a_repository_of_somebody_else_is_walked_and_told_of(
    project: Project, good: list[dict[str, Any]]
) -> None:
    for place in (project.root, *project.root.rglob("*")):
        os.chown(place, 65534, 65534)
    lonely = {"HOME": str(project.settings), "GIT_CONFIG_SYSTEM": "/dev/null"}
    assert project.check(env=lonely).document["findings"] == good
    seen = project.run("check", env=lonely)
    assert seen.code == 1
    assert "somebody else owns it" in seen.text
    assert "safe.directory" in seen.text


def listing(root: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below `root`, with size, mode and times."""
    states = {str(path): path.lstat() for path in (root, *root.rglob("*"))}
    return {path: (one.st_size, one.st_mode, one.st_mtime_ns) for path, one in states.items()}


@pytest.mark.parametrize("command", [("check",), ("check", "--verify")], ids=" ".join)
def test_nothing_is_written_into_the_project(project: Project, command: tuple[str, ...]) -> None:
    project.write("package/__init__.py", "")
    before = listing(project.root)
    # Even where Python was not told to leave no bytecode behind, or elsewhere.
    plain = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": ""}
    answer = project.run(*command, env=plain)
    assert answer.code == (0 if "--verify" in command else 1), answer.text
    assert listing(project.root) == before


def test_a_read_only_checkout_is_checked(project: Project, good: list[dict[str, Any]]) -> None:
    before = powerless()
    places = [project.root, *project.root.rglob("*")]
    for place in places:
        place.chmod(0o500 if place.is_dir() else 0o400)
    try:
        answer = project.check(before=before)
        assert answer.code == 1
        assert answer.document["findings"] == good
    finally:
        for place in places:
            place.chmod(0o700)


# --- The cache ---


def noted(project: Project, words: str, **more: Any) -> Answer:
    """Run `check`, and see that it says `words` of the cache, in one line."""
    answer = project.run("check", **more)
    assert answer.code == 1
    notes = [line for line in answer.text.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1, answer.text
    assert words in notes[0]
    return answer


def test_without_a_writable_cache_the_same_is_found(
    project: Project, good: list[dict[str, Any]]
) -> None:
    nowhere = {"COCKPIT_CACHE_DIR": "/dev/null/cache"}
    noted(project, "The cache in /dev/null/cache is not used: ", env=nowhere)
    assert project.check(env=nowhere).document["findings"] == good


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that is full."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "none", str(place))
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, check=False).returncode
    ):
        pytest.skip("only root on Linux can make a small disk, where it may mount")
    try:
        with (place / "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        yield place
    finally:
        subprocess.run(("umount", str(place)), check=True)


def test_on_a_full_disk_the_same_is_found(
    project: Project, good: list[dict[str, Any]], full_disk: Path
) -> None:
    there = {"COCKPIT_CACHE_DIR": str(full_disk)}
    noted(project, f"The cache in {full_disk} is not used: ", env=there)
    assert project.check(env=there).document["findings"] == good


def test_a_file_that_may_grow_no_more_costs_nothing(
    project: Project, good: list[dict[str, Any]]
) -> None:
    """A quota ends a write as a full disk does; here it is a limit of the process."""
    limit = ("sh", "-c", 'ulimit -f 2; trap "" XFSZ; exec "$@"', "sh")
    assert project.check(before=limit).document["findings"] == good


def damage(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(b"not a database" * (len(content) // 14))


def from_tomorrow(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


@pytest.mark.parametrize("harm", [damage, from_tomorrow], ids=["damaged", "another version"])
def test_a_cache_that_is_not_ours_is_set_aside(
    project: Project, good: list[dict[str, Any]], harm: Callable[[Path], None]
) -> None:
    project.check()
    harm(project.cache / "facts.sqlite")
    noted(project, "it was set aside as ")
    assert project.check().document["findings"] == good
    assert "note: " not in project.run("check").text


def test_two_cockpits_share_a_cache(project: Project, good: list[dict[str, Any]]) -> None:
    for number in range(30):
        project.write(f"more{number}.py", f'"""Doc."""\nprint({number})\n')
    both = [
        subprocess.Popen(
            (*COCKPIT, "check", "--format", "json"),
            cwd=project.root,
            env=project.env(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for one in both:
        out, err = one.communicate(timeout=60)
        assert (one.returncode, err) == (1, b"")
        assert json.loads(out)["findings"] == good
    assert "note: " not in project.run("check").text


# --- Hostile projects ---

MODULES = [
    "ast",
    "bandit",
    "vulture",
    "ruff",
    "interrogate",
    "msgspec",
    "sitecustomize",
    "conftest",
]


def booby_trap(project: Project, canary: Path) -> None:
    """Let everything that a careless program would run leave a canary."""
    trap = f'"""Trap."""\nopen({str(canary)!r}, "w").close()\n'
    for module in (*MODULES, "usercustomize", "setup", "__main__", "__init__"):
        project.write(f"{module}.py", trap)
    for package in ("cockpit", "tomllib", "stevedore"):
        project.write(f"{package}/__init__.py", trap)
        project.write(f"{package}/cli.py", trap)
        project.write(f"{package}/janitor.py", trap)
    script = project.root / "trap.sh"
    script.write_text(f'#!/bin/sh\n: > "{canary}"\n', encoding="utf-8")
    for name in ("git", "ruff", "python", "python3"):
        shutil.copy(script, project.root / name)
        (project.root / name).chmod(0o755)
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.editor"):
        subprocess.run(("git", "config", key, str(script)), cwd=project.root, check=True)


@pytest.fixture
def canary(project: Project, tmp_path: Path) -> Path:
    """A file that is there as soon as anything of the project was run."""
    place = tmp_path / "canary"
    booby_trap(project, place)
    return place


#: Folders of programs and modules that mean the project's own.
CARELESS = {"PATH": f".:{os.environ.get('PATH', '')}:"}


def test_the_traps_work(project: Project, canary: Path) -> None:
    subprocess.run((sys.executable, "ast.py"), cwd=project.root, check=True)
    assert canary.exists()
    canary.unlink()
    subprocess.run(("git", "status"), cwd=project.root, check=False, capture_output=True)
    assert canary.exists()


@pytest.mark.parametrize(
    "command", [("check",), ("check", "--verify"), ("check", "--explain", "ruff")], ids=" ".join
)
def test_nothing_of_a_hostile_project_is_run(
    project: Project, canary: Path, command: tuple[str, ...]
) -> None:
    answer = project.run(*command, env=CARELESS, seconds=120)
    assert answer.code in (0, 1), answer.text
    assert not canary.exists()


def test_watching_a_hostile_project_runs_nothing_of_it(project: Project, canary: Path) -> None:
    lines, _ = watched(project, lambda: project.write("ast.py", canary_free(project)), CARELESS)
    assert [line["event"] for line in lines] == ["ready", "change"]
    assert not canary.exists()


def canary_free(project: Project) -> bytes:
    return (project.root / "ast.py").read_bytes() + b"import sys\n"


def watched(
    project: Project, change: Callable[[], object], env: dict[str, str] | None = None
) -> tuple[list[dict[str, Any]], str]:
    """Run `watch`, make a change once it is ready, and return its lines up to that change's."""
    errors = project.settings / "errors"
    with (
        errors.open("wb") as err,
        subprocess.Popen(
            (*COCKPIT, "watch", "--format", "json"),
            cwd=project.root,
            env=project.env(**(env or {})),
            stdout=subprocess.PIPE,
            stderr=err,
        ) as watch,
    ):
        assert watch.stdout is not None
        try:
            lines = [json.loads(watch.stdout.readline())]
            change()
            lines.append(json.loads(watch.stdout.readline()))
        finally:
            watch.terminate()
            watch.wait(20)
    return lines, errors.read_text(encoding="utf-8")


def test_files_that_vanish_before_they_are_read_are_no_failure(
    project: Project, good: list[dict[str, Any]]
) -> None:
    def change() -> None:
        for number in range(50):
            project.write(f"gone{number}.py", "import sys\n")
            (project.root / f"gone{number}.py").unlink()
        project.write("good.py", b"import sys\n")

    lines, errors = watched(project, change)
    assert errors == ""
    assert {one["identity"] for one in lines[0]["added"]} == {one["identity"] for one in good}
    assert all(outcome["state"] == "report" for outcome in lines[1]["outcomes"].values())
    assert not any(outcome["errors"] for outcome in lines[1]["outcomes"].values())

"""The person's editor: which it is, what it is told, and what the screen says of it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from cockpit import guests
from cockpit.errors import CockpitError
from cockpit.ui.editor import Choice, Opening, chosen, opening
from cockpit.ui.editors import Place
from tests.ui.fakes import FakeBackend, finding, report, running, snapshot, until, until_shown

pytestmark = pytest.mark.integration

#: One code point is two bytes here, one three and two cells, one four bytes and two units.
LINE = "\té = '漢🙂' + foo(bar)"
PLACE = Place(Path("/p/a.py"), 7, LINE.index("foo") + 1, LINE)
START = Place(Path("/p/a.py"), 7, 1, LINE)
FIRST = snapshot(ruff=report(finding(line=4)))


def opened(words: str, place: Place = PLACE, **environment: str) -> Opening:
    return opening(Choice(words, "$EDITOR"), place, environment)


def by_template(words: str, place: Place = PLACE) -> Opening:
    return opening(chosen(words, {}), place, {})


# --- What each editor is told ---------------------------------------------------------------------

CODE_POINT, BYTE, UNIT, CELL = 13, 19, 14, 22


def test_a_column_is_counted_as_each_editor_counts() -> None:
    assert (PLACE.column, PLACE.byte, PLACE.unit, PLACE.cell) == (CODE_POINT, BYTE, UNIT, CELL)
    assert (START.byte, START.unit, START.cell) == (1, 1, 1)
    beyond = Place(Path("/p/a.py"), 7, 9, "é")
    assert (beyond.byte, beyond.unit, beyond.cell) == (10, 9, 9), "the file changed meanwhile"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("vim", (f"+call cursor(7,{BYTE})", "/p/a.py")),
        ("/opt/bin/nvim", (f"+call cursor(7,{BYTE})", "/p/a.py")),
        ("vim.basic", (f"+call cursor(7,{BYTE})", "/p/a.py")),
        ("vim.tiny", (f"+normal! 7G0{CODE_POINT - 1}l", "/p/a.py")),
        ("vi", ("+7", "/p/a.py")),
        ("emacs", (f"+7:{CELL}", "/p/a.py")),
        ("emacs-nox", (f"+7:{CELL}", "/p/a.py")),
        ("emacsclient -t", (f"+7:{CELL}", "/p/a.py")),
        ("nano", (f"+7,{CELL}", "/p/a.py")),
        ("micro", (f"+7:{CODE_POINT}", "/p/a.py")),
        ("kak", (f"+7:{BYTE}", "/p/a.py")),
        ("hx", (f"/p/a.py:7:{CODE_POINT}",)),
        ("helix", (f"/p/a.py:7:{CODE_POINT}",)),
    ],
)
def test_an_editor_in_the_terminal_is_told_line_and_column(
    words: str, told: tuple[str, ...]
) -> None:
    assert opened(words) == Opening((*words.split(), *told))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("gvim", (f"+call cursor(7,{BYTE})", "/p/a.py")),
        ("vim -g", (f"+call cursor(7,{BYTE})", "/p/a.py")),
        *(
            (words, ("--goto", f"/p/a.py:7:{UNIT}"))
            for words in ("code --wait", "code-insiders", "codium", "cursor", "windsurf")
        ),
        ("zed --wait", (f"/p/a.py:7:{CODE_POINT}",)),
        ("subl", (f"/p/a.py:7:{CODE_POINT}",)),
        *(
            (words, ("--line", "7", "--column", f"{UNIT - 1}", "/p/a.py"))
            for words in ("pycharm", "idea.sh", "charm", "pycharm-community")
        ),
        ("mate -w", ("--line", f"7:{CODE_POINT}", "/p/a.py")),
        ("kate", ("--line", "7", "--column", f"{UNIT}", "/p/a.py")),
        ("gedit", (f"+7:{CODE_POINT}", "/p/a.py")),
    ],
)
def test_an_editor_with_a_window_leaves_the_terminal_to_us(
    words: str, told: tuple[str, ...]
) -> None:
    assert opened(words) == Opening((*words.split(), *told), windowed=True)


@pytest.mark.parametrize(
    ("words", "windowed"),
    [
        ("env TERM=xterm vim", False),
        ("nice -n 5 vim -p", False),
        ("flatpak run org.vim.Vim", False),
        ("flatpak run --branch=stable com.visualstudio.code", True),
        ("xterm -e vim", True),
        ("tmux new-window nvim", True),
    ],
)
def test_an_editor_is_known_behind_what_runs_it(words: str, windowed: bool) -> None:
    what = opened(words)
    assert what.argv[: len(words.split())] == tuple(words.split())
    assert what.argv[len(words.split()) :] != ("/p/a.py",), "it is told the line"
    assert (what.windowed, what.note) == (windowed, "")


@pytest.mark.parametrize(
    ("words", "environment", "windowed"),
    [
        ("emacsclient", {}, True),
        ("emacsclient -nw", {"DISPLAY": ":0"}, False),
        ("emacsclient -ct", {"DISPLAY": ":0"}, False),
        ("emacsclient -c", {"DISPLAY": ":0"}, True),
        ("emacsclient -c", {}, False),
        ("emacsclient -a vim", {}, False),
        ("emacsclient", {"ALTERNATE_EDITOR": "vim"}, False),
    ],
)
def test_emacsclient_takes_the_terminal_only_where_it_must(
    words: str, environment: dict[str, str], windowed: bool
) -> None:
    assert opened(words, **environment).windowed is windowed


def test_a_name_that_many_editors_go_by_means_what_it_leads_to() -> None:
    for real, told in [("vim.basic", "+call"), ("vim.tiny", "+normal!"), ("nano", "+7,")]:
        what = opening(Choice("vi", "$EDITOR"), PLACE, {}, lambda _, real=real: real)
        assert what.argv[1].startswith(told)
    assert opening(Choice("vi", "$EDITOR"), PLACE, {}, lambda _: "busybox").argv[1] == "+7"


def test_an_unknown_editor_gets_the_file_and_that_is_said() -> None:
    what = opened("myed --fast")
    assert what.argv == ("myed", "--fast", "/p/a.py")
    assert what.note == "cockpit does not know how to tell myed the line"


@pytest.mark.security
@pytest.mark.parametrize("name", ["-a b.py", "+7.py", "$(id) `id` ;.py", "q\"'\n.py", "{line}.py"])
def test_a_file_is_one_word_whatever_its_name(name: str) -> None:
    place = Place(Path("/p") / name, 7, 1)
    assert opened("vim", place).argv == ("vim", "+call cursor(7,1)", f"/p/{name}")
    assert by_template("myed {file}:{line}", place).argv == ("myed", f"/p/{name}:7")
    assert opened("ed; rm -rf ~", place).argv == ("ed;", "rm", "-rf", "~", f"/p/{name}")


# --- The setting ----------------------------------------------------------------------------------


def test_the_setting_comes_before_visual_and_that_before_editor() -> None:
    environment = {"VISUAL": "nvim", "EDITOR": "vim"}
    assert chosen("hx", environment).words == "hx"
    assert chosen("", environment).words == "nvim"
    assert chosen(" ", {"VISUAL": "", "EDITOR": "vim"}) == Choice("vim", "$EDITOR")


def test_a_template_says_where_the_place_goes() -> None:
    what = by_template('"my ed" --at {line}:{column} {file}')
    assert what.argv == ("my ed", "--at", f"7:{CODE_POINT}", "/p/a.py")
    # The file is never left out.
    assert by_template("myed +{line}").argv == ("myed", "+7", "/p/a.py"), (
        "the file is never left out"
    )
    assert by_template("myed {{x}} {file}").argv == ("myed", "{x}", "/p/a.py")
    assert by_template("code -g {file}:{line}").windowed
    assert by_template("vim").argv == opened("vim").argv, "without a placeholder: a command"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("myed {fil}", "{fil}, which means nothing. Did you mean {file}?"),
        ("myed {row} {file}", "There are {file}, {line} and {column}."),
        ("myed {file.parts}", "{file.parts}, which means nothing"),
        ("myed {line!r}", "{line!r}, which means nothing"),
        ("myed {line:>9}", "{line:>9}, which means nothing"),
        ("myed {0}", "{0}, which means nothing"),
        ("myed {file", "cannot be understood"),
        ("myed }", "a brace itself is written twice"),
        ("myed 'x", "no closing quotation"),
        ("'' x", "names no program"),
    ],
)
def test_a_template_that_is_wrong_is_explained(words: str, said: str) -> None:
    with pytest.raises(CockpitError) as caught:
        by_template(words)
    assert said in f"{caught.value.message}. {caught.value.hint}"


def test_braces_mean_nothing_in_the_environment() -> None:
    assert opened("vim -c 'let g:x={}'").argv[:3] == ("vim", "-c", "let g:x={}")


def test_without_an_editor_those_that_are_here_are_named() -> None:
    with pytest.raises(CockpitError, match="no editor is set; here are nano, vi") as caught:
        chosen("", {}, ("nano", "vi"))
    assert 'editor = "nano"' in caught.value.hint
    with pytest.raises(CockpitError, match=r"no editor is set$"):
        chosen("", {}, ())


# --- What is started ------------------------------------------------------------------------------


def program(folder: Path, name: str, body: str) -> Path:
    """Write a program in Python."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport os, sys\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def recorder(folder: Path, name: str, code: int = 0) -> tuple[Path, Path]:
    """Return a program that writes its arguments down, and where."""
    notes = folder / f"{name}.args"
    body = (
        f"with open({str(notes) + '.part'!r}, 'w') as file:\n"
        "    print(repr([sys.argv[1:], os.getsid(0) == os.getpid(), os.isatty(0)]), file=file)\n"
        f"os.rename({str(notes) + '.part'!r}, {str(notes)!r})\n"
        f"print('cannot open display', file=sys.stderr)\nsys.exit({code})"
    )
    return program(folder, name, body), notes


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No editor set, whatever the machine."""
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    return monkeypatch


async def test_an_editor_with_a_window_is_started_apart_at_the_place(
    backend: FakeBackend, project: Path, tmp_path: Path, bare: pytest.MonkeyPatch
) -> None:
    editor, notes = recorder(tmp_path, "code")
    bare.setenv("VISUAL", f"{editor} --wait")
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "e")
        await until(pilot, notes.exists)
        await until_shown(app, pilot, "opened pkg/a.py:4 in code")
    words = ["--wait", "--goto", f"{project}/pkg/a.py:4:1"]
    assert notes.read_text(encoding="utf-8").strip() == repr([words, True, False])


async def test_a_window_that_fails_says_so_in_its_own_words(
    backend: FakeBackend, tmp_path: Path, bare: pytest.MonkeyPatch
) -> None:
    backend.editor = str(recorder(tmp_path, "subl", code=3)[0])
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "e")
        await until_shown(app, pilot, "subl ended with exit code 3", "cannot open display")


async def test_without_an_editor_it_says_what_to_set(
    backend: FakeBackend, bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path, "nano", "")
    bare.setenv("PATH", str(tmp_path))
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "e")
        await until_shown(app, pilot, "no editor is set; here are nano", "config.toml")


async def test_an_editor_that_is_not_there_is_said_before_the_screen_is_lent(
    backend: FakeBackend, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv("EDITOR", "no-such-editor")
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "e")
        await until_shown(app, pilot, "$EDITOR names no-such-editor", "not on PATH")


async def test_a_terminal_that_cannot_be_lent_is_said(backend: FakeBackend, tmp_path: Path) -> None:
    backend.editor = str(program(tmp_path, "vim", ""))
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "e")
        await until_shown(app, pilot, "cannot be lent to an editor")


async def test_a_file_that_is_gone_is_not_made_anew(backend: FakeBackend, project: Path) -> None:
    backend.editor = "vim"
    (project / "pkg/a.py").unlink()
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "e")
        await until_shown(app, pilot, "pkg/a.py is not there any more")


async def test_keys_that_cannot_work_here_say_why(backend: FakeBackend) -> None:
    async with running(backend, first=snapshot()) as (app, pilot):
        for key, words in {
            "e": "there is no finding here to edit at",
            "y": "there is no finding here to copy the place of",
            "Y": "there is no finding here to copy.",
            "o": "there is no finding here whose rule",
        }.items():
            await pilot.press(key)
            await until_shown(app, pilot, words.rstrip("."))
        app.context.backend = None
        for key in ("r", "R", "p"):
            app.clear_notifications()
            await pilot.press(key)
            await until_shown(app, pilot, "the project is still being opened")
        app.context.backend = backend


@pytest.mark.security
def test_a_program_is_never_looked_for_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "vim", "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join((".", "")))
    assert guests.find("vim") == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert guests.find("vim") == str(tmp_path / "vim")
    assert guests.find("./vim") == str(tmp_path / "vim"), "a person's own word"


async def test_a_cancelled_loan_asks_the_editor_to_end(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    body = f"import signal\nopen({str(ready)!r}, 'w').close()\nsignal.pause()"
    editor = program(tmp_path, "vim", body)
    loan = asyncio.create_task(guests.lend_terminal((str(editor),), tmp_path))
    async with asyncio.timeout(10):
        while not ready.exists():  # noqa: ASYNC110 -- another process makes it
            await asyncio.sleep(0.01)
        loan.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loan
    assert guests.ending((str(editor),), -15) == "vim was ended by SIGTERM"

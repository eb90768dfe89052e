"""The picker: which process to profile, why one cannot be, and what to launch instead."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from cockpit.profilers.permission import Facts, Subject, judged
from cockpit.profilers.processes import Lister, Process
from cockpit.ui import picker
from cockpit.ui.app import CockpitApp
from cockpit.ui.picker import Choice, PickerScreen, split
from cockpit.ui.process_list import ProcessList
from cockpit.ui.process_rows import Columns, age, aligned, brief, memory, ordered, passes
from tests.ui.fakes import (
    FakeBackend,
    line_with,
    running,
    screen_lines,
    screen_text,
    snapshot,
    styles_of,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration

ROOT = "/home/ada/src/shop"
SIZES = [(80, 24), (100, 30), (160, 45)]
USER = Facts()


def process(pid: int, *argv: str, **more: object) -> Process:
    """Return a process of ada's that can be sampled, unless told otherwise."""
    words = argv or ("python", f"job_{pid}.py")
    usual = {"user": "ada", "rss": 30 << 20, "threads": 2, "age": 60.0, "cpu": 0.0, "cwd": "/srv"}
    return Process(pid, 1e9 + pid, command=" ".join(words), argv=words, **(usual | more))


def refused(pid: int, *argv: str, facts: Facts = USER, **more: object) -> Process:
    """Return a process that those who have the rights of `facts` cannot sample."""
    one = process(pid, *argv, **more)
    readable = one.mine
    subject = Subject(pid, one.user, one.mine, readable, status=one.status)
    found = judged(facts, subject)
    assert found.problem
    return msgspec.structs.replace(one, problem=found.problem, remedies=found.remedies)


SERVER = process(
    41712, f"{ROOT}/.venv/bin/python", f"{ROOT}/manage.py", "runserver",
    cpu=87.3, rss=318 << 20, age=4000.0, virtualenv="shop/.venv", python="3.12.4", cwd=ROOT,
    status="running",
)  # fmt: skip
NOTEBOOK = process(2201, "/opt/conda/bin/python", "/opt/conda/bin/jupyter-lab", cpu=1.2)
BURNER = process(2311, "python", "burn.py", cpu=99.0)
ROOTS = refused(611, "/usr/bin/python3", "/usr/bin/dispatcher", user="root", mine=False, cwd="")
STOPPED = refused(990, "python", "halted.py", status="stopped")
US = process(77, "cockpit", this=True, cpu=55.0, cwd=ROOT)
ALL = [ROOTS, US, NOTEBOOK, STOPPED, BURNER, SERVER]


class Fake:
    """Finds what a test says, and how often it was asked; waits while `may` is not set."""

    def __init__(self, *found: Process) -> None:
        self.found, self.looks = list(found), 0
        self.may = threading.Event()
        self.may.set()

    def __call__(self) -> list[Process]:
        self.may.wait(10)
        self.looks += 1
        return list(self.found)


class Opened:
    """A picker at work, and what it answered."""

    def __init__(self, app: CockpitApp, pilot: Pilot[int], fake: Fake) -> None:
        self.app, self.pilot, self.fake = app, pilot, fake
        self.answers: list[Choice] = []

    @property
    def list(self) -> ProcessList:
        return self.app.screen.query_one(ProcessList)

    @property
    def chosen(self) -> int:
        """The PID under the cursor."""
        assert self.list.process is not None
        return self.list.process.pid

    async def answer(self) -> Choice:
        await until(self.pilot, lambda: self.answers)
        return self.answers[0]

    async def look(self) -> None:
        """Look again, and wait until what was found is shown."""
        before = self.fake.looks
        await self.pilot.press("r")
        await until(self.pilot, lambda: self.fake.looks > before)
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()


@asynccontextmanager
async def picking(
    backend: FakeBackend, *found: Process, size: tuple[int, int] = (100, 30), root: str = ROOT
) -> AsyncIterator[Opened]:
    """Open a picker of what `found` says, and wait until it is shown."""
    fake = Fake(*found)
    async with running(backend, size, snapshot()) as (app, pilot):
        opened = Opened(app, pilot, fake)
        app.push_screen(PickerScreen(app.context, fake, root), opened.answers.append)
        await until(pilot, lambda: isinstance(app.screen, PickerScreen) and fake.looks > 0)
        await app.workers.wait_for_complete()
        await pilot.pause()
        yield opened


@pytest.fixture(autouse=True)
def no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look only when a test says so."""
    monkeypatch.setattr(picker, "EVERY", 3600.0)
    monkeypatch.setattr(picker, "_SOON", 3600.0)
    monkeypatch.setattr(picker, "_QUIET", -1.0)


# --- The list -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_row_says_all_that_a_person_chooses_by(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with picking(backend, *ALL, size=size) as opened:
        line = line_with(opened.app, "41712")
        for words in ("●", "87.3", "318 M", "1 h", "shop/.venv", "python manage.py runserver"):
            assert words in line
        heading = line_with(opened.app, "CPU %")
        assert heading.index("CPU %") + len("CPU %") == line.index("87.3") + len("87.3")
        assert heading.index("command") == line.index("python manage.py")


@pytest.mark.parametrize("size", [*SIZES, (60, 15), (40, 10)])
async def test_no_line_is_longer_than_the_screen_and_all_its_keys_work(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with picking(backend, *ALL, size=size) as opened:
        await opened.pilot.press("G")
        assert {len(line) for line in screen_lines(opened.app)} == {size[0]}
        assert len(screen_lines(opened.app)) == size[1]
        await opened.pilot.press("escape")
        assert await opened.answer() is None


def test_the_projects_come_first_then_the_busiest_of_ones_own_then_us_then_others() -> None:
    found = [one.pid for one in ordered(ALL, ROOT)]
    assert found == [SERVER.pid, BURNER.pid, NOTEBOOK.pid, STOPPED.pid, US.pid, ROOTS.pid]


@pytest.mark.parametrize(
    ("one", "marked"),
    [
        (process(1, cwd=ROOT), True),
        (process(1, cwd=f"{ROOT}/docs"), True),
        (process(1, "python", f"{ROOT}/manage.py"), True),
        (process(1, f"{ROOT}/.venv/bin/python", "-m", "http.server"), True),
        (process(1, cwd=f"{ROOT}-old"), False),
        (process(1), False),
    ],
)
async def test_a_process_of_the_project_is_marked(
    backend: FakeBackend, one: Process, marked: bool
) -> None:
    async with picking(backend, one) as opened:
        assert ("of this project" in screen_text(opened.app)) is marked
        assert ("●" in screen_lines(opened.app)[2]) is marked


async def test_others_processes_are_named_after_their_user_and_ours_after_us(
    backend: FakeBackend,
) -> None:
    async with picking(backend, *ALL) as opened:
        assert "root · python3 dispatcher" in line_with(opened.app, " 611 ")
        assert "this cockpit · cockpit" in line_with(opened.app, " 77 ")


async def test_before_the_first_look_is_over_that_is_said(backend: FakeBackend) -> None:
    fake = Fake(SERVER)
    fake.may.clear()
    async with running(backend, (100, 30), snapshot()) as (app, pilot):
        app.push_screen(PickerScreen(app.context, fake, ROOT))
        await until_shown(app, pilot, "looking for Python processes")
        fake.may.set()
        await until_shown(app, pilot, "manage.py runserver")


async def test_where_there_is_none_it_says_how_to_launch_one(backend: FakeBackend) -> None:
    async with picking(backend) as opened:
        text = screen_text(opened.app)
        assert "No Python process of yours is running." in text
        assert "l launches one: type its command" in text
        await opened.pilot.press("enter", "j", "y")  # nothing to do, and nothing breaks
        assert not opened.answers


async def test_us_alone_are_no_process_to_choose_but_can_be_chosen(backend: FakeBackend) -> None:
    async with picking(backend, US) as opened:
        assert "No other Python process of yours is running." in screen_text(opened.app)
        await opened.pilot.press("enter")
        assert await opened.answer() == US


async def test_the_list_is_refreshed_by_itself(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picker, "EVERY", 0.05)
    async with picking(backend, SERVER) as opened:
        opened.fake.found = [BURNER]
        await until_shown(opened.app, opened.pilot, "burn.py")


async def test_two_looks_never_go_on_at_once(backend: FakeBackend) -> None:
    async with picking(backend, SERVER) as opened:
        opened.fake.may.clear()
        await opened.pilot.press("r", "r", "r")
        opened.fake.may.set()
        await opened.app.workers.wait_for_complete()
        assert opened.fake.looks == 2


# --- The cursor ---------------------------------------------------------------------------------


def busy(pid: int, cpu: float) -> Process:
    return process(pid, cpu=cpu)


async def test_the_cursor_stays_on_its_process_when_the_order_changes(backend: FakeBackend) -> None:
    async with picking(backend, busy(1, 90), busy(2, 50), busy(3, 10)) as opened:
        await opened.pilot.press("j")
        assert opened.chosen == 2
        opened.fake.found = [busy(1, 0), busy(2, 20), busy(3, 99)]
        await opened.look()
        assert [row.pid for row in opened.list.rows] == [3, 2, 1]
        assert opened.chosen == 2


async def test_rows_stay_where_they_are_while_a_person_moves_about(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picker, "_QUIET", 3600.0)
    async with picking(backend, busy(1, 50), busy(2, 90)) as opened:
        assert [row.pid for row in opened.list.rows] == [2, 1]
        opened.fake.found = [busy(1, 90), busy(2, 50)]
        await opened.look()
        assert [row.pid for row in opened.list.rows] == [1, 2], "nobody has moved yet"
        await opened.pilot.press("j")
        opened.fake.found = [busy(1, 0), busy(2, 99), busy(3, 99)]
        for _ in range(picker._SORTED + 1):
            await opened.look()
        assert [row.pid for row in opened.list.rows] == [1, 2, 3]
        assert "99.0" in line_with(opened.app, "job_2.py"), "the figures are of now all the same"


async def test_a_process_that_ends_under_the_cursor_stays_until_the_cursor_leaves(
    backend: FakeBackend,
) -> None:
    """Else `enter` would choose the one that moved up into its place."""
    async with picking(backend, busy(1, 90), busy(2, 50), busy(3, 10)) as opened:
        await opened.pilot.press("j")
        opened.fake.found = [busy(1, 90), busy(3, 10)]
        await opened.look()
        await opened.look()
        assert opened.chosen == 2
        assert "it has ended" in screen_text(opened.app)
        await opened.pilot.press("enter")
        assert not opened.answers
        await opened.pilot.press("j")
        assert opened.chosen == 3
        assert "job_2.py" not in screen_text(opened.app)


async def test_a_process_that_took_a_pid_is_not_the_one_under_the_cursor(
    backend: FakeBackend,
) -> None:
    async with picking(backend, busy(1, 90), busy(2, 50)) as opened:
        await opened.pilot.press("j")
        other = msgspec.structs.replace(busy(2, 50), born=2e9)
        opened.fake.found = [busy(1, 90), other]
        await opened.look()
        await opened.pilot.press("enter")
        assert not opened.answers
        assert opened.list.process is not None
        assert opened.list.process.status == "ended"


async def test_a_long_list_scrolls_with_the_cursor(backend: FakeBackend) -> None:
    async with picking(backend, *(busy(pid, 0) for pid in range(1, 300)), size=(80, 24)) as opened:
        await opened.pilot.press("G")
        last = opened.chosen
        assert f"job_{last}.py" in screen_text(opened.app)
        row = line_with(opened.app, f"job_{last}.py")
        at = screen_lines(opened.app).index(row)
        opened.fake.found = [one for one in opened.fake.found if one.pid % 2 or one.pid == last]
        await opened.look()
        assert opened.chosen == last
        assert abs(screen_lines(opened.app).index(line_with(opened.app, row[5:30])) - at) <= 1


# --- Choosing -----------------------------------------------------------------------------------


async def test_enter_answers_with_the_process_under_the_cursor(backend: FakeBackend) -> None:
    async with picking(backend, *ALL) as opened:
        await opened.pilot.press("j", "enter")
        assert await opened.answer() == BURNER


async def test_a_second_click_on_a_row_does_too(backend: FakeBackend) -> None:
    async with picking(backend, *ALL) as opened:
        await opened.pilot.click(ProcessList, offset=(20, 2))
        assert opened.chosen == NOTEBOOK.pid
        assert not opened.answers
        await opened.pilot.click(ProcessList, offset=(20, 2), times=2)
        assert await opened.answer() == NOTEBOOK


async def test_a_click_below_the_last_row_chooses_nothing(backend: FakeBackend) -> None:
    async with picking(backend, SERVER) as opened:
        await opened.pilot.click(ProcessList, offset=(20, 6), times=2)
        assert not opened.answers


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_it_can_be_left(backend: FakeBackend, key: str) -> None:
    async with picking(backend, *ALL) as opened:
        await opened.pilot.press(key)
        assert await opened.answer() is None


@pytest.mark.parametrize("size", SIZES)
async def test_what_cannot_be_sampled_says_why_and_the_exact_command(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    guarded = refused(4711, "python", "app.py", facts=Facts(scope=1))
    async with picking(backend, guarded, size=size) as opened:
        text = screen_text(opened.app)
        assert "✗" in line_with(opened.app, "  4711 ")
        assert "ptrace_scope is 1: only root may look into a running process" in text
        assert 'sudo env "PATH=$PATH" cockpit top 4711' in text
        assert "echo 0 | sudo tee /proc/sys/kernel/yama/ptrace_scope" in text
        assert "1 Python process, 1 cannot be sampled" in text


async def test_what_cannot_be_sampled_is_dimmed(backend: FakeBackend) -> None:
    async with picking(backend, BURNER, STOPPED) as opened:
        look = opened.app.context.look
        (style,) = styles_of(opened.app, "python halted.py")
        assert style.color == look.faded.text.color  # type: ignore[attr-defined]
        assert look.faded.text.color != look.palette.text.color


async def test_enter_there_says_why_and_chooses_nothing(backend: FakeBackend) -> None:
    async with picking(backend, ROOTS) as opened:
        await opened.pilot.press("enter")
        words = "611 cannot be sampled: it belongs to root. Run cockpit as root"
        await until_shown(opened.app, opened.pilot, words)
        assert not opened.answers


async def test_y_copies_the_line_that_helps(backend: FakeBackend) -> None:
    async with picking(backend, ROOTS) as opened:
        await opened.pilot.press("y")
        assert opened.app.clipboard == 'sudo env "PATH=$PATH" cockpit top 611'
        await until_shown(opened.app, opened.pilot, "copied sudo env")


async def test_y_says_so_where_there_is_nothing_to_copy(backend: FakeBackend) -> None:
    async with picking(backend, SERVER) as opened:
        await opened.pilot.press("y")
        await until_shown(opened.app, opened.pilot, "there is nothing to copy")
        assert opened.app.clipboard == ""


async def test_y_says_so_where_no_command_helps(backend: FakeBackend) -> None:
    async with picking(backend, refused(5, status="zombie")) as opened:
        await opened.pilot.press("y")
        await until_shown(opened.app, opened.pilot, "no command helps here: it has ended")


# --- The filter ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {SERVER, NOTEBOOK, ROOTS}),
        ("manage", {SERVER}),
        ("MANAGE run", {SERVER}),
        ("2201", {NOTEBOOK}),
        ("shop/.venv", {SERVER}),
        ("root", {ROOTS}),
        ("!root", {SERVER, NOTEBOOK}),
        ("python !jupyter !dispatcher", {SERVER}),
        ("! manage", {NOTEBOOK, ROOTS}),
        ("!", {SERVER, NOTEBOOK, ROOTS}),
        ("! ", {SERVER, NOTEBOOK, ROOTS}),
        ("nothing of it", set()),
    ],
)
def test_each_word_of_a_filter_is_in_what_passes(words: str, found: set[Process]) -> None:
    assert {one for one in (SERVER, NOTEBOOK, ROOTS) if passes(one, words)} == found


async def test_the_list_is_filtered_letter_by_letter_and_esc_clears(backend: FakeBackend) -> None:
    async with picking(backend, *ALL) as opened:
        await opened.pilot.press("slash", *"burn")
        await until(opened.pilot, lambda: [row.pid for row in opened.list.rows] == [BURNER.pid])
        assert "1 of 6 Python processes" in screen_text(opened.app)
        await opened.pilot.press("x")
        assert "No process passes the filter; esc clears it." in screen_text(opened.app)
        await opened.pilot.press("escape")
        assert len(opened.list.rows) == len(ALL)
        assert not opened.answers, "the first esc clears, the second leaves"
        await opened.pilot.press("escape")
        assert await opened.answer() is None


async def test_a_filter_that_is_kept_holds_for_what_comes(backend: FakeBackend) -> None:
    async with picking(backend, *ALL) as opened:
        await opened.pilot.press("slash", *"burn", "enter")
        opened.fake.found = [*ALL, process(5000, "python", "burn_more.py")]
        await opened.look()
        assert {row.pid for row in opened.list.rows} == {BURNER.pid, 5000}
        assert "burn" in line_with(opened.app, "filter")
        await opened.pilot.press("enter")
        assert await opened.answer() == BURNER


# --- Launching ----------------------------------------------------------------------------------


async def test_a_command_is_split_as_a_shell_would_and_is_the_answer(backend: FakeBackend) -> None:
    async with picking(backend, *ALL) as opened:
        await opened.pilot.press("l")
        await until_shown(opened.app, opened.pilot, "run:")
        opened.app.focused.value = "python 'my app.py' --port 8000"  # type: ignore[union-attr]
        await opened.pilot.press("enter")
        assert await opened.answer() == ("python", "my app.py", "--port", "8000")


async def test_a_quote_that_is_not_closed_is_said_and_can_be_mended(backend: FakeBackend) -> None:
    async with picking(backend, *ALL, size=(80, 24)) as opened:
        await opened.pilot.press("l", *"a", "quotation_mark", "enter")
        await until_shown(opened.app, opened.pilot, "a quote is not closed")
        assert not opened.answers
        await opened.pilot.press("quotation_mark")
        assert "a quote is not closed" not in screen_text(opened.app)
        await opened.pilot.press("enter")
        assert await opened.answer() == ("a",)


async def test_esc_leaves_the_line_and_then_the_picker(backend: FakeBackend) -> None:
    async with picking(backend, *ALL) as opened:
        await opened.pilot.press("l", "x", "escape")
        assert "run:" not in screen_text(opened.app)
        assert not opened.answers
        await opened.pilot.press("l")
        assert opened.app.focused.value == ""  # type: ignore[union-attr]
        await opened.pilot.press("enter")
        assert not opened.answers, "no command is none to launch"
        await opened.pilot.press("escape")
        assert await opened.answer() is None


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("python -m 'a b'", (("python", "-m", "a b"), "")),
        ("", ((), "")),
        ("   ", ((), "")),
        ("a 'b", ((), "a quote is not closed")),
        ("a \\", ((), "a backslash at the end escapes nothing")),
    ],
)
def test_a_line_is_split_or_says_what_is_wrong(
    line: str, answer: tuple[tuple[str, ...], str]
) -> None:
    assert split(line) == answer


# --- How it is put ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ((f"{ROOT}/.venv/bin/python", f"{ROOT}/manage.py", "run"), "python manage.py run"),
        ((f"{ROOT}/.venv/bin/pytest", "-x"), "pytest -x"),
        (("/usr/bin/python3", "/usr/bin/dispatcher"), "python3 dispatcher"),
        (("gunicorn: master [shop]",), "gunicorn: master [shop]"),
        (("python", "-c", "a\nb"), "python -c a\\nb"),
    ],
)
def test_a_command_is_shown_as_it_would_be_typed_in_the_project(
    argv: tuple[str, ...], shown: str
) -> None:
    assert brief(process(1, *argv), ROOT) == shown


def test_what_is_below_home_is_shown_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert brief(process(1, "python", "/home/ada/x.py"), "/srv") == "python ~/x.py"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, ""), (500, "0.5 K"), (1023 << 10, "1.0 M"), (318 << 20, "318 M"), (1400 << 20, "1.4 G"),
     (2000 << 30, "2000 G")],
)  # fmt: skip
def test_a_size_takes_few_cells(size: int, shown: str) -> None:
    assert memory(size) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (7300, "2 h"), (2e5, "2 d")]
)
def test_an_age_takes_few_cells(seconds: float, shown: str) -> None:
    assert age(seconds) == shown


@pytest.mark.parametrize("width", [20, 49, 50, 63, 64, 80, 160])
def test_the_columns_fill_the_row_and_the_command_is_the_widest(width: int) -> None:
    columns = Columns.within(width, 40)
    assert sum(columns) + 3 == width
    assert columns.command >= max(columns[1:5]) or width < 30


def test_a_text_that_is_too_long_pushes_nothing() -> None:
    names = ("pid", "cpu", "memory", "age", "environment", "command")
    shown = aligned(Columns.within(80, 12), dict.fromkeys(names, "漢字" * 40), "…")
    assert shown["command"].endswith("…")
    assert len(shown["environment"]) <= 13


@pytest.mark.security
async def test_what_a_process_is_called_sends_nothing_to_the_terminal(backend: FakeBackend) -> None:
    evil = "\x1b[2J[red]\u202e"
    one = process(5, "python", evil, virtualenv=evil, user=evil, cwd=f"/{evil}", mine=False)
    one = msgspec.structs.replace(one, command=f"python {evil}".replace("\x1b", "\\x1b"))
    async with picking(backend, one) as opened:
        text = screen_text(opened.app)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\\x1b[2J[red]" in text


@pytest.mark.parametrize("size", SIZES)
async def test_in_a_terminal_of_ascii_it_is_ascii(
    backend: FakeBackend, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "C")
    async with picking(backend, *ALL, size=size) as opened:
        inner = [line.strip("|+-│╭╮╰╯─") for line in screen_lines(opened.app)[1:-1]]
        drawn = [line for line in inner if "─" not in line]
        assert all(line.isascii() for line in drawn if "PID" in line or "python" in line)
        assert "o " in line_with(opened.app, " 41712 ")
        assert "x " in line_with(opened.app, " 611 ")


async def test_without_colours_the_cursor_is_reversed_and_refusals_have_a_sign(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with picking(backend, SERVER, ROOTS) as opened:
        styles = styles_of(opened.app, "python manage.py")
        assert any(style.reverse for style in styles)  # type: ignore[attr-defined]
        assert "✗" in line_with(opened.app, " 611 ")


async def test_another_theme_reaches_it(backend: FakeBackend) -> None:
    async with picking(backend, SERVER) as opened:
        await opened.pilot.press("l")
        before = list(styles_of(opened.app, "run:"))
        opened.app.theme = "cockpit-light"
        await opened.pilot.pause()
        await opened.pilot.pause()
        assert list(styles_of(opened.app, "run:")) != before


async def test_its_keys_are_listed(backend: FakeBackend) -> None:
    async with picking(backend, SERVER, size=(100, 45)) as opened:
        await opened.pilot.press("question_mark")
        await until_shown(opened.app, opened.pilot, "Keys", "launch", "copy command", "filter")


def test_psutil_is_not_imported_for_the_first_paint() -> None:
    code = "import sys, cockpit.ui.app; print('psutil' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- With real processes ------------------------------------------------------------------------


@pytest.fixture
def burner(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python at work in a project's folder."""
    code = "print('ready', flush=True)\nwhile True: pass"
    child = subprocess.Popen(
        [sys.executable, "-c", code, "the one"], stdout=subprocess.PIPE, cwd=tmp_path
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
        child.kill()


async def test_a_real_process_is_found_and_chosen(
    backend: FakeBackend, burner: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    looks = Lister(
        targets=lambda: (burner.pid,), facts=lambda: Facts(euid=os.geteuid(), capable=True)
    )
    async with running(backend, (100, 30), snapshot()) as (app, pilot):
        answers: list[Choice] = []
        app.push_screen(PickerScreen(app.context, looks.look, str(tmp_path)), answers.append)
        await until_shown(app, pilot, str(burner.pid), "of this project")

        def is_measured() -> bool:
            shown = app.screen.query_one(ProcessList).process
            return shown is not None and (shown.cpu or 0) > 10

        while not is_measured():
            await pilot.press("r")
            await asyncio.sleep(0.05)
        await pilot.press("enter")
        await until(pilot, lambda: answers)
        assert isinstance(answers[0], Process)
        assert answers[0].pid == burner.pid

"""Any size, any terminal, any text: the screen shows it and obeys none of it."""

import random
from pathlib import Path

import msgspec
import pytest
from rich.color import ColorType

from cockpit.errors import CockpitError
from cockpit.ui import style
from cockpit.ui.read import LIMIT, read_text
from tests.ui.fakes import (
    FakeBackend,
    finding,
    report,
    running,
    screen_lines,
    screen_text,
    snapshot,
    until,
    until_shown,
)

pytestmark = [pytest.mark.integration, pytest.mark.security]

F401 = finding("F401", line=1, message="`os` imported but unused")
FIRST = snapshot(ruff=report(F401))
NASTY = "pkg/[red]x[/red]\x1b[31m\x07\nline\u202egnp.py"
UNSAFE = ("\x1b", "\x07", "\u202e", "\x9b")


async def test_names_and_messages_from_outside_are_shown_and_not_obeyed(
    backend: FakeBackend,
) -> None:
    message = "[bold]bad[/bold] \x1b]52;c;aGk=\x07 \u202eabc\nnext [link=x]"
    nasty = finding("X[/]1", NASTY, 1, message)
    backend.branch = "main\x1b[2J[red]"
    async with running(backend, first=snapshot(ruff=report(nasty))) as (app, pilot):
        text = screen_text(app)
        assert "[bold]bad[/bold]" in text
        assert "main\\x1b[2J[red]" in text
        await pilot.press("1")
        text = await until_shown(app, pilot, "[bold]bad[/bold] \\x1b]52;c;aGk=\\x07")
        assert "[link=x]" in text
        assert "\\u202e" in text
        assert not any(character in text for character in UNSAFE)
        await pilot.press("y")
        text = await until_shown(app, pilot, "copied pkg/[red]x[/red]\\x1b")
        assert not any(character in text for character in UNSAFE)


async def test_source_from_outside_is_shown_and_not_obeyed(
    backend: FakeBackend, project: Path
) -> None:
    code = "x = '\x1b[31m[red]'\t# \u202e tab\r\nif x:\n\ty = '\ud7ff漢字' # wide\n"
    (project / "pkg/a.py").write_text(code, encoding="utf-8", newline="")
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        text = await until_shown(app, pilot, "x = '\\x1b[31m[red]'", "\\u202e tab", "    y = ")
        assert not any(character in text for character in UNSAFE)
        assert {len(line) for line in screen_lines(app) if "漢字" not in line} == {160}


@pytest.mark.slow
async def test_a_line_of_four_megabytes_is_cut_and_scrolled(
    backend: FakeBackend, project: Path
) -> None:
    (project / "pkg/a.py").write_text(f"x = '{'ab' * (2 << 20)}'\ny = 1\n", encoding="utf-8")
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "x = 'abab", "y = 1")
        await pilot.press("enter", "l", "l", "l")
        await until(pilot, lambda: "x = 'ab" not in screen_text(app))


def test_only_regular_files_of_bearable_size_are_read(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    with (tmp_path / "huge.py").open("wb") as huge:
        huge.truncate(LIMIT + 1)
    for name, words in {
        "pipe.py": "not a regular file",
        "folder.py": "is a directory",
        "huge.py": "too much to show",
        "gone.py": "no such file",
        "nul\x00.py": "no such file",
    }.items():
        with pytest.raises(CockpitError) as caught:
            read_text(tmp_path, name)
        assert words in caught.value.message or "regular" in caught.value.message, name


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\xef\xbb\xbfx = 1\n", "x = 1"),
        ("# -*- coding: latin-1 -*-\nx = 'é'".encode("latin-1"), "x = 'é'"),
        (b"x = '\xe9'\n", "x = 'é'"),
        (b"# -*- coding: nonsense -*-\nx = 1", "x = 1"),
        (b"x = 1\rx = 2\r\n", "x = 2"),
        (b"", ""),
        (b"a\x00b", "a\x00b"),
    ],
)
def test_any_encoding_is_read(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "a.py").write_bytes(content)
    assert line in read_text(tmp_path, "a.py").lines


@pytest.mark.parametrize("size", [(59, 14), (40, 10), (20, 5)])
async def test_a_screen_too_small_says_so_still_counts_and_does_nothing_unseen(
    backend: FakeBackend, size: tuple[int, int]
) -> None:
    async with running(backend, size, FIRST) as (app, pilot):
        text = screen_text(app)
        assert "1 Lint 1" in text
        if size[1] > 6:
            assert f"needs at least 60x15, here {size[0]}x{size[1]}" in text
        await pilot.press("1", "R", "p", "j")
        assert len(app.screen_stack) == 1 and not backend.asked
        await pilot.press("question_mark")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        assert "1 Lint 1" in screen_text(app)


@pytest.mark.slow
async def test_a_storm_of_resizes_leaves_a_whole_screen(backend: FakeBackend) -> None:
    chance = random.Random(7)
    async with running(backend, first=FIRST) as (app, pilot):
        for press in ("1", "enter", "escape", "slash", "escape", "escape", "2", "question_mark"):
            await pilot.press(press)
            for _ in range(4):
                await pilot.resize_terminal(chance.randint(20, 200), chance.randint(5, 60))
        await pilot.press("escape")
        await pilot.resize_terminal(100, 30)
        await pilot.press("1")
        await until_shown(app, pilot, "1 Lint 1", "import os", "F401")
        assert [len(line) for line in screen_lines(app)] == [100] * 30


async def test_without_colour_every_meaning_is_still_there(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    low = finding("W1", line=2, severity="low")
    async with running(backend, first=snapshot(ruff=report(F401, low))) as (app, _):
        text = screen_text(app)
        assert "▲ F401" in text
        assert "· W1" in text
        segments = [
            segment
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.color
        ]
        for segment in segments:
            colour = segment.style.color
            if colour.type is ColorType.TRUECOLOR and colour.triplet:
                assert len(set(colour.triplet)) == 1, f"{segment.text!r} is {colour}"
        cursor = [segment for segment in segments if "imported but" in segment.text]
        assert cursor[0].style.reverse, "the cursor must be seen without a colour"


async def test_without_unicode_signs_and_borders_are_ascii(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "terminal_encoding", lambda: "iso8859-1")
    longer = msgspec.structs.replace(F401, path="some/very/deep/folder/of/many/names/" * 3 + "a.py")
    async with running(backend, first=snapshot(ruff=report(F401, longer))) as (app, pilot):
        await until_shown(app, pilot, "^ F401")
        await until(pilot, lambda: screen_text(app).isascii())
        await pilot.press("1")
        await until_shown(app, pilot, "filter: none")
        await until(pilot, lambda: screen_text(app).isascii())


@pytest.mark.parametrize("theme", ["cockpit-light", "textual-light", "ansi-dark", "nord"])
async def test_every_theme_can_be_chosen(backend: FakeBackend, theme: str) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        await pilot.press("1")
        await until_shown(app, pilot, "import os")


async def test_a_backend_that_cannot_be_opened_is_an_error_to_say(backend: FakeBackend) -> None:
    from contextlib import asynccontextmanager

    from cockpit.ui.app import CockpitApp

    @asynccontextmanager
    async def refuse():  # type: ignore[no-untyped-def]
        if app.is_running:
            raise CockpitError("the settings are broken")
        yield

    app = CockpitApp(refuse)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert app.return_code == 2 or app.return_value == 2
    assert app.failure is not None
    assert app.failure.message == "the settings are broken"

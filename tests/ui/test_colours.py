"""Everything can be read: in both themes, in sixteen colours, in none, and by colour-blind eyes."""

from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.color import Color

from cockpit.model import SEVERITIES
from cockpit.ui import style, themes
from cockpit.ui.app import CockpitApp
from cockpit.ui.memory import write_theme
from cockpit.ui.style import ASCII, READABLE, UNICODE, VISIBLE, Palette, Signs, contrast
from cockpit.ui.themes import LIGHT
from tests.ui.fakes import (
    FakeBackend,
    finding,
    opened,
    report,
    running,
    screen_text,
    snapshot,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration
FIRST = snapshot(ruff=report(*(finding("F401", line=line) for line in range(1, 90))))
#: What three kinds of eyes see of linear red, green and blue: Machado, Oliveira and Fernandes, "A
#: physiologically-based model for simulation of color vision deficiency" (2009), severity 1.0.
EYES = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
#: The sixteen colours as xterm has them.
_DIM = ["000000", "cd0000", "00cd00", "cdcd00", "0000ee", "cd00cd", "00cdcd", "e5e5e5"]
_BRIGHT = ["7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff"]
XTERM = TerminalTheme(
    (0, 0, 0),
    (229, 229, 229),
    [Color.parse(f"#{one}").rgb for one in _DIM],
    [Color.parse(f"#{one}").rgb for one in _BRIGHT],
)
MUTED = ("muted", "low", "comment")


def seen(color: Color, eyes: str) -> Color:
    """Return a colour as `eyes` see it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    ]
    mixed = [sum(a * b for a, b in zip(row, linear, strict=True)) for row in EYES[eyes]]
    parts = [
        12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
        for part in (min(1.0, max(0.0, one)) for one in mixed)
    ]
    return Color(*(round(255 * part) for part in parts))


def colour(rich: RichColor | None) -> Color:
    assert rich is not None
    return Color(*rich.get_truecolor(XTERM))


def inks(palette: Palette) -> dict[str, Style]:
    """Return everything that text is written with."""
    names = ("text", "muted", "strong", "rule", "high", "medium", "low", "good", "key", "accent")
    return {**{name: getattr(palette, name) for name in names}, **palette.tokens}


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("faded", [False, True])
@pytest.mark.parametrize("theme", ["cockpit", "cockpit-light", "nord", "textual-light"])
async def test_text_can_be_read_on_its_ground_by_all_eyes(
    backend: FakeBackend, theme: str, faded: bool, eyes: str
) -> None:
    async with running(backend) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        look = app.context.look
        palette = look.faded if faded else look.palette
        ground = seen(Color.parse(app.theme_variables["background"]), eyes)
        for name, ink in inks(palette).items():
            # Blindness shifts the luminance of a colour a little: what was just enough stays near.
            least = (VISIBLE if name in MUTED else READABLE) * (1 if eyes == "all colours" else 0.8)
            assert contrast(seen(colour(ink.color), eyes), ground) >= least, name


@pytest.mark.parametrize("theme", ["cockpit", "cockpit-light"])
async def test_text_can_be_read_on_the_line_of_the_cursor(backend: FakeBackend, theme: str) -> None:
    async with running(backend) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        palette = app.context.look.palette
        for ground in (palette.cursor, palette.blurred):
            for name, ink in inks(palette).items():
                least = VISIBLE if name in MUTED else READABLE
                assert contrast(colour(ink.color), colour(ground.bgcolor)) >= least, name


@pytest.mark.parametrize("theme", ["cockpit", "cockpit-light"])
async def test_sixteen_colours_are_enough_to_read(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setattr("cockpit.ui.app.terminal_colours", lambda: "few")
    async with running(backend, first=FIRST) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        palette = app.context.look.palette
        ground = colour(Color.parse(app.theme_variables["background"]).rich_color)
        for name, ink in inks(palette).items():
            least = VISIBLE if name in (*MUTED, "medium", "high", "keyword") else READABLE
            assert contrast(colour(ink.color), ground) >= least, name
        assert palette.cursor.reverse, "a tint would be rounded to the ground"
        await pilot.press("1")
        await until_shown(app, pilot, "filter: none")
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                for one in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    assert one is None or one.triplet is None, f"{segment.text!r} is mixed"


async def test_without_colours_nothing_has_a_colour_and_the_cursor_is_reversed(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(backend, first=FIRST) as (app, pilot):
        for keys in ((), ("1",), ("question_mark",), ("escape", "B"), ("escape", "ctrl+p")):
            await pilot.press(*keys)
            await pilot.pause()
            styles = [
                segment.style
                for strip in app.screen._compositor.render_strips()
                for segment in strip
                if segment.style is not None
            ]
            for one in styles:
                assert one.color is None or one.color.is_default
                assert one.bgcolor is None or one.bgcolor.is_default
            assert keys == ("question_mark",) or any(one.reverse for one in styles), keys


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1"])
async def test_without_unicode_every_screen_is_of_characters_that_the_terminal_has(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(style, "terminal_encoding", lambda: encoding)
    async with running(backend, (100, 30), FIRST) as (app, pilot):
        for keys in ((), ("1",), ("question_mark",), ("escape", "B"), ("escape", "ctrl+p")):
            await pilot.press(*keys)
            await until(pilot, lambda: bool(screen_text(app).encode(encoding, "strict")))
            assert {len(line) for line in screen_text(app).split("\n")} == {100}
        assert "ctrl+p" not in screen_text(app) or "^" in screen_text(app)


@pytest.mark.unit
@pytest.mark.parametrize("signs", [UNICODE, ASCII])
def test_severities_and_states_differ_by_their_signs_alone(signs: Signs) -> None:
    assert len({signs.of(severity) for severity in SEVERITIES}) == 3
    states = {signs.fresh, signs.running, signs.failed, signs.skipped}
    assert len(states) == 4


@pytest.mark.unit
@pytest.mark.parametrize("colours", ["few", "many"])
def test_both_themes_are_there_however_many_colours(colours: themes.Colours) -> None:
    assert list(themes.themes(colours)) == ["cockpit", "cockpit-light"]


@pytest.mark.regression
def test_a_theme_that_was_chosen_in_an_earlier_session_has_its_own_inks(tmp_path: Path) -> None:
    """They were those of the dark theme, on white."""
    write_theme(tmp_path, LIGHT.name)
    app = CockpitApp(lambda: opened(FakeBackend(tmp_path)), memory=tmp_path)
    assert app.theme == LIGHT.name
    assert app.context.look.palette.text.color == Color.parse(LIGHT.foreground or "").rich_color

"""Only what changed is sent, and the terminal shows the very same as if all had been."""

import io
import random

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from cockpit.ui.thrift import Thrift

pytestmark = pytest.mark.unit
SIZE = Size(30, 6)
CONSOLE = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
STYLES = [Style(), Style(color="#ff0000"), Style(bold=True, bgcolor="#00ff00"), Style(reverse=True)]


def line(chance: random.Random, width: int) -> Strip:
    """Return a line of `width` cells: letters, wide characters, styles."""
    segments: list[Segment] = []
    left = width
    while left:
        character = chance.choice("ab c漢")
        character = character if left > 1 else "x"
        count = 2 if character == "漢" else 1
        segments.append(Segment(character, chance.choice(STYLES)))
        left -= count
    return Strip(segments)


def whole(strips: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[one] for one in strips], Region(0, 0, SIZE.width, SIZE.height))


def shown(screen: pyte.Screen) -> list[object]:
    return [screen.buffer[y][x] for y in range(SIZE.height) for x in range(SIZE.width)]


@pytest.mark.parametrize("seed", range(20))
def test_the_terminal_shows_the_same_as_if_everything_had_been_sent(seed: int) -> None:
    chance, thrift = random.Random(seed), Thrift()
    screens = [pyte.Screen(*SIZE) for _ in range(2)]
    streams = [pyte.Stream(screen) for screen in screens]
    strips = [line(chance, SIZE.width) for _ in range(SIZE.height)]
    for _ in range(12):
        for at in chance.sample(range(SIZE.height), 2):
            strips[at] = line(chance, SIZE.width)
        update = whole(strips)
        streams[0].feed(update.render_segments(CONSOLE))
        streams[1].feed(thrift.changes(update, SIZE).render_segments(CONSOLE))
        assert screens[0].display == screens[1].display
        assert shown(screens[0]) == shown(screens[1])


def test_what_is_there_already_is_not_sent() -> None:
    thrift, strips = Thrift(), [Strip([Segment("x" * 30)])] * 6
    assert thrift.changes(whole(strips), SIZE).render_segments(CONSOLE)
    assert thrift.changes(whole(strips), SIZE).render_segments(CONSOLE) == ""


def test_one_character_is_sent_as_one() -> None:
    thrift, strips = Thrift(), [Strip([Segment("x" * 30)])] * 6
    thrift.changes(whole(strips), SIZE)
    strips[2] = Strip([Segment("x" * 10 + "y" + "x" * 19)])
    sent = thrift.changes(whole(strips), SIZE).render_segments(CONSOLE)
    assert sent == "\x1b[3;11Hy"


def test_a_part_of_a_line_is_sent_where_it_belongs() -> None:
    thrift = Thrift()
    chops = [{0: None, 10: Strip([Segment("abc")])}]
    sent = thrift.changes(ChopsUpdate(chops, [(0, 10, 13)], [[10, 13]]), SIZE)
    assert sent.render_segments(CONSOLE) == "\x1b[1;11Habc"


@pytest.mark.regression
@pytest.mark.parametrize("at", [28, 30, 31, 40])
def test_what_lies_beyond_a_terminal_that_became_smaller_is_not_sent(at: int) -> None:
    chops = [{0: None, at: Strip([Segment("abc")])}]
    sent = Thrift().changes(ChopsUpdate(chops, [(0, at, at + 3)], [[at, at + 3]]), SIZE)
    assert sent.render_segments(CONSOLE) == ("\x1b[1;29Hab" if at == 28 else "")


@pytest.mark.parametrize("size", [Size(30, 6), Size(31, 6)])
def test_after_another_program_or_another_size_everything_is_sent_again(size: Size) -> None:
    thrift, strips = Thrift(), [Strip([Segment("x" * 30)])] * 6
    thrift.changes(whole(strips), SIZE)
    if size == SIZE:
        thrift.forget()
    assert thrift.changes(whole(strips), size).render_segments(CONSOLE).count("x" * 30) == 6

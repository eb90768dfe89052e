"""Text from outside is shown, never sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.plain import plain, plain_lines

pytestmark = [pytest.mark.unit, pytest.mark.security]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [red]text[/red]", "plain [red]text[/red]"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("bell\a", "bell\\x07"),
        ("two\nlines\ttab", "two\\nlines\\ttab"),
        ("right\u202eto left", "right\\u202eto left"),
        ("hidden\u200bspace", "hidden\\u200bspace"),
        ("\x9b31m", "\\x9b31m"),
        ("caf\u00e9 \u4e2d\u6587 \U0001f600", "caf\u00e9 \u4e2d\u6587 \U0001f600"),
        ("byte\udcff", "byte\\xff"),
        ("lone\ud800", "lone\\ud800"),
    ],
)
def test_control_characters_are_spelled_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_nothing_that_moves_a_terminal_survives(text: str) -> None:
    shown = plain(text)
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)
    shown.encode("utf-8")


def test_lines_stay_lines() -> None:
    assert plain_lines("a\r\nb\x1b[0m\n\tc") == "a\nb\\x1b[0m\n    c"

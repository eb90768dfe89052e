"""What scalene says among the program's words is taken out, however it comes."""

from pathlib import Path

import pytest

from cockpit.memory.scalene.words import TOO_SHORT, Filter, verdict

pytestmark = pytest.mark.unit

PATH = Path("/kept/p.json")
ITS = (
    b"\nScalene: profile saved to /kept/p.json\n"
    b"  To view in browser:  scalene view /kept/p.json\n"
    b"  To view in terminal: scalene view --cli /kept/p.json\n"
)


@pytest.mark.parametrize("size", [1, 2, 7, 60, 1000])
def test_its_words_are_taken_out_in_whatever_pieces_they_come(size: int) -> None:
    whole = b"one\n" + ITS + b"two \nScalene: profile\n" + ITS + ITS + b"\n\nthree\n"
    listener = Filter(PATH)
    pieces = (whole[at : at + size] for at in range(0, len(whole), size))
    heard = b"".join(map(listener.take, pieces)) + listener.rest
    assert heard == b"one\ntwo \nScalene: profile\n\n\nthree\n"


def test_words_that_go_on_are_not_held_back() -> None:
    listener = Filter(PATH)
    assert listener.take(b"> ") == b"> "
    assert listener.take(b"a\nb") == b"a\nb"


@pytest.mark.parametrize(
    ("code", "said", "measured", "asked", "words"),
    [
        (0, "done", True, False, ("complete", "The program ended with exit code 0.")),
        (3, "x", True, False, ("complete", "The program ended with exit code 3; it last said: x.")),
        (-9, "", True, False, ("killed", "The program was ended by SIGKILL.")),
        (-9, "", False, False, ("unreadable", "The program was ended by SIGKILL.")),
        (0, "", True, True, ("complete", "It was ended.")),
        (-15, "", True, True, ("killed", "It was ended, by SIGTERM.")),
        (0, TOO_SHORT, False, False, ("unreadable", "The program ended with exit code 0.")),
    ],
)  # fmt: skip
def test_how_it_ended_is_told(
    code: int, said: str, measured: bool, asked: bool, words: tuple[str, str]
) -> None:
    standing, ending, notes = verdict(code, [said], measured, asked)
    assert (standing, ending) == words
    assert bool(notes) == (standing != "complete")

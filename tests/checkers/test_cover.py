"""Naming a set of files to a tool in few words."""

from collections.abc import Collection

import pytest

from cockpit.checkers.cover import Finder, cover

pytestmark = pytest.mark.unit


def walking(*there: str) -> Finder:
    """A tool that looks at everything beneath the folder it is given."""

    def found(folder: str) -> Collection[str]:
        return [path for path in there if folder == "." or path.startswith(f"{folder}/")]

    return found


def test_everything_is_the_current_folder() -> None:
    assert cover(["a.py", "b/c.py"], walking("a.py", "b/c.py")) == ["."]


def test_nothing_is_no_target() -> None:
    assert cover([], walking("a.py")) == []


def test_goes_down_only_where_it_must() -> None:
    there = walking("a.py", "b/c.py", "b/d.py", "e/f/g.py", "e/f/h.py", "e/unwanted.py")
    assert cover(["a.py", "b/c.py", "b/d.py", "e/f/g.py", "e/f/h.py"], there) == [
        "a.py",
        "b",
        "e/f",
    ]


def test_a_file_alone_is_named() -> None:
    assert cover(["b/c.py"], walking("b/c.py", "b/d.py")) == ["b/c.py"]


def test_a_folder_is_no_target_for_a_longer_name() -> None:
    assert cover(["b/c.py"], walking("b/c.py", "bc/d.py")) == ["b"]


def test_what_the_tool_overlooks_is_named_beside_the_folder() -> None:
    there = walking("a.py", "b.py", "c.py")
    assert cover(["a.py", "b.py", "c.py", "notes.txt"], there) == [".", "notes.txt"]


def test_where_it_overlooks_much_the_folders_are_named() -> None:
    """A folder's own rules may hide from the tool what it sees when it starts further down."""

    def found(folder: str) -> Collection[str]:
        below = {"venv": [f"venv/{name}.py" for name in "abc"], ".": ["x.py"]}
        return below[folder]

    files = ["x.py", "venv/a.py", "venv/b.py", "venv/c.py"]
    assert cover(files, found) == ["venv", "x.py"]


def test_what_lies_outside_is_named() -> None:
    assert cover(["a.py", "../b.py"], walking("a.py")) == [".", "../b.py"]


def test_no_target_can_be_taken_for_an_option() -> None:
    there = walking("-a.py", "-b/c.py", "-b/d.py", "unwanted.py")
    assert cover(["-a.py", "-b/c.py", "-b/d.py"], there) == ["./-a.py", "./-b"]


def test_every_file_is_covered_once() -> None:
    everything = [f"{a}/{b}/{c}.py" for a in "xyz" for b in "xyz" for c in "xyz"]
    found = walking(*everything)
    for skip in range(2, 7):
        wanted = [path for index, path in enumerate(everything) if index % skip]
        seen: list[str] = []
        for target in cover(wanted, found):
            seen += [target] if target.endswith(".py") else found(target)
        assert sorted(seen) == sorted(wanted)

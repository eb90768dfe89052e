"""A frame proves that a function ran where the process runs that very text of it."""

import os
import time
from pathlib import Path

import pytest

from cockpit.model import Finding
from cockpit.profilers.evidence import Evidence
from cockpit.profilers.witness import (
    Process,
    Sighting,
    Texts,
    Witness,
    may_concern,
    running,
)

pytestmark = pytest.mark.unit

SOURCE = """\
def used():
    return 1

class Foo:
    size = used()

    def bar(self):
        return [x for x in range(9)]

    class Inner:
        def deep(self):
            return 2

def dead():
    def within():
        return 3
    return within
"""
LATER = time.time() + 1_000


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    (tmp_path / "a.py").write_text(SOURCE, encoding="utf-8")
    return Texts(tmp_path)


def witness(texts: Texts, began: float = LATER) -> Witness:
    return Witness(texts, Process(4711, "python a\x1b.py", began))


def seen(one: Witness, *sightings: tuple[str, int, int]) -> dict[str, int]:
    given = [Sighting(name, line, count, 10_000) for name, line, count in sightings]
    return {found.name: found.samples for found in one.look({"a.py": given})}


def finding(kind: str, symbol: str, line: int) -> Finding:
    words = f"unused {kind} '{symbol.rpartition('.')[2]}'"
    return Finding(
        "vulture",
        "V1",
        "low",
        "a.py",
        line,
        1,
        line,
        1,
        words,
        symbol=symbol,
        name=f"unused-{kind}",
    )


def test_a_function_is_seen_with_its_process_and_samples(texts: Texts) -> None:
    (found,) = witness(texts).look({"a.py": [Sighting("Foo.bar", 8, 12, 12)]})
    assert (found.path, found.name, found.samples) == ("a.py", "Foo.bar", 12)
    assert (found.pid, found.command) == (4711, "python a\\x1b.py")
    assert found.first == found.last <= time.time()


@pytest.mark.parametrize(
    ("name", "line", "function"),
    [
        ("Foo.bar", 8, "Foo.bar"),
        ("bar", 8, "Foo.bar"),
        ("Foo.bar.<locals>.<listcomp>", 8, "Foo.bar"),
        ("<listcomp>", 8, "Foo.bar"),
        ("dead.<locals>.within", 16, "dead.within"),
        ("Foo", 5, ""),
        ("<module>", 8, ""),
        ("Foo.bar", 12, ""),  # an older text: these lines are another's by now
        ("dead", 16, ""),
        ("dead", 3, ""),
        ("Foo.bar", 999, ""),
        ("gone", 17, ""),
    ],
)
def test_name_and_line_must_both_be_those_of_the_text(
    texts: Texts, name: str, line: int, function: str
) -> None:
    assert list(seen(witness(texts), (name, line, 5))) == ([function] if function else [])


def test_only_what_is_more_than_before_is_told(texts: Texts) -> None:
    one = witness(texts)
    assert seen(one, ("dead", 17, 5)) == {"dead": 5}
    assert seen(one, ("dead", 17, 5)) == {}
    assert seen(one, ("dead", 17, 8), ("dead", 14, 1)) == {"dead": 4}
    assert seen(one, ("dead", 17, 2)) == {"dead": 2}  # the profile was begun anew


def test_recursion_counts_once(texts: Texts) -> None:
    sightings = [Sighting("dead", 14, 10, 10), Sighting("dead", 17, 10, 10)]
    (found,) = witness(texts).look({"a.py": sightings})
    assert found.samples == 10


def test_a_file_changed_since_the_process_began_proves_nothing(
    texts: Texts, tmp_path: Path
) -> None:
    began = time.time() - 100
    assert seen(witness(texts, began), ("dead", 17, 5)) == {}
    os.utime(tmp_path / "a.py", (began - 1, began - 1))
    assert seen(witness(texts, began), ("dead", 17, 5)) == {"dead": 5}


def test_the_text_that_was_read_before_a_change_is_what_goes_on_running(
    texts: Texts, tmp_path: Path
) -> None:
    began = time.time() - 100
    os.utime(tmp_path / "a.py", (began, began))
    one, known = witness(texts, began), Evidence(None, tmp_path)
    known.record(one.look({"a.py": [Sighting("dead", 17, 5, 5)]}))
    changed = "# moved\n" + SOURCE.replace("range(9)", "range(8)")
    (tmp_path / "a.py").write_text(changed, encoding="utf-8")
    known.record(one.look({"a.py": [Sighting("dead", 17, 9, 9), Sighting("Foo.bar", 8, 3, 3)]}))
    now = texts.of("a.py")
    found = running(finding("function", "dead", 15), now, known)
    assert found is not None and found.samples == 9
    assert running(finding("method", "Foo.bar", 8), now, known) is None  # it was edited


@pytest.mark.parametrize(
    ("kind", "symbol", "line", "alive"),
    [
        ("function", "dead", 14, True),
        ("function", "used", 1, False),
        ("class", "Foo", 4, True),
        ("method", "Foo.bar", 7, True),
        ("property", "Foo.bar", 7, True),
        ("class", "Foo.Inner", 10, False),
        ("variable", "Foo.bar", 8, False),
        ("import", "", 1, False),
        ("attribute", "Foo.bar", 8, False),
        ("function", "gone", 1, False),
        ("function", "Foo", 4, False),
    ],
)
def test_functions_are_alive_and_classes_whose_methods_ran(
    texts: Texts, tmp_path: Path, kind: str, symbol: str, line: int, alive: bool
) -> None:
    known = Evidence(None, tmp_path)
    sightings = [Sighting("dead", 17, 5, 5), Sighting("Foo.bar", 8, 5, 5)]
    known.record(witness(texts).look({"a.py": sightings}))
    assert (running(finding(kind, symbol, line), texts.of("a.py"), known) is not None) is alive


def test_a_class_is_not_alive_by_its_own_code_nor_by_a_class_in_it(
    texts: Texts, tmp_path: Path
) -> None:
    known = Evidence(None, tmp_path)
    sightings = [Sighting("Foo", 5, 5, 5), Sighting("Foo.Inner.deep", 12, 5, 5)]
    known.record(witness(texts).look({"a.py": sightings}))
    assert running(finding("class", "Foo", 4), texts.of("a.py"), known) is None
    assert running(finding("class", "Foo.Inner", 10), texts.of("a.py"), known) is not None


def test_frames_that_can_be_of_no_finding_are_passed_over() -> None:
    concerns = may_concern([finding("method", "Foo.bar", 7), finding("variable", "x", 1)])
    for name in ("Foo.bar", "bar", "Foo.bar.<locals>.<lambda>", "<listcomp>"):
        assert concerns(name)
    for name in ("Foo.other", "used", "x", "<module>", "Foo"):
        assert not concerns(name)
    in_class = may_concern([finding("class", "Foo", 4)])
    assert in_class("Foo.bar") and in_class("bar") and not in_class("Bar.bar")
    assert not may_concern([])("<lambda>")


def test_files_that_cannot_be_read_have_no_functions(texts: Texts, tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    for path in ("gone.py", "folder.py", "pipe.py", "a\0.py", "a.py/b.py"):
        assert texts.of(path).at(1) is None


def test_a_text_is_read_again_when_its_file_changes(texts: Texts, tmp_path: Path) -> None:
    before = texts.of("a.py")
    assert texts.of("a.py") is before
    (tmp_path / "a.py").write_text(f"\n{SOURCE}", encoding="utf-8")
    at = texts.of("a.py").at(15)
    assert at is not None and at.name == "dead" and at.first == 15

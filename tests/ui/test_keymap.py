"""A person's own keys: every one can be rebound, and a mistake is explained and stops nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.config import Config, load_config, own_keys
from cockpit.errors import SettingsError
from cockpit.places import user_settings_file
from cockpit.ui.keymap import catalogue, key_name, listing, understood
from tests.ui.fakes import (
    FakeBackend,
    finding,
    report,
    running,
    screen_lines,
    snapshot,
    until,
    until_shown,
)

pytestmark = pytest.mark.integration
FIRST = snapshot(ruff=report(finding("F401", message="`os` imported but unused")))


@pytest.fixture
def settings() -> Callable[[str], None]:
    """Write the person's own settings."""
    return lambda text: user_settings_file().write_text(text, encoding="utf-8")


# --- What a mistake is answered with ----------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"page.copi": "c"}, "page.copi: there is nothing of that name; did you mean page.copy?"),
        ({"xyzzy": "c"}, "xyzzy: there is nothing of that name; `cockpit keys` lists all."),
        ({"page.copy": "ctlr+f"}, "there is no key ctlr+f; did you mean ctrl+f?"),
        ({"page.copy": "Ctrl+F"}, "there is no key Ctrl+F; did you mean ctrl+f?"),
        ({"page.copy": "shift+f"}, "there is no key shift+f; did you mean F?"),
        ({"page.copy": "esc"}, "there is no key esc; did you mean escape?"),
        ({"page.copy": "nonsense"}, "there is no key nonsense"),
        ({"page.copy": ""}, "page.copy: no key is named; leave the line out to keep y."),
        ({"page.copy": "c,"}, "page.copy: no key is named; leave the line out to keep y."),
        ({"page.copy": 3}, 'page.copy: 3 is not text; write it as "3".'),
        ("x", "keys is not a table: write [keys]"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_nearest_right_name(table: object, words: str) -> None:
    keymap, mistakes = understood(table)
    assert keymap == {}
    assert len(mistakes) == 1
    assert words in mistakes[0]


def test_one_mistake_leaves_the_other_lines_as_they_are() -> None:
    keymap, mistakes = understood({"page.copy": "nonsense", "page.edit": "J"})
    assert keymap == {"page.edit": "J"}
    assert len(mistakes) == 1


def test_of_two_of_ones_own_on_one_key_the_first_holds() -> None:
    keymap, mistakes = understood({"page.copy": "ctrl+x", "page.edit": "ctrl+x"})
    assert keymap == {"page.copy": "ctrl+x"}
    assert mistakes == ("[keys] page.edit: ctrl+x is page.copy already; it stays as it was.",)


def test_a_key_that_is_taken_from_a_default_is_told() -> None:
    keymap, mistakes = understood({"page.copy": "p"})
    assert keymap == {"page.copy": "p"}
    assert mistakes == ("[keys] page.copy: p was page.pause, which has no key any more.",)


def test_two_keys_can_be_exchanged() -> None:
    assert understood({"page.copy": "p", "page.pause": "y"})[1] == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("n,down", "n,down"),
        ("ctrl+f", "ctrl+f"),
        ("?", "question_mark"),
        (",", "comma"),
        (" ", "space"),
        ("+", "plus"),
        ("f5, alt+x", "f5,alt+x"),
    ],
)
def test_keys_are_written_as_a_person_writes_them(written: str, meant: str) -> None:
    assert understood({"list.up": written})[0] == {"list.up": meant}


def test_an_id_without_quotes_is_understood() -> None:
    assert understood({"page": {"copy": "c"}})[0] == {"page.copy": "c"}


@pytest.mark.security
def test_words_from_the_file_are_shown_and_not_obeyed() -> None:
    assert "\x1b" not in "".join(understood({"\x1b[31m": "c", "page.copy": "\x1b]52;x\x07"})[1])


# --- The settings files -----------------------------------------------------------------------


def test_keys_are_a_persons_own_and_no_mistake_in_them_stops_the_program(
    tmp_path: Path, settings: Callable[[str], None]
) -> None:
    settings("keys = 3\ntimeout = 5\n")
    assert load_config(tmp_path, user_settings_file()).timeout == 5
    assert own_keys(user_settings_file()) == 3


@pytest.mark.security
def test_a_project_cannot_say_what_a_persons_keys_do(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.cockpit.keys]\nx = 'y'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="a project may not choose"):
        load_config(tmp_path)


def test_a_settings_file_that_cannot_be_read_binds_nothing(
    settings: Callable[[str], None],
) -> None:
    assert own_keys(user_settings_file()) == Config().keys == {}
    settings("[keys\n")
    assert own_keys(user_settings_file()) == {}


# --- On the screen ----------------------------------------------------------------------------


async def test_a_rebound_key_works_and_is_shown_the_old_one_does_not(
    backend: FakeBackend, settings: Callable[[str], None]
) -> None:
    settings('[keys]\n"page.copy" = "ctrl+y"\n"page.help" = "f1"\n"page.rerun" = "c,C"\n')
    async with running(backend, first=FIRST) as (app, pilot):
        assert "ctrl+y copy" in screen_lines(app)[-1]
        await pilot.press("y")
        assert app.clipboard == ""
        await pilot.press("ctrl+y")
        assert app.clipboard == "pkg/a.py:1"
        await pilot.press("C", "c")
        assert backend.asked == [("rerun", "ruff")] * 2
        await pilot.press("f1")
        text = await until_shown(app, pilot, "ctrl+y", "c C")
        assert "f1" in text


@pytest.mark.regression
async def test_a_rebound_key_does_not_say_what_it_was_elsewhere(
    backend: FakeBackend, settings: Callable[[str], None]
) -> None:
    settings('[keys]\n"app.notes" = "n"\n"page.copy" = "s"\n')
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("s")
        assert app.clipboard == "pkg/a.py:1"
        await pilot.press("n")
        await until_shown(app, pilot, "Notes", "s was pane.severity, which has no key any more")


async def test_a_mistake_is_noted_and_everything_else_works(
    backend: FakeBackend, settings: Callable[[str], None]
) -> None:
    settings('[keys]\n"page.copi" = "c"\n')
    async with running(backend, first=FIRST) as (app, pilot):
        assert "! 1 note  [keys] page.copi" in screen_lines(app)[0]
        await pilot.press("exclamation_mark")
        await until_shown(app, pilot, "Notes", "did you mean page.copy?")
        await pilot.press("escape", "y")
        await until(pilot, lambda: app.clipboard == "pkg/a.py:1")


@pytest.mark.unit
def test_every_binding_has_a_place_a_name_and_words() -> None:
    for name, bound in catalogue().items():
        place, _, rest = name.partition(".")
        assert place and rest, name
        assert bound.words and bound.keys, name


@pytest.mark.unit
def test_all_that_can_be_bound_is_listed_with_its_keys() -> None:
    rows = [line.split() for line in listing({}).splitlines()]
    assert ["page.copy", "y"] in [row[:2] for row in rows]
    assert len(rows) == len(catalogue())


@pytest.mark.unit
@pytest.mark.parametrize(
    ("key", "name"),
    [("question_mark", "?"), ("ctrl+plus", "ctrl++"), ("escape", "esc"), ("f1", "f1")],
)
def test_keys_are_named_as_a_person_writes_them(key: str, name: str) -> None:
    assert key_name(key) == name


def test_the_listing_shows_a_persons_own_keys() -> None:
    rows = dict(line.split()[:2] for line in listing({"pane.filter": "ctrl+f"}).splitlines())
    assert rows["pane.filter"] == "ctrl+f"


@pytest.mark.unit
@pytest.mark.regression
def test_the_listing_knows_what_a_persons_own_keys_took() -> None:
    rows = [line.split() for line in listing({"list.down": "n,down"}).splitlines()]
    named = {row[0]: row[1:] for row in rows}
    assert named["list.down"][:2] == ["n", "down"]
    assert named["list.next"][0] == "none"
    assert named["files.next"][0] == "n", "of another place it is still the key"

"""Settings are strict: a mistake is named, with the nearest right word."""

from pathlib import Path

import pytest

from cockpit.config import Config, differing, load_config, own_mistakes
from cockpit.errors import SettingsError

pytestmark = pytest.mark.unit


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_settings_everything_has_a_default(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()


def test_the_project_overrides_the_user(tmp_path: Path) -> None:
    user = tmp_path / "config.toml"
    user.write_text('timeout = 5\neditor = "vim"\n', encoding="utf-8")
    project(tmp_path, "[tool.cockpit]\ntimeout = 7\nextend-exclude = ['vendor']\n")
    config = load_config(tmp_path, user)
    assert (config.timeout, config.editor, config.extend_exclude) == (7, "vim", ("vendor",))


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("[tool.cockpit]\ntimeuot = 3\n", "unknown key timeuot", "timeout"),
        ("[tool.cockpit]\nzzz = 3\n", "unknown key zzz", "fail-on"),
        ("[tool.cockpit]\ntimeout = 'x'\n", 'timeout is "x"', "timeout takes a number of seconds"),
        ("[tool.cockpit]\ntimeout = 0\n", "timeout is 0", "seconds"),
        ("[tool.cockpit]\nworkers = -1\n", "workers is -1", "0 to 64"),
        ("[tool.cockpit]\nfail-on = 'bad'\n", 'fail-on is "bad"', "high, medium, low, never"),
        ("[tool]\ncockpit = 3\n", "not a table", "[tool.cockpit]"),
        ("[tool.cockpit\n", "not valid TOML", "Mend that line"),
    ],
)
def test_a_mistake_is_one_clear_sentence(tmp_path: Path, text: str, words: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_config(project(tmp_path, text))
    assert words in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.regression
def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """The second came to light when the first was mended."""
    text = "[tool.cockpit]\ntools = 'ruff'\nfail-on = 3\ntimeuot = 3\nworkers = 2\neditor = 'x'\n"
    with pytest.raises(SettingsError) as caught:
        load_config(project(tmp_path, text))
    assert caught.value.message == (
        'pyproject.toml [tool.cockpit]: tools is "ruff"; fail-on is 3; unknown key timeuot; '
        "editor names a program to run, which a project may not choose"
    )
    assert caught.value.hint == (
        'tools takes a list of names, like ["ruff"]. '
        "fail-on takes one of high, medium, low, never, in quotes. Did you mean timeout? "
        "Put editor into your own settings file (`cockpit --help` names it)."
    )


@pytest.mark.regression
@pytest.mark.parametrize(
    ("setting", "said", "takes"),
    [
        ("tools = ['a', 3]", 'tools is ["a", 3]', "a list of names"),
        ("exclude = 'vendor'", 'exclude is "vendor"', "a list of names or patterns"),
        ("extend-exclude = {a = 1}", 'extend-exclude is {"a": 1}', "a list of names or patterns"),
        ("fail-on = true", "fail-on is true", "one of high, medium, low, never, in quotes"),
        ("timeout = 2026-01-01", 'timeout is "2026-01-01"', "a number of seconds"),
        ("workers = 1.5", "workers is 1.5", "a whole number"),
        (f"workers = 0x{'f' * 9000}", "workers is too large", "a whole number"),
        ("ruff-security = 1", "ruff-security is 1", "true or false"),
        ("base = []", "base is []", "text in quotes"),
        (f"base = ['{'x' * 90}']", f'base is ["{"x" * 38} …', "text in quotes"),
    ],
)
def test_what_a_key_takes_is_said_in_words_of_a_settings_file(
    tmp_path: Path, setting: str, said: str, takes: str
) -> None:
    """It was told in the words of a library, with a page that no project has."""
    with pytest.raises(SettingsError) as caught:
        load_config(project(tmp_path, f"[tool.cockpit]\n{setting}\n"))
    assert caught.value.message == f"pyproject.toml [tool.cockpit]: {said}"
    assert caught.value.hint.startswith(f"{setting.partition(' ')[0]} takes {takes}")
    assert "docs/" not in caught.value.hint


@pytest.mark.regression
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("editr = 'vim'\n", "unknown key editr; the rest holds. Did you mean editor?"),
        ("workers = 'x'\n", 'workers is "x"; the rest holds. workers takes a whole number'),
        ("fail-on = 'bad'\n", 'fail-on is "bad"; the rest holds.'),
    ],
)
def test_a_mistake_of_the_users_own_stops_nothing_and_its_file_is_named_whole(
    tmp_path: Path, text: str, words: str
) -> None:
    user = tmp_path / "config.toml"
    user.write_text(f"timeout = 5\n{text}", encoding="utf-8")
    assert load_config(tmp_path, user) == Config(timeout=5)
    (mistake,) = own_mistakes(user)
    assert mistake.startswith(f"{user}: ")
    assert words in mistake


@pytest.mark.regression
def test_a_broken_file_of_the_users_own_stops_nothing(tmp_path: Path) -> None:
    user = tmp_path / "config.toml"
    user.write_text("editor = [\n", encoding="utf-8")
    assert load_config(tmp_path, user) == Config()
    (mistake,) = own_mistakes(user)
    assert mistake.startswith(f"{user} is not valid TOML: ")
    assert "none of it holds" in mistake


def test_what_differs_from_the_defaults_is_written_as_in_a_settings_file() -> None:
    assert differing(Config()) == ""
    config = Config(fail_on="high", extend_exclude=("a", "b"))
    assert differing(config) == 'extend-exclude = ["a", "b"], fail-on = "high"'


def test_bytes_that_are_not_text_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_config(tmp_path)


@pytest.mark.security
def test_a_project_cannot_choose_a_program_to_run(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="names a program to run"):
        load_config(project(tmp_path, "[tool.cockpit]\neditor = 'sh -c evil'\n"))

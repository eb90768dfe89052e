"""bandit, far half: its settings as `bandit.cli.main` reads and merges them, with its own classes.

Two things are ours: `[tool.bandit]` of pyproject.toml is read without being asked for, and
`.bandit` is looked for among the project's files only.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from bandit.cli.main import _get_profile
from bandit.core import config as bandit_config
from bandit.core import constants
from bandit.core import issue as bandit_issue
from bandit.core import utils as bandit_utils
from bandit.core.extension_loader import MANAGER

from cockpit.checkers.bandit_facts import BaselineKey, Choices, Options
from cockpit.checkers.bandit_far import has_tests, heard, quiet
from cockpit.checkers.interface import Settings
from cockpit.errors import CheckerError

_INI = ".bandit"
_PYPROJECT = "pyproject.toml"
#: What a count of `-l` or `-i` can say: 1 is the default and cannot be asked for.
_LEVELS = {"2": 2, "3": 3, "4": 4}

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def resolve(root: Path, listing: Sequence[str]) -> Settings:
    """Return bandit's settings for the project; raise `CheckerError` with bandit's words."""
    with _bandits_words(root):
        return _Reading(root, _ini_file(root, listing)).settings()


@contextmanager
def _bandits_words(root: Path) -> Iterator[None]:
    """Turn what stops bandit's command into a `CheckerError`, and keep its log from the screen."""
    quiet()
    try:
        yield
    except CheckerError:
        raise
    except Exception as error:  # the checker boundary: bandit's own code, on a user's settings
        known = isinstance(error, bandit_utils.ConfigError | bandit_utils.ProfileNotFound)
        said = str(error) if known or isinstance(error, ValueError) else repr(error)
        words = "\n".join((*heard(), said)).replace(f"{root}{os.sep}", "")
        raise CheckerError(
            f"bandit cannot use its settings: {said}".replace(f"{root}{os.sep}", ""),
            "Mend .bandit, or the section [tool.bandit] of pyproject.toml.",
            words,
        ) from error


def _ini_file(root: Path, listing: Sequence[str]) -> str:
    """Return the one `.bandit` of the project, or an empty string."""
    found = {path for path in listing if path.rsplit("/", 1)[-1] == _INI}
    if (root / _INI).is_file():
        found.add(_INI)
    if len(found) > 1:
        names = ", ".join(f"./{path}" for path in sorted(found))
        raise CheckerError(
            f"bandit takes one .bandit file and the project has {len(found)}",
            "Keep one, or move the settings to [tool.bandit] of pyproject.toml.",
            "Multiple .bandit files found - scan separately or choose one with --ini\n\t" + names,
        )
    return found.pop() if found else ""


class _Reading:
    """One reading of the settings; every step may raise what stops bandit's command."""

    def __init__(self, root: Path, ini_file: str) -> None:
        self._root = root
        self._notes: list[tuple[str, str]] = []
        self._ini_file = ini_file
        self._ini = self._read_ini()
        self._config_file = self._ini.get("configfile") or _pyproject(root)
        self._config = self._read_config()

    def settings(self) -> Settings:
        """Return everything, encoded."""
        ini = self._ini
        profile = self._profile()
        options = Options(
            config=self._plugins_config(),
            include=_sorted(profile["include"]),
            exclude=_sorted(profile["exclude"]),
            blacklist=profile.get("blacklist") or {},
            ignore_nosec=bool(ini.get("ignore-nosec")),
            debug=bool(ini.get("debug")),
        )
        choices = Choices(
            include=_strings("include", self._config.get_option("include") or ["*.py"]),
            excluded=tuple((ini.get("exclude") or ",".join(constants.EXCLUDE)).split(",")),
            exclude_dirs=self._exclude_dirs(),
            targets=self._targets(),
            level=_level(ini, "level"),
            confidence=_level(ini, "confidence"),
            config_file="" if ini.get("configfile") else self._config_file,
            ini_file=self._ini_file,
            baseline=self._baseline(),
            notes=tuple(self._notes),
        )
        facts = _encode(options)
        if not has_tests(facts):
            raise CheckerError(
                "bandit has no test to run",
                "`tests` and `skips` leave none.",
                "No tests would be run, please check the profile.",
            )
        return Settings(facts, _encode(choices), self._sources())

    def _read_ini(self) -> Mapping[str, str]:
        if not self._ini_file:
            return {}
        quiet()
        ini = bandit_utils.parse_ini_file(str(self._regular(self._ini_file)))
        self._note(self._ini_file)
        if not ini:
            return {}
        int(ini.get("number") or 0)  # bandit's command ends with this very error
        if ini.get("output"):
            raise CheckerError(
                f"bandit breaks on `output` in {self._ini_file}",
                "Remove `output`; `bandit -o FILE` writes a report.",
            )
        return dict(ini)

    def _read_config(self) -> Any:
        name = self._config_file
        return bandit_config.BanditConfig(str(self._regular(name)) if name else None)

    def _regular(self, name: str) -> Path:
        """Return the path of a settings file; a pipe would be read for ever."""
        path = self._root / name
        if path.exists() and not path.is_file():
            raise CheckerError(f"bandit cannot read {name}: it is not a file")
        return path

    def _profile(self) -> dict[str, Any]:
        profile: dict[str, Any] = _get_profile(
            self._config, self._ini.get("profile"), self._config_file
        )
        for ids, key in ((self._ini.get("tests"), "include"), (self._ini.get("skips"), "exclude")):
            profile[key].update(ids.split(",") if ids else [])
        quiet()
        MANAGER.validate_profile(profile)
        self._note(self._config_file or self._ini_file)
        return profile

    def _plugins_config(self) -> dict[str, Any]:
        takers = (getattr(p.plugin, "_takes_config", None) for p in MANAGER.plugins)
        found = ((name, self._config.get_option(name)) for name in takers if name)
        return {name: value for name, value in found if value is not None}

    def _exclude_dirs(self) -> tuple[str, ...]:
        excluded = self._config.get_option("exclude_dirs") or []
        if not isinstance(excluded, list):
            raise CheckerError(
                f"bandit needs a list for `exclude_dirs`, not {excluded!r}",
                f'Write exclude_dirs = ["{excluded}"].' if isinstance(excluded, str) else "",
            )
        return _strings("exclude_dirs", excluded)

    def _targets(self) -> tuple[str, ...]:
        named = (self._ini.get("targets") or "").split(",")
        inside = (os.path.relpath(self._root / target.strip(), self._root) for target in named)
        found = (path.replace(os.sep, "/") for path in inside)
        return tuple(found) if self._ini.get("targets") else ()

    def _baseline(self) -> tuple[BaselineKey, ...]:
        name = self._ini.get("baseline")
        if not name:
            return ()
        try:
            data = self._regular(name).read_text()
        except OSError as error:
            words = f"Could not open baseline report: {name}"
            raise CheckerError("bandit cannot read its baseline", words=words) from error
        try:  # as `BanditManager.populate_baseline` does
            items = [bandit_issue.issue_from_dict(item) for item in json.loads(data)["results"]]
        except Exception as error:  # noqa: BLE001 - bandit goes on without, and says so
            self._notes.append((name, f"Failed to load baseline data: {error}"))
            return ()
        return tuple(sorted(_baseline_key(item) for item in items))

    def _note(self, name: str) -> None:
        """Keep what bandit has just warned of: its command goes on, but somebody should know."""
        said = (words.replace(f"{self._root}{os.sep}", "") for words in heard())
        self._notes += [(name, words) for words in said]

    def _sources(self) -> tuple[str, ...]:
        named = (self._ini.get("configfile"), self._ini.get("baseline"), self._ini_file)
        return tuple(sorted({_PYPROJECT, _INI, *(name for name in named if name)}))


def _pyproject(root: Path) -> str:
    """Return the name of pyproject.toml where it has a section for bandit, or an empty string."""
    path = root / _PYPROJECT
    if not path.is_file():
        return ""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CheckerError(
            f"bandit cannot read {_PYPROJECT}: {error}", "Mend the file; it is not valid TOML."
        ) from error
    tool = content.get("tool", {})
    return _PYPROJECT if isinstance(tool, dict) and "bandit" in tool else ""


def _strings(key: str, values: Sequence[Any]) -> tuple[str, ...]:
    for value in values:
        if not isinstance(value, str):
            raise CheckerError(f"bandit needs text in `{key}`, not {value!r}")
    return tuple(values)


def _sorted(ids: set[Any]) -> tuple[str, ...]:
    return tuple(sorted(map(str, ids)))


def _level(ini: Mapping[str, str], key: str) -> int:
    value = ini.get(key) or ""
    if value and value not in _LEVELS:
        raise CheckerError(
            f"bandit breaks on `{key} = {value}` in .bandit",
            "2, 3 and 4 mean low, medium and high; without it, everything is shown.",
        )
    return _LEVELS.get(value, 1)


def _baseline_key(item: Any) -> BaselineKey:
    ranks = (item.severity, item.cwe.id, item.confidence)
    return (item.text, *ranks, item.fname, item.test, item.test_id)

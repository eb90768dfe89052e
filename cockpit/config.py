"""cockpit's own settings: `[tool.cockpit]` of the project, which is strict, and the user's file.

The tools' own sections are read by the tools' own code, never here.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from cockpit.errors import SettingsError
from cockpit.model import SEVERITIES
from cockpit.scan import read_regular

#: Directory names that a walk outside git never enters.
USUAL_EXCLUDES = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "__pypackages__",
    "node_modules",
    "site-packages",
)
#: What a project that was only cloned must not choose, and why.
_USER_ONLY = {"editor": "names a program to run", "keys": "says what a person's keys do"}


class Config(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """What `[tool.cockpit]` may say, with its defaults.

    `tools`: the checkers to run (empty: all). `exclude`: names or patterns left out by the walk
    outside git; `extend_exclude`: left out everywhere and for every tool. `fail_on`: the least
    severity that makes `cockpit check` exit 1. `timeout`: seconds a tool may take for one file or
    one run. `workers`: analysing processes (0: one a core, at most 8). `ruff_security`: whether
    ruff's S rules are asked for. `base`: reserved for "new since". `editor`: a command line.
    `keys`: what keys do; the screen reads it by `own_keys` and explains its mistakes.
    """

    tools: tuple[str, ...] = ()
    exclude: tuple[str, ...] = USUAL_EXCLUDES
    extend_exclude: tuple[str, ...] = ()
    fail_on: str = "low"
    timeout: float = 60.0
    workers: int = 0
    ruff_security: bool = True
    base: str = ""
    editor: str = ""
    keys: Any = msgspec.field(default_factory=dict)

    @property
    def worker_count(self) -> int:
        """The number of analysing processes to start."""
        return self.workers or max(1, min(8, os.cpu_count() or 2))


_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(Config))
#: What each key takes, but for `keys`, whose mistakes the screen explains.
_TAKES = {
    "tools": 'a list of names, like ["ruff"]',
    "exclude": 'a list of names or patterns, like ["vendor"]',
    "extend-exclude": 'a list of names or patterns, like ["vendor"]',
    "fail-on": f"one of {', '.join(SEVERITIES)}, never, in quotes",
    "timeout": "a number of seconds, above 0 and at most 3600",
    "workers": "a whole number from 0 to 64",
    "ruff-security": "true or false",
    "base": "text in quotes",
    "editor": "text in quotes",
}
#: Characters of a wrong value that are shown.
_LONGEST = 40


def load_config(root: Path, user_file: Path | None = None) -> Config:
    """Return the user's settings overlaid with those of the project in `root`.

    Raises `SettingsError` naming the file, every key that is wrong and, for an unknown one, the
    nearest right one; what is wrong in the user's is left out (`own_mistakes`).
    """
    values = _own(user_file)[0] if user_file is not None else {}
    section = _read(root / "pyproject.toml", "pyproject.toml").get("tool", {})
    table = section.get("cockpit", {}) if isinstance(section, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(
            "pyproject.toml: tool.cockpit is not a table", "Write it as [tool.cockpit]."
        )
    good, wrong = _sifted(table, own=False)
    if wrong:
        what = "; ".join(error.message for error in wrong)
        hints = dict.fromkeys(error.hint for error in wrong)
        raise SettingsError(f"pyproject.toml [tool.cockpit]: {what}", " ".join(hints))
    return msgspec.convert(values | good, Config)


def differing(config: Config) -> str:
    """Return the settings that are not the defaults, as one would write them; "" for none."""
    usual, values = Config(), msgspec.to_builtins(config)
    return ", ".join(
        f"{field.encode_name} = {json.dumps(values[field.encode_name], ensure_ascii=False)}"
        for field in msgspec.structs.fields(Config)
        if field.name != "keys" and getattr(config, field.name) != getattr(usual, field.name)
    )


def own_keys(user_file: Path) -> object:
    """Return what the user's own settings say under `keys`, unchecked; `own_mistakes` has more."""
    return _own(user_file)[0].get("keys", {})


def own_mistakes(user_file: Path) -> tuple[str, ...]:
    """Return a sentence for each of the user's own settings that is wrong: none stops a program."""
    return _own(user_file)[1]


def _own(user_file: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what is right in the user's own settings, and what is to be said of the rest."""
    try:
        values = _read(user_file, str(user_file))
    except SettingsError as error:
        return {}, (f"{error.message}; none of it holds. {error.hint}",)
    good, wrong = _sifted(values, own=True)
    mistakes = (f"{user_file}: {error.message}; the rest holds. {error.hint}" for error in wrong)
    return good, tuple(mistakes)


def _read(path: Path, name: str) -> dict[str, Any]:
    """Return what a file says, which people know by `name`; nothing where there is none."""
    try:
        return tomllib.loads(read_regular(str(path)).decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            f"{name} cannot be read: {error.strerror}", "Make it readable, or remove it."
        ) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"{name} is not valid TOML: {error}", "Mend that line, then run again."
        ) from error


def _sifted(
    values: Mapping[str, object], *, own: bool
) -> tuple[dict[str, object], list[SettingsError]]:
    """Return what is right of `values`, and an error for each of the rest."""
    good: dict[str, object] = {}
    wrong: list[SettingsError] = []
    for key, value in values.items():
        try:
            _check(key, value, own=own)
        except SettingsError as error:
            wrong.append(error)
        else:
            good[key] = value
    return good, wrong


def _check(key: str, value: object, *, own: bool) -> None:
    """Raise `SettingsError` where `key` must not be `value`; its hint names what it is about."""
    if key not in _KEYS:
        near = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(_KEYS)}."
        raise SettingsError(f"unknown key {key}", hint)
    if key in _USER_ONLY and not own:
        raise SettingsError(
            f"{key} {_USER_ONLY[key]}, which a project may not choose",
            f"Put {key} into your own settings file (`cockpit --help` names it).",
        )
    if not _fits(key, value):
        raise SettingsError(f"{key} is {_shown(value)}", f"{key} takes {_TAKES[key]}.")


def _fits(key: str, value: object) -> bool:
    try:
        config = msgspec.convert({key: value}, Config)
    except msgspec.ValidationError:
        return False
    return (
        config.fail_on in (*SEVERITIES, "never")
        and 0 < config.timeout <= 3600
        and 0 <= config.workers <= 64
    )


def _shown(value: object) -> str:
    """Return `value` about as it was written, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:  # Python refuses to write out thousands of digits
        return "too large"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"

"""cockpit's own settings: `[tool.cockpit]` of the project and the user's file, both strict.

The tools' own sections are read by the tools' own code, never here.
"""

import difflib
import os
import tomllib
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


def load_config(root: Path, user_file: Path | None = None) -> Config:
    """Return the user's settings overlaid with those of the project in `root`.

    Raises `SettingsError` naming the file, the key and, for an unknown one, the nearest right one.
    """
    values: dict[str, Any] = {}
    if user_file is not None:
        values.update(_checked(_read(user_file), user_file.name, own=True))
    pyproject = root / "pyproject.toml"
    section = _read(pyproject).get("tool", {})
    table = section.get("cockpit", {}) if isinstance(section, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(
            "pyproject.toml: tool.cockpit is not a table", "Write it as [tool.cockpit]."
        )
    values.update(_checked(table, "pyproject.toml [tool.cockpit]", own=False))
    return _convert(values)


def own_keys(user_file: Path) -> object:
    """Return what the user's own settings say under `keys`, unchecked: no mistake stops a program.

    Empty where the file cannot be read; `load_config` says why.
    """
    try:
        return _read(user_file).get("keys", {})
    except SettingsError:
        return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_regular(str(path)).decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            f"{path.name} cannot be read: {error.strerror}", "Make it readable, or remove it."
        ) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"{path.name} is not valid TOML: {error}", "Mend that line, then run again."
        ) from error


def _checked(values: dict[str, Any], where: str, *, own: bool) -> dict[str, Any]:
    for key, value in values.items():
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.4)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(_KEYS)}."
            raise SettingsError(f"{where}: unknown key {key}", hint)
        if key in _USER_ONLY and not own:
            raise SettingsError(
                f"{where}: {key} {_USER_ONLY[key]}, which a project may not choose",
                "Put it into your own settings file (`cockpit --help` names it).",
            )
        try:
            _convert({key: value})
        except SettingsError as error:
            raise SettingsError(f"{where}: {error.message}", error.hint) from error
    return values


def _convert(values: dict[str, Any]) -> Config:
    try:
        config = msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{_dotted(error, values)}", "docs/settings.md lists every key and its type."
        ) from error
    if config.fail_on not in (*SEVERITIES, "never"):
        raise SettingsError(
            f"fail-on is {config.fail_on!r}", f"It is one of {', '.join(SEVERITIES)}, never."
        )
    if not 0 < config.timeout <= 3600:
        raise SettingsError(
            f"timeout is {config.timeout:g}", "It is a number of seconds, at most 3600."
        )
    if not 0 <= config.workers <= 64:
        raise SettingsError(f"workers is {config.workers}", "It is a number from 0 to 64.")
    return config


def _dotted(error: msgspec.ValidationError, values: dict[str, Any]) -> str:
    """Return msgspec's words with the key in front instead of its JSON path behind."""
    words, _, place = str(error).partition(" - at `$")
    key = place.rstrip("`").lstrip(".") or ", ".join(values)
    return f"{key}: {words[0].lower()}{words[1:]}"

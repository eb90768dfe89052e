"""How to open a person's own editor at a line; `cockpit.process` starts it."""

import shlex
from collections.abc import Mapping
from pathlib import Path, PurePath

from cockpit.errors import CockpitError

#: Editors that take `FILE:LINE:COLUMN`, and the switch they want before it.
_COLON = {
    "code": ("--goto",), "code-insiders": ("--goto",), "codium": ("--goto",), "cursor": ("--goto",),
    "windsurf": ("--goto",), "subl": (), "zed": (), "hx": (), "helix": (), "lapce": (),
}  # fmt: skip
#: Those of them that would return at once, while a terminal editor is waited for.
WINDOWED = frozenset(
    ("code", "code-insiders", "codium", "cursor", "windsurf", "subl", "zed", "lapce")
)


def editor_command(
    environment: Mapping[str, str], file: Path, line: int, column: int
) -> tuple[str, ...]:
    """Return the arguments that open `file`, from $VISUAL or else $EDITOR; no shell reads them.

    Raises `CockpitError` where neither is set or can be understood.
    """
    chosen = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        words = shlex.split(chosen)
    except ValueError as error:
        raise CockpitError(f"$EDITOR cannot be understood: {error}", "Check its quotes.") from error
    if not words:
        raise CockpitError("no editor is set", "Set $VISUAL or $EDITOR, for example EDITOR=vim.")
    name = PurePath(words[0]).stem
    if name in _COLON:
        return (*words, *_COLON[name], f"{file}:{line}:{column}")
    if name in ("emacs", "emacsclient", "nano", "kak"):
        return (*words, f"+{line}{',' if name == 'nano' else ':'}{column}", str(file))
    return (*words, f"+{line}", str(file))


def is_windowed(argv: tuple[str, ...]) -> bool:
    """Return whether the editor opens its own window and leaves the terminal to us."""
    return PurePath(argv[0]).stem in WINDOWED

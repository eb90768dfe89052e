"""Which editor a person has chosen, and the command that opens it at a place.

Pure: it reads no file and starts nothing. What each editor wants is in `cockpit.ui.editors`.
"""

import difflib
import re
import shlex
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath

import msgspec

from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.ui.editors import GENERIC, KINDS, Kind, Place, vim

_PLACEHOLDERS = ("file", "line", "column")


class Opening(msgspec.Struct, frozen=True):
    """A command that opens an editor; `windowed` where it leaves the terminal to us.

    `note` says what the editor could not be told.
    """

    argv: tuple[str, ...]
    windowed: bool = False
    note: str = ""


class Choice(msgspec.Struct, frozen=True):
    """The editor as the person wrote it down, and where."""

    words: str
    where: str

    @property
    def is_setting(self) -> bool:
        """Whether it may hold placeholders: $EDITOR is shared with programs that know none."""
        return self.where == _SETTING


_SETTING = "`editor` in your settings"
#: Programs that run the command that follows them.
_WRAPPERS = frozenset(
    (
        *("command", "distrobox", "distrobox-enter", "doas", "env", "flatpak", "ionice", "nice"),
        *("nohup", "setsid", "snap", "stdbuf", "sudo", "systemd-run", "taskset", "time"),
        *("toolbox", "uwsm"),
    )
)
#: Terminals that run what follows in a window of their own, or a pane.
_TERMINALS = frozenset(
    (
        *("alacritty", "foot", "footclient", "ghostty", "gnome-terminal", "kitty", "konsole"),
        *("ptyxis", "rxvt", "st", "tmux", "urxvt", "uxterm", "wezterm", "x-terminal-emulator"),
        *("xfce4-terminal", "xterm", "zellij"),
    )
)


def chosen(setting: str, environment: Mapping[str, str], found: Iterable[str] = ()) -> Choice:
    """Return the editor of the person's own settings, or else of $VISUAL or $EDITOR.

    Raises `CockpitError` where there is none, naming those that were `found` on this machine.
    """
    choices = [Choice(setting, _SETTING)]
    choices += [Choice(environment.get(name, ""), f"${name}") for name in ("VISUAL", "EDITOR")]
    for choice in choices:
        if choice.words.strip():
            return choice
    names = list(found)
    here = f"; here are {', '.join(names)}" if names else ""
    example = names[0] if names else "vim"
    raise CockpitError(
        f"no editor is set{here}",
        f'Set $EDITOR, or write editor = "{example}" into your own config.toml.',
    )


def opening(
    choice: Choice,
    place: Place,
    environment: Mapping[str, str],
    real_name: Callable[[str], str] = str,
) -> Opening:
    """Return what opens `place` in the chosen editor; no shell reads it.

    `real_name` tells the name of the file that a program's name leads to through links.
    Raises `CockpitError` where the choice cannot be understood.
    """
    words = _words(choice)
    at, kind = _recognised(words, real_name)
    windowed = kind is not None and _has_window(kind, words, at, environment)
    if choice.is_setting:
        if any(map(_fields, words)):
            return Opening(_filled(words, place), windowed)
        words = tuple(word.format() for word in words)  # {{ is a brace here too
    if kind is None:
        name = plain(PurePath(words[at]).name)
        note = f"cockpit does not know how to tell {name} the line"
        return Opening((*words, str(place.file)), windowed, note)
    return Opening((*words, *kind.tell(place)), windowed)


# --- The command as it is written -----------------------------------------------------------------


def _words(choice: Choice) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(choice.words))
        if choice.is_setting:
            for word in words:
                _fields(word)
    except ValueError as error:
        reason = str(error).lower().rstrip(".")
        hint = "Check its quotes and braces; a brace itself is written twice: {{ or }}."
        raise CockpitError(f"{choice.where} cannot be understood: {reason}", hint) from error
    if not (words and words[0]):  # quotes around nothing
        raise CockpitError(f"{choice.where} names no program")
    return words


def _fields(word: str) -> list[str]:
    """Return the placeholders in a word; raise `ValueError` for a lonely brace."""
    parts = string.Formatter().parse(word)
    return [_whole(name, spec, by) for _, name, spec, by in parts if name is not None]


def _whole(name: str, spec: str | None, conversion: str | None) -> str:
    return name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")


def _filled(words: Sequence[str], place: Place) -> tuple[str, ...]:
    """Return a template's words with the place in them; the file comes last if it is nowhere."""
    named = [name for word in words for name in _fields(word)]
    for name in named:
        if name not in _PLACEHOLDERS:
            near = difflib.get_close_matches(name, _PLACEHOLDERS, n=1)
            ask = f"Did you mean {{{near[0]}}}? " if near else ""
            raise CockpitError(
                f"{_SETTING} has {{{plain(name)}}}, which means nothing",
                f"{ask}There are {{file}}, {{line}} and {{column}}.",
            )
    values = {"file": str(place.file), "line": place.line, "column": place.column}
    filled = tuple(word.format_map(values) for word in words)
    return filled if "file" in named else (*filled, str(place.file))


# --- Which editor it is ---------------------------------------------------------------------------


def _recognised(words: Sequence[str], real_name: Callable[[str], str]) -> tuple[int, Kind | None]:
    """Return which word names the editor, and of what kind it is."""
    first = PurePath(words[0]).name
    if first not in _WRAPPERS | _TERMINALS:
        return 0, _kind(words[0], real_name)
    for at, word in enumerate(words[1:], 1):
        if not word.startswith("-") and "=" not in word and (kind := _kind(word, real_name)):
            return at, kind
    return 0, None


def _kind(word: str, real_name: Callable[[str], str]) -> Kind | None:
    name = PurePath(word).name
    kind = _by_name(name)
    if kind is None or name in GENERIC:
        return _by_name(real_name(word)) or kind
    return kind


def _by_name(name: str) -> Kind | None:
    """Return the kind of `name`, or of its first part: emacs-nox, vim.basic, pycharm-community."""
    first = re.split(r"[.\-0-9]", name, maxsplit=1)[0]
    return KINDS.get(name) or (None if name == "code-server" else KINDS.get(first))


def _has_window(kind: Kind, words: Sequence[str], at: int, environment: Mapping[str, str]) -> bool:
    """Return whether the editor opens a window of its own and leaves the terminal to us."""
    if PurePath(words[0]).name in _TERMINALS:
        return True
    name, options = PurePath(words[at]).name, words[at + 1 :]
    if name.startswith("emacsclient"):
        return _emacsclient_has_window(options, environment)
    return kind.windowed or (kind.tell is vim and "-g" in options)


def _emacsclient_has_window(options: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Return whether a frame of Emacs shows the file: one that is there already, or a new one."""
    short = "".join(word for word in options if re.fullmatch(r"-[a-z]+", word))
    if "t" in short or {"-nw", "--tty", "--no-window-system"} & set(options):
        return False
    if "c" in short or {"--create-frame", "--reuse-frame"} & set(options):
        return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    # Without a server it starts the alternate editor, which may want the terminal.
    alternate = any(word.startswith(("-a", "--alternate-editor")) for word in options)
    return not (alternate or environment.get("ALTERNATE_EDITOR"))

"""The editors that are known by name, and how each is told a place.

Columns are 1-based, and every editor counts something else. What the terminal editors count was
measured with Debian 12's, see `tests/test_editor_e2e.py`; the rest is from manuals and sources.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.cells import cell_len

#: Columns to the next tab stop in nano and emacs, unless their settings say otherwise.
_TAB = 8


class Place(msgspec.Struct, frozen=True):
    """A place in a file; `column` counts code points, `text` is the line as far as it is known."""

    file: Path
    line: int
    column: int
    text: str = ""

    @property
    def _before(self) -> str:
        """What is left of the column; where the text ends earlier, ASCII is assumed."""
        return self.text[: self.column - 1].ljust(self.column - 1)

    @property
    def byte(self) -> int:
        """The column in bytes of UTF-8."""
        return len(self._before.encode(errors="surrogatepass")) + 1

    @property
    def unit(self) -> int:
        """The column in UTF-16 units."""
        return len(self._before.encode("utf-16-le", errors="surrogatepass")) // 2 + 1

    @property
    def cell(self) -> int:
        """The column on a screen, with tab stops."""
        cells = 0
        for character in self._before:
            cells += _TAB - cells % _TAB if character == "\t" else cell_len(character)
        return cells + 1


_Tell = Callable[[Place], tuple[str, ...]]


class Kind(msgspec.Struct, frozen=True):
    """A family of editors: how they are told the place, and whether they have a window."""

    tell: _Tell
    windowed: bool = False


def vim(place: Place) -> tuple[str, ...]:
    """Tell Vim and its kin: `cursor()` counts bytes."""
    return f"+call cursor({place.line},{place.byte})", str(place.file)


def _tiny_vim(place: Place) -> tuple[str, ...]:  # has no functions; `l` goes by characters
    right = f"{place.column - 1}l" if place.column > 1 else ""
    return f"+normal! {place.line}G0{right}", str(place.file)


def _only_line(place: Place) -> tuple[str, ...]:
    return f"+{place.line}", str(place.file)


def _emacs(place: Place) -> tuple[str, ...]:  # goes there by move-to-column
    return f"+{place.line}:{place.cell}", str(place.file)


def _nano(place: Place) -> tuple[str, ...]:
    return f"+{place.line},{place.cell}", str(place.file)


def _kakoune(place: Place) -> tuple[str, ...]:
    return f"+{place.line}:{place.byte}", str(place.file)


def _micro(place: Place) -> tuple[str, ...]:  # gedit too
    return f"+{place.line}:{place.column}", str(place.file)


def _colons(place: Place) -> tuple[str, ...]:
    return (f"{place.file}:{place.line}:{place.column}",)


def _code(place: Place) -> tuple[str, ...]:
    return "--goto", f"{place.file}:{place.line}:{place.unit}"


def _jetbrains(place: Place) -> tuple[str, ...]:  # the column, alone, is 0-based
    return "--line", str(place.line), "--column", str(place.unit - 1), str(place.file)


def _kate(place: Place) -> tuple[str, ...]:
    return "--line", str(place.line), "--column", str(place.unit), str(place.file)


def _textmate(place: Place) -> tuple[str, ...]:
    return "--line", f"{place.line}:{place.column}", str(place.file)


def _named(names: str, tell: _Tell, windowed: bool = False) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), Kind(tell, windowed))


KINDS: dict[str, Kind] = {
    **_named("vim nvim view vimdiff rvim rview vimx lvim", vim),
    **_named("gvim gview gvimdiff mvim mview", vim, windowed=True),
    **_named("vim.tiny", _tiny_vim),
    **_named("vi nvi elvis vile ex joe mg pico mcedit jmacs", _only_line),
    **_named("emacs emacsclient", _emacs),
    **_named("nano rnano", _nano),
    **_named("micro", _micro),
    **_named("kak kakoune", _kakoune),
    **_named("hx helix", _colons),
    **_named("code code-insiders codium vscodium cursor windsurf", _code, windowed=True),
    **_named("zed zeditor zedit subl sublime_text lapce", _colons, windowed=True),
    **_named("pycharm charm idea fleet", _jetbrains, windowed=True),
    **_named("mate", _textmate, windowed=True),
    **_named("kate kwrite", _kate, windowed=True),
    **_named("gedit", _micro, windowed=True),
    # What Flatpak calls them.
    **_named("io.neovim.nvim org.vim.Vim", vim),
    **_named("org.gnu.emacs", _emacs, windowed=True),
    **_named("com.helix_editor.Helix", _colons),
    **_named("com.visualstudio.code com.vscodium.codium", _code, windowed=True),
    **_named("dev.zed.Zed com.sublimetext.three", _colons, windowed=True),
    **_named(
        "com.jetbrains.PyCharm-Community com.jetbrains.PyCharm-Professional", _jetbrains, True
    ),
    **_named("org.kde.kate", _kate, windowed=True),
    **_named("org.gnome.gedit", _micro, windowed=True),
}
#: Names that many editors go by: what they are a link to says more.
GENERIC = frozenset(("vi", "vim", "view", "vimdiff", "ex", "editor"))
#: What is looked for where no editor is set, the most wanted first.
FAMOUS = (
    *("nvim", "vim", "hx", "helix", "kak", "micro", "nano", "emacs"),
    *("code", "zed", "subl", "pycharm", "vi"),
)

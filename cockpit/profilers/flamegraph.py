"""A flame graph as py-spy's own page: what it draws itself, with our frames in place of its own.

py-spy draws what it samples and nothing else, so it is asked for a page of a process that is made
for that; the style, and the script that zooms and searches, are from there. The frames are laid
out as py-spy's library (inferno) does: equal stacks make an equal page, to the byte. Only names
that begin alike, or with a `;`, are not drawn in pieces here.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.plain import plain
from cockpit.profilers import raw
from cockpit.profilers.files import why
from cockpit.profilers.profile import Profile, Stacks
from cockpit.profilers.pyspy import program

#: How long py-spy may take for a page that it samples one second for, in seconds.
PATIENCE = 30.0
_BUSY = "while True: pass"
_ELSE = "Save it as speedscope, raw or json instead: these need no py-spy."
#: Of the whole width, in percent: what is narrower is left out.
_LEAST = 0.1
#: Rows are so high, and text begins so far from their edges; the rest of the page is py-spy's.
_ROW, _LEFT, _DOWN = 16, 0.25, 10.5
#: So many characters fit into the whole width, of 1200 pixels.
_CHARACTERS = 1200 / (12 * 0.59)
_FRAMES = re.compile(
    r'(<svg id="frames"[^>]* total_samples=")\d+("[^>]*>)(.*)(</svg></svg>\s*)$', re.DOTALL
)
_TITLE = re.compile(r'(<text id="title"[^>]*>)([^<]*)(</text>)')
_MATCHED = re.compile(r'(<text id="matched"[^>]* y=")([\d.]+)(")')
_HEIGHTS = (
    re.compile(r'(<svg version="1.1" width="1200" height=")(\d+)(")'),
    re.compile(r'( viewBox="0 0 1200 )(\d+)(")'),
    re.compile(r'(<rect x="0" y="0" width="100%" height=")(\d+)(")'),
)
_ROWS = re.compile(r'<rect x="[^"]*" y="(\d+)"')
#: Long text loses its end and not its beginning: paths are whole here, and names come first.
_CUT_LEFT, _CUT_RIGHT = "var truncate_text_right = false;", "var truncate_text_right = true;"
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&apos;",
        # No XML may hold these, however they are written.
        "\ufffe": "\\ufffe",
        "\uffff": "\\uffff",
    }
)


# --- py-spy's page ---


async def blank_page() -> str:
    """Return a page as py-spy draws it, of a process that we start for that; it takes 1-2 s.

    Raises `CockpitError` where py-spy is missing or may not look at even its own child.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="cockpit-") as folder:
            return await _drawn(Path(folder))
    except OSError as error:
        words = f"there is no folder to draw a flame graph in: {why(error)}"
        raise CockpitError(words, _ELSE) from error


async def _drawn(folder: Path) -> str:
    """Return the page that py-spy draws in `folder`."""
    file = folder / "page.svg"
    options = ("-d", "1", "--nonblocking", "-f", "flamegraph", "-o", str(file))
    child = (sys.executable, "-I", "-S", "-c", _BUSY)
    try:
        done = await process.run(
            (program(), "record", *options, "--", *child),
            folder,
            env=process.clean_env({"RUST_BACKTRACE": "0"}),
            timeout=PATIENCE,
        )
    except process.TimedOut as error:
        raise CockpitError(f"py-spy took longer than {PATIENCE:g} s to draw", _ELSE) from error
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        words = done.errors.decode(errors="replace").strip().splitlines()
        said = plain(words[-1].strip()) if words else why(error)
        raise CockpitError(f"py-spy could not draw a flame graph: {said}", _ELSE) from error


def filled(page: str, profile: Profile) -> str:
    """Return py-spy's page with the frames of `profile` in it, and a title that says whose.

    Raises `CockpitError` where nothing was seen, or the page is not as it is known here.
    """
    whole = profile.weight
    if not whole:
        raise CockpitError("no stack was seen, so there is nothing to draw")
    known = _FRAMES.search(page)
    rows = [int(row) for row in _ROWS.findall(known[3])] if known else []
    if known is None or not rows:
        raise _unknown()
    drawn = [box for box in boxes(paths(profile.stacks)) if box.share(whole) >= _LEAST]
    added = max(box.depth for box in drawn) * _ROW - (max(rows) - min(rows))
    body = "".join(_elements(drawn, whole, min(rows)))
    page = f"{page[: known.start()]}{known[1]}{whole}{known[2]}{body}{known[4]}"
    for pattern in _HEIGHTS:
        page = _replaced(page, pattern, lambda old: f"{int(old) + added}")
    page = _replaced(page, _MATCHED, lambda old: f"{float(old) + added:.2f}")
    page = _replaced(page, _TITLE, lambda _: _escaped(_title(profile)))
    return page.replace(_CUT_LEFT, _CUT_RIGHT)


def _replaced(page: str, pattern: re.Pattern[str], change: Callable[[str], str]) -> str:
    """Return `page` with the middle group of `pattern`, which is there once, changed."""
    page, count = pattern.subn(lambda match: f"{match[1]}{change(match[2])}{match[3]}", page, 1)
    if not count:
        raise _unknown()
    return page


def _unknown() -> CockpitError:
    return CockpitError("this py-spy draws another page than cockpit knows", _ELSE)


def _title(profile: Profile) -> str:
    seen = f"{profile.weight:,} stacks at {profile.rate} Hz"
    return f"{plain(profile.whose)}, {profile.when}: {seen}"


# --- Frames ---


class Box(NamedTuple):
    """A frame as it is drawn: `depth` from 0, and from which to which sample it is wide."""

    name: str
    depth: int
    first: int
    last: int

    def share(self, whole: int) -> float:
        """Return how wide it is, in percent."""
        return 100 * (self.last - self.first) / whole


def paths(stacks: Stacks) -> list[tuple[tuple[str, ...], int]]:
    """Return the stacks as lists of names, in the order in which py-spy draws them."""
    found = [(tuple(raw.parts(stack)), count) for stack, count in stacks.items() if count]
    # As if sorted by their lines in the raw format, where a `;` stands behind every name.
    return sorted(found, key=lambda one: [f"{name};".encode() for name in one[0]])


def boxes(ordered: Iterable[tuple[Sequence[str], int]]) -> Iterator[Box]:
    """Yield the frames of stacks that stand beside each other, as they end from left to right.

    Those that end together come from the outermost to the innermost. Around all is one without
    a name.
    """
    current: list[tuple[str, int]] = []
    at = 0
    for path, count in ordered:
        names = ("", *path)
        shared = 0
        for (name, _), other in zip(current, names, strict=False):
            if name != other:
                break
            shared += 1
        yield from _ended(current, shared, at)
        del current[shared:]
        current += [(name, at) for name in names[shared:]]
        at += count
    yield from _ended(current, 0, at)


def _ended(current: Sequence[tuple[str, int]], shared: int, at: int) -> Iterator[Box]:
    for depth, (name, first) in enumerate(current[shared:], shared):
        yield Box(name, depth, first, at)


def _elements(drawn: Iterable[Box], whole: int, top: int) -> Iterator[str]:
    """Yield the elements for boxes on a page whose first row is at `top`."""
    for box, colour in zip(drawn, _colours(), strict=False):
        left, right = (at * (100 / whole) for at in (box.first, box.last))
        wide, y = right - left, top + box.depth * _ROW
        yield (
            f"<g><title>{_escaped(_label(box, whole))}</title>"
            f'<rect x="{left:.4f}%" y="{y}" width="{wide:.4f}%" height="{_ROW - 1}"'
            f' fill="{colour}" fg:x="{box.first}" fg:w="{box.last - box.first}"/>'
            f'<text x="{left + _LEFT:.4f}%" y="{y + _DOWN:.2f}">'
            f"{_escaped(_fitted(box.name, int(wide / 100 * _CHARACTERS)))}</text></g>"
        )


def _label(box: Box, whole: int) -> str:
    samples = f"{box.last - box.first:,} samples"
    return (
        f"{box.name} ({samples}, {box.share(whole):.2f}%)"
        if box.depth
        else f"all ({samples}, 100%)"
    )


def _fitted(name: str, room: int) -> str:
    """Return what of a name is drawn until the page's script fits it to the window."""
    if room < 3:
        return ""
    return name if len(name.encode()) < room else f"{name[: room - 2]}.."


def _colours() -> Iterator[str]:
    """Yield the colours of py-spy's pages: always the same, of a red to a yellow, by chance.

    The chance is Marsaglia's: his xorshift of 64 bits by 13, 7 and 17, begun at 1234.
    """
    state = 1234

    def chance() -> float:
        nonlocal state
        state ^= state << 13 & 0xFFFF_FFFF_FFFF_FFFF
        state ^= state >> 7
        state ^= state << 17 & 0xFFFF_FFFF_FFFF_FFFF
        return (state >> 11) / (1 << 53)

    while True:
        green, blue, red = chance(), chance(), chance()
        yield f"rgb({205 + int(50 * red)},{int(230 * green)},{int(55 * blue)})"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)

"""Pictures of screens as text files: what is written, and in which style in both themes.

A file has the lines of the screen, then a legend (a letter, its style in each theme), then for
each line which letter stands how many cells long: `12a3b` are twelve cells of a and three of b.
`COCKPIT_PICTURES=write` writes the files anew; look at the difference before it is kept.
"""

import difflib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.style import Style
from textual.pilot import Pilot

from cockpit.profilers.shelf import Recording
from cockpit.ui.app import CockpitApp
from cockpit.ui.themes import DARK, LIGHT
from tests.ui import depot
from tests.ui.fakes import FakeBackend, opened, show, until
from tests.ui.samples import nothing_in_earnest

FOLDER = Path(__file__).parent / "pictures"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
THEMES = (DARK.name, LIGHT.name)
_STYLES = "== styles"
_WRITE = os.environ.get("COCKPIT_PICTURES") == "write"

Steps = Callable[[CockpitApp, "Pilot[int]", FakeBackend], Coroutine[Any, Any, None]]
Cells = list[str]


class Scene(NamedTuple):
    """How to come to a screen: `steps`, and then the `keys` that open a window over it."""

    steps: Steps
    keys: tuple[str, ...] = ()


class Shot(NamedTuple):
    """A screen as it is: its lines, and of every cell of each line its style in words."""

    lines: list[str]
    styles: list[Cells]


def always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the screen not depend on the terminal, the environment and the day."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("cockpit.ui.app.terminal_colours", lambda: "many")
    monkeypatch.setattr("cockpit.ui.style.terminal_encoding", lambda: "utf-8")
    monkeypatch.setattr("cockpit.ui.state.PATIENCE", 0.0)
    monkeypatch.setattr("cockpit.ui.app._NOTICE", 3600.0)
    monkeypatch.setattr("cockpit.history._now", lambda: "2026-01-31T12:00:00Z")
    monkeypatch.setattr(Recording, "when", "2026-01-31 12:00")
    nothing_in_earnest(monkeypatch)


@asynccontextmanager
async def sitting(
    root: Path, size: tuple[int, int], theme: str = DARK.name
) -> AsyncIterator[tuple[CockpitApp, "Pilot[int]", FakeBackend]]:
    """Run the app on the project for pictures, after the save that brought something new."""
    backend = depot.Depot(root)
    app = CockpitApp(lambda: opened(backend))
    app.theme = theme
    app.context.look.refresh(app)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.context.backend is backend)
        app.context.title = depot.TITLE
        await show(app, pilot, backend, depot.before())
        await show(app, pilot, backend, depot.after())
        yield app, pilot, backend


async def picture(root: Path, scene: Scene, size: tuple[int, int]) -> str:
    """Return the picture of a scene, which must read the same in both themes.

    The smaller sizes are drawn in one: what a theme changes does not depend on the size.
    """
    themes = THEMES if size[0] >= _IN_BOTH else THEMES[:1]
    shots = [await shot(root / theme, scene, size, theme) for theme in themes]
    for other in shots[1:]:
        assert other.lines == shots[0].lines, _difference(shots[0].lines, other.lines, *THEMES)
    return _written(shots, themes)


#: Columns of a screen from which on a scene is drawn in both themes.
_IN_BOTH = 160
#: Looks at the screen that have to be the same, a few frames apart, in seconds: what is laid out
#: anew is painted by the clock.
_LOOKS, _FRAME = 3, 0.01


async def shot(root: Path, scene: Scene, size: tuple[int, int], theme: str) -> Shot:
    """Return a scene as it looks to who has had that theme from the start."""
    async with sitting(root, size, theme) as (app, pilot, backend):
        await scene.steps(app, pilot, backend)
        await pilot.press(*scene.keys)
        return await taken(app, pilot)


async def taken(app: CockpitApp, pilot: "Pilot[int]") -> Shot:
    """Wait until nothing more is to come, and return what the screen shows then."""
    await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
    looks = [_shot(app)]
    while len(looks) < _LOOKS or looks.count(looks[-1]) < _LOOKS:
        await pilot.pause(_FRAME)
        looks = [*looks[1 - _LOOKS :], _shot(app)]
    return looks[-1]


def _shot(app: CockpitApp) -> Shot:
    strips = app.screen._compositor.render_strips()
    styles = [
        [words for part in strip for words in [_named(part.style)] * part.cell_length]
        for strip in strips
    ]
    return Shot([strip.text.rstrip() for strip in strips], styles)


def _named(style: Style | None) -> str:
    """Return a style in words, without what only a click needs."""
    if style is None:
        return "none"
    parts = [style.color.name if style.color else "default"]
    if style.bgcolor:
        parts.append(f"on {style.bgcolor.name}")
    parts += [
        name
        for name in ("bold", "dim", "italic", "underline", "strike", "reverse")
        if getattr(style, name)
    ]
    return " ".join(parts)


def _written(shots: Sequence[Shot], themes: Sequence[str]) -> str:
    cells = [
        list(zip(*lines, strict=True)) for lines in zip(*(one.styles for one in shots), strict=True)
    ]
    seen = list(dict.fromkeys(itertools.chain.from_iterable(cells)))
    letters = dict(zip(seen, _LETTERS, strict=False))
    assert len(letters) == len(seen), f"{len(seen)} styles on one screen"
    width = max(len(styles[0]) for styles in seen)
    legend = []
    for styles in seen:
        first, *others = styles
        legend.append("  ".join((letters[styles], f"{first:<{width}}", *others)).rstrip())
    runs = ["".join(_runs([letters[styles] for styles in line])) for line in cells]
    heading = f"{_STYLES}: {' / '.join(themes)}"
    return "\n".join([*shots[0].lines, heading, *legend, "== cells", *runs, ""])


def _runs(cells: Sequence[str]) -> Iterator[str]:
    for letter, same in itertools.groupby(cells):
        yield f"{len(list(same))}{letter}"


def compare(name: str, now: str) -> None:
    """Fail where a picture is other than the one that is kept; keep it where that is asked for."""
    file = FOLDER / f"{name}.txt"
    if _WRITE:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(now, encoding="utf-8")
        return
    assert file.exists(), f"there is no picture {name}: run with COCKPIT_PICTURES=write"
    kept = file.read_text(encoding="utf-8")
    if now != kept:
        pytest.fail(f"{name} looks different\n{_what_differs(kept, now)}", pytrace=False)


def _what_differs(kept: str, now: str) -> str:
    """Return the lines that read differently; where none does, the styles that differ."""
    lines, lines_now = kept.partition(_STYLES)[0], now.partition(_STYLES)[0]
    if lines == lines_now:
        lines, lines_now = kept, now
    return _difference(lines.splitlines(), lines_now.splitlines(), "kept", "now")


def _difference(one: Sequence[str], other: Sequence[str], name: str, name_of_other: str) -> str:
    lines = difflib.unified_diff(one, other, name, name_of_other, n=1, lineterm="")
    return "\n".join(lines)

"""Call trees to look at, and a bare app for one view of them."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from cockpit.profilers.profile import THREAD, CallTree, Function
from cockpit.ui.style import Look
from cockpit.ui.themes import terminal_colours, themes

MAIN = Function("Main (7)", THREAD)
SITE = "/venv/lib/python3.11/site-packages"


def own(name: str) -> Function:
    """Return a function of the project's own."""
    return Function(name, "/home/me/shop/shop/cart.py")


def library(name: str, package: str = "django") -> Function:
    """Return a function of a library."""
    return Function(name, f"{SITE}/{package}/core.py")


def tree(stacks: Iterable[tuple[str, int]]) -> CallTree:
    """Return the tree of stacks written as `main;load;parse`, each below the main thread."""
    made = CallTree()
    for names, count in stacks:
        made.add(path(names), count)
    return made


def path(names: str) -> tuple[Function, ...]:
    """Return the path of own functions by their names, below the main thread."""
    return (MAIN, *map(own, filter(None, names.split(";"))))


class Stage(App[None]):
    """Shows one view, and keeps what it says."""

    def __init__(self, make: Callable[[Look], Widget], theme: str) -> None:
        colours = terminal_colours()
        super().__init__(ansi_color=True if colours == "none" else None)
        for one in themes("few" if theme.endswith("-few") else "many").values():
            self.register_theme(one)
        self.theme = theme.removesuffix("-few")
        self.look = Look(self)
        self.view: Any = make(self.look)
        self.said: list[Message] = []
        self.drawn = 0

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.look.refresh(self)
        self.view.styles.height = "1fr"
        self.view.focus()
        draw = self.view.render_line

        def counted(y: int) -> Any:
            self.drawn += 1
            return draw(y)

        self.view.render_line = counted

    def heard(self, kind: type[Message]) -> list[Any]:
        """Return what the view said of a kind."""
        return [one for one in self.said if isinstance(one, kind)]

    def _keep(self, message: Message) -> None:
        self.said.append(message)

    on_flame_view_moved = on_flame_view_zoomed = on_flame_view_stuck = _keep
    on_calls_view_moved = on_calls_view_chosen = on_calls_view_stuck = _keep


@asynccontextmanager
async def staged(
    make: Callable[[Look], Widget], size: tuple[int, int] = (100, 20), theme: str = "cockpit"
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    """Show the view that `make` makes."""
    app = Stage(make, theme)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def segments(app: App[Any]) -> list[Segment]:
    """Return every segment on the screen."""
    return [one for strip in app.screen._compositor.render_strips() for one in strip]

"""Asks once for each project whether its code may be run; the yes is remembered."""

from collections.abc import Callable, Sequence
from pathlib import Path

from cockpit import trust
from cockpit.places import state_folder
from cockpit.ui.context import titled
from cockpit.ui.modals import ConfirmScreen
from cockpit.ui.page import Page


def if_trusted(
    page: Page, argv: Sequence[str], go: Callable[[], object], leave: Callable[[], object]
) -> None:
    """Have `go` called if `argv` may be run, asking where that is not known; else `leave`."""
    backend = page.context.backend
    root = backend.root if backend is not None else Path.cwd()
    if trust.is_trusted(state_folder(), root):
        go()
        return

    def answered(yes: bool | None) -> None:
        if yes:
            trust.trust(state_folder(), root)
            go()
        else:
            leave()

    words = (
        f"It runs with your rights, and so does what it loads of {titled(root)}. The yes is"
        " remembered, as `cockpit trust` does; `cockpit trust --revoke` takes it back."
    )
    page.app.push_screen(ConfirmScreen(f"Run {' '.join(argv)}?", words), answered)

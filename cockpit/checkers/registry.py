"""The checkers that are installed, by name; loading one imports no tool."""

import functools
from importlib.metadata import entry_points

from cockpit.checkers.interface import Checker
from cockpit.errors import CockpitError

_GROUP = "cockpit.checkers"
#: The order in which panes, reports and help name the tools we bring; others follow by name.
_ORDER = ("ruff", "vulture", "interrogate", "bandit")


@functools.cache
def _entries() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group=_GROUP)}


def names() -> tuple[str, ...]:
    """Return the names of all installed checkers, ours first."""
    found = _entries()
    ours = [name for name in _ORDER if name in found]
    return (*ours, *sorted(found.keys() - set(ours)))


@functools.cache
def load(name: str) -> Checker:
    """Return the checker called `name`; raise `CockpitError` where it cannot be loaded."""
    for entry in entry_points(group=_GROUP, name=name):
        try:
            checker: Checker = entry.load()
        except (ImportError, AttributeError) as error:
            raise CockpitError(
                f"the checker {name} cannot be loaded: {error}",
                "Reinstall cockpit, or the package that brings this checker.",
            ) from error
        return checker
    raise CockpitError(f"there is no checker called {name}", f"There are: {', '.join(names())}.")

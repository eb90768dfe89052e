"""Which Python processes there are, and which of them can be sampled; it does nothing to any."""

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping

import psutil

from cockpit.janitor import MARK
from cockpit.profilers import permission
from cockpit.profilers.permission import Facts, Subject
from cockpit.profilers.target import descendants
from cockpit.profilers.watched import TARGET, Process, Watched

__all__ = ["TARGET", "Lister", "Process", "launched", "python_children", "subject_of"]

#: Seconds of processor time for reading maps in one look: a browser's hundred processes have
#: thousands of lines each. The next look goes on.
_MAPS = 0.03


def launched() -> dict[str, str]:
    """Return what the environment of a program must hold that is launched for a person."""
    return {TARGET: str(os.getpid())}


class Lister:
    """Looks at the processes again and again; each look in one thread at a time.

    `targets` says which of our own children are the person's programs; they and all below them are
    shown. What else runs below us, or was started by any cockpit (by its mark), is not.
    """

    def __init__(
        self,
        targets: Callable[[], Collection[int]] = tuple,
        facts: Callable[[], Facts] = permission.facts,
    ) -> None:
        """Have looked at nothing yet."""
        self._targets, self._facts = targets, facts
        self._known: dict[int, Watched] = {}

    def look(self, only: Collection[int] | None = None) -> list[Process]:
        """Return the Python processes, ours first; those in `only`, if it is given. Never raises.

        What ends meanwhile is not among them; what may not be known of one is empty.
        """
        facts, targets = self._facts(), self._targets()
        known = dict(_met(psutil.pids() if only is None else only, self._known))
        rest = time.thread_time() + _MAPS if only is None else float("inf")
        found: list[Process] = []
        for one in known.values():
            with contextlib.suppress(psutil.Error, OSError):
                one.meet(rest)
        for one in known.values():
            with contextlib.suppress(psutil.Error, OSError):
                if one.interpreter is not None and not _is_ours(one, known, targets):
                    found.append(one.told(facts, one.pid in targets))
        self._known = known
        return sorted(found, key=lambda one: (not one.mine, -(one.cpu or 0), -one.born))


def python_children(pid: int) -> list[Process]:
    """Return the Python processes below one that is none itself: a shell, `uv run`. Never raises.

    In the order of their beginning.
    """
    below = [one.pid for one in descendants(pid)]
    found = Lister(targets=lambda: (pid,)).look(only=below)
    return sorted(found, key=lambda one: one.born)


def subject_of(pid: int) -> Subject:
    """Return what permissions hang on, of one process; as far as it may be known."""
    subject = Subject(pid)
    for _, one in _met((pid,), {}):
        with contextlib.suppress(psutil.Error, OSError):
            one.meet()
            subject = one.subject(opened=False)
    return subject


def _met(pids: Collection[int], known: Mapping[int, Watched]) -> Iterator[tuple[int, Watched]]:
    """Yield the processes that there are; one that is known, and is the same still, as it was."""
    for pid in pids:
        with contextlib.suppress(psutil.Error, OSError):
            now, before = psutil.Process(pid), known.get(pid)
            yield pid, before if before is not None and before.handle == now else Watched(now)


def _is_ours(one: Watched, known: Mapping[int, Watched], targets: Collection[int]) -> bool:
    """Whether a cockpit started it for its own ends."""
    us, pid, seen = os.getpid(), one.pid, set[int]()
    if one.is_janitor:
        return True
    ours = os.environ.get(TARGET)  # there is one where this cockpit was itself launched so
    if one.environ.get(TARGET, ours) != ours:
        return False
    while pid not in seen:
        if pid in targets:
            return False
        if pid == us:
            return one.pid != us
        seen.add(pid)
        pid = known[pid].parent if pid in known else 0
    us_too = os.environ.get(MARK)  # as above, or below a check
    return one.environ.get(MARK, us_too) != us_too

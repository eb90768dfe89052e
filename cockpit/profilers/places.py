"""Which file of the project a profiler means by a path; no file is read here, only links followed.

A process says paths as it knows them: absolute, through links, and in old Pythons as they were
given on its command line.
"""

import os
import re
from pathlib import Path

#: The folder of the standard library, and all before it.
_STANDARD = re.compile(r".*/python\d\.\d+t?/|.*/python\d+\.zip/", re.DOTALL)
#: Paths that are remembered; a profile of many processes names some thousands.
_MOST = 50_000


class Places:
    """Finds a profiler's paths in the project at `root`; it never raises.

    `folder` is the process's working directory, which its relative paths are of; empty where it
    is not known: then they are of no file of the project.
    """

    def __init__(self, root: Path, folder: str = "") -> None:
        """Remember nothing yet."""
        self._root = os.path.realpath(root)
        self._folder = folder
        self._known: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the path in the project, POSIX and relative to its root; empty outside of it."""
        known = self._known.get(path)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
                self._folders.clear()
            known = self._known[path] = self._find(path)
        return known

    def _find(self, path: str) -> str:
        # "<": a thread, a process, code that was typed or made
        if not path or path[0] == "<" or "\0" in path:
            return ""
        if not os.path.isabs(path):  # noqa: PTH117 -- text of another process
            if not self._folder:
                return ""
            path = os.path.join(self._folder, path)  # noqa: PTH118 -- see above
        lexical = os.path.normpath(path)
        real = self._real(path)
        for place in (real, lexical):
            if relative := _beneath(place, self._root):
                return relative
        return ""

    def _real(self, path: str) -> str:
        """Return a path with its links followed, those of its folder once for all files in it."""
        folder, name = os.path.split(path)
        try:
            if folder not in self._folders:
                self._folders[folder] = os.path.realpath(folder)
            whole = os.path.join(self._folders[folder], name)  # noqa: PTH118 -- see above
            return os.path.realpath(whole) if os.path.islink(whole) else whole  # noqa: PTH114
        except (OSError, ValueError):  # ValueError: a NUL, or what no file system can name
            return ""


def _beneath(place: str, root: str) -> str:
    """Return the rest of `place` below `root`, POSIX; empty where it is not below."""
    start = root if root.endswith(os.sep) else root + os.sep
    return place[len(start) :].replace(os.sep, "/") if place.startswith(start) else ""


def tail(path: str) -> str:
    """Return the part of a library's path that says which module of which package it is."""
    for mark in ("/site-packages/", "/dist-packages/"):
        _, found, after = path.rpartition(mark)
        if found:
            return after
    match = _STANDARD.match(path)  # not `search`: that takes the square of a path's length
    return path[match.end() :] if match else path

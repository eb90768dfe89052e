"""Where a function comes from, told by its path alone: one's own code, a library, Python, or C.

Pure; what each looks like is in `hues`.
"""

import functools
import re
from typing import Literal, NamedTuple

from cockpit.profilers.profile import PROCESS, RARE, THREAD, Function

#: "group" is no function: a thread, a process, everything, or what is counted together.
Kind = Literal["own", "library", "python", "native", "group"]

_SITE = re.compile(r".*[/\\](?:site|dist)-packages[/\\]")
_PYTHON = re.compile(
    r".*[/\\](?:lib(?:64)?[/\\](?:python|pypy)\d[\d.]*t?|[Pp]ython\d*[/\\][Ll]ib|python\d+\.zip)[/\\]"
)
_SEPARATOR = re.compile(r"[/\\]")
#: What a path of Python's ends with; Cython's and notebooks' are lines that a person wrote too.
_SOURCES = (".py", ".pyx", ".pyw", ".pxd", ".pyi", ".ipynb")
#: Code that was never in a file, and was written by whoever runs it.
_TYPED = ("<string>", "<stdin>", "<ipython", "<console>")


class Origin(NamedTuple):
    """A function's kind, the package it is of, and the part of its path that is worth showing."""

    kind: Kind
    module: str
    tail: str


@functools.lru_cache(maxsize=50_000)
def origin_of(function: Function, root: str = "") -> Origin:
    """Return where `function` comes from; `root` is the project's, whose own paths begin there."""
    name, path = function
    if path in (THREAD, PROCESS) or (not path and name in ("all", RARE)):
        return Origin("group", "", "")
    if path.startswith("<"):
        return _unfiled(path)
    if site := _SITE.match(path):
        tail = path[site.end() :]
        return Origin("library" if _is_source(path) else "native", _package(tail), tail)
    if python := _PYTHON.match(path):
        tail = path[python.end() :].removeprefix("lib-dynload/")
        return Origin("python" if _is_source(path) else "native", _package(tail), tail)
    if not _is_source(path):
        tail = _SEPARATOR.split(path)[-1]
        return Origin("native", _package(tail), tail)
    return _own(path, root)


def _own(path: str, root: str) -> Origin:
    """Return whose own code it is: the package below the root, or else the folder it lies in."""
    base = root.rstrip("/\\") + "/"
    if root and path.replace("\\", "/").startswith(base.replace("\\", "/")):
        tail = path[len(base) :]
        parts = _SEPARATOR.split(tail.removeprefix("src/").removeprefix("src\\"))
        module = ".".join(parts[:-1][:2]) or _stem(parts[-1])
        return Origin("own", module, tail)
    parts = _SEPARATOR.split(path)
    return Origin("own", parts[-2] if len(parts) > 1 and parts[-2] else _stem(parts[-1]), path)


def _unfiled(path: str) -> Origin:
    """Return where code without a file comes from: `<frozen runpy>` is Python's."""
    if path.startswith("<frozen "):
        return Origin("python", path[8:].rstrip(">").partition(".")[0], path)
    return Origin("own" if path.startswith(_TYPED) else "library", path.strip("<>"), path)


def _is_source(path: str) -> bool:
    return path.lower().endswith(_SOURCES)


def _package(tail: str) -> str:
    return _stem(_SEPARATOR.split(tail)[0])


def _stem(name: str) -> str:
    return name.partition(".")[0] or name

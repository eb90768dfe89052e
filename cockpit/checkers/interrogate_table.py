"""Reads the tables that interrogate prints; it has no other form of output."""

import os
import re
from collections.abc import Iterator

from cockpit.checkers.interface import Comparable

_HEADER = re.compile(r"^=+ Coverage for (?P<base>.*?)/ =+$", re.DOTALL | re.MULTILINE)
_DETAILED = re.compile(r"^-+ Detailed Coverage -+$", re.MULTILINE)
_SUMMARY = re.compile(r"^-+ Summary -+$", re.MULTILINE)
_RESULT = re.compile(
    r"^-+ RESULT: (?P<word>PASSED|FAILED) \(minimum: (?P<goal>\S+)%, actual: (?P<actual>\S+)%\)",
    re.MULTILINE,
)
_RECORD = re.compile(r"^\|(.*?)\|$", re.DOTALL | re.MULTILINE)
_NODE = re.compile(r"(?P<label>.*) \(L(?P<line>\d+)\)", re.DOTALL)


def read(text: str, root: str) -> Comparable | None:
    """Return what `text`, the output of `interrogate -vv`, says; None where it holds no tables.

    Rows are path, label and line (0: the module) of all that is missing; metrics the figures of
    each file, the total, and the verdict.
    """
    header, summary, result = (pattern.search(text) for pattern in (_HEADER, _SUMMARY, _RESULT))
    if not (header and summary and result):
        return None
    base = header["base"]
    detailed = _DETAILED.search(text)
    details = text[detailed.end() : summary.start()] if detailed else ""
    figures = _figures(text[summary.end() : result.start()], _Names(root, base))
    verdict = ("result", result["word"], result["goal"], result["actual"])
    missed = sorted(_missed(details, _Names(root, base)))
    return Comparable(tuple(missed), (*sorted(figures), verdict))


class _Names:
    """Finds the files behind the names in one table.

    interrogate cuts off as many characters as its files' paths have in common, back to something
    that exists, and one more. Beside a folder `a` it prints `ab.py` as `.py`, and `a_b.py` as
    `b.py`, as it does `a/b.py`: files of one name are told apart by the order of the table.
    """

    def __init__(self, root: str, base: str) -> None:
        self._root = root
        self._base = base
        self._longer = _longer_names(base)
        self._given: dict[str, int] = {}

    def path(self, printed_name: str) -> str:
        """Return the path, relative to the root, of the next file called `printed_name`."""
        whole = f"{self._base}/{printed_name}"
        if self._longer:
            index = self._given.get(printed_name, 0)
            self._given[printed_name] = index + 1
            candidates = self._candidates(printed_name)
            whole = candidates[index] if index < len(candidates) else whole
        beneath = f"{self._root}/"
        if whole.startswith(beneath):
            return whole.removeprefix(beneath)
        return os.path.relpath(whole, self._root)

    def _candidates(self, printed_name: str) -> list[str]:
        first, slash, rest = printed_name.partition("/")
        cut = len(self._base) + 1
        paths = [f"{self._base}/{printed_name}"]
        paths += [f"{one}{slash}{rest}" for one in self._longer if one[cut:] == first]
        there = (path for path in paths if os.path.lexists(path))
        return sorted(there, key=lambda path: (path.rpartition("/")[0], path))


def _longer_names(base: str) -> list[str]:
    """Return what stands beside `base` and begins with its name."""
    folder, _, name = base.rpartition("/")
    try:
        names = os.listdir(folder or "/")  # noqa: PTH208 - names, not paths
    except OSError:
        return []
    return [f"{folder}/{one}" for one in names if one.startswith(name) and one != name]


def _records(table: str) -> Iterator[str]:
    """Yield the rows of `table` between their outer bars, without header and separators."""
    rows = (match[1] for match in _RECORD.finditer(table))
    next(rows, None)
    return (row for row in rows if not set(row) <= set("-|"))


def _missed(table: str, names: _Names) -> Iterator[tuple[str, str, int]]:
    path = ""
    for row in _records(table):
        name, _, status = row.rpartition("|")
        name, status = name.strip(), status.strip()
        node = _NODE.fullmatch(name)
        if node:
            if status == "MISSED":
                yield path, node["label"], int(node["line"])
        else:  # the first row of a file; without a status where modules are ignored
            path = names.path(name.removesuffix(" (module)"))
            if status == "MISSED":
                yield path, "(module)", 0


def _figures(table: str, names: _Names) -> Iterator[tuple[str, str, str, str, str]]:
    rows = [[cell.strip() for cell in row.rsplit("|", 4)] for row in _records(table)]
    for name, total, missing, covered, percent in rows[:-1]:
        yield f"file {names.path(name)}", total, missing, covered, percent
    for _, total, missing, covered, percent in rows[-1:]:
        yield "total", total, missing, covered, percent

"""The project as folders and files: what each pane says of every one, and how much is covered.

Values over findings by path; nothing here knows a tool, a screen or the file system.
"""

import itertools
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from cockpit.model import FilesToFindings, Finding, Metric, News

#: The orders that a tree can be in, besides that of one pane's counts (by the pane's id).
SORTS = ("name", "findings", "new", "coverage")

#: Counts by pane, new ones by pane, then covered, total, unread, newly unread and files.
_Numbers = tuple[float, ...]
_Changes = Mapping[str, _Numbers | None]
_SINGLES = 5


class Sources(msgspec.Struct, frozen=True):
    """What a tree is made of: findings by pane and path, what of it is new, and the rest by path.

    `metrics` hold `covered` and `total`; `unread` are the files that some tool could not read, each
    with whether that is new. A value that is the same object as before stands for no change.
    """

    panes: Mapping[str, FilesToFindings] = {}
    new: News = {}
    metrics: Mapping[str, Metric] = {}
    unread: Mapping[str, bool] = {}


class Totals(msgspec.Struct, frozen=True):
    """What there is in a folder or a file: counts by pane, in the order of the tree's panes."""

    counts: tuple[int, ...]
    new: int
    covered: float
    total: float
    unread: int
    files: int

    @property
    def share(self) -> float | None:
        """How much is covered, in percent; None where there is nothing to cover."""
        return 100 * self.covered / self.total if self.total else None


class Row(msgspec.Struct, frozen=True, gc=False):
    """A line of the tree. `name` of folders that hold but one folder is joined: `src/app/core`."""

    path: str
    name: str
    depth: int
    folder: bool

    @property
    def chain(self) -> tuple[str, ...]:
        """The paths that the line stands for: of joined folders all of them, the innermost last."""
        outer = self.path[: len(self.path) - len(self.name)]
        parts = itertools.accumulate(self.name.split("/"), lambda one, other: f"{one}/{other}")
        return tuple(outer + part for part in parts)


class _Inside:
    """The paths that lie directly in a folder."""

    __slots__ = ("files", "folders")

    def __init__(self) -> None:
        self.folders: set[str] = set()
        self.files: set[str] = set()


class Tree:
    """Folders and files with their sums, kept current: an update costs what changed."""

    def __init__(self, panes: Iterable[str]) -> None:
        """Start empty; `panes` are the ids of the panes that are counted."""
        self.panes = tuple(panes)
        #: Another one whenever any number is another.
        self.version = 0
        self._zero: _Numbers = (0,) * (2 * len(self.panes) + _SINGLES)
        self._none = (0,) * len(self.panes)
        self._sources = Sources()
        self._panes: list[FilesToFindings] = []
        self._new: list[tuple[str, Mapping[str, frozenset[str]]]] = []
        self._files: dict[str, _Numbers] = {}
        self._folders: dict[str, _Numbers] = {"": self._zero}
        self._inside: dict[str, _Inside] = {"": _Inside()}
        self._ordered: dict[str, tuple[int, str, list[Row]]] = {}

    # --- What there is ------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return how many files there are."""
        return len(self._files)

    def __contains__(self, path: str) -> bool:
        """Return whether there is such a file."""
        return path in self._files

    def totals(self, row: Row | None = None) -> Totals:
        """Return the sums of a line, or of everything."""
        if row is None:
            numbers = self._folders[""]
        else:
            numbers = (self._folders if row.folder else self._files).get(row.path, self._zero)
        count = len(self.panes)
        whole = tuple(map(int, numbers[: 2 * count]))
        covered, total, unread, newly, files = numbers[2 * count :]
        new = sum(whole[count:]) + int(newly)
        return Totals(whole[:count], new, covered, total, int(unread), int(files))

    @property
    def folders(self) -> Iterator[str]:
        """The paths of all folders."""
        return filter(None, self._inside)

    def below(self, folder: str) -> Iterator[str]:
        """Yield the paths of all files in a folder and in those below it."""
        waiting = [folder]
        while waiting:
            inside = self._inside.get(waiting.pop(), _NOTHING)
            yield from inside.files
            waiting.extend(inside.folders)

    # --- Keeping up ---------------------------------------------------------------------------

    def update(self, sources: Sources) -> bool:
        """Take in what is known now; return whether any number is another than before."""
        before, self._sources = self._sources, sources
        self._panes = [sources.panes.get(pane, _NO_FILES) for pane in self.panes]
        self._new = [(name, files) for name, files in sources.new.items() if files]
        changed = set(_changed(before, sources))
        return self._take({path: self._numbers(path) for path in changed})

    def _numbers(self, path: str) -> _Numbers | None:
        """Return a file's numbers; None where nothing is known of it."""
        sources = self._sources
        found = [files.get(path, ()) for files in self._panes]
        metric, newly = sources.metrics.get(path), sources.unread.get(path)
        if metric is None and newly is None and not any(found):
            return None
        news: Iterable[int] = self._none
        new = {name: files[path] for name, files in self._new if path in files}
        if new:
            news = (sum(_is_new(new, one) for one in some) for some in found)
        covered, total = (metric["covered"], metric["total"]) if metric else (0, 0)
        return (*map(len, found), *news, covered, total, newly is not None, newly or False, 1)

    def _take(self, changes: _Changes) -> bool:
        """Put files in, change them or, where there are no numbers, take them out; sum them up."""
        different: dict[str, list[_Numbers]] = {}
        for path, numbers in changes.items():
            before = self._files.get(path)
            if numbers == before:
                continue
            folder = path.rpartition("/")[0]
            here = different.setdefault(folder, [])
            if before is not None:
                here.append(tuple(map(operator.neg, before)))
            elif folder in self._inside:
                self._inside[folder].files.add(path)
            else:
                self._open(folder).files.add(path)
            if numbers is None:
                self._remove(path, folder)
            else:
                self._files[path] = numbers
                here.append(numbers)
        self._sum_up({folder: _sum(numbers) for folder, numbers in different.items()})
        self.version += bool(different)
        return bool(different)

    def _sum_up(self, differences: dict[str, _Numbers]) -> None:
        """Add to each folder what became different in it, and so to those it lies in."""
        touched = set(differences)
        for folder in differences:
            touched.update(_ancestors(folder))
        for folder in sorted(touched, key=_depth, reverse=True):
            difference = differences[folder]
            self._ordered.pop(folder, None)
            if folder:
                outer = _folder_of(folder)
                known = differences.get(outer)
                differences[outer] = _sum((known, difference)) if known else difference
            if folder and folder not in self._inside:
                self._folders.pop(folder, None)
            else:
                known = self._folders.get(folder)
                self._folders[folder] = _sum((known, difference)) if known else difference

    def _open(self, folder: str) -> _Inside:
        """Return what a folder holds; make it, and those it lies in, where it is new."""
        opened = self._inside[folder] = _Inside()
        inner = folder
        for outer in _ancestors(folder):
            known = outer in self._inside
            self._inside.setdefault(outer, _Inside()).folders.add(inner)
            if known:
                break
            inner = outer
        return opened

    def _remove(self, path: str, folder: str) -> None:
        del self._files[path]
        inside = self._inside[folder]
        inside.files.discard(path)
        while folder and not inside.files and not inside.folders:
            del self._inside[folder]
            outer = _folder_of(folder)
            inside = self._inside[outer]
            inside.folders.discard(folder)
            folder = outer

    # --- A part of it -------------------------------------------------------------------------

    @property
    def files(self) -> Collection[str]:
        """The paths of its files."""
        return self._files.keys()

    def only(self, paths: Collection[str]) -> "Tree":
        """Return the tree of those of `paths` that are files of it."""
        return self._part({path: self._files[path] for path in self._files if path in paths})

    def only_new(self) -> "Tree":
        """Return the tree of the files in which something is new, counting only that."""
        count = len(self.panes)
        kept = {}
        for path, numbers in self._files.items():
            news = numbers[count : 2 * count]
            if any(news) or numbers[-2]:
                kept[path] = (*news, *numbers[count:])
        return self._part(kept)

    def _part(self, files: dict[str, _Numbers]) -> "Tree":
        if files == self._files:
            return self
        part = Tree(self.panes)
        part._take(files)
        return part

    # --- As lines -----------------------------------------------------------------------------

    def rows(self, unfolded: Callable[[str], bool], sort: str = SORTS[0]) -> list[Row]:
        """Return the lines in order, those in folders only where `unfolded` says yes."""
        found: list[Row] = []
        stack = [iter(self._children("", 0, sort))]
        while stack:  # not by recursion: a path may have thousands of folders
            row = next(stack[-1], None)
            if row is None:
                stack.pop()
                continue
            found.append(row)
            if row.folder and unfolded(row.path):
                stack.append(iter(self._children(row.path, row.depth + 1, sort)))
        return found

    def children(self, row: Row) -> list[Row]:
        """Return the lines of what lies in a folder, by name."""
        return self._children(row.path, row.depth + 1, SORTS[0])

    def _children(self, folder: str, depth: int, sort: str) -> list[Row]:
        known = self._ordered.get(folder)
        if known is not None and known[:2] == (depth, sort):
            return known[2]
        inside = self._inside[folder]
        start = len(folder) + 1 if folder else 0
        rows = [Row(path, path[start:], depth, False) for path in inside.files]
        for inner in inside.folders:
            path = self._joined(inner)
            rows.append(Row(path, path[start:], depth, True))
        rows.sort(key=_by_name)
        if sort != SORTS[0]:
            rows.sort(key=self._weight(sort), reverse=True)
        self._ordered[folder] = depth, sort, rows
        return rows

    def _joined(self, folder: str) -> str:
        """Return the innermost of the folders that each hold nothing but the next."""
        inside = self._inside[folder]
        while len(inside.folders) == 1 and not inside.files:
            (folder,) = inside.folders
            inside = self._inside[folder]
        return folder

    def _weight(self, sort: str) -> Callable[[Row], tuple[float, float]]:
        """Return what a line weighs in an order; the heaviest come first."""

        count = len(self.panes)

        def weight(row: Row) -> tuple[float, float]:
            numbers = (self._folders if row.folder else self._files)[row.path]
            found = sum(numbers[:count])
            if sort == "findings":
                return found, 0
            if sort == "new":
                return sum(numbers[count : 2 * count]) + numbers[-2], found
            if sort == "coverage":
                covered, total = numbers[2 * count : 2 * count + 2]
                return (1 - covered / total if total else -1), total - covered
            return numbers[self.panes.index(sort)], found

        return weight


_NOTHING = _Inside()
_NO_FILES: FilesToFindings = {}


def fitting(tree: Tree, lines: int) -> frozenset[str]:
    """Return the folders to unfold so that they fill so many lines: the outer ones first."""
    unfolded: set[str] = set()
    rows = tree.rows(unfolded.__contains__)
    waiting, left = [row for row in rows if row.folder], lines - len(rows)
    while waiting:
        inner: list[Row] = []
        for row in waiting:
            children = tree.children(row)
            if len(children) <= left:
                left -= len(children)
                unfolded.update(row.chain)
                inner += [child for child in children if child.folder]
        waiting = inner
    return frozenset(unfolded)


def index_of(rows: list[Row], path: str) -> int | None:
    """Return the line of a path, or of the nearest thing that stands for it; None if nothing does.

    That is the folder it lies in where that is folded, or the folders it was joined with.
    """
    for index, row in enumerate(rows):
        if row.path == path:
            return index
    for index, row in enumerate(rows):
        if row.folder and row.path.startswith(path) and path in row.chain:
            return index
    outside = set(_ancestors(path))
    near = [(len(row.path), index) for index, row in enumerate(rows) if row.path in outside]
    return max(near)[1] if near else None


def _changed(before: Sources, after: Sources) -> Iterator[str]:
    """Yield the paths of which something is not the very object that it was."""
    pairs: list[tuple[Mapping[str, object], Mapping[str, object]]] = [
        (before.metrics, after.metrics),
        (before.unread, after.unread),
    ]
    for old, new in ((before.panes, after.panes), (before.new, after.new)):
        pairs += [(old.get(name, {}), new.get(name, {})) for name in old.keys() | new.keys()]
    for one, other in pairs:
        if one is not other:
            yield from (path for path, value in other.items() if one.get(path) is not value)
            yield from (path for path in one if path not in other)


def _is_new(new: Mapping[str, frozenset[str]], finding: Finding) -> bool:
    return finding.identity in new.get(finding.checker, ())


def _sum(numbers: Iterable[_Numbers]) -> _Numbers:
    return tuple(map(sum, zip(*numbers, strict=True)))


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _ancestors(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in, the innermost first, the root last."""
    while path:
        path = _folder_of(path)
        yield path


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def _by_name(row: Row) -> tuple[bool, str, str]:
    return not row.folder, row.name.casefold(), row.name

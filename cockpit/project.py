"""What a project is: its root, its files and its place in git; nothing of it is run."""

import asyncio
import fnmatch
import glob
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError, UsageError
from cockpit.plain import plain
from cockpit.process import clean_env, run

_SETTINGS = ("pyproject.toml", "setup.cfg", "setup.py")
_MARKERS = (".git", ".hg", *_SETTINGS)
#: Build output, unless it is a package: the standard library has a `venv`, others a `build`.
_OUTPUT = ("build", "dist", "_build")
_GIT_TIMEOUT = 30.0
#: A hostile repository's own configuration can name programs; these switches silence them, and
#: no lock is taken, so that a read-only checkout works and nobody else's git is disturbed.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "--no-pager")


class Listing(msgspec.Struct, frozen=True):
    """Every file of a project, relative and POSIX, sorted; `notes` says what limits it."""

    paths: tuple[str, ...]
    from_git: bool = False
    notes: tuple[str, ...] = ()


def find_root(start: Path) -> Path:
    """Return the nearest folder at or above `start` that looks like a project, else `start`."""
    start = start.resolve()
    folder = start if start.is_dir() else start.parent
    return _project_above(folder) or folder


def is_within_project(folder: Path) -> bool:
    """Return whether `folder` or one above it looks like a project."""
    return _project_above(folder.resolve()) is not None


def _project_above(folder: Path) -> Path | None:
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in _MARKERS):
            return candidate
    return None


class Share(msgspec.Struct, frozen=True):
    """One project's part of what a command line names: `scope` below `root`, empty for all."""

    root: Path
    scope: tuple[str, ...] = ()


def apportion(paths: Sequence[str], cwd: Path) -> tuple[Path, tuple[Share, ...]]:
    """Return the folder that holds all that `paths` name, and each project's share of it.

    A path belongs to the nearest project at or above it; where there is none, to the folder. The
    shares are sorted by root. Raises `UsageError` for a path that is not there.
    """
    if not paths:
        root = find_root(cwd)
        return root, (Share(root),)
    named = [_real(cwd, path) for path in paths]
    folders = [path if path.is_dir() else path.parent for path in named]
    projects = {folder: _project_above(folder) for folder in set(folders)}
    common = os.path.commonpath([projects[folder] or folder for folder in folders])
    top = find_root(Path(common))
    scopes: dict[Path, set[str]] = {}
    for path, folder in zip(named, folders, strict=True):
        root = projects[folder] or top
        scopes.setdefault(root, set()).add(path.relative_to(root).as_posix())
    shares = (Share(root, _scope(scopes[root])) for root in sorted(scopes))
    return top, tuple(shares)


def _real(cwd: Path, given: str) -> Path:
    """Return where the path that was `given` is; a link to a file keeps its own name."""
    path = Path(os.path.abspath(cwd / given))  # noqa: PTH100 - keep links
    if not os.path.lexists(path):
        raise UsageError(
            f"there is no file or folder {plain(given)}", "Check the spelling, or the folder."
        )
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def _scope(parts: set[str]) -> tuple[str, ...]:
    return () if "." in parts else tuple(sorted(parts))


def locate(paths: Sequence[str], cwd: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the root of the one project that `paths` are of, and these paths relative to it.

    An empty tuple means the whole root. Raises `UsageError` for a path that is not there, and for
    paths of several projects.
    """
    _, shares = apportion(paths, cwd)
    if len(shares) > 1:
        roots = ", ".join(plain(str(share.root)) for share in shares)
        raise UsageError(
            f"these paths are of several projects: {roots}", "Name paths of one at a time."
        )
    return shares[0].root, shares[0].scope


def taken_by_others(share: Share, shares: Iterable[Share]) -> tuple[str, ...]:
    """Return patterns of what in `share` lies in another's root, and was named as part of that."""
    patterns = []
    for other in shares:
        if other.root == share.root or not other.root.is_relative_to(share.root):
            continue
        for part in other.scope or (".",):
            path = (other.root / part).relative_to(share.root).as_posix()
            if in_scope(path, share.scope):
                # A pattern without a slash would leave out that name at any depth.
                patterns.append(glob.escape(path) + ("" if "/" in path else "/*"))
    return tuple(patterns)


def projects_below(root: Path, paths: Iterable[str]) -> str:
    """Return how to look at each project below `root` by its own settings; "" where all is well.

    All is well where `root` has settings of its own, or holds but one project. `paths` are its
    files, sorted.
    """
    if any((root / name).exists() for name in _SETTINGS):
        return ""
    found: list[str] = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == "pyproject.toml" and not in_scope(folder, found or ("/",)):
            found.append(folder)
    if len(found) < 2:
        return ""
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return (
        "the projects below this folder have settings of their own: "
        f"`cockpit {shlex.join(found[:3])}`{more} looks at each by its own"
    )


def in_scope(path: str, scope: Sequence[str]) -> bool:
    """Whether `path` is one of `scope` or below one; an empty scope holds everything."""
    return not scope or any(path == part or path.startswith(part + "/") for part in scope)


class Excludes:
    """Patterns of what to leave out, compiled once: tens of thousands of paths pass through.

    A pattern without a slash matches a name at any depth, one with a slash the path from the root.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """Compile `patterns`, each as `fnmatch` reads it."""
        wanted = [pattern.rstrip("/").removeprefix("./") for pattern in patterns]
        self._name = _any_of(pattern for pattern in wanted if "/" not in pattern)
        self._path = _any_of(pattern for pattern in wanted if "/" in pattern)

    def __call__(self, path: str) -> bool:
        """Whether `path`, or a folder above it, is left out."""
        parts = path.split("/")
        if self._name and any(map(self._name, parts)):
            return True
        heads = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
        return bool(self._path and any(map(self._path, heads)))

    def entry(self, name: str, path: str) -> bool:
        """Whether the entry `name` at `path` is left out, where the folders above it are not."""
        return bool((self._name and self._name(name)) or (self._path and self._path(path)))


def _any_of(patterns: Iterable[str]) -> Callable[[str], object] | None:
    joined = "|".join(map(fnmatch.translate, patterns))
    return re.compile(joined).match if joined else None


def git_command(*words: str) -> tuple[str, ...]:
    """Return the git command that runs no program which a repository's settings name."""
    return (*_GIT, *words)


def git_environment() -> dict[str, str]:
    """Return an environment in which git speaks of the folder it is run in, and only reads."""
    env = {name: value for name, value in clean_env().items() if not name.startswith("GIT_")}
    return env | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


async def list_files(root: Path, exclude: Sequence[str], extend_exclude: Sequence[str]) -> Listing:
    """Return the files of `root`: tracked and untracked-unignored ones, or those of a walk."""
    note = ""
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        try:
            listed = await _git_files(root)
        except CockpitError as error:
            note = f"{error.message}: files are found by walking the folders. {error.hint}"
        else:
            kept = await asyncio.to_thread(_there, root, set(listed), Excludes(extend_exclude))
            return Listing(tuple(kept), from_git=True)
    patterns = Excludes((*exclude, *extend_exclude))
    walked = await asyncio.to_thread(lambda: sorted(_walk(root, patterns)))
    return Listing(tuple(walked), notes=(note,) if note else ())


def _there(root: Path, listed: Iterable[str], leave_out: Excludes) -> list[str]:
    """Return what is not left out and is there: git goes on listing a file that was deleted."""
    prefix = f"{root}{os.sep}"
    return sorted(path for path in listed if not leave_out(path) and os.path.lexists(prefix + path))


async def _git_files(root: Path) -> list[str]:
    done = await run(
        (*_GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        root,
        env=git_environment(),
        timeout=_GIT_TIMEOUT,
    )
    if done.code == 0:
        return [os.fsdecode(name) for name in done.output.split(b"\0") if name]
    words = plain(done.errors.decode("utf-8", "replace").strip().split("\n")[0])
    if "dubious ownership" in words:
        raise CockpitError(
            "git refuses this repository because somebody else owns it",
            f"`git config --global --add safe.directory {plain(str(root))}` trusts it.",
        )
    raise CockpitError(f"git cannot list this repository ({words})", "`git status` says more.")


def _walk(root: Path, exclude: Excludes) -> Iterator[str]:
    stack = [""]
    while stack:
        prefix = stack.pop()
        try:
            entries = list(os.scandir(os.path.join(root, prefix)))  # noqa: PTH118 - a hot path
        except OSError:
            continue  # an unreadable folder: the tools pass over it too
        names = {entry.name for entry in entries}
        if prefix and ("pyvenv.cfg" in names):
            continue  # a virtual environment, whatever it is called
        if prefix.rsplit("/", 1)[-1] in _OUTPUT and "__init__.py" not in names:
            continue
        for entry in entries:
            path = f"{prefix}/{entry.name}" if prefix else entry.name
            if exclude.entry(entry.name, path):
                continue
            if entry.is_dir(follow_symlinks=False):
                stack.append(path)
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                yield path


async def git_folder(root: Path) -> Path | None:
    """Return where git keeps what is checked out, if that is not the folder `.git` of `root`."""
    places = [folder / ".git" for folder in (root, *root.parents)]
    if places[0].is_dir() or not any(place.exists() for place in places):
        return None
    try:
        words = ("rev-parse", "--absolute-git-dir")
        done = await run(git_command(*words), root, env=git_environment(), timeout=_GIT_TIMEOUT)
    except CockpitError:
        return None
    return Path(os.fsdecode(done.output.rstrip(b"\n"))) if done.code == 0 else None


async def branch_of(root: Path) -> str:
    """Return the name of the branch that is checked out, a short commit, or an empty string."""
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return ""
    for words in (("symbolic-ref", "--short", "-q", "HEAD"), ("rev-parse", "--short", "HEAD")):
        try:
            done = await run((*_GIT, *words), root, env=git_environment(), timeout=_GIT_TIMEOUT)
        except CockpitError:
            return ""
        if done.code == 0:
            return done.output.decode("utf-8", "replace").strip()
    return ""

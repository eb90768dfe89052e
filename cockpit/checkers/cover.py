"""How to name a set of files to a tool in few words: the targets of the command that we show.

Knows no tool: whoever asks says what its tool finds beneath a directory. Reads nothing itself.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

#: The files that a tool, given a directory ("." or relative, POSIX), looks at: each once, relative
#: to the root, without "./". What it would find but must not be given (a FIFO, a directory named
#: `x.py`) belongs in it as well: it makes the cover go around it.
Finder = Callable[[str], Collection[str]]


def cover(files: Iterable[str], found: Finder) -> list[str]:
    """Return the fewest targets with which the tool looks at exactly `files`, each once.

    `files` are relative to the root, POSIX. A directory is a target where the tool finds only
    wanted files beneath it; what it overlooks there is added by name. No two targets overlap,
    and each can stand on a command line (see `spelled`).
    """
    wanted = sorted(set(files))
    inside = [path for path in wanted if not path.startswith("../")]
    outside = [path for path in wanted if path.startswith("../")]
    return [spelled(target) for target in (*_targets(".", inside, found), *outside)]


def spelled(target: str) -> str:
    """Return `target` so that no command takes it for an option."""
    return f"./{target}" if target.startswith("-") else target


def _targets(directory: str, wanted: Sequence[str], found: Finder) -> list[str]:
    """Return the targets for `wanted`, all of them beneath `directory`."""
    if not wanted:
        return []
    there, needed = set(found(directory)), set(wanted)
    overlooked = sorted(needed - there)
    whole = there <= needed
    if whole and not overlooked:
        return [directory]
    apart = _apart(directory, wanted, found)
    together = [directory, *overlooked]
    return together if whole and len(together) <= len(apart) else apart


def _apart(directory: str, wanted: Sequence[str], found: Finder) -> list[str]:
    """Return the targets for `wanted` where `directory` itself cannot be one."""
    prefix = "" if directory == "." else f"{directory}/"
    names: list[str] = []
    folders: dict[str, list[str]] = {}
    for path in wanted:
        first, slash, _ = path[len(prefix) :].partition("/")
        if slash:
            folders.setdefault(prefix + first, []).append(path)
        else:
            names.append(path)
    for folder, paths in folders.items():
        names += _targets(folder, paths, found)
    return sorted(names)

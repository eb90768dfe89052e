"""What git knows of a project's past: which commit to compare with, and its files as they were.

Only reads, and only what runs no program that a hostile repository's settings could name: objects,
never the work tree, for that would pass it through the repository's own filters.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit.errors import CockpitError
from cockpit.model import Base
from cockpit.plain import plain
from cockpit.process import Completed, run
from cockpit.project import git_command, git_environment

#: Names of the default branch, where the remote does not say which it is.
_USUAL = ("main", "master", "trunk", "develop")
_TIMEOUT = 60.0
_LINK, _SUBMODULE = b"120000", b"160000"


class Blob(msgspec.Struct, frozen=True, gc=False):
    """One file of a commit: the hash of its content, and whether it is a symbolic link."""

    hash: str
    is_link: bool = False


async def _git(root: Path, *words: str, stdin: bytes | None = None) -> Completed:
    # A commit that is not wholly here is not fetched: that could run what the settings name.
    environment = git_environment() | {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    return await run(git_command(*words), root, env=environment, stdin=stdin, timeout=_TIMEOUT)


async def _line(root: Path, *words: str) -> str:
    """Return the first line that git prints, or nothing where it fails."""
    done = await _git(root, *words)
    text = done.output.decode("utf-8", "replace").strip()
    return text.split("\n")[0] if done.code == 0 else ""


async def default_base(root: Path) -> Base | None:
    """Return where the branch left the default branch, else the last commit; None without git.

    On the default branch itself that is the last commit.
    """
    try:
        head = await _commit(root, "HEAD")
    except CockpitError:
        return None
    if not head:
        return None
    last = Base("commit", "HEAD", head)
    name, tips = await _default_branch(root)
    found = [await _line(root, "merge-base", "HEAD", tip) for tip in tips]
    found = [commit for commit in dict.fromkeys(found) if commit]
    if not found:
        return last
    base = found[0]
    for other in found[1:]:  # of the local branch and the remote's, where we left it later
        older = await _git(root, "merge-base", "--is-ancestor", base, other)
        base = other if older.code == 0 else base
    on_it = await _line(root, "symbolic-ref", "-q", "HEAD") == f"refs/heads/{name}"
    return last if on_it else Base("branch", name, base)


async def _default_branch(root: Path) -> tuple[str, list[str]]:
    """Return the default branch's name and the commits that it points to, here and at origin."""
    listed = await _git(
        root,
        *("for-each-ref", "--format=%(refname)%00%(symref)%00%(objectname)"),
        *("refs/remotes/origin", "refs/heads"),
    )
    refs = [line.split("\0") for line in listed.output.decode("utf-8", "replace").splitlines()]
    commits = {parts[0]: parts[2] for parts in refs if len(parts) == 3}
    leads = next((parts[1] for parts in refs if parts[0] == "refs/remotes/origin/HEAD"), "")
    names = [leads.removeprefix("refs/remotes/origin/")] if leads else list(_USUAL)
    for name in names:
        places = (f"refs/heads/{name}", f"refs/remotes/origin/{name}")
        tips = [commits[place] for place in places if place in commits]
        if tips:
            return name, tips
    return "", []


async def named_base(root: Path, revision: str) -> Base:
    """Return where the branch left `revision`, which is itself for an ancestor of HEAD.

    Raises `CockpitError` where git knows no such commit.
    """
    commit = await _commit(root, revision)
    if not commit:
        raise CockpitError(
            f"git knows no commit {plain(revision)} here",
            "Check the spelling; a shallow clone has few: `git fetch --unshallow` brings all.",
        )
    left = await _line(root, "merge-base", "HEAD", commit)
    return Base("commit", plain(revision), left or commit)


async def _commit(root: Path, revision: str) -> str:
    return await _line(
        root, "rev-parse", "--verify", "-q", "--end-of-options", f"{revision}^{{commit}}"
    )


async def tree(root: Path, commit: str) -> dict[str, Blob]:
    """Return the files of `commit` below `root`, by path relative to it.

    Raises `CockpitError` where git cannot list it.
    """
    done = await _git(root, "ls-tree", "-r", "-z", commit)
    if done.code:
        words = done.errors.decode("utf-8", "replace").strip().split("\n")[0]
        raise CockpitError(f"git cannot list commit {commit[:10]} ({plain(words)})")
    found = {}
    for entry in done.output.split(b"\0"):
        facts, _, path = entry.partition(b"\t")
        mode, _, rest = facts.partition(b" ")
        if path and mode != _SUBMODULE:
            name = rest.split(b" ")[-1].decode()
            found[path.decode("utf-8", "surrogateescape")] = Blob(name, mode == _LINK)
    return found


async def blobs(root: Path, hashes: Iterable[str]) -> dict[str, bytes]:
    """Return the content of each blob that git has."""
    wanted = list(dict.fromkeys(hashes))
    if not wanted:
        return {}
    asked = "".join(f"{name}\n" for name in wanted).encode()
    done = await _git(root, "cat-file", "--batch", stdin=asked)
    return _parsed(done.output, wanted)


def _parsed(output: bytes, wanted: Sequence[str]) -> dict[str, bytes]:
    """Read `HASH blob SIZE`, a line break and as many bytes, again and again."""
    found, at = {}, 0
    for name in wanted:
        end = output.find(b"\n", at)
        words = output[at:end].split(b" ")
        at = end + 1
        if len(words) == 3 and words[1] == b"blob":
            size = int(words[2])
            found[name] = output[at : at + size]
            at += size + 1
    return found


def same(content: bytes, blob: Blob) -> bool:
    """Whether a file with this content is what the commit has."""
    # git's own names of contents, SHA-1 or SHA-256; nothing is trusted for them.
    make = hashlib.sha1 if len(blob.hash) == 40 else hashlib.sha256
    return make(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == (
        blob.hash
    )


def differing(contents: Mapping[str, bytes], files: Mapping[str, Blob]) -> frozenset[str]:
    """Return those of `files` whose content in the work tree, if any, is another."""
    return frozenset(
        path
        for path, blob in files.items()
        if not blob.is_link and (path not in contents or not same(contents[path], blob))
    )

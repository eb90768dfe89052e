"""Replays a package's releases, one commit each: which finding is new, and which old one is it.

Twice over: as the engine says it, which looks back at git's objects, and from what the checkers
said when the release before was itself checked out. The second way knows the pairs.
"""

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cockpit.checkers.interface import split_lines
from cockpit.matching import judge, key
from cockpit.model import Finding, News, Report, Result, Snapshot
from cockpit.moves import Texts
from cockpit.since import Past, Since
from cockpit.syntax import Side
from tests.corpus.corpora import Corpus, fetch
from tests.newness.project import commit, compared, git

SETTINGS = """
[tool.ruff.lint]
select = ["E", "F", "B", "C90", "SIM", "S", "PLR", "UP", "D"]
[tool.interrogate]
fail-under = 100
"""
#: Folders of a release that are not its source.
_BESIDE = ("artwork", "docs", "examples", "ext", "scripts", "tests")


class Package(NamedTuple):
    """A package and the releases to replay, in their order; yanked ones are left out.

    `beside` are folders to copy although they are not the source.
    """

    name: str
    versions: tuple[str, ...]
    beside: tuple[str, ...] = ()


#: A mature package that was reformatted, moved to `src` and typed; a young one that was turned
#: inside out; an old one whose every line is somebody's contract.
PACKAGES = (
    Package(
        "click",
        (
            *("6.6", "6.7", "7.0", "7.1", "7.1.1", "7.1.2"),
            *("8.0.0", "8.0.1", "8.0.2", "8.0.3", "8.0.4"),
            *("8.1.0", "8.1.1", "8.1.2", "8.1.3", "8.1.4", "8.1.5", "8.1.6", "8.1.7", "8.1.8"),
            *("8.2.0", "8.2.1", "8.3.0", "8.3.1", "8.3.2", "8.3.3"),
            *("8.4.0", "8.4.1", "8.4.2", "8.5.0", "8.5.1"),
        ),
        beside=("tests",),
    ),
    Package(
        "httpx",
        (
            *("0.10.0", "0.10.1", "0.11.0", "0.11.1", "0.12.0", "0.12.1"),
            *("0.13.0", "0.13.1", "0.13.2", "0.13.3", "0.14.0", "0.14.1", "0.14.2", "0.14.3"),
            *("0.15.0", "0.15.1", "0.15.2", "0.15.3", "0.15.4", "0.15.5", "0.16.0", "0.16.1"),
            *("0.17.0", "0.17.1", "0.18.0", "0.18.1", "0.18.2", "0.19.0", "0.20.0"),
            *("0.21.0", "0.21.1"),
        ),
    ),
    Package(
        "requests",
        (
            *("2.18.2", "2.18.3", "2.18.4", "2.19.0", "2.19.1", "2.20.0", "2.20.1", "2.21.0"),
            *("2.22.0", "2.23.0", "2.24.0", "2.25.0", "2.25.1", "2.26.0", "2.27.0", "2.27.1"),
            *("2.28.0", "2.28.1", "2.28.2", "2.29.0", "2.30.0", "2.31.0"),
            *("2.32.2", "2.32.3", "2.32.4", "2.32.5", "2.33.0", "2.33.1"),
            *("2.34.0", "2.34.1", "2.34.2"),
        ),
    ),
)


class Told(NamedTuple):
    """What was said of one finding of a release: `old` is the one of the release before.

    `reason` is why the two are one offence; both are empty where it is new.
    """

    finding: Finding
    old: Finding | None
    reason: str

    @property
    def new(self) -> bool:
        """Whether the release brought it."""
        return self.old is None


class Step(NamedTuple):
    """One release against the one before: all findings, and the sources of both."""

    version: str
    told: tuple[Told, ...]
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    as_engine: bool


def build(package: Package, downloads: Path, root: Path) -> None:
    """Make a repository in `root` with one commit a release."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for version in package.versions:
        corpus = Corpus(f"{package.name}-{version}", f"{package.name}=={version}")
        _take_over(fetch(corpus, downloads), package, root)
        (root / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
        commit(root)
        git(root, "tag", version)


def _take_over(release: Path, package: Package, root: Path) -> None:
    """Leave in `root` the source of `release` alone."""
    for path in root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(release.rglob("*.py")):
        parts = path.relative_to(release).parts
        is_source = len(parts) > 1 and (parts[0] not in _BESIDE or parts[0] in package.beside)
        if is_source and path.is_file() and not path.is_symlink():
            target = root.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


async def steps(package: Package, root: Path) -> AsyncIterator[Step]:
    """Yield what each release but the first has on top of the one before."""
    before: Snapshot | None = None
    sources: dict[str, bytes] = {}
    for version in package.versions:
        git(root, "checkout", "-q", version)
        now = await compared(root, "" if before is None else "HEAD~1")
        texts = _texts(root)
        if before is not None:
            yield _step(version, before, now, sources, texts)
        before, sources = now, texts


def _texts(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.py")}


def _step(
    version: str,
    before: Snapshot,
    now: Snapshot,
    sources: Mapping[str, bytes],
    texts: Mapping[str, bytes],
) -> Step:
    past = {name: _report(result).files for name, result in before.results.items()}
    since = Since(Past(past, _errors(before), frozenset(sources)))
    since.update(now.results)
    number, question = since.question(texts)
    verdict = judge(question, _sides(sources), _sides(texts))
    since.answer(number, verdict)
    known = {key(one): one for files in past.values() for found in files.values() for one in found}
    told = []
    for finding in findings(now):
        pair = verdict.excused.get(key(finding))
        if finding.identity in since.new.get(finding.checker, {}).get(finding.path, ()):
            told.append(Told(finding, None, ""))
        elif pair is None:
            told.append(Told(finding, known[key(finding)], "identity"))
        else:
            told.append(Told(finding, pair.old, pair.reason))
    return Step(version, tuple(told), sources, texts, _news(since.new) == _news(now.new))


def findings(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield all findings, by checker and path."""
    for name in sorted(snapshot.results):
        yield from _report(snapshot.results[name])


def _report(result: Result) -> Report:
    assert isinstance(result.outcome, Report), result
    return result.outcome


def _errors(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(error.path for error in _report(result).errors)
        for name, result in snapshot.results.items()
    }


def _sides(texts: Mapping[str, bytes]) -> Texts:
    sides = {path: Side(split_lines(content)) for path, content in texts.items()}
    return sides.get


def _news(news: News) -> set[tuple[str, str, str]]:
    return {
        (checker, path, identity)
        for checker, files in news.items()
        for path, identities in files.items()
        for identity in identities
    }

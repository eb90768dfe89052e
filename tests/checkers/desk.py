"""A small project, one checker, and both ways to its findings: ours and the tool's command."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from cockpit.checkers.interface import (
    Comparable,
    Completed,
    Concluded,
    Conclusion,
    FileChecker,
    Settings,
    Source,
)


def source(content: str | bytes, path: str = "a.py", resolved: str = "") -> Source:
    """Return a file as the far half sees it."""
    raw = content.encode() if isinstance(content, str) else content
    return Source(os.fsencode(path), os.fsencode(resolved or f"/project/{path}"), "", raw)


def run(command: tuple[str, ...], cwd: Path) -> Completed:
    """Run `command` to its end."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)
    return Completed(done.returncode, done.stdout, done.stderr)


def console_script(name: str) -> str:
    """Return the path of a tool's own console script beside this interpreter."""
    beside = Path(sys.executable).parent / name
    return str(beside if beside.exists() else Path(sysconfig.get_path("scripts")) / name)


class Desk:
    """What the engine does with one checker, in the order in which it does it."""

    def __init__(self, checker: FileChecker, root: Path) -> None:
        self.checker = checker
        self.root = root
        self.settings = Settings()
        self.conclusion: Conclusion
        self.files: list[str] = []

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for path, content in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def copy_stdlib(self, *packages: str) -> None:
        """Copy packages of the running Python: real code, of every style."""
        for package in packages:
            origin = Path(sysconfig.get_path("stdlib")) / package
            shutil.copytree(
                origin, self.root / package, ignore=shutil.ignore_patterns("__pycache__")
            )

    def listing(self) -> list[str]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def start(self) -> Concluded:
        """A cold run."""
        listing = self.listing()
        self.settings = self.checker.resolve(self.root, listing)
        self.files = self.checker.select(self.root, listing, self.settings)
        self.conclusion = self.checker.conclusion(self.settings, self.root)
        for path in self.files:
            self.save(path)
        return self.conclusion.report()

    def save(self, path: str, content: str | bytes | None = None) -> None:
        """A file is written (if `content` is given) and analysed."""
        if content is not None:
            self.write({path: content})
        if path not in self.files:
            self.files.append(path)
        place = self.root / path
        one = source(place.read_bytes(), path, os.path.realpath(place))
        try:
            facts = self.checker.analyse(one, self.settings.facts)
        except (RecursionError, LookupError) as error:
            self.conclusion.fail(path, f"{type(error).__name__}: {error}")
        else:
            self.conclusion.put(path, facts)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()
        self.files.remove(path)
        self.conclusion.drop(path)

    def report(self) -> Concluded:
        return self.conclusion.report()

    def ours(self) -> Comparable:
        return self.checker.comparable(self.report())

    def theirs(self, without: frozenset[str] = frozenset()) -> Comparable:
        """What the tool's command says, given all files but those of `without`."""
        files = [path for path in sorted(self.files) if path not in without]
        command = self.checker.verifying(self.root, files, self.settings)
        return self.checker.parse(self.root, run(command, self.root))


def write_unreadable_name(desk: Desk) -> None:
    """Write `a.py` and a file whose name is not UTF-8; skip the test where there can be none."""
    desk.write({"a.py": "def f(): pass\n"})
    try:
        Path(os.fsdecode(os.fsencode(desk.root) + b"/caf\xe9.py")).write_text("def g(): pass\n")
    except OSError as error:
        pytest.skip(f"this file system takes only UTF-8: {error}")

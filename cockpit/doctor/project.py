"""The project, and the Python that cockpit itself runs on; nothing of the project's is run."""

import asyncio
import platform
import sys
from pathlib import Path

from cockpit import __version__, baseline, process, revisions, trust
from cockpit.base import AUTO, BASELINE, SESSION
from cockpit.config import load_config
from cockpit.doctor.entry import Entry, looked
from cockpit.errors import CockpitError
from cockpit.guests import find
from cockpit.places import state_folder, user_settings_file
from cockpit.plain import plain
from cockpit.project import branch_of, git_command, git_environment, is_within_project

#: Seconds that git may take.
_PATIENCE = 10.0


async def project(root: Path) -> list[Entry]:
    """Return what the project is, its settings, and whether its own tools may run."""
    return await looked(
        "project",
        {
            "cockpit": asyncio.to_thread(_cockpit),
            "system": asyncio.to_thread(_system),
            "root": asyncio.to_thread(_root, root),
            "git": _git(root),
            "settings": asyncio.to_thread(_settings, root),
            "base": _base(root),
            "trust": asyncio.to_thread(_trusted, root),
        },
    )


def _cockpit() -> Entry:
    python = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    return Entry("project", "cockpit", "ok", f"{__version__} on {plain(python)}")


def _system() -> Entry:
    words = f"{platform.system()} {platform.release()} {platform.machine()}"
    return Entry("project", "system", "ok", plain(words))


def _root(root: Path) -> Entry:
    shown = plain(str(root))
    if is_within_project(root):
        return Entry("project", "root", "ok", shown)
    hint = "A pyproject.toml or a git repository makes a folder a project."
    return Entry("project", "root", "warning", f"{shown} is in no project", hint)


async def _git(root: Path) -> Entry:
    if not find("git"):
        hint = "Install git: without it nothing is known of what was there before."
        return Entry("project", "git", "warning", "git is not installed", hint)
    done = await process.run(("git", "--version"), root, timeout=_PATIENCE)
    version = plain(done.output.decode(errors="replace").strip().removeprefix("git version "))
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        words = f"{version}; this folder is in no repository"
        hint = "`git init` and a commit let cockpit tell what is new since."
        return Entry("project", "git", "warning", words, hint)
    asked = git_command("rev-parse", "--git-dir")
    done = await process.run(asked, root, env=git_environment(), timeout=_PATIENCE)
    if done.code:
        said = done.errors.decode(errors="replace").strip().split("\n")[0]
        words = f"{version}, which refuses this repository: {plain(said) or 'it does not say why'}"
        return Entry("project", "git", "warning", words, "`git status` in it says more.")
    branch = plain(await branch_of(root))
    return Entry("project", "git", "ok", f"{version}, on {branch or 'a branch without a name'}")


def _settings(root: Path) -> Entry:
    try:
        load_config(root, user_file=user_settings_file())
    except CockpitError as error:
        return Entry("project", "settings", "missing", error.message, error.hint)
    return Entry("project", "settings", "ok", "what there is of [tool.cockpit] can be read")


async def _base(root: Path) -> Entry:
    """Return what findings are compared with to say which are new, as `Comparison` chooses it."""
    try:
        wish = (await asyncio.to_thread(load_config, root, user_settings_file())).base
    except CockpitError:
        return Entry("project", "base", "unknown", "it is among the settings, which are not right")
    if wish == SESSION:
        return Entry("project", "base", "ok", "what is new counts from the start of each session")
    if wish == BASELINE or (wish == AUTO and (root / baseline.NAME).is_file()):
        return await asyncio.to_thread(_baseline, root)
    try:
        return await _commit(root, wish)
    except CockpitError as error:
        return Entry("project", "base", "warning", error.message, error.hint)


async def _commit(root: Path, wish: str) -> Entry:
    base = await (revisions.named_base(root, wish) if wish else revisions.default_base(root))
    if base is None:
        hint = "A first commit, or `cockpit baseline write`, makes a base."
        words = "what is new counts from the start of each session: there is no commit"
        return Entry("project", "base", "ok", words, hint)
    left = "where the branch left " if base.kind == "branch" else ""
    words = f"what is new counts from {left}{plain(base.name)} ({base.commit[:10]})"
    return Entry("project", "base", "ok", words)


def _baseline(root: Path) -> Entry:
    try:
        number = len(baseline.read(root))
    except CockpitError as error:
        return Entry("project", "base", "warning", error.message, error.hint)
    noun = "finding" if number == 1 else "findings"
    return Entry("project", "base", "ok", f"{baseline.NAME}, with {number:,} {noun}")


def _trusted(root: Path) -> Entry:
    if trust.is_trusted(state_folder(), root):
        words = "trusted: its own ruff is run, and its programs where you ask for it"
        return Entry("project", "trust", "ok", words, "`cockpit trust --revoke` takes it back.")
    words = "not trusted: nothing of the project is run"
    return Entry("project", "trust", "ok", words, "`cockpit trust` lets its own tools run.")

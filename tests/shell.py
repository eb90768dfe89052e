"""Runs the real `cockpit` as a user's shell would, on projects of a temporary folder."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

#: `-P`: the folder that a test runs in is the project's, and nothing may be imported from it.
COCKPIT = (sys.executable, "-P", "-m", "cockpit")
REPOSITORY = Path(__file__).parents[1]

#: Something for every tool to find.
GOOD = 'import os\n\n\ndef unused(a=[]):\n    eval("1")\n    return a\n'


class Answer(NamedTuple):
    """What a run of cockpit said."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """Everything that a person would see."""
        return (self.out + self.err).decode("utf-8")

    @property
    def document(self) -> dict[str, Any]:
        """What `--format json` printed."""
        return json.loads(self.out)

    def findings(self, path: str) -> list[dict[str, Any]]:
        """The findings in one file."""
        return [one for one in self.document["findings"] if one["path"] == path]

    def errors(self) -> dict[str, list[str]]:
        """The files that each tool could not read; only tools that have some."""
        outcomes = self.document["outcomes"].items()
        return {
            tool: [error["path"] for error in outcome["errors"]]
            for tool, outcome in outcomes
            if outcome["errors"]
        }


class Project:
    """A project with one good file, and a cache and settings of its own."""

    def __init__(self, folder: Path, *, repository: bool = True) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        self.cache = folder / "cache"
        self.settings = folder / "settings"
        self.settings.mkdir()
        (self.settings / "config.toml").write_text("workers = 1\n", encoding="utf-8")
        self.write("good.py", GOOD)
        if repository:
            subprocess.run(("git", "init", "-q"), cwd=self.root, check=True)

    def write(self, name: str | bytes, content: str | bytes) -> None:
        place = self.root / os.fsdecode(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)

    def env(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "COCKPIT_CACHE_DIR": str(self.cache),
            "COCKPIT_CONFIG_DIR": str(self.settings),
            "COCKPIT_STATE_DIR": str(self.settings / "state"),
            "COCKPIT_DATA_DIR": str(self.settings / "data"),
            "PYTHONPATH": str(REPOSITORY),
            **more,
        }

    def run(
        self,
        *words: str,
        before: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        seconds: float = 60,
    ) -> Answer:
        """Run `cockpit WORDS`, `before` it a command that runs commands."""
        done = subprocess.run(
            (*before, *COCKPIT, *words),
            cwd=self.root,
            env=self.env(**(env or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        answer = Answer(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in answer.text
        controls = [byte for byte in done.stdout + done.stderr if byte < 32 and byte != 10]
        assert not controls, "control characters were sent to the terminal"
        return answer

    def check(self, *words: str, **more: Any) -> Answer:
        """Run `cockpit check --format json`."""
        return self.run("check", "--format", "json", *words, **more)

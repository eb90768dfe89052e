"""What was judged by hand, release by release, is still called what it was judged to be.

Run by the command in docs/newness.md: `COCKPIT_CORPORA` names the folder of the releases. A verdict
that changes is no fault as such: it is to be judged again, and `judged.json` to be mended.
"""

import json
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from cockpit.model import Finding
from tests.newness.replay import PACKAGES, Package, build, steps

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        "COCKPIT_CORPORA" not in os.environ, reason="COCKPIT_CORPORA names no folder of releases"
    ),
]


class Judged(NamedTuple):
    """A finding of a release, and whether it is new; `wrong` where we are known to say otherwise.

    `group` is the sample that it was drawn for: "new" or "same" by what was first said of it.
    """

    group: str
    version: str
    checker: str
    rule: str
    path: str
    line: int
    column: int
    message: str
    new: bool
    wrong: bool


def judged(package: Package) -> list[Judged]:
    text = Path(__file__).with_name("judged.json").read_text(encoding="utf-8")
    return [Judged(*entry) for entry in json.loads(text)[package.name]]


def place(version: str, finding: Finding) -> tuple[str, str, str, str, int, int, str]:
    what = (finding.checker, finding.rule, finding.path)
    return (version, *what, finding.line, finding.column, finding.message)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
async def test_what_was_judged_is_still_called_so(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_CACHE_DIR", str(tmp_path / "store"))
    root = tmp_path / package.name
    build(package, Path(os.environ["COCKPIT_CORPORA"]), root)
    said: dict[tuple[str, str, str, str, int, int, str], bool] = {}
    counts: Counter[str] = Counter()
    async for step in steps(package, root):
        assert step.as_engine, f"{package.name} {step.version}: looking back says something else"
        for told in step.told:
            said[place(step.version, told.finding)] = told.new
            counts["new" if told.new else "same"] += 1
    entries = judged(package)
    wrong = {entry for entry in entries if said[entry.version, *entry[2:8]] != entry.new}
    assert wrong == {entry for entry in entries if entry.wrong}
    assert counts["new"] and counts["same"] > counts["new"]

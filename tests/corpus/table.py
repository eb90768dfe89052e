"""Turns the notes of a proof into the table of docs/sameness.md: `python -m tests.corpus.table`."""

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.corpus.proof import Round

TOOLS = ("ruff", "vulture", "interrogate", "bandit")


def table(rounds: Iterable[Round]) -> str:
    """Return a Markdown table: a row for each project, settings and state, a column for a tool."""
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for one in rounds:
        place = cells.setdefault((one.corpus, one.settings, one.phase), {})
        without = f" (without {one.broken})" if one.broken else ""
        differs = f", **{one.differences} differ**" if one.differences else ""
        # Where a random change took away what a tool's settings name, it refuses the project.
        refused = one.words and not one.rows and not one.differences
        place[one.tool] = "refused" if refused else f"{one.rows:,}{without}{differs}"
    lines = [f"| project | settings | state | {' | '.join(TOOLS)} |", f"|{'---|' * 7}"]
    for key, of_tool in cells.items():
        lines.append(f"| {' | '.join((*key, *(of_tool.get(tool, '-') for tool in TOOLS)))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    notes = (line for name in sys.argv[1:] for line in Path(name).read_text().splitlines())
    sys.stdout.write(table(msgspec.json.decode(note, type=Round) for note in notes) + "\n")

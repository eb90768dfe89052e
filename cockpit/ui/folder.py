"""What is in a folder: what is new in it, and which rules are broken most often."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from rich.segment import Segment
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from cockpit.model import SEVERITIES, Finding, Severity
from cockpit.panes import PANES
from cockpit.plain import plain
from cockpit.ui.draw import RULE_WIDTH, fit, label, row, shorten, strip
from cockpit.ui.state import amount
from cockpit.ui.style import Inked, Look

#: How many rules are remembered.
_RULES = 60
_TITLES = {pane.id: pane.title for pane in PANES}


class Broken(msgspec.Struct, frozen=True):
    """A rule, how often it is broken and in how many files; one of its findings, and the worst."""

    finding: Finding
    pane: str
    count: int
    files: int
    severity: Severity


class Summary(msgspec.Struct, frozen=True):
    """What is in a folder: `count` findings, `new` ones worst first, rules by how often.

    `only_new`: none but the new ones are counted.
    """

    path: str = ""
    count: int = 0
    new: Sequence[Finding] = ()
    rules: Sequence[Broken] = ()
    only_new: bool = False


def summary(
    path: str,
    found: Iterable[tuple[str, tuple[Finding, ...]]],
    new: Iterable[Finding],
    only_new: bool = False,
) -> Summary:
    """Sum up findings, given as (pane, those of one file); meant for a thread."""
    rules: dict[tuple[str, str], Broken] = {}
    count = 0
    for pane, findings in found:
        count += len(findings)
        here: dict[str, list[Finding]] = {}
        for finding in findings:
            here.setdefault(finding.rule, []).append(finding)
        for rule, same in here.items():
            rules[pane, rule] = _more(rules.get((pane, rule)), pane, same)
    ordered = sorted(rules.values(), key=lambda one: (-one.count, one.pane, one.finding.rule))
    worst = sorted(new, key=lambda one: (SEVERITIES.index(one.severity), one.path, one.line))
    return Summary(path, count, worst, ordered[:_RULES], only_new)


def _more(known: Broken | None, pane: str, same: Sequence[Finding]) -> Broken:
    worst = min((one.severity for one in same), key=SEVERITIES.index)
    if known is None:
        example = next(one for one in same if one.severity == worst)
        return Broken(example, pane, len(same), 1, worst)
    example = known.finding
    if SEVERITIES.index(worst) < SEVERITIES.index(
        known.severity
    ):  # what is said of it fits its sign
        example = next(one for one in same if one.severity == worst)
    worst = min(worst, known.severity, key=SEVERITIES.index)
    return Broken(example, pane, known.count + len(same), known.files + 1, worst)


class FolderView(Inked, Widget):
    """Shows a `Summary`: as much of it as there is room for."""

    DEFAULT_CSS = """
    FolderView {
        border: round $border-blurred; padding: 0 1; border-title-color: $foreground;
    }
    """
    ALLOW_SELECT = False

    def __init__(self, look: Look) -> None:
        """Show nothing yet."""
        super().__init__()
        self._look = look
        self._summary = Summary()

    @property
    def path(self) -> str:
        """The folder that is shown."""
        return self._summary.path

    def show(self, summary: Summary) -> None:
        """Show what is in a folder."""
        self._summary = summary
        self._caption()
        self.refresh()

    def renew(self) -> None:
        """Write the caption in other colours."""
        self._caption()

    def on_resize(self) -> None:
        """A wider one has room for more of its title."""
        self._caption()

    def _caption(self) -> None:
        palette, signs, now = self._look.palette, self._look.signs, self._summary
        path = shorten(plain(now.path) or "all files", max(12, self.size.width - 30), signs.more)
        title = Text.assemble((path, palette.strong))
        noun = "new finding" if now.only_new else "finding"
        title.append(f"  {amount(now.count, noun)}", palette.muted)
        self.border_title = title

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.content_size.width
        lines = list(self._lines(width))
        return strip(self, lines[y] if y < len(lines) else (), width)

    def _lines(self, width: int) -> Iterator[list[Segment]]:
        palette, signs, now = self._look.palette, self._look.signs, self._summary
        height = self.content_size.height
        if now.new:
            room = max(3, height // 2) if now.rules else height
            yield [Segment(f"{signs.new}{len(now.new):,} new", palette.high)]
            for finding in now.new[: room - 2]:
                yield row(finding, width, True, palette, signs)
            yield []
        if now.rules:
            yield [Segment("found most often", palette.muted)]
        for rule in now.rules[:height]:
            yield self._rule(rule, width)

    def _rule(self, rule: Broken, width: int) -> list[Segment]:
        palette, signs = self._look.palette, self._look.signs
        count, code = f"{rule.count:>7,} ", fit(label(rule.finding), RULE_WIDTH + 1, signs.more)
        files = f"  {amount(rule.files, 'file')}".rjust(14)
        where = f"  {_TITLES.get(rule.pane, rule.pane)}"
        room = width - len(count) - 2 - len(code) - 1 - len(files) - len(where)
        words = plain(rule.finding.name.replace("_", " ").replace("-", " ")) or plain(
            rule.finding.message
        )
        return [
            Segment(count, palette.strong),
            Segment(f"{signs.of(rule.severity)} ", palette.of(rule.severity)),
            Segment(f"{code} ", palette.rule),
            Segment(fit(words, max(0, room), signs.more), palette.text),
            Segment(where, palette.muted),
            Segment(files, palette.muted),
        ]

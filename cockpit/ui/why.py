"""The finding explained: what it is, who says so, how to silence it, and the rule's own words."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cockpit.checkers.interface import RuleDoc
from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.ui.draw import strip
from cockpit.ui.markdown import render, styled
from cockpit.ui.order import UNREAD
from cockpit.ui.style import Look


class Why(ScrollView, can_focus=True):
    """Shows one finding and the documentation of its rule, wrapped to its width."""

    DEFAULT_CSS = """
    Why {
        border: round $border-blurred; padding: 0 1; border-title-color: $foreground;
        overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    Why:focus { border: round $border; }
    """
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "scroll", key_display="j k", id="why.down"),
        Binding("k,up", "scroll_up", "up", show=False, id="why.up"),
    ]

    def __init__(self, look: Look) -> None:
        """Show nothing yet."""
        super().__init__()
        self._look = look
        self._finding: Finding | None = None
        self._new = False
        self._doc: RuleDoc | None = None
        self._missing = ""
        self._lines: list[Text] = []
        self._wrapped_at = 0
        self.border_title = "Why"

    def show(self, finding: Finding | None, new: bool, doc: RuleDoc | None, missing: str) -> None:
        """Explain `finding`; `missing` says why there is no `doc`, or that it is on its way."""
        moved = finding is not self._finding
        self._finding, self._new, self._doc, self._missing = finding, new, doc, missing
        self._wrap()
        if moved:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self.refresh()

    def on_resize(self) -> None:
        """Wrap again for a new width."""
        if self.scrollable_content_region.width != self._wrapped_at:
            self._wrap()

    def _wrap(self) -> None:
        width = self._wrapped_at = max(1, self.scrollable_content_region.width)
        console = self.app.console
        self._lines = []
        for paragraph in self._paragraphs():
            wrapped = paragraph.wrap(console, width) if paragraph else [Text()]
            self._lines.extend(wrapped)
        self.virtual_size = Size(width, len(self._lines))

    def render_line(self, y: int) -> Strip:
        """Draw one wrapped line."""
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        if index >= len(self._lines):
            return strip(self, (), width)
        segments = self._lines[index].render(self.app.console, end="")
        return strip(self, segments, width)

    def _paragraphs(self) -> Iterator[Text]:
        finding, palette = self._finding, self._look.palette
        if finding is None:
            return
        yield self._head(finding)
        yield styled(plain(finding.message), palette.text)
        for source in finding.also:
            yield styled(f"{plain(source)} says the same of this place", palette.muted)
        if finding.rule == UNREAD:
            yield from self._what_to_do(finding)
        else:
            yield self._suppression(finding)
        yield Text()
        if self._doc is not None:
            yield from _trimmed(self._doc, finding, self._look)
        elif self._missing:
            yield styled(plain(self._missing), palette.muted)
        url = finding.url or (self._doc.url if self._doc else "")
        if url:
            yield Text()
            yield styled(plain(url), palette.accent, no_wrap=True)

    def _what_to_do(self, finding: Finding) -> Iterator[Text]:
        palette = self._look.palette
        words = "Nothing is known of this file. Mend it, or leave it out for every tool with"
        yield styled(words, palette.muted)
        yield styled(f'  extend-exclude = ["{plain(finding.path)}"]', palette.accent)
        yield styled("under [tool.cockpit] in pyproject.toml.", palette.muted)

    def _head(self, finding: Finding) -> Text:
        palette, dot = self._look.palette, self._look.signs.dot
        name = finding.name or (self._doc.name if self._doc else "")
        facts = [finding.checker, f"{finding.severity} severity"]
        if finding.confidence:
            facts.append(f"{finding.confidence.lower()} confidence")
        if self._new:
            facts.append("new since session start")
        head = Text.assemble((plain(finding.rule), palette.of(finding.severity)))
        if name and name != finding.rule:
            head.append(f" {plain(name)}", palette.strong)
        return head.append(f"  {plain(f' {dot} '.join(facts))}", palette.muted)

    def _suppression(self, finding: Finding) -> Text:
        palette, comment = self._look.palette, suppression(finding)
        if not comment:
            return styled("no comment can silence it; see the tool's own settings", palette.muted)
        text = styled("silence it with ", palette.muted)
        return text.append(comment, palette.rule).append(f" on line {finding.line}")


def suppression(finding: Finding) -> str:
    """Return the comment by which the finding's own tool would pass over it, if there is one."""
    rule = plain(finding.rule)
    if finding.checker == "ruff":
        return f"# noqa: {rule}" if rule[:1].isupper() else ""
    if finding.checker == "bandit":
        return f"# nosec {rule}"
    if finding.checker == "vulture":
        return f"# noqa: {rule}" if rule[1:].isdigit() else "# noqa"
    return ""


def _trimmed(doc: RuleDoc, finding: Finding, look: Look) -> Iterator[Text]:
    """Yield the documentation without the heading that only repeats the rule's name."""
    lines = doc.text.strip().split("\n")
    if lines[0].startswith("#") and (finding.rule in lines[0] or doc.name in lines[0]):
        lines = lines[1:]
    return render("\n".join(lines).strip(), look.palette)

"""The finding explained: what it is, who says so, how to silence it, and the rule's own words."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cockpit.actions import Dismissal
from cockpit.checkers.interface import RuleDoc
from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.ui.context import Context
from cockpit.ui.draw import beside_label, label, sign, strip
from cockpit.ui.explanation import parts
from cockpit.ui.markdown import Line, render, styled, wrapped
from cockpit.ui.marks import others_on_line
from cockpit.ui.order import UNREAD
from cockpit.ui.style import Inked, Look
from cockpit.ui.warmth import Warm

#: The actions that a finding's last line offers, in order, where the page has them; {} is where.
_OFFERS = {
    "edit": "edit at {}",
    "browse": "rule page",
    "put_away": "dismiss",
    "copy": "copy",
}


class Explained(msgspec.Struct, frozen=True):
    """All that is shown of one finding.

    `since` names the base where the finding is new, `missing` says why there is no `doc` or that
    it is on its way, `others` is what else is said of its line, `heats` what profilers measured
    there. `dismissed` says why and when it was put away, if it was, and `seen` of dead code where
    and when it ran all the same.
    """

    finding: Finding
    doc: RuleDoc | None = None
    missing: str = ""
    since: str = ""
    others: Sequence[Finding] = ()
    dismissed: Dismissal | None = None
    heats: Sequence[Warm] = ()
    seen: str = ""


def explained(context: Context, finding: Finding, known: RuleDoc | str) -> Explained:
    """Return what is to be shown of a finding; `known` is its rule's page, or why there is none."""
    state = context.state
    said = state.findings_of(finding.path)
    seen = state.living.of(finding)
    return Explained(
        finding,
        doc=None if isinstance(known, str) else known,
        missing=known if isinstance(known, str) else "",
        since=state.snapshot.base.name if state.is_new(finding) else "",
        others=others_on_line(said, finding),
        dismissed=state.dismissal(finding),
        heats=state.warmth.told(finding),
        seen=seen.words if seen is not None else "",
    )


class Why(ScrollView, Inked, can_focus=True):
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
        Binding("g,home", "scroll_home", "first", show=False, id="why.first"),
        Binding("G,end", "scroll_end", "last", show=False, id="why.last"),
        Binding("ctrl+d,pagedown", "page_down", "page down", show=False, id="why.page_down"),
        Binding("ctrl+u,pageup", "page_up", "page up", show=False, id="why.page_up"),
    ]

    def __init__(self, look: Look) -> None:
        """Show nothing yet."""
        super().__init__()
        self._look = look
        self._shown: Explained | None = None
        self._lines: list[Text] = []
        self._wrapped_at = 0
        self.border_title = "Why"

    @property
    def shown(self) -> Explained | None:
        """All that is shown."""
        return self._shown

    @property
    def finding(self) -> Finding | None:
        """The finding that is explained."""
        return self._shown.finding if self._shown else None

    def show(self, explained: Explained | None) -> None:
        """Explain a finding, or nothing."""
        moved = (explained.finding if explained else None) is not self.finding
        self._shown = explained
        self._wrap()
        if moved:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self.refresh()

    def renew(self) -> None:
        """Wrap again in other colours."""
        self._wrap()

    def on_mount(self) -> None:
        """Follow the focus: it decides which keys work."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._offer())

    def _offer(self) -> None:
        self.border_subtitle = self._offers()

    def on_resize(self) -> None:
        """Wrap again for a new width."""
        if self.scrollable_content_region.width != self._wrapped_at:
            self._wrap()

    def _wrap(self) -> None:
        width = self._wrapped_at = max(1, self.scrollable_content_region.width)
        self._lines = []
        for line in wrapped(self._paragraphs(), self.app.console, width):
            if line or (self._lines and self._lines[-1]):  # never two empty ones
                self._lines.append(line)
        self.virtual_size = Size(width, len(self._lines))
        self._offer()

    def render_line(self, y: int) -> Strip:
        """Draw one wrapped line."""
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        if index >= len(self._lines):
            return strip(self, (), width)
        segments = self._lines[index].render(self.app.console, end="")
        return strip(self, segments, width)

    def _paragraphs(self) -> Iterator[Line]:
        shown, palette = self._shown, self._look.palette
        if shown is None:
            return
        finding = shown.finding
        yield Line(self._head(shown))
        yield Line(styled(plain(finding.message), palette.text))
        yield from self._besides(shown)
        if finding.rule == UNREAD:
            yield from self._what_to_do(finding)
            return
        for part in parts(finding, shown.doc):
            yield Line(Text())
            yield Line(styled(part.heading, palette.muted))
            yield from render(part.text, palette)
        if shown.missing:
            yield Line(Text())
            yield Line(styled(plain(shown.missing), palette.muted))
        url = finding.url or (shown.doc.url if shown.doc else "")
        if url:
            yield Line(Text())
            yield Line(styled(plain(url), palette.accent))

    def _head(self, shown: Explained) -> Text:
        """Return the rule, its name, who says so and how sure, and whether it is new."""
        finding, palette, dot = shown.finding, self._look.palette, self._look.signs.dot
        name = finding.name or (shown.doc.name if shown.doc else "")
        facts = [finding.checker, f"{finding.severity} severity"]
        if finding.confidence:
            facts.append(f"{finding.confidence.lower()} confidence")
        head = Text.assemble((plain(finding.rule), palette.of(finding.severity)))
        if name and name != finding.rule:
            head.append(f" {plain(name)}", palette.strong)
        head.append(f"  {plain(f' {dot} '.join(facts))}", palette.muted)
        if shown.since:
            head.append(f" {dot} ", palette.muted)
            head.append(f"new since {plain(shown.since)}", palette.strong)
        return head

    def _besides(self, shown: Explained) -> Iterator[Line]:
        """Yield who says the same, what the line costs, and what else is said of it."""
        palette, signs = self._look.palette, self._look.signs
        if shown.dismissed is not None:
            when, why = shown.dismissed.when[:10], plain(shown.dismissed.reason)
            words = f"dismissed {plain(when)}: {why}" if why else f"dismissed {plain(when)}"
            yield Line(styled(words, palette.medium))
        for source in shown.finding.also:
            yield Line(styled(f"{plain(source)} says the same of this place", palette.muted))
        if shown.seen:
            text = styled(f"{signs.alive} seen running: ", palette.good)
            yield Line(text.append(plain(shown.seen), palette.text))
        for heat in shown.heats:
            text = styled(f"this {heat.what} takes ", palette.muted)
            text.append(f"{heat.percent}%", palette.hottest)
            whose = f" of {plain(heat.whose)}" if heat.whose else ""
            text.append(f" of the {plain(heat.measure)}{whose}")
            yield Line(text.append(heat.aside, palette.muted))
        for other in shown.others:
            text = styled(f"{sign(other, signs)} ", palette.of(other.severity))
            text.append(f"{label(other)} ", palette.rule).append(beside_label(other))
            yield Line(text.append(f"  {plain(other.checker)}, the same line", palette.muted))

    def _what_to_do(self, finding: Finding) -> Iterator[Line]:
        palette = self._look.palette
        words = "Nothing is known of this file. Mend it, or leave it out for every tool with"
        yield Line(styled(words, palette.muted))
        setting = f'extend-exclude = ["{plain(finding.path)}"]'
        yield Line(styled(setting, palette.accent), "  ", "    ")
        yield Line(styled("under [tool.cockpit] in pyproject.toml.", palette.muted))

    def _offers(self) -> Text:
        """Return the keys that work on the finding, in words; those that fit."""
        text, palette, finding = Text(), self._look.palette, self.finding
        if finding is None:
            return text
        keys = {
            active.binding.action: self.app.get_key_display(active.binding)
            for active in self.screen.active_bindings.values()
            if active.enabled and active.node is self.screen
        }
        place = f"{finding.line}:{finding.column}"
        away = self._shown is not None and self._shown.dismissed is not None
        offers = {**_OFFERS, "put_away": "take back"} if away else _OFFERS
        for action, words in offers.items():
            if key := keys.get(action):
                offer = Text.assemble(
                    (key, palette.strong), (f" {words.format(place)}", palette.muted)
                )
                if text.cell_len + offer.cell_len + 6 <= self.size.width:
                    text.append("  " if text else "").append_text(offer)
        return text

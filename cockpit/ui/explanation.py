"""A rule's documentation in the order a person asks: what, why, how to fix, how to silence, links.

Pure text: it sorts the tools' own words under a few headings and adds none that they do not have,
but for the comment by which each tool is silenced.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cockpit.checkers.interface import RuleDoc
from cockpit.model import Finding
from cockpit.plain import plain

WHAT, WHY, FIX, SILENCE = "what it says", "why it matters", "how to fix", "how to silence it"
_LINKS = "read more"
#: The heading under which our own pages, of vulture and interrogate, say it all.
_SUPPRESS = "How to suppress it"
#: The headings of the tools' pages by what a person asks; others keep their own name.
_ASKED = {
    "what it does": WHAT,
    "types of unused code": WHAT,
    "why is this bad?": WHY,
    "example": FIX,
    "examples": FIX,
    "use instead": FIX,
    "how to suppress it": SILENCE,
    "error suppression": SILENCE,
    "flake8 noqa comments": SILENCE,
    "ignoring names": SILENCE,
    "marking unused variables": SILENCE,
    "unreachable code": SILENCE,
    "whitelists": SILENCE,
    "references": _LINKS,
    "see also": _LINKS,
}
#: Those that stay as a heading within the part they are in: what follows would not be understood.
_OPENING = frozenset(("what it does", "why is this bad?", "example", "how to suppress it"))
_HEADING = re.compile(r"^(?:#{1,6}\s+(?P<title>.*?)|\*\*(?P<bold>[^*]+)\*\*)\s*:?\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_FIXABLE = re.compile(r"(?:\A|\n\n)(Fix is [^\n]*)\Z")


class Part(NamedTuple):
    """A piece of the explanation: its heading, and Markdown."""

    heading: str
    text: str


def parts(finding: Finding, doc: RuleDoc | None) -> list[Part]:
    """Return the explanation of a finding in order; `doc` is its rule's page, if it is known."""
    by_heading: dict[str, list[str]] = {WHAT: [], WHY: [], FIX: [], SILENCE: []}
    sections = list(_sections(finding, doc)) if doc else []
    if not any(title == _SUPPRESS for title, _ in sections) and (words := silencing(finding)):
        by_heading[SILENCE].append(words)
    last: list[str] = []
    for title, text in sections:
        asked = _asked(title, finding.checker)
        words = text if title.casefold() in _OPENING or not title else f"#### {title}\n{text}"
        if asked == _LINKS:
            last.append(text)
        else:
            by_heading.setdefault(asked, []).append(words if asked in _ASKED.values() else text)
    if last:
        by_heading[_LINKS] = last
    return [Part(heading, "\n\n".join(texts)) for heading, texts in by_heading.items() if texts]


def _asked(title: str, checker: str) -> str:
    """Return the heading that a section of a tool's page belongs under."""
    name = title.casefold().rstrip(":")
    if not name:
        return WHAT
    if checker != "ruff" and name in ("example", "examples"):
        return name  # bandit's shows what it prints, not what to write instead
    if re.search(r"\bfix\b", name):
        return FIX
    return _ASKED.get(name, name)


def _sections(finding: Finding, doc: RuleDoc) -> Iterator[tuple[str, str]]:
    """Yield the sections of a rule's page, the first without a title; empty ones are left out."""
    text = doc.text.strip()
    fixable = _FIXABLE.search(text) if finding.checker == "ruff" else None
    if fixable:
        text = text[: fixable.start()]
    title, lines, fenced, first = "", list[str](), False, True
    for line in text.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        if words := "\n".join(lines).strip():
            yield title, words
        title, lines = (heading["title"] or heading["bold"]).strip(), []
        # The page's own heading repeats the rule's name, which stands above.
        if first and (finding.rule in title or _names(title, doc.name)):
            title = ""
        first = False
    if words := "\n".join(lines).strip():
        yield title, words
    if fixable:
        yield "Example", fixable[1]


def _names(title: str, name: str) -> bool:
    return title.casefold().replace(" ", "-") == name.casefold().replace("_", "-")


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


def silencing(finding: Finding) -> str:
    """Return in Markdown how to have the finding's tool pass over it here."""
    comment = suppression(finding)
    if comment:
        return f"`{comment}` at the end of line {finding.line}"
    if finding.checker == "ruff":
        return "No comment silences a syntax error."
    if finding.checker == "interrogate":
        return "No comment silences it; what interrogate leaves out stands in its settings."
    return ""

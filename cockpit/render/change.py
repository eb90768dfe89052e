"""One settled change as a few lines of text: what `cockpit watch` prints for people."""

from collections.abc import Sequence

import msgspec

from cockpit.model import FileError, Finding, Skipped, Snapshot
from cockpit.plain import plain
from cockpit.render.text import Style, duration, shortened


class News(msgspec.Struct, frozen=True):
    """What a change brought: findings that came and went, and what each tool now cannot read.

    `kind` is "ready" for the first of a session, then "change".
    """

    kind: str
    added: Sequence[Finding]
    removed: Sequence[Finding]
    unread: Sequence[tuple[str, FileError]]


def change_lines(news: News, snapshot: Snapshot, style: Style) -> str:
    """Return the text for one settled change: a headline, what came, what went, what is unread."""
    files = "1 file" if snapshot.files == 1 else f"{snapshot.files:,} files"
    head = files if news.kind == "ready" else _names(snapshot.changed)
    counts = "  ".join(_standing(snapshot))
    lines = [f"{style.paint(head, '1')}  {duration(snapshot.seconds)}  {counts}"]
    if news.kind == "change":
        lines += [_row("+", finding, style) for finding in news.added]
        lines += [_row("-", finding, style) for finding in news.removed]
    lines += [_unread_row(name, error, style) for name, error in news.unread]
    return "\n".join(lines) + "\n"


def _names(paths: Sequence[str]) -> str:
    shown = ", ".join(plain(path) for path in paths[:3])
    return f"{shown} and {len(paths) - 3} more" if len(paths) > 3 else shown


def _standing(snapshot: Snapshot) -> list[str]:
    words = []
    for name, result in snapshot.results.items():
        report = snapshot.report(name)
        if isinstance(result.outcome, Skipped):
            continue
        failed = getattr(result.outcome, "reason", "")
        if report is not None and report.errors and not failed:
            unread = "1 file" if len(report.errors) == 1 else f"{len(report.errors):,} files"
            words.append(f"{name} {report.count} ({unread} unread)")
            continue
        words.append(
            f"{name} {'failed: ' + plain(failed) if failed else report.count if report else 0}"
        )
    return words


def _row(sign: str, finding: Finding, style: Style) -> str:
    place = style.encodable(plain(finding.path))
    row = f"{place}:{finding.line}:{finding.column} {plain(finding.rule)} {plain(finding.message)}"
    return style.paint(f"  {sign} {style.encodable(row)}", "31" if sign == "+" else "32")


def _unread_row(checker: str, error: FileError, style: Style) -> str:
    place = style.encodable(plain(error.path)) + (f":{error.line}" if error.line else "")
    words = style.encodable(shortened(plain(error.message)))
    return f"  {style.sign('failed')} {place} {checker} cannot read it: {words}"

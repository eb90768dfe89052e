"""The JSON contract, version 1: additive only, documented in docs/usage.md."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cockpit.model import Base, Failure, Finding, Outcome, Report, Result, Skipped, Snapshot

VERSION = 1

Commands = Mapping[str, Sequence[str]]
#: One of several projects: its path, its own snapshot (paths below that), its commands.
Part = tuple[str, Snapshot, Commands]


def finding_object(finding: Finding, new: bool | None = None) -> dict[str, Any]:
    """Return the contract's object for one finding; `new` is None where nothing is compared."""
    return {
        "checker": finding.checker,
        "also": finding.also,
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "confidence": finding.confidence or None,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "message": finding.message,
        "symbol": finding.symbol,
        "fixable": finding.fixable,
        "url": finding.url,
        "identity": finding.identity,
        "new": new,
    }


def base_object(base: Base) -> dict[str, Any]:
    """Return the contract's object for what findings are compared with."""
    return {"kind": base.kind, "name": base.name, "commit": base.commit or None}


def outcome_object(result: Result, command: Sequence[str]) -> dict[str, Any]:
    """Return the contract's object for where one tool stands."""
    outcome = result.outcome
    reason, hint = _reason(outcome)
    report = outcome if isinstance(outcome, Report) else Report()
    return {
        "state": _state(outcome),
        "reason": reason,
        "hint": hint,
        "command": command,
        "tool_version": result.version,
        "tool_origin": result.origin or None,
        "seconds": round(result.seconds, 4),
        "metric": report.metric,
        "errors": [
            {"path": error.path, "line": error.line or None, "message": error.message}
            for error in report.errors
        ],
    }


def _state(outcome: Outcome | None) -> str:
    if isinstance(outcome, Report):
        return "report"
    return "skipped" if isinstance(outcome, Skipped) else "failure"


def _reason(outcome: Outcome | None) -> tuple[str | None, str | None]:
    if isinstance(outcome, (Failure, Skipped)):
        return outcome.reason, outcome.hint or None
    return (None, None) if outcome is not None else ("it has not run", None)


def outcome_objects(snapshot: Snapshot, commands: Commands) -> dict[str, dict[str, Any]]:
    """Return the contract's `outcomes` for all tools of `snapshot`."""
    return {
        name: outcome_object(result, commands.get(name, ()))
        for name, result in snapshot.results.items()
    }


def _roots(parts: Sequence[Part]) -> dict[str, list[dict[str, Any]]]:
    """Return what is added where there are several projects: each as it stands by itself."""
    return {
        "roots": [
            {"root": name, "outcomes": outcome_objects(snapshot, commands)}
            for name, snapshot, commands in parts
        ]
    }


def check(
    snapshot: Snapshot,
    findings: Iterable[Finding],
    root: str,
    commands: Commands,
    parts: Sequence[Part] = (),
) -> str:
    """Return the document that `cockpit check --format json` prints: one finding a line.

    `parts` are the projects below `root`, where there are several.
    """
    head = {
        "version": VERSION,
        "root": root,
        "base": base_object(snapshot.base) if snapshot.base.ready else None,
        "generation": snapshot.generation,
        "outcomes": outcome_objects(snapshot, commands),
    } | (_roots(parts) if parts else {})
    compared = snapshot.base.ready
    news = ((one, snapshot.is_new(one) if compared else None) for one in findings)
    rows = ",\n".join(_dump(finding_object(finding, new)) for finding, new in news)
    listed = f"[\n{rows}\n]" if rows else "[]"
    return f'{_dump(head)[:-1]},"findings":{listed}}}\n'


def event(
    kind: str,
    snapshot: Snapshot,
    commands: Commands,
    change: tuple[Iterable[Finding], Iterable[Finding]],
    parts: Sequence[Part] = (),
) -> str:
    """Return one line of `cockpit watch --format json`; `change` is what came and what went."""
    added, removed = change
    line = {
        "version": VERSION,
        "event": kind,
        "generation": snapshot.generation,
        "changed": snapshot.changed,
        "seconds": round(snapshot.seconds, 4),
        "outcomes": outcome_objects(snapshot, commands),
        "added": [finding_object(finding) for finding in added],
        "removed": [finding_object(finding) for finding in removed],
    } | (_roots(parts) if parts else {})
    return _dump(line) + "\n"


def _dump(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        # A name that is not UTF-8: the standard library writes its bytes as lone surrogates, which
        # is how Python itself reads such a name back (`os.fsencode`).
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

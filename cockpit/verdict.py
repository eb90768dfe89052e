"""What a snapshot means for whoever called: the exit code, and which findings count for it."""

from collections.abc import Iterable, Iterator

from cockpit.model import SEVERITIES, Finding, Report, Skipped, Snapshot

#: Exit codes of `cockpit check`: nothing to say; findings; a tool could not do its work, or usage.
CLEAN, FINDINGS, FAILED = 0, 1, 2


def counted(findings: Iterable[Finding], snapshot: Snapshot, fail_on: str) -> Iterator[Finding]:
    """Yield the findings at or above `fail_on` of tools that would call the project failed.

    Docstring coverage above its goal passes in interrogate, so its findings do not count then.
    """
    if fail_on == "never":
        return
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    good = passing(snapshot)
    for finding in findings:
        if finding.severity in bad and finding.checker not in good:
            yield finding


def passing(snapshot: Snapshot) -> frozenset[str]:
    """Return the tools whose own command would call the project passed, whatever they found."""
    return frozenset(
        name
        for name, result in snapshot.results.items()
        if isinstance(result.outcome, Report) and not result.outcome.failing
    )


def broken(snapshot: Snapshot) -> bool:
    """Whether a tool failed, or could not read a file."""
    return any(
        bool(result.outcome.errors)
        if isinstance(result.outcome, Report)
        else not isinstance(result.outcome, Skipped)
        for result in snapshot.results.values()
    )


def exit_code(findings: Iterable[Finding], snapshot: Snapshot, fail_on: str) -> int:
    """Return the exit code: a failure is never hidden by findings, nor the other way round."""
    if broken(snapshot):
        return FAILED
    return FINDINGS if any(True for _ in counted(findings, snapshot, fail_on)) else CLEAN

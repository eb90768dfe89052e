"""What a tool can be asked beside its findings: its command, its files, the meaning of a rule."""

import asyncio
import concurrent.futures
from collections.abc import Mapping, Sequence
from pathlib import Path

from cockpit import jobs
from cockpit.checkers.interface import Checker, CommandChecker, RuleDoc, Settings
from cockpit.command_lane import CommandLane
from cockpit.errors import CheckerError
from cockpit.lanes import FileLane, Lane
from cockpit.model import Finding, Report
from cockpit.process import run
from cockpit.workers import JobFailed


class Questions:
    """Answers for all checkers of one project."""

    def __init__(
        self,
        root: Path,
        scope: Sequence[str],
        lanes: Mapping[str, Lane],
        checkers: Mapping[str, Checker],
        executor: concurrent.futures.Executor,
    ) -> None:
        """Answer from what the `lanes` have come to; `executor` does what only a tool can."""
        self._root = root
        self._scope = scope
        self._lanes = lanes
        self._checkers = checkers
        self._executor = executor

    def explain(self, checker: str, report: Report | None) -> tuple[str, ...]:
        """Return the tool's own command that gives `report`; raise `CockpitError` for none."""
        lane = self._lanes[checker]
        if lane.failure is not None:
            raise lane.failure
        files, settings = self.files_of(checker)
        if isinstance(lane, FileLane):
            if lane.checker.fragile and report is not None:
                unread = {error.path for error in report.errors}
                files = [path for path in files if path not in unread]
            if not files:
                raise CheckerError(f"{checker} has no file to read", "So there is no command.")
        return self._checkers[checker].explain(self._root, files, settings)

    def files_of(self, checker: str) -> tuple[list[str], Settings]:
        """Return the files that `checker` looks at, sorted, and its settings."""
        lane = self._lanes[checker]
        if isinstance(lane, FileLane):
            return sorted(lane.selected), lane.settings or Settings()
        assert isinstance(lane, CommandLane)  # noqa: S101 - there are two kinds
        return list(self._scope), lane.settings

    async def document(self, finding: Finding, seconds: float) -> RuleDoc:
        """Return the tool's own words about a finding's rule; raise `CockpitError` for none."""
        checker = self._checkers[finding.checker]
        if isinstance(checker, CommandChecker):
            settings = self.files_of(checker.name)[1]
            argv = checker.document_command(self._root, finding.rule, settings)
            return checker.read_document(await run(argv, self._root, timeout=seconds))
        job = jobs.encode(jobs.DocumentJob(finding.checker, finding.rule))
        try:
            reply: bytes = await asyncio.wrap_future(self._executor.submit(jobs.document, job))
        except JobFailed as error:
            raise CheckerError(f"{finding.checker} says nothing of {finding.rule}") from error
        return jobs.documented(reply)

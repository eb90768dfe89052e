"""Joins the snapshots of several roots into one; pure, but for what it remembers to keep the same.

Everything after it tells by `is` what has changed, so what has not is handed out again.

What is not the same everywhere is never evened out. A tool that failed in some roots and answered
in others gives a report of those others, in which each failed root stands among the files that
could not be read: nothing that was found is hidden, and the failure makes `check` exit 2 as any
other. Only a tool that failed in every root that asked for it has failed.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cockpit.model import (
    EMPTY,
    Base,
    Failure,
    FileError,
    FilesToFindings,
    Finding,
    Metric,
    News,
    Outcome,
    Report,
    Result,
    Skipped,
    Snapshot,
)

#: The name of a root that is the common folder itself.
TOP = "."
#: A report of one root, or why there is none.
_Part = Report | Failure | None


def below(name: str, path: str) -> str:
    """Return under the common folder the `path` of the root of this `name`."""
    return path if name == TOP else f"{name}/{path}"


def home(names: Iterable[str], path: str) -> str:
    """Return which of the roots of these `names` a path under the common folder is of."""
    homes = [name for name in names if path == name or path.startswith(f"{name}/")]
    return max(homes, key=len, default=TOP)


class Union:
    """The newest snapshots of several roots, by their names, and what they are together."""

    def __init__(self, names: Sequence[str]) -> None:
        """Know the roots, and nothing of them."""
        self.parts: dict[str, Snapshot] = dict.fromkeys(names, EMPTY)
        self._shown = {name: _Shown(name) for name in names}
        self._reports: dict[str, list[tuple[Sequence[_Part], Report]]] = {}
        self._news: tuple[Sequence[News], News] = ((), {})

    def joined(self, checkers: Sequence[str]) -> Snapshot:
        """Return what is known, the tools in the order of `checkers`."""
        parts = self.parts.values()
        asked = dict.fromkeys((*checkers, *(name for part in parts for name in part.results)))
        return Snapshot(
            results={checker: self._result(checker) for checker in asked},
            files=sum(part.files for part in parts),
            notes=self._notes(),
            paused=any(part.paused for part in parts),
            missed=sum(part.missed for part in parts),
            base=_base({name: part.base for name, part in self.parts.items()}),
            new=self._new(),
            new_errors=frozenset(
                (checker, below(name, path))
                for name, part in self.parts.items()
                for checker, path in part.new_errors
            ),
            comparing=any(part.comparing for part in parts),
        )

    # --- One tool -------------------------------------------------------------------------------

    def _result(self, checker: str) -> Result:
        waiting = Result(checker, running=True)
        everywhere = {n: part.results.get(checker, waiting) for n, part in self.parts.items()}
        asked = {n: r for n, r in everywhere.items() if not isinstance(r.outcome, Skipped)}
        if not asked:
            return Result(checker, _skipped(everywhere))
        running = [result for result in asked.values() if result.running]
        shown = {name: self._shown[name].of(result) for name, result in asked.items()}
        outcome = self._outcome(checker, {name: outcome for name, (outcome, _) in shown.items()})
        newest = {
            name: outcome if isinstance(outcome, Failure) else last
            for name, (outcome, last) in shown.items()
        }
        if isinstance(outcome, Failure):  # what was found before is still there, as in one root
            newest = {name: last for name, (_, last) in shown.items()}
        version, origin = _version(asked)
        return Result(
            checker,
            outcome,
            self._report(checker, newest),
            running=bool(running),
            seconds=max(result.seconds for result in asked.values()),
            done=sum(result.done for result in running),
            todo=sum(result.todo for result in running),
            version=version,
            origin=origin,
        )

    def _outcome(self, checker: str, parts: Mapping[str, _Part]) -> Outcome | None:
        if None in parts.values():
            return None
        failures = {name: part for name, part in parts.items() if isinstance(part, Failure)}
        if len(failures) == len(parts):
            return _failed(failures)
        return self._report(checker, parts)

    def _report(self, checker: str, parts: Mapping[str, _Part]) -> Report | None:
        """Return the report of all `parts`: the very same one while they are."""
        if not any(isinstance(part, Report) for part in parts.values()):
            return None
        key = tuple(parts.values())
        # Two are in use at a time, in turns: the outcome, and what has come of the run under way.
        known = self._reports.get(checker, [])
        found = [one for one in known if _are(one[0], key)]
        if not found:
            found = [(key, _joined(checker, parts, known[-1][1] if known else Report()))]
        self._reports[checker] = [*(one for one in known if one is not found[0]), found[0]][-2:]
        return found[0][1]

    # --- What is not of one tool ----------------------------------------------------------------

    def _new(self) -> News:
        key = tuple(part.new for part in self.parts.values())
        if not _are(self._news[0], key):
            joined: dict[str, dict[str, frozenset[str]]] = {}
            for name, part in self.parts.items():
                for checker, files in part.new.items():
                    news = joined.setdefault(checker, {})
                    news.update((below(name, path), new) for path, new in files.items())
            self._news = key, joined
        return self._news[1]

    def _notes(self) -> tuple[str, ...]:
        said: dict[str, list[str]] = {}
        for name, part in self.parts.items():
            for note in part.notes:
                said.setdefault(note, []).append(name)
        return tuple(
            note if len(names) == len(self.parts) else f"{', '.join(names)}: {note}"
            for note, names in said.items()
        )


class _Shown:
    """One root's reports under the common folder's paths."""

    def __init__(self, name: str) -> None:
        self._name = name
        #: By checker its newest reports, as the root gave them and as they are shown.
        self._known: dict[str, list[tuple[Report, Report]]] = {}

    def of(self, result: Result) -> tuple[_Part, Report | None]:
        """Return outcome and last report of `result`, which was not skipped."""
        outcome, last = result.outcome, result.last
        if self._name == TOP:
            return outcome if not isinstance(outcome, Skipped) else None, last
        before = self._known.get(result.checker, [])
        now: list[tuple[Report, Report]] = []
        for report in (outcome, last):
            if isinstance(report, Report):
                known = next((shown for one, shown in (*before, *now) if one is report), None)
                like = before[-1] if before else now[-1] if now else (Report(), Report())
                now.append((report, known or self._translated(report, *like)))
        self._known[result.checker] = now
        newest = now[-1][1] if last is not None else None
        if isinstance(outcome, Failure):
            return outcome, newest
        return now[0][1] if outcome is not None else None, newest

    def _translated(self, report: Report, source: Report, shown: Report) -> Report:
        """Return `report` under other paths; what `source` has too stays as in `shown`."""
        return msgspec.structs.replace(
            report,
            files=self._files(report.files, source.files, shown.files),
            errors=tuple(
                FileError(below(self._name, error.path), error.line, error.message)
                for error in report.errors
            ),
            file_metrics={
                below(self._name, path): metric for path, metric in report.file_metrics.items()
            },
        )

    def _files(
        self, files: FilesToFindings, before: FilesToFindings, shown: FilesToFindings
    ) -> dict[str, tuple[Finding, ...]]:
        moved: dict[str, tuple[Finding, ...]] = {}
        for path, findings in files.items():
            place = below(self._name, path)
            if before.get(path) is findings:
                moved[place] = shown[place]
            else:
                moved[place] = tuple(
                    msgspec.structs.replace(finding, path=place) for finding in findings
                )
        return moved


def _are(these: Sequence[object], others: Sequence[object]) -> bool:
    return len(these) == len(others) and all(a is b for a, b in zip(these, others, strict=True))


def _joined(checker: str, parts: Mapping[str, _Part], before: Report) -> Report:
    reports = [part for part in parts.values() if isinstance(part, Report)]
    files: dict[str, tuple[Finding, ...]] = {}
    metrics: dict[str, Metric] = {}
    for report in reports:
        files.update(report.files)
        metrics.update(report.file_metrics)
    errors = tuple(error for report in reports for error in report.errors)
    errors += tuple(
        _unread(checker, name, part) for name, part in parts.items() if isinstance(part, Failure)
    )
    return Report(
        files=files,
        errors=before.errors if errors == before.errors else errors,
        metric=_metric([report.metric for report in reports if report.metric]),
        file_metrics=metrics,
        failing=any(report.failing for report in reports),
        checked=sum(report.checked for report in reports),
    )


def _unread(checker: str, name: str, failure: Failure) -> FileError:
    """Return a root in which a tool failed, as what the tool could not read."""
    hint = f" {failure.hint}" if failure.hint else ""
    return FileError(name, 0, f"{checker} failed in this project: {failure.reason}.{hint}")


def _metric(metrics: Sequence[Metric]) -> Metric:
    """Return totals over all roots; a goal only where it is everybody's."""
    total: dict[str, float] = {}
    for metric in metrics:
        for key, value in metric.items():
            total[key] = total.get(key, 0.0) + value
    if "percent" in total:
        counted = total.get("total", 0.0)
        total["percent"] = total["covered"] / counted * 100 if counted else 100.0
    goals = {metric.get("goal") for metric in metrics}
    total.pop("goal", None)
    if len(goals) == 1 and None not in goals:
        total["goal"] = metrics[0]["goal"]
    return total


def _failed(failures: Mapping[str, Failure]) -> Failure:
    """Return the failure of a tool that failed in every root."""
    words = "\n".join(failure.words for failure in failures.values() if failure.words)
    reasons = _told({name: failure.reason for name, failure in failures.items()})
    hints = dict.fromkeys(failure.hint for failure in failures.values() if failure.hint)
    return Failure(reasons, " ".join(hints), words)


def _skipped(results: Mapping[str, Result]) -> Skipped:
    outcomes = {n: r.outcome for n, r in results.items() if isinstance(r.outcome, Skipped)}
    hints = dict.fromkeys(outcome.hint for outcome in outcomes.values() if outcome.hint)
    return Skipped(_told({n: o.reason for n, o in outcomes.items()}), " ".join(hints))


def _version(results: Mapping[str, Result]) -> tuple[str, str]:
    """Return version and origin; where they differ, each with its root."""
    known = {name: result for name, result in results.items() if result.version}
    origins = [below(name, result.origin) for name, result in known.items() if result.origin]
    versions = {name: result.version for name, result in known.items()}
    if len(set(versions.values())) < 2:
        return "".join(set(versions.values())), ", ".join(origins)
    told = ", ".join(f"{version} in {name}" for name, version in versions.items())
    return told, ", ".join(origins)


def _told(words: Mapping[str, str]) -> str:
    """Return what roots say: once where all say the same, else each after its name."""
    different = list(dict.fromkeys(words.values()))
    if len(different) == 1:
        return different[0]
    return "; ".join(f"{name}: {sentence}" for name, sentence in words.items())


def _base(bases: Mapping[str, Base]) -> Base:
    """Return what is compared with; a root without a name for it compares with nothing."""
    named = {name: base for name, base in bases.items() if base.name}
    first = next(iter(named.values()), Base())
    if all(base == first for base in named.values()):
        return first
    notes = {name: base.note for name, base in named.items() if base.note}
    kinds = [base.kind for base in named.values()]
    return Base(
        "session" if "session" in kinds else first.kind,  # what is compared with least
        _told({name: base.name for name, base in named.items()}),
        first.commit if len({base.commit for base in named.values()}) == 1 else "",
        all(base.ready for base in named.values()),
        _told(notes) if notes else "",
    )

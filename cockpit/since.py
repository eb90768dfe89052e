"""What is new since the base; knows findings, not panes, not git and not screens.

Identities decide at once. Where they leave something on both sides, `question` says what, and until
it is answered (see `cockpit.matching`) what may be an old offence that moved does not pass for new.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cockpit.matching import Key, Question, Verdict, key
from cockpit.model import FilesToFindings, Finding, News, Report, Result

_NOTHING: frozenset[str] = frozenset()


class Past(msgspec.Struct, frozen=True):
    """What the checkers say of the base: findings by checker and path, and the unread files.

    `paths` are the files of the base; none where nobody knows them.
    """

    findings: Mapping[str, FilesToFindings]
    errors: Mapping[str, frozenset[str]] = {}
    paths: frozenset[str] = frozenset()

    def completed(self, other: "Past | None", checkers: Iterable[str]) -> "Past":
        """Return the same with what an `other` says of those `checkers` that were not asked."""
        if other is None:
            return self
        missing = [name for name in checkers if name not in self.findings]
        findings = {name: other.findings[name] for name in missing if name in other.findings}
        errors = {name: other.errors[name] for name in missing if name in other.errors}
        return Past({**self.findings, **findings}, {**self.errors, **errors}, self.paths)


class Since:
    """What has come on top of the base.

    Without a `past` the base is each checker's first fresh report. Costs follow the change: a path
    whose tuple of findings is the same object as before is not looked at again.
    """

    def __init__(self, past: Past | None = None) -> None:
        """Compare with `past`."""
        self.new: News = {}
        self.new_errors: frozenset[tuple[str, str]] = frozenset()
        self.past = past
        self._tracks: dict[str, _Track] = {}
        self._verdict = Verdict()
        self._asked = self._answered = 0
        self._withheld: frozenset[Key] = frozenset()
        #: What the last question asked about, and what the last answer was about.
        self._judging = self._judged = frozenset[Key]()

    def update(self, results: Mapping[str, Result]) -> None:
        """Take in the newest report of every checker."""
        changed = False
        for checker, result in results.items():
            if result.last is None:
                continue
            track = self._tracks.get(checker)
            if track is None and (self.past is not None or result.fresh):
                track = self._tracks[checker] = self._begin(checker, result.last)
            changed |= track is not None and track.update(result.last)
        if changed:
            self._weigh()

    def _begin(self, checker: str, report: Report) -> "_Track":
        if self.past is None:
            return _Track(report.files, frozenset(error.path for error in report.errors))
        findings = self.past.findings.get(checker)
        if findings is None:  # it was not asked about the base: nobody can call anything new
            return _Track(report.files, frozenset(error.path for error in report.errors))
        return _Track(findings, self.past.errors.get(checker, frozenset()))

    def survivors(self) -> dict[tuple[str, str, str], Finding]:
        """Return what each finding of the base that is still there is now, by its `key` then."""
        excused, accused = self._verdict.excused, self._verdict.accused
        there: dict[tuple[str, str, str], Finding] = {}
        for track in self._tracks.values():
            for finding in track.findings():
                now = key(finding)
                if now in excused:
                    there[excused[now].old.key] = finding
                elif now not in accused and track.had(finding):
                    there[finding.key] = finding
        return there

    # --- What identities cannot tell ------------------------------------------------------------

    @property
    def pending(self) -> bool:
        """Whether a question waits for its answer."""
        return self._asked != self._answered

    def question(self, known: Iterable[str], edited: Iterable[str] = ()) -> tuple[int, Question]:
        """Return what is to be judged, under a number; `known` are the files that there are.

        `edited` are those that may be others than at the base.
        """
        gone = [one for track in self._tracks.values() for one in track.gone_findings()]
        fresh = [one for track in self._tracks.values() for one in track.fresh_findings()]
        kin = {_kin(one) for one in fresh}
        tracks = self._tracks.values()
        old = [one for track in tracks for one in track.old_findings() if _kin(one) in kin]
        before = [one for track in tracks for one in track.base_findings() if _kin(one) in kin]
        paths = self.past.paths if self.past is not None else frozenset[str]()
        paths |= {one.path for one in before}
        self._judging = frozenset(map(key, fresh))
        there, other = frozenset(known), frozenset(edited)
        return self._asked, Question(gone, fresh, old, before, paths, there, other)

    def answer(self, number: int, verdict: Verdict) -> None:
        """Take the verdict on a question, unless there is a newer one by now."""
        if number == self._asked:
            self._answered, self._verdict, self._withheld = number, verdict, frozenset()
            self._judged = self._judging
            self._tell()

    def _weigh(self) -> None:
        """See whether what is fresh might be what is gone, and say what is new meanwhile."""
        gone = {(name, rule) for name, track in self._tracks.items() for rule in track.rules_gone()}
        fresh = [
            (name, one) for name, track in self._tracks.items() for one in track.fresh_findings()
        ]
        doubtful = frozenset(key(one) for name, one in fresh if (name, one.rule) in gone)
        if doubtful or any("." in one.identity for _, one in fresh):
            self._asked += 1
        else:
            self._answered, self._verdict, self._judged = self._asked, Verdict(), frozenset()
        self._withheld = doubtful - self._judged  # that verdict stands until there is another
        self._tell()

    def _tell(self) -> None:
        """Say what is new; a path's set stays the same object while it is the same."""
        excused, accused = self._verdict.excused, self._verdict.accused
        held = self._withheld
        before, self.new = self.new, {}
        more: dict[tuple[str, str], set[str]] = {}
        for checker, path, identity in accused:
            more.setdefault((checker, path), set()).add(identity)
        for name, track in self._tracks.items():
            files: dict[str, frozenset[str]] = {}
            for path in track.fresh.keys() | {path for checker, path in more if checker == name}:
                new = track.standing(path, more.get((name, path), set()))
                left = frozenset(
                    one
                    for one in new
                    if (name, path, one) not in excused and (name, path, one) not in held
                )
                if left:
                    known = before.get(name, {}).get(path)
                    files[path] = known if known == left else left
            self.new = {**self.new, name: files}
        self.new_errors = frozenset(
            (name, path) for name, track in self._tracks.items() for path in track.new_errors
        )


class _Track:
    """One checker: the base, its newest report, and by path what came and what went."""

    def __init__(self, base: FilesToFindings, errors: frozenset[str]) -> None:
        self.fresh: dict[str, frozenset[str]] = {}
        self.gone: dict[str, frozenset[str]] = {}
        self.new_errors: frozenset[str] = frozenset()
        self._errors = errors
        self._base = base
        self._last: FilesToFindings = base
        self._report: Report | None = None

    def update(self, report: Report) -> bool:
        """Compare with the base; return whether anything may be other than before."""
        if report is self._report:
            return False
        files, last = report.files, self._last
        self._report, self._last = report, files
        self.new_errors = frozenset(error.path for error in report.errors) - self._errors
        for path in _changed(last, files):
            self._compare(path, files.get(path, ()))
        return True

    def _compare(self, path: str, findings: tuple[Finding, ...]) -> None:
        base = self._base.get(path, ())
        now = {finding.identity for finding in findings}
        then = {finding.identity for finding in base} if findings is not base else now
        for found, where in ((now - then, self.fresh), (then - now, self.gone)):
            if found:
                where[path] = frozenset(found)
            else:
                where.pop(path, None)

    def standing(self, path: str, accused: set[str]) -> frozenset[str]:
        """Return what is fresh in a file, and what is accused of it and still there."""
        fresh = self.fresh.get(path, _NOTHING)
        if not accused:
            return fresh
        return fresh | accused & {finding.identity for finding in self._last.get(path, ())}

    def findings(self) -> Iterator[Finding]:
        """Yield all that there is."""
        return itertools.chain.from_iterable(self._last.values())

    def had(self, finding: Finding) -> bool:
        """Whether the identity of a finding of now was there in its file."""
        return finding.identity not in self.fresh.get(finding.path, _NOTHING)

    def rules_gone(self) -> set[str]:
        """Return the rules of which something is gone."""
        return {finding.rule for finding in self.gone_findings()}

    def fresh_findings(self) -> Iterator[Finding]:
        """Yield what came."""
        return _those(self._last, self.fresh)

    def gone_findings(self) -> Iterator[Finding]:
        """Yield what went."""
        return _those(self._base, self.gone)

    def old_findings(self) -> Iterator[Finding]:
        """Yield, of the files in which something came, what was there before by its identity."""
        for path, fresh in self.fresh.items():
            yield from (one for one in self._last.get(path, ()) if one.identity not in fresh)

    def base_findings(self) -> Iterator[Finding]:
        """Yield, of the files in which something came, what the base had."""
        for path in self.fresh:
            yield from self._base.get(path, ())


def _those(files: FilesToFindings, wanted: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    for path, identities in wanted.items():
        yield from (one for one in files.get(path, ()) if one.identity in identities)


def _changed(before: FilesToFindings, after: FilesToFindings) -> Iterator[str]:
    """Yield the paths whose findings are not the very objects that they were."""
    if before is not after:
        yield from (path for path, found in after.items() if before.get(path) is not found)
        yield from (path for path in before if path not in after)


def _kin(finding: Finding) -> tuple[str, str, str]:
    """Return what equal offences of one scope in one file share."""
    return finding.checker, finding.path, finding.identity.partition(".")[0]

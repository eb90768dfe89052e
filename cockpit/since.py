"""What is new since the session started; knows findings, not panes and not screens."""

from collections.abc import Iterator

from cockpit.model import FileError, FilesToFindings, Finding, Report, Snapshot

_NOTHING: frozenset[str] = frozenset()


class Since:
    """The findings of each checker's first fresh report, and what has come on top of them.

    Until a checker's first fresh report nothing of it is new. Costs follow the change: a path
    whose tuple of findings is the same object as before is not looked at again.
    """

    def __init__(self) -> None:
        """Start before the first report."""
        self._tracks: dict[str, _Track] = {}
        self._stamps: dict[str, int] = {}

    def update(self, snapshot: Snapshot) -> None:
        """Take in the newest report of every checker."""
        for checker, result in snapshot.results.items():
            report = result.last
            if report is None:
                continue
            track = self._tracks.get(checker)
            if track is not None:
                for path in track.update(report):
                    self._stamps[path] = self._stamps.get(path, 0) + 1
            elif result.fresh:
                self._tracks[checker] = _Track(report)

    def is_new(self, finding: Finding) -> bool:
        """Return whether `finding` was not there when the session started."""
        track = self._tracks.get(finding.checker)
        return track is not None and finding.identity in track.new.get(finding.path, _NOTHING)

    def is_new_error(self, checker: str, error: FileError) -> bool:
        """Return whether `checker` could still read the file when the session started."""
        track = self._tracks.get(checker)
        return track is not None and error.path not in track.errors

    def new_count(self, checker: str) -> int:
        """Return how many findings of `checker` are new."""
        track = self._tracks.get(checker)
        return sum(map(len, track.new.values())) if track else 0

    def stamp(self, path: str) -> int:
        """Return a number that grows whenever what is new in `path` may have changed."""
        return self._stamps.get(path, 0)

    def touched(self, path: str) -> bool:
        """Return whether anything in `path` is new."""
        return any(path in track.new for track in self._tracks.values())


class _Track:
    """One checker: its first fresh report, its newest, and by path the new identities."""

    def __init__(self, base: Report) -> None:
        self.new: dict[str, frozenset[str]] = {}
        self.errors = frozenset(error.path for error in base.errors)
        self._base: FilesToFindings = base.files
        self._last: FilesToFindings = base.files

    def update(self, report: Report) -> list[str]:
        """Compare with the base; return the paths whose new findings changed."""
        files, last = report.files, self._last
        if files is last:
            return []
        self._last = files
        changed = [path for path in self.new if path not in files]
        for path in changed:
            del self.new[path]
        changed.extend(self._changed(files, last))
        return changed

    def _changed(self, files: FilesToFindings, last: FilesToFindings) -> Iterator[str]:
        for path, findings in files.items():
            if findings is last.get(path):
                continue
            fresh = self._fresh(path, findings)
            if fresh != self.new.get(path, _NOTHING):
                if fresh:
                    self.new[path] = fresh
                else:
                    del self.new[path]
                yield path

    def _fresh(self, path: str, findings: tuple[Finding, ...]) -> frozenset[str]:
        base = self._base.get(path, ())
        if findings is base:
            return _NOTHING
        return frozenset(
            {finding.identity for finding in findings} - {finding.identity for finding in base}
        )

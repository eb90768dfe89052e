"""What a person did about the findings of a project, undone and redone over sessions.

Kept in one journal a project in the user's own folder: nothing of the project is changed here.
"""

import contextlib
import datetime
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cockpit.actions import Dismissal, Head, Line, Redo, Replay, Triage, Undo, encoded, replayed
from cockpit.follow import Key, follow
from cockpit.journal import Journal
from cockpit.model import Finding
from cockpit.plain import plain
from cockpit.private import Damaged, Unusable

#: A journal larger than this is made shorter, in bytes.
SIZE = 1 << 20


class History:
    """The dismissals of one project, and how they came to be.

    What cannot be kept has not happened: then `dismissed` stays as it was, and `note` says why in
    a sentence. Nothing here raises. A call waits for the disk for milliseconds; one that dismisses
    tens of thousands of findings at once takes a second, and is better made in a thread.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        """Read what is kept in `folder`, the user's data folder, about the project at `root`."""
        self._root = str(root.resolve())
        digest = hashlib.blake2b(os.fsencode(self._root), digest_size=16).hexdigest()
        self._journal = Journal(folder / "history" / f"{digest}.jsonl")
        self._replay = Replay()
        self._settled = 0
        self.note = ""
        self.refresh()

    @property
    def dismissed(self) -> Mapping[Key, Dismissal]:
        """Every dismissal by (path, checker, identity); another object whenever it changes."""
        return self._replay.dismissed

    @property
    def is_behind(self) -> bool:
        """Whether another cockpit did something since; it costs a look at the file's size."""
        try:
            return self._journal.is_news()
        except OSError:  # whoever wants to write next is told
            return False

    def covered(
        self, findings: Iterable[Finding], exists: Callable[[str], bool] | None = None
    ) -> Mapping[Key, Dismissal]:
        """Return the dismissals of those of `findings` that have one, by the finding's key.

        A dismissal follows its file to another place: see `cockpit.follow`. `exists` says whether
        a path of the project is there; without it the disk is asked.
        """
        return follow(self.dismissed, findings, exists or self._exists)

    def dismiss(self, findings: Sequence[Finding], reason: str) -> None:
        """Dismiss `findings` because of `reason`, as one action."""
        self._write(lambda: self._dismissal(findings, " ".join(reason.split())))

    def restore(self, findings: Sequence[Finding]) -> None:
        """Take the dismissals of `findings` back, as one action."""
        self._write(lambda: self._triage((), self.covered(findings).values()))

    def undo(self) -> str:
        """Undo the last action of any session; return what it was, or "" if there is none."""
        written = self._write(lambda: _last(self._replay.done, Undo))
        return plain(self._replay.undone[-1].words) if written else ""

    def redo(self) -> str:
        """Do again what was undone last; return what it was, or "" if there is nothing."""
        written = self._write(lambda: _last(self._replay.undone, Redo))
        return plain(self._replay.done[-1].words) if written else ""

    def refresh(self) -> bool:
        """Take in what another cockpit did; return whether `dismissed` is other than before."""
        before = self.dismissed
        with self._told():
            self._read()
        return self.dismissed != before

    def _dismissal(self, findings: Sequence[Finding], reason: str) -> Triage | None:
        known = self.dismissed
        other = {
            finding.key: finding
            for finding in findings
            if finding.key not in known or known[finding.key].reason != reason
        }
        now = _now()
        added = (
            Dismissal(
                path=finding.path,
                checker=finding.checker,
                rule=finding.rule,
                identity=finding.identity,
                symbol=finding.symbol,
                message=finding.message,
                reason=reason,
                when=now,
            )
            for finding in other.values()
        )
        return self._triage(added, [known[key] for key in other if key in known])

    def _triage(self, added: Iterable[Dismissal], removed: Iterable[Dismissal]) -> Triage | None:
        action = Triage(self._replay.number + 1, _now(), tuple(added), tuple(removed))
        return action if action.added or action.removed else None

    def _exists(self, path: str) -> bool:
        return os.path.lexists(f"{self._root}{os.sep}{path}")

    # --- The journal ---

    def _write(self, make: Callable[[], Line | None]) -> bool:
        """Keep what `make` says is to be done, if anything; return whether it was kept."""
        with self._told(), self._journal.writing():
            self.note = ""
            self._read_alone()
            line = make()
            if line is None:
                return False
            lines = [line] if self._replay.begun else [Head(self._root), line]
            self._journal.append(map(encoded, lines))
            for written in lines:
                self._replay.take(written)
            self._shorten()
            return True
        return False

    def _shorten(self) -> None:
        """Make a long journal shorter; one with lines that we do not know stays as it is."""
        with contextlib.suppress(OSError):  # it is kept, if at length: the next one tries again
            if self._replay.foreign or self._journal.size <= max(SIZE, 2 * self._settled):
                return
            lines = [Head(self._root), *self._replay.shorten()]
            self._journal.replace(map(encoded, lines))
            self._settled = self._journal.size

    def _read(self) -> None:
        try:
            self._replay = self._replay_of_journal()
        except Damaged:
            with self._journal.writing():
                self._read_alone()

    def _read_alone(self) -> None:
        try:
            self._replay = self._replay_of_journal()
        except Damaged:
            self._mend()

    def _replay_of_journal(self) -> Replay:
        if not self._journal.changed():
            return self._replay
        lines = self._journal.read()
        replay, good = replayed(lines, self._root)
        if good < len(lines):
            raise Damaged
        self._journal.seen()
        return replay

    def _mend(self) -> None:
        """Set a damaged journal aside, and begin a new one with what came before the damage."""
        lines: list[bytes] = []
        with contextlib.suppress(Damaged):
            lines = self._journal.read()
        replay, good = replayed(lines, self._root)
        aside = self._journal.set_aside()
        if good:
            self._journal.replace(lines[:good])
        self._replay = replay
        self.note = (
            f"The record of what was dismissed was damaged: it was set aside as "
            f"{plain(str(aside))}, and goes on from what could be read."
        )

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what goes wrong in the block into `note`."""
        try:
            yield
        except (OSError, Unusable, Damaged) as error:
            why = getattr(error, "strerror", None) or str(error) or "it is not a file of ours"
            self.note = (
                f"What is dismissed cannot be kept in {plain(str(self._journal.path))}: "
                f"{plain(why)}. Mend that, or name another folder in COCKPIT_DATA_DIR."
            )


def _last(actions: Sequence[Triage], kind: type[Undo] | type[Redo]) -> Undo | Redo | None:
    return kind(actions[-1].number, _now()) if actions else None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

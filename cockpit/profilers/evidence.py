"""What was seen running of a project, kept from one session to the next, until its text changes.

One SQLite file a project, opened for each look at it and let go again. What a text is, and whose
frames were seen, is not known here.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from cockpit.database import Database, Schema, sealed, transaction, unsealed
from cockpit.private import check_folder

#: Functions that are kept; those that were not seen for longest go first.
MOST = 20_000

_SCHEMA = Schema(
    application=0x636F6576,  # "coev", in the header of the file
    version=1,
    tables={"evidence": "key BLOB PRIMARY KEY, last INTEGER, value BLOB"},
)


class Seen(msgspec.Struct, frozen=True):
    """A function that ran: by path in the project, qualified name and digest of its text.

    `pid` and `command` are of the process that it was seen in last, `first` and `last` seconds
    since the epoch, and `samples` those of all processes.
    """

    path: str
    name: str
    digest: bytes
    pid: int = 0
    command: str = ""
    first: float = 0.0
    last: float = 0.0
    samples: int = 0

    @property
    def key(self) -> tuple[str, str, bytes]:
        """What it is known by."""
        return self.path, self.name, self.digest

    @property
    def words(self) -> str:
        """The process, when, and how often, as a person reads it."""
        who = " ".join(filter(None, (f"pid {self.pid}", self.command)))
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.last))
        noun = "sample" if self.samples == 1 else "samples"
        return f"{who}, {when}, {self.samples:,} {noun}"

    def and_before(self, before: "Seen") -> "Seen":
        """Return this and what was known `before` as one."""
        newest = self if self.last >= before.last else before
        return msgspec.structs.replace(
            newest,
            first=min(self.first, before.first),
            last=newest.last,
            samples=self.samples + before.samples,
        )


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """How it is kept: a path may be no text."""

    path: bytes
    name: str
    digest: bytes
    pid: int
    command: str
    first: float
    last: float
    samples: int


_decode = msgspec.msgpack.Decoder(_Row).decode


class Evidence(Database):
    """Everything that was seen running of one project; any thread may use it, and none raises.

    What cannot be kept is held for this session, and `note` says why. `all` is replaced whenever
    it changes, and with it `version` grows.
    """

    def __init__(self, folder: Path | None, root: Path) -> None:
        """Read what is kept in `folder`, the cache's, of the project at `root`; None: nothing."""
        whole = os.path.realpath(root)
        digest = hashlib.blake2b(os.fsencode(whole), digest_size=16).hexdigest()
        place = None if folder is None else folder / "evidence"
        super().__init__(place, digest, _SCHEMA, "The record of what was seen running")
        self.all: Mapping[tuple[str, str, bytes], Seen] = {}
        self.paths: frozenset[str] = frozenset()
        self.version = 0
        self._stamp: tuple[object, ...] = ()
        self._unkept: dict[tuple[str, str, bytes], Seen] = {}
        self.refresh()

    def seen(self, path: str, name: str, digest: bytes) -> Seen | None:
        """Return when and where a function ran whose text is what it was then."""
        return self.all.get((path, name, digest))

    def record(self, found: Iterable[Seen]) -> None:
        """Add what was seen to what is kept."""
        with self._mutex:
            for one in found:
                before = self._unkept.get(one.key)
                self._unkept[one.key] = one.and_before(before) if before else one
            if not self._unkept:
                return
            kept = self._writable and (
                self._guarded(self._write, False) or self._guarded(self._write, False)
            )  # twice: a damaged file is begun anew, and then has room for it
            self._end()
            if kept:
                self._unkept = {}
            self._reread()

    def refresh(self) -> None:
        """Take in what another cockpit has seen."""
        with self._mutex:
            if self._look() != self._stamp:
                self._reread()

    def _reread(self) -> None:
        found: dict[tuple[str, str, bytes], Seen] | None = {}
        if self._folder is not None and os.path.lexists(self._folder / self._file):
            found = self._guarded(self._read, None)
            self._end()
        self._stamp = self._look()
        if found is None:  # another is using it: what was known holds
            found = dict(self.all)
        else:
            for key, one in self._unkept.items():
                before = found.get(key)
                found[key] = one.and_before(before) if before else one
        if found != self.all:
            self.all, self.paths = found, frozenset(path for path, _, _ in found)
            self.version += 1

    def _end(self) -> None:
        """Let go of the file: between two looks nobody need know that it is ours."""
        self._let_go()

    def _open(self) -> None:
        if self._folder is not None:
            check_folder(self._folder.parent)  # else it would be made for others too
        super()._open()

    def _look(self) -> tuple[object, ...]:
        """Return what another's writing changes."""
        found: list[object] = []
        if self._folder is None:
            return ()
        for name in (self._file, f"{self._file}-wal"):
            try:
                state = (self._folder / name).stat()
            except OSError:
                found.append(None)
            else:
                found.append((state.st_ino, state.st_size, state.st_mtime_ns))
        return tuple(found)

    def _read(self) -> dict[tuple[str, str, bytes], Seen]:
        if self._db is None:
            return {}
        rows = self._db.execute(
            "SELECT key, value FROM evidence ORDER BY last DESC LIMIT ?", (MOST,)
        )
        found = (_understood(key, value) for key, value in rows)
        return {one.key: one for one in found if one is not None}

    def _write(self) -> bool:
        db = self._db
        if db is None:
            return False
        with transaction(db):
            for one in self._unkept.values():
                _add(db, one)
            (count,) = next(db.execute("SELECT count(*) FROM evidence"))
            db.execute(
                "DELETE FROM evidence WHERE key IN"
                " (SELECT key FROM evidence ORDER BY last LIMIT ?)",
                (max(0, count - MOST),),
            )
        return True


def _add(db: sqlite3.Connection, one: Seen) -> None:
    """Put a sighting with what is kept of the same function."""
    path = os.fsencode(one.path)
    name = one.name.encode("utf-8", "surrogatepass")
    key = hashlib.blake2b(b"\0".join((path, name, one.digest)), digest_size=16).digest()
    for (value,) in db.execute("SELECT value FROM evidence WHERE key = ?", (key,)).fetchall():
        before = _understood(key, value)
        if before is not None and before.key == one.key:
            one = one.and_before(before)
    row = _Row(path, one.name, one.digest, one.pid, one.command, one.first, one.last, one.samples)
    body = msgspec.msgpack.encode(row)
    db.execute(
        "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)", (key, int(one.last), sealed(key, body))
    )


def _understood(key: object, value: object) -> Seen | None:
    """Return what a row says; None where it is not what we wrote."""
    body = unsealed(key, value)
    try:
        row = _decode(body) if body is not None else None
    except msgspec.MsgspecError:
        return None
    return Seen(os.fsdecode(row.path), *msgspec.structs.astuple(row)[1:]) if row else None

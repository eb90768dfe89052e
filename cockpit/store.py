"""Keeps facts from one start to the next: a map of key to bytes in one SQLite file.

It knows nothing of what it keeps, and never stands in the way: where it cannot work it says so in
`note` and forgets everything. Whatever comes out is checked against its own checksum, so damage
can cost time but never change an answer.
"""

import contextlib
import hashlib
import itertools
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from cockpit.plain import plain
from cockpit.private import Damaged, Lock, Unusable, check_file, check_folder

#: Rows that nobody asked for in so many days are dropped.
DAYS = 30
#: The file is cut down to three quarters of this when it has grown beyond it, in bytes.
SIZE = 256 << 20

_NAME = "facts.sqlite"
_LOCK = "facts.lock"
_ASIDE = "facts.sqlite.damaged-1"
_APPLICATION = 0x636F636B  # "cock", in the header of the file
_VERSION = 1
_BUSY_SECONDS = 2.0
#: Keys asked for in one statement; SQLite before 3.32 takes 999 at most.
_BATCH = 500
_CHECKSUM = 8
#: Below so many bytes, or where it saves less than a tenth, compression is not worth its time.
_SMALL = 128

# A damaged file answers with nearly any error; these few speak of the world around it.
_ELSEWHERE = {
    sqlite3.SQLITE_BUSY: "another program is using it",
    sqlite3.SQLITE_LOCKED: "another program is using it",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "it may not be opened",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
}
# UnicodeError: the words of an error that quote a damaged schema cannot always be decoded.
_TROUBLE = (Unusable, Damaged, sqlite3.Error, UnicodeError, OSError)
_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_SETTINGS = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -4096;
PRAGMA mmap_size = 0;
"""
_SCHEMA = f"""
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS facts (key BLOB PRIMARY KEY, day INTEGER, value BLOB);
CREATE TABLE IF NOT EXISTS pruned (day INTEGER);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""

T = TypeVar("T")


def _today() -> int:
    return int(time.time()) // 86_400


def _seal(key: bytes, value: bytes) -> bytes:
    """Return what is kept for `value`: a checksum, how it is packed, and it."""
    packed = zlib.compress(value, 1) if len(value) > _SMALL else value
    body = b"z" + packed if len(packed) < len(value) * 0.9 else b"-" + value
    return hashlib.blake2b(key + body, digest_size=_CHECKSUM).digest() + body


def _unseal(key: object, sealed: object) -> bytes | None:
    """Return the value that was sealed under `key`; None if it is anything else by now."""
    if not (isinstance(key, bytes) and isinstance(sealed, bytes)):
        return None
    body = sealed[_CHECKSUM:]
    if hashlib.blake2b(key + body, digest_size=_CHECKSUM).digest() != sealed[:_CHECKSUM]:
        return None
    return zlib.decompress(body[1:]) if body[:1] == b"z" else body[1:]


class Store:
    """A content-addressed cache; every method may be called from any thread, and none raises."""

    def __init__(self, directory: Path | None) -> None:
        """Open the store in `directory`; None means to keep nothing."""
        self.note = ""
        self._folder = directory
        self._mutex = threading.Lock()
        self._lock: Lock | None = None
        self._db: sqlite3.Connection | None = None
        self._writable = True
        self._seen: set[bytes] = set()
        with self._mutex:
            self._guarded(lambda: None, None)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the values of those of `keys` that are kept."""
        with self._mutex:
            return self._guarded(lambda: self._read(keys), {})

    def put(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep each value under its key."""
        if self._folder is None or not self._writable:
            return
        today = _today()
        rows = [(key, today, _seal(key, value)) for key, value in items]
        with self._mutex:
            self._guarded(lambda: self._write(rows), None)

    def close(self) -> None:
        """Note what was used, drop what was not for long, and let go of the file."""
        with self._mutex:
            if self._db is not None and self._writable:
                self._guarded(self._tidy, None)
            self._let_go()
            self._folder = None

    # --- What may go wrong ---

    def _guarded(self, action: Callable[[], T], otherwise: T) -> T:
        """Do `action` on an open file; where that cannot be, note why and return `otherwise`."""
        if self._folder is None:
            return otherwise
        try:
            if self._db is None:
                self._open()
            return action()
        except _TROUBLE as error:
            self._give_way(error)
        return otherwise

    def _give_way(self, error: Exception) -> None:
        """Go on without what failed: this one access, all writes, the old file, or the store."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if self._db is not None and code in _PASSING:
            return
        if self._db is not None and code == sqlite3.SQLITE_FULL:
            self._writable = False
            self._say("the disk is full")
        elif isinstance(error, Unusable) or (code in _ELSEWHERE and not self._lies(code)):
            self._say(_ELSEWHERE.get(code, str(error)))
            self._let_go()
            self._folder = None
        else:
            self._start_anew()

    def _lies(self, code: int) -> bool:
        """Whether an error of access is in truth one of a damaged header."""
        folder = self._folder or Path()
        return code == sqlite3.SQLITE_READONLY and os.access(folder / _NAME, os.W_OK)

    def _say(self, why: str) -> None:
        where = plain(str(self._folder))
        self.note = f"The cache in {where} is not used: {plain(why)}."

    def _start_anew(self) -> None:
        """Set a damaged file aside and begin an empty one."""
        folder = self._folder
        if folder is None:
            return
        self._close_db()
        try:
            if self._lock is None or not self._lock.alone():
                raise Unusable("it is damaged, and another cockpit is using it")
            _set_aside(folder)
            self._open()
        except _TROUBLE as error:
            self._say(str(error) or "it is damaged and cannot be replaced")
            self._let_go()
            self._folder = None
        else:
            aside = plain(str(folder / _ASIDE))
            self.note = f"The cache was damaged: it was set aside as {aside} and begun anew."

    # --- The file ---

    def _open(self) -> None:
        """Open the file, making it if need be; raise `Unusable`, `Damaged` or sqlite3.Error."""
        folder = self._folder
        if folder is None:
            return
        if self._lock is None:
            check_folder(folder)
            self._lock = Lock(folder / _LOCK, _BUSY_SECONDS)
            if not self._lock.alone():
                self._lock.share()
        check_file(folder / _NAME)
        db = sqlite3.connect(
            folder / _NAME, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        self._lock.share()

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        if self._db is None:
            return {}
        found: dict[bytes, bytes] = {}
        today = _today()
        for batch in _batches(keys):
            marks = ",".join("?" * len(batch))
            rows = self._db.execute(
                f"SELECT key, day, value FROM facts WHERE key IN ({marks})",  # nosec B608  # noqa: S608 -- "?"
                batch,
            )
            for key, day, sealed in rows:
                value = _unseal(key, sealed)
                if value is not None:
                    found[key] = value
                    if day != today:
                        self._seen.add(key)
        return found

    def _write(self, rows: Sequence[tuple[bytes, int, bytes]]) -> None:
        if self._db is None or not rows:
            return
        with _transaction(self._db):
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)

    def _tidy(self) -> None:
        """Note what was used, and once a day drop what was not."""
        db, today = self._db, _today()
        if db is None:
            return
        with _transaction(db):
            db.executemany(
                "UPDATE facts SET day = ? WHERE key = ?", ((today, k) for k in self._seen)
            )
            last = next(db.execute("SELECT max(day) FROM pruned"))[0]
            if last != today:
                db.execute("DELETE FROM facts WHERE day < ?", (today - DAYS,))
                db.execute("DELETE FROM pruned")
                db.execute("INSERT INTO pruned VALUES (?)", (today,))
            _shrink(db)
        db.execute("PRAGMA incremental_vacuum").fetchall()

    def _close_db(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    def _let_go(self) -> None:
        self._close_db()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()


def _set_aside(folder: Path) -> None:
    """Rename the file, over an older such one, and drop its journals."""
    (folder / _NAME).replace(folder / _ASIDE)
    for ending in ("-wal", "-shm", "-journal"):
        (folder / (_NAME + ending)).unlink(missing_ok=True)


def _prepare(db: sqlite3.Connection) -> None:
    """Set the connection up and make the tables of a new file; raise `Damaged` for a stranger's."""
    db.text_factory = bytes  # in a damaged file anything may claim to be text
    db.executescript(_SETTINGS)
    if _state(db) != (_APPLICATION, _VERSION):
        if next(db.execute("SELECT count(*) FROM sqlite_schema"))[0]:
            raise Damaged
        db.executescript(_SCHEMA)
    db.execute("SELECT key, day, value FROM facts LIMIT 0")
    db.execute("SELECT day FROM pruned LIMIT 0")


def _state(db: sqlite3.Connection) -> tuple[int, int]:
    (application,), (version,) = (
        next(db.execute(f"PRAGMA {name}")) for name in ("application_id", "user_version")
    )
    return application, version


def _batches(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    ordered = sorted(set(keys))  # neighbours share a page
    return (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _shrink(db: sqlite3.Connection) -> None:
    """Where the file has outgrown `SIZE`, drop the rows longest unused."""
    names = ("page_size", "page_count", "freelist_count")
    size, count, free = (next(db.execute(f"PRAGMA {name}"))[0] for name in names)
    excess = size * (count - free) - SIZE
    if excess <= 0:
        return
    excess += SIZE // 4
    rows = db.execute("SELECT key, ifnull(length(value), 0) FROM facts ORDER BY day").fetchall()
    totals = itertools.accumulate(length + 40 for _, length in rows)
    doomed = [(key,) for (key, _), total in zip(rows, totals, strict=True) if total < excess]
    db.executemany("DELETE FROM facts WHERE key = ?", doomed)

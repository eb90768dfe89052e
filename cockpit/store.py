"""Keeps facts from one start to the next: a map of key to bytes in one SQLite file.

It knows nothing of what it keeps, and never stands in the way: where it cannot work it says so in
`note` and forgets everything. Whatever comes out is checked against its own checksum, so damage
can cost time but never change an answer.
"""

import itertools
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cockpit.database import Database, Schema, sealed, transaction, unsealed

#: Rows that nobody asked for in so many days are dropped.
DAYS = 30
#: The file is cut down to three quarters of this when it has grown beyond it, in bytes.
SIZE = 256 << 20

_SCHEMA = Schema(
    application=0x636F636B,  # "cock", in the header of the file
    version=1,
    tables={"facts": "key BLOB PRIMARY KEY, day INTEGER, value BLOB", "pruned": "day INTEGER"},
)
#: Keys asked for in one statement; SQLite before 3.32 takes 999 at most.
_BATCH = 500
#: Below so many bytes, or where it saves less than a tenth, compression is not worth its time.
_SMALL = 128


def _today() -> int:
    return int(time.time()) // 86_400


def _seal(key: bytes, value: bytes) -> bytes:
    """Return what is kept for `value`: a checksum, how it is packed, and it."""
    packed = zlib.compress(value, 1) if len(value) > _SMALL else value
    return sealed(key, b"z" + packed if len(packed) < len(value) * 0.9 else b"-" + value)


def _unseal(key: object, value: object) -> bytes | None:
    """Return the value that was sealed under `key`; None if it is anything else by now."""
    body = unsealed(key, value)
    if body is None:
        return None
    return zlib.decompress(body[1:]) if body[:1] == b"z" else body[1:]


class Store(Database):
    """A content-addressed cache; every method may be called from any thread, and none raises."""

    def __init__(self, directory: Path | None) -> None:
        """Open the store in `directory`; None means to keep nothing."""
        super().__init__(directory, "facts", _SCHEMA, "The cache")
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
            for key, day, kept in rows:
                value = _unseal(key, kept)
                if value is not None:
                    found[key] = value
                    if day != today:
                        self._seen.add(key)
        return found

    def _write(self, rows: Sequence[tuple[bytes, int, bytes]]) -> None:
        if self._db is None or not rows:
            return
        with transaction(self._db):
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)

    def _tidy(self) -> None:
        """Note what was used, and once a day drop what was not."""
        db, today = self._db, _today()
        if db is None:
            return
        with transaction(db):
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


def _batches(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    ordered = sorted(set(keys))  # neighbours share a page
    return (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))


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

"""A SQLite file of cockpit's own that never stands in anybody's way; what is in it is not known.

Safe for two cockpits at once and for a kill at any moment. A damaged file is set aside and begun
anew, and whatever else goes wrong ends in a sentence, `note`: nothing here raises to a caller.
"""

import contextlib
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from cockpit.plain import plain
from cockpit.private import Damaged, Lock, Unusable, check_file, check_folder

_BUSY_SECONDS = 2.0
_CHECKSUM = 8
_JOURNALS = ("-wal", "-shm", "-journal")

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

T = TypeVar("T")


class Schema(NamedTuple):
    """What a file of ours is known by: two numbers in its header, and its tables' columns.

    `tables` maps each table to its columns as SQL declares them.
    """

    application: int
    version: int
    tables: Mapping[str, str]


class Database:
    """A file in a folder that only this user may use; subclasses say what is kept in it.

    `what` begins the sentences of `note`. A subclass does all its work in `_guarded`, with
    `_mutex` held.
    """

    def __init__(self, folder: Path | None, name: str, schema: Schema, what: str) -> None:
        """Use the file `name`.sqlite in `folder`, which is not opened yet; None is to keep none."""
        self.note = ""
        self._folder = folder
        self._name, self._schema, self._what = name, schema, what
        self._mutex = threading.Lock()
        self._lock: Lock | None = None
        self._db: sqlite3.Connection | None = None
        self._writable = True

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
        """Go on without what failed: this one access, all writes, the old file, or the file."""
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
        return code == sqlite3.SQLITE_READONLY and os.access(folder / self._file, os.W_OK)

    def _say(self, why: str) -> None:
        where = plain(str(self._folder))
        self.note = f"{self._what} in {where} is not used: {plain(why)}."

    def _start_anew(self) -> None:
        """Set a damaged file aside and begin an empty one."""
        folder = self._folder
        if folder is None:
            return
        self._close_db()
        try:
            if self._lock is None or not self._lock.alone():
                raise Unusable("it is damaged, and another cockpit is using it")
            aside = _set_aside(folder / self._file)
            self._open()
        except _TROUBLE as error:
            self._say(str(error) or "it is damaged and cannot be replaced")
            self._let_go()
            self._folder = None
        else:
            shown = plain(str(aside))
            self.note = f"{self._what} was damaged: it was set aside as {shown} and begun anew."

    # --- The file ---

    @property
    def _file(self) -> str:
        return f"{self._name}.sqlite"

    def _open(self) -> None:
        """Open the file, making it if need be; raise `Unusable`, `Damaged` or sqlite3.Error."""
        folder = self._folder
        if folder is None:
            return
        if self._lock is None:
            check_folder(folder)
            self._lock = Lock(folder / f"{self._name}.lock", _BUSY_SECONDS)
            if not self._lock.alone():
                self._lock.share()
        check_file(folder / self._file)
        db = sqlite3.connect(
            folder / self._file,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(db, self._schema)
        except BaseException:
            db.close()
            raise
        self._db = db
        self._lock.share()

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


def _set_aside(file: Path) -> Path:
    """Rename the file, over an older such one, and drop its journals."""
    aside = file.with_name(f"{file.name}.damaged-1")
    file.replace(aside)
    for ending in _JOURNALS:
        file.with_name(file.name + ending).unlink(missing_ok=True)
    return aside


def _prepare(db: sqlite3.Connection, schema: Schema) -> None:
    """Set the connection up and make the tables of a new file; raise `Damaged` for a stranger's."""
    db.text_factory = bytes  # in a damaged file anything may claim to be text
    db.executescript(_SETTINGS)
    if _state(db) != (schema.application, schema.version):
        if next(db.execute("SELECT count(*) FROM sqlite_schema"))[0]:
            raise Damaged
        db.executescript("\n".join(_making(schema)))
    for table, columns in schema.tables.items():
        names = ", ".join(column.split()[0] for column in columns.split(","))
        db.execute(f"SELECT {names} FROM {table} LIMIT 0")  # nosec B608  # noqa: S608 -- our own words


def _making(schema: Schema) -> Iterator[str]:
    yield "PRAGMA auto_vacuum = INCREMENTAL;"
    yield "PRAGMA journal_mode = WAL;"
    yield "BEGIN IMMEDIATE;"
    for table, columns in schema.tables.items():
        yield f"CREATE TABLE IF NOT EXISTS {table} ({columns});"
    yield f"PRAGMA application_id = {schema.application};"
    yield f"PRAGMA user_version = {schema.version};"
    yield "COMMIT;"


def _state(db: sqlite3.Connection) -> tuple[int, int]:
    (application,), (version,) = (
        next(db.execute(f"PRAGMA {name}")) for name in ("application_id", "user_version")
    )
    return application, version


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def sealed(key: bytes, body: bytes) -> bytes:
    """Return what is kept of `body` under `key`: a checksum, and it."""
    return hashlib.blake2b(key + body, digest_size=_CHECKSUM).digest() + body


def unsealed(key: object, value: object) -> bytes | None:
    """Return the body that was sealed under `key`; None if it is anything else by now."""
    if not (isinstance(key, bytes) and isinstance(value, bytes)):
        return None
    body = value[_CHECKSUM:]
    return body if sealed(key, body) == value else None

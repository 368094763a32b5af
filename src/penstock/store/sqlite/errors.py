"""What SQLite's failures mean to a caller."""

import sqlite3

from penstock.errors import NoRoom, StoreDefect, StoreUnavailable

# The rest (a constraint, a type, a statement that cannot be read) is the statement's fault.
_THE_DATABASE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
# A commit that found no room has not written the frame that ends it, so it has not happened; nor has one that waited
# for a lock in vain. After any other failure the log may hold it whole.
_NOT_COMMITTED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL}


def told(error: sqlite3.Error) -> StoreUnavailable | StoreDefect:
    """Returns what a caller is told of ``error``."""
    if _code(error) == sqlite3.SQLITE_FULL:
        return NoRoom(str(error))
    return StoreUnavailable(str(error)) if _code(error) in _THE_DATABASE else StoreDefect(str(error))


def has_not_committed(error: sqlite3.Error) -> bool:
    """Returns whether a COMMIT that raised ``error`` has certainly left nothing behind."""
    return _code(error) in _NOT_COMMITTED


def is_busy(error: Exception) -> bool:
    """Returns whether another process has the lock that a statement wants."""
    return isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_BUSY


def is_failed_sync(error: sqlite3.Error) -> bool:
    """Returns whether the disk refused to say that it has what was written."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_FSYNC


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF

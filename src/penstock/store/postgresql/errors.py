"""What PostgreSQL's failures mean to a caller. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

import psycopg

from penstock.errors import StoreDefect, StoreUnavailable

# Serialisation failure, deadlock; and a key that a transaction had looked for in vain before it made it twice.
_CONFLICTS = {"40001", "40P01", "23505"}
# Connection, resources, an administrator's hand, the system below, corrupted data, a standby that takes no writes.
_THE_DATABASE = ("08", "53", "57", "58", "XX", "25006", "40")


def is_conflict(error: psycopg.Error) -> bool:
    """Returns whether the same function may succeed when it is run again."""
    return error.sqlstate in _CONFLICTS


def told(error: psycopg.Error) -> StoreUnavailable | StoreDefect:
    """Returns what a caller is told of ``error``."""
    text = str(error).strip() or type(error).__name__
    if error.sqlstate is None:
        from_the_wire = isinstance(error, psycopg.OperationalError)
    else:
        from_the_wire = error.sqlstate.startswith(_THE_DATABASE)
    return StoreUnavailable(text) if from_the_wire else StoreDefect(text)
